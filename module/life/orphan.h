/* SPDX-License-Identifier: GPL-2.0-only */
/* What orphan.c is asked; described there. */
#ifndef _XTCP_ORPHAN_H
#define _XTCP_ORPHAN_H

#include "xtcp.h"

/* Is it a container's, of which there may be many?  Its root is not the host's. */
static inline bool xtcp_net_is_owned(const struct net *net)
{
	return net->user_ns != &init_user_ns;
}

u32 xtcp_orphan_fin_time(const struct sock *sk);
bool xtcp_orphan_too_many(const struct sock *sk, int shift);
void xtcp_orphan_count(struct sock *sk);
void xtcp_orphan_uncount(struct sock *sk);

#endif /* _XTCP_ORPHAN_H */
