// SPDX-License-Identifier: GPL-2.0-only
/*
 * Costs of socket operations on TCP, XTCP and UNIX sockets, in instructions.
 * Prints a line for each: name, unit, then for each family the median, the
 * smallest, the quartiles and the largest sample, "-" where there is none.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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
	{ "native", bench_native },
	{ "attack", bench_attack },
};

static long overhead;
/* What is measured just now: the group, then its row. */
static char current[sizeof(((struct row *)0)->name)];

long instructions(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

void fail(const char *what)
{
	fprintf(stderr, "bench: %s: %s: %s\n", current, what, strerror(errno));
	exit(1);
}

void check(int ok, const char *what)
{
	if (!ok)
		fail(what);
}

struct row *row_start(const char *unit, const char *format, ...)
{
	struct row *row = calloc(1, sizeof(*row));
	va_list args;

	check(!!row, "calloc");
	va_start(args, format);
	vsnprintf(row->name, sizeof(row->name), format, args);
	va_end(args);
	row->unit = unit;
	strcpy(current, row->name);
	fprintf(stderr, "  %s\n", row->name);
	return row;
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
			printf("\t-\t-\t-\t-\t-");
			continue;
		}
		qsort(v, n, sizeof(*v), by_value);
		printf("\t%ld\t%ld\t%ld\t%ld\t%ld", v[n / 2] - less,
		       v[0] - less, v[n / 4] - less, v[n * 3 / 4] - less,
		       v[n - 1] - less);
	}
	printf("\n");
	fflush(stdout);
	free(row);
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

/*
 * In a process of its own: what it opens goes with it, and where it fails the
 * others still run.
 */
static bool run_group(unsigned int group)
{
	int status;
	pid_t pid;

	fprintf(stderr, "%s\n", groups[group].name);
	strcpy(current, groups[group].name);
	pid = fork();
	check(pid >= 0, "fork");
	if (!pid) {
		groups[group].run();
		exit(0);
	}
	check(waitpid(pid, &status, 0) == pid, "waitpid");
	return !status;
}

static bool is_group(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		if (!strcmp(name, groups[i].name))
			return true;
	return false;
}

static void check_names(char **name)
{
	unsigned int i;

	for (; *name; name++) {
		if (is_group(*name))
			continue;
		fprintf(stderr, "bench: no group %s; there are:", *name);
		for (i = 0; i < ARRAY_SIZE(groups); i++)
			fprintf(stderr, " %s", groups[i].name);
		fprintf(stderr, "\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct rlimit files = { 200000, 200000 };
	bool failed = false;
	unsigned int i;

	strcpy(current, "start");
	check_names(argv + 1);
	check(!setrlimit(RLIMIT_NOFILE, &files), "RLIMIT_NOFILE");
	calibrate();
	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		if (!wanted(groups[i].name, argc, argv) || run_group(i))
			continue;
		fprintf(stderr, "bench: the group %s is not complete\n",
			groups[i].name);
		failed = true;
	}
	return failed;
}
