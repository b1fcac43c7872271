// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way to the peer: route and source address, and what they say of it.
 *
 * Local addresses are reached through xtcp0 (the kernel's own route says lo:
 * it is used for the decision and the source address only), all others through
 * wires, by the kernel's IP.
 */
#include <linux/security.h>
#include <net/ip.h>
#include <net/route.h>

#include "xtcp.h"
#include "ip/ipopt.h"
#include "ip/packet.h"
#include "ip/route.h"
#include "parts/skb.h"

/**
 * xtcp_route_on_wire() - does a device belong to XTCP?
 * @net: namespace
 * @dev: a device that packets come from or leave through
 *
 * Its master is xtcp0, or that of the VRF that it is a port of.
 *
 * Context: rcu_read_lock().
 */
bool xtcp_route_on_wire(const struct net *net, struct net_device *dev)
{
	struct net_device *loop = rcu_dereference(xtcp_pernet(net)->loop);
	struct net_device *master = netdev_master_upper_dev_get_rcu(dev);

	if (!loop || !master)
		return false;
	if (master != loop && netif_is_l3_master(master))
		master = netdev_master_upper_dev_get_rcu(master);
	return master == loop;
}

/**
 * xtcp_route_loop_up() - may anything move?
 * @net: namespace
 *
 * xtcp0 is the switch for all of it: while it is down nothing does.
 *
 * Context: rcu_read_lock().
 */
bool xtcp_route_loop_up(const struct net *net)
{
	const struct net_device *dev;

	dev = rcu_dereference(xtcp_pernet(net)->loop);
	return dev && dev->flags & IFF_UP;
}

/* May XTCP use it: does it stay in this host, or leave through a wire? */
static bool route_usable(struct net *net, const struct dst_entry *dst)
{
	bool ok;

	if (likely(xtcp_route_is_loop(dst)))
		return true;
	rcu_read_lock();
	ok = xtcp_route_on_wire(net, dst->dev) && xtcp_route_loop_up(net);
	rcu_read_unlock();
	return ok;
}

static struct rtable *route_lookup(struct net *net, struct flowi4 *fl4,
				   struct sock *sk)
{
	struct rtable *rt;

	if (sk)
		security_sk_classify_flow(sk, flowi4_to_flowi_common(fl4));
	rt = ip_route_output_flow(net, fl4, sk);
	if (IS_ERR(rt))
		return rt;
	/* D-23: a peer is one host. */
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST) ||
	    !route_usable(net, &rt->dst)) {
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
	fl4->daddr = xtcp_ipopt_first_stop(xtcp_ipopt_of(sk),
					   xtcp_addr_peer(sk)).v4;
}

/* What stays in this host goes over xtcp0: without it there is no way (D-19). */
static bool route_reachable(struct net *net, const struct dst_entry *dst)
{
	bool up;

	if (!xtcp_route_is_loop(dst))
		return true;
	rcu_read_lock();
	up = xtcp_route_loop_up(net);
	rcu_read_unlock();
	return up;
}

/**
 * xtcp_route_find() - route of a socket, by the addresses and ports in it
 * @sk: locked; inet_daddr and what is known of the rest are set
 * @source: set to the source address (D-60)
 * @peer: set to the destination: 0.0.0.0 means this host (D-24)
 *	   but not at the end of a source route (D-18)
 *
 * Counterpart of the kernel's ip_route_connect().
 *
 * Context: process.
 * Return: the route, referenced, or an error of D.2.
 */
struct dst_entry *xtcp_route_find(struct sock *sk, struct xtcp_addr *source,
				  struct xtcp_addr *peer)
{
	const struct ip_options *opt = xtcp_ipopt_of(sk);
	struct net *net = sock_net(sk);
	struct flowi4 fl4;
	struct rtable *rt;

	sock_owned_by_me(sk);
	if (opt && opt->srr && !inet_sk(sk)->inet_daddr)
		return ERR_PTR(-EINVAL);
	flow_init(&fl4, sk);
	rt = route_lookup(net, &fl4, sk);
	if (!IS_ERR(rt) && !route_reachable(net, &rt->dst)) {
		ip_rt_put(rt);
		rt = ERR_PTR(-ENETUNREACH);
	}
	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENETUNREACH)
			XTCP_INC(net, OUTNOROUTES);
		return ERR_CAST(rt);
	}
	source->v4 = fl4.saddr;
	peer->v4 = opt && opt->srr ? inet_sk(sk)->inet_daddr : fl4.daddr;
	return &rt->dst;
}

/**
 * xtcp_route_by_ports() - may ports and source address change the route?
 * @sk: locked, with a route found before they were known
 *
 * Within this host only rules (ip rule) and IPsec look at them; elsewhere
 * multipath does, too.
 *
 * Counterpart of the kernel's ip_route_newports().
 *
 * Context: any.
 */
bool xtcp_route_by_ports(struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_get(sk);

	sock_owned_by_me(sk);
	return !dst || !xtcp_route_is_loop(dst) || !(dst->flags & DST_NOXFRM) ||
	       xtcp_own_policy(sk, XFRM_POLICY_OUT) ||
	       fib4_has_custom_rules(sock_net(sk));
}

/**
 * xtcp_route_flow() - route of a segment that belongs to no full socket
 * @net: namespace
 * @flow: addresses, ports, mark and device of it
 * @sk: whose user, security label and IPsec policy it goes by, or NULL; under
 *	RCU or referenced
 *
 * Context: any.
 * Return: the route, referenced, or an error.
 */
struct dst_entry *xtcp_route_flow(struct net *net,
				  const struct xtcp_flow *flow,
				  struct sock *sk)
{
	struct flowi4 fl4;
	struct rtable *rt;

	memset(&fl4, 0, sizeof(fl4));
	fl4.flowi4_oif = route_device(net, flow->bound_dev_if);
	fl4.flowi4_mark = flow->mark;
	xtcp_flow_set_tos(&fl4, flow->tos);
	fl4.flowi4_proto = IPPROTO_TCP;
	/* Who is not transparent does not speak in a foreign name. */
	fl4.flowi4_flags = flow->transparent ? FLOWI_FLAG_ANYSRC : 0;
	fl4.flowi4_uid = sock_net_uid(net, sk);
	fl4.fl4_sport = flow->tuple.lport;
	fl4.fl4_dport = flow->tuple.rport;
	fl4.saddr = flow->tuple.laddr.v4;
	fl4.daddr = xtcp_ipopt_first_stop(flow->opt, flow->tuple.raddr).v4;
	rt = route_lookup(net, &fl4, sk);
	return IS_ERR(rt) ? ERR_CAST(rt) : &rt->dst;
}

/**
 * xtcp_route_peer_on_wire() - is a peer reached through a wire?
 * @net: namespace
 * @peer: its address
 *
 * Context: any.
 */
bool xtcp_route_peer_on_wire(struct net *net, struct xtcp_addr peer)
{
	struct flowi4 fl4 = {
		.daddr = peer.v4,
		.flowi4_proto = IPPROTO_TCP,
	};
	struct rtable *rt = route_lookup(net, &fl4, NULL);
	bool on_wire;

	if (IS_ERR(rt))
		return false;
	on_wire = !xtcp_route_is_loop(&rt->dst);
	ip_rt_put(rt);
	return on_wire;
}

/**
 * xtcp_route_check() - the socket's route, looked up again when stale (H-93)
 * @sk: locked, addresses and ports set
 *
 * Context: any.
 * Return: the route, the socket's own reference; or an error.
 */
struct dst_entry *xtcp_route_check(struct sock *sk)
{
	struct dst_entry *dst = __sk_dst_check(sk, 0);
	struct net *net = sock_net(sk);
	struct flowi4 fl4;
	struct rtable *rt;

	sock_owned_by_me(sk);
	if (likely(dst && route_usable(net, dst)))
		return dst;
	flow_init(&fl4, sk);
	rt = route_lookup(net, &fl4, sk);
	if (IS_ERR(rt)) {
		sk_dst_reset(sk);
		return ERR_CAST(rt);
	}
	sk_dst_set(sk, &rt->dst);
	return &rt->dst;
}

/* Largest packet over xtcp0: the route's own limit counts there too. */
static unsigned int loop_mtu(struct net *net, const struct dst_entry *dst)
{
	unsigned int mtu = dst_metric_raw(dst, RTAX_MTU) ?: IP_MAX_MTU;

	mtu = min(mtu, READ_ONCE(xtcp_pernet(net)->loop_mtu));
	return clamp_t(unsigned int, mtu, IPV4_MIN_MTU, IP_MAX_MTU);
}

static unsigned int path_mtu(struct net *net, const struct dst_entry *dst)
{
	return xtcp_route_is_loop(dst) ? loop_mtu(net, dst) :
			      clamp_t(unsigned int, dst_mtu(dst), IPV4_MIN_MTU,
				      IP_MAX_MTU);
}

/**
 * xtcp_route_mtu() - largest packet towards the peer
 * @sk: locked
 *
 * While the route is not known, what it was when it was last asked for a size of
 * segments (xtcp_output_sync_mss()).
 *
 * Context: any.
 * Return: bytes, IP header included; 0: never known.
 */
unsigned int xtcp_route_mtu(struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_get(sk);

	sock_owned_by_me(sk);
	return likely(dst) ? path_mtu(sock_net(sk), dst) : xtcp_sk(sk)->pmtu;
}

/* The kernel keeps what it learns with the route, for all of its users. */
static struct dst_entry *tell_route(struct sock *sk, u32 mtu)
{
	struct dst_entry *dst = xtcp_route_check(sk);

	if (IS_ERR(dst))
		return dst;
	dst->ops->update_pmtu(dst, sk, NULL, mtu, true);
	return xtcp_route_check(sk);
}

/**
 * xtcp_route_narrowed() - a router says how little it can pass on (RFC 1191)
 * @sk: locked
 * @mtu: largest packet, IP header included
 *
 * Context: any.
 * Return: may the route have become narrower, and does the socket care
 *	   (IP_MTU_DISCOVER)?
 */
bool xtcp_route_narrowed(struct sock *sk, u32 mtu)
{
	struct dst_entry *dst = tell_route(sk, mtu);

	sock_owned_by_me(sk);
	if (IS_ERR(dst))
		return false;
	/* It can't become that narrow: should nothing get through, say so. */
	if (mtu < dst_mtu(dst) && ip_dont_fragment(sk, dst))
		WRITE_ONCE(sk->sk_err_soft, EMSGSIZE);
	return inet_sk(sk)->pmtudisc != IP_PMTUDISC_DONT &&
	       ip_sk_accept_pmtu(sk);
}

/**
 * xtcp_route_redirected() - a router names a better one (H-85)
 * @sk: locked, and no system call holds it
 * @skb: the message
 * @quoted: offset of the header that it quotes, which the kernel reads
 *
 * Context: bottom halves off.
 */
void xtcp_route_redirected(struct sock *sk, struct sk_buff *skb,
			   unsigned int quoted)
{
	struct dst_entry *dst = __sk_dst_check(sk, 0);

	sock_owned_by_me(sk);
	if (!dst || !dst->ops->redirect)
		return;
	__skb_pull(skb, quoted);
	dst->ops->redirect(dst, sk, skb);
	__skb_push(skb, quoted);
}

/* The device whose limits count for super-segments. */
static u32 dev_gso_max(const struct net_device *dev, u32 mss)
{
	u32 overhead = XTCP_GSO_LEGACY_MAX - XTCP_GSO_MAX;
	u32 limit = max(READ_ONCE(dev->gso_max_size), overhead) - overhead;
	u32 segs = min_t(u32, READ_ONCE(dev->gso_max_segs), U16_MAX);

	return min3(XTCP_GSO_MAX, limit, mss * segs);
}

/**
 * xtcp_route_gso_max() - payload that one super-segment may hold (H-53)
 * @sk: locked
 * @mss: payload of each of its segments
 *
 * The device's limits (ip link set DEV gso_max_size N gso_max_segs N), which
 * also keep qdiscs from seeing more than one segment at a time.  One that can't cut
 * them up has it done just before it: the work of all layers above is spared.
 *
 * The kernel's sk_setup_caps() keeps a copy in the socket; here there is none.
 *
 * Context: any.
 * Return: bytes, a multiple of @mss.
 */
u32 xtcp_route_gso_max(struct sock *sk, u32 mss)
{
	const struct dst_entry *dst = __sk_dst_get(sk);
	const struct net_device *dev;
	u32 size = mss;

	sock_owned_by_me(sk);
	rcu_read_lock();
	if (!dst || xtcp_route_is_loop(dst))
		dev = rcu_dereference(xtcp_pernet(sock_net(sk))->loop);
	else
		dev = dst->dev;
	/* What is encrypted (XFRM) is, segment by segment. */
	if (dev && !(dst && dst->header_len))
		size = dev_gso_max(dev, mss);
	rcu_read_unlock();
	return size > mss ? rounddown(size, mss) : mss;
}

/**
 * xtcp_route_advmss() - MSS to announce (E-12)
 * @net: namespace
 * @dst: route to the peer
 *
 * Context: any.
 * Return: bytes of payload, options not taken off: at least XTCP_MSS_MIN, as
 *	   for TCP, whatever the route says.
 */
u16 xtcp_route_advmss(struct net *net, const struct dst_entry *dst)
{
	unsigned int mss;

	if (xtcp_route_is_loop(dst))
		/* min_adv_mss may be any number. */
		mss = max_t(int, loop_mtu(net, dst) - sizeof(struct iphdr) -
				 sizeof(struct tcphdr),
			    READ_ONCE(net->ipv4.ip_rt_min_advmss));
	else
		mss = dst_metric_advmss(dst);
	return clamp_t(unsigned int, mss, XTCP_MSS_MIN, XTCP_PACKET_MAX_MSS);
}
