/* SPDX-License-Identifier: GPL-2.0-only */
/* What pacing.c is asked; described there. */
#ifndef _XTCP_PACING_H
#define _XTCP_PACING_H

#include "xtcp.h"

u64 xtcp_pacing_rate(u32 mss, u32 segs, u32 srtt_us, u32 percent);
void xtcp_pacing_update(struct sock *sk);
bool xtcp_pacing_early(struct sock *sk);
u64 xtcp_pacing_delay(u32 len, unsigned long rate, u64 credit);
void xtcp_pacing_next(struct sock *sk, u32 len, u64 last);

/**
 * xtcp_pacing_stamp() - when a segment is to leave
 * @xs: locked
 * @skb: about to; carries the time
 * @now: xtcp_clock_us()
 *
 * Return: when the last one was, for xtcp_pacing_sent().
 */
static inline u64 xtcp_pacing_stamp(struct xtcp_sock *xs, struct sk_buff *skb, u64 now)
{
	u64 last = xs->wstamp_ns;

	xs->wstamp_ns = max_t(u64, last, now * NSEC_PER_USEC);
	skb_set_delivery_time(skb, ns_to_ktime(xs->wstamp_ns),
			      SKB_CLOCK_MONOTONIC);
	return last;
}

/* Most are paced by nobody. */
static inline bool xtcp_pacing_waits(struct sock *sk)
{
	return unlikely(READ_ONCE(sk->sk_pacing_status) == SK_PACING_NEEDED) &&
	       xtcp_pacing_early(sk);
}

static inline void xtcp_pacing_sent(struct sock *sk, u32 len, u64 last)
{
	if (unlikely(READ_ONCE(sk->sk_pacing_status) != SK_PACING_NONE))
		xtcp_pacing_next(sk, len, last);
}

#endif /* _XTCP_PACING_H */
