/* SPDX-License-Identifier: GPL-2.0-only */
/* What dupthresh.c is asked; described there. */
#ifndef _XTCP_DUPTHRESH_H
#define _XTCP_DUPTHRESH_H

#include "xtcp.h"

/* Nothing was lost after all: it is judged anew. */
static inline void xtcp_dupthresh_again(struct xtcp_sock *xs)
{
	xs->dupthresh_seq = xs->snd_una;
}

void xtcp_dupthresh_mark(struct xtcp_sock *xs, bool head);

#endif /* _XTCP_DUPTHRESH_H */
