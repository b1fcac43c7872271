/* SPDX-License-Identifier: GPL-2.0-only */
/* What netns.c is asked; described there. */
#ifndef _XTCP_NETNS_H
#define _XTCP_NETNS_H

#include "xtcp.h"

int xtcp_netns_register(void);
void xtcp_netns_unregister(void);

#endif /* _XTCP_NETNS_H */
