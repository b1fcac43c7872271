/* SPDX-License-Identifier: GPL-2.0 */
/* Who is on the two ends of a link, and what waits while the cells run. */
#ifndef XTCP_GRID_H
#define XTCP_GRID_H

#include "world.h"

#define ROLES	4

struct role {
	const char *name;
	int here, peer;
};

extern const struct role roles[ROLES];

/**
 * struct vigil - something that takes long by the clock, and costs nothing
 * @name: what
 * @run: all roles side by side; an errno for each, 0: well
 */
struct vigil {
	const char *name;
	void (*run)(const struct world *worlds, int *errors);
};

#define VIGILS	2

extern const struct vigil vigils[VIGILS];

#endif /* XTCP_GRID_H */
