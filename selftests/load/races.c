// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that do everything at once with the same few sockets, while the
 * device and namespaces come and go below.  Nobody cares what a call returns:
 * the kernel must not complain, nothing may hang, and nothing may be left.
 *
 * XTCP_RACES is the number of seconds; without it a number of calls is done.
 */
#include <linux/filter.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "harness.h"

const unsigned int widened = 200;

#define THREADS		8
#define SLOTS		12
#define CALLS		2000	/* of each thread */
#define PORT		20500
#define PORTS		4
#define RANGE		64	/* of local ports */

/*
 * Descriptors that every thread may use.  close() of one leaves its number to
 * whoever opens the next: calls hit a socket that was another a moment ago.
 */
static int slots[SLOTS];
static unsigned long calls[32];
static unsigned long long end_ms;	/* 0: count calls */

struct player {
	pthread_t thread;
	pid_t tid;
	unsigned int seed;
	int home;		/* the namespace it began in */
};

static unsigned int dice(struct player *p, unsigned int sides)
{
	return rand_r(&p->seed) % sides;
}

static int *any_slot(struct player *p)
{
	return &slots[dice(p, SLOTS)];
}

static int any(struct player *p)
{
	return __atomic_load_n(any_slot(p), __ATOMIC_RELAXED);
}

/* A new descriptor for a place; the old one is closed, unless it was taken. */
static void put(struct player *p, int fd)
{
	int old = __atomic_exchange_n(any_slot(p), fd, __ATOMIC_RELAXED);

	if (old >= 0)
		close(old);
}

static unsigned int any_port(struct player *p)
{
	return PORT + dice(p, PORTS);
}

static const char *any_ip(struct player *p)
{
	static const char *const ips[] = {
		"127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.2", "0.0.0.0",
	};

	return ips[dice(p, ARRAY_SIZE(ips))];
}

/* ---- what a player may do -------------------------------------------------- */

/*
 * Whatever sleeps wakes up soon: a number may belong to another socket between
 * two calls, so that each has its time-out from its beginning.  Children
 * inherit it.
 */
static int new_socket(struct player *p)
{
	struct timeval tv = { .tv_usec = 1000 + dice(p, 20000) };
	int fd = sock(SOCK_NONBLOCK);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	return fd;
}

static void play_socket(struct player *p)
{
	int fd = new_socket(p);

	if (dice(p, 3) == 0)
		set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	put(p, fd);
}

static void play_server(struct player *p)
{
	int fd = new_socket(p);

	if (dice(p, 2))
		set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	bind_to(fd, any_ip(p), any_port(p));
	listen(fd, dice(p, 4));
	put(p, fd);
}

static void play_bind(struct player *p)
{
	bind_to(any(p), any_ip(p), dice(p, 2) ? any_port(p) : 0);
}

static void play_listen(struct player *p)
{
	listen(any(p), dice(p, 4));
}

static void play_connect(struct player *p)
{
	connect_to(any(p), any_ip(p), any_port(p));
}

/* A simultaneous open, or one with itself */
static void play_connect_self(struct player *p)
{
	int fd = any(p);

	connect_to(fd, LOCALHOST, port_of(fd));
}

static void play_accept(struct player *p)
{
	int fd = accept4(any(p), NULL, NULL, SOCK_NONBLOCK);

	if (fd >= 0)
		put(p, fd);
}

static void play_send(struct player *p)
{
	static const char buf[40000];

	send(any(p), buf, 1 + dice(p, sizeof(buf)),
	     MSG_NOSIGNAL | (dice(p, 8) ? 0 : MSG_OOB));
}

static void play_recv(struct player *p)
{
	static __thread char buf[40000];
	static const int flags[] = { 0, 0, 0, MSG_PEEK, MSG_TRUNC, MSG_OOB };

	recv(any(p), buf, dice(p, sizeof(buf)),
	     flags[dice(p, ARRAY_SIZE(flags))]);
}

/* Sleeps until something comes; another thread's end of things wakes it. */
static void play_recv_waiting(struct player *p)
{
	int fd = any(p);
	char byte;

	nonblock(fd, false);
	recv(fd, &byte, 1, 0);
	nonblock(fd, true);
}

static void play_accept_waiting(struct player *p)
{
	int fd = any(p), new;

	nonblock(fd, false);
	new = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
	nonblock(fd, true);
	if (new >= 0)
		put(p, new);
}

static void play_connect_waiting(struct player *p)
{
	int fd = any(p);

	nonblock(fd, false);
	connect_to(fd, LOCALHOST, any_port(p));
	nonblock(fd, true);
}

static void play_shutdown(struct player *p)
{
	shutdown(any(p), dice(p, 3));
}

static void play_disconnect(struct player *p)
{
	unspec(any(p));
}

static void play_close(struct player *p)
{
	struct linger lin = { .l_onoff = dice(p, 2) };
	int fd = __atomic_exchange_n(any_slot(p), -1, __ATOMIC_RELAXED);

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &lin, sizeof(lin));
	close(fd);
}

static void play_setsockopt(struct player *p)
{
	static const struct {
		int level, name, val;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ SOL_SOCKET, SO_REUSEADDR, 0 },
		{ SOL_SOCKET, SO_REUSEADDR, 1 },
		{ SOL_SOCKET, SO_REUSEPORT, 1 },
		{ SOL_SOCKET, SO_SNDBUF, 4096 },
		{ SOL_SOCKET, SO_SNDBUF, 100000 },
		{ SOL_SOCKET, SO_RCVBUF, 2048 },
		{ SOL_SOCKET, SO_RCVBUF, 100000 },
		{ SOL_SOCKET, SO_OOBINLINE, 1 },
		{ SOL_SOCKET, SO_RCVLOWAT, 5000 },
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ IPPROTO_TCP, TCP_NODELAY, 0 },
		{ IPPROTO_TCP, TCP_CORK, 1 },
		{ IPPROTO_TCP, TCP_CORK, 0 },
		{ IPPROTO_TCP, TCP_QUICKACK, 0 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 1 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 1 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 1 },
		{ IPPROTO_TCP, TCP_LINGER2, -1 },
		{ IPPROTO_TCP, TCP_LINGER2, 1 },
		{ IPPROTO_TCP, TCP_DEFER_ACCEPT, 1 },
		{ IPPROTO_TCP, TCP_SYNCNT, 1 },
		{ IPPROTO_TCP, TCP_MAXSEG, 500 },
		{ IPPROTO_TCP, TCP_WINDOW_CLAMP, 3000 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, 50 },
		{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, 1000 },
		{ IPPROTO_IP, IP_TOS, 16 },
		{ IPPROTO_IP, IP_FREEBIND, 1 },
		{ IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1 },
	};
	static const char *const names[] = { "reno", "cubic" };
	unsigned int i = dice(p, ARRAY_SIZE(options) + 2);
	int fd = any(p);

	if (i < ARRAY_SIZE(options))
		set_int(fd, options[i].level, options[i].name, options[i].val);
	else if (i == ARRAY_SIZE(options))
		setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION,
			   names[dice(p, 2)], 5);
	else
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo",
			   dice(p, 2) ? 3 : 0);
}

static void play_look(struct player *p)
{
	struct pollfd pfd = { .fd = any(p), .events = P_ALL };
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int queued;

	poll(&pfd, 1, dice(p, 3));
	getsockopt(any(p), IPPROTO_TCP, TCP_INFO, &info, &len);
	ioctl(any(p), SIOCOUTQ, &queued);
	ioctl(any(p), FIONREAD, &queued);
	sock_error(any(p));
	peer_port_of(any(p));
	rows_alive();
}

static void play_epoll(struct player *p)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	int i;

	for (i = 0; i < 4; i++)
		epoll_ctl(ep, EPOLL_CTL_ADD, any(p), &ev);
	epoll_wait(ep, &ev, 1, dice(p, 5));
	close(ep);
}

/* A child holds all the descriptors, uses some, and is killed. */
static void play_fork(struct player *p)
{
	pid_t pid = fork();

	if (pid < 0)
		return;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			play_recv_waiting(p);
			play_send(p);
			play_shutdown(p);
		}
	}
	play_recv_waiting(p);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Sockets of another namespace among those of this one */
static void play_netns(struct player *p)
{
	if (!fresh_netns()) {
		play_server(p);
		play_socket(p);
	}
	setns(p->home, CLONE_NEWNET);
}

static void play_link(struct player *p)
{
	link_up(loop_dev(), false);
	if (!native() && dice(p, 2)) {
		link_del("xtcp0");
		play_connect(p);
		link_add("xtcp", "xtcp0");
	}
	link_up(loop_dev(), true);
}

/* Calls that come often stand here more than once. */
static void (*const moves[])(struct player *p) = {
	play_socket, play_server, play_bind, play_listen, play_connect,
	play_connect, play_connect, play_connect_self, play_accept,
	play_accept, play_send, play_send, play_send, play_recv, play_recv,
	play_recv_waiting, play_accept_waiting, play_connect_waiting,
	play_shutdown, play_disconnect, play_close, play_setsockopt,
	play_setsockopt, play_look, play_epoll,
};

/* Moves that take long, one in so many of the others */
static void (*const rare_moves[])(struct player *p) = {
	play_fork, play_netns, play_link,
};

#define RARE	150

static bool goes_on(unsigned long done)
{
	return end_ms ? (unsigned long long)now_ms() < end_ms : done < CALLS;
}

static void *play(void *arg)
{
	struct player *p = arg;
	unsigned long done;
	unsigned int i;

	p->tid = gettid();
	for (done = 0; goes_on(done); done++) {
		i = dice(p, ARRAY_SIZE(moves));
		if (dice(p, RARE) == 0)
			rare_moves[dice(p, ARRAY_SIZE(rare_moves))](p);
		moves[i](p);
		__atomic_fetch_add(&calls[i], 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static bool all_end(struct player *players)
{
	struct timespec end;
	bool ended = true;
	int i;

	clock_gettime(CLOCK_REALTIME, &end);
	if (end_ms)
		end.tv_sec += (long long)(end_ms - now_ms()) / 1000;
	end.tv_sec += TEST_SECONDS;
	for (i = 0; i < THREADS; i++) {
		if (!pthread_timedjoin_np(players[i].thread, NULL, &end))
			continue;
		tell_stack(getpid(), players[i].tid);
		ended = false;
	}
	return ended;
}

static int set_up(void)
{
	const char *text = getenv("XTCP_RACES");
	unsigned long seconds;
	char *end;
	int i;

	if (text) {
		seconds = strtoul(text, &end, 0);
		if (!seconds || *end) {
			printf("# XTCP_RACES=%s: seconds, please\n", text);
			return -1;
		}
		end_ms = now_ms() + seconds * 1000;
	}
	for (i = 0; i < SLOTS; i++)
		slots[i] = -1;
	if (fresh_netns())
		return -1;
	/* what is lost when the device goes is given up soon */
	return sysctl_set("ipv4/ip_local_port_range", "40000 40063") ||
	       sysctl_set("ipv4/tcp_retries2", "3") ||
	       sysctl_set("ipv4/tcp_syn_retries", "1") ||
	       sysctl_set("ipv4/tcp_synack_retries", "1") ||
	       sysctl_set("ipv4/tcp_orphan_retries", "1") ||
	       sysctl_set("ipv4/tcp_fin_timeout", "1") ? -1 : 0;
}

FIXTURE(races) {
};

FIXTURE_SETUP(races)
{
	ASSERT_EQ(0, set_up());
}

FIXTURE_TEARDOWN(races)
{
}

/* H-13, I-55 and whatever else may happen at once */
TEST_F_TIMEOUT(races, everything_at_once, 7200)
{
	static struct player players[THREADS];
	unsigned long sum = 0;
	int home, fd[2], i;
	char byte;

	home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	for (i = 0; i < THREADS; i++) {
		players[i].seed = i + 1;
		players[i].home = home;
		ASSERT_EQ(0, pthread_create(&players[i].thread, NULL, play,
					    &players[i]));
	}
	ASSERT_TRUE(all_end(players));
	for (i = 0; i < ARRAY_SIZE(moves); i++)
		sum += calls[i];
	printf("# %lu moves: %ld connections made, %ld accepted, %ld reset\n",
	       sum, counter("ActiveOpens"), counter("PassiveOpens"),
	       counter("EstabResets"));
	EXPECT_LT(0, counter("PassiveOpens"));
	EXPECT_LT(0, counter("EstabResets"));
	for (i = 0; i < SLOTS; i++)
		close(slots[i]);
	EXPECT_TRUE(WAIT_FOR(rows_alive() == 0));
	EXPECT_TRUE(WAIT_FOR(sockets_used() == 0));
	EXPECT_EQ(0, counter("CurrEstab"));
	/* and all is as before */
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(1, send(fd[0], "x", 1, 0));
	ASSERT_EQ(1, recv(fd[1], &byte, 1, 0));
	close(fd[0]);
	close(fd[1]);
	EXPECT_TRUE(WAIT_FOR(rows_alive() == 0));
	/* TCP's TIME_WAIT lasts too long to wait for */
	for (i = 0; !native() && i < RANGE; i++)
		EXPECT_LE(0, bound("0.0.0.0", 0));
}

/* ---- a listener that becomes a connection ------------------------------------ */

#define ROUNDS	50

static atomic_uint knock_port;	/* 0: it is over */
static atomic_uint knocked;	/* connections that were tried */

static void *knock(void *arg)
{
	unsigned int port;

	pin_to(1);
	while ((port = atomic_load(&knock_port))) {
		int fd = connected(port);

		atomic_fetch_add(&knocked, 1);
		reset_by(fd);
	}
	return NULL;
}

/* Its children hear no FIN: who ends a connection with them stays an orphan. */
static int deaf_listener(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };
	int fd = listener(5);

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program)) ? -1 : fd;
}

/*
 * While the last ACK of a handshake is looked at, its listener may have become a
 * connection, and an orphan: what the child has of that is not its own.  Were
 * it counted as one, all that is closed would be reset for too many.
 */
TEST_F(races, a_listener_that_became_an_orphan)
{
	int deaf = deaf_listener(), fd, i;
	unsigned int before;
	bool late;
	pthread_t thread;

	ASSERT_LE(0, deaf);
	ASSERT_EQ(0, nonblock(deaf, true));
	widen_races(0, 100);
	/* Before it listens: a queue that is full by then makes no child. */
	late = widen_child(50);
	fd = listener(5);
	atomic_store(&knock_port, port_of(fd));
	ASSERT_EQ(0, pthread_create(&thread, NULL, knock, NULL));
	pin_to(0);
	for (i = 0; i < ROUNDS; i++) {
		if (late)
			ASSERT_TRUE(WAIT_FOR(child_waits()));
		before = atomic_load(&knocked);
		unspec(fd);
		connect_to(fd, LOCALHOST, port_of(deaf));
		close(fd);
		/* The child is made of an orphan; then that has its end. */
		ASSERT_TRUE(WAIT_FOR(atomic_load(&knocked) != before));
		fd = accept(deaf, NULL, NULL);
		if (fd >= 0)
			reset_by(fd);
		fd = sock(0);
		ASSERT_EQ(0, set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
		ASSERT_EQ(0, bind_to(fd, LOCALHOST, atomic_load(&knock_port)));
		late = widen_child(50);
		ASSERT_EQ(0, listen(fd, 5));
	}
	atomic_store(&knock_port, 0);
	pthread_join(thread, NULL);
	widen_child(0);
	widen_races(widened, 100);
	close(fd);
	close(deaf);
	EXPECT_EQ(0, counter("TCPAbortOnMemory"));
}

/* ---- a listener that is asked ------------------------------------------------- */

#define ASKED		(SLOW > 1 ? 1000 : 4000)

static atomic_int asked_fd;	/* -1: it is over */

static void *ask(void *arg)
{
	struct ucred cred;
	socklen_t len;
	int fd;

	pin_to(1);
	while ((fd = atomic_load(&asked_fd)) >= 0) {
		len = sizeof(cred);
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	}
	return NULL;
}

/*
 * A child is a copy of its listener, whose locks others hold at any time: were
 * one copied as it is, whoever wants the child's would wait for ever.
 */
TEST_F_TIMEOUT(races, a_listener_that_is_asked, 600)
{
	int lfd = listener(5), fd[2], i;
	struct ucred cred;
	pthread_t thread;
	socklen_t len;

	atomic_store(&asked_fd, lfd);
	ASSERT_EQ(0, pthread_create(&thread, NULL, ask, NULL));
	pin_to(0);
	for (i = 0; i < ASKED; i++) {
		ASSERT_EQ(0, pair_via(lfd, fd));
		len = sizeof(cred);
		EXPECT_EQ(0, getsockopt(fd[1], SOL_SOCKET, SO_PEERCRED, &cred,
					&len));
		reset_by(fd[0]);
		close(fd[1]);
	}
	atomic_store(&asked_fd, -1);
	pthread_join(thread, NULL);
	close(lfd);
}

#include "nothing_left.h"
