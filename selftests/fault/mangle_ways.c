// SPDX-License-Identifier: GPL-2.0
/* Ways that take more than a line: every byte changed in turn, a detour. */
#include "mangle.h"

#define HEADERS		60	/* bytes of IP and TCP, and some of the data */
#define STEP		(SLOW > 1 ? 7 : 1)

static int change_byte(const struct place *p, int offset, const char *how)
{
	char lines[300];

	snprintf(lines, sizeof(lines),
		 "qdisc add dev @ clsact\n"
		 "filter add dev @ %s matchall action pedit munge offset %d u8 %s\n",
		 p->where & IN ? "ingress" : "egress", offset, how);
	return place_run(p, "tc -b -", lines);
}

/* A few segments of each kind, whatever becomes of them */
static void say_something(const struct place *p, int fd[2], int lfd)
{
	int cfd = p->wire ? world_sock(&p->w, HERE, SOCK_NONBLOCK) :
			    sock(SOCK_NONBLOCK);
	int i;

	connect_to(cfd, p->wire ? PEER_IP : LOCALHOST, port_of(lfd));
	for (i = 0; i < 2; i++) {
		send(fd[i], "some bytes", 10, MSG_DONTWAIT | MSG_NOSIGNAL);
		recv(fd[!i], scratch, sizeof(scratch), MSG_DONTWAIT);
		shutdown(fd[i], SHUT_WR);
	}
	close(cfd);
}

/* The tampering is over when this returns. */
static int change_bytes(const struct mangling *row, const struct place *p)
{
	static const char * const hows[] = { "invert", "set 0", "set 0xff" };
	int lfd = p->wire ? world_listener(&p->w, PEER, 0, 4) : listener(4);
	int offset, fd[2], n = 0;

	for (offset = 0; offset < HEADERS; offset += STEP) {
		if (place_pair(p, fd) ||
		    change_byte(p, offset, hows[n++ % ARRAY_SIZE(hows)]))
			return -1;
		say_something(p, fd, lfd);
		if (place_run(p, "tc -b -", "qdisc del dev @ clsact\n"))
			return -1;
		reset_by(fd[0]);
		reset_by(fd[1]);
	}
	return close(lfd);
}

/* Out of xtcp0, over a pair of veth that know nothing of it, and into xtcp0 */
static int detour(const struct mangling *row, const struct place *p)
{
	return place_run(p, "ip -b -",
			 "link add v0 mtu 65535 type veth peer name v1 mtu 65535\n"
			 "link set v1 address 02:00:00:00:00:01\n"
			 "link set v0 up\nlink set v1 up\n") ||
	       place_run(p, "tc -b -",
			 "qdisc add dev v1 clsact\n"
			 "filter add dev v1 ingress matchall action vlan pop_eth pipe action mirred ingress redirect dev @\n"
			 "qdisc add dev @ clsact\n"
			 "filter add dev @ egress matchall action vlan push_eth dst_mac 02:00:00:00:00:01 src_mac 02:00:00:00:00:02 pipe action mirred egress redirect dev v0\n");
}

static int straight_on(const struct mangling *row, const struct place *p)
{
	return place_run(p, "tc -b -", "qdisc del dev @ clsact\n");
}

const struct mangling way_rows[] = {
	{
		.name = "each byte changed", .begin = change_bytes,
		.hope = EVERYWHERE(INTACT),
	},
	{
		.name = "detour over veth", .begin = detour, .end = straight_on,
		.hope = { INTACT }, .tcp = { EITHER },
	},
	{ }
};
