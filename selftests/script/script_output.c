// SPDX-License-Identifier: GPL-2.0
/*
 * What leaves at once, what waits for a queue of this host, and when the next is
 * due (H.3).
 */
#include <linux/version.h>

#include "script_tables.h"

/* A round trip of 100 ms, so that the pacing rate asks for no bursts */
#define FAR							\
	"listen 4",						\
	"< S 0 <mss 1460>",					\
	"> S. 0 ack 1 <mss 1460>",				\
	"+100ms < . 1 ack 1",					\
	"accept"
/* And one so long that nothing is sent again while a script holds a queue */
#define SLOW_TIMERS						\
	"listen 4",						\
	"< S 0 <mss 1460>",					\
	"> S. 0 ack 1 <mss 1460>",				\
	"+300ms < . 1 ack 1",					\
	"accept"
/* And one so short that it alone would allow any burst */
#define NO_BURSTS	"net tcp_tso_rtt_log 0", "net tcp_min_tso_segs 1"
/* No pacing before there were so many */
#define TEN_SEGMENTS						\
	"> . 1 ack 1 len 1460",					\
	"> . 1461 ack 1 len 1460",				\
	"> . 2921 ack 1 len 1460",				\
	"> . 4381 ack 1 len 1460",				\
	"> . 5841 ack 1 len 1460",				\
	"> . 7301 ack 1 len 1460",				\
	"> . 8761 ack 1 len 1460",				\
	"> . 10221 ack 1 len 1460",				\
	"> . 11681 ack 1 len 1460",				\
	"> P. 13141 ack 1 len 1460"
/* What sends at once, whatever is in flight */
#define SENDER		PASSIVE, "option nodelay 1"

const struct script output_scripts[] = {
{ "H-53 H-48", "two super-segments at least, each with PSH", {
	"net tcp_min_tso_segs 5",
	PASSIVE,
	"send 14600",
	"> P. 1 ack 1 len 7300",
	"> P. 7301 ack 1 len 7300",
	"< . 1 ack 14601",
} },
{ "H-53 J-42", "a far peer gets segments by twos", {
	FAR,
	"send 8760",
	"> P. 1 ack 1 len 2920",
	"> P. 2921 ack 1 len 2920",
	"> P. 5841 ack 1 len 2920",
	"< . 1 ack 8761",
} },
{ "H-53 J-42", "or by as many as tcp_min_tso_segs says", {
	"net tcp_min_tso_segs 3",
	FAR,
	"send 8760",
	"> P. 1 ack 1 len 4380",
	"> P. 4381 ack 1 len 4380",
	"< . 1 ack 8761",
} },
{ "H-48", "of single segments only the last has PSH", {
	"net tcp_min_tso_segs 1",
	FAR,
	"send 4380",
	"> . 1 ack 1 len 1460",
	"> . 1461 ack 1 len 1460",
	"> P. 2921 ack 1 len 1460",
	"< . 1 ack 4381",
} },
{ "H-48", "and what fills more than half of the largest window", {
	"net tcp_min_tso_segs 1",
	"listen 4",
	"< S 0 win 6000 <mss 1000>",
	"> S. 0 ack 1 <mss 1460>",
	"+100ms < . 1 ack 1 win 6000",
	"accept",
	"send 9000",
	"> . 1 ack 1 len 1000",
	"> . 1001 ack 1 len 1000",
	"> . 2001 ack 1 len 1000",
	"> P. 3001 ack 1 len 1000",
	"> . 4001 ack 1 len 1000",
	"> . 5001 ack 1 len 1000",
	/* However slow the machine, the peer is near from here on. */
	"net tcp_tso_rtt_log 31",
	"< . 1 ack 6001 win 6000",
	"> P. 6001 ack 1 len 3000",
	"< . 1 ack 9001 win 6000",
}, .not_tcp = "takes less at once where a window opens", .not_since = KERNEL_VERSION(7, 2, 0) },
{ "H-47", "the tail of a super-segment is cut where the window ends", {
	PASSIVE,
	"< P. 1 ack 1 \"a\"",
	"> . 1 ack 2",
	"< P. 2 ack 1 win 2000 \"b\"",
	"> . 1 ack 3",
	"send 2920",
	"> P. 1 ack 3 len 2000",
	"< . 3 ack 2001 win 2000",
	"> P. 2001 ack 3 len 920",
	"< . 3 ack 2921 win 2000",
} },
{ "H-47 H-45", "unless a small segment is in flight", {
	PASSIVE,
	"< P. 1 ack 1 \"a\"",
	"> . 1 ack 2",
	"< P. 2 ack 1 win 2000 \"b\"",
	"> . 1 ack 3",
	"send 10",
	"> P. 1 ack 3 len 10",
	"send 2920",
	"> . 11 ack 3 len 1460",
	"< . 3 ack 11 win 2000",
	"silent",
	"< . 3 ack 1471 win 2000",
	"> P. 1471 ack 3 len 1460",
	"< . 3 ack 2931 win 2000",
} },
{ "H-54 J-42", "what is in the host's queue is bounded", {
	"net tcp_limit_output_bytes 100",
	"net tcp_autocorking 0",
	SLOW_TIMERS,
	"option nodelay 1",
	"qdisc hold",
	"send 100",
	"send 100",
	"send 100",
	"send 100",
	"info unacked 2",
	"info notsent 200",
	"qdisc free",
	"> P. 1 ack 1 len 100",
	"> P. 101 ack 1 len 100",
	"> P. 201 ack 1 len 200",
	"< . 1 ack 401",
} },
{ "H-54", "a FIN waits for it with the rest", {
	"net tcp_limit_output_bytes 100",
	"net tcp_autocorking 0",
	SLOW_TIMERS,
	"option nodelay 1",
	"qdisc hold",
	"send 100",
	"send 100",
	"send 100",
	"close",
	"state FIN_WAIT1",
	"qdisc free",
	"> P. 1 ack 1 len 100",
	"> P. 101 ack 1 len 100",
	"> FP. 201 ack 1 len 100",
	"< . 1 ack 302",
} },
{ "H-46 J-42", "a small write waits for what the host's queue holds", {
	SLOW_TIMERS,
	"option nodelay 1",
	"qdisc hold",
	"send 1000",
	"send 100",
	"send 100",
	"info unacked 1",
	"count TCPAutoCorking 1",
	"qdisc free",
	"> P. 1 ack 1 len 1000",
	"> P. 1001 ack 1 len 200",
	"< . 1 ack 1201",
} },
{ "H-46 J-42", "unless tcp_autocorking forbids it", {
	"net tcp_autocorking 0",
	SLOW_TIMERS,
	"option nodelay 1",
	"qdisc hold",
	"send 1000",
	"send 100",
	"info unacked 2",
	"count TCPAutoCorking 0",
	"qdisc free",
	"> P. 1 ack 1 len 1000",
	"> P. 1001 ack 1 len 100",
	"< . 1 ack 1101",
} },
{ "H-46", "or nothing is on its way", {
	SENDER,
	"send 100",
	"> P. 1 ack 1 len 100",
	"< . 1 ack 101",
	"info unacked 0",
	"send 100",
	"> P. 101 ack 1 len 100",
	"count TCPAutoCorking 0",
	"< . 1 ack 201",
} },
{ "H-41 K-093", "what still waits in the host's queue is not sent again", {
	SENDER,
	"qdisc hold",
	"send 100",
	"count TCPSpuriousRtxHostQueues 1",
	"count RetransSegs 0",
	"qdisc free",
	"> P. 1 ack 1 len 100",
	"> P. 1 ack 1 len 100",
	"< . 1 ack 101",
	"info unacked 0",
} },
{ "H-40 K-099", "a full queue of the host is congestion, once", {
	SENDER,
	"qdisc full",
	"send 10",
	"info ca_state 2",
	"info ssthresh 7",
	"info unacked 0",
	"send 10",
	"info ssthresh 7",
	"qdisc free",
	"> P. 1 ack 1 len 20",
	"< . 1 ack 21",
	"count RetransSegs 0",
} },
{ "H-55 J-43", "single segments at the rate of SO_MAX_PACING_RATE", {
	NO_BURSTS,
	SENDER,
	"option maxrate 50000",
	"send 14600",
	TEN_SEGMENTS,
	"< . 1 ack 14601",
	"send 5840",
	/* 29.2 ms each; what one was late the next may make up for, by half */
	"+0..32ms > . 14601 ack 1 len 1460",
	"+14..31ms > . 16061 ack 1 len 1460",
	"+14..31ms > . 17521 ack 1 len 1460",
	"+14..31ms > P. 18981 ack 1 len 1460",
	"< . 1 ack 20441",
	"info pacing_rate 50000",
	"info max_pacing_rate 50000",
} },
{ "H-55 A-73", "or by fq, which has the times of all at once", {
	NO_BURSTS,
	"qdisc fair",
	SENDER,
	"option maxrate 50000",
	"send 14600",
	TEN_SEGMENTS,
	"< . 1 ack 14601",
	"send 5840",
	"+0..32ms > . 14601 ack 1 len 1460",
	"+14..31ms > . 16061 ack 1 len 1460",
	"+28..31ms > . 17521 ack 1 len 1460",
	"+28..31ms > P. 18981 ack 1 len 1460",
	"< . 1 ack 20441",
} },
{ "H-49", "an old segment's window does not count", {
	SENDER,
	"< P. 1 ack 1 \"ab\"",
	"> . 1 ack 3",
	"< P. 3 ack 1 win 2000 \"cd\"",
	"> . 1 ack 5",
	"info snd_wnd 2000",
	"< P. 1 ack 1 win 500 \"ab\"",
	"> . 1 ack 5",
	"info snd_wnd 2000",
	"< . 5 ack 1 win 1000",
	"info snd_wnd 1000",
	"< . 5 ack 1 win 3000",
	"info snd_wnd 3000",
	"< . 5 ack 1 win 1000",
	"send 1",
	"> P. 1 ack 5 len 1",
	"info snd_wnd 3000",
	"< . 5 ack 2 win 700",
	"info snd_wnd 700",
} },
{ "G-121", "time that a shut window takes is told apart", {
	SENDER,
	"info busy 0",
	"send 2",
	"> P. 1 ack 1 len 2",
	"info busy 1 or more",
	"info rwnd_limited 0",
	"< . 1 ack 3 win 0",
	"info unacked 0",
	"send 5",
	"info rwnd_limited 1 or more",
	"info sndbuf_limited 0",
	"< . 1 ack 3 win 1000",
	"> P. 3 ack 1 len 5",
	"< . 1 ack 8 win 1000",
} },
{ }
};
