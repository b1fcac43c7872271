// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pacing (H-55): the rate at which a window would leave if it were spread over a
 * round trip, and when the next segment is due at it.  fq keeps to the times that
 * segments carry; without it a timer of the socket does, if SO_MAX_PACING_RATE or a
 * congestion control asks.  Else the rate is a measure only: of how much to send at
 * once (tso.c) and to leave in queues (tsq.c).
 */
#include "xtcp.h"
#include "parts/pacing.h"
#include "parts/timer.h"

/* fq never paced a connection's first segments either. */
#define PACING_AFTER	10U

/**
 * xtcp_pacing_rate() - a window over a round trip, and a part more
 * @mss: bytes of a segment
 * @segs: of the window, or in flight if that is more
 * @srtt_us: smoothed round trip, us << 3; 0: none is known yet
 * @percent: tcp_pacing_ss_ratio or tcp_pacing_ca_ratio
 *
 * Return: bytes a second.
 */
u64 xtcp_pacing_rate(u32 mss, u32 segs, u32 srtt_us, u32 percent)
{
	u64 rate = (u64)mss * ((USEC_PER_SEC / 100) << 3);

	/* Their largest product has more than 64 bits. */
	if (check_mul_overflow(rate, (u64)percent, &rate) ||
	    check_mul_overflow(rate, (u64)segs, &rate))
		rate = U64_MAX;
	return srtt_us ? div_u64(rate, srtt_us) : rate;
}

/**
 * xtcp_pacing_update() - window or round trip may have changed
 * @sk: locked
 *
 * Where slow start comes to its end it slows down, as it may overshoot.
 *
 * Counterpart of the kernel's tcp_update_pacing_rate().
 */
void xtcp_pacing_update(struct sock *sk)
{
	const struct netns_ipv4 *ipv4 = &sock_net(sk)->ipv4;
	const struct xtcp_sock *xs = xtcp_sk(sk);
	int percent;
	u64 rate;

	sock_owned_by_me(sk);
	percent = xs->snd_cwnd < xs->snd_ssthresh / 2 ?
		  READ_ONCE(ipv4->sysctl_tcp_pacing_ss_ratio) :
		  READ_ONCE(ipv4->sysctl_tcp_pacing_ca_ratio);
	rate = xtcp_pacing_rate(xs->mss_cache,
				max(xs->snd_cwnd, xs->packets_out),
				xs->srtt_us, max(percent, 0));
	/* fq reads it without a lock. */
	WRITE_ONCE(sk->sk_pacing_rate,
		   min_t(u64, rate, READ_ONCE(sk->sk_max_pacing_rate)));
}

/**
 * xtcp_pacing_early() - is the next segment not due yet?
 * @sk: locked, paced by itself
 *
 * Counterpart of the kernel's tcp_pacing_check().
 *
 * Return: true if so: a timer resumes the socket then.
 */
bool xtcp_pacing_early(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (xs->wstamp_ns <= ktime_get_ns())
		return false;
	xtcp_timer_arm_pacing(sk, ns_to_ktime(xs->wstamp_ns));
	return true;
}

/**
 * xtcp_pacing_delay() - how long after a segment the next is due
 * @len: bytes of the first
 * @rate: bytes a second, not 0
 * @credit: how much later than it could it left, ns
 *
 * What was late by the work of others is made up for, by half at most.
 *
 * Return: ns.
 */
u64 xtcp_pacing_delay(u32 len, unsigned long rate, u64 credit)
{
	u64 delay = div64_ul((u64)len * NSEC_PER_SEC, rate);

	return delay - min(delay / 2, credit);
}

/**
 * xtcp_pacing_next() - data has left: when is the next due?
 * @sk: locked, paced
 * @len: bytes
 * @last: as xtcp_pacing_stamp() returned it
 *
 * Counterpart of the kernel's tcp_update_skb_after_send().
 */
void xtcp_pacing_next(struct sock *sk, u32 len, u64 last)
{
	unsigned long rate = READ_ONCE(sk->sk_pacing_rate);
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (!rate || rate == ~0UL || xs->data_segs_out < PACING_AFTER)
		return;
	xs->wstamp_ns += xtcp_pacing_delay(len, rate, xs->wstamp_ns - last);
}
