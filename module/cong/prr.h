/* SPDX-License-Identifier: GPL-2.0-only */
/* What prr.c is asked; described there. */
#ifndef _XTCP_PRR_H
#define _XTCP_PRR_H

#include "xtcp.h"
#include "cong/cong.h"

/* @n segments left meanwhile. */
static inline void xtcp_prr_sent(struct xtcp_sock *xs, u32 n)
{
	if (xtcp_cong_reducing(xs))
		xs->prr_out += n;
}

void xtcp_prr_start(struct sock *sk);
void xtcp_prr_acked(struct sock *sk, u32 delivered, u32 lost, bool advanced);
void xtcp_prr_end(struct sock *sk);
void xtcp_prr_enter_cwr(struct sock *sk);

#endif /* _XTCP_PRR_H */
