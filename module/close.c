// SPDX-License-Identifier: GPL-2.0-only
/* The end of a connection: shutdown, close, disconnect, orphans (I, D.5). */
#include <linux/sched/signal.h>

#include "xtcp.h"

/* I-19, I-20: next state when our side ends; true if a FIN goes with it. */
static bool close_state(struct sock *sk)
{
	switch (sk->sk_state) {
	case TCP_SYN_RECV:
	case TCP_ESTABLISHED:
		xtcp_sock_set_state(sk, TCP_FIN_WAIT1);
		return true;
	case TCP_CLOSE_WAIT:
		xtcp_sock_set_state(sk, TCP_LAST_ACK);
		return true;
	case TCP_SYN_SENT:
		xtcp_sock_set_state(sk, TCP_CLOSE);
		return false;
	default:
		return false;
	}
}

/**
 * xtcp_close_needs_reset() - does the peer need a RST if we vanish?
 * @state: of the socket
 */
bool xtcp_close_needs_reset(int state)
{
	return (1 << state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT |
			       TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 | TCPF_SYN_RECV);
}

/* Orphans in namespaces that containers own, of which there may be many. */
static atomic_t owned_orphans;

/**
 * xtcp_close_fin_time() - how long an orphan stays in FIN_WAIT2 (I-30)
 * @sk: locked
 *
 * The sysctl has no limit: the root of a container gets what a socket may ask
 * for (TCP_LINGER2).
 *
 * Return: jiffies.
 */
u32 xtcp_close_fin_time(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	int time = xs->linger2 ?:
		   READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_fin_timeout);

	if (xtcp_net_is_owned(sock_net(sk)))
		time = min_t(int, time, XTCP_FIN_TIMEOUT_MAX);
	return max_t(int, time, (xs->rto << 2) - (xs->rto >> 1));
}

/*
 * More than the host affords?  All containers together may have as many as the
 * host's own namespace.
 */
static bool orphans_exceed(const struct net *net, int shift)
{
	const struct xtcp_net *xn = xtcp_pernet(net);
	u64 count = atomic_read(&xn->orphans);

	if (count << shift > READ_ONCE(xn->max_orphans))
		return true;
	if (likely(!xtcp_net_is_owned(net)))
		return false;
	count = atomic_read(&owned_orphans);
	return count << shift > READ_ONCE(xtcp_pernet(&init_net)->max_orphans);
}

/**
 * xtcp_close_too_many_orphans() - can the host afford this orphan? (I-38)
 * @sk: locked
 * @shift: penalty, as a power of two
 */
bool xtcp_close_too_many_orphans(const struct sock *sk, int shift)
{
	return orphans_exceed(sock_net(sk), shift) ||
	       (sk->sk_wmem_queued > SOCK_MIN_SNDBUF &&
		sk_memory_allocated(sk) > sk_prot_mem_limits(sk, 2));
}

static void count_orphan(struct sock *sk)
{
	struct net *net = sock_net(sk);

	xtcp_sk(sk)->orphan_counted = true;
	atomic_inc(&xtcp_pernet(net)->orphans);
	if (xtcp_net_is_owned(net))
		atomic_inc(&owned_orphans);
}

/**
 * xtcp_close_uncount_orphan() - a socket is destroyed
 * @sk: the socket
 */
void xtcp_close_uncount_orphan(struct sock *sk)
{
	struct net *net = sock_net(sk);

	if (!xtcp_sk(sk)->orphan_counted)
		return;
	xtcp_sk(sk)->orphan_counted = false;
	atomic_dec(&xtcp_pernet(net)->orphans);
	if (xtcp_net_is_owned(net))
		atomic_dec(&owned_orphans);
}

/**
 * xtcp_close_shutdown() - the program ends its sending side (proto.shutdown)
 * @sk: locked
 * @how: RCV_SHUTDOWN and SEND_SHUTDOWN
 */
void xtcp_close_shutdown(struct sock *sk, int how)
{
	if (!(how & SEND_SHUTDOWN))
		return;
	if (XTCP_STATE_IN(sk, TCPF_ESTABLISHED | TCPF_SYN_SENT |
			      TCPF_CLOSE_WAIT) && close_state(sk))
		xtcp_output_fin(sk);
}

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

/* I-23 */
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

/* I-15 to I-21, in this order. */
static void close_connection(struct sock *sk, long timeout)
{
	struct net *net = sock_net(sk);
	bool unread;

	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sk->sk_state == TCP_LISTEN) {
		xtcp_sock_set_state(sk, TCP_CLOSE);
		xtcp_listen_stop(sk);
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
		xtcp_close_disconnect(sk, 0);
		XTCP_INC(net, ABORTONDATA);
	} else if (close_state(sk)) {
		xtcp_output_fin(sk);
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
	    (!sk->sk_net_refcnt || xtcp_close_too_many_orphans(sk, 0))) {
		abort_orphan(sk);
		XTCP_INC(net, ABORTONMEMORY);
	}
	if (sk->sk_state == TCP_CLOSE) {
		xtcp_sock_destroy(sk);
		return;
	}
	count_orphan(sk);
	if (sk->sk_state == TCP_FIN_WAIT2)
		xtcp_timewait_fin_wait2(sk);
}

/**
 * xtcp_close() - the last descriptor is gone (proto.close; I.2)
 * @sk: the socket; the life reference is the callee's from here on
 * @timeout: jiffies to linger
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

/**
 * xtcp_close_child() - a child that nobody will accept (C-36)
 * @sk: locked, connected or CLOSE
 *
 * Context: bottom halves off; the caller holds a reference.
 */
void xtcp_close_child(struct sock *sk)
{
	int state = sk->sk_state;

	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (state != TCP_CLOSE) {
		xtcp_sock_set_state(sk, TCP_CLOSE);
		if (xtcp_close_needs_reset(state))
			xtcp_output_reset(sk, GFP_ATOMIC);
	}
	sock_orphan(sk);
	xtcp_sock_destroy(sk);
}

/* D-51 to D-55 */
static void disconnect_state(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	int old = sk->sk_state;
	bool unsent = xs->snd_nxt != xs->write_seq;

	if (old != TCP_CLOSE)
		xtcp_sock_set_state(sk, TCP_CLOSE);
	if (old == TCP_LISTEN) {
		xtcp_listen_stop(sk);
	} else if (xtcp_close_needs_reset(old) ||
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
 * @flags: unused
 *
 * Context: process.
 * Return: 0.
 */
int xtcp_close_disconnect(struct sock *sk, int flags)
{
	struct inet_sock *inet = inet_sk(sk);
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 seq;

	disconnect_state(sk);
	xtcp_timer_stop(sk);
	__skb_queue_purge(&sk->sk_receive_queue);
	xtcp_output_purge(sk);
	xtcp_ofo_purge(sk);

	inet->inet_dport = 0;
	xs->nat = false;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK)) {
		inet->inet_saddr = 0;
		inet->inet_rcv_saddr = 0;
		xtcp_port_update(sk);
	}
	WRITE_ONCE(sk->sk_shutdown, 0);
	sock_reset_flag(sk, SOCK_DONE);
	/* D-63: the same peer sees a sequence space that goes on. */
	if (sk->sk_frag.page) {
		put_page(sk->sk_frag.page);
		sk->sk_frag.page = NULL;
		sk->sk_frag.offset = 0;
	}
	seq = xs->write_seq + xs->max_window + 2;
	xs->window_clamp = 0;
	xtcp_sock_init_conn(sk);
	xs->write_seq = seq ?: 1;
	xs->snd_una = xs->write_seq;
	xs->snd_nxt = xs->write_seq;
	xs->copied_seq = xs->rcv_nxt;
	WRITE_ONCE(sk->sk_peek_off, -1);
	sk_dst_reset(sk);
	sk_error_report(sk);
	return 0;
}
