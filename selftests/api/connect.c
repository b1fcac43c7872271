// SPDX-License-Identifier: GPL-2.0
/* connect(): every state, every failure, waiting, disconnecting. */
#include "harness.h"

#define NOT_LOCAL	"192.0.2.1"
#define OTHER_LOCAL	"127.0.0.2"

static int connect_raw(int fd, int family_, const char *ip, unsigned int port,
		       socklen_t len)
{
	struct {
		struct sockaddr_in sin;
		char tail[128];
	} addr = { .sin = addr_of(ip, port) };

	addr.sin.sin_family = family_;
	return connect(fd, (struct sockaddr *)&addr, len);
}

/* A port that answers with RST: nobody listens there. */
static unsigned int dead_port(void)
{
	return own_port();
}

static in_addr_t ip_of(int fd)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	if (getsockname(fd, (struct sockaddr *)&sin, &len))
		return INADDR_NONE;
	return sin.sin_addr.s_addr;
}

TEST(not_a_socket)
{
	EXPECT_EQ(EBADF, err(connect_to(-1, LOCALHOST, 1)));
	EXPECT_EQ(ENOTSOCK, err(connect_to(0, LOCALHOST, 1)));
	EXPECT_EQ(EFAULT, err(connect(sock(0), (void *)8, 16)));
	EXPECT_EQ(EINVAL, err(connect_raw(sock(0), AF_INET, LOCALHOST, 1, 129)));
}

/* D-01, D-06, D-16, D-17 */
TEST(bad_address)
{
	int fd = sock(0);
	socklen_t len;

	ASSERT_LE(0, fd);
	for (len = 0; len < sizeof(struct sockaddr_in); len++)
		EXPECT_EQ(EINVAL, err(connect_raw(fd, AF_INET, LOCALHOST, 1,
						  len)));
	EXPECT_EQ(EAFNOSUPPORT, err(connect_raw(fd, AF_INET6, LOCALHOST, 1, 28)));
	EXPECT_EQ(EAFNOSUPPORT, err(connect_raw(fd, AF_UNIX, LOCALHOST, 1, 16)));
	EXPECT_EQ(EAFNOSUPPORT, err(connect_raw(fd, AF_XTCP, LOCALHOST, 1, 16)));
	EXPECT_EQ(0, port_of(fd));
}

/* D-02 */
TEST(unspec_takes_two_bytes)
{
	int fd = sock(0);

	EXPECT_EQ(EINVAL, err(connect_raw(fd, AF_UNSPEC, LOCALHOST, 1, 1)));
	EXPECT_EQ(0, connect_raw(fd, AF_UNSPEC, LOCALHOST, 1, 2));
	EXPECT_EQ(0, connect_raw(fd, AF_UNSPEC, LOCALHOST, 1, 16));
}

/* D-03: the state decides before the address does. */
TEST(connected_already)
{
	int lfd = listener(1);
	int fd[2];

	ASSERT_EQ(0, pair_via(lfd, fd));
	EXPECT_EQ(EISCONN, err(connect_to(fd[0], LOCALHOST, port_of(lfd))));
	EXPECT_EQ(EISCONN, err(connect_to(fd[1], LOCALHOST, port_of(lfd))));
	EXPECT_EQ(EISCONN, err(connect_raw(fd[0], AF_INET, LOCALHOST, 1, 8)));
	EXPECT_EQ(EISCONN, err(connect_raw(fd[0], AF_UNIX, NOT_LOCAL, 1, 16)));
	EXPECT_EQ(EINVAL, err(connect_raw(fd[0], AF_INET, LOCALHOST, 1, 1)));
	nonblock(fd[0], true);
	EXPECT_EQ(EISCONN, err(connect_to(fd[0], LOCALHOST, port_of(lfd))));
	/* half closed is connected */
	shutdown(fd[0], SHUT_WR);
	EXPECT_EQ(EISCONN, err(connect_to(fd[0], LOCALHOST, port_of(lfd))));
}

/* D-05 */
TEST(on_a_listener)
{
	int lfd = listener(1);

	EXPECT_EQ(EISCONN, err(connect_to(lfd, LOCALHOST, dead_port())));
	nonblock(lfd, true);
	EXPECT_EQ(EISCONN, err(connect_to(lfd, LOCALHOST, dead_port())));
	/* D-06: the address is not even looked at */
	EXPECT_EQ(EISCONN, err(connect_raw(lfd, AF_UNIX, LOCALHOST, 1, 4)));
}

/* D-07 */
TEST(blocking)
{
	int lfd = listener(1);
	int fd = sock(0);

	EXPECT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
	EXPECT_EQ(ST_ESTABLISHED, state_of(port_of(fd), port_of(lfd)));
	EXPECT_EQ(port_of(lfd), peer_port_of(fd));
	EXPECT_EQ(inet_addr(LOCALHOST), ip_of(fd));
}

/* D-07, D-09, D-14, D-15: even a peer next door answers after the call. */
TEST(nonblocking)
{
	int lfd = listener(1);
	int fd = sock(SOCK_NONBLOCK);

	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, port_of(lfd))));
	EXPECT_EQ(P_OUT, wait_for(fd, P_OUT));
	EXPECT_EQ(0, sock_error(fd));
	EXPECT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
	EXPECT_EQ(EISCONN, err(connect_to(fd, LOCALHOST, port_of(lfd))));
}

/* D-08, D-09 */
TEST(nonblocking_twice)
{
	struct silent silent;
	int fd = sock(SOCK_NONBLOCK);

	ASSERT_EQ(0, silent_open(&silent));
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, silent.port)));
	EXPECT_EQ(EALREADY, err(connect_to(fd, LOCALHOST, silent.port)));
	/* what stands in the address does not matter any more */
	EXPECT_EQ(EALREADY, err(connect_to(fd, NOT_LOCAL, 1)));
	EXPECT_EQ(EALREADY, err(connect_raw(fd, AF_UNIX, LOCALHOST, 1, 2)));
	EXPECT_EQ(EINVAL, err(connect_raw(fd, AF_INET, LOCALHOST, 1, 1)));
	ASSERT_LE(0, accept(silent.lfd, NULL, NULL));
	EXPECT_EQ(POLLOUT, wait_for(fd, POLLOUT));
	EXPECT_EQ(0, connect_to(fd, LOCALHOST, silent.port));
}

/* D-08: a blocking call joins an attempt that is under way. */
TEST(blocking_joins_the_attempt)
{
	struct sockaddr_in sin;
	struct silent silent;
	int fd = sock(SOCK_NONBLOCK);
	struct job job;

	ASSERT_EQ(0, silent_open(&silent));
	sin = addr_of(LOCALHOST, silent.port);
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, silent.port)));
	nonblock(fd, false);
	ASSERT_EQ(0, job_start(&job, call_connect, fd, &sin));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_LE(0, accept(silent.lfd, NULL, NULL));
	job_join(&job);
	EXPECT_EQ(0, job.ret);
	EXPECT_EQ(EISCONN, err(connect_to(fd, LOCALHOST, silent.port)));
}

/* D-32 */
TEST(refused)
{
	long attempts = counter("AttemptFails");
	int fd = sock(0);

	EXPECT_EQ(ECONNREFUSED, err(connect_to(fd, LOCALHOST, dead_port())));
	EXPECT_EQ(0, sock_error(fd));
	/* D-31 */
	EXPECT_EQ(ENOTCONN, err(getpeername(fd, (void *)&(struct sockaddr_in){},
					    &(socklen_t){ 16 })));
	/* I-53 */
	EXPECT_EQ(attempts + 1, counter("AttemptFails"));
}

/* D-10, D-12, D-44 */
TEST(refused_nonblocking)
{
	int lfd = listener(1);
	int fd = sock(SOCK_NONBLOCK);
	unsigned int port = dead_port();

	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, port)));
	EXPECT_NE(0, wait_for(fd, POLLERR));
	EXPECT_EQ(P_DEAD | POLLERR, mask_of(fd));
	EXPECT_EQ(ECONNREFUSED, err(connect_to(fd, LOCALHOST, port)));
	EXPECT_EQ(0, sock_error(fd));
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, port_of(lfd))));
	EXPECT_EQ(POLLOUT, wait_for(fd, POLLOUT));
	EXPECT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
}

/* D-11 */
TEST(refused_and_error_consumed)
{
	int lfd = listener(1);
	unsigned int port = dead_port();
	int fd;

	fd = sock(SOCK_NONBLOCK);
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, port)));
	EXPECT_NE(0, wait_for(fd, POLLERR));
	EXPECT_EQ(ECONNREFUSED, sock_error(fd));
	EXPECT_EQ(P_DEAD, mask_of(fd));
	EXPECT_EQ(ECONNABORTED, err(connect_to(fd, LOCALHOST, port)));
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, port_of(lfd))));
	EXPECT_EQ(POLLOUT, wait_for(fd, POLLOUT));

	/* I-43: recv() and send() consume it just as well */
	fd = sock(SOCK_NONBLOCK);
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, port)));
	EXPECT_NE(0, wait_for(fd, POLLERR));
	EXPECT_EQ(ECONNREFUSED, err(recv(fd, &port, 1, 0)));
	EXPECT_EQ(ECONNABORTED, err(connect_to(fd, LOCALHOST, port)));
}

/* D-12 */
TEST(many_attempts_on_one_socket)
{
	int lfd = listener(1);
	int fd = sock(0);
	int i;

	for (i = 0; i < 10; i++)
		EXPECT_EQ(ECONNREFUSED,
			  err(connect_to(fd, LOCALHOST, dead_port())));
	EXPECT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
}

/* D-19, D-31 */
TEST(no_route)
{
	int fd = sock(0);

	EXPECT_EQ(ENETUNREACH, err(connect_to(fd, NOT_LOCAL, 1)));
	EXPECT_EQ(P_FRESH, mask_of(fd));
	EXPECT_EQ(0, sock_error(fd));
	nonblock(fd, true);
	EXPECT_EQ(ENETUNREACH, err(connect_to(fd, NOT_LOCAL, 1)));
	EXPECT_EQ(0, listen(fd, 1));
}

/* D-23 */
TEST(multicast_and_broadcast)
{
	int fd = sock(0);

	EXPECT_EQ(ENETUNREACH, err(connect_to(fd, "224.0.0.1", 1)));
	EXPECT_EQ(ENETUNREACH, err(connect_to(fd, "255.255.255.255", 1)));
	EXPECT_EQ(ENETUNREACH, err(connect_to(fd, "127.255.255.255", 1)));
}

/* D-24 */
TEST(any_address_means_this_host)
{
	int lfd = listener_on("0.0.0.0", 0, 4);
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int fd = sock(0);

	ASSERT_EQ(0, connect_to(fd, "0.0.0.0", port_of(lfd)));
	EXPECT_EQ(inet_addr(LOCALHOST), ip_of(fd));
	ASSERT_EQ(0, getpeername(fd, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(inet_addr(LOCALHOST), sin.sin_addr.s_addr);

	fd = bound(OTHER_LOCAL, 0);
	ASSERT_EQ(0, connect_to(fd, "0.0.0.0", port_of(lfd)));
	EXPECT_EQ(inet_addr(OTHER_LOCAL), ip_of(fd));
	len = sizeof(sin);
	ASSERT_EQ(0, getpeername(fd, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(inet_addr(OTHER_LOCAL), sin.sin_addr.s_addr);
}

/* D-25 */
TEST(port_zero)
{
	int fd = sock(0);

	EXPECT_EQ(ECONNREFUSED, err(connect_to(fd, LOCALHOST, 0)));
}

/* D-60 */
TEST(source_address)
{
	int lfd = listener_on("0.0.0.0", 0, 4);
	int fd = sock(0);

	ASSERT_EQ(0, connect_to(fd, "127.0.0.9", port_of(lfd)));
	EXPECT_EQ(inet_addr("127.0.0.1"), ip_of(fd));
	fd = bound("127.0.0.7", 0);
	ASSERT_EQ(0, connect_to(fd, "127.0.0.9", port_of(lfd)));
	EXPECT_EQ(inet_addr("127.0.0.7"), ip_of(fd));
}

static int reusing(unsigned int port)
{
	int fd = sock(0);

	if (set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
	    bind_to(fd, LOCALHOST, port))
		return -1;
	return fd;
}

/* D-26 */
TEST(tuple_in_use)
{
	unsigned int port = own_port();
	int lfd = listener(4), other = listener(4);
	int a = reusing(port), b = reusing(port);

	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	ASSERT_EQ(0, connect_to(a, LOCALHOST, port_of(lfd)));
	EXPECT_EQ(EADDRNOTAVAIL, err(connect_to(b, LOCALHOST, port_of(lfd))));
	EXPECT_EQ(port, port_of(b));
	EXPECT_EQ(0, connect_to(b, LOCALHOST, port_of(other)));
}

/* D-27, D-62 */
TEST(no_port_left)
{
	int lfd, other;
	int i;

	ASSERT_EQ(0, fresh_netns());
	lfd = listener_on(LOCALHOST, 30001, 8);
	other = listener_on(LOCALHOST, 30002, 8);
	ASSERT_LE(0, lfd);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, sysctl_set("ipv4/ip_local_port_range", "40000 40003"));
	for (i = 0; i < 4; i++)
		ASSERT_LE(0, connected(30001));
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(30001)));
	/* the same four ports serve another destination */
	for (i = 0; i < 4; i++)
		EXPECT_LE(0, connected(30002));
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(30002)));
}

/* D-62: ports that bind() took are left alone. */
TEST(bound_ports_are_not_shared)
{
	int fd;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_LE(0, listener_on(LOCALHOST, 30001, 8));
	ASSERT_EQ(0, sysctl_set("ipv4/ip_local_port_range", "40000 40001"));
	ASSERT_LE(0, bound(OTHER_LOCAL, 40000));
	fd = connected(30001);
	EXPECT_EQ(40001, port_of(fd));
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(30001)));
}

/* D-62, B-73 */
TEST(reserved_ports_are_skipped)
{
	ASSERT_EQ(0, fresh_netns());
	ASSERT_LE(0, listener_on(LOCALHOST, 30001, 8));
	ASSERT_EQ(0, sysctl_set("ipv4/ip_local_port_range", "40000 40001"));
	ASSERT_EQ(0, sysctl_set("ipv4/ip_local_reserved_ports", "40000"));
	EXPECT_EQ(40001, port_of(connected(30001)));
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(30001)));
}

/* D-61: connect() prefers the parity of the lower bound. */
TEST(parity_of_the_port)
{
	int i;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_LE(0, listener_on(LOCALHOST, 30001, 20));
	ASSERT_EQ(0, sysctl_set("ipv4/ip_local_port_range", "40000 40019"));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(0, port_of(connected(30001)) % 2);
	for (i = 0; i < 10; i++)
		EXPECT_EQ(1, port_of(connected(30001)) % 2);
}

/* D-38, I-44: SYNs at 0, 1 and 3 s */
TEST(nobody_answers)
{
	struct silent silent;
	long retrans, timeouts;
	int fd = sock(0);

	ASSERT_EQ(0, silent_open(&silent));
	/* Kernels before 6.5 have no such setting. */
	sysctl_set("ipv4/tcp_syn_linear_timeouts", "0");
	ASSERT_EQ(0, set_int(fd, IPPROTO_TCP, TCP_SYNCNT, 1));
	retrans = counter("TCPSynRetrans");
	timeouts = counter("TCPTimeouts");
	EXPECT_EQ(ETIMEDOUT, err(connect_to(fd, LOCALHOST, silent.port)));
	EXPECT_EQ(retrans + 1, counter("TCPSynRetrans"));
	EXPECT_LT(timeouts, counter("TCPTimeouts"));
	EXPECT_EQ(0, sock_error(fd));
	/* D-31 */
	EXPECT_EQ(ECONNREFUSED, err(connect_to(fd, LOCALHOST, dead_port())));
}

/* D-38, J-12 */
TEST(nobody_answers_sysctl)
{
	struct silent silent;
	int fd;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_syn_retries", "1"));
	ASSERT_EQ(0, silent_open(&silent));
	fd = sock(SOCK_NONBLOCK);
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, silent.port)));
	EXPECT_EQ(0, mask_of(fd));
	EXPECT_NE(0, wait_for(fd, POLLERR));
	EXPECT_EQ(P_DEAD | POLLERR, mask_of(fd));
	EXPECT_EQ(ETIMEDOUT, sock_error(fd));
	EXPECT_EQ(P_DEAD, mask_of(fd));
}

static int set_timeout(int fd, int opt, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	return setsockopt(fd, SOL_SOCKET, opt, &tv, sizeof(tv));
}

/* D-45 */
TEST(send_timeout)
{
	struct silent silent;
	int fd = sock(0);

	ASSERT_EQ(0, silent_open(&silent));
	ASSERT_EQ(0, set_timeout(fd, SO_SNDTIMEO, 50));
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, silent.port)));
	EXPECT_EQ(EALREADY, err(connect_to(fd, LOCALHOST, silent.port)));
	ASSERT_LE(0, accept(silent.lfd, NULL, NULL));
	EXPECT_EQ(POLLOUT, wait_for(fd, POLLOUT));
	EXPECT_EQ(0, connect_to(fd, LOCALHOST, silent.port));
}

/* D-46 */
TEST(interrupted)
{
	struct sockaddr_in sin;
	struct silent silent;
	int fd = sock(0);
	struct job job;

	ASSERT_EQ(0, silent_open(&silent));
	sin = addr_of(LOCALHOST, silent.port);
	ASSERT_EQ(0, count_signal(SIGUSR1, 0));
	ASSERT_EQ(0, job_start(&job, call_connect, fd, &sin));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, pthread_kill(job.thread, SIGUSR1));
	job_join(&job);
	EXPECT_EQ(EINTR, job.err);
	EXPECT_EQ(1, signals_seen());
	/* the attempt goes on */
	EXPECT_EQ(ST_SYN_SENT, state_of(port_of(fd), silent.port));
	nonblock(fd, true);
	EXPECT_EQ(EALREADY, err(connect_to(fd, LOCALHOST, silent.port)));
}

/* D-46: with SA_RESTART the call waits on, and returns 0 in the end. */
TEST(interrupted_and_restarted)
{
	struct sockaddr_in sin;
	struct silent silent;
	int fd = sock(0);
	struct job job;

	ASSERT_EQ(0, silent_open(&silent));
	sin = addr_of(LOCALHOST, silent.port);
	ASSERT_EQ(0, count_signal(SIGUSR1, SA_RESTART));
	ASSERT_EQ(0, job_start(&job, call_connect, fd, &sin));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, pthread_kill(job.thread, SIGUSR1));
	ASSERT_TRUE(WAIT_FOR(signals_seen() == 1));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_LE(0, accept(silent.lfd, NULL, NULL));
	job_join(&job);
	EXPECT_EQ(0, job.ret);
}

/* D-47 */
TEST(interrupted_with_a_timeout)
{
	struct sockaddr_in sin;
	struct silent silent;
	int fd = sock(0);
	struct job job;

	ASSERT_EQ(0, silent_open(&silent));
	sin = addr_of(LOCALHOST, silent.port);
	ASSERT_EQ(0, set_timeout(fd, SO_SNDTIMEO, 1000000));
	ASSERT_EQ(0, count_signal(SIGUSR1, SA_RESTART));
	ASSERT_EQ(0, job_start(&job, call_connect, fd, &sin));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, pthread_kill(job.thread, SIGUSR1));
	job_join(&job);
	EXPECT_EQ(EINTR, job.err);
}

/* D-48, D-49: what another thread does to a connect() that sleeps */
static long undo_connect(int (*undo)(int fd))
{
	struct sockaddr_in sin;
	struct silent silent;
	int fd = sock(0);
	struct job job;

	if (silent_open(&silent))
		return -1;
	sin = addr_of(LOCALHOST, silent.port);
	if (job_start(&job, call_connect, fd, &sin) || !job_blocked(&job) ||
	    undo(fd))
		return -1;
	job_join(&job);
	/* SS_UNCONNECTED again */
	if (err(connect_to(fd, LOCALHOST, dead_port())) != ECONNREFUSED)
		return -2;
	return job.err;
}

static int shut(int fd)
{
	return shutdown(fd, SHUT_RDWR);
}

TEST(disconnected_by_another_thread)
{
	EXPECT_EQ(EPIPE, undo_connect(unspec));
}

/* I-06 */
TEST(shut_down_by_another_thread)
{
	EXPECT_EQ(ECONNRESET, undo_connect(shut));
}

/* D-51, D-56 */
TEST(disconnect_established)
{
	int lfd = listener(4);
	int fd[2];
	char byte;

	ASSERT_EQ(0, pair_via(lfd, fd));
	ASSERT_EQ(0, send_all(fd[1], "unread", 6));
	ASSERT_EQ(POLLIN, wait_for(fd[0], POLLIN));
	ASSERT_EQ(0, unspec(fd[0]));
	EXPECT_EQ(0, peer_port_of(fd[0]));
	EXPECT_EQ(ECONNRESET, err(recv(fd[1], &byte, 1, 0)));
	EXPECT_EQ(ECONNRESET, sock_error(fd[0]));
	EXPECT_EQ(0, sock_error(fd[0]));
	/* queues are dropped, and the socket can be used again */
	ASSERT_EQ(0, connect_to(fd[0], LOCALHOST, port_of(lfd)));
	EXPECT_EQ(EAGAIN, err(recv(fd[0], &byte, 1, MSG_DONTWAIT)));
}

/* D-51, D-56: shutdown flags are cleared. */
TEST(disconnect_half_closed)
{
	int lfd = listener(4);
	int fd[2];
	char byte;

	ASSERT_EQ(0, pair_via(lfd, fd));
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	ASSERT_EQ(0, recv(fd[1], &byte, 1, 0));
	ASSERT_EQ(0, unspec(fd[1]));
	EXPECT_EQ(ECONNRESET, err(recv(fd[0], &byte, 1, 0)));
	ASSERT_EQ(0, unspec(fd[0]));
	sock_error(fd[0]);
	ASSERT_EQ(0, connect_to(fd[0], LOCALHOST, port_of(lfd)));
	EXPECT_EQ(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
}

/* D-53 */
TEST(disconnect_syn_sent)
{
	struct silent silent;
	int fd = sock(SOCK_NONBLOCK);
	unsigned int port;

	ASSERT_EQ(0, silent_open(&silent));
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, silent.port)));
	port = port_of(fd);
	ASSERT_EQ(0, unspec(fd));
	EXPECT_EQ(ST_NONE, state_of(port, silent.port));
	EXPECT_EQ(ECONNRESET, sock_error(fd));
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, silent.port)));
}

/* D-55 */
TEST(disconnect_fresh)
{
	int fd = sock(0);

	EXPECT_EQ(0, unspec(fd));
	EXPECT_EQ(0, sock_error(fd));
	EXPECT_EQ(P_FRESH, mask_of(fd));
	fd = bound(LOCALHOST, own_port());
	EXPECT_EQ(0, unspec(fd));
	EXPECT_NE(0, port_of(fd));
}

/* D-56: options stay. */
TEST(options_survive_a_disconnect)
{
	int lfd = listener(4);
	int fd = sock(0);

	ASSERT_EQ(0, set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	ASSERT_EQ(0, set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
	ASSERT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
	ASSERT_EQ(0, unspec(fd));
	EXPECT_NE(0, get_int(fd, IPPROTO_TCP, TCP_NODELAY));
	EXPECT_EQ(1, get_int(fd, SOL_SOCKET, SO_KEEPALIVE));
}

/* D-57: SYNs that cross; both calls succeed, and data flows. */
TEST(simultaneous_open)
{
	unsigned int pa = own_port(), pb = own_port();
	int a = bound(LOCALHOST, pa), b = bound(LOCALHOST, pb);
	char byte;

	ASSERT_EQ(0, fresh_netns());
	close(a);
	close(b);
	a = bound(LOCALHOST, pa);
	b = bound(LOCALHOST, pb);
	ASSERT_EQ(0, nonblock(a, true));
	ASSERT_EQ(0, nonblock(b, true));
	ASSERT_EQ(0, plug());
	EXPECT_EQ(EINPROGRESS, err(connect_to(a, LOCALHOST, pb)));
	EXPECT_EQ(EINPROGRESS, err(connect_to(b, LOCALHOST, pa)));
	ASSERT_EQ(0, unplug());
	EXPECT_EQ(POLLOUT, wait_for(a, POLLOUT));
	EXPECT_EQ(POLLOUT, wait_for(b, POLLOUT));
	EXPECT_EQ(0, connect_to(a, LOCALHOST, pb));
	EXPECT_EQ(0, connect_to(b, LOCALHOST, pa));
	EXPECT_EQ(1, send(a, "x", 1, 0));
	EXPECT_EQ(1, send(b, "y", 1, 0));
	EXPECT_EQ(POLLIN, wait_for(a, POLLIN));
	EXPECT_EQ(1, recv(a, &byte, 1, 0));
	EXPECT_EQ('y', byte);
	EXPECT_EQ(POLLIN, wait_for(b, POLLIN));
	EXPECT_EQ(1, recv(b, &byte, 1, 0));
	EXPECT_EQ('x', byte);
}

/* D-58 */
TEST(self_connect)
{
	unsigned int port = own_port();
	int fd = bound(LOCALHOST, port);
	char buf[8];

	ASSERT_EQ(0, connect_to(fd, LOCALHOST, port));
	EXPECT_EQ(port, peer_port_of(fd));
	ASSERT_EQ(0, send_all(fd, "echo", 4));
	ASSERT_EQ(0, recv_all(fd, buf, 4));
	EXPECT_EQ(0, memcmp(buf, "echo", 4));
	/* one FIN closes both directions */
	EXPECT_EQ(0, shutdown(fd, SHUT_WR));
	EXPECT_EQ(0, recv(fd, buf, 1, 0));
	EXPECT_TRUE(WAIT_FOR(state_of(port, port) == ST_TIME_WAIT ||
			     state_of(port, port) == ST_NONE));
	EXPECT_EQ(P_DEAD, mask_of(fd));
}

/* One connection from port 40000, closed by the client first. */
static int used_up_port(void)
{
	int fd[2];
	int lfd = listener_on(LOCALHOST, 30001, 4);

	if (lfd < 0 || pair_via(lfd, fd) || port_of(fd[0]) != 40000)
		return -1;
	close(fd[0]);
	drain(fd[1]);
	close(fd[1]);
	if (!WAIT_FOR(state_of(40000, 30001) == ST_TIME_WAIT))
		return -1;
	return lfd;
}

static int one_port_netns(void)
{
	if (fresh_netns() ||
	    sysctl_set("ipv4/ip_local_port_range", "40000 40000"))
		return -1;
	return native() ? 0 : sysctl_set("xtcp/timewait_msecs", "60000");
}

/* D-65, J-22 */
TEST(time_wait_is_not_reused)
{
	ASSERT_EQ(0, one_port_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_tw_reuse", "0"));
	ASSERT_LE(0, used_up_port());
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(30001)));
	EXPECT_EQ(ST_TIME_WAIT, state_of(40000, 30001));
}

/* D-65, D-67: after a second, on the loopback */
TEST(time_wait_is_reused)
{
	long recycled;
	int lfd, fd = -1;

	ASSERT_EQ(0, one_port_netns());
	lfd = used_up_port();
	ASSERT_LE(0, lfd);
	recycled = counter("TWRecycled");
	EXPECT_TRUE(WAIT_FOR((fd = connected(30001)) >= 0));
	EXPECT_EQ(40000, port_of(fd));
	EXPECT_EQ(recycled + 1, counter("TWRecycled"));
	EXPECT_EQ(ST_ESTABLISHED, state_of(40000, 30001));
	EXPECT_LE(0, accept(lfd, NULL, NULL));
}

/* I-54 */
TEST(opens_are_counted)
{
	long active, passive, established;
	int fd[2], lfd;

	ASSERT_EQ(0, fresh_netns());
	lfd = listener(1);
	active = counter("ActiveOpens");
	passive = counter("PassiveOpens");
	established = counter("CurrEstab");
	ASSERT_EQ(0, pair_via(lfd, fd));
	EXPECT_EQ(active + 1, counter("ActiveOpens"));
	EXPECT_EQ(passive + 1, counter("PassiveOpens"));
	/* I-53 */
	EXPECT_EQ(established + 2, counter("CurrEstab"));
	ASSERT_EQ(0, reset_by(fd[0]));
	EXPECT_TRUE(WAIT_FOR(counter("CurrEstab") == established));
}

/* H-60: SYNs that crossed begin no dialogue: the first data is acknowledged. */
TEST(self_connect_acknowledged)
{
	int fd, queued = 1;
	long delayed;

	ASSERT_EQ(0, fresh_netns());
	fd = bound(LOCALHOST, 0);
	ASSERT_EQ(0, connect_to(fd, LOCALHOST, port_of(fd)));
	delayed = counter("DelayedACKs");
	ASSERT_EQ(0, send_all(fd, "x", 1));
	EXPECT_TRUE(WAIT_FOR(!ioctl(fd, SIOCOUTQ, &queued) && !queued));
	EXPECT_EQ(delayed, counter("DelayedACKs"));
	EXPECT_EQ(0, recv_all(fd, scratch, 1));
	ASSERT_EQ(0, close(fd));
}

#include "nothing_left.h"
