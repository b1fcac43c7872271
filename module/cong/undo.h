/* SPDX-License-Identifier: GPL-2.0-only */
/* What undo.c is asked; described there. */
#ifndef _XTCP_UNDO_H
#define _XTCP_UNDO_H

#include "xtcp.h"
#include "cong/cong.h"

/* Nothing that could be undone */
static inline void xtcp_undo_forbid(struct xtcp_sock *xs)
{
	xs->undo_marker = 0;
}

/* What is reduced from here on has a reason: an ECN mark. */
static inline void xtcp_undo_not_cwnd(struct xtcp_sock *xs)
{
	xtcp_cong_keep_ssthresh(xs, 0);
}

/* @n segments were sent again. */
static inline void xtcp_undo_resent(struct xtcp_sock *xs, u32 n)
{
	xs->undo_retrans = max(xs->undo_retrans, 0) + n;
}

/* @n of them arrived twice: they were sent again for nothing. */
static inline void xtcp_undo_dsack(struct xtcp_sock *xs, u32 n)
{
	if (xs->undo_retrans > 0)
		xs->undo_retrans = max_t(s64, 0, (s64)xs->undo_retrans - n);
}

/* All that were told of as duplicates, ever */
static inline void xtcp_undo_dsack_dups(struct xtcp_sock *xs, u32 n)
{
	xs->dsack_dups += n;
}

/* Every one that was sent again came twice. */
static inline bool xtcp_undo_all_dups(const struct xtcp_sock *xs)
{
	return xs->undo_marker && !xs->undo_retrans;
}

void xtcp_undo_start(struct sock *sk, bool cwnd);
bool xtcp_undo_delayed(const struct xtcp_sock *xs);
bool xtcp_undo_proven(const struct xtcp_sock *xs);
void xtcp_undo_reduction(struct sock *sk);

#endif /* _XTCP_UNDO_H */
