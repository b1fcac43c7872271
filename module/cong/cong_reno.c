// SPDX-License-Identifier: GPL-2.0-only
/* Reno: RFC 5681.  Its parts serve other algorithms, too. */
#include "xtcp.h"
#include "cong/cong.h"

/**
 * xtcp_cong_reno_ssthresh() - half of what is in use, never below two segments (H-36)
 * @sk: locked
 *
 * Counterpart of the kernel's tcp_reno_ssthresh().
 */
u32 xtcp_cong_reno_ssthresh(struct sock *sk)
{
	return max(xtcp_sk(sk)->snd_cwnd >> 1, 2U);
}
EXPORT_SYMBOL_GPL(xtcp_cong_reno_ssthresh);

/**
 * xtcp_cong_reno_avoid() - slow start, then a segment a round trip (H-19, H-20)
 * @sk: locked
 * @ack: not looked at
 * @acked: segments
 *
 * Counterpart of the kernel's tcp_reno_cong_avoid().
 */
void xtcp_cong_reno_avoid(struct sock *sk, u32 ack, u32 acked)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (xtcp_in_slow_start(xs)) {
		acked = xtcp_cong_slow_start(xs, acked);
		if (!acked)
			return;
	}
	xtcp_cong_grow(xs, xs->snd_cwnd, acked);
}
EXPORT_SYMBOL_GPL(xtcp_cong_reno_avoid);

/**
 * xtcp_cong_reno_undo() - cwnd as before the reduction
 * @sk: locked
 *
 * Counterpart of the kernel's tcp_reno_undo_cwnd().
 */
u32 xtcp_cong_reno_undo(struct sock *sk)
{
	return max(xtcp_sk(sk)->snd_cwnd, xtcp_sk(sk)->prior_cwnd);
}
EXPORT_SYMBOL_GPL(xtcp_cong_reno_undo);

struct xtcp_cong_ops xtcp_cong_reno = {
	.name = "reno",
	.owner = THIS_MODULE,
	.flags = XTCP_CONG_NON_RESTRICTED,
	.ssthresh = xtcp_cong_reno_ssthresh,
	.cong_avoid = xtcp_cong_reno_avoid,
	.undo_cwnd = xtcp_cong_reno_undo,
};
