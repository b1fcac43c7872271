// SPDX-License-Identifier: GPL-2.0-only
/*
 * Path MTU discovery without the help of routers (RFC 4821): now and then a segment is
 * larger than those before (tcp_mtu_probing 2); and where nothing passes any more,
 * smaller ones are tried (1, too), as a router may drop large ones without a word.
 */
#include "xtcp.h"
#include "cong/cong.h"
#include "ip/packet.h"
#include "ip/route.h"
#include "life/mtuprobe.h"
#include "life/output.h"
#include "parts/mtup.h"
#include "parts/scoreboard.h"
#include "parts/skb.h"
#include "parts/sndqueue.h"

/* A probe is two segments, or nearly; fewer tell too little of the path. */
#define LEAST_CWND	11U

/* tcp_base_mss may be any number. */
static int base_mss(const struct sock *sk)
{
	return clamp(READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_base_mss), 0, U16_MAX);
}

/* The largest packet that the peer takes */
static u32 largest_mtu(const struct sock *sk)
{
	return xtcp_sk(sk)->mss_clamp + XTCP_PACKET_HEADER + sizeof(struct tcphdr);
}

/**
 * xtcp_mtuprobe_begin() - a connection stands
 * @sk: locked
 * @active: we opened it: it is measured by what is likely to pass from the first
 *	    segment on; else once something changes, as TCP does
 */
void xtcp_mtuprobe_begin(struct sock *sk, bool active)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	bool on = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_mtu_probing) > 1;

	sock_owned_by_me(sk);
	xtcp_mtup_begin(xs, on, xtcp_output_mtu_of(sk, base_mss(sk)), largest_mtu(sk));
	if (unlikely(on && active)) {
		xtcp_mtup_hold(xs);
		xtcp_output_sync_mss(sk);
	}
}

/*
 * Not while another is under way, something is missing, or SACK blocks make headers
 * larger (RFC 4821 7.4).
 */
static bool may_probe(const struct xtcp_sock *xs)
{
	return !xs->mtup_size && xs->ca_state == XTCP_CA_OPEN &&
	       xs->snd_cwnd >= LEAST_CWND && !xs->sacks.num && !xs->sacks.twice;
}

/* The size of the next probe; 0: the search is over, for now. */
static u32 next_size(struct sock *sk, u32 mss)
{
	const struct net *net = sock_net(sk);
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct dst_entry *dst = xtcp_route_check(sk);
	u32 mtu;

	/* Larger ones than the route lets through are not worth a try. */
	if (!IS_ERR(dst))
		xtcp_mtup_narrow(xs, xtcp_route_mtu(sk));
	mtu = xtcp_mtup_next(xs, READ_ONCE(net->ipv4.sysctl_tcp_probe_threshold));
	if (!mtu && xtcp_mtup_due(xs, READ_ONCE(net->ipv4.sysctl_tcp_probe_interval)))
		xtcp_mtup_again(xs, xtcp_output_mtu_of(sk, mss), largest_mtu(sk));
	return mtu;
}

/* Behind a probe so much must follow that its loss alone shows at once. */
static u64 bytes_needed(const struct xtcp_sock *xs, u32 size)
{
	return size + (xs->reordering + 1ULL) * xs->mss_cache;
}

/* It leaves; what follows it goes on as before. */
static bool probe_leaves(struct sock *sk, u32 size, u32 mss, gfp_t gfp)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb;

	if (!xtcp_sndqueue_gather(sk, size, mss))
		return false;
	skb = skb_peek(&sk->sk_write_queue);
	/* If it can't, it is cut up as always. */
	xtcp_sndqueue_set_segs(skb, size);
	if (xtcp_output_new(sk, skb, size, gfp))
		return false;
	xtcp_cong_probe_sent(xs);
	xtcp_mtup_sent(xs, xtcp_output_mtu_of(sk, size), XTCP_CB(skb)->seq,
		       XTCP_CB(skb)->end_seq);
	return true;
}

/**
 * xtcp_mtuprobe_send() - the head of the write queue as a larger segment, if it is time
 * @sk: locked, searching
 * @mss: of other segments
 * @gfp: allocation
 *
 * Counterpart of the kernel's tcp_mtu_probe().
 *
 * Return: what becomes of the rest.
 */
enum xtcp_mtuprobe xtcp_mtuprobe_send(struct sock *sk, u32 mss, gfp_t gfp)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 mtu, size;
	u64 needed;

	sock_owned_by_me(sk);
	if (!may_probe(xs))
		return XTCP_MTUPROBE_NONE;
	mtu = next_size(sk, mss);
	if (!mtu)
		return XTCP_MTUPROBE_NONE;
	size = xtcp_output_mss_of(sk, mtu);
	needed = bytes_needed(xs, size);
	if (xs->write_seq - xs->snd_nxt < needed || xs->snd_wnd < needed)
		return XTCP_MTUPROBE_NONE;
	if (seq_after(xs->snd_nxt + (u32)needed, xtcp_wnd_end(xs)))
		return XTCP_MTUPROBE_WAIT;
	if (xtcp_in_flight(xs) + 2 > xs->snd_cwnd)
		return xtcp_in_flight(xs) ? XTCP_MTUPROBE_WAIT : XTCP_MTUPROBE_NONE;
	return probe_leaves(sk, size, mss, gfp) ? XTCP_MTUPROBE_SENT :
						  XTCP_MTUPROBE_NONE;
}

/**
 * xtcp_mtuprobe_acked() - an acknowledgment came while one is under way
 * @sk: locked
 *
 * If it tells of the probe, segments are as large from here on, and cwnd counts
 * fewer of them.
 *
 * Counterpart of the kernel's tcp_mtup_probe_success().
 */
void xtcp_mtuprobe_acked(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (seq_after(xs->mtup_end_seq, xs->snd_una))
		return;
	xtcp_cong_resized(xs, xtcp_output_mtu_of(sk, xs->mss_cache), xs->mtup_size);
	xtcp_mtup_passed(xs);
	xtcp_output_sync_mss(sk);
	XTCP_INC(sock_net(sk), MTUPSUCCESS);
}

/**
 * xtcp_mtuprobe_lost() - something is lost: is it the probe?
 * @sk: locked
 *
 * Then it was too large; its loss tells of no congestion.
 *
 * Counterpart of the kernel's tcp_mtup_probe_failed().
 */
bool xtcp_mtuprobe_lost(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (!xs->mtup_size || xs->ca_state >= XTCP_CA_CWR ||
	    xs->snd_una != xs->mtup_start_seq)
		return false;
	xtcp_mtup_failed(xs);
	xtcp_cong_probe_lost(xs);
	XTCP_INC(sock_net(sk), MTUPFAIL);
	return true;
}

/**
 * xtcp_mtuprobe_black_hole() - nothing passes for long: perhaps smaller ones do
 * @sk: locked
 *
 * First what is likely to pass (tcp_base_mss), then half of it, and so on.
 *
 * Counterpart of the kernel's tcp_mtu_probing().
 */
void xtcp_mtuprobe_black_hole(struct sock *sk)
{
	const struct net *net = sock_net(sk);
	struct xtcp_sock *xs = xtcp_sk(sk);
	int mss;

	sock_owned_by_me(sk);
	if (!READ_ONCE(net->ipv4.sysctl_tcp_mtu_probing))
		return;
	if (!xs->mtup_on) {
		xtcp_mtup_start(xs);
	} else {
		mss = min_t(int, base_mss(sk), xtcp_output_mss_of(sk, xs->mtup_low) >> 1);
		mss = max3(mss, READ_ONCE(net->ipv4.sysctl_tcp_mtu_probe_floor),
			   READ_ONCE(net->ipv4.sysctl_tcp_min_snd_mss));
		xtcp_mtup_lower(xs, xtcp_output_mtu_of(sk, mss));
	}
	xtcp_mtup_hold(xs);
	xtcp_output_sync_mss(sk);
}
