// SPDX-License-Identifier: GPL-2.0
/*
 * The receive window: of any numbers the first one and its scale are what
 * RFC 7323 allows, and whatever buffer and program do, its right edge never
 * moves back, what is offered fits into the field, and buffers keep their bounds.
 */
#include "module/parts/window.c"
#include "pure.h"

#define STEPS	100

static struct pure_world world;
static u32 promised;	/* the right edge as the peer knows it */

static void check_initial(struct pure_in *in)
{
	int space = pure_raw(in) >> pure_below(in, 32);
	bool scaled = pure_below(in, 2);
	u32 mss = pure_u32(in), max_space = pure_u32(in), given = pure_u32(in);
	u32 clamp = given, window = ~0U, segs = pure_below(in, 2) ? pure_u32(in) : 0;
	u8 scale = 255;

	space = pure_below(in, 4) ? space : -(space >> 1);
	xtcp_window_initial(space, mss, scaled, &clamp, max_space, segs, &window,
			    &scale);
	CHECK(window <= U16_MAX);
	CHECK(window <= (u32)max(space, 0));
	CHECK(!given || window <= given);
	CHECK(!segs || window <= (u64)segs * mss);
	CHECK(scale <= XTCP_MAX_WSCALE && (scaled || !scale));
	CHECK(clamp && clamp <= (u32)U16_MAX << scale);
	CHECK(!given || clamp <= given);
	/* Whole segments, if one fits in and the field can tell them. */
	if (mss && mss < (u32)max(space, 0) && window < U16_MAX &&
	    (!given || mss < given))
		CHECK(window % mss == 0);
}

/* A connection that stands: numbers as a handshake leaves them */
static struct sock *connection(struct pure_in *in)
{
	struct sock *sk = pure_sock(&world);
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 mss = XTCP_MSS_MIN + pure_u32(in) % (U16_MAX - XTCP_MSS_MIN);

	world.net.ipv4.sysctl_tcp_adv_win_scale = (int)pure_below(in, 63) - 31;
	world.net.ipv4.sysctl_tcp_app_win = pure_below(in, 32);
	world.net.ipv4.sysctl_tcp_shrink_window = pure_below(in, 4) == 1;
	world.net.ipv4.sysctl_tcp_rmem[2] = 1 + (pure_u32(in) >> 2);
	sk->sk_rcvbuf = 2304 + (pure_u32(in) >> 2);
	sk->sk_userlocks = pure_below(in, 2) ? SOCK_RCVBUF_LOCK : 0;
	xs->advmss = mss;
	xs->ack.rcv_mss = 1 + pure_u32(in) % U16_MAX;
	xs->rcv_nxt = pure_raw(in);
	xs->rcv_wup = xs->rcv_nxt;
	xs->copied_seq = xs->rcv_nxt;
	xs->window_clamp = xtcp_window_limit(sk, pure_u32(in));
	xtcp_window_initial(xtcp_window_from_space(sk, sk->sk_rcvbuf), mss,
			    pure_below(in, 2), &xs->window_clamp,
			    world.net.ipv4.sysctl_tcp_rmem[2],
			    pure_below(in, 4) ? 0 : pure_u32(in), &xs->rcv_wnd,
			    &xs->rcv_wscale);
	xs->rcv_ssthresh = xs->rcv_wnd;
	xtcp_window_start(sk);
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

/* Data in the window, and the buffer that it takes */
static void arrive(struct pure_in *in, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff skb = { .truesize = 256 + (pure_u32(in) >> 2) };

	skb.len = pure_u32(in) % (U16_MAX + 1);
	skb.len = min(skb.len, xtcp_receive_window(xs));
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
	xtcp_window_tune(sk);
	CHECK(sk->sk_rcvbuf >= before);
	CHECK(sk->sk_rcvbuf <= max(before, world.net.ipv4.sysctl_tcp_rmem[2]));
	CHECK(sk->sk_rcvbuf == before || !(sk->sk_userlocks & SOCK_RCVBUF_LOCK));
}

static void step(struct pure_in *in, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
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
		xtcp_window_clamp(sk);
		CHECK(sk->sk_rcvbuf >= before &&
		      sk->sk_rcvbuf <= max(before,
					   world.net.ipv4.sysctl_tcp_rmem[2]));
		break;
	default:
		check_select(sk);
	}
	CHECK(xs->rcv_ssthresh <= max(xs->window_clamp, 4U * xs->advmss) ||
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
