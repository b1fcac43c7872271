/* SPDX-License-Identifier: GPL-2.0-only */
/* What tsq.c is asked; described there. */
#ifndef _XTCP_TSQ_H
#define _XTCP_TSQ_H

#include "xtcp.h"

/**
 * xtcp_tsq_limit() - how much of a socket may be in the queues of this host
 * @truesize: what the next segment is charged with
 * @rate: pacing rate, bytes a second
 * @shift: sk_pacing_shift: the part of a second that it counts for, 10: a millisecond
 * @paced: somebody keeps to the rate: then the sysctl is no limit
 * @bytes: tcp_limit_output_bytes; a negative one is none
 */
static inline unsigned long xtcp_tsq_limit(u32 truesize, unsigned long rate,
					   u8 shift, bool paced, int bytes)
{
	unsigned long limit = rate >> min_t(u8, shift, BITS_PER_LONG - 1);

	limit = max(limit, 2UL * truesize);
	return paced || bytes < 0 ? limit : min_t(unsigned long, limit, bytes);
}

void xtcp_tsq_write_space(struct sock *sk);
bool xtcp_tsq_full(struct sock *sk, const struct sk_buff *skb, bool again);
bool xtcp_tsq_holds(struct sock *sk, const struct sk_buff *skb);
bool xtcp_tsq_corks(struct sock *sk, const struct sk_buff *skb, u32 goal);
void xtcp_tsq_start(struct sock *sk);
int xtcp_tsq_init(void);
void xtcp_tsq_exit(void);

/* Most have nothing there: what is left of the charge is the socket's own. */
static inline bool xtcp_tsq_throttle(struct sock *sk, const struct sk_buff *skb,
				     bool again)
{
	return unlikely(refcount_read(&sk->sk_wmem_alloc) > 1) &&
	       xtcp_tsq_full(sk, skb, again);
}

static inline bool xtcp_tsq_autocork(struct sock *sk, const struct sk_buff *skb,
				     u32 goal)
{
	return unlikely(refcount_read(&sk->sk_wmem_alloc) > skb->truesize) &&
	       xtcp_tsq_corks(sk, skb, goal);
}

#endif /* _XTCP_TSQ_H */
