/* SPDX-License-Identifier: GPL-2.0-only */
/* What name.c is asked; described there. */
#ifndef _XTCP_NAME_H
#define _XTCP_NAME_H

#include "xtcp.h"

/**
 * struct xtcp_name - what a program says of one end
 * @addr: address
 * @port: port
 * @group: the address is one of many, and none to send from (B-79)
 */
struct xtcp_name {
	struct xtcp_addr addr;
	__be16 port;
	bool group;
};

int xtcp_name_bind(struct sock *sk, struct sockaddr *uaddr, int len,
		   struct xtcp_name *name, u32 *flags);
int xtcp_name_post_bind(struct sock *sk);
int xtcp_name_connect(struct sock *sk, struct sockaddr *uaddr, int len,
		      struct xtcp_name *name);
void xtcp_name_of_sock(const struct sock *sk, struct sockaddr_storage *local,
		       struct sockaddr_storage *peer);
int xtcp_name_local(struct sock *sk, struct sockaddr *uaddr);
int xtcp_name_peer(struct sock *sk, struct sockaddr *uaddr);

#endif /* _XTCP_NAME_H */
