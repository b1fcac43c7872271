// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was written and not acknowledged: the write queue, of which nothing has
 * left yet, and the retransmission queue.  Their memory, their marks, and the
 * counts that follow from these.
 *
 * Each buffer of the retransmission queue carries LOST and RETRANS marks;
 * packets_out, lost_out, retrans_out and sacked_out (duplicate ACKs) count
 * segments, and what is in flight follows from them.
 */
#include "xtcp.h"
#include "parts/memory.h"
#include "parts/skb.h"
#include "parts/sndqueue.h"

/**
 * xtcp_sndqueue_alloc_header() - a buffer for a segment without payload
 * @header: room in front, all that it has
 * @gfp: how
 *
 * Context: as @gfp.
 * Return: the buffer, uncharged, or NULL.
 */
struct sk_buff *xtcp_sndqueue_alloc_header(unsigned int header, gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb_fclone(header, gfp);

	if (!skb)
		return NULL;
	/* Its control block is cleared with the rest of it. */
	skb_reserve(skb, header);
	/* Headers are pushed into clones only, and may be changed there. */
	__skb_header_release(skb);
	skb->ip_summed = CHECKSUM_PARTIAL;
	return skb;
}

/**
 * xtcp_sndqueue_alloc() - an empty buffer for a send queue
 * @sk: locked
 * @gfp: how
 *
 * Context: as @gfp.
 * Return: the buffer with headroom, uncharged, or NULL.
 */
struct sk_buff *xtcp_sndqueue_alloc(struct sock *sk, gfp_t gfp)
{
	sock_owned_by_me(sk);
	return xtcp_sndqueue_alloc_header(XTCP_MAX_HEADER, gfp);
}

/**
 * xtcp_sndqueue_charge() - account a buffer that enters a send queue
 * @sk: locked
 * @skb: the buffer
 */
void xtcp_sndqueue_charge(struct sock *sk, struct sk_buff *skb)
{
	sock_owned_by_me(sk);
	sk_wmem_queued_add(sk, skb->truesize);
	sk_mem_charge(sk, skb->truesize);
}

/**
 * xtcp_sndqueue_free() - free a buffer that left its send queue
 * @sk: locked
 * @skb: the buffer
 */
void xtcp_sndqueue_free(struct sock *sk, struct sk_buff *skb)
{
	sock_owned_by_me(sk);
	sk_wmem_queued_add(sk, -skb->truesize);
	sk_mem_uncharge(sk, skb->truesize);
	__kfree_skb(skb);
}

/**
 * xtcp_sndqueue_purge() - throw both send queues away
 * @sk: locked
 */
void xtcp_sndqueue_purge(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb;

	sock_owned_by_me(sk);
	while ((skb = __skb_dequeue(&sk->sk_write_queue)))
		xtcp_sndqueue_free(sk, skb);
	while ((skb = __skb_dequeue(&xs->rtx_queue)))
		xtcp_sndqueue_free(sk, skb);
	sk_mem_reclaim(sk);
	xs->packets_out = 0;
	xs->sacked_out = 0;
	xs->lost_out = 0;
	xs->retrans_out = 0;
	xs->retransmit_hint = NULL;
}

/**
 * xtcp_sndqueue_set_segs() - count a buffer in segments of an MSS
 * @skb: in one of the send queues
 * @mss: the MSS
 */
void xtcp_sndqueue_set_segs(struct sk_buff *skb, u32 mss)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	cb->mss = mss;
	cb->segs = skb->len > mss ? DIV_ROUND_UP(skb->len, mss) : 1;
}

/* Own copy of the shared info, at an unchanged charge. */
static int skb_own_head(struct sk_buff *skb, gfp_t gfp)
{
	unsigned int truesize = skb->truesize;
	int err = skb_unclone(skb, gfp);

	skb->truesize = truesize;
	return err;
}

/**
 * xtcp_sndqueue_split() - cut a queued buffer in two
 * @sk: locked
 * @skb: in @queue; keeps the first @len bytes
 * @queue: the queue
 * @len: bytes, less than @skb has; or as many, and its FIN goes
 * @mss: to count the parts with
 *
 * Context: atomic.
 * Return: 0 or -ENOMEM.
 */
int xtcp_sndqueue_split(struct sock *sk, struct sk_buff *skb,
			struct sk_buff_head *queue, u32 len, u32 mss)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	struct sk_buff *tail;
	u32 rest = skb->len - len;

	sock_owned_by_me(sk);
	/* A peer's tiny MSS must not turn one buffer into a thousand. */
	if (queue == &xtcp_sk(sk)->rtx_queue &&
	    sk->sk_wmem_queued >> 1 > sk->sk_sndbuf +
				      2LL * SKB_TRUESIZE(XTCP_GSO_MAX) &&
	    skb != skb_peek(queue) && skb != skb_peek_tail(queue))
		return -ENOMEM;
	if (skb_own_head(skb, GFP_ATOMIC))
		return -ENOMEM;
	tail = xtcp_sndqueue_alloc(sk, GFP_ATOMIC);
	if (!tail)
		return -ENOMEM;
	xtcp_memory_force(sk, tail->truesize);
	xtcp_sndqueue_charge(sk, tail);
	*XTCP_CB(tail) = *cb;
	XTCP_CB(tail)->seq = cb->seq + len;
	cb->end_seq = cb->seq + len;
	cb->flags &= ~(XTCP_FIN | XTCP_PSH);
	skb_split(skb, tail, len);
	tail->truesize += rest;
	skb->truesize -= rest;
	xtcp_sndqueue_set_segs(skb, mss);
	xtcp_sndqueue_set_segs(tail, mss);
	__skb_queue_after(queue, skb, tail);
	return 0;
}

/**
 * xtcp_sndqueue_trim() - the peer acknowledged the beginning of a buffer
 * @sk: locked
 * @skb: at the head of the retransmission queue
 * @len: bytes, less than it has
 *
 * Context: atomic.
 * Return: 0 or -ENOMEM.
 */
int xtcp_sndqueue_trim(struct sock *sk, struct sk_buff *skb, u32 len)
{
	struct skb_shared_info *shinfo;
	u32 eat = len, size;
	int i, kept = 0;

	sock_owned_by_me(sk);
	if (skb_own_head(skb, GFP_ATOMIC))
		return -ENOMEM;
	shinfo = skb_shinfo(skb);
	for (i = 0; i < shinfo->nr_frags; i++) {
		size = skb_frag_size(&shinfo->frags[i]);
		if (size <= eat) {
			skb_frag_unref(skb, i);
			eat -= size;
			continue;
		}
		shinfo->frags[kept] = shinfo->frags[i];
		skb_frag_off_add(&shinfo->frags[kept], eat);
		skb_frag_size_sub(&shinfo->frags[kept], eat);
		eat = 0;
		kept++;
	}
	shinfo->nr_frags = kept;
	skb->data_len -= len;
	skb->len -= len;
	XTCP_CB(skb)->seq += len;
	skb->truesize -= len;
	sk_wmem_queued_add(sk, -(int)len);
	sk_mem_uncharge(sk, len);
	return 0;
}

/**
 * xtcp_sndqueue_mark_lost() - a buffer is believed lost, or lost again
 * @xs: locked
 * @skb: in the retransmission queue
 */
void xtcp_sndqueue_mark_lost(struct xtcp_sock *xs, struct sk_buff *skb)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	xs->retransmit_hint = NULL;
	if (cb->sacked & XTCP_SKB_RETRANS) {
		cb->sacked &= ~XTCP_SKB_RETRANS;
		xs->retrans_out -= cb->segs;
	}
	if (!(cb->sacked & XTCP_SKB_LOST)) {
		cb->sacked |= XTCP_SKB_LOST;
		xs->lost_out += cb->segs;
	}
}

/**
 * xtcp_sndqueue_mark_retrans() - what was lost has been sent again
 * @xs: locked
 * @skb: in the retransmission queue, marked lost
 */
void xtcp_sndqueue_mark_retrans(struct xtcp_sock *xs, struct sk_buff *skb)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	cb->sacked |= XTCP_SKB_RETRANS;
	xs->retrans_out += cb->segs;
}

/**
 * xtcp_sndqueue_dupack() - a duplicate ACK tells of a segment that arrived
 * @xs: locked
 */
void xtcp_sndqueue_dupack(struct xtcp_sock *xs)
{
	xs->sacked_out++;
	xtcp_sndqueue_limit_sacked(xs);
}

/**
 * xtcp_sndqueue_sent() - the head of the write queue has left: it waits for its ACK
 * @sk: locked
 * @skb: the head
 */
void xtcp_sndqueue_sent(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	__skb_unlink(skb, &sk->sk_write_queue);
	__skb_queue_tail(&xs->rtx_queue, skb);
	xs->packets_out += XTCP_CB(skb)->segs;
}

/**
 * xtcp_sndqueue_sent_syn() - our SYN, about to leave: it waits for its ACK
 * @sk: locked, nothing in flight
 * @skb: the SYN, uncharged
 */
void xtcp_sndqueue_sent_syn(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xtcp_memory_force(sk, skb->truesize);
	xtcp_sndqueue_charge(sk, skb);
	__skb_queue_tail(&xs->rtx_queue, skb);
	xs->packets_out = 1;
}

/* A buffer leaves the retransmission queue. */
static void sndqueue_forget(struct xtcp_sock *xs, const struct sk_buff *skb)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	if (xs->retransmit_hint == skb)
		xs->retransmit_hint = NULL;
	xs->packets_out -= cb->segs;
	if (cb->sacked & XTCP_SKB_LOST)
		xs->lost_out -= cb->segs;
	if (cb->sacked & XTCP_SKB_RETRANS)
		xs->retrans_out -= cb->segs;
}

/**
 * xtcp_sndqueue_acked() - the head is acknowledged
 * @sk: locked
 * @skb: the head of the retransmission queue; freed
 */
void xtcp_sndqueue_acked(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	sndqueue_forget(xs, skb);
	__skb_unlink(skb, &xs->rtx_queue);
	xtcp_sndqueue_free(sk, skb);
}

static void count_change(struct xtcp_sock *xs, u8 sacked, int diff)
{
	xs->packets_out += diff;
	if (sacked & XTCP_SKB_LOST)
		xs->lost_out += diff;
	if (sacked & XTCP_SKB_RETRANS)
		xs->retrans_out += diff;
}

/**
 * xtcp_sndqueue_resegment() - a buffer was split: count anew
 * @sk: locked
 * @skb: first part, the second follows it in the queue
 * @old: segments that it counted for before
 */
void xtcp_sndqueue_resegment(struct sock *sk, struct sk_buff *skb, u32 old)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *tail = skb_queue_next(&xs->rtx_queue, skb);

	sock_owned_by_me(sk);
	count_change(xs, XTCP_CB(skb)->sacked,
		     (int)XTCP_CB(skb)->segs + (int)XTCP_CB(tail)->segs - (int)old);
}

/**
 * xtcp_sndqueue_recount() - the MSS became smaller: count a buffer anew
 * @sk: locked
 * @skb: in the retransmission queue
 * @mss: in effect now
 */
void xtcp_sndqueue_recount(struct sock *sk, struct sk_buff *skb, u32 mss)
{
	u32 old = XTCP_CB(skb)->segs;

	sock_owned_by_me(sk);
	xtcp_sndqueue_set_segs(skb, mss);
	count_change(xtcp_sk(sk), XTCP_CB(skb)->sacked,
		     (int)XTCP_CB(skb)->segs - (int)old);
}

/**
 * xtcp_sndqueue_mark_head_lost() - one segment, however long the buffer is
 * @sk: locked, something in the retransmission queue
 */
void xtcp_sndqueue_mark_head_lost(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_rtx_head(xs);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 old = cb->segs;

	sock_owned_by_me(sk);
	if (cb->sacked & XTCP_SKB_LOST)
		return;
	if (skb->len > cb->mss &&
	    !xtcp_sndqueue_split(sk, skb, &xs->rtx_queue, cb->mss, cb->mss))
		xtcp_sndqueue_resegment(sk, skb, old);
	xtcp_sndqueue_mark_lost(xs, skb);
}

/**
 * xtcp_sndqueue_limit_sacked() - duplicate ACKs tell of no more than there is
 * @xs: locked
 */
void xtcp_sndqueue_limit_sacked(struct xtcp_sock *xs)
{
	u32 room = xs->packets_out - xs->lost_out;

	xs->sacked_out = min(xs->sacked_out, xs->packets_out ?
			     min(room, xs->packets_out - 1) : 0);
}
