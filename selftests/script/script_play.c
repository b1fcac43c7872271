// SPDX-License-Identifier: GPL-2.0
/* The player of packet scripts: see script_play.h. */
#include <sched.h>
#include <stdarg.h>

#include <linux/version.h>

#include "script_holdup.h"
#include "script_play.h"
#include "segtext.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define PEERS		12
#define SEEN		64
#define COUNTS		32
#define PEER_ISN	0xffffff00u	/* so that numbers wrap */
#define MSEC		1000000LL	/* in ns */
#define LATE		2		/* in ms, where it is not said */

/* When a copy of a segment may come from a timer: these are shorter, in ms. */
#define SYN_TIMER	900
#define DATA_TIMER	150

struct seen {
	unsigned int flags, len;
	__u32 seq;
	long long when;
};

/* A client, or server, made of segments */
struct peer {
	const char *name;
	struct raw raw;
	__u32 isn;		/* of the socket's side */
	bool known;
	__u32 tsval, first;	/* timestamps received */
	struct seen seen[SEEN];
	unsigned int n_seen;
};

struct player {
	const struct script *script;
	const char *line;
	unsigned int port;	/* of the socket */
	int lfd, fd;
	struct peer peers[PEERS];
	struct peer *peer;
	int kmsg;
	__u32 start;		/* in ms */
	long long data_sent[2];	/* by a peer, the last and the one before, in ms */
	bool paused;		/* an idle gap, as the socket must see it */
	long long base;		/* what times count from, in ns */
	long long earliest;	/* the same, by the kernel's last tick */
	long long acted;	/* when it last did something, unless a segment came since */
	bool timed;		/* the step: it has a time, in ms from there */
	int due, latest;
	bool late;		/* the test was, and timers may have been first */
	bool held;		/* its queue holds segments */
	struct {
		char name[32];
		long start;
	} counts[COUNTS];
	int n_counts;
};

static int __attribute__((format(printf, 2, 3)))
complain(const struct player *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# %s: ", p->line);
	vprintf(format, args);
	printf("\n");
	va_end(args);
	return -1;
}

static int step(const struct player *p, long ret, const char *what)
{
	return ret < 0 ? complain(p, "%s: %s", what, strerror(errno)) : 0;
}

/* -- time -- */

bool script_counts_instructions(void)
{
	return getenv("XTCP_TEST_ICOUNT");
}

static long long read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000 * MSEC + t.tv_nsec;
}

/*
 * Times count from now on.  What is done in a row is done at once, or else the
 * first of it has started a timer long ago.
 */
static void begin_time(struct player *p)
{
	p->base = read_clock(CLOCK_REALTIME);
	p->earliest = read_clock(CLOCK_REALTIME_COARSE);
	p->late |= p->acted && p->base - p->acted > LATE * MSEC;
	p->acted = p->base;
	script_holdup_step(p->base / MSEC);
}

/* Take the time off @line, if it begins with one. */
static const char *take_time(struct player *p, const char *line)
{
	int at = 0;

	p->timed = true;
	if (sscanf(line, "+%d..%dms %n", &p->due, &p->latest, &at) == 2 && at)
		return line + at;
	if (sscanf(line, "+%dms %n", &p->due, &at) == 1 && at) {
		p->latest = p->due + LATE;
		return line + at;
	}
	p->timed = false;
	return line;
}

static void wait_until(long long due)
{
	struct timespec t = { due / (1000 * MSEC), due % (1000 * MSEC) };

	while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL))
		;
}

/*
 * A segment that was due left at @when.  A timer of the kernel's is never early
 * by its ticks, but on a busy machine a tick is late, and what is armed meanwhile
 * counts from the one before.  So there the time is added up from that of the tick,
 * as long as the test itself was in time.
 */
static int judge_time(struct player *p, long long when)
{
	bool exact = script_counts_instructions();
	double after = (when - p->base) / (double)MSEC;

	p->earliest += p->due * MSEC;
	if (exact ? after < p->due : !p->late && when < p->earliest)
		return complain(p, "too early: after %.3f ms", after);
	if (exact && after > p->latest)
		return complain(p, "too late: after %.3f ms", after);
	p->base = when;
	return 0;
}

/* -- segments -- */

static struct origin peer_sends(const struct player *p)
{
	return (struct origin){ PEER_ISN, p->peer->known ? p->peer->isn : 0,
				p->peer->tsval, p->peer->first };
}

static struct origin peer_gets(const struct player *p)
{
	return (struct origin){ p->peer->known ? p->peer->isn : 0, PEER_ISN };
}

static int do_send(struct player *p, const char *args)
{
	struct origin from = peer_sends(p);
	unsigned char buf[4096];
	struct segtext st;
	size_t len;

	if (segtext_parse(args, &from, &st) || segtext_options(&st, &from))
		return complain(p, "not understood");
	st.s.sport = p->peer->raw.port;
	st.s.dport = p->port;
	if (!st.window)
		st.s.window = 30000;
	if (st.s.len) {
		p->paused |= p->data_sent[0] &&
			     now_ms() - p->data_sent[0] >= DATA_TIMER;
		p->data_sent[1] = p->data_sent[0];
		p->data_sent[0] = now_ms();
	}
	len = raw_build(&st.s, buf);
	return step(p, raw_send_bytes(&p->peer->raw, buf, len), "send");
}

/* Is @s a copy that a timer may have sent?  Else note it. */
static bool excused(struct peer *peer, const struct segment *s)
{
	unsigned int flags = s->flags & (SYN | FIN);
	long long now = now_ms();
	unsigned int i;

	if (s->flags & RST || (!flags && !s->len))
		return false;
	for (i = 0; i < peer->n_seen; i++) {
		const struct seen *old = &peer->seen[i];

		if (old->seq == s->seq && old->len == s->len &&
		    old->flags == flags)
			return now - old->when >=
			       (flags & SYN ? SYN_TIMER : DATA_TIMER);
	}
	if (peer->n_seen < SEEN)
		peer->seen[peer->n_seen++] = (struct seen){
			flags, s->len, s->seq, now,
		};
	return false;
}

static void note(struct peer *peer, const struct segment *s)
{
	__u32 echo;

	if (s->flags & SYN && !peer->known) {
		peer->isn = s->seq;
		peer->known = true;
	}
	if (segtext_timestamp(s, &peer->tsval, &echo) && !peer->first)
		peer->first = peer->tsval;
}

static int do_expect(struct player *p, const char *args)
{
	struct origin from;
	struct segtext st;
	struct segment s;
	const char *what;
	bool late;

	do {
		if (raw_recv(&p->peer->raw, &s, PATIENCE))
			return complain(p, "nothing came");
		note(p->peer, &s);
		from = peer_gets(p);
		late = excused(p->peer, &s);
		if (segtext_parse(args, &from, &st))
			return complain(p, "not understood");
		what = segtext_differs(&st, &s, &from);
	} while (what && late);
	if (what)
		return complain(p, "%s: %s", what, segtext_of(&s, &from));
	p->acted = 0;
	return p->timed ? judge_time(p, s.when) : 0;
}

/*
 * Packets keep their order on the device, and this process stays on one
 * processor: what answers a SYN for port 1, where nobody listens, comes after
 * all answers to what was sent before.
 */
static int probe_send(struct player *p)
{
	struct segment probe = {
		.sport = p->peer->raw.port, .dport = 1, .flags = SYN,
		.seq = 77, .window = 1000,
	};

	return step(p, raw_send(&p->peer->raw, &probe), "probe");
}

/* Nothing else comes before the answer. */
static int probe_answered(struct player *p)
{
	struct segment s;
	struct origin from;

	for (;;) {
		if (raw_recv(&p->peer->raw, &s, PATIENCE))
			return complain(p, "the probe was not answered");
		if (s.sport == 1 && s.flags == (RST | ACK) && s.ack == 78)
			return 0;
		note(p->peer, &s);
		from = peer_gets(p);
		if (!excused(p->peer, &s))
			return complain(p, "unexpected: %s",
					segtext_of(&s, &from));
	}
}

static int do_silent(struct player *p, const char *args)
{
	return probe_send(p) ?: probe_answered(p);
}

static int do_prompt(struct player *p, const char *args)
{
	return probe_send(p) ?: do_expect(p, args) ?: probe_answered(p);
}

static int do_skip(struct player *p, const char *args)
{
	struct segment s = { };

	if (probe_send(p))
		return -1;
	while (s.sport != 1) {
		if (raw_recv(&p->peer->raw, &s, PATIENCE))
			return complain(p, "the probe was not answered");
	}
	return 0;
}

static int do_icmp(struct player *p, const char *args)
{
	int type, code, seq;

	if (sscanf(args, "%d %d %d", &type, &code, &seq) != 3)
		return complain(p, "not understood");
	return step(p, raw_send_icmp(&p->peer->raw, type, code, p->port,
				     p->peer->isn + seq), "send");
}

/* E-49: the budget of a second is 1. */
static int do_rationed(struct player *p, const char *args)
{
	long before = counter("TCPChallengeACK"), acks;
	long long start = now_ms();
	struct segment s;
	int n = 0, at = 0, i;

	if (sscanf(args, "%d %n", &n, &at) != 1)
		return complain(p, "not understood");
	for (i = 0; i < n; i++) {
		if (do_send(p, args + at))
			return -1;
	}
	acks = counter("TCPChallengeACK") - before;
	if (acks > (now_ms() - start) / 1000 + 2)
		return complain(p, "%ld challenge ACKs", acks);
	for (i = 0; i < acks; i++) {
		if (raw_recv(&p->peer->raw, &s, PATIENCE) || s.flags != ACK)
			return complain(p, "only %d came", i);
	}
	return do_silent(p, "");
}

static int do_forget(struct player *p, const char *args)
{
	p->peer->known = false;
	p->peer->n_seen = 0;
	return 0;
}

static int do_port(struct player *p, const char *args)
{
	p->port = own_port();
	p->lfd = -1;
	p->fd = -1;
	return 0;
}

static int do_peer(struct player *p, const char *args)
{
	struct peer *peer = p->peers;

	while (peer < p->peers + PEERS && peer->name &&
	       strcmp(peer->name, args))
		peer++;
	if (peer == p->peers + PEERS)
		return complain(p, "too many peers");
	p->peer = peer;
	if (peer->name)
		return 0;
	peer->name = strdup(args);
	return step(p, raw_open(&peer->raw), "packet socket");
}

/* -- the socket -- */

static const struct {
	const char *name;
	int level, opt;
} options[] = {
	{ "maxseg", IPPROTO_TCP, TCP_MAXSEG },
	{ "defer", IPPROTO_TCP, TCP_DEFER_ACCEPT },
	{ "syncnt", IPPROTO_TCP, TCP_SYNCNT },
	{ "keepidle", IPPROTO_TCP, TCP_KEEPIDLE },
	{ "keepintvl", IPPROTO_TCP, TCP_KEEPINTVL },
	{ "keepcnt", IPPROTO_TCP, TCP_KEEPCNT },
	{ "quickack", IPPROTO_TCP, TCP_QUICKACK },
	{ "nodelay", IPPROTO_TCP, TCP_NODELAY },
	{ "cork", IPPROTO_TCP, TCP_CORK },
	{ "clamp", IPPROTO_TCP, TCP_WINDOW_CLAMP },
	{ "linger2", IPPROTO_TCP, TCP_LINGER2 },
	{ "user_timeout", IPPROTO_TCP, TCP_USER_TIMEOUT },
	{ "thin_linear", IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS },
	{ "keepalive", SOL_SOCKET, SO_KEEPALIVE },
	{ "maxrate", SOL_SOCKET, SO_MAX_PACING_RATE },
	{ "reuseaddr", SOL_SOCKET, SO_REUSEADDR },
	{ "rcvbuf", SOL_SOCKET, SO_RCVBUF },
	{ "txrehash", SOL_SOCKET, SO_TXREHASH },
	{ "rcvlowat", SOL_SOCKET, SO_RCVLOWAT },
	{ "tos", IPPROTO_IP, IP_TOS },
	{ "ttl", IPPROTO_IP, IP_TTL },
	{ "minttl", IPPROTO_IP, IP_MINTTL },
	{ "ip_options", IPPROTO_IP, IP_OPTIONS },
};

static int in_hand(const struct player *p)
{
	return p->fd >= 0 ? p->fd : p->lfd;
}

static int socket_in_hand(struct player *p)
{
	if (in_hand(p) < 0)
		p->fd = sock(SOCK_NONBLOCK);
	return in_hand(p);
}

static int option_named(const char *args, int *val)
{
	char name[32];
	int i;

	if (sscanf(args, "%31s %i", name, val) != 2)
		return -1;
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		if (!strcmp(options[i].name, name))
			return i;
	}
	return -1;
}

static int do_option(struct player *p, const char *args)
{
	int fd = socket_in_hand(p);
	int val, i = option_named(args, &val);

	if (i < 0)
		return complain(p, "no such option");
	return step(p, set_int(fd, options[i].level, options[i].opt, val),
		    "setsockopt");
}

static int do_cong(struct player *p, const char *args)
{
	return step(p, setsockopt(socket_in_hand(p), IPPROTO_TCP, TCP_CONGESTION, args,
				  strlen(args)), "setsockopt");
}

static int do_cong_is(struct player *p, const char *args)
{
	char got[32] = "";
	socklen_t len = sizeof(got) - 1;

	if (getsockopt(in_hand(p), IPPROTO_TCP, TCP_CONGESTION, got, &len))
		return step(p, -1, "getsockopt");
	return strcmp(got, args) ? complain(p, "it is %s", got) : 0;
}

static int do_option_is(struct player *p, const char *args)
{
	int want, got, i = option_named(args, &want);

	if (i < 0)
		return complain(p, "no such option");
	got = get_int(in_hand(p), options[i].level, options[i].opt);
	return got == want ? 0 : complain(p, "it is %d", got);
}

static int do_listen(struct player *p, const char *args)
{
	if (p->lfd < 0) {
		p->lfd = socket_in_hand(p);
		p->fd = -1;
		if (bind_to(p->lfd, strstr(args, "any") ? "0.0.0.0" : SOCKET_IP,
			    p->port))
			return step(p, -1, "bind");
	}
	return step(p, listen(p->lfd, atoi(args)), "listen");
}

static const char *error_of(long ret)
{
	return ret < 0 ? strerrorname_np(errno) : "0";
}

static int do_connect(struct player *p, const char *args)
{
	const char *want = *args ? args : "EINPROGRESS", *got;
	bool fresh = p->fd < 0;

	if (fresh || port_of(p->fd) != p->port) {
		socket_in_hand(p);
		if (bind_to(p->fd, SOCKET_IP, p->port))
			return step(p, -1, "bind");
	}
	got = error_of(connect_to(p->fd, RAW_IP, p->peer->raw.port));
	return strcmp(want, got) ? complain(p, "%s", got) : 0;
}

static int do_accept(struct player *p, const char *args)
{
	bool none = !strcmp(args, "none");

	if (!none && !wait_for(p->lfd, POLLIN))
		return complain(p, "none came");
	if (none && mask_of(p->lfd))
		return complain(p, "readable");
	p->fd = accept4(p->lfd, NULL, NULL, SOCK_NONBLOCK);
	if (none)
		return p->fd < 0 && errno == EAGAIN ? 0 :
			complain(p, "accepted one");
	if (p->fd < 0)
		return step(p, -1, "accept");
	if (peer_port_of(p->fd) != p->peer->raw.port)
		return complain(p, "it is another's");
	return 0;
}

static int do_write(struct player *p, const char *args)
{
	static char buf[70000];
	int more = strstr(args, " more") ? MSG_MORE : 0;
	int len = atoi(args);
	ssize_t n = send(p->fd, buf, len, MSG_NOSIGNAL | more);

	return n == len ? 0 : complain(p, "sent %zd", n);
}

/* What the peer sends has no meaning then. */
static int recv_bytes(struct player *p, int len)
{
	static char buf[70000];
	ssize_t n;

	wait_for(p->fd, POLLIN);
	n = recv(p->fd, buf, len, 0);
	return n == len ? 0 : complain(p, "%zd %s", n, error_of(n));
}

static int do_recv(struct player *p, const char *args)
{
	char want[128] = "", buf[128] = "";
	ssize_t n;

	if (sscanf(args, "\"%127[^\"]", want) == 1) {
		wait_for(p->fd, POLLIN);
		n = recv(p->fd, buf, strlen(want), 0);
		return n == strlen(want) && !memcmp(want, buf, n) ? 0 :
			complain(p, "%zd \"%s\"", n, buf);
	}
	if (*args >= '0' && *args <= '9')
		return recv_bytes(p, atoi(args));
	if (!strcmp(args, "eof")) {
		wait_for(p->fd, POLLRDHUP);
		n = recv(p->fd, buf, 1, 0);
		return n ? complain(p, "%zd %s", n, error_of(n)) : 0;
	}
	if (strcmp(args, "EAGAIN"))
		wait_for(p->fd, POLLIN | POLLERR);
	n = recv(p->fd, buf, 1, 0);
	return strcmp(args, error_of(n)) ? complain(p, "%zd %s", n, error_of(n)) :
					   0;
}

static int do_shut(struct player *p, const char *args)
{
	bool listens = !strcmp(args, "listener");

	return step(p, listens ? shutdown(p->lfd, SHUT_RD) :
				 shutdown(p->fd, SHUT_WR), "shutdown");
}

static int do_close(struct player *p, const char *args)
{
	int fd = p->fd;

	p->fd = -1;
	return step(p, close(fd), "close");
}

static int do_abort(struct player *p, const char *args)
{
	int fd = p->fd;

	p->fd = -1;
	return step(p, reset_by(fd), "abort");
}

static int do_unspec(struct player *p, const char *args)
{
	return step(p, unspec(p->fd), "connect");
}

static int do_deaf(struct player *p, const char *args)
{
	int fd = p->lfd;

	p->lfd = -1;
	return step(p, close(fd), "close");
}

/* -- what can be seen -- */

static int do_state(struct player *p, const char *args)
{
	static const char * const names[] = {
		"none", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1",
		"FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK",
		"LISTEN", "CLOSING",
	};
	int port = p->peer->raw.port;
	int want = 0, got;

	while (want < ARRAY_SIZE(names) && strcmp(names[want], args))
		want++;
	if (want == ARRAY_SIZE(names))
		return complain(p, "no such state");
	if (want == ST_LISTEN)
		port = 0;
	if (WAIT_FOR(state_of(p->port, port) == want))
		return 0;
	got = state_of(p->port, port);
	return complain(p, "it is %s", names[got]);
}

static int do_row(struct player *p, const char *args)
{
	long want, got = -1;
	struct row row;
	char name[32];

	if (sscanf(args, "%31s %ld", name, &want) != 2)
		return complain(p, "not understood");
	if (row_find(p->port, p->peer->raw.port, &row) != 1)
		return complain(p, "there is none");
	if (!strcmp(name, "timer"))
		got = row.timer;
	else if (!strcmp(name, "retrans"))
		got = row.retrans;
	else if (!strcmp(name, "inode"))
		got = row.inode;
	return got == want ? 0 : complain(p, "it is %ld", got);
}

static int do_error(struct player *p, const char *args)
{
	int err = sock_error(in_hand(p));
	const char *got = err ? strerrorname_np(err) : "0";

	return strcmp(args, got) ? complain(p, "it is %s", got) : 0;
}

struct info_name {
	const char *name;
	long value;
};

/* A field of TCP_INFO by its name, -1: there is none */
static long info_field(int fd, const char *name)
{
	struct tcp_info info = { };
	socklen_t len = sizeof(info);
	size_t i;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return -1;
	const struct info_name fields[] = {
		{ "rto", info.tcpi_rto },
		{ "unacked", info.tcpi_unacked },
		{ "sacked", info.tcpi_sacked },
		{ "lost", info.tcpi_lost },
		{ "retrans", info.tcpi_retrans },
		{ "notsent", info.tcpi_notsent_bytes },
		{ "probes", info.tcpi_probes },
		{ "retransmits", info.tcpi_retransmits },
		{ "cwnd", info.tcpi_snd_cwnd },
		{ "ssthresh", info.tcpi_snd_ssthresh },
		{ "ca_state", info.tcpi_ca_state },
		{ "reordering", info.tcpi_reordering },
		{ "reord_seen", info.tcpi_reord_seen },
		{ "dsack_dups", info.tcpi_dsack_dups },
		{ "delivered", info.tcpi_delivered },
		{ "snd_mss", info.tcpi_snd_mss },
		{ "snd_wscale", info.tcpi_snd_wscale },
		{ "rcv_wscale", info.tcpi_rcv_wscale },
		{ "timestamps", !!(info.tcpi_options & TCPI_OPT_TIMESTAMPS) },
		{ "sack", !!(info.tcpi_options & TCPI_OPT_SACK) },
		{ "wscale", !!(info.tcpi_options & TCPI_OPT_WSCALE) },
		{ "ecn", !!(info.tcpi_options & TCPI_OPT_ECN) },
		{ "ecn_seen", !!(info.tcpi_options & TCPI_OPT_ECN_SEEN) },
		{ "pacing_rate", info.tcpi_pacing_rate },
		{ "max_pacing_rate", info.tcpi_max_pacing_rate },
		{ "busy", info.tcpi_busy_time },
		{ "rwnd_limited", info.tcpi_rwnd_limited },
		{ "sndbuf_limited", info.tcpi_sndbuf_limited },
		{ "snd_wnd", info.tcpi_snd_wnd },
		{ "rcv_rtt", info.tcpi_rcv_rtt / 1000 },
		{ "rcv_ssthresh", info.tcpi_rcv_ssthresh },
		{ "measured", info.tcpi_rto != 3000000 && info.tcpi_rtt },
	};

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (!strcmp(fields[i].name, name))
			return fields[i].value;
	return -1;
}

static bool info_is(const struct player *p, const char *name, long want,
		    const char *bound)
{
	long got = info_field(in_hand(p), name);

	return got == want || (!strcmp(bound, " or more") && got > want) ||
	       (!strcmp(bound, " or less") && got < want);
}

/* Once what the peer has sent has been worked through */
static int do_info(struct player *p, const char *args)
{
	char name[32], bound[32] = "";
	long want;

	if (sscanf(args, "%31s %ld%31[ a-z]", name, &want, bound) < 2 ||
	    (*bound && strcmp(bound, " or more") && strcmp(bound, " or less")))
		return complain(p, "not understood");
	if (WAIT_FOR(info_is(p, name, want, bound)))
		return 0;
	return complain(p, "it is %ld", info_field(in_hand(p), name));
}

static unsigned int quick_acks(const struct player *p)
{
	struct row row;

	return row_find(p->port, p->peer->raw.port, &row) == 1 ? row.ack / 2 : 0;
}

static int do_quick(struct player *p, const char *args)
{
	unsigned int want = atoi(args);

	/*
	 * An idle gap begins the count anew (H-61): from the first segment's
	 * leaving, at the earliest, to the second's arrival, which is over now.
	 */
	p->paused |= p->data_sent[1] &&
		     now_ms() - p->data_sent[1] >= DATA_TIMER;
	return p->paused || WAIT_FOR(quick_acks(p) == want) ? 0 :
		complain(p, "%u", quick_acks(p));
}

static unsigned int queued(const struct player *p)
{
	struct tcp_info info = { };
	socklen_t len = sizeof(info);

	getsockopt(p->lfd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info.tcpi_unacked;
}

/* What was sent before may still wait for the processor. */
static int do_queue(struct player *p, const char *args)
{
	unsigned int want = atoi(args), got;

	return WAIT_FOR((got = queued(p)) >= want) && got == want ? 0 :
		complain(p, "%u", got);
}

/* What a slow machine has the stack send again is not what a script counts. */
static long count_of(const char *name)
{
	return counter(name) -
	       (strcmp(name, "OutSegs") ? 0 : counter("RetransSegs"));
}

static long counted_at_start(const struct player *p, const char *name)
{
	int i;

	for (i = 0; i < p->n_counts; i++) {
		if (!strcmp(p->counts[i].name, name))
			return p->counts[i].start;
	}
	return 0;
}

static int do_count(struct player *p, const char *args)
{
	char name[32], more[32] = "";
	long want, start;

	if (sscanf(args, "%31s %ld%31[ a-z]", name, &want, more) < 2 ||
	    (*more && strcmp(more, " or more")))
		return complain(p, "not understood");
	start = counted_at_start(p, name);
	if (WAIT_FOR(count_of(name) - start >= want) &&
	    (*more || count_of(name) - start == want))
		return 0;
	return complain(p, "%ld", count_of(name) - start);
}

static int do_bits(struct player *p, const char *args)
{
	unsigned int got = p->peer->tsval & 63;

	return got == atoi(args) ? 0 : complain(p, "%u", got);
}

static int do_uptime(struct player *p, const char *args)
{
	__u32 now = now_ms() + 1;

	return now - p->peer->tsval <= now - p->start ? 0 :
		complain(p, "%u is not within %u and %u", p->peer->tsval,
			 p->start, now);
}

/* The port that a line of the log names: newer ones, behind an address */
static unsigned int port_in(const char *line, unsigned int none)
{
	unsigned int port;

	line = strstr(line, "port ");
	if (!line || (sscanf(line, "port %*[0-9.]:%u", &port) != 1 &&
		      sscanf(line, "port %u", &port) != 1))
		return none;
	return port;
}

/* One line each; those that name another port are other scripts'. */
static int do_log(struct player *p, const char *args)
{
	char buf[8192];
	int want = 0, at = 0, got = 0;
	ssize_t n;

	if (sscanf(args, "%d %n", &want, &at) != 1)
		return complain(p, "not understood");
	while ((n = read(p->kmsg, buf, sizeof(buf) - 1)) > 0) {
		buf[n] = 0;
		got += strstr(buf, args + at) &&
		       !strstr(buf, "xtcp:") == native() &&
		       port_in(buf, p->port) == p->port;
	}
	return got == want ? 0 : complain(p, "%d", got);
}

static int half_open(const struct player *p)
{
	static struct row rows[256];
	int i, n = rows_read(rows, ARRAY_SIZE(rows)), half = 0;

	for (i = 0; i < n; i++)
		half += rows[i].lport == p->port && rows[i].state == ST_SYN_RECV;
	return half;
}

static int do_halfopen(struct player *p, const char *args)
{
	return WAIT_FOR(half_open(p) <= atoi(args)) &&
	       half_open(p) == atoi(args) ? 0 : complain(p, "%d", half_open(p));
}

static int do_aged(struct player *p, const char *args)
{
	FILE *f = native() ? popen("ip tcp_metrics show", "r") :
			     fopen("/proc/net/xtcp_metrics", "r");
	unsigned int secs, ms, age = 0;
	char line[256];
	bool found = false;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, RAW_IP " age %u.%usec", &secs, &ms) == 2) {
			found = true;
			age = secs * 1000 + ms;
		}
	}
	if (f)
		native() ? pclose(f) : fclose(f);
	if (!found)
		return complain(p, "it is not remembered");
	return age >= atoi(args) ? 0 : complain(p, "since %u ms", age);
}

static int do_net(struct player *p, const char *args)
{
	char name[64], path[96], value[64];

	if (sscanf(args, "%63s %63[^\n]", name, value) != 2)
		return complain(p, "not understood");
	snprintf(path, sizeof(path), "%s%s", strncmp(name, "core/", 5) ? "ipv4/" : "", name);
	return step(p, sysctl_set(path, value), "sysctl");
}

static int do_route(struct player *p, const char *args)
{
	return step(p, run_tool("ip route replace local " RAW_IP
				" dev lo table local scope host src " RAW_IP " %s",
				args) ? -1 : 0, "ip");
}

static int do_qdisc(struct player *p, const char *args)
{
	if (!strcmp(args, "hold")) {
		p->held = true;
		return step(p, plug(), "netlink");
	}
	p->held = false;
	if (!strcmp(args, "fair"))
		return step(p, qdisc_fair(), "netlink");
	return step(p, strcmp(args, "full") ? plug_room() : plug_full(),
		    "netlink");
}

static const struct command {
	const char *name;
	int (*call)(struct player *p, const char *args);
	bool acts;		/* the peer or the program does something */
} commands[] = {
	{ "<", do_send, true },
	{ ">", do_expect },
	{ "silent", do_silent },
	{ "prompt", do_prompt },
	{ "skip", do_skip },
	{ "icmp", do_icmp, true },
	{ "rationed", do_rationed, true },
	{ "forget", do_forget },
	{ "peer", do_peer },
	{ "port", do_port },
	{ "aged", do_aged },
	{ "net", do_net },
	{ "route", do_route, true },
	{ "qdisc", do_qdisc, true },
	{ "option", do_option, true },
	{ "option?", do_option_is },
	{ "cong", do_cong, true },
	{ "cong?", do_cong_is },
	{ "listen", do_listen, true },
	{ "connect", do_connect, true },
	{ "accept", do_accept, true },
	{ "send", do_write, true },
	{ "recv", do_recv, true },
	{ "shut", do_shut, true },
	{ "close", do_close, true },
	{ "abort", do_abort, true },
	{ "unspec", do_unspec, true },
	{ "deaf", do_deaf, true },
	{ "state", do_state },
	{ "row", do_row },
	{ "error", do_error },
	{ "info", do_info },
	{ "count", do_count },
	{ "quick", do_quick },
	{ "queue", do_queue },
	{ "bits", do_bits },
	{ "uptime", do_uptime },
	{ "halfopen", do_halfopen },
	{ "log", do_log },
};

/* The command that @line begins with, and what follows it */
static const struct command *command_of(const char *line, const char **args)
{
	size_t len = strcspn(line, " ");
	int i;

	*args = line + len + strspn(line + len, " ");
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strlen(commands[i].name) == len &&
		    !strncmp(commands[i].name, line, len))
			return &commands[i];
	}
	return NULL;
}

static int play_line(struct player *p, const char *line)
{
	const struct command *command;
	const char *args;
	long long due;

	p->line = line;
	command = command_of(take_time(p, line), &args);
	due = p->base + p->due * MSEC;
	if (!command)
		return complain(p, "no such command");
	if (command->call == do_expect)
		return do_expect(p, args);
	if (p->timed) {
		wait_until(due);
		p->acted = 0;
	}
	if (p->timed || command->acts)
		begin_time(p);
	if (p->timed)
		p->late |= p->base > due + LATE * MSEC;
	p->timed = false;
	return command->call(p, args);
}

/* A line without its "since" or "before"; NULL: it is for other kernels. */
static const char *for_this_kernel(const char *line)
{
	unsigned int major, minor;
	char word[8];
	int at = 0;

	if (sscanf(line, "%7s %u.%u %n", word, &major, &minor, &at) != 3 ||
	    (strcmp(word, "since") && strcmp(word, "before")))
		return line;
	if ((kernel_version() >= KERNEL_VERSION(major, minor, 0)) ==
	    !strcmp(word, "since"))
		return line + at;
	return NULL;
}

/* What each counter that the script asks for stands at */
static void start_counts(struct player *p)
{
	const char * const *line;

	for (line = p->script->lines; *line && p->n_counts < COUNTS; line++) {
		char *name = p->counts[p->n_counts].name;
		const char *text = for_this_kernel(*line);

		if (text && sscanf(text, "count %31s", name) == 1)
			p->counts[p->n_counts++].start = count_of(name);
	}
}

static int set_up(struct player *p)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	p->line = "set-up";
	p->lfd = -1;
	p->fd = -1;
	p->port = own_port();
	p->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	lseek(p->kmsg, 0, SEEK_END);
	p->start = now_ms();
	if (sched_setaffinity(0, sizeof(one), &one) || raw_netns() ||
	    link_mtu(loop_dev(), 1500))
		return step(p, -1, "namespace");
	if (!native() && sysctl_set("xtcp/timewait_msecs", "60000"))
		return step(p, -1, "sysctl");
	/* ICMP is read where there is a wire. */
	if (!native() && (link_add("dummy", "wire0") ||
			  link_master("wire0", "xtcp0")))
		return step(p, -1, "wire");
	start_counts(p);
	if (do_peer(p, "first"))
		return -1;
	if (SLOW > 1 && script_holdup_watch())
		return step(p, -1, "thread");
	begin_time(p);
	p->acted = 0;
	if (script_has_time(p->script) &&
	    !WAIT_FOR(raw_has_times(&p->peer->raw)))
		return complain(p, "segments have no times");
	return 0;
}

bool script_has_time(const struct script *s)
{
	const char * const *line;

	for (line = s->lines; *line; line++) {
		if (**line == '+' || strstr(*line, " +"))
			return true;
	}
	return false;
}

int script_play(const struct script *s)
{
	static struct player player;
	struct player *p = &player;
	const char * const *line;
	bool failed = false;

	memset(p, 0, sizeof(*p));
	p->script = s;
	if (set_up(p))
		return -1;
	for (line = s->lines; *line && !failed; line++) {
		const char *text = for_this_kernel(*line);

		failed = text && play_line(p, text);
	}
	/* A namespace whose queue holds something never goes. */
	if (failed && p->held)
		plug_room();
	return failed ? -1 : play_line(p, "silent");
}
