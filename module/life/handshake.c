// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handshake of a passive open: from the SYN to the ACK that completes it
 * (RFC 9293 SYN-RECEIVED; inventory C.2, E.1 and E.3).  None of this takes the
 * listener's socket lock.
 */
#include "xtcp.h"
#include "cong/cong.h"
#include "ip/ipopt.h"
#include "ip/lsm.h"
#include "life/acceptq.h"
#include "life/child.h"
#include "life/cookie.h"
#include "life/handshake.h"
#include "life/reply.h"
#include "life/request.h"
#include "life/state.h"
#include "parts/ecn.h"
#include "parts/options.h"
#include "parts/skb.h"
#include "table/hash.h"
#include "table/isn.h"
#include "table/metrics.h"
#include "table/mini.h"
#include "table/wheel.h"

static u32 synack_delay(u8 rounds)
{
	return min_t(u64, (u64)XTCP_RTO_INIT << min_t(u8, rounds, 16),
		     XTCP_RTO_MAX);
}

/* C-16: once per listener, unless cookies are what was asked for */
static void warn_of_flood(struct sock *listener, u8 cookies)
{
	struct xtcp_accept_queue *q = xtcp_accept_queue(listener);

	if (cookies == 2 || READ_ONCE(q->flood_warned) ||
	    xchg(&q->flood_warned, true))
		return;
	net_info_ratelimited("xtcp: Possible SYN flooding on port %d. %s.\n",
			     inet_sk(listener)->inet_num,
			     cookies ? "Sending cookies" : "Dropping request");
}

/*
 * C-14 to C-18: is there room for one more half-open connection?  Without cookies the
 * last quarter is for peers that one has ended in order with.
 */
static bool syn_dropped(struct sock *listener, const struct xtcp_tuple *t,
			bool reopening, bool *cookie)
{
	struct net *net = sock_net(listener);
	int half = atomic_read(&xtcp_accept_queue(listener)->half_open);
	int max = READ_ONCE(net->ipv4.sysctl_max_syn_backlog);
	u8 cookies = READ_ONCE(net->ipv4.sysctl_tcp_syncookies);

	if (!reopening &&
	    (cookies == 2 ||
	     half > (int)READ_ONCE(listener->sk_max_ack_backlog))) {
		warn_of_flood(listener, cookies);
		if (!cookies) {
			XTCP_INC(net, REQQFULLDROP);
			return true;
		}
		XTCP_INC(net, REQQFULLDOCOOKIES);
		*cookie = true;
	}
	if (sk_acceptq_is_full(listener)) {
		XTCP_INC(net, LISTENOVERFLOWS);
		return true;
	}
	return !cookies && !reopening && max - half < max >> 2 &&
	       !xtcp_metrics_proven(net, t->laddr, t->raddr);
}

static struct xtcp_request *request_create(struct sock *listener,
					   struct sk_buff *skb,
					   const struct xtcp_tuple *t,
					   const struct xtcp_options *o)
{
	struct xtcp_mini *mini;
	struct xtcp_request *req;

	/* It was found under RCU: it may be on its way out. */
	if (!refcount_inc_not_zero(&listener->sk_refcnt))
		return NULL;
	mini = xtcp_mini_alloc(sock_net(listener), XTCP_MINI_REQUEST,
			       xtcp_ipopt_present(skb));
	if (!mini) {
		sock_put(listener);
		return NULL;
	}
	req = xtcp_reqsk(mini);
	xtcp_request_fill(req, listener, skb, t, o);
	req->listener = listener;
	if (xtcp_lsm_refuses(listener, skb, t, mini->bound_dev_if, req->mark)) {
		xtcp_mini_put(mini);
		return NULL;
	}
	return req;
}

/*
 * The first one's time counts for the RTT (E-39), and for E-40.
 * Counterpart of the kernel's tcp_v4_send_synack().
 */
static int send_synack(struct xtcp_request *req, struct dst_entry *dst)
{
	struct sock *listener = READ_ONCE(req->listener);
	u64 now = xtcp_clock_us();
	int err;

	/* An heir may take the request over meanwhile, from one that is closed. */
	if (!refcount_inc_not_zero(&listener->sk_refcnt))
		return -ENOTCONN;
	if (!req->snt_synack_us)
		req->snt_synack_us = (u32)now ?: 1;
	err = xtcp_reply_synack(listener, req, dst,
				xtcp_clock_to_ms(now) + req->mini.ts_off);
	sock_put(listener);
	return err;
}

/* And again. */
static int resend_synack(struct xtcp_request *req)
{
	struct net *net = req->mini.net;
	struct dst_entry *dst = xtcp_reply_route(READ_ONCE(req->listener), req);
	u8 before = req->num_retrans;
	int err;

	if (IS_ERR(dst))
		return PTR_ERR(dst);
	/* It goes another way than the last one. */
	req->num_retrans = min(before + 1, U8_MAX);
	err = send_synack(req, dst);
	dst_release(dst);
	if (err) {
		req->num_retrans = before;
		return err;
	}
	XTCP_INC(net, RETRANSSEGS);
	XTCP_INC(net, SYNRETRANS);
	return 0;
}

/* Publishes it; the SYN-ACK's loss is repaired by the timer. */
static bool request_publish(struct xtcp_request *req, struct dst_entry *dst)
{
	struct xtcp_accept_queue *q = xtcp_accept_queue(req->listener);
	struct xtcp_mini *mini = &req->mini;
	bool added;

	req->young = true;
	atomic_inc(&q->half_open);
	atomic_inc(&q->young);
	/* Ours, for what comes after others can see it. */
	refcount_inc(&mini->refcnt);
	added = xtcp_hash_add_request(req, synack_delay(0));
	if (added) {
		send_synack(req, dst);
	} else {
		atomic_dec(&q->half_open);
		atomic_dec(&q->young);
		xtcp_mini_put(mini);
	}
	xtcp_mini_put(mini);
	return added;
}

/* Whoever can't be reached is not remembered; consumes the request. */
static bool request_answer(struct xtcp_request *req, const struct sk_buff *skb)
{
	struct dst_entry *dst = xtcp_reply_route(req->listener, req);
	bool published;

	if (IS_ERR(dst)) {
		xtcp_mini_put(&req->mini);
		return false;
	}
	req->ecn_ok = xtcp_ecn_request(req->mini.net, dst, skb,
				       xtcp_cong_asks_ecn(req->listener, dst));
	xtcp_request_window(req, req->listener, dst);
	published = request_publish(req, dst);
	dst_release(dst);
	return published;
}

/**
 * xtcp_handshake_syn() - a SYN for a listener (E-06, E-07)
 * @listener: under RCU
 * @skb: the segment
 * @t: its names
 * @isn: our sequence number if it reopens a TIME_WAIT connection, else 0
 *
 * Counterpart of the kernel's tcp_conn_request().
 *
 * Context: softirq, rcu_read_lock().
 */
void xtcp_handshake_syn(struct sock *listener, struct sk_buff *skb,
			const struct xtcp_tuple *t, u32 isn)
{
	struct net *net = sock_net(listener);
	struct xtcp_request *req;
	struct xtcp_options o;
	bool cookie = false;

	/* E-05: not sent to this host alone. */
	if (xtcp_addr_is_group(t->laddr) ||
	    syn_dropped(listener, t, isn, &cookie))
		goto drop;
	xtcp_options_parse(skb, &o);
	if (cookie) {
		if (xtcp_cookie_synack(listener, skb, t, &o))
			return;
		goto drop;
	}
	req = request_create(listener, skb, t, &o);
	if (!req)
		goto drop;
	req->snt_isn = isn ?: xtcp_isn(t);
	if (request_answer(req, skb))
		return;
drop:
	XTCP_INC(net, LISTENDROPS);
}

/* E-24: the peer missed our SYN-ACK. */
static void synack_again(struct xtcp_request *req, const struct sk_buff *skb)
{
	struct xtcp_mini *mini = &req->mini;
	bool limited;

	spin_lock(&mini->lock);
	limited = xtcp_segment_limited(mini->net, skb, &req->last_oow_ack);
	spin_unlock(&mini->lock);
	if (limited) {
		XTCP_INC(mini->net, ACKSKIPPEDSYNRECV);
		return;
	}
	if (!resend_synack(req) && xtcp_wheel_del(mini))
		xtcp_hash_rearm(mini, synack_delay(req->num_timeout));
}

static void request_ack(const struct xtcp_request *req,
			const struct sk_buff *skb)
{
	xtcp_reply_ack(&req->mini, READ_ONCE(req->listener), skb,
		       req->snt_isn + 1, req->rcv_isn + 1,
		       req->rcv_wnd >> req->rcv_wscale, XTCP_CB(skb)->tos);
}

/* E-26: tells the peer where we stand, unless it was a RST. */
static void request_out_of_window(struct xtcp_request *req, const struct sk_buff *skb,
				  bool paws)
{
	struct xtcp_mini *mini = &req->mini;
	bool limited;

	if (paws)
		XTCP_INC(mini->net, PAWSESTAB);
	if (XTCP_CB(skb)->flags & XTCP_RST)
		return;
	spin_lock(&mini->lock);
	limited = xtcp_segment_limited(mini->net, skb, &req->last_oow_ack);
	spin_unlock(&mini->lock);
	if (limited)
		XTCP_INC(mini->net, ACKSKIPPEDSYNRECV);
	else
		request_ack(req, skb);
}

/* E-28: no payload of the RST gets round this limit. */
static void request_challenge(struct xtcp_request *req, const struct sk_buff *skb)
{
	struct xtcp_mini *mini = &req->mini;
	bool limited;

	spin_lock(&mini->lock);
	limited = xtcp_segment_too_soon(mini->net, &req->last_oow_ack);
	spin_unlock(&mini->lock);
	if (limited)
		XTCP_INC(mini->net, ACKSKIPPEDCHALLENGE);
	else if (xtcp_segment_challenge_allowed(mini->net))
		request_ack(req, skb);
}

/* A RST ends it (E-27), or is challenged (E-28); so does another SYN (E-29). */
static enum xtcp_verdict embryonic_reset(struct xtcp_request *req,
					 const struct sk_buff *skb)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	struct net *net = req->mini.net;
	bool rst = cb->flags & XTCP_RST;

	if (rst && cb->seq != req->rcv_isn + 1) {
		request_challenge(req, skb);
		return XTCP_VERDICT_DROP;
	}
	if (xtcp_hash_kill(&req->mini)) {
		XTCP_INC(net, EMBRYONICRSTS);
		XTCP_INC(net, ATTEMPTFAILS);
	}
	return rst ? XTCP_VERDICT_DROP : XTCP_VERDICT_RESET;
}

/* C-19, C-20: the handshake is complete but there is no room. */
static enum xtcp_verdict queue_overflow(struct xtcp_request *req)
{
	struct net *net = req->mini.net;

	XTCP_INC(net, LISTENOVERFLOWS);
	XTCP_INC(net, LISTENDROPS);
	if (!READ_ONCE(net->ipv4.sysctl_tcp_abort_on_overflow)) {
		WRITE_ONCE(req->acked, true);
		return XTCP_VERDICT_DROP;
	}
	if (xtcp_hash_kill(&req->mini))
		XTCP_INC(net, EMBRYONICRSTS);
	return XTCP_VERDICT_RESET;
}

/* The final ACK (E-31 to E-36). */
static enum xtcp_verdict final_ack(struct xtcp_request *req,
				   struct sk_buff *skb, struct xtcp_options *o)
{
	struct sock *listener = READ_ONCE(req->listener);
	struct xtcp_mini *mini = &req->mini;
	struct sock *child;

	/* C-26: TCP_DEFER_ACCEPT waits for data. */
	if (req->num_timeout < READ_ONCE(xtcp_sk(listener)->defer_accept) &&
	    XTCP_CB(skb)->end_seq == req->rcv_isn + 1) {
		WRITE_ONCE(req->acked, true);
		XTCP_INC(mini->net, DEFERACCEPTDROP);
		return XTCP_VERDICT_DROP;
	}
	if (sk_acceptq_is_full(listener))
		return queue_overflow(req);
	child = xtcp_child_create(listener, req);
	if (!child) {
		/* E-36: the timer goes on, as after C-19 */
		WRITE_ONCE(req->acked, true);
		XTCP_INC(mini->net, LISTENDROPS);
		return XTCP_VERDICT_DROP;
	}
	if (!xtcp_hash_promote(child, req)) {
		xtcp_child_discard(child);
		return XTCP_VERDICT_RETRY;
	}
	xtcp_child_deliver(listener, child, skb, o, req);
	xtcp_hash_forget(mini);
	return XTCP_VERDICT_TAKEN;
}

/* When ts_recent was taken is not kept; the timer's round tells enough. */
static bool too_old(const struct xtcp_request *req, u32 tsval, bool rst)
{
	u32 stamp = (u32)ktime_get_seconds() -
		    synack_delay(req->num_timeout) / HZ;

	return xtcp_segment_paws_reject(READ_ONCE(req->mini.ts_recent), stamp,
					tsval, rst);
}

/**
 * xtcp_handshake_input() - a segment for a half-open connection (E.3)
 * @mini: referenced
 * @skb: the segment; consumed if a child took it
 *
 * Counterpart of the kernel's tcp_check_req().
 *
 * Context: softirq, rcu_read_lock().
 * Return: what to do next; XTCP_VERDICT_SYN: its listener shall have it.
 */
enum xtcp_verdict xtcp_handshake_input(struct xtcp_mini *mini,
				       struct sk_buff *skb)
{
	struct xtcp_request *req = xtcp_reqsk(mini);
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	bool rst = cb->flags & XTCP_RST;
	u32 rcv_nxt = req->rcv_isn + 1;
	struct xtcp_options o;
	bool paws;

	xtcp_options_parse(skb, &o);
	paws = o.tstamp_ok && mini->tstamp_ok && too_old(req, o.tsval, rst);
	if (cb->seq == req->rcv_isn && !paws &&
	    (cb->flags & (XTCP_SYN | XTCP_ACK | XTCP_RST)) == XTCP_SYN) {
		synack_again(req, skb);
		return XTCP_VERDICT_DROP;
	}
	/* E-25: of another handshake; the listener answers with a RST. */
	if (cb->flags & XTCP_ACK && !rst && cb->ack_seq != req->snt_isn + 1)
		return XTCP_VERDICT_SYN;
	if (paws || !xtcp_segment_in_window(cb->seq, cb->end_seq, rcv_nxt,
					    rcv_nxt + req->rcv_wnd)) {
		request_out_of_window(req, skb, paws);
		return XTCP_VERDICT_DROP;
	}
	if (rst || (cb->flags & XTCP_SYN && cb->seq != req->rcv_isn))
		return embryonic_reset(req, skb);
	if (!(cb->flags & XTCP_ACK))
		return XTCP_VERDICT_DROP;
	return final_ack(req, skb, &o);
}

/**
 * xtcp_handshake_error() - an ICMP error about a SYN-ACK (E-33)
 * @mini: referenced
 * @seq: sequence number that it quotes
 * @fatal: there is no hope
 *
 * Context: bottom halves off.
 */
void xtcp_handshake_error(struct xtcp_mini *mini, u32 seq, bool fatal)
{
	if (seq != xtcp_reqsk(mini)->snt_isn)
		XTCP_INC(mini->net, OUTOFWINDOWICMPS);
	else if (fatal && xtcp_hash_kill(mini))
		XTCP_INC(mini->net, LISTENDROPS);
}

/* C-22: when the queue is crowded the old ones get fewer retries. */
static int retry_limit(const struct sock *listener, int max)
{
	struct xtcp_accept_queue *q = xtcp_accept_queue(listener);
	int half = atomic_read(&q->half_open);
	int young = atomic_read(&q->young) << 1;

	if (2 * half <= max_t(int, 8, READ_ONCE(listener->sk_max_ack_backlog)))
		return max;
	while (max > 2 && half >= young) {
		max--;
		young <<= 1;
	}
	return max;
}

static void no_longer_young(struct xtcp_request *req)
{
	spin_lock(&req->mini.lock);
	if (req->young)
		atomic_dec(&xtcp_accept_queue(req->listener)->young);
	req->young = false;
	spin_unlock(&req->mini.lock);
}

/* Is this request over, and if not, is a SYN-ACK due? */
static bool request_expired(const struct xtcp_request *req, bool *resend)
{
	struct sock *listener = READ_ONCE(req->listener);
	const struct xtcp_sock *xs = xtcp_sk(listener);
	u8 defer = READ_ONCE(xs->defer_accept);
	int max = READ_ONCE(xs->syn_retries) ?:
		  READ_ONCE(req->mini.net->ipv4.sysctl_tcp_synack_retries);
	int limit = retry_limit(listener, max);
	bool acked = READ_ONCE(req->acked);

	*resend = !defer || !acked || req->num_timeout >= defer - 1;
	if (!defer)
		return req->num_timeout >= limit;
	return req->num_timeout >= limit &&
	       (!acked || req->num_timeout >= defer);
}

/*
 * The wheel serves a half-open connection (C-21).
 * Counterpart of the kernel's reqsk_timer_handler().
 */
static u32 handshake_timeout(struct xtcp_mini *mini)
{
	struct xtcp_request *req = xtcp_reqsk(mini);
	bool resend, over;

	if (!xtcp_request_listener(mini))
		return 0;
	XTCP_INC(mini->net, TIMEOUTS);
	over = request_expired(req, &resend);
	/* One that can't be answered is no loss while no ACK has come. */
	if (over || (resend && resend_synack(req) && !READ_ONCE(req->acked))) {
		xtcp_hash_kill(mini);
		return 0;
	}
	no_longer_young(req);
	req->num_timeout++;
	return synack_delay(req->num_timeout);
}

static const struct xtcp_mini_ops request_ops = {
	.timeout = handshake_timeout,
	.forget = xtcp_request_forget,
	.release = xtcp_request_release,
};

/** xtcp_handshake_init() - at module load */
void xtcp_handshake_init(void)
{
	xtcp_mini_register(XTCP_MINI_REQUEST, &request_ops);
}
