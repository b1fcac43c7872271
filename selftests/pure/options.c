// SPDX-License-Identifier: GPL-2.0
/*
 * TCP options: what is parsed is what a plain reading of RFC 9293 3.2 finds, no
 * byte behind the header is read, and what is written reads back.
 */
#include "module/parts/options.c"
#include "pure.h"

static u32 be(const u8 *p, int bytes)
{
	u32 value = 0;

	while (bytes--)
		value = value << 8 | *p++;
	return value;
}

static void read_one(const u8 *p, size_t at, bool syn, struct xtcp_options *o)
{
	if (syn && p[0] == 2 && p[1] == 4)
		o->mss = be(p + 2, 2);
	if (syn && p[0] == 3 && p[1] == 3) {
		o->wscale_ok = true;
		o->wscale = p[2] > 14 ? 14 : p[2];
	}
	if (syn && p[0] == 4 && p[1] == 2)
		o->sack_ok = true;
	if (p[0] == 5 && (p[1] == 10 || p[1] == 18 || p[1] == 26 || p[1] == 34)) {
		o->sack_at = at + 2;
		o->num_sacks = p[1] / 8;
	}
	if (p[0] == 8 && p[1] == 10) {
		o->tstamp_ok = true;
		o->tsval = be(p + 2, 4);
		o->tsecr = be(p + 6, 4);
	}
}

static void read_all(const u8 *p, size_t size, bool syn, struct xtcp_options *o)
{
	const u8 *start = p, *end = p + size;

	memset(o, 0, sizeof(*o));
	while (p < end && *p) {
		if (*p == 1) {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] < 2 || p[1] > end - p)
			return;
		read_one(p, sizeof(struct tcphdr) + (p - start), syn, o);
		p += p[1];
	}
}

static bool same(const struct xtcp_options *a, const struct xtcp_options *b)
{
	return a->mss == b->mss && a->wscale == b->wscale &&
	       a->wscale_ok == b->wscale_ok && a->tstamp_ok == b->tstamp_ok &&
	       a->sack_ok == b->sack_ok && a->sack_at == b->sack_at &&
	       a->num_sacks == b->num_sacks && a->tsval == b->tsval &&
	       a->tsecr == b->tsecr;
}

static void check_parse(struct pure_in *in)
{
	static const u8 kinds[] = { 0, 1, 2, 3, 4, 5, 8, 30 };
	unsigned int words = 5 + pure_below(in, 11);
	struct sk_buff skb = { .head = pure_bytes(in, 4 * words) };
	struct tcphdr *th = tcp_hdr(&skb);
	struct xtcp_options o, plain;

	th->doff = words;
	if (pure_below(in, 4))
		pure_options(in, (u8 *)(th + 1), 4 * words - sizeof(*th), kinds,
			     ARRAY_SIZE(kinds));
	xtcp_options_parse(&skb, &o);
	read_all((u8 *)(th + 1), 4 * words - sizeof(*th), th->syn, &plain);
	CHECK(same(&o, &plain));
	free(skb.head);
}

/* A header with these options in exactly as much memory; returns what is read. */
static void reread(const __be32 *bytes, unsigned int len, bool syn,
		   struct xtcp_options *o)
{
	struct sk_buff skb = { .head = malloc(sizeof(struct tcphdr) + len) };
	struct tcphdr *th = tcp_hdr(&skb);

	memset(th, 0, sizeof(*th));
	th->doff = (sizeof(*th) + len) / 4;
	th->syn = syn;
	memcpy(th + 1, bytes, len);
	xtcp_options_parse(&skb, o);
	free(skb.head);
}

static void check_write(struct pure_in *in)
{
	struct xtcp_options back, o = {
		.mss = pure_raw(in),
		.wscale_ok = pure_below(in, 2),
		.tstamp_ok = pure_below(in, 2),
		.sack_ok = pure_below(in, 2),
	};
	__be32 *room = malloc(40);
	unsigned int len;

	o.wscale = o.wscale_ok ? pure_below(in, 15) : 0;
	o.tsval = o.tstamp_ok ? pure_raw(in) : 0;
	o.tsecr = o.tstamp_ok ? pure_raw(in) : 0;
	len = xtcp_options_write_syn(room, &o);
	CHECK(len % 4 == 0 && len <= 40);
	reread(room, len, true, &back);
	CHECK(same(&o, &back));

	len = xtcp_options_write(room, o.tstamp_ok, o.tsval, o.tsecr);
	CHECK(len == (o.tstamp_ok ? 12 : 0));
	reread(room, len, false, &back);
	CHECK(back.tstamp_ok == o.tstamp_ok && back.tsval == o.tsval &&
	      back.tsecr == o.tsecr);
	free(room);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };

	check_parse(&in);
	check_write(&in);
	return 0;
}
