// SPDX-License-Identifier: GPL-2.0
/*
 * What went wrong in other stacks, by segments: one test for each row of
 * SECURITY.md that no other program has a test for.
 */
#include <linux/if_packet.h>
#include <linux/sock_diag.h>

#include "peer_fixture.h"

#define KIND_TS		8

/* Timestamps of the peer, as an option with two NOPs before */
static void put_ts(struct segment *s, __u32 value, __u32 echo)
{
	__be32 words[] = { htonl(0x0101080a), htonl(value), htonl(echo) };

	memcpy(s->options, words, sizeof(words));
	s->option_len = sizeof(words);
}

/* What the other side said last by its timestamp option; 0: none */
static __u32 ts_of(const struct segment *s)
{
	unsigned int i = 0;
	__be32 word;

	while (i + 1 < s->option_len && s->options[i]) {
		if (s->options[i] == KIND_TS && i + 6 <= s->option_len) {
			memcpy(&word, s->options + i + 2, 4);
			return ntohl(word);
		}
		i += s->options[i] == 1 ? 1 : s->options[i + 1] ?: 40;
	}
	return 0;
}

static int peer_send_ts(PEER *p, int flags, __u32 seq, __u32 ack, __u32 ts,
			const char *data)
{
	struct segment s = segment(p, flags, seq, ack);

	put_ts(&s, ts, ts_of(&p->s));
	s.len = strlen(data);
	memcpy(s.data, data, s.len);
	return raw_send(&p->raw, &s);
}

/* As peer_connect(), with timestamps */
static int peer_connect_ts(PEER *p, __u32 ts)
{
	if (peer_listen(p, 4) < 0 ||
	    peer_send_ts(p, SYN, p->seq, 0, ts, "") || !peer_recv(p))
		return -1;
	p->seq++;
	p->ack = p->s.seq + 1;
	if (peer_send_ts(p, ACK, p->seq, p->ack, ts, ""))
		return -1;
	return accept(p->lfd, NULL, NULL);
}

/* CVE-2005-0356: a timestamp from out of the window is not remembered. */
TEST_F(peer, timestamp_of_a_stranger)
{
	int fd = peer_connect_ts(self, 1000);
	char buf[10];

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, peer_send_ts(self, ACK, self->seq - 100000, self->ack,
				  0x70000000, "old"));
	ASSERT_EQ(0, peer_send_ts(self, ACK, self->seq + 0x40000000, self->ack,
				  0x70000000, "new"));
	ASSERT_EQ(0, peer_send_ts(self, RST, self->seq + 0x40000000, self->ack,
				  0x70000000, ""));
	ASSERT_EQ(0, peer_send_ts(self, ACK, self->seq, self->ack, 1001, "good"));
	ASSERT_EQ(0, recv_all(fd, buf, 4));
	EXPECT_EQ(0, memcmp(buf, "good", 4));
}

static __u32 rmem_of(int fd)
{
	__u32 info[SK_MEMINFO_VARS] = { };
	socklen_t len = sizeof(info);

	getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len);
	return info[SK_MEMINFO_RMEM_ALLOC];
}

/* CVE-2018-5390, CVE-2018-6922: one byte in two, far ahead of what is due */
TEST_F(peer, tiny_segments_out_of_order)
{
	int fd, rcvbuf, i, sent = 10000 / SLOW;
	static char got[1000];
	struct segment s;
	__u32 most = 0;

	ASSERT_LE(0, peer_listen(self, 4));
	/* So it stays. */
	ASSERT_EQ(0, set_int(self->lfd, SOL_SOCKET, SO_RCVBUF, 100000));
	fd = peer_connect(self);
	ASSERT_LE(0, fd);
	rcvbuf = get_int(fd, SOL_SOCKET, SO_RCVBUF);
	s = segment(self, ACK, 0, self->ack);
	s.len = 1;
	for (i = 0; i < sent; i++) {
		s.seq = self->seq + 1 + 2 * (i * 7919 % sent);
		s.data[0] = 'b';
		ASSERT_EQ(0, raw_send(&self->raw, &s));
		if (i % 100 == 0 && rmem_of(fd) > most)
			most = rmem_of(fd);
	}
	EXPECT_LT(0, most);
	/* It may be one segment more than the buffer. */
	EXPECT_GE(rcvbuf + 4096, most);
	/* And then all of it: what was thrown away is sent again. */
	s.len = 1000;
	memset(s.data, 'a', sizeof(s.data));
	for (i = 0; i < 2 * sent; i += 1000) {
		s.seq = self->seq + i;
		ASSERT_EQ(0, raw_send(&self->raw, &s));
		ASSERT_EQ(0, recv_all(fd, got, 1000));
	}
	EXPECT_TRUE(WAIT_FOR(rmem_of(fd) == 0));
	EXPECT_EQ(EAGAIN, err(recv(fd, got, 1, MSG_DONTWAIT)));
	reset_by(fd);
}

static __u32 wmem_of(int fd)
{
	__u32 info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len);
	return info[SK_MEMINFO_WMEM_ALLOC];
}

/*
 * Each old byte is acknowledged anew, and a qdisc may hold all of that: it must
 * not come near what a count of references can say.
 */
TEST_F(peer, acknowledgments_that_a_qdisc_holds)
{
	int fd, i, sent = 10000 / SLOW;
	struct segment s;
	long before;

	ASSERT_LE(0, peer_listen(self, 4));
	fd = peer_connect(self);
	ASSERT_LE(0, fd);
	/* What the peer sends passes by. */
	ASSERT_EQ(0, set_int(self->raw.fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1));
	before = counter("OutSegs");
	ASSERT_EQ(0, plug());
	s = segment(self, ACK, self->seq - 1, self->ack);
	s.len = 1;
	for (i = 0; i < sent; i++)
		ASSERT_EQ(0, raw_send(&self->raw, &s));
	EXPECT_TRUE(WAIT_FOR(counter("OutSegs") >= before + sent));
	EXPECT_LT(sent, wmem_of(fd));
	EXPECT_GT(10 * sent, wmem_of(fd));
	ASSERT_EQ(0, unplug_drop());
	reset_by(fd);
}

static void put_sack(struct segment *s, const __u32 *edges, int n)
{
	int i;

	s->options[0] = 1;
	s->options[1] = 1;
	s->options[2] = 5;
	s->options[3] = 2 + 4 * n;
	for (i = 0; i < n; i++) {
		__be32 edge = htonl(edges[i]);

		memcpy(s->options + 4 + 4 * i, &edge, 4);
	}
	s->option_len = 4 + 4 * n;
}

/*
 * CVE-2019-11477, CVE-2019-11478, CVE-2019-11479, CVE-2019-5599: the smallest
 * MSS, and SACK blocks that cut what was sent into pieces, or lie.
 */
TEST_F(peer, selective_acknowledgments_that_lie)
{
	static char buf[100000];
	struct segment syn, s;
	int fd, i, n, segments = 0;
	__u32 una;

	ASSERT_LE(0, peer_listen(self, 4));
	syn = segment(self, SYN, self->seq, 0);
	memcpy(syn.options, "\2\4\0\1\4\2\1\1", 8);
	syn.option_len = 8;
	ASSERT_EQ(0, raw_send(&self->raw, &syn));
	ASSERT_TRUE(peer_recv(self));
	self->ack = self->s.seq + 1;
	self->seq++;
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack, ""));
	fd = accept(self->lfd, NULL, NULL);
	ASSERT_LE(0, fd);
	n = send(fd, buf, sizeof(buf), MSG_DONTWAIT);
	ASSERT_LT(0, n);
	una = self->ack;
	for (i = 0; i < 300; i++) {
		__u32 edges[] = {
			una + 7 * i, una + 7 * i + 1, una + 1000, una + 3,
			una + 100000, una + 0x7fffffff, una, una + 5000 - i,
		};

		s = segment(self, ACK, self->seq, una);
		put_sack(&s, edges, 2 * (i % 4 + 1));
		ASSERT_EQ(0, raw_send(&self->raw, &s));
		while (!raw_recv(&self->raw, &self->s, 0)) {
			segments++;
			/* J-40: no less than a floor of payload in each */
			if (self->s.len && self->s.seq + self->s.len != una + n)
				EXPECT_LE(8, self->s.len);
		}
	}
	/* Nothing is sent again for each lie. */
	EXPECT_GE(3000, segments);
	reset_by(fd);
}

/* CVE-2020-24337, CVE-2019-12258: each option at each length */
TEST_F(peer, options_of_any_length)
{
	static const unsigned char kinds[] = {
		0, 1, 2, 3, 4, 5, 8, 14, 19, 27, 28, 29, 30, 34, 253, 255,
	};
	int fd = peer_connect(self), i, len, room;
	char byte;

	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (len = 0; len <= 41; len++) {
			for (room = 4; room <= 40; room += 18) {
				struct segment s = segment(self, SYN, ISN - len, 0);

				memset(s.options, 0xff, sizeof(s.options));
				s.options[0] = kinds[i];
				s.options[1] = len;
				s.option_len = room;
				s.sport = 2000 + len;
				ASSERT_EQ(0, raw_send(&self->raw, &s));
				s.sport = self->raw.port;
				s.flags = ACK;
				s.seq = self->seq;
				s.ack = self->ack;
				ASSERT_EQ(0, raw_send(&self->raw, &s));
			}
		}
	}
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack, "x"));
	EXPECT_EQ(0, recv_all(fd, &byte, 1));
}

/* What can be read at once */
static int take(int fd)
{
	char buf[200];
	int n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

	return n < 0 ? 0 : n;
}

/*
 * CVE-2019-12255, CVE-2019-12260, CVE-2019-12261, CVE-2019-12263: urgent
 * pointers to everywhere, also before the connection is open
 */
TEST_F(peer, urgent_pointers)
{
	static const unsigned int pointers[] = {
		0, 1, 2, 3, 4, 5, 100, 0x7fff, 0x8000, 0xfffe, 0xffff,
	};
	int fd, i, len, got = 0, sent = 0;
	struct segment s;
	char buf[200];

	ASSERT_LE(0, peer_listen(self, 4));
	s = segment(self, SYN | URG, self->seq, 0);
	s.urgent = 0xffff;
	ASSERT_EQ(0, raw_send(&self->raw, &s));
	ASSERT_TRUE(peer_recv(self));
	self->ack = self->s.seq + 1;
	self->seq++;
	s = segment(self, ACK | URG, self->seq, self->ack);
	s.urgent = 0;
	ASSERT_EQ(0, raw_send(&self->raw, &s));
	fd = accept(self->lfd, NULL, NULL);
	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_SIZE(pointers); i++) {
		for (len = 0; len <= 4; len++) {
			s = segment(self, ACK | URG, self->seq + sent, self->ack);
			s.urgent = pointers[i];
			s.len = len;
			memcpy(s.data, "data", len);
			ASSERT_EQ(0, raw_send(&self->raw, &s));
			sent += len;
			recv(fd, buf, 1, MSG_OOB | MSG_DONTWAIT);
			got += take(fd);
			got += take(fd);
		}
	}
	ASSERT_EQ(0, peer_send(self, ACK | FIN, self->seq + sent, self->ack, ""));
	got += drain(fd);
	/* One byte of each urgent segment may have been read apart, or skipped. */
	EXPECT_GE(sent, got);
	EXPECT_LE(sent - 55, got);
}

/* CVE-1999-0016: from itself to itself */
TEST_F(peer, segment_from_itself)
{
	unsigned char buf[100];
	struct segment s;
	struct in_addr own;
	size_t len;
	long before;
	int flags, fd;

	ASSERT_LE(0, peer_listen(self, 4));
	inet_pton(AF_INET, SOCKET_IP, &own);
	before = counter("OutSegs") + counter("OutRsts");
	for (flags = 0; flags < 64; flags++) {
		s = segment(self, flags, ISN, 4711);
		s.sport = s.dport;
		len = raw_build(&s, buf);
		memcpy(buf + 12, &own, 4);
		raw_fix_ip_checksum(buf);
		raw_fix_tcp_checksum(buf, len);
		ASSERT_EQ(0, raw_send_bytes(&self->raw, buf, len));
	}
	/* The few answers there are come to an end. */
	EXPECT_TRUE(peer_silent(self));
	EXPECT_GE(before + 64 * 8, counter("OutSegs") + counter("OutRsts"));
	fd = peer_connect(self);
	EXPECT_LE(0, fd);
}

/* Every option is known, and what is between them is NOP, or zero behind EOL. */
static bool options_are_whole(const struct segment *s)
{
	static const unsigned char lengths[] = { [2] = 4, [3] = 3, [4] = 2, [8] = 10 };
	unsigned int i = 0, kind;

	while (i < s->option_len) {
		kind = s->options[i];
		if (!kind)
			break;
		if (kind == 1) {
			i++;
			continue;
		}
		if (kind == 5 && i + 1 < s->option_len) {
			i += s->options[i + 1];
			continue;
		}
		if (kind >= sizeof(lengths) || !lengths[kind] ||
		    i + 1 >= s->option_len || s->options[i + 1] != lengths[kind])
			return false;
		i += lengths[kind];
	}
	while (i < s->option_len)
		if (s->options[i++])
			return false;
	return i == s->option_len;
}

static bool whole(const struct segment *s)
{
	return s->good && !s->reserved && options_are_whole(s) &&
	       (s->flags & URG || !s->urgent) && (s->flags & ACK || !s->ack) &&
	       (!(s->flags & RST) || !s->len);
}

/* Each byte of each kind of segment was put there. */
TEST_F(peer, segments_are_whole)
{
	static const unsigned int lengths[] = { 1, 2, 3, 5, 399, 501 };
	int fd, i, j;

	ASSERT_EQ(0, peer_send(self, SYN, ISN, 0, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_TRUE(whole(&self->s));
	fd = peer_connect_ts(self, 1);
	EXPECT_TRUE(whole(&self->s));
	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		char buf[2000];

		memset(buf, 'd', sizeof(buf));
		ASSERT_EQ(lengths[i], send(fd, buf, lengths[i], i & 1 ? MSG_OOB : 0));
		do {
			ASSERT_TRUE(peer_recv(self));
		} while (self->s.seq != self->ack);
		EXPECT_TRUE(whole(&self->s));
		EXPECT_EQ(lengths[i], self->s.len);
		for (j = 0; j < self->s.len; j++)
			ASSERT_EQ('d', self->s.data[j]);
		self->ack += self->s.len;
		ASSERT_EQ(0, peer_send_ts(self, ACK, self->seq, self->ack, 2 + i, ""));
	}
	/* Out of order: acknowledged at once; then a FIN, or an RST */
	ASSERT_EQ(0, peer_send_ts(self, ACK, self->seq + 5, self->ack, 100, "x"));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_TRUE(whole(&self->s));
	ASSERT_EQ(0, shutdown(fd, SHUT_WR));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_TRUE(whole(&self->s));
	reset_by(fd);
	ASSERT_TRUE(peer_recv(self));
	EXPECT_TRUE(whole(&self->s));
}

/*
 * CVE-2024-41007: a window that shuts over what is in flight, and a program's
 * patience: neither a flood of segments nor an endless wait.
 */
TEST_F(peer, shut_window_and_user_timeout)
{
	int fd = peer_connect(self), segments = 0;
	struct segment s;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1500));
	ASSERT_EQ(10, send(fd, "0123456789", 10, 0));
	ASSERT_TRUE(peer_recv(self));
	s = segment(self, ACK, self->seq, self->ack);
	s.window = 0;
	ASSERT_EQ(0, raw_send(&self->raw, &s));
	while (!(wait_for(fd, 0) & POLLERR))
		;
	EXPECT_EQ(ETIMEDOUT, sock_error(fd));
	while (!raw_recv(&self->raw, &self->s, 0))
		segments++;
	EXPECT_GE(20, segments);
	close(fd);
}

/* What a connection's headers say of the host's other traffic: the IP id */
static int next_id(int tap, unsigned int sport)
{
	static unsigned char buf[70000];
	struct pollfd p = { .fd = tap, .events = POLLIN };
	ssize_t n;

	while (poll(&p, 1, PATIENCE) == 1) {
		n = recv(tap, buf, sizeof(buf), 0);
		if (n >= 40 && (unsigned int)(buf[20] << 8 | buf[21]) == sport)
			return buf[4] << 8 | buf[5];
	}
	return -1;
}

/* CVE-2020-36516: identifications don't count what others send. */
TEST_F(peer, identification_is_a_connections_own)
{
	int fd = peer_connect(self), other[2], first, second, i;
	unsigned int port = self->port;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pair(other));
	while (!raw_recv(&self->raw, &self->s, 0))
		;
	ASSERT_EQ(1, send(fd, "a", 1, 0));
	first = next_id(self->raw.fd, port);
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack + 1, ""));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, send_all(other[0], "x", 1));
		ASSERT_EQ(0, recv_all(other[1], scratch, 1));
	}
	ASSERT_EQ(1, send(fd, "b", 1, 0));
	do {
		second = next_id(self->raw.fd, port);
	} while (second == first);
	/* Something may have been sent again. */
	EXPECT_GE(20, (second - first) & 0xffff);
}

/* How many wrong SYNs are answered, from a new budget to its end */
static long budget(PEER *p)
{
	long start = counter("TCPChallengeACK"), last = start, n;
	int i, idle = 0;

	while (last == start || idle < 20) {
		for (i = 0; i < 20; i++)
			if (peer_send(p, SYN, p->seq, p->ack, ""))
				return -1;
		n = counter("TCPChallengeACK");
		idle = n == last ? idle + 1 : 0;
		last = n;
	}
	return last - start;
}

/* CVE-2016-5696: nobody can count what was left of the host's budget. */
TEST_F(peer, budget_of_challenges)
{
	int fd, i, by_rule = 0;

	ASSERT_EQ(0, sysctl_set("ipv4/tcp_challenge_ack_limit", "100"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_invalid_ratelimit", "0"));
	fd = peer_connect(self);
	ASSERT_LE(0, fd);
	for (i = 0; i < 4; i++)
		by_rule += budget(self) % 100 == 0;
	EXPECT_GT(4, by_rule);
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_challenge_ack_limit", "2147483647"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_invalid_ratelimit", "500"));
}

#include "nothing_left.h"
