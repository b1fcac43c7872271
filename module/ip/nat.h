/* SPDX-License-Identifier: GPL-2.0-only */
/* What nat.c is asked; described there. */
#ifndef _XTCP_NAT_H
#define _XTCP_NAT_H

#include "xtcp.h"

void xtcp_nat_mark(struct sk_buff *skb);
bool xtcp_nat_is_ours(const struct sk_buff *skb);
bool xtcp_nat_translated(const struct sk_buff *skb);
int xtcp_nat_original(struct sock *sk, struct sockaddr_in *sin);

/* Did a rule change its names?  Without connection tracking none has. */
static inline bool xtcp_nat_applied(const struct sk_buff *skb)
{
	return unlikely(skb_nfct(skb)) && xtcp_nat_translated(skb);
}

#endif /* _XTCP_NAT_H */
