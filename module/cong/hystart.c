// SPDX-License-Identifier: GPL-2.0-only
/*
 * HyStart++: RFC 9406.  When the round trip grows while slow start does, a queue
 * fills somewhere: cwnd grows more slowly for some rounds, to see whether that is
 * so, and then slow start ends, before anything is lost.
 */
#include "xtcp.h"
#include "cong/hystart.h"

/* RFC 9406 4.3 */
#define MIN_RTT_THRESH_US	4000U
#define MAX_RTT_THRESH_US	16000U
#define MIN_RTT_DIVISOR		8
#define N_RTT_SAMPLE		8
#define CSS_GROWTH_DIVISOR	4
#define CSS_ROUNDS		5

/**
 * xtcp_hystart_begin() - slow start begins
 * @h: filled in
 * @xs: locked
 */
void xtcp_hystart_begin(struct xtcp_hystart *h, const struct xtcp_sock *xs)
{
	*h = (struct xtcp_hystart){
		.round_end = xs->snd_nxt,
		.last_rtt_us = U32_MAX,
		.rtt_us = U32_MAX,
	};
}

/* 4.2: what was sent when the round began is acknowledged. */
static void next_round(struct xtcp_hystart *h, const struct xtcp_sock *xs)
{
	h->round_end = xs->snd_nxt;
	h->last_rtt_us = h->rtt_us;
	h->rtt_us = U32_MAX;
	h->samples = 0;
	if (h->css_rtt_us)
		h->css_rounds++;
}

/* Is this round's least much longer than that of the last one? */
static bool delay_grows(const struct xtcp_hystart *h)
{
	u32 thresh = clamp(h->last_rtt_us / MIN_RTT_DIVISOR, MIN_RTT_THRESH_US,
			   MAX_RTT_THRESH_US);

	/* As a difference: no sum that could be too large */
	return h->last_rtt_us != U32_MAX && h->rtt_us >= h->last_rtt_us &&
	       h->rtt_us - h->last_rtt_us >= thresh;
}

/**
 * xtcp_hystart_sample() - data was acknowledged in slow start
 * @h: begun
 * @xs: locked
 * @rtt_us: its round trip, negative: not known
 *
 * Return: true if slow start shall end.
 */
bool xtcp_hystart_sample(struct xtcp_hystart *h, const struct xtcp_sock *xs, s32 rtt_us)
{
	if (!seq_before(xs->snd_una, h->round_end))
		next_round(h, xs);
	if (h->css_rounds >= CSS_ROUNDS)
		return true;
	if (rtt_us < 0)
		return false;
	h->rtt_us = min(h->rtt_us, max_t(u32, rtt_us, 1));
	h->samples = min(h->samples + 1, N_RTT_SAMPLE);
	if (h->samples < N_RTT_SAMPLE)
		return false;
	if (!h->css_rtt_us && delay_grows(h)) {
		h->css_rtt_us = h->rtt_us;
		h->css_rounds = 0;
	} else if (h->rtt_us < h->css_rtt_us) {
		/* It was a passing delay. */
		h->css_rtt_us = 0;
	}
	return false;
}

/**
 * xtcp_hystart_growth() - by how much does cwnd grow?
 * @h: begun
 * @acked: segments acknowledged
 *
 * Return: segments.
 */
u32 xtcp_hystart_growth(struct xtcp_hystart *h, u32 acked)
{
	u32 sum = h->css_acked + acked;

	if (likely(!h->css_rtt_us))
		return acked;
	h->css_acked = sum % CSS_GROWTH_DIVISOR;
	return sum / CSS_GROWTH_DIVISOR;
}
