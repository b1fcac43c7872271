// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls on a few sockets that fight for two ports, in lock-step on
 * AF_INET and on the family under test: every result must be the same.
 *
 * XTCP_SEED and XTCP_SEQUENCES choose other sequences, and more.
 */
#include <sched.h>

#include "harness.h"

#define SLOTS		6
#define LENGTH		40
#define SEQUENCES	(SLOW > 1 ? 100 : 400)
#define SHOWN		3	/* differing sequences that are printed */
#define FIRST_PORT	10000
#define BACKLOG		64

/* One family, with a namespace of its own, as both may be AF_INET */
struct world {
	int family, netns;
	int slot[SLOTS];
	int side[2];		/* a connection that settle() uses */
};

enum kind {
	OPEN, BIND, LISTEN, CONNECT, ACCEPT, CLOSE, RESET, SHUT, UNSPEC,
	SET_R, SET_P, KINDS,
};

static const char *const names[] = {
	"open", "bind", "listen", "connect", "accept", "close", "reset",
	"shutdown", "disconnect", "SO_REUSEADDR", "SO_REUSEPORT",
};

/* How often each comes; opening is what an empty slot asks for. */
static const unsigned char weights[] = { 0, 8, 5, 5, 3, 2, 2, 1, 1, 3, 3 };

struct op {
	enum kind kind;
	int slot;
	const char *ip;
	unsigned int port;
	int val;
	int result[2];		/* errnos of both worlds */
};

struct sequence {
	struct op ops[LENGTH];
	unsigned int port;	/* and the next one */
	unsigned int listeners;	/* slots that listen */
	int count;
};

static const char *const ips[] = { "0.0.0.0", "127.0.0.1", "127.0.0.2" };

static int world_enter(const struct world *w)
{
	family = w->family;
	return setns(w->netns, CLONE_NEWNET);
}

static int world_init(struct world *w, int of_family)
{
	family = of_family;
	memset(w->slot, -1, sizeof(w->slot));
	w->family = of_family;
	if (fresh_netns() || pair(w->side) ||
	    (!native() && sysctl_set("xtcp/timewait_msecs", "60000")))
		return -1;
	w->netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return w->netns < 0 ? -1 : 0;
}

/*
 * As in the oracle, segments of a processor keep their order; a handshake has
 * three, one after the other.
 */
static int settle(const struct world *w)
{
	char byte = 's';
	int i;

	for (i = 0; i < 4; i++) {
		if (send(w->side[i % 2], &byte, 1, 0) != 1 ||
		    recv(w->side[1 - i % 2], &byte, 1, 0) != 1)
			return -1;
	}
	return 0;
}

static int stay_on_one_processor(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	return sched_setaffinity(0, sizeof(one), &one);
}

/* The child, if there is one, moves into the first empty slot. */
static int do_accept(struct world *w, int lfd)
{
	int fd = accept(lfd, NULL, NULL);
	int i;

	if (fd < 0)
		return -1;
	for (i = 0; i < SLOTS; i++) {
		if (w->slot[i] >= 0)
			continue;
		w->slot[i] = fd;
		return nonblock(fd, true);
	}
	return reset_by(fd);
}

static long do_open(struct world *w, const struct op *op)
{
	int fd = sock_as(op->val & 4 ? 2000 : 1000);

	if (set_int(fd, SOL_SOCKET, SO_REUSEADDR, op->val & 1) ||
	    set_int(fd, SOL_SOCKET, SO_REUSEPORT, !!(op->val & 2)))
		return -1;
	w->slot[op->slot] = fd;
	return nonblock(fd, true);
}

static long do_op(struct world *w, const struct op *op)
{
	int fd = w->slot[op->slot];

	switch (op->kind) {
	case OPEN:
		return do_open(w, op);
	case BIND:
		return bind_to(fd, op->ip, op->port);
	case LISTEN:
		return listen(fd, BACKLOG);
	case CONNECT:
		return connect_to(fd, op->ip, op->port);
	case ACCEPT:
		return do_accept(w, fd);
	case CLOSE:
		w->slot[op->slot] = -1;
		return close(fd);
	case RESET:
		w->slot[op->slot] = -1;
		return reset_by(fd);
	case SHUT:
		return shutdown(fd, SHUT_RD);
	case UNSPEC:
		return unspec(fd);
	case SET_R:
		return set_int(fd, SOL_SOCKET, SO_REUSEADDR, op->val & 1);
	case SET_P:
		return set_int(fd, SOL_SOCKET, SO_REUSEPORT, op->val & 1);
	case KINDS:
		break;
	}
	return -1;
}

static bool makes_segments(enum kind kind)
{
	return kind != BIND && kind != SET_R && kind != SET_P && kind != OPEN;
}

/* In both worlds; do the results agree? */
static bool op_play(struct world *worlds, struct op *op)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (world_enter(&worlds[i]))
			return false;
		op->result[i] = err(do_op(&worlds[i], op));
		if (makes_segments(op->kind) && settle(&worlds[i]))
			return false;
	}
	return op->result[0] == op->result[1];
}

static enum kind random_kind(unsigned int *seed)
{
	unsigned int sum = 0, kind, n;

	for (kind = 0; kind < KINDS; kind++)
		sum += weights[kind];
	n = rand_r(seed) % sum;
	for (kind = 0; n >= weights[kind]; kind++)
		n -= weights[kind];
	return kind;
}

/*
 * TCP spreads connections over a SO_REUSEPORT group by a secret hash, and a
 * child has its listener's options: no connections beside two listeners.
 */
static bool is_fair(const struct sequence *q, const struct op *op)
{
	return op->kind != CONNECT || __builtin_popcount(q->listeners) < 2;
}

static void op_choose(const struct sequence *q, const struct world *w,
		      struct op *op, unsigned int *seed)
{
	do {
		op->slot = rand_r(seed) % SLOTS;
		op->kind = w->slot[op->slot] < 0 ? OPEN : random_kind(seed);
		op->ip = ips[rand_r(seed) % ARRAY_SIZE(ips)];
		op->port = q->port + rand_r(seed) % 2;
		op->val = rand_r(seed) % 8;
	} while (!is_fair(q, op));
}

static void note_listeners(struct sequence *q, const struct op *op)
{
	unsigned int bit = 1U << op->slot;

	if (op->kind == LISTEN && !op->result[0])
		q->listeners |= bit;
	if (op->kind == CLOSE || op->kind == RESET || op->kind == SHUT ||
	    op->kind == UNSPEC)
		q->listeners &= ~bit;
}

static void sequence_print(const struct sequence *q, unsigned int seed)
{
	int i;

	printf("# a difference, seed %u:\n", seed);
	for (i = 0; i < q->count; i++) {
		const struct op *op = &q->ops[i];

		printf("#  %d: %s", op->slot, names[op->kind]);
		if (op->kind == BIND || op->kind == CONNECT)
			printf(" %s:%u", op->ip, op->port);
		if (op->kind == OPEN)
			printf(" R %d P %d uid %d", op->val & 1,
			       !!(op->val & 2), op->val & 4 ? 2000 : 1000);
		if (op->kind == SET_R || op->kind == SET_P)
			printf(" %d", op->val & 1);
		printf(": %s %s\n", strerrorname_np(op->result[0]) ?: "0",
		       strerrorname_np(op->result[1]) ?: "0");
	}
}

static void slots_close(struct world *w)
{
	int i;

	for (i = 0; i < SLOTS; i++) {
		if (w->slot[i] >= 0)
			reset_by(w->slot[i]);
		w->slot[i] = -1;
	}
}

/* Until the end, or the first difference: then false */
static bool sequence_play(struct sequence *q, struct world *worlds,
			  unsigned int seed)
{
	bool same = true;
	int i;

	for (q->count = 0; same && q->count < LENGTH; q->count++) {
		struct op *op = &q->ops[q->count];

		op_choose(q, &worlds[0], op, &seed);
		same = op_play(worlds, op);
		note_listeners(q, op);
	}
	for (i = 0; i < 2; i++) {
		slots_close(&worlds[i]);
		settle(&worlds[i]);
	}
	return same;
}

static unsigned int setting(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

/* B-09, B-10, B-16, B-20 to B-24, B-29, B-40 to B-57, B-63 to B-69, C-08 */
TEST(same_results_as_the_kernel)
{
	unsigned int seed = setting("XTCP_SEED", 1);
	unsigned int n = setting("XTCP_SEQUENCES", SEQUENCES);
	unsigned int i, differing = 0;
	struct world worlds[2] = { };
	int tested = family;

	ASSERT_EQ(0, stay_on_one_processor());
	ASSERT_EQ(0, world_init(&worlds[0], AF_INET));
	ASSERT_EQ(0, world_init(&worlds[1], tested));
	printf("# %u sequences, seed %u\n", n, seed);
	for (i = 0; i < n; i++) {
		struct sequence q = { .port = FIRST_PORT + 2 * (i % 10000) };

		if (sequence_play(&q, worlds, seed + i))
			continue;
		if (differing++ < SHOWN)
			sequence_print(&q, seed + i);
	}
	EXPECT_EQ(0, differing) {
		TH_LOG("of %u sequences", n);
	}
}

TEST_HARNESS_MAIN
