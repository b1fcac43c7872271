// SPDX-License-Identifier: GPL-2.0
/*
 * Many connections: at once, one after another, and with ends that are killed
 * at any moment.
 */
#include <sys/resource.h>

#include "harness.h"

#define AT_ONCE		1000
#define IN_SEQUENCE	10000
#define KILLS		40

static int many_files(void)
{
	struct rlimit limit = { 4 * AT_ONCE, 4 * AT_ONCE };

	return setrlimit(RLIMIT_NOFILE, &limit);
}

/* The protocol's own timers, shortened. */
static void hurry(void)
{
	if (!native())
		sysctl_set("xtcp/timewait_msecs", "500");
	sysctl_set("ipv4/tcp_orphan_retries", "1");
	sysctl_set("ipv4/tcp_fin_timeout", "1");
}

/* C-13, C-24, F-22 */
TEST(at_once)
{
	static int client[AT_ONCE], server[AT_ONCE];
	int lfd, i, number;

	ASSERT_EQ(0, many_files());
	lfd = listener(AT_ONCE);
	ASSERT_LE(0, lfd);
	for (i = 0; i < AT_ONCE; i++) {
		client[i] = connected(port_of(lfd));
		ASSERT_LE(0, client[i]);
	}
	for (i = 0; i < AT_ONCE; i++) {
		server[i] = accept(lfd, NULL, NULL);
		ASSERT_LE(0, server[i]);
		/* first come, first served */
		ASSERT_EQ(port_of(client[i]), peer_port_of(server[i]));
	}
	for (i = 0; i < AT_ONCE; i++)
		ASSERT_EQ(0, send_all(client[i], &i, sizeof(i)));
	for (i = 0; i < AT_ONCE; i++) {
		ASSERT_EQ(0, recv_all(server[i], &number, sizeof(number)));
		ASSERT_EQ(i, number);
	}
	EXPECT_EQ(2 * AT_ONCE, counter("CurrEstab"));
}

/* I-55, I-56, D-62: ports and objects come back in time */
TEST(in_sequence)
{
	int lfd = listener(1), fd[2], i;
	char byte;

	ASSERT_LE(0, lfd);
	for (i = 0; i < IN_SEQUENCE; i++) {
		ASSERT_EQ(0, pair_via(lfd, fd));
		ASSERT_EQ(0, send_all(fd[i & 1], "x", 1));
		ASSERT_EQ(0, recv_all(fd[!(i & 1)], &byte, 1));
		/* either end first */
		close(fd[!!(i & 2)]);
		close(fd[!(i & 2)]);
	}
	EXPECT_LE(IN_SEQUENCE, counter("ActiveOpens"));
	EXPECT_LE(IN_SEQUENCE, counter("PassiveOpens"));
}

static void client_for_ever(unsigned int port, int round)
{
	static char data[65536];
	int fd;

	for (;;) {
		fd = connected(port);
		if (fd < 0)
			_exit(1);
		send(fd, data, sizeof(data), MSG_NOSIGNAL);
		send(fd, data, sizeof(data),
		     MSG_NOSIGNAL | (round & 2 ? MSG_DONTWAIT : 0));
		if (round & 1)
			shutdown(fd, SHUT_WR);
		recv(fd, data, 1, MSG_DONTWAIT);
		close(fd);
	}
}

static void server_for_ever(int lfd, int round)
{
	static char data[65536];
	int fd;

	for (;;) {
		fd = accept(lfd, NULL, NULL);
		if (fd < 0)
			_exit(1);
		recv(fd, data, sizeof(data), 0);
		if (round & 4)
			while (recv(fd, data, sizeof(data), 0) > 0)
				;
		close(fd);
	}
}

static void kill_and_wait(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Enough has happened for this round: a moment that differs every time. */
static bool busy(long since, int round)
{
	return counter("ActiveOpens") >= since + round % 7;
}

/* I-39, H-88: what a dead process leaves ends by itself */
TEST(killed_at_any_moment)
{
	int lfd, round;

	hurry();
	lfd = listener(5);
	ASSERT_LE(0, lfd);
	for (round = 0; round < KILLS; round++) {
		long since = counter("ActiveOpens");
		pid_t client, server;

		client = fork();
		if (!client)
			client_for_ever(port_of(lfd), round);
		server = fork();
		if (!server)
			server_for_ever(lfd, round);
		EXPECT_TRUE(WAIT_FOR(busy(since, round)));
		kill_and_wait(round & 1 ? client : server);
		kill_and_wait(round & 1 ? server : client);
	}
	close(lfd);
	EXPECT_TRUE(WAIT_FOR(rows_alive() == 0));
}

NOTHING_LEFT()
