// SPDX-License-Identifier: GPL-2.0-only
/*
 * Orphans: sockets that no program holds and that have not ended yet (I-30,
 * I-38).  They are counted by namespace, and all containers' together.
 */
#include "xtcp.h"
#include "life/orphan.h"

/* Orphans in namespaces that containers own, of which there may be many. */
static atomic_t owned_orphans;

/**
 * xtcp_orphan_fin_time() - how long an orphan stays in FIN_WAIT2 (I-30)
 * @sk: locked
 *
 * The sysctl has no limit: the root of a container gets what a socket may ask
 * for (TCP_LINGER2).
 *
 * Return: jiffies.
 */
u32 xtcp_orphan_fin_time(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	int time = xs->linger2 ?:
		   READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_fin_timeout);

	sock_owned_by_me(sk);
	if (xtcp_net_is_owned(sock_net(sk)))
		time = min_t(int, time, XTCP_FIN_TIMEOUT_MAX);
	return max_t(int, time, (xs->rto << 2) - (xs->rto >> 1));
}

/*
 * More than the host affords?  All containers together may have as many as the
 * host's own namespace.
 */
static bool orphans_exceed(const struct net *net, int shift)
{
	const struct xtcp_net *xn = xtcp_pernet(net);
	u64 count = atomic_read(&xn->orphans);

	if (count << shift > READ_ONCE(xn->max_orphans))
		return true;
	if (likely(!xtcp_net_is_owned(net)))
		return false;
	count = atomic_read(&owned_orphans);
	return count << shift > READ_ONCE(xtcp_pernet(&init_net)->max_orphans);
}

/**
 * xtcp_orphan_too_many() - can the host afford this orphan? (I-38)
 * @sk: locked
 * @shift: penalty, as a power of two
 *
 * Counterpart of the kernel's tcp_check_oom() and tcp_too_many_orphans().
 */
bool xtcp_orphan_too_many(const struct sock *sk, int shift)
{
	sock_owned_by_me(sk);
	return orphans_exceed(sock_net(sk), shift) ||
	       (sk->sk_wmem_queued > SOCK_MIN_SNDBUF &&
		sk_memory_allocated(sk) > sk_prot_mem_limits(sk, 2));
}

/**
 * xtcp_orphan_count() - nobody holds a socket any more
 * @sk: locked, SOCK_DEAD
 *
 * Context: bottom halves off.
 */
void xtcp_orphan_count(struct sock *sk)
{
	struct net *net = sock_net(sk);

	sock_owned_by_me(sk);
	xtcp_sk(sk)->orphan_counted = true;
	atomic_inc(&xtcp_pernet(net)->orphans);
	if (xtcp_net_is_owned(net))
		atomic_inc(&owned_orphans);
}

/**
 * xtcp_orphan_uncount() - a socket is destroyed
 * @sk: the socket
 */
void xtcp_orphan_uncount(struct sock *sk)
{
	struct net *net = sock_net(sk);

	if (!xtcp_sk(sk)->orphan_counted)
		return;
	xtcp_sk(sk)->orphan_counted = false;
	atomic_dec(&xtcp_pernet(net)->orphans);
	if (xtcp_net_is_owned(net))
		atomic_dec(&owned_orphans);
}
