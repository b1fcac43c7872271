/* SPDX-License-Identifier: GPL-2.0-only */
/* What recovery.c is asked; described there. */
#ifndef _XTCP_RECOVERY_H
#define _XTCP_RECOVERY_H

#include "xtcp.h"

/**
 * struct xtcp_ack - what one acknowledgment did
 * @segs: whole segments that it newly acknowledged
 * @delivered: these, and a SYN
 * @first_us: when the oldest of them that was never sent again had left, 0: none
 * @retrans: some had been sent again
 * @whole: it acknowledged a whole one, or the SYN
 * @advanced: it moved SND.UNA, if only inside a segment
 * @new_window: it brought a window that counts
 * @duplicate: it is a duplicate in the sense of RFC 5681
 * @echo: it tells of an ECN mark
 *
 * Filled in ack.c, once, and handed down.
 */
struct xtcp_ack {
	u32 segs;
	u32 delivered;
	u64 first_us;
	bool retrans;
	bool whole;
	bool advanced;
	bool new_window;
	bool duplicate;
	bool echo;
};

void xtcp_recovery_timeout(struct sock *sk);
int xtcp_recovery_head(struct sock *sk);
void xtcp_recovery_ack(struct sock *sk, const struct xtcp_ack *a);
void xtcp_recovery_repair(struct sock *sk);
void xtcp_recovery_syn(struct xtcp_sock *xs);
void xtcp_recovery_too_long(struct sock *sk);

#endif /* _XTCP_RECOVERY_H */
