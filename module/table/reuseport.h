/* SPDX-License-Identifier: GPL-2.0-only */
/* What reuseport.c is asked; described there. */
#ifndef _XTCP_REUSEPORT_H
#define _XTCP_REUSEPORT_H

#include "xtcp.h"

int xtcp_reuseport_join(struct sock *sk, struct sock *member);
void xtcp_reuseport_leave(struct sock *sk);
void xtcp_reuseport_forget(struct sock *sk);
struct sock *xtcp_reuseport_select(struct sock *sk, u32 hash,
				   struct sk_buff *skb);
void xtcp_reuseport_note_flood(struct sock *sk);
bool xtcp_reuseport_flooded(const struct sock *sk, u32 time);
struct sock *xtcp_reuseport_heir(const struct sock *listener, u32 hash);

#endif /* _XTCP_REUSEPORT_H */
