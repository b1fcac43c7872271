/* SPDX-License-Identifier: GPL-2.0-only */
/* What rack.c is asked; described there. */
#ifndef _XTCP_RACK_H
#define _XTCP_RACK_H

#include "xtcp.h"

/* Bits of net.ipv4.tcp_recovery, as the kernel has them. */
#define XTCP_RACK_LOSS_DETECTION	0x1
#define XTCP_RACK_STATIC_REO_WND	0x2
#define XTCP_RACK_NO_DUPTHRESH		0x4

static inline bool xtcp_rack_on(const struct sock *sk)
{
	return READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_recovery) &
	       XTCP_RACK_LOSS_DETECTION;
}

/*
 * A D-SACK came: the window may have been too small (RFC 8985 6.2 step 4).  Before
 * any reordering was seen there is none.
 */
static inline void xtcp_rack_dsack(struct xtcp_sock *xs)
{
	if (xs->reord_seen)
		xs->rack_dsack_seen = true;
}

/* Is the window not as it began, or about to grow? */
static inline bool xtcp_rack_may_adapt(const struct xtcp_sock *xs)
{
	return xs->rack_dsack_seen ||
	       (!xs->rack_reo_wnd_persist && xs->rack_reo_wnd_steps != 1);
}

/* Judge anew with the next ACK, whatever it tells. */
static inline void xtcp_rack_again(struct xtcp_sock *xs)
{
	xs->rack_advanced = true;
}

void xtcp_rack_advance(struct xtcp_sock *xs, u8 marks, u32 end_seq, u64 sent_us);
void xtcp_rack_adapt(struct sock *sk, u32 prior_delivered);
void xtcp_rack_recovered(struct xtcp_sock *xs);
void xtcp_rack_undone(struct xtcp_sock *xs);
bool xtcp_rack_mark_lost(struct sock *sk);
u32 xtcp_rack_detect(struct sock *sk);
bool xtcp_rack_recent(const struct xtcp_sock *xs, const struct sk_buff *skb);

#endif /* _XTCP_RACK_H */
