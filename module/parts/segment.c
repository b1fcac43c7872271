// SPDX-License-Identifier: GPL-2.0-only
/*
 * Questions that are asked of a segment in every state: is it within the
 * window, is its timestamp too old, may it be answered once more?
 * (RFC 9293 3.10.7.4, RFC 7323 5, RFC 5961)
 */
#include "xtcp.h"
#include "parts/skb.h"

/**
 * xtcp_segment_in_window() - RFC 9293 3.10.7.4: is a segment acceptable?
 * @seq: its first sequence number
 * @end_seq: the one after its last
 * @start: RCV.NXT
 * @end: RCV.NXT + RCV.WND
 */
bool xtcp_segment_in_window(u32 seq, u32 end_seq, u32 start, u32 end)
{
	if (seq == start)
		return true;
	if (seq_after(end_seq, start) && seq_before(seq, end))
		return true;
	return seq == end && seq == end_seq;
}

/**
 * xtcp_segment_paws_fresh() - does a timestamp that was taken still count? (H-09)
 * @stamp: when it was taken, in seconds
 * @rst: against a RST, which is believed once it is stale
 */
bool xtcp_segment_paws_fresh(u32 stamp, bool rst)
{
	u32 age = (u32)ktime_get_seconds() - stamp;

	if (age >= XTCP_PAWS_24DAYS)
		return false;
	return !(rst && age >= XTCP_PAWS_MSL);
}

/**
 * xtcp_segment_too_soon() - rate limit of answers to one connection's peer
 * @net: namespace, tcp_invalid_ratelimit
 * @last: when the last answer went, jiffies32; set to now if this one may go
 */
bool xtcp_segment_too_soon(struct net *net, u32 *last)
{
	int limit = READ_ONCE(net->ipv4.sysctl_tcp_invalid_ratelimit);
	u32 now = xtcp_jiffies32();
	s32 elapsed = now - *last;

	if (*last && elapsed >= 0 && elapsed < limit)
		return true;
	*last = now ?: 1;
	return false;
}

/**
 * xtcp_segment_limited() - rate limit of answers to segments out of place
 * @net: namespace, tcp_invalid_ratelimit
 * @skb: the segment; one that carries data is always answered
 * @last: when the last answer went, jiffies32
 *
 * Return: true if this one shall go unanswered.
 */
bool xtcp_segment_limited(struct net *net, const struct sk_buff *skb, u32 *last)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	if (cb->seq != cb->end_seq && !(cb->flags & XTCP_SYN))
		return false;
	return xtcp_segment_too_soon(net, last);
}

/**
 * xtcp_segment_challenge_allowed() - RFC 5961 7: the namespace's budget (E-49)
 * @net: namespace, tcp_challenge_ack_limit a second
 */
bool xtcp_segment_challenge_allowed(struct net *net)
{
	int limit = READ_ONCE(net->ipv4.sysctl_tcp_challenge_ack_limit);
	struct xtcp_net *xn = xtcp_pernet(net);
	u32 now = (u32)ktime_get_seconds();
	u32 half = (u32)limit / 2 + (limit & 1);
	u32 left;

	if (limit == INT_MAX) {
		XTCP_INC(net, CHALLENGEACK);
		return true;
	}
	if (READ_ONCE(xn->challenge_stamp) != now) {
		WRITE_ONCE(xn->challenge_stamp, now);
		/* Not the whole budget is predictable (CVE-2016-5696). */
		WRITE_ONCE(xn->challenge_count,
			   half + reciprocal_scale(get_random_u32(), limit));
	}
	left = READ_ONCE(xn->challenge_count);
	if (!left)
		return false;
	WRITE_ONCE(xn->challenge_count, left - 1);
	XTCP_INC(net, CHALLENGEACK);
	return true;
}
