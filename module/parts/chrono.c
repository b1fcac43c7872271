// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a sender's time goes: busy, of which some waits for the peer's window, some
 * for room in the send buffer (tcpi_busy_time and its neighbours, G-121).
 */
#include "xtcp.h"
#include "parts/chrono.h"
#include "parts/sndqueue.h"

/* jiffies of one kind, with those that pass now */
static u32 chrono_time(const struct xtcp_sock *xs, enum xtcp_chrono kind)
{
	u32 time = xs->chrono_time[kind - 1];

	return xs->chrono == kind ?
	       time + xtcp_jiffies32() - xs->chrono_start : time;
}

/**
 * xtcp_chrono_switch() - from now on time goes there and nowhere else
 * @xs: locked
 * @kind: where
 *
 * Counterpart of the kernel's tcp_chrono_start().
 */
void xtcp_chrono_switch(struct xtcp_sock *xs, enum xtcp_chrono kind)
{
	if (xs->chrono)
		xs->chrono_time[xs->chrono - 1] = chrono_time(xs, xs->chrono);
	xs->chrono_start = xtcp_jiffies32();
	xs->chrono = kind;
}

/**
 * xtcp_chrono_stop() - and no longer
 * @sk: locked
 * @kind: where it went, if nothing greater was the reason
 *
 * Counterpart of the kernel's tcp_chrono_stop().
 */
void xtcp_chrono_stop(struct sock *sk, enum xtcp_chrono kind)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (!xs->chrono)
		return;
	if (!xtcp_has_unsent(sk) && !xtcp_rtx_head(xs))
		xtcp_chrono_switch(xs, XTCP_CHRONO_IDLE);
	else if (kind == xs->chrono && kind != XTCP_CHRONO_BUSY)
		xtcp_chrono_switch(xs, XTCP_CHRONO_BUSY);
}

/**
 * xtcp_chrono_us() - how much time has gone there
 * @xs: locked
 * @kind: where
 *
 * Return: us; of a greater reason not counted.
 */
u64 xtcp_chrono_us(const struct xtcp_sock *xs, enum xtcp_chrono kind)
{
	return (u64)chrono_time(xs, kind) * (USEC_PER_SEC / HZ);
}
