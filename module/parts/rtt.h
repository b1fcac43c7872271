/* SPDX-License-Identifier: GPL-2.0-only */
/* What rtt.c is asked; described there. */
#ifndef _XTCP_RTT_H
#define _XTCP_RTT_H

#include "xtcp.h"

/*
 * Least round trip of the last tcp_min_rtt_wlen seconds, us; U32_MAX: none yet.  The
 * kernel exports the filter for a largest value: it has the complement.
 */
static inline u32 xtcp_min_rtt(const struct xtcp_sock *xs)
{
	return ~minmax_get(&xs->rtt_min);
}

/* RFC 6298 5.5 */
static inline void xtcp_rtt_double(struct xtcp_sock *xs)
{
	xs->rto = min(xs->rto << 1, XTCP_RTO_MAX);
}

static inline void xtcp_rtt_backed_off(struct xtcp_sock *xs)
{
	/* It stays at its limit: 0 would mean success. */
	xs->backoff += xs->backoff < U8_MAX;
}

static inline void xtcp_rtt_no_backoff(struct xtcp_sock *xs)
{
	xs->backoff = 0;
}

/* H-06: nothing was measured in the handshake, as something was lost. */
static inline void xtcp_rtt_fall_back(struct xtcp_sock *xs)
{
	xs->rto = XTCP_RTO_FALLBACK;
}

/* The clock for all that the segment in hand sets off; xtcp_clock_of() */
static inline u64 xtcp_rtt_read_clock(struct xtcp_sock *xs)
{
	xs->clock_us = xtcp_clock_us();
	return xs->clock_us;
}

static inline void xtcp_rtt_forget_clock(struct xtcp_sock *xs)
{
	xs->clock_us = 0;
}

void xtcp_rtt_note_min(struct sock *sk, u32 rtt_us, bool delayed);
void xtcp_rtt_sample(struct sock *sk, u32 rtt_us);
s32 xtcp_rtt_of_echo(const struct xtcp_sock *xs, u32 tsecr);
void xtcp_rtt_handshake(struct sock *sk, u32 rtt_us);
void xtcp_rtt_estimated(struct sock *sk);
void xtcp_rtt_known(struct sock *sk, u32 srtt_us);
void xtcp_rtt_revert_backoff(struct sock *sk);
void xtcp_rtt_receiver(struct sock *sk);
void xtcp_rtt_by_echo(struct sock *sk, const struct sk_buff *skb);

/* Data has come: what does its timestamp tell a receiver? (H-10) */
static inline void xtcp_rtt_receiver_echo(struct sock *sk, const struct sk_buff *skb)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	if (xs->saw_tstamp && xs->rcv_tsecr)
		xtcp_rtt_by_echo(sk, skb);
}

/* An ACK came: it tells none, nor does data that comes later with the same echo. */
static inline void xtcp_rtt_receiver_bare(struct xtcp_sock *xs)
{
	if (xs->saw_tstamp)
		xs->rcv_rtt_tsecr = xs->rcv_tsecr;
}

#endif /* _XTCP_RTT_H */
