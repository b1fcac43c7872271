// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups of listeners on one address and port (SO_REUSEPORT; inventory C.3).
 * Membership and the choice of a member, by hash or by a BPF program, are the
 * kernel's sock_reuseport; who takes over from a member that closes is decided
 * here, as the kernel does that for its own protocol only.
 */
#include <net/sock_reuseport.h>

#include "xtcp.h"

/* How many listeners, each the heir of the one before, may have closed. */
#define HEIRS		8

/**
 * xtcp_reuseport_join() - a listener enters a group, or founds one
 * @sk: locked, about to be listed
 * @member: of the group, NULL: none yet
 *
 * Context: chain of the table of listeners locked.
 * Return: 0 or a negative error.
 */
int xtcp_reuseport_join(struct sock *sk, struct sock *member)
{
	bool any = !inet_sk(sk)->inet_rcv_saddr;

	return member ? reuseport_add_sock(sk, member, any) :
			reuseport_alloc(sk, any);
}

/*
 * Another member of the group, with a reference.  A member listens, and who
 * listens has no heir: so heirs can't form a circle.
 */
static struct sock *other_member(const struct sock *sk)
{
	struct sock_reuseport *group;
	struct sock *found = NULL;
	unsigned int i, n, start;

	rcu_read_lock();
	group = rcu_dereference(sk->sk_reuseport_cb);
	n = group ? READ_ONCE(group->num_socks) : 0;
	/* Pairs with the kernel's, between the array and its length. */
	smp_rmb();
	start = n ? reciprocal_scale(get_random_u32(), n) : 0;
	for (i = 0; i < n && !found; i++) {
		found = group->socks[(start + i) % n];
		if (found == sk ||
		    WARN_ON_ONCE(xtcp_sk(found)->accept_queue.heir) ||
		    !refcount_inc_not_zero(&found->sk_refcnt))
			found = NULL;
	}
	rcu_read_unlock();
	return found;
}

/**
 * xtcp_reuseport_leave() - a listener is listed no more
 * @sk: locked, about to be taken off its chain
 *
 * With tcp_migrate_req another member becomes its heir (C-34).
 *
 * Context: chain of the table of listeners locked, under which it joined.
 */
void xtcp_reuseport_leave(struct sock *sk)
{
	struct xtcp_accept_queue *q = &xtcp_sk(sk)->accept_queue;

	if (!rcu_access_pointer(sk->sk_reuseport_cb))
		return;
	if (READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_migrate_req))
		xtcp_reuseport_set_heir(q, other_member(sk));
	reuseport_detach_sock(sk);
}

/**
 * xtcp_reuseport_set_heir() - who takes over from a listener
 * @q: its accept queue
 * @heir: referenced, the reference is consumed; NULL: nobody
 *
 * Context: any.
 */
void xtcp_reuseport_set_heir(struct xtcp_accept_queue *q, struct sock *heir)
{
	struct sock *old = xchg(&q->heir, heir);

	if (old)
		sock_put(old);
}

/**
 * xtcp_reuseport_select() - which member takes a connection (C-30, C-31)
 * @sk: a listener, perhaps of a group
 * @hash: of the connection's tuple
 * @skb: its SYN or ACK, data at the TCP header; NULL: by hash alone
 *
 * Context: rcu_read_lock().
 * Return: a member without a reference, NULL if @sk is in no group.
 */
struct sock *xtcp_reuseport_select(struct sock *sk, u32 hash,
				   struct sk_buff *skb)
{
	struct sock *member;

	if (!sk->sk_reuseport)
		return NULL;
	member = reuseport_select_sock(sk, hash, skb,
				       skb ? tcp_hdr(skb)->doff * 4 : 0);
	return IS_ERR_OR_NULL(member) ? NULL : member;
}

/**
 * xtcp_reuseport_note_flood() - a member has sent a SYN cookie
 * @sk: the member, or a listener of no group
 *
 * The ACK may come to another member.
 *
 * Context: softirq, rcu_read_lock().
 */
void xtcp_reuseport_note_flood(struct sock *sk)
{
	struct sock_reuseport *group = rcu_dereference(sk->sk_reuseport_cb);

	if (group)
		WRITE_ONCE(group->synq_overflow_ts, (u32)jiffies);
}

/**
 * xtcp_reuseport_flooded() - has any member sent a SYN cookie lately?
 * @sk: the member, or a listener of no group
 * @time: how long ago at most, jiffies
 *
 * Context: softirq, rcu_read_lock().
 */
bool xtcp_reuseport_flooded(const struct sock *sk, u32 time)
{
	struct sock_reuseport *group = rcu_dereference(sk->sk_reuseport_cb);

	return group &&
	       (u32)jiffies - READ_ONCE(group->synq_overflow_ts) < time;
}

/**
 * xtcp_reuseport_heir() - who takes a connection over from a closed listener
 * @listener: the closed one
 * @hash: spreads them over the group
 *
 * Context: any.
 * Return: a listener with a reference, or NULL.
 */
struct sock *xtcp_reuseport_heir(const struct sock *listener, u32 hash)
{
	struct sock *heir, *member;
	unsigned int i;

	rcu_read_lock();
	for (i = 0; i < HEIRS; i++) {
		/* Its memory stays for as long as we read it: SOCK_RCU_FREE. */
		heir = READ_ONCE(xtcp_sk(listener)->accept_queue.heir);
		if (!heir)
			break;
		member = xtcp_reuseport_select(heir, hash, NULL);
		/* One that has turned SO_REUSEPORT off meanwhile */
		if (!member && READ_ONCE(heir->sk_state) == TCP_LISTEN)
			member = heir;
		if (member && refcount_inc_not_zero(&member->sk_refcnt)) {
			rcu_read_unlock();
			return member;
		}
		listener = heir;
	}
	rcu_read_unlock();
	return NULL;
}
