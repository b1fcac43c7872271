/* SPDX-License-Identifier: GPL-2.0-only */
/* What isn.c is asked; described there. */
#ifndef _XTCP_ISN_H
#define _XTCP_ISN_H

#include "xtcp.h"

u32 xtcp_isn(__be32 laddr, __be32 raddr, __be16 lport, __be16 rport);
u32 xtcp_ts_offset(struct net *net, __be32 laddr, __be32 raddr);

#endif /* _XTCP_ISN_H */
