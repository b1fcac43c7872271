/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layout of what is on the wire: RFC 791 and RFC 9293 headers as the kernel
 * declares them, option kinds and flag bits under the names of the RFCs.
 */
#ifndef _XTCP_SEGMENT_H
#define _XTCP_SEGMENT_H

#include <linux/ip.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>

/* RFC 9293 3.1: control bits, as they stand in byte 13 of the header. */
#define XTCP_FIN	0x01
#define XTCP_SYN	0x02
#define XTCP_RST	0x04
#define XTCP_PSH	0x08
#define XTCP_ACK	0x10
#define XTCP_URG	0x20
#define XTCP_ECE	0x40
#define XTCP_CWR	0x80

/* RFC 9293 3.2, RFC 7323, RFC 2018: option kinds and lengths. */
#define XTCP_OPT_EOL		0
#define XTCP_OPT_NOP		1
#define XTCP_OPT_MSS		2
#define XTCP_OPT_WSCALE		3
#define XTCP_OPT_SACK_PERM	4
#define XTCP_OPT_SACK		5
#define XTCP_OPT_TIMESTAMP	8

#define XTCP_OLEN_MSS		4
#define XTCP_OLEN_WSCALE	3
#define XTCP_OLEN_SACK_PERM	2
#define XTCP_OLEN_SACK_BASE	2
#define XTCP_OLEN_SACK_ALIGNED	4	/* NOP NOP SACK, without blocks */
#define XTCP_OLEN_SACK_BLOCK	8
#define XTCP_OLEN_TIMESTAMP	10
#define XTCP_OLEN_TS_ALIGNED	12	/* NOP NOP TS */

#define XTCP_MAX_SACKS		4	/* as many as fit in (RFC 2018 3) */
#define XTCP_MAX_WSCALE		14	/* RFC 7323 2.3 */
#define XTCP_MAX_WINDOW		32767U	/* TCP_MAXSEG's upper bound */
#define XTCP_MSS_DEFAULT	536U	/* RFC 9293 3.7.1, E-13 */
#define XTCP_MSS_MIN		88	/* TCP_MAXSEG's lower one */

static inline u8 xtcp_flag_byte(const struct tcphdr *th)
{
	return ((const u8 *)th)[13];
}

/* RFC 9293 3.4: sequence numbers are compared modulo 2^32. */
static inline bool seq_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

#define seq_after(a, b)		seq_before(b, a)

/* b <= a <= c */
static inline bool seq_between(u32 a, u32 b, u32 c)
{
	return c - b >= a - b;
}

/* The four bits behind the header's length; newer kernels name one of them. */
static inline u8 xtcp_reserved_bits(const struct tcphdr *th)
{
	return ((const u8 *)th)[12] & 0x0f;
}

struct net;

bool xtcp_segment_in_window(u32 seq, u32 end_seq, u32 start, u32 end);
bool xtcp_segment_paws_fresh(u32 stamp, bool rst);

/*
 * RFC 7323 5.3: is timestamp @tsval older than the last one taken, @ts_recent, at
 * @stamp (seconds)?  @rst: of a RST
 */
static inline bool xtcp_segment_paws_reject(u32 ts_recent, u32 stamp, u32 tsval, bool rst)
{
	return unlikely((s32)(ts_recent - tsval) > 0) && ts_recent &&
	       xtcp_segment_paws_fresh(stamp, rst);
}

bool xtcp_segment_too_soon(struct net *net, u32 *last);
bool xtcp_segment_limited(struct net *net, const struct sk_buff *skb, u32 *last);
bool xtcp_segment_challenge_allowed(struct net *net);

#endif /* _XTCP_SEGMENT_H */
