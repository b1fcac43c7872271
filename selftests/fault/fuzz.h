/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzzers share.  A player is a thread that runs inputs: strings of
 * bytes from which it draws every decision, so that a shorter string is a
 * shorter story, and the same string the same one.  Inputs come from a seeded
 * generator and from changes to inputs that reached new code of the module
 * (KCOV; without it all are fresh ones).  Each is written out before it runs.
 *
 *	fuzz_start(&setup);			once, in the test's main thread
 *	fork() or pthread_create() ...		then, in each player's thread:
 *		fuzz_join(p, nr, kind);		nr: 0 to players - 1, each once
 *		while (fuzz_next(p))
 *			... fuzz_draw(&p->in, n) ... fuzz_count(what) ...
 *		fuzz_leave(p);
 *	fuzz_report();				when all players have ended
 *
 * A process that may be killed while others go on must not call any of these.
 *
 * XTCP_FUZZ_SECONDS=N   how long (the setup's own number)
 * XTCP_FUZZ_SEED=S      what the generator starts from (1)
 * XTCP_FUZZ_LOG=FILE    where inputs are written, a line each: player, number,
 *                       bytes in hexadecimal; a pattern of the shell will do
 * XTCP_FUZZ_REPLAY=FILE run the inputs of such a file in their order, and no
 *                       others, and all that XTCP_FUZZ_ROUNDS=N times (1)
 */
#ifndef XTCP_FUZZ_H
#define XTCP_FUZZ_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#define FUZZ_BYTES	4096	/* of an input, at most */
#define FUZZ_PLAYERS	32
#define FUZZ_COUNTS	64

struct fuzz_in {
	unsigned int len;
	unsigned int at;	/* of the byte that is drawn next */
	unsigned char bytes[FUZZ_BYTES];
};

struct fuzz_player {
	struct fuzz_in in;
	unsigned int nr, kind;
	unsigned long number;	/* of the input that runs */
	__u64 state;		/* of the generator */
	__u64 *trace;	/* KCOV's, of this thread */
	int kcov;
	unsigned int fresh_pcs;	/* that this input reached first */
	bool running;
};

struct fuzz_setup {
	const char *name;		/* of what is counted: calls, segments */
	const char *const *counts;	/* the names of its kinds, to a NULL */
	unsigned int players;
	unsigned int length;		/* of a fresh input, at most */
	/* Unless XTCP_FUZZ_SECONDS says so: how long, and no fewer inputs */
	unsigned int seconds, inputs;
};

/* A number below @sides; 0 when no bytes are left, or for @sides 0 */
unsigned int fuzz_draw(struct fuzz_in *in, unsigned int sides);
/* Any number, most often one at the edge of something */
__s64 fuzz_number(struct fuzz_in *in);
/* @len bytes to be sent */
void fuzz_fill(struct fuzz_in *in, void *buf, size_t len);
/* Nothing is left to draw from. */
bool fuzz_dry(const struct fuzz_in *in);

/*
 * Before there is any player, and in a thread that is none and outlives them:
 * what softirqs reach on behalf of its children counts.  0, or -1.
 */
int fuzz_start(const struct fuzz_setup *setup);
/* Inputs of one @kind are made of those of the same kind. */
void fuzz_join(struct fuzz_player *p, unsigned int nr, unsigned int kind);
/* The next input is in p->in; false: the time is over. */
bool fuzz_next(struct fuzz_player *p);
void fuzz_leave(struct fuzz_player *p);
/* To be called within a long input, or the trace runs over */
void fuzz_look(struct fuzz_player *p);
/* One more call or segment, of kind @what of the setup's names */
void fuzz_count(unsigned int what);
unsigned long fuzz_counted(unsigned int what);
/* The time is over: for those that are no players but run beside them. */
bool fuzz_over(void);
bool fuzz_replays(void);
/* Print the inputs that a player ran last: it hangs, or something is wrong. */
void fuzz_tell(unsigned int nr);
/*
 * What was done and reached:
 *	# fuzz: NAME inputs N NAME N kept N pcs N edges N seed S
 *	# fuzz count: KIND N ...
 *	# fuzz pcs: SECTION OFFSET ...	(hexadecimal, in that section of xtcp.ko)
 */
void fuzz_report(void);

#endif /* XTCP_FUZZ_H */
