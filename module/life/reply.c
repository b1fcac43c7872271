// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments that belong to no full socket: RST for what matches nothing,
 * SYN-ACKs, and the acknowledgments of requests and TIME_WAIT.
 */
#include <linux/skbuff.h>
#include <net/inet_common.h>
#include <net/inet_ecn.h>

#include "xtcp.h"
#include "ip/ipopt.h"
#include "ip/ipsockopt.h"
#include "ip/packet.h"
#include "ip/route.h"
#include "life/output.h"
#include "life/reply.h"
#include "life/request.h"
#include "parts/options.h"
#include "parts/skb.h"
#include "table/mini.h"

/*
 * Whose segments in nobody's name are to filter rules: of no program, but of a
 * socket all the same (-m owner --socket-exists), as TCP's; until 6.13 those in a
 * socket's name are such, too.  One each processor, which is in
 * the namespace of the segment while that passes the rules.
 */
static DEFINE_PER_CPU(struct sock *, control_sk);

/*
 * Builds and sends one segment without payload; @txhash: 0: none; @owner: whose
 * segment it is to filter rules, referenced, should it meet any; NULL: nobody's.
 */
static int reply_by_route(struct net *net, struct xtcp_flow *flow,
			  const struct xtcp_header *h, struct dst_entry *dst,
			  u32 txhash, struct sock *owner)
{
	struct sk_buff *skb;
	int err;

	skb = alloc_skb(XTCP_BARE_HEADER, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return -ENOBUFS;
	skb_reserve(skb, XTCP_BARE_HEADER);
	xtcp_output_header(skb, flow, h);
	XTCP_INC(net, OUTSEGS);
	flow->df = true;
	xtcp_widen_here();
	/* As IPsec expects it of a full socket. */
	if (owner && xtcp_packet_filtered(net, flow, dst))
		xtcp_skb_owned(skb, owner);
	if (txhash)
		skb_set_hash(skb, txhash, PKT_HASH_TYPE_L4);
	/* A queue that is congested may have dropped another one (NET_XMIT_CN). */
	err = xtcp_packet_send(net, skb, flow, dst);
	return net_xmit_eval(err);
}

static void reply_by_control(struct net *net, struct xtcp_flow *flow,
			     const struct xtcp_header *h, struct dst_entry *dst)
{
	struct sock *owner;

	local_bh_disable();
	owner = __this_cpu_read(control_sk);
	sock_net_set(owner, net);
	reply_by_route(net, flow, h, dst, 0, owner);
	sock_net_set(owner, &init_net);
	local_bh_enable();
}

/* @owner may be on its way out. */
static void reply_by_owner(struct net *net, struct xtcp_flow *flow,
			   const struct xtcp_header *h, struct dst_entry *dst,
			   struct sock *owner)
{
	if (owner && !refcount_inc_not_zero(&owner->sk_refcnt))
		owner = NULL;
	reply_by_route(net, flow, h, dst, 0, owner);
	if (owner)
		sock_put(owner);
}

/*
 * In the name of @sk, as for xtcp_route_flow(), of @mini, or nobody's.  Nobody
 * repeats what could not be sent: it is as if it had been lost.
 */
static void reply_send(struct net *net, struct xtcp_flow *flow,
		       const struct xtcp_header *h, struct sock *sk,
		       const struct xtcp_mini *mini)
{
	struct dst_entry *dst = xtcp_route_flow(net, flow, sk);

	if (IS_ERR(dst))
		return;
	if (XTCP_REPLIES_ARE_OWNED && (sk || mini))
		reply_by_owner(net, flow, h, dst, sk);
	else
		reply_by_control(net, flow, h, dst);
	dst_release(dst);
}

/*
 * What a segment in a socket's name has of it, for rules, routes and qdiscs; its
 * device is another question.
 */
static void flow_of_sock(struct xtcp_flow *flow, const struct sock *sk)
{
	flow->mark = READ_ONCE(sk->sk_mark);
	flow->priority = READ_ONCE(sk->sk_priority);
	flow->transparent = xtcp_transparent(sk);
}

/* And one in the name of a TIME_WAIT entry. */
static void flow_of_timewait(struct xtcp_flow *flow,
			     const struct xtcp_mini *mini)
{
	flow->transparent = mini->transparent;
	if (likely(!mini->extended))
		return;
	flow->mark = xtcp_timewait_tagged(mini)->mark;
	flow->priority = xtcp_timewait_tagged(mini)->priority;
}

/* From where to where a request or a TIME_WAIT entry sends, and how. */
static void flow_of_mini(struct xtcp_flow *flow, const struct xtcp_mini *mini)
{
	*flow = (struct xtcp_flow){
		.tuple = mini->tuple,
		.bound_dev_if = mini->bound_dev_if,
		.nat = mini->nat,
	};
}

/* Where marks are reflected, the peer's comes before the socket's. */
static void reflect_mark(struct net *net, const struct sk_buff *skb,
			 struct xtcp_flow *flow)
{
	if (READ_ONCE(net->ipv4.sysctl_fwmark_reflect) && skb->mark)
		flow->mark = skb->mark;
}

/* The way back of a segment that came in. */
static void flow_back(const struct sk_buff *skb, const struct xtcp_tuple *t,
		      struct xtcp_flow *flow)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	*flow = (struct xtcp_flow){
		.tuple = *t,
		.tos = cb->tos,
		.bound_dev_if = cb->l3mdev,
		.nat = cb->nat,
	};
}

/* Never in answer to a RST.  @sk, @mini: as for reply_send(); @flow: back */
static void reply_with_reset(struct net *net, struct sock *sk,
			     const struct xtcp_mini *mini,
			     const struct sk_buff *skb, struct xtcp_flow *flow)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	struct xtcp_header h = { .flags = XTCP_RST };
	union xtcp_ipopt opt;

	if (cb->flags & XTCP_RST || !xtcp_ipopt_echo(net, skb, &opt))
		return;
	flow->opt = xtcp_ipopt_options(&opt);
	reflect_mark(net, skb, flow);
	if (cb->flags & XTCP_ACK) {
		h.seq = cb->ack_seq;
	} else {
		h.flags |= XTCP_ACK;
		h.ack = cb->end_seq;
	}
	XTCP_INC(net, OUTRSTS);
	reply_send(net, flow, &h, sk, mini);
}

/**
 * xtcp_reply_reset() - answer with a RST (E-10)
 * @net: namespace
 * @sk: in whose name; locked, referenced or under RCU; NULL: in nobody's
 * @skb: the offending segment, XTCP_CB() filled in
 * @t: its names
 *
 * Never in answer to a RST, nor to what was not sent to this host alone.
 *
 * Context: softirq.
 */
void xtcp_reply_reset(struct net *net, struct sock *sk,
		      const struct sk_buff *skb, const struct xtcp_tuple *t)
{
	struct xtcp_flow flow;

	flow_back(skb, t, &flow);
	if (sk) {
		flow_of_sock(&flow, sk);
		flow.bound_dev_if = READ_ONCE(sk->sk_bound_dev_if) ?:
				    flow.bound_dev_if;
	}
	reply_with_reset(net, sk, NULL, skb, &flow);
}

/**
 * xtcp_reply_reset_timewait() - a RST in the name of a TIME_WAIT entry
 * @mini: the entry, referenced
 * @skb: as for xtcp_reply_reset()
 *
 * Context: softirq.
 */
void xtcp_reply_reset_timewait(const struct xtcp_mini *mini,
			       const struct sk_buff *skb)
{
	struct xtcp_flow flow;

	flow_back(skb, &mini->tuple, &flow);
	flow_of_timewait(&flow, mini);
	flow.bound_dev_if = mini->bound_dev_if ?: flow.bound_dev_if;
	reply_with_reset(mini->net, NULL, mini, skb, &flow);
}

/**
 * xtcp_reply_ack() - acknowledgment in the name of a mini object
 * @mini: request or TIME_WAIT
 * @listener: of the request, under RCU; NULL for TIME_WAIT
 * @skb: the segment that it answers
 * @seq: our sequence number
 * @ack: what we expect
 * @window: the field, scaled
 * @tos: type of service
 *
 * Context: bottom halves off.
 */
void xtcp_reply_ack(const struct xtcp_mini *mini, struct sock *listener,
		    const struct sk_buff *skb, u32 seq, u32 ack, u16 window,
		    u8 tos)
{
	struct xtcp_header h = {
		.seq = seq,
		.ack = ack,
		.flags = XTCP_ACK,
		.window = window,
	};
	/* A timestamp of 0 counts as none, in TCP too. */
	bool tstamp = mini->tstamp_ok && mini->ts_recent;
	struct xtcp_flow flow;
	union xtcp_ipopt opt;
	__be32 options[3];

	if (!xtcp_ipopt_echo(mini->net, skb, &opt))
		return;
	flow_of_mini(&flow, mini);
	flow.tos = tos;
	if (listener)
		flow_of_sock(&flow, listener);
	else
		flow_of_timewait(&flow, mini);
	flow.transparent = mini->transparent;
	flow.opt = xtcp_ipopt_options(&opt);
	reflect_mark(mini->net, skb, &flow);
	h.options = options;
	h.optlen = xtcp_options_write(options, tstamp,
				      xtcp_clock_ms() + mini->ts_off,
				      mini->ts_recent);
	reply_send(mini->net, &flow, &h, listener, mini);
}

static void synack_flow(const struct sock *listener,
			const struct xtcp_request *req, struct xtcp_flow *flow)
{
	const struct xtcp_mini *mini = &req->mini;

	flow_of_mini(flow, mini);
	flow->mark = req->mark;
	flow->priority = READ_ONCE(listener->sk_priority);
	flow->transparent = mini->transparent;
	flow->tos = xtcp_ip_tos(listener);
	flow->ttl = xtcp_ip_ttl(listener);
	flow->opt = xtcp_request_ip_options(req);
	/* tcp_reflect_tos: it answers with the DSCP of the SYN (E-23). */
	if (READ_ONCE(mini->net->ipv4.sysctl_tcp_reflect_tos))
		flow->tos = (req->tos & ~INET_ECN_MASK) |
			    (flow->tos & INET_ECN_MASK);
}

/**
 * xtcp_reply_route() - the way back to whoever sent a SYN
 * @listener: whose options count; under RCU or referenced
 * @req: names filled in
 *
 * Context: bottom halves off.
 * Return: the route, referenced, or an error.
 */
struct dst_entry *xtcp_reply_route(const struct sock *listener,
				   const struct xtcp_request *req)
{
	struct dst_entry *dst;
	struct xtcp_flow flow;

	synack_flow(listener, req, &flow);
	dst = xtcp_route_flow(req->mini.net, &flow, (struct sock *)listener);
	if (!IS_ERR(dst) && xtcp_route_strays(&flow, dst)) {
		dst_release(dst);
		dst = ERR_PTR(-EHOSTUNREACH);
	}
	return dst;
}

/**
 * xtcp_reply_synack() - send a SYN-ACK
 * @listener: whose options count; referenced, for a cookie under RCU
 * @req: the request, on the stack for a SYN cookie
 * @dst: from xtcp_reply_route(), borrowed
 * @tsval: timestamp, if they are agreed
 *
 * To filter rules it is the listener's (-m owner), unless it carries a cookie:
 * those of TCP are nobody's either.
 *
 * Context: bottom halves off.
 * Return: 0 or a negative error; the timer repairs it.
 */
int xtcp_reply_synack(struct sock *listener, const struct xtcp_request *req,
		      struct dst_entry *dst, u32 tsval)
{
	const u16 user_mss = READ_ONCE(xtcp_sk(listener)->user_mss);
	const struct xtcp_mini *mini = &req->mini;
	__be32 options[10];
	struct xtcp_options o = {
		.mss = xtcp_route_advmss(mini->net, dst),
		.wscale_ok = req->wscale_ok,
		.wscale = req->rcv_wscale,
		.sack_ok = req->sack_ok,
		.tstamp_ok = mini->tstamp_ok,
		.tsval = tsval,
		.tsecr = mini->ts_recent,
	};
	struct xtcp_header h = {
		.seq = req->snt_isn,
		.ack = req->rcv_isn + 1,
		.flags = XTCP_SYN | XTCP_ACK,
		.window = min_t(u32, req->rcv_wnd, U16_MAX),
		.options = options,
	};
	struct xtcp_flow flow;

	if (user_mss)
		o.mss = min(o.mss, user_mss);
	if (req->ecn_ok)
		h.flags |= XTCP_ECE;
	h.optlen = xtcp_options_write_syn(options, &o);
	synack_flow(listener, req, &flow);
	return reply_by_route(mini->net, &flow, &h, dst,
			      xtcp_request_txhash(req, listener),
			      READ_ONCE(req->listener) ? listener : NULL);
}

/**
 * xtcp_reply_init() - at module load
 *
 * Return: 0 or a negative error.
 */
int xtcp_reply_init(void)
{
	struct sock *sk;
	int cpu, err;

	for_each_possible_cpu(cpu) {
		err = inet_ctl_sock_create(&sk, PF_INET, SOCK_RAW, IPPROTO_TCP,
					   &init_net);
		if (err) {
			xtcp_reply_exit();
			return err;
		}
		/* Nobody waits for space in its buffer. */
		sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
		per_cpu(control_sk, cpu) = sk;
	}
	return 0;
}

/** xtcp_reply_exit() - at module unload, when nothing can come in any more */
void xtcp_reply_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		inet_ctl_sock_destroy(per_cpu(control_sk, cpu));
}
