// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp0 and network namespaces: one link in each, what happens without it, and
 * that nothing leaks from one namespace into another.
 */
#include "harness.h"

/*
 * Tests of the virtual link, which has no like in TCP, each in a namespace of
 * its own.
 */
#define XTCP_ONLY()							\
	do {								\
		if (native())						\
			SKIP(return, "about xtcp0");			\
		ASSERT_EQ(0, fresh_netns());				\
	} while (0)

/* decision 6 */
TEST(one_link_in_a_namespace)
{
	XTCP_ONLY();
	EXPECT_EQ(EEXIST, err(link_add("xtcp", "xtcp1")));
	ASSERT_EQ(0, link_del("xtcp0"));
	EXPECT_EQ(0, link_add("xtcp", "other"));
	EXPECT_EQ(0, link_up("other", true));
	EXPECT_LE(0, connected(port_of(listener(1))));
}

/* decision 7: the errno of D-19 */
TEST(no_link)
{
	int lfd, fd;

	XTCP_ONLY();
	lfd = listener(1);
	fd = sock(0);
	ASSERT_EQ(0, link_del("xtcp0"));
	EXPECT_EQ(ENETUNREACH, err(connect_to(fd, LOCALHOST, port_of(lfd))));
	/* D-31: and nothing has changed */
	EXPECT_EQ(0, port_of(fd));
	ASSERT_EQ(0, link_add("xtcp", "xtcp0"));
	EXPECT_EQ(ENETUNREACH, err(connect_to(fd, LOCALHOST, port_of(lfd))));
	ASSERT_EQ(0, link_up("xtcp0", true));
	EXPECT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
}

TEST(link_down)
{
	int lfd, fd;

	XTCP_ONLY();
	lfd = listener(1);
	fd = sock(0);
	ASSERT_EQ(0, link_up("xtcp0", false));
	EXPECT_EQ(ENETUNREACH, err(connect_to(fd, LOCALHOST, port_of(lfd))));
	ASSERT_EQ(0, link_up("xtcp0", true));
	EXPECT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
}

/* H-94, J-83: a connection outlives its link */
TEST(link_deleted_under_a_connection)
{
	char byte = 0;
	int fd[2];

	XTCP_ONLY();
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(0, link_del("xtcp0"));
	ASSERT_EQ(0, send_all(fd[0], "x", 1));
	ASSERT_EQ(0, link_add("xtcp", "xtcp0"));
	ASSERT_EQ(0, link_up("xtcp0", true));
	/* the retransmission timer brings it over */
	EXPECT_EQ(0, recv_all(fd[1], &byte, 1));
	EXPECT_EQ('x', byte);
	EXPECT_LE(1, counter("RetransSegs"));
}

static long stream_for_ever(struct job *job)
{
	static char data[65536];

	while (send(job->fd, data, sizeof(data), MSG_NOSIGNAL) > 0)
		;
	return 0;
}

static long read_for_ever(struct job *job)
{
	static char data[65536];

	while (recv(job->fd, data, sizeof(data), 0) > 0)
		;
	return 0;
}

TEST(link_deleted_under_traffic)
{
	struct job out, in;
	int fd[2], i;
	long seen;

	XTCP_ONLY();
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(0, job_start(&out, stream_for_ever, fd[0], NULL));
	ASSERT_EQ(0, job_start(&in, read_for_ever, fd[1], NULL));
	for (i = 0; i < 5; i++) {
		seen = counter("InSegs");
		EXPECT_TRUE(WAIT_FOR(counter("InSegs") > seen + 20));
		EXPECT_EQ(0, link_del("xtcp0"));
		EXPECT_EQ(0, link_add("xtcp", "xtcp0"));
		EXPECT_EQ(0, link_up("xtcp0", true));
	}
	shutdown(fd[0], SHUT_RDWR);
	shutdown(fd[1], SHUT_RDWR);
	job_join(&out);
	job_join(&in);
}

/* decision 6: both directions are counted */
TEST(link_counts)
{
	long sent, received;
	int fd[2];

	XTCP_ONLY();
	sent = dev_stat("xtcp0", "tx_packets");
	received = dev_stat("xtcp0", "rx_packets");
	ASSERT_EQ(0, pair(fd));
	EXPECT_LE(sent + 3, dev_stat("xtcp0", "tx_packets"));
	EXPECT_LE(received + 3, dev_stat("xtcp0", "rx_packets"));
}

/* J-80, J-82: ports, rows and counters of a namespace are its own */
TEST(namespaces_are_apart)
{
	unsigned int port = own_port();
	int old = listener_on(LOCALHOST, port, 1);
	int fd;

	ASSERT_LE(0, old);
	ASSERT_EQ(0, fresh_netns());
	EXPECT_EQ(0, rows_alive());
	EXPECT_EQ(0, counter("ActiveOpens"));
	EXPECT_EQ(ECONNREFUSED, err(connected(port)));
	EXPECT_LE(0, listener_on(LOCALHOST, port, 1));
	fd = connected(port);
	EXPECT_LE(0, fd);
	/* the socket that we brought along stays where it was made */
	EXPECT_EQ(0, nonblock(old, true));
	EXPECT_EQ(EAGAIN, err(accept(old, NULL, NULL)));
}

/* J-81: a namespace goes with TIME_WAIT, requests and orphans in it */
TEST(namespace_goes_with_everything)
{
	int i;

	for (i = 0; i < 10; i++) {
		pid_t pid = fork();
		int status = -1;

		if (!pid) {
			struct silent silent;
			int fd[2], lfd;

			if (fresh_netns() || pair(fd))
				_exit(1);
			close(fd[0]);
			close(fd[1]);
			if (silent_open(&silent))
				_exit(2);
			/* a SYN without an answer, data without a reader */
			connect_to(sock(SOCK_NONBLOCK), LOCALHOST, silent.port);
			lfd = listener(1);
			if (pair_via(lfd, fd) || plug() ||
			    send_all(fd[0], "orphan", 6))
				_exit(3);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		ASSERT_EQ(0, status);
	}
}

NOTHING_LEFT()
