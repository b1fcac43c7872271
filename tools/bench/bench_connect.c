// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect() while more and more of the range is in use toward the same
 * destination, and while all of it is in TIME_WAIT.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

#define ROUNDS		21
/* Where TCP walks from port to port: all the gaps that it meets. */
#define WALKS		101

/* What a connect() finds, and what becomes of it. */
enum outcome {
	TAKES,	/* a port, which is free again at once */
	KEEPS,	/* a port, which is not */
	NONE,	/* no port */
};

/* Permille of the range that are in use. */
static const int occupancy[] = { 0, 100, 500, 900, 990, 999, 1000 };

/**
 * struct range - ports in use toward one listener of each family
 * @low: first port
 * @n: how many
 * @dest: the listeners' port
 * @lfd: the listeners
 * @order: the ports, shuffled
 * @used: of these, so many are in use, in both families
 * @fd: their sockets, four to a port
 */
struct range {
	unsigned int low;
	unsigned int n;
	unsigned int dest;
	int lfd[INET_FAMS];
	unsigned int *order;
	unsigned int used;
	int *fd;
};

static void shuffle(unsigned int *v, unsigned int n)
{
	unsigned int i, j, t;

	srand(1);
	for (i = n - 1; i; i--) {
		j = rand() % (i + 1);
		t = v[i];
		v[i] = v[j];
		v[j] = t;
	}
}

static void range_open(struct range *r, unsigned int low, unsigned int n,
		       unsigned int dest)
{
	unsigned int i;
	int fam;

	r->low = low;
	r->n = n;
	r->dest = dest;
	r->used = 0;
	r->order = calloc(n, sizeof(*r->order));
	r->fd = calloc(4 * n, sizeof(*r->fd));
	check(r->order && r->fd, "calloc");
	for (i = 0; i < n; i++)
		r->order[i] = low + i;
	shuffle(r->order, n);
	for (fam = 0; fam < INET_FAMS; fam++)
		r->lfd[fam] = fam_listen(fam, INADDR_LOOPBACK, dest);
	set_sysctl("ipv4/ip_local_port_range", "%u %u", low, low + n - 1);
}

static void range_close(struct range *r)
{
	unsigned int i;

	for (i = 0; i < 2 * r->used; i++)
		reset_pair(&r->fd[2 * i]);
	close(r->lfd[FAM_TCP]);
	close(r->lfd[FAM_XTCP]);
	free(r->fd);
	free(r->order);
}

/* Take one port, chosen by connect() out of this one. */
static void range_take(struct range *r, int fam, unsigned int port, int fd[2])
{
	uint32_t only = port << 16 | port;

	fd[0] = fam_socket(fam);
	check(!setsockopt(fd[0], IPPROTO_IP, IP_LOCAL_PORT_RANGE, &only,
			  sizeof(only)), "IP_LOCAL_PORT_RANGE");
	check(!fam_connect(fam, fd[0], INADDR_LOOPBACK, r->dest), "connect");
	fd[1] = accepted(r->lfd[fam]);
}

static void range_fill(struct range *r, unsigned int used)
{
	int fam;

	for (; r->used < used; r->used++)
		for (fam = 0; fam < INET_FAMS; fam++)
			range_take(r, fam, r->order[r->used],
				   &r->fd[4 * r->used + 2 * fam]);
}

static void connect_once(struct range *r, struct row *row, int fam,
			 enum outcome outcome, int fd[2])
{
	long before;
	int ret;

	fd[0] = fam_socket(fam);
	before = instructions();
	ret = fam_connect(fam, fd[0], INADDR_LOOPBACK, r->dest);
	row_add(row, fam, instructions() - before);
	if (outcome == NONE) {
		check(ret && errno == EADDRNOTAVAIL, "connect: no EADDRNOTAVAIL");
		close(fd[0]);
		return;
	}
	check(!ret, "connect");
	fd[1] = accepted(r->lfd[fam]);
	if (outcome == TAKES)
		reset_pair(fd);
}

static void connect_row(struct range *r, struct row *row, enum outcome outcome)
{
	int rounds = outcome == TAKES ? WALKS : ROUNDS;
	int i, fam, fd[2], *keep;

	for (i = 0; i < rounds; i++) {
		keep = &r->fd[4 * r->used];
		for (fam = 0; fam < INET_FAMS; fam++)
			connect_once(r, row, fam, outcome,
				     outcome == KEEPS ? &keep[2 * fam] : fd);
		if (outcome == KEEPS)
			r->used++;
	}
	row_end(row);
}

static void bench_occupancy(unsigned int low, unsigned int n, unsigned int dest)
{
	struct range r;
	unsigned int i;

	range_open(&r, low, n, dest);
	for (i = 0; i < ARRAY_SIZE(occupancy); i++) {
		int part = occupancy[i];

		range_fill(&r, (unsigned long)n * part / 1000);
		connect_row(&r, row_start("instr", "connect, %g %% of %u ports",
					  part / 10., n),
			    part == 1000 ? NONE : TAKES);
	}
	range_close(&r);
}

/* All connections, closed by the end that chose the port. */
static void to_time_wait(struct range *r)
{
	unsigned int i;
	int fam;

	for (i = 0; i < r->n; i++)
		for (fam = 0; fam < INET_FAMS; fam++) {
			int *fd = &r->fd[4 * i + 2 * fam];
			char c;

			close(fd[0]);
			check(!read(fd[1], &c, 1), "read");
			close(fd[1]);
		}
	r->used = 0;
	/* Virtual seconds: the clock only counts. */
	sleep(3);
}

static void bench_time_wait(unsigned int low, unsigned int n, unsigned int dest)
{
	struct range r;

	range_open(&r, low, n, dest);
	connect_row(&r, row_start("instr", "connect, 0 %% of %u ports", n),
		    TAKES);
	range_fill(&r, n);
	to_time_wait(&r);
	set_sysctl("ipv4/tcp_tw_reuse", "0");
	connect_row(&r, row_start("instr",
				  "connect, %u ports in TIME_WAIT, not reusable",
				  n), NONE);
	set_sysctl("ipv4/tcp_tw_reuse", "2");
	/* A connection that ended would leave a port without TIME_WAIT. */
	connect_row(&r, row_start("instr", "connect, %u ports in TIME_WAIT",
				  n), KEEPS);
	range_close(&r);
	no_time_wait();
}

static void connect_flags(struct row *row, int fam, int lfd,
			  unsigned int dest, int flags)
{
	int fd[2], ret;
	long before;

	fd[0] = fam_socket(fam);
	check(!fcntl(fd[0], F_SETFL, flags), "F_SETFL");
	before = instructions();
	ret = fam_connect(fam, fd[0], INADDR_LOOPBACK, dest);
	row_add(row, fam, instructions() - before);
	check(!ret || errno == EINPROGRESS, "connect");
	fd[1] = accepted(lfd);
	reset_pair(fd);
}

static void bench_flags(const char *name, unsigned int dest, int flags)
{
	struct row *row = row_start("instr", name);
	int lfd[FAMS], fam, i;

	for (fam = 0; fam < FAMS; fam++)
		lfd[fam] = fam_listen(fam, INADDR_LOOPBACK, dest);
	for (i = 0; i < ROUNDS; i++)
		for (fam = 0; fam < FAMS; fam++)
			connect_flags(row, fam, lfd[fam], dest, flags);
	for (fam = 0; fam < FAMS; fam++)
		close(lfd[fam]);
	row_end(row);
}

void bench_connect(void)
{
	set_sysctl("core/somaxconn", "4096");
	set_sysctl("ipv4/ip_local_port_range", "32768 60999");
	bench_flags("connect", 7004, 0);
	bench_flags("connect, non-blocking", 7005, O_NONBLOCK);
	bench_occupancy(40000, 4096, 7001);
	bench_time_wait(45000, 1024, 7002);
	bench_occupancy(32768, 28232, 7003);
}
