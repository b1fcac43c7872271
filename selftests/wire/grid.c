// SPDX-License-Identifier: GPL-2.0
/*
 * Bad links: every combination of loss, delay, reordering and duplication, with
 * XTCP sending, receiving, and on both ends, and with the kernel's TCP on both
 * for comparison.  Bytes cross both ways at once and must arrive as they were.
 *
 *	grid		the test: a few hundred KiB, several cells at a time
 *	grid --vigils	only what takes a minute of waiting
 *	grid --table [ROUNDS [WORDS]]	one after another, with more bytes, and
 *			more kinds of links: how long it takes, the median of
 *			rounds in which the roles take turns, and whether XTCP
 *			keeps up with TCP; only the cells with WORDS in their
 *			names.  Best where the clock counts instructions
 *			(scripts/vm --icount).
 *	grid --bulk [MIB]	so much (256) crosses a good link, each role once
 */
#include <assert.h>
#include <limits.h>
#include <sys/prctl.h>

#include "grid.h"
#include "grid_judge.h"

#define WORKERS		3	/* of each role */
/* Of --bulk, percent of TCP's time */
#define LIMIT_BULK	120
/*
 * Retransmissions that back off take their time, whoever does them; and where bursts eat
 * one after the other, which is chance, even more.
 */
#define CELL_PATIENCE	(table ? 1200000 : 120000 * SLOW)

/**
 * enum link - what else there is about a link
 * @BOTH_WAYS: data cross in both directions
 * @ONE_WAY: in one
 * @ACK_LOSS: and of its ACKs 10 % are lost
 * @SHORT_QUEUE: 10 Mbit/s behind a queue of 15 kB
 * @LONG_QUEUE: behind one of 250 kB
 */
enum link { BOTH_WAYS, ONE_WAY, ACK_LOSS, SHORT_QUEUE, LONG_QUEUE };

static const char *const link_names[] = {
	"", " one way", " ACK loss", " short queue", " long queue",
};

/**
 * struct loss - how segments are lost
 * @name: of the table
 * @netem: its words
 * @tested: the test has it
 * @bytes: that cross: so many of the test, and of the table
 */
struct loss {
	const char *name;
	const char *netem;
	bool tested;
	size_t bytes[2];
};

#define LOSSES	6

static const struct loss losses[LOSSES] = {
	{ "0%", "", true, { 300000, 1500000 } },
	{ "0.1%", " loss 0.1%", true, { 300000, 1500000 } },
	{ "1%", " loss 1%", true, { 100000, 300000 } },
	{ "3%", " loss 3%", false, { 0, 100000 } },
	{ "10%", " loss 10%", true, { 15000, 30000 } },
	/* Gilbert and Elliott: one in 300 begins a burst of three on the average. */
	{ "bursts", " loss gemodel 0.3% 33%", false, { 0, 500000 } },
};

struct cell {
	const struct loss *loss;
	int delay;		/* ms */
	bool reorder, duplicate;
	enum link link;
};

#define MAX_CELLS	200

static struct cell cells[MAX_CELLS];
static int num_cells;

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
	struct rounds rounds[ROLES];
};

/* Whole, or not at all: workers write at the same time. */
static_assert(sizeof(struct result) <= PIPE_BUF, "results would mix");

static bool table;
static int rounds = 1, most_rounds = 1;
static const char *words = "";	/* what a cell must be called to be run */

static void cells_add(const struct loss *loss, int delay, int order, enum link link)
{
	cells[num_cells++] = (struct cell){
		.loss = loss, .delay = delay, .reorder = order & 1,
		.duplicate = order & 2, .link = link,
	};
}

/* Every loss with every delay, with or without reordering and duplication */
static void cells_cross(const int *delays, int orders, enum link link, bool few)
{
	const struct loss *loss;
	int order, i;

	for (order = 0; order < orders; order++)
		for (i = 0; i < 3; i++)
			for (loss = losses; loss < losses + LOSSES; loss++)
				if (few ? !loss->netem[0] || !strcmp(loss->name, "1%") :
					  table || loss->tested)
					cells_add(loss, delays[i], order, link);
}

static void cells_make(void)
{
	static const int delays[2][3] = { { 0, 10, 100 }, { 1, 10, 100 } };

	cells_cross(delays[table], 4, BOTH_WAYS, false);
	if (!table)
		return;
	cells_cross(delays[1], 1, ONE_WAY, false);
	cells_cross(delays[1], 1, ACK_LOSS, true);
	cells_cross(delays[1], 1, SHORT_QUEUE, true);
	cells_cross(delays[1], 1, LONG_QUEUE, true);
}

static void result_name(const struct result *r, char *buf, size_t len)
{
	const struct cell *c = &cells[r->cell];

	if (r->cell >= num_cells)
		snprintf(buf, len, "%s", vigils[r->cell - num_cells].name);
	else
		snprintf(buf, len, "loss %s delay %d ms%s%s%s", c->loss->name,
			 c->delay, c->reorder ? " reorder" : "",
			 c->duplicate ? " duplicate" : "", link_names[c->link]);
}

static bool is_chosen(int number)
{
	struct result r = { .cell = number };
	char name[100];

	if (!table && number < num_cells && number % stride(8))
		return false;
	result_name(&r, name, sizeof(name));
	return strstr(name, words);
}

static int cells_chosen(void)
{
	int i, n = 0;

	for (i = 0; i < num_cells; i++)
		n += is_chosen(i);
	return n;
}

#define NETEM	"tc qdisc replace dev %s root handle 1: netem limit 10000 delay %dms%s%s%s"
#define TBF	"tc qdisc add dev %s parent 1: handle 2: tbf rate 10mbit burst 5kb limit %u"

/* One end of the wire disturbs what leaves it: @loss, and behind that a slow link. */
static int disturb_end(const struct world *w, int host, const struct cell *c,
		       const char *loss)
{
	const char *dev = host == HERE ? "a0" : "b0";
	unsigned int queue = c->link == SHORT_QUEUE ? 15000 :
			     c->link == LONG_QUEUE ? 250000 : 0;

	if (world_run(w, host, NETEM,
		      dev, c->reorder && !c->delay ? 1 : c->delay, loss,
		      c->reorder ? " reorder 10%" : "",
		      c->duplicate ? " duplicate 1%" : ""))
		return -1;
	if (!queue)
		return 0;
	return world_run(w, host, TBF, dev, queue);
}

/* Both ends: data, and ACKs. */
static int disturb(const struct world *w, const struct cell *c)
{
	world_run(w, HERE, "tc qdisc del dev a0 root 2>/dev/null");
	world_run(w, PEER, "tc qdisc del dev b0 root 2>/dev/null");
	return disturb_end(w, HERE, c, c->loss->netem) ||
	       disturb_end(w, PEER, c, c->link == ACK_LOSS ? " loss 10%" :
							     c->loss->netem);
}

static size_t bytes(const struct cell *c)
{
	size_t n = c->loss->bytes[table];

	return !table && SLOW > 1 && n > 15000 ? n / 4 : n;
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
	ret = flows_run(flows, c->link == BOTH_WAYS ? 2 : 1, CELL_PATIENCE) ? errno : 0;
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
		bad |= ret || us[i] * 100 > us[0] * LIMIT_BULK;
	}
	return bad;
}

#define ALL_ROLES	((1U << ROLES) - 1)

static int host_settings(const struct world *w, int host)
{
	const char *cong = getenv("XTCP_CONG");

	/* No cell shall profit from what another one met. */
	if (world_enter(w, host) || sysctl_set("ipv4/tcp_no_metrics_save", "1"))
		return -1;
	return cong ? sysctl_set("ipv4/tcp_congestion_control", cong) : 0;
}

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
		if (host_settings(&worlds[i], PEER) ||
		    host_settings(&worlds[i], HERE))
			return -1;
	}
	return 0;
}

/* What gets lost, or late, is chance. */
static bool by_chance(const struct cell *c)
{
	return c->loss->netem[0] || c->reorder || c->link == ACK_LOSS;
}

/* Where one loss more or less decides it takes many. */
static int rounds_of(const struct cell *c)
{
	return table && by_chance(c) ? most_rounds : rounds;
}

/* What came twice, at either end */
static long spurious(const struct world *w)
{
	return world_counter(w, HERE, "TCPDSACKOldSent") +
	       world_counter(w, HERE, "TCPDSACKOfoSent") +
	       world_counter(w, PEER, "TCPDSACKOldSent") +
	       world_counter(w, PEER, "TCPDSACKOfoSent");
}

/* Adds a round to @r; an errno. */
static int run_round(const struct world *w, const struct cell *c, struct rounds *r)
{
	int ret;

	r->spurious[r->num] = -spurious(w);
	r->us[r->num] = -now_us();
	ret = cross(w, c);
	r->us[r->num] += now_us();
	r->spurious[r->num] += spurious(w);
	r->num++;
	return ret;
}

static struct result run_cell(const struct world *worlds, int number,
			      unsigned int who)
{
	struct result r = { .cell = number, .roles = who };
	const struct cell *c = &cells[number];
	int i, round, many = rounds_of(c);

	for (i = 0; i < ROLES; i++) {
		errno = EIO;
		if (who & 1U << i)
			r.errors[i] = disturb(&worlds[i], c) ? errno : 0;
	}
	for (round = 0; round < many; round++)
		for (i = 0; i < ROLES; i++)
			if (who & 1U << i)
				r.errors[i] = r.errors[i] ?:
					run_round(&worlds[i], c, &r.rounds[i]);
	for (i = 0; i < ROLES; i++)
		rounds_sort(&r.rounds[i]);
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
	for (i = first; i < num_cells; i += step) {
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
	struct result r = { .cell = num_cells + number, .roles = ALL_ROLES };
	struct world worlds[ROLES];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (worlds_make(worlds, ALL_ROLES)) {
		fprintf(stderr, "# no worlds: %s\n", strerror(errno));
		return 1;
	}
	vigils[number].run(worlds, r.errors);
	return write(out, &r, sizeof(r)) != sizeof(r);
}

/* What all cells together are judged by: of each role, times TCP-TCP's, */
static double ratios[ROLES][MAX_CELLS];
static int num_ratios;
/* and in how many the slowest rounds are beyond the limit, or so far below it. */
static int extremes[ROLES][2];
/* Segments that came twice, and by how much they are too many */
static long all_spurious[ROLES];
static struct waste all_waste[ROLES];

static double times(long us, long tcp)
{
	return tcp ? (double)us / tcp : 0;
}

/* A role in a cell; whether it is good */
static bool print_role(const struct result *r, int role)
{
	const struct rounds *tcp = &r->rounds[0], *x = &r->rounds[role];
	double ratio = times(rounds_median(x), rounds_median(tcp));
	const char *faults = rounds_faults(x, tcp, by_chance(&cells[r->cell]));
	struct waste waste = rounds_waste(x, tcp);
	int extreme = rounds_extreme(x, tcp);

	all_waste[role].above += waste.above;
	all_waste[role].variance += waste.variance;
	ratios[role][num_ratios] = ratio;
	extremes[role][0] += extreme > 0;
	extremes[role][1] += extreme < 0;
	printf(" %8.4f %4.2f %4.2f %-3s", rounds_median(x) / 1e6, ratio,
	       times(rounds_slowest(x), rounds_slowest(tcp)), faults);
	return !*faults;
}

static bool print_row(const struct result *r)
{
	bool good = true;
	char name[100];
	int i;

	result_name(r, name, sizeof(name));
	printf("%-45s", name);
	for (i = 0; i < ROLES; i++) {
		good = good && !r->errors[i];
		if (r->errors[i])
			printf(" %21s", strerror(r->errors[i]));
		else if (i)
			good = print_role(r, i) && good;
		else
			printf(" %9.4f", rounds_median(&r->rounds[0]) / 1e6);
	}
	num_ratios++;
	for (i = 0; i < ROLES; i++) {
		printf(" %5ld", rounds_spurious(&r->rounds[i]));
		all_spurious[i] += rounds_spurious(&r->rounds[i]);
	}
	putchar('\n');
	fflush(stdout);
	return good;
}

static int by_ratio(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/*
 * The median over all cells of each role, and all that was spurious; whether none is
 * slower than TCP, or sends more in vain
 */
static bool print_medians(void)
{
	bool good = true;
	int i;

	printf("%-45s %9s", "median over cells; all spurious", "");
	for (i = 1; i < ROLES; i++) {
		qsort(ratios[i], num_ratios, sizeof(double), by_ratio);
		printf(" %8s %4.2f %4s %-3s", "", ratios[i][num_ratios / 2], "",
		       rounds_wasteful(&all_waste[i]) ? "!" : "");
		good = good && ratios[i][num_ratios / 2] <= 1.0 &&
		       !rounds_wasteful(&all_waste[i]);
	}
	for (i = 0; i < ROLES; i++)
		printf(" %5ld", all_spurious[i]);
	putchar('\n');
	return good;
}

/* Whether the slowest rounds are as often beyond the limit as below */
static bool print_extremes(void)
{
	bool good = true;
	char buf[20];
	int i;

	printf("%-45s %9s", "cells whose slowest are beyond it : below", "");
	for (i = 1; i < ROLES; i++) {
		bool bad = rounds_unequal(extremes[i][0], extremes[i][1]);

		snprintf(buf, sizeof(buf), "%d : %d%s", extremes[i][0],
			 extremes[i][1], bad ? " +" : "");
		printf(" %22s", buf);
		good = good && !bad;
	}
	putchar('\n');
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
	printf("%-45s %9s", "seconds, times TCP-TCP's, slowest times that", "TCP-TCP");
	for (i = 1; i < ROLES; i++)
		printf(" %-22s", roles[i].name);
	printf(" spurious\n");
}

/* Adds what @r tells of its roles; the whole once all are known, else NULL. */
static const struct result *put_together(const struct result *r)
{
	static struct result results[MAX_CELLS + VIGILS];
	struct result *sum = &results[r->cell];
	int i;

	sum->cell = r->cell;
	sum->roles |= r->roles;
	for (i = 0; i < ROLES; i++) {
		if (!(r->roles & 1U << i))
			continue;
		sum->errors[i] = r->errors[i];
		sum->rounds[i] = r->rounds[i];
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
	status = 0;
	if (!table)
		printf("# Totals: pass:%d fail:%d skip:0\n", good,
		       planned - good);
	if (!table)
		return good == planned;
	status = !print_medians() + !print_extremes();
	printf("\n%d of %d cells good: but for what is chance,\n", good, planned);
	rounds_explain();
	return good == planned && !status;
}

int main(int argc, char **argv)
{
	const char *option = argc > 1 ? argv[1] : "";
	int workers = WORKERS * ROLES, watchers = VIGILS;
	int planned, i, out[2];

	if (!strcmp(option, "--bulk"))
		return bulk(argc > 2 ? atoi(argv[2]) : 256);
	table = !strcmp(option, "--table");
	cells_make();
	planned = cells_chosen() + VIGILS;
	if (table) {
		rounds = argc > 2 ? atoi(argv[2]) : 0;
		most_rounds = rounds < 1 || rounds > MAX_ROUNDS ? MAX_ROUNDS : rounds;
		rounds = most_rounds < 5 ? most_rounds : 5;
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
