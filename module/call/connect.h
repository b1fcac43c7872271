/* SPDX-License-Identifier: GPL-2.0-only */
/* What connect.c is asked; described there. */
#ifndef _XTCP_CONNECT_H
#define _XTCP_CONNECT_H

#include "xtcp.h"

int xtcp_connect(struct sock *sk, struct sockaddr *uaddr, int len);

#endif /* _XTCP_CONNECT_H */
