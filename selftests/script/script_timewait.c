// SPDX-License-Identifier: GPL-2.0
/* What arrives at TIME_WAIT, and at the FIN_WAIT2 of an orphan (E.6). */
#include "script_tables.h"

#define TIME_WAIT						\
	PASSIVE,						\
	"close",						\
	"> F. 1 ack 1",						\
	"< F. 1 ack 2",						\
	"> . 2 ack 2",						\
	"state TIME_WAIT"
#define TIME_WAIT_TS						\
	PASSIVE_TS,						\
	"close",						\
	"> F. 1 ack 1 <nop,nop,ts * 101>",			\
	"< F. 1 ack 2 <nop,nop,ts 102 @>",			\
	"> . 2 ack 2 <nop,nop,ts * 102>",			\
	"state TIME_WAIT"
#define FIN_WAIT2						\
	PASSIVE,						\
	"close",						\
	"> F. 1 ack 1",						\
	"< . 1 ack 2",						\
	"state FIN_WAIT2"
/* The kernel forgets that number, and that there is no cookie, until 6.10. */
#define LOST_ISN	.not_tcp = "before 6.10 the ISN was lost"

const struct script timewait_scripts[] = {
{ "E-50", "a SYN beyond the old connection", {
	TIME_WAIT,
	"< S 1000 <mss 1460>",
	"> S. 65539 ack 1001 <mss 1460>",
	"state SYN_RECV",
	"< . 1001 ack 65540",
	"state ESTABLISHED",
	"accept",
}, LOST_ISN },
{ "E-50", "a SYN beyond the old connection opens a new one", {
	TIME_WAIT,
	"forget",
	"< S 1000 <mss 1460>",
	"> S. 0 ack 1001 <mss 1460>",
	"state SYN_RECV",
	"< . 1001 ack 1",
	"state ESTABLISHED",
	"accept",
} },
{ "E-50", "a SYN with a newer timestamp", {
	TIME_WAIT_TS,
	"< S -1000 <mss 1460,nop,nop,ts 200 0>",
	"> S. 65539 ack -999 <mss 1460,nop,nop,ts * 200>",
}, LOST_ISN },
{ "E-50", "a SYN with a newer timestamp opens a new one", {
	TIME_WAIT_TS,
	"forget",
	"< S -1000 <mss 1460,nop,nop,ts 200 0>",
	"> S. 0 ack -999 <mss 1460,nop,nop,ts * 200>",
} },
{ "E-50 E-51", "a SYN with an older timestamp", {
	TIME_WAIT_TS,
	"< S 1000 <mss 1460,nop,nop,ts 50 0>",
	"> . 2 ack 2 <nop,nop,ts * 102>",
	"before 7.2 count PAWSEstab 1",
	"since 7.2 count PAWSTimewait 1",
	"state TIME_WAIT",
} },
{ "E-50", "a SYN beyond, but nobody listens", {
	TIME_WAIT,
	"deaf",
	"< S 1000 <mss 1460>",
	"> . 2 ack 2",
	"state TIME_WAIT",
} },
{ "E-50 C-17", "a SYN beyond is not answered with a cookie", {
	TIME_WAIT,
	"net tcp_syncookies 2",
	"< S 1000 <mss 1460>",
	"> S. 65539 ack 1001 <mss 1460>",
	"state SYN_RECV",
	"count SyncookiesSent 0",
}, LOST_ISN },
{ "E-50 E-03", "a SYN beyond with FIN ends TIME_WAIT, not more", {
	TIME_WAIT,
	"< SF 1000 <mss 1460>",
	"silent",
	"state none",
} },
{ "E-50", "a SYN beyond finds the accept queue full", {
	"listen 0",
	"< S 0 <mss 1460>",
	"> S. 0 ack 1 <mss 1460>",
	"< . 1 ack 1",
	"accept",
	"close",
	"> F. 1 ack 1",
	"< F. 1 ack 2",
	"> . 2 ack 2",
	"peer b",
	"< S 0 <mss 1460>",
	"> S. 0 ack 1 <mss 1460>",
	"< . 1 ack 1",
	"peer first",
	"< S 1000 <mss 1460>",
	"silent",
	"count ListenOverflows 1",
	"state none",
} },
{ "E-51", "an old SYN", {
	LIMITED,
	TIME_WAIT,
	"< S -100 <mss 1460>",
	"> . 2 ack 2",
	"< S 2 <mss 1460>",
	"count TCPACKSkippedTimeWait 1",
	"silent",
	"state TIME_WAIT",
} },
{ "E-51", "old data and FINs are acknowledged each time", {
	LIMITED,
	TIME_WAIT,
	"< F. 1 ack 2",
	"> . 2 ack 2",
	"< F. 1 ack 2",
	"> . 2 ack 2",
	"< P. 2 ack 2 \"new\"",
	"> . 2 ack 2",
	"< . 1 ack 2",
	"> . 2 ack 2",
	"< . 1 ack 2",
	"count TCPACKSkippedTimeWait 1",
	"silent",
	"state TIME_WAIT",
} },
{ "E-51", "SYN and ACK", {
	TIME_WAIT,
	"< S. 1000 ack 2",
	"> . 2 ack 2",
	"state TIME_WAIT",
} },
{ "E-51", "older by its timestamp", {
	LIMITED,
	TIME_WAIT_TS,
	"< . 2 ack 2 <nop,nop,ts 50 @>",
	"> . 2 ack 2 <nop,nop,ts * 102>",
	"before 7.2 count PAWSEstab 1",
	"since 7.2 count PAWSTimewait 1",
	"< R 2 <nop,nop,ts 50 @>",
	"silent",
	"before 7.2 count PAWSEstab 2",
	"since 7.2 count PAWSTimewait 2",
	"state TIME_WAIT",
} },
{ "E-52", "the right RST", {
	TIME_WAIT,
	"< R 2",
	"silent",
	"state none",
} },
{ "E-52", "other RSTs", {
	TIME_WAIT,
	"< R 1",
	"< R 3",
	"< R. 100 ack 2",
	"silent",
	"state TIME_WAIT",
} },
{ "E-52 J-24", "RFC 1337: no RST ends it", {
	"net tcp_rfc1337 1",
	TIME_WAIT,
	"< R 2",
	"silent",
	"state TIME_WAIT",
} },
{ "E-53", "a pure ACK", {
	TIME_WAIT,
	"< . 2 ack 2",
	"silent",
	"state TIME_WAIT",
} },
{ "E-53", "a pure ACK brings a timestamp", {
	TIME_WAIT_TS,
	"< . 2 ack 2 <nop,nop,ts 300 @>",
	"silent",
	"< F. 1 ack 2 <nop,nop,ts 300 @>",
	"> . 2 ack 2 <nop,nop,ts * 300>",
} },
{ "E-54", "FIN_WAIT2 of an orphan: data", {
	FIN_WAIT2,
	"< P. 1 ack 2 \"late\"",
	"> R 2 win 0",
	"state none",
} },
{ "E-54", "FIN_WAIT2 of an orphan: FIN", {
	FIN_WAIT2,
	"< F. 1 ack 2",
	"> . 2 ack 2",
	"state TIME_WAIT",
	"< F. 1 ack 2",
	"> . 2 ack 2",
} },
{ "E-54", "FIN_WAIT2 of an orphan: data and FIN", {
	FIN_WAIT2,
	"< FP. 1 ack 2 \"late\"",
	"> R 2",
	"state none",
} },
{ "E-54", "FIN_WAIT2 of an orphan: FIN before its time", {
	FIN_WAIT2,
	"< F. 5 ack 2",
	"> R 2",
	"state none",
} },
{ "E-54", "FIN_WAIT2 of an orphan: RST", {
	FIN_WAIT2,
	"< R 1",
	"silent",
	"state none",
} },
{ "E-54", "FIN_WAIT2 of an orphan: RST in the window, not outside", {
	FIN_WAIT2,
	"< R -5",
	"> . 2 ack 1",
	"state FIN_WAIT2",
	"< R 10",
	"silent",
	"state none",
} },
{ "E-54", "FIN_WAIT2 of an orphan: SYN", {
	FIN_WAIT2,
	"< S 1 <mss 1460>",
	"> R. =0 ack 2",
	"state none",
} },
{ "E-54", "FIN_WAIT2 of an orphan: outside", {
	LIMITED,
	FIN_WAIT2,
	"< S -10 <mss 1460>",
	"> . 2 ack 1",
	"< . -10 ack 2",
	"count TCPACKSkippedFinWait2 1",
	"silent",
	"< P. -10 ack 2 \"old\"",
	"> . 2 ack 1",
	"state FIN_WAIT2",
} },
{ "E-54", "FIN_WAIT2 of an orphan: nothing new", {
	FIN_WAIT2,
	"< . 1 ack 2",
	"< P 1 \"data\"",
	"silent",
	"state FIN_WAIT2",
} },
{ "E-55 J-23", "tcp_max_tw_buckets", {
	"net tcp_max_tw_buckets 0",
	PASSIVE,
	"close",
	"> F. 1 ack 1",
	"< F. 1 ack 2",
	"> . 2 ack 2",
	"state none",
	"count TCPTimeWaitOverflow 1",
} },
{ "D-66 D-67", "connect() takes TIME_WAIT over", {
	"option reuseaddr 1",
	"connect",
	"> S 0 <mss 1460,sackOK,ts * 0,nop,wscale 7>",
	"< S. 0 ack 1 <mss 1460,nop,nop,ts 100 @>",
	"> . 1 ack 1 <nop,nop,ts * 100>",
	"close",
	"> F. 1 ack 1 <nop,nop,ts * 100>",
	"< F. 1 ack 2 <nop,nop,ts 102 @>",
	"> . 2 ack 2 <nop,nop,ts * 102>",
	"state TIME_WAIT",
	"option reuseaddr 1",
	"connect",
	"> S 65539 <mss 1460,sackOK,ts * 102,nop,wscale 7>",
	"state SYN_SENT",
	"count TWRecycled 1",
	"< S 5000 <mss 1460,nop,nop,ts 50 0>",
	"silent",
	"state SYN_SENT",
	"< S. 5000 ack 65540 <mss 1460,nop,nop,ts 103 @>",
	"> . 65540 ack 5001 <nop,nop,ts * 103>",
} },
{ "D-66", "connect() does not take TIME_WAIT over without a timestamp", {
	"option reuseaddr 1",
	"connect",
	"> S 0 <mss 1460,sackOK,ts * 0,nop,wscale 7>",
	"< S. 0 ack 1 <mss 1460>",
	"> . 1 ack 1",
	"close",
	"> F. 1 ack 1",
	"< F. 1 ack 2",
	"> . 2 ack 2",
	"state TIME_WAIT",
	"option reuseaddr 1",
	"connect EADDRNOTAVAIL",
} },
{ }
};
