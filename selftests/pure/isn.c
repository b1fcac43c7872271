// SPDX-License-Identifier: GPL-2.0
/*
 * Initial sequence numbers and timestamp offsets: those of one tuple move with the
 * clock and with nothing else; of another tuple, or after another boot, they are
 * others.
 */
#undef net_get_random_once
#define net_get_random_once(key, size)	a_secret(key, size)

static void a_secret(void *key, size_t size);

#include "module/table/isn.c"
#include "pure.h"

#define TICK_SHIFT	6	/* of the clock: 64 ns (RFC 9293 3.4.1 has 4 us) */

struct tuple {
	u32 laddr, raddr;
	u16 lport, rport;
};

static u64 keys, tries, hits;
static bool isn_asked, ts_asked;

/* The first who asks after a boot gets a secret, and it stays. */
static void a_secret(void *key, size_t size)
{
	bool *asked = key == &isn_key ? &isn_asked : &ts_asked;
	siphash_key_t *k = key;

	CHECK(size == sizeof(*k));
	if (*asked)
		return;
	*asked = true;
	k->key[0] = pure_mix(++keys);
	k->key[1] = pure_mix(++keys);
}

static void boot_again(void)
{
	memset(&isn_key, 0, sizeof(isn_key));
	memset(&ts_key, 0, sizeof(ts_key));
	isn_asked = false;
	ts_asked = false;
}

static struct xtcp_tuple names_of(const struct tuple *t)
{
	return (struct xtcp_tuple){
		.laddr = { (__force __be32)t->laddr },
		.raddr = { (__force __be32)t->raddr },
		.lport = (__force __be16)t->lport,
		.rport = (__force __be16)t->rport,
	};
}

static u32 isn_of(const struct tuple *t)
{
	const struct xtcp_tuple names = names_of(t);

	return xtcp_isn(&names);
}

static u32 offset_of(struct net *net, const struct tuple *t)
{
	const struct xtcp_tuple names = names_of(t);

	return xtcp_ts_offset(net, &names);
}

/* Equal by chance alone, which is one of 2^32. */
static void must_differ(u32 a, u32 b)
{
	tries++;
	hits += a == b;
	CHECK(hits <= 4 + (tries >> 30));
}

/* One part of it is another. */
static struct tuple another(struct pure_in *in, const struct tuple *t)
{
	struct tuple other = *t;

	switch (pure_below(in, 4)) {
	case 0:
		other.laddr ^= 1U << pure_below(in, 32);
		break;
	case 1:
		other.raddr ^= 1U << pure_below(in, 32);
		break;
	case 2:
		other.lport ^= 1U << pure_below(in, 16);
		break;
	default:
		other.rport ^= 1U << pure_below(in, 16);
	}
	return other;
}

/* Ahead by the ticks that have passed, so never back within half of the numbers */
static void check_clock(struct pure_in *in, const struct tuple *t)
{
	u64 start = pure_ns, step;
	u32 first = isn_of(t);

	CHECK(isn_of(t) == first);
	step = (u64)pure_u32(in) << pure_below(in, 8);
	pure_ns += step;
	CHECK(isn_of(t) - first ==
	      (u32)((pure_ns >> TICK_SHIFT) - (start >> TICK_SHIFT)));
}

static void check_tuples(struct pure_in *in, const struct tuple *t)
{
	struct tuple other = another(in, t);
	struct tuple swapped = { t->raddr, t->laddr, t->rport, t->lport };

	must_differ(isn_of(t), isn_of(&other));
	if (memcmp(t, &swapped, sizeof(swapped)))
		must_differ(isn_of(t), isn_of(&swapped));
}

static void check_offset(struct pure_in *in, struct net *net, const struct tuple *t)
{
	struct tuple other = another(in, t);
	u32 offset;

	net->ipv4.sysctl_tcp_timestamps = pure_below(in, 3);
	offset = offset_of(net, t);
	pure_ns += pure_u32(in);
	CHECK(offset_of(net, t) == offset);
	if (net->ipv4.sysctl_tcp_timestamps != 1)
		CHECK(!offset);
	else if (other.laddr == t->laddr && other.raddr == t->raddr)
		CHECK(offset_of(net, &other) == offset);
	else
		must_differ(offset_of(net, &other), offset);
}

static void check_boots(struct net *net, const struct tuple *t)
{
	u32 number = isn_of(t), offset;

	net->ipv4.sysctl_tcp_timestamps = 1;
	offset = offset_of(net, t);
	must_differ(number - (u32)(pure_ns >> TICK_SHIFT), offset);
	boot_again();
	must_differ(isn_of(t), number);
	must_differ(offset_of(net, t), offset);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };
	struct pure_world w;
	struct net *net = sock_net(pure_sock(&w));
	struct tuple t;

	t.laddr = pure_u32(&in);
	t.raddr = pure_u32(&in);
	t.lport = pure_u32(&in);
	t.rport = pure_u32(&in);
	boot_again();
	check_clock(&in, &t);
	check_tuples(&in, &t);
	check_offset(&in, net, &t);
	check_boots(net, &t);
	return 0;
}
