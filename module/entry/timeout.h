/* SPDX-License-Identifier: GPL-2.0-only */
/* What timeout.c is asked; described there. */
#ifndef _XTCP_TIMEOUT_H
#define _XTCP_TIMEOUT_H

#include "xtcp.h"

void xtcp_timeout_revert_backoff(struct sock *sk, u32 seq);
void xtcp_timeout_release_cb(struct sock *sk);
void xtcp_timeout_init(void);

#endif /* _XTCP_TIMEOUT_H */
