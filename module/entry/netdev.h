/* SPDX-License-Identifier: GPL-2.0-only */
/* What netdev.c is asked; described there. */
#ifndef _XTCP_NETDEV_H
#define _XTCP_NETDEV_H

#include "xtcp.h"

int xtcp_netdev_register(void);
void xtcp_netdev_unregister(void);

#endif /* _XTCP_NETDEV_H */
