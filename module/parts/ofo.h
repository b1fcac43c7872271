/* SPDX-License-Identifier: GPL-2.0-only */
/* What ofo.c is asked; described there. */
#ifndef _XTCP_OFO_H
#define _XTCP_OFO_H

#include "xtcp.h"

void xtcp_ofo_insert(struct sock *sk, struct sk_buff *skb);
struct sk_buff *xtcp_ofo_next(struct sock *sk, u32 high);
void xtcp_ofo_compact(struct sock *sk);
bool xtcp_ofo_prune(struct sock *sk, u32 seq);
void xtcp_ofo_purge(struct sock *sk);

#endif /* _XTCP_OFO_H */
