/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses, and the names of a connection: two of them, and two ports.
 *
 * That an address is one of IPv4 is known in this folder only: all others
 * compare, hash and hand on what is declared here.  A socket keeps its own in
 * struct inet_sock, where generic code looks for them.
 */
#ifndef _XTCP_ADDR_H
#define _XTCP_ADDR_H

#include <linux/hash.h>
#include <linux/in.h>
#include <linux/math64.h>
#include <linux/siphash.h>
#include <net/inet_sock.h>

/**
 * struct xtcp_addr - an address of one end
 * @v4: of IPv4
 */
struct xtcp_addr {
	__be32 v4;
};

#define XTCP_ADDR_ANY	((struct xtcp_addr){ .v4 = htonl(INADDR_ANY) })

static inline bool xtcp_addr_is_any(struct xtcp_addr a)
{
	return a.v4 == htonl(INADDR_ANY);
}

static inline bool xtcp_addr_same(struct xtcp_addr a, struct xtcp_addr b)
{
	return a.v4 == b.v4;
}

/* An order for trees, which means nothing else: -1, 0 or 1 */
static inline int xtcp_addr_cmp(struct xtcp_addr a, struct xtcp_addr b)
{
	if (a.v4 == b.v4)
		return 0;
	return (__force u32)a.v4 < (__force u32)b.v4 ? -1 : 1;
}

static inline bool xtcp_addr_is_loopback(struct xtcp_addr a)
{
	return ipv4_is_loopback(a.v4);
}

/* Of many: multicast, or all on the link. */
static inline bool xtcp_addr_is_group(struct xtcp_addr a)
{
	return ipv4_is_multicast(a.v4) || ipv4_is_lbcast(a.v4);
}

/* In messages, by its address; and as in /proc/net/tcp, by its argument */
#define XTCP_ADDR_PFMT	"%pI4"
#define XTCP_ADDR_FMT	"%08X"
#define xtcp_addr_arg(a)	((__force u32)(a).v4)

/* Keyed hashes of one address, or of two and what more tells apart. */

static inline u32 xtcp_addr_hsiphash(struct xtcp_addr a, u32 more,
				     const hsiphash_key_t *key)
{
	return hsiphash_2u32((__force u32)a.v4, more, key);
}

/**
 * struct xtcp_mix_key - secret of xtcp_addrs_mix()
 * @addrs: for the addresses
 * @more: for the rest
 */
struct xtcp_mix_key {
	u64 addrs, more;
};

/*
 * For each segment hsiphash is dear.  Here nobody knows the factors of the product,
 * whose halves are folded, and a last multiplication spreads what differs regularly;
 * what the kernel hashes its connections with is no stronger.
 */
static inline u32 xtcp_addrs_mix(struct xtcp_addr laddr, struct xtcp_addr raddr,
				 u64 more, const struct xtcp_mix_key *key)
{
	u64 a = ((u64)(__force u32)laddr.v4 << 32 | (__force u32)raddr.v4) ^ key->addrs;
	u64 b = more ^ key->more;

	return hash_64(a * b ^ mul_u64_u64_shr(a, b, 64), 32);
}

static inline u32 xtcp_addrs_hsiphash(struct xtcp_addr laddr,
				      struct xtcp_addr raddr, u32 more,
				      const hsiphash_key_t *key)
{
	return hsiphash_3u32((__force u32)laddr.v4, (__force u32)raddr.v4, more,
			     key);
}

static inline u64 xtcp_addrs_siphash(struct xtcp_addr laddr,
				     struct xtcp_addr raddr,
				     const siphash_key_t *key)
{
	return siphash_2u32((__force u32)laddr.v4, (__force u32)raddr.v4, key);
}

static inline u64 xtcp_addrs_siphash_1u32(struct xtcp_addr laddr,
					  struct xtcp_addr raddr, u32 more,
					  const siphash_key_t *key)
{
	return siphash_3u32((__force u32)laddr.v4, (__force u32)raddr.v4, more,
			    key);
}

static inline u64 xtcp_addrs_siphash_2u32(struct xtcp_addr laddr,
					  struct xtcp_addr raddr, u32 more,
					  u32 yet, const siphash_key_t *key)
{
	return siphash_4u32((__force u32)laddr.v4, (__force u32)raddr.v4, more,
			    yet, key);
}

/**
 * struct xtcp_tuple - what tells one connection from another
 * @laddr: local address
 * @raddr: remote address
 * @lport: local port
 * @rport: remote port
 */
struct xtcp_tuple {
	struct xtcp_addr laddr;
	struct xtcp_addr raddr;
	__be16 lport;
	__be16 rport;
};

static inline bool xtcp_tuple_same(const struct xtcp_tuple *a,
				   const struct xtcp_tuple *b)
{
	return xtcp_addr_same(a->laddr, b->laddr) &&
	       xtcp_addr_same(a->raddr, b->raddr) &&
	       a->lport == b->lport && a->rport == b->rport;
}

/* Both ports as one number to hash */
static inline u32 xtcp_tuple_ports(const struct xtcp_tuple *t)
{
	return (__force u32)t->lport << 16 | (__force u32)t->rport;
}

/**
 * struct xtcp_lookup - what the tables are asked for
 * @tuple: names of the segment, local end first
 * @dif: ingress device, or the one that a socket is bound to
 * @l3mdev: VRF that @dif is a port of, 0: none; who is bound to it means its ports, too
 * @alias: what else a socket may be bound to that means @dif (xtcp0), or 0
 */
struct xtcp_lookup {
	struct xtcp_tuple tuple;
	int dif;
	int l3mdev;
	int alias;
};

/* ---- the names of a socket --------------------------------------------- */

/* What it is bound to, or was found by */
static inline struct xtcp_addr xtcp_addr_local(const struct sock *sk)
{
	return (struct xtcp_addr){ inet_sk(sk)->inet_rcv_saddr };
}

/* What it sends from; none where it is bound to a group (B-79) */
static inline struct xtcp_addr xtcp_addr_source(const struct sock *sk)
{
	return (struct xtcp_addr){ inet_sk(sk)->inet_saddr };
}

static inline struct xtcp_addr xtcp_addr_peer(const struct sock *sk)
{
	return (struct xtcp_addr){ inet_sk(sk)->inet_daddr };
}

static inline void xtcp_addr_set_local(struct sock *sk, struct xtcp_addr local,
				       struct xtcp_addr source)
{
	inet_sk(sk)->inet_rcv_saddr = local.v4;
	inet_sk(sk)->inet_saddr = source.v4;
}

static inline void xtcp_addr_set_peer(struct sock *sk, struct xtcp_addr peer)
{
	inet_sk(sk)->inet_daddr = peer.v4;
}

static inline struct xtcp_tuple xtcp_tuple_of(const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	return (struct xtcp_tuple){
		.laddr = { inet->inet_rcv_saddr },
		.raddr = { inet->inet_daddr },
		.lport = inet->inet_sport,
		.rport = inet->inet_dport,
	};
}

#endif /* _XTCP_ADDR_H */
