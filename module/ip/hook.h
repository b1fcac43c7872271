/* SPDX-License-Identifier: GPL-2.0-only */
/* What hook.c is asked; described there. */
#ifndef _XTCP_HOOK_H
#define _XTCP_HOOK_H

#include "xtcp.h"

unsigned int xtcp_hook_rest(nf_hookfn *self, struct sk_buff *skb,
			    const struct nf_hook_state *state);

#endif /* _XTCP_HOOK_H */
