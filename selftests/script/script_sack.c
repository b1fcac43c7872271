// SPDX-License-Identifier: GPL-2.0
/* Selective acknowledgments, both ways (RFC 2018, RFC 2883): H-25, H-26. */
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
}, .lacks = "SACK" },
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
}, .lacks = "SACK" },
{ "H-26", "a block of what came twice", {
	PASSIVE_SACK,
	"< P. 1 ack 1 \"abcd\"",
	"> . 1 ack 5",
	"< P. 1 ack 1 \"abcd\"",
	"> . 1 ack 5 <nop,nop,sack 1:5>",
	"< P. 3 ack 1 \"cdef\"",
	"> . 1 ack 7 <nop,nop,sack 3:5>",
}, .lacks = "SACK" },
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
}, .lacks = "SACK" },
{ "H-25", "one block that says as much", {
	NO_PROBE,
	PASSIVE_SACK,
	FLIGHT,
	"< . 1 ack 1 <nop,nop,sack 101:401>",
	"> P. 1 ack 1 len 100",
	"count TCPSackRecovery 1",
	"< . 1 ack 401",
	"info unacked 0",
}, .lacks = "SACK" },
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
}, .lacks = "SACK" },
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
