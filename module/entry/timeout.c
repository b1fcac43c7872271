// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it means that a timer of a socket fires: a segment is lost, a window
 * stays closed, an acknowledgment is due, a peer is silent; and when to give up
 * (RFC 6298 5, RFC 9293 3.8.3 to 3.8.6, inventory H).
 *
 * A timer that finds the socket locked by a system call sets a bit; the call
 * does the work when it lets go (H-13).
 */
#include "xtcp.h"
#include "entry/timeout.h"
#include "life/lossprobe.h"
#include "life/mtuprobe.h"
#include "life/orphan.h"
#include "life/output.h"
#include "life/pmtu.h"
#include "life/recovery.h"
#include "life/resend.h"
#include "life/sock.h"
#include "life/timewait.h"
#include "life/write.h"
#include "parts/delack.h"
#include "parts/rtt.h"
#include "parts/skb.h"
#include "parts/sndqueue.h"
#include "parts/timer.h"
#include "parts/tlp.h"

/* A stream so thin that nothing but timeouts repairs it (H-15) */
#define THIN_STREAM	4U
#define THIN_TIMEOUTS	6

/* A connection that could not be saved. */
static void give_up(struct sock *sk)
{
	xtcp_sock_abort(sk, READ_ONCE(sk->sk_err_soft) ?: ETIMEDOUT);
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

/* H-88: while the RTO still grows 0 means 8; then an ICMP error forbids all more. */
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
	if (!xtcp_orphan_too_many(sk, shift))
		return false;
	xtcp_output_reset(sk, GFP_ATOMIC);
	xtcp_sock_done(sk);
	XTCP_INC(sock_net(sk), ABORTONMEMORY);
	return true;
}

/* TCP_USER_TIMEOUT: has it struck?  @since: in ms, 0: nothing waits yet (H-11) */
static bool user_timeout_passed(const struct xtcp_sock *xs, u32 since)
{
	u32 limit = READ_ONCE(xs->user_timeout);

	return limit && since && (s32)(xtcp_clock_ms() - since - limit) >= 0;
}

static bool syn_expired(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	int retries = xs->syn_retries ?:
		      READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_syn_retries);

	if (sk->sk_state == TCP_SYN_SENT)
		retries += xtcp_syn_linear_timeouts(sock_net(sk));
	if (xs->retransmits && user_timeout_passed(xs, xs->retrans_stamp))
		return true;
	return xs->retransmits >= retries;
}

/* Since the first retransmission @limit ms have passed; 0: what @boundary of them take */
static bool retransmits_timed_out(const struct sock *sk, int boundary, u32 limit)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	limit = limit ?: retry_time(boundary, XTCP_RTO_MIN);
	if (!xs->retransmits || !xs->retrans_stamp)
		return false;
	return (s32)(xtcp_clock_ms() - xs->retrans_stamp - limit) >= 0;
}

/* H-12: something is wrong: is it the size of segments, or the route? (H-82, H-93) */
static void suspect_path(struct sock *sk)
{
	int retries = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_retries1);

	if (!retransmits_timed_out(sk, retries, 0))
		return;
	xtcp_mtuprobe_black_hole(sk);
	sk_dst_reset(sk);
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
		suspect_path(sk);
		retries = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_retries2);
		if (sock_flag(sk, SOCK_DEAD)) {
			alive = xs->rto < XTCP_RTO_MAX;
			retries = orphan_retries(sk, alive);
			if (orphan_too_many(sk))
				return true;
		}
		expired = retransmits_timed_out(sk, retries,
						READ_ONCE(xs->user_timeout));
	}
	if (expired)
		give_up(sk);
	else
		xtcp_timer_rehash(sk);
	return expired;
}

/* Which phase failed: the first timeout of it counts. */
static void count_timeout(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct net *net = sock_net(sk);

	if (xs->retransmits)
		return;
	if (xs->ca_state == XTCP_CA_RECOVERY) {
		if (xs->sack_ok)
			XTCP_INC(net, SACKRECOVERYFAIL);
		else
			XTCP_INC(net, RENORECOVERYFAIL);
	} else if (xs->ca_state == XTCP_CA_LOSS) {
		XTCP_INC(net, LOSSFAILURES);
	} else if (xs->ca_state == XTCP_CA_DISORDER || xs->sacked_out) {
		if (xs->sack_ok)
			XTCP_INC(net, SACKFAILURES);
		else
			XTCP_INC(net, RENOFAILURES);
	}
}

/* Does its next timeout come as soon as the last one? */
static bool stays_linear(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	return (READ_ONCE(xs->thin_linear) ||
		READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_thin_linear_timeouts)) &&
	       sk->sk_state == TCP_ESTABLISHED && xs->packets_out < THIN_STREAM &&
	       xs->snd_ssthresh < XTCP_INFINITE_SSTHRESH &&
	       xs->retransmits <= THIN_TIMEOUTS;
}

/* RFC 6298 5.5, unless the stream is thin */
static void lengthen_rto(struct sock *sk)
{
	if (stays_linear(sk))
		xtcp_rtt_estimated(sk);
	else
		xtcp_rtt_double(xtcp_sk(sk));
}

/*
 * H-52: the peer took its window back under data in flight.  The head probes
 * for it; only silence ends that, or TCP_USER_TIMEOUT.
 */
static void shrunk_window(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if ((s32)(xtcp_jiffies32() - xs->rcv_tstamp) > 2 * (s32)XTCP_RTO_MAX ||
	    user_timeout_passed(xs, xs->retrans_stamp)) {
		give_up(sk);
		return;
	}
	xtcp_recovery_timeout(sk);
	xtcp_resend_head(sk);
	lengthen_rto(sk);
	xtcp_timer_arm(sk, XTCP_EVENT_RETRANS, xs->rto);
}

/* RFC 6298 5.5; the first SYNs may come at equal distances (D-38). */
static void back_off(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (sk->sk_state == TCP_SYN_SENT &&
	    xs->retransmits <= xtcp_syn_linear_timeouts(sock_net(sk)))
		return;
	xtcp_rtt_backed_off(xs);
	lengthen_rto(sk);
}

/* RFC 6298 5.4 to 5.7 */
static void retransmit_timeout(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (!xs->packets_out || !xtcp_rtx_head(xs))
		return;
	xtcp_tlp_end(xs);
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
	xtcp_timer_count_retrans(xs);
	if (xtcp_resend_head(sk) > 0) {
		/* H-14: our own queue is full, not the network's. */
		xtcp_timer_arm(sk, XTCP_EVENT_RETRANS,
			       min(xs->rto, XTCP_RESOURCE_PROBE));
		return;
	}
	back_off(sk);
	xtcp_timer_arm(sk, XTCP_EVENT_RETRANS,
		       xtcp_timer_clamp(sk, xs->retrans_stamp, xs->rto));
}

/* H-51: true if the probing is over. */
static bool probe_expired(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	int max = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_retries2);
	bool alive;

	if (!xs->probes_stamp)
		xtcp_timer_stamp_probes(xs);
	else if (user_timeout_passed(xs, xs->probes_stamp))
		goto expired;
	if (sock_flag(sk, SOCK_DEAD)) {
		alive = xtcp_timer_backed_off(xs) < XTCP_RTO_MAX;
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

	xtcp_write_owed_fin(sk);
	if (xs->packets_out || !xtcp_has_unsent(sk)) {
		xtcp_timer_probe_answered(xs);
		xtcp_timer_window_open(xs);
		return;
	}
	if (probe_expired(sk))
		return;
	err = xtcp_output_wakeup(sk);
	if (xs->packets_out) {
		xtcp_rtt_no_backoff(xs);
		xtcp_timer_probe_answered(xs);
		xtcp_timer_window_open(xs);
		return;
	}
	xtcp_timer_count_probe(xs);
	/* H-14: what this host's own queue drops tells nothing of the peer. */
	if (err <= 0) {
		if (xs->backoff <
		    READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_retries2))
			xtcp_rtt_backed_off(xs);
		delay = xtcp_timer_backed_off(xs);
	}
	xtcp_timer_arm(sk, XTCP_EVENT_PROBE,
		       xtcp_timer_clamp(sk, xs->probes_stamp, delay));
}

static void xmit_handler(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	enum xtcp_timer_event event = xs->event;

	if (XTCP_STATE_IN(sk, TCPF_CLOSE | TCPF_LISTEN) ||
	    event == XTCP_EVENT_NONE)
		return;
	/* It ran for something sooner; one that is armed now fires a tick later still. */
	if (time_after_eq(xs->timeout, jiffies)) {
		sk_reset_timer(sk, &xs->retrans_timer, xs->timeout);
		return;
	}
	/* What these two put off is armed anew by what was in its place. */
	if (event == XTCP_EVENT_LOSS_PROBE) {
		xtcp_lossprobe_send(sk);
		return;
	}
	if (event == XTCP_EVENT_REORDER) {
		xtcp_recovery_reorder_timeout(sk);
		return;
	}
	xtcp_timer_clear_xmit(sk);
	if (event == XTCP_EVENT_RETRANS)
		retransmit_timeout(sk);
	else
		probe_timeout(sk);
}

/* ACKs of one gap that waited for each other (H-65) */
static void compressed_handler(struct sock *sk)
{
	if (xtcp_delack_compressed(sk))
		xtcp_output_ack(sk);
}

static void delack_handler(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	compressed_handler(sk);
	if (XTCP_STATE_IN(sk, TCPF_CLOSE | TCPF_LISTEN) || !xs->ack.timer)
		return;
	if (time_after(xs->ack.timeout, jiffies)) {
		sk_reset_timer(sk, &xs->delack_timer, xs->ack.timeout);
		return;
	}
	if (!xtcp_delack_fired(xs))
		return;
	xtcp_output_ack(sk);
	XTCP_INC(sock_net(sk), DELAYEDACKS);
}

static unsigned long keepalive_intvl(const struct sock *sk)
{
	const struct net *net = sock_net(sk);

	return xtcp_timer_delay(READ_ONCE(xtcp_sk(sk)->keepalive_intvl) ?:
				READ_ONCE(net->ipv4.sysctl_tcp_keepalive_intvl));
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

/* H-78: nothing is under way and nothing came for long: is the peer there? */
static void keepalive_probe(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	unsigned long delay = xtcp_timer_keepalive_time(sk);
	u32 idle;

	if (xs->packets_out || xtcp_has_unsent(sk))
		goto rearm;
	idle = xtcp_timer_idle(xs);
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
		xtcp_timer_count_probe(xs);
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

/* What waited for a queue or for its time goes on: lost segments first. */
static void resume_handler(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (!XTCP_STATE_IN(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT | TCPF_FIN_WAIT1 |
			       TCPF_CLOSING | TCPF_LAST_ACK))
		return;
	if (xs->lost_out > xs->retrans_out)
		xtcp_resend_lost(sk);
	xtcp_write_push(sk, XTCP_PUSH_NORMAL);
}

/**
 * xtcp_timeout_revert_backoff() - an ICMP error explains a timeout (RFC 6069)
 * @sk: locked
 * @seq: sequence number that it quotes
 *
 * Back-off is for congestion; this segment met a router without a route.
 */
void xtcp_timeout_revert_backoff(struct sock *sk, u32 seq)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_rtx_head(xs);
	unsigned long passed;

	sock_owned_by_me(sk);
	if (seq != xs->snd_una || !xs->retransmits || !xs->backoff || !skb)
		return;
	xtcp_rtt_revert_backoff(sk);
	passed = usecs_to_jiffies(xtcp_clock_us() - XTCP_CB(skb)->sent_us);
	if (passed < xs->rto)
		xtcp_timer_arm(sk, XTCP_EVENT_RETRANS, xs->rto - passed);
	else
		retransmit_timeout(sk);
}

/* Runs @handler now, or leaves it to whoever holds the socket. */
static void timer_fire(struct sock *sk, int bit, void (*handler)(struct sock *sk))
{
	xtcp_entry_timer();
	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk)) {
		handler(sk);
	} else {
		if (bit == XTCP_DEFER_DELACK) {
			xtcp_delack_blocked(xtcp_sk(sk));
			XTCP_INC(sock_net(sk), DELAYEDACKLOCKED);
		}
		xtcp_timer_defer(sk, bit);
	}
	bh_unlock_sock(sk);
	sock_put(sk);
}

static void retrans_fired(struct timer_list *t)
{
	struct xtcp_sock *xs = timer_container_of(xs, t, retrans_timer);

	timer_fire(&xs->inet.sk, XTCP_DEFER_RETRANS, xmit_handler);
}

static void delack_fired(struct timer_list *t)
{
	struct xtcp_sock *xs = timer_container_of(xs, t, delack_timer);

	timer_fire(&xs->inet.sk, XTCP_DEFER_DELACK, delack_handler);
}

static enum hrtimer_restart compress_fired(struct hrtimer *t)
{
	struct xtcp_sock *xs = container_of(t, struct xtcp_sock, compress_timer);

	timer_fire(&xs->inet.sk, XTCP_DEFER_COMPRESSED, compressed_handler);
	return HRTIMER_NORESTART;
}

static void keepalive_fired(struct timer_list *t)
{
	struct sock *sk = timer_container_of(sk, t, sk_timer);

	timer_fire(sk, XTCP_DEFER_KEEPALIVE, keepalive_handler);
}

/**
 * xtcp_timeout_deferred() - what timers left undone
 * @sk: locked by the system call that is about to let go
 */
void xtcp_timeout_deferred(struct sock *sk)
{
	static void (*const handlers[])(struct sock *sk) = {
		[XTCP_DEFER_RETRANS] = xmit_handler,
		[XTCP_DEFER_DELACK] = delack_handler,
		[XTCP_DEFER_KEEPALIVE] = keepalive_handler,
		[XTCP_DEFER_COMPRESSED] = compressed_handler,
		[XTCP_DEFER_PMTU] = xtcp_pmtu_reduced,
		[XTCP_DEFER_RESUME] = resume_handler,
	};
	unsigned int bit;

	for (bit = 0; bit < ARRAY_SIZE(handlers); bit++) {
		if (!xtcp_timer_deferred(sk, bit))
			continue;
		handlers[bit](sk);
		__sock_put(sk);
	}
}

/*
 * H-54, H-55: room in a queue of this host, or a segment's time has come.
 * Counterpart of the kernel's tcp_tsq_handler().
 */
static void resume_fired(struct sock *sk)
{
	timer_fire(sk, XTCP_DEFER_RESUME, resume_handler);
}

static enum hrtimer_restart pacing_fired(struct hrtimer *t)
{
	struct xtcp_sock *xs = container_of(t, struct xtcp_sock, pacing_timer);

	resume_fired(&xs->inet.sk);
	return HRTIMER_NORESTART;
}

static const struct xtcp_timer_ops timeout_ops = {
	.retrans = retrans_fired,
	.delack = delack_fired,
	.compress = compress_fired,
	.keepalive = keepalive_fired,
	.pacing = pacing_fired,
	.resume = resume_fired,
};

/** xtcp_timeout_init() - at module load */
void xtcp_timeout_init(void)
{
	xtcp_timer_register(&timeout_ops);
}
