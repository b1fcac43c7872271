/* SPDX-License-Identifier: GPL-2.0 */
/* Locks, counters, RCU, timers: there is one thread, and nothing happens later. */
#ifndef _PURE_SYNC_H
#define _PURE_SYNC_H

typedef struct {
	bool held;
} spinlock_t;

#define DEFINE_SPINLOCK(name)	spinlock_t name
#define spin_lock_init(l)	((l)->held = false)
#define spin_lock_bh		spin_lock
#define spin_unlock_bh		spin_unlock
#define lockdep_is_held(l)	((l)->held)

static inline void spin_lock(spinlock_t *lock)
{
	if (lock->held)
		abort();
	lock->held = true;
}

static inline void spin_unlock(spinlock_t *lock)
{
	if (!lock->held)
		abort();
	lock->held = false;
}

static inline void lockdep_assert_held(const spinlock_t *lock)
{
	if (!lock->held)
		abort();
}

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

typedef struct {
	int refs;
} refcount_t;

#define atomic_read(v)	((v)->counter)
#define atomic_add(n, v)	((v)->counter += (n))
#define refcount_read(v)	((v)->refs)
#define refcount_add(n, v)	((v)->refs += (n))

struct rcu_head {
	void *next;
};

#define rcu_read_lock()			((void)0)
#define rcu_read_unlock()		((void)0)
#define rcu_read_lock_held()		true
#define synchronize_rcu()		((void)0)
#define rcu_dereference(p)		(p)
#define rcu_dereference_sched(p)	(p)
#define rcu_access_pointer(p)		(p)
#define rcu_dereference_protected(p, c)	(p)
#define rcu_assign_pointer(p, v)	((p) = (v))
#define RCU_INIT_POINTER(p, v)	((p) = (v))
#define lockdep_sock_is_held(sk)	true
#define preempt_disable()		((void)0)
#define preempt_enable()		((void)0)
#define lockdep_assert_in_softirq()	((void)0)
#define might_sleep()			((void)0)
#define cond_resched()			((void)0)
#define sock_owned_by_me(sk)		((void)0)
#define RCU_LOCKDEP_WARN(c, text)	((void)0)

#define DECLARE_PER_CPU(type, name)	extern type name
#define this_cpu_add(v, n)		((v) += (n))
#define this_cpu_inc(v)			((v)++)
#define this_cpu_dec(v)			((v)--)

struct timer_list {
	void (*function)(struct timer_list *timer);
};

enum hrtimer_restart {
	HRTIMER_NORESTART,
};

struct hrtimer {
	bool queued;
	enum hrtimer_restart (*function)(struct hrtimer *timer);
};

#define timer_container_of(var, t, field) container_of(t, typeof(*var), field)

struct delayed_work {
	void *func;
};

#define test_bit(n, p)	(*(p) >> (n) & 1)

static inline bool test_and_set_bit(int n, unsigned long *p)
{
	bool was = test_bit(n, p);

	*p |= 1UL << n;
	return was;
}

static inline bool test_and_clear_bit(int n, unsigned long *p)
{
	bool was = test_bit(n, p);

	*p &= ~(1UL << n);
	return was;
}

#endif /* _PURE_SYNC_H */
