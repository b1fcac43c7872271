/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A peer made of single segments, behind a device of its own: a tun device, which is
 * a wire where the socket is XTCP's.  A segment has been dealt with when it was
 * written, so what that took is what it costs.
 */
#ifndef XTCP_BENCH_RAW_H
#define XTCP_BENCH_RAW_H

#include <stdint.h>

#define FIN	0x01
#define SYN	0x02
#define RST	0x04
#define PSH	0x08
#define ACK	0x10

#define RAW_ISN	1000000u

/**
 * struct raw_peer - the peer, and the socket that it talks to
 * @fam: FAM_TCP or FAM_XTCP
 * @tun: its device
 * @host: address of the socket
 * @addr: its own
 * @port: its own
 * @fd: the socket
 * @seq: what it sends next
 * @una: what it has acknowledged
 * @end: end of all that the socket has sent
 * @segments: of the socket that were read
 */
struct raw_peer {
	int fam;
	int tun;
	uint32_t host, addr;
	uint16_t port;
	int fd;
	uint32_t seq, una, end;
	long segments;
};

/**
 * struct raw_segment - one of the peer's
 * @flags: RST and so on; an ACK has @ack
 * @seq: sequence number
 * @ack: acknowledgment number
 * @window: as it stands in the header
 * @blocks: SACK blocks, pairs of edges
 * @num_blocks: how many, at most 4
 * @len: bytes of payload
 */
struct raw_segment {
	unsigned int flags;
	uint32_t seq, ack;
	unsigned int window;
	const uint32_t *blocks;
	unsigned int num_blocks;
	unsigned int len;
};

void raw_device(struct raw_peer *p, int fam);
void raw_connect(struct raw_peer *p, unsigned int mss, int rcvbuf, int sndbuf);
long raw_write(struct raw_peer *p, const struct raw_segment *s);
long raw_ack(struct raw_peer *p, uint32_t ack, const uint32_t *blocks,
	     unsigned int n);
void raw_drain(struct raw_peer *p);
void raw_close(struct raw_peer *p);

#endif /* XTCP_BENCH_RAW_H */
