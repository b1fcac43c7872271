/* SPDX-License-Identifier: GPL-2.0-only */
/* A buffer: what XTCP keeps in its control block, its route and its charge. */
#ifndef _XTCP_SKB_H
#define _XTCP_SKB_H

#include "xtcp.h"

/**
 * struct xtcp_skb_cb - what XTCP keeps in skb->cb of its own segments
 * @seq: first sequence number
 * @end_seq: the one after the last, SYN and FIN counted
 * @sent_us: clock at the last transmission, 0: never sent
 * @segs: how many segments of the current MSS this holds
 * @mss: the MSS that @segs was counted with
 * @sacked: XTCP_SKB_* scoreboard bits
 * @eor: nothing may be appended (MSG_EOR)
 * @ack_seq: acknowledgment number
 * @wnd: window field as it stands in the header
 * @urg: urgent pointer field
 * @l3mdev: VRF that it came through, 0: none
 * @ip_flags: IPCB()->flags, where IPsec policies look for them
 * @tos: type of service of its IP header
 * @nat: it came from this host, through NAT
 * @flags: XTCP_FIN and so on
 *
 * A segment is of the one kind or of the other: what the send queues hold was
 * never received.
 */
struct xtcp_skb_cb {
	u32 seq;
	u32 end_seq;
	union {
		struct {	/* of those in a send queue */
			u64 sent_us;
			u16 segs;
			u16 mss;
			u8 sacked;
			bool eor;
		};
		struct {	/* of those received */
			u32 ack_seq;
			u16 wnd;
			u16 urg;
			int l3mdev;
			u16 ip_flags;
			u8 tos;
			bool nat;
		};
	};
	u8 flags;
};

static_assert(sizeof(struct xtcp_skb_cb) <= sizeof_field(struct sk_buff, cb));

#define XTCP_CB(skb) ((struct xtcp_skb_cb *)(skb)->cb)

#define XTCP_SKB_LOST		0x01	/* believed lost, to be sent again */
#define XTCP_SKB_RETRANS	0x02	/* the lost one was sent again */
#define XTCP_SKB_EVER_RETRANS	0x04	/* Karn: gives no RTT sample */

/* At the end of a segment's way, where nobody asks any more how it came. */
static inline void xtcp_skb_arrived(struct sk_buff *skb)
{
	nf_reset_ct(skb);
	skb_dst_drop(skb);
	skb->dev = NULL;
}

/*
 * A segment without data is charged to its owner, whose count would saturate
 * if a qdisc held some millions of them: so it counts for all but nothing, as
 * TCP's do.
 */
static inline void xtcp_skb_owned(struct sk_buff *skb, struct sock *owner)
{
	skb->truesize = 2;
	skb_set_owner_w(skb, owner);
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
