/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packet scripts: a peer made of single segments and a socket, line by line.
 *
 *	< SEGMENT	the peer sends it (see segtext.h)
 *	> SEGMENT	the socket sends it next, within the usual patience
 *	prompt SEGMENT	what went before is answered by it, and at once
 *	silent		what went before was not answered
 *	skip		however often a timer has sent something, it is passed over
 *	icmp TYPE CODE SEQ	an ICMP error about a segment of the socket's
 *	rationed N SEGMENT	the peer sends it N times; it is answered with
 *			challenge ACKs, no more than one a second
 *	peer NAME	the peer is another client from here on
 *	forget		the peer's next SYN-ACK begins new sequence numbers
 *	port		the socket is another one, with a port of its own, from here on
 *
 *	qdisc full	what this host sends is dropped by its own queue, the peer's
 *			segments, too; until: qdisc free
 *	qdisc hold	or waits there until then
 *	qdisc fair	it leaves by fq
 *	net NAME VALUE	set net.ipv4.NAME, before the first segment
 *	route WORDS	the way to the peer has these metrics, as ip(8) names them
 *	option NAME N	set an option of the socket in hand, made if there is none
 *	cong NAME	its congestion control is this one from here on
 *	cong? NAME	it is
 *	listen N [any]	it listens; again: another backlog
 *	connect [ERR]	it connects to the peer and does not wait; 0 or EINPROGRESS,
 *			or the error given
 *	accept [none]	a connection of the present peer can be accepted, or none;
 *			it is the socket in hand then
 *	send N [more]	write N bytes; MSG_MORE
 *	recv "TEXT"	read exactly that; or recv eof, recv ERR; recv N: so many bytes
 *	shut		shutdown(SHUT_WR); or shut listener: shutdown(SHUT_RD) of it
 *	close, abort	the socket in hand; the latter with a RST
 *	unspec		connect(AF_UNSPEC)
 *	deaf		close the listener
 *
 *	state NAME	what /proc says of the socket's side of the connection
 *	row NAME N	a column of that row in /proc: timer, retrans, inode
 *	error ERR	SO_ERROR of the socket in hand; of the listener if none is
 *	option? NAME N	what getsockopt() says
 *	info NAME N	a field of TCP_INFO, times in ms; "or more": at least; "or
 *			less": at most
 *	quick N		ACKs that will be sent at once, unless the machine has
 *			paused
 *	count NAME N	by how much a counter has grown; "or more": at least;
 *			OutSegs: without what was sent again
 *	queue N		finished connections that wait (C-25)
 *	halfopen N	requests in /proc
 *	aged N		what is remembered of the peer's address is as old, in ms
 *	bits N		the low six bits of the last timestamp received
 *	uptime		the last timestamp received is the monotonic clock, in ms
 *	log N TEXT	new lines of the kernel's log with TEXT, and no other port
 *
 *	+200ms STEP	the step is due so long after the last one that had a time,
 *			or that the peer or the program did.  What these do is put
 *			off till then.  A segment that is expected must not leave
 *			earlier, nor, where the clock counts instructions, more
 *			than 2 ms later; +200..215ms: later than that
 *
 *	since 6.5 LINE	the line is for that kernel and later ones
 *	before 6.5 LINE	for earlier ones
 *
 * A segment's time is when the kernel handed it to the device.
 *
 * Every script has a namespace of its own and ends with "silent".  A copy of
 * a segment seen before is passed over if it comes so late that a timer may
 * have sent it, so that a slow machine changes nothing.
 */
#ifndef XTCP_SCRIPT_PLAY_H
#define XTCP_SCRIPT_PLAY_H

#include <stdbool.h>

#define SCRIPT_LINES	128

struct script {
	const char *rows;	/* of the inventory */
	const char *name;
	const char *lines[SCRIPT_LINES];
	const char *lacks;	/* why AF_XTCP does not pass it yet */
	const char *not_tcp;	/* why the kernel's TCP need not pass it */
	unsigned int not_since;	/* that TCP is this kernel's, or a later one's */
};

/* Does it say when a step is due? */
bool script_has_time(const struct script *s);
/*
 * Does the clock move on with instructions alone (scripts/vm --icount)?  Then
 * scripts are played one at a time, and nothing may come late.
 */
bool script_counts_instructions(void);
/* Play @s on the present family; prints what goes wrong.  0 or -1. */
int script_play(const struct script *s);

#endif /* XTCP_SCRIPT_PLAY_H */
