// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle: SO_REUSEADDR, SO_REUSEPORT and SO_BINDTODEVICE that change after
 * bind().  TCP remembers what the owners of a port were like when they came
 * (B.5), so what later binds get depends on the order.
 */
#include "oracle.h"

#define FIRST_PORT	10000

enum { R = 1, P = 2 };

/* what happens to an owner after its bind(); the first ones, also later */
#define LATE_CHANGES	3

static const struct {
	const char *name;
	int opt, val;
} changes[] = {
	{ "nothing", 0, 0 },
	{ "R=0", SO_REUSEADDR, 0 }, { "P=0", SO_REUSEPORT, 0 },
	{ "R=1", SO_REUSEADDR, 1 }, { "P=1", SO_REUSEPORT, 1 },
};

static const char *const devices[] = { "", "lo", "dm0" };

static int with_options(unsigned int uid, int options)
{
	int fd = sock_as(uid);

	set_int(fd, SOL_SOCKET, SO_REUSEADDR, !!(options & R));
	set_int(fd, SOL_SOCKET, SO_REUSEPORT, !!(options & P));
	return fd;
}

static void change(int fd, size_t how)
{
	if (changes[how].opt)
		set_int(fd, SOL_SOCKET, changes[how].opt, changes[how].val);
}

/* o, l and X as in the table of B.4 */
static char letter(int fd, const char *ip, unsigned int port)
{
	if (bind_to(fd, ip, port))
		return errno == EADDRINUSE ? 'X' : '?';
	if (listen(fd, 1))
		return errno == EADDRINUSE ? 'l' : '?';
	return 'o';
}

/* A sequence of three sockets, the first two of one user at one address */
struct sequence {
	int first, second, third;	/* options at bind() */
	size_t change;			/* of the first, before the second */
	size_t again;			/* of the first, before the third */
	int gone;			/* closed before the third; 0: none */
	unsigned int uid;		/* of the third */
	const char *ip;			/* of the third */
};

/* Plays it: the letter of the third, and in @second what the second got */
static char play_sequence(const struct sequence *q, unsigned int port,
			  char *second)
{
	int fd[3];
	char c;
	int i;

	fd[0] = with_options(1000, q->first);
	fd[1] = with_options(1000, q->second);
	fd[2] = with_options(q->uid, q->third);
	bind_to(fd[0], LOCALHOST, port);
	change(fd[0], q->change);
	*second = bind_to(fd[1], LOCALHOST, port) ? 'X' : 'o';
	change(fd[0], q->again);
	if (q->gone)
		close(fd[q->gone - 1]);
	c = letter(fd[2], q->ip, port);
	for (i = 0; i < 3; i++) {
		if (i != q->gone - 1)
			close(fd[i]);
	}
	return c;
}

/* The third socket: four options, two uids, two addresses, three histories */
static void note_thirds(struct run *run, struct sequence *q)
{
	static const char *const ips[] = { LOCALHOST, "0.0.0.0" };
	char letters[4 * 2 * 2 * 3 + 1] = "";
	char second;
	int i;

	for (i = 0; i < (int)sizeof(letters) - 1; i++) {
		q->third = i % 4;
		q->uid = i / 4 % 2 ? 2000 : 1000;
		q->ip = ips[i / 8 % 2];
		q->gone = i / 16;
		letters[i] = play_sequence(q, FIRST_PORT, &second);
	}
	note(run, "%d %s %d %c %s: %s", q->first, changes[q->change].name,
	     q->second, second, changes[q->again].name, letters);
}

/* B-57, B-63 to B-69 */
static void play_options(struct run *run)
{
	struct sequence q;
	size_t n = ARRAY_SIZE(changes);

	for (q.first = 0; q.first < 4; q.first++) {
		for (q.second = 0; q.second < 4; q.second++) {
			for (q.change = 0; q.change < n; q.change++) {
				for (q.again = 0; q.again < LATE_CHANGES; q.again++)
					note_thirds(run, &q);
			}
		}
	}
}

static int to_device(int fd, const char *name)
{
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, strlen(name));
}

/* One socket changes from device @a to @b; what is left for others? */
static void play_move(struct run *run, const char *a, const char *b, bool r)
{
	char letters[ARRAY_SIZE(devices) + 1] = "";
	int fd, other;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		fd = with_options(0, r ? R : 0);
		other = with_options(0, r ? R : 0);
		to_device(fd, a);
		to_device(other, devices[i]);
		note_call(run, bind_to(fd, LOCALHOST, FIRST_PORT), "bind");
		note_call(run, to_device(fd, b), "%s to %s", a, b);
		letters[i] = letter(other, LOCALHOST, FIRST_PORT);
		/* B-56: only the new owner's bind() and listen() look */
		note_call(run, listen(fd, 1), "listen");
		close(fd);
		close(other);
	}
	note(run, "%s to %s, R %d: %s", a, b, r, letters);
}

/* Two sockets on different devices meet on one (B-61: nobody objects). */
static void play_meeting(struct run *run, bool listens)
{
	int a = with_options(0, 0), b = with_options(0, 0);

	to_device(a, "lo");
	to_device(b, "dm0");
	note_call(run, bind_to(a, LOCALHOST, FIRST_PORT), "lo");
	note_call(run, bind_to(b, LOCALHOST, FIRST_PORT), "dm0");
	if (listens)
		note_call(run, listen(a, 1), "listen");
	note_call(run, to_device(b, "lo"), "dm0 to lo");
	note_call(run, listen(b, 1), "listen");
	note_call(run, to_device(b, ""), "lo to none");
	note_call(run, listen(b, 1), "listen");
	close(a);
	note_call(run, listen(b, 1), "listen alone");
	close(b);
}

static void play_devices(struct run *run)
{
	size_t a, b;
	int r;

	note_call(run, link_add("dummy", "dm0"), "dummy");
	for (a = 0; a < ARRAY_SIZE(devices); a++) {
		for (b = 0; b < ARRAY_SIZE(devices); b++) {
			for (r = 0; r < 2; r++)
				play_move(run, devices[a], devices[b], r);
		}
	}
	play_meeting(run, false);
	play_meeting(run, true);
}

static void note_attempt(struct run *run, int fd, int lfd, const char *end,
			 const char *device)
{
	note_call(run, connect_to(fd, LOCALHOST, port_of(lfd)),
		  "%s %s connects", end, device);
	settle();
	note(run, "%s %s: poll %#x %#x", end, device, mask_of(fd),
	     mask_of(lfd));
	reset_by(fd);
	close(lfd);
}

/* D-22, B-83: one end is bound to a device. */
static void play_connections(struct run *run)
{
	static const char *const names[] = { "loop", "lo", "dm0" };
	const char *name;
	int fd, lfd;
	size_t i;

	note_call(run, link_add("dummy", "dm0"), "dummy");
	note_call(run, link_up("dm0", true), "up");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		name = i ? names[i] : loop_dev();
		lfd = listener(1);
		fd = sock(SOCK_NONBLOCK);
		note_call(run, to_device(fd, name), "client %s", names[i]);
		note_attempt(run, fd, lfd, "client", names[i]);
		lfd = sock(0);
		fd = sock(SOCK_NONBLOCK);
		note_call(run, to_device(lfd, name), "listener %s", names[i]);
		note_call(run, listen(lfd, 1), "listen");
		note_attempt(run, fd, lfd, "listener", names[i]);
	}
}

const struct scenario reuse_scenarios[] = {
	{ "reuse_changed_after_bind", "B-57 B-63..B-69", play_options },
	{ "device_changed_after_bind", "B-61 B-56", play_devices },
	{ "device_of_a_connection", "B-83 D-22", play_connections },
	{ }
};
