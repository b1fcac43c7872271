// SPDX-License-Identifier: GPL-2.0-only
/* From a completed handshake to a socket that waits for accept() (E.4, F). */
#include <linux/memcontrol.h>
#include <linux/random.h>
#include <linux/security.h>
#include <net/inet_ecn.h>

#include "xtcp.h"
#include "cong/cong.h"
#include "ip/ipopt.h"
#include "ip/ipsockopt.h"
#include "ip/route.h"
#include "life/acceptq.h"
#include "life/child.h"
#include "life/request.h"
#include "life/sock.h"
#include "life/state.h"
#include "parts/metric.h"
#include "parts/options.h"
#include "parts/rtt.h"
#include "parts/tstamp.h"
#include "parts/skb.h"
#include "parts/window.h"
#include "port/port.h"
#include "table/mini.h"

/* sk_clone() leaves it out; children are charged as their listener is. */
static void inherit_memcg(struct sock *child, const struct sock *listener)
{
#ifdef CONFIG_MEMCG
	if (mem_cgroup_sockets_enabled && listener->sk_memcg) {
		css_get(&listener->sk_memcg->css);
		child->sk_memcg = listener->sk_memcg;
	}
#endif
}

static void set_names(struct sock *child, const struct xtcp_request *req)
{
	const struct xtcp_mini *mini = &req->mini;
	const struct xtcp_tuple *t = &mini->tuple;
	struct inet_sock *inet = inet_sk(child);

	xtcp_addr_set_local(child, t->laddr, t->laddr);
	xtcp_addr_set_peer(child, t->raddr);
	inet->inet_num = ntohs(t->lport);
	inet->inet_sport = t->lport;
	inet->inet_dport = t->rport;
	xtcp_ipsockopt_init_child(child);
	atomic_set(&inet->inet_id, get_random_u16());
	child->sk_txhash = xtcp_request_txhash(req, child);
	child->sk_bound_dev_if = mini->bound_dev_if;
	WRITE_ONCE(child->sk_mark, req->mark);
	xtcp_sk(child)->nat = mini->nat;
}

/* What bounds the window: as when the SYN-ACK offered its first (E-21). */
static u32 inherited_clamp(struct sock *child, const struct xtcp_request *req)
{
	u32 clamp = xtcp_sk(child)->window_clamp;

	if (!clamp)
		clamp = xtcp_metric_window(__sk_dst_get(child)).clamp;
	clamp = xtcp_window_limit(child, clamp) ?: U32_MAX;
	return min(clamp, 65535U << req->rcv_wscale);
}

static void set_agreed(struct sock *child, const struct xtcp_request *req)
{
	struct xtcp_sock *xs = xtcp_sk(child);
	const struct xtcp_mini *mini = &req->mini;

	xs->tstamp_ok = mini->tstamp_ok;
	xs->ts_off = mini->ts_off;
	if (xs->tstamp_ok)
		xtcp_tstamp_learn(xs, mini->ts_recent);
	xs->sack_ok = req->sack_ok;
	xs->wscale_ok = req->wscale_ok;
	xs->snd_wscale = req->snd_wscale;
	xs->rcv_wscale = req->rcv_wscale;
	xs->ecn = req->ecn_ok ? XTCP_ECN_OK : 0;
	xs->window_clamp = inherited_clamp(child, req);
	xs->rcv_wnd = req->rcv_wnd;
	xs->rcv_ssthresh = req->rcv_wnd;
	xtcp_window_offered(xs);
	xs->mss_clamp = req->mss;
	xs->advmss = xtcp_route_advmss(sock_net(child), __sk_dst_get(child));
	if (xs->user_mss)
		xs->advmss = min(xs->advmss, xs->user_mss);
	xs->total_retrans = req->num_retrans;
	/* E-39, H-06: until there is a measurement */
	xtcp_rtt_fall_back(xs);
	if (READ_ONCE(sock_net(child)->ipv4.sysctl_tcp_reflect_tos))
		xtcp_ip_set_tos(child, req->tos & ~INET_ECN_MASK);
}

/* The timestamp that the first SYN-ACK had: it was read off the same clock. */
static u32 synack_tsval(const struct xtcp_request *req)
{
	u64 now = xtcp_clock_us();

	now -= (u32)now - req->snt_synack_us;
	return xtcp_clock_to_ms(now) + req->mini.ts_off;
}

/* What the handshake tells of the path. */
static void judge_path(struct sock *child, const struct xtcp_options *o,
		       const struct xtcp_request *req)
{
	struct xtcp_sock *xs = xtcp_sk(child);
	bool tstamp_ok = o->tstamp_ok && xs->tstamp_ok;
	s32 rtt = -1;

	/* E-39: by the clock only if it is unambiguous */
	if (!req->num_retrans && req->snt_synack_us)
		rtt = (u32)xtcp_clock_us() - req->snt_synack_us;
	else if (tstamp_ok && o->tsecr)
		rtt = xtcp_rtt_of_echo(xs, o->tsecr);
	if (rtt >= 0)
		xtcp_rtt_handshake(child, rtt);
	/* E-40: lost SYN-ACKs tell of a narrow path, if they were lost */
	if (req->num_retrans > 1 && req->num_timeout &&
	    !(tstamp_ok && o->tsecr == synack_tsval(req)))
		xtcp_cong_narrow(xs);
}

/**
 * xtcp_child_create() - a socket for a completed handshake
 * @listener: referenced or under RCU, not locked
 * @req: the request
 *
 * Counterpart of the kernel's tcp_v4_syn_recv_sock() and tcp_create_openreq_child().
 *
 * Context: softirq.
 * Return: the child, locked, known to nobody but its port's bucket, with the
 *	   caller's reference beside its own; or NULL.
 */
struct sock *xtcp_child_create(struct sock *listener,
			       const struct xtcp_request *req)
{
	struct sock *child;

	/* The listener may close here, and become another kind of socket. */
	xtcp_widen_child();
	child = xtcp_sk_clone(listener, GFP_ATOMIC);
	if (!child)
		return NULL;
	xtcp_sock_init_child(child);
	inherit_memcg(child, listener);
	inet_sk_set_state(child, TCP_SYN_RECV);
	set_names(child, req);
	xtcp_sock_init_conn(child);
	xtcp_cong_assign(child, listener);
	/* F-21: IP options answer the SYN's.  Without a way back there is no connection. */
	if (!xtcp_ipopt_assign(child, xtcp_request_ip_options(req)) ||
	    IS_ERR(xtcp_route_check(child)))
		goto discard;
	xtcp_cong_route(child, __sk_dst_get(child));
	xtcp_sock_start_send(xtcp_sk(child), req->snt_isn, req->snt_isn + 1);
	xtcp_sock_start_recv(xtcp_sk(child), req->rcv_isn);
	/* The SYN-ACK, of which no queue knows */
	xtcp_sk(child)->delivered = 1;
	set_agreed(child, req);
	if (xtcp_port_inherit(child, listener))
		return child;
discard:
	xtcp_child_discard(child);
	return NULL;
}

/**
 * xtcp_child_discard() - another CPU's child was first
 * @child: as xtcp_child_create() returned it
 *
 * Context: softirq.
 */
void xtcp_child_discard(struct sock *child)
	__releases(&child->sk_lock.slock)
{
	sock_orphan(child);
	inet_sk_set_state(child, TCP_CLOSE);
	xtcp_sock_destroy(child);
	bh_unlock_sock(child);
	sock_put(child);
}

/**
 * xtcp_child_deliver() - hand the segment to the child and the child to accept
 * @listener: referenced or under RCU
 * @child: locked, hashed; unlocked and put here
 * @skb: the final ACK, consumed
 * @o: its options
 * @req: the request it came from
 *
 * Counterpart of the kernel's tcp_child_process() and inet_csk_complete_hashdance().
 *
 * Context: softirq.
 */
void xtcp_child_deliver(struct sock *listener, struct sock *child,
			struct sk_buff *skb, struct xtcp_options *o,
			const struct xtcp_request *req)
	__releases(&child->sk_lock.slock)
{
	struct net *net = sock_net(child);
	bool queued;

	XTCP_INC(net, PASSIVEOPENS);
	judge_path(child, o, req);
	security_inet_conn_established(child, skb);
	xtcp_skb_arrived(skb);
	xtcp_state_parsed(child, skb, o);
	queued = xtcp_acceptq_add(listener, child);
	if (!queued)
		xtcp_acceptq_reset(child);
	bh_unlock_sock(child);
	sock_put(child);
	/* C-23: only now, when accept() has something to return. */
	if (queued)
		listener->sk_data_ready(listener);
}
