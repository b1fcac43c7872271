// SPDX-License-Identifier: GPL-2.0
/* Groups of listeners that share a port by SO_REUSEPORT (inventory C.3). */
#include <linux/filter.h>
#include <sched.h>

#include "harness.h"

const unsigned int widened = 200;

#define PORT	30001
#define MEMBERS	4
#define CLIENTS	64

static int member_on(const char *ip)
{
	int fd = sock(SOCK_NONBLOCK);

	if (set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1) || bind_to(fd, ip, PORT) ||
	    listen(fd, CLIENTS))
		return -1;
	return fd;
}

FIXTURE(group)
{
	int lfd[MEMBERS];
	int fd[CLIENTS];
};

FIXTURE_SETUP(group)
{
	int i;

	ASSERT_EQ(0, fresh_netns());
	for (i = 0; i < MEMBERS; i++) {
		self->lfd[i] = member_on(LOCALHOST);
		ASSERT_LE(0, self->lfd[i]);
	}
}

FIXTURE_TEARDOWN(group)
{
}

static int connect_clients(FIXTURE_DATA(group) *self, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		self->fd[i] = connected(PORT);
		if (self->fd[i] < 0)
			return -1;
	}
	return 0;
}

/* Accept all that wait, close them. */
static int accept_all(int lfd)
{
	int n = 0, fd;

	while ((fd = accept(lfd, NULL, NULL)) >= 0) {
		close(fd);
		n++;
	}
	return errno == EAGAIN ? n : -1;
}

/* Which member took each client: by the client's port. */
static int accept_ports(int lfd, unsigned int *port)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	int n = 0, fd;

	while ((fd = accept(lfd, (struct sockaddr *)&a, &len)) >= 0) {
		port[n++] = ntohs(a.sin_port);
		close(fd);
	}
	return n;
}

/* C-30: everybody gets something, and all of it arrives. */
TEST_F(group, spread)
{
	int i, n, sum = 0;

	ASSERT_EQ(0, connect_clients(self, CLIENTS));
	for (i = 0; i < MEMBERS; i++) {
		n = accept_all(self->lfd[i]);
		/* 64 clients miss one of four once in a hundred million. */
		EXPECT_LT(0, n);
		sum += n;
	}
	EXPECT_EQ(CLIENTS, sum);
}

/* C-30: the same tuple comes to the same member. */
TEST_F(group, same_tuple_same_member)
{
	unsigned int port[CLIENTS];
	int i, n, fd;

	ASSERT_EQ(0, connect_clients(self, 8));
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, reset_by(self->fd[i]));
	n = accept_ports(self->lfd[0], port);
	for (i = 1; i < MEMBERS; i++)
		accept_all(self->lfd[i]);
	for (i = 0; i < n; i++) {
		ASSERT_TRUE(WAIT_FOR(state_of(port[i], PORT) == ST_NONE));
		fd = bound(LOCALHOST, port[i]);
		ASSERT_EQ(0, connect_to(fd, LOCALHOST, PORT));
		EXPECT_EQ(1, accept_all(self->lfd[0]));
		ASSERT_EQ(0, reset_by(fd));
	}
}

/* C-32: whoever listens on the very address comes first. */
TEST_F(group, exact_address_first)
{
	int any = member_on("0.0.0.0"), i, sum = 0;

	ASSERT_LE(0, any);
	ASSERT_EQ(0, connect_clients(self, 16));
	EXPECT_EQ(0, accept_all(any));
	for (i = 0; i < MEMBERS; i++)
		sum += accept_all(self->lfd[i]);
	EXPECT_EQ(16, sum);
	for (i = 0; i < MEMBERS; i++)
		ASSERT_EQ(0, close(self->lfd[i]));
	ASSERT_EQ(0, connect_clients(self, 4));
	EXPECT_EQ(4, accept_all(any));
}

/* C-30: who has left gets nothing. */
TEST_F(group, member_leaves)
{
	int i, sum = 0;

	ASSERT_EQ(0, close(self->lfd[1]));
	ASSERT_EQ(0, shutdown(self->lfd[2], SHUT_RD));
	ASSERT_EQ(0, connect_clients(self, 32));
	for (i = 0; i < MEMBERS; i += 3)
		sum += accept_all(self->lfd[i]);
	EXPECT_EQ(32, sum);
	/* and may come back */
	ASSERT_EQ(0, listen(self->lfd[2], CLIENTS));
	ASSERT_EQ(0, connect_clients(self, CLIENTS));
	EXPECT_LT(0, accept_all(self->lfd[2]));
}

static int look_for_resets(FIXTURE_DATA(group) *self, int n)
{
	int i, reset = 0;

	for (i = 0; i < n; i++)
		if (recv(self->fd[i], scratch, 1, MSG_DONTWAIT) < 0 &&
		    errno == ECONNRESET)
			reset++;
	return reset;
}

/* Of the first @n clients; at least @least must come, soon. */
static int count_reset(FIXTURE_DATA(group) *self, int n, int least)
{
	int sum = 0;

	WAIT_FOR((sum += look_for_resets(self, n)) >= least);
	return sum;
}

/* C-33: without migration its connections end with it. */
TEST_F(group, children_of_a_closed_member)
{
	int i, n, sum = 0;

	ASSERT_EQ(0, connect_clients(self, CLIENTS));
	ASSERT_EQ(0, close(self->lfd[0]));
	for (i = 1; i < MEMBERS; i++) {
		n = accept_all(self->lfd[i]);
		EXPECT_LT(0, n);
		sum += n;
	}
	EXPECT_EQ(CLIENTS - sum, count_reset(self, CLIENTS, CLIENTS - sum));
}

/* C-34 */
TEST_F(group, children_migrate)
{
	long moved = counter("TCPMigrateReqSuccess");
	int i, sum = 0;

	ASSERT_EQ(0, sysctl_set("ipv4/tcp_migrate_req", "1"));
	ASSERT_EQ(0, connect_clients(self, CLIENTS));
	ASSERT_EQ(0, close(self->lfd[0]));
	EXPECT_LT(moved, counter("TCPMigrateReqSuccess"));
	ASSERT_EQ(0, close(self->lfd[1]));
	EXPECT_EQ(0, count_reset(self, CLIENTS, 0));
	for (i = 2; i < MEMBERS; i++)
		sum += accept_all(self->lfd[i]);
	EXPECT_EQ(CLIENTS, sum);
	/* With the last of them it is over. */
	ASSERT_EQ(0, connect_clients(self, 4));
	ASSERT_EQ(0, close(self->lfd[2]));
	ASSERT_EQ(0, close(self->lfd[3]));
	EXPECT_EQ(4, count_reset(self, 4, 4));
}

/* Finished connections that wait at a listener */
static int waiting_at(int lfd)
{
	struct tcp_info info = { };
	socklen_t len = sizeof(info);

	return getsockopt(lfd, IPPROTO_TCP, TCP_INFO, &info, &len) ? -1 :
	       info.tcpi_unacked;
}

/* Who never accepts takes no more over than its backlog; with TCP it takes all. */
TEST_F(group, heir_is_full)
{
	int i;

	if (native())
		SKIP(return, "TCP's takes all");
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_migrate_req", "1"));
	for (i = 1; i < MEMBERS; i++)
		ASSERT_EQ(0, close(self->lfd[i]));
	ASSERT_EQ(0, connect_clients(self, CLIENTS));
	EXPECT_TRUE(WAIT_FOR(waiting_at(self->lfd[0]) == CLIENTS));
	self->lfd[1] = member_on(LOCALHOST);
	ASSERT_LE(0, self->lfd[1]);
	ASSERT_EQ(0, listen(self->lfd[1], 4));
	ASSERT_EQ(0, close(self->lfd[0]));
	EXPECT_EQ(5, waiting_at(self->lfd[1]));
	EXPECT_EQ(CLIENTS - 5, count_reset(self, CLIENTS, CLIENTS - 5));
	EXPECT_EQ(5, accept_all(self->lfd[1]));
}

/* C-34 on the final ACK; C-26 keeps the requests half-open until data comes. */
TEST_F(group, requests_migrate)
{
	long moved;
	int i, sum = 0;

	ASSERT_EQ(0, sysctl_set("ipv4/tcp_migrate_req", "1"));
	for (i = 0; i < MEMBERS; i++)
		ASSERT_EQ(0, set_int(self->lfd[i], IPPROTO_TCP,
				     TCP_DEFER_ACCEPT, 30));
	ASSERT_EQ(0, connect_clients(self, CLIENTS));
	for (i = 0; i < MEMBERS; i++)
		EXPECT_EQ(0, accept_all(self->lfd[i]));
	moved = counter("TCPMigrateReqSuccess");
	ASSERT_EQ(0, close(self->lfd[0]));
	ASSERT_EQ(0, close(self->lfd[3]));
	for (i = 0; i < CLIENTS; i++)
		ASSERT_EQ(0, send_all(self->fd[i], "data", 4));
	EXPECT_TRUE(WAIT_FOR((sum += accept_all(self->lfd[1]) +
				     accept_all(self->lfd[2])) >= CLIENTS));
	EXPECT_EQ(CLIENTS, sum);
	EXPECT_LT(moved, counter("TCPMigrateReqSuccess"));
}

/* C-33: the request of a closed member is answered with a RST. */
TEST_F(group, requests_of_closed_members)
{
	int i;

	for (i = 0; i < MEMBERS; i++)
		ASSERT_EQ(0, set_int(self->lfd[i], IPPROTO_TCP,
				     TCP_DEFER_ACCEPT, 30));
	ASSERT_EQ(0, connect_clients(self, 8));
	for (i = 0; i < MEMBERS; i++)
		ASSERT_EQ(0, close(self->lfd[i]));
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, send_all(self->fd[i], "data", 4));
	EXPECT_EQ(8, count_reset(self, 8, 8));
}

/* C-31: a program that returns what stands at @offset of its data, or @value */
static int attach(int fd, int offset, int value)
{
	struct sock_filter code[] = {
		offset < 0 ? (struct sock_filter)
			BPF_STMT(BPF_LD | BPF_IMM, value) :
			(struct sock_filter)
			BPF_STMT(BPF_LD | BPF_B | BPF_ABS, offset),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog prog = { ARRAY_SIZE(code), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog,
			  sizeof(prog));
}

TEST_F(group, program_chooses)
{
	int i, sum = 0;

	ASSERT_EQ(0, attach(self->lfd[0], -1, 2));
	ASSERT_EQ(0, connect_clients(self, 8));
	EXPECT_EQ(8, accept_all(self->lfd[2]));
	/* out of range: the hash chooses */
	ASSERT_EQ(0, attach(self->lfd[3], -1, MEMBERS));
	ASSERT_EQ(0, connect_clients(self, CLIENTS));
	for (i = 0; i < MEMBERS; i++) {
		int n = accept_all(self->lfd[i]);

		EXPECT_LT(0, n);
		sum += n;
	}
	EXPECT_EQ(CLIENTS, sum);
	ASSERT_EQ(0, attach(self->lfd[1], -1, 1));
	ASSERT_EQ(0, connect_clients(self, 8));
	EXPECT_EQ(8, accept_all(self->lfd[1]));
	ASSERT_EQ(0, set_int(self->lfd[1], SOL_SOCKET,
			     SO_DETACH_REUSEPORT_BPF, 0));
	EXPECT_EQ(ENOENT, err(set_int(self->lfd[1], SOL_SOCKET,
				      SO_DETACH_REUSEPORT_BPF, 0)));
}

/* G-81 */
TEST(program_without_a_group)
{
	int fd;

	ASSERT_EQ(0, fresh_netns());
	fd = bound(LOCALHOST, PORT);
	EXPECT_EQ(EINVAL, err(attach(fd, -1, 0)));
	fd = listener_on(LOCALHOST, PORT + 1, 1);
	EXPECT_EQ(EINVAL, err(attach(fd, -1, 0)));
	fd = sock(0);
	ASSERT_EQ(0, set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1));
	EXPECT_EQ(0, attach(fd, -1, 0));
	/* B-58: a private group joins no other port's */
	ASSERT_EQ(0, bind_to(fd, LOCALHOST, PORT + 2));
	EXPECT_EQ(0, listen(fd, 1));
	ASSERT_LE(0, connected(PORT + 2));
	EXPECT_LE(0, accept(fd, NULL, NULL));
}

/* C-29: another user's listener is no member. */
TEST(one_user_only)
{
	int fd, other;

	ASSERT_EQ(0, fresh_netns());
	fd = member_on(LOCALHOST);
	ASSERT_LE(0, fd);
	other = sock_as(1000);
	ASSERT_EQ(0, set_int(other, SOL_SOCKET, SO_REUSEPORT, 1));
	EXPECT_EQ(EADDRINUSE, err(bind_to(other, LOCALHOST, PORT)));
}

/* ---- members that come and go at once ------------------------------------ */

#define PLAYERS	3
#define ROUNDS	(2000 / SLOW)	/* a few dozen show a race */

enum way { NOBODY, SHUTDOWN, CLOSE, UNSPEC, TOGGLE, ATTACH };

struct player {
	pthread_t thread;
	struct crowd *crowd;
	enum way way;
	unsigned int nr, seed;
	int fd, cfd;
	int refused;		/* how often it could not listen */
};

struct crowd {
	struct player players[PLAYERS];
	int n;
	bool together;		/* all leave at once; else one comes as one leaves */
	unsigned int arrived;
};

/* All go on when the last has come, and each as soon as it can. */
static void meet(struct crowd *c)
{
	unsigned int n = __atomic_add_fetch(&c->arrived, 1, __ATOMIC_SEQ_CST);
	unsigned int all = (n + c->n - 1) / c->n * c->n;

	while ((int)(__atomic_load_n(&c->arrived, __ATOMIC_SEQ_CST) - all) < 0)
		sched_yield();
}

static void dither(struct player *p)
{
	int n = rand_r(&p->seed) % 300;

	while (n--)
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static int member_bound(void)
{
	int fd = sock(SOCK_NONBLOCK);

	if (set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1) ||
	    bind_to(fd, LOCALHOST, PORT)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void come(struct player *p)
{
	if (p->fd < 0)
		p->fd = member_bound();
	if (listen(p->fd, CLIENTS))
		p->refused++;
	/* one whose connection must be inherited, or end */
	p->cfd = sock(SOCK_NONBLOCK);
	connect_to(p->cfd, LOCALHOST, PORT);
}

static void go(struct player *p)
{
	switch (p->way) {
	case TOGGLE:
		set_int(p->fd, SOL_SOCKET, SO_REUSEPORT, 0);
		sched_yield();
		set_int(p->fd, SOL_SOCKET, SO_REUSEPORT, 1);
		shutdown(p->fd, SHUT_RD);
		break;
	case ATTACH:
		attach(p->fd, -1, p->nr);
		set_int(p->fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0);
		attach(p->fd, -1, 0);
		shutdown(p->fd, SHUT_RD);
		break;
	case UNSPEC:
		unspec(p->fd);
		/* which gives up the address, not the port */
		bind_to(p->fd, LOCALHOST, PORT);
		break;
	case CLOSE:
		close(p->fd);
		p->fd = -1;
		break;
	default:
		shutdown(p->fd, SHUT_RD);
	}
	reset_by(p->cfd);
}

static void *play(void *arg)
{
	struct player *p = arg;
	unsigned int phase = p->crowd->together ? 0 : p->nr;
	int i;

	if (phase & 1)
		come(p);
	for (i = 0; i < ROUNDS; i++) {
		meet(p->crowd);
		dither(p);
		if ((i + phase) & 1)
			go(p);
		else
			come(p);
	}
	if (phase & 1)
		go(p);
	return NULL;
}

FIXTURE(crowd)
{
	struct crowd c;
};

FIXTURE_VARIANT(crowd)
{
	bool together, migrate;
	enum way ways[PLAYERS];
};

FIXTURE_VARIANT_ADD(crowd, shutdown) {
	.ways = { SHUTDOWN, SHUTDOWN },
};

FIXTURE_VARIANT_ADD(crowd, close) {
	.ways = { CLOSE, CLOSE },
};

FIXTURE_VARIANT_ADD(crowd, shutdown_close) {
	.ways = { SHUTDOWN, CLOSE },
};

FIXTURE_VARIANT_ADD(crowd, unspec) {
	.ways = { UNSPEC, SHUTDOWN },
};

FIXTURE_VARIANT_ADD(crowd, toggle) {
	.ways = { TOGGLE, SHUTDOWN },
};

FIXTURE_VARIANT_ADD(crowd, attach) {
	.ways = { ATTACH, SHUTDOWN },
};

FIXTURE_VARIANT_ADD(crowd, migrate) {
	.migrate = true, .ways = { SHUTDOWN, CLOSE },
};

FIXTURE_VARIANT_ADD(crowd, pairs) {
	.together = true, .migrate = true,
	.ways = { CLOSE, CLOSE },
};

FIXTURE_VARIANT_ADD(crowd, triples) {
	.together = true, .migrate = true,
	.ways = { CLOSE, CLOSE, CLOSE },
};

FIXTURE_VARIANT_ADD(crowd, chains) {
	.together = true, .migrate = true,
	.ways = { SHUTDOWN, CLOSE },
};

FIXTURE_VARIANT_ADD(crowd, long_chains) {
	.together = true, .migrate = true,
	.ways = { SHUTDOWN, CLOSE, SHUTDOWN },
};

FIXTURE_VARIANT_ADD(crowd, disconnected) {
	.together = true, .migrate = true,
	.ways = { UNSPEC, UNSPEC, CLOSE },
};

FIXTURE_SETUP(crowd)
{
	struct crowd *c = &self->c;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_migrate_req",
				variant->migrate ? "1" : "0"));
	c->together = variant->together;
	while (c->n < PLAYERS && variant->ways[c->n]) {
		c->players[c->n] = (struct player){
			.crowd = c, .nr = c->n, .seed = c->n + 1, .cfd = -1,
			.fd = -1, .way = variant->ways[c->n],
		};
		c->n++;
	}
}

FIXTURE_TEARDOWN(crowd)
{
}

/* C-34: who has closed keeps nobody else who has. */
TEST(heirs_come_and_go)
{
	int first, last, next, i;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_migrate_req", "1"));
	first = member_on("127.0.0.1");
	last = member_on("127.0.0.1");
	ASSERT_LE(0, last);
	ASSERT_EQ(0, shutdown(first, SHUT_RDWR));
	for (i = 0; i < 100; i++) {
		next = member_on("127.0.0.1");
		ASSERT_LE(0, next);
		ASSERT_EQ(0, close(last));
		last = next;
	}
	EXPECT_TRUE(WAIT_FOR(sockets_used() == 2));
	close(last);
	close(first);
}

/* C-29, C-34: who listens meets who leaves; heirs leave together. */
TEST_F(crowd, comes_and_goes)
{
	struct crowd *c = &self->c;
	int i;

	for (i = 0; i < c->n; i++)
		ASSERT_EQ(0, pthread_create(&c->players[i].thread, NULL, play,
					    &c->players[i]));
	for (i = 0; i < c->n; i++) {
		pthread_join(c->players[i].thread, NULL);
		/* While SO_REUSEPORT is off the port is another's. */
		if (variant->ways[0] != TOGGLE)
			EXPECT_EQ(0, c->players[i].refused);
	}
	/* and never for ever */
	for (i = 0; i < c->n; i++)
		come(&c->players[i]);
	for (i = 0; i < c->n; i++) {
		EXPECT_EQ(1, get_int(c->players[i].fd, SOL_SOCKET,
				     SO_ACCEPTCONN));
		go(&c->players[i]);
		close(c->players[i].fd);
	}
	/* Heirs of each other would stay, though no table has them. */
	EXPECT_TRUE(WAIT_FOR(sockets_used() == 0));
}

#include "nothing_left.h"
