// SPDX-License-Identifier: GPL-2.0
/*
 * CUBIC and HyStart++ beside what RFC 9438 and RFC 9406 say, in real numbers, and
 * round by round.
 */
#include <math.h>

#include "module/cong/cong.c"
#include "module/cong/cong_cubic.c"
#include "module/cong/cong_reno.c"
#include "module/cong/hystart.c"
#include "pure.h"

#define ROUNDS	40

static struct pure_world world;

static void pass_ms(u32 ms)
{
	pure_ns += (u64)ms * NSEC_PER_MSEC;
	jiffies += (u64)ms * HZ / 1000;
}

static struct xtcp_sock *start(void)
{
	struct xtcp_sock *xs = xtcp_sk(pure_sock(&world));

	xs->ca = &xtcp_cong_cubic;
	cubic_init(&xs->inet.sk);
	return xs;
}

static struct cubic *priv_of(struct xtcp_sock *xs)
{
	return xtcp_cong_priv(&xs->inet.sk);
}

/* A loss at @w: 4.6, and cwnd is what it shall be. */
static void lose(struct xtcp_sock *xs, u32 w)
{
	xs->snd_cwnd = w;
	xtcp_cong_set_ssthresh(xs, cubic_ssthresh(&xs->inet.sk));
	xs->snd_cwnd = xs->snd_ssthresh;
	CHECK(fabs(xs->snd_cwnd - fmax(0.7 * w, 2)) <= 1 + w * 0.001);
}

/* Equations 1 and 2 of RFC 9438, to the millisecond that K is rounded to */
static void check_curve(struct pure_in *in)
{
	struct xtcp_sock *xs = start();
	struct cubic_curve *c = &priv_of(xs)->curve;
	u32 w_max = 3 + pure_u32(in) % (XTCP_CWND_MAX - 3), t = pure_u32(in) % 1000000;
	double k, at, slack;

	lose(xs, w_max);
	epoch_start(c, xs->snd_cwnd, cubic_clock(xs));
	k = cbrt((w_max - xs->snd_cwnd) / 0.4);
	CHECK(fabs(c->k_ms / 1000.0 - k) < 0.0011);
	at = 0.4 * pow(t / 1000.0 - k, 3) + w_max;
	slack = 1.5 + 3 * 0.4 * pow(t / 1000.0 - k, 2) * 0.0011 + fabs(at) / 1000000;
	if (fabs((double)t - c->k_ms) < MAX_OFFSET_MS)
		CHECK(fabs(w_cubic(c, t) - fmax(at, 1)) <= slack);
	CHECK(w_cubic(c, c->k_ms) == w_max);
	CHECK(w_cubic(c, t) <= w_cubic(c, t + pure_below(in, 256)));
}

/* 4.4: never above half as much again, never below what there is */
static void check_target(struct pure_in *in)
{
	struct xtcp_sock *xs = start();
	struct cubic_curve *c = &priv_of(xs)->curve;
	u32 goal;

	lose(xs, 3 + pure_u32(in) % (XTCP_CWND_MAX - 3));
	epoch_start(c, xs->snd_cwnd, cubic_clock(xs));
	xs->srtt_us = pure_u32(in);
	pass_ms(pure_u32(in) % 4000000);
	goal = cubic_target(c, xs);
	CHECK(goal >= xs->snd_cwnd && goal <= xs->snd_cwnd + xs->snd_cwnd / 2);
	if (xs->snd_cwnd > 1)
		CHECK(acks_per_step(c, xs) != 1);
}

/* 4.3: 9/17 of a segment a round trip, and a whole one beyond the last window */
static void check_reno(struct pure_in *in)
{
	struct xtcp_sock *xs = start();
	struct cubic_curve *c = &priv_of(xs)->curve;
	u32 cwnd = 10 + pure_u32(in) % 10000, i, n = 1 + pure_below(in, 200);

	epoch_start(c, cwnd, 1);
	c->prior = U32_MAX;
	for (i = 0; i < n; i++)
		reno_grow(c, cwnd, cwnd);
	CHECK(fabs(c->w_est - (cwnd + n * 9 / 17.0)) <= 1 + n * 9 / 17.0 / cwnd);
	epoch_start(c, cwnd, 1);
	c->prior = cwnd;
	for (i = 0; i < n; i++)
		reno_grow(c, cwnd, cwnd);
	CHECK(c->w_est == cwnd + n);
}

/* 4.7: who lost before it was back where it was gives up some. */
static void check_convergence(struct pure_in *in)
{
	struct xtcp_sock *xs = start();
	struct cubic_curve *c = &priv_of(xs)->curve;
	u32 w_max = 100 + pure_u32(in) % 100000, w = 10 + pure_u32(in) % w_max;

	lose(xs, w_max);
	CHECK(c->w_max == w_max && c->prior == w_max && !c->epoch);
	lose(xs, w);
	CHECK(c->prior == w);
	if (w >= w_max)
		CHECK(c->w_max == w);
	else
		CHECK(fabs(c->w_max - w * 0.85) <= 1 + w * 0.001);
}

/* 4.9: nothing was lost; 4.8: a timeout, and what it undoes */
static void check_undo(struct pure_in *in)
{
	struct xtcp_sock *xs = start();
	struct sock *sk = &xs->inet.sk;
	struct cubic *c = priv_of(xs);
	struct cubic_curve before;

	lose(xs, 100 + pure_u32(in) % 10000);
	xs->snd_cwnd_cnt = 0;
	cubic_avoid(xs, &c->curve, 1);
	before = c->curve;
	xs->prior_cwnd = xs->snd_cwnd;
	cubic_ssthresh(sk);
	if (pure_below(in, 2)) {
		cubic_state(sk, XTCP_CA_LOSS);
		CHECK(!c->curve.w_max && !c->curve.epoch);
		CHECK(c->curve.prior == xs->prior_cwnd);
		xs->snd_cwnd = 1;
	}
	CHECK(cubic_undo(sk) == xs->prior_cwnd);
	CHECK(!memcmp(&before, &c->curve, sizeof(before)));
}

/* 4.3, 4.8: until it is where the timeout was, 9/17 of a segment a round trip */
static void check_timeout(struct pure_in *in)
{
	u32 w = 3 + pure_u32(in) % 12, acked = 0;
	struct xtcp_sock *xs = start();
	struct sock *sk = &xs->inet.sk;

	/* An epoch of 0 would be none. */
	pass_ms(1000);
	lose(xs, w);
	cubic_state(sk, XTCP_CA_LOSS);
	while (xs->snd_cwnd == xs->snd_ssthresh) {
		acked++;
		cubic_cong_avoid(sk, 0, 1);
	}
	CHECK(acked == DIV_ROUND_UP(xs->snd_ssthresh * 17, 9));
}

/* 5.8: an idle time is no time. */
static void check_idle(struct pure_in *in)
{
	struct xtcp_sock *xs = start();
	struct cubic_curve *c = &priv_of(xs)->curve;
	u32 at, rest = pure_u32(in) % 1000000 * 4, t = pure_u32(in) % 100000 * 4;

	/* An epoch of 0 would be none. */
	pass_ms(1000);
	lose(xs, 1000);
	epoch_start(c, xs->snd_cwnd, cubic_clock(xs));
	pass_ms(t);
	at = cubic_clock(xs) - c->epoch;
	xs->lsndtime = xtcp_jiffies32();
	pass_ms(rest);
	cubic_event(&xs->inet.sk, XTCP_CA_EVENT_TX_START);
	CHECK(cubic_clock(xs) - c->epoch == at);
	cubic_event(&xs->inet.sk, XTCP_CA_EVENT_COMPLETE_CWR);
	CHECK(cubic_clock(xs) - c->epoch == at);
}

/* A round trip of slow start whose @n samples take @rtt us; true: it is over */
static bool play_round(struct xtcp_sock *xs, struct xtcp_hystart *h, u32 n, u32 rtt)
{
	bool over = false;

	xs->snd_una = h->round_end;
	xs->snd_nxt = xs->snd_una + 1000 * n;
	while (n--) {
		over |= xtcp_hystart_sample(h, xs, rtt);
		xs->snd_una += 1000;
	}
	/* What ends the round is the first of the next one. */
	xs->snd_una = h->round_end - 1;
	return over;
}

/* RFC 9406 4.2, in its words */
struct rfc {
	double last, current, baseline;
	u32 rounds;
};

/* An ACK of a round that has had enough of them */
static void rfc_ack(struct rfc *r)
{
	double thresh = fmax(4000, fmin(floor(r->last / 8), 16000));

	if (isfinite(r->baseline)) {
		if (r->current < r->baseline)
			r->baseline = INFINITY;
	} else if (isfinite(r->last) && r->current >= r->last + thresh) {
		r->baseline = r->current;
		r->rounds = 0;
	}
}

static bool rfc_round(struct rfc *r, u32 n, double rtt)
{
	r->last = r->current;
	r->current = INFINITY;
	if (isfinite(r->baseline) && ++r->rounds >= 5)
		return true;
	r->current = rtt;
	for (; n >= 8; n--)
		rfc_ack(r);
	return false;
}

static void check_hystart(struct pure_in *in)
{
	struct rfc r = { INFINITY, INFINITY, INFINITY, 0 };
	struct xtcp_sock *xs = start();
	struct xtcp_hystart *h = &priv_of(xs)->hystart;
	u32 rtt = 1 + pure_u32(in) % 1000000;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		u32 n = 1 + pure_below(in, 20);
		bool over;

		rtt = max_t(s32, 1, (s32)rtt + (s32)(pure_u32(in) % 40000) - 15000);
		over = play_round(xs, h, n, rtt);
		CHECK(over == rfc_round(&r, n, rtt));
		if (over)
			return;
		CHECK(!!h->css_rtt_us == !!isfinite(r.baseline));
		CHECK(xtcp_hystart_growth(h, 8) == (h->css_rtt_us ? 2 : 8));
	}
}

/* From 10 segments over a path that holds 100: no loss is needed to see it. */
static void check_slow_start(void)
{
	struct xtcp_sock *xs = start();
	struct sock *sk = &xs->inet.sk;
	int i;

	for (i = 0; i < 20 && xs->snd_ssthresh == XTCP_INFINITE_SSTHRESH; i++) {
		struct xtcp_cong_sample sample = { .pkts_acked = 1 };
		u32 n = xs->snd_cwnd;

		/* 1 ms for each segment that must wait behind 100 */
		sample.rtt_us = 100000 + (n > 100 ? (n - 100) * 1000 : 0);
		xs->snd_nxt = xs->snd_una + n;
		while (n--) {
			xs->snd_una++;
			cubic_sample(sk, &sample);
			cubic_cong_avoid(sk, xs->snd_una, 1);
		}
	}
	CHECK(xs->snd_ssthresh > 100 && xs->snd_ssthresh < 800);
	CHECK(xs->snd_cwnd >= xs->snd_ssthresh);
	/* A threshold is known: it is no first slow start any more. */
	xs->snd_cwnd = 10;
	for (i = 0; i < 100; i++) {
		struct xtcp_cong_sample sample = { 1, 100000 * i, 0 };

		xs->snd_una = xs->snd_nxt++;
		cubic_sample(sk, &sample);
		cubic_cong_avoid(sk, xs->snd_una, 1);
		CHECK(xs->snd_cwnd >= min(11U + i, xs->snd_ssthresh));
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };

	pure_ns = (u64)pure_raw(&in) << 20;
	check_curve(&in);
	check_target(&in);
	check_reno(&in);
	check_convergence(&in);
	check_undo(&in);
	check_timeout(&in);
	check_idle(&in);
	check_hystart(&in);
	check_slow_start();
	return 0;
}
