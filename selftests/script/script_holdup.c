// SPDX-License-Identifier: GPL-2.0
/*
 * Was the player held up?  A thread on its processor sleeps for short whiles and
 * looks how long they were.
 */
#include "script_holdup.h"
#include "xtcp_test.h"

#define NAP	5	/* ms */
#define HELD_UP	20	/* ms more: TCP's shortest timer has 40 */

static bool held_up;

static void *look_out(void *unused)
{
	const struct timespec nap = { 0, NAP * 1000 * 1000 };

	for (;;) {
		long long start = now_ms();

		nanosleep(&nap, NULL);
		if (now_ms() - start > NAP + HELD_UP)
			__atomic_store_n(&held_up, true, __ATOMIC_RELAXED);
	}
	return unused;
}

int script_holdup_watch(void)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, look_out, NULL);
	return errno ? -1 : 0;
}

bool script_holdup_seen(void)
{
	return __atomic_load_n(&held_up, __ATOMIC_RELAXED);
}
