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

/* Has a packet that was received any? */
static inline bool xtcp_ipopt_present(const struct sk_buff *skb)
{
	return skb_network_header_len(skb) > sizeof(struct iphdr);
}

/* As part of a flow; NULL: none */
static inline const struct ip_options *
xtcp_ipopt_options(const union xtcp_ipopt *data)
{
	return data->opt.opt.optlen ? &data->opt.opt : NULL;
}

/* IP_OPTIONS of a locked socket (G-113), or NULL */
static inline const struct ip_options *xtcp_ipopt_of(const struct sock *sk)
{
	const struct ip_options_rcu *opt;

	opt = rcu_dereference_protected(inet_sk(sk)->inet_opt,
					lockdep_sock_is_held(sk));
	return likely(!opt) ? NULL : &opt->opt;
}

/* Bytes of them, a multiple of 4 */
static inline unsigned int xtcp_ipopt_len(const struct sock *sk)
{
	const struct ip_options *opt = xtcp_ipopt_of(sk);

	return opt ? opt->optlen : 0;
}

/* RFC 791: along a source route the first stop is where it is sent to. */
static inline struct xtcp_addr
xtcp_ipopt_first_stop(const struct ip_options *opt, struct xtcp_addr peer)
{
	return unlikely(opt && opt->srr) ? (struct xtcp_addr){ opt->faddr } :
					   peer;
}

bool xtcp_ipopt_assign(struct sock *sk, const struct ip_options *opt);
void xtcp_ipopt_write(struct sk_buff *skb, const struct xtcp_flow *flow);
bool xtcp_ipopt_receive(struct net *net, struct sk_buff *skb);
bool xtcp_ipopt_echo(struct net *net, const struct sk_buff *skb,
		     union xtcp_ipopt *data);

#endif /* _XTCP_IPOPT_H */
