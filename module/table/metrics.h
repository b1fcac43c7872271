/* SPDX-License-Identifier: GPL-2.0-only */
/* What metrics.c is asked; described there. */
#ifndef _XTCP_METRICS_H
#define _XTCP_METRICS_H

#include "xtcp.h"

struct seq_file;

#define XTCP_METRICS_CHAINS	8192

/* Bits of xtcp_metrics.locked: the route says it, and no connection changes it. */
#define XTCP_METRIC_RTT		0x01
#define XTCP_METRIC_RTTVAR	0x02
#define XTCP_METRIC_SSTHRESH	0x04
#define XTCP_METRIC_CWND	0x08
#define XTCP_METRIC_REORDERING	0x10

/**
 * struct xtcp_metrics - what is remembered of a destination, 0: nothing
 * @rtt: smoothed round trip, us << 3
 * @rttvar: its deviation, us << 2
 * @ssthresh: slow-start threshold, segments
 * @cwnd: congestion window, segments; a locked one bounds it
 * @reordering: duplicate ACKs that told of a loss
 * @locked: XTCP_METRIC_* of those that no connection changes
 */
struct xtcp_metrics {
	u32 rtt;
	u32 rttvar;
	u32 ssthresh;
	u32 cwnd;
	u32 reordering;
	u8 locked;
};

typedef void xtcp_metrics_change(struct xtcp_metrics *m, const struct sock *sk);

int xtcp_metrics_init(void);
void xtcp_metrics_exit(void);
bool xtcp_metrics_get(struct sock *sk, struct xtcp_metrics *m);
void xtcp_metrics_update(struct sock *sk, bool create, xtcp_metrics_change *change);
bool xtcp_metrics_proven(struct net *net, struct xtcp_addr laddr,
			 struct xtcp_addr raddr);
void xtcp_metrics_flush(struct net *net);
void xtcp_metrics_show(struct seq_file *m, struct net *net, unsigned int chain);

#endif /* _XTCP_METRICS_H */
