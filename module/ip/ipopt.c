// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options behind the IPv4 header (RFC 791 3.1): those that a program set
 * (IP_OPTIONS), and those that answer what a peer's segment had.
 */
#include <net/ip.h>

#include "xtcp.h"
#include "ip/ipopt.h"
#include "ip/route.h"

/* RFC 791: milliseconds since midnight UT.  Not every kernel exports its own. */
static __be32 write_timestamp(void)
{
	struct timespec64 now;
	u32 second;

	ktime_get_real_ts64(&now);
	div_u64_rem(now.tv_sec, 24 * 60 * 60, &second);
	return htonl(second * MSEC_PER_SEC + now.tv_nsec / NSEC_PER_MSEC);
}

/**
 * xtcp_ipopt_assign() - give a socket options of its own
 * @sk: locked, without any
 * @opt: copied; NULL: none
 *
 * Freed with the socket.
 *
 * Context: any.
 * Return: false without memory.
 */
bool xtcp_ipopt_assign(struct sock *sk, const struct ip_options *opt)
{
	struct ip_options_rcu *copy;

	if (likely(!opt))
		return true;
	copy = kmemdup(container_of(opt, struct ip_options_rcu, opt),
		       sizeof(*copy) + opt->optlen, GFP_ATOMIC | __GFP_NOWARN);
	rcu_assign_pointer(inet_sk(sk)->inet_opt, copy);
	return copy;
}

/**
 * xtcp_ipopt_write() - fill in the options of a segment
 * @skb: room for them is behind the network header
 * @flow: its options and addresses
 *
 * A source route ends with the peer; where our own stop is to be recorded, the
 * entry before the one that the option points to is left for it.
 *
 * Context: any.
 */
void xtcp_ipopt_write(struct sk_buff *skb, const struct xtcp_flow *flow)
{
	const struct ip_options *opt = flow->opt;
	u8 *iph = skb_network_header(skb);
	__be32 time;
	u8 *p;

	memcpy(iph + sizeof(struct iphdr), opt->__data, opt->optlen);
	if (opt->srr) {
		p = iph + opt->srr;
		memcpy(p + p[1] - 4, &flow->tuple.raddr.v4, 4);
	}
	if (opt->rr_needaddr) {
		p = iph + opt->rr;
		memcpy(p + p[2] - 5, &flow->tuple.laddr.v4, 4);
	}
	p = iph + opt->ts;
	if (opt->ts_needaddr)
		memcpy(p + p[2] - 9, &flow->tuple.laddr.v4, 4);
	if (opt->ts_needtime) {
		time = write_timestamp();
		memcpy(p + p[2] - 5, &time, 4);
	}
	/* For those who cut the packet up. */
	IPCB(skb)->opt = *opt;
}

/**
 * xtcp_ipopt_receive() - read the options of a packet from xtcp0
 * @net: namespace
 * @skb: with a route, network header set, all of it in the linear part
 *
 * As ip_rcv() does: our stop and the time are written into them, and what is
 * malformed is refused; so are source routes, which lead nowhere within a host.
 *
 * Context: rcu_read_lock().
 */
bool xtcp_ipopt_receive(struct net *net, struct sk_buff *skb)
{
	struct ip_options *opt = &IPCB(skb)->opt;

	/* The bytes that are written may be a tap's as well. */
	if (!xtcp_route_of_skb(skb) || skb_cow(skb, skb_headroom(skb)))
		return false;
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	opt->optlen = ip_hdrlen(skb) - sizeof(struct iphdr);
	if (ip_options_compile(net, opt, skb))
		return false;
	return !opt->srr;
}

/* The option of a packet that was received, NULL: it has none */
static const u8 *find_option(const struct sk_buff *skb, u8 type)
{
	const u8 *p = (const u8 *)(ip_hdr(skb) + 1);
	/* Of what was received: a rule may have changed what the header says. */
	const u8 *end = skb_transport_header(skb);

	while (p < end && *p != IPOPT_END) {
		if (*p == IPOPT_NOOP) {
			p++;
			continue;
		}
		if (end - p < 3 || p[1] < 2 || p[1] > end - p)
			return NULL;
		/* All but one kind have a pointer; filters may have been there. */
		if (*p == type)
			return p[1] < 3 || (p[2] < 4 && type != IPOPT_CIPSO) ?
			       NULL : p;
		p += p[1];
	}
	return NULL;
}

/* Where the next option goes, as an offset from the IPv4 header */
static u8 *append_option(struct ip_options *opt, const u8 *option, u8 *offset)
{
	u8 *p = opt->__data + opt->optlen;

	memcpy(p, option, option[1]);
	*offset = sizeof(struct iphdr) + opt->optlen;
	opt->optlen += option[1];
	return p;
}

/* Record route: the way back goes on where the way here ended, if there is room. */
static bool echo_record(const struct sk_buff *skb, struct ip_options *opt)
{
	const u8 *from = find_option(skb, IPOPT_RR);
	u8 *p;

	if (!from)
		return true;
	p = append_option(opt, from, &opt->rr);
	if (p[2] > p[1])
		return true;
	if (p[2] + 3 > p[1])
		return false;
	p[2] += 4;
	opt->rr_needaddr = 1;
	return true;
}

/* Timestamps: the next stop that was asked for is us, or is anybody. */
static bool stamp_wanted(struct net *net, const u8 *p)
{
	__be32 addr;

	if ((p[3] & 0xf) != IPOPT_TS_PRESPEC)
		return true;
	if (p[2] + 7 > p[1])
		return false;
	memcpy(&addr, p + p[2] - 1, 4);
	return inet_addr_type(net, addr) != RTN_UNICAST;
}

static bool echo_timestamp(struct net *net, const struct sk_buff *skb,
			   struct ip_options *opt)
{
	const u8 *from = find_option(skb, IPOPT_TIMESTAMP);
	u8 *p, kind, size;

	if (!from || from[1] < 4)
		return true;
	p = append_option(opt, from, &opt->ts);
	if (p[2] > p[1])
		return true;
	kind = p[3] & 0xf;
	size = kind == IPOPT_TS_TSONLY ? 4 : 8;
	if (kind != IPOPT_TS_TSONLY && kind != IPOPT_TS_TSANDADDR &&
	    kind != IPOPT_TS_PRESPEC)
		return true;
	if (p[2] + 3 > p[1])
		return false;
	if (!stamp_wanted(net, p))
		return true;
	if (p[2] + size - 1 > p[1])
		return false;
	opt->ts_needtime = 1;
	opt->ts_needaddr = kind == IPOPT_TS_TSANDADDR;
	p[2] += size;
	return true;
}

/*
 * RFC 1122 4.2.3.8: back along the recorded source route.  A sender that lists
 * itself as the first stop (RFC 1812 5.2.4.1) is not gone through twice.
 */
static void echo_route(const struct sk_buff *skb, struct ip_options *opt)
{
	const u8 *from = find_option(skb, IPOPT_SSRR), *stops;
	u8 option[MAX_IPOPTLEN] = {}, last;
	unsigned int n, i;

	from = from ?: find_option(skb, IPOPT_LSRR);
	if (!from)
		return;
	stops = from + 3;
	last = min_t(u8, from[2], from[1] + 1);
	if (last < 8)
		return;
	n = last / 4 - 1;
	memcpy(&opt->faddr, stops + 4 * (n - 1), 4);
	for (i = 0; i + 1 < n; i++)
		memcpy(option + 3 + 4 * i, stops + 4 * (n - 2 - i), 4);
	if (!memcmp(stops, &ip_hdr(skb)->saddr, 4) && !--n)
		return;
	option[0] = from[0];
	option[1] = 3 + 4 * n;
	option[2] = 4;
	append_option(opt, option, &opt->srr);
	opt->is_strictroute = from[0] == IPOPT_SSRR;
}

/**
 * xtcp_ipopt_echo() - options that answer those of a segment (F-21)
 * @net: namespace
 * @skb: the segment, received
 * @data: set to them; optlen 0: none
 *
 * Context: softirq.
 * Return: false if the segment's can't be answered.
 */
bool xtcp_ipopt_echo(struct net *net, const struct sk_buff *skb,
		     union xtcp_ipopt *data)
{
	struct ip_options *opt = &data->opt.opt;
	const u8 *cipso;

	opt->optlen = 0;
	if (likely(!xtcp_ipopt_present(skb)))
		return true;
	memset(data, 0, sizeof(*data));
	if (!echo_record(skb, opt) || !echo_timestamp(net, skb, opt)) {
		opt->optlen = 0;
		return false;
	}
	echo_route(skb, opt);
	cipso = find_option(skb, IPOPT_CIPSO);
	if (cipso)
		append_option(opt, cipso, &opt->cipso);
	/* IPOPT_END fills it up. */
	opt->optlen = ALIGN(opt->optlen, 4);
	return true;
}
