// SPDX-License-Identifier: GPL-2.0-only
/* Bytes between two processes: question and answer, and one way. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define PORT		7200
#define ROUNDS		101
#define STREAMS		5
#define STREAM_BYTES	(8UL << 20)

static char buf[65536];

static void read_all(int fd, size_t len)
{
	ssize_t got;

	for (; len; len -= got) {
		got = read(fd, buf, len < sizeof(buf) ? len : sizeof(buf));
		check(got > 0, "read");
	}
}

static void write_all(int fd, size_t len)
{
	check(write(fd, buf, len) == (ssize_t)len, "write");
}

/* Another process answers each @ask bytes with @answer; its descriptor. */
static int partner(int fam, size_t ask, size_t answer, pid_t *pid)
{
	int lfd = fam_listen(fam, INADDR_LOOPBACK, PORT), fd[2], one = 1;
	char c;

	pair(fam, lfd, PORT, fd);
	close(lfd);
	if (fam != FAM_UNIX)
		setsockopt(fd[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	*pid = fork();
	check(*pid >= 0, "fork");
	if (*pid) {
		close(fd[1]);
		return fd[0];
	}
	close(fd[0]);
	while (recv(fd[1], &c, 1, MSG_PEEK) == 1) {
		read_all(fd[1], ask);
		write_all(fd[1], answer);
	}
	_exit(0);
}

static void dismiss(int fd, pid_t pid)
{
	/* Other partners have inherited it: closing would not reach this one. */
	shutdown(fd, SHUT_WR);
	close(fd);
	waitpid(pid, NULL, 0);
}

static void bench_request(size_t len)
{
	struct row *row = row_start("instr",
				    "request and response of %zu bytes", len);
	pid_t pid[FAMS];
	int fd[FAMS], fam, i;
	long before;

	for (fam = 0; fam < FAMS; fam++)
		fd[fam] = partner(fam, len, len, &pid[fam]);
	for (i = 0; i < ROUNDS; i++)
		for (fam = 0; fam < FAMS; fam++) {
			before = instructions();
			write_all(fd[fam], len);
			read_all(fd[fam], len);
			row_add(row, fam, instructions() - before);
		}
	for (fam = 0; fam < FAMS; fam++)
		dismiss(fd[fam], pid[fam]);
	row_end(row);
}

/* Instructions for all of them. It ends when the reader says that it has it. */
static long stream_once(int fd, size_t len)
{
	long before = instructions();
	size_t done;

	for (done = 0; done < STREAM_BYTES; done += len)
		write_all(fd, len);
	read_all(fd, 1);
	return instructions() - before;
}

static void bench_writes(size_t len)
{
	struct row *row = row_start("instr", "1 KiB by writes of %zu KiB",
				    len >> 10);
	struct row *each = NULL;
	pid_t pid[FAMS];
	int fd[FAMS], fam, i;
	long all;

	/* One of 1 KiB is the row above. */
	if (len > 1024)
		each = row_start("instr", "one of the writes of %zu KiB",
				 len >> 10);

	for (fam = 0; fam < FAMS; fam++)
		fd[fam] = partner(fam, STREAM_BYTES, 1, &pid[fam]);
	for (i = 0; i < STREAMS; i++)
		for (fam = 0; fam < FAMS; fam++) {
			all = stream_once(fd[fam], len);
			row_add(row, fam, all / (long)(STREAM_BYTES >> 10));
			if (each)
				row_add(each, fam, all / (long)(STREAM_BYTES / len));
		}
	for (fam = 0; fam < FAMS; fam++)
		dismiss(fd[fam], pid[fam]);
	row_end(row);
	if (each)
		row_end(each);
}

void bench_stream(void)
{
	set_sysctl("ipv4/ip_local_port_range", "20000 29999");
	bench_request(1);
	bench_request(16384);
	bench_writes(1024);
	bench_writes(65536);
}
