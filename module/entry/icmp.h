/* SPDX-License-Identifier: GPL-2.0-only */
/* What icmp.c is asked; described there. */
#ifndef _XTCP_ICMP_H
#define _XTCP_ICMP_H

#include "xtcp.h"

void xtcp_icmp_input(struct net *net, struct sk_buff *skb);

#endif /* _XTCP_ICMP_H */
