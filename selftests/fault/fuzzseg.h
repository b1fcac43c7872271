/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fuzzer of segments: one worker's world and what is in it.
 *
 *	way	a device over which segments come and go: tun, veth, xtcp0
 *	talk	a conversation over it, as the fuzzer believes it stands
 *	end	the socket of XTCP, and what its program sent and got
 *	packet	a segment before it is bytes, and the bytes
 *
 * Each byte that the fuzzer sends is a function of its sequence number, and
 * each that the program sends of its place in the stream: whatever is read or
 * seen on the wire can be told from what it should be.
 */
#ifndef XTCP_FUZZSEG_H
#define XTCP_FUZZSEG_H

#include <linux/virtio_net.h>

#include <kselftest.h>

#include "flags.h"
#include "fuzz.h"
#include "world.h"

#define TALKS		4	/* conversations of one input */
#define PACKET		66000
#define PATTERN_BYTES	0x10000
#define ISNS		16	/* initial sequence numbers that are kept */
#define FUZZ_PORT	5000	/* of the listeners of XTCP */
#define FLOOD_PORT	40000	/* from here on: ports of SYN floods */

/* What kinds of segments are counted */
enum {
	SEG_EXPECTED, SEG_MUTATED, SEG_SYN, SEG_RST, SEG_FRAGMENT, SEG_SUPER,
	SEG_ICMP, SEG_FLOOD, SEG_COOKIE, SEG_REPEATED, SEG_KINDS
};

/* ---- what all workers share: figures ----------------------------------- */

enum {
	NOTE_REFUSED,		/* by the device */
	NOTE_REPLIES, NOTE_OTHERS, NOTE_SYNACKS, NOTE_RESETS, NOTE_PAYLOAD,
	NOTE_READ, NOTE_WRITTEN, NOTE_UNCHECKED, NOTE_ACCEPTED,
	NOTE_CALLS, NOTE_REVIVED, NOTE_VIOLATIONS, NOTES
};

struct figures {
	unsigned long note[NOTES];
	unsigned long states[16];	/* seen through TCP_INFO */
	unsigned long rows[16];		/* seen in /proc/net/xtcp */
	unsigned long ways[4];
	long most_pages, most_rows;
};

extern struct figures *figures;

void note(unsigned int what, unsigned long n);
void note_state(unsigned int state);
/* An invariant does not hold: said, and counted. */
void violated(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- ways -------------------------------------------------------------- */

enum { WAY_TUN, WAY_VETH, WAY_LOOP, WAYS };

struct way {
	int kind;
	int fd;			/* has virtio headers, and receives */
	int plain;		/* has none; -1 on tun */
	int ifindex, plain_index;
	unsigned char mac[6];	/* where the segments go, from the same */
	const char *dev;
	int mtu;
	__u32 here, peer;	/* XTCP's address, and one of the fuzzer's */
};

struct worker;

int ways_open(struct worker *w);
void ways_close(struct worker *w);
/* Queue a packet; it goes at the latest with way_flush(). */
void way_send(struct worker *w, struct way *way,
	      const struct virtio_net_hdr *vnet, const void *ip, size_t len);
void way_flush(struct worker *w);
/* Take all that has come back. */
void way_drain(struct worker *w, struct way *way);
void way_set_mtu(struct worker *w, struct way *way, int mtu);

/* ---- packets ----------------------------------------------------------- */

enum { SUM_GOOD, SUM_BAD, SUM_ZERO, SUM_PARTIAL, SUM_ODD };

struct packet {
	__u32 saddr, daddr;
	unsigned int sport, dport;
	__u32 seq, ack;
	unsigned int flags, reserved, window, urgent;
	unsigned char opt[64];
	unsigned int opt_len, len;
	unsigned int tos, ttl, id, frag;
	unsigned char ipopt[64];
	unsigned int ipopt_len;
	int ihl, doff, total;	/* not what is there, unless -1 */
	int ip_sum, sum;
	unsigned int gso_type, gso_size;
	unsigned int flip;	/* not 0: this byte of the header is changed */
	bool bent;		/* the data is not where it was built */
};

void pattern_start(void);
/* The fuzzer's byte with this sequence number, and the program's byte there */
const unsigned char *pattern_peer(__u32 seq);
const unsigned char *pattern_program(__u64 at);
long pattern_find(const unsigned char *pattern, const unsigned char *bytes,
		  size_t len);
/* The bytes of @p; how many. */
size_t packet_build(const struct packet *p, unsigned char *buf);
/* The TCP header where the receiver looks for it, or NULL */
const unsigned char *packet_tcp(const unsigned char *buf, size_t len);
/* Change something, drawn from @in. */
void packet_mutate(struct packet *p, struct fuzz_in *in);
void packet_option(struct packet *p, struct fuzz_in *in);
unsigned int ip_sum(const unsigned char *p, size_t len, __u32 sum);

static inline void put16(unsigned char *p, unsigned int v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline void put32(unsigned char *p, __u32 v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static inline unsigned int get16(const unsigned char *p)
{
	return p[0] << 8 | p[1];
}

static inline __u32 get32(const unsigned char *p)
{
	return (__u32)get16(p) << 16 | get16(p + 2);
}

/* ---- conversations ----------------------------------------------------- */

struct talk {
	struct way *way;
	__u32 peer;
	unsigned int port, xport;	/* the fuzzer's, XTCP's */
	bool listens;			/* XTCP does */
	bool tstamps;
	bool tainted;			/* its bytes may be any */
	bool heard, fin_heard;		/* XTCP's SYN, and its FIN */
	unsigned int wscale;
	__u32 isn, snd_nxt, acked;	/* the fuzzer's numbers */
	__u32 iss, rcv_nxt, told;	/* XTCP's, and what it was told of them */
	__u32 tsval, tsecr;
	unsigned int urgs;		/* segments with URG */
	__u32 isns[ISNS], isss[ISNS];
	unsigned int n_isns, n_isss;
	unsigned char last[160];	/* what XTCP sent last */
	unsigned int last_len;
};

/*
 * A place in the fuzzer's stream for each ISN that the connection may have.  A
 * cookie is as good with numbers beside those it was made of: another MSS.
 */
#define BESIDE		3
#define PLACES		(ISNS * (2 * BESIDE + 1))

struct reader {
	unsigned int n;			/* 0: nothing was read */
	struct place {
		bool dead;		/* it did not fit */
		bool moved;		/* something was read there */
		__u32 at;
		unsigned int skipped;
	} place[PLACES];
};

struct end {
	pthread_rwlock_t life;		/* write: the descriptor changes */
	pthread_mutex_t sends, recvs;
	int fd;
	struct talk *talk;
	__u64 sent;
	struct reader reader;
	bool unchecked;
};

#define ENDS		(2 * TALKS)
#define LISTENERS	3	/* one, and a group of two */

struct worker {
	unsigned int nr;
	struct world world;
	struct way ways[WAYS];
	struct talk talks[TALKS];
	struct end ends[ENDS];
	int lfd[LISTENERS];
	unsigned int n_talks;
	unsigned int ports, ids;	/* given so far */
	int outside;			/* a socket of PEER, for its devices */
	int icmp;			/* a raw socket of HERE */
	int stamps;			/* keeps timestamps on */
	bool polite;			/* what XTCP sends is acknowledged */
	unsigned int cookie;		/* what SYN-ACKs of a flood are answered */
	struct batch *batch;
	unsigned char *buf;
};

void talk_open(struct worker *w, struct talk *t, struct fuzz_in *in);
void talk_handshake(struct worker *w, struct talk *t, struct fuzz_in *in);
/* To end it from the outside */
void talk_kill(struct worker *w, struct talk *t);
/* One step of the fuzzer in this conversation */
void talk_step(struct worker *w, struct talk *t, struct fuzz_in *in);
void talk_flood(struct worker *w, struct way *way, struct fuzz_in *in);
/* A packet that came from XTCP */
void talk_reply(struct worker *w, struct way *way,
		const struct virtio_net_hdr *vnet, const unsigned char *ip,
		size_t len);

/* ---- the program ------------------------------------------------------- */

void ends_init(struct worker *w);
/* Make the listeners, or a socket that connects. */
void listeners_open(struct worker *w, struct fuzz_in *in);
void end_connect(struct worker *w, struct talk *t, struct fuzz_in *in);
/* Take what has been accepted. */
void ends_accept(struct worker *w);
/* Some call on some socket */
void end_call(struct worker *w, struct fuzz_in *in);
void ends_look(struct worker *w);
void ends_close(struct worker *w, struct fuzz_in *in);

#endif /* XTCP_FUZZSEG_H */
