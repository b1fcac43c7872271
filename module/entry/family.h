/* SPDX-License-Identifier: GPL-2.0-only */
/* What family.c is asked; described there. */
#ifndef _XTCP_FAMILY_H
#define _XTCP_FAMILY_H

#include "xtcp.h"

int xtcp_family_register(void);
void xtcp_family_unregister(void);

#endif /* _XTCP_FAMILY_H */
