// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections to one destination: which local ports those of one source
 * address use whose port connect() chose.  A few are a list; more become a
 * set, in which a free port is found at once.  TIME_WAIT entries stand in the
 * order in which they become fit for reuse (D-65).
 */
#include <linux/random.h>
#include <linux/slab.h>

#include "xtcp.h"
#include "port/dest.h"
#include "port/portset.h"
#include "table/mini.h"

#define DEST_CHAINS	4096U
#define DEST_FEW	32U
/* Entries that one look at a queue passes over, out of the range asked for. */
#define DEST_LOOK	256U

/**
 * struct xtcp_dest - the ports that lead to one destination
 * @node: in its chain
 * @net: namespace, no reference: the owners of the ports hold it
 * @saddr: local address
 * @daddr: remote address
 * @dport: remote port
 * @chain: index of its chain
 * @count: ports in use
 * @timewaits: of struct xtcp_timewait, the one fit for reuse first in front
 * @set: the ports, once they are more than a few
 * @few: the ports before
 */
struct xtcp_dest {
	struct hlist_node node;
	struct net *net;
	struct xtcp_addr saddr;
	struct xtcp_addr daddr;
	__be16 dport;
	u32 chain;
	u32 count;
	struct list_head timewaits;
	struct xtcp_portset *set;
	u16 few[DEST_FEW];
};

/**
 * struct dest_chain - one chain of the table of destinations
 * @lock: guards the chain and all that is on it
 * @chain: xtcp_dest.node
 */
struct dest_chain {
	spinlock_t lock;	/* see above */
	struct hlist_head chain;
};

static struct dest_chain *dests;
static struct kmem_cache *dest_cache;
static hsiphash_key_t dest_key;

static struct dest_chain *chain_of_sock(const struct sock *sk)
{
	u32 hash = xtcp_addrs_hsiphash(xtcp_addr_local(sk), xtcp_addr_peer(sk),
				       (__force u16)inet_sk(sk)->inet_dport,
				       &dest_key);

	return &dests[(hash ^ net_hash_mix(sock_net(sk))) & (DEST_CHAINS - 1)];
}

static struct xtcp_dest *dest_find(struct dest_chain *c, const struct net *net,
				   struct xtcp_addr saddr,
				   struct xtcp_addr daddr, __be16 dport)
{
	struct xtcp_dest *d;

	lockdep_assert_held(&c->lock);
	hlist_for_each_entry(d, &c->chain, node)
		if (xtcp_addr_same(d->daddr, daddr) && d->dport == dport &&
		    xtcp_addr_same(d->saddr, saddr) && net_eq(d->net, net))
			return d;
	return NULL;
}

static __always_inline struct xtcp_dest *find_sock(struct dest_chain *c,
						   const struct sock *sk)
{
	return dest_find(c, sock_net(sk), xtcp_addr_local(sk),
			 xtcp_addr_peer(sk), inet_sk(sk)->inet_dport);
}

static struct xtcp_dest *find_timewait(struct dest_chain *c,
				       const struct xtcp_timewait *tw)
{
	const struct xtcp_tuple *t = &tw->mini.tuple;

	return dest_find(c, tw->mini.net, t->laddr, t->raddr, t->rport);
}

static struct xtcp_dest *dest_get(struct dest_chain *c, const struct sock *sk)
{
	struct xtcp_dest *d = find_sock(c, sk);

	if (d)
		return d;
	d = kmem_cache_alloc(dest_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!d)
		return NULL;
	d->net = sock_net(sk);
	d->saddr = xtcp_addr_local(sk);
	d->daddr = xtcp_addr_peer(sk);
	d->dport = inet_sk(sk)->inet_dport;
	d->chain = c - dests;
	d->count = 0;
	d->set = NULL;
	INIT_LIST_HEAD(&d->timewaits);
	hlist_add_head(&d->node, &c->chain);
	return d;
}

static void dest_put(struct xtcp_dest *d)
{
	if (d->count)
		return;
	hlist_del(&d->node);
	if (d->set) {
		xtcp_portset_free(d->set);
		kfree(d->set);
	}
	kmem_cache_free(dest_cache, d);
}

/* ---- which ports ------------------------------------------------------- */

static bool few_has(const struct xtcp_dest *d, u16 port)
{
	unsigned int i;

	for (i = 0; i < d->count; i++)
		if (d->few[i] == port)
			return true;
	return false;
}

/* More than a few: from now on a set. */
static int to_set(struct xtcp_dest *d)
{
	struct xtcp_portset *set = kzalloc(sizeof(*set), GFP_ATOMIC |
					   __GFP_NOWARN | __GFP_ACCOUNT);
	unsigned int i;

	if (!set)
		return -ENOMEM;
	for (i = 0; i < d->count; i++)
		if (xtcp_portset_add(set, d->few[i])) {
			xtcp_portset_free(set);
			kfree(set);
			return -ENOMEM;
		}
	d->set = set;
	return 0;
}

static int dest_claim(struct xtcp_dest *d, u16 port)
{
	int err;

	if (!d->set && d->count == DEST_FEW) {
		err = to_set(d);
		if (err)
			return err;
	}
	if (d->set)
		err = xtcp_portset_add(d->set, port);
	else
		err = few_has(d, port) ? -EEXIST : 0;
	if (err)
		return err;
	if (!d->set)
		d->few[d->count] = port;
	d->count++;
	return 0;
}

static void dest_unclaim(struct xtcp_dest *d, u16 port)
{
	unsigned int i;

	d->count--;
	if (d->set) {
		xtcp_portset_del(d->set, port);
		xtcp_portset_trim(d->set, port);
	} else {
		for (i = 0; i < d->count; i++)
			if (d->few[i] == port)
				d->few[i] = d->few[d->count];
	}
	dest_put(d);
}

/**
 * xtcp_dest_claim_next() - the next port that leads nowhere yet
 * @sk: locked, connecting, without a port
 * @s: ports that others own, and the parity
 * @from: first port to consider
 * @to: last
 *
 * The port is the socket's until xtcp_dest_release(): no other connection to
 * this destination gets it.
 *
 * Context: process.
 * Return: the port, -EADDRNOTAVAIL if there is none, or -ENOMEM.
 */
int xtcp_dest_claim_next(struct sock *sk, struct xtcp_port_search *s, int from,
			 int to)
{
	struct dest_chain *c = chain_of_sock(sk);
	struct xtcp_dest *d;
	int port = 0, err;

	sock_owned_by_me(sk);
	spin_lock_bh(&c->lock);
	d = dest_get(c, sk);
	err = d ? -EADDRNOTAVAIL : -ENOMEM;
	for (; d && from <= to; from = port + 1) {
		s->busy = d->set;
		port = xtcp_portset_next(s, from, to);
		err = port < 0 ? -EADDRNOTAVAIL : dest_claim(d, port);
		if (err != -EEXIST)
			break;
	}
	if (d && !err)
		xtcp_sk(sk)->dest = d;
	else if (d)
		dest_put(d);
	s->busy = NULL;
	spin_unlock_bh(&c->lock);
	if (err == -EEXIST)
		err = -EADDRNOTAVAIL;
	return err ?: port;
}

/**
 * xtcp_dest_claim() - note a port that was found without the table
 * @sk: locked, connected with that port
 * @port: its port
 *
 * Context: process.
 */
void xtcp_dest_claim(struct sock *sk, u16 port)
{
	struct dest_chain *c = chain_of_sock(sk);
	struct xtcp_dest *d;

	sock_owned_by_me(sk);
	spin_lock_bh(&c->lock);
	d = dest_get(c, sk);
	if (d && !dest_claim(d, port))
		xtcp_sk(sk)->dest = d;
	else if (d)
		dest_put(d);
	spin_unlock_bh(&c->lock);
}

/**
 * xtcp_dest_release() - the port leads nowhere any more
 * @sk: locked or unreachable; nothing happens if it claimed none
 * @port: the port
 *
 * Context: process or bottom halves off.
 */
void xtcp_dest_release(struct sock *sk, u16 port)
{
	struct xtcp_dest *d = xtcp_sk(sk)->dest;
	struct dest_chain *c;

	if (!d)
		return;
	/* It can't go while one of its ports is ours. */
	c = &dests[d->chain];
	spin_lock_bh(&c->lock);
	xtcp_sk(sk)->dest = NULL;
	dest_unclaim(d, port);
	spin_unlock_bh(&c->lock);
}

/* ---- TIME_WAIT --------------------------------------------------------- */

/**
 * xtcp_dest_to_timewait() - the claim of a socket passes to its TIME_WAIT
 * @sk: locked
 * @tw: not yet published
 */
void xtcp_dest_to_timewait(struct sock *sk, struct xtcp_timewait *tw)
{
	struct xtcp_dest *d = xtcp_sk(sk)->dest;

	sock_owned_by_me(sk);
	INIT_LIST_HEAD(&tw->dest_node);
	tw->claims = !!d;
	tw->dest_chain = d ? d->chain : XTCP_NO_DEST;
	xtcp_sk(sk)->dest = NULL;
}

/**
 * xtcp_dest_queue() - a TIME_WAIT entry waits to become fit for reuse
 * @tw: published; in the state TIME_WAIT, its timestamp is of now or before
 *
 * Also when the timestamp was renewed.
 *
 * Context: bottom halves off, which keeps the entry's memory.
 */
void xtcp_dest_queue(struct xtcp_timewait *tw)
{
	struct dest_chain *c;
	struct xtcp_dest *d;

	if (tw->dest_chain == XTCP_NO_DEST || !tw->ts_recent_stamp ||
	    tw->mini.state != TCP_TIME_WAIT)
		return;
	c = &dests[tw->dest_chain];
	spin_lock(&c->lock);
	if (tw->claims) {
		d = find_timewait(c, tw);
		list_del(&tw->dest_node);
		/* All others that are not fit yet became what they are before. */
		if (tw->ts_recent_stamp == (u32)ktime_get_seconds())
			list_add_tail(&tw->dest_node, &d->timewaits);
		else
			list_add(&tw->dest_node, &d->timewaits);
	}
	spin_unlock(&c->lock);
}

/**
 * xtcp_dest_put_timewait() - a TIME_WAIT entry has ended
 * @tw: unhashed
 *
 * Context: bottom halves off.
 */
void xtcp_dest_put_timewait(struct xtcp_timewait *tw)
{
	struct dest_chain *c;

	if (tw->dest_chain == XTCP_NO_DEST)
		return;
	c = &dests[tw->dest_chain];
	spin_lock(&c->lock);
	tw->ended = true;
	if (tw->claims) {
		tw->claims = false;
		list_del_init(&tw->dest_node);
		dest_unclaim(find_timewait(c, tw), ntohs(tw->mini.tuple.lport));
	}
	spin_unlock(&c->lock);
}

static bool port_wanted(const struct xtcp_port_search *s, u16 port, int low,
			int high)
{
	return port >= low && port <= high &&
	       !xtcp_portset_has(s->owned, port) &&
	       !(s->reserved && test_bit(port, s->reserved));
}

/* The first that may be reused; NULL, or -EAGAIN if that takes too long. */
static struct xtcp_timewait *dest_look(struct xtcp_dest *d,
				       const struct xtcp_port_search *s, int low,
				       int high)
{
	unsigned int left = DEST_LOOK;
	struct xtcp_timewait *tw;

	list_for_each_entry(tw, &d->timewaits, dest_node) {
		if (!left--)
			return ERR_PTR(-EAGAIN);
		if (!port_wanted(s, ntohs(tw->mini.tuple.lport), low, high))
			continue;
		/* None behind it is fit before it is. */
		return xtcp_mini_reusable(&tw->mini, true) ? tw : NULL;
	}
	return NULL;
}

/**
 * xtcp_dest_take() - take a port over from TIME_WAIT (D-65)
 * @sk: locked, connecting, without a port
 * @s: ports that others own
 * @low: first port of the range
 * @high: last
 *
 * Context: process.
 * Return: an entry, referenced, that claims its port no longer: the caller
 *	   tells xtcp_dest_taken() what came of it; NULL if there is none;
 *	   -EAGAIN if many would have to be looked at.
 */
struct xtcp_timewait *xtcp_dest_take(struct sock *sk,
				     const struct xtcp_port_search *s,
				     int low, int high)
{
	struct dest_chain *c = chain_of_sock(sk);
	struct xtcp_timewait *tw = NULL;
	struct xtcp_dest *d;

	sock_owned_by_me(sk);
	spin_lock_bh(&c->lock);
	d = find_sock(c, sk);
	if (d)
		tw = dest_look(d, s, low, high);
	if (!IS_ERR_OR_NULL(tw)) {
		/* The table's own goes only after it has left this list. */
		refcount_inc(&tw->mini.refcnt);
		list_del_init(&tw->dest_node);
		tw->claims = false;
	}
	spin_unlock_bh(&c->lock);
	return tw;
}

/**
 * xtcp_dest_taken() - what came of xtcp_dest_take()
 * @sk: the socket
 * @tw: the entry, whose reference ends here
 * @ok: the socket has the port now
 *
 * Context: process.
 */
void xtcp_dest_taken(struct sock *sk, struct xtcp_timewait *tw, bool ok)
{
	struct dest_chain *c = &dests[tw->dest_chain];
	struct xtcp_dest *d;

	spin_lock_bh(&c->lock);
	d = find_timewait(c, tw);
	if (ok) {
		xtcp_sk(sk)->dest = d;
	} else if (tw->ended) {
		dest_unclaim(d, ntohs(tw->mini.tuple.lport));
	} else {
		tw->claims = true;
		/* Fit for reuse as it was, it stays before those that aren't. */
		list_add(&tw->dest_node, &d->timewaits);
	}
	spin_unlock_bh(&c->lock);
	xtcp_mini_put(&tw->mini);
}

/**
 * xtcp_dest_init() - at module load
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_dest_init(void)
{
	unsigned int i;

	get_random_bytes(&dest_key, sizeof(dest_key));
	dests = kvcalloc(DEST_CHAINS, sizeof(*dests), GFP_KERNEL);
	dest_cache = kmem_cache_create("xtcp_dest", sizeof(struct xtcp_dest),
				       0, SLAB_ACCOUNT, NULL);
	if (!dests || !dest_cache) {
		xtcp_dest_exit();
		return -ENOMEM;
	}
	for (i = 0; i < DEST_CHAINS; i++)
		spin_lock_init(&dests[i].lock);
	return 0;
}

/** xtcp_dest_exit() - at module unload, table empty */
void xtcp_dest_exit(void)
{
	kmem_cache_destroy(dest_cache);
	kvfree(dests);
	dest_cache = NULL;
	dests = NULL;
}
