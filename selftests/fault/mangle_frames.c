// SPDX-License-Identifier: GPL-2.0
/*
 * Frames that packet sockets put on a device: what is no TCP, what lies about
 * its length, checksum or segments (struct virtio_net_hdr), and what its sender
 * still changes.  And packet sockets that only look, through a ring.
 */
#include <time.h>

#include <linux/errqueue.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <sys/mman.h>

#include "mangle.h"
#include "rawpeer.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4	5
#endif

#define LARGEST		65000

/* What rows leave open until they end; a row has a process of its own. */
static int kept = -1;

static int close_kept(const struct mangling *row, const struct place *p)
{
	return close(kept);
}

/* xtcp0, where a frame comes in again; on a wire, PEER's end */
static int packet_socket(const struct place *p, int type,
			 struct sockaddr_ll *to)
{
	const char *dev = p->wire ? "b0" : p->dev;
	int fd;

	if (p->wire && world_enter(&p->w, PEER))
		return -1;
	*to = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = if_nametoindex(dev),
		.sll_halen = ETH_ALEN,
	};
	fd = socket(AF_PACKET, type | SOCK_CLOEXEC, 0);
	if (p->wire && world_enter(&p->w, HERE))
		return -1;
	return fd;
}

/* ---- no TCP, or hardly --------------------------------------------------- */

static const unsigned int protocols[] = {
	ETH_P_IP, ETH_P_IPV6, ETH_P_ARP, ETH_P_8021Q, ETH_P_8021AD, ETH_P_802_3,
	ETH_P_802_2, ETH_P_TEB, ETH_P_MPLS_UC, ETH_P_LOOP, 0,
};

static const unsigned int lengths[] = {
	1, 4, 13, 14, 19, 20, 21, 39, 40, 41, 60, 100, 1400, LARGEST,
};

static void fill_with(unsigned char *buf, size_t len, int how)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = how == 2 ? i * 131 : how ? 0xff : 0;
	if (how == 2 && len)
		buf[0] = 0x45;
	if (how == 2 && len > 9)
		buf[9] = IPPROTO_TCP;
	if (how == 2 && len >= 20)
		raw_fix_ip_checksum(buf);
}

static int send_strangers(const struct mangling *row, const struct place *p)
{
	static unsigned char buf[LARGEST];
	struct sockaddr_ll to;
	int fd = packet_socket(p, SOCK_DGRAM, &to), how;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		to.sll_protocol = htons(protocols[i]);
		for (j = 0; j < ARRAY_SIZE(lengths); j++) {
			for (how = 0; how < 3; how++) {
				fill_with(buf, lengths[j], how);
				sendto(fd, buf, lengths[j], 0,
				       (struct sockaddr *)&to, sizeof(to));
			}
		}
	}
	return close(fd);
}

/* ---- lies about segments --------------------------------------------------- */

#define F_CSUM	VIRTIO_NET_HDR_F_NEEDS_CSUM
#define F_VALID	VIRTIO_NET_HDR_F_DATA_VALID
#define TCP4	VIRTIO_NET_HDR_GSO_TCPV4

/* flags, gso_type, hdr_len, gso_size, csum_start, csum_offset */
static const struct virtio_net_hdr lies[] = {
	{ 0 },
	{ F_VALID },
	{ F_CSUM, 0, 0, 0, 20, 16 },
	{ F_CSUM, 0, 40, 0, 20, 16 },
	{ F_CSUM, 0, 0, 0, 0, 16 },
	{ F_CSUM, 0, 0, 0, 19, 16 },
	{ F_CSUM, 0, 0, 0, 20, 0 },
	{ F_CSUM, 0, 0, 0, 20, 65535 },
	{ F_CSUM, 0, 0, 0, 39, 0 },
	{ F_CSUM, 0, 0, 0, 60, 0 },
	{ F_CSUM, 0, 0, 0, 1000, 6 },
	{ F_CSUM, 0, 0, 0, 65535, 16 },
	{ F_CSUM, TCP4, 52, 1448, 20, 16 },
	{ F_CSUM, TCP4, 40, 1448, 20, 16 },
	{ F_CSUM, TCP4, 0, 1448, 20, 16 },
	{ F_CSUM, TCP4, 20, 1448, 20, 16 },
	{ F_CSUM, TCP4, 65535, 1448, 20, 16 },
	{ F_CSUM, TCP4, 52, 1, 20, 16 },
	{ F_CSUM, TCP4, 52, 2, 20, 16 },
	{ F_CSUM, TCP4, 52, 8, 20, 16 },
	{ F_CSUM, TCP4, 52, 65535, 20, 16 },
	{ F_CSUM, TCP4, 52, 0, 20, 16 },
	{ F_CSUM, TCP4, 52, 1448, 0, 16 },
	{ F_CSUM, TCP4, 52, 1448, 40, 16 },
	{ F_CSUM, TCP4, 52, 1448, 20, 0 },
	{ 0, TCP4, 52, 1448, 0, 0 },
	{ F_VALID, TCP4, 52, 1448, 0, 0 },
	{ F_CSUM, TCP4 | VIRTIO_NET_HDR_GSO_ECN, 52, 1448, 20, 16 },
	{ F_CSUM, TCP4 | VIRTIO_NET_HDR_GSO_ECN, 52, 1, 20, 16 },
	{ F_CSUM, VIRTIO_NET_HDR_GSO_TCPV6, 52, 1448, 20, 16 },
	{ F_CSUM, VIRTIO_NET_HDR_GSO_UDP, 28, 1448, 20, 6 },
	{ F_CSUM, VIRTIO_NET_HDR_GSO_UDP_L4, 28, 1448, 20, 6 },
	{ F_CSUM, VIRTIO_NET_HDR_GSO_UDP_L4, 52, 1448, 20, 16 },
	{ F_CSUM, VIRTIO_NET_HDR_GSO_ECN, 52, 1448, 20, 16 },
	{ F_CSUM, 0x7f, 52, 1448, 20, 16 },
};

static const unsigned int payloads[] = { 0, 1, 1448, 5000, 60000 };

/* A connection into which somebody else writes, and the last ACK of its end */
struct victim {
	int fd[2], tap;
	struct seen data, ack;
};

/* What fd[1] was sent, and what it answered: the latest */
static int victim_watch(struct victim *v, int ms)
{
	unsigned int port = port_of(v->fd[1]);
	struct seen s;
	int found = 0;

	while (!sniff(v->tap, NULL, &s, found ? 0 : ms)) {
		if (s.dport == port && s.payload) {
			v->data = s;
			found |= 1;
		} else if (s.sport == port) {
			v->ack = s;
			found |= 2;
		}
	}
	return found;
}

static int victim_make(const struct place *p, struct victim *v)
{
	v->tap = sniff_open(&p->w, HERE, p->dev);
	if (v->tap < 0 || place_pair(p, v->fd))
		return -1;
	/* fd[1] shall be the end that is written to. */
	if (p->wire) {
		int fd = v->fd[HERE];

		v->fd[HERE] = v->fd[PEER];
		v->fd[PEER] = fd;
	}
	if (send_all(v->fd[0], "real data", 9) ||
	    recv_all(v->fd[1], scratch, 9) ||
	    send_all(v->fd[1], "answer", 6) || recv_all(v->fd[0], scratch, 6))
		return -1;
	return victim_watch(v, PATIENCE) == 3 ? 0 : -1;
}

/* Its peer knows nothing of what was said in its name. */
static void victim_end(struct victim *v)
{
	reset_by(v->fd[1]);
	close(v->fd[0]);
	close(v->tap);
}

/* A segment in order of @len bytes; its length */
static size_t forge(const struct victim *v, unsigned char *ip, unsigned int len)
{
	unsigned int header = v->data.total - v->data.payload;
	__be32 seq = htonl(v->ack.ack), ack = htonl(v->ack.seq + v->ack.payload);
	__be16 total = htons(header + len);

	memcpy(ip, v->data.packet, header);
	memset(ip + header, 'x', len);
	memcpy(ip + 2, &total, 2);
	memcpy(ip + 24, &seq, 4);
	memcpy(ip + 28, &ack, 4);
	raw_fix_ip_checksum(ip);
	raw_fix_tcp_checksum(ip, header + len);
	return header + len;
}

/* What stands before the IP header: virtio's, and Ethernet's if there is one */
static size_t cover(const struct place *p, unsigned char *buf,
		    const struct virtio_net_hdr *lie)
{
	bool ethernet = p->wire || native();
	struct virtio_net_hdr head = *lie;
	struct ethhdr eth = { .h_proto = htons(ETH_P_IP) };

	if (ethernet && head.csum_start)
		head.csum_start += sizeof(eth);
	if (ethernet && head.hdr_len)
		head.hdr_len += sizeof(eth);
	memcpy(buf, &head, sizeof(head));
	if (!ethernet)
		return sizeof(head);
	mac_of(p->dev, eth.h_dest);
	memcpy(buf + sizeof(head), &eth, sizeof(eth));
	return sizeof(head) + sizeof(eth);
}

static int send_lies(const struct mangling *row, const struct place *p)
{
	static unsigned char buf[sizeof(struct virtio_net_hdr) + 200 + 60000];
	struct sockaddr_ll to;
	struct victim v;
	size_t i, j, len;
	int fd = packet_socket(p, SOCK_RAW, &to), bypass;

	if (set_int(fd, SOL_PACKET, PACKET_VNET_HDR, 1) || victim_make(p, &v))
		return -1;
	for (bypass = 0; bypass <= 1; bypass++) {
		set_int(fd, SOL_PACKET, PACKET_QDISC_BYPASS, bypass);
		for (i = 0; i < ARRAY_SIZE(lies); i++) {
			for (j = 0; j < ARRAY_SIZE(payloads); j++) {
				len = cover(p, buf, &lies[i]);
				len += forge(&v, buf + len, payloads[j]);
				sendto(fd, buf, len, 0, (struct sockaddr *)&to,
				       sizeof(to));
				recv(v.fd[1], buf, sizeof(buf), MSG_DONTWAIT);
				victim_watch(&v, 0);
			}
		}
	}
	victim_end(&v);
	return close(fd);
}

/* ---- rings -------------------------------------------------------------------- */

#define RING_BLOCK	65536
#define RING_BLOCKS	4
#define RING_FRAME	2048
#define RING_FRAMES	(RING_BLOCKS * RING_BLOCK / RING_FRAME)

static void *ring_make(int fd, int direction, int version)
{
	struct tpacket_req3 req = {
		.tp_block_size = RING_BLOCK, .tp_block_nr = RING_BLOCKS,
		.tp_frame_size = RING_FRAME,
		.tp_frame_nr = RING_FRAMES,
	};
	void *ring;

	if (set_int(fd, SOL_PACKET, PACKET_VERSION, version) ||
	    setsockopt(fd, SOL_PACKET, direction, &req,
		       version == TPACKET_V3 ? sizeof(req) :
					       sizeof(struct tpacket_req)))
		return NULL;
	ring = mmap(NULL, RING_BLOCKS * RING_BLOCK, PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	return ring == MAP_FAILED ? NULL : ring;
}

static int ring_watch(const struct place *p, int version, bool vnet)
{
	struct sockaddr_ll to;

	kept = packet_socket(&(struct place){ .dev = p->dev }, SOCK_RAW, &to);
	to.sll_protocol = htons(ETH_P_ALL);
	if (kept < 0 || (vnet && set_int(kept, SOL_PACKET, PACKET_VNET_HDR, 1)) ||
	    !ring_make(kept, PACKET_RX_RING, version))
		return -1;
	return bind(kept, (struct sockaddr *)&to, sizeof(to));
}

static int ring_v2(const struct mangling *row, const struct place *p)
{
	return ring_watch(p, TPACKET_V2, true);
}

static int ring_v3(const struct mangling *row, const struct place *p)
{
	return ring_watch(p, TPACKET_V3, false);
}

/* In order, from the ring, and changed as soon as it is sent */
static int ring_send(const struct mangling *row, const struct place *p)
{
	unsigned char frame[RING_FRAME], *ring;
	struct tpacket2_hdr *head;
	struct sockaddr_ll to;
	struct victim v;
	size_t len;
	int fd = packet_socket(p, SOCK_DGRAM, &to), i;

	ring = ring_make(fd, PACKET_TX_RING, TPACKET_V2);
	if (!ring || bind(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    victim_make(p, &v))
		return -1;
	for (i = 0; i < 2 * RING_FRAMES; i++) {
		head = (void *)ring + i % RING_FRAMES * RING_FRAME;
		if (!WAIT_FOR(!(head->tp_status & ~TP_STATUS_WRONG_FORMAT)))
			return -1;
		len = forge(&v, frame, 1000);
		memcpy((void *)head + TPACKET2_HDRLEN - sizeof(to), frame, len);
		head->tp_len = len;
		head->tp_status = TP_STATUS_SEND_REQUEST;
		send(fd, NULL, 0, MSG_DONTWAIT);
		memset((void *)head + TPACKET2_HDRLEN - sizeof(to), i, len);
		if (i % 7 == 0)
			recv(v.fd[1], frame, sizeof(frame), MSG_DONTWAIT);
		victim_watch(&v, 0);
	}
	victim_end(&v);
	return close(fd);
}

/* ---- the host's own traffic on xtcp0 -------------------------------------------- */

#define SENDS	50

/* Its pages are given back, whatever becomes of the packets. */
static int pages_back(int fd, int sends)
{
	int n = 0;

	while (WAIT_FOR(mask_of(fd) & POLLERR)) {
		struct sock_extended_err *e;
		char control[200];
		struct msghdr msg = {
			.msg_control = control, .msg_controllen = sizeof(control),
		};

		if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return -1;
		e = (void *)CMSG_DATA(CMSG_FIRSTHDR(&msg));
		n += e->ee_data - e->ee_info + 1;
		if (n == sends)
			return 0;
	}
	return -1;
}

static int send_natively(const struct mangling *row, const struct place *p)
{
	struct sockaddr_in to = addr_of("10.88.0.1", 7);
	static char buf[20000];
	int fd = socket(AF_INET, SOCK_DGRAM, 0), i, sent = 0;
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (place_run(p, "ip -b -", "route add 10.88.0.0/16 dev @\n") ||
	    set_int(fd, SOL_SOCKET, SO_ZEROCOPY, 1) ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, p->dev,
		       strlen(p->dev) + 1) ||
	    setsockopt(tcp, SOL_SOCKET, SO_BINDTODEVICE, p->dev,
		       strlen(p->dev) + 1))
		return -1;
	for (i = 0; i < SENDS; i++)
		sent += sendto(fd, buf, sizeof(buf), MSG_ZEROCOPY,
			       (struct sockaddr *)&to, sizeof(to)) > 0;
	if (!sent || pages_back(fd, sent))
		return -1;
	/* To an address of this host, by a device that is not its own */
	connect_to(tcp, LOCALHOST, 7);
	close(fd);
	kept = tcp;
	return 0;
}

const struct mangling frame_rows[] = {
	{
		.name = "frames of strangers", .begin = send_strangers,
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "frames that lie of segments", .begin = send_lies,
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "frames that change", .begin = ring_send,
		.hope = { INTACT },
	},
	{
		.name = "ring of a tap", .begin = ring_v2, .end = close_kept,
		.way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "ring of blocks of a tap", .begin = ring_v3,
		.end = close_kept, .way = BOTH_WAYS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "native traffic with user pages", .begin = send_natively,
		.end = close_kept, .hope = { INTACT },
	},
	{ }
};
