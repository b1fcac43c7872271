/* SPDX-License-Identifier: GPL-2.0-only */
/* What rtt.c is asked; described there. */
#ifndef _XTCP_RTT_H
#define _XTCP_RTT_H

#include "xtcp.h"

void xtcp_rtt_sample(struct sock *sk, u32 rtt_us);
void xtcp_rtt_echo(struct sock *sk, u32 tsecr);
void xtcp_rtt_set_rto(struct sock *sk);
void xtcp_rtt_receiver(struct sock *sk, const struct sk_buff *skb);

#endif /* _XTCP_RTT_H */
