// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wires: devices enslaved to xtcp0 ("ip link set DEV master xtcp0").
 *
 * TCP that arrives on one belongs to XTCP.  It is taken at the end of
 * netfilter's LOCAL_IN hook, where routing, defragmentation, conntrack and
 * every filter rule have had their say, and the host's TCP has not.  ICMP is
 * only read there, on every device: it may come another way than it concerns.
 *
 * A namespace has the hooks from its first wire to its last: without one it
 * pays nothing.  Wires are changed under RTNL.
 */
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>

#include "xtcp.h"
#include "entry/error.h"
#include "entry/input.h"
#include "entry/turnback.h"
#include "entry/wire.h"
#include "ip/hook.h"
#include "ip/packet.h"
#include "ip/route.h"
#include "table/hash.h"
#include "table/mini.h"

/* What the host's IP would do for its own TCP; data at the TCP header then. */
static bool wire_prepare(struct sk_buff *skb)
{
	/* E-05, E-10: neither answered nor heard. */
	if (skb->pkt_type != PACKET_HOST || !xtcp_route_delivers(skb))
		return false;
	/* Early demultiplexing may have found a socket of the host. */
	skb_orphan(skb);
	skb_clear_delivery_time(skb);
	/* Not what the header says: a rule may have changed that since. */
	__skb_pull(skb, skb_network_header_len(skb));
	return true;
}

/* Takes the segment, whatever becomes of it. */
static void wire_take(struct net *net, struct sk_buff *skb)
{
	struct xtcp_lookup key;

	if (!wire_prepare(skb)) {
		kfree_skb(skb);
		return;
	}
	xtcp_packet_wire_arrival(skb, &key);
	xtcp_input(net, skb, &key);
}

/*
 * Does a RST answer the last segment that the connection sent, to the very
 * number?  (RFC 9293 3.10.7.1)
 */
static bool answers_sock(const struct sock *sk, const struct tcphdr *th)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	if (READ_ONCE(sk->sk_state) == TCP_SYN_SENT)
		return th->ack && ntohl(th->ack_seq) == READ_ONCE(xs->iss) + 1;
	return ntohl(th->seq) == READ_ONCE(xs->rcv_nxt);
}

static bool answers_ours(struct net *net, const struct xtcp_lookup *key,
			 const struct tcphdr *th)
{
	struct xtcp_mini *mini;
	struct sock *sk = xtcp_hash_find(net, key, &mini);
	bool answer = false;

	if (sk) {
		answer = answers_sock(sk, th);
		sock_put(sk);
	} else if (mini) {
		answer = ntohl(th->seq) == xtcp_mini_rcv_nxt(mini);
		xtcp_mini_put(mini);
	}
	return answer;
}

/*
 * "reject with tcp reset" in the output chain of this host: the answer to a
 * segment of ours comes over lo, in the name of a peer that never saw it.  The
 * host's TCP may have a connection of the same names: it keeps its own RSTs.
 */
static bool reject_of_ours(struct net *net, struct sk_buff *skb,
			   const struct net_device *in)
{
	struct xtcp_lookup key;
	const struct tcphdr *th;

	if (!(in->flags & IFF_LOOPBACK) || !xtcp_route_of_skb(skb) ||
	    !pskb_may_pull(skb, skb_network_header_len(skb) + sizeof(*th)))
		return false;
	th = tcp_hdr(skb);
	key.tuple = xtcp_packet_tuple(skb);
	/* What stays in this host XTCP sends past the rules. */
	if (!th->rst || xtcp_route_is_local(net, key.tuple.raddr))
		return false;
	xtcp_packet_wire_arrival(skb, &key);
	return answers_ours(net, &key, th);
}

/* @self: the hook */
static unsigned int tcp_in(struct net *net, struct sk_buff *skb,
			   nf_hookfn *self, const struct nf_hook_state *state)
{
	unsigned int verdict;
	bool cover;

	if (!xtcp_route_on_wire(net, state->in) &&
	    !reject_of_ours(net, skb, state->in))
		return NF_ACCEPT;
	if (!xtcp_route_loop_up(net))
		return NF_DROP;
	verdict = xtcp_hook_rest(self, skb, state);
	if (verdict != NF_ACCEPT)
		return verdict;
	cover = xtcp_cover_start(skb);
	wire_take(net, skb);
	xtcp_cover_stop(cover);
	return NF_STOLEN;
}

/* Through this namespace's hooks to another's address: of ipvlan in mode l3s. */
static bool is_passing(const struct net *net, const struct sk_buff *skb)
{
	return xtcp_route_of_skb(skb) && !net_eq(dev_net(skb_dst(skb)->dev), net);
}

/* A packet that user space had (NFQUEUE) comes in process context. */
static unsigned int local_in(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	u8 protocol = xtcp_packet_protocol(skb);
	unsigned int verdict = NF_ACCEPT;

	xtcp_entry_rcu();
	if ((protocol != IPPROTO_ICMP && protocol != IPPROTO_TCP) ||
	    is_passing(state->net, skb))
		return NF_ACCEPT;
	local_bh_disable();
	if (protocol == IPPROTO_ICMP)
		xtcp_error_input(state->net, skb);
	else
		verdict = tcp_in(state->net, skb, local_in, state);
	local_bh_enable();
	return verdict;
}

/* Of each family of addresses; before there is a wire nothing is turned back. */
static const struct nf_hook_ops wire_hooks[] = {
	{
		.hook = local_in,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP_PRI_LAST,
	},
	{
		.hook = xtcp_turnback,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP_PRI_LAST,
	},
};

/**
 * xtcp_wire_add() - make a device a wire (ndo_add_slave)
 * @loop: xtcp0
 * @dev: the device
 * @extack: says why not
 *
 * Context: RTNL.
 * Return: 0 or a negative error.
 */
int xtcp_wire_add(struct net_device *loop, struct net_device *dev,
		  struct netlink_ext_ack *extack)
{
	struct net *net = dev_net(loop);
	struct xtcp_net *xn = xtcp_pernet(net);
	int err = 0;

	ASSERT_RTNL();
	if (dev->flags & IFF_LOOPBACK || dev == loop) {
		NL_SET_ERR_MSG(extack, "this host reaches itself by the xtcp link");
		return -EINVAL;
	}
	/* First the hook, so that the host's TCP never answers in between. */
	if (!xn->wires)
		err = nf_register_net_hooks(net, wire_hooks,
					    ARRAY_SIZE(wire_hooks));
	if (err)
		return err;
	err = netdev_master_upper_dev_link(dev, loop, NULL, NULL, extack);
	if (!err)
		WRITE_ONCE(xn->wires, xn->wires + 1);
	else if (!xn->wires)
		nf_unregister_net_hooks(net, wire_hooks,
					ARRAY_SIZE(wire_hooks));
	return err;
}

/**
 * xtcp_wire_del() - give a device back to the host (ndo_del_slave)
 * @loop: xtcp0
 * @dev: the device
 *
 * Its connections look for another way, and die of not finding one.
 *
 * Context: RTNL.
 * Return: 0.
 */
int xtcp_wire_del(struct net_device *loop, struct net_device *dev)
{
	struct net *net = dev_net(loop);
	struct xtcp_net *xn = xtcp_pernet(net);

	ASSERT_RTNL();
	netdev_upper_dev_unlink(dev, loop);
	WRITE_ONCE(xn->wires, xn->wires - 1);
	if (!xn->wires)
		nf_unregister_net_hooks(net, wire_hooks,
					ARRAY_SIZE(wire_hooks));
	return 0;
}

/**
 * xtcp_wire_release_all() - xtcp0 goes
 * @loop: xtcp0
 *
 * Context: RTNL.
 */
void xtcp_wire_release_all(struct net_device *loop)
{
	struct net_device *dev;
	struct list_head *iter;

	ASSERT_RTNL();
	netdev_for_each_lower_dev(loop, dev, iter)
		xtcp_wire_del(loop, dev);
}

/* A device that goes, or moves to another namespace, is a wire no more. */
static int netdev_event(struct notifier_block *nb, unsigned long event,
			void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);
	struct net_device *master;

	ASSERT_RTNL();
	if (event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	master = netdev_master_upper_dev_get(dev);
	if (master &&
	    master == rtnl_dereference(xtcp_pernet(dev_net(dev))->loop))
		xtcp_wire_del(master, dev);
	return NOTIFY_DONE;
}

static struct notifier_block netdev_notifier = {
	.notifier_call = netdev_event,
};

/**
 * xtcp_wire_register() - at module load
 *
 * Return: 0 or a negative error.
 */
int xtcp_wire_register(void)
{
	return register_netdevice_notifier(&netdev_notifier);
}

/** xtcp_wire_unregister() - at module unload, when no link is left */
void xtcp_wire_unregister(void)
{
	unregister_netdevice_notifier(&netdev_notifier);
}
