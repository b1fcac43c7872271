// SPDX-License-Identifier: GPL-2.0
/*
 * Congestion control: CUBIC, DCTCP and Reno, at any clock, window and count of
 * acknowledged segments.  A window is never 0, never without bound, and an
 * acknowledgment doesn't shrink it.
 */
#include "module/cong/choice.c"
#include "module/cong/cong.c"
#include "module/cong/cong_cubic.c"
#include "module/cong/cong_dctcp.c"
#include "module/cong/cong_reno.c"
#include "module/cong/hystart.c"
#include "module/cong/registry.c"
#include "pure.h"

#define STEPS	200
#define LARGEST	XTCP_CWND_MAX

static struct pure_world world;

void xtcp_ecn_mark_all(struct sock *sk, bool on)
{
}

static struct sock *connection(struct pure_in *in)
{
	struct sock *sk = pure_sock(&world);
	struct xtcp_sock *xs = xtcp_sk(sk);
	static const char *const names[] = { "cubic", "reno", "dctcp" };
	static struct socket socket;

	sk->sk_socket = pure_below(in, 4) ? &socket : NULL;
	sk->sk_state = TCP_ESTABLISHED;
	xs->snd_cwnd = 1 + pure_u32(in) % LARGEST;
	xs->snd_ssthresh = pure_below(in, 2) ? XTCP_INFINITE_SSTHRESH :
					       2 + pure_u32(in) % LARGEST;
	xs->ca = &xtcp_cong_reno;
	xs->ecn = pure_below(in, 2) ? XTCP_ECN_OK : 0;
	CHECK(!xtcp_cong_set(sk, names[pure_below(in, 3)], true));
	CHECK(xtcp_cong_set(sk, "nosuch", true) == -ENOENT);
	return sk;
}

static void acked(struct pure_in *in, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 before = xs->snd_cwnd, room = xs->snd_ssthresh;
	/* No more than was in flight */
	u32 n = 1 + pure_u32(in) % (before + 1);
	struct xtcp_cong_sample sample = { };

	xs->packets_out = n;
	xs->cwnd_limited = pure_below(in, 4);
	xs->max_packets_out = pure_u32(in) % LARGEST;
	xs->delivered += n;
	xs->delivered_ce += pure_below(in, 2) ? pure_u32(in) % (n + 1) : 0;
	xtcp_cong_in_ack(sk, XTCP_CONG_ACK_DATA);
	sample.pkts_acked = n;
	sample.rtt_us = (s32)pure_u32(in);
	xtcp_cong_pkts_acked(sk, &sample);
	room = xs->snd_ssthresh;
	xtcp_cong_acked(sk, n);
	CHECK(xs->snd_cwnd >= min(before, LARGEST));
	CHECK(xs->snd_cwnd <= max(before, LARGEST) + n);
	/* Nothing is saved up to be had at once. */
	if (xs->snd_cwnd > before)
		CHECK(xs->snd_cwnd - before <= n + 1);
	if (before < room && n <= room - before)
		CHECK(xs->snd_cwnd <= before + n);
}

static void event(struct pure_in *in, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 before = xs->snd_cwnd;

	xs->lsndtime = xtcp_jiffies32() - pure_u32(in);
	xs->rcv_nxt += pure_u32(in);
	xtcp_cong_event(sk, pure_below(in, 2) ? XTCP_CA_EVENT_TX_START :
						XTCP_CA_EVENT_ECN_IS_CE);
	CHECK(xs->snd_cwnd == before);
}

static void lost(struct pure_in *in, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 threshold = xs->ca->ssthresh(sk);

	CHECK(threshold >= 2 && threshold <= max(xs->snd_cwnd, 2U));
	xs->snd_ssthresh = threshold;
	if (pure_below(in, 2)) {
		xtcp_cong_set_state(sk, XTCP_CA_LOSS);
		xs->snd_cwnd = 1;
	} else {
		xs->snd_cwnd = threshold;
	}
	xs->snd_cwnd_cnt = 0;
	xtcp_cong_set_state(sk, XTCP_CA_OPEN);
}

static void idle(struct pure_in *in, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 before = xs->snd_cwnd;

	xs->packets_out = 0;
	xs->lsndtime = xtcp_jiffies32() - pure_u32(in);
	xs->rto = XTCP_RTO_MIN + pure_u32(in) % XTCP_RTO_MAX;
	xtcp_cong_restart(sk);
	CHECK(xs->snd_cwnd <= before);
	CHECK(xs->snd_cwnd >= min(before, XTCP_INIT_CWND));
}

static void sent(struct pure_in *in, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 before = xs->snd_cwnd;

	xs->packets_out = pure_u32(in) % (before + 1);
	xs->snd_nxt += pure_u32(in);
	xs->snd_una += pure_u32(in);
	xtcp_cong_validate(sk, xtcp_in_flight(xs) >= xs->snd_cwnd);
	CHECK(xs->snd_cwnd <= max(before, XTCP_INIT_CWND) && xs->snd_cwnd);
}

static void check_root(struct pure_in *in)
{
	u64 x = ((u64)pure_u32(in) << 32 | pure_raw(in)) >> pure_below(in, 64);
	u64 root = cube_root(x);

	CHECK(root * root * root <= x);
	root++;
	CHECK(root == 2642246 || root * root * root > x);
}

static void step(struct pure_in *in, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	pure_ns += (u64)pure_u32(in) * NSEC_PER_USEC;
	jiffies += pure_u32(in);
	xs->rtt_min.s[0].v = ~(pure_below(in, 4) ? pure_u32(in) : U32_MAX);
	xs->srtt_us = pure_u32(in);
	switch (pure_below(in, 7)) {
	case 0:
		lost(in, sk);
		break;
	case 1:
		idle(in, sk);
		break;
	case 2:
		sent(in, sk);
		break;
	case 3:
		event(in, sk);
		break;
	default:
		acked(in, sk);
	}
	CHECK(xs->snd_cwnd >= 1 && xs->snd_ssthresh >= 2);
}

static u32 seven(struct sock *sk)
{
	return 7;
}

/* What an algorithm asks for of what is sent at once, and kept to be sent */
static void check_wishes(struct pure_in *in, struct sock *sk)
{
	static const struct xtcp_cong_ops asks = {
		.min_tso_segs = seven,
		.sndbuf_expand = seven,
	};
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_cong_ops *ca = xs->ca;

	world.net.ipv4.sysctl_tcp_min_tso_segs = pure_byte(in);
	CHECK(xtcp_cong_min_tso_segs(sk) == world.net.ipv4.sysctl_tcp_min_tso_segs);
	CHECK(xtcp_cong_sndbuf_windows(sk) == 2);
	xs->ca = &asks;
	CHECK(xtcp_cong_min_tso_segs(sk) == 7 && xtcp_cong_sndbuf_windows(sk) == 7);
	xs->ca = ca;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };
	struct sock *sk;
	int i;

	if (list_empty(&cong_list)) {
		CHECK(!xtcp_cong_register(&xtcp_cong_reno));
		CHECK(!xtcp_cong_register(&xtcp_cong_cubic));
		CHECK(!xtcp_cong_register(&xtcp_cong_dctcp));
		CHECK(xtcp_cong_register(&xtcp_cong_cubic) == -EEXIST);
	}
	pure_ns = (u64)pure_raw(&in) << 20;
	check_root(&in);
	sk = connection(&in);
	check_wishes(&in, sk);
	for (i = 0; i < STEPS && in.left; i++)
		step(&in, sk);
	xtcp_cong_release(sk);
	return 0;
}
