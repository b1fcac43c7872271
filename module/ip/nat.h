/* SPDX-License-Identifier: GPL-2.0-only */
/* What nat.c is asked; described there. */
#ifndef _XTCP_NAT_H
#define _XTCP_NAT_H

#include "xtcp.h"

void xtcp_nat_mark(struct sk_buff *skb);
bool xtcp_nat_is_ours(const struct sk_buff *skb);
bool xtcp_nat_applied(const struct sk_buff *skb);
int xtcp_nat_original(struct sock *sk, struct sockaddr_in *sin);

#endif /* _XTCP_NAT_H */
