/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names as programs write and read them: struct sockaddr_in (inventory B.1, D.1), and
 * the programs of a cgroup that may have a say in them.  What bind() and connect()
 * were given is read here, inline, as it is on the way of each.
 */
#ifndef _XTCP_NAME_H
#define _XTCP_NAME_H

#include <linux/bpf-cgroup.h>
#include <linux/inetdevice.h>
#include <net/l3mdev.h>
#include <net/route.h>

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

/* B-07: an address of this host, or a program that may take any. */
static inline bool xtcp_name_bindable(struct sock *sk, __be32 addr, int type)
{
	struct net *net = sock_net(sk);

	return type == RTN_LOCAL || type == RTN_MULTICAST ||
	       type == RTN_BROADCAST || addr == htonl(INADDR_ANY) ||
	       READ_ONCE(net->ipv4.sysctl_ip_nonlocal_bind) ||
	       xtcp_inet_flag(freebind, FREEBIND, sk) ||
	       xtcp_inet_flag(transparent, TRANSPARENT, sk);
}

/**
 * xtcp_name_bind() - what bind() was given
 * @sk: not locked
 * @uaddr: address, in kernel memory: a program of the cgroup may rewrite it
 * @len: its length
 * @name: set to it
 * @flags: set to BIND_* as that program says
 *
 * Context: process.
 * Return: 0, -EINVAL, -EAFNOSUPPORT, -EADDRNOTAVAIL or what the cgroup's
 *	   program says.
 */
static __always_inline int xtcp_name_bind(struct sock *sk,
					  struct sockaddr *uaddr, int len,
					   struct xtcp_name *name, u32 *flags)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)uaddr;
	struct net *net = sock_net(sk);
	__be32 addr;
	u32 table;
	int type, err;

	if (len < (int)sizeof(*sin))
		return -EINVAL;
	err = xtcp_cgroup_bind(sk, sin, &len, flags);
	if (err)
		return err;
	addr = sin->sin_addr.s_addr;
	if (sin->sin_family != AF_INET &&
	    (sin->sin_family != AF_UNSPEC || addr != htonl(INADDR_ANY)))
		return -EAFNOSUPPORT;
	table = l3mdev_fib_table_by_index(net, sk->sk_bound_dev_if) ?:
		RT_TABLE_LOCAL;
	type = inet_addr_type_table(net, addr, table);
	if (!xtcp_name_bindable(sk, addr, type))
		return -EADDRNOTAVAIL;
	name->addr.v4 = addr;
	name->port = sin->sin_port;
	name->group = type == RTN_MULTICAST || type == RTN_BROADCAST;
	return 0;
}

/**
 * xtcp_name_connect() - what connect() was given
 * @sk: locked
 * @uaddr: address, in kernel memory: a program of the cgroup may divert it
 * @len: its length
 * @name: set to it
 *
 * Context: process.
 * Return: 0, -EINVAL, -EAFNOSUPPORT or what the cgroup's program says.
 */
static __always_inline int xtcp_name_connect(struct sock *sk,
					     struct sockaddr *uaddr, int len,
					      struct xtcp_name *name)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)uaddr;
	int err = xtcp_cgroup_connect(sk, sin, &len);

	if (err)
		return err;
	if (len < (int)sizeof(*sin))
		return -EINVAL;
	if (sin->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	name->addr.v4 = sin->sin_addr.s_addr;
	name->port = sin->sin_port;
	name->group = false;
	return 0;
}

int xtcp_name_local(struct sock *sk, struct sockaddr *uaddr);
int xtcp_name_peer(struct sock *sk, struct sockaddr *uaddr);

#endif /* _XTCP_NAME_H */
