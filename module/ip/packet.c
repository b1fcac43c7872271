// SPDX-License-Identifier: GPL-2.0-only
/*
 * The header in front of a segment (RFC 791): read where a packet turns round in
 * xtcp0, and built where one leaves.  On a wire the kernel's IP reads it.
 */
#include <linux/inetdevice.h>
#include <net/ip.h>

#include "xtcp.h"
#include "ip/ipopt.h"
#include "ip/packet.h"
#include "ip/route.h"

/* Our own segments bring the route that was found for them along. */
static bool to_this_host(struct net *net, const struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);
	const unsigned int flags = RTCF_LOCAL | RTCF_BROADCAST | RTCF_MULTICAST;

	/* Those to a broadcast address are called local, too. */
	return (rt && (rt->rt_flags & flags) == RTCF_LOCAL) ||
	       inet_addr_type(net, ip_hdr(skb)->daddr) == RTN_LOCAL;
}

/**
 * xtcp_packet_turns_round() - is it of TCP, and for this host?
 * @net: namespace
 * @skb: about to be transmitted by xtcp0, network header set; its route, if
 *	 any, is one of ours
 *
 * Context: bottom halves off, RCU.
 */
bool xtcp_packet_turns_round(struct net *net, struct sk_buff *skb)
{
	const struct iphdr *iph;

	if (!xtcp_packet_known(skb) ||
	    !pskb_network_may_pull(skb, sizeof(*iph)))
		return false;
	iph = ip_hdr(skb);
	return iph->version == 4 && iph->protocol == IPPROTO_TCP &&
	       to_this_host(net, skb);
}

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

/**
 * xtcp_packet_receive() - check a packet that xtcp0 received
 * @net: namespace
 * @skb: network header set; its route, if any, is one of ours; on success data is
 *	 at the TCP header
 *
 * Context: softirq, rcu_read_lock().
 */
bool xtcp_packet_receive(struct net *net, struct sk_buff *skb)
{
	const struct iphdr *iph;

	if (!header_sound(skb))
		return false;
	iph = ip_hdr(skb);
	if (iph->protocol != IPPROTO_TCP || ip_is_fragment(iph))
		return false;
	if (!to_this_host(net, skb))
		return false;
	if (unlikely(iph->ihl > 5) && !xtcp_ipopt_receive(net, skb))
		return false;
	__skb_pull(skb, ip_hdrlen(skb));
	return true;
}

/**
 * xtcp_packet_build() - push the header in front of a segment
 * @net: namespace
 * @skb: from the TCP header on, its checksum left to the device
 * @flow: what goes into the header
 * @dst: its route
 *
 * The kernel's helpers would write sk_protocol into it.
 *
 * Context: any.
 */
void xtcp_packet_build(struct net *net, struct sk_buff *skb,
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
