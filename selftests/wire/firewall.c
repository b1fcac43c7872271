// SPDX-License-Identifier: GPL-2.0
/*
 * What an administrator does to TCP on a wire he does to XTCP: filter rules,
 * connection tracking, address translation, IPsec policy (inventory J-88).
 */
#include <linux/xfrm.h>

#include "wire_fixtures.h"

/* The packets that a named counter of HERE's ruleset has seen */
static long seen_by(const struct world *w, const char *name)
{
	long n = -1;
	char line[256];
	FILE *f;

	if (world_enter(w, HERE))
		return -1;
	snprintf(line, sizeof(line), "nft list counter ip t %s", name);
	f = popen(line, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " packets %ld", &n) == 1)
			break;
	if (f)
		pclose(f);
	return n;
}

#define STATEFUL							\
	"nft -f - <<'END'\n"						\
	"add table ip t\n"						\
	"add counter ip t fresh\n"					\
	"add counter ip t known\n"					\
	"add counter ip t invalid\n"					\
	"add counter ip t dropped\n"					\
	"add chain ip t in { type filter hook input priority 0; }\n"	\
	"add rule ip t in ct state invalid counter name invalid drop\n" \
	"add rule ip t in ct state established,related counter name known accept\n" \
	"add rule ip t in tcp dport 5000 ct state new counter name fresh accept\n" \
	"add rule ip t in meta l4proto tcp counter name dropped drop\n" \
	"END"

static void stateful(struct __test_metadata *_metadata, const struct world *w)
{
	int lfd, lfd2, fd[2], silent;

	lfd = world_listener(w, HERE, 5000, 5);
	lfd2 = world_listener(w, HERE, 5001, 5);
	fd[1] = world_connect(w, PEER, HERE_IP, 5000);
	ASSERT_LE(0, fd[1]);
	fd[0] = accept(lfd, NULL, NULL);
	ASSERT_EQ(0, flows_both_ways(fd, 200000));
	EXPECT_EQ(1, seen_by(w, "fresh"));
	EXPECT_LT(2, seen_by(w, "known"));
	EXPECT_EQ(0, seen_by(w, "invalid"));
	close(fd[0]);
	close(fd[1]);
	/* What the rules drop is neither heard nor answered. */
	silent = world_sock(w, PEER, SOCK_NONBLOCK);
	ASSERT_EQ(-1, connect_to(silent, HERE_IP, 5001));
	EXPECT_TRUE(WAIT_FOR(seen_by(w, "dropped") >= 2));
	EXPECT_EQ(0, mask_of(silent) & POLLERR);
	EXPECT_EQ(0, mask_of(lfd2));
	close(silent);
	/* Our own connections come back as established. */
	close(lfd);
	lfd = world_listener(w, PEER, 6000, 5);
	fd[0] = world_connect(w, HERE, PEER_IP, 6000);
	ASSERT_LE(0, fd[0]);
	fd[1] = accept(lfd, NULL, NULL);
	ASSERT_EQ(0, flows_both_ways(fd, 200000));
	EXPECT_EQ(0, seen_by(w, "invalid"));
	close(fd[0]);
	close(fd[1]);
	close(lfd);
	close(lfd2);
}

/* Connection tracking's last hook may stand before ours, or behind it. */
TEST_F(direct, conntrack_after_the_wire)
{
	RUN(&self->w, HERE, STATEFUL);
	stateful(_metadata, &self->w);
}

TEST_F(direct, conntrack_before_the_wire)
{
	const struct world *w = &self->w;

	if (!native())
		RUN(w, HERE, "ip link set a0 nomaster");
	RUN(w, HERE, STATEFUL);
	if (!native())
		RUN(w, HERE, "ip link set a0 master xtcp0");
	stateful(_metadata, w);
}

TEST_F(direct, iptables)
{
	const struct world *w = &self->w;
	int lfd, fd;

	RUN(w, HERE, "iptables -A INPUT -p tcp --dport 5000 -j REJECT --reject-with tcp-reset");
	RUN(w, HERE, "iptables -A INPUT -p tcp --dport 5001 -m conntrack --ctstate NEW -j ACCEPT");
	RUN(w, HERE, "iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT");
	RUN(w, HERE, "iptables -A INPUT -p tcp -j REJECT");
	lfd = world_listener(w, HERE, 5000, 5);
	EXPECT_EQ(-1, world_connect(w, PEER, HERE_IP, 5000));
	EXPECT_EQ(ECONNREFUSED, errno);
	close(lfd);
	lfd = world_listener(w, HERE, 5001, 5);
	fd = world_connect(w, PEER, HERE_IP, 5001);
	EXPECT_LE(0, fd);
	close(fd);
	close(lfd);
	/* By ICMP */
	EXPECT_EQ(-1, world_connect(w, PEER, HERE_IP, 5002));
	EXPECT_EQ(ECONNREFUSED, errno);
}

/* Rules for what leaves: D-30 knows what connect() makes of them. */
TEST_F(direct, output_rules)
{
	const struct world *w = &self->w;
	int lfd, fd;

	lfd = world_listener(w, PEER, 6000, 5);
	RUN(w, HERE,
	    "nft -f - <<'END'\n"
	    "add table ip t\n"
	    "add chain ip t out { type filter hook output priority 0; }\n"
	    "add rule ip t out tcp dport 6001 reject with tcp reset\n"
	    "add rule ip t out tcp dport 6002 drop\n"
	    "add rule ip t out meta mark 5 tcp dport 6000 drop\n"
	    "END");
	EXPECT_EQ(-1, world_connect(w, HERE, PEER_IP, 6001));
	EXPECT_EQ(ECONNREFUSED, errno);
	fd = world_sock(w, HERE, 0);
	ASSERT_EQ(0, set_int(fd, IPPROTO_TCP, TCP_SYNCNT, 1));
	ASSERT_EQ(0, set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 500));
	EXPECT_EQ(-1, connect_to(fd, PEER_IP, 6002));
	EXPECT_EQ(ETIMEDOUT, errno);
	close(fd);
	fd = world_connect(w, HERE, PEER_IP, 6000);
	EXPECT_LE(0, fd);
	close(fd);
	close(lfd);
}

/* On this host: a redirected port, another source address. */
TEST_F(direct, nat_here)
{
	const struct world *w = &self->w;
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int lfd, fd[2];

	RUN(w, HERE, "ip addr add 10.0.1.77/32 dev a0");
	RUN(w, HERE,
	    "nft -f - <<'END'\n"
	    "table ip n {\n"
	    "	chain pre {\n"
	    "		type nat hook prerouting priority -100\n"
	    "		tcp dport 80 redirect to :5000\n"
	    "	}\n"
	    "	chain out {\n"
	    "		type nat hook output priority -100\n"
	    "		ip daddr 10.0.7.7 tcp dport 80 dnat to " PEER_IP ":6000\n"
	    "	}\n"
	    "	chain post {\n"
	    "		type nat hook postrouting priority 100\n"
	    "		tcp dport 6000 snat to 10.0.1.77\n"
	    "	}\n"
	    "}\n"
	    "END");
	lfd = world_listener(w, HERE, 5000, 5);
	fd[1] = world_connect(w, PEER, HERE_IP, 80);
	ASSERT_LE(0, fd[1]);
	fd[0] = accept(lfd, NULL, NULL);
	ASSERT_EQ(0, flows_both_ways(fd, 100000));
	close(fd[0]);
	close(fd[1]);
	close(lfd);
	lfd = world_listener(w, PEER, 6000, 5);
	fd[0] = world_connect(w, HERE, "10.0.7.7", 80);
	ASSERT_LE(0, fd[0]);
	fd[1] = accept(lfd, (struct sockaddr *)&sin, &len);
	EXPECT_EQ(addr_of("10.0.1.77", 0).sin_addr.s_addr, sin.sin_addr.s_addr);
	ASSERT_EQ(0, flows_both_ways(fd, 100000));
	close(fd[0]);
	close(fd[1]);
	close(lfd);
}

/* In the router: both directions translated. */
TEST_F(routed, nat_on_the_way)
{
	const struct world *w = &self->w;
	int lfd, fd[2];

	RUN(w, ROUTER,
	    "nft -f - <<'END'\n"
	    "table ip n {\n"
	    "	chain pre {\n"
	    "		type nat hook prerouting priority -100\n"
	    "		ip daddr 10.0.2.254 tcp dport 80 dnat to " HERE_IP ":5000\n"
	    "	}\n"
	    "	chain post {\n"
	    "		type nat hook postrouting priority 100\n"
	    "		oif r1 masquerade\n"
	    "	}\n"
	    "}\n"
	    "END");
	lfd = world_listener(w, HERE, 5000, 5);
	fd[1] = world_connect(w, PEER, "10.0.2.254", 80);
	ASSERT_LE(0, fd[1]);
	fd[0] = accept(lfd, NULL, NULL);
	ASSERT_EQ(0, flows_both_ways(fd, 100000));
	close(fd[0]);
	close(fd[1]);
	close(lfd);
	ASSERT_EQ(0, world_pair(w, HERE, fd));
	ASSERT_EQ(0, flows_both_ways(fd, 100000));
	close(fd[0]);
	close(fd[1]);
}

/* What must come encrypted is not heard otherwise, nor answered. */
TEST_F(direct, ipsec_policy)
{
	const struct world *w = &self->w;
	int lfd, fd;

	RUN(w, HERE, "ip xfrm policy add src " PEER_IP " dst " HERE_IP
	    " proto tcp dir in tmpl proto esp mode transport level required");
	lfd = world_listener(w, HERE, 5000, 5);
	fd = world_sock(w, PEER, SOCK_NONBLOCK);
	ASSERT_EQ(-1, connect_to(fd, HERE_IP, 5000));
	EXPECT_TRUE(WAIT_FOR(world_counter(w, PEER, "RetransSegs") >= 1));
	EXPECT_EQ(0, mask_of(fd) & (POLLERR | POLLOUT));
	EXPECT_EQ(0, mask_of(lfd));
	RUN(w, HERE, "ip xfrm policy flush");
	ASSERT_NE(0, wait_for(fd, POLLOUT) & POLLOUT);
	EXPECT_EQ(0, sock_error(fd));
	close(fd);
	/* And what must not leave does not. */
	RUN(w, HERE, "ip xfrm policy add src " HERE_IP " dst " PEER_IP
	    " proto tcp dir out action block");
	EXPECT_EQ(-1, world_connect(w, HERE, PEER_IP, 9));
	EXPECT_EQ(EPERM, errno);
	close(lfd);
}

/* IP_XFRM_POLICY: a socket's own policy, for all that it sends or hears */
static int own_policy(int fd, int dir, int action)
{
	struct xfrm_userpolicy_info policy = {
		.sel.family = AF_INET,
		.lft = { XFRM_INF, XFRM_INF, XFRM_INF, XFRM_INF },
		.dir = dir,
		.action = action,
	};

	return setsockopt(fd, IPPROTO_IP, IP_XFRM_POLICY, &policy,
			  sizeof(policy));
}

TEST_F(direct, ipsec_policy_of_a_socket)
{
	const struct world *w = &self->w;
	int lfd, fd, cfd;

	fd = world_sock(w, HERE, 0);
	ASSERT_EQ(0, own_policy(fd, XFRM_POLICY_OUT, XFRM_POLICY_BLOCK));
	EXPECT_EQ(-1, connect_to(fd, PEER_IP, 9));
	EXPECT_EQ(EPERM, errno);
	close(fd);
	/* In: a listener that hears nothing, then one that hears all. */
	lfd = world_listener(w, HERE, 5000, 5);
	ASSERT_EQ(0, own_policy(lfd, XFRM_POLICY_IN, XFRM_POLICY_BLOCK));
	cfd = world_sock(w, PEER, SOCK_NONBLOCK);
	ASSERT_EQ(-1, connect_to(cfd, HERE_IP, 5000));
	EXPECT_TRUE(WAIT_FOR(world_counter(w, PEER, "RetransSegs") >= 1));
	EXPECT_EQ(0, mask_of(lfd));
	EXPECT_EQ(0, mask_of(cfd) & POLLERR);
	ASSERT_EQ(0, own_policy(lfd, XFRM_POLICY_IN, XFRM_POLICY_ALLOW));
	ASSERT_NE(0, wait_for(lfd, POLLIN) & POLLIN);
	close(accept(lfd, NULL, NULL));
	close(cfd);
	/* What the socket allows the host need not. */
	RUN(w, HERE, "ip xfrm policy add src " PEER_IP " dst " HERE_IP
	    " proto tcp dir in tmpl proto esp mode transport level required");
	cfd = world_connect(w, PEER, HERE_IP, 5000);
	ASSERT_LE(0, cfd);
	fd = accept(lfd, NULL, NULL);
	/* The child inherits it. */
	ASSERT_EQ(1, write(cfd, "x", 1));
	EXPECT_EQ(1, read(fd, scratch, 1));
	ASSERT_EQ(0, own_policy(fd, XFRM_POLICY_IN, XFRM_POLICY_BLOCK));
	ASSERT_EQ(1, write(cfd, "y", 1));
	EXPECT_TRUE(WAIT_FOR(world_counter(w, PEER, "RetransSegs") >= 3));
	EXPECT_EQ(0, mask_of(fd) & POLLIN);
	close(fd);
	close(cfd);
	close(lfd);
}

/* Within the host, where the namespace's policies are not asked */
TEST_F(direct, ipsec_policy_of_a_socket_within)
{
	static const int dirs[] = { XFRM_POLICY_IN, XFRM_POLICY_OUT };
	const struct world *w = &self->w;
	int lfd, fd, i;

	/* Nobody encrypts what stays in this host. */
	RUN(w, HERE,
	    "ip xfrm policy add dst 127.0.0.0/8 dir in tmpl proto esp mode transport level required");
	lfd = world_listener(w, HERE, 5000, 5);
	fd = world_connect(w, HERE, "127.0.0.1", 5000);
	ASSERT_LE(0, fd);
	close(accept(lfd, NULL, NULL));
	close(fd);
	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		long before = world_counter(w, HERE, "RetransSegs");

		/* The SYN is not heard, or its answer does not leave. */
		ASSERT_EQ(0, own_policy(lfd, dirs[i], XFRM_POLICY_BLOCK));
		fd = world_sock(w, HERE, SOCK_NONBLOCK);
		ASSERT_EQ(-1, connect_to(fd, "127.0.0.1", 5000));
		EXPECT_TRUE(WAIT_FOR(world_counter(w, HERE, "RetransSegs") >
				     before));
		EXPECT_EQ(0, mask_of(lfd));
		EXPECT_EQ(0, mask_of(fd) & (POLLERR | POLLOUT));
		ASSERT_EQ(0, own_policy(lfd, dirs[i], XFRM_POLICY_ALLOW));
		EXPECT_NE(0, wait_for(lfd, POLLIN) & POLLIN);
		close(accept(lfd, NULL, NULL));
		close(fd);
	}
	close(lfd);
	/* By the ports, too, which are chosen after the first look. */
	fd = world_sock(w, HERE, 0);
	ASSERT_EQ(0, own_policy(fd, XFRM_POLICY_OUT, XFRM_POLICY_BLOCK));
	EXPECT_EQ(-1, connect_to(fd, "127.0.0.1", 9));
	EXPECT_EQ(EPERM, errno);
	close(fd);
}

#define KEYS	"auth 'hmac(sha1)' 0x0123456789012345678901234567890123456789 " \
		"enc 'ecb(cipher_null)' ''"

static int xfrm_state(const struct world *w, int host, const char *from,
		      const char *to, int spi)
{
	return world_run(w, host,
			 "ip xfrm state add src %s dst %s proto esp spi %d mode transport "
			 KEYS, from, to, spi);
}

/* What goes to the other host is encrypted, and what comes from it must be. */
static int encrypt(const struct world *w, int host)
{
	const char *me = world_ip(host), *other = world_ip(!host);

	if (xfrm_state(w, host, HERE_IP, PEER_IP, 256) ||
	    xfrm_state(w, host, PEER_IP, HERE_IP, 512))
		return -1;
	if (world_run(w, host,
		      "ip xfrm policy add src %s dst %s dir out tmpl proto esp mode transport",
		      me, other))
		return -1;
	return world_run(w, host,
			 "ip xfrm policy add src %s dst %s dir in tmpl proto esp mode transport",
			 other, me);
}

TEST_F(direct, ipsec_transport)
{
	const struct world *w = &self->w;
	int tap = sniff_open(w, PEER, "b0"), fd[2], client;
	struct seen s;

	ASSERT_EQ(0, encrypt(w, HERE));
	ASSERT_EQ(0, encrypt(w, PEER));
	for (client = HERE; client <= PEER; client++) {
		ASSERT_EQ(0, world_pair(w, client, fd));
		ASSERT_EQ(0, flows_both_ways(fd, 200000));
		close(fd[0]);
		close(fd[1]);
	}
	/* Nothing went in the clear. */
	EXPECT_EQ(-1, sniff(tap, HERE_IP, &s, 0));
	close(tap);
}

/* Does a listener hear a SYN in the clear, sent to an address of HERE's? */
static bool heard(const struct world *w, int lfd, const char *ip)
{
	long before = world_counter(w, PEER, "RetransSegs");
	int fd = world_sock(w, PEER, SOCK_NONBLOCK);
	bool heard;

	connect_to(fd, ip, 5000);
	WAIT_FOR(mask_of(lfd) & POLLIN ||
		 world_counter(w, PEER, "RetransSegs") > before);
	heard = mask_of(lfd) & POLLIN;
	if (heard)
		close(accept(lfd, NULL, NULL));
	close(fd);
	return heard;
}

#define ESP_REQUIRED	" tmpl proto esp mode transport level required"

/* A policy is for the address that the peer used, not for what NAT made of it. */
TEST_F(direct, ipsec_policy_before_nat)
{
	const struct world *w = &self->w;
	int lfd;

	RUN(w, PEER, "ip route add 10.9.9.99 via " HERE_IP);
	RUN(w, HERE,
	    "nft -f - <<'END'\n"
	    "table ip n {\n"
	    "	chain pre {\n"
	    "		type nat hook prerouting priority -100\n"
	    "		ip daddr 10.9.9.99 dnat to " HERE_IP "\n"
	    "	}\n"
	    "}\n"
	    "END");
	lfd = world_listener(w, HERE, 5000, 5);
	EXPECT_TRUE(heard(w, lfd, "10.9.9.99"));
	RUN(w, HERE, "ip xfrm policy add src " PEER_IP " dst 10.9.9.99 dir in"
	    ESP_REQUIRED);
	EXPECT_FALSE(heard(w, lfd, "10.9.9.99"));
	EXPECT_TRUE(heard(w, lfd, HERE_IP));
	RUN(w, HERE, "ip xfrm policy flush");
	RUN(w, HERE, "ip xfrm policy add src " PEER_IP " dst " HERE_IP " dir in"
	    ESP_REQUIRED);
	EXPECT_TRUE(heard(w, lfd, "10.9.9.99"));
	EXPECT_FALSE(heard(w, lfd, HERE_IP));
	close(lfd);
}

/* What is for this host has lo for its device, as policies see it. */
TEST_F(direct, ipsec_policy_of_a_device)
{
	const struct world *w = &self->w;
	int lfd = world_listener(w, HERE, 5000, 5);

	RUN(w, HERE, "ip xfrm policy add dev a0 src " PEER_IP " dst " HERE_IP
	    " dir in" ESP_REQUIRED);
	EXPECT_TRUE(heard(w, lfd, HERE_IP));
	RUN(w, HERE, "ip xfrm policy flush");
	RUN(w, HERE, "ip xfrm policy add dev lo src " PEER_IP " dst " HERE_IP
	    " dir in" ESP_REQUIRED);
	EXPECT_FALSE(heard(w, lfd, HERE_IP));
	close(lfd);
}

/* Objects of a cache, without those that processors keep in hand */
static long objects_of(const char *cache)
{
	char line[200];
	long n = -1;
	FILE *f;

	snprintf(line, sizeof(line),
		 "echo 1 >/sys/kernel/slab/%s/shrink; awk '$1 == \"%s\" { print $2 }' /proc/slabinfo",
		 cache, cache);
	f = popen(line, "r");
	if (!f || fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		pclose(f);
	return n;
}

/* What nobody reads keeps no state of IPsec, with its keys and devices. */
TEST_F(direct, ipsec_states_of_unread_data)
{
	const struct world *w = &self->w;
	long before = objects_of("xfrm_state");
	int fd[2];

	ASSERT_LE(0, before);
	ASSERT_EQ(0, encrypt(w, HERE));
	ASSERT_EQ(0, encrypt(w, PEER));
	ASSERT_EQ(0, world_pair(w, PEER, fd));
	ASSERT_EQ(1000, send(fd[PEER], scratch, 1000, 0));
	ASSERT_NE(0, wait_for(fd[HERE], POLLIN) & POLLIN);
	EXPECT_LT(before, objects_of("xfrm_state"));
	RUN(w, HERE, "ip xfrm policy flush; ip xfrm state flush");
	RUN(w, PEER, "ip xfrm policy flush; ip xfrm state flush");
	/* Routes have them, too, until they are used again. */
	ASSERT_EQ(1, send(fd[PEER], "x", 1, 0));
	ASSERT_EQ(1, send(fd[HERE], "x", 1, 0));
	EXPECT_TRUE(WAIT_FOR(objects_of("xfrm_state") == before));
	close(fd[HERE]);
	close(fd[PEER]);
}

/*
 * What a rule behind the host's IP makes of the header's length is nothing to
 * TCP, which took it before: from nothing to more than there is.
 */
static void header_length(struct __test_metadata *_metadata,
			  const struct world *w, const char *priority)
{
	static const int lengths[] = { 0, 1, 4, 6, 15 };
	int fd[2], cfd;
	size_t i;

	RUN(w, HERE, "nft -f - <<'END'\n"
	    "add table ip t\n"
	    "add chain ip t in { type filter hook input priority %s; }\n"
	    "END", priority);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		ASSERT_EQ(0, world_pair(w, PEER, fd));
		RUN(w, HERE, "nft add rule ip t in meta l4proto tcp ip hdrlength set %d",
		    lengths[i]);
		/* Data in fragments, and ACKs that have nothing else. */
		EXPECT_EQ(0, flows_both_ways(fd, 30000));
		cfd = world_sock(w, PEER, SOCK_NONBLOCK);
		EXPECT_EQ(-1, connect_to(cfd, HERE_IP, 9));
		EXPECT_NE(0, wait_for(cfd, POLLERR) & POLLERR);
		EXPECT_EQ(ECONNREFUSED, sock_error(cfd));
		close(cfd);
		RUN(w, HERE, "nft flush chain ip t in");
		close(fd[0]);
		close(fd[1]);
	}
}

TEST_F(direct, header_length_changed)
{
	header_length(_metadata, &self->w, "0");
}

/* Behind XTCP's own place in the chain */
TEST_F(direct, header_length_changed_last)
{
	header_length(_metadata, &self->w, "2147483647");
}

#include "nothing_left.h"
