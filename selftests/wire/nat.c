// SPDX-License-Identifier: GPL-2.0
/*
 * Address translation on the host of a socket: what it was before
 * (SO_ORIGINAL_DST), and connections of this host that are turned back to it,
 * as service meshes, kube-proxy and Tor have it.
 */
#include "wire_fixtures.h"

#ifndef SO_ORIGINAL_DST
#define SO_ORIGINAL_DST	80	/* <linux/netfilter_ipv4.h> */
#endif

#define NFT(rules)	"nft -f - <<'END'\n" rules "\nEND"

/* Is @sin this address? */
static bool is_addr(const struct sockaddr_in *sin, const char *ip,
		    unsigned int port)
{
	struct sockaddr_in want = addr_of(ip, port);

	return sin->sin_family == AF_INET && sin->sin_port == want.sin_port &&
	       sin->sin_addr.s_addr == want.sin_addr.s_addr;
}

static bool name_is(int fd, const char *ip, unsigned int port)
{
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);

	return !getsockname(fd, (struct sockaddr *)&sin, &len) &&
	       is_addr(&sin, ip, port);
}

static bool peer_is(int fd, const char *ip, unsigned int port)
{
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);

	return !getpeername(fd, (struct sockaddr *)&sin, &len) &&
	       is_addr(&sin, ip, port);
}

/* 0 if it is this address, or the errno; EILSEQ: another one */
static int original(int fd, const char *ip, unsigned int port)
{
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);

	if (getsockopt(fd, IPPROTO_IP, SO_ORIGINAL_DST, &sin, &len))
		return errno;
	return len == sizeof(sin) && is_addr(&sin, ip, port) ? 0 : EILSEQ;
}

static int refused(const struct world *w, int host, const char *ip,
		   unsigned int port)
{
	int fd = world_connect(w, host, ip, port);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static void close_pair(int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

/* The two orders in which connection tracking and the wire may come */
enum { WIRE_FIRST, RULES_FIRST, ORDERS };

static int load(const struct world *w, int order, const char *rules)
{
	bool wire = w->families[HERE] == AF_XTCP;

	if (wire && order == RULES_FIRST &&
	    world_run(w, HERE, "ip link set a0 nomaster"))
		return -1;
	if (world_run(w, HERE, "%s", rules))
		return -1;
	if (wire && order == RULES_FIRST &&
	    world_run(w, HERE, "ip link set a0 master xtcp0"))
		return -1;
	return 0;
}

/* ---- SO_ORIGINAL_DST ----------------------------------------------------------- */

#define PREROUTING(rule)						\
	NFT("table ip n {\n"						\
	    "	chain pre {\n"						\
	    "		type nat hook prerouting priority -100\n"	\
	    "		" rule "\n"					\
	    "	}\n"							\
	    "}")

#define TRACKING							\
	NFT("table ip n {\n"						\
	    "	chain pre {\n"						\
	    "		type filter hook prerouting priority 0\n"	\
	    "		ct state new accept\n"				\
	    "	}\n"							\
	    "}")

static void accepted_from(struct __test_metadata *_metadata,
			  const struct world *w, unsigned int port,
			  const char *was_ip, unsigned int was_port)
{
	int lfd = world_listener(w, HERE, port, 5), fd[2];

	fd[PEER] = world_connect(w, PEER, was_ip, was_port);
	ASSERT_LE(0, fd[PEER]);
	fd[HERE] = accept(lfd, NULL, NULL);
	EXPECT_EQ(0, original(fd[HERE], was_ip, was_port));
	EXPECT_TRUE(peer_is(fd[HERE], PEER_IP, port_of(fd[PEER])));
	EXPECT_TRUE(name_is(fd[HERE], HERE_IP, port));
	EXPECT_EQ(ENOENT, original(lfd, was_ip, was_port));
	EXPECT_EQ(0, flows_both_ways(fd, 100000));
	close_pair(fd);
	close(lfd);
}

TEST_F(direct, original_of_redirect)
{
	RUN(&self->w, HERE, PREROUTING("tcp dport 80 redirect to :5000"));
	accepted_from(_metadata, &self->w, 5000, HERE_IP, 80);
}

TEST_F(direct, original_of_dnat)
{
	RUN(&self->w, PEER, "ip route add 10.0.7.7 via " HERE_IP);
	RUN(&self->w, HERE,
	    PREROUTING("ip daddr 10.0.7.7 tcp dport 80 dnat to " HERE_IP ":5000"));
	accepted_from(_metadata, &self->w, 5000, "10.0.7.7", 80);
}

/* Tracked, but not translated */
TEST_F(direct, original_without_nat)
{
	const struct world *w = &self->w;
	int lfd, fd[2];

	RUN(w, HERE, TRACKING);
	accepted_from(_metadata, w, 5000, HERE_IP, 5000);
	lfd = world_listener(w, PEER, 6000, 5);
	fd[HERE] = world_connect(w, HERE, PEER_IP, 6000);
	ASSERT_LE(0, fd[HERE]);
	EXPECT_EQ(0, original(fd[HERE], PEER_IP, 6000));
	close(fd[HERE]);
	close(lfd);
}

TEST_F(direct, original_of_a_client)
{
	const struct world *w = &self->w;
	int lfd, fd[2];

	RUN(w, HERE,
	    NFT("table ip n {\n"
		"	chain out {\n"
		"		type nat hook output priority -100\n"
		"		ip daddr 10.0.7.7 tcp dport 80 dnat to " PEER_IP ":6000\n"
		"	}\n"
		"}"));
	lfd = world_listener(w, PEER, 6000, 5);
	fd[HERE] = world_connect(w, HERE, "10.0.7.7", 80);
	ASSERT_LE(0, fd[HERE]);
	fd[PEER] = accept(lfd, NULL, NULL);
	EXPECT_EQ(0, original(fd[HERE], "10.0.7.7", 80));
	EXPECT_TRUE(peer_is(fd[HERE], "10.0.7.7", 80));
	EXPECT_EQ(0, flows_both_ways(fd, 100000));
	close_pair(fd);
	close(lfd);
}

/* Nobody tracks, or what was tracked is forgotten. */
TEST_F(direct, original_unknown)
{
	const struct world *w = &self->w;
	int fd[2], one = sock(0);

	EXPECT_EQ(ENOENT, original(one, HERE_IP, 1));
	ASSERT_EQ(0, bind_to(one, HERE_IP, 5000));
	EXPECT_EQ(ENOENT, original(one, HERE_IP, 1));
	close(one);
	ASSERT_EQ(0, world_pair(w, PEER, fd));
	EXPECT_EQ(ENOENT, original(fd[HERE], HERE_IP, 1));
	close_pair(fd);
	ASSERT_EQ(0, world_pair(w, HERE, fd));
	EXPECT_EQ(ENOENT, original(fd[HERE], HERE_IP, 1));
	ASSERT_EQ(0, reset_by(fd[PEER]));
	ASSERT_NE(0, wait_for(fd[HERE], POLLERR) & POLLERR);
	EXPECT_EQ(ENOENT, original(fd[HERE], HERE_IP, 1));
	close(fd[HERE]);
}

/* Within the host: TCP's is tracked on lo, and none on xtcp0 ever is. */
TEST_F(direct, original_within)
{
	int fd[2];

	ASSERT_EQ(0, pair(fd));
	EXPECT_EQ(ENOENT, original(fd[0], LOCALHOST, peer_port_of(fd[0])));
	EXPECT_EQ(ENOENT, original(fd[1], LOCALHOST, port_of(fd[1])));
	close_pair(fd);
	RUN(&self->w, HERE, TRACKING);
	ASSERT_EQ(0, pair(fd));
	EXPECT_EQ(native() ? 0 : ENOENT,
		  original(fd[0], LOCALHOST, peer_port_of(fd[0])));
	EXPECT_EQ(native() ? 0 : ENOENT,
		  original(fd[1], LOCALHOST, port_of(fd[1])));
	close_pair(fd);
}

TEST_F(direct, original_into_a_buffer)
{
	struct {
		struct sockaddr_in sin;
		char more[16];
	} buf;
	int lfd, fd[2], len;

	RUN(&self->w, HERE, PREROUTING("tcp dport 80 redirect to :5000"));
	lfd = world_listener(&self->w, HERE, 5000, 5);
	fd[PEER] = world_connect(&self->w, PEER, HERE_IP, 80);
	ASSERT_LE(0, fd[PEER]);
	fd[HERE] = accept(lfd, NULL, NULL);
	for (len = -1; len <= (int)sizeof(buf); len++) {
		socklen_t got = len;
		int ret;

		memset(&buf, 0x55, sizeof(buf));
		ret = getsockopt(fd[HERE], IPPROTO_IP, SO_ORIGINAL_DST, &buf,
				 &got);
		ASSERT_EQ(len < (int)sizeof(buf.sin) ? EINVAL : 0, err(ret))
			TH_LOG("length %d", len);
		EXPECT_EQ(len, (int)got);
		EXPECT_EQ(0x55, buf.more[0]);
		if (!ret)
			EXPECT_TRUE(is_addr(&buf.sin, HERE_IP, 80));
	}
	len = sizeof(buf.sin);
	EXPECT_EQ(EFAULT, err(getsockopt(fd[HERE], IPPROTO_IP, SO_ORIGINAL_DST,
					 NULL, (socklen_t *)&len)));
	EXPECT_EQ(EFAULT, err(getsockopt(fd[HERE], IPPROTO_IP, SO_ORIGINAL_DST,
					 &buf, NULL)));
	EXPECT_EQ(ENOPROTOOPT, err(setsockopt(fd[HERE], IPPROTO_IP,
					      SO_ORIGINAL_DST, &buf, 16)));
	close_pair(fd);
	close(lfd);
}

/* ---- turned back to this host ---------------------------------------------------- */

#define OUTPUT(rule)							\
	NFT("table ip n {\n"						\
	    "	chain out {\n"						\
	    "		type nat hook output priority -100\n"		\
	    "		ip daddr " PEER_IP " tcp dport 80 " rule "\n"	\
	    "	}\n"							\
	    "}")

static const struct turn {
	const char *rules;
	const char *server;	/* where the connection arrives */
} turns[] = {
	{ OUTPUT("redirect to :8080"), "127.0.0.1" },
	{ OUTPUT("dnat to " HERE_IP ":8080"), HERE_IP },
	{ OUTPUT("dnat to 127.0.0.1:8080"), "127.0.0.1" },
};

static void turned_back(struct __test_metadata *_metadata,
			const struct world *w, const struct turn *turn)
{
	int lfd = world_listener(w, HERE, 8080, 5), fd[2];
	unsigned int port;
	struct row row;

	fd[0] = world_connect(w, HERE, PEER_IP, 80);
	ASSERT_LE(0, fd[0]) TH_LOG("%s: %m", turn->server);
	port = port_of(fd[0]);
	fd[1] = accept(lfd, NULL, NULL);
	EXPECT_TRUE(name_is(fd[0], HERE_IP, port));
	EXPECT_TRUE(peer_is(fd[0], PEER_IP, 80));
	EXPECT_TRUE(name_is(fd[1], turn->server, 8080));
	EXPECT_TRUE(peer_is(fd[1], HERE_IP, port));
	EXPECT_EQ(0, original(fd[0], PEER_IP, 80));
	EXPECT_EQ(0, original(fd[1], PEER_IP, 80));
	ASSERT_EQ(0, flows_both_ways(fd, 300000));
	/* Whoever closes first waits. */
	close(fd[0]);
	ASSERT_EQ(0, drain(fd[1]));
	close(fd[1]);
	EXPECT_TRUE(WAIT_FOR(state_of(port, 80) == ST_TIME_WAIT));
	EXPECT_TRUE(WAIT_FOR(row_find(8080, port, &row) == 0));
	/* And a RST ends it, from either end. */
	fd[0] = world_connect(w, HERE, PEER_IP, 80);
	ASSERT_LE(0, fd[0]);
	fd[1] = accept(lfd, NULL, NULL);
	ASSERT_EQ(0, reset_by(fd[1]));
	EXPECT_NE(0, wait_for(fd[0], POLLERR) & POLLERR);
	EXPECT_EQ(ECONNRESET, sock_error(fd[0]));
	close(fd[0]);
	fd[0] = world_connect(w, HERE, PEER_IP, 80);
	ASSERT_LE(0, fd[0]);
	fd[1] = accept(lfd, NULL, NULL);
	ASSERT_EQ(0, reset_by(fd[0]));
	EXPECT_NE(0, wait_for(fd[1], POLLERR) & POLLERR);
	EXPECT_EQ(ECONNRESET, sock_error(fd[1]));
	close(fd[1]);
	close(lfd);
	EXPECT_EQ(ECONNREFUSED, refused(w, HERE, PEER_IP, 80));
}

static void all_turns(struct __test_metadata *_metadata, const struct world *w,
		      int order)
{
	int i;

	ASSERT_TRUE(native() || !sysctl_set("xtcp/timewait_msecs", "60000"));
	for (i = 0; i < ARRAY_SIZE(turns); i++) {
		ASSERT_EQ(0, load(w, order, turns[i].rules));
		turned_back(_metadata, w, &turns[i]);
		RUN(w, HERE, "nft flush ruleset");
	}
}

TEST_F(direct, turned_back_rules_last)
{
	all_turns(_metadata, &self->w, WIRE_FIRST);
}

TEST_F(direct, turned_back_rules_first)
{
	all_turns(_metadata, &self->w, RULES_FIRST);
}

/* A SYN that finds the queue full is sent again, and heard then. */
TEST_F(direct, turned_back_to_a_full_queue)
{
	const struct world *w = &self->w;
	int lfd, fd[3];

	RUN(w, HERE, OUTPUT("redirect to :8080"));
	lfd = world_listener(w, HERE, 8080, 0);
	fd[0] = world_connect(w, HERE, PEER_IP, 80);
	ASSERT_LE(0, fd[0]);
	ASSERT_NE(0, wait_for(lfd, POLLIN));
	fd[1] = world_sock(w, HERE, SOCK_NONBLOCK);
	ASSERT_EQ(EINPROGRESS, err(connect_to(fd[1], PEER_IP, 80)));
	ASSERT_TRUE(WAIT_FOR(world_counter(w, HERE, "RetransSegs") > 0));
	close(accept(lfd, NULL, NULL));
	ASSERT_NE(0, wait_for(fd[1], POLLOUT) & POLLOUT);
	EXPECT_EQ(0, sock_error(fd[1]));
	fd[2] = accept(lfd, NULL, NULL);
	EXPECT_EQ(0, flows_both_ways(fd + 1, 10000));
	close(fd[0]);
	close(fd[1]);
	close(fd[2]);
	close(lfd);
}

/* Each family reaches its own listeners by the same rule. */
TEST_F(direct, turned_back_to_its_own)
{
	static const int families[] = { AF_INET, AF_XTCP };
	const struct world *w = &self->w;
	int lfd[2], cfd, fd, i;

	if (native())
		return;
	RUN(w, HERE, OUTPUT("redirect to :8080"));
	for (i = 0; i < 2; i++) {
		lfd[i] = socket(families[i], SOCK_STREAM, 0);
		ASSERT_EQ(0, set_int(lfd[i], SOL_SOCKET, SO_REUSEADDR, 1));
		ASSERT_EQ(0, bind_to(lfd[i], "0.0.0.0", 8080));
		ASSERT_EQ(0, listen(lfd[i], 5));
	}
	for (i = 0; i < 2; i++) {
		cfd = socket(families[i], SOCK_STREAM, 0);
		ASSERT_EQ(0, connect_to(cfd, PEER_IP, 80));
		ASSERT_NE(0, wait_for(lfd[i], POLLIN)) TH_LOG("%d", families[i]);
		EXPECT_EQ(0, mask_of(lfd[!i]));
		fd = accept(lfd[i], NULL, NULL);
		ASSERT_EQ(0, flows_both_ways((int[2]){ cfd, fd }, 10000));
		close(cfd);
		close(fd);
	}
	for (i = 0; i < 2; i++) {
		close(lfd[i]);
		cfd = socket(families[i], SOCK_STREAM, 0);
		EXPECT_EQ(ECONNREFUSED, err(connect_to(cfd, PEER_IP, 80)));
		close(cfd);
	}
}

/* ---- SYNPROXY on the server's host ------------------------------------------------ */

#define SYNPROXY_NFT							\
	NFT("table ip s {\n"						\
	    "	chain pre {\n"						\
	    "		type filter hook prerouting priority raw\n"	\
	    "		tcp dport 8080 tcp flags & (syn|ack) == syn notrack\n" \
	    "	}\n"							\
	    "	chain in {\n"						\
	    "		type filter hook input priority 0\n"		\
	    "		tcp dport 8080 ct state invalid,untracked synproxy " \
	    "mss 1460 wscale 7 timestamp sack-perm\n"			\
	    "		ct state invalid drop\n"			\
	    "	}\n"							\
	    "}")

#define SYNPROXY_IPTABLES						\
	"iptables-restore <<'END'\n"					\
	"*raw\n"							\
	"-A PREROUTING -p tcp --dport 8080 --syn -j CT --notrack\n"	\
	"COMMIT\n"							\
	"*filter\n"							\
	"-A INPUT -p tcp --dport 8080 -m conntrack --ctstate INVALID,UNTRACKED " \
	"-j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1460\n"	\
	"-A INPUT -m conntrack --ctstate INVALID -j DROP\n"		\
	"COMMIT\n"							\
	"END"

/*
 * The ways in which a connection may end.  A server's RST behind data is given
 * a wrong number by the proxy, TCP's as well.
 */
enum { CLIENT_RESETS, CLIENT_CLOSES, SERVER_CLOSES, WAYS };

static void ended(struct __test_metadata *_metadata, int way, int fd[2])
{
	int first = way == SERVER_CLOSES ? HERE : PEER;

	if (way == CLIENT_RESETS) {
		ASSERT_EQ(0, reset_by(fd[PEER]));
		EXPECT_NE(0, wait_for(fd[HERE], POLLERR) & POLLERR);
		EXPECT_EQ(ECONNRESET, sock_error(fd[HERE]));
		close(fd[HERE]);
		return;
	}
	ASSERT_EQ(0, shutdown(fd[first], SHUT_WR));
	EXPECT_EQ(0, drain(fd[!first]));
	close(fd[!first]);
	EXPECT_EQ(0, drain(fd[first]));
	close(fd[first]);
}

/* The proxy shakes hands with the client, and then with the server, over lo. */
static void proxied(struct __test_metadata *_metadata, const struct world *w)
{
	int lfd = world_listener(w, HERE, 8080, 5), fd[2], way;

	for (way = 0; way < WAYS; way++) {
		fd[PEER] = world_connect(w, PEER, HERE_IP, 8080);
		ASSERT_LE(0, fd[PEER]);
		ASSERT_NE(0, wait_for(lfd, POLLIN));
		fd[HERE] = accept(lfd, NULL, NULL);
		EXPECT_TRUE(name_is(fd[HERE], HERE_IP, 8080));
		EXPECT_TRUE(peer_is(fd[HERE], PEER_IP, port_of(fd[PEER])));
		ASSERT_EQ(0, flows_both_ways(fd, 200000));
		ended(_metadata, way, fd);
	}
	/* Other ports go by as ever. */
	ASSERT_EQ(0, world_pair(w, PEER, fd));
	ASSERT_EQ(0, flows_both_ways(fd, 10000));
	close_pair(fd);
	close(lfd);
	/* Nobody there: the client learns it after its handshake. */
	fd[PEER] = world_sock(w, PEER, SOCK_NONBLOCK);
	ASSERT_EQ(EINPROGRESS, err(connect_to(fd[PEER], HERE_IP, 8080)));
	EXPECT_NE(0, wait_for(fd[PEER], POLLERR) & POLLERR);
	EXPECT_EQ(ECONNRESET, sock_error(fd[PEER]));
	close(fd[PEER]);
}

static void proxied_by(struct __test_metadata *_metadata, const struct world *w,
		       int order, const char *rules)
{
	ASSERT_EQ(0, load(w, order, rules));
	RUN(w, HERE, "sysctl -q -w net.netfilter.nf_conntrack_tcp_loose=0");
	proxied(_metadata, w);
}

TEST_F(direct, synproxy_rules_last)
{
	proxied_by(_metadata, &self->w, WIRE_FIRST, SYNPROXY_NFT);
}

TEST_F(direct, synproxy_rules_first)
{
	proxied_by(_metadata, &self->w, RULES_FIRST, SYNPROXY_NFT);
}

TEST_F(direct, synproxy_by_iptables)
{
	proxied_by(_metadata, &self->w, WIRE_FIRST, SYNPROXY_IPTABLES);
}

#include "nothing_left.h"
