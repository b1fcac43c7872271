/* SPDX-License-Identifier: GPL-2.0-only */
/* What hystart.c is asked; described there. */
#ifndef _XTCP_HYSTART_H
#define _XTCP_HYSTART_H

#include "xtcp.h"

/**
 * struct xtcp_hystart - a slow start that watches the round trip (RFC 9406)
 * @round_end: SND.NXT when this round began
 * @last_rtt_us: least round trip of the last round, U32_MAX: none
 * @rtt_us: least of this one, U32_MAX: none yet
 * @css_rtt_us: least when the round trip was found to grow, 0: it was not; while it
 *		is, cwnd grows slowly (conservative slow start)
 * @samples: of this round
 * @css_rounds: since then
 * @css_acked: segments since cwnd last grew, in conservative slow start
 */
struct xtcp_hystart {
	u32 round_end;
	u32 last_rtt_us;
	u32 rtt_us;
	u32 css_rtt_us;
	u8 samples;
	u8 css_rounds;
	u8 css_acked;
};

void xtcp_hystart_begin(struct xtcp_hystart *h, const struct xtcp_sock *xs);
bool xtcp_hystart_sample(struct xtcp_hystart *h, const struct xtcp_sock *xs, s32 rtt_us);
u32 xtcp_hystart_growth(struct xtcp_hystart *h, u32 acked);

#endif /* _XTCP_HYSTART_H */
