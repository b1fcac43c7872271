/* SPDX-License-Identifier: GPL-2.0-only */
/* What info.c is asked; described there. */
#ifndef _XTCP_INFO_H
#define _XTCP_INFO_H

#include "xtcp.h"

void xtcp_info_fill(const struct sock *sk, struct tcp_info *info);

#endif /* _XTCP_INFO_H */
