// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data that arrived: in order into the receive queue, early into ofo.c
 * (RFC 9293 3.10.7.4 step 7).
 */
#include <net/inet_ecn.h>
#include <net/xfrm.h>

#include "xtcp.h"
#include "cong/cong.h"
#include "life/output.h"
#include "life/rcvqueue.h"
#include "parts/compact.h"
#include "parts/delack.h"
#include "parts/ecn.h"
#include "parts/memory.h"
#include "parts/metric.h"
#include "parts/ofo.h"
#include "parts/rcvspace.h"
#include "parts/rtt.h"
#include "parts/sackblocks.h"
#include "parts/skb.h"
#include "parts/window.h"

static bool rmem_fits(const struct sock *sk)
{
	return atomic_read(&sk->sk_rmem_alloc) <= sk->sk_rcvbuf;
}

/*
 * The buffer is full, or memory is short.  True if it is not full any more, by
 * copying together or throwing away early data.
 * Counterpart of the kernel's tcp_prune_queue().
 */
static bool rmem_prune(struct sock *sk, const struct sk_buff *skb)
{
	if (XTCP_EMPTY_IS_NOT_PRUNED && !atomic_read(&sk->sk_rmem_alloc))
		return false;
	XTCP_INC(sock_net(sk), PRUNECALLED);
	xtcp_window_clamp(sk);
	if (rmem_fits(sk))
		return true;
	xtcp_ofo_compact(sk);
	xtcp_compact_list(sk, &sk->sk_receive_queue, xtcp_sk(sk)->copied_seq);
	sk_mem_reclaim(sk);
	if (rmem_fits(sk))
		return true;
	xtcp_ofo_prune(sk, XTCP_CB(skb)->seq);
	if (rmem_fits(sk))
		return true;
	XTCP_INC(sock_net(sk), RCVPRUNED);
	return false;
}

/* G-127, H-69: make room, early data first; false: the segment must go. */
static bool make_room(struct sock *sk, struct sk_buff *skb)
{
	if (rmem_fits(sk) && sk_rmem_schedule(sk, skb, skb->truesize))
		return true;
	if (!rmem_prune(sk, skb))
		return false;
	while (!sk_rmem_schedule(sk, skb, skb->truesize)) {
		if (!xtcp_ofo_prune(sk, XTCP_CB(skb)->seq))
			return false;
	}
	return true;
}

static bool rcvqueue_coalesce(struct sock *sk, struct sk_buff *skb, bool *stolen)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);

	return tail && xtcp_compact_join(sk, tail, skb, stolen);
}

/* In-order data becomes readable. */
static void advance_rcv_nxt(struct xtcp_sock *xs, u32 end)
{
	xs->bytes_received += end - xs->rcv_nxt;
	WRITE_ONCE(xs->rcv_nxt, end);
}

/*
 * True if it went into the buffer before it: @skb is then for
 * kfree_skb_partial(), its own charge, if any, with it.
 */
static __always_inline bool rcvqueue_append(struct sock *sk, struct sk_buff *skb, bool *stolen)
{
	advance_rcv_nxt(xtcp_sk(sk), XTCP_CB(skb)->end_seq);
	if (rcvqueue_coalesce(sk, skb, stolen))
		return true;
	__skb_queue_tail(&sk->sk_receive_queue, skb);
	skb_set_owner_r(skb, sk);
	return false;
}

/* Data came: was it marked on its way?  Who needs ECN is told first (RFC 8257 3.2). */
static void note_mark(struct sock *sk, const struct sk_buff *skb)
{
	u8 mark = XTCP_CB(skb)->tos & INET_ECN_MASK;

	if (xtcp_sk(sk)->ca_needs_ecn && xtcp_sk(sk)->ecn & XTCP_ECN_OK &&
	    mark != INET_ECN_NOT_ECT)
		xtcp_cong_event(sk, mark == INET_ECN_CE ? XTCP_CA_EVENT_ECN_IS_CE :
							  XTCP_CA_EVENT_ECN_NO_CE);
	xtcp_ecn_data(sk, skb);
}

/* Data came: when is its ACK due, and how does the window grow? */
static void data_arrived(struct sock *sk, const struct sk_buff *skb)
{
	if (xtcp_delack_measure(sk, skb))
		xtcp_rcvspace_weigh(sk, skb);
	if (unlikely(xtcp_sk(sk)->ecn))
		note_mark(sk, skb);
	xtcp_rtt_receiver(sk);
	xtcp_delack_pace(sk);
	if (skb->len >= 128)
		xtcp_window_grow(sk, skb, true);
}

/* What came early is in order now; true if a FIN was among it. */
static bool append_early(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 high = xs->rcv_nxt;
	struct sk_buff *skb;
	bool fin = false;
	bool stolen;

	while (!fin && (skb = xtcp_ofo_next(sk, high))) {
		fin = XTCP_CB(skb)->flags & XTCP_FIN;
		advance_rcv_nxt(xs, XTCP_CB(skb)->end_seq);
		/* Charged by ofo.c */
		if (rcvqueue_coalesce(sk, skb, &stolen))
			kfree_skb_partial(skb, stolen);
		else
			__skb_queue_tail(&sk->sk_receive_queue, skb);
	}
	return fin;
}

/**
 * xtcp_rcvqueue_repeated() - data that came before comes again
 * @sk: locked
 * @skb: a segment that begins before rcv_nxt
 *
 * The next ACK tells so (RFC 2883).  If it began there the last time, too, ACKs may
 * be lost on their way: perhaps another of several paths works (H-17).
 */
void xtcp_rcvqueue_repeated(struct sock *sk, const struct sk_buff *skb)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	struct xtcp_sock *xs = xtcp_sk(sk);

	XTCP_INC(sock_net(sk), DELAYEDACKLOST);
	if (xtcp_sackblocks_told(xs, cb->seq) && sk_rethink_txhash(sk))
		XTCP_INC(sock_net(sk), DUPLICATEDATAREHASH);
	xtcp_sackblocks_twice(sk, cb->seq, seq_after(cb->end_seq, xs->rcv_nxt) ?
					   xs->rcv_nxt : cb->end_seq);
}

/* E-43, H-64: what is old or beyond the window is answered at once. */
static void text_out_of_window(struct sock *sk, struct sk_buff *skb)
{
	xtcp_delack_quick(sk, XTCP_QUICKACKS);
	xtcp_delack_owe(xtcp_sk(sk));
	kfree_skb(skb);
}

/* Nobody will read it. */
static void orphan_fin(struct sock *sk, struct sk_buff *skb)
{
	advance_rcv_nxt(xtcp_sk(sk), XTCP_CB(skb)->end_seq);
	__kfree_skb(skb);
}

/*
 * H-69: an empty queue always takes one, or nothing would move; and so is a FIN
 * by itself taken while the buffer has room, however short memory is.
 */
static bool always_taken(const struct sock *sk, const struct sk_buff *skb)
{
	return skb_queue_empty(&sk->sk_receive_queue) ||
	       (!skb->len && (XTCP_BARE_FIN_IS_TAKEN || rmem_fits(sk)));
}

/* False: the segment must go. */
static bool find_room(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (XTCP_NO_MEMORY_SHUTS) {
		if (make_room(sk, skb))
			return true;
		xtcp_delack_no_memory(xs);
	}
	if (always_taken(sk, skb)) {
		xtcp_memory_force(sk, skb->truesize);
		return true;
	}
	if (!XTCP_NO_MEMORY_SHUTS && make_room(sk, skb))
		return true;
	XTCP_INC(sock_net(sk), RCVQDROP);
	xtcp_delack_owe(xs);
	xtcp_delack_hurry(xs);
	sk->sk_data_ready(sk);
	return false;
}

static unsigned int text_in_order(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	bool fin = XTCP_CB(skb)->flags & XTCP_FIN;
	bool merged, stolen;

	if (!skb->len && sock_flag(sk, SOCK_DEAD)) {
		orphan_fin(sk, skb);
		return XTCP_TEXT_FIN;
	}
	if (!find_room(sk, skb)) {
		kfree_skb(skb);
		return 0;
	}
	/* The window grows by what is free once the segment is charged. */
	merged = rcvqueue_append(sk, skb, &stolen);
	if (skb->len)
		data_arrived(sk, skb);
	if (merged)
		kfree_skb_partial(skb, stolen);
	/* What lies behind a FIN is nobody's (H-67); its ACK still tells of it. */
	if (!fin && !RB_EMPTY_ROOT(&xs->out_of_order_queue)) {
		fin = append_early(sk);
		/* H-64: a gap was filled: say so at once. */
		if (fin || RB_EMPTY_ROOT(&xs->out_of_order_queue))
			xtcp_delack_hurry(xs);
	}
	if (!fin)
		xtcp_sackblocks_advance(xs);
	return fin ? XTCP_TEXT_READY | XTCP_TEXT_FIN : XTCP_TEXT_READY;
}

static void text_early(struct sock *sk, struct sk_buff *skb)
{
	u32 seq = XTCP_CB(skb)->seq, end_seq = XTCP_CB(skb)->end_seq;
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (unlikely(xs->ecn))
		note_mark(sk, skb);
	if (!make_room(sk, skb)) {
		XTCP_INC(sock_net(sk), OFODROP);
		sk->sk_data_ready(sk);
		kfree_skb(skb);
		return;
	}
	xtcp_delack_owe(xs);
	xtcp_ofo_insert(sk, skb);
	xtcp_rcvspace_early(sk);
	if (!xs->sack_ok)
		return;
	/* A sender shall hear of each block before it has gone far back (H-65). */
	if (xtcp_sackblocks_place(xs, seq, end_seq) >= XTCP_SACKS_EXPECTED &&
	    xtcp_delack_compressed(sk))
		xtcp_output_ack(sk);
	xtcp_sackblocks_held(xs, seq, end_seq);
}

/**
 * xtcp_rcvqueue_readable() - is there enough to read? (G-58)
 * @sk: socket
 * @target: SO_RCVLOWAT, plus one at an urgent byte that isn't in line
 *
 * Context: any, without lock.
 */
bool xtcp_rcvqueue_readable(const struct sock *sk, int target)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	int avail = READ_ONCE(xs->rcv_nxt) - READ_ONCE(xs->copied_seq);
	int full = READ_ONCE(sk->sk_rcvbuf);

	if (avail <= 0)
		return false;
	if (avail >= target)
		return true;
	/* A target that the buffer can't reach must not stop the reader. */
	full -= full >> 3;
	if (atomic_read(&sk->sk_rmem_alloc) > full)
		return true;
	return xtcp_receive_window(xs) <= xs->ack.rcv_mss;
}

/**
 * xtcp_rcvqueue_ready() - wake a reader if there is enough for it (G-58)
 * @sk: locked
 */
void xtcp_rcvqueue_ready(struct sock *sk)
{
	sock_owned_by_me(sk);
	if (xtcp_rcvqueue_readable(sk, READ_ONCE(sk->sk_rcvlowat)) ||
	    sock_flag(sk, SOCK_DONE))
		sk->sk_data_ready(sk);
}

/* By 7.2 a FIN by itself is taken whatever the window: it needs no room. */
static bool takes_fin(const struct xtcp_sock *xs, const struct sk_buff *skb)
{
	return XTCP_BARE_FIN_IS_TAKEN && XTCP_CB(skb)->seq == xs->rcv_nxt &&
	       !skb->len;
}

/**
 * xtcp_rcvqueue_add() - the text of an acceptable segment
 * @sk: locked
 * @skb: the segment from its payload on; consumed
 *
 * Counterpart of the kernel's tcp_data_queue().
 *
 * Context: softirq.
 * Return: what is due now, of &enum xtcp_text.
 */
unsigned int xtcp_rcvqueue_add(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 window = xtcp_receive_window(xs);

	sock_owned_by_me(sk);
	if (cb->seq == cb->end_seq) {
		__kfree_skb(skb);
		return 0;
	}
	/* It may wait long for its reader: no state of IPsec is pinned. */
	skb_dst_drop(skb);
	secpath_reset(skb);
	xtcp_sackblocks_not_twice(xs);
	xtcp_rtt_receiver_echo(sk, skb);
	if (!seq_after(cb->end_seq, xs->rcv_nxt)) {
		xtcp_rcvqueue_repeated(sk, skb);
		text_out_of_window(sk, skb);
		return 0;
	}
	if (seq_before(cb->seq, xs->rcv_nxt))
		xtcp_sackblocks_twice(sk, cb->seq, xs->rcv_nxt);
	/* H-69: a closed window takes nothing of what began before it, either. */
	if (!takes_fin(xs, skb) &&
	    (!window || !seq_before(cb->seq, xs->rcv_nxt + window))) {
		if (!window && !seq_after(cb->seq, xs->rcv_nxt))
			XTCP_INC(sock_net(sk), ZEROWINDOWDROP);
		else if (XTCP_BEYOND_IS_DROPPED)
			XTCP_INC(sock_net(sk), BEYONDWINDOW);
		text_out_of_window(sk, skb);
		return 0;
	}
	if (!seq_after(cb->seq, xs->rcv_nxt))
		return text_in_order(sk, skb);
	text_early(sk, skb);
	return 0;
}

/* For what the program answers, or for others of the same gap; false: send it. */
static bool ack_may_wait(struct sock *sk)
{
	if (RB_EMPTY_ROOT(&xtcp_sk(sk)->out_of_order_queue))
		return !xtcp_delack_arm(sk);
	return xtcp_delack_compress(sk);
}

/**
 * xtcp_rcvqueue_ack() - send the ACK that is owed, or delay it
 * @sk: locked
 *
 * At once after more than a segment (H-62), in quick mode (H-61), when a gap was
 * filled, and when one was seen (H-64), unless there were many of it (H-65).
 *
 * Counterpart of the kernel's __tcp_ack_snd_check().
 */
void xtcp_rcvqueue_ack(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (!xs->ack.scheduled)
		return;
	if ((xs->rcv_nxt - xs->rcv_wup > xs->ack.rcv_mss &&
	     (xs->rcv_nxt - xs->copied_seq < sk->sk_rcvlowat ||
	      xtcp_window_renew(sk) >= xs->rcv_wnd)) ||
	    (xs->ack.quick && !xs->ack.pingpong) || xs->ack.now ||
	    unlikely(xtcp_metric_quickack(sk)) || !ack_may_wait(sk))
		xtcp_output_ack(sk);
}

/* An ACK is owed for more than a segment. */
static bool owes_much(const struct xtcp_sock *xs)
{
	return xs->ack.scheduled && xs->rcv_nxt - xs->rcv_wup > xs->ack.rcv_mss;
}

/* An ACK is owed for all that a writer had, and the program has read it. */
static bool owes_answer(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	return xs->ack.scheduled && !atomic_read(&sk->sk_rmem_alloc) &&
	       xs->ack.pushed > xs->ack.pingpong;
}

/**
 * xtcp_rcvqueue_tell() - what the peer may wait for: an ACK, news of a window
 * @sk: locked
 *
 * When the program has read (H-63), or asks for quick ACKs.
 *
 * Counterpart of the kernel's tcp_cleanup_rbuf().
 */
void xtcp_rcvqueue_tell(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 now, win;

	sock_owned_by_me(sk);
	if (sk->sk_state == TCP_CLOSE)
		return;
	if (owes_much(xs) || owes_answer(sk)) {
		xtcp_output_ack(sk);
		return;
	}
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return;
	now = xtcp_receive_window(xs);
	if (2 * now > xs->window_clamp)
		return;
	win = xtcp_window_renew(sk);
	if (win && win >= 2 * now)
		xtcp_output_ack(sk);
}

/**
 * xtcp_rcvqueue_looked() - the program has looked, or waited, and taken nothing
 * @sk: locked
 */
void xtcp_rcvqueue_looked(struct sock *sk)
{
	sock_owned_by_me(sk);
	if (sk->sk_state != TCP_CLOSE && owes_much(xtcp_sk(sk)))
		xtcp_output_ack(sk);
}
