// SPDX-License-Identifier: GPL-2.0-only
/* socket(), and bind() beside many owners of the port. */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS	41
#define PORT	20000

void bench_socket(void)
{
	struct row *row = row_start("instr", "socket + close");
	int i, fam;
	long before;

	for (i = 0; i < ROUNDS; i++)
		for (fam = 0; fam < FAMS; fam++) {
			before = instructions();
			close(fam_socket(fam));
			row_add(row, fam, instructions() - before);
		}
	row_end(row);
}

static void bind_once(struct row *row, int fam, unsigned int addr,
		      unsigned int port, int option)
{
	int fd = fam_socket(fam);
	long before;

	if (option)
		set_opt(fd, SOL_SOCKET, option, 1);
	before = instructions();
	check(!fam_bind(fam, fd, addr, port), "bind");
	row_add(row, fam, instructions() - before);
	close(fd);
}

static void bind_fams(struct row *row, int fams, unsigned int addr,
		      unsigned int port, int option)
{
	int i, fam;

	for (i = 0; i < ROUNDS; i++)
		for (fam = 0; fam < fams; fam++)
			bind_once(row, fam, addr, port, option);
	row_end(row);
}

static void bind_row(const char *name, int owners, unsigned int addr,
		     unsigned int port, int option)
{
	bind_fams(row_start("instr", name, owners), INET_FAMS, addr, port,
		  option);
}

/* Owners that share the port, each with an address of its own. */
static void add_owners(int *fd, int from, int to)
{
	int i, fam;

	for (i = from; i < to; i++)
		for (fam = 0; fam < INET_FAMS; fam++) {
			int *one = &fd[2 * i + fam];

			*one = fam_socket(fam);
			set_opt(*one, SOL_SOCKET, SO_REUSEADDR, 1);
			check(!fam_bind(fam, *one, INADDR_LOOPBACK + 1 + i,
					PORT), "bind");
		}
}

/* A listener has been there: the kernel's short cut is off for good. */
static void spoil_short_cut(int *fd)
{
	int fam;

	for (fam = 0; fam < INET_FAMS; fam++) {
		check(!listen(fd[fam], 1), "listen");
		check(!shutdown(fd[fam], SHUT_RD), "shutdown");
	}
}

static void bench_owners(void)
{
	static const int counts[] = { 0, 10, 2000 };
	int *fd = calloc(2 * counts[2], sizeof(int));
	unsigned int i, last = 0;
	int j;

	for (i = 0; i < 3; i++) {
		add_owners(fd, last, counts[i]);
		last = counts[i];
		if (i == 1)
			spoil_short_cut(fd);
		bind_row("bind wildcard, %d owners", last, INADDR_ANY, PORT,
			 SO_REUSEADDR);
		bind_row("bind address, %d owners", last, INADDR_LOOPBACK,
			 PORT, 0);
	}
	for (j = 0; j < 2 * counts[2]; j++)
		close(fd[j]);
	free(fd);
}

static void bench_reuseport(int members)
{
	int *fd = calloc(2 * members, sizeof(int));
	int i, fam;

	for (i = 0; i < members; i++)
		for (fam = 0; fam < INET_FAMS; fam++) {
			int *one = &fd[2 * i + fam];

			*one = fam_socket(fam);
			set_opt(*one, SOL_SOCKET, SO_REUSEPORT, 1);
			check(!fam_bind(fam, *one, INADDR_LOOPBACK, PORT),
			      "bind");
		}
	bind_row("bind, reuseport group of %d", members, INADDR_LOOPBACK, PORT,
		 SO_REUSEPORT);
	for (i = 0; i < 2 * members; i++)
		close(fd[i]);
	free(fd);
}

void bench_bind(void)
{
	bind_fams(row_start("instr", "bind explicit port or name"), FAMS,
		  INADDR_LOOPBACK, PORT, 0);
	bind_row("bind port 0", 0, INADDR_LOOPBACK, 0, 0);
	bench_owners();
	bench_reuseport(1000);
}
