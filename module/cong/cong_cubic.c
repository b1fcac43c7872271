// SPDX-License-Identifier: GPL-2.0-only
/*
 * CUBIC: RFC 9438, in segments and milliseconds.
 *
 * After a loss the window first returns to where the loss was, levels off
 * there, and then probes beyond, as the cube of the time that has passed.
 * The first slow start is that of HyStart++ (RFC 9406).
 */
#include <linux/math64.h>

#include "xtcp.h"
#include "cong/cong.h"
#include "cong/hystart.h"
#include "parts/rtt.h"

#define BETA		717	/* of 1024: RFC 9438 4.6 */
#define BETA_UNIT	1024U
#define MAX_OFFSET_MS	1000000U

/**
 * struct cubic_curve - how the window grows since the last loss
 * @w_max: window at the last loss, 0: none yet
 * @origin: window that the curve levels off at
 * @k_ms: time that it takes to get there
 * @epoch: when this growth began, ms; 0: not yet
 * @prior: window before the last reduction (cwnd_prior)
 * @w_est: window that Reno would have
 * @acked: segments since @w_est last grew
 */
struct cubic_curve {
	u32 w_max;
	u32 origin;
	u32 k_ms;
	u32 epoch;
	u32 prior;
	u32 w_est;
	u32 acked;
};

/**
 * struct cubic - private state
 * @curve: as it is
 * @saved: as it was before the last reduction
 * @hystart: the first slow start
 */
struct cubic {
	struct cubic_curve curve;
	struct cubic_curve saved;
	struct xtcp_hystart hystart;
};

XTCP_CONG_PRIV(struct cubic);

static u32 cubic_clock(const struct xtcp_sock *xs)
{
	return xtcp_clock_to_ms(xtcp_clock_of(xs));
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

static void epoch_start(struct cubic_curve *c, u32 cwnd, u32 now)
{
	c->epoch = now ?: 1;
	c->w_est = cwnd;
	c->acked = 0;
	/* 4.8, 4.10: after a timeout, or a slow start that nothing ended */
	if (c->w_max <= cwnd) {
		c->k_ms = 0;
		c->origin = cwnd;
		return;
	}
	/* K = cbrt((W_max - cwnd) / C), C = 0.4 segments a second cubed. */
	c->k_ms = cube_root((u64)(c->w_max - cwnd) * 2500000000ULL);
	c->origin = c->w_max;
}

/* 4.2: W_cubic(t), @t in ms */
static u32 w_cubic(const struct cubic_curve *c, u32 t)
{
	bool before = t < c->k_ms;
	u64 offset = min(before ? c->k_ms - t : t - c->k_ms, MAX_OFFSET_MS);
	u64 delta = div64_u64(offset * offset * offset * 4, 10000000000ULL);

	if (before)
		return delta < c->origin ? c->origin - delta : 1;
	return min_t(u64, c->origin + delta, U32_MAX);
}

/* 4.2: where cwnd shall be in a round trip, at most half as much again */
static u32 cubic_target(const struct cubic_curve *c, const struct xtcp_sock *xs)
{
	u32 t = cubic_clock(xs) - c->epoch + (xs->srtt_us >> 3) / 1000;

	return clamp(w_cubic(c, t), xs->snd_cwnd, xs->snd_cwnd + xs->snd_cwnd / 2);
}

/* 4.4, 4.5: acknowledged segments that it takes to grow by one; 0: it does not. */
static u32 acks_per_step(const struct cubic_curve *c, const struct xtcp_sock *xs)
{
	u32 cwnd = xs->snd_cwnd;
	u32 goal = cubic_target(c, xs);
	u32 cnt = goal > cwnd ? max(cwnd / (goal - cwnd), 2U) : 0;

	/* As Linux does until there is a loss: 5 % a round trip at least. */
	if (!c->w_max && (!cnt || cnt > 20))
		return 20;
	return cnt;
}

/*
 * 4.3: W_est grows by alpha in a round trip, 3 (1 - beta) / (1 + beta) until it is
 * where the loss was, then 1.
 */
static void reno_grow(struct cubic_curve *c, u32 cwnd, u32 acked)
{
	u32 step = c->w_est < c->prior ? DIV_ROUND_UP(cwnd * 17, 9) : cwnd;

	step = max(step, 1U);
	c->acked += acked;
	c->w_est = min(c->w_est + c->acked / step, XTCP_CWND_MAX);
	c->acked %= step;
}

static void cubic_avoid(struct xtcp_sock *xs, struct cubic_curve *c, u32 acked)
{
	u32 cwnd = xs->snd_cwnd;
	u32 cnt;

	if (!c->epoch)
		epoch_start(c, cwnd, cubic_clock(xs));
	cnt = acks_per_step(c, xs);
	reno_grow(c, cwnd, acked);
	if (cnt)
		xtcp_cong_grow(xs, cnt, acked);
	/* Never slower than Reno; where cwnd was cut meanwhile, not at once. */
	if (c->w_est > xs->snd_cwnd)
		xtcp_cong_set_cwnd(xs, min(c->w_est, cwnd + acked));
}

static void cubic_cong_avoid(struct sock *sk, u32 ack, u32 acked)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct cubic *c = xtcp_cong_priv(sk);

	if (xtcp_in_slow_start(xs)) {
		acked = xtcp_hystart_growth(&c->hystart, acked);
		acked = xtcp_cong_slow_start(xs, acked);
		if (!acked)
			return;
	}
	cubic_avoid(xs, &c->curve, acked);
}

/* 4.6, 4.7 */
static u32 cubic_ssthresh(struct sock *sk)
{
	struct cubic *priv = xtcp_cong_priv(sk);
	struct cubic_curve *c = &priv->curve;
	u32 cwnd = xtcp_sk(sk)->snd_cwnd;

	priv->saved = *c;
	c->epoch = 0;
	c->prior = cwnd;
	/* Fast convergence: leave room for newcomers. */
	if (cwnd < c->w_max)
		c->w_max = (u64)cwnd * (BETA_UNIT + BETA) / (2 * BETA_UNIT);
	else
		c->w_max = cwnd;
	priv->hystart.css_rtt_us = 0;
	return max_t(u32, (u64)cwnd * BETA / BETA_UNIT, 2);
}

/* 4.9: there was no congestion, and the curve goes on. */
static u32 cubic_undo(struct sock *sk)
{
	struct cubic *c = xtcp_cong_priv(sk);

	c->curve = c->saved;
	return xtcp_cong_reno_undo(sk);
}

/* 4.8: after a timeout it begins anew; but it was a loss, at a window that is known. */
static void cubic_state(struct sock *sk, u8 state)
{
	struct cubic *c = xtcp_cong_priv(sk);

	if (state == XTCP_CA_LOSS)
		c->curve = (struct cubic_curve){ .prior = c->curve.prior };
}

/* 5.8: while the program sends nothing the curve stands still. */
static void cubic_event(struct sock *sk, enum xtcp_ca_event event)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	struct cubic *c = xtcp_cong_priv(sk);
	s32 idle = xtcp_jiffies32() - xs->lsndtime;
	u32 now;

	if (event != XTCP_CA_EVENT_TX_START || !c->curve.epoch || idle <= 0)
		return;
	now = cubic_clock(xs);
	c->curve.epoch += min(jiffies_to_msecs(idle), now - c->curve.epoch);
	c->curve.epoch = c->curve.epoch ?: 1;
}

/* RFC 9406 4.2: only for the first slow start, which knows no threshold yet */
static void cubic_sample(struct sock *sk, const struct xtcp_cong_sample *sample)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct cubic *c = xtcp_cong_priv(sk);

	if (xs->snd_ssthresh < XTCP_INFINITE_SSTHRESH ||
	    !xtcp_hystart_sample(&c->hystart, xs, sample->rtt_us))
		return;
	XTCP_INC(sock_net(sk), HYSTARTDELAYDETECT);
	XTCP_ADD(sock_net(sk), HYSTARTDELAYCWND, xs->snd_cwnd);
	xtcp_cong_set_ssthresh(xs, xs->snd_cwnd);
	c->hystart.css_rtt_us = 0;
}

static void cubic_init(struct sock *sk)
{
	struct cubic *c = xtcp_cong_priv(sk);

	xtcp_hystart_begin(&c->hystart, xtcp_sk(sk));
}

struct xtcp_cong_ops xtcp_cong_cubic = {
	.name = "cubic",
	.owner = THIS_MODULE,
	.flags = XTCP_CONG_NON_RESTRICTED,
	.init = cubic_init,
	.ssthresh = cubic_ssthresh,
	.cong_avoid = cubic_cong_avoid,
	.undo_cwnd = cubic_undo,
	.set_state = cubic_state,
	.cwnd_event = cubic_event,
	.pkts_acked = cubic_sample,
};
