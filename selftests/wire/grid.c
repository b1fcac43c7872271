// SPDX-License-Identifier: GPL-2.0
/*
 * Bad links: every combination of loss, delay, reordering and duplication, with
 * XTCP sending, receiving, and on both ends, and with the kernel's TCP on both
 * for comparison.  Bytes cross both ways at once and must arrive as they were.
 *
 *	grid		the test: a few hundred KiB, several cells at a time
 *	grid --vigils	only what takes a minute of waiting
 *	grid --table [ROUNDS [WORDS]]	one after another, with more bytes: how
 *			long it takes, the median of some rounds in which the
 *			roles take turns, and whether XTCP keeps up with TCP;
 *			only the cells with WORDS in their names.  Best where
 *			the clock counts instructions (scripts/vm --icount).
 *	grid --bulk [MIB]	so much (256) crosses a good link, each role once
 */
#include <sys/prctl.h>

#include "grid.h"

#define WORKERS		3	/* of each role */
#define MAX_ROUNDS	25
/* With at most 0.1 % loss XTCP shall take this many percent of TCP's time. */
#define LIMIT		120
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

const struct role roles[ROLES] = {
	{ "TCP-TCP", AF_INET, AF_INET },
	{ "XTCP-TCP", AF_XTCP, AF_INET },
	{ "TCP-XTCP", AF_INET, AF_XTCP },
	{ "XTCP-XTCP", AF_XTCP, AF_XTCP },
};

/* What a worker tells of a cell, or of a vigil: they are numbered behind */
struct result {
	int cell;
	unsigned int roles;	/* bits: of whom it tells */
	int errors[ROLES];	/* errno, 0: well */
	long us[ROLES];		/* the median */
};

static bool table;
static int rounds = 1;
static const char *words = "";	/* what a cell must be called to be run */

static struct cell cell_of(int i)
{
	return (struct cell){
		.loss = i % 4, .delay = delays[i / 4 % 3],
		.reorder = i / 12 % 2, .duplicate = i / 24 % 2,
	};
}

static void result_name(const struct result *r, char *buf, size_t len)
{
	struct cell c = cell_of(r->cell);

	if (r->cell >= CELLS)
		snprintf(buf, len, "%s", vigils[r->cell - CELLS].name);
	else
		snprintf(buf, len, "loss %s%% delay %d ms%s%s", losses[c.loss],
			 c.delay, c.reorder ? " reorder" : "",
			 c.duplicate ? " duplicate" : "");
}

static bool is_chosen(int number)
{
	struct result r = { .cell = number };
	char name[100];

	if (number < CELLS && number % stride(8))
		return false;
	result_name(&r, name, sizeof(name));
	return strstr(name, words);
}

static int cells_chosen(void)
{
	int i, n = 0;

	for (i = 0; i < CELLS; i++)
		n += is_chosen(i);
	return n;
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
		return c->loss < 2 ? 1500000 : small[c->loss];
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

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* As devices are, with super-segments: a lot of data in one direction. */
static int bulk_of(int role, size_t size, long *us)
{
	struct world w;
	int fd[2], ret;

	if (world_make(&w, roles[role].here, roles[role].peer, false) ||
	    world_pair(&w, HERE, fd))
		return errno ?: EIO;
	struct flow flow = {
		.from = fd[HERE], .to = fd[PEER], .size = size,
		.half_close = true,
	};
	*us = -now_us();
	ret = flows_run(&flow, 1, CELL_PATIENCE) ? errno : 0;
	*us += now_us();
	close(fd[HERE]);
	close(fd[PEER]);
	world_end(&w);
	return ret;
}

static int bulk(int mib)
{
	long us[ROLES];
	int i, ret, bad = 0;

	printf("%d MiB, seconds (times TCP-TCP's); sender first\n", mib);
	for (i = 0; i < ROLES; i++) {
		ret = bulk_of(i, (size_t)mib << 20, &us[i]);
		if (ret)
			printf("%-12s %s\n", roles[i].name, strerror(ret));
		else
			printf("%-12s %8.3f (%4.2f)\n", roles[i].name,
			       us[i] / 1e6, (double)us[i] / us[0]);
		fflush(stdout);
		bad |= ret || us[i] * 100 > us[0] * LIMIT;
	}
	return bad;
}

#define ALL_ROLES	((1U << ROLES) - 1)

static int worlds_make(struct world *worlds, unsigned int who)
{
	int i;

	for (i = 0; i < ROLES; i++) {
		if (!(who & 1U << i))
			continue;
		if (world_make(&worlds[i], roles[i].here, roles[i].peer, false))
			return -1;
		/* So that netem has many segments to choose from. */
		if (world_run(&worlds[i], HERE, "ip link set a0 gso_max_segs 1") ||
		    world_run(&worlds[i], PEER, "ip link set b0 gso_max_segs 1"))
			return -1;
		/* No cell shall profit from what another one met. */
		if (world_enter(&worlds[i], PEER) ||
		    sysctl_set("ipv4/tcp_no_metrics_save", "1") ||
		    world_enter(&worlds[i], HERE) ||
		    sysctl_set("ipv4/tcp_no_metrics_save", "1"))
			return -1;
	}
	return 0;
}

static int by_value(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return x < y ? -1 : x > y;
}

/* One loss more or less decides where they are rare: chance takes many. */
static int rounds_of(const struct cell *c)
{
	return table && c->loss == 1 ? MAX_ROUNDS : rounds;
}

static struct result run_cell(const struct world *worlds, int number,
			      unsigned int who)
{
	struct result r = { .cell = number, .roles = who };
	struct cell c = cell_of(number);
	long us[ROLES][MAX_ROUNDS];
	int i, round, many = rounds_of(&c);

	for (i = 0; i < ROLES; i++) {
		errno = EIO;
		if (who & 1U << i)
			r.errors[i] = disturb(&worlds[i], &c) ? errno : 0;
	}
	for (round = 0; round < many; round++)
		for (i = 0; i < ROLES; i++) {
			if (!(who & 1U << i))
				continue;
			us[i][round] = -now_us();
			r.errors[i] = r.errors[i] ?: cross(&worlds[i], &c);
			us[i][round] += now_us();
		}
	for (i = 0; i < ROLES; i++) {
		if (!(who & 1U << i))
			continue;
		qsort(us[i], many, sizeof(long), by_value);
		r.us[i] = us[i][many / 2];
	}
	return r;
}

static int worker(unsigned int who, int first, int step, int out)
{
	struct world worlds[ROLES];
	struct result r;
	int i;

	/* The vigils take longest, and are to begin at once. */
	nice(5);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (worlds_make(worlds, who)) {
		fprintf(stderr, "# no worlds: %s\n", strerror(errno));
		return 1;
	}
	for (i = first; i < CELLS; i += step) {
		if (!is_chosen(i))
			continue;
		r = run_cell(worlds, i, who);
		if (write(out, &r, sizeof(r)) != sizeof(r))
			return 1;
	}
	return 0;
}

/* Beside the workers, as it takes a minute of waiting. */
static int keep_vigil(int number, int out)
{
	struct result r = { .cell = CELLS + number, .roles = ALL_ROLES };
	struct world worlds[ROLES];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (worlds_make(worlds, ALL_ROLES)) {
		fprintf(stderr, "# no worlds: %s\n", strerror(errno));
		return 1;
	}
	vigils[number].run(worlds, r.errors);
	return write(out, &r, sizeof(r)) != sizeof(r);
}

/* Too slow: more than the limit, where there is one. */
static bool is_late(const struct result *r, int role)
{
	return cell_of(r->cell).loss < 2 && r->us[role] * 100 > r->us[0] * LIMIT;
}

static bool print_row(const struct result *r)
{
	bool good = true;
	char name[100];
	int i;

	result_name(r, name, sizeof(name));
	printf("%-45s", name);
	for (i = 0; i < ROLES; i++)
		if (r->errors[i])
			printf(" %17s", strerror(r->errors[i]));
		else if (i)
			printf(" %9.4f (%4.2f)%c", r->us[i] / 1e6,
			       (double)r->us[i] / r->us[0],
			       is_late(r, i) ? '*' : ' ');
		else
			printf(" %17.4f", r->us[i] / 1e6);
	putchar('\n');
	fflush(stdout);
	for (i = 0; i < ROLES; i++)
		if (r->errors[i] || is_late(r, i))
			good = false;
	return good;
}

/* In the order in which they end. */
static bool print_tap(const struct result *r)
{
	static int number;
	bool good = true;
	char name[100];
	int i;

	for (i = 0; i < ROLES; i++)
		if (r->errors[i]) {
			printf("# %s: %s\n", roles[i].name,
			       strerror(r->errors[i]));
			good = false;
		}
	result_name(r, name, sizeof(name));
	printf("%s %d %s\n", good ? "ok" : "not ok", ++number,
	       name);
	fflush(stdout);
	return good;
}

static bool report(const struct result *r)
{
	return table ? print_row(r) : print_tap(r);
}

static void print_head(int planned)
{
	int i;

	if (!table) {
		printf("TAP version 13\n1..%d\n", planned);
		return;
	}
	printf("%-45s", "seconds (times TCP-TCP's); sender first");
	for (i = 0; i < ROLES; i++)
		printf(" %17s", roles[i].name);
	putchar('\n');
}

/* Adds what @r tells of its roles; the whole once all are known, else NULL. */
static const struct result *put_together(const struct result *r)
{
	static struct result results[CELLS + VIGILS];
	struct result *sum = &results[r->cell];
	int i;

	sum->cell = r->cell;
	sum->roles |= r->roles;
	for (i = 0; i < ROLES; i++) {
		if (!(r->roles & 1U << i))
			continue;
		sum->errors[i] = r->errors[i];
		sum->us[i] = r->us[i];
	}
	return sum->roles == ALL_ROLES ? sum : NULL;
}

/* So many results are to come; whether all came, and all good. */
static bool gather(int in, int planned)
{
	const struct result *sum;
	int status, good = 0;
	struct result r;

	while (read(in, &r, sizeof(r)) == sizeof(r)) {
		sum = put_together(&r);
		if (sum)
			good += report(sum);
	}
	while (wait(&status) > 0)
		if (status)
			good = -1;
	if (!table)
		printf("# Totals: pass:%d fail:%d skip:0\n", good,
		       planned - good);
	else
		printf("\n%d of %d cells good; *: more than %d.%02d times TCP's time %s\n",
		       good, planned, LIMIT / 100, LIMIT % 100,
		       "where at most 0.1 % is lost");
	return good == planned;
}

int main(int argc, char **argv)
{
	const char *option = argc > 1 ? argv[1] : "";
	int workers = WORKERS * ROLES, watchers = VIGILS;
	int planned = cells_chosen() + VIGILS, i, out[2];

	if (!strcmp(option, "--bulk"))
		return bulk(argc > 2 ? atoi(argv[2]) : 256);
	table = !strcmp(option, "--table");
	if (table) {
		rounds = argc > 2 ? atoi(argv[2]) : 5;
		rounds = rounds < 1 || rounds > MAX_ROUNDS ? 5 : rounds;
		words = argc > 3 ? argv[3] : "";
		workers = 1;
		watchers = 0;
		planned = cells_chosen();
	} else if (!strcmp(option, "--vigils")) {
		workers = 0;
		planned = VIGILS;
	}
	print_head(planned);
	fflush(stdout);
	if (pipe(out))
		return 1;
	for (i = 0; i < watchers; i++)
		if (!fork())
			_exit(keep_vigil(i, out[1]));
	for (i = 0; i < workers; i++)
		if (!fork())
			_exit(table ? worker(ALL_ROLES, 0, 1, out[1]) :
				      worker(1U << i % ROLES, i / ROLES,
					     WORKERS, out[1]));
	close(out[1]);
	return gather(out[0], planned) ? 0 : 1;
}
