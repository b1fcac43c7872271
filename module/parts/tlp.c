// SPDX-License-Identifier: GPL-2.0-only
/*
 * When to probe for the loss of a flight's tail (RFC 8985 7): sooner than a timeout
 * would repair it.  What is sent then, and what the answer tells, is in lossprobe.c.
 */
#include "xtcp.h"
#include "parts/metric.h"
#include "parts/scoreboard.h"
#include "parts/timer.h"
#include "parts/tlp.h"

/*
 * RFC 8985 7.2: two round trips; and where one segment is out, as long as its ACK
 * may be delayed.
 */
static unsigned long loss_probe_timeout(struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 alone = XTCP_RTO_MIN;

	if (!xs->srtt_us)
		return XTCP_RTO_INIT;
	if (xs->packets_out != 1)
		return usecs_to_jiffies((xs->srtt_us >> 2) + XTCP_TIMEOUT_MIN_US);
	if (XTCP_RTO_MIN_IS_MUTUAL)
		alone = xtcp_metric_rto_min(sk);
	return usecs_to_jiffies((xs->srtt_us >> 2) + jiffies_to_usecs(alone));
}

/**
 * xtcp_tlp_schedule() - arm the timer of a loss probe, if there shall be one (H-29)
 * @sk: locked
 * @advancing: the retransmission timeout would begin now, not when the head was sent
 *
 * Counterpart of the kernel's tcp_schedule_loss_probe().
 *
 * Return: true if it stands where the retransmission timer would.
 */
bool xtcp_tlp_schedule(struct sock *sk, bool advancing)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	unsigned long timeout, rto = xs->rto;
	s64 left;

	sock_owned_by_me(sk);
	if (!xs->packets_out || !xtcp_tlp_applies(sk))
		return false;
	timeout = loss_probe_timeout(sk);
	/* One that is alone has only just left. */
	if (!advancing && !xtcp_rtx_at_most_one(xs)) {
		left = xtcp_timer_rto_left(sk);
		rto = left > 0 ? usecs_to_jiffies(min_t(s64, left, U32_MAX)) : timeout;
	}
	xtcp_timer_arm(sk, XTCP_EVENT_LOSS_PROBE, min(timeout, rto));
	return true;
}
