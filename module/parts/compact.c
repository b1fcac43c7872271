// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data that waits, in fewer buffers: each is charged to the socket with its
 * overhead, which may be many times what it carries.
 */
#include "xtcp.h"
#include "parts/compact.h"
#include "parts/skb.h"

/**
 * xtcp_compact_join() - put a segment into the buffer before it, if that is cheap
 * @sk: locked
 * @to: waits already, charged
 * @from: the segment
 * @stolen: set if true is returned: @from is for kfree_skb_partial(), its own
 *	    charge, if any, with it
 *
 * Counterpart of the kernel's tcp_try_coalesce().
 *
 * Context: softirq.
 * Return: false if it does not follow @to, or was left as it is.
 */
bool xtcp_compact_join(struct sock *sk, struct sk_buff *to,
		       struct sk_buff *from, bool *stolen)
{
	int delta;

	sock_owned_by_me(sk);
	if (XTCP_CB(to)->end_seq != XTCP_CB(from)->seq ||
	    XTCP_CB(to)->flags & XTCP_FIN ||
	    !skb_try_coalesce(to, from, stolen, &delta))
		return false;
	XTCP_CB(to)->end_seq = XTCP_CB(from)->end_seq;
	XTCP_CB(to)->flags |= XTCP_CB(from)->flags & (XTCP_FIN | XTCP_PSH);
	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	XTCP_INC(sock_net(sk), RCVCOALESCE);
	return true;
}
