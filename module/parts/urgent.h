/* SPDX-License-Identifier: GPL-2.0-only */
/* What urgent.c is asked; described there. */
#ifndef _XTCP_URGENT_H
#define _XTCP_URGENT_H

#include "xtcp.h"
#include "parts/skb.h"

#define XTCP_URG_NOTYET	0x0100
#define XTCP_URG_READ	0x0200
#define XTCP_URG_VALID	0x0400

/* G-13: the last byte written is urgent. */
static inline void xtcp_urgent_mark(struct xtcp_sock *xs)
{
	xs->snd_up = xs->write_seq;
	xs->urg_mode = true;
}

/* SND.UP never falls behind SND.UNA. */
static inline void xtcp_urgent_acked(struct xtcp_sock *xs, u32 una)
{
	if (xs->urg_mode && !seq_before(una, xs->snd_up))
		xs->urg_mode = false;
	if (!xs->urg_mode)
		xs->snd_up = una;
}

/* The program has the byte, */
static inline void xtcp_urgent_read(struct xtcp_sock *xs)
{
	WRITE_ONCE(xs->urg_data, XTCP_URG_READ);
}

/* or has read past it. */
static inline void xtcp_urgent_passed(struct xtcp_sock *xs)
{
	if (xs->urg_data && seq_after(xs->copied_seq, xs->urg_seq))
		WRITE_ONCE(xs->urg_data, 0);
}

void xtcp_urgent_take(struct sock *sk, const struct sk_buff *skb);

/* RFC 9293 3.10.7.4 step 6: does a segment tell where the urgent byte is, or have it? */
static inline void xtcp_urgent_input(struct sock *sk, const struct sk_buff *skb)
{
	if (unlikely(XTCP_CB(skb)->flags & XTCP_URG ||
		     xtcp_sk(sk)->urg_data == XTCP_URG_NOTYET))
		xtcp_urgent_take(sk, skb);
}

#endif /* _XTCP_URGENT_H */
