// SPDX-License-Identifier: GPL-2.0
/* Qdiscs, and rules of nft on a device. */
#include "mangle.h"

const struct mangling between_rows[] = {
	{
		.name = "corrupt",
		.qdisc = "netem corrupt 10%",
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "duplicate",
		.qdisc = "netem duplicate 30%",
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "reorder",
		.qdisc = "netem delay 3ms reorder 25% gap 5",
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "jitter",
		.qdisc = "netem delay 5ms 4ms loss 5%",
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "slots",
		.qdisc = "netem slot 1ms 3ms packets 4 rate 50mbit",
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "all lost",
		.qdisc = "netem loss 100%",
		.way = BOTH_WAYS, .hope = EVERYWHERE(REFUSED),
	},
	{
		.name = "token bucket",
		.qdisc = "tbf rate 50mbit burst 100k latency 100ms",
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	/* What is larger than the bucket never passes. */
	{
		.name = "token bucket small",
		.qdisc = "tbf rate 50mbit burst 2k latency 100ms",
		.way = BOTH_WAYS, .hope = EVERYWHERE(EITHER),
	},
	{
		.name = "fair queues",
		.qdisc = "sfq perturb 1 quantum 3000 limit 50",
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "bands",
		.qdisc = "prio bands 3",
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "paced",
		.qdisc = "fq maxrate 100mbit",
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "plugged",
		.qdisc = "plug limit 1000000",
		.way = BOTH_WAYS, .hope = EVERYWHERE(REFUSED),
	},
	{
		.name = "rule drops in",
		.hook = "ingress", .rule = "drop",
		.way = BOTH_WAYS, .hope = EVERYWHERE(REFUSED),
	},
	{
		.name = "rule drops out",
		.hook = "egress", .rule = "drop",
		.way = BOTH_WAYS, .hope = EVERYWHERE(REFUSED),
	},
	{
		.name = "rule marks in",
		.hook = "ingress", .rule = "meta mark set 5 meta priority set 1:2",
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "rule marks out",
		.hook = "egress", .rule = "meta mark set 5 meta priority set 1:2",
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "rule copies in",
		.hook = "ingress", .rule = "dup to d0",
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "rule copies out",
		.hook = "egress", .rule = "dup to d0",
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "rule forwards in",
		.hook = "ingress", .rule = "fwd to d0",
		.way = BOTH_WAYS, .hope = EVERYWHERE(REFUSED),
	},
	{
		.name = "rule forwards out",
		.hook = "egress", .rule = "fwd to d0",
		.way = BOTH_WAYS, .hope = EVERYWHERE(REFUSED),
	},
	{
		.name = "rule changes headers",
		.hook = "egress", .rule = "ip ttl set 1 ip dscp set cs7",
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "rule changes ports",
		.hook = "ingress", .rule = "tcp dport set 7",
		.way = BOTH_WAYS, .hope = EVERYWHERE(EITHER),
	},
	{
		.name = "rule changes window",
		.hook = "ingress", .rule = "tcp window set 0",
		.way = BOTH_WAYS, .hope = EVERYWHERE(EITHER),
	},
	{ }
};
