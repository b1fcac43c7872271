/* SPDX-License-Identifier: GPL-2.0-only */
/* What send.c is asked; described there. */
#ifndef _XTCP_SEND_H
#define _XTCP_SEND_H

#include "xtcp.h"

int xtcp_send(struct sock *sk, struct msghdr *msg);
void xtcp_send_splice_eof(struct socket *sock);

#endif /* _XTCP_SEND_H */
