/* SPDX-License-Identifier: GPL-2.0-only */
/* What icmp.c is asked; described there. */
#ifndef _XTCP_ICMP_H
#define _XTCP_ICMP_H

#include "xtcp.h"

/**
 * enum xtcp_icmp_kind - what an ICMP error asks for
 * @XTCP_ICMP_ERROR: to be told, or believed
 * @XTCP_ICMP_REDIRECT: to take another router
 * @XTCP_ICMP_TOO_BIG: to send less at a time
 */
enum xtcp_icmp_kind {
	XTCP_ICMP_ERROR,
	XTCP_ICMP_REDIRECT,
	XTCP_ICMP_TOO_BIG,
};

/**
 * struct xtcp_icmp - one ICMP error about a segment of ours
 * @skb: data at the IP header
 * @kind: &enum xtcp_icmp_kind
 * @type: ICMP type
 * @code: ICMP code
 * @unreachable: the way is broken, not congested (RFC 6069)
 * @fatal: a handshake need not go on (E-33)
 * @err: what to tell the program, 0: nothing
 * @info: next-hop MTU, gateway or pointer, by type
 * @quoted: offset of the IP header that it quotes
 * @tcp: offset of the TCP header behind that
 * @seq: sequence number that it quotes
 * @ttl: time to live that it quotes
 * @key: the connection
 */
struct xtcp_icmp {
	struct sk_buff *skb;
	enum xtcp_icmp_kind kind;
	u8 type;
	u8 code;
	bool unreachable;
	bool fatal;
	int err;
	u32 info;
	unsigned int quoted;
	unsigned int tcp;
	u32 seq;
	u8 ttl;
	struct xtcp_lookup key;
};

bool xtcp_icmp_read(struct net *net, struct sk_buff *skb,
		    struct xtcp_icmp *e);
void xtcp_icmp_queue(struct sock *sk, const struct xtcp_icmp *e);

#endif /* _XTCP_ICMP_H */
