// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of all sockets: what is taken is charged against tcp_mem, and what a
 * connection needs to go on at all is taken even where that is used up (G-127 to
 * G-129).  It is counted apart from the kernel's TCP: a fault here must not keep
 * the host from its own connections.
 */
#include <linux/memcontrol.h>
#include <linux/percpu.h>
#include <linux/sizes.h>

#include "xtcp.h"
#include "parts/memory.h"

atomic_long_t xtcp_memory_allocated;
DEFINE_PER_CPU(int, xtcp_memory_fw_alloc);
unsigned long xtcp_memory_pressure;

/**
 * xtcp_memory_enter_pressure() - more is in use than tcp_mem[1] (proto hook)
 * @sk: whose allocation showed it
 */
void xtcp_memory_enter_pressure(struct sock *sk)
{
	if (!cmpxchg(&xtcp_memory_pressure, 0, jiffies ?: 1))
		XTCP_INC(sock_net(sk), MEMORYPRESSURES);
}

/**
 * xtcp_memory_leave_pressure() - less is in use than tcp_mem[0] (proto hook)
 * @sk: whose allocation showed it
 */
void xtcp_memory_leave_pressure(struct sock *sk)
{
	WRITE_ONCE(xtcp_memory_pressure, 0);
}

/* What processors have in hand is bounded, as the kernel bounds it. */
static void count_pages(int pages)
{
	pages = this_cpu_add_return(xtcp_memory_fw_alloc, pages);
	if (unlikely(pages >= SZ_1M >> PAGE_SHIFT))
		atomic_long_add(this_cpu_xchg(xtcp_memory_fw_alloc, 0),
				&xtcp_memory_allocated);
}

static bool in_memcg(const struct sock *sk)
{
#ifdef CONFIG_MEMCG
	return mem_cgroup_sockets_enabled && sk->sk_memcg;
#else
	return false;
#endif
}

/* As if the send buffer ended behind @size bytes more. */
static void fill_and_schedule(struct sock *sk, int size)
{
	int sndbuf = sk->sk_sndbuf;

	WRITE_ONCE(sk->sk_sndbuf, min(sndbuf, sk->sk_wmem_queued + size));
	WARN_ON_ONCE(!__sk_mem_schedule(sk, size, SK_MEM_SEND));
	WRITE_ONCE(sk->sk_sndbuf, sndbuf);
	/* A poll() may have seen it.  Pairs with the barrier in poll_write(). */
	smp_mb();
	if (sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		sk->sk_write_space(sk);
}

/**
 * xtcp_memory_force_more() - have memory to charge, whatever the limits say
 * @sk: locked
 * @missing: bytes that are about to be charged, and not there
 *
 * For what must always go through: the first segment in flight, SYN, FIN, a
 * part of a segment, and what an empty receive queue takes (H-69).  So much a
 * connection may exceed tcp_mem by, no more.
 *
 * A memory cgroup can't be charged by a module, but the kernel refuses nothing to a
 * stream that fills its send buffer: where it does not give what is needed the buffer
 * is so small, for a moment.
 *
 * Counterpart of the kernel's sk_forced_mem_schedule().
 *
 * Context: any.
 */
void xtcp_memory_force_more(struct sock *sk, int missing)
{
	u8 locks = sk->sk_userlocks;

	sock_owned_by_me(sk);
	if (likely(!in_memcg(sk))) {
		sk_forward_alloc_add(sk, sk_mem_pages(missing) << PAGE_SHIFT);
		if (!xtcp_sk_uncounted(sk))
			count_pages(sk_mem_pages(missing));
		return;
	}
	/* And to this end it does not shrink the buffer. */
	sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	if (!__sk_mem_schedule(sk, missing, SK_MEM_SEND))
		fill_and_schedule(sk, missing);
	sk->sk_userlocks = locks;
}

/**
 * xtcp_memory_left() - pages that are charged, with what processors have in hand
 *
 * Return: 0 when no socket is left, or sk_forward_alloc went wrong somewhere.
 */
long xtcp_memory_left(void)
{
	long left = atomic_long_read(&xtcp_memory_allocated);
	int cpu;

	for_each_possible_cpu(cpu)
		left += per_cpu(xtcp_memory_fw_alloc, cpu);
	return left;
}
