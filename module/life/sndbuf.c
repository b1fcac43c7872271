// SPDX-License-Identifier: GPL-2.0-only
/* The send buffer: how large it may become, and who waits for space (G-124). */
#include "xtcp.h"
#include "cong/cong.h"
#include "life/sndbuf.h"
#include "parts/chrono.h"
#include "parts/sndqueue.h"

/**
 * xtcp_sndbuf_grow() - buffer for two windows, or what the algorithm asks (G-124)
 * @sk: locked
 *
 * Unless the program fixed its size, memory is short, or the network is what
 * holds us back.
 */
void xtcp_sndbuf_grow(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 max = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_wmem[2]);
	u32 mss = max(xs->mss_clamp, xs->mss_cache);
	u64 want;

	sock_owned_by_me(sk);
	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK ||
	    sk_under_memory_pressure(sk) ||
	    sk_memory_allocated(sk) >= sk_prot_mem_limits(sk, 0) ||
	    xtcp_in_flight(xs) >= xs->snd_cwnd)
		return;
	/* The worst case: a segment each, in one piece of memory. */
	want = roundup_pow_of_two(mss + L1_CACHE_ALIGN(XTCP_MAX_HEADER) +
				  SKB_DATA_ALIGN(sizeof(struct skb_shared_info))) +
	       SKB_DATA_ALIGN(sizeof(struct sk_buff));
	want *= xtcp_cong_sndbuf_windows(sk);
	want *= max3(xs->snd_cwnd, XTCP_INIT_CWND, xs->reordering + 1U);
	if (sk->sk_sndbuf < want)
		WRITE_ONCE(sk->sk_sndbuf, min_t(u64, want, max));
	xtcp_cong_stamp(xs);
}

/**
 * xtcp_sndbuf_waited() - a writer waited, and something was sent
 * @sk: locked, a program holds it
 *
 * As a segment leaves it may be freed, which tells the writer already.
 *
 * Counterpart of the kernel's tcp_new_space().
 */
void xtcp_sndbuf_waited(struct sock *sk)
{
	xtcp_sndbuf_grow(sk);
	sk->sk_write_space(sk);
	if (!test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		xtcp_chrono_stop(sk, XTCP_CHRONO_BUFFER);
}

