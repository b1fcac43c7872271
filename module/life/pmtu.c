// SPDX-License-Identifier: GPL-2.0-only
/* Path MTU discovery, RFC 1191: a router could not pass a segment on. */
#include "xtcp.h"
#include "ip/route.h"
#include "life/output.h"
#include "life/pmtu.h"
#include "life/recovery.h"

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
	u32 old = xs->pmtu;

	sock_owned_by_me(sk);
	if (XTCP_STATE_IN(sk, TCPF_LISTEN | TCPF_CLOSE))
		return;
	if (!xtcp_route_narrowed(sk, READ_ONCE(xs->mtu_info)) ||
	    xtcp_output_sync_pmtu(sk) >= old)
		return;
	xtcp_output_sync_mss(sk);
	xtcp_recovery_too_long(sk);
}
