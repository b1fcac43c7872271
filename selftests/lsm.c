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

FIXTURE(hook) {
	char event[64];
};

FIXTURE_VARIANT(hook) {
	const char *name;
	int by_tcp;	/* calls in the life of one connection */
	int by_xtcp;
	bool cookies;
};

#define HOOK(hook_, tcp_, xtcp_, cookies_)				\
FIXTURE_VARIANT_ADD(hook, hook_##_##cookies_) {				\
	.name = "security_" #hook_,					\
	.by_tcp = tcp_,							\
	.by_xtcp = xtcp_,						\
	.cookies = cookies_,						\
}

HOOK(inet_conn_request, 1, 1, false);
/* A cookie's sender is looked at again when it comes back. */
HOOK(inet_conn_request, 2, 2, true);
/* For the child TCP calls another one, which modules can't. */
HOOK(inet_conn_established, 1, 2, false);
HOOK(inet_conn_established, 1, 2, true);
HOOK(sk_clone, 1, 1, false);
HOOK(sock_graft, 1, 1, false);

static int probe(const char *how, const char *name)
{
	char line[160];

	snprintf(line, sizeof(line), how, name, name);
	return write_to(TRACING "kprobe_events", line, O_APPEND);
}

static int enable(const char *name, const char *on)
{
	char path[160];

	snprintf(path, sizeof(path), TRACING "events/kprobes/xtcp_%s/enable",
		 name);
	return write_to(path, on, 0);
}

FIXTURE_SETUP(hook)
{
	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_syncookies",
				variant->cookies ? "2" : "1"));
	ASSERT_EQ(0, probe("p:xtcp_%s %s", variant->name));
	ASSERT_EQ(0, enable(variant->name, "1"));
}

FIXTURE_TEARDOWN(hook)
{
	EXPECT_EQ(0, enable(variant->name, "0"));
	EXPECT_EQ(0, probe("-:xtcp_%s", variant->name));
}

/* Nothing else in this guest has sockets at work. */
TEST_F(hook, is_called)
{
	long before = hits(variant->name);
	int fd[2];

	ASSERT_LE(0, before);
	ASSERT_EQ(0, pair(fd));
	EXPECT_EQ(native() ? variant->by_tcp : variant->by_xtcp,
		  hits(variant->name) - before);
}

/* Every segment of a connection, on both sides */
TEST(each_segment)
{
	static const char *hook = "security_sock_rcv_skb";
	char c = 'a';
	long before;
	int fd[2];

	ASSERT_EQ(0, probe("p:xtcp_%s %s", hook));
	ASSERT_EQ(0, enable(hook, "1"));
	ASSERT_EQ(0, pair(fd));
	before = hits(hook);
	EXPECT_EQ(0, send_all(fd[0], &c, 1));
	EXPECT_EQ(0, recv_all(fd[1], &c, 1));
	EXPECT_EQ(0, send_all(fd[1], &c, 1));
	EXPECT_EQ(0, recv_all(fd[0], &c, 1));
	EXPECT_LE(before + 2, hits(hook));
	EXPECT_EQ(0, enable(hook, "0"));
	EXPECT_EQ(0, probe("-:xtcp_%s", hook));
}

#include "nothing_left.h"
