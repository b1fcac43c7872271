// SPDX-License-Identifier: GPL-2.0
/* Selective acknowledgments, both ways (RFC 2018, RFC 2883): H-25, H-26. */
#include <linux/version.h>

#include "script_tables.h"

/* The peer's RTT is long, so that no timer is near. */
#define PASSIVE_SACK						\
	"listen 4",						\
	"< S 0 <mss 1460,nop,nop,sackOK>",			\
	"> S. 0 ack 1 <mss 1460,nop,nop,sackOK>",		\
	"+300ms < . 1 ack 1",					\
	"accept"
/* Four segments in flight */
#define FLIGHT							\
	"option nodelay 1",					\
	"send 100",						\
	"> P. 1 ack 1 len 100",					\
	"send 100",						\
	"> P. 101 ack 1 len 100",				\
	"send 100",						\
	"> P. 201 ack 1 len 100",				\
	"send 100",						\
	"> P. 301 ack 1 len 100"
/*
 * A connection of three seconds' round trip, as the SYN-ACK is answered when it has
 * come for the third time; both sides know that.  There is a gap, and one ACK has told
 * of it.
 */
#define LONG_WAY						\
	"net tcp_comp_sack_delay_ns 100000000",			\
	"net tcp_comp_sack_slack_ns 0",				\
	"listen 4",						\
	"< S 0 <mss 1460,sackOK,ts 100 0>",			\
	"> S. 0 ack 1 <mss 1460,sackOK,ts * 100>",		\
	"> S. 0 ack 1 <mss 1460,sackOK,ts * 100>",		\
	"> S. 0 ack 1 <mss 1460,sackOK,ts * 100>",		\
	"< . 1 ack 1 <nop,nop,ts 101 @first>",			\
	"accept",						\
	"< . 1001 ack 1 len 1000 <nop,nop,ts 102 @first>",	\
	"> . 1 ack 1 <" BLOCK(1001:2001) ">"
#define BLOCK(...)	"nop,nop,ts * 101,nop,nop,sack " #__VA_ARGS__
#define EARLY(seq)	"< . " #seq " ack 1 len 10 <nop,nop,ts 103 @>"
/* Three: what tells of more may wait for 100 ms from here on. */
#define COMPRESSED						\
	LONG_WAY,						\
	EARLY(2001), "> . 1 ack 1 <" BLOCK(1001:2011) ">",	\
	EARLY(2011), "> . 1 ack 1 <" BLOCK(1001:2021) ">"
/* The last segment would be sent again as a probe (H-29). */
#define NO_PROBE	"net tcp_early_retrans 0"

const struct script sack_scripts[] = {
{ "H-25", "blocks of what is ahead of a gap, the newest first", {
	PASSIVE_SACK,
	"< P. 11 ack 1 \"kl\"",
	"> . 1 ack 1 <nop,nop,sack 11:13>",
	"< P. 5 ack 1 \"ef\"",
	"> . 1 ack 1 <nop,nop,sack 5:7,11:13>",
	"< P. 15 ack 1 \"o\"",
	"> . 1 ack 1 <nop,nop,sack 15:16,5:7,11:13>",
	"< P. 7 ack 1 \"gh\"",
	"> . 1 ack 1 <nop,nop,sack 5:9,15:16,11:13>",
	"< P. 1 ack 1 \"abcd\"",
	"> . 1 ack 9 <nop,nop,sack 15:16,11:13>",
	"< P. 9 ack 1 \"ij\"",
	"> . 1 ack 13 <nop,nop,sack 15:16>",
	"< P. 13 ack 1 \"mn\"",
	"> . 1 ack 16",
	"recv \"abcdefghijklmno\"",
} },
{ "H-25", "four blocks, and no more", {
	PASSIVE_SACK,
	"< P. 3 ack 1 \"a\"",
	"> . 1 ack 1 <nop,nop,sack 3:4>",
	"< P. 5 ack 1 \"b\"",
	"> . 1 ack 1 <nop,nop,sack 5:6,3:4>",
	"< P. 7 ack 1 \"c\"",
	"> . 1 ack 1 <nop,nop,sack 7:8,5:6,3:4>",
	"< P. 9 ack 1 \"d\"",
	"> . 1 ack 1 <nop,nop,sack 9:10,7:8,5:6,3:4>",
	"< P. 11 ack 1 \"e\"",
	"> . 1 ack 1 <nop,nop,sack 11:12,9:10,7:8,5:6>",
} },
{ "H-26", "a block of what came twice", {
	PASSIVE_SACK,
	"< P. 1 ack 1 \"abcd\"",
	"> . 1 ack 5",
	"< P. 1 ack 1 \"abcd\"",
	"> . 1 ack 5 <nop,nop,sack 1:5>",
	"< P. 3 ack 1 \"cdef\"",
	"> . 1 ack 7 <nop,nop,sack 3:5>",
} },
{ "H-25 H-56", "three blocks, where timestamps take their room", {
	"listen 4",
	"< S 0 <mss 1460,sackOK,ts 100 0>",
	"> S. 0 ack 1 <mss 1460,sackOK,ts * 100>",
	"+300ms < . 1 ack 1 <nop,nop,ts 101 @>",
	"accept",
	"< P. 3 ack 1 <nop,nop,ts 102 @> \"a\"",
	"> . 1 ack 1 <nop,nop,ts * 101,nop,nop,sack 3:4>",
	"< P. 5 ack 1 <nop,nop,ts 103 @> \"b\"",
	"> . 1 ack 1 <nop,nop,ts * 101,nop,nop,sack 5:6,3:4>",
	"< P. 7 ack 1 <nop,nop,ts 104 @> \"c\"",
	"> . 1 ack 1 <nop,nop,ts * 101,nop,nop,sack 7:8,5:6,3:4>",
	"< P. 9 ack 1 <nop,nop,ts 105 @> \"d\"",
	"> . 1 ack 1 <nop,nop,ts * 101,nop,nop,sack 9:10,7:8,5:6>",
	"< P. 9 ack 1 <nop,nop,ts 106 @> \"d\"",
	"> . 1 ack 1 <nop,nop,ts * 101,nop,nop,sack 9:10,9:10,7:8>",
} },
{ "H-25", "a block that the newest has joined", {
	PASSIVE_SACK,
	"< P. 3 ack 1 \"c\"",
	"> . 1 ack 1 <nop,nop,sack 3:4>",
	"< P. 7 ack 1 \"g\"",
	"> . 1 ack 1 <nop,nop,sack 7:8,3:4>",
	"< P. 5 ack 1 \"e\"",
	"> . 1 ack 1 <nop,nop,sack 5:6,7:8,3:4>",
	"< P. 6 ack 1 \"f\"",
	"> . 1 ack 1 <nop,nop,sack 5:8,3:4>",
	"< P. 4 ack 1 \"d\"",
	"> . 1 ack 1 <nop,nop,sack 3:8>",
	"< P. 1 ack 1 \"ab\"",
	"> . 1 ack 8",
	"recv \"abcdefg\"",
} },
{ "H-25", "sequence numbers that wrap", {
	PASSIVE_SACK,
	"< P. 250 ack 1 \"0123456789\"",
	"> . 1 ack 1 <nop,nop,sack 250:260>",
	"< P. 265 ack 1 \"5\"",
	"> . 1 ack 1 <nop,nop,sack 265:266,250:260>",
	"< P. 240 ack 1 \"0123456789\"",
	"> . 1 ack 1 <nop,nop,sack 240:260,265:266>",
} },
{ "H-25 H-56", "data takes them along, and has less room", {
	PASSIVE_SACK,
	"< P. 3 ack 1 win 1448 \"c\"",
	"> . 1 ack 1 <nop,nop,sack 3:4>",
	/* Room for a whole segment, if the block takes its own from it */
	"send 1460",
	"> . 1 ack 1 len 1448 <nop,nop,sack 3:4>",
	"option? maxseg 1460",
	"< P. 1 ack 1449 \"ab\"",
	"> P. 1449 ack 4 len 12",
} },
{ "H-44 H-56", "sent again in one, where there are fewer blocks than before", {
	NO_PROBE,
	PASSIVE_SACK,
	"< P. 3 ack 1 win 1448 \"c\"",
	"> . 1 ack 1 <nop,nop,sack 3:4>",
	"send 4000",
	"> . 1 ack 1 len 1448 <nop,nop,sack 3:4>",
	"< P. 3 ack 1449 win 1448 \"c\"",
	/* In two, as a super-segment */
	"> P. 1449 ack 1 len 1448 <nop,nop,sack 3:4,3:4>",
	"> . 1449 ack 1 len 1448 <nop,nop,sack 3:4>",
	"count RetransSegs 1",
	"< P. 4 ack 2897 win 0 \"d\"",
	"skip",
} },
{ "H-25 H-75", "a FIN ahead of a gap is in its block", {
	PASSIVE_SACK,
	"< FP. 3 ack 1 \"c\"",
	"> . 1 ack 1 <nop,nop,sack 3:5>",
	"< P. 8 ack 1 \"x\"",
	"> . 1 ack 1 <nop,nop,sack 8:9,3:5>",
	"close",
	"> F. 1 ack 1 <nop,nop,sack 8:9,3:5>",
	"< P. 1 ack 1 \"ab\"",
	"> R 1",
} },
{ "H-25 H-75", "behind a FIN there are no blocks", {
	PASSIVE_SACK,
	"< FP. 3 ack 1 \"c\"",
	"> . 1 ack 1 <nop,nop,sack 3:5>",
	"< P. 8 ack 1 \"x\"",
	"> . 1 ack 1 <nop,nop,sack 8:9,3:5>",
	"< P. 1 ack 1 \"abc\"",
	"> . 1 ack 5",
	"recv \"abc\"",
	"recv eof",
} },
{ "H-25", "a RST takes them along", {
	PASSIVE_SACK,
	"< P. 3 ack 1 \"c\"",
	"> . 1 ack 1 <nop,nop,sack 3:4>",
	"abort",
	"> R. 1 ack 1 <nop,nop,sack 3:4>",
} },
{ "H-25 G-127", "what was thrown away is not told of any more", {
	"option rcvbuf 1",
	PASSIVE_SACK,
	"before 6.12 < P. 50 ack 1 \"5\"",
	"before 6.12 > . 1 ack 1 <nop,nop,sack 50:51>",
	"before 6.12 < P. 40 ack 1 \"4\"",
	"before 6.12 > . 1 ack 1 <nop,nop,sack 40:41,50:51>",
	"before 6.12 < P. 30 ack 1 \"3\"",
	"before 6.12 > . 1 ack 1 <nop,nop,sack 30:31,40:41,50:51>",
	"before 6.12 < P. 20 ack 1 \"2\"",
	"before 6.12 > . 1 ack 1 <nop,nop,sack 20:21,30:31,40:41,50:51>",
	"before 6.12 < P. 10 ack 1 \"1\"",
	"before 6.12 > . 1 ack 1 <nop,nop,sack 10:11>",
	"before 6.12 count OfoPruned 1",
} },
{ "G-127 H-26", "what waits is copied together, so that nothing is thrown away", {
	"option rcvbuf 3000",
	PASSIVE_SACK,
	"< P. 1 ack 1 len 1", "skip",
	"< P. 2 ack 1 len 1448", "skip",
	"< P. 1450 ack 1 len 500", "skip",
	"< P. 1950 ack 1 len 536", "skip",
	"< P. 2486 ack 1 len 10", "skip",
	"option quickack 1", "skip",
	"before 6.12 < . 2506 ack 1 len 1",
	"before 6.12 > . 1 ack 2496 <nop,nop,sack 2506:2507>",
	"before 6.12 < . 2496 ack 1 len 536",
	"before 6.12 > . 1 ack 3032 <nop,nop,sack 2506:2507>",
	"before 6.12 count PruneCalled 1",
	"before 6.12 count OfoPruned 0",
	"before 6.12 recv 3031",
	"skip",
} },
{ "H-26 J-58", "early data that came twice", {
	PASSIVE_SACK,
	"< P. 5 ack 1 \"efgh\"",
	"> . 1 ack 1 <nop,nop,sack 5:9>",
	"< P. 6 ack 1 \"fg\"",
	"> . 1 ack 1 <nop,nop,sack 6:8,5:9>",
	"count TCPDSACKOfoSent 1",
	"count TCPDSACKOldSent 0",
	"count TCPOFOMerge 1",
	/* Told once */
	"send 1",
	"> P. 1 ack 1 len 1 <nop,nop,sack 5:9>",
} },
{ "H-26", "early data that came in part", {
	PASSIVE_SACK,
	"< P. 5 ack 1 \"efgh\"",
	"> . 1 ack 1 <nop,nop,sack 5:9>",
	"< P. 7 ack 1 \"ghij\"",
	"> . 1 ack 1 <nop,nop,sack 7:9,5:11>",
	"< P. 3 ack 1 \"cdef\"",
	"> . 1 ack 1 <nop,nop,sack 5:7,3:11>",
	"count TCPDSACKOfoSent 2",
	"< P. 1 ack 1 \"ab\"",
	"> . 1 ack 11",
	"recv \"abcdefghij\"",
} },
{ "H-26", "early data that comes with more on both sides", {
	PASSIVE_SACK,
	"< P. 5 ack 1 \"e\"",
	"> . 1 ack 1 <nop,nop,sack 5:6>",
	"< P. 8 ack 1 \"h\"",
	"> . 1 ack 1 <nop,nop,sack 8:9,5:6>",
	"< P. 4 ack 1 \"defghi\"",
	"> . 1 ack 1 <nop,nop,sack 5:6,4:10>",
	"count TCPOFOMerge 2",
	"< P. 4 ack 1 \"defghijk\"",
	"> . 1 ack 1 <nop,nop,sack 4:10,4:12>",
	"count TCPOFOMerge 3",
	"count TCPDSACKOfoSent 2",
	"< P. 1 ack 1 \"abc\"",
	"> . 1 ack 12",
	"recv \"abcdefghijk\"",
} },
{ "H-26", "data in order, over what came early", {
	PASSIVE_SACK,
	"< P. 3 ack 1 \"cd\"",
	"> . 1 ack 1 <nop,nop,sack 3:5>",
	"< P. 7 ack 1 \"gh\"",
	"> . 1 ack 1 <nop,nop,sack 7:9,3:5>",
	"< P. 1 ack 1 \"abcdefghij\"",
	"> . 1 ack 11 <nop,nop,sack 3:5>",
	"count TCPDSACKOldSent 1",
	"recv \"abcdefghij\"",
} },
{ "H-26", "data in order that ends within what came early", {
	PASSIVE_SACK,
	"< P. 3 ack 1 \"cdef\"",
	"> . 1 ack 1 <nop,nop,sack 3:7>",
	"< P. 9 ack 1 \"i\"",
	"> . 1 ack 1 <nop,nop,sack 9:10,3:7>",
	"< P. 1 ack 1 \"abcd\"",
	"> . 1 ack 7 <nop,nop,sack 3:5,9:10>",
	"< P. 5 ack 1 \"efgh\"",
	"> . 1 ack 10 <nop,nop,sack 5:7>",
	"recv \"abcdefghi\"",
} },
{ "H-26 E-43 H-80", "old data, and a byte before the window", {
	PASSIVE_SACK,
	"< P. 1 ack 1 \"abcd\"",
	"> . 1 ack 5",
	"< P. 4 ack 1 \"d\"",
	"> . 1 ack 5 <nop,nop,sack 4:5>",
	"< P. -9 ack 1 \"xy\"",
	"> . 1 ack 5 <nop,nop,sack -9:-7>",
	"< . 4 ack 1",
	"> . 1 ack 5",
	"count TCPDSACKOldSent 2",
	"count DelayedACKLost 2",
} },
{ "H-26 J-27", "none without tcp_dsack", {
	"net tcp_dsack 0",
	PASSIVE_SACK,
	"< P. 5 ack 1 \"efgh\"",
	"> . 1 ack 1 <nop,nop,sack 5:9>",
	"< P. 6 ack 1 \"fg\"",
	"> . 1 ack 1 <nop,nop,sack 5:9>",
	"< P. 1 ack 1 \"abcd\"",
	"> . 1 ack 9",
	"< P. 1 ack 1 \"abcd\"",
	"> . 1 ack 9",
	"count TCPDSACKOfoSent 0",
	"count TCPDSACKOldSent 0",
} },
{ "H-17 H-26", "repeated twice from the same byte: another path", {
	PASSIVE_SACK,
	"< P. 1 ack 1 \"abcd\"",
	"> . 1 ack 5",
	"< P. 1 ack 1 \"abcd\"",
	"> . 1 ack 5 <nop,nop,sack 1:5>",
	"count TcpDuplicateDataRehash 0",
	"< P. 1 ack 1 \"abcd\"",
	"> . 1 ack 5 <nop,nop,sack 1:5>",
	"count TcpDuplicateDataRehash 1",
}, .not_tcp = "tries another path by other rules", .not_since = KERNEL_VERSION(6, 12, 0) },
{ "H-65 J-44", "none of them waits without tcp_comp_sack_nr", {
	"net tcp_comp_sack_nr 0",
	COMPRESSED,
	EARLY(2021), "+0ms > . 1 ack 1 <" BLOCK(1001:2031) ">",
	EARLY(2031), "+0ms > . 1 ack 1 <" BLOCK(1001:2041) ">",
	"count TCPAckCompressed 0",
} },
{ "H-65", "of one gap three go at once, then one for all that follow", {
	COMPRESSED,
	EARLY(2021),
	"+10ms " EARLY(2031),
	"+10ms " EARLY(2041),
	"+79..83ms > . 1 ack 1 <" BLOCK(1001:2051) ">",
	"count TCPAckCompressed 2",
} },
{ "H-65 J-44", "for so many as tcp_comp_sack_nr says", {
	"net tcp_comp_sack_nr 2",
	COMPRESSED,
	EARLY(2021), EARLY(2031), EARLY(2041),
	"+0ms > . 1 ack 1 <" BLOCK(1001:2051) ">",
	"count TCPAckCompressed 2",
} },
{ "H-65", "or sooner, before a third block comes", {
	COMPRESSED,
	EARLY(2101), EARLY(2201),
	"+0ms > . 1 ack 1 <" BLOCK(2101:2111,1001:2021) ">",
	EARLY(2301),
	"+100ms > . 1 ack 1 <" BLOCK(2301:2311,2201:2211,2101:2111) ">",
	"count TCPAckCompressed 0",
} },
{ "H-65", "data of ours takes it along", {
	COMPRESSED,
	EARLY(2021), EARLY(2031),
	"send 1",
	"+0ms > P. 1 ack 1 len 1 <" BLOCK(1001:2041) ">",
	"count TCPAckCompressed 2",
	"silent",
} },
{ "H-65", "of the next gap three go at once again", {
	COMPRESSED,
	EARLY(2021),
	"< . 1 ack 1 len 10 <nop,nop,ts 104 @>",
	"+0ms > . 1 ack 11 <nop,nop,ts * 104,nop,nop,sack 1001:2031>",
	"option quickack 0",
	"< . 2031 ack 1 len 10 <nop,nop,ts 105 @>",
	"+0ms > . 1 ack 11 <nop,nop,ts * 104,nop,nop,sack 1001:2041>",
	"count TCPAckCompressed 1",
} },
{ "H-25 H-23", "three blocks above a gap: what it lacks is sent again", {
	NO_PROBE,
	PASSIVE_SACK,
	FLIGHT,
	"< . 1 ack 1 <nop,nop,sack 101:201>",
	"< . 1 ack 1 <nop,nop,sack 101:301>",
	"< . 1 ack 1 <nop,nop,sack 101:401>",
	"> P. 1 ack 1 len 100",
	"count TCPSackRecovery 1",
	"info ca_state 3",
	"info sacked 3",
	"< . 1 ack 401",
	"info unacked 0",
	"info ca_state 0",
	"count RetransSegs 1",
} },
{ "H-08", "what is sent again echoes the ACK that told of it", {
	NO_PROBE,
	"listen 4",
	"< S 0 <mss 1460,sackOK,ts 100 0>",
	"> S. 0 ack 1 <mss 1460,sackOK,ts * 100>",
	"+300ms < . 1 ack 1 <nop,nop,ts 101 @>",
	"accept",
	"option nodelay 1",
	"send 100",
	"> P. 1 ack 1 len 100 <nop,nop,ts * 101>",
	"send 100",
	"> P. 101 ack 1 len 100 <nop,nop,ts * 101>",
	"send 100",
	"> P. 201 ack 1 len 100 <nop,nop,ts * 101>",
	"send 100",
	"> P. 301 ack 1 len 100 <nop,nop,ts * 101>",
	"< . 1 ack 1 <nop,nop,ts 102 @,nop,nop,sack 101:401>",
	"> P. 1 ack 1 len 100 <nop,nop,ts * 102>",
	"< . 1 ack 401 <nop,nop,ts 103 @>",
	"info unacked 0",
} },
{ "H-25", "one block that says as much", {
	NO_PROBE,
	PASSIVE_SACK,
	FLIGHT,
	"< . 1 ack 1 <nop,nop,sack 101:401>",
	"> P. 1 ack 1 len 100",
	"count TCPSackRecovery 1",
	"< . 1 ack 401",
	"info unacked 0",
} },
{ "H-25 J-58", "blocks of what was never sent count for nothing", {
	NO_PROBE,
	PASSIVE_SACK,
	FLIGHT,
	"< . 1 ack 1 <nop,nop,sack 1001:1101>",
	"< . 1 ack 1 <nop,nop,sack 101:1101>",
	"count TCPSACKDiscard 2",
	"info sacked 0",
	"silent",
	"< . 1 ack 401",
	"info unacked 0",
} },
{ "E-20 H-25", "blocks on a connection that did not agree on them", {
	"listen 4",
	"< S 0 <mss 1460>",
	"> S. 0 ack 1 <mss 1460>",
	"+300ms < . 1 ack 1",
	"accept",
	FLIGHT,
	"< . 1 ack 1 <nop,nop,sack 101:401>",
	"silent",
	"< . 1 ack 401 <nop,nop,sack 101:401>",
	"info unacked 0",
	"count RetransSegs 0",
	"count TCPSackRecovery 0",
} },
{ }
};
