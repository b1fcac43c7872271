// SPDX-License-Identifier: GPL-2.0
/*
 * BBR on a path of one bottleneck: does it find its rate and its length, and leave no
 * queue?  Behind a policer, does it keep to what that lets through?  And from any
 * samples: no window is 0, no rate without bound.
 */
#include "module/cong/cong.c"
#include "module/cong/cong_bbr.c"
#include "module/parts/rate.c"
#include "module/parts/rtt.c"
#include "pure.h"

#define PACKETS	8192		/* in flight at most */
#define MSS	1448
#define STEPS	200

static struct pure_world world;

/* A segment on its way, and what was known when it left */
struct packet {
	u64 sent, first_sent, delivered_time, acked;
	u32 delivered;
	bool limited;
};

/* The path: a segment takes @each us to leave the bottleneck, and @rtt to come round. */
struct path {
	u64 now, next_send, last_depart, first_sent;
	u32 each, rtt, head, tail;
	struct packet packet[PACKETS];
};

static void set_clock(u64 us)
{
	pure_ns = us * NSEC_PER_USEC;
	jiffies = us / (USEC_PER_SEC / HZ);
}

static struct xtcp_sock *start(void)
{
	struct sock *sk = pure_sock(&world);
	struct xtcp_sock *xs = xtcp_sk(sk);

	sk->sk_max_pacing_rate = ~0UL;
	sk->sk_pacing_shift = 10;
	xs->mss_cache = MSS;
	xs->srtt_us = 40000 << 3;
	xs->ca = &xtcp_bbr;
	bbr_init(sk);
	return xs;
}

static void path_send(struct path *p, struct xtcp_sock *xs, bool limited)
{
	struct packet *k = &p->packet[p->head++ % PACKETS];

	if (!xs->packets_out) {
		xtcp_cong_event(&xs->inet.sk, XTCP_CA_EVENT_TX_START);
		p->first_sent = p->now;
		xs->delivered_us = p->now;
	}
	k->sent = p->now;
	k->first_sent = p->first_sent;
	k->delivered = xs->delivered;
	k->delivered_time = xs->delivered_us;
	k->limited = xs->app_limited;
	p->last_depart = max(p->now, p->last_depart) + p->each;
	k->acked = p->last_depart + p->rtt;
	xs->packets_out++;
	if (limited)
		xtcp_rate_limit(xs);
	p->next_send = max(p->now, p->next_send) +
		       (u64)MSS * USEC_PER_SEC / max(xs->inet.sk.sk_pacing_rate, 1UL);
}

/* draft-cheng-iccrg-delivery-rate-estimation */
static void path_ack(struct path *p, struct xtcp_sock *xs)
{
	struct packet *k = &p->packet[p->tail++ % PACKETS];
	struct xtcp_rate_sample rs = { .acked_sacked = 1 };

	rs.prior_in_flight = xs->packets_out--;
	xs->delivered++;
	p->first_sent = k->sent;
	xs->delivered_us = p->now;
	if (xs->app_limited && seq_after(xs->delivered, xs->app_limited))
		xs->app_limited = 0;
	rs.prior_delivered = k->delivered;
	rs.delivered = xs->delivered - k->delivered;
	rs.snd_interval_us = k->sent - k->first_sent;
	rs.rcv_interval_us = p->now - k->delivered_time;
	rs.interval_us = max(rs.snd_interval_us, rs.rcv_interval_us);
	rs.rtt_us = p->now - k->sent;
	rs.is_app_limited = k->limited;
	xtcp_rtt_note_min(&xs->inet.sk, rs.rtt_us, false);
	bbr_control(&xs->inet.sk, 0, XTCP_CONG_ACK_DATA, &rs);
}

/* Runs until @end us; @limit segments in flight at most, which is the program's. */
static u32 path_run(struct path *p, struct xtcp_sock *xs, u64 end, u32 limit)
{
	u32 least = U32_MAX;

	while (p->now < end) {
		bool open = xs->packets_out < min(xs->snd_cwnd, limit);
		u64 acked = p->head != p->tail ? p->packet[p->tail % PACKETS].acked : end;
		u64 send = open ? max(p->next_send, p->now) : end;

		p->now = min3(acked, send, end);
		set_clock(p->now);
		if (p->now == end)
			break;
		if (p->now == acked)
			path_ack(p, xs);
		else
			path_send(p, xs, limit < xs->snd_cwnd);
		least = min(least, xs->snd_cwnd);
	}
	return least;
}

static void check_path(struct pure_in *in)
{
	static struct path p;
	struct xtcp_sock *xs;
	struct bbr *b;
	u32 pipe;

	memset(&p, 0, sizeof(p));
	p.each = 200 + pure_below(in, 256) * 8;
	p.rtt = 10000 + pure_below(in, 256) * 200;
	p.now = 1000000;
	set_clock(p.now);
	xs = start();
	b = xtcp_cong_priv(&xs->inet.sk);
	pipe = (p.rtt + p.each) / p.each + 1;

	CHECK(b->mode == BBR_STARTUP);
	path_run(&p, xs, p.now + 4 * USEC_PER_SEC, U32_MAX);
	CHECK(b->full && b->mode == BBR_PROBE_BW);
	/* Its rate, to a tenth; its length, with no more of a queue than a burst */
	CHECK((u64)max_bw(b) * p.each > BW_UNIT * 9ULL / 10);
	CHECK((u64)max_bw(b) * p.each < BW_UNIT * 11ULL / 10);
	CHECK(b->min_rtt_us >= p.rtt + p.each && b->min_rtt_us <= (p.rtt + p.each) * 5 / 4);
	CHECK(xs->snd_cwnd >= pipe && xs->snd_cwnd <= 3 * pipe + 3 * 127 + 4);
	CHECK(xs->packets_out <= 2 * pipe + 20);
	/* Ten seconds later it looks how long the path is without a queue. */
	CHECK(path_run(&p, xs, p.now + 10 * USEC_PER_SEC, U32_MAX) == MIN_CWND);
	path_run(&p, xs, p.now + USEC_PER_SEC, U32_MAX);
	CHECK(b->mode == BBR_PROBE_BW && xs->snd_cwnd >= pipe);
	CHECK((u64)max_bw(b) * p.each > BW_UNIT * 9ULL / 10);
	/* A program that sends little tells nothing of the rate. */
	path_run(&p, xs, p.now + 3 * USEC_PER_SEC, 2);
	CHECK((u64)max_bw(b) * p.each > BW_UNIT * 9ULL / 10);
	/* A path that becomes four times as slow is noticed in ten rounds. */
	p.each *= 4;
	path_run(&p, xs, p.now + 4 * USEC_PER_SEC, U32_MAX);
	CHECK((u64)max_bw(b) * p.each < BW_UNIT * 3ULL / 2);
}

/* A round trip of 40 ms that delivers @n and loses a quarter as much */
static void policed_round(struct xtcp_sock *xs, u32 n, bool limited)
{
	struct xtcp_rate_sample rs = {
		.prior_delivered = xs->delivered,
		.delivered = n,
		.interval_us = 40000,
		.rtt_us = 40000,
		.losses = n / 4 + 1,
		.acked_sacked = n,
		.prior_in_flight = n,
		.is_app_limited = limited,
	};

	set_clock(pure_ns / NSEC_PER_USEC + 40000);
	xs->delivered += n;
	xs->delivered_us = pure_ns / NSEC_PER_USEC;
	xs->lost += n / 4 + 1;
	bbr_control(&xs->inet.sk, 0, XTCP_CONG_ACK_DATA, &rs);
}

/* Two intervals of the same rate, with losses, are a policer; for 48 rounds. */
static void check_policer(struct pure_in *in)
{
	u32 n = 10 + pure_below(in, 200), i, rounds = 0;
	struct xtcp_sock *xs;
	struct bbr *b;

	set_clock(1000000);
	xs = start();
	b = xtcp_cong_priv(&xs->inet.sk);
	while (!b->lt_use && rounds++ < 20)
		policed_round(xs, n, false);
	CHECK(rounds >= 2 * POLICED_LEAST && rounds <= 2 * POLICED_LEAST + 2);
	CHECK((u64)b->lt_bw * 40000 > (u64)BW_UNIT * n * 99 / 100);
	CHECK((u64)b->lt_bw * 40000 < (u64)BW_UNIT * n * 101 / 100);
	/* Nothing is probed for meanwhile. */
	for (i = 0; i < POLICED_ROUNDS - 1; i++) {
		policed_round(xs, n, false);
		CHECK(b->lt_use && (b->mode != BBR_PROBE_BW || pacing_gain(b) == GAIN_UNIT));
	}
	for (i = 0; i < POLICED_ROUNDS && b->lt_use; i++)
		policed_round(xs, n, false);
	CHECK(!b->lt_use && !b->lt_bw);
	/* Rates that differ are no policer's, nor are those of a program with pauses. */
	for (i = 0; i < 40; i++) {
		policed_round(xs, i & 4 ? 3 * n : n, false);
		CHECK(!b->lt_use);
	}
	for (i = 0; i < 40; i++) {
		policed_round(xs, n, i % 4 == 3);
		CHECK(!b->lt_use);
	}
	/* It was no loss. */
	while (!b->lt_use && rounds++ < 60)
		policed_round(xs, n, false);
	CHECK(b->lt_use);
	bbr_undo(&xs->inet.sk);
	CHECK(!b->lt_use);
}

/* What a liar, or a clock that stands still, may make of it */
static void check_any(struct pure_in *in)
{
	struct xtcp_sock *xs;
	struct sock *sk;
	int i;

	set_clock(pure_raw(in));
	xs = start();
	sk = &xs->inet.sk;
	for (i = 0; i < STEPS && in->left; i++) {
		struct xtcp_rate_sample rs = {
			.prior_delivered = xs->delivered - pure_u32(in),
			.delivered = pure_u32(in),
			.interval_us = (s32)pure_u32(in),
			.rtt_us = (s32)pure_u32(in),
			.losses = pure_u32(in) >> 1,
			.acked_sacked = pure_u32(in) % (1U << 24),
			.prior_in_flight = pure_u32(in),
			.is_app_limited = pure_below(in, 2),
			.is_ack_delayed = pure_below(in, 2),
		};

		set_clock(pure_ns / NSEC_PER_USEC + pure_u32(in));
		xs->delivered += rs.acked_sacked;
		xs->delivered_us = pure_ns / NSEC_PER_USEC - pure_below(in, 2);
		xs->lost += pure_u32(in);
		xs->wstamp_ns = pure_ns + pure_u32(in);
		xs->packets_out = pure_u32(in) % XTCP_CWND_MAX;
		xs->mss_cache = pure_u32(in);
		xs->srtt_us = pure_u32(in);
		switch (pure_below(in, 5)) {
		case 0:
			xtcp_cong_set_state(sk, pure_below(in, XTCP_CA_LOSS + 1));
			break;
		case 1:
			xtcp_cong_set_ssthresh(xs, bbr_ssthresh(sk));
			break;
		case 2:
			xtcp_cong_event(sk, XTCP_CA_EVENT_TX_START);
			break;
		case 3:
			xtcp_cong_set_cwnd(xs, bbr_undo(sk));
			break;
		}
		CHECK(xtcp_cong_control(sk, 0, rs.acked_sacked, XTCP_CONG_ACK_DATA, &rs));
		CHECK(xs->snd_cwnd >= 1 && xs->snd_cwnd <= XTCP_CWND_MAX);
		sk->sk_pacing_shift = pure_byte(in);
		CHECK(bbr_min_tso_segs(sk) >= 1 && burst(sk) >= 1 && burst(sk) <= 127);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };
	static unsigned int runs;

	/* Seconds of a path take a while. */
	if (!(runs++ % 200))
		check_path(&in);
	check_policer(&in);
	check_any(&in);
	return 0;
}
