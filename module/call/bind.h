/* SPDX-License-Identifier: GPL-2.0-only */
/* What bind.c is asked; described there. */
#ifndef _XTCP_BIND_H
#define _XTCP_BIND_H

#include "xtcp.h"

int xtcp_bind(struct sock *sk, struct sockaddr *uaddr, int len);

#endif /* _XTCP_BIND_H */
