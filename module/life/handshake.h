/* SPDX-License-Identifier: GPL-2.0-only */
/* What handshake.c is asked; described there. */
#ifndef _XTCP_HANDSHAKE_H
#define _XTCP_HANDSHAKE_H

#include "xtcp.h"
#include "life/state.h"

struct xtcp_mini;

void xtcp_handshake_syn(struct sock *listener, struct sk_buff *skb,
			const struct xtcp_tuple *t, u32 isn);
enum xtcp_verdict xtcp_handshake_input(struct xtcp_mini *mini,
				       struct sk_buff *skb);
void xtcp_handshake_error(struct xtcp_mini *mini, u32 seq, bool fatal);
void xtcp_handshake_init(void);

#endif /* _XTCP_HANDSHAKE_H */
