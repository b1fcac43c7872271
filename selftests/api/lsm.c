// SPDX-License-Identifier: GPL-2.0
/*
 * Security modules are asked where they are for TCP: both families make the
 * same connection, while the kernel counts how often each hook is called.
 */
#include "harness.h"

#define TRACING		"/sys/kernel/tracing/"

static int write_to(const char *path, const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	ssize_t n = write(fd, text, strlen(text));

	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* How often the probe on @hook was hit */
static long hits(const char *hook)
{
	FILE *f = fopen(TRACING "kprobe_profile", "re");
	unsigned long n, missed;
	char name[64];
	long sum = -1;

	while (f && fscanf(f, "%63s %lu %lu", name, &n, &missed) == 3) {
		if (!strncmp(name, "xtcp_", 5) && !strcmp(name + 5, hook))
			sum = n;
	}
	if (f)
		fclose(f);
	return sum;
}

static int probe(const char *how, const char *name)
{
	char line[160];

	snprintf(line, sizeof(line), how, name, name);
	return write_to(TRACING "kprobe_events", line, O_APPEND);
}

static int count(const char *name, const char *on)
{
	char path[160];

	snprintf(path, sizeof(path), TRACING "events/kprobes/xtcp_%s/enable",
		 name);
	return write_to(path, on, 0);
}

static int count_begin(const char *name)
{
	return probe("p:xtcp_%s %s", name) ? -1 : count(name, "1");
}

static int count_end(const char *name)
{
	return count(name, "0") ? -1 : probe("-:xtcp_%s", name);
}

static const struct {
	const char *name;
	const char *cookies;	/* tcp_syncookies */
	int by_tcp, by_xtcp;	/* calls in the life of one connection */
} hooks[] = {
	{ "security_inet_conn_request", "1", 1, 1 },
	/* A cookie's sender is looked at again when it comes back. */
	{ "security_inet_conn_request", "2", 2, 2 },
	/* For the child TCP calls another one, which modules can't. */
	{ "security_inet_conn_established", "1", 1, 2 },
	{ "security_inet_conn_established", "2", 1, 2 },
	{ "security_sk_clone", "1", 1, 1 },
	{ "security_sock_graft", "1", 1, 1 },
};

/* Nothing else in this guest has sockets at work. */
TEST(each_connection)
{
	int fd[2], i;
	long before;

	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		ASSERT_EQ(0, sysctl_set("ipv4/tcp_syncookies",
					hooks[i].cookies));
		ASSERT_EQ(0, count_begin(hooks[i].name));
		before = hits(hooks[i].name);
		ASSERT_LE(0, before);
		ASSERT_EQ(0, pair(fd));
		EXPECT_EQ(native() ? hooks[i].by_tcp : hooks[i].by_xtcp,
			  hits(hooks[i].name) - before)
			TH_LOG("%s, tcp_syncookies %s", hooks[i].name,
			       hooks[i].cookies);
		ASSERT_EQ(0, count_end(hooks[i].name));
		close(fd[0]);
		close(fd[1]);
	}
}

/* Every segment of a connection, on both sides */
TEST(each_segment)
{
	static const char *hook = "security_sock_rcv_skb";
	char c = 'a';
	long before;
	int fd[2];

	ASSERT_EQ(0, count_begin(hook));
	ASSERT_EQ(0, pair(fd));
	before = hits(hook);
	EXPECT_EQ(0, send_all(fd[0], &c, 1));
	EXPECT_EQ(0, recv_all(fd[1], &c, 1));
	EXPECT_EQ(0, send_all(fd[1], &c, 1));
	EXPECT_EQ(0, recv_all(fd[0], &c, 1));
	EXPECT_LE(before + 2, hits(hook));
	EXPECT_EQ(0, count_end(hook));
}

#include "nothing_left.h"
