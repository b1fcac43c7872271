// SPDX-License-Identifier: GPL-2.0
/*
 * Path MTU discovery without routers (H-82, RFC 4821): black holes, and probes.
 */
#include "script_tables.h"

#define SYN_OPTIONS	"<mss 1460,nop,nop,sackOK,nop,wscale 7>"

/* A connection that probes from 512 bytes on, and may: by cwnd */
#define PROBING							\
	"net tcp_mtu_probing 2",				\
	"net tcp_timestamps 0",					\
	"net tcp_base_mss 512",					\
	"route initcwnd 20",					\
	"connect",						\
	"> S 0 " SYN_OPTIONS,					\
	"< S. 0 ack 1 <mss 1460>",				\
	"> . 1 ack 1"
/* The first probe, half-way to 1460, and what is behind it */
#define PROBE							\
	"send 4000",						\
	"> . 1 ack 1 len 986",					\
	"skip"
/* Three timeouts of what is too long for the path */
#define BLACK_HOLE						\
	"net tcp_retries1 1",					\
	PASSIVE,						\
	"send 1460",						\
	"> P. 1 ack 1 len 1460",				\
	"+200..235ms > P. 1 ack 1 len 1460",			\
	"+400..460ms > P. 1 ack 1 len 1460"

const struct script mtup_scripts[] = {
{ "H-82 H-12", "a black hole: smaller segments when tcp_retries1 has passed", {
	"net tcp_mtu_probing 1",
	BLACK_HOLE,
	"+800..910ms > . 1 ack 1 len 1024",
	"< . 1 ack 1025",
	"> P. 1025 ack 1 len 436",
	"< . 1 ack 1461",
	"info unacked 0",
	"send 1460",
	"> . 1461 ack 1 len 1024",
	"> P. 2485 ack 1 len 436",
	"< . 1 ack 2921",
	"info unacked 0",
} },
{ "H-82", "and smaller ones again, down to tcp_mtu_probe_floor", {
	"net tcp_mtu_probing 1",
	"net tcp_base_mss 1000",
	"net tcp_mtu_probe_floor 300",
	BLACK_HOLE,
	"+800..910ms > . 1 ack 1 len 1000",
	"+1600..1835ms > . 1 ack 1 len 500",
	"+3200..3610ms > . 1 ack 1 len 300",
	"+6400..7210ms > . 1 ack 1 len 300",
	"< . 1 ack 301",
	"skip",
	"< . 1 ack 1461",
	"info unacked 0",
} },
{ "H-82", "unless tcp_mtu_probing is 0", {
	"net tcp_mtu_probing 0",
	BLACK_HOLE,
	"+800..910ms > P. 1 ack 1 len 1460",
	"< . 1 ack 1461",
	"info unacked 0",
} },
{ "H-82", "any tcp_base_mss", {
	"net tcp_mtu_probing 1",
	"net tcp_base_mss -7",
	BLACK_HOLE,
	"skip",
	"< . 1 ack 1461",
	"info unacked 0",
} },
{ "H-82", "a probe that arrives: segments are as large", {
	PROBING,
	PROBE,
	"< . 1 ack 4001",
	"info unacked 0",
	"count TCPMTUPSuccess 1",
	"count TCPMTUPFail 0",
	"info snd_mss 986",
} },
{ "H-82", "until there is nothing left to try", {
	PROBING,
	PROBE,
	"< . 1 ack 4001",
	"info unacked 0",
	"send 8000",
	"> . 4001 ack 1 len 1223",
	"skip",
	"< . 1 ack 12001",
	"info unacked 0",
	"send 8000",
	"> . 12001 ack 1 len 1341",
	"skip",
	"< . 1 ack 20001",
	"info unacked 0",
	"count TCPMTUPSuccess 3",
} },
{ "H-82", "one that is lost alone is no sign of congestion", {
	PROBING,
	PROBE,
	/* the first one has news: of the window */
	"< . 1 ack 1",
	"< . 1 ack 1",
	"< . 1 ack 1",
	"< . 1 ack 1",
	"+0ms > P. 1 ack 1 len 986",
	/* a super-segment, of two */
	"info retrans 2",
	"info snd_mss 512",
	"count TCPMTUPFail 1",
	"< . 1 ack 4001",
	"info unacked 0",
	"info cwnd 20 or more",
	"count TCPMTUPSuccess 0",
	"count TCPRenoRecovery 0",
} },
{ "H-82", "one that a timeout sends again proves nothing", {
	PROBING,
	PROBE,
	"+200..235ms > . 1 ack 1 len 512",
	"< . 1 ack 4001",
	"info unacked 0",
	"count TCPMTUPSuccess 0",
	"count TCPMTUPFail 0",
} },
{ "H-82", "none while too little waits to follow it", {
	PROBING,
	"send 3000",
	"skip",
	"< . 1 ack 3001",
	"info unacked 0",
	"count TCPMTUPSuccess 0",
} },
{ "H-82", "none while cwnd is small", {
	"net tcp_mtu_probing 2",
	"net tcp_timestamps 0",
	"net tcp_base_mss 512",
	"connect",
	"> S 0 " SYN_OPTIONS,
	"< S. 0 ack 1 <mss 1460>",
	"> . 1 ack 1",
	"send 4000",
	"skip",
	"< . 1 ack 4001",
	"info unacked 0",
	"count TCPMTUPSuccess 0",
} },
{ }
};
