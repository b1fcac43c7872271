// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle: a connect() that sleeps, and what signals, the clock and other
 * threads do to it.  The plug holds the SYN back, so nothing happens early.
 */
#include "oracle.h"

struct attempt {
	struct sockaddr_in sin;
	struct job job;
	int fd, lfd;
};

/* A socket that will connect while the plug is in */
static int attempt_init(struct attempt *a, bool timed, bool again)
{
	struct timeval tv = { 1000, 0 };

	a->lfd = listener(1);
	a->sin = addr_of(LOCALHOST, port_of(a->lfd));
	a->fd = sock(again ? SOCK_NONBLOCK : 0);
	if (timed && setsockopt(a->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)))
		return -1;
	if (plug())
		return -1;
	if (!again)
		return 0;
	if (err(connect_to(a->fd, LOCALHOST, port_of(a->lfd))) != EINPROGRESS)
		return -1;
	return nonblock(a->fd, false);
}

static void attempt_close(struct attempt *a)
{
	if (a->fd >= 0)
		reset_by(a->fd);
	close(a->lfd);
	unplug();
	settle();
}

static bool sleeps(struct run *run, struct attempt *a, struct job *job)
{
	if (!job_start(job, call_connect, a->fd, &a->sin) && job_blocked(job))
		return true;
	note(run, "connect() does not sleep");
	return false;
}

/* D-45 to D-47: first call or a repeated one, handler, timeout */
static void play_interrupted(struct run *run, bool restart, bool timed,
			     bool again)
{
	struct attempt a;

	note(run, "restart %d timed %d again %d", restart, timed, again);
	if (attempt_init(&a, timed, again))
		note(run, "no set-up");
	count_signal(SIGUSR1, restart ? SA_RESTART : 0);
	if (!sleeps(run, &a, &a.job))
		return;
	pthread_kill(a.job.thread, SIGUSR1);
	note(run, "signal: %d", WAIT_FOR(signals_seen() == 1));
	if (restart && !timed) {
		note(run, "sleeps again: %d", job_blocked(&a.job));
		unplug();
	}
	job_join(&a.job);
	note_call(run, a.job.ret, "interrupted");
	note(run, "SO_ERROR %s", error_name(sock_error(a.fd)));
	/* the attempt goes on: the next call joins it, or finds it done */
	if (!(restart && !timed)) {
		if (!sleeps(run, &a, &a.job))
			return;
		unplug();
		job_join(&a.job);
		note_call(run, a.job.ret, "joined");
	}
	note_call(run, connect_to(a.fd, LOCALHOST, port_of(a.lfd)), "after");
	attempt_close(&a);
}

static void play_signals(struct run *run)
{
	int i;

	for (i = 0; i < 8; i++)
		play_interrupted(run, i & 4, i & 2, i & 1);
}

/* D-45: how a call that timed out goes on */
static void play_timeouts(struct run *run)
{
	struct timeval tv = { 0, 20000 };
	struct attempt a;
	int again;

	for (again = 0; again < 2; again++) {
		if (attempt_init(&a, false, again))
			note(run, "no set-up");
		setsockopt(a.fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
		note_call(run, connect_to(a.fd, LOCALHOST, port_of(a.lfd)),
			  "timed, again %d", again);
		note_call(run, connect_to(a.fd, LOCALHOST, port_of(a.lfd)),
			  "timed");
		note(run, "poll %#x", mask_of(a.fd));
		tv.tv_usec = 0;
		setsockopt(a.fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
		tv.tv_usec = 20000;
		if (!sleeps(run, &a, &a.job))
			return;
		unplug();
		job_join(&a.job);
		note_call(run, a.job.ret, "at last");
		note_call(run, connect_to(a.fd, LOCALHOST, port_of(a.lfd)),
			  "after");
		attempt_close(&a);
	}
}

static long do_connect(struct attempt *a)
{
	return connect_to(a->fd, LOCALHOST, port_of(a->lfd));
}

static long do_disconnect(struct attempt *a)
{
	return unspec(a->fd);
}

static long do_disconnect_and_connect(struct attempt *a)
{
	return unspec(a->fd) ?: connect_to(a->fd, LOCALHOST, port_of(a->lfd));
}

static long do_shut_rd(struct attempt *a)
{
	return shutdown(a->fd, SHUT_RD);
}

static long do_shut_wr(struct attempt *a)
{
	return shutdown(a->fd, SHUT_WR);
}

static long do_shut_rdwr(struct attempt *a)
{
	return shutdown(a->fd, SHUT_RDWR);
}

static long do_close(struct attempt *a)
{
	int fd = a->fd;

	a->fd = -1;
	return close(fd);
}

static long do_bind(struct attempt *a)
{
	return bind_to(a->fd, LOCALHOST, 0);
}

static long do_listen(struct attempt *a)
{
	return listen(a->fd, 1);
}

static long do_accept(struct attempt *a)
{
	return accept(a->fd, NULL, NULL);
}

static long do_send(struct attempt *a)
{
	return send(a->fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static long do_recv(struct attempt *a)
{
	return recv(a->fd, scratch, 1, MSG_DONTWAIT);
}

static long do_error(struct attempt *a)
{
	return sock_error(a->fd);
}

static long do_close_listener(struct attempt *a)
{
	int fd = a->lfd;

	a->lfd = -1;
	return close(fd);
}

/* What a second thread calls meanwhile; @ends: it wakes the sleeper */
static const struct {
	const char *name;
	long (*call)(struct attempt *a);
	bool ends;
} calls[] = {
	{ "connect", do_connect },
	{ "disconnect", do_disconnect, true },
	{ "shut_rd", do_shut_rd, true },
	{ "shut_wr", do_shut_wr, true },
	{ "shut_rdwr", do_shut_rdwr, true },
	{ "close", do_close },
	{ "bind", do_bind },
	{ "listen", do_listen },
	{ "accept", do_accept },
	{ "send", do_send },
	{ "recv", do_recv },
	{ "error", do_error },
	{ "close_listener", do_close_listener },
	{ "reconnect", do_disconnect_and_connect },
};

/* What the listener got, and what became of the socket */
static void note_both(struct run *run, struct attempt *a)
{
	int child = -1;

	settle();
	if (a->lfd >= 0 && mask_of(a->lfd) & POLLIN)
		child = accept(a->lfd, NULL, NULL);
	note(run, "child: %s", child < 0 ? "none" : "one");
	if (child >= 0) {
		note_end(run, child, "child");
		reset_by(child);
	}
	settle();
	if (a->fd < 0)
		return;
	note(run, "SO_ERROR %s", error_name(sock_error(a->fd)));
	note_end(run, a->fd, "socket");
	nonblock(a->fd, true);
	note_call(run, connect_to(a->fd, LOCALHOST, own_port()), "again");
	settle();
	note_call(run, connect_to(a->fd, LOCALHOST, own_port()), "and again");
}

/* D-48 to D-50, D-08 */
static void play_disturbed(struct run *run, size_t i, bool again)
{
	struct attempt a;

	note(run, "-- %s, again %d", calls[i].name, again);
	if (attempt_init(&a, false, again))
		note(run, "no set-up");
	if (!sleeps(run, &a, &a.job))
		return;
	nonblock(a.fd, true);
	note_call(run, calls[i].call(&a), "%s", calls[i].name);
	if (a.fd >= 0)
		nonblock(a.fd, false);
	if (!calls[i].ends)
		unplug();
	job_join(&a.job);
	note_call(run, a.job.ret, "connect");
	unplug();
	note_both(run, &a);
	attempt_close(&a);
}

static void play_disturbances(struct run *run)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		play_disturbed(run, i, false);
		play_disturbed(run, i, true);
	}
}

/* Two threads in connect(): which of them gets the error is nobody's business. */
static void play_two(struct run *run, bool refused)
{
	struct job other;
	struct attempt a;

	if (attempt_init(&a, false, false))
		note(run, "no set-up");
	if (refused)
		a.sin = addr_of(LOCALHOST, own_port());
	if (!sleeps(run, &a, &a.job) || !sleeps(run, &a, &other))
		return;
	unplug();
	job_join(&a.job);
	job_join(&other);
	note(run, "refused %d: %ld and %ld, errnos %d in all", refused,
	     a.job.ret, other.ret, a.job.err + other.err);
	note(run, "SO_ERROR %s", error_name(sock_error(a.fd)));
	note_both(run, &a);
	attempt_close(&a);
}

static void play_two_threads(struct run *run)
{
	play_two(run, false);
	play_two(run, true);
}

/* D-04: shutdown() of a failed attempt that nobody asked about */
static void play_disconnecting(struct run *run)
{
	int lfd = listener(4);
	int fd, how, first;

	for (how = SHUT_RD; how <= SHUT_RDWR; how++) {
		for (first = 0; first < 4; first++) {
			fd = sock(SOCK_NONBLOCK);
			note(run, "-- how %d, first %d", how, first);
			connect_to(fd, LOCALHOST, own_port());
			settle();
			if (first & 1)
				note(run, "%s", error_name(sock_error(fd)));
			note_call(run, shutdown(fd, how), "shutdown");
			note(run, "poll %#x", mask_of(fd));
			if (first & 2)
				note_call(run, listen(fd, 1), "listen");
			note_call(run, connect_to(fd, LOCALHOST, port_of(lfd)),
				  "connect");
			note_call(run, bind_to(fd, LOCALHOST, 0), "bind");
			note_call(run, recv(fd, scratch, 1, 0), "recv");
			note_call(run, send(fd, "x", 1, MSG_NOSIGNAL), "send");
			note_call(run, unspec(fd), "disconnect");
			note_call(run, connect_to(fd, LOCALHOST, port_of(lfd)),
				  "connect");
			settle();
			note_end(run, fd, "end");
			reset_by(fd);
			settle();
		}
	}
}

/* D-52: more than the peer's window holds, and a FIN behind it */
static void play_unsent(struct run *run, bool peer_first)
{
	int fd[2];

	note_call(run, pair(fd), "pair");
	fill(fd[0]);
	if (peer_first)
		shutdown(fd[1], SHUT_WR);
	settle();
	shutdown(fd[0], SHUT_WR);
	settle();
	if (!peer_first)
		shutdown(fd[1], SHUT_WR);
	settle();
	note(run, "state %d", state_of(port_of(fd[0]), port_of(fd[1])));
	note_call(run, unspec(fd[0]), "disconnect");
	settle();
	note(run, "SO_ERROR %s", error_name(sock_error(fd[0])));
	note(run, "peer: poll %#x SO_ERROR %s", mask_of(fd[1]),
	     error_name(sock_error(fd[1])));
	reset_by(fd[1]);
	settle();
}

static void play_disconnects(struct run *run)
{
	play_unsent(run, false);
	play_unsent(run, true);
}

const struct scenario connect_scenarios[] = {
	{ "connect_interrupted", "D-08 D-46 D-47", play_signals },
	{ "connect_timed_out", "D-08 D-45", play_timeouts },
	{ "connect_disturbed", "D-08 D-48 D-49 D-50", play_disturbances },
	{ "connect_by_two_threads", "D-08 D-09 D-10 D-11", play_two_threads },
	{ "connect_disconnecting", "D-04 D-10 D-11 I-14", play_disconnecting },
	{ "disconnect_with_unsent_data", "D-52", play_disconnects },
	{ }
};
