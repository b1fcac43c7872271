// SPDX-License-Identifier: GPL-2.0
/*
 * The search for the largest packet that passes: of any numbers no probe is larger
 * than may be tried nor smaller than what passes, and it ends near what the path has.
 */
#include "module/parts/mtup.c"
#include "pure.h"

#define STEPS	64

static struct pure_world world;

static void check_range(const struct xtcp_sock *xs, u32 mtu, int threshold)
{
	CHECK(!mtu || (mtu >= xs->mtup_low && mtu <= xs->mtup_high));
	CHECK(!mtu || (s64)xs->mtup_high - xs->mtup_low >= threshold);
}

/* A path that lets packets of @width through: so much is found, or nearly. */
static void search(struct pure_in *in, struct xtcp_sock *xs, u32 width)
{
	int threshold = pure_below(in, 2) ? 8 : (int)pure_u32(in);
	u32 low = pure_u32(in) % (U16_MAX + 41), high = pure_u32(in) % (U16_MAX + 41);
	u32 mtu;
	int i;

	xtcp_mtup_begin(xs, true, low, high);
	CHECK(xs->mtup_on && !xs->mtup_held && !xs->mtup_size);
	for (i = 0; i < STEPS; i++) {
		mtu = xtcp_mtup_next(xs, threshold);
		check_range(xs, mtu, threshold);
		if (!mtu)
			break;
		xtcp_mtup_sent(xs, mtu, 0, 1);
		CHECK(xtcp_mtup_pending(xs));
		if (mtu <= width)
			xtcp_mtup_passed(xs);
		else
			xtcp_mtup_failed(xs);
		CHECK(!xs->mtup_size);
		/* Of one byte or none the middle is the lower end: no threshold, no end. */
		if (threshold <= 1 && xs->mtup_high - xs->mtup_low <= 1)
			return;
	}
	CHECK(threshold <= 1 || i < STEPS);
	if (low <= width && width <= high && threshold > 1 && i < STEPS) {
		CHECK(xs->mtup_low <= width && width <= xs->mtup_high);
		CHECK(xs->mtup_high - xs->mtup_low < (u32)threshold);
	}
}

/* A second search begins when it is time, not before. */
static void wait_for_more(struct pure_in *in, struct xtcp_sock *xs)
{
	u32 interval = pure_u32(in), passed = pure_u32(in);

	xtcp_mtup_again(xs, pure_u32(in), pure_u32(in));
	jiffies += passed;
	CHECK(xtcp_mtup_due(xs, interval) == (passed >= (u64)interval * HZ));
	xtcp_mtup_inconclusive(xs);
	CHECK(!xtcp_mtup_pending(xs));
	xtcp_mtup_narrow(xs, 100);
	CHECK(xs->mtup_high <= 100);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };
	struct xtcp_sock *xs = xtcp_sk(pure_sock(&world));

	jiffies = pure_raw(&in);
	search(&in, xs, pure_u32(&in) % (U16_MAX + 41));
	wait_for_more(&in, xs);
	return 0;
}
