// SPDX-License-Identifier: GPL-2.0-only
/*
 * What our acknowledgments tell beyond RCV.NXT: blocks of data that waits ahead of
 * a gap (RFC 2018), and one of data that came twice (RFC 2883).
 *
 * There are four at most, so that a segment costs the same whatever the peer
 * sends.  Of more the one that changed longest ago is forgotten: what we don't tell
 * is sent again, but what we tell is held.
 */
#include "xtcp.h"
#include "parts/sackblocks.h"

/* Are they one, or do they touch?  Then @b becomes both. */
static bool block_join(struct xtcp_sack_block *b, u32 seq, u32 end_seq)
{
	if (seq_after(seq, b->end) || seq_after(b->start, end_seq))
		return false;
	if (seq_before(seq, b->start))
		b->start = seq;
	if (seq_after(end_seq, b->end))
		b->end = end_seq;
	return true;
}

static void block_remove(struct xtcp_sackblocks *s, unsigned int i)
{
	s->num--;
	memmove(&s->block[i], &s->block[i + 1], (s->num - i) * sizeof(s->block[0]));
}

/**
 * xtcp_sackblocks_place() - which block do these numbers belong to?
 * @xs: locked
 * @seq: first of them
 * @end_seq: the one after the last
 *
 * Return: its index, from 0 on; how many there are, if to none.
 */
unsigned int xtcp_sackblocks_place(const struct xtcp_sock *xs, u32 seq,
				   u32 end_seq)
{
	const struct xtcp_sackblocks *s = &xs->sacks;
	unsigned int i;

	for (i = 0; i < s->num; i++) {
		struct xtcp_sack_block b = s->block[i];

		if (block_join(&b, seq, end_seq))
			break;
	}
	return i;
}

/**
 * xtcp_sackblocks_held() - data ahead of a gap has come, and is kept
 * @xs: locked, SACK agreed
 * @seq: its first sequence number
 * @end_seq: the one after its last
 *
 * RFC 2018 4: its block comes first, the others follow in the order in which they
 * changed.
 *
 * Counterpart of the kernel's tcp_sack_new_ofo_skb().
 */
void xtcp_sackblocks_held(struct xtcp_sock *xs, u32 seq, u32 end_seq)
{
	unsigned int i = xtcp_sackblocks_place(xs, seq, end_seq);
	struct xtcp_sackblocks *s = &xs->sacks;
	struct xtcp_sack_block first = { seq, end_seq };

	if (i < s->num) {
		first = s->block[i];
		block_join(&first, seq, end_seq);
		block_remove(s, i);
	}
	/* It may have closed the gap to others. */
	for (i = 0; i < s->num; ) {
		if (block_join(&first, s->block[i].start, s->block[i].end))
			block_remove(s, i);
		else
			i++;
	}
	s->num = min(s->num + 1, XTCP_MAX_SACKS);
	memmove(&s->block[1], &s->block[0], (s->num - 1) * sizeof(first));
	s->block[0] = first;
}

/**
 * xtcp_sackblocks_drop() - what RCV.NXT covers is told by it
 * @xs: locked
 *
 * Counterpart of the kernel's tcp_sack_remove().
 */
void xtcp_sackblocks_drop(struct xtcp_sock *xs)
{
	struct xtcp_sackblocks *s = &xs->sacks;
	unsigned int i = 0;

	if (RB_EMPTY_ROOT(&xs->out_of_order_queue))
		s->num = 0;
	while (i < s->num) {
		if (seq_after(s->block[i].start, xs->rcv_nxt))
			i++;
		else
			block_remove(s, i);
	}
}

/**
 * xtcp_sackblocks_twice() - this has come before (RFC 2883 4)
 * @sk: locked
 * @seq: its first sequence number
 * @end_seq: the one after its last
 *
 * The next segment says so, in a block before all others (tcp_dsack).
 * Counterpart of the kernel's tcp_dsack_set().
 */
void xtcp_sackblocks_twice(struct sock *sk, u32 seq, u32 end_seq)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct net *net = sock_net(sk);

	sock_owned_by_me(sk);
	if (!xs->sack_ok || !READ_ONCE(net->ipv4.sysctl_tcp_dsack))
		return;
	if (seq_before(seq, xs->rcv_nxt))
		XTCP_INC(net, DSACKOLDSENT);
	else
		XTCP_INC(net, DSACKOFOSENT);
	xs->sacks.twice = true;
	xs->sacks.duplicate = (struct xtcp_sack_block){ seq, end_seq };
}

/**
 * xtcp_sackblocks_twice_more() - the segment in hand brings this again, too
 * @sk: locked
 * @seq: its first sequence number
 * @end_seq: the one after its last
 *
 * Only what touches the block is told with it: there is room for one.
 * Counterpart of the kernel's tcp_dsack_extend().
 */
void xtcp_sackblocks_twice_more(struct sock *sk, u32 seq, u32 end_seq)
{
	struct xtcp_sackblocks *s = &xtcp_sk(sk)->sacks;

	sock_owned_by_me(sk);
	if (s->twice)
		block_join(&s->duplicate, seq, end_seq);
	else
		xtcp_sackblocks_twice(sk, seq, end_seq);
}

/* How many the next segment has room for (RFC 2018 3). */
static unsigned int blocks_told(const struct xtcp_sock *xs)
{
	unsigned int n = xs->sacks.num + xs->sacks.twice;

	return min_t(unsigned int, n, xs->tstamp_ok ? XTCP_MAX_SACKS - 1 : XTCP_MAX_SACKS);
}

/**
 * xtcp_sackblocks_size() - room that they take in the next segment
 * @xs: locked
 *
 * Return: bytes of options, a multiple of 4.
 */
unsigned int xtcp_sackblocks_size(const struct xtcp_sock *xs)
{
	unsigned int n = blocks_told(xs);

	return n ? XTCP_OLEN_SACK_ALIGNED + n * XTCP_OLEN_SACK_BLOCK : 0;
}

static __be32 *write_block(__be32 *p, const struct xtcp_sack_block *b)
{
	*p++ = htonl(b->start);
	*p++ = htonl(b->end);
	return p;
}

/**
 * xtcp_sackblocks_write() - the option that tells of them, behind all others
 * @xs: locked
 * @p: room for xtcp_sackblocks_len()
 *
 * What came twice has been told then.
 *
 * Return: bytes written.
 */
unsigned int xtcp_sackblocks_write(struct xtcp_sock *xs, __be32 *p)
{
	unsigned int n = blocks_told(xs), len = xtcp_sackblocks_len(xs);
	const struct xtcp_sack_block *b = xs->sacks.block;

	if (!n)
		return 0;
	*p++ = htonl(XTCP_OPT_NOP << 24 | XTCP_OPT_NOP << 16 | XTCP_OPT_SACK << 8 |
		     (XTCP_OLEN_SACK_BASE + n * XTCP_OLEN_SACK_BLOCK));
	if (xs->sacks.twice) {
		p = write_block(p, &xs->sacks.duplicate);
		n--;
	}
	for (; n; n--)
		p = write_block(p, b++);
	xs->sacks.twice = false;
	return len;
}
