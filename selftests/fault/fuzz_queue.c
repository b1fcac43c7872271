// SPDX-License-Identifier: GPL-2.0
/*
 * The reader of NFQUEUE 0: what comes is accepted, dropped, sent round again,
 * changed, or kept for a while, so that it goes on in process context, late and
 * in another order.  Which of it follows from the packet itself.
 */
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <sched.h>

#include <kselftest.h>

#include "fuzz_calls.h"

#define HELD		8

struct held {
	__be32 id;
	unsigned int verdict, len;
	unsigned char packet[2000];
};

struct question {
	struct nlmsghdr nlh;
	struct nfgenmsg nfg;
	char attrs[2200];
};

static struct held held[HELD];
static unsigned int n_held;

static void attr_add(struct question *q, int type, const void *from, size_t len)
{
	struct nlattr *nla = (void *)q + NLMSG_ALIGN(q->nlh.nlmsg_len);

	nla->nla_type = type;
	nla->nla_len = NLA_HDRLEN + len;
	memcpy((char *)nla + NLA_HDRLEN, from, len);
	q->nlh.nlmsg_len = NLMSG_ALIGN(q->nlh.nlmsg_len) + NLA_ALIGN(nla->nla_len);
}

static void begin(struct question *q, int type)
{
	memset(q, 0, NLMSG_LENGTH(sizeof(q->nfg)));
	q->nlh.nlmsg_len = NLMSG_LENGTH(sizeof(q->nfg));
	q->nlh.nlmsg_type = NFNL_SUBSYS_QUEUE << 8 | type;
	q->nlh.nlmsg_flags = NLM_F_REQUEST;
}

static int configure(int fd)
{
	struct nfqnl_msg_config_cmd bind_ = { .command = NFQNL_CFG_CMD_BIND };
	struct nfqnl_msg_config_params params = {
		.copy_range = htonl(sizeof(held->packet)),
		.copy_mode = NFQNL_COPY_PACKET,
	};
	struct question q;

	begin(&q, NFQNL_MSG_CONFIG);
	attr_add(&q, NFQA_CFG_CMD, &bind_, sizeof(bind_));
	attr_add(&q, NFQA_CFG_PARAMS, &params, sizeof(params));
	return send(fd, &q, q.nlh.nlmsg_len, 0) < 0 ? -1 : 0;
}

static void answer(int fd, const struct held *h)
{
	struct nfqnl_msg_verdict_hdr verdict = { htonl(h->verdict), h->id };
	struct question q;

	begin(&q, NFQNL_MSG_VERDICT);
	attr_add(&q, NFQA_VERDICT_HDR, &verdict, sizeof(verdict));
	if (h->len)
		attr_add(&q, NFQA_PAYLOAD, h->packet, h->len);
	send(fd, &q, q.nlh.nlmsg_len, 0);
	fuzz_count(CALL_VERDICT);
}

static void answer_all(int fd)
{
	while (n_held)
		answer(fd, &held[--n_held]);
}

/* What the bytes of a packet say, so that the same packet fares the same */
static unsigned int hash_of(const unsigned char *p, unsigned int len)
{
	unsigned int hash = 0, i;

	for (i = 0; i < len && i < 60; i++)
		hash = (hash ^ p[i]) * 16777619;
	return hash >> 8;
}

static void decide(struct held *h, unsigned int hash)
{
	h->verdict = NF_ACCEPT;
	switch (hash % 8) {
	case 0:
		h->verdict = NF_DROP;
		break;
	case 1:
		h->verdict = NF_REPEAT;
		break;
	case 2:		/* changed, checksum and all */
		if (h->len)
			h->packet[20 + (hash >> 3) % 40 % h->len] ^= 1 << (hash >> 8) % 8;
		return;
	case 3:		/* cut */
		h->len = h->len > 40 ? 40 + (hash >> 3) % (h->len - 40) : h->len;
		return;
	case 4:		/* longer */
		if (h->len && h->len + 40 < sizeof(h->packet))
			h->len += hash % 40;
		return;
	}
	h->len = 0;
}

static void take(int fd, struct nlmsghdr *nlh)
{
	struct nlattr *nla = (void *)nlh + NLMSG_LENGTH(sizeof(struct nfgenmsg));
	char *end = (char *)nlh + nlh->nlmsg_len;
	struct held *h = &held[n_held];
	unsigned int hash = 0;

	h->len = 0;
	h->id = 0;
	for (; (char *)nla + NLA_HDRLEN <= end && nla->nla_len >= NLA_HDRLEN;
	     nla = (void *)nla + NLA_ALIGN(nla->nla_len)) {
		unsigned char *from = (unsigned char *)nla + NLA_HDRLEN;

		if ((nla->nla_type & NLA_TYPE_MASK) == NFQA_PACKET_HDR) {
			h->id = ((struct nfqnl_msg_packet_hdr *)from)->packet_id;
		} else if ((nla->nla_type & NLA_TYPE_MASK) == NFQA_PAYLOAD) {
			h->len = nla->nla_len - NLA_HDRLEN;
			if (h->len > sizeof(h->packet))
				h->len = sizeof(h->packet);
			memcpy(h->packet, from, h->len);
			hash = hash_of(from, h->len);
		}
	}
	decide(h, hash);
	n_held++;
	if (n_held == HELD || hash % 3)
		answer_all(fd);
}

static void *queue_read(void *arg)
{
	static char buf[65536] __attribute__((aligned(8)));
	int fd = (long)arg, n;
	struct nlmsghdr *nlh;

	while (!fuzz_over()) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };

		if (poll(&pfd, 1, 20) <= 0) {
			answer_all(fd);
			continue;
		}
		n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		for (nlh = (void *)buf; n > 0 && NLMSG_OK(nlh, n);
		     nlh = NLMSG_NEXT(nlh, n))
			if (nlh->nlmsg_type >> 8 == NFNL_SUBSYS_QUEUE)
				take(fd, nlh);
	}
	answer_all(fd);
	close(fd);
	return NULL;
}

int queue_start(pthread_t *thread)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	struct sockaddr_nl snl = { .nl_family = AF_NETLINK };

	if (fd < 0 || bind(fd, (struct sockaddr *)&snl, sizeof(snl)) ||
	    configure(fd))
		return -1;
	return pthread_create(thread, NULL, queue_read, (void *)(long)fd);
}
