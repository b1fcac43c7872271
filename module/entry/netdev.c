// SPDX-License-Identifier: GPL-2.0-only
/*
 * xtcp0, the virtual link over which this host talks to itself.
 *
 * What XTCP sends to a local address goes through dev_queue_xmit() of this
 * device: queueing disciplines and packet taps see every segment, once.  Its
 * transmit function turns the packet round; the receive handler takes it
 * before the host's own IP and TCP could.
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/addrconf.h>
#include <net/ip_tunnels.h>
#include <net/rtnetlink.h>

#include "xtcp.h"
#include "entry/input.h"
#include "entry/netdev.h"
#include "entry/wire.h"
#include "ip/packet.h"
#include "ip/route.h"

#define XTCP_DEV_FEATURES	(NETIF_F_SG | NETIF_F_FRAGLIST |	\
				 NETIF_F_HW_CSUM | NETIF_F_HIGHDMA |	\
				 NETIF_F_GSO_SOFTWARE)

static netdev_tx_t loop_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	unsigned int len = skb->len;

	xtcp_entry_packet();
	skb_reset_network_header(skb);
	xtcp_route_drop_odd(skb);
	if (!xtcp_packet_turns_round(dev_net(dev), skb)) {
		/* Native traffic bound to the device, IPv6, on-link routes. */
		dev_core_stats_tx_dropped_inc(dev);
		kfree_skb(skb);
		return NETDEV_TX_OK;
	}
	skb_clear_tstamp(skb);
	skb_orphan(skb);
	/* The queue that it left by is none that it comes in by. */
	skb_set_queue_mapping(skb, 0);
	/* It may wait in the receiver's queue longer than RCU allows. */
	skb_dst_force(skb);
	skb->pkt_type = PACKET_LOOPBACK;
	skb_reset_mac_header(skb);
	if (likely(__netif_rx(skb) == NET_RX_SUCCESS))
		dev_lstats_add(dev, len);
	return NETDEV_TX_OK;
}

/*
 * Between transmit and here were tc actions, programs and filters of the device.
 * What the host's IP would not take is not taken: frames of a VLAN, for others,
 * or with pages that are another program's (zero copy) and can't be copied.
 */
static bool frame_ok(struct sk_buff *skb)
{
	if (!xtcp_packet_known(skb) ||
	    (skb_vlan_tag_present(skb) && skb_vlan_tag_get_id(skb)) ||
	    (skb->pkt_type != PACKET_LOOPBACK && skb->pkt_type != PACKET_HOST))
		return false;
	xtcp_route_drop_odd(skb);
	/* A program may have given it a socket of the host's. */
	skb_orphan(skb);
	__vlan_hwaccel_clear_tag(skb);
	return !skb_orphan_frags_rx(skb, GFP_ATOMIC);
}

static void loop_receive_skb(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct net *net = dev_net(dev);
	struct xtcp_lookup key;

	skb_reset_network_header(skb);
	if (frame_ok(skb) && xtcp_packet_receive(net, skb, &key)) {
		xtcp_input(net, skb, &key);
		return;
	}
	dev_core_stats_rx_dropped_inc(dev);
	XTCP_INC(net, INERRS);
	kfree_skb(skb);
}

static rx_handler_result_t loop_receive(struct sk_buff **pskb)
{
	struct sk_buff *skb = skb_share_check(*pskb, GFP_ATOMIC);
	bool cover;

	if (!skb)
		return RX_HANDLER_CONSUMED;
	cover = xtcp_cover_start(skb);
	loop_receive_skb(skb);
	xtcp_cover_stop(cover);
	return RX_HANDLER_CONSUMED;
}

static int loop_init(struct net_device *dev)
{
	dev->lstats = netdev_alloc_pcpu_stats(struct pcpu_lstats);
	return dev->lstats ? 0 : -ENOMEM;
}

static void loop_uninit(struct net_device *dev)
{
	free_percpu(dev->lstats);
}

/* IPv6 shall leave it alone, as there is nothing for it here. */
static int loop_open(struct net_device *dev)
{
	struct inet6_dev *idev = __in6_dev_get(dev);

	if (idev)
		idev->cnf.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	return 0;
}

static int loop_stop(struct net_device *dev)
{
	return 0;
}

static void set_mtu(struct net_device *dev, unsigned int mtu)
{
	WRITE_ONCE(xtcp_pernet(dev_net(dev))->loop_mtu, mtu);
}

static int loop_change_mtu(struct net_device *dev, int mtu)
{
	WRITE_ONCE(dev->mtu, mtu);
	set_mtu(dev, mtu);
	return 0;
}

static void loop_get_stats64(struct net_device *dev,
			     struct rtnl_link_stats64 *stats)
{
	u64 packets, bytes;

	dev_lstats_read(dev, &packets, &bytes);
	stats->rx_packets = packets;
	stats->tx_packets = packets;
	stats->rx_bytes = bytes;
	stats->tx_bytes = bytes;
}

static const struct net_device_ops loop_ops = {
	.ndo_init = loop_init,
	.ndo_uninit = loop_uninit,
	.ndo_open = loop_open,
	.ndo_stop = loop_stop,
	.ndo_start_xmit = loop_start_xmit,
	.ndo_get_stats64 = loop_get_stats64,
	.ndo_change_mtu = loop_change_mtu,
	.ndo_add_slave = xtcp_wire_add,
	.ndo_del_slave = xtcp_wire_del,
};

static void loop_setup(struct net_device *dev)
{
	dev->netdev_ops = &loop_ops;
	dev->header_ops = &ip_tunnel_header_ops;
	dev->needs_free_netdev = true;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_NOARP;
	dev->mtu = XTCP_PACKET_MAX_MTU;
	dev->min_mtu = XTCP_PACKET_MIN_MTU;
	dev->max_mtu = XTCP_PACKET_MAX_MTU;
	dev->tx_queue_len = 1000;
	dev->priv_flags |= IFF_NO_QUEUE | IFF_LIVE_ADDR_CHANGE;
	/* The route tells the receiving end which device lo would name. */
	netif_keep_dst(dev);
	dev->features = XTCP_DEV_FEATURES;
	dev->hw_features = XTCP_DEV_FEATURES;
	xtcp_dev_lltx(dev);
	xtcp_dev_netns_local(dev);
	netif_set_tso_max_size(dev, GSO_MAX_SIZE);
}

/* One per namespace. */
static int loop_newlink(XTCP_NEWLINK_ARGS)
{
	struct xtcp_net *xn = xtcp_pernet(dev_net(dev));
	int err;

	ASSERT_RTNL();
	if (rtnl_dereference(xn->loop)) {
		NL_SET_ERR_MSG(extack, "this network namespace has its xtcp link already");
		return -EEXIST;
	}
	err = register_netdevice(dev);
	if (err)
		return err;
	err = netdev_rx_handler_register(dev, loop_receive, NULL);
	if (err) {
		unregister_netdevice(dev);
		return err;
	}
	set_mtu(dev, dev->mtu);
	rcu_assign_pointer(xn->loop, dev);
	return 0;
}

static void loop_dellink(struct net_device *dev, struct list_head *head)
{
	xtcp_wire_release_all(dev);
	RCU_INIT_POINTER(xtcp_pernet(dev_net(dev))->loop, NULL);
	set_mtu(dev, IP_MAX_MTU);
	netdev_rx_handler_unregister(dev);
	unregister_netdevice_queue(dev, head);
}

static struct rtnl_link_ops loop_link_ops __read_mostly = {
	.kind = "xtcp",
	.setup = loop_setup,
	.newlink = loop_newlink,
	.dellink = loop_dellink,
};

/**
 * xtcp_netdev_register() - from here on "ip link add type xtcp" works
 *
 * Return: 0 or a negative error.
 */
int xtcp_netdev_register(void)
{
	return rtnl_link_register(&loop_link_ops);
}

/** xtcp_netdev_unregister() - removes the links of all namespaces too */
void xtcp_netdev_unregister(void)
{
	rtnl_link_unregister(&loop_link_ops);
}
