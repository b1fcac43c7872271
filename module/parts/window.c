// SPDX-License-Identifier: GPL-2.0-only
/*
 * The receive window: how much we offer (RFC 9293 3.8.6.2, inventory H.4),
 * and how it grows.
 */
#include <net/tcp.h>

#include "xtcp.h"
#include "parts/delack.h"
#include "parts/window.h"

/**
 * xtcp_window_from_space() - payload that fits into so much buffer
 * @sk: socket
 * @space: bytes of receive buffer
 *
 * Buffers are charged with their overhead; what data have weighed, or on kernels
 * before 6.6 tcp_adv_win_scale, says how much of them to promise (J-31).
 *
 * Return: bytes of window.
 */
int xtcp_window_from_space(const struct sock *sk, int space)
{
	int scale;

	if (XTCP_WINDOW_IS_WEIGHED)
		return ((s64)space * xtcp_sk(sk)->scaling_ratio) >> XTCP_WEIGHT_SHIFT;
	scale = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_adv_win_scale);
	return scale <= 0 ? space >> -scale : space - (space >> scale);
}

/*
 * What a full segment of the peer takes of the buffer, at the least: more where
 * tcp_adv_win_scale promises less.
 */
static u64 segment_weight(const struct sock *sk)
{
	int scale = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_adv_win_scale);
	u32 mss = xtcp_sk(sk)->advmss;
	u64 weight = SKB_TRUESIZE(mss + MAX_TCP_HEADER);
	u64 need = scale <= 0 ? (u64)mss << -scale :
				mss + DIV_ROUND_UP_ULL(mss, (1ULL << scale) - 1);

	return need <= weight ? weight : weight + round_up(need - weight, 128);
}

/**
 * xtcp_window_to_space() - buffer that so much payload needs
 * @sk: locked, connected
 * @window: bytes of payload
 *
 * Return: bytes of receive buffer; the reverse of xtcp_window_from_space().
 */
u64 xtcp_window_to_space(const struct sock *sk, u64 window)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	if (XTCP_WINDOW_IS_WEIGHED)
		return div_u64(window << XTCP_WEIGHT_SHIFT, xs->scaling_ratio);
	return div_u64(window, max_t(u32, xs->advmss, 1)) * segment_weight(sk);
}

/**
 * xtcp_window_weigh() - segments larger than any before have come
 * @sk: locked
 * @skb: one of them, from its payload on
 *
 * What it weighs tells how much of the buffer may be offered from now on.
 *
 * Return: true if that is not what it was.
 */
bool xtcp_window_weigh(struct sock *sk, const struct sk_buff *skb)
{
	u32 header = skb->data - skb_transport_header(skb);
	u64 len = skb->len + header - tcp_hdr(skb)->doff * 4;
	struct xtcp_sock *xs = xtcp_sk(sk);
	u8 ratio;

	sock_owned_by_me(sk);
	if (!XTCP_WINDOW_IS_WEIGHED)
		return false;
	/* A device may say that it weighs nothing, or less than it carries. */
	ratio = clamp_t(u64, div_u64(len << XTCP_WEIGHT_SHIFT, max(skb->truesize, 1U)),
			1, U8_MAX);
	if (ratio == xs->scaling_ratio)
		return false;
	xs->scaling_ratio = ratio;
	xtcp_window_resized(sk);
	return true;
}

static int window_space(const struct sock *sk)
{
	return xtcp_window_from_space(sk, READ_ONCE(sk->sk_rcvbuf) -
				      READ_ONCE(sk->sk_backlog.len) -
				      atomic_read(&sk->sk_rmem_alloc));
}

static int window_full_space(const struct sock *sk)
{
	return xtcp_window_from_space(sk, READ_ONCE(sk->sk_rcvbuf));
}

/* J-31: some peers take a window without scale for a signed number. */
static u32 window_unscaled_max(const struct sock *sk)
{
	return READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_workaround_signed_windows) ?
	       S16_MAX : U16_MAX;
}

/**
 * xtcp_window_limit() - bound for the window and its scale
 * @sk: socket, a listener perhaps
 * @clamp: TCP_WINDOW_CLAMP, 0: none
 *
 * Return: @clamp, or what SO_RCVBUF allows if that is less (E-14).
 */
u32 xtcp_window_limit(const struct sock *sk, u32 clamp)
{
	u32 full = window_full_space(sk);

	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK && (!clamp || clamp > full))
		return full;
	return clamp;
}

/**
 * xtcp_window_initial() - window and scale that a SYN or SYN-ACK offers
 * @sk: socket, a listener perhaps
 * @mss: the peer's segment size as far as known
 * @wscale_ok: scaling is or may be agreed
 * @clamp: TCP_WINDOW_CLAMP, lowered to what can be expressed
 * @max_space: largest buffer that tuning may reach
 * @segs: what the route says of the first window, in segments; 0: nothing
 * @rcv_wnd: set to the window
 * @wscale: set to the shift
 *
 * H-72, H-73, E-21: unscaled and at most 65535, whole segments where possible.
 */
void xtcp_window_initial(const struct sock *sk, u32 mss, bool wscale_ok, u32 *clamp,
			 u32 max_space, u32 segs, u32 *rcv_wnd, u8 *wscale)
{
	u32 space = max(window_full_space(sk), 0);

	if (!*clamp)
		*clamp = 65535U << XTCP_MAX_WSCALE;
	space = min(*clamp, space);
	if (mss && space > mss)
		space = rounddown(space, mss);
	*rcv_wnd = min(space, window_unscaled_max(sk));
	if (segs)
		*rcv_wnd = min_t(u64, *rcv_wnd, (u64)segs * mss);
	*wscale = 0;
	if (wscale_ok) {
		max_space = min(max_t(u32, max_space, space), *clamp);
		*wscale = clamp_t(int, ilog2(max_space | 1) - 15, 0,
				  XTCP_MAX_WSCALE);
	}
	*clamp = min_t(u32, 65535U << *wscale, *clamp);
}

/* Without a scale the window moves in whole segments. */
static u32 window_unscaled(const struct xtcp_sock *xs, int space, int full,
			   int mss)
{
	u32 window = xs->rcv_wnd;

	if ((int)window <= space - mss || (int)window > space)
		return rounddown(space, mss);
	if (mss == full && space > (int)window + (full >> 1))
		return space;
	return window;
}

/* J-31: a window may be taken back where it is offered in units of a scale. */
static bool may_shrink(const struct sock *sk)
{
	return xtcp_sk(sk)->rcv_wscale &&
	       READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_shrink_window);
}

/**
 * xtcp_window_renew() - judge anew what the buffer has room for
 * @sk: locked
 *
 * Receiver side of silly window avoidance: G-126, H-70.  A buffer that is half full
 * ends quick ACKs, and is offered less of while memory is short.
 *
 * Return: bytes; may be less than was promised before.
 */
u32 xtcp_window_renew(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	int space = window_space(sk);
	int allowed = window_full_space(sk);
	int full = min_t(u32, xs->window_clamp, max(allowed, 0));
	int mss = min_t(int, xs->ack.rcv_mss, full);
	bool shrink = may_shrink(sk);

	sock_owned_by_me(sk);
	if (mss <= 0)
		return 0;
	if (shrink)
		space = round_down(space, 1 << xs->rcv_wscale);
	if (space < full >> 1) {
		xtcp_delack_no_quick(xs);
		if (sk_under_memory_pressure(sk))
			xs->rcv_ssthresh = min(xs->rcv_ssthresh,
					       4U * xs->advmss);
		space = round_down(space, 1 << xs->rcv_wscale);
		if (space < allowed >> 4 || space < mss)
			return 0;
	}
	if (space <= 0)
		return 0;
	if (shrink && space <= xs->rcv_ssthresh)
		return space;
	space = min_t(u32, space, xs->rcv_ssthresh);
	if (xs->rcv_wscale)
		return ALIGN(space, 1U << xs->rcv_wscale);
	return window_unscaled(xs, space, full, mss);
}

/**
 * xtcp_window_set_clamp() - TCP_WINDOW_CLAMP (G-94)
 * @sk: locked
 * @clamp: largest window ever, bytes; 0: none yet
 *
 * A larger one lets the window be at once what it was when it was last offered.
 *
 * Counterpart of the kernel's tcp_set_window_clamp().
 */
void xtcp_window_set_clamp(struct sock *sk, u32 clamp)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 old = xs->window_clamp;

	sock_owned_by_me(sk);
	xs->window_clamp = clamp;
	if (!clamp)
		return;
	if (clamp < old)
		xs->rcv_ssthresh = min(xs->rcv_ssthresh, clamp);
	else if (clamp > old)
		xs->rcv_ssthresh = max(xs->rcv_ssthresh, min(xs->rcv_wnd, clamp));
}

static void note_offer(struct xtcp_sock *xs)
{
	if (XTCP_EVER_OFFERED_COUNTS &&
	    seq_after(xs->rcv_wup + xs->rcv_wnd, xs->rcv_mwnd_seq))
		xtcp_window_offered(xs);
}

/**
 * xtcp_window_select() - window field of the segment about to leave
 * @sk: locked
 *
 * H-71: the right edge never moves back, unless tcp_shrink_window says so.
 *
 * Return: the field, host order.
 */
u16 xtcp_window_select(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct net *net = sock_net(sk);
	u32 old = xs->rcv_wnd;
	u32 cur = xtcp_receive_window(xs);
	u32 win;

	sock_owned_by_me(sk);
	if (unlikely(xs->ack.no_memory)) {
		xs->rcv_wnd = 0;
		xs->rcv_wup = xs->rcv_nxt;
		note_offer(xs);
		return 0;
	}
	win = xtcp_window_renew(sk);
	if (win < cur && !may_shrink(sk)) {
		if (!win)
			XTCP_INC(net, WANTZEROWINDOWADV);
		win = ALIGN(cur, 1U << xs->rcv_wscale);
	}
	xs->rcv_wnd = win;
	xs->rcv_wup = xs->rcv_nxt;
	note_offer(xs);
	if (xs->rcv_wscale)
		win = min(win, (u32)U16_MAX << xs->rcv_wscale) >> xs->rcv_wscale;
	else
		win = min(win, window_unscaled_max(sk));
	if (!win && old)
		XTCP_INC(net, TOZEROWINDOWADV);
	else if (win && !old)
		XTCP_INC(net, FROMZEROWINDOWADV);
	return win;
}

/**
 * xtcp_window_start() - the connection stands: bound the window by the buffer
 * @sk: locked
 *
 * tcp_app_win keeps a part of it for programs that read late.
 */
void xtcp_window_start(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u8 app = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_app_win);
	u32 full = window_full_space(sk);
	u32 mss = xs->advmss;

	sock_owned_by_me(sk);
	xtcp_window_offered(xs);
	if (xs->window_clamp >= full) {
		xs->window_clamp = full;
		if (app && full > 4 * mss)
			xs->window_clamp = max(app < 32 ? full - (full >> app) :
							  full, 4 * mss);
	}
	/* Room for one segment that is on its way. */
	if (app && xs->window_clamp > 2 * mss && xs->window_clamp + mss > full)
		xs->window_clamp = max(2 * mss, full - mss);
	xs->rcv_ssthresh = min(xs->rcv_ssthresh, xs->window_clamp);
}

/*
 * Of a segment that has pages alone what it has joined is not charged with the
 * overhead of its head any more.
 */
static int joined_truesize(const struct sk_buff *skb)
{
	u32 size = skb->truesize - SKB_TRUESIZE(skb_end_offset(skb));

	return skb_headlen(skb) || (int)size < (int)skb->len ? skb->truesize : size;
}

/*
 * The window may grow with segments that cost much more than they carry as long as
 * it is small: their overhead is halved as often as the largest window is down to it.
 */
static int sparse_growth(const struct sock *sk, u32 len, int truesize)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	int most = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_rmem[2]);
	int cost = xtcp_window_from_space(sk, truesize) >> 1;
	int window = xtcp_window_from_space(sk, most) >> 1;

	for (; window > 0 && xs->rcv_ssthresh <= (u32)window; window >>= 1, cost >>= 1) {
		if (cost <= (int)len)
			return 2 * xs->ack.rcv_mss;
	}
	return 0;
}

/**
 * xtcp_window_grow() - data arrived: offer more, up to the buffer (H-73)
 * @sk: locked
 * @skb: the segment
 * @joined: it is a part of another buffer now, or may be
 *
 * Counterpart of the kernel's tcp_grow_window().
 */
void xtcp_window_grow(struct sock *sk, const struct sk_buff *skb, bool joined)
{
	int truesize = joined ? joined_truesize(skb) : skb->truesize;
	struct xtcp_sock *xs = xtcp_sk(sk);
	int room = (int)min_t(u32, xs->window_clamp,
			      max(window_space(sk), 0)) -
		   (int)xs->rcv_ssthresh;
	int incr = 2 * xs->advmss;

	sock_owned_by_me(sk);
	if (room <= 0)
		return;
	if (sk_under_memory_pressure(sk)) {
		xs->rcv_ssthresh = min(xs->rcv_ssthresh, 4U * xs->advmss);
		return;
	}
	if (xtcp_window_from_space(sk, truesize) > (int)skb->len)
		incr = sparse_growth(sk, skb->len, truesize);
	if (!incr)
		return;
	incr = max_t(int, incr, 2 * skb->len);
	xs->rcv_ssthresh += min(room, incr);
	xtcp_delack_one_quick(xs);
}

/**
 * xtcp_window_clamp() - the buffer overflowed: shrink what is offered
 * @sk: locked
 *
 * The buffer may follow what the window let in, up to tcp_rmem[2].
 */
void xtcp_window_clamp(struct sock *sk)
{
	int max = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_rmem[2]);
	struct xtcp_sock *xs = xtcp_sk(sk);
	int rmem = atomic_read(&sk->sk_rmem_alloc);

	sock_owned_by_me(sk);
	if (rmem < sk->sk_rcvbuf) {
		/* It is memory that is short, not the buffer. */
		if (sk_under_memory_pressure(sk))
			xs->rcv_ssthresh = min(xs->rcv_ssthresh,
					       4U * xs->advmss);
		return;
	}
	xtcp_delack_no_quick(xs);
	if (sk->sk_rcvbuf < max && !(sk->sk_userlocks & SOCK_RCVBUF_LOCK) &&
	    !sk_under_memory_pressure(sk) &&
	    sk_memory_allocated(sk) < sk_prot_mem_limits(sk, 0))
		WRITE_ONCE(sk->sk_rcvbuf, min(rmem, max));
	if (atomic_read(&sk->sk_rmem_alloc) > sk->sk_rcvbuf)
		xs->rcv_ssthresh = min_t(u32, xs->window_clamp,
					 2U * xs->advmss);
}
