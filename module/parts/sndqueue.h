/* SPDX-License-Identifier: GPL-2.0-only */
/* What sndqueue.c is asked; described there. */
#ifndef _XTCP_SNDQUEUE_H
#define _XTCP_SNDQUEUE_H

#include "xtcp.h"

static inline u32 xtcp_in_flight(const struct xtcp_sock *xs)
{
	return xs->packets_out - xs->sacked_out - xs->lost_out +
	       xs->retrans_out;
}

static inline u32 xtcp_wnd_end(const struct xtcp_sock *xs)
{
	return xs->snd_una + xs->snd_wnd;
}

static inline bool xtcp_has_unsent(const struct sock *sk)
{
	return !skb_queue_empty_lockless(&sk->sk_write_queue);
}

static inline struct sk_buff *xtcp_rtx_head(const struct xtcp_sock *xs)
{
	return skb_peek(&xs->rtx_queue);
}

struct sk_buff *xtcp_sndqueue_alloc_header(unsigned int header, gfp_t gfp);
struct sk_buff *xtcp_sndqueue_alloc(struct sock *sk, gfp_t gfp);
void xtcp_sndqueue_charge(struct sock *sk, struct sk_buff *skb);
void xtcp_sndqueue_free(struct sock *sk, struct sk_buff *skb);
void xtcp_sndqueue_purge(struct sock *sk);
void xtcp_sndqueue_set_segs(struct sk_buff *skb, u32 mss);
int xtcp_sndqueue_split(struct sock *sk, struct sk_buff *skb,
			struct sk_buff_head *queue, u32 len, u32 mss);
int xtcp_sndqueue_trim(struct sock *sk, struct sk_buff *skb, u32 len);
void xtcp_sndqueue_mark_lost(struct xtcp_sock *xs, struct sk_buff *skb);
void xtcp_sndqueue_sent(struct sock *sk, struct sk_buff *skb);
void xtcp_sndqueue_acked(struct sock *sk, struct sk_buff *skb);
void xtcp_sndqueue_resegment(struct sock *sk, struct sk_buff *skb, u32 old);
void xtcp_sndqueue_recount(struct sock *sk, struct sk_buff *skb, u32 mss);
void xtcp_sndqueue_mark_head_lost(struct sock *sk);
void xtcp_sndqueue_limit_sacked(struct xtcp_sock *xs);
void xtcp_sndqueue_grow(struct sock *sk);
void xtcp_sndqueue_space(struct sock *sk);

#endif /* _XTCP_SNDQUEUE_H */
