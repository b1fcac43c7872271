// SPDX-License-Identifier: GPL-2.0-only
/*
 * The object of a half-open connection: what its SYN asked for, and whose it is.
 * What happens to it is in handshake.c.
 */
#include "xtcp.h"
#include "ip/ipopt.h"
#include "ip/route.h"
#include "life/acceptq.h"
#include "life/request.h"
#include "life/sock.h"
#include "parts/metric.h"
#include "parts/options.h"
#include "parts/skb.h"
#include "parts/window.h"
#include "table/hash.h"
#include "table/isn.h"
#include "table/mini.h"
#include "table/reuseport.h"

/* One that stopped and listens again goes on with what it was asked before. */
static bool listener_lives(const struct xtcp_request *req)
{
	return READ_ONCE(xtcp_accept_queue(READ_ONCE(req->listener))->open);
}

/**
 * xtcp_request_fill() - what a SYN asks for, as far as we grant it (E.2)
 * @req: zeroed, but for mini.extended
 * @listener: under RCU
 * @skb: the SYN
 * @t: its names
 * @o: its options
 *
 * Names, sequence numbers and options; shared with the cookie path.
 */
void xtcp_request_fill(struct xtcp_request *req, const struct sock *listener,
		       const struct sk_buff *skb, const struct xtcp_tuple *t,
		       const struct xtcp_options *o)
{
	const u16 user_mss = READ_ONCE(xtcp_sk(listener)->user_mss);
	struct xtcp_mini *mini = &req->mini;
	struct net *net = sock_net(listener);

	mini->net = net;
	mini->state = TCP_NEW_SYN_RECV;
	mini->tuple = *t;
	mini->bound_dev_if = READ_ONCE(listener->sk_bound_dev_if) ?:
			     XTCP_CB(skb)->l3mdev;
	mini->tstamp_ok = o->tstamp_ok &&
			  READ_ONCE(net->ipv4.sysctl_tcp_timestamps);
	if (mini->tstamp_ok) {
		mini->ts_recent = o->tsval;
		mini->ts_off = xtcp_ts_offset(net, t);
	}
	req->rcv_isn = XTCP_CB(skb)->seq;
	/* E-13; TCP_MAXSEG bounds what the peer says, no more. */
	req->mss = o->mss ?: XTCP_MSS_DEFAULT;
	if (o->mss && user_mss)
		req->mss = min(o->mss, user_mss);
	req->tos = XTCP_CB(skb)->tos;
	req->wscale_ok = o->wscale_ok &&
			 READ_ONCE(net->ipv4.sysctl_tcp_window_scaling);
	req->snd_wscale = req->wscale_ok ? o->wscale : 0;
	req->sack_ok = o->sack_ok && READ_ONCE(net->ipv4.sysctl_tcp_sack);
	req->mark = READ_ONCE(listener->sk_mark);
	if (!req->mark && READ_ONCE(net->ipv4.sysctl_tcp_fwmark_accept))
		req->mark = skb->mark;
	mini->nat = XTCP_CB(skb)->nat;
	mini->transparent = xtcp_transparent(listener);
	if (unlikely(mini->extended))
		xtcp_ipopt_echo(net, skb, &xtcp_request_opt(req)->opt);
}

/**
 * xtcp_request_window() - window that a SYN-ACK offers (E-21)
 * @req: options filled in
 * @listener: whose buffer size counts
 * @dst: from xtcp_reply_route()
 */
void xtcp_request_window(struct xtcp_request *req, const struct sock *listener,
			 const struct dst_entry *dst)
{
	const struct xtcp_metric_window route = xtcp_metric_window(dst);
	u32 clamp = READ_ONCE(xtcp_sk(listener)->window_clamp) ?: route.clamp;
	u32 limit = xtcp_window_limit(listener, clamp);
	u32 mss = xtcp_route_advmss(req->mini.net, dst);
	u8 wscale;

	if (req->mini.tstamp_ok)
		mss -= XTCP_OLEN_TS_ALIGNED;
	xtcp_window_initial(listener, mss, req->wscale_ok, &limit,
			    xtcp_sock_max_rcvbuf(listener), route.initial,
			    &req->rcv_wnd, &wscale);
	req->rcv_wscale = wscale;
}

/* With its listener: half-open, and perhaps young. */
static void count_request(const struct xtcp_request *req, int n)
{
	struct xtcp_accept_queue *q = xtcp_accept_queue(req->listener);

	lockdep_assert_held(&req->mini.lock);
	atomic_add(n, &q->half_open);
	if (req->young)
		atomic_add(n, &q->young);
}

/*
 * C-34: a member of the closed listener's group takes the request over.  Who
 * forgets it asks under the same lock whom it belongs to: it is counted with
 * exactly one of them.
 * The kernel makes a copy for the heir instead: inet_reqsk_clone().
 */
static bool request_inherited(struct xtcp_request *req)
{
	struct xtcp_mini *mini = &req->mini;
	struct sock *old = NULL, *heir;
	bool lives;

	heir = xtcp_reuseport_heir(READ_ONCE(req->listener), req->hash);
	/* Another processor may have been faster. */
	if (!heir)
		return listener_lives(req);
	spin_lock(&mini->lock);
	lives = !hlist_unhashed_lockless(&mini->hash_node) &&
		listener_lives(req);
	if (!lives && !hlist_unhashed_lockless(&mini->hash_node) &&
	    READ_ONCE(xtcp_accept_queue(heir)->open)) {
		old = req->listener;
		count_request(req, -1);
		WRITE_ONCE(req->listener, heir);
		count_request(req, 1);
		XTCP_INC(mini->net, MIGRATEREQSUCCESS);
	} else if (!lives) {
		XTCP_INC(mini->net, MIGRATEREQFAILURE);
	}
	spin_unlock(&mini->lock);
	/* A reader without the lock is under RCU, which keeps the old one. */
	sock_put(old ?: heir);
	return lives || old;
}

/**
 * xtcp_request_listener() - whose half-open connection is this?
 * @mini: referenced
 *
 * Context: softirq, rcu_read_lock().
 * Return: the listener, or who inherits from it; NULL if there is none any
 *	   more: then the request is gone (E-34).
 */
struct sock *xtcp_request_listener(struct xtcp_mini *mini)
{
	struct xtcp_request *req = xtcp_reqsk(mini);

	if (!listener_lives(req) && !request_inherited(req)) {
		xtcp_hash_kill(mini);
		return NULL;
	}
	return READ_ONCE(req->listener);
}

/**
 * xtcp_request_forget() - it was unhashed: its listener counts one less
 * @mini: the request
 *
 * Context: bottom halves off.
 */
void xtcp_request_forget(struct xtcp_mini *mini)
{
	struct xtcp_request *req = xtcp_reqsk(mini);

	spin_lock(&mini->lock);
	count_request(req, -1);
	req->young = false;
	spin_unlock(&mini->lock);
}

/**
 * xtcp_request_release() - the last reference went
 * @mini: the request
 */
void xtcp_request_release(struct xtcp_mini *mini)
{
	sock_put(xtcp_reqsk(mini)->listener);
}
