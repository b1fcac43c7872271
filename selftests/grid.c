// SPDX-License-Identifier: GPL-2.0
/*
 * Bad links: every combination of loss, delay, reordering and duplication, with
 * XTCP sending, receiving, and on both ends, and with the kernel's TCP on both
 * for comparison.  Bytes cross both ways at once and must arrive as they were.
 *
 *	grid		the test: a few hundred KiB, several cells at a time
 *	grid --table	one after another, with more bytes: how long each took
 */
#include <sys/prctl.h>

#include "world.h"

#define WORKERS		10
#define ROLES		4
/* Retransmissions that back off take their time, whoever does them. */
#define CELL_PATIENCE	(120000 * SLOW)

static const char *const losses[] = { "0", "0.1", "1", "10" };
static const int delays[] = { 0, 10, 100 };

struct cell {
	int loss;		/* index of losses */
	int delay;		/* ms */
	bool reorder, duplicate;
};

#define CELLS	(4 * 3 * 2 * 2)

static const struct {
	const char *name;
	int here, peer;
} roles[ROLES] = {
	{ "TCP-TCP", AF_INET, AF_INET },
	{ "XTCP-TCP", AF_XTCP, AF_INET },
	{ "TCP-XTCP", AF_INET, AF_XTCP },
	{ "XTCP-XTCP", AF_XTCP, AF_XTCP },
};

/* What a worker tells of a cell */
struct result {
	int cell;
	int errors[ROLES];	/* errno, 0: well */
	int ms[ROLES];
};

static bool table;

static struct cell cell_of(int i)
{
	return (struct cell){
		.loss = i % 4, .delay = delays[i / 4 % 3],
		.reorder = i / 12 % 2, .duplicate = i / 24 % 2,
	};
}

static void cell_name(const struct cell *c, char *buf, size_t len)
{
	snprintf(buf, len, "loss %s%% delay %d ms%s%s", losses[c->loss],
		 c->delay, c->reorder ? " reorder" : "",
		 c->duplicate ? " duplicate" : "");
}

/* Both ends of the wire disturb what leaves them. */
static int disturb(const struct world *w, const struct cell *c)
{
	char args[200];
	int n;

	n = snprintf(args, sizeof(args), "netem limit 10000 delay %dms",
		     c->reorder && !c->delay ? 1 : c->delay);
	if (c->loss)
		n += snprintf(args + n, sizeof(args) - n, " loss %s%%",
			      losses[c->loss]);
	if (c->reorder)
		n += snprintf(args + n, sizeof(args) - n, " reorder 10%%");
	if (c->duplicate)
		snprintf(args + n, sizeof(args) - n, " duplicate 1%%");
	return world_run(w, HERE, "tc qdisc replace dev a0 root %s", args) ||
	       world_run(w, PEER, "tc qdisc replace dev b0 root %s", args);
}

static size_t bytes(const struct cell *c)
{
	static const size_t small[] = { 300000, 300000, 100000, 15000 };

	if (table)
		return c->loss < 2 ? 10 * small[c->loss] : small[c->loss];
	return SLOW > 1 && c->loss < 3 ? small[c->loss] / 4 : small[c->loss];
}

static int cross(const struct world *w, const struct cell *c)
{
	int fd[2], ret;

	if (world_pair(w, HERE, fd))
		return errno;
	struct flow flows[] = {
		{ .from = fd[0], .to = fd[1], .size = bytes(c),
		  .half_close = true },
		{ .from = fd[1], .to = fd[0], .size = bytes(c) / 10,
		  .half_close = true },
	};
	ret = flows_run(flows, 2, CELL_PATIENCE) ? errno : 0;
	close(fd[0]);
	close(fd[1]);
	return ret;
}

static int worlds_make(struct world *worlds)
{
	int i;

	for (i = 0; i < ROLES; i++) {
		if (world_make(&worlds[i], roles[i].here, roles[i].peer, false))
			return -1;
		/* So that netem has many segments to choose from. */
		if (world_run(&worlds[i], HERE, "ip link set a0 gso_max_segs 1") ||
		    world_run(&worlds[i], PEER, "ip link set b0 gso_max_segs 1"))
			return -1;
	}
	return 0;
}

static struct result run_cell(const struct world *worlds, int number)
{
	struct result r = { .cell = number };
	struct cell c = cell_of(number);
	long long start;
	int i;

	for (i = 0; i < ROLES; i++) {
		errno = EIO;
		r.errors[i] = disturb(&worlds[i], &c) ? errno : 0;
		start = now_ms();
		if (!r.errors[i])
			r.errors[i] = cross(&worlds[i], &c);
		r.ms[i] = now_ms() - start;
	}
	return r;
}

static int worker(int first, int step, int out)
{
	struct world worlds[ROLES];
	struct result r;
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (worlds_make(worlds)) {
		fprintf(stderr, "# no worlds: %s\n", strerror(errno));
		return 1;
	}
	for (i = first; i < CELLS; i += step) {
		r = run_cell(worlds, i);
		if (write(out, &r, sizeof(r)) != sizeof(r))
			return 1;
	}
	return 0;
}

static void print_row(const struct result *r)
{
	struct cell c = cell_of(r->cell);
	char name[100];
	int i;

	cell_name(&c, name, sizeof(name));
	printf("%-45s", name);
	for (i = 0; i < ROLES; i++)
		if (r->errors[i])
			printf(" %16s", strerror(r->errors[i]));
		else if (i)
			printf(" %9.2f (%4.2f)", r->ms[i] / 1000.,
			       (double)r->ms[i] / (r->ms[0] ?: 1));
		else
			printf(" %16.2f", r->ms[i] / 1000.);
	putchar('\n');
	fflush(stdout);
}

/* In the order in which they end. */
static bool print_tap(const struct result *r)
{
	static int number;
	struct cell c = cell_of(r->cell);
	bool good = true;
	char name[100];
	int i;

	for (i = 0; i < ROLES; i++)
		if (r->errors[i]) {
			printf("# %s: %s\n", roles[i].name,
			       strerror(r->errors[i]));
			good = false;
		}
	cell_name(&c, name, sizeof(name));
	printf("%s %d %s\n", good ? "ok" : "not ok", ++number,
	       name);
	fflush(stdout);
	return good;
}

static bool report(const struct result *r)
{
	int i;

	if (!table)
		return print_tap(r);
	print_row(r);
	for (i = 0; i < ROLES; i++)
		if (r->errors[i])
			return false;
	return true;
}

static void print_head(void)
{
	int i;

	if (!table) {
		printf("TAP version 13\n1..%d\n", CELLS);
		return;
	}
	printf("%-45s", "seconds (times TCP-TCP's); sender first");
	for (i = 0; i < ROLES; i++)
		printf(" %16s", roles[i].name);
	putchar('\n');
}

int main(int argc, char **argv)
{
	int i, status, workers = WORKERS, out[2], good = 0, seen = 0;
	struct result r;

	table = argc > 1 && !strcmp(argv[1], "--table");
	if (table)
		workers = 1;
	print_head();
	fflush(stdout);
	if (pipe(out))
		return 1;
	for (i = 0; i < workers; i++)
		if (!fork())
			_exit(worker(i, workers, out[1]));
	close(out[1]);
	for (; read(out[0], &r, sizeof(r)) == sizeof(r); seen++)
		good += report(&r);
	while (wait(&status) > 0)
		if (status)
			good = -1;
	if (!table)
		printf("# Totals: pass:%d fail:%d skip:0\n", good,
		       CELLS - good);
	return good == CELLS ? 0 : 1;
}
