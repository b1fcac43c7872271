// SPDX-License-Identifier: GPL-2.0-only
/*
 * The port table: who owns which local port.  Whether owners go together is
 * the business of owners.c, which port to take that of ephemeral.c.
 */
#include <linux/slab.h>
#include <net/sock_reuseport.h>

#include "xtcp.h"
#include "port/dest.h"
#include "port/owners.h"
#include "port/port.h"
#include "port/portset.h"
#include "table/hash.h"
#include "table/mini.h"

#define BHASH_HEADS		4096U

/**
 * struct xtcp_bind_head - one chain of the port table
 * @lock: guards the chain, its buckets and all about their owners
 * @chain: xtcp_bind_bucket.node
 */
struct xtcp_bind_head {
	spinlock_t lock;	/* see above */
	struct hlist_head chain;
};

static struct xtcp_bind_head *bhash;
static struct kmem_cache *bucket_cache;

/* Counterpart of the kernel's inet_bhashfn(). */
static struct xtcp_bind_head *bind_head(const struct net *net, u16 port)
{
	return &bhash[(port + net_hash_mix(net)) & (BHASH_HEADS - 1)];
}

/* ---- buckets ----------------------------------------------------------- */

/* Another bucket of the port, that of another VRF (B-27)? */
static bool port_shared(struct xtcp_bind_head *head,
			const struct xtcp_bind_bucket *b, bool bound)
{
	struct xtcp_bind_bucket *b2;

	hlist_for_each_entry(b2, &head->chain, node)
		if (b2 != b && b2->port == b->port && net_eq(b2->net, b->net) &&
		    (b2->bound || !bound))
			return true;
	return false;
}

static struct xtcp_bind_bucket *bucket_find(struct xtcp_bind_head *head,
					    const struct net *net, u16 port,
					    int l3mdev)
{
	struct xtcp_bind_bucket *b;

	lockdep_assert_held(&head->lock);
	hlist_for_each_entry(b, &head->chain, node)
		if (b->port == port && net_eq(b->net, net) &&
		    b->l3mdev == l3mdev)
			return b;
	return NULL;
}

/* Counterpart of the kernel's inet_bind_bucket_create(). */
static struct xtcp_bind_bucket *bucket_get(struct xtcp_bind_head *head,
					   struct sock *sk, u16 port)
{
	int l3mdev = inet_sk_bound_l3mdev(sk);
	struct net *net = sock_net(sk);
	struct xtcp_bind_bucket *b = bucket_find(head, net, port, l3mdev);

	if (b)
		return b;
	b = kmem_cache_zalloc(bucket_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!b)
		return NULL;
	b->net = net;
	b->port = port;
	b->l3mdev = l3mdev;
	b->groups = RB_ROOT;
	hlist_add_head(&b->node, &head->chain);
	if (l3mdev)
		atomic_inc(&xtcp_pernet(net)->vrf_ports);
	/* A port missing in a set for want of memory is found out here. */
	xtcp_portset_add(&xtcp_pernet(net)->used_ports, port);
	return b;
}

/* Counterpart of the kernel's inet_bind_bucket_destroy(). */
static void bucket_put(struct xtcp_bind_head *head, struct xtcp_bind_bucket *b)
{
	struct xtcp_net *xn = xtcp_pernet(b->net);

	if (b->owners)
		return;
	hlist_del(&b->node);
	if (b->l3mdev)
		atomic_dec(&xn->vrf_ports);
	if (!port_shared(head, b, false))
		xtcp_portset_del(&xn->used_ports, b->port);
	if (b->bound && !port_shared(head, b, true))
		xtcp_portset_del(&xn->bound_ports, b->port);
	kmem_cache_free(bucket_cache, b);
}

static void bucket_set_bound(struct xtcp_bind_bucket *b)
{
	if (b->bound)
		return;
	b->bound = true;
	xtcp_portset_add(&xtcp_pernet(b->net)->bound_ports, b->port);
}

/* ---- owners ------------------------------------------------------------ */

static void owner_key(struct sock *sk, struct xtcp_owner_key *key)
{
	key->addr = xtcp_addr_local(sk);
	key->dev = READ_ONCE(sk->sk_bound_dev_if);
	key->uid = sk->sk_reuseport ? xtcp_sk_uid(sk) : GLOBAL_ROOT_UID;
}

/*
 * The socket becomes an owner, or moves to where it belongs by now.
 * Counterpart of the kernel's inet_bind_hash().
 */
static int owner_place(struct sock *sk, struct xtcp_bind_bucket *b)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_bind_group *old = xs->bind_group, *new;
	unsigned int class = xtcp_port_class(sk);
	struct xtcp_owner_key key;

	owner_key(sk, &key);
	if (old && class == xs->bind_class &&
	    xtcp_owners_same(&old->key, &key))
		return 0;
	new = xtcp_owners_join(b, &key, class);
	if (!new)
		return -ENOMEM;
	if (old)
		xtcp_owners_leave(old, xs->bind_class);
	xs->bind_group = new;
	xs->bind_class = class;
	xs->bind = b;
	inet_sk(sk)->inet_num = b->port;
	return 0;
}

static void owner_leave(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xtcp_owners_leave(xs->bind_group, xs->bind_class);
	xs->bind_group = NULL;
	xs->bind = NULL;
	inet_sk(sk)->inet_num = 0;
}

/*
 * B-10 with the socket itself, which may be an owner already, left out.
 * Counterpart of the kernel's inet_csk_bind_conflict().
 */
static bool bind_conflict(struct sock *sk, struct xtcp_bind_bucket *b,
			  const struct xtcp_bind_rules *r)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_owner_key key;
	bool conflict;

	if (!r->port_zero && xtcp_owners_fast(b, sk))
		return false;
	owner_key(sk, &key);
	if (!xs->bind)
		return xtcp_owners_conflict(b, &key, r);
	xtcp_owners_pause(xs->bind_group, xs->bind_class);
	conflict = xtcp_owners_conflict(b, &key, r);
	xtcp_owners_resume(xs->bind_group, xs->bind_class);
	return conflict;
}

/**
 * xtcp_port_rules() - what a socket brings along that binds explicitly
 * @sk: locked
 * @r: filled in
 */
void xtcp_port_rules(struct sock *sk, struct xtcp_bind_rules *r)
{
	struct sock_reuseport *group;

	sock_owned_by_me(sk);
	rcu_read_lock();
	group = rcu_dereference(sk->sk_reuseport_cb);
	/* B-58: with a group of its own (a BPF program's) it joins no other. */
	r->reuseport = sk->sk_reuseport &&
		       (!group || READ_ONCE(group->num_closed_socks));
	rcu_read_unlock();
	r->uid = xtcp_sk_uid(sk);
	r->reuse = sk->sk_reuse;
	r->port_zero = false;
	r->relax = true;
}

/**
 * xtcp_port_bind_at() - join a port if the rules allow
 * @sk: locked
 * @port: the port
 * @r: the rules
 *
 * Context: process.
 * Return: 0 or -EADDRINUSE, also without memory (B-10).
 */
int xtcp_port_bind_at(struct sock *sk, u16 port,
		      const struct xtcp_bind_rules *r)
{
	struct xtcp_bind_head *head = bind_head(sock_net(sk), port);
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_bind_bucket *b;
	int err = -EADDRINUSE;

	sock_owned_by_me(sk);
	spin_lock_bh(&head->lock);
	b = xs->bind ?: bucket_get(head, sk, port);
	if (b && !bind_conflict(sk, b, r)) {
		xtcp_owners_fast_update(b, sk);
		if (!owner_place(sk, b)) {
			bucket_set_bound(b);
			err = 0;
		}
	}
	if (b)
		bucket_put(head, b);
	spin_unlock_bh(&head->lock);
	return err;
}

/**
 * xtcp_port_update() - an owner's address, device, options or state changed
 * @sk: locked
 *
 * Counterpart of the kernel's inet_bhash2_update_saddr(); there is no bhash2: groups
 * of a bucket stand for it.
 *
 * Context: process or softirq.
 * Return: 0; -ENOMEM, and it counts as what it was.
 */
int xtcp_port_update(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_bind_head *head;
	int err;

	sock_owned_by_me(sk);
	if (!xs->bind)
		return 0;
	head = bind_head(sock_net(sk), inet_sk(sk)->inet_num);
	spin_lock_bh(&head->lock);
	err = owner_place(sk, xs->bind);
	spin_unlock_bh(&head->lock);
	return err;
}

/**
 * xtcp_port_reset_saddr() - a local address that connect() chose goes back
 * @sk: locked
 *
 * What bind() chose stays.  Counterpart of the kernel's inet_bhash2_reset_saddr().
 */
void xtcp_port_reset_saddr(struct sock *sk)
{
	sock_owned_by_me(sk);
	if (sk->sk_userlocks & SOCK_BINDADDR_LOCK)
		return;
	xtcp_addr_set_local(sk, XTCP_ADDR_ANY, XTCP_ADDR_ANY);
	xtcp_port_update(sk);
}

/* An automatic port must be nobody's by bind(), and the tuple free. */
static int connect_own(struct sock *sk, struct xtcp_bind_head *head, u16 port,
		       struct xtcp_mini **dead)
{
	struct xtcp_bind_bucket *b = bucket_get(head, sk, port);
	int err;

	if (!b)
		return -ENOMEM;
	err = b->bound ? -EADDRNOTAVAIL : owner_place(sk, b);
	if (!err) {
		err = xtcp_hash_connect(sk, port, dead, true);
		if (err)
			owner_leave(sk);
	}
	bucket_put(head, b);
	return err;
}

/**
 * xtcp_port_connect_at() - claim a 4-tuple with this port
 * @sk: locked, SYN_SENT, the rest of the tuple set
 * @port: the port
 * @auto_port: it is a choice of ours, not the socket's own (D-62)
 *
 * What the kernel's __inet_hash_connect() does with one port.
 *
 * Context: process.
 * Return: 0, -EADDRNOTAVAIL or -ENOMEM.
 */
int xtcp_port_connect_at(struct sock *sk, u16 port, bool auto_port)
{
	struct net *net = sock_net(sk);
	struct xtcp_bind_head *head = bind_head(net, port);
	struct xtcp_mini *dead = NULL;
	int err;

	sock_owned_by_me(sk);
	local_bh_disable();
	spin_lock(&head->lock);
	err = auto_port ? connect_own(sk, head, port, &dead) :
			  xtcp_hash_connect(sk, port, &dead, false);
	spin_unlock(&head->lock);
	if (dead) {
		XTCP_INC(net, TWRECYCLED);
		xtcp_hash_forget(dead);
	}
	local_bh_enable();
	return err;
}

/**
 * xtcp_port_inherit() - a child becomes an owner of its listener's port
 * @child: not yet published
 * @listener: its parent
 *
 * Counterpart of the kernel's __inet_inherit_port().
 *
 * Context: bottom halves off.
 * Return: false if the listener has lost the port meanwhile, or no memory.
 */
bool xtcp_port_inherit(struct sock *child, const struct sock *listener)
{
	u16 port = inet_sk(child)->inet_num;
	struct xtcp_bind_head *head = bind_head(sock_net(child), port);
	struct xtcp_bind_bucket *b;
	bool ok = false;

	spin_lock(&head->lock);
	/* Only a bucket of this chain: the listener may have moved on. */
	hlist_for_each_entry(b, &head->chain, node)
		if (b == READ_ONCE(xtcp_sk(listener)->bind) &&
		    b->port == port) {
			ok = !owner_place(child, b);
			break;
		}
	spin_unlock(&head->lock);
	return ok;
}

/**
 * xtcp_port_put() - give up the local port (proto.put_port)
 * @sk: locked or unreachable
 *
 * Counterpart of the kernel's inet_put_port().
 *
 * Context: process or bottom halves off.
 */
void xtcp_port_put(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u16 port = inet_sk(sk)->inet_num;
	struct xtcp_bind_bucket *b;
	struct xtcp_bind_head *head;

	if (!xs->bind)
		return;
	head = bind_head(sock_net(sk), port);
	spin_lock_bh(&head->lock);
	b = xs->bind;
	owner_leave(sk);
	bucket_put(head, b);
	spin_unlock_bh(&head->lock);
	xtcp_dest_release(sk, port);
}

/* ---- TIME_WAIT --------------------------------------------------------- */

static unsigned int timewait_class(const struct xtcp_timewait *tw)
{
	return (tw->reuse ? XTCP_OWNER_REUSABLE : 0) |
	       (tw->reuseport ? XTCP_OWNER_REUSEPORT : 0);
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

	sock_owned_by_me(sk);
	head = bind_head(sock_net(sk), inet_sk(sk)->inet_num);
	spin_lock(&head->lock);
	tw->bind_group = xtcp_sk(sk)->bind_group;
	if (tw->bind_group)
		xtcp_owners_join_timewait(tw->bind_group, timewait_class(tw));
	spin_unlock(&head->lock);
	xtcp_dest_to_timewait(sk, tw);
}

/**
 * xtcp_port_put_timewait() - a TIME_WAIT entry gives up its port
 * @tw: unhashed
 *
 * Counterpart of the kernel's inet_twsk_bind_unhash().
 *
 * Context: bottom halves off, no other lock.
 */
void xtcp_port_put_timewait(struct xtcp_timewait *tw)
{
	struct xtcp_bind_head *head = bind_head(tw->mini.net,
						ntohs(tw->mini.tuple.lport));
	struct xtcp_bind_bucket *b;

	spin_lock(&head->lock);
	if (tw->bind_group) {
		b = tw->bind_group->bucket;
		xtcp_owners_leave_timewait(tw->bind_group, timewait_class(tw));
		tw->bind_group = NULL;
		bucket_put(head, b);
	}
	spin_unlock(&head->lock);
	xtcp_dest_put_timewait(tw);
}

/* ---- module ------------------------------------------------------------ */

/**
 * xtcp_port_init() - at module load
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_port_init(void)
{
	unsigned int i;

	bhash = kvcalloc(BHASH_HEADS, sizeof(*bhash), GFP_KERNEL);
	bucket_cache = kmem_cache_create("xtcp_bind_bucket",
					 sizeof(struct xtcp_bind_bucket), 0,
					 SLAB_ACCOUNT, NULL);
	if (!bhash || !bucket_cache) {
		xtcp_port_exit();
		return -ENOMEM;
	}
	for (i = 0; i < BHASH_HEADS; i++)
		spin_lock_init(&bhash[i].lock);
	return 0;
}

/** xtcp_port_exit() - at module unload, table empty */
void xtcp_port_exit(void)
{
	kmem_cache_destroy(bucket_cache);
	kvfree(bhash);
	bucket_cache = NULL;
	bhash = NULL;
}
