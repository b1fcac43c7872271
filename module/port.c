// SPDX-License-Identifier: GPL-2.0-only
/*
 * The port table: who owns which local port, whether two owners go together
 * (inventory B.3 and B.4), and the choice of a port (B.6, D.7).
 */
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/sock_reuseport.h>

#include "xtcp.h"

#define BHASH_HEADS		4096U
#define PERTURB_SLOTS		65536U

/**
 * struct xtcp_bind_head - one chain of the port table
 * @lock: guards the chain, its buckets and their owner lists
 * @chain: xtcp_bind_bucket.node
 */
struct xtcp_bind_head {
	spinlock_t lock;	/* see above */
	struct hlist_head chain;
};

static struct xtcp_bind_head *bhash;
static struct kmem_cache *bucket_cache;
/* D-61: how far connect()'s search got, by a hash of the destination. */
static u32 *perturb;
static siphash_aligned_key_t perturb_key;

static struct xtcp_bind_head *bind_head(const struct net *net, u16 port)
{
	return &bhash[(port + net_hash_mix(net)) & (BHASH_HEADS - 1)];
}

static struct xtcp_bind_bucket *bucket_find(struct xtcp_bind_head *head,
					    const struct net *net, u16 port)
{
	struct xtcp_bind_bucket *b;

	lockdep_assert_held(&head->lock);
	hlist_for_each_entry(b, &head->chain, node)
		if (b->port == port && net_eq(b->net, net))
			return b;
	return NULL;
}

static struct xtcp_bind_bucket *bucket_get(struct xtcp_bind_head *head,
					   struct net *net, u16 port)
{
	struct xtcp_bind_bucket *b = bucket_find(head, net, port);

	if (b)
		return b;
	b = kmem_cache_zalloc(bucket_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!b)
		return NULL;
	b->net = net;
	b->port = port;
	hlist_add_head(&b->node, &head->chain);
	return b;
}

static void bucket_put(struct xtcp_bind_bucket *b)
{
	if (!hlist_empty(&b->owners) || !hlist_empty(&b->tw_owners))
		return;
	hlist_del(&b->node);
	kmem_cache_free(bucket_cache, b);
}

static void bucket_own(struct xtcp_bind_bucket *b, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	inet_sk(sk)->inet_num = b->port;
	hlist_add_head(&xs->bind_node, &b->owners);
	xs->bind = b;
}

/* B-20 to B-26: do the two want the same packets? */
static bool overlap(const struct sock *sk, __be32 addr2, int dev2)
{
	__be32 addr = inet_sk(sk)->inet_rcv_saddr;

	if (sk->sk_bound_dev_if && dev2 && sk->sk_bound_dev_if != dev2)
		return false;
	return !addr || !addr2 || addr == addr2;
}

/**
 * struct bind_rules - what one pass over the owners takes for granted
 * @uid: the binder's
 * @port_zero: the port is the kernel's choice
 * @relax: sharing is allowed at all (false: first pass of port 0)
 * @reuseport: the binder may join reuseport owners (B-58)
 */
struct bind_rules {
	kuid_t uid;
	bool port_zero;
	bool relax;
	bool reuseport;
};

/* B-40 to B-55: may @sk stand beside an owner that overlaps it? */
static bool may_share(const struct sock *sk, const struct bind_rules *r,
		      bool reuse2, bool reuseport2, bool listen2,
		      bool same_group)
{
	bool reuse = sk->sk_reuse && reuse2 && !listen2;
	bool group = r->reuseport && reuseport2 && same_group;

	if (!r->relax)
		return false;
	if (r->port_zero)
		return reuse && !group;
	return reuse || group;
}

static bool sock_conflict(struct sock *sk, struct sock *sk2,
			  const struct bind_rules *r)
{
	bool same_uid;

	if (sk == sk2 || !overlap(sk, inet_sk(sk2)->inet_rcv_saddr,
				  sk2->sk_bound_dev_if))
		return false;
	same_uid = uid_eq(r->uid, xtcp_sk_uid(sk2));
	return !may_share(sk, r, sk2->sk_reuse, sk2->sk_reuseport,
			  sk2->sk_state == TCP_LISTEN, same_uid);
}

static bool timewait_conflict(const struct sock *sk,
			      const struct xtcp_timewait *tw,
			      const struct bind_rules *r)
{
	if (!overlap(sk, tw->mini.laddr, tw->mini.bound_dev_if))
		return false;
	return !may_share(sk, r, tw->reuse, tw->reuseport, false, true);
}

static bool bind_conflict(struct sock *sk, struct xtcp_bind_bucket *b,
			  const struct bind_rules *r)
{
	struct xtcp_timewait *tw;
	struct xtcp_sock *xs2;

	hlist_for_each_entry(xs2, &b->owners, bind_node)
		if (sock_conflict(sk, &xs2->inet.sk, r))
			return true;
	hlist_for_each_entry(tw, &b->tw_owners, bind_node)
		if (timewait_conflict(sk, tw, r))
			return true;
	return false;
}

static void bind_rules_init(struct sock *sk, struct bind_rules *r)
{
	r->uid = xtcp_sk_uid(sk);
	r->port_zero = false;
	r->relax = true;
	r->reuseport = sk->sk_reuseport &&
		       !rcu_access_pointer(sk->sk_reuseport_cb);
}

/* Joins @port if the rules allow; takes and drops the head's lock. */
static int bind_try(struct sock *sk, u16 port, const struct bind_rules *r)
{
	struct net *net = sock_net(sk);
	struct xtcp_bind_head *head = bind_head(net, port);
	struct xtcp_bind_bucket *b;
	int err = -EADDRINUSE;

	spin_lock_bh(&head->lock);
	b = bucket_get(head, net, port);
	if (b && !bind_conflict(sk, b, r)) {
		b->bound = true;
		if (!xtcp_sk(sk)->bind)
			bucket_own(b, sk);
		err = 0;
	}
	if (b)
		bucket_put(b);
	spin_unlock_bh(&head->lock);
	return err;
}

/* B-71: ports whose parity differs from the lowest first, from anywhere. */
static int bind_scan(struct sock *sk, int low, int high,
		     const struct bind_rules *r)
{
	struct net *net = sock_net(sk);
	int parity, i, n, start, port;

	for (parity = 1; parity >= 0; parity--) {
		n = (high - low + 2 - parity) / 2;
		if (!n)
			continue;
		start = reciprocal_scale(get_random_u32(), n);
		for (i = 0; i < n; i++) {
			port = low + parity + 2 * ((start + i) % n);
			if (!inet_is_local_reserved_port(net, port) &&
			    !bind_try(sk, port, r))
				return 0;
			if (!(i % 64))
				cond_resched();
		}
	}
	return -EADDRINUSE;
}

static int bind_pass(struct sock *sk, const struct bind_rules *r)
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
 * xtcp_port_bind() - claim a local port (proto.get_port)
 * @sk: locked, receive address set; CLOSE, or LISTEN with its port to check
 *	the rules again (B-56)
 * @port: host order, 0: choose one
 *
 * Context: process.
 * Return: 0 or -EADDRINUSE (B-10).
 */
int xtcp_port_bind(struct sock *sk, unsigned short port)
{
	struct bind_rules r;
	int err;

	bind_rules_init(sk, &r);
	if (port)
		return bind_try(sk, port, &r);
	r.port_zero = true;
	r.relax = false;
	err = bind_pass(sk, &r);
	if (err && READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_autobind_reuse)) {
		r.relax = true;
		err = bind_pass(sk, &r);
	}
	return err;
}

/* D-62: one candidate; takes and drops the head's lock. */
static int connect_try(struct sock *sk, u16 port, bool auto_port)
{
	struct net *net = sock_net(sk);
	struct xtcp_bind_head *head = bind_head(net, port);
	struct xtcp_mini *dead = NULL;
	struct xtcp_bind_bucket *b;
	int err = -EADDRNOTAVAIL;

	local_bh_disable();
	spin_lock(&head->lock);
	if (!auto_port) {
		err = xtcp_hash_connect(sk, port, &dead, false);
		goto unlock;
	}
	b = bucket_get(head, net, port);
	if (!b)
		goto unlock;
	if (!b->bound)
		err = xtcp_hash_connect(sk, port, &dead, true);
	if (!err)
		bucket_own(b, sk);
	bucket_put(b);
unlock:
	spin_unlock(&head->lock);
	if (dead) {
		XTCP_INC(net, TWRECYCLED);
		xtcp_mini_forget(dead);
	}
	local_bh_enable();
	return err;
}

static u32 perturb_hash(const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	u64 now = get_jiffies_64();

	net_get_random_once(&perturb_key, sizeof(perturb_key));
	/* The epoch keeps an observer from learning the offsets for good. */
	return siphash_4u32((__force u32)inet->inet_rcv_saddr,
			    (__force u32)inet->inet_daddr,
			    (__force u16)inet->inet_dport,
			    (u32)(now >> 13), &perturb_key);
}

/* RFC 6056 3.3.4, double hash; even ports first, bind() prefers odd (D-61). */
static int connect_scan(struct sock *sk)
{
	struct net *net = sock_net(sk);
	u32 hash = perturb_hash(sk);
	u32 *step = &perturb[hash & (PERTURB_SLOTS - 1)];
	int low, high, range, offset, parity, i, port;

	inet_sk_get_local_port_range(sk, &low, &high);
	range = high - low + 1;
	if (range > 1)
		range &= ~1;
	offset = (READ_ONCE(*step) + (hash >> 16)) % range;
	offset &= ~1;
	for (parity = 0; parity < 2; parity++) {
		for (i = parity; i < range; i += 2) {
			port = low + (offset + i) % range;
			if (inet_is_local_reserved_port(net, port))
				continue;
			if (!connect_try(sk, port, true)) {
				i = max_t(int, i, get_random_u32() & 14);
				WRITE_ONCE(*step, READ_ONCE(*step) + i + 2);
				return 0;
			}
			if (!(i % 128))
				cond_resched();
		}
	}
	return -EADDRNOTAVAIL;
}

/**
 * xtcp_port_connect() - complete and claim the 4-tuple of an active open
 * @sk: locked, SYN_SENT, addresses and peer port set; if it has a port it
 *	keeps it
 *
 * On success the socket is in the table of connections.
 *
 * Context: process.
 * Return: 0 or -EADDRNOTAVAIL (D-26, D-27).
 */
int xtcp_port_connect(struct sock *sk)
{
	u16 port = inet_sk(sk)->inet_num;

	return port ? connect_try(sk, port, false) : connect_scan(sk);
}

/**
 * xtcp_port_inherit() - a child becomes an owner of its listener's port
 * @child: not yet published
 * @listener: its parent
 *
 * Context: bottom halves off.
 * Return: false if the listener has lost the port meanwhile.
 */
bool xtcp_port_inherit(struct sock *child, const struct sock *listener)
{
	struct xtcp_bind_head *head;
	struct xtcp_bind_bucket *b;

	head = bind_head(sock_net(child), inet_sk(child)->inet_num);
	spin_lock(&head->lock);
	/* Only a bucket of this chain: the listener may have moved on. */
	b = bucket_find(head, sock_net(child), inet_sk(child)->inet_num);
	if (b && READ_ONCE(xtcp_sk(listener)->bind) != b)
		b = NULL;
	if (b)
		bucket_own(b, child);
	spin_unlock(&head->lock);
	return b;
}

/**
 * xtcp_port_put() - give up the local port (proto.put_port)
 * @sk: locked or unreachable
 *
 * Context: process or bottom halves off.
 */
void xtcp_port_put(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_bind_head *head;

	if (!xs->bind)
		return;
	head = bind_head(sock_net(sk), inet_sk(sk)->inet_num);
	spin_lock_bh(&head->lock);
	hlist_del_init(&xs->bind_node);
	bucket_put(xs->bind);
	xs->bind = NULL;
	inet_sk(sk)->inet_num = 0;
	spin_unlock_bh(&head->lock);
}

/**
 * xtcp_port_to_timewait() - a TIME_WAIT entry becomes an owner too (B-29)
 * @sk: locked, owner of a port
 * @tw: not yet published
 *
 * Context: bottom halves off.
 */
void xtcp_port_to_timewait(struct sock *sk, struct xtcp_timewait *tw)
{
	struct xtcp_bind_head *head;

	head = bind_head(sock_net(sk), inet_sk(sk)->inet_num);
	spin_lock(&head->lock);
	tw->bind = xtcp_sk(sk)->bind;
	if (tw->bind)
		hlist_add_head(&tw->bind_node, &tw->bind->tw_owners);
	spin_unlock(&head->lock);
}

/**
 * xtcp_port_put_timewait() - a TIME_WAIT entry gives up its port
 * @tw: unhashed
 *
 * Context: bottom halves off, no other lock.
 */
void xtcp_port_put_timewait(struct xtcp_timewait *tw)
{
	struct xtcp_bind_head *head = bind_head(tw->mini.net,
						ntohs(tw->mini.lport));

	spin_lock(&head->lock);
	if (tw->bind) {
		hlist_del(&tw->bind_node);
		bucket_put(tw->bind);
		tw->bind = NULL;
	}
	spin_unlock(&head->lock);
}

/**
 * xtcp_port_init() - at module load
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_port_init(void)
{
	unsigned int i;

	bhash = kvcalloc(BHASH_HEADS, sizeof(*bhash), GFP_KERNEL);
	perturb = kvcalloc(PERTURB_SLOTS, sizeof(*perturb), GFP_KERNEL);
	bucket_cache = kmem_cache_create("xtcp_bind_bucket",
					 sizeof(struct xtcp_bind_bucket), 0,
					 SLAB_ACCOUNT, NULL);
	if (!bhash || !perturb || !bucket_cache) {
		xtcp_port_exit();
		return -ENOMEM;
	}
	for (i = 0; i < BHASH_HEADS; i++)
		spin_lock_init(&bhash[i].lock);
	get_random_bytes(perturb, PERTURB_SLOTS * sizeof(*perturb));
	return 0;
}

/** xtcp_port_exit() - at module unload, table empty */
void xtcp_port_exit(void)
{
	kmem_cache_destroy(bucket_cache);
	kvfree(perturb);
	kvfree(bhash);
}
