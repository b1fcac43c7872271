/* SPDX-License-Identifier: GPL-2.0-only */
/* What ecn.c is asked; described there. */
#ifndef _XTCP_ECN_H
#define _XTCP_ECN_H

#include "xtcp.h"

/* It was not congestion after all: nothing to tell the peer. */
static inline void xtcp_ecn_not_reduced(struct xtcp_sock *xs)
{
	xs->ecn &= ~XTCP_ECN_QUEUE_CWR;
}

/* Congestion control says by itself what is echoed (RFC 8257 3.2). */
static inline void xtcp_ecn_demand(struct xtcp_sock *xs, bool marked)
{
	if (marked)
		xs->ecn |= XTCP_ECN_DEMAND_CWR;
	else
		xs->ecn &= ~XTCP_ECN_DEMAND_CWR;
}

void xtcp_ecn_mark_all(struct sock *sk, bool on);
u8 xtcp_ecn_syn(struct sock *sk);
u8 xtcp_ecn_syn_again(const struct sock *sk, u8 flags);
void xtcp_ecn_answered(struct xtcp_sock *xs, u8 flags);
u8 xtcp_ecn_crossing(const struct xtcp_sock *xs, u8 flags);
bool xtcp_ecn_granted(const struct net *net, const struct dst_entry *dst);
bool xtcp_ecn_request(const struct net *net, const struct dst_entry *dst,
		      const struct sk_buff *skb, bool needed);
u8 xtcp_ecn_send(struct sock *sk, bool new_data);
void xtcp_ecn_reduced(struct xtcp_sock *xs);
bool xtcp_ecn_input(struct xtcp_sock *xs, const struct sk_buff *skb);
void xtcp_ecn_data(struct sock *sk, const struct sk_buff *skb);

#endif /* _XTCP_ECN_H */
