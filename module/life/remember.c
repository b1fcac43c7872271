// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a connection leaves for the next one to the same destination, and begins with
 * of what others left (H-42, RFC 2140).
 */
#include "xtcp.h"
#include "cong/cong.h"
#include "life/remember.h"
#include "parts/reordering.h"
#include "parts/rtt.h"
#include "table/metrics.h"

/* tcp_no_ssthresh_metrics_save: what one flow found tells little of the path. */
static bool ssthresh_counts(const struct sock *sk)
{
	return !READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_no_ssthresh_metrics_save);
}

/**
 * xtcp_remember_begin() - a connection stands: what is known of its destination
 * @sk: locked, its handshake measured
 *
 * The round trip of a handshake may be too short for data: until data was measured the
 * timeout goes by the longer one.
 *
 * Counterpart of the kernel's tcp_init_metrics().
 */
void xtcp_remember_begin(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_metrics m;

	sock_owned_by_me(sk);
	if (!xtcp_metrics_get(sk, &m))
		return;
	if (m.locked & XTCP_METRIC_CWND)
		xtcp_cong_bound(xs, m.cwnd);
	if (m.ssthresh && ssthresh_counts(sk))
		xtcp_cong_known(xs, m.ssthresh);
	if (m.reordering)
		xtcp_reordering_known(xs, m.reordering);
	if (m.rtt > xs->srtt_us)
		xtcp_rtt_known(sk, m.rtt);
}

/* A longer round trip counts at once, a shorter one by and by. */
static void learn_rtt(struct xtcp_metrics *m, const struct xtcp_sock *xs)
{
	s64 over = (s64)m->rtt - xs->srtt_us;
	u32 dev = max_t(u64, abs(over) >> 1, xs->mdev_us);

	if (!(m->locked & XTCP_METRIC_RTT))
		m->rtt = over > 0 ? m->rtt - (u32)(over >> 3) : xs->srtt_us;
	if (m->locked & XTCP_METRIC_RTTVAR)
		return;
	if (dev < m->rttvar)
		m->rttvar -= (m->rttvar - dev) >> 2;
	else
		m->rttvar = dev;
}

/* It never left its first slow start: so much fits, and perhaps more. */
static void learn_slow_start(struct xtcp_metrics *m, const struct xtcp_sock *xs)
{
	if (m->ssthresh && !(m->locked & XTCP_METRIC_SSTHRESH))
		m->ssthresh = max(m->ssthresh, xs->snd_cwnd >> 1);
	if (!(m->locked & XTCP_METRIC_CWND))
		m->cwnd = max(m->cwnd, xs->snd_cwnd);
}

/* It ended in congestion avoidance: its window is what fits. */
static void learn_window(struct xtcp_metrics *m, const struct xtcp_sock *xs)
{
	if (!(m->locked & XTCP_METRIC_SSTHRESH))
		m->ssthresh = max(xs->snd_cwnd >> 1, xs->snd_ssthresh);
	if (!(m->locked & XTCP_METRIC_CWND))
		m->cwnd = ((u64)m->cwnd + xs->snd_cwnd) >> 1;
}

/* It ended while it recovered, and its window tells nothing. */
static void learn_threshold(struct xtcp_metrics *m, const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	if (!(m->locked & XTCP_METRIC_CWND))
		m->cwnd = ((u64)m->cwnd + xs->snd_ssthresh) >> 1;
	if (m->ssthresh && !(m->locked & XTCP_METRIC_SSTHRESH))
		m->ssthresh = max(m->ssthresh, xs->snd_ssthresh);
	if (!(m->locked & XTCP_METRIC_REORDERING) &&
	    xs->reordering != READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_reordering))
		m->reordering = max(m->reordering, xs->reordering);
}

static void learn_path(struct xtcp_metrics *m, const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 ssthresh = m->ssthresh;

	learn_rtt(m, xs);
	if (xs->snd_ssthresh >= XTCP_INFINITE_SSTHRESH)
		learn_slow_start(m, xs);
	else if (xs->snd_cwnd >= xs->snd_ssthresh && xs->ca_state == XTCP_CA_OPEN)
		learn_window(m, xs);
	else
		learn_threshold(m, sk);
	if (!ssthresh_counts(sk))
		m->ssthresh = ssthresh;
}

/* It had no round trip to tell of: nobody answered in time. */
static void forget_rtt(struct xtcp_metrics *m, const struct sock *sk)
{
	if (!(m->locked & XTCP_METRIC_RTT))
		m->rtt = 0;
}

/**
 * xtcp_remember_end() - a connection ends in order: what it has found out
 * @sk: locked
 *
 * Counterpart of the kernel's tcp_update_metrics().
 */
void xtcp_remember_end(struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_nometrics_save))
		return;
	if (xs->backoff || !xs->srtt_us)
		xtcp_metrics_update(sk, false, forget_rtt);
	else
		xtcp_metrics_update(sk, true, learn_path);
}
