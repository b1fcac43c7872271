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
#include "parts/rtt.h"
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
		xtcp_sndqueue_repaired_to(xs, skb);
		if ((cb->sacked & (XTCP_SKB_LOST | XTCP_SKB_RETRANS)) !=
		    XTCP_SKB_LOST)
			continue;
		if (xtcp_output_retransmit(sk, skb, xs->snd_cwnd - quota))
			break;
		xtcp_sndqueue_mark_retrans(xs, skb);
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
	xtcp_cong_enter(sk, XTCP_CA_RECOVERY);
	xtcp_sndqueue_mark_head_lost(sk);
	xtcp_sndqueue_limit_sacked(xs);
}

static void leave_recovery(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xtcp_cong_leave_recovery(sk);
	xtcp_sndqueue_no_dupacks(xs);
	xtcp_timer_repaired(xs);
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
	xtcp_cong_timeout(sk);
	xtcp_sndqueue_no_dupacks(xs);
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
	    !(cb->sacked & XTCP_SKB_RETRANS))
		xtcp_sndqueue_mark_retrans(xs, skb);
	return err;
}

static void on_duplicate(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	/* RFC 6582 3.2 step 1: none of it while a timeout is being mended. */
	if (xs->ca_state == XTCP_CA_LOSS)
		return;
	xtcp_sndqueue_dupack(xs);
	if (xs->ca_state != XTCP_CA_RECOVERY &&
	    xs->sacked_out >= xs->reordering && xtcp_rtx_head(xs))
		enter_recovery(sk);
}

/* An ACK that moved SND.UNA while in recovery, or reduced. */
static void on_partial(struct sock *sk, u32 acked)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (seq_after(xs->snd_una, xs->high_seq)) {
		leave_recovery(sk);
		return;
	}
	if (xs->snd_una == xs->high_seq) {
		/* RFC 6582 4.1: duplicates of what we repaired may follow. */
		xtcp_sndqueue_no_dupacks(xs);
		xtcp_timer_repaired(xs);
		return;
	}
	if (xs->ca_state != XTCP_CA_RECOVERY) {
		xtcp_sndqueue_no_dupacks(xs);
		return;
	}
	/* The hole and what duplicate ACKs had told of are gone. */
	xtcp_sndqueue_fewer_dupacks(xs, acked ? acked - 1 : 0);
	if (xtcp_rtx_head(xs)) {
		xtcp_sndqueue_mark_head_lost(sk);
		xtcp_sndqueue_limit_sacked(xs);
	}
}

/**
 * xtcp_recovery_ack() - what an acknowledgment means for loss
 * @sk: locked
 * @a: what it did
 */
void xtcp_recovery_ack(struct sock *sk, const struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (a->duplicate) {
		on_duplicate(sk);
	} else if (a->advanced) {
		if (xs->ca_state != XTCP_CA_OPEN)
			on_partial(sk, a->segs);
		else
			xtcp_sndqueue_no_dupacks(xs);
	}
	if (unlikely(a->echo))
		xtcp_cong_enter_cwr(sk);
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
	bool first;

	if (xs->ca_state != XTCP_CA_LOSS)
		return;
	first = xs->saw_tstamp && xs->rcv_tsecr == xs->syn_tsval;
	xtcp_cong_syn_acked(xs, xs->total_retrans > 1 && !first);
	xtcp_rtt_no_backoff(xs);
}

/**
 * xtcp_recovery_too_long() - the MSS became smaller: repair what got lost by it
 * @sk: locked
 *
 * Not a sign of congestion (H-81).
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
	xtcp_cong_hold(sk);
	retransmit_lost(sk);
}
