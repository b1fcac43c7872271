/* SPDX-License-Identifier: GPL-2.0-only */
/* What output.c is asked; described there. */
#ifndef _XTCP_OUTPUT_H
#define _XTCP_OUTPUT_H

#include "xtcp.h"

struct xtcp_flow;

/**
 * struct xtcp_header - the variable part of a TCP header
 * @seq: sequence number
 * @ack: acknowledgment number, 0 without XTCP_ACK
 * @flags: XTCP_FIN and so on
 * @window: the field, already scaled
 * @optlen: bytes of options
 * @options: the options
 */
struct xtcp_header {
	u32 seq;
	u32 ack;
	u8 flags;
	u16 window;
	unsigned int optlen;
	const __be32 *options;
};

/* The connection stands: idle times count from here (H-22). */
static inline void xtcp_output_started(struct xtcp_sock *xs)
{
	xs->lsndtime = xtcp_jiffies32();
}

u32 xtcp_output_sync_pmtu(struct sock *sk);
u32 xtcp_output_mss_of(struct sock *sk, u32 mtu);
u32 xtcp_output_mtu_of(struct sock *sk, u32 mss);
u32 xtcp_output_sync_mss(struct sock *sk);
void xtcp_output_header(struct sk_buff *skb, const struct xtcp_flow *flow,
			const struct xtcp_header *h);
bool xtcp_output_fits(struct sock *sk);
bool xtcp_output_one(struct sock *sk);
int xtcp_output_new(struct sock *sk, struct sk_buff *skb, u32 mss, gfp_t gfp);
int xtcp_output_retransmit(struct sock *sk, struct sk_buff *skb, u32 segs);
void xtcp_output_ack_of(struct sock *sk, u32 rcv_nxt);
void xtcp_output_ack(struct sock *sk);
void xtcp_output_reset(struct sock *sk, gfp_t gfp);
int xtcp_output_probe(struct sock *sk, bool urgent);
int xtcp_output_wakeup(struct sock *sk);
bool xtcp_output_fin_along(struct xtcp_sock *xs);
int xtcp_output_syn(struct sock *sk);
void xtcp_output_simultaneous(struct sock *sk);

#endif /* _XTCP_OUTPUT_H */
