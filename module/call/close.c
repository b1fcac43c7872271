// SPDX-License-Identifier: GPL-2.0-only
/* close() and disconnect(), and the orphans that unload finds (I, D.5). */
#include <linux/sched/signal.h>

#include "xtcp.h"
#include "call/close.h"
#include "life/acceptq.h"
#include "life/orphan.h"
#include "life/output.h"
#include "life/shutdown.h"
#include "life/sock.h"
#include "life/timewait.h"
#include "life/write.h"
#include "parts/ofo.h"
#include "parts/skb.h"
#include "parts/sndqueue.h"
#include "parts/timer.h"
#include "port/port.h"
#include "table/hash.h"

/* Throws the receive queue away; true if the program had not read it all. */
static bool drop_unread(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb;
	bool unread = false;
	u32 end;

	while ((skb = __skb_dequeue(&sk->sk_receive_queue))) {
		end = XTCP_CB(skb)->end_seq;
		if (XTCP_CB(skb)->flags & XTCP_FIN)
			end--;
		if (seq_after(end, xs->copied_seq))
			unread = true;
		__kfree_skb(skb);
	}
	return unread;
}

/*
 * SO_LINGER: until our FIN is acknowledged, or for so long (I-23).
 * Counterpart of the kernel's sk_stream_wait_close().
 */
static void wait_sent(struct sock *sk, long timeout)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	if (!timeout)
		return;
	add_wait_queue(sk_sleep(sk), &wait);
	do {
		if (sk_wait_event(sk, &timeout,
				  !((1 << READ_ONCE(sk->sk_state)) &
				    (TCPF_FIN_WAIT1 | TCPF_CLOSING |
				     TCPF_LAST_ACK)), &wait))
			break;
	} while (!signal_pending(current) && timeout);
	remove_wait_queue(sk_sleep(sk), &wait);
}

/* I-15 to I-21, in this order: LISTEN, unread data, SO_LINGER of 0, all else. */
static void close_connection(struct sock *sk, long timeout)
{
	struct net *net = sock_net(sk);
	bool unread;

	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sk->sk_state == TCP_LISTEN) {
		xtcp_sock_set_state(sk, TCP_CLOSE);
		xtcp_acceptq_stop(sk);
		return;
	}
	unread = drop_unread(sk);
	sk_mem_reclaim(sk);
	if (sk->sk_state == TCP_CLOSE)
		return;
	if (unread) {
		XTCP_INC(net, ABORTONCLOSE);
		xtcp_sock_set_state(sk, TCP_CLOSE);
		xtcp_output_reset(sk, sk->sk_allocation);
	} else if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime) {
		xtcp_close_disconnect(sk);
		XTCP_INC(net, ABORTONDATA);
	} else if (xtcp_shutdown_state(sk)) {
		xtcp_write_fin(sk);
	}
	wait_sent(sk, timeout);
}

static void abort_orphan(struct sock *sk)
{
	xtcp_sock_set_state(sk, TCP_CLOSE);
	xtcp_output_reset(sk, GFP_ATOMIC);
}

/* Nobody holds the socket any more: destroy it, or let it end by itself. */
static void leave_orphan(struct sock *sk)
{
	struct net *net = sock_net(sk);

	if (sk->sk_state == TCP_FIN_WAIT2 && xtcp_sk(sk)->linger2 < 0) {
		abort_orphan(sk);
		XTCP_INC(net, ABORTONLINGER);
	}
	/* A kernel's own socket doesn't keep its namespace: no orphan of it. */
	if (sk->sk_state != TCP_CLOSE &&
	    (!sk->sk_net_refcnt || xtcp_orphan_too_many(sk, 0))) {
		abort_orphan(sk);
		XTCP_INC(net, ABORTONMEMORY);
	}
	if (sk->sk_state == TCP_CLOSE) {
		xtcp_sock_destroy(sk);
		return;
	}
	xtcp_orphan_count(sk);
	if (sk->sk_state == TCP_FIN_WAIT2)
		xtcp_timewait_fin_wait2(sk);
}

/**
 * xtcp_close() - the last descriptor is gone (proto.close; I.2)
 * @sk: the socket; the life reference is the callee's from here on
 * @timeout: jiffies to linger
 *
 * Counterpart of the kernel's tcp_close() and __tcp_close().
 *
 * Context: process.
 */
void xtcp_close(struct sock *sk, long timeout)
{
	lock_sock(sk);
	close_connection(sk, timeout);
	sock_hold(sk);
	sock_orphan(sk);
	/* Nobody's from here on, for who shares the port by SO_REUSEPORT. */
	if (sk->sk_reuseport)
		xtcp_port_update(sk);
	local_bh_disable();
	leave_orphan(sk);
	local_bh_enable();
	/* What came meanwhile finds an orphan. */
	release_sock(sk);
	sock_put(sk);
}

/* D-51 to D-55: a RST and an error where there was a connection to lose. */
static void disconnect_state(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	int old = sk->sk_state;
	bool unsent = xs->snd_nxt != xs->write_seq;

	if (old != TCP_CLOSE)
		xtcp_sock_set_state(sk, TCP_CLOSE);
	if (old == TCP_LISTEN) {
		xtcp_acceptq_stop(sk);
	} else if (xtcp_sock_needs_reset(old) ||
		   (unsent && (old == TCP_CLOSING || old == TCP_LAST_ACK))) {
		xtcp_output_reset(sk, GFP_KERNEL);
		WRITE_ONCE(sk->sk_err, ECONNRESET);
	} else if (old == TCP_SYN_SENT) {
		WRITE_ONCE(sk->sk_err, ECONNRESET);
	}
}

/**
 * xtcp_close_disconnect() - back to a socket that can be used anew (D-56)
 * @sk: locked
 *
 * Counterpart of the kernel's tcp_disconnect().
 *
 * Context: process.
 */
void xtcp_close_disconnect(struct sock *sk)
{
	sock_owned_by_me(sk);
	disconnect_state(sk);
	xtcp_timer_stop(sk);
	__skb_queue_purge(&sk->sk_receive_queue);
	xtcp_sndqueue_purge(sk);
	xtcp_ofo_purge(sk);

	inet_sk(sk)->inet_dport = 0;
	xtcp_port_reset_saddr(sk);
	WRITE_ONCE(sk->sk_shutdown, 0);
	sock_reset_flag(sk, SOCK_DONE);
	if (sk->sk_frag.page) {
		put_page(sk->sk_frag.page);
		sk->sk_frag.page = NULL;
		sk->sk_frag.offset = 0;
	}
	xtcp_sock_end_conn(sk);
	WRITE_ONCE(sk->sk_peek_off, -1);
	sk_dst_reset(sk);
	sk_error_report(sk);
}

static void kill_orphan(struct sock *sk)
{
	lock_sock(sk);
	if (sock_flag(sk, SOCK_DEAD) && sk->sk_state != TCP_CLOSE) {
		local_bh_disable();
		if (xtcp_sock_needs_reset(sk->sk_state))
			xtcp_output_reset(sk, GFP_ATOMIC);
		xtcp_sock_done(sk);
		local_bh_enable();
	}
	release_sock(sk);
	sock_put(sk);
}

/**
 * xtcp_close_kill_all() - reset every orphan (unload)
 *
 * Context: process; no program holds a socket.
 */
void xtcp_close_kill_all(void)
{
	struct xtcp_ehash_bucket *b;
	struct sock *sk;
	unsigned int i;

	for (i = 0; (b = xtcp_hash_ehash(i)); i++) {
		for (;;) {
			spin_lock_bh(&b->lock);
			sk = hlist_entry_safe(b->socks.first, struct sock,
					      sk_node);
			if (sk)
				sock_hold(sk);
			spin_unlock_bh(&b->lock);
			if (!sk)
				break;
			kill_orphan(sk);
			cond_resched();
		}
	}
}
