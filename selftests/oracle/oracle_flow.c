// SPDX-License-Identifier: GPL-2.0
/* The oracle: sequences of calls on connections, queues and counters. */
#include <sys/sendfile.h>

#include "oracle.h"

/* Everything that can be read at once, as one note */
static void note_read(struct run *run, int fd, int len, int flags,
		      const char *what)
{
	char buf[64] = "";
	long ret;

	settle();
	ret = recv(fd, buf, len, flags | MSG_DONTWAIT);
	note_call(run, ret, "%s '%.*s'", what, ret > 0 ? (int)ret : 0, buf);
}

/* J-53 to J-56: counters that do not depend on how data was cut */
static void note_counters(struct run *run)
{
	static const char *const names[] = {
		"ActiveOpens", "PassiveOpens", "AttemptFails", "EstabResets",
		"CurrEstab", "OutRsts", "InErrs", "InCsumErrors",
		"ListenOverflows", "ListenDrops", "EmbryonicRsts",
		"TCPAbortOnData", "TCPAbortOnClose", "TCPAbortOnLinger",
		"TCPAbortOnTimeout", "TWRecycled", "PAWSEstab",
		"TCPReqQFullDrop", "TCPReqQFullDoCookies", "RetransSegs",
	};
	size_t i;

	settle();
	for (i = 0; i < ARRAY_SIZE(names); i++)
		note(run, "%s: %ld", names[i], counter(names[i]));
}

/* C-02, C-13, C-14, C-25 */
static void play_backlog(struct run *run)
{
	static const int backlogs[] = { 0, 1, 2, 5, -1 };
	struct row row;
	int lfd, fd, n;
	size_t i;

	sysctl_set("core/somaxconn", "3");
	for (i = 0; i < ARRAY_SIZE(backlogs); i++) {
		lfd = listener(backlogs[i]);
		for (n = 0; n < 8; n++) {
			fd = sock(SOCK_NONBLOCK);
			connect_to(fd, LOCALHOST, port_of(lfd));
			settle();
			note(run, "%d: client %d: %#x", backlogs[i], n,
			     mask_of(fd));
		}
		memset(&row, 0, sizeof(row));
		row_find(port_of(lfd), 0, &row);
		note(run, "%d: queue %u", backlogs[i], row.rxq);
		note_call(run, listen(lfd, 1), "listen again");
		memset(&row, 0, sizeof(row));
		row_find(port_of(lfd), 0, &row);
		note(run, "%d: queue %u", backlogs[i], row.rxq);
		nonblock(lfd, true);
		while (note_fd(run, accept(lfd, NULL, NULL), "accept") >= 0)
			;
		close(lfd);
	}
}

/* C-36, C-38, C-40: what clients in the queue see of each end */
static void play_end_of_listener(struct run *run)
{
	int end, lfd, fd[4], i;

	for (end = 0; end < 4; end++) {
		lfd = listener(8);
		for (i = 0; i < 4; i++)
			fd[i] = connected(port_of(lfd));
		send_all(fd[1], "data", 4);
		shutdown(fd[2], SHUT_WR);
		shutdown(fd[3], SHUT_RDWR);
		settle();
		switch (end) {
		case 0:
			note_call(run, close(lfd), "close");
			break;
		case 3:
			note_call(run, unspec(lfd), "disconnect");
			break;
		default:
			note_call(run, shutdown(lfd, end == 1 ? SHUT_RD :
						SHUT_RDWR), "shutdown");
		}
		for (i = 0; i < 4; i++) {
			settle();
			note(run, "%d client %d: %#x", end, i, mask_of(fd[i]));
			note_read(run, fd[i], 8, 0, "reads");
			note_read(run, fd[i], 8, 0, "reads");
			close(fd[i]);
		}
		if (end)
			note_end(run, lfd, "listener");
	}
	note_counters(run);
}

/* F-11, F-12: children that were reset or closed in the queue */
static void play_ended_in_the_queue(struct run *run)
{
	struct sockaddr_in sin;
	int lfd = listener(8), fd, i;

	for (i = 0; i < 4; i++) {
		socklen_t len = sizeof(sin);

		fd = connected(port_of(lfd));
		if (i & 1)
			send_all(fd, "data", 4);
		note_call(run, i & 2 ? reset_by(fd) : close(fd), "client ends");
		settle();
		fd = accept(lfd, (struct sockaddr *)&sin, &len);
		note_fd(run, fd, "accept");
		note(run, "address %#x length %u", sin.sin_addr.s_addr, len);
		note_end(run, fd, "child");
		note_call(run, getpeername(fd, (struct sockaddr *)&sin, &len),
			  "getpeername");
		note_read(run, fd, 8, 0, "child reads");
		note_read(run, fd, 8, 0, "child reads");
		note_call(run, send(fd, "x", 1, MSG_NOSIGNAL), "child sends");
		settle();
		note_call(run, send(fd, "x", 1, MSG_NOSIGNAL), "child sends");
		close(fd);
	}
}

/* F-15 */
static void play_accept_lengths(struct run *run)
{
	struct sockaddr_storage ss;
	int lfd = listener(40), fd, i;

	for (i = -1; i <= 18; i++) {
		socklen_t len = i;

		connected(port_of(lfd));
		settle();
		memset(&ss, 0xee, sizeof(ss));
		fd = accept(lfd, (struct sockaddr *)&ss, &len);
		note_fd(run, fd, "accept");
		note(run, "%d: length %u family %#x end %#x", i, len,
		     ss.ss_family, ((unsigned char *)&ss)[15]);
	}
	nonblock(lfd, true);
	for (i = 0; i < 3; i++)
		connected(port_of(lfd));
	settle();
	note_fd(run, accept(lfd, (struct sockaddr *)8, &(socklen_t){ 16 }),
		"bad address");
	note_fd(run, accept(lfd, (struct sockaddr *)&ss, (socklen_t *)8),
		"bad length");
	note_fd(run, accept(lfd, (struct sockaddr *)&ss, NULL), "no length");
	note_fd(run, accept(lfd, NULL, NULL), "the rest");
	note_fd(run, accept(lfd, NULL, NULL), "the rest");
}

/* D-24, D-60, F-22 */
static void play_addresses_of_connections(struct run *run)
{
	static const char *const froms[] = { NULL, "0.0.0.0", "127.0.0.3" };
	static const char *const tos[] = { "0.0.0.0", "127.0.0.1", "127.0.0.9" };
	struct sockaddr_in sin;
	size_t f, t;
	int lfd = listener_on("0.0.0.0", own_port(), 20);

	for (f = 0; f < ARRAY_SIZE(froms); f++) {
		for (t = 0; t < ARRAY_SIZE(tos); t++) {
			int fd = froms[f] ? bound(froms[f], 0) : sock(0);
			socklen_t len = sizeof(sin);
			int child;

			note_call(run, connect_to(fd, tos[t], port_of(lfd)),
				  "%zu-%zu", f, t);
			child = accept(lfd, NULL, NULL);
			getsockname(fd, (struct sockaddr *)&sin, &len);
			note(run, "local %#x", sin.sin_addr.s_addr);
			getpeername(fd, (struct sockaddr *)&sin, &len);
			note(run, "remote %#x", sin.sin_addr.s_addr);
			getsockname(child, (struct sockaddr *)&sin, &len);
			note(run, "child's local %#x", sin.sin_addr.s_addr);
			getpeername(child, (struct sockaddr *)&sin, &len);
			note(run, "child's remote %#x", sin.sin_addr.s_addr);
		}
	}
}

/* D-10 to D-12: all ways to learn of a failure, then a new life */
static void play_failures(struct run *run)
{
	int lfd = listener(20), fd, i;
	char byte;

	for (i = 0; i < 6; i++) {
		fd = sock(SOCK_NONBLOCK);
		note_call(run, connect_to(fd, LOCALHOST, own_port()), "connect");
		settle();
		note(run, "poll %#x", mask_of(fd));
		switch (i) {
		case 0:
			break;
		case 1:
			note(run, "SO_ERROR %s", error_name(sock_error(fd)));
			break;
		case 2:
			note_call(run, recv(fd, &byte, 1, 0), "recv");
			break;
		case 3:
			note_call(run, send(fd, "x", 1, MSG_NOSIGNAL), "send");
			break;
		case 4:
			note_call(run, shutdown(fd, SHUT_RDWR), "shutdown");
			break;
		case 5:
			note_call(run, unspec(fd), "disconnect");
			break;
		}
		note(run, "poll %#x", mask_of(fd));
		note_call(run, connect_to(fd, LOCALHOST, port_of(lfd)), "again");
		settle();
		note_call(run, connect_to(fd, LOCALHOST, port_of(lfd)), "again");
		settle();
		note_call(run, connect_to(fd, LOCALHOST, port_of(lfd)), "again");
		note_call(run, send(fd, "x", 1, MSG_NOSIGNAL), "send");
	}
	note_counters(run);
}

/* D-45, D-47, F-07, G-07, G-34: calls that time out */
static void play_timeouts(struct run *run)
{
	struct timeval tv = { 0, 30000 };
	struct silent silent;
	int fd = sock(0), pairs[2], lfd = listener(1);
	char byte;

	silent_open(&silent);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	note_call(run, connect_to(fd, LOCALHOST, silent.port), "connect");
	note_call(run, connect_to(fd, LOCALHOST, silent.port), "connect");
	note_call(run, send(fd, "x", 1, MSG_NOSIGNAL), "send");
	setsockopt(lfd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	note_fd(run, accept(lfd, NULL, NULL), "accept");
	pair(pairs);
	setsockopt(pairs[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	note_call(run, recv(pairs[0], &byte, 1, 0), "recv");
	note_call(run, recv(pairs[0], &byte, 1, MSG_PEEK), "peek");
	send_all(pairs[1], "ab", 2);
	note_call(run, recv(pairs[0], scratch, 8, MSG_WAITALL), "all");
	fill(pairs[0]);
	setsockopt(pairs[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	note_call(run, send(pairs[0], "x", 1, MSG_NOSIGNAL), "send");
}

/* Call @call in a thread, and interrupt it. */
static void note_interrupted(struct run *run, long (*call)(struct job *job),
			     int fd, void *arg, int flags, const char *what)
{
	struct job job;

	count_signal(SIGUSR1, flags);
	if (job_start(&job, call, fd, arg) || !job_blocked(&job)) {
		note(run, "%s does not block", what);
		return;
	}
	pthread_kill(job.thread, SIGUSR1);
	job_join(&job);
	note_call(run, job.ret, "%s", what);
}

/* D-46, D-47, F-08, G-07, G-34 */
static void play_signals(struct run *run)
{
	struct timeval tv = { 1000, 0 };
	struct sockaddr_in sin;
	struct silent silent;
	int fd, pairs[2], lfd = listener(1);
	int timed;

	silent_open(&silent);
	sin = addr_of(LOCALHOST, silent.port);
	for (timed = 0; timed < 2; timed++) {
		int flags = timed ? SA_RESTART : 0;

		fd = sock(0);
		pair(pairs);
		if (timed) {
			setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
			setsockopt(lfd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
			setsockopt(pairs[0], SOL_SOCKET, SO_RCVTIMEO, &tv,
				   sizeof(tv));
			setsockopt(pairs[0], SOL_SOCKET, SO_SNDTIMEO, &tv,
				   sizeof(tv));
		}
		note_interrupted(run, call_connect, fd, &sin, flags, "connect");
		note_interrupted(run, call_accept, lfd, NULL, flags, "accept");
		note_interrupted(run, call_recv, pairs[0], NULL, flags, "recv");
		fill(pairs[0]);
		note_interrupted(run, call_send, pairs[0], NULL, flags, "send");
	}
}

/* What another thread's call does to a call that sleeps (I-51, D-48, D-49) */
static void note_disturbed(struct run *run, long (*call)(struct job *job),
			   int fd, void *arg, int how, const char *what)
{
	struct job job;

	if (job_start(&job, call, fd, arg) || !job_blocked(&job)) {
		note(run, "%s does not block", what);
		return;
	}
	if (how < 3)
		note_call(run, shutdown(fd, how), "shutdown %d", how);
	else
		note_call(run, unspec(fd), "disconnect");
	job_join(&job);
	note_call(run, job.ret, "%s", what);
	note_end(run, fd, what);
}

static void play_disturbances(struct run *run)
{
	struct sockaddr_in sin;
	struct silent silent;
	int fd, pairs[2], how;

	silent_open(&silent);
	sin = addr_of(LOCALHOST, silent.port);
	for (how = SHUT_RD; how <= 3; how++) {
		fd = sock(0);
		note_disturbed(run, call_connect, fd, &sin, how, "connect");
		note_call(run, connect_to(fd, LOCALHOST, own_port()), "again");
		if (how != SHUT_WR) {
			fd = listener(1);
			note_disturbed(run, call_accept, fd, NULL, how, "accept");
			pair(pairs);
			note_disturbed(run, call_recv, pairs[0], NULL, how,
				       "recv");
		}
		pair(pairs);
		fill(pairs[0]);
		if (how != SHUT_RD)
			note_disturbed(run, call_send, pairs[0], NULL, how,
				       "send");
	}
}

/* G-30 to G-33: flags of recv() over the same seven bytes */
static void play_recv_flags(struct run *run)
{
	static const int flags[] = {
		0, MSG_PEEK, MSG_TRUNC, MSG_PEEK | MSG_TRUNC, MSG_WAITALL,
		MSG_PEEK | MSG_WAITALL, MSG_DONTROUTE, MSG_CTRUNC,
	};
	int fd[2], end, len;
	size_t i;

	for (end = 0; end < 2; end++) {
		for (i = 0; i < ARRAY_SIZE(flags); i++) {
			for (len = 0; len < 12; len += 4) {
				pair(fd);
				send_all(fd[1], "sev", 3);
				settle();
				send_all(fd[1], "en..", 4);
				if (end)
					shutdown(fd[1], SHUT_WR);
				note_read(run, fd[0], len, flags[i], "flagged");
				note_read(run, fd[0], 3, 0, "plain");
				note_read(run, fd[0], 60, 0, "plain");
				note_read(run, fd[0], 60, 0, "plain");
				close(fd[0]);
				close(fd[1]);
			}
		}
	}
}

static void note_peek(struct run *run, int fd, int len, int flags)
{
	note_read(run, fd, len, flags, "reads");
	note(run, "then %d", get_int(fd, SOL_SOCKET, SO_PEEK_OFF));
}

static void peek_from(struct run *run, int offset, bool urgent)
{
	int fd[2], len;

	pair(fd);
	send_all(fd[1], "ab", 2);
	send(fd[1], "c!", 2, urgent ? MSG_OOB : 0);
	send_all(fd[1], "defgh", 5);
	settle();
	note_call(run, set_int(fd[0], SOL_SOCKET, SO_PEEK_OFF, offset),
		  "SO_PEEK_OFF %d", offset);
	for (len = 0; len < 4; len++)
		note_peek(run, fd[0], len, MSG_PEEK);
	note_peek(run, fd[0], 2, MSG_PEEK | MSG_TRUNC);
	note_peek(run, fd[0], 4, 0);
	note_peek(run, fd[0], 2, MSG_PEEK);
	note_peek(run, fd[0], 1, MSG_TRUNC);
	note_end(run, fd[0], "peeked");
	shutdown(fd[1], SHUT_WR);
	note_peek(run, fd[0], 60, MSG_PEEK);
	note_peek(run, fd[0], 60, MSG_PEEK);
	note_peek(run, fd[0], 60, 0);
	note_call(run, unspec(fd[0]), "disconnect");
	note(run, "then %d", get_int(fd[0], SOL_SOCKET, SO_PEEK_OFF));
	close(fd[0]);
	close(fd[1]);
}

/* G-31, G-85: where peeking begins, and how that moves */
static void play_peek_offset(struct run *run)
{
	/* Not more than 2^30: TCP warns of it in the kernel's log. */
	static const int offsets[] = { -2, -1, 0, 1, 3, 9, 40, 0x3fffffff };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		peek_from(run, offsets[i], false);
		peek_from(run, offsets[i], true);
	}
}

static void note_urgent(struct run *run, int fd)
{
	int mark = -1, unread = -1;

	settle();
	note_call(run, ioctl(fd, SIOCATMARK, &mark), "SIOCATMARK");
	note_call(run, ioctl(fd, SIOCINQ, &unread), "SIOCINQ");
	note(run, "mark %d unread %d poll %#x", mark, unread, mask_of(fd));
}

/* G-13, G-37 to G-39, G-57, G-66 */
static void play_urgent(struct run *run)
{
	int fd[2], in_line, when;

	for (in_line = 0; in_line < 2; in_line++) {
		for (when = 0; when < 3; when++) {
			pair(fd);
			set_int(fd[1], SOL_SOCKET, SO_OOBINLINE, in_line);
			note_read(run, fd[1], 1, MSG_OOB, "too early");
			send_all(fd[0], "ab", 2);
			send(fd[0], "c!", 2, MSG_OOB);
			send_all(fd[0], "de", 2);
			note_urgent(run, fd[1]);
			if (when == 0)
				note_read(run, fd[1], 1, MSG_OOB, "urgent");
			note_read(run, fd[1], 2, 0, "part");
			note_urgent(run, fd[1]);
			note_read(run, fd[1], 10, 0, "to the mark");
			note_urgent(run, fd[1]);
			if (when == 1)
				note_read(run, fd[1], 1, MSG_OOB, "urgent");
			note_urgent(run, fd[1]);
			note_read(run, fd[1], 10, 0, "past the mark");
			note_urgent(run, fd[1]);
			if (when == 2)
				note_read(run, fd[1], 1, MSG_OOB, "urgent");
			send(fd[0], "1", 1, MSG_OOB);
			send(fd[0], "2", 1, MSG_OOB);
			note_urgent(run, fd[1]);
			note_read(run, fd[1], 1, MSG_OOB, "the second");
			note_read(run, fd[1], 10, 0, "the first");
			note_urgent(run, fd[1]);
			shutdown(fd[0], SHUT_WR);
			note_urgent(run, fd[1]);
			note_read(run, fd[1], 1, MSG_OOB, "at the end");
			close(fd[0]);
			close(fd[1]);
		}
	}
}

/* G-58, G-76: readability by the low-water mark */
static void play_low_water_mark(struct run *run)
{
	int fd[2], mark, n;

	for (mark = 0; mark < 5; mark++) {
		pair(fd);
		note_call(run, set_int(fd[0], SOL_SOCKET, SO_RCVLOWAT, mark),
			  "mark %d", mark);
		for (n = 0; n < 5; n++) {
			send_all(fd[1], "x", 1);
			settle();
			note(run, "%d bytes: %#x", n + 1, mask_of(fd[0]));
		}
		set_int(fd[0], SOL_SOCKET, SO_RCVLOWAT, 7);
		note(run, "mark 7: %#x", mask_of(fd[0]));
		note_read(run, fd[0], 2, 0, "two");
		note_read(run, fd[0], 10, 0, "rest");
		shutdown(fd[1], SHUT_WR);
		settle();
		note(run, "end: %#x", mask_of(fd[0]));
		close(fd[0]);
		close(fd[1]);
	}
}

/* I-08 to I-12: every order of two shutdowns at both ends */
static void play_shutdown_orders(struct run *run)
{
	int fd[2], first, second, side;

	for (first = SHUT_RD; first <= SHUT_RDWR; first++) {
		for (second = SHUT_RD; second <= SHUT_RDWR; second++) {
			for (side = 0; side < 2; side++) {
				pair(fd);
				send_all(fd[1], "data", 4);
				settle();
				note_call(run, shutdown(fd[0], first), "%d %d %d",
					  first, second, side);
				note_end(run, fd[0], "a");
				note_end(run, fd[1], "b");
				note_call(run, shutdown(fd[side], second), "then");
				note_end(run, fd[0], "a");
				note_end(run, fd[1], "b");
				note_read(run, fd[0], 10, 0, "a");
				note_read(run, fd[0], 10, 0, "a");
				note_read(run, fd[1], 10, 0, "b");
				note_call(run, send(fd[1], "y", 1, MSG_NOSIGNAL),
					  "b sends");
				note_end(run, fd[0], "a");
				note_end(run, fd[1], "b");
				note_read(run, fd[0], 10, 0, "a");
				close(fd[0]);
				close(fd[1]);
			}
		}
	}
}

/* I-08, I-09, I-33, G-52, G-54: states that a plug makes last */
static void play_plugged_states(struct run *run)
{
	int fd[2], both;
	char byte;

	for (both = 0; both < 2; both++) {
		fresh_netns();
		pair(fd);
		note_call(run, plug(), "plug");
		note_call(run, shutdown(fd[0], SHUT_WR), "shutdown");
		if (both)
			note_call(run, shutdown(fd[1], SHUT_WR), "other");
		note(run, "a %#x b %#x", mask_of(fd[0]), mask_of(fd[1]));
		note_call(run, recv(fd[0], &byte, 1, MSG_DONTWAIT), "a reads");
		note_call(run, send(fd[0], "x", 1, MSG_NOSIGNAL), "a sends");
		note_call(run, connect_to(fd[0], LOCALHOST, 7), "a connects");
		note_call(run, listen(fd[0], 1), "a listens");
		note_call(run, shutdown(fd[0], SHUT_RDWR), "a again");
		note(run, "a's peer %s", peer_port_of(fd[0]) ? "known" : "none");
		note_call(run, unplug(), "unplug");
		note(run, "%d", !!wait_for(fd[1], POLLRDHUP));
		note(run, "b %#x", mask_of(fd[1]));
	}
}

/* D-57 */
static void play_simultaneous_open(struct run *run)
{
	unsigned int pa = own_port(), pb = own_port();
	int a, b;

	fresh_netns();
	a = bound(LOCALHOST, pa);
	b = bound(LOCALHOST, pb);
	nonblock(a, true);
	nonblock(b, true);
	plug();
	note_call(run, connect_to(a, LOCALHOST, pb), "a");
	note_call(run, connect_to(b, LOCALHOST, pa), "b");
	note(run, "a %#x b %#x", mask_of(a), mask_of(b));
	unplug();
	wait_for(a, POLLOUT);
	wait_for(b, POLLOUT);
	note_call(run, connect_to(a, LOCALHOST, pb), "a");
	note_call(run, connect_to(b, LOCALHOST, pa), "b");
	note_call(run, send(a, "x", 1, 0), "send");
	note(run, "%#x", wait_for(b, POLLIN));
	note(run, "ActiveOpens %ld PassiveOpens %ld", counter("ActiveOpens"),
	     counter("PassiveOpens"));
}

/* D-26, D-27, D-62, D-65 */
static void play_tuples(struct run *run)
{
	int one = listener_on(LOCALHOST, 30001, 20);
	int two = listener_on(LOCALHOST, 30002, 20);
	int fd[6], i;

	note_fd(run, one, "one");
	note_fd(run, two, "two");
	sysctl_set("ipv4/ip_local_port_range", "40000 40003");
	for (i = 0; i < 6; i++)
		note_fd(run, fd[i] = connected(30001), "one");
	for (i = 0; i < 6; i++)
		note_fd(run, connected(30002), "two");
	/* an orderly end leaves TIME_WAIT, a reset nothing */
	reset_by(fd[0]);
	settle();
	note_fd(run, connected(30001), "after a reset");
	note_fd(run, connected(30001), "and again");
	sysctl_set("ipv4/tcp_tw_reuse", "0");
	shutdown(fd[1], SHUT_WR);
	settle_fin(fd[1]);
	close(fd[1]);
	note_fd(run, connected(30001), "after FIN_WAIT2");
	note_counters(run);
}

static void note_arrival(struct run *run, unsigned int lport,
			 unsigned int rport, int state)
{
	note(run, "reaches %d: %d", state,
	     WAIT_FOR(state_of(lport, rport) == state));
}

/* I-16, I-17, I-50 and the counters of each */
static void play_aborts(struct run *run)
{
	int fd[2], lfd = listener(1);
	unsigned int port;

	pair_via(lfd, fd);
	send_all(fd[0], "unread", 6);
	settle();
	close(fd[1]);
	note_read(run, fd[0], 1, 0, "unread");
	note_counters(run);
	pair_via(lfd, fd);
	reset_by(fd[1]);
	note_read(run, fd[0], 1, 0, "linger zero");
	note_counters(run);
	pair_via(lfd, fd);
	set_int(fd[0], IPPROTO_TCP, TCP_LINGER2, -1);
	port = port_of(fd[0]);
	close(fd[0]);
	note_arrival(run, port, port_of(lfd), ST_NONE);
	note_end(run, fd[1], "linger2");
	note_counters(run);
	pair_via(lfd, fd);
	port = port_of(fd[0]);
	close(fd[0]);
	note_arrival(run, port, port_of(lfd), ST_FIN_WAIT2);
	note_call(run, send(fd[1], "x", 1, MSG_NOSIGNAL), "to an orphan");
	note_end(run, fd[1], "orphan");
	note_counters(run);
	note_call(run, connect_to(sock(0), LOCALHOST, own_port()), "refused");
	note_counters(run);
}

/* G-23, G-44: sendfile() and splice(), with their errors */
static void play_splice(struct run *run)
{
	int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	int fd[2], p[2];
	off_t pos = 1;

	if (write(file, "filed", 5) != 5 || pipe(p))
		note(run, "no file");
	pair(fd);
	note_call(run, sendfile(fd[0], file, &pos, 100), "sendfile");
	note(run, "position %ld", (long)pos);
	note_read(run, fd[1], 60, 0, "read");
	note_call(run, sendfile(sock(0), file, &pos, 100), "at the end");
	pos = 0;
	note_call(run, sendfile(listener(1), file, &pos, 100), "listener");
	send_all(fd[0], "spliced", 7);
	settle();
	note_call(run, splice(fd[1], NULL, p[1], NULL, 4, 0), "splice");
	note_call(run, splice(p[0], NULL, fd[1], NULL, 10, 0), "back");
	note_read(run, fd[0], 60, 0, "read");
	note_call(run, splice(fd[1], &pos, p[1], NULL, 4, 0), "offset");
	note_call(run, splice(listener(1), NULL, p[1], NULL, 4, 0), "listener");
	note_call(run, splice(sock(0), NULL, p[1], NULL, 4, 0), "fresh");
	shutdown(fd[0], SHUT_WR);
	settle();
	note_call(run, splice(fd[1], NULL, p[1], NULL, 10, 0), "rest");
	note_call(run, splice(fd[1], NULL, p[1], NULL, 10, 0), "end");
}

/* B-01, C-01, F-02, I-02 */
static void play_descriptors(struct run *run)
{
	struct sockaddr_in sin = addr_of(LOCALHOST, 7);
	int o_path = open("/", O_PATH | O_CLOEXEC);
	int bad[] = { -1, 9999, 0, o_path };
	char byte;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		note_call(run, bind(bad[i], (void *)&sin, 16), "bind");
		note_call(run, listen(bad[i], 1), "listen");
		note_call(run, connect(bad[i], (void *)&sin, 16), "connect");
		note_call(run, accept(bad[i], NULL, NULL), "accept");
		note_call(run, send(bad[i], "x", 1, 0), "send");
		note_call(run, recv(bad[i], &byte, 1, 0), "recv");
		note_call(run, shutdown(bad[i], 2), "shutdown");
		note(run, "SO_ERROR %d", sock_error(bad[i]));
	}
}

/* A wide vector, many messages, pseudo-random sizes: the stream is the same. */
static void play_stream(struct run *run)
{
	static unsigned char buf[200000], in[200000];
	unsigned int seed = 1, sum = 0;
	size_t sent = 0, got = 0;
	int fd[2];
	size_t i, n;
	long ret;

	for (i = 0; i < sizeof(buf); i++)
		buf[i] = rand_r(&seed);
	pair(fd);
	while (got < sizeof(buf)) {
		n = rand_r(&seed) % 9000 + 1;
		if (n > sizeof(buf) - sent)
			n = sizeof(buf) - sent;
		if (n)
			sent += send(fd[0], buf + sent, n, 0);
		settle();
		ret = recv(fd[1], in + got, rand_r(&seed) % 12000 + 1,
			   MSG_DONTWAIT);
		if (ret > 0)
			got += ret;
	}
	for (i = 0; i < got; i++)
		sum = sum * 31 + in[i];
	note(run, "%zu bytes, sum %#x, %s", got, sum,
	     memcmp(buf, in, got) ? "changed" : "intact");
}

const struct scenario flow_scenarios[] = {
	{ "descriptors", "B-01 C-01 F-02 I-02", play_descriptors },
	{ "backlog", "C-02 C-05 C-13 C-14 C-25", play_backlog },
	{ "end_of_listener", "C-36 C-38 C-40 I-05 I-15", play_end_of_listener },
	{ "ended_in_the_queue", "F-11 F-12 F-17", play_ended_in_the_queue },
	{ "accept_lengths", "F-14 F-15", play_accept_lengths },
	{ "addresses_of_connections", "D-24 D-60 F-22",
	  play_addresses_of_connections },
	{ "failures", "D-10 D-11 D-12 D-32 D-44 I-43 J-53", play_failures },
	{ "timeouts", "D-45 F-07 G-07 G-34", play_timeouts },
	{ "signals", "D-46 D-47 F-08 G-07 G-34", play_signals },
	{ "disturbances", "D-48 D-49 F-09 G-42 I-06 I-13 I-51",
	  play_disturbances },
	{ "recv_flags", "G-24 G-30 G-31 G-32 G-33 G-35", play_recv_flags },
	{ "peek_offset", "G-31 G-85", play_peek_offset },
	{ "urgent", "G-13 G-37 G-38 G-39 G-57 G-63 G-66", play_urgent },
	{ "low_water_mark", "G-30 G-58 G-76", play_low_water_mark },
	{ "shutdown_orders", "I-08 I-09 I-10 I-11 I-12 I-31 G-29",
	  play_shutdown_orders },
	{ "plugged_states", "I-08 I-11 I-33 G-52 G-54", play_plugged_states },
	{ "simultaneous_open", "D-57 I-54", play_simultaneous_open },
	{ "tuples", "D-26 D-27 D-62 D-65", play_tuples },
	{ "aborts", "I-16 I-17 I-30 I-31 I-50 I-53 J-53 J-55", play_aborts },
	{ "splice", "G-23 G-44", play_splice },
	{ "stream", "G-24 G-07", play_stream },
	{ }
};
