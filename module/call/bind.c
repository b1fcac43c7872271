// SPDX-License-Identifier: GPL-2.0-only
/* bind(): what an address must be, and who may have it (inventory B.1, B.2). */
#include <linux/capability.h>
#include <linux/inetdevice.h>
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/route.h>

#include "xtcp.h"
#include "call/bind.h"
#include "port/getport.h"
#include "port/port.h"

/* B-07: an address of this host, or a program that may take any. */
static bool bind_addr_ok(struct sock *sk, __be32 addr, int type)
{
	struct net *net = sock_net(sk);

	return type == RTN_LOCAL || type == RTN_MULTICAST ||
	       type == RTN_BROADCAST || addr == htonl(INADDR_ANY) ||
	       READ_ONCE(net->ipv4.sysctl_ip_nonlocal_bind) ||
	       xtcp_inet_flag(freebind, FREEBIND, sk) ||
	       xtcp_inet_flag(transparent, TRANSPARENT, sk);
}

/* The port, and what a program of the cgroup says to it (B-10 to B-12). */
static int bind_port(struct sock *sk, u16 port, u32 flags)
{
	struct inet_sock *inet = inet_sk(sk);
	int err = 0;

	if (port || !(xtcp_inet_flag(bind_address_no_port,
				     BIND_ADDRESS_NO_PORT, sk) ||
		      flags & BIND_FORCE_ADDRESS_NO_PORT)) {
		err = xtcp_getport_bind(sk, port);
		if (!err)
			err = BPF_CGROUP_RUN_PROG_INET4_POST_BIND(sk);
	}
	if (err) {
		inet->inet_rcv_saddr = 0;
		inet->inet_saddr = 0;
		xtcp_port_put(sk);
	}
	return err;
}

/*
 * B-09, B-13 to B-16: once only, and still CLOSE; the address and port that were asked
 * for are kept when a connection ends, those that the kernel chose are not.
 */
static int bind_locked(struct sock *sk, __be32 addr, u16 port, bool no_src,
		       u32 flags)
{
	struct inet_sock *inet = inet_sk(sk);
	int err;

	if (sk->sk_state != TCP_CLOSE || inet->inet_num)
		return -EINVAL;
	inet->inet_rcv_saddr = addr;
	inet->inet_saddr = no_src ? 0 : addr;
	err = bind_port(sk, port, flags);
	if (err)
		return err;
	if (addr)
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (port)
		sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	inet->inet_sport = htons(inet->inet_num);
	inet->inet_daddr = 0;
	inet->inet_dport = 0;
	sk_dst_reset(sk);
	return 0;
}

/**
 * xtcp_bind() - bind(), the checks of B.1 in their order
 * @sk: not locked
 * @sin: address, in kernel memory: a program of the cgroup may rewrite it
 * @len: its length
 *
 * Counterpart of the kernel's inet_bind() and __inet_bind().
 *
 * Context: process.
 * Return: 0, -EINVAL, -EAFNOSUPPORT, -EADDRNOTAVAIL, -EACCES, -EADDRINUSE or
 *	   what the cgroup's program says.
 */
int xtcp_bind(struct sock *sk, struct sockaddr_in *sin, int len)
{
	struct net *net = sock_net(sk);
	u32 flags = 0;
	__be32 addr;
	u32 table;
	u16 port;
	int type, err;

	if (len < (int)sizeof(*sin))
		return -EINVAL;
	err = xtcp_cgroup_bind(sk, sin, &len, &flags);
	if (err)
		return err;
	addr = sin->sin_addr.s_addr;
	if (sin->sin_family != AF_INET &&
	    (sin->sin_family != AF_UNSPEC || addr != htonl(INADDR_ANY)))
		return -EAFNOSUPPORT;
	table = l3mdev_fib_table_by_index(net, sk->sk_bound_dev_if) ?:
		RT_TABLE_LOCAL;
	type = inet_addr_type_table(net, addr, table);
	if (!bind_addr_ok(sk, addr, type))
		return -EADDRNOTAVAIL;
	port = ntohs(sin->sin_port);
	if (!(flags & BIND_NO_CAP_NET_BIND_SERVICE) && port &&
	    inet_port_requires_bind_service(net, port) &&
	    !ns_capable(net->user_ns, CAP_NET_BIND_SERVICE))
		return -EACCES;
	lock_sock(sk);
	err = bind_locked(sk, addr, port,
			  type == RTN_MULTICAST || type == RTN_BROADCAST,
			  flags);
	release_sock(sk);
	return err;
}
