/* SPDX-License-Identifier: GPL-2.0-only */
/* What getport.c is asked; described there. */
#ifndef _XTCP_GETPORT_H
#define _XTCP_GETPORT_H

#include "xtcp.h"

int xtcp_getport_bind(struct sock *sk, unsigned short port);
int xtcp_getport_connect(struct sock *sk);

#endif /* _XTCP_GETPORT_H */
