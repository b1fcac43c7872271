/* SPDX-License-Identifier: GPL-2.0-only */
/* What tlp.c is asked; described there. */
#ifndef _XTCP_TLP_H
#define _XTCP_TLP_H

#include "xtcp.h"

/* A probe left; @retrans: it was no new data */
static inline void xtcp_tlp_sent(struct xtcp_sock *xs, bool retrans)
{
	xs->tlp_high_seq = xs->snd_nxt;
	xs->tlp_retrans = retrans;
}

/* The episode is over. */
static inline void xtcp_tlp_end(struct xtcp_sock *xs)
{
	xs->tlp_high_seq = 0;
}

/* RFC 8985 7.1: with SACK, outside of recovery, unless tcp_early_retrans says no */
static inline bool xtcp_tlp_applies(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u8 mode = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_early_retrans);

	return xs->sack_ok && (mode == 3 || mode == 4) &&
	       (xs->ca_state == XTCP_CA_OPEN || xs->ca_state == XTCP_CA_CWR);
}

bool xtcp_tlp_schedule(struct sock *sk, bool advancing);

#endif /* _XTCP_TLP_H */
