/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of the IP level: what ipsockopt.c is asked, and what they say. */
#ifndef _XTCP_IPSOCKOPT_H
#define _XTCP_IPSOCKOPT_H

#include "xtcp.h"

/* IP_TOS */
static inline u8 xtcp_ip_tos(const struct sock *sk)
{
	return READ_ONCE(inet_sk(sk)->tos);
}

/* Of a child that nobody knows yet (tcp_reflect_tos) */
static inline void xtcp_ip_set_tos(struct sock *sk, u8 tos)
{
	inet_sk(sk)->tos = tos;
}

/* IP_TTL; 0: the route's */
static inline u8 xtcp_ip_ttl(const struct sock *sk)
{
	return inet_sk(sk)->uc_ttl < 0 ? 0 : inet_sk(sk)->uc_ttl;
}

/* IP_MINTTL: what the TTL of a segment must not be below (RFC 5082) */
static inline u8 xtcp_ip_min_ttl(const struct sock *sk)
{
	return READ_ONCE(inet_sk(sk)->min_ttl);
}

/* IP_RECVERR: the program reads about errors */
static inline bool xtcp_ip_recverr(const struct sock *sk)
{
	return xtcp_inet_flag(recverr, RECVERR, sk);
}

/* IP options and memberships belong to the listener, which frees them. */
static inline void xtcp_ipsockopt_init_child(struct sock *child)
{
	RCU_INIT_POINTER(inet_sk(child)->inet_opt, NULL);
	RCU_INIT_POINTER(inet_sk(child)->mc_list, NULL);
}

int xtcp_ipsockopt_set(struct sock *sk, int level, int optname,
		       sockptr_t optval, unsigned int optlen);
int xtcp_ipsockopt_get(struct sock *sk, int level, int optname,
		       char __user *optval, int __user *optlen);
void xtcp_ipsockopt_init(struct sock *sk);

#endif /* _XTCP_IPSOCKOPT_H */
