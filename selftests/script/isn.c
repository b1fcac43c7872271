// SPDX-License-Identifier: GPL-2.0
/* The numbers that a SYN carries: sequence number and timestamp. */
#include "harness.h"
#include "rawpeer.h"

#define OPT_TIMESTAMP	8

static void __attribute__((constructor(102))) set_up_peer(void)
{
	if (raw_netns()) {
		printf("Bail out! no raw peer: %s\n", strerror(errno));
		exit(1);
	}
}

struct syn {
	__u32 seq;
	bool stamped;
	__u32 tsval;
};

static void parse_options(const struct segment *s, struct syn *syn)
{
	const unsigned char *o = s->options;
	unsigned int i = 0;
	__u32 tsval;

	syn->stamped = false;
	while (i < s->option_len && o[i]) {
		if (o[i] == OPT_TIMESTAMP) {
			memcpy(&tsval, o + i + 2, 4);
			syn->tsval = ntohl(tsval);
			syn->stamped = true;
		}
		i += o[i] == 1 || o[i + 1] < 2 ? 1 : o[i + 1];
	}
}

/* The next SYN of @fd to the raw peer */
static int syn_of(struct raw *raw, int fd, struct syn *syn)
{
	struct segment s;

	if (err(connect_to(fd, RAW_IP, raw->port)) != EINPROGRESS ||
	    raw_recv(raw, &s, PATIENCE) || s.flags != SYN)
		return -1;
	syn->seq = s.seq;
	parse_options(&s, syn);
	return 0;
}

static int client(unsigned int port)
{
	int fd = sock(SOCK_NONBLOCK);

	return bind_to(fd, SOCKET_IP, port) ? -1 : fd;
}

/* A SYN from @port, of a socket of its own */
static int syn_from(struct raw *raw, unsigned int port, struct syn *syn)
{
	int fd = client(port);
	int ret = syn_of(raw, fd, syn);

	close(fd);
	return ret;
}

static long long clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Ticks of the clock that numbers come from (D-63), so far */
static __u32 ticks(void)
{
	return clock_ns(CLOCK_REALTIME) >> 6;
}

/* D-63, K-065: a tuple's numbers follow the clock, and so grow. */
TEST(numbers_of_a_tuple_grow)
{
	struct syn first, last, syn;
	__u32 start = ticks();
	struct raw raw;
	int i;

	ASSERT_EQ(0, raw_open(&raw));
	ASSERT_EQ(0, syn_from(&raw, 20001, &first));
	last = first;
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, syn_from(&raw, 20001, &syn));
		EXPECT_LT(0, (__s32)(syn.seq - last.seq));
		last = syn;
	}
	EXPECT_GE(ticks() - start, last.seq - first.seq);
}

/* D-63, K-065: those of two tuples have nothing to do with each other. */
TEST(numbers_of_tuples_differ)
{
	struct syn first, syn;
	__u32 start = ticks();
	struct raw raw;
	int i, near = 0;

	ASSERT_EQ(0, raw_open(&raw));
	ASSERT_EQ(0, syn_from(&raw, 20001, &first));
	for (i = 0; i < 16; i++) {
		ASSERT_EQ(0, syn_from(&raw, 20002 + i, &syn));
		near += syn.seq - first.seq <= ticks() - start;
	}
	EXPECT_GT(4, near);
}

/* D-63, K-029: a socket that connects again goes on where it was ... */
TEST(reconnect_goes_on)
{
	struct syn first, second;
	struct raw raw;
	int fd = client(20001);

	ASSERT_EQ(0, raw_open(&raw));
	ASSERT_EQ(0, syn_of(&raw, fd, &first));
	ASSERT_EQ(0, unspec(fd));
	ASSERT_EQ(0, syn_of(&raw, fd, &second));
	EXPECT_EQ(first.seq + 3, second.seq);
}

/* ... but not towards another peer. */
TEST(reconnect_elsewhere_begins_anew)
{
	struct syn first, second;
	__u32 start = ticks(), after, before;
	struct raw raw;
	int fd = client(20001);

	ASSERT_EQ(0, raw_open(&raw));
	ASSERT_EQ(0, syn_of(&raw, fd, &first));
	after = ticks();
	ASSERT_EQ(0, unspec(fd));
	ASSERT_EQ(EINPROGRESS, err(connect_to(fd, SOCKET_IP, own_port())));
	ASSERT_NE(0, wait_for(fd, POLLERR));
	ASSERT_EQ(ECONNREFUSED, sock_error(fd));
	ASSERT_EQ(0, unspec(fd));
	before = ticks();
	ASSERT_EQ(0, syn_of(&raw, fd, &second));
	/* what the clock says, and so more than a few steps on */
	EXPECT_LE(before - after, second.seq - first.seq);
	EXPECT_GE(ticks() - start, second.seq - first.seq);
}

static __u32 milliseconds(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

/* D-64, J-26: 0: no timestamps, 2: the clock itself */
TEST(timestamps_without_offset)
{
	struct syn syn;
	struct raw raw;
	__u32 before;

	ASSERT_EQ(0, raw_open(&raw));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_timestamps", "0"));
	ASSERT_EQ(0, syn_from(&raw, 20001, &syn));
	EXPECT_FALSE(syn.stamped);
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_timestamps", "2"));
	before = milliseconds();
	ASSERT_EQ(0, syn_from(&raw, 20001, &syn));
	EXPECT_TRUE(syn.stamped);
	EXPECT_GE(milliseconds() - before, syn.tsval - before);
}

/* D-64: 1: an offset that is the tuple's own, and stays */
TEST(timestamps_with_offset)
{
	struct syn first, second;
	__u32 before, between;
	struct raw raw;

	ASSERT_EQ(0, raw_open(&raw));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_timestamps", "1"));
	before = milliseconds();
	ASSERT_EQ(0, syn_from(&raw, 20001, &first));
	between = milliseconds();
	ASSERT_EQ(0, syn_from(&raw, 20001, &second));
	ASSERT_TRUE(first.stamped && second.stamped);
	EXPECT_LT(between - before, first.tsval - before);
	EXPECT_GE(milliseconds() - before, second.tsval - first.tsval);
}

#include "nothing_left.h"
