#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Loading and unloading the module: refused while a program holds a socket
# (A-11), otherwise it works whatever the protocol still has to do (I-57).
# XTCP_KO names the module's file.  Ends with the module loaded, as it began.
#
# shellcheck disable=SC2317 # "ktap" and "eventually" call functions by name

cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/lib/ktap.sh
. ./ktap.sh

# An instrumented kernel takes longer, and notices more.
ROUNDS=50
[ -z "${XTCP_TEST_SLOW:-}" ] || ROUNDS=10
dir=$(mktemp -d /tmp/xtcp-unload.XXXXXX) || exit 1
trap 'rm -rf "$dir"' EXIT

if native || [ ! -r "${XTCP_KO:-}" ] || [ ! -d /sys/module/xtcp ]; then
	echo "1..0 # SKIP needs the module, and its file in XTCP_KO"
	exit 4
fi

# Without its debug information the module loads in a tenth of the time.
ko=$dir/xtcp.ko
strip --strip-debug -o "$ko" "$XTCP_KO" || exit 1

printf 'link add xtcp0 type xtcp\nlink set xtcp0 up\n' >"$dir/links"

load() { insmod "$ko" && ip -batch "$dir/links"; }

unload() { rmmod xtcp; }

# Nothing of the module may be seen any more.
gone() {
	[ ! -e /sys/module/xtcp ] && [ ! -e /proc/net/xtcp ] && [ ! -e /sys/class/net/xtcp0 ] &&
		! grep -q '^XTCP ' /proc/net/protocols && ! grep -qi '^xtcp' /proc/slabinfo &&
		! ls /sys/kernel/slab/XTCP /proc/sys/net/xtcp >/dev/null 2>&1
}

unload_and_load() { unload && gone && load; }

# Start xfer in the background with its input in our hand: begin WHAT, then
# xfer_ready, and xfer_end.
begin() {
	coproc XFER { ./xfer "$@"; }
	local line
	read -r line <&"${XFER[0]}" && [ "$line" = ready ]
}

finish() {
	local pid=$XFER_PID
	eval "exec ${XFER[1]}>&-"
	wait "$pid"
}

refused_while_held() {
	begin hold || return
	if rmmod xtcp 2>"$dir/error"; then
		echo "# rmmod succeeded"
		finish
		load
		return 1
	fi
	grep -q 'in use' "$dir/error" || { cat "$dir/error"; finish; return 1; }
	# and nothing was harmed
	./xfer timewait || return
	finish && eventually unload && gone && load
}

with_time_wait() {
	sysctl -qw net.xtcp.timewait_msecs=60000 || return
	./xfer timewait && in_state 06 && unload_and_load
}

# The SYN-ACK never arrives, so the request stays (C-21, C-37).
with_a_request() {
	tc qdisc add dev xtcp0 clsact &&
		tc filter add dev xtcp0 egress protocol ip u32 match u8 0x12 0x3f at 33 action drop ||
		return
	begin halfopen && eventually in_state 03 && finish && unload_and_load
}

# Orphans whose packets wait in a queue that is not ours.
with_parked_packets() {
	begin orphan && tc qdisc add dev xtcp0 root netem delay 200s
	finish && in_state 04 && unload_and_load
}

# Orphans that retransmit.
with_lost_packets() {
	begin orphan && tc qdisc add dev xtcp0 root netem loss 100%
	finish && in_state 04 && unload_and_load
}

going() { grep -q going /sys/module/xtcp/initstate; }

# A segment waits in the queue of a wire, its socket with it, and rmmod for both.
with_a_segment_on_a_wire() {
	local pid result
	ip link add w0 type veth peer name w1 && sysctl -qw net.ipv6.conf.w0.disable_ipv6=1 &&
		ip link set w1 up && ip link set w0 up master xtcp0 && ip addr add 10.9.0.1/24 dev w0 &&
		ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev w0 nud permanent &&
		tc qdisc add dev w0 root netem delay 200s || return
	begin syn 10.9.0.2 && finish && tc -s qdisc show dev w0 | grep -q 'backlog .* 1p' || return
	unload &
	pid=$!
	eventually going && tc qdisc del dev w0 root && wait "$pid" && gone && load
	result=$?
	ip link del w0
	return "$result"
}

after_a_kill() {
	begin hold || return
	local pid=$XFER_PID
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	eventually unload && gone && load
}

# In a namespace that nobody has a socket in, but that still lives.
with_another_namespace() {
	unshare --net sh -c 'ip link set lo up && ip link add xtcp0 type xtcp && ip link set xtcp0 up &&
		./xfer timewait && echo ready && read -r line' <"$dir/fifo" >"$dir/answer" &
	local pid=$! result
	exec 5>"$dir/fifo"
	eventually grep -q ready "$dir/answer" && unload_and_load
	result=$?
	exec 5>&-
	wait "$pid"
	return "$result"
}

with_the_link_down() { ip link set xtcp0 down && unload_and_load; }

without_the_link() { ip link del xtcp0 && unload_and_load; }

many_times() {
	local round
	for ((round = 0; round < ROUNDS; round++)); do
		unload && load && ./xfer check && continue
		echo "# round $round"
		return 1
	done
	eventually unload && gone && load
}

# What modprobe is asked for by socket() and by ip link add type xtcp
aliases() {
	modinfo -F alias "$ko" | tr '\n' ' ' | grep -q 'net-pf-18 rtnl-link-xtcp\|rtnl-link-xtcp net-pf-18'
}

# Numbers that others have, or that do not exist, are refused.
another_number() {
	local number result
	unload || return
	for number in 2 46 -1; do
		! insmod "$ko" "family=$number" 2>/dev/null || return
	done
	insmod "$ko" family=19 && ip -batch "$dir/links" && XTCP_TEST_FAMILY=19 ./xfer check &&
		! ./xfer check 2>/dev/null
	result=$?
	unload && gone && load && return "$result"
}

mkfifo "$dir/fifo"
ktap_plan 14
ktap "aliases (A-10)" aliases
ktap "refused while a socket is held (A-11)" refused_while_held
ktap "with a TIME_WAIT" with_time_wait
ktap "with a connection request" with_a_request
ktap "with orphans and parked packets" with_parked_packets
ktap "with orphans that retransmit" with_lost_packets
ktap "with a segment parked on a wire" with_a_segment_on_a_wire
ktap "right after a kill" after_a_kill
ktap "with another namespace" with_another_namespace
ktap "with xtcp0 down" with_the_link_down
ktap "without xtcp0" without_the_link
ktap "another family number (A-22, A-23)" another_number
ktap "$ROUNDS times with traffic" many_times
ktap "xtcp0 is back" test -e /sys/class/net/xtcp0
ktap_end
