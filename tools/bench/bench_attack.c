// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a peer's segments cost that were made to be dear, each by the attack that it
 * is known by.  First the rule: an ACK with SACK blocks costs as much over a large
 * window as over a small one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "bench_raw.h"

#define MSS		100
#define SNDBUF		(256 << 20)
#define LARGE		10000	/* segments */
#define SEGMENTS	2000	/* of an attack */
#define PART		100	/* so many are a sample */

static char data[1 << 20];

static void fill(struct raw_peer *p, size_t len)
{
	ssize_t n;

	for (; len; len -= n) {
		n = write(p->fd, data, len < sizeof(data) ? len : sizeof(data));
		check(n > 0, "write");
	}
	raw_drain(p);
}

/* Until at least @segs leave at once: each ACK of all that is out doubles cwnd. */
static void open_window(struct raw_peer *p, unsigned int segs, unsigned int mss)
{
	uint32_t out;
	int i;

	for (i = 0; i < 100; i++) {
		fill(p, (size_t)segs * mss);
		out = p->end - p->una;
		if (out >= segs * mss)
			return;
		do {
			raw_ack(p, p->end, NULL, 0);
			raw_drain(p);
			out = p->end - p->una;
			if (out >= segs * mss)
				return;
		} while (out);
	}
	fail("a window that opens");
}

static void add_part(struct row *row, int fam, long *sum, int *n, long cost)
{
	*sum += cost;
	if (++*n % PART)
		return;
	row_add(row, fam, *sum / PART);
	*sum = 0;
}

/*
 * Every other segment arrives: each ACK tells of one more, and again of the two before
 * it.
 */
static void sack_some(struct row *row, struct raw_peer *p, unsigned int acks,
		      long *sum, int *n)
{
	uint32_t base = p->una, blocks[6];
	unsigned int i, j, told;

	for (i = 0; i < acks; i++) {
		told = i < 2 ? i + 1 : 3;
		for (j = 0; j < told; j++) {
			blocks[2 * j] = base + (2 * (i - j) + 1) * MSS;
			blocks[2 * j + 1] = blocks[2 * j] + MSS;
		}
		add_part(row, p->fam, sum, n, raw_ack(p, base, blocks, told));
		raw_drain(p);
	}
}

static void sack_over(struct raw_peer *peers, unsigned int out, unsigned int acks)
{
	struct row *row = row_start("instr", "ACK with SACK blocks, %u segments out", out);
	struct raw_peer *p;
	long sum;
	int n;

	for (p = peers; p < peers + INET_FAMS; p++) {
		sum = 0;
		for (n = 0; n < SEGMENTS; ) {
			raw_connect(p, MSS, 0, SNDBUF);
			open_window(p, out, MSS);
			sack_some(row, p, acks, &sum, &n);
			raw_close(p);
		}
	}
	row_end(row);
}

/**
 * struct attack - segments that were made to be dear
 * @name: of the table
 * @mss: that the peer announces
 * @out: segments that the socket has in flight at first
 * @rcvbuf: of the socket, 0: as it is
 * @make: fills in the @i-th
 */
struct attack {
	const char *name;
	unsigned int mss;
	unsigned int out;
	int rcvbuf;
	void (*make)(const struct raw_peer *p, struct raw_segment *s,
		     uint32_t *blocks, unsigned int i);
};

/* One after the other, but not in order: 7919 is a prime. */
static unsigned int shuffled(unsigned int i)
{
	return i * 7919 % SEGMENTS;
}

/* CVE-2018-5390: a byte in two, far ahead of what is due */
static void make_smack(const struct raw_peer *p, struct raw_segment *s,
		       uint32_t *blocks, unsigned int i)
{
	s->seq = p->seq + 1 + 2 * shuffled(i);
	s->len = 1;
}

/* CVE-2019-11478: bytes that cut large buffers into small ones */
static void make_slowness(const struct raw_peer *p, struct raw_segment *s,
			  uint32_t *blocks, unsigned int i)
{
	blocks[0] = p->una + 1 + 400 * shuffled(i);
	blocks[1] = blocks[0] + 1;
	s->num_blocks = 1;
}

/* CVE-2019-11477, CVE-2019-11479: blocks that join buffers of tiny segments */
static void make_panic(const struct raw_peer *p, struct raw_segment *s,
		       uint32_t *blocks, unsigned int i)
{
	blocks[0] = p->una + 8 * (i % 2 ? 17 * i : 1);
	blocks[1] = blocks[0] + 8 * (i % 17 + 1);
	s->num_blocks = 1;
}

/* Savage 1999: an ACK for each byte */
static void make_division(const struct raw_peer *p, struct raw_segment *s,
			  uint32_t *blocks, unsigned int i)
{
	s->ack = p->una + i + 1;
}

/* Savage 1999: an ACK for each segment before it can have arrived */
static void make_optimistic(const struct raw_peer *p, struct raw_segment *s,
			    uint32_t *blocks, unsigned int i)
{
	s->ack = p->una + (i + 1) * MSS;
}

/* Savage 1999: duplicates without a loss */
static void make_duplicate(const struct raw_peer *p, struct raw_segment *s,
			   uint32_t *blocks, unsigned int i)
{
}

/* RFC 2883: "it came twice", of whatever is out */
static void make_dsack(const struct raw_peer *p, struct raw_segment *s,
		       uint32_t *blocks, unsigned int i)
{
	blocks[0] = p->una - MSS * (1 + i % 5);
	blocks[1] = blocks[0] + MSS;
	s->num_blocks = 1;
}

/* RFC 2018 8: what was SACKed is so no longer */
static void make_reneging(const struct raw_peer *p, struct raw_segment *s,
			  uint32_t *blocks, unsigned int i)
{
	if (i % 2) {
		s->ack = p->una + i / 2 * MSS;
		return;
	}
	s->ack = p->una + i / 2 * MSS;
	blocks[0] = s->ack + MSS;
	blocks[1] = p->una + LARGE * MSS;
	s->num_blocks = 1;
}

/* CVE-2016-5696: RSTs and SYNs that may be a stranger's */
static void make_challenge(const struct raw_peer *p, struct raw_segment *s,
			   uint32_t *blocks, unsigned int i)
{
	s->flags = i % 2 ? SYN : RST | ACK;
	s->seq = p->seq + 1 + i;
}

/* RFC 5961 5: data with a guessed sequence number, and an ACK out of range */
static void make_blind(const struct raw_peer *p, struct raw_segment *s,
		       uint32_t *blocks, unsigned int i)
{
	s->seq = p->seq + 0x10000000 * (i % 15 + 1);
	s->ack = p->una - 0x7000000 * (i % 15 + 1);
	s->len = 1000;
}

/* The window is taken back, and given again. */
static void make_shrink(const struct raw_peer *p, struct raw_segment *s,
			uint32_t *blocks, unsigned int i)
{
	s->window = i % 2 ? 0xffff : 0;
}

/* Sockstress: the window is shut for ever. */
static void make_shut(const struct raw_peer *p, struct raw_segment *s,
		      uint32_t *blocks, unsigned int i)
{
	s->window = 0;
}

static const struct attack attacks[] = {
	{ "SegmentSmack, a byte ahead of a gap", MSS, 0, 0, make_smack },
	{ "the same, into a small buffer", MSS, 0, 100000, make_smack },
	{ "SACK slowness, a byte of 10000 segments", MSS, LARGE, 0, make_slowness },
	{ "SACK panic, MSS 48", 48, LARGE, 0, make_panic },
	{ "ACK division, of a byte", MSS, 1000, 0, make_division },
	{ "optimistic ACK, of a segment", MSS, LARGE, 0, make_optimistic },
	{ "duplicate ACK, 10000 segments out", MSS, LARGE, 0, make_duplicate },
	{ "D-SACK, 10000 segments out", MSS, LARGE, 0, make_dsack },
	{ "reneging, 10000 segments out", MSS, LARGE, 0, make_reneging },
	{ "RST or SYN to be challenged", MSS, 10, 0, make_challenge },
	{ "blind data", MSS, 10, 0, make_blind },
	{ "window taken back and given", MSS, LARGE, 0, make_shrink },
	{ "window shut for ever", MSS, LARGE, 0, make_shut },
};

static void play(struct row *row, struct raw_peer *p, const struct attack *a)
{
	uint32_t blocks[8];
	long sum = 0;
	int n = 0;

	raw_connect(p, a->mss, a->rcvbuf, SNDBUF);
	if (a->out)
		open_window(p, a->out, a->mss);
	while (n < SEGMENTS) {
		struct raw_segment s = {
			.flags = ACK, .seq = p->seq, .ack = p->una,
			.window = 0xffff, .blocks = blocks,
		};

		a->make(p, &s, blocks, n);
		add_part(row, p->fam, &sum, &n, raw_write(p, &s));
		raw_drain(p);
	}
	raw_close(p);
}

void bench_attack(void)
{
	struct raw_peer peers[INET_FAMS], *p;
	const struct attack *a;
	struct row *row;

	for (p = peers; p < peers + INET_FAMS; p++)
		raw_device(p, p - peers);
	sack_over(peers, 10, 4);
	sack_over(peers, LARGE, SEGMENTS);
	for (a = attacks; a < attacks + ARRAY_SIZE(attacks); a++) {
		row = row_start("instr", "%s", a->name);
		for (p = peers; p < peers + INET_FAMS; p++)
			play(row, p, a);
		row_end(row);
	}
}
