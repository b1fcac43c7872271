// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle: results, errnos and poll masks of AF_INET and AF_XTCP must agree.
 * With XTCP_TEST_FAMILY=2 it compares AF_INET with itself, which shows whether
 * its scenarios are deterministic.
 */
#include <kselftest.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "oracle.h"

#define SCENARIO_SECONDS	(60 * SLOW)
#define SCENARIOS	200	/* at most */

/*
 * Where AF_XTCP differs on purpose, or from the TCP of later kernels: notes of
 * a scenario that begin with a prefix are not compared.  An entry that no
 * longer tells a difference fails the program, so the table can't go stale.
 */
static const struct {
	const char *scenario, *prefix, *why;
	unsigned int since;	/* version of the kernel; 0: all */
} differences[] = {
	{ "initial_options", "SO_PROTOCOL", "design decision 4: 253, never 6" },
	{ "options_of_a_connection", "SO_PROTOCOL", "the same" },
	{ "values_of_socket_options", "SO_PROTOCOL", "the same" },
	{ "ioctl_in_every_state", "disconnected SIOCOUTQ",
	  "TCP forgets the queue, but not its sequence numbers" },
	{ "ioctl_in_every_state", "was_listening SIOCOUTQ", "the same" },
	{ "device_of_a_connection", "client dm0",
	  "no route leaves the host yet" },
	{ "initial_options_by_settings", "SO_PROTOCOL", "decision 4" },
	{ "halves_of_the_range", "odd",
	  "of an odd number of ports TCP never chooses the last" },
};

static int side_fd[2];		/* a connection that settle() uses */

static void append(struct run *run, const char *format, va_list args)
{
	if (run->count < NOTES)
		vsnprintf(run->note[run->count++], NOTE_LENGTH, format, args);
}

void note(struct run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	append(run, format, args);
	va_end(args);
}

const char *error_name(int error)
{
	return error ? strerrorname_np(error) ?: "unknown" : "0";
}

void note_call(struct run *run, long ret, const char *format, ...)
{
	const char *error = ret < 0 ? error_name(errno) : "";
	char text[NOTE_LENGTH - 32];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	note(run, "%s: %ld %s", text, ret, error);
}

int note_fd(struct run *run, int fd, const char *what)
{
	note(run, "%s: %s", what, fd < 0 ? error_name(errno) : "fd");
	return fd;
}

static int state(int fd)
{
	struct tcp_info info = { .tcpi_state = 99 };
	socklen_t len = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info.tcpi_state;
}

/* A FIN, and no more than a few bytes, waits for its acknowledgment. */
static bool fin_under_way(int fd)
{
	int queued = 0;

	switch (state(fd)) {
	case ST_FIN_WAIT1:
	case ST_CLOSING:
	case ST_LAST_ACK:
		return !ioctl(fd, SIOCOUTQ, &queued) && queued < 100;
	}
	return false;
}

void settle_fin(int fd)
{
	settle();
	if (WAIT_FOR(!fin_under_way(fd)))
		settle();
}

void note_end(struct run *run, int fd, const char *what)
{
	settle_fin(fd);
	note(run, "%s: poll %#x state %d", what, mask_of(fd), state(fd));
}

/*
 * All local packets of a processor pass one queue in order, and each process
 * is bound to one processor: when the answer is here, so is all that was sent
 * before.  Several rounds, for answers to answers.
 */
void settle(void)
{
	char byte = 's';
	int i;

	for (i = 0; i < 4; i++) {
		if (send(side_fd[0], &byte, 1, 0) != 1 ||
		    recv(side_fd[1], &byte, 1, 0) != 1 ||
		    send(side_fd[1], &byte, 1, 0) != 1 ||
		    recv(side_fd[0], &byte, 1, 0) != 1)
			_exit(1);
	}
}

static int stay_on_processor(int number)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(number % get_nprocs(), &one);
	return sched_setaffinity(0, sizeof(one), &one);
}

static void play_in_child(const struct scenario *s, struct run *run,
			  int processor)
{
	alarm(SCENARIO_SECONDS);
	if (stay_on_processor(processor) || fresh_netns() || pair(side_fd) ||
	    set_int(side_fd[0], IPPROTO_TCP, TCP_NODELAY, 1) ||
	    set_int(side_fd[1], IPPROTO_TCP, TCP_NODELAY, 1)) {
		note(run, "no set-up: %s", strerror(errno));
		_exit(1);
	}
	s->play(run);
	_exit(0);
}

/* Begin to play a scenario on one family. */
static pid_t begin(const struct scenario *s, int on_family, struct run *run,
		   int processor)
{
	pid_t pid;

	memset(run, 0, sizeof(*run));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		family = on_family;
		play_in_child(s, run, processor);
	}
	return pid;
}

static void end(pid_t pid, struct run *run)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		note(run, "no child");
	else if (WIFSIGNALED(status))
		note(run, "killed by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		note(run, "exit status %d", WEXITSTATUS(status));
	if (run->count >= NOTES)
		note(run, "too many notes");
}

/* On both at once, each in a namespace and on a processor of its own */
static void play(const struct scenario *s, int other, struct run *inet,
		 struct run *xtcp)
{
	pid_t first = begin(s, AF_INET, inet, 0);
	pid_t second = begin(s, other, xtcp, 1);

	end(first, inet);
	end(second, xtcp);
}

static bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

/* Is the difference of two notes one of the table?  Count it, then. */
static bool expected(const struct scenario *s, const char *a, const char *b,
		     int *used)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(differences); i++) {
		if (kernel_version() < differences[i].since ||
		    strcmp(differences[i].scenario, s->name) ||
		    !starts_with(a, differences[i].prefix) ||
		    !starts_with(b, differences[i].prefix))
			continue;
		used[i]++;
		return true;
	}
	return false;
}

static bool agree(const struct scenario *s, const struct run *inet,
		  const struct run *xtcp, int *used)
{
	int most = inet->count > xtcp->count ? inet->count : xtcp->count;
	bool same = inet->count > 0;
	int i, shown = 0;

	for (i = 0; i < most && i < NOTES; i++) {
		if (!strcmp(inet->note[i], xtcp->note[i]) ||
		    expected(s, inet->note[i], xtcp->note[i], used))
			continue;
		same = false;
		if (shown++ < 40)
			printf("#   inet %s\n#   xtcp %s\n", inet->note[i],
			       xtcp->note[i]);
	}
	if (shown > 40)
		printf("#   and %d more\n", shown - 40);
	return same;
}

static const struct scenario *const tables[] = {
	state_scenarios, bind_scenarios, table_scenarios, reuse_scenarios,
	range_scenarios, connect_scenarios, option_scenarios, flow_scenarios,
	route_scenarios, cong_scenarios, vrf_scenarios,
};

/* What is to be played: those named; or all, in the short form every third one */
static const struct scenario *chosen[SCENARIOS];
static int n_chosen;

static void choose(const struct scenario *s, const char *only)
{
	static unsigned int number;

	for (; s->name; s++) {
		if (only ? !strstr(s->name, only) : number++ % stride(3))
			continue;
		if (n_chosen == SCENARIOS)
			ksft_exit_fail_msg("too many scenarios\n");
		chosen[n_chosen++] = s;
	}
}

static bool was_played(const char *name)
{
	int i;

	for (i = 0; i < n_chosen; i++) {
		if (!strcmp(chosen[i]->name, name))
			return true;
	}
	return false;
}

/* Entries of the table of differences that made none */
static int stale(const int *used)
{
	int n = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(differences); i++) {
		if (used[i] || kernel_version() < differences[i].since ||
		    !was_played(differences[i].scenario))
			continue;
		printf("# no difference: %s %s (%s)\n", differences[i].scenario,
		       differences[i].prefix, differences[i].why);
		n++;
	}
	return n;
}

static void dump(const struct run *run)
{
	int i;

	for (i = 0; i < run->count; i++)
		printf("#   %s\n", run->note[i]);
}

static void play_all(int other, bool dumped)
{
	int used[ARRAY_SIZE(differences)] = { };
	struct run *inet, *xtcp;
	int i;

	inet = mmap(NULL, 2 * sizeof(*inet), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (inet == MAP_FAILED)
		ksft_exit_fail_msg("no memory\n");
	xtcp = inet + 1;
	for (i = 0; i < n_chosen; i++) {
		play(chosen[i], other, inet, xtcp);
		ksft_test_result(agree(chosen[i], inet, xtcp, used),
				 "%s [%s] %d notes\n", chosen[i]->name,
				 chosen[i]->rows, inet->count);
		if (dumped)
			dump(inet);
	}
	ksft_test_result(other == AF_INET || !stale(used),
			 "differences are the listed ones\n");
}

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		choose(tables[i], argc > 1 ? argv[1] : NULL);
	ksft_print_header();
	ksft_set_plan(n_chosen + 1);
	play_all(family, argc > 2);
	ksft_finished();
}
