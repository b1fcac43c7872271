// SPDX-License-Identifier: GPL-2.0-only
/*
 * What NAT does to connections of this host, and tells of them.
 *
 * It may turn them back to this host (turnback.c).  Answers must pass the same
 * rules, to be turned back in their turn: whoever takes a segment of a connection
 * with NAT notes that ("nat"), and its segments to this host then go through the
 * kernel's IP instead of to xtcp0 at once.
 */
#include <linux/netfilter.h>
#include <linux/sockptr.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_extend.h>

#include "xtcp.h"
#include "ip/nat.h"

/* A bit of IPCB(skb)->flags that the kernel doesn't use: XTCP made it. */
#define XTCP_IPSKB_OURS		BIT(15)

/**
 * xtcp_nat_mark() - a segment goes through the kernel's IP
 * @skb: the segment, its control block IP's
 */
void xtcp_nat_mark(struct sk_buff *skb)
{
	IPCB(skb)->flags |= XTCP_IPSKB_OURS;
}

/**
 * xtcp_nat_is_ours() - did XTCP make it?
 * @skb: a segment on its way through the kernel's IP
 */
bool xtcp_nat_is_ours(const struct sk_buff *skb)
{
	return IPCB(skb)->flags & XTCP_IPSKB_OURS;
}

/**
 * xtcp_nat_translated() - has NAT changed a segment that came in?
 * @skb: the segment, with what connection tracking knows of it
 *
 * Only of interest where it came from this host.
 */
bool xtcp_nat_translated(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	return unlikely(ct) && ct->status & IPS_NAT_MASK;
#else
	return false;
#endif
}

#if IS_ENABLED(CONFIG_NF_CONNTRACK)
/*
 * The entry of a connection, referenced, as the kernel's own handler looks for
 * it.  -ENOPROTOOPT without connection tracking: we do not load it, nor can we
 * be linked against it.
 */
static struct nf_conn *find_entry(struct net *net,
				  const struct nf_conntrack_tuple *tuple)
{
	struct nf_conntrack_tuple_hash *h;
	typeof(&nf_conntrack_find_get) find;

	find = symbol_get(nf_conntrack_find_get);
	if (!find)
		return ERR_PTR(-ENOPROTOOPT);
	h = find(net, &nf_ct_zone_dflt, tuple);
	symbol_put(nf_conntrack_find_get);
	return h ? nf_ct_tuplehash_to_ctrack(h) : ERR_PTR(-ENOENT);
}
#endif

/**
 * xtcp_nat_original() - where a connection was going before NAT (SO_ORIGINAL_DST)
 * @sk: socket, not locked
 * @sin: filled in
 *
 * Connection tracking answers it for protocol 6 alone.
 *
 * Context: process.
 * Return: 0, -ENOENT, or -ENOPROTOOPT without connection tracking.
 */
int xtcp_nat_original(struct sock *sk, struct sockaddr_in *sin)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	const struct inet_sock *inet = inet_sk(sk);
	const struct nf_conntrack_tuple *to;
	struct nf_conntrack_tuple tuple;
	struct nf_conn *ct;

	memset(&tuple, 0, sizeof(tuple));
	lock_sock(sk);
	tuple.src.u3.ip = inet->inet_rcv_saddr;
	tuple.src.u.tcp.port = inet->inet_sport;
	tuple.dst.u3.ip = inet->inet_daddr;
	tuple.dst.u.tcp.port = inet->inet_dport;
	release_sock(sk);
	tuple.src.l3num = PF_INET;
	tuple.dst.protonum = IPPROTO_TCP;
	ct = find_entry(sock_net(sk), &tuple);
	if (IS_ERR(ct))
		return PTR_ERR(ct);
	to = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_port = to->dst.u.tcp.port;
	sin->sin_addr.s_addr = to->dst.u3.ip;
	/* Not nf_ct_put(), which is a function of that module's. */
	nf_conntrack_put(&ct->ct_general);
	return 0;
#else
	return -ENOPROTOOPT;
#endif
}
