// SPDX-License-Identifier: GPL-2.0-only
/*
 * DCTCP: RFC 8257, for networks whose switches mark early.
 *
 * The receiver echoes each mark, exactly; the sender estimates what part of its
 * segments is marked, and reduces its window by half of that part.
 */
#include <linux/math64.h>

#include "xtcp.h"
#include "cong/cong.h"

#define ALPHA_ONE	1024U	/* all are marked */
#define G_SHIFT		4	/* weight of a new observation, 1/16: RFC 8257 4.2 */

/**
 * struct dctcp - private state
 * @alpha: part of the segments that is marked, of ALPHA_ONE
 * @next_seq: end of the window that is observed
 * @old_delivered: xtcp_sock.delivered when it began
 * @old_delivered_ce: xtcp_sock.delivered_ce then
 * @loss_cwnd: window at the last reduction
 * @prior_rcv_nxt: up to there what came was echoed
 * @ce_state: what came last was marked (DCTCP.CE)
 * @off: the peer does not do ECN: this is Reno
 */
struct dctcp {
	u32 alpha;
	u32 next_seq;
	u32 old_delivered;
	u32 old_delivered_ce;
	u32 loss_cwnd;
	u32 prior_rcv_nxt;
	bool ce_state;
	bool off;
};

XTCP_CONG_PRIV(struct dctcp);

static void dctcp_observe(struct dctcp *d, const struct xtcp_sock *xs)
{
	d->next_seq = xs->snd_nxt;
	d->old_delivered = xs->delivered;
	d->old_delivered_ce = xs->delivered_ce;
}

/* 3.3, step 6: alpha = (1 - g) * alpha + g * M, once for each window */
static void dctcp_in_ack(struct sock *sk, u32 flags)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	struct dctcp *d = xtcp_cong_priv(sk);
	u32 delivered = xs->delivered - d->old_delivered;
	u32 marked = xs->delivered_ce - d->old_delivered_ce;
	u32 less = d->alpha >> G_SHIFT;

	if (seq_before(xs->snd_una, d->next_seq))
		return;
	/* In whole numbers it would never reach 0. */
	d->alpha -= less ?: d->alpha;
	if (marked && delivered)
		d->alpha += div_u64((u64)marked * (ALPHA_ONE >> G_SHIFT), delivered);
	d->alpha = min(d->alpha, ALPHA_ONE);
	dctcp_observe(d, xs);
}

/* 3.3, step 9: a mark */
static u32 dctcp_ssthresh(struct sock *sk)
{
	struct dctcp *d = xtcp_cong_priv(sk);
	u32 cwnd = xtcp_sk(sk)->snd_cwnd;

	d->loss_cwnd = cwnd;
	return max(cwnd - (u32)((u64)cwnd * d->alpha / (2 * ALPHA_ONE)), 2U);
}

/* 3.4: a loss, as for Reno; once for each window */
static void dctcp_loss(struct sock *sk)
{
	struct dctcp *d = xtcp_cong_priv(sk);

	d->loss_cwnd = xtcp_sk(sk)->snd_cwnd;
	xtcp_cong_set_ssthresh(xtcp_sk(sk), xtcp_cong_reno_ssthresh(sk));
}

static void dctcp_state(struct sock *sk, u8 state)
{
	if (state == XTCP_CA_RECOVERY &&
	    xtcp_sk(sk)->ca_state != XTCP_CA_RECOVERY)
		dctcp_loss(sk);
}

/* 3.2: at each change from marked to not what waits is acknowledged as it came. */
static void dctcp_echo(struct sock *sk, bool ce)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct dctcp *d = xtcp_cong_priv(sk);

	if (d->ce_state != ce) {
		xtcp_cong_echo(xs, d->ce_state);
		xtcp_cong_ack_first(sk, d->prior_rcv_nxt);
	}
	d->prior_rcv_nxt = xs->rcv_nxt;
	d->ce_state = ce;
	xtcp_cong_echo(xs, ce);
}

static void dctcp_event(struct sock *sk, enum xtcp_ca_event event)
{
	switch (event) {
	case XTCP_CA_EVENT_ECN_IS_CE:
	case XTCP_CA_EVENT_ECN_NO_CE:
		dctcp_echo(sk, event == XTCP_CA_EVENT_ECN_IS_CE);
		break;
	case XTCP_CA_EVENT_LOSS:
		dctcp_loss(sk);
		break;
	default:
		break;
	}
}

static u32 dctcp_undo(struct sock *sk)
{
	const struct dctcp *d = xtcp_cong_priv(sk);

	return max(xtcp_sk(sk)->snd_cwnd, d->loss_cwnd);
}

static size_t dctcp_info(struct sock *sk, u32 ext, int *attr,
			 union tcp_cc_info *info)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	const struct dctcp *d = xtcp_cong_priv(sk);

	if (!(ext & (1U << (INET_DIAG_DCTCPINFO - 1) |
		     1U << (INET_DIAG_VEGASINFO - 1))))
		return 0;
	*attr = INET_DIAG_DCTCPINFO;
	if (d->off)
		return sizeof(info->dctcp);
	info->dctcp.dctcp_enabled = 1;
	info->dctcp.dctcp_ce_state = d->ce_state;
	info->dctcp.dctcp_alpha = d->alpha;
	info->dctcp.dctcp_ab_ecn = xs->mss_cache * (xs->delivered_ce - d->old_delivered_ce);
	info->dctcp.dctcp_ab_tot = xs->mss_cache * (xs->delivered - d->old_delivered);
	return sizeof(info->dctcp);
}

static const struct xtcp_cong_ops dctcp_reno = {
	.name = "dctcp-reno",
	.owner = THIS_MODULE,
	.ssthresh = xtcp_cong_reno_ssthresh,
	.cong_avoid = xtcp_cong_reno_avoid,
	.undo_cwnd = xtcp_cong_reno_undo,
	.get_info = dctcp_info,
};

/* Without ECN there is nothing to be estimated (3.5). */
static void dctcp_init(struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	struct dctcp *d = xtcp_cong_priv(sk);

	if (!(xs->ecn & XTCP_ECN_OK)) {
		d->off = true;
		xtcp_cong_become(sk, &dctcp_reno);
		return;
	}
	/* 4.2: the first mark counts in full. */
	d->alpha = ALPHA_ONE;
	d->prior_rcv_nxt = xs->rcv_nxt;
	dctcp_observe(d, xs);
}

struct xtcp_cong_ops xtcp_cong_dctcp = {
	.name = "dctcp",
	.owner = THIS_MODULE,
	.flags = XTCP_CONG_NEEDS_ECN,
	.init = dctcp_init,
	.ssthresh = dctcp_ssthresh,
	.cong_avoid = xtcp_cong_reno_avoid,
	.undo_cwnd = dctcp_undo,
	.set_state = dctcp_state,
	.cwnd_event = dctcp_event,
	.in_ack_event = dctcp_in_ack,
	.get_info = dctcp_info,
};
