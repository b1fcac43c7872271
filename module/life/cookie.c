// SPDX-License-Identifier: GPL-2.0-only
/*
 * SYN cookies: a handshake without a request (C-16, C-27; D. J. Bernstein).
 *
 * The sequence number of the SYN-ACK carries a minute counter (8 bits) and a
 * keyed hash with an index into a table of MSS values (24 bits).  What was
 * agreed beyond that survives only in the low bits of our timestamp.
 */
#include <linux/random.h>

#include "xtcp.h"
#include "cong/cong.h"
#include "ip/lsm.h"
#include "life/acceptq.h"
#include "life/child.h"
#include "life/cookie.h"
#include "life/reply.h"
#include "life/request.h"
#include "life/state.h"
#include "parts/ecn.h"
#include "parts/options.h"
#include "parts/skb.h"
#include "table/hash.h"
#include "table/mini.h"
#include "table/reuseport.h"

#define COOKIE_BITS	24
#define COOKIE_MASK	((1U << COOKIE_BITS) - 1)
#define COOKIE_MINUTES	2
#define COOKIE_PERIOD	(60 * HZ)

/* Timestamp bits: peer's window scale, 15 for none; SACK; ECN. */
#define TS_BITS		6
#define TS_MASK		((1U << TS_BITS) - 1)
#define TS_NO_WSCALE	0xfU
#define TS_SACK		BIT(4)
#define TS_ECN		BIT(5)

static siphash_aligned_key_t cookie_key[2];
static const u16 mss_table[] = { 536, 1300, 1440, 1460 };

static u32 cookie_hash(const struct xtcp_mini *mini, u32 count, int which)
{
	net_get_random_once(cookie_key, sizeof(cookie_key));
	return xtcp_addrs_siphash_2u32(mini->tuple.laddr, mini->tuple.raddr,
				       xtcp_tuple_ports(&mini->tuple), count,
				       &cookie_key[which]);
}

static u32 cookie_minute(void)
{
	return (u32)div_u64(get_jiffies_64(), COOKIE_PERIOD);
}

static u32 cookie_make(const struct xtcp_request *req, u8 mss_index)
{
	const struct xtcp_mini *mini = &req->mini;
	u32 count = cookie_minute();

	return cookie_hash(mini, 0, 0) + req->rcv_isn +
	       (count << COOKIE_BITS) +
	       ((cookie_hash(mini, count, 1) + mss_index) & COOKIE_MASK);
}

/* The MSS that the cookie stands for, 0: none of ours, or too old. */
static u16 cookie_open(const struct xtcp_request *req, u32 cookie)
{
	const struct xtcp_mini *mini = &req->mini;
	u32 count = cookie_minute();
	u32 age, index;

	cookie -= cookie_hash(mini, 0, 0) + req->rcv_isn;
	age = (count - (cookie >> COOKIE_BITS)) & (U32_MAX >> COOKIE_BITS);
	if (age >= COOKIE_MINUTES)
		return 0;
	index = (cookie - cookie_hash(mini, count - age, 1)) & COOKIE_MASK;
	return index < ARRAY_SIZE(mss_table) ? mss_table[index] : 0;
}

static u8 mss_index(u16 mss)
{
	u8 i;

	for (i = ARRAY_SIZE(mss_table) - 1; i; i--)
		if (mss >= mss_table[i])
			break;
	return i;
}

/* A TSval that ends in what was agreed, and is not newer than the clock. */
static u32 hide_options(const struct xtcp_request *req)
{
	u32 bits = req->wscale_ok ? req->snd_wscale : TS_NO_WSCALE;
	u32 now = xtcp_clock_ms() + req->mini.ts_off;
	u32 ts;

	bits |= (req->sack_ok ? TS_SACK : 0) | (req->ecn_ok ? TS_ECN : 0);
	ts = (now & ~TS_MASK) | bits;
	return seq_after(ts, now) ? ts - (TS_MASK + 1) : ts;
}

/**
 * xtcp_cookie_synack() - answer a SYN and keep nothing
 * @listener: under RCU
 * @skb: the SYN
 * @t: its names
 * @o: its options
 *
 * Counterpart of the kernel's cookie_v4_init_sequence().
 *
 * Context: softirq.
 * Return: false if there is no way back to the sender, or it is unwelcome.
 */
bool xtcp_cookie_synack(struct sock *listener, struct sk_buff *skb,
			const struct xtcp_tuple *t,
			const struct xtcp_options *o)
{
	struct net *net = sock_net(listener);
	struct xtcp_request_opt stack = {};
	struct xtcp_request *req = &stack.req;
	struct dst_entry *dst;
	u32 tsval = 0;

	WRITE_ONCE(xtcp_sk(listener)->accept_queue.cookie_stamp, jiffies);
	xtcp_reuseport_note_flood(listener);
	req->mini.extended = true;
	xtcp_request_fill(req, listener, skb, t, o);
	if (xtcp_lsm_refuses(listener, skb, t, req->mini.bound_dev_if, req->mark))
		return false;
	dst = xtcp_reply_route(listener, req);
	if (IS_ERR(dst))
		return false;
	/* Without a timestamp there is no place for the rest. */
	if (req->mini.tstamp_ok) {
		req->ecn_ok = xtcp_ecn_request(net, dst, skb,
					       xtcp_cong_asks_ecn(listener, dst));
		tsval = hide_options(req);
	} else {
		req->wscale_ok = false;
		req->sack_ok = false;
	}
	xtcp_request_window(req, listener, dst);
	req->snt_isn = cookie_make(req, mss_index(req->mss));
	xtcp_reply_synack(listener, req, dst, tsval);
	dst_release(dst);
	XTCP_INC(net, SYNCOOKIESSENT);
	return true;
}

/* False if they say what the namespace does not allow any more. */
static bool show_options(struct xtcp_request *req, const struct sock *listener,
			 const struct xtcp_options *o)
{
	struct net *net = sock_net(listener);
	u32 bits = o->tsecr & TS_MASK;

	if (!req->mini.tstamp_ok)
		return true;
	req->sack_ok = !!(bits & TS_SACK);
	if (req->sack_ok && !READ_ONCE(net->ipv4.sysctl_tcp_sack))
		return false;
	if ((bits & TS_NO_WSCALE) != TS_NO_WSCALE) {
		if (!READ_ONCE(net->ipv4.sysctl_tcp_window_scaling))
			return false;
		req->wscale_ok = true;
		req->snd_wscale = bits & TS_NO_WSCALE;
	}
	return true;
}

/*
 * Window and ECN as the SYN-ACK had them; false if there is no way back any
 * more.
 */
static bool show_path(struct xtcp_request *req, const struct sock *listener,
		      const struct xtcp_options *o)
{
	struct dst_entry *dst = xtcp_reply_route(listener, req);

	if (IS_ERR(dst))
		return false;
	xtcp_request_window(req, listener, dst);
	req->ecn_ok = req->mini.tstamp_ok && o->tsecr & TS_ECN &&
		      xtcp_ecn_granted(req->mini.net, dst);
	dst_release(dst);
	return true;
}

/* Cookies are only believed while some may be out (C-27). */
static bool cookie_expected(const struct sock *listener)
{
	const struct xtcp_accept_queue *q = &xtcp_sk(listener)->accept_queue;
	unsigned long stamp = READ_ONCE(q->cookie_stamp);

	if (!READ_ONCE(sock_net(listener)->ipv4.sysctl_tcp_syncookies))
		return false;
	return (stamp && time_before(jiffies, stamp + COOKIE_MINUTES *
					      COOKIE_PERIOD)) ||
	       xtcp_reuseport_flooded(listener, COOKIE_MINUTES * COOKIE_PERIOD);
}

/**
 * xtcp_cookie_ack() - an ACK for a listener: does it return a cookie? (E-01)
 * @listener: under RCU
 * @skb: the segment; consumed if a child took it
 * @t: its names
 *
 * Counterpart of the kernel's cookie_v4_check().
 *
 * Context: softirq, rcu_read_lock().
 * Return: XTCP_VERDICT_TAKEN, XTCP_VERDICT_RESET if it is no cookie, or
 *	   XTCP_VERDICT_DROP.
 */
enum xtcp_verdict xtcp_cookie_ack(struct sock *listener, struct sk_buff *skb,
				  const struct xtcp_tuple *t)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	struct net *net = sock_net(listener);
	struct xtcp_request_opt stack = {};
	struct xtcp_request *req = &stack.req;
	struct xtcp_options o = {};
	struct sock *child;

	if (!cookie_expected(listener))
		return XTCP_VERDICT_RESET;
	xtcp_options_parse(skb, &o);
	req->mini.extended = true;
	xtcp_request_fill(req, listener, skb, t, &o);
	req->rcv_isn = cb->seq - 1;
	req->snt_isn = cb->ack_seq - 1;
	req->wscale_ok = false;
	req->snd_wscale = 0;
	req->mss = cookie_open(req, req->snt_isn);
	if (!req->mss) {
		XTCP_INC(net, SYNCOOKIESFAILED);
		return XTCP_VERDICT_RESET;
	}
	XTCP_INC(net, SYNCOOKIESRECV);
	if (!show_options(req, listener, &o))
		return XTCP_VERDICT_RESET;
	if (xtcp_lsm_refuses(listener, skb, t, req->mini.bound_dev_if, req->mark) ||
	    !show_path(req, listener, &o))
		return XTCP_VERDICT_DROP;
	if (sk_acceptq_is_full(listener)) {
		XTCP_INC(net, LISTENOVERFLOWS);
		XTCP_INC(net, LISTENDROPS);
		return XTCP_VERDICT_DROP;
	}
	child = xtcp_child_create(listener, req);
	if (!child) {
		XTCP_INC(net, LISTENDROPS);
		return XTCP_VERDICT_DROP;
	}
	if (!xtcp_hash_promote(child, NULL)) {
		xtcp_child_discard(child);
		return XTCP_VERDICT_RETRY;
	}
	xtcp_child_deliver(listener, child, skb, &o, req);
	return XTCP_VERDICT_TAKEN;
}
