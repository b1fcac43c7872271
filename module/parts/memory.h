/* SPDX-License-Identifier: GPL-2.0-only */
/* What memory.c is asked; described there. */
#ifndef _XTCP_MEMORY_H
#define _XTCP_MEMORY_H

#include "xtcp.h"

void xtcp_memory_enter_pressure(struct sock *sk);
void xtcp_memory_leave_pressure(struct sock *sk);
void xtcp_memory_force_more(struct sock *sk, int missing);
long xtcp_memory_left(void);
extern atomic_long_t xtcp_memory_allocated;
DECLARE_PER_CPU(int, xtcp_memory_fw_alloc);
extern unsigned long xtcp_memory_pressure;

/* Have memory to charge @size bytes, whatever the limits say. */
static inline void xtcp_memory_force(struct sock *sk, int size)
{
	int missing = size - sk->sk_forward_alloc;

	if (missing > 0)
		xtcp_memory_force_more(sk, missing);
}

#endif /* _XTCP_MEMORY_H */
