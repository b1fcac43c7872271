// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loss by number, for who turned RACK off (RFC 6675 4, IsLost): a segment is lost if
 * as many segments above it were SACKed as reordering may explain.
 */
#include "xtcp.h"
#include "parts/dupthresh.h"
#include "parts/scoreboard.h"

/*
 * Where it ends that so many were SACKed above: counted from the highest down.  What
 * was marked before lies below.
 */
static struct sk_buff *last_lost(const struct xtcp_sock *xs, u32 marked)
{
	struct sk_buff *skb = xtcp_scoreboard_find(xs, xs->highest_sack - 1);
	u32 above = 0;

	for (; skb; skb = skb_rb_prev(skb)) {
		if (XTCP_CB(skb)->sacked & XTCP_SKB_SACKED)
			above += XTCP_CB(skb)->segs;
		else if (above >= xs->reordering)
			break;
		if (seq_before(XTCP_CB(skb)->seq, marked))
			return NULL;
	}
	return skb;
}

/**
 * xtcp_dupthresh_mark() - mark what is lost by now
 * @xs: locked, SACK agreed
 * @head: recovery begins: the head is lost, whatever the number
 *
 * Counterpart of the kernel's tcp_update_scoreboard().
 */
void xtcp_dupthresh_mark(struct xtcp_sock *xs, bool head)
{
	u32 from = xs->dupthresh_seq;
	struct sk_buff *skb;

	/* Of an earlier recovery, or of none */
	if (seq_before(from, xs->snd_una) || seq_after(from, xs->snd_nxt))
		from = xs->snd_una;
	skb = xs->sacked_out ? last_lost(xs, from) : NULL;
	if (!skb) {
		skb = xtcp_rtx_head(xs);
		if (head && skb)
			xtcp_scoreboard_lost(xs, skb);
		return;
	}
	xs->dupthresh_seq = XTCP_CB(skb)->end_seq;
	for (; skb && seq_after(XTCP_CB(skb)->end_seq, from);
	     skb = skb_rb_prev(skb))
		if (!(XTCP_CB(skb)->sacked & XTCP_SKB_LOST))
			xtcp_scoreboard_lost(xs, skb);
}
