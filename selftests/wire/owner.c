// SPDX-License-Identifier: GPL-2.0
/*
 * Whose a segment is: what filter rules for what leaves (nft's "meta skuid" and
 * "socket cgroupv2", iptables' "-m owner") take for its owner, and what it has
 * of its socket: mark, priority, and the route of its user.  Rules count the
 * segments of events, once on the kernel's TCP and once on the family of the
 * test; XTCP's must be counted as TCP's are.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/fsuid.h>
#include <linux/version.h>

#include "rawpeer.h"
#include "wire_fixtures.h"

#define OWNER	1000
#define MARK	7		/* its sockets' */
#define PRIORITY 5
#define TTL	77		/* of its routes */
#define GROUP	"/sys/fs/cgroup/owner"

/* What happens; each event has a port of its own. */
enum {
	SYN_OUT, SYNACK, SYNACK_AGAIN, COOKIE, REFUSAL, STRAY_ACK, REQUEST_ACK,
	UNACCEPTED_ACK, ACCEPTED_DATA, OTHERS_DATA, ACTIVE_RESET, FIRST_FIN,
	FIN_AGAIN, UNACCEPTED_RESET, ORPHAN_RESET, TIMEWAIT_ACK, FINWAIT_RESET,
	REFLECTED, EVENTS
};

#define NFT_RULES	5
#define RULES		(NFT_RULES + 2)

static const struct event {
	const char *name;
	const char *flags;	/* of the segments that count */
	/*
	 * Which of them "meta skuid", "socket cgroupv2", its mark, its priority,
	 * the TTL of its route, "--uid-owner" and "--socket-exists" match, on
	 * 6.1: + all, - none, 1 the first of many
	 */
	const char *tcp;
} events[EVENTS] = {
	[SYN_OUT] = { "SYN", "syn", "+++++++" },
	[SYNACK] = { "first SYN-ACK", "syn,ack", "+-+++++" },
	[SYNACK_AGAIN] = { "SYN-ACK repeated", "syn,ack", "+-+++++" },
	[COOKIE] = { "SYN-ACK with a cookie", "syn,ack", "--+++--" },
	[REFUSAL] = { "RST of a closed port", "rst,ack", "------+" },
	[STRAY_ACK] = { "RST of a listener", "rst", "--+++-+" },
	[REQUEST_ACK] = { "ACK of a request", "ack", "--+++-+" },
	[UNACCEPTED_ACK] = { "ACK, not yet accepted", "ack", "-++-+--" },
	[ACCEPTED_DATA] = { "data, accepted by the owner", "psh,ack", "+++-+++" },
	[OTHERS_DATA] = { "data, accepted by another", "psh,ack", "-++-+-+" },
	[ACTIVE_RESET] = { "RST by linger", "rst,ack", "+++-+++" },
	[FIRST_FIN] = { "FIN of a close()", "fin,ack", "+++-+++" },
	[FIN_AGAIN] = { "FIN of an orphan, repeated", "fin,ack", "1++-+11" },
	[UNACCEPTED_RESET] = { "RST, never accepted", "rst,ack", "-++-+--" },
	[ORPHAN_RESET] = { "RST for data after close()", "rst", "--+++-+" },
	[TIMEWAIT_ACK] = { "ACK of TIME_WAIT", "ack", "--++--+" },
	[FINWAIT_RESET] = { "RST of FIN_WAIT2", "rst,ack", "--++--+" },
	[REFLECTED] = { "RST that reflects a mark", "rst", "---++-+" },
};

#define PORT(event)	(5000 + (event))

struct stage {
	struct world w;
	int raw, tap;		/* at PEER */
};

/* ---- a conversation of single segments ------------------------------------- */

/* PSH: with a byte of data */
static int raw_say(const struct stage *st, unsigned int event,
		   unsigned int flags, __u32 seq, __u32 ack)
{
	struct segment s = {
		.sport = 3000, .dport = PORT(event), .seq = seq, .ack = ack,
		.flags = flags, .window = 60000, .to = HERE_IP,
		.len = !!(flags & PSH),
	};
	struct sockaddr_in to = addr_of(HERE_IP, 0);
	unsigned char buf[100];
	size_t len = raw_build(&s, buf);

	return sendto(st->raw, buf, len, 0, (struct sockaddr *)&to,
		      sizeof(to)) == len ? 0 : -1;
}

/* The next segment of an event that leaves HERE with exactly @flags, but PSH */
static int hear(const struct stage *st, unsigned int event, unsigned int flags,
		struct seen *s)
{
	while (!sniff(st->tap, HERE_IP, s, PATIENCE))
		if ((s->sport == PORT(event) || s->dport == PORT(event)) &&
		    (s->flags & ~PSH) == flags)
			return 0;
	return -1;
}

/* Sends a SYN; what it is answered with */
static int raw_open_half(const struct stage *st, unsigned int event,
			 struct seen *s)
{
	return raw_say(st, event, SYN, 1000, 0) ?: hear(st, event, SYN | ACK, s);
}

/* ---- rules --------------------------------------------------------------------- */

static void put_flags(FILE *f, const char *flags, char between)
{
	for (; *flags; flags++)
		fputc(*flags == ',' ? between : *flags, f);
}

static void nft_rules(FILE *f)
{
	static const char *const matches[1 + NFT_RULES] = {
		"", "meta skuid 1000 ", "socket cgroupv2 level 1 \"owner\" ",
		"meta mark 7 ", "meta priority 0:5 ", "ip ttl 77 ",
	};
	int i, j;

	fprintf(f, "table ip t {\n");
	for (i = 0; i < EVENTS; i++)
		for (j = 0; j <= NFT_RULES; j++)
			fprintf(f, "	counter c%d_%d { }\n", i, j);
	fprintf(f, "	chain in {\n		type filter hook prerouting priority 0\n"
		"		tcp dport %d meta mark set 1\n	}\n", PORT(REFLECTED));
	fprintf(f, "	chain out {\n		type filter hook output priority 0\n");
	for (i = 0; i < EVENTS; i++)
		for (j = 0; j <= NFT_RULES; j++) {
			fprintf(f, "		tcp %s %d tcp flags & (fin|syn|rst|psh|ack) == ",
				i == SYN_OUT ? "dport" : "sport", PORT(i));
			put_flags(f, events[i].flags, '|');
			fprintf(f, " %scounter name c%d_%d\n", matches[j], i, j);
		}
	fprintf(f, "	}\n}\n");
}

static void iptables_rules(FILE *f)
{
	static const char *const matches[] = {
		"--uid-owner 1000", "--socket-exists",
	};
	int i;

	fprintf(f, "*filter\n:OUTPUT ACCEPT [0:0]\n");
	for (i = 0; i < EVENTS * 2; i++)
		fprintf(f, "-A OUTPUT -p tcp --%s %d --tcp-flags %s %s -m owner %s\n",
			i / 2 == SYN_OUT ? "dport" : "sport", PORT(i / 2),
			"fin,syn,rst,psh,ack", events[i / 2].flags,
			matches[i % 2]);
	fprintf(f, "COMMIT\n");
}

static int load(const char *command, void (*rules)(FILE *f))
{
	FILE *f = popen(command, "w");

	if (!f)
		return -1;
	rules(f);
	return pclose(f);
}

/* Packets by event: all, and what each of the rules matched */
static int counts(long n[EVENTS][1 + RULES])
{
	FILE *f = popen("nft list counters ip; iptables-save -c", "r");
	int event = -1, rule = 0, xt = 0;
	char line[256];
	long packets;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " counter c%d_%d", &event, &rule) == 2)
			continue;
		if (sscanf(line, " packets %ld", &packets) == 1 && event >= 0) {
			n[event][rule] = packets;
			event = -1;
		} else if (sscanf(line, "[%ld:%*d] -A OUTPUT", &packets) == 1 &&
			   xt < EVENTS * 2) {
			n[xt / 2][1 + NFT_RULES + xt % 2] = packets;
			xt++;
		}
	}
	return f && !pclose(f) && xt == EVENTS * 2 ? 0 : -1;
}

/* ---- the events ------------------------------------------------------------------ */

static int by(uid_t uid, int (*call)(const struct stage *st, int arg),
	      const struct stage *st, int arg)
{
	int ret;

	setfsuid(uid);
	ret = call(st, arg);
	setfsuid(0);
	return ret;
}

static int make_sock(const struct stage *st, int event)
{
	int fd = world_sock(&st->w, HERE, 0);

	return set_int(fd, SOL_SOCKET, SO_PRIORITY, PRIORITY) ||
	       set_int(fd, SOL_SOCKET, SO_MARK, MARK) ? -1 : fd;
}

static int do_accept(const struct stage *st, int lfd)
{
	return accept(lfd, NULL, NULL);
}

static int owned_listener(const struct stage *st, int event)
{
	int fd = by(OWNER, make_sock, st, 0);

	return fd < 0 || bind_to(fd, "0.0.0.0", PORT(event)) || listen(fd, 5) ?
	       -1 : fd;
}

static int peer_connects(const struct stage *st, int event)
{
	int fd = world_sock(&st->w, PEER, 0);

	return connect_to(fd, HERE_IP, PORT(event)) ? -1 : fd;
}

/* fd[HERE] is accepted by @uid */
static int accepted_by(const struct stage *st, int event, uid_t uid, int fd[2])
{
	int lfd = owned_listener(st, event);

	fd[PEER] = peer_connects(st, event);
	fd[HERE] = by(uid, do_accept, st, lfd);
	close(lfd);
	return fd[PEER] < 0 || fd[HERE] < 0 ? -1 : 0;
}

/* PEER stops hearing an event's segments, or hears them again. */
static int deaf(const struct stage *st, int event, bool on)
{
	if (!on)
		return world_run(&st->w, PEER, "nft delete table ip d");
	return world_run(&st->w, PEER,
			 "nft -f - <<'END'\n"
			 "table ip d {\n"
			 "	chain in {\n"
			 "		type filter hook input priority 0\n"
			 "		tcp sport %d drop\n"
			 "	}\n"
			 "}\n"
			 "END", PORT(event));
}

static void opened(struct __test_metadata *_metadata, const struct stage *st)
{
	int fd, lfd, cfd;

	lfd = world_listener(&st->w, PEER, PORT(SYN_OUT), 1);
	fd = by(OWNER, make_sock, st, 0);
	ASSERT_EQ(0, connect_to(fd, PEER_IP, PORT(SYN_OUT)));
	close(fd);
	close(lfd);
	lfd = owned_listener(st, SYNACK);
	cfd = peer_connects(st, SYNACK);
	ASSERT_LE(0, cfd);
	close(cfd);
	close(lfd);
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_syncookies", "2"));
	lfd = owned_listener(st, COOKIE);
	cfd = peer_connects(st, COOKIE);
	ASSERT_LE(0, cfd);
	close(cfd);
	close(lfd);
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_syncookies", "1"));
}

static void half_open(struct __test_metadata *_metadata, const struct stage *st)
{
	static const int strays[] = { STRAY_ACK, REFLECTED };
	struct seen s;
	int lfd, i;

	lfd = owned_listener(st, SYNACK_AGAIN);
	ASSERT_EQ(0, raw_open_half(st, SYNACK_AGAIN, &s));
	ASSERT_EQ(0, hear(st, SYNACK_AGAIN, SYN | ACK, &s));
	close(lfd);
	/* Far outside the window: an ACK says where it is. */
	lfd = owned_listener(st, REQUEST_ACK);
	ASSERT_EQ(0, raw_open_half(st, REQUEST_ACK, &s));
	ASSERT_EQ(0, raw_say(st, REQUEST_ACK, ACK, 0x40000000, s.seq + 1));
	ASSERT_EQ(0, hear(st, REQUEST_ACK, ACK, &s));
	close(lfd);
	for (i = 0; i < ARRAY_SIZE(strays); i++) {
		lfd = owned_listener(st, strays[i]);
		ASSERT_EQ(0, raw_say(st, strays[i], ACK, 1000, 1000));
		ASSERT_EQ(0, hear(st, strays[i], RST, &s));
		close(lfd);
	}
	ASSERT_EQ(-1, peer_connects(st, REFUSAL));
	ASSERT_EQ(ECONNREFUSED, errno);
}

static void stands(struct __test_metadata *_metadata, const struct stage *st)
{
	int lfd, fd[2];
	struct seen s;

	lfd = owned_listener(st, UNACCEPTED_ACK);
	fd[PEER] = peer_connects(st, UNACCEPTED_ACK);
	ASSERT_EQ(0, send_all(fd[PEER], "x", 1));
	ASSERT_EQ(0, hear(st, UNACCEPTED_ACK, ACK, &s));
	close(fd[PEER]);
	close(lfd);
	ASSERT_EQ(0, accepted_by(st, ACCEPTED_DATA, OWNER, fd));
	ASSERT_EQ(0, send_all(fd[HERE], "x", 1));
	ASSERT_EQ(0, recv_all(fd[PEER], scratch, 1));
	close(fd[HERE]);
	close(fd[PEER]);
	ASSERT_EQ(0, accepted_by(st, OTHERS_DATA, 1001, fd));
	ASSERT_EQ(0, send_all(fd[HERE], "x", 1));
	ASSERT_EQ(0, recv_all(fd[PEER], scratch, 1));
	close(fd[HERE]);
	close(fd[PEER]);
}

static void ends(struct __test_metadata *_metadata, const struct stage *st)
{
	int lfd, fd[2];
	struct seen s;

	ASSERT_EQ(0, accepted_by(st, ACTIVE_RESET, OWNER, fd));
	ASSERT_EQ(0, reset_by(fd[HERE]));
	ASSERT_NE(0, wait_for(fd[PEER], POLLERR) & POLLERR);
	close(fd[PEER]);
	ASSERT_EQ(0, accepted_by(st, FIRST_FIN, OWNER, fd));
	ASSERT_EQ(0, close(fd[HERE]));
	ASSERT_EQ(0, drain(fd[PEER]));
	close(fd[PEER]);
	ASSERT_EQ(0, accepted_by(st, FIN_AGAIN, OWNER, fd));
	ASSERT_EQ(0, deaf(st, FIN_AGAIN, true));
	ASSERT_EQ(0, close(fd[HERE]));
	ASSERT_EQ(0, hear(st, FIN_AGAIN, FIN | ACK, &s));
	ASSERT_EQ(0, hear(st, FIN_AGAIN, FIN | ACK, &s));
	ASSERT_EQ(0, deaf(st, FIN_AGAIN, false));
	close(fd[PEER]);
	lfd = owned_listener(st, UNACCEPTED_RESET);
	fd[PEER] = peer_connects(st, UNACCEPTED_RESET);
	ASSERT_NE(0, wait_for(lfd, POLLIN));
	close(lfd);
	ASSERT_NE(0, wait_for(fd[PEER], POLLERR) & POLLERR);
	close(fd[PEER]);
}

/* Our end closes first: its FIN, which is not acknowledged yet */
static void closes_first(struct __test_metadata *_metadata,
			 const struct stage *st, int event, struct seen *fin)
{
	int lfd = owned_listener(st, event), fd;
	struct seen s;

	ASSERT_EQ(0, raw_open_half(st, event, &s));
	ASSERT_EQ(0, raw_say(st, event, ACK, 1001, s.seq + 1));
	fd = by(OWNER, do_accept, st, lfd);
	/* A child has its listener's mark, but not its priority. */
	ASSERT_EQ(0, set_int(fd, SOL_SOCKET, SO_PRIORITY, PRIORITY));
	close(fd);
	ASSERT_EQ(0, hear(st, event, FIN | ACK, fin));
	close(lfd);
}

/* Data, where nobody reads any more; a FIN that comes twice; a new SYN. */
static void waits(struct __test_metadata *_metadata, const struct stage *st)
{
	struct seen fin, s;
	int i;

	closes_first(_metadata, st, ORPHAN_RESET, &fin);
	ASSERT_EQ(0, raw_say(st, ORPHAN_RESET, PSH | ACK, 1001, fin.seq));
	ASSERT_EQ(0, hear(st, ORPHAN_RESET, RST, &s));
	closes_first(_metadata, st, TIMEWAIT_ACK, &fin);
	ASSERT_EQ(0, raw_say(st, TIMEWAIT_ACK, ACK, 1001, fin.seq + 1));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, raw_say(st, TIMEWAIT_ACK, FIN | ACK, 1001, fin.seq + 1));
		ASSERT_EQ(0, hear(st, TIMEWAIT_ACK, ACK, &s));
	}
	closes_first(_metadata, st, FINWAIT_RESET, &fin);
	ASSERT_EQ(0, raw_say(st, FINWAIT_RESET, ACK, 1001, fin.seq + 1));
	ASSERT_EQ(0, raw_say(st, FINWAIT_RESET, SYN, 1001, 0));
	ASSERT_EQ(0, hear(st, FINWAIT_RESET, RST | ACK, &s));
}

/* ---- what came of it --------------------------------------------------------------- */

static char class_of(long matched, long all)
{
	if (!matched)
		return '-';
	if (matched == all)
		return '+';
	return matched == 1 ? '1' : '?';
}

static int stage_make(struct stage *st, int as)
{
	char command[200];

	if (world_make(&st->w, as, AF_INET, false))
		return -1;
	st->tap = sniff_open(&st->w, PEER, "b0");
	snprintf(command, sizeof(command), "ip route add %s via %s", RAW_IP, PEER_IP);
	if (world_run(&st->w, HERE, "%s", command) ||
	    world_run(&st->w, HERE, "ip rule add uidrange %d-%d lookup 100",
		      OWNER, OWNER) ||
	    world_run(&st->w, HERE, "ip route add default via %s hoplimit %d table 100",
		      PEER_IP, TTL) || world_enter(&st->w, PEER))
		return -1;
	st->raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (world_enter(&st->w, HERE) || sysctl_set("ipv4/fwmark_reflect", "1"))
		return -1;
	return as == AF_XTCP ? sysctl_set("xtcp/timewait_msecs", "60000") : 0;
}

static void play(struct __test_metadata *_metadata, int as,
		 char said[EVENTS][RULES + 1])
{
	long n[EVENTS][1 + RULES];
	struct stage st;
	int i, j;

	ASSERT_EQ(0, stage_make(&st, as));
	ASSERT_EQ(0, load("nft -f -", nft_rules));
	ASSERT_EQ(0, load("iptables-restore", iptables_rules));
	opened(_metadata, &st);
	half_open(_metadata, &st);
	stands(_metadata, &st);
	ends(_metadata, &st);
	waits(_metadata, &st);
	ASSERT_EQ(0, counts(n));
	for (i = 0; i < EVENTS; i++) {
		EXPECT_LE(i == SYNACK_AGAIN || i == FIN_AGAIN ||
			  i == TIMEWAIT_ACK ? 2 : 1, n[i][0])
			TH_LOG("%s", events[i].name);
		for (j = 0; j < RULES; j++)
			said[i][j] = class_of(n[i][j + 1], n[i][0]);
		said[i][RULES] = 0;
	}
	if (as == AF_XTCP)
		sysctl_set("xtcp/timewait_msecs", "200");
	close(st.raw);
	close(st.tap);
	world_end(&st.w);
}

/* A cgroup of this process's own, where nft looks for it */
static int join_group(void)
{
	FILE *f;

	if (mkdir(GROUP, 0700) && errno != EEXIST)
		return -1;
	f = fopen(GROUP "/cgroup.procs", "w");
	if (!f)
		return -1;
	fprintf(f, "%d\n", getpid());
	return fclose(f);
}

static void leave_group(void)
{
	FILE *f = fopen("/sys/fs/cgroup/cgroup.procs", "w");

	if (f) {
		fprintf(f, "%d\n", getpid());
		fclose(f);
	}
	rmdir(GROUP);
}

TEST(owner_of_what_leaves)
{
	char tcp[EVENTS][RULES + 1], ours[EVENTS][RULES + 1];
	int i;

	ASSERT_EQ(0, join_group());
	play(_metadata, AF_INET, tcp);
	play(_metadata, family, ours);
	leave_group();
	for (i = 0; i < EVENTS; i++) {
		printf("# %-28s TCP %s, here %s\n", events[i].name, tcp[i], ours[i]);
		/* Later ones know more of those without a full socket. */
		if (kernel_version() < KERNEL_VERSION(6, 13, 0))
			EXPECT_STREQ(events[i].tcp, tcp[i])
				TH_LOG("%s", events[i].name);
		/* XTCP's SYN-ACKs have a socket that knows its cgroup. */
		if (i == SYNACK || i == SYNACK_AGAIN)
			ours[i][1] = tcp[i][1];
		/* From 6.14 on TCP forgets the priority of what has no socket. */
		if (kernel_version() >= KERNEL_VERSION(6, 14, 0) && tcp[i][3] == '-')
			ours[i][3] = '-';
		EXPECT_STREQ(tcp[i], ours[i]) TH_LOG("%s", events[i].name);
	}
}

/* ---- and while it changes -------------------------------------------------- */

#define ROUNDS	200

static struct {
	struct stage st;
	atomic_int round, begun, done;
	atomic_bool over;
} repeated;

#define SYNS	3	/* in each round */

/* In each round, SYNs whose answer was lost */
static void *repeat_syns(void *arg)
{
	int round, i;

	pin_to(0);
	for (round = 0;; round++) {
		while (atomic_load(&repeated.round) == round) {
			if (atomic_load(&repeated.over))
				return NULL;
			sched_yield();
		}
		for (i = 0; i < SYNS; i++) {
			atomic_fetch_add(&repeated.begun, 1);
			raw_say(&repeated.st, EVENTS, SYN, 1000, 0);
		}
		atomic_fetch_add(&repeated.done, 1);
	}
}

static int member(void)
{
	int fd = sock(0);

	return set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1) ||
	       bind_to(fd, "0.0.0.0", PORT(EVENTS)) || listen(fd, 5) ? -1 : fd;
}

static void one_inherits(struct __test_metadata *_metadata, int round)
{
	struct stage *st = &repeated.st;
	int first = member(), heir, fd;
	struct seen s;

	ASSERT_EQ(0, raw_open_half(st, EVENTS, &s));
	heir = member();
	ASSERT_LE(0, heir);
	atomic_fetch_add(&repeated.round, 1);
	/* While the answer to one of them is under way. */
	while (atomic_load(&repeated.begun) <= round * SYNS + round % SYNS)
		sched_yield();
	close(first);
	ASSERT_EQ(0, raw_say(st, EVENTS, ACK, 1001, s.seq + 1));
	ASSERT_NE(0, wait_for(heir, POLLIN));
	fd = accept(heir, NULL, NULL);
	ASSERT_TRUE(WAIT_FOR(atomic_load(&repeated.done) == round + 1));
	ASSERT_EQ(0, reset_by(fd));
	close(heir);
	while (!sniff(st->tap, HERE_IP, &s, 0))
		;
}

/*
 * C-34: a SYN-ACK is repeated in the name of a listener that closes, while its
 * last half-open connection is taken over by another.
 */
TEST(synack_of_who_has_closed)
{
	pthread_t thread;
	int i;

	ASSERT_EQ(0, stage_make(&repeated.st, family));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_migrate_req", "1"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_invalid_ratelimit", "0"));
	widen_races(5, 3000);
	ASSERT_EQ(0, pthread_create(&thread, NULL, repeat_syns, NULL));
	pin_to(1);
	for (i = 0; i < ROUNDS; i++)
		one_inherits(_metadata, i);
	atomic_store(&repeated.over, true);
	pthread_join(thread, NULL);
	widen_races(0, 100);
	close(repeated.st.raw);
	close(repeated.st.tap);
	world_end(&repeated.st.w);
}

#include "nothing_left.h"
