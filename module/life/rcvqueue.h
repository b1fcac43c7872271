/* SPDX-License-Identifier: GPL-2.0-only */
/* What rcvqueue.c is asked; described there. */
#ifndef _XTCP_RCVQUEUE_H
#define _XTCP_RCVQUEUE_H

#include "xtcp.h"

/**
 * enum xtcp_text - what is due after the text of a segment was taken
 * @XTCP_TEXT_READY: data is in order: its reader may be waiting
 * @XTCP_TEXT_FIN: the peer's FIN is next in sequence
 */
enum xtcp_text {
	XTCP_TEXT_READY = 1,
	XTCP_TEXT_FIN = 2,
};

bool xtcp_rcvqueue_readable(const struct sock *sk, int target);
void xtcp_rcvqueue_ready(struct sock *sk);
unsigned int xtcp_rcvqueue_add(struct sock *sk, struct sk_buff *skb);
void xtcp_rcvqueue_repeated(struct sock *sk, const struct sk_buff *skb);
void xtcp_rcvqueue_ack(struct sock *sk);
void xtcp_rcvqueue_tell(struct sock *sk);
void xtcp_rcvqueue_looked(struct sock *sk);

/* The program has read: so many bytes, or none. */
static inline void xtcp_rcvqueue_read(struct sock *sk, int copied)
{
	if (copied > 0)
		xtcp_rcvqueue_tell(sk);
	else
		xtcp_rcvqueue_looked(sk);
}

#endif /* _XTCP_RCVQUEUE_H */
