// SPDX-License-Identifier: GPL-2.0
/*
 * Transparent proxies: addresses that this host does not own, by routing
 * (a mark, "ip route add local", IP_TRANSPARENT), and what looks for sockets in
 * TCP's tables: TPROXY and socket matches.
 */
#include "wire_fixtures.h"

#define FOREIGN_IP	"10.0.7.7"
#define FOREIGN_NET	"10.0.7.0/24"

#define NFT(rules)	"nft -f - <<'END'\n" rules "\nEND"

static bool has_address(int fd, const char *ip,
			int (*call)(int fd, struct sockaddr *sa, socklen_t *len))
{
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);

	return !call(fd, (struct sockaddr *)&sin, &len) &&
	       sin.sin_addr.s_addr == addr_of(ip, 0).sin_addr.s_addr;
}

/* The documented way: what is marked is for this host, whatever its address. */
static int intercept(const struct world *w)
{
	if (world_run(w, PEER, "ip route add " FOREIGN_NET " via " HERE_IP) ||
	    world_run(w, HERE, "ip rule add fwmark 1 lookup 100") ||
	    world_run(w, HERE, "ip route add local 0.0.0.0/0 dev lo table 100"))
		return -1;
	return world_run(w, HERE,
			 NFT("table ip p {\n"
			     "	chain pre {\n"
			     "		type filter hook prerouting priority mangle\n"
			     "		ip daddr " FOREIGN_NET " meta l4proto tcp meta mark set 1\n"
			     "	}\n"
			     "}"));
}

/* A listener, transparent or not */
static int proxy(const struct world *w, unsigned int port, int transparent)
{
	int fd = world_sock(w, HERE, 0);

	if (set_int(fd, IPPROTO_IP, IP_TRANSPARENT, transparent) ||
	    bind_to(fd, "0.0.0.0", port) || listen(fd, 5)) {
		close(fd);
		return -1;
	}
	return fd;
}

TEST_F(direct, intercepted)
{
	const struct world *w = &self->w;
	int lfd, fd[2], i;

	ASSERT_EQ(0, intercept(w));
	lfd = proxy(w, 80, 1);
	for (i = 0; i < 2; i++) {
		fd[PEER] = world_sock(w, PEER, 0);
		ASSERT_EQ(0, connect_to(fd[PEER], FOREIGN_IP, 80));
		fd[HERE] = accept(lfd, NULL, NULL);
		EXPECT_TRUE(has_address(fd[HERE], FOREIGN_IP, getsockname));
		EXPECT_EQ(80, port_of(fd[HERE]));
		EXPECT_TRUE(has_address(fd[HERE], PEER_IP, getpeername));
		EXPECT_EQ(1, get_int(fd[HERE], IPPROTO_IP, IP_TRANSPARENT));
		EXPECT_EQ(0, flows_both_ways(fd, 200000));
		/* It ends from either side, by FIN. */
		ASSERT_EQ(0, shutdown(fd[i], SHUT_WR));
		EXPECT_EQ(0, drain(fd[!i]));
		close(fd[!i]);
		EXPECT_EQ(0, drain(fd[i]));
		close(fd[i]);
	}
	/* Or by RST. */
	fd[PEER] = world_sock(w, PEER, 0);
	ASSERT_EQ(0, connect_to(fd[PEER], FOREIGN_IP, 80));
	fd[HERE] = accept(lfd, NULL, NULL);
	reset_by(fd[HERE]);
	EXPECT_NE(0, wait_for(fd[PEER], POLLERR) & POLLERR);
	EXPECT_EQ(ECONNRESET, sock_error(fd[PEER]));
	close(fd[PEER]);
	/* Its own address is one among the others. */
	fd[PEER] = world_sock(w, PEER, 0);
	ASSERT_EQ(0, connect_to(fd[PEER], HERE_IP, 80));
	close(accept(lfd, NULL, NULL));
	close(fd[PEER]);
	close(lfd);
}

/* With cookies: the child learns of its foreign address from the ACK alone. */
TEST_F(direct, intercepted_by_cookie)
{
	const struct world *w = &self->w;
	int lfd, fd[2];

	ASSERT_EQ(0, intercept(w));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_syncookies", "2"));
	lfd = proxy(w, 80, 1);
	fd[PEER] = world_sock(w, PEER, 0);
	ASSERT_EQ(0, connect_to(fd[PEER], FOREIGN_IP, 80));
	fd[HERE] = accept(lfd, NULL, NULL);
	EXPECT_TRUE(has_address(fd[HERE], FOREIGN_IP, getsockname));
	EXPECT_EQ(0, flows_both_ways(fd, 10000));
	close(fd[HERE]);
	close(fd[PEER]);
	close(lfd);
}

/* Who is not transparent does not speak in a foreign name. */
TEST_F(direct, without_the_option)
{
	const struct world *w = &self->w;
	int tap = sniff_open(w, PEER, "b0");
	int lfd, fd[2], i;
	struct seen s;

	ASSERT_EQ(0, intercept(w));
	lfd = proxy(w, 80, 0);
	/* The second finds no listener at all. */
	for (i = 0; i < 2; i++) {
		fd[i] = world_sock(w, PEER, SOCK_NONBLOCK);
		ASSERT_EQ(-1, connect_to(fd[i], FOREIGN_IP, 80 + i));
	}
	EXPECT_TRUE(WAIT_FOR(world_counter(w, PEER, "RetransSegs") >= 2));
	EXPECT_EQ(-1, sniff(tap, FOREIGN_IP, &s, 0));
	EXPECT_EQ(0, mask_of(lfd));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, mask_of(fd[i]) & (POLLERR | POLLOUT));
		close(fd[i]);
	}
	close(lfd);
	close(tap);
}

/* And out: in the name of a host whose answers come by here. */
TEST_F(direct, connect_from_a_foreign_address)
{
	const struct world *w = &self->w;
	int lfd, fd[2];

	ASSERT_EQ(0, intercept(w));
	lfd = world_listener(w, PEER, 6000, 5);
	fd[HERE] = world_sock(w, HERE, 0);
	EXPECT_EQ(EADDRNOTAVAIL, err(bind_to(fd[HERE], FOREIGN_IP, 0)));
	ASSERT_EQ(0, set_int(fd[HERE], IPPROTO_IP, IP_TRANSPARENT, 1));
	ASSERT_EQ(0, bind_to(fd[HERE], FOREIGN_IP, 0));
	ASSERT_EQ(0, connect_to(fd[HERE], PEER_IP, 6000));
	fd[PEER] = accept(lfd, NULL, NULL);
	EXPECT_TRUE(has_address(fd[PEER], FOREIGN_IP, getpeername));
	EXPECT_TRUE(has_address(fd[HERE], FOREIGN_IP, getsockname));
	EXPECT_EQ(0, flows_both_ways(fd, 200000));
	close(fd[HERE]);
	EXPECT_EQ(0, drain(fd[PEER]));
	close(fd[PEER]);
	/* Bound so, but not allowed to speak so */
	fd[HERE] = world_sock(w, HERE, 0);
	ASSERT_EQ(0, set_int(fd[HERE], IPPROTO_IP, IP_FREEBIND, 1));
	ASSERT_EQ(0, bind_to(fd[HERE], FOREIGN_IP, 0));
	EXPECT_EQ(ENETUNREACH, err(connect_to(fd[HERE], PEER_IP, 6000)));
	close(fd[HERE]);
	close(lfd);
}

/* A program without the privilege does neither. */
TEST_F(direct, unprivileged)
{
	int fd = world_sock(&self->w, HERE, 0);

	ASSERT_EQ(0, seteuid(1000));
	EXPECT_EQ(EPERM, err(set_int(fd, IPPROTO_IP, IP_TRANSPARENT, 1)));
	EXPECT_EQ(0, err(set_int(fd, IPPROTO_IP, IP_FREEBIND, 1)));
	ASSERT_EQ(0, seteuid(0));
	close(fd);
}

/* ---- what asks TCP's tables: a difference ------------------------------------------ */

#define TPROXY_NFT							\
	NFT("table ip p {\n"						\
	    "	chain pre {\n"						\
	    "		type filter hook prerouting priority mangle\n"	\
	    "		ip daddr " FOREIGN_NET " tcp dport 80 "		\
	    "tproxy to :5000 meta mark set 1 accept\n"			\
	    "	}\n"							\
	    "}")

#define TPROXY_IPTABLES							\
	"iptables -t mangle -A PREROUTING -p tcp -d " FOREIGN_NET	\
	" --dport 80 -j TPROXY --on-port 5000 --tproxy-mark 1"

/* TPROXY finds no listener of XTCP: the packet goes on as if there were none. */
TEST_F(direct, tproxy)
{
	static const char *const rules[] = { TPROXY_NFT, TPROXY_IPTABLES };
	struct world w;
	int lfd, fd, i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, world_make(&w, family, AF_INET, false));
		RUN(&w, PEER, "ip route add " FOREIGN_NET " via " HERE_IP);
		RUN(&w, HERE, "ip rule add fwmark 1 lookup 100");
		RUN(&w, HERE, "ip route add local 0.0.0.0/0 dev lo table 100");
		RUN(&w, HERE, rules[i]);
		lfd = proxy(&w, 5000, 1);
		fd = world_sock(&w, PEER, SOCK_NONBLOCK);
		ASSERT_EQ(-1, connect_to(fd, FOREIGN_IP, 80));
		if (native()) {
			ASSERT_NE(0, wait_for(lfd, POLLIN));
		} else {
			EXPECT_TRUE(WAIT_FOR(world_counter(&w, PEER,
							   "RetransSegs") >= 1));
			EXPECT_EQ(0, mask_of(lfd));
			EXPECT_EQ(0, mask_of(fd) & (POLLERR | POLLOUT));
		}
		close(fd);
		close(lfd);
		world_end(&w);
	}
}

static long found(const struct world *w, const char *command)
{
	char line[256];
	long n, sum = 0;
	FILE *f;

	if (world_enter(w, HERE))
		return -1;
	f = popen(command, "r");
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "socket") && sscanf(line, "[%ld:", &n) == 1)
			sum += n;
		else if (sscanf(line, " packets %ld", &n) == 1)
			sum += n;
	return f && !pclose(f) ? sum : -1;
}

/* Nor do socket matches, neither connections nor listeners. */
TEST_F(direct, socket_match)
{
	const struct world *w = &self->w;
	int fd[2];

	RUN(w, HERE,
	    NFT("table ip s {\n"
		"	counter found { }\n"
		"	chain pre {\n"
		"		type filter hook prerouting priority mangle\n"
		"		iif a0 socket wildcard 0 counter name found\n"
		"		iif a0 socket wildcard 1 counter name found\n"
		"	}\n"
		"}"));
	RUN(w, HERE, "iptables -t mangle -A PREROUTING -i a0 -m socket --nowildcard -j ACCEPT");
	ASSERT_EQ(0, world_pair(w, PEER, fd));
	ASSERT_EQ(0, flows_both_ways(fd, 10000));
	EXPECT_EQ(native(), found(w, "nft list counters ip") > 0);
	EXPECT_EQ(native(), found(w, "iptables-save -c -t mangle") > 0);
	close(fd[HERE]);
	close(fd[PEER]);
}

#include "nothing_left.h"
