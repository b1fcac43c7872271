// SPDX-License-Identifier: GPL-2.0-only
/* Round-trip estimation and the retransmission timeout: RFC 6298, H.1. */
#include "xtcp.h"
#include "parts/metric.h"
#include "parts/rtt.h"

/*
 * The deviation counts as this much at least (H-01).
 * Counterpart of the kernel's tcp_rto_min_us().
 */
static u32 least_deviation(struct sock *sk)
{
	return jiffies_to_usecs(xtcp_metric_rto_min(sk));
}

/* The deviation of this round trip becomes the one that counts. */
static void rtt_close_round(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (xs->mdev_max_us < xs->rttvar_us)
		xs->rttvar_us -= (xs->rttvar_us - xs->mdev_max_us) >> 2;
	xs->rtt_seq = xs->snd_nxt;
	xs->mdev_max_us = least_deviation(sk);
}

static void rtt_first(struct sock *sk, u32 rtt)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xs->srtt_us = rtt << 3;
	xs->mdev_us = rtt << 1;
	xs->rttvar_us = max(xs->mdev_us, least_deviation(sk));
	xs->mdev_max_us = xs->rttvar_us;
	xs->rtt_seq = xs->snd_nxt;
}

static void rtt_next(struct sock *sk, u32 rtt)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	s32 err = (s32)(rtt - (xs->srtt_us >> 3));
	s32 dev;

	xs->srtt_us += err;
	dev = abs(err) - (s32)(xs->mdev_us >> 2);
	/* H-02: a sudden fall of the RTT is no reason to wait longer. */
	if (err < 0 && dev > 0)
		dev >>= 3;
	xs->mdev_us += dev;
	if (xs->mdev_us > xs->mdev_max_us) {
		xs->mdev_max_us = xs->mdev_us;
		xs->rttvar_us = max(xs->rttvar_us, xs->mdev_max_us);
	}
	if (seq_after(xs->snd_una, xs->rtt_seq))
		rtt_close_round(sk);
}

/* The timeout from the estimate, without back-off */
static void set_rto(struct xtcp_sock *xs)
{
	xs->rto = min_t(u32, XTCP_RTO_MAX,
			usecs_to_jiffies((xs->srtt_us >> 3) + xs->rttvar_us));
}

/**
 * xtcp_rtt_note_min() - a round trip may be the least for long (H-07)
 * @sk: locked
 * @rtt_us: microseconds
 * @delayed: it may have a delayed ACK's time in it, and then tells of nothing longer
 */
void xtcp_rtt_note_min(struct sock *sk, u32 rtt_us, bool delayed)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 window = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_min_rtt_wlen) * HZ;

	sock_owned_by_me(sk);
	if (delayed && rtt_us > xtcp_min_rtt(xs))
		return;
	minmax_running_max(&xs->rtt_min, window, xtcp_jiffies32(),
			   ~(rtt_us ?: jiffies_to_usecs(1)));
}

/**
 * xtcp_rtt_sample() - one measurement
 * @sk: locked
 * @rtt_us: microseconds, unambiguous (Karn, H-03)
 */
void xtcp_rtt_sample(struct sock *sk, u32 rtt_us)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	rtt_us = clamp_t(u32, rtt_us, 1, 60 * USEC_PER_SEC);
	if (xs->srtt_us)
		rtt_next(sk, rtt_us);
	else
		rtt_first(sk, rtt_us);
	xs->srtt_us = max(xs->srtt_us, 1U);
	xs->backoff = 0;
	set_rto(xs);
}

/**
 * xtcp_rtt_of_echo() - a round trip by an echoed timestamp (RFC 7323 4.1)
 * @xs: locked
 * @tsecr: the echo, not 0
 *
 * Return: microseconds; -1: it can't be one.
 */
s32 xtcp_rtt_of_echo(const struct xtcp_sock *xs, u32 tsecr)
{
	u32 ms = xtcp_clock_to_ms(xtcp_clock_of(xs)) + xs->ts_off - tsecr;

	return ms < 60 * MSEC_PER_SEC ? max(ms, 1U) * USEC_PER_MSEC : -1;
}

/**
 * xtcp_rtt_handshake() - the first measurement
 * @sk: locked
 * @rtt_us: microseconds
 */
void xtcp_rtt_handshake(struct sock *sk, u32 rtt_us)
{
	xtcp_rtt_note_min(sk, rtt_us, false);
	xtcp_rtt_sample(sk, rtt_us);
}

/**
 * xtcp_rtt_estimated() - the timeout is as the estimate has it, with no back-off
 * @sk: locked
 */
void xtcp_rtt_estimated(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xs->backoff = 0;
	set_rto(xs);
	/* Nothing was measured yet. */
	xs->rto = max(xs->rto, xtcp_metric_rto_min(sk));
}

/**
 * xtcp_rtt_known() - a longer round trip to the peer is remembered: the first timeout
 * @sk: locked
 * @srtt_us: us << 3
 *
 * The estimate stays what was measured, if anything was.
 */
void xtcp_rtt_known(struct sock *sk, u32 srtt_us)
{
	u32 rtt = srtt_us / (8 * (USEC_PER_SEC / HZ));

	sock_owned_by_me(sk);
	xtcp_sk(sk)->rto = min(rtt + max(2 * rtt, xtcp_metric_rto_min(sk)), XTCP_RTO_MAX);
}

/**
 * xtcp_rtt_revert_backoff() - a timeout less, as it was not for congestion
 * @sk: locked, backed off
 *
 * RFC 6069.
 */
void xtcp_rtt_revert_backoff(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xs->backoff--;
	if (xs->srtt_us)
		set_rto(xs);
	else
		xs->rto = XTCP_RTO_INIT;
	xs->rto = min_t(u64, (u64)xs->rto << min_t(u8, xs->backoff, 10),
			XTCP_RTO_MAX);
}

/*
 * A shorter one counts at once, as the buffer follows once per round trip: one that
 * had the peer's idle time in it would hold up the sender's slow start.  A longer
 * one counts little by little, if it @is_one and not only no less.
 * Counterpart of the kernel's tcp_rcv_rtt_update().
 */
static void receiver_rtt(struct xtcp_sock *xs, u32 rtt, bool is_one)
{
	u32 old = xs->rcv_rtt_us;

	if (!old || rtt << 3 < old)
		xs->rcv_rtt_us = rtt << 3;
	else if (is_one && !(XTCP_RCV_RTT_IS_STRICT && xs->rcv_nxt != xs->copied_seq))
		xs->rcv_rtt_us = old - (old >> 3) + rtt;
}

/* The time that one window takes is no less than a round trip: the shortest. */
static void receiver_by_window(struct xtcp_sock *xs)
{
	u64 now = xtcp_clock_of(xs);

	if (xs->rcv_rtt_time && seq_before(xs->rcv_nxt, xs->rcv_rtt_seq))
		return;
	if (xs->rcv_rtt_time)
		receiver_rtt(xs, clamp_t(u64, now - xs->rcv_rtt_time, 1,
					 60 * USEC_PER_SEC), false);
	xs->rcv_rtt_seq = xs->rcv_nxt + xs->rcv_wnd;
	xs->rcv_rtt_time = now;
}

/**
 * xtcp_rtt_by_echo() - a receiver's round trip, by an echoed timestamp
 * @sk: locked; the segment had timestamps, and its echo is not 0
 * @skb: its data, in order or not, from the payload on
 *
 * Each tells once, of a full segment, in ms.
 */
void xtcp_rtt_by_echo(struct sock *sk, const struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 sample;

	sock_owned_by_me(sk);
	if (xs->rcv_tsecr == xs->rcv_rtt_tsecr)
		return;
	xs->rcv_rtt_tsecr = xs->rcv_tsecr;
	if (skb->len < xs->ack.rcv_mss)
		return;
	sample = xtcp_clock_ms() + xs->ts_off - xs->rcv_tsecr;
	if (sample > 60 * MSEC_PER_SEC || (!sample && XTCP_RCV_RTT_NEEDS_A_TICK))
		return;
	receiver_rtt(xs, max(sample, 1U) * USEC_PER_MSEC, true);
}

/**
 * xtcp_rtt_receiver() - round trip as the receiver of data sees it (H-10)
 * @sk: locked; data has come in order
 */
void xtcp_rtt_receiver(struct sock *sk)
{
	sock_owned_by_me(sk);
	receiver_by_window(xtcp_sk(sk));
}

