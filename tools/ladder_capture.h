/* SPDX-License-Identifier: GPL-2.0 */
/* TCP segments and connections out of a pcap file. */
#ifndef XTCP_TOOLS_LADDER_CAPTURE_H
#define XTCP_TOOLS_LADDER_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct endpoint {
	uint32_t addr;	/* network byte order, as the port */
	uint16_t port;
};

struct segment {
	double time;		/* seconds since the epoch */
	struct endpoint src, dst;
	uint32_t seq, ack;
	uint32_t len;		/* payload */
	uint16_t window;
	uint8_t flags;
	/* Options, as far as the capture holds them. */
	uint16_t mss;		/* 0: absent */
	int8_t wscale;		/* -1: absent */
	bool sack_ok;
	bool timestamps;
	uint8_t sack_blocks;
};

/* How far one side has closed. */
struct closing {
	bool fin;
	bool acked;
	uint32_t end;		/* the number after the FIN */
};

/* A connection begins with a SYN, or with the first segment that was seen. */
struct connection {
	struct endpoint left;	/* the side that sent the first segment */
	struct endpoint right;
	size_t num;
	double start;
	unsigned long long bytes;
	struct closing side[2];	/* of the left side, of the right */
	bool reset;
};

struct capture {
	struct segment *segments;
	size_t num;
	struct connection *connections;
	size_t num_connections;
	unsigned int *owner;	/* of each segment: an index of connections */
};

bool connection_closed(const struct connection *conn);
void capture_read(struct capture *cap, const char *path);

#endif
