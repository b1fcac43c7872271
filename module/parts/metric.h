/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a route says of the connections that go by it (ip route ... initcwnd N), 0
 * where it says nothing.  MTU, MSS and time to live are route.c's; which congestion
 * control is choice.c's.  Any of these may be any number.
 */
#ifndef _XTCP_METRIC_H
#define _XTCP_METRIC_H

#include <net/dst.h>

#include "xtcp.h"

/**
 * struct xtcp_metric_window - what a route says of the windows that are offered
 * @clamp: largest ever, bytes
 * @initial: first, in segments
 */
struct xtcp_metric_window {
	u32 clamp;
	u32 initial;
};

static inline struct xtcp_metric_window xtcp_metric_window(const struct dst_entry *dst)
{
	return (struct xtcp_metric_window){
		.clamp = dst ? dst_metric_raw(dst, RTAX_WINDOW) : 0,
		.initial = dst ? dst_metric_raw(dst, RTAX_INITRWND) : 0,
	};
}

/* RFC 6928: what may be sent before anything is known of the path, segments */
static inline u32 xtcp_metric_init_cwnd(struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_get(sk);

	return (dst ? dst_metric_raw(dst, RTAX_INITCWND) : 0) ?: XTCP_INIT_CWND;
}

/*
 * The least that a timeout waits beyond a round trip, jiffies: what the route says
 * counts if it is locked, as ip(8) does.
 */
static inline u32 xtcp_metric_rto_min(struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_get(sk);
	u32 ms;

	if (likely(!dst || !dst_metric_locked(dst, RTAX_RTO_MIN)))
		return xtcp_sk(sk)->rto_min;
	ms = min_t(u32, dst_metric_raw(dst, RTAX_RTO_MIN), 120 * MSEC_PER_SEC);
	/* No time at all would be a timer without end. */
	return max_t(u32, msecs_to_jiffies(ms), 1);
}

/* Does no ACK wait on this route?  (ip route ... quickack 1) */
static inline bool xtcp_metric_quickack(struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_get(sk);

	return dst && dst_metric_raw(dst, RTAX_QUICKACK);
}

#endif /* _XTCP_METRIC_H */
