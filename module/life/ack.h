/* SPDX-License-Identifier: GPL-2.0-only */
/* What ack.c is asked; described there. */
#ifndef _XTCP_ACK_H
#define _XTCP_ACK_H

#include "xtcp.h"

void xtcp_ack_start_window(struct xtcp_sock *xs, const struct sk_buff *skb);
bool xtcp_ack_moves_window(const struct xtcp_sock *xs,
			   const struct sk_buff *skb);
int xtcp_ack_process(struct sock *sk, const struct sk_buff *skb);

#endif /* _XTCP_ACK_H */
