// SPDX-License-Identifier: GPL-2.0
/*
 * NFQUEUE: a program has each packet between netfilter and XTCP, and gives it
 * back in a context of its own, changed as it likes.  On an instrumented kernel
 * a lock that is taken in a wrong context is reported.
 */
#include <ctype.h>

#include "queue.h"
#include "rawpeer.h"
#include "wire_fixtures.h"

#define RULES(rules)							\
	"nft -f - <<'END'\n"						\
	"table ip q {\n" rules "}\n"					\
	"END"

#define QUEUE_AT(hook)							\
	RULES("	chain c {\n"						\
	      "		type filter hook " hook " priority 0\n"		\
	      "		meta l4proto { tcp, icmp } queue\n"		\
	      "	}\n")

static int connect_error(const struct world *w, int host, const char *ip,
			 unsigned int port)
{
	int fd = world_sock(w, host, 0);
	int ret = err(connect_to(fd, ip, port));

	close(fd);
	return ret;
}

/* ---- the context ----------------------------------------------------------- */

/* A life of a connection, from either end: SYN, data, FIN and RST */
static void lives(struct __test_metadata *_metadata, const struct world *w)
{
	int client, fd[2];

	for (client = HERE; client <= PEER; client++) {
		ASSERT_EQ(0, world_pair(w, client, fd));
		ASSERT_EQ(0, flows_both_ways(fd, 30000));
		ASSERT_EQ(0, shutdown(fd[client], SHUT_WR));
		ASSERT_EQ(0, drain(fd[!client]));
		close(fd[!client]);
		ASSERT_EQ(0, drain(fd[client]));
		close(fd[client]);
		ASSERT_EQ(0, world_pair(w, client, fd));
		ASSERT_EQ(0, reset_by(fd[!client]));
		ASSERT_NE(0, wait_for(fd[client], POLLERR) & POLLERR);
		EXPECT_EQ(ECONNRESET, sock_error(fd[client]));
		close(fd[client]);
		EXPECT_EQ(ECONNREFUSED,
			  connect_error(w, client, world_ip(!client), 9));
	}
}

static void lives_behind(struct __test_metadata *_metadata,
			 const struct world *w, const char *rules)
{
	static struct queue q;

	ASSERT_EQ(0, queue_open(&q, w, HERE));
	RUN(w, HERE, "%s", rules);
	lives(_metadata, w);
	EXPECT_LT(40, queue_seen(&q));
	queue_close(&q);
}

TEST_F(direct, prerouting)
{
	lives_behind(_metadata, &self->w, QUEUE_AT("prerouting"));
}

TEST_F(direct, input)
{
	lives_behind(_metadata, &self->w, QUEUE_AT("input"));
}

TEST_F(direct, output)
{
	lives_behind(_metadata, &self->w, QUEUE_AT("output"));
}

TEST_F(direct, postrouting)
{
	lives_behind(_metadata, &self->w, QUEUE_AT("postrouting"));
}

/* What this host's own rules answer comes over lo, and by the queue. */
#define REJECT								\
	RULES("	chain in {\n"						\
	      "		type filter hook input priority 0\n"		\
	      "		iif lo queue\n"					\
	      "	}\n"							\
	      "	chain out {\n"						\
	      "		type filter hook output priority 0\n"		\
	      "		tcp dport 6001 reject with tcp reset\n"		\
	      "		tcp dport 6002 reject\n"			\
	      "		tcp dport 6003 tcp flags & psh == psh reject with tcp reset\n" \
	      "		tcp sport 5000 reject with tcp reset\n"		\
	      "	}\n")

TEST_F(direct, reject_comes_by_the_queue)
{
	const struct world *w = &self->w;
	static struct queue q;
	int lfd, fd, cfd;

	ASSERT_EQ(0, queue_open(&q, w, HERE));
	RUN(w, HERE, REJECT);
	EXPECT_EQ(ECONNREFUSED, connect_error(w, HERE, PEER_IP, 6001));
	EXPECT_TRUE(WAIT_FOR(queue_seen(&q) >= 1));
	EXPECT_EQ(ECONNREFUSED, connect_error(w, HERE, PEER_IP, 6002));
	EXPECT_TRUE(WAIT_FOR(queue_seen(&q) >= 2));
	/* Data of a connection that stands; a slow machine sends it twice. */
	lfd = world_listener(w, PEER, 6003, 1);
	fd = world_sock(w, HERE, 0);
	ASSERT_EQ(0, connect_to(fd, PEER_IP, 6003));
	ASSERT_EQ(1, write(fd, "x", 1));
	EXPECT_NE(0, wait_for(fd, POLLERR) & POLLERR);
	EXPECT_EQ(ECONNRESET, sock_error(fd));
	EXPECT_TRUE(WAIT_FOR(queue_seen(&q) >= 3));
	close(fd);
	close(lfd);
	/* The SYN-ACK of a listener: its half-open connection ends. */
	lfd = world_listener(w, HERE, 5000, 1);
	cfd = world_sock(w, PEER, SOCK_NONBLOCK);
	ASSERT_EQ(-1, connect_to(cfd, HERE_IP, 5000));
	EXPECT_TRUE(WAIT_FOR(queue_seen(&q) >= 4));
	EXPECT_TRUE(WAIT_FOR(world_counter(w, HERE, "EmbryonicRsts") >= 1));
	close(cfd);
	close(lfd);
	queue_close(&q);
}

/* A program's SYN that nobody answers, as the wire saw it; what comes in is queued. */
static int syn_to_nobody(const struct world *w, struct queue *q, struct seen *s)
{
	int tap = sniff_open(w, PEER, "b0"), fd, ret = -1;

	if (world_run(w, HERE, "ip neigh replace " NOBODY_IP
		      " lladdr 02:00:00:00:00:99 nud permanent dev a0") ||
	    queue_open(q, w, HERE) || world_run(w, HERE, QUEUE_AT("input")))
		fd = -1;
	else
		fd = world_sock(w, HERE, SOCK_NONBLOCK);
	if (fd >= 0 && connect_to(fd, NOBODY_IP, 9) < 0)
		ret = sniff(tap, HERE_IP, s, PATIENCE);
	close(tap);
	return ret ? -1 : fd;
}

/* D-40: read in the context of the program, too */
TEST_F(direct, icmp)
{
	const struct world *w = &self->w;
	static struct queue q;
	struct seen s;
	int fd;

	fd = syn_to_nobody(w, &q, &s);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, icmp_send(w, PEER, 3, 13, 0, &s));
	EXPECT_NE(0, wait_for(fd, POLLERR) & POLLERR);
	EXPECT_EQ(EHOSTUNREACH, sock_error(fd));
	EXPECT_TRUE(WAIT_FOR(queue_seen(&q) == 1));
	close(fd);
	queue_close(&q);
}

/* ---- changed packets --------------------------------------------------------- */

static int header_len(const unsigned char *packet)
{
	return (packet[0] & 15) * 4;
}

/* Where the data of a TCP segment begins */
static int data_at(const unsigned char *packet)
{
	int ihl = header_len(packet);

	return ihl + (packet[ihl + 12] >> 4) * 4;
}

static int shout(struct queue *q, unsigned char *packet, int len)
{
	int i = data_at(packet);

	if (i >= len)
		return -1;
	for (; i < len; i++)
		packet[i] = toupper(packet[i]);
	raw_fix_tcp_checksum(packet, len);
	return len;
}

TEST_F(direct, other_bytes)
{
	static struct queue q = { .edit = shout };
	char buf[8] = "";
	int fd[2];

	ASSERT_EQ(0, queue_open(&q, &self->w, HERE));
	RUN(&self->w, HERE, QUEUE_AT("input"));
	ASSERT_EQ(0, world_pair(&self->w, PEER, fd));
	ASSERT_EQ(0, send_all(fd[PEER], "whisper", 7));
	ASSERT_EQ(0, recv_all(fd[HERE], buf, 7));
	EXPECT_STREQ("WHISPER", buf);
	close(fd[HERE]);
	close(fd[PEER]);
	queue_close(&q);
}

/* Half of each second segment that carries data */
static int halve(struct queue *q, unsigned char *packet, int len)
{
	int data = data_at(packet), left;

	if (len - data < 2 || q->turn++ % 2)
		return -1;
	left = data + (len - data) / 2;
	packet[2] = left >> 8;
	packet[3] = left;
	raw_fix_ip_checksum(packet);
	raw_fix_tcp_checksum(packet, left);
	return left;
}

TEST_F(direct, shorter_segments)
{
	static struct queue q = { .edit = halve };
	struct flow f = { .size = 8000 };
	int fd[2];

	ASSERT_EQ(0, queue_open(&q, &self->w, HERE));
	RUN(&self->w, HERE, QUEUE_AT("input"));
	ASSERT_EQ(0, world_pair(&self->w, PEER, fd));
	f.from = fd[PEER];
	f.to = fd[HERE];
	EXPECT_EQ(0, flows_run(&f, 1, PATIENCE));
	close(fd[HERE]);
	close(fd[PEER]);
	queue_close(&q);
}

/*
 * Damage that no router passes on, and that the kernel's IP has looked for
 * before: a byte at @offset set to @value, or the packet cut or grown to @len.
 * From TCP_AT on an offset counts from the TCP header.
 */
#define TCP_AT	100

static const struct damage {
	int offset, value, len;
} damages[] = {
	{ .len = 1 }, { .len = 9 }, { .len = 12 }, { .len = 19 },
	{ .len = 20 }, { .len = 21 }, { .len = 32 }, { .len = 33 },
	{ .len = 39 }, { .len = 40 }, { .len = 41 }, { .len = 51 },
	{ .len = 52 }, { .len = 60 }, { .len = 1400 }, { .len = 9000 },
	{ .len = 65000 },
	/* version and length of the header; length of all; a fragment */
	{ 0, 0x00 }, { 0, 0x40 }, { 0, 0x44 }, { 0, 0x46 }, { 0, 0x4f },
	{ 0, 0x65 }, { 2, 0xff }, { 3, 0 }, { 3, 19 }, { 3, 21 }, { 3, 41 },
	{ 6, 0x20 }, { 7, 0x01 },
	/* addresses: of others, of all, of none */
	{ 12, 0xe0 }, { 12, 0 }, { 12, 0xff }, { 12, 127 }, { 16, 0xe0 },
	{ 16, 0xff }, { 16, 0 }, { 16, 127 },
	/* ports, length of the header, flags, options */
	{ TCP_AT, 0 }, { TCP_AT + 2, 0 }, { TCP_AT + 12, 0x00 },
	{ TCP_AT + 12, 0x40 }, { TCP_AT + 12, 0x50 }, { TCP_AT + 12, 0xf0 },
	{ TCP_AT + 13, 0x00 }, { TCP_AT + 13, 0xff }, { TCP_AT + 13, 0x02 },
	{ TCP_AT + 20, 5 }, { TCP_AT + 21, 5 }, { TCP_AT + 21, 0 },
	{ TCP_AT + 22, 3 }, { TCP_AT + 23, 0 }, { TCP_AT + 23, 255 },
};

static int damage(unsigned char *packet, int len, const struct damage *d)
{
	int offset = d->offset;

	if (d->len) {
		if (d->len > len)
			memset(packet + len, 0xaa, d->len - len);
		return d->len;
	}
	if (offset >= TCP_AT)
		offset += header_len(packet) - TCP_AT;
	if (offset >= len)
		return -1;
	packet[offset] = d->value;
	return len;
}

#define DAMAGES	((long)ARRAY_SIZE(damages) * 2)

/* q->turn is the damage that the next SYN, or the next data, shall have, + 1. */
static int damage_once(struct queue *q, unsigned char *packet, int len)
{
	long turn = __atomic_load_n(&q->turn, __ATOMIC_ACQUIRE) - 1;
	bool syn = packet[header_len(packet) + 13] & SYN;

	if (turn < 0 || packet[9] != IPPROTO_TCP ||
	    (!syn && data_at(packet) >= len))
		return -1;
	__atomic_store_n(&q->turn, 0, __ATOMIC_RELEASE);
	len = damage(packet, len, &damages[turn / 2]);
	/* Once with its checksum right */
	if (turn % 2 && len >= 40)
		raw_fix_tcp_checksum(packet, len);
	return len;
}

static void arm(struct queue *q, long turn)
{
	__atomic_store_n(&q->turn, turn + 1, __ATOMIC_RELEASE);
}

static bool taken(struct queue *q)
{
	return WAIT_FOR(!__atomic_load_n(&q->turn, __ATOMIC_ACQUIRE));
}

static void accept_and_reset(int lfd)
{
	int fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK);

	if (fd >= 0)
		reset_by(fd);
}

/* What can't be read is dropped, and what comes after it is heard. */
TEST_F(direct, damaged_segments)
{
	static struct queue q = { .edit = damage_once };
	const struct world *w = &self->w;
	int lfd, fd[2];
	long i;

	if (native())	/* which trusts what it looked at before the queue */
		return;
	ASSERT_EQ(0, queue_open(&q, w, HERE));
	RUN(w, HERE, QUEUE_AT("input"));
	lfd = world_listener(w, HERE, 5000, 200);
	ASSERT_EQ(0, nonblock(lfd, true));
	for (i = 0; i < DAMAGES; i++) {
		fd[PEER] = world_sock(w, PEER, SOCK_NONBLOCK);
		arm(&q, i);
		ASSERT_EQ(-1, connect_to(fd[PEER], HERE_IP, 5000));
		ASSERT_TRUE(taken(&q));
		reset_by(fd[PEER]);
		accept_and_reset(lfd);
		ASSERT_EQ(0, world_pair(w, PEER, fd));
		arm(&q, i);
		ASSERT_EQ(0, send_all(fd[PEER], "0123456789", 10));
		ASSERT_TRUE(taken(&q));
		reset_by(fd[PEER]);
		reset_by(fd[HERE]);
	}
	queue_close(&q);
	close(lfd);
}

/* Of an ICMP error: cut behind its header, or a byte of the quoted packet */
static int damage_icmp(struct queue *q, unsigned char *packet, int len)
{
	static const unsigned char bytes[][2] = {
		{ 28, 0x44 }, { 28, 0x4f }, { 28, 0x60 }, { 28, 0 },
		{ 34, 0x20 }, { 35, 1 }, { 37, 17 },
	};
	unsigned int turn = q->turn++;

	if (packet[9] != IPPROTO_ICMP)
		return -1;
	if (turn < ARRAY_SIZE(bytes)) {
		packet[bytes[turn][0]] = bytes[turn][1];
		return len;
	}
	turn = 20 + turn - ARRAY_SIZE(bytes);
	if (turn < len)
		return turn;
	if (turn > len)
		return -1;
	packet[0] = 0x4f;
	return len;
}

/*
 * Did the host's IP take what came with a header of another length?  Newer
 * kernels do not.  Another message, behind it, says that all has come.
 */
static bool odd_length_comes(const struct world *w, int raw, const struct seen *s)
{
	struct seen marker = *s;
	unsigned char message[100];
	bool odd = false;
	int n;

	marker.packet[21] ^= 1;
	if (icmp_send(w, PEER, 3, 13, 0, &marker))
		return false;
	while (wait_for(raw, POLLIN) & POLLIN) {
		n = recv(raw, message, sizeof(message), 0);
		if (n > 0 && message[0] == 0x4f)
			odd = true;
		else if (n >= 50 && !memcmp(message + 48, marker.packet + 20, 2))
			break;
	}
	return odd;
}

TEST_F(direct, damaged_icmp)
{
	static struct queue q = { .edit = damage_icmp };
	const struct world *w = &self->w;
	int fd, i, raw;
	struct seen s;
	bool comes;

	if (native())
		return;
	fd = syn_to_nobody(w, &q, &s);
	ASSERT_LE(0, fd);
	raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	ASSERT_LE(0, raw);
	for (i = 0; i < 7 + 36; i++)
		ASSERT_EQ(0, icmp_send(w, PEER, 3, 13, 0, &s));
	ASSERT_TRUE(WAIT_FOR(queue_seen(&q) >= i));
	EXPECT_EQ(0, mask_of(fd) & POLLERR);
	/* This one is believed: its length the host's IP has read before. */
	ASSERT_EQ(0, icmp_send(w, PEER, 3, 13, 0, &s));
	comes = odd_length_comes(w, raw, &s);
	EXPECT_EQ(comes, !!(mask_of(fd) & POLLERR));
	if (!comes)
		ASSERT_EQ(0, icmp_send(w, PEER, 3, 13, 0, &s));
	EXPECT_NE(0, wait_for(fd, POLLERR) & POLLERR);
	EXPECT_EQ(EHOSTUNREACH, sock_error(fd));
	close(raw);
	close(fd);
	queue_close(&q);
}

#include "nothing_left.h"
