// SPDX-License-Identifier: GPL-2.0
/*
 * Many threads take and give back the ports of a small range, in every way
 * that there is.  Nobody may own what somebody else owns, and in the end
 * nothing may be missing.
 *
 * XTCP_PORTSTRESS is the number of rounds of each thread.
 */
#include <sys/epoll.h>
#include <sys/resource.h>

#include "harness.h"

const unsigned int widened = 200;

#define THREADS		200
#define ROUNDS		(SLOW > 1 ? 25 : 100)
#define LOW_PORT	40000
#define PORTS		500
#define SERVERS		4
#define SERVER_PORT	30001
#define SOURCES		2	/* addresses to connect from */
#define WILDCARD	SOURCES

static const char *const ips[] = { "127.0.0.1", "127.0.0.2", "0.0.0.0" };

/* What a socket owns: an address and a port, and maybe nobody else may. */
struct claim {
	unsigned int source, port;
	bool exclusive, held;
};

/* How a round gets its port; port 0 is the kernel's choice. */
struct plan {
	bool binds, shares, connects, no_port;
	unsigned int source, port, server;
};

/*
 * Claims of all threads.  A claim is entered when the call that won the port
 * has returned, and leaves before close(): two of them at once are two owners.
 */
static unsigned int users[SOURCES + 1][PORTS];
static unsigned int exclusive[SOURCES + 1][PORTS];
static unsigned int tuples[SOURCES][PORTS][SERVERS];

static unsigned int violations, unexpected, connects, binds, refusals;
static pthread_barrier_t start;
static unsigned int rounds = ROUNDS;

static unsigned int add(unsigned int *counter, int n)
{
	return __atomic_add_fetch(counter, n, __ATOMIC_SEQ_CST);
}

/* B-20 to B-24: entries that overlap the claim, its own included */
static unsigned int overlapping(unsigned int (*table)[PORTS],
				const struct claim *c)
{
	unsigned int sum = 0, i;

	for (i = 0; i <= SOURCES; i++) {
		if (i == c->source || i == WILDCARD || c->source == WILDCARD)
			sum += add(&table[i][c->port], 0);
	}
	return sum;
}

static void claim_enter(struct claim *c)
{
	unsigned int all, excluding;

	c->held = true;
	add(&users[c->source][c->port], 1);
	add(&exclusive[c->source][c->port], c->exclusive);
	all = overlapping(users, c);
	excluding = overlapping(exclusive, c);
	if (excluding > c->exclusive || (c->exclusive && all > 1))
		add(&violations, 1);
}

static void claim_leave(struct claim *c)
{
	if (!c->held)
		return;
	c->held = false;
	add(&exclusive[c->source][c->port], -c->exclusive);
	add(&users[c->source][c->port], -1);
}

static unsigned int index_of(struct in_addr addr)
{
	unsigned int i;

	for (i = 0; i < SOURCES; i++) {
		if (inet_addr(ips[i]) == addr.s_addr)
			return i;
	}
	return WILDCARD;
}

/* What the socket itself says it owns; false if that cannot be. */
static bool claim_read(struct claim *c, int fd)
{
	struct sockaddr_in sin = { };
	socklen_t len = sizeof(sin);

	if (getsockname(fd, (struct sockaddr *)&sin, &len))
		return false;
	c->source = index_of(sin.sin_addr);
	c->port = ntohs(sin.sin_port) - LOW_PORT;
	return c->port < PORTS;
}

static void plan_make(struct plan *p, unsigned int *seed)
{
	memset(p, 0, sizeof(*p));
	p->binds = rand_r(seed) % 3;
	p->shares = rand_r(seed) % 2;
	p->connects = !p->binds || rand_r(seed) % 2;
	p->no_port = p->binds && p->connects && rand_r(seed) % 4 == 0;
	p->source = rand_r(seed) % (SOURCES + 1);
	if (!p->no_port && rand_r(seed) % 4)
		p->port = LOW_PORT + rand_r(seed) % PORTS;
	p->server = rand_r(seed) % SERVERS;
}

/* Somebody else may have been first; nothing else may go wrong. */
static bool won(int ret, int loss)
{
	if (!ret)
		return true;
	if (errno == loss)
		add(&refusals, 1);
	else
		__atomic_store_n(&unexpected, errno, __ATOMIC_RELAXED);
	return false;
}

static bool round_bind(const struct plan *p, int fd, struct claim *c)
{
	if (p->shares)
		set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (p->no_port)
		set_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	if (!p->binds)
		return true;
	if (!won(bind_to(fd, ips[p->source], p->port), EADDRINUSE))
		return false;
	if (p->no_port)
		return true;
	add(&binds, 1);
	c->exclusive = !p->shares;
	if (claim_read(c, fd))
		claim_enter(c);
	else
		add(&violations, 1);
	return true;
}

/* connect() gives a wildcard socket an address: others are free from then on. */
static void claim_narrow(struct claim *c)
{
	if (!c->held || c->source != WILDCARD)
		return;
	claim_leave(c);
	c->source = 0;
	claim_enter(c);
}

static void round_connect(const struct plan *p, int fd, struct claim *c)
{
	unsigned int bound_port = c->port, *tuple;

	claim_narrow(c);
	if (!won(connect_to(fd, LOCALHOST, SERVER_PORT + p->server),
		 EADDRNOTAVAIL))
		return;
	add(&connects, 1);
	if (!claim_read(c, fd) || c->source >= SOURCES ||
	    (c->held && c->port != bound_port) ||
	    peer_port_of(fd) != SERVER_PORT + p->server) {
		add(&violations, 1);
		return;
	}
	if (!c->held)
		claim_enter(c);
	tuple = &tuples[c->source][c->port][p->server];
	if (add(tuple, 1) > 1)
		add(&violations, 1);
	sched_yield();
	add(tuple, -1);
}

static void *play_rounds(void *arg)
{
	unsigned int seed = (long)arg;
	unsigned int i;

	pthread_barrier_wait(&start);
	for (i = 0; i < rounds; i++) {
		struct claim c = { };
		struct plan p;
		int fd = sock(0);

		plan_make(&p, &seed);
		if (round_bind(&p, fd, &c) && p.connects)
			round_connect(&p, fd, &c);
		claim_leave(&c);
		/* no TIME_WAIT: the port is to be free at once */
		reset_by(fd);
	}
	return NULL;
}

/*
 * What two processors send may change places.  A SYN that overtakes the RST of
 * the tuple's last owner, while that one's ACK is awaited, is refused if it lies
 * in the window (E-29); a small one is past by then (sequence numbers go on with
 * the clock), and the SYN is only sent again (E-26, D-33).
 */
static void keep_windows_small(int lfd)
{
	set_int(lfd, SOL_SOCKET, SO_RCVBUF, 1);
}

/* Accepts all, and lets go of what its client has left, until @arg closes. */
static void *serve(void *arg)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	int lfd[SERVERS], i, fd;

	ev.data.fd = *(int *)arg;
	epoll_ctl(ep, EPOLL_CTL_ADD, *(int *)arg, &ev);
	for (i = 0; i < SERVERS; i++) {
		lfd[i] = listener_on(LOCALHOST, SERVER_PORT + i, 2000);
		keep_windows_small(lfd[i]);
		ev.data.fd = lfd[i];
		epoll_ctl(ep, EPOLL_CTL_ADD, lfd[i], &ev);
	}
	pthread_barrier_wait(&start);
	while (epoll_wait(ep, &ev, 1, -1) == 1 && ev.data.fd != *(int *)arg) {
		for (i = 0; i < SERVERS && ev.data.fd != lfd[i]; i++)
			;
		if (i == SERVERS) {
			close(ev.data.fd);
			continue;
		}
		fd = accept(ev.data.fd, NULL, NULL);
		ev.data.fd = fd;
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	}
	for (i = 0; i < SERVERS; i++)
		close(lfd[i]);
	close(ep);
	return NULL;
}

static int play_all(void)
{
	static pthread_t threads[THREADS];
	long i;

	for (i = 0; i < THREADS; i++) {
		errno = pthread_create(&threads[i], NULL, play_rounds,
				       (void *)(i + 1));
		if (errno)
			return -1;
	}
	pthread_barrier_wait(&start);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

/* How many of the range can be had at once, and what the next one gets */
static int take_all(int (*take)(int i), int *error)
{
	static int fds[PORTS + 1];
	int n, i;

	for (n = 0; n <= PORTS; n++) {
		fds[n] = take(n);
		if (fds[n] < 0)
			break;
	}
	*error = errno;
	for (i = 0; i < n; i++)
		reset_by(fds[i]);
	return n;
}

static int take_bound(int i)
{
	return bound("0.0.0.0", i < PORTS ? LOW_PORT + i : 0);
}

static int take_chosen(int i)
{
	return bound("0.0.0.0", 0);
}

static int take_connected(int i)
{
	return connected(SERVER_PORT);
}

static int set_up(void)
{
	struct rlimit limit = { 8192, 8192 };
	const char *text = getenv("XTCP_PORTSTRESS");

	if (text)
		rounds = strtoul(text, NULL, 0);
	errno = pthread_barrier_init(&start, NULL, THREADS + 2);
	if (errno || setrlimit(RLIMIT_NOFILE, &limit) || fresh_netns())
		return -1;
	return sysctl_set("ipv4/ip_local_port_range", "40000 40499");
}

FIXTURE(ports) {
};

FIXTURE_SETUP(ports)
{
	ASSERT_EQ(0, set_up());
}

FIXTURE_TEARDOWN(ports)
{
}

/* B-10, B-20 to B-24, B-29, B-62, B-75, D-26, D-27, D-62, I-56 */
TEST_F_TIMEOUT(ports, one_owner_and_none_lost, 3600)
{
	int error, end[2];
	pthread_t server;

	ASSERT_EQ(0, pipe(end));
	ASSERT_EQ(0, pthread_create(&server, NULL, serve, &end[0]));
	ASSERT_EQ(0, play_all());
	EXPECT_EQ(0, violations);
	EXPECT_EQ(0, unexpected);
	/* all of them did something, and got into each other's way */
	EXPECT_LT(0, connects);
	EXPECT_LT(0, binds);
	EXPECT_LT(0, refusals);
	printf("# %u rounds: %u binds, %u connects, %u refusals\n",
	       THREADS * rounds, binds, connects, refusals);
	EXPECT_EQ(PORTS, take_all(take_bound, &error));
	EXPECT_EQ(EADDRINUSE, error);
	EXPECT_EQ(PORTS, take_all(take_chosen, &error));
	EXPECT_EQ(EADDRINUSE, error);
	EXPECT_EQ(PORTS, take_all(take_connected, &error));
	EXPECT_EQ(EADDRNOTAVAIL, error);
	close(end[1]);
	pthread_join(server, NULL);
}

#include "nothing_left.h"
