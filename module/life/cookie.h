/* SPDX-License-Identifier: GPL-2.0-only */
/* What cookie.c is asked; described there. */
#ifndef _XTCP_COOKIE_H
#define _XTCP_COOKIE_H

#include "xtcp.h"
#include "life/state.h"

struct xtcp_options;

bool xtcp_cookie_synack(struct sock *listener, struct sk_buff *skb,
			const struct xtcp_tuple *t,
			const struct xtcp_options *o);
enum xtcp_verdict xtcp_cookie_ack(struct sock *listener, struct sk_buff *skb,
				  const struct xtcp_tuple *t);

#endif /* _XTCP_COOKIE_H */
