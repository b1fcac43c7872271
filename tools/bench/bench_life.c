// SPDX-License-Identifier: GPL-2.0-only
/* A connection's life from end to end, and finding its listener. */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS		101
#define PORT		7100
#define LISTENERS	10000

/* connect, accept, a byte, close of both; the last by themselves as well. */
static void life_once(struct row *row, int fam, int lfd, unsigned int addr,
		      bool closes)
{
	long start = instructions(), before;
	int fd, peer;
	char c = 0;

	fd = fam_socket(fam);
	check(!fam_connect(fam, fd, addr, PORT), "connect");
	peer = accepted(lfd);
	check(write(fd, &c, 1) == 1 && read(peer, &c, 1) == 1, "byte");
	before = instructions();
	close(fd);
	close(peer);
	row_add(row, fam, instructions() - (closes ? before : start));
}

static void life_row(struct row *row, int fams, const int *lfd,
		     unsigned int addr, bool closes)
{
	int i, fam;

	for (i = 0; i < ROUNDS; i++)
		for (fam = 0; fam < fams; fam++)
			life_once(row, fam, lfd[fam], addr, closes);
	row_end(row);
	no_time_wait();
}

static void bench_listeners(const int *lfd)
{
	int *fd = calloc(2 * LISTENERS, sizeof(int));
	int i;

	life_row(row_start("instr", "connect to close, 1 listener"), INET_FAMS,
		 lfd, INADDR_LOOPBACK, false);
	/* Same port: only the address tells them apart. */
	for (i = 0; i < 2 * LISTENERS; i++)
		fd[i] = fam_listen(i % 2, INADDR_LOOPBACK + 1 + i / 2, PORT);
	life_row(row_start("instr", "connect to close, %d listeners",
			   LISTENERS), INET_FAMS, lfd, INADDR_LOOPBACK, false);
	for (i = 0; i < 2 * LISTENERS; i++)
		close(fd[i]);
	free(fd);
}

void bench_life(void)
{
	int lfd[FAMS], fam;

	set_sysctl("ipv4/ip_local_port_range", "10000 19999");
	for (fam = 0; fam < FAMS; fam++)
		lfd[fam] = fam_listen(fam, INADDR_LOOPBACK, PORT);
	life_row(row_start("instr", "connect, accept, 1 byte, close both"),
		 FAMS, lfd, INADDR_LOOPBACK, false);
	life_row(row_start("instr", "close both"), FAMS, lfd, INADDR_LOOPBACK,
		 true);
	bench_listeners(lfd);
	for (fam = 0; fam < FAMS; fam++)
		close(lfd[fam]);
}
