// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle: the truth table of B.4, every combination of what its columns,
 * rows and modifiers name.
 *
 * A note holds sixteen combinations, one letter each, in the order of the rows
 * B-40 to B-55: R1 counts 8, R2 4, P1 2, P2 1; 1 is the new socket.  o: bind()
 * and listen() succeed, l: listen() says EADDRINUSE (B-56), X: bind() does.
 *
 * Left out: new sockets of root, except beside children, which count as root's
 * (B-29); devices of a listener with a child, which are those of a listener;
 * most devices where the owner has a connection and the port is chosen.
 *
 * What a combination gives is the same on every kernel: an instrumented one,
 * which looks at locks and memory, plays one note in seven, of all columns.
 */
#include "oracle.h"

#define OWNER_UID	1000
#define PEER_PORT	9000
#define FIRST_PORT	10000
#define STRIDE		(SLOW > 1 ? 7 : 1)

enum kind { BOUND, LISTENS, CONNECTED, QUEUED, ACCEPTED, TIME_WAIT };

static const char *const kinds[] = {
	"bound", "listen", "connected", "queued", "accepted", "time_wait",
};

/* of the owner, of the new socket */
static const char *const pairs[][2] = {
	{ "127.0.0.1", "0.0.0.0" },
	{ "127.0.0.1", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.2" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "0.0.0.0", "127.0.0.1" },
};

/* of the new socket */
static const unsigned int uids[] = { OWNER_UID, 2000, 0 };

enum { NONE, LOOP, OTHER };

static const char *const device_names[] = { "none", "lo", "dm0" };

static const int devices[][2] = {
	{ NONE, NONE }, { LOOP, OTHER }, { LOOP, LOOP }, { LOOP, NONE },
	{ NONE, LOOP },
};

/* how the new socket comes by its port */
enum { EXPLICIT, AUTO, AUTO_REUSE, WAYS };

static const char *const ways[] = { "explicit", "p0", "p0+reuse" };

struct cell {
	enum kind kind;
	const char *const *ip;
	unsigned int uid;
	const int *device;
	int way;
	unsigned int port;
	unsigned int number;
};

/* The owner, and what keeps it in its state */
struct owner {
	int fd, helper;
};

static int to_device(int fd, int device)
{
	const char *name = device_names[device];

	if (device == NONE)
		return 0;
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, strlen(name));
}

static int with_options(unsigned int uid, int device, bool r, bool p)
{
	int fd = sock_as(uid);

	if (to_device(fd, device) || set_int(fd, SOL_SOCKET, SO_REUSEADDR, r) ||
	    set_int(fd, SOL_SOCKET, SO_REUSEPORT, p))
		return -1;
	return fd;
}

/* A client of @port whose own port is not of the range */
static int client_of(unsigned int port)
{
	static unsigned int next = FIRST_PORT + 15000;
	int fd = bound(LOCALHOST, next++);

	return connect_to(fd, LOCALHOST, port) ? -1 : fd;
}

/* Listener and client of it; the child waits to be accepted. */
static int queue_child(struct owner *o, unsigned int port)
{
	if (listen(o->fd, 1))
		return -1;
	o->helper = client_of(port);
	return o->helper;
}

/* The child takes its listener's place, as root's (B-29). */
static int accept_child(struct owner *o, unsigned int port)
{
	int lfd = o->fd;

	if (queue_child(o, port) < 0)
		return -1;
	o->fd = accept(lfd, NULL, NULL);
	close(lfd);
	return o->fd;
}

/* The end that sends the first FIN */
static int end_in_time_wait(struct owner *o)
{
	if (shutdown(o->fd, SHUT_WR) || drain(o->helper) ||
	    shutdown(o->helper, SHUT_WR))
		return -1;
	settle();
	close(o->fd);
	o->fd = -1;
	return 0;
}

static int connect_owner(struct owner *o, int peer)
{
	if (connect_to(o->fd, LOCALHOST, PEER_PORT))
		return -1;
	o->helper = accept(peer, NULL, NULL);
	return o->helper;
}

static int owner_enter(struct owner *o, const struct cell *c, int peer)
{
	switch (c->kind) {
	case BOUND:
		return 0;
	case LISTENS:
		return listen(o->fd, 1);
	case CONNECTED:
		return connect_owner(o, peer);
	case QUEUED:
		return queue_child(o, c->port) < 0 ||
		       wait_for(o->fd, POLLIN) != POLLIN ? -1 : 0;
	case ACCEPTED:
		return accept_child(o, c->port);
	case TIME_WAIT:
		return accept_child(o, c->port) < 0 ? -1 : end_in_time_wait(o);
	}
	return -1;
}

static int owner_open(struct owner *o, const struct cell *c, bool r, bool p,
		      int peer)
{
	o->helper = -1;
	o->fd = with_options(OWNER_UID, c->device[0], r, p);
	if (bind_to(o->fd, c->ip[0], c->port))
		return -1;
	return owner_enter(o, c, peer);
}

static void owner_close(const struct owner *o)
{
	if (o->fd >= 0)
		reset_by(o->fd);
	if (o->helper >= 0)
		reset_by(o->helper);
}

static char letter(struct run *run, const struct cell *c, int fd)
{
	if (bind_to(fd, c->ip[1], c->way == EXPLICIT ? c->port : 0)) {
		if (errno == EADDRINUSE)
			return 'X';
		note(run, "bind: %s", error_name(errno));
		return '?';
	}
	if (port_of(fd) != c->port)
		return '#';
	if (!listen(fd, 1))
		return 'o';
	if (errno == EADDRINUSE)
		return 'l';
	note(run, "listen: %s", error_name(errno));
	return '?';
}

/* TIME_WAIT stays where it is: each gets a port of its own. */
static void next_port(struct cell *c)
{
	char range[32];

	if (c->kind != TIME_WAIT)
		return;
	c->port++;
	if (c->way == EXPLICIT)
		return;
	snprintf(range, sizeof(range), "%u %u", c->port, c->port);
	sysctl_set("ipv4/ip_local_port_range", range);
}

static int play_cell(struct run *run, struct cell *c, int peer)
{
	char letters[17] = "";
	struct owner o;
	unsigned int i;
	int fd;

	for (i = 0; i < 16; i++) {
		next_port(c);
		if (owner_open(&o, c, i & 4, i & 1, peer) < 0) {
			note(run, "no owner: %s", error_name(errno));
			return 0;
		}
		fd = with_options(c->uid, c->device[1], i & 8, i & 2);
		letters[i] = letter(run, c, fd);
		close(fd);
		owner_close(&o);
	}
	note(run, "%s %s-%s uid %u %s-%s %s: %s", kinds[c->kind], c->ip[0],
	     c->ip[1], c->uid, device_names[c->device[0]],
	     device_names[c->device[1]], ways[c->way], letters);
	return 16;
}

static bool way_set(int way)
{
	char range[32];

	if (way == EXPLICIT)
		return true;
	snprintf(range, sizeof(range), "%u %u", FIRST_PORT, FIRST_PORT);
	return !sysctl_set("ipv4/ip_local_port_range", range) &&
	       !sysctl_set("ipv4/ip_autobind_reuse",
			   way == AUTO_REUSE ? "1" : "0");
}

static size_t uids_for(const struct cell *c)
{
	return c->kind == QUEUED || c->kind == ACCEPTED ? 3 : 2;
}

static size_t devices_for(const struct cell *c)
{
	if (c->kind == QUEUED)
		return 1;
	return c->kind >= CONNECTED && c->way != EXPLICIT ?
	       2 : ARRAY_SIZE(devices);
}

static int play_cells(struct run *run, struct cell *c, int peer)
{
	size_t pair, uid, device;
	int n = 0;

	for (device = 0; device < devices_for(c); device++) {
		c->device = devices[device];
		for (pair = 0; pair < ARRAY_SIZE(pairs); pair++) {
			c->ip = pairs[pair];
			for (uid = 0; uid < uids_for(c); uid++) {
				c->uid = uids[uid];
				if (c->number++ % STRIDE == 0)
					n += play_cell(run, c, peer);
			}
		}
	}
	return n;
}

static void play_kind(struct run *run, enum kind kind)
{
	struct cell c = { .kind = kind, .port = FIRST_PORT };
	int peer = listener_on(LOCALHOST, PEER_PORT, 1);
	int n = 0;

	if (peer < 0 || link_add("dummy", "dm0") ||
	    sysctl_set("ipv4/tcp_max_tw_buckets", "100000") ||
	    (!native() && sysctl_set("xtcp/timewait_msecs", "60000")))
		note(run, "no set-up");
	for (c.way = EXPLICIT; c.way < WAYS; c.way++) {
		if (!way_set(c.way))
			note(run, "no %s", ways[c.way]);
		n += play_cells(run, &c, peer);
	}
	note(run, "%d combinations", n);
	printf("# %s, family %d: %d combinations\n", kinds[kind], family, n);
	fflush(stdout);
}

static void play_bound(struct run *run)
{
	play_kind(run, BOUND);
}

static void play_listening(struct run *run)
{
	play_kind(run, LISTENS);
}

static void play_connected(struct run *run)
{
	play_kind(run, CONNECTED);
}

static void play_queued(struct run *run)
{
	play_kind(run, QUEUED);
}

static void play_accepted(struct run *run)
{
	play_kind(run, ACCEPTED);
}

static void play_time_wait(struct run *run)
{
	play_kind(run, TIME_WAIT);
}

const struct scenario table_scenarios[] = {
	{ "table_bound", "B-20..B-26 B-40..B-56 B-74 B-75", play_bound },
	{ "table_listening", "B-20..B-26 B-40..B-56 B-74 B-75 C-08",
	  play_listening },
	{ "table_connected", "B-29 B-62 B-20..B-26 B-40..B-56 B-74 B-75",
	  play_connected },
	{ "table_queued", "B-29 B-20..B-24 B-40..B-56", play_queued },
	{ "table_accepted", "B-29 B-60 B-20..B-26 B-40..B-56", play_accepted },
	{ "table_time_wait", "B-29 B-60 B-20..B-26 B-40..B-56",
	  play_time_wait },
	{ }
};
