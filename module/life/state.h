/* SPDX-License-Identifier: GPL-2.0-only */
/* What state.c is asked; described there. */
#ifndef _XTCP_STATE_H
#define _XTCP_STATE_H

#include "xtcp.h"

/**
 * enum xtcp_verdict - what becomes of a segment
 * @XTCP_VERDICT_DROP: nothing more
 * @XTCP_VERDICT_RESET: it is answered with a RST
 * @XTCP_VERDICT_SYN: a listener shall look at it
 * @XTCP_VERDICT_RETRY: look it up again: another CPU was faster
 * @XTCP_VERDICT_PASS: the next step of the state machine looks at it
 * @XTCP_VERDICT_TAKEN: a socket has consumed it
 */
enum xtcp_verdict {
	XTCP_VERDICT_DROP,
	XTCP_VERDICT_RESET,
	XTCP_VERDICT_SYN,
	XTCP_VERDICT_RETRY,
	XTCP_VERDICT_PASS,
	XTCP_VERDICT_TAKEN,
};

struct xtcp_options;

void xtcp_state_parsed(struct sock *sk, struct sk_buff *skb,
		       struct xtcp_options *o);
void xtcp_state_input(struct sock *sk, struct sk_buff *skb);

#endif /* _XTCP_STATE_H */
