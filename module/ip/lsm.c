// SPDX-License-Identifier: GPL-2.0-only
/*
 * Security modules and half-open connections.  Their hooks know the kernel's
 * own request sock alone, which is built here for the time of one question.
 */
#include <linux/security.h>
#include <net/inet_sock.h>

#include "xtcp.h"
#include "ip/lsm.h"

/**
 * xtcp_lsm_refuses() - may whoever sent a SYN connect?
 * @listener: under RCU or referenced
 * @skb: the SYN, or the ACK that returns its cookie
 * @t: names of the connection
 * @bound_dev_if: device that it will be bound to
 * @mark: its routing mark
 *
 * The labels that a module derives for the request are not kept: the child
 * has its listener's, and its peer's (xtcp_child_deliver()).
 *
 * Context: softirq.
 */
bool xtcp_lsm_refuses(const struct sock *listener, struct sk_buff *skb,
		      const struct xtcp_tuple *t, int bound_dev_if, u32 mark)
{
#ifdef CONFIG_SECURITY_NETWORK
	static const struct request_sock_ops ops = { .family = PF_INET };
	struct inet_request_sock ireq = {};
	int err;

	ireq.req.rsk_ops = (struct request_sock_ops *)&ops;
	ireq.ireq_family = AF_INET;
	ireq.ireq_state = TCP_NEW_SYN_RECV;
	write_pnet(&ireq.ireq_net, sock_net(listener));
	ireq.ir_loc_addr = t->laddr.v4;
	ireq.ir_rmt_addr = t->raddr.v4;
	ireq.ir_num = ntohs(t->lport);
	ireq.ir_rmt_port = t->rport;
	ireq.ir_iif = bound_dev_if;
	ireq.ir_mark = mark;
	err = security_inet_conn_request((struct sock *)listener, skb,
					 &ireq.req);
	/* A label for the SYN-ACK's IP options, which answer the SYN's. */
	kfree(rcu_dereference_protected(ireq.ireq_opt, true));
	return err;
#else
	return false;
#endif
}
