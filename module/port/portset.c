// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of ports that know where they are full: a port that is in none of two
 * sets is found without a walk over those that are.
 */
#include <linux/bitops.h>
#include <linux/slab.h>

#include "xtcp.h"
#include "port/portset.h"

#define WORD_BITS		64U
#define CHUNK_WORDS		(XTCP_PORTSET_CHUNK / WORD_BITS)
#define EVEN			0x5555555555555555ULL

/**
 * struct xtcp_port_chunk - a sixteenth of a set
 * @lock: guards the rest; a search reads without it
 * @count: ports in it
 * @full: by parity, a bit for each word of @words that holds all such ports
 * @words: a bit for each port
 */
struct xtcp_port_chunk {
	spinlock_t lock;	/* see above */
	unsigned int count;
	u64 full[2];
	u64 words[CHUNK_WORDS];
};

static u64 parity_mask(unsigned int parity)
{
	return parity ? ~EVEN : EVEN;
}

static struct xtcp_port_chunk *chunk_of(const struct xtcp_portset *set,
					u16 port)
{
	/* Pairs with cmpxchg() in chunk_get(). */
	return READ_ONCE(set->chunks[port / XTCP_PORTSET_CHUNK]);
}

static struct xtcp_port_chunk *chunk_get(struct xtcp_portset *set, u16 port)
{
	struct xtcp_port_chunk *chunk = chunk_of(set, port), *old;

	if (chunk)
		return chunk;
	chunk = kzalloc(sizeof(*chunk), GFP_ATOMIC | __GFP_NOWARN |
			__GFP_ACCOUNT);
	if (!chunk)
		return NULL;
	spin_lock_init(&chunk->lock);
	old = cmpxchg(&set->chunks[port / XTCP_PORTSET_CHUNK], NULL, chunk);
	if (!old)
		return chunk;
	kfree(chunk);
	return old;
}

/* The summary follows the word. */
static void chunk_update(struct xtcp_port_chunk *chunk, unsigned int word,
			 u64 bits)
{
	unsigned int parity;

	lockdep_assert_held(&chunk->lock);
	WRITE_ONCE(chunk->words[word], bits);
	for (parity = 0; parity < 2; parity++) {
		u64 full = chunk->full[parity] & ~BIT_ULL(word);

		if (!(~bits & parity_mask(parity)))
			full |= BIT_ULL(word);
		WRITE_ONCE(chunk->full[parity], full);
	}
}

/**
 * xtcp_portset_add() - put a port into a set
 * @set: the set
 * @port: the port
 *
 * Context: bottom halves off.
 * Return: 0, -EEXIST if it was there, -ENOMEM.
 */
int xtcp_portset_add(struct xtcp_portset *set, u16 port)
{
	struct xtcp_port_chunk *chunk = chunk_get(set, port);
	unsigned int word = port % XTCP_PORTSET_CHUNK / WORD_BITS;
	u64 bit = BIT_ULL(port % WORD_BITS);
	int err = -EEXIST;

	if (!chunk)
		return -ENOMEM;
	spin_lock(&chunk->lock);
	if (!(chunk->words[word] & bit)) {
		chunk_update(chunk, word, chunk->words[word] | bit);
		chunk->count++;
		err = 0;
	}
	spin_unlock(&chunk->lock);
	return err;
}

/**
 * xtcp_portset_del() - take a port out of a set
 * @set: the set
 * @port: the port; it may be missing
 *
 * Context: bottom halves off.
 */
void xtcp_portset_del(struct xtcp_portset *set, u16 port)
{
	struct xtcp_port_chunk *chunk = chunk_of(set, port);
	unsigned int word = port % XTCP_PORTSET_CHUNK / WORD_BITS;
	u64 bit = BIT_ULL(port % WORD_BITS);

	if (!chunk)
		return;
	spin_lock(&chunk->lock);
	if (chunk->words[word] & bit) {
		chunk_update(chunk, word, chunk->words[word] & ~bit);
		chunk->count--;
	}
	spin_unlock(&chunk->lock);
}

/**
 * xtcp_portset_trim() - give back the memory around a port that left
 * @set: a set that nobody else reads or writes now
 * @port: the port
 */
void xtcp_portset_trim(struct xtcp_portset *set, u16 port)
{
	struct xtcp_port_chunk *chunk = chunk_of(set, port);

	if (!chunk || chunk->count)
		return;
	set->chunks[port / XTCP_PORTSET_CHUNK] = NULL;
	kfree(chunk);
}

/**
 * xtcp_portset_free() - give back the memory of a set
 * @set: as for xtcp_portset_trim()
 */
void xtcp_portset_free(struct xtcp_portset *set)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(set->chunks); i++) {
		kfree(set->chunks[i]);
		set->chunks[i] = NULL;
	}
}

/**
 * xtcp_portset_has() - is a port in the set?
 * @set: the set
 * @port: the port
 *
 * Context: any; without a lock that keeps writers off, a hint.
 */
bool xtcp_portset_has(const struct xtcp_portset *set, u16 port)
{
	struct xtcp_port_chunk *chunk = chunk_of(set, port);

	return chunk && READ_ONCE(chunk->words[port % XTCP_PORTSET_CHUNK /
					       WORD_BITS]) &
			BIT_ULL(port % WORD_BITS);
}

static u64 full_words(const struct xtcp_port_chunk *chunk, unsigned int parity)
{
	return chunk ? READ_ONCE(chunk->full[parity]) : 0;
}

static u64 word_of(const struct xtcp_port_chunk *chunk, unsigned int word)
{
	return chunk ? READ_ONCE(chunk->words[word]) : 0;
}

/* 64 ports of the kernel's bitmap of ip_local_reserved_ports (B-73). */
static u64 reserved_word(const unsigned long *reserved, unsigned int first)
{
	u64 low;

	if (!reserved)
		return 0;
	low = READ_ONCE(reserved[BIT_WORD(first)]);
	if (BITS_PER_LONG == 32)
		low |= (u64)READ_ONCE(reserved[BIT_WORD(first) + 1]) << 32;
	return low;
}

/* The part of word @first / 64 that lies in [@from, @to]. */
static u64 range_mask(unsigned int first, unsigned int from, unsigned int to)
{
	u64 mask = ~0ULL;

	if (from > first)
		mask &= ~0ULL << (from - first);
	if (to < first + WORD_BITS - 1)
		mask &= ~0ULL >> (first + WORD_BITS - 1 - to);
	return mask;
}

/* xtcp_portset_next() within one chunk. */
static int next_in_chunk(const struct xtcp_port_search *s, unsigned int index,
			 unsigned int from, unsigned int to)
{
	const struct xtcp_port_chunk *a, *b;
	unsigned int base = index * XTCP_PORTSET_CHUNK;
	unsigned int low = max(from, base) - base;
	unsigned int high = min(to, base + XTCP_PORTSET_CHUNK - 1) - base;
	u64 left, bits;

	a = s->busy ? READ_ONCE(s->busy->chunks[index]) : NULL;
	b = READ_ONCE(s->owned->chunks[index]);
	left = ~(full_words(a, s->parity) | full_words(b, s->parity)) &
	       GENMASK_ULL(high / WORD_BITS, low / WORD_BITS);
	while (left) {
		unsigned int word = __ffs64(left);
		unsigned int first = base + word * WORD_BITS;

		left &= left - 1;
		bits = ~(word_of(a, word) | word_of(b, word) |
			 reserved_word(s->reserved, first)) &
		       parity_mask(s->parity) & range_mask(first, from, to);
		if (bits)
			return first + __ffs64(bits);
	}
	return -1;
}

/**
 * xtcp_portset_next() - the next port that is in neither set
 * @s: the sets, the parity
 * @from: first port to consider
 * @to: last
 *
 * At most one word is looked at for 64 ports, and none where all are taken.
 *
 * Context: any; no chunk may be freed meanwhile.
 * Return: the port, -1 if there is none.
 */
int xtcp_portset_next(const struct xtcp_port_search *s, int from, int to)
{
	int index, port;

	if (from > to)
		return -1;
	for (index = from / (int)XTCP_PORTSET_CHUNK;
	     index <= to / (int)XTCP_PORTSET_CHUNK; index++) {
		port = next_in_chunk(s, index, from, to);
		if (port >= 0)
			return port;
	}
	return -1;
}
