# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the shell tests share: KTAP, and the device. Sourced, never run.
#
# shellcheck disable=SC2034 # variables are for those who source it

ktap_number=0
ktap_bad=0

ktap_plan() {
	ktap_planned=$1
	echo "TAP version 13"
	echo "1..$1"
}

# ktap NAME COMMAND...: the result of COMMAND is that of test NAME.
ktap() {
	local name=$1
	shift
	ktap_number=$((ktap_number + 1))
	if "$@"; then
		echo "ok $ktap_number $name"
	else
		echo "not ok $ktap_number $name"
		ktap_bad=$((ktap_bad + 1))
	fi
}

ktap_end() {
	[ "$ktap_bad" = 0 ] && [ "$ktap_number" = "$ktap_planned" ]
	exit
}

native() { [ "${XTCP_TEST_FAMILY:-18}" = 2 ]; }

if native; then
	loop_dev=lo
	loop_rows=/proc/net/tcp
else
	loop_dev=xtcp0
	loop_rows=/proc/net/xtcp
fi

# The value below a name in the counter files.
counter() {
	local snmp=/proc/net/xtcp_snmp
	! native || snmp=/proc/net/snmp
	awk -v name="$1" '$1 != "Tcp:" { next }
		!titles { for (i = 2; i <= NF; i++) if ($i == name) column = i; titles = 1; next }
		{ print $column; exit }' "$snmp"
}

# Wait up to 30 seconds for a command to succeed, longer where all is slow.
eventually() {
	local end=$((SECONDS + 30 * ${XTCP_TEST_SLOW:-1}))
	while ! "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}

# Is there a connection in one of the given states (two hex digits each)?
in_state() {
	local states=" $* "
	awk -v states="$states" 'NR > 1 && index(states, " " $4 " ") { n++ } END { exit !n }' "$loop_rows"
}
