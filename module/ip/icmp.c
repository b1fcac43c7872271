// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMP messages (RFC 792): which are errors about a segment of ours, and what
 * they ask for.  What a connection makes of them is in error.c.
 */
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/xfrm.h>

#include "xtcp.h"
#include "ip/icmp.h"
#include "ip/ipsockopt.h"

/* Ports and sequence number are all of TCP that is sure to be quoted. */
#define QUOTED_TCP	8U

/* Source quench is deprecated (RFC 6633). */
static bool is_error(const struct icmphdr *icmph)
{
	switch (icmph->type) {
	case ICMP_DEST_UNREACH:
	case ICMP_REDIRECT:
	case ICMP_PARAMETERPROB:
		return true;
	case ICMP_TIME_EXCEEDED:
		/* A fragment that got lost is repaired like any segment. */
		return icmph->code != ICMP_EXC_FRAGTIME;
	}
	return false;
}

static bool icmp_checksum_ok(struct sk_buff *skb, unsigned int offset)
{
	return skb->ip_summed == CHECKSUM_PARTIAL ||
	       !csum_fold(skb_checksum(skb, offset, skb->len - offset, 0));
}

static void read_kind(struct xtcp_icmp *e, const struct icmphdr *icmph)
{
	e->type = icmph->type;
	e->code = icmph->code;
	switch (e->type) {
	case ICMP_REDIRECT:
		e->kind = XTCP_ICMP_REDIRECT;
		return;
	case ICMP_PARAMETERPROB:
		e->err = EPROTO;
		e->fatal = true;
		return;
	case ICMP_TIME_EXCEEDED:
		e->err = EHOSTUNREACH;
		e->fatal = true;
		return;
	}
	if (e->code == ICMP_FRAG_NEEDED)
		e->kind = XTCP_ICMP_TOO_BIG;
	if (e->code <= NR_ICMP_UNREACH)
		e->err = icmp_err_convert[e->code].errno;
	e->unreachable = e->code <= ICMP_HOST_UNREACH;
	e->fatal = e->unreachable;
}

/* What the kernel believes of a next-hop MTU: net.ipv4.ip_no_pmtu_disc. */
static bool read_info(struct net *net, struct xtcp_icmp *e,
		      const struct icmphdr *icmph)
{
	if (e->type == ICMP_REDIRECT)
		e->info = ntohl(icmph->un.gateway);
	else if (e->type == ICMP_PARAMETERPROB)
		e->info = ntohl(icmph->un.gateway) >> 24;
	if (e->kind != XTCP_ICMP_TOO_BIG)
		return true;
	switch (READ_ONCE(net->ipv4.sysctl_ip_no_pmtu_disc)) {
	case 0:
	case 3:
		e->info = ntohs(icmph->un.frag.mtu);
		return true;
	case 2:
		return false;
	}
	return true;
}

static void read_quote(struct xtcp_icmp *e, const struct iphdr *iph,
		       const struct tcphdr *th)
{
	e->seq = ntohl(th->seq);
	e->ttl = iph->ttl;
	e->key.tuple = (struct xtcp_tuple){
		.laddr = { iph->saddr }, .raddr = { iph->daddr },
		.lport = th->source, .rport = th->dest,
	};
	e->key.dif = inet_iif(e->skb);
}

/**
 * xtcp_icmp_read() - is it an error about a segment of TCP?
 * @net: namespace
 * @skb: data at the IP header; left as it is
 * @e: filled in; the connection may be nobody's
 *
 * Context: rcu_read_lock().
 * Return: false if it is none, is damaged, or IPsec does not let it in.
 */
bool xtcp_icmp_read(struct net *net, struct sk_buff *skb, struct xtcp_icmp *e)
{
	unsigned int offset = skb_network_header_len(skb);
	const struct icmphdr *icmph;
	const struct iphdr *iph;

	*e = (struct xtcp_icmp){ .skb = skb, .quoted = offset + sizeof(*icmph) };
	if (!pskb_may_pull(skb, e->quoted + sizeof(*iph)))
		return false;
	icmph = (const struct icmphdr *)(skb->data + offset);
	iph = (const struct iphdr *)(skb->data + e->quoted);
	if (!is_error(icmph) || iph->protocol != IPPROTO_TCP ||
	    iph->version != 4 || iph->ihl < 5 ||
	    iph->frag_off & htons(IP_OFFSET))
		return false;
	read_kind(e, icmph);
	if (!read_info(net, e, icmph))
		return false;
	e->tcp = e->quoted + iph->ihl * 4;
	if (!pskb_may_pull(skb, e->tcp + QUOTED_TCP) ||
	    !icmp_checksum_ok(skb, offset))
		return false;
	read_quote(e, (const struct iphdr *)(skb->data + e->quoted),
		   (const struct tcphdr *)(skb->data + e->tcp));
	return xfrm4_policy_check(NULL, XFRM_POLICY_IN, skb);
}

/**
 * xtcp_icmp_queue() - for a program that asked to read about errors (IP_RECVERR)
 * @sk: locked
 * @e: the error
 *
 * It reads them with MSG_ERRQUEUE (ip(7)).
 *
 * Context: bottom halves off.
 */
void xtcp_icmp_queue(struct sock *sk, const struct xtcp_icmp *e)
{
	struct sock_exterr_skb *serr;
	struct sk_buff *skb;

	if (!xtcp_ip_recverr(sk))
		return;
	skb = skb_clone(e->skb, GFP_ATOMIC);
	if (!skb)
		return;
	/* It may wait long for its reader: nothing of the way here is pinned. */
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	secpath_reset(skb);
	serr = SKB_EXT_ERR(skb);
	memset(serr, 0, sizeof(*serr));
	serr->ee.ee_errno = e->err;
	serr->ee.ee_origin = SO_EE_ORIGIN_ICMP;
	serr->ee.ee_type = e->type;
	serr->ee.ee_code = e->code;
	serr->ee.ee_info = e->info;
	serr->addr_offset = e->quoted + offsetof(struct iphdr, daddr);
	serr->port = e->key.tuple.rport;
	if (skb_pull(skb, e->tcp)) {
		skb_reset_transport_header(skb);
		if (!sock_queue_err_skb(sk, skb))
			return;
	}
	kfree_skb(skb);
}
