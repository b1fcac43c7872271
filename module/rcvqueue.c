// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data that arrived: in order into the receive queue, early into ofo.c, and
 * what a segment's text tells about when to acknowledge
 * (RFC 9293 3.10.7.4 steps 7 and 8; inventory H.4).
 */
#include <net/xfrm.h>

#include "xtcp.h"

/* RFC 9293 3.8.6.3: so many immediate ACKs, bounded by the window (H-61). */
static void quick_acks(struct xtcp_sock *xs, u32 max)
{
	u32 n = xs->rcv_wnd / (2 * max_t(u32, xs->ack.rcv_mss, 1));

	n = min(n ?: 2, max);
	xs->ack.quick = max_t(u8, xs->ack.quick, n);
}

/**
 * xtcp_rcvqueue_quick() - acknowledge at once for a while
 * @sk: locked
 * @max: at most so many
 */
void xtcp_rcvqueue_quick(struct sock *sk, u32 max)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	quick_acks(xs, max);
	xs->ack.pingpong = false;
	xs->ack.ato = XTCP_DELACK_MIN;
}

/*
 * May a segment smaller than those before be a full one?  Its header counts, as
 * SACK blocks take their room from the payload; one without PSH should be.
 */
static bool may_be_full(const struct sk_buff *skb, u32 len)
{
	if (len >= XTCP_MSS_DEFAULT + sizeof(struct tcphdr))
		return true;
	return len >= XTCP_MSS_MIN + sizeof(struct tcphdr) &&
	       !(XTCP_CB(skb)->flags & (XTCP_FIN | XTCP_URG | XTCP_PSH));
}

/* The peer's segment size as it shows (H-62). */
static void measure_mss(struct sock *sk, const struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 before = skb->data - skb_transport_header(skb);
	u32 header = sizeof(struct tcphdr);
	/* What was cut off at the left counts, too. */
	u32 len = skb_shinfo(skb)->gso_size ?:
		  skb->len + before - tcp_hdr(skb)->doff * 4;
	u16 last = xs->ack.last_len;

	xs->ack.last_len = 0;
	if (len >= xs->ack.rcv_mss) {
		xs->ack.rcv_mss = min_t(u32, len, xs->advmss ?: len);
		if (XTCP_CB(skb)->flags & XTCP_PSH && !xs->ack.pushed)
			xs->ack.pushed = 1;
		return;
	}
	len += tcp_hdr(skb)->doff * 4;
	if (may_be_full(skb, len)) {
		if (xs->tstamp_ok)
			header += XTCP_OLEN_TS_ALIGNED;
		xs->ack.last_len = min_t(u32, len - header, U16_MAX);
		/* Once it repeats, it counts. */
		if (xs->ack.last_len == last) {
			xs->ack.rcv_mss = last;
			return;
		}
	}
	xs->ack.pushed = min(xs->ack.pushed + 1, 2);
}

/* Data came: when is its ACK due? (H-60) */
static void data_arrived(struct sock *sk, const struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 now = xtcp_jiffies32();
	u32 gap = now - xs->ack.lrcvtime;

	xs->ack.scheduled = true;
	measure_mss(sk, skb);
	if (unlikely(xs->ecn))
		xtcp_ecn_data(sk, skb);
	xtcp_rtt_receiver(sk, skb);
	if (!xs->ack.ato) {
		quick_acks(xs, XTCP_QUICKACKS);
		xs->ack.ato = XTCP_DELACK_MIN;
	} else if (gap <= XTCP_DELACK_MIN / 2) {
		xs->ack.ato = xs->ack.ato / 2 + XTCP_DELACK_MIN / 2;
	} else if (gap < xs->ack.ato) {
		xs->ack.ato = min(xs->ack.ato / 2 + gap, xs->rto);
	} else if (gap > xs->rto) {
		quick_acks(xs, XTCP_QUICKACKS);
	}
	xs->ack.lrcvtime = now;
	if (skb->len >= 128)
		xtcp_window_grow(sk, skb);
}

/* May @size more bytes be charged to the receive buffer? */
static bool rmem_schedule(struct sock *sk, struct sk_buff *skb, u32 size)
{
	return atomic_read(&sk->sk_rmem_alloc) <= sk->sk_rcvbuf &&
	       sk_rmem_schedule(sk, skb, size);
}

/* G-127, H-69: make room, early data first; false: the segment must go. */
static bool make_room(struct sock *sk, struct sk_buff *skb)
{
	if (rmem_schedule(sk, skb, skb->truesize))
		return true;
	XTCP_INC(sock_net(sk), PRUNECALLED);
	xtcp_window_clamp(sk);
	if (rmem_schedule(sk, skb, skb->truesize))
		return true;
	while (xtcp_ofo_prune(sk, XTCP_CB(skb)->seq)) {
		if (rmem_schedule(sk, skb, skb->truesize))
			return true;
	}
	if (atomic_read(&sk->sk_rmem_alloc) > sk->sk_rcvbuf)
		XTCP_INC(sock_net(sk), RCVPRUNED);
	return false;
}

static bool coalesce(struct sock *sk, struct sk_buff *skb, bool *stolen)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	int delta;

	if (!tail || XTCP_CB(tail)->end_seq != XTCP_CB(skb)->seq ||
	    XTCP_CB(tail)->flags & XTCP_FIN ||
	    !skb_try_coalesce(tail, skb, stolen, &delta))
		return false;
	XTCP_CB(tail)->end_seq = XTCP_CB(skb)->end_seq;
	XTCP_CB(tail)->flags |= XTCP_CB(skb)->flags & (XTCP_FIN | XTCP_PSH);
	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	XTCP_INC(sock_net(sk), RCVCOALESCE);
	return true;
}

/*
 * In-order data becomes readable.  True if it went into the buffer before it:
 * @skb is then for kfree_skb_partial(), its own charge, if any, with it.
 */
static __always_inline bool append(struct sock *sk, struct sk_buff *skb, bool *stolen)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 end = XTCP_CB(skb)->end_seq;

	xs->bytes_received += end - xs->rcv_nxt;
	WRITE_ONCE(xs->rcv_nxt, end);
	if (skb->sk == sk && skb->destructor) {
		/* From ofo.c, charged there. */
		__skb_queue_tail(&sk->sk_receive_queue, skb);
		return false;
	}
	if (coalesce(sk, skb, stolen))
		return true;
	__skb_queue_tail(&sk->sk_receive_queue, skb);
	skb_set_owner_r(skb, sk);
	return false;
}

/**
 * xtcp_rcvqueue_append() - data that came early is in order now
 * @sk: locked
 * @skb: payload starting at rcv_nxt; its memory is scheduled
 *
 * Context: softirq.
 */
void xtcp_rcvqueue_append(struct sock *sk, struct sk_buff *skb)
{
	bool stolen;

	if (append(sk, skb, &stolen))
		kfree_skb_partial(skb, stolen);
}

static void drop(struct sk_buff *skb)
{
	kfree_skb(skb);
}

/* E-43, H-64: what is old or beyond the window is answered at once. */
static void out_of_window(struct sock *sk, struct sk_buff *skb)
{
	xtcp_rcvqueue_quick(sk, XTCP_QUICKACKS);
	xtcp_sk(sk)->ack.scheduled = true;
	drop(skb);
}

static bool trim_old(struct sk_buff *skb, u32 rcv_nxt)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 old = rcv_nxt - cb->seq;

	if (!pskb_pull(skb, min(old, skb->len)))
		return false;
	cb->seq = rcv_nxt;
	return true;
}

/* Cuts what the window doesn't take, and the FIN with it (H-68). */
static bool trim_beyond(struct xtcp_sock *xs, struct sk_buff *skb)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 room = xs->rcv_nxt + xtcp_receive_window(xs) - cb->seq;

	if (cb->end_seq - cb->seq <= room)
		return true;
	if (room < skb->len && pskb_trim(skb, room))
		return false;
	cb->flags &= ~XTCP_FIN;
	cb->end_seq = cb->seq + skb->len;
	return true;
}

/* Nobody will read it. */
static void orphan_fin(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xs->bytes_received++;
	WRITE_ONCE(xs->rcv_nxt, XTCP_CB(skb)->end_seq);
	__kfree_skb(skb);
	xtcp_input_fin(sk);
}

/*
 * H-69: an empty queue always takes one, or nothing would move; and so is a FIN
 * by itself taken while the buffer has room, however short memory is.
 */
static bool always_taken(const struct sock *sk, const struct sk_buff *skb)
{
	return skb_queue_empty(&sk->sk_receive_queue) ||
	       (!skb->len && atomic_read(&sk->sk_rmem_alloc) <= sk->sk_rcvbuf);
}

static void in_order(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	bool fin = XTCP_CB(skb)->flags & XTCP_FIN;
	bool merged, stolen;

	if (!skb->len && sock_flag(sk, SOCK_DEAD)) {
		orphan_fin(sk, skb);
		return;
	}
	if (always_taken(sk, skb)) {
		xtcp_memory_force(sk, skb->truesize);
	} else if (!make_room(sk, skb)) {
		XTCP_INC(sock_net(sk), RCVQDROP);
		xs->ack.scheduled = true;
		xs->ack.now = true;
		sk->sk_data_ready(sk);
		drop(skb);
		return;
	}
	/* The window grows by what is free once the segment is charged. */
	merged = append(sk, skb, &stolen);
	if (skb->len)
		data_arrived(sk, skb);
	if (merged)
		kfree_skb_partial(skb, stolen);
	/* What lies behind a FIN is nobody's (H-67). */
	if (fin)
		xtcp_ofo_purge(sk);
	if (!RB_EMPTY_ROOT(&xs->out_of_order_queue)) {
		fin |= xtcp_ofo_merge(sk);
		/* H-64: a gap was filled: say so at once. */
		if (RB_EMPTY_ROOT(&xs->out_of_order_queue))
			xs->ack.now = true;
	}
	if (fin)
		xtcp_input_fin(sk);
	if (!sock_flag(sk, SOCK_DEAD))
		xtcp_rcvqueue_ready(sk);
}

static void early(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (unlikely(xs->ecn))
		xtcp_ecn_data(sk, skb);
	if (!make_room(sk, skb)) {
		XTCP_INC(sock_net(sk), OFODROP);
		sk->sk_data_ready(sk);
		drop(skb);
		return;
	}
	xs->ack.scheduled = true;
	xtcp_ofo_insert(sk, skb);
}

/**
 * xtcp_rcvqueue_ready() - wake a reader if there is enough for it (G-58)
 * @sk: locked
 */
void xtcp_rcvqueue_ready(struct sock *sk)
{
	if (xtcp_poll_readable(sk, READ_ONCE(sk->sk_rcvlowat)) ||
	    sock_flag(sk, SOCK_DONE))
		sk->sk_data_ready(sk);
}

/**
 * xtcp_rcvqueue_add() - the text of an acceptable segment
 * @sk: locked
 * @skb: the segment from its payload on; consumed
 *
 * Context: softirq.
 */
void xtcp_rcvqueue_add(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 window = xtcp_receive_window(xs);

	if (cb->seq == cb->end_seq) {
		__kfree_skb(skb);
		return;
	}
	/* It may wait long for its reader: no state of IPsec is pinned. */
	skb_dst_drop(skb);
	secpath_reset(skb);
	if (!seq_after(cb->end_seq, xs->rcv_nxt)) {
		XTCP_INC(sock_net(sk), DELAYEDACKLOST);
		out_of_window(sk, skb);
		return;
	}
	/* H-69: a closed window takes nothing of what began before it, either. */
	if (!window || !seq_before(cb->seq, xs->rcv_nxt + window)) {
		if (!window)
			XTCP_INC(sock_net(sk), ZEROWINDOWDROP);
		out_of_window(sk, skb);
		return;
	}
	if (seq_before(cb->seq, xs->rcv_nxt) && !trim_old(skb, xs->rcv_nxt)) {
		drop(skb);
		return;
	}
	if (!trim_beyond(xs, skb)) {
		drop(skb);
		return;
	}
	if (cb->seq == xs->rcv_nxt)
		in_order(sk, skb);
	else
		early(sk, skb);
}

/**
 * xtcp_rcvqueue_ack() - send the ACK that is owed, or delay it
 * @sk: locked
 *
 * H-61, H-62, H-64.
 */
void xtcp_rcvqueue_ack(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (!xs->ack.scheduled)
		return;
	if ((xs->rcv_nxt - xs->rcv_wup > xs->ack.rcv_mss &&
	     (xs->rcv_nxt - xs->copied_seq < sk->sk_rcvlowat ||
	      xtcp_window_offer(sk) >= xs->rcv_wnd)) ||
	    (xs->ack.quick && !xs->ack.pingpong) || xs->ack.now ||
	    !RB_EMPTY_ROOT(&xs->out_of_order_queue))
		xtcp_output_ack(sk);
	else
		xtcp_timer_arm_delack(sk);
}

/**
 * xtcp_rcvqueue_read() - the program has read (H-63)
 * @sk: locked
 * @copied: bytes
 *
 * An ACK that waits for company, or news of a window, may go now.
 */
void xtcp_rcvqueue_read(struct sock *sk, int copied)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 now, win;

	if (sk->sk_state == TCP_CLOSE)
		return;
	if (xs->ack.scheduled &&
	    (xs->rcv_nxt - xs->rcv_wup > xs->ack.rcv_mss ||
	     (copied > 0 && !atomic_read(&sk->sk_rmem_alloc) &&
	      xs->ack.pushed > xs->ack.pingpong))) {
		xtcp_output_ack(sk);
		return;
	}
	if (copied <= 0 || sk->sk_shutdown & RCV_SHUTDOWN)
		return;
	now = xtcp_receive_window(xs);
	if (2 * now > xs->window_clamp)
		return;
	win = xtcp_window_offer(sk);
	if (win && win >= 2 * now)
		xtcp_output_ack(sk);
}
