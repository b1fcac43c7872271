/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries: where the rest of the kernel comes in, and what each may rely on.
 *
 *  who calls                                  context               asserted by
 *  system calls (proto_ops, proto), counters  process, may sleep    lock_sock()
 *  in /proc, namespaces, load and unload
 *  the wheel's work                           process, may sleep    xtcp_entry_process()
 *  backlog_rcv: what a system call let wait   process, socket lock  xtcp_entry_locked()
 *  release_cb: likewise, at its very end      socket lock, bottom   sock_owned_by_me()
 *                                             halves off
 *  rows of /proc/net/xtcp                     RCU                   xtcp_entry_rcu()
 *  netfilter hooks; what user space had in    RCU; bottom halves    xtcp_entry_rcu()
 *  between (NFQUEUE) comes from a process     go off there
 *  transmit of xtcp0                          bottom halves off     xtcp_entry_packet()
 *  segments and ICMP messages: xtcp_input(),  RCU, bottom halves    both
 *  xtcp_error_input()                          off
 *  timers                                     softirq               xtcp_entry_timer()
 *  links, wires, events of devices            RTNL                  ASSERT_RTNL()
 *
 * RCU callbacks and destructors (sk_destruct, skb->destructor) come in any of
 * these: they take no lock but sock_list.lock, with bottom halves off, and sleep
 * never.  So does sk_write_space when a segment is freed, perhaps with interrupts
 * off, and takes none but tsq_queue.lock.  poll() may not sleep and takes no lock.
 *
 * Only instrumented kernels check (CONFIG_PROVE_LOCKING, DEBUG_ATOMIC_SLEEP).
 */
#ifndef _XTCP_ENTRY_H
#define _XTCP_ENTRY_H

#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/rcupdate.h>
#include <net/sock.h>

/** xtcp_entry_process() - process context, nothing held that forbids sleep */
static inline void xtcp_entry_process(void)
{
	might_sleep();
}

/**
 * xtcp_entry_locked() - process context, the socket lock held
 * @sk: its socket
 */
static inline void xtcp_entry_locked(const struct sock *sk)
{
	might_sleep();
	sock_owned_by_me(sk);
}

/** xtcp_entry_rcu() - a read-side section of RCU, whatever else */
static inline void xtcp_entry_rcu(void)
{
	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "entry without RCU");
}

/** xtcp_entry_packet() - bottom halves off, and RCU (that of dev_queue_xmit, too) */
static inline void xtcp_entry_packet(void)
{
	lockdep_assert_in_softirq();
	RCU_LOCKDEP_WARN(!rcu_read_lock_held() && !rcu_read_lock_bh_held(),
			 "packet without RCU");
}

/** xtcp_entry_timer() - softirq */
static inline void xtcp_entry_timer(void)
{
	lockdep_assert_in_softirq();
}

#endif /* _XTCP_ENTRY_H */
