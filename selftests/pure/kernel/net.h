/* SPDX-License-Identifier: GPL-2.0 */
/* IPv4 and its neighbours: what is declared, and little that is there. */
#ifndef _PURE_NET_H
#define _PURE_NET_H

#include <linux/netfilter_ipv4.h>

#define ipv4_is_loopback(a)	(((a) & htonl(0xff000000)) == htonl(0x7f000000))
#define ipv4_is_multicast(a)	(((a) & htonl(0xf0000000)) == htonl(0xe0000000))
#define ipv4_is_lbcast(a)	((a) == htonl(0xffffffff))

#define ETH_P_IP			0x0800
#define RTCF_LOCAL			0x80000000
#define RTCF_BROADCAST			0x10000000
#define RTCF_MULTICAST			0x20000000
#define inet_iif(skb)			0
#define inet_sdif(skb)			0
#define MAX_IPOPTLEN		40
#define dst_metric_raw(dst, metric)	((dst)->metrics[metric])
#define dst_metric_locked(dst, metric)	((dst)->locked >> (metric) & 1)
#define RTAX_WINDOW		3
#define RTAX_INITCWND		11
#define RTAX_RTO_MIN		13
#define RTAX_INITRWND		14
#define RTAX_QUICKACK		15
#define RTAX_CC_ALGO		16
#define RTN_UNICAST		1
#define RTN_LOCAL		2
#define DST_METADATA		1

struct ip_options {
	__be32 faddr;
	__be32 nexthop;
	unsigned char optlen;
	unsigned char srr;
	unsigned char rr;
	unsigned char ts;
	unsigned char is_strictroute:1;
	unsigned char srr_is_hit:1;
	unsigned char is_changed:1;
	unsigned char rr_needaddr:1;
	unsigned char ts_needtime:1;
	unsigned char ts_needaddr:1;
	unsigned char router_alert;
	unsigned char cipso;
	unsigned char __pad2;
	unsigned char __data[];
};

struct ip_options_rcu {
	struct rcu_head rcu;
	struct ip_options opt;
};

struct inet_skb_parm {
	int iif;
	struct ip_options opt;
	u16 flags;
};

#define IPCB(skb)	((struct inet_skb_parm *)(skb)->cb)

/* The test's choice */
int ip_options_compile(struct net *net, struct ip_options *opt,
		       struct sk_buff *skb);
unsigned int inet_addr_type(struct net *net, __be32 addr);

struct dst_ops {
	int family;
};

struct dst_entry {
	struct dst_ops *ops;
	u16 flags;
	u32 metrics[17];	/* the test's choice */
	u32 locked;
};

struct rtable {
	struct dst_entry dst;
	u16 rt_type;
	unsigned int rt_flags;
	bool rt_uses_gateway;
};

struct flowi4 {
	u8 flowi4_dscp;
};

#define inet_dsfield_to_dscp(field)	((field) & 0xfc)

struct net_device {
	bool lltx;
	bool netns_immutable;
};

/* ---- named in headers of module/, and never called ---- */

struct ctl_table_header;
struct netlink_ext_ack;
struct nf_hook_state;
struct rtnl_newlink_params;

typedef struct {
	void *ptr;
} sockptr_t;

typedef unsigned int nf_hookfn(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state);

struct sock *sk_clone(const struct sock *sk, gfp_t gfp, bool lock);
int inet_recv_error(struct sock *sk, struct msghdr *msg, size_t len);

#define IS_ERR(p)					(!(p))
#define PTR_ERR(p)					(-ENOMEM)
#define dst_release(dst)				((void)0)
#define sk_acceptq_is_full(sk)				false
#define sock_put(sk)					((void)0)
#define sock_hold(sk)					((void)0)
#define bh_lock_sock_nested(sk)				((void)0)
#define bh_unlock_sock(sk)				((void)0)
#define sock_owned_by_user(sk)				false
#define sk_add_backlog(sk, skb, limit)			0
#define sk_filter_trim_cap(sk, skb, cap)		0
#define security_sock_rcv_skb(sk, skb)			0
#define xfrm4_policy_check(sk, dir, skb)		true
#define nf_reset_ct(skb)				((void)0)
#define skb_pfmemalloc(skb)				false
#define skb_checksum_start_offset(skb)			0
#define skb_checksum_init(skb, proto, pseudo)		0
#define skb_checksum_complete(skb)			0
#define __skb_checksum_complete(skb)			0
#define csum_tcpudp_magic(saddr, daddr, len, proto, sum) 0
#define csum_tcpudp_nofold(saddr, daddr, len, proto, sum) 0
#define IPSKB_NOPOLICY					1
#define XFRM_POLICY_IN					0
#define cgroup_bpf_enabled(type)			0
#define BPF_CGROUP_RUN_PROG_INET_BIND_LOCK(...)		0
#define BPF_CGROUP_RUN_PROG_INET4_CONNECT(...)		0
#define BPF_CGROUP_RUN_SA_PROG(...)			((void)0)
#define in_serving_softirq()				true
#define skb_get_kcov_handle(skb)			0
#define kcov_remote_start_common(handle)		((void)0)
#define kcov_remote_stop()				((void)0)

#endif /* _PURE_NET_H */
