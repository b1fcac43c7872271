// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzzer of system calls: threads of several processes do everything with
 * the same few sockets of XTCP and of TCP, while another process changes the
 * world below them.  The kernel must not complain, nothing may hang, and
 * nothing may be left.  fuzz.h tells how long, from which seed, and how to have
 * the same again.
 */
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "failnth.h"
#include "fuzz_calls.h"
#include "harness.h"

#define STUCK_MS	(100 * SLOW)	/* a call takes no longer without a signal */

static const struct fuzz_setup setup = {
	.name = "calls",
	.counts = call_names,
	.players = WORLD + 1,
	.length = 200,
	.seconds = SLOW > 1 ? 70 : 25,
	.inputs = 600,		/* or some call may never be drawn */
};

static bool failing;		/* allocations can be made to fail */

static void on_signal(int signo)
{
}

static void *run_inputs(void *arg)
{
	struct actor *a = arg;

	__atomic_store_n(&a->tid, gettid(), __ATOMIC_RELEASE);
	a->nth = failing ? nth_open() : -1;
	if (pipe2(a->pipe, O_NONBLOCK | O_CLOEXEC))
		return NULL;
	fuzz_join(&a->player, a->player.nr, 0);
	while (fuzz_next(&a->player)) {
		while (!fuzz_dry(&a->player.in)) {
			play_call(a);
			fuzz_look(&a->player);
		}
	}
	fuzz_leave(&a->player);
	uring_close(a);
	return NULL;
}

/* A call that waits is ended by a signal; one that does not heed it hangs. */
static bool is_stuck(struct actor *a)
{
	long long since = __atomic_load_n(&a->since, __ATOMIC_ACQUIRE);
	long long took = since ? now_ms() - since : 0;

	if (took > STUCK_MS) {
		/* It must not be the signal's frame that fails. */
		actor_lock(a);
		if (failing)
			nth_disarm_thread(a->tid);
		tgkill(getpid(), a->tid, SIGUSR1);
		actor_unlock(a);
	}
	return took > PATIENCE;
}

static void reap_children(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		__atomic_sub_fetch(&live_children, 1, __ATOMIC_RELAXED);
}

/* Until all threads have ended; false: one never does. */
static bool watch(struct actor *actors)
{
	int left = THREADS, i;

	while (left) {
		usleep(20000);
		reap_children();
		for (i = 0; i < THREADS; i++) {
			struct actor *a = &actors[i];

			if (!a->thread)
				continue;
			if (is_stuck(a)) {
				tell_stack(getpid(), a->tid);
				fuzz_tell(a->player.nr);
				return false;
			}
			if (pthread_tryjoin_np(a->thread, NULL))
				continue;
			a->thread = 0;
			left--;
		}
	}
	return true;
}

static void take_signals(void)
{
	static const int signals[] = { SIGUSR1, SIGIO, SIGURG, SIGPIPE, SIGALRM };
	struct sigaction sa = { .sa_handler = on_signal };
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &sa, NULL);
}

/* A process that makes calls */
static int call_all(int process)
{
	static struct actor actors[THREADS];
	int i;

	take_signals();
	if (play_init())
		return 1;
	for (i = 0; i < THREADS; i++) {
		actors[i].player.nr = process * THREADS + i;
		if (pthread_create(&actors[i].thread, NULL, run_inputs, &actors[i]))
			return 1;
	}
	if (!watch(actors))
		return 1;
	play_end();
	return !WAIT_FOR(waitpid(-1, NULL, WNOHANG) < 0);
}

/* The process that changes the world */
static int change_all(void)
{
	static struct fuzz_player player;
	pthread_t queue;

	/* It runs tools, beside many that want the processors. */
	setpriority(PRIO_PROCESS, 0, -20);
	if (queue_start(&queue))
		return 1;
	fuzz_join(&player, WORLD, 1);
	while (fuzz_next(&player)) {
		while (!fuzz_dry(&player.in) &&
		       (fuzz_replays() || !fuzz_over())) {
			world_change(&player.in);
			fuzz_look(&player);
		}
	}
	fuzz_leave(&player);
	pthread_join(queue, NULL);
	world_heal();
	return 0;
}

static bool all_ended(pid_t *pids, bool *bad)
{
	int status, i, left = 0;

	for (i = 0; i <= PROCESSES; i++) {
		if (pids[i] && waitpid(pids[i], &status, WNOHANG) == pids[i]) {
			if (status)
				printf("# process %d ended with %#x\n", i, status);
			*bad |= status;
			pids[i] = 0;
		}
		left += pids[i] > 0;
	}
	return !left;
}

static bool run_all(void)
{
	pid_t pids[PROCESSES + 1];
	bool bad = false;
	int i;

	for (i = 0; i <= PROCESSES; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			_exit(i < PROCESSES ? call_all(i) : change_all());
		}
	}
	while (!all_ended(pids, &bad) && !bad && !fuzz_over())
		usleep(100000);
	if (WAIT_FOR(all_ended(pids, &bad) || bad) && !bad)
		return true;
	for (i = 0; i <= PROCESSES; i++) {
		if (!pids[i])
			continue;
		tell_stack(pids[i], pids[i]);
		kill(pids[i], SIGKILL);
		WAIT_FOR(waitpid(pids[i], NULL, WNOHANG));
	}
	fuzz_tell(WORLD);
	return false;
}

static bool every_call_made(void)
{
	int i;

	/* Of changes to the world there may be few, on a slow machine. */
	for (i = 0; i <= CALL_WORLD; i++) {
		if (fuzz_counted(i))
			continue;
		printf("# no %s\n", call_names[i]);
		return false;
	}
	return true;
}

FIXTURE(calls) {
	int holder;		/* a socket that keeps the module */
};

FIXTURE_SETUP(calls)
{
	self->holder = sock(SOCK_CLOEXEC);
	ASSERT_LE(0, self->holder);
	/* Time stamps stay on: see hold_static_keys of scripts/guest-test. */
	ASSERT_EQ(0, set_int(self->holder, SOL_SOCKET, SO_TIMESTAMP, 1));
	world_faults = mmap(NULL, sizeof(*world_faults), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, world_faults);
	ASSERT_EQ(0, world_init());
	failing = !access("/sys/kernel/debug/failslab", F_OK) && !fail_prepare();
	ASSERT_EQ(0, play_prepare());
	ASSERT_EQ(0, fuzz_start(&setup));
}

FIXTURE_TEARDOWN(calls)
{
	close(self->holder);
}

/* A route's rtt and rto_min may put an orphan's next FIN off for 120 s. */
static bool orphans_gone(void)
{
	struct row rows[100];
	int i, n;

	for (i = 0; i < 5; i++) {
		if (WAIT_FOR(rows_alive() == 0))
			return true;
		n = rows_read(rows, ARRAY_SIZE(rows));
		if (n < 1)
			continue;
		printf("# %d left: %u to %u, state %#x, timer %u in %u, %u sent again\n",
		       n, rows[0].lport, rows[0].rport, rows[0].state,
		       rows[0].timer, rows[0].when, rows[0].retrans);
	}
	return false;
}

TEST_F_TIMEOUT(calls, any_call_in_any_world, 6 * 3600)
{
	bool well = run_all();
	int fd[2];
	char byte;

	play_over();
	fuzz_report();
	printf("# %ld connections made, %ld accepted, %ld reset\n",
	       counter("ActiveOpens"), counter("PassiveOpens"),
	       counter("EstabResets"));
	ASSERT_TRUE(well);
	EXPECT_EQ(0, *world_faults);
	/* Only a run of our own length has a least number of inputs. */
	EXPECT_TRUE(fuzz_replays() || getenv("XTCP_FUZZ_SECONDS") ||
		    every_call_made());
	/* and all is as before */
	world_heal();
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(1, send(fd[0], "x", 1, 0));
	ASSERT_EQ(1, recv(fd[1], &byte, 1, 0));
	close(fd[0]);
	close(fd[1]);
	EXPECT_TRUE(orphans_gone());
	EXPECT_EQ(0, counter("CurrEstab"));
}

#include "nothing_left.h"
