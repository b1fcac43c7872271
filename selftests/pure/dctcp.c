// SPDX-License-Identifier: GPL-2.0
/*
 * DCTCP beside RFC 8257: what it estimates, by how much it reduces, what it echoes
 * and when it acknowledges first.
 */
#include <math.h>

#include "module/cong/choice.c"
#include "module/cong/cong.c"
#include "module/cong/cong_dctcp.c"
#include "module/cong/cong_reno.c"
#include "module/cong/registry.c"
#include "pure.h"

#define WINDOWS	60

struct xtcp_cong_ops xtcp_cong_cubic;

static struct pure_world world;
static u32 acked_first;
static unsigned int acks;

void xtcp_ecn_mark_all(struct sock *sk, bool on)
{
}

static void send_ack(struct sock *sk, u32 rcv_nxt)
{
	acked_first = rcv_nxt;
	acks++;
}

static struct xtcp_sock *start(u8 ecn)
{
	struct xtcp_sock *xs = xtcp_sk(pure_sock(&world));

	xtcp_cong_init(send_ack);
	xs->ecn = ecn;
	xs->ca = &xtcp_cong_dctcp;
	dctcp_init(&xs->inet.sk);
	return xs;
}

/* 3.3: alpha = (1 - g) * alpha + g * M */
static void check_alpha(struct pure_in *in)
{
	struct xtcp_sock *xs = start(XTCP_ECN_OK);
	struct sock *sk = &xs->inet.sk;
	struct dctcp *d = xtcp_cong_priv(sk);
	double alpha = 1;
	u32 cwnd;
	int i;

	CHECK(d->alpha == ALPHA_ONE);
	for (i = 0; i < WINDOWS; i++) {
		u32 n = 1 + pure_u32(in) % 100000, marked = pure_u32(in) % (n + 1);

		xs->snd_nxt = d->next_seq + n;
		/* In the midst of a window nothing changes. */
		xs->delivered += n / 2;
		xs->snd_una = d->next_seq - 1;
		dctcp_in_ack(sk, 0);
		CHECK(d->alpha / 1024.0 == alpha);
		xs->delivered += n - n / 2;
		xs->delivered_ce += marked;
		xs->snd_una = d->next_seq;
		dctcp_in_ack(sk, 0);
		alpha = alpha * 15 / 16 + (double)marked / n / 16;
		CHECK(d->alpha <= ALPHA_ONE);
		CHECK(fabs(d->alpha / 1024.0 - alpha) < 0.03);
		alpha = d->alpha / 1024.0;
	}
	cwnd = 2 + pure_u32(in) % (XTCP_CWND_MAX - 2);
	xs->snd_cwnd = cwnd;
	CHECK(fabs(dctcp_ssthresh(sk) - fmax(cwnd * (1 - alpha / 2), 2)) <= 1);
	CHECK(dctcp_undo(sk) == cwnd);
}

/* Without marks it is forgotten, wholly. */
static void check_forgotten(void)
{
	struct xtcp_sock *xs = start(XTCP_ECN_OK);
	struct dctcp *d = xtcp_cong_priv(&xs->inet.sk);
	int i;

	for (i = 0; i < 200; i++) {
		xs->snd_una = xs->snd_nxt;
		xs->snd_nxt += 10;
		xs->delivered += 10;
		dctcp_in_ack(&xs->inet.sk, 0);
	}
	CHECK(!d->alpha);
}

/* 3.2, figure 1: an ACK at each change, which speaks of what came before it */
static void check_echo(struct pure_in *in)
{
	struct xtcp_sock *xs = start(XTCP_ECN_OK);
	struct sock *sk = &xs->inet.sk;
	bool ce = false;
	int i;

	for (i = 0; i < 40; i++) {
		bool marked = pure_below(in, 2);
		u32 before = xs->rcv_nxt;

		acks = 0;
		xs->ack.now = false;
		xs->ack.timer = pure_below(in, 2);
		xs->rcv_nxt += 1 + pure_below(in, 200);
		dctcp_event(sk, marked ? XTCP_CA_EVENT_ECN_IS_CE :
					 XTCP_CA_EVENT_ECN_NO_CE);
		CHECK(acks == (marked != ce && xs->ack.timer));
		CHECK(!acks || acked_first == before);
		CHECK(xs->ack.now == (marked != ce));
		CHECK(!!(xs->ecn & XTCP_ECN_DEMAND_CWR) == marked);
		ce = marked;
	}
}

/* 3.4: a loss counts as it does for Reno; 3.5: without ECN it is Reno. */
static void check_reno(struct pure_in *in)
{
	struct xtcp_sock *xs = start(XTCP_ECN_OK);
	union tcp_cc_info info;
	int attr = 0;

	xs->snd_cwnd = 4 + pure_u32(in) % 100000;
	dctcp_event(&xs->inet.sk, XTCP_CA_EVENT_LOSS);
	CHECK(xs->snd_ssthresh == xs->snd_cwnd / 2);
	CHECK(xtcp_cong_info(&xs->inet.sk, ~0U, &attr, &info) == sizeof(info.dctcp));
	CHECK(info.dctcp.dctcp_enabled && attr == INET_DIAG_DCTCPINFO);
	CHECK(!xtcp_cong_info(&xs->inet.sk, 1U << (INET_DIAG_BBRINFO - 1), &attr, &info));

	xs = start(0);
	CHECK(!strcmp(xs->ca->name, "dctcp-reno") && !xs->ca_needs_ecn);
	CHECK(xtcp_cong_info(&xs->inet.sk, ~0U, &attr, &info) == sizeof(info.dctcp));
	CHECK(!info.dctcp.dctcp_enabled);
}

static u32 none(struct sock *sk)
{
	return 0;
}

/* The register: what is incomplete, what is taken, what is a name */
static void check_register(void)
{
	static const char *const names[] = {
		"", "default", "two words", "a/b", "0123456789abcdef",
	};
	struct xtcp_cong_ops ops = { .name = "mine", .owner = THIS_MODULE };
	char list[64];
	size_t i;

	CHECK(xtcp_cong_register(&ops) == -EINVAL);
	ops.ssthresh = none;
	CHECK(xtcp_cong_register(&ops) == -EINVAL);
	ops.undo_cwnd = none;
	CHECK(xtcp_cong_register(&ops) == -EINVAL);
	ops.cong_avoid = xtcp_cong_reno_avoid;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		memcpy(ops.name, names[i], min(strlen(names[i]) + 1, sizeof(ops.name)));
		CHECK(xtcp_cong_register(&ops) == -EINVAL);
	}
	strcpy(ops.name, "mine");
	CHECK(!xtcp_cong_register(&ops));
	CHECK(xtcp_cong_register(&ops) == -EEXIST);
	CHECK(xtcp_cong_find_key(ops.key) == &ops);
	CHECK(xtcp_cong_allow_only("mine other") == -ENOENT);
	xtcp_cong_names(list, sizeof(list), true);
	CHECK(!*list);
	CHECK(!xtcp_cong_allow_only(" mine\t mine "));
	xtcp_cong_names(list, sizeof(list), true);
	CHECK(!strcmp(list, "mine"));
	xtcp_cong_names(list, 3, false);
	CHECK(!strcmp(list, "mi"));
	xtcp_cong_unregister(&ops);
	CHECK(!xtcp_cong_find("mine"));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };

	check_alpha(&in);
	check_forgotten();
	check_echo(&in);
	check_reno(&in);
	check_register();
	return 0;
}
