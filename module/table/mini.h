/* SPDX-License-Identifier: GPL-2.0-only */
/* The small objects that stand for a connection before and after it. */
#ifndef _XTCP_MINI_H
#define _XTCP_MINI_H

#include "xtcp.h"
#include "ip/ipopt.h"

/**
 * enum xtcp_mini_kind - what a mini object stands for
 * @XTCP_MINI_REQUEST: SYN received, SYN-ACK sent
 * @XTCP_MINI_TIMEWAIT: TIME_WAIT, or FIN_WAIT2 of an orphan
 */
enum xtcp_mini_kind {
	XTCP_MINI_REQUEST,
	XTCP_MINI_TIMEWAIT,
};

/**
 * struct xtcp_mini - what requests and TIME_WAIT entries have in common
 * @hash_node: in xtcp_ehash_bucket.minis
 * @wheel_node: in the namespace's wheel
 * @rcu: once both are left
 * @tuple: names of the connection, local end first
 * @net: no reference: purged before the namespace goes
 * @expires: jiffies32 of the next visit by the wheel
 * @refcnt: see "References" at the top of xtcp.h
 * @slot: wheel slot, -1 when on none; slot lock
 * @kind: &enum xtcp_mini_kind
 * @state: 12 for requests, 5 or 6 for TIME_WAIT
 * @tstamp_ok: timestamps were agreed
 * @extended: it is a &struct xtcp_request_opt or &struct xtcp_timewait_tagged,
 *	      not of the cache
 * @transparent: IP_TRANSPARENT of the socket
 * @nat: its segments to this host pass netfilter (nat.c)
 * @bound_dev_if: of the socket
 * @lock: of what the two kinds learn: see "Locks" at the top of xtcp.h
 * @ts_recent: last timestamp of the peer
 * @ts_off: our timestamp offset
 */
struct xtcp_mini {
	struct hlist_node hash_node;
	union {
		struct hlist_node wheel_node;
		struct rcu_head rcu;
	};
	struct xtcp_tuple tuple;
	u32 expires;
	struct net *net;
	refcount_t refcnt;
	s16 slot;
	u8 kind:1;
	u8 tstamp_ok:1;
	u8 extended:1;
	u8 nat:1;
	u8 transparent:1;
	u8 state;
	int bound_dev_if;
	spinlock_t lock;	/* see above */
	u32 ts_recent;
	u32 ts_off;
};

/**
 * struct xtcp_mini_ops - what only the files of one kind know of it
 * @timeout: the wheel serves it, referenced; jiffies until the next time, 0: over
 * @forget: it was unhashed: out of all accounts
 * @release: its last reference went; may be NULL
 *
 * Context: bottom halves off, no bucket lock held.
 */
struct xtcp_mini_ops {
	u32 (*timeout)(struct xtcp_mini *mini);
	void (*forget)(struct xtcp_mini *mini);
	void (*release)(struct xtcp_mini *mini);
};

/**
 * struct xtcp_request - a half-open connection (RFC 9293 SYN-RECEIVED)
 * @mini: common part
 * @last_oow_ack: rate limit of E-24, jiffies32
 * @acked: final ACK came but the child couldn't be made yet (C-19, C-26)
 * @young: still counted in xtcp_accept_queue.young
 * @wscale_ok: window scaling was agreed
 * @snd_wscale: peer's shift
 * @ecn_ok: ECN was agreed
 * @sack_ok: selective acknowledgments were agreed
 * @rcv_wscale: ours
 * @num_timeout: rounds of the SYN-ACK timer
 * @num_retrans: SYN-ACKs sent again
 * @tos: type of service of the SYN
 * @mss: peer's MSS
 * @mark: routing mark
 * @rcv_isn: peer's initial sequence number
 * @snt_isn: ours
 * @rcv_wnd: window that the SYN-ACK offered
 * @snt_synack_us: when it was first sent, microseconds (low 32 bits)
 * @hash: of its tuple
 * @listener: referenced; changed under mini.lock while it is in the table
 */
struct xtcp_request {
	struct xtcp_mini mini;
	u32 last_oow_ack;
	bool acked;
	bool young;
	u8 wscale_ok:1;
	u8 snd_wscale:4;
	u8 ecn_ok:1;
	u8 sack_ok:1;
	u8 rcv_wscale:4;
	u8 num_timeout;
	u8 num_retrans;
	u8 tos;
	u16 mss;
	u32 mark;
	u32 rcv_isn;
	u32 snt_isn;
	u32 rcv_wnd;
	u32 snt_synack_us;
	u32 hash;
	struct sock *listener;
};

/**
 * struct xtcp_request_opt - a half-open connection whose SYN had IP options
 * @req: with mini.extended
 * @opt: those that answer them: of its SYN-ACK, and of the child (F-21)
 */
struct xtcp_request_opt {
	struct xtcp_request req;
	union xtcp_ipopt opt;
};

/**
 * struct xtcp_timewait - a connection after its end (RFC 9293 3.6.1)
 * @mini: common part; state tells FIN_WAIT2 from TIME_WAIT
 * @last_oow_ack: rate limit of E-51, jiffies32
 * @reuse: SO_REUSEADDR of the dead socket (B-29)
 * @reuseport: SO_REUSEPORT of it
 * @claims: its port is one of its destination's; dest_chain.lock
 * @ended: that is over; dest_chain.lock
 * @wscale: our shift count
 * @tos: type of service of its segments
 * @rcv_wnd: as the socket left it, scaled back to the field
 * @rcv_nxt: as the socket left it
 * @snd_nxt: likewise
 * @ts_recent_stamp: seconds when ts_recent was taken
 * @dest_chain: where its destination is, XTCP_NO_DEST: it never claimed a port
 * @bind_group: owners of its port that it is counted with; bind head's lock
 * @dest_node: in xtcp_dest.timewaits; dest_chain.lock
 */
struct xtcp_timewait {
	struct xtcp_mini mini;
	u32 last_oow_ack;
	u8 reuse:1;
	u8 reuseport:1;
	u8 claims:1;
	u8 ended:1;
	u8 wscale:4;
	u8 tos;
	u16 rcv_wnd;
	u32 rcv_nxt;
	u32 snd_nxt;
	u32 ts_recent_stamp;
	u32 dest_chain;
	struct xtcp_bind_group *bind_group;
	struct list_head dest_node;
};

/**
 * struct xtcp_timewait_tagged - a connection after its end, of a tagged socket
 * @tw: with mini.extended
 * @mark: SO_MARK of the dead socket
 * @priority: SO_PRIORITY of it
 */
struct xtcp_timewait_tagged {
	struct xtcp_timewait tw;
	u32 mark;
	u32 priority;
};

static inline struct xtcp_request *xtcp_reqsk(const struct xtcp_mini *mini)
{
	return (struct xtcp_request *)mini;
}

static inline struct xtcp_timewait *xtcp_twsk(const struct xtcp_mini *mini)
{
	return (struct xtcp_timewait *)mini;
}

static inline struct xtcp_timewait_tagged *
xtcp_timewait_tagged(const struct xtcp_mini *mini)
{
	return (struct xtcp_timewait_tagged *)mini;
}

static inline struct xtcp_request_opt *
xtcp_request_opt(const struct xtcp_request *req)
{
	return container_of(req, struct xtcp_request_opt, req);
}

/* IP options of a request, NULL: none */
static inline const struct ip_options *
xtcp_request_ip_options(const struct xtcp_request *req)
{
	if (likely(!req->mini.extended))
		return NULL;
	return xtcp_ipopt_options(&xtcp_request_opt(req)->opt);
}

struct xtcp_mini *xtcp_mini_alloc(struct net *net, enum xtcp_mini_kind kind,
				  bool extended);
void xtcp_mini_put(struct xtcp_mini *mini);
u32 xtcp_mini_rcv_nxt(const struct xtcp_mini *mini);
u32 xtcp_mini_timeout(struct xtcp_mini *mini);
void xtcp_mini_forget(struct xtcp_mini *mini);
void xtcp_mini_register(enum xtcp_mini_kind kind,
			const struct xtcp_mini_ops *ops);
bool xtcp_mini_reusable(const struct xtcp_mini *mini, bool auto_port);
void xtcp_mini_inherit(const struct xtcp_mini *mini, struct sock *sk);
u32 xtcp_mini_isn(const struct xtcp_mini *mini);
int xtcp_mini_init(void);
void xtcp_mini_exit(void);

#endif /* _XTCP_MINI_H */
