// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle: which congestion control a socket has, by whose choice, and what it
 * tells of itself.
 */
#include <linux/inet_diag.h>

#include "oracle.h"

#ifndef TCP_CC_INFO
#define TCP_CC_INFO	26
#endif

static void note_name(struct run *run, int fd, const char *what)
{
	char name[16] = "";
	socklen_t len = sizeof(name);

	note_call(run, getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len),
		  "%s", what);
	note(run, "%s: %s", what, name);
}

static void choose(struct run *run, int fd, const char *name)
{
	note_call(run, setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name,
				  strlen(name)), "set %s", name);
	note_name(run, fd, "now");
}

/* G-97: what is restricted takes CAP_NET_ADMIN, unless one has it already. */
static void play_restricted(struct run *run)
{
	int fd = sock(0), mine = sock(0);

	choose(run, mine, "dctcp");
	if (seteuid(1000))
		return;
	choose(run, fd, "reno");
	choose(run, fd, "cubic");
	choose(run, fd, "dctcp");
	choose(run, fd, "nosuch");
	choose(run, mine, "dctcp");
	choose(run, mine, "reno");
	choose(run, mine, "dctcp");
	if (seteuid(0))
		return;
	choose(run, fd, "dctcp");
}

static void note_info(struct run *run, int fd, const char *what)
{
	union tcp_cc_info info;
	socklen_t len = sizeof(info);

	memset(&info, 0, sizeof(info));
	note_call(run, getsockopt(fd, IPPROTO_TCP, TCP_CC_INFO, &info, &len), "%s",
		  what);
	note(run, "%s: %u bytes, enabled %u state %u alpha %u", what, len,
	     info.dctcp.dctcp_enabled, info.dctcp.dctcp_ce_state,
	     info.dctcp.dctcp_alpha);
	len = 3;
	note_call(run, getsockopt(fd, IPPROTO_TCP, TCP_CC_INFO, &info, &len),
		  "%s, short", what);
	note(run, "%u bytes", len);
}

/* TCP_CC_INFO: DCTCP with ECN, and with a peer that does without */
static void play_info(struct run *run)
{
	static const char *const ecn[] = { "2", "0" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ecn); i++) {
		int lfd = listener(4), fd[2] = { sock(0), -1 };

		sysctl_set("ipv4/tcp_ecn", ecn[i]);
		note(run, "ecn %s", ecn[i]);
		choose(run, fd[0], "dctcp");
		note_info(run, fd[0], "before");
		note_call(run, connect_to(fd[0], LOCALHOST, port_of(lfd)), "connect");
		fd[1] = accept(lfd, NULL, NULL);
		note_name(run, fd[0], "connected");
		note_info(run, fd[0], "connected");
		note_name(run, fd[1], "child");
		note_info(run, fd[1], "child");
		choose(run, fd[1], "dctcp");
		note_info(run, fd[1], "child");
		choose(run, fd[0], "reno");
		choose(run, fd[0], "dctcp");
		note_info(run, fd[0], "again");
		unspec(fd[0]);
		note_name(run, fd[0], "disconnected");
		close(fd[0]);
		close(fd[1]);
	}
}

static void over_route(struct run *run, const char *congctl)
{
	int lfd = listener(4), fd = sock(0), child;

	note(run, "%s: %d", congctl,
	     run_tool("ip route replace local %s dev lo table local scope host src %s %s",
		      LOCALHOST, LOCALHOST, congctl));
	note_name(run, fd, "new");
	choose(run, fd, "cubic");
	note_call(run, connect_to(fd, LOCALHOST, port_of(lfd)), "connect");
	note_name(run, fd, "connected");
	choose(run, fd, "cubic");
	child = accept(lfd, NULL, NULL);
	note_name(run, child, "child");
	choose(run, child, "cubic");
	unspec(fd);
	note_name(run, fd, "disconnected");
	choose(run, fd, "reno");
	choose(run, lfd, "cubic");
	close(fd);
	close(child);
	fd = connected(port_of(lfd));
	child = accept(lfd, NULL, NULL);
	note_name(run, child, "child of one that chose");
	close(fd);
	close(child);
	close(lfd);
}

/* H-38: what the route says goes before what the program chose, locked or not. */
static void play_route(struct run *run)
{
	over_route(run, "congctl reno");
	over_route(run, "congctl lock reno");
	over_route(run, "congctl dctcp");
	over_route(run, "");
}

const struct scenario cong_scenarios[] = {
	{ "restricted_congestion_control", "G-97", play_restricted },
	{ "congestion_control_tells", "G-104", play_info },
	{ "congestion_control_of_a_route", "H-38 F-20", play_route },
	{ }
};
