// SPDX-License-Identifier: GPL-2.0
/*
 * The same segments at random, and the same calls between them, for a socket
 * of the kernel's TCP and for one of XTCP: both must answer with the same
 * segments, and tell the same of themselves.
 *
 *	duel [FIRST [NUMBER]]	this seed, and so many from there on
 *
 * It wants a clock that counts instructions (scripts/interop): then nothing
 * happens but by what is done here.  Each step has its time, the same on both
 * sides to the microsecond and in the midst of a tick, so that timers fire between
 * the same steps.  What still depends on how many instructions a stack takes is
 * the last microseconds of a round trip, and with them, now and then, the tick to
 * which a timeout is rounded.  So where both part they play again, with each step
 * some microseconds sooner or later: it is a draw if XTCP did, once, what TCP did
 * once, and a difference if nothing that TCP does so is what XTCP does.
 *
 * Both have Reno, as CUBIC is not the same on both sides, and buffers that are seldom
 * full, as of those one side holds a segment more than the other (README).
 */
#include <sched.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

#include "segtext.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

#define STEPS		60
#define LINES		1200
#define LINE		200
#define BLOCKS		3
#define ROOM		35000	/* in a send buffer, sure to be free of the least */
#define TRIES		8	/* how often each side plays, at most */
#define USEC		1000LL	/* in ns */
#define MSEC		1000000LL
#define TICK		(4 * MSEC)	/* HZ is 250 */
#define STEP		(4 * TICK)
#define SETTLE		(MSEC + 300 * USEC)	/* longer than an ACK waits for others */
#define JITTER		40	/* by so much is a step moved in other tries, in us */
#define PEER_ISN	0xfffff000u	/* so that numbers wrap */

/* What one side said and did */
struct record {
	int lines;
	bool late;		/* a step was: it proves nothing */
	char line[LINES][LINE];
};

struct duellist {
	struct record *rec;
	struct raw raw;
	unsigned int port;
	int fd;
	long long due;		/* the step, CLOCK_MONOTONIC in ns */
	bool tstamps, sack;
	int wscale;		/* of the peer, -1: none */
	unsigned int shift;	/* the socket's */
	struct {
		__u32 start, end;
	} block[BLOCKS];	/* what the peer has of the socket's data, newest first */
	int blocks;
	__u32 isn;		/* of the socket */
	__u32 next;		/* what the peer would send next */
	__u32 acked;		/* what the socket has acknowledged */
	__u32 edge;		/* of the window that the socket offers */
	__u32 una, max;		/* of the socket: acknowledged, and sent */
	__u32 tsval, echo;	/* the peer's clock, and the socket's last */
	unsigned int window;
};

static unsigned int random_state;
static unsigned int jitter_state;	/* 0: this try has none */

static unsigned int roll(unsigned int n)
{
	random_state = random_state * 1103515245 + 12345;
	return (random_state >> 8) % n;
}

/* By how much the next step is moved, in ns */
static unsigned int jitter_below(unsigned int n)
{
	if (!jitter_state)
		return n / 2;
	jitter_state = jitter_state * 1103515245 + 12345;
	return (jitter_state >> 8 & 0xffff) * n / 0x10000;
}

static long long jitter(void)
{
	return ((int)jitter_below(2 * JITTER + 1) - JITTER) * USEC;
}

/* What takes longer than a quarter of a second fires up to an eighth of it later. */
static long long wait_jitter(int ms)
{
	return ms < 500 ? 0 : ((int)jitter_below(ms / 128 + 1) - ms / 256) * TICK;
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

static __u32 get32(const unsigned char *p)
{
	return (__u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void add_option(struct segment *s, const char *bytes, unsigned int len)
{
	memcpy(s->options + s->option_len, bytes, len);
	s->option_len += len;
}

static void add_blocks(struct duellist *d, struct segment *s)
{
	unsigned char *p;
	int i;

	if (!d->blocks)
		return;
	add_option(s, (char []){ 1, 1, 5, 2 + 8 * d->blocks }, 4);
	for (i = 0; i < d->blocks; i++) {
		p = s->options + s->option_len;
		put32(p, d->block[i].start);
		put32(p + 4, d->block[i].end);
		s->option_len += 8;
		say(d, "  sack %u %u", d->block[i].start - d->isn,
		    d->block[i].end - d->isn);
	}
}

/* What is acknowledged needs no block. */
static void drop_blocks(struct duellist *d)
{
	int i, n = 0;

	for (i = 0; i < d->blocks; i++) {
		if ((__s32)(d->block[i].end - d->una) > 0)
			d->block[n++] = d->block[i];
	}
	d->blocks = n;
}

static void add_syn_options(const struct duellist *d, struct segment *s)
{
	add_option(s, "\2\4\5\264", 4);
	if (d->sack)
		add_option(s, "\1\1\4\2", 4);
	if (d->wscale >= 0)
		add_option(s, (char []){ 1, 3, 3, d->wscale }, 4);
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
	if (flags & SYN)
		add_syn_options(d, &s);
	if (d->tstamps)
		add_timestamps(d, &s);
	drop_blocks(d);
	if (flags & ACK && !(flags & SYN))
		add_blocks(d, &s);
	say(d, "< %s%s%s%s %u ack %u win %u len %u", flags & SYN ? "S" : "",
	    flags & FIN ? "F" : "", flags & RST ? "R" : "",
	    flags & PSH ? "P" : "", seq - PEER_ISN, flags & ACK ? ack - d->isn : 0, d->window,
	    len);
	if (raw_send(&d->raw, &s))
		say(d, "send: %s", strerror(errno));
}

/* The shift of a SYN-ACK, 0: none */
static unsigned int shift_of(const struct segment *s)
{
	unsigned int at;

	for (at = 0; at + 2 < s->option_len; at += s->options[at] == 1 ? 1 : s->options[at + 1]) {
		if (s->options[at] == 3)
			return s->options[at + 2];
	}
	return 0;
}

/* The options but for the timestamps' values, as text */
static const char *options_of(const struct segment *s)
{
	static char text[120];
	unsigned int at = 0, n = 0, len, i;

	text[0] = 0;
	while (at < s->option_len) {
		len = s->options[at] <= 1 ? 1 : s->options[at + 1];
		n += sprintf(text + n, " %u", s->options[at]);
		for (i = at + 2; s->options[at] == 3 && i < at + len; i++)
			n += sprintf(text + n, ":%u", s->options[i]);
		for (i = at + 2; s->options[at] == 5 && i + 4 <= at + len; i += 4)
			n += sprintf(text + n, ":%u", get32(s->options + i) - PEER_ISN);
		at += len ?: 1;
	}
	return text;
}

static void socket_sent(struct duellist *d, const struct segment *s)
{
	__u32 end = s->seq + s->len + !!(s->flags & SYN) + !!(s->flags & FIN);
	unsigned int shift = s->flags & SYN ? 0 : d->shift;
	__u32 val = 0, echo = 0;

	if (s->flags & SYN && !d->isn) {
		d->isn = s->seq;
		d->shift = shift_of(s);
	}
	if (segtext_timestamp(s, &val, &echo))
		d->echo = val;
	if (s->flags & ACK && (__s32)(s->ack - d->acked) > 0)
		d->acked = s->ack;
	if (s->flags & ACK && (__s32)(s->ack + (s->window << shift) - d->edge) > 0)
		d->edge = s->ack + (s->window << shift);
	if ((__s32)(d->acked - d->next) > 0)
		d->next = d->acked;
	if (!(s->flags & RST) && (!d->max || (__s32)(end - d->max) > 0))
		d->max = end;
	say(d, "> %s%s%s%s %u ack %u win %u len %u echo %u options%s%s",
	    s->flags & SYN ? "S" : "", s->flags & FIN ? "F" : "",
	    s->flags & RST ? "R" : "", s->flags & PSH ? "P" : "",
	    s->seq - d->isn, s->flags & ACK ? s->ack - PEER_ISN : 0, s->window,
	    s->len, echo, options_of(s), s->good ? "" : " bad checksum");
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

/*
 * What was SACKed weighs less in TCP's send buffer, as it is put together (README): such
 * a buffer shall not be full.
 */
static bool may_write(const struct duellist *d, int n)
{
	int waits = 0;

	return !d->sack || (!ioctl(d->fd, SIOCOUTQ, &waits) && waits + n <= ROOM);
}

static void do_write(struct duellist *d)
{
	static char buf[70000];
	int n = PICK(1, 1, 10, 100, 500, 1460, 1461, 3000, 10000, 30000, 60000);
	int more = roll(8) ? 0 : MSG_MORE;
	ssize_t ret;

	if (!may_write(d, n))
		return;
	ret = send(d->fd, buf, n, MSG_NOSIGNAL | MSG_DONTWAIT | more);
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
		{ "rcvbuf", SOL_SOCKET, SO_RCVBUF, { 20000, 40000, 80000 } },
		{ "sndbuf", SOL_SOCKET, SO_SNDBUF, { 3000, 10000, 40000 } },
		{ "rcvlowat", SOL_SOCKET, SO_RCVLOWAT, { 1, 1000, 5000 } },
		{ "clamp", IPPROTO_TCP, TCP_WINDOW_CLAMP, { 2000, 9000, 60000 } },
	};
	int i = roll(ARRAY_SIZE(options));
	int val = options[i].values[roll(3)];

	if (d->sack && options[i].opt == SO_SNDBUF && options[i].level == SOL_SOCKET)
		return;
	say(d, "%s %d: %d", options[i].name, val,
	    set_int(d->fd, options[i].level, options[i].opt, val));
}

/* -- what the peer does -- */

static void do_data(struct duellist *d)
{
	unsigned int len = PICK(1, 1, 10, 100, 500, 536, 1000, 1000, 1448, 1460);
	unsigned int flags = ACK | (roll(3) ? PSH : 0);
	__u32 seq = d->next;

	switch (roll(12)) {
	case 0:
	case 1:
		seq += PICK(1, 10, 1000, 3000, 100000);
		break;
	case 2:
		seq -= PICK(1, 10, 1000);
		break;
	case 3:
		seq = d->acked;
		break;
	case 4:
		if (!roll(4))
			seq = d->edge - PICK(0, 1, 500, 1000);
		break;
	}
	if (!roll(40))
		flags |= FIN;
	/* What a packet has room for */
	if (d->tstamps && len > 1400)
		len = d->blocks ? 1400 : 1448;
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

/* Of what the socket has sent and not been told of, some segments came. */
static void do_sack(struct duellist *d)
{
	int mss = d->tstamps ? 1448 : 1460;
	int n = (int)(d->max - d->una) / mss, from, segs;
	__u32 start, end;

	if (!d->sack || n < 1) {
		do_ack(d);
		return;
	}
	from = roll(n);
	segs = 1 + roll(n - from);
	start = d->una + (from + !!roll(4)) * mss;
	end = start + segs * mss;
	if ((__s32)(end - d->max) > 0)
		end = d->max;
	/* Seldom it is what came twice (RFC 2883). */
	if (!roll(8)) {
		end = d->una - roll(2) * mss;
		start = end - mss;
	}
	if ((__s32)(end - start) <= 0)
		return;
	memmove(d->block + 1, d->block, (BLOCKS - 1) * sizeof(d->block[0]));
	d->block[0].start = start;
	d->block[0].end = end;
	if (d->blocks < BLOCKS)
		d->blocks++;
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

/* -- time -- */

static long long now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000 * MSEC + t.tv_nsec;
}

static void sleep_until(long long due)
{
	struct timespec t = { due / (1000 * MSEC), due % (1000 * MSEC) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
		;
}

/* A tick that is just over */
static long long await_tick(void)
{
	long long last = now_ns(CLOCK_MONOTONIC_COARSE), now;

	do
		now = now_ns(CLOCK_MONOTONIC_COARSE);
	while (now == last);
	return now;
}

/*
 * The first step: a timer of more than a quarter of a second is rounded up by when
 * it is armed, so both sides begin at the same remainder.
 */
static void begin_time(struct duellist *d)
{
	long long tick, first;

	prctl(PR_SET_TIMERSLACK, 1);
	tick = await_tick();
	first = (tick / (512 * TICK) + 1) * 512 * TICK + tick % TICK;
	d->due = first - STEP;
}

/*
 * In the first half of a tick, and not where a millisecond begins.  What is over by
 * then, timers have sent, is heard of in the tick before.
 */
static void await_step(struct duellist *d)
{
	long long at;

	d->due += STEP;
	at = d->due + MSEC;
	at += MSEC / 4 + roll(500) * USEC - at % MSEC + jitter();
	sleep_until(at - TICK);
	listen_to(d);
	if (now_ns(CLOCK_MONOTONIC) > at)
		d->rec->late = true;
	sleep_until(at);
}

/* It was over before the next tick? */
static void step_done(struct duellist *d)
{
	sleep_until(now_ns(CLOCK_MONOTONIC) + SETTLE);
	if (now_ns(CLOCK_MONOTONIC) > d->due + TICK)
		d->rec->late = true;
}

static void do_wait(struct duellist *d)
{
	int ms = PICK(8, 8, 48, 48, 248, 248, 700, 1500);

	say(d, "wait %d", ms);
	d->due += ms * MSEC + wait_jitter(ms);
	d->tsval += ms;
}

static void do_step(struct duellist *d)
{
	await_step(d);
	switch (roll(20)) {
	case 0 ... 6:
		do_data(d);
		break;
	case 7 ... 8:
		do_ack(d);
		break;
	case 9 ... 10:
		do_sack(d);
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
	step_done(d);
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
	int lfd, buffers = PICK(0, 0, 0, 20000, 40000, 80000);
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one) || raw_netns() ||
	    link_mtu(loop_dev(), 1500) || raw_open(&d->raw) ||
	    no_super_segments() ||
	    sysctl_set("ipv4/tcp_congestion_control", "reno") ||
	    (!native() && sysctl_set("xtcp/timewait_msecs", "60000")))
		return -1;
	d->port = own_port();
	d->tstamps = roll(2);
	d->sack = roll(2);
	d->wscale = PICK(-1, 0, 2, 7);
	d->tsval = 1000;
	d->window = 30000;
	d->next = PEER_ISN;
	d->edge = PEER_ISN;
	d->acked = PEER_ISN;
	lfd = sock(0);
	if (lfd < 0 || (buffers && set_int(lfd, SOL_SOCKET, SO_RCVBUF, buffers)) ||
	    bind_to(lfd, SOCKET_IP, d->port) || listen(lfd, 1))
		return -1;
	begin_time(d);
	await_step(d);
	peer_send(d, SYN, d->next++, 0, 0);
	step_done(d);
	listen_to(d);
	d->una = d->max;
	await_step(d);
	peer_send(d, ACK, d->next, d->max, 0);
	step_done(d);
	listen_to(d);
	d->fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK);
	return d->fd < 0 ? -1 : 0;
}

static void play(struct record *rec, unsigned int seed, unsigned int try)
{
	struct duellist d = { .rec = rec };
	int i;

	mlockall(MCL_CURRENT | MCL_FUTURE);
	random_state = seed * 2654435761U + 1;
	jitter_state = try * 2246822519U;
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

/* NULL: there was none, or the machine was too slow for it. */
static struct record *play_on(int on, unsigned int seed, unsigned int try)
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
		play(rec, seed, try);
		_exit(rec->lines < STEPS);
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid && !status && !rec->late)
		return rec;
	munmap(rec, sizeof(*rec));
	return NULL;
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

/* What both sides did in all tries */
struct duel {
	unsigned int seed, tries;
	struct record *tcp[TRIES], *xtcp[TRIES];
	int at;			/* where those that agree longest part; -1: a draw */
	struct record *a, *b;
};

static void compare(struct duel *duel, struct record *a, struct record *b)
{
	int at;

	if (!a || !b || (duel->a && duel->at < 0))
		return;
	at = first_difference(a, b);
	if (duel->a && at >= 0 && at <= duel->at)
		return;
	duel->at = at;
	duel->a = a;
	duel->b = b;
}

/* Once more, and against all that the other side did */
static void try_again(struct duel *duel, int other)
{
	unsigned int n = duel->tries++, i;

	duel->tcp[n] = play_on(AF_INET, duel->seed, n);
	duel->xtcp[n] = play_on(other, duel->seed, n);
	for (i = 0; i <= n; i++)
		compare(duel, duel->tcp[i], duel->xtcp[n]);
	for (i = 0; i < n; i++)
		compare(duel, duel->tcp[n], duel->xtcp[i]);
}

static void forget(struct duel *duel)
{
	unsigned int i;

	for (i = 0; i < duel->tries; i++) {
		if (duel->tcp[i])
			munmap(duel->tcp[i], sizeof(struct record));
		if (duel->xtcp[i])
			munmap(duel->xtcp[i], sizeof(struct record));
	}
}

int main(int argc, char **argv)
{
	unsigned int seed = argc > 1 ? atoi(argv[1]) : 1;
	unsigned int n = argc > 2 ? atoi(argv[2]) : 1, i;
	unsigned int good = 0, again = 0;
	int other = family;

	setlinebuf(stdout);
	for (i = 0; i < n; i++, seed++) {
		struct duel duel = { .seed = seed };

		while (duel.tries < TRIES && (!duel.a || duel.at >= 0))
			try_again(&duel, other);
		again += duel.tries > 1;
		if (!duel.a) {
			printf("# no duel with seed %u\n", seed);
			return 1;
		}
		if (duel.at >= 0) {
			printf("# seed %u, line %d of %d\n", seed, duel.at,
			       duel.a->lines);
			show(duel.a, duel.b, duel.at, n == 1 ? LINES : 24);
		}
		good += duel.at < 0;
		forget(&duel);
		if (i % 10 == 9)
			printf("# seed %u: %u of %u were draws\n", seed, good, i + 1);
	}
	printf("%u of %u duels were draws, %u had to be played again\n", good, n, again);
	return good == n ? 0 : 1;
}
