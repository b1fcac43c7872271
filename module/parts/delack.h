/* SPDX-License-Identifier: GPL-2.0-only */
/* What delack.c is asked; described there. */
#ifndef _XTCP_DELACK_H
#define _XTCP_DELACK_H

#include "xtcp.h"

static inline void xtcp_delack_init(struct xtcp_sock *xs)
{
	memset(&xs->ack, 0, sizeof(xs->ack));
}

/* The connection stands; @mss: least that the peer's segments are likely to be */
static inline void xtcp_delack_start(struct xtcp_sock *xs, u32 mss)
{
	xs->ack.rcv_mss = mss;
	xs->ack.lrcvtime = xtcp_jiffies32();
}

/* The peer's first data begins its pace (H-60). */
static inline void xtcp_delack_no_pace(struct xtcp_sock *xs)
{
	xs->ack.lrcvtime = 0;
}

/* An acknowledgment is owed; */
static inline void xtcp_delack_owe(struct xtcp_sock *xs)
{
	xs->ack.scheduled = true;
}

/* and can't wait. */
static inline void xtcp_delack_hurry(struct xtcp_sock *xs)
{
	xs->ack.now = true;
}

/* There was no memory for data: the next one shuts the window, at once (H-69). */
static inline void xtcp_delack_no_memory(struct xtcp_sock *xs)
{
	xs->ack.no_memory = true;
	xtcp_delack_owe(xs);
	xtcp_delack_hurry(xs);
}

/* Does it wait for what the program answers? */
static inline void xtcp_delack_set_pingpong(struct xtcp_sock *xs, bool on)
{
	xs->ack.pingpong = on;
}

/* The end of a write came (or TCP_QUICKACK says so). */
static inline void xtcp_delack_pushed(struct xtcp_sock *xs)
{
	xs->ack.pushed = max_t(u8, xs->ack.pushed, 1);
}

/* The window opens: one more at once, at least. */
static inline void xtcp_delack_one_quick(struct xtcp_sock *xs)
{
	xs->ack.quick |= 1;
}

static inline void xtcp_delack_no_quick(struct xtcp_sock *xs)
{
	xs->ack.quick = 0;
}

/* The timer found the socket lock taken. */
static inline void xtcp_delack_blocked(struct xtcp_sock *xs)
{
	xs->ack.blocked = true;
}

bool xtcp_delack_fired(struct xtcp_sock *xs);
void xtcp_delack_quick(struct sock *sk, u32 max);
bool xtcp_delack_measure(struct sock *sk, const struct sk_buff *skb);
void xtcp_delack_pace(struct sock *sk);
void xtcp_delack_compressed_sent(struct sock *sk);
bool xtcp_delack_arm(struct sock *sk);
void xtcp_delack_retry(struct sock *sk);
bool xtcp_delack_compress(struct sock *sk);
bool xtcp_delack_compressed(struct sock *sk);
void xtcp_delack_stop(struct sock *sk);

/* A segment that acknowledges leaves. */
static inline void xtcp_delack_sent(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (unlikely(xs->ack.compressed))
		xtcp_delack_compressed_sent(sk);
	/* Only what acknowledges data counts (H-61). */
	if (xs->ack.quick && xs->ack.scheduled && !--xs->ack.quick)
		xs->ack.ato = XTCP_DELACK_MIN;
	xs->ack.scheduled = false;
	xs->ack.now = false;
	xs->ack.no_memory = false;
	xs->ack.blocked = false;
	xs->ack.pushed = 0;
	xs->ack.timer = false;
}

/* Data leaves, at @now (jiffies32): does the program answer what it reads? (H-60) */
static inline void xtcp_delack_data_sent(struct xtcp_sock *xs, u32 now)
{
	if (now - xs->ack.lrcvtime < xs->ack.ato)
		xs->ack.pingpong = true;
}

#endif /* _XTCP_DELACK_H */
