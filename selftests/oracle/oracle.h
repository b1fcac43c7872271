/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The oracle: a scenario runs on AF_INET, then on AF_XTCP, in the same guest.
 * It notes what every call returned; both lists of notes must be the same.
 */
#ifndef XTCP_ORACLE_H
#define XTCP_ORACLE_H

#include "xtcp_test.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

#ifndef __printf
#define __printf(a, b)	__attribute__((__format__(printf, a, b)))
#endif

#define NOTES		1500	/* of one run */
#define NOTE_LENGTH	112

struct run {
	int count;
	char note[NOTES][NOTE_LENGTH];
};

struct scenario {
	const char *name;
	const char *rows;	/* of the inventory */
	void (*play)(struct run *run);
};

/* tables that end with an empty name */
extern const struct scenario state_scenarios[];
extern const struct scenario bind_scenarios[];
extern const struct scenario table_scenarios[];
extern const struct scenario reuse_scenarios[];
extern const struct scenario range_scenarios[];
extern const struct scenario connect_scenarios[];
extern const struct scenario option_scenarios[];
extern const struct scenario flow_scenarios[];
extern const struct scenario route_scenarios[];
extern const struct scenario cong_scenarios[];
extern const struct scenario vrf_scenarios[];

/* A note: free text, or a call with its return value and errno */
void __printf(2, 3) note(struct run *run, const char *format, ...);
void __printf(3, 4) note_call(struct run *run, long ret, const char *format,
			      ...);
/* The same for calls whose result is a descriptor */
int note_fd(struct run *run, int fd, const char *what);
/* A poll mask and the state, after everything sent has arrived */
void note_end(struct run *run, int fd, const char *what);

/* Wait until the kernel has worked through all that this process caused. */
void settle(void);
/* The same, and until a FIN of @fd is acknowledged: that may be delayed (H-64) */
void settle_fin(int fd);

const char *error_name(int error);

#endif /* XTCP_ORACLE_H */
