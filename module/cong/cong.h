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

/* What cwnd is, it is known to be of use */
static inline void xtcp_cong_stamp(struct xtcp_sock *xs)
{
	xs->snd_cwnd_stamp = xtcp_jiffies32();
}

/* A phase that lasts until what is in flight now has been acknowledged */
static inline void xtcp_cong_enter(struct xtcp_sock *xs,
				   enum xtcp_ca_state state)
{
	xs->ca_state = state;
	xs->high_seq = xs->snd_nxt;
}

/* E-40: two SYNs lost tell of a narrow path. */
static inline void xtcp_cong_narrow(struct xtcp_sock *xs)
{
	xs->snd_cwnd = 1;
}

/* Our SYN was, at last (E-40): of a loss in the handshake nothing else is kept. */
static inline void xtcp_cong_syn_acked(struct xtcp_sock *xs, bool narrow)
{
	xs->ca_state = XTCP_CA_OPEN;
	xs->snd_ssthresh = XTCP_INFINITE_SSTHRESH;
	xs->snd_cwnd = XTCP_INIT_CWND;
	if (narrow)
		xtcp_cong_narrow(xs);
}

/* What was lost is repaired (RFC 6582 3.2 step 3). */
static inline void xtcp_cong_leave_recovery(struct xtcp_sock *xs)
{
	xs->ca_state = XTCP_CA_OPEN;
	xs->snd_cwnd = min(xs->snd_cwnd, max(xs->snd_ssthresh, 2U));
	xs->snd_cwnd_cnt = 0;
	xtcp_cong_stamp(xs);
}

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
void xtcp_cong_timeout(struct sock *sk);
void xtcp_cong_hold(struct xtcp_sock *xs);
extern struct xtcp_cong_ops xtcp_cong_reno;
extern struct xtcp_cong_ops xtcp_cong_cubic;

#endif /* _XTCP_CONG_H */
