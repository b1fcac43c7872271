// SPDX-License-Identifier: GPL-2.0
/*
 * Print how many thousand times a second this processor's time stamp counter
 * ticks; nothing where there is none.  For scripts/vm: an emulated guest, which
 * gets this counter, mistakes it by far when its host is busy.
 */
#include <stdio.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>

/* A moment, by both clocks; of many tries that with the least in between. */
struct moment {
	long long ns;
	unsigned long long ticks;
};

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static struct moment look(void)
{
	unsigned long long before, after, least = ~0ULL;
	struct moment m = { 0, 0 };
	long long ns;
	int i;

	for (i = 0; i < 100; i++) {
		before = __rdtsc();
		ns = now();
		after = __rdtsc();
		if (after - before >= least)
			continue;
		least = after - before;
		m = (struct moment){ ns, before + least / 2 };
	}
	return m;
}

int main(void)
{
	struct timespec pause = { .tv_nsec = 50000000 };
	struct moment first = look(), last;

	nanosleep(&pause, NULL);
	last = look();
	printf("%.0f\n", (last.ticks - first.ticks) * 1e6 / (last.ns - first.ns));
	return 0;
}
#else
int main(void)
{
	return 0;
}
#endif
