/* SPDX-License-Identifier: GPL-2.0-only */
/* What wire.c is asked; described there. */
#ifndef _XTCP_WIRE_H
#define _XTCP_WIRE_H

#include "xtcp.h"

int xtcp_wire_add(struct net_device *loop, struct net_device *dev,
		  struct netlink_ext_ack *extack);
int xtcp_wire_del(struct net_device *loop, struct net_device *dev);
void xtcp_wire_release_all(struct net_device *loop);
int xtcp_wire_register(void);
void xtcp_wire_unregister(void);

#endif /* _XTCP_WIRE_H */
