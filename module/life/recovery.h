/* SPDX-License-Identifier: GPL-2.0-only */
/* What recovery.c is asked; described there. */
#ifndef _XTCP_RECOVERY_H
#define _XTCP_RECOVERY_H

#include "xtcp.h"

void xtcp_recovery_timeout(struct sock *sk);
int xtcp_recovery_head(struct sock *sk);
bool xtcp_recovery_ack(struct sock *sk, u32 acked, bool advanced,
		       bool duplicate, bool echo);
void xtcp_recovery_repair(struct sock *sk);
void xtcp_recovery_syn(struct xtcp_sock *xs);
void xtcp_recovery_too_long(struct sock *sk);

#endif /* _XTCP_RECOVERY_H */
