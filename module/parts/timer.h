/* SPDX-License-Identifier: GPL-2.0-only */
/* What timer.c is asked; described there. */
#ifndef _XTCP_TIMER_H
#define _XTCP_TIMER_H

#include "xtcp.h"

/**
 * enum xtcp_timer_event - what the retransmission timer stands for
 * @XTCP_EVENT_NONE: not armed
 * @XTCP_EVENT_RETRANS: RFC 6298
 * @XTCP_EVENT_LOSS_PROBE: RFC 8985 7, tail loss
 * @XTCP_EVENT_REORDER: RFC 8985 6, what is late enough to be lost
 * @XTCP_EVENT_PROBE: RFC 9293 3.8.6.1, zero window
 */
enum xtcp_timer_event {
	XTCP_EVENT_NONE,
	XTCP_EVENT_RETRANS,
	XTCP_EVENT_LOSS_PROBE,
	XTCP_EVENT_REORDER,
	XTCP_EVENT_PROBE,
};

/**
 * struct xtcp_timer_ops - what is called when a timer of a socket fires
 * @retrans: retransmission, or the probe of a window
 * @delack: an acknowledgment is due
 * @compress: and one that stands for several
 * @keepalive: the peer was silent; or an orphan's FIN_WAIT2 lasted long enough
 * @pacing: the next segment is due
 * @resume: as a timer that fires: a queue of this host has room again; drops a
 *	    reference
 */
struct xtcp_timer_ops {
	void (*retrans)(struct timer_list *t);
	void (*delack)(struct timer_list *t);
	enum hrtimer_restart (*compress)(struct hrtimer *t);
	void (*keepalive)(struct timer_list *t);
	enum hrtimer_restart (*pacing)(struct hrtimer *t);
	void (*resume)(struct sock *sk);
};

/* Of a sysctl, which may be any number: a negative one means never. */
static inline unsigned long xtcp_timer_delay(unsigned int jiffies)
{
	return min_t(unsigned int, jiffies, INT_MAX);
}

/* Counters of failures stay at their limit: 0 would mean success. */
static inline u8 xtcp_timer_count_up(u8 n)
{
	return n < U8_MAX ? n + 1 : n;
}

/*
 * TCP_USER_TIMEOUT counts from the first retransmission of these, or a SYN; and an
 * echo of an earlier time is one of the original (RFC 3522).  @us: its time, or now
 */
static inline void xtcp_timer_stamp_retrans(struct xtcp_sock *xs, u64 us)
{
	if (!xs->retrans_stamp)
		xs->retrans_stamp = xtcp_clock_to_ms(us) ?: U32_MAX;
}

/* Whoever holds the socket shall do it when it lets go; it has a reference. */
static inline void xtcp_timer_defer(struct sock *sk, int bit)
{
	if (!test_and_set_bit(bit, &xtcp_sk(sk)->deferred))
		sock_hold(sk);
}

/* Is it to be done?  Then by who asks, who has the reference. */
static inline bool xtcp_timer_deferred(struct sock *sk, int bit)
{
	return test_bit(bit, &xtcp_sk(sk)->deferred) &&
	       test_and_clear_bit(bit, &xtcp_sk(sk)->deferred);
}

/* What was sent again has been acknowledged. */
static inline void xtcp_timer_repaired(struct xtcp_sock *xs)
{
	xs->retrans_stamp = 0;
}

static inline void xtcp_timer_count_retrans(struct xtcp_sock *xs)
{
	xs->retransmits = xtcp_timer_count_up(xs->retransmits);
}

/* H-17: perhaps another of several paths works (SO_TXREHASH). */
static inline void xtcp_timer_rehash(struct sock *sk)
{
	if (!sk_rethink_txhash(sk))
		return;
	xtcp_sk(sk)->timeout_rehash++;
	XTCP_INC(sock_net(sk), TIMEOUTREHASH);
}

/* Something new was acknowledged. */
static inline void xtcp_timer_progress(struct xtcp_sock *xs)
{
	xs->retransmits = 0;
}

static inline void xtcp_timer_stamp_probes(struct xtcp_sock *xs)
{
	xs->probes_stamp = xtcp_clock_ms() | 1;
}

static inline void xtcp_timer_count_probe(struct xtcp_sock *xs)
{
	xs->probes_out = xtcp_timer_count_up(xs->probes_out);
}

/* The peer has answered, */
static inline void xtcp_timer_probe_answered(struct xtcp_sock *xs)
{
	xs->probes_out = 0;
}

/* and takes what it was asked for. */
static inline void xtcp_timer_window_open(struct xtcp_sock *xs)
{
	xs->probes_stamp = 0;
}

void xtcp_timer_arm(struct sock *sk, enum xtcp_timer_event event,
		    unsigned long delay);
void xtcp_timer_clear_xmit(struct sock *sk);
unsigned long xtcp_timer_clamp(const struct sock *sk, u32 since,
			       unsigned long delay);
s64 xtcp_timer_rto_left(const struct sock *sk);
void xtcp_timer_rearm(struct sock *sk);
unsigned long xtcp_timer_backed_off(const struct xtcp_sock *xs);
void xtcp_timer_arm_probe(struct sock *sk);
void xtcp_timer_restart_probe(struct sock *sk);
void xtcp_timer_retry_soon(struct sock *sk);
unsigned long xtcp_timer_keepalive_time(const struct sock *sk);
u32 xtcp_timer_idle(const struct xtcp_sock *xs);
void xtcp_timer_arm_keepalive(struct sock *sk, unsigned long delay);
void xtcp_timer_keepalive_start(struct sock *sk);
void xtcp_timer_keepalive(struct sock *sk, int on);
void xtcp_timer_keepalive_changed(struct sock *sk);
void xtcp_timer_arm_pacing(struct sock *sk, ktime_t due);
void xtcp_timer_resume(struct sock *sk);
void xtcp_timer_register(const struct xtcp_timer_ops *ops);
void xtcp_timer_init(struct sock *sk);
void xtcp_timer_stop(struct sock *sk);

#endif /* _XTCP_TIMER_H */
