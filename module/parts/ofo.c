// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data that arrived ahead of a gap (H-67): sorted by its beginning.  What several
 * segments brought is there more than once, until it is read.
 *
 * Each buffer is charged to the socket like one in the receive queue, so a
 * peer can fill no more than the receive buffer with it.
 */
#include "xtcp.h"
#include "parts/compact.h"
#include "parts/ofo.h"
#include "parts/sackblocks.h"
#include "parts/skb.h"
#include "parts/window.h"

/* Where in the tree a new node goes */
struct ofo_place {
	struct rb_node *parent;
	struct rb_node **link;
};

static struct sk_buff *ofo_first(const struct xtcp_sock *xs)
{
	return skb_rb_first(&xs->out_of_order_queue);
}

static void ofo_erase(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (xs->ooo_last_skb == skb)
		xs->ooo_last_skb = skb_rb_prev(skb);
	rb_erase(&skb->rbnode, &xs->out_of_order_queue);
	RB_CLEAR_NODE(&skb->rbnode);
	skb->dev = NULL;
}

/* All of it is there a second time. */
static void ofo_needless(struct sock *sk, struct sk_buff *skb)
{
	XTCP_INC(sock_net(sk), OFOMERGE);
	__kfree_skb(skb);
}

static void ofo_drop(struct sock *sk, struct sk_buff *skb)
{
	ofo_erase(sk, skb);
	ofo_needless(sk, skb);
}

/* A sender with SACK does without duplicate ACKs: the window may grow meanwhile. */
static void ofo_grow_window(struct sock *sk, const struct sk_buff *skb,
			    bool joined)
{
	if (xtcp_sk(sk)->sack_ok)
		xtcp_window_grow(sk, skb, joined);
}

/* True if it went into the buffer that it follows. */
static bool ofo_join(struct sock *sk, struct sk_buff *to, struct sk_buff *skb)
{
	bool stolen;

	if (!xtcp_compact_join(sk, to, skb, &stolen))
		return false;
	ofo_grow_window(sk, skb, true);
	kfree_skb_partial(skb, stolen);
	return true;
}

/* It begins where @other does and goes beyond: it takes that one's place. */
static void ofo_replace(struct sock *sk, struct sk_buff *other,
			struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	rb_replace_node(&other->rbnode, &skb->rbnode, &xs->out_of_order_queue);
	if (xs->ooo_last_skb == other)
		xs->ooo_last_skb = skb;
	RB_CLEAR_NODE(&other->rbnode);
	other->dev = NULL;
	xtcp_sackblocks_twice_more(sk, XTCP_CB(other)->seq,
				   XTCP_CB(other)->end_seq);
	ofo_needless(sk, other);
}

/*
 * Down the tree from @at, to where @skb goes.  It may begin within another one, and
 * that is told (RFC 2883).  False: all is done, it is in the tree, or needless.
 */
static bool ofo_descend(struct sock *sk, struct sk_buff *skb,
			struct ofo_place *at, bool *kept)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb), *there;
	struct sk_buff *other;

	while (*at->link) {
		at->parent = *at->link;
		other = rb_to_skb(at->parent);
		there = XTCP_CB(other);
		if (seq_before(cb->seq, there->seq)) {
			at->link = &at->parent->rb_left;
			continue;
		}
		at->link = &at->parent->rb_right;
		if (!seq_before(cb->seq, there->end_seq)) {
			if (ofo_join(sk, other, skb))
				return false;
		} else if (!seq_after(cb->end_seq, there->end_seq)) {
			xtcp_sackblocks_twice(sk, cb->seq, cb->end_seq);
			ofo_needless(sk, skb);
			return false;
		} else if (cb->seq != there->seq) {
			xtcp_sackblocks_twice(sk, cb->seq, there->end_seq);
		} else {
			ofo_replace(sk, other, skb);
			*kept = true;
			return false;
		}
	}
	return true;
}

/* What lies to the right of @skb and within it goes. */
static void drop_covered(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 end = XTCP_CB(skb)->end_seq;
	struct sk_buff *next;

	while ((next = skb_rb_next(skb))) {
		if (!seq_after(end, XTCP_CB(next)->seq))
			return;
		if (seq_before(end, XTCP_CB(next)->end_seq)) {
			xtcp_sackblocks_twice_more(sk, XTCP_CB(next)->seq, end);
			return;
		}
		xtcp_sackblocks_twice_more(sk, XTCP_CB(next)->seq,
					   XTCP_CB(next)->end_seq);
		ofo_drop(sk, next);
	}
	xs->ooo_last_skb = skb;
}

/* True if @skb is a node of the tree now; else it is gone, as needless. */
static bool ofo_place(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct ofo_place at = { .link = &xs->out_of_order_queue.rb_node };
	struct sk_buff *last = xs->ooo_last_skb;
	bool kept = false;

	/* Most often it follows the last of all. */
	if (last) {
		if (ofo_join(sk, last, skb))
			return false;
		if (!seq_before(XTCP_CB(skb)->seq, XTCP_CB(last)->end_seq)) {
			at.parent = &last->rbnode;
			at.link = &at.parent->rb_right;
		}
	}
	if (!ofo_descend(sk, skb, &at, &kept))
		return kept;
	rb_link_node(&skb->rbnode, at.parent, at.link);
	rb_insert_color(&skb->rbnode, &xs->out_of_order_queue);
	return true;
}

/**
 * xtcp_ofo_insert() - keep a segment that came too early
 * @sk: locked
 * @skb: payload that begins within the window, beyond rcv_nxt; charged here
 *
 * What of it is there already is told of as duplicate (RFC 2883).
 *
 * Counterpart of the kernel's tcp_data_queue_ofo().
 *
 * Context: softirq.
 */
void xtcp_ofo_insert(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xs->rcv_ooopack += max_t(u16, 1, skb_shinfo(skb)->gso_segs);
	XTCP_INC(sock_net(sk), OFOQUEUE);
	if (!ofo_place(sk, skb))
		return;
	drop_covered(sk, skb);
	ofo_grow_window(sk, skb, false);
	skb_set_owner_r(skb, sk);
}

/**
 * xtcp_ofo_next() - the gap may be closed: what is in order now
 * @sk: locked
 * @high: what came in order ends here: what lies before it came twice
 *
 * Counterpart of the kernel's tcp_ofo_queue().
 *
 * Context: softirq.
 * Return: the next buffer, which reaches beyond rcv_nxt, charged; the caller's.  Or
 *	   NULL.
 */
struct sk_buff *xtcp_ofo_next(struct sock *sk, u32 high)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb;

	sock_owned_by_me(sk);
	while ((skb = ofo_first(xs)) &&
	       !seq_after(XTCP_CB(skb)->seq, xs->rcv_nxt)) {
		u32 seq = XTCP_CB(skb)->seq, end = XTCP_CB(skb)->end_seq;

		if (seq_before(seq, high))
			xtcp_sackblocks_twice_more(sk, seq,
						   seq_before(end, high) ? end : high);
		ofo_erase(sk, skb);
		if (seq_after(end, xs->rcv_nxt))
			return skb;
		__kfree_skb(skb);
	}
	return NULL;
}

/* As it stands, whatever else is there. */
static void ofo_put_back(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct rb_node **link = &xs->out_of_order_queue.rb_node;
	struct rb_node *parent = NULL;
	bool last = true;

	while (*link) {
		parent = *link;
		if (seq_before(XTCP_CB(skb)->seq, XTCP_CB(rb_to_skb(parent))->seq)) {
			link = &parent->rb_left;
			last = false;
		} else {
			link = &parent->rb_right;
		}
	}
	rb_link_node(&skb->rbnode, parent, link);
	rb_insert_color(&skb->rbnode, &xs->out_of_order_queue);
	if (last)
		xs->ooo_last_skb = skb;
}

/* What is in the tree without a gap, from @first on */
struct ofo_range {
	struct sk_buff *first;
	struct sk_buff *next;	/* behind the gap */
	u32 end;
	u32 truesize;
};

static void range_find(struct ofo_range *r)
{
	struct sk_buff *skb = r->first;

	r->end = XTCP_CB(skb)->end_seq;
	r->truesize = 0;
	do {
		if (seq_after(XTCP_CB(skb)->end_seq, r->end))
			r->end = XTCP_CB(skb)->end_seq;
		r->truesize += skb->truesize;
		skb = skb_rb_next(skb);
	} while (skb && !seq_after(XTCP_CB(skb)->seq, r->end));
	r->next = skb;
}

static void range_compact(struct sock *sk, struct ofo_range *r)
{
	struct sk_buff *skb = r->first, *next;
	u32 seq = XTCP_CB(skb)->seq;
	struct sk_buff_head list;

	__skb_queue_head_init(&list);
	for (; skb != r->next; skb = next) {
		next = skb_rb_next(skb);
		ofo_erase(sk, skb);
		__skb_queue_tail(&list, skb);
	}
	xtcp_compact_list(sk, &list, seq);
	while ((skb = __skb_dequeue(&list)))
		ofo_put_back(sk, skb);
}

/**
 * xtcp_ofo_compact() - memory is short: early data in fewer buffers (G-127)
 * @sk: locked
 *
 * A peer may send many small pieces with gaps between, which can't be put
 * together: an eighth of the buffer of these ends the search (CVE-2018-5390).
 *
 * Counterpart of the kernel's tcp_collapse_ofo_queue().
 *
 * Context: softirq.
 */
void xtcp_ofo_compact(struct sock *sk)
{
	struct ofo_range r = { .next = ofo_first(xtcp_sk(sk)) };
	int tiny = sk->sk_rcvbuf >> 3;
	u32 bytes;

	sock_owned_by_me(sk);
	while (r.next && tiny >= 0) {
		r.first = r.next;
		range_find(&r);
		bytes = r.end - XTCP_CB(r.first)->seq;
		if (xtcp_compact_gains(bytes, r.truesize))
			range_compact(sk, &r);
		else if (bytes < PAGE_SIZE)
			tiny -= r.truesize;
	}
}

static bool memory_fits(const struct sock *sk)
{
	return atomic_read(&sk->sk_rmem_alloc) <= sk->sk_rcvbuf &&
	       !sk_under_memory_pressure(sk);
}

/**
 * xtcp_ofo_prune() - memory is short: what came too early goes first (G-127)
 * @sk: locked
 * @seq: of the segment that wants room: what lies before it stays
 *
 * From the highest sequence number down, an eighth of the buffer at a time,
 * until it fits again.
 *
 * Context: softirq.
 * Counterpart of the kernel's tcp_prune_ofo_queue().
 *
 * Return: false if nothing went.
 */
bool xtcp_ofo_prune(struct sock *sk, u32 seq)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	int goal = sk->sk_rcvbuf >> 3;
	bool pruned = false;
	struct sk_buff *skb;

	sock_owned_by_me(sk);
	while ((skb = xs->ooo_last_skb) && !seq_after(seq, XTCP_CB(skb)->seq)) {
		pruned = true;
		goal -= skb->truesize;
		ofo_erase(sk, skb);
		__kfree_skb(skb);
		if (goal > 0)
			continue;
		sk_mem_reclaim(sk);
		if (memory_fits(sk))
			break;
		goal = sk->sk_rcvbuf >> 3;
	}
	if (!pruned)
		return false;
	/* RFC 2018 8: what is left is held, but it is simpler to tell of nothing. */
	xtcp_sackblocks_forget(xs);
	XTCP_INC(sock_net(sk), OFOPRUNED);
	return true;
}

/**
 * xtcp_ofo_purge() - throw everything away, and tell of nothing
 * @sk: locked
 */
void xtcp_ofo_purge(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb;

	sock_owned_by_me(sk);
	xtcp_sackblocks_forget(xs);
	while (!RB_EMPTY_ROOT(&xs->out_of_order_queue)) {
		skb = ofo_first(xs);
		ofo_erase(sk, skb);
		__kfree_skb(skb);
	}
}
