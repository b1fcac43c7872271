/* SPDX-License-Identifier: GPL-2.0-only */
/* What input.c is asked; described there. */
#ifndef _XTCP_INPUT_H
#define _XTCP_INPUT_H

#include "xtcp.h"

void xtcp_input(struct net *net, struct sk_buff *skb, struct xtcp_lookup *key);

#endif /* _XTCP_INPUT_H */
