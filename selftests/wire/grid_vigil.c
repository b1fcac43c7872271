// SPDX-License-Identifier: GPL-2.0
/*
 * What takes long by the clock and costs nothing: a receiver that does not read
 * for a minute, a peer that is asked whether it is still there (H-50, H-51,
 * H-78).  All roles go through it side by side, while other processes work on
 * the cells of the grid.  Where numbers are compared, TCP-TCP's are the measure.
 */
#include <stdarg.h>

#include "grid.h"

#define MINUTE	60000

static int complain(int role, const char *format, ...)
	__attribute__((__format__(printf, 2, 3)));

static int complain(int role, const char *format, ...)
{
	char what[200];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	printf("# %s: %s\n", roles[role].name, what);
	fflush(stdout);
	errno = EPROTO;
	return errno;
}

static int info_of(int fd, struct tcp_info *info)
{
	socklen_t len = sizeof(*info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len);
}

static void sleep_until(long long ms)
{
	struct timespec t = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000,
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
		;
}

/* ---- zero window ------------------------------------------------------- */

/* More than both buffers hold */
#define STALLED		1000000

/* A connection whose receiver does not read: one that HERE, one that PEER fills */
struct stall {
	int fd[2];
	struct flow flow;
	long long start;	/* of the probing, or a little later */
};

/* The window is closed when probes have been answered: they back off. */
static bool stalled(int fd)
{
	struct tcp_info info;

	return !info_of(fd, &info) && info.tcpi_backoff >= 2;
}

static int stall_open(const struct world *w, int from, struct stall *s)
{
	if (world_pair(w, from, s->fd))
		return -1;
	s->flow = (struct flow){
		.from = s->fd[from], .to = s->fd[!from],
		.size = STALLED, .half_close = true,
	};
	errno = ETIMEDOUT;
	WAIT_FOR(flow_fill(&s->flow) || stalled(s->flow.from));
	s->start = now_ms();
	return stalled(s->flow.from) ? 0 : -1;
}

/* How many probes leave in @ms if the first waits for @rto: each doubles it. */
static int probes_in(long long ms, long long rto)
{
	int n = 0;

	while (rto * ((2LL << n) - 1) <= ms)
		n++;
	return n;
}

/*
 * H-50: each probe waits twice as long as the one before, the first for RTO,
 * which is what a busy machine made it; and none gives up.
 */
static int stall_judge(int role, const struct stall *s)
{
	struct tcp_info info;
	int expected;

	if (info_of(s->flow.from, &info))
		return errno;
	expected = probes_in(now_ms() - s->start, info.tcpi_rto / 1000);
	if (info.tcpi_state != ST_ESTABLISHED)
		return complain(role, "the connection did not last");
	/* Where the minute ends between two probes is chance. */
	if (abs(info.tcpi_backoff - expected) > 1)
		return complain(role, "a minute's probes backed off %d times, not %d",
				info.tcpi_backoff, expected);
	return 0;
}

static int stall_end(struct stall *s)
{
	int ret = flows_run(&s->flow, 1, 2 * PATIENCE) ? errno : 0;

	close(s->fd[0]);
	close(s->fd[1]);
	return ret;
}

static void zero_window(const struct world *worlds, int *errors)
{
	struct stall stalls[ROLES][2];
	int i, from;
	long long start;

	for (i = 0; i < ROLES; i++)
		for (from = HERE; from <= PEER; from++)
			if (stall_open(&worlds[i], from, &stalls[i][from])) {
				errors[i] = errno;
				return;
			}
	start = now_ms();
	sleep_until(start + MINUTE);
	for (i = 0; i < ROLES; i++)
		for (from = HERE; from <= PEER; from++)
			errors[i] = errors[i] ?:
				stall_judge(i, &stalls[i][from]);
	for (i = 0; i < ROLES; i++)
		for (from = HERE; from <= PEER; from++)
			errors[i] = errors[i] ?: stall_end(&stalls[i][from]);
}

/* ---- keepalive --------------------------------------------------------- */

#define IDLE		1
#define INTERVAL	1
#define COUNT		3

/* One end's segments: what was a probe, and what answered one */
struct speaker {
	int tap;
	const char *ip;
	__u32 next;		/* its SND.NXT */
	int probes, acks, resets;
};

struct quiet {
	int fd[2];
	struct speaker ends[2];
};

static int speaker_open(const struct world *w, int host, struct speaker *s)
{
	*s = (struct speaker){
		.tap = sniff_open(w, host, host == HERE ? "a0" : "b0"),
		.ip = world_ip(host),
	};
	return s->tap < 0 ? -1 : 0;
}

/* H-78: one byte before SND.NXT, without any. */
static void listen_to(struct speaker *s)
{
	struct seen seen;

	while (!sniff(s->tap, s->ip, &seen, 0)) {
		if (seen.flags & 0x02)
			s->next = seen.seq + 1;
		else if (seen.flags & 0x04)
			s->resets++;
		else if (seen.seq == s->next - 1 && !seen.payload)
			s->probes++;
		else
			s->acks++;
	}
}

static int keep_alive(int fd)
{
	return set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, IDLE) ||
	       set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, INTERVAL) ||
	       set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, COUNT) ||
	       set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

static int quiet_open(const struct world *w, int client, struct quiet *q)
{
	return speaker_open(w, HERE, &q->ends[HERE]) ||
	       speaker_open(w, PEER, &q->ends[PEER]) ||
	       world_pair(w, client, q->fd);
}

static void quiet_close(struct quiet *q)
{
	int end;

	for (end = HERE; end <= PEER; end++) {
		reset_by(q->fd[end]);
		close(q->ends[end].tap);
	}
}

static bool both_asked(struct quiet *q)
{
	listen_to(&q->ends[HERE]);
	listen_to(&q->ends[PEER]);
	return q->ends[HERE].probes >= 2 * COUNT &&
	       q->ends[PEER].probes >= 2 * COUNT;
}

/* More probes than may stay without an answer: so all were answered. */
static int answered(int role, const struct world *w, int client)
{
	struct quiet q;
	int end, ret = 0;

	if (quiet_open(w, client, &q) || keep_alive(q.fd[HERE]) ||
	    keep_alive(q.fd[PEER]))
		return errno;
	if (!WAIT_FOR(both_asked(&q)))
		ret = complain(role, "too few keepalive probes");
	for (end = HERE; end <= PEER; end++) {
		if (mask_of(q.fd[end]) & (POLLERR | POLLHUP))
			ret = complain(role, "keepalive ended what was alive");
		/* One of them may be on its way. */
		if (q.ends[end].acks < q.ends[!end].probes - 1)
			ret = complain(role, "keepalive probes without answer");
	}
	quiet_close(&q);
	return ret;
}

static int deafen(const struct world *w)
{
	static const char drop[] =
		"protocol ip u32 match ip protocol 6 0xff action drop";

	return world_run(w, HERE, "tc qdisc add dev a0 ingress") ||
	       world_run(w, HERE, "tc filter add dev a0 ingress %s", drop) ||
	       world_run(w, PEER, "tc qdisc add dev b0 ingress") ||
	       world_run(w, PEER, "tc filter add dev b0 ingress %s", drop);
}

static int hear(const struct world *w)
{
	return world_run(w, HERE, "tc qdisc del dev a0 ingress") ||
	       world_run(w, PEER, "tc qdisc del dev b0 ingress");
}

static int unanswered(int role, const struct world *w, int client)
{
	struct quiet q;
	int end, ret = 0;

	if (quiet_open(w, client, &q) || deafen(w) ||
	    keep_alive(q.fd[HERE]) || keep_alive(q.fd[PEER]))
		return errno ?: EIO;
	for (end = HERE; end <= PEER; end++) {
		wait_for(q.fd[end], POLLERR);
		if (sock_error(q.fd[end]) != ETIMEDOUT)
			ret = complain(role, "no ETIMEDOUT by keepalive");
		listen_to(&q.ends[end]);
		if (q.ends[end].probes != COUNT || q.ends[end].resets != 1)
			ret = complain(role, "%d keepalive probes, %d resets",
				       q.ends[end].probes, q.ends[end].resets);
	}
	quiet_close(&q);
	return hear(w) ? EIO : ret;
}

/* A device that is down: probes count as sent. */
static int link_down(int role, const struct world *w)
{
	struct quiet q;
	int ret = 0, err;

	if (quiet_open(w, HERE, &q) ||
	    world_run(w, HERE, "ip link set a0 down") ||
	    keep_alive(q.fd[HERE]))
		return errno ?: EIO;
	wait_for(q.fd[HERE], POLLERR);
	err = sock_error(q.fd[HERE]);
	if (err != ETIMEDOUT)
		ret = complain(role, "%s by keepalive", strerror(err));
	quiet_close(&q);
	return ret;
}

static int keepalive_of(int role, const struct world *w)
{
	return answered(role, w, HERE) ?: answered(role, w, PEER) ?:
	       unanswered(role, w, HERE) ?: unanswered(role, w, PEER) ?:
	       link_down(role, w);
}

static void keepalive(const struct world *worlds, int *errors)
{
	pid_t pids[ROLES];
	int i, status;

	for (i = 0; i < ROLES; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(keepalive_of(i, &worlds[i]));
	}
	for (i = 0; i < ROLES; i++)
		errors[i] = waitpid(pids[i], &status, 0) < 0 ||
			    !WIFEXITED(status) ? EIO : WEXITSTATUS(status);
}

const struct vigil vigils[VIGILS] = {
	{ "zero window for a minute", zero_window },
	{ "keepalive, answered and not", keepalive },
};
