// SPDX-License-Identifier: GPL-2.0
/* Single segments: what answers them, what drops them, what counts them. */
#include <linux/sock_diag.h>

#include "peer_fixture.h"

/* E-10 */
TEST_F(peer, closed_port_syn)
{
	long rsts = counter("OutRsts");

	ASSERT_EQ(0, peer_send(self, SYN, ISN, 0, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(RST | ACK, self->s.flags);
	EXPECT_EQ(0, self->s.seq);
	EXPECT_EQ(ISN + 1, self->s.ack);
	EXPECT_EQ(0, self->s.window);
	EXPECT_EQ(0, self->s.option_len);
	EXPECT_EQ(0, self->s.len);
	EXPECT_EQ(rsts + 1, counter("OutRsts"));
}

/* E-10: what the answer acknowledges */
TEST_F(peer, closed_port_lengths)
{
	ASSERT_EQ(0, peer_send(self, SYN | FIN, ISN, 0, "12345"));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(ISN + 7, self->s.ack);
	ASSERT_EQ(0, peer_send(self, PSH, ISN, 0, "123"));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(ISN + 3, self->s.ack);
	EXPECT_EQ(RST | ACK, self->s.flags);
}

/* E-10 */
TEST_F(peer, closed_port_ack)
{
	ASSERT_EQ(0, peer_send(self, ACK, ISN, 4711, "data"));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(RST, self->s.flags);
	EXPECT_EQ(4711, self->s.seq);
	ASSERT_EQ(0, peer_send(self, SYN | ACK, ISN, 4712, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(RST, self->s.flags);
	EXPECT_EQ(4712, self->s.seq);
}

/* E-10: never in reply to an RST */
TEST_F(peer, closed_port_rst)
{
	ASSERT_EQ(0, peer_send(self, RST, ISN, 0, ""));
	ASSERT_EQ(0, peer_send(self, RST | ACK, ISN, 4711, ""));
	EXPECT_TRUE(peer_silent(self));
}

/* E-01 */
TEST_F(peer, listener_ack)
{
	ASSERT_LE(0, peer_listen(self, 4));
	ASSERT_EQ(0, peer_send(self, ACK, ISN, 4711, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(RST, self->s.flags);
	EXPECT_EQ(4711, self->s.seq);
	ASSERT_EQ(0, peer_send(self, SYN | ACK, ISN, 4712, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(RST, self->s.flags);
	EXPECT_EQ(ST_NONE, peer_state(self));
}

/* E-02, E-03, E-04 */
TEST_F(peer, listener_drops)
{
	static const int flags[] = {
		RST, RST | ACK, RST | SYN, SYN | FIN, 0, FIN, PSH, URG,
		FIN | PSH | URG,
	};
	size_t i;

	ASSERT_LE(0, peer_listen(self, 4));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		ASSERT_EQ(0, peer_send(self, flags[i], ISN, 0, ""));
		EXPECT_TRUE(peer_silent(self)) {
			TH_LOG("flags %#x", flags[i]);
		}
	}
	EXPECT_EQ(ST_NONE, peer_state(self));
	EXPECT_EQ(0, mask_of(self->lfd));
}

/* E-07, C-23, J-67 */
TEST_F(peer, request_object)
{
	struct row row;

	ASSERT_LE(0, peer_listen(self, 4));
	ASSERT_EQ(0, peer_send(self, SYN, ISN, 0, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(SYN | ACK, self->s.flags);
	EXPECT_EQ(ISN + 1, self->s.ack);
	EXPECT_EQ(0, self->s.len);
	ASSERT_EQ(1, row_find(self->port, self->raw.port, &row));
	EXPECT_EQ(ST_SYN_RECV, row.state);
	EXPECT_EQ(1, row.timer);
	EXPECT_EQ(0, row.inode);
	/* nobody is woken yet */
	EXPECT_EQ(0, mask_of(self->lfd));
	ASSERT_EQ(0, peer_send(self, ACK, ISN + 1, self->s.seq + 1, ""));
	EXPECT_EQ(POLLIN, wait_for(self->lfd, POLLIN));
	EXPECT_EQ(ST_ESTABLISHED, peer_state(self));
}

/* E-08 */
TEST_F(peer, payload_of_a_syn)
{
	char buf[8];
	int fd;

	ASSERT_LE(0, peer_listen(self, 4));
	ASSERT_EQ(0, peer_send(self, SYN, ISN, 0, "early"));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(ISN + 1, self->s.ack);
	ASSERT_EQ(0, peer_send(self, ACK, ISN + 1, self->s.seq + 1, "late"));
	fd = accept(self->lfd, NULL, NULL);
	EXPECT_EQ(4, recv(fd, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "late", 4));
}

/* Options of a SYN, and those of the SYN-ACK that is the answer */
static const unsigned char all_options[] = {
	2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7,
};

static int send_syn(PEER *p, const unsigned char *options, size_t len)
{
	struct segment s = segment(p, SYN, p->seq, 0);

	memcpy(s.options, options, len);
	s.option_len = len;
	return raw_send(&p->raw, &s);
}

/* E-12 to E-17 */
TEST_F(peer, options_of_a_syn_ack)
{
	const unsigned char *o = self->s.options;

	ASSERT_LE(0, peer_listen(self, 4));
	ASSERT_EQ(0, send_syn(self, all_options, sizeof(all_options)));
	ASSERT_TRUE(peer_recv(self));
	ASSERT_EQ(20, self->s.option_len);
	/* MSS of the device, whatever the peer said */
	EXPECT_EQ(2, o[0]);
	EXPECT_EQ(4, o[1]);
	EXPECT_EQ(65495, o[2] << 8 | o[3]);
	/* SACK-permitted, or two NOPs where there is no SACK yet */
	EXPECT_TRUE((o[4] == 4 && o[5] == 2) || (o[4] == 1 && o[5] == 1));
	EXPECT_EQ(8, o[6]);
	EXPECT_EQ(10, o[7]);
	/* TSecr is the TSval of the SYN */
	EXPECT_EQ(0, memcmp(o + 12, "\1\2\3\4", 4));
	EXPECT_EQ(1, o[16]);
	EXPECT_EQ(3, o[17]);
	EXPECT_EQ(3, o[18]);
	EXPECT_EQ(7, o[19]);
}

/* The kinds of the last segment's options, without NOPs, as text */
static const char *kinds(const struct segment *s)
{
	static char text[64];
	unsigned int i = 0;
	size_t n = 0;

	text[0] = 0;
	while (i < s->option_len && s->options[i]) {
		if (s->options[i] == 1) {
			i++;
			continue;
		}
		n += snprintf(text + n, sizeof(text) - n, "%u ", s->options[i]);
		if (i + 1 >= s->option_len || s->options[i + 1] < 2)
			break;
		i += s->options[i + 1];
	}
	return text;
}

static const struct {
	const char *row;
	unsigned char options[20];
	size_t len;
	const char *answer;
} negotiations[] = {
	{ "E-12", { }, 0, "2 " },
	{ "E-13", { 2, 4, 0, 0 }, 4, "2 " },
	{ "E-14", { 2, 4, 5, 180, 1, 3, 3, 0 }, 8, "2 3 " },
	{ "E-14", { 2, 4, 5, 180, 1, 3, 3, 15 }, 8, "2 3 " },
	{ "E-16", { 2, 4, 5, 180, 1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0 }, 16,
	  "2 8 " },
	{ "E-19", { 99, 4, 1, 2, 2, 4, 5, 180 }, 8, "2 " },
	{ "E-19", { 2, 4, 5, 180, 3, 0, 0, 0 }, 8, "2 " },
	{ "E-19", { 2, 4, 5, 180, 3, 1, 7, 0 }, 8, "2 " },
	{ "E-19", { 2, 4, 5, 180, 1, 3, 200, 7 }, 8, "2 " },
	{ "E-19", { 0, 3, 3, 7 }, 4, "2 " },
	{ "E-19", { 2, 10, 5, 180 }, 4, "2 " },
	{ "E-19", { 8, 10, 1, 2 }, 4, "2 " },
};

/* E-12 to E-14, E-16, E-19 */
TEST_F(peer, negotiations)
{
	size_t i;

	ASSERT_LE(0, peer_listen(self, 100));
	for (i = 0; i < ARRAY_SIZE(negotiations); i++) {
		self->raw.port = own_port();
		ASSERT_EQ(0, send_syn(self, negotiations[i].options,
				      negotiations[i].len));
		ASSERT_TRUE(peer_recv(self));
		EXPECT_EQ(SYN | ACK, self->s.flags);
		EXPECT_STREQ(negotiations[i].answer, kinds(&self->s)) {
			TH_LOG("%s entry %zu", negotiations[i].row, i);
		}
	}
}

/* E-14, E-16, J-26, J-27: the sysctls turn options off. */
TEST_F(peer, options_turned_off)
{
	ASSERT_EQ(0, raw_netns());
	ASSERT_EQ(0, raw_open(&self->raw));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_timestamps", "0"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_window_scaling", "0"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_sack", "0"));
	ASSERT_LE(0, peer_listen(self, 4));
	ASSERT_EQ(0, send_syn(self, all_options, sizeof(all_options)));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_STREQ("2 ", kinds(&self->s));
}

/* E-21 */
TEST_F(peer, window_of_a_syn_ack)
{
	ASSERT_LE(0, peer_listen(self, 4));
	ASSERT_EQ(0, send_syn(self, all_options, sizeof(all_options)));
	ASSERT_TRUE(peer_recv(self));
	/* half of 131072, unscaled and never above 65535 */
	EXPECT_LE(32768, self->s.window);
	EXPECT_GE(65535, self->s.window);
}

/* E-13 */
TEST_F(peer, no_mss_means_536)
{
	int fd = peer_connect(self);

	ASSERT_LE(0, fd);
	EXPECT_EQ(536, get_int(fd, IPPROTO_TCP, TCP_MAXSEG));
}

/* E-24 */
TEST_F(peer, second_syn)
{
	__u32 isn;

	ASSERT_EQ(0, raw_netns());
	ASSERT_EQ(0, raw_open(&self->raw));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_invalid_ratelimit", "1000000"));
	ASSERT_LE(0, peer_listen(self, 4));
	ASSERT_EQ(0, peer_send(self, SYN, ISN, 0, ""));
	ASSERT_TRUE(peer_recv(self));
	isn = self->s.seq;
	ASSERT_EQ(0, peer_send(self, SYN, ISN, 0, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(SYN | ACK, self->s.flags);
	EXPECT_EQ(isn, self->s.seq);
	/* but not as often as one likes */
	ASSERT_EQ(0, peer_send(self, SYN, ISN, 0, ""));
	EXPECT_TRUE(WAIT_FOR(counter("TCPACKSkippedSynRecv") == 1));
	EXPECT_EQ(ST_SYN_RECV, peer_state(self));
}

/* Bring the peer to SYN_RECV. */
static int peer_request(PEER *p, int backlog)
{
	if (p->lfd < 0 && peer_listen(p, backlog) < 0)
		return -1;
	if (peer_send(p, SYN, ISN, 0, "") || !peer_recv(p) ||
	    p->s.flags != (SYN | ACK))
		return -1;
	p->seq = ISN + 1;
	p->ack = p->s.seq + 1;
	return 0;
}

/* E-25 */
TEST_F(peer, request_wrong_ack)
{
	ASSERT_EQ(0, peer_request(self, 4));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack + 1, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(RST, self->s.flags);
	EXPECT_EQ(self->ack + 1, self->s.seq);
	EXPECT_EQ(ST_SYN_RECV, peer_state(self));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack, ""));
	EXPECT_EQ(POLLIN, wait_for(self->lfd, POLLIN));
}

/* E-27 */
TEST_F(peer, request_rst)
{
	long embryonic = counter("EmbryonicRsts");
	long attempts = counter("AttemptFails");

	ASSERT_EQ(0, peer_request(self, 4));
	ASSERT_EQ(0, peer_send(self, RST, self->seq, 0, ""));
	EXPECT_TRUE(reaches(self, ST_NONE));
	EXPECT_EQ(embryonic + 1, counter("EmbryonicRsts"));
	EXPECT_EQ(attempts + 1, counter("AttemptFails"));
	EXPECT_TRUE(peer_silent(self));
	EXPECT_EQ(ST_LISTEN, state_of(self->port, 0));
}

/* E-28: an RST that is not exact removes nothing. */
TEST_F(peer, request_inexact_rst)
{
	ASSERT_EQ(0, peer_request(self, 4));
	ASSERT_EQ(0, peer_send(self, RST, self->seq + 10, 0, ""));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack, ""));
	EXPECT_EQ(POLLIN, wait_for(self->lfd, POLLIN));
	EXPECT_EQ(ST_ESTABLISHED, peer_state(self));
}

/* E-29 */
TEST_F(peer, request_new_syn)
{
	ASSERT_EQ(0, peer_request(self, 4));
	ASSERT_EQ(0, peer_send(self, SYN, self->seq + 10, 0, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(RST, self->s.flags & RST);
	EXPECT_TRUE(reaches(self, ST_NONE));
}

/* E-30 */
TEST_F(peer, request_without_ack)
{
	ASSERT_EQ(0, peer_request(self, 4));
	ASSERT_EQ(0, peer_send(self, PSH, self->seq, 0, "data"));
	EXPECT_TRUE(peer_silent(self));
	EXPECT_EQ(ST_SYN_RECV, peer_state(self));
}

/* E-32, F-12 */
TEST_F(peer, request_ack_with_data_and_fin)
{
	char buf[8];
	int fd;

	ASSERT_EQ(0, peer_request(self, 4));
	ASSERT_EQ(0, peer_send(self, ACK | FIN | PSH, self->seq, self->ack,
			       "both"));
	fd = accept(self->lfd, NULL, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(ST_CLOSE_WAIT, peer_state(self));
	EXPECT_EQ(4, recv(fd, buf, sizeof(buf), 0));
	EXPECT_EQ(0, recv(fd, buf, sizeof(buf), 0));
}

/* C-37, E-34: the listener goes, then the final ACK comes. */
TEST_F(peer, request_without_listener)
{
	ASSERT_EQ(0, peer_request(self, 4));
	ASSERT_EQ(0, close(self->lfd));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(RST, self->s.flags);
	EXPECT_EQ(self->ack, self->s.seq);
	EXPECT_TRUE(reaches(self, ST_NONE));
}

/* C-21, J-13: SYN-ACKs at 0 and 1 s, the end at 3 s */
TEST_F(peer, request_times_out)
{
	__u32 isn;

	ASSERT_EQ(0, raw_netns());
	ASSERT_EQ(0, raw_open(&self->raw));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_synack_retries", "1"));
	ASSERT_EQ(0, peer_request(self, 4));
	isn = self->s.seq;
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(SYN | ACK, self->s.flags);
	EXPECT_EQ(isn, self->s.seq);
	EXPECT_TRUE(reaches(self, ST_NONE));
	EXPECT_TRUE(peer_silent(self));
}

/* Three clients of a listener of backlog 1: two are in its queue (C-13). */
static int overflow(PEER *p)
{
	unsigned int port[3] = { own_port(), own_port(), own_port() };
	__u32 ack[3];
	int i;

	for (i = 0; i < 3; i++) {
		p->raw.port = port[i];
		if (peer_request(p, 1))
			return -1;
		ack[i] = p->ack;
		/* the third request needs room among the requests (C-15) */
		if (i == 1) {
			p->raw.port = port[0];
			if (peer_send(p, ACK, ISN + 1, ack[0], "") ||
			    !reaches(p, ST_ESTABLISHED))
				return -1;
		}
	}
	p->raw.port = port[1];
	if (peer_send(p, ACK, ISN + 1, ack[1], "") ||
	    !reaches(p, ST_ESTABLISHED))
		return -1;
	p->raw.port = port[2];
	p->ack = ack[2];
	return 0;
}

/* C-19 */
TEST_F(peer, final_ack_meets_a_full_queue)
{
	long overflows, drops;
	char byte;
	int i, fd;

	ASSERT_EQ(0, overflow(self));
	overflows = counter("ListenOverflows");
	drops = counter("ListenDrops");
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack, ""));
	EXPECT_TRUE(WAIT_FOR(counter("ListenOverflows") == overflows + 1));
	EXPECT_TRUE(WAIT_FOR(counter("ListenDrops") == drops + 1));
	EXPECT_TRUE(peer_silent(self));
	EXPECT_EQ(ST_SYN_RECV, peer_state(self));
	/* once there is room, data completes it */
	for (i = 0; i < 2; i++)
		ASSERT_LE(0, accept(self->lfd, NULL, NULL));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack, "x"));
	fd = accept(self->lfd, NULL, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(self->raw.port, peer_port_of(fd));
	EXPECT_EQ(1, recv(fd, &byte, 1, 0));
}

/* C-20, J-17 */
TEST_F(peer, abort_on_overflow)
{
	ASSERT_EQ(0, raw_netns());
	ASSERT_EQ(0, raw_open(&self->raw));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_abort_on_overflow", "1"));
	ASSERT_EQ(0, overflow(self));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(RST, self->s.flags & RST);
	EXPECT_TRUE(reaches(self, ST_NONE));
}

/* C-15, C-16: without cookies a SYN that finds the queue full is dropped. */
TEST_F(peer, request_queue_full)
{
	int i;

	ASSERT_EQ(0, raw_netns());
	ASSERT_EQ(0, raw_open(&self->raw));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_syncookies", "0"));
	for (i = 0; i < 3; i++) {
		self->raw.port = own_port();
		ASSERT_EQ(0, peer_request(self, 2));
	}
	self->raw.port = own_port();
	ASSERT_EQ(0, peer_send(self, SYN, ISN, 0, ""));
	EXPECT_TRUE(WAIT_FOR(counter("TCPReqQFullDrop") == 1));
	EXPECT_TRUE(peer_silent(self));
	EXPECT_EQ(ST_NONE, peer_state(self));
}

/* C-16, C-27: with cookies it is answered, and nothing is kept. */
TEST_F(peer, cookies)
{
	int i;

	ASSERT_EQ(0, raw_netns());
	ASSERT_EQ(0, raw_open(&self->raw));
	for (i = 0; i < 3; i++) {
		self->raw.port = own_port();
		ASSERT_EQ(0, peer_request(self, 2));
	}
	self->raw.port = own_port();
	ASSERT_EQ(0, peer_request(self, 2));
	EXPECT_EQ(1, counter("TCPReqQFullDoCookies"));
	EXPECT_EQ(1, counter("SyncookiesSent"));
	EXPECT_EQ(ST_NONE, peer_state(self));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack, ""));
	EXPECT_EQ(POLLIN, wait_for(self->lfd, POLLIN));
	EXPECT_EQ(ST_ESTABLISHED, peer_state(self));
	EXPECT_EQ(1, counter("SyncookiesRecv"));
}

/* E-09: damaged segments are counted and dropped, wherever they arrive. */
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

/* E-44 */
TEST_F(peer, connection_rst)
{
	int fd = peer_connect(self);
	char byte;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, peer_send(self, RST, self->seq, 0, ""));
	EXPECT_EQ(ECONNRESET, err(recv(fd, &byte, 1, 0)));
	EXPECT_EQ(ST_NONE, peer_state(self));
	EXPECT_TRUE(peer_silent(self));
}

/* E-45, E-49 */
TEST_F(peer, connection_inexact_rst)
{
	long challenges = counter("TCPChallengeACK");
	int fd = peer_connect(self);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, peer_send(self, RST, self->seq + 100, 0, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(ACK, self->s.flags);
	EXPECT_EQ(self->ack, self->s.seq);
	EXPECT_EQ(self->seq, self->s.ack);
	EXPECT_EQ(challenges + 1, counter("TCPChallengeACK"));
	EXPECT_EQ(ST_ESTABLISHED, peer_state(self));
}

/* E-43 */
TEST_F(peer, connection_rst_outside)
{
	int fd = peer_connect(self);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, peer_send(self, RST, self->seq - 100, 0, ""));
	ASSERT_EQ(0, peer_send(self, RST, self->seq + 0x10000000, 0, ""));
	EXPECT_TRUE(peer_silent(self));
	EXPECT_EQ(ST_ESTABLISHED, peer_state(self));
}

/* E-46 */
TEST_F(peer, connection_syn)
{
	long challenges = counter("TCPSYNChallenge");
	int fd = peer_connect(self);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, peer_send(self, SYN, self->seq + 10, 0, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(ACK, self->s.flags);
	EXPECT_EQ(self->seq, self->s.ack);
	EXPECT_EQ(challenges + 1, counter("TCPSYNChallenge"));
	EXPECT_EQ(ST_ESTABLISHED, peer_state(self));
}

/* E-48 */
TEST_F(peer, connection_ack_of_the_future)
{
	int fd = peer_connect(self);
	char byte;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack + 1000, "evil"));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack, "g"));
	EXPECT_EQ(1, recv(fd, &byte, 1, 0));
	EXPECT_EQ('g', byte);
	EXPECT_EQ(ST_ESTABLISHED, peer_state(self));
}

/* E-43, H-64: data from the past is acknowledged at once. */
TEST_F(peer, connection_old_data)
{
	int fd = peer_connect(self);
	char byte;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, peer_send(self, ACK, self->seq - 5, self->ack, "12345"));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(ACK, self->s.flags);
	EXPECT_EQ(self->seq, self->s.ack);
	EXPECT_EQ(EAGAIN, err(recv(fd, &byte, 1, MSG_DONTWAIT)));
}

/* H-67, H-68, H-75: holes, overlaps, a FIN before its time */
TEST_F(peer, connection_out_of_order)
{
	int fd = peer_connect(self);
	char buf[16] = "";

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, peer_send(self, ACK | FIN, self->seq + 8, self->ack, "89"));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq + 4, self->ack, "4567"));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq + 6, self->ack, "678"));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq + 1, self->ack, "12"));
	EXPECT_TRUE(WAIT_FOR(counter("TCPOFOQueue") >= 3));
	EXPECT_EQ(EAGAIN, err(recv(fd, buf, 1, MSG_DONTWAIT)));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq - 2, self->ack, "xx0"));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq + 1, self->ack, "1234"));
	EXPECT_EQ(10, recv(fd, buf, 10, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "0123456789", 10));
	EXPECT_EQ(0, recv(fd, buf, 1, 0));
	EXPECT_EQ(ST_CLOSE_WAIT, peer_state(self));
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

/* H-69: nothing goes through a shut window, nor what only begins before it. */
TEST_F(peer, shut_window)
{
	long drops = counter("TCPZeroWindowDrop");
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
	EXPECT_EQ(drops + 2, counter("TCPZeroWindowDrop"));
	read = self->seq - ISN - 1;
	EXPECT_EQ(read, recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, err(recv(fd, buf, 1, MSG_DONTWAIT)));
	ASSERT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len));
	EXPECT_EQ(0, info[SK_MEMINFO_RMEM_ALLOC]);
	reset_by(fd);
}

/* H-91, D-51 */
TEST_F(peer, form_of_an_active_rst)
{
	int fd = peer_connect(self);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, reset_by(fd));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(RST | ACK, self->s.flags);
	EXPECT_EQ(self->ack, self->s.seq);
	EXPECT_EQ(self->seq, self->s.ack);
	EXPECT_EQ(0, self->s.len);
}

/* I-08, I-26: the FIN travels with the data, or alone. */
TEST_F(peer, form_of_a_fin)
{
	int fd = peer_connect(self);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, shutdown(fd, SHUT_WR));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(FIN | ACK, self->s.flags);
	EXPECT_EQ(self->ack, self->s.seq);
	EXPECT_EQ(self->seq, self->s.ack);
	EXPECT_EQ(0, self->s.len);
	EXPECT_EQ(ST_FIN_WAIT1, peer_state(self));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack + 1, ""));
	EXPECT_TRUE(reaches(self, ST_FIN_WAIT2));
	/* I-34 */
	ASSERT_EQ(0, peer_send(self, ACK | FIN, self->seq, self->ack + 1, ""));
	ASSERT_TRUE(peer_recv_but(self, FIN | ACK));
	EXPECT_EQ(ACK, self->s.flags);
	EXPECT_EQ(self->seq + 1, self->s.ack);
}

/* H-05: nobody acknowledges, so it is sent again. */
TEST_F(peer, retransmission)
{
	int fd = peer_connect(self);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, send_all(fd, "again", 5));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(PSH | ACK, self->s.flags);
	EXPECT_EQ(5, self->s.len);
	EXPECT_EQ(0, memcmp(self->s.data, "again", 5));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(self->ack, self->s.seq);
	EXPECT_EQ(5, self->s.len);
	EXPECT_EQ(0, memcmp(self->s.data, "again", 5));
}

/* A socket that connects to the peer, and its SYN */
static int peer_wait_syn(PEER *p)
{
	int fd = sock(SOCK_NONBLOCK);

	if (bind_to(fd, SOCKET_IP, p->port) ||
	    err(connect_to(fd, RAW_IP, p->raw.port)) != EINPROGRESS ||
	    !peer_recv(p) || p->s.flags != SYN)
		return -1;
	p->ack = p->s.seq + 1;
	return fd;
}

/* E-12 to E-17, E-21 */
TEST_F(peer, form_of_a_syn)
{
	const unsigned char *o = self->s.options;
	int fd = peer_wait_syn(self);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, self->s.ack);
	EXPECT_EQ(0, self->s.len);
	EXPECT_GE(65535, self->s.window);
	EXPECT_LE(32768, self->s.window);
	ASSERT_EQ(20, self->s.option_len);
	EXPECT_EQ(2, o[0]);
	EXPECT_EQ(65495, o[2] << 8 | o[3]);
	EXPECT_TRUE((o[4] == 4 && o[5] == 2) || (o[4] == 1 && o[5] == 1));
	EXPECT_EQ(8, o[6]);
	EXPECT_EQ(0, memcmp(o + 12, "\0\0\0\0", 4));
	EXPECT_EQ(3, o[17]);
	EXPECT_EQ(7, o[19]);
}

/* D-36 */
TEST_F(peer, syn_sent_gets_a_syn_ack)
{
	int fd = peer_wait_syn(self);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, peer_send(self, SYN | ACK, ISN, self->ack, ""));
	EXPECT_EQ(POLLOUT, wait_for(fd, POLLOUT));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(ACK, self->s.flags);
	EXPECT_EQ(self->ack, self->s.seq);
	EXPECT_EQ(ISN + 1, self->s.ack);
	EXPECT_EQ(0, connect_to(fd, RAW_IP, self->raw.port));
}

/* D-32 */
TEST_F(peer, syn_sent_gets_an_rst)
{
	int fd = peer_wait_syn(self);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, peer_send(self, RST | ACK, 0, self->ack, ""));
	EXPECT_NE(0, wait_for(fd, POLLERR));
	EXPECT_EQ(ECONNREFUSED, sock_error(fd));
}

/* D-33, D-35 */
TEST_F(peer, syn_sent_ignores)
{
	int fd = peer_wait_syn(self);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, peer_send(self, RST, ISN, 0, ""));
	ASSERT_EQ(0, peer_send(self, RST | ACK, ISN, self->ack + 5, ""));
	ASSERT_EQ(0, peer_send(self, ACK, ISN, self->ack, ""));
	ASSERT_EQ(0, peer_send(self, FIN | ACK, ISN, self->ack, ""));
	EXPECT_TRUE(peer_silent_but(self, SYN));
	EXPECT_EQ(ST_SYN_SENT, peer_state(self));
	EXPECT_EQ(0, mask_of(fd));
}

/* D-33: a wrong acknowledgment is answered with RST. */
TEST_F(peer, syn_sent_gets_a_wrong_ack)
{
	int fd = peer_wait_syn(self);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, peer_send(self, SYN | ACK, ISN, self->ack + 7, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(RST, self->s.flags);
	EXPECT_EQ(self->ack + 7, self->s.seq);
	EXPECT_EQ(ST_SYN_SENT, peer_state(self));
}

/* D-34: a timestamp that was never sent is echoed. */
TEST_F(peer, syn_sent_gets_a_wrong_echo)
{
	static const unsigned char stamps[] = {
		1, 1, 8, 10, 0, 0, 0, 5, 0, 0, 0, 0,
	};
	int fd = peer_wait_syn(self);
	long rejected = counter("PAWSActive");
	struct segment s;

	ASSERT_LE(0, fd);
	s = segment(self, SYN | ACK, ISN, self->ack);
	memcpy(s.options, stamps, sizeof(stamps));
	s.option_len = sizeof(stamps);
	/* TSval of the SYN, the highest byte changed */
	memcpy(s.options + 8, self->s.options + 8, 4);
	s.options[8] ^= 0x40;
	ASSERT_EQ(0, raw_send(&self->raw, &s));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(RST, self->s.flags);
	EXPECT_EQ(self->ack, self->s.seq);
	EXPECT_EQ(ST_SYN_SENT, peer_state(self));
	EXPECT_EQ(rejected + 1, counter("PAWSActive"));
	/* the right one */
	s.options[8] ^= 0x40;
	ASSERT_EQ(0, raw_send(&self->raw, &s));
	EXPECT_EQ(POLLOUT, wait_for(fd, POLLOUT));
}

/* D-37, D-57, D-59: a SYN crosses ours; its payload is ignored. */
TEST_F(peer, syn_sent_gets_a_syn)
{
	int fd = peer_wait_syn(self);
	char byte;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, peer_send(self, SYN, ISN, 0, "early"));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(SYN | ACK, self->s.flags);
	EXPECT_EQ(self->ack - 1, self->s.seq);
	EXPECT_EQ(ISN + 1, self->s.ack);
	EXPECT_EQ(ST_SYN_RECV, peer_state(self));
	ASSERT_EQ(0, peer_send(self, ACK, ISN + 1, self->ack, ""));
	EXPECT_EQ(POLLOUT, wait_for(fd, POLLOUT));
	EXPECT_EQ(ST_ESTABLISHED, peer_state(self));
	EXPECT_EQ(EAGAIN, err(recv(fd, &byte, 1, 0)));
}

/* I-18: a SYN-ACK for a socket that is gone */
TEST_F(peer, late_syn_ack)
{
	int fd = peer_wait_syn(self);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, close(fd));
	ASSERT_EQ(0, peer_send(self, SYN | ACK, ISN, self->ack, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(RST, self->s.flags);
	EXPECT_EQ(self->ack, self->s.seq);
}

/* The socket closes first; the peer's FIN brings it to TIME_WAIT. */
static int peer_time_wait(PEER *p)
{
	int fd = peer_connect(p);

	if (fd < 0 || close(fd) || !peer_recv(p) ||
	    p->s.flags != (FIN | ACK))
		return -1;
	p->ack++;
	if (peer_send(p, ACK | FIN, p->seq, p->ack, "") ||
	    !peer_recv_but(p, FIN | ACK))
		return -1;
	p->seq++;
	return peer_state(p) == ST_TIME_WAIT ? 0 : -1;
}

static int peer_netns(PEER *p)
{
	if (raw_netns() || raw_open(&p->raw))
		return -1;
	return native() ? 0 : sysctl_set("xtcp/timewait_msecs", "60000");
}

/* E-50: a SYN from above the old window opens a new connection. */
TEST_F(peer, time_wait_syn)
{
	ASSERT_EQ(0, peer_netns(self));
	ASSERT_EQ(0, peer_time_wait(self));
	ASSERT_EQ(0, peer_send(self, SYN, self->seq + 1000, 0, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(SYN | ACK, self->s.flags);
	EXPECT_EQ(self->seq + 1001, self->s.ack);
	/* its ISN is beyond the old sequence numbers */
	EXPECT_LT(0, (__s32)(self->s.seq - self->ack));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq + 1001, self->s.seq + 1,
			       ""));
	EXPECT_EQ(POLLIN, wait_for(self->lfd, POLLIN));
	EXPECT_EQ(ST_ESTABLISHED, peer_state(self));
}

/* E-51, H-89: an old segment is acknowledged. */
TEST_F(peer, time_wait_old_segment)
{
	ASSERT_EQ(0, peer_netns(self));
	ASSERT_EQ(0, peer_time_wait(self));
	ASSERT_EQ(0, peer_send(self, ACK | FIN, self->seq - 1, self->ack, ""));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(ACK, self->s.flags);
	EXPECT_EQ(self->seq, self->s.ack);
	EXPECT_EQ(self->ack, self->s.seq);
	EXPECT_EQ(ST_TIME_WAIT, peer_state(self));
}

/* E-52 */
TEST_F(peer, time_wait_rst)
{
	ASSERT_EQ(0, peer_netns(self));
	ASSERT_EQ(0, peer_time_wait(self));
	ASSERT_EQ(0, peer_send(self, RST, self->seq, 0, ""));
	EXPECT_TRUE(reaches(self, ST_NONE));
}

/* E-53 */
TEST_F(peer, time_wait_ack)
{
	ASSERT_EQ(0, peer_netns(self));
	ASSERT_EQ(0, peer_time_wait(self));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack, ""));
	EXPECT_TRUE(peer_silent(self));
	EXPECT_EQ(ST_TIME_WAIT, peer_state(self));
}

/* I-31: data for an orphan */
TEST_F(peer, fin_wait2_orphan_gets_data)
{
	int fd = peer_connect(self);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, close(fd));
	ASSERT_TRUE(peer_recv(self));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack + 1, ""));
	ASSERT_TRUE(reaches(self, ST_FIN_WAIT2));
	ASSERT_EQ(0, peer_send(self, ACK, self->seq, self->ack + 1, "late"));
	ASSERT_TRUE(peer_recv_but(self, FIN | ACK));
	EXPECT_EQ(RST, self->s.flags & RST);
	EXPECT_EQ(self->ack + 1, self->s.seq);
	EXPECT_TRUE(reaches(self, ST_NONE));
}

/* I-30: what acknowledges an orphan's FIN is a FIN that can't be taken. */
TEST_F(peer, fin_wait1_orphan_gets_old_fin)
{
	int fd;

	ASSERT_EQ(0, peer_netns(self));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_fin_timeout", "1"));
	fd = peer_connect(self);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, close(fd));
	ASSERT_TRUE(peer_recv(self));
	ASSERT_EQ(0, peer_send(self, FIN | ACK, self->seq - 1, self->ack + 1,
			       ""));
	ASSERT_TRUE(peer_recv_but(self, FIN | ACK));
	EXPECT_EQ(ACK, self->s.flags);
	EXPECT_EQ(self->seq, self->s.ack);
	EXPECT_EQ(ST_FIN_WAIT2, peer_state(self));
	/* it waits for another no longer than it would for the first */
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(RST, self->s.flags & RST);
	EXPECT_TRUE(reaches(self, ST_NONE));
}

/* J-86, E-10: the TOS of a reply is that of the segment. */
TEST_F(peer, tos_of_a_reply)
{
	struct segment s = segment(self, SYN, ISN, 0);

	s.tos = 0x10;
	ASSERT_EQ(0, raw_send(&self->raw, &s));
	ASSERT_TRUE(peer_recv(self));
	EXPECT_EQ(RST | ACK, self->s.flags);
	EXPECT_EQ(0x10, self->s.tos);
}

TEST_HARNESS_MAIN
