#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A stream over a slow link leaves but little in the queue of this host, so that who
# begins beside it need not wait behind it (H-54).
#
# shellcheck disable=SC2317 # "ktap" and "eventually" call functions by name

cd "$(dirname "$0")" || exit 1

# The device and its qdiscs are those of a network namespace of our own.
if [ "${1:-}" != inside ]; then
	exec unshare --net -- "$0" inside
fi

# shellcheck source=selftests/lib/ktap.sh
. ./ktap.sh

SIZE=2000000
# Two super-segments of 64 KiB and one that was begun; most often it is much less.
# Without a bound it is the congestion window, which here reaches all of the file.
MOST=200000
# A slow machine fills no queue of a fast link.
rate=$((10000 / ${XTCP_TEST_SLOW:-1}))kbit

set_up() {
	ip link set lo up || return
	if ! native; then
		ip link add xtcp0 type xtcp && ip link set xtcp0 up || return
	fi
	ip link set "$loop_dev" mtu 1500 || return
	tc qdisc replace dev "$loop_dev" root tbf rate "$rate" burst 10k limit 8m || return
	dir=$(mktemp -d /tmp/xtcp-smallqueue.XXXXXX) || return
	trap 'rm -rf "$dir"' EXIT
	head -c "$SIZE" /dev/urandom >"$dir/a" && echo b >"$dir/b"
}

# Bytes in the queue
backlog() {
	tc -s -j qdisc show dev "$loop_dev" root | sed -n 's/.*"backlog":\([0-9]*\).*/\1/p'
}

# The most that is seen there while the file is on its way
watch() {
	local now
	most=0
	./xfer files "$dir/a" "$dir/b" "$dir/a.out" "$dir/b.out" &
	while kill -0 $! 2>/dev/null; do
		now=$(backlog)
		[ "${now:-0}" -le "$most" ] || most=$now
	done
	wait $!
}

crossed() {
	watch && cmp "$dir/a" "$dir/a.out" && cmp "$dir/b" "$dir/b.out"
}

bounded() {
	echo "# at most $most bytes were seen in the queue"
	[ "$most" -gt 0 ] && [ "$most" -le "$MOST" ]
}

no_connection() { ! in_state 01 02 04 05 08 09 0B; }

ktap_plan 4
ktap "set-up" set_up
ktap "a file crosses a slow link" crossed
ktap "little of it is in the queue at a time (H-54)" bounded
tc qdisc del dev "$loop_dev" root
ktap "no connection is left" eventually no_connection
ktap_end
