// SPDX-License-Identifier: GPL-2.0
/* Actions of tc, on what leaves a device and on what enters it. */
#include "mangle.h"

#define TUNNEL		"tunnel_key set id 5 src_ip 192.0.2.1 dst_ip 192.0.2.2"
/* lo does not receive from a local address what brings no route. */
#define NO_ROUTE	{ EITHER, EITHER }

const struct mangling action_rows[] = {
	/* What looks like a route is none. */
	{
		.name = "tunnel key set",
		.action = TUNNEL " dst_port 4789",
		.hope = EVERYWHERE(INTACT), .tcp = NO_ROUTE, .user = true,
	},
	{
		.name = "tunnel key unset",
		.action = "tunnel_key unset",
		.hope = EVERYWHERE(INTACT), .tcp = NO_ROUTE, .user = true,
	},
	{
		.name = "tunnel key set and unset",
		.action = TUNNEL " pipe action tunnel_key unset",
		.hope = EVERYWHERE(INTACT), .tcp = NO_ROUTE, .user = true,
	},
	{
		.name = "for this host",
		.action = "skbedit ptype host",
		.hope = EVERYWHERE(INTACT),
	},
	{
		.name = "for another host",
		.action = "skbedit ptype otherhost",
		.hope = { INTACT, REFUSED, INTACT, REFUSED },
		.tcp = { REFUSED },
	},
	{
		.name = "broadcast",
		.action = "skbedit ptype broadcast",
		.hope = { INTACT, REFUSED, INTACT, REFUSED },
		.tcp = { REFUSED },
	},
	{
		.name = "mark priority queue",
		.action = "skbedit mark 77 priority 1:3",
		.leaving = " queue_mapping 0",
		.hope = EVERYWHERE(INTACT),
	},
	{
		.name = "vlan push",
		.action = "vlan push id 5",
		.hope = EVERYWHERE(REFUSED), .user = true,
	},
	/* A priority alone is no VLAN. */
	{
		.name = "vlan push priority",
		.action = "vlan push id 0 priority 3",
		.hope = { EITHER, INTACT, EITHER, INTACT },
	},
	{
		.name = "vlan push modify",
		.action = "vlan push protocol 802.1ad id 5 pipe action vlan modify id 6",
		.hope = EVERYWHERE(REFUSED),
	},
	{
		.name = "vlan push twice",
		.action = "vlan push id 5 pipe action vlan push protocol 802.1ad id 6",
		.hope = EVERYWHERE(REFUSED),
	},
	{
		.name = "vlan push pop",
		.action = "vlan push id 5 pipe action vlan pop",
		.hope = EVERYWHERE(INTACT),
	},
	{
		.name = "vlan pop",
		.action = "vlan pop",
		.hope = EVERYWHERE(INTACT),
	},
	{
		.name = "ethernet push",
		.action = "vlan push_eth dst_mac 02:00:00:00:00:01 src_mac 02:00:00:00:00:02",
		.hope = { REFUSED, EITHER, REFUSED, REFUSED },
	},
	{
		.name = "ethernet pop",
		.action = "vlan pop_eth",
		.hope = { REFUSED, REFUSED, REFUSED, EITHER }, .tcp = { EITHER, EITHER },
	},
	{
		.name = "checksums",
		.action = "csum ip4h and tcp",
		.hope = EVERYWHERE(INTACT),
	},
	{
		.name = "conntrack",
		.action = "ct pipe action ct clear pipe action ct commit",
		.hope = EVERYWHERE(INTACT),
	},
	/* In the middle of a connection it may break it, for as long as it lasts. */
	{
		.name = "conntrack nat",
		.action = "ct commit nat src addr 127.0.0.77 port 20000-30000",
		.hope = EVERYWHERE(DAMAGED),
	},
	{
		.name = "nat source",
		.action = "nat egress 127.0.0.0/8 127.0.0.99",
		.hope = { DAMAGED, DAMAGED, INTACT, INTACT },
	},
	{
		.name = "nat destination",
		.action = "nat ingress 127.0.0.0/8 198.51.100.1",
		.hope = { DAMAGED, DAMAGED, INTACT, INTACT },
	},
	{
		.name = "link addresses",
		.action = "skbmod set dmac 02:00:00:00:00:01",
		.hope = { EITHER, EITHER, REFUSED, EITHER },
	},
	{
		.name = "link addresses swapped",
		.action = "skbmod swap mac",
		.hope = { EITHER, EITHER, REFUSED, EITHER },
	},
	{
		.name = "congestion experienced",
		.action = "skbmod ecn",
		.hope = EVERYWHERE(INTACT),
	},
	{
		.name = "dropped",
		.action = "drop",
		.hope = EVERYWHERE(REFUSED),
	},
	{
		.name = "trapped",
		.action = "trap",
		.hope = EVERYWHERE(REFUSED),
	},
	{
		.name = "dropped at times",
		.action = "pass random netrand drop 7",
		.hope = EVERYWHERE(INTACT),
	},
	{
		.name = "own egress mirror",
		.action = "mirred egress mirror dev @",
		.hope = { INTACT, EITHER, INTACT, EITHER },
	},
	{
		.name = "own egress redirect",
		.action = "mirred egress redirect dev @",
		.hope = EVERYWHERE(EITHER),
	},
	{
		.name = "own ingress mirror",
		.action = "mirred ingress mirror dev @",
		.hope = { INTACT, INTACT, EITHER, INTACT },
	},
	{
		.name = "own ingress redirect",
		.action = "mirred ingress redirect dev @",
		.hope = { INTACT, EITHER, EITHER, EITHER }, .tcp = { EITHER },
	},
	{
		.name = "mirror",
		.action = "mirred egress mirror dev d0",
		.hope = EVERYWHERE(INTACT),
	},
	{
		.name = "mirror to ingress",
		.action = "mirred ingress mirror dev d0",
		/* The copy comes to the host's TCP, which may reset it. */
		.hope = { INTACT, INTACT, INTACT, DAMAGED },
	},
	{
		.name = "redirect",
		.action = "mirred egress redirect dev d0",
		.hope = EVERYWHERE(REFUSED),
	},
	{
		.name = "data changed",
		.action = "pedit munge offset 60 u8 invert",
		.hope = EVERYWHERE(DAMAGED),
	},
	/* With right checksums, and wrong ones where nobody looks */
	{
		.name = "data changed summed",
		.action = "pedit munge offset 60 u8 invert pipe action csum ip4h and tcp",
		.hope = EVERYWHERE(DAMAGED),
	},
	{
		.name = "summed data changed",
		.action = "csum ip4h and tcp pipe action pedit munge offset 60 u8 invert",
		.hope = EVERYWHERE(DAMAGED),
	},
	{ }
};
