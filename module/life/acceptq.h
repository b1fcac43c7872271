/* SPDX-License-Identifier: GPL-2.0-only */
/* What acceptq.c is asked; described there. */
#ifndef _XTCP_ACCEPTQ_H
#define _XTCP_ACCEPTQ_H

#include "xtcp.h"

static inline struct xtcp_accept_queue *
xtcp_accept_queue(const struct sock *listener)
{
	return (struct xtcp_accept_queue *)&xtcp_sk(listener)->accept_queue;
}

void xtcp_acceptq_open(struct sock *sk);
bool xtcp_acceptq_add(struct sock *listener, struct sock *child);
struct sock *xtcp_acceptq_take(struct sock *sk);
bool xtcp_acceptq_readable(const struct sock *sk);
void xtcp_acceptq_reset(struct sock *sk);
void xtcp_acceptq_stop(struct sock *sk);

#endif /* _XTCP_ACCEPTQ_H */
