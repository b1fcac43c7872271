/* SPDX-License-Identifier: GPL-2.0-only */
/* What timewait.c is asked; described there. */
#ifndef _XTCP_TIMEWAIT_H
#define _XTCP_TIMEWAIT_H

#include "xtcp.h"
#include "life/state.h"

struct xtcp_mini;

void xtcp_timewait_enter(struct sock *sk, u8 state, u32 delay);
void xtcp_timewait_linger(struct sock *sk);
void xtcp_timewait_fin_wait2(struct sock *sk);
void xtcp_timewait_ack(struct xtcp_mini *mini, const struct sk_buff *skb);
enum xtcp_verdict xtcp_timewait_input(struct xtcp_mini *mini,
				      const struct sk_buff *skb);
void xtcp_timewait_init(void);

#endif /* _XTCP_TIMEWAIT_H */
