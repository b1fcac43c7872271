/* SPDX-License-Identifier: GPL-2.0-only */
/* What urgent.c is asked; described there. */
#ifndef _XTCP_URGENT_H
#define _XTCP_URGENT_H

#include "xtcp.h"

#define XTCP_URG_NOTYET	0x0100
#define XTCP_URG_READ	0x0200
#define XTCP_URG_VALID	0x0400

void xtcp_urgent_input(struct sock *sk, const struct sk_buff *skb);

#endif /* _XTCP_URGENT_H */
