// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an acknowledgment means: RFC 9293 3.10.7.4 step 5, H-49 to H-51.
 * It frees what was sent, measures, moves the send window, and lets loss
 * recovery and congestion control have their say.
 */
#include "xtcp.h"
#include "cong/cong.h"
#include "life/ack.h"
#include "life/recovery.h"
#include "parts/ecn.h"
#include "parts/rtt.h"
#include "parts/skb.h"
#include "parts/sndqueue.h"
#include "parts/timer.h"
#include "parts/urgent.h"

/**
 * xtcp_ack_moves_window() - would its window count? (H-49)
 * @xs: locked
 * @skb: a segment
 *
 * RFC 9293 3.10.7.4, SND.WL1 and SND.WL2.
 */
bool xtcp_ack_moves_window(const struct xtcp_sock *xs,
			   const struct sk_buff *skb)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	return seq_after(cb->ack_seq, xs->snd_una) ||
	       seq_after(cb->seq, xs->snd_wl1) ||
	       (cb->seq == xs->snd_wl1 && xtcp_ack_window(xs, skb) > xs->snd_wnd);
}

static bool update_window(struct sock *sk, const struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 wnd = xtcp_ack_window(xs, skb);
	u32 old = xs->snd_wnd;

	if (!xtcp_ack_moves_window(xs, skb))
		return false;
	xs->snd_wl1 = cb->seq;
	if (wnd == old)
		return true;
	xs->snd_wnd = wnd;
	xs->max_window = max(xs->max_window, wnd);
	if (xtcp_has_unsent(sk))
		xtcp_cong_restart(sk);
	return true;
}

static void note_times(const struct xtcp_skb_cb *cb, struct xtcp_ack *a)
{
	if (cb->sacked & XTCP_SKB_EVER_RETRANS)
		a->retrans = true;
	else if (!a->first_us)
		a->first_us = cb->sent_us;
}

/* The head is acknowledged in part: only whole segments count as delivered. */
static void trim_head(struct sock *sk, struct sk_buff *skb, u32 una,
		      struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 old = cb->segs;

	if (xtcp_sndqueue_trim(sk, skb, una - cb->seq))
		return;
	xtcp_sndqueue_recount(sk, skb, cb->mss);
	if (old == XTCP_CB(skb)->segs)
		return;
	a->whole = true;
	note_times(cb, a);
	a->segs += old - XTCP_CB(skb)->segs;
	xs->delivered += old - XTCP_CB(skb)->segs;
}

static void clean_queue(struct sock *sk, struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb;

	while ((skb = xtcp_rtx_head(xs))) {
		struct xtcp_skb_cb *cb = XTCP_CB(skb);

		if (seq_after(cb->end_seq, xs->snd_una)) {
			if (seq_before(cb->seq, xs->snd_una))
				trim_head(sk, skb, xs->snd_una, a);
			break;
		}
		a->whole = true;
		note_times(cb, a);
		if (cb->flags & XTCP_SYN)
			xtcp_timer_repaired(xs);
		else
			a->segs += cb->segs;
		xs->delivered += cb->segs;
		xtcp_sndqueue_acked(sk, skb);
	}
}

/*
 * Karn's rule: by the clock if sent once, else by the echoed timestamp.  Returns what
 * the clock says, -1: nothing.
 */
static s32 ack_measure(struct sock *sk, const struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u64 now = xtcp_rtt_read_clock(xs);

	if (a->first_us && !a->retrans) {
		xtcp_rtt_sample(sk, now - a->first_us);
		return min_t(u64, now - a->first_us, S32_MAX);
	}
	if (a->whole && xs->saw_tstamp && xs->rcv_tsecr)
		xtcp_rtt_echo(sk, xs->rcv_tsecr);
	return -1;
}

/* What congestion control is told, before recovery has its say */
static void tell_cong(struct sock *sk, const struct xtcp_ack *a, s32 rtt_us, u32 flags)
{
	struct xtcp_cong_sample sample = {
		.pkts_acked = a->segs,
		.rtt_us = rtt_us,
	};

	xtcp_cong_in_ack(sk, flags);
	xtcp_cong_pkts_acked(sk, &sample);
}

static void advance_una(struct sock *sk, u32 ack)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xs->bytes_acked += ack - xs->snd_una;
	xs->snd_una = ack;
	xtcp_urgent_acked(xs, ack);
}

/*
 * RFC 5681 2: no data, no new window, nothing acknowledged, data in flight.  A
 * window is new if it comes with a newer sequence number, even the same one.
 */
static bool is_duplicate(const struct xtcp_sock *xs,
			 const struct sk_buff *skb, bool new_window)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	return cb->ack_seq == xs->snd_una && cb->seq == cb->end_seq &&
	       !(cb->flags & (XTCP_SYN | XTCP_FIN)) && !new_window &&
	       xs->packets_out;
}

/* H-51: an answer to a window probe. */
static void probe_answered(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);

	if (!skb)
		return;
	if (!seq_after(XTCP_CB(skb)->end_seq, xtcp_wnd_end(xs))) {
		xtcp_rtt_no_backoff(xs);
		xtcp_timer_window_open(xs);
		if (xs->event == XTCP_EVENT_PROBE)
			xtcp_timer_clear_xmit(sk);
	} else {
		xtcp_timer_restart_probe(sk);
	}
}

static void ack_progress(struct sock *sk, u32 ack, struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_rate_sample rs = { .delivered = -1, .interval_us = -1 };
	u32 before = xs->delivered;
	u32 flags = 0;

	a->advanced = true;
	advance_una(sk, ack);
	xtcp_timer_progress(xs);
	clean_queue(sk, a);
	rs.rtt_us = ack_measure(sk, a);
	a->delivered = xs->delivered - before;
	XTCP_ADD(sock_net(sk), DELIVERED, a->delivered);
	if (unlikely(a->echo)) {
		xs->delivered_ce += a->delivered;
		XTCP_ADD(sock_net(sk), DELIVEREDCE, a->delivered);
		flags |= XTCP_CONG_ACK_ECE;
	}
	flags |= a->segs ? XTCP_CONG_ACK_DATA : 0;
	rs.acked_sacked = a->segs;
	tell_cong(sk, a, rs.rtt_us, flags);
	xtcp_recovery_ack(sk, a);
	xtcp_cong_control(sk, ack, a->segs, flags, &rs);
	/* H-05: what is still in flight has its whole time again (RFC 6298 5.3). */
	if (a->whole)
		xtcp_timer_rearm(sk);
	/* The next hop, whoever it is, is alive. */
	sk_dst_confirm(sk);
}

/**
 * xtcp_ack_process() - the acknowledgment field of a segment
 * @sk: locked
 * @skb: the segment, its sequence number acceptable
 *
 * Counterpart of the kernel's tcp_ack().
 *
 * Context: softirq.
 * Return: positive if it is valid, 0 if it is old; else the segment must be
 *	   dropped: -1 if it is too old (E-47), -2 if it acknowledges what was
 *	   never sent (E-48).
 */
int xtcp_ack_process(struct sock *sk, const struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 ack = XTCP_CB(skb)->ack_seq;
	struct xtcp_ack a = { };
	bool idle;

	sock_owned_by_me(sk);
	if (seq_before(ack, xs->snd_una)) {
		/* RFC 5961 5.2 */
		if (seq_before(ack, xs->snd_una - (u32)
			       min_t(u64, xs->max_window, xs->bytes_acked)))
			return -1;
		xs->rcv_tstamp = xtcp_jiffies32();
		return 0;
	}
	if (seq_after(ack, xs->snd_nxt))
		return -2;

	a.new_window = update_window(sk, skb);
	xs->rcv_tstamp = xtcp_jiffies32();
	xtcp_timer_probe_answered(xs);
	WRITE_ONCE(sk->sk_err_soft, 0);
	if (unlikely(XTCP_CB(skb)->flags & (XTCP_ECE | XTCP_CWR)))
		a.echo = xtcp_ecn_input(xs, skb);
	a.duplicate = is_duplicate(xs, skb, a.new_window);
	idle = !xs->packets_out;
	if (seq_after(ack, xs->snd_una))
		ack_progress(sk, ack, &a);
	else if (a.duplicate || a.echo)
		xtcp_recovery_ack(sk, &a);
	if (idle)
		probe_answered(sk);
	xtcp_recovery_repair(sk);
	if (XTCP_CB(skb)->seq == XTCP_CB(skb)->end_seq)
		XTCP_INC(sock_net(sk), PUREACKS);
	return 1;
}
