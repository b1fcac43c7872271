// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data that arrived ahead of a gap (H-67): sorted by its end, so that none is
 * covered by another; the beginning of one may overlap the one before.
 *
 * Each buffer is charged to the socket like one in the receive queue, so a
 * peer can fill no more than the receive buffer with it.
 */
#include "xtcp.h"
#include "parts/ofo.h"
#include "parts/skb.h"

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

static void ofo_drop(struct sock *sk, struct sk_buff *skb)
{
	ofo_erase(sk, skb);
	XTCP_INC(sock_net(sk), OFOMERGE);
	__kfree_skb(skb);
}

/* Cuts what lies left of @seq; false if nothing is left. */
static bool trim_left(struct sk_buff *skb, u32 seq)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	if (!seq_before(cb->seq, seq))
		return true;
	if (!seq_before(seq, cb->end_seq))
		return false;
	if (!pskb_pull(skb, min(seq - cb->seq, skb->len)))
		return false;
	cb->seq = seq;
	return true;
}

/* Everything to the right that @skb covers goes. */
static void drop_covered(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *next;

	while ((next = skb_rb_next(skb))) {
		if (!seq_after(XTCP_CB(skb)->end_seq, XTCP_CB(next)->seq))
			break;
		if (seq_before(XTCP_CB(skb)->end_seq, XTCP_CB(next)->end_seq))
			break;
		ofo_drop(sk, next);
	}
	if (!next)
		xs->ooo_last_skb = skb;
}

/**
 * xtcp_ofo_insert() - keep a segment that came too early
 * @sk: locked
 * @skb: payload, within the window, beyond rcv_nxt; charged here
 *
 * Context: softirq.
 */
void xtcp_ofo_insert(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct rb_node **p = &xs->out_of_order_queue.rb_node;
	struct net *net = sock_net(sk);
	struct rb_node *parent = NULL;
	struct sk_buff *other;

	sock_owned_by_me(sk);
	xs->rcv_ooopack += max_t(u16, 1, skb_shinfo(skb)->gso_segs);
	XTCP_INC(net, OFOQUEUE);
	/* Most often it is the last of all. */
	if (xs->ooo_last_skb &&
	    !seq_before(XTCP_CB(skb)->seq, XTCP_CB(xs->ooo_last_skb)->end_seq)) {
		parent = &xs->ooo_last_skb->rbnode;
		p = &parent->rb_right;
	}
	while (*p) {
		parent = *p;
		other = rb_to_skb(parent);
		if (seq_before(XTCP_CB(skb)->seq, XTCP_CB(other)->seq)) {
			p = &parent->rb_left;
			continue;
		}
		if (!trim_left(skb, XTCP_CB(other)->end_seq)) {
			XTCP_INC(net, OFOMERGE);
			__kfree_skb(skb);
			return;
		}
		p = &parent->rb_right;
	}
	rb_link_node(&skb->rbnode, parent, p);
	rb_insert_color(&skb->rbnode, &xs->out_of_order_queue);
	skb_set_owner_r(skb, sk);
	drop_covered(sk, skb);
}

/**
 * xtcp_ofo_next() - the gap may be closed: what is in order now
 * @sk: locked
 *
 * Context: softirq.
 * Return: the next buffer, from rcv_nxt on, charged; the caller's.  Or NULL.
 */
struct sk_buff *xtcp_ofo_next(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb;

	sock_owned_by_me(sk);
	while ((skb = ofo_first(xs)) &&
	       !seq_after(XTCP_CB(skb)->seq, xs->rcv_nxt)) {
		ofo_erase(sk, skb);
		if (trim_left(skb, xs->rcv_nxt))
			return skb;
		__kfree_skb(skb);
	}
	return NULL;
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
	if (pruned)
		XTCP_INC(sock_net(sk), OFOPRUNED);
	return pruned;
}

/**
 * xtcp_ofo_purge() - throw everything away
 * @sk: locked
 */
void xtcp_ofo_purge(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb;

	sock_owned_by_me(sk);
	while (!RB_EMPTY_ROOT(&xs->out_of_order_queue)) {
		skb = ofo_first(xs);
		ofo_erase(sk, skb);
		__kfree_skb(skb);
	}
}
