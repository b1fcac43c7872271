/* SPDX-License-Identifier: GPL-2.0-only */
/* What route.c is asked; described there. */
#ifndef _XTCP_ROUTE_H
#define _XTCP_ROUTE_H

#include <net/route.h>

#include "xtcp.h"

/**
 * struct xtcp_flow - what a route and the header of a packet need to know
 * @tuple: addresses and ports, local end first
 * @bound_dev_if: device that the socket is bound to
 * @mark: routing mark
 * @priority: for qdiscs (SO_PRIORITY)
 * @id: identification
 * @tos: type of service
 * @ttl: time to live, 0: the route's
 * @df: don't fragment
 * @nat: within this host it passes netfilter (nat.c)
 * @transparent: its source may be another host's (IP_TRANSPARENT)
 * @opt: IP options, NULL: none
 */
struct xtcp_flow {
	struct xtcp_tuple tuple;
	int bound_dev_if;
	u32 mark;
	u32 priority;
	__be16 id;
	u8 tos;
	u8 ttl;
	bool df;
	bool nat;
	bool transparent;
	const struct ip_options *opt;
};

/* Has a program set IP_XFRM_POLICY? @dir: XFRM_POLICY_IN or _OUT */
static inline bool xtcp_own_policy(const struct sock *sk, int dir)
{
#ifdef CONFIG_XFRM
	return rcu_access_pointer(sk->sk_policy[dir]);
#else
	return false;
#endif
}

/* Does it stay in this host?  Then over xtcp0 (the route itself says lo). */
static inline bool xtcp_route_is_loop(const struct dst_entry *dst)
{
	return ((const struct rtable *)dst)->rt_flags & RTCF_LOCAL;
}

/*
 * The route that a segment has with it, if it is one of ours: on its way here
 * tc actions and programs may have put anything there (tunnel_key: metadata).
 */
static inline const struct rtable *xtcp_route_of_skb(const struct sk_buff *skb)
{
	const struct dst_entry *dst = skb_dst(skb);

	if (!dst || unlikely(dst->flags & DST_METADATA ||
			     dst->ops->family != AF_INET))
		return NULL;
	return (const struct rtable *)dst;
}

/* What else than such a route it has with it is nothing to us. */
static inline void xtcp_route_drop_odd(struct sk_buff *skb)
{
	if (unlikely(!xtcp_route_of_skb(skb)))
		skb_dst_drop(skb);
}

/* Is it for one address of this host?  Its route must say so. */
static inline bool xtcp_route_delivers(const struct sk_buff *skb)
{
	const struct rtable *rt = xtcp_route_of_skb(skb);

	return rt && rt->rt_type == RTN_LOCAL;
}

/* Is it an address of this host? */
static inline bool xtcp_route_is_local(struct net *net, struct xtcp_addr addr)
{
	return inet_addr_type(net, addr.v4) == RTN_LOCAL;
}

/**
 * xtcp_route_strays() - does a route leave the source route that is asked for?
 * @flow: with the options
 * @dst: the route
 *
 * Strictly along a source route, the first stop is a neighbour (RFC 791).
 */
static inline bool xtcp_route_strays(const struct xtcp_flow *flow,
				     const struct dst_entry *dst)
{
	return unlikely(flow->opt) && flow->opt->is_strictroute &&
	       ((const struct rtable *)dst)->rt_uses_gateway;
}

bool xtcp_route_on_wire(const struct net *net, struct net_device *dev);
bool xtcp_route_loop_up(const struct net *net);
struct dst_entry *xtcp_route_find(struct sock *sk, struct xtcp_addr *source,
				  struct xtcp_addr *peer);
bool xtcp_route_by_ports(struct sock *sk);
struct dst_entry *xtcp_route_flow(struct net *net,
				  const struct xtcp_flow *flow,
				  struct sock *sk);
bool xtcp_route_peer_on_wire(struct net *net, struct xtcp_addr peer);
struct dst_entry *xtcp_route_check(struct sock *sk);
unsigned int xtcp_route_mtu(struct sock *sk);
bool xtcp_route_narrowed(struct sock *sk, u32 mtu);
void xtcp_route_redirected(struct sock *sk, struct sk_buff *skb,
			   unsigned int quoted);
u32 xtcp_route_gso_max(struct sock *sk, u32 mss);
u16 xtcp_route_advmss(struct net *net, const struct dst_entry *dst);

#endif /* _XTCP_ROUTE_H */
