// SPDX-License-Identifier: GPL-2.0
/*
 * Segments of all kinds, near what a conversation expects, in every state,
 * over every kind of device, in both roles, while programs use the sockets:
 * the fuzzer of what comes from outside.  See fuzz.h for how to run it longer,
 * and again.
 *
 * What must hold: the program reads what was sent to it, and no other bytes;
 * what XTCP sends is the program's and a header without anything left over;
 * memory and connections are bounded; and the kernel does not complain, which
 * the run's aftermath looks for.
 */
#include <stdarg.h>
#include <sys/mman.h>

#include "harness.h"
#include "fuzzseg.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	100000	/* it ends by its own clock */

#define WORKERS		2
#define SECONDS		(SLOW > 1 ? 70 : 25)
#define LENGTH		2500	/* of a fresh input */
#define MOST_PAGES	65536
#define MOST_ROWS	20000

static const char *const kinds[] = {
	[SEG_EXPECTED] = "expected", [SEG_MUTATED] = "mutated",
	[SEG_SYN] = "syn", [SEG_RST] = "rst", [SEG_FRAGMENT] = "fragment",
	[SEG_SUPER] = "super", [SEG_ICMP] = "icmp", [SEG_FLOOD] = "flood",
	[SEG_COOKIE] = "cookie", [SEG_REPEATED] = "repeated", NULL
};

struct figures *figures;
static __thread struct fuzz_player *player;

/* ---- figures ----------------------------------------------------------- */

void note(unsigned int what, unsigned long n)
{
	__atomic_fetch_add(&figures->note[what], n, __ATOMIC_RELAXED);
}

void note_state(unsigned int state)
{
	__atomic_fetch_add(&figures->states[state % 16], 1, __ATOMIC_RELAXED);
}

void violated(const char *format, ...)
{
	char text[200];
	va_list args;

	note(NOTE_VIOLATIONS, 1);
	if (figures->note[NOTE_VIOLATIONS] > 20)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("# broken: player %u input %lu: %s\n", player->nr,
	       player->number, text);
	if (figures->note[NOTE_VIOLATIONS] <= 3)
		fuzz_tell(player->nr);
}

static void tell_states(const char *title, const unsigned long *counts)
{
	static const char *const names[] = {
		"none", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1",
		"FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK",
		"LISTEN", "CLOSING", "NEW_SYN_RECV",
	};
	unsigned int i;

	printf("# %s:", title);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (counts[i])
			printf(" %s %lu", names[i], counts[i]);
	printf("\n");
}

static void tell_figures(void)
{
	static const char *const names[NOTES] = {
		"refused", "replies", "others", "synacks", "resets", "payload",
		"read", "written", "unchecked", "accepted", "calls",
		"revived", "violations",
	};
	unsigned int i;

	printf("# figures:");
	for (i = 0; i < NOTES; i++)
		printf(" %s %lu", names[i], figures->note[i]);
	printf(" talks over tun %lu veth %lu xtcp0 %lu", figures->ways[0],
	       figures->ways[1], figures->ways[2]);
	printf(" pages %ld rows %ld\n", figures->most_pages, figures->most_rows);
	tell_states("states by TCP_INFO", figures->states);
	tell_states("states by /proc/net/xtcp", figures->rows);
}

/* Orphans, requests and TIME_WAIT have no descriptor that could be asked. */
static void look_at_rows(void)
{
	static struct row rows[4096];
	long pages = proto_memory();
	int n = rows_read(rows, ARRAY_SIZE(rows)), i;

	if (pages > figures->most_pages)
		figures->most_pages = pages;
	if (n > figures->most_rows)
		figures->most_rows = n;
	if (pages > MOST_PAGES || n > MOST_ROWS)
		violated("%ld pages, %d connections", pages, n);
	for (i = 0; i < n && i < (int)ARRAY_SIZE(rows); i++)
		__atomic_fetch_add(&figures->rows[rows[i].state % 16], 1,
				   __ATOMIC_RELAXED);
}

/* ---- the world --------------------------------------------------------- */

static void change_sysctl(struct fuzz_in *in)
{
	static const struct {
		const char *name, *values[4];
	} sysctls[] = {
		{ "ipv4/tcp_syncookies", { "0", "1", "2", "1" } },
		{ "ipv4/tcp_timestamps", { "0", "1", "2", "1" } },
		{ "ipv4/tcp_window_scaling", { "0", "1", "1", "1" } },
		{ "ipv4/tcp_sack", { "0", "1", "1", "1" } },
		{ "ipv4/tcp_ecn", { "0", "1", "2", "2" } },
		{ "ipv4/tcp_rfc1337", { "0", "1", "0", "1" } },
		{ "ipv4/tcp_abort_on_overflow", { "0", "1", "0", "0" } },
		{ "ipv4/tcp_max_syn_backlog", { "1", "16", "256", "1000" } },
		{ "ipv4/tcp_synack_retries", { "0", "1", "5", "2" } },
		{ "ipv4/tcp_base_mss", { "48", "1024", "1024", "9000" } },
		{ "ipv4/tcp_mtu_probing", { "0", "1", "2", "0" } },
		{ "ipv4/tcp_min_snd_mss", { "48", "48", "536", "65535" } },
		{ "ipv4/tcp_adv_win_scale", { "-31", "1", "31", "1" } },
		{ "ipv4/tcp_rmem", { "1 1 1", "4096 131072 6291456",
				     "4096 4096 4096", "4096 131072 6291456" } },
		{ "ipv4/tcp_wmem", { "1 1 1", "4096 16384 4194304",
				     "4096 4096 4096", "4096 16384 4194304" } },
		{ "ipv4/tcp_invalid_ratelimit", { "0", "500", "0", "1" } },
		{ "ipv4/tcp_challenge_ack_limit", { "0", "1", "1000",
						    "2147483647" } },
		{ "ipv4/tcp_congestion_control", { "reno", "cubic", "cubic",
						   "reno" } },
		{ "ipv4/tcp_fin_timeout", { "0", "1", "2", "60" } },
		{ "ipv4/tcp_tw_reuse", { "0", "1", "2", "1" } },
		{ "ipv4/ip_no_pmtu_disc", { "0", "1", "2", "3" } },
		{ "xtcp/timewait_msecs", { "0", "1", "200", "2000" } },
	};
	unsigned int i = fuzz_draw(in, ARRAY_SIZE(sysctls));

	/* What a kernel doesn't have, or refuses, stays. */
	sysctl_set(sysctls[i].name, sysctls[i].values[fuzz_draw(in, 4)]);
}

static void change_mtu(struct worker *w, struct fuzz_in *in)
{
	static const int mtus[] = {
		1500, 65535, 68, 69, 128, 576, 1280, 1499, 9000, 1500,
	};

	way_set_mtu(w, &w->ways[fuzz_draw(in, WAYS)],
		    mtus[fuzz_draw(in, ARRAY_SIZE(mtus))]);
}

/* Most inputs begin in a world that is as it should be. */
static void mend_world(struct worker *w)
{
	static const char *const usual[][2] = {
		{ "ipv4/tcp_timestamps", "1" }, { "ipv4/tcp_syncookies", "1" },
		{ "ipv4/tcp_window_scaling", "1" }, { "ipv4/tcp_ecn", "2" },
		{ "ipv4/tcp_max_syn_backlog", "256" },
		{ "ipv4/tcp_min_snd_mss", "48" },
		{ "ipv4/tcp_adv_win_scale", "1" },
		{ "ipv4/tcp_fin_timeout", "2" },
		{ "ipv4/tcp_rmem", "4096 131072 6291456" },
		{ "ipv4/tcp_wmem", "4096 16384 4194304" },
		{ "xtcp/timewait_msecs", "200" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(usual); i++)
		sysctl_set(usual[i][0], usual[i][1]);
	way_set_mtu(w, &w->ways[WAY_TUN], 1500);
	way_set_mtu(w, &w->ways[WAY_VETH], 1500);
	way_set_mtu(w, &w->ways[WAY_LOOP], 65535);
}

/* ---- one input --------------------------------------------------------- */

static void begin(struct worker *w, struct fuzz_in *in)
{
	unsigned int n;
	struct talk *t;

	w->polite = fuzz_draw(in, 4);
	listeners_open(w, in);
	/* Those of the last input are over. */
	w->n_talks = 0;
	for (n = 1 + fuzz_draw(in, TALKS); n; n--) {
		t = &w->talks[w->n_talks];
		talk_open(w, t, in);
		w->n_talks++;
		figures->ways[t->way->kind]++;
		if (!t->listens)
			end_connect(w, t, in);
		if (fuzz_draw(in, 8))
			talk_handshake(w, t, in);
		ends_accept(w);
	}
}

static void step(struct worker *w, struct fuzz_in *in)
{
	unsigned int what = fuzz_draw(in, 256);
	struct talk *t = &w->talks[what % w->n_talks];

	switch (what) {
	case 0 ... 69:
		end_call(w, in);
		break;
	case 70 ... 79:
		ends_accept(w);
		break;
	case 80 ... 83:
		ends_look(w);
		break;
	case 84:
		change_sysctl(in);
		break;
	case 85:
		if (fuzz_draw(in, 4) == 0)
			change_mtu(w, in);
		break;
	case 86:
		talk_flood(w, t->way, in);
		break;
	case 87:
		way_flush(w);
		usleep(1000 * fuzz_draw(in, 30));
		break;
	case 88:
		if (!t->listens)
			end_connect(w, t, in);
		break;
	default:
		talk_step(w, t, in);
		break;
	}
}

static void finish(struct worker *w, struct fuzz_in *in)
{
	unsigned int kill = fuzz_draw(in, 4);
	struct talk *t;

	way_flush(w);
	ends_accept(w);
	ends_look(w);
	ends_close(w, in);
	for (t = w->talks; t < w->talks + w->n_talks; t++) {
		way_drain(w, t->way);
		if (kill)
			talk_kill(w, t);
	}
	way_flush(w);
}

static void run_input(struct worker *w, struct fuzz_player *p)
{
	unsigned int steps = 0;

	if (p->number % 4 == 0)
		mend_world(w);
	begin(w, &p->in);
	while (!fuzz_dry(&p->in)) {
		step(w, &p->in);
		if (++steps % 64 == 0)
			fuzz_look(p);
	}
	if (p->number % 16 == 0)
		look_at_rows();
	finish(w, &p->in);
}

/* ---- players ----------------------------------------------------------- */

/* A second thread of the program: calls alone */
static void *program(void *arg)
{
	struct worker *w = arg;
	struct fuzz_player p;

	fuzz_join(&p, WORKERS + w->nr, 1);
	player = &p;
	while (fuzz_next(&p)) {
		while (!fuzz_dry(&p.in)) {
			end_call(w, &p.in);
			usleep(1000 * (1 + fuzz_draw(&p.in, 4)));
		}
	}
	fuzz_leave(&p);
	return NULL;
}

static int settle(struct worker *w)
{
	if (world_make(&w->world, AF_XTCP, AF_INET, false) ||
	    sysctl_set("ipv4/tcp_fin_timeout", "2") ||
	    sysctl_set("ipv4/conf/all/accept_source_route", "1") ||
	    sysctl_set("ipv4/conf/default/accept_source_route", "1"))
		return -1;
	return ways_open(w);
}

static int work(unsigned int nr)
{
	static struct worker worker;
	struct worker *w = &worker;
	struct fuzz_player p;
	pthread_t thread;
	int i;

	w->nr = nr;
	ends_init(w);
	if (settle(w)) {
		printf("# no world: %s\n", strerror(errno));
		return 1;
	}
	if (pthread_create(&thread, NULL, program, w))
		return 1;
	fuzz_join(&p, nr, 0);
	player = &p;
	while (fuzz_next(&p))
		run_input(w, &p);
	fuzz_leave(&p);
	pthread_join(thread, NULL);
	for (i = 0; i < LISTENERS; i++)
		if (w->lfd[i] >= 0)
			close(w->lfd[i]);
	ways_close(w);
	world_end(&w->world);
	return 0;
}

FIXTURE(fuzz) {
	pid_t pid[WORKERS];
};

FIXTURE_SETUP(fuzz)
{
	static const struct fuzz_setup setup = {
		.name = "segments", .counts = kinds, .players = 2 * WORKERS,
		.length = LENGTH, .seconds = SECONDS,
	};

	figures = mmap(NULL, sizeof(*figures), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)figures);
	pattern_start();
	ASSERT_EQ(0, fuzz_start(&setup));
	fflush(stdout);
}

FIXTURE_TEARDOWN(fuzz)
{
}

TEST_F(fuzz, segments)
{
	int i, status;

	for (i = 0; i < WORKERS; i++) {
		self->pid[i] = fork();
		if (!self->pid[i]) {
			status = work(i);
			fflush(stdout);
			_exit(status);
		}
	}
	for (i = 0; i < WORKERS; i++) {
		ASSERT_EQ(self->pid[i], waitpid(self->pid[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	tell_figures();
	fuzz_report();
	EXPECT_EQ(0, figures->note[NOTE_VIOLATIONS]);
	if (fuzz_replays())
		return;
	/* It did what it is for. */
	EXPECT_LT(0, figures->note[NOTE_READ]);
	EXPECT_LT(0, figures->note[NOTE_PAYLOAD]);
	EXPECT_LT(0, figures->states[ST_ESTABLISHED]);
}

#include "nothing_left.h"
