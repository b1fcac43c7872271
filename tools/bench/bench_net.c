// SPDX-License-Identifier: GPL-2.0-only
/* Sockets of the three families by the same calls; whatever fails ends all. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench.h"
#include "xtcp.h"

static const int families[FAMS] = { AF_INET, AF_XTCP, AF_UNIX };

union any_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_un un;
};

static socklen_t make_addr(union any_addr *a, int fam, unsigned int addr,
			   unsigned int port)
{
	memset(a, 0, sizeof(*a));
	if (fam == FAM_UNIX) {
		a->un.sun_family = AF_UNIX;
		/* an abstract name */
		return offsetof(struct sockaddr_un, sun_path) + 1 +
		       sprintf(a->un.sun_path + 1, "bench %u", port);
	}
	a->in.sin_family = AF_INET;
	a->in.sin_port = htons(port);
	a->in.sin_addr.s_addr = htonl(addr);
	return sizeof(a->in);
}

int fam_socket(int fam)
{
	int fd = socket(families[fam], SOCK_STREAM, 0);

	check(fd >= 0, "socket");
	return fd;
}

int fam_bind(int fam, int fd, unsigned int addr, unsigned int port)
{
	union any_addr a;
	socklen_t len = make_addr(&a, fam, addr, port);

	return bind(fd, &a.sa, len);
}

int fam_connect(int fam, int fd, unsigned int addr, unsigned int port)
{
	union any_addr a;
	socklen_t len = make_addr(&a, fam, addr, port);

	return connect(fd, &a.sa, len);
}

int fam_listen(int fam, unsigned int addr, unsigned int port)
{
	int fd = fam_socket(fam);

	set_opt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	check(!fam_bind(fam, fd, addr, port), "bind");
	check(!listen(fd, 4096), "listen");
	return fd;
}

int accepted(int lfd)
{
	int fd = accept(lfd, NULL, NULL);

	check(fd >= 0, "accept");
	return fd;
}

void set_opt(int fd, int level, int option, int value)
{
	check(!setsockopt(fd, level, option, &value, sizeof(value)),
	      "setsockopt");
}

/* Leaves no TIME_WAIT. */
void reset_on_close(int fd)
{
	struct linger l = { 1, 0 };

	check(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)),
	      "SO_LINGER");
}

/* Ends a connection at once, at both ends. */
void reset_pair(const int fd[2])
{
	reset_on_close(fd[1]);
	close(fd[1]);
	reset_on_close(fd[0]);
	close(fd[0]);
}

static bool has_time_wait(const char *path)
{
	FILE *file = fopen(path, "r");
	bool found = false;
	unsigned int state;
	char line[256];

	check(!!file, path);
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, " %*u: %*s %*s %x", &state) == 1 &&
			state == TCP_TIME_WAIT;
	fclose(file);
	return found;
}

/* What one row has left must not cost the next one. */
void no_time_wait(void)
{
	int i;

	for (i = 0; i < 300; i++) {
		if (!has_time_wait("/proc/net/tcp") &&
		    !has_time_wait("/proc/net/xtcp"))
			return;
		/* Virtual seconds: the clock only counts. */
		sleep(1);
	}
	errno = ETIMEDOUT;
	fail("end of TIME_WAIT");
}

void pair(int fam, int lfd, unsigned int port, int fd[2])
{
	fd[0] = fam_socket(fam);
	check(!fam_connect(fam, fd[0], INADDR_LOOPBACK, port), "connect");
	fd[1] = accepted(lfd);
}

void set_sysctl(const char *name, const char *format, ...)
{
	char path[128], text[64];
	va_list args;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	file = fopen(path, "w");
	check(file && fputs(text, file) >= 0 && !fclose(file), path);
}
