/* SPDX-License-Identifier: GPL-2.0-only */
/* What rcvspace.c is asked; described there. */
#ifndef _XTCP_RCVSPACE_H
#define _XTCP_RCVSPACE_H

#include "xtcp.h"

void xtcp_rcvspace_start(struct sock *sk);
void xtcp_rcvspace_weigh(struct sock *sk, const struct sk_buff *skb);
void xtcp_rcvspace_follow(struct sock *sk);
void xtcp_rcvspace_span(struct sock *sk);

/* The program has read: the buffer may have to grow (G-125). */
static inline void xtcp_rcvspace_tune(struct sock *sk)
{
	if (xtcp_sk(sk)->rcv_rtt_us)
		xtcp_rcvspace_follow(sk);
}

/* Data came ahead of a gap. */
static inline void xtcp_rcvspace_early(struct sock *sk)
{
	/* Nobody reads of what has no program yet, or none any more. */
	if (XTCP_RCVBUF_SPANS_GAP && sk->sk_socket)
		xtcp_rcvspace_span(sk);
}

#endif /* _XTCP_RCVSPACE_H */
