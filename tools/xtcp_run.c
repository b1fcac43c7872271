// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp_run: run an unmodified program with its TCP sockets turned into XTCP
 * sockets. The work is done in libxtcp_run.so, which must lie beside this
 * program.
 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

#define LIBRARY "libxtcp_run.so"

static const char usage[] =
"usage: xtcp_run [-4] [-v] PROGRAM [ARGUMENT...]\n"
"\n"
"Run PROGRAM; each socket(AF_INET, SOCK_STREAM, TCP) that it or its children\n"
"ask for becomes an XTCP socket.\n"
"\n"
"  -4  let IPv6 stream sockets fail (EAFNOSUPPORT), so that programs which\n"
"      prefer IPv6 fall back to IPv4, and so to XTCP\n"
"  -v  name each turned socket on standard error\n"
"\n"
"It works for programs that call socket() of a shared C library: not for\n"
"static ones, nor for those that are set-user-ID or make the system call\n"
"themselves (Go).\n";

static void check_family(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		errx(1, "%s", net_strerror(errno, family));
	close(fd);
}

/* The library beside this program, before what is preloaded already. */
static void set_preload(void)
{
	const char *old = getenv("LD_PRELOAD");
	char path[PATH_MAX];
	char *value;
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len < 0)
		err(1, "/proc/self/exe");
	path[len] = '\0';
	*strrchr(path, '/') = '\0';
	if (asprintf(&value, "%s/" LIBRARY "%s%s", path, old ? ":" : "",
		     old ? old : "") < 0)
		err(1, "memory");
	if (access(value, R_OK) && !old)
		err(1, "%s", value);
	setenv("LD_PRELOAD", value, 1);
	free(value);
}

static void set_number(const char *name, int number)
{
	char value[16];

	snprintf(value, sizeof(value), "%d", number);
	setenv(name, value, 1);
}

int main(int argc, char **argv)
{
	int family = xtcp_family();
	int c;

	while ((c = getopt(argc, argv, "+4vh")) != -1) {
		switch (c) {
		case '4':
			set_number("XTCP_RUN_NO_IPV6", 1);
			break;
		case 'v':
			set_number("XTCP_RUN_VERBOSE", 1);
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return 2;
	}

	check_family(family);
	set_preload();
	set_number("XTCP_RUN_FAMILY", family);
	execvp(argv[optind], argv + optind);
	err(errno == ENOENT ? 127 : 126, "%s", argv[optind]);
}
