/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Race windows, wide open: in the module that is built for an instrumented
 * kernel, one of so many takings and leavings of a lock, and of entries and
 * departures of a table, waits for a moment.  What two processors do at the same
 * time then happens in seconds, not in days.
 *
 * The module's parameter "widen" says one of how many; 0, as it begins: none;
 * and "widen_usecs" how long at most.  "widen_child_msecs" is for a race that is
 * won between two locks: so long the next child waits to be made; it is 0 again
 * from the moment that one does.
 * Included last of all headers, as it wraps what they declare.
 */
#ifndef _XTCP_WIDEN_H
#define _XTCP_WIDEN_H

#ifdef XTCP_WIDEN
#include <linux/delay.h>
#include <linux/random.h>

/* What nobody takes for a lockup */
#define XTCP_WIDEN_MAX	10000U

#define XTCP_WIDEN_CHILD_MAX	100U

extern unsigned int xtcp_widen, xtcp_widen_usecs, xtcp_widen_child_msecs;

static inline void xtcp_widen_here(void)
{
	unsigned int one_of = READ_ONCE(xtcp_widen);

	if (one_of && !reciprocal_scale(get_random_u32(), one_of))
		udelay(reciprocal_scale(get_random_u32(),
					min(READ_ONCE(xtcp_widen_usecs),
					    XTCP_WIDEN_MAX)) + 1);
}

static inline void xtcp_widen_child(void)
{
	mdelay(min(xchg(&xtcp_widen_child_msecs, 0), XTCP_WIDEN_CHILD_MAX));
}

#define XTCP_WIDEN_BEFORE(call) do { xtcp_widen_here(); call; } while (0)
#define XTCP_WIDEN_AFTER(call) do { call; xtcp_widen_here(); } while (0)

/* A name within its own definition is the function. */
#define spin_lock(l) XTCP_WIDEN_BEFORE(spin_lock(l))
#define spin_lock_bh(l) XTCP_WIDEN_BEFORE(spin_lock_bh(l))
#define spin_unlock(l) XTCP_WIDEN_AFTER(spin_unlock(l))
#define spin_unlock_bh(l) XTCP_WIDEN_AFTER(spin_unlock_bh(l))
#define hlist_add_head_rcu(n, h) XTCP_WIDEN_AFTER(hlist_add_head_rcu(n, h))
#define hlist_del_init_rcu(n) XTCP_WIDEN_BEFORE(hlist_del_init_rcu(n))
#define sock_put(sk) XTCP_WIDEN_BEFORE(sock_put(sk))
#else
static inline void xtcp_widen_here(void) { }
static inline void xtcp_widen_child(void) { }
#endif /* XTCP_WIDEN */

#endif /* _XTCP_WIDEN_H */
