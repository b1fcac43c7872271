// SPDX-License-Identifier: GPL-2.0
/* Timeouts that do not double (H-15, H-16), and other paths after one (H-17). */
#include "script_tables.h"

#define FIRST							\
	"send 5",						\
	"> P. 1 ack 1 len 5",					\
	"+200..235ms > P. 1 ack 1 len 5"
#define DONE							\
	"< . 1 ack 6",						\
	"info unacked 0"
#define SAME	"+200..235ms > P. 1 ack 1 len 5"

const struct script backoff_scripts[] = {
{ "H-15 G-99", "a thin stream: six timeouts as long as the first", {
	"option thin_linear 1",
	PASSIVE,
	"option? thin_linear 1",
	FIRST, SAME, SAME, SAME, SAME, SAME, SAME,
	"+400..460ms > P. 1 ack 1 len 5",
	DONE,
} },
{ "H-15 J-37", "or if tcp_thin_linear_timeouts says so", {
	"net tcp_thin_linear_timeouts 1",
	PASSIVE,
	"option? thin_linear 0",
	FIRST, SAME, SAME,
	DONE,
} },
{ "H-15", "but not with four segments in flight", {
	"net tcp_thin_linear_timeouts 1",
	PASSIVE,
	"option nodelay 1",
	"net tcp_retrans_collapse 0",
	"send 5",
	"> P. 1 ack 1 len 5",
	"send 5",
	"> P. 6 ack 1 len 5",
	"send 5",
	"> P. 11 ack 1 len 5",
	"send 5",
	"> P. 16 ack 1 len 5",
	"+50..235ms > P. 1 ack 1 len 5",
	"+400..460ms > P. 1 ack 1 len 5",
	"< . 1 ack 21",
	"info unacked 0",
} },
{ "H-15", "and not in SYN_SENT", {
	"since 6.5 net tcp_syn_linear_timeouts 0",
	"net tcp_thin_linear_timeouts 1",
	"connect",
	"> S 0 <mss 1460,sackOK,ts * 0,nop,wscale 7>",
	"+1000..1135ms > S 0 <mss 1460,sackOK,ts * 0,nop,wscale 7>",
	"+2000..2260ms > S 0 <mss 1460,sackOK,ts * 0,nop,wscale 7>",
	"< S. 0 ack 1 <mss 1460>",
	"> . 1 ack 1",
} },
{ "H-16", "host unreachable: one back-off less (RFC 6069)", {
	PASSIVE,
	FIRST,
	"+400..460ms > P. 1 ack 1 len 5",
	"icmp 3 1 1",
	"+380..460ms > P. 1 ack 1 len 5",
	DONE,
	"error 0",
} },
{ "H-16", "network unreachable: likewise", {
	PASSIVE,
	FIRST,
	"+400..460ms > P. 1 ack 1 len 5",
	"icmp 3 0 1",
	"+380..460ms > P. 1 ack 1 len 5",
	DONE,
} },
{ "H-16", "twice: as long as the first, which is over", {
	PASSIVE,
	FIRST,
	"+400..460ms > P. 1 ack 1 len 5",
	"icmp 3 1 1",
	"+250ms icmp 3 1 1",
	"+0ms > P. 1 ack 1 len 5",
	DONE,
} },
{ "H-16", "not port unreachable", {
	PASSIVE,
	FIRST,
	"+400..460ms > P. 1 ack 1 len 5",
	"icmp 3 3 1",
	"+780..910ms > P. 1 ack 1 len 5",
	DONE,
} },
{ "H-16", "nor about another segment", {
	PASSIVE,
	FIRST,
	"+400..460ms > P. 1 ack 1 len 5",
	"icmp 3 1 2",
	"+780..910ms > P. 1 ack 1 len 5",
	DONE,
} },
{ "H-17", "another path after each timeout", {
	PASSIVE,
	FIRST,
	"+400..460ms > P. 1 ack 1 len 5",
	"count TcpTimeoutRehash 2",
	DONE,
} },
{ "H-17", "unless SO_TXREHASH forbids it", {
	"before 7.2 option txrehash 0",	/* there it is for TCP's own sockets alone */
	"since 7.2 net core/txrehash 0",
	PASSIVE,
	FIRST,
	"count TcpTimeoutRehash 0",
	DONE,
} },
{ }
};
