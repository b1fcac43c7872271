// SPDX-License-Identifier: GPL-2.0
/* The oracle: addresses and lifetimes of bind(), and port 0. */
#include "oracle.h"

static int with_options(unsigned int uid, bool r, bool p)
{
	int fd = sock_as(uid);

	set_int(fd, SOL_SOCKET, SO_REUSEADDR, r);
	set_int(fd, SOL_SOCKET, SO_REUSEPORT, p);
	return fd;
}

/* B-02, B-04, B-06, B-07 */
static void play_addresses(struct run *run)
{
	static const int families[] = {
		AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, 18, 46, 255,
	};
	static const char *const ips[] = {
		"0.0.0.0", "127.0.0.1", "127.255.255.255", "192.0.2.1",
		"224.0.0.1", "255.255.255.255", "240.0.0.1", "0.0.0.1",
	};
	struct {
		struct sockaddr_in sin;
		char tail[200];
	} addr = { };
	size_t f, i;
	int len;

	for (f = 0; f < ARRAY_SIZE(families); f++) {
		for (i = 0; i < ARRAY_SIZE(ips); i++) {
			int fd = sock(0);

			addr.sin = addr_of(ips[i], 0);
			addr.sin.sin_family = families[f];
			note_call(run, bind(fd, (struct sockaddr *)&addr, 16),
				  "family %d %s", families[f], ips[i]);
			close(fd);
		}
	}
	addr.sin = addr_of(LOCALHOST, 0);
	for (len = -1; len < 132; len += len < 20 ? 1 : 27) {
		int fd = sock(0);

		note_call(run, bind(fd, (struct sockaddr *)&addr, len),
			  "length %d", len);
		close(fd);
	}
}

/* B-07: what makes foreign addresses good */
static void play_foreign(struct run *run)
{
	int fd = sock(0);

	note_call(run, bind_to(fd, "192.0.2.1", own_port()), "bind");
	note_call(run, set_int(fd, IPPROTO_IP, IP_FREEBIND, 1), "FREEBIND");
	note_call(run, bind_to(fd, "192.0.2.1", own_port()), "bind");
	note_call(run, listen(fd, 1), "listen");
	fd = sock(0);
	note_call(run, set_int(fd, IPPROTO_IP, IP_TRANSPARENT, 1), "TRANSPARENT");
	note_call(run, bind_to(fd, "192.0.2.2", own_port()), "bind");
	sysctl_set("ipv4/ip_nonlocal_bind", "1");
	note_call(run, bind_to(sock(0), "192.0.2.3", own_port()), "nonlocal");
	fd = bound("192.0.2.3", 0);
	note_call(run, connect_to(fd, LOCALHOST, own_port()), "connect");
}

/* B-08 */
static void play_privileged(struct run *run)
{
	static const unsigned int ports[] = { 1, 79, 80, 1023, 1024 };
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		fd = sock(0);
		if (seteuid(1000))
			return;
		note_call(run, bind_to(fd, LOCALHOST, ports[i]), "%u", ports[i]);
		if (seteuid(0))
			return;
		close(fd);
	}
	sysctl_set("ipv4/ip_unprivileged_port_start", "80");
	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		fd = sock(0);
		if (seteuid(1000))
			return;
		note_call(run, bind_to(fd, LOCALHOST, ports[i]), "80: %u",
			  ports[i]);
		if (seteuid(0))
			return;
		close(fd);
	}
}

/* B-70 to B-77: how many ports a small range gives, and to whom */
static void play_port_zero(struct run *run)
{
	int n, r;

	sysctl_set("ipv4/ip_local_port_range", "40000 40009");
	sysctl_set("ipv4/ip_local_reserved_ports", "40003,40008");
	for (r = 0; r < 2; r++) {
		int fds[32];
		int i;

		for (n = 0; n < 12; n++) {
			fds[n] = with_options(0, r, 0);
			if (bind_to(fds[n], LOCALHOST, 0))
				break;
		}
		note_call(run, -1, "R %d: %d ports, then", r, n);
		note_call(run, bind_to(sock(0), "127.0.0.2", 0), "another address");
		note_call(run, bind_to(sock(0), LOCALHOST, 40003), "reserved");
		note_call(run, listen(sock(0), 1), "listen");
		note_call(run, connect_to(sock(0), LOCALHOST, 7), "connect");
		for (i = 0; i <= n; i++)
			close(fds[i]);
		sysctl_set("ipv4/ip_local_reserved_ports", "40003,40008");
	}
}

/* B-15, B-16, B-18, D-56: what of an address outlives which end */
static void play_lifetimes(struct run *run)
{
	static const struct {
		const char *ip;
		bool port;
	} binds[] = {
		{ "0.0.0.0", false }, { "0.0.0.0", true },
		{ "127.0.0.2", false }, { "127.0.0.2", true },
	};
	struct sockaddr_in sin;
	unsigned int port;
	int lfd = listener(100);
	int fd, end;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(binds); i++) {
		for (end = 0; end < 3; end++) {
			socklen_t len = sizeof(sin);

			fd = bound(binds[i].ip, binds[i].port ? own_port() : 0);
			port = port_of(fd);
			if (end < 2) {
				note_call(run, connect_to(fd, LOCALHOST,
							  port_of(lfd)),
					  "%zu connect", i);
				if (end)
					unspec(fd);
			} else {
				note_call(run, connect_to(fd, LOCALHOST,
							  own_port()),
					  "%zu refused", i);
			}
			getsockname(fd, (struct sockaddr *)&sin, &len);
			note(run, "%zu end %d: %#x %s", i, end,
			     sin.sin_addr.s_addr,
			     ntohs(sin.sin_port) == port ? "same" : "other");
			note_call(run, bind_to(sock(0), binds[i].ip, port),
				  "%zu end %d: port for another", i, end);
			close(fd);
		}
	}
}

/* B-29, B-60: who still owns a port after the listener is gone */
static void play_owners(struct run *run)
{
	unsigned int port;
	int lfd, fd[2];
	int r;

	for (r = 0; r < 2; r++) {
		port = own_port();
		lfd = with_options(0, r, 0);
		bind_to(lfd, LOCALHOST, port);
		listen(lfd, 2);
		pair_via(lfd, fd);
		settle();
		close(lfd);
		note_call(run, bind_to(with_options(0, 0, 0), LOCALHOST, port),
			  "%d child", r);
		lfd = with_options(0, 1, 0);
		note_call(run, bind_to(lfd, LOCALHOST, port), "%d child, R", r);
		note_call(run, listen(lfd, 1), "%d listen", r);
		close(lfd);
		/* the child closes first: TIME_WAIT on this port */
		shutdown(fd[1], SHUT_WR);
		settle();
		close(fd[0]);
		settle();
		close(fd[1]);
		settle();
		note_call(run, bind_to(with_options(0, 1, 0), "127.0.0.2", port),
			  "%d other address", r);
	}
}

/* B-25, B-26 */
static void play_devices(struct run *run)
{
	static const char *const devices[] = { "", "lo", "dm0" };
	unsigned int port;
	size_t a, b;
	int fd[2];

	note_call(run, link_add("dummy", "dm0"), "dummy");
	for (a = 0; a < ARRAY_SIZE(devices); a++) {
		for (b = 0; b < ARRAY_SIZE(devices); b++) {
			port = own_port();
			fd[0] = sock(0);
			fd[1] = sock(0);
			note_call(run, setsockopt(fd[0], SOL_SOCKET,
						  SO_BINDTODEVICE, devices[a],
						  strlen(devices[a])), "first");
			note_call(run, setsockopt(fd[1], SOL_SOCKET,
						  SO_BINDTODEVICE, devices[b],
						  strlen(devices[b])), "second");
			note_call(run, bind_to(fd[0], "0.0.0.0", port),
				  "%s", devices[a]);
			note_call(run, bind_to(fd[1], "0.0.0.0", port),
				  "%s beside %s", devices[b], devices[a]);
			close(fd[0]);
			close(fd[1]);
		}
	}
}

const struct scenario bind_scenarios[] = {
	{ "bind_addresses", "B-02 B-04 B-06 B-07", play_addresses },
	{ "bind_foreign", "B-07 B-81", play_foreign },
	{ "bind_privileged", "B-08 J-03", play_privileged },
	{ "bind_port_zero", "B-70 B-73 B-74 B-75 D-27", play_port_zero },
	{ "bind_lifetimes", "B-14 B-15 B-16 B-17 B-78 D-56", play_lifetimes },
	{ "bind_owners", "B-29 B-60 F-23", play_owners },
	{ "bind_devices", "B-25 B-26", play_devices },
	{ }
};
