/* SPDX-License-Identifier: GPL-2.0-only */
/* What tso.c is asked; described there. */
#ifndef _XTCP_TSO_H
#define _XTCP_TSO_H

#include "xtcp.h"

/**
 * enum xtcp_tso_wait - what a super-segment waits for
 * @XTCP_TSO_SEND: nothing
 * @XTCP_TSO_CWND: room in cwnd
 * @XTCP_TSO_WINDOW: room in the peer's window
 * @XTCP_TSO_MORE: more data
 */
enum xtcp_tso_wait {
	XTCP_TSO_SEND,
	XTCP_TSO_CWND,
	XTCP_TSO_WINDOW,
	XTCP_TSO_MORE,
};

u32 xtcp_tso_autosize(unsigned long rate, u32 rtt, u32 max, u32 mss, u32 least);
u32 xtcp_tso_segs(const struct sock *sk, u32 max, u32 mss, u32 least);
enum xtcp_tso_wait xtcp_tso_defer(const struct sock *sk,
				  const struct sk_buff *skb, u32 segs, u64 now);

#endif /* _XTCP_TSO_H */
