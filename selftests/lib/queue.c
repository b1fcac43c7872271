// SPDX-License-Identifier: GPL-2.0
/* A program behind a rule that says "queue": netlink by hand. */
#include <linux/netlink.h>

#include "queue.h"

/* after <netinet/in.h>, with which they agree then */
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>

struct message {
	struct nlmsghdr nlh;
	struct nfgenmsg nfg;
	unsigned char attrs[QUEUE_PACKET + 256];
};

static void put(struct message *m, int type, const void *data, size_t len)
{
	struct nlattr *nla = (void *)m + NLMSG_ALIGN(m->nlh.nlmsg_len);

	nla->nla_type = type;
	nla->nla_len = NLA_HDRLEN + len;
	memcpy((void *)nla + NLA_HDRLEN, data, len);
	m->nlh.nlmsg_len = NLMSG_ALIGN(m->nlh.nlmsg_len) +
			   NLA_ALIGN(nla->nla_len);
}

static void begin(struct message *m, int type, int flags)
{
	m->nlh = (struct nlmsghdr){
		.nlmsg_len = NLMSG_LENGTH(sizeof(m->nfg)),
		.nlmsg_type = NFNL_SUBSYS_QUEUE << 8 | type,
		.nlmsg_flags = NLM_F_REQUEST | flags,
	};
	m->nfg = (struct nfgenmsg){ .nfgen_family = AF_UNSPEC };
}

static int tell(const struct queue *q, const struct message *m)
{
	struct sockaddr_nl snl = { .nl_family = AF_NETLINK };

	return sendto(q->fd, m, m->nlh.nlmsg_len, 0, (struct sockaddr *)&snl,
		      sizeof(snl)) < 0 ? -1 : 0;
}

static const struct nlattr *attr(const struct message *m, int type)
{
	const void *end = (const void *)m + m->nlh.nlmsg_len;
	const struct nlattr *nla = (const void *)m->attrs;

	for (; (const void *)(nla + 1) <= end && nla->nla_len >= NLA_HDRLEN;
	     nla = (const void *)nla + NLA_ALIGN(nla->nla_len))
		if ((nla->nla_type & NLA_TYPE_MASK) == type)
			return nla;
	return NULL;
}

static void give_back(struct queue *q, struct message *m)
{
	const struct nlattr *hdr = attr(m, NFQA_PACKET_HDR);
	const struct nlattr *payload = attr(m, NFQA_PAYLOAD);
	struct nfqnl_msg_verdict_hdr verdict = { .verdict = htonl(NF_ACCEPT) };
	int len = -1;

	if (!hdr)
		return;
	memcpy(&verdict.id, (const void *)hdr + NLA_HDRLEN, sizeof(verdict.id));
	if (payload && q->edit) {
		len = payload->nla_len - NLA_HDRLEN;
		memcpy(q->packet, (const void *)payload + NLA_HDRLEN, len);
		len = q->edit(q, q->packet, len);
	}
	begin(m, NFQNL_MSG_VERDICT, 0);
	put(m, NFQA_VERDICT_HDR, &verdict, sizeof(verdict));
	if (len >= 0)
		put(m, NFQA_PAYLOAD, q->packet, len);
	tell(q, m);
	__atomic_fetch_add(&q->seen, 1, __ATOMIC_RELAXED);
}

static void *serve(void *arg)
{
	struct queue *q = arg;
	struct pollfd p[] = {
		{ .fd = q->fd, .events = POLLIN },
		{ .fd = q->stop[0], .events = POLLIN },
	};
	struct message *m = malloc(sizeof(*m));

	while (m && poll(p, 2, -1) > 0 && !p[1].revents)
		if (recv(q->fd, m, sizeof(*m), 0) > 0 &&
		    m->nlh.nlmsg_type == (NFNL_SUBSYS_QUEUE << 8 |
					  NFQNL_MSG_PACKET))
			give_back(q, m);
	free(m);
	return NULL;
}

static int bind_queue(struct queue *q)
{
	struct nfqnl_msg_config_params params = {
		.copy_range = htonl(QUEUE_PACKET), .copy_mode = NFQNL_COPY_PACKET,
	};
	struct nfqnl_msg_config_cmd cmd = { .command = NFQNL_CFG_CMD_BIND };
	struct {
		struct nlmsghdr nlh;
		struct nlmsgerr e;
	} answer;
	struct message m;

	begin(&m, NFQNL_MSG_CONFIG, NLM_F_ACK);
	put(&m, NFQA_CFG_CMD, &cmd, sizeof(cmd));
	put(&m, NFQA_CFG_PARAMS, &params, sizeof(params));
	if (tell(q, &m) || recv(q->fd, &answer, sizeof(answer), 0) < 0)
		return -1;
	errno = -answer.e.error;
	return errno ? -1 : 0;
}

int queue_open(struct queue *q, const struct world *w, int host)
{
	if (world_enter(w, host))
		return -1;
	q->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (world_enter(w, HERE) || q->fd < 0 || bind_queue(q) || pipe(q->stop))
		return -1;
	errno = pthread_create(&q->thread, NULL, serve, q);
	return errno ? -1 : 0;
}

void queue_close(struct queue *q)
{
	close(q->stop[1]);
	pthread_join(q->thread, NULL);
	close(q->stop[0]);
	close(q->fd);
}

long queue_seen(const struct queue *q)
{
	return __atomic_load_n(&q->seen, __ATOMIC_RELAXED);
}
