// SPDX-License-Identifier: GPL-2.0-only
/*
 * Explicit Congestion Notification: RFC 3168 (inventory E-22, H-39).
 *
 * The handshake agrees on it; then a router may mark what it would have
 * dropped, the receiver says so (ECE) until it hears that the sender has
 * reduced its window (CWR).
 */
#include <net/dst.h>
#include <net/inet_ecn.h>

#include "xtcp.h"
#include "parts/delack.h"
#include "parts/ecn.h"
#include "parts/skb.h"

/* J-28: 1 of the values asks; those for accurate ECN mean this one here. */
static bool sysctl_asks(const struct net *net)
{
	u8 ecn = READ_ONCE(net->ipv4.sysctl_tcp_ecn);

	return ecn == 1 || ecn == 3 || ecn == 4;
}

static bool route_wants(const struct dst_entry *dst)
{
	return dst && dst_feature(dst, RTAX_FEATURE_ECN);
}

/**
 * xtcp_ecn_mark_all() - are segments capable of ECN that carry no new data?
 * @sk: locked, or not in use yet
 * @on: they are, SYNs among them
 */
void xtcp_ecn_mark_all(struct sock *sk, bool on)
{
	if (unlikely(on))
		INET_ECN_xmit(sk);
	else
		INET_ECN_dontxmit(sk);
}

/**
 * xtcp_ecn_syn() - shall this active open ask for ECN?
 * @sk: locked, its route known
 *
 * Return: flags for the SYN.
 */
u8 xtcp_ecn_syn(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xs->ecn = 0;
	if (!sysctl_asks(sock_net(sk)) && !xs->ca_needs_ecn &&
	    !route_wants(__sk_dst_get(sk)))
		return 0;
	xs->ecn = XTCP_ECN_OK;
	return XTCP_ECE | XTCP_CWR;
}

/**
 * xtcp_ecn_syn_again() - a SYN is lost, perhaps because it asked for ECN
 * @sk: locked
 * @flags: of the SYN
 *
 * RFC 3168 6.1.1.1; tcp_ecn_fallback.  An answer to the first one still counts.
 *
 * Return: flags to send it with.
 */
u8 xtcp_ecn_syn_again(const struct sock *sk, u8 flags)
{
	const u8 asks = XTCP_SYN | XTCP_ECE | XTCP_CWR;

	sock_owned_by_me(sk);
	if ((flags & asks) != asks ||
	    !READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_ecn_fallback))
		return flags;
	return flags & ~(XTCP_ECE | XTCP_CWR);
}

/**
 * xtcp_ecn_answered() - what the peer's SYN says of ECN, after we sent ours
 * @xs: locked
 * @flags: of its SYN, or SYN-ACK
 *
 * A SYN-ACK that reflects both bits is no agreement.
 */
void xtcp_ecn_answered(struct xtcp_sock *xs, u8 flags)
{
	u8 want = flags & XTCP_ACK ? XTCP_ECE : XTCP_ECE | XTCP_CWR;

	if ((flags & (XTCP_ECE | XTCP_CWR)) != want)
		xs->ecn = 0;
}

/**
 * xtcp_ecn_crossing() - flags of our SYN when it becomes a SYN-ACK
 * @xs: locked
 * @flags: those of the SYN
 */
u8 xtcp_ecn_crossing(const struct xtcp_sock *xs, u8 flags)
{
	flags &= ~XTCP_CWR;
	return xs->ecn & XTCP_ECN_OK ? flags : flags & ~XTCP_ECE;
}

/**
 * xtcp_ecn_granted() - may ECN be used with whoever asked for it?
 * @net: namespace
 * @dst: the way to the peer
 */
bool xtcp_ecn_granted(const struct net *net, const struct dst_entry *dst)
{
	return READ_ONCE(net->ipv4.sysctl_tcp_ecn) || route_wants(dst);
}

/**
 * xtcp_ecn_request() - does a SYN get the ECN that it asks for? (E-22)
 * @net: namespace
 * @dst: the way back
 * @skb: the SYN
 * @needed: the listener's congestion control needs it
 *
 * Not if it is marked itself, unless reserved bits tell of a newer protocol, or we
 * need it (RFC 8257 3.5).
 */
bool xtcp_ecn_request(const struct net *net, const struct dst_entry *dst,
		      const struct sk_buff *skb, bool needed)
{
	const u8 asks = XTCP_ECE | XTCP_CWR;

	if ((XTCP_CB(skb)->flags & asks) != asks)
		return false;
	if (needed)
		return true;
	if (!INET_ECN_is_not_ect(XTCP_CB(skb)->tos) &&
	    !xtcp_reserved_bits(tcp_hdr(skb)))
		return false;
	return xtcp_ecn_granted(net, dst);
}

/**
 * xtcp_ecn_send() - mark a segment other than a SYN
 * @sk: locked
 * @new_data: it carries data that was never sent before
 *
 * RFC 3168 6.1.4 to 6.1.6: nothing else is sent as ECN-capable, unless congestion
 * control needs that.
 *
 * Return: flags to add to it.
 */
u8 xtcp_ecn_send(struct sock *sk, bool new_data)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u8 flags = 0;

	sock_owned_by_me(sk);
	if (!(xs->ecn & XTCP_ECN_OK))
		return 0;
	if (!new_data) {
		xtcp_ecn_mark_all(sk, xs->ca_needs_ecn);
	} else {
		INET_ECN_xmit(sk);
		if (xs->ecn & XTCP_ECN_QUEUE_CWR)
			flags |= XTCP_CWR;
		xs->ecn &= ~XTCP_ECN_QUEUE_CWR;
	}
	if (xs->ecn & XTCP_ECN_DEMAND_CWR)
		flags |= XTCP_ECE;
	return flags;
}

/**
 * xtcp_ecn_reduced() - cwnd was reduced: the peer shall know
 * @xs: locked
 */
void xtcp_ecn_reduced(struct xtcp_sock *xs)
{
	if (xs->ecn & XTCP_ECN_OK)
		xs->ecn |= XTCP_ECN_QUEUE_CWR;
}

/**
 * xtcp_ecn_input() - ECE or CWR of a segment whose acknowledgment is acceptable
 * @xs: locked
 * @skb: the segment
 *
 * After CWR the peer's window may be so small that it waits for our ACK.
 *
 * Return: true if it tells of a mark.
 */
bool xtcp_ecn_input(struct xtcp_sock *xs, const struct sk_buff *skb)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	if (cb->flags & XTCP_CWR) {
		xs->ecn &= ~XTCP_ECN_DEMAND_CWR;
		if (cb->seq != cb->end_seq)
			xtcp_delack_hurry(xs);
	}
	return (cb->flags & (XTCP_ECE | XTCP_SYN)) == XTCP_ECE &&
	       xs->ecn & XTCP_ECN_OK;
}

/**
 * xtcp_ecn_data() - data came: was it marked on its way?
 * @sk: locked
 * @skb: the segment
 */
void xtcp_ecn_data(struct sock *sk, const struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (!(xs->ecn & XTCP_ECN_OK))
		return;
	switch (XTCP_CB(skb)->tos & INET_ECN_MASK) {
	case INET_ECN_NOT_ECT:
		/* Probably sent again: the sender waits for our ACKs. */
		if (xs->ecn & XTCP_ECN_SEEN)
			xtcp_delack_quick(sk, 2);
		break;
	case INET_ECN_CE:
		if (!(xs->ecn & XTCP_ECN_DEMAND_CWR))
			xtcp_delack_quick(sk, 2);
		xs->ecn |= XTCP_ECN_DEMAND_CWR | XTCP_ECN_SEEN;
		break;
	default:
		xs->ecn |= XTCP_ECN_SEEN;
		break;
	}
}
