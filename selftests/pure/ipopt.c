// SPDX-License-Identifier: GPL-2.0
/*
 * IPv4 options: whatever a segment has is read within its header, answered in
 * at most 40 bytes that hang together, and written without a byte outside of
 * the options that ask for it.
 */
#include "module/ip/ipopt.c"
#include "pure.h"

static struct pure_in *choices;

int skb_cow(struct sk_buff *skb, unsigned int headroom)
{
	return pure_below(choices, 8) ? 0 : -ENOMEM;
}

int ip_options_compile(struct net *net, struct ip_options *opt,
		       struct sk_buff *skb)
{
	opt->srr = pure_below(choices, 4) ? 0 : sizeof(struct iphdr);
	return pure_below(choices, 8) ? 0 : -EINVAL;
}

unsigned int inet_addr_type(struct net *net, __be32 addr)
{
	return pure_below(choices, 2) ? RTN_UNICAST : 0;
}

static struct sk_buff packet(struct pure_in *in)
{
	static struct dst_ops ops = { .family = AF_INET };
	static struct dst_entry route = { .ops = &ops };
	static const u8 kinds[] = {
		IPOPT_END, IPOPT_NOOP, IPOPT_RR, IPOPT_TIMESTAMP, IPOPT_LSRR,
		IPOPT_SSRR, IPOPT_CIPSO, IPOPT_RA,
	};
	unsigned int words = 5 + pure_below(in, 11);
	struct sk_buff skb = {
		.head = pure_bytes(in, 4 * words),
		.dst = pure_below(in, 8) ? &route : NULL,
	};

	skb.data = skb.head;
	skb.transport_header = 4 * words;
	ip_hdr(&skb)->ihl = words;
	if (pure_below(in, 4))
		pure_options(in, (u8 *)(ip_hdr(&skb) + 1),
			     4 * words - sizeof(struct iphdr), kinds,
			     ARRAY_SIZE(kinds));
	return skb;
}

static const u8 *at(const struct ip_options *opt, u8 offset)
{
	return opt->__data + offset - sizeof(struct iphdr);
}

/* An option that is said to be there is, with a length that ends in time. */
static void check_one(const struct ip_options *opt, u8 offset, const u8 *types)
{
	if (!offset)
		return;
	CHECK(offset >= sizeof(struct iphdr));
	CHECK(offset + 3 <= sizeof(struct iphdr) + opt->optlen);
	CHECK(strchr((const char *)types, *at(opt, offset)));
	CHECK(offset + at(opt, offset)[1] <= sizeof(struct iphdr) + opt->optlen);
}

static void check_answer(const struct ip_options *opt)
{
	CHECK(opt->optlen <= MAX_IPOPTLEN && opt->optlen % 4 == 0);
	check_one(opt, opt->rr, (const u8[]){ IPOPT_RR, 0 });
	check_one(opt, opt->ts, (const u8[]){ IPOPT_TIMESTAMP, 0 });
	check_one(opt, opt->srr, (const u8[]){ IPOPT_LSRR, IPOPT_SSRR, 0 });
	check_one(opt, opt->cipso, (const u8[]){ IPOPT_CIPSO, 0 });
	CHECK(!opt->rr_needaddr || opt->rr);
	CHECK(!opt->ts_needtime || opt->ts);
	CHECK(!opt->ts_needaddr || opt->ts);
}

/* What is written into one option leaves it and its neighbours what they are. */
static void check_kept(const struct ip_options *opt, u8 offset, const u8 *iph)
{
	if (offset)
		CHECK(!memcmp(iph + offset, at(opt, offset), 2));
}

static void check_write(const struct ip_options *opt)
{
	struct xtcp_flow flow = {
		.tuple = { .laddr = { ~0U }, .raddr = { ~0U } },
		.opt = opt,
	};
	struct sk_buff skb = {
		.head = calloc(1, sizeof(struct iphdr) + opt->optlen),
	};
	unsigned int i;

	xtcp_ipopt_write(&skb, &flow);
	for (i = 0; i < sizeof(struct iphdr); i++)
		CHECK(!skb.head[i]);
	check_kept(opt, opt->rr, skb.head);
	check_kept(opt, opt->ts, skb.head);
	check_kept(opt, opt->srr, skb.head);
	check_kept(opt, opt->cipso, skb.head);
	free(skb.head);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	union xtcp_ipopt *answer = malloc(sizeof(*answer));
	struct pure_in in = { data, size };
	struct sk_buff skb = packet(&in);

	choices = &in;
	if (xtcp_ipopt_echo(NULL, &skb, answer)) {
		if (answer->opt.opt.optlen) {
			check_answer(&answer->opt.opt);
			check_write(&answer->opt.opt);
		}
	} else {
		CHECK(!answer->opt.opt.optlen);
	}
	if (xtcp_ipopt_receive(NULL, &skb))
		CHECK(skb.dst && !IPCB(&skb)->opt.srr);
	free(answer);
	free(skb.head);
	return 0;
}
