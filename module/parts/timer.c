// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers of a socket: retransmission and zero-window probe (one timer),
 * delayed ACK, ACKs that are merged, keepalive, which also ends an orphaned
 * FIN_WAIT2, and pacing.  Here they are armed and stopped; what it means that one
 * fires is in timeout.c.
 */
#include "xtcp.h"
#include "parts/delack.h"
#include "parts/scoreboard.h"
#include "parts/timer.h"

static const struct xtcp_timer_ops *timer_ops __ro_after_init;

/**
 * xtcp_timer_arm() - start the retransmission timer
 * @sk: locked
 * @event: what it shall stand for
 * @delay: jiffies; no longer than XTCP_RTO_MAX
 */
void xtcp_timer_arm(struct sock *sk, enum xtcp_timer_event event,
		    unsigned long delay)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xs->event = event;
	xs->timeout = jiffies + min_t(unsigned long, delay, XTCP_RTO_MAX);
	/* If it runs already it may fire too early: its handler then waits. */
	if (!timer_reduce(&xs->retrans_timer, xs->timeout))
		sock_hold(sk);
}

/**
 * xtcp_timer_clear_xmit() - nothing waits for an answer any more
 * @sk: locked
 *
 * The timer itself may still fire; it then finds nothing to do.
 */
void xtcp_timer_clear_xmit(struct sock *sk)
{
	sock_owned_by_me(sk);
	xtcp_sk(sk)->event = XTCP_EVENT_NONE;
}

/**
 * xtcp_timer_clamp() - no longer than until TCP_USER_TIMEOUT strikes (H-11)
 * @sk: locked
 * @since: from when on it counts, ms; 0: it does not
 * @delay: jiffies
 *
 * Return: @delay, or less.
 */
unsigned long xtcp_timer_clamp(const struct sock *sk, u32 since,
			       unsigned long delay)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 limit = READ_ONCE(xs->user_timeout);
	s32 left;

	sock_owned_by_me(sk);
	if (!limit || !since)
		return delay;
	left = limit - (xtcp_clock_ms() - since);
	if (left <= 0)
		return 1;
	return min(delay, msecs_to_jiffies(left));
}

/**
 * xtcp_timer_rto_left() - how far away the retransmission timeout is
 * @sk: locked
 *
 * It counts from when the head was last sent.
 *
 * Return: microseconds; may be negative.
 */
s64 xtcp_timer_rto_left(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	const struct sk_buff *skb = xtcp_rtx_head(xs);

	if (!skb)
		return jiffies_to_usecs(xs->rto);
	return (s64)(XTCP_CB(skb)->sent_us + jiffies_to_usecs(xs->rto) -
		     xtcp_clock_of(xs));
}

/**
 * xtcp_timer_rearm() - restart the retransmission timer, or stop it (H-05)
 * @sk: locked
 *
 * Where a loss probe or a reordering timer stood in its place, what passed
 * meanwhile counts.
 *
 * Counterpart of the kernel's tcp_rearm_rto().
 */
void xtcp_timer_rearm(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	unsigned long delay = xs->rto;
	u32 since;

	sock_owned_by_me(sk);
	if (!xs->packets_out) {
		if (xs->event != XTCP_EVENT_PROBE)
			xtcp_timer_clear_xmit(sk);
		/* There was no memory for it, and a SYN does not take it along. */
		if (unlikely(xs->fin_owed))
			xtcp_timer_arm_probe(sk);
		return;
	}
	if (xs->event == XTCP_EVENT_LOSS_PROBE ||
	    xs->event == XTCP_EVENT_REORDER)
		delay = usecs_to_jiffies(clamp_t(s64, xtcp_timer_rto_left(sk), 1,
						 jiffies_to_usecs(XTCP_RTO_MAX)));
	since = xs->retransmits ? xs->retrans_stamp : 0;
	xtcp_timer_arm(sk, XTCP_EVENT_RETRANS,
		       xtcp_timer_clamp(sk, since, delay));
}

/**
 * xtcp_timer_backed_off() - until the next probe of a window (H-50)
 * @xs: locked
 *
 * Return: jiffies.
 */
unsigned long xtcp_timer_backed_off(const struct xtcp_sock *xs)
{
	u64 delay = (u64)max(xs->rto, XTCP_RTO_MIN) <<
		    min_t(u8, xs->backoff, 10);

	return min_t(u64, delay, XTCP_RTO_MAX);
}

/**
 * xtcp_timer_arm_probe() - data waits and nothing is in flight (H-50)
 * @sk: locked
 */
void xtcp_timer_arm_probe(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	/* The first comes as soon as a timeout would: RTO is backed off by itself. */
	if (xs->event != XTCP_EVENT_PROBE && !xs->packets_out)
		xtcp_timer_arm(sk, XTCP_EVENT_PROBE, max(xs->rto, XTCP_RTO_MIN));
}

/**
 * xtcp_timer_restart_probe() - the peer lives: it is asked again later (H-51)
 * @sk: locked, nothing in flight
 */
void xtcp_timer_restart_probe(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xtcp_timer_arm(sk, XTCP_EVENT_PROBE,
		       xtcp_timer_clamp(sk, xs->probes_stamp, xtcp_timer_backed_off(xs)));
}

/**
 * xtcp_timer_retry_soon() - have an active open send its SYN again (D-33)
 * @sk: locked, SYN_SENT
 */
void xtcp_timer_retry_soon(struct sock *sk)
{
	sock_owned_by_me(sk);
	if (!xtcp_sk(sk)->retransmits)
		xtcp_timer_arm(sk, XTCP_EVENT_RETRANS, 2);
}

/**
 * xtcp_timer_keepalive_time() - silence until the first probe (TCP_KEEPIDLE)
 * @sk: socket
 *
 * Return: jiffies.
 */
unsigned long xtcp_timer_keepalive_time(const struct sock *sk)
{
	const struct net *net = sock_net(sk);

	return xtcp_timer_delay(READ_ONCE(xtcp_sk(sk)->keepalive_time) ?:
				READ_ONCE(net->ipv4.sysctl_tcp_keepalive_time));
}

/**
 * xtcp_timer_idle() - time since the peer was last heard
 * @xs: locked
 *
 * Return: jiffies.
 */
u32 xtcp_timer_idle(const struct xtcp_sock *xs)
{
	u32 now = xtcp_jiffies32();

	return min_t(u32, now - xs->ack.lrcvtime, now - xs->rcv_tstamp);
}

/**
 * xtcp_timer_arm_keepalive() - start the keepalive timer
 * @sk: locked
 * @delay: jiffies
 */
void xtcp_timer_arm_keepalive(struct sock *sk, unsigned long delay)
{
	sock_owned_by_me(sk);
	sk_reset_timer(sk, &sk->sk_timer, jiffies + delay);
}

/**
 * xtcp_timer_keepalive_start() - a connection stands that wants it
 * @sk: locked
 */
void xtcp_timer_keepalive_start(struct sock *sk)
{
	sock_owned_by_me(sk);
	xtcp_timer_arm_keepalive(sk, xtcp_timer_keepalive_time(sk));
}

/**
 * xtcp_timer_keepalive() - SO_KEEPALIVE is set (proto.keepalive; G-73)
 * @sk: locked, its flag as it was before
 * @on: keepalive is wanted
 *
 * What is on already goes on as it was.
 */
void xtcp_timer_keepalive(struct sock *sk, int on)
{
	sock_owned_by_me(sk);
	if (XTCP_STATE_IN(sk, TCPF_CLOSE | TCPF_LISTEN))
		return;
	if (!on)
		sk_stop_timer(sk, &sk->sk_timer);
	else if (!sock_flag(sk, SOCK_KEEPOPEN))
		xtcp_timer_keepalive_start(sk);
}

/**
 * xtcp_timer_keepalive_changed() - TCP_KEEPIDLE, and keepalive is on (G-90)
 * @sk: locked
 *
 * The new time counts from when the peer was last heard.
 */
void xtcp_timer_keepalive_changed(struct sock *sk)
{
	unsigned long delay = xtcp_timer_keepalive_time(sk);
	u32 idle = xtcp_timer_idle(xtcp_sk(sk));

	sock_owned_by_me(sk);
	if (XTCP_STATE_IN(sk, TCPF_CLOSE | TCPF_LISTEN))
		return;
	xtcp_timer_arm_keepalive(sk, delay > idle ? delay - idle : 0);
}

/**
 * xtcp_timer_arm_pacing() - have the socket resumed when its next segment is due
 * @sk: locked
 * @due: when, by CLOCK_MONOTONIC
 *
 * One that runs goes on: what is due only became later.
 */
void xtcp_timer_arm_pacing(struct sock *sk, ktime_t due)
{
	struct hrtimer *timer = &xtcp_sk(sk)->pacing_timer;

	sock_owned_by_me(sk);
	if (hrtimer_is_queued(timer))
		return;
	sock_hold(sk);
	hrtimer_start(timer, due, HRTIMER_MODE_ABS_PINNED_SOFT);
}

/**
 * xtcp_timer_resume() - what a queue of this host held up goes on
 * @sk: not locked; a reference, which is dropped
 *
 * Context: softirq.
 */
void xtcp_timer_resume(struct sock *sk)
{
	timer_ops->resume(sk);
}

/**
 * xtcp_timer_register() - what is called when they fire (module load)
 * @ops: the functions
 */
void xtcp_timer_register(const struct xtcp_timer_ops *ops)
{
	timer_ops = ops;
}

/**
 * xtcp_timer_init() - set up the timers of a new socket
 * @sk: not in use yet
 */
void xtcp_timer_init(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	timer_setup(&xs->retrans_timer, timer_ops->retrans, 0);
	timer_setup(&xs->delack_timer, timer_ops->delack, 0);
	timer_setup(&sk->sk_timer, timer_ops->keepalive, 0);
	hrtimer_setup(&xs->pacing_timer, timer_ops->pacing, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_PINNED_SOFT);
	hrtimer_setup(&xs->compress_timer, timer_ops->compress, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_SOFT);
	xs->event = XTCP_EVENT_NONE;
	xs->deferred = 0;
	xtcp_delack_init(xs);
}

/* Most timers are not pending, and then there is nothing to stop. */
static void timer_stop(struct sock *sk, struct timer_list *timer)
{
	if (timer_pending(timer))
		sk_stop_timer(sk, timer);
}

/**
 * xtcp_timer_stop() - the connection is over
 * @sk: locked
 */
void xtcp_timer_stop(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xs->event = XTCP_EVENT_NONE;
	xtcp_delack_stop(sk);
	timer_stop(sk, &xs->retrans_timer);
	timer_stop(sk, &xs->delack_timer);
	timer_stop(sk, &sk->sk_timer);
	if (unlikely(hrtimer_is_queued(&xs->pacing_timer)) &&
	    hrtimer_try_to_cancel(&xs->pacing_timer) == 1)
		__sock_put(sk);
}
