// SPDX-License-Identifier: GPL-2.0
/* The fuzzer of segments: the devices over which they come and go. */
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>

#include "fuzzseg.h"

#define BATCH		32
#define ARENA		0x100000
#define TAKEN		16	/* packets received at once */

#define TUN_IP		"10.7.0.1"
#define TUN_PEER	"10.7.0.2"
#define VETH_PEER	"10.8.0.2"
#define LOOP_IP		"10.9.9.1"
#define LOOP_PEER	"10.9.9.2"

struct batch {
	struct {
		struct way *way;
		bool plain;
		struct virtio_net_hdr vnet;
		unsigned int at, len;
	} entry[BATCH];
	unsigned int n, used;
	unsigned char arena[ARENA];
};

static __u32 number_of(const char *ip)
{
	return ntohl(addr_of(ip, 0).sin_addr.s_addr);
}

/* ---- making them ------------------------------------------------------- */

static int open_tun(struct worker *w, struct way *way)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };

	/* Every other one merges what comes in (GRO). */
	if (w->nr & 1)
		ifr.ifr_flags |= IFF_NAPI;
	strcpy(ifr.ifr_name, "tun0");
	way->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (way->fd < 0 || ioctl(way->fd, TUNSETIFF, &ifr) ||
	    ioctl(way->fd, TUNSETOFFLOAD,
		  TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN))
		return -1;
	return run_line("ip -b -",
			"addr add " TUN_IP "/16 dev tun0\n"
			"link set tun0 up txqueuelen 2000\n"
			"link set tun0 master xtcp0\n");
}

/* One that only sends, and whose device finds its own way */
static int open_plain(const char *device, int *ifindex)
{
	*ifindex = if_nametoindex(device);
	return socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int open_packet(const char *device, int protocol, int *ifindex)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = if_nametoindex(device),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*ifindex = sll.sll_ifindex;
	if (fd < 0 || set_int(fd, SOL_PACKET, PACKET_VNET_HDR, 1) ||
	    set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20) ||
	    set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, 8 << 20) ||
	    bind(fd, (struct sockaddr *)&sll, sizeof(sll)))
		return -1;
	return fd;
}

static int open_veth(struct worker *w, struct way *way)
{
	if (mac_of("a0", way->mac) ||
	    world_run(&w->world, HERE,
		      "ip route add 10.8.0.0/16 via " PEER_IP) ||
	    world_run(&w->world, PEER, "ip link set b0 mtu 65535") ||
	    world_enter(&w->world, PEER))
		return -1;
	/* Bound to a protocol, it doesn't see what the other one sends. */
	way->fd = open_packet("b0", ETH_P_IP, &way->ifindex);
	way->plain = open_plain("b0", &way->plain_index);
	w->outside = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return way->fd < 0 || way->plain < 0 || w->outside < 0 ||
	       world_enter(&w->world, HERE) ? -1 : 0;
}

/* What XTCP sends to the peer, not what comes back from the device */
static int only_replies(int fd, __u32 peer)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_NET_OFF + 16),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, peer, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0x40000),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { ARRAY_SIZE(code), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

static int open_loop(struct worker *w, struct way *way)
{
	if (addr_add("lo:1", LOOP_IP) || addr_add("lo:2", LOOP_PEER) ||
	    drop_incoming("xtcp0", LOOP_PEER))
		return -1;
	way->fd = open_packet("xtcp0", ETH_P_ALL, &way->ifindex);
	way->plain = open_plain("xtcp0", &way->plain_index);
	return way->fd < 0 || way->plain < 0 ? -1 :
	       only_replies(way->fd, way->peer);
}

int ways_open(struct worker *w)
{
	static const struct {
		const char *dev, *here, *peer;
		int mtu;
	} ways[WAYS] = {
		[WAY_TUN] = { "tun0", TUN_IP, TUN_PEER, 1500 },
		[WAY_VETH] = { "a0", HERE_IP, VETH_PEER, 1500 },
		[WAY_LOOP] = { "xtcp0", LOOP_IP, LOOP_PEER, 65535 },
	};
	int i;

	w->batch = calloc(1, sizeof(*w->batch));
	w->buf = malloc(PACKET);
	if (!w->batch || !w->buf)
		return -1;
	for (i = 0; i < WAYS; i++)
		w->ways[i] = (struct way){
			.kind = i, .fd = -1, .plain = -1, .dev = ways[i].dev,
			.mtu = ways[i].mtu, .here = number_of(ways[i].here),
			.peer = number_of(ways[i].peer),
		};
	/*
	 * Where sockets want timestamps the kernel's code is patched.  An
	 * emulated processor may run what was there before, for ever: once
	 * is enough.
	 */
	w->stamps = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	set_int(w->stamps, SOL_SOCKET, SO_TIMESTAMP, 1);
	w->icmp = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	return w->icmp < 0 || open_tun(w, &w->ways[WAY_TUN]) ||
	       open_veth(w, &w->ways[WAY_VETH]) ||
	       open_loop(w, &w->ways[WAY_LOOP]) ? -1 : 0;
}

void ways_close(struct worker *w)
{
	int i;

	for (i = 0; i < WAYS; i++) {
		close(w->ways[i].fd);
		if (w->ways[i].plain >= 0)
			close(w->ways[i].plain);
	}
	close(w->outside);
	close(w->icmp);
	close(w->stamps);
	free(w->batch);
	free(w->buf);
}

void way_set_mtu(struct worker *w, struct way *way, int mtu)
{
	if (mtu != way->mtu && !link_mtu(way->dev, mtu))
		way->mtu = mtu;
}

/* ---- sending ----------------------------------------------------------- */

static void write_tun(struct worker *w, unsigned int i)
{
	struct batch *b = w->batch;
	struct iovec iov[] = {
		{ &b->entry[i].vnet, sizeof(b->entry[i].vnet) },
		{ b->arena + b->entry[i].at, b->entry[i].len },
	};

	if (writev(b->entry[i].way->fd, iov, 2) < 0)
		note(NOTE_REFUSED, 1);
}

/* Entries @from to @to - 1 by one packet socket; what it refuses is left out. */
static void send_run(struct worker *w, unsigned int from, unsigned int to)
{
	struct batch *b = w->batch;
	const struct way *way = b->entry[from].way;
	bool plain = b->entry[from].plain;
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = plain ? way->plain_index : way->ifindex,
		.sll_halen = way->kind == WAY_VETH ? ETH_ALEN : 0,
	};
	unsigned char ether[14] = { };
	struct iovec iov[BATCH][3];
	struct mmsghdr msg[BATCH];
	unsigned int i, n, skip = plain ? 2 : way->kind == WAY_VETH ? 0 : 1;
	int sent;

	memcpy(sll.sll_addr, way->mac, ETH_ALEN);
	memcpy(ether, way->mac, ETH_ALEN);
	ether[6] = 2;
	put16(ether + 12, ETH_P_IP);
	for (i = from; i < to; i++) {
		/* virtio header, Ethernet header, packet: the last ones of them */
		iov[i][skip] = (struct iovec){ &b->entry[i].vnet,
					       sizeof(b->entry[i].vnet) };
		if (!skip)
			iov[i][1] = (struct iovec){ ether, sizeof(ether) };
		iov[i][2] = (struct iovec){ b->arena + b->entry[i].at,
					    b->entry[i].len };
		msg[i].msg_hdr = (struct msghdr){
			.msg_name = &sll, .msg_namelen = sizeof(sll),
			.msg_iov = &iov[i][skip], .msg_iovlen = 3 - skip,
		};
	}
	for (n = from; n < to; n += sent) {
		sent = sendmmsg(plain ? way->plain : way->fd, msg + n, to - n, 0);
		if (sent <= 0) {
			note(NOTE_REFUSED, 1);
			sent = 1;
		}
	}
}

void way_flush(struct worker *w)
{
	struct batch *b = w->batch;
	unsigned int i = 0, end;

	while (i < b->n) {
		if (b->entry[i].way->kind == WAY_TUN) {
			write_tun(w, i++);
			continue;
		}
		for (end = i + 1; end < b->n; end++)
			if (b->entry[end].way != b->entry[i].way ||
			    b->entry[end].plain != b->entry[i].plain)
				break;
		send_run(w, i, end);
		i = end;
	}
	b->n = 0;
	b->used = 0;
}

void way_send(struct worker *w, struct way *way,
	      const struct virtio_net_hdr *vnet, const void *ip, size_t len)
{
	struct batch *b = w->batch;

	if (b->n == BATCH || b->used + len > ARENA)
		way_flush(w);
	b->entry[b->n].way = way;
	b->entry[b->n].plain = !vnet && way->plain >= 0;
	b->entry[b->n].vnet = vnet ? *vnet : (struct virtio_net_hdr){ };
	b->entry[b->n].at = b->used;
	b->entry[b->n].len = len;
	memcpy(b->arena + b->used, ip, len);
	b->used += len;
	b->n++;
}

/* ---- receiving --------------------------------------------------------- */

static void take(struct worker *w, struct way *way, const unsigned char *p,
		 ssize_t len, unsigned int link)
{
	struct virtio_net_hdr vnet;

	if (len < (ssize_t)(sizeof(vnet) + link + 20))
		return;
	memcpy(&vnet, p, sizeof(vnet));
	talk_reply(w, way, &vnet, p + sizeof(vnet) + link,
		   len - sizeof(vnet) - link);
}

static void drain_tun(struct worker *w, struct way *way)
{
	static unsigned char buf[70000];
	ssize_t len;

	while ((len = read(way->fd, buf, sizeof(buf))) > 0)
		take(w, way, buf, len, 0);
}

static void drain_packets(struct worker *w, struct way *way)
{
	static unsigned char buf[TAKEN][70000];
	struct iovec iov[TAKEN];
	struct mmsghdr msg[TAKEN];
	int i, n, errors = 0;

	do {
		memset(msg, 0, sizeof(msg));
		for (i = 0; i < TAKEN; i++) {
			iov[i] = (struct iovec){ buf[i], sizeof(buf[i]) };
			msg[i].msg_hdr.msg_iov = &iov[i];
			msg[i].msg_hdr.msg_iovlen = 1;
		}
		n = recvmmsg(way->fd, msg, TAKEN, MSG_DONTWAIT, NULL);
		for (i = 0; i < n; i++)
			take(w, way, buf[i], msg[i].msg_len,
			     way->kind == WAY_VETH ? ETH_HLEN : 0);
		/* EINVAL: a packet that a virtio header can't describe */
	} while (n == TAKEN || (n < 0 && errno == EINVAL && errors++ < 100));
}

void way_drain(struct worker *w, struct way *way)
{
	way_flush(w);
	if (way->kind == WAY_TUN)
		drain_tun(w, way);
	else
		drain_packets(w, way);
}
