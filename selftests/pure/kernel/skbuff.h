/* SPDX-License-Identifier: GPL-2.0 */
/* Buffers: all of one in its linear part. */
#ifndef _PURE_SKBUFF_H
#define _PURE_SKBUFF_H

#include <linux/ip.h>
#include <linux/tcp.h>

#define CHECKSUM_NONE		0
#define CHECKSUM_UNNECESSARY	1
#define CHECKSUM_COMPLETE	2
#define CHECKSUM_PARTIAL	3

#define MAX_HEADER		128
#define SKB_WITH_OVERHEAD(n)	((n) - 320)

struct dst_entry;
struct net_device;
struct sock;

struct skb_shared_info {
	u16 gso_segs;
};

struct sk_buff {
	struct rb_node rbnode;
	struct list_head tcp_tsorted_anchor;
	struct sk_buff *next;
	struct sk_buff *prev;
	struct sock *sk;
	void (*destructor)(struct sk_buff *skb);
	struct net_device *dev;
	struct dst_entry *dst;
	char cb[48] __attribute__((aligned(8)));
	unsigned int len;
	unsigned int data_len;
	unsigned int truesize;
	ktime_t tstamp;
	u32 csum;
	__be16 protocol;
	u8 ip_summed;
	u16 network_header;
	u16 transport_header;
	u8 *head;
	u8 *data;
	unsigned int room;	/* behind it */
	struct skb_shared_info shared;
};

struct sk_buff_head {
	struct sk_buff *first;
	struct sk_buff *last;
};

static inline void __skb_queue_before(struct sk_buff_head *list,
				      struct sk_buff *next, struct sk_buff *skb)
{
	skb->next = next;
	skb->prev = next ? next->prev : list->last;
	*(skb->prev ? &skb->prev->next : &list->first) = skb;
	*(next ? &next->prev : &list->last) = skb;
}

static inline void __skb_unlink(struct sk_buff *skb, struct sk_buff_head *list)
{
	*(skb->prev ? &skb->prev->next : &list->first) = skb->next;
	*(skb->next ? &skb->next->prev : &list->last) = skb->prev;
}

static inline struct sk_buff *__skb_dequeue(struct sk_buff_head *list)
{
	struct sk_buff *skb = list->first;

	if (skb)
		__skb_unlink(skb, list);
	return skb;
}

static inline void *skb_put(struct sk_buff *skb, unsigned int len)
{
	skb->room -= len;
	skb->len += len;
	return skb->data + skb->len - len;
}

static inline int skb_copy_bits(const struct sk_buff *skb, int offset, void *to,
				int len)
{
	memcpy(to, skb->data + offset, len);
	return 0;
}

#define __skb_queue_head_init(list)	(*(list) = (struct sk_buff_head){})
#define __skb_queue_tail(list, skb)	__skb_queue_before(list, NULL, skb)
#define skb_peek_tail(list)		((list)->last)
#define skb_queue_is_last(list, skb)	(!(skb)->next)
#define skb_queue_next(list, skb)	((skb)->next)
#define skb_tail_pointer(skb)		((skb)->data + (skb)->len)
#define skb_tailroom(skb)		((int)(skb)->room)
#define SKB_MAX_ORDER(head, order)	3776

static inline unsigned char *skb_network_header(const struct sk_buff *skb)
{
	return skb->head + skb->network_header;
}

static inline unsigned char *skb_transport_header(const struct sk_buff *skb)
{
	return skb->head + skb->transport_header;
}

static inline int skb_network_offset(const struct sk_buff *skb)
{
	return skb_network_header(skb) - skb->data;
}

static inline struct iphdr *ip_hdr(const struct sk_buff *skb)
{
	return (struct iphdr *)skb_network_header(skb);
}

static inline unsigned int ip_hdrlen(const struct sk_buff *skb)
{
	return ip_hdr(skb)->ihl * 4;
}

static inline unsigned int skb_network_header_len(const struct sk_buff *skb)
{
	return skb->transport_header - skb->network_header;
}

static inline struct tcphdr *tcp_hdr(const struct sk_buff *skb)
{
	return (struct tcphdr *)skb_transport_header(skb);
}

static inline void skb_reset_transport_header(struct sk_buff *skb)
{
	skb->transport_header = skb->data - skb->head;
}

static inline struct sk_buff *rb_to_skb(struct rb_node *node)
{
	return node ? container_of(node, struct sk_buff, rbnode) : NULL;
}

#define skb_rb_first(root)	rb_to_skb(rb_first(root))
#define skb_rb_next(skb)	rb_to_skb(rb_next(&(skb)->rbnode))
#define skb_rb_prev(skb)	rb_to_skb(rb_prev(&(skb)->rbnode))
#define pskb_may_pull(skb, n)	((n) <= (skb)->len)
#define skb_headroom(skb)	((unsigned int)((skb)->data - (skb)->head))
#define skb_shinfo(skb)		(&(skb)->shared)
#define skb_dst(skb)		((skb)->dst)
#define skb_rtable(skb)		((struct rtable *)(skb)->dst)
#define skb_peek(queue)		((queue)->first)
#define skb_queue_empty_lockless(queue)	(!(queue)->first)
#define skb_queue_len(queue)	((queue)->first ? 1U : 0U)
#define SKB_CLOCK_MONOTONIC	1
#define skb_set_delivery_time(skb, kt, clock)	((skb)->tstamp = (kt))
#define skb_dst_drop(skb)	((skb)->dst = NULL)
#define skb_end_offset(skb)	((skb)->len)
#define skb_headlen(skb)	((skb)->len - (skb)->data_len)
#define sock_wfree		NULL
#define skb_set_hash_from_sk(skb, owner)	((void)(owner))
#define skb_nfct(skb)		((void)(skb), 0UL)
#define MAX_TCP_HEADER	320
#define SKB_TRUESIZE(size)	((unsigned int)((size) + sizeof(struct sk_buff)))

/* 0 or -ENOMEM: the test's choice */
int skb_cow(struct sk_buff *skb, unsigned int headroom);

void kfree_skb(struct sk_buff *skb);
struct sk_buff *alloc_skb(unsigned int size, gfp_t gfp);
void __kfree_skb(struct sk_buff *skb);
void kfree_skb_partial(struct sk_buff *skb, bool stolen);
void skb_set_owner_r(struct sk_buff *skb, struct sock *sk);
bool skb_try_coalesce(struct sk_buff *to, struct sk_buff *from, bool *stolen,
		      int *delta);

#define pskb_network_may_pull(skb, n) \
	pskb_may_pull(skb, (n) + skb_network_offset(skb))

#endif /* _PURE_SKBUFF_H */
