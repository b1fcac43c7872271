// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data that waits, in fewer buffers: each is charged to the socket with its
 * overhead, which may be many times what it carries.
 */
#include <linux/log2.h>

#include "xtcp.h"
#include "parts/compact.h"
#include "parts/skb.h"
#include "parts/window.h"

#define COMPACT_PAGE	((u32)SKB_MAX_ORDER(0, 0))
#define COMPACT_LITTLE	65536U	/* bytes that are copied for any gain */

/* Buffers one behind the other that shall be fewer */
struct compact_run {
	struct sk_buff *first;
	unsigned int buffers;
	u32 truesize;
	u32 seq, end;
};

/**
 * xtcp_compact_join() - put a segment into the buffer before it, if that is cheap
 * @sk: locked
 * @to: waits already, charged
 * @from: the segment
 * @stolen: set if true is returned: @from is for kfree_skb_partial(), its own
 *	    charge, if any, with it
 *
 * Counterpart of the kernel's tcp_try_coalesce().
 *
 * Context: softirq.
 * Return: false if it does not follow @to, or was left as it is.
 */
bool xtcp_compact_join(struct sock *sk, struct sk_buff *to,
		       struct sk_buff *from, bool *stolen)
{
	int delta;

	sock_owned_by_me(sk);
	if (XTCP_CB(to)->end_seq != XTCP_CB(from)->seq ||
	    XTCP_CB(to)->flags & XTCP_FIN ||
	    !skb_try_coalesce(to, from, stolen, &delta))
		return false;
	XTCP_CB(to)->end_seq = XTCP_CB(from)->end_seq;
	XTCP_CB(to)->flags |= XTCP_CB(from)->flags & (XTCP_FIN | XTCP_PSH);
	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	XTCP_INC(sock_net(sk), RCVCOALESCE);
	return true;
}

/* What so many bytes weigh in buffers of a page, and one for the rest, at most */
static u64 compact_weight(u32 bytes)
{
	u32 overhead = PAGE_SIZE - SKB_WITH_OVERHEAD(PAGE_SIZE);
	u64 weight = (u64)(bytes / COMPACT_PAGE) * SKB_TRUESIZE(COMPACT_PAGE);
	u32 rest = bytes % COMPACT_PAGE;

	if (rest)
		weight += SKB_TRUESIZE(min_t(u32, COMPACT_PAGE,
					     roundup_pow_of_two(rest + overhead) - overhead));
	return weight;
}

/**
 * xtcp_compact_gains() - would data take less memory in buffers of a page?
 * @bytes: how much there is
 * @truesize: of the buffers that it is in
 */
bool xtcp_compact_gains(u32 bytes, u32 truesize)
{
	return compact_weight(bytes) < truesize;
}

/* Worth it that dense buffers are copied, too: there is little, or an eighth is freed. */
static bool gains_much(const struct compact_run *r)
{
	u64 weight = compact_weight(r->end - r->seq);

	return r->buffers && weight < r->truesize &&
	       (r->truesize <= COMPACT_LITTLE || weight + (weight >> 3) <= r->truesize);
}

/* Does it weigh more than the window allows for what it has from @seq on? */
static bool is_sparse(const struct sock *sk, const struct sk_buff *skb, u32 seq)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 from = seq_after(seq, cb->seq) ? seq : cb->seq;

	return !(cb->flags & XTCP_FIN) &&
	       xtcp_window_from_space(sk, skb->truesize) > (s32)(cb->end_seq - from);
}

/*
 * Does what is to be copied begin, or go on, with it?  If @all that follows is: also
 * where what comes before @r->end is in it again, or was read.
 */
static bool belongs_to_run(const struct sock *sk, const struct sk_buff *skb,
			   const struct compact_run *r, bool all)
{
	if (is_sparse(sk, skb, r->end))
		return true;
	return all && !(XTCP_CB(skb)->flags & XTCP_FIN) &&
	       (r->buffers || seq_before(XTCP_CB(skb)->seq, r->end));
}

static struct sk_buff *compact_next(const struct sk_buff_head *list,
				    const struct sk_buff *skb)
{
	return skb_queue_is_last(list, skb) ? NULL : skb_queue_next(list, skb);
}

/*
 * The sparse buffers that stand together, from @skb on, or @all that follow the first
 * of them; @r->end: where what comes before them ends.  Returns the one behind them.
 */
static struct sk_buff *run_find(struct sock *sk, const struct sk_buff_head *list,
				struct sk_buff *skb, struct compact_run *r, bool all)
{
	r->buffers = 0;
	r->truesize = 0;
	for (; skb; skb = compact_next(list, skb)) {
		u32 end_seq = XTCP_CB(skb)->end_seq;

		if (belongs_to_run(sk, skb, r, all)) {
			if (!r->buffers++) {
				r->first = skb;
				r->seq = r->end;
			}
			r->truesize += skb->truesize;
		} else if (r->buffers) {
			break;
		}
		r->end = seq_after(end_seq, r->end) ? end_seq : r->end;
	}
	return skb;
}

/* Room for what begins at @seq: in the last of @made, or in one more. */
static struct sk_buff *run_room(struct sock *sk, const struct compact_run *r,
				struct sk_buff_head *made, u32 seq)
{
	struct sk_buff *skb = skb_peek_tail(made);

	if (skb && skb_tailroom(skb))
		return skb;
	skb = alloc_skb(min(COMPACT_PAGE, r->end - seq), GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	*XTCP_CB(skb) = *XTCP_CB(r->first);
	XTCP_CB(skb)->seq = seq;
	XTCP_CB(skb)->end_seq = seq;
	skb_set_owner_r(skb, sk);
	__skb_queue_tail(made, skb);
	return skb;
}

/* Into @made, one buffer after the other, as far as there is memory for it. */
static void run_copy(struct sock *sk, struct sk_buff_head *list,
		     struct compact_run *r, struct sk_buff_head *made)
{
	u32 seq = r->seq;

	while (r->buffers) {
		struct sk_buff *skb = r->first, *room;
		s32 left = XTCP_CB(skb)->end_seq - seq;

		if (left > 0) {
			room = run_room(sk, r, made, seq);
			if (!room)
				return;
			left = min(left, skb_tailroom(room));
			if (skb_copy_bits(skb, seq - XTCP_CB(skb)->seq,
					  skb_tail_pointer(room), left))
				return;
			skb_put(room, left);
			seq += left;
			XTCP_CB(room)->end_seq = seq;
			continue;
		}
		r->first = compact_next(list, skb);
		r->buffers--;
		__skb_unlink(skb, list);
		__kfree_skb(skb);
		XTCP_INC(sock_net(sk), RCVCOLLAPSED);
	}
}

static void run_replace(struct sock *sk, struct sk_buff_head *list,
			struct compact_run *r)
{
	struct sk_buff_head made;
	struct sk_buff *skb;

	__skb_queue_head_init(&made);
	run_copy(sk, list, r, &made);
	while ((skb = __skb_dequeue(&made))) {
		if (r->first)
			__skb_queue_before(list, r->first, skb);
		else
			__skb_queue_tail(list, skb);
	}
}

/**
 * xtcp_compact_list() - copy data together that takes too much memory (G-127)
 * @sk: locked
 * @list: buffers of it, charged, each of which begins where those before it end, or
 *	  earlier
 * @seq: what comes before it is not needed
 *
 * From the first that is sparse, or was read in part, on, if that frees much; else only
 * what is sparse.  So what is copied is not copied again the next time.
 *
 * Counterpart of the kernel's tcp_collapse().
 *
 * Context: softirq.
 */
void xtcp_compact_list(struct sock *sk, struct sk_buff_head *list, u32 seq)
{
	struct sk_buff *skb = skb_peek(list);
	struct compact_run r = { .end = seq };

	sock_owned_by_me(sk);
	run_find(sk, list, skb, &r, true);
	if (gains_much(&r)) {
		run_replace(sk, list, &r);
		return;
	}
	r = (struct compact_run){ .end = seq };
	while (skb) {
		skb = run_find(sk, list, skb, &r, false);
		if (r.buffers && xtcp_compact_gains(r.end - r.seq, r.truesize))
			run_replace(sk, list, &r);
	}
}
