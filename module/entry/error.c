// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ICMP errors do to connections (inventory D-39 to D-43, H-84 to H-87;
 * RFC 5927 for what not to believe).  The kernel hands those about protocol 6
 * to its own TCP, so they are read on their way to it (wire.c) and let go on.
 */
#include "xtcp.h"
#include "entry/error.h"
#include "entry/timeout.h"
#include "ip/icmp.h"
#include "ip/ipsockopt.h"
#include "ip/route.h"
#include "life/handshake.h"
#include "life/pmtu.h"
#include "life/sock.h"
#include "parts/timer.h"
#include "table/hash.h"
#include "table/mini.h"

/* D-39, D-40, D-42: before the connection stands it is the end of it. */
static void fail_open(struct sock *sk, const struct xtcp_icmp *e)
{
	xtcp_icmp_queue(sk, e);
	if (sock_owned_by_user(sk)) {
		WRITE_ONCE(sk->sk_err_soft, e->err);
		return;
	}
	xtcp_sock_abort(sk, e->err);
}

/* H-84: a connection that stands goes on trying, unless the program objects. */
static void soft_error(struct sock *sk, int err)
{
	if (sock_owned_by_user(sk) || !xtcp_ip_recverr(sk)) {
		WRITE_ONCE(sk->sk_err_soft, err);
		return;
	}
	WRITE_ONCE(sk->sk_err, err);
	sk_error_report(sk);
}

/* The path has become narrower, for a SYN too (H-81, D-41). */
static void frag_needed(struct sock *sk, const struct xtcp_icmp *e)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	WRITE_ONCE(xs->mtu_info, e->info);
	if (!sock_owned_by_user(sk))
		xtcp_pmtu_reduced(sk);
	else
		xtcp_timer_defer(sk, XTCP_DEFER_PMTU);
}

static void connection_error(struct sock *sk, const struct xtcp_icmp *e)
{
	if (e->kind == XTCP_ICMP_REDIRECT) {
		if (!sock_owned_by_user(sk))
			xtcp_route_redirected(sk, e->skb, e->quoted);
		return;
	}
	if (e->kind == XTCP_ICMP_TOO_BIG) {
		frag_needed(sk, e);
		return;
	}
	if (!e->err)
		return;
	/* RFC 6069: it was lost by disconnection, not by congestion. */
	if (e->unreachable && !sock_owned_by_user(sk))
		xtcp_timeout_revert_backoff(sk, e->seq);
	if (XTCP_STATE_IN(sk, TCPF_SYN_SENT | TCPF_SYN_RECV))
		fail_open(sk, e);
	else if (sk->sk_state != TCP_CLOSE)
		soft_error(sk, e->err);
}

static void sock_error_input(struct sock *sk, const struct xtcp_icmp *e)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	struct net *net = sock_net(sk);

	bh_lock_sock(sk);
	if (sock_owned_by_user(sk) && e->kind != XTCP_ICMP_TOO_BIG)
		XTCP_INC(net, LOCKDROPPEDICMPS);
	if (sk->sk_state == TCP_CLOSE)
		goto unlock;
	if (xtcp_ip_min_ttl(sk) > e->ttl)
		XTCP_INC(net, MINTTLDROP);
	else if (!seq_between(e->seq, xs->snd_una, xs->snd_nxt))
		/* D-43: it quotes nothing that is in flight. */
		XTCP_INC(net, OUTOFWINDOWICMPS);
	else
		connection_error(sk, e);
unlock:
	bh_unlock_sock(sk);
}

/**
 * xtcp_error_input() - an ICMP message that arrives at this host
 * @net: namespace
 * @skb: data at the IP header; left as it is
 *
 * Context: bottom halves off, rcu_read_lock().
 */
void xtcp_error_input(struct net *net, struct sk_buff *skb)
{
	struct xtcp_mini *mini;
	struct xtcp_icmp e;
	struct sock *sk;

	xtcp_entry_packet();
	xtcp_entry_rcu();
	if (!xtcp_icmp_read(net, skb, &e))
		return;
	sk = xtcp_hash_find(net, &e.key, &mini);
	if (sk) {
		sock_error_input(sk, &e);
		sock_put(sk);
	} else if (mini) {
		/* H-86: TIME_WAIT has nothing to lose. */
		if (mini->kind == XTCP_MINI_REQUEST)
			xtcp_handshake_error(mini, e.seq, e.fatal);
		xtcp_mini_put(mini);
	}
}
