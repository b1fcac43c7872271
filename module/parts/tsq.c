// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small queues (H-54): what a socket has in the queues of this host, its qdisc and
 * its driver, is bounded, so that whoever sends beside it need not wait behind it.
 *
 * The bound is the charge of its segments, sk_wmem_alloc.  Who meets it leaves a
 * mark, and is resumed when one of these segments is freed: sock_wfree() then calls
 * sk_write_space, and holds a byte of the charge meanwhile, so that neither socket
 * nor module goes.  No destructor of this module's is needed.
 */
#include <linux/interrupt.h>

#include "xtcp.h"
#include "parts/skb.h"
#include "parts/sndqueue.h"
#include "parts/timer.h"
#include "parts/tsq.h"

/* Bits of xtcp_sock.tsq */
#define TSQ_THROTTLED	BIT(0)	/* resume it when a segment is freed */
#define TSQ_QUEUED	BIT(1)	/* waits for that in a tsq_queue, which has a reference */

/**
 * struct tsq_queue - sockets to be resumed by one processor
 * @lock: guards the list, with interrupts off: segments may be freed so
 * @socks: xtcp_sock.tsq_node
 * @tasklet: resumes them
 */
struct tsq_queue {
	spinlock_t lock;	/* see above */
	struct list_head socks;
	struct tasklet_struct tasklet;
};

static DEFINE_PER_CPU(struct tsq_queue, tsq_queues);

static void queue_run(struct tasklet_struct *tasklet)
{
	struct tsq_queue *queue = from_tasklet(queue, tasklet, tasklet);
	struct xtcp_sock *xs, *next;
	LIST_HEAD(socks);

	spin_lock_irq(&queue->lock);
	list_splice_init(&queue->socks, &socks);
	spin_unlock_irq(&queue->lock);
	list_for_each_entry_safe(xs, next, &socks, tsq_node) {
		list_del(&xs->tsq_node);
		/* Whoever sees the bit cleared may queue it again. */
		smp_mb__before_atomic();
		atomic_long_andnot(TSQ_QUEUED, &xs->tsq);
		xtcp_timer_resume(&xs->inet.sk);
	}
}

/* A segment was freed.  Counterpart of the kernel's tcp_wfree(). */
static noinline void segment_freed(struct sock *sk, long bits)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct tsq_queue *queue;
	unsigned long flags;

	do {
		if (!(bits & TSQ_THROTTLED) || bits & TSQ_QUEUED)
			return;
	} while (!atomic_long_try_cmpxchg(&xs->tsq, &bits, TSQ_QUEUED));
	/* Of a socket that has ended the segments alone are left. */
	if (!refcount_inc_not_zero(&sk->sk_refcnt))
		return;
	/* Any will do, this one is near. */
	queue = raw_cpu_ptr(&tsq_queues);
	spin_lock_irqsave(&queue->lock, flags);
	list_add_tail(&xs->tsq_node, &queue->socks);
	spin_unlock_irqrestore(&queue->lock, flags);
	tasklet_schedule(&queue->tasklet);
}

/* sk_stream_write_space() isn't exported; this is what it promises. */
static noinline void wake_writers(struct sock *sk)
{
	struct socket_wq *wq = rcu_dereference(sk->sk_wq);

	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLOUT | EPOLLWRNORM |
						      EPOLLWRBAND);
	if (wq && wq->fasync_list && !(sk->sk_shutdown & SEND_SHUTDOWN))
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
}

/**
 * xtcp_tsq_write_space() - the send buffer has room, or a segment was freed
 * @sk: locked in the first case, perhaps closed long ago in the second
 *
 * Who waits for room has said so (SOCK_NOSPACE), and is woken where there is some.
 *
 * Context: any but hard interrupts.
 */
void xtcp_tsq_write_space(struct sock *sk)
{
	struct socket *sock;
	long bits;

	/* Pairs with the barrier in tsq_mark(): the charge went down before. */
	smp_mb__after_atomic();
	bits = atomic_long_read(&xtcp_sk(sk)->tsq);
	if (unlikely(bits & TSQ_THROTTLED))
		segment_freed(sk, bits);
	rcu_read_lock();
	/* Without the lock it may go at any time, but its memory stays under RCU. */
	sock = data_race(READ_ONCE(sk->sk_socket));
	if (sock && unlikely(test_bit(SOCK_NOSPACE, &sock->flags)) &&
	    __sk_stream_is_writeable(sk, 1)) {
		clear_bit(SOCK_NOSPACE, &sock->flags);
		wake_writers(sk);
	}
	rcu_read_unlock();
}

/* Whoever took the callback for itself would not tell us. */
static bool tsq_is_told(const struct sock *sk)
{
	return READ_ONCE(sk->sk_write_space) == xtcp_tsq_write_space;
}

/* From here on the freeing of a segment resumes it: look again after this. */
static void tsq_mark(struct xtcp_sock *xs)
{
	atomic_long_or(TSQ_THROTTLED, &xs->tsq);
	/* Pairs with the one in xtcp_tsq_write_space(). */
	smp_mb__after_atomic();
}

/**
 * xtcp_tsq_full() - has a socket enough in the queues of this host?
 * @sk: locked, with something there
 * @skb: what it would send next
 * @again: it was sent before: twice as much is allowed then
 *
 * Counterpart of the kernel's tcp_small_queue_check().
 *
 * Return: true if it has; it is resumed when one of these segments is freed.
 */
bool xtcp_tsq_full(struct sock *sk, const struct sk_buff *skb, bool again)
{
	struct net *net = sock_net(sk);
	unsigned long limit;

	sock_owned_by_me(sk);
	limit = xtcp_tsq_limit(skb->truesize, READ_ONCE(sk->sk_pacing_rate),
			       READ_ONCE(sk->sk_pacing_shift),
			       READ_ONCE(sk->sk_pacing_status) != SK_PACING_NONE,
			       READ_ONCE(net->ipv4.sysctl_tcp_limit_output_bytes));
	limit <<= again;
	if (likely(refcount_read(&sk->sk_wmem_alloc) <= limit))
		return false;
	/* One more than what was sent keeps a slow device busy. */
	if (xtcp_rtx_at_most_one(xtcp_sk(sk)) || !tsq_is_told(sk))
		return false;
	tsq_mark(xtcp_sk(sk));
	return refcount_read(&sk->sk_wmem_alloc) > limit;
}

/**
 * xtcp_tsq_holds() - does the last copy of a segment wait in a queue of this host?
 * @sk: locked
 * @skb: in the retransmission queue
 *
 * H-41: to send it again would only make that queue longer.
 *
 * Counterpart of the kernel's skb_still_in_host_queue().
 *
 * Return: true if it does; the socket is resumed when it has left.
 */
bool xtcp_tsq_holds(struct sock *sk, const struct sk_buff *skb)
{
	sock_owned_by_me(sk);
	if (likely(!skb_fclone_busy(sk, skb)))
		return false;
	tsq_mark(xtcp_sk(sk));
	if (!skb_fclone_busy(sk, skb))
		return false;
	XTCP_INC(sock_net(sk), SPURIOUSRTXHOSTQUEUES);
	return true;
}

/**
 * xtcp_tsq_corks() - shall a small write wait for what may follow? (H-46)
 * @sk: locked, with something in the queues of this host
 * @skb: the last buffer of the write queue
 * @goal: when it is full, bytes
 *
 * Only while something is on its way, and waits in a queue of this host: when that
 * has left, so will this.
 *
 * Counterpart of the kernel's tcp_should_autocork().
 */
bool xtcp_tsq_corks(struct sock *sk, const struct sk_buff *skb, u32 goal)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (skb->len >= goal || XTCP_CB(skb)->eor || !xtcp_rtx_head(xs) ||
	    !READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_autocorking) ||
	    !tsq_is_told(sk))
		return false;
	if (!(atomic_long_read(&xs->tsq) & TSQ_THROTTLED)) {
		XTCP_INC(sock_net(sk), AUTOCORKING);
		tsq_mark(xs);
	}
	return refcount_read(&sk->sk_wmem_alloc) > skb->truesize;
}

/**
 * xtcp_tsq_start() - a new socket
 * @sk: not in use yet
 */
void xtcp_tsq_start(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	/* A clone has its listener's. */
	atomic_long_set(&xs->tsq, 0);
	INIT_LIST_HEAD(&xs->tsq_node);
}

/**
 * xtcp_tsq_init() - at module load
 *
 * Return: 0.
 */
int xtcp_tsq_init(void)
{
	struct tsq_queue *queue;
	int cpu;

	for_each_possible_cpu(cpu) {
		queue = &per_cpu(tsq_queues, cpu);
		spin_lock_init(&queue->lock);
		INIT_LIST_HEAD(&queue->socks);
		tasklet_setup(&queue->tasklet, queue_run);
	}
	return 0;
}

/** xtcp_tsq_exit() - at module unload: no socket is left, and no segment of one */
void xtcp_tsq_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		tasklet_kill(&per_cpu(tsq_queues, cpu).tasklet);
}
