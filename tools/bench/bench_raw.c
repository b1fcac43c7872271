// SPDX-License-Identifier: GPL-2.0-only
/* The peer that is made of single segments. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "bench_raw.h"

#define PORT		7300
#define WSCALE		14	/* the largest window there is */
#define HEADERS		(sizeof(struct iphdr) + sizeof(struct tcphdr))

static void run(const char *format, const char *a, uint32_t addr)
{
	struct in_addr in = { htonl(addr) };
	char command[256];

	snprintf(command, sizeof(command), format, a, inet_ntoa(in));
	errno = EIO;
	check(!system(command), command);
}

/* 10.9.7.1 and .2 for TCP, 10.9.8.1 and .2 for XTCP */
void raw_device(struct raw_peer *p, int fam)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };

	memset(p, 0, sizeof(*p));
	p->fam = fam;
	p->host = 0x0a090701 + (fam << 8);
	p->addr = p->host + 1;
	p->port = 20000;
	p->fd = -1;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "raw%d", fam);
	run("modprobe -q tun || true", "", 0);
	p->tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	check(p->tun >= 0 && !ioctl(p->tun, TUNSETIFF, &ifr), "tun");
	run("ip addr add dev %s %s/24", ifr.ifr_name, p->host);
	if (fam == FAM_XTCP)
		run("ip link set %s master xtcp0", ifr.ifr_name, 0);
	run("ip link set %s up", ifr.ifr_name, 0);
	/* A window of them, before they are read */
	run("ip link set %s txqueuelen 30000", ifr.ifr_name, 0);
	check(!fcntl(p->tun, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
}

static uint32_t sum_of(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	return len & 1 ? sum + (p[len - 1] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* Options of a SYN: MSS, SACK permitted, window scale */
static size_t syn_options(uint8_t *p, unsigned int mss)
{
	const uint8_t options[] = {
		2, 4, mss >> 8, mss, 1, 1, 4, 2, 1, 3, 3, WSCALE,
	};

	memcpy(p, options, sizeof(options));
	return sizeof(options);
}

static size_t sack_option(uint8_t *p, const struct raw_segment *s)
{
	unsigned int i;
	uint32_t edge;

	if (!s->num_blocks)
		return 0;
	p[0] = 1;
	p[1] = 1;
	p[2] = 5;
	p[3] = 2 + 8 * s->num_blocks;
	for (i = 0; i < 2 * s->num_blocks; i++) {
		edge = htonl(s->blocks[i]);
		memcpy(p + 4 + 4 * i, &edge, 4);
	}
	return 4 + 8 * s->num_blocks;
}

static size_t build(const struct raw_peer *p, const struct raw_segment *s,
		    unsigned int mss, uint8_t *buf)
{
	struct iphdr *ip = (struct iphdr *)buf;
	struct tcphdr *th = (struct tcphdr *)(ip + 1);
	uint8_t *options = (uint8_t *)(th + 1);
	size_t optlen = mss ? syn_options(options, mss) : sack_option(options, s);
	size_t len = HEADERS + optlen + s->len;

	memset(buf, 0, HEADERS);
	memset(options + optlen, 'a', s->len);
	ip->version = 4;
	ip->ihl = 5;
	ip->tot_len = htons(len);
	ip->ttl = 64;
	ip->protocol = IPPROTO_TCP;
	ip->saddr = htonl(p->addr);
	ip->daddr = htonl(p->host);
	ip->check = fold(sum_of(ip, sizeof(*ip), 0));
	th->source = htons(p->port);
	th->dest = htons(PORT);
	th->seq = htonl(s->seq);
	th->ack_seq = htonl(s->ack);
	th->doff = (sizeof(*th) + optlen) / 4;
	((uint8_t *)th)[13] = s->flags;
	th->window = htons(s->window);
	th->check = fold(sum_of(th, len - sizeof(*ip),
				sum_of(&ip->saddr, 8, IPPROTO_TCP + len - sizeof(*ip))));
	return len;
}

static long write_bytes(struct raw_peer *p, const uint8_t *buf, size_t len)
{
	long before = instructions();

	check(write(p->tun, buf, len) == (ssize_t)len, "write to the device");
	return instructions() - before;
}

/* Instructions that dealing with it took */
long raw_write(struct raw_peer *p, const struct raw_segment *s)
{
	uint8_t buf[2048];

	return write_bytes(p, buf, build(p, s, 0, buf));
}

/* An ACK with the largest window, and perhaps SACK blocks */
long raw_ack(struct raw_peer *p, uint32_t ack, const uint32_t *blocks,
	     unsigned int n)
{
	struct raw_segment s = {
		.flags = ACK, .seq = p->seq, .ack = ack, .window = 0xffff,
		.blocks = blocks, .num_blocks = n,
	};

	p->una = ack;
	return raw_write(p, &s);
}

/* Reads what the socket has sent. */
void raw_drain(struct raw_peer *p)
{
	const struct iphdr *ip;
	const struct tcphdr *th;
	uint8_t buf[65536];
	uint32_t end;
	ssize_t len;

	while ((len = read(p->tun, buf, sizeof(buf))) > 0) {
		ip = (const struct iphdr *)buf;
		th = (const struct tcphdr *)(buf + ip->ihl * 4);
		if (ip->version != 4 || ip->protocol != IPPROTO_TCP ||
		    th->dest != htons(p->port))
			continue;
		end = ntohl(th->seq) + len - ip->ihl * 4 - th->doff * 4 +
		      th->syn + th->fin;
		if (!p->segments++ || (int32_t)(end - p->end) > 0)
			p->end = end;
	}
	check(errno == EAGAIN, "read from the device");
}

/* The peer opens a connection.  @rcvbuf, @sndbuf: of the socket; 0: as they are */
void raw_connect(struct raw_peer *p, unsigned int mss, int rcvbuf, int sndbuf)
{
	int lfd = fam_listen(p->fam, p->host, PORT);
	struct raw_segment syn = {
		.flags = SYN, .seq = RAW_ISN, .window = 0xffff,
	};
	uint8_t buf[256];

	p->port++;
	p->segments = 0;
	check(!setsockopt(lfd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), "reno");
	if (rcvbuf)
		set_opt(lfd, SOL_SOCKET, SO_RCVBUFFORCE, rcvbuf);
	if (sndbuf)
		set_opt(lfd, SOL_SOCKET, SO_SNDBUFFORCE, sndbuf);
	write_bytes(p, buf, build(p, &syn, mss, buf));
	raw_drain(p);
	errno = ETIMEDOUT;
	check(p->segments == 1, "SYN-ACK");
	p->seq = RAW_ISN + 1;
	raw_ack(p, p->end, NULL, 0);
	p->fd = accepted(lfd);
	close(lfd);
	check(!fcntl(p->fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
}

/* The socket resets it. */
void raw_close(struct raw_peer *p)
{
	reset_on_close(p->fd);
	close(p->fd);
	p->fd = -1;
	raw_drain(p);
}
