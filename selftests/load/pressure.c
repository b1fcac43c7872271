// SPDX-License-Identifier: GPL-2.0
/*
 * tcp_mem is used up by connections whose peers do not read: the others go on,
 * and new ones can be made.  A first segment, what comes to an empty receive
 * queue, SYN and FIN always find memory (H-69, G-128).
 */
#include <linux/sock_diag.h>
#include <sys/sysinfo.h>

#include "harness.h"

#define CROWD	150
#define IDLE	20
#define FULL	5	/* of the crowd, that are read in the end */
#define LOAD	32768

/* Set back by the process that all tests are children of, whatever they do. */
static char usual_mem[128];

static void __attribute__((constructor)) remember(void)
{
	if (host_sysctl_get("ipv4/tcp_mem", usual_mem, sizeof(usual_mem)))
		exit(1);
}

static void __attribute__((destructor)) restore(void)
{
	host_sysctl_set("ipv4/tcp_mem", usual_mem);
}

static int pairs_make(int (*fd)[2], int n)
{
	int lfd = listener(1), i;

	for (i = 0; i < n; i++)
		if (pair_via(lfd, fd[i]))
			return -1;
	return close(lfd);
}

/* They leave nothing behind that waits for a peer. */
static void pairs_end(int (*fd)[2], int n)
{
	int i;

	for (i = 0; i < n; i++) {
		reset_by(fd[i][0]);
		reset_by(fd[i][1]);
	}
}

/* As much as all take at once; -1 after an odd error. */
static long stuff(int (*fd)[2], int n)
{
	static const char buf[16384];
	long sum = 0;
	ssize_t ret;
	int i;

	for (i = 0; i < n; i++) {
		while ((ret = send(fd[i][0], buf, sizeof(buf),
				   MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
			sum += ret;
		if (ret < 0 && errno != EAGAIN && errno != ENOBUFS)
			return -1;
	}
	return sum;
}

static int take(int (*fd)[2], int n, int end)
{
	int i, got = 0;

	for (i = 0; i < n; i++)
		got += recv(fd[i][end], scratch, 1, MSG_DONTWAIT) == 1;
	return got;
}

/* How many could send a byte at once */
static int give(int (*fd)[2], int n, int end, int flags)
{
	int i, sent = 0;

	for (i = 0; i < n; i++)
		sent += send(fd[i][end], "x", 1,
			     MSG_DONTWAIT | MSG_NOSIGNAL | flags) == 1;
	return sent;
}

/* A byte on each from @end; how many came. */
static int pass(int (*fd)[2], int n, int end)
{
	int sent = give(fd, n, end, 0), got = 0;

	WAIT_FOR((got += take(fd, n, !end)) >= sent);
	return got;
}

/* What a socket has been charged with in all its queues */
static long charged(int fd)
{
	__u32 mem[SK_MEMINFO_VARS] = { };
	socklen_t len = sizeof(mem);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len))
		return -1;
	return (long)mem[SK_MEMINFO_RMEM_ALLOC] + mem[SK_MEMINFO_WMEM_QUEUED] +
	       mem[SK_MEMINFO_WMEM_ALLOC];
}

FIXTURE(pressure)
{
	int crowd[CROWD][2];
	int idle[IDLE][2];
	long memory;
};

FIXTURE_SETUP(pressure)
{
	ASSERT_EQ(0, fresh_netns());
	self->memory = proto_memory();
	ASSERT_EQ(0, pairs_make(self->idle, IDLE));
	ASSERT_EQ(0, pairs_make(self->crowd, CROWD));
	ASSERT_EQ(0, host_sysctl_set("ipv4/tcp_mem", "1000 1500 2000"));
	ASSERT_LT(0, stuff(self->crowd, CROWD));
	/* Whatever is on its way is there, and there is no room for more. */
	ASSERT_TRUE(WAIT_FOR(stuff(self->crowd, CROWD) == 0));
	ASSERT_LT(1500, proto_memory());
}

FIXTURE_TEARDOWN(pressure)
{
	/* Each processor may have as much in hand, or owe it. */
	long hand = 256 * get_nprocs();

	pairs_end(self->crowd, CROWD);
	pairs_end(self->idle, IDLE);
	EXPECT_TRUE(WAIT_FOR(labs(proto_memory() - self->memory) <= hand));
	EXPECT_EQ(0, host_sysctl_set("ipv4/tcp_mem", usual_mem));
}

TEST_F(pressure, idle_ones_talk)
{
	int i;

	EXPECT_EQ(IDLE, pass(self->idle, IDLE, 0));
	EXPECT_EQ(IDLE, pass(self->idle, IDLE, 1));
	EXPECT_EQ(IDLE, pass(self->idle, IDLE, 0));
	for (i = 0; i < IDLE; i++) {
		EXPECT_TRUE(WAIT_FOR(charged(self->idle[i][0]) == 0));
		EXPECT_TRUE(WAIT_FOR(charged(self->idle[i][1]) == 0));
	}
}

TEST_F(pressure, new_ones_talk)
{
	int fd[IDLE][2];

	ASSERT_EQ(0, pairs_make(fd, IDLE));
	EXPECT_EQ(IDLE, pass(fd, IDLE, 0));
	EXPECT_EQ(IDLE, pass(fd, IDLE, 1));
	pairs_end(fd, IDLE);
}

static bool ended(int fd)
{
	return wait_for(fd, POLLIN) > 0 && !recv(fd, scratch, 1, MSG_DONTWAIT);
}

TEST_F(pressure, fin_gets_through)
{
	int i;

	for (i = 0; i < IDLE; i++)
		ASSERT_EQ(0, shutdown(self->idle[i][0], SHUT_WR));
	for (i = 0; i < IDLE; i++)
		ASSERT_TRUE(ended(self->idle[i][1]));
	EXPECT_EQ(IDLE, pass(self->idle, IDLE, 1));
	for (i = 0; i < IDLE; i++)
		ASSERT_EQ(0, shutdown(self->idle[i][1], SHUT_WR));
	for (i = 0; i < IDLE; i++)
		ASSERT_TRUE(ended(self->idle[i][0]));
}

/* Those whose buffers are full end, too, once there is room again. */
TEST_F(pressure, fin_follows_data)
{
	int i;

	for (i = 0; i < FULL; i++)
		ASSERT_EQ(0, shutdown(self->crowd[i][0], SHUT_WR));
	pairs_end(self->crowd + FULL, CROWD - FULL);
	for (i = 0; i < FULL; i++)
		EXPECT_LT(0, drain(self->crowd[i][1]));
	/* for the teardown */
	ASSERT_EQ(0, pairs_make(self->crowd + FULL, CROWD - FULL));
}

TEST_F(pressure, retransmission)
{
	int i;

	ASSERT_EQ(0, plug());
	EXPECT_EQ(IDLE, give(self->idle, IDLE, 0, 0));
	ASSERT_EQ(0, unplug_drop());
	for (i = 0; i < IDLE; i++) {
		ASSERT_TRUE(wait_for(self->idle[i][1], POLLIN) > 0);
		EXPECT_EQ(1, recv(self->idle[i][1], scratch, 1, MSG_DONTWAIT));
	}
}

TEST_F(pressure, urgent)
{
	char byte;
	int i;

	EXPECT_EQ(IDLE, give(self->idle, IDLE, 0, MSG_OOB));
	for (i = 0; i < IDLE; i++) {
		ASSERT_TRUE(wait_for(self->idle[i][1], POLLPRI) > 0);
		EXPECT_EQ(1, recv(self->idle[i][1], &byte, 1,
				  MSG_DONTWAIT | MSG_OOB));
	}
}

static long call_send_load(struct job *job)
{
	static const char buf[LOAD];

	return send_all(job->fd, buf, sizeof(buf));
}

/* A program that waits for room gets it, bit by bit. */
TEST_F(pressure, load_gets_through)
{
	static char buf[LOAD];
	struct job job;

	ASSERT_EQ(0, job_start(&job, call_send_load, self->idle[0][0], NULL));
	EXPECT_EQ(0, recv_all(self->idle[0][1], buf, sizeof(buf)));
	job_join(&job);
	EXPECT_EQ(0, job.ret);
}

/*
 * G-128: what is taken whatever the limits say is counted where the rest of it is: of
 * a socket whose memory counts nowhere (net.core.bypass_prot_mem, by 7.2), nowhere.
 */
TEST(count_of_what_is_forced)
{
	int fd[2], i;
	long before;
	char byte;

	ASSERT_EQ(0, fresh_netns());
	if (sysctl_get("core/bypass_prot_mem") >= 0)
		ASSERT_EQ(0, sysctl_set("core/bypass_prot_mem", "1"));
	before = proto_memory();
	ASSERT_EQ(0, pair(fd));
	for (i = 0; i < 2000; i++) {
		ASSERT_EQ(1, send(fd[0], "x", 1, 0));
		ASSERT_EQ(1, recv(fd[1], &byte, 1, MSG_WAITALL));
	}
	close(fd[0]);
	close(fd[1]);
	/* What processors have in hand of it is a MiB each at most. */
	EXPECT_GT(before + 2 * 256 * get_nprocs(), proto_memory());
}

#include "nothing_left.h"
