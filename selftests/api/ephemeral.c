// SPDX-License-Identifier: GPL-2.0
/*
 * Which port connect() and bind() to port 0 choose (inventory B.6, D.7): with
 * few and many connections to a destination, with ports that bind() owns or a
 * sysctl reserves, and in TIME_WAIT.
 */
#include "harness.h"

/* More than a destination keeps in a list, and across two words of its set. */
#define LOW	40000
#define HIGH	40099
#define PORTS	(HIGH - LOW + 1)

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

static int set_range(unsigned int low, unsigned int high)
{
	char text[32];

	snprintf(text, sizeof(text), "%u %u", low, high);
	return sysctl_set("ipv4/ip_local_port_range", text);
}

/* Connections to one destination, each of a port of the range. */
FIXTURE(range)
{
	int lfd;
	unsigned int port;
	int fd[PORTS];
	int peer[PORTS];
	bool seen[PORTS];
};

FIXTURE_SETUP(range)
{
	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, set_range(LOW, HIGH));
	self->lfd = listener_on(LOCALHOST, 30001, PORTS);
	ASSERT_LE(0, self->lfd);
	self->port = 30001;
	memset(self->seen, 0, sizeof(self->seen));
}

FIXTURE_TEARDOWN(range)
{
}

/* One more connection; -1: there is no port for it, or not a new one. */
static int one_more(FIXTURE_DATA(range) *self, int i)
{
	unsigned int port;

	self->fd[i] = connected(self->port);
	if (self->fd[i] < 0)
		return -1;
	port = port_of(self->fd[i]);
	if (port < LOW || port > HIGH || self->seen[port - LOW])
		return -1;
	self->seen[port - LOW] = true;
	self->peer[i] = accept(self->lfd, NULL, NULL);
	return self->peer[i] < 0 ? -1 : 0;
}

static int fill_range(FIXTURE_DATA(range) *self, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (one_more(self, i))
			return -1;
	return 0;
}

/* D-27, D-61, D-62: every port once, then none; one given back is found. */
TEST_F(range, each_port_once)
{
	unsigned int port;
	int fd;

	ASSERT_EQ(0, fill_range(self, PORTS));
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(self->port)));
	port = port_of(self->fd[71]);
	ASSERT_EQ(0, reset_by(self->fd[71]));
	ASSERT_TRUE(WAIT_FOR(state_of(port, self->port) == ST_NONE));
	fd = connected(self->port);
	EXPECT_EQ(port, port_of(fd));
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(self->port)));
}

/* K-070: the same ports lead to other destinations. */
TEST_F(range, other_destinations)
{
	int i;

	ASSERT_EQ(0, fill_range(self, PORTS));
	ASSERT_EQ(0, close(self->lfd));
	self->port = 30002;
	self->lfd = listener_on(LOCALHOST, self->port, PORTS);
	ASSERT_LE(0, self->lfd);
	for (i = 0; i < PORTS; i++)
		self->seen[i] = false;
	EXPECT_EQ(0, fill_range(self, PORTS));
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(self->port)));
}

/* D-62, K-069: what bind() owns is not chosen, K-068: nor what is reserved. */
TEST_F(range, owned_and_reserved_ports)
{
	int i;

	for (i = 0; i < 40; i++)
		ASSERT_LE(0, bound(LOCALHOST, LOW + 2 * i));
	ASSERT_EQ(0, sysctl_set("ipv4/ip_local_reserved_ports", "40001-40029"));
	/* 1 to 29 without the 14 even ones that are bound as well */
	EXPECT_EQ(0, fill_range(self, PORTS - 40 - 15));
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(self->port)));
	for (i = 0; i < 80; i += 2)
		EXPECT_FALSE(self->seen[i]);
	for (i = 1; i < 30; i++)
		EXPECT_FALSE(self->seen[i]);
}

/* D-62: a port that bind() joins later is not chosen until all have left. */
TEST_F(range, port_joined_by_bind)
{
	unsigned int port;
	int fd, other;

	ASSERT_EQ(0, fill_range(self, PORTS));
	port = port_of(self->fd[5]);
	ASSERT_EQ(0, set_int(self->fd[5], SOL_SOCKET, SO_REUSEADDR, 1));
	fd = sock(0);
	ASSERT_EQ(0, set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_EQ(0, bind_to(fd, LOCALHOST, port));
	other = listener_on(LOCALHOST, 30003, 1);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, set_range(port, port));
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(30003)));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(30003)));
	ASSERT_EQ(0, reset_by(self->fd[5]));
	ASSERT_TRUE(WAIT_FOR(state_of(port, self->port) == ST_NONE));
	EXPECT_LE(0, connected(30003));
}

/* B-70: a socket's own range. */
TEST_F(range, range_of_a_socket)
{
	unsigned int range = (LOW + 57) << 16 | (LOW + 57);
	int fd = sock(0);

	if (setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range,
		       sizeof(range)))
		SKIP(return, "no IP_LOCAL_PORT_RANGE");
	ASSERT_EQ(0, fill_range(self, 40));
	if (self->seen[57]) {
		EXPECT_EQ(EADDRNOTAVAIL,
			  err(connect_to(fd, LOCALHOST, self->port)));
	} else {
		EXPECT_EQ(0, connect_to(fd, LOCALHOST, self->port));
		EXPECT_EQ(LOW + 57, port_of(fd));
	}
}

/* Bring all connections to TIME_WAIT on the side that chose the port. */
static int all_to_time_wait(FIXTURE_DATA(range) *self, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (close(self->fd[i]) || drain(self->peer[i]) ||
		    close(self->peer[i]))
			return -1;
	for (i = 0; i < PORTS; i++)
		if (self->seen[i] &&
		    !WAIT_FOR(state_of(LOW + i, self->port) == ST_TIME_WAIT))
			return -1;
	return 0;
}

/* D-65 */
TEST_F(range, time_wait_forbidden)
{
	if (!native())
		ASSERT_EQ(0, sysctl_set("xtcp/timewait_msecs", "60000"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_tw_reuse", "0"));
	ASSERT_EQ(0, fill_range(self, PORTS));
	ASSERT_EQ(0, all_to_time_wait(self, PORTS));
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(self->port)));
}

/* D-65, D-67, K-075: each entry is taken over once, then all are in use. */
TEST_F(range, time_wait_reused)
{
	long recycled = counter("TWRecycled");
	int i;

	if (!native())
		ASSERT_EQ(0, sysctl_set("xtcp/timewait_msecs", "60000"));
	ASSERT_EQ(0, fill_range(self, PORTS));
	ASSERT_EQ(0, all_to_time_wait(self, PORTS));
	memset(self->seen, 0, sizeof(self->seen));
	/* Not within the second of its last timestamp. */
	ASSERT_TRUE(WAIT_FOR((self->fd[0] = connected(self->port)) >= 0));
	self->seen[port_of(self->fd[0]) - LOW] = true;
	ASSERT_LE(0, accept(self->lfd, NULL, NULL));
	for (i = 1; i < PORTS; i++)
		ASSERT_TRUE(WAIT_FOR(!one_more(self, i)));
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(self->port)));
	EXPECT_EQ(recycled + PORTS, counter("TWRecycled"));
}

/* D-66, and the claim that the entry had is gone with it. */
TEST_F(range, time_wait_taken_by_bind)
{
	unsigned int port;
	int fd = sock(0);

	if (!native())
		ASSERT_EQ(0, sysctl_set("xtcp/timewait_msecs", "60000"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_tw_reuse", "0"));
	ASSERT_EQ(0, one_more(self, 0));
	ASSERT_EQ(0, set_int(self->fd[0], SOL_SOCKET, SO_REUSEADDR, 1));
	port = port_of(self->fd[0]);
	ASSERT_EQ(0, all_to_time_wait(self, 1));
	ASSERT_EQ(0, set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_EQ(0, bind_to(fd, LOCALHOST, port));
	EXPECT_EQ(0, connect_to(fd, LOCALHOST, self->port));
	ASSERT_EQ(0, set_range(port, port));
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(self->port)));
	ASSERT_EQ(0, reset_by(fd));
	ASSERT_TRUE(WAIT_FOR(state_of(port, self->port) == ST_NONE));
	EXPECT_LE(0, connected(self->port));
}

/* B-71 and D-61: bind() and connect() keep out of each other's way. */
TEST_F(range, parity)
{
	int i, fd;

	for (i = 0; i < PORTS / 2; i++) {
		fd = bound(LOCALHOST, 0);
		ASSERT_LE(0, fd);
		EXPECT_EQ(1, port_of(fd) % 2);
	}
	ASSERT_EQ(0, fill_range(self, PORTS / 2));
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(self->port)));
	/* What connections own, they own at another address only. */
	EXPECT_EQ(EADDRINUSE, err(bound(LOCALHOST, 0)));
	EXPECT_EQ(EADDRINUSE, err(bound("0.0.0.0", 0)));
	EXPECT_LE(0, bound("127.0.0.2", 0));
}

/* B-75: the last port that nobody owns is found. */
TEST_F(range, last_port_of_bind)
{
	int i;

	for (i = 0; i < PORTS; i++)
		ASSERT_LE(0, bound("0.0.0.0", 0));
	EXPECT_EQ(EADDRINUSE, err(bound("0.0.0.0", 0)));
	EXPECT_EQ(EADDRINUSE, err(bound(LOCALHOST, 0)));
}

#include "nothing_left.h"
