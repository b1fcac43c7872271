/* SPDX-License-Identifier: GPL-2.0-only */
/* What proc.c is asked; described there. */
#ifndef _XTCP_PROC_H
#define _XTCP_PROC_H

#include "xtcp.h"

int xtcp_proc_start(struct net *net);
void xtcp_proc_stop(struct net *net);

#endif /* _XTCP_PROC_H */
