/* SPDX-License-Identifier: GPL-2.0-only */
/* What delack.c is asked; described there. */
#ifndef _XTCP_DELACK_H
#define _XTCP_DELACK_H

#include "xtcp.h"

void xtcp_delack_quick(struct sock *sk, u32 max);
void xtcp_delack_measure(struct sock *sk, const struct sk_buff *skb);
void xtcp_delack_pace(struct sock *sk);
void xtcp_delack_sent(struct sock *sk);
void xtcp_delack_data_sent(struct xtcp_sock *xs, u32 now);
bool xtcp_delack_arm(struct sock *sk);
void xtcp_delack_retry(struct sock *sk);

#endif /* _XTCP_DELACK_H */
