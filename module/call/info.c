// SPDX-License-Identifier: GPL-2.0-only
/* What a connection tells of itself: TCP_INFO (G.8). */
#include "xtcp.h"
#include "call/info.h"
#include "parts/chrono.h"
#include "parts/rtt.h"

static void info_state(const struct sock *sk, struct tcp_info *info)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	info->tcpi_state = sk->sk_state;
	info->tcpi_ca_state = xs->ca_state;
	info->tcpi_retransmits = xs->retransmits;
	info->tcpi_probes = xs->probes_out;
	info->tcpi_backoff = xs->backoff;
	if (xs->tstamp_ok)
		info->tcpi_options |= TCPI_OPT_TIMESTAMPS;
	if (xs->sack_ok)
		info->tcpi_options |= TCPI_OPT_SACK;
	if (xs->wscale_ok) {
		info->tcpi_options |= TCPI_OPT_WSCALE;
		info->tcpi_snd_wscale = xs->snd_wscale;
		info->tcpi_rcv_wscale = xs->rcv_wscale;
	}
	if (xs->ecn & XTCP_ECN_OK)
		info->tcpi_options |= TCPI_OPT_ECN;
	if (xs->ecn & XTCP_ECN_SEEN)
		info->tcpi_options |= TCPI_OPT_ECN_SEEN;
	info->tcpi_snd_mss = xs->mss_cache;
	info->tcpi_rcv_mss = xs->ack.rcv_mss;
	info->tcpi_advmss = xs->advmss;
	info->tcpi_pmtu = xs->pmtu;
	info->tcpi_rcv_ssthresh = xs->rcv_ssthresh;
	info->tcpi_rcv_space = xs->rcvq_space;
	info->tcpi_snd_wnd = xs->snd_wnd;
}

static void info_times(const struct xtcp_sock *xs, struct tcp_info *info)
{
	u32 now = xtcp_jiffies32();

	info->tcpi_rto = jiffies_to_usecs(xs->rto);
	info->tcpi_ato = jiffies_to_usecs(xs->ack.ato);
	info->tcpi_rtt = xs->srtt_us >> 3;
	info->tcpi_rttvar = xs->mdev_us >> 2;
	info->tcpi_min_rtt = xtcp_min_rtt(xs);
	info->tcpi_rcv_rtt = xs->rcv_rtt_us >> 3;
	info->tcpi_last_data_sent = jiffies_to_msecs(now - xs->lsndtime);
	info->tcpi_last_data_recv = jiffies_to_msecs(now - xs->ack.lrcvtime);
	info->tcpi_last_ack_recv = jiffies_to_msecs(now - xs->rcv_tstamp);
}

/* Bytes a second */
static u64 delivery_rate(const struct xtcp_sock *xs)
{
	if (!xs->rate_delivered || !xs->rate_interval_us)
		return 0;
	return div_u64((u64)xs->rate_delivered * xs->mss_cache * USEC_PER_SEC,
		       xs->rate_interval_us);
}

/* G-121: a rate that nobody has set is as large as can be. */
static u64 info_rate(unsigned long rate)
{
	return rate == ~0UL ? ~0ULL : rate;
}

static void info_chrono(const struct xtcp_sock *xs, struct tcp_info *info)
{
	info->tcpi_rwnd_limited = xtcp_chrono_us(xs, XTCP_CHRONO_WINDOW);
	info->tcpi_sndbuf_limited = xtcp_chrono_us(xs, XTCP_CHRONO_BUFFER);
	info->tcpi_busy_time = xtcp_chrono_us(xs, XTCP_CHRONO_BUSY) +
			       info->tcpi_rwnd_limited +
			       info->tcpi_sndbuf_limited;
}

static void info_volume(const struct xtcp_sock *xs, struct tcp_info *info)
{
	info->tcpi_unacked = xs->packets_out;
	info->tcpi_sacked = xs->sacked_out;
	info->tcpi_lost = xs->lost_out;
	info->tcpi_retrans = xs->retrans_out;
	info->tcpi_total_retrans = xs->total_retrans;
	xtcp_info_rehash(info, xs->timeout_rehash);
	info->tcpi_notsent_bytes = xs->write_seq - xs->snd_nxt;
	info->tcpi_bytes_acked = xs->bytes_acked;
	info->tcpi_bytes_received = xs->bytes_received;
	info->tcpi_bytes_sent = xs->bytes_sent;
	info->tcpi_bytes_retrans = xs->bytes_retrans;
	info->tcpi_segs_in = xs->segs_in;
	info->tcpi_segs_out = xs->segs_out;
	info->tcpi_data_segs_in = xs->data_segs_in;
	info->tcpi_data_segs_out = xs->data_segs_out;
	info->tcpi_delivered = xs->delivered;
	info->tcpi_delivered_ce = xs->delivered_ce;
	info->tcpi_rcv_ooopack = xs->rcv_ooopack;
	info->tcpi_dsack_dups = xs->dsack_dups;
	info->tcpi_reord_seen = xs->reord_seen;
	info->tcpi_delivery_rate = delivery_rate(xs);
	info->tcpi_delivery_rate_app_limited = xs->rate_app_limited;
}

/**
 * xtcp_info_fill() - what TCP_INFO shows
 * @sk: locked
 * @info: filled in
 */
void xtcp_info_fill(const struct sock *sk, struct tcp_info *info)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	memset(info, 0, sizeof(*info));
	info->tcpi_snd_cwnd = xs->snd_cwnd;
	info->tcpi_reordering = xs->reordering;
	info->tcpi_pacing_rate = info_rate(READ_ONCE(sk->sk_pacing_rate));
	info->tcpi_max_pacing_rate = info_rate(READ_ONCE(sk->sk_max_pacing_rate));
	if (sk->sk_state == TCP_LISTEN) {
		/* G-122: its queue and backlog stand where others count segments. */
		info->tcpi_state = TCP_LISTEN;
		info->tcpi_unacked = READ_ONCE(sk->sk_ack_backlog);
		info->tcpi_sacked = READ_ONCE(sk->sk_max_ack_backlog);
		return;
	}
	info->tcpi_snd_ssthresh = xs->snd_ssthresh;
	info_state(sk, info);
	info_times(xs, info);
	info_volume(xs, info);
	info_chrono(xs, info);
}
