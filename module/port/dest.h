/* SPDX-License-Identifier: GPL-2.0-only */
/* What dest.c is asked; described there. */
#ifndef _XTCP_DEST_H
#define _XTCP_DEST_H

#include "xtcp.h"

struct xtcp_port_search;
struct xtcp_timewait;

#define XTCP_NO_DEST	U32_MAX

int xtcp_dest_claim_next(struct sock *sk, struct xtcp_port_search *s, int from,
			 int to);
void xtcp_dest_claim(struct sock *sk, u16 port);
void xtcp_dest_release(struct sock *sk, u16 port);
void xtcp_dest_to_timewait(struct sock *sk, struct xtcp_timewait *tw);
void xtcp_dest_queue(struct xtcp_timewait *tw);
void xtcp_dest_put_timewait(struct xtcp_timewait *tw);
struct xtcp_timewait *xtcp_dest_take(struct sock *sk,
				     const struct xtcp_port_search *s,
				     int low, int high);
void xtcp_dest_taken(struct sock *sk, struct xtcp_timewait *tw, bool ok);
int xtcp_dest_init(void);
void xtcp_dest_exit(void);

#endif /* _XTCP_DEST_H */
