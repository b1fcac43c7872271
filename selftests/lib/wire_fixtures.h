/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fixtures of tests on a wire: HERE speaks the family of the test, PEER the
 * kernel's TCP; "routed" has a router between them.
 */
#ifndef XTCP_WIRE_FIXTURES_H
#define XTCP_WIRE_FIXTURES_H

#include "harness.h"
#include "world.h"

#define RUN(w, host, ...)	ASSERT_EQ(0, world_run(w, host, __VA_ARGS__))

#define WIRE_FIXTURE(name, router)					\
FIXTURE(name) {								\
	struct world w;							\
};									\
									\
FIXTURE_SETUP(name)							\
{									\
	ASSERT_EQ(0, world_make(&self->w, family, AF_INET, router));	\
}									\
									\
FIXTURE_TEARDOWN(name)							\
{									\
	world_end(&self->w);						\
}

WIRE_FIXTURE(direct, false)
WIRE_FIXTURE(routed, true)

#endif /* XTCP_WIRE_FIXTURES_H */
