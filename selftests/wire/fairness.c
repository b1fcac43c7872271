// SPDX-License-Identifier: GPL-2.0
/*
 * One bottleneck, and two senders of two flows each that have it for a minute, one
 * of XTCP, one of the kernel's TCP: what share does each get?
 *
 *	fairness [ALGORITHM [SECONDS [ROUNDS [tcp]]]]	cubic 60 4; with "tcp" it is
 *						TCP beside TCP: what chance does
 *
 *	XTCP [a0]---[r0]            10 Mbit/s
 *	                 ROUTER [r2]---------[b0] PEER
 *	 TCP [a1]---[r1]              20 ms
 *
 * Best where the clock counts instructions (scripts/vm --icount).
 */
#include <sched.h>

#include "xtcp_test.h"

#define RATE_KBIT	10000
#define DELAY_MS	20
/* By chance, so that a full queue does not always meet the same flow */
#define JITTER_MS	4
/* Three times what the path holds: losses come every few seconds. */
#define QUEUE		75000
#define PORT		5001
#define FLOWS		4
#define CHUNK		65536
#define LOOK_MS		10
/* Of each sender, in percent of all */
#define LEAST		45

enum { FIRST, SECOND, ROUTER, PEER, HOSTS };

struct flow {
	int from, to;
	long long got;
};

static int ns[HOSTS];
static const char *algorithm = "cubic";
static int families[2] = { AF_XTCP, AF_INET };

static int enter(int host)
{
	return setns(ns[host], CLONE_NEWNET);
}

static int host_make(int host)
{
	if (unshare(CLONE_NEWNET) || link_up("lo", true))
		return -1;
	ns[host] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return ns[host] < 0 ? -1 : 0;
}

static int tie_sender(int host)
{
	char lines[600];
	int n;

	n = snprintf(lines, sizeof(lines),
		     "link add a0 type veth peer name r%d netns /proc/%d/fd/%d\n"
		     "link set a0 up\n"
		     "addr add 10.0.%d.1/24 dev a0\n"
		     "route add default via 10.0.%d.254\n",
		     host, getpid(), ns[ROUTER], host, host);
	if (families[host] == AF_XTCP)
		snprintf(lines + n, sizeof(lines) - n,
			 "link add xtcp0 type xtcp\nlink set xtcp0 up\n"
			 "link set a0 master xtcp0\n");
	if (enter(host) || run_line("ip -b -", lines) || enter(ROUTER))
		return -1;
	snprintf(lines, sizeof(lines),
		 "link set r%d up\naddr add 10.0.%d.254/24 dev r%d\n", host, host, host);
	return run_line("ip -b -", lines);
}

static int tie_peer(void)
{
	char lines[600];

	snprintf(lines, sizeof(lines),
		 "link add r2 type veth peer name b0 netns /proc/%d/fd/%d\n"
		 "link set r2 up\naddr add 10.0.2.254/24 dev r2\n", getpid(), ns[PEER]);
	if (enter(ROUTER) || run_line("ip -b -", lines) ||
	    sysctl_set("ipv4/ip_forward", "1"))
		return -1;
	return enter(PEER) ||
	       run_line("ip -b -", "link set b0 up\naddr add 10.0.2.1/24 dev b0\n"
				   "route add default via 10.0.2.254\n");
}

static int narrow(void)
{
	char line[200];

	snprintf(line, sizeof(line),
		 "tc qdisc replace dev r2 root tbf rate %dkbit burst 2k limit %d",
		 RATE_KBIT, QUEUE);
	if (enter(ROUTER) || run_line(line, NULL))
		return -1;
	/* With a rate netem keeps the order, whatever the jitter. */
	snprintf(line, sizeof(line),
		 "tc qdisc replace dev b0 root netem limit 10000 delay %dms %dms rate 1gbit",
		 DELAY_MS, JITTER_MS);
	return enter(PEER) || run_line(line, NULL);
}

static int hosts_make(void)
{
	int i;

	for (i = 0; i < HOSTS; i++)
		if (host_make(i))
			return -1;
	return tie_sender(FIRST) || tie_sender(SECOND) || tie_peer() || narrow();
}

static int flow_start(struct flow *f, int host, int lfd)
{
	if (enter(host))
		return -1;
	f->got = 0;
	f->from = socket(families[host], SOCK_STREAM, 0);
	if (f->from < 0 ||
	    setsockopt(f->from, IPPROTO_TCP, TCP_CONGESTION, algorithm, strlen(algorithm)) ||
	    connect_to(f->from, "10.0.2.1", PORT))
		return -1;
	f->to = accept(lfd, NULL, NULL);
	return f->to < 0 ? -1 : 0;
}

static void flow_turn(struct flow *f)
{
	static char buf[CHUNK];
	ssize_t n;

	while (send(f->from, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	while ((n = recv(f->to, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		f->got += n;
}

/* Buffers hold much more than what comes meanwhile: a look now and then is enough. */
static void flows_run(struct flow *flows, int seconds)
{
	long long end = now_ms() + seconds * 1000LL;
	int i;

	while (now_ms() < end) {
		for (i = 0; i < FLOWS; i++)
			flow_turn(&flows[i]);
		usleep(LOOK_MS * 1000);
	}
}

/* Who sends flow @i: who begins takes turns, as the first of all has an advantage. */
static int sender_of(int i, int turn)
{
	return (i + turn) % 2;
}

static const char *name_of(int host)
{
	return families[host] == AF_XTCP ? "XTCP" : "TCP";
}

static unsigned int resent(int fd)
{
	struct tcp_info info = { };
	socklen_t len = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info.tcpi_total_retrans;
}

/* A row of the table, flows in the order in which they began; the share of FIRST */
static double report(const struct flow *flows, int seconds, int turn)
{
	long long sum = 0, first = 0;
	int i;

	for (i = 0; i < FLOWS; i++) {
		sum += flows[i].got;
		first += sender_of(i, turn) == FIRST ? flows[i].got : 0;
	}
	sum = sum ?: 1;
	for (i = 0; i < FLOWS; i++)
		printf(" %4s %4.1f (%3u)", name_of(sender_of(i, turn)),
		       100.0 * flows[i].got / sum, resent(flows[i].from));
	printf("  %5.1f : %4.1f  %6.2f\n", 100.0 * first / sum,
	       100 - 100.0 * first / sum, sum * 8 / 1e6 / seconds);
	fflush(stdout);
	return 100.0 * first / sum;
}

static double round_run(struct flow *flows, int lfd, int seconds, int turn)
{
	double share;
	int i;

	for (i = 0; i < FLOWS; i++)
		if (flow_start(&flows[i], sender_of(i, turn), lfd))
			return -1;
	flows_run(flows, seconds);
	share = report(flows, seconds, turn);
	for (i = 0; i < FLOWS; i++) {
		close(flows[i].from);
		close(flows[i].to);
	}
	return share;
}

static int listener_make(void)
{
	int lfd;

	if (enter(PEER))
		return -1;
	lfd = socket(AF_INET, SOCK_STREAM, 0);
	return bind_to(lfd, "0.0.0.0", PORT) || listen(lfd, FLOWS) ? -1 : lfd;
}

static int fail(const char *what)
{
	printf("%s: %s: %s\n", algorithm, what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	int seconds = argc > 2 ? atoi(argv[2]) : 60;
	int rounds = argc > 3 ? atoi(argv[3]) : 4;
	struct flow flows[FLOWS];
	double share = 0, one;
	int lfd, i;

	if (argc > 1)
		algorithm = argv[1];
	if (argc > 4)
		families[FIRST] = AF_INET;
	if (hosts_make())
		return fail("no hosts");
	lfd = listener_make();
	if (lfd < 0)
		return fail("no listener");
	printf("%s, %d s, %d kbit/s, %d ms: percent of each flow (segments sent again),\n"
	       "of %s : %s, Mbit/s\n", algorithm, seconds, RATE_KBIT, DELAY_MS,
	       name_of(FIRST), name_of(SECOND));
	fflush(stdout);
	for (i = 0; i < rounds; i++) {
		one = round_run(flows, lfd, seconds, i);
		if (one < 0)
			return fail("no flow");
		share += one / rounds;
	}
	printf("%s: %.1f : %.1f\n", algorithm, share, 100 - share);
	return share < LEAST || share > 100 - LEAST;
}
