// SPDX-License-Identifier: GPL-2.0
/* The oracle: socket() itself, and the options that the rows ask for. */
#include <limits.h>
#include <netinet/ip.h>

#include "oracle.h"

struct option {
	const char *name;
	int level, opt;
};

#define SOL(name)	{ #name, SOL_SOCKET, name }
#define TCP(name)	{ #name, IPPROTO_TCP, name }
#define IP(name)	{ #name, IPPROTO_IP, name }

static const struct option options[] = {
	SOL(SO_SNDBUF), SOL(SO_RCVBUF), SOL(SO_RCVLOWAT), SOL(SO_SNDLOWAT),
	SOL(SO_KEEPALIVE), SOL(SO_REUSEADDR), SOL(SO_REUSEPORT),
	SOL(SO_PRIORITY), SOL(SO_OOBINLINE), SOL(SO_ERROR), SOL(SO_TYPE),
	SOL(SO_DOMAIN), SOL(SO_PROTOCOL), SOL(SO_ACCEPTCONN), SOL(SO_PEEK_OFF),
	SOL(SO_BROADCAST), SOL(SO_DONTROUTE), SOL(SO_MARK),
	TCP(TCP_NODELAY), TCP(TCP_MAXSEG), TCP(TCP_CORK), TCP(TCP_KEEPIDLE),
	TCP(TCP_KEEPINTVL), TCP(TCP_KEEPCNT), TCP(TCP_SYNCNT),
	TCP(TCP_LINGER2), TCP(TCP_DEFER_ACCEPT), TCP(TCP_WINDOW_CLAMP),
	TCP(TCP_THIN_LINEAR_TIMEOUTS), TCP(TCP_THIN_DUPACK),
	TCP(TCP_QUICKACK), TCP(TCP_USER_TIMEOUT), TCP(TCP_NOTSENT_LOWAT),
	IP(IP_TOS), IP(IP_TTL), IP(IP_MTU_DISCOVER), IP(IP_RECVERR),
	IP(IP_FREEBIND), IP(IP_BIND_ADDRESS_NO_PORT),
};

/* what both families know alike */
static void play_socket(struct run *run)
{
	/* few: for each that AF_INET lacks it asks modprobe twice */
	static const struct {
		int type, protocol;
	} calls[] = {
		{ SOCK_STREAM, 0 }, { SOCK_STREAM, IPPROTO_TCP },
		{ SOCK_STREAM | SOCK_NONBLOCK, 0 },
		{ SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP },
		{ SOCK_STREAM, IPPROTO_UDP }, { SOCK_STREAM, IPPROTO_ICMP },
		{ SOCK_STREAM, IPPROTO_RAW },
		{ SOCK_STREAM, -1 }, { SOCK_STREAM, INT_MIN },
		{ SOCK_STREAM, 263 }, { SOCK_STREAM, INT_MAX },
		{ SOCK_RDM, 0 }, { 0, 0 }, { 7, 0 },
		{ 11, 0 }, { 15, 0 }, { 15, -1 }, { -1, 0 },
		{ SOCK_STREAM | 0x20, 0 }, { SOCK_STREAM | 0x100, 0 },
		{ SOCK_STREAM | 0x20, -1 },
	};
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		fd = socket(family, calls[i].type, calls[i].protocol);
		note(run, "type %#x protocol %d: %s", calls[i].type,
		     calls[i].protocol, fd < 0 ? error_name(errno) : "fd");
		if (fd >= 0)
			close(fd);
	}
	note_call(run, socketpair(family, SOCK_STREAM, 0, (int *)scratch),
		  "socketpair");
}

static void note_options(struct run *run, int fd)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		note(run, "%s: %d", options[i].name,
		     get_int(fd, options[i].level, options[i].opt));
}

/* */
static void play_initial(struct run *run)
{
	char name[16] = "";
	socklen_t len = sizeof(name);
	int fd = sock(0);

	note_options(run, fd);
	note_call(run, getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len),
		  "TCP_CONGESTION");
	note(run, "TCP_CONGESTION: %s length %u", name, len);
	note(run, "IP_MTU: %d", get_int(fd, IPPROTO_IP, IP_MTU));
	note(run, "poll: %#x", mask_of(fd));
}

/* defaults that settings of the namespace give */
static void play_settings(struct run *run)
{
	sysctl_set("ipv4/ip_no_pmtu_disc", "1");
	sysctl_set("ipv4/ip_default_ttl", "33");
	sysctl_set("ipv4/tcp_notsent_lowat", "12345");
	sysctl_set("ipv4/tcp_synack_retries", "2");
	note_options(run, sock(0));
	sysctl_set("ipv4/ip_no_pmtu_disc", "3");
	note_options(run, sock(0));
}

/* what of IP has no meaning for a stream */
static void play_multicast(struct run *run)
{
	struct ip_mreqn mreq = { .imr_multiaddr.s_addr = inet_addr("224.0.0.9") };
	static const struct option some[] = {
		IP(IP_MULTICAST_TTL), IP(IP_MULTICAST_LOOP), IP(IP_MULTICAST_ALL),
		IP(IP_HDRINCL), IP(IP_NODEFRAG), IP(IP_PKTINFO), IP(IP_RECVTTL),
		IP(IP_CHECKSUM), IP(IP_MINTTL),
	};
	char buf[64];
	socklen_t len;
	int fd[2];
	size_t i;

	note_call(run, pair(fd), "pair");
	for (i = 0; i < ARRAY_SIZE(some); i++) {
		note_call(run, set_int(fd[0], some[i].level, some[i].opt, 1),
			  "%s = 1", some[i].name);
		note(run, "%s: %d", some[i].name,
		     get_int(fd[0], some[i].level, some[i].opt));
	}
	note_call(run, setsockopt(fd[0], IPPROTO_IP, IP_ADD_MEMBERSHIP, &mreq,
				  sizeof(mreq)), "join");
	note_call(run, setsockopt(fd[0], IPPROTO_IP, IP_DROP_MEMBERSHIP, &mreq,
				  sizeof(mreq)), "leave");
	note_call(run, setsockopt(fd[0], IPPROTO_IP, IP_MULTICAST_IF, &mreq,
				  sizeof(mreq)), "interface");
	len = sizeof(buf);
	note_call(run, getsockopt(fd[0], IPPROTO_IP, IP_PKTOPTIONS, buf, &len),
		  "IP_PKTOPTIONS");
	note_call(run, set_int(fd[0], IPPROTO_IP, IP_TOS, 0x2b), "IP_TOS");
	note(run, "IP_TOS: %d", get_int(fd[0], IPPROTO_IP, IP_TOS));
}

/* Which values an option takes, and how it reads afterwards */
static void note_values(struct run *run, int fd, const struct option *o)
{
	static const int values[] = {
		0, 1, 2, 3, 5, 17, 100, 127, 128, 255, 256, 1000, 32767, 32768,
		65535, 100000, 1 << 24, INT_MAX, -1, -2, INT_MIN,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		note_call(run, set_int(fd, o->level, o->opt, values[i]),
			  "%s = %d", o->name, values[i]);
		note(run, "%s: %d", o->name, get_int(fd, o->level, o->opt));
	}
}

#define VALUES(first, last)						\
static void play_values_##first(struct run *run)			\
{									\
	size_t i;							\
									\
	for (i = first; i < last && i < ARRAY_SIZE(options); i++)	\
		note_values(run, sock(0), &options[i]);			\
}

VALUES(0, 18)
VALUES(18, 31)
VALUES(31, 100)

static void play_values_connected(struct run *run)
{
	int fd[2];
	size_t i;

	for (i = 18; i < 31; i++) {
		/* the MSS in force is the device's affair */
		if (options[i].opt == TCP_MAXSEG)
			continue;
		if (pair(fd))
			note(run, "no pair");
		note_values(run, fd[0], &options[i]);
		close(fd[0]);
		close(fd[1]);
	}
}

/* G-110: lengths and pointers */
static void play_lengths(struct run *run)
{
	static const struct option some[] = {
		SOL(SO_KEEPALIVE), TCP(TCP_NODELAY), TCP(TCP_KEEPIDLE),
		IP(IP_TTL), { "TCP 99", IPPROTO_TCP, 99 },
		{ "TCP 0", IPPROTO_TCP, 0 }, { "IP 999", IPPROTO_IP, 999 },
		{ "SOL 999", SOL_SOCKET, 999 }, { "level 99", 99, 1 },
	};
	int fd = sock(0);
	long value[16] = { 1 };
	socklen_t len;
	size_t i;
	int l;

	for (i = 0; i < ARRAY_SIZE(some); i++) {
		for (l = -1; l <= 8; l++) {
			len = l;
			note_call(run, setsockopt(fd, some[i].level,
						  some[i].opt, value, len),
				  "%s set %d", some[i].name, l);
			note_call(run, getsockopt(fd, some[i].level,
						  some[i].opt, value, &len),
				  "%s get %d", some[i].name, l);
			note(run, "length %u", len);
		}
		len = 4;
		note_call(run, setsockopt(fd, some[i].level, some[i].opt,
					  (void *)8, 4), "%s set", some[i].name);
		note_call(run, getsockopt(fd, some[i].level, some[i].opt,
					  (void *)8, &len), "%s get",
			  some[i].name);
	}
}

/* F-18 to F-21: set on the listener, read on the child */
static void play_inherited(struct run *run)
{
	int lfd = sock(0), fd[2];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		/* these change what the handshake itself gives */
		if (options[i].opt == TCP_DEFER_ACCEPT ||
		    options[i].opt == TCP_MAXSEG)
			continue;
		note_call(run, set_int(lfd, options[i].level, options[i].opt,
				       options[i].opt == SO_RCVBUF ||
				       options[i].opt == SO_SNDBUF ? 30000 : 3),
			  "%s", options[i].name);
	}
	bind_to(lfd, LOCALHOST, 0);
	listen(lfd, 1);
	note_call(run, pair_via(lfd, fd), "pair");
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		if (options[i].opt == SO_PROTOCOL ||
		    options[i].opt == TCP_MAXSEG ||
		    options[i].opt == TCP_WINDOW_CLAMP)
			continue;
		note(run, "%s: %d", options[i].name,
		     get_int(fd[1], options[i].level, options[i].opt));
	}
}

/* All that IP_OPTIONS tells of, but the milliseconds of timestamps (KIND 68) */
static void note_ip_options(struct run *run, int fd, const char *who)
{
	unsigned char o[40] = {};
	char text[2 * sizeof(o) + 1] = "";
	socklen_t len = sizeof(o);
	unsigned int i;

	note_call(run, getsockopt(fd, IPPROTO_IP, IP_OPTIONS, o, &len), "%s",
		  who);
	for (i = 0; i < len && i < sizeof(o); i++) {
		bool time = o[0] == 68 && i >= 4 &&
			    ((o[3] & 15) == 0 || i % 8 < 4);

		sprintf(text + 2 * i, time ? "--" : "%02x", o[i]);
	}
	note(run, "%s", text);
}

/* F-21: the child answers the options of the SYN, cookie or not. */
static void play_ip_options(struct run *run)
{
	static const unsigned char sent[][24] = {
		{ 4, 1, 1, 1, 1 },
		{ 16, 1, 7, 15, 4 },		/* record route, three stops */
		{ 12, 1, 7, 11, 4 },		/* two: no room for the way back */
		{ 8, 1, 7, 7, 4 },
		{ 20, 68, 20, 5, 0 },		/* timestamps */
		{ 8, 68, 8, 5, 0 },
		{ 20, 68, 20, 5, 1 },		/* with addresses: room for two */
		{ 20, 68, 20, 5, 3, 127, 0, 0, 1, 0, 0, 0, 0, 127, 0, 0, 1 },
		{ 12, 148, 4, 0, 0, 7, 7, 4 },	/* router alert */
	};
	static const char *const cookies[] = { "1", "2" };
	int fd[2], lfd, ret;
	size_t i, c;
	char byte;

	for (c = 0; c < ARRAY_SIZE(cookies); c++) {
		sysctl_set("ipv4/tcp_syncookies", cookies[c]);
		for (i = 0; i < ARRAY_SIZE(sent); i++) {
			lfd = listener(1);
			fd[0] = sock(0);
			note_call(run, setsockopt(fd[0], IPPROTO_IP, IP_OPTIONS,
						  sent[i] + 1, sent[i][0]),
				  "options %zu", i);
			note_ip_options(run, fd[0], "client");
			ret = connect_to(fd[0], LOCALHOST, port_of(lfd));
			note_call(run, ret, "connect");
			if (!ret) {
				fd[1] = accept(lfd, NULL, NULL);
				note_ip_options(run, fd[1], "child");
				note(run, "mss %d %d",
				     get_int(fd[0], IPPROTO_TCP, TCP_MAXSEG),
				     get_int(fd[1], IPPROTO_TCP, TCP_MAXSEG));
				note_call(run, write(fd[1], "a", 1), "write");
				note_call(run, read(fd[0], &byte, 1), "read");
				close(fd[1]);
			}
			close(fd[0]);
			close(lfd);
		}
	}
}

static void play_connected(struct run *run)
{
	int fd[2];
	size_t i;

	note_call(run, pair(fd), "pair");
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		/* autotuned */
		if (options[i].opt == SO_SNDBUF || options[i].opt == SO_RCVBUF ||
		    options[i].opt == TCP_WINDOW_CLAMP)
			continue;
		note(run, "%s: %d", options[i].name,
		     get_int(fd[0], options[i].level, options[i].opt));
	}
}

/* A-18, G-97 */
static void play_congestion(struct run *run)
{
	static const char *const names[] = { "reno", "nosuch", "", "cubic" };
	char name[32] = "";
	socklen_t len;
	int fd = sock(0);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		note_call(run, setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION,
					  names[i], strlen(names[i])), "%s",
			  names[i]);
		len = sizeof(name);
		memset(name, 0, sizeof(name));
		note_call(run, getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION,
					  name, &len), "get");
		note(run, "%s %u", name, len);
	}
	len = 2;
	memset(name, 0, sizeof(name));
	note_call(run, getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len),
		  "short");
	note(run, "%s %u", name, len);
}

static void note_timeout(struct run *run, int fd, long sec, long usec)
{
	struct timeval tv = { sec, usec };
	socklen_t len = sizeof(tv);

	note_call(run, setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, len),
		  "%ld.%06ld", sec, usec);
	note_call(run, getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, &len),
		  "get");
	note(run, "%ld.%06ld", tv.tv_sec, tv.tv_usec);
}

/* G-74, G-75 */
static void play_structures(struct run *run)
{
	struct linger lin;
	socklen_t len;
	int fd = sock(0);
	int i;

	note_timeout(run, fd, 0, 0);
	note_timeout(run, fd, 1, 500000);
	note_timeout(run, fd, 1, 1000000);
	note_timeout(run, fd, 1, -1);
	note_timeout(run, fd, 100000, 0);
	for (i = 0; i < 4; i++) {
		lin = (struct linger){ i & 1, i & 2 ? 30 : 0 };
		note_call(run, setsockopt(fd, SOL_SOCKET, SO_LINGER, &lin,
					  sizeof(lin)), "linger %d", i);
		len = sizeof(lin);
		note_call(run, getsockopt(fd, SOL_SOCKET, SO_LINGER, &lin,
					  &len), "get");
		note(run, "%d %d", lin.l_onoff, lin.l_linger);
	}
	note_call(run, setsockopt(fd, SOL_SOCKET, SO_LINGER, &lin, 4), "short");
}

const struct scenario option_scenarios[] = {
	{ "socket", "A-02 A-03 A-04 A-05 A-06 A-07 A-13", play_socket },
	{ "initial_options", "A-16 A-17 A-18 A-19 A-20 A-21", play_initial },
	{ "initial_options_by_settings", "A-18 A-19 J-25", play_settings },
	{ "options_of_datagrams", "A-69", play_multicast },
	{ "values_of_socket_options", "A-16 A-17 G-72 G-76", play_values_0 },
	{ "values_of_tcp_options", "A-18 G-87..G-94 G-96 G-100 G-103",
	  play_values_18 },
	{ "values_of_ip_options", "A-19 G-111", play_values_31 },
	{ "values_on_a_connection", "G-87 G-89..G-94 G-96 G-100 G-103",
	  play_values_connected },
	{ "lengths_of_options", "G-110", play_lengths },
	{ "inherited_options", "F-18 F-19 F-20 F-21", play_inherited },
	{ "ip_options_of_the_syn", "F-21", play_ip_options },
	{ "options_of_a_connection", "A-17 A-18 A-25", play_connected },
	{ "congestion_control", "A-21 G-97", play_congestion },
	{ "timeouts_and_linger", "A-17 G-74 G-75", play_structures },
	{ }
};
