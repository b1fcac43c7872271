/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows of tampering with packets, and connections over the place where it is
 * done: xtcp0 (lo for the kernel's TCP), or a wire to PEER.
 */
#ifndef XTCP_MANGLE_H
#define XTCP_MANGLE_H

#include "world.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

/* What must come of connections meanwhile */
enum hope {
	INTACT = 1,	/* all goes on, and each byte arrives */
	EITHER,		/* it may fail; what arrives is right */
	REFUSED,	/* nothing gets through */
	DAMAGED,	/* headers or data are changed: all but a crash is right */
};

/* Where it is done */
enum { OUT, IN, WIRE_OUT, WIRE_IN, WHERES };

/* Some are done to both directions at once, or can be done to one only. */
enum way { EACH_WAY, BOTH_WAYS, INWARDS };

#define EVERYWHERE(hope)	{ [0 ... WHERES - 1] = (hope) }

struct place {
	struct world w;
	int where;
	bool wire;
	const char *dev;
};

/* A row says by one of these means what is done; @ is the device. */
struct mangling {
	const char *name;
	const char *action;		/* of tc */
	const char *leaving;		/* more of it on what leaves only */
	const char *qdisc;		/* at the root */
	const char *hook, *rule;	/* of nft */
	/* anything else; @end, if there is one, ends it */
	int (*begin)(const struct mangling *row, const struct place *p);
	int (*end)(const struct mangling *row, const struct place *p);
	int helper, args[4], verdict;	/* for @begin: of BPF */
	bool and_back;			/* then with -args[0] */
	enum way way;
	enum hope hope[WHERES];		/* 0: not done there */
	enum hope tcp[WIRE_OUT];	/* over lo, where it differs */
	bool user;			/* by root of a user namespace as well */
};

extern const struct mangling action_rows[], between_rows[];
extern const struct mangling bpf_rows[], frame_rows[], way_rows[];

/* Leaves the caller there, with a second device d0 */
int place_open(struct place *p, int where);
void place_close(struct place *p);
/* fd[0] is HERE's end, and the client's */
int place_pair(const struct place *p, int fd[2]);
/* A batch of lines for a tool such as "tc -b -", with @ for the device */
int place_run(const struct place *p, const char *tool, const char *lines);

/* A connection that was made before the tampering began */
struct before {
	int fd[2];
	struct flow flows[2];
};

/* In this order; what is wrong, or NULL. */
const char *talk_before(const struct place *p, struct before *b);
const char *talk_during(const struct place *p, struct before *b, enum hope hope);
const char *talk_after(const struct place *p, struct before *b, enum hope hope);

#endif /* XTCP_MANGLE_H */
