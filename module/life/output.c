// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments of a full socket: build and send.  The one place from which they
 * leave; what belongs to no full socket leaves through reply.c.
 */
#include <linux/skbuff.h>

#include "xtcp.h"
#include "cong/cong.h"
#include "cong/prr.h"
#include "ip/ipopt.h"
#include "ip/packet.h"
#include "ip/route.h"
#include "life/output.h"
#include "life/sndbuf.h"
#include "parts/delack.h"
#include "parts/ecn.h"
#include "parts/mss.h"
#include "parts/mtup.h"
#include "parts/options.h"
#include "parts/pacing.h"
#include "parts/rate.h"
#include "parts/sackblocks.h"
#include "parts/scoreboard.h"
#include "parts/skb.h"
#include "parts/sndqueue.h"
#include "parts/timer.h"
#include "parts/tlp.h"
#include "parts/tso.h"
#include "parts/tsq.h"
#include "parts/window.h"

/**
 * xtcp_output_sync_pmtu() - largest packet on the way to the peer, as it is now
 * @sk: locked; pmtu is brought up to date
 *
 * Return: bytes; 0: never known.
 */
u32 xtcp_output_sync_pmtu(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 mtu = xtcp_route_mtu(sk);

	sock_owned_by_me(sk);
	if (unlikely(xs->mtup_on) && mtu != xs->pmtu) {
		xtcp_mtup_narrow(xs, mtu);
		xtcp_mtup_hold(xs);
	}
	xs->pmtu = mtu;
	return mtu;
}

/* Of each segment that is no SYN */
static u32 options_len(const struct sock *sk)
{
	return xtcp_ipopt_len(sk) +
	       (xtcp_sk(sk)->tstamp_ok ? XTCP_OLEN_TS_ALIGNED : 0);
}

/* The peer's limit, and with options taken on again at least tcp_min_snd_mss (H-83) */
static inline u32 mss_in_packet(const struct sock *sk, u32 mtu)
{
	const struct net *net = sock_net(sk);
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 optlen = xtcp_ipopt_len(sk);
	u32 mss;

	mss = min_t(u32, mtu - XTCP_PACKET_HEADER - sizeof(struct tcphdr), xs->mss_clamp);
	/* A peer may announce less than our IP options take. */
	mss -= min(mss, optlen);
	/* And tcp_min_snd_mss may be more than a packet holds. */
	mss = max_t(u32, mss, READ_ONCE(net->ipv4.sysctl_tcp_min_snd_mss));
	mss = min_t(u32, mss, XTCP_PACKET_MAX_MSS - optlen);
	return xs->tstamp_ok ? mss - XTCP_OLEN_TS_ALIGNED : mss;
}

/**
 * xtcp_output_mss_of() - payload of a segment in a packet
 * @sk: locked
 * @mtu: its size, IP header included
 *
 * Options are taken off, but for SACK blocks.
 *
 * Counterpart of the kernel's tcp_mtu_to_mss().
 *
 * Return: bytes, not 0.
 */
u32 xtcp_output_mss_of(struct sock *sk, u32 mtu)
{
	sock_owned_by_me(sk);
	return mss_in_packet(sk, mtu);
}

/**
 * xtcp_output_mtu_of() - size of the packet that a segment travels in
 * @sk: locked
 * @mss: its payload
 *
 * Counterpart of the kernel's tcp_mss_to_mtu().
 */
u32 xtcp_output_mtu_of(struct sock *sk, u32 mss)
{
	sock_owned_by_me(sk);
	return mss + XTCP_PACKET_HEADER + sizeof(struct tcphdr) + options_len(sk);
}

static u32 mss_for(struct sock *sk, u32 mtu)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 half = xs->max_window > XTCP_MSS_DEFAULT ? xs->max_window / 2 :
						       xs->max_window;
	u32 mss = mss_in_packet(sk, mtu);

	if (xs->max_window)
		mss = min(mss, max(half, 68U - 20));
	if (unlikely(xs->mtup_held))
		mss = min(mss, xtcp_output_mss_of(sk, xs->mtup_low));
	return mss;
}

/**
 * xtcp_output_sync_mss() - payload per segment, by what the path is now
 * @sk: locked; pmtu and mss_cache are brought up to date
 *
 * The peer's limit, the route's, options taken off; never more than half of the
 * largest window that the peer ever had, so that it can always take two segments
 * (RFC 9293 3.8.6.2.1); and no more than probes found to pass (RFC 4821).
 *
 * Return: bytes for the next segment, whose SACK blocks take their room from the
 *	   payload; without any at least tcp_min_snd_mss (H-83).
 */
u32 xtcp_output_sync_mss(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 mtu = xtcp_output_sync_pmtu(sk);
	u32 blocks;

	sock_owned_by_me(sk);
	/* What probes find out, and IP options, change without notice. */
	if (!xtcp_mss_known(xs, mtu) || unlikely(xtcp_ipopt_of(sk)))
		xtcp_mss_keep(xs, mss_for(sk, mtu ?: XTCP_PACKET_MIN_MTU),
			      xs->mtup_on || xtcp_ipopt_of(sk) ? 0 : mtu);
	if (likely(xtcp_sackblocks_none(xs)))
		return xs->mss_cache;
	blocks = xtcp_sackblocks_size(xs);
	return max_t(u32, xs->mss_cache, blocks + XTCP_OLEN_SACK_BLOCK) - blocks;
}

/* SYN options of an active open, from what the program and sysctls say. */
static void syn_options(struct sock *sk, struct xtcp_options *o, u32 tsval)
{
	struct net *net = sock_net(sk);
	struct xtcp_sock *xs = xtcp_sk(sk);
	bool synack = sk->sk_state == TCP_SYN_RECV;

	memset(o, 0, sizeof(*o));
	o->mss = xs->user_mss ? min(xs->advmss, xs->user_mss) : xs->advmss;
	o->tstamp_ok = synack ? xs->tstamp_ok :
		       READ_ONCE(net->ipv4.sysctl_tcp_timestamps);
	o->wscale_ok = synack ? xs->wscale_ok :
		       READ_ONCE(net->ipv4.sysctl_tcp_window_scaling);
	o->sack_ok = READ_ONCE(net->ipv4.sysctl_tcp_sack);
	/* What an echo is held against must be what went out (E-40, D-34). */
	if (!xs->syn_tsval)
		xs->syn_tsval = tsval;
	o->tsval = tsval;
	o->tsecr = xs->ts_recent;
	o->wscale = xs->rcv_wscale;
}

static unsigned int write_options(struct sock *sk, __be32 *p, bool syn,
				  u64 now)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 tsval = xtcp_clock_to_ms(now) + xs->ts_off;
	struct xtcp_options o;
	unsigned int len;

	if (!syn) {
		len = xtcp_options_write(p, xs->tstamp_ok, tsval, xs->ts_recent);
		if (!xtcp_sackblocks_none(xs))
			len += xtcp_sackblocks_write(xs, p + len / sizeof(*p));
		return len;
	}
	syn_options(sk, &o, tsval);
	return xtcp_options_write_syn(p, &o);
}

/*
 * RFC 9293 3.8.5: SND.UP travels in every segment that it lies ahead of.  A device
 * copies it into each part of a super-segment, where it would mean another byte:
 * until SND.UP is acknowledged there are none.
 */
static void write_urgent(const struct xtcp_sock *xs, struct tcphdr *th,
			 u32 seq)
{
	u32 ahead = xs->snd_up - seq;

	if (!xs->urg_mode || !seq_before(seq, xs->snd_up))
		return;
	th->urg = 1;
	th->urg_ptr = htons(min_t(u32, ahead, U16_MAX));
}

static void write_checksum(struct sk_buff *skb, const struct xtcp_tuple *t)
{
	struct tcphdr *th = tcp_hdr(skb);

	th->check = xtcp_packet_pseudo(t, skb->len);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
}

/**
 * xtcp_output_header() - push a TCP header in front of a segment
 * @skb: payload, headroom for XTCP_MAX_HEADER
 * @flow: addresses and ports
 * @h: the rest of it
 *
 * Checksum and flags are complete afterwards; shared with reply.c.
 */
void xtcp_output_header(struct sk_buff *skb, const struct xtcp_flow *flow,
			const struct xtcp_header *h)
{
	struct tcphdr *th;

	th = skb_push(skb, sizeof(*th) + h->optlen);
	skb_reset_transport_header(skb);
	memset(th, 0, sizeof(*th));
	if (likely(h->optlen == XTCP_OLEN_TS_ALIGNED))
		memcpy(th + 1, h->options, XTCP_OLEN_TS_ALIGNED);
	else
		memcpy(th + 1, h->options, h->optlen);
	th->source = flow->tuple.lport;
	th->dest = flow->tuple.rport;
	th->seq = htonl(h->seq);
	th->ack_seq = htonl(h->ack);
	th->doff = (sizeof(*th) + h->optlen) / 4;
	((u8 *)th)[13] = h->flags;
	th->window = htons(h->window);
	write_checksum(skb, &flow->tuple);
}

static void set_gso(struct sk_buff *skb, const struct xtcp_skb_cb *cb,
		    u32 payload, u8 flags)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	if (payload <= cb->mss) {
		shinfo->gso_size = 0;
		shinfo->gso_segs = 1;
		shinfo->gso_type = 0;
		return;
	}
	shinfo->gso_size = cb->mss;
	shinfo->gso_segs = DIV_ROUND_UP(payload, cb->mss);
	shinfo->gso_type = XTCP_PACKET_GSO_TYPE;
	/* Only the first segment says it. */
	if (flags & XTCP_CWR)
		shinfo->gso_type |= SKB_GSO_TCP_ECN;
}

static void data_sent(struct sock *sk, u32 payload, u32 segs)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 now = xtcp_jiffies32();

	if (!xtcp_in_flight(xs))
		xtcp_cong_event(sk, XTCP_CA_EVENT_TX_START);
	xs->lsndtime = now;
	xs->data_segs_out += segs;
	xs->bytes_sent += payload;
	xtcp_delack_data_sent(xs, now);
}

/*
 * One segment (or super-segment), which is consumed.  It acknowledges @rcv_nxt; @now:
 * xtcp_clock_us().
 * Counterpart of the kernel's __tcp_transmit_skb().
 */
static int transmit_segment(struct sock *sk, struct sk_buff *skb, u32 rcv_nxt,
			    u64 now)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	bool syn = cb->flags & XTCP_SYN;
	__be32 options[10];
	struct xtcp_flow flow = {
		.tuple = xtcp_tuple_of(sk),
	};
	struct xtcp_header h = {
		.seq = cb->seq,
		.ack = cb->flags & XTCP_ACK ? rcv_nxt : 0,
		.flags = cb->flags,
		.options = options,
	};
	u32 payload = skb->len;
	int err;
	u64 last;

	if (unlikely(xtcp_wmem_full(sk))) {
		kfree_skb(skb);
		return NET_XMIT_DROP;
	}
	if (unlikely(xs->ecn) && !syn)
		h.flags |= xtcp_ecn_send(sk, payload &&
					 !seq_before(cb->seq, xs->snd_nxt));
	/* H-48: a receiver that puts segments together again need not wait for more. */
	if (cb->segs > 1)
		h.flags |= XTCP_PSH;
	set_gso(skb, cb, payload, h.flags);
	h.optlen = write_options(sk, options, syn, now);
	/* RFC 7323 2.2: the window of a SYN is never scaled. */
	h.window = syn ? min_t(u32, xs->rcv_wnd, U16_MAX) :
			 xtcp_window_select(sk);
	xtcp_output_header(skb, &flow, &h);
	if (!syn)
		write_urgent(xs, tcp_hdr(skb), cb->seq);
	if (payload)
		xtcp_skb_owned_full(skb, sk);
	else
		xtcp_skb_owned(skb, sk);

	/* One of what came before the data in hand leaves that unanswered. */
	if (cb->flags & XTCP_ACK && rcv_nxt == xs->rcv_nxt)
		xtcp_delack_sent(sk);
	if (payload)
		data_sent(sk, payload, cb->segs);
	xs->segs_out += max_t(u32, cb->segs, 1);
	/* J-63: with new sequence space, or without any. */
	if (!seq_before(cb->seq, xs->snd_nxt) || cb->seq == cb->end_seq)
		XTCP_ADD(sock_net(sk), OUTSEGS, max_t(u32, cb->segs, 1));
	/* IP's control block lies here, and qdiscs' do. */
	*XTCP_CB(skb) = (struct xtcp_skb_cb){};
	last = xtcp_pacing_stamp(xs, skb, now);
	err = xtcp_packet_send_sk(sk, skb, &flow);
	/* H-40: a queue of this host is full, or nearly. */
	if (unlikely(err > 0) && !syn)
		xtcp_prr_enter_cwr(sk);
	err = net_xmit_eval(err);
	if (payload && !err)
		xtcp_pacing_sent(sk, payload, last);
	return err;
}

/* A queued segment leaves as a clone; the original waits for its ACK. */
static __always_inline int transmit_queued(struct sock *sk, struct sk_buff *skb, gfp_t gfp)
{
	u64 now = xtcp_clock_of(xtcp_sk(sk));
	struct sk_buff *copy = xtcp_sndqueue_copy(skb, gfp);

	int err;

	if (!copy)
		return -ENOBUFS;
	err = transmit_segment(sk, copy, xtcp_sk(sk)->rcv_nxt, now);
	if (!err) {
		XTCP_CB(skb)->sent_us = now;
		xtcp_rate_sent(xtcp_sk(sk), skb, now);
	}
	return err;
}

/*
 * The head of the write queue was sent: it now waits for its ACK.  True if the timer
 * is to begin.
 */
static __always_inline bool sent_new(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	bool idle = !xs->packets_out;

	xtcp_sndqueue_sent(sk, skb);
	xs->snd_nxt = cb->end_seq;
	if (xs->event == XTCP_EVENT_PROBE)
		xtcp_timer_window_open(xs);
	XTCP_ADD(sock_net(sk), ORIGDATASENT, cb->segs);
	return idle || xs->event == XTCP_EVENT_LOSS_PROBE ||
	       xs->event == XTCP_EVENT_NONE;
}

static void note_small(struct sock *sk, const struct sk_buff *skb, u32 mss)
{
	if (skb->len % mss)
		xtcp_sk(sk)->snd_sml = XTCP_CB(skb)->end_seq;
}

/**
 * xtcp_output_new() - the head of the write queue leaves, and waits for its ACK
 * @sk: locked
 * @skb: the head
 * @mss: bytes of a segment
 * @gfp: allocation
 *
 * Return: 0; positive if a queue of this host dropped it, or -ENOBUFS: then it
 *	   stays.
 */
int xtcp_output_new(struct sock *sk, struct sk_buff *skb, u32 mss, gfp_t gfp)
{
	int err = transmit_queued(sk, skb, gfp);

	sock_owned_by_me(sk);
	/* What has not even left this host was not sent. */
	if (err == -ENOBUFS || err > 0)
		return err;
	note_small(sk, skb, mss);
	/* Else a loss probe takes its place once all is sent. */
	if (sent_new(sk, skb) && !xtcp_tlp_applies(sk))
		xtcp_timer_rearm(sk);
	return 0;
}

/**
 * xtcp_output_fits() - does the peer's window take the next new segment?
 * @sk: locked
 */
bool xtcp_output_fits(struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	const struct sk_buff *skb = skb_peek(&sk->sk_write_queue);
	u32 mss = xs->mss_cache;

	sock_owned_by_me(sk);
	return skb && !seq_after(skb->len > mss ? XTCP_CB(skb)->seq + mss :
						  XTCP_CB(skb)->end_seq,
				 xtcp_wnd_end(xs));
}

/**
 * xtcp_output_one() - send one new segment, whatever cwnd and Nagle say (RFC 8985 7.3)
 * @sk: locked; it fits
 *
 * Return: true if it left.
 */
bool xtcp_output_one(struct sock *sk)
{
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);
	u32 mss = xtcp_output_sync_mss(sk);

	sock_owned_by_me(sk);
	if (skb->len > mss && xtcp_sndqueue_split(sk, skb, mss, mss))
		return false;
	xtcp_sndqueue_set_segs(skb, mss);
	if (xtcp_output_new(sk, skb, mss, GFP_ATOMIC))
		return false;
	xtcp_sndbuf_sent(sk);
	return true;
}

/*
 * How much of a buffer may leave at once: its parts are @segs at most, each has the
 * urgent pointer of the first, and IPv4 counts in 16 bits what headers may have
 * grown meanwhile.
 */
static u32 super_segment(const struct xtcp_sock *xs, u32 segs, u32 mss)
{
	if (segs <= 1 || xs->urg_mode)
		return mss;
	return max_t(u32, mss, min_t(u64, (u64)segs * mss, XTCP_GSO_MAX));
}

/* May it be put together with another, both sent again? */
static bool collapsible(const struct sk_buff *skb)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	return cb->segs == 1 && !skb_cloned(skb) &&
	       !(cb->sacked & XTCP_SKB_SACKED);
}

/*
 * H-43: small segments that follow go along, up to @room bytes.
 * Counterpart of the kernel's tcp_retrans_try_collapse().
 */
static void collapse_small(struct sock *sk, struct sk_buff *skb, u32 room)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *next;

	if (skb->len >= room || XTCP_CB(skb)->flags & XTCP_SYN ||
	    !READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_retrans_collapse) ||
	    !collapsible(skb))
		return;
	while ((next = xtcp_rtx_next(skb)) && collapsible(next) &&
	       !XTCP_CB(skb)->eor && skb->len + next->len <= room &&
	       !seq_after(XTCP_CB(next)->end_seq, xtcp_wnd_end(xs)))
		if (!xtcp_sndqueue_merge(sk, skb, next))
			break;
}

/**
 * xtcp_output_retransmit() - send a buffer of the retransmission queue again
 * @sk: locked
 * @skb: the buffer
 * @segs: at most so many segments of it
 *
 * Context: softirq or process.
 * Return: 0; -EAGAIN if the window forbids it, -EBUSY if the last copy still
 *	   waits in a queue of this host (H-41), -EHOSTUNREACH, -ENOMEM.
 */
int xtcp_output_retransmit(struct sock *sk, struct sk_buff *skb, u32 segs)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	struct net *net = sock_net(sk);
	const struct dst_entry *dst;
	u32 mss, room;
	int err;

	sock_owned_by_me(sk);
	xtcp_mtup_inconclusive(xs);
	if (xtcp_tsq_holds(sk, skb))
		return -EBUSY;
	if (seq_before(cb->seq, xs->snd_una) &&
	    xtcp_sndqueue_trim(sk, skb, xs->snd_una - cb->seq))
		return -ENOMEM;
	/* H-94: should it come to an end, the program shall know why. */
	dst = xtcp_route_check(sk);
	if (IS_ERR(dst)) {
		WRITE_ONCE(sk->sk_err_soft, -PTR_ERR(dst));
		return -EHOSTUNREACH;
	}
	mss = xtcp_output_sync_mss(sk);
	/* H-52: a peer that shrank its window gets the head as a probe. */
	room = xtcp_wnd_end(xs) - cb->seq;
	if ((s32)room <= 0) {
		if (cb->seq != xs->snd_una)
			return -EAGAIN;
		room = mss;
	}
	if (skb->len > mss)
		segs = min(segs, xtcp_tso_segs(sk, xtcp_route_gso_max(sk, mss), mss,
					       xtcp_cong_min_tso_segs(sk)));
	room = min(room, super_segment(xs, segs, mss));
	if (skb->len > room) {
		if (room > mss)
			room = rounddown(room, mss);
		if (xtcp_sndqueue_split_sent(sk, skb, room, mss))
			return -ENOMEM;
	} else {
		/* H-44: the path has become narrower; or SACK blocks take less room. */
		if (cb->mss != mss)
			xtcp_sndqueue_recount(sk, skb, mss);
		collapse_small(sk, skb, min(room, mss));
	}
	cb->flags = xtcp_ecn_syn_again(sk, cb->flags);
	err = transmit_queued(sk, skb, GFP_ATOMIC);
	/* Even if it failed: no RTT by the time of what did not leave (H-03) */
	cb->sacked |= XTCP_SKB_EVER_RETRANS;
	if (err) {
		XTCP_INC(net, RETRANSFAIL);
		return err == -ENOBUFS ? -ENOMEM : err;
	}
	XTCP_ADD(net, RETRANSSEGS, cb->segs);
	if (cb->flags & XTCP_SYN)
		XTCP_INC(net, SYNRETRANS);
	xs->total_retrans += cb->segs;
	xs->bytes_retrans += skb->len;
	xtcp_scoreboard_sent_now(xs, skb);
	return 0;
}

/*
 * A segment without payload, queued nowhere; 0, or why it did not leave: positive
 * if a queue of this host dropped it.
 */
static int transmit_bare(struct sock *sk, u32 seq, u32 rcv_nxt, u8 flags, gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb(XTCP_BARE_HEADER, gfp | __GFP_NOWARN);
	struct xtcp_skb_cb *cb;

	if (!skb) {
		if (flags & XTCP_RST)
			XTCP_INC(sock_net(sk), ABORTFAILED);
		else
			xtcp_delack_retry(sk);
		return -ENOBUFS;
	}
	skb_reserve(skb, XTCP_BARE_HEADER);
	cb = XTCP_CB(skb);
	cb->seq = seq;
	cb->end_seq = seq;
	cb->flags = flags;
	cb->segs = 1;
	cb->mss = xtcp_sk(sk)->mss_cache ?: 1;
	return transmit_segment(sk, skb, rcv_nxt, xtcp_clock_of(xtcp_sk(sk)));
}

/**
 * xtcp_output_ack_of() - send an acknowledgment of part of what came
 * @sk: locked
 * @rcv_nxt: up to there; what came later still waits for its own
 *
 * Counterpart of the kernel's __tcp_send_ack().
 */
void xtcp_output_ack_of(struct sock *sk, u32 rcv_nxt)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	/* Beyond a window that the peer shrank: the last that it accepts. */
	u32 seq = seq_before(xtcp_wnd_end(xs), xs->snd_nxt) &&
		  xs->snd_nxt - xtcp_wnd_end(xs) >= 1U << xs->snd_wscale ?
		  xtcp_wnd_end(xs) : xs->snd_nxt;

	sock_owned_by_me(sk);
	if (sk->sk_state == TCP_CLOSE)
		return;
	transmit_bare(sk, seq, rcv_nxt, XTCP_ACK, GFP_ATOMIC);
}

/**
 * xtcp_output_ack() - send an acknowledgment at once
 * @sk: locked
 */
void xtcp_output_ack(struct sock *sk)
{
	xtcp_output_ack_of(sk, xtcp_sk(sk)->rcv_nxt);
}

/**
 * xtcp_output_reset() - tell the peer that the connection is gone (H-91)
 * @sk: locked, synchronised state
 * @gfp: allocation
 *
 * Counterpart of the kernel's tcp_send_active_reset().
 */
void xtcp_output_reset(struct sock *sk, gfp_t gfp)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 seq = xs->snd_nxt;

	sock_owned_by_me(sk);
	if (seq_before(xtcp_wnd_end(xs), seq))
		seq = xtcp_wnd_end(xs);
	XTCP_INC(sock_net(sk), OUTRSTS);
	transmit_bare(sk, seq, xs->rcv_nxt, XTCP_RST | XTCP_ACK, gfp);
}

/**
 * xtcp_output_probe() - ask for an answer (H-50, H-78)
 * @sk: locked
 * @urgent: send SND.UP along (H-74)
 *
 * One sequence number before SND.UNA and no data: nobody may ignore it.
 *
 * Return: 0; positive if a queue of this host dropped it, or a negative error.
 */
int xtcp_output_probe(struct sock *sk, bool urgent)
{
	u32 seq = xtcp_sk(sk)->snd_una - !urgent;

	sock_owned_by_me(sk);
	return transmit_bare(sk, seq, xtcp_sk(sk)->rcv_nxt, XTCP_ACK, GFP_ATOMIC);
}

/**
 * xtcp_output_wakeup() - probe a closed window (H-50)
 * @sk: locked
 *
 * If a little window is there, a little data goes instead.
 *
 * Return: as xtcp_output_probe(); data was not sent then.
 */
int xtcp_output_wakeup(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);
	u32 mss = xtcp_output_sync_mss(sk);
	u32 room, flight;
	int err;

	sock_owned_by_me(sk);
	if (!skb || !seq_before(XTCP_CB(skb)->seq, xtcp_wnd_end(xs))) {
		XTCP_INC(sock_net(sk), WINPROBE);
		if (seq_between(xs->snd_up, xs->snd_una + 1,
				xs->snd_una + 0xffff))
			xtcp_output_probe(sk, true);
		return xtcp_output_probe(sk, false);
	}
	flight = xtcp_wnd_end(xs) - XTCP_CB(skb)->seq;
	room = min(flight, mss);
	/* A FIN beyond the window stays behind, too; what does is pushed as well. */
	if (skb->len > mss ||
	    XTCP_CB(skb)->end_seq - XTCP_CB(skb)->seq > flight) {
		XTCP_CB(skb)->flags |= XTCP_PSH;
		if (xtcp_sndqueue_split(sk, skb, room, mss))
			return -ENOMEM;
	}
	xtcp_sndqueue_set_segs(skb, mss);
	XTCP_CB(skb)->flags |= XTCP_PSH;
	err = transmit_queued(sk, skb, GFP_ATOMIC);
	if (err)
		return err;
	/* No small segment to Nagle: what the program writes next need not wait for it. */
	if (sent_new(sk, skb))
		xtcp_timer_rearm(sk);
	xtcp_sndbuf_sent(sk);
	return 0;
}

/**
 * xtcp_output_fin_along() - a FIN rides on the last segment sent, and its repair
 * @xs: locked; there was no memory for a segment of its own
 *
 * Return: true if there is one in flight to take it along.
 */
bool xtcp_output_fin_along(struct xtcp_sock *xs)
{
	struct sk_buff *skb = xtcp_rtx_tail(xs);

	if (!skb || xs->fin_owed || XTCP_CB(skb)->flags & XTCP_SYN)
		return false;
	XTCP_CB(skb)->flags |= XTCP_FIN;
	XTCP_CB(skb)->end_seq++;
	xtcp_sndqueue_wrote(xs, 1);
	xs->snd_nxt++;
	return true;
}

/**
 * xtcp_output_syn() - the first segment of an active open
 * @sk: locked, SYN_SENT, tuple and ISN set
 *
 * Counterpart of the kernel's tcp_connect().
 *
 * Context: process.
 * Return: 0, -ENOBUFS, or -ECONNREFUSED if the output path said so (D-30).
 */
int xtcp_output_syn(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_sndqueue_alloc_header(XTCP_BARE_HEADER, sk->sk_allocation);
	struct xtcp_skb_cb *cb;
	int err;

	sock_owned_by_me(sk);
	if (!skb)
		return -ENOBUFS;
	cb = XTCP_CB(skb);
	cb->seq = xs->write_seq;
	cb->end_seq = cb->seq + 1;
	cb->flags = XTCP_SYN | xtcp_ecn_syn(sk);
	cb->segs = 1;
	cb->mss = XTCP_MSS_DEFAULT;
	xtcp_sndqueue_wrote(xs, 1);
	xtcp_sndqueue_sent_syn(sk, skb);
	xtcp_timer_repaired(xs);
	xtcp_timer_stamp_retrans(xs, xtcp_clock_of(xs));
	err = transmit_queued(sk, skb, sk->sk_allocation);
	xs->snd_nxt = xs->write_seq;
	xtcp_sndqueue_pushed(xs);
	XTCP_INC(sock_net(sk), ACTIVEOPENS);
	xtcp_timer_rearm(sk);
	return err == -ECONNREFUSED ? err : 0;
}

/**
 * xtcp_output_simultaneous() - SYN met SYN: send ours again with an ACK (D-57)
 * @sk: locked, SYN_RECV
 */
void xtcp_output_simultaneous(struct sock *sk)
{
	struct sk_buff *skb = xtcp_rtx_head(xtcp_sk(sk));

	sock_owned_by_me(sk);
	if (!skb || !(XTCP_CB(skb)->flags & XTCP_SYN))
		return;
	XTCP_CB(skb)->flags |= XTCP_ACK;
	XTCP_CB(skb)->flags = xtcp_ecn_crossing(xtcp_sk(sk),
						XTCP_CB(skb)->flags);
	transmit_queued(sk, skb, GFP_ATOMIC);
}
