// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle: a range of one port that somebody has, and connect().
 *
 * A note holds sixteen combinations of SO_REUSEADDR and SO_REUSEPORT, one
 * letter each: R1 counts 8, R2 4, P1 2, P2 1; 1 is the new socket.  o: all
 * succeeds, b: bind() says EADDRINUSE, N: connect() says EADDRNOTAVAIL.
 */
#include "oracle.h"

#define PORT		40000
#define SERVER_PORT	30001
#define OTHER_LOCAL	"127.0.0.2"

/* How a socket comes by its port, and whether it connects then */
struct way {
	const char *name;
	const char *ip;			/* to bind to, if any */
	unsigned int port;
	bool no_port;			/* IP_BIND_ADDRESS_NO_PORT (B-77) */
	bool listens;
	bool stays;			/* does not connect */
};

static const struct way holders[] = {
	{ "auto" },
	{ "bound", LOCALHOST },
	{ "no_port", LOCALHOST, .no_port = true },
	{ "explicit", LOCALHOST, PORT },
	{ "wildcard", "0.0.0.0" },
	{ "idle", LOCALHOST, .stays = true },
	{ "idle elsewhere", OTHER_LOCAL, .stays = true },
	{ "listener", LOCALHOST, .stays = true, .listens = true },
};

static const struct way comers[] = {
	{ "auto" },
	{ "bound", LOCALHOST },
	{ "no_port", LOCALHOST, .no_port = true },
	{ "explicit", LOCALHOST, PORT },
	{ "wildcard", "0.0.0.0" },
	{ "bound elsewhere", OTHER_LOCAL },
	{ "no_port elsewhere", OTHER_LOCAL, .no_port = true },
};

static char attempt(int fd, const struct way *w, int lfd)
{
	int child;

	if (w->no_port)
		set_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	if (w->ip && bind_to(fd, w->ip, w->port))
		return errno == EADDRINUSE ? 'b' : '?';
	if (w->listens && listen(fd, 1))
		return 'l';
	if (w->stays)
		return 'o';
	if (connect_to(fd, LOCALHOST, port_of(lfd)))
		return errno == EADDRNOTAVAIL ? 'N' : '?';
	/* the child would keep its place in the listener's queue */
	child = accept(lfd, NULL, NULL);
	if (child < 0 || port_of(fd) != PORT)
		return '#';
	close(child);
	return 'o';
}

static int with_options(bool r, bool p)
{
	int fd = sock(0);

	set_int(fd, SOL_SOCKET, SO_REUSEADDR, r);
	set_int(fd, SOL_SOCKET, SO_REUSEPORT, p);
	return fd;
}

static void play_pair(struct run *run, const struct way *holder,
		      const struct way *comer, const int lfd[2], bool same)
{
	char letters[17] = "";
	unsigned int i;
	int fd[2];

	for (i = 0; i < 16; i++) {
		fd[0] = with_options(i & 4, i & 1);
		fd[1] = with_options(i & 8, i & 2);
		if (attempt(fd[0], holder, lfd[0]) != 'o')
			note(run, "the holder gets no port");
		letters[i] = attempt(fd[1], comer, lfd[!same]);
		reset_by(fd[1]);
		reset_by(fd[0]);
	}
	note(run, "%s, %s %s: %s", holder->name, comer->name,
	     same ? "same" : "other", letters);
}

static void play_exhausted(struct run *run)
{
	int lfd[2] = {
		listener_on(LOCALHOST, SERVER_PORT, 1),
		listener_on(LOCALHOST, SERVER_PORT + 1, 1),
	};
	size_t a, b;
	int reuse;

	sysctl_set("ipv4/ip_local_port_range", "40000 40000");
	for (reuse = 0; reuse < 2; reuse++) {
		sysctl_set("ipv4/ip_autobind_reuse", reuse ? "1" : "0");
		note(run, "ip_autobind_reuse %d", reuse);
		for (a = 0; a < ARRAY_SIZE(holders); a++) {
			for (b = 0; b < ARRAY_SIZE(comers); b++) {
				play_pair(run, &holders[a], &comers[b], lfd,
					  true);
				play_pair(run, &holders[a], &comers[b], lfd,
					  false);
			}
		}
	}
}

/* B-72: the lower half is used up first, whatever the parity. */
static void play_halves(struct run *run, int r, unsigned int last)
{
	unsigned int half = PORT + ((last + 1 - PORT) >> 2 << 1);
	char halves[64] = "", range[32];
	int fds[64], n;

	snprintf(range, sizeof(range), "%u %u", PORT, last);
	sysctl_set("ipv4/ip_local_port_range", range);
	for (n = 0; n < (int)sizeof(halves) - 1; n++) {
		fds[n] = with_options(r, 0);
		if (bind_to(fds[n], LOCALHOST, 0))
			break;
		if (r)
			halves[n] = port_of(fds[n]) < half ? 'l' : 'u';
	}
	note(run, "%s, R %d %s: %d %s", (last - PORT) % 2 ? "even" : "odd", r,
	     range, n, halves);
	for (; n >= 0; n--)
		close(fds[n]);
}

static void play_all_halves(struct run *run)
{
	static const unsigned int last[] = { 0, 1, 2, 3, 4, 5, 8, 31, 50 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(last); i++) {
		play_halves(run, 0, PORT + last[i]);
		play_halves(run, 1, PORT + last[i]);
	}
}

const struct scenario range_scenarios[] = {
	{ "exhausted_range", "D-26 D-27 D-62 B-75 B-76 B-77", play_exhausted },
	{ "halves_of_the_range", "B-72 B-75 B-76", play_all_halves },
	{ }
};
