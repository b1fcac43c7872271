// SPDX-License-Identifier: GPL-2.0
/* shutdown() and close(): states, orphans, linger, what later calls return. */
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
	unplug_drop();
}

/* The same in a namespace of its own, whose device is plugged. */
FIXTURE(plugged) {
	int a, b;
	unsigned int pa, pb;
};

FIXTURE_SETUP(plugged)
{
	int fd[2];

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, pair(fd));
	self->a = fd[0];
	self->b = fd[1];
	self->pa = port_of(fd[0]);
	self->pb = port_of(fd[1]);
	ASSERT_EQ(0, plug());
}

FIXTURE_TEARDOWN(plugged)
{
	close(self->a);
	close(self->b);
	unplug_drop();
}

static bool reaches(unsigned int lport, unsigned int rport, int state)
{
	return WAIT_FOR(state_of(lport, rport) == state);
}

/* TIME_WAIT, or already past it */
static bool over(unsigned int lport, unsigned int rport)
{
	int state;

	return WAIT_FOR((state = state_of(lport, rport)) == ST_TIME_WAIT ||
			state == ST_NONE);
}

/* I-01, I-02 */
TEST(bad_arguments)
{
	int fd[2];

	EXPECT_EQ(EBADF, err(shutdown(-1, SHUT_RD)));
	EXPECT_EQ(ENOTSOCK, err(shutdown(0, SHUT_RD)));
	ASSERT_EQ(0, pair(fd));
	EXPECT_EQ(EINVAL, err(shutdown(fd[0], 3)));
	EXPECT_EQ(EINVAL, err(shutdown(fd[0], -1)));
	EXPECT_EQ(EINVAL, err(shutdown(sock(0), 3)));
	EXPECT_EQ(P_OUT, mask_of(fd[0]));
}

/* I-03 */
TEST(shutdown_without_a_connection)
{
	int lfd = listener(1);
	int fd = sock(0);
	char byte;

	EXPECT_EQ(ENOTCONN, err(shutdown(fd, SHUT_RD)));
	EXPECT_EQ(ENOTCONN, err(shutdown(bound(LOCALHOST, 0), SHUT_WR)));
	/* the bit is recorded nevertheless */
	ASSERT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
	EXPECT_EQ(0, recv(fd, &byte, 1, 0));
	fd = sock(0);
	EXPECT_EQ(ENOTCONN, err(shutdown(fd, SHUT_WR)));
	ASSERT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
	EXPECT_EQ(EPIPE, err(send(fd, "x", 1, MSG_NOSIGNAL)));
}

/* I-06, I-14 */
TEST(shutdown_while_connecting)
{
	struct silent silent;
	int how, fd;

	ASSERT_EQ(0, silent_open(&silent));
	for (how = SHUT_RD; how <= SHUT_RDWR; how++) {
		fd = sock(SOCK_NONBLOCK);
		EXPECT_EQ(EINPROGRESS,
			  err(connect_to(fd, LOCALHOST, silent.port)));
		EXPECT_EQ(0, shutdown(fd, how));
		EXPECT_EQ(ECONNRESET, sock_error(fd));
		EXPECT_EQ(EINPROGRESS,
			  err(connect_to(fd, LOCALHOST, silent.port)));
	}
}

/* I-08, I-09, I-33, I-34, I-36: the usual end */
TEST_F(connection, orderly_end)
{
	char buf[8];

	ASSERT_EQ(0, send_all(self->a, "last", 4));
	EXPECT_EQ(0, shutdown(self->a, SHUT_WR));
	/* the FIN follows the data */
	EXPECT_EQ(4, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(0, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(ST_CLOSE_WAIT, state_of(self->pb, self->pa));
	EXPECT_TRUE(reaches(self->pa, self->pb, ST_FIN_WAIT2));
	/* the other direction is open for as long as one likes */
	ASSERT_EQ(0, send_all(self->b, "more", 4));
	ASSERT_EQ(0, recv_all(self->a, buf, 4));
	EXPECT_EQ(0, shutdown(self->b, SHUT_WR));
	EXPECT_EQ(0, recv(self->a, buf, sizeof(buf), 0));
	EXPECT_TRUE(reaches(self->pb, self->pa, ST_NONE));
	EXPECT_TRUE(over(self->pa, self->pb));
	/* I-37, I-48 */
	EXPECT_EQ(0, peer_port_of(self->a));
	EXPECT_EQ(EPIPE, err(send(self->a, "x", 1, MSG_NOSIGNAL)));
	EXPECT_EQ(EPIPE, err(send(self->b, "x", 1, MSG_NOSIGNAL)));
	EXPECT_EQ(0, sock_error(self->a));
	EXPECT_EQ(0, sock_error(self->b));
	/* I-12 */
	EXPECT_EQ(ENOTCONN, err(shutdown(self->a, SHUT_WR)));
	EXPECT_EQ(ENOTCONN, err(shutdown(self->b, SHUT_RDWR)));
}

/* I-11, I-12 */
TEST_F(connection, shutdown_again)
{
	int how;

	for (how = SHUT_RD; how <= SHUT_RDWR; how++) {
		EXPECT_EQ(0, shutdown(self->a, how));
		EXPECT_EQ(0, shutdown(self->a, how));
	}
	EXPECT_TRUE(reaches(self->pa, self->pb, ST_FIN_WAIT2));
	EXPECT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_EQ(ST_FIN_WAIT2, state_of(self->pa, self->pb));
}

/* I-08, I-09: while the FIN is on its way */
TEST_F(plugged, states_of_a_fin)
{
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_EQ(ST_FIN_WAIT1, state_of(self->pa, self->pb));
	ASSERT_EQ(0, unplug());
	EXPECT_TRUE(reaches(self->pa, self->pb, ST_FIN_WAIT2));
	EXPECT_EQ(ST_CLOSE_WAIT, state_of(self->pb, self->pa));
	ASSERT_EQ(0, plug());
	ASSERT_EQ(0, shutdown(self->b, SHUT_WR));
	EXPECT_EQ(ST_LAST_ACK, state_of(self->pb, self->pa));
	EXPECT_EQ(P_DEAD, mask_of(self->b));
	/* F-26 */
	EXPECT_EQ(self->pa, peer_port_of(self->b));
	/* I-11 */
	EXPECT_EQ(0, shutdown(self->b, SHUT_RDWR));
	ASSERT_EQ(0, unplug());
	EXPECT_TRUE(over(self->pa, self->pb));
	EXPECT_TRUE(reaches(self->pb, self->pa, ST_NONE));
}

/* I-33, I-36: FINs that cross */
TEST_F(plugged, simultaneous_close)
{
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_EQ(0, shutdown(self->b, SHUT_WR));
	EXPECT_EQ(ST_FIN_WAIT1, state_of(self->pa, self->pb));
	EXPECT_EQ(ST_FIN_WAIT1, state_of(self->pb, self->pa));
	ASSERT_EQ(0, unplug());
	EXPECT_TRUE(over(self->pa, self->pb));
	EXPECT_TRUE(over(self->pb, self->pa));
	EXPECT_EQ(P_DEAD, mask_of(self->a));
	EXPECT_EQ(P_DEAD, mask_of(self->b));
}

/* I-16: unread data makes close() a reset. */
TEST_F(connection, close_with_unread_data)
{
	long aborts = counter("TCPAbortOnClose");
	char byte;

	ASSERT_EQ(0, send_all(self->a, "unread", 6));
	ASSERT_NE(0, wait_for(self->b, POLLIN));
	ASSERT_EQ(0, close(self->b));
	EXPECT_EQ(ECONNRESET, err(recv(self->a, &byte, 1, 0)));
	EXPECT_EQ(ST_NONE, state_of(self->pb, self->pa));
	EXPECT_EQ(aborts + 1, counter("TCPAbortOnClose"));
}

/* I-16: a FIN is not unread data. */
TEST_F(connection, close_with_unread_fin)
{
	char byte;

	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_NE(0, wait_for(self->b, POLLRDHUP));
	ASSERT_EQ(0, close(self->b));
	EXPECT_EQ(0, recv(self->a, &byte, 1, 0));
	EXPECT_EQ(0, sock_error(self->a));
}

/* I-16 before I-23: it wins over SO_LINGER. */
TEST_F(connection, close_with_unread_data_and_linger)
{
	struct linger lin = { .l_onoff = 1, .l_linger = 1000 };
	char byte;

	ASSERT_EQ(0, setsockopt(self->b, SOL_SOCKET, SO_LINGER, &lin,
				sizeof(lin)));
	ASSERT_EQ(0, send_all(self->a, "unread", 6));
	ASSERT_NE(0, wait_for(self->b, POLLIN));
	ASSERT_EQ(0, close(self->b));
	EXPECT_EQ(ECONNRESET, err(recv(self->a, &byte, 1, 0)));
}

/* I-17 */
TEST_F(connection, linger_zero)
{
	long aborts = counter("TCPAbortOnData");
	char byte;

	ASSERT_EQ(0, reset_by(self->b));
	EXPECT_EQ(ECONNRESET, err(recv(self->a, &byte, 1, 0)));
	EXPECT_EQ(0, recv(self->a, &byte, 1, 0));
	EXPECT_EQ(ST_NONE, state_of(self->pb, self->pa));
	EXPECT_EQ(ST_NONE, state_of(self->pa, self->pb));
	EXPECT_EQ(aborts + 1, counter("TCPAbortOnData"));
}

/* I-17: in FIN_WAIT2 and CLOSE_WAIT too */
TEST_F(connection, linger_zero_in_fin_wait2)
{
	char byte;

	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_TRUE(reaches(self->pa, self->pb, ST_FIN_WAIT2));
	ASSERT_EQ(0, reset_by(self->a));
	EXPECT_TRUE(reaches(self->pb, self->pa, ST_NONE));
	/* I-42: never an error from recv() */
	EXPECT_EQ(0, recv(self->b, &byte, 1, 0));
	EXPECT_EQ(EPIPE, sock_error(self->b));
	EXPECT_EQ(0, sock_error(self->b));
}

TEST_F(connection, linger_zero_in_close_wait)
{
	char byte;

	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_TRUE(reaches(self->pb, self->pa, ST_CLOSE_WAIT));
	ASSERT_EQ(0, reset_by(self->b));
	EXPECT_EQ(ECONNRESET, err(recv(self->a, &byte, 1, 0)));
}

/* I-17: data that was not sent is thrown away. */
TEST_F(plugged, linger_zero_with_data)
{
	char byte;

	ASSERT_EQ(0, send_all(self->a, "data", 4));
	ASSERT_EQ(0, reset_by(self->a));
	EXPECT_EQ(ST_NONE, state_of(self->pa, self->pb));
	ASSERT_EQ(0, unplug());
	EXPECT_TRUE(reaches(self->pb, self->pa, ST_NONE));
	EXPECT_LE(0, recv(self->b, scratch, 4, 0));
	EXPECT_EQ(ECONNRESET, err(recv(self->b, &byte, 1, 0)));
}

/* I-18: a late SYN-ACK gets an RST. */
TEST(close_while_connecting)
{
	int lfd, fd;

	ASSERT_EQ(0, fresh_netns());
	lfd = listener(1);
	fd = sock(SOCK_NONBLOCK);
	ASSERT_EQ(0, plug());
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, port_of(lfd))));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(1, rows_alive());
	ASSERT_EQ(0, unplug());
	EXPECT_TRUE(WAIT_FOR(counter("EmbryonicRsts") == 1));
	EXPECT_TRUE(WAIT_FOR(rows_alive() == 1));
	EXPECT_EQ(0, mask_of(lfd));
}

/* I-19, I-24: close() returns at once, and the data arrives. */
TEST_F(plugged, close_delivers_in_background)
{
	char buf[8];

	ASSERT_EQ(0, send_all(self->a, "last", 4));
	ASSERT_EQ(0, close(self->a));
	EXPECT_EQ(ST_FIN_WAIT1, state_of(self->pa, self->pb));
	ASSERT_EQ(0, unplug());
	EXPECT_EQ(4, recv(self->b, buf, sizeof(buf), MSG_WAITALL));
	EXPECT_EQ(0, recv(self->b, buf, sizeof(buf), 0));
}

/* I-20 */
TEST_F(plugged, close_in_close_wait)
{
	ASSERT_EQ(0, unplug());
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_TRUE(reaches(self->pb, self->pa, ST_CLOSE_WAIT));
	ASSERT_TRUE(reaches(self->pa, self->pb, ST_FIN_WAIT2));
	ASSERT_EQ(0, plug());
	ASSERT_EQ(0, close(self->b));
	EXPECT_EQ(ST_LAST_ACK, state_of(self->pb, self->pa));
	ASSERT_EQ(0, unplug());
	EXPECT_TRUE(reaches(self->pb, self->pa, ST_NONE));
	EXPECT_TRUE(over(self->pa, self->pb));
}

static long call_close(struct job *job)
{
	__atomic_store_n(&job->nr, SYS_close, __ATOMIC_RELEASE);
	return close(job->fd);
}

/* I-23: close() waits, even of a nonblocking socket, until the data is out. */
TEST_F(plugged, linger)
{
	struct linger lin = { .l_onoff = 1, .l_linger = 1000 };
	struct job job;

	ASSERT_EQ(0, setsockopt(self->a, SOL_SOCKET, SO_LINGER, &lin,
				sizeof(lin)));
	ASSERT_EQ(0, nonblock(self->a, true));
	ASSERT_EQ(0, send_all(self->a, "data", 4));
	ASSERT_EQ(0, job_start(&job, call_close, self->a, NULL));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, unplug());
	job_join(&job);
	EXPECT_EQ(0, job.ret);
	EXPECT_EQ(4, drain(self->b));
}

/* I-23: a signal ends the wait, and the result is 0 nevertheless. */
TEST_F(plugged, linger_interrupted)
{
	struct linger lin = { .l_onoff = 1, .l_linger = 1000 };
	struct job job;

	ASSERT_EQ(0, setsockopt(self->a, SOL_SOCKET, SO_LINGER, &lin,
				sizeof(lin)));
	ASSERT_EQ(0, count_signal(SIGUSR1, 0));
	ASSERT_EQ(0, job_start(&job, call_close, self->a, NULL));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, pthread_kill(job.thread, SIGUSR1));
	job_join(&job);
	EXPECT_EQ(0, job.ret);
	EXPECT_EQ(ST_FIN_WAIT1, state_of(self->pa, self->pb));
	ASSERT_EQ(0, unplug());
	EXPECT_EQ(0, drain(self->b));
}

/* I-23: and so does the time */
TEST_F(plugged, linger_times_out)
{
	struct linger lin = { .l_onoff = 1, .l_linger = 1 };

	ASSERT_EQ(0, setsockopt(self->a, SOL_SOCKET, SO_LINGER, &lin,
				sizeof(lin)));
	ASSERT_EQ(0, send_all(self->a, "data", 4));
	EXPECT_EQ(0, close(self->a));
	EXPECT_EQ(ST_FIN_WAIT1, state_of(self->pa, self->pb));
	ASSERT_EQ(0, unplug());
	EXPECT_EQ(4, drain(self->b));
}

/* I-25: only the last reference counts for close() ... */
TEST_F(connection, close_of_a_duplicate)
{
	int copy = dup(self->a);
	char byte;

	ASSERT_LE(0, copy);
	ASSERT_EQ(0, close(self->a));
	ASSERT_EQ(1, send(self->b, "x", 1, 0));
	EXPECT_EQ(1, recv(copy, &byte, 1, 0));
	EXPECT_EQ(ST_ESTABLISHED, state_of(self->pa, self->pb));
	ASSERT_EQ(0, close(copy));
	EXPECT_EQ(0, recv(self->b, &byte, 1, 0));
}

/* ... but any reference will do for shutdown(). */
TEST_F(connection, shutdown_of_a_duplicate)
{
	int copy = dup(self->a);
	char byte;

	ASSERT_EQ(0, shutdown(copy, SHUT_WR));
	EXPECT_EQ(EPIPE, err(send(self->a, "x", 1, MSG_NOSIGNAL)));
	EXPECT_EQ(0, recv(self->b, &byte, 1, 0));
}

/* I-25: a descriptor in flight keeps the socket. */
TEST_F(connection, descriptor_in_flight)
{
	char control[CMSG_SPACE(sizeof(int))] = { };
	char byte = 'f';
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int sv[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &self->a, sizeof(int));
	ASSERT_EQ(1, sendmsg(sv[0], &msg, 0));
	ASSERT_EQ(0, close(self->a));
	EXPECT_EQ(ST_ESTABLISHED, state_of(self->pa, self->pb));
	ASSERT_EQ(1, recvmsg(sv[1], &msg, 0));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	EXPECT_EQ(1, send(fd, "x", 1, 0));
	EXPECT_EQ(1, recv(self->b, &byte, 1, 0));
	/* and its loss is a close */
	memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), &fd, sizeof(int));
	ASSERT_EQ(1, sendmsg(sv[0], &msg, 0));
	ASSERT_EQ(0, close(fd));
	ASSERT_EQ(0, close(sv[0]));
	ASSERT_EQ(0, close(sv[1]));
	EXPECT_EQ(0, recv(self->b, &byte, 1, 0));
}

/* I-30: FIN_WAIT2 of an orphan ends by itself. */
TEST(orphan_in_fin_wait2)
{
	unsigned int pa, pb;
	char byte;
	int fd[2];

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_fin_timeout", "1"));
	ASSERT_EQ(0, pair(fd));
	pa = port_of(fd[0]);
	pb = port_of(fd[1]);
	ASSERT_EQ(0, close(fd[0]));
	EXPECT_EQ(0, recv(fd[1], &byte, 1, 0));
	EXPECT_TRUE(reaches(pa, pb, ST_NONE));
	EXPECT_EQ(ST_CLOSE_WAIT, state_of(pb, pa));
	/* it vanished silently, so the first byte finds nobody */
	EXPECT_EQ(1, send(fd[1], "x", 1, MSG_NOSIGNAL));
	EXPECT_TRUE(reaches(pb, pa, ST_NONE));
	EXPECT_EQ(EPIPE, err(send(fd[1], "x", 1, MSG_NOSIGNAL)));
}

/* I-30, G-92: no FIN_WAIT2 at all */
TEST_F(connection, linger2_negative)
{
	ASSERT_EQ(0, set_int(self->a, IPPROTO_TCP, TCP_LINGER2, -1));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_TRUE(reaches(self->pa, self->pb, ST_FIN_WAIT2));
	ASSERT_EQ(0, close(self->a));
	EXPECT_EQ(ST_NONE, state_of(self->pa, self->pb));
	EXPECT_TRUE(reaches(self->pb, self->pa, ST_NONE));
	EXPECT_EQ(EPIPE, sock_error(self->b));
}

/* I-31: data for an orphan in FIN_WAIT2 is answered with RST. */
TEST_F(connection, data_for_an_orphan)
{
	char byte;

	ASSERT_EQ(0, close(self->a));
	EXPECT_EQ(0, recv(self->b, &byte, 1, 0));
	ASSERT_TRUE(reaches(self->pa, self->pb, ST_FIN_WAIT2));
	/* I-50 */
	EXPECT_EQ(1, send(self->b, "x", 1, MSG_NOSIGNAL));
	EXPECT_TRUE(reaches(self->pb, self->pa, ST_NONE));
	EXPECT_TRUE(reaches(self->pa, self->pb, ST_NONE));
	EXPECT_EQ(EPIPE, err(send(self->b, "x", 1, MSG_NOSIGNAL)));
}

/* I-31: the same while both directions are shut and the user is there */
TEST_F(connection, data_after_shutdown_of_both)
{
	ASSERT_EQ(0, shutdown(self->a, SHUT_RDWR));
	ASSERT_TRUE(reaches(self->pa, self->pb, ST_FIN_WAIT2));
	EXPECT_EQ(1, send(self->b, "x", 1, MSG_NOSIGNAL));
	EXPECT_TRUE(reaches(self->pb, self->pa, ST_NONE));
	EXPECT_TRUE(reaches(self->pa, self->pb, ST_NONE));
}

/* E-55, I-34, H-89: TIME_WAIT is on the side that closed first, and ends. */
TEST(time_wait)
{
	unsigned int pa, pb;
	long tw;
	int fd[2];

	ASSERT_EQ(0, fresh_netns());
	if (!native())
		ASSERT_EQ(0, sysctl_set("xtcp/timewait_msecs", "1000"));
	tw = counter("TW");
	ASSERT_EQ(0, pair(fd));
	pa = port_of(fd[0]);
	pb = port_of(fd[1]);
	ASSERT_EQ(0, close(fd[0]));
	EXPECT_EQ(0, drain(fd[1]));
	ASSERT_EQ(0, close(fd[1]));
	EXPECT_TRUE(reaches(pa, pb, ST_TIME_WAIT));
	EXPECT_EQ(ST_NONE, state_of(pb, pa));
	if (native())
		return;
	EXPECT_TRUE(reaches(pa, pb, ST_NONE));
	EXPECT_EQ(tw + 1, counter("TW"));
}

/* J-68: a TIME_WAIT row belongs to nobody. */
TEST(time_wait_row)
{
	struct row row;
	unsigned int pa, pb;
	int fd[2];

	ASSERT_EQ(0, fresh_netns());
	if (!native())
		ASSERT_EQ(0, sysctl_set("xtcp/timewait_msecs", "60000"));
	ASSERT_EQ(0, pair(fd));
	pa = port_of(fd[0]);
	pb = port_of(fd[1]);
	ASSERT_EQ(0, close(fd[0]));
	EXPECT_EQ(0, drain(fd[1]));
	ASSERT_EQ(0, close(fd[1]));
	ASSERT_TRUE(reaches(pa, pb, ST_TIME_WAIT));
	ASSERT_EQ(1, row_find(pa, pb, &row));
	EXPECT_EQ(3, row.timer);
	EXPECT_EQ(0, row.inode);
	EXPECT_EQ(0, row.txq + row.rxq);
}

/* I-37: the user's end lives on after TIME_WAIT began. */
TEST_F(connection, user_object_in_time_wait)
{
	char byte;

	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_EQ(0, drain(self->b));
	ASSERT_EQ(0, close(self->b));
	ASSERT_TRUE(over(self->pa, self->pb));
	EXPECT_EQ(0, recv(self->a, &byte, 1, 0));
	EXPECT_EQ(EPIPE, err(send(self->a, "x", 1, MSG_NOSIGNAL)));
	EXPECT_EQ(0, peer_port_of(self->a));
	EXPECT_EQ(P_DEAD, mask_of(self->a));
	EXPECT_EQ(ENOTCONN, err(shutdown(self->a, SHUT_RD)));
}

/* I-39: SIGKILL closes everything, and does not linger. */
TEST(killed)
{
	struct linger lin = { .l_onoff = 1, .l_linger = 1000 };
	unsigned int port = own_port();
	int lfd = listener_on(LOCALHOST, port, 4);
	char byte;
	pid_t pid;
	int fd;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(lfd);
		fd = connected(port);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &lin, sizeof(lin));
		send(fd, "x", 1, 0);
		pause();
	}
	fd = accept(lfd, NULL, NULL);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, recv(fd, &byte, 1, 0));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(0, recv(fd, &byte, 1, 0));
}

/* I-41 */
TEST_F(connection, calls_after_reset)
{
	char byte;

	ASSERT_EQ(0, reset_by(self->b));
	ASSERT_NE(0, wait_for(self->a, POLLERR));
	EXPECT_EQ(0, peer_port_of(self->a));
	EXPECT_EQ(EISCONN, err(connect_to(self->a, LOCALHOST, self->pb)));
	EXPECT_EQ(ECONNRESET, sock_error(self->a));
	EXPECT_EQ(0, sock_error(self->a));
	EXPECT_EQ(0, recv(self->a, &byte, 1, 0));
	EXPECT_EQ(EPIPE, err(send(self->a, &byte, 1, MSG_NOSIGNAL)));
	EXPECT_EQ(ENOTCONN, err(shutdown(self->a, SHUT_RDWR)));
	/* reusable after a disconnect */
	EXPECT_EQ(0, unspec(self->a));
	EXPECT_EQ(ECONNREFUSED, err(connect_to(self->a, LOCALHOST,
					       own_port())));
}

/* I-50: the first send after the peer is gone is accepted. */
TEST_F(connection, first_send_after_close)
{
	unsigned int pa = self->pa, pb = self->pb;

	ASSERT_EQ(0, close(self->a));
	ASSERT_NE(0, wait_for(self->b, POLLRDHUP));
	EXPECT_EQ(1, send(self->b, "x", 1, MSG_NOSIGNAL));
	EXPECT_TRUE(reaches(pb, pa, ST_NONE));
	EXPECT_EQ(EPIPE, err(send(self->b, "x", 1, MSG_NOSIGNAL)));
}

/* I-53 */
TEST(counters_of_the_end)
{
	long resets;
	int fd[2];

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, pair(fd));
	EXPECT_EQ(2, counter("CurrEstab"));
	resets = counter("EstabResets");
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	/* CLOSE_WAIT counts, FIN_WAIT does not */
	EXPECT_TRUE(WAIT_FOR(counter("CurrEstab") == 1));
	EXPECT_EQ(resets, counter("EstabResets"));
	ASSERT_EQ(0, reset_by(fd[1]));
	EXPECT_TRUE(WAIT_FOR(counter("CurrEstab") == 0));
	EXPECT_EQ(resets + 1, counter("EstabResets"));
}

/* I-44, H-12: data that nobody acknowledges */
TEST_F(plugged, retransmission_gives_up)
{
	char byte;

	ASSERT_EQ(0, sysctl_set("ipv4/tcp_retries2", "1"));
	ASSERT_EQ(0, send_all(self->a, "lost", 4));
	ASSERT_EQ(0, unplug_drop());
	ASSERT_EQ(0, link_up(loop_dev(), false));
	EXPECT_NE(0, wait_for(self->a, POLLERR));
	EXPECT_EQ(P_DEAD | POLLERR, mask_of(self->a));
	EXPECT_EQ(ETIMEDOUT, err(recv(self->a, &byte, 1, 0)));
	EXPECT_EQ(0, recv(self->a, &byte, 1, 0));
	EXPECT_EQ(EPIPE, err(send(self->a, &byte, 1, MSG_NOSIGNAL)));
	EXPECT_LE(1, counter("TCPAbortOnTimeout"));
	ASSERT_EQ(0, link_up(loop_dev(), true));
}

/* H-88, J-20: an orphan gives up sooner. */
TEST_F(plugged, orphan_gives_up)
{
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_orphan_retries", "1"));
	ASSERT_EQ(0, send_all(self->a, "lost", 4));
	ASSERT_EQ(0, close(self->a));
	EXPECT_EQ(ST_FIN_WAIT1, state_of(self->pa, self->pb));
	ASSERT_EQ(0, unplug_drop());
	ASSERT_EQ(0, link_up(loop_dev(), false));
	EXPECT_TRUE(reaches(self->pa, self->pb, ST_NONE));
	ASSERT_EQ(0, link_up(loop_dev(), true));
}

/* G-100, H-11 */
TEST_F(plugged, user_timeout)
{
	char byte;

	ASSERT_EQ(0, set_int(self->a, IPPROTO_TCP, TCP_USER_TIMEOUT, 300));
	ASSERT_EQ(0, send_all(self->a, "lost", 4));
	ASSERT_EQ(0, unplug_drop());
	ASSERT_EQ(0, link_up(loop_dev(), false));
	EXPECT_NE(0, wait_for(self->a, POLLERR));
	EXPECT_EQ(ETIMEDOUT, err(recv(self->a, &byte, 1, 0)));
	ASSERT_EQ(0, link_up(loop_dev(), true));
}

/* H-78 */
TEST_F(plugged, keepalive_gives_up)
{
	char byte;

	ASSERT_EQ(0, set_int(self->a, IPPROTO_TCP, TCP_KEEPIDLE, 1));
	ASSERT_EQ(0, set_int(self->a, IPPROTO_TCP, TCP_KEEPINTVL, 1));
	ASSERT_EQ(0, set_int(self->a, IPPROTO_TCP, TCP_KEEPCNT, 1));
	ASSERT_EQ(0, set_int(self->a, SOL_SOCKET, SO_KEEPALIVE, 1));
	EXPECT_NE(0, wait_for(self->a, POLLERR));
	EXPECT_EQ(ETIMEDOUT, err(recv(self->a, &byte, 1, 0)));
	EXPECT_LE(1, counter("TCPKeepAlive"));
}

/* I-24, H-05: what was lost is sent again. */
TEST_F(plugged, lost_data_and_fin_are_repeated)
{
	long retrans = counter("RetransSegs");
	char buf[8];

	ASSERT_EQ(0, send_all(self->a, "lost", 4));
	ASSERT_EQ(0, close(self->a));
	ASSERT_EQ(0, unplug_drop());
	EXPECT_EQ(4, recv(self->b, buf, sizeof(buf), MSG_WAITALL));
	EXPECT_EQ(0, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_LT(retrans, counter("RetransSegs"));
}

#include "nothing_left.h"
