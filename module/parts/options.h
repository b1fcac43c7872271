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

void xtcp_options_parse_each(const struct sk_buff *skb, struct xtcp_options *o);
unsigned int xtcp_options_write_syn(__be32 *p, const struct xtcp_options *o);

#define XTCP_TWO_NOPS	(XTCP_OPT_NOP << 8 | XTCP_OPT_NOP)

#define XTCP_TSTAMP_ALIGNED	cpu_to_be32(XTCP_TWO_NOPS << 16 | XTCP_OPT_TIMESTAMP << 8 | \
					    XTCP_OLEN_TIMESTAMP)

/* RFC 7323 appendix A: nothing but timestamps, in the order all send them. */
static inline bool xtcp_options_aligned(const struct tcphdr *th, struct xtcp_options *o)
{
	const __be32 *p = (const __be32 *)(th + 1);

	if (th->doff * 4 != sizeof(*th) + XTCP_OLEN_TS_ALIGNED ||
	    get_unaligned(p) != XTCP_TSTAMP_ALIGNED)
		return false;
	o->tstamp_ok = true;
	o->tsval = get_unaligned_be32(p + 1);
	o->tsecr = get_unaligned_be32(p + 2);
	return true;
}

/* Reads the options of a segment; what is absent or malformed stays 0 (E-19, E-20). */
static inline void xtcp_options_parse(const struct sk_buff *skb, struct xtcp_options *o)
{
	memset(o, 0, sizeof(*o));
	if (unlikely(!xtcp_options_aligned(tcp_hdr(skb), o)))
		xtcp_options_parse_each(skb, o);
}

/* @pair: the two bytes in front, that align it */
static inline __be32 *xtcp_options_tstamp(__be32 *p, u16 pair, u32 tsval, u32 tsecr)
{
	*p++ = htonl(pair << 16 | XTCP_OPT_TIMESTAMP << 8 | XTCP_OLEN_TIMESTAMP);
	*p++ = htonl(tsval);
	*p++ = htonl(tsecr);
	return p;
}

/* Of any segment but a SYN, behind the fixed header; bytes written, a multiple of 4 */
static inline unsigned int xtcp_options_write(__be32 *p, bool tstamp_ok, u32 tsval,
					      u32 tsecr)
{
	if (!tstamp_ok)
		return 0;
	xtcp_options_tstamp(p, XTCP_TWO_NOPS, tsval, tsecr);
	return XTCP_OLEN_TS_ALIGNED;
}

#endif /* _XTCP_OPTIONS_H */
