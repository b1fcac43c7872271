// SPDX-License-Identifier: GPL-2.0-only
/*
 * CUBIC: RFC 9438, in segments and milliseconds.
 *
 * After a loss the window first returns to where the loss was, levels off
 * there, and then probes beyond, as the cube of the time that has passed.
 * HyStart is not here.
 */
#include <linux/math64.h>

#include "xtcp.h"
#include "cong/cong.h"

#define BETA		717	/* of 1024: RFC 9438 4.6 */
#define BETA_UNIT	1024U
#define FRIENDLY_8THS	15	/* 8 * (1 + beta) / (3 * (1 - beta)) */
#define MAX_OFFSET_MS	1000000U

/**
 * struct cubic - private state
 * @w_max: window at the last loss, 0: none yet
 * @origin: window that the curve levels off at
 * @k_ms: time that it takes to get there
 * @epoch: when this growth began, ms; 0: not yet
 * @w_est: window that Reno would have
 * @acked: segments since @w_est last grew
 */
struct cubic {
	u32 w_max;
	u32 origin;
	u32 k_ms;
	u32 epoch;
	u32 w_est;
	u32 acked;
};

XTCP_CONG_PRIV(struct cubic);

static struct cubic *cubic_curve(struct sock *sk)
{
	return xtcp_cong_priv(sk);
}

static u32 cube_root(u64 x)
{
	u32 low = 0, high = 2642245;	/* cube root of 2^64, down */

	while (low < high) {
		u32 mid = low + (high - low + 1) / 2;

		if ((u64)mid * mid * mid <= x)
			low = mid;
		else
			high = mid - 1;
	}
	return low;
}

static void epoch_start(struct cubic *c, u32 cwnd)
{
	c->epoch = xtcp_clock_ms() ?: 1;
	c->w_est = cwnd;
	c->acked = 0;
	if (c->w_max <= cwnd) {
		c->k_ms = 0;
		c->origin = cwnd;
		return;
	}
	/* K = cbrt((W_max - cwnd) / C), C = 0.4 segments a second cubed. */
	c->k_ms = cube_root((u64)(c->w_max - cwnd) * 2500000000ULL);
	c->origin = c->w_max;
}

/* W_cubic(t + RTT) */
static u32 cubic_target(const struct cubic *c, const struct xtcp_sock *xs)
{
	u32 rtt = xs->min_rtt_us == U32_MAX ? 0 : xs->min_rtt_us / 1000;
	u32 t = xtcp_clock_ms() - c->epoch + rtt;
	bool before = t < c->k_ms;
	u64 offset = min(before ? c->k_ms - t : t - c->k_ms, MAX_OFFSET_MS);
	u64 delta = div64_u64(offset * offset * offset * 4, 10000000000ULL);

	if (before)
		return delta < c->origin ? c->origin - delta : 1;
	return min_t(u64, c->origin + delta, U32_MAX);
}

/* Acknowledged segments that it takes to grow by one. */
static u32 acks_per_step(struct cubic *c, const struct xtcp_sock *xs,
			 u32 acked)
{
	u32 cwnd = xs->snd_cwnd;
	u32 goal = cubic_target(c, xs);
	u32 cnt = goal > cwnd ? cwnd / (goal - cwnd) : 100 * cwnd;
	u32 step = max(cwnd * FRIENDLY_8THS >> 3, 1U);

	/* No loss yet: 5 % a round trip at least. */
	if (!c->w_max)
		cnt = min(cnt, 20U);
	/* RFC 9438 4.3: never slower than Reno. */
	c->acked += acked;
	c->w_est += c->acked / step;
	c->acked %= step;
	if (c->w_est > cwnd)
		cnt = min(cnt, cwnd / (c->w_est - cwnd));
	return max(cnt, 2U);
}

static void cubic_cong_avoid(struct sock *sk, u32 ack, u32 acked)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct cubic *c = cubic_curve(sk);

	if (xtcp_in_slow_start(xs)) {
		acked = xtcp_cong_slow_start(xs, acked);
		if (!acked)
			return;
	}
	if (!c->epoch)
		epoch_start(c, xs->snd_cwnd);
	xtcp_cong_grow(xs, acks_per_step(c, xs, acked), acked);
}

static u32 cubic_ssthresh(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct cubic *c = cubic_curve(sk);
	u32 cwnd = xs->snd_cwnd;

	c->epoch = 0;
	/* Fast convergence, 4.7: leave room for newcomers. */
	if (cwnd < c->w_max)
		c->w_max = (u64)cwnd * (BETA_UNIT + BETA) / (2 * BETA_UNIT);
	else
		c->w_max = cwnd;
	return max_t(u32, (u64)cwnd * BETA / BETA_UNIT, 2);
}

/* RFC 9438 4.8: after a timeout it begins anew. */
static void cubic_state(struct sock *sk, u8 state)
{
	if (state == XTCP_CA_LOSS)
		memset(cubic_curve(sk), 0, sizeof(struct cubic));
}

struct xtcp_cong_ops xtcp_cong_cubic = {
	.name = "cubic",
	.owner = THIS_MODULE,
	.flags = XTCP_CONG_NON_RESTRICTED,
	.ssthresh = cubic_ssthresh,
	.cong_avoid = cubic_cong_avoid,
	.undo_cwnd = xtcp_cong_reno_undo,
	.set_state = cubic_state,
};
