/* SPDX-License-Identifier: GPL-2.0-only */
/* What isn.c is asked; described there. */
#ifndef _XTCP_ISN_H
#define _XTCP_ISN_H

#include "xtcp.h"

u32 xtcp_isn(const struct xtcp_tuple *t);
u32 xtcp_ts_offset(struct net *net, const struct xtcp_tuple *t);

#endif /* _XTCP_ISN_H */
