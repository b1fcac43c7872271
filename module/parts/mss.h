/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Payload of a segment: worked out when the path, the peer's largest window or the
 * options change (life/output.c), not for each segment.
 */
#ifndef _XTCP_MSS_H
#define _XTCP_MSS_H

#include "xtcp.h"

/* Is what is kept that of packets of this size?  Not of a path never known (0). */
static inline bool xtcp_mss_known(const struct xtcp_sock *xs, u32 mtu)
{
	return likely(xs->mss_mtu == mtu && mtu);
}

static inline void xtcp_mss_keep(struct xtcp_sock *xs, u32 mss, u32 mtu)
{
	xs->mss_cache = mss;
	xs->mss_mtu = mtu;
}

/* Something else than the path has changed that it depends on. */
static inline void xtcp_mss_stale(struct xtcp_sock *xs)
{
	xs->mss_mtu = 0;
}

#endif /* _XTCP_MSS_H */
