// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much to send at once (H-53): a super-segment costs what one segment does, but
 * a large one is a burst, and one that waits to become large makes ACKs wait.
 */
#include "xtcp.h"
#include "parts/rtt.h"
#include "parts/skb.h"
#include "parts/sndqueue.h"
#include "parts/tso.h"

/* Without tcp_tso_win_divisor: room for so many segments is worth no wait. */
#define TSO_DEFER_MAX	3U

/**
 * xtcp_tso_autosize() - segments of a super-segment
 * @rate: bytes that the pacing rate allows in about a millisecond
 * @rtt: smallest round trip, in units in which each doubles what is worth a burst
 * @max: bytes that a device takes, at least @mss
 * @mss: bytes of a segment
 * @least: segments, however slow it is
 *
 * About a millisecond's worth; and near by, where ACKs come often, more.
 *
 * Counterpart of the kernel's tcp_tso_autosize().
 */
u32 xtcp_tso_autosize(unsigned long rate, u32 rtt, u32 max, u32 mss, u32 least)
{
	u32 bytes = min_t(unsigned long, rate, max);

	if (rtt < BITS_PER_TYPE(u32))
		bytes = min(bytes + (max >> rtt), max);
	/* One at least, and never more than a device takes. */
	return clamp(max(bytes / mss, least), 1U, max / mss);
}

/**
 * xtcp_tso_segs() - segments of a super-segment of this socket, as things are
 * @sk: locked
 * @max: bytes that its device takes, at least @mss
 * @mss: bytes of a segment
 * @least: segments, however slow it is
 *
 * Counterpart of the kernel's tcp_tso_segs().
 */
u32 xtcp_tso_segs(const struct sock *sk, u32 max, u32 mss, u32 least)
{
	const struct netns_ipv4 *ipv4 = &sock_net(sk)->ipv4;
	u8 shift = READ_ONCE(sk->sk_pacing_shift);
	u8 log = READ_ONCE(ipv4->sysctl_tcp_tso_rtt_log);

	sock_owned_by_me(sk);
	if (max <= mss)
		return 1;
	return xtcp_tso_autosize(READ_ONCE(sk->sk_pacing_rate) >>
				 min_t(u8, shift, BITS_PER_LONG - 1),
				 xtcp_min_rtt(xtcp_sk(sk)) >> min_t(u8, log, 31),
				 max, mss, least);
}

/* Is the next ACK so near that more can be sent at once, soon? */
static bool ack_is_near(const struct xtcp_sock *xs, u64 now)
{
	const struct sk_buff *head = xtcp_rtx_head(xs);
	u32 srtt = xs->srtt_us >> 3;
	s64 left;

	if (!head)
		return false;
	left = XTCP_CB(head)->sent_us + srtt - now;
	return left <= (s64)min_t(u32, srtt >> 1, USEC_PER_MSEC);
}

/* Is so much room worth to be used as it is? */
static bool room_suffices(const struct sock *sk, u32 room)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 divisor = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_tso_win_divisor);
	u64 window;

	if (!divisor)
		return room > TSO_DEFER_MAX * xs->mss_cache;
	window = min_t(u64, xs->snd_wnd, (u64)xs->snd_cwnd * xs->mss_cache);
	return room >= (u32)window / divisor;
}

/**
 * xtcp_tso_defer() - is it worth to wait for room, and send more at once then?
 * @sk: locked
 * @skb: head of the write queue, more than a segment; window and cwnd have room
 * @segs: as xtcp_tso_segs() says
 * @now: xtcp_clock_us()
 *
 * Counterpart of the kernel's tcp_tso_should_defer().
 */
enum xtcp_tso_wait xtcp_tso_defer(const struct sock *sk,
				  const struct sk_buff *skb, u32 segs, u64 now)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 window = xtcp_wnd_end(xs) - cb->seq;
	u64 cwnd = (u64)(xs->snd_cwnd - xtcp_in_flight(xs)) * xs->mss_cache;
	u32 room = min_t(u64, window, cwnd);

	sock_owned_by_me(sk);
	/* Repair is urgent, and so is what begins after a pause of a millisecond. */
	if (xs->ca_state >= XTCP_CA_RECOVERY ||
	    (s64)(now * NSEC_PER_USEC - xs->wstamp_ns) > (s64)NSEC_PER_MSEC)
		return XTCP_TSO_SEND;
	if (room >= (u64)segs * xs->mss_cache)
		return XTCP_TSO_SEND;
	/* Nothing will be added to it. */
	if (!skb_queue_is_last(&sk->sk_write_queue, skb) && room >= skb->len)
		return XTCP_TSO_SEND;
	if (room_suffices(sk, room) || !ack_is_near(xs, now))
		return XTCP_TSO_SEND;
	if (cwnd < window && cwnd <= skb->len)
		return XTCP_TSO_CWND;
	if (cwnd >= window && window <= skb->len)
		return XTCP_TSO_WINDOW;
	return cb->flags & XTCP_FIN || cb->eor ? XTCP_TSO_SEND : XTCP_TSO_MORE;
}
