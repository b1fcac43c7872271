/* SPDX-License-Identifier: GPL-2.0-only */
/* What remember.c is asked; described there. */
#ifndef _XTCP_REMEMBER_H
#define _XTCP_REMEMBER_H

#include "xtcp.h"

void xtcp_remember_begin(struct sock *sk);
void xtcp_remember_end(struct sock *sk);

#endif /* _XTCP_REMEMBER_H */
