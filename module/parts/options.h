/* SPDX-License-Identifier: GPL-2.0-only */
/* What options.c is asked; described there. */
#ifndef _XTCP_OPTIONS_H
#define _XTCP_OPTIONS_H

#include "xtcp.h"

/**
 * struct xtcp_options - the options of one received segment
 * @mss: peer's MSS, 0 if absent
 * @wscale: shift count
 * @wscale_ok: the option was there
 * @tstamp_ok: the option was there
 * @sack_ok: SACK-permitted was there
 * @sack_at: where the first SACK block is, in bytes from the TCP header; 0: nowhere
 * @num_sacks: blocks there, XTCP_MAX_SACKS at most; @sack_ok says nothing of them
 * @tsval: peer's clock
 * @tsecr: our clock, echoed
 */
struct xtcp_options {
	u16 mss;
	u8 wscale;
	bool wscale_ok;
	bool tstamp_ok;
	bool sack_ok;
	u8 sack_at;
	u8 num_sacks;
	u32 tsval;
	u32 tsecr;
};

void xtcp_options_parse(const struct sk_buff *skb, struct xtcp_options *o);
unsigned int xtcp_options_write_syn(__be32 *p, const struct xtcp_options *o);
unsigned int xtcp_options_write(__be32 *p, bool tstamp_ok, u32 tsval,
				u32 tsecr);

#endif /* _XTCP_OPTIONS_H */
