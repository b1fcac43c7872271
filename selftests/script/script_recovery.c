// SPDX-License-Identifier: GPL-2.0
/*
 * What is lost, how that is found out, and what it does to the window: RFC 8985,
 * RFC 6675, RFC 6582, RFC 5682, RFC 3522, RFC 6937.
 */
#include "script_tables.h"

/*
 * A round trip of 300 ms, with SACK and without.  Segments are full ones, so that TCP
 * does not put them together when it sends them again (H-43).
 */
#define LONG_SACK						\
	"listen 4",						\
	"< S 0 <mss 100,nop,nop,sackOK>",			\
	"> S. 0 ack 1 <mss 1460,nop,nop,sackOK>",		\
	"+300ms < . 1 ack 1",					\
	"accept",						\
	"option nodelay 1"
#define LONG_PLAIN						\
	"listen 4",						\
	"< S 0 <mss 100>",					\
	"> S. 0 ack 1 <mss 1460>",				\
	"+300ms < . 1 ack 1",					\
	"accept",						\
	"option nodelay 1"
#define LONG_TS							\
	"listen 4",						\
	"< S 0 <mss 112,sackOK,ts 100 0>",			\
	"> S. 0 ack 1 <mss 1460,sackOK,ts * 100>",		\
	"+300ms < . 1 ack 1 <nop,nop,ts 400 @>",		\
	"accept",						\
	"option nodelay 1"
#define SEND(from)						\
	"send 100",						\
	"> P. " #from " ack 1 len 100"
#define FOUR							\
	"send 100", "> P. 1 ack 1 len 100", \
	"send 100", "> P. 101 ack 1 len 100", \
	"send 100", "> P. 201 ack 1 len 100", \
	"send 100", "> P. 301 ack 1 len 100"
#define FOUR_TS							\
	"send 100", "> P. 1 ack 1 len 100 <*>", \
	"send 100", "> P. 101 ack 1 len 100 <*>", \
	"send 100", "> P. 201 ack 1 len 100 <*>", \
	"send 100", "> P. 301 ack 1 len 100 <*>"
#define SIX							\
	"send 100", "> P. 1 ack 1 len 100", \
	"send 100", "> P. 101 ack 1 len 100", \
	"send 100", "> P. 201 ack 1 len 100", \
	"send 100", "> P. 301 ack 1 len 100", \
	"send 100", "> P. 401 ack 1 len 100", \
	"send 100", "> P. 501 ack 1 len 100"
#define TEN							\
	"send 100", "> P. 1 ack 1 len 100", \
	"send 100", "> P. 101 ack 1 len 100", \
	"send 100", "> P. 201 ack 1 len 100", \
	"send 100", "> P. 301 ack 1 len 100", \
	"send 100", "> P. 401 ack 1 len 100", \
	"send 100", "> P. 501 ack 1 len 100", \
	"send 100", "> P. 601 ack 1 len 100", \
	"send 100", "> P. 701 ack 1 len 100", \
	"send 100", "> P. 801 ack 1 len 100", \
	"send 100", "> P. 901 ack 1 len 100"
#define TEN_TS							\
	FOUR_TS,						\
	"send 100", "> P. 401 ack 1 len 100 <*>", \
	"send 100", "> P. 501 ack 1 len 100 <*>", \
	"send 100", "> P. 601 ack 1 len 100 <*>", \
	"send 100", "> P. 701 ack 1 len 100 <*>", \
	"send 100", "> P. 801 ack 1 len 100 <*>", \
	"send 100", "> P. 901 ack 1 len 100 <*>"
/* The last segment is not sent again as a probe. */
#define NO_PROBE	"net tcp_early_retrans 0"
#define RENO		"net tcp_congestion_control reno"

const struct script recovery_scripts[] = {
{ "H-29", "a probe of the tail after two round trips", {
	LONG_SACK,
	FOUR,
	"+600..690ms > P. 301 ack 1 len 100",
	"count TCPLossProbes 1",
	"info ca_state 0",
	"< . 1 ack 401 <nop,nop,sack 301:401>",
	"info dsack_dups 1",
	SEND(401),
	"< . 1 ack 501",
	"count TCPLossProbeRecovery 0",
	"info cwnd 10",
} },
{ "H-29", "and later, where its ACK may be delayed", {
	LONG_SACK,
	SEND(1),
	"+800..920ms > P. 1 ack 1 len 100",
	"count TCPLossProbes 1",
	"count TCPTimeouts 0",
	"< . 1 ack 101",
	"info unacked 0",
} },
{ "H-29 H-31", "a probe that repaired a loss reduces the window", {
	LONG_SACK,
	FOUR,
	"+600..690ms > P. 301 ack 1 len 100",
	"< . 1 ack 401",
	"info ca_state 0",
	SEND(401),
	"< . 1 ack 501",
	"count TCPLossProbeRecovery 1",
} },
{ "H-29", "none without SACK", {
	LONG_PLAIN,
	FOUR,
	"+880..1030ms > P. 1 ack 1 len 100",
	"count TCPLossProbes 0",
	"count TCPTimeouts 1",
	"< . 1 ack 401",
	"info unacked 0",
} },
{ "H-29", "none if tcp_early_retrans is 0", {
	NO_PROBE,
	LONG_SACK,
	FOUR,
	"+880..1030ms > P. 1 ack 1 len 100",
	"count TCPLossProbes 0",
	"count TCPTimeouts 1",
	"< . 1 ack 401",
	"info unacked 0",
} },
{ "H-28", "one is late by a quarter of a round trip", {
	NO_PROBE,
	LONG_SACK,
	FOUR,
	"+300ms < . 1 ack 1 <nop,nop,sack 101:201>",
	"info ca_state 1",
	"+70..120ms > P. 1 ack 1 len 100",
	"info ca_state 3",
	"count TCPSackRecovery 1",
	"count TCPTimeouts 0",
	"< . 1 ack 401",
	"info ca_state 0",
} },
{ "H-28", "what was sent again is lost again", {
	NO_PROBE,
	LONG_SACK,
	SIX,
	"+300ms < . 1 ack 1 <nop,nop,sack 101:401>",
	"> P. 1 ack 1 len 100",
	/* Sent after it, and there */
	SEND(601),
	"+300ms < . 1 ack 1 <nop,nop,sack 101:701>",
	"> P. 1 ack 1 len 100",
	"count TCPLostRetransmit 1",
	"count TCPFastRetrans 2",
	"count TCPTimeouts 0",
	"< . 1 ack 701",
	"info ca_state 0",
	"info unacked 0",
} },
{ "H-30", "by number alone where RACK is off", {
	"net tcp_recovery 0",
	NO_PROBE,
	LONG_SACK,
	SIX,
	"+300ms < . 1 ack 1 <nop,nop,sack 201:401>",
	"silent",
	"info ca_state 1",
	"< . 1 ack 1 <nop,nop,sack 201:501>",
	"> P. 1 ack 1 len 100",
	"info ca_state 3",
	"< . 1 ack 1 <nop,nop,sack 201:601>",
	"> P. 101 ack 1 len 100",
	"< . 1 ack 601",
	"info ca_state 0",
} },
{ "H-24 H-23", "the third duplicate has the head sent again, however much is out", {
	NO_PROBE,
	RENO,
	LONG_PLAIN,
	TEN,
	"+300ms < . 1 ack 1",
	"< . 1 ack 1",
	"silent",
	"< . 1 ack 1",
	"> P. 1 ack 1 len 100",
	"count TCPRenoRecovery 1",
	"info ca_state 3",
	"info ssthresh 5",
	"< . 1 ack 1001",
	"info unacked 0",
} },
{ "H-24", "a partial ACK tells of the next hole (RFC 6582)", {
	NO_PROBE,
	RENO,
	LONG_PLAIN,
	SIX,
	"+300ms < . 1 ack 1",
	"< . 1 ack 1",
	"< . 1 ack 1",
	"> P. 1 ack 1 len 100",
	"+300ms < . 1 ack 301",
	"> P. 301 ack 1 len 100",
	"info ca_state 3",
	/* All that was out when it began: it goes on until more is acknowledged. */
	"+300ms < . 1 ack 601",
	"info ca_state 3",
	"info unacked 0",
	SEND(601),
	"< . 1 ack 701",
	"info ca_state 0",
	"count TCPFastRetrans 2",
} },
{ "H-32", "a duplicate lets new data leave (RFC 3042)", {
	NO_PROBE,
	LONG_SACK,
	TEN,
	"send 100",
	"send 100",
	"silent",
	"+300ms < . 1 ack 1 <nop,nop,sack 101:201>",
	"> . 1001 ack 1 len 100",
	"< . 1 ack 1 <nop,nop,sack 101:301>",
	"> P. 1101 ack 1 len 100",
	"< . 1 ack 1201",
	"info unacked 0",
} },
{ "H-35", "the echo is older than what was sent again: nothing was lost (RFC 3522)", {
	NO_PROBE,
	LONG_TS,
	FOUR_TS,
	"+300ms < . 1 ack 1 <nop,nop,ts 700 @,nop,nop,sack 101:401>",
	"> P. 1 ack 1 len 100 <*>",
	"info ca_state 3",
	"< . 1 ack 401 <nop,nop,ts 701 @first>",
	"info ca_state 0",
	"info cwnd 10 or more",
	"count TCPFullUndo 1",
} },
{ "H-35 H-26", "what was sent again came twice: nothing was lost", {
	NO_PROBE,
	LONG_SACK,
	FOUR,
	"+300ms < . 1 ack 1 <nop,nop,sack 101:401>",
	"> P. 1 ack 1 len 100",
	"info ca_state 3",
	"< . 1 ack 401 <nop,nop,sack 1:101>",
	"info ca_state 0",
	"info cwnd 10 or more",
	"info dsack_dups 1",
	"count TCPFullUndo 1",
	"count TCPDSACKRecv 1",
} },
{ "H-26", "a D-SACK of what was never sent again is none", {
	NO_PROBE,
	LONG_SACK,
	FOUR,
	"< . 1 ack 401 <nop,nop,sack 1:101>",
	"info unacked 0",
	"count TCPDSACKRecv 1",
	"count TCPDSACKIgnoredDubious 1",
	"count TCPDSACKRecvSegs 0",
	"info dsack_dups 1",
} },
{ "H-33 H-34", "after a timeout new data first, and the timeout was needless (RFC 5682)", {
	NO_PROBE,
	"listen 4",
	"< S 0 <mss 100,nop,nop,sackOK>",
	"> S. 0 ack 1 <mss 1460,nop,nop,sackOK>",
	"+300ms < . 1 ack 1 win 200",
	"accept",
	"option nodelay 1",
	SEND(1),
	SEND(101),
	"send 200",
	"+880..1030ms > P. 1 ack 1 len 100",
	"info ca_state 4",
	"info cwnd 1",
	"< . 1 ack 101 win 200",
	"> . 201 ack 1 len 100",
	"< . 1 ack 201 win 200",
	"> P. 301 ack 1 len 100",
	"count TCPSpuriousRTOs 1",
	"info ca_state 0",
	"info cwnd 10 or more",
	"< . 1 ack 401",
	"info unacked 0",
} },
{ "H-33", "or not: what was out is sent again, from a window of one", {
	NO_PROBE,
	LONG_SACK,
	FOUR,
	"+880..1030ms > P. 1 ack 1 len 100",
	"info cwnd 1",
	"info lost 4",
	"< . 1 ack 101",
	"> P. 101 ack 1 len 100",
	"> P. 201 ack 1 len 100",
	"info cwnd 2",
	"< . 1 ack 401",
	"info ca_state 0",
	"count TCPSlowStartRetrans 2",
} },
{ "H-27", "a peer that forgets what it SACKed", {
	NO_PROBE,
	LONG_SACK,
	FOUR,
	"+300ms < . 1 ack 1 <nop,nop,sack 101:401>",
	"> P. 1 ack 1 len 100",
	"< . 1 ack 101",
	"count TCPSACKReneging 1",
	"info ca_state 4",
	"count RetransSegs 2",
	"skip",
	"info sacked 0",
	"< . 1 ack 401",
	"info unacked 0",
} },
{ "H-31", "in recovery the window follows what arrives (RFC 6937)", {
	NO_PROBE,
	RENO,
	LONG_SACK,
	TEN,
	"send 100",
	"send 100",
	"send 100",
	"+300ms < . 1 ack 1 <nop,nop,sack 101:401>",
	"> P. 1 ack 1 len 100",
	"info ssthresh 5",
	"> . 1001 ack 1 len 100",
	"info ca_state 3",
	"< . 1 ack 1 <nop,nop,sack 101:501>",
	"silent",
	"< . 1 ack 1 <nop,nop,sack 101:601>",
	"> . 1101 ack 1 len 100",
	"< . 1 ack 1201",
	"> P. 1201 ack 1 len 100",
	"info cwnd 6",
	"info ca_state 0",
	"< . 1 ack 1301",
} },
{ "H-23 H-28", "reordering that was seen has more patience", {
	NO_PROBE,
	LONG_SACK,
	SIX,
	"+300ms < . 1 ack 1 <nop,nop,sack 501:601>",
	"< . 1 ack 601",
	"info unacked 0",
	"count TCPSACKReorder 1",
	"info reordering 6",
	"info ca_state 0",
} },
{ "H-43", "small segments are sent again in one", {
	NO_PROBE,
	"listen 4",
	"< S 0 <mss 1000>",
	"> S. 0 ack 1 <mss 1460>",
	"+300ms < . 1 ack 1",
	"accept",
	"option nodelay 1",
	FOUR,
	"+880..1030ms > P. 1 ack 1 len 400",
	"count RetransSegs 1",
	"info unacked 1",
	"< . 1 ack 401",
	"info unacked 0",
} },
{ "H-43", "or one by one if tcp_retrans_collapse is 0", {
	"net tcp_retrans_collapse 0",
	NO_PROBE,
	"listen 4",
	"< S 0 <mss 1000>",
	"> S. 0 ack 1 <mss 1460>",
	"+300ms < . 1 ack 1",
	"accept",
	"option nodelay 1",
	FOUR,
	"+880..1030ms > P. 1 ack 1 len 100",
	"info unacked 4",
	"< . 1 ack 401",
} },
{ "H-28", "what came twice widens the window by a quarter of a round trip", {
	NO_PROBE,
	LONG_SACK,
	FOUR,
	"+300ms < . 1 ack 1 <nop,nop,sack 301:401>",
	"< . 1 ack 401",
	"count TCPSACKReorder 1",
	SEND(401), SEND(501), SEND(601), SEND(701),
	"+300ms < . 1 ack 401 <nop,nop,sack 501:801>",
	"+70..120ms > P. 401 ack 1 len 100",
	"< . 1 ack 801 <nop,nop,sack 401:501>",
	SEND(801), SEND(901), SEND(1001), SEND(1101),
	"+300ms < . 1 ack 801 <nop,nop,sack 901:1201>",
	"+140..200ms > P. 801 ack 1 len 100",
	"< . 1 ack 1201",
	"info ca_state 0",
} },
{ "H-28", "before any reordering was seen it does not", {
	NO_PROBE,
	LONG_SACK,
	FOUR,
	"+300ms < . 1 ack 1 <nop,nop,sack 101:401>",
	"> P. 1 ack 1 len 100",
	"< . 1 ack 401 <nop,nop,sack 1:101>",
	"count TCPFullUndo 1",
	SEND(401), SEND(501), SEND(601), SEND(701),
	"+300ms < . 1 ack 401 <nop,nop,sack 701:801>",
	"< . 1 ack 801",
	"count TCPSACKReorder 1",
	SEND(801), SEND(901), SEND(1001), SEND(1101),
	"+300ms < . 1 ack 801 <nop,nop,sack 901:1201>",
	"+70..120ms > P. 801 ack 1 len 100",
	"count TCPSackRecovery 2",
	"< . 1 ack 1201",
	"info ca_state 0",
} },
{ "H-28 H-35", "what was not sent again before an undo is not late any more", {
	NO_PROBE,
	LONG_TS,
	TEN_TS,
	"+300ms < . 1 ack 1 <nop,nop,ts 700 @,nop,nop,sack 701:1001>",
	"> P. 1 ack 1 len 100 <*>",
	"> P. 101 ack 1 len 100 <*>",
	"> P. 201 ack 1 len 100 <*>",
	"info lost 7",
	"< . 1 ack 301 <nop,nop,ts 701 @first,nop,nop,sack 701:1001>",
	"count TCPPartialUndo 1",
	"info ca_state 1",
	"info lost 0",
	"+200ms < . 1 ack 401 <nop,nop,ts 702 @first,nop,nop,sack 701:1001>",
	"silent",
	"+100ms < . 1 ack 1001 <nop,nop,ts 703 @first>",
	"count RetransSegs 3",
	"count TCPSackRecovery 1",
} },
{ "H-35 H-55", "the pace let nothing be sent again, and so nothing was lost", {
	"net tcp_min_tso_segs 1",
	NO_PROBE,
	LONG_TS,
	TEN_TS,
	"+300ms < . 1 ack 1001 <nop,nop,ts 700 @>",
	"option maxrate 1000",
	"send 100", "> P. 1001 ack 1 len 100 <*>",
	"send 100", "+40..110ms > P. 1101 ack 1 len 100 <*>",
	"send 100", "+40..110ms > P. 1201 ack 1 len 100 <*>",
	"send 100", "+40..110ms > P. 1301 ack 1 len 100 <*>",
	"< . 1 ack 1001 <nop,nop,ts 1001 @,nop,nop,sack 1101:1401>",
	"info ca_state 3",
	"info lost 1",
	"< . 1 ack 1401 <nop,nop,ts 1002 @>",
	"info ca_state 0",
	"count TCPFullUndo 1",
	"count RetransSegs 0",
} },
{ "H-35 H-41", "a timeout while the only copy has not left begins with that", {
	NO_PROBE,
	LONG_TS,
	"qdisc hold",
	"send 100",
	"count TCPSpuriousRtxHostQueues 1",
	"qdisc free",
	"> P. 1 ack 1 len 100 <*>",
	"< . 1 ack 101 <nop,nop,ts 900 @>",
	"info unacked 0",
	"count TCPLossUndo 0",
	"skip",
} },
{ "H-26", "what an ACK that was overtaken tells of does not count as delivered", {
	NO_PROBE,
	LONG_SACK,
	FOUR,
	"+300ms < . 1 ack 101 <nop,nop,sack 301:401>",
	"info sacked 1",
	"< . 1 ack 1 <nop,nop,sack 201:401>",
	"info sacked 2",
	"< . 1 ack 401",
	"count TCPDelivered 3",
	"info unacked 0",
} },
{ "G-120", "delivered: the SYN-ACK, and what was acknowledged", {
	NO_PROBE,
	LONG_SACK,
	"info delivered 1",
	SEND(1),
	SEND(101),
	"+300ms < . 1 ack 201",
	"info delivered 3",
} },
{ "H-23", "reordering that an ACK tells of twice counts once", {
	NO_PROBE,
	LONG_SACK,
	TEN,
	"+300ms < . 1 ack 1 <nop,nop,sack 401:701>",
	"> P. 1 ack 1 len 100",
	"> P. 101 ack 1 len 100",
	"> P. 201 ack 1 len 100",
	"count TCPSACKReorder 0",
	"< . 1 ack 101 <nop,nop,sack 301:701>",
	"count TCPSACKReorder 1",
	"< . 1 ack 1001",
	"info ca_state 0",
} },
{ }
};
