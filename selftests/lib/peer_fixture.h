/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program's namespace with a raw peer in it, and for each test a connection
 * that this peer may open.
 */
#ifndef XTCP_PEER_FIXTURE_H
#define XTCP_PEER_FIXTURE_H

#include "harness.h"
#include "rawpeer.h"

#define ISN	1000000u	/* of the raw peer */

static void __attribute__((constructor(102))) set_up_peer(void)
{
	if (raw_netns()) {
		printf("Bail out! no raw peer: %s\n", strerror(errno));
		exit(1);
	}
}

/* A raw peer and a socket it talks to */
FIXTURE(peer) {
	struct raw raw;
	unsigned int port;	/* of the socket */
	int lfd;
	__u32 seq, ack;	/* what the peer sends next, and expects next */
	struct segment s;	/* the last one received */
};

FIXTURE_SETUP(peer)
{
	ASSERT_EQ(0, raw_open(&self->raw));
	self->port = own_port();
	self->lfd = -1;
	self->seq = ISN;
}

FIXTURE_TEARDOWN(peer)
{
}

#define PEER FIXTURE_DATA(peer)

static inline int peer_listen(PEER *p, int backlog)
{
	p->lfd = listener_on(SOCKET_IP, p->port, backlog);
	return p->lfd;
}

static inline struct segment segment(PEER *p, int flags, __u32 seq, __u32 ack)
{
	return (struct segment){
		.sport = p->raw.port, .dport = p->port, .flags = flags,
		.seq = seq, .ack = ack, .window = 30000,
	};
}

static inline int peer_send(PEER *p, int flags, __u32 seq, __u32 ack,
			    const char *data)
{
	struct segment s = segment(p, flags, seq, ack);

	s.len = strlen(data);
	memcpy(s.data, data, s.len);
	return raw_send(&p->raw, &s);
}

/* The next segment, if there is one within the usual patience */
static inline bool peer_recv(PEER *p)
{
	return !raw_recv(&p->raw, &p->s, PATIENCE) && p->s.good;
}

/* The next one that is not what a slow machine may have sent again: @again */
static inline bool peer_recv_but(PEER *p, int again)
{
	do {
		if (!peer_recv(p))
			return false;
	} while (p->s.flags == again);
	return true;
}

/*
 * Nothing was sent in answer to what went before: a SYN for a port where nobody
 * listens comes back first.  Loopback packets keep their order.  @again: flags of
 * what a slow machine may have sent again.
 */
static inline bool peer_silent_but(PEER *p, int again)
{
	struct segment probe = segment(p, SYN, 77, 0);
	struct segment answer;

	probe.dport = 1;
	if (raw_send(&p->raw, &probe))
		return false;
	do {
		if (raw_recv(&p->raw, &answer, PATIENCE))
			return false;
	} while (answer.flags == again);
	return answer.sport == 1 && answer.flags == (RST | ACK) &&
	       answer.ack == 78;
}

static inline bool peer_silent(PEER *p)
{
	return peer_silent_but(p, -1);
}

/* Open the connection from the peer's side; the accepted socket or -1. */
static inline int peer_connect(PEER *p)
{
	if (p->lfd < 0 && peer_listen(p, 4) < 0)
		return -1;
	if (peer_send(p, SYN, p->seq, 0, "") || !peer_recv(p) ||
	    p->s.flags != (SYN | ACK))
		return -1;
	p->seq++;
	p->ack = p->s.seq + 1;
	if (peer_send(p, ACK, p->seq, p->ack, ""))
		return -1;
	return accept(p->lfd, NULL, NULL);
}

/* State of the request or connection that the socket side has */
static inline int peer_state(PEER *p)
{
	return state_of(p->port, p->raw.port);
}

static inline bool reaches(PEER *p, int state)
{
	return WAIT_FOR(peer_state(p) == state);
}

#endif /* XTCP_PEER_FIXTURE_H */
