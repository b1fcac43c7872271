// SPDX-License-Identifier: GPL-2.0
/* Round trips of any length in any order: estimates and timeout have bounds. */
#include "module/parts/rtt.c"
#include "pure.h"

#define STEPS	200
#define LONGEST	(60 * USEC_PER_SEC)

static struct pure_world world;

static void check_bounds(const struct xtcp_sock *xs)
{
	if (xs->srtt_us) {
		CHECK(xs->srtt_us <= LONGEST << 3);
		CHECK(xs->min_rtt_us >= 1 && xs->min_rtt_us <= LONGEST);
		CHECK(xs->rttvar_us >= RTO_MIN_US && xs->rttvar_us <= 4 * LONGEST);
		CHECK(xs->mdev_us <= 4 * LONGEST);
		CHECK(xs->mdev_max_us <= 4 * LONGEST);
		CHECK(xs->rto >= XTCP_RTO_MIN && xs->rto <= XTCP_RTO_MAX);
	}
	CHECK(xs->rcv_rtt_us <= LONGEST << 3);
}

/* The same again and again: the estimate comes to it. */
static void check_settles(struct sock *sk, u32 rtt)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	int i;

	for (i = 0; i < 400; i++) {
		xs->snd_nxt += 1;
		xs->snd_una = xs->snd_nxt;
		xtcp_rtt_sample(sk, rtt);
		check_bounds(xs);
	}
	rtt = rtt < 1 ? 1 : rtt > LONGEST ? LONGEST : rtt;
	CHECK(xs->srtt_us >> 3 <= rtt + 8 && (xs->srtt_us >> 3) + 8 >= rtt);
}

static void step(struct pure_in *in, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff skb = { .len = pure_u32(in) };

	pure_ns += (u64)pure_u32(in) * NSEC_PER_USEC;
	switch (pure_below(in, 4)) {
	case 0:
		xs->snd_nxt += pure_u32(in);
		xs->snd_una += pure_u32(in);
		xtcp_rtt_sample(sk, pure_u32(in));
		CHECK(!xs->backoff);
		break;
	case 1:
		xtcp_rtt_echo(sk, pure_below(in, 2) ? pure_raw(in) :
			      xtcp_clock_ms() + xs->ts_off - pure_u32(in));
		break;
	case 2:
		xs->rcv_nxt += pure_u32(in);
		xs->rcv_wnd = pure_u32(in);
		xs->saw_tstamp = pure_below(in, 2);
		xs->rcv_tsecr = xtcp_clock_ms() + xs->ts_off - pure_u32(in);
		xs->clock_us = pure_below(in, 2) ? xtcp_clock_us() : 0;
		xtcp_rtt_receiver(sk, &skb);
		break;
	default:
		xs->backoff = pure_byte(in);
		if (xs->srtt_us)
			set_rto(xs);
	}
	check_bounds(xs);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };
	struct sock *sk = pure_sock(&world);
	int i;

	pure_ns = (u64)pure_raw(&in) << 20;
	xtcp_sk(sk)->ts_off = pure_raw(&in);
	xtcp_sk(sk)->ack.rcv_mss = pure_u32(&in);
	for (i = 0; i < STEPS && in.left; i++)
		step(&in, sk);
	if (!pure_below(&in, 8))
		check_settles(sk, pure_u32(&in));
	return 0;
}
