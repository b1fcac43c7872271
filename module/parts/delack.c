// SPDX-License-Identifier: GPL-2.0-only
/*
 * When to acknowledge: at once for a while, or with what the program answers,
 * or when the delayed-ACK timer fires (RFC 9293 3.8.6.3, inventory H.4).
 */
#include "xtcp.h"
#include "parts/delack.h"
#include "parts/metric.h"
#include "parts/skb.h"

/* RFC 9293 3.8.6.3: so many immediate ACKs, bounded by the window (H-61). */
static void more_quick_acks(struct xtcp_sock *xs, u32 max)
{
	u32 n = xs->rcv_wnd / (2 * max_t(u32, xs->ack.rcv_mss, 1));

	n = min(n ?: 2, max);
	xs->ack.quick = max_t(u8, xs->ack.quick, n);
}

/**
 * xtcp_delack_quick() - acknowledge at once for a while
 * @sk: locked
 * @max: at most so many
 */
void xtcp_delack_quick(struct sock *sk, u32 max)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	more_quick_acks(xs, max);
	xs->ack.pingpong = false;
	xs->ack.ato = XTCP_DELACK_MIN;
}

/*
 * May a segment smaller than those before be a full one?  Its header counts, as
 * SACK blocks take their room from the payload; one without PSH should be.
 */
static bool may_be_full(const struct sk_buff *skb, u32 len)
{
	if (len >= XTCP_MSS_DEFAULT + sizeof(struct tcphdr))
		return true;
	return len >= XTCP_MSS_MIN + sizeof(struct tcphdr) &&
	       !(XTCP_CB(skb)->flags & (XTCP_FIN | XTCP_URG | XTCP_PSH));
}

/**
 * xtcp_delack_measure() - the peer's segment size as it shows (H-62)
 * @sk: locked
 * @skb: data that came, from its payload on
 *
 * An acknowledgment is owed from here on.
 *
 * Return: true if it is larger than those before.
 */
bool xtcp_delack_measure(struct sock *sk, const struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 before = skb->data - skb_transport_header(skb);
	u32 header = sizeof(struct tcphdr);
	/* What was cut off at the left counts, too. */
	u32 len = skb_shinfo(skb)->gso_size ?:
		  skb->len + before - tcp_hdr(skb)->doff * 4;
	u16 last = xs->ack.last_len;
	bool larger;

	sock_owned_by_me(sk);
	xs->ack.scheduled = true;
	xs->ack.last_len = 0;
	if (len >= xs->ack.rcv_mss) {
		larger = len > xs->ack.rcv_mss;
		xs->ack.rcv_mss = min_t(u32, len, xs->advmss ?: len);
		if (XTCP_CB(skb)->flags & XTCP_PSH && !xs->ack.pushed)
			xs->ack.pushed = 1;
		return larger;
	}
	len += tcp_hdr(skb)->doff * 4;
	if (may_be_full(skb, len)) {
		if (xs->tstamp_ok)
			header += XTCP_OLEN_TS_ALIGNED;
		xs->ack.last_len = min_t(u32, len - header, U16_MAX);
		/* Once it repeats, it counts. */
		if (xs->ack.last_len == last) {
			xs->ack.rcv_mss = last;
			return false;
		}
	}
	xs->ack.pushed = min(xs->ack.pushed + 1, 2);
	return false;
}

/**
 * xtcp_delack_pace() - how soon the peer's data follows the last (H-60)
 * @sk: locked; data came
 */
void xtcp_delack_pace(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 rto = unlikely(xs->ack.patience) ? xs->ack.patience : xs->rto;
	u32 now = xtcp_jiffies32();
	u32 gap = now - xs->ack.lrcvtime;

	sock_owned_by_me(sk);
	if (!xs->ack.ato) {
		more_quick_acks(xs, XTCP_QUICKACKS);
		xs->ack.ato = XTCP_DELACK_MIN;
	} else if (gap <= XTCP_DELACK_MIN / 2) {
		xs->ack.ato = xs->ack.ato / 2 + XTCP_DELACK_MIN / 2;
	} else if (gap < xs->ack.ato) {
		xs->ack.ato = min(xs->ack.ato / 2 + gap, rto);
	} else if (gap > rto) {
		more_quick_acks(xs, XTCP_QUICKACKS);
	}
	xs->ack.lrcvtime = now;
}

/* It tells all that they would have told. */
static void compress_end(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xs->ack.compressed = 0;
	if (hrtimer_try_to_cancel(&xs->compress_timer) == 1)
		__sock_put(sk);
}

/**
 * xtcp_delack_compressed_sent() - an ACK that stands for several leaves
 * @sk: locked
 */
void xtcp_delack_compressed_sent(struct sock *sk)
{
	sock_owned_by_me(sk);
	XTCP_ADD(sock_net(sk), ACKCOMPRESSED, xtcp_sk(sk)->ack.compressed);
	compress_end(sk);
}

/*
 * Counterpart of the kernel's tcp_delack_max(): sooner than the peer would send
 * again, should it wait as little as we would.
 */
static u32 delay_max(struct sock *sk)
{
	if (!XTCP_RTO_MIN_IS_MUTUAL)
		return XTCP_DELACK_MAX;
	return min(XTCP_DELACK_MAX, max(xtcp_metric_rto_min(sk), 2U) - 1);
}

/**
 * xtcp_delack_arm() - owe an acknowledgment (H-60)
 * @sk: locked
 *
 * Return: true if it is all but due: the caller sends it.
 */
bool xtcp_delack_arm(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 ato = xs->ack.ato;
	unsigned long timeout;

	sock_owned_by_me(sk);
	if (ato > XTCP_DELACK_MIN) {
		u32 max = HZ / 2;

		if (xs->ack.pingpong)
			max = XTCP_DELACK_MAX;
		/* No longer than the peer's data takes to come round. */
		if (xs->srtt_us)
			max = min_t(u32, max,
				    max_t(u32, usecs_to_jiffies(xs->srtt_us >> 3),
					  XTCP_DELACK_MIN));
		ato = min(ato, max);
	}
	ato = min(ato, delay_max(sk));
	timeout = jiffies + ato;
	if (xs->ack.timer) {
		if (xs->ack.blocked ||
		    time_before_eq(xs->ack.timeout, jiffies + (ato >> 2)))
			return true;
		if (!time_before(timeout, xs->ack.timeout))
			timeout = xs->ack.timeout;
	}
	xs->ack.scheduled = true;
	xs->ack.timer = true;
	xs->ack.timeout = timeout;
	sk_reset_timer(sk, &xs->delack_timer, timeout);
	return false;
}

/**
 * xtcp_delack_retry() - no memory for an ACK now: later
 * @sk: locked
 */
void xtcp_delack_retry(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xs->ack.scheduled = true;
	xs->ack.timer = true;
	xs->ack.ato = XTCP_DELACK_MIN;
	xs->ack.timeout = jiffies + delay_max(sk);
	sk_reset_timer(sk, &xs->delack_timer, xs->ack.timeout);
}

/**
 * xtcp_delack_fired() - the delayed-ACK timer has (H-60)
 * @xs: locked
 *
 * Return: is one owed?  Then the estimate that it waited by was wrong.
 */
bool xtcp_delack_fired(struct xtcp_sock *xs)
{
	xs->ack.timer = false;
	if (!xs->ack.scheduled)
		return false;
	if (!xs->ack.pingpong) {
		/* The peer's pace is slower than we thought. */
		xs->ack.ato = min(xs->ack.ato << 1, xs->rto);
	} else {
		xs->ack.pingpong = false;
		xs->ack.ato = XTCP_DELACK_MIN;
	}
	return true;
}

/* Part of a round trip, as short as it is known to be; ns. */
static u64 compress_delay(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	const struct net *net = sock_net(sk);
	u32 percent = min(xtcp_comp_sack_percent(net), 1000U);
	u32 rtt = xs->rcv_rtt_us;

	if (xs->srtt_us && xs->srtt_us < rtt)
		rtt = xs->srtt_us;
	/* (rtt / 8) * 1000 * percent / 100 */
	return min_t(u64, (u64)rtt * percent * 5 / 4,
		     READ_ONCE(net->ipv4.sysctl_tcp_comp_sack_delay_ns));
}

/**
 * xtcp_delack_compress() - may an ACK of what is ahead of a gap wait? (H-65)
 * @sk: locked
 *
 * Three of each gap go at once, as the sender counts them; then one may stand for
 * tcp_comp_sack_nr of them, as its blocks tell all.
 *
 * Return: true if it waits for those that follow; else the caller sends it.
 */
bool xtcp_delack_compress(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct net *net = sock_net(sk);

	sock_owned_by_me(sk);
	if (!xs->sack_ok || xs->ack.compressed >=
			    READ_ONCE(net->ipv4.sysctl_tcp_comp_sack_nr))
		return false;
	if (xs->ack.gap != xs->rcv_nxt) {
		xs->ack.gap = xs->rcv_nxt;
		xs->ack.at_once = 0;
	}
	if (xs->ack.at_once < XTCP_DUPACKS) {
		xs->ack.at_once++;
		return false;
	}
	xs->ack.compressed++;
	if (!hrtimer_is_queued(&xs->compress_timer)) {
		sock_hold(sk);
		hrtimer_start_range_ns(&xs->compress_timer,
				       ns_to_ktime(compress_delay(sk)),
				       READ_ONCE(net->ipv4.sysctl_tcp_comp_sack_slack_ns),
				       HRTIMER_MODE_REL_PINNED_SOFT);
	}
	return true;
}

/**
 * xtcp_delack_compressed() - those that wait shall be one, now
 * @sk: locked
 *
 * Counterpart of the kernel's tcp_sack_compress_send_ack().
 *
 * Return: false if none does; else the caller sends it.
 */
bool xtcp_delack_compressed(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (!xs->ack.compressed)
		return false;
	/* Of so many all but one were saved. */
	XTCP_ADD(sock_net(sk), ACKCOMPRESSED, xs->ack.compressed - 1);
	compress_end(sk);
	return true;
}

/**
 * xtcp_delack_stop() - the connection is over
 * @sk: locked
 */
void xtcp_delack_stop(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xs->ack.timer = false;
	xs->ack.scheduled = false;
	xs->ack.no_memory = false;
	compress_end(sk);
}
