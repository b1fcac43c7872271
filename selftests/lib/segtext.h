/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments as text, much as tcpdump writes them:
 *
 *	FLAGS SEQ [ack N] [win N] [urg N] [len N | "payload"] [<options>]
 *	      [tos N] [ttl N] [res N] [to ADDRESS]
 *
 * FLAGS are letters of SFRPUEW and a dot for ACK, "-" for none.  Numbers count
 * from the sender's initial sequence number, or from 0 when they begin with =.
 * Options are written in the order in which they stand in the header:
 *
 *	mss N   nop   eol   sackOK   wscale N   ts VALUE ECHO   opt KIND LENGTH
 *	sack START:END[,START:END ...]	counted as in "ack"; END is the first
 *			number that is not in the block (RFC 2018 3)
 *	raw HEX		(sent only: bytes as they are)
 *
 * In a segment that is expected, * is any number, <*> any options, and what is
 * left out must be 0 or absent; window, TOS and TTL are only compared if given.
 * In one that is sent, the ECHO @ is the last timestamp received, @first the
 * first one.
 */
#ifndef XTCP_SEGTEXT_H
#define XTCP_SEGTEXT_H

#include "rawpeer.h"

#define OPTION_TEXT	200

/* What the relative numbers of one side and the other count from */
struct origin {
	__u32 own;	/* the sender's initial sequence number */
	__u32 other;	/* the receiver's */
	__u32 tsval;	/* for @ */
	__u32 first;	/* for @first */
};

struct segtext {
	struct segment s;
	bool window, tos, ttl, payload;	/* given */
	char options[OPTION_TEXT];
};

/* Parse @text; 0, or -1 when it is not understood. */
int segtext_parse(const char *text, const struct origin *from,
		  struct segtext *st);
/* Put the options of @st into its segment; -1 if they are not understood. */
int segtext_options(struct segtext *st, const struct origin *from);
/* What differs between @got and the expected @want: a word, or NULL. */
const char *segtext_differs(const struct segtext *want,
			    const struct segment *got,
			    const struct origin *from);
/* @s as text */
const char *segtext_of(const struct segment *s, const struct origin *from);

/* The timestamps of a segment; false if it has none */
bool segtext_timestamp(const struct segment *s, __u32 *val, __u32 *echo);

#endif /* XTCP_SEGTEXT_H */
