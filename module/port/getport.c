// SPDX-License-Identifier: GPL-2.0-only
/*
 * A local port for bind() and for connect(): the one that the program wants, or
 * one of our choice.
 */
#include "xtcp.h"
#include "port/ephemeral.h"
#include "port/getport.h"
#include "port/owners.h"
#include "port/port.h"

/**
 * xtcp_getport_bind() - claim a local port (proto.get_port)
 * @sk: locked, receive address set; CLOSE, or LISTEN with its port to check
 *	the rules again (B-56)
 * @port: host order, 0: choose one
 *
 * Counterpart of the kernel's inet_csk_get_port().
 *
 * Context: process.
 * Return: 0 or -EADDRINUSE (B-10).
 */
int xtcp_getport_bind(struct sock *sk, unsigned short port)
{
	struct xtcp_bind_rules r;

	sock_owned_by_me(sk);
	xtcp_port_rules(sk, &r);
	return port ? xtcp_port_bind_at(sk, port, &r) :
		      xtcp_ephemeral_bind(sk, &r);
}

/**
 * xtcp_getport_connect() - complete and claim the 4-tuple of an active open
 * @sk: locked, SYN_SENT, addresses and peer port set; if it has a port it
 *	keeps it
 *
 * On success the socket is in the table of connections.
 *
 * Counterpart of the kernel's inet_hash_connect().
 *
 * Context: process.
 * Return: 0, -EADDRNOTAVAIL (D-26, D-27) or -ENOMEM (D-28).
 */
int xtcp_getport_connect(struct sock *sk)
{
	u16 port = inet_sk(sk)->inet_num;
	int err;

	sock_owned_by_me(sk);
	if (!port)
		return xtcp_ephemeral_connect(sk);
	/* The address may be known only now. */
	err = xtcp_port_update(sk);
	return err ?: xtcp_port_connect_at(sk, port, false);
}
