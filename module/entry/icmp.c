// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMP errors about our segments (inventory D-39 to D-43, H-84 to H-87;
 * RFC 5927 for what not to believe).  The kernel hands those about protocol 6
 * to its own TCP, so they are read on their way to it (wire.c) and let go on.
 */
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/xfrm.h>

#include "xtcp.h"
#include "entry/icmp.h"
#include "entry/timeout.h"
#include "life/handshake.h"
#include "life/pmtu.h"
#include "life/sock.h"
#include "table/hash.h"
#include "table/mini.h"

/**
 * struct error - one ICMP error message
 * @skb: data at the IPv4 header
 * @type: ICMP type
 * @code: ICMP code
 * @info: next-hop MTU, gateway or pointer, by type
 * @quoted: offset of the IPv4 header that it quotes
 * @tcp: offset of the TCP header behind that
 * @seq: sequence number that it quotes
 * @ttl: time to live that it quotes
 * @tuple: the connection, local end first
 */
struct error {
	struct sk_buff *skb;
	u8 type;
	u8 code;
	u32 info;
	unsigned int quoted;
	unsigned int tcp;
	u32 seq;
	u8 ttl;
	struct xtcp_tuple tuple;
};

/* RFC 792: ports and sequence number are all of TCP that is sure to be there. */
#define QUOTED_TCP	8U

/* Source quench is deprecated (RFC 6633). */
static bool is_error(const struct icmphdr *icmph)
{
	switch (icmph->type) {
	case ICMP_DEST_UNREACH:
	case ICMP_REDIRECT:
	case ICMP_PARAMETERPROB:
		return true;
	case ICMP_TIME_EXCEEDED:
		/* A fragment that got lost is repaired like any segment. */
		return icmph->code != ICMP_EXC_FRAGTIME;
	}
	return false;
}

static bool icmp_checksum_ok(struct sk_buff *skb, unsigned int offset)
{
	return skb->ip_summed == CHECKSUM_PARTIAL ||
	       !csum_fold(skb_checksum(skb, offset, skb->len - offset, 0));
}

/* What the kernel believes of a next-hop MTU: net.ipv4.ip_no_pmtu_disc. */
static bool read_info(struct net *net, struct error *e,
		      const struct icmphdr *icmph)
{
	if (e->type == ICMP_REDIRECT)
		e->info = ntohl(icmph->un.gateway);
	else if (e->type == ICMP_PARAMETERPROB)
		e->info = ntohl(icmph->un.gateway) >> 24;
	if (e->type != ICMP_DEST_UNREACH || e->code != ICMP_FRAG_NEEDED)
		return true;
	switch (READ_ONCE(net->ipv4.sysctl_ip_no_pmtu_disc)) {
	case 0:
	case 3:
		e->info = ntohs(icmph->un.frag.mtu);
		return true;
	case 2:
		return false;
	}
	return true;
}

static void read_quote(struct error *e, const struct iphdr *iph,
		       const struct tcphdr *th)
{
	e->seq = ntohl(th->seq);
	e->ttl = iph->ttl;
	e->tuple = (struct xtcp_tuple){
		.laddr = iph->saddr, .raddr = iph->daddr,
		.lport = th->source, .rport = th->dest,
		.dif = inet_iif(e->skb),
	};
}

/* False: no error, or none about TCP, or damaged. */
static bool read_error(struct net *net, struct sk_buff *skb, struct error *e)
{
	unsigned int offset = skb_network_header_len(skb);
	const struct icmphdr *icmph;
	const struct iphdr *iph;

	*e = (struct error){ .skb = skb, .quoted = offset + sizeof(*icmph) };
	if (!pskb_may_pull(skb, e->quoted + sizeof(*iph)))
		return false;
	icmph = (const struct icmphdr *)(skb->data + offset);
	e->type = icmph->type;
	e->code = icmph->code;
	iph = (const struct iphdr *)(skb->data + e->quoted);
	if (!is_error(icmph) || iph->protocol != IPPROTO_TCP ||
	    iph->version != 4 || iph->ihl < 5 ||
	    iph->frag_off & htons(IP_OFFSET) || !read_info(net, e, icmph))
		return false;
	e->tcp = e->quoted + iph->ihl * 4;
	if (!pskb_may_pull(skb, e->tcp + QUOTED_TCP) ||
	    !icmp_checksum_ok(skb, offset))
		return false;
	read_quote(e, (const struct iphdr *)(skb->data + e->quoted),
		   (const struct tcphdr *)(skb->data + e->tcp));
	return true;
}

/* 0: nothing to tell the program. */
static int error_number(const struct error *e)
{
	switch (e->type) {
	case ICMP_PARAMETERPROB:
		return -EPROTO;
	case ICMP_TIME_EXCEEDED:
		return -EHOSTUNREACH;
	case ICMP_DEST_UNREACH:
		return e->code <= NR_ICMP_UNREACH ?
		       -icmp_err_convert[e->code].errno : 0;
	}
	return 0;
}

/* IP_RECVERR: the program reads it with MSG_ERRQUEUE (ip(7)). */
static void queue_error(struct sock *sk, const struct error *e, int err)
{
	struct sock_exterr_skb *serr;
	struct sk_buff *skb;

	if (!xtcp_inet_flag(recverr, RECVERR, sk))
		return;
	skb = skb_clone(e->skb, GFP_ATOMIC);
	if (!skb)
		return;
	/* It may wait long for its reader: nothing of the way here is pinned. */
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	secpath_reset(skb);
	serr = SKB_EXT_ERR(skb);
	memset(serr, 0, sizeof(*serr));
	serr->ee.ee_errno = err;
	serr->ee.ee_origin = SO_EE_ORIGIN_ICMP;
	serr->ee.ee_type = e->type;
	serr->ee.ee_code = e->code;
	serr->ee.ee_info = e->info;
	serr->addr_offset = e->quoted + offsetof(struct iphdr, daddr);
	serr->port = e->tuple.rport;
	if (skb_pull(skb, e->tcp)) {
		skb_reset_transport_header(skb);
		if (!sock_queue_err_skb(sk, skb))
			return;
	}
	kfree_skb(skb);
}

/* D-39, D-40, D-42: before the connection stands it is the end of it. */
static void fail_open(struct sock *sk, const struct error *e, int err)
{
	queue_error(sk, e, err);
	if (sock_owned_by_user(sk)) {
		WRITE_ONCE(sk->sk_err_soft, err);
		return;
	}
	xtcp_sock_abort(sk, err);
}

/* H-84: a connection that stands goes on trying, unless the program objects. */
static void soft_error(struct sock *sk, int err)
{
	if (sock_owned_by_user(sk) || !xtcp_inet_flag(recverr, RECVERR, sk)) {
		WRITE_ONCE(sk->sk_err_soft, err);
		return;
	}
	WRITE_ONCE(sk->sk_err, err);
	sk_error_report(sk);
}

/* The path has become narrower, for a SYN too (H-81, D-41). */
static void frag_needed(struct sock *sk, const struct error *e)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	WRITE_ONCE(xs->mtu_info, e->info);
	if (!sock_owned_by_user(sk))
		xtcp_pmtu_reduced(sk);
	else if (!test_and_set_bit(XTCP_DEFER_PMTU, &xs->deferred))
		sock_hold(sk);
}

/* H-85; the kernel reads the quoted header at skb->data. */
static void icmp_redirect(struct sock *sk, const struct error *e)
{
	struct dst_entry *dst;

	if (sock_owned_by_user(sk))
		return;
	dst = __sk_dst_check(sk, 0);
	if (!dst || !dst->ops->redirect)
		return;
	__skb_pull(e->skb, e->quoted);
	dst->ops->redirect(dst, sk, e->skb);
	__skb_push(e->skb, e->quoted);
}

static void connection_error(struct sock *sk, const struct error *e)
{
	int err = -error_number(e);

	if (e->type == ICMP_REDIRECT) {
		icmp_redirect(sk, e);
		return;
	}
	if (e->type == ICMP_DEST_UNREACH && e->code == ICMP_FRAG_NEEDED) {
		frag_needed(sk, e);
		return;
	}
	if (!err)
		return;
	/* RFC 6069: it was lost by disconnection, not by congestion. */
	if (e->type == ICMP_DEST_UNREACH && e->code <= ICMP_HOST_UNREACH &&
	    !sock_owned_by_user(sk))
		xtcp_timeout_revert_backoff(sk, e->seq);
	if (XTCP_STATE_IN(sk, TCPF_SYN_SENT | TCPF_SYN_RECV))
		fail_open(sk, e, err);
	else if (sk->sk_state != TCP_CLOSE)
		soft_error(sk, err);
}

static void sock_error_input(struct sock *sk, const struct error *e)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	struct net *net = sock_net(sk);

	bh_lock_sock(sk);
	if (sock_owned_by_user(sk) &&
	    !(e->type == ICMP_DEST_UNREACH && e->code == ICMP_FRAG_NEEDED))
		XTCP_INC(net, LOCKDROPPEDICMPS);
	if (sk->sk_state == TCP_CLOSE)
		goto unlock;
	if (READ_ONCE(inet_sk(sk)->min_ttl) > e->ttl)
		XTCP_INC(net, MINTTLDROP);
	else if (!seq_between(e->seq, xs->snd_una, xs->snd_nxt))
		/* D-43: it quotes nothing that is in flight. */
		XTCP_INC(net, OUTOFWINDOWICMPS);
	else
		connection_error(sk, e);
unlock:
	bh_unlock_sock(sk);
}

/* E-33: does it end a half-open connection? */
static bool ends_request(const struct error *e)
{
	return e->type == ICMP_PARAMETERPROB ||
	       e->type == ICMP_TIME_EXCEEDED ||
	       (e->type == ICMP_DEST_UNREACH && e->code <= ICMP_HOST_UNREACH);
}

/**
 * xtcp_icmp_input() - an ICMP message that arrives at this host
 * @net: namespace
 * @skb: data at the IPv4 header; left as it is
 *
 * Context: bottom halves off, rcu_read_lock().
 */
void xtcp_icmp_input(struct net *net, struct sk_buff *skb)
{
	struct xtcp_mini *mini;
	struct error e;
	struct sock *sk;

	xtcp_entry_packet();
	xtcp_entry_rcu();
	if (!read_error(net, skb, &e) ||
	    !xfrm4_policy_check(NULL, XFRM_POLICY_IN, skb))
		return;
	sk = xtcp_hash_find(net, &e.tuple, &mini);
	if (sk) {
		sock_error_input(sk, &e);
		sock_put(sk);
	} else if (mini) {
		/* H-86: TIME_WAIT has nothing to lose. */
		if (mini->kind == XTCP_MINI_REQUEST)
			xtcp_handshake_error(mini, e.seq, ends_request(&e));
		xtcp_mini_put(mini);
	}
}
