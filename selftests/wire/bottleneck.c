// SPDX-License-Identifier: GPL-2.0
/*
 * A path with a bottleneck and room for a long queue in front of it: BBR, which
 * xtcp_bbr.ko brings, keeps less in flight than CUBIC (H-38).  "reference" has the
 * kernel's TCP, and tcp_bbr.
 */
#include <linux/inet_diag.h>
#include <sys/wait.h>

#include "harness.h"
#include "world.h"

#ifndef TCP_CC_INFO
#define TCP_CC_INFO	26
#endif

/* A slow machine fills no queue of a fast link. */
#define RATE_KBIT	(10000 / SLOW)
#define DELAY_MS	20
#define QUEUE		1000000
#define SIZE		(6000000 / SLOW)

FIXTURE(path) {
	struct world w;
};

FIXTURE_VARIANT(path) {
	int here;
};

FIXTURE_VARIANT_ADD(path, xtcp) {
	.here = AF_XTCP,
};

FIXTURE_VARIANT_ADD(path, reference) {
	.here = AF_INET,
};

/* It lies beside xtcp.ko. */
static int bbr_load(void)
{
	const char *ko = getenv("XTCP_KO") ?: "";

	return run_tool("insmod %.*s/xtcp_bbr.ko", (int)(strrchr(ko, '/') - ko), ko);
}

/* A refusal is no fault. */
static int bbr_unload(void)
{
	return run_tool("sh -c 'rmmod xtcp_bbr 2>/dev/null'");
}

static int choose(int fd, const char *name)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name));
}

FIXTURE_SETUP(path)
{
	int fd;

	if (variant->here == AF_XTCP && native())
		SKIP(return, "XTCP's own");
	if (variant->here == AF_XTCP && (!getenv("XTCP_KO") || bbr_load()))
		SKIP(return, "no xtcp_bbr.ko beside the module");
	ASSERT_EQ(0, world_make(&self->w, variant->here, AF_INET, true));
	ASSERT_EQ(0, world_run(&self->w, ROUTER,
			       "tc qdisc replace dev r1 root tbf rate %dkbit burst 5k limit %d",
			       RATE_KBIT, QUEUE));
	ASSERT_EQ(0, world_run(&self->w, PEER,
			       "tc qdisc replace dev b0 root netem limit 10000 delay %dms",
			       DELAY_MS));
	fd = world_sock(&self->w, HERE, 0);
	if (choose(fd, "bbr")) {
		close(fd);
		SKIP(return, "this kernel has no BBR");
	}
	close(fd);
}

FIXTURE_TEARDOWN(path)
{
	world_end(&self->w);
	if (variant->here == AF_XTCP && !native())
		EXPECT_TRUE(WAIT_FOR(!bbr_unload()));
}

/* Data crosses; the most that is in flight in the second half of it, bytes */
static long crosses(int fd[2])
{
	struct flow flow = { .from = fd[HERE], .to = fd[PEER], .size = SIZE };
	struct tcp_info info;
	int status = 0;
	long most = 0;
	pid_t pid;

	pid = fork();
	if (!pid)
		_exit(!!flows_run(&flow, 1, PATIENCE));
	while (pid > 0 && !waitpid(pid, &status, WNOHANG)) {
		socklen_t len = sizeof(info);
		long now;

		if (getsockopt(fd[HERE], IPPROTO_TCP, TCP_INFO, &info, &len))
			break;
		now = (long)info.tcpi_unacked * info.tcpi_snd_mss;
		if (info.tcpi_bytes_acked > SIZE / 2 && now > most)
			most = now;
		nap();
	}
	return status ? -1 : most;
}

static long in_flight_of(const struct world *w, const char *name)
{
	int fd[2];
	long most;

	if (world_pair(w, HERE, fd))
		return -1;
	most = choose(fd[HERE], name) ? -1 : crosses(fd);
	close(fd[HERE]);
	close(fd[PEER]);
	return most;
}

TEST_F(path, bbr_keeps_the_queue_short)
{
	long bbr = in_flight_of(&self->w, "bbr");
	long cubic = in_flight_of(&self->w, "cubic");

	TH_LOG("at most %ld bytes in flight with BBR, %ld with CUBIC", bbr, cubic);
	ASSERT_LT(0, bbr);
	EXPECT_LT(bbr * 3 / 2, cubic);
}

/* What it has found out about the path is what the path is. */
TEST_F(path, bbr_tells_of_the_path)
{
	union tcp_cc_info info = { };
	socklen_t len = sizeof(info);
	int fd[2];
	__u64 rate;

	ASSERT_EQ(0, world_pair(&self->w, HERE, fd));
	ASSERT_EQ(0, choose(fd[HERE], "bbr"));
	ASSERT_LT(0, crosses(fd));
	ASSERT_EQ(0, getsockopt(fd[HERE], IPPROTO_TCP, TCP_CC_INFO, &info, &len));
	ASSERT_EQ(sizeof(info.bbr), len);
	rate = (__u64)info.bbr.bbr_bw_hi << 32 | info.bbr.bbr_bw_lo;
	TH_LOG("%llu bytes/s, %u us", rate, info.bbr.bbr_min_rtt);
	EXPECT_LT(0, rate);
	EXPECT_GE(RATE_KBIT * 1000 / 8 * 5 / 4, rate);
	EXPECT_LE(DELAY_MS * 1000, info.bbr.bbr_min_rtt);
	EXPECT_LT(0, info.bbr.bbr_cwnd_gain);
	if (variant->here == AF_XTCP)
		EXPECT_NE(0, bbr_unload());
	close(fd[HERE]);
	close(fd[PEER]);
}

TEST_HARNESS_MAIN
