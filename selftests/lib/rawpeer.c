// SPDX-License-Identifier: GPL-2.0
/* A peer made of single segments, on a packet socket. */
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

#include "rawpeer.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

#define IP_LEN	20
#define TCP_LEN	20

static void put16(unsigned char *p, unsigned int v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void put32(unsigned char *p, __u32 v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static unsigned int get16(const unsigned char *p)
{
	return p[0] << 8 | p[1];
}

static __u32 get32(const unsigned char *p)
{
	return (__u32)get16(p) << 16 | get16(p + 2);
}

static __u32 sum_of(const unsigned char *p, size_t len, __u32 sum)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += get16(p + i);
	if (len & 1)
		sum += p[len - 1] << 8;
	return sum;
}

static unsigned int fold(__u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* Of the IP header, with its options */
static size_t ip_len(const unsigned char *ip)
{
	return (ip[0] & 0xf) * 4;
}

/* The sum over the pseudo header and the TCP segment in @len bytes */
static __u32 tcp_sum(const unsigned char *ip, size_t len)
{
	len -= ip_len(ip);
	return sum_of(ip + ip_len(ip), len,
		      sum_of(ip + 12, 8, IPPROTO_TCP + len));
}

void raw_fix_ip_checksum(unsigned char *ip)
{
	put16(ip + 10, 0);
	put16(ip + 10, fold(sum_of(ip, IP_LEN, 0)));
}

void raw_fix_tcp_checksum(unsigned char *ip, size_t len)
{
	put16(ip + IP_LEN + 16, 0);
	put16(ip + IP_LEN + 16, fold(tcp_sum(ip, len)));
}

static void put_ip(unsigned char *ip, size_t len, int protocol,
		   const char *from, const char *to)
{
	struct in_addr addr[2];

	inet_pton(AF_INET, from, &addr[0]);
	inet_pton(AF_INET, to, &addr[1]);
	ip[0] = 0x45;
	put16(ip + 2, len);
	put16(ip + 6, 0x4000);
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, addr, 8);
	raw_fix_ip_checksum(ip);
}

size_t raw_build(const struct segment *s, unsigned char *buf)
{
	unsigned int header = TCP_LEN + (s->option_len + 3) / 4 * 4;
	size_t len = IP_LEN + header + s->len;
	unsigned char *tcp = buf + IP_LEN;

	memset(buf, 0, IP_LEN + header);
	buf[1] = s->tos;
	put_ip(buf, len, IPPROTO_TCP, RAW_IP, s->to ?: SOCKET_IP);
	buf[8] = s->ttl ?: 64;
	raw_fix_ip_checksum(buf);
	put16(tcp, s->sport);
	put16(tcp + 2, s->dport);
	put32(tcp + 4, s->seq);
	put32(tcp + 8, s->ack);
	tcp[12] = header / 4 << 4 | s->reserved;
	tcp[13] = s->flags;
	put16(tcp + 14, s->window);
	put16(tcp + 18, s->urgent);
	memcpy(tcp + TCP_LEN, s->options, s->option_len);
	memcpy(tcp + header, s->data, s->len);
	raw_fix_tcp_checksum(buf, len);
	return len;
}

int raw_send_bytes(struct raw *raw, const void *buf, size_t len)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = raw->ifindex,
		.sll_halen = ETH_ALEN,
	};

	return sendto(raw->fd, buf, len, 0, (struct sockaddr *)&sll,
		      sizeof(sll)) == len ? 0 : -1;
}

int raw_send_icmp(struct raw *raw, int type, int code, unsigned int port,
		  __u32 seq)
{
	struct sockaddr_in to = addr_of(SOCKET_IP, 0);
	unsigned char icmp[8 + IP_LEN + 8] = { };
	unsigned char *quoted = icmp + 8;
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	int ret = -1;

	put_ip(quoted, 40, IPPROTO_TCP, SOCKET_IP, RAW_IP);
	put16(quoted + IP_LEN, port);
	put16(quoted + IP_LEN + 2, raw->port);
	put32(quoted + IP_LEN + 4, seq);
	icmp[0] = type;
	icmp[1] = code;
	put16(icmp + 2, fold(sum_of(icmp, sizeof(icmp), 0)));
	if (fd >= 0 && !bind_to(fd, RAW_IP, 0) &&
	    sendto(fd, icmp, sizeof(icmp), 0, (struct sockaddr *)&to,
		   sizeof(to)) == sizeof(icmp))
		ret = 0;
	if (fd >= 0)
		close(fd);
	return ret;
}

int raw_send(struct raw *raw, const struct segment *s)
{
	unsigned char buf[4096];

	return raw_send_bytes(raw, buf, raw_build(s, buf));
}

/* A checksum left to the device is the folded sum of the pseudo header. */
static bool checksums_good(const unsigned char *ip, size_t len, bool partial)
{
	if (fold(sum_of(ip, ip_len(ip), 0)))
		return false;
	return partial || !fold(tcp_sum(ip, len));
}

static bool parse(const unsigned char *ip, size_t len, bool partial,
		  struct segment *s)
{
	const unsigned char *tcp = ip + ip_len(ip);
	unsigned int header;
	struct in_addr from;

	inet_pton(AF_INET, SOCKET_IP, &from);
	if (len < IP_LEN + TCP_LEN || ip[0] >> 4 != 4 || ip_len(ip) < IP_LEN ||
	    len < ip_len(ip) + TCP_LEN || ip[9] != IPPROTO_TCP ||
	    memcmp(ip + 12, &from, 4))
		return false;
	header = (tcp[12] >> 4) * 4;
	if (header < TCP_LEN || ip_len(ip) + header > len)
		return false;
	memset(s, 0, sizeof(*s));
	s->sport = get16(tcp);
	s->dport = get16(tcp + 2);
	s->seq = get32(tcp + 4);
	s->ack = get32(tcp + 8);
	s->flags = tcp[13];
	s->reserved = tcp[12] & 0xf;
	s->window = get16(tcp + 14);
	s->urgent = get16(tcp + 18);
	s->tos = ip[1];
	s->ttl = ip[8];
	s->option_len = header - TCP_LEN;
	memcpy(s->options, tcp + TCP_LEN, s->option_len);
	s->len = len - ip_len(ip) - header;
	if (s->len <= sizeof(s->data))
		memcpy(s->data, tcp + header, s->len);
	s->good = get16(ip + 2) == len && checksums_good(ip, len, partial);
	return true;
}

static long long ns_of(const struct timespec *t)
{
	return t->tv_sec * 1000000000LL + t->tv_nsec;
}

/* Is the checksum left to the device, and when did the packet leave? */
static void read_control(struct msghdr *msg, bool *partial, long long *when)
{
	struct cmsghdr *cmsg;

	*partial = false;
	*when = 0;
	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		const void *data = CMSG_DATA(cmsg);

		if (cmsg->cmsg_level == SOL_PACKET &&
		    cmsg->cmsg_type == PACKET_AUXDATA)
			*partial = ((const struct tpacket_auxdata *)data)
				->tp_status & TP_STATUS_CSUMNOTREADY;
		if (cmsg->cmsg_level == SOL_SOCKET &&
		    cmsg->cmsg_type == SCM_TIMESTAMPNS)
			*when = ns_of(data);
	}
}

/* One packet; whether it is a segment sent by SOCKET_IP */
static bool recv_one(struct raw *raw, struct segment *s)
{
	static unsigned char buf[70000];
	char control[128];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(raw->fd, &msg, 0);
	long long when;
	bool partial;

	if (len <= 0)
		return false;
	read_control(&msg, &partial, &when);
	if (!parse(buf, len, partial, s))
		return false;
	s->when = when;
	return true;
}

int raw_recv(struct raw *raw, struct segment *s, int ms)
{
	long long end = now_ms() + ms;
	struct pollfd pfd = { .fd = raw->fd, .events = POLLIN };
	long long left;

	do {
		left = end - now_ms();
		if (poll(&pfd, 1, left > 0 ? left : 0) > 0) {
			if (recv_one(raw, s) && s->dport == raw->port)
				return 0;
		} else if (left <= 0) {
			return -1;
		}
	} while (true);
}

bool raw_has_times(struct raw *raw)
{
	struct segment probe = {
		.sport = raw->port, .dport = 1, .flags = SYN, .window = 1000,
	};
	struct pollfd pfd = { .fd = raw->fd, .events = POLLIN };
	struct segment answer;
	struct timespec now;

	if (raw_send(raw, &probe) || poll(&pfd, 1, PATIENCE) != 1 ||
	    clock_gettime(CLOCK_REALTIME, &now) ||
	    raw_recv(raw, &answer, PATIENCE))
		return false;
	return answer.when <= ns_of(&now);
}

int raw_netns(void)
{
	if (fresh_netns() || addr_add("lo:1", SOCKET_IP) ||
	    addr_add("lo:2", RAW_IP))
		return -1;
	/* lo takes packets from local addresses only if it is told to */
	if (native() && (sysctl_set("ipv4/conf/lo/accept_local", "1") ||
			 sysctl_set("ipv4/conf/lo/route_localnet", "1")))
		return -1;
	return drop_incoming(loop_dev(), RAW_IP);
}

/*
 * What comes in by lo would be seen a second time, and the socket would have a copy
 * that it shares with the packet socket, which can't be joined with others.
 */
static int only_outgoing(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, ~0U),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { ARRAY_SIZE(code), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

int raw_open(struct raw *raw)
{
	raw->port = own_port();
	raw->ifindex = if_nametoindex(loop_dev());
	raw->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (raw->fd < 0 || set_int(raw->fd, SOL_PACKET, PACKET_AUXDATA, 1) ||
	    set_int(raw->fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) ||
	    only_outgoing(raw->fd))
		return -1;
	return bind(raw->fd, (struct sockaddr *)&(struct sockaddr_ll){
			.sll_family = AF_PACKET,
			.sll_protocol = htons(ETH_P_ALL),
			.sll_ifindex = raw->ifindex,
		    }, sizeof(struct sockaddr_ll));
}
