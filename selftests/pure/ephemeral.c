// SPDX-License-Identifier: GPL-2.0
/*
 * The choice of a port: whoever looks for one finds one if there is one, that is
 * allowed, in the range and of the parity that is for it first.
 */
#include "module/port/portset.c"
#include "module/port/ephemeral.c"
#include "pure.h"

#define LOW	1000
#define MOST	200

static struct pure_world world;
static bool owned[MOST], busy[MOST], reserved[MOST];
static unsigned long reserved_map[65536 / BITS_PER_LONG];
static int ports, taken;

void inet_sk_get_local_port_range(const struct sock *sk, int *low, int *high)
{
	*low = LOW;
	*high = LOW + ports - 1;
}

bool inet_is_local_reserved_port(const struct net *net, unsigned short port)
{
	return reserved[port - LOW];
}

static int look_at(u16 port, const bool *unwanted)
{
	CHECK(port >= LOW && port < LOW + ports && !reserved[port - LOW]);
	if (unwanted[port - LOW])
		return -EADDRINUSE;
	taken = port;
	return 0;
}

int xtcp_port_bind_at(struct sock *sk, u16 port, const struct xtcp_bind_rules *r)
{
	return look_at(port, owned);
}

int xtcp_port_connect_at(struct sock *sk, u16 port, bool auto_port)
{
	CHECK(auto_port && !owned[port - LOW]);
	return look_at(port, busy) ? -EADDRNOTAVAIL : 0;
}

/* A destination whose set of ports tells all. */
int xtcp_dest_claim_next(struct sock *sk, struct xtcp_port_search *s, int from,
			 int to)
{
	int port = xtcp_portset_next(s, from, to);

	return port < 0 ? -EADDRNOTAVAIL : port;
}

void xtcp_dest_release(struct sock *sk, u16 port)
{
}

struct xtcp_timewait *xtcp_dest_take(struct sock *sk,
				     const struct xtcp_port_search *s, int low,
				     int high)
{
	return NULL;
}

/* More than an input has bytes for */
static u8 drawn(u32 *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 24;
}

static void make_world(struct pure_in *in)
{
	unsigned int full = pure_byte(in), i;
	u32 seed = pure_raw(in);
	struct xtcp_net *xn = &world.xn;

	pure_sock(&world);
	memset(reserved_map, 0, sizeof(reserved_map));
	ports = 1 + pure_below(in, MOST);
	taken = 0;
	for (i = 0; i < MOST; i++) {
		owned[i] = drawn(&seed) < full;
		busy[i] = drawn(&seed) < full;
		reserved[i] = drawn(&seed) < full / 4;
		if (reserved[i])
			reserved_map[(LOW + i) / BITS_PER_LONG] |=
				1UL << (LOW + i) % BITS_PER_LONG;
		if (!owned[i])
			continue;
		CHECK(!xtcp_portset_add(&xn->used_ports, LOW + i));
		CHECK(!xtcp_portset_add(&xn->bound_ports, LOW + i));
	}
	world.net.ipv4.sysctl_local_reserved_ports = reserved_map;
}

/* Free ports among the first @n of the range whose distance from its start is odd or even */
static int free_ports(int n, int odd, bool connect)
{
	int i, count = 0;

	for (i = odd; i < n; i += 2)
		count += !owned[i] && !reserved[i] && !(connect && busy[i]);
	return count;
}

static void check_choice(int err, int n, int first, bool connect)
{
	int odd = free_ports(n, 1, connect), even = free_ports(n, 0, connect);

	if (err) {
		CHECK(err == (connect ? -EADDRNOTAVAIL : -EADDRINUSE));
		CHECK(!odd && !even);
		return;
	}
	CHECK(taken >= LOW && taken < LOW + n);
	/* The other's parity only where nothing is left of the own. */
	CHECK((taken - LOW) % 2 == first || !(first ? odd : even));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };
	struct xtcp_bind_rules rules = { };
	struct sock *sk;
	bool connect;
	int err;

	connect = pure_below(&in, 2);
	make_world(&in);
	sk = &world.xs.inet.sk;
	if (!perturb)
		CHECK(!xtcp_ephemeral_init());
	if (connect) {
		err = xtcp_ephemeral_connect(sk);
		/* An odd range is one port shorter (D-61). */
		check_choice(err, ports > 1 ? ports & ~1 : ports, 0, true);
	} else {
		err = xtcp_ephemeral_bind(sk, &rules);
		check_choice(err, ports, 1, false);
	}
	xtcp_portset_free(&world.xn.used_ports);
	xtcp_portset_free(&world.xn.bound_ports);
	return 0;
}
