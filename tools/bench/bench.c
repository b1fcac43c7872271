// SPDX-License-Identifier: GPL-2.0-only
/*
 * Costs of socket operations on TCP, XTCP and UNIX sockets, in instructions.
 * Prints a line for each: name, unit, then for each family the median, the
 * smallest and the largest sample, "-" where there is none.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bench.h"

static const struct {
	const char *name;
	void (*run)(void);
} groups[] = {
	{ "socket", bench_socket },
	{ "bind", bench_bind },
	{ "connect", bench_connect },
	{ "life", bench_life },
	{ "stream", bench_stream },
	{ "memory", bench_memory },
};

static long overhead;

long instructions(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

void fail(const char *what)
{
	perror(what);
	exit(1);
}

void check(int ok, const char *what)
{
	if (!ok)
		fail(what);
}

struct row *row_start(const char *unit, const char *format, ...)
{
	static struct row row;
	static char name[80];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	memset(&row, 0, sizeof(row));
	row.name = name;
	row.unit = unit;
	fprintf(stderr, "  %s\n", name);
	return &row;
}

void row_add(struct row *row, int fam, long value)
{
	if (row->n[fam] < MAX_ROUNDS)
		row->v[fam][row->n[fam]++] = value;
}

static int by_value(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return x < y ? -1 : x > y;
}

void row_end(struct row *row)
{
	long less = strcmp(row->unit, "instr") ? 0 : overhead;
	int fam, n;
	long *v;

	printf("%s\t%s", row->name, row->unit);
	for (fam = 0; fam < FAMS; fam++) {
		n = row->n[fam];
		v = row->v[fam];
		if (!n) {
			printf("\t-\t-\t-");
			continue;
		}
		qsort(v, n, sizeof(*v), by_value);
		printf("\t%ld\t%ld\t%ld", v[n / 2] - less, v[0] - less,
		       v[n - 1] - less);
	}
	printf("\n");
	fflush(stdout);
}

/* What measuring costs by itself. */
static void calibrate(void)
{
	long v[101], before;
	int i;

	for (i = 0; i < 101; i++) {
		before = instructions();
		v[i] = instructions() - before;
	}
	qsort(v, 101, sizeof(*v), by_value);
	overhead = v[50];
}

static bool wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	struct rlimit files = { 200000, 200000 };
	unsigned int i, found = 0;

	check(!setrlimit(RLIMIT_NOFILE, &files), "RLIMIT_NOFILE");
	calibrate();
	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		if (!wanted(groups[i].name, argc, argv))
			continue;
		found++;
		fprintf(stderr, "%s\n", groups[i].name);
		groups[i].run();
	}
	if (found)
		return 0;
	fprintf(stderr, "bench: the groups are");
	for (i = 0; i < ARRAY_SIZE(groups); i++)
		fprintf(stderr, " %s", groups[i].name);
	fprintf(stderr, "\n");
	return 2;
}
