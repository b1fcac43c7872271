// SPDX-License-Identifier: GPL-2.0-only
/*
 * The accept queue: finished connections that wait for accept() (F, C-34 to
 * C-36).
 *
 * Children are queued under the queue's own lock, not the listener's socket
 * lock, so that handshakes go on while a program sits in accept().
 */
#include "xtcp.h"
#include "life/acceptq.h"
#include "life/output.h"
#include "life/sock.h"
#include "table/reuseport.h"

/**
 * xtcp_acceptq_open() - children may be added from here on
 * @sk: locked, about to listen
 *
 * Counterpart of the kernel's reqsk_queue_alloc().
 */
void xtcp_acceptq_open(struct sock *sk)
{
	struct xtcp_accept_queue *q = &xtcp_sk(sk)->accept_queue;

	sock_owned_by_me(sk);
	spin_lock_bh(&q->lock);
	WRITE_ONCE(q->open, true);
	q->flood_warned = false;
	spin_unlock_bh(&q->lock);
	xtcp_reuseport_forget(sk);
}

/**
 * xtcp_acceptq_add() - a child has finished its handshake
 * @listener: referenced or under RCU
 * @child: hashed, not locked by the caller's wait
 *
 * Counterpart of the kernel's inet_csk_reqsk_queue_add().
 *
 * Context: softirq, child locked.
 * Return: false if the listener has stopped; the child is the caller's.
 */
bool xtcp_acceptq_add(struct sock *listener, struct sock *child)
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

/**
 * xtcp_acceptq_take() - the oldest child
 * @sk: listener, locked
 *
 * Counterpart of the kernel's reqsk_queue_remove().
 *
 * Context: process.
 * Return: the child, its life reference the caller's; or NULL.
 */
struct sock *xtcp_acceptq_take(struct sock *sk)
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

/**
 * xtcp_acceptq_readable() - is there a connection to accept? (G-48)
 * @sk: listener
 */
bool xtcp_acceptq_readable(const struct sock *sk)
{
	return !list_empty_careful(&xtcp_sk(sk)->accept_queue.children);
}

/**
 * xtcp_acceptq_reset() - a child that nobody will accept (C-36)
 * @sk: locked, connected or CLOSE
 *
 * Counterpart of the kernel's inet_child_forget().
 *
 * Context: bottom halves off; the caller holds a reference.
 */
void xtcp_acceptq_reset(struct sock *sk)
{
	int state = sk->sk_state;

	sock_owned_by_me(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (state != TCP_CLOSE) {
		xtcp_sock_set_state(sk, TCP_CLOSE);
		if (xtcp_sock_needs_reset(state))
			xtcp_output_reset(sk, GFP_ATOMIC);
	}
	sock_orphan(sk);
	xtcp_sock_destroy(sk);
}

/* Goes to another of the group (C-34); the caller keeps its reference. */
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
	ok = !sk_acceptq_is_full(heir) && xtcp_acceptq_add(heir, child);
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
	xtcp_acceptq_reset(child);
	bh_unlock_sock(child);
	local_bh_enable();
}

/**
 * xtcp_acceptq_stop() - no more children; those queued are reset (C-36)
 * @sk: locked, LISTEN
 *
 * Half-open requests go when their timer or an ACK next looks (C-37).
 *
 * Counterpart of the kernel's inet_csk_listen_stop().
 */
void xtcp_acceptq_stop(struct sock *sk)
{
	struct xtcp_accept_queue *q = &xtcp_sk(sk)->accept_queue;
	struct sock *child;

	sock_owned_by_me(sk);
	spin_lock_bh(&q->lock);
	WRITE_ONCE(q->open, false);
	spin_unlock_bh(&q->lock);
	while ((child = xtcp_acceptq_take(sk))) {
		sock_hold(child);
		if (!child_inherited(sk, child))
			reset_child(child);
		sock_put(child);
		cond_resched();
	}
}
