/* SPDX-License-Identifier: GPL-2.0-only */
/* What wheel.c is asked; described there. */
#ifndef _XTCP_WHEEL_H
#define _XTCP_WHEEL_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct xtcp_mini;

#define XTCP_WHEEL_SLOTS	512
#define XTCP_WHEEL_TICK		((unsigned int)(HZ / 8))

/**
 * struct xtcp_wheel_slot - mini objects due in the same eighth of a second
 * @lock: guards the list
 * @list: xtcp_mini.wheel_node
 */
struct xtcp_wheel_slot {
	spinlock_t lock;	/* see above */
	struct hlist_head list;
};

/**
 * struct xtcp_wheel - timers of a namespace's mini objects
 * @slots: indexed by expiry
 * @count: objects on it: the work runs while there are any
 * @last: tick that was served last
 * @work: serves the slots, in process context
 */
struct xtcp_wheel {
	struct xtcp_wheel_slot *slots;
	atomic_t count;
	u32 last;
	struct delayed_work work;
};

void xtcp_wheel_add(struct xtcp_mini *mini, u32 delay);
bool xtcp_wheel_del(struct xtcp_mini *mini);
void xtcp_wheel_halt(struct xtcp_wheel *wheel);
struct xtcp_mini *xtcp_wheel_next(struct xtcp_wheel *wheel, unsigned int *slot);
int xtcp_wheel_start(struct xtcp_wheel *wheel);
void xtcp_wheel_stop(struct xtcp_wheel *wheel);
int xtcp_wheel_init(void (*expire)(struct xtcp_mini *mini));
void xtcp_wheel_exit(void);

#endif /* _XTCP_WHEEL_H */
