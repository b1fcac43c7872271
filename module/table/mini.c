// SPDX-License-Identifier: GPL-2.0-only
/* Life of the small objects that stand for a connection before and after it. */
#include <linux/slab.h>

#include "xtcp.h"
#include "parts/sndqueue.h"
#include "parts/tstamp.h"
#include "table/mini.h"

static struct kmem_cache *mini_cache;
static const struct xtcp_mini_ops *mini_kinds[2];

/* One cache for both kinds: their sizes are the same cache line pair. */
union mini_any {
	struct xtcp_request request;
	struct xtcp_timewait timewait;
};

/**
 * xtcp_mini_alloc() - a new object, known to nobody
 * @net: its namespace
 * @kind: what it is to be
 * @extended: with room for what few have (&struct xtcp_request_opt, &struct
 *	      xtcp_timewait_tagged)
 *
 * Counterpart of the kernel's inet_reqsk_alloc() and inet_twsk_alloc().
 *
 * Context: any, atomic allocation.
 * Return: the object, zeroed, with the reference of table and wheel; or NULL.
 */
struct xtcp_mini *xtcp_mini_alloc(struct net *net, enum xtcp_mini_kind kind,
				  bool extended)
{
	gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN;
	struct xtcp_mini *mini;

	BUILD_BUG_ON(offsetof(struct xtcp_request_opt, req.mini) ||
		     offsetof(struct xtcp_timewait_tagged, tw.mini));
	if (likely(!extended))
		mini = kmem_cache_zalloc(mini_cache, gfp);
	else
		mini = kzalloc(kind == XTCP_MINI_REQUEST ?
			       sizeof(struct xtcp_request_opt) :
			       sizeof(struct xtcp_timewait_tagged),
			       gfp | __GFP_ACCOUNT);
	if (!mini)
		return NULL;
	mini->net = net;
	mini->kind = kind;
	mini->extended = extended;
	mini->slot = -1;
	spin_lock_init(&mini->lock);
	refcount_set(&mini->refcnt, 1);
	return mini;
}

static void mini_free_rcu(struct rcu_head *rcu)
{
	struct xtcp_mini *mini = container_of(rcu, struct xtcp_mini, rcu);

	if (unlikely(mini->extended))
		kfree(mini);
	else
		kmem_cache_free(mini_cache, mini);
}

/**
 * xtcp_mini_put() - drop a reference
 * @mini: the object
 *
 * Counterpart of the kernel's reqsk_put() and inet_twsk_put().
 *
 * Context: any.
 */
void xtcp_mini_put(struct xtcp_mini *mini)
{
	if (!refcount_dec_and_test(&mini->refcnt))
		return;
	if (mini_kinds[mini->kind]->release)
		mini_kinds[mini->kind]->release(mini);
	call_rcu(&mini->rcu, mini_free_rcu);
}

/**
 * xtcp_mini_rcv_nxt() - what the next segment of the peer would begin with
 * @mini: request or TIME_WAIT
 */
u32 xtcp_mini_rcv_nxt(const struct xtcp_mini *mini)
{
	if (mini->kind == XTCP_MINI_REQUEST)
		return ((const struct xtcp_request *)mini)->rcv_isn + 1;
	return READ_ONCE(((const struct xtcp_timewait *)mini)->rcv_nxt);
}

/**
 * xtcp_mini_timeout() - its time has come
 * @mini: referenced, on no slot of the wheel
 *
 * Context: bottom halves off.
 * Return: jiffies until it shall be served again, 0 if it is over.
 */
u32 xtcp_mini_timeout(struct xtcp_mini *mini)
{
	return mini_kinds[mini->kind]->timeout(mini);
}

/**
 * xtcp_mini_forget() - it was unhashed: leave all accounts
 * @mini: referenced, off the wheel
 *
 * Context: bottom halves off, no bucket lock held.
 */
void xtcp_mini_forget(struct xtcp_mini *mini)
{
	mini_kinds[mini->kind]->forget(mini);
}

/**
 * xtcp_mini_register() - what one kind does (module load)
 * @kind: the kind
 * @ops: the rest
 */
void xtcp_mini_register(enum xtcp_mini_kind kind,
			const struct xtcp_mini_ops *ops)
{
	mini_kinds[kind] = ops;
}

/**
 * xtcp_mini_reusable() - may a connect() take this 4-tuple over?
 * @mini: what stands on it
 * @auto_port: the port was not the program's choice
 *
 * D-65, D-66: only with timestamps, which keep old segments out.
 *
 * Counterpart of the kernel's tcp_twsk_unique().
 *
 * Context: the entry can't go: its bucket or destination is locked.
 */
bool xtcp_mini_reusable(const struct xtcp_mini *mini, bool auto_port)
{
	const struct xtcp_timewait *tw = xtcp_twsk(mini);
	u32 age = (u32)ktime_get_seconds() - tw->ts_recent_stamp;
	int reuse = READ_ONCE(mini->net->ipv4.sysctl_tcp_tw_reuse);

	if (mini->kind != XTCP_MINI_TIMEWAIT || !tw->ts_recent_stamp)
		return false;
	if (auto_port) {
		if (mini->state != TCP_TIME_WAIT || !age)
			return false;
		if (reuse != 1 && !(reuse == 2 &&
				    (xtcp_addr_is_loopback(mini->tuple.laddr) ||
				     xtcp_addr_is_loopback(mini->tuple.raddr))))
			return false;
	}
	return true;
}

/**
 * xtcp_mini_inherit() - take over what keeps old segments out (D-67)
 * @mini: a reusable TIME_WAIT entry
 * @sk: locked, connecting with its 4-tuple
 *
 * Context: bucket locked.
 */
void xtcp_mini_inherit(const struct xtcp_mini *mini, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xtcp_sndqueue_begin(xs, xtcp_mini_isn(mini));
	xtcp_tstamp_inherit(xs, mini->ts_recent,
			    xtcp_twsk(mini)->ts_recent_stamp);
}

/**
 * xtcp_mini_isn() - our sequence number when a SYN reopens it (E-50)
 * @mini: the entry
 *
 * Return: never 0.
 */
u32 xtcp_mini_isn(const struct xtcp_mini *mini)
{
	return xtcp_twsk(mini)->snd_nxt + 65535 + 2 ?: 1;
}

/**
 * xtcp_mini_init() - at module load
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_mini_init(void)
{
#if !defined(CONFIG_DEBUG_SPINLOCK) && !defined(CONFIG_DEBUG_LOCK_ALLOC)
	BUILD_BUG_ON(sizeof(union mini_any) > 128);
#endif
	mini_cache = kmem_cache_create("xtcp_mini", sizeof(union mini_any), 0,
				       SLAB_ACCOUNT, NULL);
	return mini_cache ? 0 : -ENOMEM;
}

/** xtcp_mini_exit() - at module unload, after rcu_barrier() */
void xtcp_mini_exit(void)
{
	kmem_cache_destroy(mini_cache);
}
