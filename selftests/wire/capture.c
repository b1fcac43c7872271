// SPDX-License-Identifier: GPL-2.0
/*
 * Conversations, one at a time, and what a tap at HERE saw of each:
 *
 *	capture HERE PEER FILE	families (2: TCP, 18: XTCP) of the client and of
 *				the server; all go into one file
 *	capture -l		port of the server, and name, of each
 *
 * The same in every run but for numbers that are random, and for timing.  No
 * SACK and no segments cut up by a device: captures shall be comparable.
 */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

#include "flags.h"
#include "world.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static char data[1 << 18];

/* ---- recording --------------------------------------------------------- */

/* One direction, as far as the end of a conversation depends on it */
struct direction {
	__u32 fin;		/* sequence number behind its FIN */
	bool ended;
	bool acked;
};

struct recorder {
	int tap;
	FILE *out;
	struct direction from[2];
	unsigned int syns, probes;
	__u32 last_seq;
	bool reset;
};

struct pcap_head {
	__u32 magic;
	__u16 major, minor;
	__u32 zone, accuracy, snaplen, link;
};

struct pcap_record {
	__u32 sec, usec, caplen, len;
};

#define SNAPLEN		262144
#define LINK_RAW	101	/* from the IP header on */

static FILE *captures_open(const char *path)
{
	const struct pcap_head head = {
		.magic = 0xa1b2c3d4, .major = 2, .minor = 4,
		.snaplen = SNAPLEN, .link = LINK_RAW,
	};
	FILE *out = fopen(path, "w");

	if (out)
		fwrite(&head, sizeof(head), 1, out);
	return out;
}

static int record_start(struct recorder *r, const struct world *w, FILE *out)
{
	*r = (struct recorder){ .tap = sniff_open(w, HERE, "a0"), .out = out };
	return r->tap < 0 ? -1 : set_int(r->tap, SOL_SOCKET, SO_TIMESTAMP, 1);
}

static __u32 get32(const unsigned char *p)
{
	return (__u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* What of a segment matters to the end of the conversation */
static void take_note(struct recorder *r, const unsigned char *ip, size_t len)
{
	const unsigned char *tcp = ip + (ip[0] & 15) * 4;
	int from = ip[14] == 1 ? HERE : PEER;	/* 10.0.1.x, 10.0.2.x */
	size_t payload;
	__u32 seq, ack;

	if (len < 40 || ip[9] != IPPROTO_TCP)
		return;
	payload = len - (tcp - ip) - (tcp[12] >> 4) * 4;
	seq = get32(tcp + 4);
	ack = get32(tcp + 8);
	r->syns += !!(tcp[13] & SYN);
	r->reset |= !!(tcp[13] & RST);
	if (tcp[13] & FIN) {
		r->from[from].fin = seq + payload + 1;
		r->from[from].ended = true;
	}
	if (r->from[!from].ended && tcp[13] & ACK &&
	    ack == r->from[!from].fin)
		r->from[!from].acked = true;
	if (from == HERE && !payload && seq == r->last_seq - 1)
		r->probes++;
	else if (from == HERE)
		r->last_seq = seq + payload + !!(tcp[13] & SYN);
}

/* One packet from the tap to the file; false: none is there. */
static bool record_one(struct recorder *r)
{
	static unsigned char packet[SNAPLEN];
	char control[CMSG_SPACE(sizeof(struct timeval))];
	struct iovec iov = { packet, sizeof(packet) };
	struct sockaddr_ll from;
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct pcap_record head = {};
	struct timeval tv = {};
	ssize_t n = recvmsg(r->tap, &msg, MSG_DONTWAIT);

	if (n <= 0)
		return false;
	if (from.sll_protocol != htons(ETH_P_IP))
		return true;
	if (CMSG_FIRSTHDR(&msg))
		memcpy(&tv, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(tv));
	head = (struct pcap_record){ tv.tv_sec, tv.tv_usec, n, n };
	fwrite(&head, sizeof(head), 1, r->out);
	fwrite(packet, n, 1, r->out);
	take_note(r, packet, n);
	return true;
}

static void record(struct recorder *r)
{
	while (record_one(r))
		;
}

static bool over(struct recorder *r)
{
	record(r);
	return r->reset || (r->from[HERE].acked && r->from[PEER].acked);
}

static int record_end(struct recorder *r)
{
	bool ended = WAIT_FOR(over(r));

	record(r);
	close(r->tap);
	errno = ETIMEDOUT;
	return ended ? 0 : -1;
}

/* ---- conversations ----------------------------------------------------- */

struct talk {
	const struct world *w;
	struct recorder *r;
	unsigned int port;
	int fd[2];		/* the client is HERE */
};

static int say(int from, int to, size_t len)
{
	static char got[sizeof(data)];

	return send_all(from, data, len) || recv_all(to, got, len);
}

/* An orderly end: @first closes, the other sees that. */
static int part(struct talk *t, int first)
{
	if (shutdown(t->fd[first], SHUT_WR) ||
	    read(t->fd[!first], scratch, 1) ||
	    shutdown(t->fd[!first], SHUT_WR) || read(t->fd[first], scratch, 1))
		return -1;
	return close(t->fd[HERE]) || close(t->fd[PEER]);
}

static int meet(struct talk *t)
{
	int lfd = world_listener(t->w, PEER, t->port, 1);

	t->fd[HERE] = world_sock(t->w, HERE, 0);
	if (connect_to(t->fd[HERE], PEER_IP, t->port))
		return -1;
	t->fd[PEER] = accept(lfd, NULL, NULL);
	return t->fd[PEER] < 0 ? -1 : close(lfd);
}

static int both_set(const struct talk *t, const char *name, const char *value)
{
	return world_enter(t->w, PEER) || sysctl_set(name, value) ||
	       world_enter(t->w, HERE) || sysctl_set(name, value);
}

static int talk_greeting(struct talk *t)
{
	return meet(t) || part(t, HERE);
}

static int talk_farewell(struct talk *t)
{
	return meet(t) || part(t, PEER);
}

static int talk_no_timestamps(struct talk *t)
{
	return both_set(t, "ipv4/tcp_timestamps", "0") || meet(t) ||
	       say(t->fd[HERE], t->fd[PEER], 3000) || part(t, HERE) ||
	       both_set(t, "ipv4/tcp_timestamps", "1");
}

static int talk_no_scaling(struct talk *t)
{
	return both_set(t, "ipv4/tcp_window_scaling", "0") || meet(t) ||
	       say(t->fd[HERE], t->fd[PEER], 3000) || part(t, HERE) ||
	       both_set(t, "ipv4/tcp_window_scaling", "1");
}

static int talk_request(struct talk *t)
{
	return meet(t) || say(t->fd[HERE], t->fd[PEER], 100) ||
	       say(t->fd[PEER], t->fd[HERE], 1000) ||
	       say(t->fd[HERE], t->fd[PEER], 1) ||
	       say(t->fd[PEER], t->fd[HERE], 5000) || part(t, PEER);
}

static int talk_pieces(struct talk *t)
{
	static const int sizes[] = { 1448, 1449, 2896, 3000, 7, 10000 };
	int i;

	if (meet(t))
		return -1;
	for (i = 0; i < 6; i++)
		if (say(t->fd[HERE], t->fd[PEER], sizes[i]))
			return -1;
	return part(t, HERE);
}

static int talk_cork(struct talk *t)
{
	return meet(t) || set_int(t->fd[HERE], IPPROTO_TCP, TCP_CORK, 1) ||
	       send_all(t->fd[HERE], data, 100) ||
	       send_all(t->fd[HERE], data, 2000) ||
	       set_int(t->fd[HERE], IPPROTO_TCP, TCP_CORK, 0) ||
	       recv_all(t->fd[PEER], data, 2100) || part(t, HERE);
}

/* H-48: one call that hands over more than half a window, several times. */
static int talk_long_write(struct talk *t)
{
	struct flow f;

	if (meet(t) || set_int(t->fd[HERE], SOL_SOCKET, SO_SNDBUFFORCE, 1 << 20))
		return -1;
	f = (struct flow){ .from = t->fd[HERE], .to = t->fd[PEER],
			   .size = 200000 };
	if (send(f.from, data, f.size, MSG_DONTWAIT) != f.size)
		return -1;
	return recv_all(f.to, data, f.size) || part(t, HERE);
}

static int talk_half_close(struct talk *t)
{
	if (meet(t) || shutdown(t->fd[HERE], SHUT_WR) ||
	    read(t->fd[PEER], scratch, 1) ||
	    say(t->fd[PEER], t->fd[HERE], 3000) ||
	    shutdown(t->fd[PEER], SHUT_WR) || read(t->fd[HERE], scratch, 1))
		return -1;
	return close(t->fd[HERE]) || close(t->fd[PEER]);
}

static int talk_reset(struct talk *t)
{
	return meet(t) || say(t->fd[HERE], t->fd[PEER], 10) ||
	       reset_by(t->fd[HERE]) || close(t->fd[PEER]);
}

/* I-16: what was not read makes a reset of the close. */
static int talk_unread(struct talk *t)
{
	return meet(t) || send_all(t->fd[HERE], data, 10) ||
	       !(wait_for(t->fd[PEER], POLLIN) & POLLIN) ||
	       close(t->fd[PEER]) || close(t->fd[HERE]);
}

static int talk_refused(struct talk *t)
{
	int fd = world_sock(t->w, HERE, 0);

	if (!connect_to(fd, PEER_IP, t->port) || errno != ECONNREFUSED)
		return -1;
	return close(fd);
}

static int talk_urgent(struct talk *t)
{
	char c;

	if (meet(t) || send(t->fd[HERE], "abU", 3, MSG_OOB) != 3 ||
	    !(wait_for(t->fd[PEER], POLLPRI) & POLLPRI) ||
	    recv(t->fd[PEER], &c, 1, MSG_OOB) != 1 || c != 'U' ||
	    recv_all(t->fd[PEER], scratch, 2))
		return -1;
	return say(t->fd[HERE], t->fd[PEER], 4) || part(t, HERE);
}

static int deafen(const struct talk *t, int host, const char *dev,
		  const char *action)
{
	return world_run(t->w, host,
			 "tc qdisc add dev %s ingress && tc filter add dev %s ingress protocol ip u32 match ip protocol 6 0xff action %s",
			 dev, dev, action);
}

static int hear(const struct talk *t, int host, const char *dev)
{
	return world_run(t->w, host, "tc qdisc del dev %s ingress", dev);
}

static bool syn_sent_again(struct recorder *r)
{
	record(r);
	return r->syns >= 2;
}

static int talk_syn_again(struct talk *t)
{
	int lfd = world_listener(t->w, PEER, t->port, 1);

	t->fd[HERE] = world_sock(t->w, HERE, SOCK_NONBLOCK);
	if (deafen(t, PEER, "b0", "drop") ||
	    !connect_to(t->fd[HERE], PEER_IP, t->port) ||
	    !WAIT_FOR(syn_sent_again(t->r)) || hear(t, PEER, "b0"))
		return -1;
	t->fd[PEER] = accept(lfd, NULL, NULL);
	return nonblock(t->fd[HERE], false) || part(t, HERE) || close(lfd);
}

static bool probed(struct recorder *r)
{
	record(r);
	return r->probes >= 2;
}

static int talk_keepalive(struct talk *t)
{
	return meet(t) ||
	       set_int(t->fd[HERE], IPPROTO_TCP, TCP_KEEPIDLE, 1) ||
	       set_int(t->fd[HERE], IPPROTO_TCP, TCP_KEEPINTVL, 1) ||
	       set_int(t->fd[HERE], SOL_SOCKET, SO_KEEPALIVE, 1) ||
	       !WAIT_FOR(probed(t->r)) || part(t, HERE);
}

static int talk_zero_window(struct talk *t)
{
	struct flow f;

	if (meet(t))
		return -1;
	f = (struct flow){ .from = t->fd[HERE], .to = t->fd[PEER],
			   .size = 400000 };
	if (!WAIT_FOR(flow_fill(&f) || probed(t->r)) || !probed(t->r))
		return -1;
	return flows_run(&f, 1, PATIENCE) || part(t, HERE);
}

static int both_ways(struct talk *t, size_t size)
{
	struct flow flows[] = {
		{ .from = t->fd[0], .to = t->fd[1], .size = size,
		  .half_close = true },
		{ .from = t->fd[1], .to = t->fd[0], .size = size,
		  .half_close = true },
	};

	return flows_run(flows, 2, PATIENCE) || close(t->fd[0]) ||
	       close(t->fd[1]);
}

static int talk_bulk(struct talk *t)
{
	return meet(t) || both_ways(t, 200000);
}

/* Every tenth segment is lost, in both directions. */
static int talk_loss(struct talk *t)
{
	static const char action[] = "ok random determ drop 10";

	return meet(t) || deafen(t, PEER, "b0", action) ||
	       deafen(t, HERE, "a0", action) || both_ways(t, 60000) ||
	       hear(t, PEER, "b0") || hear(t, HERE, "a0");
}

/* H-81: the router has a word to say. */
static int talk_path_mtu(struct talk *t)
{
	return world_run(t->w, ROUTER, "ip link set r1 mtu 1000") ||
	       world_run(t->w, PEER, "ip link set b0 mtu 1000") ||
	       meet(t) || both_ways(t, 60000);
}

static const struct {
	const char *name;
	int (*run)(struct talk *t);
	bool router;
} talks[] = {
	{ "greeting", talk_greeting },
	{ "farewell", talk_farewell },
	{ "no-timestamps", talk_no_timestamps },
	{ "no-scaling", talk_no_scaling },
	{ "request", talk_request },
	{ "pieces", talk_pieces },
	{ "cork", talk_cork },
	{ "long-write", talk_long_write },
	{ "half-close", talk_half_close },
	{ "reset", talk_reset },
	{ "unread", talk_unread },
	{ "refused", talk_refused },
	{ "urgent", talk_urgent },
	{ "syn-again", talk_syn_again },
	{ "keepalive", talk_keepalive },
	{ "zero-window", talk_zero_window },
	{ "bulk", talk_bulk },
	{ "loss", talk_loss },
	{ "path-mtu", talk_path_mtu, true },
};

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif
#define TALKS	((int)ARRAY_SIZE(talks))

/* ---- the stage --------------------------------------------------------- */

/* Whole checksums in every packet, and none that a device would cut up. */
static int plain_device(const struct world *w, int host, const char *dev)
{
	if (world_run(w, host, "ip link set %s gso_max_segs 1", dev) ||
	    world_enter(w, host) || sysctl_set("ipv4/tcp_sack", "0") ||
	    sysctl_set("ipv4/tcp_no_metrics_save", "1"))
		return -1;
	return world_enter(w, HERE) ?:
	       world_checksums_by_software(w, host, dev);
}

/* A TIME_WAIT that lasts, as TCP's does: what comes late is answered by it. */
static int stage(struct world *w, int here, int peer, bool router)
{
	if (world_make(w, here, peer, router) ||
	    plain_device(w, HERE, "a0") || plain_device(w, PEER, "b0"))
		return -1;
	sysctl_set("xtcp/timewait_msecs", "60000");
	if (world_enter(w, PEER))
		return -1;
	sysctl_set("xtcp/timewait_msecs", "60000");
	return world_enter(w, HERE);
}

#define FIRST_PORT	5000

static int play(const struct world *w, int i, FILE *out)
{
	struct recorder r;
	struct talk t = { .w = w, .r = &r, .port = FIRST_PORT + i };

	if (record_start(&r, w, out) || talks[i].run(&t) || record_end(&r)) {
		fprintf(stderr, "# talk: %s: %s\n", talks[i].name,
			strerror(errno));
		return -1;
	}
	return 0;
}

static int play_all(int here, int peer, FILE *out)
{
	struct world direct, routed;
	int i, bad = 0;

	if (stage(&direct, here, peer, false) ||
	    stage(&routed, here, peer, true)) {
		perror("# talk");
		return -1;
	}
	for (i = 0; i < TALKS; i++)
		bad |= play(talks[i].router ? &routed : &direct, i, out);
	return bad;
}

int main(int argc, char **argv)
{
	FILE *out;
	int i, ret;

	if (argc == 2 && !strcmp(argv[1], "-l")) {
		for (i = 0; i < TALKS; i++)
			printf("%d %s\n", FIRST_PORT + i, talks[i].name);
		return 0;
	}
	if (argc != 4) {
		fputs("usage: capture HERE PEER FILE\n       capture -l\n", stderr);
		return 2;
	}
	out = captures_open(argv[3]);
	if (!out) {
		perror(argv[3]);
		return 1;
	}
	ret = play_all(atoi(argv[1]), atoi(argv[2]), out);
	return fclose(out) || ret;
}
