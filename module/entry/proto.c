// SPDX-License-Identifier: GPL-2.0-only
/*
 * struct proto: what the kernel's generic socket code calls, and whom that is
 * here.
 */
#include <asm/ioctls.h>
#include <linux/percpu_counter.h>
#include <linux/sockios.h>
#include <net/tcp.h>

#include "xtcp.h"
#include "call/close.h"
#include "call/recv.h"
#include "call/sockopt.h"
#include "entry/proto.h"
#include "entry/timeout.h"
#include "life/shutdown.h"
#include "life/state.h"
#include "parts/memory.h"
#include "parts/timer.h"
#include "port/getport.h"
#include "port/port.h"
#include "table/hash.h"

static struct percpu_counter sockets_allocated;

/* A system call works off what came meanwhile. */
static int proto_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	xtcp_entry_locked(sk);
	local_bh_disable();
	xtcp_state_input(sk, skb);
	local_bh_enable();
	return 0;
}

/* release_sock() */
static void proto_release_cb(struct sock *sk)
{
	sock_owned_by_me(sk);
	xtcp_timeout_release_cb(sk);
	xtcp_port_noticed(sk);
}

/* SO_BINDTODEVICE: it owns its port as before, by other names (B-61). */
static void proto_rehash(struct sock *sk)
{
	xtcp_port_update(sk);
}

/* For who asks struct proto instead of the family; it can't fail. */
static int proto_disconnect(struct sock *sk, int flags)
{
	xtcp_close_disconnect(sk);
	return 0;
}

static int proto_hash(struct sock *sk)
{
	return 0;
}

static bool proto_memory_free(const struct sock *sk, int wake)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 lowat = READ_ONCE(xs->notsent_lowat) ?:
		    READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_notsent_lowat);
	u32 notsent = READ_ONCE(xs->write_seq) - READ_ONCE(xs->snd_nxt);

	/* G-59: with hysteresis, so that writers aren't woken byte by byte. */
	return ((u64)notsent << wake) < lowat;
}

/* G.4: what inet_ioctl() leaves to the protocol (proto.ioctl). */
static int proto_ioctl(XTCP_IOCTL_ARGS)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	int answer = 0;

	if (cmd == SIOCATMARK) {
		answer = READ_ONCE(xs->urg_data) &&
			 READ_ONCE(xs->urg_seq) == READ_ONCE(xs->copied_seq);
		return XTCP_IOCTL_RESULT(answer);
	}
	if (cmd != SIOCINQ && cmd != SIOCOUTQ && cmd != SIOCOUTQNSD)
		return -ENOIOCTLCMD;
	if (sk->sk_state == TCP_LISTEN)
		return -EINVAL;
	lock_sock(sk);
	if (cmd == SIOCINQ)
		answer = xtcp_recv_inq(sk);
	else if (!XTCP_STATE_IN(sk, TCPF_SYN_SENT | TCPF_SYN_RECV))
		answer = xs->write_seq - (cmd == SIOCOUTQ ? xs->snd_una :
							    xs->snd_nxt);
	release_sock(sk);
	return XTCP_IOCTL_RESULT(answer);
}

/* Counterpart of the kernel's tcp_prot. */
struct proto xtcp_prot = {
	.name = "XTCP",
	/* No owner: sk_alloc would pin the module for every orphan. */
	.close = xtcp_close,
	.disconnect = proto_disconnect,
	.shutdown = xtcp_shutdown,
	.keepalive = xtcp_timer_keepalive,
	.setsockopt = xtcp_sockopt_set,
	.getsockopt = xtcp_sockopt_get,
	.ioctl = proto_ioctl,
	.backlog_rcv = proto_backlog_rcv,
	.release_cb = proto_release_cb,
	.hash = proto_hash,
	.unhash = xtcp_hash_del,
	.rehash = proto_rehash,
	.get_port = xtcp_getport_bind,
	.put_port = xtcp_port_put,
	.enter_memory_pressure = xtcp_memory_enter_pressure,
	.leave_memory_pressure = xtcp_memory_leave_pressure,
	.stream_memory_free = proto_memory_free,
	.sockets_allocated = &sockets_allocated,
	.memory_allocated = &xtcp_memory_allocated,
	.per_cpu_fw_alloc = &xtcp_memory_fw_alloc,
	.memory_pressure = &xtcp_memory_pressure,
	.sysctl_wmem_offset = offsetof(struct net, ipv4.sysctl_tcp_wmem),
	.sysctl_rmem_offset = offsetof(struct net, ipv4.sysctl_tcp_rmem),
	.max_header = XTCP_MAX_HEADER,
	.obj_size = sizeof(struct xtcp_sock),
};

/**
 * xtcp_proto_register() - at module load
 *
 * Return: 0 or a negative error.
 */
int xtcp_proto_register(void)
{
	int err = percpu_counter_init(&sockets_allocated, 0, GFP_KERNEL);

	if (err)
		return err;
	xtcp_prot.sysctl_mem = tcp_prot.sysctl_mem;
	err = proto_register(&xtcp_prot, 1);
	if (err)
		percpu_counter_destroy(&sockets_allocated);
	return err;
}

/** xtcp_proto_unregister() - at module unload, after xtcp_sock_wait_gone() */
void xtcp_proto_unregister(void)
{
	long left = xtcp_memory_left();

	WARN(left, "xtcp: %ld pages of socket memory unaccounted\n", left);
	proto_unregister(&xtcp_prot);
	percpu_counter_destroy(&sockets_allocated);
}
