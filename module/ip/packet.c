// SPDX-License-Identifier: GPL-2.0-only
/*
 * A segment and the header in front of it (RFC 791): read where a packet turns
 * round in xtcp0, built where one leaves, and handed over to the device.  On a wire
 * the kernel's IP reads it, and sends it.
 */
#include <linux/inetdevice.h>
#include <net/ip.h>

#include "xtcp.h"
#include "ip/ipopt.h"
#include "ip/ipsockopt.h"
#include "ip/nat.h"
#include "ip/packet.h"
#include "ip/route.h"
#include "parts/skb.h"

/* What ip_rcv() would check */
static bool header_sound(struct sk_buff *skb)
{
	const struct iphdr *iph;
	u32 len;

	if (!pskb_may_pull(skb, sizeof(*iph)))
		return false;
	iph = ip_hdr(skb);
	if (iph->ihl < 5 || iph->version != 4 ||
	    !pskb_may_pull(skb, iph->ihl * 4))
		return false;
	iph = ip_hdr(skb);
	if (ip_fast_csum((const u8 *)iph, iph->ihl))
		return false;
	len = ntohs(iph->tot_len);
	return skb->len >= len && len >= iph->ihl * 4 &&
	       !pskb_trim_rcsum(skb, len);
}

/* IPsec policies on input: lo has disable_policy set, unless somebody clears it. */
static bool without_policy(const struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get_rcu(dev);

	return in_dev && IN_DEV_ORCONF(in_dev, NOPOLICY);
}

/*
 * By which device it came: the one that lo would give, so that bind-to-device rules
 * agree.  A VRF is the loopback of its ports.
 */
static void loop_arrival(const struct net *net, struct sk_buff *skb,
			 struct xtcp_lookup *key)
{
	const struct rtable *rt = skb_rtable(skb);
	const struct net_device *dev = rt ? rt->dst.dev : net->loopback_dev;

	IPCB(skb)->flags = without_policy(dev) ? IPSKB_NOPOLICY : 0;
	key->dif = rt ? rt->rt_iif : 0;
	key->l3mdev = 0;
	key->alias = 0;
	if (rt && netif_is_l3_master(dev)) {
		key->l3mdev = dev->ifindex;
		return;
	}
	key->dif = key->dif ?: net->loopback_dev->ifindex;
	key->alias = skb->dev->ifindex;
}

/**
 * xtcp_packet_receive() - check a packet that xtcp0 received
 * @net: namespace
 * @skb: network header set; its route, if any, is one of ours; on success data is
 *	 at the TCP header, and IPCB()->flags are set
 * @key: devices are filled in
 *
 * Context: softirq, rcu_read_lock().
 */
bool xtcp_packet_receive(struct net *net, struct sk_buff *skb,
			 struct xtcp_lookup *key)
{
	const struct iphdr *iph;

	if (!header_sound(skb))
		return false;
	iph = ip_hdr(skb);
	if (iph->protocol != IPPROTO_TCP || ip_is_fragment(iph))
		return false;
	if (!xtcp_packet_is_ours(net, skb))
		return false;
	if (unlikely(iph->ihl > 5) && !xtcp_ipopt_receive(net, skb))
		return false;
	__skb_pull(skb, ip_hdrlen(skb));
	loop_arrival(net, skb, key);
	return true;
}

/* The kernel's helpers would write sk_protocol into it. */
static void build_header(struct net *net, struct sk_buff *skb,
			 const struct xtcp_flow *flow,
			 const struct dst_entry *dst)
{
	unsigned int optlen = unlikely(flow->opt) ? flow->opt->optlen : 0;
	struct iphdr *iph;

	skb_push(skb, sizeof(*iph) + optlen);
	skb_reset_network_header(skb);
	iph = ip_hdr(skb);
	iph->version = 4;
	iph->ihl = 5 + optlen / 4;
	iph->tos = flow->tos;
	iph->tot_len = htons(skb->len);
	iph->id = flow->id;
	iph->frag_off = flow->df ? htons(IP_DF) : 0;
	iph->ttl = flow->ttl ?: dst_metric_raw(dst, RTAX_HOPLIMIT) ?:
		   READ_ONCE(net->ipv4.sysctl_ip_default_ttl);
	iph->protocol = IPPROTO_TCP;
	iph->saddr = flow->tuple.laddr.v4;
	iph->daddr = xtcp_ipopt_first_stop(flow->opt, flow->tuple.raddr).v4;
	if (optlen)
		xtcp_ipopt_write(skb, flow);
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
}

/* Into xtcp0, under RCU: every qdisc and tap sees it, netfilter does not. */
static __always_inline int loop_xmit(struct net *net, struct sk_buff *skb)
{
	struct net_device *dev = rcu_dereference(xtcp_pernet(net)->loop);

	if (unlikely(!dev)) {
		kfree_skb(skb);
		return -ENETUNREACH;
	}
	skb->dev = dev;
	return dev_queue_xmit(skb);
}

/**
 * xtcp_packet_turn_back() - into xtcp0, what was on its way to lo
 * @net: namespace
 * @skb: from the IP header on, with a route; consumed
 *
 * Context: rcu_read_lock(), no hard interrupt.
 * Return: 0, a negative error, or what the queue said.
 */
int xtcp_packet_turn_back(struct net *net, struct sk_buff *skb)
{
	skb->protocol = htons(ETH_P_IP);
	return loop_xmit(net, skb);
}

/**
 * xtcp_packet_filtered() - does a segment pass netfilter?
 * @net: namespace
 * @flow: of the segment
 * @dst: its route
 *
 * Not within this host, unless NAT turned its connection back here (nat.c);
 * which it does while there is a wire.
 */
bool xtcp_packet_filtered(const struct net *net, const struct xtcp_flow *flow,
			  const struct dst_entry *dst)
{
	return !xtcp_route_is_loop(dst) ||
	       (unlikely(flow->nat) && READ_ONCE(xtcp_pernet(net)->wires));
}

/* Out of this host: the kernel's IP, and every filter rule. */
static int wire_xmit(struct net *net, struct sk_buff *skb)
{
	/* IP's control block lies where ours was cleared. */
	BUILD_BUG_ON(sizeof(struct inet_skb_parm) > sizeof(struct xtcp_skb_cb));
	xtcp_nat_mark(skb);
	return ip_local_out(net, skb->sk, skb);
}

/**
 * xtcp_packet_send() - add the IP header and send
 * @net: namespace
 * @skb: from the TCP header on; consumed
 * @flow: what goes into the header
 * @dst: its route, borrowed
 *
 * Context: any but hard interrupts.
 * Return: 0, a negative error, or NET_XMIT_DROP or NET_XMIT_CN from a queue;
 *	   the segment is lost then, as on any wire, but for the last.
 */
int xtcp_packet_send(struct net *net, struct sk_buff *skb,
		     const struct xtcp_flow *flow, struct dst_entry *dst)
{
	int err;

	/* A reference to a route does not keep its device. */
	rcu_read_lock();
	build_header(net, skb, flow, dst);
	skb->mark = flow->mark;
	skb->priority = flow->priority;
	skb_dst_set(skb, dst_clone(dst));
	err = xtcp_packet_filtered(net, flow, dst) ? wire_xmit(net, skb) :
						    loop_xmit(net, skb);
	rcu_read_unlock();
	return err;
}

/**
 * xtcp_packet_send_sk() - send a segment of a full socket
 * @sk: locked, connected
 * @skb: from the TCP header on; consumed
 * @flow: its addresses; the rest is filled in
 *
 * Counterpart of the kernel's ip_queue_xmit().
 *
 * Context: any but hard interrupts.
 * Return: as xtcp_packet_send(); -EHOSTUNREACH without a route.
 */
int xtcp_packet_send_sk(struct sock *sk, struct sk_buff *skb,
			struct xtcp_flow *flow)
{
	struct dst_entry *dst = xtcp_route_check(sk);
	struct inet_sock *inet = inet_sk(sk);
	int segs = skb_shinfo(skb)->gso_segs ?: 1;

	sock_owned_by_me(sk);
	if (IS_ERR(dst)) {
		kfree_skb(skb);
		return -EHOSTUNREACH;
	}
	flow->opt = xtcp_ipopt_of(sk);
	if (xtcp_route_strays(flow, dst)) {
		kfree_skb(skb);
		return -EHOSTUNREACH;
	}
	flow->tos = inet->tos;
	flow->ttl = inet->uc_ttl < 0 ? 0 : inet->uc_ttl;
	flow->mark = READ_ONCE(sk->sk_mark);
	flow->nat = xtcp_sk(sk)->nat;
	flow->df = ip_dont_fragment(sk, dst);
	/* H-58: one identification for each segment of a super-segment. */
	flow->id = htons((u16)atomic_add_return(segs, &inet->inet_id) - segs);
	flow->priority = READ_ONCE(sk->sk_priority);
	skb_set_dst_pending_confirm(skb, READ_ONCE(sk->sk_dst_pending_confirm));
	return xtcp_packet_send(sock_net(sk), skb, flow, dst);
}
