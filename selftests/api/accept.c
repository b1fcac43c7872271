// SPDX-License-Identifier: GPL-2.0
/* accept(): errors, waiting, what the new socket is and what it inherits. */
#include <limits.h>
#include <netinet/ip.h>
#include <sys/resource.h>

#include "harness.h"

#define WAITERS	4

/* C-25 */
static int queue_length(int lfd)
{
	struct row row;

	if (row_find(port_of(lfd), 0, &row) != 1)
		return -1;
	return row.rxq;
}

/* A client whose connection waits in the queue of @lfd */
static int queued_client(int lfd)
{
	int before = queue_length(lfd);
	int fd = connected(port_of(lfd));

	if (fd < 0 || !WAIT_FOR(queue_length(lfd) == before + 1))
		return -1;
	return fd;
}

/* F-01, F-02 */
TEST(bad_arguments)
{
	int lfd = listener(1);

	EXPECT_EQ(EBADF, err(accept(-1, NULL, NULL)));
	EXPECT_EQ(ENOTSOCK, err(accept(0, NULL, NULL)));
	EXPECT_EQ(EINVAL, err(accept4(lfd, NULL, NULL, 1)));
	EXPECT_EQ(EINVAL, err(accept4(lfd, NULL, NULL, MSG_DONTWAIT)));
	EXPECT_EQ(EINVAL, err(accept4(lfd, NULL, NULL, O_APPEND)));
}

/* F-03 */
TEST(not_listening)
{
	struct silent silent;
	int lfd, fd[2], syn;

	EXPECT_EQ(EINVAL, err(accept(sock(0), NULL, NULL)));
	EXPECT_EQ(EINVAL, err(accept(bound(LOCALHOST, 0), NULL, NULL)));
	ASSERT_EQ(0, pair(fd));
	EXPECT_EQ(EINVAL, err(accept(fd[0], NULL, NULL)));
	EXPECT_EQ(EINVAL, err(accept(fd[1], NULL, NULL)));
	ASSERT_EQ(0, silent_open(&silent));
	syn = sock(SOCK_NONBLOCK);
	EXPECT_EQ(EINPROGRESS, err(connect_to(syn, LOCALHOST, silent.port)));
	EXPECT_EQ(EINVAL, err(accept(syn, NULL, NULL)));
	lfd = listener(1);
	ASSERT_EQ(0, shutdown(lfd, SHUT_RD));
	EXPECT_EQ(EINVAL, err(accept(lfd, NULL, NULL)));
}

/* F-04: a call that can't have a descriptor takes no connection. */
TEST(no_descriptor)
{
	int lfd = listener(1);
	struct rlimit limit, none;
	int i, client;

	client = queued_client(lfd);
	ASSERT_LE(0, client);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = dup(0);
	ASSERT_EQ(0, close(none.rlim_cur));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(EMFILE, err(accept(lfd, NULL, NULL)));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(1, queue_length(lfd));
	EXPECT_LE(0, accept(lfd, NULL, NULL));
}

/* F-05 */
TEST(nothing_there)
{
	int lfd = listener(1);

	nonblock(lfd, true);
	EXPECT_EQ(EAGAIN, err(accept(lfd, NULL, NULL)));
	ASSERT_LE(0, queued_client(lfd));
	EXPECT_LE(0, accept(lfd, NULL, NULL));
	EXPECT_EQ(EAGAIN, err(accept(lfd, NULL, NULL)));
}

/* F-06: one waiter per connection */
TEST(waiters)
{
	struct job job[WAITERS];
	int lfd = listener(WAITERS);
	int i, fd;

	for (i = 0; i < WAITERS; i++) {
		ASSERT_EQ(0, job_start(&job[i], call_accept, lfd, NULL));
		ASSERT_TRUE(job_blocked(&job[i]));
	}
	for (i = 0; i < WAITERS; i++) {
		fd = connected(port_of(lfd));
		ASSERT_LE(0, fd);
		ASSERT_TRUE(WAIT_FOR(queue_length(lfd) == 0));
	}
	for (i = 0; i < WAITERS; i++) {
		job_join(&job[i]);
		EXPECT_LE(0, job[i].ret);
	}
}

/* F-06, F-09: the others sleep on until the end. */
TEST(waiters_and_the_end)
{
	struct job job[WAITERS];
	int lfd = listener(WAITERS);
	int i, accepted = 0;

	for (i = 0; i < WAITERS; i++) {
		ASSERT_EQ(0, job_start(&job[i], call_accept, lfd, NULL));
		ASSERT_TRUE(job_blocked(&job[i]));
	}
	ASSERT_LE(0, connected(port_of(lfd)));
	ASSERT_TRUE(WAIT_FOR(queue_length(lfd) == 0));
	/* F-09: a shutdown wakes the rest */
	ASSERT_EQ(0, shutdown(lfd, SHUT_RD));
	for (i = 0; i < WAITERS; i++) {
		job_join(&job[i]);
		accepted += job[i].ret >= 0;
		if (job[i].ret < 0)
			EXPECT_EQ(EINVAL, job[i].err);
	}
	EXPECT_EQ(1, accepted);
}

static int set_timeout(int fd, int opt, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	return setsockopt(fd, SOL_SOCKET, opt, &tv, sizeof(tv));
}

/* F-07 */
TEST(receive_timeout)
{
	int lfd = listener(1);

	ASSERT_EQ(0, set_timeout(lfd, SO_RCVTIMEO, 50));
	EXPECT_EQ(EAGAIN, err(accept(lfd, NULL, NULL)));
	ASSERT_LE(0, queued_client(lfd));
	EXPECT_LE(0, accept(lfd, NULL, NULL));
}

FIXTURE(interrupted) {
};

FIXTURE_VARIANT(interrupted) {
	int flags;		/* of sigaction */
	int timeout;		/* SO_RCVTIMEO, ms */
	bool restarts;
};

FIXTURE_VARIANT_ADD(interrupted, plain) {
	.restarts = false,
};

FIXTURE_VARIANT_ADD(interrupted, restart) {
	.flags = SA_RESTART,
	.restarts = true,
};

FIXTURE_VARIANT_ADD(interrupted, restart_with_timeout) {
	.flags = SA_RESTART,
	.timeout = 1000000,
	.restarts = false,
};

FIXTURE_SETUP(interrupted)
{
}

FIXTURE_TEARDOWN(interrupted)
{
}

/* F-08: and no connection is lost. */
TEST_F(interrupted, accept)
{
	int lfd = listener(1);
	struct job job;

	ASSERT_EQ(0, set_timeout(lfd, SO_RCVTIMEO, variant->timeout));
	ASSERT_EQ(0, count_signal(SIGUSR1, variant->flags));
	ASSERT_EQ(0, job_start(&job, call_accept, lfd, NULL));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, pthread_kill(job.thread, SIGUSR1));
	ASSERT_TRUE(WAIT_FOR(signals_seen() == 1));
	if (variant->restarts) {
		ASSERT_TRUE(job_blocked(&job));
		ASSERT_LE(0, connected(port_of(lfd)));
		job_join(&job);
		EXPECT_LE(0, job.ret);
		return;
	}
	job_join(&job);
	EXPECT_EQ(EINTR, job.err);
	ASSERT_LE(0, connected(port_of(lfd)));
	EXPECT_LE(0, accept(lfd, NULL, NULL));
}

/* F-11: a connection that was reset in the queue is still handed out. */
TEST(reset_while_queued)
{
	int lfd = listener(1);
	struct sockaddr_in sin = { };
	socklen_t len = sizeof(sin);
	unsigned int port;
	char byte;
	int fd;

	fd = queued_client(lfd);
	port = port_of(fd);
	ASSERT_EQ(0, reset_by(fd));
	ASSERT_TRUE(WAIT_FOR(state_of(port_of(lfd), port) == ST_NONE));
	fd = accept(lfd, (struct sockaddr *)&sin, &len);
	ASSERT_LE(0, fd);
	EXPECT_EQ(port, ntohs(sin.sin_port));
	EXPECT_EQ(0, peer_port_of(fd));
	EXPECT_EQ(P_DEAD | POLLERR, mask_of(fd));
	EXPECT_EQ(ECONNRESET, err(recv(fd, &byte, 1, 0)));
	EXPECT_EQ(0, recv(fd, &byte, 1, 0));
}

/* F-12 */
TEST(closed_while_queued)
{
	int lfd = listener(1);
	unsigned int port;
	char buf[8];
	int fd;

	fd = queued_client(lfd);
	port = port_of(fd);
	ASSERT_EQ(0, send_all(fd, "last", 4));
	ASSERT_EQ(0, close(fd));
	ASSERT_TRUE(WAIT_FOR(state_of(port_of(lfd), port) == ST_CLOSE_WAIT));
	fd = accept(lfd, NULL, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(port, peer_port_of(fd));
	EXPECT_EQ(4, recv(fd, buf, sizeof(buf), 0));
	EXPECT_EQ(0, recv(fd, buf, sizeof(buf), 0));
}

/* F-14: too late to put the connection back */
TEST(bad_pointer)
{
	int lfd = listener(1);
	socklen_t len = 16;
	int client;
	char byte;

	client = queued_client(lfd);
	EXPECT_EQ(EFAULT, err(accept(lfd, (struct sockaddr *)8, &len)));
	EXPECT_EQ(0, queue_length(lfd));
	/* the connection was closed */
	EXPECT_EQ(0, recv(client, &byte, 1, 0));
}

/* F-15 */
TEST(length_of_the_address)
{
	struct sockaddr_in sin;
	int lfd = listener(4);
	socklen_t len;
	int fd;

	fd = queued_client(lfd);
	memset(&sin, 0xff, sizeof(sin));
	len = 4;
	ASSERT_LE(0, accept(lfd, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(16, len);
	EXPECT_EQ(AF_INET, sin.sin_family);
	EXPECT_EQ(htons(port_of(fd)), sin.sin_port);
	EXPECT_EQ(0xffffffff, sin.sin_addr.s_addr);

	ASSERT_LE(0, queued_client(lfd));
	len = 128;
	ASSERT_LE(0, accept(lfd, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(16, len);
	EXPECT_EQ(inet_addr(LOCALHOST), sin.sin_addr.s_addr);

	ASSERT_LE(0, queued_client(lfd));
	len = -1;
	EXPECT_EQ(EINVAL, err(accept(lfd, (struct sockaddr *)&sin, &len)));
}

/* F-17, F-22: the names, even when the listener is a wildcard */
TEST(names_of_a_child)
{
	int lfd = listener_on("0.0.0.0", 0, 1);
	struct sockaddr_in local, remote, name;
	socklen_t len = sizeof(name);
	int fd = bound("127.0.0.5", 0);
	int child;

	ASSERT_EQ(0, connect_to(fd, "127.0.0.6", port_of(lfd)));
	child = accept(lfd, NULL, NULL);
	ASSERT_LE(0, child);
	local = addr_of("127.0.0.6", port_of(lfd));
	remote = addr_of("127.0.0.5", port_of(fd));
	ASSERT_EQ(0, getsockname(child, (struct sockaddr *)&name, &len));
	EXPECT_EQ(0, memcmp(&local, &name, sizeof(name)));
	ASSERT_EQ(0, getpeername(child, (struct sockaddr *)&name, &len));
	EXPECT_EQ(0, memcmp(&remote, &name, sizeof(name)));
	EXPECT_EQ(EISCONN, err(connect_to(child, LOCALHOST, 1)));
}

/* F-18: flags are the caller's, never the listener's */
TEST(flags_of_a_child)
{
	int lfd = sock(SOCK_NONBLOCK | SOCK_CLOEXEC);
	int fd;

	ASSERT_EQ(0, bind_to(lfd, LOCALHOST, 0));
	ASSERT_EQ(0, listen(lfd, 4));
	ASSERT_LE(0, queued_client(lfd));
	fd = accept(lfd, NULL, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	ASSERT_LE(0, queued_client(lfd));
	fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(O_NONBLOCK, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
}

static const struct {
	const char *row, *name;
	int level, opt, value;
	int child;		/* what the child reads */
} inherited[] = {
	{ "F-18", "SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, 1, 1 },
	{ "F-18", "SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT, 1, 1 },
	{ "F-18", "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 1, 1 },
	{ "F-18", "SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, 1, 1 },
	{ "F-18", "SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, 50000, 100000 },
	{ "F-18", "SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, 40000, 80000 },
	{ "F-18", "SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT, 7, 7 },
	{ "F-18", "SO_DONTROUTE", SOL_SOCKET, SO_DONTROUTE, 1, 1 },
	{ "F-18", "SO_TIMESTAMP", SOL_SOCKET, SO_TIMESTAMP, 1, 1 },
	{ "F-20", "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 1, 1 },
	{ "F-20", "TCP_CORK", IPPROTO_TCP, TCP_CORK, 1, 1 },
	{ "F-20", "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 100, 100 },
	{ "F-20", "TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, 9, 9 },
	{ "F-20", "TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, 3, 3 },
	{ "F-20", "TCP_SYNCNT", IPPROTO_TCP, TCP_SYNCNT, 2, 2 },
	{ "F-20", "TCP_LINGER2", IPPROTO_TCP, TCP_LINGER2, 11, 11 },
	{ "F-20", "TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT, 1234,
	  1234 },
	{ "F-20", "TCP_NOTSENT_LOWAT", IPPROTO_TCP, TCP_NOTSENT_LOWAT, 3000,
	  3000 },
	{ "F-20", "TCP_DEFER_ACCEPT", IPPROTO_TCP, TCP_DEFER_ACCEPT, 0, 0 },
	{ "F-19", "SO_PRIORITY", SOL_SOCKET, SO_PRIORITY, 3, 0 },
	{ "F-21", "IP_TOS", IPPROTO_IP, IP_TOS, 0x10, 0x10 },
	{ "F-21", "IP_TTL", IPPROTO_IP, IP_TTL, 33, 33 },
	{ "F-21", "IP_MTU_DISCOVER", IPPROTO_IP, IP_MTU_DISCOVER, 2, 2 },
	{ "F-21", "IP_FREEBIND", IPPROTO_IP, IP_FREEBIND, 1, 1 },
};

/* F-18 to F-21 */
TEST(options_of_a_child)
{
	int lfd = sock(0);
	int fd[2];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(inherited); i++) {
		EXPECT_EQ(0, set_int(lfd, inherited[i].level, inherited[i].opt,
				     inherited[i].value)) {
			TH_LOG("set %s", inherited[i].name);
		}
	}
	ASSERT_EQ(0, bind_to(lfd, LOCALHOST, 0));
	ASSERT_EQ(0, listen(lfd, 1));
	ASSERT_EQ(0, pair_via(lfd, fd));
	for (i = 0; i < ARRAY_SIZE(inherited); i++) {
		EXPECT_EQ(inherited[i].child,
			  get_int(fd[1], inherited[i].level,
				  inherited[i].opt)) {
			TH_LOG("%s: %s", inherited[i].row, inherited[i].name);
		}
	}
}

/* F-18 */
TEST(linger_and_timeouts_of_a_child)
{
	struct linger lin = { .l_onoff = 1, .l_linger = 5 };
	struct timeval tv = { 7, 0 };
	socklen_t len = sizeof(lin);
	int lfd = listener(1);
	int fd[2];

	ASSERT_EQ(0, setsockopt(lfd, SOL_SOCKET, SO_LINGER, &lin, len));
	ASSERT_EQ(0, set_timeout(lfd, SO_RCVTIMEO, 7000));
	ASSERT_EQ(0, set_timeout(lfd, SO_SNDTIMEO, 9000));
	ASSERT_EQ(0, pair_via(lfd, fd));
	memset(&lin, 0, sizeof(lin));
	ASSERT_EQ(0, getsockopt(fd[1], SOL_SOCKET, SO_LINGER, &lin, &len));
	EXPECT_EQ(1, lin.l_onoff);
	EXPECT_EQ(5, lin.l_linger);
	len = sizeof(tv);
	ASSERT_EQ(0, getsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &tv, &len));
	EXPECT_EQ(7, tv.tv_sec);
	ASSERT_EQ(0, getsockopt(fd[1], SOL_SOCKET, SO_SNDTIMEO, &tv, &len));
	EXPECT_EQ(9, tv.tv_sec);
}

/* F-20: an algorithm that was chosen is inherited. */
TEST(congestion_control_of_a_child)
{
	char name[16] = "";
	socklen_t len = sizeof(name);
	int lfd = listener(1);
	int fd[2];

	ASSERT_EQ(0, setsockopt(lfd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	ASSERT_EQ(0, pair_via(lfd, fd));
	ASSERT_EQ(0, getsockopt(fd[1], IPPROTO_TCP, TCP_CONGESTION, name,
				&len));
	EXPECT_STREQ("reno", name);
}

/* F-16: the inode belongs to who accepts. */
TEST(owner_of_a_child)
{
	int lfd = listener(1);
	struct stat st;
	int fd;

	ASSERT_LE(0, queued_client(lfd));
	ASSERT_EQ(0, seteuid(1000));
	fd = accept(lfd, NULL, NULL);
	ASSERT_EQ(0, seteuid(0));
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(1000, st.st_uid);
}

/* F-25, F-26 */
TEST(peer_name_by_state)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int lfd = listener(1);
	struct silent silent;
	unsigned int port;
	int fd[2], syn;
	char byte;

	EXPECT_EQ(ENOTCONN, err(getpeername(lfd, (void *)&sin, &len)));
	ASSERT_EQ(0, silent_open(&silent));
	syn = sock(SOCK_NONBLOCK);
	EXPECT_EQ(EINPROGRESS, err(connect_to(syn, LOCALHOST, silent.port)));
	EXPECT_EQ(ENOTCONN, err(getpeername(syn, (void *)&sin, &len)));
	ASSERT_EQ(0, pair_via(lfd, fd));
	port = port_of(fd[0]);
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(0, recv(fd[1], &byte, 1, 0));
	/* CLOSE_WAIT, FIN_WAIT2 */
	EXPECT_EQ(port, peer_port_of(fd[1]));
	EXPECT_EQ(port_of(lfd), peer_port_of(fd[0]));
	/* LAST_ACK is short; then CLOSE */
	ASSERT_EQ(0, shutdown(fd[1], SHUT_WR));
	EXPECT_TRUE(WAIT_FOR(peer_port_of(fd[1]) == 0));
	EXPECT_EQ(ENOTCONN, err(getpeername(fd[1], (void *)&sin, &len)));
	EXPECT_TRUE(WAIT_FOR(peer_port_of(fd[0]) == 0));
}

/* F-15: getsockname() and getpeername() cut and tell the length alike. */
TEST(length_of_a_name)
{
	struct sockaddr_in sin;
	int fd[2];
	socklen_t len;

	ASSERT_EQ(0, pair(fd));
	len = 2;
	EXPECT_EQ(0, getsockname(fd[0], (void *)&sin, &len));
	EXPECT_EQ(16, len);
	len = 0;
	EXPECT_EQ(0, getpeername(fd[0], (void *)&sin, &len));
	EXPECT_EQ(16, len);
	len = -1;
	EXPECT_EQ(EINVAL, err(getsockname(fd[0], (void *)&sin, &len)));
	len = 16;
	EXPECT_EQ(EFAULT, err(getpeername(fd[0], (void *)8, &len)));
}

/* F-17: accepted clients and connected clients are the same ones. */
TEST(every_client_is_accepted_once)
{
	enum { N = 50 };
	int lfd = listener(N);
	unsigned int port[N], peer;
	bool seen[N] = { };
	int i, j, fd;

	for (i = 0; i < N; i++) {
		fd = connected(port_of(lfd));
		ASSERT_LE(0, fd);
		port[i] = port_of(fd);
	}
	for (i = 0; i < N; i++) {
		fd = accept(lfd, NULL, NULL);
		ASSERT_LE(0, fd);
		peer = peer_port_of(fd);
		for (j = 0; j < N && port[j] != peer; j++)
			;
		ASSERT_GT(N, j);
		EXPECT_FALSE(seen[j]);
		seen[j] = true;
	}
	nonblock(lfd, true);
	EXPECT_EQ(EAGAIN, err(accept(lfd, NULL, NULL)));
}

#include "nothing_left.h"
