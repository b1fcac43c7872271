/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A peer made of single segments.  It owns the address RAW_IP, which is local
 * but has no sockets: what a socket at SOCKET_IP sends there is seen on the
 * device, and dropped on its way in, so that nobody answers but the test.
 */
#ifndef XTCP_RAWPEER_H
#define XTCP_RAWPEER_H

#include "flags.h"
#include "xtcp_test.h"

#define SOCKET_IP	"10.9.9.1"
#define RAW_IP		"10.9.9.2"

struct segment {
	unsigned int sport, dport;
	__u32 seq, ack;
	unsigned int flags;
	unsigned int window;
	unsigned int urgent;
	unsigned char options[40];
	unsigned int option_len;
	unsigned char data[16384];
	unsigned int len;
	unsigned int tos, ttl;
	unsigned int reserved;	/* four bits beside the header's length */
	const char *to;		/* sent: another address than SOCKET_IP */
	bool good;		/* received: both checksums are right */
	long long when;		/* the same: it left, in ns of CLOCK_REALTIME */
};

struct raw {
	int fd;
	int ifindex;
	unsigned int port;	/* of the peer: raw_recv() shows no other's */
};

/* A new namespace with both addresses and the filter */
int raw_netns(void);
/* The packet socket of one peer */
int raw_open(struct raw *raw);
/*
 * The kernel notes when a segment leaves a moment after the first is asked for
 * it; before, segments have the time at which they are read.
 */
bool raw_has_times(struct raw *raw);
/* Send @s from RAW_IP to SOCKET_IP, or whatever @s names. */
int raw_send(struct raw *raw, const struct segment *s);
/* Send an ICMP error about a segment with sequence number @seq from @port. */
int raw_send_icmp(struct raw *raw, int type, int code, unsigned int port,
		  __u32 seq);
/* Send any bytes at all as an IPv4 packet. */
int raw_send_bytes(struct raw *raw, const void *buf, size_t len);
/* Build the packet of @s, to be damaged before it is sent; its length. */
size_t raw_build(const struct segment *s, unsigned char *buf);
void raw_fix_ip_checksum(unsigned char *ip);
void raw_fix_tcp_checksum(unsigned char *ip, size_t len);
/* The next segment from SOCKET_IP to RAW_IP; -1 when none came within @ms. */
int raw_recv(struct raw *raw, struct segment *s, int ms);

#endif /* XTCP_RAWPEER_H */
