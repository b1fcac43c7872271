// SPDX-License-Identifier: GPL-2.0
/*
 * What the shell tests need of a program, in the network namespace they chose:
 *
 *   xfer files A B A.out B.out  one connection carries A one way and, at the
 *                               same time, B the other way
 *   xfer check                  some bytes cross a connection both ways
 *   xfer hold                   hold a connected pair until the end of input
 *   xfer orphan                 the same, then leave with data unsent
 *   xfer halfopen               leave behind a connection request
 *   xfer timewait               leave behind a TIME_WAIT
 *   xfer syn ADDRESS            connect to there, and go before the answer
 *
 * "ready" is printed when others may act.  XTCP_TEST_FAMILY as everywhere.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "uapi/xtcp.h"

static int family = AF_XTCP;

static void die(const char *what)
{
	fprintf(stderr, "# xfer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int sock(int flags)
{
	int fd = socket(family, SOCK_STREAM | flags, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static int listener(struct sockaddr_in *sin)
{
	socklen_t len = sizeof(*sin);
	int fd = sock(0);

	memset(sin, 0, len);
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)sin, len) || listen(fd, 4) ||
	    getsockname(fd, (struct sockaddr *)sin, &len))
		die("listen");
	return fd;
}

static void pair(int fd[2])
{
	struct sockaddr_in sin;
	int lfd = listener(&sin);

	fd[0] = sock(0);
	if (connect(fd[0], (struct sockaddr *)&sin, sizeof(sin)))
		die("connect");
	fd[1] = accept(lfd, NULL, NULL);
	if (fd[1] < 0)
		die("accept");
	close(lfd);
}

static void write_all(int fd, const char *buf, ssize_t len)
{
	ssize_t n;

	for (; len > 0; buf += n, len -= n) {
		n = write(fd, buf, len);
		if (n < 0)
			die("write");
	}
}

/* Everything that @from gives goes to @to. */
static void copy(int from, int to)
{
	static __thread char buf[65536];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		write_all(to, buf, n);
	if (n < 0)
		die("read");
}

struct file {
	int fd;
	const char *path;
};

static void *send_file(void *arg)
{
	struct file *file = arg;
	int from = open(file->path, O_RDONLY);

	if (from < 0)
		die(file->path);
	copy(from, file->fd);
	if (shutdown(file->fd, SHUT_WR))
		die("shutdown");
	close(from);
	return NULL;
}

static void exchange(int fd, const char *out, const char *in)
{
	struct file file = { fd, out };
	pthread_t thread;
	int to = open(in, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (to < 0)
		die(in);
	errno = pthread_create(&thread, NULL, send_file, &file);
	if (errno)
		die("thread");
	copy(fd, to);
	pthread_join(thread, NULL);
	if (close(to) || close(fd))
		die("close");
}

static int files(char **names)
{
	int fd[2], status;
	pid_t pid;

	pair(fd);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		close(fd[0]);
		exchange(fd[1], names[1], names[2]);
		exit(0);
	}
	close(fd[1]);
	exchange(fd[0], names[0], names[3]);
	if (waitpid(pid, &status, 0) != pid || status)
		return 1;
	return 0;
}

/* Send a pattern through @from, and find it at @to. */
static void check_one_way(int from, int to)
{
	unsigned char out[8000], in[8000];
	size_t i, got = 0;
	ssize_t n;

	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 7 ^ i >> 8;
	write_all(from, (char *)out, sizeof(out));
	for (; got < sizeof(in); got += n) {
		n = read(to, in + got, sizeof(in) - got);
		if (n <= 0)
			die("read");
	}
	if (memcmp(out, in, sizeof(in)))
		die("the bytes changed");
}

static int check(void)
{
	int fd[2];

	pair(fd);
	check_one_way(fd[0], fd[1]);
	check_one_way(fd[1], fd[0]);
	return 0;
}

/* Tell that we are ready, and wait for the end of our input. */
static void stand_by(void)
{
	char byte;

	puts("ready");
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
}

static int hold(bool orphan)
{
	static const char data[4000];
	int fd[2];

	pair(fd);
	stand_by();
	if (orphan)
		write_all(fd[0], data, sizeof(data));
	return 0;
}

static int half_open(void)
{
	struct sockaddr_in sin;
	int lfd = listener(&sin);
	int fd = sock(SOCK_NONBLOCK);

	if (!connect(fd, (struct sockaddr *)&sin, sizeof(sin)) ||
	    errno != EINPROGRESS)
		die("connect");
	stand_by();
	close(lfd);
	return 0;
}

static int time_wait(void)
{
	char byte;
	int fd[2];

	pair(fd);
	shutdown(fd[0], SHUT_WR);
	if (read(fd[1], &byte, 1))
		die("no end of file");
	shutdown(fd[1], SHUT_WR);
	if (read(fd[0], &byte, 1))
		die("no end of file");
	return 0;
}

static int syn(const char *ip)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = inet_addr(ip),
	};
	int fd = sock(SOCK_NONBLOCK);

	if (!connect(fd, (struct sockaddr *)&sin, sizeof(sin)) ||
	    errno != EINPROGRESS)
		die("connect");
	stand_by();
	return 0;
}

int main(int argc, char **argv)
{
	const char *env = getenv("XTCP_TEST_FAMILY");
	const char *what = argc > 1 ? argv[1] : "";

	if (env)
		family = atoi(env);
	if (!strcmp(what, "files") && argc == 6)
		return files(argv + 2);
	if (!strcmp(what, "check"))
		return check();
	if (!strcmp(what, "hold"))
		return hold(false);
	if (!strcmp(what, "orphan"))
		return hold(true);
	if (!strcmp(what, "halfopen"))
		return half_open();
	if (!strcmp(what, "timewait"))
		return time_wait();
	if (!strcmp(what, "syn") && argc == 3)
		return syn(argv[2]);
	fputs("usage: xfer files A B A.out B.out\n"
	      "       xfer syn ADDRESS\n"
	      "       xfer check | hold | orphan | halfopen | timewait\n", stderr);
	return 2;
}
