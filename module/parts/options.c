// SPDX-License-Identifier: GPL-2.0-only
/* TCP options: parse and write (RFC 9293 3.2, RFC 7323, RFC 2018, inventory E.2). */
#include "xtcp.h"
#include "parts/options.h"

#define SACK_PERM	(XTCP_OPT_SACK_PERM << 8 | XTCP_OLEN_SACK_PERM)

/* RFC 2018 3: whole blocks, one at least; of two such options the last counts. */
static void parse_sack(u8 len, u8 at, struct xtcp_options *o)
{
	if (len <= XTCP_OLEN_SACK_BASE ||
	    (len - XTCP_OLEN_SACK_BASE) % XTCP_OLEN_SACK_BLOCK)
		return;
	o->sack_at = at + XTCP_OLEN_SACK_BASE;
	o->num_sacks = min((len - XTCP_OLEN_SACK_BASE) / XTCP_OLEN_SACK_BLOCK,
			   XTCP_MAX_SACKS);
}

/* @at: where it stands, from the header's start */
static void parse_one(const u8 *opt, u8 len, u8 at, bool syn,
		      struct xtcp_options *o)
{
	switch (opt[0]) {
	case XTCP_OPT_MSS:
		if (len == XTCP_OLEN_MSS && syn)
			o->mss = get_unaligned_be16(opt + 2);
		break;
	case XTCP_OPT_WSCALE:
		if (len != XTCP_OLEN_WSCALE || !syn)
			break;
		/* RFC 7323 2.3: more than 14 counts as 14. */
		if (opt[2] > XTCP_MAX_WSCALE)
			net_info_ratelimited("xtcp: Illegal window scaling value %u > %u received\n",
					     opt[2], XTCP_MAX_WSCALE);
		o->wscale = min_t(u8, opt[2], XTCP_MAX_WSCALE);
		o->wscale_ok = true;
		break;
	case XTCP_OPT_SACK_PERM:
		if (len == XTCP_OLEN_SACK_PERM && syn)
			o->sack_ok = true;
		break;
	case XTCP_OPT_SACK:
		parse_sack(len, at, o);
		break;
	case XTCP_OPT_TIMESTAMP:
		if (len != XTCP_OLEN_TIMESTAMP)
			break;
		o->tsval = get_unaligned_be32(opt + 2);
		o->tsecr = get_unaligned_be32(opt + 6);
		o->tstamp_ok = true;
		break;
	}
}

/**
 * xtcp_options_parse_each() - read the options of a segment, one by one
 * @skb: its TCP header is linear, data offset checked
 * @o: all 0; what is absent or malformed stays so (E-19, E-20)
 *
 * Context: any.
 */
void xtcp_options_parse_each(const struct sk_buff *skb, struct xtcp_options *o)
{
	const struct tcphdr *th = tcp_hdr(skb);
	const u8 *opt = (const u8 *)(th + 1);
	int left = th->doff * 4 - sizeof(*th);
	u8 len;

	while (left > 0) {
		if (opt[0] == XTCP_OPT_EOL)
			return;
		if (opt[0] == XTCP_OPT_NOP) {
			opt++;
			left--;
			continue;
		}
		if (left < 2)
			return;
		len = opt[1];
		if (len < 2 || len > left)
			return;
		parse_one(opt, len, opt - (const u8 *)th, th->syn, o);
		opt += len;
		left -= len;
	}
}

/**
 * xtcp_options_write_syn() - options of a SYN or SYN-ACK, in order (E-17)
 * @p: behind the fixed header, 40 bytes of room
 * @o: what to offer; @o->mss always
 *
 * Return: bytes written, a multiple of 4.
 */
unsigned int xtcp_options_write_syn(__be32 *p, const struct xtcp_options *o)
{
	__be32 *start = p;

	*p++ = htonl(XTCP_OPT_MSS << 24 | XTCP_OLEN_MSS << 16 | o->mss);
	/* Where both are offered the one fills the other's first word up. */
	if (o->tstamp_ok)
		p = xtcp_options_tstamp(p, o->sack_ok ? SACK_PERM : XTCP_TWO_NOPS,
					o->tsval, o->tsecr);
	else if (o->sack_ok)
		*p++ = htonl(XTCP_TWO_NOPS << 16 | SACK_PERM);
	if (o->wscale_ok)
		*p++ = htonl(XTCP_OPT_NOP << 24 | XTCP_OPT_WSCALE << 16 |
			     XTCP_OLEN_WSCALE << 8 | o->wscale);
	return (p - start) * sizeof(*p);
}
