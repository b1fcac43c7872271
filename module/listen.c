// SPDX-License-Identifier: GPL-2.0-only
/*
 * listen(), the queue of finished connections, and accept() (C, F).
 *
 * Children are queued under the queue's own lock, not the listener's socket
 * lock, so that handshakes go on while a program sits in accept().
 */
#include <linux/sched/signal.h>

#include "xtcp.h"

static void queue_open(struct sock *sk)
{
	struct xtcp_accept_queue *q = &xtcp_sk(sk)->accept_queue;

	spin_lock_bh(&q->lock);
	WRITE_ONCE(q->open, true);
	q->flood_warned = false;
	spin_unlock_bh(&q->lock);
	xtcp_reuseport_forget(sk);
}

/**
 * xtcp_listen_start() - become a listener (C-07 to C-10)
 * @sk: locked, CLOSE
 *
 * Return: 0, -EADDRINUSE, or why its SO_REUSEPORT group does not take it.
 */
int xtcp_listen_start(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	int err;

	/* B-56: the bind rules once more, as a listener this time. */
	queue_open(sk);
	inet_sk_set_state(sk, TCP_LISTEN);
	err = xtcp_port_bind(sk, inet->inet_num);
	if (!err) {
		inet->inet_sport = htons(inet->inet_num);
		sk_dst_reset(sk);
		err = xtcp_hash_listen(sk);
	}
	if (err) {
		xtcp_listen_stop(sk);
		inet_sk_set_state(sk, TCP_CLOSE);
		xtcp_port_update(sk);
	}
	return err;
}

/**
 * xtcp_listen_enqueue() - a child has finished its handshake
 * @listener: referenced or under RCU
 * @child: hashed, not locked by the caller's wait
 *
 * Context: softirq, child locked.
 * Return: false if the listener has stopped; the child is the caller's.
 */
bool xtcp_listen_enqueue(struct sock *listener, struct sock *child)
{
	struct xtcp_accept_queue *q = &xtcp_sk(listener)->accept_queue;
	bool ok;

	spin_lock(&q->lock);
	ok = q->open;
	if (ok) {
		list_add_tail(&xtcp_sk(child)->accept_node, &q->children);
		sk_acceptq_added(listener);
	}
	spin_unlock(&q->lock);
	return ok;
}

static struct sock *dequeue(struct sock *sk)
{
	struct xtcp_accept_queue *q = &xtcp_sk(sk)->accept_queue;
	struct xtcp_sock *child;

	spin_lock_bh(&q->lock);
	child = list_first_entry_or_null(&q->children, struct xtcp_sock,
					 accept_node);
	if (child) {
		list_del_init(&child->accept_node);
		sk_acceptq_removed(sk);
	}
	spin_unlock_bh(&q->lock);
	return child ? &child->inet.sk : NULL;
}

static bool queue_empty(const struct sock *sk)
{
	return list_empty_careful(&xtcp_sk(sk)->accept_queue.children);
}

/**
 * xtcp_listen_readable() - is there a connection to accept? (G-48)
 * @sk: listener
 */
bool xtcp_listen_readable(const struct sock *sk)
{
	return !queue_empty(sk);
}

/* C-34; the caller keeps its reference on the child. */
static bool child_inherited(const struct sock *listener, struct sock *child)
{
	struct net *net = sock_net(listener);
	struct sock *heir;
	bool ok;

	heir = xtcp_reuseport_heir(listener, READ_ONCE(child->sk_hash));
	if (!heir)
		return false;
	local_bh_disable();
	/* Or one that never accepts might inherit without end. */
	ok = !sk_acceptq_is_full(heir) && xtcp_listen_enqueue(heir, child);
	if (ok)
		XTCP_INC(net, MIGRATEREQSUCCESS);
	else
		XTCP_INC(net, MIGRATEREQFAILURE);
	local_bh_enable();
	if (ok)
		heir->sk_data_ready(heir);
	sock_put(heir);
	return ok;
}

/* The caller keeps its reference. */
static void reset_child(struct sock *child)
{
	local_bh_disable();
	bh_lock_sock_nested(child);
	WARN_ON_ONCE(sock_owned_by_user(child));
	xtcp_close_child(child);
	bh_unlock_sock(child);
	local_bh_enable();
}

/**
 * xtcp_listen_stop() - no more children; those queued are reset (C-36)
 * @sk: locked, LISTEN
 *
 * Half-open requests go when their timer or an ACK next looks (C-37).
 */
void xtcp_listen_stop(struct sock *sk)
{
	struct xtcp_accept_queue *q = &xtcp_sk(sk)->accept_queue;
	struct sock *child;

	spin_lock_bh(&q->lock);
	WRITE_ONCE(q->open, false);
	spin_unlock_bh(&q->lock);
	while ((child = dequeue(sk))) {
		sock_hold(child);
		if (!child_inherited(sk, child))
			reset_child(child);
		sock_put(child);
		cond_resched();
	}
}

/* F-10: a connection first, then the state, signals, and time. */
static int wait_for_child(struct sock *sk, long timeo)
{
	DEFINE_WAIT(wait);
	int err;

	for (;;) {
		prepare_to_wait_exclusive(sk_sleep(sk), &wait,
					  TASK_INTERRUPTIBLE);
		release_sock(sk);
		if (queue_empty(sk) && sk->sk_state == TCP_LISTEN)
			timeo = schedule_timeout(timeo);
		sched_annotate_sleep();
		lock_sock(sk);
		err = 0;
		if (!queue_empty(sk))
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
	while (!(child = dequeue(sk))) {
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
