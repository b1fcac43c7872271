/* SPDX-License-Identifier: GPL-2.0-only */
/* What mtup.c is asked; described there. */
#ifndef _XTCP_MTUP_H
#define _XTCP_MTUP_H

#include "xtcp.h"

/* Is one under way?  Most never probe. */
static inline bool xtcp_mtup_pending(const struct xtcp_sock *xs)
{
	return unlikely(xs->mtup_size);
}

/* What was sent again may have been cut up: its arrival proves nothing. */
static inline void xtcp_mtup_inconclusive(struct xtcp_sock *xs)
{
	xs->mtup_size = 0;
}

/* Segments are no larger than what is known to pass, from here on. */
static inline void xtcp_mtup_hold(struct xtcp_sock *xs)
{
	xs->mtup_held = true;
}

/* A route names the largest packet: none larger is tried. */
static inline void xtcp_mtup_narrow(struct xtcp_sock *xs, u32 mtu)
{
	xs->mtup_high = min(xs->mtup_high, mtu);
}

/* After timeouts: packets of this size may pass (RFC 4821 7.7). */
static inline void xtcp_mtup_lower(struct xtcp_sock *xs, u32 mtu)
{
	xs->mtup_low = mtu;
}

void xtcp_mtup_begin(struct xtcp_sock *xs, bool on, u32 low, u32 high);
void xtcp_mtup_start(struct xtcp_sock *xs);
u32 xtcp_mtup_next(const struct xtcp_sock *xs, int threshold);
bool xtcp_mtup_due(const struct xtcp_sock *xs, u32 interval);
void xtcp_mtup_again(struct xtcp_sock *xs, u32 low, u32 high);
void xtcp_mtup_sent(struct xtcp_sock *xs, u32 mtu, u32 start, u32 end);
void xtcp_mtup_passed(struct xtcp_sock *xs);
void xtcp_mtup_failed(struct xtcp_sock *xs);

#endif /* _XTCP_MTUP_H */
