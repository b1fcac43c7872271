// SPDX-License-Identifier: GPL-2.0
/*
 * What happens to the host's own TCP, beside XTCP: each scene is played by
 * native sockets on a host without XTCP, and again where XTCP has wires and a
 * connection with the very same addresses and ports, its double.  It must end
 * in the same way, and the double must not notice.
 */
#include <sched.h>
#include <stdarg.h>

#include "wire_fixtures.h"

/* Worlds: without XTCP; a double within this host, or over the wire; xtcp0 down */
enum { PLAIN, DOUBLE, DOWN, WORLDS };

struct scene {
	struct world w;
	const char *from, *to;		/* of the native connection, and the double */
	unsigned int sport, dport;
	int twin[2];			/* the double: its client, its server */
	char said[512];			/* what the native calls said */
};

static void __attribute__((format(printf, 2, 3)))
say(struct scene *s, const char *format, ...)
{
	size_t len = strlen(s->said);
	va_list args;

	va_start(args, format);
	vsnprintf(s->said + len, sizeof(s->said) - len, format, args);
	va_end(args);
}

/* The name of what a call that returned @ret failed with */
static const char *named(long ret)
{
	return ret < 0 ? strerrorname_np(errno) : "ok";
}

/* ---- native sockets -------------------------------------------------------- */

static int bound_as(int as, const char *ip, unsigned int port)
{
	int fd = socket(as, SOCK_STREAM, 0);

	if (set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) || bind_to(fd, ip, port)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int listener_as(int as, const char *ip, unsigned int port)
{
	int fd = bound_as(as, ip, port);

	if (fd >= 0 && listen(fd, 5)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A client that gives up after a SYN or two */
static int client_of(const struct scene *s)
{
	int fd = bound_as(AF_INET, s->from, s->sport);

	set_int(fd, IPPROTO_TCP, TCP_SYNCNT, 1);
	return fd;
}

static int pair_of(struct scene *s, const char *server, unsigned int port,
		   int fd[2])
{
	int lfd = listener_as(AF_INET, server, port);

	fd[0] = client_of(s);
	say(s, "connect %s ", named(connect_to(fd[0], s->to, s->dport)));
	fd[1] = accept4(lfd, NULL, NULL, SOCK_NONBLOCK);
	close(lfd);
	return fd[1] < 0 ? -1 : 0;
}

/* What reading says, and when: an end must come. */
static void say_end(struct scene *s, int fd)
{
	long n;

	if (!wait_for(fd, POLLIN)) {
		say(s, "nothing ");
		return;
	}
	n = recv(fd, scratch, sizeof(scratch), MSG_DONTWAIT);
	if (n < 0)
		say(s, "%s ", named(n));
	else
		say(s, "%ld ", n);
}

/* ---- the scenes -------------------------------------------------------------- */

static void refused(struct scene *s)
{
	int fd = client_of(s);

	say(s, "connect %s", named(connect_to(fd, s->to, s->dport)));
	close(fd);
}

static void client_resets(struct scene *s)
{
	int fd[2];

	if (pair_of(s, s->to, s->dport, fd))
		return;
	reset_by(fd[0]);
	say_end(s, fd[1]);
	close(fd[1]);
}

static void server_resets(struct scene *s)
{
	int fd[2];

	if (pair_of(s, s->to, s->dport, fd))
		return;
	reset_by(fd[1]);
	say_end(s, fd[0]);
	close(fd[0]);
}

/* One end forgets the connection, and says so when it hears of it. */
static void half_open(struct scene *s)
{
	int fd[2];

	if (pair_of(s, s->to, s->dport, fd))
		return;
	say(s, "forget %s ", named(set_int(fd[1], IPPROTO_TCP, TCP_REPAIR, 1)));
	close(fd[1]);
	say(s, "send %s ", named(send(fd[0], "x", 1, MSG_NOSIGNAL)));
	say_end(s, fd[0]);
	close(fd[0]);
}

static void talk(struct scene *s)
{
	int fd[2];

	if (pair_of(s, s->to, s->dport, fd))
		return;
	say(s, "send %s ", named(send(fd[0], "ping", 4, MSG_NOSIGNAL)));
	say_end(s, fd[1]);
	close(fd[1]);
	say_end(s, fd[0]);
	close(fd[0]);
}

static int rules(const struct scene *s, const char *text)
{
	return world_run(&s->w, HERE, "nft -f - <<'END'\n%s\nEND", text);
}

static void rejected_by_icmp(struct scene *s)
{
	say(s, "rules %s ",
	    named(rules(s, "table ip t {\n"
			"	chain in {\n"
			"		type filter hook input priority 0\n"
			"		iif lo meta l4proto tcp reject\n"
			"	}\n"
			"}")));
	refused(s);
}

static void rejected_by_reset(struct scene *s)
{
	say(s, "rules %s ",
	    named(rules(s, "table ip t {\n"
			"	chain out {\n"
			"		type filter hook output priority 0\n"
			"		oif lo tcp flags & (syn | ack) == syn reject with tcp reset\n"
			"	}\n"
			"}")));
	refused(s);
}

#define REDIRECT							\
	"table ip t {\n"						\
	"	chain out {\n"						\
	"		type nat hook output priority -100\n"		\
	"		ip daddr " PEER_IP " tcp dport 80 redirect to :8080\n" \
	"	}\n"							\
	"}"

/* The answers come over lo, from the other host's address. */
static void redirected_refused(struct scene *s)
{
	say(s, "rules %s ", named(rules(s, REDIRECT)));
	refused(s);
}

static void redirected_reset(struct scene *s)
{
	int fd[2];

	say(s, "rules %s ", named(rules(s, REDIRECT)));
	if (pair_of(s, "127.0.0.1", 8080, fd))
		return;
	say(s, "send %s ", named(send(fd[0], "ping", 4, MSG_NOSIGNAL)));
	say_end(s, fd[1]);
	reset_by(fd[1]);
	say_end(s, fd[0]);
	close(fd[0]);
}

/* ---- the double ---------------------------------------------------------------- */

static bool over_the_wire(const struct scene *s)
{
	return !strcmp(s->to, PEER_IP);
}

static int twin_open(struct scene *s)
{
	int lfd;

	if (world_enter(&s->w, over_the_wire(s) ? PEER : HERE))
		return -1;
	lfd = listener_as(over_the_wire(s) ? AF_INET : AF_XTCP, s->to, s->dport);
	if (world_enter(&s->w, HERE))
		return -1;
	s->twin[0] = bound_as(AF_XTCP, s->from, s->sport);
	if (lfd < 0 || s->twin[0] < 0 ||
	    connect_to(s->twin[0], s->to, s->dport))
		return -1;
	s->twin[1] = accept(lfd, NULL, NULL);
	close(lfd);
	return s->twin[1] < 0 ? -1 : 0;
}

/* It stands, and nothing was put into it. */
static int twin_is_well(const struct scene *s)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (sock_error(s->twin[i]) || send_all(s->twin[i], "twin", 4) ||
		    recv_all(s->twin[!i], scratch, 4) ||
		    memcmp(scratch, "twin", 4))
			return -1;
	}
	return 0;
}

/* Play a scene in one world; -1: what it needs could not be made. */
static int play(struct scene *s, int world, void (*scene)(struct scene *s))
{
	int ret = 0;

	if (world_make(&s->w, world == PLAIN ? AF_INET : AF_XTCP, AF_INET, false))
		return -1;
	s->said[0] = 0;
	if (world != PLAIN && twin_open(s))
		return -1;
	if (world == DOWN && link_up("xtcp0", false))
		return -1;
	scene(s);
	if (world == DOWN && link_up("xtcp0", true))
		return -1;
	if (world != PLAIN) {
		world_run(&s->w, HERE, "nft flush ruleset");
		ret = twin_is_well(s);
		close(s->twin[0]);
		close(s->twin[1]);
	}
	world_end(&s->w);
	return ret;
}

static void same_everywhere(struct __test_metadata *_metadata,
			    void (*scene)(struct scene *s), const char *from,
			    const char *to, const char *expected)
{
	struct scene s = { .from = from, .to = to, .sport = 40000, .dport = 80 };
	int world;

	for (world = PLAIN; world < (native() ? DOUBLE : WORLDS); world++) {
		EXPECT_EQ(0, play(&s, world, scene))
			TH_LOG("world %d, %s to %s", world, from, to);
		ASSERT_STREQ(expected, s.said)
			TH_LOG("world %d, %s to %s", world, from, to);
	}
}

static void within(struct __test_metadata *_metadata,
		   void (*scene)(struct scene *s), const char *expected)
{
	same_everywhere(_metadata, scene, LOCALHOST, LOCALHOST, expected);
	same_everywhere(_metadata, scene, HERE_IP, HERE_IP, expected);
}

/* Addressed to the other host, and by a rule turned back to this one */
static void turned_back(struct __test_metadata *_metadata,
			void (*scene)(struct scene *s), const char *expected)
{
	same_everywhere(_metadata, scene, HERE_IP, PEER_IP, expected);
}

TEST(native_refused)
{
	within(_metadata, refused, "connect ECONNREFUSED");
}

TEST(native_client_resets)
{
	within(_metadata, client_resets, "connect ok ECONNRESET ");
}

TEST(native_server_resets)
{
	within(_metadata, server_resets, "connect ok ECONNRESET ");
}

TEST(native_half_open)
{
	within(_metadata, half_open,
	       "connect ok forget ok send ok ECONNRESET ");
}

TEST(native_talk)
{
	within(_metadata, talk, "connect ok send ok 4 0 ");
}

TEST(native_rejected_by_icmp)
{
	within(_metadata, rejected_by_icmp, "rules ok connect ECONNREFUSED");
}

TEST(native_rejected_by_reset)
{
	within(_metadata, rejected_by_reset, "rules ok connect ECONNREFUSED");
}

TEST(native_redirected_refused)
{
	turned_back(_metadata, redirected_refused,
		    "rules ok connect ECONNREFUSED");
}

TEST(native_redirected_reset)
{
	turned_back(_metadata, redirected_reset,
		    "rules ok connect ok send ok 4 ECONNRESET ");
}

/* What is no TCP at all goes over a wire as before. */
TEST_F(direct, datagrams_over_a_wire)
{
	const struct world *w = &self->w;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ASSERT_EQ(0, connect_to(fd, PEER_IP, 9));
	ASSERT_EQ(1, send(fd, "x", 1, 0));
	EXPECT_NE(0, wait_for(fd, POLLERR) & POLLERR);
	EXPECT_EQ(ECONNREFUSED, sock_error(fd));
	close(fd);
	RUN(w, HERE, "ip route add unreachable 10.9.9.9");
	fd = socket(AF_INET, SOCK_STREAM, 0);
	EXPECT_EQ(EHOSTUNREACH, err(connect_to(fd, "10.9.9.9", 9)));
	close(fd);
}

/*
 * TCP of a container whose address is reached through the wire's device (ipvlan,
 * mode l3s): it passes this host's hooks, and is the container's.
 */
TEST_F(direct, container_of_a_wire)
{
	const struct world *w = &self->w;
	int container, lfd, cfd, afd;

	RUN(w, HERE, "ip netns add box");
	RUN(w, HERE, "ip link add i0 link a0 type ipvlan mode l3s");
	RUN(w, HERE, "ip link set i0 netns box");
	container = open("/run/netns/box", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, container);
	/* it lives as long as somebody is in it, however this ends */
	RUN(w, HERE, "ip netns del box");
	ASSERT_EQ(0, setns(container, CLONE_NEWNET));
	lfd = socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, system("ip link set i0 up"));
	ASSERT_EQ(0, system("ip addr add 10.0.1.77/32 dev i0"));
	ASSERT_EQ(0, system("ip route add default dev i0"));
	ASSERT_EQ(0, bind_to(lfd, "10.0.1.77", 5000));
	ASSERT_EQ(0, listen(lfd, 5));
	RUN(w, PEER, "ip route replace 10.0.1.77 via " HERE_IP);
	ASSERT_EQ(0, world_enter(w, PEER));
	cfd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ASSERT_EQ(-1, connect_to(cfd, "10.0.1.77", 5000));
	ASSERT_EQ(POLLOUT, wait_for(cfd, POLLOUT));
	afd = accept(lfd, NULL, NULL);
	ASSERT_LE(0, afd);
	ASSERT_EQ(1, send(cfd, "x", 1, 0));
	EXPECT_EQ(1, recv(afd, scratch, 1, 0));
	close(afd);
	close(cfd);
	close(lfd);
	close(container);
}

/* ---- "reject with tcp reset" for what XTCP sends itself ------------------------ */

#define REJECT(match)							\
	"nft -f - <<'END'\n"						\
	"table ip t {\n"						\
	"	chain out {\n"						\
	"		type filter hook output priority 0\n"		\
	"		" match " reject with tcp reset\n"		\
	"	}\n"							\
	"}\n"								\
	"END"

TEST_F(direct, rejected_syn)
{
	int fd = world_sock(&self->w, HERE, 0);

	RUN(&self->w, HERE, REJECT("tcp dport 6001"));
	EXPECT_EQ(ECONNREFUSED, err(connect_to(fd, PEER_IP, 6001)));
	close(fd);
}

TEST_F(direct, rejected_data)
{
	const struct world *w = &self->w;
	int client, fd[2];

	for (client = HERE; client <= PEER; client++) {
		ASSERT_EQ(0, world_pair(w, client, fd));
		RUN(w, HERE, REJECT("tcp flags & psh == psh"));
		ASSERT_EQ(1, write(fd[HERE], "x", 1));
		EXPECT_NE(0, wait_for(fd[HERE], POLLERR) & POLLERR);
		EXPECT_EQ(ECONNRESET, sock_error(fd[HERE]));
		RUN(w, HERE, "nft flush ruleset");
		close(fd[HERE]);
		close(fd[PEER]);
	}
}

/* A FIN: of one that waits for the other's, and of the last */
TEST_F(direct, rejected_fin)
{
	const struct world *w = &self->w;
	struct row row;
	int last, fd[2];
	unsigned int port, peer;

	for (last = 0; last < 2; last++) {
		ASSERT_EQ(0, world_pair(w, PEER, fd));
		port = port_of(fd[HERE]);
		peer = port_of(fd[PEER]);
		if (last) {
			ASSERT_EQ(0, shutdown(fd[PEER], SHUT_WR));
			ASSERT_EQ(0, drain(fd[HERE]));
		}
		RUN(w, HERE, REJECT("tcp flags & fin == fin"));
		close(fd[HERE]);
		EXPECT_TRUE(WAIT_FOR(row_find(port, peer, &row) == 0));
		RUN(w, HERE, "nft flush ruleset");
		close(fd[PEER]);
	}
}

TEST_F(direct, rejected_synack)
{
	const struct world *w = &self->w;
	int lfd = world_listener(w, HERE, 5000, 1);
	int fd = world_sock(w, PEER, SOCK_NONBLOCK);
	struct row row;

	RUN(w, HERE, REJECT("tcp sport 5000"));
	ASSERT_EQ(-1, connect_to(fd, HERE_IP, 5000));
	EXPECT_TRUE(WAIT_FOR(world_counter(w, HERE, "EmbryonicRsts") >= 1));
	EXPECT_TRUE(WAIT_FOR(row_find(5000, port_of(fd), &row) == 0));
	close(fd);
	close(lfd);
}

#include "nothing_left.h"
