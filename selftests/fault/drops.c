// SPDX-License-Identifier: GPL-2.0
/*
 * What is dropped, and counted: damaged segments and IPv4 headers, segments that
 * make no sense, what does not fit into the window.
 */
#include <linux/sock_diag.h>
#include <linux/version.h>

#include "peer_fixture.h"

/* E-09, H-76: damaged segments are counted and dropped, wherever they arrive. */
struct damage {
	const char *name;
	size_t (*inflict)(unsigned char *ip, size_t len);
	bool checksum;		/* InCsumErrors as well */
	bool silent;		/* TCP does not count it; XTCP must */
};

static size_t wrong_checksum(unsigned char *ip, size_t len)
{
	ip[36] ^= 0x55;
	return len;
}

static size_t wrong_payload(unsigned char *ip, size_t len)
{
	ip[len - 1] ^= 1;
	return len;
}

static size_t header_too_short(unsigned char *ip, size_t len)
{
	ip[32] = 4 << 4;
	raw_fix_tcp_checksum(ip, len);
	return len;
}

static size_t no_header(unsigned char *ip, size_t len)
{
	ip[32] = 0;
	raw_fix_tcp_checksum(ip, len);
	return len;
}

static size_t header_too_long(unsigned char *ip, size_t len)
{
	ip[32] = 15 << 4;
	raw_fix_tcp_checksum(ip, len);
	return len;
}

static size_t cut_to(unsigned char *ip, size_t len)
{
	ip[2] = len >> 8;
	ip[3] = len;
	raw_fix_ip_checksum(ip);
	return len;
}

static size_t cut_in_header(unsigned char *ip, size_t len)
{
	return cut_to(ip, 20 + 12);
}

static size_t cut_before_header(unsigned char *ip, size_t len)
{
	return cut_to(ip, 20);
}

static const struct damage damages[] = {
	{ "checksum", wrong_checksum, true },
	{ "payload", wrong_payload, true },
	{ "data offset 4", header_too_short, false },
	{ "data offset 0", no_header, false },
	{ "data offset 15", header_too_long, false, true },
	{ "cut in the header", cut_in_header, false, true },
	{ "cut before the header", cut_before_header, false, true },
};

/* Send @s with @damage done to it. */
static int send_damaged(PEER *p, struct segment *s, const struct damage *damage)
{
	unsigned char buf[4096];
	size_t len = raw_build(s, buf);

	return raw_send_bytes(&p->raw, buf, damage->inflict(buf, len));
}

/* What was refused, by TCP or, in either direction, by xtcp0 */
static long refused(void)
{
	static const char *const names[] = {
		"rx_dropped", "rx_errors", "rx_length_errors", "rx_crc_errors",
		"rx_frame_errors", "tx_dropped", "tx_errors",
	};
	long sum = counter("InErrs");
	size_t i;

	for (i = 0; !native() && i < ARRAY_SIZE(names); i++)
		sum += dev_stat("xtcp0", names[i]);
	return sum;
}

static void damage_at(struct __test_metadata *_metadata, PEER *self,
		      struct segment *s)
{
	long errors, checksums;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(damages); i++) {
		errors = refused();
		checksums = counter("InCsumErrors");
		ASSERT_EQ(0, send_damaged(self, s, &damages[i]));
		EXPECT_TRUE((native() && damages[i].silent) ||
			    WAIT_FOR(refused() > errors)) {
			TH_LOG("%s: not counted", damages[i].name);
		}
		EXPECT_EQ(checksums + damages[i].checksum,
			  counter("InCsumErrors")) {
			TH_LOG("%s: InCsumErrors", damages[i].name);
		}
		EXPECT_TRUE(peer_silent(self)) {
			TH_LOG("%s: answered", damages[i].name);
		}
	}
}

TEST_F(peer, damage_at_a_closed_port)
{
	struct segment s = segment(self, SYN, ISN, 0);

	s.len = 3;
	damage_at(_metadata, self, &s);
}

TEST_F(peer, damage_at_a_listener)
{
	struct segment s;

	ASSERT_LE(0, peer_listen(self, 4));
	s = segment(self, SYN, ISN, 0);
	s.len = 3;
	damage_at(_metadata, self, &s);
	EXPECT_EQ(ST_NONE, peer_state(self));
}

TEST_F(peer, damage_at_a_connection)
{
	int fd = peer_connect(self);
	struct segment s;
	char byte;

	ASSERT_LE(0, fd);
	s = segment(self, ACK | PSH, self->seq, self->ack);
	s.len = 3;
	damage_at(_metadata, self, &s);
	EXPECT_EQ(EAGAIN, err(recv(fd, &byte, 1, MSG_DONTWAIT)));
	/* and it still works */
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack, "x"));
	EXPECT_EQ(1, recv(fd, &byte, 1, 0));
}

/* Damage to the IPv4 header: dropped before TCP, by the device. */
static size_t ip_checksum(unsigned char *ip, size_t len)
{
	ip[10] ^= 0xff;
	return len;
}

static size_t ip_version(unsigned char *ip, size_t len)
{
	ip[0] = 0x65;
	raw_fix_ip_checksum(ip);
	return len;
}

static size_t ip_header_length(unsigned char *ip, size_t len)
{
	ip[0] = 0x44;
	raw_fix_ip_checksum(ip);
	return len;
}

static size_t ip_header_beyond(unsigned char *ip, size_t len)
{
	ip[0] = 0x4f;
	raw_fix_ip_checksum(ip);
	return 40;
}

static size_t ip_total_length(unsigned char *ip, size_t len)
{
	ip[2] = 0x20;
	raw_fix_ip_checksum(ip);
	return len;
}

static size_t ip_total_too_short(unsigned char *ip, size_t len)
{
	ip[2] = 0;
	ip[3] = 10;
	raw_fix_ip_checksum(ip);
	return len;
}

static size_t ip_nearly_nothing(unsigned char *ip, size_t len)
{
	return 7;
}

static size_t ip_one_byte(unsigned char *ip, size_t len)
{
	return 1;
}

static size_t ip_fragment(unsigned char *ip, size_t len)
{
	ip[6] = 0x20;
	raw_fix_ip_checksum(ip);
	return len;
}

static size_t ip_later_fragment(unsigned char *ip, size_t len)
{
	ip[6] = 0;
	ip[7] = 5;
	raw_fix_ip_checksum(ip);
	return len;
}

static size_t ip_protocol(unsigned char *ip, size_t len)
{
	ip[9] = IPPROTO_UDP;
	raw_fix_ip_checksum(ip);
	return len;
}

static size_t ip_destination(unsigned char *ip, size_t len)
{
	ip[16] = 192;
	raw_fix_ip_checksum(ip);
	raw_fix_tcp_checksum(ip, len);
	return len;
}

static const struct damage ip_damages[] = {
	{ "checksum", ip_checksum, false },
	{ "version", ip_version, false },
	{ "header length 4", ip_header_length, false },
	{ "header longer than the packet", ip_header_beyond, false },
	{ "total length too long", ip_total_length, false },
	{ "total length too short", ip_total_too_short, false },
	{ "seven bytes", ip_nearly_nothing, false },
	{ "one byte", ip_one_byte, false },
	{ "first fragment", ip_fragment, false },
	{ "later fragment", ip_later_fragment, false },
	{ "not TCP", ip_protocol, false },
	{ "foreign destination", ip_destination, false },
};

TEST_F(peer, damage_to_the_ip_header)
{
	struct segment s = segment(self, SYN, ISN, 0);
	long before;
	size_t i;

	ASSERT_LE(0, peer_listen(self, 4));
	s.len = 40;
	for (i = 0; i < ARRAY_SIZE(ip_damages); i++) {
		before = refused();
		/* the packet socket itself may refuse what is too short */
		if (send_damaged(self, &s, &ip_damages[i]))
			continue;
		EXPECT_TRUE(native() ||
			    WAIT_FOR(refused() > before)) {
			TH_LOG("%s: not counted", ip_damages[i].name);
		}
		EXPECT_TRUE(peer_silent(self)) {
			TH_LOG("%s: answered", ip_damages[i].name);
		}
	}
	EXPECT_EQ(ST_NONE, peer_state(self));
}

/* Options and padding in the IPv4 header are not TCP's business. */
TEST_F(peer, padding_after_the_packet)
{
	struct segment s = segment(self, SYN, ISN, 0);
	unsigned char buf[4096];
	size_t len = raw_build(&s, buf);

	ASSERT_LE(0, peer_listen(self, 4));
	memset(buf + len, 0xee, 6);
	ASSERT_EQ(0, raw_send_bytes(&self->raw, buf, len + 6));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(SYN | ACK, self->s.flags);
	EXPECT_EQ(ISN + 1, self->s.ack);
}

/* Anything at all, at a closed port, a listener and a connection */
TEST_F(peer, absurd_segments)
{
	unsigned int seed = 4711;
	int fd = peer_connect(self);
	struct segment s;
	unsigned int i, j;

	ASSERT_LE(0, fd);
	for (i = 0; i < 600; i++) {
		s = segment(self, rand_r(&seed) & 0xff, rand_r(&seed),
			    rand_r(&seed));
		/* a third of them close to what is expected */
		if (i % 3 == 0) {
			s.seq = self->seq + rand_r(&seed) % 5 - 2;
			s.ack = self->ack + rand_r(&seed) % 5 - 2;
		}
		s.dport = i % 7 == 1 ? 1 : self->port;
		if (i % 7 == 2)
			s.sport = own_port();
		s.window = rand_r(&seed);
		s.urgent = rand_r(&seed);
		s.option_len = rand_r(&seed) % 11 * 4;
		for (j = 0; j < s.option_len; j++)
			s.options[j] = rand_r(&seed) % 12;
		s.len = rand_r(&seed) % 60;
		ASSERT_EQ(0, raw_send(&self->raw, &s));
	}
	close(fd);
	/* whatever came of it, the listener lives */
	ASSERT_EQ(0, raw_open(&self->raw));
	close(self->lfd);
	self->lfd = -1;
	self->port = own_port();
	self->seq = ISN;
	EXPECT_LE(0, peer_connect(self));
}

/* Fills the window, whatever that is; the last ACK says it is shut. */
static bool shut_window(PEER *p)
{
	struct segment s = segment(p, ACK, p->seq, p->ack);

	memset(s.data, 'd', sizeof(s.data));
	do {
		s.len = p->s.window < 1400 ? p->s.window : 1400;
		s.seq = p->seq;
		if (raw_send(&p->raw, &s))
			return false;
		p->seq += s.len;
		do {
			if (!peer_recv(p))
				return false;
		} while (p->s.ack != p->seq);
	} while (p->s.window);
	return true;
}

/* By 7.2 what ends beyond a window is told of apart, a shut one or not. */
static const char *shut_counter(void)
{
	return kernel_version() < KERNEL_VERSION(7, 2, 0) ?
	       "TCPZeroWindowDrop" : "BeyondWindow";
}

/* H-69: nothing goes through a shut window, nor what only begins before it. */
TEST_F(peer, shut_window)
{
	long drops = counter(shut_counter());
	__u32 info[SK_MEMINFO_VARS] = { };
	socklen_t len = sizeof(info);
	static char buf[65536];
	int fd, read;

	ASSERT_LE(0, peer_listen(self, 4));
	ASSERT_EQ(0, set_int(self->lfd, SOL_SOCKET, SO_RCVBUF, 10000));
	fd = peer_connect(self);
	ASSERT_LE(0, fd);
	ASSERT_TRUE(shut_window(self));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq - 1, self->ack, "dx"));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(ACK, self->s.flags);
	EXPECT_EQ(self->seq, self->s.ack);
	EXPECT_EQ(0, self->s.window);
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack, "x"));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(self->seq, self->s.ack);
	EXPECT_EQ(drops + 2, counter(shut_counter()));
	read = self->seq - ISN - 1;
	EXPECT_EQ(read, recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, err(recv(fd, buf, 1, MSG_DONTWAIT)));
	ASSERT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len));
	EXPECT_EQ(0, info[SK_MEMINFO_RMEM_ALLOC]);
	reset_by(fd);
}

TEST_HARNESS_MAIN
