// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers of a socket: retransmission and zero-window probe (one timer),
 * delayed ACK, and keepalive, which also ends an orphaned FIN_WAIT2.
 *
 * A timer that finds the socket locked by a system call sets a bit; the call
 * does the work when it lets go (H-13).
 */
#include "xtcp.h"

static void arm_xmit(struct sock *sk, enum xtcp_timer_event event,
		     unsigned long delay)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xs->event = event;
	xs->timeout = jiffies + min_t(unsigned long, delay, XTCP_RTO_MAX);
	/* If it runs already it may fire too early: xmit_handler() then waits. */
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
	xtcp_sk(sk)->event = XTCP_EVENT_NONE;
}

/* Counters of failures stay at their limit: 0 would mean success. */
static u8 count_up(u8 n)
{
	return n < U8_MAX ? n + 1 : n;
}

/* TCP_USER_TIMEOUT: when would it strike? Shortens @delay to then (H-11). */
static unsigned long clamp_user_timeout(const struct sock *sk, u32 since,
					unsigned long delay)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 limit = READ_ONCE(xs->user_timeout);
	s32 left;

	if (!limit || !since)
		return delay;
	left = limit - (xtcp_clock_ms() - since);
	if (left <= 0)
		return 1;
	return min(delay, msecs_to_jiffies(left));
}

/**
 * xtcp_timer_rearm() - restart the retransmission timer, or stop it (H-05)
 * @sk: locked
 */
void xtcp_timer_rearm(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (!xs->packets_out) {
		if (xs->event == XTCP_EVENT_RETRANS)
			xtcp_timer_clear_xmit(sk);
		/* There was no memory for it, and a SYN does not take it along. */
		if (unlikely(xs->fin_owed))
			xtcp_timer_arm_probe(sk);
		return;
	}
	arm_xmit(sk, XTCP_EVENT_RETRANS,
		 clamp_user_timeout(sk, xs->retransmits ? xs->retrans_stamp : 0,
				    xs->rto));
}

static unsigned long backed_off(const struct xtcp_sock *xs)
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

	/* The first comes as soon as a timeout would: RTO is backed off by itself. */
	if (xs->event != XTCP_EVENT_PROBE && !xs->packets_out)
		arm_xmit(sk, XTCP_EVENT_PROBE, max(xs->rto, XTCP_RTO_MIN));
}

/**
 * xtcp_timer_restart_probe() - the peer lives: it is asked again later (H-51)
 * @sk: locked, nothing in flight
 */
void xtcp_timer_restart_probe(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	arm_xmit(sk, XTCP_EVENT_PROBE,
		 clamp_user_timeout(sk, xs->probes_stamp, backed_off(xs)));
}

/**
 * xtcp_timer_retry_soon() - have an active open send its SYN again (D-33)
 * @sk: locked, SYN_SENT
 */
void xtcp_timer_retry_soon(struct sock *sk)
{
	if (!xtcp_sk(sk)->retransmits)
		arm_xmit(sk, XTCP_EVENT_RETRANS, 2);
}

/**
 * xtcp_timer_arm_delack() - owe an acknowledgment (H-60)
 * @sk: locked
 */
void xtcp_timer_arm_delack(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 ato = xs->ack.ato;
	unsigned long timeout;

	if (ato > XTCP_DELACK_MIN) {
		u32 max = HZ / 2;

		if (xs->ack.pingpong)
			max = XTCP_DELACK_MAX;
		/* No longer than the peer's data takes to come round. */
		if (xs->srtt_us)
			max = min_t(u32, max,
				    max_t(u32, usecs_to_jiffies(xs->srtt_us >> 3),
					  XTCP_DELACK_MIN));
		ato = min(ato, max);
	}
	ato = min(ato, XTCP_DELACK_MAX);
	timeout = jiffies + ato;
	if (xs->ack.timer) {
		/* It is all but due. */
		if (xs->ack.blocked ||
		    time_before_eq(xs->ack.timeout, jiffies + (ato >> 2))) {
			xtcp_output_ack(sk);
			return;
		}
		if (!time_before(timeout, xs->ack.timeout))
			timeout = xs->ack.timeout;
	}
	xs->ack.scheduled = true;
	xs->ack.timer = true;
	xs->ack.timeout = timeout;
	sk_reset_timer(sk, &xs->delack_timer, timeout);
}

/**
 * xtcp_timer_delack_retry() - no memory for an ACK now: later
 * @sk: locked
 */
void xtcp_timer_delack_retry(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xs->ack.scheduled = true;
	xs->ack.timer = true;
	xs->ack.ato = XTCP_DELACK_MIN;
	xs->ack.timeout = jiffies + XTCP_DELACK_MAX;
	sk_reset_timer(sk, &xs->delack_timer, xs->ack.timeout);
}

/* A connection that could not be saved. */
static void give_up(struct sock *sk)
{
	WRITE_ONCE(sk->sk_err, READ_ONCE(sk->sk_err_soft) ?: ETIMEDOUT);
	sk_error_report(sk);
	xtcp_output_purge(sk);
	xtcp_sock_done(sk);
	XTCP_INC(sock_net(sk), ABORTONTIMEOUT);
}

/* Time that @retries back-offs from @base take, in ms (H-12). */
static u32 retry_time(u32 retries, u32 base)
{
	u32 linear = ilog2(XTCP_RTO_MAX / base);
	u64 time;

	if (retries <= linear)
		time = ((2ULL << retries) - 1) * base;
	else
		time = ((2ULL << linear) - 1) * base +
		       (u64)(retries - linear) * XTCP_RTO_MAX;
	return jiffies_to_msecs(min_t(u64, time, U32_MAX));
}

/* H-88 */
static int orphan_retries(const struct sock *sk, bool alive)
{
	int retries = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_orphan_retries);

	if (READ_ONCE(sk->sk_err_soft) && !alive)
		return 0;
	return !retries && alive ? 8 : retries;
}

/* An orphan that the host can't afford; resets it. */
static bool orphan_too_many(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	int shift = 0;

	if ((s32)(xtcp_jiffies32() - xs->lsndtime) > 2 * (s32)XTCP_RTO_MAX)
		shift++;
	if (READ_ONCE(sk->sk_err_soft))
		shift++;
	if (!xtcp_close_too_many_orphans(sk, shift))
		return false;
	xtcp_output_reset(sk, GFP_ATOMIC);
	xtcp_sock_done(sk);
	XTCP_INC(sock_net(sk), ABORTONMEMORY);
	return true;
}

static bool syn_expired(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 limit = READ_ONCE(xs->user_timeout);
	int retries = xs->syn_retries ?:
		      READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_syn_retries);

	if (sk->sk_state == TCP_SYN_SENT)
		retries += xtcp_syn_linear_timeouts(sock_net(sk));
	if (limit && xs->retransmits && xs->retrans_stamp &&
	    (s32)(xtcp_clock_ms() - xs->retrans_stamp - limit) >= 0)
		return true;
	return xs->retransmits >= retries;
}

static bool retransmits_timed_out(const struct sock *sk, int boundary)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 limit = READ_ONCE(xs->user_timeout) ?:
		    retry_time(boundary, XTCP_RTO_MIN);

	if (!xs->retransmits || !xs->retrans_stamp)
		return false;
	return (s32)(xtcp_clock_ms() - xs->retrans_stamp - limit) >= 0;
}

/* H-12, H-88: true if the connection was given up. */
static bool write_timeout(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	bool expired, alive;
	int retries;

	if (XTCP_STATE_IN(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		expired = syn_expired(sk);
	} else {
		retries = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_retries2);
		if (sock_flag(sk, SOCK_DEAD)) {
			alive = xs->rto < XTCP_RTO_MAX;
			retries = orphan_retries(sk, alive);
			if (orphan_too_many(sk))
				return true;
		}
		/* H-93: have the route looked up again. */
		if (xs->retransmits >
		    READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_retries1))
			sk_dst_reset(sk);
		expired = retransmits_timed_out(sk, retries);
	}
	/* Perhaps another of several paths works (SO_TXREHASH). */
	sk_rethink_txhash(sk);
	if (expired)
		give_up(sk);
	return expired;
}

static void count_timeout(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (xs->retransmits)
		return;
	if (xs->ca_state == XTCP_CA_LOSS)
		XTCP_INC(sock_net(sk), LOSSFAILURES);
	else if (xs->ca_state == XTCP_CA_RECOVERY || xs->sacked_out)
		XTCP_INC(sock_net(sk), RENOFAILURES);
}

/*
 * H-52: the peer took its window back under data in flight.  The head probes
 * for it; only silence ends that, or TCP_USER_TIMEOUT.
 */
static void shrunk_window(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 limit = READ_ONCE(xs->user_timeout);

	if ((s32)(xtcp_jiffies32() - xs->rcv_tstamp) > 2 * (s32)XTCP_RTO_MAX ||
	    (limit && xs->retrans_stamp &&
	     (s32)(xtcp_clock_ms() - xs->retrans_stamp - limit) >= 0)) {
		give_up(sk);
		return;
	}
	xtcp_recovery_timeout(sk);
	xtcp_recovery_head(sk);
	xs->rto = min(xs->rto << 1, XTCP_RTO_MAX);
	arm_xmit(sk, XTCP_EVENT_RETRANS, xs->rto);
}

/* RFC 6298 5.5; the first SYNs may come at equal distances (D-38). */
static void back_off(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (sk->sk_state == TCP_SYN_SENT &&
	    xs->retransmits <= xtcp_syn_linear_timeouts(sock_net(sk)))
		return;
	xs->backoff = count_up(xs->backoff);
	xs->rto = min(xs->rto << 1, XTCP_RTO_MAX);
}

/* RFC 6298 5.4 to 5.7 */
static void retransmit_timeout(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (!xs->packets_out || !xtcp_rtx_head(xs))
		return;
	if (!xs->snd_wnd && !sock_flag(sk, SOCK_DEAD) &&
	    !XTCP_STATE_IN(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		shrunk_window(sk);
		return;
	}
	XTCP_INC(sock_net(sk), TIMEOUTS);
	if (write_timeout(sk))
		return;
	count_timeout(sk);
	xtcp_recovery_timeout(sk);
	if (!xs->retrans_stamp)
		xs->retrans_stamp = xtcp_clock_ms() | 1;
	xs->retransmits = count_up(xs->retransmits);
	if (xtcp_recovery_head(sk) > 0) {
		/* H-14: our own queue is full, not the network's. */
		arm_xmit(sk, XTCP_EVENT_RETRANS,
			 min(xs->rto, XTCP_RESOURCE_PROBE));
		return;
	}
	back_off(sk);
	arm_xmit(sk, XTCP_EVENT_RETRANS,
		 clamp_user_timeout(sk, xs->retrans_stamp, xs->rto));
}

/* H-51: true if the probing is over. */
static bool probe_expired(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	int max = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_retries2);
	u32 limit = READ_ONCE(xs->user_timeout);
	bool alive;

	if (!xs->probes_stamp)
		xs->probes_stamp = xtcp_clock_ms() | 1;
	else if (limit &&
		 (s32)(xtcp_clock_ms() - xs->probes_stamp - limit) >= 0)
		goto expired;
	if (sock_flag(sk, SOCK_DEAD)) {
		alive = backed_off(xs) < XTCP_RTO_MAX;
		max = orphan_retries(sk, alive);
		if (!alive && xs->backoff >= max)
			goto expired;
		if (orphan_too_many(sk))
			return true;
	}
	if (xs->probes_out < max)
		return false;
expired:
	give_up(sk);
	return true;
}

static void probe_timeout(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	unsigned long delay = XTCP_RESOURCE_PROBE;
	int err;

	if (xs->fin_owed) {
		xs->fin_owed = false;
		xtcp_output_fin(sk);
	}
	if (xs->packets_out || !xtcp_has_unsent(sk)) {
		xs->probes_out = 0;
		xs->probes_stamp = 0;
		return;
	}
	if (probe_expired(sk))
		return;
	err = xtcp_output_wakeup(sk);
	if (xs->packets_out) {
		xs->backoff = 0;
		xs->probes_out = 0;
		xs->probes_stamp = 0;
		return;
	}
	xs->probes_out = count_up(xs->probes_out);
	/* H-14: what this host's own queue drops tells nothing of the peer. */
	if (err <= 0) {
		if (xs->backoff <
		    READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_retries2))
			xs->backoff++;
		delay = backed_off(xs);
	}
	arm_xmit(sk, XTCP_EVENT_PROBE,
		 clamp_user_timeout(sk, xs->probes_stamp, delay));
}

static void xmit_handler(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	enum xtcp_timer_event event = xs->event;

	if (XTCP_STATE_IN(sk, TCPF_CLOSE | TCPF_LISTEN) ||
	    event == XTCP_EVENT_NONE)
		return;
	if (time_after(xs->timeout, jiffies)) {
		sk_reset_timer(sk, &xs->retrans_timer, xs->timeout);
		return;
	}
	xs->event = XTCP_EVENT_NONE;
	if (event == XTCP_EVENT_RETRANS)
		retransmit_timeout(sk);
	else
		probe_timeout(sk);
}

static void delack_handler(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (XTCP_STATE_IN(sk, TCPF_CLOSE | TCPF_LISTEN) || !xs->ack.timer)
		return;
	if (time_after(xs->ack.timeout, jiffies)) {
		sk_reset_timer(sk, &xs->delack_timer, xs->ack.timeout);
		return;
	}
	xs->ack.timer = false;
	if (!xs->ack.scheduled)
		return;
	if (!xs->ack.pingpong) {
		/* The peer's pace is slower than we thought. */
		xs->ack.ato = min(xs->ack.ato << 1, xs->rto);
	} else {
		xs->ack.pingpong = false;
		xs->ack.ato = XTCP_DELACK_MIN;
	}
	xtcp_output_ack(sk);
	XTCP_INC(sock_net(sk), DELAYEDACKS);
}

/* Of a sysctl, which may be any number: a negative one means never. */
static unsigned long timer_delay(unsigned int jiffies)
{
	return min_t(unsigned int, jiffies, INT_MAX);
}

static unsigned long keepalive_time(const struct sock *sk)
{
	return timer_delay(READ_ONCE(xtcp_sk(sk)->keepalive_time) ?:
			   READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_keepalive_time));
}

static unsigned long keepalive_intvl(const struct sock *sk)
{
	return timer_delay(READ_ONCE(xtcp_sk(sk)->keepalive_intvl) ?:
			   READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_keepalive_intvl));
}

static int keepalive_probes(const struct sock *sk)
{
	return READ_ONCE(xtcp_sk(sk)->keepalive_probes) ?:
	       READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_keepalive_probes);
}

static bool keepalive_expired(const struct sock *sk, u32 idle)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 limit = READ_ONCE(xs->user_timeout);

	if (limit)
		return idle >= msecs_to_jiffies(limit) && xs->probes_out > 0;
	return xs->probes_out >= keepalive_probes(sk);
}

/* Time since the peer was last heard, jiffies. */
static u32 idle_time(const struct xtcp_sock *xs)
{
	u32 now = xtcp_jiffies32();

	return min_t(u32, now - xs->ack.lrcvtime, now - xs->rcv_tstamp);
}

/* H-78 */
static void keepalive_probe(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	unsigned long delay = keepalive_time(sk);
	u32 idle;

	if (xs->packets_out || xtcp_has_unsent(sk))
		goto rearm;
	idle = idle_time(xs);
	if (idle < delay) {
		delay -= idle;
		goto rearm;
	}
	if (keepalive_expired(sk, idle)) {
		xtcp_output_reset(sk, GFP_ATOMIC);
		give_up(sk);
		return;
	}
	XTCP_INC(sock_net(sk), KEEPALIVE);
	if (xtcp_output_probe(sk, false) <= 0) {
		xs->probes_out = count_up(xs->probes_out);
		delay = keepalive_intvl(sk);
	} else {
		/* H-14: nobody was asked. */
		delay = XTCP_RESOURCE_PROBE;
	}
rearm:
	xtcp_timer_arm_keepalive(sk, delay);
}

static void keepalive_handler(struct sock *sk)
{
	if (sk->sk_state == TCP_FIN_WAIT2 && sock_flag(sk, SOCK_DEAD)) {
		xtcp_timewait_linger(sk);
		return;
	}
	if (!sock_flag(sk, SOCK_KEEPOPEN) ||
	    XTCP_STATE_IN(sk, TCPF_CLOSE | TCPF_SYN_SENT | TCPF_LISTEN))
		return;
	keepalive_probe(sk);
}

/**
 * xtcp_timer_arm_keepalive() - start the keepalive timer
 * @sk: locked
 * @delay: jiffies
 */
void xtcp_timer_arm_keepalive(struct sock *sk, unsigned long delay)
{
	sk_reset_timer(sk, &sk->sk_timer, jiffies + delay);
}

/**
 * xtcp_timer_revert_backoff() - an ICMP error explains a timeout (RFC 6069)
 * @sk: locked
 * @seq: sequence number that it quotes
 *
 * Back-off is for congestion; this segment met a router without a route.
 */
void xtcp_timer_revert_backoff(struct sock *sk, u32 seq)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_rtx_head(xs);
	unsigned long passed;

	if (seq != xs->snd_una || !xs->retransmits || !xs->backoff || !skb)
		return;
	xs->backoff--;
	if (xs->srtt_us)
		xtcp_rtt_set_rto(sk);
	else
		xs->rto = XTCP_RTO_INIT;
	xs->rto = min_t(u64, (u64)xs->rto << min_t(u8, xs->backoff, 10),
			XTCP_RTO_MAX);
	passed = usecs_to_jiffies(xtcp_clock_us() - XTCP_CB(skb)->sent_us);
	if (passed < xs->rto)
		arm_xmit(sk, XTCP_EVENT_RETRANS, xs->rto - passed);
	else
		retransmit_timeout(sk);
}

/**
 * xtcp_timer_keepalive_start() - a connection stands that wants it
 * @sk: locked
 */
void xtcp_timer_keepalive_start(struct sock *sk)
{
	xtcp_timer_arm_keepalive(sk, keepalive_time(sk));
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
	unsigned long delay = keepalive_time(sk);
	u32 idle = idle_time(xtcp_sk(sk));

	if (XTCP_STATE_IN(sk, TCPF_CLOSE | TCPF_LISTEN))
		return;
	xtcp_timer_arm_keepalive(sk, delay > idle ? delay - idle : 0);
}

/* Runs @handler now, or leaves it to whoever holds the socket. */
static void fire(struct sock *sk, int bit, void (*handler)(struct sock *sk))
{
	xtcp_entry_timer();
	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk)) {
		handler(sk);
	} else {
		if (bit == XTCP_DEFER_DELACK) {
			xtcp_sk(sk)->ack.blocked = true;
			XTCP_INC(sock_net(sk), DELAYEDACKLOCKED);
		}
		if (!test_and_set_bit(bit, &xtcp_sk(sk)->deferred))
			sock_hold(sk);
	}
	bh_unlock_sock(sk);
	sock_put(sk);
}

static void retrans_fired(struct timer_list *t)
{
	struct xtcp_sock *xs = timer_container_of(xs, t, retrans_timer);

	fire(&xs->inet.sk, XTCP_DEFER_RETRANS, xmit_handler);
}

static void delack_fired(struct timer_list *t)
{
	struct xtcp_sock *xs = timer_container_of(xs, t, delack_timer);

	fire(&xs->inet.sk, XTCP_DEFER_DELACK, delack_handler);
}

static void keepalive_fired(struct timer_list *t)
{
	struct sock *sk = timer_container_of(sk, t, sk_timer);

	fire(sk, XTCP_DEFER_KEEPALIVE, keepalive_handler);
}

/**
 * xtcp_timer_release_cb() - what timers left undone
 * @sk: locked by the system call that is about to let go
 */
void xtcp_timer_release_cb(struct sock *sk)
{
	static void (*const handlers[])(struct sock *sk) = {
		[XTCP_DEFER_RETRANS] = xmit_handler,
		[XTCP_DEFER_DELACK] = delack_handler,
		[XTCP_DEFER_KEEPALIVE] = keepalive_handler,
		[XTCP_DEFER_PMTU] = xtcp_pmtu_reduced,
	};
	unsigned int bit;

	if (likely(!READ_ONCE(xtcp_sk(sk)->deferred)))
		return;
	for (bit = 0; bit < ARRAY_SIZE(handlers); bit++) {
		if (!test_bit(bit, &xtcp_sk(sk)->deferred) ||
		    !test_and_clear_bit(bit, &xtcp_sk(sk)->deferred))
			continue;
		handlers[bit](sk);
		__sock_put(sk);
	}
}

/**
 * xtcp_timer_init() - set up the timers of a new socket
 * @sk: not in use yet
 */
void xtcp_timer_init(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	timer_setup(&xs->retrans_timer, retrans_fired, 0);
	timer_setup(&xs->delack_timer, delack_fired, 0);
	timer_setup(&sk->sk_timer, keepalive_fired, 0);
	xs->event = XTCP_EVENT_NONE;
	xs->deferred = 0;
	memset(&xs->ack, 0, sizeof(xs->ack));
}

/* Most timers are not pending, and then there is nothing to stop. */
static void stop(struct sock *sk, struct timer_list *timer)
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

	xs->event = XTCP_EVENT_NONE;
	xs->ack.timer = false;
	xs->ack.scheduled = false;
	stop(sk, &xs->retrans_timer);
	stop(sk, &xs->delack_timer);
	stop(sk, &sk->sk_timer);
}
