/* SPDX-License-Identifier: GPL-2.0-only */
/* What error.c is asked; described there. */
#ifndef _XTCP_ERROR_H
#define _XTCP_ERROR_H

#include "xtcp.h"

void xtcp_error_input(struct net *net, struct sk_buff *skb);

#endif /* _XTCP_ERROR_H */
