/* SPDX-License-Identifier: GPL-2.0 */
/* Newer than any: module/compat.h then has nothing to make up for. */
#ifndef _PURE_VERSION_H
#define _PURE_VERSION_H

#define KERNEL_VERSION(a, b, c)	(((a) << 16) + ((b) << 8) + (c))
#define LINUX_VERSION_CODE	KERNEL_VERSION(99, 0, 0)

#endif /* _PURE_VERSION_H */
