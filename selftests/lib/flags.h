/* SPDX-License-Identifier: GPL-2.0 */
/* The bits of a TCP header (RFC 9293 3.1) as tests write them */
#ifndef XTCP_FLAGS_H
#define XTCP_FLAGS_H

#define FIN	0x01
#define SYN	0x02
#define RST	0x04
#define PSH	0x08
#define ACK	0x10
#define URG	0x20
#define ECE	0x40
#define CWR	0x80

#endif /* XTCP_FLAGS_H */
