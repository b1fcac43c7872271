// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which congestion control a socket has: the program's choice, its route's, its
 * listener's, its namespace's (A-21, F-20, G-97, J-33).
 */
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <net/dst.h>
#include <net/tcp.h>

#include "xtcp.h"
#include "cong/cong.h"
#include "parts/ecn.h"

/* The namespace's own choice, else that for TCP if we have one of that name. */
static const struct xtcp_cong_ops *default_ops(struct net *net)
{
	const struct xtcp_cong_ops *ops = rcu_dereference(xtcp_pernet(net)->cong);
	const struct tcp_congestion_ops *tcp;

	if (ops)
		return ops;
	tcp = rcu_dereference(net->ipv4.tcp_congestion_control);
	return tcp ? xtcp_cong_find(tcp->name) : NULL;
}

/* Held; Reno is always there. */
static const struct xtcp_cong_ops *default_get(struct net *net)
{
	const struct xtcp_cong_ops *ops;

	rcu_read_lock();
	ops = default_ops(net);
	if (!ops || !xtcp_cong_get(ops))
		ops = &xtcp_cong_reno;
	rcu_read_unlock();
	return ops;
}

/* Segments that are not data are capable of ECN, too, if it needs that. */
static void choice_fill(struct sock *sk, const struct xtcp_cong_ops *ops)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	/* Never NULL in between: children read it without our lock. */
	WRITE_ONCE(xs->ca, ops);
	WRITE_ONCE(xs->ca_needs_ecn, READ_ONCE(ops->flags) & XTCP_CONG_NEEDS_ECN);
	xtcp_ecn_mark_all(sk, xs->ca_needs_ecn);
}

/**
 * xtcp_cong_assign() - give a new socket its algorithm
 * @sk: not in use yet
 * @parent: its listener if that chose one (F-20), else NULL
 *
 * Counterpart of the kernel's tcp_assign_congestion_control().
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
	if (!ca || !xtcp_cong_get(ca))
		ca = default_get(sock_net(sk));
	rcu_read_unlock();
	xs->ca_started = false;
	memset(xs->ca_priv, 0, sizeof(xs->ca_priv));
	choice_fill(sk, ca);
}

/* What the route asks for, under RCU */
static const struct xtcp_cong_ops *route_ops(const struct dst_entry *dst)
{
	u32 key = dst ? dst_metric_raw(dst, RTAX_CC_ALGO) : 0;

	return unlikely(key) ? xtcp_cong_find_key(key) : NULL;
}

/**
 * xtcp_cong_route() - a connection begins: what its route says goes before all else
 * @sk: locked, no connection yet
 * @dst: its route
 *
 * Counterpart of the kernel's tcp_ca_dst_init() and tcp_ca_openreq_child().
 *
 * Context: any.
 */
void xtcp_cong_route(struct sock *sk, const struct dst_entry *dst)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_cong_ops *old = xs->ca;
	const struct xtcp_cong_ops *ca;

	rcu_read_lock();
	ca = route_ops(dst);
	if (ca && xtcp_cong_get(ca)) {
		xs->ca_locked = dst_metric_locked(dst, RTAX_CC_ALGO);
		choice_fill(sk, ca);
		xtcp_cong_put(old);
	}
	rcu_read_unlock();
}

/**
 * xtcp_cong_asks_ecn() - does whoever will serve a SYN need ECN?
 * @listener: referenced or under RCU
 * @dst: the way back
 */
bool xtcp_cong_asks_ecn(const struct sock *listener, const struct dst_entry *dst)
{
	const struct xtcp_cong_ops *ops;
	bool asks;

	if (READ_ONCE(xtcp_sk(listener)->ca_needs_ecn))
		return true;
	rcu_read_lock();
	ops = route_ops(dst);
	asks = ops && READ_ONCE(ops->flags) & XTCP_CONG_NEEDS_ECN;
	rcu_read_unlock();
	return asks;
}

/**
 * xtcp_cong_start() - the connection is established
 * @sk: locked
 *
 * Counterpart of the kernel's tcp_init_congestion_control().
 */
void xtcp_cong_start(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xtcp_cong_begin(xs);
	/* Chosen in SYN_SENT, it was begun then, and is released once. */
	if (!xs->ca_started && xs->ca->init)
		xs->ca->init(sk);
	xs->ca_started = true;
	xtcp_ecn_mark_all(sk, xs->ca_needs_ecn);
}

/**
 * xtcp_cong_stop() - the connection is over, the socket is not
 * @sk: locked or unreachable
 *
 * What the next one begins with is as new.
 */
void xtcp_cong_stop(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (xs->ca_started && xs->ca->release)
		xs->ca->release(sk);
	xs->ca_started = false;
	memset(xs->ca_priv, 0, sizeof(xs->ca_priv));
}

/**
 * xtcp_cong_release() - the socket ends
 * @sk: locked or unreachable
 *
 * Counterpart of the kernel's tcp_cleanup_congestion_control().
 */
void xtcp_cong_release(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_cong_ops *old = xs->ca;

	if (!old)
		return;
	if (xs->ca_started && old->release)
		old->release(sk);
	WRITE_ONCE(xs->ca, NULL);
	xtcp_cong_put(old);
}

/* May the program have it, and does it still live?  0: it is held. */
static int choice_refused(const struct xtcp_cong_ops *ops, bool admin)
{
	if (!ops)
		return -ENOENT;
	if (!(READ_ONCE(ops->flags) & XTCP_CONG_NON_RESTRICTED) && !admin)
		return -EPERM;
	return xtcp_cong_get(ops) ? 0 : -EBUSY;
}

/**
 * xtcp_cong_set() - TCP_CONGESTION (G-97)
 * @sk: locked
 * @name: algorithm
 * @admin: who asks has CAP_NET_ADMIN
 *
 * Counterpart of the kernel's tcp_set_congestion_control().
 *
 * Return: 0; -ENOENT, -EBUSY if it is about to go; -EPERM if it is restricted, or the
 *	   route's choice is.
 */
int xtcp_cong_set(struct sock *sk, const char *name, bool admin)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_cong_ops *old = xs->ca;
	const struct xtcp_cong_ops *ops;
	int err = 0;

	sock_owned_by_me(sk);
	if (xs->ca_locked)
		return -EPERM;
	rcu_read_lock();
	ops = xtcp_cong_find(name);
	if (ops != old)
		err = choice_refused(ops, admin);
	rcu_read_unlock();
	if (err)
		return err;
	WRITE_ONCE(xs->ca_setsockopt, true);
	if (ops == old)
		return 0;
	xtcp_cong_stop(sk);
	choice_fill(sk, ops);
	xtcp_cong_put(old);
	if (!XTCP_STATE_IN(sk, TCPF_CLOSE | TCPF_LISTEN))
		xtcp_cong_start(sk);
	return 0;
}

/**
 * xtcp_cong_become() - an algorithm goes on by other rules of its own
 * @sk: locked
 * @ops: complete, of the same module, and not registered
 *
 * For one that finds, in @init, that the connection lacks what it needs.  Private
 * state stays, and @init is not called again.
 */
void xtcp_cong_become(struct sock *sk, const struct xtcp_cong_ops *ops)
{
	if (WARN_ON_ONCE(ops->owner != xtcp_sk(sk)->ca->owner))
		return;
	choice_fill(sk, ops);
}
EXPORT_SYMBOL_GPL(xtcp_cong_become);

/**
 * xtcp_cong_default_name() - net.xtcp.congestion_control
 * @net: namespace
 * @name: filled in, XTCP_CONG_NAME_MAX bytes: what new sockets have
 */
void xtcp_cong_default_name(struct net *net, char *name)
{
	const struct xtcp_cong_ops *ops;

	rcu_read_lock();
	ops = default_ops(net) ?: &xtcp_cong_reno;
	memcpy(name, ops->name, XTCP_CONG_NAME_MAX);
	rcu_read_unlock();
}

/* A reference goes with it. */
static void default_set(struct net *net, const struct xtcp_cong_ops *ops)
{
	struct xtcp_net *xn = xtcp_pernet(net);

	ops = xchg((__force const struct xtcp_cong_ops **)&xn->cong, ops);
	if (ops)
		xtcp_cong_put(ops);
}

/**
 * xtcp_cong_set_default() - and it is written
 * @net: namespace
 * @name: algorithm; empty, or "default": as for TCP
 *
 * Whoever sets it for the host allows it to all; other namespaces have only what
 * is allowed.
 *
 * Counterpart of the kernel's tcp_set_default_congestion_control().
 *
 * Context: process, may sleep.
 * Return: 0, -ENOENT, -EBUSY, or -EPERM.
 */
int xtcp_cong_set_default(struct net *net, const char *name)
{
	bool host = net_eq(net, &init_net);
	struct xtcp_cong_ops *ops;
	int err;

	if (!*name || !strcmp(name, "default")) {
		default_set(net, NULL);
		return 0;
	}
	xtcp_cong_load(name);
	rcu_read_lock();
	ops = xtcp_cong_find(name);
	err = choice_refused(ops, host);
	rcu_read_unlock();
	if (err)
		return err;
	if (host)
		xtcp_cong_allow(ops);
	default_set(net, ops);
	return 0;
}

/**
 * xtcp_cong_net_start() - a namespace begins with the host's choice
 * @net: namespace
 */
void xtcp_cong_net_start(struct net *net)
{
	const struct xtcp_cong_ops *ops = NULL;

	rcu_read_lock();
	if (!net_eq(net, &init_net))
		ops = rcu_dereference(xtcp_pernet(&init_net)->cong);
	if (ops && xtcp_cong_get(ops))
		default_set(net, ops);
	rcu_read_unlock();
}

/**
 * xtcp_cong_net_stop() - and ends
 * @net: namespace, no socket is left in it
 */
void xtcp_cong_net_stop(struct net *net)
{
	default_set(net, NULL);
}
