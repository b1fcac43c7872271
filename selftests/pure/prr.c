// SPDX-License-Identifier: GPL-2.0
/*
 * A reduction of the congestion window (RFC 6937): whatever is delivered and lost,
 * cwnd comes down to ssthresh and no lower than one more segment needs, and no more
 * leaves than the two bounds of the RFC allow.
 */
#include "module/cong/choice.c"
#include "module/cong/cong.c"
#include "module/cong/cong_reno.c"
#include "module/cong/prr.c"
#include "module/cong/registry.c"
#include "pure.h"

#define STEPS	200

static struct pure_world world;

void xtcp_ecn_mark_all(struct sock *sk, bool on)
{
}

void xtcp_ecn_reduced(struct xtcp_sock *xs)
{
}

static void step(struct pure_in *in, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 out = xs->packets_out - xs->sacked_out;
	u32 delivered = out ? 1 + pure_below(in, min(out, 4U)) : 0;
	u32 lost = 0, sent, flight, left, owed;

	delivered = min(delivered, out);
	if (pure_below(in, 2))
		xs->packets_out -= delivered;
	else
		xs->sacked_out += delivered;
	left = xs->packets_out - xs->sacked_out;
	xs->lost_out = min(xs->lost_out, left);
	xs->retrans_out = min(xs->retrans_out, xs->lost_out);
	if (!pure_below(in, 8) && xs->lost_out < left) {
		lost = 1;
		xs->lost_out++;
	}
	flight = xtcp_in_flight(xs);
	xtcp_prr_acked(sk, delivered, lost, pure_below(in, 2));
	if (!delivered)
		return;
	owed = xs->prr_delivered - min(xs->prr_out, xs->prr_delivered);
	CHECK(xs->snd_cwnd >= 1);
	/* Slow start up to ssthresh, and one more for the first retransmission */
	if (flight >= xs->snd_ssthresh)
		CHECK(xs->snd_cwnd <= flight + max(delivered + 1, owed));
	else
		CHECK(xs->snd_cwnd <= max(xs->snd_ssthresh, flight + 1));
	sent = xs->snd_cwnd > flight ? xs->snd_cwnd - flight : 0;
	if (xs->lost_out > xs->retrans_out)
		xs->retrans_out += min(sent, xs->lost_out - xs->retrans_out);
	else
		xs->packets_out += sent;
	xtcp_prr_sent(xs, sent);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct sock *sk = pure_sock(&world);
	struct pure_in in = { data, size };
	struct xtcp_sock *xs = xtcp_sk(sk);
	int i;

	xs->ca = &xtcp_cong_reno;
	xs->snd_cwnd = 1 + pure_u32(&in) % 1000;
	xs->packets_out = 1 + pure_u32(&in) % xs->snd_cwnd;
	xs->lost_out = 1;
	xtcp_prr_start(sk);
	CHECK(xs->snd_ssthresh == max(xs->prior_cwnd >> 1, 2U));
	xtcp_cong_set_state(sk, XTCP_CA_RECOVERY);
	for (i = 0; i < STEPS && in.left; i++)
		step(&in, sk);
	xs->undo_marker = 1;
	xtcp_prr_end(sk);
	CHECK(xs->snd_cwnd == xs->snd_ssthresh);
	return 0;
}
