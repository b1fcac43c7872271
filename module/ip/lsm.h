/* SPDX-License-Identifier: GPL-2.0-only */
/* What lsm.c is asked; described there. */
#ifndef _XTCP_LSM_H
#define _XTCP_LSM_H

#include "xtcp.h"

struct xtcp_request;

bool xtcp_lsm_refuses(const struct sock *listener, struct sk_buff *skb,
		      const struct xtcp_request *req);

#endif /* _XTCP_LSM_H */
