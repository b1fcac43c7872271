/* SPDX-License-Identifier: GPL-2.0-only */
/* What port.c is asked; described there. */
#ifndef _XTCP_PORT_H
#define _XTCP_PORT_H

#include "xtcp.h"
#include "port/owners.h"

struct xtcp_bind_rules;
struct xtcp_timewait;

void xtcp_port_rules(struct sock *sk, struct xtcp_bind_rules *r);
int xtcp_port_bind_at(struct sock *sk, u16 port,
		      const struct xtcp_bind_rules *r);
int xtcp_port_update(struct sock *sk);
void xtcp_port_reset_saddr(struct sock *sk);
int xtcp_port_connect_at(struct sock *sk, u16 port, bool auto_port);
bool xtcp_port_inherit(struct sock *child, const struct sock *listener);
void xtcp_port_put(struct sock *sk);
void xtcp_port_to_timewait(struct sock *sk, struct xtcp_timewait *tw);
void xtcp_port_put_timewait(struct xtcp_timewait *tw);
int xtcp_port_init(void);
void xtcp_port_exit(void);

/* By what its port's owners count it: XTCP_OWNER_* */
static inline unsigned int xtcp_port_class(const struct sock *sk)
{
	unsigned int class = 0;

	if (sk->sk_reuse && sk->sk_state != TCP_LISTEN)
		class |= XTCP_OWNER_REUSABLE;
	if (sk->sk_reuseport)
		class |= XTCP_OWNER_REUSEPORT;
	return class;
}

/*
 * SO_REUSEADDR and SO_REUSEPORT are set behind our back, with the lock held; its
 * release is the first that we hear of it (B-57).  @sk: locked
 */
static inline void xtcp_port_noticed(struct sock *sk)
{
	if (unlikely(xtcp_sk(sk)->bind &&
		     xtcp_sk(sk)->bind_class != xtcp_port_class(sk)))
		xtcp_port_update(sk);
}

#endif /* _XTCP_PORT_H */
