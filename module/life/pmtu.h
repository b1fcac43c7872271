/* SPDX-License-Identifier: GPL-2.0-only */
/* What pmtu.c is asked; described there. */
#ifndef _XTCP_PMTU_H
#define _XTCP_PMTU_H

#include "xtcp.h"

void xtcp_pmtu_reduced(struct sock *sk);

#endif /* _XTCP_PMTU_H */
