/* SPDX-License-Identifier: GPL-2.0-only */
/* What timeout.c is asked; described there. */
#ifndef _XTCP_TIMEOUT_H
#define _XTCP_TIMEOUT_H

#include "xtcp.h"

void xtcp_timeout_revert_backoff(struct sock *sk, u32 seq);
void xtcp_timeout_deferred(struct sock *sk);
void xtcp_timeout_init(void);

/* A system call is about to let go: what did timers leave undone? */
static inline void xtcp_timeout_release_cb(struct sock *sk)
{
	if (unlikely(READ_ONCE(xtcp_sk(sk)->deferred)))
		xtcp_timeout_deferred(sk);
}

#endif /* _XTCP_TIMEOUT_H */
