// SPDX-License-Identifier: GPL-2.0
/*
 * Data ahead of a gap, and the blocks that tell of it: whatever segments come, and
 * in whatever order, what is told is held, what is held is found again in order, and
 * a block of what came twice has come before.
 */
/* So that little data fills several */
#undef SKB_MAX_ORDER
#define SKB_MAX_ORDER(head, order)	24

#include "module/parts/compact.c"
#include "module/parts/ofo.c"
#include "module/parts/sackblocks.c"
#include "pure.h"

#define SPAN	160	/* sequence numbers that are in play */
#define STEPS	120

static struct pure_world world;
static struct pure_in *input;
static u32 first;		/* the first of them */
static bool held[SPAN];		/* the model: what came and is not in order yet */
static unsigned int done;	/* so many are in order */
static int buffers;
static bool refused;		/* memory for one more */

static unsigned int at(u32 seq)
{
	return seq - first;
}

void skb_set_owner_r(struct sk_buff *skb, struct sock *sk)
{
	skb->sk = sk;
	sk->sk_rmem_alloc.counter += skb->truesize;
}

void __kfree_skb(struct sk_buff *skb)
{
	if (skb->sk)
		skb->sk->sk_rmem_alloc.counter -= skb->truesize;
	buffers--;
	free(skb->data);
	free(skb);
}

void kfree_skb_partial(struct sk_buff *skb, bool stolen)
{
	__kfree_skb(skb);
}

bool skb_try_coalesce(struct sk_buff *to, struct sk_buff *from, bool *stolen,
		      int *delta)
{
	if (!pure_below(input, 3))
		return false;
	*stolen = false;
	*delta = from->truesize;
	to->truesize += from->truesize;
	to->data = realloc(to->data, to->len + from->len);
	memcpy(to->data + to->len, from->data, from->len);
	to->len += from->len;
	to->room = 0;
	return true;
}

void xtcp_window_grow(struct sock *sk, const struct sk_buff *skb, bool joined)
{
}

int xtcp_window_from_space(const struct sock *sk, int space)
{
	return space / 16;
}

struct sk_buff *alloc_skb(unsigned int size, gfp_t gfp)
{
	struct sk_buff *skb;

	if (!pure_below(input, 16)) {
		refused = true;
		return NULL;
	}
	skb = calloc(1, sizeof(*skb));
	skb->data = malloc(size);
	skb->room = size;
	skb->truesize = SKB_TRUESIZE(size);
	buffers++;
	return skb;
}

/* Each byte of it tells its sequence number. */
static struct sk_buff *segment(unsigned int from, unsigned int to)
{
	struct sk_buff *skb = calloc(1, sizeof(*skb));
	unsigned int i;

	XTCP_CB(skb)->seq = first + from;
	XTCP_CB(skb)->end_seq = first + to;
	skb->len = to - from;
	skb->truesize = SKB_TRUESIZE(skb->len) + 16 * pure_below(input, 16);
	skb->data = malloc(skb->len);
	for (i = 0; i < skb->len; i++)
		skb->data[i] = from + i;
	buffers++;
	return skb;
}

/* The tree has what the model has, and what it is charged with. */
static void check_tree(const struct xtcp_sock *xs)
{
	const struct sk_buff *skb, *prev = NULL;
	bool found[SPAN] = {};
	unsigned int i, charge = 0;
	int n = 0;

	for (skb = skb_rb_first(&xs->out_of_order_queue); skb; skb = skb_rb_next(skb)) {
		CHECK(!prev || !seq_before(XTCP_CB(skb)->seq, XTCP_CB(prev)->seq));
		for (i = at(XTCP_CB(skb)->seq); i < at(XTCP_CB(skb)->end_seq); i++) {
			found[i] = i >= done;
			CHECK(skb->data[i - at(XTCP_CB(skb)->seq)] == (u8)i);
		}
		CHECK(skb->len == XTCP_CB(skb)->end_seq - XTCP_CB(skb)->seq);
		charge += skb->truesize;
		prev = skb;
		n++;
	}
	CHECK(!memcmp(found, held, sizeof(held)));
	CHECK(prev == xs->ooo_last_skb);
	CHECK(n == buffers && (int)charge == world.xs.inet.sk.sk_rmem_alloc.counter);
}

static bool all_held(unsigned int from, unsigned int to)
{
	while (from < to && held[from])
		from++;
	return from == to;
}

/* Reads the option back; @newest: what must be in the first block, or -1. */
static void check_told(struct xtcp_sock *xs, int newest)
{
	bool twice = xs->sacks.twice, told[SPAN] = {};
	unsigned int len = xtcp_sackblocks_len(xs);
	__be32 *room = malloc(len);
	unsigned int i, n = len / XTCP_OLEN_SACK_BLOCK;

	CHECK(n <= (xs->tstamp_ok ? 3 : 4));
	CHECK(xtcp_sackblocks_write(xs, room) == len);
	CHECK(!len || ntohl(room[0]) == (0x01010500 | (len - 2)));
	for (i = 0; i < n; i++) {
		unsigned int from = at(ntohl(room[1 + 2 * i]));
		unsigned int to = at(ntohl(room[2 + 2 * i]));

		CHECK(from < to && to <= SPAN);
		if (!i && twice) {
			CHECK(to <= done || from < done || all_held(from, to));
			continue;
		}
		CHECK(from > done && all_held(from, to));
		CHECK(i != twice || newest < 0 ||
		      (from <= (unsigned int)newest && (unsigned int)newest < to));
		/* They neither overlap nor touch. */
		CHECK(!told[from] && !told[to - 1] && !told[from - 1] &&
		      (to == SPAN || !told[to]));
		memset(told + from, true, to - from);
	}
	CHECK(newest < 0 || n > twice || (twice && n == 1));
	CHECK(!xs->sacks.twice);
	free(room);
}

static void early(struct xtcp_sock *xs)
{
	unsigned int from = done + 1 + pure_below(input, SPAN - 1 - done);
	unsigned int to = min(from + 1 + pure_below(input, 24), (unsigned int)SPAN);

	xtcp_ofo_insert(&xs->inet.sk, segment(from, to));
	xtcp_sackblocks_held(xs, first + from, first + to);
	memset(held + from, true, to - from);
	check_tree(xs);
	check_told(xs, from);
}

/* As rcvqueue.c does it */
static void in_order(struct xtcp_sock *xs)
{
	unsigned int to = min(done + 1 + pure_below(input, 24), (unsigned int)SPAN - 1);
	struct sock *sk = &xs->inet.sk;
	struct sk_buff *skb;

	xs->rcv_nxt = first + to;
	memset(held, false, to);
	for (done = to; done < SPAN - 1 && held[done]; done++)
		held[done] = false;
	while ((skb = xtcp_ofo_next(sk, first + to))) {
		CHECK(!seq_after(XTCP_CB(skb)->seq, xs->rcv_nxt));
		xs->rcv_nxt = XTCP_CB(skb)->end_seq;
		__kfree_skb(skb);
	}
	/* The last number may have come, too. */
	done = at(xs->rcv_nxt);
	memset(held, false, done);
	xtcp_sackblocks_advance(xs);
	check_tree(xs);
	check_told(xs, -1);
}

static void repeated(struct xtcp_sock *xs)
{
	unsigned int from = pure_below(input, done + 1), to;

	to = min(from + 1 + pure_below(input, 24), done);
	if (from < to)
		xtcp_sackblocks_twice(&xs->inet.sk, first + from, first + to);
	check_told(xs, -1);
}

/* What is left of the tree is the model from here on. */
static void prune(struct xtcp_sock *xs)
{
	u32 from = first + pure_below(input, SPAN);
	const struct sk_buff *skb;
	unsigned int i;

	xs->inet.sk.sk_rcvbuf = 200 + pure_raw(input) % 4096;
	xtcp_ofo_prune(&xs->inet.sk, from);
	memset(held, false, sizeof(held));
	for (skb = skb_rb_first(&xs->out_of_order_queue); skb; skb = skb_rb_next(skb)) {
		for (i = at(XTCP_CB(skb)->seq); i < at(XTCP_CB(skb)->end_seq); i++)
			held[i] = i >= done;
	}
	check_tree(xs);
	check_told(xs, -1);
}

/* The same bytes, in no more memory, as long as there is any to copy them to */
static void compact(struct xtcp_sock *xs)
{
	struct sock *sk = &xs->inet.sk;
	int before = sk->sk_rmem_alloc.counter;

	sk->sk_rcvbuf = 200 + pure_raw(input) % 65536;
	refused = false;
	xtcp_ofo_compact(sk);
	CHECK(sk->sk_rmem_alloc.counter <= before || refused);
	check_tree(xs);
	check_told(xs, -1);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };
	struct xtcp_sock *xs = xtcp_sk(pure_sock(&world));
	int i;

	input = &in;
	memset(held, false, sizeof(held));
	done = 0;
	first = pure_below(&in, 2) ? pure_raw(&in) : -pure_below(&in, SPAN);
	xs->rcv_nxt = first;
	xs->sack_ok = true;
	xs->tstamp_ok = pure_below(&in, 2);
	world.net.ipv4.sysctl_tcp_dsack = pure_below(&in, 4) > 0;
	for (i = 0; i < STEPS && in.left && done < SPAN - 2; i++) {
		switch (pure_below(&in, 9)) {
		case 0:
			in_order(xs);
			break;
		case 1:
			repeated(xs);
			break;
		case 2:
			prune(xs);
			break;
		case 3:
			compact(xs);
			break;
		default:
			early(xs);
		}
	}
	xtcp_ofo_purge(&xs->inet.sk);
	CHECK(!buffers && !xs->sacks.num);
	return 0;
}
