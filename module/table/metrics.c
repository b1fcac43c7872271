// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of destinations that connections have ended with: what the next one may
 * begin with (H-42).  It is one for all namespaces; chains are short, and where one is
 * full whoever was met longest ago makes room.  What is remembered, and when, is in
 * remember.c.
 */
#include <linux/random.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <net/dst.h>

#include "xtcp.h"
#include "table/metrics.h"

#define CHAIN_LENGTH	6
#define METRICS_AGE	(60UL * 60 * HZ)	/* what is older is forgotten */

/**
 * struct metrics_entry - a destination
 * @next: of its chain
 * @net: namespace
 * @laddr: our address
 * @raddr: the peer's
 * @stamp: when a connection last told of it, jiffies
 * @m: what
 */
struct metrics_entry {
	struct metrics_entry *next;
	const struct net *net;
	struct xtcp_addr laddr;
	struct xtcp_addr raddr;
	unsigned long stamp;
	struct xtcp_metrics m;
};

/**
 * struct metrics_chain - those of one hash
 * @lock: guards the chain and what is in its entries
 * @first: an entry
 */
struct metrics_chain {
	spinlock_t lock;	/* see above */
	struct metrics_entry *first;
};

/**
 * struct metrics_key - whom a look-up is for
 * @net: namespace
 * @laddr: our address
 * @raddr: the peer's
 */
struct metrics_key {
	const struct net *net;
	struct xtcp_addr laddr;
	struct xtcp_addr raddr;
};

static struct metrics_chain *chains __read_mostly;
static hsiphash_key_t metrics_hash_key __ro_after_init;

static struct metrics_key key_of(const struct sock *sk)
{
	return (struct metrics_key){ sock_net(sk), xtcp_addr_source(sk),
				     xtcp_addr_peer(sk) };
}

/* Keyed: who chooses addresses does not choose whose entry makes room for theirs. */
static struct metrics_chain *chain_of(const struct metrics_key *key)
{
	u32 hash = xtcp_addrs_hsiphash(key->laddr, key->raddr, net_hash_mix(key->net),
				       &metrics_hash_key);

	return &chains[hash & (XTCP_METRICS_CHAINS - 1)];
}

static bool entry_is(const struct metrics_entry *e, const struct metrics_key *key)
{
	return net_eq(e->net, key->net) && xtcp_addr_same(e->raddr, key->raddr) &&
	       xtcp_addr_same(e->laddr, key->laddr);
}

/* Milliseconds in a route, and any number of them */
static u32 route_time(const struct dst_entry *dst, int metric)
{
	return min_t(u64, (u64)dst_metric_raw(dst, metric) * USEC_PER_MSEC, U32_MAX);
}

static u8 route_lock(const struct dst_entry *dst, int metric, u8 bit)
{
	return dst_metric_locked(dst, metric) ? bit : 0;
}

/*
 * Nothing is known yet but what the route says.
 * Counterpart of the kernel's tcpm_suck_dst().
 */
static void entry_begin(struct metrics_entry *e, const struct dst_entry *dst)
{
	e->stamp = jiffies;
	e->m = (struct xtcp_metrics){
		.rtt = route_time(dst, RTAX_RTT),
		.rttvar = route_time(dst, RTAX_RTTVAR),
		.ssthresh = dst_metric_raw(dst, RTAX_SSTHRESH),
		.cwnd = dst_metric_raw(dst, RTAX_CWND),
		.reordering = dst_metric_raw(dst, RTAX_REORDERING),
		.locked = route_lock(dst, RTAX_RTT, XTCP_METRIC_RTT) |
			  route_lock(dst, RTAX_RTTVAR, XTCP_METRIC_RTTVAR) |
			  route_lock(dst, RTAX_SSTHRESH, XTCP_METRIC_SSTHRESH) |
			  route_lock(dst, RTAX_CWND, XTCP_METRIC_CWND) |
			  route_lock(dst, RTAX_REORDERING, XTCP_METRIC_REORDERING),
	};
}

/* The entry of @key; NULL: @oldest may make room for it, if there is no more */
static struct metrics_entry *chain_find(const struct metrics_chain *c,
					const struct metrics_key *key,
					struct metrics_entry **oldest)
{
	struct metrics_entry *e;
	unsigned int n = 0;

	*oldest = NULL;
	for (e = c->first; e; e = e->next, n++) {
		if (entry_is(e, key))
			return e;
		if (!*oldest || time_before(e->stamp, (*oldest)->stamp))
			*oldest = e;
	}
	if (n < CHAIN_LENGTH)
		*oldest = NULL;
	return NULL;
}

/* As it is now: what is old gives way to what the route says. */
static struct metrics_entry *chain_get(const struct metrics_chain *c,
				       const struct metrics_key *key,
				       const struct dst_entry *dst,
				       struct metrics_entry **oldest)
{
	struct metrics_entry *e = chain_find(c, key, oldest);

	if (e && time_after(jiffies, e->stamp + METRICS_AGE))
		entry_begin(e, dst);
	return e;
}

/* One more, or another destination's place; NULL: no memory */
static struct metrics_entry *chain_add(struct metrics_chain *c,
				       const struct metrics_key *key,
				       const struct dst_entry *dst,
				       struct metrics_entry *oldest)
{
	struct metrics_entry *e = oldest;

	if (!e) {
		e = kmalloc(sizeof(*e), GFP_ATOMIC | __GFP_NOWARN);
		if (!e)
			return NULL;
		e->next = c->first;
		WRITE_ONCE(c->first, e);
	}
	e->net = key->net;
	e->laddr = key->laddr;
	e->raddr = key->raddr;
	entry_begin(e, dst);
	return e;
}

/**
 * xtcp_metrics_get() - what is remembered of a connection's destination
 * @sk: locked, its addresses and route known
 * @m: filled in
 *
 * Context: any.
 * Return: false if it is nothing.
 */
bool xtcp_metrics_get(struct sock *sk, struct xtcp_metrics *m)
{
	const struct dst_entry *dst = __sk_dst_get(sk);
	const struct metrics_key key = key_of(sk);
	struct metrics_chain *c = chain_of(&key);
	struct metrics_entry *e, *oldest;

	sock_owned_by_me(sk);
	/* Most have met nobody before: a look without the lock. */
	if (!dst || !READ_ONCE(c->first))
		return false;
	spin_lock_bh(&c->lock);
	e = chain_get(c, &key, dst, &oldest);
	if (e)
		*m = e->m;
	spin_unlock_bh(&c->lock);
	return e;
}

/**
 * xtcp_metrics_update() - a connection tells of its destination
 * @sk: locked, its addresses and route known
 * @create: it shall be remembered from now on, for as long as news of it is
 * @change: what of it
 *
 * Context: any.
 */
void xtcp_metrics_update(struct sock *sk, bool create, xtcp_metrics_change *change)
{
	const struct dst_entry *dst = __sk_dst_get(sk);
	const struct metrics_key key = key_of(sk);
	struct metrics_chain *c = chain_of(&key);
	struct metrics_entry *e, *oldest;

	sock_owned_by_me(sk);
	if (!dst)
		return;
	spin_lock_bh(&c->lock);
	e = chain_get(c, &key, dst, &oldest);
	if (!e && create)
		e = chain_add(c, &key, dst, oldest);
	if (e) {
		change(&e->m, sk);
		/* What forgets is no news. */
		if (create)
			e->stamp = jiffies;
	}
	spin_unlock_bh(&c->lock);
}

/**
 * xtcp_metrics_proven() - has a connection with it ended in order? (C-18)
 * @net: namespace
 * @laddr: our address
 * @raddr: the peer's
 *
 * Counterpart of the kernel's tcp_peer_is_proven().
 *
 * Context: any.
 */
bool xtcp_metrics_proven(struct net *net, struct xtcp_addr laddr,
			 struct xtcp_addr raddr)
{
	const struct metrics_key key = { net, laddr, raddr };
	struct metrics_chain *c = chain_of(&key);
	struct metrics_entry *e, *oldest;
	bool proven;

	spin_lock_bh(&c->lock);
	e = chain_find(c, &key, &oldest);
	proven = e && e->m.rtt && !time_after(jiffies, e->stamp + METRICS_AGE);
	spin_unlock_bh(&c->lock);
	return proven;
}

/* Those of @net, or all */
static void chain_flush(struct metrics_chain *c, const struct net *net)
{
	struct metrics_entry **link = &c->first, *e;

	if (!READ_ONCE(c->first))
		return;
	spin_lock_bh(&c->lock);
	while ((e = *link)) {
		if (net && !net_eq(e->net, net)) {
			link = &e->next;
			continue;
		}
		WRITE_ONCE(*link, e->next);
		kfree(e);
	}
	spin_unlock_bh(&c->lock);
}

/**
 * xtcp_metrics_flush() - forget all destinations of a namespace
 * @net: namespace
 *
 * Context: process.
 */
void xtcp_metrics_flush(struct net *net)
{
	unsigned int i;

	for (i = 0; i < XTCP_METRICS_CHAINS; i++)
		chain_flush(&chains[i], net);
}

static void show_time(struct seq_file *m, const char *name, u32 us)
{
	if (us)
		seq_printf(m, " %s %uus", name, us);
}

static void show_number(struct seq_file *m, const char *name, u32 n)
{
	if (n)
		seq_printf(m, " %s %u", name, n);
}

static void show_entry(struct seq_file *m, const struct metrics_entry *e)
{
	unsigned int age = jiffies_to_msecs(jiffies - e->stamp);

	seq_printf(m, XTCP_ADDR_PFMT " age %u.%03usec", &e->raddr, age / 1000,
		   age % 1000);
	show_number(m, "ssthresh", e->m.ssthresh);
	show_number(m, "cwnd", e->m.cwnd);
	show_number(m, "reordering", e->m.reordering);
	show_time(m, "rtt", e->m.rtt >> 3);
	show_time(m, "rttvar", e->m.rttvar >> 2);
	seq_printf(m, " source " XTCP_ADDR_PFMT "\n", &e->laddr);
}

/**
 * xtcp_metrics_show() - a chain of the table, as ip(8) shows TCP's (ip tcp_metrics)
 * @m: where
 * @net: whose entries
 * @chain: number of the chain, below XTCP_METRICS_CHAINS
 *
 * Context: process.
 */
void xtcp_metrics_show(struct seq_file *m, struct net *net, unsigned int chain)
{
	const struct metrics_entry *e;

	if (!READ_ONCE(chains[chain].first))
		return;
	spin_lock_bh(&chains[chain].lock);
	for (e = chains[chain].first; e; e = e->next)
		if (net_eq(e->net, net))
			show_entry(m, e);
	spin_unlock_bh(&chains[chain].lock);
}

/**
 * xtcp_metrics_init() - at module load
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_metrics_init(void)
{
	unsigned int i;

	get_random_bytes(&metrics_hash_key, sizeof(metrics_hash_key));
	chains = kvcalloc(XTCP_METRICS_CHAINS, sizeof(*chains), GFP_KERNEL);
	if (!chains)
		return -ENOMEM;
	for (i = 0; i < XTCP_METRICS_CHAINS; i++)
		spin_lock_init(&chains[i].lock);
	return 0;
}

/** xtcp_metrics_exit() - at module unload, no namespace is left */
void xtcp_metrics_exit(void)
{
	unsigned int i;

	/* A socket of the kernel's may have ended after its namespace. */
	for (i = 0; i < XTCP_METRICS_CHAINS; i++)
		chain_flush(&chains[i], NULL);
	kvfree(chains);
}
