// SPDX-License-Identifier: GPL-2.0
/* listen(): the call, the accept queue, and the end of a listener. */
#include <limits.h>

#include "harness.h"

/* C-25: the number of finished connections that nobody accepted */
static int queue_length(unsigned int port)
{
	struct row row;

	if (row_find(port, 0, &row) != 1 || row.state != ST_LISTEN)
		return -1;
	return row.rxq;
}

/* Finish @n more connections; all descriptors stay open. */
static int add_clients(unsigned int port, int n)
{
	int before = queue_length(port);
	int i;

	for (i = 0; i < n; i++) {
		if (connected(port) < 0)
			return -1;
	}
	return WAIT_FOR(queue_length(port) == before + n) ? 0 : -1;
}

/* One more SYN is dropped (C-14); the socket that sent it, or -1. */
static int ignored_client(unsigned int port)
{
	long overflows = counter("ListenOverflows");
	long drops = counter("ListenDrops");
	int fd = sock(SOCK_NONBLOCK);

	if (err(connect_to(fd, LOCALHOST, port)) != EINPROGRESS ||
	    !WAIT_FOR(counter("ListenOverflows") > overflows) ||
	    !WAIT_FOR(counter("ListenDrops") > drops) ||
	    state_of(port_of(fd), port) != ST_SYN_SENT)
		return -1;
	return fd;
}

/* All of /proc/net/xtcp, read in pieces of so many bytes */
static int read_rows(char *text, size_t size, size_t piece)
{
	int fd = open(native() ? "/proc/net/tcp" : "/proc/net/xtcp", O_RDONLY);
	size_t len = 0;
	ssize_t n;

	do {
		n = read(fd, text + len, piece < size - len ? piece : size - len);
		len += n > 0 ? n : 0;
	} while (n > 0);
	close(fd);
	return n ? -1 : (int)len;
}

/* J-64: all listeners of a port are on one chain; each has its row, once. */
TEST(rows_of_a_long_chain)
{
	static char whole[200000], pieces[200000];
	int i, fd, len, seen[600] = { };
	unsigned int nr;
	char *line;

	ASSERT_EQ(0, fresh_netns());
	for (i = 0; i < 600; i++) {
		fd = sock(0);
		ASSERT_EQ(0, set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1));
		ASSERT_EQ(0, bind_to(fd, LOCALHOST, 20002));
		ASSERT_EQ(0, listen(fd, 1));
	}
	len = read_rows(whole, sizeof(whole), sizeof(whole));
	ASSERT_EQ(601 * 150, len);
	EXPECT_EQ(len, read_rows(pieces, sizeof(pieces), 97));
	EXPECT_EQ(0, memcmp(whole, pieces, len));
	for (line = whole + 150; line < whole + len; line += 150) {
		nr = strtoul(line, NULL, 10);
		ASSERT_GT(600, nr);
		seen[nr]++;
	}
	for (i = 0; i < 600; i++)
		ASSERT_EQ(1, seen[i]);
}

/* C-01 */
TEST(not_a_socket)
{
	EXPECT_EQ(EBADF, err(listen(-1, 1)));
	EXPECT_EQ(EBADF, err(listen(9999, 1)));
	EXPECT_EQ(ENOTSOCK, err(listen(0, 1)));
}

/* C-13, C-14, C-25: a backlog of N holds N + 1. */
TEST(backlog)
{
	static const int backlogs[] = { 0, 1, 2, 5 };
	unsigned int port;
	size_t i;
	int lfd;

	for (i = 0; i < ARRAY_SIZE(backlogs); i++) {
		lfd = listener(backlogs[i]);
		ASSERT_LE(0, lfd);
		port = port_of(lfd);
		ASSERT_EQ(0, queue_length(port));
		ASSERT_EQ(0, add_clients(port, backlogs[i] + 1));
		EXPECT_LE(0, ignored_client(port)) {
			TH_LOG("backlog %d", backlogs[i]);
		}
		EXPECT_EQ(backlogs[i] + 1, queue_length(port));
		close(lfd);
	}
}

/* C-14: once there is room, the next SYN of a client that waits gets in. */
TEST(room_again)
{
	struct silent silent;
	int fd, child;

	ASSERT_EQ(0, silent_open(&silent));
	fd = ignored_client(silent.port);
	ASSERT_LE(0, fd);
	child = accept(silent.lfd, NULL, NULL);
	ASSERT_LE(0, child);
	EXPECT_EQ(POLLOUT, wait_for(fd, POLLOUT));
	EXPECT_EQ(0, sock_error(fd));
	child = accept(silent.lfd, NULL, NULL);
	EXPECT_EQ(port_of(fd), peer_port_of(child));
}

/* C-02, J-16: unsigned, and never above somaxconn */
TEST(backlog_is_clamped)
{
	static const int backlogs[] = { 3, 100, -1, INT_MIN, INT_MAX };
	size_t i;
	int lfd;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("core/somaxconn", "2"));
	for (i = 0; i < ARRAY_SIZE(backlogs); i++) {
		lfd = listener(backlogs[i]);
		ASSERT_LE(0, lfd);
		ASSERT_EQ(0, add_clients(port_of(lfd), 3));
		EXPECT_LE(0, ignored_client(port_of(lfd))) {
			TH_LOG("backlog %d", backlogs[i]);
		}
		close(lfd);
	}
	/* read by listen(), not later */
	lfd = listener(1);
	ASSERT_EQ(0, sysctl_set("core/somaxconn", "100"));
	ASSERT_EQ(0, add_clients(port_of(lfd), 2));
	EXPECT_LE(0, ignored_client(port_of(lfd)));
}

/* C-03 */
TEST(wrong_state)
{
	struct silent silent;
	int fd[2], syn;

	ASSERT_EQ(0, pair(fd));
	EXPECT_EQ(EINVAL, err(listen(fd[0], 1)));
	EXPECT_EQ(EINVAL, err(listen(fd[1], 1)));
	shutdown(fd[0], SHUT_WR);
	EXPECT_EQ(EINVAL, err(listen(fd[0], 1)));
	ASSERT_EQ(0, silent_open(&silent));
	syn = sock(SOCK_NONBLOCK);
	EXPECT_EQ(EINPROGRESS, err(connect_to(syn, LOCALHOST, silent.port)));
	EXPECT_EQ(EINVAL, err(listen(syn, 1)));
}

/* C-05 */
TEST(second_listen_changes_the_backlog)
{
	int lfd = listener(0);
	unsigned int port = port_of(lfd);

	ASSERT_EQ(0, add_clients(port, 1));
	EXPECT_EQ(0, listen(lfd, 3));
	EXPECT_EQ(port, port_of(lfd));
	EXPECT_EQ(1, queue_length(port));
	ASSERT_EQ(0, add_clients(port, 3));
	ASSERT_LE(0, ignored_client(port));
	/* what is queued stays, even above the new limit */
	EXPECT_EQ(0, listen(lfd, 0));
	EXPECT_EQ(4, queue_length(port));
	EXPECT_LE(0, accept(lfd, NULL, NULL));
	EXPECT_EQ(3, queue_length(port));
	EXPECT_LE(0, ignored_client(port));
}

/* C-07 */
TEST(autobind)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int lfd = sock(0);

	ASSERT_EQ(0, listen(lfd, 1));
	ASSERT_EQ(0, getsockname(lfd, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(INADDR_ANY, sin.sin_addr.s_addr);
	EXPECT_NE(0, sin.sin_port);
	EXPECT_LE(0, connected(ntohs(sin.sin_port)));
}

/* C-07, B-75 */
TEST(autobind_without_a_port)
{
	int lfd = sock(0);

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/ip_local_port_range", "40001 40001"));
	close(lfd);
	lfd = sock(0);
	ASSERT_EQ(0, listen(lfd, 1));
	EXPECT_EQ(EADDRINUSE, err(listen(sock(0), 1)));
}

/* C-10 */
TEST(calls_on_a_listener)
{
	int lfd = listener(1);
	char byte = 0;
	int val;

	ASSERT_LE(0, lfd);
	EXPECT_EQ(1, get_int(lfd, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_EQ(EINVAL, err(ioctl(lfd, SIOCINQ, &val)));
	EXPECT_EQ(EINVAL, err(ioctl(lfd, SIOCOUTQ, &val)));
	EXPECT_EQ(ENOTCONN, err(recv(lfd, &byte, 1, 0)));
	EXPECT_EQ(EPIPE, err(send(lfd, &byte, 1, MSG_NOSIGNAL)));
	EXPECT_EQ(EISCONN, err(connect_to(lfd, LOCALHOST, own_port())));
	EXPECT_EQ(ST_LISTEN, state_of(port_of(lfd), 0));
	/* still a listener */
	EXPECT_LE(0, connected(port_of(lfd)));
}

/* C-10, G-01: SIGPIPE as well */
TEST(signal_of_send_on_a_listener)
{
	int lfd = listener(1);

	ASSERT_EQ(0, count_signal(SIGPIPE, 0));
	EXPECT_EQ(EPIPE, err(send(lfd, "x", 1, 0)));
	EXPECT_EQ(1, signals_seen());
}

/* C-11 */
TEST(listen_after_a_failed_connect)
{
	int dead = bound(LOCALHOST, 0);
	int fd = sock(0);

	EXPECT_EQ(ECONNREFUSED, err(connect_to(fd, LOCALHOST, port_of(dead))));
	EXPECT_EQ(0, listen(fd, 1));
	EXPECT_LE(0, connected(port_of(fd)));
}

/* C-12, C-38, I-05 */
TEST(listen_after_shutdown)
{
	unsigned int port = own_port();
	int lfd = listener_on(LOCALHOST, port, 1);
	int how;

	for (how = SHUT_RD; how <= SHUT_RDWR; how += SHUT_RDWR) {
		ASSERT_EQ(0, shutdown(lfd, how));
		EXPECT_EQ(ST_NONE, state_of(port, 0));
		EXPECT_EQ(0, get_int(lfd, SOL_SOCKET, SO_ACCEPTCONN));
		EXPECT_EQ(EINVAL, err(accept(lfd, NULL, NULL)));
		EXPECT_EQ(ECONNREFUSED, err(connected(port)));
		/* B-16: the port was asked for, so it is kept */
		EXPECT_EQ(EADDRINUSE, err(bound(LOCALHOST, port)));
		EXPECT_EQ(0, listen(lfd, 1));
		EXPECT_EQ(port, port_of(lfd));
		EXPECT_LE(0, connected(port));
	}
}

/* C-12, B-16, B-18: a port from autobind is given up */
TEST(port_after_shutdown)
{
	int lfd = listener(1);
	unsigned int port = port_of(lfd);

	ASSERT_EQ(0, shutdown(lfd, SHUT_RD));
	EXPECT_LE(0, bound(LOCALHOST, port));
	EXPECT_EQ(0, listen(lfd, 1));
	EXPECT_NE(port, port_of(lfd));
}

/* C-40, D-54 */
TEST(listen_after_disconnect)
{
	unsigned int port = own_port();
	int lfd = listener_on(LOCALHOST, port, 1);

	ASSERT_EQ(0, unspec(lfd));
	EXPECT_EQ(ST_NONE, state_of(port, 0));
	EXPECT_EQ(0, sock_error(lfd));
	EXPECT_EQ(ECONNREFUSED, err(connected(port)));
	EXPECT_EQ(0, listen(lfd, 1));
	EXPECT_LE(0, connected(port));
}

/* C-39, I-04 */
TEST(shutdown_of_the_write_side_is_ignored)
{
	int lfd = listener(1);

	EXPECT_EQ(0, shutdown(lfd, SHUT_WR));
	EXPECT_EQ(ST_LISTEN, state_of(port_of(lfd), 0));
	EXPECT_LE(0, connected(port_of(lfd)));
	EXPECT_LE(0, accept(lfd, NULL, NULL));
}

/* C-24 */
TEST(first_come_first_served)
{
	int lfd = listener(8);
	unsigned int ports[8];
	int i, fd;

	for (i = 0; i < 8; i++) {
		fd = connected(port_of(lfd));
		ASSERT_LE(0, fd);
		ports[i] = port_of(fd);
		ASSERT_TRUE(WAIT_FOR(queue_length(port_of(lfd)) == i + 1));
	}
	for (i = 0; i < 8; i++) {
		fd = accept(lfd, NULL, NULL);
		EXPECT_EQ(ports[i], peer_port_of(fd));
	}
}

/* C-25, G-122: tcp_info of a listener */
TEST(info_of_a_listener)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int lfd = listener(5);

	ASSERT_EQ(0, add_clients(port_of(lfd), 2));
	ASSERT_EQ(0, getsockopt(lfd, IPPROTO_TCP, TCP_INFO, &info, &len));
	EXPECT_EQ(ST_LISTEN, info.tcpi_state);
	EXPECT_EQ(2, info.tcpi_unacked);
	EXPECT_EQ(5, info.tcpi_sacked);
	EXPECT_EQ(0, info.tcpi_snd_ssthresh);
}

/* What ends a listener, and what its unaccepted connections see of it. */
static int by_close(int lfd)
{
	return close(lfd);
}

static int by_shutdown_rd(int lfd)
{
	return shutdown(lfd, SHUT_RD);
}

static int by_shutdown_rdwr(int lfd)
{
	return shutdown(lfd, SHUT_RDWR);
}

FIXTURE(ending) {
};

FIXTURE_VARIANT(ending) {
	int (*end)(int lfd);
};

FIXTURE_VARIANT_ADD(ending, close) {
	.end = by_close,
};

FIXTURE_VARIANT_ADD(ending, shutdown_rd) {
	.end = by_shutdown_rd,
};

FIXTURE_VARIANT_ADD(ending, shutdown_rdwr) {
	.end = by_shutdown_rdwr,
};

FIXTURE_VARIANT_ADD(ending, disconnect) {
	.end = unspec,
};

FIXTURE_SETUP(ending)
{
}

FIXTURE_TEARDOWN(ending)
{
}

/* C-36, C-38, C-40 */
TEST_F(ending, resets_the_queue)
{
	int lfd = listener(8);
	long rsts = counter("OutRsts");
	int fd[5];
	size_t i;
	char byte;

	for (i = 0; i < ARRAY_SIZE(fd); i++) {
		fd[i] = connected(port_of(lfd));
		ASSERT_LE(0, fd[i]);
	}
	/* CLOSE_WAIT children are reset too */
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	ASSERT_TRUE(WAIT_FOR(state_of(port_of(fd[0]), port_of(lfd)) ==
			     ST_FIN_WAIT2));
	ASSERT_EQ(0, variant->end(lfd));
	for (i = 0; i < ARRAY_SIZE(fd); i++) {
		EXPECT_NE(0, wait_for(fd[i], POLLHUP)) {
			TH_LOG("client %zu", i);
		}
		EXPECT_EQ(ECONNRESET, err(recv(fd[i], &byte, 1, 0)));
	}
	EXPECT_LE(rsts + 5, counter("OutRsts"));
}

/* C-36: a child that was reset while it waited vanishes silently. */
TEST_F(ending, dead_children_vanish)
{
	long used = sockets_used();
	int lfd = listener(8);
	unsigned int port = port_of(lfd);
	unsigned int client;
	int fd;

	fd = connected(port);
	ASSERT_LE(0, fd);
	client = port_of(fd);
	ASSERT_TRUE(WAIT_FOR(queue_length(port) == 1));
	ASSERT_EQ(0, reset_by(fd));
	ASSERT_TRUE(WAIT_FOR(state_of(port, client) == ST_NONE));
	EXPECT_EQ(1, queue_length(port));
	ASSERT_EQ(0, variant->end(lfd));
	close(lfd);
	EXPECT_TRUE(WAIT_FOR(sockets_used() == used));
}

/* F-09, I-05, I-13: sleepers of the listener are woken. */
TEST(shutdown_wakes_accept)
{
	int lfd = listener(1);
	struct job job;

	ASSERT_EQ(0, job_start(&job, call_accept, lfd, NULL));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, shutdown(lfd, SHUT_RD));
	job_join(&job);
	EXPECT_EQ(EINVAL, job.err);
}

TEST(shutdown_wakes_poll)
{
	int lfd = listener(1);
	struct job job;

	ASSERT_EQ(0, job_start(&job, call_poll, lfd, (void *)POLLIN));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, shutdown(lfd, SHUT_RDWR));
	job_join(&job);
	EXPECT_NE(0, job.ret & POLLHUP);
}

/* C-36, I-39: the death of the process is a close. */
TEST(exit_of_the_server)
{
	int to_parent[2];
	unsigned int port;
	char byte;
	pid_t pid;
	int fd;

	ASSERT_EQ(0, pipe(to_parent));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		port = port_of(listener(4));
		if (write(to_parent[1], &port, sizeof(port)) < 0)
			_exit(1);
		pause();
	}
	ASSERT_EQ(sizeof(port), read(to_parent[0], &port, sizeof(port)));
	fd = connected(port);
	ASSERT_LE(0, fd);
	ASSERT_TRUE(WAIT_FOR(queue_length(port) == 1));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(ECONNRESET, err(recv(fd, &byte, 1, 0)));
	EXPECT_EQ(ECONNREFUSED, err(connected(port)));
}

/* B-82: the listener of the exact address goes before the wildcard's. */
TEST(exact_address_first)
{
	unsigned int port = own_port();
	int any = sock(0), exact = sock(0);
	int fd;

	ASSERT_EQ(0, set_int(any, SOL_SOCKET, SO_REUSEPORT, 1));
	ASSERT_EQ(0, set_int(exact, SOL_SOCKET, SO_REUSEPORT, 1));
	ASSERT_EQ(0, bind_to(any, "0.0.0.0", port));
	ASSERT_EQ(0, bind_to(exact, "127.0.0.2", port));
	ASSERT_EQ(0, listen(any, 4));
	ASSERT_EQ(0, listen(exact, 4));
	fd = sock(0);
	ASSERT_EQ(0, connect_to(fd, "127.0.0.2", port));
	EXPECT_EQ(P_IN, wait_for(exact, P_IN));
	EXPECT_EQ(0, mask_of(any));
	fd = sock(0);
	ASSERT_EQ(0, connect_to(fd, "127.0.0.3", port));
	EXPECT_EQ(P_IN, wait_for(any, P_IN));
}

/* C-28: a backlog belongs to one listener. */
TEST(queues_are_separate)
{
	int a = listener(0), b = listener(1);

	ASSERT_EQ(0, add_clients(port_of(a), 1));
	ASSERT_LE(0, ignored_client(port_of(a)));
	EXPECT_EQ(0, add_clients(port_of(b), 2));
	EXPECT_LE(0, ignored_client(port_of(b)));
}

#include "nothing_left.h"
