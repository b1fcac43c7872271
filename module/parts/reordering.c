// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much the path reorders: by how many duplicate ACKs a segment may be overtaken
 * before it counts as lost (RFC 4653's idea; tcp_reordering to tcp_max_reordering).
 */
#include "xtcp.h"
#include "parts/reordering.h"
#include "parts/scoreboard.h"

static u32 reordering_max(const struct sock *sk)
{
	return max(READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_max_reordering), 0);
}

/**
 * xtcp_reordering_seen() - a segment arrived behind later ones, and was sent once
 * @sk: locked, SACK agreed
 * @low: its sequence number
 * @tstamp: timestamps tell so
 *
 * Counterpart of the kernel's tcp_check_sack_reordering().
 */
void xtcp_reordering_seen(struct sock *sk, u32 low, bool tstamp)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 high = xtcp_highest_sack(xs);
	u32 mss = xs->mss_cache;
	u64 distance;

	sock_owned_by_me(sk);
	if (!seq_before(low, high))
		return;
	distance = high - low;
	if (mss && distance > (u64)xs->reordering * mss)
		xs->reordering = min_t(u64, DIV_ROUND_UP((u32)distance, mss),
				       reordering_max(sk));
	xs->reord_seen++;
	if (tstamp)
		XTCP_INC(sock_net(sk), TSREORDER);
	else
		XTCP_INC(sock_net(sk), SACKREORDER);
}

/**
 * xtcp_reordering_dupacks() - more duplicate ACKs than segments that could cause them
 * @sk: locked, no SACK
 * @acked: segments that were out with those that are still
 *
 * Counterpart of the kernel's tcp_check_reno_reordering().
 */
void xtcp_reordering_dupacks(struct sock *sk, u32 acked)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xs->reordering = min(xs->packets_out + acked, reordering_max(sk));
	xs->reord_seen++;
	XTCP_INC(sock_net(sk), RENOREORDER);
}
