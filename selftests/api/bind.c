// SPDX-License-Identifier: GPL-2.0
/* bind(): order of errors, what it leaves behind, conflicts, port 0. */
#include <net/if.h>
#include <netinet/ip.h>

#include "harness.h"

#define NOT_LOCAL	"192.0.2.1"
#define OTHER_LOCAL	"127.0.0.2"

/* bind() with every part of the address in the caller's hand */
static int bind_raw(int fd, int family_, const char *ip, unsigned int port,
		    socklen_t len)
{
	struct {
		struct sockaddr_in sin;
		char tail[128];
	} addr = { .sin = addr_of(ip, port) };

	addr.sin.sin_family = family_;
	return bind(fd, (struct sockaddr *)&addr, len);
}

static int bind_as_user(int fd, unsigned int port)
{
	int ret;

	if (seteuid(1000))
		return -1;
	ret = bind_to(fd, LOCALHOST, port) ? errno : 0;
	if (seteuid(0))
		return -1;
	errno = ret;
	return ret ? -1 : 0;
}

/* B-01 */
TEST(not_a_socket)
{
	EXPECT_EQ(EBADF, err(bind_to(-1, LOCALHOST, 0)));
	EXPECT_EQ(EBADF, err(bind_to(9999, LOCALHOST, 0)));
	EXPECT_EQ(ENOTSOCK, err(bind_to(0, LOCALHOST, 0)));
}

/* B-02 */
TEST(length_or_pointer_out_of_range)
{
	int fd = sock(0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(EINVAL, err(bind_raw(fd, AF_INET, LOCALHOST, 0, -1)));
	EXPECT_EQ(EINVAL, err(bind_raw(fd, AF_INET, LOCALHOST, 0, 129)));
	EXPECT_EQ(EFAULT, err(bind(fd, (void *)8, 16)));
	EXPECT_EQ(0, port_of(fd));
}

/* B-04 */
TEST(length_of_the_address)
{
	int fd = sock(0);
	socklen_t len;

	ASSERT_LE(0, fd);
	for (len = 0; len < sizeof(struct sockaddr_in); len++)
		EXPECT_EQ(EINVAL, err(bind_raw(fd, AF_INET, LOCALHOST, 0, len)));
	EXPECT_EQ(0, bind_raw(fd, AF_INET, LOCALHOST, 0, 128));
	fd = sock(0);
	EXPECT_EQ(0, bind_raw(fd, AF_INET, LOCALHOST, 0, 17));
}

/* B-06 */
TEST(family_of_the_address)
{
	int fd = sock(0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(EAFNOSUPPORT,
		  err(bind_raw(fd, AF_INET6, LOCALHOST, 0, 28)));
	EXPECT_EQ(EAFNOSUPPORT, err(bind_raw(fd, AF_UNIX, LOCALHOST, 0, 16)));
	EXPECT_EQ(EAFNOSUPPORT, err(bind_raw(fd, AF_XTCP, LOCALHOST, 0, 16)));
	EXPECT_EQ(EAFNOSUPPORT, err(bind_raw(fd, AF_UNSPEC, LOCALHOST, 0, 16)));
	EXPECT_EQ(0, bind_raw(fd, AF_UNSPEC, "0.0.0.0", 0, 16));
	EXPECT_NE(0, port_of(fd));
}

/* B-07 */
TEST(address_must_be_local)
{
	int fd = sock(0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(EADDRNOTAVAIL, err(bind_to(fd, NOT_LOCAL, 0)));
	EXPECT_EQ(EADDRNOTAVAIL, err(bind_to(fd, "8.8.8.8", own_port())));
	EXPECT_EQ(0, bind_to(fd, "127.1.2.3", 0));
}

/* B-07, B-14 */
TEST(multicast_and_broadcast_are_accepted)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int fd = sock(0);

	ASSERT_EQ(0, bind_to(fd, "224.0.0.1", own_port()));
	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(inet_addr("224.0.0.1"), sin.sin_addr.s_addr);
	fd = sock(0);
	EXPECT_EQ(0, bind_to(fd, "255.255.255.255", own_port()));
}

/* B-07, B-81 */
TEST(freebind)
{
	int fd = sock(0);

	ASSERT_EQ(0, set_int(fd, IPPROTO_IP, IP_FREEBIND, 1));
	EXPECT_EQ(0, bind_to(fd, NOT_LOCAL, own_port()));
}

/* B-07, J-04 */
TEST(nonlocal_bind)
{
	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/ip_nonlocal_bind", "1"));
	EXPECT_EQ(0, bind_to(sock(0), NOT_LOCAL, own_port()));
}

/* B-08, J-03 */
TEST(privileged_port)
{
	int fd = sock(0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(EACCES, err(bind_as_user(fd, 1)));
	EXPECT_EQ(EACCES, err(bind_as_user(fd, 1023)));
	EXPECT_EQ(0, bind_as_user(fd, 1024));
	EXPECT_EQ(0, bind_as_user(sock(0), 0));
	/* the same port with the capability */
	EXPECT_EQ(0, bind_to(sock(0), LOCALHOST, 1023));

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/ip_unprivileged_port_start", "80"));
	EXPECT_EQ(EACCES, err(bind_as_user(sock(0), 79)));
	EXPECT_EQ(0, bind_as_user(sock(0), 80));
}

/* B-09 */
TEST(double_bind)
{
	int fd = bound(LOCALHOST, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(EINVAL, err(bind_to(fd, LOCALHOST, 0)));
	EXPECT_EQ(EINVAL, err(bind_to(fd, LOCALHOST, own_port())));
	EXPECT_EQ(EINVAL, err(bind_to(fd, LOCALHOST, port_of(fd))));
	EXPECT_EQ(EINVAL, err(bind_to(fd, "0.0.0.0", 0)));
}

static pthread_barrier_t both;

static long call_bind(struct job *job)
{
	pthread_barrier_wait(&both);
	return bind_to(job->fd, LOCALHOST, 0);
}

/* B-09, K-009: of two threads that bind one socket, one succeeds. */
TEST(double_bind_at_once)
{
	struct job jobs[2];
	int i, j, fd;

	pthread_barrier_init(&both, NULL, 2);
	for (i = 0; i < 200; i++) {
		fd = sock(0);
		for (j = 0; j < 2; j++)
			ASSERT_EQ(0, job_start(&jobs[j], call_bind, fd, NULL));
		for (j = 0; j < 2; j++)
			job_join(&jobs[j]);
		EXPECT_EQ(-1, jobs[0].ret + jobs[1].ret);
		EXPECT_EQ(EINVAL, jobs[0].ret ? jobs[0].err : jobs[1].err);
		EXPECT_EQ(0, close(fd));
	}
}

/* B-09 */
TEST(bind_in_other_states)
{
	struct silent silent;
	int fd[2], lfd, syn;

	lfd = listener(1);
	ASSERT_LE(0, lfd);
	EXPECT_EQ(EINVAL, err(bind_to(lfd, LOCALHOST, own_port())));
	ASSERT_EQ(0, pair_via(lfd, fd));
	EXPECT_EQ(EINVAL, err(bind_to(fd[0], LOCALHOST, own_port())));
	EXPECT_EQ(EINVAL, err(bind_to(fd[1], LOCALHOST, own_port())));
	ASSERT_EQ(0, silent_open(&silent));
	syn = sock(SOCK_NONBLOCK);
	EXPECT_EQ(EINPROGRESS, err(connect_to(syn, LOCALHOST, silent.port)));
	EXPECT_EQ(EINVAL, err(bind_to(syn, LOCALHOST, own_port())));
	/* autobind by listen() */
	lfd = sock(0);
	ASSERT_EQ(0, listen(lfd, 1));
	EXPECT_EQ(EINVAL, err(bind_to(lfd, LOCALHOST, own_port())));
}

/* B-09: a connection that is over leaves a locked port behind. */
TEST(bind_after_the_end)
{
	unsigned int port = own_port();
	int fd = bound(LOCALHOST, port);
	int lfd = listener(1);
	char byte;

	ASSERT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
	ASSERT_EQ(0, reset_by(accept(lfd, NULL, NULL)));
	EXPECT_EQ(ECONNRESET, err(recv(fd, &byte, 1, 0)));
	EXPECT_EQ(EINVAL, err(bind_to(fd, LOCALHOST, own_port())));
}

/* The first of several faults decides: B-02 B-04 B-06 B-07 B-08 B-09 B-10 */
TEST(order_of_errors)
{
	unsigned int port = own_port();
	int taken = bound(LOCALHOST, port);
	int fd = sock(0);

	ASSERT_LE(0, taken);
	/* short, before the wrong family */
	EXPECT_EQ(EINVAL, err(bind_raw(fd, AF_UNIX, NOT_LOCAL, 1, 15)));
	/* family, before the foreign address */
	EXPECT_EQ(EAFNOSUPPORT, err(bind_raw(fd, AF_UNIX, NOT_LOCAL, 1, 16)));
	ASSERT_EQ(0, seteuid(1000));
	/* foreign address, before the privileged port */
	EXPECT_EQ(EADDRNOTAVAIL, err(bind_to(fd, NOT_LOCAL, 1)));
	/* privileged port, before the second bind */
	EXPECT_EQ(EACCES, err(bind_to(taken, LOCALHOST, 1)));
	ASSERT_EQ(0, seteuid(0));
	/* foreign address, before the second bind */
	EXPECT_EQ(EADDRNOTAVAIL, err(bind_to(taken, NOT_LOCAL, 0)));
	/* second bind, before the conflict */
	fd = bound(LOCALHOST, 0);
	EXPECT_EQ(EINVAL, err(bind_to(fd, LOCALHOST, port)));
}

/* B-10, B-12 */
TEST(conflict_changes_nothing)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	unsigned int port = own_port();
	int taken = bound(LOCALHOST, port);
	int fd = sock(0);

	ASSERT_LE(0, taken);
	EXPECT_EQ(EADDRINUSE, err(bind_to(fd, LOCALHOST, port)));
	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(0, sin.sin_addr.s_addr);
	EXPECT_EQ(0, sin.sin_port);
	EXPECT_EQ(EADDRINUSE, err(bind_to(fd, "0.0.0.0", port)));
	EXPECT_EQ(0, bind_to(fd, OTHER_LOCAL, port));
}

/* B-13 */
TEST(bound_socket_is_no_listener)
{
	int fd = bound(LOCALHOST, 0);
	struct row row;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, row_find(port_of(fd), 0, &row));
	EXPECT_EQ(ECONNREFUSED, err(connected(port_of(fd))));
	EXPECT_EQ(P_FRESH, mask_of(fd));
}

/* B-14, B-17 */
TEST(name_of_a_bound_socket)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	unsigned int port = own_port();
	int fd = bound(OTHER_LOCAL, port);

	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(sizeof(sin), len);
	EXPECT_EQ(AF_INET, sin.sin_family);
	EXPECT_EQ(inet_addr(OTHER_LOCAL), sin.sin_addr.s_addr);
	EXPECT_EQ(port, ntohs(sin.sin_port));
}

static in_addr_t ip_of(int fd)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	if (getsockname(fd, (struct sockaddr *)&sin, &len))
		return INADDR_NONE;
	return sin.sin_addr.s_addr;
}

/* B-15, D-56 */
TEST(bound_address_survives_a_disconnect)
{
	int lfd = listener(4);
	int fd = bound(OTHER_LOCAL, 0);

	ASSERT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
	ASSERT_EQ(0, unspec(fd));
	EXPECT_EQ(inet_addr(OTHER_LOCAL), ip_of(fd));

	fd = bound("0.0.0.0", 0);
	ASSERT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
	EXPECT_EQ(inet_addr(LOCALHOST), ip_of(fd));
	ASSERT_EQ(0, unspec(fd));
	EXPECT_EQ(INADDR_ANY, ip_of(fd));
}

/* B-16, B-78: only a port that was asked for stays. */
TEST(bound_port_survives_a_disconnect)
{
	unsigned int port = own_port();
	int lfd = listener(4);
	int fd = bound(LOCALHOST, port);

	ASSERT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
	ASSERT_EQ(0, unspec(fd));
	EXPECT_EQ(port, port_of(fd));
	EXPECT_EQ(EADDRINUSE, err(bound(LOCALHOST, port)));

	fd = bound(LOCALHOST, 0);
	port = port_of(fd);
	ASSERT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
	ASSERT_EQ(0, unspec(fd));
	EXPECT_LE(0, bound(LOCALHOST, port));
}

/* B-16 */
TEST(bound_port_survives_a_failed_connect)
{
	unsigned int port = own_port();
	int dead = bound(LOCALHOST, 0);
	int fd = bound(LOCALHOST, port);

	EXPECT_EQ(ECONNREFUSED,
		  err(connect_to(fd, LOCALHOST, port_of(dead))));
	EXPECT_EQ(port, port_of(fd));
	EXPECT_EQ(EADDRINUSE, err(bound(LOCALHOST, port)));
}

/* B-19 */
TEST(send_does_not_bind)
{
	int fd = sock(0);

	EXPECT_EQ(EPIPE, err(send(fd, "x", 1, MSG_NOSIGNAL)));
	EXPECT_EQ(0, port_of(fd));
}

static const struct {
	const char *row, *first, *second;
	bool overlap;
} overlaps[] = {
	{ "B-20", "0.0.0.0", "0.0.0.0", true },
	{ "B-21", LOCALHOST, "0.0.0.0", true },
	{ "B-22", "0.0.0.0", LOCALHOST, true },
	{ "B-23", LOCALHOST, LOCALHOST, true },
	{ "B-24", LOCALHOST, OTHER_LOCAL, false },
};

/* B-20 to B-24 */
TEST(overlap_of_addresses)
{
	unsigned int port;
	int a, b;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(overlaps); i++) {
		port = own_port();
		a = bound(overlaps[i].first, port);
		ASSERT_LE(0, a);
		b = sock(0);
		EXPECT_EQ(overlaps[i].overlap ? EADDRINUSE : 0,
			  err(bind_to(b, overlaps[i].second, port))) {
			TH_LOG("%s", overlaps[i].row);
		}
		/* a listener counts like any other */
		close(b);
		ASSERT_EQ(0, listen(a, 1));
		b = sock(0);
		EXPECT_EQ(overlaps[i].overlap ? EADDRINUSE : 0,
			  err(bind_to(b, overlaps[i].second, port))) {
			TH_LOG("%s, listening", overlaps[i].row);
		}
		close(a);
		close(b);
	}
}

static int bound_on(const char *dev, unsigned int port)
{
	int fd = sock(0);

	if (dev && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev,
			      strlen(dev) + 1))
		return -1;
	if (bind_to(fd, "0.0.0.0", port)) {
		close(fd);
		errno = EADDRINUSE;
		return -1;
	}
	return fd;
}

/* B-25, B-26 */
TEST(overlap_of_devices)
{
	unsigned int port = own_port();
	int fd;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, link_add("dummy", "dm0"));
	fd = bound_on("lo", port);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EADDRINUSE, err(bound_on("lo", port)));
	EXPECT_EQ(EADDRINUSE, err(bound_on(NULL, port)));
	EXPECT_LE(0, bound_on("dm0", port));
	port = own_port();
	ASSERT_LE(0, bound_on(NULL, port));
	EXPECT_EQ(EADDRINUSE, err(bound_on("lo", port)));
}

/* B-29: who counts as an owner of a port */
TEST(children_own_the_port)
{
	int lfd = listener(4);
	unsigned int port = port_of(lfd);
	int fd[2];

	ASSERT_EQ(0, pair_via(lfd, fd));
	close(lfd);
	/* F-23: an accepted child */
	EXPECT_EQ(EADDRINUSE, err(bound(LOCALHOST, port)));
	EXPECT_EQ(EADDRINUSE, err(bound("0.0.0.0", port)));
	EXPECT_EQ(EADDRINUSE, err(listener_on(LOCALHOST, port, 1)));
	/* I-56: and nobody once it is gone without TIME_WAIT */
	ASSERT_EQ(0, reset_by(fd[1]));
	EXPECT_TRUE(WAIT_FOR(state_of(peer_port_of(fd[0]), port) == ST_NONE));
	EXPECT_LE(0, bound(LOCALHOST, port));
}

/* B-29: a connection that nobody accepted yet owns the port as well. */
TEST(queued_children_own_the_port)
{
	int lfd = sock(0);
	unsigned int port = own_port();
	int one;

	ASSERT_EQ(0, bind_to(lfd, LOCALHOST, port));
	ASSERT_EQ(0, listen(lfd, 4));
	one = connected(port);
	ASSERT_LE(0, one);
	ASSERT_EQ(POLLIN, wait_for(lfd, POLLIN));
	EXPECT_EQ(EADDRINUSE, err(bound(LOCALHOST, port)));
}

/* Bring a connection of local port @port into TIME_WAIT. */
static int time_wait_on(unsigned int port, bool r, bool p, unsigned int uid)
{
	int lfd = sock_as(uid);
	unsigned int client;
	int fd[2];
	int ret;

	if (set_int(lfd, SOL_SOCKET, SO_REUSEADDR, r) ||
	    set_int(lfd, SOL_SOCKET, SO_REUSEPORT, p) ||
	    bind_to(lfd, LOCALHOST, port) || listen(lfd, 1) ||
	    pair_via(lfd, fd))
		return -1;
	client = port_of(fd[0]);
	close(lfd);
	close(fd[1]);
	ret = drain(fd[0]);
	close(fd[0]);
	if (ret || !WAIT_FOR(state_of(port, client) == ST_TIME_WAIT))
		return -1;
	return 0;
}

static int lasting_time_wait(void)
{
	return native() ? 0 : sysctl_set("xtcp/timewait_msecs", "60000");
}

/* B-29 */
TEST(time_wait_owns_the_port)
{
	unsigned int port = own_port();

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, lasting_time_wait());
	ASSERT_EQ(0, time_wait_on(port, false, false, 0));
	EXPECT_EQ(EADDRINUSE, err(bound(LOCALHOST, port)));
	EXPECT_EQ(EADDRINUSE, err(bound("0.0.0.0", port)));
	EXPECT_LE(0, bound(OTHER_LOCAL, port));
}

/* B-30: ports of AF_XTCP and of AF_INET are separate spaces. */
TEST(native_ports_do_not_matter)
{
	unsigned int port = own_port();
	int tcp = socket(AF_INET, SOCK_STREAM, 0);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	int fd[2], lfd;

	if (native())
		return;
	ASSERT_EQ(0, bind_to(tcp, LOCALHOST, port));
	ASSERT_EQ(0, listen(tcp, 1));
	lfd = listener_on(LOCALHOST, port, 1);
	ASSERT_LE(0, lfd);
	ASSERT_EQ(0, pair_via(lfd, fd));
	EXPECT_EQ(0, mask_of(tcp));
	ASSERT_EQ(0, connect_to(client, LOCALHOST, port));
	EXPECT_EQ(P_IN, wait_for(tcp, P_IN));
	EXPECT_EQ(0, mask_of(lfd));
}

/* A connection of @of_family from @port to a listener on @server */
static int connection_of(int of_family, unsigned int port, unsigned int server,
			 int fd[2])
{
	int tested = family;
	int lfd, ret;

	family = of_family;
	lfd = listener_on(LOCALHOST, server, 1);
	fd[0] = bound(LOCALHOST, port);
	ret = connect_to(fd[0], LOCALHOST, server);
	fd[1] = accept(lfd, NULL, NULL);
	close(lfd);
	family = tested;
	return ret;
}

/* B-30: nor does a connection with the same addresses and ports. */
TEST(native_connections_do_not_matter)
{
	unsigned int port = own_port(), server = own_port();
	int tcp[2], fd[2];
	char byte;

	if (native())
		return;
	ASSERT_EQ(0, connection_of(AF_INET, port, server, tcp));
	ASSERT_EQ(0, connection_of(family, port, server, fd));
	EXPECT_EQ(port, port_of(tcp[0]));
	EXPECT_EQ(port, port_of(fd[0]));
	ASSERT_EQ(1, send(tcp[0], "t", 1, 0));
	ASSERT_EQ(1, send(fd[0], "x", 1, 0));
	EXPECT_EQ(1, recv(tcp[1], &byte, 1, 0));
	EXPECT_EQ('t', byte);
	EXPECT_EQ(1, recv(fd[1], &byte, 1, 0));
	EXPECT_EQ('x', byte);
	/* the end of one is not the end of the other */
	ASSERT_EQ(0, reset_by(tcp[0]));
	EXPECT_EQ(ECONNRESET, err(recv(tcp[1], &byte, 1, 0)));
	EXPECT_EQ(P_OUT, mask_of(fd[0]));
	ASSERT_EQ(1, send(fd[1], "y", 1, 0));
	EXPECT_EQ(1, recv(fd[0], &byte, 1, 0));
}

/* B-30, B-76, D-27: a range that TCP has used up is whole for XTCP. */
TEST(native_range_does_not_matter)
{
	int tcp;

	if (native())
		return;
	ASSERT_EQ(0, fresh_netns());
	ASSERT_LE(0, listener_on(LOCALHOST, 30001, 1));
	ASSERT_EQ(0, sysctl_set("ipv4/ip_local_port_range", "40001 40001"));
	tcp = socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind_to(tcp, LOCALHOST, 0));
	EXPECT_EQ(40001, port_of(connected(30001)));
	EXPECT_EQ(EADDRNOTAVAIL, err(connected(30001)));
	EXPECT_EQ(40001, port_of(tcp));
}

/*
 * B.4, rows B-40 to B-55: what an owner with SO_REUSEADDR R2 and SO_REUSEPORT
 * P2 leaves to a new socket with R1 and P1.  The columns are those of the
 * inventory; X is EADDRINUSE.
 */
enum { OTHER_SAME, OTHER_DIFF, LISTEN_SAME, LISTEN_DIFF, TIME_WAIT };

static const struct {
	int row;
	bool r1, r2, p1, p2;
	const char *explicit;
	const char *port_zero;
} sharing[] = {
	{ 40, 0, 0, 0, 0, "XXXXX", "XXXX" },
	{ 41, 0, 0, 0, 1, "XXXXX", "XXXX" },
	{ 42, 0, 0, 1, 0, "XXXXX", "XXXX" },
	{ 43, 0, 0, 1, 1, "oXoXo", "XXXX" },
	{ 44, 0, 1, 0, 0, "XXXXX", "XXXX" },
	{ 45, 0, 1, 0, 1, "XXXXX", "XXXX" },
	{ 46, 0, 1, 1, 0, "XXXXX", "XXXX" },
	{ 47, 0, 1, 1, 1, "oXoXo", "XXXX" },
	{ 48, 1, 0, 0, 0, "XXXXX", "XXXX" },
	{ 49, 1, 0, 0, 1, "XXXXX", "XXXX" },
	{ 50, 1, 0, 1, 0, "XXXXX", "XXXX" },
	{ 51, 1, 0, 1, 1, "oXoXo", "XXXX" },
	{ 52, 1, 1, 0, 0, "ooXXo", "ooXo" },
	{ 53, 1, 1, 0, 1, "ooXXo", "ooXo" },
	{ 54, 1, 1, 1, 0, "ooXXo", "ooXo" },
	{ 55, 1, 1, 1, 1, "oooXo", "XoXX" },
};

/* An owner of @port as the column @kind says; 0 when it needs no descriptor. */
static int owner_of(int kind, unsigned int port, bool r, bool p)
{
	int fd;

	if (kind == TIME_WAIT)
		return time_wait_on(port, r, p, 1000) ? -1 : 0;
	fd = sock_as(1000);
	if (set_int(fd, SOL_SOCKET, SO_REUSEADDR, r) ||
	    set_int(fd, SOL_SOCKET, SO_REUSEPORT, p) ||
	    bind_to(fd, LOCALHOST, port))
		return -1;
	if (kind >= LISTEN_SAME && listen(fd, 1))
		return -1;
	return fd;
}

static int bind_beside(int kind, unsigned int port, bool r, bool p)
{
	int fd = sock_as(kind == OTHER_DIFF || kind == LISTEN_DIFF ? 2000 : 1000);
	int ret;

	if (set_int(fd, SOL_SOCKET, SO_REUSEADDR, r) ||
	    set_int(fd, SOL_SOCKET, SO_REUSEPORT, p))
		return -1;
	ret = err(bind_to(fd, LOCALHOST, port));
	close(fd);
	return ret;
}

TEST(sharing_an_explicit_port)
{
	unsigned int port;
	int kind, fd;
	size_t i;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, lasting_time_wait());
	for (i = 0; i < ARRAY_SIZE(sharing); i++) {
		for (kind = OTHER_SAME; kind <= TIME_WAIT; kind++) {
			port = own_port();
			fd = owner_of(kind, port, sharing[i].r2, sharing[i].p2);
			ASSERT_LE(0, fd);
			EXPECT_EQ(sharing[i].explicit[kind] == 'X' ?
				  EADDRINUSE : 0,
				  bind_beside(kind, port, sharing[i].r1,
					      sharing[i].p1)) {
				TH_LOG("B-%d column %d", sharing[i].row, kind);
			}
			if (fd)
				close(fd);
		}
	}
}

/* Columns p0 of B.4: ip_autobind_reuse 1 and no other port to go to (B-75) */
TEST(sharing_by_port_zero)
{
	static const int kinds[] = {
		OTHER_SAME, OTHER_DIFF, LISTEN_SAME, TIME_WAIT
	};
	unsigned int port;
	char range[32];
	int fd, kind;
	size_t i, j;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, lasting_time_wait());
	ASSERT_EQ(0, sysctl_set("ipv4/ip_autobind_reuse", "1"));
	for (i = 0; i < ARRAY_SIZE(sharing); i++) {
		for (j = 0; j < ARRAY_SIZE(kinds); j++) {
			kind = kinds[j];
			port = own_port();
			ASSERT_EQ(0, sysctl_set("ipv4/ip_local_port_range",
						"32768 60999"));
			fd = owner_of(kind, port, sharing[i].r2, sharing[i].p2);
			ASSERT_LE(0, fd);
			snprintf(range, sizeof(range), "%u %u", port, port);
			ASSERT_EQ(0, sysctl_set("ipv4/ip_local_port_range",
						range));
			EXPECT_EQ(sharing[i].port_zero[j] == 'X' ?
				  EADDRINUSE : 0,
				  bind_beside(kind, 0, sharing[i].r1,
					      sharing[i].p1)) {
				TH_LOG("B-%d column p0 %zu", sharing[i].row, j);
			}
			if (fd)
				close(fd);
		}
	}
}

/* B-56: the test is made again by listen(). */
TEST(second_listener)
{
	unsigned int port = own_port();
	int a = sock(0), b = sock(0);

	ASSERT_EQ(0, set_int(a, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_EQ(0, set_int(b, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_EQ(0, bind_to(a, LOCALHOST, port));
	ASSERT_EQ(0, bind_to(b, LOCALHOST, port));
	EXPECT_EQ(0, listen(a, 1));
	EXPECT_EQ(EADDRINUSE, err(listen(b, 1)));
	/* C-08: still bound, and good once the other is gone */
	EXPECT_EQ(port, port_of(b));
	close(a);
	EXPECT_EQ(0, listen(b, 1));
}

/* B-60: restart of a server whose clients are still there */
TEST(restart_beside_live_children)
{
	unsigned int port = own_port();
	int lfd = sock(0), again = sock(0), plain;
	int fd[2];

	ASSERT_EQ(0, set_int(lfd, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_EQ(0, bind_to(lfd, LOCALHOST, port));
	ASSERT_EQ(0, listen(lfd, 1));
	ASSERT_EQ(0, pair_via(lfd, fd));
	close(lfd);
	plain = sock(0);
	EXPECT_EQ(EADDRINUSE, err(bind_to(plain, LOCALHOST, port)));
	ASSERT_EQ(0, set_int(again, SOL_SOCKET, SO_REUSEADDR, 1));
	EXPECT_EQ(0, bind_to(again, LOCALHOST, port));
	EXPECT_EQ(0, listen(again, 1));
}

/* B-62: a port that only an outgoing connection uses */
TEST(port_of_an_outgoing_connection)
{
	int lfd = listener(1);
	int fd = connected(port_of(lfd));
	unsigned int port = port_of(fd);
	int other = sock(0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(EADDRINUSE, err(bind_to(other, LOCALHOST, port)));
	EXPECT_EQ(0, bind_to(other, OTHER_LOCAL, port));
	/* R on both sides lets a non-listener in */
	other = sock(0);
	ASSERT_EQ(0, set_int(other, SOL_SOCKET, SO_REUSEADDR, 1));
	EXPECT_EQ(EADDRINUSE, err(bind_to(other, LOCALHOST, port)));
	ASSERT_EQ(0, set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	EXPECT_EQ(0, bind_to(other, LOCALHOST, port));
}

/* B-70, J-01 */
TEST(port_zero_stays_in_the_range)
{
	unsigned int port;
	int i;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/ip_local_port_range", "40000 40019"));
	for (i = 0; i < 20; i++) {
		port = port_of(bound(LOCALHOST, 0));
		EXPECT_LE(40000, port);
		EXPECT_GE(40019, port);
	}
	/* B-75: and no more */
	EXPECT_EQ(EADDRINUSE, err(bound(LOCALHOST, 0)));
	/* B-74: but another address has its own */
	EXPECT_LE(0, bound(OTHER_LOCAL, 0));
}

/* B-71: ports of the other parity than the lower bound come first. */
TEST(port_zero_parity)
{
	int i;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/ip_local_port_range", "40000 40019"));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(1, port_of(bound(LOCALHOST, 0)) % 2);
	for (i = 0; i < 10; i++)
		EXPECT_EQ(0, port_of(bound(LOCALHOST, 0)) % 2);
}

/* B-73, J-02 */
TEST(reserved_ports)
{
	unsigned int port;
	int i;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/ip_local_port_range", "40000 40009"));
	ASSERT_EQ(0, sysctl_set("ipv4/ip_local_reserved_ports",
				"40001,40004-40006"));
	for (i = 0; i < 6; i++) {
		port = port_of(bound(LOCALHOST, 0));
		EXPECT_NE(40001, port);
		EXPECT_TRUE(port < 40004 || port > 40006);
	}
	EXPECT_EQ(EADDRINUSE, err(bound(LOCALHOST, 0)));
	EXPECT_LE(0, bound(LOCALHOST, 40004));
}

/* B-76 */
TEST(range_of_one_port)
{
	int fd;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/ip_local_port_range", "40001 40001"));
	fd = bound(LOCALHOST, 0);
	EXPECT_EQ(40001, port_of(fd));
	EXPECT_EQ(EADDRINUSE, err(bound(LOCALHOST, 0)));
	close(fd);
	EXPECT_EQ(40001, port_of(bound(LOCALHOST, 0)));
}

/* B-77 */
TEST(address_without_a_port)
{
	int lfd = listener(1);
	int fd = sock(0);

	ASSERT_EQ(0, set_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1));
	ASSERT_EQ(0, bind_to(fd, OTHER_LOCAL, 0));
	EXPECT_EQ(inet_addr(OTHER_LOCAL), ip_of(fd));
	EXPECT_EQ(0, port_of(fd));
	ASSERT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
	EXPECT_NE(0, port_of(fd));
	EXPECT_EQ(inet_addr(OTHER_LOCAL), ip_of(fd));
}

/* I-56: a port is free as soon as its last owner is closed. */
TEST(close_frees_the_port)
{
	unsigned int port = own_port();
	int i, fd;

	for (i = 0; i < 20; i++) {
		fd = i % 2 ? listener_on(LOCALHOST, port, 1) :
			     bound(LOCALHOST, port);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, close(fd));
	}
}

#include "nothing_left.h"
