/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program behind a rule that says "queue": it has each packet, may change it,
 * and gives it back.  The kernel then goes on with it in the context of that
 * program's system call, not in that of an interrupt.
 */
#ifndef XTCP_QUEUE_H
#define XTCP_QUEUE_H

#include "world.h"

#define QUEUE_PACKET	65535

struct queue {
	int fd;			/* netlink */
	int stop[2];
	pthread_t thread;
	/* Changes the packet; its new length, or -1: as it came. */
	int (*edit)(struct queue *q, unsigned char *packet, int len);
	long turn;		/* for edit() */
	long seen;		/* packets given back */
	unsigned char packet[QUEUE_PACKET];
};

/* Serve queue 0 of a host until queue_close(). */
int queue_open(struct queue *q, const struct world *w, int host);
void queue_close(struct queue *q);
long queue_seen(const struct queue *q);

#endif /* XTCP_QUEUE_H */
