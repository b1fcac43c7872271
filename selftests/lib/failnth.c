// SPDX-License-Identifier: GPL-2.0
/* The kernel's fault injection: see failnth.h. */
#include <kselftest.h>

#include "failnth.h"

/* A number of the debug file system, such as "failslab/times" */
int fail_set(const char *name, long value)
{
	char path[128], text[32];
	int fd, ret;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	/* Some of them are switches. */
	snprintf(text, sizeof(text), "%ld", value);
	ret = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

long fail_get(const char *name)
{
	char path[128];
	long val = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s", name);
	f = fopen(path, "re");
	if (!f)
		return -1;
	if (fscanf(f, "%ld", &val) != 1)
		val = -1;
	fclose(f);
	return val;
}

/* Allocations of every kind and size can fail; nothing does so by itself. */
int fail_prepare(void)
{
	static const struct {
		const char *name;
		long value;
	} settings[] = {
		{ "failslab/probability", 0 },
		{ "failslab/ignore-gfp-wait", 0 },
		{ "failslab/cache-filter", 0 },
		{ "failslab/verbose", 0 },
		{ "failslab/times", -1 },
		{ "fail_page_alloc/probability", 0 },
		{ "fail_page_alloc/ignore-gfp-wait", 0 },
		{ "fail_page_alloc/ignore-gfp-highmem", 0 },
		{ "fail_page_alloc/min-order", 0 },
		{ "fail_page_alloc/verbose", 0 },
		{ "fail_page_alloc/times", -1 },
		{ "fail_usercopy/probability", 0 },
		{ "fail_usercopy/verbose", 0 },
		{ "fail_usercopy/times", -1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		if (fail_set(settings[i].name, settings[i].value)) {
			printf("# %s: %s\n", settings[i].name, strerror(errno));
			return -1;
		}
	}
	return 0;
}

/* The calling thread's; the descriptor is for the other two functions. */
int nth_open(void)
{
	return open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
}

/* From now on, the @n-th attempt fails. */
int nth_arm(int nth, unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	return pwrite(nth, text, len, 0) == len ? 0 : -1;
}

/*
 * How many attempts were still to come until the one that fails; 0: it did.
 * Reading and writing the file is copying, too, and may be what fails.
 */
unsigned int nth_disarm(int nth)
{
	char text[16] = "";
	ssize_t len = pread(nth, text, sizeof(text) - 1, 0);

	if (len < 0)
		return 1;
	if (atoi(text)) {
		while (pwrite(nth, "0", 1, 0) != 1)
			;
	}
	return atoi(text);
}

/* Another thread of this process: it may take a signal then. */
void nth_disarm_thread(pid_t tid)
{
	char name[64];
	int nth;

	snprintf(name, sizeof(name), "/proc/self/task/%d/fail-nth", tid);
	nth = open(name, O_WRONLY | O_CLOEXEC);
	if (nth < 0)
		return;
	/* Nothing fails for the caller; the other may have ended. */
	if (pwrite(nth, "0", 1, 0) != 1 && errno != ESRCH)
		printf("# fail-nth of %d: %s\n", tid, strerror(errno));
	close(nth);
}
