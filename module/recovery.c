// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loss: detection by duplicate ACKs and by timeout, and repair; and what an
 * ECN mark or a full queue of this host asks for.
 * RFC 5681, RFC 6582 (NewReno), RFC 3168, inventory H-23, H-24, H-33, H-40.
 *
 * Each buffer of the retransmission queue carries LOST and RETRANS marks;
 * lost_out, retrans_out and sacked_out (duplicate ACKs) count segments, and
 * what is in flight follows from them.
 */
#include "xtcp.h"

static void mark_lost(struct xtcp_sock *xs, struct sk_buff *skb)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	xs->retransmit_hint = NULL;
	if (cb->sacked & XTCP_SKB_RETRANS) {
		cb->sacked &= ~XTCP_SKB_RETRANS;
		xs->retrans_out -= cb->segs;
	}
	if (!(cb->sacked & XTCP_SKB_LOST)) {
		cb->sacked |= XTCP_SKB_LOST;
		xs->lost_out += cb->segs;
	}
}

/**
 * xtcp_recovery_forget() - a buffer leaves the retransmission queue
 * @xs: locked
 * @skb: its head
 */
void xtcp_recovery_forget(struct xtcp_sock *xs, const struct sk_buff *skb)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	if (xs->retransmit_hint == skb)
		xs->retransmit_hint = NULL;
	xs->packets_out -= cb->segs;
	if (cb->sacked & XTCP_SKB_LOST)
		xs->lost_out -= cb->segs;
	if (cb->sacked & XTCP_SKB_RETRANS)
		xs->retrans_out -= cb->segs;
}

static void recount(struct xtcp_sock *xs, u8 sacked, int diff)
{
	xs->packets_out += diff;
	if (sacked & XTCP_SKB_LOST)
		xs->lost_out += diff;
	if (sacked & XTCP_SKB_RETRANS)
		xs->retrans_out += diff;
}

/**
 * xtcp_recovery_resegment() - a buffer was split: count anew
 * @sk: locked
 * @skb: first part, the second follows it in the queue
 * @old: segments that it counted for before
 */
void xtcp_recovery_resegment(struct sock *sk, struct sk_buff *skb, u32 old)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *tail = skb_queue_next(&xs->rtx_queue, skb);

	recount(xs, XTCP_CB(skb)->sacked,
		(int)XTCP_CB(skb)->segs + (int)XTCP_CB(tail)->segs - (int)old);
}

/**
 * xtcp_recovery_recount() - the MSS became smaller: count a buffer anew
 * @sk: locked
 * @skb: in the retransmission queue
 * @mss: in effect now
 */
void xtcp_recovery_recount(struct sock *sk, struct sk_buff *skb, u32 mss)
{
	u32 old = XTCP_CB(skb)->segs;

	xtcp_output_set_segs(skb, mss);
	recount(xtcp_sk(sk), XTCP_CB(skb)->sacked,
		(int)XTCP_CB(skb)->segs - (int)old);
}

/**
 * xtcp_recovery_trimmed() - the head lost its beginning: count anew
 * @sk: locked
 * @skb: head of the retransmission queue
 */
void xtcp_recovery_trimmed(struct sock *sk, struct sk_buff *skb)
{
	xtcp_recovery_recount(sk, skb, XTCP_CB(skb)->mss);
}

/* One segment of the head, however long the buffer is. */
static void mark_head_lost(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_rtx_head(xs);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 old = cb->segs;

	if (cb->sacked & XTCP_SKB_LOST)
		return;
	if (skb->len > cb->mss &&
	    !xtcp_output_split(sk, skb, &xs->rtx_queue, cb->mss, cb->mss))
		xtcp_recovery_resegment(sk, skb, old);
	mark_lost(xs, skb);
}

/* No more duplicate ACKs can be believed than segments left. */
static void limit_sacked(struct xtcp_sock *xs)
{
	u32 room = xs->packets_out - xs->lost_out;

	xs->sacked_out = min(xs->sacked_out, xs->packets_out ?
			     min(room, xs->packets_out - 1) : 0);
}

/* Sends again what is marked lost, as far as cwnd goes. */
static void retransmit_lost(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = xs->retransmit_hint ?: xtcp_rtx_head(xs);
	u32 quota;

	if (!skb)
		return;
	/* A peer shall not have us pass what was sent again with each ACK. */
	skb_queue_walk_from(&xs->rtx_queue, skb) {
		struct xtcp_skb_cb *cb = XTCP_CB(skb);

		if (!xs->lost_out || xs->retrans_out >= xs->lost_out)
			break;
		quota = xtcp_in_flight(xs);
		if (quota >= xs->snd_cwnd)
			break;
		xs->retransmit_hint = skb;
		if ((cb->sacked & (XTCP_SKB_LOST | XTCP_SKB_RETRANS)) !=
		    XTCP_SKB_LOST)
			continue;
		if (xtcp_output_retransmit(sk, skb, xs->snd_cwnd - quota))
			break;
		cb->sacked |= XTCP_SKB_RETRANS;
		xs->retrans_out += cb->segs;
		if (xs->ca_state == XTCP_CA_LOSS)
			XTCP_INC(sock_net(sk), SLOWSTARTRETRANS);
		else
			XTCP_INC(sock_net(sk), FASTRETRANS);
		if (skb == xtcp_rtx_head(xs))
			xtcp_timer_rearm(sk);
	}
}

static void reduce(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xs->snd_ssthresh = xs->ca->ssthresh(sk);
	xs->snd_cwnd = xs->snd_ssthresh;
	xs->snd_cwnd_cnt = 0;
	xtcp_ecn_reduced(xs);
}

/**
 * xtcp_recovery_reduce() - congestion, but nothing is lost
 * @sk: locked, in a synchronised state
 *
 * Once per window (RFC 3168 6.1.2), and not on top of a loss.
 */
void xtcp_recovery_reduce(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (xs->ca_state != XTCP_CA_OPEN)
		return;
	xs->ca_state = XTCP_CA_CWR;
	xs->high_seq = xs->snd_nxt;
	reduce(sk);
}

static void enter_recovery(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	XTCP_INC(sock_net(sk), RENORECOVERY);
	if (xs->ca_state != XTCP_CA_CWR)
		reduce(sk);
	xs->ca_state = XTCP_CA_RECOVERY;
	xs->high_seq = xs->snd_nxt;
	mark_head_lost(sk);
	limit_sacked(xs);
}

static void leave(struct xtcp_sock *xs)
{
	xs->ca_state = XTCP_CA_OPEN;
	xs->sacked_out = 0;
	xs->snd_cwnd = min(xs->snd_cwnd, max(xs->snd_ssthresh, 2U));
	xs->snd_cwnd_cnt = 0;
	xs->snd_cwnd_stamp = xtcp_jiffies32();
	xs->retrans_stamp = 0;
}

/**
 * xtcp_recovery_timeout() - the retransmission timer fired (H-33)
 * @sk: locked, something in flight
 */
void xtcp_recovery_timeout(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb;

	if (xs->ca_state == XTCP_CA_RECOVERY)
		XTCP_INC(sock_net(sk), RENORECOVERYFAIL);
	/* Once per loss event. */
	if (xs->ca_state == XTCP_CA_OPEN ||
	    !seq_before(xs->snd_una, xs->high_seq))
		xs->snd_ssthresh = xs->ca->ssthresh(sk);
	if (xs->ca->timeout)
		xs->ca->timeout(sk);
	xtcp_ecn_reduced(xs);
	xs->ca_state = XTCP_CA_LOSS;
	xs->high_seq = xs->snd_nxt;
	xs->sacked_out = 0;
	xs->snd_cwnd = 1;
	xs->snd_cwnd_cnt = 0;
	xs->snd_cwnd_stamp = xtcp_jiffies32();
	skb_queue_walk(&xs->rtx_queue, skb)
		mark_lost(xs, skb);
}

/**
 * xtcp_recovery_head() - send the head again after a timeout
 * @sk: locked
 *
 * Return: as xtcp_output_retransmit().
 */
int xtcp_recovery_head(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_rtx_head(xs);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	int err = xtcp_output_retransmit(sk, skb, 1);

	if (!err && cb->sacked & XTCP_SKB_LOST &&
	    !(cb->sacked & XTCP_SKB_RETRANS)) {
		cb->sacked |= XTCP_SKB_RETRANS;
		xs->retrans_out += cb->segs;
	}
	return err;
}

static void on_duplicate(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	/* RFC 6582 3.2 step 1: none of it while a timeout is being mended. */
	if (xs->ca_state == XTCP_CA_LOSS)
		return;
	xs->sacked_out++;
	limit_sacked(xs);
	if (xs->ca_state != XTCP_CA_RECOVERY &&
	    xs->sacked_out >= xs->reordering && xtcp_rtx_head(xs))
		enter_recovery(sk);
}

/* An ACK that moved SND.UNA while in recovery, or reduced. */
static void on_partial(struct sock *sk, u32 acked)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (seq_after(xs->snd_una, xs->high_seq)) {
		leave(xs);
		return;
	}
	if (xs->snd_una == xs->high_seq) {
		/* RFC 6582 4.1: duplicates of what we repaired may follow. */
		xs->sacked_out = 0;
		xs->retrans_stamp = 0;
		return;
	}
	if (xs->ca_state != XTCP_CA_RECOVERY) {
		xs->sacked_out = 0;
		return;
	}
	/* The hole and what duplicate ACKs had told of are gone. */
	xs->sacked_out -= min(xs->sacked_out, acked ? acked - 1 : 0);
	if (xtcp_rtx_head(xs)) {
		mark_head_lost(sk);
		limit_sacked(xs);
	}
}

/**
 * xtcp_recovery_ack() - what an acknowledgment means for loss
 * @sk: locked
 * @acked: whole segments that it newly acknowledged
 * @advanced: it moved SND.UNA, if only inside a segment
 * @duplicate: it is a duplicate in the sense of RFC 5681
 * @echo: it tells of an ECN mark
 *
 * Return: true if the algorithm may grow cwnd for it.
 */
bool xtcp_recovery_ack(struct sock *sk, u32 acked, bool advanced,
		       bool duplicate, bool echo)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (duplicate) {
		on_duplicate(sk);
	} else if (advanced) {
		if (xs->ca_state != XTCP_CA_OPEN)
			on_partial(sk, acked);
		else
			xs->sacked_out = 0;
	}
	if (unlikely(echo))
		xtcp_recovery_reduce(sk);
	return acked && xs->ca_state != XTCP_CA_RECOVERY &&
	       xs->ca_state != XTCP_CA_CWR;
}

/**
 * xtcp_recovery_repair() - send again what is lost and fits
 * @sk: locked
 */
void xtcp_recovery_repair(struct sock *sk)
{
	if (xtcp_sk(sk)->ca_state != XTCP_CA_OPEN)
		retransmit_lost(sk);
}

/**
 * xtcp_recovery_syn() - our SYN was acknowledged (E-40)
 * @xs: locked
 *
 * A SYN lost once tells nothing of the path's width, twice it does: unless
 * the timestamp echoed is the first one's.
 */
void xtcp_recovery_syn(struct xtcp_sock *xs)
{
	if (xs->ca_state != XTCP_CA_LOSS)
		return;
	xs->ca_state = XTCP_CA_OPEN;
	xs->snd_ssthresh = XTCP_INFINITE_SSTHRESH;
	xs->snd_cwnd = XTCP_INIT_CWND;
	if (xs->total_retrans > 1 &&
	    !(xs->saw_tstamp && xs->rcv_tsecr == xs->syn_tsval))
		xs->snd_cwnd = 1;
	xs->backoff = 0;
}

/**
 * xtcp_recovery_too_long() - the MSS became smaller: repair what got lost by it
 * @sk: locked
 *
 * Not a sign of congestion: cwnd stays (H-81), but until the present flight is
 * acknowledged it does not grow either.
 */
void xtcp_recovery_too_long(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb;

	skb_queue_walk(&xs->rtx_queue, skb)
		if (min_t(u32, skb->len, XTCP_CB(skb)->mss) > xs->mss_cache)
			mark_lost(xs, skb);
	if (!xs->lost_out)
		return;
	limit_sacked(xs);
	if (xs->ca_state != XTCP_CA_LOSS) {
		xs->ca_state = XTCP_CA_LOSS;
		xs->high_seq = xs->snd_nxt;
		xs->snd_ssthresh = max(xs->snd_ssthresh,
				       (xs->snd_cwnd >> 1) +
				       (xs->snd_cwnd >> 2));
	}
	retransmit_lost(sk);
}

/**
 * xtcp_recovery_reset() - no connection: nothing in flight, nothing lost
 * @xs: locked
 */
void xtcp_recovery_reset(struct xtcp_sock *xs)
{
	xs->packets_out = 0;
	xs->sacked_out = 0;
	xs->lost_out = 0;
	xs->retrans_out = 0;
	xs->retransmit_hint = NULL;
	xs->ca_state = XTCP_CA_OPEN;
	xs->retransmits = 0;
	xs->retrans_stamp = 0;
}
