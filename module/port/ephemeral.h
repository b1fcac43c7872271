/* SPDX-License-Identifier: GPL-2.0-only */
/* What ephemeral.c is asked; described there. */
#ifndef _XTCP_EPHEMERAL_H
#define _XTCP_EPHEMERAL_H

#include "xtcp.h"

struct xtcp_bind_rules;

int xtcp_ephemeral_bind(struct sock *sk, struct xtcp_bind_rules *r);
int xtcp_ephemeral_connect(struct sock *sk);
int xtcp_ephemeral_init(void);
void xtcp_ephemeral_exit(void);

#endif /* _XTCP_EPHEMERAL_H */
