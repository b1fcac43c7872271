/* SPDX-License-Identifier: GPL-2.0-only */
/* The peer's timestamps: TS.Recent of RFC 7323, and when it was taken. */
#ifndef _XTCP_TSTAMP_H
#define _XTCP_TSTAMP_H

#include <linux/timekeeping.h>

#include "xtcp.h"

static inline void xtcp_tstamp_learn(struct xtcp_sock *xs, u32 tsval)
{
	xs->ts_recent = tsval;
	xs->ts_recent_stamp = ktime_get_seconds();
}

/* Of an earlier connection of these names, whose segments it keeps out (D-67) */
static inline void xtcp_tstamp_inherit(struct xtcp_sock *xs, u32 tsval,
				       u32 stamp)
{
	xs->ts_recent = tsval;
	xs->ts_recent_stamp = stamp;
}

/* Is the echo in hand of a time before @ms? (RFC 3522) */
static inline bool xtcp_tstamp_echoes_before(const struct xtcp_sock *xs, u32 ms)
{
	return xs->saw_tstamp && xs->rcv_tsecr &&
	       seq_before(xs->rcv_tsecr - xs->ts_off, ms);
}

#endif /* _XTCP_TSTAMP_H */
