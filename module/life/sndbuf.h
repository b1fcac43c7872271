/* SPDX-License-Identifier: GPL-2.0-only */
/* What sndbuf.c is asked; described there. */
#ifndef _XTCP_SNDBUF_H
#define _XTCP_SNDBUF_H

#include "xtcp.h"

void xtcp_sndbuf_grow(struct sock *sk);
void xtcp_sndbuf_waited(struct sock *sk);

/* An ACK may have made room for who waits for it. */
static inline void xtcp_sndbuf_space(struct sock *sk)
{
	/* Pairs with the barrier behind set_bit(SOCK_NOSPACE). */
	smp_mb();
	if (sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		xtcp_sndbuf_waited(sk);
}

/* New data left, while nothing else may: the buffer may grow (G-124). */
static inline void xtcp_sndbuf_sent(struct sock *sk)
{
	if (unlikely(sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags)))
		xtcp_sndbuf_waited(sk);
}

#endif /* _XTCP_SNDBUF_H */
