// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wheel: timers of requests and TIME_WAIT entries.
 *
 * A timer_list for each would be a third of their size, and a SYN flood would
 * pay for arming every one.  Both need only coarse times, so each namespace
 * has one hashed wheel of eighth-seconds, served by a work item that runs only
 * while the wheel holds something.
 */
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "xtcp.h"
#include "table/mini.h"
#include "table/wheel.h"

/* Objects served before the work item lets others run. */
#define XTCP_WHEEL_BATCH 256

static struct workqueue_struct *wheel_wq;
static void (*wheel_expire)(struct xtcp_mini *mini);

static u32 wheel_tick(u32 stamp)
{
	return stamp / XTCP_WHEEL_TICK;
}

static struct xtcp_wheel_slot *wheel_slot(struct xtcp_wheel *wheel, u32 tick)
{
	return &wheel->slots[tick % XTCP_WHEEL_SLOTS];
}

static void wheel_link(struct xtcp_wheel *wheel, struct xtcp_mini *mini)
{
	/* Up, so that nothing fires early; + 1, as its slot may be in service. */
	u32 tick = wheel_tick(mini->expires) + 1;
	struct xtcp_wheel_slot *slot = wheel_slot(wheel, tick);

	spin_lock_bh(&slot->lock);
	mini->slot = tick % XTCP_WHEEL_SLOTS;
	hlist_add_head(&mini->wheel_node, &slot->list);
	spin_unlock_bh(&slot->lock);
}

/**
 * xtcp_wheel_add() - arm a mini object's timer
 * @mini: on no slot; hashed, so that whoever serves the slot may unhash it
 * @delay: jiffies from now
 *
 * Counterpart of the kernel's inet_twsk_schedule().
 *
 * Context: bottom halves off or process context, no slot lock held.
 */
void xtcp_wheel_add(struct xtcp_mini *mini, u32 delay)
{
	struct xtcp_wheel *wheel = &xtcp_pernet(mini->net)->wheel;

	mini->expires = xtcp_jiffies32() + delay;
	wheel_link(wheel, mini);
	if (atomic_inc_return(&wheel->count) == 1)
		queue_delayed_work(wheel_wq, &wheel->work, XTCP_WHEEL_TICK);
}

/**
 * xtcp_wheel_del() - take a mini object off the wheel
 * @mini: the object; the caller holds a reference
 *
 * Context: bottom halves off or process context, no slot lock held.
 * Return: true if it was on a slot, false if the wheel is serving it just now.
 */
bool xtcp_wheel_del(struct xtcp_mini *mini)
{
	struct xtcp_wheel *wheel = &xtcp_pernet(mini->net)->wheel;
	int index = READ_ONCE(mini->slot);
	struct xtcp_wheel_slot *slot;
	bool found = false;

	if (index < 0)
		return false;
	slot = &wheel->slots[index];
	spin_lock_bh(&slot->lock);
	if (mini->slot == index) {
		__hlist_del(&mini->wheel_node);
		WRITE_ONCE(mini->slot, -1);
		found = true;
	}
	spin_unlock_bh(&slot->lock);
	if (found)
		atomic_dec(&wheel->count);
	return found;
}

/* Moves what is due to @due; the object's reference goes with it. */
static bool wheel_take(struct xtcp_wheel_slot *slot, u32 now,
		       struct hlist_head *due)
{
	struct hlist_node *next;
	struct xtcp_mini *mini;
	int budget = XTCP_WHEEL_BATCH;

	spin_lock_bh(&slot->lock);
	hlist_for_each_entry_safe(mini, next, &slot->list, wheel_node) {
		if ((s32)(mini->expires - now) > 0)
			continue;
		if (!budget--)
			break;
		/* Not after its last reference: then it is being unhashed. */
		if (!refcount_inc_not_zero(&mini->refcnt))
			continue;
		__hlist_del(&mini->wheel_node);
		WRITE_ONCE(mini->slot, -1);
		hlist_add_head(&mini->wheel_node, due);
	}
	spin_unlock_bh(&slot->lock);
	return budget < 0;
}

static void wheel_serve(struct xtcp_wheel *wheel, u32 tick)
{
	struct xtcp_wheel_slot *slot = wheel_slot(wheel, tick);
	struct hlist_node *next;
	struct xtcp_mini *mini;
	HLIST_HEAD(due);
	bool more;

	do {
		more = wheel_take(slot, xtcp_jiffies32(), &due);
		hlist_for_each_entry_safe(mini, next, &due, wheel_node) {
			__hlist_del(&mini->wheel_node);
			atomic_dec(&wheel->count);
			local_bh_disable();
			wheel_expire(mini);
			xtcp_mini_put(mini);
			local_bh_enable();
		}
		cond_resched();
	} while (more);
}

static void wheel_work(struct work_struct *work)
{
	struct xtcp_wheel *wheel = container_of(to_delayed_work(work),
						struct xtcp_wheel, work);
	u32 now = wheel_tick(xtcp_jiffies32());
	u32 tick = wheel->last + 1;

	xtcp_entry_process();
	/* After a pause every slot is looked at once, none more often. */
	if (now - tick >= XTCP_WHEEL_SLOTS)
		tick = now - XTCP_WHEEL_SLOTS + 1;
	for (; (s32)(now - tick) >= 0; tick++)
		wheel_serve(wheel, tick);
	wheel->last = now;
	if (atomic_read(&wheel->count))
		queue_delayed_work(wheel_wq, &wheel->work, XTCP_WHEEL_TICK);
}

/**
 * xtcp_wheel_halt() - no slot is served any more
 * @wheel: of a dying namespace: nothing can be added
 *
 * Context: process, sleeps.
 */
void xtcp_wheel_halt(struct xtcp_wheel *wheel)
{
	cancel_delayed_work_sync(&wheel->work);
}

/**
 * xtcp_wheel_next() - what is still on the wheel
 * @wheel: halted
 * @slot: where to begin, 0 at first; set to where it was found
 *
 * Return: an object, still on the wheel, with a reference; or NULL.
 */
struct xtcp_mini *xtcp_wheel_next(struct xtcp_wheel *wheel, unsigned int *slot)
{
	struct xtcp_mini *mini = NULL;

	for (; *slot < XTCP_WHEEL_SLOTS; ++*slot) {
		struct xtcp_wheel_slot *s = &wheel->slots[*slot];

		spin_lock_bh(&s->lock);
		mini = hlist_entry_safe(s->list.first, struct xtcp_mini,
					wheel_node);
		if (mini && !refcount_inc_not_zero(&mini->refcnt))
			mini = NULL;
		spin_unlock_bh(&s->lock);
		if (mini)
			break;
	}
	return mini;
}

/**
 * xtcp_wheel_start() - set up a namespace's wheel
 * @wheel: zeroed
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_wheel_start(struct xtcp_wheel *wheel)
{
	int i;

	wheel->slots = kvcalloc(XTCP_WHEEL_SLOTS, sizeof(*wheel->slots),
				GFP_KERNEL_ACCOUNT);
	if (!wheel->slots)
		return -ENOMEM;
	for (i = 0; i < XTCP_WHEEL_SLOTS; i++)
		spin_lock_init(&wheel->slots[i].lock);
	atomic_set(&wheel->count, 0);
	wheel->last = wheel_tick(xtcp_jiffies32());
	INIT_DELAYED_WORK(&wheel->work, wheel_work);
	return 0;
}

/**
 * xtcp_wheel_stop() - free a namespace's wheel
 * @wheel: purged
 */
void xtcp_wheel_stop(struct xtcp_wheel *wheel)
{
	cancel_delayed_work_sync(&wheel->work);
	kvfree(wheel->slots);
}

/**
 * xtcp_wheel_init() - at module load
 * @expire: what to do with an object whose time has come; it has a reference, is
 *	    on no slot, and bottom halves are off
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_wheel_init(void (*expire)(struct xtcp_mini *mini))
{
	wheel_expire = expire;
	wheel_wq = alloc_workqueue("xtcp", WQ_PERCPU, 0);
	return wheel_wq ? 0 : -ENOMEM;
}

/** xtcp_wheel_exit() - at module unload, after the last namespace */
void xtcp_wheel_exit(void)
{
	destroy_workqueue(wheel_wq);
}
