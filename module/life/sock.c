// SPDX-License-Identifier: GPL-2.0-only
/*
 * The socket object: creation, change of state, end.
 * Who holds references, and how it dies, is told at the top of xtcp.h.
 */
#include <linux/random.h>
#include <net/tcp.h>

#include "xtcp.h"
#include "cong/cong.h"
#include "life/orphan.h"
#include "life/sock.h"
#include "parts/ofo.h"
#include "parts/scoreboard.h"
#include "parts/sndqueue.h"
#include "parts/timer.h"
#include "parts/tsq.h"
#include "parts/window.h"
#include "port/port.h"
#include "table/hash.h"
#include "table/reuseport.h"

/**
 * struct sock_list - sockets not yet destructed that one processor made
 * @lock: guards the list
 * @socks: xtcp_sock.live_node
 */
struct sock_list {
	spinlock_t lock;	/* see above */
	struct list_head socks;
};

static DEFINE_PER_CPU(struct sock_list, sock_lists);
static DECLARE_WAIT_QUEUE_HEAD(sock_gone_wait);
/* Unload waits for them, and tells whom for after so long. */
static bool sock_gone_wanted;
#define GONE_PATIENCE	(10 * HZ)
#define GONE_TOLD	8U

/* Its own lockdep classes: an XTCP lock may nest inside one of TCP's. */
static struct lock_class_key sock_slock_key;
static struct lock_class_key sock_lock_key;

static void set_lock_class(struct sock *sk)
{
	lockdep_set_class_and_name(&sk->sk_lock.slock, &sock_slock_key,
				   "slock-AF_XTCP");
	lockdep_init_map(&sk->sk_lock.dep_map, "sk_lock-AF_XTCP",
			 &sock_lock_key, 0);
}

static void live_add(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sock_list *list;

	local_bh_disable();
	xs->live_cpu = smp_processor_id();
	list = this_cpu_ptr(&sock_lists);
	spin_lock(&list->lock);
	list_add_tail(&xs->live_node, &list->socks);
	spin_unlock(&list->lock);
	local_bh_enable();
}

static void live_del(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sock_list *list = per_cpu_ptr(&sock_lists, xs->live_cpu);

	spin_lock_bh(&list->lock);
	list_del(&xs->live_node);
	spin_unlock_bh(&list->lock);
	/* Pairs with the barrier of wait_event() in xtcp_sock_wait_gone(). */
	smp_mb();
	if (unlikely(READ_ONCE(sock_gone_wanted)))
		wake_up_all(&sock_gone_wait);
}

static void sock_destruct(struct sock *sk)
{
	xtcp_reuseport_forget(sk);
	inet_sock_destruct(sk);
	live_del(sk);
}

/**
 * xtcp_sock_max_rcvbuf() - largest buffer that tuning may reach (G-125, E-14)
 * @sk: socket
 */
u32 xtcp_sock_max_rcvbuf(const struct sock *sk)
{
	return max_t(u32, READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_rmem[2]),
		     READ_ONCE(sysctl_rmem_max));
}

/**
 * xtcp_sock_init_conn() - forget everything about a connection
 * @sk: new, or CLOSE and locked; options of the program stay
 */
void xtcp_sock_init_conn(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	memset(&xs->conn, 0, sizeof(xs->conn));
	xs->mdev_us = XTCP_RTO_INIT * (USEC_PER_SEC / HZ);
	xs->rack_reo_wnd_steps = 1;
	xs->rto = XTCP_RTO_INIT;
	xs->snd_cwnd = XTCP_INIT_CWND;
	xs->snd_ssthresh = XTCP_INFINITE_SSTHRESH;
	xs->snd_cwnd_clamp = XTCP_CWND_MAX;
	xs->reordering = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_reordering);
	xs->mss_clamp = XTCP_MSS_DEFAULT;
	xs->mss_cache = XTCP_MSS_DEFAULT;
	xs->rcv_tstamp = xtcp_jiffies32();
	xs->ack.rcv_mss = XTCP_MSS_DEFAULT;
	xs->ack.lrcvtime = xtcp_jiffies32();
}

/**
 * xtcp_sock_start_send() - where our sequence numbers begin
 * @xs: locked
 * @iss: that of our SYN
 * @next: the first that is not acknowledged yet: @iss, or the one after it
 */
void xtcp_sock_start_send(struct xtcp_sock *xs, u32 iss, u32 next)
{
	xs->iss = iss;
	xs->snd_una = next;
	xs->snd_nxt = next;
	xs->snd_up = next;
	xs->write_seq = next;
	xs->pushed_seq = next;
	xs->snd_sml = next;
}

/**
 * xtcp_sock_start_recv() - where the peer's sequence numbers begin
 * @xs: locked
 * @irs: that of its SYN
 */
void xtcp_sock_start_recv(struct xtcp_sock *xs, u32 irs)
{
	xs->snd_wl1 = irs;
	xs->rcv_nxt = irs + 1;
	xs->rcv_wup = irs + 1;
	xtcp_window_offered(xs);
	xs->copied_seq = irs + 1;
}

/**
 * xtcp_sock_end_conn() - another connection may begin
 * @sk: locked, CLOSE
 *
 * D-63: the same peer sees a sequence space that goes on.
 */
void xtcp_sock_end_conn(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 seq = xs->write_seq + xs->max_window + 2;

	sock_owned_by_me(sk);
	xs->nat = false;
	xs->window_clamp = 0;
	xtcp_cong_stop(sk);
	xtcp_sock_init_conn(sk);
	xtcp_sock_start_send(xs, 0, seq ?: 1);
	xs->copied_seq = xs->rcv_nxt;
}

static void init_common(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sk->sk_destruct = sock_destruct;
	sock_set_flag(sk, SOCK_RCU_FREE);
	live_add(sk);

	xs->bind = NULL;
	xs->bind_group = NULL;
	xs->dest = NULL;
	/* The listener that it is a clone of may have become one meanwhile. */
	xs->orphan_counted = false;
	INIT_LIST_HEAD(&xs->accept_node);
	memset(&xs->accept_queue, 0, sizeof(xs->accept_queue));
	spin_lock_init(&xs->accept_queue.lock);
	INIT_LIST_HEAD(&xs->accept_queue.children);
	xtcp_scoreboard_init(xs);
	xs->out_of_order_queue = RB_ROOT;
	xs->ooo_last_skb = NULL;
	xtcp_tsq_start(sk);
	xtcp_timer_init(sk);
}

/**
 * xtcp_sock_init() - a socket from socket(), with its first values
 * @sk: allocated, generic part set up
 *
 * Counterpart of the kernel's tcp_v4_init_sock() and tcp_init_sock().
 *
 * Context: process.
 */
void xtcp_sock_init(struct sock *sk)
{
	struct net *net = sock_net(sk);
	struct xtcp_sock *xs = xtcp_sk(sk);

	set_lock_class(sk);
	init_common(sk);
	xtcp_sock_init_conn(sk);
	xtcp_cong_assign(sk, NULL);
	sk->sk_write_space = xtcp_tsq_write_space;
	WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(net->ipv4.sysctl_tcp_wmem[1]));
	WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(net->ipv4.sysctl_tcp_rmem[1]));
	xs->linger2 = 0;
	xtcp_window_not_weighed(xs);
	xs->rto_min = min(xtcp_rto_min(net), XTCP_RTO_MAX);
	local_bh_disable();
	sk_sockets_allocated_inc(sk);
	local_bh_enable();
}

/**
 * xtcp_sock_init_child() - what a clone must not share with its listener
 * @sk: as sk_clone() returned it, locked
 *
 * Its lock gets the right class before anybody else can see it.
 *
 * Counterpart of the kernel's inet_csk_clone_lock().
 *
 * Context: softirq.
 */
void xtcp_sock_init_child(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	bh_unlock_sock(sk);
	set_lock_class(sk);
	bh_lock_sock_nested(sk);
	init_common(sk);
	skb_queue_head_init(&sk->sk_write_queue);
	skb_queue_head_init(&sk->sk_receive_queue);
	sk->sk_ack_backlog = 0;
	atomic64_set(&sk->sk_cookie, 0);
	/* Copied, perhaps while somebody asked the listener for SO_PEERCRED. */
	spin_lock_init(&sk->sk_peer_lock);
	sock_reset_flag(sk, SOCK_DEAD);
	sk->sk_shutdown = 0;
	sk->sk_write_pending = 0;
	xs->defer_accept = 0;
	xs->ca = NULL;
}

/**
 * xtcp_sock_set_state() - change of state with what always goes with it
 * @sk: locked
 * @state: new state
 *
 * I-53: counters.  To CLOSE: out of the tables, and the port goes back unless
 * bind() chose it (B-16).
 *
 * Counterpart of the kernel's tcp_set_state().
 *
 * Context: process or softirq.
 */
void xtcp_sock_set_state(struct sock *sk, int state)
{
	struct net *net = sock_net(sk);
	int old = sk->sk_state;
	bool was_up = old == TCP_ESTABLISHED || old == TCP_CLOSE_WAIT;
	bool is_up = state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT;

	sock_owned_by_me(sk);
	if (is_up && !was_up)
		XTCP_INC(net, CURRESTAB);
	if (was_up && !is_up)
		XTCP_DEC(net, CURRESTAB);
	if (state == TCP_CLOSE) {
		if (was_up)
			XTCP_INC(net, ESTABRESETS);
		xtcp_hash_del(sk);
		if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
			xtcp_port_put(sk);
	}
	inet_sk_set_state(sk, state);
	/* A listener that keeps its port may share it again (B-52). */
	if (old == TCP_LISTEN)
		xtcp_port_update(sk);
}

/**
 * xtcp_sock_needs_reset() - does the peer need a RST if we vanish?
 * @state: of the socket
 */
bool xtcp_sock_needs_reset(int state)
{
	return (1 << state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT |
			       TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 | TCPF_SYN_RECV);
}

/**
 * xtcp_sock_done() - the connection is over
 * @sk: locked
 *
 * Wakes who waits; frees the socket if nobody holds it (SOCK_DEAD).
 *
 * Counterpart of the kernel's tcp_done().
 *
 * Context: process or softirq; the caller holds a reference.
 */
void xtcp_sock_done(struct sock *sk)
{
	struct net *net = sock_net(sk);

	sock_owned_by_me(sk);
	if (XTCP_STATE_IN(sk, TCPF_SYN_SENT | TCPF_SYN_RECV))
		XTCP_INC(net, ATTEMPTFAILS);
	xtcp_sock_set_state(sk, TCP_CLOSE);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sock_flag(sk, SOCK_DEAD)) {
		xtcp_sock_destroy(sk);
		return;
	}
	xtcp_timer_stop(sk);
	sk->sk_state_change(sk);
}

/**
 * xtcp_sock_abort() - the connection is lost: tell the program, and end
 * @sk: locked
 * @err: what it shall be told
 *
 * Context: process or softirq; the caller holds a reference.
 */
void xtcp_sock_abort(struct sock *sk, int err)
{
	sock_owned_by_me(sk);
	WRITE_ONCE(sk->sk_err, err);
	xtcp_sndqueue_purge(sk);
	xtcp_sock_done(sk);
	if (!sock_flag(sk, SOCK_DEAD))
		sk_error_report(sk);
}

/**
 * xtcp_sock_destroy() - drop the life reference
 * @sk: locked, CLOSE, SOCK_DEAD; the caller holds a reference of its own
 *
 * Counterpart of the kernel's inet_csk_destroy_sock() and tcp_v4_destroy_sock().
 *
 * Context: process or softirq.
 */
void xtcp_sock_destroy(struct sock *sk)
{
	sock_owned_by_me(sk);
	WARN_ON_ONCE(sk->sk_state != TCP_CLOSE);
	WARN_ON_ONCE(!sock_flag(sk, SOCK_DEAD));
	WARN_ON_ONCE(!sk_unhashed(sk));

	xtcp_timer_stop(sk);
	xtcp_cong_release(sk);
	/* Most end with empty queues, and every closing pays for a look. */
	if (xtcp_has_unsent(sk) || xtcp_rtx_head(xtcp_sk(sk)))
		xtcp_sndqueue_purge(sk);
	else
		sk_mem_reclaim(sk);
	xtcp_ofo_purge(sk);
	xtcp_port_put(sk);
	if (!skb_queue_empty(&sk->sk_receive_queue) ||
	    !skb_queue_empty(&sk->sk_error_queue) || sk->sk_forward_alloc)
		sk_stream_kill_queues(sk);
	WARN_ON_ONCE(sk->sk_wmem_queued);
	xfrm_sk_free_policy(sk);
	local_bh_disable();
	sk_sockets_allocated_dec(sk);
	xtcp_orphan_uncount(sk);
	local_bh_enable();
	sock_put(sk);
}

static bool all_gone(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		if (!list_empty_careful(&per_cpu(sock_lists, cpu).socks))
			return false;
	return true;
}

/* What keeps it: a reference, or segments in the queue of a device or a program. */
static void tell_holder(const struct xtcp_sock *xs)
{
	const struct sock *sk = &xs->inet.sk;
	const struct xtcp_tuple t = xtcp_tuple_of(sk);

	pr_warn("xtcp: unload waits for a socket: " XTCP_ADDR_PFMT ":%u to " XTCP_ADDR_PFMT
		":%u, state %d, references %d, bytes in queues %d%s\n",
		&t.laddr, ntohs(t.lport), &t.raddr, ntohs(t.rport), sk->sk_state,
		refcount_read(&sk->sk_refcnt), sk_wmem_alloc_get(sk),
		xs->deferred ? ", deferred work" : "");
}

static void tell_holders(void)
{
	unsigned int n = 0;
	struct xtcp_sock *xs;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct sock_list *list = per_cpu_ptr(&sock_lists, cpu);

		spin_lock_bh(&list->lock);
		list_for_each_entry(xs, &list->socks, live_node)
			if (n++ < GONE_TOLD)
				tell_holder(xs);
		spin_unlock_bh(&list->lock);
	}
	if (n > GONE_TOLD)
		pr_warn("xtcp: and for %u more\n", n - GONE_TOLD);
}

/**
 * xtcp_sock_wait_gone() - wait for the last segment in a foreign queue
 *
 * Context: process, sleeps.
 */
void xtcp_sock_wait_gone(void)
{
	WRITE_ONCE(sock_gone_wanted, true);
	while (!wait_event_timeout(sock_gone_wait, all_gone(), GONE_PATIENCE))
		tell_holders();
	rcu_barrier();
}

/** xtcp_sock_init_lists() - at module load */
void xtcp_sock_init_lists(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		spin_lock_init(&per_cpu(sock_lists, cpu).lock);
		INIT_LIST_HEAD(&per_cpu(sock_lists, cpu).socks);
	}
}
