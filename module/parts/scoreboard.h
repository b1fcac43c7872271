/* SPDX-License-Identifier: GPL-2.0-only */
/* What scoreboard.c is asked; described there. */
#ifndef _XTCP_SCOREBOARD_H
#define _XTCP_SCOREBOARD_H

#include "xtcp.h"
#include "parts/skb.h"

/* RFC 6675 "pipe": what is believed to be under way, segments */
static inline u32 xtcp_in_flight(const struct xtcp_sock *xs)
{
	return xs->packets_out - xs->sacked_out - xs->lost_out +
	       xs->retrans_out;
}

static inline struct sk_buff *xtcp_rtx_head(const struct xtcp_sock *xs)
{
	return rb_to_skb(rb_first_cached(&xs->rtx_queue));
}

static inline struct sk_buff *xtcp_rtx_tail(const struct xtcp_sock *xs)
{
	return rb_to_skb(rb_last(&xs->rtx_queue.rb_root));
}

static inline struct sk_buff *xtcp_rtx_next(struct sk_buff *skb)
{
	return skb_rb_next(skb);
}

/* As much as is sent whatever waits in queues of this host (H-54) */
static inline bool xtcp_rtx_at_most_one(const struct xtcp_sock *xs)
{
	const struct rb_node *root = xs->rtx_queue.rb_root.rb_node;

	return !root || (!root->rb_left && !root->rb_right);
}

/* End of the highest that was SACKed; all that was not is a hole before it */
static inline u32 xtcp_highest_sack(const struct xtcp_sock *xs)
{
	return xs->sacked_out ? xs->highest_sack : xs->snd_una;
}

/* Something is missing, or we believe so. */
static inline bool xtcp_left_out(const struct xtcp_sock *xs)
{
	return xs->sacked_out || xs->lost_out;
}

/* Nothing before @skb waits to be sent again. */
static inline void xtcp_scoreboard_repaired_to(struct xtcp_sock *xs,
					       struct sk_buff *skb)
{
	xs->retransmit_hint = skb;
}

static inline void xtcp_scoreboard_no_dupacks(struct xtcp_sock *xs)
{
	xs->sacked_out = 0;
}

static inline void xtcp_scoreboard_fewer_dupacks(struct xtcp_sock *xs, u32 n)
{
	xs->sacked_out -= min(xs->sacked_out, n);
}

void xtcp_scoreboard_init(struct xtcp_sock *xs);
void xtcp_scoreboard_reset(struct xtcp_sock *xs);
void xtcp_scoreboard_add(struct xtcp_sock *xs, struct sk_buff *skb);
void xtcp_scoreboard_add_part(struct xtcp_sock *xs, struct sk_buff *skb,
			      struct sk_buff *tail, u32 old);
void xtcp_scoreboard_remove(struct xtcp_sock *xs, struct sk_buff *skb);
void xtcp_scoreboard_recounted(struct xtcp_sock *xs, const struct sk_buff *skb,
			       u32 old);
struct sk_buff *xtcp_scoreboard_find(const struct xtcp_sock *xs, u32 seq);
struct sk_buff *xtcp_scoreboard_run_end(struct sk_buff *skb);
u32 xtcp_scoreboard_lost(struct xtcp_sock *xs, struct sk_buff *skb);
u32 xtcp_scoreboard_late(struct xtcp_sock *xs, struct sk_buff *skb);
void xtcp_scoreboard_not_lost(struct xtcp_sock *xs);
void xtcp_scoreboard_resent(struct xtcp_sock *xs, struct sk_buff *skb);
void xtcp_scoreboard_sent_now(struct xtcp_sock *xs, struct sk_buff *skb);
void xtcp_scoreboard_sacked(struct xtcp_sock *xs, struct sk_buff *skb);
void xtcp_scoreboard_not_resent(struct xtcp_sock *xs, struct sk_buff *skb);
void xtcp_scoreboard_renege(struct xtcp_sock *xs);
bool xtcp_scoreboard_limit_dupacks(struct xtcp_sock *xs);
u32 xtcp_scoreboard_dupacks(struct xtcp_sock *xs, u32 n, bool *limited);

#endif /* _XTCP_SCOREBOARD_H */
