// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an acknowledgment means: RFC 9293 3.10.7.4 step 5, H-49 to H-51.
 * It frees what was sent, measures, moves the send window, and lets loss
 * recovery and congestion control have their say.
 */
#include "xtcp.h"
#include "cong/cong.h"
#include "cong/prr.h"
#include "life/ack.h"
#include "life/lossprobe.h"
#include "life/mtuprobe.h"
#include "life/recovery.h"
#include "life/sack.h"
#include "parts/chrono.h"
#include "parts/ecn.h"
#include "parts/mtup.h"
#include "parts/options.h"
#include "parts/pacing.h"
#include "parts/rack.h"
#include "parts/rate.h"
#include "parts/reordering.h"
#include "parts/rtt.h"
#include "parts/scoreboard.h"
#include "parts/skb.h"
#include "parts/sndqueue.h"
#include "parts/timer.h"
#include "parts/tlp.h"
#include "parts/tstamp.h"
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
	if (wnd > xs->max_window) {
		xs->max_window = wnd;
		xtcp_mss_stale(xs);
	}
	if (xtcp_has_unsent(sk))
		xtcp_cong_restart(sk);
	return true;
}

/* What it tells that @segs segments of a buffer are acknowledged */
static void note_acked(struct sock *sk, struct sk_buff *skb, u32 segs,
		       struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	a->segs += segs;
	if (unlikely(cb->sacked & (XTCP_SKB_RETRANS | XTCP_SKB_EVER_RETRANS))) {
		a->retrans = true;
	} else if (!(cb->sacked & XTCP_SKB_SACKED)) {
		a->last_us = cb->sent_us;
		if (!a->first_us)
			a->first_us = cb->sent_us;
		if (seq_before(cb->seq, a->reord))
			a->reord = cb->seq;
		a->orig |= !seq_after(cb->end_seq, xs->high_seq);
	}
	if (xs->sack_ok && !(cb->sacked & XTCP_SKB_SACKED)) {
		xtcp_rate_count(xs, segs, a->echo);
		/* RFC 3522: by the echo, it was the original that arrived. */
		if (!(cb->sacked & XTCP_SKB_EVER_RETRANS) ||
		    !xtcp_tstamp_echoes_before(xs, xtcp_clock_to_ms(cb->sent_us)))
			xtcp_rack_advance(xs, cb->sacked, cb->end_seq,
					  cb->sent_us);
	}
	xtcp_rate_delivered(xs, skb, &a->rs);
	a->whole = true;
	if (cb->flags & XTCP_SYN) {
		a->syn = true;
		xtcp_timer_repaired(xs);
	}
}

/* The head is acknowledged in part: only whole segments count as delivered. */
static void trim_head(struct sock *sk, struct sk_buff *skb, struct xtcp_ack *a)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 old = cb->segs, before = cb->seq;

	if (old == 1 || xtcp_sndqueue_trim(sk, skb, xtcp_sk(sk)->snd_una - cb->seq))
		return;
	xtcp_sndqueue_recount(sk, skb, cb->mss);
	if (old == cb->segs)
		return;
	note_acked(sk, skb, old - cb->segs, a);
	/* It began before. */
	if (!(cb->sacked & (XTCP_SKB_RETRANS | XTCP_SKB_EVER_RETRANS |
			    XTCP_SKB_SACKED)) && seq_before(before, a->reord))
		a->reord = before;
}

/* Without SACK: the ACK is of a hole, and of what duplicates had told of (RFC 6582). */
static void eat_dupacks(struct sock *sk, const struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 told = xs->sacked_out;

	xtcp_rate_count(xs, a->segs > told ? max(a->segs - told, 1U) : 1, a->echo);
	xtcp_scoreboard_fewer_dupacks(xs, a->segs - 1);
	if (xtcp_scoreboard_limit_dupacks(xs))
		xtcp_reordering_dupacks(sk, a->segs);
}

/*
 * Takes from the queue what is acknowledged.
 * Counterpart of the kernel's tcp_clean_rtx_queue().
 */
static void clean_queue(struct sock *sk, struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb;

	while ((skb = xtcp_rtx_head(xs))) {
		struct xtcp_skb_cb *cb = XTCP_CB(skb);

		if (seq_after(cb->end_seq, xs->snd_una)) {
			if (seq_before(cb->seq, xs->snd_una))
				trim_head(sk, skb, a);
			a->reneging = cb->sacked & XTCP_SKB_SACKED;
			break;
		}
		note_acked(sk, skb, cb->segs, a);
		xtcp_sndqueue_acked(sk, skb);
	}
	if (!skb)
		xtcp_chrono_stop(sk, XTCP_CHRONO_BUSY);
	if (!a->whole)
		return;
	a->set_timer = true;
	if (xtcp_mtup_pending(xs))
		xtcp_mtuprobe_acked(sk);
	if (!xs->sack_ok) {
		eat_dupacks(sk, a);
		/* It may have been the second copy of any. */
		if (a->retrans)
			a->orig = false;
	} else if (seq_before(a->reord, a->prior_high_sack)) {
		xtcp_reordering_seen(sk, a->reord, false);
	}
}

/* Is it likely a delayed ACK?  Its round trip is then not the path's. */
static bool maybe_delayed(const struct xtcp_sock *xs, const struct xtcp_ack *a,
			  bool sacked_before)
{
	return a->segs == 1 && a->first_us && !sacked_before &&
	       xs->snd_una - a->prior_una < xs->mss_cache &&
	       a->rs.prior_delivered + 1 == xs->delivered &&
	       !a->sacked && !a->echo && !a->dsack && !a->syn;
}

/*
 * Karn's rule: by the clock if sent once, else by the echoed timestamp.
 * Counterpart of the kernel's tcp_ack_update_rtt().
 */
static bool ack_measure(struct sock *sk, struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u64 now = xtcp_clock_of(xs);
	s64 rtt = -1, path = -1;

	if (a->first_us && !a->retrans) {
		rtt = now - a->first_us;
		path = now - a->last_us;
	}
	if (a->first_sack_us) {
		if (rtt < 0)
			rtt = now - a->first_sack_us;
		path = now - a->last_sack_us;
	}
	if (rtt < 0 && a->whole && xs->saw_tstamp && xs->rcv_tsecr) {
		rtt = xtcp_rtt_of_echo(xs, xs->rcv_tsecr);
		path = rtt;
	}
	a->rs.rtt_us = min_t(s64, path, INT_MAX);
	if (rtt < 0)
		return false;
	xtcp_rtt_note_min(sk, min_t(s64, path, INT_MAX), a->rs.is_ack_delayed);
	xtcp_rtt_sample(sk, min_t(s64, rtt, INT_MAX));
	return true;
}

static void advance_una(struct sock *sk, u32 ack)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xs->bytes_acked += ack - xs->snd_una;
	xs->snd_una = ack;
	xtcp_urgent_acked(xs, ack);
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

static u32 cong_flags(const struct xtcp_ack *a)
{
	return (a->segs > a->syn ? XTCP_CONG_ACK_DATA : 0) |
	       (a->sacked ? XTCP_CONG_ACK_SACKED : 0) |
	       (a->retrans ? XTCP_CONG_ACK_RETRANS : 0) |
	       (a->new_window ? XTCP_CONG_ACK_WINDOW : 0) |
	       (a->echo ? XTCP_CONG_ACK_ECE : 0);
}

/* What congestion control is told before recovery has its say */
static void tell_cong(struct sock *sk, const struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_cong_sample sample = {
		.pkts_acked = a->segs,
		.rtt_us = a->rs.rtt_us,
		.in_flight = xs->mss_cache *
			     (xs->delivered - a->rs.prior_delivered),
	};

	xtcp_cong_in_ack(sk, cong_flags(a));
	xtcp_cong_pkts_acked(sk, &sample);
}

/* What was out when the ACK came: what of it has arrived, and how long that took */
static void ack_outstanding(struct sock *sk, struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	bool sacked_before = xs->sacked_out, measured;
	const struct sk_buff *head;

	clean_queue(sk, a);
	a->rs.is_ack_delayed = maybe_delayed(xs, a, sacked_before);
	measured = ack_measure(sk, a);
	tell_cong(sk, a);
	if (!measured || a->whole || !a->first_sack_us)
		return;
	/*
	 * RFC 6298 5.3, unless the head was sent (again) after what was SACKed: then its
	 * timeout would be put off for as long as SACKs come.
	 */
	head = xtcp_rtx_head(xs);
	if (head && a->first_sack_us < XTCP_CB(head)->sent_us)
		a->set_timer = true;
}

/* A timeout later than before; or a loss probe, if nothing seems lost */
static void ack_set_timer(struct sock *sk)
{
	if (!xtcp_sk(sk)->packets_out || !xtcp_tlp_schedule(sk, true))
		xtcp_timer_rearm(sk);
}

/*
 * cwnd by what arrived.  Counterpart of the kernel's tcp_cong_control().
 */
static void ack_congestion(struct sock *sk, struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	a->rs.acked_sacked = a->delivered;
	a->rs.losses = xs->lost - a->prior_lost;
	xtcp_rate_measure(xs, &a->rs, xs->sack_reneged);
	if (!xtcp_cong_control(sk, a->ack, a->delivered, cong_flags(a), &a->rs))
		xtcp_prr_acked(sk, a->delivered, a->rs.losses, a->advanced);
	if (!xs->ca->cong_control)
		xtcp_pacing_update(sk);
}

static __always_inline void count_delivered(struct sock *sk, struct xtcp_ack *a)
{
	a->delivered = xtcp_sk(sk)->delivered - a->prior_delivered;
	if (!a->delivered)
		return;
	XTCP_ADD(sock_net(sk), DELIVERED, a->delivered);
	if (unlikely(a->echo))
		XTCP_ADD(sock_net(sk), DELIVEREDCE, a->delivered);
}

/* Nothing was out: it can only tell of what came twice, or of a window. */
static void ack_of_nothing(struct sock *sk, struct xtcp_ack *a)
{
	if (a->dsack) {
		xtcp_recovery_ack(sk, a);
		count_delivered(sk, a);
	}
	probe_answered(sk);
	xtcp_lossprobe_ack(sk, a);
}

static void ack_of_something(struct sock *sk, struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	enum xtcp_resend what;

	ack_outstanding(sk, a);
	if (unlikely(xtcp_rack_may_adapt(xs)))
		xtcp_rack_adapt(sk, a->rs.prior_delivered);
	if (unlikely(xs->tlp_high_seq))
		xtcp_lossprobe_ack(sk, a);
	/* RFC 5681 2: no data, no new window, nothing acknowledged */
	a->dupacks = !a->advanced && !a->data && !a->new_window && !a->whole &&
		     !a->dsack;
	what = xtcp_recovery_ack(sk, a);
	if (a->set_timer)
		ack_set_timer(sk);
	/* The next hop, whoever it is, is alive. */
	if (a->whole || a->sacked || !(a->data || a->new_window))
		sk_dst_confirm(sk);
	count_delivered(sk, a);
	ack_congestion(sk, a);
	if (unlikely(what))
		xtcp_recovery_send(sk, what);
}

/*
 * RFC 7323 4.3: only of a segment at or before the last ACK point.  What is sent
 * again now echoes it (H-08, timestamps).
 * Counterpart of the kernel's tcp_replace_ts_recent().
 */
static void ack_learn_tstamp(struct xtcp_sock *xs, const struct sk_buff *skb)
{
	if (!xs->saw_tstamp || seq_after(XTCP_CB(skb)->seq, xs->rcv_wup))
		return;
	if (xs->ts_recent_stamp &&
	    xtcp_segment_paws_reject(xs->ts_recent, xs->ts_recent_stamp,
				     xs->rcv_tsval, false))
		return;
	xtcp_tstamp_learn(xs, xs->rcv_tsval);
}

/**
 * xtcp_ack_repeated() - what to note of data that acknowledges nothing new
 * @xs: locked
 * @skb: the segment, next in order, its window as it was
 *
 * No timer is touched: what waits to be sent waits on (G-14).
 */
void xtcp_ack_repeated(struct xtcp_sock *xs, const struct sk_buff *skb)
{
	ack_learn_tstamp(xs, skb);
	xs->snd_wl1 = XTCP_CB(skb)->seq;
}

static void ack_begin(struct xtcp_sock *xs, const struct sk_buff *skb,
		      struct xtcp_ack *a)
{
	a->ack = XTCP_CB(skb)->ack_seq;
	a->prior_una = xs->snd_una;
	a->prior_high_sack = xtcp_highest_sack(xs);
	a->prior_delivered = xs->delivered;
	a->prior_lost = xs->lost;
	a->reord = xs->snd_nxt;
	a->rs.prior_in_flight = xtcp_in_flight(xs);
}

/*
 * An ACK that was overtaken: its SACK blocks may still tell something (E-47), but
 * nothing that would count as delivered.
 */
static int ack_old(struct sock *sk, const struct sk_buff *skb,
		   const struct xtcp_options *o)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	enum xtcp_resend what;
	struct xtcp_ack a = { };

	/* RFC 5961 5.2 */
	if (seq_before(XTCP_CB(skb)->ack_seq, xs->snd_una -
		       (u32)min_t(u64, xs->max_window, xs->bytes_acked)))
		return -1;
	/* It may carry new data, and what SACK blocks have sent again shall echo it. */
	ack_learn_tstamp(xs, skb);
	if (!o->num_sacks)
		return 0;
	xtcp_rtt_read_clock(xs);
	ack_begin(xs, skb, &a);
	a.data = XTCP_CB(skb)->seq != XTCP_CB(skb)->end_seq;
	xtcp_sack_read(sk, skb, o, &a);
	what = xtcp_recovery_ack(sk, &a);
	count_delivered(sk, &a);
	xtcp_recovery_send(sk, what);
	return 0;
}

/**
 * xtcp_ack_process() - the acknowledgment field of a segment
 * @sk: locked
 * @skb: the segment, its sequence number acceptable
 * @o: its options
 *
 * Counterpart of the kernel's tcp_ack().
 *
 * Context: softirq.
 * Return: positive if it is valid, 0 if it is old; else the segment must be
 *	   dropped: -1 if it is too old (E-47), -2 if it acknowledges what was
 *	   never sent (E-48).
 */
int xtcp_ack_process(struct sock *sk, const struct sk_buff *skb,
		     const struct xtcp_options *o)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 ack = XTCP_CB(skb)->ack_seq;
	struct xtcp_ack a = { };

	sock_owned_by_me(sk);
	if (seq_before(ack, xs->snd_una))
		return ack_old(sk, skb, o);
	if (seq_after(ack, xs->snd_nxt))
		return -2;

	ack_learn_tstamp(xs, skb);
	ack_begin(xs, skb, &a);
	a.data = XTCP_CB(skb)->seq != XTCP_CB(skb)->end_seq;
	a.new_window = update_window(sk, skb);
	a.advanced = seq_after(ack, xs->snd_una);
	if (a.advanced) {
		xtcp_timer_progress(xs);
		advance_una(sk, ack);
	}
	if (xs->packets_out || o->num_sacks)
		xtcp_rtt_read_clock(xs);
	if (unlikely(XTCP_CB(skb)->flags & (XTCP_ECE | XTCP_CWR)))
		a.echo = xtcp_ecn_input(xs, skb);
	if (o->num_sacks) {
		xtcp_sack_read(sk, skb, o, &a);
		xtcp_rate_count(xs, a.told, a.echo);
	}
	xs->rcv_tstamp = xtcp_jiffies32();
	xtcp_timer_probe_answered(xs);
	WRITE_ONCE(sk->sk_err_soft, 0);
	if (xs->packets_out)
		ack_of_something(sk, &a);
	else
		ack_of_nothing(sk, &a);
	if (!a.data)
		XTCP_INC(sock_net(sk), PUREACKS);
	return 1;
}
