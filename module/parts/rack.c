// SPDX-License-Identifier: GPL-2.0-only
/*
 * RACK (RFC 8985): a segment is lost if one that was sent later has been delivered,
 * and a round trip and a window for reordering have passed since it was sent.
 */
#include "xtcp.h"
#include "parts/rack.h"
#include "parts/rtt.h"
#include "parts/scoreboard.h"
#include "parts/timer.h"

#define RECOVERY_THRESH	16	/* recoveries that a larger window lasts for */
#define STEPS_MAX	255
#define LATE_MAX	64

/* RFC 8985 6.2 step 2: sent at the same time, the later number counts. */
static bool sent_after(u64 t1, u32 end1, u64 t2, u32 end2)
{
	return t1 > t2 || (t1 == t2 && seq_after(end1, end2));
}

/**
 * xtcp_rack_advance() - a segment was delivered (RFC 8985 6.2 step 2)
 * @xs: locked, clock read
 * @marks: XTCP_SKB_* of it
 * @end_seq: its end
 * @sent_us: when it was last sent
 *
 * An answer sooner than any before to what was sent again is one to the original.
 */
void xtcp_rack_advance(struct xtcp_sock *xs, u8 marks, u32 end_seq, u64 sent_us)
{
	s64 rtt = xtcp_clock_of(xs) - sent_us;

	rtt = clamp_t(s64, rtt, 0, U32_MAX);
	if (rtt < xtcp_min_rtt(xs) &&
	    marks & (XTCP_SKB_RETRANS | XTCP_SKB_EVER_RETRANS))
		return;
	xs->rack_advanced = true;
	xs->rack_rtt_us = rtt;
	if (sent_after(sent_us, end_seq, xs->rack_mstamp, xs->rack_end_seq)) {
		xs->rack_mstamp = sent_us;
		xs->rack_end_seq = end_seq;
	}
}

/* RFC 8985 6.2 step 4: how long a segment may be late */
static u32 reo_wnd(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u8 mode = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_recovery);

	/* No reordering was ever seen: then no time is lost. */
	if (!xs->reord_seen) {
		if (xs->ca_state >= XTCP_CA_RECOVERY)
			return 0;
		if (xs->sacked_out >= xs->reordering &&
		    !(mode & XTCP_RACK_NO_DUPTHRESH))
			return 0;
	}
	return min_t(u64, (u64)(xtcp_min_rtt(xs) >> 2) * xs->rack_reo_wnd_steps,
		     xs->srtt_us >> 3);
}

/* Microseconds until it counts as lost */
static s64 rack_left(const struct xtcp_sock *xs, const struct sk_buff *skb, u32 wnd)
{
	return (s64)xs->rack_rtt_us + wnd -
	       (s64)(xtcp_clock_of(xs) - XTCP_CB(skb)->sent_us);
}

/* The same of the latest that was delivered: none that is late was sent after it. */
static s64 latest_left(const struct xtcp_sock *xs, u32 wnd)
{
	return (s64)xs->rack_rtt_us + wnd -
	       (s64)(xtcp_clock_of(xs) - xs->rack_mstamp);
}

/**
 * xtcp_rack_recent() - was it sent less than a round trip ago?
 * @xs: locked
 * @skb: was sent
 *
 * A timeout does not make it lost yet.
 */
bool xtcp_rack_recent(const struct xtcp_sock *xs, const struct sk_buff *skb)
{
	return rack_left(xs, skb, 0) > 0;
}

/**
 * xtcp_rack_detect() - mark what is lost (RFC 8985 6.2 step 5)
 * @sk: locked
 *
 * By the time of sending, up to what was sent after the latest that was delivered.
 *
 * Counterpart of the kernel's tcp_rack_detect_loss().
 *
 * Return: microseconds until more may be; 0: none is late.
 */
u32 xtcp_rack_detect(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct list_head *pos, *next;
	u32 wnd = reo_wnd(sk);
	u32 wait = 0, late = 0;

	sock_owned_by_me(sk);
	list_for_each_safe(pos, next, &xs->tsorted_sent_queue) {
		struct sk_buff *skb = list_entry(pos, struct sk_buff,
						 tcp_tsorted_anchor);
		s64 left;

		if (!sent_after(xs->rack_mstamp, xs->rack_end_seq,
				XTCP_CB(skb)->sent_us, XTCP_CB(skb)->end_seq))
			break;
		left = rack_left(xs, skb, wnd);
		if (left <= 0) {
			XTCP_ADD(sock_net(sk), LOSTRETRANSMIT,
				 xtcp_scoreboard_late(xs, skb));
			continue;
		}
		wait = min_t(s64, left, U32_MAX);
		/* Nobody shall have us pass all that is out with each ACK. */
		if (++late == LATE_MAX)
			return min_t(s64, latest_left(xs, wnd), U32_MAX);
	}
	return wait;
}

/**
 * xtcp_rack_mark_lost() - after an ACK: what is lost, and what may be soon
 * @sk: locked
 *
 * Counterpart of the kernel's tcp_rack_mark_lost().
 *
 * Return: true if the reordering timer was armed.
 */
bool xtcp_rack_mark_lost(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 wait;

	sock_owned_by_me(sk);
	if (!xs->rack_advanced)
		return false;
	xs->rack_advanced = false;
	wait = xtcp_rack_detect(sk);
	if (!wait)
		return false;
	xtcp_timer_arm(sk, XTCP_EVENT_REORDER,
		       min_t(unsigned long, xs->rto,
			     usecs_to_jiffies(min_t(u64, (u64)wait + XTCP_TIMEOUT_MIN_US,
						    U32_MAX))));
	return true;
}

/**
 * xtcp_rack_adapt() - the reordering window follows D-SACKs (RFC 8985 6.2 step 4)
 * @sk: locked
 * @prior_delivered: of this ACK's rate sample; 0: it delivered nothing
 *
 * By a quarter of the least round trip for each round with one, and for so many
 * recoveries.
 */
void xtcp_rack_adapt(struct sock *sk, u32 prior_delivered)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (!prior_delivered ||
	    READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_recovery) &
	    XTCP_RACK_STATIC_REO_WND)
		return;
	if (seq_before(prior_delivered, xs->rack_last_delivered))
		xs->rack_dsack_seen = false;
	if (xs->rack_dsack_seen) {
		xs->rack_reo_wnd_steps = min(xs->rack_reo_wnd_steps + 1, STEPS_MAX);
		xs->rack_dsack_seen = false;
		xs->rack_last_delivered = xs->delivered;
		xs->rack_reo_wnd_persist = RECOVERY_THRESH;
	} else if (!xs->rack_reo_wnd_persist) {
		xs->rack_reo_wnd_steps = 1;
	}
}

/**
 * xtcp_rack_recovered() - a recovery ended without being undone
 * @xs: locked
 */
void xtcp_rack_recovered(struct xtcp_sock *xs)
{
	if (xs->rack_reo_wnd_persist)
		xs->rack_reo_wnd_persist--;
}

/**
 * xtcp_rack_undone() - D-SACKs undid one
 * @xs: locked
 */
void xtcp_rack_undone(struct xtcp_sock *xs)
{
	xs->rack_reo_wnd_persist = min(xs->rack_reo_wnd_persist + 1,
				       RECOVERY_THRESH);
}
