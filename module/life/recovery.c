// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loss recovery: what an ACK, or a timer, means for what is out, and which phase the
 * connection is in (RFC 5681, RFC 6582, RFC 6675, RFC 8985, RFC 5682).
 *
 *  OPEN      nothing suspicious
 *  DISORDER  something is missing, perhaps only late
 *  CWR       a mark, or a full queue of this host: cwnd comes down, nothing is lost
 *  RECOVERY  fast retransmit: cwnd comes down while what is lost is sent again
 *  LOSS      a timeout: all is sent again, from a window of one, unless it shows that
 *            nothing was lost
 *
 * A phase ends when all that was out at its beginning (high_seq) is acknowledged.
 */
#include "xtcp.h"
#include "cong/cong.h"
#include "cong/prr.h"
#include "cong/undo.h"
#include "life/mtuprobe.h"
#include "life/recovery.h"
#include "life/resend.h"
#include "life/write.h"
#include "parts/dupthresh.h"
#include "parts/ecn.h"
#include "parts/mtup.h"
#include "parts/rack.h"
#include "parts/rate.h"
#include "parts/reordering.h"
#include "parts/rtt.h"
#include "parts/scoreboard.h"
#include "parts/sndqueue.h"
#include "parts/timer.h"
#include "parts/tlp.h"

/* Is anything that was sent again still out? */
static bool retrans_pending(const struct xtcp_sock *xs)
{
	const struct sk_buff *skb;

	if (xs->retrans_out)
		return true;
	skb = xtcp_rtx_head(xs);
	return skb && XTCP_CB(skb)->sacked & XTCP_SKB_EVER_RETRANS;
}

static void note_repaired(struct xtcp_sock *xs)
{
	if (!retrans_pending(xs))
		xtcp_timer_repaired(xs);
}

/*
 * RFC 6582 4.1: without SACK the state is kept until more than high_seq is
 * acknowledged: duplicates of what was repaired may follow.
 */
static bool must_hold(struct xtcp_sock *xs)
{
	if (xs->sack_ok || xs->snd_una != xs->high_seq)
		return false;
	note_repaired(xs);
	return true;
}

/* Back to OPEN; what the peer SACKs is believed again. */
static void recovery_over(struct sock *sk)
{
	xtcp_cong_set_state(sk, XTCP_CA_OPEN);
	xtcp_sk(sk)->sack_reneged = false;
}

/* All of it was acknowledged: true if the state is kept nevertheless */
static bool undo_recovery(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (xtcp_undo_proven(xs)) {
		if (xs->ca_state == XTCP_CA_LOSS)
			XTCP_INC(sock_net(sk), LOSSUNDO);
		else
			XTCP_INC(sock_net(sk), FULLUNDO);
		xtcp_undo_reduction(sk);
	} else {
		xtcp_rack_recovered(xs);
	}
	if (must_hold(xs))
		return true;
	recovery_over(sk);
	return false;
}

/* Nothing is missing, and less in flight is no need. */
static void undo_all(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xtcp_scoreboard_not_lost(xs);
	xtcp_dupthresh_again(xs);
	xtcp_undo_reduction(sk);
}

/* RFC 3708: each that was sent again came twice. */
static bool undo_by_dsack(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (!xtcp_undo_all_dups(xs))
		return false;
	xtcp_rack_undone(xs);
	xtcp_undo_reduction(sk);
	XTCP_INC(sock_net(sk), DSACKUNDO);
	return true;
}

/* A timeout was spurious; @frto: RFC 5682 tells so */
static bool undo_loss(struct sock *sk, bool frto)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (!frto && !xtcp_undo_proven(xs))
		return false;
	undo_all(sk);
	XTCP_INC(sock_net(sk), LOSSUNDO);
	if (frto)
		XTCP_INC(sock_net(sk), SPURIOUSRTOS);
	xtcp_timer_progress(xs);
	if (must_hold(xs))
		return true;
	if (frto || xs->sack_ok)
		recovery_over(sk);
	return true;
}

/* OPEN, or DISORDER where something is missing */
static void keep_open(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u8 state = XTCP_CA_OPEN;

	if (xtcp_left_out(xs) || retrans_pending(xs))
		state = XTCP_CA_DISORDER;
	if (xs->ca_state == state)
		return;
	xtcp_cong_set_state(sk, state);
	xtcp_cong_mark_point(xs);
}

static void try_to_open(struct sock *sk, const struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	note_repaired(xs);
	if (a->echo)
		xtcp_prr_enter_cwr(sk);
	if (xs->ca_state != XTCP_CA_CWR)
		keep_open(sk);
}

/*
 * A hole was filled while others are open.  By what was sent first, it was overtaken:
 * RFC 3522.  True if nothing more is to be done.
 */
static bool undo_partial(struct sock *sk, const struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (!xs->undo_marker || !xtcp_undo_delayed(xs))
		return false;
	xtcp_reordering_seen(sk, a->prior_una, true);
	/* What was sent again meanwhile will tell more. */
	if (xs->retrans_out)
		return true;
	note_repaired(xs);
	undo_all(sk);
	XTCP_INC(sock_net(sk), PARTIALUNDO);
	keep_open(sk);
	return false;
}

static void enter_recovery(struct sock *sk, bool echo)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	/* The clock starts with our fast retransmit, for undo and ETIMEDOUT. */
	if (xs->sack_ok)
		XTCP_INC(sock_net(sk), SACKRECOVERY);
	else
		XTCP_INC(sock_net(sk), RENORECOVERY);
	xtcp_undo_start(sk, !echo && !xtcp_cong_reducing(xs));
	if (!xtcp_cong_reducing(xs))
		xtcp_prr_start(sk);
	xtcp_cong_set_state(sk, XTCP_CA_RECOVERY);
}

/* RFC 6582: the head is lost, one segment of it, and again with each partial ACK. */
static void newreno_mark(struct sock *sk, bool advanced)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_rtx_head(xs);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	if (xs->ca_state < XTCP_CA_RECOVERY ? xs->sacked_out < xs->reordering :
	    xs->ca_state != XTCP_CA_RECOVERY || !advanced)
		return;
	if (cb->sacked & XTCP_SKB_LOST)
		return;
	if (cb->segs > 1 && skb->len > cb->mss)
		xtcp_sndqueue_split_sent(sk, skb, cb->mss, cb->mss);
	xtcp_scoreboard_lost(xs, skb);
}

static void identify_loss(struct sock *sk, struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 before = xs->retrans_out;

	if (!xtcp_rtx_head(xs))
		return;
	if (!xs->sack_ok) {
		newreno_mark(sk, a->advanced);
		return;
	}
	if (!xtcp_rack_on(sk))
		return;
	if (xtcp_rack_mark_lost(sk))
		a->set_timer = false;
	if (before > xs->retrans_out)
		a->lost_retrans = true;
}

/* Duplicate ACKs of a peer without SACK tell how many have arrived. */
static void add_dupacks(struct sock *sk, const struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	bool limited;
	u32 n;

	if (xs->sack_ok || !a->dupacks)
		return;
	n = xtcp_scoreboard_dupacks(xs, a->dupacks, &limited);
	if (limited)
		xtcp_reordering_dupacks(sk, 0);
	xtcp_rate_count(xs, n, a->echo);
}

static void forget_dupacks(struct xtcp_sock *xs)
{
	if (!xs->sack_ok)
		xtcp_scoreboard_no_dupacks(xs);
}

static bool loss_is_proven(struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	/* RFC 6675 5: without RACK the number alone tells. */
	return xs->lost_out ||
	       (!xtcp_rack_on(sk) && xs->sacked_out + 1 > xs->reordering);
}

/* RFC 5682 3.1, 2.b: is there new data that may leave? */
static bool frto_can_probe(struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	return xtcp_has_unsent(sk) && seq_after(xtcp_wnd_end(xs), xs->snd_nxt);
}

/* RFC 5682 3.1, with SACK or without; true: what the ACK means is settled */
static bool frto_ack(struct sock *sk, const struct xtcp_ack *a, bool all,
		     enum xtcp_resend *what)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	/* 3.b: something arrived that was never sent again. */
	if (a->orig && undo_loss(sk, true))
		return true;
	if (seq_after(xs->snd_nxt, xs->high_seq)) {
		/* 3.a: the new data arrived, and tells of a hole. */
		if (a->sacked || a->dupacks)
			xs->frto = false;
	} else if (a->advanced && !all) {
		xtcp_cong_mark_point(xs);
		if (frto_can_probe(sk)) {
			*what = XTCP_RESEND_NEW;
			return true;
		}
		xs->frto = false;
	}
	return false;
}

/* An ACK after a timeout */
static enum xtcp_resend ack_in_loss(struct sock *sk, const struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	bool all = !seq_before(xs->snd_una, xs->high_seq);
	enum xtcp_resend what = XTCP_RESEND_NONE;

	if (a->advanced && undo_loss(sk, false))
		return what;
	if (xs->frto && frto_ack(sk, a, all, &what))
		return what;
	if (all) {
		undo_recovery(sk);
		return what;
	}
	/* New data that arrived makes room (RFC 5682 3.1, 2.b). */
	if (seq_after(xs->snd_nxt, xs->high_seq) && a->dupacks)
		add_dupacks(sk, a);
	else if (a->advanced)
		forget_dupacks(xs);
	return XTCP_RESEND_LOST;
}

/* The peer forgot what it SACKed, it seems: if that stays so for long, all is lost. */
static bool check_reneging(struct sock *sk, struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 delay;

	if (!a->reneging || !a->advanced)
		return false;
	delay = max(usecs_to_jiffies(xs->srtt_us >> 4), msecs_to_jiffies(10));
	xtcp_timer_arm(sk, XTCP_EVENT_RETRANS, delay);
	a->set_timer = false;
	return true;
}

/* Has the phase reached its end?  True if nothing more is to be done. */
static bool phase_ends(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (xs->ca_state == XTCP_CA_OPEN) {
		xtcp_timer_repaired(xs);
		return false;
	}
	if (seq_before(xs->snd_una, xs->high_seq))
		return false;
	if (xs->ca_state == XTCP_CA_CWR) {
		/* RFC 3168 6.1.2: once per window, and a segment more */
		if (xs->snd_una != xs->high_seq) {
			xtcp_prr_end(sk);
			xtcp_cong_set_state(sk, XTCP_CA_OPEN);
		}
	} else if (xs->ca_state == XTCP_CA_RECOVERY) {
		forget_dupacks(xs);
		if (undo_recovery(sk))
			return true;
		xtcp_prr_end(sk);
	}
	return false;
}

/* An ACK in RECOVERY; false if nothing more is to be done */
static bool ack_in_recovery(struct sock *sk, struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (!a->advanced)
		add_dupacks(sk, a);
	else if (undo_partial(sk, a))
		return false;
	if (undo_by_dsack(sk))
		try_to_open(sk, a);
	identify_loss(sk, a);
	/* Undone, but there is a loss by itself. */
	if (xs->ca_state != XTCP_CA_RECOVERY) {
		if (!loss_is_proven(sk))
			return false;
		enter_recovery(sk, a->echo);
	}
	return true;
}

/* An ACK in the other phases; false if nothing is lost */
static bool ack_outside(struct sock *sk, struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (a->advanced)
		forget_dupacks(xs);
	add_dupacks(sk, a);
	if (xs->ca_state <= XTCP_CA_DISORDER)
		undo_by_dsack(sk);
	identify_loss(sk, a);
	if (!loss_is_proven(sk)) {
		try_to_open(sk, a);
		return false;
	}
	if (xtcp_mtup_pending(xs) && xtcp_mtuprobe_lost(sk)) {
		xtcp_recovery_too_long(sk);
		return false;
	}
	enter_recovery(sk, a->echo);
	return true;
}

/* RFC 6675 5, step 4, where RACK is off */
static void count_lost(struct sock *sk, const struct xtcp_ack *a, bool first)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	bool far = seq_after(xtcp_highest_sack(xs),
			     xs->snd_una + xs->reordering * xs->mss_cache);

	if (xs->sack_ok && !xtcp_rack_on(sk) &&
	    (a->dupacks || (far && (a->sacked || a->advanced))))
		xtcp_dupthresh_mark(xs, first);
}

/**
 * xtcp_recovery_dubious() - what an acknowledgment means for loss
 * @sk: locked, clock read; it brings more than good news, or recovery goes on
 * @a: what it did; set_timer and lost_retrans may change
 *
 * Counterpart of the kernel's tcp_fastretrans_alert().
 *
 * Return: what is to be sent once cwnd is known: xtcp_recovery_send().
 */
enum xtcp_resend xtcp_recovery_dubious(struct sock *sk, struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	enum xtcp_resend what = XTCP_RESEND_NONE;
	bool first = false;

	sock_owned_by_me(sk);
	if (!xs->packets_out && xs->sacked_out)
		xtcp_scoreboard_no_dupacks(xs);
	if (a->echo)
		xtcp_undo_not_cwnd(xs);
	if (check_reneging(sk, a) || phase_ends(sk))
		return what;
	if (xs->ca_state == XTCP_CA_LOSS) {
		what = ack_in_loss(sk, a);
		identify_loss(sk, a);
		/* Unless it was undone, or a retransmission got lost */
		if (xs->ca_state != XTCP_CA_OPEN && !a->lost_retrans)
			return what;
	}
	if (xs->ca_state == XTCP_CA_RECOVERY) {
		if (!ack_in_recovery(sk, a))
			return what;
	} else {
		first = ack_outside(sk, a);
		if (!first)
			return what;
	}
	count_lost(sk, a, first);
	return XTCP_RESEND_LOST;
}

/**
 * xtcp_recovery_send() - cwnd is known: what may leave
 * @sk: locked
 * @what: as xtcp_recovery_ack() said
 *
 * Counterpart of the kernel's tcp_xmit_recovery().
 */
void xtcp_recovery_send(struct sock *sk, enum xtcp_resend what)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (likely(what == XTCP_RESEND_NONE) || sk->sk_state == TCP_SYN_SENT)
		return;
	if (what == XTCP_RESEND_NEW) {
		xtcp_write_push(sk, XTCP_PUSH_NOW);
		if (seq_after(xs->snd_nxt, xs->high_seq))
			return;
		xs->frto = false;
	}
	if (xs->packets_out)
		xtcp_resend_lost(sk);
}

/* RFC 6298 5, RFC 8985 6.3: all is lost but what the peer SACKed, or left just now. */
static void mark_all_lost(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *head = xtcp_rtx_head(xs), *skb;
	bool rack = xtcp_rack_on(sk);

	xs->sack_reneged = head && XTCP_CB(head)->sacked & XTCP_SKB_SACKED;
	if (xs->sack_reneged) {
		XTCP_INC(sock_net(sk), SACKRENEGING);
		xtcp_scoreboard_renege(xs);
		rack = false;
	} else if (!xs->sack_ok) {
		xtcp_scoreboard_no_dupacks(xs);
	}
	for (skb = head; skb; skb = xtcp_rtx_next(skb)) {
		if (rack && skb != head && xtcp_rack_recent(xs, skb))
			continue;
		XTCP_ADD(sock_net(sk), LOSTRETRANSMIT,
			 xtcp_scoreboard_lost(xs, skb));
	}
	xtcp_scoreboard_repaired_to(xs, NULL);
}

/**
 * xtcp_recovery_timeout() - the retransmission timer fired (H-33)
 * @sk: locked, something in flight
 *
 * Counterpart of the kernel's tcp_enter_loss().
 */
void xtcp_recovery_timeout(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	bool anew = xs->ca_state < XTCP_CA_RECOVERY;
	u32 dupthresh = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_reordering);

	sock_owned_by_me(sk);
	mark_all_lost(sk);
	/* Once in a loss event (RFC 5681 7) */
	if (xs->ca_state <= XTCP_CA_DISORDER ||
	    !seq_after(xs->high_seq, xs->snd_una) ||
	    (xs->ca_state == XTCP_CA_LOSS && !xs->retransmits)) {
		xtcp_undo_start(sk, true);
		xtcp_cong_reduce(sk);
		xtcp_cong_event(sk, XTCP_CA_EVENT_LOSS);
	}
	xtcp_cong_set_cwnd(xs, xtcp_in_flight(xs) + 1);
	xtcp_cong_no_count(xs);
	xtcp_cong_stamp(xs);
	if (xs->ca_state <= XTCP_CA_DISORDER && xs->sacked_out >= dupthresh)
		xtcp_reordering_less(xs, dupthresh);
	xtcp_cong_set_state(sk, XTCP_CA_LOSS);
	xtcp_cong_mark_point(xs);
	xtcp_ecn_reduced(xs);
	/* RFC 5682 3.1, step 1: the first timeout, or again without progress */
	xs->frto = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_frto) &&
		   (anew || xs->retransmits);
}

/**
 * xtcp_recovery_reorder_timeout() - what was late is lost now (RFC 8985 6.2 step 5)
 * @sk: locked
 *
 * Counterpart of the kernel's tcp_rack_reo_timeout().
 */
void xtcp_recovery_reorder_timeout(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 before = xtcp_in_flight(xs);

	sock_owned_by_me(sk);
	xtcp_rack_detect(sk);
	if (before != xtcp_in_flight(xs)) {
		if (xs->ca_state != XTCP_CA_RECOVERY) {
			enter_recovery(sk, false);
			if (!xs->ca->cong_control)
				xtcp_prr_acked(sk, 1, 0, false);
		}
		xtcp_resend_lost(sk);
	}
	if (xs->event != XTCP_EVENT_RETRANS)
		xtcp_timer_rearm(sk);
}

/**
 * xtcp_recovery_probe_lost() - a loss probe repaired a loss (RFC 8985 7.4)
 * @sk: locked
 *
 * The loss itself is no more to be seen; cwnd is reduced for it at once.
 */
void xtcp_recovery_probe_lost(struct sock *sk)
{
	sock_owned_by_me(sk);
	xtcp_prr_start(sk);
	xtcp_cong_set_state(sk, XTCP_CA_CWR);
	xtcp_prr_end(sk);
	keep_open(sk);
	XTCP_INC(sock_net(sk), LOSSPROBERECOVERY);
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

	if (!xs->total_retrans && xs->ca_state == XTCP_CA_OPEN)
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
 *
 * Counterpart of the kernel's tcp_simple_retransmit().
 */
void xtcp_recovery_too_long(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb;

	sock_owned_by_me(sk);
	for (skb = xtcp_rtx_head(xs); skb; skb = xtcp_rtx_next(skb))
		if (min_t(u32, skb->len, XTCP_CB(skb)->mss) > xs->mss_cache)
			xtcp_scoreboard_lost(xs, skb);
	if (!xs->lost_out)
		return;
	if (!xs->sack_ok)
		xtcp_scoreboard_limit_dupacks(xs);
	if (xs->ca_state != XTCP_CA_LOSS) {
		xtcp_cong_mark_point(xs);
		xtcp_cong_set_ssthresh(xs, xtcp_cong_current_ssthresh(xs));
		xtcp_undo_not_cwnd(xs);
		xtcp_undo_forbid(xs);
		xtcp_cong_set_state(sk, XTCP_CA_LOSS);
	}
	xtcp_resend_lost(sk);
}
