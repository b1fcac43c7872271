// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state machine: what a segment does to a socket (RFC 9293 3.10.7.3 and
 * 3.10.7.4, in their order).  LISTEN, SYN-RECEIVED of a passive open and
 * TIME-WAIT are not here: see handshake.c and timewait.c.
 */
#include <linux/security.h>

#include "xtcp.h"
#include "cong/cong.h"
#include "ip/packet.h"
#include "life/ack.h"
#include "life/orphan.h"
#include "life/mtuprobe.h"
#include "life/output.h"
#include "life/rcvqueue.h"
#include "life/recovery.h"
#include "life/remember.h"
#include "life/reply.h"
#include "life/shutdown.h"
#include "life/sndbuf.h"
#include "life/sock.h"
#include "life/state.h"
#include "life/timewait.h"
#include "life/write.h"
#include "parts/delack.h"
#include "parts/ecn.h"
#include "parts/ofo.h"
#include "parts/options.h"
#include "parts/pacing.h"
#include "parts/rcvspace.h"
#include "parts/rtt.h"
#include "parts/skb.h"
#include "parts/sndqueue.h"
#include "parts/timer.h"
#include "parts/tstamp.h"
#include "parts/urgent.h"
#include "parts/window.h"

/* Answers a suspicious segment (RFC 5961, E-49). */
static void state_challenge(struct sock *sk, bool syn)
{
	struct net *net = sock_net(sk);

	if (syn) {
		XTCP_INC(net, SYNCHALLENGE);
		if (sk->sk_state == TCP_ESTABLISHED)
			XTCP_INC(net, INERRS);
	}
	if (xtcp_segment_too_soon(net, &xtcp_sk(sk)->last_oow_ack))
		XTCP_INC(net, ACKSKIPPEDCHALLENGE);
	else if (xtcp_segment_challenge_allowed(net))
		xtcp_output_ack(sk);
}

/* Answers what is not acceptable with our idea of the connection (E-43). */
static void duplicate_ack(struct sock *sk, const struct sk_buff *skb,
			  bool paws)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct net *net = sock_net(sk);

	if (xtcp_segment_limited(net, skb, &xs->last_oow_ack)) {
		if (paws)
			XTCP_INC(net, ACKSKIPPEDPAWS);
		else
			XTCP_INC(net, ACKSKIPPEDSEQ);
		return;
	}
	if (cb->end_seq != cb->seq && seq_before(cb->seq, xs->rcv_nxt)) {
		xtcp_delack_quick(sk, XTCP_QUICKACKS);
		xtcp_rcvqueue_repeated(sk, skb);
	}
	xtcp_output_ack(sk);
}

/*
 * I-41 to I-43: what the program is told depends on the state.
 * Counterpart of the kernel's tcp_reset().
 */
static void reset_received(struct sock *sk)
{
	int err = ECONNRESET;

	if (sk->sk_state == TCP_CLOSE)
		return;
	if (sk->sk_state == TCP_SYN_SENT)
		err = ECONNREFUSED;
	else if (sk->sk_state == TCP_CLOSE_WAIT)
		err = EPIPE;
	xtcp_sock_abort(sk, err);
}

static void read_tstamp(struct xtcp_sock *xs, const struct xtcp_options *o)
{
	xs->saw_tstamp = o->tstamp_ok && xs->tstamp_ok;
	xs->rcv_tsval = o->tsval;
	xs->rcv_tsecr = o->tsecr;
}

/* E-42: a pure ACK that was overtaken is no harm. */
static bool overtaken_ack(const struct xtcp_sock *xs,
			  const struct sk_buff *skb)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	return (cb->flags & (XTCP_SYN | XTCP_FIN | XTCP_RST | XTCP_ACK)) ==
	       XTCP_ACK && cb->seq == cb->end_seq && cb->seq == xs->rcv_nxt &&
	       cb->ack_seq == xs->snd_una && !xtcp_ack_moves_window(xs, skb) &&
	       (s32)(xs->ts_recent - xs->rcv_tsval) <=
	       (s32)jiffies_to_msecs(xs->rto);
}

/* E-44: the peer aborted before it saw our ACK of its FIN. */
static bool rst_before_fin(const struct sock *sk, const struct sk_buff *skb)
{
	return XTCP_CB(skb)->seq == xtcp_sk(sk)->rcv_nxt - 1 &&
	       XTCP_STATE_IN(sk, TCPF_CLOSE_WAIT | TCPF_LAST_ACK |
				 TCPF_CLOSING);
}

/* Left of the window. */
static void late_rst(struct sock *sk, const struct sk_buff *skb)
{
	if (rst_before_fin(sk, skb))
		reset_received(sk);
}

static void rst_in_window(struct sock *sk, const struct sk_buff *skb)
{
	if (XTCP_CB(skb)->seq == xtcp_sk(sk)->rcv_nxt ||
	    rst_before_fin(sk, skb))
		reset_received(sk);
	else
		state_challenge(sk, false);
}

/* D-57: the SYN-ACK of a peer that we met half-way. */
static bool crossing_synack(const struct sock *sk, const struct sk_buff *skb)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	return sk->sk_state == TCP_SYN_RECV && sk->sk_socket &&
	       cb->flags & XTCP_ACK && cb->seq + 1 == xs->rcv_nxt &&
	       cb->end_seq == xs->rcv_nxt && cb->ack_seq == xs->snd_nxt;
}

static void old_timestamp(struct sock *sk, const struct sk_buff *skb)
{
	if (XTCP_SYN_BEFORE_PAWS && XTCP_CB(skb)->flags & XTCP_SYN) {
		state_challenge(sk, true);
		return;
	}
	XTCP_INC(sock_net(sk), PAWSESTAB);
	duplicate_ack(sk, skb, true);
}

/* It begins in the window, and more waits to be read than that may exceed it. */
static bool ends_beyond(const struct sock *sk, const struct sk_buff *skb)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 end = cb->end_seq - !!(cb->flags & XTCP_FIN);

	return seq_after(end, xtcp_window_end(xs)) &&
	       !skb_queue_empty(&sk->sk_receive_queue);
}

static void out_of_window(struct sock *sk, const struct sk_buff *skb)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	if (cb->flags & XTCP_RST) {
		late_rst(sk, skb);
	} else if (cb->flags & XTCP_SYN) {
		state_challenge(sk, true);
	} else {
		if (XTCP_BEYOND_IS_DROPPED && !seq_before(cb->end_seq, xtcp_sk(sk)->rcv_wup))
			XTCP_INC(sock_net(sk), BEYONDWINDOW);
		duplicate_ack(sk, skb, false);
	}
}

/* Steps 1 to 4: timestamp, sequence number, RST, SYN (E.5). */
static bool state_validate(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	bool rst = cb->flags & XTCP_RST;

	/* TCP forgives one tick. */
	if (xs->saw_tstamp && xs->ts_recent_stamp && !rst &&
	    xtcp_segment_paws_reject(xs->ts_recent, xs->ts_recent_stamp,
				     xs->rcv_tsval + 1, false) &&
	    !overtaken_ack(xs, skb)) {
		old_timestamp(sk, skb);
		return false;
	}
	/* A window's worth to the left is let through, to be acknowledged. */
	if (seq_before(cb->end_seq, xs->rcv_wup) ||
	    seq_after(cb->seq, xtcp_window_end(xs)) ||
	    (XTCP_BEYOND_IS_DROPPED && ends_beyond(sk, skb))) {
		out_of_window(sk, skb);
		return false;
	}
	if (rst) {
		rst_in_window(sk, skb);
		return false;
	}
	if (cb->flags & XTCP_SYN && !crossing_synack(sk, skb)) {
		state_challenge(sk, true);
		return false;
	}
	return true;
}

/*
 * The connection stands: everything that starts now.
 * Counterpart of the kernel's tcp_finish_connect().
 */
static void state_established(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 mss;

	xtcp_sock_set_state(sk, TCP_ESTABLISHED);
	xtcp_output_sync_mss(sk);
	/* A child that is being made is nobody's yet. */
	xtcp_mtuprobe_begin(sk, sk->sk_socket);
	mss = min_t(u32, min(xs->advmss, xs->mss_cache), XTCP_MSS_DEFAULT);
	xtcp_delack_start(xs, max_t(u32, min(mss, xs->rcv_wnd / 2), XTCP_MSS_MIN));
	xtcp_window_start(sk);
	xtcp_rcvspace_start(sk);
	xtcp_output_started(xs);
	xtcp_remember_begin(sk);
	xtcp_cong_open(sk);
	xtcp_cong_start(sk);
	/* One that paces has chosen its first rate. */
	if (!xs->ca->cong_control)
		xtcp_pacing_update(sk);
	xtcp_sndbuf_grow(sk);
	if (sock_flag(sk, SOCK_KEEPOPEN))
		xtcp_timer_keepalive_start(sk);
}

static void take_syn(struct sock *sk, const struct sk_buff *skb,
		     const struct xtcp_options *o)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	struct net *net = sock_net(sk);

	xtcp_sock_start_recv(xs, cb->seq);
	xtcp_ack_start_window(xs, skb);

	xs->tstamp_ok = o->tstamp_ok;
	if (xs->tstamp_ok)
		xtcp_tstamp_learn(xs, o->tsval);
	xs->sack_ok = o->sack_ok && READ_ONCE(net->ipv4.sysctl_tcp_sack);
	xtcp_ecn_answered(xs, cb->flags);
	xs->wscale_ok = o->wscale_ok &&
			READ_ONCE(net->ipv4.sysctl_tcp_window_scaling);
	xs->snd_wscale = xs->wscale_ok ? o->wscale : 0;
	if (!xs->wscale_ok)
		xtcp_window_not_scaled(xs);
	/* E-13: a peer that names no MSS means 536; TCP_MAXSEG bounds what it means. */
	xs->mss_clamp = o->mss ?: xs->user_mss ?: XTCP_MSS_DEFAULT;
	if (xs->user_mss)
		xs->mss_clamp = min(xs->mss_clamp, xs->user_mss);
	xtcp_mss_stale(xs);
}

/* Who waits in connect() or poll() learns it. */
static void wake_connected(struct sock *sk)
{
	if (sock_flag(sk, SOCK_DEAD))
		return;
	sk->sk_state_change(sk);
	sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
}

/* What we announced is for segments without options; these have them. */
static void take_off_tstamp(struct xtcp_sock *xs)
{
	if (xs->tstamp_ok)
		xs->advmss -= XTCP_OLEN_TS_ALIGNED;
}

/* D-36: the handshake is complete; its ACK goes now, or with data. */
static void synack_received(struct sock *sk, struct sk_buff *skb,
			    const struct xtcp_options *o)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	take_syn(sk, skb, o);
	read_tstamp(xs, o);
	xtcp_ack_process(sk, skb, o);
	xtcp_recovery_syn(xs);
	if (xs->total_retrans && !xs->srtt_us)
		xtcp_rtt_fall_back(xs);
	take_off_tstamp(xs);
	security_inet_conn_established(sk, skb);
	state_established(sk);
	wake_connected(sk);
	if (sk->sk_write_pending || READ_ONCE(xs->defer_accept) ||
	    xs->ack.pingpong) {
		/* The ACK can travel with the data that a writer has ready. */
		xtcp_delack_quick(sk, XTCP_QUICKACKS);
		xtcp_delack_owe(xs);
		if (xtcp_delack_arm(sk))
			xtcp_output_ack(sk);
	} else {
		xtcp_output_ack(sk);
	}
}

/* D-57: a SYN met ours: our SYN again, with an ACK. */
static void crossing_syn(struct sock *sk, const struct sk_buff *skb,
			 const struct xtcp_options *o)
{
	take_syn(sk, skb, o);
	xtcp_sock_set_state(sk, TCP_SYN_RECV);
	xtcp_output_sync_mss(sk);
	xtcp_output_simultaneous(sk);
}

static bool tsecr_ok(const struct xtcp_sock *xs, const struct xtcp_options *o)
{
	u32 now = xtcp_clock_ms() + xs->ts_off;

	if (!o->tstamp_ok || !o->tsecr || !xs->syn_tsval)
		return true;
	return seq_between(o->tsecr, xs->syn_tsval, now);
}

/*
 * SYN-SENT (RFC 9293 3.10.7.3, D.3).
 * Counterpart of the kernel's tcp_rcv_synsent_state_process().
 */
static enum xtcp_verdict state_syn_sent(struct sock *sk, struct sk_buff *skb,
					struct xtcp_options *o)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	o->tstamp_ok &= !!READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_timestamps);
	if (cb->flags & XTCP_ACK) {
		/* D-33: of nothing that we sent: RST, and our SYN once more. */
		if (!seq_after(cb->ack_seq, xs->snd_una) ||
		    seq_after(cb->ack_seq, xs->snd_nxt)) {
			xtcp_timer_retry_soon(sk);
			return XTCP_VERDICT_RESET;
		}
		if (!tsecr_ok(xs, o)) {
			XTCP_INC(sock_net(sk), PAWSACTIVE);
			return XTCP_VERDICT_RESET;
		}
		if (cb->flags & XTCP_RST) {
			reset_received(sk);
			return XTCP_VERDICT_DROP;
		}
		if (cb->flags & XTCP_SYN)
			synack_received(sk, skb, o);
		return XTCP_VERDICT_DROP;
	}
	if (cb->flags & XTCP_RST || !(cb->flags & XTCP_SYN))
		return XTCP_VERDICT_DROP;
	if (o->tstamp_ok && xs->ts_recent_stamp &&
	    xtcp_segment_paws_reject(xs->ts_recent, xs->ts_recent_stamp,
				     o->tsval, false))
		return XTCP_VERDICT_DROP;
	crossing_syn(sk, skb, o);
	return XTCP_VERDICT_DROP;
}

/* Step 5 in SYN-RECEIVED: the handshake is complete (E-37). */
static void syn_received_ack(struct sock *sk, const struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xtcp_ack_start_window(xs, skb);
	/* SYNs crossed; of a child the handshake tells (E-40). */
	if (sk->sk_socket)
		xtcp_recovery_syn(xs);
	take_off_tstamp(xs);
	state_established(sk);
	if (sk->sk_socket)
		xtcp_delack_no_pace(xs);
	wake_connected(sk);
	/* I-07: shut down before the handshake was over. */
	if (sk->sk_shutdown & SEND_SHUTDOWN)
		xtcp_shutdown(sk, SEND_SHUTDOWN);
}

/* I-31: data for a program that can't read it any more. */
static bool data_after_shutdown(const struct sock *sk,
				const struct sk_buff *skb)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 fin = !!(cb->flags & XTCP_FIN);

	return sk->sk_shutdown & RCV_SHUTDOWN && cb->end_seq != cb->seq &&
	       seq_after(cb->end_seq - fin, xs->rcv_nxt);
}

/* I-28, I-29: our FIN was acknowledged. */
static enum xtcp_verdict fin_acked(struct sock *sk, const struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xtcp_sock_set_state(sk, TCP_FIN_WAIT2);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	if (!sock_flag(sk, SOCK_DEAD)) {
		sk->sk_state_change(sk);
		return XTCP_VERDICT_PASS;
	}
	if (xs->linger2 < 0 || data_after_shutdown(sk, skb)) {
		xtcp_sock_done(sk);
		XTCP_INC(sock_net(sk), ABORTONDATA);
		return XTCP_VERDICT_RESET;
	}
	/* Its FIN may be here too: then TIME_WAIT follows below. */
	if (XTCP_CB(skb)->flags & XTCP_FIN)
		return XTCP_VERDICT_PASS;
	xtcp_timewait_fin_wait2(sk);
	return XTCP_VERDICT_DROP;
}

/* Step 5, by state. */
static enum xtcp_verdict ack_by_state(struct sock *sk,
				      const struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	bool all = xs->snd_una == xs->write_seq && !xs->fin_owed;

	switch (sk->sk_state) {
	case TCP_SYN_RECV:
		syn_received_ack(sk, skb);
		break;
	case TCP_FIN_WAIT1:
		if (all)
			return fin_acked(sk, skb);
		break;
	case TCP_CLOSING:
		if (all) {
			xtcp_timewait_enter(sk, TCP_TIME_WAIT, 0);
			return XTCP_VERDICT_DROP;
		}
		break;
	case TCP_LAST_ACK:
		if (all) {
			xtcp_remember_end(sk);
			xtcp_sock_done(sk);
			return XTCP_VERDICT_DROP;
		}
		break;
	}
	return XTCP_VERDICT_PASS;
}

/*
 * Step 8: the peer's FIN is next in sequence (I-32 to I-36).
 * Counterpart of the kernel's tcp_fin().
 */
static void state_fin(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xtcp_delack_owe(xs);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	sock_set_flag(sk, SOCK_DONE);
	switch (sk->sk_state) {
	case TCP_SYN_RECV:
	case TCP_ESTABLISHED:
		xtcp_sock_set_state(sk, TCP_CLOSE_WAIT);
		/* H-64: its ACK may wait for what the program does now. */
		xtcp_delack_set_pingpong(xs, true);
		break;
	case TCP_FIN_WAIT1:
		xtcp_output_ack(sk);
		xtcp_sock_set_state(sk, TCP_CLOSING);
		break;
	case TCP_FIN_WAIT2:
		xtcp_output_ack(sk);
		xtcp_ofo_purge(sk);
		xtcp_timewait_enter(sk, TCP_TIME_WAIT, 0);
		break;
	}
	xtcp_ofo_purge(sk);
	if (sock_flag(sk, SOCK_DEAD))
		return;
	sk->sk_state_change(sk);
	/* POLL_HUP goes where both directions are closed. */
	if (sk->sk_shutdown == SHUTDOWN_MASK || sk->sk_state == TCP_CLOSE)
		sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_HUP);
	else
		sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_IN);
}

/* Steps 7 and 8: its data, and its FIN; XTCP_VERDICT_TAKEN: it was consumed. */
static enum xtcp_verdict state_text(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	unsigned int due;

	switch (sk->sk_state) {
	case TCP_CLOSE_WAIT:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		if (!seq_before(cb->seq, xs->rcv_nxt))
			return XTCP_VERDICT_DROP;
		fallthrough;
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2:
		if (data_after_shutdown(sk, skb)) {
			XTCP_INC(sock_net(sk), ABORTONDATA);
			reset_received(sk);
			return XTCP_VERDICT_RESET;
		}
		break;
	}
	xs->data_segs_in += skb->len > tcp_hdr(skb)->doff * 4 ?
			    max_t(u16, 1, skb_shinfo(skb)->gso_segs) : 0;
	__skb_pull(skb, tcp_hdr(skb)->doff * 4);
	due = xtcp_rcvqueue_add(sk, skb);
	if (due & XTCP_TEXT_FIN)
		state_fin(sk);
	if (due & XTCP_TEXT_READY && !sock_flag(sk, SOCK_DEAD))
		xtcp_rcvqueue_ready(sk);
	return XTCP_VERDICT_TAKEN;
}

/* An orphan's FIN was acknowledged by a FIN that it couldn't take (I-30). */
static void await_fin(struct sock *sk)
{
	if (sk->sk_state == TCP_FIN_WAIT2 && sock_flag(sk, SOCK_DEAD))
		xtcp_timer_arm_keepalive(sk, xtcp_orphan_fin_time(sk));
}

/* Next in order, and all but its payload as the kernel's header prediction has it */
static bool is_predicted(const struct sock *sk, const struct sk_buff *skb,
			 const struct xtcp_options *o)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	return sk->sk_state == TCP_ESTABLISHED && cb->seq == xs->rcv_nxt &&
	       !(cb->flags & (XTCP_RST | XTCP_SYN | XTCP_FIN | XTCP_URG | XTCP_ECE |
			      XTCP_CWR)) &&
	       !o->num_sacks && !xs->urg_data &&
	       RB_EMPTY_ROOT(&xs->out_of_order_queue) &&
	       !seq_before(cb->ack_seq, xs->snd_una) &&
	       !seq_after(cb->ack_seq, xs->snd_nxt) &&
	       xtcp_ack_window(xs, skb) == xs->snd_wnd;
}

/*
 * H-60: an ACK that is delayed does not leave sooner for a bare ACK that tells of
 * nothing else.  The kernel's fast path asks no more of such.
 */
static bool delays_on(const struct sock *sk, const struct sk_buff *skb,
		      const struct xtcp_options *o)
{
	return XTCP_CB(skb)->seq == XTCP_CB(skb)->end_seq && is_predicted(sk, skb, o);
}

/* Data that tells nothing of ours, and for which no memory must be asked for */
static bool data_alone(const struct sock *sk, const struct sk_buff *skb,
		       const struct xtcp_options *o)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	return cb->seq != cb->end_seq && cb->ack_seq == xs->snd_una && xs->rcv_wnd &&
	       (int)skb->truesize <= sk->sk_forward_alloc && is_predicted(sk, skb, o);
}

/*
 * It is the kernel's fast path: such data sends nothing of what waits for the program to
 * write more (G-14), and stops no timer that ends the wait; and the next bare ACK has
 * news of the window even if data ahead of a gap had them before.
 */
static enum xtcp_verdict take_data_alone(struct sock *sk, struct sk_buff *skb)
{
	enum xtcp_verdict v;

	xtcp_ack_repeated(xtcp_sk(sk), skb);
	v = state_text(sk, skb);
	if (sk->sk_state != TCP_CLOSE)
		xtcp_rcvqueue_ack(sk);
	return v;
}

/*
 * H-60: how long the peer paused is judged by the timeout as it was before the ACK that
 * its data carries, where the kernel's fast path takes them: @rto, @room and @wnd are of
 * before.
 */
static u32 patience_before(const struct sock *sk, const struct sk_buff *skb,
			   const struct xtcp_options *o, u32 rto, int room, u32 wnd)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	return XTCP_CB(skb)->seq != XTCP_CB(skb)->end_seq && xs->rcv_wnd &&
	       (int)skb->truesize <= room && wnd == xs->snd_wnd &&
	       is_predicted(sk, skb, o) ? rto : 0;
}

/*
 * Every synchronised state.  Counterpart of the kernel's tcp_rcv_established() and
 * tcp_rcv_state_process(): but for data_alone() there is no fast path.
 */
static enum xtcp_verdict state_synchronized(struct sock *sk, struct sk_buff *skb,
					    struct xtcp_options *o)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 rto = xs->rto, wnd = xs->snd_wnd;
	int room = sk->sk_forward_alloc;
	int ack, old = sk->sk_state;
	enum xtcp_verdict v;
	bool later;

	if (!(XTCP_CB(skb)->flags & (XTCP_ACK | XTCP_RST | XTCP_SYN)))
		return XTCP_VERDICT_DROP;
	read_tstamp(xs, o);
	/* E-20: blocks mean nothing to who did not ask for them. */
	if (!xs->sack_ok)
		o->num_sacks = 0;
	if (!state_validate(sk, skb))
		return XTCP_VERDICT_DROP;
	if (data_alone(sk, skb, o))
		return take_data_alone(sk, skb);
	later = xs->ack.timer && delays_on(sk, skb, o);
	ack = xtcp_ack_process(sk, skb, o);
	if (ack <= 0 && sk->sk_state == TCP_SYN_RECV)
		return XTCP_VERDICT_RESET;
	if (ack < 0) {
		/* Long acknowledged (E-47), or never sent (E-48) */
		if (ack == -1 || sk->sk_state != TCP_ESTABLISHED ||
		    XTCP_UNSENT_IS_CHALLENGED)
			state_challenge(sk, false);
		return XTCP_VERDICT_DROP;
	}
	v = ack_by_state(sk, skb);
	if (v != XTCP_VERDICT_PASS)
		return v;
	if (old == TCP_ESTABLISHED && XTCP_CB(skb)->seq == XTCP_CB(skb)->end_seq)
		xtcp_rtt_receiver_bare(xs);
	xtcp_urgent_input(sk, skb);
	if (unlikely(xs->rto != rto))
		xs->ack.patience = patience_before(sk, skb, o, rto, room, wnd);
	v = state_text(sk, skb);
	xs->ack.patience = 0;
	if (sk->sk_state == TCP_CLOSE)
		return v;
	if (old == TCP_FIN_WAIT1)
		await_fin(sk);
	xtcp_write_push(sk, XTCP_PUSH_NORMAL);
	xtcp_sndbuf_space(sk);
	if (!later)
		xtcp_rcvqueue_ack(sk);
	return v;
}

/* By the names of the segment: the socket may have lost its own. */
static noinline void reset_sender(struct sock *sk, const struct sk_buff *skb)
{
	const struct xtcp_tuple t = xtcp_packet_tuple(skb);

	xtcp_reply_reset(sock_net(sk), sk, skb, &t);
}

/**
 * xtcp_state_parsed() - a segment for a socket, its options parsed
 * @sk: locked; the caller holds a reference
 * @skb: the segment from its TCP header on; consumed
 * @o: its options
 *
 * Context: bottom halves off.
 */
void xtcp_state_parsed(struct sock *sk, struct sk_buff *skb,
		       struct xtcp_options *o)
{
	enum xtcp_verdict v;

	sock_owned_by_me(sk);
	switch (sk->sk_state) {
	case TCP_CLOSE:
	case TCP_LISTEN:
		/* It changed while the segment waited in the backlog. */
		v = XTCP_VERDICT_DROP;
		break;
	case TCP_SYN_SENT:
		v = state_syn_sent(sk, skb, o);
		if (v == XTCP_VERDICT_DROP && sk->sk_state == TCP_ESTABLISHED)
			xtcp_write_push(sk, XTCP_PUSH_NORMAL);
		break;
	default:
		v = state_synchronized(sk, skb, o);
		break;
	}
	/* Of what was acknowledged */
	sk_mem_reclaim(sk);
	xtcp_rtt_forget_clock(xtcp_sk(sk));
	if (v == XTCP_VERDICT_RESET)
		reset_sender(sk, skb);
	if (v != XTCP_VERDICT_TAKEN)
		kfree_skb(skb);
}

/**
 * xtcp_state_input() - a segment for a socket
 * @sk: locked; the caller holds a reference
 * @skb: the segment from its TCP header on; consumed
 *
 * Context: bottom halves off.
 */
void xtcp_state_input(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_options o;

	sock_owned_by_me(sk);
	xtcp_options_parse(skb, &o);
	xtcp_state_parsed(sk, skb, &o);
}
