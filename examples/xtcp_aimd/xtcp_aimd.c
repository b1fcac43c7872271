// SPDX-License-Identifier: GPL-2.0-only
/*
 * AIMD: a congestion control in a module of its own.  Its window grows by "add"
 * segments in a round trip, and loses "cut" percent at a loss.  1 and 50 are Reno.
 *
 * What there is to an algorithm is told in module/cong/xtcp_cong.h.
 */
#include <linux/module.h>

#include "cong/xtcp_cong.h"

static unsigned int add = 1;
module_param(add, uint, 0644);
MODULE_PARM_DESC(add, "segments in a round trip (1 to 100, default 1)");
static unsigned int cut = 30;
module_param(cut, uint, 0644);
MODULE_PARM_DESC(cut, "percent at a loss (1 to 99, default 30)");

/* Of a connection; all 0 when it begins */
struct aimd {
	u32 losses;
	u32 before;	/* window before the last of them */
};

XTCP_CONG_PRIV(struct aimd);

static u32 aimd_ssthresh(struct sock *sk)
{
	u32 cwnd = xtcp_sk(sk)->snd_cwnd;
	struct aimd *a = xtcp_cong_priv(sk);

	a->losses++;
	a->before = cwnd;
	return max_t(u32, (u64)cwnd * (100 - clamp(READ_ONCE(cut), 1U, 99U)) / 100, 2);
}

static void aimd_cong_avoid(struct sock *sk, u32 ack, u32 acked)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (xtcp_in_slow_start(xs)) {
		acked = xtcp_cong_slow_start(xs, acked);
		if (!acked)
			return;
	}
	/* A segment for each so many that are acknowledged */
	xtcp_cong_grow(xs, xs->snd_cwnd / clamp(READ_ONCE(add), 1U, 100U), acked);
}

/* Nothing was lost after all. */
static u32 aimd_undo_cwnd(struct sock *sk)
{
	struct aimd *a = xtcp_cong_priv(sk);

	a->losses--;
	return max(xtcp_sk(sk)->snd_cwnd, a->before);
}

/* TCP_CC_INFO, in the words of another: losses as "vegas_rttcnt" */
static size_t aimd_get_info(struct sock *sk, u32 ext, int *attr,
			    union tcp_cc_info *info)
{
	const struct aimd *a = xtcp_cong_priv(sk);

	if (!(ext & 1U << (INET_DIAG_VEGASINFO - 1)))
		return 0;
	info->vegas = (struct tcpvegas_info){ .tcpv_rttcnt = a->losses };
	*attr = INET_DIAG_VEGASINFO;
	return sizeof(info->vegas);
}

static struct xtcp_cong_ops aimd = {
	.name = "aimd",
	.owner = THIS_MODULE,
	.ssthresh = aimd_ssthresh,
	.cong_avoid = aimd_cong_avoid,
	.undo_cwnd = aimd_undo_cwnd,
	.get_info = aimd_get_info,
};

static int __init aimd_load(void)
{
	return xtcp_cong_register(&aimd);
}

static void __exit aimd_unload(void)
{
	xtcp_cong_unregister(&aimd);
}

module_init(aimd_load);
module_exit(aimd_unload);
MODULE_DESCRIPTION("AIMD congestion control for AF_XTCP");
MODULE_LICENSE("GPL");
MODULE_ALIAS("xtcp_cong_aimd");
