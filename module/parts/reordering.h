/* SPDX-License-Identifier: GPL-2.0-only */
/* What reordering.c is asked; described there. */
#ifndef _XTCP_REORDERING_H
#define _XTCP_REORDERING_H

#include "xtcp.h"

/* A timeout although many duplicate ACKs came: it was thought to be too much. */
static inline void xtcp_reordering_less(struct xtcp_sock *xs, u32 max)
{
	xs->reordering = min(xs->reordering, max);
}

/* So much was seen by earlier connections. */
static inline void xtcp_reordering_known(struct xtcp_sock *xs, u32 seen)
{
	xs->reordering = min_t(u32, seen, U16_MAX);
}

void xtcp_reordering_seen(struct sock *sk, u32 low, bool tstamp);
void xtcp_reordering_dupacks(struct sock *sk, u32 acked);

#endif /* _XTCP_REORDERING_H */
