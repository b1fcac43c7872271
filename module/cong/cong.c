// SPDX-License-Identifier: GPL-2.0-only
/*
 * Congestion control: the window that algorithms share (RFC 5681, RFC 2861), and
 * when they are asked.  An algorithm is a struct xtcp_cong_ops.
 */

#include "xtcp.h"
#include "cong/cong.h"
#include "parts/chrono.h"
#include "parts/delack.h"
#include "parts/ecn.h"
#include "parts/metric.h"
#include "parts/scoreboard.h"
#include "parts/sndqueue.h"

/* How an ACK leaves; output.c lies above. */
static void (*cong_send_ack)(struct sock *sk, u32 rcv_nxt);

/**
 * xtcp_cong_init() - at module load: what is called from below
 * @send_ack: sends an ACK of @rcv_nxt at once
 */
void xtcp_cong_init(void (*send_ack)(struct sock *sk, u32 rcv_nxt))
{
	cong_send_ack = send_ack;
}

/**
 * xtcp_cong_set_state() - another phase of recovery
 * @sk: locked
 * @state: &enum xtcp_ca_state
 *
 * Counterpart of the kernel's tcp_set_ca_state().
 */
void xtcp_cong_set_state(struct sock *sk, enum xtcp_ca_state state)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (xs->ca->set_state)
		xs->ca->set_state(sk, state);
	xs->ca_state = state;
}

/**
 * xtcp_cong_set_cwnd() - for an algorithm: cwnd is this
 * @xs: locked
 * @cwnd: segments; 0 means 1
 */
void xtcp_cong_set_cwnd(struct xtcp_sock *xs, u32 cwnd)
{
	xs->snd_cwnd = clamp(cwnd, 1U, xs->snd_cwnd_clamp);
}
EXPORT_SYMBOL_GPL(xtcp_cong_set_cwnd);

/**
 * xtcp_cong_set_ssthresh() - for an algorithm: slow start ends here
 * @xs: locked
 * @ssthresh: segments, at least 2 (RFC 5681 3.1)
 */
void xtcp_cong_set_ssthresh(struct xtcp_sock *xs, u32 ssthresh)
{
	xs->snd_ssthresh = max(ssthresh, 2U);
}
EXPORT_SYMBOL_GPL(xtcp_cong_set_ssthresh);

/**
 * xtcp_cong_echo() - for an algorithm: what acknowledgments say of marks from here on
 * @xs: locked, ECN agreed on
 * @marked: they have ECE
 */
void xtcp_cong_echo(struct xtcp_sock *xs, bool marked)
{
	xtcp_ecn_demand(xs, marked);
}
EXPORT_SYMBOL_GPL(xtcp_cong_echo);

/**
 * xtcp_cong_ack_first() - for an algorithm: the data in hand is acknowledged at once
 * @sk: locked, data has come (%XTCP_CA_EVENT_ECN_IS_CE, %XTCP_CA_EVENT_ECN_NO_CE)
 * @rcv_nxt: xtcp_sock.rcv_nxt before it
 *
 * And what came before it, should it still wait for its ACK, by one of its own
 * (RFC 8257 3.2).
 */
void xtcp_cong_ack_first(struct sock *sk, u32 rcv_nxt)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (xs->ack.timer)
		cong_send_ack(sk, rcv_nxt);
	xtcp_delack_hurry(xs);
}
EXPORT_SYMBOL_GPL(xtcp_cong_ack_first);

/**
 * xtcp_cong_slow_start() - grow by what was acknowledged (H-19)
 * @xs: locked
 * @acked: segments
 *
 * Counterpart of the kernel's tcp_slow_start().
 *
 * Return: segments left over once ssthresh is reached.
 */
u32 xtcp_cong_slow_start(struct xtcp_sock *xs, u32 acked)
{
	u32 cwnd = min(xs->snd_cwnd + acked, max(xs->snd_ssthresh,
						 xs->snd_cwnd));

	acked -= cwnd - xs->snd_cwnd;
	xs->snd_cwnd = min(cwnd, xs->snd_cwnd_clamp);
	return acked;
}
EXPORT_SYMBOL_GPL(xtcp_cong_slow_start);

/**
 * xtcp_cong_grow() - congestion avoidance (H-20): one segment per @w acked
 * @xs: locked
 * @w: usually the window
 * @acked: segments
 *
 * Counterpart of the kernel's tcp_cong_avoid_ai().
 */
void xtcp_cong_grow(struct xtcp_sock *xs, u32 w, u32 acked)
{
	w = max(w, 1U);
	/* Counted towards a larger step than this one: it is worth one, no more. */
	if (xs->snd_cwnd_cnt >= w) {
		xs->snd_cwnd_cnt = 0;
		xs->snd_cwnd++;
	}
	xs->snd_cwnd_cnt += acked;
	if (xs->snd_cwnd_cnt >= w) {
		xs->snd_cwnd += xs->snd_cwnd_cnt / w;
		xs->snd_cwnd_cnt %= w;
	}
	xs->snd_cwnd = min(xs->snd_cwnd, xs->snd_cwnd_clamp);
}
EXPORT_SYMBOL_GPL(xtcp_cong_grow);

/* Did cwnd hold us back, or may slow start assume it? (H-21) */
static bool is_limited(const struct xtcp_sock *xs)
{
	return xs->cwnd_limited ||
	       (xs->snd_cwnd < xs->snd_ssthresh &&
		xs->snd_cwnd < 2 * xs->max_packets_out);
}

/* Does a window that is not used shrink? */
static bool idle_counts(const struct sock *sk)
{
	return READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_slow_start_after_idle) &&
	       !xtcp_sk(sk)->ca->cong_control;
}

/*
 * What is sent where nothing is known of the path (RFC 6928), by its route.
 * Counterpart of the kernel's tcp_init_cwnd().
 */
static u32 initial_window(struct sock *sk)
{
	return min(xtcp_metric_init_cwnd(sk), xtcp_sk(sk)->snd_cwnd_clamp);
}

/**
 * xtcp_cong_open() - the connection stands: its first window (H-18)
 * @sk: locked
 *
 * Where SYNs were lost one segment stays what it is (E-40).
 */
void xtcp_cong_open(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (xs->snd_cwnd != 1)
		xs->snd_cwnd = initial_window(sk);
}

/* RFC 2861: what nobody used for an RTO is no longer known to fit (H-22). */
static void decay_unused(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 used = max(xs->snd_cwnd_used, initial_window(sk));

	if (xs->ca_state == XTCP_CA_OPEN && sk->sk_socket &&
	    !test_bit(SOCK_NOSPACE, &sk->sk_socket->flags)) {
		if (used < xs->snd_cwnd) {
			xs->snd_ssthresh = xtcp_cong_current_ssthresh(xs);
			xs->snd_cwnd = (xs->snd_cwnd + used) >> 1;
		}
		xs->snd_cwnd_used = 0;
	}
	xtcp_cong_stamp(xs);
}

/**
 * xtcp_cong_validate() - something was sent, or cwnd forbade it (H-21)
 * @sk: locked
 * @limited: cwnd is what more would have waited for
 *
 * That it was is remembered for a window; else the largest flight in it counts.
 */
void xtcp_cong_validate(struct sock *sk, bool limited)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (!seq_before(xs->snd_una, xs->max_packets_seq) || limited ||
	    (!xs->cwnd_limited && xs->packets_out > xs->max_packets_out)) {
		xs->cwnd_limited = limited;
		xs->max_packets_out = xs->packets_out;
		xs->max_packets_seq = xs->snd_nxt;
	}
	if (is_limited(xs)) {
		xs->snd_cwnd_used = 0;
		xtcp_cong_stamp(xs);
		return;
	}
	xs->snd_cwnd_used = max(xs->snd_cwnd_used, xs->packets_out);
	if (unlikely((s32)(xtcp_jiffies32() - xs->snd_cwnd_stamp) >=
		     (s32)xs->rto) && idle_counts(sk))
		decay_unused(sk);
	/* All was sent, and the program would write more if it could. */
	if (!xtcp_has_unsent(sk) && sk->sk_socket &&
	    test_bit(SOCK_NOSPACE, &sk->sk_socket->flags) &&
	    XTCP_STATE_IN(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))
		xtcp_chrono_start(xs, XTCP_CHRONO_BUFFER);
}

/**
 * xtcp_cong_acked() - segments were acknowledged: let the algorithm grow
 * @sk: locked
 * @acked: how many
 *
 * Not while the program or the peer's window is what holds us back (H-21).
 */
void xtcp_cong_acked(struct sock *sk, u32 acked)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xtcp_cong_stamp(xs);
	if (acked && is_limited(xs))
		xs->ca->cong_avoid(sk, xs->snd_una, acked);
}

/* Is this an ACK for which cwnd may grow?  Where reordering is usual, out of order, too. */
static bool may_raise(const struct sock *sk, u32 flags)
{
	if (xtcp_sk(sk)->reordering >
	    READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_reordering))
		return flags & (XTCP_CONG_ACK_DATA | XTCP_CONG_ACK_SACKED);
	return flags & XTCP_CONG_ACK_DATA;
}

/**
 * xtcp_cong_control() - an ACK is understood: what becomes of cwnd?
 * @sk: locked
 * @ack: acknowledgment number
 * @acked_sacked: segments newly delivered
 * @flags: &enum xtcp_cong_ack
 * @rs: what it tells of the rate
 *
 * Counterpart of the kernel's tcp_cong_control().
 *
 * Return: false if cwnd is being reduced, which is not done here (RFC 6937).
 */
bool xtcp_cong_control(struct sock *sk, u32 ack, u32 acked_sacked, u32 flags,
		       const struct xtcp_rate_sample *rs)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (xs->ca->cong_control) {
		xs->ca->cong_control(sk, ack, flags, rs);
		return true;
	}
	if (xtcp_cong_reducing(xs))
		return false;
	if (may_raise(sk, flags))
		xtcp_cong_acked(sk, acked_sacked);
	return true;
}

/**
 * xtcp_cong_info() - TCP_CC_INFO
 * @sk: locked
 * @ext: INET_DIAG_* that are wanted
 * @attr: which of them it is
 * @info: filled in
 *
 * Return: bytes, 0 if there is nothing to tell.
 */
size_t xtcp_cong_info(struct sock *sk, u32 ext, int *attr, union tcp_cc_info *info)
{
	const struct xtcp_cong_ops *ca = xtcp_sk(sk)->ca;

	sock_owned_by_me(sk);
	memset(info, 0, sizeof(*info));
	if (!ca->get_info)
		return 0;
	return min(ca->get_info(sk, ext, attr, info), sizeof(*info));
}

/**
 * xtcp_cong_resized() - segments are of another size: as many bytes in flight as before
 * @xs: locked
 * @old: what the size was, bytes
 * @new: what it is, not 0
 */
void xtcp_cong_resized(struct xtcp_sock *xs, u32 old, u32 new)
{
	xtcp_cong_keep_ssthresh(xs, xtcp_cong_current_ssthresh(xs));
	xtcp_cong_set_cwnd(xs, min_t(u64, div_u64((u64)xs->snd_cwnd * old, new), U32_MAX));
	xtcp_cong_no_count(xs);
	xtcp_cong_stamp(xs);
	xs->snd_ssthresh = xtcp_cong_current_ssthresh(xs);
}

/**
 * xtcp_cong_decay() - data to be sent after a pause: less at once (H-22)
 * @sk: locked
 * @idle: jiffies that it took, more than a timeout
 *
 * Counterpart of the kernel's tcp_cwnd_restart().
 */
void xtcp_cong_decay(struct sock *sk, s32 idle)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 restart;

	sock_owned_by_me(sk);
	if (!idle_counts(sk))
		return;
	restart = min(xs->snd_cwnd, initial_window(sk));
	xtcp_cong_event(sk, XTCP_CA_EVENT_CWND_RESTART);
	xs->snd_ssthresh = xtcp_cong_current_ssthresh(xs);
	while ((idle -= xs->rto) > 0 && xs->snd_cwnd > restart)
		xs->snd_cwnd >>= 1;
	xs->snd_cwnd = max(xs->snd_cwnd, restart);
	xtcp_cong_stamp(xs);
	xs->snd_cwnd_used = 0;
}

/**
 * xtcp_cong_reduce() - congestion: a new threshold
 * @sk: locked; what cwnd was is kept, should it prove a mistake
 *
 * How cwnd gets there is prr.c's, or after a timeout recovery.c's.
 */
void xtcp_cong_reduce(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xs->prior_cwnd = xs->snd_cwnd;
	xtcp_cong_set_ssthresh(xs, xs->ca->ssthresh(sk));
}

/**
 * xtcp_cong_undo() - it was a mistake: nothing was lost (RFC 4015)
 * @sk: locked
 *
 * Counterpart of the kernel's tcp_undo_cwnd_reduction().
 */
void xtcp_cong_undo(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (xs->prior_ssthresh) {
		xtcp_cong_set_cwnd(xs, xs->ca->undo_cwnd(sk));
		if (xs->prior_ssthresh > xs->snd_ssthresh) {
			xs->snd_ssthresh = xs->prior_ssthresh;
			xtcp_ecn_not_reduced(xs);
		}
	}
	xtcp_cong_stamp(xs);
}
