// SPDX-License-Identifier: GPL-2.0-only
/*
 * What NAT turns back to this host: segments for another host that a rule of the
 * output hook redirected here (service meshes, kube-proxy, Tor), and those that
 * SYNPROXY sends to a server behind it.  The kernel routes them to lo, where the
 * host's TCP would get them; they are handed to xtcp0 behind the last rule.
 *
 * Nothing of the host's own TCP is touched: a segment is one of ours because
 * we made it, or, of SYNPROXY, because its peer lives on a wire.
 */
#include <linux/netfilter.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_extend.h>

#include "xtcp.h"
#include "entry/turnback.h"
#include "ip/hook.h"
#include "ip/nat.h"
#include "ip/packet.h"
#include "ip/route.h"

/* From SYNPROXY, in the name of a peer that only XTCP can talk to? */
static bool is_proxied(struct net *net, const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK) && IS_ENABLED(CONFIG_NETFILTER_SYNPROXY)
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	return ct && nf_ct_ext_exist(ct, NF_CT_EXT_SYNPROXY) &&
	       xtcp_route_peer_on_wire(net, xtcp_packet_source(skb));
#else
	return false;
#endif
}

/**
 * xtcp_turnback() - netfilter's hook behind the last rule on the way out
 * @priv: unused
 * @skb: a packet
 * @state: where it is
 *
 * Registered by wire.c.
 *
 * Context: rcu_read_lock().
 * Return: a verdict; NF_STOLEN: it was turned back.
 */
unsigned int xtcp_turnback(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	struct net *net = state->net;
	unsigned int verdict;

	xtcp_entry_rcu();
	if (likely(!(state->out->flags & IFF_LOOPBACK)) ||
	    xtcp_packet_protocol(skb) != IPPROTO_TCP ||
	    !(xtcp_nat_is_ours(skb) || is_proxied(net, skb)))
		return NF_ACCEPT;
	verdict = xtcp_hook_rest(xtcp_turnback, skb, state);
	if (verdict != NF_ACCEPT)
		return verdict;
	xtcp_packet_turn_back(net, skb);
	return NF_STOLEN;
}
