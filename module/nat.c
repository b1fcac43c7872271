// SPDX-License-Identifier: GPL-2.0-only
/*
 * What NAT does to connections of this host, and tells of them.
 *
 * It may turn them back to this host: segments for another host that a rule of the
 * output hook redirected here (service meshes, kube-proxy, Tor), and those that
 * SYNPROXY sends to a server behind it.  The kernel routes them to lo, where the
 * host's TCP would get them; they are handed to xtcp0 behind the last rule.
 *
 * Answers must pass the same rules, to be turned back in their turn: whoever
 * takes a segment of a connection with NAT notes that ("nat"), and its segments
 * to this host then go through the kernel's IP instead of to xtcp0 at once.
 *
 * Nothing of the host's own TCP is touched: a segment is one of ours because
 * we made it, or, of SYNPROXY, because its peer lives on a wire.
 */
#include <linux/netfilter.h>
#include <linux/sockptr.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_extend.h>

#include "xtcp.h"

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
 * xtcp_nat_applied() - has NAT changed a segment that came in?
 * @skb: the segment, with what connection tracking knows of it
 *
 * Only of interest where it came from this host.
 */
bool xtcp_nat_applied(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	return unlikely(ct) && ct->status & IPS_NAT_MASK;
#else
	return false;
#endif
}

/* From SYNPROXY, in the name of a peer that only XTCP can talk to? */
static bool is_proxied(struct net *net, const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK) && IS_ENABLED(CONFIG_NETFILTER_SYNPROXY)
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	return ct && nf_ct_ext_exist(ct, NF_CT_EXT_SYNPROXY) &&
	       xtcp_route_peer_on_wire(net, ip_hdr(skb)->saddr);
#else
	return false;
#endif
}

static unsigned int turn_back(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	struct net *net = state->net;
	unsigned int verdict;

	xtcp_entry_rcu();
	if (likely(!(state->out->flags & IFF_LOOPBACK)) ||
	    ip_hdr(skb)->protocol != IPPROTO_TCP ||
	    !(IPCB(skb)->flags & XTCP_IPSKB_OURS || is_proxied(net, skb)))
		return NF_ACCEPT;
	verdict = xtcp_wire_rest(turn_back, skb, state);
	if (verdict != NF_ACCEPT)
		return verdict;
	skb->protocol = htons(ETH_P_IP);
	xtcp_route_loop_xmit(net, skb);
	return NF_STOLEN;
}

/* Registered by wire.c: before there is a wire nothing can be turned back. */
const struct nf_hook_ops xtcp_nat_ops = {
	.hook = turn_back,
	.pf = NFPROTO_IPV4,
	.hooknum = NF_INET_POST_ROUTING,
	.priority = NF_IP_PRI_LAST,
};

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
