// SPDX-License-Identifier: GPL-2.0
/*
 * XTCP and the kernel's TCP on the two ends of a wire, in both roles, and XTCP
 * on both.  "reference" has the kernel's TCP on both: what fails there says
 * that the test is wrong.
 */
#include <net/if.h>
#include <sys/resource.h>

#include "harness.h"
#include "world.h"

FIXTURE(wire) {
	struct world w;
};

FIXTURE_VARIANT(wire) {
	int here, peer;
};

FIXTURE_VARIANT_ADD(wire, xtcp_here) {
	.here = AF_XTCP, .peer = AF_INET,
};

FIXTURE_VARIANT_ADD(wire, xtcp_there) {
	.here = AF_INET, .peer = AF_XTCP,
};

FIXTURE_VARIANT_ADD(wire, xtcp_both) {
	.here = AF_XTCP, .peer = AF_XTCP,
};

FIXTURE_VARIANT_ADD(wire, reference) {
	.here = AF_INET, .peer = AF_INET,
};

FIXTURE_SETUP(wire)
{
	ASSERT_EQ(0, world_make(&self->w, variant->here, variant->peer,
				false));
}

FIXTURE_TEARDOWN(wire)
{
	world_end(&self->w);
}

static int both_ways(int fd[2], size_t there, size_t back)
{
	struct flow flows[] = {
		{ .from = fd[0], .to = fd[1], .size = there, .half_close = true },
		{ .from = fd[1], .to = fd[0], .size = back, .half_close = true },
	};

	return flows_run(flows, 2, PATIENCE);
}

/* Nothing that we sent may have looked wrong to the peer. */
static int peer_content(const struct world *w)
{
	static const char *const names[] = {
		"InErrs", "InCsumErrors", "PAWSEstab", "PAWSActive",
		"TCPChallengeACK", "TCPSYNChallenge", "EmbryonicRsts",
		"TCPACKSkippedSeq", "TCPACKSkippedPAWS", "TCPAbortOnMemory",
		NULL
	};
	int i, bad = 0;

	for (i = 0; names[i / 2]; i++) {
		const char *name = names[i / 2];
		long n = world_counter(w, i % 2, name);

		if (n > 0) {
			printf("# %s counts %ld of %s\n",
			       i % 2 ? "PEER" : "HERE", n, name);
			bad = -1;
		}
	}
	return bad;
}

TEST_F(wire, bytes_both_ways)
{
	static const size_t sizes[] = {
		1, 1000, 1460, 100000, SLOW > 1 ? 500000 : 3000000,
	};
	int fd[2], i, client;

	for (client = HERE; client <= PEER; client++)
		for (i = 0; i < 5; i++) {
			ASSERT_EQ(0, world_pair(&self->w, client, fd));
			ASSERT_EQ(0, both_ways(fd, sizes[i], sizes[4 - i]))
				TH_LOG("size %zu: %s", sizes[i], strerror(errno));
			close(fd[0]);
			close(fd[1]);
		}
	EXPECT_EQ(0, peer_content(&self->w));
}

TEST_F(wire, half_close)
{
	int fd[2];
	char c = 'x';

	ASSERT_EQ(0, world_pair(&self->w, HERE, fd));
	ASSERT_EQ(0, shutdown(fd[HERE], SHUT_WR));
	ASSERT_EQ(0, read(fd[PEER], &c, 1));
	ASSERT_EQ(3, write(fd[PEER], "abc", 3));
	ASSERT_EQ(3, recv(fd[HERE], scratch, 3, MSG_WAITALL));
	ASSERT_EQ(0, shutdown(fd[PEER], SHUT_WR));
	ASSERT_EQ(0, read(fd[HERE], &c, 1));
	EXPECT_EQ(0, peer_content(&self->w));
}

TEST_F(wire, reset)
{
	int fd[2], end;

	for (end = HERE; end <= PEER; end++) {
		ASSERT_EQ(0, world_pair(&self->w, HERE, fd));
		ASSERT_EQ(0, reset_by(fd[end]));
		ASSERT_NE(0, wait_for(fd[!end], POLLERR) & POLLERR);
		EXPECT_EQ(-1, read(fd[!end], scratch, 1));
		EXPECT_EQ(ECONNRESET, errno);
		close(fd[!end]);
	}
}

TEST_F(wire, refused)
{
	int end, fd;

	for (end = HERE; end <= PEER; end++) {
		fd = world_sock(&self->w, end, 0);
		ASSERT_LE(0, fd);
		EXPECT_EQ(-1, connect_to(fd, world_ip(!end), 9));
		EXPECT_EQ(ECONNREFUSED, errno);
		close(fd);
	}
}

TEST_F(wire, urgent)
{
	int fd[2], end;
	char c;

	ASSERT_EQ(0, world_pair(&self->w, HERE, fd));
	for (end = HERE; end <= PEER; end++) {
		ASSERT_EQ(3, send(fd[end], "abU", 3, MSG_OOB));
		ASSERT_EQ(2, send(fd[end], "cd", 2, 0));
		ASSERT_NE(0, wait_for(fd[!end], POLLPRI) & POLLPRI);
		ASSERT_EQ(1, recv(fd[!end], &c, 1, MSG_OOB));
		EXPECT_EQ('U', c);
		ASSERT_EQ(2, recv(fd[!end], scratch, 4, MSG_WAITALL));
		EXPECT_EQ(0, memcmp(scratch, "ab", 2));
		ASSERT_EQ(2, recv(fd[!end], scratch, 2, MSG_WAITALL));
		EXPECT_EQ(0, memcmp(scratch, "cd", 2));
	}
	EXPECT_EQ(0, peer_content(&self->w));
}

/* Every scale from none to 14 (RFC 7323 2.3), by the size of the buffers. */
TEST_F(wire, window_scales)
{
	struct tcp_info info;
	socklen_t len;
	int fd[2], shift, lfd;

	ASSERT_EQ(0, world_enter(&self->w, PEER));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_rmem", "4096 131072 2147483647"));
	for (shift = 0; shift <= 14; shift++) {
		lfd = world_listener(&self->w, PEER, 0, 1);
		ASSERT_EQ(0, set_int(lfd, IPPROTO_TCP, TCP_WINDOW_CLAMP,
				     65535 << shift));
		fd[0] = world_sock(&self->w, HERE, 0);
		ASSERT_EQ(0, connect_to(fd[0], PEER_IP, port_of(lfd)));
		fd[1] = accept(lfd, NULL, NULL);
		ASSERT_LE(0, fd[1]);
		len = sizeof(info);
		ASSERT_EQ(0, getsockopt(fd[0], IPPROTO_TCP, TCP_INFO, &info,
					&len));
		EXPECT_EQ(shift, (int)info.tcpi_snd_wscale);
		ASSERT_EQ(0, both_ways(fd, 200000, 200000));
		close(fd[0]);
		close(fd[1]);
		close(lfd);
	}
	EXPECT_EQ(0, peer_content(&self->w));
}

/* The same by SO_RCVBUF, of which half is window; here the client's. */
TEST_F(wire, window_scales_by_buffer)
{
	int fd[2], shift, lfd, client;

	for (client = HERE; client <= PEER; client++) {
		lfd = world_listener(&self->w, !client, 0, 1);
		for (shift = 0; shift <= 14; shift++) {
			struct tcp_info info;
			socklen_t len = sizeof(info);

			fd[0] = world_sock(&self->w, client, 0);
			ASSERT_EQ(0, set_int(fd[0], SOL_SOCKET, SO_RCVBUFFORCE,
					     65535 << shift));
			ASSERT_EQ(0, connect_to(fd[0], world_ip(!client),
						port_of(lfd)));
			fd[1] = accept(lfd, NULL, NULL);
			ASSERT_LE(0, fd[1]);
			ASSERT_EQ(0, getsockopt(fd[1], IPPROTO_TCP, TCP_INFO,
						&info, &len));
			EXPECT_EQ(shift, (int)info.tcpi_snd_wscale);
			ASSERT_EQ(0, both_ways(fd, 70000, 100));
			close(fd[0]);
			close(fd[1]);
		}
		close(lfd);
	}
	EXPECT_EQ(0, peer_content(&self->w));
}

/* A bit of the headers of some packets, a byte of the data of each twentieth. */
static int damage(const struct world *w, int host, const char *dev)
{
	return world_checksums_by_software(w, host, dev) ||
	       world_run(w, host, "ip link set %s gso_max_segs 1", dev) ||
	       world_run(w, host, "tc qdisc add dev %s root netem corrupt 2%%", dev) ||
	       world_run(w, host, "tc qdisc add dev %s ingress", dev) ||
	       world_run(w, host,
			 "tc filter add dev %s ingress protocol ip u32 match ip protocol 6 0xff action ok random determ pipe 20 action pedit munge offset 60 u8 invert",
			 dev);
}

/* E-09: what is damaged is counted, dropped and repaired. */
TEST_F(wire, damage)
{
	const struct world *w = &self->w;
	int fd[2];

	ASSERT_EQ(0, damage(w, HERE, "a0"));
	ASSERT_EQ(0, damage(w, PEER, "b0"));
	ASSERT_EQ(0, world_pair(w, HERE, fd));
	ASSERT_EQ(0, both_ways(fd, 150000, 150000));
	EXPECT_LE(4, world_counter(w, HERE, "InCsumErrors"));
	EXPECT_LE(4, world_counter(w, PEER, "InCsumErrors"));
	EXPECT_EQ(0, world_counter(w, HERE, "PAWSEstab"));
	EXPECT_EQ(0, world_counter(w, PEER, "PAWSEstab"));
}

TEST_F(wire, mtus)
{
	static const unsigned int mtus[] = { 576, 1280, 1500, 9000, 65535 };
	struct tcp_info info;
	socklen_t len;
	int fd[2], i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, world_run(&self->w, HERE, "ip link set a0 mtu %u", mtus[i]));
		ASSERT_EQ(0, world_run(&self->w, PEER, "ip link set b0 mtu %u", mtus[i]));
		ASSERT_EQ(0, world_pair(&self->w, i & 1, fd));
		len = sizeof(info);
		ASSERT_EQ(0, getsockopt(fd[0], IPPROTO_TCP, TCP_INFO, &info,
					&len));
		EXPECT_EQ(mtus[i], info.tcpi_pmtu);
		EXPECT_EQ(mtus[i] - 52, info.tcpi_advmss);
		/* Two of them must fit into the peer's window. */
		EXPECT_EQ(mtus[i] < 65535 ? mtus[i] - 52 : 65483 / 2,
			  info.tcpi_snd_mss);
		ASSERT_EQ(0, both_ways(fd, 500000, 500000));
		close(fd[0]);
		close(fd[1]);
	}
	EXPECT_EQ(0, peer_content(&self->w));
}

#define MANY	500

TEST_F(wire, many_at_once)
{
	struct rlimit files = { 4 * MANY, 4 * MANY };
	static struct flow flows[2 * MANY];
	int fd[MANY][2], i, lfd;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	lfd = world_listener(&self->w, PEER, 0, MANY);
	ASSERT_LE(0, lfd);
	for (i = 0; i < MANY; i++) {
		fd[i][0] = world_sock(&self->w, HERE, SOCK_NONBLOCK);
		ASSERT_LE(0, fd[i][0]);
		ASSERT_EQ(-1, connect_to(fd[i][0], PEER_IP, port_of(lfd)));
		ASSERT_EQ(EINPROGRESS, errno);
	}
	for (i = 0; i < MANY; i++) {
		struct sockaddr_in sin;
		socklen_t len = sizeof(sin);
		int j, afd;

		afd = accept(lfd, (struct sockaddr *)&sin, &len);
		ASSERT_LE(0, afd);
		for (j = 0; j < MANY; j++)
			if (port_of(fd[j][0]) == ntohs(sin.sin_port))
				break;
		ASSERT_GT(MANY, j);
		fd[j][1] = afd;
		ASSERT_EQ(0, nonblock(fd[j][0], false));
	}
	for (i = 0; i < MANY; i++) {
		flows[2 * i] = (struct flow){ .from = fd[i][0],
			.to = fd[i][1], .size = 3000, .half_close = true };
		flows[2 * i + 1] = (struct flow){ .from = fd[i][1],
			.to = fd[i][0], .size = 3000, .half_close = true };
	}
	EXPECT_EQ(0, flows_run(flows, 2 * MANY, PATIENCE));
	EXPECT_EQ(0, peer_content(&self->w));
}

#include "nothing_left.h"
