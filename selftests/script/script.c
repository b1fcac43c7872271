// SPDX-License-Identifier: GPL-2.0
/*
 * Packet scripts: the handshake, RFC 5961, options, windows, timers, TIME_WAIT
 * (sections D, E and H of the inventory).  Each is played on the kernel's TCP, which proves
 * what it expects, and on AF_XTCP; on an instrumented kernel on AF_XTCP alone,
 * as nothing of the kernel's TCP is in question there.
 *
 * There, too, the machine is slow: what fails is played again if the player can
 * tell that it did not get the processor for longer than a timer waits.
 *
 *	script [WORD]	all scripts, or those with WORD in rows or name
 *
 * XTCP_TEST_FAMILY=2 plays them on TCP alone.  Where the clock counts instructions
 * (XTCP_TEST_ICOUNT) only those that have times are played, one by one.
 */
#include <kselftest.h>
#include <sys/mman.h>

#include "script_holdup.h"
#include "script_tables.h"
#include "xtcp_test.h"

#define SCRIPT_SECONDS	(120 * SLOW)
/* Scripts wait most of the time, and each has a namespace of its own. */
#define AT_ONCE		6
#define MOST		600
#define TRIES		5

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

/* A script in play on one family, in a child process */
struct play {
	pid_t pid;
	FILE *said;
	unsigned int tries;
	bool over, passed, failed;
};

/* How a child ends that plays one */
enum end { PASSED, FAILED, HELD_UP };

/* A script, and how it went on both families */
struct trial {
	const struct script *script;
	struct play play[2];	/* by &enum on */
};

enum on { ON_TCP, ON_XTCP };

static const char *const names[] = { "AF_INET", "AF_XTCP" };

static struct trial trials[MOST];
static int n_trials;
static int at_once = AT_ONCE;

static void start(struct play *play, const struct script *s, int on_family)
{
	int failed;

	if (play->said)
		fclose(play->said);
	play->said = tmpfile();
	play->tries++;
	fflush(stdout);
	play->pid = play->said ? fork() : -1;
	if (play->pid < 0)
		ksft_exit_fail_msg("no child: %s\n", strerror(errno));
	if (play->pid)
		return;
	dup2(fileno(play->said), STDOUT_FILENO);
	family = on_family;
	alarm(SCRIPT_SECONDS);
	failed = script_play(s);
	fflush(stdout);
	_exit(!failed ? PASSED : script_holdup_seen() ? HELD_UP : FAILED);
}

static int family_on(int on)
{
	return on == ON_TCP ? AF_INET : family;
}

/* Wait for the end of any child; false if it plays once more. */
static bool reap(void)
{
	int i, status;
	pid_t pid = wait(&status);

	for (i = 0; i < n_trials; i++) {
		struct trial *t = &trials[i];
		int on = t->play[ON_TCP].pid == pid ? ON_TCP : ON_XTCP;
		struct play *play = &t->play[on];

		if (play->pid != pid)
			continue;
		if (WIFEXITED(status) && WEXITSTATUS(status) == HELD_UP &&
		    play->tries < TRIES) {
			printf("# held up, once more: %s\n", t->script->name);
			start(play, t->script, family_on(on));
			return false;
		}
		play->over = true;
		play->passed = !status;
		play->failed = WIFEXITED(status) && status;
		if (WIFSIGNALED(status))
			fprintf(play->said, "# killed by signal %d\n",
				WTERMSIG(status));
	}
	return true;
}

static void repeat(const struct play *play, const char *on)
{
	char line[600];

	if (!play->over)
		return;
	rewind(play->said);
	while (fgets(line, sizeof(line), play->said))
		fputs(line, stdout);
	if (!play->passed)
		printf("# failed on %s\n", on);
}

/*
 * What AF_XTCP lacks must fail there: a script that begins to pass says so,
 * and the note of the lack has to go.
 */
static void judge(const struct trial *t, bool on_tcp, bool on_xtcp)
{
	const struct script *s = t->script;
	bool good = true;
	int i;

	if (on_tcp)
		good = t->play[ON_TCP].passed ||
		       (s->not_tcp && kernel_version() >= s->not_since);
	if (on_xtcp)
		good = good && (s->lacks ? t->play[ON_XTCP].failed :
					   t->play[ON_XTCP].passed);
	for (i = 0; i < 2 && !good; i++)
		repeat(&t->play[i], names[i]);
	if (good && on_xtcp && s->lacks)
		ksft_test_result_xfail("%s: %s: AF_XTCP lacks %s\n", s->rows,
				       s->name, s->lacks);
	else
		ksft_test_result(good, "%s: %s\n", s->rows, s->name);
}

static void play_all(bool on_tcp, bool on_xtcp)
{
	const bool on[] = { on_tcp, on_xtcp };
	int next = 0, begun = 0, under_way = 0, i;

	while (next < n_trials) {
		struct trial *t = &trials[next];

		if (begun < 2 * n_trials && under_way < at_once) {
			i = begun++;
			if (!on[i % 2])
				continue;
			start(&trials[i / 2].play[i % 2], trials[i / 2].script,
			      family_on(i % 2));
			under_way++;
		} else if (t->play[ON_TCP].over >= on_tcp &&
			   t->play[ON_XTCP].over >= on_xtcp) {
			judge(t, on_tcp, on_xtcp);
			next++;
		} else {
			under_way -= reap();
		}
	}
}

/* Those named; or all, in the short form every third one */
static void choose(const struct script *s, const char *only)
{
	static unsigned int number;

	for (; s->name; s++) {
		if (script_counts_instructions() && !script_has_time(s))
			continue;
		if (only ? !strstr(s->rows, only) && !strstr(s->name, only) :
			   number++ % stride(3))
			continue;
		if (n_trials == MOST)
			ksft_exit_fail_msg("too many scripts\n");
		trials[n_trials++].script = s;
	}
}

int main(int argc, char **argv)
{
	const struct script * const tables[] = {
		listen_scripts, option_scripts, matrix_scripts(),
		request_scripts, queue_scripts, cookie_scripts, child_scripts,
		active_scripts, synced_scripts, timewait_scripts,
		icmp_scripts, ecn_scripts, cong_scripts, window_scripts,
		timeout_scripts, sack_scripts, recovery_scripts, time_scripts,
		output_scripts, route_scripts, remember_scripts, mtup_scripts,
		backoff_scripts,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		choose(tables[i], argc > 1 ? argv[1] : NULL);
	/* Pages that come over from the host take time of this clock. */
	if (script_counts_instructions()) {
		at_once = 1;
		mlockall(MCL_CURRENT | MCL_FUTURE);
	}
	ksft_print_header();
	ksft_set_plan(n_trials);
	play_all(native() || SLOW == 1, !native());
	ksft_finished();
}
