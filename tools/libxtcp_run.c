// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded by xtcp_run: socket() with TCP over IPv4 turned into XTCP. All
 * other calls work on XTCP sockets as they are: addresses are the same.
 */
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <xtcp.h>

#define TYPE_MASK	(~(SOCK_NONBLOCK | SOCK_CLOEXEC))

typedef int (*socket_fn)(int domain, int type, int protocol);

static bool is_tcp(int type, int protocol)
{
	return (type & TYPE_MASK) == SOCK_STREAM &&
	       (protocol == 0 || protocol == IPPROTO_TCP);
}

static int wanted_family(void)
{
	const char *value = getenv("XTCP_RUN_FAMILY");

	return value ? atoi(value) : AF_XTCP;
}

/* One write(), so that the lines of several processes don't mix. */
static void report(int fd)
{
	char line[80];
	int len = snprintf(line, sizeof(line),
			   "xtcp_run: process %d, descriptor %d: XTCP\n",
			   getpid(), fd);

	if (write(STDERR_FILENO, line, len) < 0)
		return;
}

static int xtcp_socket(socket_fn next, int type, int protocol)
{
	int fd = next(wanted_family(), type, protocol);
	int saved = errno;

	if (fd >= 0 && getenv("XTCP_RUN_VERBOSE"))
		report(fd);
	errno = saved;
	return fd;
}

int socket(int domain, int type, int protocol)
{
	socket_fn next = (socket_fn)dlsym(RTLD_NEXT, "socket");

	if (domain == AF_INET && is_tcp(type, protocol))
		return xtcp_socket(next, type, protocol);
	if (domain == AF_INET6 && is_tcp(type, protocol) &&
	    getenv("XTCP_RUN_NO_IPV6")) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return next(domain, type, protocol);
}
