#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two files cross one connection in opposite directions while netem loses,
# delays, reorders, doubles and damages packets; both arrive intact (section H).
#
# shellcheck disable=SC2317 # "ktap" and "eventually" call functions by name

cd "$(dirname "$0")" || exit 1

# The device and its qdiscs are those of a network namespace of our own.
if [ "${1:-}" != inside ]; then
	exec unshare --net -- "$0" inside
fi

# shellcheck source=selftests/lib/ktap.sh
. ./ktap.sh

SIZE_A=300000
SIZE_B=200000

set_up() {
	ip link set lo up || return
	if ! native; then
		ip link add xtcp0 type xtcp && ip link set xtcp0 up || return
	fi
	# netem handles packets: many of them, not a few of 64 KiB.
	ip link set "$loop_dev" mtu 1500 gso_max_segs 1 || return
	dir=$(mktemp -d /tmp/xtcp-netem.XXXXXX) || return
	trap 'rm -rf "$dir"' EXIT
	head -c "$SIZE_A" /dev/urandom >"$dir/a" && head -c "$SIZE_B" /dev/urandom >"$dir/b"
}

sum() { sha256sum "$1" | cut -d' ' -f1; }

transfer() {
	rm -f "$dir/a.out" "$dir/b.out"
	./xfer files "$dir/a" "$dir/b" "$dir/a.out" "$dir/b.out" || return
	[ "$(sum "$dir/a")" = "$(sum "$dir/a.out")" ] && [ "$(sum "$dir/b")" = "$(sum "$dir/b.out")" ]
}

fair() { tc qdisc replace dev "$loop_dev" root fq && transfer; }

netem() { tc qdisc replace dev "$loop_dev" root netem limit 10000 "$@"; }

# both NETEM-ARGUMENTS...: intact in spite of them
both() {
	netem "$@" && transfer
}

# The same, and a counter shows that something was to be repaired.
repaired() {
	local name=$1 before
	shift
	before=$(counter "$name")
	both "$@" || return
	[ "$(counter "$name")" -gt "$before" ] && return
	echo "# $name did not move"
	return 1
}

# Every segment takes a while, so that the window has to grow.
with_reno() {
	local file=/proc/sys/net/ipv4/tcp_congestion_control before result
	before=$(cat "$file")
	echo reno >"$file" && repaired RetransSegs delay 4ms loss 3%
	result=$?
	echo "$before" >"$file"
	return "$result"
}

no_connection() { ! in_state 01 02 04 05 08 09 0B; }

ktap_plan 12
ktap "set-up" set_up
ktap "undisturbed" transfer
ktap "fair queueing (A-73)" fair
ktap "large segments" ip link set "$loop_dev" mtu 65535
ktap "undisturbed, large segments" transfer
ip link set "$loop_dev" mtu 1500
# Rates such that the counter stands still once in a million runs at most: of
# some 350 segments, and netem damages headers only, half of it in IP's.
ktap "loss 5% (H-05, H-23, H-33)" repaired RetransSegs loss 5%
ktap "loss 3% with Reno (H-36)" with_reno
ktap "delay and reordering (H-67)" both delay 4ms 3ms
ktap "duplication (H-68)" both duplicate 10%
ktap "damage is dropped and repaired (H-76, E-09)" repaired InCsumErrors corrupt 12%
ktap "everything at once" repaired RetransSegs delay 3ms 2ms loss 3% duplicate 2% corrupt 2%
tc qdisc del dev "$loop_dev" root
ktap "no connection is left" eventually no_connection
ktap_end
