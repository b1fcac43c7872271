/* SPDX-License-Identifier: GPL-2.0-only */
/* What cong.c is asked; described there. */
#ifndef _XTCP_CONG_H
#define _XTCP_CONG_H

#include "xtcp.h"

/**
 * struct xtcp_cong_ops - a congestion control algorithm
 * @name: as in TCP_CONGESTION
 * @owner: module that it lives in
 * @list: registry
 * @init: a connection starts, or changes to this algorithm; may be NULL
 * @release: it ends, or changes away; may be NULL
 * @ssthresh: new threshold at a loss, in segments, before cwnd is touched
 * @cong_avoid: @acked segments were acknowledged at @ack
 * @timeout: the retransmission timer fired, after @ssthresh; may be NULL
 *
 * All run under the socket lock with bottom halves off; private state is
 * xtcp_sock.ca_priv.
 */
struct xtcp_cong_ops {
	char name[16];
	struct module *owner;
	struct list_head list;
	void (*init)(struct sock *sk);
	void (*release)(struct sock *sk);
	u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked);
	void (*timeout)(struct sock *sk);
};

int xtcp_cong_register(struct xtcp_cong_ops *ops);
void xtcp_cong_unregister(struct xtcp_cong_ops *ops);
void xtcp_cong_assign(struct sock *sk, const struct sock *parent);
void xtcp_cong_start(struct sock *sk);
void xtcp_cong_release(struct sock *sk);
int xtcp_cong_set(struct sock *sk, const char *name);
u32 xtcp_cong_slow_start(struct xtcp_sock *xs, u32 acked);
void xtcp_cong_grow(struct xtcp_sock *xs, u32 w, u32 acked);
void xtcp_cong_validate(struct sock *sk);
void xtcp_cong_acked(struct sock *sk, u32 acked);
void xtcp_cong_restart(struct sock *sk);
void xtcp_cong_reduce(struct sock *sk);
void xtcp_cong_enter_cwr(struct sock *sk);
extern struct xtcp_cong_ops xtcp_cong_reno;
extern struct xtcp_cong_ops xtcp_cong_cubic;

#endif /* _XTCP_CONG_H */
