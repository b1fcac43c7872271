// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was sent and not acknowledged, and what is known of each: the scoreboard of
 * RFC 6675, RFC 8985.
 *
 * Two orders: a tree by sequence number, and a list by the time of the last
 * transmission (RFC 8985 6.2), of those whose fate is open.  Each buffer carries
 * SACKED, LOST and RETRANS marks; packets_out, sacked_out, lost_out, retrans_out
 * count segments, and what is in flight follows from them.  Where the peer has no
 * SACK, sacked_out counts duplicate ACKs.
 *
 * What an ACK costs must not grow with the window: a block is looked up in the
 * tree, and what of it was told before is passed over in runs.
 */
#include <linux/list_sort.h>

#include "xtcp.h"
#include "parts/scoreboard.h"

#define COUNTED	(XTCP_SKB_SACKED | XTCP_SKB_LOST | XTCP_SKB_RETRANS)

/**
 * xtcp_scoreboard_init() - of a new socket: nothing was sent
 * @xs: not in use yet
 */
void xtcp_scoreboard_init(struct xtcp_sock *xs)
{
	xs->rtx_queue = RB_ROOT_CACHED;
	INIT_LIST_HEAD(&xs->tsorted_sent_queue);
}

/**
 * xtcp_scoreboard_reset() - all was thrown away
 * @xs: locked, nothing in the queue
 */
void xtcp_scoreboard_reset(struct xtcp_sock *xs)
{
	xs->packets_out = 0;
	xs->sacked_out = 0;
	xs->lost_out = 0;
	xs->retrans_out = 0;
	xs->retransmit_hint = NULL;
}

static void count_marks(struct xtcp_sock *xs, u8 marks, int segs)
{
	if (marks & XTCP_SKB_SACKED)
		xs->sacked_out += segs;
	if (marks & XTCP_SKB_LOST)
		xs->lost_out += segs;
	if (marks & XTCP_SKB_RETRANS)
		xs->retrans_out += segs;
}

static void set_marks(struct xtcp_sock *xs, struct sk_buff *skb, u8 marks)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	count_marks(xs, cb->sacked & ~marks & COUNTED, -(int)cb->segs);
	count_marks(xs, marks & ~cb->sacked & COUNTED, cb->segs);
	cb->sacked = marks;
}

/**
 * xtcp_scoreboard_add() - a buffer was sent for the first time
 * @xs: locked
 * @skb: in no queue; the next by sequence number
 */
void xtcp_scoreboard_add(struct xtcp_sock *xs, struct sk_buff *skb)
{
	struct rb_node *last = rb_last(&xs->rtx_queue.rb_root);
	struct rb_node **link = last ? &last->rb_right :
				       &xs->rtx_queue.rb_root.rb_node;

	rb_link_node(&skb->rbnode, last, link);
	rb_insert_color_cached(&skb->rbnode, &xs->rtx_queue, !last);
	list_add_tail(&skb->tcp_tsorted_anchor, &xs->tsorted_sent_queue);
	xs->packets_out += XTCP_CB(skb)->segs;
}

/**
 * xtcp_scoreboard_add_part() - a buffer was split: its second part joins
 * @xs: locked
 * @skb: the first part
 * @tail: the second; it has the same marks
 * @old: segments that the whole counted for
 */
void xtcp_scoreboard_add_part(struct xtcp_sock *xs, struct sk_buff *skb,
			      struct sk_buff *tail, u32 old)
{
	struct rb_node **link = &skb->rbnode.rb_right;
	struct rb_node *parent = &skb->rbnode;
	int diff = (int)XTCP_CB(skb)->segs + (int)XTCP_CB(tail)->segs - (int)old;

	while (*link) {
		parent = *link;
		link = &parent->rb_left;
	}
	rb_link_node(&tail->rbnode, parent, link);
	rb_insert_color_cached(&tail->rbnode, &xs->rtx_queue, false);
	if (list_empty(&skb->tcp_tsorted_anchor))
		INIT_LIST_HEAD(&tail->tcp_tsorted_anchor);
	else
		list_add(&tail->tcp_tsorted_anchor, &skb->tcp_tsorted_anchor);
	xs->packets_out += diff;
	count_marks(xs, XTCP_CB(skb)->sacked, diff);
}

/**
 * xtcp_scoreboard_remove() - a buffer is acknowledged, or thrown away
 * @xs: locked
 * @skb: in the queue; it can be freed then
 */
void xtcp_scoreboard_remove(struct xtcp_sock *xs, struct sk_buff *skb)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	if (xs->retransmit_hint == skb)
		xs->retransmit_hint = NULL;
	rb_erase_cached(&skb->rbnode, &xs->rtx_queue);
	skb->dev = NULL;
	list_del(&skb->tcp_tsorted_anchor);
	/* Where the links were, a route and a destructor are looked for. */
	skb->tcp_tsorted_anchor = (struct list_head){};
	xs->packets_out -= cb->segs;
	count_marks(xs, cb->sacked, -(int)cb->segs);
}

/**
 * xtcp_scoreboard_recounted() - a buffer counts for another number of segments
 * @xs: locked
 * @skb: in the queue
 * @old: for how many it counted
 */
void xtcp_scoreboard_recounted(struct xtcp_sock *xs, const struct sk_buff *skb,
			       u32 old)
{
	int diff = (int)XTCP_CB(skb)->segs - (int)old;

	xs->packets_out += diff;
	count_marks(xs, XTCP_CB(skb)->sacked, diff);
}

/**
 * xtcp_scoreboard_find() - the buffer that has a sequence number
 * @xs: locked
 * @seq: the number
 *
 * Return: it, or NULL if none has.
 */
struct sk_buff *xtcp_scoreboard_find(const struct xtcp_sock *xs, u32 seq)
{
	struct rb_node *node = xs->rtx_queue.rb_root.rb_node;

	while (node) {
		struct sk_buff *skb = rb_to_skb(node);

		if (seq_before(seq, XTCP_CB(skb)->seq))
			node = node->rb_left;
		else if (!seq_before(seq, XTCP_CB(skb)->end_seq))
			node = node->rb_right;
		else
			return skb;
	}
	return NULL;
}

/**
 * xtcp_scoreboard_run_end() - the last of a run of SACKed buffers
 * @skb: SACKED
 *
 * Each knows a later one of its run, and learns the last: so that a peer that tells
 * of the same blocks with each ACK has us look at few buffers, however long they are.
 * A later one is never freed before.
 *
 * Return: the last one of the run.
 */
struct sk_buff *xtcp_scoreboard_run_end(struct sk_buff *skb)
{
	struct sk_buff *last = skb, *next;

	for (;;) {
		next = XTCP_CB(last)->run_last;
		if (next == last) {
			next = xtcp_rtx_next(last);
			if (!next || !(XTCP_CB(next)->sacked & XTCP_SKB_SACKED))
				break;
			XTCP_CB(last)->run_last = next;
		}
		last = next;
	}
	while (skb != last) {
		next = XTCP_CB(skb)->run_last;
		XTCP_CB(skb)->run_last = last;
		skb = next;
	}
	return last;
}

/* The search for what is to be sent again begins at the first such. */
static void hint_lost(struct xtcp_sock *xs, struct sk_buff *skb)
{
	if (!xs->retransmit_hint ? xs->retrans_out >= xs->lost_out :
	    seq_before(XTCP_CB(skb)->seq, XTCP_CB(xs->retransmit_hint)->seq))
		xs->retransmit_hint = skb;
}

/**
 * xtcp_scoreboard_lost() - a buffer is believed lost, or lost again
 * @xs: locked
 * @skb: in the queue, not SACKED
 *
 * Counterpart of the kernel's tcp_mark_skb_lost().
 *
 * Return: segments of a retransmission that got lost.
 */
u32 xtcp_scoreboard_lost(struct xtcp_sock *xs, struct sk_buff *skb)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u8 marks = cb->sacked;

	if (marks & XTCP_SKB_SACKED ||
	    (marks & (XTCP_SKB_LOST | XTCP_SKB_RETRANS)) == XTCP_SKB_LOST)
		return 0;
	hint_lost(xs, skb);
	set_marks(xs, skb, (marks | XTCP_SKB_LOST) & ~XTCP_SKB_RETRANS);
	/* Until it is sent again its fate is settled. */
	list_del_init(&skb->tcp_tsorted_anchor);
	xs->lost += cb->segs;
	return marks & XTCP_SKB_RETRANS ? cb->segs : 0;
}

static int by_time(void *unused, const struct list_head *a,
		   const struct list_head *b)
{
	const struct xtcp_skb_cb *x =
		XTCP_CB(list_entry(a, struct sk_buff, tcp_tsorted_anchor));
	const struct xtcp_skb_cb *y =
		XTCP_CB(list_entry(b, struct sk_buff, tcp_tsorted_anchor));

	if (x->sent_us != y->sent_us)
		return x->sent_us > y->sent_us ? 1 : -1;
	return seq_after(x->end_seq, y->end_seq) ? 1 : -1;
}

/**
 * xtcp_scoreboard_late() - a buffer is believed lost because it is late
 * @xs: locked
 * @skb: in the queue, not SACKED
 *
 * Should that be undone, it is not judged by its time once more: it would be late
 * still.
 *
 * Return: as xtcp_scoreboard_lost().
 */
u32 xtcp_scoreboard_late(struct xtcp_sock *xs, struct sk_buff *skb)
{
	u32 again = xtcp_scoreboard_lost(xs, skb);

	XTCP_CB(skb)->sacked |= XTCP_SKB_LATE;
	return again;
}

/**
 * xtcp_scoreboard_not_lost() - nothing was lost after all
 * @xs: locked
 *
 * All that is not SACKED is under way again, and in the order of its sending, but
 * what was late.
 */
void xtcp_scoreboard_not_lost(struct xtcp_sock *xs)
{
	struct sk_buff *skb;

	for (skb = xtcp_rtx_head(xs); skb; skb = xtcp_rtx_next(skb)) {
		set_marks(xs, skb, XTCP_CB(skb)->sacked & ~XTCP_SKB_LOST);
		if (!(XTCP_CB(skb)->sacked & (XTCP_SKB_SACKED | XTCP_SKB_LATE)) &&
		    list_empty(&skb->tcp_tsorted_anchor))
			list_add_tail(&skb->tcp_tsorted_anchor,
				      &xs->tsorted_sent_queue);
	}
	list_sort(NULL, &xs->tsorted_sent_queue, by_time);
	xs->retransmit_hint = NULL;
}

/**
 * xtcp_scoreboard_resent() - what was lost is under way again
 * @xs: locked
 * @skb: in the queue
 */
void xtcp_scoreboard_resent(struct xtcp_sock *xs, struct sk_buff *skb)
{
	set_marks(xs, skb, XTCP_CB(skb)->sacked | XTCP_SKB_RETRANS);
}

/**
 * xtcp_scoreboard_sent_now() - of all that is out, this was sent last
 * @xs: locked
 * @skb: in the queue
 */
void xtcp_scoreboard_sent_now(struct xtcp_sock *xs, struct sk_buff *skb)
{
	XTCP_CB(skb)->sacked &= ~XTCP_SKB_LATE;
	/* Its fate is known. */
	if (unlikely(XTCP_CB(skb)->sacked & XTCP_SKB_SACKED))
		return;
	list_move_tail(&skb->tcp_tsorted_anchor, &xs->tsorted_sent_queue);
}

/**
 * xtcp_scoreboard_sacked() - the peer says that it has a buffer (RFC 2018)
 * @xs: locked
 * @skb: in the queue, not SACKED; its delivery rate was taken
 *
 * Believed lost and sent again, it needs no second answer; one that was sent again
 * for another reason may still be under way.
 */
void xtcp_scoreboard_sacked(struct xtcp_sock *xs, struct sk_buff *skb)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u8 marks = cb->sacked;

	if (!xs->sacked_out || seq_after(cb->end_seq, xs->highest_sack))
		xs->highest_sack = cb->end_seq;
	if (marks & XTCP_SKB_LOST)
		marks &= ~(XTCP_SKB_LOST | XTCP_SKB_RETRANS);
	set_marks(xs, skb, marks | XTCP_SKB_SACKED);
	cb->run_last = skb;
	list_del_init(&skb->tcp_tsorted_anchor);
}

/**
 * xtcp_scoreboard_not_resent() - a retransmission has an answer of its own
 * @xs: locked
 * @skb: in the queue
 */
void xtcp_scoreboard_not_resent(struct xtcp_sock *xs, struct sk_buff *skb)
{
	set_marks(xs, skb, XTCP_CB(skb)->sacked & ~XTCP_SKB_RETRANS);
}

/**
 * xtcp_scoreboard_renege() - the peer does not keep what it SACKed (RFC 2018 8)
 * @xs: locked
 */
void xtcp_scoreboard_renege(struct xtcp_sock *xs)
{
	struct sk_buff *skb;

	for (skb = xtcp_rtx_head(xs); skb; skb = xtcp_rtx_next(skb))
		set_marks(xs, skb, XTCP_CB(skb)->sacked & ~XTCP_SKB_SACKED);
}

/**
 * xtcp_scoreboard_limit_dupacks() - they tell of no more than there is
 * @xs: locked, of a peer without SACK
 *
 * Return: true if there were more: segments were reordered.
 */
bool xtcp_scoreboard_limit_dupacks(struct xtcp_sock *xs)
{
	u32 holes = min(max(xs->lost_out, 1U), xs->packets_out);

	if (xs->sacked_out + holes <= xs->packets_out)
		return false;
	xs->sacked_out = xs->packets_out - holes;
	return true;
}

/**
 * xtcp_scoreboard_dupacks() - duplicate ACKs tell of segments that arrived
 * @xs: locked, of a peer without SACK
 * @n: how many
 * @limited: set: they tell of more than there is
 *
 * Return: segments that are new among them.
 */
u32 xtcp_scoreboard_dupacks(struct xtcp_sock *xs, u32 n, bool *limited)
{
	u32 before = xs->sacked_out;

	xs->sacked_out += n;
	*limited = xtcp_scoreboard_limit_dupacks(xs);
	return xs->sacked_out > before ? xs->sacked_out - before : 0;
}
