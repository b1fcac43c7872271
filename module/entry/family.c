// SPDX-License-Identifier: GPL-2.0-only
/*
 * The address family: socket(), proto_ops, and the state machine of struct
 * socket beside that of struct sock (what af_inet is to TCP).
 */
#include <linux/net.h>
#include <linux/security.h>
#include <linux/sched/signal.h>
#include <net/inet_common.h>

#include "xtcp.h"
#include "call/bind.h"
#include "call/close.h"
#include "call/connect.h"
#include "call/listen.h"
#include "call/poll.h"
#include "call/recv.h"
#include "call/send.h"
#include "call/sockopt.h"
#include "entry/family.h"
#include "entry/proto.h"
#include "ip/ipsockopt.h"
#include "ip/name.h"
#include "life/shutdown.h"
#include "life/sock.h"
#include "port/port.h"

static int family = AF_XTCP;
module_param(family, int, 0444);
MODULE_PARM_DESC(family, "address family number to register (default 18)");

/* Counterpart of the kernel's inet_release(). */
static int family_release(struct socket *sock)
{
	struct sock *sk = sock->sk;
	long timeout = 0;

	if (!sk)
		return 0;
	/* I-23, I-39: a task that dies doesn't linger. */
	if (sock_flag(sk, SOCK_LINGER) && !(current->flags & PF_EXITING))
		timeout = sk->sk_lingertime;
	sock->sk = NULL;
	xtcp_close(sk, timeout);
	return 0;
}

static int family_bind(struct socket *sock, struct sockaddr_unsized *uaddr, int len)
{
	return xtcp_bind(sock->sk, (struct sockaddr *)uaddr, len);
}

/*
 * K-021: only while the handshake lasts; 0, or the error of the wait.
 * Counterpart of the kernel's inet_wait_for_connect().
 */
static int wait_connected(struct sock *sk, long *timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int dis = sk->sk_disconnects;
	int err = 0;

	add_wait_queue(sk_sleep(sk), &wait);
	while (XTCP_STATE_IN(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		release_sock(sk);
		*timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, *timeo);
		lock_sock(sk);
		if (sk->sk_disconnects != dis) {
			err = -EPIPE;
			break;
		}
		if (signal_pending(current) || !*timeo)
			break;
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	return err;
}

/* D-10, D-11: the attempt failed. */
static int connect_failed(struct socket *sock, struct sock *sk)
{
	int err = sock_error(sk) ?: -ECONNABORTED;

	sock->state = SS_UNCONNECTED;
	/* Who sleeps in another family_connect() has nothing to wait for either. */
	sk->sk_disconnects++;
	xtcp_close_disconnect(sk);
	/* That error was for this caller. */
	return err;
}

static int connect_start(struct socket *sock, struct sockaddr *uaddr, int len)
{
	struct sock *sk = sock->sk;
	int err;

	if (sk->sk_state != TCP_CLOSE)
		return -EISCONN;
	err = xtcp_connect(sk, uaddr, len);
	if (!err)
		sock->state = SS_CONNECTING;
	return err;
}

/* D-07 to D-11: the handshake is on its way. */
static int connect_finish(struct socket *sock, int err, int flags)
{
	struct sock *sk = sock->sk;
	long timeo = sock_sndtimeo(sk, flags & O_NONBLOCK);
	int wait_err;

	if (XTCP_STATE_IN(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		if (!timeo)
			return err;
		wait_err = wait_connected(sk, &timeo);
		if (wait_err)
			return wait_err;
		if (XTCP_STATE_IN(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
			if (!timeo)
				return err;
			return sock_intr_errno(timeo);
		}
	}
	if (sk->sk_state == TCP_CLOSE)
		return connect_failed(sock, sk);
	sock->state = SS_CONNECTED;
	return 0;
}

/*
 * connect(), by the state of struct socket (D.1).
 * Counterpart of the kernel's __inet_stream_connect().
 */
static int connect_locked(struct socket *sock, struct sockaddr *uaddr, int len,
			  int flags)
{
	struct sock *sk = sock->sk;
	int err;

	if (len < (int)sizeof(uaddr->sa_family))
		return -EINVAL;
	if (uaddr->sa_family == AF_UNSPEC) {
		/* D-48: who sleeps in another call learns that it is over. */
		sk->sk_disconnects++;
		xtcp_close_disconnect(sk);
		sock->state = SS_UNCONNECTED;
		return 0;
	}
	switch (sock->state) {
	case SS_CONNECTED:
		return -EISCONN;
	case SS_CONNECTING:
		return connect_finish(sock, -EALREADY, flags);
	case SS_UNCONNECTED:
		err = connect_start(sock, uaddr, len);
		return err ?: connect_finish(sock, -EINPROGRESS, flags);
	default:
		return -EINVAL;
	}
}

/* Counterpart of the kernel's inet_stream_connect(). */
static int family_connect(struct socket *sock, struct sockaddr_unsized *uaddr,
			  int len, int flags)
{
	int err;

	lock_sock(sock->sk);
	err = connect_locked(sock, (struct sockaddr *)uaddr, len, flags);
	release_sock(sock->sk);
	return err;
}

/* Counterpart of the kernel's inet_listen(). */
static int family_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED ||
	    !XTCP_STATE_IN(sk, TCPF_CLOSE | TCPF_LISTEN))
		goto out;
	WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
	err = 0;
	if (sk->sk_state != TCP_LISTEN)
		err = xtcp_listen_start(sk);
out:
	release_sock(sk);
	return err;
}

/* Counterpart of the kernel's inet_accept(). */
static int family_accept(XTCP_ACCEPT_ARGS)
{
	struct sock *child;
	int err;

	child = xtcp_listen_accept(sock->sk, XTCP_ACCEPT_FLAGS, &err);
	if (!child)
		return err;
	lock_sock(child);
	sock_graft(child, newsock);
	/* Its user is known now, and SO_REUSEPORT shares among one user's only (B-43). */
	if (child->sk_reuseport)
		xtcp_port_update(child);
	newsock->state = SS_CONNECTED;
	release_sock(child);
	return 0;
}

/* Counterpart of the kernel's inet_getname(). */
static int family_getname(struct socket *sock, struct sockaddr *uaddr, int peer)
{
	struct sock *sk = sock->sk;
	int ret;

	lock_sock(sk);
	/* F-25; family_accept() asks with 2 and gets it in CLOSE too. */
	if (!peer)
		ret = xtcp_name_local(sk, uaddr);
	else if (!inet_sk(sk)->inet_dport ||
		 (peer == 1 && XTCP_STATE_IN(sk, TCPF_CLOSE | TCPF_LISTEN |
						 TCPF_SYN_SENT)))
		ret = -ENOTCONN;
	else
		ret = xtcp_name_peer(sk, uaddr);
	release_sock(sk);
	return ret;
}

/*
 * shutdown(), by the state of the socket (I.1).
 * Counterpart of the kernel's inet_shutdown().
 */
static int shutdown_locked(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;
	int err = 0;

	if (sock->state == SS_CONNECTING) {
		if (XTCP_STATE_IN(sk, TCPF_SYN_SENT | TCPF_SYN_RECV |
				      TCPF_CLOSE))
			sock->state = SS_DISCONNECTING;
		else
			sock->state = SS_CONNECTED;
	}
	switch (sk->sk_state) {
	case TCP_CLOSE:
		err = -ENOTCONN;
		/* I-03: the bits are kept all the same. */
		fallthrough;
	default:
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | how);
		xtcp_shutdown(sk, how);
		break;
	case TCP_LISTEN:
		if (!(how & RCV_SHUTDOWN))
			break;
		fallthrough;
	case TCP_SYN_SENT:
		xtcp_close_disconnect(sk);
		sock->state = SS_UNCONNECTED;
		break;
	}
	sk->sk_state_change(sk);
	return err;
}

static int family_shutdown(struct socket *sock, int how)
{
	int err;

	/* SHUT_RD, SHUT_WR, SHUT_RDWR become bits. */
	how++;
	if ((how & ~SHUTDOWN_MASK) || !how)
		return -EINVAL;
	lock_sock(sock->sk);
	err = shutdown_locked(sock, how);
	release_sock(sock->sk);
	return err;
}

static int family_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	return xtcp_send(sock->sk, msg);
}

static int family_recvmsg(struct socket *sock, struct msghdr *msg, size_t len,
			  int flags)
{
	return xtcp_recv(sock->sk, msg, len, flags);
}

/* Counterpart of the kernel's inet_stream_ops. */
static const struct proto_ops stream_ops = {
	.family = PF_XTCP,
	.owner = THIS_MODULE,
	.release = family_release,
	.bind = family_bind,
	.connect = family_connect,
	.socketpair = sock_no_socketpair,
	.accept = family_accept,
	.getname = family_getname,
	.poll = xtcp_poll,
	.ioctl = inet_ioctl,
	.gettstamp = sock_gettstamp,
	.listen = family_listen,
	.shutdown = family_shutdown,
	.setsockopt = sock_common_setsockopt,
	.getsockopt = sock_common_getsockopt,
	.sendmsg = family_sendmsg,
	.recvmsg = family_recvmsg,
	.mmap = sock_no_mmap,
	XTCP_OPS_SENDPAGE
	.splice_eof = xtcp_send_splice_eof,
	.set_rcvlowat = xtcp_sockopt_rcvlowat,
	XTCP_OPS_SET_PEEK_OFF
};

/*
 * socket(): type and protocol, in the order of A.1.
 * Counterpart of the kernel's inet_create().
 */
static int family_create(struct net *net, struct socket *sock, int protocol, int kern)
{
	struct sock *sk;

	if (protocol < 0 || protocol >= IPPROTO_MAX)
		return -EINVAL;
	if (sock->type != SOCK_STREAM)
		return -ESOCKTNOSUPPORT;
	if (protocol && protocol != IPPROTO_TCP && protocol != IPPROTO_XTCP)
		return -EPROTONOSUPPORT;
	sk = sk_alloc(net, PF_INET, GFP_KERNEL, &xtcp_prot, kern);
	if (!sk)
		return -ENOMEM;
	sock->state = SS_UNCONNECTED;
	sock->ops = &stream_ops;
	sock_init_data(sock, sk);
	sk->sk_protocol = IPPROTO_XTCP;
	sk->sk_backlog_rcv = xtcp_prot.backlog_rcv;
	sk->sk_txrehash = READ_ONCE(net->core.sysctl_txrehash);
	xtcp_ipsockopt_init(sk);
	xtcp_sock_init(sk);
	return 0;
}

static struct net_proto_family xtcp_family = {
	.family = PF_XTCP,
	.create = family_create,
	.owner = THIS_MODULE,
};

/**
 * xtcp_family_register() - from here on socket() works
 *
 * Return: 0, -EINVAL for a number that can't be one, -EEXIST if it is taken.
 */
int xtcp_family_register(void)
{
	int err;

	if (family <= 0 || family >= AF_MAX) {
		pr_err("xtcp: family=%d is not between 1 and %d\n", family,
		       AF_MAX - 1);
		return -EINVAL;
	}
	xtcp_family.family = family;
	err = sock_register(&xtcp_family);
	if (err == -EEXIST)
		pr_err("xtcp: address family %d is in use: load with family=N, N one of 4, 12-14, 18, 19, 22, 23, 25\n",
		       family);
	return err;
}

/** xtcp_family_unregister() - socket() gives EAFNOSUPPORT again */
void xtcp_family_unregister(void)
{
	sock_unregister(family);
}
