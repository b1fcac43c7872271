// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups of listeners on one address and port (SO_REUSEPORT; inventory C.3).
 * Membership and the choice of a member, by hash or by a BPF program, are the
 * kernel's sock_reuseport; who takes over from a member that closes is decided
 * here, as the kernel does that for its own protocol only.
 */
#include <net/sock_reuseport.h>

#include "xtcp.h"
#include "table/reuseport.h"

/*
 * Who takes over from listeners of a group that have closed: any that listens.
 * @member is one of those, NULL when there is none; changed under the chain's
 * lock, read under RCU.  No socket is held here, so none that is dead keeps
 * another: members point here, and closed ones for as long as tcp_migrate_req
 * has them ask.
 */
struct xtcp_heirs {
	struct sock *member;
	refcount_t refcnt;
	struct rcu_head rcu;
};

static struct xtcp_heirs *heirs_alloc(struct sock *member)
{
	struct xtcp_heirs *heirs = kmalloc(sizeof(*heirs), GFP_ATOMIC);

	if (heirs) {
		heirs->member = member;
		refcount_set(&heirs->refcnt, 1);
	}
	return heirs;
}

/* The reference on @heirs is consumed. */
static void set_heirs(struct sock *sk, struct xtcp_heirs *heirs)
{
	struct xtcp_accept_queue *q = &xtcp_sk(sk)->accept_queue;
	struct xtcp_heirs *old;

	old = unrcu_pointer(xchg(&q->heirs, RCU_INITIALIZER(heirs)));
	if (old && refcount_dec_and_test(&old->refcnt))
		kfree_rcu(old, rcu);
}

/*
 * Those of a member, with a reference: one that was listed without SO_REUSEPORT
 * has none yet.
 */
static struct xtcp_heirs *heirs_of(struct sock *member)
{
	struct xtcp_heirs *heirs;

	heirs = rcu_dereference_protected(xtcp_sk(member)->accept_queue.heirs,
					  true);
	if (!heirs) {
		heirs = heirs_alloc(member);
		if (!heirs)
			return NULL;
		set_heirs(member, heirs);
	}
	refcount_inc(&heirs->refcnt);
	return heirs;
}

/**
 * xtcp_reuseport_join() - a listener enters a group, or founds one
 * @sk: locked, about to be listed
 * @member: of the group, listed; NULL: none yet
 *
 * Context: chain of the table of listeners locked.
 * Return: 0 or a negative error.
 */
int xtcp_reuseport_join(struct sock *sk, struct sock *member)
{
	bool any = xtcp_addr_is_any(xtcp_addr_local(sk));
	struct xtcp_heirs *heirs;
	int err;

	sock_owned_by_me(sk);
	heirs = member ? heirs_of(member) : heirs_alloc(sk);
	if (!heirs)
		return -ENOMEM;
	/* Told of it first: it is listed, or forgotten again, before the lock goes. */
	set_heirs(sk, heirs);
	err = member ? reuseport_add_sock(sk, member, any) :
		       reuseport_alloc(sk, any);
	if (err)
		set_heirs(sk, NULL);
	return err;
}

/* Another member of the group; all of them are listed. */
static struct sock *other_member(const struct sock *sk)
{
	struct sock_reuseport *group;
	struct sock *found = NULL;
	unsigned int i, n;

	rcu_read_lock();
	group = rcu_dereference(sk->sk_reuseport_cb);
	n = group ? READ_ONCE(group->num_socks) : 0;
	/* Pairs with the kernel's, between the array and its length. */
	smp_rmb();
	for (i = 0; i < n && !found; i++)
		if (group->socks[i] != sk)
			found = group->socks[i];
	rcu_read_unlock();
	return found;
}

/**
 * xtcp_reuseport_leave() - a listener is listed no more
 * @sk: locked, about to be taken off its chain
 *
 * With tcp_migrate_req the other members are its heirs (C-34).
 *
 * Counterpart of the kernel's reuseport_stop_listen_sock().
 *
 * Context: chain of the table of listeners locked, under which it joined.
 */
void xtcp_reuseport_leave(struct sock *sk)
{
	struct xtcp_heirs *heirs;

	sock_owned_by_me(sk);
	heirs = rcu_dereference_protected(xtcp_sk(sk)->accept_queue.heirs, true);
	if (heirs && heirs->member == sk)
		WRITE_ONCE(heirs->member, other_member(sk));
	if (!READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_migrate_req))
		set_heirs(sk, NULL);
	if (rcu_access_pointer(sk->sk_reuseport_cb))
		reuseport_detach_sock(sk);
}

/**
 * xtcp_reuseport_forget() - nobody takes over from a listener any more
 * @sk: not listed: it listens again, or ends
 *
 * Context: any.
 */
void xtcp_reuseport_forget(struct sock *sk)
{
	set_heirs(sk, NULL);
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
 * Counterpart of the kernel's reuseport_migrate_sock().
 *
 * Context: any.
 * Return: a listener with a reference, or NULL.
 */
struct sock *xtcp_reuseport_heir(const struct sock *listener, u32 hash)
{
	struct sock *member = NULL, *heir = NULL;
	struct xtcp_heirs *heirs;

	rcu_read_lock();
	heirs = rcu_dereference(xtcp_sk(listener)->accept_queue.heirs);
	/* Its memory stays for as long as we read it: SOCK_RCU_FREE. */
	if (heirs)
		member = READ_ONCE(heirs->member);
	if (member)
		heir = xtcp_reuseport_select(member, hash, NULL);
	/* One that has turned SO_REUSEPORT off meanwhile */
	if (member && !heir && READ_ONCE(member->sk_state) == TCP_LISTEN)
		heir = member;
	if (heir && !refcount_inc_not_zero(&heir->sk_refcnt))
		heir = NULL;
	rcu_read_unlock();
	return heir;
}
