// SPDX-License-Identifier: GPL-2.0
/* The fuzzer of segments: the program, its calls, and what it reads. */
#include <linux/filter.h>
#include <netinet/ip.h>

#include "fuzzseg.h"

#define BYTES	0x10000	/* of one read or write */

/* ---- what is read ------------------------------------------------------ */

static void reader_start(struct reader *r, const struct talk *t)
{
	unsigned int i;
	int off;

	memset(r, 0, sizeof(*r));
	for (i = 0; i < t->n_isns; i++)
		for (off = -BESIDE; off <= BESIDE; off++)
			if (t->listens || !off)
				r->place[r->n++].at = t->isns[i] + 1 + off;
}

/* Does it go on from there? A byte is left out for each that was urgent. */
static bool goes_on(struct place *p, unsigned int skips,
		    const unsigned char *buf, size_t len)
{
	size_t at;

	if (!memcmp(pattern_peer(p->at), buf, len)) {
		p->at += len;
		p->moved = true;
		return true;
	}
	for (at = 0; at < len; p->at++) {
		if (*pattern_peer(p->at) == buf[at])
			at++;
		else if (p->skipped++ >= skips)
			return false;
	}
	return true;
}

/* The first bytes, from the midst of the stream: see fuzzseg_talk.c */
static bool is_revived(const struct talk *t, const struct reader *r,
		       const unsigned char *buf, size_t len)
{
	unsigned int i;

	if (!t->listens || pattern_find(pattern_peer(0), buf, len) < 0)
		return false;
	for (i = 0; i < r->n; i++)
		if (r->place[i].dead || r->place[i].moved)
			return false;
	note(NOTE_REVIVED, 1);
	return true;
}

/* Say where they do belong, counted from each place where they might. */
static void misread(const struct end *e, const struct reader *r,
		    const unsigned char *buf, size_t len)
{
	const struct talk *t = e->talk;
	size_t some = len < 6 ? len : 6;
	struct tcp_info info = { };
	socklen_t size = sizeof(info);
	unsigned int i;
	int left = 0;

	getsockopt(e->fd, IPPROTO_TCP, TCP_INFO, &info, &size);
	ioctl(e->fd, SIOCINQ, &left);
	violated("%zu bytes read by port %u from %u over %s: not what was sent (%u urgent, state %u, %llu came, %d left)",
		 len, t->xport, t->port, t->way->dev, t->urgs, info.tcpi_state,
		 (unsigned long long)info.tcpi_bytes_received, left);
	for (i = 0; i < r->n; i++)
		if (!r->place[i].dead)
			printf("# at %u skipped %u: first ones %ld on, last ones %ld\n",
			       r->place[i].at - t->isn - 1, r->place[i].skipped,
			       pattern_find(pattern_peer(r->place[i].at), buf, some),
			       pattern_find(pattern_peer(r->place[i].at + len - some),
					    buf + len - some, some));
}

/* Under recvs: @buf is what comes next in what @e reads. */
static void check_read(struct end *e, const unsigned char *buf, size_t len,
		       bool peeked)
{
	struct talk *t = e->talk;
	unsigned int i, good = 0;
	struct reader r;

	note(NOTE_READ, len);
	if (!t || t->tainted || t->n_isns > ISNS || e->unchecked) {
		note(NOTE_UNCHECKED, len);
		return;
	}
	if (!e->reader.n)
		reader_start(&e->reader, t);
	r = e->reader;
	for (i = 0; i < r.n; i++) {
		r.place[i].dead |= !goes_on(&r.place[i], t->urgs, buf, len);
		good += !r.place[i].dead;
	}
	if (!good) {
		if (!is_revived(t, &e->reader, buf, len))
			misread(e, &e->reader, buf, len);
		e->unchecked = true;
	}
	if (!peeked)
		e->reader = r;
}

static void read_some(struct end *e, size_t len, int flags)
{
	static __thread unsigned char buf[BYTES];
	ssize_t n;

	pthread_mutex_lock(&e->recvs);
	n = recv(e->fd, buf, len, flags | MSG_DONTWAIT);
	if (n > 0 && flags & MSG_TRUNC && !(flags & MSG_PEEK))
		e->unchecked = true;
	else if (n > 0 && flags & MSG_OOB && buf[0] & 0x80)
		violated("urgent byte %02x", buf[0]);
	else if (n > 0 && !(flags & (MSG_OOB | MSG_TRUNC)))
		check_read(e, buf, n, flags & MSG_PEEK);
	pthread_mutex_unlock(&e->recvs);
}

static void write_some(struct end *e, size_t len, int flags)
{
	ssize_t n;

	pthread_mutex_lock(&e->sends);
	n = send(e->fd, pattern_program(e->sent), len,
		 flags | MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0) {
		e->sent += n;
		note(NOTE_WRITTEN, n);
	}
	pthread_mutex_unlock(&e->sends);
}

/* ---- options ----------------------------------------------------------- */

static void set_option(int fd, struct fuzz_in *in)
{
	static const struct {
		int level, opt;
		int values[4];
	} options[] = {
		{ SOL_SOCKET, SO_RCVBUF, { 0, 2000, 20000, 200000 } },
		{ SOL_SOCKET, SO_SNDBUF, { 0, 5000, 20000, 200000 } },
		{ SOL_SOCKET, SO_OOBINLINE, { 0, 1, 1, 0 } },
		{ SOL_SOCKET, SO_RCVLOWAT, { 0, 1, 1000, 100000 } },
		{ SOL_SOCKET, SO_KEEPALIVE, { 0, 1, 1, 1 } },
		{ SOL_SOCKET, SO_PRIORITY, { 0, 1, 6, 0 } },
		{ SOL_SOCKET, SO_MARK, { 0, 1, 2, 0 } },
		{ SOL_SOCKET, SO_TIMESTAMP, { 0, 1, 1, 0 } },
		{ SOL_SOCKET, SO_MAX_PACING_RATE, { 0, 1000, 1000000, -1 } },
		{ IPPROTO_TCP, TCP_NODELAY, { 0, 1, 1, 0 } },
		{ IPPROTO_TCP, TCP_CORK, { 0, 1, 1, 0 } },
		{ IPPROTO_TCP, TCP_QUICKACK, { 0, 1, 2, 100 } },
		{ IPPROTO_TCP, TCP_MAXSEG, { 88, 500, 1400, 32767 } },
		{ IPPROTO_TCP, TCP_WINDOW_CLAMP, { 0, 100, 3000, 100000 } },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, { 0, 1, 50, 1000 } },
		{ IPPROTO_TCP, TCP_KEEPIDLE, { 1, 1, 2, 32767 } },
		{ IPPROTO_TCP, TCP_KEEPINTVL, { 1, 1, 2, 32767 } },
		{ IPPROTO_TCP, TCP_KEEPCNT, { 1, 1, 2, 127 } },
		{ IPPROTO_TCP, TCP_LINGER2, { -1, 0, 1, 60 } },
		{ IPPROTO_TCP, TCP_SYNCNT, { 1, 1, 2, 127 } },
		{ IPPROTO_TCP, TCP_DEFER_ACCEPT, { 0, 1, 10, 100 } },
		{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, { 0, 1, 1000, -1 } },
		{ IPPROTO_TCP, TCP_SAVE_SYN, { 0, 1, 2, 1 } },
		{ IPPROTO_TCP, TCP_INQ, { 0, 1, 1, 1 } },
		{ IPPROTO_IP, IP_TOS, { 0, 1, 3, 0x10 } },
		{ IPPROTO_IP, IP_TTL, { 1, 64, 255, -1 } },
		{ IPPROTO_IP, IP_MINTTL, { 0, 1, 64, 255 } },
		{ IPPROTO_IP, IP_RECVERR, { 0, 1, 1, 1 } },
		{ IPPROTO_IP, IP_MTU_DISCOVER, { 0, 1, 2, 3 } },
		{ IPPROTO_IP, IP_RECVTOS, { 0, 1, 1, 1 } },
	};
	unsigned int i = fuzz_draw(in, ARRAY_SIZE(options));
	int value = options[i].values[fuzz_draw(in, 4)];

	set_int(fd, options[i].level, options[i].opt, value);
}

/* Answered with, once the peer's came: TTL, record route, a source route */
static void set_ip_options(int fd, struct fuzz_in *in)
{
	unsigned char options[40] = { 7, 3 + 4 * 4, 4 };
	unsigned int len = 4 * fuzz_draw(in, 6);

	if (fuzz_draw(in, 4) == 0)
		fuzz_fill(in, options, len);
	setsockopt(fd, IPPROTO_IP, IP_OPTIONS, options, len);
}

static void get_option(int fd, struct fuzz_in *in)
{
	static const int opts[] = {
		TCP_INFO, TCP_MAXSEG, TCP_CONGESTION, TCP_CC_INFO,
		TCP_SAVED_SYN, TCP_KEEPIDLE, TCP_DEFER_ACCEPT, TCP_TIMESTAMP,
	};
	socklen_t len = fuzz_draw(in, 512);
	unsigned char buf[512];

	if (fuzz_draw(in, 4) == 0)
		getsockopt(fd, IPPROTO_IP, IP_OPTIONS, buf, &len);
	else
		getsockopt(fd, IPPROTO_TCP, opts[fuzz_draw(in, ARRAY_SIZE(opts))],
			   buf, &len);
}

static void ask(int fd, struct fuzz_in *in)
{
	static const int requests[] = { SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK };
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int val;

	switch (fuzz_draw(in, 4)) {
	case 0:
		mask_of(fd);
		break;
	case 1:
		sock_error(fd);
		break;
	case 2:
		getpeername(fd, (struct sockaddr *)&sin, &len);
		break;
	case 3:
		ioctl(fd, requests[fuzz_draw(in, ARRAY_SIZE(requests))], &val);
		break;
	}
}

static void read_errors(int fd)
{
	char control[256];
	struct msghdr msg = { .msg_control = control,
			      .msg_controllen = sizeof(control) };

	recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);
}

/* ---- sockets ----------------------------------------------------------- */

void ends_init(struct worker *w)
{
	struct end *e;
	int i;

	for (e = w->ends; e < w->ends + ENDS; e++) {
		pthread_rwlock_init(&e->life, NULL);
		pthread_mutex_init(&e->sends, NULL);
		pthread_mutex_init(&e->recvs, NULL);
		e->fd = -1;
	}
	for (i = 0; i < LISTENERS; i++)
		w->lfd[i] = -1;
}

/* Nobody calls on it while it changes. */
static void end_set(struct end *e, int fd, struct talk *t)
{
	pthread_rwlock_wrlock(&e->life);
	if (e->fd >= 0)
		close(e->fd);
	e->fd = fd;
	e->talk = t;
	e->sent = 0;
	e->reader.n = 0;
	e->unchecked = false;
	pthread_rwlock_unlock(&e->life);
}

static struct end *end_free(struct worker *w)
{
	struct end *e;

	for (e = w->ends; e < w->ends + ENDS; e++)
		if (e->fd < 0)
			return e;
	return NULL;
}

static int listener_open(unsigned int port, struct fuzz_in *in)
{
	int fd = socket(AF_XTCP, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (port == FUZZ_PORT + 1)
		set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (fuzz_draw(in, 4) == 0)
		set_option(fd, in);
	if (fuzz_draw(in, 16) == 0)
		set_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
	if (bind_to(fd, "0.0.0.0", port) ||
	    listen(fd, fuzz_draw(in, 4) ? 16 : fuzz_draw(in, 4))) {
		close(fd);
		return -1;
	}
	return fd;
}

void listeners_open(struct worker *w, struct fuzz_in *in)
{
	int i;

	for (i = 0; i < LISTENERS; i++) {
		if (w->lfd[i] >= 0 && fuzz_draw(in, 4))
			continue;
		if (w->lfd[i] >= 0)
			close(w->lfd[i]);
		w->lfd[i] = listener_open(FUZZ_PORT + !!i, in);
	}
}

void end_connect(struct worker *w, struct talk *t, struct fuzz_in *in)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(t->port),
		.sin_addr.s_addr = htonl(t->peer),
	};
	struct end *e = end_free(w);
	int fd;

	if (!e)
		return;
	fd = socket(AF_XTCP, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fuzz_draw(in, 4) == 0)
		set_option(fd, in);
	if (fuzz_draw(in, 32) == 0)
		set_ip_options(fd, in);
	/* From LOOP_IP, and not from the peer's own address */
	to.sin_addr.s_addr = htonl(t->way->here);
	to.sin_port = 0;
	bind(fd, (struct sockaddr *)&to, sizeof(to));
	to.sin_addr.s_addr = htonl(t->peer);
	to.sin_port = htons(t->port);
	connect(fd, (struct sockaddr *)&to, sizeof(to));
	t->xport = port_of(fd);
	end_set(e, fd, t);
}

static struct talk *talk_of(struct worker *w, const struct sockaddr_in *sin)
{
	struct talk *t;

	for (t = w->talks; t < w->talks + w->n_talks; t++)
		if (t->way && t->listens && t->port == ntohs(sin->sin_port) &&
		    t->peer == ntohl(sin->sin_addr.s_addr))
			return t;
	return NULL;
}

static void reset(int fd)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

void ends_accept(struct worker *w)
{
	struct sockaddr_in sin;
	struct talk *t;
	struct end *e;
	int i, fd;

	for (i = 0; i < LISTENERS; i++) {
		socklen_t len = sizeof(sin);

		if (w->lfd[i] < 0)
			continue;
		fd = accept4(w->lfd[i], (struct sockaddr *)&sin, &len,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		note(NOTE_ACCEPTED, 1);
		t = talk_of(w, &sin);
		e = end_free(w);
		/* Nobody knows those of a flood, nor do they go on. */
		if (t && e)
			end_set(e, fd, t);
		else if (sin.sin_port & 1)
			reset(fd);
		else
			close(fd);
	}
}

/* ---- calls ------------------------------------------------------------- */

static void send_some(struct end *e, struct fuzz_in *in)
{
	static const unsigned short sizes[] = {
		1, 1, 10, 100, 1000, 1448, 1460, 3000, 10000, 40000,
	};
	static const int flags[] = { 0, 0, 0, 0, MSG_MORE, MSG_OOB, MSG_DONTROUTE };

	write_some(e, sizes[fuzz_draw(in, ARRAY_SIZE(sizes))],
		   flags[fuzz_draw(in, ARRAY_SIZE(flags))]);
}

static void receive_some(struct end *e, struct fuzz_in *in)
{
	static const unsigned short sizes[] = { 1, 10, 1000, 10000, 65535 };
	static const int flags[] = {
		0, 0, 0, 0, 0, 0, MSG_PEEK, MSG_OOB, MSG_WAITALL,
		MSG_OOB | MSG_PEEK, MSG_PEEK | MSG_TRUNC,
	};
	unsigned int size = sizes[fuzz_draw(in, ARRAY_SIZE(sizes))];

	if (fuzz_draw(in, 64) == 0)
		read_some(e, size, MSG_TRUNC);
	else
		read_some(e, size, flags[fuzz_draw(in, ARRAY_SIZE(flags))]);
}

/* It may connect anew: what it sends counts from 0 again. */
static void disconnect(struct end *e)
{
	pthread_mutex_lock(&e->sends);
	pthread_mutex_lock(&e->recvs);
	if (!unspec(e->fd)) {
		e->sent = 0;
		e->reader.n = 0;
		e->talk = NULL;
	}
	pthread_mutex_unlock(&e->recvs);
	pthread_mutex_unlock(&e->sends);
}

static void call_on(struct end *e, struct fuzz_in *in)
{
	note(NOTE_CALLS, 1);
	switch (fuzz_draw(in, 32)) {
	case 0 ... 9:
		send_some(e, in);
		break;
	case 10 ... 19:
		receive_some(e, in);
		break;
	case 20 ... 23:
		set_option(e->fd, in);
		break;
	case 24:
		get_option(e->fd, in);
		break;
	case 25 ... 26:
		ask(e->fd, in);
		break;
	case 27:
		read_errors(e->fd);
		break;
	case 28 ... 29:
		if (fuzz_draw(in, 4) == 0)
			shutdown(e->fd, fuzz_draw(in, 4) ? SHUT_WR :
				 fuzz_draw(in, 3));
		break;
	case 30:
		if (fuzz_draw(in, 16) == 0)
			disconnect(e);
		break;
	case 31:
		set_ip_options(e->fd, in);
		break;
	}
}

static void note_info(int fd)
{
	struct tcp_info info = { };
	socklen_t len = sizeof(info);

	if (!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		note_state(info.tcpi_state);
}

void end_call(struct worker *w, struct fuzz_in *in)
{
	struct end *e = &w->ends[fuzz_draw(in, ENDS)];
	unsigned int i;

	/* One that is there, if any is */
	for (i = 0; e->fd < 0 && i < ENDS; i++)
		e = &w->ends[i];
	pthread_rwlock_rdlock(&e->life);
	if (e->fd >= 0)
		call_on(e, in);
	pthread_rwlock_unlock(&e->life);
}

/* In which state they are */
void ends_look(struct worker *w)
{
	struct end *e;

	for (e = w->ends; e < w->ends + ENDS; e++)
		if (e->fd >= 0)
			note_info(e->fd);
}

/* Nobody will know those that nobody accepted. */
static void forget_queued(struct worker *w)
{
	int i, fd;

	for (i = 0; i < LISTENERS; i++)
		while (w->lfd[i] >= 0 &&
		       (fd = accept4(w->lfd[i], NULL, NULL, SOCK_CLOEXEC)) >= 0)
			reset(fd);
}

void ends_close(struct worker *w, struct fuzz_in *in)
{
	struct end *e;
	int how;

	forget_queued(w);
	for (e = w->ends; e < w->ends + ENDS; e++) {
		how = fuzz_draw(in, 4);
		if (e->fd < 0)
			continue;
		if (how == 0)
			set_int(e->fd, SOL_SOCKET, SO_LINGER, 0);
		if (how == 1) {
			pthread_rwlock_wrlock(&e->life);
			reset(e->fd);
			e->fd = -1;
			pthread_rwlock_unlock(&e->life);
		}
		end_set(e, -1, NULL);
	}
}
