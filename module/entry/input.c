// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments in: from the device to the connection (RFC 9293 3.10.7, with
 * RFC 5961 and RFC 7323).  What arrives in which state is in state.c.
 */
#include <linux/bpf-cgroup.h>
#include <linux/filter.h>
#include <linux/security.h>

#include "xtcp.h"
#include "entry/input.h"
#include "ip/ipsockopt.h"
#include "ip/nat.h"
#include "ip/packet.h"
#include "ip/route.h"
#include "life/cookie.h"
#include "life/handshake.h"
#include "life/reply.h"
#include "life/request.h"
#include "life/state.h"
#include "life/timewait.h"
#include "parts/skb.h"
#include "table/hash.h"
#include "table/mini.h"

/*
 * Is its header all there, options included (RFC 9293 3.1)?  If so it is linear
 * from here on.
 */
static bool header_ok(struct net *net, struct sk_buff *skb)
{
	const struct tcphdr *th;

	if (!pskb_may_pull(skb, sizeof(*th)))
		return false;
	th = tcp_hdr(skb);
	if (th->doff < sizeof(*th) / 4 || !pskb_may_pull(skb, th->doff * 4))
		return false;
	return true;
}

/* H-76: before anything else is believed. */
static bool input_checksum_ok(struct sk_buff *skb)
{
	/* Of this host: not computed yet.  Unless it means another header's. */
	if (likely(skb->ip_summed == CHECKSUM_PARTIAL &&
		   skb_checksum_start_offset(skb) >= 0))
		return true;
	return !xtcp_packet_checksum_init(skb) &&
	       !skb_checksum_complete(skb);
}

/* What a sender keeps there is not asked of a segment that came in. */
static void fill_cb(struct sk_buff *skb, int l3mdev)
{
	const struct tcphdr *th = tcp_hdr(skb);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u16 ip_flags = xtcp_packet_flags(skb);
	u32 seq = ntohl(th->seq);

	cb->seq = seq;
	cb->end_seq = seq + th->syn + th->fin + skb->len - th->doff * 4;
	cb->flags = xtcp_flag_byte(th);
	cb->sacked = 0;
	cb->eor = false;
	cb->app_limited = false;
	cb->segs = 0;
	cb->mss = 0;
	cb->ack_seq = ntohl(th->ack_seq);
	cb->ip_flags = ip_flags;
	cb->wnd = ntohs(th->window);
	cb->l3mdev = l3mdev;
	cb->urg = th->urg ? ntohs(th->urg_ptr) : 0;
	cb->tos = xtcp_packet_tos(skb);
	cb->nat = xtcp_nat_applied(skb);
}

/*
 * IPsec: the socket's own policy (IP_XFRM_POLICY), else the namespace's, which
 * is not for what stays in this host.
 */
static __always_inline bool policy_allows(struct sock *sk, struct sk_buff *skb)
{
	BUILD_BUG_ON(offsetof(struct xtcp_skb_cb, ip_flags) !=
		     offsetof(struct inet_skb_parm, flags));
	if (likely(XTCP_CB(skb)->ip_flags & IPSKB_NOPOLICY) &&
	    likely(!sk || !xtcp_own_policy(sk, XFRM_POLICY_IN)))
		return true;
	return xtcp_packet_policy_allows(sk, skb);
}

/* G-80: SO_ATTACH_FILTER may drop a segment, or cut its payload. */
static bool filter_drops(struct sock *sk, struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);

	if (sk_filter_trim_cap(sk, skb, th->doff * 4))
		return true;
	th = tcp_hdr(skb);
	XTCP_CB(skb)->end_seq = XTCP_CB(skb)->seq + th->syn + th->fin +
				skb->len - th->doff * 4;
	return false;
}

/* What all but security modules is for is rare, and is asked for first. */
static __always_inline bool input_filtered(struct sock *sk, struct sk_buff *skb)
{
	if (cgroup_bpf_enabled(CGROUP_INET_INGRESS) ||
	    unlikely(rcu_access_pointer(sk->sk_filter) || skb_pfmemalloc(skb)))
		return filter_drops(sk, skb);
	return security_sock_rcv_skb(sk, skb);
}

/* E-11, IPsec, and the program's filter */
static __always_inline bool input_unwanted(struct sock *sk, struct sk_buff *skb)
{
	if (unlikely(xtcp_ip_min_ttl(sk) > xtcp_packet_ttl(skb))) {
		XTCP_INC(sock_net(sk), MINTTLDROP);
		return true;
	}
	return unlikely(!policy_allows(sk, skb) || input_filtered(sk, skb));
}

/* What a segment means to a listener (E.1) */
static enum xtcp_verdict listener_verdict(struct sock *listener,
					  struct sk_buff *skb,
					  const struct xtcp_tuple *t, u32 isn)
{
	u8 flags = XTCP_CB(skb)->flags;

	if (flags & XTCP_RST || input_unwanted(listener, skb))
		return XTCP_VERDICT_DROP;
	if (flags & XTCP_ACK)
		return flags & XTCP_SYN ? XTCP_VERDICT_RESET :
					  xtcp_cookie_ack(listener, skb, t);
	if ((flags & (XTCP_SYN | XTCP_FIN)) == XTCP_SYN)
		xtcp_handshake_syn(listener, skb, t, isn);
	return XTCP_VERDICT_DROP;
}

/* A RST in the name of a listener says so, to rules and to routes. */
static enum xtcp_verdict reset_by(struct sock *listener, struct sk_buff *skb,
				  const struct xtcp_tuple *t,
				  enum xtcp_verdict v)
{
	if (v != XTCP_VERDICT_RESET)
		return v;
	xtcp_reply_reset(sock_net(listener), listener, skb, t);
	return XTCP_VERDICT_DROP;
}

/*
 * No connection, but somebody listens.  @isn: as for xtcp_handshake_syn().
 * Counterpart of the kernel's tcp_v4_do_rcv() and tcp_rcv_state_process() in LISTEN.
 */
static enum xtcp_verdict listener_input(struct sock *listener,
					struct sk_buff *skb,
					const struct xtcp_tuple *t, u32 isn)
{
	enum xtcp_verdict v = listener_verdict(listener, skb, t, isn);

	return reset_by(listener, skb, t, v);
}

static enum xtcp_verdict request_input(struct xtcp_mini *mini,
				       struct sk_buff *skb,
				       const struct xtcp_tuple *t)
{
	struct sock *listener = xtcp_request_listener(mini);
	enum xtcp_verdict v;

	/* E-34: the listener is gone, and the request with it. */
	if (!listener)
		return XTCP_VERDICT_RETRY;
	if (!policy_allows(listener, skb) || input_filtered(listener, skb))
		return XTCP_VERDICT_DROP;
	v = xtcp_handshake_input(mini, skb);
	if (v == XTCP_VERDICT_SYN)
		return listener_input(listener, skb, t, 0);
	return reset_by(listener, skb, t, v);
}

static enum xtcp_verdict timewait_input(struct net *net,
					struct xtcp_mini *mini,
					struct sk_buff *skb,
					const struct xtcp_lookup *key)
{
	struct sock *listener;
	enum xtcp_verdict v;
	u32 isn;

	if (!policy_allows(NULL, skb))
		return XTCP_VERDICT_DROP;
	v = xtcp_timewait_input(mini, skb);
	if (v == XTCP_VERDICT_RESET) {
		xtcp_reply_reset_timewait(mini, skb);
		return XTCP_VERDICT_DROP;
	}
	if (v != XTCP_VERDICT_SYN)
		return v;
	/* E-50: the SYN opens it anew, if somebody listens. */
	listener = xtcp_hash_find_listener(net, key, skb);
	if (!listener) {
		xtcp_timewait_ack(mini, skb);
		return XTCP_VERDICT_DROP;
	}
	isn = xtcp_mini_isn(mini);
	if (!xtcp_hash_kill(mini))
		return XTCP_VERDICT_DROP;
	return listener_input(listener, skb, &key->tuple, isn);
}

/* G-129: what waits for a system call is bounded. */
static u32 backlog_limit(const struct sock *sk)
{
	u64 limit = 2 * (u64)READ_ONCE(sk->sk_rcvbuf) +
		    (READ_ONCE(sk->sk_sndbuf) >> 1) + 64 * 1024;

	return min_t(u64, limit, U32_MAX);
}

static void sock_input(struct sock *sk, struct sk_buff *skb)
{
	if (input_unwanted(sk, skb)) {
		kfree_skb(skb);
		return;
	}
	/* Only now: IPsec policies ask for NAT and for the route's device. */
	xtcp_skb_arrived(skb);
	bh_lock_sock_nested(sk);
	xtcp_sk(sk)->segs_in += max_t(u16, 1, skb_shinfo(skb)->gso_segs);
	if (!sock_owned_by_user(sk)) {
		xtcp_state_input(sk, skb);
	} else if (unlikely(sk_add_backlog(sk, skb, backlog_limit(sk)))) {
		XTCP_INC(sock_net(sk), BACKLOGDROP);
		kfree_skb(skb);
	}
	bh_unlock_sock(sk);
}

/* One look-up; everything but RETRY has dealt with the segment. */
static enum xtcp_verdict input_dispatch(struct net *net, struct sk_buff *skb,
					const struct xtcp_lookup *key)
{
	struct xtcp_mini *mini;
	struct sock *sk = xtcp_hash_find(net, key, &mini);
	enum xtcp_verdict v;

	if (sk) {
		sock_input(sk, skb);
		sock_put(sk);
		return XTCP_VERDICT_TAKEN;
	}
	if (mini) {
		v = mini->kind == XTCP_MINI_REQUEST ?
		    request_input(mini, skb, &key->tuple) :
		    timewait_input(net, mini, skb, key);
		xtcp_mini_put(mini);
		return v;
	}
	sk = xtcp_hash_find_listener(net, key, skb);
	if (sk)
		return listener_input(sk, skb, &key->tuple, 0);
	return policy_allows(NULL, skb) ? XTCP_VERDICT_RESET :
					  XTCP_VERDICT_DROP;
}

/**
 * xtcp_input() - a TCP segment for this host
 * @net: namespace
 * @skb: network header checked and set, data at the TCP header, IPCB()->flags
 *	 valid; consumed
 * @key: its devices; its names are filled in here
 *
 * Counterpart of the kernel's tcp_v4_rcv().
 *
 * Context: softirq, rcu_read_lock().
 */
void xtcp_input(struct net *net, struct sk_buff *skb, struct xtcp_lookup *key)
{
	enum xtcp_verdict v;
	int tries = 4;

	xtcp_entry_packet();
	xtcp_entry_rcu();
	XTCP_INC(net, INSEGS);
	xtcp_skb_true_size(skb);
	skb_reset_transport_header(skb);
	if (!header_ok(net, skb)) {
		XTCP_INC(net, INERRS);
		goto free;
	}
	if (!input_checksum_ok(skb)) {
		XTCP_INC(net, INCSUMERRORS);
		XTCP_INC(net, INERRS);
		goto free;
	}
	fill_cb(skb, key->l3mdev);
	key->tuple = xtcp_packet_tuple(skb);
	do {
		v = input_dispatch(net, skb, key);
	} while (v == XTCP_VERDICT_RETRY && --tries);
	if (v == XTCP_VERDICT_TAKEN)
		return;
	if (v == XTCP_VERDICT_RESET)
		xtcp_reply_reset(net, NULL, skb, &key->tuple);
free:
	kfree_skb(skb);
}
