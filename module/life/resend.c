// SPDX-License-Identifier: GPL-2.0-only
/* What is lost is sent again (RFC 6675 5, step C; RFC 6298 5.4). */
#include "xtcp.h"
#include "cong/prr.h"
#include "cong/undo.h"
#include "life/output.h"
#include "life/resend.h"
#include "parts/pacing.h"
#include "parts/scoreboard.h"
#include "parts/timer.h"
#include "parts/tsq.h"

/* The counter of what is sent again */
static void count_resent(struct sock *sk, u32 segs)
{
	if (xtcp_sk(sk)->ca_state == XTCP_CA_LOSS)
		XTCP_ADD(sock_net(sk), SLOWSTARTRETRANS, segs);
	else
		XTCP_ADD(sock_net(sk), FASTRETRANS, segs);
}

/* One that is marked lost, or the head; as xtcp_output_retransmit() */
static int resend_one(struct sock *sk, struct sk_buff *skb, u32 segs)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	int err = xtcp_output_retransmit(sk, skb, segs);
	/* Of an attempt; there is none while the last copy has not even left. */
	u64 us = err && err != -EBUSY ? xtcp_clock_of(xs) : XTCP_CB(skb)->sent_us;

	if (!err)
		xtcp_scoreboard_resent(xs, skb);
	xtcp_timer_stamp_retrans(xs, us);
	xtcp_undo_resent(xs, XTCP_CB(skb)->segs);
	return err;
}

/**
 * xtcp_resend_lost() - what is marked lost, as far as cwnd and this host's queues go
 * @sk: locked
 *
 * A peer shall not have us pass what was sent again with each ACK.
 *
 * Counterpart of the kernel's tcp_xmit_retransmit_queue().
 */
void xtcp_resend_lost(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = xs->retransmit_hint ?: xtcp_rtx_head(xs);
	bool hole = false, rearm = false;

	for (; skb; skb = xtcp_rtx_next(skb)) {
		struct xtcp_skb_cb *cb = XTCP_CB(skb);
		u32 flight = xtcp_in_flight(xs);

		if (!hole)
			xtcp_scoreboard_repaired_to(xs, skb);
		if (flight >= xs->snd_cwnd || xs->retrans_out >= xs->lost_out ||
		    xtcp_pacing_waits(sk))
			break;
		if (cb->sacked & XTCP_SKB_SACKED) {
			skb = xtcp_scoreboard_run_end(skb);
			continue;
		}
		if (!(cb->sacked & XTCP_SKB_LOST)) {
			hole |= !(cb->sacked & XTCP_SKB_RETRANS);
			continue;
		}
		if (cb->sacked & XTCP_SKB_RETRANS)
			continue;
		if (xtcp_tsq_throttle(sk, skb, true) ||
		    resend_one(sk, skb, xs->snd_cwnd - flight))
			break;
		count_resent(sk, cb->segs);
		xtcp_prr_sent(xs, cb->segs);
		rearm |= skb == xtcp_rtx_head(xs);
	}
	if (rearm && xs->event != XTCP_EVENT_REORDER)
		xtcp_timer_rearm(sk);
}

/**
 * xtcp_resend_head() - the head again after a timeout
 * @sk: locked
 *
 * Return: as xtcp_output_retransmit().
 */
int xtcp_resend_head(struct sock *sk)
{
	sock_owned_by_me(sk);
	return resend_one(sk, xtcp_rtx_head(xtcp_sk(sk)), 1);
}
