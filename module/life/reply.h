/* SPDX-License-Identifier: GPL-2.0-only */
/* What reply.c is asked; described there. */
#ifndef _XTCP_REPLY_H
#define _XTCP_REPLY_H

#include "xtcp.h"

struct xtcp_mini;
struct xtcp_request;

void xtcp_reply_reset(struct net *net, struct sock *sk,
		      const struct sk_buff *skb, const struct xtcp_tuple *t);
void xtcp_reply_reset_timewait(const struct xtcp_mini *mini,
			       const struct sk_buff *skb);
void xtcp_reply_ack(const struct xtcp_mini *mini, struct sock *listener,
		    const struct sk_buff *skb, u32 seq, u32 ack, u16 window,
		    u8 tos);
struct dst_entry *xtcp_reply_route(const struct sock *listener,
				   const struct xtcp_request *req);
int xtcp_reply_synack(struct sock *listener, const struct xtcp_request *req,
		      struct dst_entry *dst, u32 tsval);
int xtcp_reply_init(void);
void xtcp_reply_exit(void);

#endif /* _XTCP_REPLY_H */
