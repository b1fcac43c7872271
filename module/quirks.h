/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where TCP itself behaves differently from kernel to kernel: XTCP does as the TCP
 * beside it.  Differences of the kernel's functions are in compat.h.
 */
#ifndef _XTCP_QUIRKS_H
#define _XTCP_QUIRKS_H

#include "compat.h"

/*
 * 6.8: TCP asks whether a port had no owner after it has added the new one, so
 * what it remembers of owners (B.5) never begins afresh.
 */
#define XTCP_OWNERS_BEGIN_AFRESH XTCP_KERNEL_BEFORE(6, 8)

/*
 * 6.13: an ACK or RST in a full socket's name is that socket's to filter rules, one
 * in the name of TIME_WAIT is nobody's.
 */
#define XTCP_REPLIES_ARE_OWNED (!XTCP_KERNEL_BEFORE(6, 13))

/* By 6.12: a SYN is challenged before its timestamp is found to be old (E-42). */
#define XTCP_SYN_BEFORE_PAWS (!XTCP_KERNEL_BEFORE(6, 12))

/* By 7.2: an ACK of what was never sent is challenged (RFC 5961 5.2; E-48). */
#define XTCP_UNSENT_IS_CHALLENGED (!XTCP_KERNEL_BEFORE(7, 2))

/* By 7.2: where nothing waits nothing is looked for when memory is short (G-127). */
#define XTCP_EMPTY_IS_NOT_PRUNED (!XTCP_KERNEL_BEFORE(7, 2))

/* By 7.2: what is too old for TIME_WAIT has a counter of its own (E-51). */
#define XTCP_TW_PAWS_APART (!XTCP_KERNEL_BEFORE(7, 2))

/*
 * By 7.2: data that ends beyond the window is taken only where none waits to be read
 * (H-68); and the window is as far as was ever offered (H-71).
 */
#define XTCP_BEYOND_IS_DROPPED (!XTCP_KERNEL_BEFORE(7, 2))
#define XTCP_EVER_OFFERED_COUNTS (!XTCP_KERNEL_BEFORE(7, 2))

/* By 6.12: a FIN by itself is taken even if the window is shut (H-69). */
#define XTCP_BARE_FIN_IS_TAKEN (!XTCP_KERNEL_BEFORE(6, 12))

/*
 * 6.6: data are worth as much window as they turn out to weigh, tcp_adv_win_scale
 * nothing (J-31).
 */
#define XTCP_WINDOW_IS_WEIGHED (!XTCP_KERNEL_BEFORE(6, 6))

/* By 6.12: what waits to be read yet does not count for the reader's pace (G-125). */
#define XTCP_UNREAD_SLOWS (!XTCP_KERNEL_BEFORE(6, 12))

/* By 6.12: an echo within its millisecond tells no round trip (H-10). */
#define XTCP_RCV_RTT_NEEDS_A_TICK (!XTCP_KERNEL_BEFORE(6, 12))

/* By 7.2: a longer one counts only where the program has read everything (H-10). */
#define XTCP_RCV_RTT_IS_STRICT (!XTCP_KERNEL_BEFORE(7, 2))

/* By 6.12: who has no memory for data in order says that the window is shut (H-69). */
#define XTCP_NO_MEMORY_SHUTS (!XTCP_KERNEL_BEFORE(6, 12))

/*
 * By 7.2: the buffer is twice the reader's pace without a cushion, and has room for
 * what waits beyond a gap (G-125).
 */
#define XTCP_RCVBUF_SPANS_GAP (!XTCP_KERNEL_BEFORE(7, 2))

/* 7.2: below such a round trip, in us, it grows by less */
static inline u32 xtcp_rcvbuf_low_rtt(const struct net *net)
{
#if XTCP_KERNEL_BEFORE(7, 2)
	return 0;
#else
	return READ_ONCE(net->ipv4.sysctl_tcp_rcvbuf_low_rtt);
#endif
}

/* By 7.2: a negative TCP_WINDOW_CLAMP is less than the least (G-94). */
#if XTCP_KERNEL_BEFORE(7, 2)
#define xtcp_window_clamp_max(a, b) max_t(u32, a, b)
#else
#define xtcp_window_clamp_max(a, b) max_t(int, a, b)
#endif

/* 6.12: a loss probe that was sent again counts among what D-SACKs may tell of. */
#define XTCP_UNDO_COUNTS_PROBE (!XTCP_KERNEL_BEFORE(6, 12))

/* 6.11: the least of a timeout, when a socket is made (tcp_rto_min_us), in jiffies */
static inline u32 xtcp_rto_min(const struct net *net)
{
#if XTCP_KERNEL_BEFORE(6, 11)
	return HZ / 5;
#else
	return max_t(u32, 1, usecs_to_jiffies(READ_ONCE(net->ipv4.sysctl_tcp_rto_min_us)));
#endif
}

/*
 * By 6.12: that least counts for a loss probe of a single segment (H-29), and ACKs wait
 * less than that (H-60).
 */
#define XTCP_RTO_MIN_IS_MUTUAL (!XTCP_KERNEL_BEFORE(6, 12))

/* 6.19: how much of a round trip an ACK may wait for others (H-65), in percent */
static inline u32 xtcp_comp_sack_percent(const struct net *net)
{
#if XTCP_KERNEL_BEFORE(6, 19)
	return 5;
#else
	return READ_ONCE(net->ipv4.sysctl_tcp_comp_sack_rtt_percent);
#endif
}

/* 6.5: the first SYNs are repeated at equal distances (D-38). */
static inline int xtcp_syn_linear_timeouts(const struct net *net)
{
#if XTCP_KERNEL_BEFORE(6, 5)
	return 0;
#else
	return READ_ONCE(net->ipv4.sysctl_tcp_syn_linear_timeouts);
#endif
}

#endif /* _XTCP_QUIRKS_H */
