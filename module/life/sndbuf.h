/* SPDX-License-Identifier: GPL-2.0-only */
/* What sndbuf.c is asked; described there. */
#ifndef _XTCP_SNDBUF_H
#define _XTCP_SNDBUF_H

#include "xtcp.h"

void xtcp_sndbuf_grow(struct sock *sk);
void xtcp_sndbuf_waited(struct sock *sk);
void xtcp_sndbuf_space(struct sock *sk);

#endif /* _XTCP_SNDBUF_H */
