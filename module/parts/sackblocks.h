/* SPDX-License-Identifier: GPL-2.0-only */
/* What sackblocks.c is asked; described there. */
#ifndef _XTCP_SACKBLOCKS_H
#define _XTCP_SACKBLOCKS_H

#include "xtcp.h"

/* As many blocks as Linux expects a sender to take in at once: H-65. */
#define XTCP_SACKS_EXPECTED	2

/* Nothing is held ahead of a gap, nothing came twice. */
static inline void xtcp_sackblocks_forget(struct xtcp_sock *xs)
{
	xs->sacks.num = 0;
	xs->sacks.twice = false;
}

/* What came twice is told by the next segment, or not at all. */
static inline void xtcp_sackblocks_not_twice(struct xtcp_sock *xs)
{
	xs->sacks.twice = false;
}

/* Did what last came twice begin here? */
static inline bool xtcp_sackblocks_told(const struct xtcp_sock *xs, u32 seq)
{
	return xs->sacks.duplicate.start == seq;
}

/* There is nothing to tell of: nearly always so */
static inline bool xtcp_sackblocks_none(const struct xtcp_sock *xs)
{
	return likely(!xs->sacks.num && !xs->sacks.twice);
}

unsigned int xtcp_sackblocks_place(const struct xtcp_sock *xs, u32 seq,
				   u32 end_seq);
void xtcp_sackblocks_held(struct xtcp_sock *xs, u32 seq, u32 end_seq);
void xtcp_sackblocks_drop(struct xtcp_sock *xs);
void xtcp_sackblocks_twice(struct sock *sk, u32 seq, u32 end_seq);
void xtcp_sackblocks_twice_more(struct sock *sk, u32 seq, u32 end_seq);
unsigned int xtcp_sackblocks_size(const struct xtcp_sock *xs);
unsigned int xtcp_sackblocks_write(struct xtcp_sock *xs, __be32 *p);

/* RCV.NXT has moved: what it covers is told by it. */
static inline void xtcp_sackblocks_advance(struct xtcp_sock *xs)
{
	if (unlikely(xs->sacks.num))
		xtcp_sackblocks_drop(xs);
}

/* Bytes of options that they take in the next segment, a multiple of 4 */
static inline unsigned int xtcp_sackblocks_len(const struct xtcp_sock *xs)
{
	return xtcp_sackblocks_none(xs) ? 0 : xtcp_sackblocks_size(xs);
}

#endif /* _XTCP_SACKBLOCKS_H */
