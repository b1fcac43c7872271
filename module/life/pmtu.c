// SPDX-License-Identifier: GPL-2.0-only
/* Path MTU discovery, RFC 1191: a router could not pass a segment on. */
#include <net/ip.h>

#include "xtcp.h"
#include "ip/route.h"
#include "life/output.h"
#include "life/pmtu.h"
#include "life/recovery.h"

/* The kernel keeps what it learns with the route, for all of its users. */
static struct dst_entry *tell_route(struct sock *sk, u32 mtu)
{
	struct dst_entry *dst = xtcp_route_check(sk);

	if (IS_ERR(dst))
		return dst;
	dst->ops->update_pmtu(dst, sk, NULL, mtu, true);
	return xtcp_route_check(sk);
}

/**
 * xtcp_pmtu_reduced() - the path has become narrower (H-81)
 * @sk: locked; mtu_info says how narrow
 *
 * Segments that don't fit any more are sent again, smaller, at once.
 *
 * Context: softirq, or a system call that lets the socket go.
 */
void xtcp_pmtu_reduced(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 mtu = READ_ONCE(xs->mtu_info), old = xs->pmtu;
	struct dst_entry *dst;

	sock_owned_by_me(sk);
	if (XTCP_STATE_IN(sk, TCPF_LISTEN | TCPF_CLOSE))
		return;
	dst = tell_route(sk, mtu);
	if (IS_ERR(dst))
		return;
	/* It can't become that narrow: should nothing get through, say so. */
	if (mtu < dst_mtu(dst) && ip_dont_fragment(sk, dst))
		WRITE_ONCE(sk->sk_err_soft, EMSGSIZE);
	if (inet_sk(sk)->pmtudisc == IP_PMTUDISC_DONT ||
	    !ip_sk_accept_pmtu(sk) || old <= xtcp_route_mtu(sk))
		return;
	xtcp_output_mss(sk);
	xtcp_recovery_too_long(sk);
}
