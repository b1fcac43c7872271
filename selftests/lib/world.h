/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two hosts on a wire, or with a router between them: network namespaces tied
 * by veth devices.  A host speaks XTCP (its device is a wire of its xtcp0) or
 * the kernel's TCP.  A socket stays in the namespace where it was made, so one
 * thread can hold both ends of a connection.
 *
 *	HERE 10.0.1.1 [a0]-----------------------------[b0] 10.0.2.1 PEER
 *	HERE 10.0.1.1 [a0]---[r0] ROUTER [r1]----------[b0] 10.0.2.1 PEER
 */
#ifndef XTCP_WORLD_H
#define XTCP_WORLD_H

#include "xtcp_test.h"

#define HERE_IP		"10.0.1.1"
#define PEER_IP		"10.0.2.1"
#define NOBODY_IP	"10.0.2.99"	/* reached through b0, owned by none */

enum { HERE, PEER, ROUTER, HOSTS };

struct world {
	int ns[HOSTS];
	int families[HOSTS];	/* AF_XTCP: its device is a wire */
	bool router;
};

/* Leaves the caller at HERE. */
int world_make(struct world *w, int here, int peer, bool router);
void world_end(struct world *w);
int world_enter(const struct world *w, int host);
/* Run a line of shell at a host; its status. */
int world_run(const struct world *w, int host, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int world_sock(const struct world *w, int host, int flags);
int world_listener(const struct world *w, int host, unsigned int port,
		   int backlog);
/* A connection from a host to an address, or -1: the error */
int world_connect(const struct world *w, int host, const char *ip,
		  unsigned int port);
/* fd[0] is HERE's end; @client says who connects */
int world_pair(const struct world *w, int client, int fd[2]);
const char *world_ip(int host);
/* A counter of the family that a host speaks */
long world_counter(const struct world *w, int host, const char *name);

/* ethtool -K; @cmd is such as ETHTOOL_STSO */
int world_ethtool(const struct world *w, int host, const char *dev, int cmd,
		  bool on);
/* No device computes checksums for it: what is damaged shows. */
int world_checksums_by_software(const struct world *w, int host,
				const char *dev);

int mac_of(const char *device, unsigned char *mac);

/* What went over a device, from the IPv4 header on */
struct seen {
	unsigned char packet[200];
	unsigned int len;	/* of what is in packet */
	unsigned int total;	/* tot_len */
	struct in_addr saddr, daddr;
	unsigned int sport, dport;
	__u32 seq, ack;
	unsigned int flags, payload;
	unsigned int window;
	unsigned int tos, ttl;
	bool df;
};

int sniff_open(const struct world *w, int host, const char *device);
/* The next TCP segment from @ip, or anybody, within @ms */
int sniff(int fd, const char *ip, struct seen *s, int ms);
/* An ICMP error from @host to HERE that quotes @s */
int icmp_send(const struct world *w, int host, unsigned int type,
	      unsigned int code, __u32 info, const struct seen *s);

/* One direction of a connection, filled by a pattern that never repeats soon */
struct flow {
	int from, to;
	size_t size;		/* bytes to carry */
	size_t sent, got;
	bool half_close;	/* shut down when sent, and wait for the end */
	bool done;
};

/* Send what the socket takes now; -1: an error. */
int flow_fill(struct flow *f);
/* Move them all at once; 0, or -1: the first error, or other bytes came. */
int flows_run(struct flow *flows, int n, int patience_ms);
/* So many bytes in either direction of a connection */
int flows_both_ways(int fd[2], size_t size);

#endif /* XTCP_WORLD_H */
