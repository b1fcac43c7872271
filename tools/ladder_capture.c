// SPDX-License-Identifier: GPL-2.0
/*
 * A reader for the pcap format that tcpdump -w writes. It takes IPv4 and TCP
 * and passes over the rest; lengths come from the IPv4 header, so that short
 * captures (tcpdump -s) do.
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ladder_capture.h"

#define TH_FIN	0x01
#define TH_SYN	0x02
#define TH_RST	0x04
#define TH_ACK	0x10

#define MAGIC_MICRO	0xa1b2c3d4
#define MAGIC_NANO	0xa1b23c4d

#define ETHERTYPE_IPV4	0x0800
#define MAX_PACKET	(256 * 1024)

/* Values of the file's link type, and the bytes before the IPv4 header. */
enum { LINK_NULL = 0, LINK_ETHERNET = 1, LINK_RAW_BSD = 12, LINK_RAW = 101,
	LINK_COOKED = 113, LINK_IPV4 = 228, LINK_COOKED2 = 276 };

struct reader {
	FILE *file;
	const char *path;
	bool swapped;
	double units;		/* of the time stamps, in a second */
	uint32_t link;
};

struct packet {
	double time;
	uint32_t wire_len;
	uint32_t len;
	const uint8_t *data;
};

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t file32(const struct reader *r, const uint8_t *p)
{
	return r->swapped ? __builtin_bswap32(get32(p)) : get32(p);
}

static void *grow(void *array, size_t num, size_t size)
{
	/* Powers of two from 64 on. */
	if (num && (num < 64 || num & (num - 1)))
		return array;
	array = realloc(array, (num < 64 ? 64 : 2 * num) * size);
	if (!array)
		err(1, "memory");
	return array;
}

/* File and packet headers */

static void reader_open(struct reader *r, const char *path)
{
	uint8_t head[24];
	uint32_t magic;

	r->path = path;
	r->file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	if (!r->file)
		err(1, "%s", path);
	if (fread(head, sizeof(head), 1, r->file) != 1)
		errx(1, "%s: too short for a capture", path);

	magic = get32(head);
	if (magic != MAGIC_MICRO && magic != MAGIC_NANO) {
		r->swapped = true;
		magic = __builtin_bswap32(magic);
	}
	if (magic != MAGIC_MICRO && magic != MAGIC_NANO)
		errx(1, "%s: not a pcap file (tcpdump -w writes one)", path);
	r->units = magic == MAGIC_NANO ? 1e9 : 1e6;
	r->link = file32(r, head + 20) & 0xffff;
}

/* False at the end, also when the last packet was cut short. */
static bool reader_next(struct reader *r, struct packet *p, uint8_t *buf)
{
	uint8_t head[16];

	if (fread(head, sizeof(head), 1, r->file) != 1)
		return false;
	p->time = file32(r, head) + file32(r, head + 4) / r->units;
	p->len = file32(r, head + 8);
	p->wire_len = file32(r, head + 12);
	p->data = buf;
	if (p->len > MAX_PACKET)
		errx(1, "%s: a packet of %u bytes: damaged file", r->path, p->len);
	return !p->len || fread(buf, p->len, 1, r->file) == 1;
}

static bool skip(struct packet *p, uint32_t bytes)
{
	if (p->len < bytes)
		return false;
	p->data += bytes;
	p->len -= bytes;
	p->wire_len -= bytes;
	return true;
}

/* The type field of the link header, @at, must say IPv4. */
static bool skip_typed(struct packet *p, uint32_t at, uint32_t bytes)
{
	if (p->len < bytes || get16(p->data + at) != ETHERTYPE_IPV4)
		return false;
	return skip(p, bytes);
}

static bool skip_link(const struct reader *r, struct packet *p)
{
	switch (r->link) {
	case LINK_RAW:
	case LINK_RAW_BSD:
	case LINK_IPV4:
		return true;
	case LINK_NULL:
		return skip(p, 4);
	case LINK_ETHERNET:
		return skip_typed(p, 12, 14);
	case LINK_COOKED:
		return skip_typed(p, 14, 16);
	case LINK_COOKED2:
		return skip_typed(p, 0, 20);
	default:
		errx(1, "%s: link type %u is not known", r->path, r->link);
	}
}

/* IPv4 and TCP headers */

static bool parse_ip(struct packet *p, struct segment *seg)
{
	uint32_t header, total;

	if (p->len < 20 || p->data[0] >> 4 != 4 || p->data[9] != IPPROTO_TCP)
		return false;
	if (get16(p->data + 6) & 0x1fff)
		return false;	/* not the first fragment */
	header = (p->data[0] & 15) * 4;
	total = get16(p->data + 2);
	/* Link padding follows a short packet; an offloaded one can say 0. */
	if (total)
		p->wire_len = total;
	memcpy(&seg->src.addr, p->data + 12, 4);
	memcpy(&seg->dst.addr, p->data + 16, 4);
	return header >= 20 && p->wire_len >= header && skip(p, header);
}

static void parse_option(struct segment *seg, const uint8_t *opt, uint32_t size)
{
	switch (opt[0]) {
	case 2:
		if (size == 4)
			seg->mss = get16(opt + 2);
		break;
	case 3:
		if (size == 3)
			seg->wscale = opt[2] > 14 ? 14 : opt[2];
		break;
	case 4:
		seg->sack_ok = true;
		break;
	case 5:
		seg->sack_blocks = (size - 2) / 8;
		break;
	case 8:
		seg->timestamps = true;
		break;
	}
}

static void parse_options(struct segment *seg, const uint8_t *opt, uint32_t left)
{
	while (left > 0 && opt[0] != 0) {
		uint32_t size = 1;

		if (opt[0] != 1) {
			if (left < 2 || opt[1] < 2 || opt[1] > left)
				return;
			size = opt[1];
			parse_option(seg, opt, size);
		}
		opt += size;
		left -= size;
	}
}

static bool parse_tcp(struct packet *p, struct segment *seg)
{
	const uint8_t *tcp = p->data;
	uint32_t header, held;

	if (p->len < 20)
		return false;
	header = (tcp[12] >> 4) * 4;
	if (header < 20 || p->wire_len < header)
		return false;
	memcpy(&seg->src.port, tcp, 2);
	memcpy(&seg->dst.port, tcp + 2, 2);
	seg->seq = get32(tcp + 4);
	seg->ack = get32(tcp + 8);
	seg->flags = tcp[13];
	seg->window = get16(tcp + 14);
	seg->len = p->wire_len - header;
	held = p->len < header ? p->len : header;
	parse_options(seg, tcp + 20, held - 20);
	return true;
}

static bool parse_packet(const struct reader *r, struct packet *p,
			 struct segment *seg)
{
	memset(seg, 0, sizeof(*seg));
	seg->wscale = -1;
	seg->time = p->time;
	return skip_link(r, p) && parse_ip(p, seg) && parse_tcp(p, seg);
}

/* Connections */

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	return a->addr == b->addr && a->port == b->port;
}

static bool connection_has(const struct connection *conn,
			   const struct segment *seg)
{
	return (same_endpoint(&conn->left, &seg->src) &&
		same_endpoint(&conn->right, &seg->dst)) ||
	       (same_endpoint(&conn->left, &seg->dst) &&
		same_endpoint(&conn->right, &seg->src));
}

static unsigned int add_connection(struct capture *cap,
				   const struct segment *seg)
{
	struct connection *conn;

	cap->connections = grow(cap->connections, cap->num_connections,
				sizeof(*cap->connections));
	conn = &cap->connections[cap->num_connections];
	memset(conn, 0, sizeof(*conn));
	conn->left = seg->src;
	conn->right = seg->dst;
	conn->start = seg->time;
	return cap->num_connections++;
}

bool connection_closed(const struct connection *conn)
{
	return conn->side[0].acked && conn->side[1].acked;
}

static bool connection_closing(const struct connection *conn)
{
	return conn->reset || conn->side[0].fin || conn->side[1].fin;
}

static void note_closing(struct connection *conn, const struct segment *seg)
{
	int sender = !same_endpoint(&conn->left, &seg->src);
	struct closing *own = &conn->side[sender];
	struct closing *other = &conn->side[!sender];

	if (seg->flags & TH_RST)
		conn->reset = true;
	if (seg->flags & TH_FIN) {
		own->fin = true;
		own->end = seg->seq + seg->len + 1;
	}
	if (seg->flags & TH_ACK && other->fin && seg->ack == other->end)
		other->acked = true;
}

/* The newest of the same addresses, unless it is over and this is a SYN. */
static unsigned int find_connection(struct capture *cap,
				    const struct segment *seg)
{
	for (size_t i = cap->num_connections; i-- > 0;) {
		struct connection *conn = &cap->connections[i];

		if (!connection_has(conn, seg))
			continue;
		if (connection_closing(conn) && seg->flags & TH_SYN)
			break;
		return i;
	}
	return add_connection(cap, seg);
}

static void add_segment(struct capture *cap, const struct segment *seg)
{
	unsigned int owner = find_connection(cap, seg);
	struct connection *conn = &cap->connections[owner];

	conn->num++;
	conn->bytes += seg->len;
	note_closing(conn, seg);

	cap->segments = grow(cap->segments, cap->num, sizeof(*cap->segments));
	cap->owner = grow(cap->owner, cap->num, sizeof(*cap->owner));
	cap->segments[cap->num] = *seg;
	cap->owner[cap->num++] = owner;
}

void capture_read(struct capture *cap, const char *path)
{
	struct reader reader = { 0 };
	struct packet packet;
	struct segment seg;
	uint8_t *buf = malloc(MAX_PACKET);

	if (!buf)
		err(1, "memory");
	reader_open(&reader, path);
	while (reader_next(&reader, &packet, buf))
		if (parse_packet(&reader, &packet, &seg))
			add_segment(cap, &seg);
	if (reader.file != stdin)
		fclose(reader.file);
	free(buf);
}
