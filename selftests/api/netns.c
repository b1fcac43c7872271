// SPDX-License-Identifier: GPL-2.0
/* Network namespaces: separate ports, counters and lives. */
#include <sched.h>

#include "harness.h"

/* A descriptor of the namespace that this process is in */
static int here(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static int enter(int ns)
{
	return setns(ns, CLONE_NEWNET);
}

/* A-15, J-82: a socket belongs to the namespace of its creation. */
TEST(socket_keeps_its_namespace)
{
	int old = here();
	int lfd = listener_on(LOCALHOST, 20001, 4);
	int fd;

	ASSERT_LE(0, lfd);
	fd = sock(0);
	ASSERT_EQ(0, fresh_netns());
	/* nobody listens in the new one */
	EXPECT_EQ(ECONNREFUSED, err(connected(20001)));
	/* the old socket connects in the old one */
	EXPECT_EQ(0, connect_to(fd, LOCALHOST, 20001));
	EXPECT_LE(0, accept(lfd, NULL, NULL));
	EXPECT_EQ(ST_NONE, state_of(20001, 0));
	ASSERT_EQ(0, enter(old));
	EXPECT_EQ(ST_LISTEN, state_of(20001, 0));
}

/* B-28, J-80: the same address and port, and even the same four-tuple */
TEST(same_ports)
{
	int fd[2][2];
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, fresh_netns());
		ASSERT_EQ(0, sysctl_set("ipv4/ip_local_port_range",
					"40000 40000"));
		ASSERT_EQ(0, pair_via(listener_on(LOCALHOST, 20001, 1), fd[i]));
		EXPECT_EQ(40000, port_of(fd[i][0]));
	}
	for (i = 0; i < 2; i++) {
		char byte = 'a' + i, got;

		ASSERT_EQ(1, send(fd[i][0], &byte, 1, 0));
		ASSERT_EQ(1, recv(fd[i][1], &got, 1, 0));
		EXPECT_EQ(byte, got);
	}
}

/* B-08, K-007: what counts is the privilege in the namespace's user namespace. */
TEST(privileged_port_of_a_user)
{
	int fd = sock(0);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, seteuid(1000));
	ASSERT_EQ(0, unshare(CLONE_NEWUSER | CLONE_NEWNET));
	EXPECT_EQ(0, bind_to(sock(0), "0.0.0.0", 80));
	/* this one is of the old namespace */
	EXPECT_EQ(EACCES, err(bind_to(fd, "0.0.0.0", 80)));
}

/* The host's limits are not lifted by the root of a container. */
TEST(limits_of_a_user)
{
	if (native())
		SKIP(return, "XTCP's own");
	ASSERT_EQ(0, seteuid(1000));
	ASSERT_EQ(0, unshare(CLONE_NEWUSER | CLONE_NEWNET));
	EXPECT_EQ(0, sysctl_set("xtcp/timewait_msecs", "12345"));
	EXPECT_EQ(0, sysctl_set("xtcp/timewait_msecs", "60000"));
	EXPECT_EQ(EINVAL, err(sysctl_set("xtcp/timewait_msecs", "60001")));
	EXPECT_EQ(16384, sysctl_get("xtcp/max_orphans"));
	EXPECT_EQ(EACCES, err(sysctl_set("xtcp/max_orphans", "16385")));
}

/* A container, in which the sockets of closed ends stay for a while */
static int container(void)
{
	if (seteuid(1000) || unshare(CLONE_NEWUSER | CLONE_NEWNET) ||
	    link_up("lo", true) || link_add("xtcp", "xtcp0") ||
	    link_up("xtcp0", true))
		return -1;
	return sysctl_set("ipv4/tcp_fin_timeout", "100000");
}

/*
 * Closes one end of a connection; 1: it could not be afforded, 0: it is left, and
 * waits no longer than a socket may ask for (TCP_LINGER2).
 */
static int close_one(void)
{
	long aborted = counter("TCPAbortOnMemory");
	unsigned int port;
	struct row row;
	int fd[2];

	if (pair(fd))
		return -1;
	port = port_of(fd[0]);
	close(fd[0]);
	if (counter("TCPAbortOnMemory") > aborted)
		return 1;
	if (!WAIT_FOR(row_find(port, port_of(fd[1]), &row) == 1 &&
		      row.state == ST_FIN_WAIT2) || row.when > 120 * 100)
		return -1;
	return 0;
}

static int orphans_of_a_container(int wanted)
{
	int i;

	if (container())
		return 1;
	for (i = 0; i < wanted; i++)
		if (close_one())
			return 2;
	return close_one() == 1 ? 0 : 3;
}

/* All containers together may have as many as the host's own namespace. */
TEST(orphans_of_containers)
{
	int to[2], status;
	pid_t first;
	char byte;

	if (native())
		SKIP(return, "XTCP's own");
	ASSERT_EQ(0, host_sysctl_set("xtcp/max_orphans", "3"));
	ASSERT_EQ(0, pipe(to));
	first = fork();
	if (!first) {
		byte = '0' + orphans_of_a_container(4);
		if (write(to[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	EXPECT_EQ(1, read(to[0], &byte, 1));
	EXPECT_EQ('0', byte);
	if (!fork())
		_exit(orphans_of_a_container(0));
	EXPECT_LT(0, wait(&status));
	EXPECT_EQ(0, status);
	/* The host's own are counted apart. */
	EXPECT_EQ(0, close_one());
	kill(first, SIGKILL);
	EXPECT_EQ(first, wait(NULL));
	EXPECT_EQ(0, host_sysctl_set("xtcp/max_orphans", "16384"));
}

/* J-80 */
TEST(own_counters)
{
	int old = here();
	long opens;
	int fd[2];

	opens = counter("ActiveOpens");
	ASSERT_EQ(0, fresh_netns());
	EXPECT_EQ(0, counter("ActiveOpens"));
	ASSERT_EQ(0, pair(fd));
	EXPECT_EQ(1, counter("ActiveOpens"));
	EXPECT_EQ(1, counter("PassiveOpens"));
	ASSERT_EQ(0, enter(old));
	EXPECT_EQ(opens, counter("ActiveOpens"));
}

/* J-80: settings of one do not reach the other. */
TEST(own_settings)
{
	int old = here();

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_keepalive_time", "77"));
	EXPECT_EQ(77, get_int(sock(0), IPPROTO_TCP, TCP_KEEPIDLE));
	if (!native()) {
		ASSERT_EQ(0, sysctl_set("xtcp/timewait_msecs", "12345"));
		EXPECT_EQ(12345, sysctl_get("xtcp/timewait_msecs"));
	}
	ASSERT_EQ(0, enter(old));
	EXPECT_EQ(7200, get_int(sock(0), IPPROTO_TCP, TCP_KEEPIDLE));
	EXPECT_NE(12345, sysctl_get("xtcp/timewait_msecs"));
}

/* What is remembered of 127.0.0.1: is it anything? */
static bool remembered(void)
{
	FILE *f = fopen("/proc/thread-self/net/xtcp_metrics", "r");
	char line[256] = "";
	unsigned int age, age_ms, cwnd, rtt, rttvar;
	bool found = false;

	while (f && fgets(line, sizeof(line), f))
		found |= sscanf(line, LOCALHOST " age %u.%usec cwnd %u rtt %uus rttvar %uus source "
				LOCALHOST "\n", &age, &age_ms, &cwnd, &rtt, &rttvar) == 5;
	if (f)
		fclose(f);
	return found;
}

/* H-42: what a connection leaves is its namespace's, which can forget it. */
TEST(remembered_destinations)
{
	int old = here(), ns, fd[2];

	if (native())
		return;
	ASSERT_EQ(0, fresh_netns());
	ns = here();
	EXPECT_FALSE(remembered());
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(1, send(fd[0], "x", 1, 0));
	close(fd[0]);
	drain(fd[1]);
	close(fd[1]);
	EXPECT_TRUE(WAIT_FOR(remembered()));
	ASSERT_EQ(0, fresh_netns());
	EXPECT_FALSE(remembered());
	EXPECT_EQ(0, sysctl_set("xtcp/metrics_flush", "1"));
	ASSERT_EQ(0, enter(ns));
	EXPECT_TRUE(remembered());
	EXPECT_EQ(0, sysctl_set("xtcp/metrics_flush", "1"));
	EXPECT_FALSE(remembered());
	/* One that is reset has nothing to tell. */
	ASSERT_EQ(0, pair(fd));
	reset_by(fd[0]);
	drain(fd[1]);
	close(fd[1]);
	EXPECT_FALSE(remembered());
	ASSERT_EQ(0, enter(old));
}

/* The default of a new namespace is the protocol's. */
TEST(default_time_wait)
{
	if (native())
		return;
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	EXPECT_EQ(60000, sysctl_get("xtcp/timewait_msecs"));
}

/* Without xtcp0 a namespace has the family, but no way to send. */
TEST(no_device_in_a_new_namespace)
{
	if (native())
		return;
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, link_up("lo", true));
	EXPECT_LE(0, listener(1));
	EXPECT_EQ(ENETUNREACH, err(connected(20001)));
}

static int leave_all_kinds_of_state(void)
{
	int lfd = listener(4), fd[2], syn;
	struct silent silent;

	/* TIME_WAIT, an orphan in FIN_WAIT2, a queued connection, a SYN_SENT */
	if (pair_via(lfd, fd) || close(fd[0]) || drain(fd[1]) || close(fd[1]))
		return -1;
	if (pair_via(lfd, fd) || close(fd[0]))
		return -1;
	if (connected(port_of(lfd)) < 0 || silent_open(&silent))
		return -1;
	syn = sock(SOCK_NONBLOCK);
	if (err(connect_to(syn, LOCALHOST, silent.port)) != EINPROGRESS)
		return -1;
	/* and packets that nobody took from the queue: see plug() */
	if (pair_via(lfd, fd) || plug() || send_all(fd[0], "parked", 6) ||
	    close(fd[0]) || unplug_drop())
		return -1;
	return 0;
}

/* J-81, I-40: namespaces die with everything pending. */
TEST(death_of_a_namespace)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < 10; i++) {
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			if (fresh_netns())
				_exit(1);
			if (!native() &&
			    sysctl_set("xtcp/timewait_msecs", "60000"))
				_exit(2);
			_exit(leave_all_kinds_of_state() ? 3 : 0);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
	/* sockets of dead namespaces are given back: see the aftermath */
}

/* J-82: an accepted socket outlives the processes of its namespace. */
TEST(socket_keeps_its_namespace_alive)
{
	int old = here();
	int fd[2];
	char byte;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(0, enter(old));
	EXPECT_EQ(1, send(fd[0], "x", 1, 0));
	EXPECT_EQ(1, recv(fd[1], &byte, 1, 0));
	EXPECT_EQ(0, close(fd[0]));
	EXPECT_EQ(0, recv(fd[1], &byte, 1, 0));
}

#include "nothing_left.h"
