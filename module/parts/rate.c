// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast the path delivers: a sample for each ACK, between the time that a segment
 * left and the time that it was (S)ACKed (draft-cheng-iccrg-delivery-rate-estimation).
 *
 * The rate is the smaller of those at which data left and arrived, so that neither
 * ACKs that come in a bunch nor a sender's burst make it too high.
 */
#include "xtcp.h"
#include "parts/rate.h"
#include "parts/rtt.h"
#include "parts/scoreboard.h"

/* Was this one sent after the last that the sample knows? */
static bool rate_newer(const struct xtcp_sock *xs, const struct xtcp_skb_cb *cb,
		       const struct xtcp_rate_sample *rs)
{
	if (!rs->prior_mstamp || cb->sent_us > xs->first_tx_us)
		return true;
	return cb->sent_us == xs->first_tx_us &&
	       seq_after(cb->end_seq, rs->last_end_seq);
}

/**
 * xtcp_rate_delivered() - a segment was (S)ACKed
 * @xs: locked
 * @skb: the segment
 * @rs: of this ACK; the latest that was sent is what it tells of
 */
void xtcp_rate_delivered(struct xtcp_sock *xs, struct sk_buff *skb,
			 struct xtcp_rate_sample *rs)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	if (!cb->delivered_us)
		return;
	if (rate_newer(xs, cb, rs)) {
		rs->prior_mstamp = cb->delivered_us;
		rs->prior_delivered = cb->delivered;
		rs->prior_delivered_ce = cb->delivered_ce;
		rs->is_app_limited = cb->app_limited;
		rs->is_retrans = cb->sacked & XTCP_SKB_RETRANS;
		rs->last_end_seq = cb->end_seq;
		rs->interval_us = cb->sent_us - cb->first_tx_us;
		xs->first_tx_us = cb->sent_us;
	}
	/* Once is enough, should it be SACKed now and acknowledged later. */
	cb->delivered_us = 0;
}

/**
 * xtcp_rate_measure() - complete the sample of an ACK
 * @xs: locked, clock read; the ACK was counted
 * @rs: acked_sacked and losses set
 * @reneged: the peer did not keep what it SACKed: no sample
 */
void xtcp_rate_measure(struct xtcp_sock *xs, struct xtcp_rate_sample *rs,
		       bool reneged)
{
	u64 now = xtcp_clock_of(xs);

	if (xs->app_limited && seq_after(xs->delivered, xs->app_limited))
		xs->app_limited = 0;
	if (rs->acked_sacked)
		xs->delivered_us = now;
	if (!rs->prior_mstamp || reneged) {
		rs->delivered = -1;
		rs->interval_us = -1;
		return;
	}
	rs->delivered = xs->delivered - rs->prior_delivered;
	rs->delivered_ce = xs->delivered_ce - rs->prior_delivered_ce;
	rs->snd_interval_us = rs->interval_us;
	rs->rcv_interval_us = now - rs->prior_mstamp;
	rs->interval_us = max(rs->snd_interval_us, rs->rcv_interval_us);
	/* Faster than light: an ACK of what was sent again, perhaps. */
	if (unlikely(rs->interval_us < (long)xtcp_min_rtt(xs))) {
		rs->interval_us = -1;
		return;
	}
	if (rs->is_app_limited &&
	    (u64)rs->delivered * xs->rate_interval_us <
	    (u64)xs->rate_delivered * rs->interval_us)
		return;
	xs->rate_delivered = rs->delivered;
	xs->rate_interval_us = rs->interval_us;
	xs->rate_app_limited = rs->is_app_limited;
}

/**
 * xtcp_rate_limit() - what is sent is not what the path could take
 * @xs: locked
 *
 * Until what is in flight now was delivered, samples do not tell of the path
 * (xtcp_rate_sample.is_app_limited).
 */
void xtcp_rate_limit(struct xtcp_sock *xs)
{
	xs->app_limited = (xs->delivered + xtcp_in_flight(xs)) ?: 1;
}
EXPORT_SYMBOL_GPL(xtcp_rate_limit);

/**
 * xtcp_rate_check_app_limited() - does the path wait for the program?
 * @sk: locked
 *
 * Counterpart of the kernel's tcp_rate_check_app_limited().
 */
void xtcp_rate_check_app_limited(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (xs->write_seq - xs->snd_nxt < xs->mss_cache &&
	    sk_wmem_alloc_get(sk) < SKB_TRUESIZE(1) &&
	    xtcp_in_flight(xs) < xs->snd_cwnd &&
	    xs->lost_out <= xs->retrans_out)
		xtcp_rate_limit(xs);
}
