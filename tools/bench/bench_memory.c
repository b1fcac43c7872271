// SPDX-License-Identifier: GPL-2.0-only
/* Bytes that a socket costs in each state. */
#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define SOCKETS	4000
/* The first round fills caches; the median forgets it. */
#define ROUNDS	3
#define PORT	7300

#define SLABINFO	"%*s %ld %*d %ld %*d %ld " \
			": tunables %*d %*d %*d : slabdata %*d %ld"

static const char * const half_open[] = { "request_sock_TCP", "xtcp_mini" };
static const char * const time_wait[] = { "tw_sock_TCP", "xtcp_mini" };

static void write_file(const char *path)
{
	FILE *file = fopen(path, "w");

	check(file && fputs("1", file) >= 0 && !fclose(file), path);
}

/* Per-processor slabs count as in use until their cache is shrunk. */
static void trim(void)
{
	DIR *dir = opendir("/sys/kernel/slab");
	struct dirent *cache;
	char path[320];

	check(!!dir, "/sys/kernel/slab");
	while ((cache = readdir(dir))) {
		if (cache->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink",
			 cache->d_name);
		write_file(path);
	}
	closedir(dir);
}

/* A line of /proc/meminfo, in bytes. */
static long kernel_counter(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "r");
	size_t len = strlen(name);
	long kib = -1;
	char line[128];

	check(!!file, "/proc/meminfo");
	while (kib < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, len) && line[len] == ':')
			sscanf(line + len + 1, "%ld", &kib);
	fclose(file);
	check(kib >= 0, name);
	return kib << 10;
}

/*
 * Objects in use count, not their slabs; what is too large for a slab counts
 * among them, but has no cache.
 */
static long slab_bytes(void)
{
	long active, size, pages, slabs, objects = 0, whole = 0;
	FILE *file = fopen("/proc/slabinfo", "r");
	char line[512];

	check(!!file, "/proc/slabinfo");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, SLABINFO, &active, &size, &pages, &slabs) != 4)
			continue;
		objects += active * size;
		whole += slabs * pages * getpagesize();
	}
	fclose(file);
	return objects + kernel_counter("Slab") - whole;
}

/*
 * What the kernel holds. RCU has to free objects, then the slabs that they
 * leave; and the counters of pages are late unless told to catch up.
 */
static long memory_bytes(void)
{
	/* Virtual seconds: the clock only counts. */
	sleep(1);
	trim();
	sleep(1);
	write_file("/proc/sys/vm/stat_refresh");
	return slab_bytes() + kernel_counter("VmallocUsed") + kernel_counter("Percpu");
}

/* Without what the allocator adds to it. */
static long size_of_object(const char *cache)
{
	char path[128];
	long size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/object_size", cache);
	file = fopen(path, "r");
	check(file && fscanf(file, "%ld", &size) == 1, path);
	fclose(file);
	return size;
}

static void object_row(const char *name, const char * const *cache)
{
	struct row *row = row_start("bytes", "object of a %s connection", name);
	int fam;

	for (fam = 0; fam < INET_FAMS; fam++)
		row_add(row, fam, size_of_object(cache[fam]));
	row_end(row);
}

static void bound_row(void)
{
	struct row *row = row_start("bytes", "bound socket");
	int fd[SOCKETS], fam, i, round;
	long before;

	for (round = 0; round < ROUNDS * INET_FAMS; round++) {
		fam = round % INET_FAMS;
		before = memory_bytes();
		for (i = 0; i < SOCKETS; i++) {
			fd[i] = fam_socket(fam);
			check(!fam_bind(fam, fd[i], INADDR_LOOPBACK, 61000 + i),
			      "bind");
		}
		row_add(row, fam, (memory_bytes() - before) / SOCKETS);
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
		before = memory_bytes();
		connect_all(fam, fd);
		row_add(row, fam, (memory_bytes() - before) / SOCKETS);
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
		before = memory_bytes();
		connect_all(fam, fd);
		for (i = 0; i < SOCKETS; i++) {
			close(fd[i][0]);
			check(!read(fd[i][1], &c, 1), "read");
			close(fd[i][1]);
		}
		row_add(row, fam, (memory_bytes() - before) / SOCKETS);
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
