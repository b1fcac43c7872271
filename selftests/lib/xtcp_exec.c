// SPDX-License-Identifier: GPL-2.0
/* What the XTCP selftests share: programs that they run. */
#include <spawn.h>
#include <stdarg.h>
#include <sys/mman.h>

#include "xtcp_test.h"

#define WORDS	64	/* of a line, at most */

/* A file that holds @text and is read from the start; -1: none */
static int text_file(const char *text)
{
	int fd = memfd_create("text", MFD_CLOEXEC);
	size_t len = strlen(text);

	if (fd >= 0 && (write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The status of a program that is given as words, -1: it did not run. */
static int run_words(char *line, int in)
{
	posix_spawn_file_actions_t actions;
	char *argv[WORDS], *save = NULL;
	int n = 0, status = -1;
	pid_t pid;

	do {
		argv[n] = strtok_r(n ? NULL : line, " ", &save);
	} while (argv[n] && ++n < WORDS);
	if (!n || n == WORDS ||
	    posix_spawn_file_actions_init(&actions))
		return -1;
	if ((in < 0 || !posix_spawn_file_actions_adddup2(&actions, in, 0)) &&
	    !posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) &&
	    waitpid(pid, &status, 0) != pid)
		status = -1;
	posix_spawn_file_actions_destroy(&actions);
	return status;
}

int run_line(const char *line, const char *input)
{
	char words[2000];
	int in = -1, ret;

	if (strpbrk(line, "'\"\\$`<>|&;(){}*?[]~#!\n"))
		return system(line);
	if (input) {
		in = text_file(input);
		if (in < 0)
			return -1;
	}
	snprintf(words, sizeof(words), "%s", line);
	ret = run_words(words, in);
	if (in >= 0)
		close(in);
	return ret;
}

/* Run ip, tc or the like; 0 if it succeeded. */
int run_tool(const char *command, ...)
{
	char line[256];
	va_list args;

	va_start(args, command);
	vsnprintf(line, sizeof(line), command, args);
	va_end(args);
	return run_line(line, NULL) ? -1 : 0;
}
