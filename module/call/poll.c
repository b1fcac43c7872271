// SPDX-License-Identifier: GPL-2.0-only
/* Readiness, in every state (G.3). */
#include <linux/poll.h>

#include "xtcp.h"
#include "call/poll.h"
#include "life/acceptq.h"
#include "life/rcvqueue.h"
#include "parts/urgent.h"

static __poll_t poll_write(struct socket *sock, struct sock *sk)
{
	if (sk->sk_shutdown & SEND_SHUTDOWN)
		return EPOLLOUT | EPOLLWRNORM;
	if (__sk_stream_is_writeable(sk, 1))
		return EPOLLOUT | EPOLLWRNORM;
	/* Ask for a wake-up, then look again: space may just have come. */
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sock->flags);
	/* Pairs with smp_mb() in xtcp_sndbuf_space(). */
	smp_mb__after_atomic();
	if (__sk_stream_is_writeable(sk, 1))
		return EPOLLOUT | EPOLLWRNORM;
	return 0;
}

static __poll_t poll_urgent(struct sock *sk, int *target)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u16 urg = READ_ONCE(xs->urg_data);

	if (urg && READ_ONCE(xs->urg_seq) == READ_ONCE(xs->copied_seq) &&
	    !sock_flag(sk, SOCK_URGINLINE))
		(*target)++;
	return urg & XTCP_URG_VALID ? EPOLLPRI : 0;
}

/**
 * xtcp_poll() - proto_ops.poll
 * @file: file
 * @sock: socket
 * @wait: poll table
 *
 * Context: process, without lock: a hint that the next call verifies.
 * Return: mask.
 */
__poll_t xtcp_poll(struct file *file, struct socket *sock,
		   struct poll_table_struct *wait)
{
	struct sock *sk = sock->sk;
	int state, shutdown, target;
	__poll_t mask = 0;

	sock_poll_wait(file, sock, wait);
	/* Pairs with smp_store_release() in inet_sk_state_store(). */
	state = inet_sk_state_load(sk);
	if (state == TCP_LISTEN)
		return xtcp_acceptq_readable(sk) ? EPOLLIN | EPOLLRDNORM : 0;
	shutdown = READ_ONCE(sk->sk_shutdown);
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (state != TCP_SYN_SENT && state != TCP_SYN_RECV) {
		target = sock_rcvlowat(sk, 0, INT_MAX);
		mask |= poll_urgent(sk, &target);
		if (xtcp_rcvqueue_readable(sk, target))
			mask |= EPOLLIN | EPOLLRDNORM;
		mask |= poll_write(sock, sk);
	}
	/* Pairs with the one in sock_def_error_report()'s callers. */
	smp_rmb();
	if (READ_ONCE(sk->sk_err) ||
	    !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}
