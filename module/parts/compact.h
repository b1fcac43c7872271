/* SPDX-License-Identifier: GPL-2.0-only */
/* What compact.c is asked; described there. */
#ifndef _XTCP_COMPACT_H
#define _XTCP_COMPACT_H

#include "xtcp.h"

bool xtcp_compact_join(struct sock *sk, struct sk_buff *to,
		       struct sk_buff *from, bool *stolen);
bool xtcp_compact_gains(u32 bytes, u32 truesize);
void xtcp_compact_list(struct sock *sk, struct sk_buff_head *list, u32 seq);

#endif /* _XTCP_COMPACT_H */
