// SPDX-License-Identifier: GPL-2.0-only
/*
 * The receive buffer follows the pace of its reader (G-125): once per round trip, up
 * to tcp_rmem[2], and the window with it.
 */
#include "xtcp.h"
#include "parts/rcvspace.h"
#include "parts/skb.h"
#include "parts/window.h"

/*
 * A window for twice of what was read in a round trip; and for as much more as
 * that was more than the last time, twice, so that a sender in slow start is
 * not held up.
 */
static u64 window_wanted(const struct xtcp_sock *xs, u32 copied)
{
	u64 win = 2ULL * copied + 16 * xs->advmss;
	u64 grow = win * (copied - xs->rcvq_space);

	return win + 2 * div_u64(grow, max(xs->rcvq_space, 1U));
}

/*
 * By 7.2: without a cushion; over short round trips the sender is given time, as
 * large buffers are no good for caches; and with what waits beyond a gap.
 */
static u64 window_spanning(const struct sock *sk, u32 copied)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 low = xtcp_rcvbuf_low_rtt(sock_net(sk));
	u32 rtt = xs->rcv_rtt_us >> 3;
	u64 win = 2ULL * copied;

	if (rtt < low)
		win += div_u64(win * rtt, low);
	else
		win += div_u64(2 * win * (copied - xs->rcvq_space),
			       max(xs->rcvq_space, 1U));
	if (!RB_EMPTY_ROOT(&xs->out_of_order_queue))
		win += XTCP_CB(xs->ooo_last_skb)->end_seq - xs->rcv_nxt;
	return win;
}

/* So much is read in a round trip. */
static void buffer_grow(struct sock *sk, u32 copied)
{
	struct net *net = sock_net(sk);
	struct xtcp_sock *xs = xtcp_sk(sk);
	u64 win = XTCP_RCVBUF_SPANS_GAP ? window_spanning(sk, copied) :
					  window_wanted(xs, copied);
	int buf;

	xs->rcvq_space = copied;
	if (!READ_ONCE(net->ipv4.sysctl_tcp_moderate_rcvbuf) ||
	    sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		return;
	buf = min_t(u64, xtcp_window_to_space(sk, win),
		    READ_ONCE(net->ipv4.sysctl_tcp_rmem[2]));
	if (buf <= sk->sk_rcvbuf)
		return;
	WRITE_ONCE(sk->sk_rcvbuf, buf);
	xtcp_window_resized(sk);
}

/**
 * xtcp_rcvspace_start() - the connection stands, its window is known
 * @sk: locked
 */
void xtcp_rcvspace_start(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xs->rcvq_space = min3(xs->rcv_ssthresh, xs->rcv_wnd,
			      XTCP_INIT_CWND * xs->advmss);
	xs->rcvq_time = xtcp_clock_us();
	xs->rcvq_seq = xs->copied_seq;
}

/**
 * xtcp_rcvspace_weigh() - segments larger than any before have come
 * @sk: locked
 * @skb: one of them, from its payload on
 */
void xtcp_rcvspace_weigh(struct sock *sk, const struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (xtcp_window_weigh(sk, skb))
		xs->rcvq_space = min(xs->rcvq_space, xs->window_clamp);
}

/**
 * xtcp_rcvspace_follow() - the program has read: follow its pace
 * @sk: locked, the round trip of the receiver is known
 */
void xtcp_rcvspace_follow(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u64 now = xtcp_clock_us();
	s64 copied;

	sock_owned_by_me(sk);
	if (now - xs->rcvq_time < xs->rcv_rtt_us >> 3)
		return;
	copied = xs->copied_seq - xs->rcvq_seq;
	if (XTCP_UNREAD_SLOWS)
		copied -= xs->rcv_nxt - xs->copied_seq;
	if (copied > xs->rcvq_space)
		buffer_grow(sk, copied);
	xs->rcvq_seq = xs->copied_seq;
	xs->rcvq_time = now;
}

/**
 * xtcp_rcvspace_span() - data waits beyond a gap: the buffer shall have room for both
 * @sk: locked
 */
void xtcp_rcvspace_span(struct sock *sk)
{
	sock_owned_by_me(sk);
	buffer_grow(sk, xtcp_sk(sk)->rcvq_space);
}
