// SPDX-License-Identifier: GPL-2.0
/* Hosts on wires: namespaces, what crosses the wire, bulk transfer. */
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>

#include "world.h"

int world_enter(const struct world *w, int host)
{
	return setns(w->ns[host], CLONE_NEWNET);
}

int world_run(const struct world *w, int host, const char *format, ...)
{
	char command[2000];
	va_list args;
	int ret;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (world_enter(w, host))
		return -1;
	ret = run_line(command, NULL);
	if (world_enter(w, HERE))
		return -1;
	return ret;
}

static int host_make(struct world *w, int host)
{
	if (unshare(CLONE_NEWNET) || link_up("lo", true) ||
	    sysctl_set("ipv4/tcp_orphan_retries", "3"))
		return -1;
	w->ns[host] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return w->ns[host] < 0 ? -1 : 0;
}

/* Lines for ip; where the host speaks XTCP, @device becomes a wire as well. */
static int set_up(const struct world *w, int host, const char *device,
		  const char *format, ...)
{
	bool xtcp = w->families[host] == AF_XTCP;
	char lines[1000];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(lines, sizeof(lines), format, args);
	va_end(args);
	if (xtcp)
		snprintf(lines + n, sizeof(lines) - n,
			 "link add xtcp0 type xtcp\nlink set xtcp0 up\n"
			 "link set %s master xtcp0\n", device);
	if (world_enter(w, host) || run_line("ip -b -", lines) ||
	    (xtcp && sysctl_set("xtcp/timewait_msecs", "200")))
		return -1;
	return world_enter(w, HERE);
}

#define VETH		"link add %s type veth peer name %s netns /proc/%d/fd/%d\n"

static int tie_direct(const struct world *w)
{
	if (set_up(w, HERE, "a0",
		   VETH "link set a0 up\n"
		   "addr add " HERE_IP "/16 dev a0\n",
		   "a0", "b0", getpid(), w->ns[PEER]))
		return -1;
	return set_up(w, PEER, "b0",
		      "link set b0 up\n"
		      "addr add " PEER_IP "/16 dev b0\n");
}

static int tie_routed(const struct world *w)
{
	if (set_up(w, HERE, "a0",
		   VETH "link set a0 up\n"
		   "addr add " HERE_IP "/24 dev a0\n"
		   "route add default via 10.0.1.254\n",
		   "a0", "r0", getpid(), w->ns[ROUTER]) ||
	    set_up(w, ROUTER, NULL,
		   VETH "link set r0 up\nlink set r1 up\n"
		   "addr add 10.0.1.254/24 dev r0\n"
		   "addr add 10.0.2.254/24 dev r1\n",
		   "r1", "b0", getpid(), w->ns[PEER]) ||
	    set_up(w, PEER, "b0",
		   "link set b0 up\n"
		   "addr add " PEER_IP "/24 dev b0\n"
		   "route add default via 10.0.2.254\n"))
		return -1;
	if (world_enter(w, ROUTER) || sysctl_set("ipv4/ip_forward", "1") ||
	    sysctl_set("ipv4/icmp_ratelimit", "0") ||
	    sysctl_set("ipv4/conf/r0/send_redirects", "0"))
		return -1;
	return world_enter(w, HERE);
}

int world_make(struct world *w, int here, int peer, bool router)
{
	*w = (struct world){
		.ns = { -1, -1, -1 },
		.families = { here, peer },
		.router = router,
	};
	if ((router && host_make(w, ROUTER)) || host_make(w, PEER) ||
	    host_make(w, HERE))
		return -1;
	return router ? tie_routed(w) : tie_direct(w);
}

void world_end(struct world *w)
{
	int i;

	for (i = 0; i < HOSTS; i++)
		if (w->ns[i] >= 0)
			close(w->ns[i]);
}

int world_sock(const struct world *w, int host, int flags)
{
	int fd = -1;

	if (!world_enter(w, host))
		fd = socket(w->families[host], SOCK_STREAM | flags, 0);
	world_enter(w, HERE);
	return fd;
}

const char *world_ip(int host)
{
	return host == HERE ? HERE_IP : PEER_IP;
}

int world_listener(const struct world *w, int host, unsigned int port,
		   int backlog)
{
	int fd = world_sock(w, host, 0);

	if (fd >= 0 && !set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
	    !bind_to(fd, "0.0.0.0", port) && !listen(fd, backlog))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

int world_connect(const struct world *w, int host, const char *ip,
		  unsigned int port)
{
	int fd = world_sock(w, host, 0);
	int saved;

	if (fd >= 0 && !connect_to(fd, ip, port))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int world_pair(const struct world *w, int client, int fd[2])
{
	int server = client == HERE ? PEER : HERE;
	int lfd = world_listener(w, server, 0, 1);
	int cfd = world_sock(w, client, 0);
	int ret = -1;

	if (lfd >= 0 && cfd >= 0 &&
	    !connect_to(cfd, world_ip(server), port_of(lfd))) {
		fd[client] = cfd;
		fd[server] = accept(lfd, NULL, NULL);
		ret = fd[server] < 0 ? -1 : 0;
	}
	if (lfd >= 0)
		close(lfd);
	if (ret && cfd >= 0)
		close(cfd);
	return ret;
}

long world_counter(const struct world *w, int host, const char *name)
{
	int old = family;
	long value = -1;

	if (world_enter(w, host))
		return -1;
	family = w->families[host];
	value = counter(name);
	family = old;
	world_enter(w, HERE);
	return value;
}

int world_ethtool(const struct world *w, int host, const char *dev, int cmd,
		  bool on)
{
	struct ethtool_value value = { .cmd = cmd, .data = on };
	struct ifreq ifr = { .ifr_data = (void *)&value };
	int fd, ret;

	if (world_enter(w, host))
		return -1;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ret = ioctl(fd, SIOCETHTOOL, &ifr);
	close(fd);
	return world_enter(w, HERE) ?: ret;
}

/* Checksums are then in the packets, and not left to a device. */
int world_checksums_by_software(const struct world *w, int host,
				const char *dev)
{
	return world_ethtool(w, host, dev, ETHTOOL_STXCSUM, false);
}

/* Of a device of the namespace that we are in */
int mac_of(const char *device, unsigned char *mac)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq ifr = { };
	int ret;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", device);
	ret = ioctl(fd, SIOCGIFHWADDR, &ifr);
	memcpy(mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	close(fd);
	return ret;
}

/* ---- what crosses the wire --------------------------------------------- */

int sniff_open(const struct world *w, int host, const char *device)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
	};
	int fd = -1;

	if (!world_enter(w, host)) {
		sll.sll_ifindex = if_nametoindex(device);
		fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20);
		if (bind(fd, (struct sockaddr *)&sll, sizeof(sll))) {
			close(fd);
			fd = -1;
		}
	}
	world_enter(w, HERE);
	return fd;
}

static unsigned int get16(const unsigned char *p)
{
	return p[0] << 8 | p[1];
}

static __u32 get32(const unsigned char *p)
{
	return (__u32)get16(p) << 16 | get16(p + 2);
}

static bool parse(struct seen *s)
{
	const unsigned char *ip = s->packet, *tcp;
	unsigned int ihl = (ip[0] & 15) * 4;

	if (s->len < 40 || ip[0] >> 4 != 4 || ip[9] != IPPROTO_TCP ||
	    s->len < ihl + 20)
		return false;
	tcp = ip + ihl;
	s->tos = ip[1];
	s->total = get16(ip + 2);
	s->df = ip[6] & 0x40;
	s->ttl = ip[8];
	memcpy(&s->saddr, ip + 12, 4);
	memcpy(&s->daddr, ip + 16, 4);
	s->sport = get16(tcp);
	s->dport = get16(tcp + 2);
	s->seq = get32(tcp + 4);
	s->ack = get32(tcp + 8);
	s->flags = tcp[13];
	s->window = get16(tcp + 14);
	s->payload = s->total - ihl - (tcp[12] >> 4) * 4;
	return true;
}

int sniff(int fd, const char *ip, struct seen *s, int ms)
{
	long long end = now_ms() + ms;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct in_addr from;
	ssize_t n;

	inet_pton(AF_INET, ip ?: "0.0.0.0", &from);
	/* What is there already is seen, whatever the time. */
	for (;;) {
		long long left = end - now_ms();

		if (poll(&p, 1, left > 0 ? left : 0) != 1)
			break;
		n = recv(fd, s->packet, sizeof(s->packet), 0);
		if (n < 0)
			break;
		s->len = n;
		if (parse(s) && (!ip || s->saddr.s_addr == from.s_addr))
			return 0;
	}
	return -1;
}

static unsigned int checksum(const unsigned char *p, size_t len)
{
	__u32 sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += get16(p + i);
	if (len & 1)
		sum += p[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

int icmp_send(const struct world *w, int host, unsigned int type,
	      unsigned int code, __u32 info, const struct seen *s)
{
	struct sockaddr_in to = addr_of(HERE_IP, 0);
	unsigned char message[8 + 28] = { type, code };
	unsigned int sum;
	__be32 word = htonl(info);
	int fd, ret = -1;

	memcpy(message + 4, &word, 4);
	memcpy(message + 8, s->packet, 28);
	sum = checksum(message, sizeof(message));
	message[2] = sum >> 8;
	message[3] = sum;
	if (world_enter(w, host))
		return -1;
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	if (fd >= 0 && sendto(fd, message, sizeof(message), 0,
			      (struct sockaddr *)&to, sizeof(to)) > 0)
		ret = 0;
	if (fd >= 0)
		close(fd);
	world_enter(w, HERE);
	return ret;
}

/* ---- bulk ---------------------------------------------------------------- */

/* A prime length: bytes out of place by a segment or a window don't match. */
#define PATTERN	65521

static unsigned char pattern[2 * PATTERN];

static void pattern_make(void)
{
	__u32 x = 2463534242u;
	size_t i;

	if (pattern[0] || pattern[1])
		return;
	for (i = 0; i < PATTERN; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		pattern[i] = x;
		pattern[i + PATTERN] = x;
	}
}

/* 1: moved; 0: not now; -1 */
static int flow_send(struct flow *f)
{
	size_t left = f->size - f->sent;
	ssize_t n;

	pattern_make();
	if (!left)
		return 0;
	n = send(f->from, pattern + f->sent % PATTERN,
		 left < PATTERN ? left : PATTERN, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	f->sent += n;
	if (f->sent == f->size && f->half_close && shutdown(f->from, SHUT_WR))
		return -1;
	return 1;
}

static int flow_recv(struct flow *f)
{
	unsigned char buf[PATTERN];
	ssize_t n = recv(f->to, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	if (!n) {
		f->done = true;
		errno = ECONNABORTED;
		return f->got == f->size && f->half_close ? 1 : -1;
	}
	errno = EILSEQ;
	if (f->got + n > f->size ||
	    memcmp(buf, pattern + f->got % PATTERN, n))
		return -1;
	f->got += n;
	if (f->got == f->size && !f->half_close)
		f->done = true;
	return 1;
}

/* Move what can be moved; 1: the flow is done now, -1: an error. */
static int flow_turn(struct flow *f)
{
	int sent, got;

	do {
		sent = flow_send(f);
		if (sent < 0)
			return -1;
		got = f->done ? 0 : flow_recv(f);
		if (got < 0)
			return -1;
	} while (sent || got);
	return f->done;
}

int flow_fill(struct flow *f)
{
	int ret;

	do {
		ret = flow_send(f);
	} while (ret > 0);
	return ret;
}

/* What poll() shall wait for: two entries a flow. */
static void flow_poll(const struct flow *f, struct pollfd *p)
{
	p[0] = (struct pollfd){
		.fd = f->sent < f->size ? f->from : -1,
		.events = POLLOUT,
	};
	p[1] = (struct pollfd){
		.fd = f->done ? -1 : f->to,
		.events = POLLIN,
	};
}

static int flows_turn(struct flow *flows, const struct pollfd *polls, int n)
{
	int i, ret, done = 0;

	for (i = 0; i < n; i++) {
		if (!flows[i].done &&
		    (polls[2 * i].revents || polls[2 * i + 1].revents)) {
			ret = flow_turn(&flows[i]);
			if (ret < 0)
				return -1;
		}
		done += flows[i].done;
	}
	return done;
}

int flows_run(struct flow *flows, int n, int patience_ms)
{
	struct pollfd *polls = calloc(2 * n, sizeof(*polls));
	int i, ret = 0;

	if (!polls)
		return -1;
	while (ret >= 0 && ret < n) {
		for (i = 0; i < n; i++)
			flow_poll(&flows[i], &polls[2 * i]);
		ret = poll(polls, 2 * n, patience_ms);
		if (!ret)
			errno = ETIMEDOUT;
		if (ret <= 0)
			ret = -1;
		else
			ret = flows_turn(flows, polls, n);
	}
	free(polls);
	return ret < 0 ? -1 : 0;
}

int flows_both_ways(int fd[2], size_t size)
{
	struct flow flows[] = {
		{ .from = fd[0], .to = fd[1], .size = size },
		{ .from = fd[1], .to = fd[0], .size = size },
	};

	return flows_run(flows, 2, PATIENCE);
}
