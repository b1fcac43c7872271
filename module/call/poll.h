/* SPDX-License-Identifier: GPL-2.0-only */
/* What poll.c is asked; described there. */
#ifndef _XTCP_POLL_H
#define _XTCP_POLL_H

#include "xtcp.h"

struct file;
struct poll_table_struct;

__poll_t xtcp_poll(struct file *file, struct socket *sock,
		   struct poll_table_struct *wait);

#endif /* _XTCP_POLL_H */
