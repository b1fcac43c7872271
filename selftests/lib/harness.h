/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's test harness, with patience for emulated machines. */
#ifndef XTCP_HARNESS_H
#define XTCP_HARNESS_H

#include <kselftest_harness.h>

#include "xtcp_test.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	TEST_SECONDS

#endif /* XTCP_HARNESS_H */
