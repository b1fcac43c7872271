/* SPDX-License-Identifier: GPL-2.0-only */
/* What resend.c is asked; described there. */
#ifndef _XTCP_RESEND_H
#define _XTCP_RESEND_H

#include "xtcp.h"

void xtcp_resend_lost(struct sock *sk);
int xtcp_resend_head(struct sock *sk);

#endif /* _XTCP_RESEND_H */
