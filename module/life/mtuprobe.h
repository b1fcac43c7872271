/* SPDX-License-Identifier: GPL-2.0-only */
/* What mtuprobe.c is asked; described there. */
#ifndef _XTCP_MTUPROBE_H
#define _XTCP_MTUPROBE_H

#include "xtcp.h"

/**
 * enum xtcp_mtuprobe - what becomes of other data
 * @XTCP_MTUPROBE_NONE: it leaves as if nothing was
 * @XTCP_MTUPROBE_WAIT: it waits, as a probe will leave soon
 * @XTCP_MTUPROBE_SENT: it follows a probe
 */
enum xtcp_mtuprobe {
	XTCP_MTUPROBE_NONE,
	XTCP_MTUPROBE_WAIT,
	XTCP_MTUPROBE_SENT,
};

void xtcp_mtuprobe_begin(struct sock *sk, bool active);
enum xtcp_mtuprobe xtcp_mtuprobe_send(struct sock *sk, u32 mss, gfp_t gfp);
void xtcp_mtuprobe_acked(struct sock *sk);
bool xtcp_mtuprobe_lost(struct sock *sk);
void xtcp_mtuprobe_black_hole(struct sock *sk);

#endif /* _XTCP_MTUPROBE_H */
