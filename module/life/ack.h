/* SPDX-License-Identifier: GPL-2.0-only */
/* What ack.c is asked; described there. */
#ifndef _XTCP_ACK_H
#define _XTCP_ACK_H

#include "xtcp.h"
#include "parts/mss.h"
#include "parts/skb.h"

struct xtcp_options;

/* RFC 7323 2.2: the window of a SYN is never scaled. */
static inline u32 xtcp_ack_window(const struct xtcp_sock *xs,
				  const struct sk_buff *skb)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	return (u32)cb->wnd << (cb->flags & XTCP_SYN ? 0 : xs->snd_wscale);
}

/* The first window that counts: of the peer's SYN, or of the end of the handshake */
static inline void xtcp_ack_start_window(struct xtcp_sock *xs,
					 const struct sk_buff *skb)
{
	xs->snd_wnd = xtcp_ack_window(xs, skb);
	xs->snd_wl1 = XTCP_CB(skb)->seq;
	xs->max_window = max(xs->max_window, xs->snd_wnd);
	xtcp_mss_stale(xs);
}

bool xtcp_ack_moves_window(const struct xtcp_sock *xs,
			   const struct sk_buff *skb);
void xtcp_ack_repeated(struct xtcp_sock *xs, const struct sk_buff *skb);
int xtcp_ack_process(struct sock *sk, const struct sk_buff *skb,
		     const struct xtcp_options *o);

#endif /* _XTCP_ACK_H */
