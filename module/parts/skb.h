/* SPDX-License-Identifier: GPL-2.0-only */
/* A buffer: what XTCP keeps in its control block, its route and its charge. */
#ifndef _XTCP_SKB_H
#define _XTCP_SKB_H

#include "xtcp.h"

/**
 * struct xtcp_skb_cb - what XTCP keeps in skb->cb of its own segments
 * @seq: first sequence number
 * @end_seq: the one after the last, SYN and FIN counted
 * @flags: XTCP_FIN and so on
 * @sacked: XTCP_SKB_* scoreboard bits
 * @eor: nothing may be appended (MSG_EOR)
 * @app_limited: the program had written no more when it left
 * @segs: how many segments of the current MSS this holds
 * @mss: the MSS that @segs was counted with
 * @sent_us: clock at the last transmission, 0: never sent
 * @delivered: xtcp_sock.delivered at that time
 * @delivered_ce: likewise
 * @delivered_us: and when that was reached, us; 0: counted as delivered already
 * @first_tx_us: when the first segment of that flight had left, us
 * @run_last: of one that is SACKED: a later one up to which all are, itself at first
 * @ack_seq: acknowledgment number
 * @ip_flags: IPCB()->flags, where IPsec policies look for them
 * @wnd: window field as it stands in the header
 * @l3mdev: VRF that it came through, 0: none
 * @urg: urgent pointer field
 * @tos: type of service of its IP header
 * @nat: it came from this host, through NAT
 *
 * A segment is of the one kind or of the other: what the send queues hold was
 * never received.
 */
struct xtcp_skb_cb {
	u32 seq;
	u32 end_seq;
	u8 flags;
	u8 sacked;
	bool eor;
	bool app_limited;
	u16 segs;
	u16 mss;
	union {
		struct {	/* of those in a send queue */
			u64 sent_us;
			u32 delivered;
			u32 delivered_ce;
			u64 delivered_us;
			union {
				u64 first_tx_us;
				struct sk_buff *run_last;
			};
		};
		struct {	/* of those received */
			u32 ack_seq;
			u16 ip_flags;
			u16 wnd;
			int l3mdev;
			u16 urg;
			u8 tos;
			bool nat;
		};
	};
};

static_assert(sizeof(struct xtcp_skb_cb) <= sizeof_field(struct sk_buff, cb));

#define XTCP_CB(skb) ((struct xtcp_skb_cb *)(skb)->cb)

#define XTCP_SKB_LOST		0x01	/* believed lost, to be sent again */
#define XTCP_SKB_RETRANS	0x02	/* sent again, and under way */
#define XTCP_SKB_EVER_RETRANS	0x04	/* Karn: gives no RTT sample */
#define XTCP_SKB_SACKED		0x08	/* the peer has it: RFC 2018 */
#define XTCP_SKB_LATE		0x10	/* RACK's word is said, until it is sent again */

/* At the end of a segment's way, where nobody asks any more how it came. */
static inline void xtcp_skb_arrived(struct sk_buff *skb)
{
	nf_reset_ct(skb);
	skb_dst_drop(skb);
	skb->dev = NULL;
}

/* skb_set_owner_w() of one that nobody owns, of a full socket */
static inline void xtcp_skb_owned_full(struct sk_buff *skb, struct sock *owner)
{
	skb->sk = owner;
	skb->destructor = sock_wfree;
	skb_set_hash_from_sk(skb, owner);
	refcount_add(skb->truesize, &owner->sk_wmem_alloc);
}

/*
 * A segment without data is charged to its owner, whose count would saturate
 * if a qdisc held some millions of them: so it counts for all but nothing, as
 * TCP's do.
 */
static inline void xtcp_skb_owned(struct sk_buff *skb, struct sock *owner)
{
	skb->truesize = 2;
	xtcp_skb_owned_full(skb, owner);
}

/* And back, for whoever takes it: the least that head and data can be. */
static inline void xtcp_skb_true_size(struct sk_buff *skb)
{
	unsigned int size = SKB_TRUESIZE(skb_end_offset(skb)) + skb->data_len;

	if (unlikely(skb->truesize < size))
		skb->truesize = size;
}

/*
 * Has @sk so much in the queues of devices that its count might saturate?  A peer
 * may acknowledge what is still there.
 */
static inline bool xtcp_wmem_full(const struct sock *sk)
{
	return refcount_read(&sk->sk_wmem_alloc) > INT_MAX / 2;
}

#endif /* _XTCP_SKB_H */
