// SPDX-License-Identifier: GPL-2.0
/* Round trips of any length in any order: estimates and timeout have bounds. */
#include "module/parts/rtt.c"
#include "pure.h"

#define STEPS	200
#define LONGEST	(60 * USEC_PER_SEC)

static struct pure_world world;

static void check_bounds(struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 least = xtcp_metric_rto_min(sk);

	CHECK(least && least <= XTCP_RTO_MAX);
	if (xs->srtt_us) {
		CHECK(xs->srtt_us <= LONGEST << 3);
		CHECK(xs->rttvar_us >= jiffies_to_usecs(least) &&
		      xs->rttvar_us <= 4 * LONGEST);
		CHECK(xs->mdev_us <= 4 * LONGEST);
		CHECK(xs->mdev_max_us <= 4 * LONGEST);
		CHECK(xs->rto >= least && xs->rto <= XTCP_RTO_MAX);
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
		check_bounds(sk);
	}
	rtt = rtt < 1 ? 1 : rtt > LONGEST ? LONGEST : rtt;
	CHECK(xs->srtt_us >> 3 <= rtt + 8 && (xs->srtt_us >> 3) + 8 >= rtt);
}

/* An echo tells of a time that has passed, a minute at most; or of none. */
static void check_echo(const struct xtcp_sock *xs, u32 tsecr)
{
	u32 passed = xtcp_clock_to_ms(xtcp_clock_of(xs)) + xs->ts_off - tsecr;
	s32 rtt = xtcp_rtt_of_echo(xs, tsecr);

	CHECK(passed < 60 * MSEC_PER_SEC ?
	      rtt == (passed ?: 1) * USEC_PER_MSEC : rtt == -1);
}

/* The least is no more than what came just now, unless an ACK may have been late. */
static void check_min(struct sock *sk, u32 rtt, bool delayed)
{
	u32 before = xtcp_min_rtt(xtcp_sk(sk));

	jiffies += rtt >> 8;
	xtcp_rtt_note_min(sk, rtt, delayed);
	if (delayed && rtt > before)
		CHECK(xtcp_min_rtt(xtcp_sk(sk)) == before);
	else
		CHECK(xtcp_min_rtt(xtcp_sk(sk)) <= (rtt ?: jiffies_to_usecs(1)));
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
		check_echo(xs, pure_below(in, 2) ? pure_raw(in) :
			   xtcp_clock_ms() + xs->ts_off - pure_u32(in));
		check_min(sk, pure_u32(in), pure_below(in, 2));
		break;
	case 2:
		xs->rcv_nxt += pure_u32(in);
		xs->rcv_wnd = pure_u32(in);
		xs->saw_tstamp = pure_below(in, 2);
		xs->rcv_tsecr = xtcp_clock_ms() + xs->ts_off - pure_u32(in);
		xs->clock_us = pure_below(in, 2) ? xtcp_clock_us() : 0;
		xtcp_rtt_receiver_echo(sk, &skb);
		xtcp_rtt_receiver(sk);
		break;
	default:
		xs->backoff = pure_byte(in);
		if (xs->srtt_us)
			set_rto(xs);
	}
	check_bounds(sk);
}

/* Of a route that says any least timeout, which counts if it is locked */
static void use_route(struct pure_in *in, struct sock *sk)
{
	static struct dst_entry dst;

	dst.metrics[RTAX_RTO_MIN] = pure_u32(in);
	dst.locked = pure_below(in, 2) << RTAX_RTO_MIN;
	sk->sk_dst_cache = &dst;
	CHECK(dst.locked || xtcp_metric_rto_min(sk) == xtcp_sk(sk)->rto_min);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };
	struct sock *sk = pure_sock(&world);
	int i;

	pure_ns = (u64)pure_raw(&in) << 20;
	xtcp_sk(sk)->ts_off = pure_raw(&in);
	xtcp_sk(sk)->ack.rcv_mss = pure_u32(&in);
	if (pure_below(&in, 2))
		use_route(&in, sk);
	for (i = 0; i < STEPS && in.left; i++)
		step(&in, sk);
	if (!pure_below(&in, 8))
		check_settles(sk, pure_u32(&in));
	return 0;
}
