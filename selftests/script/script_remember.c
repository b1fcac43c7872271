// SPDX-License-Identifier: GPL-2.0
/*
 * What a connection leaves for the next one with the same peer (H-42, J-39), and what
 * a route says of that.
 */
#include "script_tables.h"

/* A connection whose round trip is 100 ms, up to its end */
#define SLOW_ONE						\
	"listen 4",						\
	"< S 0 <mss 1460>",					\
	"> S. 0 ack 1 <mss 1460>",				\
	"+100ms < . 1 ack 1",					\
	"accept",						\
	"send 5",						\
	"> P. 1 ack 1 len 5",					\
	"+100ms < . 1 ack 6"
#define CLOSED							\
	"close",						\
	"> F. 6 ack 1",						\
	"< F. 1 ack 7",						\
	"> . 7 ack 2",						\
	"state TIME_WAIT"
/* The next one, which answers at once */
#define NEXT							\
	"peer second",						\
	"< S 0 <mss 1460>",					\
	"> S. 0 ack 1 <mss 1460>",				\
	"< . 1 ack 1",						\
	"accept"
/* One without round trips, of the same peer, up to its end */
#define QUICK_ONE						\
	"listen 4",						\
	"< S 0 <mss 1460>",					\
	"> S. 0 ack 1 <mss 1460>",				\
	"< . 1 ack 1",						\
	"accept",						\
	"send 5",						\
	"> P. 1 ack 1 len 5",					\
	"< . 1 ack 6",						\
	CLOSED
/* Data that is sent again: it is due between; and its end */
#define DATA							\
	"send 5",						\
	"> P. 1 ack 1 len 5"
#define DATA_ACKED						\
	"< . 1 ack 6",						\
	"info unacked 0"

const struct script remember_scripts[] = {
{ "H-42", "the round trip of one that was closed, three times: the next one's timeout", {
	SLOW_ONE,
	CLOSED,
	NEXT,
	DATA,
	"+260..345ms > P. 1 ack 1 len 5",
	DATA_ACKED,
} },
{ "H-42", "or which the peer closed first", {
	SLOW_ONE,
	"< F. 1 ack 6",
	"> . 6 ack 2",
	"close",
	"> F. 6 ack 2",
	"< . 2 ack 7",
	"state none",
	NEXT,
	DATA,
	"+260..345ms > P. 1 ack 1 len 5",
	DATA_ACKED,
} },
{ "H-42", "nothing is left by one that was reset", {
	SLOW_ONE,
	"abort",
	"> R. 6 ack 1",
	NEXT,
	DATA,
	"+200..235ms > P. 1 ack 1 len 5",
	DATA_ACKED,
} },
{ "J-39 H-42", "nor if tcp_no_metrics_save says so", {
	"net tcp_no_metrics_save 1",
	SLOW_ONE,
	CLOSED,
	NEXT,
	DATA,
	"+200..235ms > P. 1 ack 1 len 5",
	DATA_ACKED,
} },
{ "H-42", "a round trip that was not measured is forgotten", {
	SLOW_ONE,
	CLOSED,
	NEXT,
	"+300ms send 5",
	"> P. 1 ack 1 len 5",
	"close",
	"> F. 6 ack 1",
	"> P. 1 ack 1 len 5",
	"< F. 1 ack 7",
	"> . 7 ack 2",
	"state TIME_WAIT",
	/* And nothing else is news: it counts from when the first one ended. */
	"aged 400",
	"peer third",
	"< S 0 <mss 1460>",
	"> S. 0 ack 1 <mss 1460>",
	"< . 1 ack 1",
	"accept",
	DATA,
	"+200..235ms > P. 1 ack 1 len 5",
	DATA_ACKED,
} },
{ "H-42", "what a route says of the round trip counts from the second one on", {
	"route rtt 400ms",
	PASSIVE,
	DATA,
	"+200..235ms > P. 1 ack 1 len 5",
	DATA_ACKED,
	"send 5",
	"> P. 6 ack 1 len 5",
	"< . 1 ack 11",
	"close",
	"> F. 11 ack 1",
	"< F. 1 ack 12",
	"> . 12 ack 2",
	"state TIME_WAIT",
	NEXT,
	DATA,
	"+1000..1365ms > P. 1 ack 1 len 5",
	DATA_ACKED,
} },
{ "H-42", "and all the while if it is locked", {
	"route rtt lock 400ms",
	QUICK_ONE,
	NEXT,
	DATA,
	"+1200..1365ms > P. 1 ack 1 len 5",
	DATA_ACKED,
} },
{ "H-42", "any round trip", {
	"route rtt lock 500000s rttvar lock 4000000 cwnd lock 4294967295 ssthresh 4294967295",
	QUICK_ONE,
	NEXT,
	"send 5",
	"> P. 1 ack 1 len 5",
	"< . 1 ack 6",
	"info unacked 0",
	"info cwnd 10",
} },
{ "H-42", "reordering of a route", {
	"route reordering 30",
	PASSIVE,
	"info reordering 3",
	"send 5",
	"> P. 1 ack 1 len 5",
	"< . 1 ack 6",
	CLOSED,
	NEXT,
	"info reordering 30",
} },
{ "H-42", "a window that a route bounds", {
	"route cwnd lock 4",
	PASSIVE,
	"info cwnd 10",
	"send 5",
	"> P. 1 ack 1 len 5",
	"< . 1 ack 6",
	CLOSED,
	NEXT,
	"info cwnd 4",
	"send 5840",
	"skip",
	"< . 1 ack 5841",
	"info cwnd 4",
} },
{ "H-42", "a route's window that is not locked bounds nothing", {
	"route cwnd 4",
	QUICK_ONE,
	NEXT,
	"info cwnd 10",
} },
{ "J-39 H-42", "the end of slow start, if tcp_no_ssthresh_metrics_save lets it be kept", {
	"net tcp_no_ssthresh_metrics_save 0",
	"route ssthresh 3",
	PASSIVE,
	"info ssthresh 2147483647",
	"send 5",
	"> P. 1 ack 1 len 5",
	"< . 1 ack 6",
	CLOSED,
	NEXT,
	"info ssthresh 5",
} },
{ "J-39 H-42", "which by default it does not", {
	"route ssthresh 3",
	QUICK_ONE,
	NEXT,
	"info ssthresh 2147483647",
} },
{ "J-39 H-42", "the end of slow start after a loss", {
	"net tcp_no_ssthresh_metrics_save 0",
	"cong reno",
	"route ssthresh 3",
	PASSIVE,
	"send 5",
	"> P. 1 ack 1 len 5",
	"> P. 1 ack 1 len 5",
	"< . 1 ack 6",
	"info ssthresh 5",
	CLOSED,
	NEXT,
	"info ssthresh 5",
} },
{ "C-18 H-42", "the last quarter of tcp_max_syn_backlog is for peers that one knows", {
	"net tcp_syncookies 0",
	"net tcp_max_syn_backlog 4",
	SLOW_ONE,
	CLOSED,
	"peer a",
	"< S 0 <mss 1460>",
	"> S. 0 ack 1 <mss 1460>",
	"peer b",
	"< S 0 <mss 1460>",
	"> S. 0 ack 1 <mss 1460>",
	"peer c",
	"< S 0 <mss 1460>",
	"> S. 0 ack 1 <mss 1460>",
	"peer d",
	"< S 0 <mss 1460>",
	"> S. 0 ack 1 <mss 1460>",
	"peer e",
	"< S 0 <mss 1460>",
	"> S. 0 ack 1 <mss 1460>",
	"halfopen 5",
	"skip",
} },
{ }
};
