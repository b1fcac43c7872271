/* SPDX-License-Identifier: GPL-2.0-only */
/* What request.c is asked; described there. */
#ifndef _XTCP_REQUEST_H
#define _XTCP_REQUEST_H

#include "xtcp.h"
#include "table/mini.h"

struct xtcp_options;

/*
 * What multiqueue devices spread connections by: another for each SYN-ACK that
 * is sent again (SO_TXREHASH of @sk, the listener or its child), and the child
 * goes the way of the last one.
 */
static inline u32 xtcp_request_txhash(const struct xtcp_request *req,
				      const struct sock *sk)
{
	u8 n = READ_ONCE(sk->sk_txrehash) == SOCK_TXREHASH_ENABLED ?
	       req->num_retrans : 0;

	return hash_32(req->snt_isn + n, 32) ?: 1;
}

void xtcp_request_fill(struct xtcp_request *req, const struct sock *listener,
		       const struct sk_buff *skb, const struct xtcp_tuple *t,
		       const struct xtcp_options *o);
void xtcp_request_window(struct xtcp_request *req, const struct sock *listener,
			 const struct dst_entry *dst);
struct sock *xtcp_request_listener(struct xtcp_mini *mini);
void xtcp_request_forget(struct xtcp_mini *mini);
void xtcp_request_release(struct xtcp_mini *mini);

#endif /* _XTCP_REQUEST_H */
