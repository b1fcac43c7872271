// SPDX-License-Identifier: GPL-2.0
/*
 * What went wrong in other stacks, by system calls: one test for each row of
 * SECURITY.md that no other program has a test for.
 */
#include <stddef.h>
#include <sys/mman.h>

#include "harness.h"

#include <linux/filter.h>

#define ROUNDS		(400 / SLOW + 10)

/* Threads go on until the test says so. */
static bool over;

static bool go_on(void)
{
	return !__atomic_load_n(&over, __ATOMIC_RELAXED);
}

static void end_all(struct job *jobs, int n)
{
	int i;

	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	for (i = 0; i < n; i++)
		job_join(&jobs[i]);
	__atomic_store_n(&over, false, __ATOMIC_RELAXED);
}

/* ---- disconnect ------------------------------------------------------------- */

/* Readers compute windows, for which the MSS is a divisor. */
static long read_on(struct job *job)
{
	struct tcp_info info;
	socklen_t len;
	char buf[2000];

	while (go_on()) {
		len = sizeof(info);
		recv(job->fd, buf, sizeof(buf), MSG_DONTWAIT);
		getsockopt(job->fd, IPPROTO_TCP, TCP_INFO, &info, &len);
		set_int(job->fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, 4000);
	}
	return 0;
}

/* CVE-2017-14106: nothing divides by the MSS of a connection that is no more. */
TEST(division_after_disconnect)
{
	int lfd = listener(4), fd[2], i;
	struct job reader;
	char buf[4000] = { };

	fd[0] = sock(0);
	ASSERT_EQ(0, job_start(&reader, read_on, fd[0], NULL));
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, connect_to(fd[0], LOCALHOST, port_of(lfd)));
		fd[1] = accept(lfd, NULL, NULL);
		ASSERT_LE(0, fd[1]);
		/* Unread data is thrown away. */
		send(fd[1], buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);
		ASSERT_EQ(0, unspec(fd[0]));
		close(fd[1]);
	}
	end_all(&reader, 1);
	/* It may have heard of the end of the last. */
	sock_error(fd[0]);
	EXPECT_EQ(ENOTCONN, err(recv(fd[0], buf, 1, MSG_DONTWAIT)));
}

/* CVE-2019-15239: what was to be sent is forgotten, down to the last pointer. */
TEST(reconnect_with_unsent_data)
{
	char buf[8];
	int lfd = listener(4), fd[2], i;

	fd[0] = sock(0);
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, connect_to(fd[0], LOCALHOST, port_of(lfd)));
		fd[1] = accept(lfd, NULL, NULL);
		ASSERT_LT(0, fill(fd[0]));
		ASSERT_EQ(0, unspec(fd[0]));
		close(fd[1]);
		ASSERT_EQ(0, connect_to(fd[0], LOCALHOST, port_of(lfd)));
		fd[1] = accept(lfd, NULL, NULL);
		ASSERT_EQ(0, send_all(fd[0], "fresh", 5));
		ASSERT_EQ(0, recv_all(fd[1], buf, 5));
		EXPECT_EQ(0, memcmp(buf, "fresh", 5));
		ASSERT_EQ(0, unspec(fd[0]));
		close(fd[1]);
	}
}

/* CVE-2025-39955: a socket from accept() becomes a client. */
TEST(accepted_socket_connects)
{
	int lfd = listener(4), fd[2], other, i;

	ASSERT_LE(0, lfd);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, pair_via(lfd, fd));
		ASSERT_EQ(1, send(fd[1], "x", 1, 0));
		ASSERT_EQ(0, unspec(fd[1]));
		close(fd[0]);
		ASSERT_EQ(0, connect_to(fd[1], LOCALHOST, port_of(lfd)));
		other = accept(lfd, NULL, NULL);
		ASSERT_LE(0, other);
		/* Its timers are those of a client: a lost segment is repeated. */
		ASSERT_EQ(0, plug());
		ASSERT_EQ(1, send(fd[1], "y", 1, 0));
		ASSERT_EQ(0, unplug_drop());
		ASSERT_EQ(0, recv_all(other, scratch, 1));
		EXPECT_EQ('y', scratch[0]);
		close(fd[1]);
		close(other);
	}
}

/* One descriptor, which the others turn into whatever they like */
static long connect_on(struct job *job)
{
	struct sockaddr_in *to = job->arg;
	int fd;

	while (go_on()) {
		fd = sock(SOCK_NONBLOCK);
		connect(fd, (struct sockaddr *)to, sizeof(*to));
		send(fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		close(fd);
	}
	return 0;
}

static long accept_on(struct job *job)
{
	while (go_on()) {
		int fd = accept4(job->fd, NULL, NULL, SOCK_NONBLOCK);

		if (fd >= 0)
			close(fd);
	}
	return 0;
}

static long disconnect_on(struct job *job)
{
	while (go_on())
		unspec(job->fd);
	return 0;
}

/*
 * CVE-2017-8824, CVE-2020-16119, CVE-2015-8767: a listener is made a plain
 * socket, and a listener again, while connections arrive and are accepted.
 */
TEST(disconnect_under_arrivals)
{
	unsigned int port = own_port();
	struct sockaddr_in to = addr_of(LOCALHOST, port);
	struct job jobs[4];
	int lfd = bound(LOCALHOST, port), fd, i;

	ASSERT_LE(0, lfd);
	ASSERT_EQ(0, nonblock(lfd, true));
	ASSERT_EQ(0, job_start(&jobs[0], connect_on, -1, &to));
	ASSERT_EQ(0, job_start(&jobs[1], connect_on, -1, &to));
	ASSERT_EQ(0, job_start(&jobs[2], accept_on, lfd, NULL));
	ASSERT_EQ(0, job_start(&jobs[3], disconnect_on, lfd, NULL));
	for (i = 0; i < 20 * ROUNDS; i++) {
		if (listen(lfd, 16))
			ASSERT_TRUE(errno == EINVAL || errno == EADDRINUSE);
		if (i % 16 == 0)
			shutdown(lfd, SHUT_RD);
	}
	end_all(jobs, 4);
	ASSERT_EQ(0, nonblock(lfd, false));
	unspec(lfd);
	close(lfd);
	lfd = listener_on(LOCALHOST, port, 4);
	ASSERT_LE(0, lfd);
	fd = connected(port);
	EXPECT_LE(0, fd);
	EXPECT_LE(0, accept(lfd, NULL, NULL));
}

/* CVE-2024-36905: the sending side is shut before the connection is open. */
TEST(shutdown_before_it_is_open)
{
	unsigned int port = own_port();
	int fd = bound(LOCALHOST, port);
	char buf[10];

	ASSERT_EQ(0, nonblock(fd, true));
	ASSERT_EQ(0, plug());
	/* To itself: open from both sides, as soon as it may be */
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, port)));
	EXPECT_EQ(0, shutdown(fd, SHUT_WR));
	recv(fd, buf, sizeof(buf), 0);
	ASSERT_EQ(0, unplug());
	EXPECT_NE(0, wait_for(fd, POLLHUP | POLLRDHUP | POLLERR));
	recv(fd, buf, sizeof(buf), 0);
	close(fd);
	ASSERT_EQ(0, unplug_drop());
}

/* ---- what is inherited ---------------------------------------------------------- */

/* All that a listener can own */
static int own_much(int lfd)
{
	static const unsigned char route[] = { 7, 7, 4, 0, 0, 0, 0, 1 };
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffff);
	struct sock_fprog program = { 1, &all };
	struct ip_mreqn group = {
		.imr_multiaddr = addr_of("224.1.2.3", 0).sin_addr,
		.imr_address = addr_of(LOCALHOST, 0).sin_addr,
	};

	/* TCP refuses it (since CVE-2017-8890), or children come without. */
	setsockopt(lfd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group));
	return setsockopt(lfd, IPPROTO_IP, IP_OPTIONS, route, sizeof(route)) ||
	       setsockopt(lfd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program)) ||
	       setsockopt(lfd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4) ||
	       set_int(lfd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
}

/*
 * CVE-2017-8890, CVE-2017-9077: what a child has from its listener is its own,
 * whoever is closed first.
 */
TEST(inherited_is_freed_once)
{
	int lfd, fd[4][2], round, i;

	for (round = 0; round < 8; round++) {
		lfd = listener(4);
		ASSERT_EQ(0, own_much(lfd));
		for (i = 0; i < 4; i++)
			ASSERT_EQ(0, pair_via(lfd, fd[i]));
		if (round & 1)
			close(lfd);
		/* Changed in one, it is not in the others. */
		setsockopt(fd[0][1], IPPROTO_IP, IP_OPTIONS, NULL, 0);
		set_int(fd[1][1], SOL_SOCKET, SO_DETACH_FILTER, 0);
		for (i = 0; i < 4; i++) {
			ASSERT_EQ(0, send_all(fd[i][1], "x", 1));
			ASSERT_EQ(0, recv_all(fd[i][0], scratch, 1));
		}
		for (i = 0; i < 4; i++)
			close(fd[round & 2 ? i : 3 - i][1]);
		if (!(round & 1))
			close(lfd);
		for (i = 0; i < 4; i++)
			close(fd[i][0]);
	}
}

/* ---- bytes for user space ----------------------------------------------------------- */

#define POISON	0xa5

/* Whatever the kernel's stack and heap held, it holds this now. */
static void fill_kernel(int byte)
{
	unsigned char buf[1000];
	int fd[2], i;

	memset(buf, byte, sizeof(buf));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		return;
	for (i = 0; i < 20; i++) {
		setsockopt(fd[0], SOL_SOCKET, SO_BINDTODEVICE, buf, 15);
		setsockopt(fd[0], IPPROTO_IP, IP_OPTIONS, buf, 40);
		send(fd[0], buf, 100 + 40 * i, MSG_DONTWAIT);
		syscall(SYS_prlimit64, -1, buf[0], buf, buf);
	}
	close(fd[0]);
	close(fd[1]);
}

struct answer {
	unsigned char bytes[400];
	int ret, error;
	socklen_t len;
};

static void ask(int fd, int level, int opt, socklen_t len, struct answer *a)
{
	memset(a, POISON, sizeof(*a));
	a->len = len;
	a->ret = getsockopt(fd, level, opt, a->bytes, &a->len);
	a->error = err(a->ret);
}

/* Nothing beyond what it says it wrote */
static bool within(const struct answer *a, socklen_t len)
{
	size_t i = a->ret ? 0 : a->len;

	if (!a->ret && a->len > len)
		return false;
	for (; i < sizeof(a->bytes); i++)
		if (a->bytes[i] != POISON)
			return false;
	return true;
}

static bool changes_by_itself(int level, int opt)
{
	return (level == SOL_SOCKET &&
		(opt == SO_COOKIE || opt == SO_INCOMING_CPU)) ||
	       (level == IPPROTO_TCP && (opt == TCP_INFO || opt == TCP_TIMESTAMP));
}

/*
 * CVE-2013-3235 and its kind: each byte that comes out was put there.  The same
 * question has the same answer, whatever lay in the kernel's memory before.
 */
TEST(answers_are_whole)
{
	static const int levels[] = { SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP };
	static const socklen_t lengths[] = {
		0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 33, 100, 231, 399,
	};
	struct answer a, b;
	int fd[2], level, opt, i;

	ASSERT_EQ(0, pair(fd));
	for (level = 0; level < ARRAY_SIZE(levels); level++) {
		for (opt = 0; opt < 90; opt++) {
			for (i = 0; i < ARRAY_SIZE(lengths); i++) {
				fill_kernel(0x5a);
				ask(fd[0], levels[level], opt, lengths[i], &a);
				fill_kernel(0xc3);
				ask(fd[0], levels[level], opt, lengths[i], &b);
				EXPECT_TRUE(within(&a, lengths[i]))
					TH_LOG("%d %d %u", levels[level], opt, lengths[i]);
				if (changes_by_itself(levels[level], opt))
					continue;
				EXPECT_EQ(0, memcmp(&a, &b, sizeof(a)))
					TH_LOG("%d %d %u", levels[level], opt, lengths[i]);
			}
		}
	}
}

/* How long ago something was is another number each time. */
static void forget_times(struct answer *a)
{
	size_t i = offsetof(struct tcp_info, tcpi_last_data_sent);

	memset(a->bytes + i, POISON,
	       offsetof(struct tcp_info, tcpi_pmtu) - i);
}

/* TCP_INFO of a socket at rest */
TEST(info_is_whole)
{
	struct answer a, b;
	int fd = sock(0), len;

	for (len = 0; len <= 300; len += 7) {
		fill_kernel(0x5a);
		ask(fd, IPPROTO_TCP, TCP_INFO, len, &a);
		fill_kernel(0xc3);
		ask(fd, IPPROTO_TCP, TCP_INFO, len, &b);
		EXPECT_TRUE(within(&a, len));
		forget_times(&a);
		forget_times(&b);
		EXPECT_EQ(0, memcmp(&a, &b, sizeof(a)));
	}
}

static bool padded(const struct sockaddr_in *sin, socklen_t len)
{
	static const char zeroes[sizeof(sin->sin_zero)];

	return len == sizeof(*sin) && sin->sin_family == AF_INET &&
	       !memcmp(sin->sin_zero, zeroes, sizeof(zeroes));
}

/* The eight bytes behind each address */
TEST(names_are_whole)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int lfd = listener(1), fd = connected(port_of(lfd)), afd;

	fill_kernel(0x5a);
	memset(&sin, POISON, sizeof(sin));
	afd = accept(lfd, (struct sockaddr *)&sin, &len);
	ASSERT_LE(0, afd);
	EXPECT_TRUE(padded(&sin, len));
	fill_kernel(0x5a);
	memset(&sin, POISON, sizeof(sin));
	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&sin, &len));
	EXPECT_TRUE(padded(&sin, len));
	fill_kernel(0x5a);
	memset(&sin, POISON, sizeof(sin));
	ASSERT_EQ(0, getpeername(fd, (struct sockaddr *)&sin, &len));
	EXPECT_TRUE(padded(&sin, len));
}

/* ---- options ------------------------------------------------------------------------- */

/* CVE-2016-9793, CVE-2012-6704: no buffer is negative. */
TEST(buffers_are_never_negative)
{
	static const int values[] = {
		-1, -2, INT32_MIN, INT32_MIN + 1, -4096, 0, 1, INT32_MAX,
		INT32_MAX / 2, INT32_MAX / 2 + 1,
	};
	static const int options[] = {
		SO_SNDBUF, SO_RCVBUF, SO_SNDBUFFORCE, SO_RCVBUFFORCE, SO_RCVLOWAT,
	};
	int fd[2], i, j;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		for (j = 0; j < ARRAY_SIZE(values); j++) {
			ASSERT_EQ(0, pair(fd));
			set_int(fd[0], SOL_SOCKET, options[i], values[j]);
			set_int(fd[1], SOL_SOCKET, options[i], values[j]);
			EXPECT_LT(0, get_int(fd[0], SOL_SOCKET, SO_SNDBUF));
			EXPECT_LT(0, get_int(fd[0], SOL_SOCKET, SO_RCVBUF));
			EXPECT_LT(0, get_int(fd[0], SOL_SOCKET, SO_RCVLOWAT));
			/* More than the smallest ones hold */
			ASSERT_LT(0, send(fd[0], scratch, 1, MSG_DONTWAIT));
			ASSERT_EQ(0, set_int(fd[1], SOL_SOCKET, SO_RCVLOWAT, 1));
			ASSERT_EQ(0, recv_all(fd[1], scratch, 1));
			close(fd[0]);
			close(fd[1]);
		}
	}
}

static long change_options(struct job *job)
{
	static const unsigned char route[] = { 7, 39, 4 };
	unsigned char options[40] = { };
	int len;

	memcpy(options, route, sizeof(route));
	while (go_on()) {
		for (len = 0; len <= 40; len += 40)
			setsockopt(job->fd, IPPROTO_IP, IP_OPTIONS, options, len);
		set_int(job->fd, IPPROTO_TCP, TCP_MAXSEG, 100);
		setsockopt(job->fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
		setsockopt(job->fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
	}
	return 0;
}

/* CVE-2012-3552: a segment is built while IP options are exchanged. */
TEST(options_change_under_traffic)
{
	static char out[4096], in[4096];
	struct job jobs[2];
	int fd[2], i;

	memset(out, 'o', sizeof(out));
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(0, job_start(&jobs[0], change_options, fd[0], NULL));
	ASSERT_EQ(0, job_start(&jobs[1], change_options, fd[1], NULL));
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, send_all(fd[0], out, sizeof(out)));
		ASSERT_EQ(0, recv_all(fd[1], in, sizeof(in)));
		ASSERT_EQ(0, memcmp(in, out, sizeof(in)));
		ASSERT_EQ(0, send_all(fd[1], out, 10));
		ASSERT_EQ(0, recv_all(fd[0], in, 10));
	}
	end_all(jobs, 2);
}

/* CVE-2016-8645: a filter cuts segments, as short as it likes. */
TEST(filter_cuts)
{
	struct sock_filter cut = BPF_STMT(BPF_RET | BPF_K, 1);
	struct sock_fprog program = { 1, &cut };
	static char buf[30000], got[30000];
	int fd[2], len;

	memset(buf, 'b', sizeof(buf));
	for (len = 1; len < 100; len += 7) {
		ASSERT_EQ(0, pair(fd));
		ASSERT_EQ(0, set_int(fd[1], SOL_SOCKET, SO_RCVBUF, 4000));
		cut.k = len;
		ASSERT_EQ(0, setsockopt(fd[1], SOL_SOCKET, SO_ATTACH_FILTER,
					&program, sizeof(program)));
		ASSERT_EQ(0, nonblock(fd[0], true));
		ASSERT_LT(0, send(fd[0], buf, sizeof(buf), 0));
		recv(fd[1], got, sizeof(got), MSG_DONTWAIT);
		reset_by(fd[0]);
		close(fd[1]);
	}
}

/* ---- reading ---------------------------------------------------------------------------- */

/* CVE-2017-6214: splice() comes to an urgent byte, and comes back. */
TEST(splice_meets_urgent_data)
{
	int fd[2], p[2], inline_, calls, n, sum;
	char buf[100];

	ASSERT_EQ(0, pipe(p));
	for (inline_ = 0; inline_ <= 1; inline_++) {
		ASSERT_EQ(0, pair(fd));
		ASSERT_EQ(0, set_int(fd[1], SOL_SOCKET, SO_OOBINLINE, inline_));
		ASSERT_EQ(1, send(fd[0], "u", 1, MSG_OOB));
		ASSERT_EQ(3, send(fd[0], "abc", 3, 0));
		ASSERT_EQ(2, send(fd[0], "xv", 2, MSG_OOB));
		ASSERT_EQ(3, send(fd[0], "def", 3, 0));
		ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
		ASSERT_NE(0, wait_for(fd[1], POLLRDHUP));
		for (sum = 0, calls = 0; calls < 10; calls++) {
			n = splice(fd[1], NULL, p[1], NULL, 100, 0);
			ASSERT_LE(0, n);
			if (n)
				ASSERT_EQ(n, read(p[0], buf, sizeof(buf)));
			sum += n;
		}
		/* It may stand before one; the last is not among the others. */
		sum += drain(fd[1]);
		EXPECT_LE(7, sum);
		EXPECT_GE(9, sum);
		close(fd[0]);
		close(fd[1]);
	}
}

/* A page, and behind it nothing */
static char *page_before_a_hole(void)
{
	char *page = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED || munmap(page + 4096, 4096))
		return NULL;
	return page;
}

/* CVE-2016-6828: a send() fails half way while what was sent is in flight. */
TEST(send_fails_half_way)
{
	char *page = page_before_a_hole();
	static char buf[40000], got[400000];
	struct iovec iov[] = { { buf, 0 }, { page + 4000, 5000 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	int fd[2], i, n, sum = 0;

	ASSERT_NE(NULL, page);
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(0, plug());
	for (i = 0; i < 10; i++) {
		iov[0].iov_len = 1000 + i * 4000;
		n = sendmsg(fd[0], &msg, MSG_DONTWAIT);
		if (n > 0)
			sum += n;
		EXPECT_EQ(EFAULT, err(send(fd[0], page + 4096, 5000, MSG_DONTWAIT)));
	}
	EXPECT_LT(0, sum);
	/* All of it is lost, and repeated. */
	ASSERT_EQ(0, unplug_drop());
	EXPECT_EQ(0, recv_all(fd[1], got, sum));
	EXPECT_EQ(EAGAIN, err(recv(fd[1], got, 1, MSG_DONTWAIT)));
}

/* ---- tables -------------------------------------------------------------------------------- */

static long reconnect_on(struct job *job)
{
	struct sockaddr_in *to = job->arg;
	int fd;

	while (go_on()) {
		fd = sock(0);
		set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
		if (!bind_to(fd, LOCALHOST, job->fd) &&
		    !connect(fd, (struct sockaddr *)to, sizeof(*to)))
			shutdown(fd, SHUT_RDWR);
		close(fd);
	}
	return 0;
}

/* CVE-2024-36904: several take over one connection in TIME_WAIT. */
TEST(threads_reuse_time_wait)
{
	unsigned int port = own_port();
	struct sockaddr_in to;
	struct job jobs[3];
	int lfd, fd, i;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_tw_reuse", "1"));
	lfd = listener(16);
	to = addr_of(LOCALHOST, port_of(lfd));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, job_start(&jobs[i], reconnect_on, port, &to));
	for (i = 0; i < ROUNDS / 4; i++) {
		struct pollfd p = { .fd = lfd, .events = POLLIN };

		if (poll(&p, 1, 100) == 1) {
			fd = accept(lfd, NULL, NULL);
			drain(fd);
			close(fd);
		}
	}
	end_all(jobs, 3);
	close(lfd);
}

#define DESTINATIONS	40

/* CVE-2022-1012, CVE-2022-32296: one server's port tells nothing of another's. */
TEST(ports_of_destinations_differ)
{
	int lfd = listener_on("0.0.0.0", 0, 2 * DESTINATIONS), fd, i, near = 0;
	unsigned int port, last = 0;
	char ip[20];

	ASSERT_LE(0, lfd);
	for (i = 0; i < DESTINATIONS; i++) {
		snprintf(ip, sizeof(ip), "127.0.7.%d", i + 1);
		fd = sock(0);
		ASSERT_EQ(0, connect_to(fd, ip, port_of(lfd)));
		port = port_of(fd);
		near += last && (port > last ? port - last : last - port) < 50;
		last = port;
	}
	/* By chance one in 300 is. */
	EXPECT_GT(4, near);
}

#include "nothing_left.h"
