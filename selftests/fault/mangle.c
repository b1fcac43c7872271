// SPDX-License-Identifier: GPL-2.0
/*
 * What stands between a transmit and its receive may put anything on a packet:
 * tc actions, qdiscs, filter rules, taps, the device itself.  A row for each;
 * connections are made before, during and after, over xtcp0 and over a wire.
 * Whatever it is, what arrives is right, what fails says so in time, and all
 * goes on when it is over.
 *
 *	mangle [WORD]	all rows, or those with WORD in their name
 *
 * XTCP_TEST_FAMILY=2 shows what becomes of the kernel's TCP.
 */
#include <kselftest.h>
#include <sched.h>
#include <sys/prctl.h>

#include "mangle.h"

#define ROW_SECONDS	(300 * SLOW)
/* Rows wait most of the time, and each has a namespace of its own. */
#define AT_ONCE		6
#define MOST		400
#define NOBODY		65534

/* A row at one place, in a child process */
struct trial {
	const struct mangling *row;
	int where;
	bool user, over, passed;
	pid_t pid;
	FILE *said;
};

static struct trial trials[MOST];
static int n_trials;

static const char * const wheres[] = {
	"out of xtcp0", "into xtcp0", "out of a wire", "into a wire",
};

static enum hope hope_of(const struct mangling *row, int where)
{
	if (native() && where < WIRE_OUT && row->tcp[where])
		return row->tcp[where];
	return row->hope[where];
}

static int begin(const struct mangling *row, const struct place *p)
{
	char lines[500];

	if (row->begin)
		return row->begin(row, p);
	if (row->action) {
		bool in = p->where & IN;

		snprintf(lines, sizeof(lines),
			 "qdisc add dev @ clsact\n"
			 "filter add dev @ %s matchall action %s%s\n",
			 in ? "ingress" : "egress", row->action,
			 row->leaving && !in ? row->leaving : "");
		return place_run(p, "tc -b -", lines);
	}
	if (row->qdisc) {
		snprintf(lines, sizeof(lines), "qdisc add dev @ root %s\n",
			 row->qdisc);
		return place_run(p, "tc -b -", lines);
	}
	snprintf(lines, sizeof(lines),
		 "table netdev t {\n"
		 "	chain c {\n"
		 "		type filter hook %s device @ priority 0;\n"
		 "		%s\n"
		 "	}\n"
		 "}\n", row->hook, row->rule);
	return place_run(p, "nft -f -", lines);
}

static int end(const struct mangling *row, const struct place *p)
{
	if (row->begin)
		return row->end ? row->end(row, p) : 0;
	if (row->action)
		return place_run(p, "tc -b -", "qdisc del dev @ clsact\n");
	if (row->qdisc)
		return place_run(p, "tc -b -", "qdisc del dev @ root\n");
	return place_run(p, "nft -f -", "flush ruleset\n");
}

static const char *play_at(const struct mangling *row, struct place *p)
{
	enum hope hope = hope_of(row, p->where);
	const char *wrong, *wrong_after;
	struct before b;

	wrong = talk_before(p, &b);
	if (wrong)
		return wrong;
	if (begin(row, p))
		return "it can't be done";
	wrong = talk_during(p, &b, hope);
	if (wrong)
		ksft_print_msg("%s\n", wrong);
	if (end(row, p))
		return "it can't be undone";
	wrong_after = talk_after(p, &b, hope);
	return wrong_after ?: wrong;
}

/* From here on: somebody without rights, who is root of what he made. */
static int become_user(void)
{
	static const char map[] = "0 65534 1";
	int fd, ret;

	if (setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY) ||
	    prctl(PR_SET_DUMPABLE, 1) || unshare(CLONE_NEWUSER))
		return -1;
	fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	ret = write(fd, map, strlen(map)) == strlen(map) ? 0 : -1;
	close(fd);
	return ret;
}

static int play(const struct trial *t)
{
	const char *wrong = "no such place";
	struct place p;

	if (t->user && become_user()) {
		wrong = "no user namespace";
	} else if (!place_open(&p, t->where)) {
		wrong = play_at(t->row, &p);
		place_close(&p);
	}
	if (wrong)
		ksft_print_msg("%s\n", wrong);
	return wrong ? 1 : 0;
}

static void start(struct trial *t)
{
	int status;

	t->said = tmpfile();
	fflush(stdout);
	t->pid = t->said ? fork() : -1;
	if (t->pid < 0)
		ksft_exit_fail_msg("no child: %s\n", strerror(errno));
	if (t->pid)
		return;
	dup2(fileno(t->said), STDOUT_FILENO);
	dup2(fileno(t->said), STDERR_FILENO);
	alarm(ROW_SECONDS);
	status = play(t);
	fflush(stdout);
	_exit(status);
}

/* Wait for the end of any child. */
static void reap(void)
{
	int i, status;
	pid_t pid = wait(&status);

	for (i = 0; i < n_trials; i++) {
		struct trial *t = &trials[i];

		if (t->pid != pid)
			continue;
		t->over = true;
		t->passed = !status;
		if (WIFSIGNALED(status))
			fprintf(t->said, "# killed by signal %d\n",
				WTERMSIG(status));
	}
}

static void judge(const struct trial *t)
{
	char line[600];

	rewind(t->said);
	while (!t->passed && fgets(line, sizeof(line), t->said))
		printf("# %s", line);
	fclose(t->said);
	ksft_test_result(t->passed, "%s, %s%s\n", t->row->name,
			 wheres[t->where],
			 t->user ? ", in a user namespace" : "");
}

static void play_all(void)
{
	int begun = 0, next = 0, under_way = 0;

	while (next < n_trials) {
		if (begun < n_trials && under_way < AT_ONCE) {
			start(&trials[begun++]);
			under_way++;
		} else if (trials[next].over) {
			judge(&trials[next++]);
		} else {
			reap();
			under_way--;
		}
	}
}

static bool is_done_at(const struct mangling *row, int where)
{
	if (row->way == BOTH_WAYS && where & IN)
		return false;
	if (row->way == INWARDS && !(where & IN))
		return false;
	return row->hope[where];
}

static void add(const struct mangling *row, int where, bool user)
{
	if (n_trials == MOST)
		ksft_exit_fail_msg("too many rows\n");
	trials[n_trials++] = (struct trial){
		.row = row, .where = where, .user = user,
	};
}

static int places_of(const struct mangling *row)
{
	int where, n = 0;

	for (where = 0; where < WHERES; where++)
		n += is_done_at(row, where);
	return n;
}

/* In the short form each row at one of its four places, in turns */
static void choose(const struct mangling *row, const char *only)
{
	static unsigned int rows;
	const int step = stride(4);
	int where, n, skip;

	for (; row->name; row++) {
		if (only && !strstr(row->name, only))
			continue;
		n = places_of(row);
		skip = n ? rows++ % (n < step ? n : step) : 0;
		for (where = 0; where < WHERES; where++) {
			if (!is_done_at(row, where) || skip-- % step)
				continue;
			add(row, where, false);
			if (row->user)
				add(row, where, true);
		}
	}
}

int main(int argc, char **argv)
{
	const struct mangling * const tables[] = {
		action_rows, between_rows, bpf_rows, frame_rows, way_rows,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		choose(tables[i], argc > 1 ? argv[1] : NULL);
	ksft_print_header();
	ksft_set_plan(n_trials);
	play_all();
	ksft_finished();
}
