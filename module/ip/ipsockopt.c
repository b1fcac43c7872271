// SPDX-License-Identifier: GPL-2.0-only
/* Options of the level below (SOL_IP), which are the kernel's, but for these. */
#include <linux/netfilter_ipv4.h>
#include <net/ip.h>

#include "xtcp.h"
#include "ip/ipsockopt.h"
#include "ip/nat.h"

static bool is_membership(int optname)
{
	switch (optname) {
	case IP_ADD_MEMBERSHIP:
	case IP_DROP_MEMBERSHIP:
	case IP_ADD_SOURCE_MEMBERSHIP:
	case IP_DROP_SOURCE_MEMBERSHIP:
	case MCAST_JOIN_GROUP:
	case MCAST_LEAVE_GROUP:
	case MCAST_JOIN_SOURCE_GROUP:
	case MCAST_LEAVE_SOURCE_GROUP:
		return true;
	default:
		return false;
	}
}

/**
 * xtcp_ipsockopt_set() - setsockopt of another level than ours
 * @sk: not locked
 * @level: which
 * @optname: option
 * @optval: value
 * @optlen: its length
 *
 * Context: process.
 * Return: 0 or an error.
 */
int xtcp_ipsockopt_set(struct sock *sk, int level, int optname,
		       sockptr_t optval, unsigned int optlen)
{
	/* G-114: the generic code would let us join a group, and leak it. */
	if (level == SOL_IP && is_membership(optname))
		return -EPROTO;
	return ip_setsockopt(sk, level, optname, optval, optlen);
}

static int get_original(struct sock *sk, char __user *optval,
			int __user *optlen)
{
	struct sockaddr_in sin;
	int len, err;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	err = xtcp_nat_original(sk, &sin);
	if (err == -ENOPROTOOPT)
		return err;
	if (len < (int)sizeof(sin))
		return -EINVAL;
	if (err)
		return err;
	/* Written to the length as it was given, as the kernel's handler does. */
	return copy_to_user(optval, &sin, sizeof(sin)) ? -EFAULT : 0;
}

/**
 * xtcp_ipsockopt_get() - getsockopt of another level than ours
 * @sk: not locked
 * @level: which
 * @optname: option
 * @optval: where to
 * @optlen: room, and what was written
 *
 * Context: process.
 * Return: 0 or an error.
 */
int xtcp_ipsockopt_get(struct sock *sk, int level, int optname,
		       char __user *optval, int __user *optlen)
{
	if (level == SOL_IP && optname == SO_ORIGINAL_DST)
		return get_original(sk, optval, optlen);
	return ip_getsockopt(sk, level, optname, optval, optlen);
}

/**
 * xtcp_ipsockopt_init() - what they are at first
 * @sk: a new socket
 */
void xtcp_ipsockopt_init(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->pmtudisc = READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_no_pmtu_disc) ?
			 IP_PMTUDISC_DONT : IP_PMTUDISC_WANT;
	inet->uc_ttl = -1;
	inet->mc_ttl = 1;
	xtcp_inet_set_flag(mc_loop, MC_LOOP, sk);
	xtcp_inet_set_flag(mc_all, MC_ALL, sk);
}
