/* SPDX-License-Identifier: GPL-2.0-only */
/* What window.c is asked; described there. */
#ifndef _XTCP_WINDOW_H
#define _XTCP_WINDOW_H

#include "xtcp.h"

/* scaling_ratio is in 256ths */
#define XTCP_WEIGHT_SHIFT	8

/* What the peer may still send: RFC 9293 3.8.6, right edge never moves back. */
static inline u32 xtcp_receive_window(const struct xtcp_sock *xs)
{
	s32 win = xs->rcv_wup + xs->rcv_wnd - xs->rcv_nxt;

	return win < 0 ? 0 : win;
}

/* The first window of a connection stands. */
static inline void xtcp_window_offered(struct xtcp_sock *xs)
{
	xs->rcv_mwnd_seq = xs->rcv_wup + xs->rcv_wnd;
}

/* Where what the peer sends must begin: by 7.2 even what was offered once counts. */
static inline u32 xtcp_window_end(const struct xtcp_sock *xs)
{
	if (XTCP_EVER_OFFERED_COUNTS && seq_after(xs->rcv_mwnd_seq, xs->rcv_nxt))
		return xs->rcv_mwnd_seq;
	return xs->rcv_nxt + xtcp_receive_window(xs);
}

/* The peer's SYN does not scale windows (RFC 7323 2.2). */
static inline void xtcp_window_not_scaled(struct xtcp_sock *xs)
{
	xs->rcv_wscale = 0;
	xs->window_clamp = min(xs->window_clamp, 65535U);
}

int xtcp_window_from_space(const struct sock *sk, int space);
u64 xtcp_window_to_space(const struct sock *sk, u64 window);
bool xtcp_window_weigh(struct sock *sk, const struct sk_buff *skb);

/* Before anything has come, half of its weight is payload. */
static inline void xtcp_window_not_weighed(struct xtcp_sock *xs)
{
	xs->scaling_ratio = 1 << (XTCP_WEIGHT_SHIFT - 1);
}

/* The buffer has another size: as large may the window be. */
static inline void xtcp_window_resized(struct sock *sk)
{
	xtcp_sk(sk)->window_clamp = xtcp_window_from_space(sk, sk->sk_rcvbuf);
}

u32 xtcp_window_limit(const struct sock *sk, u32 clamp);
void xtcp_window_initial(const struct sock *sk, u32 mss, bool wscale_ok, u32 *clamp,
			 u32 max_space, u32 segs, u32 *rcv_wnd, u8 *wscale);
u32 xtcp_window_renew(struct sock *sk);
void xtcp_window_set_clamp(struct sock *sk, u32 clamp);
u16 xtcp_window_select(struct sock *sk);
void xtcp_window_start(struct sock *sk);
void xtcp_window_grow(struct sock *sk, const struct sk_buff *skb, bool joined);
void xtcp_window_clamp(struct sock *sk);

#endif /* _XTCP_WINDOW_H */
