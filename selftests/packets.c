// SPDX-License-Identifier: GPL-2.0
/*
 * Segment by segment: what is injected on xtcp0, and what leaves there.
 *
 * The peer is 10.9.9.9, which nobody has: a route by lo makes XTCP send to it,
 * packet taps see that, and the link drops it.  So nothing answers but us.
 */
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>

#include "harness.h"

#define PEER	"10.9.9.9"
#define PPORT	4321
#define ISN	1000000U

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };

struct wire {
	struct iphdr ip;
	struct {
		__be16 source, dest;
		__be32 seq, ack;
		uint8_t doff, flags;
		__be16 window, check, urg;
	} tcp;
	uint8_t rest[100];
} __attribute__((packed));

/* What a test wants to send; zeroed is a segment without flags. */
struct segment {
	unsigned int port;
	uint32_t seq, ack;
	uint8_t flags;
	uint16_t window;
	const char *options;	/* padded by the caller */
	size_t optlen;
	const char *data;
	size_t len;
};

static int tx = -1, rx = -1;

static uint16_t sum16(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += p[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void checksum(struct wire *w, size_t len)
{
	size_t tcplen = len - sizeof(w->ip);
	uint32_t pseudo;

	w->ip.check = 0;
	w->ip.check = htons(~sum16(&w->ip, sizeof(w->ip), 0));
	w->tcp.check = 0;
	pseudo = sum16(&w->ip.saddr, 8, IPPROTO_TCP + tcplen);
	w->tcp.check = htons(~sum16(&w->tcp, tcplen, pseudo));
}

static size_t build(struct wire *w, const struct segment *s)
{
	size_t len = sizeof(w->ip) + sizeof(w->tcp) + s->optlen + s->len;

	memset(w, 0, sizeof(*w));
	w->ip.version = 4;
	w->ip.ihl = 5;
	w->ip.ttl = 64;
	w->ip.protocol = IPPROTO_TCP;
	w->ip.tot_len = htons(len);
	w->ip.saddr = inet_addr(PEER);
	w->ip.daddr = inet_addr(LOCALHOST);
	w->tcp.source = htons(PPORT);
	w->tcp.dest = htons(s->port);
	w->tcp.seq = htonl(s->seq);
	w->tcp.ack = htonl(s->ack);
	w->tcp.doff = (sizeof(w->tcp) + s->optlen) / 4 << 4;
	w->tcp.flags = s->flags;
	w->tcp.window = htons(s->window ?: 8192);
	if (s->optlen)
		memcpy(w->rest, s->options, s->optlen);
	if (s->len)
		memcpy(w->rest + s->optlen, s->data, s->len);
	checksum(w, len);
	return len;
}

static int inject_raw(const void *data, size_t len)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = if_nametoindex("xtcp0"),
	};

	return sendto(tx, data, len, 0, (struct sockaddr *)&to,
		      sizeof(to)) == (ssize_t)len ? 0 : -1;
}

static int inject(const struct segment *s)
{
	struct wire w;

	return inject_raw(&w, build(&w, s));
}

/* The next segment to the peer: its length, -1 if none comes. */
static ssize_t reply(struct wire *w)
{
	struct sockaddr_ll from;
	socklen_t fromlen;
	ssize_t len;

	while (wait_for(rx, POLLIN) == POLLIN) {
		fromlen = sizeof(from);
		len = recvfrom(rx, w, sizeof(*w), 0, (struct sockaddr *)&from,
			       &fromlen);
		if (len >= (ssize_t)(sizeof(w->ip) + sizeof(w->tcp)) &&
		    from.sll_pkttype == PACKET_OUTGOING &&
		    w->ip.daddr == inet_addr(PEER))
			return len;
	}
	return -1;
}

/* Nothing is sent for what went before: a RST we ask for comes first. */
static bool silence(void)
{
	struct segment probe = { .port = 1, .seq = 77, .flags = SYN };
	struct wire w;

	return !inject(&probe) && reply(&w) > 0 && w.tcp.source == htons(1);
}

static bool ready(void)
{
	if (native() || fresh_netns() ||
	    system("ip route add 10.9.9.0/24 dev lo"))
		return false;
	tx = socket(AF_PACKET, SOCK_RAW, 0);
	rx = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	return tx >= 0 && rx >= 0;
}

#define READY()								\
	do {								\
		if (native())						\
			SKIP(return, "about xtcp0");			\
		ASSERT_TRUE(ready());					\
	} while (0)

/* E-10: what a port that nobody has answers */
TEST(closed_port)
{
	struct segment s = { .port = 9, .seq = ISN, .flags = SYN };
	struct wire w;

	READY();
	ASSERT_EQ(0, inject(&s));
	ASSERT_EQ(40, reply(&w));
	EXPECT_EQ(RST | ACK, w.tcp.flags);
	EXPECT_EQ(0, ntohl(w.tcp.seq));
	EXPECT_EQ(ISN + 1, ntohl(w.tcp.ack));
	EXPECT_EQ(0, w.tcp.window);
	s.flags = ACK;
	s.ack = 4711;
	ASSERT_EQ(0, inject(&s));
	ASSERT_EQ(40, reply(&w));
	EXPECT_EQ(RST, w.tcp.flags);
	EXPECT_EQ(4711, ntohl(w.tcp.seq));
	EXPECT_EQ(2, counter("OutRsts"));
	/* data counts, and so does a FIN */
	s.flags = FIN;
	s.data = "abc";
	s.len = 3;
	ASSERT_EQ(0, inject(&s));
	ASSERT_EQ(40, reply(&w));
	EXPECT_EQ(ISN + 4, ntohl(w.tcp.ack));
	s.flags = RST;
	ASSERT_EQ(0, inject(&s));
	EXPECT_TRUE(silence());
}

static const struct {
	const char *name;
	size_t len;		/* 0: whole */
	uint8_t at, value;	/* one byte changed */
	bool resum;
	const char *counted;
} malformed[] = {
	{ "TCP header cut", 30, 3, 30, true, "InErrs" },
	{ "no TCP header", 20, 3, 20, true, "InErrs" },
	{ "IP header length 4", 0, 0, 0x44, false, "InErrs" },
	{ "IP header longer than packet", 0, 0, 0x4f, false, "InErrs" },
	{ "total length beyond packet", 0, 3, 200, true, "InErrs" },
	{ "total length inside IP header", 0, 3, 10, true, "InErrs" },
	{ "IP checksum", 0, 10, 0x55, false, "InErrs" },
	{ "fragment", 0, 7, 9, true, "InErrs" },
	{ "data offset 4", 0, 32, 0x40, true, "InErrs" },
	{ "data offset beyond segment", 0, 32, 0xf0, true, "InErrs" },
	{ "TCP checksum", 0, 37, 0x55, false, "InCsumErrors" },
};

/* E-09, H-76: counted, dropped, not answered */
TEST(malformed_segments)
{
	struct segment s = { .port = 9, .seq = ISN, .flags = SYN };
	uint8_t *bytes;
	struct wire w;
	long before;
	size_t i, len;

	READY();
	for (i = 0; i < ARRAY_SIZE(malformed); i++) {
		before = counter(malformed[i].counted);
		len = build(&w, &s);
		bytes = (uint8_t *)&w;
		bytes[malformed[i].at] = malformed[i].value;
		if (malformed[i].len)
			len = malformed[i].len;
		if (malformed[i].resum) {
			w.ip.check = 0;
			w.ip.check = htons(~sum16(&w.ip, sizeof(w.ip), 0));
		}
		ASSERT_EQ(0, inject_raw(&w, len));
		EXPECT_TRUE(silence()) {
			TH_LOG("%s: answered", malformed[i].name);
		}
		EXPECT_EQ(before + 1, counter(malformed[i].counted)) {
			TH_LOG("%s: not counted", malformed[i].name);
		}
	}
}

/* E-02 to E-04, E-01: a listener and what is no SYN */
TEST(listener_and_other_flags)
{
	struct segment s = { .port = port_of(listener(1)), .seq = ISN };
	struct wire w;
	int lfd;

	READY();
	lfd = listener(1);
	s.port = port_of(lfd);
	s.flags = RST;
	ASSERT_EQ(0, inject(&s));
	EXPECT_TRUE(silence());
	s.flags = SYN | FIN;
	ASSERT_EQ(0, inject(&s));
	EXPECT_TRUE(silence());
	s.flags = 0;
	ASSERT_EQ(0, inject(&s));
	EXPECT_TRUE(silence());
	s.flags = ACK;
	s.ack = 99;
	ASSERT_EQ(0, inject(&s));
	ASSERT_EQ(40, reply(&w));
	EXPECT_EQ(RST, w.tcp.flags);
	EXPECT_EQ(99, ntohl(w.tcp.seq));
}

#define O_MSS	"\x02\x04\x05\xb4"
#define O_WS	"\x01\x03\x03\x05"
#define O_TS	"\x01\x01\x08\x0a\x00\x00\x00\x07\x00\x00\x00\x00"
#define O_SACK	"\x01\x01\x04\x02"

static const struct {
	const char *options;
	size_t len;
	bool ts, ws;
} offers[] = {
	{ "", 0, false, false },
	{ O_MSS, 4, false, false },
	{ O_MSS O_WS, 8, false, true },
	{ O_MSS O_TS, 16, true, false },
	{ O_MSS O_SACK O_TS O_WS, 24, true, true },
	{ O_WS O_TS, 16, true, true },
	/* E-19: unknown, too short, beyond the header */
	{ "\xfd\x04zz" O_WS, 8, false, true },
	{ "\x03\x01\x00\x00", 4, false, false },
	{ "\x01\x01\x08\x0a", 4, false, false },
	{ "\x00\x03\x03\x05", 4, false, false },
};

/* E-12 to E-17, E-21: the SYN-ACK mirrors what the SYN offered, in order */
TEST(synack_options)
{
	struct segment s = { .seq = ISN, .flags = SYN };
	struct wire w;
	size_t i, at;
	ssize_t len;

	READY();
	s.port = port_of(listener(20));
	for (i = 0; i < ARRAY_SIZE(offers); i++) {
		s.options = offers[i].options;
		s.optlen = offers[i].len;
		s.seq = ISN + i;
		ASSERT_EQ(0, inject(&s));
		len = reply(&w);
		ASSERT_EQ(44 + 12 * offers[i].ts + 4 * offers[i].ws, len) {
			TH_LOG("offer %zu", i);
		}
		EXPECT_EQ(SYN | ACK, w.tcp.flags);
		EXPECT_EQ(s.seq + 1, ntohl(w.tcp.ack));
		EXPECT_LT(60000, ntohs(w.tcp.window));
		/* 65535 - 40 */
		EXPECT_EQ(0, memcmp(w.rest, "\x02\x04\xff\xd7", 4));
		at = 4;
		if (offers[i].ts) {
			EXPECT_EQ(0, memcmp(w.rest + at, "\x01\x01\x08\x0a", 4));
			/* TSecr is the SYN's TSval */
			EXPECT_EQ(0, memcmp(w.rest + at + 8, "\0\0\0\x07", 4));
			at += 12;
		}
		if (offers[i].ws)
			EXPECT_EQ(0, memcmp(w.rest + at, "\x01\x03\x03\x07", 4));
		/* leave no request behind: its RST (E-27) */
		s.flags = RST;
		s.optlen = 0;
		s.seq++;
		ASSERT_EQ(0, inject(&s));
		EXPECT_EQ(i + 1, counter("EmbryonicRsts"));
		s.flags = SYN;
	}
}

/* A SYN from the peer: our ISN, 0 if it was not answered. */
static uint32_t half_open(unsigned int port)
{
	struct segment s = { .port = port, .seq = ISN, .flags = SYN };
	struct wire w;

	if (inject(&s) || reply(&w) < 0 || w.tcp.flags != (SYN | ACK))
		return 0;
	return ntohl(w.tcp.seq);
}

/* E-32: data and FIN with the ACK that ends the handshake */
TEST(data_and_fin_with_the_last_ack)
{
	struct segment s = { .seq = ISN + 1, .flags = ACK | FIN | PSH,
			     .data = "hello", .len = 5 };
	char data[10];
	struct wire w;
	int lfd, fd;

	READY();
	lfd = listener(1);
	s.port = port_of(lfd);
	s.ack = half_open(s.port) + 1;
	ASSERT_NE(1, s.ack);
	EXPECT_EQ(ST_SYN_RECV, state_of(s.port, PPORT));
	ASSERT_EQ(0, inject(&s));
	fd = accept(lfd, NULL, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(ST_CLOSE_WAIT, state_of(s.port, PPORT));
	EXPECT_EQ(5, recv(fd, data, sizeof(data), 0));
	EXPECT_EQ(0, memcmp(data, "hello", 5));
	EXPECT_EQ(0, recv(fd, data, sizeof(data), 0));
	ASSERT_EQ(40, reply(&w));
	EXPECT_EQ(ACK, w.tcp.flags);
	EXPECT_EQ(ISN + 1 + 6, ntohl(w.tcp.ack));
	EXPECT_EQ(0, reset_by(fd));
}

/* E-24 to E-30 */
TEST(segments_for_a_request)
{
	struct segment s = { .seq = ISN };
	struct wire w;
	uint32_t isn;
	int lfd;

	READY();
	lfd = listener(5);
	s.port = port_of(lfd);
	isn = half_open(s.port);
	ASSERT_NE(0, isn);
	/* E-24: the same SYN-ACK again */
	EXPECT_EQ(isn, half_open(s.port));
	/* E-25: a wrong ACK is reset, the request stays */
	s.flags = ACK;
	s.seq = ISN + 1;
	s.ack = isn + 2;
	ASSERT_EQ(0, inject(&s));
	ASSERT_EQ(40, reply(&w));
	EXPECT_EQ(RST, w.tcp.flags);
	EXPECT_EQ(ST_SYN_RECV, state_of(s.port, PPORT));
	/* E-30 */
	s.flags = 0;
	ASSERT_EQ(0, inject(&s));
	EXPECT_TRUE(silence());
	/* E-28: in the window but not exact: a challenge ACK */
	s.flags = RST;
	s.seq = ISN + 2;
	ASSERT_EQ(0, inject(&s));
	ASSERT_EQ(40, reply(&w));
	EXPECT_EQ(ACK, w.tcp.flags);
	EXPECT_EQ(ST_SYN_RECV, state_of(s.port, PPORT));
	/* E-29: another SYN in the window ends it */
	s.flags = SYN;
	ASSERT_EQ(0, inject(&s));
	ASSERT_EQ(40, reply(&w));
	EXPECT_EQ(RST | ACK, w.tcp.flags);
	EXPECT_EQ(ST_NONE, state_of(s.port, PPORT));
	EXPECT_EQ(1, counter("EmbryonicRsts"));
}

/* An established connection with the peer. */
static int open_with_peer(unsigned int *port, uint32_t *isn)
{
	int lfd = listener(1);
	struct segment s = { .seq = ISN + 1, .flags = ACK };

	*port = port_of(lfd);
	*isn = half_open(*port);
	s.port = *port;
	s.ack = *isn + 1;
	return !*isn || inject(&s) ? -1 : accept(lfd, NULL, NULL);
}

/* E-43 to E-48 */
TEST(segments_for_a_connection)
{
	struct segment s = { };
	uint32_t isn = 0;
	struct wire w;
	int fd;

	READY();
	fd = open_with_peer(&s.port, &isn);
	ASSERT_LE(0, fd);
	/* E-43: beyond the window */
	s.flags = ACK | PSH;
	s.seq = ISN + 1 + 1000000;
	s.ack = isn + 1;
	s.data = "x";
	s.len = 1;
	ASSERT_EQ(0, inject(&s));
	ASSERT_EQ(40, reply(&w));
	EXPECT_EQ(ISN + 1, ntohl(w.tcp.ack));
	/* E-45: a RST in the window but not exact */
	s.flags = RST;
	s.seq = ISN + 5;
	s.len = 0;
	ASSERT_EQ(0, inject(&s));
	ASSERT_EQ(40, reply(&w));
	EXPECT_EQ(ACK, w.tcp.flags);
	EXPECT_EQ(1, counter("TCPChallengeACK"));
	/* E-48: an ACK of what was never sent */
	s.flags = ACK;
	s.seq = ISN + 1;
	s.ack = isn + 1000;
	ASSERT_EQ(0, inject(&s));
	EXPECT_TRUE(silence());
	EXPECT_EQ(ST_ESTABLISHED, state_of(s.port, PPORT));
	/* E-44 */
	s.flags = RST;
	ASSERT_EQ(0, inject(&s));
	EXPECT_EQ(ECONNRESET, sock_error(fd));
	EXPECT_EQ(ST_NONE, state_of(s.port, PPORT));
}

static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Mutated and absurd: nothing breaks, and a new connection works. */
TEST(absurd_segments)
{
	static const uint8_t flags[] = {
		0, 0xff, SYN, SYN | ACK, ACK, ACK | FIN, RST, URG | ACK,
		SYN | RST, SYN | FIN | URG | PSH, ACK | PSH,
	};
	char data[64], options[40];
	uint32_t isn = 0, seed = 20261123;
	struct segment s = { .data = data, .options = options };
	unsigned int port;
	struct wire w;
	size_t len;
	int fd, i, j, lfd;

	READY();
	fd = open_with_peer(&port, &isn);
	ASSERT_LE(0, fd);
	lfd = listener(5);
	ASSERT_EQ(0, nonblock(fd, true));
	for (i = 0; i < 20000; i++) {
		for (j = 0; j < (int)sizeof(options); j++)
			options[j] = next(&seed);
		s.port = i & 1 ? port : port_of(lfd);
		s.seq = ISN + 1 + (next(&seed) & 1 ? next(&seed) % 70000 :
				   next(&seed) << 8);
		s.ack = isn + 1 + (next(&seed) & 3 ? 0 : next(&seed) << 8);
		/* the connection shall live for a while */
		s.flags = flags[next(&seed) % ARRAY_SIZE(flags)];
		s.window = next(&seed);
		s.optlen = 4 * (next(&seed) % 11);
		s.len = next(&seed) % 60;
		len = build(&w, &s);
		if (!(next(&seed) & 7)) {
			((uint8_t *)&w)[next(&seed) % len] = next(&seed);
			if (next(&seed) & 1)
				checksum(&w, len);
		}
		inject_raw(&w, len);
		if (!(i % 16))
			while (recv(fd, data, sizeof(data), 0) > 0)
				;
	}
	EXPECT_LE(15000, counter("InSegs"));
	close(lfd);
	EXPECT_LE(0, connected(port_of(listener(1))));
}

NOTHING_LEFT()
