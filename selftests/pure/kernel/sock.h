/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets and namespaces: those fields that are read. */
#ifndef _PURE_SOCK_H
#define _PURE_SOCK_H

enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING,
	TCP_NEW_SYN_RECV,
};

#define TCPF_CLOSE		BIT(TCP_CLOSE)
#define TCPF_LISTEN		BIT(TCP_LISTEN)
#define TCPF_ESTABLISHED	BIT(TCP_ESTABLISHED)
#define TCPF_CLOSE_WAIT		BIT(TCP_CLOSE_WAIT)
#define SOCK_RCVBUF_LOCK	2
#define SOCK_NOSPACE		2
#define SOCK_TXREHASH_ENABLED	1
#define TCP_CA_NAME_MAX		16

enum {
	SK_PACING_NONE,
	SK_PACING_NEEDED,
	SK_PACING_FQ,
};

typedef struct {
	u32 val;
} kuid_t;

#define GLOBAL_ROOT_UID	((kuid_t){ 0 })
#define uid_eq(a, b)	((a).val == (b).val)
#define uid_lt(a, b)	((a).val < (b).val)

struct tcp_congestion_ops {
	char name[TCP_CA_NAME_MAX];
};

struct netns_ipv4 {
	const struct tcp_congestion_ops *tcp_congestion_control;
	int sysctl_tcp_adv_win_scale;
	u8 sysctl_tcp_app_win;
	u8 sysctl_tcp_shrink_window;
	u8 sysctl_tcp_workaround_signed_windows;
	int sysctl_tcp_comp_sack_rtt_percent;
	int sysctl_tcp_rmem[3];
	int sysctl_tcp_rcvbuf_low_rtt;
	u8 sysctl_tcp_timestamps;
	u8 sysctl_tcp_moderate_rcvbuf;
	u8 sysctl_tcp_slow_start_after_idle;
	int sysctl_tcp_reordering;
	int sysctl_tcp_max_reordering;
	int sysctl_tcp_min_rtt_wlen;
	int sysctl_tcp_rto_min_us;
	u8 sysctl_tcp_recovery;
	u8 sysctl_tcp_early_retrans;
	u8 sysctl_tcp_sack;
	u8 sysctl_tcp_dsack;
	u8 sysctl_tcp_syncookies;
	u8 sysctl_tcp_syn_linear_timeouts;
	u8 sysctl_tcp_window_scaling;
	u8 sysctl_tcp_min_tso_segs;
	u8 sysctl_tcp_tso_rtt_log;
	u8 sysctl_tcp_tso_win_divisor;
	int sysctl_tcp_pacing_ss_ratio;
	int sysctl_tcp_pacing_ca_ratio;
	int sysctl_tcp_invalid_ratelimit;
	int sysctl_tcp_challenge_ack_limit;
	unsigned long *sysctl_local_reserved_ports;
	u8 sysctl_ip_autobind_reuse;
};

struct net_generic {
	void *ptr[1];
};

struct net {
	struct net_generic *gen;
	struct netns_ipv4 ipv4;
};

extern struct net init_net;
#define net_eq(a, b)	((a) == (b))

struct socket {
	unsigned long flags;
};

struct sock {
	struct net *net;
	struct socket *sk_socket;
	struct dst_entry *sk_dst_cache;
	void *sk_reuseport_cb;
	void *sk_filter;
	struct sk_buff_head sk_write_queue;
	struct {
		int len;
	} sk_backlog;
	atomic_t sk_rmem_alloc;
	refcount_t sk_wmem_alloc;
	int sk_rcvbuf;
	int sk_sndbuf;
	unsigned long sk_pacing_rate;
	unsigned long sk_max_pacing_rate;
	u32 sk_pacing_status;
	u8 sk_pacing_shift;
	int sk_bound_dev_if;
	kuid_t sk_uid;
	unsigned long sk_ino;
	u8 sk_state;
	u8 sk_userlocks;
	u8 sk_reuse;
	u8 sk_reuseport;
	u8 sk_txrehash;
	bool pressure;
};

struct inet_sock {
	struct sock sk;
	__be32 inet_rcv_saddr;
	__be32 inet_saddr;
	__be32 inet_daddr;
	__be16 inet_sport;
	__be16 inet_dport;
	struct ip_options_rcu *inet_opt;
	void *mc_list;
	u8 tos;
	u8 min_ttl;
	s16 uc_ttl;
	unsigned long flags;
};

void inet_sk_get_local_port_range(const struct sock *sk, int *low, int *high);
bool inet_is_local_reserved_port(const struct net *net, unsigned short port);

#define inet_sk(s)		((struct inet_sock *)(s))
#define INET_FLAGS_TRANSPARENT	0
#define INET_FLAGS_RECVERR	1
#define inet_test_bit(nr, s)	(inet_sk(s)->flags >> INET_FLAGS_##nr & 1)
#define sock_net(s)		((s)->net)
#define __sk_dst_get(s)		((s)->sk_dst_cache)
#define sk_rethink_txhash(s)	false
#define sk_uid(s)		((s)->sk_uid)
#define sk_under_memory_pressure(s) ((s)->pressure)
#define sk_memory_allocated(s)	((s)->pressure ? 1L : 0L)
#define sk_prot_mem_limits(s, i)	1L
#define sk_mem_charge(s, n)	((void)(n))
#define sk_wmem_queued_add(s, n)	((void)(n))
#define sk_mem_reclaim(s)	((void)(s))
#define sk_wmem_alloc_get(s)	refcount_read(&(s)->sk_wmem_alloc)

#endif /* _PURE_SOCK_H */
