/* SPDX-License-Identifier: GPL-2.0-only */
/* Owners of a port; all functions under the lock of the bucket's head. */
#ifndef _XTCP_OWNERS_H
#define _XTCP_OWNERS_H

#include <linux/rbtree.h>

#include "xtcp.h"

/**
 * enum xtcp_owner_class - what the rules of B.4 ask of an owner, as bits
 * @XTCP_OWNER_REUSABLE: SO_REUSEADDR, and not LISTEN
 * @XTCP_OWNER_REUSEPORT: SO_REUSEPORT
 * @XTCP_OWNER_CLASSES: how many classes these make
 */
enum xtcp_owner_class {
	XTCP_OWNER_REUSABLE = 1,
	XTCP_OWNER_REUSEPORT = 2,
	XTCP_OWNER_CLASSES = 4,
};

/**
 * struct xtcp_owner_counts - owners by class
 * @socks: sockets
 * @timewaits: TIME_WAIT entries, whose user does not matter
 */
struct xtcp_owner_counts {
	u32 socks[XTCP_OWNER_CLASSES];
	u32 timewaits[XTCP_OWNER_CLASSES];
};

/**
 * struct xtcp_owner_key - what owners of one group have in common
 * @addr: local address, 0: any
 * @dev: device that they are bound to, 0: none
 * @uid: their user, where SO_REUSEPORT makes it matter; else root
 */
struct xtcp_owner_key {
	struct xtcp_addr addr;
	int dev;
	kuid_t uid;
};

/**
 * struct xtcp_bind_group - owners of a port that no rule tells apart
 * @node: in xtcp_bind_bucket.groups, in order of @key
 * @bucket: the port
 * @key: what they have in common
 * @counts: how many they are
 * @owners: all of these together
 */
struct xtcp_bind_group {
	struct rb_node node;
	struct xtcp_bind_bucket *bucket;
	struct xtcp_owner_key key;
	struct xtcp_owner_counts counts;
	u32 owners;
};

/**
 * struct xtcp_bind_bucket - one local port in use
 * @node: in xtcp_bind_head.chain
 * @net: namespace, no reference: owners hold it
 * @port: host order
 * @bound: bind() or listen() ever joined: connect() must choose another (B-65)
 * @fastreuse: all had SO_REUSEADDR and none listened, when they came (B-63, B-64)
 * @fastreuseport: all had SO_REUSEPORT and one user, when they came (B-66), and since
 *		   it is so again, one address (B-67)
 * @l3mdev: VRF whose ports these are (B-27)
 * @fastuid: user that B-66 speaks of
 * @fast_rcv_saddr: address that B-67 speaks of
 * @owners: sockets and TIME_WAIT entries
 * @with_device: those of them that are bound to a device
 * @totals: all owners by class
 * @uid: user of the first one with SO_REUSEPORT
 * @other_uid: those with SO_REUSEPORT of another user, by REUSABLE
 * @groups: of struct xtcp_bind_group
 * @first: the group that most ports have alone
 */
struct xtcp_bind_bucket {
	struct hlist_node node;
	struct net *net;
	u16 port;
	bool bound;
	u8 fastreuse:1;
	u8 fastreuseport:2;
	int l3mdev;
	kuid_t fastuid;
	struct xtcp_addr fast_rcv_saddr;
	u32 owners;
	u32 with_device;
	struct xtcp_owner_counts totals;
	kuid_t uid;
	u32 other_uid[2];
	struct rb_root groups;
	struct xtcp_bind_group first;
};

/**
 * struct xtcp_bind_rules - what a binder brings along
 * @uid: its user
 * @reuse: SO_REUSEADDR
 * @reuseport: SO_REUSEPORT, and it may join others (B-58)
 * @port_zero: the port is the kernel's choice
 * @relax: sharing is allowed at all (false: first pass of port 0)
 */
struct xtcp_bind_rules {
	kuid_t uid;
	bool reuse;
	bool reuseport;
	bool port_zero;
	bool relax;
};

bool xtcp_owners_same(const struct xtcp_owner_key *a,
		      const struct xtcp_owner_key *b);
struct xtcp_bind_group *xtcp_owners_join(struct xtcp_bind_bucket *b,
					 const struct xtcp_owner_key *key,
					 unsigned int class);
void xtcp_owners_leave(struct xtcp_bind_group *g, unsigned int class);
void xtcp_owners_pause(struct xtcp_bind_group *g, unsigned int class);
void xtcp_owners_resume(struct xtcp_bind_group *g, unsigned int class);
void xtcp_owners_join_timewait(struct xtcp_bind_group *g, unsigned int class);
void xtcp_owners_leave_timewait(struct xtcp_bind_group *g, unsigned int class);
bool xtcp_owners_conflict(const struct xtcp_bind_bucket *b,
			  const struct xtcp_owner_key *key,
			  const struct xtcp_bind_rules *r);
bool xtcp_owners_fast(const struct xtcp_bind_bucket *b, const struct sock *sk);
void xtcp_owners_fast_update(struct xtcp_bind_bucket *b, struct sock *sk);
int xtcp_owners_init(void);
void xtcp_owners_exit(void);

#endif /* _XTCP_OWNERS_H */
