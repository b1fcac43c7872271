// SPDX-License-Identifier: GPL-2.0-only
/* bind(): what an address must be, and who may have it (inventory B.1, B.2). */
#include <linux/capability.h>
#include <net/ip.h>

#include "xtcp.h"
#include "call/bind.h"
#include "ip/name.h"
#include "port/getport.h"
#include "port/port.h"

/* The port, and what a program of the cgroup says to it (B-10 to B-12). */
static int bind_port(struct sock *sk, u16 port, u32 flags)
{
	int err = 0;

	if (port || !(xtcp_inet_flag(bind_address_no_port,
				     BIND_ADDRESS_NO_PORT, sk) ||
		      flags & BIND_FORCE_ADDRESS_NO_PORT)) {
		err = xtcp_getport_bind(sk, port);
		if (!err)
			err = xtcp_name_post_bind(sk);
	}
	if (err) {
		xtcp_addr_set_local(sk, XTCP_ADDR_ANY, XTCP_ADDR_ANY);
		xtcp_port_put(sk);
	}
	return err;
}

/*
 * B-09, B-13 to B-16: once only, and still CLOSE; the address and port that were asked
 * for are kept when a connection ends, those that the kernel chose are not.
 */
static int bind_locked(struct sock *sk, const struct xtcp_name *name, u32 flags)
{
	struct inet_sock *inet = inet_sk(sk);
	u16 port = ntohs(name->port);
	int err;

	if (sk->sk_state != TCP_CLOSE || inet->inet_num)
		return -EINVAL;
	xtcp_addr_set_local(sk, name->addr,
			    name->group ? XTCP_ADDR_ANY : name->addr);
	err = bind_port(sk, port, flags);
	if (err)
		return err;
	if (!xtcp_addr_is_any(name->addr))
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (port)
		sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	inet->inet_sport = htons(inet->inet_num);
	xtcp_addr_set_peer(sk, XTCP_ADDR_ANY);
	inet->inet_dport = 0;
	sk_dst_reset(sk);
	return 0;
}

/**
 * xtcp_bind() - bind(), the checks of B.1 in their order
 * @sk: not locked
 * @uaddr: address, in kernel memory: a program of the cgroup may rewrite it
 * @len: its length
 *
 * Counterpart of the kernel's inet_bind() and __inet_bind().
 *
 * Context: process.
 * Return: 0, -EINVAL, -EAFNOSUPPORT, -EADDRNOTAVAIL, -EACCES, -EADDRINUSE or
 *	   what the cgroup's program says.
 */
int xtcp_bind(struct sock *sk, struct sockaddr *uaddr, int len)
{
	struct net *net = sock_net(sk);
	struct xtcp_name name;
	u32 flags = 0;
	u16 port;
	int err;

	err = xtcp_name_bind(sk, uaddr, len, &name, &flags);
	if (err)
		return err;
	port = ntohs(name.port);
	if (!(flags & BIND_NO_CAP_NET_BIND_SERVICE) && port &&
	    inet_port_requires_bind_service(net, port) &&
	    !ns_capable(net->user_ns, CAP_NET_BIND_SERVICE))
		return -EACCES;
	lock_sock(sk);
	err = bind_locked(sk, &name, flags);
	release_sock(sk);
	return err;
}
