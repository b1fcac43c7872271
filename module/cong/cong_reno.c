// SPDX-License-Identifier: GPL-2.0-only
/* Reno: RFC 5681.  Also the pattern for a new algorithm. */
#include "xtcp.h"
#include "cong/cong.h"

/* H-36: half of what is in use, never below two segments. */
static u32 reno_ssthresh(struct sock *sk)
{
	return max(xtcp_sk(sk)->snd_cwnd >> 1, 2U);
}

static void reno_cong_avoid(struct sock *sk, u32 ack, u32 acked)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (xs->snd_cwnd < xs->snd_ssthresh) {
		acked = xtcp_cong_slow_start(xs, acked);
		if (!acked)
			return;
	}
	xtcp_cong_grow(xs, xs->snd_cwnd, acked);
}

struct xtcp_cong_ops xtcp_cong_reno = {
	.name = "reno",
	.owner = THIS_MODULE,
	.ssthresh = reno_ssthresh,
	.cong_avoid = reno_cong_avoid,
};
