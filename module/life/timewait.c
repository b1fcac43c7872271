// SPDX-License-Identifier: GPL-2.0-only
/*
 * TIME_WAIT, and the FIN_WAIT2 of sockets that nobody holds any more: a mini
 * object in the socket's place (RFC 9293 3.6.1, inventory E.6 and I.3).
 */
#include "xtcp.h"
#include "ip/ipsockopt.h"
#include "life/orphan.h"
#include "life/output.h"
#include "life/remember.h"
#include "life/reply.h"
#include "life/sock.h"
#include "life/state.h"
#include "life/timewait.h"
#include "parts/options.h"
#include "parts/skb.h"
#include "parts/timer.h"
#include "parts/window.h"
#include "port/dest.h"
#include "port/port.h"
#include "table/hash.h"
#include "table/mini.h"
#include "table/wheel.h"

static u32 timewait_len(const struct net *net)
{
	return max(msecs_to_jiffies(READ_ONCE(xtcp_pernet(net)->timewait_msecs)),
		   1UL);
}

static void timewait_fill(struct xtcp_timewait *tw, struct sock *sk, u8 state)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_mini *mini = &tw->mini;

	mini->tuple = xtcp_tuple_of(sk);
	mini->bound_dev_if = sk->sk_bound_dev_if;
	mini->state = state;
	mini->tstamp_ok = xs->tstamp_ok;
	mini->ts_recent = xs->ts_recent;
	mini->ts_off = xs->ts_off;
	mini->nat = xs->nat;
	mini->transparent = xtcp_transparent(sk);
	tw->ts_recent_stamp = xs->ts_recent_stamp;
	tw->rcv_nxt = xs->rcv_nxt;
	tw->snd_nxt = xs->snd_nxt;
	tw->rcv_wnd = min_t(u32, xtcp_receive_window(xs) >> xs->rcv_wscale,
			    U16_MAX);
	tw->wscale = xs->rcv_wscale;
	tw->reuse = !!sk->sk_reuse;
	tw->reuseport = sk->sk_reuseport;
	tw->tos = xtcp_ip_tos(sk);
	if (unlikely(mini->extended)) {
		xtcp_timewait_tagged(mini)->mark = READ_ONCE(sk->sk_mark);
		xtcp_timewait_tagged(mini)->priority =
			READ_ONCE(sk->sk_priority);
	}
}

/**
 * xtcp_timewait_enter() - retire a socket (I-37)
 * @sk: locked
 * @state: TCP_TIME_WAIT or TCP_FIN_WAIT2
 * @delay: jiffies to stand, 0: the length of TIME_WAIT
 *
 * Without memory or above tcp_max_tw_buckets the connection simply ends
 * (E-55).
 *
 * Counterpart of the kernel's tcp_time_wait().
 *
 * Context: softirq or process.
 */
void xtcp_timewait_enter(struct sock *sk, u8 state, u32 delay)
{
	struct net *net = sock_net(sk);
	struct xtcp_net *xn = xtcp_pernet(net);
	struct xtcp_mini *mini = NULL;

	sock_owned_by_me(sk);
	local_bh_disable();
	if (atomic_read(&xn->tw_count) <
	    READ_ONCE(net->ipv4.tcp_death_row.sysctl_max_tw_buckets))
		mini = xtcp_mini_alloc(net, XTCP_MINI_TIMEWAIT,
				       READ_ONCE(sk->sk_mark) ||
				       READ_ONCE(sk->sk_priority));
	if (mini) {
		atomic_inc(&xn->tw_count);
		timewait_fill(xtcp_twsk(mini), sk, state);
		xtcp_port_to_timewait(sk, xtcp_twsk(mini));
		xtcp_hash_retire(sk, mini, delay ?: timewait_len(net));
		xtcp_dest_queue(xtcp_twsk(mini));
	} else {
		XTCP_INC(net, TIMEWAITOVERFLOW);
	}
	xtcp_remember_end(sk);
	xtcp_sock_done(sk);
	local_bh_enable();
}

/**
 * xtcp_timewait_linger() - FIN_WAIT2 of an orphan lasted long enough (I-30)
 * @sk: locked
 *
 * The socket stood for what exceeds a minute; a mini object stands for the
 * rest.
 */
void xtcp_timewait_linger(struct sock *sk)
{
	u32 time = xtcp_orphan_fin_time(sk);

	sock_owned_by_me(sk);
	if (xtcp_sk(sk)->linger2 >= 0 && time > XTCP_TIMEWAIT_LEN) {
		xtcp_timewait_enter(sk, TCP_FIN_WAIT2, XTCP_TIMEWAIT_LEN);
		return;
	}
	xtcp_output_reset(sk, GFP_ATOMIC);
	xtcp_sock_done(sk);
}

/**
 * xtcp_timewait_fin_wait2() - an orphan is in FIN_WAIT2: how long? (I-30)
 * @sk: locked, SOCK_DEAD
 */
void xtcp_timewait_fin_wait2(struct sock *sk)
{
	u32 time = xtcp_orphan_fin_time(sk);

	sock_owned_by_me(sk);
	if (time > XTCP_TIMEWAIT_LEN)
		xtcp_timer_arm_keepalive(sk, time - XTCP_TIMEWAIT_LEN);
	else
		xtcp_timewait_enter(sk, TCP_FIN_WAIT2, time);
}

/* Counterpart of the kernel's inet_twsk_reschedule(). */
static void timewait_restart(struct xtcp_mini *mini)
{
	if (xtcp_wheel_del(mini))
		xtcp_hash_rearm(mini, timewait_len(mini->net));
}

static void timewait_learn_tstamp(struct xtcp_timewait *tw,
				  const struct xtcp_options *o)
{
	if (!o->tstamp_ok)
		return;
	tw->mini.ts_recent = o->tsval;
	tw->ts_recent_stamp = ktime_get_seconds();
}

/**
 * xtcp_timewait_ack() - tell the peer where we stand
 * @mini: the entry
 * @skb: the segment that it answers
 *
 * Counterpart of the kernel's tcp_v4_timewait_ack().
 *
 * Context: softirq.
 */
void xtcp_timewait_ack(struct xtcp_mini *mini, const struct sk_buff *skb)
{
	struct xtcp_timewait *tw = xtcp_twsk(mini);

	xtcp_reply_ack(mini, NULL, skb, tw->snd_nxt, tw->rcv_nxt, tw->rcv_wnd,
		       tw->tos);
}

/* E-51: what fits nothing is told where we stand, not too often. */
static void ack_unless_limited(struct xtcp_timewait *tw,
			       const struct sk_buff *skb)
{
	struct net *net = tw->mini.net;
	bool limited;

	spin_lock(&tw->mini.lock);
	limited = xtcp_segment_limited(net, skb, &tw->last_oow_ack);
	spin_unlock(&tw->mini.lock);
	if (!limited)
		xtcp_timewait_ack(&tw->mini, skb);
	else if (tw->mini.state == TCP_TIME_WAIT)
		XTCP_INC(net, ACKSKIPPEDTIMEWAIT);
	else
		XTCP_INC(net, ACKSKIPPEDFINWAIT2);
}

/* E-54: a FIN is awaited; for data there is no reader any more. */
static enum xtcp_verdict fin_wait2_input(struct xtcp_timewait *tw,
					 const struct sk_buff *skb,
					 const struct xtcp_options *o)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	if (cb->flags & XTCP_RST) {
		xtcp_hash_kill(&tw->mini);
		return XTCP_VERDICT_DROP;
	}
	if (cb->flags & XTCP_SYN && !seq_before(cb->seq, tw->rcv_nxt)) {
		xtcp_hash_kill(&tw->mini);
		return XTCP_VERDICT_RESET;
	}
	if (!(cb->flags & XTCP_ACK) || !seq_after(cb->end_seq, tw->rcv_nxt) ||
	    cb->end_seq == cb->seq)
		return XTCP_VERDICT_DROP;
	if (!(cb->flags & XTCP_FIN) || cb->end_seq != tw->rcv_nxt + 1) {
		xtcp_hash_kill(&tw->mini);
		return XTCP_VERDICT_RESET;
	}
	spin_lock(&tw->mini.lock);
	tw->mini.state = TCP_TIME_WAIT;
	tw->rcv_nxt = cb->end_seq;
	timewait_learn_tstamp(tw, o);
	spin_unlock(&tw->mini.lock);
	xtcp_dest_queue(tw);
	timewait_restart(&tw->mini);
	xtcp_timewait_ack(&tw->mini, skb);
	return XTCP_VERDICT_DROP;
}

/* E-50: may this SYN open the connection anew? */
static bool timewait_reopens(const struct xtcp_timewait *tw, const struct sk_buff *skb,
			     const struct xtcp_options *o)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	if ((cb->flags & (XTCP_SYN | XTCP_RST | XTCP_ACK)) != XTCP_SYN)
		return false;
	return seq_after(cb->seq, tw->rcv_nxt) ||
	       (o->tstamp_ok && seq_before(tw->mini.ts_recent, o->tsval));
}

static enum xtcp_verdict time_wait_input(struct xtcp_timewait *tw,
					 const struct sk_buff *skb,
					 const struct xtcp_options *o,
					 bool paws)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	bool rst = cb->flags & XTCP_RST;

	if (!paws && cb->seq == tw->rcv_nxt && (cb->seq == cb->end_seq || rst)) {
		/* A RST ends it, unless tcp_rfc1337 is set (E-52); an ACK prolongs it (E-53). */
		if (rst && !READ_ONCE(tw->mini.net->ipv4.sysctl_tcp_rfc1337)) {
			xtcp_hash_kill(&tw->mini);
			return XTCP_VERDICT_DROP;
		}
		spin_lock(&tw->mini.lock);
		timewait_learn_tstamp(tw, o);
		spin_unlock(&tw->mini.lock);
		if (rst)
			return XTCP_VERDICT_DROP;
		xtcp_dest_queue(tw);
		timewait_restart(&tw->mini);
		return XTCP_VERDICT_DROP;
	}
	if (!paws && timewait_reopens(tw, skb, o))
		return XTCP_VERDICT_SYN;
	if (paws && XTCP_TW_PAWS_APART)
		XTCP_INC(tw->mini.net, PAWSTIMEWAIT);
	else if (paws)
		XTCP_INC(tw->mini.net, PAWSESTAB);
	if (rst)
		return XTCP_VERDICT_DROP;
	if (paws || cb->flags & XTCP_ACK)
		timewait_restart(&tw->mini);
	ack_unless_limited(tw, skb);
	return XTCP_VERDICT_DROP;
}

/**
 * xtcp_timewait_input() - a segment for a TIME_WAIT entry (E.6)
 * @mini: referenced
 * @skb: the segment
 *
 * Counterpart of the kernel's tcp_timewait_state_process().
 *
 * Context: softirq.
 * Return: what to do with it; XTCP_VERDICT_SYN: let a listener have it, with
 *	   xtcp_mini_isn() as our sequence number.
 */
enum xtcp_verdict xtcp_timewait_input(struct xtcp_mini *mini,
				      const struct sk_buff *skb)
{
	struct xtcp_timewait *tw = xtcp_twsk(mini);
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	struct xtcp_options o;
	bool paws = false;
	u32 end;

	xtcp_options_parse(skb, &o);
	o.tstamp_ok &= mini->tstamp_ok && tw->ts_recent_stamp;
	if (o.tstamp_ok)
		paws = xtcp_segment_paws_reject(mini->ts_recent,
						tw->ts_recent_stamp, o.tsval,
						cb->flags & XTCP_RST);
	if (mini->state == TCP_TIME_WAIT)
		return time_wait_input(tw, skb, &o, paws);
	end = tw->rcv_nxt + ((u32)tw->rcv_wnd << tw->wscale);
	if (paws || !xtcp_segment_in_window(cb->seq, cb->end_seq, tw->rcv_nxt,
					    end)) {
		/* RSTs too, in TCP */
		ack_unless_limited(tw, skb);
		return XTCP_VERDICT_DROP;
	}
	return fin_wait2_input(tw, skb, &o);
}

/* The wheel serves a TIME_WAIT entry.  Counterpart of the kernel's tw_timer_handler(). */
static u32 timewait_timeout(struct xtcp_mini *mini)
{
	if (xtcp_hash_kill(mini))
		XTCP_INC(mini->net, TW);
	return 0;
}

/* A TIME_WAIT entry was unhashed. */
static void timewait_forget(struct xtcp_mini *mini)
{
	xtcp_port_put_timewait(xtcp_twsk(mini));
	atomic_dec(&xtcp_pernet(mini->net)->tw_count);
}

static const struct xtcp_mini_ops timewait_ops = {
	.timeout = timewait_timeout,
	.forget = timewait_forget,
};

/** xtcp_timewait_init() - at module load */
void xtcp_timewait_init(void)
{
	xtcp_mini_register(XTCP_MINI_TIMEWAIT, &timewait_ops);
}
