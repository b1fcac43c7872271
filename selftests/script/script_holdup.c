// SPDX-License-Identifier: GPL-2.0
/*
 * Was the player held up?  A thread on its processor sleeps for short whiles and
 * looks how long they were; and what is done in a row may take long by itself.
 */
#include "script_holdup.h"
#include "xtcp_test.h"

/* In ms.  TCP's shortest timer has 40, that of a SYN 1000. */
#define NAP		5
#define LITTLE		2	/* more: as on any machine */
#define AT_ONCE		20
#define ALTOGETHER	200
#define STEP		30

static bool held_up;

static void *look_out(void *unused)
{
	const struct timespec nap = { 0, NAP * 1000 * 1000 };

	long long sum = 0;

	for (;;) {
		long long more, start = now_ms();

		nanosleep(&nap, NULL);
		more = now_ms() - start - NAP;
		if (more > LITTLE)
			sum += more;
		if (more > AT_ONCE || sum > ALTOGETHER)
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

void script_holdup_step(long long now)
{
	static long long last;

	if (last && now - last > STEP)
		__atomic_store_n(&held_up, true, __ATOMIC_RELAXED);
	last = now;
}

bool script_holdup_seen(void)
{
	return __atomic_load_n(&held_up, __ATOMIC_RELAXED);
}
