/* SPDX-License-Identifier: GPL-2.0-only */
/* What shutdown.c is asked; described there. */
#ifndef _XTCP_SHUTDOWN_H
#define _XTCP_SHUTDOWN_H

#include "xtcp.h"

bool xtcp_shutdown_state(struct sock *sk);
void xtcp_shutdown(struct sock *sk, int how);

#endif /* _XTCP_SHUTDOWN_H */
