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
 * @t: its names
 *
 * A keyed hash of the tuple plus a clock of 64 ns ticks: unpredictable from
 * outside, growing from one incarnation of a tuple to the next.
 *
 * Counterpart of the kernel's secure_tcp_seq().
 *
 * Context: any.
 * Return: the number.
 */
u32 xtcp_isn(const struct xtcp_tuple *t)
{
	u32 hash;

	net_get_random_once(&isn_key, sizeof(isn_key));
	hash = xtcp_addrs_siphash_1u32(t->laddr, t->raddr, xtcp_tuple_ports(t),
				       &isn_key);
	return hash + (u32)(ktime_get_real_ns() >> 6);
}

/**
 * xtcp_ts_offset() - what is added to the timestamp clock (D-64)
 * @net: namespace; tcp_timestamps other than 1 means no offset
 * @t: names of the connection, of which the addresses count
 *
 * Counterpart of the kernel's secure_tcp_ts_off(), by now a half of its
 * secure_tcp_seq_and_ts_off().
 *
 * Context: any.
 * Return: milliseconds.
 */
u32 xtcp_ts_offset(struct net *net, const struct xtcp_tuple *t)
{
	if (READ_ONCE(net->ipv4.sysctl_tcp_timestamps) != 1)
		return 0;
	net_get_random_once(&ts_key, sizeof(ts_key));
	return xtcp_addrs_siphash(t->laddr, t->raddr, &ts_key);
}
