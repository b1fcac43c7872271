/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XTCP_SCRIPT_HOLDUP_H
#define XTCP_SCRIPT_HOLDUP_H

#include <stdbool.h>

/* From now on note if this process does not get its processor in time; 0 or -1. */
int script_holdup_watch(void);
/* A step of the script begins, at @now in ms: was it long after the one before? */
void script_holdup_step(long long now);
/* Did that happen?  Then timers may have fired between two steps of a script. */
bool script_holdup_seen(void);

#endif /* XTCP_SCRIPT_HOLDUP_H */
