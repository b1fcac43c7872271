/* SPDX-License-Identifier: GPL-2.0-only */
/* What ipopt.c is asked; described there. */
#ifndef _XTCP_IPOPT_H
#define _XTCP_IPOPT_H

#include "xtcp.h"

struct xtcp_flow;

/**
 * union xtcp_ipopt - IP options that are as long as they may be
 * @opt: the options
 * @space: header and bytes
 */
union xtcp_ipopt {
	struct ip_options_rcu opt;
	u8 space[sizeof(struct ip_options_rcu) + MAX_IPOPTLEN];
};

void xtcp_ipopt_write(struct sk_buff *skb, const struct xtcp_flow *flow);
bool xtcp_ipopt_receive(struct net *net, struct sk_buff *skb);
bool xtcp_ipopt_echo(struct net *net, const struct sk_buff *skb,
		     union xtcp_ipopt *data);

#endif /* _XTCP_IPOPT_H */
