/* SPDX-License-Identifier: GPL-2.0-only */
/* What turnback.c is asked; described there. */
#ifndef _XTCP_TURNBACK_H
#define _XTCP_TURNBACK_H

#include "xtcp.h"

unsigned int xtcp_turnback(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state);

#endif /* _XTCP_TURNBACK_H */
