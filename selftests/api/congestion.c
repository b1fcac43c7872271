// SPDX-License-Identifier: GPL-2.0
/*
 * Congestion control: what a namespace has, and an algorithm in a module of its own,
 * examples/xtcp_aimd, which comes and goes while sockets run (H-38, J-33).
 */
#include <linux/inet_diag.h>
#include <sys/wait.h>

#include "harness.h"

#ifndef TCP_CC_INFO
#define TCP_CC_INFO	26
#endif

#define AIMD_KO		"xtcp_aimd.ko"
#define DEFAULT		"xtcp/congestion_control"
#define ALLOWED		"xtcp/allowed_congestion_control"
#define MEGABYTE	1048576

static char text[128];

/* A setting of this namespace that is words, until the next is asked for */
static const char *setting(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	if (read_text(path, text, sizeof(text)))
		return "";
	text[strcspn(text, "\n")] = 0;
	return text;
}

static const char *name_of(int fd)
{
	static char name[16];
	socklen_t len = sizeof(name);

	if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len))
		return "";
	return name;
}

static int choose(int fd, const char *name)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name));
}

static const char *name_of_new(void)
{
	int fd = sock(0);
	const char *name = name_of(fd);

	close(fd);
	return name;
}

FIXTURE(own)
{
};

FIXTURE_SETUP(own)
{
	if (native())
		SKIP(return, "XTCP's own");
}

FIXTURE_TEARDOWN(own)
{
}

TEST_F(own, lists)
{
	EXPECT_STREQ("reno cubic dctcp", setting("xtcp/available_congestion_control"));
	EXPECT_STREQ("reno cubic", setting(ALLOWED));
	/* There is one list, the host's. */
	EXPECT_EQ(EACCES, err(sysctl_set(ALLOWED, "reno")));
	EXPECT_EQ(EACCES, err(sysctl_set("xtcp/available_congestion_control", "reno")));
}

TEST_F(own, default_of_a_namespace)
{
	static const char *const as_tcp[] = { "default", "\n" };
	int i;

	ASSERT_EQ(0, sysctl_set("ipv4/tcp_congestion_control", "cubic"));
	EXPECT_STREQ("cubic", setting(DEFAULT));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, sysctl_set("ipv4/tcp_congestion_control", "cubic"));
		ASSERT_EQ(0, sysctl_set(DEFAULT, "reno"));
		EXPECT_STREQ("reno", setting(DEFAULT));
		EXPECT_STREQ("reno", name_of_new());
		ASSERT_EQ(0, sysctl_set(DEFAULT, as_tcp[i]));
		EXPECT_STREQ("cubic", name_of_new());
		/* It follows TCP's. */
		ASSERT_EQ(0, sysctl_set("ipv4/tcp_congestion_control", "reno"));
		EXPECT_STREQ("reno", setting(DEFAULT));
		EXPECT_STREQ("reno", name_of_new());
	}
	EXPECT_EQ(ENOENT, err(sysctl_set(DEFAULT, "nosuch")));
	/* The host alone lets something new in. */
	EXPECT_EQ(EPERM, err(sysctl_set(DEFAULT, "dctcp")));
	EXPECT_STREQ("reno", name_of_new());
}

/* As for TCP: and the host has allowed it to all by that. */
TEST_F(own, default_of_the_host)
{
	ASSERT_EQ(0, host_sysctl_set(DEFAULT, "dctcp"));
	EXPECT_STREQ("reno cubic dctcp", setting(ALLOWED));
	ASSERT_EQ(0, fresh_netns());
	EXPECT_STREQ("dctcp", name_of_new());
	ASSERT_EQ(0, host_sysctl_set(DEFAULT, "default"));
	ASSERT_EQ(0, fresh_netns());
	EXPECT_STRNE("dctcp", name_of_new());
	ASSERT_EQ(0, host_sysctl_set(ALLOWED, "reno cubic"));
	EXPECT_STREQ("reno cubic", setting(ALLOWED));
}

TEST_F(own, allowed_by_the_host)
{
	int fd = sock(0);

	ASSERT_EQ(0, host_sysctl_set(ALLOWED, "  dctcp reno "));
	EXPECT_STREQ("reno dctcp", setting(ALLOWED));
	EXPECT_EQ(-1, host_sysctl_set(ALLOWED, "reno nosuch"));
	EXPECT_EQ(-1, host_sysctl_set(ALLOWED, "a_name_that_is_too_long"));
	EXPECT_STREQ("reno dctcp", setting(ALLOWED));
	ASSERT_EQ(0, seteuid(1000));
	EXPECT_EQ(0, choose(fd, "dctcp"));
	EXPECT_EQ(0, choose(fd, "reno"));
	EXPECT_EQ(EPERM, err(choose(fd, "cubic")));
	ASSERT_EQ(0, seteuid(0));
	ASSERT_EQ(0, host_sysctl_set(ALLOWED, "reno cubic"));
	EXPECT_STREQ("reno cubic", setting(ALLOWED));
}

static int aimd_load(void)
{
	return run_tool("insmod " AIMD_KO);
}

/* A refusal is no fault. */
static int aimd_unload(void)
{
	return run_tool("sh -c 'rmmod xtcp_aimd 2>/dev/null'");
}

FIXTURE(module)
{
	int before[2];
};

FIXTURE_SETUP(module)
{
	if (native())
		SKIP(return, "XTCP's own");
	if (access(AIMD_KO, R_OK))
		SKIP(return, "scripts/test builds " AIMD_KO);
	/* They are there when it comes. */
	ASSERT_EQ(0, pair(self->before));
	ASSERT_EQ(0, aimd_load());
}

FIXTURE_TEARDOWN(module)
{
	host_sysctl_set(DEFAULT, "default");
	EXPECT_EQ(0, access("/sys/module/xtcp_aimd", F_OK));
	EXPECT_TRUE(WAIT_FOR(!aimd_unload()));
	EXPECT_STREQ("reno cubic dctcp", setting("xtcp/available_congestion_control"));
	EXPECT_EQ(ENOENT, err(choose(self->before[0], "aimd")));
}

/* Read @n bytes. */
static int take(int fd, ssize_t n)
{
	static char buf[16384];
	ssize_t got = 1;

	for (; n > 0 && got > 0; n -= got)
		got = recv(fd, buf, n < sizeof(buf) ? n : sizeof(buf), 0);
	return n;
}

/* A connection changes to it, and back, with data on its way. */
TEST_F(module, comes_and_goes)
{
	int *fd = self->before;
	ssize_t n;

	EXPECT_STREQ("reno cubic dctcp aimd", setting("xtcp/available_congestion_control"));
	n = fill(fd[0]);
	ASSERT_LT(0, n);
	EXPECT_EQ(0, choose(fd[0], "aimd"));
	EXPECT_STREQ("aimd", name_of(fd[0]));
	EXPECT_NE(0, aimd_unload());
	EXPECT_EQ(0, take(fd[1], n));
	n = fill(fd[0]);
	ASSERT_LT(0, n);
	EXPECT_NE(0, aimd_unload());
	EXPECT_EQ(0, choose(fd[0], "reno"));
	EXPECT_EQ(0, take(fd[1], n));
}

static void send_megabytes(int fd, int n)
{
	char *data = calloc(1, MEGABYTE);

	while (n-- && !send_all(fd, data, MEGABYTE))
		;
	_exit(n >= 0);
}

/* Whoever accepts has its listener's; rmmod is refused while data flows. */
TEST_F(module, carries_data)
{
	char *data = malloc(MEGABYTE);
	int fd[2], i, status;
	int lfd = listener(1);
	pid_t pid;

	ASSERT_EQ(0, choose(lfd, "aimd"));
	ASSERT_EQ(0, pair_via(lfd, fd));
	EXPECT_STREQ("aimd", name_of(fd[1]));
	close(lfd);
	pid = fork();
	if (!pid)
		send_megabytes(fd[1], 4);
	for (i = 0; i < 4; i++) {
		EXPECT_NE(0, aimd_unload());
		ASSERT_EQ(0, recv_all(fd[0], data, MEGABYTE));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	close(fd[0]);
	close(fd[1]);
	free(data);
}

/* A namespace's default holds it, until another is chosen or the namespace ends. */
TEST_F(module, default_holds_it)
{
	union tcp_cc_info info;
	socklen_t len = sizeof(info);
	int fd[2];

	EXPECT_EQ(EPERM, err(sysctl_set(DEFAULT, "aimd")));
	ASSERT_EQ(0, host_sysctl_set(DEFAULT, "aimd"));
	EXPECT_NE(0, aimd_unload());
	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, host_sysctl_set(DEFAULT, "default"));
	EXPECT_NE(0, aimd_unload());
	ASSERT_EQ(0, pair(fd));
	EXPECT_STREQ("aimd", name_of(fd[0]));
	EXPECT_STREQ("aimd", name_of(fd[1]));
	EXPECT_EQ(0, getsockopt(fd[0], IPPROTO_TCP, TCP_CC_INFO, &info, &len));
	EXPECT_EQ(sizeof(info.vegas), len);
	close(fd[0]);
	close(fd[1]);
	EXPECT_NE(0, aimd_unload());
	ASSERT_EQ(0, sysctl_set(DEFAULT, "reno"));
}

/* xtcp.ko can't go before it. */
TEST_F(module, holds_xtcp)
{
	EXPECT_NE(0, run_tool("sh -c 'rmmod xtcp 2>/dev/null'"));
}

TEST_HARNESS_MAIN
