// SPDX-License-Identifier: GPL-2.0
/*
 * Is XTCP slower than TCP in a cell, now and then much slower, or does it send more
 * in vain?  What gets lost is chance, and of 300 comparisons chance alone would have
 * many beyond any limit.  So where something is lost at random a limit is exceeded
 * only if equals would exceed it once in some thousand times.
 */
#include "grid_judge.h"

/* XTCP's median may be so many percent of TCP's, and its slowest rounds so many. */
#define LIMIT		115
#define LIMIT_SLOWEST	120
/* Spurious retransmissions may be so many percent of TCP's. */
#define LIMIT_SPURIOUS	110
/* Standard deviations: equals are so far apart once in a thousand times. */
#define DEVIATIONS	3.1
/* Once in two hundred: that is asked once of a table. */
#define DEVIATIONS_OF_ALL	2.6
/*
 * So many of XTCP's rounds, and more, are slower than all of TCP's once in two
 * thousand times, if they are equals: about 1 in 2^n.
 */
#define SLOWER_THAN_ALL	10

static int by_value(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return x < y ? -1 : x > y;
}

void rounds_sort(struct rounds *r)
{
	qsort(r->us, r->num, sizeof(long), by_value);
}

long rounds_median(const struct rounds *r)
{
	return r->us[r->num / 2];
}

long rounds_slowest(const struct rounds *r)
{
	return r->us[r->num * 99 / 100];
}

long rounds_spurious(const struct rounds *r)
{
	long sum = 0;
	int i;

	for (i = 0; i < r->num; i++)
		sum += r->spurious[i];
	return sum;
}

/* Is a sum so far above what is expected of it, which varies by @variance? */
static bool is_rare(double above, double variance, double deviations)
{
	return above > 0 && above * above > deviations * deviations * variance;
}

/*
 * Mann and Whitney: of all pairs of rounds, in how many is XTCP beyond the limit?  Of
 * equals, in half of them.
 */
static bool beyond_chance(const struct rounds *x, const struct rounds *tcp)
{
	double n = x->num, pairs = n * n, beyond = 0;
	int i, j;

	for (i = 0; i < x->num; i++)
		for (j = 0; j < tcp->num; j++)
			beyond += x->us[i] * 100 > tcp->us[j] * LIMIT;
	return is_rare(beyond - pairs / 2, pairs * (2 * n + 1) / 12, DEVIATIONS);
}

static bool is_slower(const struct rounds *x, const struct rounds *tcp, bool chance)
{
	return rounds_median(x) * 100 > rounds_median(tcp) * LIMIT &&
	       (!chance || beyond_chance(x, tcp));
}

/* The 99th percentile of 25 rounds is the slowest: one that was unlucky says nothing. */
static bool is_slow_at_times(const struct rounds *x, const struct rounds *tcp,
			     bool chance)
{
	int i, slower = 0;

	for (i = 0; i < x->num; i++)
		slower += x->us[i] * 100 > rounds_slowest(tcp) * LIMIT_SLOWEST;
	return slower >= (chance ? SLOWER_THAN_ALL : 1);
}

/*
 * By how much they exceed the limit in each round, and how much that varies: at least
 * as much as what comes one by one does (Poisson).
 */
struct waste rounds_waste(const struct rounds *x, const struct rounds *tcp)
{
	double limit = LIMIT_SPURIOUS / 100.0, n = x->num, sum = 0, squares = 0;
	double counted = rounds_spurious(x) + limit * limit * rounds_spurious(tcp);
	double varies;
	int i;

	for (i = 0; i < x->num; i++) {
		double more = x->spurious[i] - limit * tcp->spurious[i];

		sum += more;
		squares += more * more;
	}
	varies = n > 1 ? (squares - sum * sum / n) * n / (n - 1) : 0;
	return (struct waste){ sum, varies > counted ? varies : counted };
}

const char *rounds_faults(const struct rounds *x, const struct rounds *tcp,
			  bool chance)
{
	static char buf[4];
	struct waste waste = rounds_waste(x, tcp);
	char *p = buf;

	if (is_slower(x, tcp, chance))
		*p++ = '*';
	if (is_slow_at_times(x, tcp, chance))
		*p++ = '+';
	if (is_rare(waste.above, waste.variance, DEVIATIONS))
		*p++ = '!';
	*p = '\0';
	return buf;
}

int rounds_extreme(const struct rounds *x, const struct rounds *tcp)
{
	if (rounds_slowest(x) * 100 > rounds_slowest(tcp) * LIMIT_SLOWEST)
		return 1;
	return rounds_slowest(tcp) * 100 > rounds_slowest(x) * LIMIT_SLOWEST ? -1 : 0;
}

bool rounds_unequal(int more, int less)
{
	return is_rare(more - less, more + less, DEVIATIONS_OF_ALL);
}

bool rounds_wasteful(const struct waste *all)
{
	return is_rare(all->above, all->variance, DEVIATIONS_OF_ALL);
}

void rounds_explain(void)
{
	printf("*: at most 1.%02d times TCP's time\n", LIMIT - 100);
	printf("+: 1.%02d times that of its slowest rounds\n", LIMIT_SLOWEST - 100);
	printf("!: 1.%02d times its spurious retransmissions\n", LIMIT_SPURIOUS - 100);
}
