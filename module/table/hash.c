// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lookup tables: connections (with requests and TIME_WAIT) by 4-tuple, and
 * listeners by address and port.  Both are read under RCU.
 */
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <net/inet_sock.h>
#include <net/l3mdev.h>

#include "xtcp.h"
#include "table/hash.h"
#include "table/mini.h"
#include "table/reuseport.h"
#include "table/wheel.h"

static struct xtcp_ehash_bucket *ehash;
static struct xtcp_listen_head *lhash;
static hsiphash_key_t hash_key;	/* of listeners */
static struct xtcp_mix_key mix_key;

/*
 * Keyed: a peer that chooses tuples can't fill one bucket (K-084).
 * Counterpart of the kernel's inet_ehashfn().
 */
static u32 tuple_hash(const struct net *net, const struct xtcp_tuple *t)
{
	u64 more = (u64)net_hash_mix(net) << 32 | xtcp_tuple_ports(t);

	/* fq takes a hash of 0 for none. */
	return xtcp_addrs_mix(t->laddr, t->raddr, more, &mix_key) ?: 1;
}

static struct xtcp_ehash_bucket *ehash_bucket(u32 hash)
{
	return &ehash[hash & (XTCP_EHASH_BUCKETS - 1)];
}

/*
 * Keyed, since any user can bind to sixteen million addresses, and have many
 * listeners on one port: nobody chooses whose chain they make longer.
 * Counterpart of the kernel's inet_lhash2_bucket_sk().
 */
static struct xtcp_listen_head *listen_head(const struct net *net,
					    struct xtcp_addr addr, u16 port)
{
	u32 hash = xtcp_addr_hsiphash(addr, port + net_hash_mix(net), &hash_key);

	return &lhash[hash & (XTCP_LHASH_CHAINS - 1)];
}

static struct xtcp_listen_head *head_of_listener(const struct sock *sk)
{
	return listen_head(sock_net(sk), xtcp_addr_local(sk),
			   inet_sk(sk)->inet_num);
}

/*
 * B-83: what comes through a VRF is not for everybody.  The kernel calls the VRF
 * dif, and its port sdif; to its question they are alike.
 */
static bool device_match(struct net *net, int bound,
			 const struct xtcp_lookup *key)
{
	if (likely(!bound && !key->l3mdev))
		return true;
	return inet_sk_bound_dev_eq(net, bound, key->dif, key->l3mdev) ||
	       (bound && bound == key->alias);
}

static void lookup_bound(struct xtcp_lookup *key, struct net *net, int bound)
{
	key->dif = bound;
	key->l3mdev = bound ? l3mdev_master_ifindex_by_index(net, bound) : 0;
	key->alias = 0;
}

static void lookup_of_sock(const struct sock *sk, struct xtcp_lookup *key)
{
	key->tuple = xtcp_tuple_of(sk);
	lookup_bound(key, sock_net(sk), sk->sk_bound_dev_if);
}

static void lookup_of_mini(const struct xtcp_mini *mini,
			   struct xtcp_lookup *key)
{
	key->tuple = mini->tuple;
	lookup_bound(key, mini->net, mini->bound_dev_if);
}

static bool sock_match(const struct sock *sk, const struct net *net,
		       const struct xtcp_lookup *key)
{
	const struct xtcp_tuple t = xtcp_tuple_of(sk);

	return xtcp_tuple_same(&t, &key->tuple) &&
	       net_eq(sock_net(sk), net) &&
	       device_match(sock_net(sk), READ_ONCE(sk->sk_bound_dev_if), key);
}

static bool mini_match(const struct xtcp_mini *mini, const struct net *net,
		       const struct xtcp_lookup *key)
{
	return xtcp_tuple_same(&mini->tuple, &key->tuple) &&
	       net_eq(mini->net, net) &&
	       device_match(mini->net, mini->bound_dev_if, key);
}

static struct sock *scan_socks(struct xtcp_ehash_bucket *b,
			       const struct net *net,
			       const struct xtcp_lookup *key, u32 hash)
{
	struct sock *sk;

	hlist_for_each_entry_rcu(sk, &b->socks, sk_node,
				 lockdep_is_held(&b->lock))
		if (sk->sk_hash == hash && sock_match(sk, net, key))
			return sk;
	return NULL;
}

static struct xtcp_mini *scan_minis(struct xtcp_ehash_bucket *b,
				    const struct net *net,
				    const struct xtcp_lookup *key)
{
	struct xtcp_mini *mini;

	hlist_for_each_entry_rcu(mini, &b->minis, hash_node,
				 lockdep_is_held(&b->lock))
		if (mini_match(mini, net, key))
			return mini;
	return NULL;
}

static struct xtcp_mini *find_mini(struct xtcp_ehash_bucket *b,
				   const struct net *net,
				   const struct xtcp_lookup *key)
{
	struct xtcp_mini *mini = scan_minis(b, net, key);

	return mini && refcount_inc_not_zero(&mini->refcnt) ? mini : NULL;
}

/*
 * A socket that left its chain and entered another at once, by connecting
 * anew, may have led a walk astray: look again where nothing moves.
 */
static struct sock *find_locked(struct xtcp_ehash_bucket *b,
				const struct net *net,
				const struct xtcp_lookup *key, u32 hash,
				struct xtcp_mini **mini)
{
	struct sock *sk;

	spin_lock(&b->lock);
	sk = scan_socks(b, net, key, hash);
	if (sk)
		sock_hold(sk);
	else
		*mini = find_mini(b, net, key);
	spin_unlock(&b->lock);
	return sk;
}

/**
 * xtcp_hash_find() - the connection that a segment belongs to
 * @net: namespace
 * @key: names and devices of the segment, local end first
 * @mini: set to the request or TIME_WAIT entry if that is what was found,
 *	  with a reference
 *
 * A connection turns from request to socket to TIME_WAIT, each form added
 * before the one before is removed; so requests are looked for before sockets
 * and TIME_WAIT entries after them.
 *
 * Counterpart of the kernel's __inet_lookup_established().
 *
 * Context: rcu_read_lock().
 * Return: the socket with a reference, or NULL.
 */
struct sock *xtcp_hash_find(struct net *net, const struct xtcp_lookup *key,
			    struct xtcp_mini **mini)
{
	u32 hash = tuple_hash(net, &key->tuple);
	struct xtcp_ehash_bucket *b = ehash_bucket(hash);
	struct sock *sk;

	*mini = find_mini(b, net, key);
	if (*mini)
		return NULL;
	/* Pairs with smp_wmb() in xtcp_hash_promote(). */
	smp_rmb();
	sk = scan_socks(b, net, key, hash);
	if (sk && refcount_inc_not_zero(&sk->sk_refcnt))
		return sk;
	/* Pairs with smp_wmb() in xtcp_hash_retire(). */
	smp_rmb();
	*mini = find_mini(b, net, key);
	if (*mini)
		return NULL;
	return find_locked(b, net, key, hash, mini);
}

/**
 * xtcp_hash_connect() - claim a 4-tuple for a socket that connects
 * @sk: locked, tuple complete but for the port in @lport
 * @lport: local port, written to the socket before it can be seen (K-081)
 * @dead: set to the TIME_WAIT entry that made room (D-65 to D-67), unhashed;
 *	  the caller calls xtcp_hash_forget() without locks
 * @auto_port: the port was not the program's choice
 *
 * Counterpart of the kernel's __inet_check_established().
 *
 * Context: bind head locked, bottom halves off.
 * Return: 0, or -EADDRNOTAVAIL if the tuple is in use.
 */
int xtcp_hash_connect(struct sock *sk, u16 lport, struct xtcp_mini **dead,
		      bool auto_port)
{
	struct net *net = sock_net(sk);
	struct inet_sock *inet = inet_sk(sk);
	struct xtcp_ehash_bucket *b;
	struct xtcp_lookup key;
	struct xtcp_mini *mini;
	int err = 0;
	u32 hash;

	sock_owned_by_me(sk);
	lookup_of_sock(sk, &key);
	key.tuple.lport = htons(lport);
	hash = tuple_hash(net, &key.tuple);
	b = ehash_bucket(hash);
	*dead = NULL;

	spin_lock(&b->lock);
	mini = scan_minis(b, net, &key);
	if (scan_socks(b, net, &key, hash) ||
	    (mini && !xtcp_mini_reusable(mini, auto_port))) {
		err = -EADDRNOTAVAIL;
		goto unlock;
	}
	inet->inet_num = lport;
	inet->inet_sport = htons(lport);
	sk->sk_hash = hash;
	hlist_add_head_rcu(&sk->sk_node, &b->socks);
	if (mini) {
		/* As in xtcp_hash_promote(). */
		smp_wmb();
		hlist_del_init_rcu(&mini->hash_node);
		xtcp_mini_inherit(mini, sk);
		*dead = mini;
	}
unlock:
	spin_unlock(&b->lock);
	if (!err)
		sock_prot_inuse_add(net, sk->sk_prot, 1);
	return err;
}

/**
 * xtcp_hash_add_request() - publish a half-open connection
 * @req: complete; its timer is armed here
 * @delay: jiffies until that fires
 *
 * Counterpart of the kernel's inet_csk_reqsk_queue_hash_add().
 *
 * Context: bottom halves off.
 * Return: false if the tuple is taken: two copies of a SYN raced.
 */
bool xtcp_hash_add_request(struct xtcp_request *req, u32 delay)
{
	struct xtcp_mini *mini = &req->mini;
	struct xtcp_ehash_bucket *b;
	struct xtcp_lookup key;
	bool taken;

	lookup_of_mini(mini, &key);
	req->hash = tuple_hash(mini->net, &key.tuple);
	b = ehash_bucket(req->hash);
	spin_lock(&b->lock);
	taken = scan_minis(b, mini->net, &key) ||
		scan_socks(b, mini->net, &key, req->hash);
	if (!taken) {
		hlist_add_head_rcu(&mini->hash_node, &b->minis);
		xtcp_wheel_add(mini, delay);
	}
	spin_unlock(&b->lock);
	return !taken;
}

/* True for the one caller that did it (E-35). */
static bool mini_unhash(struct xtcp_mini *mini)
{
	struct xtcp_ehash_bucket *b;
	struct xtcp_lookup key;
	bool mine;

	lookup_of_mini(mini, &key);
	b = ehash_bucket(tuple_hash(mini->net, &key.tuple));
	spin_lock(&b->lock);
	mine = !hlist_unhashed(&mini->hash_node);
	if (mine)
		hlist_del_init_rcu(&mini->hash_node);
	spin_unlock(&b->lock);
	return mine;
}

/**
 * xtcp_hash_forget() - after unhashing: leave the wheel and all accounts
 * @mini: unhashed by the caller, who holds a reference of its own if it goes
 *	  on using the object
 *
 * Counterpart of the kernel's inet_twsk_kill().
 *
 * Context: bottom halves off, no bucket lock held.
 */
void xtcp_hash_forget(struct xtcp_mini *mini)
{
	xtcp_wheel_del(mini);
	xtcp_mini_forget(mini);
	xtcp_mini_put(mini);
}

/**
 * xtcp_hash_kill() - remove from table, wheel and accounts
 * @mini: the object, the caller holds a reference
 *
 * Counterpart of the kernel's inet_csk_reqsk_queue_drop() and inet_twsk_deschedule_put().
 *
 * Context: bottom halves off, no bucket lock held.
 * Return: false if somebody else has done so.
 */
bool xtcp_hash_kill(struct xtcp_mini *mini)
{
	if (!mini_unhash(mini))
		return false;
	xtcp_hash_forget(mini);
	return true;
}

/**
 * xtcp_hash_rearm() - put an object back on the wheel unless it died
 * @mini: the caller holds a reference and took it off its slot
 * @delay: jiffies from now
 *
 * Context: bottom halves off.
 */
void xtcp_hash_rearm(struct xtcp_mini *mini, u32 delay)
{
	struct xtcp_ehash_bucket *b;

	b = ehash_bucket(tuple_hash(mini->net, &mini->tuple));
	spin_lock(&b->lock);
	if (!hlist_unhashed(&mini->hash_node))
		xtcp_wheel_add(mini, delay);
	spin_unlock(&b->lock);
}

/**
 * xtcp_hash_expire() - the wheel serves an object
 * @mini: referenced, on no slot
 *
 * Context: bottom halves off.
 */
void xtcp_hash_expire(struct xtcp_mini *mini)
{
	u32 delay = xtcp_mini_timeout(mini);

	if (delay)
		xtcp_hash_rearm(mini, delay);
}

/**
 * xtcp_hash_purge() - remove every request and TIME_WAIT entry of a namespace
 * @wheel: its wheel, on which they all are
 *
 * Counterpart of the kernel's inet_twsk_purge().
 *
 * Context: process; nothing can be added any more.
 */
void xtcp_hash_purge(struct xtcp_wheel *wheel)
{
	struct xtcp_mini *mini;
	unsigned int slot = 0;

	xtcp_wheel_halt(wheel);
	while ((mini = xtcp_wheel_next(wheel, &slot))) {
		local_bh_disable();
		xtcp_hash_kill(mini);
		local_bh_enable();
		xtcp_mini_put(mini);
		cond_resched();
	}
	xtcp_wheel_halt(wheel);
}

/**
 * xtcp_hash_promote() - a child takes its request's place
 * @child: locked, in no table
 * @req: its request, NULL if a SYN cookie stands for it
 *
 * Counterpart of the kernel's inet_ehash_nolisten().
 *
 * Context: bottom halves off.
 * Return: false if another CPU was first, or the tuple is taken.
 */
bool xtcp_hash_promote(struct sock *child, struct xtcp_request *req)
{
	struct net *net = sock_net(child);
	struct xtcp_ehash_bucket *b;
	struct xtcp_lookup key;
	bool ok;
	u32 hash;

	lookup_of_sock(child, &key);
	hash = req ? req->hash : tuple_hash(net, &key.tuple);
	b = ehash_bucket(hash);
	spin_lock(&b->lock);
	if (req)
		ok = !hlist_unhashed(&req->mini.hash_node);
	else
		ok = !scan_minis(b, net, &key) && !scan_socks(b, net, &key, hash);
	if (ok) {
		child->sk_hash = hash;
		hlist_add_head_rcu(&child->sk_node, &b->socks);
		/* A reader that misses the request must see the child. */
		smp_wmb();
		if (req)
			hlist_del_init_rcu(&req->mini.hash_node);
	}
	spin_unlock(&b->lock);
	if (ok)
		sock_prot_inuse_add(net, child->sk_prot, 1);
	return ok;
}

/**
 * xtcp_hash_retire() - a TIME_WAIT entry takes its socket's place
 * @sk: locked, hashed
 * @mini: complete; its timer is armed here
 * @delay: jiffies that it shall stand
 *
 * Counterpart of the kernel's inet_twsk_hashdance().
 *
 * Context: bottom halves off.
 */
void xtcp_hash_retire(struct sock *sk, struct xtcp_mini *mini, u32 delay)
{
	struct xtcp_ehash_bucket *b = ehash_bucket(sk->sk_hash);

	sock_owned_by_me(sk);
	spin_lock(&b->lock);
	hlist_add_head_rcu(&mini->hash_node, &b->minis);
	xtcp_wheel_add(mini, delay);
	/* A reader that misses the socket must see the entry. */
	smp_wmb();
	hlist_del_init_rcu(&sk->sk_node);
	spin_unlock(&b->lock);
	sock_prot_inuse_add(sock_net(sk), sk->sk_prot, -1);
}

/* C-29: same bucket (port, VRF), address, device and user. */
static bool same_group(struct sock *sk, struct sock *sk2)
{
	return sk2->sk_reuseport &&
	       xtcp_sk(sk)->bind == xtcp_sk(sk2)->bind &&
	       xtcp_addr_same(xtcp_addr_local(sk), xtcp_addr_local(sk2)) &&
	       sk->sk_bound_dev_if == READ_ONCE(sk2->sk_bound_dev_if) &&
	       uid_eq(xtcp_sk_uid(sk), xtcp_sk_uid(sk2));
}

/* Counterpart of the kernel's inet_reuseport_add_sock(). */
static int join_group(struct xtcp_listen_head *head, struct sock *sk)
{
	struct sock *sk2;

	lockdep_assert_held(&head->lock);
	hlist_for_each_entry(sk2, &head->chain, sk_node)
		if (same_group(sk, sk2))
			return xtcp_reuseport_join(sk, sk2);
	return xtcp_reuseport_join(sk, NULL);
}

/* What is listed is in its group, and what is in a group is listed. */
static void listener_del(struct sock *sk)
{
	struct xtcp_listen_head *head = head_of_listener(sk);

	spin_lock_bh(&head->lock);
	xtcp_reuseport_leave(sk);
	hlist_del_init_rcu(&sk->sk_node);
	spin_unlock_bh(&head->lock);
}

static void connection_del(struct sock *sk)
{
	struct xtcp_ehash_bucket *b = ehash_bucket(sk->sk_hash);

	spin_lock_bh(&b->lock);
	hlist_del_init_rcu(&sk->sk_node);
	spin_unlock_bh(&b->lock);
}

/**
 * xtcp_hash_listen() - make a listener visible to SYNs
 * @sk: locked, LISTEN, port bound
 *
 * Counterpart of the kernel's inet_hash() and __inet_hash().
 *
 * Context: process.
 * Return: 0, or what forbids it to join its group.
 */
int xtcp_hash_listen(struct sock *sk)
{
	struct xtcp_listen_head *head = head_of_listener(sk);
	int err = 0;

	sock_owned_by_me(sk);
	spin_lock_bh(&head->lock);
	if (sk->sk_reuseport)
		err = join_group(head, sk);
	if (!err) {
		hlist_add_head_rcu(&sk->sk_node, &head->chain);
		sock_prot_inuse_add(sock_net(sk), sk->sk_prot, 1);
	}
	spin_unlock_bh(&head->lock);
	return err;
}

/**
 * xtcp_hash_del() - remove a socket from the table that it is in
 * @sk: locked; its state still tells which table
 *
 * Counterpart of the kernel's inet_unhash().
 *
 * Context: process or bottom halves off.
 */
void xtcp_hash_del(struct sock *sk)
{
	sock_owned_by_me(sk);
	if (sk_unhashed(sk))
		return;
	if (sk->sk_state == TCP_LISTEN)
		listener_del(sk);
	else
		connection_del(sk);
	local_bh_disable();
	sock_prot_inuse_add(sock_net(sk), sk->sk_prot, -1);
	local_bh_enable();
}

/* B-82: device, then CPU; the last to listen of the best wins. */
static int listener_score(const struct sock *sk, const struct net *net,
			  const struct xtcp_lookup *key, struct xtcp_addr addr)
{
	const struct inet_sock *inet = inet_sk(sk);
	int bound = READ_ONCE(sk->sk_bound_dev_if);
	int score;

	if (READ_ONCE(sk->sk_state) != TCP_LISTEN ||
	    inet->inet_num != ntohs(key->tuple.lport) ||
	    !xtcp_addr_same(xtcp_addr_local(sk), addr) || !net_eq(sock_net(sk), net) ||
	    !device_match(sock_net(sk), bound, key))
		return -1;
	score = bound ? 2 : 1;
	if (READ_ONCE(sk->sk_incoming_cpu) == raw_smp_processor_id())
		score++;
	return score;
}

static struct sock *scan_listeners(struct xtcp_listen_head *head,
				   struct net *net, const struct xtcp_lookup *key,
				   struct xtcp_addr addr, struct sk_buff *skb)
{
	struct sock *sk, *member, *best = NULL;
	int score, top = -1;

	hlist_for_each_entry_rcu(sk, &head->chain, sk_node,
				 lockdep_is_held(&head->lock)) {
		score = listener_score(sk, net, key, addr);
		if (score <= top)
			continue;
		if (sk->sk_reuseport) {
			member = xtcp_reuseport_select(sk, tuple_hash(net, &key->tuple),
						       skb);
			if (member)
				return member;
		}
		top = score;
		best = sk;
	}
	return best;
}

static struct sock *find_listener(struct net *net, const struct xtcp_lookup *key,
				  struct xtcp_addr addr, struct sk_buff *skb)
{
	struct xtcp_listen_head *head = listen_head(net, addr, ntohs(key->tuple.lport));
	struct sock *sk = scan_listeners(head, net, key, addr, skb);

	if (sk || hlist_empty(&head->chain))
		return sk;
	/* As in find_locked(): one that listens anew elsewhere misled us. */
	spin_lock(&head->lock);
	sk = scan_listeners(head, net, key, addr, skb);
	spin_unlock(&head->lock);
	return sk;
}

/**
 * xtcp_hash_find_listener() - who takes a SYN
 * @net: namespace
 * @key: names and devices of the segment
 * @skb: the segment, for the program of a SO_REUSEPORT group
 *
 * One that is bound to the address goes before one that is not (B-82).
 *
 * Counterpart of the kernel's __inet_lookup_listener().
 *
 * Context: rcu_read_lock(); the result is valid until it ends.
 * Return: the listener without a reference, or NULL.
 */
struct sock *xtcp_hash_find_listener(struct net *net,
				     const struct xtcp_lookup *key,
				     struct sk_buff *skb)
{
	return find_listener(net, key, key->tuple.laddr, skb) ?:
	       find_listener(net, key, XTCP_ADDR_ANY, skb);
}

/**
 * xtcp_hash_ehash() - a bucket of the table of connections, to list it
 * @index: number from 0
 *
 * Return: the bucket, or NULL past the last.
 */
struct xtcp_ehash_bucket *xtcp_hash_ehash(unsigned int index)
{
	return index < XTCP_EHASH_BUCKETS ? &ehash[index] : NULL;
}

/**
 * xtcp_hash_lhash() - a chain of the table of listeners, to list it
 * @index: number from 0
 *
 * Return: the chain, or NULL past the last.
 */
struct xtcp_listen_head *xtcp_hash_lhash(unsigned int index)
{
	return index < XTCP_LHASH_CHAINS ? &lhash[index] : NULL;
}

/**
 * xtcp_hash_init() - at module load
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_hash_init(void)
{
	unsigned int i;

	get_random_bytes(&hash_key, sizeof(hash_key));
	get_random_bytes(&mix_key, sizeof(mix_key));
	ehash = kvcalloc(XTCP_EHASH_BUCKETS, sizeof(*ehash), GFP_KERNEL);
	lhash = kvcalloc(XTCP_LHASH_CHAINS, sizeof(*lhash), GFP_KERNEL);
	if (!ehash || !lhash) {
		xtcp_hash_exit();
		return -ENOMEM;
	}
	for (i = 0; i < XTCP_EHASH_BUCKETS; i++)
		spin_lock_init(&ehash[i].lock);
	for (i = 0; i < XTCP_LHASH_CHAINS; i++)
		spin_lock_init(&lhash[i].lock);
	return 0;
}

/** xtcp_hash_exit() - at module unload, tables empty */
void xtcp_hash_exit(void)
{
	kvfree(ehash);
	kvfree(lhash);
	ehash = NULL;
	lhash = NULL;
}
