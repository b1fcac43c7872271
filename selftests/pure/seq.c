// SPDX-License-Identifier: GPL-2.0
/*
 * Sequence numbers modulo 2^32 against numbers that don't wrap, what is within a
 * window, which timestamps are too old, and a segment's first header checks.
 */
#include "module/entry/input.c"
#include "module/parts/segment.c"
#include "pure.h"

#define HALF	BIT_ULL(31)

static struct pure_world world;

static void check_order(struct pure_in *in)
{
	u64 a = (1ULL << 40) + pure_raw(in), b, c;
	u64 ahead = pure_u32(in), more = pure_u32(in);

	/* Less than half of the circle is before or after. */
	b = a + ahead % HALF;
	CHECK(seq_before(a, b) == (a < b) && seq_after(b, a) == (b > a));
	CHECK(!seq_before(b, a) && !seq_after(a, b));
	/* From a to c goes once round at most. */
	c = a + more;
	b = a + ahead;
	CHECK(seq_between(b, a, c) == (b <= c));
}

/* RFC 9293 3.10.7.4: a segment in the window, or an empty one at its edge */
static void check_window(struct pure_in *in)
{
	u64 start = (1ULL << 40) + pure_raw(in), end = start + pure_u32(in) % (1 << 30);
	u64 seq = start + (s32)(pure_u32(in) % (1 << 30)) *
			  (pure_below(in, 2) ? 1 : -1);
	u64 after = seq + pure_u32(in) % (1 << 18);
	bool inside = (after > start && seq < end) || seq == start ||
		      (seq == end && after == end);

	CHECK(xtcp_segment_in_window(seq, after, start, end) == inside);
}

static void check_paws(struct pure_in *in)
{
	u64 recent = (1ULL << 40) + pure_raw(in);
	s64 newer = (s64)(pure_u32(in) % HALF) * (pure_below(in, 2) ? 1 : -1);
	u32 age = pure_u32(in);
	bool rst = pure_below(in, 2), reject;

	pure_ns = (1 + (u64)(pure_raw(in) >> 1)) * NSEC_PER_SEC;
	reject = xtcp_segment_paws_reject(recent, ktime_get_seconds() - age,
					  recent + newer, rst);
	/* 0: none was ever taken */
	CHECK(reject == (newer < 0 && (u32)recent && age < 24 * 24 * 3600 &&
			 !(rst && age >= 60)));
}

static void check_limits(struct pure_in *in)
{
	int limit = pure_u32(in);
	u32 last = pure_raw(in), before = last, i;

	pure_sock(&world);
	world.net.ipv4.sysctl_tcp_invalid_ratelimit = limit;
	jiffies = pure_raw(in);
	if (!xtcp_segment_too_soon(&world.net, &last)) {
		/* The next one at once is, wherever there is a limit. */
		CHECK(xtcp_segment_too_soon(&world.net, &last) ==
		      (limit > 0 && last == (u32)jiffies));
	} else {
		CHECK(before && last == before);
	}
	/* Around tcp_challenge_ack_limit of them in a second, nobody knows how many. */
	limit = 1 + pure_below(in, 200);
	world.net.ipv4.sysctl_tcp_challenge_ack_limit = limit;
	for (i = 0; xtcp_segment_challenge_allowed(&world.net); i++)
		CHECK((int)i < limit + limit / 2 + 1);
	CHECK((int)i >= limit / 2);
}

/* Nothing but the header is read, and only if it is whole. */
static void check_header(struct pure_in *in)
{
	unsigned int size = pure_below(in, 64);
	struct sk_buff skb = { .len = size };

	skb.head = pure_bytes(in, sizeof(struct iphdr) + size);
	skb.data = skb.head + sizeof(struct iphdr);
	skb_reset_transport_header(&skb);
	if (header_ok(NULL, &skb))
		CHECK(tcp_hdr(&skb)->doff >= 5 && tcp_hdr(&skb)->doff * 4U <= size);
	free(skb.head);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };

	check_order(&in);
	check_window(&in);
	check_paws(&in);
	check_limits(&in);
	check_header(&in);
	return 0;
}
