// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation fails once, and every copy from or to the program: the
 * first of a call, the second, and so on until none is left to fail.  Each
 * time the call says so in a sane way, or had no need of it, and all works
 * afterwards.  Only for the instrumented kernel (make test-debug).
 *
 * XTCP_FAULTS_STRIDE: namespaces are made for the last NS_ALL failures, which
 * are about the module's own, and for one in this many of those before.
 */
#include <sched.h>

#include "harness.h"
#include "failnth.h"
#include "rawpeer.h"

#define PAYLOAD		30000
#define NS_ALL		150
#define NS_STRIDE	25
#define SOFTIRQ_STEP	64

/* What a call has at hand */
struct scene {
	int lfd, fd[2];
	unsigned int port;	/* of lfd */
	long ret;
	char buf[PAYLOAD];
};

/* A call, and which errors are sane besides those of memory */
struct victim {
	const char *name;
	int (*prepare)(struct scene *s);
	long (*call)(struct scene *s);
	/* whether what the call promised holds: @failed with an error or not */
	bool (*check)(struct scene *s, bool failed);
	int errors[4];
};

static struct scene scene;
static int nth = -1;

static char pattern(size_t i)
{
	return i * 7 ^ i >> 8;
}

/* The next connection, and a byte each way */
static bool works(void)
{
	char byte;
	int fd[2];
	bool ok;

	if (pair(fd))
		return false;
	ok = send(fd[0], "a", 1, 0) == 1 && recv(fd[1], &byte, 1, 0) == 1 &&
	     send(fd[1], "b", 1, 0) == 1 && recv(fd[0], &byte, 1, 0) == 1;
	reset_by(fd[0]);
	close(fd[1]);
	return ok;
}

/* ---- what each call needs before ------------------------------------------ */

static int prepare_nothing(struct scene *s)
{
	return 0;
}

static int prepare_socket(struct scene *s)
{
	s->fd[0] = sock(0);
	return s->fd[0] < 0 ? -1 : 0;
}

static int prepare_bound(struct scene *s)
{
	s->fd[0] = bound(LOCALHOST, 0);
	return s->fd[0] < 0 ? -1 : 0;
}

static int prepare_listener(struct scene *s)
{
	s->lfd = listener(4);
	s->port = port_of(s->lfd);
	return s->lfd < 0 ? -1 : prepare_socket(s);
}

static int prepare_waiting(struct scene *s)
{
	if (prepare_listener(s))
		return -1;
	return connect_to(s->fd[0], LOCALHOST, port_of(s->lfd)) ||
	       wait_for(s->lfd, POLLIN) != POLLIN ? -1 : 0;
}

static int prepare_pair(struct scene *s)
{
	size_t i;

	for (i = 0; i < PAYLOAD; i++)
		s->buf[i] = pattern(i);
	return pair(s->fd);
}

static int prepare_data(struct scene *s)
{
	int queued;

	if (prepare_pair(s) || send_all(s->fd[1], s->buf, PAYLOAD))
		return -1;
	return WAIT_FOR(!ioctl(s->fd[0], FIONREAD, &queued) &&
			queued == PAYLOAD) ? 0 : -1;
}

/* A group of listeners, to be joined */
static int prepare_group(struct scene *s)
{
	s->lfd = sock(0);
	if (set_int(s->lfd, SOL_SOCKET, SO_REUSEPORT, 1) ||
	    bind_to(s->lfd, LOCALHOST, 0) || listen(s->lfd, 4))
		return -1;
	s->port = port_of(s->lfd);
	if (prepare_socket(s))
		return -1;
	return set_int(s->fd[0], SOL_SOCKET, SO_REUSEPORT, 1);
}

/* ---- the calls ------------------------------------------------------------ */

static long do_socket(struct scene *s)
{
	s->fd[0] = sock(0);
	return s->fd[0];
}

static long do_bind(struct scene *s)
{
	return bind_to(s->fd[0], LOCALHOST, 0);
}

static long do_bind_port(struct scene *s)
{
	return bind_to(s->fd[0], "0.0.0.0", 19999);
}

static long do_bind_group(struct scene *s)
{
	if (bind_to(s->fd[0], LOCALHOST, s->port))
		return -1;
	return listen(s->fd[0], 4);
}

static long do_listen(struct scene *s)
{
	return listen(s->fd[0], 4);
}

static long do_listen_unbound(struct scene *s)
{
	return listen(s->fd[0], 4);
}

static long do_connect(struct scene *s)
{
	return connect_to(s->fd[0], LOCALHOST, s->port);
}

static long do_accept(struct scene *s)
{
	s->fd[1] = accept(s->lfd, NULL, NULL);
	return s->fd[1];
}

static long do_send(struct scene *s)
{
	s->ret = send(s->fd[0], s->buf, 100, MSG_NOSIGNAL);
	return s->ret;
}

static long do_send_much(struct scene *s)
{
	s->ret = send(s->fd[0], s->buf, PAYLOAD, MSG_NOSIGNAL);
	return s->ret;
}

static long do_send_oob(struct scene *s)
{
	s->ret = send(s->fd[0], s->buf, 1, MSG_OOB | MSG_NOSIGNAL);
	return s->ret;
}

static long do_recv(struct scene *s)
{
	memset(s->buf, 0, sizeof(s->buf));
	s->ret = recv(s->fd[0], s->buf, PAYLOAD, 0);
	return s->ret;
}

static long do_peek(struct scene *s)
{
	return recv(s->fd[0], s->buf, PAYLOAD, MSG_PEEK);
}

static long do_shutdown(struct scene *s)
{
	return shutdown(s->fd[0], SHUT_WR);
}

static long do_close(struct scene *s)
{
	int fd = s->fd[0];

	s->fd[0] = -1;
	return close(fd);
}

/* Unread data: this end resets the connection. */
static long do_close_unread(struct scene *s)
{
	return do_close(s);
}

static long do_disconnect(struct scene *s)
{
	return unspec(s->fd[0]);
}

static long do_congestion(struct scene *s)
{
	return setsockopt(s->fd[0], IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
}

static long do_ip_options(struct scene *s)
{
	return setsockopt(s->fd[0], IPPROTO_IP, IP_OPTIONS, "\1\1\1\1", 4);
}

static long do_keepalive(struct scene *s)
{
	return set_int(s->fd[0], SOL_SOCKET, SO_KEEPALIVE, 1);
}

static long do_info(struct scene *s)
{
	socklen_t len = sizeof(s->buf);

	return getsockopt(s->fd[0], IPPROTO_TCP, TCP_INFO, s->buf, &len);
}

static long do_name(struct scene *s)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	return getpeername(s->fd[0], (struct sockaddr *)&sin, &len);
}

static long do_poll(struct scene *s)
{
	struct pollfd pfd = { .fd = s->fd[0], .events = P_ALL };

	return poll(&pfd, 1, 0);
}

static long do_epoll(struct scene *s)
{
	struct epoll_event ev = { .events = EPOLLIN };

	s->lfd = epoll_create1(EPOLL_CLOEXEC);
	return s->lfd < 0 ? -1 : epoll_ctl(s->lfd, EPOLL_CTL_ADD, s->fd[0], &ev);
}

static long read_file(const char *path)
{
	static char buf[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long n = -1;

	if (fd < 0)
		return -1;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	close(fd);
	return n;
}

static long do_proc(struct scene *s)
{
	return read_file("/proc/net/xtcp");
}

static long do_proc_snmp(struct scene *s)
{
	return read_file("/proc/net/xtcp_snmp");
}

static long do_proc_netstat(struct scene *s)
{
	return read_file("/proc/net/xtcp_netstat");
}

static long do_sysctl(struct scene *s)
{
	return sysctl_set("xtcp/timewait_msecs", "200");
}

static int prepare_no_link(struct scene *s)
{
	return link_del("xtcp0");
}

static long do_link_add(struct scene *s)
{
	return link_add("xtcp", "xtcp0");
}

static int prepare_link_down(struct scene *s)
{
	return link_up("xtcp0", false);
}

static long do_link_up(struct scene *s)
{
	return link_up("xtcp0", true);
}

static long do_link_del(struct scene *s)
{
	return link_del("xtcp0");
}

/* ---- what must hold after it ---------------------------------------------- */

static bool check_nothing(struct scene *s, bool failed)
{
	return true;
}

/* What failed can be tried again. */
static bool check_bound(struct scene *s, bool failed)
{
	return !failed || !bind_to(s->fd[0], LOCALHOST, 0);
}

static bool check_bound_port(struct scene *s, bool failed)
{
	return !failed || !do_bind_port(s);
}

static bool check_listening(struct scene *s, bool failed)
{
	if (failed && listen(s->fd[0], 4))
		return false;
	s->fd[1] = connected(port_of(s->fd[0]));
	return s->fd[1] >= 0;
}

static bool check_connected(struct scene *s, bool failed)
{
	if (failed && connect_to(s->fd[0], LOCALHOST, s->port))
		return false;
	s->fd[1] = accept(s->lfd, NULL, NULL);
	return s->fd[1] >= 0 && !send_all(s->fd[0], s->buf, 1) &&
	       !recv_all(s->fd[1], s->buf, 1);
}

/* accept() that fails leaves the connection in the queue. */
static bool check_accepted(struct scene *s, bool failed)
{
	if (failed)
		s->fd[1] = accept(s->lfd, NULL, NULL);
	return s->fd[1] >= 0 && !send_all(s->fd[0], s->buf, 1) &&
	       !recv_all(s->fd[1], s->buf, 1);
}

static bool is_pattern(const char *buf, size_t len)
{
	size_t i;

	for (i = 0; i < len && buf[i] == pattern(i); i++)
		;
	return i == len;
}

/* What send() took arrives, and nothing else. */
static bool check_sent(struct scene *s, bool failed)
{
	size_t taken = failed ? 0 : s->ret;

	if (shutdown(s->fd[0], SHUT_WR))
		return false;
	memset(s->buf, 0, sizeof(s->buf));
	return !recv_all(s->fd[1], s->buf, taken) &&
	       is_pattern(s->buf, taken) && !drain(s->fd[1]);
}

static bool check_sent_oob(struct scene *s, bool failed)
{
	set_int(s->fd[1], SOL_SOCKET, SO_OOBINLINE, 1);
	return check_sent(s, failed);
}

/* What recv() did not give is still there. */
static bool check_received(struct scene *s, bool failed)
{
	size_t got = failed ? 0 : s->ret;

	return !recv_all(s->fd[0], s->buf + got, PAYLOAD - got) &&
	       is_pattern(s->buf, PAYLOAD);
}

static bool check_peeked(struct scene *s, bool failed)
{
	s->ret = 0;
	return check_received(s, false);
}

static bool check_end_seen(struct scene *s, bool failed)
{
	return !failed && !drain(s->fd[1]);
}

/* A RST that could not be sent comes when the peer is heard again. */
static bool check_reset_seen(struct scene *s, bool failed)
{
	return !failed && WAIT_FOR(send(s->fd[1], "x", 1, MSG_NOSIGNAL) < 0);
}

static bool check_usable(struct scene *s, bool failed)
{
	return !failed || !send_all(s->fd[0], s->buf, 1);
}

/* A failure may have hit the answer alone, so the link may be there. */
static bool check_link(struct scene *s, bool failed)
{
	if (link_add("xtcp", "xtcp0") && errno != EEXIST)
		return false;
	return !link_up("xtcp0", true);
}

#define NOTHING	prepare_nothing
static const struct victim victims[] = {
	{ "socket", NOTHING, do_socket, check_nothing, { ENFILE } },
	/* Without memory for its entry a port is not to be had, as in TCP. */
	{ "bind to port 0", prepare_socket, do_bind, check_bound,
	  { EADDRINUSE } },
	{ "bind", prepare_socket, do_bind_port, check_bound_port,
	  { EADDRINUSE } },
	{ "bind and listen in a group", prepare_group, do_bind_group,
	  check_nothing, { EADDRINUSE } },
	{ "listen", prepare_bound, do_listen, check_listening,
	  { EADDRINUSE } },
	{ "listen without bind", prepare_socket, do_listen_unbound,
	  check_listening, { EADDRINUSE } },
	{ "connect", prepare_listener, do_connect, check_connected,
	  { EADDRNOTAVAIL } },
	{ "accept", prepare_waiting, do_accept, check_accepted, { ENFILE } },
	{ "send", prepare_pair, do_send, check_sent, { } },
	{ "send much", prepare_pair, do_send_much, check_sent, { } },
	{ "send MSG_OOB", prepare_pair, do_send_oob, check_sent_oob, { } },
	{ "recv", prepare_data, do_recv, check_received, { } },
	{ "recv MSG_PEEK", prepare_data, do_peek, check_peeked, { } },
	{ "shutdown", prepare_pair, do_shutdown, check_end_seen, { } },
	{ "close", prepare_pair, do_close, check_end_seen, { } },
	{ "close with data unread", prepare_data, do_close_unread,
	  check_reset_seen, { } },
	{ "connect to AF_UNSPEC", prepare_pair, do_disconnect, check_nothing,
	  { } },
	{ "TCP_CONGESTION", prepare_pair, do_congestion, check_usable, { } },
	{ "IP_OPTIONS", prepare_pair, do_ip_options, check_usable, { } },
	{ "SO_KEEPALIVE", prepare_pair, do_keepalive, check_usable, { } },
	{ "TCP_INFO", prepare_pair, do_info, check_usable, { } },
	{ "getpeername", prepare_pair, do_name, check_usable, { } },
	{ "poll", prepare_pair, do_poll, check_usable, { } },
	{ "epoll_ctl", prepare_pair, do_epoll, check_usable, { } },
	{ "/proc/net/xtcp", prepare_pair, do_proc, check_usable, { } },
	{ "/proc/net/xtcp_snmp", NOTHING, do_proc_snmp, check_nothing, { } },
	{ "/proc/net/xtcp_netstat", NOTHING, do_proc_netstat, check_nothing,
	  { } },
	{ "sysctl", NOTHING, do_sysctl, check_nothing, { } },
	/* EINVAL is what a part of the kernel that watches devices makes of it */
	{ "link add", prepare_no_link, do_link_add, check_link,
	  { ENFILE, EINVAL } },
	{ "link up", prepare_link_down, do_link_up, check_link, { ENFILE } },
	{ "link del", NOTHING, do_link_del, check_link, { ENFILE } },
};

/* ---- one after the other -------------------------------------------------- */

static bool is_sane(const struct victim *v, int error)
{
	size_t i;

	if (error == ENOMEM || error == ENOBUFS || error == EFAULT)
		return true;
	for (i = 0; i < ARRAY_SIZE(v->errors); i++) {
		if (v->errors[i] && v->errors[i] == error)
			return true;
	}
	return false;
}

static void scene_open(struct scene *s)
{
	s->lfd = -1;
	s->fd[0] = -1;
	s->fd[1] = -1;
	s->ret = 0;
}

static void scene_close(struct scene *s)
{
	if (s->fd[0] >= 0)
		reset_by(s->fd[0]);
	if (s->fd[1] >= 0)
		reset_by(s->fd[1]);
	if (s->lfd >= 0)
		close(s->lfd);
}

/* The call with its @n-th attempt failing; @left as from nth_disarm() */
static bool call_fails_well(const struct victim *v, struct scene *s,
			    unsigned int n, unsigned int *left)
{
	bool failed;
	int error;

	if (v->prepare(s)) {
		printf("# %s, %u: not prepared: %s\n", v->name, n,
		       strerror(errno));
		return false;
	}
	nth_arm(nth, n);
	failed = v->call(s) < 0;
	error = errno;
	*left = nth_disarm(nth);
	if (failed && (*left || !is_sane(v, error))) {
		printf("# %s, %u: %s\n", v->name, n, strerror(error));
		return false;
	}
	if (v->check(s, failed))
		return true;
	printf("# %s, %u: %s, and then not as it should be: %s\n", v->name, n,
	       failed ? strerror(error) : "succeeded", strerror(errno));
	return false;
}

/* Every attempt of a call in turn; how many failed, or -1. */
static int suffer(const struct victim *v, struct scene *s)
{
	unsigned int left = 0, n;
	bool good = true;
	int failures = -1;

	for (n = 1; good && !left; n += stride(3)) {
		scene_open(s);
		good = call_fails_well(v, s, n, &left);
		scene_close(s);
		if (good && !works()) {
			printf("# %s, %u: nothing works any more: %s\n",
			       v->name, n, strerror(errno));
			good = false;
		}
		failures++;
	}
	return good ? failures : -1;
}

FIXTURE(faults) {
};

FIXTURE_SETUP(faults)
{
	ASSERT_EQ(0, fail_prepare());
	nth = nth_open();
	ASSERT_LE(0, nth);
}

FIXTURE_TEARDOWN(faults)
{
	close(nth);
	fail_prepare();
}

TEST_F_TIMEOUT(faults, calls, 3600)
{
	unsigned int sum = 0;
	size_t i;
	int n;

	ASSERT_TRUE(works());
	for (i = 0; i < ARRAY_SIZE(victims); i++) {
		n = suffer(&victims[i], &scene);
		EXPECT_LE(0, n);
		printf("# %s: %d failures\n", victims[i].name, n);
		sum += n > 0 ? n : 0;
		EXPECT_TRUE(WAIT_FOR(sockets_used() == 0));
	}
	printf("# %u failures in all\n", sum);
	EXPECT_LT(100 / stride(3), sum);
}

/*
 * What softirq allocates for the handshake, segments, TIME_WAIT: the kernel is
 * told (slub_debug=A,...) of which caches an allocation may fail, and after how
 * many bytes.  Retransmission mends all that.
 */
static int converse(int lfd)
{
	char buf[2000];
	int fd[2];

	memset(buf, 'x', sizeof(buf));
	fd[0] = sock(0);
	if (fd[0] < 0 || connect_to(fd[0], LOCALHOST, port_of(lfd)))
		return fd[0] < 0 ? -1 : -close(fd[0]) - 1;
	fd[1] = accept(lfd, NULL, NULL);
	if (fd[1] < 0)
		return -close(fd[0]) - 1;
	if (send_all(fd[0], buf, sizeof(buf)) ||
	    recv_all(fd[1], buf, sizeof(buf)) || send_all(fd[1], buf, 1) ||
	    recv_all(fd[0], buf, 1) || shutdown(fd[0], SHUT_WR) ||
	    drain(fd[1]) || close(fd[1]) || drain(fd[0]))
		return -2;
	return close(fd[0]);
}

static bool drained(int lfd)
{
	int fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK);

	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == EAGAIN;
}

TEST_F_TIMEOUT(faults, softirq, 3600)
{
	unsigned int failures = 0, refused = 0;
	long bytes, left;
	int lfd, ret;

	lfd = listener(4);
	ASSERT_LE(0, lfd);
	ASSERT_EQ(0, nonblock(lfd, false));
	ASSERT_EQ(0, converse(lfd));
	for (bytes = 1, left = 0; !left; bytes += SOFTIRQ_STEP) {
		ASSERT_EQ(0, fail_set("failslab/cache-filter", 1));
		ASSERT_EQ(0, fail_set("failslab/space", bytes));
		ASSERT_EQ(0, fail_set("failslab/times", 1));
		ASSERT_EQ(0, fail_set("failslab/probability", 100));
		ret = converse(lfd);
		ASSERT_EQ(0, fail_set("failslab/probability", 0));
		left = fail_get("failslab/times");
		failures += !left;
		refused += ret == -1;
		/* only what the program itself asks for can be refused */
		EXPECT_TRUE(!ret || (ret == -1 && (errno == ENOBUFS ||
						   errno == ENOMEM ||
						   errno == ENFILE))) {
			TH_LOG("after %ld bytes: %d %s", bytes, ret,
			       strerror(errno));
		}
		EXPECT_TRUE(!left || !ret);
		ASSERT_EQ(0, nonblock(lfd, true));
		EXPECT_TRUE(WAIT_FOR(drained(lfd)));
		ASSERT_EQ(0, nonblock(lfd, false));
		ASSERT_EQ(0, fail_set("failslab/cache-filter", 0));
		ASSERT_EQ(0, converse(lfd));
	}
	printf("# %u failures, %u calls refused\n", failures, refused);
	EXPECT_LT(20, failures);
	close(lfd);
	EXPECT_TRUE(WAIT_FOR(sockets_used() == 0));
}

/*
 * A program closes while the SYNs of both sides cross, and there is no memory for
 * the FIN: it comes when the SYN has been acknowledged.
 */
static bool fin_comes(struct raw *raw, unsigned int n, unsigned int *left)
{
	struct segment s = { .sport = raw->port, .dport = own_port(),
			     .flags = SYN, .seq = 1000, .window = 30000 };
	struct segment answer;
	int fd = sock(SOCK_NONBLOCK);

	if (bind_to(fd, SOCKET_IP, s.dport) ||
	    err(connect_to(fd, RAW_IP, s.sport)) != EINPROGRESS ||
	    raw_recv(raw, &answer, PATIENCE) || answer.flags != SYN ||
	    raw_send(raw, &s) || raw_recv(raw, &answer, PATIENCE) ||
	    answer.flags != (SYN | ACK))
		return false;
	nth_arm(nth, n);
	close(fd);
	*left = nth_disarm(nth);
	s.flags = ACK;
	s.seq++;
	s.ack = answer.seq + 1;
	if (raw_send(raw, &s))
		return false;
	do {
		if (raw_recv(raw, &answer, PATIENCE))
			return false;
	} while (!(answer.flags & FIN));
	s.flags = RST;
	return !raw_send(raw, &s);
}

TEST_F_TIMEOUT(faults, fin_after_syn, 600)
{
	unsigned int left = 0, n;
	struct raw raw;

	ASSERT_EQ(0, raw_netns());
	ASSERT_EQ(0, raw_open(&raw));
	for (n = 1; !left; n++) {
		ASSERT_TRUE(fin_comes(&raw, n, &left)) {
			TH_LOG("failure %u", n);
		}
	}
	EXPECT_LT(2, n);
	close(raw.fd);
	EXPECT_TRUE(WAIT_FOR(sockets_used() == 0));
}

/* In a child: 0 if the namespace could be had, 1 if not; @left as nth_disarm() */
static int make_netns(unsigned int n, unsigned int *left)
{
	int report[2], status;
	pid_t pid;

	if (pipe(report))
		return -1;
	pid = fork();
	if (!pid) {
		int ret, mine = nth_open();

		nth_arm(mine, n);
		ret = unshare(CLONE_NEWNET);
		*left = nth_disarm(mine);
		if (write(report[1], left, sizeof(*left)) != sizeof(*left))
			_exit(2);
		/* the errno is that of any of the kernel's own parts */
		_exit(ret ? 1 : 0);
	}
	close(report[1]);
	if (read(report[0], left, sizeof(*left)) != sizeof(*left))
		*left = 0;
	close(report[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST_F_TIMEOUT(faults, namespaces, 3600)
{
	const char *text = getenv("XTCP_FAULTS_STRIDE");
	unsigned int stride = text ? atoi(text) : NS_STRIDE;
	unsigned int total, left, n, failures = 0;
	int ret;

	ASSERT_EQ(0, make_netns(NTH_NEVER, &left));
	total = NTH_NEVER - left;
	for (n = total + 1; n > 0 && n <= total + 1;
	     n -= n + NS_ALL > total ? 1 : stride ?: 1) {
		ret = make_netns(n, &left);
		EXPECT_TRUE(ret == 0 || (ret == 1 && !left)) {
			TH_LOG("attempt %u of %u: %d", n, total, ret);
		}
		failures += !left;
	}
	printf("# %u of %u failures\n", failures, total);
	EXPECT_LT(NS_ALL / 2, failures);
	ASSERT_EQ(0, fresh_netns());
	EXPECT_TRUE(works());
}

#include "nothing_left.h"
