/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's fault injection, of the instrumented kernel: the Nth allocation
 * or copy from or to user space that a thread makes in system calls fails.
 */
#ifndef XTCP_FAILNTH_H
#define XTCP_FAILNTH_H

#include "xtcp_test.h"

/* More than any system call makes */
#define NTH_NEVER	10000000U

int fail_set(const char *name, long value);
long fail_get(const char *name);
int fail_prepare(void);
int nth_open(void);
int nth_arm(int nth, unsigned int n);
unsigned int nth_disarm(int nth);
void nth_disarm_thread(pid_t tid);

#endif /* XTCP_FAILNTH_H */
