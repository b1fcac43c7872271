// SPDX-License-Identifier: GPL-2.0
/*
 * The receive window: of any numbers the first one and its scale are what
 * RFC 7323 allows, and whatever buffer and program do, its right edge never
 * moves back, what is offered fits into the field, and buffers keep their bounds.
 */
#include "module/parts/rcvspace.c"
#include "module/parts/window.c"
#include "pure.h"

#define STEPS	100

static struct pure_world world;
static u32 promised;	/* the right edge as the peer knows it */

static void check_initial(struct pure_in *in)
{
	struct sock *sk = pure_sock(&world);
	bool scaled = pure_below(in, 2);
	u32 mss = pure_u32(in), max_space = pure_u32(in), given = pure_u32(in);
	u32 clamp = given, window = ~0U, segs = pure_below(in, 2) ? pure_u32(in) : 0;
	u8 scale = 255;
	int space;

	xtcp_sk(sk)->scaling_ratio = 1 + pure_below(in, 255);
	world.net.ipv4.sysctl_tcp_workaround_signed_windows = pure_below(in, 2);
	sk->sk_rcvbuf = pure_raw(in) >> pure_below(in, 32);
	space = xtcp_window_from_space(sk, sk->sk_rcvbuf);
	xtcp_window_initial(sk, mss, scaled, &clamp, max_space, segs, &window,
			    &scale);
	CHECK(window <= (world.net.ipv4.sysctl_tcp_workaround_signed_windows ?
			 S16_MAX : U16_MAX));
	CHECK(window <= (u32)max(space, 0));
	CHECK(!given || window <= given);
	CHECK(!segs || window <= (u64)segs * mss);
	CHECK(scale <= XTCP_MAX_WSCALE && (scaled || !scale));
	CHECK(clamp && clamp <= (u32)U16_MAX << scale);
	CHECK(!given || clamp <= given);
	/* Whole segments, if one fits in and the field can tell them. */
	if (mss && mss < (u32)max(space, 0) && window < S16_MAX &&
	    (!given || mss < given))
		CHECK(window % mss == 0);
}

/* A connection that stands: numbers as a handshake leaves them */
static struct sock *connection(struct pure_in *in)
{
	struct sock *sk = pure_sock(&world);
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 mss = XTCP_MSS_MIN + pure_u32(in) % (U16_MAX - XTCP_MSS_MIN);

	world.net.ipv4.sysctl_tcp_app_win = pure_below(in, 32);
	world.net.ipv4.sysctl_tcp_shrink_window = pure_below(in, 4) == 1;
	world.net.ipv4.sysctl_tcp_rmem[2] = 1 + (pure_u32(in) >> 2);
	world.net.ipv4.sysctl_tcp_rcvbuf_low_rtt = pure_u32(in) >> 1;
	sk->sk_rcvbuf = 2304 + (pure_u32(in) >> 2);
	sk->sk_userlocks = pure_below(in, 2) ? SOCK_RCVBUF_LOCK : 0;
	xs->scaling_ratio = 1 + pure_below(in, 255);
	xs->advmss = mss;
	xs->ack.rcv_mss = 1 + pure_u32(in) % U16_MAX;
	xs->rcv_nxt = pure_raw(in);
	xs->rcv_wup = xs->rcv_nxt;
	xs->copied_seq = xs->rcv_nxt;
	xs->window_clamp = xtcp_window_limit(sk, pure_u32(in));
	world.net.ipv4.sysctl_tcp_workaround_signed_windows = pure_below(in, 4) == 1;
	xtcp_window_initial(sk, mss, pure_below(in, 2), &xs->window_clamp,
			    world.net.ipv4.sysctl_tcp_rmem[2],
			    pure_below(in, 4) ? 0 : pure_u32(in), &xs->rcv_wnd,
			    &xs->rcv_wscale);
	xs->rcv_ssthresh = xs->rcv_wnd;
	xtcp_window_start(sk);
	xtcp_rcvspace_start(sk);
	promised = xs->rcv_wup + xs->rcv_wnd;
	return sk;
}

static void check_select(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 field = xtcp_window_select(sk);
	u32 edge = xs->rcv_nxt + (field << xs->rcv_wscale);

	CHECK(!seq_before(edge, promised) ||
	      (xs->rcv_wscale && world.net.ipv4.sysctl_tcp_shrink_window));
	CHECK(xs->rcv_wup == xs->rcv_nxt);
	promised = edge;
}

/* How much of the buffer is window, and how much buffer a window needs */
static void check_weight(struct sock *sk, u32 truesize)
{
	u64 space = xtcp_window_to_space(sk, truesize);

	CHECK(xtcp_sk(sk)->scaling_ratio > 0);
	CHECK(space >= truesize);
	if (space + 256 <= INT_MAX)
		CHECK(xtcp_window_from_space(sk, space + 256) >= (int)truesize);
}

/* Data in the window, and the buffer that it takes */
static void arrive(struct pure_in *in, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	static struct tcphdr th = { .doff = sizeof(th) / 4 };
	struct sk_buff skb = {
		.truesize = 256 + (pure_u32(in) >> 2),
		.head = (unsigned char *)&th, .data = (unsigned char *)(&th + 1),
	};

	skb.len = pure_u32(in) % (U16_MAX + 1);
	skb.len = min(skb.len, xtcp_receive_window(xs));
	if (pure_below(in, 4) == 1) {
		xtcp_rcvspace_weigh(sk, &skb);
		check_weight(sk, skb.truesize);
	}
	xs->rcv_nxt += skb.len;
	sk->sk_rmem_alloc.counter = min_t(u32, INT_MAX, sk->sk_rmem_alloc.counter +
					  skb.truesize);
	xtcp_window_grow(sk, &skb, pure_below(in, 2));
}

static void read_some(struct pure_in *in, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 unread = xs->rcv_nxt - xs->copied_seq;
	int before = sk->sk_rcvbuf;

	xs->copied_seq += min(pure_u32(in), unread);
	if (xs->copied_seq == xs->rcv_nxt)
		sk->sk_rmem_alloc.counter = 0;
	xs->rcv_rtt_us = pure_u32(in);
	pure_ns += (u64)pure_u32(in) * NSEC_PER_USEC;
	xtcp_rcvspace_tune(sk);
	CHECK(sk->sk_rcvbuf >= before);
	CHECK(sk->sk_rcvbuf <= max(before, world.net.ipv4.sysctl_tcp_rmem[2]));
	CHECK(sk->sk_rcvbuf == before || !(sk->sk_userlocks & SOCK_RCVBUF_LOCK));
}

static void step(struct pure_in *in, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 ssthresh = xs->rcv_ssthresh;
	int before = sk->sk_rcvbuf;

	sk->pressure = pure_below(in, 4) == 1;
	switch (pure_below(in, 4)) {
	case 0:
		arrive(in, sk);
		break;
	case 1:
		read_some(in, sk);
		break;
	case 2:
		xtcp_rcvspace_span(sk);
		CHECK(sk->sk_rcvbuf == before || !(sk->sk_userlocks & SOCK_RCVBUF_LOCK));
		before = sk->sk_rcvbuf;
		xtcp_window_clamp(sk);
		CHECK(sk->sk_rcvbuf >= before &&
		      sk->sk_rcvbuf <= max(before,
					   world.net.ipv4.sysctl_tcp_rmem[2]));
		break;
	default:
		check_select(sk);
	}
	/* The clamp may sink below it, as data weigh more. */
	CHECK(xs->rcv_ssthresh <= max3(ssthresh, xs->window_clamp, 4U * xs->advmss) ||
	      !xs->window_clamp);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };
	struct sock *sk;
	int i;

	check_initial(&in);
	sk = connection(&in);
	for (i = 0; i < STEPS && in.left; i++)
		step(&in, sk);
	return 0;
}
