/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel API differences, and the only place that looks at the version.
 *
 * The code is written against the newest API; what follows gives older
 * kernels that shape.  Point releases before 6.1.176 miss stable back-ports that
 * moved APIs.  How TCP itself differs is in quirks.h.
 */
#ifndef _XTCP_COMPAT_H
#define _XTCP_COMPAT_H

#include <linux/version.h>
#include <linux/bpf-cgroup.h>
#include <linux/hrtimer.h>
#include <linux/netdevice.h>
#include <linux/sysctl.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include <net/inet_common.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/sock.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 176)
#error "XTCP needs Linux 6.1.176 or newer"
#endif

#define XTCP_KERNEL_BEFORE(a, b) (LINUX_VERSION_CODE < KERNEL_VERSION(a, b, 0))

/* 6.12: a header moved. */
#if XTCP_KERNEL_BEFORE(6, 12)
#include <asm/unaligned.h>
#else
#include <linux/unaligned.h>
#endif

/* 6.19: bind and connect take an address of unstated size. */
#if XTCP_KERNEL_BEFORE(6, 19)
#define sockaddr_unsized sockaddr
#endif

/* 6.10: accept's arguments became a structure. */
#if XTCP_KERNEL_BEFORE(6, 10)
#define XTCP_ACCEPT_ARGS \
	struct socket *sock, struct socket *newsock, int flags, bool kern
#define XTCP_ACCEPT_FLAGS flags
#else
#define XTCP_ACCEPT_ARGS \
	struct socket *sock, struct socket *newsock, \
	struct proto_accept_arg *arg
#define XTCP_ACCEPT_FLAGS (arg->flags)
#endif

/* 6.5: ioctl's argument is a kernel integer, copied out by the caller. */
#if XTCP_KERNEL_BEFORE(6, 5)
#define XTCP_IOCTL_ARGS struct sock *sk, int cmd, unsigned long arg
#define XTCP_IOCTL_RESULT(value) put_user(value, (int __user *)arg)
#else
#define XTCP_IOCTL_ARGS struct sock *sk, int cmd, int *karg
#define XTCP_IOCTL_RESULT(value) ({ *karg = (value); 0; })
#endif

/* 6.16: timer_container_of() was from_timer(). */
#ifndef timer_container_of
#define timer_container_of(var, t, field) from_timer(var, t, field)
#endif

/* 6.13: a high-resolution timer gets its function as it is set up. */
#if XTCP_KERNEL_BEFORE(6, 13)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*fn)(struct hrtimer *t),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
}
#endif

/* 6.10: a segment's time of departure may be by one of three clocks. */
#if XTCP_KERNEL_BEFORE(6, 10)
#define SKB_CLOCK_MONOTONIC true
#endif

/* 6.6: struct inet_sock's bit-fields became inet_flags. */
#if XTCP_KERNEL_BEFORE(6, 6)
#define xtcp_inet_flag(lower, upper, sk) (inet_sk(sk)->lower)
#define xtcp_inet_set_flag(lower, upper, sk) (inet_sk(sk)->lower = 1)
#else
#define xtcp_inet_flag(lower, upper, sk) inet_test_bit(upper, sk)
#define xtcp_inet_set_flag(lower, upper, sk) inet_set_bit(upper, sk)
#endif

/* IP_TRANSPARENT */
#define xtcp_transparent(sk) xtcp_inet_flag(transparent, TRANSPARENT, sk)

/* 6.17: sock_i_uid() went, sk_uid() reads the field that replaced it. */
static inline kuid_t xtcp_sk_uid(struct sock *sk)
{
#if XTCP_KERNEL_BEFORE(6, 17)
	return sock_i_uid(sk);
#else
	return sk_uid(sk);
#endif
}

static inline unsigned long xtcp_sk_ino(struct sock *sk)
{
#if XTCP_KERNEL_BEFORE(6, 17)
	return sock_i_ino(sk);
#else
	return sk->sk_ino;
#endif
}

/* 6.19: what a socket takes may be counted nowhere (net.core.bypass_prot_mem). */
#if XTCP_KERNEL_BEFORE(6, 19)
#define xtcp_sk_uncounted(sk) false
#else
#define xtcp_sk_uncounted(sk) ((sk)->sk_bypass_prot_mem)
#endif

/* 6.5: sendpage went; before, the fallback for it has to be named. */
#if XTCP_KERNEL_BEFORE(6, 5)
#define XTCP_OPS_SENDPAGE .sendpage = sock_no_sendpage,
#else
#define XTCP_OPS_SENDPAGE
#endif

/* 6.18: a workqueue says that it is bound to processors; all were. */
#if XTCP_KERNEL_BEFORE(6, 18)
#define WQ_PERCPU 0
#endif

/* 6.9: TCP got SO_PEEK_OFF. */
#if XTCP_KERNEL_BEFORE(6, 9)
#define XTCP_OPS_SET_PEEK_OFF
#else
#define XTCP_OPS_SET_PEEK_OFF .set_peek_off = sk_set_peek_off,
#endif

/* 6.6: tables carry their size instead of a sentinel. */
#if XTCP_KERNEL_BEFORE(6, 6)
#define register_net_sysctl_sz(net, path, table, size) \
	register_net_sysctl(net, path, table)
#endif

/* 6.11: a handler's table is const. */
#if XTCP_KERNEL_BEFORE(6, 11)
#define XTCP_CTL_CONST
#else
#define XTCP_CTL_CONST const
#endif

/* 6.18: the flow key holds a DSCP instead of a TOS. */
static inline void xtcp_flow_set_tos(struct flowi4 *fl4, u8 tos)
{
#if XTCP_KERNEL_BEFORE(6, 12)
	fl4->flowi4_tos = tos & IPTOS_RT_MASK;
#elif XTCP_KERNEL_BEFORE(6, 18)
	fl4->flowi4_tos = tos & INET_DSCP_MASK;
#else
	fl4->flowi4_dscp = inet_dsfield_to_dscp(tos);
#endif
}

/* 6.2: TCP_INFO tells how often another path was taken. */
#if XTCP_KERNEL_BEFORE(6, 2)
#define xtcp_info_rehash(info, n) ((void)(n))
#else
#define xtcp_info_rehash(info, n) ((info)->tcpi_rehash = (n))
#endif

/* 7.1: sk_clone() may return the clone unlocked. */
static inline struct sock *xtcp_sk_clone(const struct sock *sk, gfp_t gfp)
{
#if XTCP_KERNEL_BEFORE(7, 1)
	return sk_clone_lock(sk, gfp);
#else
	return sk_clone(sk, gfp, true);
#endif
}

/* 6.12: memory accounting and fragment references got headers of their own. */
#if !XTCP_KERNEL_BEFORE(6, 12)
#include <linux/skbuff_ref.h>
#include <net/proto_memory.h>
#endif

/* 6.12: features that may not be switched became device flags. */
static inline void xtcp_dev_lltx(struct net_device *dev)
{
#if XTCP_KERNEL_BEFORE(6, 12)
	dev->features |= NETIF_F_LLTX;
#else
	dev->lltx = true;
#endif
}

static inline void xtcp_dev_netns_local(struct net_device *dev)
{
#if XTCP_KERNEL_BEFORE(6, 12)
	dev->features |= NETIF_F_NETNS_LOCAL;
#else
	dev->netns_immutable = true;
#endif
}

/* 6.15: rtnl newlink's arguments became a structure. */
#if XTCP_KERNEL_BEFORE(6, 15)
#define XTCP_NEWLINK_ARGS \
	struct net *src_net, struct net_device *dev, struct nlattr *tb[], \
	struct nlattr *data[], struct netlink_ext_ack *extack
#else
#define XTCP_NEWLINK_ARGS \
	struct net_device *dev, struct rtnl_newlink_params *params, \
	struct netlink_ext_ack *extack
#endif

/* 7.1: inet_recv_error() puts the length of the address into the message. */
static inline int xtcp_error_queue(struct sock *sk, struct msghdr *msg,
				   size_t len)
{
#if XTCP_KERNEL_BEFORE(7, 1)
	int addr_len = 0;
	int ret = inet_recv_error(sk, msg, len, &addr_len);

	if (ret >= 0)
		msg->msg_namelen = addr_len;
	return ret;
#else
	return inet_recv_error(sk, msg, len);
#endif
}

/* 6.7: programs of a cgroup see the length of the address. */
static inline int xtcp_cgroup_bind(struct sock *sk, struct sockaddr_in *sin,
				   int *len, u32 *flags)
{
#if XTCP_KERNEL_BEFORE(6, 7)
	return BPF_CGROUP_RUN_PROG_INET_BIND_LOCK(sk, (struct sockaddr *)sin,
						  CGROUP_INET4_BIND, flags);
#else
	return BPF_CGROUP_RUN_PROG_INET_BIND_LOCK(sk, (struct sockaddr *)sin,
						  len, CGROUP_INET4_BIND,
						  flags);
#endif
}

static inline int xtcp_cgroup_connect(struct sock *sk, struct sockaddr_in *sin,
				      int *len)
{
	if (!cgroup_bpf_enabled(CGROUP_INET4_CONNECT))
		return 0;
	if (*len < (int)sizeof(*sin))
		return -EINVAL;
#if XTCP_KERNEL_BEFORE(6, 7)
	return BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, (struct sockaddr *)sin);
#else
	return BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, (struct sockaddr *)sin,
						 len);
#endif
}

static inline void xtcp_cgroup_getsockname(struct sock *sk,
					   struct sockaddr_in *sin, int *len)
{
#if XTCP_KERNEL_BEFORE(6, 7)
	BPF_CGROUP_RUN_SA_PROG(sk, (struct sockaddr *)sin,
			       CGROUP_INET4_GETSOCKNAME);
#else
	BPF_CGROUP_RUN_SA_PROG(sk, (struct sockaddr *)sin, len,
			       CGROUP_INET4_GETSOCKNAME);
#endif
}

static inline void xtcp_cgroup_getpeername(struct sock *sk,
					   struct sockaddr_in *sin, int *len)
{
#if XTCP_KERNEL_BEFORE(6, 7)
	BPF_CGROUP_RUN_SA_PROG(sk, (struct sockaddr *)sin,
			       CGROUP_INET4_GETPEERNAME);
#else
	BPF_CGROUP_RUN_SA_PROG(sk, (struct sockaddr *)sin, len,
			       CGROUP_INET4_GETPEERNAME);
#endif
}

#endif /* _XTCP_COMPAT_H */
