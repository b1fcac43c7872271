/* SPDX-License-Identifier: GPL-2.0-only */
/* What proto.c is asked; described there. */
#ifndef _XTCP_PROTO_H
#define _XTCP_PROTO_H

#include "xtcp.h"

extern struct proto xtcp_prot;

int xtcp_proto_register(void);
void xtcp_proto_unregister(void);

#endif /* _XTCP_PROTO_H */
