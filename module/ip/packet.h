/* SPDX-License-Identifier: GPL-2.0-only */
/* The header of a packet: what packet.c is asked, and what the header says. */
#ifndef _XTCP_PACKET_H
#define _XTCP_PACKET_H

#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "xtcp.h"

struct xtcp_flow;

/* Is it a packet of ours to look at?  What is in it is another question. */
static inline bool xtcp_packet_known(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP);
}

/* Sizes: of what a path passes on at least, and of what tot_len can say. */
#define XTCP_PACKET_HEADER	((unsigned int)sizeof(struct iphdr))
#define XTCP_PACKET_MIN_MTU	IPV4_MIN_MTU
#define XTCP_PACKET_MAX_MTU	IP_MAX_MTU
#define XTCP_PACKET_MAX_MSS	(65535U - 40)
#define XTCP_PACKET_GSO_TYPE	SKB_GSO_TCPV4

static inline u8 xtcp_packet_protocol(const struct sk_buff *skb)
{
	return ip_hdr(skb)->protocol;
}

static inline u8 xtcp_packet_tos(const struct sk_buff *skb)
{
	return ip_hdr(skb)->tos;
}

static inline u8 xtcp_packet_ttl(const struct sk_buff *skb)
{
	return ip_hdr(skb)->ttl;
}

static inline struct xtcp_addr xtcp_packet_source(const struct sk_buff *skb)
{
	return (struct xtcp_addr){ ip_hdr(skb)->saddr };
}

/* Names of a segment that came in, whose TCP header has been checked */
static inline struct xtcp_tuple xtcp_packet_tuple(const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);

	return (struct xtcp_tuple){
		.laddr = { ip_hdr(skb)->daddr },
		.raddr = { ip_hdr(skb)->saddr },
		.lport = th->dest,
		.rport = th->source,
	};
}

/* The pseudo header is in the checksum then (RFC 9293 3.1): 0, or it is wrong */
static inline __sum16 xtcp_packet_checksum_init(struct sk_buff *skb)
{
	return skb_checksum_init(skb, IPPROTO_TCP, inet_compute_pseudo);
}

/* And for the device to complete */
static inline __sum16 xtcp_packet_pseudo(const struct xtcp_tuple *t,
					 unsigned int len)
{
	return ~csum_tcpudp_magic(t->laddr.v4, t->raddr.v4, len, IPPROTO_TCP,
				  0);
}

/* Of the control block that IP has while a segment comes in */
static inline u16 xtcp_packet_flags(const struct sk_buff *skb)
{
	return IPCB(skb)->flags;
}

/* IPsec: may it come in?  @sk: whose policy counts before the namespace's, or NULL */
static inline bool xtcp_packet_policy_allows(struct sock *sk,
					     struct sk_buff *skb)
{
	return xfrm4_policy_check(sk, XFRM_POLICY_IN, skb);
}

/*
 * By which device one came over a wire.  To the kernel, what a port of a VRF received
 * came by the VRF (dif), and by the port in second place (sdif).
 */
static inline void xtcp_packet_wire_arrival(const struct sk_buff *skb,
					    struct xtcp_lookup *key)
{
	int port = inet_sdif(skb);

	key->dif = port ?: inet_iif(skb);
	key->l3mdev = port ? inet_iif(skb) : 0;
	key->alias = 0;
}

/* Is it for this host?  Our own segments bring the route that was found for them. */
static inline bool xtcp_packet_is_ours(struct net *net,
				       const struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);
	const unsigned int flags = RTCF_LOCAL | RTCF_BROADCAST | RTCF_MULTICAST;

	/* Those to a broadcast address are called local, too. */
	return (rt && (rt->rt_flags & flags) == RTCF_LOCAL) ||
	       inet_addr_type(net, ip_hdr(skb)->daddr) == RTN_LOCAL;
}

/*
 * About to be transmitted by xtcp0, network header set: is it of TCP, and for this
 * host?  Its route, if any, is one of ours.
 */
static inline bool xtcp_packet_turns_round(struct net *net,
					   struct sk_buff *skb)
{
	const struct iphdr *iph;

	if (!xtcp_packet_known(skb) ||
	    !pskb_network_may_pull(skb, sizeof(*iph)))
		return false;
	iph = ip_hdr(skb);
	return iph->version == 4 && iph->protocol == IPPROTO_TCP &&
	       xtcp_packet_is_ours(net, skb);
}

bool xtcp_packet_receive(struct net *net, struct sk_buff *skb,
			 struct xtcp_lookup *key);
int xtcp_packet_turn_back(struct net *net, struct sk_buff *skb);
bool xtcp_packet_filtered(const struct net *net, const struct xtcp_flow *flow,
			  const struct dst_entry *dst);
int xtcp_packet_send(struct net *net, struct sk_buff *skb,
		     const struct xtcp_flow *flow, struct dst_entry *dst);
int xtcp_packet_send_sk(struct sock *sk, struct sk_buff *skb,
			struct xtcp_flow *flow);

#endif /* _XTCP_PACKET_H */
