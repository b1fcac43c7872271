// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loss: detection by duplicate ACKs and by timeout, and repair; and what an
 * ECN mark or a full queue of this host asks for.
 * RFC 5681, RFC 6582 (NewReno), RFC 3168, inventory H-23, H-24, H-33, H-40.
 */
#include "xtcp.h"
#include "cong/cong.h"
#include "life/output.h"
#include "life/recovery.h"
#include "parts/ecn.h"
#include "parts/skb.h"
#include "parts/sndqueue.h"
#include "parts/timer.h"

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

static void enter_recovery(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	XTCP_INC(sock_net(sk), RENORECOVERY);
	if (xs->ca_state != XTCP_CA_CWR)
		xtcp_cong_reduce(sk);
	xs->ca_state = XTCP_CA_RECOVERY;
	xs->high_seq = xs->snd_nxt;
	xtcp_sndqueue_mark_head_lost(sk);
	xtcp_sndqueue_limit_sacked(xs);
}

static void leave_recovery(struct xtcp_sock *xs)
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

	sock_owned_by_me(sk);
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
		xtcp_sndqueue_mark_lost(xs, skb);
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

	sock_owned_by_me(sk);
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
	xtcp_sndqueue_limit_sacked(xs);
	if (xs->ca_state != XTCP_CA_RECOVERY &&
	    xs->sacked_out >= xs->reordering && xtcp_rtx_head(xs))
		enter_recovery(sk);
}

/* An ACK that moved SND.UNA while in recovery, or reduced. */
static void on_partial(struct sock *sk, u32 acked)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (seq_after(xs->snd_una, xs->high_seq)) {
		leave_recovery(xs);
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
		xtcp_sndqueue_mark_head_lost(sk);
		xtcp_sndqueue_limit_sacked(xs);
	}
}

/**
 * xtcp_recovery_ack() - what an acknowledgment means for loss
 * @sk: locked
 * @a: what it did
 *
 * Return: true if the algorithm may grow cwnd for it.
 */
bool xtcp_recovery_ack(struct sock *sk, const struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (a->duplicate) {
		on_duplicate(sk);
	} else if (a->advanced) {
		if (xs->ca_state != XTCP_CA_OPEN)
			on_partial(sk, a->segs);
		else
			xs->sacked_out = 0;
	}
	if (unlikely(a->echo))
		xtcp_cong_enter_cwr(sk);
	return a->segs && xs->ca_state != XTCP_CA_RECOVERY &&
	       xs->ca_state != XTCP_CA_CWR;
}

/**
 * xtcp_recovery_repair() - send again what is lost and fits
 * @sk: locked
 */
void xtcp_recovery_repair(struct sock *sk)
{
	sock_owned_by_me(sk);
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

	sock_owned_by_me(sk);
	skb_queue_walk(&xs->rtx_queue, skb)
		if (min_t(u32, skb->len, XTCP_CB(skb)->mss) > xs->mss_cache)
			xtcp_sndqueue_mark_lost(xs, skb);
	if (!xs->lost_out)
		return;
	xtcp_sndqueue_limit_sacked(xs);
	if (xs->ca_state != XTCP_CA_LOSS) {
		xs->ca_state = XTCP_CA_LOSS;
		xs->high_seq = xs->snd_nxt;
		xs->snd_ssthresh = max(xs->snd_ssthresh,
				       (xs->snd_cwnd >> 1) +
				       (xs->snd_cwnd >> 2));
	}
	retransmit_lost(sk);
}
