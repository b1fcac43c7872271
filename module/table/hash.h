/* SPDX-License-Identifier: GPL-2.0-only */
/* What hash.c is asked; described there. */
#ifndef _XTCP_HASH_H
#define _XTCP_HASH_H

#include "xtcp.h"

struct xtcp_mini;
struct xtcp_request;
struct xtcp_wheel;

/**
 * struct xtcp_ehash_bucket - one chain of the table of connections
 * @lock: guards both lists
 * @socks: sock.sk_node
 * @minis: xtcp_mini.hash_node
 */
struct xtcp_ehash_bucket {
	spinlock_t lock;	/* see above */
	struct hlist_head socks;
	struct hlist_head minis;
};

/**
 * struct xtcp_listen_head - one chain of the table of listeners
 * @lock: guards the list
 * @chain: sock.sk_node, in order of listen()
 */
struct xtcp_listen_head {
	spinlock_t lock;	/* see above */
	struct hlist_head chain;
};

/* Chains of the table of listeners, buckets of the table of connections. */
#define XTCP_LHASH_CHAINS	4096U
#define XTCP_EHASH_BUCKETS	32768U

struct sock *xtcp_hash_find(struct net *net, const struct xtcp_lookup *key,
			    struct xtcp_mini **mini);
int xtcp_hash_connect(struct sock *sk, u16 lport, struct xtcp_mini **dead,
		      bool auto_port);
bool xtcp_hash_add_request(struct xtcp_request *req, u32 delay);
void xtcp_hash_forget(struct xtcp_mini *mini);
bool xtcp_hash_kill(struct xtcp_mini *mini);
void xtcp_hash_rearm(struct xtcp_mini *mini, u32 delay);
void xtcp_hash_expire(struct xtcp_mini *mini);
void xtcp_hash_purge(struct xtcp_wheel *wheel);
bool xtcp_hash_promote(struct sock *child, struct xtcp_request *req);
void xtcp_hash_retire(struct sock *sk, struct xtcp_mini *mini, u32 delay);
int xtcp_hash_listen(struct sock *sk);
void xtcp_hash_del(struct sock *sk);
struct sock *xtcp_hash_find_listener(struct net *net,
				     const struct xtcp_lookup *key,
				     struct sk_buff *skb);
struct xtcp_ehash_bucket *xtcp_hash_ehash(unsigned int index);
struct xtcp_listen_head *xtcp_hash_lhash(unsigned int index);
int xtcp_hash_init(void);
void xtcp_hash_exit(void);

#endif /* _XTCP_HASH_H */
