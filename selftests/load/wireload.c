// SPDX-License-Identifier: GPL-2.0
/*
 * Wires that are released, deleted, moved and renamed, and links and hosts that
 * vanish, while data flows over them and connections are made (inventory J-83).
 * Nobody hangs, every error is one that TCP may give, nothing is left.
 */
#include "harness.h"
#include "world.h"

const unsigned int widened = 200;

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	(300 * SLOW)

#define PAIRS	3

/* One end of a connection, in the hands of a thread */
struct end {
	pthread_t thread;
	int fd;
	bool sends;
	unsigned long moved;
	int error;
};

static struct end ends[2 * PAIRS];
static bool quiet;

static void *move_bytes(void *arg)
{
	struct end *e = arg;
	char buf[8192] = { };
	ssize_t n;

	do {
		n = e->sends ? send(e->fd, buf, sizeof(buf), MSG_NOSIGNAL) :
			       recv(e->fd, buf, sizeof(buf), 0);
		if (n > 0)
			__atomic_fetch_add(&e->moved, n, __ATOMIC_RELAXED);
	} while (n > 0);
	e->error = n < 0 ? errno : 0;
	return NULL;
}

/* Connects again and again, each time for a short while; the odd errno. */
static void *keep_connecting(void *arg)
{
	const struct world *w = arg;
	long odd = 0;
	int fd;

	while (!__atomic_load_n(&quiet, __ATOMIC_ACQUIRE)) {
		fd = world_sock(w, HERE, 0);
		set_int(fd, IPPROTO_TCP, TCP_SYNCNT, 1);
		set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 200);
		if (connect_to(fd, PEER_IP, 9) && errno != ECONNREFUSED &&
		    errno != ETIMEDOUT && errno != ENETUNREACH &&
		    errno != EHOSTUNREACH && errno != ENETDOWN)
			odd = errno;
		close(fd);
	}
	return (void *)odd;
}

static int load_start(const struct world *w)
{
	int fd[2], i;

	memset(ends, 0, sizeof(ends));
	__atomic_store_n(&quiet, false, __ATOMIC_RELEASE);
	for (i = 0; i < PAIRS; i++) {
		if (world_pair(w, i % 2, fd))
			return -1;
		/* The first sends there, the second back. */
		ends[2 * i].fd = fd[i % 2];
		ends[2 * i].sends = true;
		ends[2 * i + 1].fd = fd[!(i % 2)];
	}
	for (i = 0; i < 2 * PAIRS; i++)
		if (pthread_create(&ends[i].thread, NULL, move_bytes, &ends[i]))
			return -1;
	return 0;
}

static bool load_moves(void)
{
	bool all = true;
	int i;

	for (i = 1; i < 2 * PAIRS; i += 2)
		all &= WAIT_FOR(__atomic_load_n(&ends[i].moved,
						__ATOMIC_RELAXED) > 100000);
	return all;
}

/* Whoever still waits is told to stop; what did the threads see until then? */
static bool load_end(void)
{
	bool sane = true;
	int i;

	for (i = 0; i < 2 * PAIRS; i++)
		shutdown(ends[i].fd, SHUT_RDWR);
	for (i = 0; i < 2 * PAIRS; i++) {
		pthread_join(ends[i].thread, NULL);
		switch (ends[i].error) {
		case 0: case EPIPE: case ECONNRESET: case ETIMEDOUT:
		case ENETUNREACH: case EHOSTUNREACH: case ENETDOWN:
			break;
		default:
			printf("# end %d: %s\n", i, strerror(ends[i].error));
			sane = false;
		}
		reset_by(ends[i].fd);
	}
	return sane;
}

static const struct {
	const char *name;
	const char *command;	/* is given our pid and PEER's namespace */
	bool back;		/* all is as before then */
	bool xtcp;		/* it is about xtcp0 */
} troubles[] = {
	{ "released and taken",
	  "for i in 1 2 3 4 5 6 7 8; do ip link set a0 nomaster; ip link set a0 master xtcp0; done",
	  true, true },
	{ "another's and back",
	  "ip link add br0 type bridge; ip link set a0 master br0; ip link set a0 master xtcp0; ip link del br0",
	  true, true },
	{ "xtcp0 down and up",
	  "for i in 1 2 3 4; do ip link set xtcp0 down; ip link set xtcp0 up; done",
	  true, true },
	{ "down and up",
	  "for i in 1 2 3 4; do ip link set a0 down; ip link set a0 up; done; ip route replace 10.0.0.0/16 dev a0",
	  true },
	{ "renamed",
	  "ip link set a0 down; ip link set a0 name a1; ip link set a1 name a0; ip link set a0 up; ip route replace 10.0.0.0/16 dev a0",
	  true },
	{ "released", "ip link set a0 nomaster", false, true },
	{ "another's", "ip link add br0 type bridge; ip link set a0 master br0",
	  false, true },
	{ "deleted", "ip link del a0" },
	{ "moved", "ip link set a0 netns /proc/%d/fd/%d" },
	{ "without an address", "ip addr flush dev a0" },
	{ "without xtcp0", "ip link del xtcp0", false, true },
	{ "all gone", "ip link del a0; ip link del xtcp0", false, true },
};

static void trouble(struct __test_metadata *_metadata, const struct world *w,
		    int i)
{
	pthread_t connecting;
	void *odd;
	int fd[2];

	ASSERT_EQ(0, load_start(w));
	ASSERT_EQ(0, pthread_create(&connecting, NULL, keep_connecting,
				    (void *)w));
	EXPECT_TRUE(load_moves());
	ASSERT_EQ(0, world_run(w, HERE, troubles[i].command, getpid(),
			       w->ns[PEER]));
	if (troubles[i].back) {
		ASSERT_EQ(0, world_pair(w, HERE, fd));
		EXPECT_EQ(0, send_all(fd[HERE], "x", 1));
		EXPECT_EQ(0, recv_all(fd[PEER], scratch, 1));
		reset_by(fd[HERE]);
		close(fd[PEER]);
	}
	EXPECT_TRUE(load_end()) {
		TH_LOG("%s", troubles[i].name);
	}
	__atomic_store_n(&quiet, true, __ATOMIC_RELEASE);
	pthread_join(connecting, &odd);
	EXPECT_EQ(0, (long)odd) {
		TH_LOG("%s: %s", troubles[i].name, strerror((long)odd));
	}
}

TEST(wires_come_and_go)
{
	bool fresh = true;
	struct world w;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(troubles); i++) {
		if (native() && troubles[i].xtcp)
			continue;
		/* Now the kernel's TCP is the peer, now it is not. */
		if (fresh)
			ASSERT_EQ(0, world_make(&w, family,
						i % 2 ? family : AF_INET,
						false));
		trouble(_metadata, &w, i);
		fresh = !troubles[i].back;
		if (fresh)
			world_end(&w);
	}
}

/* The namespace itself goes, with data under way in both directions. */
TEST(hosts_come_and_go)
{
	static const char buf[20000];
	int round, fd[2], status;
	struct world w;
	pid_t pid;

	for (round = 0; round < 4; round++) {
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			if (world_make(&w, family, round % 2 ? family : AF_INET,
				       false) || world_pair(&w, round / 2 % 2, fd))
				_exit(1);
			_exit(send(fd[0], buf, sizeof(buf), 0) <= 0 ||
			      send(fd[1], buf, sizeof(buf), 0) <= 0);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
}

#include "nothing_left.h"
