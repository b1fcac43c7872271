// SPDX-License-Identifier: GPL-2.0
/*
 * What a hostile host on the wire can send: mutated segments and SYN floods.
 * The connections that are meant well go on, memory is bounded, nothing leaks
 * (the aftermath of the run looks).
 *
 * XTCP_ATTACK=N multiplies the number of packets by N; an instrumented kernel
 * divides it.
 */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

#include "harness.h"
#include "world.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	(220 * SLOW)

#define BATCH	64

FIXTURE(wire) {
	struct world w;
	int fd;			/* packet socket at PEER */
	struct sockaddr_ll to;
};

static int multiplied(int n)
{
	const char *env = getenv("XTCP_ATTACK");

	return (env ? n * atoi(env) : n) / SLOW / (int)stride(2);
}

/* A packet socket at PEER whose segments reach HERE. */
static int attacker(struct world *w, int *fd, struct sockaddr_ll *to)
{
	/* Answers to invented hosts go to PEER, which does not forward them. */
	if (world_make(w, family, AF_INET, false) ||
	    world_run(w, HERE, "ip route add 10.9.0.0/16 via " PEER_IP))
		return -1;
	*to = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_halen = ETH_ALEN,
	};
	if (mac_of("a0", to->sll_addr) || world_enter(w, PEER))
		return -1;
	to->sll_ifindex = if_nametoindex("b0");
	*fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || set_int(*fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1))
		return -1;
	return world_enter(w, HERE);
}

FIXTURE_SETUP(wire)
{
	ASSERT_EQ(0, attacker(&self->w, &self->fd, &self->to));
}

FIXTURE_TEARDOWN(wire)
{
	close(self->fd);
	world_end(&self->w);
}

/* xorshift: the same attack every time */
static __u32 seed = 88172645;

static __u32 any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static __u32 sum(const unsigned char *p, size_t len, __u32 s)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		s += p[i] << 8 | p[i + 1];
	return len & 1 ? s + (p[len - 1] << 8) : s;
}

static void put_sum(unsigned char *p, __u32 s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	p[0] = ~s >> 8;
	p[1] = ~s;
}

static void fix_sums(unsigned char *ip, size_t len)
{
	size_t ihl = (ip[0] & 15) * 4;

	ip[10] = 0;
	ip[11] = 0;
	if (ihl > len)
		return;
	put_sum(ip + 10, sum(ip, ihl, 0));
	if (len < ihl + 20)
		return;
	ip[ihl + 16] = 0;
	ip[ihl + 17] = 0;
	put_sum(ip + ihl + 16,
		sum(ip + ihl, len - ihl, sum(ip + 12, 8, IPPROTO_TCP + len - ihl)));
}

struct batch {
	unsigned char data[BATCH][256];
	struct iovec iov[BATCH];
	struct mmsghdr msg[BATCH];
	int n;
};

static void batch_init(struct batch *b, struct sockaddr_ll *to)
{
	int i;

	memset(b, 0, sizeof(*b));
	for (i = 0; i < BATCH; i++) {
		b->iov[i].iov_base = b->data[i];
		b->msg[i].msg_hdr = (struct msghdr){
			.msg_name = to, .msg_namelen = sizeof(*to),
			.msg_iov = &b->iov[i], .msg_iovlen = 1,
		};
	}
}

static int batch_flush(struct batch *b, int fd)
{
	int ret = b->n ? sendmmsg(fd, b->msg, b->n, 0) : 0;

	/* A device whose queue is full loses packets: that's part of it. */
	b->n = 0;
	return ret < 0 && errno != ENOBUFS ? -1 : 0;
}

static int batch_add(struct batch *b, int fd, size_t len)
{
	b->iov[b->n++].iov_len = len;
	return b->n == BATCH ? batch_flush(b, fd) : 0;
}

/* ---- mutated segments ------------------------------------------------------ */

#define TEMPLATES	64

static struct seen templates[TEMPLATES];

/* What PEER really sent to HERE: each kind of segment there is. */
static int collect(const struct world *w, int lfd)
{
	int tap = sniff_open(w, HERE, "a0"), n = 0, round, cfd, afd;

	for (round = 0; round < 12; round++) {
		cfd = world_sock(w, PEER, 0);
		if (connect_to(cfd, HERE_IP, port_of(lfd)))
			return -1;
		afd = accept(lfd, NULL, NULL);
		send(cfd, "some bytes", 10, round & 1 ? MSG_OOB : 0);
		send(afd, "an answer", 9, 0);
		recv(cfd, scratch, 9, MSG_WAITALL);
		/* Half of them stay open. */
		if (round & 1) {
			shutdown(cfd, SHUT_WR);
			recv(afd, scratch, sizeof(scratch), MSG_WAITALL);
			close(cfd);
			close(afd);
		}
	}
	while (n < TEMPLATES && !sniff(tap, PEER_IP, &templates[n], 100))
		n++;
	close(tap);
	return n;
}

static void put32(unsigned char *p, __u32 v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static __u32 get32(const unsigned char *p)
{
	return (__u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* One change; most keep the segment close to what the connection expects. */
static size_t mutate(unsigned char *ip, size_t len)
{
	unsigned char *tcp = ip + 20;
	__u32 r = any();

	switch (r % 16) {
	case 0: case 1:
		tcp[13] = r >> 8;
		break;
	case 2: case 3:
		put32(tcp + 4, get32(tcp + 4) + (int)(any() % 4096) - 2048);
		break;
	case 4: case 5:
		put32(tcp + 8, get32(tcp + 8) + (int)(any() % 4096) - 2048);
		break;
	case 6:
		tcp[12] = r >> 8;
		break;
	case 7: case 8:
		if (len > 40)
			tcp[20 + (r >> 8) % (len - 40)] = r >> 16;
		break;
	case 9:
		put32(tcp + 4, any());
		break;
	case 10:
		put32(tcp + 8, any());
		break;
	case 11:
		put32(tcp + 16, any());
		tcp[13] |= 0x20;
		break;
	case 12:
		len = 20 + (r >> 8) % (len - 20) + 1;
		ip[3] = len;
		ip[2] = len >> 8;
		break;
	case 13:
		ip[(r >> 8) % len] ^= 1 << (r >> 16) % 8;
		break;
	case 14:
		tcp[14] = r >> 8;
		tcp[15] = r >> 16;
		break;
	case 15:
		tcp[1] = r >> 8;
		break;
	}
	return len;
}

static int fire_mutants(int fd, struct sockaddr_ll *to, int templates_n, int n)
{
	static struct batch b;
	const struct seen *t;
	unsigned char *ip;
	size_t len;
	int times;

	batch_init(&b, to);
	while (n--) {
		t = &templates[any() % templates_n];
		ip = b.data[b.n];
		len = t->len < 200 ? t->len : 200;
		memcpy(ip, t->packet, len);
		for (times = any() % 3 + 1; times; times--)
			len = mutate(ip, len);
		if (any() % 8)
			fix_sums(ip, len);
		if (batch_add(&b, fd, len))
			return -1;
	}
	return batch_flush(&b, fd);
}

TEST_F(wire, mutated_segments)
{
	struct world *w = &self->w;
	int lfd, n, fd[2];
	long before;

	lfd = world_listener(w, HERE, 5000, 64);
	ASSERT_LE(0, lfd);
	n = collect(w, lfd);
	ASSERT_LE(40, n);
	before = world_counter(w, HERE, "InSegs");
	ASSERT_EQ(0, fire_mutants(self->fd, &self->to, n, multiplied(1000000)));
	EXPECT_LT(before + multiplied(500000), world_counter(w, HERE, "InSegs"));
	EXPECT_LT(0, world_counter(w, HERE, "InErrs"));
	close(lfd);
	/* Whoever means well is served. */
	ASSERT_EQ(0, world_pair(w, PEER, fd));
	struct flow flows[] = {
		{ .from = fd[0], .to = fd[1], .size = 100000 },
		{ .from = fd[1], .to = fd[0], .size = 100000 },
	};
	EXPECT_EQ(0, flows_run(flows, 2, PATIENCE));
	close(fd[0]);
	close(fd[1]);
}

/* ---- SYN floods --------------------------------------------------------------- */

static void syn(unsigned char *ip, __u32 saddr, __u32 daddr, unsigned int port)
{
	static const unsigned char options[] = {
		2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7,
	};
	unsigned char *tcp = ip + 20;

	memset(ip, 0, 60);
	ip[0] = 0x45;
	ip[3] = 60;
	ip[8] = 64;
	ip[9] = IPPROTO_TCP;
	put32(ip + 12, saddr);
	put32(ip + 16, daddr);
	put32(tcp, any() << 16 | port);
	tcp[0] |= 0x80;
	put32(tcp + 4, any());
	tcp[12] = 0xa0;
	tcp[13] = 2;
	tcp[14] = 0xff;
	memcpy(tcp + 20, options, sizeof(options));
	fix_sums(ip, 60);
}

/* Where it comes from: another host, or this one, through the device itself. */
FIXTURE(flood) {
	struct world w;
	int fd;
	struct sockaddr_ll to;
};

FIXTURE_VARIANT(flood) {
	bool loop;
	__u32 sources, mask, target;
	int backlog;
};

FIXTURE_VARIANT_ADD(flood, wire) {
	.sources = 0x0a090000, .mask = 0xffff, .target = 0x0a000101,
	.backlog = 128,
};

/* This host answers for all of 127/8: its RSTs may end all of it at once. */
FIXTURE_VARIANT_ADD(flood, loop) {
	.loop = true,
	.sources = 0x7f000000, .mask = 0xffffff, .target = 0x7f000001,
	.backlog = 8,
};

FIXTURE_SETUP(flood)
{
	if (variant->loop) {
		ASSERT_EQ(0, fresh_netns());
		self->to = (struct sockaddr_ll){
			.sll_family = AF_PACKET,
			.sll_protocol = htons(ETH_P_IP),
			.sll_halen = ETH_ALEN,
			.sll_ifindex = if_nametoindex(loop_dev()),
		};
		self->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		ASSERT_LE(0, self->fd);
	} else {
		ASSERT_EQ(0, attacker(&self->w, &self->fd, &self->to));
	}
}

FIXTURE_TEARDOWN(flood)
{
	close(self->fd);
	if (!variant->loop)
		world_end(&self->w);
}

static int flood(const FIXTURE_VARIANT(flood) *variant, int fd,
		 struct sockaddr_ll *to, unsigned int port, int n)
{
	static struct batch b;

	batch_init(&b, to);
	while (n--) {
		syn(b.data[b.n], variant->sources | (any() & variant->mask),
		    variant->target, port);
		if (batch_add(&b, fd, 60))
			return -1;
	}
	return batch_flush(&b, fd);
}

static int server(const FIXTURE_VARIANT(flood) *variant, const struct world *w,
		  int backlog)
{
	return variant->loop ? listener_on(LOCALHOST, 5000, backlog) :
			       world_listener(w, HERE, 5000, backlog);
}

static int client(const FIXTURE_VARIANT(flood) *variant, const struct world *w,
		  int flags)
{
	return variant->loop ? sock(flags) : world_sock(w, PEER, flags);
}

static const char *server_ip(const FIXTURE_VARIANT(flood) *variant)
{
	return variant->loop ? LOCALHOST : HERE_IP;
}

/* Someone who means well gets through, and its byte back. */
static bool served(const FIXTURE_VARIANT(flood) *variant,
		   const struct world *w, int lfd)
{
	int cfd = client(variant, w, 0), afd;
	bool ok = false;

	if (connect_to(cfd, server_ip(variant), port_of(lfd))) {
		close(cfd);
		return false;
	}
	afd = accept(lfd, NULL, NULL);
	if (afd >= 0 && write(cfd, "x", 1) == 1 && read(afd, scratch, 1) == 1)
		ok = true;
	close(cfd);
	close(afd);
	return ok;
}

static long requests(void)
{
	char line[300];
	long n, sum = 0;
	FILE *f = fopen(native() ? "/proc/net/tcp" : "/proc/net/xtcp", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*d: %*s %*s %lx", &n) == 1 && n == 3)
			sum++;
	if (f)
		fclose(f);
	return sum;
}

#define FLOOD	50000
#define ROUNDS	20

TEST_F(flood, with_cookies)
{
	int lfd = server(variant, &self->w, variant->backlog), i;

	ASSERT_EQ(0, sysctl_set("ipv4/tcp_syncookies", "1"));
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, flood(variant, self->fd, &self->to, 5000,
				   multiplied(FLOOD / ROUNDS)));
		EXPECT_GE(variant->backlog + 2, requests());
		EXPECT_TRUE(served(variant, &self->w, lfd));
	}
	if (!native() && !variant->loop)
		EXPECT_LT(multiplied(FLOOD / 2), counter("SyncookiesSent"));
	close(lfd);
}

/* Without: bounded, and counted. */
TEST_F(flood, without_cookies)
{
	int lfd = server(variant, &self->w, variant->backlog), i;

	ASSERT_EQ(0, sysctl_set("ipv4/tcp_syncookies", "0"));
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, flood(variant, self->fd, &self->to, 5000,
				   multiplied(FLOOD / ROUNDS)));
		EXPECT_GE(variant->backlog + 2, requests());
	}
	/* C-14 or, while the backlog has room, C-18. */
	if (!native() && !variant->loop)
		EXPECT_LT(multiplied(FLOOD / 2), counter("ListenDrops"));
	close(lfd);
}

/* A full accept queue makes no difference to what it costs. */
TEST_F(flood, of_a_full_listener)
{
	int lfd = server(variant, &self->w, 2), cfd[4], i;

	ASSERT_EQ(0, sysctl_set("ipv4/tcp_syncookies", "1"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_abort_on_overflow", "1"));
	for (i = 0; i < 4; i++) {
		cfd[i] = client(variant, &self->w, SOCK_NONBLOCK);
		connect_to(cfd[i], server_ip(variant), 5000);
	}
	EXPECT_TRUE(WAIT_FOR(mask_of(lfd) & POLLIN));
	ASSERT_EQ(0, flood(variant, self->fd, &self->to, 5000, multiplied(FLOOD)));
	EXPECT_GE(8, requests());
	if (!native())
		EXPECT_LT(multiplied(FLOOD / 2), counter("ListenOverflows"));
	for (i = 0; i < 4; i++)
		close(cfd[i]);
	ASSERT_EQ(0, nonblock(lfd, true));
	while ((i = accept(lfd, NULL, NULL)) >= 0)
		close(i);
	ASSERT_EQ(0, nonblock(lfd, false));
	EXPECT_TRUE(served(variant, &self->w, lfd));
	close(lfd);
}

#include "nothing_left.h"
