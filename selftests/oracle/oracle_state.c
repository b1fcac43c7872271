// SPDX-License-Identifier: GPL-2.0
/* The oracle: every call in every state. */
#include "oracle.h"

/* A socket in some state, and what was needed to bring it there */
struct subject {
	const char *state;
	int fd;			/* the socket in question */
	int peer;		/* the other end, -1 if there is none */
	int helper[2];		/* listeners and the like */
};

static void subject_init(struct subject *s)
{
	s->fd = -1;
	s->peer = -1;
	s->helper[0] = -1;
	s->helper[1] = -1;
}

static void subject_close(struct subject *s)
{
	const int fds[] = { s->fd, s->peer, s->helper[0], s->helper[1] };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		if (fds[i] >= 0)
			reset_by(fds[i]);
	}
}

static int fresh(struct subject *s)
{
	s->fd = sock(0);
	return s->fd;
}

static int bound_state(struct subject *s)
{
	s->fd = bound(LOCALHOST, own_port());
	return s->fd;
}

static int listening(struct subject *s)
{
	s->fd = listener_on(LOCALHOST, own_port(), 3);
	return s->fd;
}

static int listening_with_client(struct subject *s)
{
	if (listening(s) < 0)
		return -1;
	s->peer = connected(port_of(s->fd));
	settle();
	return s->peer;
}

static int syn_sent(struct subject *s)
{
	struct silent silent;

	if (silent_open(&silent))
		return -1;
	s->helper[0] = silent.lfd;
	s->helper[1] = silent.cfd;
	s->fd = sock(SOCK_NONBLOCK);
	if (err(connect_to(s->fd, LOCALHOST, silent.port)) != EINPROGRESS)
		return -1;
	settle();
	return nonblock(s->fd, false);
}

static int established(struct subject *s)
{
	int fd[2];

	if (pair(fd))
		return -1;
	s->fd = fd[0];
	s->peer = fd[1];
	settle();
	return 0;
}

static int accepted(struct subject *s)
{
	int fd[2];

	if (pair(fd))
		return -1;
	s->fd = fd[1];
	s->peer = fd[0];
	settle();
	return 0;
}

static int with_data(struct subject *s)
{
	if (established(s) || send_all(s->peer, "data", 4))
		return -1;
	settle();
	return 0;
}

static int with_urgent_data(struct subject *s)
{
	if (established(s) || send(s->peer, "ab!", 3, MSG_OOB) != 3)
		return -1;
	settle();
	return 0;
}

static int close_wait(struct subject *s)
{
	if (established(s) || shutdown(s->peer, SHUT_WR))
		return -1;
	settle_fin(s->peer);
	return 0;
}

static int close_wait_with_data(struct subject *s)
{
	if (with_data(s) || shutdown(s->peer, SHUT_WR))
		return -1;
	settle_fin(s->peer);
	return 0;
}

static int fin_wait2(struct subject *s)
{
	if (established(s) || shutdown(s->fd, SHUT_WR))
		return -1;
	settle_fin(s->fd);
	return 0;
}

static int fin_wait2_with_data(struct subject *s)
{
	if (fin_wait2(s) || send_all(s->peer, "data", 4))
		return -1;
	settle();
	return 0;
}

static int shut_for_reading(struct subject *s)
{
	if (established(s) || shutdown(s->fd, SHUT_RD))
		return -1;
	return 0;
}

static int shut_for_both(struct subject *s)
{
	if (established(s) || shutdown(s->fd, SHUT_RDWR))
		return -1;
	settle_fin(s->fd);
	return 0;
}

/* CLOSE after LAST_ACK */
static int closed_second(struct subject *s)
{
	if (close_wait(s) || shutdown(s->fd, SHUT_WR))
		return -1;
	settle_fin(s->fd);
	return 0;
}

/* CLOSE, with a TIME_WAIT beside it */
static int closed_first(struct subject *s)
{
	if (fin_wait2(s) || shutdown(s->peer, SHUT_WR))
		return -1;
	settle_fin(s->peer);
	return 0;
}

static int was_reset(struct subject *s)
{
	if (established(s) || reset_by(s->peer))
		return -1;
	s->peer = -1;
	settle();
	return 0;
}

static int was_reset_with_data(struct subject *s)
{
	if (with_data(s) || reset_by(s->peer))
		return -1;
	s->peer = -1;
	settle();
	return 0;
}

static int was_reset_and_read(struct subject *s)
{
	return was_reset(s) || sock_error(s->fd) != ECONNRESET ? -1 : 0;
}

static int was_reset_in_close_wait(struct subject *s)
{
	if (close_wait(s) || reset_by(s->peer))
		return -1;
	s->peer = -1;
	settle();
	return 0;
}

static int was_reset_in_fin_wait2(struct subject *s)
{
	if (fin_wait2(s) || reset_by(s->peer))
		return -1;
	s->peer = -1;
	settle();
	return 0;
}

static int refused(struct subject *s)
{
	s->fd = sock(SOCK_NONBLOCK);
	if (err(connect_to(s->fd, LOCALHOST, own_port())) != EINPROGRESS)
		return -1;
	settle();
	return nonblock(s->fd, false);
}

static int refused_and_read(struct subject *s)
{
	return refused(s) || sock_error(s->fd) != ECONNREFUSED ? -1 : 0;
}

/* The handshake is over, but connect() was not called again. */
static int connected_unnoticed(struct subject *s)
{
	s->helper[0] = listener(3);
	s->fd = sock(SOCK_NONBLOCK);
	if (err(connect_to(s->fd, LOCALHOST, port_of(s->helper[0]))) !=
	    EINPROGRESS)
		return -1;
	settle();
	return nonblock(s->fd, false);
}

static int disconnected(struct subject *s)
{
	if (established(s) || unspec(s->fd))
		return -1;
	settle();
	return 0;
}

static int was_listening(struct subject *s)
{
	return listening(s) < 0 || shutdown(s->fd, SHUT_RD) ? -1 : 0;
}

static int connected_to_itself(struct subject *s)
{
	unsigned int port = own_port();

	s->fd = bound(LOCALHOST, port);
	return connect_to(s->fd, LOCALHOST, port);
}

/* Small buffers are soon full. */
static int full(struct subject *s)
{
	s->helper[0] = listener(1);
	s->fd = sock(0);
	if (set_int(s->helper[0], SOL_SOCKET, SO_RCVBUF, 8192) ||
	    set_int(s->fd, SOL_SOCKET, SO_SNDBUF, 8192) ||
	    connect_to(s->fd, LOCALHOST, port_of(s->helper[0])))
		return -1;
	s->peer = accept(s->helper[0], NULL, NULL);
	return s->peer < 0 || fill(s->fd) <= 0 ? -1 : 0;
}

static const struct {
	const char *name;
	int (*enter)(struct subject *s);
} states[] = {
	{ "fresh", fresh },
	{ "bound", bound_state },
	{ "listening", listening },
	{ "listening+client", listening_with_client },
	{ "syn_sent", syn_sent },
	{ "established", established },
	{ "accepted", accepted },
	{ "established+data", with_data },
	{ "established+urgent", with_urgent_data },
	{ "full", full },
	{ "close_wait", close_wait },
	{ "close_wait+data", close_wait_with_data },
	{ "fin_wait2", fin_wait2 },
	{ "fin_wait2+data", fin_wait2_with_data },
	{ "shut_rd", shut_for_reading },
	{ "shut_rdwr", shut_for_both },
	{ "closed_second", closed_second },
	{ "closed_first", closed_first },
	{ "reset", was_reset },
	{ "reset+data", was_reset_with_data },
	{ "reset,read", was_reset_and_read },
	{ "reset in close_wait", was_reset_in_close_wait },
	{ "reset in fin_wait2", was_reset_in_fin_wait2 },
	{ "refused", refused },
	{ "refused,read", refused_and_read },
	{ "connected unnoticed", connected_unnoticed },
	{ "disconnected", disconnected },
	{ "was_listening", was_listening },
	{ "self", connected_to_itself },
};

/* Make @call in every state, and note what became of both ends. */
static void in_every_state(struct run *run,
			   void (*call)(struct run *run, struct subject *s))
{
	struct subject s;
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		subject_init(&s);
		s.state = states[i].name;
		note(run, "-- %s", s.state);
		if (states[i].enter(&s) < 0)
			note(run, "cannot enter: %s", error_name(errno));
		call(run, &s);
		if (s.fd >= 0)
			note_end(run, s.fd, states[i].name);
		if (s.peer >= 0)
			note_end(run, s.peer, "peer");
		subject_close(&s);
		settle();
	}
}

/*
 * Data that waits, if any, and how it ends; never blocks.  How much a full
 * connection holds is not compared: that is a matter of buffers.
 */
static void note_input(struct run *run, int fd, const char *what)
{
	char buf[65536];
	long ret;
	int i;

	settle();
	for (i = 0; i < 3; i++) {
		ret = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (ret > 100) {
			note(run, "%s reads a lot", what);
			do {
				settle();
				ret = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
			} while (ret > 0);
		}
		note_call(run, ret, "%s reads", what);
	}
}

#define CALL(name)							\
static void try_##name(struct run *run, struct subject *s);		\
static void play_##name(struct run *run)				\
{									\
	in_every_state(run, try_##name);				\
}									\
static void try_##name(struct run *run, struct subject *s)

CALL(poll)
{
	note(run, "poll: %#x", mask_of(s->fd));
	note(run, "POLLIN: %#x", poll(&(struct pollfd){ s->fd, POLLIN, 0 }, 1, 0));
	note(run, "POLLOUT: %#x", poll(&(struct pollfd){ s->fd, POLLOUT, 0 }, 1, 0));
	note(run, "nothing: %#x", poll(&(struct pollfd){ s->fd, 0, 0 }, 1, 0));
}

CALL(epoll)
{
	struct epoll_event ev = {
		.events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET,
	};
	int ep = epoll_create1(EPOLL_CLOEXEC);

	note_call(run, epoll_ctl(ep, EPOLL_CTL_ADD, s->fd, &ev), "add");
	ev.events = 0;
	note_call(run, epoll_wait(ep, &ev, 1, 0), "wait");
	note(run, "events: %#x", ev.events);
	ev.events = 0;
	note_call(run, epoll_wait(ep, &ev, 1, 0), "wait again");
	close(ep);
}

CALL(so_error)
{
	note(run, "SO_ERROR: %s", error_name(sock_error(s->fd)));
	note(run, "SO_ERROR: %s", error_name(sock_error(s->fd)));
}

CALL(bind)
{
	note_call(run, bind_to(s->fd, LOCALHOST, 0), "bind");
	note_call(run, bind_to(s->fd, LOCALHOST, own_port()), "bind again");
	note_call(run, bind_to(s->fd, "192.0.2.1", 0), "bind elsewhere");
}

CALL(listen)
{
	note_call(run, listen(s->fd, 4), "listen");
	note(run, "SO_ACCEPTCONN: %d", get_int(s->fd, SOL_SOCKET, SO_ACCEPTCONN));
	note_call(run, listen(s->fd, 0), "listen again");
}

CALL(connect)
{
	int lfd = listener(3);

	note_call(run, nonblock(s->fd, true), "nonblock");
	note_call(run, connect_to(s->fd, LOCALHOST, port_of(lfd)), "connect");
	settle();
	note_call(run, connect_to(s->fd, LOCALHOST, port_of(lfd)), "again");
	settle();
	note_call(run, connect_to(s->fd, LOCALHOST, port_of(lfd)), "a third time");
	settle();
	note(run, "listener: %#x", mask_of(lfd));
	close(lfd);
}

CALL(connect_to_nobody)
{
	unsigned int port = own_port();

	nonblock(s->fd, true);
	note_call(run, connect_to(s->fd, LOCALHOST, port), "connect");
	settle();
	note_call(run, connect_to(s->fd, LOCALHOST, port), "again");
	settle();
	note_call(run, connect_to(s->fd, LOCALHOST, port), "a third time");
}

/* D-45: an attempt that nobody answers ends by the clock. */
static void connect_thrice(struct run *run, struct subject *s,
			   unsigned int port)
{
	struct timeval tv = { 0, 20000 };
	int i;

	setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	for (i = 0; i < 3; i++)
		note_call(run, connect_to(s->fd, LOCALHOST, port), "connect");
}

CALL(connect_blocking)
{
	int lfd = listener(3);

	connect_thrice(run, s, port_of(lfd));
	note(run, "listener: %#x", mask_of(lfd));
	close(lfd);
}

CALL(connect_blocking_to_nobody)
{
	connect_thrice(run, s, own_port());
}

CALL(connect_to_nowhere)
{
	nonblock(s->fd, true);
	note_call(run, connect_to(s->fd, "192.0.2.1", 7), "connect");
	note_call(run, connect_to(s->fd, "224.0.0.1", 7), "multicast");
}

CALL(connect_bad_address)
{
	struct sockaddr_in sin = addr_of(LOCALHOST, 7);
	int len;

	nonblock(s->fd, true);
	for (len = -1; len < 16; len += 5)
		note_call(run, connect(s->fd, (struct sockaddr *)&sin, len),
			  "length %d", len);
	sin.sin_family = AF_UNIX;
	note_call(run, connect(s->fd, (struct sockaddr *)&sin, 16), "family");
	note_call(run, connect(s->fd, (struct sockaddr *)8, 16), "pointer");
}

CALL(disconnect)
{
	note_call(run, unspec(s->fd), "disconnect");
	note(run, "SO_ERROR: %s", error_name(sock_error(s->fd)));
	note_call(run, unspec(s->fd), "again");
	note(run, "SO_ERROR: %s", error_name(sock_error(s->fd)));
	if (s->peer >= 0)
		note_input(run, s->peer, "peer");
	/* and the socket is good for a new life */
	note_call(run, listen(s->fd, 1), "listen");
}

CALL(disconnect_and_connect)
{
	int lfd = listener(3);

	note_call(run, unspec(s->fd), "disconnect");
	sock_error(s->fd);
	note_call(run, connect_to(s->fd, LOCALHOST, port_of(lfd)), "connect");
	note_call(run, send(s->fd, "x", 1, MSG_NOSIGNAL), "send");
	note_input(run, s->fd, "socket");
	close(lfd);
}

CALL(accept)
{
	nonblock(s->fd, true);
	note_fd(run, accept(s->fd, NULL, NULL), "accept");
	note_fd(run, accept4(s->fd, NULL, NULL, SOCK_CLOEXEC), "again");
	note_fd(run, accept4(s->fd, NULL, NULL, 1), "bad flags");
}

CALL(send)
{
	note_call(run, send(s->fd, "abc", 3, MSG_DONTWAIT), "send");
	settle();
	note_call(run, send(s->fd, "def", 3, MSG_DONTWAIT), "again");
	settle();
	note_call(run, send(s->fd, "ghi", 3, MSG_DONTWAIT), "a third time");
	if (s->peer >= 0 && s->fd >= 0)
		note_input(run, s->peer, "peer");
}

CALL(send_nothing)
{
	nonblock(s->fd, true);
	note_call(run, send(s->fd, "", 0, MSG_DONTWAIT), "send");
	note_call(run, write(s->fd, "", 0), "write");
}

CALL(send_odd)
{
	struct sockaddr_in sin = addr_of("192.0.2.1", 9);
	struct msghdr msg = { };

	note_call(run, sendto(s->fd, "a", 1, MSG_DONTWAIT,
			      (struct sockaddr *)&sin, 16), "sendto");
	note_call(run, sendto(s->fd, "a", 1, MSG_DONTWAIT,
			      (struct sockaddr *)&sin, 3), "short address");
	note_call(run, send(s->fd, (void *)8, 1, MSG_DONTWAIT), "pointer");
	note_call(run, sendmsg(s->fd, &msg, MSG_DONTWAIT), "empty sendmsg");
	note_call(run, send(s->fd, "u", 1, MSG_DONTWAIT | MSG_OOB), "urgent");
	note_call(run, pwrite(s->fd, "p", 1, 1), "pwrite");
}

CALL(sigpipe)
{
	int i;

	count_signal(SIGPIPE, 0);
	for (i = 0; i < 3; i++) {
		note_call(run, send(s->fd, "x", 1, MSG_DONTWAIT), "send");
		note(run, "signals: %d", signals_seen());
		settle();
	}
	note_call(run, send(s->fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL), "quiet");
	note(run, "signals: %d", signals_seen());
	signal(SIGPIPE, SIG_IGN);
}

CALL(recv)
{
	note_input(run, s->fd, "socket");
}

CALL(recv_odd)
{
	char buf[8];

	note_call(run, recv(s->fd, buf, 8, MSG_DONTWAIT | MSG_PEEK), "peek");
	note_call(run, recv(s->fd, buf, 8, MSG_DONTWAIT | MSG_OOB), "urgent");
	note_call(run, recv(s->fd, buf, 8, MSG_DONTWAIT | MSG_OOB), "again");
	note_call(run, recv(s->fd, buf, 0, MSG_DONTWAIT), "no room");
	note_call(run, read(s->fd, buf, 0), "read nothing");
	note_call(run, recv(s->fd, (void *)8, 8, MSG_DONTWAIT), "pointer");
	note_call(run, recv(s->fd, buf, 2, MSG_DONTWAIT | MSG_TRUNC), "discard");
	note_call(run, recv(s->fd, buf, 8, MSG_DONTWAIT | MSG_WAITALL), "all");
	note_call(run, recv(s->fd, buf, 8, MSG_DONTWAIT | MSG_ERRQUEUE), "errors");
	note_call(run, pread(s->fd, buf, 1, 1), "pread");
}

static void shut(struct run *run, struct subject *s, int how)
{
	note_call(run, shutdown(s->fd, how), "shutdown");
	settle_fin(s->fd);
	note(run, "poll: %#x", mask_of(s->fd));
	note_call(run, shutdown(s->fd, how), "again");
	note_call(run, send(s->fd, "x", 1, MSG_DONTWAIT), "send");
	note_input(run, s->fd, "socket");
	if (s->peer >= 0)
		note_input(run, s->peer, "peer");
}

CALL(shutdown_rd)
{
	shut(run, s, SHUT_RD);
}

CALL(shutdown_wr)
{
	shut(run, s, SHUT_WR);
}

CALL(shutdown_rdwr)
{
	shut(run, s, SHUT_RDWR);
}

CALL(shutdown_odd)
{
	note_call(run, shutdown(s->fd, 3), "shutdown 3");
	note_call(run, shutdown(s->fd, -1), "shutdown -1");
}

static void note_name(struct run *run, long ret, struct sockaddr_in *sin,
		      socklen_t len, const char *what)
{
	note_call(run, ret, "%s", what);
	if (!ret)
		note(run, "%s: family %d %#x:%s length %u", what,
		     sin->sin_family, sin->sin_addr.s_addr,
		     sin->sin_port ? "port" : "0", len);
}

CALL(names)
{
	struct sockaddr_in sin = { };
	socklen_t len = sizeof(sin);

	note_name(run, getsockname(s->fd, (struct sockaddr *)&sin, &len), &sin,
		  len, "getsockname");
	len = sizeof(sin);
	note_name(run, getpeername(s->fd, (struct sockaddr *)&sin, &len), &sin,
		  len, "getpeername");
	len = 5;
	note_call(run, getpeername(s->fd, (struct sockaddr *)&sin, &len),
		  "short getpeername");
	len = -1;
	note_call(run, getsockname(s->fd, (struct sockaddr *)&sin, &len),
		  "negative getsockname");
}

CALL(ioctls)
{
	static const struct {
		unsigned long cmd;
		const char *name;
	} cmds[] = {
		{ SIOCINQ, "SIOCINQ" }, { SIOCOUTQ, "SIOCOUTQ" },
		{ SIOCOUTQNSD, "SIOCOUTQNSD" }, { SIOCATMARK, "SIOCATMARK" },
	};
	int val;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		val = -1;
		note_call(run, ioctl(s->fd, cmds[i].cmd, &val), "%s %s",
			  s->state, cmds[i].name);
		note(run, "%s %s: %d", s->state, cmds[i].name,
		     val > 100 ? 999 : val);
	}
}

/* close(), as the other end sees it */
CALL(close)
{
	note_call(run, close(s->fd), "close");
	s->fd = -1;
	if (s->peer >= 0) {
		settle();
		note(run, "peer: %#x", mask_of(s->peer));
		note_call(run, send(s->peer, "x", 1, MSG_DONTWAIT), "peer sends");
		settle();
		note_call(run, send(s->peer, "x", 1, MSG_DONTWAIT), "again");
		note_input(run, s->peer, "peer");
	}
}

CALL(close_lingering)
{
	struct linger lin = { .l_onoff = 1, .l_linger = 0 };

	note_call(run, setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &lin,
				  sizeof(lin)), "linger");
	note_call(run, close(s->fd), "close");
	s->fd = -1;
	if (s->peer >= 0)
		note_input(run, s->peer, "peer");
}

const struct scenario state_scenarios[] = {
	{ "poll_in_every_state", "G-47 G-48 G-49 G-50 G-51 G-52 G-53 G-54 G-55 G-56 G-57",
	  play_poll },
	{ "epoll_in_every_state", "G-47 G-60", play_epoll },
	{ "so_error_in_every_state", "G-70 I-41 I-42 I-43", play_so_error },
	{ "bind_in_every_state", "B-07 B-09", play_bind },
	{ "listen_in_every_state", "C-03 C-04 C-05 C-10 C-11 C-12",
	  play_listen },
	{ "connect_in_every_state", "D-03 D-05 D-07 D-08 D-09 D-10 D-11 D-14 D-15",
	  play_connect },
	{ "connect_to_nobody_in_every_state", "D-10 D-12 D-32",
	  play_connect_to_nobody },
	{ "connect_blocking_in_every_state",
	  "D-03 D-05 D-07 D-08 D-09 D-10 D-11 D-14 D-45", play_connect_blocking },
	{ "connect_blocking_to_nobody_in_every_state", "D-10 D-11 D-12 D-32",
	  play_connect_blocking_to_nobody },
	{ "connect_to_nowhere_in_every_state", "D-19 D-23 D-31",
	  play_connect_to_nowhere },
	{ "connect_bad_address_in_every_state", "D-01 D-06 D-16 D-17",
	  play_connect_bad_address },
	{ "disconnect_in_every_state", "D-02 D-51 D-53 D-54 D-55 D-56 C-12 C-40",
	  play_disconnect },
	{ "reconnect_in_every_state", "D-12 D-56", play_disconnect_and_connect },
	{ "accept_in_every_state", "F-01 F-03 F-05", play_accept },
	{ "send_in_every_state", "G-01 G-03 G-04 G-05 I-41 I-42 I-46 I-50",
	  play_send },
	{ "send_nothing_in_every_state", "G-11", play_send_nothing },
	{ "send_odd_in_every_state", "G-10 G-12 G-13 G-22", play_send_odd },
	{ "sigpipe_in_every_state", "G-01 G-04 G-05 G-06 I-52", play_sigpipe },
	{ "recv_in_every_state", "G-25 G-26 G-27 G-28 I-41 I-42 I-45",
	  play_recv },
	{ "recv_odd_in_every_state", "G-31 G-32 G-33 G-35 G-37 G-38 G-40 G-43 G-46",
	  play_recv_odd },
	{ "shutdown_rd_in_every_state", "I-03 I-05 I-06 I-10 I-11 I-12 I-47",
	  play_shutdown_rd },
	{ "shutdown_wr_in_every_state", "I-03 I-04 I-06 I-08 I-09 I-11 I-46",
	  play_shutdown_wr },
	{ "shutdown_rdwr_in_every_state", "I-03 I-05 I-06 I-08 I-09 I-48",
	  play_shutdown_rdwr },
	{ "shutdown_odd_in_every_state", "I-01", play_shutdown_odd },
	{ "names_in_every_state", "F-24 F-25 F-26 B-18", play_names },
	{ "ioctl_in_every_state", "G-63 G-64 G-65 G-66", play_ioctls },
	{ "close_in_every_state", "I-15 I-16 I-18 I-19 I-20 I-21 I-22 I-50 C-36",
	  play_close },
	{ "linger_zero_in_every_state", "I-17", play_close_lingering },
	{ }
};
