#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What tcpdump makes of XTCP's conversations it makes of TCP's: the same flags,
# options in the same order, windows, identifications; and nobody speaks who has
# no business there.
#
# XTCP_CAPTURES=DIRECTORY  the captures stay there
# XTCP_EXACT=1             acknowledgments must come when TCP's do, too: where
#                          time stands still while the host is busy
#
# shellcheck disable=SC2317 # "ktap" calls functions by name

cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/lib/ktap.sh
. ./ktap.sh

# Families of client and server: the first is the measure.
ROLES="2-2 18-2 2-18 18-18"

record() { ./capture "${1%-*}" "${1#*-}" "$dir/$1.pcap" && decode "$1"; }

# The roles side by side: they wait more than they work.
record_all() {
	local role job jobs=() bad=0
	for role in $ROLES; do
		if [ -n "${XTCP_EXACT:-}" ]; then
			record "$role" || bad=1
		else
			record "$role" &
			jobs+=($!)
		fi
	done
	for job in "${jobs[@]}"; do
		wait "$job" || bad=1
	done
	[ "$bad" = 0 ]
}

# A file for each conversation, by its port, with one line for each segment and
# nothing that is random. What was sent again is there once: how often is a
# matter of how slow the host is.
decode() {
	mkdir -p "$dir/$1" &&
		tcpdump -tnnvr "$dir/$1.pcap" 2>/dev/null | sed -E '
			/^IP/ { N; s/\n */ / }
			s/10\.0\.1\.1\.[0-9]+/1/; s/10\.0\.2\.1/2/
			s/, id [1-9][0-9]*,/, id N,/
			s/cksum 0x[0-9a-f]+ \(correct\)/cksum correct/
			/Flags \[S/ { s/seq [0-9]+/seq N/; s/ack [0-9]+/ack N/ }
			/Flags \[R\.\].* seq 0, ack / s/ack [0-9]+/ack N/
			s/TS val [0-9]+/TS val N/
			s/ecr [1-9][0-9]*/ecr N/' |
		uniq | awk -v dir="$dir/$1" 'match($0, / 2\.[0-9]+/) {
			print >(dir "/" substr($0, RSTART + 3, RLENGTH - 3))
		}'
}

# Of segments with data only what they carry: acknowledgments come as they may.
data_of() {
	sed -nE '/length 0$/d
		s/.* (1 > 2.*: Flags \[[^]]*\]), .*(seq [0-9:]+), .*, (options .*)/\1 \2 \3/p' "$1"
}

# Neither numbers nor order: which kinds of segments there are. A FIN may ride
# on data, or come after it; an acknowledgment may be that of TIME_WAIT.
forms_of() {
	sed -E 's/(length|seq|ack|win) [0-9:]+/\1 N/g; s/\[FP\.\]/[F.]/; /\[P?\.\]/s/seq N, //
		/Flags \[\.\]/s/id 0/id N/
		s/^IP .*id (0|N),.* ([12])(\.[0-9]+)? > [12].*: Flags/id \1 from \2 Flags/' "$1" | sort -u
}

# All in order; but acknowledgments, which come earlier on a slow host.
story_of() {
	if [ -n "${XTCP_EXACT:-}" ]; then
		cat "$1"
	else
		grep -v "$bare" "$1"
		grep "$bare" "$1" | sed -E 's/(ack|win) [0-9]+/\1 N/g' | sort -u
	fi
}
bare='Flags \[\.\].*length 0$'

# In some, who sends what when is a matter of timing.
as_tcp() {
	local port=$1 name=$2 role how=story_of bad=0
	case "$name" in
	zero-window | bulk | loss | path-mtu) how=forms_of ;;
	long-*) how=data_of ;;
	esac
	$how "$dir/2-2/$port" >"$dir/measure"
	[ -s "$dir/measure" ] || return
	for role in $ROLES; do
		$how "$dir/$role/$port" | diff "$dir/measure" - >"$dir/diff" && continue
		echo "# $role:"
		sed 's/^/# /' "$dir/diff" | head -n 20
		bad=1
	done
	[ "$bad" = 0 ]
}

# No checksum that is wrong, and nothing that tcpdump can't make sense of
sound() { ! grep -rhE '\(incorrect|bad[- ]|truncated|\[\||invalid' "$dir" --include '[0-9][0-9][0-9][0-9]'; }

if [ -n "${XTCP_CAPTURES:-}" ]; then
	dir=$XTCP_CAPTURES
	mkdir -p "$dir"
else
	dir=$(mktemp -d /tmp/xtcp-captures.XXXXXX)
	trap 'rm -rf "$dir"' EXIT
fi

mapfile -t talks < <(./capture -l)
ktap_plan $((1 + ${#talks[@]} + 1))
ktap "conversations" record_all
for talk in "${talks[@]}"; do
	# shellcheck disable=SC2086 # port and name
	ktap "${talk#* }" as_tcp $talk
done
ktap "whole and sound" sound
ktap_end
