// SPDX-License-Identifier: GPL-2.0
/*
 * Congestion control: how cwnd grows, when it does not, what an idle time does to it
 * (H-19 to H-22); DCTCP's marks (RFC 8257).
 */
#include <linux/version.h>

#include "script_tables.h"

#define SYN_OPTIONS	"<mss 1460,sackOK,ts * 0,nop,wscale 7>"
/*
 * Small segments that leave at once; the RTT is long, so that no timer is near, however
 * slow the machine.
 */
#define SLOW_START(name)					\
	"net tcp_congestion_control " name,			\
	"listen 4",						\
	"< S 0 <mss 1460>",					\
	"> S. 0 ack 1 <mss 1460>",				\
	"+900ms < . 1 ack 1",					\
	"accept",						\
	"option nodelay 1",					\
	"info cwnd 10"
#define SENT(seq)						\
	"send 1",						\
	"> P. " #seq " ack 1 len 1"
/* Ten segments, from 1 on: all that cwnd allows */
#define TEN							\
	SENT(1), SENT(2), SENT(3), SENT(4), SENT(5),		\
	SENT(6), SENT(7), SENT(8), SENT(9), SENT(10)
/* Twenty: one round trip of slow start more */
#define TWENTY							\
	TEN,							\
	"< . 1 ack 11",						\
	"info cwnd 20"
/* A segment more, so long after the last: less than a timeout, which is 2.6 s at first */
#define LATER(ms, seq)						\
	"+" #ms "ms send 1",					\
	"> P. " #seq " ack 1 len 1"
/* The window of 10 was reduced, once, and that is over: the next segment is 3. */
#define REDUCED(name)						\
	"net tcp_congestion_control " name,			\
	"listen 4",						\
	"< SEW 0 <mss 1460>",					\
	"> S.E 0 ack 1 <mss 1460>",				\
	"+900ms < . 1 ack 1",					\
	"accept",						\
	"option nodelay 1",					\
	"send 1",						\
	"> P. 1 ack 1 len 1 tos 2",				\
	"< .E 1 ack 2",						\
	"info ca_state 2",					\
	"send 1",						\
	"> P.W 2 ack 1 len 1 tos 2",				\
	"< . 1 ack 3",						\
	"info ca_state 0"
/* Both ends of it are DCTCP's. */
#define DCTCP							\
	"cong dctcp",						\
	"listen 4",						\
	"< SEW 0 <mss 1460>",					\
	"> S.E 0 ack 1 tos 2 <mss 1460>",			\
	"< . 1 ack 1",						\
	"accept"

const struct script cong_scripts[] = {
{ "H-19", "slow start: a segment for each that is acknowledged", {
	SLOW_START("reno"),
	TEN,
	"< . 1 ack 3",
	"info cwnd 12",
	"< . 1 ack 4",
	"info cwnd 13",
	"< . 1 ack 11",
	"info cwnd 20",
} },
{ "H-19", "slow start of CUBIC does the same while the path is quick", {
	SLOW_START("cubic"),
	TEN,
	"< . 1 ack 3",
	"info cwnd 12",
	"< . 1 ack 4",
	"info cwnd 13",
	"< . 1 ack 11",
	"info cwnd 20",
} },
{ "H-20", "Reno: a segment for a window of them", {
	REDUCED("reno"),
	"info cwnd 5",
	SENT(3), SENT(4), SENT(5), SENT(6), SENT(7),
	"< . 1 ack 4",
	"< . 1 ack 5",
	"< . 1 ack 6",
	"< . 1 ack 7",
	"info cwnd 5",
	"< . 1 ack 8",
	"info cwnd 6",
	SENT(8), SENT(9), SENT(10), SENT(11), SENT(12), SENT(13),
	"< . 1 ack 13",
	"info cwnd 6",
	"< . 1 ack 14",
	"info cwnd 7",
} },
{ "H-20 H-37", "CUBIC: in a round trip half of the way back to where the mark came", {
	"listen 4",
	"< SEW 0 <mss 1460>",
	"> S.E 0 ack 1 <mss 1460>",
	"+400ms < . 1 ack 1",
	"accept",
	"cong cubic",
	"option nodelay 1",
	"send 1",
	"> P. 1 ack 1 len 1 tos 2",
	"+400ms < .E 1 ack 2",
	"info ca_state 2",
	"send 1",
	"> P.W 2 ack 1 len 1 tos 2",
	"+400ms < . 1 ack 3",
	"info ca_state 0",
	"info cwnd 7",
	SENT(3), SENT(4), SENT(5), SENT(6), SENT(7), SENT(8), SENT(9),
	/*
	 * K is 1.96 s: 10 - 0.4 * 1.56^3 is 8.5, in whole numbers 9, as for any round trip
	 * from 250 to 600 ms.
	 */
	"+400ms < . 1 ack 10",
	"info cwnd 9",
} },
{ "H-21", "slow start: cwnd is at most twice what was in flight", {
	SLOW_START("reno"),
	SENT(1), SENT(2), SENT(3), SENT(4), SENT(5), SENT(6),
	"< . 1 ack 2",
	"info cwnd 11",
	"< . 1 ack 3",
	"info cwnd 12",
	"< . 1 ack 4",
	"info cwnd 12",
	"< . 1 ack 7",
	"info cwnd 12",
} },
{ "H-21", "congestion avoidance: cwnd grows only if it was the limit", {
	REDUCED("reno"),
	"info cwnd 5",
	SENT(3), SENT(4), SENT(5), SENT(6),
	"< . 1 ack 7",
	SENT(7), SENT(8), SENT(9), SENT(10),
	"< . 1 ack 11",
	"info cwnd 5",
	SENT(11), SENT(12), SENT(13), SENT(14), SENT(15),
	"< . 1 ack 16",
	"info cwnd 6",
} },
{ "H-21 H-29", "a loss probe of new data tells that cwnd was the limit", {
	"net tcp_congestion_control reno",
	"listen 4",
	"< S 0 <mss 1460,nop,nop,sackOK>",
	"> S. 0 ack 1 <mss 1460,nop,nop,sackOK>",
	"+900ms < . 1 ack 1",
	"accept",
	"option nodelay 1",
	"info cwnd 10",
	TEN,
	"send 1",
	"> P. 11 ack 1 len 1",
	"< . 1 ack 11",
	"info cwnd 20",
	SENT(12),
	"< . 1 ack 13",
	"info cwnd 22",
} },
{ "H-22", "after a pause of many RTOs cwnd is the restart window", {
	SLOW_START("reno"),
	TWENTY,
	"+6000ms send 1",
	"> P. 11 ack 1 len 1",
	"info cwnd 10",
	"< . 1 ack 12",
} },
{ "H-22", "after a short one it is what it was", {
	SLOW_START("reno"),
	TWENTY,
	"+100ms send 1",
	"> P. 11 ack 1 len 1",
	"info cwnd 20",
	"< . 1 ack 12",
} },
{ "H-22", "and always, if tcp_slow_start_after_idle is 0", {
	"net tcp_slow_start_after_idle 0",
	SLOW_START("reno"),
	TWENTY,
	"+6000ms send 1",
	"> P. 11 ack 1 len 1",
	"info cwnd 20",
	"< . 1 ack 12",
} },
{ "H-22", "half of what nobody used for a timeout's time is gone (RFC 2861)", {
	SLOW_START("reno"),
	TWENTY,
	LATER(2000, 11),
	"info cwnd 20",
	LATER(1000, 12),
	"info cwnd 15",
	"info ssthresh 2147483647",
	"< . 1 ack 13",
	LATER(2000, 13),
	LATER(1000, 14),
	"info cwnd 12",
} },
{ "H-22", "nothing is, if tcp_slow_start_after_idle is 0", {
	"net tcp_slow_start_after_idle 0",
	SLOW_START("reno"),
	TWENTY,
	LATER(2000, 11),
	LATER(1000, 12),
	"info cwnd 20",
} },
{ "H-38 H-39", "chosen while the SYN is out it begins then: DCTCP finds no ECN", {
	"net tcp_ecn 0",
	"connect",
	"> S 0 " SYN_OPTIONS,
	"cong dctcp",
	"cong? dctcp-reno",
	"< S. 0 ack 1 <mss 1460>",
	"> . 1 ack 1",
	"info ecn 0",
	"cong? dctcp-reno",
} },
{ "H-38 H-39", "or that ECN is asked for", {
	"net tcp_ecn 1",
	"connect",
	"> SEW 0 " SYN_OPTIONS,
	"cong dctcp",
	"cong? dctcp",
	"< S.E 0 ack 1 <mss 1460>",
	"> . 1 ack 1 tos 2",
	"info ecn 1",
	"cong? dctcp",
} },
{ "H-39", "DCTCP asks for ECN, with a SYN that is capable of it", {
	"net tcp_ecn 0",
	"cong dctcp",
	"connect",
	"> SEW 0 tos 2 " SYN_OPTIONS,
	"< S.E 0 ack 1 <mss 1460>",
	"> . 1 ack 1 tos 2",
	"info ecn 1",
	"send 1",
	"> P. 1 ack 1 len 1 tos 2",
	"> P. 1 ack 1 len 1 tos 2",
} },
{ "H-39", "and does without, if the peer does", {
	"cong dctcp",
	"connect",
	"> SEW 0 tos 2 " SYN_OPTIONS,
	"< S. 0 ack 1 <mss 1460>",
	"> . 1 ack 1",
	"info ecn 0",
	"send 1",
	"> P. 1 ack 1 len 1 tos 0",
}, .not_tcp = "newer kernels have AccECN, and count what was not agreed on",
	.not_since = KERNEL_VERSION(7, 2, 0) },
{ "H-39 E-22", "DCTCP agrees to ECN where tcp_ecn is 0", {
	"net tcp_ecn 0",
	DCTCP,
	"info ecn 1",
	"< P. 1 ack 1 tos 2 \"a\"",
	"> . 1 ack 2 tos 2",
} },
{ "H-39", "DCTCP echoes each mark, and no more", {
	DCTCP,
	"< P. 1 ack 1 tos 2 \"a\"",
	"> . 1 ack 2 tos 2",
	"< P. 2 ack 1 tos 3 \"b\"",
	"> .E 1 ack 3 tos 2",
	"< P. 3 ack 1 tos 3 \"c\"",
	"> .E 1 ack 4 tos 2",
	"< P. 4 ack 1 tos 2 \"d\"",
	"> . 1 ack 5 tos 2",
	"send 1",
	"> P. 1 ack 5 len 1 tos 2",
} },
{ "H-39", "what waits for its ACK gets one of its own when marks begin or end", {
	DCTCP,
	"option quickack 0",
	"< P. 1 ack 1 tos 2 \"a\"",
	"< P. 2 ack 1 tos 3 \"b\"",
	"> . 1 ack 2 tos 2",
	"> .E 1 ack 3 tos 2",
	"option quickack 0",
	"< P. 3 ack 1 tos 3 \"c\"",
	"< P. 4 ack 1 tos 2 \"d\"",
	"> .E 1 ack 4 tos 2",
	"> . 1 ack 5 tos 2",
	"recv \"abcd\"",
} },
{ "H-39", "DCTCP: the first mark halves the window", {
	DCTCP,
	"send 1",
	"> P. 1 ack 1 len 1 tos 2",
	"< .E 1 ack 2",
	"info ca_state 2",
	"info ssthresh 5",
	"send 1",
	"> P.W 2 ack 1 len 1 tos 2",
	"< . 1 ack 3",
	"info ca_state 0",
} },
{ }
};
