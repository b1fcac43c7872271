// SPDX-License-Identifier: GPL-2.0
/*
 * How much leaves at once, and when the next is due: pacing rate, sizes of
 * super-segments and the bound of the host's queues, for any window, any round trip
 * and any sysctl.
 */
#include "module/parts/pacing.c"
#include "module/parts/tso.c"
#include "module/parts/chrono.c"
#include "module/parts/tsq.h"
#include "pure.h"

static struct pure_world world;

static void known_rates(void)
{
	/* 10 segments of 1460 in 100 ms, twice of it, and a fifth more */
	CHECK(xtcp_pacing_rate(1460, 10, 100000 << 3, 200) == 292000);
	CHECK(xtcp_pacing_rate(1460, 10, 100000 << 3, 120) == 175200);
	CHECK(xtcp_pacing_rate(1460, 10, 8, 100) == 14600000000ULL);
	/* No round trip is known: as if it were an eighth of a microsecond */
	CHECK(xtcp_pacing_rate(1, 1, 0, 1) == 80000);
	CHECK(xtcp_pacing_rate(65535, U32_MAX, 1, 1000) == U64_MAX);
	CHECK(xtcp_pacing_rate(0, 10, 8, 200) == 0);

	CHECK(xtcp_pacing_delay(1460, 50000, 0) == 29200000);
	CHECK(xtcp_pacing_delay(1460, 50000, 1000000) == 28200000);
	CHECK(xtcp_pacing_delay(1460, 50000, U64_MAX) == 14600000);
	CHECK(xtcp_pacing_delay(65535, 1, 0) == 65535ULL * NSEC_PER_SEC);
}

static void known_sizes(void)
{
	/* A millisecond's worth, no less than asked for, no more than fits */
	CHECK(xtcp_tso_autosize(14600, U32_MAX, 64240, 1460, 2) == 10);
	CHECK(xtcp_tso_autosize(0, U32_MAX, 64240, 1460, 2) == 2);
	CHECK(xtcp_tso_autosize(~0UL, U32_MAX, 64240, 1460, 2) == 44);
	CHECK(xtcp_tso_autosize(0, U32_MAX, 1460, 1460, 2) == 1);
	/* Half of the largest more if the peer is near, all of it if it is nearer */
	CHECK(xtcp_tso_autosize(0, 1, 64240, 1460, 2) == 22);
	CHECK(xtcp_tso_autosize(0, 0, 64240, 1460, 2) == 44);
	CHECK(xtcp_tso_autosize(0, 32, 64240, 1460, 2) == 2);
}

static void known_limits(void)
{
	CHECK(xtcp_tsq_limit(2304, 1024000, 10, false, 1 << 20) == 4608);
	CHECK(xtcp_tsq_limit(2304, 10240000, 10, false, 1 << 20) == 10000);
	CHECK(xtcp_tsq_limit(2304, ~0UL, 10, false, 1 << 20) == 1 << 20);
	CHECK(xtcp_tsq_limit(2304, ~0UL, 10, true, 1 << 20) == ~0UL >> 10);
	CHECK(xtcp_tsq_limit(2304, ~0UL, 10, false, 1) == 1);
	CHECK(xtcp_tsq_limit(2304, ~0UL, 10, false, -1) == ~0UL >> 10);
	CHECK(xtcp_tsq_limit(2304, ~0UL, 255, true, 0) == 4608);
}

static void any_rate(struct pure_in *in, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 percent = pure_u32(in);
	u64 rate;

	xs->mss_cache = pure_raw(in);
	xs->snd_cwnd = pure_u32(in);
	xs->packets_out = pure_u32(in);
	xs->snd_ssthresh = pure_u32(in);
	xs->srtt_us = pure_u32(in);
	rate = xtcp_pacing_rate(xs->mss_cache, xs->snd_cwnd, xs->srtt_us, percent);
	CHECK(rate <= xtcp_pacing_rate(xs->mss_cache, U32_MAX, xs->srtt_us, percent));
	CHECK(rate <= xtcp_pacing_rate(xs->mss_cache, xs->snd_cwnd, 0, percent));
	world.net.ipv4.sysctl_tcp_pacing_ss_ratio = pure_raw(in);
	world.net.ipv4.sysctl_tcp_pacing_ca_ratio = pure_raw(in);
	sk->sk_max_pacing_rate = pure_below(in, 2) ? ~0UL : pure_u32(in);
	xtcp_pacing_update(sk);
	CHECK(sk->sk_pacing_rate <= sk->sk_max_pacing_rate);
}

static void any_size(struct pure_in *in, struct sock *sk)
{
	u32 mss = 1 + pure_u32(in) % 65535;
	u32 max = mss * (1 + pure_u32(in) % (1 + XTCP_GSO_MAX / mss));
	u32 segs;

	sk->sk_pacing_rate = pure_below(in, 4) ? pure_u32(in) : ~0UL;
	sk->sk_pacing_shift = pure_byte(in);
	xtcp_sk(sk)->rtt_min.s[0].v = ~pure_u32(in);
	world.net.ipv4.sysctl_tcp_tso_rtt_log = pure_byte(in);
	segs = xtcp_tso_segs(sk, max, mss, pure_u32(in));
	CHECK(segs >= 1 && segs <= max / mss);
	CHECK(xtcp_tsq_limit(pure_u32(in), sk->sk_pacing_rate, sk->sk_pacing_shift,
			     true, 0) >= 0);
}

/* Sent at a rate one after the other, they take as long as the rate says. */
static void any_pace(struct pure_in *in, struct sock *sk)
{
	unsigned long rate = 1UL + pure_u32(in);
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff skb = { };
	u64 now = pure_u32(in), begin, last, due;
	u32 len = pure_u32(in) & 0xffff;
	int i, n = 1 + pure_below(in, 20);

	sk->sk_pacing_status = SK_PACING_NEEDED;
	sk->sk_pacing_rate = rate;
	xs->data_segs_out = PACING_AFTER;
	xs->wstamp_ns = 0;
	last = xtcp_pacing_stamp(xs, &skb, now);
	begin = xs->wstamp_ns;
	CHECK(begin == now * NSEC_PER_USEC);
	xtcp_pacing_sent(sk, len, begin);
	for (i = 1; i < n; i++) {
		due = xs->wstamp_ns;
		now = due / NSEC_PER_USEC + 1 + pure_below(in, 200);
		last = xtcp_pacing_stamp(xs, &skb, now);
		CHECK(last == due && xs->wstamp_ns >= due);
		xtcp_pacing_sent(sk, len, last);
	}
	/* Never faster; and late as a whole only by what one can't make up for */
	due = div64_ul((u64)len * NSEC_PER_SEC, rate);
	CHECK(xs->wstamp_ns - begin >= due * n - min(due / 2, 201000ULL) * (n - 1));
}

static void any_time(struct pure_in *in, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u64 sum = 0;
	int i;

	memset(xs->chrono_time, 0, sizeof(xs->chrono_time));
	xs->chrono = 0;
	for (i = 0; i < 20; i++) {
		enum xtcp_chrono kind = 1 + pure_below(in, 3);
		u32 passed = pure_byte(in);

		if (pure_below(in, 2))
			xtcp_chrono_start(xs, kind);
		else
			xtcp_chrono_stop(sk, kind);
		if (xs->chrono)
			sum += passed;
		jiffies += passed;
	}
	sum *= USEC_PER_SEC / HZ;
	CHECK(xtcp_chrono_us(xs, 1) + xtcp_chrono_us(xs, 2) +
	      xtcp_chrono_us(xs, 3) == sum);
}

/*
 * 10 segments of cwnd, 9 of them in flight for 20 ms; a buffer of two heads the
 * queue.  An ACK is due after @srtt_us.
 */
static enum xtcp_tso_wait wait_for(u32 srtt_us, u32 window, u32 cwnd)
{
	static struct sk_buff head, next;
	struct sock *sk = pure_sock(&world);
	struct xtcp_sock *xs = xtcp_sk(sk);

	world.net.ipv4.sysctl_tcp_tso_win_divisor = 3;
	head = (struct sk_buff){ };
	next = (struct sk_buff){ };
	XTCP_CB(&head)->sent_us = 1000000;
	xs->rtx_queue.rb_root.rb_node = &head.rbnode;
	next.len = 2920;
	XTCP_CB(&next)->seq = 13140;
	XTCP_CB(&next)->end_seq = 16060;
	sk->sk_write_queue.first = &next;
	xs->mss_cache = 1460;
	xs->packets_out = 9;
	xs->snd_cwnd = cwnd;
	xs->snd_una = 0;
	xs->snd_wnd = window;
	xs->srtt_us = srtt_us << 3;
	xs->wstamp_ns = 1020000 * NSEC_PER_USEC;
	return xtcp_tso_defer(sk, &next, 8, 1020000);
}

static void known_waits(void)
{
	struct xtcp_sock *xs = &world.xs;
	struct sk_buff last = { };

	/* Its ACK is due in a millisecond, late already, or in 1001 us */
	CHECK(wait_for(21000, 30000, 10) == XTCP_TSO_CWND);
	CHECK(wait_for(10000, 30000, 10) == XTCP_TSO_CWND);
	CHECK(wait_for(21001, 30000, 10) == XTCP_TSO_SEND);
	/* No more than half a round trip: that of 100 us was over long ago */
	CHECK(wait_for(100, 30000, 10) == XTCP_TSO_CWND);
	/* The window is narrower; a third of the lesser of both is enough to go */
	CHECK(wait_for(21000, 15000, 20) == XTCP_TSO_WINDOW);
	CHECK(wait_for(21000, 30000, 13) == XTCP_TSO_MORE);
	CHECK(wait_for(21000, 30000, 14) == XTCP_TSO_SEND);
	/* What nothing can be added to has no reason to wait for more */
	wait_for(21000, 30000, 13);
	XTCP_CB(world.xs.inet.sk.sk_write_queue.first)->eor = true;
	CHECK(xtcp_tso_defer(&xs->inet.sk, xs->inet.sk.sk_write_queue.first, 8,
			     1020000) == XTCP_TSO_SEND);
	XTCP_CB(world.xs.inet.sk.sk_write_queue.first)->eor = false;
	xs->inet.sk.sk_write_queue.first->next = &last;
	CHECK(xtcp_tso_defer(&xs->inet.sk, xs->inet.sk.sk_write_queue.first, 8,
			     1020000) == XTCP_TSO_SEND);
	/* Nor what is enough; what follows a pause; what repairs */
	wait_for(21000, 30000, 10);
	CHECK(xtcp_tso_defer(&xs->inet.sk, xs->inet.sk.sk_write_queue.first, 1,
			     1020000) == XTCP_TSO_SEND);
	CHECK(xtcp_tso_defer(&xs->inet.sk, xs->inet.sk.sk_write_queue.first, 8,
			     1021001) == XTCP_TSO_SEND);
	xs->ca_state = XTCP_CA_RECOVERY;
	CHECK(xtcp_tso_defer(&xs->inet.sk, xs->inet.sk.sk_write_queue.first, 8,
			     1020000) == XTCP_TSO_SEND);
	/* Without tcp_tso_win_divisor more than three segments are enough. */
	wait_for(21000, 30000, 12);
	world.net.ipv4.sysctl_tcp_tso_win_divisor = 0;
	CHECK(xtcp_tso_defer(&xs->inet.sk, xs->inet.sk.sk_write_queue.first, 8,
			     1020000) == XTCP_TSO_MORE);
	xs->snd_cwnd = 13;
	CHECK(xtcp_tso_defer(&xs->inet.sk, xs->inet.sk.sk_write_queue.first, 8,
			     1020000) == XTCP_TSO_SEND);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };
	struct sock *sk = pure_sock(&world);

	known_rates();
	known_sizes();
	known_limits();
	known_waits();
	sk = pure_sock(&world);
	while (in.left) {
		any_rate(&in, sk);
		any_size(&in, sk);
		any_pace(&in, sk);
		any_time(&in, sk);
	}
	return 0;
}
