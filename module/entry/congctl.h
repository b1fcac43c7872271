/* SPDX-License-Identifier: GPL-2.0-only */
/* What congctl.c is asked; described there. */
#ifndef _XTCP_CONGCTL_H
#define _XTCP_CONGCTL_H

#include "xtcp.h"

int xtcp_congctl_default(XTCP_CTL_CONST struct ctl_table *table, int write,
			 void *buffer, size_t *lenp, loff_t *ppos);
int xtcp_congctl_available(XTCP_CTL_CONST struct ctl_table *table, int write,
			   void *buffer, size_t *lenp, loff_t *ppos);
int xtcp_congctl_allowed(XTCP_CTL_CONST struct ctl_table *table, int write,
			 void *buffer, size_t *lenp, loff_t *ppos);

#endif /* _XTCP_CONGCTL_H */
