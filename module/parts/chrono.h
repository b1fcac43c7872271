/* SPDX-License-Identifier: GPL-2.0-only */
/* What chrono.c is asked; described there. */
#ifndef _XTCP_CHRONO_H
#define _XTCP_CHRONO_H

#include "xtcp.h"

/**
 * enum xtcp_chrono - where a sender's time goes, the greater reason last
 * @XTCP_CHRONO_IDLE: nothing to do
 * @XTCP_CHRONO_BUSY: data waits, or is in flight
 * @XTCP_CHRONO_WINDOW: and the peer's window is full
 * @XTCP_CHRONO_BUFFER: and all was sent, as the send buffer holds no more
 */
enum xtcp_chrono {
	XTCP_CHRONO_IDLE,
	XTCP_CHRONO_BUSY,
	XTCP_CHRONO_WINDOW,
	XTCP_CHRONO_BUFFER,
};

void xtcp_chrono_switch(struct xtcp_sock *xs, enum xtcp_chrono kind);
void xtcp_chrono_stop(struct sock *sk, enum xtcp_chrono kind);
u64 xtcp_chrono_us(const struct xtcp_sock *xs, enum xtcp_chrono kind);

/**
 * xtcp_chrono_start() - from now on time goes there
 * @xs: locked
 * @kind: where; of several reasons the greatest counts
 */
static inline void xtcp_chrono_start(struct xtcp_sock *xs, enum xtcp_chrono kind)
{
	if (kind > xs->chrono)
		xtcp_chrono_switch(xs, kind);
}

#endif /* _XTCP_CHRONO_H */
