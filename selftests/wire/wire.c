// SPDX-License-Identifier: GPL-2.0
/*
 * Wires: making and unmaking them, what belongs to them, and what else there
 * is on a network: routers, ICMP, policy (inventory D-39 to D-43, H-81, H-84).
 * Each test has the kernel's TCP, or nobody, on the other end.
 */
#include <time.h>
#include <linux/errqueue.h>

#include "wire_fixtures.h"

#define REFUSES(w, host, ...)	EXPECT_NE(0, world_run(w, host, __VA_ARGS__))

static int one_way(int from, int to, size_t size)
{
	struct flow f = { .from = from, .to = to, .size = size };

	return flows_run(&f, 1, PATIENCE);
}

static int info_of(int fd, struct tcp_info *info)
{
	socklen_t len = sizeof(*info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len);
}

/* ---- enslaving ----------------------------------------------------------- */

TEST_F(direct, what_may_be_a_wire)
{
	const struct world *w = &self->w;

	if (native())
		return;
	REFUSES(w, HERE, "ip link set lo master xtcp0 2>/dev/null");
	REFUSES(w, HERE, "ip link set xtcp0 master xtcp0 2>/dev/null");
	RUN(w, HERE, "ip -d link show a0 | grep -q 'master xtcp0.*'");
	RUN(w, HERE, "ip -d link show a0 | grep -q xtcp_slave");
	RUN(w, HERE, "ip link set a0 nomaster");
	RUN(w, HERE, "! ip link show a0 | grep -q master");
	RUN(w, HERE, "ip link add br0 type bridge && ip link set a0 master br0");
	/* As everywhere, a new master takes the place of the old one. */
	RUN(w, HERE, "ip link set a0 master xtcp0");
	RUN(w, HERE, "ip link set br0 master xtcp0");
	RUN(w, HERE, "ip link del br0");
	RUN(w, HERE, "ip link set a0 down && ip link set a0 name a9");
	RUN(w, HERE, "ip link show master xtcp0 | grep -q a9");
	RUN(w, HERE, "ip link del xtcp0 && ! ip link show a9 | grep -q master");
}

/* With and without the wire the same address answers as another host. */
TEST_F(direct, whose_tcp_answers)
{
	const struct world *w = &self->w;
	int nfd, xfd, cfd;

	if (native())
		return;
	nfd = socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind_to(nfd, "0.0.0.0", 5000));
	ASSERT_EQ(0, listen(nfd, 5));
	/* XTCP listens nowhere: refused, although the host's TCP does. */
	cfd = world_sock(w, PEER, 0);
	EXPECT_EQ(-1, connect_to(cfd, HERE_IP, 5000));
	EXPECT_EQ(ECONNREFUSED, errno);
	close(cfd);
	RUN(w, HERE, "ip link set a0 nomaster");
	cfd = world_sock(w, PEER, 0);
	ASSERT_EQ(0, connect_to(cfd, HERE_IP, 5000));
	close(accept(nfd, NULL, NULL));
	close(cfd);
	xfd = world_listener(w, HERE, 5001, 5);
	cfd = world_sock(w, PEER, 0);
	EXPECT_EQ(-1, connect_to(cfd, HERE_IP, 5001));
	EXPECT_EQ(ECONNREFUSED, errno);
	close(cfd);
	RUN(w, HERE, "ip link set a0 master xtcp0");
	cfd = world_sock(w, PEER, 0);
	ASSERT_EQ(0, connect_to(cfd, HERE_IP, 5001));
	close(accept(xfd, NULL, NULL));
	close(cfd);
}

TEST_F(direct, without_a_way_out)
{
	const struct world *w = &self->w;
	int fd, cfd;

	if (native())
		return;
	RUN(w, HERE, "ip link set a0 nomaster");
	fd = world_sock(w, HERE, 0);
	EXPECT_EQ(-1, connect_to(fd, PEER_IP, 9));
	EXPECT_EQ(ENETUNREACH, errno);
	close(fd);
	/* xtcp0 is the switch for all of it; and the host keeps silent. */
	RUN(w, HERE, "ip link set a0 master xtcp0 && ip link set xtcp0 down");
	fd = world_sock(w, HERE, 0);
	EXPECT_EQ(-1, connect_to(fd, PEER_IP, 9));
	EXPECT_EQ(ENETUNREACH, errno);
	cfd = world_sock(w, PEER, SOCK_NONBLOCK);
	EXPECT_EQ(-1, connect_to(cfd, HERE_IP, 9));
	RUN(w, HERE, "ip link set xtcp0 up");
	EXPECT_EQ(-1, connect_to(fd, PEER_IP, 9));
	EXPECT_EQ(ECONNREFUSED, errno);
	/* Only now an answer, to the SYN sent again. */
	ASSERT_NE(0, wait_for(cfd, POLLERR) & POLLERR);
	EXPECT_EQ(ECONNREFUSED, sock_error(cfd));
	close(cfd);
	close(fd);
}

/* A queue that drops another one says so (NET_XMIT_CN): no failure of this one. */
TEST_F(direct, congested_queue)
{
	const struct world *w = &self->w;
	struct sockaddr_in to = addr_of(PEER_IP, 9);
	int pair[2], lfd, fd, udp;
	struct row row;

	/* The queue keeps ARP back, too: nobody is to ask. */
	ASSERT_EQ(0, world_pair(w, HERE, pair));
	RUN(w, HERE, "ip neigh change %s dev a0 nud permanent", PEER_IP);
	RUN(w, PEER, "ip neigh change %s dev b0 nud permanent", HERE_IP);
	lfd = world_listener(w, HERE, 5000, 5);
	ASSERT_LE(0, lfd);
	/* What may leave at once is used up; then a byte a second. */
	RUN(w, HERE, "tc qdisc add dev a0 root handle 1: tbf rate 8bit burst 90 limit 1000");
	RUN(w, HERE, "tc qdisc add dev a0 parent 1:1 pfifo_head_drop limit 1");
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	ASSERT_EQ(40, sendto(udp, scratch, 40, 0, (struct sockaddr *)&to,
			     sizeof(to)));
	fd = world_sock(w, PEER, SOCK_NONBLOCK);
	EXPECT_EQ(-1, connect_to(fd, HERE_IP, 5000));
	EXPECT_TRUE(WAIT_FOR(row_find(5000, port_of(fd), &row) == 1 &&
			     row.retrans >= 2));
	RUN(w, HERE, "tc qdisc del dev a0 root");
	EXPECT_NE(0, wait_for(fd, POLLOUT) & POLLOUT);
	EXPECT_EQ(0, sock_error(fd));
	close(udp);
	close(fd);
	close(lfd);
	close(pair[HERE]);
	close(pair[PEER]);
}

/* Who has a copy of a segment that the own queue dropped still reads it. */
TEST_F(direct, written_behind_a_copy)
{
	const struct world *w = &self->w;
	int fd[2], tap;
	struct seen s;

	if (native())
		SKIP(return, "TCP's grows");
	ASSERT_EQ(0, world_pair(w, HERE, fd));
	ASSERT_EQ(0, set_int(fd[HERE], IPPROTO_TCP, TCP_NODELAY, 1));
	RUN(w, HERE, "ip link add copies up type dummy");
	RUN(w, HERE, "tc qdisc add dev copies root netem delay 200s");
	RUN(w, HERE, "tc qdisc add dev a0 clsact");
	RUN(w, HERE, "tc filter add dev a0 egress matchall %s",
	    "action mirred egress mirror dev copies action drop");
	ASSERT_EQ(0, send_all(fd[HERE], "a", 1));
	ASSERT_EQ(0, send_all(fd[HERE], "b", 1));
	tap = sniff_open(w, PEER, "b0");
	RUN(w, HERE, "tc qdisc del dev a0 clsact");
	do {
		ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
	} while (!s.payload);
	EXPECT_EQ(1, s.payload);
	EXPECT_EQ(0, recv_all(fd[PEER], scratch, 2));
	EXPECT_EQ(0, memcmp(scratch, "ab", 2));
	close(tap);
	close(fd[HERE]);
	close(fd[PEER]);
}

/* A connection outlives what happens to its device, if that comes back. */
TEST_F(direct, device_trouble)
{
	static const char *const trouble[] = {
		"ip link set a0 down; ip link set a0 up; ip route replace 10.0.0.0/16 dev a0",
		"ip link set a0 down; ip link set a0 name a1; ip link set a1 name a0; ip link set a0 up; ip route replace 10.0.0.0/16 dev a0",
		"ip link set a0 mtu 1000",
		"ip link set a0 mtu 1500",
		"ip link set a0 nomaster; ip link set a0 master xtcp0",
	};
	const struct world *w = &self->w;
	int fd[2], i;

	ASSERT_EQ(0, world_pair(w, HERE, fd));
	for (i = 0; i < 5; i++) {
		if (native() && i == 4)
			continue;
		ASSERT_EQ(0, one_way(fd[HERE], fd[PEER], 100000));
		ASSERT_EQ(5, write(fd[HERE], "after", 5));
		RUN(w, HERE, "%s", trouble[i]);
		ASSERT_EQ(5, recv(fd[PEER], scratch, 5, MSG_WAITALL));
		/* The narrow end of a veth pair takes nothing longer in. */
		if (!strstr(trouble[i], "1000"))
			ASSERT_EQ(0, one_way(fd[PEER], fd[HERE], 100000));
	}
}

/* H-94: what ends a connection in the end is what its segments met last. */
TEST_F(direct, device_stays_down)
{
	const struct world *w = &self->w;
	int fd[2];

	ASSERT_EQ(0, world_pair(w, HERE, fd));
	RUN(w, PEER, "tc qdisc add dev b0 ingress");
	RUN(w, PEER,
	    "tc filter add dev b0 ingress protocol ip u32 match ip protocol 6 0xff action drop");
	ASSERT_EQ(0, set_int(fd[HERE], IPPROTO_TCP, TCP_USER_TIMEOUT, 1000 * SLOW));
	ASSERT_EQ(4, write(fd[HERE], "data", 4));
	RUN(w, HERE, "ip link set a0 down");
	ASSERT_NE(0, wait_for(fd[HERE], POLLERR) & POLLERR);
	EXPECT_EQ(ENETUNREACH, sock_error(fd[HERE]));
	close(fd[HERE]);
	close(fd[PEER]);
}

TEST_F(direct, device_goes)
{
	static const char *const ways[] = {
		"ip link del a0", "ip link set a0 netns /proc/%d/fd/%d",
		"ip link del xtcp0",
	};
	struct world w;
	int fd[2], i;

	for (i = 0; i < 3 - native(); i++) {
		ASSERT_EQ(0, world_make(&w, family, AF_INET, false));
		ASSERT_EQ(0, world_pair(&w, PEER, fd));
		ASSERT_EQ(0, one_way(fd[HERE], fd[PEER], 10000));
		ASSERT_EQ(4, write(fd[HERE], "data", 4));
		RUN(&w, HERE, ways[i], getpid(), w.ns[PEER]);
		/* It stands, and knows better than to go another way. */
		ASSERT_EQ(4, write(fd[HERE], "more", 4));
		EXPECT_EQ(0, mask_of(fd[HERE]) & (POLLERR | POLLHUP));
		close(fd[HERE]);
		close(fd[PEER]);
		world_end(&w);
	}
}

/* 10.8.0.1 [c0] at HERE, 10.8.0.2 [d0] at PEER; no wire */
static int second_link(const struct world *w)
{
	if (world_run(w, HERE,
		      "ip link add c0 type veth peer name d0 netns /proc/%d/fd/%d",
		      getpid(), w->ns[PEER]) ||
	    world_run(w, HERE, "ip addr add 10.8.0.1/24 dev c0; ip link set c0 up"))
		return -1;
	return world_run(w, PEER, "ip addr add 10.8.0.2/24 dev d0; ip link set d0 up");
}

/* A program of the host on another device notices nothing. */
TEST_F(direct, other_devices_are_native)
{
	const struct world *w = &self->w;
	int lfd, cfd;

	ASSERT_EQ(0, second_link(w));
	lfd = socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind_to(lfd, "0.0.0.0", 5000));
	ASSERT_EQ(0, listen(lfd, 5));
	cfd = world_sock(w, PEER, 0);
	ASSERT_EQ(0, connect_to(cfd, "10.8.0.1", 5000));
	close(accept(lfd, NULL, NULL));
	close(cfd);
	/* And XTCP neither hears nor speaks there. */
	if (!native()) {
		cfd = world_sock(w, HERE, 0);
		EXPECT_EQ(-1, connect_to(cfd, "10.8.0.2", 9));
		EXPECT_EQ(ENETUNREACH, errno);
		close(cfd);
	}
	close(lfd);
}

/* ---- what a segment carries (J-86) --------------------------------------- */

TEST_F(direct, attributes)
{
	const struct world *w = &self->w;
	int tap = sniff_open(w, PEER, "b0"), fd;
	struct seen s;

	ASSERT_LE(0, tap);
	fd = world_sock(w, HERE, 0);
	ASSERT_EQ(0, set_int(fd, IPPROTO_IP, IP_TOS, 0x48));
	ASSERT_EQ(0, set_int(fd, IPPROTO_IP, IP_TTL, 33));
	EXPECT_EQ(-1, connect_to(fd, PEER_IP, 9));
	ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
	EXPECT_EQ(0x48, s.tos);
	EXPECT_EQ(33, s.ttl);
	EXPECT_TRUE(s.df);
	EXPECT_EQ(64240, s.window);
	/* H-58, IP_MTU_DISCOVER: fragments are allowed then. */
	ASSERT_EQ(0, set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER,
			     IP_PMTUDISC_DONT));
	EXPECT_EQ(-1, connect_to(fd, PEER_IP, 9));
	ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
	EXPECT_FALSE(s.df);
	close(fd);
	close(tap);
}

/* G-113: behind the header of every segment, and off the MSS. */
TEST_F(direct, ip_options)
{
	/* no operation; record route, three entries */
	static const unsigned char rr[] = { 1, 7, 15, 4 };
	/* timestamps with addresses, two entries */
	static const unsigned char ts[20] = { 68, 20, 5, 1 };
	const struct world *w = &self->w;
	int tap = sniff_open(w, PEER, "b0"), lfd, fd[2];
	unsigned char option[16] = {};
	struct tcp_info info;
	__be32 here = addr_of(HERE_IP, 0).sin_addr.s_addr;
	struct seen s;

	lfd = world_listener(w, PEER, 5000, 5);
	fd[HERE] = world_sock(w, HERE, 0);
	memcpy(option, rr, sizeof(rr));
	ASSERT_EQ(0, setsockopt(fd[HERE], IPPROTO_IP, IP_OPTIONS, option, 16));
	ASSERT_EQ(0, connect_to(fd[HERE], PEER_IP, 5000));
	fd[PEER] = accept(lfd, NULL, NULL);
	ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
	EXPECT_EQ(0x02, s.flags);
	EXPECT_EQ(0x49, s.packet[0]);
	EXPECT_EQ(0, memcmp(s.packet + 20, "\1\7\17\10", 4));
	EXPECT_EQ(0, memcmp(s.packet + 24, &here, 4));
	ASSERT_EQ(0, one_way(fd[HERE], fd[PEER], 100000));
	ASSERT_EQ(0, info_of(fd[HERE], &info));
	EXPECT_EQ(1448 - 16, (int)info.tcpi_snd_mss);
	close(fd[HERE]);
	close(fd[PEER]);
	while (!sniff(tap, HERE_IP, &s, 0))
		EXPECT_EQ(0x49, s.packet[0]);
	fd[HERE] = world_sock(w, HERE, 0);
	ASSERT_EQ(0, setsockopt(fd[HERE], IPPROTO_IP, IP_OPTIONS, ts, 20));
	ASSERT_EQ(0, connect_to(fd[HERE], PEER_IP, 5000));
	fd[PEER] = accept(lfd, NULL, NULL);
	ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
	EXPECT_EQ(0x4a, s.packet[0]);
	EXPECT_EQ(13, s.packet[22]);
	EXPECT_EQ(0, memcmp(s.packet + 24, &here, 4));
	EXPECT_NE(0, s.packet[28] | s.packet[29] | s.packet[30] | s.packet[31]);
	close(fd[HERE]);
	close(fd[PEER]);
	close(lfd);
	close(tap);
}

/* F-21: what answers a SYN answers its IP options: SYN-ACK, child, and RST. */
TEST_F(direct, ip_options_answered)
{
	static const unsigned char rr[16] = { 1, 7, 15, 4 };
	static const char *const way[] = { PEER_IP, HERE_IP, HERE_IP };
	const struct world *w = &self->w;
	int tap = sniff_open(w, PEER, "b0"), lfd, fd[2], i;
	__be32 stops[3];
	struct seen s;

	for (i = 0; i < ARRAY_SIZE(way); i++)
		stops[i] = addr_of(way[i], 0).sin_addr.s_addr;
	lfd = world_listener(w, HERE, 5000, 5);
	fd[PEER] = world_sock(w, PEER, 0);
	ASSERT_EQ(0, setsockopt(fd[PEER], IPPROTO_IP, IP_OPTIONS, rr, 16));
	ASSERT_EQ(0, connect_to(fd[PEER], HERE_IP, 5000));
	fd[HERE] = accept(lfd, NULL, NULL);
	ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
	EXPECT_EQ(0x12, s.flags);
	EXPECT_EQ(0x49, s.packet[0]);
	EXPECT_EQ(0, memcmp(s.packet + 20, "\7\17\20", 3));
	EXPECT_EQ(0, memcmp(s.packet + 23, stops, 12));
	ASSERT_EQ(0, one_way(fd[HERE], fd[PEER], 10000));
	ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
	EXPECT_EQ(0x49, s.packet[0]);
	close(fd[HERE]);
	close(fd[PEER]);
	while (!sniff(tap, HERE_IP, &s, 0))
		;
	fd[PEER] = world_sock(w, PEER, 0);
	ASSERT_EQ(0, setsockopt(fd[PEER], IPPROTO_IP, IP_OPTIONS, rr, 16));
	EXPECT_EQ(-1, connect_to(fd[PEER], HERE_IP, 9));
	EXPECT_EQ(ECONNREFUSED, errno);
	ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
	EXPECT_EQ(0x14, s.flags);
	EXPECT_EQ(0x49, s.packet[0]);
	close(fd[PEER]);
	close(lfd);
	close(tap);
}

/* RFC 791: to the gateway first, whose address the last entry takes. */
TEST_F(routed, source_route)
{
	/* loose, one stop: the router's near end; then the peer */
	static const unsigned char lsrr[] = { 1, 131, 7, 4, 10, 0, 1, 254 };
	const struct world *w = &self->w;
	int tap = sniff_open(w, HERE, "a0"), fd;
	__be32 peer = addr_of(PEER_IP, 0).sin_addr.s_addr;
	struct seen s;

	fd = world_sock(w, HERE, SOCK_NONBLOCK);
	ASSERT_EQ(0, setsockopt(fd, IPPROTO_IP, IP_OPTIONS, lsrr,
				sizeof(lsrr)));
	EXPECT_EQ(-1, connect_to(fd, "0.0.0.0", 5000));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, connect_to(fd, PEER_IP, 5000));
	EXPECT_EQ(EINPROGRESS, errno);
	ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
	EXPECT_EQ(addr_of("10.0.1.254", 0).sin_addr.s_addr, s.daddr.s_addr);
	EXPECT_EQ(0, memcmp(s.packet + 24, &peer, 4));
	close(fd);
	close(tap);
}

/* F-21: back through the stops that the SYN was led through */
TEST_F(routed, source_route_answered)
{
	/* loose, one stop: the router's near end; then this host */
	static const unsigned char lsrr[] = { 1, 131, 7, 4, 10, 0, 2, 254 };
	static const int hosts[] = { HERE, PEER, ROUTER };
	const struct world *w = &self->w;
	int tap = sniff_open(w, HERE, "a0"), lfd, fd[2], i;
	__be32 peer = addr_of(PEER_IP, 0).sin_addr.s_addr;
	struct seen s;

	for (i = 0; i < ARRAY_SIZE(hosts); i++)
		RUN(w, hosts[i], "sysctl -q -w net.ipv4.conf.all.accept_source_route=1");
	lfd = world_listener(w, HERE, 5000, 5);
	fd[PEER] = world_sock(w, PEER, 0);
	ASSERT_EQ(0, setsockopt(fd[PEER], IPPROTO_IP, IP_OPTIONS, lsrr,
				sizeof(lsrr)));
	ASSERT_EQ(0, connect_to(fd[PEER], HERE_IP, 5000));
	fd[HERE] = accept(lfd, NULL, NULL);
	ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
	EXPECT_EQ(0x12, s.flags);
	EXPECT_EQ(addr_of("10.0.1.254", 0).sin_addr.s_addr, s.daddr.s_addr);
	EXPECT_EQ(0, memcmp(s.packet + 20, "\203\7\4", 3));
	EXPECT_EQ(0, memcmp(s.packet + 23, &peer, 4));
	ASSERT_EQ(0, one_way(fd[HERE], fd[PEER], 10000));
	ASSERT_EQ(0, one_way(fd[PEER], fd[HERE], 10000));
	close(fd[HERE]);
	close(fd[PEER]);
	close(lfd);
	close(tap);
}

/* SO_MARK and SO_BINDTODEVICE choose the route, the source follows (D-60). */
TEST_F(direct, policy_routing)
{
	const struct world *w = &self->w;
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int lfd, fd;

	ASSERT_EQ(0, second_link(w));
	if (!native())
		RUN(w, HERE, "ip link set c0 master xtcp0");
	RUN(w, HERE, "ip rule add fwmark 7 lookup 100");
	RUN(w, HERE, "ip route add " PEER_IP
	    " dev c0 via 10.8.0.2 src 10.8.0.1 table 100");
	lfd = world_listener(w, PEER, 5000, 5);
	fd = world_sock(w, HERE, 0);
	ASSERT_EQ(0, set_int(fd, SOL_SOCKET, SO_MARK, 7));
	ASSERT_EQ(0, connect_to(fd, PEER_IP, 5000));
	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(addr_of("10.8.0.1", 0).sin_addr.s_addr, sin.sin_addr.s_addr);
	close(fd);
	fd = world_sock(w, HERE, 0);
	ASSERT_EQ(0, connect_to(fd, PEER_IP, 5000));
	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(addr_of(HERE_IP, 0).sin_addr.s_addr, sin.sin_addr.s_addr);
	close(fd);
	fd = world_sock(w, HERE, 0);
	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "c0", 3));
	ASSERT_EQ(0, connect_to(fd, "10.8.0.2", 5000));
	close(fd);
	close(lfd);
}

/* A listener bound to one device does not hear the other. */
TEST_F(direct, bound_listener)
{
	const struct world *w = &self->w;
	int lfd, cfd;

	ASSERT_EQ(0, second_link(w));
	if (!native())
		RUN(w, HERE, "ip link set c0 master xtcp0");
	lfd = world_sock(w, HERE, 0);
	ASSERT_EQ(0, setsockopt(lfd, SOL_SOCKET, SO_BINDTODEVICE, "c0", 3));
	ASSERT_EQ(0, bind_to(lfd, "0.0.0.0", 5000));
	ASSERT_EQ(0, listen(lfd, 5));
	cfd = world_sock(w, PEER, 0);
	EXPECT_EQ(-1, connect_to(cfd, HERE_IP, 5000));
	EXPECT_EQ(ECONNREFUSED, errno);
	close(cfd);
	cfd = world_sock(w, PEER, 0);
	ASSERT_EQ(0, connect_to(cfd, "10.8.0.1", 5000));
	close(accept(lfd, NULL, NULL));
	close(cfd);
	close(lfd);
}

/* A VRF with its ports: what came through it is for those bound to it. */
TEST_F(direct, vrf_as_a_wire)
{
	const struct world *w = &self->w;
	int lfd, lfd2, fd[2];

	RUN(w, HERE, "ip link add v1 type vrf table 10 && ip link set v1 up");
	RUN(w, HERE, "ip link set a0 master v1");
	if (!native())
		RUN(w, HERE, "ip link set v1 master xtcp0");
	lfd = world_sock(w, HERE, 0);
	ASSERT_EQ(0, setsockopt(lfd, SOL_SOCKET, SO_BINDTODEVICE, "v1", 3));
	ASSERT_EQ(0, bind_to(lfd, "0.0.0.0", 5000));
	ASSERT_EQ(0, listen(lfd, 5));
	lfd2 = world_listener(w, HERE, 5001, 5);
	fd[1] = world_sock(w, PEER, 0);
	EXPECT_EQ(-1, connect_to(fd[1], HERE_IP, 5001));
	EXPECT_EQ(ECONNREFUSED, errno);
	ASSERT_EQ(0, connect_to(fd[1], HERE_IP, 5000));
	fd[0] = accept(lfd, NULL, NULL);
	ASSERT_EQ(0, one_way(fd[0], fd[1], 100000));
	ASSERT_EQ(0, one_way(fd[1], fd[0], 100000));
	close(fd[0]);
	close(fd[1]);
	close(lfd);
	close(lfd2);
	lfd = world_listener(w, PEER, 6000, 5);
	fd[0] = world_sock(w, HERE, 0);
	ASSERT_EQ(0, setsockopt(fd[0], SOL_SOCKET, SO_BINDTODEVICE, "v1", 3));
	ASSERT_EQ(0, connect_to(fd[0], PEER_IP, 6000));
	fd[1] = accept(lfd, NULL, NULL);
	ASSERT_EQ(0, one_way(fd[0], fd[1], 100000));
	close(fd[0]);
	close(fd[1]);
	close(lfd);
}

/* ---- ICMP ---------------------------------------------------------------- */

/* Addressed to nobody: the segments go out, and none comes back. */
static int silence(const struct world *w)
{
	return world_run(w, HERE, "ip neigh replace " NOBODY_IP
			 " lladdr 02:00:00:00:00:99 nud permanent dev a0");
}

#define ICMP_END	255

static const struct icmp_case {
	unsigned int type, code;
	__u32 info;
	int err;		/* in SYN_SENT; 0: nothing happens */
} icmp_cases[] = {
	{ 3, 0, 0, ENETUNREACH }, { 3, 1, 0, EHOSTUNREACH },
	{ 3, 2, 0, ENOPROTOOPT }, { 3, 3, 0, ECONNREFUSED },
	{ 3, 5, 0, EOPNOTSUPP }, { 3, 6, 0, ENETUNREACH },
	{ 3, 7, 0, EHOSTDOWN }, { 3, 8, 0, ENONET },
	{ 3, 9, 0, ENETUNREACH }, { 3, 10, 0, EHOSTUNREACH },
	{ 3, 11, 0, ENETUNREACH }, { 3, 12, 0, EHOSTUNREACH },
	{ 3, 13, 0, EHOSTUNREACH }, { 3, 14, 0, EHOSTUNREACH },
	{ 3, 15, 0, EHOSTUNREACH }, { 3, 16, 0, 0 },
	{ 4, 0, 0, 0 }, { 11, 0, 0, EHOSTUNREACH }, { 11, 1, 0, 0 },
	{ 12, 0, 0, EPROTO }, { 0, 0, 0, 0 }, { 8, 0, 0, 0 }, { ICMP_END },
};

/* D-39, D-40 */
TEST_F(direct, icmp_in_syn_sent)
{
	const struct world *w = &self->w;
	int tap = sniff_open(w, PEER, "b0"), fd, i;
	struct seen s;

	ASSERT_EQ(0, silence(w));
	for (i = 0; icmp_cases[i].type != ICMP_END; i++) {
		const struct icmp_case *c = &icmp_cases[i];

		fd = world_sock(w, HERE, SOCK_NONBLOCK);
		ASSERT_EQ(-1, connect_to(fd, NOBODY_IP, 9));
		ASSERT_EQ(EINPROGRESS, errno);
		ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
		ASSERT_EQ(0, icmp_send(w, PEER, c->type, c->code, c->info, &s));
		if (c->err)
			EXPECT_NE(0, wait_for(fd, POLLERR) & POLLERR);
		EXPECT_EQ(c->err, sock_error(fd))
			TH_LOG("type %u code %u", c->type, c->code);
		close(fd);
	}
	close(tap);
}

/* D-41: a SYN that a narrow way is told of connects, and remembers it. */
TEST_F(direct, path_mtu_in_syn_sent)
{
	const struct world *w = &self->w;
	int tap = sniff_open(w, PEER, "b0");
	int lfd = world_listener(w, PEER, 5000, 4);
	int fd = world_sock(w, HERE, SOCK_NONBLOCK);
	long long start = now_ms();
	struct tcp_info info;
	struct seen s;

	RUN(w, HERE, "ip neigh replace " PEER_IP
	    " lladdr 02:00:00:00:00:99 nud permanent dev a0");
	ASSERT_EQ(-1, connect_to(fd, PEER_IP, 5000));
	ASSERT_EQ(EINPROGRESS, errno);
	ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
	ASSERT_EQ(0, icmp_send(w, PEER, 3, 4, 600, &s));
	RUN(w, HERE, "ip neigh del " PEER_IP " dev a0");
	EXPECT_EQ(POLLOUT, wait_for(fd, POLLOUT));
	EXPECT_EQ(0, sock_error(fd));
	ASSERT_EQ(0, info_of(fd, &info));
	EXPECT_EQ(600, info.tcpi_pmtu);
	EXPECT_EQ(548, info.tcpi_snd_mss);
	/* At once, and by the timer, if the machine took so long. */
	EXPECT_LE(1, info.tcpi_total_retrans);
	EXPECT_GE(1 + (now_ms() - start) / 1000, info.tcpi_total_retrans);
	close(fd);
	close(lfd);
	close(tap);
}

static unsigned int pmtu_of(int fd)
{
	struct tcp_info info = {};

	return info_of(fd, &info) ? 0 : info.tcpi_pmtu;
}

/* And it is told at once, not when the SYN is sent again; then a lower one. */
TEST_F(direct, path_mtu_is_told_in_syn_sent)
{
	const struct world *w = &self->w;
	int tap = sniff_open(w, PEER, "b0");
	int fd = world_sock(w, HERE, SOCK_NONBLOCK);
	struct seen s;

	RUN(w, HERE, "ip neigh replace " PEER_IP
	    " lladdr 02:00:00:00:00:99 nud permanent dev a0");
	ASSERT_EQ(-1, connect_to(fd, PEER_IP, 5000));
	ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
	ASSERT_EQ(0, icmp_send(w, PEER, 3, 4, 900, &s));
	EXPECT_TRUE(WAIT_FOR(pmtu_of(fd) == 900));
	ASSERT_EQ(0, icmp_send(w, PEER, 3, 4, 600, &s));
	EXPECT_TRUE(WAIT_FOR(pmtu_of(fd) == 600));
	close(fd);
	close(tap);
}

/* D-43: what does not quote our sequence number is not believed. */
TEST_F(direct, icmp_out_of_window)
{
	const struct world *w = &self->w;
	int tap = sniff_open(w, PEER, "b0"), fd;
	long before = world_counter(w, HERE, "OutOfWindowIcmps");
	struct seen s, forged;

	ASSERT_EQ(0, silence(w));
	fd = world_sock(w, HERE, SOCK_NONBLOCK);
	ASSERT_EQ(-1, connect_to(fd, NOBODY_IP, 9));
	ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
	forged = s;
	forged.packet[24] ^= 1;
	ASSERT_EQ(0, icmp_send(w, PEER, 3, 1, 0, &forged));
	ASSERT_EQ(0, icmp_send(w, PEER, 3, 4, 600, &forged));
	if (!native() || before >= 0)
		EXPECT_TRUE(WAIT_FOR(world_counter(w, HERE, "OutOfWindowIcmps") >= before + 2));
	EXPECT_EQ(0, sock_error(fd));
	ASSERT_EQ(0, icmp_send(w, PEER, 3, 1, 0, &s));
	ASSERT_NE(0, wait_for(fd, POLLERR) & POLLERR);
	EXPECT_EQ(EHOSTUNREACH, sock_error(fd));
	close(fd);
	close(tap);
}

/* The last segment of ours with data */
static int last_data(int tap, struct seen *s)
{
	while (!sniff(tap, HERE_IP, s, PATIENCE))
		if (s->payload)
			return 0;
	return -1;
}

/* H-84: a connection that stands goes on. */
TEST_F(direct, icmp_when_established)
{
	const struct world *w = &self->w;
	int tap = sniff_open(w, PEER, "b0"), fd[2], i;
	struct seen s;

	ASSERT_EQ(0, world_pair(w, HERE, fd));
	for (i = 0; icmp_cases[i].type != ICMP_END; i++) {
		ASSERT_EQ(1, write(fd[HERE], "x", 1));
		ASSERT_EQ(1, read(fd[PEER], scratch, 1));
		ASSERT_EQ(0, last_data(tap, &s));
		s.packet[27] += 1;	/* the end of it: SND.UNA once it is acknowledged */
		if (!s.packet[27])
			continue;
		ASSERT_EQ(0, icmp_send(w, PEER, icmp_cases[i].type,
				       icmp_cases[i].code, 0, &s));
		/* Not a reason to end it; SO_ERROR knows it, though. */
		if (icmp_cases[i].err)
			EXPECT_TRUE(WAIT_FOR(sock_error(fd[HERE]) ==
					     icmp_cases[i].err));
		EXPECT_EQ(0, mask_of(fd[HERE]) & (POLLERR | POLLHUP));
	}
	ASSERT_EQ(0, one_way(fd[HERE], fd[PEER], 10000));
	close(tap);
}

/* IP_RECVERR: at once, and with the details. */
TEST_F(direct, icmp_with_recverr)
{
	const struct world *w = &self->w;
	int tap = sniff_open(w, PEER, "b0"), fd;
	struct sock_extended_err *ee;
	struct sockaddr_in *offender, name;
	char control[512], data[128];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_name = &name, .msg_namelen = sizeof(name),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	struct seen s;

	ASSERT_EQ(0, silence(w));
	fd = world_sock(w, HERE, SOCK_NONBLOCK);
	ASSERT_EQ(0, set_int(fd, IPPROTO_IP, IP_RECVERR, 1));
	ASSERT_EQ(-1, connect_to(fd, NOBODY_IP, 77));
	ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
	ASSERT_EQ(0, icmp_send(w, PEER, 3, 13, 0, &s));
	ASSERT_NE(0, wait_for(fd, POLLERR) & POLLERR);
	EXPECT_EQ(EHOSTUNREACH, sock_error(fd));
	ASSERT_LE(8, recvmsg(fd, &msg, MSG_ERRQUEUE));
	EXPECT_NE(0, msg.msg_flags & MSG_ERRQUEUE);
	EXPECT_EQ(0, memcmp(data, s.packet + 20, 8));
	EXPECT_EQ(htons(77), name.sin_port);
	EXPECT_EQ(addr_of(NOBODY_IP, 0).sin_addr.s_addr, name.sin_addr.s_addr);
	cmsg = CMSG_FIRSTHDR(&msg);
	ASSERT_NE(NULL, cmsg);
	EXPECT_EQ(IPPROTO_IP, cmsg->cmsg_level);
	EXPECT_EQ(IP_RECVERR, cmsg->cmsg_type);
	ee = (void *)CMSG_DATA(cmsg);
	EXPECT_EQ(EHOSTUNREACH, ee->ee_errno);
	EXPECT_EQ(SO_EE_ORIGIN_ICMP, ee->ee_origin);
	EXPECT_EQ(3, ee->ee_type);
	EXPECT_EQ(13, ee->ee_code);
	offender = (void *)SO_EE_OFFENDER(ee);
	EXPECT_EQ(addr_of(PEER_IP, 0).sin_addr.s_addr,
		  offender->sin_addr.s_addr);
	close(fd);
	close(tap);
}

/* E-33: a half-open connection ends by "unreachable", not by "port". */
TEST_F(direct, icmp_for_a_request)
{
	const struct world *w = &self->w;
	int tap = sniff_open(w, HERE, "a0"), lfd, fd;
	struct seen s;

	/* The peer's SYN arrives, our SYN-ACK does not. */
	lfd = world_listener(w, HERE, 5000, 5);
	RUN(w, PEER, "tc qdisc add dev b0 ingress");
	RUN(w, PEER,
	    "tc filter add dev b0 ingress protocol ip u32 match ip protocol 6 0xff action drop");
	fd = world_sock(w, PEER, SOCK_NONBLOCK);
	ASSERT_EQ(-1, connect_to(fd, HERE_IP, 5000));
	ASSERT_EQ(0, sniff(tap, HERE_IP, &s, PATIENCE));
	ASSERT_EQ(0x12, s.flags);
	ASSERT_EQ(0, icmp_send(w, PEER, 3, 3, 0, &s));
	ASSERT_EQ(0, icmp_send(w, PEER, 3, 1, 0, &s));
	EXPECT_TRUE(WAIT_FOR(world_counter(w, HERE, "ListenDrops") == 1 ||
			     native()));
	close(fd);
	close(lfd);
	close(tap);
}

/* Routers say it, too: the kernel's own messages, not ours. */
TEST_F(routed, unreachable_by_router)
{
	static const struct {
		const char *route;
		int err;
	} cases[] = {
		{ "unreachable", EHOSTUNREACH },
		{ "prohibit", EHOSTUNREACH },
	};
	const struct world *w = &self->w;
	int fd, i;

	for (i = 0; i < 2; i++) {
		RUN(w, ROUTER, "ip route replace %s 10.0.3.1", cases[i].route);
		fd = world_sock(w, HERE, 0);
		EXPECT_EQ(-1, connect_to(fd, "10.0.3.1", 9));
		EXPECT_EQ(cases[i].err, errno);
		close(fd);
	}
	/* TTL exceeded */
	fd = world_sock(w, HERE, 0);
	ASSERT_EQ(0, set_int(fd, IPPROTO_IP, IP_TTL, 1));
	EXPECT_EQ(-1, connect_to(fd, PEER_IP, 9));
	EXPECT_EQ(EHOSTUNREACH, errno);
	close(fd);
}

/* H-85: the kernel's route learns from an ICMP about our segment. */
TEST_F(routed, redirect)
{
	const struct world *w = &self->w;
	int tap = sniff_open(w, ROUTER, "r0"), fd[2];
	struct seen s;
	__be32 una;

	/* The better gateway is the router, too, by another address. */
	RUN(w, ROUTER, "ip link set r0 address 02:00:00:00:00:01");
	RUN(w, ROUTER, "ip addr add 10.0.1.253/24 dev r0");
	RUN(w, HERE, "ip neigh replace 10.0.1.253 lladdr 02:00:00:00:00:01 nud permanent dev a0");
	ASSERT_EQ(0, world_pair(w, HERE, fd));
	ASSERT_EQ(0, one_way(fd[HERE], fd[PEER], 1000));
	ASSERT_EQ(0, last_data(tap, &s));
	una = htonl(s.seq + s.payload);
	memcpy(s.packet + 24, &una, sizeof(una));
	RUN(w, HERE, "ip route get " PEER_IP " | grep -q 'via 10.0.1.254'");
	ASSERT_EQ(0, icmp_send(w, ROUTER, 5, 1, 0x0a0001fd, &s));
	EXPECT_TRUE(WAIT_FOR(!world_run(w, HERE, "ip route get " PEER_IP
					" | grep -q 'via 10.0.1.253'")));
	ASSERT_EQ(0, one_way(fd[HERE], fd[PEER], 100000));
	close(fd[0]);
	close(fd[1]);
	close(tap);
}

/* H-81, RFC 1191: both directions, and the MTU falls in mid-connection. */
TEST_F(routed, path_mtu)
{
	const struct world *w = &self->w;
	struct tcp_info info;
	int fd[2];

	ASSERT_EQ(0, world_pair(w, HERE, fd));
	ASSERT_EQ(0, one_way(fd[HERE], fd[PEER], 200000));
	ASSERT_EQ(0, info_of(fd[HERE], &info));
	EXPECT_EQ(1500, info.tcpi_pmtu);
	RUN(w, ROUTER, "ip link set r1 mtu 1000");
	RUN(w, PEER, "ip link set b0 mtu 1000");
	ASSERT_EQ(0, one_way(fd[HERE], fd[PEER], 200000));
	ASSERT_EQ(0, info_of(fd[HERE], &info));
	EXPECT_EQ(1000, info.tcpi_pmtu);
	EXPECT_EQ(948, info.tcpi_snd_mss);
	/* The first full flight was lost: repaired by the message, not by RTO. */
	EXPECT_EQ(0, world_counter(w, HERE, "TCPTimeouts"));
	ASSERT_EQ(0, one_way(fd[PEER], fd[HERE], 200000));
	close(fd[0]);
	close(fd[1]);
	/* The next connection knows from the start. */
	ASSERT_EQ(0, world_pair(w, HERE, fd));
	ASSERT_EQ(0, info_of(fd[HERE], &info));
	EXPECT_EQ(1000, info.tcpi_pmtu);
	close(fd[0]);
	close(fd[1]);
}

/* IP_PMTUDISC_DONT: the router cuts segments up, nobody complains. */
TEST_F(routed, fragments)
{
	const struct world *w = &self->w;
	struct tcp_info info;
	int fd[2];

	RUN(w, ROUTER, "ip link set r1 mtu 800");
	RUN(w, PEER, "ip link set b0 mtu 1500");
	ASSERT_EQ(0, world_pair(w, HERE, fd));
	ASSERT_EQ(0, set_int(fd[HERE], IPPROTO_IP, IP_MTU_DISCOVER,
			     IP_PMTUDISC_DONT));
	ASSERT_EQ(0, one_way(fd[HERE], fd[PEER], 100000));
	ASSERT_EQ(0, info_of(fd[HERE], &info));
	EXPECT_EQ(1500, info.tcpi_pmtu);
	close(fd[0]);
	close(fd[1]);
}

#include "nothing_left.h"
