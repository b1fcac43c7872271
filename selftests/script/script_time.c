// SPDX-License-Identifier: GPL-2.0
/*
 * When timers fire.  The kernel rounds them up, by an eighth at most, and by two
 * ticks (of 4 ms); the wheel of AF_XTCP's requests turns in eighths of a second.
 */
#include "script_tables.h"

#define SYN_OPTIONS	"<mss 1460,sackOK,ts * 0,nop,wscale 7>"

const struct script time_scripts[] = {
{ "D-38 H-01 H-04", "a SYN after 1 s, then after twice as long", {
	"since 6.5 net tcp_syn_linear_timeouts 0",
	"connect",
	"> S 0 " SYN_OPTIONS,
	"+1000..1135ms > S 0 " SYN_OPTIONS,
	"+2000..2260ms > S 0 " SYN_OPTIONS,
	"+4000..4510ms > S 0 " SYN_OPTIONS,
	"< S. 0 ack 1 <mss 1460>",
	"> . 1 ack 1",
} },
{ "C-21 E-39", "a SYN-ACK after 1 s, then after twice as long", {
	"listen 4",
	"< S 0 <mss 1460>",
	"> S. 0 ack 1 <mss 1460>",
	"+1000..1260ms > S. 0 ack 1 <mss 1460>",
	"row retrans 1",
	"+2000..2260ms > S. 0 ack 1 <mss 1460>",
	"< . 1 ack 1",
	"accept",
} },
{ "H-01 H-04 H-05", "data after 200 ms, then after twice as long", {
	PASSIVE,
	"send 5",
	"> P. 1 ack 1 len 5",
	"+200..235ms > P. 1 ack 1 len 5",
	"+400..460ms > P. 1 ack 1 len 5",
	"+800..910ms > P. 1 ack 1 len 5",
	"< . 1 ack 6",
	"info unacked 0",
} },
{ "H-01", "data after three times the one round trip that is known", {
	"listen 4",
	"< S 0 <mss 1460>",
	"> S. 0 ack 1 <mss 1460>",
	"+300ms < . 1 ack 1",
	"accept",
	"send 5",
	"> P. 1 ack 1 len 5",
	/* Three times a tick that the ACK may have come too early by */
	"+880..1025ms > P. 1 ack 1 len 5",
	"< . 1 ack 6",
	"info unacked 0",
} },
{ "H-05", "an ACK that advances starts the timer again", {
	PASSIVE,
	"option nodelay 1",
	"send 5",
	"> P. 1 ack 1 len 5",
	"send 5",
	"> P. 6 ack 1 len 5",
	"+100ms < . 1 ack 6",
	"+200..260ms > P. 6 ack 1 len 5",
	"< . 1 ack 11",
	"info unacked 0",
} },
{ "H-50", "a probe of a shut window after 200 ms, then after twice as long", {
	PASSIVE,
	"send 2",
	"> P. 1 ack 1 len 2",
	"< . 1 ack 3 win 0",
	"info unacked 0",
	"send 5",
	"+200..235ms > . 2 ack 1",
	"+400..460ms > . 2 ack 1",
	"+800..910ms > . 2 ack 1",
	"< . 1 ack 3 win 1000",
	"> P. 3 ack 1 len 5",
	"< . 1 ack 8",
	"info unacked 0",
} },
{ "H-60", "an ACK that is not for now, after 40 ms", {
	PASSIVE,
	"option quickack 0",
	"< P. 1 ack 1 \"ab\"",
	"+40..50ms > . 1 ack 3",
	"recv \"ab\"",
} },
{ "H-60", "a bare ACK that comes meanwhile does not hurry it", {
	PASSIVE,
	"option quickack 0",
	"< P. 1 ack 1 \"ab\"",
	"+34ms < . 3 ack 1",
	"+4..16ms > . 1 ack 3",
	"recv \"ab\"",
} },
{ "H-64", "an ACK of what is ahead of a gap, at once", {
	PASSIVE,
	"option quickack 0",
	"< P. 3 ack 1 \"cd\"",
	"+0ms > . 1 ack 1",
	"< P. 1 ack 1 \"ab\"",
	"+0ms > . 1 ack 5",
	"recv \"abcd\"",
} },
{ "H-78", "a probe to who was silent for a second, and again after one", {
	PASSIVE,
	"option keepidle 1",
	"option keepintvl 1",
	"option keepalive 1",
	"+1000..1135ms > . 0 ack 1",
	"+1000..1135ms > . 0 ack 1",
	"< . 1 ack 1",
} },
{ }
};
