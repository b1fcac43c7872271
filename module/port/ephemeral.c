// SPDX-License-Identifier: GPL-2.0-only
/*
 * The choice of a port: of one that has no owner for bind() to port 0
 * (inventory B.6), of one whose 4-tuple is free for connect() (D.7).  Both
 * start where nobody can guess it and take one parity after the other, each the
 * one that the other leaves for later.
 */
#include <linux/random.h>
#include <linux/string.h>

#include "xtcp.h"
#include "port/dest.h"
#include "port/ephemeral.h"
#include "port/owners.h"
#include "port/port.h"
#include "port/portset.h"
#include "table/mini.h"

#define PERTURB_SLOTS	65536U
/* Entries in TIME_WAIT that may turn out to be gone, one after the other. */
#define REUSE_TRIES	16

/* D-61: how far connect()'s search got, by a hash of the destination. */
static u32 *perturb;
static siphash_aligned_key_t perturb_key;

static void search_init(struct xtcp_port_search *s, struct net *net,
			const struct xtcp_portset *owned)
{
	s->busy = NULL;
	s->owned = owned;
	s->reserved = READ_ONCE(net->ipv4.sysctl_local_reserved_ports);
}

/* ---- bind() ------------------------------------------------------------- */

/* Ports without any owner, from @start to the end and on from the beginning. */
static int bind_unowned(struct sock *sk, int low, int high, int start,
			const struct xtcp_bind_rules *r)
{
	struct net *net = sock_net(sk);
	struct xtcp_port_search s;
	int port;

	search_init(&s, net, &xtcp_pernet(net)->used_ports);
	s.parity = start & 1;
	for (port = start;; port++) {
		port = xtcp_portset_next(&s, port, high);
		if (port < 0)
			break;
		if (!xtcp_port_bind_at(sk, port, r))
			return 0;
	}
	for (port = low;; port++) {
		port = xtcp_portset_next(&s, port, start - 1);
		if (port < 0)
			return -EADDRINUSE;
		if (!xtcp_port_bind_at(sk, port, r))
			return 0;
	}
}

/* Ports whose owners may have no objection, one by one. */
static int bind_owned(struct sock *sk, int low, int high, int start,
		      const struct xtcp_bind_rules *r)
{
	struct net *net = sock_net(sk);
	int i, port, n = high - low + 1;

	for (i = 0; i < n; i += 2) {
		port = start + i <= high ? start + i :
					   low + ((start - low) & 1) +
					   (start + i - high - 1) / 2 * 2;
		if (!inet_is_local_reserved_port(net, port) &&
		    !xtcp_port_bind_at(sk, port, r))
			return 0;
		if (!(i % 128))
			cond_resched();
	}
	return -EADDRINUSE;
}

/* Does this binder overlap with every owner that there could be? */
static bool overlaps_all(const struct sock *sk)
{
	return xtcp_addr_is_any(xtcp_addr_local(sk)) && !sk->sk_bound_dev_if &&
	       !atomic_read(&xtcp_pernet(sock_net(sk))->vrf_ports);
}

/* B-71: ports whose parity differs from the lowest first, from anywhere. */
static int bind_scan(struct sock *sk, int low, int high,
		     const struct xtcp_bind_rules *r)
{
	int start[2], parity, n;

	for (parity = 1; parity >= 0; parity--) {
		n = (high - low + 2 - parity) / 2;
		if (!n)
			continue;
		start[parity] = low + parity +
				2 * reciprocal_scale(get_random_u32(), n);
		if (!bind_unowned(sk, low, high, start[parity], r))
			return 0;
	}
	/* The first pass shares nothing (B-75). */
	if (!r->relax && overlaps_all(sk))
		return -EADDRINUSE;
	for (parity = 1; parity >= 0; parity--)
		if (low + parity <= high &&
		    !bind_owned(sk, low, high, start[parity], r))
			return 0;
	return -EADDRINUSE;
}

static int bind_pass(struct sock *sk, const struct xtcp_bind_rules *r)
{
	int low, high, half;

	inet_sk_get_local_port_range(sk, &low, &high);
	/* B-72: who may share keeps to the lower half while it lasts. */
	if (sk->sk_reuse && high - low >= 3) {
		half = low + (((high + 1 - low) >> 2) << 1);
		if (!bind_scan(sk, low, half - 1, r))
			return 0;
		return bind_scan(sk, half, high, r);
	}
	return bind_scan(sk, low, high, r);
}

/**
 * xtcp_ephemeral_bind() - bind() to port 0
 * @sk: locked, receive address set
 * @r: the rules of an explicit bind; changed
 *
 * Counterpart of the kernel's inet_csk_find_open_port().
 *
 * Context: process.
 * Return: 0 or -EADDRINUSE (B-75).
 */
int xtcp_ephemeral_bind(struct sock *sk, struct xtcp_bind_rules *r)
{
	int err;

	sock_owned_by_me(sk);
	r->port_zero = true;
	r->relax = false;
	err = bind_pass(sk, r);
	if (err && READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_autobind_reuse)) {
		r->relax = true;
		err = bind_pass(sk, r);
	}
	return err;
}

/* ---- connect() ---------------------------------------------------------- */

/* Counterpart of the kernel's inet_sk_port_offset(). */
static u32 perturb_hash(const struct sock *sk)
{
	u64 now = get_jiffies_64();

	net_get_random_once(&perturb_key, sizeof(perturb_key));
	/* The epoch keeps an observer from learning the offsets for good. */
	return xtcp_addrs_siphash_2u32(xtcp_addr_local(sk), xtcp_addr_peer(sk),
				       (__force u16)inet_sk(sk)->inet_dport,
				       (u32)(now >> 13), &perturb_key);
}

/* Free ports of one parity in [@from, @to]: the port, or an error. */
static int connect_part(struct sock *sk, struct xtcp_port_search *s, int from,
			int to)
{
	int port, err;

	while (from <= to) {
		port = xtcp_dest_claim_next(sk, s, from, to);
		if (port < 0)
			return port;
		err = xtcp_port_connect_at(sk, port, true);
		if (!err)
			return port;
		/* Somebody bound it just now, or its segments still fly. */
		xtcp_dest_release(sk, port);
		if (err != -EADDRNOTAVAIL)
			return err;
		from = port + 1;
	}
	return -EADDRNOTAVAIL;
}

static int connect_free(struct sock *sk, struct xtcp_port_search *s, int low,
			int high, int start)
{
	int parity, port = -EADDRNOTAVAIL;

	for (parity = 0; parity < 2 && port == -EADDRNOTAVAIL; parity++) {
		s->parity = (low + parity) & 1;
		port = connect_part(sk, s, start, high);
		if (port == -EADDRNOTAVAIL)
			port = connect_part(sk, s, low, start - 1);
	}
	return port;
}

/* The oldest of TIME_WAIT (D-65); -EAGAIN: it would take long to find out. */
static int connect_reuse(struct sock *sk, const struct xtcp_port_search *s,
			 int low, int high)
{
	struct xtcp_timewait *tw;
	int tries, port, err;

	for (tries = 0; tries < REUSE_TRIES; tries++) {
		tw = xtcp_dest_take(sk, s, low, high);
		if (!tw)
			return -EADDRNOTAVAIL;
		if (IS_ERR(tw))
			return PTR_ERR(tw);
		port = ntohs(tw->mini.tuple.lport);
		err = xtcp_port_connect_at(sk, port, true);
		xtcp_dest_taken(sk, tw, !err);
		if (err != -EADDRNOTAVAIL)
			return err ?: port;
	}
	return -EAGAIN;
}

/* Where sets of ports don't tell: owners of devices or VRFs. */
static int connect_walk(struct sock *sk, int low, int high, int start)
{
	int range = high - low + 1, parity, i, port, err;

	for (parity = 0; parity < 2; parity++) {
		for (i = parity; i < range; i += 2) {
			if (i % 128 < 2)
				cond_resched();
			port = low + (start - low + i) % range;
			if (inet_is_local_reserved_port(sock_net(sk), port))
				continue;
			err = xtcp_port_connect_at(sk, port, true);
			if (err != -EADDRNOTAVAIL)
				return err ?: port;
		}
	}
	return -EADDRNOTAVAIL;
}

static int connect_search(struct sock *sk, int low, int high, int start)
{
	struct net *net = sock_net(sk);
	struct xtcp_net *xn = xtcp_pernet(net);
	struct xtcp_port_search s;
	int port;

	if (sk->sk_bound_dev_if || atomic_read(&xn->vrf_ports))
		return connect_walk(sk, low, high, start);
	search_init(&s, net, &xn->bound_ports);
	port = connect_free(sk, &s, low, high, start);
	if (port == -EADDRNOTAVAIL)
		port = connect_reuse(sk, &s, low, high);
	if (port == -EAGAIN) {
		port = connect_walk(sk, low, high, start);
		if (port >= 0)
			xtcp_dest_claim(sk, port);
	}
	return port;
}

/**
 * xtcp_ephemeral_connect() - choose a port whose 4-tuple is free, and claim it
 * @sk: locked, SYN_SENT, addresses and peer port set
 *
 * RFC 6056 3.3.4, double hash: where the search starts depends on the
 * destination by a secret, and moves on with each connection (D-61).  Ports of
 * the lowest one's parity come first; bind() begins with the others (B-71).
 *
 * Counterpart of the kernel's __inet_hash_connect().
 *
 * Context: process.
 * Return: 0, -EADDRNOTAVAIL (D-27) or -ENOMEM (D-28).
 */
int xtcp_ephemeral_connect(struct sock *sk)
{
	u32 hash = perturb_hash(sk);
	u32 *step = &perturb[hash & (PERTURB_SLOTS - 1)];
	int low, high, range, start, port, far;

	sock_owned_by_me(sk);
	inet_sk_get_local_port_range(sk, &low, &high);
	range = high - low + 1;
	if (range > 1)
		range &= ~1;
	start = (READ_ONCE(*step) + (hash >> 16)) % range;
	start = low + (start & ~1);
	port = connect_search(sk, low, low + range - 1, start);
	if (port < 0)
		return port;
	far = (port - start + range) % range;
	far = max_t(int, far, get_random_u32() & 14);
	WRITE_ONCE(*step, READ_ONCE(*step) + far + 2);
	return 0;
}

/**
 * xtcp_ephemeral_init() - at module load
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_ephemeral_init(void)
{
	perturb = kvcalloc(PERTURB_SLOTS, sizeof(*perturb), GFP_KERNEL);
	if (!perturb)
		return -ENOMEM;
	get_random_bytes(perturb, PERTURB_SLOTS * sizeof(*perturb));
	return 0;
}

/** xtcp_ephemeral_exit() - at module unload */
void xtcp_ephemeral_exit(void)
{
	kvfree(perturb);
	perturb = NULL;
}
