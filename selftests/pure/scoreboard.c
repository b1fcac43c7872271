// SPDX-License-Identifier: GPL-2.0
/*
 * The scoreboard against a plain list of what is out: after any marks in any order
 * its counts, its lookups, its runs and its order by time are what the list says.
 */
#include "module/parts/scoreboard.c"
#include "pure.h"

#define STEPS	300
#define MOST	64

static struct pure_world world;

/* What is out, by sequence number */
static struct sk_buff *out[MOST];
static unsigned int n_out;

static u32 count(u8 mark)
{
	unsigned int i;
	u32 n = 0;

	for (i = 0; i < n_out; i++)
		if (!mark || XTCP_CB(out[i])->sacked & mark)
			n += XTCP_CB(out[i])->segs;
	return n;
}

static u32 highest_sacked(const struct xtcp_sock *xs)
{
	u32 high = xs->snd_una;
	unsigned int i;

	for (i = 0; i < n_out; i++)
		if (XTCP_CB(out[i])->sacked & XTCP_SKB_SACKED)
			high = XTCP_CB(out[i])->end_seq;
	return high;
}

static void check_counts(const struct xtcp_sock *xs)
{
	CHECK(xs->packets_out == count(0));
	CHECK(xs->sacked_out == count(XTCP_SKB_SACKED));
	CHECK(xs->lost_out == count(XTCP_SKB_LOST));
	CHECK(xs->retrans_out == count(XTCP_SKB_RETRANS));
	CHECK(xtcp_highest_sack(xs) == highest_sacked(xs));
}

/* By time, all whose fate is open, and those alone */
static void check_times(const struct xtcp_sock *xs)
{
	const struct list_head *pos = xs->tsorted_sent_queue.next;
	unsigned int i, open = 0, listed = 0;
	u64 last = 0;

	for (; pos != &xs->tsorted_sent_queue; pos = pos->next, listed++) {
		const struct sk_buff *skb = container_of(pos, struct sk_buff,
							 tcp_tsorted_anchor);

		CHECK(XTCP_CB(skb)->sent_us >= last);
		last = XTCP_CB(skb)->sent_us;
	}
	for (i = 0; i < n_out; i++) {
		u8 marks = XTCP_CB(out[i])->sacked;

		open += !(marks & XTCP_SKB_SACKED) &&
			(!(marks & XTCP_SKB_LOST) || marks & XTCP_SKB_RETRANS);
	}
	CHECK(listed == open);
}

static void check_lookups(const struct xtcp_sock *xs, u32 seq)
{
	unsigned int i, last;

	for (i = 0; i < n_out; i++) {
		CHECK(xtcp_scoreboard_find(xs, XTCP_CB(out[i])->seq) == out[i]);
		CHECK(xtcp_scoreboard_find(xs, XTCP_CB(out[i])->end_seq - 1) == out[i]);
	}
	CHECK(!xtcp_scoreboard_find(xs, xs->snd_una - 1));
	CHECK(!xtcp_scoreboard_find(xs, xs->snd_nxt));
	CHECK(xtcp_rtx_head(xs) == (n_out ? out[0] : NULL));
	CHECK(xtcp_rtx_tail(xs) == (n_out ? out[n_out - 1] : NULL));
	if (!n_out)
		return;
	i = seq % n_out;
	if (!(XTCP_CB(out[i])->sacked & XTCP_SKB_SACKED))
		return;
	for (last = i; last + 1 < n_out &&
	     XTCP_CB(out[last + 1])->sacked & XTCP_SKB_SACKED; last++)
		;
	CHECK(xtcp_scoreboard_run_end(out[i]) == out[last]);
}

static void send_new(struct xtcp_sock *xs, unsigned int segs)
{
	struct sk_buff *skb = calloc(1, sizeof(*skb));
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	if (n_out == MOST) {
		free(skb);
		return;
	}
	cb->seq = xs->snd_nxt;
	cb->end_seq = cb->seq + segs * 100;
	cb->segs = segs;
	cb->mss = 100;
	cb->sent_us = ++pure_ns;
	xs->snd_nxt = cb->end_seq;
	xtcp_scoreboard_add(xs, skb);
	out[n_out++] = skb;
}

static void acknowledge(struct xtcp_sock *xs, unsigned int n)
{
	unsigned int i;

	n = n < n_out ? n : n_out;
	for (i = 0; i < n; i++) {
		xs->snd_una = XTCP_CB(out[i])->end_seq;
		xtcp_scoreboard_remove(xs, out[i]);
		CHECK(!out[i]->tcp_tsorted_anchor.next);
		free(out[i]);
	}
	memmove(out, out + n, (n_out - n) * sizeof(out[0]));
	n_out -= n;
}

/* The first segment of several, and the rest */
static void split(struct xtcp_sock *xs, unsigned int i)
{
	struct xtcp_skb_cb *cb = XTCP_CB(out[i]);
	struct sk_buff *tail;
	u32 old = cb->segs;

	if (old < 2 || n_out == MOST || cb->sacked & XTCP_SKB_SACKED)
		return;
	tail = calloc(1, sizeof(*tail));
	*XTCP_CB(tail) = *cb;
	XTCP_CB(tail)->seq = cb->seq + 100;
	XTCP_CB(tail)->segs = old - 1;
	cb->end_seq = cb->seq + 100;
	cb->segs = 1;
	xtcp_scoreboard_add_part(xs, out[i], tail, old);
	memmove(out + i + 2, out + i + 1, (n_out - i - 1) * sizeof(out[0]));
	out[i + 1] = tail;
	n_out++;
}

static void resend(struct xtcp_sock *xs, struct sk_buff *skb)
{
	u8 marks = XTCP_CB(skb)->sacked;

	if (!(marks & XTCP_SKB_LOST) || marks & (XTCP_SKB_SACKED | XTCP_SKB_RETRANS))
		return;
	XTCP_CB(skb)->sent_us = ++pure_ns;
	xtcp_scoreboard_sent_now(xs, skb);
	xtcp_scoreboard_resent(xs, skb);
}

static void mark_one(struct pure_in *in, struct xtcp_sock *xs)
{
	unsigned int i = pure_below(in, MOST);

	if (!n_out)
		return;
	i %= n_out;
	switch (pure_below(in, 8)) {
	case 0:
	case 1:
	case 2:
		if (!(XTCP_CB(out[i])->sacked & XTCP_SKB_SACKED))
			xtcp_scoreboard_sacked(xs, out[i]);
		break;
	case 3:
	case 4:
		xtcp_scoreboard_lost(xs, out[i]);
		break;
	case 5:
		resend(xs, out[i]);
		break;
	case 6:
		split(xs, i);
		break;
	default:
		if (!(XTCP_CB(out[i])->sacked & XTCP_SKB_SACKED))
			resend(xs, out[i]);
		break;
	}
}

/* As a timeout does: what was SACKed is forgotten, and all is lost. */
static void renege(struct xtcp_sock *xs)
{
	unsigned int i;

	xtcp_scoreboard_renege(xs);
	for (i = 0; i < n_out; i++)
		xtcp_scoreboard_lost(xs, out[i]);
}

static void step(struct pure_in *in, struct xtcp_sock *xs)
{
	switch (pure_below(in, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		send_new(xs, 1 + pure_below(in, 4));
		break;
	case 4:
		acknowledge(xs, pure_below(in, MOST));
		break;
	case 5:
		renege(xs);
		break;
	case 6:
		xtcp_scoreboard_not_lost(xs);
		break;
	default:
		mark_one(in, xs);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct xtcp_sock *xs = xtcp_sk(pure_sock(&world));
	struct pure_in in = { data, size };
	int i;

	xs->snd_una = pure_raw(&in);
	xs->snd_nxt = xs->snd_una;
	xs->sack_ok = true;
	n_out = 0;
	xtcp_scoreboard_init(xs);
	for (i = 0; i < STEPS && in.left; i++) {
		step(&in, xs);
		check_counts(xs);
		check_times(xs);
		check_lookups(xs, pure_ns + i);
	}
	acknowledge(xs, n_out);
	check_counts(xs);
	CHECK(!xs->retransmit_hint);
	return 0;
}
