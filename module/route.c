// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way to the peer: route and source address, the IPv4 header, and the
 * hand-over to the device.
 *
 * Local addresses are reached through xtcp0 (the kernel's own route says lo:
 * it is used for the decision and the source address only).  The IPv4 header
 * is built here because the kernel's helpers would write sk_protocol into it
 * (A-62).
 */
#include <linux/inetdevice.h>
#include <linux/security.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/route.h>

#include "xtcp.h"

static struct rtable *route_lookup(struct net *net, struct flowi4 *fl4,
				   struct sock *sk)
{
	struct rtable *rt;

	if (sk)
		security_sk_classify_flow(sk, flowi4_to_flowi_common(fl4));
	rt = ip_route_output_flow(net, fl4, sk);
	if (IS_ERR(rt))
		return rt;
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST) ||
	    !(rt->rt_flags & RTCF_LOCAL)) {
		/* D-23; and without a wire only this host can be reached. */
		ip_rt_put(rt);
		return ERR_PTR(-ENETUNREACH);
	}
	return rt;
}

/*
 * The kernel's routes know local addresses by lo only: a socket that is bound
 * to xtcp0 means what one bound to lo does for TCP.
 */
static int route_device(struct net *net, int bound_dev_if)
{
	const struct net_device *dev;
	int oif = bound_dev_if;

	if (likely(!bound_dev_if))
		return 0;
	rcu_read_lock();
	dev = rcu_dereference(xtcp_pernet(net)->loop);
	if (dev && dev->ifindex == bound_dev_if)
		oif = net->loopback_dev->ifindex;
	rcu_read_unlock();
	return oif;
}

static void flow_init(struct flowi4 *fl4, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	memset(fl4, 0, sizeof(*fl4));
	fl4->flowi4_oif = route_device(sock_net(sk), sk->sk_bound_dev_if);
	fl4->flowi4_mark = READ_ONCE(sk->sk_mark);
	xtcp_flow_set_tos(fl4, inet->tos);
	fl4->flowi4_scope = sock_flag(sk, SOCK_LOCALROUTE) ?
			    RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	fl4->flowi4_proto = IPPROTO_TCP;
	fl4->flowi4_flags = inet_sk_flowi_flags(sk);
	fl4->flowi4_uid = sock_net_uid(sock_net(sk), sk);
	fl4->fl4_sport = inet->inet_sport;
	fl4->fl4_dport = inet->inet_dport;
	fl4->saddr = inet->inet_saddr;
	fl4->daddr = inet->inet_daddr;
}

static bool loop_is_up(struct net *net)
{
	struct net_device *dev;
	bool up;

	rcu_read_lock();
	dev = rcu_dereference(xtcp_pernet(net)->loop);
	up = dev && (dev->flags & IFF_UP);
	rcu_read_unlock();
	return up;
}

/**
 * xtcp_route_find() - route of a socket, by the addresses and ports in it
 * @sk: locked; inet_daddr and what is known of the rest are set
 * @saddr: set to the source address (D-60)
 * @daddr: set to the destination: 0.0.0.0 means this host (D-24)
 *
 * Context: process.
 * Return: the route, referenced, or an error of D.2.
 */
struct dst_entry *xtcp_route_find(struct sock *sk, __be32 *saddr,
				  __be32 *daddr)
{
	struct net *net = sock_net(sk);
	struct flowi4 fl4;
	struct rtable *rt;

	flow_init(&fl4, sk);
	rt = route_lookup(net, &fl4, sk);
	if (!IS_ERR(rt) && !loop_is_up(net)) {
		ip_rt_put(rt);
		rt = ERR_PTR(-ENETUNREACH);
	}
	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENETUNREACH)
			XTCP_INC(net, OUTNOROUTES);
		return ERR_CAST(rt);
	}
	*saddr = fl4.saddr;
	*daddr = fl4.daddr;
	return &rt->dst;
}

/**
 * xtcp_route_flow() - route of a segment that belongs to no full socket
 * @net: namespace
 * @flow: addresses, ports, mark and device of it
 *
 * Context: any.
 * Return: the route, referenced, or an error.
 */
struct dst_entry *xtcp_route_flow(struct net *net,
				  const struct xtcp_flow *flow)
{
	struct flowi4 fl4;
	struct rtable *rt;

	memset(&fl4, 0, sizeof(fl4));
	fl4.flowi4_oif = route_device(net, flow->bound_dev_if);
	fl4.flowi4_mark = flow->mark;
	xtcp_flow_set_tos(&fl4, flow->tos);
	fl4.flowi4_proto = IPPROTO_TCP;
	fl4.flowi4_flags = FLOWI_FLAG_ANYSRC;
	fl4.fl4_sport = flow->tuple.lport;
	fl4.fl4_dport = flow->tuple.rport;
	fl4.saddr = flow->tuple.laddr;
	fl4.daddr = flow->tuple.raddr;
	rt = route_lookup(net, &fl4, NULL);
	return IS_ERR(rt) ? ERR_CAST(rt) : &rt->dst;
}

/* The socket's route, looked up again when the cached one is stale (H-93). */
static struct dst_entry *route_cached(struct sock *sk)
{
	struct dst_entry *dst = __sk_dst_check(sk, 0);
	struct flowi4 fl4;
	struct rtable *rt;

	if (dst)
		return dst;
	flow_init(&fl4, sk);
	rt = route_lookup(sock_net(sk), &fl4, sk);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	sk_dst_set(sk, &rt->dst);
	return &rt->dst;
}

/**
 * xtcp_route_mtu() - largest packet towards the peer
 * @net: namespace
 *
 * Context: any.
 * Return: bytes, IPv4 header included.
 */
unsigned int xtcp_route_mtu(struct net *net)
{
	struct net_device *dev;
	unsigned int mtu = IP_MAX_MTU;

	rcu_read_lock();
	dev = rcu_dereference(xtcp_pernet(net)->loop);
	if (dev)
		mtu = clamp_t(unsigned int, READ_ONCE(dev->mtu),
			      IPV4_MIN_MTU, IP_MAX_MTU);
	rcu_read_unlock();
	return mtu;
}

/**
 * xtcp_route_gso_max() - payload that one super-segment may hold (H-53)
 * @net: namespace
 * @mss: payload of each of its segments
 *
 * The device's limits (ip link set DEV gso_max_size N gso_max_segs N), which
 * also keep qdiscs from seeing more than one segment at a time.
 *
 * Context: any.
 * Return: bytes, a multiple of @mss.
 */
u32 xtcp_route_gso_max(struct net *net, u32 mss)
{
	u32 size = XTCP_GSO_MAX;
	struct net_device *dev;

	rcu_read_lock();
	dev = rcu_dereference(xtcp_pernet(net)->loop);
	if (dev) {
		u32 overhead = XTCP_GSO_LEGACY_MAX - XTCP_GSO_MAX;
		u32 limit = max(READ_ONCE(dev->gso_max_size), overhead);

		size = min3(size, limit - overhead,
			    mss * min_t(u32, READ_ONCE(dev->gso_max_segs),
					U16_MAX));
		if (!(dev->features & NETIF_F_GSO))
			size = mss;
	}
	rcu_read_unlock();
	return size > mss ? rounddown(size, mss) : mss;
}

/**
 * xtcp_route_advmss() - MSS to announce (E-12)
 * @net: namespace
 *
 * Context: any.
 * Return: bytes of payload, options not taken off.
 */
u16 xtcp_route_advmss(struct net *net)
{
	unsigned int mss = xtcp_route_mtu(net) - sizeof(struct iphdr) -
			   sizeof(struct tcphdr);

	return max_t(unsigned int, mss, READ_ONCE(net->ipv4.ip_rt_min_advmss));
}

static void build_iphdr(struct sk_buff *skb, const struct xtcp_flow *flow,
			struct dst_entry *dst)
{
	struct iphdr *iph;

	skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph = ip_hdr(skb);
	iph->version = 4;
	iph->ihl = 5;
	iph->tos = flow->tos;
	iph->tot_len = htons(skb->len);
	iph->id = flow->id;
	iph->frag_off = flow->df ? htons(IP_DF) : 0;
	iph->ttl = flow->ttl ?: ip4_dst_hoplimit(dst);
	iph->protocol = IPPROTO_TCP;
	iph->saddr = flow->tuple.laddr;
	iph->daddr = flow->tuple.raddr;
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
}

/* Into xtcp0: every qdisc and tap sees it, netfilter doesn't (decision 7). */
static int loop_xmit(struct net *net, struct sk_buff *skb)
{
	struct net_device *dev;
	int err = -ENETUNREACH;

	rcu_read_lock_bh();
	dev = rcu_dereference_bh(xtcp_pernet(net)->loop);
	if (likely(dev)) {
		skb->dev = dev;
		err = dev_queue_xmit(skb);
		err = net_xmit_eval(err);
	} else {
		kfree_skb(skb);
	}
	rcu_read_unlock_bh();
	return err;
}

/**
 * xtcp_route_send() - add the IPv4 header and send
 * @net: namespace
 * @skb: from the TCP header on; consumed
 * @flow: what goes into the header
 * @dst: its route, borrowed
 *
 * Context: any but hard interrupts.
 * Return: 0, or a negative error; the segment is lost then, as on any wire.
 */
int xtcp_route_send(struct net *net, struct sk_buff *skb,
		    const struct xtcp_flow *flow, struct dst_entry *dst)
{
	build_iphdr(skb, flow, dst);
	skb->mark = flow->mark;
	skb_dst_set(skb, dst_clone(dst));
	return loop_xmit(net, skb);
}

/**
 * xtcp_route_send_sk() - send a segment of a full socket
 * @sk: locked, connected
 * @skb: from the TCP header on; consumed
 *
 * Context: any but hard interrupts.
 * Return: as xtcp_route_send(); -EHOSTUNREACH without a route.
 */
int xtcp_route_send_sk(struct sock *sk, struct sk_buff *skb)
{
	struct inet_sock *inet = inet_sk(sk);
	struct xtcp_flow flow = {
		.tuple.laddr = inet->inet_saddr,
		.tuple.raddr = inet->inet_daddr,
		.tos = inet->tos,
		.ttl = inet->uc_ttl < 0 ? 0 : inet->uc_ttl,
		.mark = READ_ONCE(sk->sk_mark),
		.df = inet->pmtudisc >= IP_PMTUDISC_WANT,
	};
	struct dst_entry *dst = route_cached(sk);
	int segs = skb_shinfo(skb)->gso_segs ?: 1;

	if (IS_ERR(dst)) {
		WRITE_ONCE(sk->sk_err_soft, EHOSTUNREACH);
		kfree_skb(skb);
		return -EHOSTUNREACH;
	}
	/* H-58: one identification for each segment of a super-segment. */
	flow.id = htons((u16)atomic_add_return(segs, &inet->inet_id) - segs);
	skb->priority = READ_ONCE(sk->sk_priority);
	return xtcp_route_send(sock_net(sk), skb, &flow, dst);
}
