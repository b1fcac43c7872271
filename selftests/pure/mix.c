// SPDX-License-Identifier: GPL-2.0
/*
 * The hash of the table of connections: whatever the secret, tuples that differ in
 * a regular way do not fall together more than any would.
 */
#include "module/ip/addr.h"
#include "pure.h"

#define TUPLES	4096	/* and as many chains */
#define LONGEST	16	/* by chance: less than once in 10^9 tables */

/* A secret is not what a fuzzer chooses: splitmix64 of all that it gave. */
static u64 secret(const u8 *data, size_t size, u64 number)
{
	u64 x = number;

	while (size--)
		x = (x ^ *data++) * 0x100000001b3ULL;
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 chains[TUPLES];
	const struct xtcp_mix_key key = {
		secret(data, size, 1), secret(data, size, 2),
	};
	struct pure_in in = { data, size };
	struct xtcp_addr laddr = { .v4 = pure_u32(&in) };
	struct xtcp_addr raddr = { .v4 = pure_u32(&in) };
	u32 addr_shift = pure_below(&in, 32 - 6 + 1), more_shift = pure_below(&in, 64 - 6 + 1);
	u64 more = (u64)pure_u32(&in) << 32 | pure_u32(&in);
	u32 hash, i;

	memset(chains, 0, sizeof(chains));
	for (i = 0; i < TUPLES; i++) {
		struct xtcp_addr peer = { .v4 = raddr.v4 + ((i & 63) << addr_shift) };

		hash = xtcp_addrs_mix(laddr, peer, more + ((u64)(i >> 6) << more_shift), &key);
		CHECK(++chains[hash % TUPLES] <= LONGEST);
	}
	return 0;
}
