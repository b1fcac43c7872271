// SPDX-License-Identifier: GPL-2.0
/*
 * A server of several workers, and more clients than its backlog has room for.
 * Whoever's connect() succeeded is served: no connection is lost by a full
 * queue, a signal, a lack of descriptors or the end of a worker (C-13 to C-20,
 * F).
 *
 * XTCP_CLIENTS=N sets the number of connections (2000).
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "harness.h"

#define WORKERS		4
#define CLIENTS		20
#define SHIFT		50	/* connections that one worker lives for */

/* What all processes of a test count */
struct tally {
	int accepted, connected, lost;
	int interrupted, without_files;
};

static struct tally *tally;

static int many(void)
{
	const char *env = getenv("XTCP_CLIENTS");

	return (env ? atoi(env) : 2000) / SLOW;
}

static void count(int *n)
{
	__atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
}

static void ignore(int signo)
{
}

/*
 * Every two milliseconds whatever waits is interrupted; less often where these
 * are over before accept() was called again.
 */
static void be_interrupted(void)
{
	struct timeval time = { 0, 2000 * SLOW };
	struct itimerval every = { time, time };
	struct sigaction action = { .sa_handler = ignore };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static void allow_files(int more)
{
	int fd = dup(0);
	struct rlimit limit = { fd + more, 4096 };

	close(fd);
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int echo(int fd)
{
	char byte;
	ssize_t n;

	do {
		n = read(fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1)
		write(fd, &byte, 1);
	close(fd);
	return n == 1;
}

/* Of three accept() calls one has no descriptor to spare. */
static void work(int lfd)
{
	int served = 0, turn, fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	be_interrupted();
	for (turn = 0; served < SHIFT; turn++) {
		allow_files(turn % 3 ? 8 : 0);
		fd = accept(lfd, NULL, NULL);
		if (fd >= 0) {
			count(&tally->accepted);
			served += echo(fd);
		} else if (errno == EINTR) {
			count(&tally->interrupted);
		} else if (errno == EMFILE) {
			count(&tally->without_files);
			/* It is for another worker, or for our next turn. */
			allow_files(8);
			poll(&(struct pollfd){ .fd = lfd, .events = POLLIN },
			     1, 1);
		}
	}
	exit(0);
}

static void visit(unsigned int port, int times)
{
	char byte;
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (times--) {
		fd = connected(port);
		if (fd < 0) {
			count(&tally->lost);
			continue;
		}
		count(&tally->connected);
		byte = times;
		if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1 ||
		    byte != (char)times)
			count(&tally->lost);
		close(fd);
	}
	exit(0);
}

/* Whoever ends his shift is replaced, until the last client has left. */
static int serve(int lfd, pid_t *workers, int clients)
{
	int i, status;
	pid_t pid;

	while (clients) {
		pid = wait(&status);
		if (pid < 0 || status)
			return -1;
		for (i = 0; i < WORKERS && workers[i] != pid; i++)
			;
		if (i == WORKERS) {
			clients--;
			continue;
		}
		workers[i] = fork();
		if (!workers[i])
			work(lfd);
	}
	return 0;
}

static int run(int backlog)
{
	pid_t workers[WORKERS];
	int lfd = listener(backlog), i, ret;
	unsigned int port = port_of(lfd);

	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (lfd < 0 || tally == MAP_FAILED)
		return -1;
	for (i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		if (!workers[i])
			work(lfd);
	}
	for (i = 0; i < CLIENTS; i++)
		if (!fork())
			visit(port, many() / CLIENTS);
	ret = serve(lfd, workers, CLIENTS);
	for (i = 0; i < WORKERS; i++) {
		kill(workers[i], SIGKILL);
		waitpid(workers[i], NULL, 0);
	}
	close(lfd);
	return ret;
}

FIXTURE(backlog) {
};

FIXTURE_VARIANT(backlog) {
	int length;
};

FIXTURE_VARIANT_ADD(backlog, one) {
	.length = 1,
};

FIXTURE_VARIANT_ADD(backlog, five) {
	.length = 5,
};

FIXTURE_VARIANT_ADD(backlog, plenty) {
	.length = 128,
};

FIXTURE_SETUP(backlog)
{
	ASSERT_EQ(0, fresh_netns());
}

FIXTURE_TEARDOWN(backlog)
{
}

TEST_F(backlog, nobody_is_lost)
{
	ASSERT_EQ(0, run(variant->length));
	EXPECT_EQ(many(), tally->connected);
	EXPECT_EQ(many(), tally->accepted);
	EXPECT_EQ(0, tally->lost);
	EXPECT_LT(0, tally->interrupted);
	EXPECT_LT(0, tally->without_files);
}

#include "nothing_left.h"
