// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle: devices and VRFs.  Two VRFs, red and blue, have the same
 * addresses; red has a port, dm1.
 */
#include <sched.h>

#include "oracle.h"

#define VRF_IP		"10.1.1.1"
#define FIRST_PORT	10000

static const char *const devices[] = { "", "red", "dm1", "blue", "lo" };

static int to_device(int fd, const char *name)
{
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, strlen(name));
}

static int add_vrf(const char *name, unsigned int table, const char *port)
{
	return run_tool("ip link add %s type vrf table %u", name, table) ||
	       run_tool("ip link add %s type dummy", port) ||
	       run_tool("ip link set %s master %s", port, name) ||
	       run_tool("ip link set %s up", name) ||
	       run_tool("ip link set %s up", port) ||
	       run_tool("ip addr add " VRF_IP "/24 dev %s", port) ||
	       run_tool("ip addr add 127.0.0.1/8 dev %s", name);
}

static void set_up(struct run *run, int accept)
{
	note(run, "vrfs: %d %d", add_vrf("red", 10, "dm1"),
	     add_vrf("blue", 20, "dm2"));
	note(run, "tcp_l3mdev_accept %d: %d", accept,
	     sysctl_set("ipv4/tcp_l3mdev_accept", accept ? "1" : "0"));
}

/* The result of bind() as a letter */
static char bind_letter(int fd, const char *ip, unsigned int port)
{
	if (!bind_to(fd, ip, port))
		return 'o';
	return errno == EADDRINUSE ? 'X' : errno == EADDRNOTAVAIL ? 'n' : '?';
}

/* B-07, B-25 to B-27: every pair of devices and addresses */
static void play_ports(struct run *run, int accept)
{
	static const char *const ips[] = { "0.0.0.0", VRF_IP, LOCALHOST };
	char letters[2 * ARRAY_SIZE(ips) * ARRAY_SIZE(devices) + 1];
	size_t a, b, i, n;
	int fd[2];

	set_up(run, accept);
	for (i = 0; i < ARRAY_SIZE(ips) * ARRAY_SIZE(devices); i++) {
		a = i % ARRAY_SIZE(devices);
		memset(letters, 0, sizeof(letters));
		for (b = 0, n = 0; b < ARRAY_SIZE(ips) * ARRAY_SIZE(devices); b++) {
			fd[0] = sock(0);
			fd[1] = sock(0);
			to_device(fd[0], devices[a]);
			to_device(fd[1], devices[b % ARRAY_SIZE(devices)]);
			letters[n++] = bind_letter(fd[0],
						   ips[i / ARRAY_SIZE(devices)],
						   FIRST_PORT);
			letters[n++] = bind_letter(fd[1],
						   ips[b / ARRAY_SIZE(devices)],
						   FIRST_PORT);
			close(fd[0]);
			close(fd[1]);
		}
		note(run, "%s on '%s': %s", ips[i / ARRAY_SIZE(devices)],
		     devices[a], letters);
	}
}

static void play_ports_apart(struct run *run)
{
	play_ports(run, 0);
}

static void play_ports_shared(struct run *run)
{
	play_ports(run, 1);
}

static const char *device_of(int fd)
{
	static char name[32];
	socklen_t len = sizeof(name);

	memset(name, 0, sizeof(name));
	if (getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len))
		return "?";
	return name;
}

static const char *name_of(int fd)
{
	struct sockaddr_in sin = { };
	socklen_t len = sizeof(sin);

	getsockname(fd, (struct sockaddr *)&sin, &len);
	return inet_ntoa(sin.sin_addr);
}

static void note_connection(struct run *run, int lfd, const char *device,
			    const char *ip)
{
	int fd = sock(SOCK_NONBLOCK);
	int child = -1;

	to_device(fd, device);
	note_call(run, connect_to(fd, ip, FIRST_PORT), "'%s' to %s", device, ip);
	settle();
	if (mask_of(lfd) & POLLIN)
		child = accept(lfd, NULL, NULL);
	note(run, "poll %#x from %s", mask_of(fd), name_of(fd));
	if (child >= 0) {
		note(run, "child on '%s' at %s", device_of(child),
		     name_of(child));
		note_call(run, send(child, "x", 1, 0), "send");
		settle();
		note(run, "poll %#x", mask_of(fd));
		reset_by(child);
		settle();
	}
	note_call(run, connect_to(fd, ip, FIRST_PORT), "again");
	reset_by(fd);
	settle();
}

/* B-82, B-83: which listener hears whom */
static void play_connections(struct run *run, int accept)
{
	static const char *const ips[] = { "0.0.0.0", VRF_IP };
	size_t i, d, c;
	int lfd;

	set_up(run, accept);
	for (i = 0; i < ARRAY_SIZE(ips); i++) {
		for (d = 0; d < ARRAY_SIZE(devices); d++) {
			lfd = sock(0);
			to_device(lfd, devices[d]);
			note(run, "-- listener on '%s' at %s: %c", devices[d],
			     ips[i], bind_letter(lfd, ips[i], FIRST_PORT));
			note_call(run, listen(lfd, 4), "listen");
			for (c = 0; c < ARRAY_SIZE(devices); c++) {
				/* a route that does not exist, from 0.0.0.0 */
				if (strcmp(devices[c], "lo"))
					note_connection(run, lfd, devices[c],
							VRF_IP);
				note_connection(run, lfd, devices[c], LOCALHOST);
			}
			close(lfd);
		}
	}
}

static void play_connections_apart(struct run *run)
{
	play_connections(run, 0);
}

static void play_connections_shared(struct run *run)
{
	play_connections(run, 1);
}

static int client_on(const char *device, unsigned int port)
{
	int fd = sock(SOCK_NONBLOCK);

	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	to_device(fd, device);
	bind_to(fd, "0.0.0.0", port);
	return fd;
}

/* D-26, K-080: the same addresses and ports, on two devices */
static void play_tuples(struct run *run)
{
	size_t a, b;
	int fd[2];

	set_up(run, 0);
	for (a = 0; a < ARRAY_SIZE(devices); a++) {
		for (b = 0; b < ARRAY_SIZE(devices); b++) {
			fd[0] = client_on(devices[a], FIRST_PORT + 1);
			fd[1] = client_on(devices[b], FIRST_PORT + 1);
			plug();
			note_call(run, connect_to(fd[0], LOCALHOST, FIRST_PORT),
				  "'%s'", devices[a]);
			note_call(run, connect_to(fd[1], LOCALHOST, FIRST_PORT),
				  "'%s' beside '%s'", devices[b], devices[a]);
			unplug();
			close(fd[0]);
			close(fd[1]);
			settle();
		}
	}
}

/* Which of the listeners each of as many connections gets; all are closed. */
static void note_order(struct run *run, int *lfd, int count, const char *what)
{
	char order[8] = "";
	int fd, i, n;

	for (n = 0; n < count; n++) {
		fd = sock(SOCK_NONBLOCK);
		connect_to(fd, LOCALHOST, FIRST_PORT);
		settle();
		for (i = 0; i < count; i++) {
			if (lfd[i] < 0 || !(mask_of(lfd[i]) & POLLIN))
				continue;
			order[n] = 'a' + i;
			close(lfd[i]);
			lfd[i] = -1;
		}
		close(fd);
	}
	note(run, "%s: %s", what, order);
}

/* SO_REUSEPORT lets them share the port. */
static void play_shared(struct run *run, const char *const *ips,
			const char *const *devs)
{
	int lfd[4], i;

	for (i = 0; i < 4; i++) {
		lfd[i] = sock(0);
		set_int(lfd[i], SOL_SOCKET, SO_REUSEPORT, 1);
		to_device(lfd[i], devs[i]);
		if (bind_to(lfd[i], ips[i], FIRST_PORT) || listen(lfd[i], 1))
			note(run, "no listener: %s", strerror(errno));
	}
	note_order(run, lfd, 4, ips[0]);
}

/* Two that could not share it, until one of them leaves its device (B-61) */
static void play_moved(struct run *run, int mover, int cpu)
{
	int lfd[2], i;

	for (i = 0; i < 2; i++) {
		lfd[i] = sock(0);
		if (cpu & (1 << i))
			set_int(lfd[i], SOL_SOCKET, SO_INCOMING_CPU,
				sched_getcpu());
		to_device(lfd[i], i == mover ? "dm1" : loop_dev());
		if (bind_to(lfd[i], "0.0.0.0", FIRST_PORT) || listen(lfd[i], 1))
			note(run, "no listener: %s", strerror(errno));
	}
	to_device(lfd[mover], "");
	note(run, "%d moves, cpus %d", mover, cpu);
	note_order(run, lfd, 2, "moved");
}

/* B-82 */
static void play_order(struct run *run)
{
	const char *ips[2][4] = {
		{ "0.0.0.0", "0.0.0.0", LOCALHOST, LOCALHOST },
		{ LOCALHOST, LOCALHOST, "0.0.0.0", "0.0.0.0" },
	};
	const char *devs[2][4] = {
		{ "", loop_dev(), "", loop_dev() },
		{ loop_dev(), "", loop_dev(), "" },
	};
	int i, cpu;

	note(run, "dummy: %d", run_tool("ip link add dm1 type dummy"));
	for (i = 0; i < 2; i++) {
		play_shared(run, ips[i], devs[i]);
		play_shared(run, ips[i], devs[!i]);
		for (cpu = 0; cpu < 4; cpu++)
			play_moved(run, i, cpu);
	}
}

const struct scenario vrf_scenarios[] = {
	{ "ports_of_vrfs", "B-07 B-25 B-26 B-27", play_ports_apart },
	{ "ports_of_vrfs_shared", "B-27 tcp_l3mdev_accept", play_ports_shared },
	{ "connections_in_vrfs", "B-83 D-22 D-60", play_connections_apart },
	{ "connections_in_vrfs_shared", "B-83 tcp_l3mdev_accept",
	  play_connections_shared },
	{ "tuples_of_devices", "D-26 K-080", play_tuples },
	{ "order_of_listeners", "B-82 B-61", play_order },
	{ }
};
