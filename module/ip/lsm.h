/* SPDX-License-Identifier: GPL-2.0-only */
/* What lsm.c is asked; described there. */
#ifndef _XTCP_LSM_H
#define _XTCP_LSM_H

#include "xtcp.h"

bool xtcp_lsm_refuses(const struct sock *listener, struct sk_buff *skb,
		      const struct xtcp_tuple *t, int bound_dev_if, u32 mark);

#endif /* _XTCP_LSM_H */
