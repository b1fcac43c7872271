/* SPDX-License-Identifier: GPL-2.0-only */
/* What close.c is asked; described there. */
#ifndef _XTCP_CLOSE_H
#define _XTCP_CLOSE_H

#include "xtcp.h"

void xtcp_close(struct sock *sk, long timeout);
void xtcp_close_disconnect(struct sock *sk);
void xtcp_close_kill_all(void);

#endif /* _XTCP_CLOSE_H */
