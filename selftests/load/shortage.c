// SPDX-License-Identifier: GPL-2.0
/*
 * Short of memory, of descriptors, of processors; with the device, the module,
 * whole namespaces pulled away while data flows.  Traffic that is checked byte
 * by byte goes on all the while.
 */
#include <sched.h>
#include <sys/resource.h>

#include "harness.h"

#define CHUNK		4096
#define FLOWS		4
#define BUFFERS		20	/* pairs whose buffers are filled */
#define ROUNDS		10
#define NAMESPACES	(SLOW > 1 ? 15 : 40)

/* ---- traffic: connections that carry a known sequence of bytes ------------- */

struct flow {
	pthread_t sender, reader;
	int fd[2];
	unsigned long sent, got;
	bool bad;
};

static bool quiet;		/* senders shall end */

static void *send_flow(void *arg)
{
	struct flow *flow = arg;
	unsigned char buf[CHUNK];
	size_t i;

	while (!__atomic_load_n(&quiet, __ATOMIC_ACQUIRE)) {
		for (i = 0; i < CHUNK; i++)
			buf[i] = (flow->sent + i) % 251;
		if (send_all(flow->fd[0], buf, CHUNK)) {
			flow->bad = true;
			break;
		}
		flow->sent += CHUNK;
	}
	shutdown(flow->fd[0], SHUT_WR);
	return NULL;
}

static void *read_flow(void *arg)
{
	struct flow *flow = arg;
	unsigned char buf[CHUNK];
	ssize_t n, i;

	while ((n = recv(flow->fd[1], buf, CHUNK, 0)) > 0) {
		for (i = 0; i < n; i++)
			flow->bad |= buf[i] != (flow->got + i) % 251;
		__atomic_fetch_add(&flow->got, n, __ATOMIC_RELEASE);
	}
	flow->bad |= n < 0;
	return NULL;
}

static int flows_start(struct flow *flows)
{
	int i;

	quiet = false;
	memset(flows, 0, FLOWS * sizeof(*flows));
	for (i = 0; i < FLOWS; i++) {
		if (pair(flows[i].fd) ||
		    pthread_create(&flows[i].sender, NULL, send_flow,
				   &flows[i]) ||
		    pthread_create(&flows[i].reader, NULL, read_flow,
				   &flows[i]))
			return -1;
	}
	return 0;
}

/* Whether every flow gets some more through */
static bool flows_move(struct flow *flows)
{
	unsigned long before[FLOWS];
	bool all = true;
	int i;

	for (i = 0; i < FLOWS; i++)
		before[i] = __atomic_load_n(&flows[i].got, __ATOMIC_ACQUIRE);
	for (i = 0; i < FLOWS; i++)
		all &= WAIT_FOR(__atomic_load_n(&flows[i].got,
						__ATOMIC_ACQUIRE) >
				before[i] + 4 * CHUNK);
	return all;
}

/* Whether every byte of all of them came, and right */
static bool flows_end(struct flow *flows)
{
	bool good = true;
	int i;

	__atomic_store_n(&quiet, true, __ATOMIC_RELEASE);
	for (i = 0; i < FLOWS; i++) {
		pthread_join(flows[i].sender, NULL);
		pthread_join(flows[i].reader, NULL);
		good &= !flows[i].bad && flows[i].sent == flows[i].got;
		close(flows[i].fd[0]);
		close(flows[i].fd[1]);
	}
	return good;
}

/* ---- memory ---------------------------------------------------------------- */

static int make_pairs(int (*fd)[2])
{
	int i;

	for (i = 0; i < BUFFERS; i++) {
		if (pair(fd[i]))
			return -1;
	}
	return 0;
}

/* As much as goes into all of them without waiting; -1 after an odd error. */
static long fill_pairs(int (*fd)[2], long *each)
{
	static const char buf[16384];
	long sum = 0;
	ssize_t n;
	int i;

	for (i = 0; i < BUFFERS; i++) {
		each[i] = 0;
		while ((n = send(fd[i][0], buf, sizeof(buf),
				 MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
			each[i] += n;
		if (n < 0 && errno != EAGAIN && errno != ENOMEM &&
		    errno != ENOBUFS)
			return -1;
		sum += each[i];
	}
	return sum;
}

/* Whether the other ends get exactly that */
static bool drain_pairs(int (*fd)[2], const long *each)
{
	bool good = true;
	int i;

	for (i = 0; i < BUFFERS; i++) {
		shutdown(fd[i][0], SHUT_WR);
		good &= drain(fd[i][1]) == each[i];
		close(fd[i][0]);
		close(fd[i][1]);
	}
	return good;
}

/*
 * G-128, J-85: the host's limit of buffers is reached; nothing is lost by it.  In
 * pages; each processor keeps up to 256 of them in hand.
 */
TEST(little_memory)
{
	static int fd[BUFFERS][2];
	static long each[BUFFERS];
	char old[128];
	long plenty, little;
	int pages[2];

	/* These numbers are for a protocol that nobody else uses. */
	if (native())
		return;
	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, make_pairs(fd));
	plenty = fill_pairs(fd, each);
	ASSERT_LT(0, plenty);
	EXPECT_TRUE(drain_pairs(fd, each));

	ASSERT_EQ(0, make_pairs(fd));
	ASSERT_EQ(0, host_sysctl_get("ipv4/tcp_mem", old, sizeof(old)));
	ASSERT_EQ(0, host_sysctl_set("ipv4/tcp_mem", "600 800 1000"));
	little = fill_pairs(fd, each);
	EXPECT_LT(0, little);
	EXPECT_LT(little, plenty);
	EXPECT_LT(0, counter("TCPMemoryPressures"));
	ASSERT_EQ(0, pair(pages));
	EXPECT_TRUE(drain_pairs(fd, each));
	EXPECT_EQ(0, send_all(pages[0], "x", 1));
	EXPECT_EQ(0, recv_all(pages[1], scratch, 1));
	ASSERT_EQ(0, host_sysctl_set("ipv4/tcp_mem", old));
	printf("# %ld bytes in the buffers, %ld with little memory\n", plenty,
	       little);
	ASSERT_EQ(0, make_pairs(fd));
	EXPECT_LT(little, fill_pairs(fd, each));
	EXPECT_TRUE(drain_pairs(fd, each));
}

#define CGROUP	"/sys/fs/cgroup/xtcp-shortage"

static long cgroup_value(const char *file, const char *name)
{
	char text[8192], *at;

	if (read_text(file, text, sizeof(text)))
		return -1;
	at = strstr(text, name);
	return at ? atol(at + strlen(name)) : -1;
}

/* Bytes in the buffers of its sockets */
static long cgroup_sock(void)
{
	return cgroup_value(CGROUP "/memory.stat", "\nsock ");
}

/* How often its limit was in the way */
static long cgroup_limited(void)
{
	return cgroup_value(CGROUP "/memory.events", "\nmax ");
}

static long cgroup_current(void)
{
	char text[64];

	return read_text(CGROUP "/memory.current", text, sizeof(text)) ? -1 :
	       atol(text);
}

static int enter_cgroup(const char *path)
{
	char procs[128];

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	return write_text(procs, "0");
}

/* Pairs whose accepted ends belong to the group, as their listener does */
static int make_pairs_in_cgroup(int (*fd)[2])
{
	int lfd, i;

	if (enter_cgroup(CGROUP))
		return -1;
	lfd = listener(BUFFERS);
	if (enter_cgroup("/sys/fs/cgroup"))
		return -1;
	for (i = 0; i < BUFFERS; i++) {
		if (pair_via(lfd, fd[i]))
			return -1;
	}
	return close(lfd);
}

/*
 * What arrives is charged to the group of the listener, and its limit stands
 * in the way; nothing is lost by that.  The senders are outside: within, they
 * could be killed for it.
 */
TEST(control_group)
{
	static int fd[BUFFERS][2];
	static long each[BUFFERS];
	char text[64];

	/* TCP counts those of its sockets otherwise. */
	if (native())
		return;
	write_text("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	ASSERT_EQ(0, err(mkdir(CGROUP, 0755)));
	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, make_pairs_in_cgroup(fd));
	ASSERT_LT(0, fill_pairs(fd, each));
	EXPECT_TRUE(WAIT_FOR(cgroup_sock() > 0));
	EXPECT_TRUE(drain_pairs(fd, each));

	ASSERT_EQ(0, make_pairs_in_cgroup(fd));
	snprintf(text, sizeof(text), "%ld", cgroup_current() + (128 << 10));
	ASSERT_EQ(0, write_text(CGROUP "/memory.max", text));
	EXPECT_LT(0, fill_pairs(fd, each));
	EXPECT_TRUE(WAIT_FOR(cgroup_limited() > 0));
	EXPECT_EQ(0, write_text(CGROUP "/memory.max", "max"));
	EXPECT_TRUE(drain_pairs(fd, each));
	EXPECT_TRUE(WAIT_FOR(cgroup_sock() == 0));
	EXPECT_TRUE(WAIT_FOR(!rmdir(CGROUP)));
}

/* ---- descriptors ----------------------------------------------------------- */

/* A-12, F-04: no descriptor is left; the connection waits for one. */
TEST(no_descriptor)
{
	struct rlimit limit = { 0, 4096 };
	int lfd, client, spare, fd;

	lfd = listener(4);
	client = connected(port_of(lfd));
	ASSERT_LE(0, client);
	spare = dup(0);
	limit.rlim_cur = spare;
	close(spare);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(EMFILE, err(sock(0)));
	EXPECT_EQ(EMFILE, err(accept(lfd, NULL, NULL)));
	EXPECT_EQ(P_IN, mask_of(lfd));
	limit.rlim_cur = 4096;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	fd = accept(lfd, NULL, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, send_all(client, "x", 1));
	EXPECT_EQ(0, recv_all(fd, scratch, 1));
}

/* ---- things that go away under load ---------------------------------------- */

#define CPU1	"/sys/devices/system/cpu/cpu1/online"

TEST(processor_comes_and_goes)
{
	static struct flow flows[FLOWS];
	int i;

	if (access(CPU1, W_OK))
		SKIP(return, "one processor only");
	ASSERT_EQ(0, flows_start(flows));
	for (i = 0; i < ROUNDS; i++) {
		EXPECT_TRUE(flows_move(flows));
		ASSERT_EQ(0, write_text(CPU1, i % 2 ? "1" : "0")) {
			TH_LOG("round %d: %s", i, strerror(errno));
		}
	}
	EXPECT_TRUE(flows_move(flows));
	EXPECT_TRUE(flows_end(flows));
}

/* J-83 */
TEST(device_comes_and_goes)
{
	static struct flow flows[FLOWS];
	int i;

	if (native())
		return;
	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, flows_start(flows));
	for (i = 0; i < ROUNDS; i++) {
		EXPECT_TRUE(flows_move(flows));
		ASSERT_EQ(0, link_del("xtcp0"));
		ASSERT_EQ(0, link_add("xtcp", "xtcp0"));
		ASSERT_EQ(0, link_up("xtcp0", true));
	}
	EXPECT_TRUE(flows_move(flows));
	EXPECT_TRUE(flows_end(flows));
}

static void *unload_again_and_again(void *arg)
{
	long tries = 0;

	while (!__atomic_load_n(&quiet, __ATOMIC_ACQUIRE)) {
		if (!syscall(SYS_delete_module, "xtcp", O_NONBLOCK) ||
		    errno != EWOULDBLOCK)
			return (void *)-1;
		tries++;
	}
	return (void *)tries;
}

/* it stays for as long as a program holds a socket. */
TEST(module_stays)
{
	static struct flow flows[FLOWS];
	pthread_t thread;
	int i, fd[2];
	void *tries;

	if (native())
		return;
	ASSERT_EQ(0, flows_start(flows));
	ASSERT_EQ(0, pthread_create(&thread, NULL, unload_again_and_again,
				    NULL));
	for (i = 0; i < ROUNDS; i++) {
		EXPECT_TRUE(flows_move(flows));
		EXPECT_EQ(0, pair(fd));
		EXPECT_EQ(0, reset_by(fd[i % 2]));
		EXPECT_EQ(0, close(fd[!(i % 2)]));
	}
	/* ended first: its loop looks at what ends the flows */
	__atomic_store_n(&quiet, true, __ATOMIC_RELEASE);
	pthread_join(thread, &tries);
	EXPECT_LT(0, (long)tries);
	printf("# %ld attempts\n", (long)tries);
	EXPECT_TRUE(flows_end(flows));
}

/* A life in a namespace, and an end in the midst of it */
static void live_in_namespace(unsigned int seed)
{
	static const char buf[20000];
	int fd[2], i;

	if (fresh_netns())
		_exit(1);
	/* their orphans end soon */
	sysctl_set("ipv4/tcp_orphan_retries", "1");
	sysctl_set("ipv4/tcp_fin_timeout", "1");
	for (i = rand_r(&seed) % 5; i >= 0; i--) {
		if (pair(fd) || send(fd[i % 2], buf, sizeof(buf), 0) < 0)
			_exit(2);
	}
	if (rand_r(&seed) % 2 && link_up(loop_dev(), false))
		_exit(3);
	_exit(0);
}

/* J-81 */
TEST(namespaces_come_and_go)
{
	static struct flow flows[FLOWS];
	int i, status, alive = 0;

	ASSERT_EQ(0, flows_start(flows));
	for (i = 0; i < NAMESPACES || alive; i++) {
		if (i < NAMESPACES) {
			pid_t pid = fork();

			ASSERT_LE(0, pid);
			if (!pid)
				live_in_namespace(i);
			alive++;
		}
		if (alive == 3 || i >= NAMESPACES) {
			ASSERT_LT(0, wait(&status));
			EXPECT_EQ(0, status);
			alive--;
		}
	}
	EXPECT_TRUE(flows_move(flows));
	EXPECT_TRUE(flows_end(flows));
}

#include "nothing_left.h"
