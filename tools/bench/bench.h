/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the benchmark share.  It runs where the clock counts
 * instructions (scripts/vm --icount): a nanosecond is one.
 */
#ifndef XTCP_BENCH_H
#define XTCP_BENCH_H

#include <stdbool.h>

enum {
	FAM_TCP,
	FAM_XTCP,
	FAM_UNIX,
	FAMS,
};

#define INET_FAMS	FAM_UNIX	/* those before it have ports */
#define MAX_ROUNDS	1000

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/**
 * struct row - a line of the table
 * @name: operation
 * @unit: of the figures: "instr", or "bytes"
 * @n: by family: how many samples
 * @v: by family: the samples
 */
struct row {
	char name[80];
	const char *unit;
	int n[FAMS];
	long v[FAMS][MAX_ROUNDS];
};

/* bench.c */
struct row *row_start(const char *unit, const char *format, ...);
void row_add(struct row *row, int fam, long value);
void row_end(struct row *row);
long instructions(void);
void fail(const char *what);
void check(int ok, const char *what);

/* bench_net.c */
int fam_socket(int fam);
int fam_listen(int fam, unsigned int addr, unsigned int port);
int fam_connect(int fam, int fd, unsigned int addr, unsigned int port);
int fam_bind(int fam, int fd, unsigned int addr, unsigned int port);
int accepted(int lfd);
void set_opt(int fd, int level, int option, int value);
void reset_on_close(int fd);
void reset_pair(const int fd[2]);
void no_time_wait(void);
void set_sysctl(const char *name, const char *format, ...);
void pair(int fam, int lfd, unsigned int port, int fd[2]);

/* the groups */
void bench_socket(void);
void bench_bind(void);
void bench_connect(void);
void bench_life(void);
void bench_stream(void);
void bench_memory(void);
void bench_native(void);
void bench_attack(void);

#endif /* XTCP_BENCH_H */
