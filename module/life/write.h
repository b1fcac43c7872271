/* SPDX-License-Identifier: GPL-2.0-only */
/* What write.c is asked; described there. */
#ifndef _XTCP_WRITE_H
#define _XTCP_WRITE_H

#include "xtcp.h"

/**
 * enum xtcp_push - what a caller of xtcp_write_push() says of a small tail
 * @XTCP_PUSH_NORMAL: Nagle decides
 * @XTCP_PUSH_NOW: it shall leave
 * @XTCP_PUSH_ONE: as much of the first buffer as leaves at once, and no more
 * @XTCP_PUSH_MORE: the program is about to write more (MSG_MORE)
 */
enum xtcp_push {
	XTCP_PUSH_NORMAL,
	XTCP_PUSH_NOW,
	XTCP_PUSH_ONE,
	XTCP_PUSH_MORE,
};

void xtcp_write_push_by(struct sock *sk, u32 mss, enum xtcp_push push);
void xtcp_write_push_head(struct sock *sk, const struct sk_buff *skb,
			  enum xtcp_push push);
void xtcp_write_fin(struct sock *sk);
void xtcp_write_owed_fin(struct sock *sk);

/* Send what may be sent, if there is something. */
static inline void xtcp_write_push(struct sock *sk, enum xtcp_push push)
{
	const struct sk_buff *skb = skb_peek(&sk->sk_write_queue);

	if (skb)
		xtcp_write_push_head(sk, skb, push);
}

/* What waits leaves as soon as it may, however small, until another buffer is begun. */
static inline void xtcp_write_push_tail(struct sock *sk)
{
	xtcp_sk(sk)->push_tail = true;
	xtcp_write_push(sk, XTCP_PUSH_NORMAL);
}

/* It has begun. */
static inline void xtcp_write_begun(struct xtcp_sock *xs)
{
	xs->push_tail = false;
}

#endif /* _XTCP_WRITE_H */
