// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was written and not acknowledged: the write queue, of which nothing has
 * left yet, and what waits for its acknowledgment (scoreboard.c).  Their buffers
 * and the memory of these.
 */
#include "xtcp.h"
#include "parts/chrono.h"
#include "parts/memory.h"
#include "parts/rtt.h"
#include "parts/scoreboard.h"
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
	while ((skb = xtcp_rtx_head(xs))) {
		xtcp_scoreboard_remove(xs, skb);
		xtcp_sndqueue_free(sk, skb);
	}
	xtcp_chrono_stop(sk, XTCP_CHRONO_BUSY);
	xtcp_rtt_no_backoff(xs);
	sk_mem_reclaim(sk);
	xtcp_scoreboard_reset(xs);
}

/* Own copy of the shared info, at an unchanged charge. */
static int skb_own_head(struct sk_buff *skb, gfp_t gfp)
{
	unsigned int truesize = skb->truesize;
	int err = skb_unclone(skb, gfp);

	skb->truesize = truesize;
	return err;
}

/* The part behind @len bytes, charged, in no queue; or NULL. */
static struct sk_buff *cut_tail(struct sock *sk, struct sk_buff *skb, u32 len,
				u32 mss)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 rest = skb->len - len;
	struct sk_buff *tail;

	if (skb_own_head(skb, GFP_ATOMIC))
		return NULL;
	tail = xtcp_sndqueue_alloc(sk, GFP_ATOMIC);
	if (!tail)
		return NULL;
	xtcp_memory_force(sk, tail->truesize);
	xtcp_sndqueue_charge(sk, tail);
	*XTCP_CB(tail) = *cb;
	XTCP_CB(tail)->seq = cb->seq + len;
	cb->end_seq = cb->seq + len;
	cb->flags &= ~(XTCP_FIN | XTCP_PSH);
	cb->eor = false;
	/* Each learns anew where the run of SACKed ones ends. */
	if (cb->sacked & XTCP_SKB_SACKED) {
		cb->run_last = skb;
		XTCP_CB(tail)->run_last = tail;
	}
	skb_split(skb, tail, len);
	tail->truesize += rest;
	skb->truesize -= rest;
	xtcp_sndqueue_set_segs(skb, mss);
	xtcp_sndqueue_set_segs(tail, mss);
	return tail;
}

/**
 * xtcp_sndqueue_split() - cut a buffer of the write queue in two
 * @sk: locked
 * @skb: keeps the first @len bytes
 * @len: bytes, less than @skb has; or as many, and its FIN goes
 * @mss: to count the parts with
 *
 * Counterpart of the kernel's tcp_fragment() and tso_fragment().
 *
 * Context: atomic.
 * Return: 0 or -ENOMEM.
 */
int xtcp_sndqueue_split(struct sock *sk, struct sk_buff *skb, u32 len, u32 mss)
{
	struct sk_buff *tail = cut_tail(sk, skb, len, mss);

	sock_owned_by_me(sk);
	if (!tail)
		return -ENOMEM;
	__skb_queue_after(&sk->sk_write_queue, skb, tail);
	return 0;
}

/**
 * xtcp_sndqueue_split_sent() - cut a buffer that was sent in two
 * @sk: locked
 * @skb: not acknowledged; keeps the first @len bytes
 * @len: bytes, less than @skb has
 * @mss: to count the parts with
 *
 * Context: atomic.
 * Return: 0 or -ENOMEM.
 */
int xtcp_sndqueue_split_sent(struct sock *sk, struct sk_buff *skb, u32 len,
			     u32 mss)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 old = XTCP_CB(skb)->segs;
	struct sk_buff *tail;

	sock_owned_by_me(sk);
	/* A peer's tiny MSS must not turn one buffer into a thousand. */
	if (sk->sk_wmem_queued >> 1 > sk->sk_sndbuf +
				      2LL * SKB_TRUESIZE(XTCP_GSO_MAX) &&
	    skb != xtcp_rtx_head(xs) && skb != xtcp_rtx_tail(xs))
		return -ENOMEM;
	tail = cut_tail(sk, skb, len, mss);
	if (!tail)
		return -ENOMEM;
	xtcp_scoreboard_add_part(xs, skb, tail, old);
	return 0;
}

/* Its pages go behind those of @skb; none is copied. */
static bool take_pages(struct sk_buff *skb, struct sk_buff *next)
{
	struct skb_shared_info *to = skb_shinfo(skb), *from = skb_shinfo(next);
	int i;

	if (skb_headlen(next) || to->nr_frags + from->nr_frags > MAX_SKB_FRAGS)
		return false;
	for (i = 0; i < from->nr_frags; i++)
		to->frags[to->nr_frags++] = from->frags[i];
	from->nr_frags = 0;
	skb->len += next->len;
	skb->data_len += next->len;
	skb->truesize += next->len;
	next->truesize -= next->len;
	next->data_len = 0;
	next->len = 0;
	return true;
}

/**
 * xtcp_sndqueue_merge() - two buffers that were sent become one
 * @sk: locked
 * @skb: takes what @next has; neither is cloned, and both fit into a segment
 * @next: the one behind it; freed
 *
 * Counterpart of the kernel's tcp_collapse_retrans().
 *
 * Return: false if there is no room.
 */
bool xtcp_sndqueue_merge(struct sock *sk, struct sk_buff *skb,
			 struct sk_buff *next)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb), *behind = XTCP_CB(next);

	sock_owned_by_me(sk);
	if (!take_pages(skb, next))
		return false;
	cb->end_seq = behind->end_seq;
	cb->flags |= behind->flags;
	cb->eor = behind->eor;
	cb->sacked |= behind->sacked & XTCP_SKB_EVER_RETRANS;
	if (xs->retransmit_hint == next)
		xtcp_scoreboard_repaired_to(xs, skb);
	xtcp_scoreboard_remove(xs, next);
	xtcp_sndqueue_free(sk, next);
	return true;
}

/* Does the write queue hold @len bytes that may leave in one segment? */
static bool gatherable(struct sock *sk, u32 len)
{
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_write_queue, skb) {
		if (len <= skb->len)
			return true;
		if (XTCP_CB(skb)->eor)
			return false;
		len -= skb->len;
	}
	return false;
}

/* What is next goes to the end of the head, @room bytes of it; false: it can't */
static bool gather_next(struct sock *sk, struct sk_buff *skb, u32 room, u32 mss)
{
	struct sk_buff *next = skb_queue_next(&sk->sk_write_queue, skb);
	struct xtcp_skb_cb *cb = XTCP_CB(skb), *behind = XTCP_CB(next);

	if (next->len > room && xtcp_sndqueue_split(sk, next, room, mss))
		return false;
	if (skb_cloned(skb) || skb_cloned(next) || !take_pages(skb, next))
		return false;
	cb->end_seq = behind->end_seq;
	cb->flags |= behind->flags;
	cb->eor = behind->eor;
	__skb_unlink(next, &sk->sk_write_queue);
	xtcp_sndqueue_free(sk, next);
	return true;
}

/**
 * xtcp_sndqueue_gather() - the head of the write queue shall have so many bytes
 * @sk: locked
 * @len: bytes, fewer than are unsent
 * @mss: to count what is cut off with
 *
 * No byte is copied.
 *
 * Context: atomic.
 * Return: false if it can't be; what was put together stays so.
 */
bool xtcp_sndqueue_gather(struct sock *sk, u32 len, u32 mss)
{
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);

	sock_owned_by_me(sk);
	if (!gatherable(sk, len))
		return false;
	while (skb->len < len)
		if (!gather_next(sk, skb, len - skb->len, mss))
			return false;
	return skb->len == len || !xtcp_sndqueue_split(sk, skb, len, mss);
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
 * xtcp_sndqueue_copy() - what leaves, while a queued buffer waits for its ACK
 * @skb: in one of the send queues
 * @gfp: how
 *
 * Context: as @gfp.
 * Return: a clone, or a copy where an earlier one may still use the headers in the
 *	   shared head; or NULL.
 */
struct sk_buff *xtcp_sndqueue_copy(struct sk_buff *skb, gfp_t gfp)
{
	struct list_head links = skb->tcp_tsorted_anchor;
	struct sk_buff *copy;

	/* They lie where a copy takes a route from. */
	skb->tcp_tsorted_anchor = (struct list_head){};
	if (unlikely(skb_cloned(skb)))
		copy = __pskb_copy(skb, XTCP_MAX_HEADER, gfp);
	else
		copy = skb_clone(skb, gfp);
	skb->tcp_tsorted_anchor = links;
	return copy;
}

/**
 * xtcp_sndqueue_sent() - the head of the write queue has left: it waits for its ACK
 * @sk: locked
 * @skb: the head
 */
void xtcp_sndqueue_sent(struct sock *sk, struct sk_buff *skb)
{
	sock_owned_by_me(sk);
	__skb_unlink(skb, &sk->sk_write_queue);
	xtcp_scoreboard_add(xtcp_sk(sk), skb);
}

/**
 * xtcp_sndqueue_sent_syn() - our SYN, about to leave: it waits for its ACK
 * @sk: locked, nothing in flight
 * @skb: the SYN, uncharged
 */
void xtcp_sndqueue_sent_syn(struct sock *sk, struct sk_buff *skb)
{
	sock_owned_by_me(sk);
	xtcp_memory_force(sk, skb->truesize);
	xtcp_sndqueue_charge(sk, skb);
	xtcp_scoreboard_add(xtcp_sk(sk), skb);
}

/**
 * xtcp_sndqueue_acked() - a buffer is acknowledged
 * @sk: locked
 * @skb: was sent; freed
 *
 * Its memory stays with the socket for what the same segment brings, or lets leave;
 * the caller gives the rest back: sk_mem_reclaim().
 */
void xtcp_sndqueue_acked(struct sock *sk, struct sk_buff *skb)
{
	sock_owned_by_me(sk);
	xtcp_scoreboard_remove(xtcp_sk(sk), skb);
	sk_wmem_queued_add(sk, -skb->truesize);
	sk_forward_alloc_add(sk, skb->truesize);
	__kfree_skb(skb);
}

/**
 * xtcp_sndqueue_recount() - the MSS is another: count a buffer anew
 * @sk: locked
 * @skb: was sent
 * @mss: in effect now
 */
void xtcp_sndqueue_recount(struct sock *sk, struct sk_buff *skb, u32 mss)
{
	u32 old = XTCP_CB(skb)->segs;

	sock_owned_by_me(sk);
	xtcp_sndqueue_set_segs(skb, mss);
	xtcp_scoreboard_recounted(xtcp_sk(sk), skb, old);
}
