// SPDX-License-Identifier: GPL-2.0
/* ICMP errors about a handshake (D-39, D-40, D-43, E-33). */
#include "script_tables.h"

#define CONNECT							\
	"connect",						\
	"> S 0 <mss 1460,sackOK,ts * 0,nop,wscale 7>"
/* What an ICMP error makes of a request, and of a connect() */
#define REQUEST_ENDS(what, error)				\
{ "E-33", "of a request: " what, {				\
	REQUEST,						\
	"icmp " error " 0",					\
	"state none",						\
	"count ListenDrops 1",					\
	"silent",						\
	"error 0",						\
} }
#define CONNECT_ENDS(rows, what, error, errno)			\
{ rows, "of a SYN: " what, {					\
	CONNECT,						\
	"icmp " error " 0",					\
	"state none",						\
	"error " errno,						\
	"silent",						\
} }

const struct script icmp_scripts[] = {
REQUEST_ENDS("network unreachable", "3 0"),
REQUEST_ENDS("host unreachable", "3 1"),
REQUEST_ENDS("time exceeded", "11 0"),
REQUEST_ENDS("parameter problem", "12 0"),
{ "E-33", "of a request: port unreachable does nothing", {
	REQUEST,
	"icmp 3 3 0",
	"silent",
	"state SYN_RECV",
	"count ListenDrops 0",
	"< . 1 ack 1",
	"accept",
} },
{ "E-33 D-43", "of a request: another sequence number", {
	REQUEST,
	"icmp 3 1 1",
	"silent",
	"state SYN_RECV",
	"count OutOfWindowIcmps 1",
} },
CONNECT_ENDS("D-39", "network unreachable", "3 0", "ENETUNREACH"),
CONNECT_ENDS("D-39", "host unreachable", "3 1", "EHOSTUNREACH"),
CONNECT_ENDS("D-40", "port unreachable", "3 3", "ECONNREFUSED"),
CONNECT_ENDS("D-40", "protocol unreachable", "3 2", "ENOPROTOOPT"),
CONNECT_ENDS("D-40", "administratively prohibited", "3 13", "EHOSTUNREACH"),
CONNECT_ENDS("D-40", "time exceeded", "11 0", "EHOSTUNREACH"),
CONNECT_ENDS("D-40", "parameter problem", "12 0", "EPROTO"),
{ "D-40", "of a SYN: unreachable, but there is no such code", {
	CONNECT,
	"icmp 3 200 0",
	"silent",
	"state SYN_SENT",
	"error 0",
} },
{ "D-43", "of a SYN: another sequence number", {
	CONNECT,
	"icmp 3 1 5",
	"silent",
	"state SYN_SENT",
	"count OutOfWindowIcmps 1",
} },
{ }
};
