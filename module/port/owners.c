// SPDX-License-Identifier: GPL-2.0-only
/*
 * The owners of a port, and whether one more goes with them (inventory B.3 to
 * B.5).  They are counted by what the rules ask of them, so that the answer
 * takes no walk over them: groups by address, device and user, in a tree.
 * Only where owners of several devices or users could matter are groups
 * visited one by one.
 */
#include <linux/slab.h>
#include <net/sock_reuseport.h>

#include "xtcp.h"
#include "port/owners.h"

/* Values of fastreuseport. */
enum {
	FAST_NONE,
	FAST_ANY,
	FAST_STRICT,
};

static struct kmem_cache *group_cache;

/* ---- groups ------------------------------------------------------------ */

/*
 * The order of groups.  Equal addresses are one group; the kernel asks
 * inet_rcv_saddr_equal() of each owner.
 */
static int key_cmp(const struct xtcp_owner_key *a,
		   const struct xtcp_owner_key *b)
{
	int cmp = xtcp_addr_cmp(a->addr, b->addr);

	if (cmp)
		return cmp;
	if (a->dev != b->dev)
		return a->dev < b->dev ? -1 : 1;
	if (!uid_eq(a->uid, b->uid))
		return uid_lt(a->uid, b->uid) ? -1 : 1;
	return 0;
}

/**
 * xtcp_owners_same() - are these the same group?
 * @a: one key
 * @b: another
 */
bool xtcp_owners_same(const struct xtcp_owner_key *a,
		      const struct xtcp_owner_key *b)
{
	return !key_cmp(a, b);
}

static struct xtcp_bind_group *owners_group(const struct rb_node *node)
{
	return rb_entry(node, struct xtcp_bind_group, node);
}

static struct xtcp_bind_group *group_alloc(struct xtcp_bind_bucket *b)
{
	if (!b->first.bucket)
		return &b->first;
	return kmem_cache_zalloc(group_cache, GFP_ATOMIC | __GFP_NOWARN);
}

static struct xtcp_bind_group *group_get(struct xtcp_bind_bucket *b,
					 const struct xtcp_owner_key *key)
{
	struct rb_node **link = &b->groups.rb_node, *parent = NULL;
	struct xtcp_bind_group *g;

	while (*link) {
		int cmp = key_cmp(key, &owners_group(*link)->key);

		parent = *link;
		if (!cmp)
			return owners_group(parent);
		link = cmp < 0 ? &parent->rb_left : &parent->rb_right;
	}
	g = group_alloc(b);
	if (!g)
		return NULL;
	g->bucket = b;
	g->key = *key;
	rb_link_node(&g->node, parent, link);
	rb_insert_color(&g->node, &b->groups);
	return g;
}

static void group_put(struct xtcp_bind_group *g)
{
	struct xtcp_bind_bucket *b = g->bucket;

	if (g->owners)
		return;
	rb_erase(&g->node, &b->groups);
	g->bucket = NULL;
	if (g != &b->first)
		kmem_cache_free(group_cache, g);
}

/* ---- counts ------------------------------------------------------------ */

static void count_all(struct xtcp_bind_group *g, int n)
{
	g->owners += n;
	g->bucket->owners += n;
	if (g->key.dev)
		g->bucket->with_device += n;
}

static u32 reuseport_owners(const struct xtcp_bind_bucket *b)
{
	return b->totals.socks[XTCP_OWNER_REUSEPORT] +
	       b->totals.socks[XTCP_OWNER_REUSEPORT | XTCP_OWNER_REUSABLE];
}

static void count_sock(struct xtcp_bind_group *g, unsigned int class, int n)
{
	struct xtcp_bind_bucket *b = g->bucket;

	if (class & XTCP_OWNER_REUSEPORT) {
		if (n > 0 && !reuseport_owners(b))
			b->uid = g->key.uid;
		if (!uid_eq(b->uid, g->key.uid))
			b->other_uid[class & XTCP_OWNER_REUSABLE] += n;
	}
	g->counts.socks[class] += n;
	b->totals.socks[class] += n;
	count_all(g, n);
}

static void count_timewait(struct xtcp_bind_group *g, unsigned int class,
			   int n)
{
	g->counts.timewaits[class] += n;
	g->bucket->totals.timewaits[class] += n;
	count_all(g, n);
}

/*
 * The user that totals compare with may be one of whom nobody is left; then
 * every owner with SO_REUSEPORT counts as another's until the last has gone.
 * That is slower, never wrong: total_conflict() asks the groups.
 */

/**
 * xtcp_owners_join() - one more socket owns the port
 * @b: the port
 * @key: its group
 * @class: its class
 *
 * Return: the group, to be remembered; NULL without memory.
 */
struct xtcp_bind_group *xtcp_owners_join(struct xtcp_bind_bucket *b,
					 const struct xtcp_owner_key *key,
					 unsigned int class)
{
	struct xtcp_bind_group *g = group_get(b, key);

	if (g)
		count_sock(g, class, 1);
	return g;
}

/**
 * xtcp_owners_leave() - a socket owns it no more
 * @g: what xtcp_owners_join() returned; may be freed
 * @class: as it was given there
 */
void xtcp_owners_leave(struct xtcp_bind_group *g, unsigned int class)
{
	count_sock(g, class, -1);
	group_put(g);
}

/**
 * xtcp_owners_pause() - look at the others without this one
 * @g: its group, which stays
 * @class: its class
 */
void xtcp_owners_pause(struct xtcp_bind_group *g, unsigned int class)
{
	count_sock(g, class, -1);
}

/**
 * xtcp_owners_resume() - after xtcp_owners_pause()
 * @g: the group
 * @class: the class, which may have changed
 */
void xtcp_owners_resume(struct xtcp_bind_group *g, unsigned int class)
{
	count_sock(g, class, 1);
}

/**
 * xtcp_owners_join_timewait() - a TIME_WAIT entry joins its socket's group
 * @g: the group
 * @class: SO_REUSEADDR and SO_REUSEPORT of the socket
 */
void xtcp_owners_join_timewait(struct xtcp_bind_group *g, unsigned int class)
{
	count_timewait(g, class, 1);
}

/**
 * xtcp_owners_leave_timewait() - a TIME_WAIT entry has ended
 * @g: its group; may be freed
 * @class: as it joined
 */
void xtcp_owners_leave_timewait(struct xtcp_bind_group *g, unsigned int class)
{
	count_timewait(g, class, -1);
	group_put(g);
}

/* ---- rules ------------------------------------------------------------- */

/* B-40 to B-55: may the binder stand beside an owner that overlaps it? */
static bool may_share(const struct xtcp_bind_rules *r, unsigned int class,
		      bool same_uid)
{
	bool reuse = r->reuse && class & XTCP_OWNER_REUSABLE;
	bool reuseport = r->reuseport && class & XTCP_OWNER_REUSEPORT &&
			 same_uid;

	if (!r->relax)
		return false;
	if (r->port_zero)
		return reuse && !reuseport;
	return reuse || reuseport;
}

static bool timewaits_conflict(const struct xtcp_owner_counts *c,
			       const struct xtcp_bind_rules *r)
{
	unsigned int class;

	for (class = 0; class < XTCP_OWNER_CLASSES; class++)
		if (c->timewaits[class] && !may_share(r, class, true))
			return true;
	return false;
}

static bool group_conflict(const struct xtcp_bind_group *g,
			   const struct xtcp_bind_rules *r)
{
	bool same_uid = uid_eq(g->key.uid, r->uid);
	unsigned int class;

	for (class = 0; class < XTCP_OWNER_CLASSES; class++)
		if (g->counts.socks[class] && !may_share(r, class, same_uid))
			return true;
	return timewaits_conflict(&g->counts, r);
}

static bool device_overlap(int dev, int dev2)
{
	return !dev || !dev2 || dev == dev2;
}

/* Groups of @addr; B-22 to B-26. */
static bool address_conflict(const struct xtcp_bind_bucket *b,
			     struct xtcp_addr addr, int dev, const struct xtcp_bind_rules *r)
{
	struct rb_node *node = b->groups.rb_node, *first = NULL;

	while (node) {
		int cmp = xtcp_addr_cmp(owners_group(node)->key.addr, addr);

		if (cmp >= 0) {
			first = cmp ? first : node;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	for (node = first; node && xtcp_addr_same(owners_group(node)->key.addr, addr);
	     node = rb_next(node))
		if (device_overlap(dev, owners_group(node)->key.dev) &&
		    group_conflict(owners_group(node), r))
			return true;
	return false;
}

static bool any_conflict(const struct xtcp_bind_bucket *b, int dev,
			 const struct xtcp_bind_rules *r)
{
	struct rb_node *node;

	for (node = rb_first(&b->groups); node; node = rb_next(node))
		if (device_overlap(dev, owners_group(node)->key.dev) &&
		    group_conflict(owners_group(node), r))
			return true;
	return false;
}

/* Owners of one class, all of which overlap: 1 conflict, 0 none, -1 unsure. */
static int class_conflict(const struct xtcp_bind_bucket *b,
			  const struct xtcp_bind_rules *r, unsigned int class)
{
	u32 all = b->totals.socks[class];
	u32 other = class & XTCP_OWNER_REUSEPORT ?
		    b->other_uid[class & XTCP_OWNER_REUSABLE] : 0;
	bool same_uid = uid_eq(b->uid, r->uid);

	if (all > other && !may_share(r, class, same_uid))
		return 1;
	if (!other)
		return 0;
	/* Another user than the first: not the binder if the first is. */
	if (!same_uid && may_share(r, class, true) != may_share(r, class, false))
		return -1;
	return !may_share(r, class, false);
}

/* A binder that overlaps with every owner. */
static bool total_conflict(const struct xtcp_bind_bucket *b,
			   const struct xtcp_bind_rules *r)
{
	bool unsure = false;
	unsigned int class;
	int verdict;

	if (timewaits_conflict(&b->totals, r))
		return true;
	for (class = 0; class < XTCP_OWNER_CLASSES; class++) {
		verdict = class_conflict(b, r, class);
		if (verdict > 0)
			return true;
		unsure |= verdict < 0;
	}
	return unsure && any_conflict(b, 0, r);
}

/**
 * xtcp_owners_conflict() - does somebody object to one more owner?
 * @b: the port
 * @key: the binder's address and device
 * @r: what else it brings along
 *
 * Context: the head's lock.
 */
bool xtcp_owners_conflict(const struct xtcp_bind_bucket *b,
			  const struct xtcp_owner_key *key,
			  const struct xtcp_bind_rules *r)
{
	if (!xtcp_addr_is_any(key->addr))
		return address_conflict(b, XTCP_ADDR_ANY, key->dev, r) ||
		       address_conflict(b, key->addr, key->dev, r);
	if (key->dev && b->with_device)
		return any_conflict(b, key->dev, r);
	return total_conflict(b, r);
}

/* ---- what the kernel remembers of a port (B.5) -------------------------- */

/*
 * The counts above need no cache.  The kernel's has an effect of its own,
 * though: it takes owners for what they were when they came (B-57), and that
 * a program can see.
 */

/* Counterpart of the kernel's sk_reuseport_match(). */
static bool fast_reuseport(const struct xtcp_bind_bucket *b,
			   const struct sock *sk)
{
	if (b->fastreuseport == FAST_NONE || !sk->sk_reuseport ||
	    rcu_access_pointer(sk->sk_reuseport_cb) ||
	    !uid_eq(b->fastuid, xtcp_sk_uid((struct sock *)sk)))
		return false;
	return b->fastreuseport == FAST_ANY || xtcp_addr_is_any(b->fast_rcv_saddr) ||
	       xtcp_addr_same(b->fast_rcv_saddr, xtcp_addr_local(sk));
}

static bool fast_reuse(const struct sock *sk)
{
	return sk->sk_reuse && sk->sk_state != TCP_LISTEN;
}

/**
 * xtcp_owners_fast() - do all owners go with this one, as they were?
 * @b: the port
 * @sk: binds it explicitly
 *
 * Context: the head's lock.
 */
bool xtcp_owners_fast(const struct xtcp_bind_bucket *b, const struct sock *sk)
{
	return (b->fastreuse && fast_reuse(sk)) || fast_reuseport(b, sk);
}

/**
 * xtcp_owners_fast_update() - one more owner by bind() or listen()
 * @b: the port, before it is joined
 * @sk: the owner
 *
 * Counterpart of the kernel's inet_csk_update_fastreuse().
 *
 * Context: the head's lock.
 */
void xtcp_owners_fast_update(struct xtcp_bind_bucket *b, struct sock *sk)
{
	bool fresh = XTCP_OWNERS_BEGIN_AFRESH && !b->owners;

	b->fastreuse = fast_reuse(sk) && (fresh || b->fastreuse);
	if (!sk->sk_reuseport) {
		b->fastreuseport = FAST_NONE;
		return;
	}
	if (!fresh && fast_reuseport(b, sk))
		return;
	b->fastreuseport = fresh ? FAST_ANY : FAST_STRICT;
	b->fastuid = xtcp_sk_uid(sk);
	b->fast_rcv_saddr = xtcp_addr_local(sk);
}

/**
 * xtcp_owners_init() - at module load
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_owners_init(void)
{
	group_cache = kmem_cache_create("xtcp_bind_group",
					sizeof(struct xtcp_bind_group), 0,
					SLAB_ACCOUNT, NULL);
	return group_cache ? 0 : -ENOMEM;
}

/** xtcp_owners_exit() - at module unload, table empty */
void xtcp_owners_exit(void)
{
	kmem_cache_destroy(group_cache);
}
