/* SPDX-License-Identifier: GPL-2.0-only */
/* What lossprobe.c is asked; described there. */
#ifndef _XTCP_LOSSPROBE_H
#define _XTCP_LOSSPROBE_H

#include "xtcp.h"

struct xtcp_ack;

void xtcp_lossprobe_send(struct sock *sk);
void xtcp_lossprobe_ack(struct sock *sk, const struct xtcp_ack *a);

#endif /* _XTCP_LOSSPROBE_H */
