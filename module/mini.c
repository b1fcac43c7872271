// SPDX-License-Identifier: GPL-2.0-only
/* Life of the small objects that stand for a connection before and after it. */
#include <linux/slab.h>

#include "xtcp.h"

static struct kmem_cache *mini_cache;

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
 * Context: any.
 */
void xtcp_mini_put(struct xtcp_mini *mini)
{
	if (!refcount_dec_and_test(&mini->refcnt))
		return;
	if (mini->kind == XTCP_MINI_REQUEST)
		xtcp_request_release(mini);
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
 * xtcp_mini_forget() - after unhashing: leave the wheel and all accounts
 * @mini: unhashed by the caller, who holds a reference of its own if it goes
 *	  on using the object
 *
 * Context: bottom halves off, no bucket lock held.
 */
void xtcp_mini_forget(struct xtcp_mini *mini)
{
	xtcp_wheel_del(mini);
	if (mini->kind == XTCP_MINI_REQUEST)
		xtcp_request_forget(mini);
	else
		xtcp_timewait_forget(mini);
	xtcp_mini_put(mini);
}

/**
 * xtcp_mini_kill() - remove from table, wheel and accounts
 * @mini: the object, the caller holds a reference
 *
 * Context: bottom halves off, no bucket lock held.
 * Return: false if somebody else has done so.
 */
bool xtcp_mini_kill(struct xtcp_mini *mini)
{
	if (!xtcp_hash_del_mini(mini))
		return false;
	xtcp_mini_forget(mini);
	return true;
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
