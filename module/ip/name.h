/* SPDX-License-Identifier: GPL-2.0-only */
/* What name.c is asked; described there. */
#ifndef _XTCP_NAME_H
#define _XTCP_NAME_H

#include <linux/bpf-cgroup.h>

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

/* What a program of the cgroup says to a port: 0 or an error */
static inline int xtcp_name_post_bind(struct sock *sk)
{
	return BPF_CGROUP_RUN_PROG_INET4_POST_BIND(sk);
}

int xtcp_name_bind(struct sock *sk, struct sockaddr *uaddr, int len,
		   struct xtcp_name *name, u32 *flags);
int xtcp_name_connect(struct sock *sk, struct sockaddr *uaddr, int len,
		      struct xtcp_name *name);
int xtcp_name_local(struct sock *sk, struct sockaddr *uaddr);
int xtcp_name_peer(struct sock *sk, struct sockaddr *uaddr);

#endif /* _XTCP_NAME_H */
