/* SPDX-License-Identifier: GPL-2.0 */
/*
 * To be included at the end of a test program.  Its last test: what the others
 * used is given back (I-55), after the protocol's own timers.  The namespace
 * began with no socket at all.
 */
FIXTURE(end) {
};

FIXTURE_SETUP(end)
{
}

FIXTURE_TEARDOWN(end)
{
}

TEST_F(end, nothing_left)
{
	EXPECT_TRUE(WAIT_FOR(rows_alive() == 0));
	EXPECT_TRUE(WAIT_FOR(native() || proto_sockets() == 0));
	EXPECT_TRUE(WAIT_FOR(sockets_used() == 0));
}

TEST_HARNESS_MAIN
