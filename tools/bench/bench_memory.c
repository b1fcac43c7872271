// SPDX-License-Identifier: GPL-2.0-only
/* Bytes that a socket costs in each state. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define SOCKETS	1000
/* The first round fills caches; the median forgets it. */
#define ROUNDS	3
#define PORT	7300

static const char * const half_open[] = { "request_sock_TCP", "xtcp_mini" };
static const char * const time_wait[] = { "tw_sock_TCP", "xtcp_mini" };

/* Per-processor slabs count as in use until a cache is shrunk. */
static void trim(const char *cache)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", cache);
	file = fopen(path, "w");
	if (file) {
		fputs("1", file);
		fclose(file);
	}
}

/* Bytes of objects in all caches, or the size of an object of one. */
static long slab(const char *only)
{
	long active, total, size, sum = 0;
	char line[512], name[64];
	FILE *file = fopen("/proc/slabinfo", "r");

	check(!!file, "/proc/slabinfo");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %ld %ld %ld", name, &active, &total,
			   &size) != 4)
			continue;
		if (only && !strcmp(only, name))
			sum = size;
		if (!only)
			sum += active * size;
	}
	fclose(file);
	return sum;
}

/* When RCU has freed what it had to. */
static long slab_bytes(void)
{
	static const char * const caches[] = {
		"TCP", "XTCP", "UNIX", "tcp_bind_bucket", "tcp_bind2_bucket",
		"tw_sock_TCP", "xtcp_mini", "xtcp_bind_bucket",
		"xtcp_bind_group", "xtcp_dest", "sock_inode_cache", "filp",
		"dentry",
	};
	unsigned int i;

	sleep(1);
	for (i = 0; i < ARRAY_SIZE(caches); i++)
		trim(caches[i]);
	return slab(NULL);
}

static void object_row(const char *name, const char * const *cache)
{
	struct row *row = row_start("bytes", "object of a %s connection", name);
	int fam;

	for (fam = 0; fam < INET_FAMS; fam++) {
		check(slab(cache[fam]) > 0, cache[fam]);
		row_add(row, fam, slab(cache[fam]));
	}
	row_end(row);
}

static void bound_row(void)
{
	struct row *row = row_start("bytes", "bound socket");
	int fd[SOCKETS], fam, i, round;
	long before;

	for (round = 0; round < ROUNDS * INET_FAMS; round++) {
		fam = round % INET_FAMS;
		before = slab_bytes();
		for (i = 0; i < SOCKETS; i++) {
			fd[i] = fam_socket(fam);
			check(!fam_bind(fam, fd[i], INADDR_LOOPBACK, 61000 + i),
			      "bind");
		}
		row_add(row, fam, (slab_bytes() - before) / SOCKETS);
		for (i = 0; i < SOCKETS; i++)
			close(fd[i]);
	}
	row_end(row);
}

static void connect_all(int fam, int fd[][2])
{
	int lfd = fam_listen(fam, INADDR_LOOPBACK, PORT), i;

	for (i = 0; i < SOCKETS; i++)
		pair(fam, lfd, PORT, fd[i]);
	close(lfd);
}

static void established_row(void)
{
	struct row *row = row_start("bytes", "established connection, both ends");
	static int fd[SOCKETS][2];
	int fam, i, round;
	long before;

	for (round = 0; round < ROUNDS * FAMS; round++) {
		fam = round % FAMS;
		before = slab_bytes();
		connect_all(fam, fd);
		row_add(row, fam, (slab_bytes() - before) / SOCKETS);
		for (i = 0; i < SOCKETS; i++)
			reset_pair(fd[i]);
	}
	row_end(row);
}

static void time_wait_row(void)
{
	struct row *row = row_start("bytes", "TIME_WAIT");
	static int fd[SOCKETS][2];
	int fam, i, round;
	long before;
	char c;

	for (round = 0; round < ROUNDS * INET_FAMS; round++) {
		fam = round % INET_FAMS;
		before = slab_bytes();
		connect_all(fam, fd);
		for (i = 0; i < SOCKETS; i++) {
			close(fd[i][0]);
			check(!read(fd[i][1], &c, 1), "read");
			close(fd[i][1]);
		}
		row_add(row, fam, (slab_bytes() - before) / SOCKETS);
		no_time_wait();
	}
	row_end(row);
}

void bench_memory(void)
{
	set_sysctl("ipv4/ip_local_port_range", "50000 59999");
	object_row("half-open", half_open);
	object_row("TIME_WAIT", time_wait);
	bound_row();
	established_row();
	time_wait_row();
}
