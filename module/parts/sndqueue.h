/* SPDX-License-Identifier: GPL-2.0-only */
/* What sndqueue.c is asked; described there. */
#ifndef _XTCP_SNDQUEUE_H
#define _XTCP_SNDQUEUE_H

#include "xtcp.h"
#include "parts/scoreboard.h"

static inline u32 xtcp_wnd_end(const struct xtcp_sock *xs)
{
	return xs->snd_una + xs->snd_wnd;
}

static inline bool xtcp_has_unsent(const struct sock *sk)
{
	return !skb_queue_empty_lockless(&sk->sk_write_queue);
}

/* The program's end: @n more bytes, or SYN or FIN */
static inline void xtcp_sndqueue_wrote(struct xtcp_sock *xs, u32 n)
{
	WRITE_ONCE(xs->write_seq, xs->write_seq + n);
}

/* And where it begins: before a connection there is nothing that was written. */
static inline void xtcp_sndqueue_begin(struct xtcp_sock *xs, u32 seq)
{
	xs->write_seq = seq;
}

/* All that was written is marked PSH, or has no need to (H-48) */
static inline void xtcp_sndqueue_pushed(struct xtcp_sock *xs)
{
	xs->pushed_seq = xs->write_seq;
}

/* Of how many segments of @mss is it?  A FIN or SYN by itself is one. */
static inline void xtcp_sndqueue_set_segs(struct sk_buff *skb, u32 mss)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	cb->mss = mss;
	cb->segs = skb->len > mss ? DIV_ROUND_UP(skb->len, mss) : 1;
}

/* It counts against the send buffer; memory for it is there. */
static inline void xtcp_sndqueue_charge(struct sock *sk, struct sk_buff *skb)
{
	sock_owned_by_me(sk);
	sk_wmem_queued_add(sk, skb->truesize);
	sk_mem_charge(sk, skb->truesize);
}

struct sk_buff *xtcp_sndqueue_alloc_header(unsigned int header, gfp_t gfp);
struct sk_buff *xtcp_sndqueue_alloc(struct sock *sk, gfp_t gfp);
void xtcp_sndqueue_free(struct sock *sk, struct sk_buff *skb);
void xtcp_sndqueue_purge(struct sock *sk);
int xtcp_sndqueue_split(struct sock *sk, struct sk_buff *skb, u32 len, u32 mss);
int xtcp_sndqueue_split_sent(struct sock *sk, struct sk_buff *skb, u32 len,
			     u32 mss);
bool xtcp_sndqueue_merge(struct sock *sk, struct sk_buff *skb,
			 struct sk_buff *next);
bool xtcp_sndqueue_gather(struct sock *sk, u32 len, u32 mss);
int xtcp_sndqueue_trim(struct sock *sk, struct sk_buff *skb, u32 len);
struct sk_buff *xtcp_sndqueue_copy(struct sk_buff *skb, gfp_t gfp);
void xtcp_sndqueue_sent(struct sock *sk, struct sk_buff *skb);
void xtcp_sndqueue_sent_syn(struct sock *sk, struct sk_buff *skb);
void xtcp_sndqueue_acked(struct sock *sk, struct sk_buff *skb);
void xtcp_sndqueue_recount(struct sock *sk, struct sk_buff *skb, u32 mss);

#endif /* _XTCP_SNDQUEUE_H */
