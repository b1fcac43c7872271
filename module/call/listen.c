// SPDX-License-Identifier: GPL-2.0-only
/* listen() and accept() (C, F). */
#include <linux/sched/signal.h>

#include "xtcp.h"
#include "call/listen.h"
#include "life/acceptq.h"
#include "port/getport.h"
#include "port/port.h"
#include "table/hash.h"

/**
 * xtcp_listen_start() - become a listener (C-07 to C-10)
 * @sk: locked, CLOSE
 *
 * Counterpart of the kernel's inet_csk_listen_start().
 *
 * Return: 0, -EADDRINUSE, or why its SO_REUSEPORT group does not take it.
 */
int xtcp_listen_start(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	int err;

	sock_owned_by_me(sk);
	/* B-56: the bind rules once more, as a listener this time. */
	xtcp_acceptq_open(sk);
	inet_sk_set_state(sk, TCP_LISTEN);
	err = xtcp_getport_bind(sk, inet->inet_num);
	if (!err) {
		inet->inet_sport = htons(inet->inet_num);
		sk_dst_reset(sk);
		err = xtcp_hash_listen(sk);
	}
	if (err) {
		xtcp_acceptq_stop(sk);
		inet_sk_set_state(sk, TCP_CLOSE);
		xtcp_port_update(sk);
	}
	return err;
}

/*
 * F-10: a connection first, then the state, signals, and time.
 * Counterpart of the kernel's inet_csk_wait_for_connect().
 */
static int wait_for_child(struct sock *sk, long timeo)
{
	DEFINE_WAIT(wait);
	int err;

	for (;;) {
		prepare_to_wait_exclusive(sk_sleep(sk), &wait,
					  TASK_INTERRUPTIBLE);
		release_sock(sk);
		if (!xtcp_acceptq_readable(sk) && sk->sk_state == TCP_LISTEN)
			timeo = schedule_timeout(timeo);
		sched_annotate_sleep();
		lock_sock(sk);
		err = 0;
		if (xtcp_acceptq_readable(sk))
			break;
		err = -EINVAL;
		if (sk->sk_state != TCP_LISTEN)
			break;
		err = sock_intr_errno(timeo);
		if (signal_pending(current))
			break;
		err = -EAGAIN;
		if (!timeo)
			break;
	}
	finish_wait(sk_sleep(sk), &wait);
	return err;
}

/**
 * xtcp_listen_accept() - take the oldest finished connection (F)
 * @sk: listener
 * @flags: O_NONBLOCK counts
 * @err: set to the error
 *
 * Counterpart of the kernel's inet_csk_accept().
 *
 * Context: process.
 * Return: the child, its life reference the caller's; or NULL.
 */
struct sock *xtcp_listen_accept(struct sock *sk, int flags, int *err)
{
	struct sock *child = NULL;

	lock_sock(sk);
	*err = -EINVAL;
	if (sk->sk_state != TCP_LISTEN)
		goto out;
	*err = 0;
	while (!(child = xtcp_acceptq_take(sk))) {
		long timeo = sock_rcvtimeo(sk, flags & O_NONBLOCK);

		*err = -EAGAIN;
		if (timeo)
			*err = wait_for_child(sk, timeo);
		if (*err)
			break;
	}
out:
	release_sock(sk);
	return child;
}
