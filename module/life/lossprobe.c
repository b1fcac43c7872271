// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tail loss probes (RFC 8985 7): the end of a flight has no successor that could tell
 * of its loss, so one is sent; and what the answer to it means.
 */
#include "xtcp.h"
#include "cong/cong.h"
#include "cong/prr.h"
#include "life/lossprobe.h"
#include "life/output.h"
#include "life/recovery.h"
#include "parts/scoreboard.h"
#include "parts/sndqueue.h"
#include "parts/timer.h"
#include "parts/tlp.h"

/* The last segment of what is out, by itself; NULL: it can't be sent now */
static struct sk_buff *tail_segment(struct sock *sk)
{
	struct sk_buff *skb = xtcp_rtx_tail(xtcp_sk(sk));
	u32 before, mss = xtcp_output_sync_mss(sk);

	if (!skb || skb_fclone_busy(sk, skb))
		return NULL;
	before = (XTCP_CB(skb)->segs - 1) * mss;
	if (XTCP_CB(skb)->segs <= 1 || skb->len <= before)
		return skb;
	if (xtcp_sndqueue_split_sent(sk, skb, before, mss))
		return NULL;
	return xtcp_rtx_next(skb);
}

/* It may exceed cwnd, which was the limit then (H-21). */
static bool send_new(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (!xtcp_output_one(sk))
		return false;
	xtcp_cong_validate(sk, xtcp_in_flight(xs) >= xs->snd_cwnd);
	xtcp_prr_sent(xs, 1);
	return true;
}

/* New data if there is some and the window has room, else the tail once more */
static bool send_probe(struct sock *sk, bool *retrans)
{
	struct sk_buff *skb;

	*retrans = !xtcp_output_fits(sk);
	if (!*retrans)
		return send_new(sk);
	skb = tail_segment(sk);
	return skb && !xtcp_output_retransmit(sk, skb, 1);
}

/**
 * xtcp_lossprobe_send() - the timer of a loss probe fired (RFC 8985 7.3)
 * @sk: locked
 *
 * Counterpart of the kernel's tcp_send_loss_probe().
 */
void xtcp_lossprobe_send(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	bool retrans;

	sock_owned_by_me(sk);
	/* One at a time */
	if (xs->packets_out && !xs->tlp_high_seq && send_probe(sk, &retrans)) {
		xtcp_tlp_sent(xs, retrans);
		XTCP_INC(sock_net(sk), LOSSPROBES);
		/* The timeout begins with the probe. */
		xtcp_timer_clear_xmit(sk);
	}
	xtcp_timer_rearm(sk);
}

/**
 * xtcp_lossprobe_ack() - what an acknowledgment says of the probe (RFC 8985 7.4)
 * @sk: locked
 * @a: what it did
 *
 * Counterpart of the kernel's tcp_process_tlp_ack().
 */
void xtcp_lossprobe_ack(struct sock *sk, const struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (likely(!xs->tlp_high_seq) || seq_before(a->ack, xs->tlp_high_seq))
		return;
	if (!xs->tlp_retrans || a->dsack_tlp) {
		/* It was new, or the original had arrived, too: nothing was lost. */
		xtcp_tlp_end(xs);
	} else if (seq_after(a->ack, xs->tlp_high_seq)) {
		/* Nobody said that it came twice: it repaired a loss. */
		xtcp_recovery_probe_lost(sk);
	} else if (!a->advanced && !a->data && !a->new_window && !a->whole &&
		   !a->sacked) {
		xtcp_tlp_end(xs);
	}
}
