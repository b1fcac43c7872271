// SPDX-License-Identifier: GPL-2.0-only
/* Initial sequence numbers and timestamp offsets: RFC 6528, RFC 7323 7.1. */
#include <linux/ktime.h>
#include <linux/once.h>
#include <linux/random.h>

#include "xtcp.h"
#include "table/isn.h"

static siphash_aligned_key_t isn_key;
static siphash_aligned_key_t ts_key;

/**
 * xtcp_isn() - initial sequence number of a connection (D-63)
 * @laddr: local address
 * @raddr: remote address
 * @lport: local port
 * @rport: remote port
 *
 * A keyed hash of the tuple plus a clock of 64 ns ticks: unpredictable from
 * outside, growing from one incarnation of a tuple to the next.
 *
 * Counterpart of the kernel's secure_tcp_seq().
 *
 * Context: any.
 * Return: the number.
 */
u32 xtcp_isn(__be32 laddr, __be32 raddr, __be16 lport, __be16 rport)
{
	u32 hash;

	net_get_random_once(&isn_key, sizeof(isn_key));
	hash = siphash_3u32((__force u32)laddr, (__force u32)raddr,
			    (__force u32)lport << 16 | (__force u32)rport,
			    &isn_key);
	return hash + (u32)(ktime_get_real_ns() >> 6);
}

/**
 * xtcp_ts_offset() - what is added to the timestamp clock (D-64)
 * @net: namespace; tcp_timestamps other than 1 means no offset
 * @laddr: local address
 * @raddr: remote address
 *
 * Counterpart of the kernel's secure_tcp_ts_off(), by now a half of its
 * secure_tcp_seq_and_ts_off().
 *
 * Context: any.
 * Return: milliseconds.
 */
u32 xtcp_ts_offset(struct net *net, __be32 laddr, __be32 raddr)
{
	if (READ_ONCE(net->ipv4.sysctl_tcp_timestamps) != 1)
		return 0;
	net_get_random_once(&ts_key, sizeof(ts_key));
	return siphash_2u32((__force u32)laddr, (__force u32)raddr, &ts_key);
}
