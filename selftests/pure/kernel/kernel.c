// SPDX-License-Identifier: GPL-2.0
/* What kernel.h declares. */
#include "kernel.h"

unsigned int pure_fail_nth;
u64 pure_ns = 1000000000000ULL;
unsigned long jiffies = 1000000;

static u64 random_state;

u32 get_random_u32(void)
{
	return pure_mix(++random_state);
}
