/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of a kernel as the pure part of module/ needs to run in a program: one
 * thread, a clock that stands still until it is moved (pure_ns, jiffies), memory
 * from the heap.  It takes the newest API's shape (module/compat.h).
 *
 * Included before each source; an #include of a kernel header in module/ finds a
 * header of the Makefile's making that has nothing more to say.
 */
#ifndef _PURE_KERNEL_H
#define _PURE_KERNEL_H

#include "base.h"
#include "list.h"
#include "sync.h"
#include "skbuff.h"
#include "sock.h"
#include "net.h"

#endif /* _PURE_KERNEL_H */
