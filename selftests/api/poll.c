// SPDX-License-Identifier: GPL-2.0
/* poll(), select() and epoll: the mask of every state, edges, wake-ups. */
#include <sys/select.h>

#include "harness.h"

FIXTURE(connection) {
	int a, b;		/* the two ends */
	unsigned int pa, pb;	/* their ports */
};

FIXTURE_SETUP(connection)
{
	int fd[2];

	ASSERT_EQ(0, pair(fd));
	self->a = fd[0];
	self->b = fd[1];
	self->pa = port_of(fd[0]);
	self->pb = port_of(fd[1]);
}

FIXTURE_TEARDOWN(connection)
{
	close(self->a);
	close(self->b);
}

/* G-47 */
TEST(fresh)
{
	EXPECT_EQ(P_FRESH, mask_of(sock(0)));
	EXPECT_EQ(P_FRESH, mask_of(bound(LOCALHOST, 0)));
}

/* G-48 */
TEST(listening)
{
	int lfd = listener(2);

	EXPECT_EQ(0, mask_of(lfd));
	ASSERT_LE(0, connected(port_of(lfd)));
	EXPECT_NE(0, wait_for(lfd, POLLIN));
	EXPECT_EQ(P_IN, mask_of(lfd));
	ASSERT_LE(0, accept(lfd, NULL, NULL));
	EXPECT_EQ(0, mask_of(lfd));
	/* after the end of the listener */
	ASSERT_EQ(0, shutdown(lfd, SHUT_RD));
	EXPECT_NE(0, mask_of(lfd) & POLLHUP);
}

/* G-49, D-44 */
TEST(connecting)
{
	struct silent silent;
	int fd = sock(SOCK_NONBLOCK);

	ASSERT_EQ(0, silent_open(&silent));
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, silent.port)));
	EXPECT_EQ(0, mask_of(fd));
	ASSERT_LE(0, accept(silent.lfd, NULL, NULL));
	EXPECT_NE(0, wait_for(fd, POLLOUT));
	EXPECT_EQ(P_OUT, mask_of(fd));
}

/* G-55, D-44 */
TEST(refused)
{
	int fd = sock(SOCK_NONBLOCK);

	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, own_port())));
	EXPECT_NE(0, wait_for(fd, POLLERR));
	EXPECT_EQ(P_DEAD | POLLERR, mask_of(fd));
	/* G-56: poll() does not consume the error */
	EXPECT_EQ(P_DEAD | POLLERR, mask_of(fd));
	EXPECT_EQ(ECONNREFUSED, sock_error(fd));
	EXPECT_EQ(P_DEAD, mask_of(fd));
}

/* G-50 */
TEST_F(connection, established)
{
	char byte;

	EXPECT_EQ(P_OUT, mask_of(self->a));
	EXPECT_EQ(P_OUT, mask_of(self->b));
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	EXPECT_NE(0, wait_for(self->b, POLLIN));
	EXPECT_EQ(P_IN | P_OUT, mask_of(self->b));
	ASSERT_EQ(1, recv(self->b, &byte, 1, MSG_PEEK));
	EXPECT_EQ(P_IN | P_OUT, mask_of(self->b));
	ASSERT_EQ(1, recv(self->b, &byte, 1, 0));
	EXPECT_EQ(P_OUT, mask_of(self->b));
}

/* G-50, G-59 */
TEST_F(connection, full)
{
	ssize_t queued = fill(self->a);
	char buf[65536];

	ASSERT_LT(0, queued);
	EXPECT_EQ(0, mask_of(self->a));
	EXPECT_EQ(P_IN | P_OUT, mask_of(self->b));
	/* and writable again when the peer reads */
	while (!(mask_of(self->a) & POLLOUT))
		ASSERT_LT(0, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(P_OUT, mask_of(self->a));
}

/* G-51, G-52 */
TEST_F(connection, half_closed)
{
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_NE(0, wait_for(self->b, POLLRDHUP));
	EXPECT_EQ(P_EOF | P_OUT, mask_of(self->b));
	EXPECT_EQ(P_OUT, mask_of(self->a));
	ASSERT_EQ(1, send(self->b, "x", 1, 0));
	EXPECT_NE(0, wait_for(self->a, POLLIN));
	EXPECT_EQ(P_IN | P_OUT, mask_of(self->a));
}

/* G-52: writable even with a full buffer, so that send() can say EPIPE */
TEST_F(connection, half_closed_and_full)
{
	ASSERT_LT(0, fill(self->a));
	EXPECT_EQ(0, mask_of(self->a));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_EQ(P_OUT, mask_of(self->a));
}

/* G-53 */
TEST_F(connection, reading_side_shut)
{
	ASSERT_EQ(0, shutdown(self->a, SHUT_RD));
	EXPECT_EQ(P_EOF | P_OUT, mask_of(self->a));
	EXPECT_EQ(P_OUT, mask_of(self->b));
}

/* G-54 */
TEST_F(connection, both_sides_shut)
{
	ASSERT_EQ(0, shutdown(self->a, SHUT_RDWR));
	EXPECT_EQ(P_DEAD, mask_of(self->a));
	EXPECT_NE(0, wait_for(self->b, POLLRDHUP));
	EXPECT_EQ(P_EOF | P_OUT, mask_of(self->b));
	ASSERT_EQ(0, shutdown(self->b, SHUT_WR));
	/* LAST_ACK, then CLOSE */
	EXPECT_EQ(P_DEAD, mask_of(self->b));
	EXPECT_TRUE(WAIT_FOR(state_of(self->pb, self->pa) == ST_NONE));
	EXPECT_EQ(P_DEAD, mask_of(self->b));
	/* TIME_WAIT: the object of the user is CLOSE */
	EXPECT_EQ(P_DEAD, mask_of(self->a));
}

/* G-55, G-56 */
TEST_F(connection, after_reset)
{
	ASSERT_EQ(0, reset_by(self->b));
	EXPECT_NE(0, wait_for(self->a, POLLERR));
	EXPECT_EQ(P_DEAD | POLLERR, mask_of(self->a));
	EXPECT_EQ(ECONNRESET, sock_error(self->a));
	EXPECT_EQ(P_DEAD, mask_of(self->a));
}

/* G-57 */
TEST_F(connection, urgent)
{
	char byte;

	ASSERT_EQ(1, send(self->a, "!", 1, MSG_OOB));
	EXPECT_NE(0, wait_for(self->b, POLLPRI));
	/* G-58: the urgent byte alone is not readable */
	EXPECT_EQ(POLLPRI | P_OUT, mask_of(self->b));
	ASSERT_EQ(1, recv(self->b, &byte, 1, MSG_OOB));
	EXPECT_EQ(P_OUT, mask_of(self->b));
}

/* G-58 */
TEST_F(connection, low_water_mark)
{
	ASSERT_EQ(0, set_int(self->b, SOL_SOCKET, SO_RCVLOWAT, 4));
	ASSERT_EQ(0, send_all(self->a, "abc", 3));
	EXPECT_TRUE(WAIT_FOR(recv(self->b, scratch, 4,
				  MSG_PEEK | MSG_DONTWAIT) == 3));
	EXPECT_EQ(P_OUT, mask_of(self->b));
	ASSERT_EQ(0, send_all(self->a, "d", 1));
	EXPECT_NE(0, wait_for(self->b, POLLIN));
	/* a FIN makes less readable as well */
	ASSERT_EQ(4, recv(self->b, scratch, 4, 0));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_NE(0, wait_for(self->b, POLLIN));
	EXPECT_EQ(P_EOF | P_OUT, mask_of(self->b));
}

/* G-76: lowering the mark makes it readable at once. */
TEST_F(connection, low_water_mark_lowered)
{
	struct job job;

	ASSERT_EQ(0, set_int(self->b, SOL_SOCKET, SO_RCVLOWAT, 10));
	ASSERT_EQ(0, send_all(self->a, "abc", 3));
	ASSERT_EQ(0, job_start(&job, call_poll, self->b, (void *)POLLIN));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_TRUE(WAIT_FOR(recv(self->b, scratch, 4,
				  MSG_PEEK | MSG_DONTWAIT) == 3));
	ASSERT_EQ(0, set_int(self->b, SOL_SOCKET, SO_RCVLOWAT, 3));
	job_join(&job);
	EXPECT_EQ(POLLIN, job.ret);
}

/* G-59 */
TEST_F(connection, unsent_low_water_mark)
{
	char *buf = calloc(1, 200000);
	ssize_t n;

	ASSERT_EQ(0, set_int(self->a, SOL_SOCKET, SO_SNDBUF, 1 << 20));
	ASSERT_EQ(0, set_int(self->a, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 1000));
	/* once the window is shut, everything more stays unsent */
	do {
		n = send(self->a, buf, 200000, MSG_DONTWAIT);
	} while (n > 0);
	EXPECT_EQ(EAGAIN, err(n));
	EXPECT_EQ(0, mask_of(self->a));
	free(buf);
}

static int epoll_one(int fd, int events)
{
	struct epoll_event ev = { .events = events };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev))
		return -1;
	return ep;
}

/* The events that epoll reports within @ms, 0 for none */
static int edge(int ep, int ms)
{
	struct epoll_event ev = { };

	if (epoll_wait(ep, &ev, 1, ms) < 0)
		return -1;
	return ev.events;
}

/* G-60: an edge for each batch of data, and for the FIN */
TEST_F(connection, edges_of_input)
{
	int ep = epoll_one(self->b, EPOLLIN | EPOLLRDHUP | EPOLLET);
	int i;

	ASSERT_LE(0, ep);
	EXPECT_EQ(0, edge(ep, 0));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, send(self->a, "x", 1, 0));
		EXPECT_EQ(EPOLLIN, edge(ep, PATIENCE));
		/* unread, but no new edge */
		EXPECT_EQ(0, edge(ep, 0));
	}
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_EQ(EPOLLIN | EPOLLRDHUP, edge(ep, PATIENCE));
	EXPECT_EQ(0, edge(ep, 0));
}

/* G-60: an edge of output only after a send met a full buffer */
TEST_F(connection, edges_of_output)
{
	int ep = epoll_one(self->a, EPOLLOUT | EPOLLET);
	char buf[65536];
	int got = 0;

	ASSERT_LE(0, ep);
	EXPECT_EQ(EPOLLOUT, edge(ep, 0));
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	ASSERT_EQ(1, recv(self->b, buf, 1, 0));
	EXPECT_EQ(0, edge(ep, 0));
	ASSERT_LT(0, fill(self->a));
	while (edge(ep, 0))
		;
	while (!got && recv(self->b, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		got = edge(ep, 0);
	EXPECT_EQ(EPOLLOUT, got ?: edge(ep, PATIENCE));
}

/* G-60: level-triggered and one-shot */
TEST_F(connection, levels_and_one_shot)
{
	int level = epoll_one(self->b, EPOLLIN);
	int once = epoll_one(self->b, EPOLLIN | EPOLLONESHOT);
	char byte;

	ASSERT_LE(0, level);
	ASSERT_LE(0, once);
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	EXPECT_EQ(EPOLLIN, edge(level, PATIENCE));
	EXPECT_EQ(EPOLLIN, edge(level, 0));
	EXPECT_EQ(EPOLLIN, edge(once, PATIENCE));
	EXPECT_EQ(0, edge(once, 0));
	ASSERT_EQ(1, recv(self->b, &byte, 1, 0));
	EXPECT_EQ(0, edge(level, 0));
}

/* Sleepers in poll() on @fd; then @act on the connection ends the sleep. */
static int woken(int fd, int events, int (*act)(int fd), int actor)
{
	struct job job;

	if (job_start(&job, call_poll, fd, (void *)(long)events) ||
	    !job_blocked(&job) || act(actor) < 0)
		return -1;
	job_join(&job);
	return job.ret;
}

static int send_byte(int fd)
{
	return send(fd, "x", 1, 0);
}

static int send_urgent(int fd)
{
	return send(fd, "x", 1, MSG_OOB);
}

static int shut_read(int fd)
{
	return shutdown(fd, SHUT_RD);
}

static int shut_write(int fd)
{
	return shutdown(fd, SHUT_WR);
}

static int shut_both(int fd)
{
	return shutdown(fd, SHUT_RDWR);
}

/* G-62, I-13 */
TEST_F(connection, woken_by_data)
{
	EXPECT_EQ(POLLIN, woken(self->b, POLLIN, send_byte, self->a));
}

TEST_F(connection, woken_by_urgent_data)
{
	EXPECT_EQ(POLLPRI, woken(self->b, POLLPRI, send_urgent, self->a));
}

TEST_F(connection, woken_by_fin)
{
	EXPECT_EQ(POLLRDHUP, woken(self->b, POLLRDHUP, shut_write, self->a));
}

TEST_F(connection, woken_by_reset)
{
	EXPECT_EQ(POLLERR | POLLHUP, woken(self->b, 0, reset_by, self->a));
}

TEST_F(connection, woken_by_own_shutdown)
{
	EXPECT_EQ(POLLIN | POLLRDHUP, woken(self->b, POLLIN | POLLRDHUP,
					    shut_read, self->b));
	EXPECT_EQ(POLLHUP, woken(self->b, 0, shut_both, self->b));
}

TEST_F(connection, woken_by_disconnect)
{
	EXPECT_NE(0, woken(self->b, 0, unspec, self->b) & POLLHUP);
}

TEST(woken_by_a_connection)
{
	int lfd = listener(1);
	struct job job;

	ASSERT_EQ(0, job_start(&job, call_poll, lfd, (void *)POLLIN));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_LE(0, connected(port_of(lfd)));
	job_join(&job);
	EXPECT_EQ(POLLIN, job.ret);
}

TEST(woken_by_success)
{
	struct silent silent;
	int fd = sock(SOCK_NONBLOCK);
	struct job job;

	ASSERT_EQ(0, silent_open(&silent));
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, silent.port)));
	ASSERT_EQ(0, job_start(&job, call_poll, fd, (void *)POLLOUT));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_LE(0, accept(silent.lfd, NULL, NULL));
	job_join(&job);
	EXPECT_EQ(POLLOUT, job.ret);
}

/* select() says the same: HUP reads, ERR reads and writes, PRI excepts. */
TEST_F(connection, select)
{
	struct timeval now = { };
	fd_set in, out, except;

	ASSERT_EQ(1, send(self->a, "!", 1, MSG_OOB));
	EXPECT_NE(0, wait_for(self->b, POLLPRI));
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&except);
	FD_SET(self->b, &in);
	FD_SET(self->b, &out);
	FD_SET(self->b, &except);
	EXPECT_EQ(2, select(self->b + 1, &in, &out, &except, &now));
	EXPECT_FALSE(FD_ISSET(self->b, &in));
	EXPECT_TRUE(FD_ISSET(self->b, &out));
	EXPECT_TRUE(FD_ISSET(self->b, &except));
}

/* G-61: SIGIO for arriving data, SIGURG for urgent data */
TEST_F(connection, signals)
{
	ASSERT_EQ(0, fcntl(self->b, F_SETOWN, getpid()));
	ASSERT_EQ(0, count_signal(SIGURG, 0));
	ASSERT_EQ(1, send(self->a, "!", 1, MSG_OOB));
	EXPECT_TRUE(WAIT_FOR(signals_seen() == 1));
	ASSERT_EQ(0, count_signal(SIGIO, 0));
	ASSERT_EQ(0, fcntl(self->b, F_SETFL, O_ASYNC));
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	EXPECT_TRUE(WAIT_FOR(signals_seen() >= 1));
}

#include "nothing_left.h"
