// SPDX-License-Identifier: GPL-2.0-only
/*
 * BBR, version 1: draft-cardwell-iccrg-bbr-congestion-control-00.
 *
 * From the delivery rate and the round trip it makes a model of the path, its
 * bottleneck's bandwidth and its length, and sends at that rate with two such pipes
 * in flight at most, whatever is lost.
 *
 * A module of its own, xtcp_bbr.ko: of what it calls, all is exported.
 */
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/win_minmax.h>

#include "cong/xtcp_cong.h"
#include "parts/rtt.h"
#include "parts/scoreboard.h"

/* Bandwidth is in segments a microsecond, with 24 bits of fraction; gains have 8. */
#define BW_SHIFT	24
#define BW_UNIT		((u32)BIT(BW_SHIFT))
#define GAIN_SHIFT	8
#define GAIN_UNIT	((u32)BIT(GAIN_SHIFT))

#define HIGH_GAIN	(GAIN_UNIT * 2885 / 1000 + 1)	/* 2 / ln 2: doubles each round */
#define DRAIN_GAIN	(GAIN_UNIT * 1000 / 2885)
#define CWND_GAIN	(GAIN_UNIT * 2)
#define CYCLE_LEN	8
#define BW_ROUNDS	(CYCLE_LEN + 2)
#define FULL_BW_ROUNDS	3
#define MIN_CWND	4U
#define MIN_RTT_WINDOW	(10 * HZ)
#define PROBE_RTT_TIME	(HZ / 5)
#define AGGR_ROUNDS	5
#define AGGR_MAX_US	(100U * USEC_PER_MSEC)
#define AGGR_RESET	((u32)BIT(20))	/* segments */
/* A policer: a fifth of all is lost in two intervals of 4 to 16 rounds, at about one rate. */
#define POLICED_LOSS	50		/* of 256 */
#define POLICED_LEAST	4
#define POLICED_MOST	16
#define POLICED_ROUNDS	48		/* so long it is believed */
#define POLICED_ALIKE	8		/* rates that differ by an eighth, */
#define POLICED_DIFF	(4000 / 8)	/* or so many bytes a second, are one */
#define MARGIN_PERCENT	1		/* below the estimate, so that no queue builds up */
#define LOW_RATE	(1200000 / 8)	/* bytes a second: single segments below that */

enum bbr_mode {
	BBR_STARTUP,
	BBR_DRAIN,
	BBR_PROBE_BW,
	BBR_PROBE_RTT,
};

static const u16 cycle_gain[CYCLE_LEN] = {
	GAIN_UNIT * 5 / 4, GAIN_UNIT * 3 / 4,
	GAIN_UNIT, GAIN_UNIT, GAIN_UNIT, GAIN_UNIT, GAIN_UNIT, GAIN_UNIT,
};

/**
 * struct bbr - private state
 * @cycle_us: when this phase of PROBE_BW began
 * @epoch_us: since when acknowledgments that come in heaps are counted
 * @epoch_acked: by how many segments, since then
 * @extra_acked: most that came beyond the estimate, in this window and the last
 * @bw: largest rate of the last rounds
 * @min_rtt_us: least round trip of the last ten seconds, U32_MAX: none
 * @min_rtt_stamp: when it was taken, jiffies32
 * @probe_rtt_end: when PROBE_RTT ends, jiffies32, 0: not known yet
 * @rounds: round trips
 * @round_end: xtcp_sock.delivered when this one ends
 * @full_bw: rate at which STARTUP was not full yet
 * @prior_cwnd: to be had again after a loss or PROBE_RTT
 * @lt_bw: rate that a policer seems to allow, 0: there is none
 * @lt_delivered: xtcp_sock.delivered when the interval began that is looked at
 * @lt_lost: xtcp_sock.lost then
 * @lt_stamp: xtcp_sock.delivered_us then, ms
 * @mode: &enum bbr_mode
 * @prev_ca_state: xtcp_sock.ca_state at the last ACK
 * @cycle: phase of PROBE_BW
 * @full_rounds: rounds without growth beyond @full_bw
 * @aggr_rounds: rounds of this window of @extra_acked
 * @lt_rounds: rounds of that interval; of the use of @lt_bw
 * @aggr_index: which of them it is
 * @conserve: the first round of a recovery: what leaves the path may enter it
 * @round_start: this ACK begins a round
 * @idle: nothing was sent, until this flight
 * @probe_rtt_round: a round of PROBE_RTT is over
 * @full: STARTUP has filled the pipe
 * @seen_rtt: the rate is no longer that of a guessed round trip
 * @lt_sampling: an interval is looked at
 * @lt_use: @lt_bw is what is sent by
 */
struct bbr {
	u64 cycle_us;
	u64 epoch_us;
	u32 epoch_acked;
	u16 extra_acked[2];
	struct minmax bw;
	u32 min_rtt_us;
	u32 min_rtt_stamp;
	u32 probe_rtt_end;
	u32 rounds;
	u32 round_end;
	u32 full_bw;
	u32 prior_cwnd;
	u32 lt_bw;
	u32 lt_delivered;
	u32 lt_lost;
	u32 lt_stamp;
	u8 mode;
	u8 prev_ca_state;
	u8 cycle;
	u8 full_rounds;
	u8 aggr_rounds;
	u8 lt_rounds;
	u8 aggr_index:1,
	   conserve:1,
	   round_start:1,
	   idle:1,
	   probe_rtt_round:1,
	   full:1,
	   seen_rtt:1;
	u8 lt_sampling:1,
	   lt_use:1;
};

XTCP_CONG_PRIV(struct bbr);

static u32 max_bw(const struct bbr *b)
{
	return minmax_get(&b->bw);
}

/* What is sent by */
static u32 model_bw(const struct bbr *b)
{
	return b->lt_use ? b->lt_bw : max_bw(b);
}

static u32 pacing_gain(const struct bbr *b)
{
	switch (b->mode) {
	case BBR_STARTUP:
		return HIGH_GAIN;
	case BBR_DRAIN:
		return DRAIN_GAIN;
	case BBR_PROBE_BW:
		return b->lt_use ? GAIN_UNIT : cycle_gain[b->cycle];
	default:
		return GAIN_UNIT;
	}
}

static u32 cwnd_gain(const struct bbr *b)
{
	switch (b->mode) {
	case BBR_STARTUP:
	case BBR_DRAIN:
		return HIGH_GAIN;
	case BBR_PROBE_BW:
		return CWND_GAIN;
	default:
		return GAIN_UNIT;
	}
}

/* ---- rates and windows: no product is too large for a peer that lies ---- */

/* Bytes a second of @bw times @gain; 32, 16 and 10 bits are multiplied. */
static u64 bytes_per_second(const struct xtcp_sock *xs, u32 bw, u32 gain, u32 second)
{
	u64 rate = (u64)bw * xs->mss_cache * gain >> GAIN_SHIFT;

	if (rate < 1ULL << 43)
		return rate * second >> BW_SHIFT;
	return (rate >> 12) * second >> (BW_SHIFT - 12);
}

static unsigned long pacing_rate_of(struct sock *sk, u32 bw, u32 gain)
{
	u64 rate = bytes_per_second(xtcp_sk(sk), bw, gain,
				    USEC_PER_SEC / 100 * (100 - MARGIN_PERCENT));

	return min_t(u64, rate, READ_ONCE(sk->sk_max_pacing_rate));
}

/* Before there is an estimate: cwnd in a round trip */
static void guess_pacing_rate(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct bbr *b = xtcp_cong_priv(sk);
	u32 rtt_us = USEC_PER_MSEC;
	u64 bw;

	if (xs->srtt_us) {
		rtt_us = max(xs->srtt_us >> 3, 1U);
		b->seen_rtt = true;
	}
	bw = div_u64((u64)xs->snd_cwnd << BW_SHIFT, rtt_us);
	WRITE_ONCE(sk->sk_pacing_rate,
		   pacing_rate_of(sk, min_t(u64, bw, U32_MAX), HIGH_GAIN));
}

/* 4.2.1: it falls only once the pipe was full. */
static void set_pacing_rate(struct sock *sk)
{
	struct bbr *b = xtcp_cong_priv(sk);
	unsigned long rate = pacing_rate_of(sk, model_bw(b), pacing_gain(b));

	if (unlikely(!b->seen_rtt && xtcp_sk(sk)->srtt_us))
		guess_pacing_rate(sk);
	if (b->full || rate > sk->sk_pacing_rate)
		WRITE_ONCE(sk->sk_pacing_rate, rate);
}

static u32 bbr_min_tso_segs(struct sock *sk)
{
	return sk->sk_pacing_rate < LOW_RATE ? 1 : 2;
}

/* Segments that leave together: a millisecond of the rate, or so */
static u32 burst(struct sock *sk)
{
	u32 mss = max_t(u32, xtcp_sk(sk)->mss_cache, 1);
	unsigned long bytes = min_t(unsigned long, XTCP_GSO_MAX,
				    sk->sk_pacing_rate >>
				    min_t(u8, READ_ONCE(sk->sk_pacing_shift),
					  BITS_PER_LONG - 1));

	return min_t(u32, max_t(u32, bytes / mss, bbr_min_tso_segs(sk)), 127);
}

/* 4.2.3.2: @gain pipes, in segments, and what bursts and delayed ACKs need */
static u32 pipes(struct sock *sk, u32 bw, u32 gain, u32 extra)
{
	const struct bbr *b = xtcp_cong_priv(sk);
	u64 w = XTCP_INIT_CWND;

	if (likely(b->min_rtt_us != U32_MAX)) {
		w = min_t(u64, (u64)bw * b->min_rtt_us, U64_MAX >> 11);
		w = ((w * gain >> GAIN_SHIFT) + BW_UNIT - 1) >> BW_SHIFT;
	}
	w += extra + 3 * burst(sk);
	w = round_up(w, 2);
	/* One more of each pair, or probing would not be seen where pipes are short */
	if (b->mode == BBR_PROBE_BW && !b->cycle)
		w += 2;
	return min_t(u64, w, U16_MAX * 64U);
}

/* Segments in the path when the next one leaves, which pacing may put off */
static u32 in_path(struct sock *sk, u32 flight)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	const struct bbr *b = xtcp_cong_priv(sk);
	s64 wait = xs->wstamp_ns - xtcp_clock_of(xs) * NSEC_PER_USEC;
	u64 us = wait > 0 ? min_t(u64, div_u64(wait, NSEC_PER_USEC), U32_MAX) : 0;
	u64 leave = max_bw(b) * us >> BW_SHIFT;

	if (pacing_gain(b) > GAIN_UNIT)
		flight += burst(sk);
	return leave < flight ? flight - leave : 0;
}

static void next_cycle(struct xtcp_sock *xs, struct bbr *b)
{
	b->cycle = (b->cycle + 1) % CYCLE_LEN;
	b->cycle_us = xs->delivered_us;
}

/* 4.3.4.3: anywhere but where the queue is drained, so that flows don't march in step */
static void enter_probe_bw(struct xtcp_sock *xs, struct bbr *b)
{
	b->mode = BBR_PROBE_BW;
	b->cycle = CYCLE_LEN - 1 - get_random_u32() % (CYCLE_LEN - 1);
	next_cycle(xs, b);
}

/* ---- a policer: much is lost, at a rate that stays the same ---- */

static void policer_interval(const struct xtcp_sock *xs, struct bbr *b)
{
	b->lt_stamp = xtcp_clock_to_ms(xs->delivered_us);
	b->lt_delivered = xs->delivered;
	b->lt_lost = xs->lost;
	b->lt_rounds = 0;
}

static void policer_forget(const struct xtcp_sock *xs, struct bbr *b)
{
	b->lt_bw = 0;
	b->lt_use = false;
	b->lt_sampling = false;
	policer_interval(xs, b);
}

/* Another interval with much loss: it is a policer if the rate is that of the last one. */
static void policer_rate(const struct xtcp_sock *xs, struct bbr *b, u32 bw)
{
	u32 diff = bw > b->lt_bw ? bw - b->lt_bw : b->lt_bw - bw;

	if (b->lt_bw && (diff <= b->lt_bw / POLICED_ALIKE ||
			 bytes_per_second(xs, diff, GAIN_UNIT, USEC_PER_SEC / 100 *
					  (100 - MARGIN_PERCENT)) <= POLICED_DIFF)) {
		b->lt_bw = ((u64)bw + b->lt_bw) / 2;
		b->lt_use = true;
		b->lt_rounds = 0;
		return;
	}
	b->lt_bw = bw;
	policer_interval(xs, b);
}

/* An interval ends with a loss: what was lost in it, and how fast did the rest go? */
static void policer_interval_ends(const struct xtcp_sock *xs, struct bbr *b)
{
	u32 lost = xs->lost - b->lt_lost, delivered = xs->delivered - b->lt_delivered;
	s32 ms = xtcp_clock_to_ms(xs->delivered_us) - b->lt_stamp;
	u32 us;

	if (!delivered || (u64)lost << GAIN_SHIFT < (u64)delivered * POLICED_LOSS || ms < 1)
		return;
	if (ms >= U32_MAX / USEC_PER_MSEC) {
		policer_forget(xs, b);
		return;
	}
	us = ms * (u32)USEC_PER_MSEC;
	policer_rate(xs, b, min_t(u64, U32_MAX,
				  div_u64((u64)delivered << BW_SHIFT, us)));
}

/* After a while it may be gone. */
static void policer_expires(struct xtcp_sock *xs, struct bbr *b)
{
	if (b->mode != BBR_PROBE_BW || !b->round_start || ++b->lt_rounds < POLICED_ROUNDS)
		return;
	policer_forget(xs, b);
	enter_probe_bw(xs, b);
}

static void policer_sample(struct xtcp_sock *xs, struct bbr *b, bool lost, bool app_limited)
{
	if (b->lt_use) {
		policer_expires(xs, b);
		return;
	}
	if (!b->lt_sampling) {
		if (!lost)
			return;
		policer_interval(xs, b);
		b->lt_sampling = true;
	}
	if (app_limited) {
		policer_forget(xs, b);
		return;
	}
	b->lt_rounds += b->round_start;
	if (b->lt_rounds > POLICED_MOST)
		policer_forget(xs, b);
	else if (b->lt_rounds >= POLICED_LEAST && lost)
		policer_interval_ends(xs, b);
}

/* ---- the model ---- */

/* 4.1.1: rounds are counted by what is delivered; the rate is the best of ten. */
static void update_bw(struct xtcp_sock *xs, struct bbr *b, const struct xtcp_rate_sample *rs)
{
	u32 bw;

	b->round_start = false;
	if (rs->delivered < 0 || rs->interval_us <= 0)
		return;
	if (!seq_before(rs->prior_delivered, b->round_end)) {
		b->round_end = xs->delivered;
		b->rounds++;
		b->round_start = true;
		b->conserve = false;
	}
	policer_sample(xs, b, rs->losses > 0, rs->is_app_limited);
	bw = min_t(u64, div_u64((u64)rs->delivered << BW_SHIFT,
				min_t(long, rs->interval_us, S32_MAX)), U32_MAX);
	if (!rs->is_app_limited || bw >= max_bw(b))
		minmax_running_max(&b->bw, BW_ROUNDS, b->rounds, bw);
}

/*
 * Acknowledgments may come in heaps: how many more than the rate explains is allowed
 * for in cwnd, or they would stop us.
 */
static void update_aggregation(struct xtcp_sock *xs, struct bbr *b,
			       const struct xtcp_rate_sample *rs)
{
	u64 now = xs->delivered_us;
	u64 expected, extra;

	if (!rs->acked_sacked || rs->delivered < 0 || rs->interval_us <= 0)
		return;
	if (b->round_start && ++b->aggr_rounds >= AGGR_ROUNDS) {
		b->aggr_rounds = 0;
		b->aggr_index = !b->aggr_index;
		b->extra_acked[b->aggr_index] = 0;
	}
	expected = (u64)model_bw(b) * min_t(u64, now - b->epoch_us, U32_MAX) >> BW_SHIFT;
	if (b->epoch_acked <= expected || b->epoch_acked + rs->acked_sacked >= AGGR_RESET) {
		b->epoch_acked = 0;
		b->epoch_us = now;
		expected = 0;
	}
	b->epoch_acked = min(b->epoch_acked + rs->acked_sacked, AGGR_RESET);
	extra = b->epoch_acked - min_t(u64, expected, b->epoch_acked);
	extra = min3(extra, (u64)xs->snd_cwnd, (u64)U16_MAX);
	b->extra_acked[b->aggr_index] = max_t(u16, extra, b->extra_acked[b->aggr_index]);
}

static u32 aggregated(const struct bbr *b)
{
	u32 most = (u64)model_bw(b) * AGGR_MAX_US >> BW_SHIFT;

	return b->full ? min_t(u32, max(b->extra_acked[0], b->extra_acked[1]), most) : 0;
}

static void leave_probe_rtt(struct xtcp_sock *xs, struct bbr *b)
{
	if (b->full)
		enter_probe_bw(xs, b);
	else
		b->mode = BBR_STARTUP;
}

/* 4.3.4.3: a phase takes a round trip; probing, until there is a queue, or a loss */
static bool cycle_is_over(struct sock *sk, const struct xtcp_rate_sample *rs)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	const struct bbr *b = xtcp_cong_priv(sk);
	bool long_enough = xs->delivered_us - b->cycle_us > b->min_rtt_us;
	u32 gain = pacing_gain(b);
	u32 flight;

	if (gain == GAIN_UNIT)
		return long_enough;
	flight = in_path(sk, rs->prior_in_flight);
	if (gain > GAIN_UNIT)
		return long_enough &&
		       (rs->losses > 0 || flight >= pipes(sk, max_bw(b), gain, 0));
	return long_enough || flight <= pipes(sk, max_bw(b), GAIN_UNIT, 0);
}

/* 4.3.2.2: three rounds without a quarter more: the pipe is full. */
static void check_full(struct bbr *b, const struct xtcp_rate_sample *rs)
{
	if (b->full || !b->round_start || rs->is_app_limited)
		return;
	if (max_bw(b) >= (u64)b->full_bw * 5 / 4) {
		b->full_bw = max_bw(b);
		b->full_rounds = 0;
		return;
	}
	b->full = ++b->full_rounds >= FULL_BW_ROUNDS;
}

/* 4.3.3: what STARTUP has queued leaves first. */
static void check_drain(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct bbr *b = xtcp_cong_priv(sk);

	if (b->mode == BBR_STARTUP && b->full) {
		b->mode = BBR_DRAIN;
		xtcp_cong_set_ssthresh(xs, pipes(sk, max_bw(b), GAIN_UNIT, 0));
	}
	if (b->mode == BBR_DRAIN &&
	    in_path(sk, xtcp_in_flight(xs)) <= pipes(sk, max_bw(b), GAIN_UNIT, 0))
		enter_probe_bw(xs, b);
}

static void save_cwnd(const struct xtcp_sock *xs, struct bbr *b)
{
	if (b->prev_ca_state < XTCP_CA_RECOVERY && b->mode != BBR_PROBE_RTT)
		b->prior_cwnd = xs->snd_cwnd;
	else
		b->prior_cwnd = max(b->prior_cwnd, xs->snd_cwnd);
}

static void check_probe_rtt_done(struct xtcp_sock *xs, struct bbr *b)
{
	u32 now = xtcp_jiffies32();

	if (!b->probe_rtt_end || (s32)(now - b->probe_rtt_end) <= 0)
		return;
	b->min_rtt_stamp = now;
	xtcp_cong_set_cwnd(xs, max(xs->snd_cwnd, b->prior_cwnd));
	leave_probe_rtt(xs, b);
}

/* 4.3.5: four segments in flight, for a round trip and 200 ms */
static void in_probe_rtt(struct xtcp_sock *xs, struct bbr *b)
{
	u32 now = xtcp_jiffies32();

	/* Rates of this time are ours, not the path's. */
	xtcp_rate_limit(xs);
	if (!b->probe_rtt_end && xtcp_in_flight(xs) <= MIN_CWND) {
		b->probe_rtt_end = now + PROBE_RTT_TIME ?: 1;
		b->probe_rtt_round = false;
		b->round_end = xs->delivered;
	} else if (b->probe_rtt_end) {
		b->probe_rtt_round |= b->round_start;
		if (b->probe_rtt_round)
			check_probe_rtt_done(xs, b);
	}
}

/* 4.1.2 */
static void update_min_rtt(struct xtcp_sock *xs, struct bbr *b,
			   const struct xtcp_rate_sample *rs)
{
	u32 now = xtcp_jiffies32();
	bool expired = (s32)(now - b->min_rtt_stamp) > MIN_RTT_WINDOW;

	if (rs->rtt_us >= 0 &&
	    (rs->rtt_us < b->min_rtt_us || (expired && !rs->is_ack_delayed))) {
		b->min_rtt_us = clamp_t(long, rs->rtt_us, 1, 60 * USEC_PER_SEC);
		b->min_rtt_stamp = now;
	}
	if (expired && !b->idle && b->mode != BBR_PROBE_RTT) {
		b->mode = BBR_PROBE_RTT;
		save_cwnd(xs, b);
		b->probe_rtt_end = 0;
	}
	if (b->mode == BBR_PROBE_RTT)
		in_probe_rtt(xs, b);
	if (rs->delivered > 0)
		b->idle = false;
}

static void update_model(struct sock *sk, const struct xtcp_rate_sample *rs)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct bbr *b = xtcp_cong_priv(sk);

	update_bw(xs, b, rs);
	update_aggregation(xs, b, rs);
	if (b->mode == BBR_PROBE_BW && cycle_is_over(sk, rs))
		next_cycle(xs, b);
	check_full(b, rs);
	check_drain(sk);
	update_min_rtt(xs, b, rs);
}

/* ---- what is sent ---- */

/* 4.2.3.4: true if cwnd is that of a recovery's first round. */
static bool recover_or_restore(struct xtcp_sock *xs, struct bbr *b,
			       const struct xtcp_rate_sample *rs)
{
	u8 before = b->prev_ca_state, state = xs->ca_state;
	u32 cwnd = xs->snd_cwnd;

	if (rs->losses > 0)
		cwnd -= min_t(u32, rs->losses, cwnd - 1);
	if (state == XTCP_CA_RECOVERY && before != XTCP_CA_RECOVERY) {
		b->conserve = true;
		b->round_end = xs->delivered;
		cwnd = xtcp_in_flight(xs) + rs->acked_sacked;
	} else if (before >= XTCP_CA_RECOVERY && state < XTCP_CA_RECOVERY) {
		cwnd = max(cwnd, b->prior_cwnd);
		b->conserve = false;
	}
	b->prev_ca_state = state;
	if (b->conserve)
		cwnd = max(cwnd, xtcp_in_flight(xs) + rs->acked_sacked);
	xtcp_cong_set_cwnd(xs, cwnd);
	return b->conserve;
}

/* 4.2.3 */
static void set_cwnd(struct sock *sk, const struct xtcp_rate_sample *rs)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct bbr *b = xtcp_cong_priv(sk);
	u32 cwnd, target;

	if (rs->acked_sacked && !recover_or_restore(xs, b, rs)) {
		target = pipes(sk, model_bw(b), cwnd_gain(b), aggregated(b));
		cwnd = xs->snd_cwnd;
		if (b->full)
			cwnd = min(cwnd + rs->acked_sacked, target);
		else if (cwnd < target || xs->delivered < XTCP_INIT_CWND)
			cwnd += rs->acked_sacked;
		xtcp_cong_set_cwnd(xs, max(cwnd, MIN_CWND));
	}
	if (b->mode == BBR_PROBE_RTT)
		xtcp_cong_set_cwnd(xs, min(xs->snd_cwnd, MIN_CWND));
}

static void bbr_control(struct sock *sk, u32 ack, u32 flags,
			const struct xtcp_rate_sample *rs)
{
	update_model(sk, rs);
	set_pacing_rate(sk);
	set_cwnd(sk, rs);
}

/* ---- what else happens ---- */

static void bbr_init(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct bbr *b = xtcp_cong_priv(sk);

	b->round_end = xs->delivered;
	b->prev_ca_state = XTCP_CA_OPEN;
	b->min_rtt_us = xtcp_min_rtt(xs);
	b->min_rtt_stamp = xtcp_jiffies32();
	b->epoch_us = xtcp_clock_of(xs);
	minmax_reset(&b->bw, b->rounds, 0);
	policer_forget(xs, b);
	xtcp_cong_set_ssthresh(xs, XTCP_INFINITE_SSTHRESH);
	guess_pacing_rate(sk);
	/* Whoever sends paces, unless a qdisc does. */
	cmpxchg(&sk->sk_pacing_status, SK_PACING_NONE, SK_PACING_NEEDED);
}

/* 4.3.4.4: what was not used is not made up for at once. */
static void bbr_event(struct sock *sk, enum xtcp_ca_event event)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct bbr *b = xtcp_cong_priv(sk);

	if (event != XTCP_CA_EVENT_TX_START || !xs->app_limited)
		return;
	b->idle = true;
	b->epoch_us = xtcp_clock_of(xs);
	b->epoch_acked = 0;
	if (b->mode == BBR_PROBE_BW)
		WRITE_ONCE(sk->sk_pacing_rate, pacing_rate_of(sk, model_bw(b), GAIN_UNIT));
	else if (b->mode == BBR_PROBE_RTT)
		check_probe_rtt_done(xs, b);
}

/* A loss says nothing of the pipe. */
static u32 bbr_ssthresh(struct sock *sk)
{
	save_cwnd(xtcp_sk(sk), xtcp_cong_priv(sk));
	return xtcp_sk(sk)->snd_ssthresh;
}

/* Nothing was cut for good; but what the pipe holds may have been misjudged. */
static u32 bbr_undo(struct sock *sk)
{
	struct bbr *b = xtcp_cong_priv(sk);

	b->full_bw = 0;
	b->full_rounds = 0;
	policer_forget(xtcp_sk(sk), b);
	return xtcp_sk(sk)->snd_cwnd;
}

static void bbr_state(struct sock *sk, u8 state)
{
	struct bbr *b = xtcp_cong_priv(sk);

	if (state != XTCP_CA_LOSS)
		return;
	b->prev_ca_state = XTCP_CA_LOSS;
	b->full_bw = 0;
	/* What was in flight is no longer: a round begins. */
	b->round_start = true;
	policer_sample(xtcp_sk(sk), b, true, false);
}

static u32 bbr_sndbuf_expand(struct sock *sk)
{
	/* Two pipes, and what is lost in one */
	return 3;
}

static size_t bbr_info(struct sock *sk, u32 ext, int *attr, union tcp_cc_info *info)
{
	const struct bbr *b = xtcp_cong_priv(sk);
	u64 rate = bytes_per_second(xtcp_sk(sk), model_bw(b), GAIN_UNIT, USEC_PER_SEC);

	if (!(ext & (1U << (INET_DIAG_BBRINFO - 1) | 1U << (INET_DIAG_VEGASINFO - 1))))
		return 0;
	info->bbr.bbr_bw_lo = (u32)rate;
	info->bbr.bbr_bw_hi = (u32)(rate >> 32);
	info->bbr.bbr_min_rtt = b->min_rtt_us;
	info->bbr.bbr_pacing_gain = pacing_gain(b);
	info->bbr.bbr_cwnd_gain = cwnd_gain(b);
	*attr = INET_DIAG_BBRINFO;
	return sizeof(info->bbr);
}

static struct xtcp_cong_ops xtcp_bbr = {
	.name = "bbr",
	.owner = THIS_MODULE,
	.flags = XTCP_CONG_NON_RESTRICTED,
	.init = bbr_init,
	.ssthresh = bbr_ssthresh,
	.cong_control = bbr_control,
	.undo_cwnd = bbr_undo,
	.set_state = bbr_state,
	.cwnd_event = bbr_event,
	.get_info = bbr_info,
	.min_tso_segs = bbr_min_tso_segs,
	.sndbuf_expand = bbr_sndbuf_expand,
};

static int __init bbr_load(void)
{
	return xtcp_cong_register(&xtcp_bbr);
}

static void __exit bbr_unload(void)
{
	xtcp_cong_unregister(&xtcp_bbr);
}

module_init(bbr_load);
module_exit(bbr_unload);
MODULE_DESCRIPTION("BBR congestion control for AF_XTCP");
MODULE_LICENSE("GPL");
MODULE_ALIAS("xtcp_cong_bbr");
