// SPDX-License-Identifier: GPL-2.0
/* socket(): which calls succeed, and what a fresh socket looks like. */
#include <netinet/ip.h>
#include <sys/resource.h>

#include "harness.h"

/* */
TEST(inode_of_a_socket)
{
	char path[64], link[64] = "", expected[64];
	struct stat st;
	int fd;

	fd = sock(0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(S_IFSOCK | 0777, st.st_mode);
	EXPECT_EQ(geteuid(), st.st_uid);
	EXPECT_EQ(getegid(), st.st_gid);

	/* J-71 */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ASSERT_LT(0, readlink(path, link, sizeof(link) - 1));
	snprintf(expected, sizeof(expected), "socket:[%lu]", st.st_ino);
	EXPECT_STREQ(expected, link);
}

/* the owner is the caller's fsuid. */
TEST(owner_of_a_socket)
{
	struct stat st;
	int fd = sock_as(4711);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(4711, st.st_uid);
}

/* */
TEST(protocol_tcp_is_the_default)
{
	int a = socket(family, SOCK_STREAM, 0);
	int b = socket(family, SOCK_STREAM, IPPROTO_TCP);

	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	EXPECT_EQ(get_int(a, SOL_SOCKET, SO_PROTOCOL),
		  get_int(b, SOL_SOCKET, SO_PROTOCOL));
}

static const struct {
	const char *row;
	int type, protocol;
	int error;
	bool xtcp_only;		/* AF_INET knows this type or protocol */
} wrong[] = {
	{ "A-03", SOCK_STREAM, IPPROTO_UDP, EPROTONOSUPPORT, false },
	{ "A-03", SOCK_STREAM, IPPROTO_UDPLITE, EPROTONOSUPPORT, false },
	{ "A-03", SOCK_STREAM, IPPROTO_ICMP, EPROTONOSUPPORT, false },
	{ "A-03", SOCK_STREAM, IPPROTO_RAW, EPROTONOSUPPORT, false },
	{ "A-03", SOCK_STREAM, IPPROTO_SCTP, EPROTONOSUPPORT, true },
	{ "A-03", SOCK_STREAM, 262, EPROTONOSUPPORT, true },
	{ "A-04", SOCK_STREAM, -1, EINVAL, false },
	{ "A-04", SOCK_STREAM, 263, EINVAL, false },
	{ "A-04", SOCK_STREAM, INT32_MAX, EINVAL, false },
	{ "A-04", SOCK_DGRAM, 263, EINVAL, false },
	{ "A-05", SOCK_DGRAM, 0, ESOCKTNOSUPPORT, true },
	{ "A-05", SOCK_DGRAM, IPPROTO_TCP, ESOCKTNOSUPPORT, true },
	{ "A-05", SOCK_DGRAM, IPPROTO_UDP, ESOCKTNOSUPPORT, true },
	{ "A-05", SOCK_RAW, IPPROTO_TCP, ESOCKTNOSUPPORT, true },
	{ "A-05", SOCK_RDM, 0, ESOCKTNOSUPPORT, false },
	{ "A-05", SOCK_SEQPACKET, 0, ESOCKTNOSUPPORT, true },
	{ "A-05", SOCK_DCCP, 0, ESOCKTNOSUPPORT, true },
	{ "A-05", SOCK_PACKET, 0, ESOCKTNOSUPPORT, true },
	{ "A-05", 0, 0, ESOCKTNOSUPPORT, false },
	{ "A-05", 7, 0, ESOCKTNOSUPPORT, false },
	{ "A-06", 11, 0, EINVAL, false },
	{ "A-06", 15, 0, EINVAL, false },
	{ "A-06", -1, 0, EINVAL, false },
	{ "A-07", SOCK_STREAM | 0x10, 0, EINVAL, false },
	{ "A-07", SOCK_STREAM | 0x40000000, 0, EINVAL, false },
};

/* */
TEST(wrong_type_or_protocol)
{
	long used = sockets_used();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		if (native() && wrong[i].xtcp_only)
			continue;
		EXPECT_EQ(wrong[i].error, err(socket(family, wrong[i].type,
						     wrong[i].protocol))) {
			TH_LOG("%s: type %d protocol %d", wrong[i].row,
			       wrong[i].type, wrong[i].protocol);
		}
	}
	EXPECT_EQ(used, sockets_used());
}

/* */
TEST(flags)
{
	int fd = sock(SOCK_NONBLOCK);

	ASSERT_LE(0, fd);
	EXPECT_EQ(O_NONBLOCK, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	fd = sock(SOCK_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
}

/* */
TEST(no_such_family)
{
	static const int families[] = { 46, 47, -1, INT32_MAX, 19 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++)
		EXPECT_EQ(EAFNOSUPPORT,
			  err(socket(families[i], SOCK_STREAM, 0)));
}

/* */
TEST(descriptors_exhausted)
{
	long used = sockets_used();
	struct rlimit limit, none;
	int i;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = dup(0);
	ASSERT_EQ(0, close(none.rlim_cur));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	for (i = 0; i < 100; i++)
		EXPECT_EQ(EMFILE, err(sock(0)));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(used, sockets_used());
}

static int file_max(const char *value, char *old, size_t len)
{
	int fd = open("/proc/sys/fs/file-max", O_RDWR | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = old ? read(fd, old, len - 1) : 0;
	if (n > 0)
		old[n] = 0;
	n = pwrite(fd, value, strlen(value), 0);
	close(fd);
	return n < 0 ? -1 : 0;
}

/* A-12, K-041: the system's table is full; what waits to be accepted stays. */
TEST(files_exhausted)
{
	int fresh, child, error[2], fd = sock(0);
	int lfd = listener(1);
	char old[32];
	long used;

	ASSERT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
	ASSERT_NE(0, wait_for(lfd, POLLIN));
	used = sockets_used();
	ASSERT_EQ(0, file_max("0", old, sizeof(old)));
	/* root may go beyond */
	seteuid(1000);
	fresh = sock(0);
	error[0] = err(fresh);
	child = accept(lfd, NULL, NULL);
	error[1] = err(child);
	seteuid(0);
	ASSERT_EQ(0, file_max(old, NULL, 0));
	EXPECT_EQ(ENFILE, error[0]);
	EXPECT_EQ(ENFILE, error[1]);
	EXPECT_EQ(used, sockets_used());
	child = accept(lfd, NULL, NULL);
	ASSERT_LE(0, child);
	EXPECT_EQ(port_of(fd), peer_port_of(child));
}

/* */
TEST(no_socketpair)
{
	int before = dup(0);
	int sv[2], after;

	close(before);
	EXPECT_EQ(EOPNOTSUPP, err(socketpair(family, SOCK_STREAM, 0, sv)));
	after = dup(0);
	EXPECT_EQ(before, after);
}

/* created and closed sockets are counted, and are not left behind. */
TEST(sockets_are_counted)
{
	long used = sockets_used();
	long sockets = proto_sockets();
	int fd[50];
	size_t i;

	ASSERT_LE(0, sockets);
	for (i = 0; i < ARRAY_SIZE(fd); i++) {
		fd[i] = listener(1);
		ASSERT_LE(0, fd[i]);
	}
	EXPECT_EQ(used + 50, sockets_used());
	EXPECT_EQ(sockets + 50, proto_sockets());
	for (i = 0; i < ARRAY_SIZE(fd); i++)
		EXPECT_EQ(0, close(fd[i]));
	EXPECT_TRUE(WAIT_FOR(sockets_used() == used));
	EXPECT_TRUE(WAIT_FOR(proto_sockets() == sockets));
}

/* tcp_wmem[1] and tcp_rmem[1], not the defaults of net.core */
TEST(buffer_sizes)
{
	int fd = sock(0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(16384, get_int(fd, SOL_SOCKET, SO_SNDBUF));
	EXPECT_EQ(131072, get_int(fd, SOL_SOCKET, SO_RCVBUF));
}

/* A-16, J-29: read when the socket is made */
TEST(buffer_sizes_follow_the_sysctls)
{
	int fd;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_wmem", "4096 20480 4194304"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_rmem", "4096 98304 6291456"));
	fd = sock(0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(20480, get_int(fd, SOL_SOCKET, SO_SNDBUF));
	EXPECT_EQ(98304, get_int(fd, SOL_SOCKET, SO_RCVBUF));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_wmem", "4096 16384 4194304"));
	EXPECT_EQ(20480, get_int(fd, SOL_SOCKET, SO_SNDBUF));
}

static const struct {
	const char *row, *name;
	int level, opt, value;
} initial[] = {
	{ "A-17", "SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT, 1 },
	{ "A-17", "SO_SNDLOWAT", SOL_SOCKET, SO_SNDLOWAT, 1 },
	{ "A-17", "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 0 },
	{ "A-17", "SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, 0 },
	{ "A-17", "SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT, 0 },
	{ "A-17", "SO_PRIORITY", SOL_SOCKET, SO_PRIORITY, 0 },
	{ "A-17", "SO_ERROR", SOL_SOCKET, SO_ERROR, 0 },
	{ "A-17", "SO_ACCEPTCONN", SOL_SOCKET, SO_ACCEPTCONN, 0 },
	{ "A-17", "SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, 0 },
	{ "A-18", "TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG, 536 },
	{ "A-18", "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 0 },
	{ "A-18", "TCP_CORK", IPPROTO_TCP, TCP_CORK, 0 },
	{ "A-18", "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 7200 },
	{ "A-18", "TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, 75 },
	{ "A-18", "TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, 9 },
	{ "A-18", "TCP_SYNCNT", IPPROTO_TCP, TCP_SYNCNT, 6 },
	{ "A-18", "TCP_LINGER2", IPPROTO_TCP, TCP_LINGER2, 60 },
	{ "A-18", "TCP_DEFER_ACCEPT", IPPROTO_TCP, TCP_DEFER_ACCEPT, 0 },
	{ "A-18", "TCP_WINDOW_CLAMP", IPPROTO_TCP, TCP_WINDOW_CLAMP, 0 },
	{ "A-18", "TCP_QUICKACK", IPPROTO_TCP, TCP_QUICKACK, 1 },
	{ "A-18", "TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT, 0 },
	{ "A-18", "TCP_FASTOPEN", IPPROTO_TCP, TCP_FASTOPEN, 0 },
	{ "A-18", "TCP_NOTSENT_LOWAT", IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0 },
	{ "A-19", "IP_TTL", IPPROTO_IP, IP_TTL, 64 },
	{ "A-19", "IP_TOS", IPPROTO_IP, IP_TOS, 0 },
	{ "A-19", "IP_MTU_DISCOVER", IPPROTO_IP, IP_MTU_DISCOVER, 1 },
	{ "A-19", "IP_MTU", IPPROTO_IP, IP_MTU, -ENOTCONN },
	{ "A-25", "SO_TYPE", SOL_SOCKET, SO_TYPE, SOCK_STREAM },
	{ "A-25", "SO_DOMAIN", SOL_SOCKET, SO_DOMAIN, AF_INET },
};

/* */
TEST(initial_options)
{
	int fd = sock(0);
	size_t i;

	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_SIZE(initial); i++) {
		EXPECT_EQ(initial[i].value,
			  get_int(fd, initial[i].level, initial[i].opt)) {
			TH_LOG("%s: %s", initial[i].row, initial[i].name);
		}
	}
}

/* */
TEST(no_linger_and_no_timeouts)
{
	struct linger lin = { .l_onoff = 1, .l_linger = 1 };
	struct timeval tv = { 1, 1 };
	socklen_t len = sizeof(lin);
	int fd = sock(0);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_LINGER, &lin, &len));
	EXPECT_EQ(0, lin.l_onoff);
	EXPECT_EQ(0, lin.l_linger);
	len = sizeof(tv);
	ASSERT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, &len));
	EXPECT_EQ(0, tv.tv_sec + tv.tv_usec);
	tv.tv_sec = 1;
	ASSERT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, &len));
	EXPECT_EQ(0, tv.tv_sec + tv.tv_usec);
}

/* A-18, J-12, J-25: defaults come from the sysctls. */
TEST(options_follow_the_sysctls)
{
	int fd;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_keepalive_time", "1000"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_keepalive_intvl", "11"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_keepalive_probes", "4"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_syn_retries", "3"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_fin_timeout", "17"));
	ASSERT_EQ(0, sysctl_set("ipv4/ip_default_ttl", "77"));
	fd = sock(0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1000, get_int(fd, IPPROTO_TCP, TCP_KEEPIDLE));
	EXPECT_EQ(11, get_int(fd, IPPROTO_TCP, TCP_KEEPINTVL));
	EXPECT_EQ(4, get_int(fd, IPPROTO_TCP, TCP_KEEPCNT));
	EXPECT_EQ(3, get_int(fd, IPPROTO_TCP, TCP_SYNCNT));
	EXPECT_EQ(17, get_int(fd, IPPROTO_TCP, TCP_LINGER2));
	EXPECT_EQ(77, get_int(fd, IPPROTO_IP, IP_TTL));
}

/* A-20, G-47 */
TEST(poll_mask)
{
	int fd = sock(0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(P_FRESH, mask_of(fd));
}

/* the name is the namespace's default, or at least reno. */
TEST(congestion_control)
{
	static const char much[] = "a name for which there is no room";
	static const char padded[64] = "reno";
	char name[16] = "", expected[16] = "";
	socklen_t len = sizeof(name);
	int fd = sock(0);
	FILE *f;

	ASSERT_LE(0, fd);
	f = fopen("/proc/sys/net/ipv4/tcp_congestion_control", "re");
	ASSERT_NE(NULL, f);
	ASSERT_EQ(1, fscanf(f, "%15s", expected));
	ASSERT_EQ(0, getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len));
	EXPECT_STREQ(expected, name);
	EXPECT_EQ(0, setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	EXPECT_EQ(ENOENT, err(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION,
					 "nosuch", 6)));
	/* There is room for 15 bytes, and they may end before. */
	EXPECT_EQ(ENOENT, err(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION,
					 much, sizeof(much) - 1)));
	EXPECT_EQ(0, setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, padded,
				sizeof(padded)));
}

/* Design decision 4: generic code must not take it for a tcp_sock. */
TEST(protocol_number)
{
	int fd = sock(0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(native() ? IPPROTO_TCP : IPPROTO_XTCP,
		  get_int(fd, SOL_SOCKET, SO_PROTOCOL));
}

/* accepted children agree with the listener. */
TEST(identity_of_a_child)
{
	int fd[2];

	ASSERT_EQ(0, pair(fd));
	EXPECT_EQ(get_int(fd[0], SOL_SOCKET, SO_PROTOCOL),
		  get_int(fd[1], SOL_SOCKET, SO_PROTOCOL));
	EXPECT_EQ(AF_INET, get_int(fd[1], SOL_SOCKET, SO_DOMAIN));
	EXPECT_EQ(SOCK_STREAM, get_int(fd[1], SOL_SOCKET, SO_TYPE));
}

/* F-24, A-26: an unbound socket has a name, of family AF_INET. */
TEST(name_of_a_fresh_socket)
{
	struct sockaddr_in zero = { .sin_family = AF_INET };
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int fd = sock(0);

	ASSERT_LE(0, fd);
	memset(&sin, 0xff, sizeof(sin));
	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(sizeof(sin), len);
	EXPECT_EQ(0, memcmp(&sin, &zero, sizeof(sin)));
	/* F-25 */
	EXPECT_EQ(ENOTCONN, err(getpeername(fd, (struct sockaddr *)&sin,
					    &len)));
}

/* I-49 */
TEST(calls_on_a_fresh_socket)
{
	char byte = 0;
	int fd = sock(0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(ENOTCONN, err(recv(fd, &byte, 1, 0)));
	EXPECT_EQ(ENOTCONN, err(recv(fd, &byte, 1, MSG_DONTWAIT)));
	EXPECT_EQ(EPIPE, err(send(fd, &byte, 1, MSG_NOSIGNAL)));
	EXPECT_EQ(EINVAL, err(accept(fd, NULL, NULL)));
	EXPECT_EQ(ENOTCONN, err(shutdown(fd, SHUT_RDWR)));
	EXPECT_EQ(0, sock_error(fd));
}

#include "nothing_left.h"
