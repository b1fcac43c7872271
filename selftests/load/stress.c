// SPDX-License-Identifier: GPL-2.0
/* Many connections at once, many in turn, and the sudden death of both ends. */
#include <sys/resource.h>

#include "harness.h"

const unsigned int widened = 200;

#define AT_ONCE		1000
#define IN_TURN		(SLOW > 1 ? 2000 : 10000)
#define KILLS		20

/* Which of them has that port; AT_ONCE: none */
static int index_of(const unsigned int *ports, unsigned int port)
{
	int i;

	for (i = 0; i < AT_ONCE && ports[i] != port; i++)
		;
	return i;
}

TEST(one_thousand_at_once)
{
	static int client[AT_ONCE], server[AT_ONCE];
	struct rlimit limit = { 4 * AT_ONCE, 4 * AT_ONCE };
	unsigned int port[AT_ONCE];
	int lfd, fd, i, to;
	char byte;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	lfd = listener(AT_ONCE);
	ASSERT_LE(0, lfd);
	for (i = 0; i < AT_ONCE; i++) {
		client[i] = connected(port_of(lfd));
		ASSERT_LE(0, client[i]);
		port[i] = port_of(client[i]);
	}
	/* two final ACKs, two processors: accept() may exchange neighbours */
	for (i = 0; i < AT_ONCE; i++) {
		fd = accept(lfd, NULL, NULL);
		ASSERT_LE(0, fd);
		to = index_of(port, peer_port_of(fd));
		ASSERT_GT(AT_ONCE, to);
		ASSERT_EQ(0, server[to]);
		server[to] = fd;
	}
	/* all of them are there, and each carries its own data */
	EXPECT_EQ(2 * AT_ONCE, counter("CurrEstab"));
	EXPECT_LE(2 * AT_ONCE + 1, rows_alive());
	for (i = 0; i < AT_ONCE; i++) {
		byte = i;
		ASSERT_EQ(1, send(client[i], &byte, 1, 0));
		byte = i * 7;
		ASSERT_EQ(1, send(server[i], &byte, 1, 0));
	}
	for (i = 0; i < AT_ONCE; i++) {
		ASSERT_EQ(1, recv(server[i], &byte, 1, 0));
		ASSERT_EQ((char)i, byte);
		ASSERT_EQ(1, recv(client[i], &byte, 1, 0));
		ASSERT_EQ((char)(i * 7), byte);
	}
	for (i = 0; i < AT_ONCE; i++) {
		ASSERT_EQ(0, close(i % 2 ? client[i] : server[i]));
		ASSERT_EQ(0, close(i % 2 ? server[i] : client[i]));
	}
	close(lfd);
	EXPECT_TRUE(WAIT_FOR(rows_alive() == 0));
}

/* One byte crosses each of them; the client closes first. */
TEST(thousands_in_turn)
{
	int lfd, fd[2], i;
	char byte;

	ASSERT_EQ(0, fresh_netns());
	if (!native())
		ASSERT_EQ(0, sysctl_set("xtcp/timewait_msecs", "100"));
	lfd = listener(8);
	for (i = 0; i < IN_TURN; i++) {
		ASSERT_EQ(0, pair_via(lfd, fd)) {
			TH_LOG("connection %d: %s", i, strerror(errno));
		}
		byte = i;
		ASSERT_EQ(1, send(fd[0], &byte, 1, 0));
		ASSERT_EQ(1, recv(fd[1], &byte, 1, 0));
		ASSERT_EQ((char)i, byte);
		ASSERT_EQ(0, close(fd[0]));
		ASSERT_EQ(0, close(fd[1]));
	}
	EXPECT_EQ(IN_TURN, counter("ActiveOpens"));
	EXPECT_EQ(IN_TURN, counter("PassiveOpens"));
	EXPECT_EQ(0, counter("AttemptFails"));
	close(lfd);
	EXPECT_TRUE(WAIT_FOR(rows_alive() == 0));
}

/* A process that connects, sends, receives and closes until it is killed */
static pid_t start_client(unsigned int port)
{
	static char buf[8192];
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	for (;;) {
		fd = connected(port);
		if (fd >= 0) {
			send(fd, buf, sizeof(buf), MSG_NOSIGNAL);
			recv(fd, buf, sizeof(buf), 0);
		}
		close(fd);
	}
}

static pid_t start_server(unsigned int port)
{
	static char buf[8192];
	pid_t pid = fork();
	int lfd = -1, fd;

	if (pid)
		return pid;
	while (lfd < 0)
		lfd = listener_on(LOCALHOST, port, 8);
	for (;;) {
		fd = accept(lfd, NULL, NULL);
		if (recv(fd, buf, sizeof(buf), 0) > 0)
			send(fd, buf, sizeof(buf), MSG_NOSIGNAL);
		close(fd);
	}
}

static int end_by_kill(pid_t pid)
{
	return kill(pid, SIGKILL) || waitpid(pid, NULL, 0) != pid ? -1 : 0;
}

/*
 * Client or server, or both, die at any moment.  Their progress decides when: a
 * number of connections that differs from round to round.
 */
TEST(killed_at_any_moment)
{
	unsigned int seed = 815;
	pid_t client, server;
	unsigned int port;
	long opens;
	int round;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_fin_timeout", "1"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_orphan_retries", "1"));
	for (round = 0; round < KILLS; round++) {
		port = own_port();
		server = start_server(port);
		client = start_client(port);
		opens = counter("PassiveOpens") + rand_r(&seed) % 20;
		EXPECT_TRUE(WAIT_FOR(counter("PassiveOpens") > opens));
		switch (round % 3) {
		case 0:
			EXPECT_EQ(0, end_by_kill(client));
			EXPECT_EQ(0, end_by_kill(server));
			break;
		case 1:
			EXPECT_EQ(0, end_by_kill(server));
			EXPECT_EQ(0, end_by_kill(client));
			break;
		default:
			EXPECT_EQ(0, kill(server, SIGSTOP));
			EXPECT_EQ(0, end_by_kill(client));
			EXPECT_EQ(0, end_by_kill(server));
		}
	}
	EXPECT_TRUE(WAIT_FOR(rows_alive() == 0));
	EXPECT_TRUE(WAIT_FOR(sockets_used() == 0));
}

/* G-129, H-13: several threads on one socket; no byte is lost or doubled. */
#define SHARERS	4
#define SHARE	20000

static long send_share(struct job *job)
{
	char byte = 1;
	long i;

	for (i = 0; i < SHARE / SHARERS; i++) {
		if (send(job->fd, &byte, 1, MSG_NOSIGNAL) != 1)
			return -1;
	}
	return i;
}

TEST(threads_share_a_socket)
{
	struct job job[SHARERS];
	int fd[2], i;

	ASSERT_EQ(0, pair(fd));
	for (i = 0; i < SHARERS; i++)
		ASSERT_EQ(0, job_start(&job[i], send_share, fd[0], NULL));
	for (i = 0; i < SHARE;) {
		char buf[1000];
		ssize_t n = recv(fd[1], buf, sizeof(buf), 0);

		ASSERT_LT(0, n);
		i += n;
	}
	EXPECT_EQ(SHARE, i);
	for (i = 0; i < SHARERS; i++) {
		job_join(&job[i]);
		EXPECT_EQ(SHARE / SHARERS, job[i].ret);
	}
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(0, drain(fd[1]));
}

#include "nothing_left.h"
