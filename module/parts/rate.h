/* SPDX-License-Identifier: GPL-2.0-only */
/* What rate.c is asked; described there. */
#ifndef _XTCP_RATE_H
#define _XTCP_RATE_H

#include "xtcp.h"
#include "parts/skb.h"

/**
 * struct xtcp_rate_sample - how fast data was delivered up to this ACK
 * @prior_mstamp: when the segment before this flight was delivered, us; 0: unknown
 * @prior_delivered: xtcp_sock.delivered then
 * @prior_delivered_ce: xtcp_sock.delivered_ce then
 * @delivered: segments delivered since, -1: unknown
 * @delivered_ce: of these, such that came with ECN marks
 * @interval_us: time that it took, -1: unknown
 * @snd_interval_us: time that sending them took
 * @rcv_interval_us: time that their ACKs took
 * @rtt_us: round trip of the last segment that this ACK tells of, -1: none
 * @losses: segments that it tells are lost
 * @acked_sacked: segments that it newly (S)ACKs
 * @prior_in_flight: segments in flight before it
 * @last_end_seq: end of the last segment sent that it (S)ACKs
 * @is_app_limited: the program had no more to send in between
 * @is_retrans: the sample is of a retransmission
 * @is_ack_delayed: this is likely a delayed ACK
 */
struct xtcp_rate_sample {
	u64 prior_mstamp;
	u32 prior_delivered;
	u32 prior_delivered_ce;
	s32 delivered;
	s32 delivered_ce;
	long interval_us;
	u32 snd_interval_us;
	u32 rcv_interval_us;
	long rtt_us;
	int losses;
	u32 acked_sacked;
	u32 prior_in_flight;
	u32 last_end_seq;
	bool is_app_limited;
	bool is_retrans;
	bool is_ack_delayed;
};

/* @n more segments have arrived, by an ACK that tells of an ECN mark or not */
static inline void xtcp_rate_count(struct xtcp_sock *xs, u32 n, bool echo)
{
	xs->delivered += n;
	if (unlikely(echo))
		xs->delivered_ce += n;
}

/**
 * xtcp_rate_sent() - a segment leaves: remember how much had been delivered
 * @xs: locked
 * @skb: the segment, about to join the scoreboard, or on it
 * @now: clock
 */
static inline void xtcp_rate_sent(struct xtcp_sock *xs, struct sk_buff *skb, u64 now)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	/* Nothing is under way: the sample begins with this one. */
	if (!xs->packets_out) {
		xs->first_tx_us = now;
		xs->delivered_us = now;
	}
	/* A loss probe: it was counted, and where its time stood is where its run ends. */
	if (unlikely(cb->sacked & XTCP_SKB_SACKED))
		return;
	cb->first_tx_us = xs->first_tx_us;
	cb->delivered_us = xs->delivered_us;
	cb->delivered = xs->delivered;
	cb->delivered_ce = xs->delivered_ce;
	cb->app_limited = xs->app_limited;
}

void xtcp_rate_delivered(struct xtcp_sock *xs, struct sk_buff *skb,
			 struct xtcp_rate_sample *rs);
void xtcp_rate_measure(struct xtcp_sock *xs, struct xtcp_rate_sample *rs,
		       bool reneged);
void xtcp_rate_limit(struct xtcp_sock *xs);
void xtcp_rate_check_app_limited(struct sock *sk);

#endif /* _XTCP_RATE_H */
