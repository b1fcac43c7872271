/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's test harness, with patience for emulated machines. */
#ifndef XTCP_HARNESS_H
#define XTCP_HARNESS_H

#include <kselftest_harness.h>

#include "xtcp_test.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	TEST_SECONDS

/*
 * The last test of a program: what the others used is given back (I-55), after
 * the protocol's own timers.  The namespace began with no socket at all.  To be
 * placed at the end of the file.
 */
#define NOTHING_LEFT()							\
FIXTURE(end) {								\
};									\
FIXTURE_SETUP(end)							\
{									\
}									\
FIXTURE_TEARDOWN(end)							\
{									\
}									\
TEST_F(end, nothing_left)						\
{									\
	EXPECT_TRUE(WAIT_FOR(rows_alive() == 0));			\
	EXPECT_TRUE(WAIT_FOR(native() || proto_sockets() == 0));	\
	EXPECT_TRUE(WAIT_FOR(sockets_used() == 0));			\
}									\
TEST_HARNESS_MAIN

#endif /* XTCP_HARNESS_H */
