/* SPDX-License-Identifier: GPL-2.0-only */
/* What sack.c is asked; described there. */
#ifndef _XTCP_SACK_H
#define _XTCP_SACK_H

#include "xtcp.h"

struct xtcp_ack;
struct xtcp_options;

void xtcp_sack_read(struct sock *sk, const struct sk_buff *skb,
		    const struct xtcp_options *o, struct xtcp_ack *a);

#endif /* _XTCP_SACK_H */
