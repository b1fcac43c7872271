// SPDX-License-Identifier: GPL-2.0
/*
 * The same segments at random, and the same calls between them, for a socket
 * of the kernel's TCP and for one of XTCP: both must answer with the same
 * segments, and tell the same of themselves.
 *
 *	duel [FIRST [NUMBER]]	this seed, and so many from there on
 *
 * Where the clock counts instructions (scripts/interop) nothing happens but by
 * what is done here, and a wait ends the same timers on both; elsewhere timers
 * may fire at any time, and differences mean nothing.
 */
#include <sched.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <time.h>

#include "segtext.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

#define STEPS		60
#define LINES		1200
#define LINE		160
#define PEER_ISN	0xfffff000u	/* so that numbers wrap */

/* What one side said and did */
struct record {
	int lines;
	char line[LINES][LINE];
};

struct duellist {
	struct record *rec;
	struct raw raw;
	unsigned int port;
	int fd;
	bool tstamps;
	__u32 isn;		/* of the socket */
	__u32 next;		/* what the peer would send next */
	__u32 acked;		/* what the socket has acknowledged */
	__u32 edge;		/* of the window that the socket offers */
	__u32 una, max;		/* of the socket: acknowledged, and sent */
	__u32 tsval, echo;	/* the peer's clock, and the socket's last */
	unsigned int window;
};

static unsigned int random_state;

static unsigned int roll(unsigned int n)
{
	random_state = random_state * 1103515245 + 12345;
	return (random_state >> 8) % n;
}

#define PICK(...)	({ static const int of_[] = { __VA_ARGS__ };	\
			   of_[roll(ARRAY_SIZE(of_))]; })

static void __attribute__((format(printf, 2, 3)))
say(struct duellist *d, const char *format, ...)
{
	va_list args;

	if (d->rec->lines == LINES)
		return;
	va_start(args, format);
	vsnprintf(d->rec->line[d->rec->lines++], LINE, format, args);
	va_end(args);
}

/* -- segments -- */

static void put32(unsigned char *p, __u32 v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static void add_timestamps(const struct duellist *d, struct segment *s)
{
	unsigned char *p = s->options + s->option_len;

	p[0] = 1;
	p[1] = 1;
	p[2] = 8;
	p[3] = 10;
	put32(p + 4, d->tsval);
	put32(p + 8, d->echo);
	s->option_len += 12;
}

/* The bytes are a function of the sequence number: overlaps agree. */
static void peer_send(struct duellist *d, unsigned int flags, __u32 seq,
		      __u32 ack, unsigned int len)
{
	struct segment s = {
		.sport = d->raw.port, .dport = d->port, .flags = flags,
		.seq = seq, .ack = ack, .window = d->window, .len = len,
	};
	unsigned int i;

	for (i = 0; i < len; i++)
		s.data[i] = seq - PEER_ISN + i;
	if (flags & SYN) {
		memcpy(s.options, "\2\4\5\264", 4);
		s.option_len = 4;
	}
	if (d->tstamps)
		add_timestamps(d, &s);
	say(d, "< %s%s%s%s %u ack %u win %u len %u", flags & SYN ? "S" : "",
	    flags & FIN ? "F" : "", flags & RST ? "R" : "",
	    flags & PSH ? "P" : "", seq - PEER_ISN, flags & ACK ? ack - d->isn : 0, d->window,
	    len);
	if (raw_send(&d->raw, &s))
		say(d, "send: %s", strerror(errno));
}

static void socket_sent(struct duellist *d, const struct segment *s)
{
	__u32 end = s->seq + s->len + !!(s->flags & SYN) + !!(s->flags & FIN);
	__u32 val = 0, echo = 0;

	if (s->flags & SYN && !d->isn)
		d->isn = s->seq;
	if (segtext_timestamp(s, &val, &echo))
		d->echo = val;
	if (s->flags & ACK && (__s32)(s->ack - d->acked) > 0)
		d->acked = s->ack;
	if (s->flags & ACK && (__s32)(s->ack + s->window - d->edge) > 0)
		d->edge = s->ack + s->window;
	if ((__s32)(d->acked - d->next) > 0)
		d->next = d->acked;
	if (!(s->flags & RST) && (!d->max || (__s32)(end - d->max) > 0))
		d->max = end;
	say(d, "> %s%s%s%s %u ack %u win %u len %u echo %u%s",
	    s->flags & SYN ? "S" : "", s->flags & FIN ? "F" : "",
	    s->flags & RST ? "R" : "", s->flags & PSH ? "P" : "",
	    s->seq - d->isn, s->flags & ACK ? s->ack - PEER_ISN : 0, s->window,
	    s->len, echo, s->good ? "" : " bad checksum");
}

/* What answers a SYN for a port without listener comes after all the rest. */
static void listen_to(struct duellist *d)
{
	struct segment s, probe = {
		.sport = d->raw.port, .dport = 1, .flags = SYN,
		.seq = 77, .window = 1000,
	};

	raw_send(&d->raw, &probe);
	while (!raw_recv(&d->raw, &s, PATIENCE)) {
		if (s.sport == 1)
			return;
		socket_sent(d, &s);
	}
	say(d, "no answer");
}

/* -- the socket -- */

static void tell(struct duellist *d)
{
	struct tcp_info i = { };
	socklen_t len = sizeof(i);
	struct row row = { };

	if (getsockopt(d->fd, IPPROTO_TCP, TCP_INFO, &i, &len)) {
		say(d, "info: %s", strerror(errno));
		return;
	}
	row_find(d->port, d->raw.port, &row);
	say(d, "  state %u ca %u cwnd %u ssthresh %u unacked %u retrans %u/%u/%u",
	    i.tcpi_state, i.tcpi_ca_state, i.tcpi_snd_cwnd,
	    i.tcpi_snd_ssthresh, i.tcpi_unacked, i.tcpi_retransmits,
	    i.tcpi_retrans, i.tcpi_total_retrans);
	say(d, "  mss %u/%u backoff %u probes %u acked %llu got %llu unsent %u",
	    i.tcpi_snd_mss, i.tcpi_rcv_mss, i.tcpi_backoff, i.tcpi_probes,
	    (unsigned long long)i.tcpi_bytes_acked,
	    (unsigned long long)i.tcpi_bytes_received, i.tcpi_notsent_bytes);
	say(d, "  quick %u ato %u rcv_ssthresh %u timer %u buffers %d %d", row.ack,
	    row.ato, i.tcpi_rcv_ssthresh, row.timer,
	    get_int(d->fd, SOL_SOCKET, SO_SNDBUF),
	    get_int(d->fd, SOL_SOCKET, SO_RCVBUF));
}

static void do_write(struct duellist *d)
{
	static char buf[70000];
	int n = PICK(1, 1, 10, 100, 500, 1460, 1461, 3000, 10000, 60000);
	ssize_t ret = send(d->fd, buf, n, MSG_NOSIGNAL | MSG_DONTWAIT |
			   (roll(8) ? 0 : MSG_MORE));

	say(d, "send %d: %zd %s", n, ret, ret < 0 ? strerror(errno) : "");
}

static void do_read(struct duellist *d)
{
	static unsigned char buf[100000];
	int n = PICK(1, 100, 1000, 5000, 100000, 100000);
	ssize_t ret = recv(d->fd, buf, n, MSG_DONTWAIT);
	unsigned int sum = 0;
	ssize_t i;

	for (i = 0; i < ret; i++)
		sum = sum * 31 + buf[i];
	say(d, "recv %d: %zd %s sum %u", n, ret,
	    ret < 0 ? strerror(errno) : "", sum);
}

static void do_option(struct duellist *d)
{
	static const struct {
		const char *name;
		int level, opt, values[3];
	} options[] = {
		{ "nodelay", IPPROTO_TCP, TCP_NODELAY, { 0, 1, 1 } },
		{ "cork", IPPROTO_TCP, TCP_CORK, { 0, 1, 0 } },
		{ "quickack", IPPROTO_TCP, TCP_QUICKACK, { 0, 1, 0 } },
		{ "rcvbuf", SOL_SOCKET, SO_RCVBUF, { 3000, 10000, 40000 } },
		{ "sndbuf", SOL_SOCKET, SO_SNDBUF, { 3000, 10000, 40000 } },
		{ "rcvlowat", SOL_SOCKET, SO_RCVLOWAT, { 1, 1000, 5000 } },
		{ "clamp", IPPROTO_TCP, TCP_WINDOW_CLAMP, { 2000, 9000, 60000 } },
	};
	int i = roll(ARRAY_SIZE(options));
	int val = options[i].values[roll(3)];

	say(d, "%s %d: %d", options[i].name, val,
	    set_int(d->fd, options[i].level, options[i].opt, val));
}

/* -- what the peer does -- */

static void do_data(struct duellist *d)
{
	unsigned int len = PICK(1, 1, 10, 100, 500, 536, 1000, 1000, 1448, 1460);
	unsigned int flags = ACK | (roll(3) ? PSH : 0);
	__u32 seq = d->next;

	switch (roll(10)) {
	case 0:
		seq += PICK(1, 10, 1000, 3000, 100000);
		break;
	case 1:
		seq -= PICK(1, 10, 1000);
		break;
	case 2:
		seq = d->acked;
		break;
	}
	if (!roll(40))
		flags |= FIN;
	/* TCP takes what begins within the window, XTCP what lies in it. */
	if ((__s32)(seq + len - d->edge) >= 0 && (__s32)(seq - d->edge) < 0) {
		len = d->edge - seq;
		flags &= ~FIN;
	}
	if (seq == d->next)
		d->next += len;
	if (roll(4))
		d->una = d->max;
	peer_send(d, flags, seq, d->una, len);
}

static void do_ack(struct duellist *d)
{
	__u32 in_flight = d->max - d->una;

	switch (roll(6)) {
	case 0:
		break;
	case 1:
		d->una += (__s32)in_flight > 0 ? roll(in_flight) : 0;
		break;
	case 2:
		d->window = PICK(0, 100, 1000, 5000, 30000, 65535);
		break;
	default:
		d->una = d->max;
	}
	peer_send(d, ACK, d->next, d->una, 0);
}

static void do_odd(struct duellist *d)
{
	switch (roll(6)) {
	case 0:		/* acknowledges what was never sent */
		peer_send(d, ACK, d->next, d->max + PICK(1, 1000), 0);
		break;
	case 1:		/* long ago */
		peer_send(d, ACK, d->next, d->una - PICK(1, 1000), 0);
		break;
	case 2:
		peer_send(d, ACK, d->next - PICK(1, 1000), d->una, 0);
		break;
	case 3:
		peer_send(d, SYN | ACK, d->next, d->una, 0);
		break;
	case 4:
		peer_send(d, RST, d->next + PICK(1, 1000), 0, 0);
		break;
	case 5:
		peer_send(d, PSH, d->next, 0, 10);
		break;
	}
}

static void do_wait(struct duellist *d)
{
	int ms = PICK(5, 5, 50, 50, 250, 250, 700, 1500);

	say(d, "wait %d", ms);
	usleep(ms * 1000);
	d->tsval += ms;
}

/*
 * Steps begin at multiples of 16 ms, when a jiffy does: how long each of both
 * families takes must not decide whose timers fire before the next one.
 */
static void await_tick(void)
{
	struct timespec now;

	do
		clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	while (now.tv_nsec / 4000000 % 4);
	do
		clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	while (now.tv_nsec / 4000000 % 4 == 0);
}

/* A timer of more than a quarter second is rounded up by when it is armed. */
static void await_round_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	usleep(2048000 - (now.tv_sec * 1000000LL + now.tv_nsec / 1000) % 2048000);
	await_tick();
}

static void do_step(struct duellist *d)
{
	await_tick();
	/* what timers have sent */
	listen_to(d);
	switch (roll(20)) {
	case 0 ... 6:
		do_data(d);
		break;
	case 7 ... 10:
		do_ack(d);
		break;
	case 11 ... 13:
		do_write(d);
		break;
	case 14 ... 15:
		do_read(d);
		break;
	case 16:
		do_option(d);
		break;
	case 17:
		do_wait(d);
		break;
	case 18:
		if (!roll(3))
			do_odd(d);
		break;
	case 19:
		if (!roll(10))
			say(d, "shutdown: %d", shutdown(d->fd, SHUT_WR));
		break;
	}
	d->tsval++;
}

/* How data are put together for a device is not TCP's business. */
static int no_super_segments(void)
{
	char line[64];

	snprintf(line, sizeof(line), "ip link set %s gso_max_segs 1", loop_dev());
	return run_line(line, NULL);
}

static int begin(struct duellist *d)
{
	int lfd, buffers = PICK(0, 0, 0, 3000, 8000, 30000);
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one) || raw_netns() ||
	    link_mtu(loop_dev(), 1500) || raw_open(&d->raw) ||
	    no_super_segments())
		return -1;
	d->port = own_port();
	d->tstamps = roll(2);
	d->tsval = 1000;
	d->window = 30000;
	d->next = PEER_ISN;
	d->edge = PEER_ISN;
	d->acked = PEER_ISN;
	lfd = sock(0);
	if (lfd < 0 || (buffers && set_int(lfd, SOL_SOCKET, SO_RCVBUF, buffers)) ||
	    bind_to(lfd, SOCKET_IP, d->port) || listen(lfd, 1))
		return -1;
	peer_send(d, SYN, d->next++, 0, 0);
	listen_to(d);
	d->una = d->max;
	peer_send(d, ACK, d->next, d->max, 0);
	listen_to(d);
	d->fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK);
	return d->fd < 0 ? -1 : 0;
}

static void play(struct record *rec, unsigned int seed)
{
	struct duellist d = { .rec = rec };
	int i;

	random_state = seed * 2654435761U + 1;
	await_round_time();
	if (begin(&d)) {
		say(&d, "set-up: %s", strerror(errno));
		return;
	}
	for (i = 0; i < STEPS; i++) {
		do_step(&d);
		listen_to(&d);
		tell(&d);
	}
}

static struct record *play_on(int on, unsigned int seed)
{
	struct record *rec = mmap(NULL, sizeof(*rec), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	if (rec == MAP_FAILED)
		return NULL;
	pid = fork();
	if (!pid) {
		family = on;
		play(rec, seed);
		_exit(rec->lines < STEPS);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status ? rec : NULL;
}

static int first_difference(const struct record *a, const struct record *b)
{
	int i;

	for (i = 0; i < a->lines && i < b->lines; i++)
		if (strcmp(a->line[i], b->line[i]))
			return i;
	return a->lines == b->lines ? -1 : i;
}

/* The last steps before they part, and how each goes on */
static void show(const struct record *a, const struct record *b, int at,
		 int most)
{
	int i, from = at > most ? at - most : 0;

	for (i = from; i < at; i++)
		printf("#       %s\n", a->line[i]);
	for (i = at; i < a->lines && i < at + 6; i++)
		printf("#  TCP  %s\n", a->line[i]);
	for (i = at; i < b->lines && i < at + 6; i++)
		printf("#  XTCP %s\n", b->line[i]);
}

int main(int argc, char **argv)
{
	unsigned int seed = argc > 1 ? atoi(argv[1]) : 1;
	unsigned int n = argc > 2 ? atoi(argv[2]) : 1, i;
	int other = family, good = 0, at;
	struct record *a, *b;

	for (i = 0; i < n; i++, seed++) {
		a = play_on(AF_INET, seed);
		b = play_on(other, seed);
		if (!a || !b) {
			printf("# no duel with seed %u\n", seed);
			return 1;
		}
		at = first_difference(a, b);
		if (at >= 0) {
			printf("# seed %u, line %d of %d\n", seed, at, a->lines);
			show(a, b, at, n == 1 ? LINES : 24);
		}
		good += at < 0;
		munmap(a, sizeof(*a));
		munmap(b, sizeof(*b));
	}
	printf("%d of %u duels were draws\n", good, n);
	return good == (int)n ? 0 : 1;
}
