// SPDX-License-Identifier: GPL-2.0-only
/*
 * SACK blocks of the peer (RFC 2018), D-SACK among them (RFC 2883): what they tell
 * enters the scoreboard.
 */
#include "xtcp.h"
#include "cong/undo.h"
#include "life/recovery.h"
#include "life/sack.h"
#include "parts/options.h"
#include "parts/rack.h"
#include "parts/rate.h"
#include "parts/reordering.h"
#include "parts/scoreboard.h"
#include "parts/sndqueue.h"

/**
 * struct sack_block - what a block tells of: [@start, @end)
 * @start: first sequence number
 * @end: the one behind the last
 */
struct sack_block {
	u32 start;
	u32 end;
};

static struct sack_block read_block(const struct sk_buff *skb,
				    const struct xtcp_options *o, unsigned int i)
{
	const u8 *p = (const u8 *)tcp_hdr(skb) + o->sack_at + 8 * i;

	return (struct sack_block){
		.start = get_unaligned_be32(p),
		.end = get_unaligned_be32(p + 4),
	};
}

/*
 * RFC 2883 4: the first block tells of a duplicate if it lies before what the
 * segment acknowledges, or within the second.
 */
static bool is_dsack(const struct sack_block *b, unsigned int n, u32 ack)
{
	if (seq_before(b[0].start, ack))
		return true;
	return n > 1 && !seq_before(b[0].start, b[1].start) &&
	       !seq_after(b[0].end, b[1].end);
}

/*
 * Is it of something that we sent, and may a D-SACK still matter?  A stranger or an
 * old segment must not have us look at what is not there.
 */
static bool block_valid(const struct xtcp_sock *xs, const struct sack_block *b,
			bool dsack)
{
	if (seq_after(b->end, xs->snd_nxt) || !seq_before(b->start, b->end) ||
	    !seq_before(b->start, xs->snd_nxt))
		return false;
	/* At SND.UNA itself a receiver has a hole, or it would acknowledge it. */
	if (seq_after(b->start, xs->snd_una))
		return true;
	if (!dsack || !xs->undo_marker)
		return false;
	if (seq_after(b->end, xs->snd_una))
		return false;
	if (!seq_before(b->start, xs->undo_marker))
		return true;
	if (!seq_after(b->end, xs->undo_marker))
		return false;
	return !seq_before(b->start, b->end - xs->max_window);
}

/* Segments that a D-SACK tells of; 0: it is none of ours. */
static u32 dsack_segs(struct sock *sk, const struct sack_block *b,
		      struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 len = b->end - b->start, segs = 1;

	if (!seq_before(b->start, b->end) || len > xs->max_window)
		return 0;
	if (len > xs->mss_cache)
		segs = DIV_ROUND_UP(len, xs->mss_cache);
	else if (xs->tlp_high_seq && xs->tlp_high_seq == b->end)
		a->dsack_tlp = true;
	/* No more than was sent twice can have come twice. */
	xtcp_undo_dsack_dups(xs, segs);
	if (xs->dsack_dups > xs->total_retrans)
		return 0;
	/* A probe of the tail was not sent for a loss. */
	if (!a->dsack_tlp)
		xtcp_rack_dsack(xs);
	/* One that was needless arrived, too. */
	a->told += segs;
	return segs;
}

/* True if the first block is a D-SACK that can be one. */
static bool check_dsack(struct sock *sk, const struct sack_block *b,
			unsigned int n, struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 segs;

	if (!is_dsack(b, n, a->ack))
		return false;
	if (seq_before(b[0].start, a->ack))
		XTCP_INC(sock_net(sk), DSACKRECV);
	else
		XTCP_INC(sock_net(sk), DSACKOFORECV);
	segs = dsack_segs(sk, b, a);
	if (!segs) {
		XTCP_INC(sock_net(sk), DSACKIGNOREDDUBIOUS);
		return false;
	}
	XTCP_ADD(sock_net(sk), DSACKRECVSEGS, segs);
	/* Of what was acknowledged long ago nothing but the number is known. */
	if (!seq_after(b[0].end, a->prior_una) &&
	    xs->undo_marker && seq_after(b[0].end, xs->undo_marker))
		xtcp_undo_dsack(xs, segs);
	return true;
}

/* Which are wrong, by RFC 2018 and 2883; an ACK that was overtaken may tell old news. */
static void count_ignored(struct sock *sk, const struct sack_block *b, bool dsack,
			  u32 ack)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (dsack && !xs->undo_marker)
		XTCP_INC(sock_net(sk), DSACKIGNOREDNOUNDO);
	else if (dsack)
		XTCP_INC(sock_net(sk), DSACKIGNOREDOLD);
	else if (ack == xs->snd_una || seq_after(b->end, xs->snd_una))
		XTCP_INC(sock_net(sk), SACKDISCARD);
}

/* By their beginning: what lies above a hole tells that it is one. */
static void sort_blocks(struct sack_block *b, unsigned int n)
{
	unsigned int i, j;

	for (i = 1; i < n; i++)
		for (j = i; j && seq_before(b[j].start, b[j - 1].start); j--)
			swap(b[j], b[j - 1]);
}

/* The peer has it: what that tells of times and of the path */
static void tag_one(struct sock *sk, struct sk_buff *skb, struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	xtcp_rack_advance(xs, cb->sacked, cb->end_seq, cb->sent_us);
	if (!(cb->sacked & (XTCP_SKB_RETRANS | XTCP_SKB_EVER_RETRANS))) {
		/* In a hole, and sent once: it was overtaken. */
		if (seq_before(cb->seq, xtcp_highest_sack(xs)) &&
		    seq_before(cb->seq, a->reord))
			a->reord = cb->seq;
		if (!seq_after(cb->end_seq, xs->high_seq))
			a->orig = true;
		if (!a->first_sack_us)
			a->first_sack_us = cb->sent_us;
		a->last_sack_us = cb->sent_us;
	}
	a->sacked = true;
	a->told += cb->segs;
	xtcp_rate_delivered(xs, skb, &a->rs);
	xtcp_scoreboard_sacked(xs, skb);
}

/*
 * Where to cut a buffer of which a block tells a part, so that the parts are whole
 * segments: bytes; 0: nowhere.
 */
static u32 cut_at(const struct sk_buff *skb, const struct sack_block *b)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	bool head = !seq_after(b->start, cb->seq);
	u32 mss = cb->mss;
	u32 len = head ? b->end - cb->seq : b->start - cb->seq;

	if (head)
		return rounddown(len, mss);
	len = roundup(max(len, 1U), mss);
	return len < skb->len ? len : 0;
}

/* Is all of it in the block?  It is cut if that helps. */
static bool block_covers(struct sock *sk, struct sk_buff *skb,
			 const struct sack_block *b)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 len;

	if (!seq_after(b->start, cb->seq) && !seq_before(b->end, cb->end_seq))
		return true;
	if (cb->segs <= 1 || cb->sacked & XTCP_SKB_SACKED)
		return false;
	len = cut_at(skb, b);
	if (!len || len >= skb->len ||
	    xtcp_sndqueue_split_sent(sk, skb, len, cb->mss))
		return false;
	return !seq_after(b->start, cb->seq);
}

/* Marks what a block tells of, and passes over what was told before. */
static void tag_block(struct sock *sk, const struct sack_block *b,
		      struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_scoreboard_find(xs, b->start);

	while (skb && seq_before(XTCP_CB(skb)->seq, b->end)) {
		if (XTCP_CB(skb)->sacked & XTCP_SKB_SACKED)
			skb = xtcp_scoreboard_run_end(skb);
		else if (block_covers(sk, skb, b))
			tag_one(sk, skb, a);
		skb = xtcp_rtx_next(skb);
	}
}

/* A duplicate of what is still on the scoreboard: did the first copy arrive? */
static void dup_before(struct sock *sk, const struct sack_block *b,
		       struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_scoreboard_find(xs, b->start);

	for (; skb && seq_before(XTCP_CB(skb)->seq, b->end);
	     skb = xtcp_rtx_next(skb)) {
		struct xtcp_skb_cb *cb = XTCP_CB(skb);

		if (!(cb->sacked & (XTCP_SKB_RETRANS | XTCP_SKB_EVER_RETRANS)) ||
		    !block_covers(sk, skb, b))
			continue;
		if (xs->undo_marker && seq_after(cb->end_seq, xs->undo_marker))
			xtcp_undo_dsack(xs, cb->segs);
		if (cb->sacked & XTCP_SKB_SACKED &&
		    seq_before(cb->seq, a->reord))
			a->reord = cb->seq;
	}
}

/* And the second copy is not under way any more. */
static void dup_after(struct sock *sk, const struct sack_block *b)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_scoreboard_find(xs, b->start);

	for (; skb && seq_before(XTCP_CB(skb)->seq, b->end);
	     skb = xtcp_rtx_next(skb))
		if (XTCP_CB(skb)->sacked & XTCP_SKB_RETRANS &&
		    block_covers(sk, skb, b))
			xtcp_scoreboard_not_resent(xs, skb);
}

/* Which blocks count, sorted; @dup: set to the first if it tells of a duplicate */
static unsigned int choose_blocks(struct sock *sk, struct sack_block *b,
				  unsigned int all, struct sack_block *dup,
				  const struct xtcp_ack *a)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	unsigned int i, n = 0;

	for (i = 0; i < all; i++) {
		bool dsack = a->dsack && !i;

		if (!block_valid(xs, &b[i], dsack)) {
			count_ignored(sk, &b[i], dsack, a->ack);
			continue;
		}
		if (!seq_after(b[i].end, a->prior_una))
			continue;
		if (dsack)
			*dup = b[i];
		/* What is acknowledged by now needs no marks. */
		if (seq_after(b[i].end, xs->snd_una))
			b[n++] = b[i];
	}
	sort_blocks(b, n);
	return n;
}

/**
 * xtcp_sack_read() - the SACK blocks of a segment
 * @sk: locked, clock read
 * @skb: the segment; its acknowledgment number is not above SND.NXT
 * @o: its options, with blocks
 * @a: what the acknowledgment does; ack, prior_una and reord set
 *
 * Counterpart of the kernel's tcp_sacktag_write_queue().
 *
 * Context: softirq.
 */
void xtcp_sack_read(struct sock *sk, const struct sk_buff *skb,
		    const struct xtcp_options *o, struct xtcp_ack *a)
{
	unsigned int i, n, all = min_t(unsigned int, o->num_sacks, 4);
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sack_block b[4], dup = { };

	sock_owned_by_me(sk);
	for (i = 0; i < all; i++)
		b[i] = read_block(skb, o, i);
	a->dsack = check_dsack(sk, b, all, a);
	/* An ACK older than a whole window; or nothing is out that it could tell of. */
	if (seq_before(a->ack, a->prior_una - xs->max_window) || !xs->packets_out)
		return;
	n = choose_blocks(sk, b, all, &dup, a);
	if (dup.start != dup.end)
		dup_before(sk, &dup, a);
	for (i = 0; i < n; i++)
		tag_block(sk, &b[i], a);
	if (dup.start != dup.end)
		dup_after(sk, &dup);
	if (xs->ca_state != XTCP_CA_LOSS || xs->undo_marker)
		xtcp_reordering_seen(sk, a->reord, false);
	/* Once is enough: what is acknowledged tells for itself. */
	a->reord = xs->snd_nxt;
}
