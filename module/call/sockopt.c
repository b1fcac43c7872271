// SPDX-License-Identifier: GPL-2.0-only
/* Socket options: IPPROTO_TCP (G.6), and what IPPROTO_IP needs guarded. */
#include <linux/capability.h>
#include <linux/sockptr.h>

#include "xtcp.h"
#include "call/info.h"
#include "call/sockopt.h"
#include "cong/cong.h"
#include "ip/ipsockopt.h"
#include "life/rcvqueue.h"
#include "life/write.h"
#include "parts/delack.h"
#include "parts/timer.h"
#include "parts/window.h"

#define MAX_KEEPIDLE	32767
#define MAX_KEEPINTVL	32767
#define MAX_KEEPCNT	127
#define MAX_SYNCNT	127
#define MIN_CLAMP	(2304 / 2)

/* TCP_CORK: without it what is queued goes if Nagle lets it (G-89). */
static void set_cork(struct sock *sk, bool on)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xs->cork = on;
	if (on)
		return;
	if (xs->nodelay)
		xtcp_write_push_tail(sk);
	else
		xtcp_write_push(sk, XTCP_PUSH_NORMAL);
}

/* TCP_NODELAY: what is queued goes as soon as it may, cork or not (G-87). */
static void set_nodelay(struct sock *sk, bool on)
{
	xtcp_sk(sk)->nodelay = on;
	if (on)
		xtcp_write_push_tail(sk);
}

/* TCP_KEEPIDLE: the timer starts anew (G-90). */
static int set_keepidle(struct sock *sk, int val)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (val < 1 || val > MAX_KEEPIDLE)
		return -EINVAL;
	WRITE_ONCE(xs->keepalive_time, val * HZ);
	if (sock_flag(sk, SOCK_KEEPOPEN))
		xtcp_timer_keepalive_changed(sk);
	return 0;
}

static void set_linger2(struct xtcp_sock *xs, int val)
{
	if (val < 0)
		xs->linger2 = -1;
	else
		xs->linger2 = min_t(u32, val, XTCP_FIN_TIMEOUT_MAX / HZ) * HZ;
}

/* TCP_QUICKACK: 0 delays, an odd number stays, an even one is for once (G-96). */
static void set_quickack(struct sock *sk, int val)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xtcp_delack_set_pingpong(xs, !val);
	if (!val || !XTCP_STATE_IN(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT) ||
	    !xs->ack.scheduled)
		return;
	xtcp_delack_pushed(xs);
	xtcp_rcvqueue_tell(sk);
	if (!(val & 1))
		xtcp_delack_set_pingpong(xs, true);
}

/* C-26: seconds become rounds of the SYN-ACK timer, 1, 2, 4 ... s. */
static u8 secs_to_rounds(int seconds)
{
	u8 rounds = 0;
	int covered = 0;

	while (covered < seconds && rounds < 255)
		covered += min(1 << min_t(u8, rounds++, 16),
			       (int)(XTCP_RTO_MAX / HZ));
	return rounds;
}

static int rounds_to_secs(u8 rounds)
{
	int covered = 0;
	u8 i;

	for (i = 0; i < rounds; i++)
		covered += min(1 << min_t(u8, i, 16), (int)(XTCP_RTO_MAX / HZ));
	return covered;
}

/* TCP_WINDOW_CLAMP: none only in CLOSE, and never very small (G-94). */
static int set_window_clamp(struct sock *sk, int val)
{
	if (!val && sk->sk_state != TCP_CLOSE)
		return -EINVAL;
	xtcp_window_set_clamp(sk, val ? xtcp_window_clamp_max(val, MIN_CLAMP) : 0);
	return 0;
}

static int set_range(u8 *field, int val, int max)
{
	if (val < 1 || val > max)
		return -EINVAL;
	WRITE_ONCE(*field, val);
	return 0;
}

static int set_int(struct sock *sk, int optname, int val)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	switch (optname) {
	case TCP_NODELAY:
		set_nodelay(sk, val);
		return 0;
	case TCP_CORK:
		set_cork(sk, val);
		return 0;
	case TCP_MAXSEG:
		if (val && (val < XTCP_MSS_MIN || val > (int)XTCP_MAX_WINDOW))
			return -EINVAL;
		WRITE_ONCE(xs->user_mss, val);
		return 0;
	case TCP_KEEPIDLE:
		return set_keepidle(sk, val);
	case TCP_KEEPINTVL:
		if (val < 1 || val > MAX_KEEPINTVL)
			return -EINVAL;
		WRITE_ONCE(xs->keepalive_intvl, val * HZ);
		return 0;
	case TCP_KEEPCNT:
		return set_range(&xs->keepalive_probes, val, MAX_KEEPCNT);
	case TCP_SYNCNT:
		return set_range(&xs->syn_retries, val, MAX_SYNCNT);
	case TCP_LINGER2:
		set_linger2(xs, val);
		return 0;
	case TCP_DEFER_ACCEPT:
		WRITE_ONCE(xs->defer_accept, secs_to_rounds(val));
		return 0;
	case TCP_WINDOW_CLAMP:
		return set_window_clamp(sk, val);
	case TCP_QUICKACK:
		set_quickack(sk, val);
		return 0;
	case TCP_USER_TIMEOUT:
		if (val < 0)
			return -EINVAL;
		WRITE_ONCE(xs->user_timeout, val);
		return 0;
	case TCP_NOTSENT_LOWAT:
		WRITE_ONCE(xs->notsent_lowat, val);
		sk->sk_write_space(sk);
		return 0;
	case TCP_THIN_LINEAR_TIMEOUTS:
		if (val < 0 || val > 1)
			return -EINVAL;
		WRITE_ONCE(xs->thin_linear, val);
		return 0;
	case TCP_THIN_DUPACK:
		/* RFC 5827 went; what remains is the option (G-99). */
		return val < 0 || val > 1 ? -EINVAL : 0;
	case TCP_INQ:
		if (val < 0 || val > 1)
			return -EINVAL;
		xs->recvmsg_inq = val;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* TCP_CONGESTION: the name needs no 0 at its end (G-97). */
static int set_congestion(struct sock *sk, sockptr_t optval,
			  unsigned int optlen)
{
	char name[XTCP_CONG_NAME_MAX] = {};
	bool admin = ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN);
	int err;

	if (!optlen)
		return -EINVAL;
	err = strncpy_from_sockptr(name, optval,
				   min_t(long, sizeof(name) - 1, optlen));
	if (err < 0)
		return -EFAULT;
	name[err] = 0;
	xtcp_cong_load(name);
	lock_sock(sk);
	err = xtcp_cong_set(sk, name, admin);
	release_sock(sk);
	return err;
}

/* TCP_ULP: none is there (G-106). */
static int set_ulp(unsigned int optlen)
{
	return optlen ? -ENOENT : -EINVAL;
}

/**
 * xtcp_sockopt_set() - setsockopt above SOL_SOCKET (proto.setsockopt)
 * @sk: socket
 * @level: IPPROTO_TCP or IPPROTO_IP
 * @optname: option
 * @optval: value
 * @optlen: its length
 *
 * Context: process.
 * Return: 0 or an error of G.6.
 */
int xtcp_sockopt_set(struct sock *sk, int level, int optname,
		     sockptr_t optval, unsigned int optlen)
{
	int val, err;

	if (level != SOL_TCP)
		return xtcp_ipsockopt_set(sk, level, optname, optval, optlen);
	if (optname == TCP_CONGESTION)
		return set_congestion(sk, optval, optlen);
	if (optname == TCP_ULP)
		return set_ulp(optlen);
	if (optlen < sizeof(int))
		return -EINVAL;
	if (copy_from_sockptr(&val, optval, sizeof(val)))
		return -EFAULT;
	lock_sock(sk);
	err = set_int(sk, optname, val);
	release_sock(sk);
	return err;
}

static int put_bytes(char __user *optval, int __user *optlen, int len,
		     const void *value, int size)
{
	len = min(len, size);
	if (put_user(len, optlen))
		return -EFAULT;
	return copy_to_user(optval, value, len) ? -EFAULT : 0;
}

static int get_info(struct sock *sk, char __user *optval, int __user *optlen,
		    int len)
{
	struct tcp_info info;

	lock_sock(sk);
	xtcp_info_fill(sk, &info);
	release_sock(sk);
	return put_bytes(optval, optlen, len, &info, sizeof(info));
}

/* TCP_CC_INFO: what congestion control tells of itself, if anything. */
static int get_cc_info(struct sock *sk, char __user *optval, int __user *optlen,
		       int len)
{
	union tcp_cc_info info;
	size_t size;
	int attr;

	lock_sock(sk);
	size = xtcp_cong_info(sk, ~0U, &attr, &info);
	release_sock(sk);
	return put_bytes(optval, optlen, len, &info, size);
}

static int get_mss(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	/* TCP_MAXSEG: as it was set, until there is a connection (G-88). */
	if (xs->user_mss && XTCP_STATE_IN(sk, TCPF_CLOSE | TCPF_LISTEN))
		return xs->user_mss;
	return xs->mss_cache;
}

/* A sysctl may be negative, as may what TCP says of it then. */
static int jiffies_secs(int own, int sysctl)
{
	return (own ?: sysctl) / HZ;
}

static int get_int(struct sock *sk, int optname, int *val)
{
	const struct netns_ipv4 *ipv4 = &sock_net(sk)->ipv4;
	const struct xtcp_sock *xs = xtcp_sk(sk);

	switch (optname) {
	case TCP_NODELAY:
		*val = xs->nodelay;
		return 0;
	case TCP_CORK:
		*val = xs->cork;
		return 0;
	case TCP_MAXSEG:
		*val = get_mss(sk);
		return 0;
	case TCP_KEEPIDLE:
		*val = jiffies_secs(xs->keepalive_time,
				    READ_ONCE(ipv4->sysctl_tcp_keepalive_time));
		return 0;
	case TCP_KEEPINTVL:
		*val = jiffies_secs(xs->keepalive_intvl,
				    READ_ONCE(ipv4->sysctl_tcp_keepalive_intvl));
		return 0;
	case TCP_KEEPCNT:
		*val = xs->keepalive_probes ?:
		       READ_ONCE(ipv4->sysctl_tcp_keepalive_probes);
		return 0;
	case TCP_SYNCNT:
		*val = xs->syn_retries ?:
		       READ_ONCE(ipv4->sysctl_tcp_syn_retries);
		return 0;
	case TCP_LINGER2:
		*val = xs->linger2 < 0 ? -1 :
		       jiffies_secs(xs->linger2, READ_ONCE(ipv4->sysctl_tcp_fin_timeout));
		return 0;
	case TCP_DEFER_ACCEPT:
		*val = rounds_to_secs(xs->defer_accept);
		return 0;
	case TCP_THIN_LINEAR_TIMEOUTS:
		*val = xs->thin_linear;
		return 0;
	case TCP_THIN_DUPACK:
		*val = 0;
		return 0;
	case TCP_WINDOW_CLAMP:
		*val = xs->window_clamp;
		return 0;
	case TCP_QUICKACK:
		*val = !xs->ack.pingpong;
		return 0;
	case TCP_USER_TIMEOUT:
		*val = xs->user_timeout;
		return 0;
	case TCP_NOTSENT_LOWAT:
		*val = xs->notsent_lowat;
		return 0;
	case TCP_INQ:
		*val = xs->recvmsg_inq;
		return 0;
	case TCP_FASTOPEN:
		/* Not there: an empty queue for it. */
		*val = 0;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/**
 * xtcp_sockopt_get() - getsockopt above SOL_SOCKET (proto.getsockopt)
 * @sk: socket
 * @level: IPPROTO_TCP or IPPROTO_IP
 * @optname: option
 * @optval: where to
 * @optlen: room, and what was written
 *
 * Context: process.
 * Return: 0 or an error.
 */
int xtcp_sockopt_get(struct sock *sk, int level, int optname,
		     char __user *optval, int __user *optlen)
{
	char name[XTCP_CONG_NAME_MAX];
	int len, val, err;

	if (level != SOL_TCP)
		return xtcp_ipsockopt_get(sk, level, optname, optval, optlen);
	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	if (optname == TCP_INFO)
		return get_info(sk, optval, optlen, len);
	if (optname == TCP_CC_INFO)
		return get_cc_info(sk, optval, optlen, len);
	lock_sock(sk);
	if (optname == TCP_CONGESTION) {
		memcpy(name, xtcp_sk(sk)->ca->name, sizeof(name));
		release_sock(sk);
		return put_bytes(optval, optlen, len, name, sizeof(name));
	}
	err = get_int(sk, optname, &val);
	release_sock(sk);
	if (optname == TCP_ULP)
		return put_user(0, optlen) ? -EFAULT : 0;
	return err ?: put_bytes(optval, optlen, len, &val, sizeof(val));
}

/**
 * xtcp_sockopt_rcvlowat() - SO_RCVLOWAT (proto_ops.set_rcvlowat; G-76)
 * @sk: locked
 * @val: bytes
 *
 * Return: 0.
 */
int xtcp_sockopt_rcvlowat(struct sock *sk, int val)
{
	int cap = sk->sk_rcvbuf >> 1;

	sock_owned_by_me(sk);
	if (!(sk->sk_userlocks & SOCK_RCVBUF_LOCK))
		cap = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_rmem[2]) >> 1;
	val = min(val, cap);
	WRITE_ONCE(sk->sk_rcvlowat, val ?: 1);
	xtcp_rcvqueue_ready(sk);
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		return 0;
	if (val << 1 > sk->sk_rcvbuf) {
		WRITE_ONCE(sk->sk_rcvbuf, val << 1);
		xtcp_window_resized(sk);
	}
	return 0;
}
