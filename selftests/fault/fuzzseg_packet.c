// SPDX-License-Identifier: GPL-2.0
/* The fuzzer of segments: one segment, how it is built and changed. */
#include "fuzzseg.h"

#define ROOM	40	/* for options, of IP and of TCP */

/* Twice the pattern, so that a whole length of it is there from any place on */
static unsigned char peers[2 * PATTERN_BYTES], programs[2 * PATTERN_BYTES];

/* The two differ in their highest bit. */
void pattern_start(void)
{
	__u32 x = 2463534242u;
	unsigned int i;

	for (i = 0; i < PATTERN_BYTES; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		peers[i] = x >> 8 & 0x7f;
		programs[i] = (x >> 16 & 0x7f) | 0x80;
	}
	memcpy(peers + PATTERN_BYTES, peers, PATTERN_BYTES);
	memcpy(programs + PATTERN_BYTES, programs, PATTERN_BYTES);
}

const unsigned char *pattern_peer(__u32 seq)
{
	return peers + seq % PATTERN_BYTES;
}

const unsigned char *pattern_program(__u64 at)
{
	return programs + at % PATTERN_BYTES;
}

/* How far on in a pattern some bytes are, or -1 */
long pattern_find(const unsigned char *pattern, const unsigned char *bytes,
		  size_t len)
{
	size_t at;

	for (at = 0; at < PATTERN_BYTES; at++)
		if (!memcmp(pattern + at, bytes, len))
			return at;
	return -1;
}

/* ---- checksums --------------------------------------------------------- */

unsigned int ip_sum(const unsigned char *p, size_t len, __u32 sum)
{
	__u64 s = 0;
	__u32 v;

	for (; len >= 4; len -= 4, p += 4) {
		memcpy(&v, p, 4);
		s += v;
	}
	v = 0;
	memcpy(&v, p, len);
	s += v;
	s = (s & 0xffffffff) + (s >> 32);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	s = ntohs(s) + (sum & 0xffff) + (sum >> 16);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

const unsigned char *packet_tcp(const unsigned char *buf, size_t len)
{
	size_t ihl = (buf[0] & 15) * 4;

	return ihl >= 20 && ihl + 20 <= len ? buf + ihl : NULL;
}

/* Up to where the receiver looks */
static size_t end_of(const unsigned char *buf, size_t len)
{
	return get16(buf + 2) < len ? get16(buf + 2) : len;
}

/* The data where the receiver finds it: the header may say anything. */
static void fill_again(unsigned char *buf, size_t len)
{
	const unsigned char *tcp = packet_tcp(buf, end_of(buf, len));
	size_t start;

	if (!tcp || tcp[12] >> 4 < 5)
		return;
	start = tcp - buf + (tcp[12] >> 4) * 4;
	if (start < end_of(buf, len))
		memcpy(buf + start, pattern_peer(get32(tcp + 4) + !!(tcp[13] & SYN)),
		       end_of(buf, len) - start);
}

static void sum_ip(const struct packet *p, unsigned char *buf, size_t len)
{
	size_t ihl = (buf[0] & 15) * 4;

	put16(buf + 10, 0);
	if (ihl <= len)
		put16(buf + 10, ~ip_sum(buf, ihl, 0) ^ (p->ip_sum == SUM_BAD));
}

static void sum_tcp(const struct packet *p, unsigned char *buf, size_t len)
{
	unsigned char *tcp = (unsigned char *)packet_tcp(buf, end_of(buf, len));
	unsigned int sum;

	if (!tcp)
		return;
	put16(tcp + 16, 0);
	if (p->sum == SUM_ZERO)
		return;
	len = buf + end_of(buf, len) - tcp;
	sum = ip_sum(buf + 12, 8, IPPROTO_TCP + len);
	if (p->sum == SUM_PARTIAL || p->sum == SUM_ODD) {
		put16(tcp + 16, sum);
		return;
	}
	/*
	 * What shall be refused is worth refusing.  Not so if it is super: the
	 * sum of such a segment is made anew where a device sends it.
	 */
	if (p->sum == SUM_BAD && !p->gso_type && len > 60)
		tcp[60 + p->id % (len - 60)] ^= 0x2a;
	put16(tcp + 16, ~ip_sum(tcp, len, sum) ^ (p->sum == SUM_BAD) << p->id % 16);
}

/* ---- building ---------------------------------------------------------- */

static unsigned int padded(unsigned int len)
{
	return (len < ROOM ? len + 3 : ROOM) / 4 * 4;
}

static void put_ip(const struct packet *p, unsigned char *ip, size_t len)
{
	unsigned int options = padded(p->ipopt_len);

	ip[0] = 0x40 | (p->ihl < 0 ? 5 + options / 4 : p->ihl & 15);
	ip[1] = p->tos;
	put16(ip + 2, p->total < 0 ? len : p->total);
	put16(ip + 4, p->id);
	put16(ip + 6, p->frag);
	ip[8] = p->ttl;
	ip[9] = IPPROTO_TCP;
	put32(ip + 12, p->saddr);
	put32(ip + 16, p->daddr);
	memcpy(ip + 20, p->ipopt, options);
}

static void put_tcp(const struct packet *p, unsigned char *tcp)
{
	unsigned int options = padded(p->opt_len);

	put16(tcp, p->sport);
	put16(tcp + 2, p->dport);
	put32(tcp + 4, p->seq);
	put32(tcp + 8, p->ack);
	tcp[12] = (p->doff < 0 ? 5 + options / 4 : p->doff) << 4 | p->reserved;
	tcp[13] = p->flags;
	put16(tcp + 14, p->window);
	put16(tcp + 18, p->urgent);
	memcpy(tcp + 20, p->opt, options);
}

size_t packet_build(const struct packet *p, unsigned char *buf)
{
	unsigned int ihl = 20 + padded(p->ipopt_len);
	unsigned int header = ihl + 20 + padded(p->opt_len);
	unsigned int len = p->len < 65535 - header ? p->len : 65535 - header;

	put_ip(p, buf, header + len);
	put_tcp(p, buf + ihl);
	memcpy(buf + header, pattern_peer(p->seq + !!(p->flags & SYN)), len);
	len += header;
	if (p->flip)
		buf[p->flip % header] ^= 1 << p->id % 8;
	if (p->bent || p->flip)
		fill_again(buf, len);
	sum_tcp(p, buf, len);
	sum_ip(p, buf, len);
	return len;
}

/* ---- options ----------------------------------------------------------- */

static void put_option(unsigned char *opt, unsigned int *at, unsigned int kind,
		       unsigned int len, struct fuzz_in *in)
{
	unsigned int end = *at + (len < 2 ? 2 : len);

	if (*at + 2 > ROOM)
		return;
	if (end > ROOM)
		end = ROOM;
	opt[(*at)++] = kind;
	opt[(*at)++] = len;
	if (end > *at)
		fuzz_fill(in, opt + *at, end - *at);
	*at = end;
}

/* One more TCP option, or one in place of all */
void packet_option(struct packet *p, struct fuzz_in *in)
{
	static const unsigned char kinds[] = {
		0, 1, 2, 3, 4, 5, 5, 8, 8, 14, 15, 19, 20, 27, 28, 29, 30, 34,
		253, 254, 255,
	};
	static const unsigned char lengths[] = {
		0, 4, 3, 2, 10, 18, 26, 34, 10, 18, 20, 12, 16, 6, 40,
	};
	unsigned int kind = kinds[fuzz_draw(in, sizeof(kinds))], i;

	if (fuzz_draw(in, 3) == 0)
		p->opt_len = 0;
	switch (fuzz_draw(in, 6)) {
	case 0 ... 2:
		put_option(p->opt, &p->opt_len, kind,
			   lengths[fuzz_draw(in, sizeof(lengths))], in);
		break;
	case 3:
		put_option(p->opt, &p->opt_len, kind, fuzz_draw(in, 41), in);
		break;
	case 4:		/* twice */
		for (i = 0; i < p->opt_len && p->opt_len + i < ROOM; i++)
			p->opt[p->opt_len + i] = p->opt[i];
		p->opt_len += i;
		break;
	case 5:		/* cut, or shifted */
		if (p->opt_len && fuzz_draw(in, 2)) {
			p->opt_len -= 1 + fuzz_draw(in, p->opt_len);
		} else if (p->opt_len + 1 < ROOM) {
			memmove(p->opt + 1, p->opt, p->opt_len++);
			p->opt[0] = fuzz_draw(in, 3) ? 1 : fuzz_draw(in, 256);
		}
		break;
	}
}

/* Record route, timestamps, source routes, stream id, router alert, CIPSO ... */
static void ip_option(struct packet *p, struct fuzz_in *in)
{
	static const unsigned char kinds[] = {
		0, 1, 7, 7, 68, 68, 131, 137, 131, 130, 133, 134, 136, 148, 25,
		82, 94, 255,
	};
	unsigned int kind = kinds[fuzz_draw(in, sizeof(kinds))];
	unsigned int at = p->ipopt_len, len;

	len = fuzz_draw(in, 2) ? 3 + 4 * fuzz_draw(in, 10) + (kind == 68) :
				 fuzz_draw(in, 41);
	put_option(p->ipopt, &p->ipopt_len, kind, len, in);
	if (at + 3 >= ROOM || fuzz_draw(in, 4) == 0)
		return;
	/* a pointer that may be right, and addresses of those concerned */
	p->ipopt[at + 2] = 4 + 4 * fuzz_draw(in, 10) + (kind == 68);
	if (kind == 68)
		p->ipopt[at + 3] = fuzz_draw(in, 256);
	if (at + 7 <= ROOM && kind != 68 && fuzz_draw(in, 2))
		put32(p->ipopt + at + 3, fuzz_draw(in, 2) ? p->daddr : p->saddr);
}

/* ---- changes ----------------------------------------------------------- */

static void other_address(struct packet *p, struct fuzz_in *in)
{
	static const __u32 addresses[] = {
		0, 0x7f000001, 0xffffffff, 0xe0000001, 0x0a0001ff, 0x0a07ffff,
		0x0a000101, 0x0a070001, 0x0a090901, 0x0a090903, 0xf0000001,
		0x0a000201, 0x08080808,
	};
	__u32 any = addresses[fuzz_draw(in, ARRAY_SIZE(addresses))];

	switch (fuzz_draw(in, 4)) {
	case 0:
		p->saddr = any;
		break;
	case 1:
		p->daddr = any;
		break;
	case 2:		/* land */
		p->saddr = p->daddr;
		p->sport = p->dport;
		break;
	case 3:
		p->saddr += fuzz_draw(in, 256);
		break;
	}
}

static void change_ip(struct packet *p, struct fuzz_in *in)
{
	switch (fuzz_draw(in, 10)) {
	case 0 ... 2:
		ip_option(p, in);
		break;
	case 3:
		p->ihl = fuzz_draw(in, 16);
		p->bent = true;
		break;
	case 4:
		p->total = fuzz_draw(in, 2) ? fuzz_draw(in, 128) :
					      (__u16)fuzz_number(in);
		p->bent = true;
		break;
	case 5:
		p->ttl = fuzz_draw(in, 256);
		break;
	case 6:
		p->tos = fuzz_draw(in, 256);
		break;
	case 7:
		p->frag = fuzz_draw(in, 3) ? fuzz_draw(in, 8) << 13 :
					     fuzz_draw(in, 65536);
		break;
	case 8:
		p->ip_sum = SUM_BAD;
		break;
	case 9:
		other_address(p, in);
		break;
	}
}

static __u32 moved(__u32 number, struct fuzz_in *in)
{
	switch (fuzz_draw(in, 8)) {
	case 0 ... 1:
		return number + fuzz_draw(in, 4096) - 2048;
	case 2 ... 3:
		return number + fuzz_draw(in, 7) - 3;
	case 4:
		return number + fuzz_draw(in, 0x40000) - 0x20000;
	case 5:
		return number + 0x7fffffff + fuzz_draw(in, 3);
	default:
		return number + fuzz_number(in);
	}
}

void packet_mutate(struct packet *p, struct fuzz_in *in)
{
	switch (fuzz_draw(in, 24)) {
	case 0 ... 2:
		p->seq = moved(p->seq, in);
		break;
	case 3 ... 5:
		p->ack = moved(p->ack, in);
		break;
	case 6:
		p->flags = fuzz_draw(in, 256);
		break;
	case 7:
		p->flags ^= 1 << fuzz_draw(in, 8);
		break;
	case 8:
		p->reserved = fuzz_draw(in, 16);
		p->flags ^= fuzz_draw(in, 4) << 6;
		break;
	case 9 ... 10:
		p->window = fuzz_draw(in, 3) ? fuzz_draw(in, 65536) : 0;
		break;
	case 11:
		p->urgent = fuzz_draw(in, 2) ? fuzz_draw(in, 65536) :
					       fuzz_draw(in, 8);
		p->flags |= URG;
		break;
	case 12:
		p->doff = fuzz_draw(in, 16);
		p->bent = true;
		break;
	case 13 ... 16:
		packet_option(p, in);
		break;
	case 17 ... 19:
		change_ip(p, in);
		break;
	case 20:
		p->sum = SUM_BAD + fuzz_draw(in, 4);
		break;
	case 21:
		p->len = (__u16)fuzz_number(in);
		break;
	case 22:
		p->flip = 1 + fuzz_draw(in, 120);
		break;
	case 23:
		p->sport = fuzz_draw(in, 2) ? p->sport ^ 1 : fuzz_draw(in, 65536);
		break;
	}
}
