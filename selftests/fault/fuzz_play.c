// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of the fuzzer, on sockets that all threads of a process share and
 * that processes pass to each other.  Nobody cares what a call returns.
 */
#include <linux/filter.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>

#include <kselftest.h>

#include "failnth.h"
#include "fuzz_calls.h"

#define SLOTS		16
#define BUF		(128 << 10)
#define EPOLLS		2
#define CHILDREN	3	/* that live at once */

const char *const call_names[] = {
	[CALL_SOCKET] = "socket", [CALL_SERVER] = "server",
	[CALL_PAIR] = "pair", [CALL_BIND] = "bind", [CALL_LISTEN] = "listen",
	[CALL_CONNECT] = "connect", [CALL_ACCEPT] = "accept",
	[CALL_SHUTDOWN] = "shutdown", [CALL_CLOSE] = "close",
	[CALL_RESET] = "reset", [CALL_DUP] = "dup", [CALL_SEND] = "send",
	[CALL_SENDMSG] = "sendmsg", [CALL_SENDMMSG] = "sendmmsg",
	[CALL_RECV] = "recv", [CALL_RECVMSG] = "recvmsg",
	[CALL_RECVMMSG] = "recvmmsg", [CALL_SPLICE] = "splice",
	[CALL_SENDFILE] = "sendfile", [CALL_POLL] = "poll",
	[CALL_EPOLL] = "epoll", [CALL_IOCTL] = "ioctl",
	[CALL_GETSOCKOPT] = "getsockopt", [CALL_SETSOCKOPT] = "setsockopt",
	[CALL_NAMES] = "names", [CALL_FCNTL] = "fcntl",
	[CALL_FILTER] = "filter", [CALL_MMAP] = "mmap", [CALL_PROC] = "proc",
	[CALL_PASS] = "pass", [CALL_FORK] = "fork", [CALL_NETNS] = "netns",
	[CALL_URING] = "uring", [CALL_WORLD] = "world",
	[CALL_VERDICT] = "verdict", [CALL_PROCESSOR] = "processor",
	[CALL_KINDS] = NULL,
};

/* Descriptors of this process: a number may become another's meanwhile. */
static int slots[SLOTS];
static int epolls[EPOLLS];
static int file;		/* to be sent by sendfile() */
int live_children;

static __thread char buf[BUF];

/* ---- what is drawn ---------------------------------------------------------- */

int *any_slot(struct fuzz_in *in)
{
	return &slots[fuzz_draw(in, SLOTS)];
}

int any_fd(struct fuzz_in *in)
{
	return __atomic_load_n(any_slot(in), __ATOMIC_RELAXED);
}

static void put_at(int *slot, int fd)
{
	int old = __atomic_exchange_n(slot, fd, __ATOMIC_RELAXED);

	if (old >= 0)
		close(old);
}

void put_fd(struct fuzz_in *in, int fd)
{
	if (fd >= 0)
		put_at(any_slot(in), fd);
}

/* Mostly well formed, so that calls meet each other */
socklen_t any_address(struct fuzz_in *in, struct sockaddr_storage *ss)
{
	static const char *const ips[] = {
		"127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.2", "0.0.0.0",
		"10.0.1.1", "10.0.2.1", "10.0.2.1", "10.0.2.99",
		"255.255.255.255", "224.0.0.1", "0.0.0.1",
	};
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;
	unsigned int port = fuzz_draw(in, FUZZ_PORTS + 1);

	memset(ss, 0, sizeof(*ss));
	*sin = addr_of(ips[fuzz_draw(in, ARRAY_SIZE(ips))],
		       port ? FUZZ_PORT + port - 1 : 0);
	switch (fuzz_draw(in, 32)) {
	case 0:
		ss->ss_family = AF_UNSPEC;
		break;
	case 1:
		ss->ss_family = fuzz_draw(in, 50);
		break;
	case 2:
		return fuzz_draw(in, sizeof(*ss) + 1);
	case 3:
		return fuzz_number(in);
	}
	return sizeof(*sin);
}

int any_flags(struct fuzz_in *in)
{
	switch (fuzz_draw(in, 6)) {
	case 0:
		return 1U << fuzz_draw(in, 32);
	case 1:
		return 1U << fuzz_draw(in, 32) | 1U << fuzz_draw(in, 32) |
		       MSG_DONTWAIT;
	case 2:
		return MSG_DONTWAIT;
	case 3:
		return MSG_DONTWAIT | MSG_NOSIGNAL;
	default:
		return 0;
	}
}

/* Often few bytes, at times more than any buffer takes */
static size_t any_size(struct fuzz_in *in)
{
	switch (fuzz_draw(in, 4)) {
	case 0:
		return fuzz_draw(in, 16);
	case 1:
		return fuzz_draw(in, 2000);
	case 2:
		return fuzz_draw(in, 20000);
	default:
		return fuzz_draw(in, BUF + 1);
	}
}

/* ---- making sockets ---------------------------------------------------------- */

/* One that wakes up soon from whatever it waits in; its children inherit that. */
static int new_socket(struct fuzz_in *in)
{
	struct timeval tv = { .tv_usec = 1000 + fuzz_draw(in, 20000) };
	bool tcp = fuzz_draw(in, 5) == 0;
	int place = fuzz_draw(in, 4) ? AT_HOME : AT_PEER;
	int bits = fuzz_draw(in, 8), fd;

	if (place != AT_HOME)
		setns(places[place], CLONE_NEWNET);
	fd = socket(tcp ? AF_INET : family,
		    SOCK_STREAM | (bits & 1 ? SOCK_NONBLOCK : 0), 0);
	if (place != AT_HOME)
		setns(places[AT_HOME], CLONE_NEWNET);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (bits & 2)
		set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bits & 4)
		set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	return fd;
}

static void do_socket(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	int fd = -1;

	if (fuzz_draw(in, 16)) {
		put_fd(in, new_socket(in));
		return;
	}
	/* any type and protocol of the family */
	fd = socket(family, fuzz_draw(in, 12) | (fuzz_draw(in, 2) ? SOCK_NONBLOCK : 0),
		    fuzz_number(in));
	close(fd);
}

static void do_server(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	int fd = new_socket(in);
	struct sockaddr_storage ss;
	socklen_t len = any_address(in, &ss);

	bind(fd, (struct sockaddr *)&ss, len);
	listen(fd, fuzz_draw(in, 5));
	put_fd(in, fd);
}

/* An established connection, if the world lets it be */
static void do_pair(struct actor *a)
{
	static const char *const ips[] = { "127.0.0.1", "127.0.0.2", "10.0.1.1" };
	struct fuzz_in *in = &a->player.in;
	unsigned int port = FUZZ_PORT + fuzz_draw(in, FUZZ_PORTS);
	const char *ip = ips[fuzz_draw(in, ARRAY_SIZE(ips))];
	int lfd = new_socket(in), cfd = new_socket(in);

	set_int(lfd, SOL_SOCKET, SO_REUSEADDR, 1);
	bind_to(lfd, fuzz_draw(in, 2) ? ip : "0.0.0.0", port);
	listen(lfd, 4);
	connect_to(cfd, ip, port);
	put_fd(in, cfd);
	put_fd(in, accept4(lfd, NULL, NULL, fuzz_draw(in, 2) ? SOCK_NONBLOCK : 0));
	if (fuzz_draw(in, 2))
		put_fd(in, lfd);
	else
		close(lfd);
}

/* Sockets of a namespace that nobody else is in */
static void do_netns(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;

	if (!fresh_netns()) {
		do_server(a);
		put_fd(in, new_socket(in));
		do_pair(a);
	}
	setns(places[AT_HOME], CLONE_NEWNET);
}

static void do_bind(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	struct sockaddr_storage ss;
	socklen_t len = any_address(in, &ss);

	bind(any_fd(in), (struct sockaddr *)&ss, len);
}

static void do_listen(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;

	listen(any_fd(in), fuzz_draw(in, 4) ? fuzz_draw(in, 4) : fuzz_number(in));
}

static void do_connect(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	struct sockaddr_storage ss;
	socklen_t len = any_address(in, &ss);
	int fd = any_fd(in);

	if (fuzz_draw(in, 16) == 0)
		len = sizeof(ss), getsockname(fd, (struct sockaddr *)&ss, &len);
	connect(fd, (struct sockaddr *)&ss, len);
}

static void do_accept(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	struct sockaddr_storage ss;
	socklen_t len = fuzz_draw(in, 4) ? sizeof(ss) : fuzz_number(in);
	int fd = any_fd(in), flags = fuzz_draw(in, 3) ? SOCK_NONBLOCK : 0;

	if (len > sizeof(ss) && (int)len > 0)
		len = sizeof(ss);
	put_fd(in, accept4(fd, fuzz_draw(in, 2) ? (void *)&ss : NULL, &len, flags));
}

static void do_shutdown(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;

	shutdown(any_fd(in), fuzz_draw(in, 16) ? fuzz_draw(in, 3) : fuzz_number(in));
}

static void close_any(struct fuzz_in *in)
{
	put_at(any_slot(in), -1);
}

static void do_close(struct actor *a)
{
	close_any(&a->player.in);
}

static void do_reset(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	/* A close() that lingers is ended by a signal. */
	struct linger lin = { .l_onoff = 1, .l_linger = fuzz_draw(in, 2) };
	int *slot = any_slot(in), fd = *slot;

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &lin, sizeof(lin));
	put_at(slot, -1);
}

static void do_dup(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;

	put_fd(in, dup(any_fd(in)));
}

/* ---- sending and receiving --------------------------------------------------- */

static void do_send(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	struct sockaddr_storage ss;
	int fd = any_fd(in), flags = any_flags(in);
	size_t size = any_size(in);
	socklen_t len;

	fuzz_fill(in, buf, size < 16 ? size : 16);
	switch (fuzz_draw(in, 8)) {
	case 0:		/* a destination: MSG_FASTOPEN may heed it */
		len = any_address(in, &ss);
		sendto(fd, buf, size, flags | (fuzz_draw(in, 2) ? MSG_FASTOPEN : 0),
		       (struct sockaddr *)&ss, len);
		break;
	case 1:		/* bytes that are not there from some point on */
		send(fd, (char *)0x1000, size, flags);
		break;
	case 2:
		write(fd, buf, size);
		break;
	default:
		send(fd, buf, size, flags);
	}
}

static void do_recv(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd = any_fd(in), flags = any_flags(in);
	size_t size = any_size(in);

	switch (fuzz_draw(in, 8)) {
	case 0:
		recvfrom(fd, buf, size, flags, (struct sockaddr *)&ss, &len);
		break;
	case 1:		/* thrown away */
		recv(fd, NULL, size, flags | MSG_TRUNC);
		break;
	case 2:		/* to where nothing is */
		recv(fd, (char *)0x1000, size, flags);
		break;
	case 3:
		read(fd, buf, size);
		break;
	default:
		recv(fd, buf, size, flags);
	}
}

struct message {
	struct sockaddr_storage ss;
	struct iovec iov[4];
	char control[256] __attribute__((aligned(8)));
};

static void any_control(struct fuzz_in *in, struct msghdr *msg)
{
	static const int levels[] = { SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, SOL_IPV6 };
	char *control = msg->msg_control;
	size_t at = 0, room = msg->msg_controllen, len;
	struct cmsghdr *c;
	int n;

	memset(control, 0, room);
	for (n = 1 + fuzz_draw(in, 3); n; n--) {
		len = fuzz_draw(in, 40);
		if (at + CMSG_SPACE(len) > room)
			break;
		c = (struct cmsghdr *)(control + at);
		c->cmsg_len = fuzz_draw(in, 8) ? CMSG_LEN(len) : fuzz_number(in);
		c->cmsg_level = fuzz_draw(in, 8) ?
			levels[fuzz_draw(in, ARRAY_SIZE(levels))] : fuzz_number(in);
		c->cmsg_type = fuzz_draw(in, 8) ? fuzz_draw(in, 70) : fuzz_number(in);
		fuzz_fill(in, CMSG_DATA(c), len);
		at += CMSG_SPACE(len);
	}
	msg->msg_controllen = fuzz_draw(in, 8) ? at : fuzz_draw(in, room + 1);
}

static void any_message(struct fuzz_in *in, struct message *m,
			struct msghdr *msg, bool out)
{
	unsigned int i;

	memset(msg, 0, sizeof(*msg));
	if (fuzz_draw(in, 8) == 0) {
		msg->msg_name = &m->ss;
		msg->msg_namelen = any_address(in, &m->ss);
	}
	msg->msg_iov = m->iov;
	msg->msg_iovlen = fuzz_draw(in, ARRAY_SIZE(m->iov) + 1);
	for (i = 0; i < msg->msg_iovlen; i++)
		m->iov[i] = (struct iovec){
			fuzz_draw(in, 16) ? buf : NULL, any_size(in)
		};
	if (fuzz_draw(in, 2)) {
		msg->msg_control = m->control;
		msg->msg_controllen = sizeof(m->control);
		if (out)
			any_control(in, msg);
	}
}

static void do_sendmsg(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	struct msghdr msg;
	struct message m;

	any_message(in, &m, &msg, true);
	sendmsg(any_fd(in), &msg, any_flags(in));
}

static void do_recvmsg(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	struct msghdr msg;
	struct message m;
	int fd = any_fd(in);

	any_message(in, &m, &msg, false);
	/* IP_RECVTTL and the like give it something to say. */
	if (fuzz_draw(in, 4) == 0)
		set_int(fd, IPPROTO_IP, fuzz_draw(in, 28), 1);
	recvmsg(fd, &msg, any_flags(in));
}

static void do_sendmmsg(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	struct mmsghdr msgs[3] = { };
	struct message m[3];
	unsigned int i, n = 1 + fuzz_draw(in, 3);

	for (i = 0; i < n; i++)
		any_message(in, &m[i], &msgs[i].msg_hdr, true);
	sendmmsg(any_fd(in), msgs, n, any_flags(in));
}

static void do_recvmmsg(struct actor *a)
{
	struct timespec ts = { .tv_nsec = 1000000 };
	struct fuzz_in *in = &a->player.in;
	struct mmsghdr msgs[3] = { };
	struct message m[3];
	unsigned int i, n = 1 + fuzz_draw(in, 3);

	for (i = 0; i < n; i++)
		any_message(in, &m[i], &msgs[i].msg_hdr, false);
	recvmmsg(any_fd(in), msgs, n, any_flags(in),
		 fuzz_draw(in, 2) ? &ts : NULL);
}

/* Pages of files, of this program and of other sockets */
static void do_splice(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	struct iovec iov = { buf, any_size(in) };
	unsigned int flags = fuzz_draw(in, 16);
	size_t size = any_size(in);
	loff_t from = fuzz_draw(in, 4096);

	switch (fuzz_draw(in, 5)) {
	case 0:
		splice(any_fd(in), NULL, a->pipe[1], NULL, size, flags);
		break;
	case 1:
		vmsplice(a->pipe[1], &iov, 1, flags | SPLICE_F_NONBLOCK);
		splice(a->pipe[0], NULL, any_fd(in), NULL, size, flags);
		break;
	case 2:
		splice(file, &from, a->pipe[1], NULL, size, flags);
		splice(a->pipe[0], NULL, any_fd(in), NULL, size, flags);
		break;
	case 3:
		splice(a->pipe[0], NULL, any_fd(in), NULL, size, flags);
		break;
	default:	/* from one socket to another */
		splice(any_fd(in), NULL, a->pipe[1], NULL, size, flags);
		splice(a->pipe[0], NULL, any_fd(in), NULL, size, flags);
	}
	/* what stays in the pipe would fill it */
	while (fuzz_draw(in, 4) && read(a->pipe[0], buf, sizeof(buf)) > 0)
		;
}

static void do_sendfile(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	off_t from = fuzz_draw(in, 65536);

	sendfile(any_fd(in), file, fuzz_draw(in, 4) ? &from : NULL, any_size(in));
	if (fuzz_draw(in, 4) == 0)
		lseek(file, 0, SEEK_SET);
}

/* ---- looking ------------------------------------------------------------------ */

static void do_poll(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	struct pollfd pfd[3];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pfd); i++)
		pfd[i] = (struct pollfd){ any_fd(in), fuzz_draw(in, 65536) };
	poll(pfd, ARRAY_SIZE(pfd), fuzz_draw(in, 4));
}

static void do_epoll(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	struct epoll_event ev = { .events = fuzz_draw(in, 0x8000) };
	struct epoll_event seen[4];
	int ep = epolls[fuzz_draw(in, EPOLLS)];

	ev.events |= (uint32_t)fuzz_draw(in, 16) << 28;
	if (fuzz_draw(in, 3))
		epoll_ctl(ep, 1 + fuzz_draw(in, 3), any_fd(in), &ev);
	else
		epoll_wait(ep, seen, ARRAY_SIZE(seen), fuzz_draw(in, 4));
}

static void do_ioctl(struct actor *a)
{
	static const unsigned int known[] = {
		FIONREAD, FIONBIO, FIOASYNC, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK,
		SIOCGSTAMP, SIOCGSTAMPNS, SIOCGIFCONF, SIOCGIFADDR,
		SIOCGIFFLAGS, SIOCGIFMTU, SIOCSIFMTU, SIOCADDRT, SIOCDELRT,
		SIOCGIFINDEX, SIOCETHTOOL, 0x5411, 0x5413,
	};
	static const char *const names[] = { "lo", "xtcp0", "a0" };
	struct fuzz_in *in = &a->player.in;
	char arg[256] __attribute__((aligned(8)));
	unsigned long cmd;
	int fd = any_fd(in);

	cmd = fuzz_draw(in, 2) ? known[fuzz_draw(in, ARRAY_SIZE(known))] :
	      fuzz_draw(in, 2) ? 0x8900 + fuzz_draw(in, 256) :
	      fuzz_draw(in, 2) ? 0x5400 + fuzz_draw(in, 256) : fuzz_number(in);
	fuzz_fill(in, arg, sizeof(arg));
	if (fuzz_draw(in, 2))
		strcpy(arg, names[fuzz_draw(in, ARRAY_SIZE(names))]);
	/* whose signals might end somebody that is no part of this */
	if (cmd == FIOSETOWN || cmd == SIOCSPGRP)
		*(int *)arg = getpid();
	/* renamed devices would not be found again */
	if (cmd != SIOCSIFNAME)
		ioctl(fd, cmd, fuzz_draw(in, 8) ? (long)arg : (long)fuzz_number(in));
}

static int any_level(struct fuzz_in *in)
{
	static const int levels[] = { SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP };

	return fuzz_draw(in, 32) ? levels[fuzz_draw(in, ARRAY_SIZE(levels))] :
				   fuzz_number(in);
}

static int any_option(struct fuzz_in *in)
{
	return fuzz_draw(in, 16) ? fuzz_draw(in, 90) : fuzz_number(in);
}

static void do_getsockopt(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	int fd = any_fd(in), level = any_level(in), option = any_option(in);
	socklen_t len = fuzz_draw(in, 4) ? fuzz_draw(in, 300) : fuzz_number(in);

	if (fuzz_draw(in, 4) == 0)
		fuzz_fill(in, buf, 128);
	getsockopt(fd, level, option, fuzz_draw(in, 16) ? buf : NULL, &len);
}

/* Of what would make a call wait for long, the value stays small. */
static bool is_timeout(int level, int option)
{
	return level == SOL_SOCKET &&
	       (option == SO_RCVTIMEO_OLD || option == SO_SNDTIMEO_OLD ||
		option == SO_RCVTIMEO_NEW || option == SO_SNDTIMEO_NEW);
}

static void do_setsockopt(struct actor *a)
{
	static const char *const texts[] = {
		"reno", "cubic", "bbr", "lo", "xtcp0", "a0", "", "nothing",
	};
	struct fuzz_in *in = &a->player.in;
	int fd = any_fd(in), level = any_level(in), option = any_option(in);
	socklen_t len = fuzz_draw(in, 4) ? sizeof(int) :
			fuzz_draw(in, 4) ? fuzz_draw(in, 128) : fuzz_number(in);
	char value[128] __attribute__((aligned(8))) = "";

	if ((int)len > (int)sizeof(value) && fuzz_draw(in, 2))
		len = sizeof(value);
	switch (fuzz_draw(in, 6)) {
	case 0:
		fuzz_fill(in, value, sizeof(value));
		break;
	case 1:
		strcpy(value, texts[fuzz_draw(in, ARRAY_SIZE(texts))]);
		len = fuzz_draw(in, 4) ? strlen(value) : fuzz_draw(in, 20);
		break;
	case 2:
		*(int *)value = fuzz_draw(in, 2);
		break;
	default:
		*(__s64 *)value = fuzz_number(in);
	}
	if (is_timeout(level, option)) {
		*(struct timeval *)value = (struct timeval){ 0, 1 + fuzz_draw(in, 20000) };
		len = sizeof(struct timeval);
	} else if (level == SOL_SOCKET && option == SO_LINGER) {
		((struct linger *)value)->l_linger = fuzz_draw(in, 2);
	}
	setsockopt(fd, level, option, fuzz_draw(in, 32) ? value : NULL, len);
}

/* Programs of a few instructions, for the socket or its group */
static void do_filter(struct actor *a)
{
	static const int options[] = {
		SO_ATTACH_FILTER, SO_ATTACH_REUSEPORT_CBPF, SO_DETACH_FILTER,
		SO_LOCK_FILTER, SO_DETACH_REUSEPORT_BPF,
	};
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 3),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(code), .filter = code };
	struct fuzz_in *in = &a->player.in;
	int option = options[fuzz_draw(in, ARRAY_SIZE(options))];

	code[0].k = fuzz_draw(in, 2) ? fuzz_draw(in, 60) : fuzz_number(in);
	code[2].k = fuzz_number(in);
	if (fuzz_draw(in, 4) == 0)
		code[2].code = BPF_RET | BPF_A;
	/* A lock on filters stays for good. */
	if (option == SO_LOCK_FILTER && fuzz_draw(in, 8))
		option = SO_ATTACH_FILTER;
	setsockopt(any_fd(in), SOL_SOCKET, option, &prog, sizeof(prog));
}

static void do_names(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	struct sockaddr_storage ss;
	socklen_t len = fuzz_draw(in, 4) ? fuzz_draw(in, sizeof(ss) + 1) :
			-(int)fuzz_draw(in, 100);

	if (fuzz_draw(in, 2))
		getsockname(any_fd(in), (struct sockaddr *)&ss, &len);
	else
		getpeername(any_fd(in), (struct sockaddr *)&ss, &len);
}

static void do_fcntl(struct actor *a)
{
	static const int signals[] = { 0, SIGIO, SIGURG, SIGUSR1 };
	struct fuzz_in *in = &a->player.in;
	int fd = any_fd(in), cmd = fuzz_draw(in, 2) ? F_SETFL : fuzz_draw(in, 17);
	struct f_owner_ex owner = { F_OWNER_PID, getpid() };

	switch (cmd) {
	case F_SETFL:
		fcntl(fd, cmd, fuzz_draw(in, 4) ? (fuzz_draw(in, 2) ? O_NONBLOCK : 0) :
						  (int)fuzz_number(in));
		break;
	case F_SETOWN:
		fcntl(fd, cmd, getpid());
		break;
	case F_SETOWN_EX:
		fcntl(fd, cmd, &owner);
		break;
	case F_SETSIG:
		fcntl(fd, cmd, signals[fuzz_draw(in, ARRAY_SIZE(signals))]);
		break;
	case F_DUPFD:
		put_fd(in, fcntl(fd, cmd, fuzz_draw(in, 256)));
		break;
	case F_SETLKW:
		break;
	default:
		fcntl(fd, cmd, fuzz_number(in));
	}
}

static void do_mmap(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	size_t size = 4096 << fuzz_draw(in, 5);
	struct tcp_zerocopy_receive zc = { .length = fuzz_number(in) };
	socklen_t len = sizeof(zc);
	int fd = any_fd(in);
	void *at = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return;
	zc.address = (unsigned long)at;
	getsockopt(fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &zc, &len);
	munmap(at, size);
}

static void do_proc(struct actor *a)
{
	static const char *const names[] = {
		"/proc/net/xtcp", "/proc/net/xtcp", "/proc/net/xtcp_snmp",
		"/proc/net/xtcp_netstat", "/proc/net/protocols",
		"/proc/net/sockstat",
	};
	struct fuzz_in *in = &a->player.in;
	int fd = open(names[fuzz_draw(in, ARRAY_SIZE(names))],
		      O_RDONLY | O_CLOEXEC);
	size_t step = 1 + fuzz_draw(in, 4096);

	lseek(fd, fuzz_draw(in, 4) ? 0 : fuzz_number(in), SEEK_SET);
	while (read(fd, buf, step) > 0 && fuzz_draw(in, 8))
		;
	close(fd);
}

/* ---- other processes ----------------------------------------------------------- */

/* Made before the processes were */
static int mail[2] = { -1, -1 };

/* A descriptor goes to whoever looks first. */
static void do_pass(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = "";
	struct iovec iov = { buf, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int fd = any_fd(in);

	if (fuzz_draw(in, 2)) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
		sendmsg(mail[0], &msg, MSG_DONTWAIT);
		if (fuzz_draw(in, 2))
			close_any(in);
		return;
	}
	if (recvmsg(mail[1], &msg, MSG_DONTWAIT) != 1)
		return;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_type == SCM_RIGHTS) {
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
		put_fd(in, fd);
	}
}

/* A child has the same descriptors, and goes on with the same input. */
static void do_fork(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	int left = 1 + fuzz_draw(in, 6);
	pid_t pid;

	if (__atomic_add_fetch(&live_children, 1, __ATOMIC_RELAXED) > CHILDREN) {
		__atomic_sub_fetch(&live_children, 1, __ATOMIC_RELAXED);
		return;
	}
	pid = fork();
	if (pid) {
		if (pid < 0)
			__atomic_sub_fetch(&live_children, 1, __ATOMIC_RELAXED);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGALRM, SIG_DFL);
	alarm(2 * SLOW);
	live_children = CHILDREN;	/* it has none itself */
	a->player.trace = NULL;
	a->nth = -1;
	a->uring = NULL;
	while (left-- && !fuzz_dry(in))
		play_call(a);
	_exit(0);
}

/* ---- one of them ----------------------------------------------------------------- */

static void (*const calls[CALLS])(struct actor *a) = {
	[CALL_SOCKET] = do_socket, [CALL_SERVER] = do_server,
	[CALL_PAIR] = do_pair, [CALL_BIND] = do_bind,
	[CALL_LISTEN] = do_listen, [CALL_CONNECT] = do_connect,
	[CALL_ACCEPT] = do_accept, [CALL_SHUTDOWN] = do_shutdown,
	[CALL_CLOSE] = do_close, [CALL_RESET] = do_reset,
	[CALL_DUP] = do_dup, [CALL_SEND] = do_send,
	[CALL_SENDMSG] = do_sendmsg, [CALL_SENDMMSG] = do_sendmmsg,
	[CALL_RECV] = do_recv, [CALL_RECVMSG] = do_recvmsg,
	[CALL_RECVMMSG] = do_recvmmsg, [CALL_SPLICE] = do_splice,
	[CALL_SENDFILE] = do_sendfile, [CALL_POLL] = do_poll,
	[CALL_EPOLL] = do_epoll, [CALL_IOCTL] = do_ioctl,
	[CALL_GETSOCKOPT] = do_getsockopt,
	[CALL_SETSOCKOPT] = do_setsockopt, [CALL_NAMES] = do_names,
	[CALL_FCNTL] = do_fcntl, [CALL_FILTER] = do_filter,
	[CALL_MMAP] = do_mmap, [CALL_PROC] = do_proc,
	[CALL_PASS] = do_pass, [CALL_FORK] = do_fork,
	[CALL_NETNS] = do_netns, [CALL_URING] = uring_call,
};

/* How often each is drawn, of 256 times; what is left goes to the first ones. */
static const unsigned char weights[CALLS] = {
	[CALL_SOCKET] = 6, [CALL_SERVER] = 10, [CALL_PAIR] = 10,
	[CALL_BIND] = 5, [CALL_LISTEN] = 8, [CALL_CONNECT] = 24,
	[CALL_ACCEPT] = 14, [CALL_SHUTDOWN] = 8, [CALL_CLOSE] = 6,
	[CALL_RESET] = 3, [CALL_DUP] = 3, [CALL_SEND] = 24,
	[CALL_SENDMSG] = 8, [CALL_SENDMMSG] = 3, [CALL_RECV] = 20,
	[CALL_RECVMSG] = 8, [CALL_RECVMMSG] = 3, [CALL_SPLICE] = 5,
	[CALL_SENDFILE] = 3, [CALL_POLL] = 5, [CALL_EPOLL] = 6,
	[CALL_IOCTL] = 6, [CALL_GETSOCKOPT] = 12, [CALL_SETSOCKOPT] = 24,
	[CALL_NAMES] = 3, [CALL_FCNTL] = 4, [CALL_FILTER] = 2,
	[CALL_MMAP] = 2, [CALL_PROC] = 2, [CALL_PASS] = 4,
	[CALL_FORK] = 1, [CALL_NETNS] = 1, [CALL_URING] = 10,
};

static unsigned char which_call[256];	/* each as often as it weighs */

/* What is no call on a socket alone may not fail: others answer for that. */
static bool may_fail(unsigned int which)
{
	return which != CALL_NETNS && which != CALL_FORK && which != CALL_URING &&
	       which != CALL_MMAP && which != CALL_IOCTL;
}

/*
 * The process would end if the frame of a signal were what fails: none meanwhile
 * but the one by which the watch ends calls, which disarms first.
 */
static void call_failing(struct actor *a, unsigned int which, unsigned int nth)
{
	sigset_t all, before;

	sigfillset(&all);
	sigdelset(&all, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	actor_lock(a);
	/* On the way out of this a signal that was sent comes; none does later. */
	sched_yield();
	nth_arm(a->nth, nth);
	actor_unlock(a);
	calls[which](a);
	nth_disarm(a->nth);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void play_call(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	unsigned int which = which_call[fuzz_draw(in, sizeof(which_call))];
	unsigned int nth = fuzz_draw(in, 200);

	__atomic_store_n(&a->since, now_ms(), __ATOMIC_RELEASE);
	if (a->nth >= 0 && nth && nth < 20 && may_fail(which))
		call_failing(a, which, nth);
	else
		calls[which](a);
	__atomic_store_n(&a->since, 0, __ATOMIC_RELEASE);
	fuzz_count(which);
}

int play_prepare(void)
{
	unsigned int i, n = 0, left = weights[0];

	for (i = 0; i < sizeof(which_call); i++, left--) {
		while (!left)
			left = weights[n = (n + 1) % CALLS];
		which_call[i] = n;
	}
	return socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, mail);
}

int play_init(void)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		slots[i] = -1;
	for (i = 0; i < EPOLLS; i++)
		epolls[i] = epoll_create1(EPOLL_CLOEXEC);
	file = memfd_create("file", MFD_CLOEXEC);
	return file < 0 ? -1 : ftruncate(file, 256 << 10);
}

/* All that is open is reset: no peer waits for it. */
void play_end(void)
{
	struct linger lin = { .l_onoff = 1 };
	int i;

	for (i = 0; i < SLOTS; i++) {
		setsockopt(slots[i], SOL_SOCKET, SO_LINGER, &lin, sizeof(lin));
		put_at(&slots[i], -1);
	}
}

/* Descriptors that nobody has taken delivery of are still open. */
void play_over(void)
{
	close(mail[0]);
	close(mail[1]);
}
