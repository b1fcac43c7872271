/* SPDX-License-Identifier: GPL-2.0-only */
/* What portset.c is asked; described there. */
#ifndef _XTCP_PORTSET_H
#define _XTCP_PORTSET_H

#include <linux/types.h>

/* Ports in a sixteenth of a set. */
#define XTCP_PORTSET_CHUNK	4096U

/**
 * struct xtcp_portset - a set of ports
 * @chunks: parts of it that are not empty, or were not always
 */
struct xtcp_portset {
	struct xtcp_port_chunk *chunks[65536 / XTCP_PORTSET_CHUNK];
};

/**
 * struct xtcp_port_search - which ports are not wanted
 * @busy: one set of these, or NULL
 * @owned: another
 * @reserved: the kernel's bitmap of a third, or NULL
 * @parity: 0: even ports are wanted, 1: odd ones
 */
struct xtcp_port_search {
	const struct xtcp_portset *busy;
	const struct xtcp_portset *owned;
	const unsigned long *reserved;
	unsigned int parity;
};

int xtcp_portset_add(struct xtcp_portset *set, u16 port);
void xtcp_portset_del(struct xtcp_portset *set, u16 port);
void xtcp_portset_trim(struct xtcp_portset *set, u16 port);
void xtcp_portset_free(struct xtcp_portset *set);
bool xtcp_portset_has(const struct xtcp_portset *set, u16 port);
int xtcp_portset_next(const struct xtcp_port_search *s, int from, int to);

#endif /* _XTCP_PORTSET_H */
