/* SPDX-License-Identifier: GPL-2.0-only */
/* What turnback.c is asked; described there. */
#ifndef _XTCP_TURNBACK_H
#define _XTCP_TURNBACK_H

#include "xtcp.h"

extern const struct nf_hook_ops xtcp_turnback_ops;

#endif /* _XTCP_TURNBACK_H */
