// SPDX-License-Identifier: GPL-2.0
/* The oracle: what routes, rules and addresses make of bind() and connect(). */
#include "oracle.h"

#define FOREIGN		"192.0.2.1"
#define OWN		"10.2.2.2"

static const char *name_of(int fd)
{
	static char text[32];
	struct sockaddr_in sin = { };
	socklen_t len = sizeof(sin);

	getsockname(fd, (struct sockaddr *)&sin, &len);
	snprintf(text, sizeof(text), "%s%s", inet_ntoa(sin.sin_addr),
		 sin.sin_port ? " and a port" : "");
	return text;
}

/* connect() fails at once, and the socket is as before (D-31). */
static void note_failure(struct run *run, int fd, const char *ip,
			 const char *what)
{
	note_call(run, connect_to(fd, ip, own_port()), "%s", what);
	settle();
	note(run, "%s: poll %#x SO_ERROR %s at %s", what, mask_of(fd),
	     error_name(sock_error(fd)), name_of(fd));
	note_call(run, bind_to(fd, LOCALHOST, own_port()), "%s: bind", what);
	close(fd);
}

/* D-20 */
static void play_types(struct run *run)
{
	static const char *const types[] = {
		"unreachable", "prohibit", "blackhole", "throw",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		note(run, "%s: %d", types[i],
		     run_tool("ip route add %s " FOREIGN, types[i]));
		note_failure(run, sock(0), FOREIGN, types[i]);
		note_failure(run, sock(SOCK_NONBLOCK), FOREIGN, types[i]);
		note_failure(run, bound(LOCALHOST, 0), FOREIGN, types[i]);
		note_failure(run, bound("0.0.0.0", own_port()), FOREIGN,
			     types[i]);
		run_tool("ip route del %s " FOREIGN, types[i]);
	}
	note_failure(run, sock(0), FOREIGN, "none");
}

/* K-034, D-29: a rule about the port that connect() chooses */
static void play_rules(struct run *run)
{
	static const char *const actions[] = {
		"unreachable", "prohibit", "blackhole",
	};
	int lfd = listener(4);
	size_t i;
	int fd;

	sysctl_set("ipv4/ip_local_port_range", "40000 40000");
	note(run, "rules: %d %d", run_tool("ip rule add pref 10 lookup local"),
	     run_tool("ip rule del pref 0"));
	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		note(run, "%s: %d", actions[i],
		     run_tool("ip rule add pref 5 ipproto tcp sport 40000 %s",
			      actions[i]));
		note_failure(run, sock(0), LOCALHOST, actions[i]);
		note_failure(run, bound("0.0.0.0", 40000), LOCALHOST,
			     actions[i]);
		fd = bound("0.0.0.0", 40001);
		note_call(run, connect_to(fd, LOCALHOST, port_of(lfd)),
			  "%s: another port", actions[i]);
		close(fd);
		run_tool("ip rule del pref 5");
	}
	note_call(run, connect_to(sock(0), LOCALHOST, port_of(lfd)), "none");
}

/* B-80, D-21: the address goes while a socket is bound to it. */
static void play_lost_address(struct run *run)
{
	int lfd = listener(4), fd[4], other;
	size_t i;

	note(run, "address: %d", run_tool("ip addr add " OWN "/32 dev lo"));
	for (i = 0; i < ARRAY_SIZE(fd); i++)
		fd[i] = bound(OWN, i % 2 ? own_port() : 0);
	set_int(fd[3], IPPROTO_IP, IP_TRANSPARENT, 1);
	other = listener_on(OWN, own_port(), 4);
	note_call(run, connect_to(fd[0], LOCALHOST, port_of(lfd)), "before");
	note(run, "gone: %d", run_tool("ip addr del " OWN "/32 dev lo"));
	note(run, "still %s", name_of(fd[1]));
	note_call(run, bind_to(sock(0), OWN, 0), "bind");
	note_call(run, bind_to(sock(0), OWN, port_of(fd[1])), "bind to its port");
	note_call(run, connect_to(fd[1], LOCALHOST, port_of(lfd)), "connect");
	note(run, "still %s", name_of(fd[1]));
	note_call(run, listen(fd[2], 1), "listen");
	note_call(run, connect_to(sock(0), OWN, port_of(other)), "to its listener");
	nonblock(fd[3], true);
	note_call(run, connect_to(fd[3], LOCALHOST, port_of(lfd)), "transparent");
	settle();
	note(run, "transparent: poll %#x", mask_of(fd[3]));
	note(run, "back: %d", run_tool("ip addr add " OWN "/32 dev lo"));
	note_call(run, connect_to(fd[1], LOCALHOST, port_of(lfd)), "connect");
	note_call(run, connect_to(sock(0), OWN, port_of(other)), "to its listener");
}

/* D-21: sources that no packet may have */
static void play_odd_sources(struct run *run)
{
	static const char *const ips[] = {
		"0.0.0.1", "224.0.0.1", "239.1.2.3", "240.0.0.1",
		"255.255.255.255", "127.255.255.255", FOREIGN,
	};
	int lfd = listener(100);
	size_t i;
	int fd, way;

	for (i = 0; i < ARRAY_SIZE(ips); i++) {
		for (way = 0; way < 3; way++) {
			fd = sock(SOCK_NONBLOCK);
			if (way)
				set_int(fd, IPPROTO_IP, way == 1 ? IP_FREEBIND :
					IP_TRANSPARENT, 1);
			note_call(run, bind_to(fd, ips[i], 0), "%s %d bind",
				  ips[i], way);
			note_call(run, connect_to(fd, LOCALHOST, port_of(lfd)),
				  "%s %d connect", ips[i], way);
			settle();
			note(run, "poll %#x at %s", mask_of(fd), name_of(fd));
			reset_by(fd);
			settle();
		}
	}
}

/* B-79: such addresses can be bound, and are heard by nobody. */
static void play_multicast(struct run *run)
{
	static const char *const ips[] = {
		"224.0.0.1", "239.1.2.3", "255.255.255.255", "127.255.255.255",
	};
	int lfd = listener(100);
	unsigned int port;
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(ips); i++) {
		fd = bound(ips[i], 0);
		note(run, "%s: %s", ips[i], name_of(fd));
		port = port_of(fd);
		note_call(run, listen(fd, 1), "listen");
		note_call(run, connect_to(sock(0), ips[i], port), "to it");
		note_call(run, connect_to(sock(0), LOCALHOST, port), "to us");
		note_call(run, shutdown(fd, SHUT_RD), "end");
		nonblock(fd, true);
		note_call(run, connect_to(fd, LOCALHOST, port_of(lfd)), "connect");
		settle();
		note(run, "poll %#x at %s", mask_of(fd), name_of(fd));
		reset_by(fd);
		settle();
	}
}

/* D-30, K-089: a device that takes nothing is no failure of connect(). */
static void play_refused_by_device(struct run *run)
{
	int lfd = listener(4), fd = sock(SOCK_NONBLOCK);
	unsigned int port = port_of(lfd);

	note(run, "blackhole: %d",
	     run_tool("tc qdisc add dev %s root blackhole", loop_dev()));
	note_call(run, connect_to(fd, LOCALHOST, port), "connect");
	note_call(run, connect_to(fd, LOCALHOST, port), "again");
	note(run, "poll %#x at %s", mask_of(fd), name_of(fd));
	note(run, "open: %d", run_tool("tc qdisc del dev %s root", loop_dev()));
	note(run, "poll %#x", wait_for(fd, POLLOUT));
	note_call(run, connect_to(fd, LOCALHOST, port), "finished");
	/* What the queue dropped at its end is sent again. */
	note(run, "poll %#x %#x", mask_of(fd), wait_for(lfd, POLLIN));
}

/* B-81 */
static void play_privileges(struct run *run)
{
	int fd = sock(0);

	if (seteuid(1000))
		return;
	note_call(run, set_int(fd, IPPROTO_IP, IP_TRANSPARENT, 1), "TRANSPARENT");
	note_call(run, set_int(fd, IPPROTO_IP, IP_TRANSPARENT, 0), "off");
	note_call(run, set_int(fd, IPPROTO_IP, IP_FREEBIND, 1), "FREEBIND");
	note_call(run, bind_to(fd, FOREIGN, 0), "bind");
	note_call(run, set_int(fd, SOL_SOCKET, SO_MARK, 1), "MARK");
	note_call(run, setsockopt(sock(0), SOL_SOCKET, SO_BINDTODEVICE, "lo", 2),
		  "first device");
	if (seteuid(0))
		return;
}

const struct scenario route_scenarios[] = {
	{ "types_of_routes", "D-20 D-31", play_types },
	{ "rules_about_ports", "K-034 D-29 D-31", play_rules },
	{ "lost_address", "B-80 D-21", play_lost_address },
	{ "odd_sources", "D-21 B-14", play_odd_sources },
	{ "multicast_addresses", "B-79 D-23 B-14", play_multicast },
	{ "device_takes_nothing", "D-30 K-089", play_refused_by_device },
	{ "privileged_options", "B-81", play_privileges },
	{ }
};
