// SPDX-License-Identifier: GPL-2.0
/*
 * SYN cookies: what was made opens for two minutes and says what went into it;
 * another number, or one for another connection, opens by chance alone.
 */
#include "module/life/cookie.c"
#include "pure.h"

static u64 tries, hits, keys;

static void a_connection(struct pure_in *in, struct xtcp_request *req)
{
	struct xtcp_tuple *t = &req->mini.tuple;

	t->laddr.v4 = pure_raw(in);
	t->raddr.v4 = pure_raw(in);
	t->lport = pure_raw(in);
	t->rport = pure_raw(in);
	req->rcv_isn = pure_raw(in);
}

static void check_mss(struct pure_in *in)
{
	u16 mss = pure_u32(in);
	u8 i = mss_index(mss);

	CHECK(i < ARRAY_SIZE(mss_table));
	CHECK(!i || mss_table[i] <= mss);
	CHECK(i + 1U == ARRAY_SIZE(mss_table) || mss_table[i + 1] > mss);
}

/*
 * One of 2^22 opens by chance, of those that the low 24 bits decide.  The keys
 * are others for each try, as an input that opens one would be kept and tried
 * again.
 */
static void must_not_open(const struct xtcp_request *req, u32 cookie)
{
	tries++;
	hits += cookie_open(req, cookie) != 0;
	CHECK(hits <= 20 + 4 * (tries >> 22));
}

static void new_keys(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		cookie_key[i].key[0] = pure_mix(++keys);
		cookie_key[i].key[1] = pure_mix(++keys);
	}
}

static void check_others(struct pure_in *in, struct xtcp_request *req, u32 cookie)
{
	struct xtcp_request other = *req;
	u32 far = pure_u32(in) & ~7U;

	other.mini.tuple.laddr.v4 ^= pure_u32(in);
	other.mini.tuple.raddr.v4 ^= pure_u32(in);
	other.mini.tuple.lport ^= pure_u32(in);
	other.mini.tuple.rport ^= 1 << pure_below(in, 16);
	must_not_open(&other, cookie);
	/* What is nearer is a cookie for another MSS. */
	if (far)
		must_not_open(req, cookie + far);
}

static void check_hidden(struct pure_in *in, struct xtcp_request *req)
{
	u32 now, ts;

	req->sack_ok = pure_below(in, 2);
	req->wscale_ok = pure_below(in, 2);
	req->snd_wscale = pure_below(in, 15);
	req->ecn_ok = pure_below(in, 2);
	req->mini.ts_off = pure_raw(in);
	ts = hide_options(req);
	now = xtcp_clock_ms() + req->mini.ts_off;
	CHECK(now - ts <= 2 * TS_MASK + 1);
	CHECK((ts & 15) == (req->wscale_ok ? req->snd_wscale : 15U));
	CHECK(!(ts & TS_SACK) == !req->sack_ok &&
	      !(ts & TS_ECN) == !req->ecn_ok);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };
	struct xtcp_request req = {};
	unsigned int index = pure_below(&in, ARRAY_SIZE(mss_table));
	u32 cookie;

	jiffies = (unsigned long)pure_raw(&in) << pure_below(&in, 32);
	new_keys();
	a_connection(&in, &req);
	check_mss(&in);
	check_hidden(&in, &req);
	cookie = cookie_make(&req, index);
	CHECK(cookie_open(&req, cookie) == mss_table[index]);
	check_others(&in, &req, cookie);
	jiffies += COOKIE_PERIOD;
	CHECK(cookie_open(&req, cookie) == mss_table[index]);
	/* 254 minutes long; then the counter has come round. */
	jiffies += (1 + pure_below(&in, 254)) * COOKIE_PERIOD;
	CHECK(!cookie_open(&req, cookie));
	return 0;
}
