// SPDX-License-Identifier: GPL-2.0
/* xtcp0: its life as a link, and what crosses it. */
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>

#include "harness.h"
#include "rawpeer.h"

static int if_flags(const char *name)
{
	struct ifreq ifr = { };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int ret;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	ret = ioctl(fd, SIOCGIFFLAGS, &ifr);
	close(fd);
	return ret ? -1 : (unsigned short)ifr.ifr_flags;
}

static int if_number(const char *name, const char *attribute)
{
	char path[128];
	int val = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", name, attribute);
	f = fopen(path, "re");
	if (!f)
		return -1;
	if (fscanf(f, "%d", &val) != 1)
		val = -1;
	fclose(f);
	return val;
}

/* /sys shows the devices of the namespace it was mounted in; nobody else sees it. */
static int own_sys(void)
{
	return unshare(CLONE_NEWNS) || system("mount --make-rprivate /") ||
	       system("mount -t sysfs none /sys") ? -1 : 0;
}

/* Design decision 6 */
TEST(one_per_namespace)
{
	if (native())
		return;
	ASSERT_EQ(0, fresh_netns());
	EXPECT_EQ(EEXIST, err(link_add("xtcp", "xtcp0")));
	EXPECT_EQ(EEXIST, err(link_add("xtcp", "xtcp1")));
	EXPECT_EQ(0, link_del("xtcp0"));
	EXPECT_EQ(0, link_add("xtcp", "xtcp0"));
	EXPECT_EQ(0, link_up("xtcp0", true));
}

TEST(properties)
{
	int flags = if_flags("xtcp0");

	if (native())
		return;
	EXPECT_NE(0, flags & IFF_NOARP);
	EXPECT_NE(0, flags & IFF_UP);
	EXPECT_EQ(0, flags & (IFF_LOOPBACK | IFF_MULTICAST | IFF_BROADCAST));
}

TEST(properties_in_sys)
{
	if (native())
		return;
	ASSERT_EQ(0, own_sys());
	EXPECT_EQ(65535, if_number("xtcp0", "mtu"));
	EXPECT_EQ(ARPHRD_NONE, if_number("xtcp0", "type"));
}

/* D-19, D-22: no device, or one that is down */
TEST(without_the_device)
{
	int fd;

	if (native())
		return;
	ASSERT_EQ(0, fresh_netns());
	fd = listener(1);
	ASSERT_EQ(0, link_up("xtcp0", false));
	EXPECT_EQ(ENETUNREACH, err(connected(port_of(fd))));
	ASSERT_EQ(0, link_up("xtcp0", true));
	EXPECT_LE(0, connected(port_of(fd)));
	ASSERT_EQ(0, link_del("xtcp0"));
	EXPECT_EQ(ENETUNREACH, err(connected(port_of(fd))));
	ASSERT_EQ(0, link_add("xtcp", "xtcp0"));
	EXPECT_EQ(ENETUNREACH, err(connected(port_of(fd))));
	ASSERT_EQ(0, link_up("xtcp0", true));
	EXPECT_LE(0, accept(fd, NULL, NULL));
	EXPECT_LE(0, connected(port_of(fd)));
}

/* J-83, H-94: connections survive, and go on when the device is back. */
TEST(down_and_up_again)
{
	char buf[8];
	int fd[2];

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(0, link_up(loop_dev(), false));
	ASSERT_EQ(0, send_all(fd[0], "held", 4));
	EXPECT_EQ(EAGAIN, err(recv(fd[1], buf, 4, MSG_DONTWAIT)));
	ASSERT_EQ(0, link_up(loop_dev(), true));
	EXPECT_EQ(4, recv(fd[1], buf, 4, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "held", 4));
	EXPECT_EQ(ST_ESTABLISHED, state_of(port_of(fd[0]), port_of(fd[1])));
}

TEST(deleted_and_made_again)
{
	char buf[8];
	int fd[2];

	if (native())
		return;
	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(0, link_del("xtcp0"));
	ASSERT_EQ(0, send_all(fd[0], "held", 4));
	ASSERT_EQ(0, link_add("xtcp", "xtcp0"));
	ASSERT_EQ(0, link_up("xtcp0", true));
	EXPECT_EQ(4, recv(fd[1], buf, 4, MSG_WAITALL));
}

/* Deleted for good: the sender gives up in the end (H-12). */
TEST(deleted_for_good)
{
	char byte;
	int fd[2];

	if (native())
		return;
	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_retries2", "1"));
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(0, link_del("xtcp0"));
	ASSERT_EQ(0, send_all(fd[0], "lost", 4));
	EXPECT_NE(0, wait_for(fd[0], POLLERR));
	EXPECT_EQ(-1, recv(fd[0], &byte, 1, 0));
	EXPECT_EQ(0, close(fd[0]));
	EXPECT_EQ(0, close(fd[1]));
}

static void *send_until_error(void *arg)
{
	static char buf[65536];

	while (send(*(int *)arg, buf, sizeof(buf), MSG_NOSIGNAL) > 0)
		;
	return NULL;
}

static void *read_until_error(void *arg)
{
	static char buf[65536];

	while (recv(*(int *)arg, buf, sizeof(buf), 0) > 0)
		;
	return NULL;
}

/* The device goes and comes while data flows. */
TEST(deleted_under_traffic)
{
	pthread_t sender, reader;
	long before;
	int fd[2], i;

	if (native())
		return;
	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(0, pthread_create(&sender, NULL, send_until_error, &fd[0]));
	ASSERT_EQ(0, pthread_create(&reader, NULL, read_until_error, &fd[1]));
	for (i = 0; i < 5; i++) {
		before = counter("InSegs");
		ASSERT_TRUE(WAIT_FOR(counter("InSegs") > before + 20));
		ASSERT_EQ(0, link_del("xtcp0"));
		ASSERT_EQ(0, link_add("xtcp", "xtcp0"));
		ASSERT_EQ(0, link_up("xtcp0", true));
	}
	before = counter("InSegs");
	EXPECT_TRUE(WAIT_FOR(counter("InSegs") > before + 20));
	ASSERT_EQ(0, shutdown(fd[0], SHUT_RDWR));
	pthread_join(sender, NULL);
	pthread_join(reader, NULL);
}

/* Decision 7: all local addresses, and nothing of it on lo */
TEST(local_addresses)
{
	static const char *const ips[] = {
		"127.0.0.1", "127.200.1.1", "10.77.0.1",
	};
	size_t i;
	int lfd, fd;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, addr_add("lo:7", "10.77.0.1"));
	for (i = 0; i < ARRAY_SIZE(ips); i++) {
		lfd = listener_on(ips[i], 0, 1);
		ASSERT_LE(0, lfd);
		fd = sock(0);
		EXPECT_EQ(0, connect_to(fd, ips[i], port_of(lfd)));
	}
}

/* J-89: each packet once, with good checksums, on xtcp0 and not on lo */
TEST(packets_are_seen_once)
{
	struct raw raw;
	struct segment s;
	int i, lfd, fd[2];

	ASSERT_EQ(0, raw_netns());
	ASSERT_EQ(0, raw_open(&raw));
	lfd = listener_on(SOCKET_IP, 0, 1);
	fd[0] = sock(0);
	ASSERT_EQ(0, bind_to(fd[0], SOCKET_IP, raw.port));
	ASSERT_EQ(0, connect_to(fd[0], SOCKET_IP, port_of(lfd)));
	fd[1] = accept(lfd, NULL, NULL);
	ASSERT_LE(0, fd[1]);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(1, send(fd[1], "x", 1, 0));
	ASSERT_EQ(0, recv_all(fd[0], &s, 3));
	/* towards the client: SYN-ACK, then data in order */
	ASSERT_EQ(0, raw_recv(&raw, &s, PATIENCE));
	EXPECT_EQ(SYN | ACK, s.flags);
	EXPECT_TRUE(s.good);
	for (i = 0; i < 3;) {
		__u32 seq = s.seq + (s.flags & SYN ? 1 : s.len);

		ASSERT_EQ(0, raw_recv(&raw, &s, PATIENCE));
		EXPECT_TRUE(s.good);
		if (!s.len)
			continue;
		EXPECT_EQ(seq, s.seq);
		i += s.len;
	}
}

/* E-05: what goes to all hosts is no listener's. */
TEST(broadcasts_are_not_local)
{
	static const char *const ips[] = { "255.255.255.255", "10.77.7.255" };
	static struct segment s = { .sport = 7, .flags = SYN, .window = 1000 };
	unsigned char packet[sizeof(s)];
	struct sockaddr_in to;
	int lfd, fd, raw;
	char line[100];
	size_t i, len;

	ASSERT_EQ(0, fresh_netns());
	snprintf(line, sizeof(line), "ip addr add 10.77.7.1/24 brd + dev %s",
		 loop_dev());
	ASSERT_EQ(0, system(line));
	lfd = listener_on("0.0.0.0", 0, 5);
	s.dport = port_of(lfd);
	raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	ASSERT_EQ(0, set_int(raw, SOL_SOCKET, SO_BROADCAST, 1));
	ASSERT_EQ(0, setsockopt(raw, SOL_SOCKET, SO_BINDTODEVICE, loop_dev(),
				strlen(loop_dev())));
	for (i = 0; i < ARRAY_SIZE(ips); i++) {
		s.to = ips[i];
		len = raw_build(&s, packet);
		to = addr_of(ips[i], 0);
		ASSERT_EQ((ssize_t)len,
			  sendto(raw, packet, len, 0, (struct sockaddr *)&to,
				 sizeof(to)));
	}
	/* One that means it comes behind them. */
	fd = connected(port_of(lfd));
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, counter("ListenDrops"));
	close(fd);
	close(lfd);
	close(raw);
}

/* The queue that a segment left by is none that it comes in by: RPS looks. */
TEST(many_queues)
{
	int fd[2], i;

	if (native())
		SKIP(return, "XTCP's own");
	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, link_del("xtcp0"));
	ASSERT_EQ(0, run_line("ip link add xtcp0 numtxqueues 8 numrxqueues 2 type xtcp",
			      NULL));
	ASSERT_EQ(0, link_up("xtcp0", true));
	ASSERT_EQ(0, own_sys());
	ASSERT_EQ(0, write_text("/sys/class/net/xtcp0/queues/rx-0/rps_cpus", "3"));
	for (i = 0; i < 16; i++) {
		ASSERT_EQ(0, pair(fd));
		EXPECT_EQ(0, send_all(fd[0], "queue", 5));
		EXPECT_EQ(0, recv_all(fd[1], scratch, 5));
		close(fd[0]);
		close(fd[1]);
	}
}

/* Statistics of the device */
TEST(statistics)
{
	int fd[2];

	if (native())
		return;
	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, own_sys());
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(0, send_all(fd[0], "12345", 5));
	ASSERT_EQ(0, recv_all(fd[1], scratch, 5));
	EXPECT_LE(4, dev_stat("xtcp0", "tx_packets"));
	EXPECT_LE(4, dev_stat("xtcp0", "rx_packets"));
	EXPECT_LE(4 * 40 + 5, dev_stat("xtcp0", "tx_bytes"));
	EXPECT_EQ(0, dev_stat("xtcp0", "tx_dropped"));
	EXPECT_EQ(0, dev_stat("lo", "tx_packets"));
}

/* A small MTU is obeyed: E-12 */
TEST(mtu)
{
	int lfd, fd[2];

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, system(native() ? "ip link set lo mtu 1500" :
				       "ip link set xtcp0 mtu 1500"));
	lfd = listener(1);
	ASSERT_EQ(0, pair_via(lfd, fd));
	/* 20 bytes of IP, 20 of TCP, 12 of timestamps */
	EXPECT_EQ(1448, get_int(fd[0], IPPROTO_TCP, TCP_MAXSEG));
	EXPECT_EQ(1448, get_int(fd[1], IPPROTO_TCP, TCP_MAXSEG));
}

#include "nothing_left.h"
