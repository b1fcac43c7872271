/* SPDX-License-Identifier: GPL-2.0-only */
/* What sockopt.c is asked; described there. */
#ifndef _XTCP_SOCKOPT_H
#define _XTCP_SOCKOPT_H

#include "xtcp.h"

int xtcp_sockopt_set(struct sock *sk, int level, int optname,
		     sockptr_t optval, unsigned int optlen);
int xtcp_sockopt_get(struct sock *sk, int level, int optname,
		     char __user *optval, int __user *optlen);
int xtcp_sockopt_rcvlowat(struct sock *sk, int val);

#endif /* _XTCP_SOCKOPT_H */
