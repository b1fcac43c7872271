/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tools share: the number of the address family and the wording of
 * the errors that a newcomer meets first.
 */
#ifndef XTCP_TOOLS_COMMON_H
#define XTCP_TOOLS_COMMON_H

#include <stdbool.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))

int xtcp_family(void);
const char *net_strerror(int err, int family);
bool want_colour(int fd);

#endif
