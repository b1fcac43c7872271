// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of the write queue may leave, and when: cwnd and the peer's window, Nagle,
 * the queues of this host, the pacing rate (RFC 9293 3.7.4 and 3.8.6.2.1, H.3).
 * How a segment is made is in output.c.
 */
#include "xtcp.h"
#include "cong/cong.h"
#include "cong/prr.h"
#include "ip/route.h"
#include "life/mtuprobe.h"
#include "life/output.h"
#include "life/sndbuf.h"
#include "life/write.h"
#include "parts/chrono.h"
#include "parts/memory.h"
#include "parts/pacing.h"
#include "parts/skb.h"
#include "parts/sndqueue.h"
#include "parts/timer.h"
#include "parts/tlp.h"
#include "parts/tso.h"
#include "parts/tsq.h"

/**
 * struct write_pass - once through the write queue
 * @mss: bytes of a segment
 * @segs: of a super-segment, at most; 0: not asked for yet
 * @push: what the caller said of a small tail
 * @cwnd_limited: cwnd is what ended it
 * @wnd_limited: the peer's window is
 * @sent: segments that left
 */
struct write_pass {
	u32 mss;
	u32 segs;
	enum xtcp_push push;
	bool cwnd_limited;
	bool wnd_limited;
	u32 sent;
};

/* H-45, Minshall's Nagle: does a small segment wait for more? */
static bool nagle_holds(const struct xtcp_sock *xs, enum xtcp_push push)
{
	if (push == XTCP_PUSH_NOW || push == XTCP_PUSH_ONE)
		return false;
	if (push == XTCP_PUSH_MORE)
		return true;
	if (xs->push_tail)
		return false;
	if (xs->cork)
		return true;
	return !xs->nodelay && xs->packets_out &&
	       seq_after(xs->snd_sml, xs->snd_una) &&
	       !seq_after(xs->snd_sml, xs->snd_nxt);
}

/*
 * A segment of its own: what is not last, and a FIN, never wait.
 * Counterpart of the kernel's tcp_nagle_test().
 */
static bool nagle_allows(const struct sock *sk, const struct sk_buff *skb,
			 const struct write_pass *w)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	return skb->len >= w->mss || XTCP_CB(skb)->flags & XTCP_FIN ||
	       xs->urg_mode || !skb_queue_is_last(&sk->sk_write_queue, skb) ||
	       !nagle_holds(xs, w->push);
}

/*
 * Segments that cwnd has room for, of which it gives half at most: two
 * super-segments in flight keep ACKs coming.  I-26: a FIN alone may exceed it.
 * Counterpart of the kernel's tcp_cwnd_test().
 */
static u32 cwnd_quota(const struct xtcp_sock *xs, const struct xtcp_skb_cb *cb)
{
	u32 flight = xtcp_in_flight(xs);

	if (cb->flags & XTCP_FIN && cb->segs == 1)
		return 1;
	if (flight >= xs->snd_cwnd)
		return 0;
	return min(max(xs->snd_cwnd >> 1, 1U), xs->snd_cwnd - flight);
}

/*
 * H-47: the first segment must fit wholly, with a FIN if it has one.
 * Counterpart of the kernel's tcp_snd_wnd_test().
 */
static bool window_fits(const struct xtcp_sock *xs, const struct sk_buff *skb,
			u32 mss)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 end = skb->len > mss ? cb->seq + mss : cb->end_seq;

	return !seq_after(end, xtcp_wnd_end(xs));
}

/*
 * How much of a long buffer leaves: whole segments, and a part of one only where
 * nothing follows, or where the window ends, as Nagle allows.
 * Counterpart of the kernel's tcp_mss_split_point().
 */
static u32 split_point(struct sock *sk, const struct sk_buff *skb, u32 segs,
		       const struct write_pass *w)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 window = xtcp_wnd_end(xs) - XTCP_CB(skb)->seq;
	u64 most = (u64)segs * w->mss;
	u32 len, part;

	if (most <= window && !skb_queue_is_last(&sk->sk_write_queue, skb))
		return most;
	len = min(skb->len, window);
	if (most <= len)
		return most;
	part = len % w->mss;
	return part && nagle_holds(xs, w->push) ? len - part : len;
}

/* Is it better to wait, and send more of a long buffer at once? (H-53) */
static bool worth_waiting(struct sock *sk, const struct sk_buff *skb,
			  struct write_pass *w)
{
	enum xtcp_tso_wait wait;

	if (!w->segs)
		w->segs = xtcp_tso_segs(sk, xtcp_route_gso_max(sk, w->mss),
					w->mss, xtcp_cong_min_tso_segs(sk));
	if (w->push == XTCP_PUSH_ONE)
		return false;
	wait = xtcp_tso_defer(sk, skb, w->segs, xtcp_clock_of(xtcp_sk(sk)));
	w->cwnd_limited |= wait == XTCP_TSO_CWND;
	w->wnd_limited |= wait == XTCP_TSO_WINDOW;
	return wait != XTCP_TSO_SEND;
}

/* How much of the buffer may leave now; 0: nothing. */
static u32 sendable_bytes(struct sock *sk, struct sk_buff *skb,
			  struct write_pass *w)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 quota = cwnd_quota(xs, XTCP_CB(skb));

	if (!quota)
		return 0;
	if (!window_fits(xs, skb, w->mss)) {
		w->wnd_limited = true;
		return 0;
	}
	if (skb->len <= w->mss)
		return nagle_allows(sk, skb, w) ? max(skb->len, 1U) : 0;
	if (worth_waiting(sk, skb, w))
		return 0;
	if (xs->urg_mode)
		return w->mss;
	return split_point(sk, skb, min(quota, w->segs), w);
}

/* Sends the head of the queue, or what may leave of it; false: it stays. */
static bool write_head(struct sock *sk, struct sk_buff *skb,
		       struct write_pass *w, gfp_t gfp)
{
	u32 len;

	xtcp_sndqueue_set_segs(skb, w->mss);
	len = sendable_bytes(sk, skb, w);
	if (!len)
		return false;
	if (skb->len > len &&
	    xtcp_sndqueue_split(sk, skb, len, w->mss))
		return false;
	if (xtcp_tsq_throttle(sk, skb, false) ||
	    xtcp_output_new(sk, skb, w->mss, gfp))
		return false;
	w->sent += XTCP_CB(skb)->segs;
	return true;
}

/* What it was that ended the pass */
static void write_ended(struct sock *sk, const struct write_pass *w)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	bool limited = w->cwnd_limited ||
		       xtcp_in_flight(xs) >= xs->snd_cwnd;

	if (w->wnd_limited)
		xtcp_chrono_start(xs, XTCP_CHRONO_WINDOW);
	else if (xs->chrono == XTCP_CHRONO_WINDOW)
		xtcp_chrono_stop(sk, XTCP_CHRONO_WINDOW);
	if (w->sent || limited)
		xtcp_cong_validate(sk, limited);
	if (!w->sent)
		return;
	xtcp_prr_sent(xs, w->sent);
	xtcp_tlp_schedule(sk, false);
}

/*
 * Sends what rules and windows allow; true: nothing moved and data waits.
 * Counterpart of the kernel's tcp_write_xmit().
 */
static bool write_queued(struct sock *sk, u32 mss, enum xtcp_push push,
			 gfp_t gfp)
{
	/* A barrier is not needed for it: ACKs have one. */
	bool waiting = sk->sk_socket &&
		       test_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	struct write_pass w = {
		.mss = mss,
		.push = push,
	};
	struct sk_buff *skb;
	bool first = true;

	if (unlikely(xtcp_sk(sk)->mtup_on) && push != XTCP_PUSH_ONE) {
		enum xtcp_mtuprobe probe = xtcp_mtuprobe_send(sk, mss, gfp);

		if (probe == XTCP_MTUPROBE_WAIT)
			return false;
		w.sent = probe == XTCP_MTUPROBE_SENT;
	}
	while ((skb = skb_peek(&sk->sk_write_queue))) {
		if (xtcp_pacing_waits(sk) || !write_head(sk, skb, &w, gfp))
			break;
		/* While cwnd still has room the buffer may grow (G-124). */
		if (unlikely(waiting && first))
			xtcp_sndbuf_waited(sk);
		first = false;
		if (push == XTCP_PUSH_ONE)
			break;
	}
	if (unlikely(waiting && w.sent))
		xtcp_sndbuf_waited(sk);
	write_ended(sk, &w);
	return !w.sent && !xtcp_sk(sk)->packets_out && xtcp_has_unsent(sk);
}

/**
 * xtcp_write_push_by() - send what may be sent, in segments of a known size
 * @sk: locked
 * @mss: as xtcp_output_sync_mss() just said
 * @push: what the caller says of a small tail
 *
 * Context: process or softirq.
 */
void xtcp_write_push_by(struct sock *sk, u32 mss, enum xtcp_push push)
{
	sock_owned_by_me(sk);
	if (sk->sk_state == TCP_CLOSE ||
	    XTCP_STATE_IN(sk, TCPF_SYN_SENT | TCPF_SYN_RECV))
		return;
	if (write_queued(sk, mss, push, sk_gfp_mask(sk, GFP_ATOMIC)))
		xtcp_timer_arm_probe(sk);
}

/**
 * xtcp_write_push_head() - send what may be sent
 * @sk: locked
 * @skb: the head of the write queue
 * @push: what the caller says of a small tail
 *
 * Context: process or softirq.
 */
void xtcp_write_push_head(struct sock *sk, const struct sk_buff *skb,
			  enum xtcp_push push)
{
	/* A FIN alone fits, however narrow the path. */
	xtcp_write_push_by(sk, skb->len ? xtcp_output_sync_mss(sk) :
					  xtcp_sk(sk)->mss_cache, push);
}

/**
 * xtcp_write_fin() - the last segment of our side (I-26, I-27)
 * @sk: locked, state already one that has sent a FIN
 *
 * Without memory for it the probe timer comes back here, at once or when what is
 * in flight (a SYN) has been acknowledged.
 *
 * Counterpart of the kernel's tcp_send_fin().
 *
 * Context: process or softirq.
 */
void xtcp_write_fin(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	sock_owned_by_me(sk);
	if (!skb) {
		skb = xtcp_sndqueue_alloc_header(XTCP_BARE_HEADER, GFP_ATOMIC | __GFP_NOWARN);
		if (!skb && xtcp_output_fin_along(xs))
			return;
		xs->fin_owed = !skb;
		if (!skb) {
			xtcp_timer_arm_probe(sk);
			return;
		}
		XTCP_CB(skb)->seq = xs->write_seq;
		XTCP_CB(skb)->end_seq = xs->write_seq;
		XTCP_CB(skb)->segs = 1;
		xtcp_memory_force(sk, skb->truesize);
		xtcp_sndqueue_charge(sk, skb);
		__skb_queue_tail(&sk->sk_write_queue, skb);
		xtcp_chrono_start(xs, XTCP_CHRONO_BUSY);
	}
	XTCP_CB(skb)->flags |= XTCP_FIN | XTCP_ACK;
	XTCP_CB(skb)->end_seq++;
	xtcp_sndqueue_wrote(xs, 1);
	xtcp_write_push(sk, XTCP_PUSH_NOW);
}

/**
 * xtcp_write_owed_fin() - another try, if there was no memory for it (I-27)
 * @sk: locked
 */
void xtcp_write_owed_fin(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (likely(!xs->fin_owed))
		return;
	xs->fin_owed = false;
	xtcp_write_fin(sk);
}
