/* SPDX-License-Identifier: GPL-2.0-only */
/* What listen.c is asked; described there. */
#ifndef _XTCP_LISTEN_H
#define _XTCP_LISTEN_H

#include "xtcp.h"

int xtcp_listen_start(struct sock *sk);
struct sock *xtcp_listen_accept(struct sock *sk, int flags, int *err);

#endif /* _XTCP_LISTEN_H */
