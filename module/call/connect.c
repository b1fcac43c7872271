// SPDX-License-Identifier: GPL-2.0-only
/* Active open: RFC 9293 3.10.1, inventory D.2 and D.7. */
#include <linux/random.h>

#include "xtcp.h"
#include "call/connect.h"
#include "cong/cong.h"
#include "ip/name.h"
#include "ip/route.h"
#include "life/output.h"
#include "life/sock.h"
#include "parts/metric.h"
#include "parts/sndqueue.h"
#include "parts/timer.h"
#include "parts/tstamp.h"
#include "parts/window.h"
#include "port/getport.h"
#include "port/port.h"
#include "table/isn.h"

/* D-31: out of the tables; what bind() gave it is kept. */
static void connect_undo(struct sock *sk)
{
	xtcp_sock_set_state(sk, TCP_CLOSE);
	sk_dst_reset(sk);
	inet_sk(sk)->inet_dport = 0;
	xtcp_port_reset_saddr(sk);
}

/* D-60: source address from the route unless bound. */
static int find_route(struct sock *sk, struct xtcp_addr peer, __be16 dport)
{
	struct xtcp_addr old = xtcp_addr_peer(sk), source;
	struct inet_sock *inet = inet_sk(sk);
	struct dst_entry *dst;

	xtcp_addr_set_peer(sk, peer);
	inet->inet_dport = dport;
	dst = xtcp_route_find(sk, &source, &peer);
	if (IS_ERR(dst)) {
		xtcp_addr_set_peer(sk, old);
		inet->inet_dport = 0;
		return PTR_ERR(dst);
	}
	sk_dst_set(sk, dst);
	/* B-79: one bound to a multicast address has none to send from. */
	if (xtcp_addr_is_any(xtcp_addr_source(sk)))
		xtcp_addr_set_local(sk, source, source);
	xtcp_addr_set_peer(sk, peer);
	/* D-63: a new peer starts a new sequence space. */
	if (!xtcp_addr_same(peer, old)) {
		xtcp_sndqueue_begin(xtcp_sk(sk), 0);
		xtcp_tstamp_inherit(xtcp_sk(sk), 0, 0);
	}
	return 0;
}

/* With init_window() the counterpart of the kernel's tcp_connect_init(). */
static void init_sequences(struct sock *sk)
{
	const struct xtcp_tuple t = xtcp_tuple_of(sk);
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (!xs->write_seq)
		xtcp_sndqueue_begin(xs, xtcp_isn(&t));
	xs->ts_off = xtcp_ts_offset(sock_net(sk), &t);
	xs->syn_tsval = 0;
	atomic_set(&inet_sk(sk)->inet_id, get_random_u16());
	sk_set_txhash(sk);
	xtcp_sock_start_send(xs, xs->write_seq, xs->write_seq);
	xs->rcv_nxt = 0;
	xs->rcv_wup = 0;
	xs->copied_seq = 0;
}

static void init_window(struct sock *sk)
{
	const struct xtcp_metric_window route = xtcp_metric_window(__sk_dst_get(sk));
	struct net *net = sock_net(sk);
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 mss;
	u8 wscale;

	xs->advmss = xtcp_route_advmss(net, __sk_dst_get(sk));
	if (xs->user_mss)
		xs->advmss = min(xs->advmss, xs->user_mss);
	mss = xs->advmss;
	/* What the peer's segments carry is only known once it has answered. */
	if (xs->ts_recent_stamp)
		mss -= XTCP_OLEN_TS_ALIGNED;
	xs->window_clamp = xtcp_window_limit(sk, xs->window_clamp ?: route.clamp);
	xtcp_window_initial(sk, mss, READ_ONCE(net->ipv4.sysctl_tcp_window_scaling),
			    &xs->window_clamp, xtcp_sock_max_rcvbuf(sk),
			    route.initial, &xs->rcv_wnd, &wscale);
	xs->rcv_wscale = wscale;
	xs->rcv_ssthresh = xs->rcv_wnd;
	xs->ack.rcv_mss = min_t(u32, xs->advmss, XTCP_MSS_DEFAULT);
	xs->ack.rcv_mss = min(xs->ack.rcv_mss, (u16)(xs->rcv_wnd / 2));
	xs->ack.rcv_mss = max_t(u16, xs->ack.rcv_mss, XTCP_MSS_MIN);
}

/**
 * xtcp_connect() - send a SYN (D.2)
 * @sk: locked, CLOSE
 * @uaddr: destination, in kernel memory: a program of the cgroup may divert it
 * @len: its length
 *
 * Counterpart of the kernel's tcp_v4_connect().
 *
 * Context: process.
 * Return: 0: SYN_SENT; or an error, and it is in CLOSE, with no peer's port and with
 *	   the port and address that bind() gave it, or none.
 */
int xtcp_connect(struct sock *sk, struct sockaddr *uaddr, int len)
{
	struct xtcp_name name;
	int err;

	sock_owned_by_me(sk);
	err = xtcp_name_connect(sk, uaddr, len, &name);
	if (err)
		return err;
	err = find_route(sk, name.addr, name.port);
	if (err)
		return err;
	/* K-033: in the table and SYN_SENT before the SYN can be answered. */
	inet_sk_set_state(sk, TCP_SYN_SENT);
	err = xtcp_getport_connect(sk);
	if (err)
		goto fail;
	/* K-034: policy may look at the ports, which are known now. */
	if (xtcp_route_by_ports(sk)) {
		sk_dst_reset(sk);
		err = find_route(sk, xtcp_addr_peer(sk), name.port);
		if (err)
			goto fail;
	}
	WRITE_ONCE(sk->sk_err, 0);
	sock_reset_flag(sk, SOCK_DONE);
	xtcp_sk(sk)->mss_clamp = XTCP_MSS_DEFAULT;
	xtcp_cong_route(sk, __sk_dst_get(sk));
	init_sequences(sk);
	init_window(sk);
	err = xtcp_output_syn(sk);
	if (!err)
		return 0;
fail:
	connect_undo(sk);
	xtcp_timer_stop(sk);
	xtcp_sndqueue_purge(sk);
	return err;
}
