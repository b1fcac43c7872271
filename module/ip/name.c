// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names as programs write and read them: struct sockaddr_in (inventory B.1, D.1),
 * and the programs of a cgroup that may have a say in them.
 */
#include "xtcp.h"
#include "ip/name.h"

static void fill_name(struct sockaddr_in *sin, __be32 addr, __be16 port)
{
	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_port = port;
	sin->sin_addr.s_addr = addr;
}

/**
 * xtcp_name_local() - getsockname()
 * @sk: locked
 * @uaddr: where to; large enough
 *
 * Return: length.
 */
int xtcp_name_local(struct sock *sk, struct sockaddr *uaddr)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)uaddr;
	const struct inet_sock *inet = inet_sk(sk);
	int len = sizeof(*sin);

	sock_owned_by_me(sk);
	fill_name(sin, inet->inet_rcv_saddr ?: inet->inet_saddr,
		  inet->inet_sport);
	xtcp_cgroup_getsockname(sk, sin, &len);
	return len;
}

/**
 * xtcp_name_peer() - getpeername()
 * @sk: locked, with a peer
 * @uaddr: where to; large enough
 *
 * Return: length.
 */
int xtcp_name_peer(struct sock *sk, struct sockaddr *uaddr)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)uaddr;
	const struct inet_sock *inet = inet_sk(sk);
	int len = sizeof(*sin);

	sock_owned_by_me(sk);
	fill_name(sin, inet->inet_daddr, inet->inet_dport);
	xtcp_cgroup_getpeername(sk, sin, &len);
	return len;
}
