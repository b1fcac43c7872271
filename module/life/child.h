/* SPDX-License-Identifier: GPL-2.0-only */
/* What child.c is asked; described there. */
#ifndef _XTCP_CHILD_H
#define _XTCP_CHILD_H

#include "xtcp.h"

struct xtcp_options;
struct xtcp_request;

struct sock *xtcp_child_create(struct sock *listener,
			       const struct xtcp_request *req);
void xtcp_child_discard(struct sock *child);
void xtcp_child_deliver(struct sock *listener, struct sock *child,
			struct sk_buff *skb, struct xtcp_options *o,
			const struct xtcp_request *req);

#endif /* _XTCP_CHILD_H */
