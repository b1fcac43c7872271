// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's own TCP costs while xtcp.ko is loaded, xtcp0 is up, and no
 * device is a wire (in the column of XTCP), against without the module (in the
 * column of TCP).
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define CHANGES		8	/* of the module, in and out */
#define ROUNDS		32	/* between two of them: the buffers of a slab */
#define WARM_UP		50
#define HELD		400	/* bytes: their buffer is as large as a header's */
#define PORT		7200

static void run(const char *format, const char *arg)
{
	char command[512];

	snprintf(command, sizeof(command), format, arg);
	errno = EIO;
	check(!system(command), command);
}

static void load(void)
{
	const char *file = getenv("XTCP_KO");

	check(!!file, "XTCP_KO");
	run("insmod %s", file);
	run("ip link add %s type xtcp", "xtcp0");
	run("ip link set %s up", "xtcp0");
}

static long request(int lfd)
{
	long start = instructions();
	int fd, peer;
	char c = 0;

	fd = fam_socket(FAM_TCP);
	check(!fam_connect(FAM_TCP, fd, INADDR_LOOPBACK, PORT), "connect");
	peer = accepted(lfd);
	check(write(fd, &c, 1) == 1 && read(peer, &c, 1) == 1, "request");
	check(write(peer, &c, 1) == 1 && read(fd, &c, 1) == 1, "response");
	close(fd);
	close(peer);
	return instructions() - start;
}

/* What is written to it stays there. */
static int held_datagrams(void)
{
	struct sockaddr_in self = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(self);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	check(fd >= 0 && !bind(fd, (struct sockaddr *)&self, len) &&
	      !getsockname(fd, (struct sockaddr *)&self, &len) &&
	      !connect(fd, (struct sockaddr *)&self, len), "UDP");
	return fd;
}

/*
 * One buffer more is held in each round.  Where the last of a slab is the next
 * to be had, each that comes and goes takes the allocator's slow path, and
 * which state a change leaves behind is chance.
 */
static void requests(struct row *row, int column, int lfd)
{
	static const char buffer[HELD];
	int holder = held_datagrams(), i;

	/* Virtual seconds: what the change has set off is over then. */
	sleep(3);
	for (i = 0; i < WARM_UP; i++)
		request(lfd);
	for (i = 0; i < ROUNDS; i++) {
		check(write(holder, buffer, HELD) == HELD, "write");
		row_add(row, column, request(lfd));
	}
	close(holder);
}

void bench_native(void)
{
	struct row *row = row_start("instr", "TCP beside XTCP, connect to close");
	int lfd = fam_listen(FAM_TCP, INADDR_LOOPBACK, PORT);
	int i;

	/* What ended must cost nothing while others are counted. */
	set_sysctl("ipv4/tcp_max_tw_buckets", "0");
	for (i = 0; i < CHANGES; i++) {
		requests(row, FAM_XTCP, lfd);
		run("rmmod %s", "xtcp");
		requests(row, FAM_TCP, lfd);
		load();
	}
	set_sysctl("ipv4/tcp_max_tw_buckets", "8192");
	close(lfd);
	row_end(row);
}
