// SPDX-License-Identifier: GPL-2.0-only
/*
 * The search for the largest packet that passes (RFC 4821 7): between one that does
 * and one that may, the middle is tried.  Sizes are of packets, IP header included.
 * How a probe is made, and what follows from its fate, is in mtuprobe.c.
 */
#include "xtcp.h"
#include "parts/mss.h"
#include "parts/mtup.h"

/**
 * xtcp_mtup_begin() - a connection stands: where the search will be
 * @xs: locked
 * @on: it starts at once (tcp_mtu_probing 2)
 * @low: what is likely to pass
 * @high: what the peer takes
 *
 * Counterpart of the kernel's tcp_mtup_init().
 */
void xtcp_mtup_begin(struct xtcp_sock *xs, bool on, u32 low, u32 high)
{
	xs->mtup_on = false;
	xs->mtup_held = false;
	xtcp_mtup_again(xs, low, high);
	if (on)
		xtcp_mtup_start(xs);
}

/**
 * xtcp_mtup_start() - the search starts
 * @xs: locked
 */
void xtcp_mtup_start(struct xtcp_sock *xs)
{
	xs->mtup_on = true;
	xtcp_mss_stale(xs);
	xs->mtup_stamp = xtcp_jiffies32();
}

/**
 * xtcp_mtup_next() - what is to be tried next
 * @xs: locked
 * @threshold: what is nearer to each other is near enough (tcp_probe_threshold)
 *
 * Return: bytes; 0: the search is over.
 */
u32 xtcp_mtup_next(const struct xtcp_sock *xs, int threshold)
{
	if (xs->mtup_low > xs->mtup_high ||
	    (s64)xs->mtup_high - xs->mtup_low < threshold)
		return 0;
	return (xs->mtup_high + xs->mtup_low) >> 1;
}

/**
 * xtcp_mtup_due() - is it time to search again?
 * @xs: locked
 * @interval: seconds from one start to the next (tcp_probe_interval)
 */
bool xtcp_mtup_due(const struct xtcp_sock *xs, u32 interval)
{
	return xtcp_jiffies32() - xs->mtup_stamp >= (u64)interval * HZ;
}

/**
 * xtcp_mtup_again() - another search: paths change
 * @xs: locked
 * @low: what passes now
 * @high: what the peer takes
 */
void xtcp_mtup_again(struct xtcp_sock *xs, u32 low, u32 high)
{
	xs->mtup_size = 0;
	xs->mtup_low = low;
	xs->mtup_high = high;
	xs->mtup_stamp = xtcp_jiffies32();
}

/**
 * xtcp_mtup_sent() - a probe has left
 * @xs: locked
 * @mtu: its size
 * @start: first sequence number in it
 * @end: the one after its last
 */
void xtcp_mtup_sent(struct xtcp_sock *xs, u32 mtu, u32 start, u32 end)
{
	xs->mtup_size = mtu;
	xs->mtup_start_seq = start;
	xs->mtup_end_seq = end;
}

/**
 * xtcp_mtup_passed() - it arrived: such packets pass
 * @xs: locked
 */
void xtcp_mtup_passed(struct xtcp_sock *xs)
{
	xs->mtup_low = xs->mtup_size;
	xs->mtup_size = 0;
	xtcp_mtup_hold(xs);
}

/**
 * xtcp_mtup_failed() - it alone was lost: such packets don't
 * @xs: locked
 */
void xtcp_mtup_failed(struct xtcp_sock *xs)
{
	xs->mtup_high = xs->mtup_size - 1;
	xs->mtup_size = 0;
}
