// SPDX-License-Identifier: GPL-2.0-only
/*
 * Congestion control: the registry of algorithms, and what they share
 * (RFC 5681, RFC 2861).  An algorithm is a struct xtcp_cong_ops.
 */
#include <linux/rculist.h>
#include <linux/string.h>
#include <net/tcp.h>

#include "xtcp.h"
#include "cong/cong.h"
#include "parts/ecn.h"
#include "parts/sndqueue.h"

static DEFINE_SPINLOCK(cong_lock);
static LIST_HEAD(cong_list);

static struct xtcp_cong_ops *cong_find(const char *name)
{
	struct xtcp_cong_ops *ops;

	list_for_each_entry_rcu(ops, &cong_list, list,
				lockdep_is_held(&cong_lock))
		if (!strcmp(ops->name, name))
			return ops;
	return NULL;
}

/**
 * xtcp_cong_register() - add an algorithm
 * @ops: static, ssthresh and cong_avoid set
 *
 * Context: process.
 * Return: 0, -EINVAL, or -EEXIST.
 */
int xtcp_cong_register(struct xtcp_cong_ops *ops)
{
	int err = 0;

	if (!ops->ssthresh || !ops->cong_avoid)
		return -EINVAL;
	spin_lock(&cong_lock);
	if (cong_find(ops->name))
		err = -EEXIST;
	else
		list_add_tail_rcu(&ops->list, &cong_list);
	spin_unlock(&cong_lock);
	return err;
}
EXPORT_SYMBOL_GPL(xtcp_cong_register);

/**
 * xtcp_cong_unregister() - remove an algorithm
 * @ops: registered; its module is unused, as each user holds a reference
 *
 * Context: process, may sleep.
 */
void xtcp_cong_unregister(struct xtcp_cong_ops *ops)
{
	spin_lock(&cong_lock);
	list_del_rcu(&ops->list);
	spin_unlock(&cong_lock);
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(xtcp_cong_unregister);

/* Algorithms of this module live as long as any socket does. */
static bool cong_get(const struct xtcp_cong_ops *ops)
{
	return ops->owner == THIS_MODULE || try_module_get(ops->owner);
}

static void cong_put(const struct xtcp_cong_ops *ops)
{
	if (ops->owner != THIS_MODULE)
		module_put(ops->owner);
}

/* J-33: the namespace's choice for TCP, if we have one of that name. */
static struct xtcp_cong_ops *cong_default(struct net *net)
{
	const struct tcp_congestion_ops *tcp;
	struct xtcp_cong_ops *ops = NULL;

	rcu_read_lock();
	tcp = rcu_dereference(net->ipv4.tcp_congestion_control);
	if (tcp)
		ops = cong_find(tcp->name);
	if (!ops || !cong_get(ops))
		ops = &xtcp_cong_reno;
	rcu_read_unlock();
	return ops;
}

/**
 * xtcp_cong_assign() - give a new socket its algorithm
 * @sk: not in use yet
 * @parent: its listener if that chose one (F-20), else NULL
 *
 * Context: any.
 */
void xtcp_cong_assign(struct sock *sk, const struct sock *parent)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_cong_ops *ca = NULL;

	rcu_read_lock();
	/* The parent isn't locked: it may be closing, or choosing another. */
	if (parent && READ_ONCE(xtcp_sk(parent)->ca_setsockopt))
		ca = READ_ONCE(xtcp_sk(parent)->ca);
	if (ca && cong_get(ca))
		xs->ca = ca;
	else
		xs->ca = cong_default(sock_net(sk));
	rcu_read_unlock();
	memset(xs->ca_priv, 0, sizeof(xs->ca_priv));
}

/**
 * xtcp_cong_start() - the connection is established
 * @sk: locked
 */
void xtcp_cong_start(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xtcp_cong_stamp(xs);
	if (xs->ca->init)
		xs->ca->init(sk);
}

/**
 * xtcp_cong_release() - the socket ends
 * @sk: locked or unreachable
 */
void xtcp_cong_release(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_cong_ops *old = xs->ca;

	if (!old)
		return;
	if (old->release)
		old->release(sk);
	WRITE_ONCE(xs->ca, NULL);
	cong_put(old);
}

/**
 * xtcp_cong_set() - TCP_CONGESTION (G-97)
 * @sk: locked
 * @name: algorithm
 *
 * Return: 0 or -ENOENT.
 */
int xtcp_cong_set(struct sock *sk, const char *name)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_cong_ops *old = xs->ca;
	struct xtcp_cong_ops *ops;
	int err = 0;

	sock_owned_by_me(sk);
	rcu_read_lock();
	ops = cong_find(name);
	if (!ops || !cong_get(ops))
		err = -ENOENT;
	rcu_read_unlock();
	if (err)
		return err;
	if (old->release)
		old->release(sk);
	/* Never NULL in between: children read it without our lock. */
	WRITE_ONCE(xs->ca, ops);
	cong_put(old);
	WRITE_ONCE(xs->ca_setsockopt, true);
	memset(xs->ca_priv, 0, sizeof(xs->ca_priv));
	if (!XTCP_STATE_IN(sk, TCPF_CLOSE | TCPF_LISTEN))
		xtcp_cong_start(sk);
	return 0;
}

/**
 * xtcp_cong_slow_start() - grow by what was acknowledged (H-19)
 * @xs: locked
 * @acked: segments
 *
 * Return: segments left over once ssthresh is reached.
 */
u32 xtcp_cong_slow_start(struct xtcp_sock *xs, u32 acked)
{
	u32 cwnd = min(xs->snd_cwnd + acked, max(xs->snd_ssthresh,
						 xs->snd_cwnd));

	acked -= cwnd - xs->snd_cwnd;
	xs->snd_cwnd = cwnd;
	return acked;
}

/* What was reached before cwnd is given up for want of use. */
static u32 three_quarters(const struct xtcp_sock *xs)
{
	return max(xs->snd_ssthresh, (xs->snd_cwnd >> 1) + (xs->snd_cwnd >> 2));
}

/**
 * xtcp_cong_grow() - congestion avoidance (H-20): one segment per @w acked
 * @xs: locked
 * @w: usually the window
 * @acked: segments
 */
void xtcp_cong_grow(struct xtcp_sock *xs, u32 w, u32 acked)
{
	w = max(w, 1U);
	/* Counted towards a larger step than this one: it is worth one, no more. */
	if (xs->snd_cwnd_cnt >= w) {
		xs->snd_cwnd_cnt = 0;
		xs->snd_cwnd++;
	}
	xs->snd_cwnd_cnt += acked;
	if (xs->snd_cwnd_cnt >= w) {
		xs->snd_cwnd += xs->snd_cwnd_cnt / w;
		xs->snd_cwnd_cnt %= w;
	}
	xs->snd_cwnd = min(xs->snd_cwnd, U16_MAX * 64U);
}

/* Did cwnd hold us back, or may slow start assume it? (H-21) */
static bool is_limited(const struct xtcp_sock *xs)
{
	return xs->cwnd_limited ||
	       (xs->snd_cwnd < xs->snd_ssthresh &&
		xs->snd_cwnd < 2 * xs->max_packets_out);
}

/* RFC 2861: what nobody used for an RTO is no longer known to fit (H-22). */
static void decay_unused(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 used = max(xs->snd_cwnd_used, XTCP_INIT_CWND);

	if (xs->ca_state == XTCP_CA_OPEN && !xs->sacked_out && sk->sk_socket &&
	    !test_bit(SOCK_NOSPACE, &sk->sk_socket->flags)) {
		if (used < xs->snd_cwnd) {
			xs->snd_ssthresh = three_quarters(xs);
			xs->snd_cwnd = (xs->snd_cwnd + used) >> 1;
		}
		xs->snd_cwnd_used = 0;
	}
	xtcp_cong_stamp(xs);
}

/**
 * xtcp_cong_validate() - something was sent, or cwnd forbade it (H-21)
 * @sk: locked
 *
 * That it was is remembered for a window; else the largest flight in it counts.
 */
void xtcp_cong_validate(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	bool limited = xtcp_in_flight(xs) >= xs->snd_cwnd;

	sock_owned_by_me(sk);
	if (!seq_before(xs->snd_una, xs->max_packets_seq) || limited ||
	    (!xs->cwnd_limited && xs->packets_out > xs->max_packets_out)) {
		xs->cwnd_limited = limited;
		xs->max_packets_out = xs->packets_out;
		xs->max_packets_seq = xs->snd_nxt;
	}
	if (is_limited(xs)) {
		xs->snd_cwnd_used = 0;
		xtcp_cong_stamp(xs);
		return;
	}
	xs->snd_cwnd_used = max(xs->snd_cwnd_used, xs->packets_out);
	if (unlikely((s32)(xtcp_jiffies32() - xs->snd_cwnd_stamp) >=
		     (s32)xs->rto) &&
	    READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_slow_start_after_idle))
		decay_unused(sk);
}

/**
 * xtcp_cong_acked() - segments were acknowledged: let the algorithm grow
 * @sk: locked
 * @acked: how many
 */
void xtcp_cong_acked(struct sock *sk, u32 acked)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xtcp_cong_stamp(xs);
	if (is_limited(xs))
		xs->ca->cong_avoid(sk, xs->snd_una, acked);
}

/**
 * xtcp_cong_restart() - data to be sent: decay after an idle time (H-22)
 * @sk: locked
 */
void xtcp_cong_restart(struct sock *sk)
{
	struct net *net = sock_net(sk);
	struct xtcp_sock *xs = xtcp_sk(sk);
	s32 idle = xtcp_jiffies32() - xs->lsndtime;
	u32 restart = min(xs->snd_cwnd, XTCP_INIT_CWND);

	sock_owned_by_me(sk);
	if (xs->packets_out || !xs->lsndtime || idle <= (s32)xs->rto ||
	    !READ_ONCE(net->ipv4.sysctl_tcp_slow_start_after_idle))
		return;
	xs->snd_ssthresh = three_quarters(xs);
	while ((idle -= xs->rto) > 0 && xs->snd_cwnd > restart)
		xs->snd_cwnd >>= 1;
	xs->snd_cwnd = max(xs->snd_cwnd, restart);
	xtcp_cong_stamp(xs);
	xs->snd_cwnd_used = 0;
}

/**
 * xtcp_cong_reduce() - congestion: less may be in flight from here on
 * @sk: locked
 */
void xtcp_cong_reduce(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xs->snd_ssthresh = xs->ca->ssthresh(sk);
	xs->snd_cwnd = xs->snd_ssthresh;
	xs->snd_cwnd_cnt = 0;
	xtcp_ecn_reduced(xs);
}

/**
 * xtcp_cong_enter_cwr() - congestion, but nothing is lost
 * @sk: locked, in a synchronised state
 *
 * Once per window (RFC 3168 6.1.2), and not on top of a loss.
 */
void xtcp_cong_enter_cwr(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (xs->ca_state != XTCP_CA_OPEN)
		return;
	xtcp_cong_enter(xs, XTCP_CA_CWR);
	xtcp_cong_reduce(sk);
}

/**
 * xtcp_cong_timeout() - the retransmission timer fired (H-33)
 * @sk: locked
 */
void xtcp_cong_timeout(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	/* Once per loss event. */
	if (xs->ca_state == XTCP_CA_OPEN ||
	    !seq_before(xs->snd_una, xs->high_seq))
		xs->snd_ssthresh = xs->ca->ssthresh(sk);
	if (xs->ca->timeout)
		xs->ca->timeout(sk);
	xtcp_ecn_reduced(xs);
	xtcp_cong_enter(xs, XTCP_CA_LOSS);
	xs->snd_cwnd = 1;
	xs->snd_cwnd_cnt = 0;
	xtcp_cong_stamp(xs);
}

/**
 * xtcp_cong_hold() - segments were lost, but not by congestion (H-81)
 * @xs: locked
 *
 * cwnd stays, but until the present flight is acknowledged it does not grow.
 */
void xtcp_cong_hold(struct xtcp_sock *xs)
{
	if (xs->ca_state == XTCP_CA_LOSS)
		return;
	xtcp_cong_enter(xs, XTCP_CA_LOSS);
	xs->snd_ssthresh = three_quarters(xs);
}
