/* SPDX-License-Identifier: GPL-2.0-only */
/* What recv.c is asked; described there. */
#ifndef _XTCP_RECV_H
#define _XTCP_RECV_H

#include "xtcp.h"

int xtcp_recv(struct sock *sk, struct msghdr *msg, size_t len, int flags);
int xtcp_recv_inq(const struct sock *sk);

#endif /* _XTCP_RECV_H */
