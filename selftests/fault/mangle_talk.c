// SPDX-License-Identifier: GPL-2.0
/* Connections before, during and after somebody tampers with packets. */
#include "mangle.h"

#define BULK		60000
#define A_MOMENT	300	/* ms, for what need not come at all */

int place_open(struct place *p, int where)
{
	bool wire = where >= WIRE_OUT;

	*p = (struct place){
		.where = where,
		.wire = wire,
		.dev = wire ? "a0" : loop_dev(),
	};
	if (wire) {
		if (world_make(&p->w, family, AF_INET, false))
			return -1;
	} else {
		if (fresh_netns())
			return -1;
		p->w = (struct world){
			.ns = { open("/proc/self/ns/net", O_RDONLY), -1, -1 },
			.families = { family },
		};
	}
	return run_line("ip -b -", "link add d0 type dummy\nlink set d0 up\n");
}

void place_close(struct place *p)
{
	world_end(&p->w);
}

int place_run(const struct place *p, const char *tool, const char *lines)
{
	char text[2000];
	size_t n = 0;

	for (; *lines && n < sizeof(text) - 8; lines++) {
		if (*lines == '@')
			n += sprintf(text + n, "%s", p->dev);
		else
			text[n++] = *lines;
	}
	text[n] = 0;
	return run_line(tool, text) ? -1 : 0;
}

static int place_listener(const struct place *p, int host)
{
	return p->wire ? world_listener(&p->w, host, 0, 1) : listener(1);
}

static int place_sock(const struct place *p, int host, int flags)
{
	return p->wire ? world_sock(&p->w, host, flags) : sock(flags);
}

static int place_connect(const struct place *p, int fd, int server, int lfd)
{
	return connect_to(fd, p->wire ? world_ip(server) : LOCALHOST,
			  port_of(lfd));
}

static void flows_between(struct flow *flows, const int fd[2])
{
	flows[0] = (struct flow){ .from = fd[0], .to = fd[1], .size = BULK };
	flows[1] = (struct flow){ .from = fd[1], .to = fd[0], .size = BULK };
}

/* 0: every byte arrived */
static int exchange(const int fd[2], int patience)
{
	struct flow flows[2];

	flows_between(flows, fd);
	return flows_run(flows, 2, patience) ? errno : 0;
}

int place_pair(const struct place *p, int fd[2])
{
	return p->wire ? world_pair(&p->w, HERE, fd) : pair(fd);
}

static const char *complaint(const char *what, int error)
{
	static char text[100];

	snprintf(text, sizeof(text), "%s: %s", what, strerror(error));
	return text;
}

const char *talk_before(const struct place *p, struct before *b)
{
	int error;

	if (place_pair(p, b->fd))
		return complaint("no connection before", errno);
	error = exchange(b->fd, PATIENCE);
	flows_between(b->flows, b->fd);
	return error ? complaint("no exchange before", error) : NULL;
}

/* What a call may say of a peer that is not heard, or heard wrongly */
static bool sane(int error)
{
	static const int errors[] = {
		0, ETIMEDOUT, ECONNREFUSED, ECONNRESET, ECONNABORTED, EPIPE,
		ENETUNREACH, EHOSTUNREACH, EPROTO, ENOPROTOOPT,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		if (error == errors[i])
			return true;
	return false;
}

static bool allowed(int error, enum hope hope)
{
	switch (hope) {
	case INTACT:
		return !error;
	case REFUSED:
		return error && sane(error);
	case DAMAGED:
		return sane(error) || error == EILSEQ;
	default:
		return sane(error);
	}
}

/* Accept and exchange; the error that ended it. */
static int served(int lfd, int cfd, int patience)
{
	struct pollfd p = { .fd = lfd, .events = POLLIN };
	int fd[2] = { cfd }, error = ETIMEDOUT;

	if (poll(&p, 1, patience) != 1)
		return error;
	fd[1] = accept(lfd, NULL, NULL);
	if (fd[1] < 0)
		return errno;
	error = exchange(fd, patience);
	close(fd[1]);
	return error;
}

static int attempt(const struct place *p, int client, enum hope hope)
{
	int patience = hope == INTACT ? PATIENCE : A_MOMENT, error;
	int lfd = place_listener(p, !client);
	int fd = place_sock(p, client, 0);

	if (hope != INTACT) {
		set_int(fd, IPPROTO_TCP, TCP_SYNCNT, 1);
		set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, A_MOMENT);
	}
	error = err(place_connect(p, fd, !client, lfd));
	if (!error)
		error = served(lfd, fd, patience);
	reset_by(fd);
	close(lfd);
	return error;
}

const char *talk_during(const struct place *p, struct before *b, enum hope hope)
{
	int client, error, i;

	error = hope == INTACT ? exchange(b->fd, PATIENCE) : 0;
	if (error)
		return complaint("the connection of before", error);
	/* More is sent, whatever becomes of it. */
	for (i = 0; i < 2; i++)
		if (flow_fill(&b->flows[i]) && !sane(errno))
			return complaint("send", errno);
	for (client = HERE; client <= (p->wire ? PEER : HERE); client++) {
		error = attempt(p, client, hope);
		if (!allowed(error, hope))
			return complaint(client == HERE ? "connection meanwhile" :
					 "connection of the peer", error);
	}
	return NULL;
}

const char *talk_after(const struct place *p, struct before *b, enum hope hope)
{
	int fd[2], error;

	error = flows_run(b->flows, 2, PATIENCE) ? errno : 0;
	/* Whose segments were changed may have been ended by that. */
	if (!allowed(error, hope == DAMAGED ? hope : INTACT))
		return complaint("the connection of before, afterwards", error);
	reset_by(b->fd[0]);
	close(b->fd[1]);
	if (place_pair(p, fd))
		return complaint("no connection afterwards", errno);
	error = exchange(fd, PATIENCE);
	close(fd[0]);
	close(fd[1]);
	return error ? complaint("no exchange afterwards", error) : NULL;
}
