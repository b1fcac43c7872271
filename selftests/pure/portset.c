// SPDX-License-Identifier: GPL-2.0
/* Sets of ports beside a plain bitmap of each. */
#include "module/port/portset.c"
#include "pure.h"

#define PORTS	65536
#define SETS	2
#define STEPS	64

static struct xtcp_portset set[SETS];
static bool model[SETS + 1][PORTS];		/* the last: reserved ones */
static unsigned long reserved[PORTS / BITS_PER_LONG];

static u16 a_port(struct pure_in *in)
{
	u16 port = pure_byte(in);

	/* Near the ends of chunks and words more often than elsewhere */
	switch (pure_below(in, 4)) {
	case 0:
		return port;
	case 1:
		return port * XTCP_PORTSET_CHUNK - (port & 7);
	case 2:
		return port * WORD_BITS - (port & 1);
	}
	return port << 8 | pure_byte(in);
}

static void add(unsigned int i, u16 port, unsigned int fail)
{
	int err;

	pure_fail_nth = fail;
	err = xtcp_portset_add(&set[i], port);
	pure_fail_nth = 0;
	if (err == -ENOMEM) {
		CHECK(fail);
		return;
	}
	CHECK(err == (model[i][port] ? -EEXIST : 0));
	model[i][port] = true;
}

static void del(unsigned int i, u16 port)
{
	xtcp_portset_del(&set[i], port);
	model[i][port] = false;
}

/* All ports of a stretch, or those of one parity: words that are full */
static void fill(struct pure_in *in, unsigned int i, u16 port)
{
	unsigned int step = 1 + pure_below(in, 2), n = 2 * pure_byte(in);
	bool out = pure_below(in, 4) == 0;
	u32 p;

	for (p = port; p < port + n && p < PORTS; p += step)
		if (out)
			del(i, p);
		else
			add(i, p, 0);
}

static void reserve(u16 port)
{
	unsigned long bit = 1UL << port % BITS_PER_LONG;

	reserved[port / BITS_PER_LONG] ^= bit;
	model[SETS][port] = reserved[port / BITS_PER_LONG] & bit;
}

static int plain_next(const struct xtcp_port_search *s, int from, int to)
{
	int p;

	for (p = from; p <= to; p++)
		if (p % 2 == (int)s->parity && !(s->busy && model[0][p]) &&
		    !model[1][p] && !(s->reserved && model[SETS][p]))
			return p;
	return -1;
}

static void check_next(struct pure_in *in)
{
	struct xtcp_port_search s = {
		.busy = pure_below(in, 4) ? &set[0] : NULL,
		.owned = &set[1],
		.reserved = pure_below(in, 2) ? reserved : NULL,
		.parity = pure_below(in, 2),
	};
	int from = a_port(in), to;

	/* Seldom far: the plain way takes as long as there are ports. */
	to = pure_below(in, 16) ? min(from + 16 * pure_byte(in), PORTS - 1) :
				  a_port(in);
	CHECK(xtcp_portset_next(&s, from, to) == plain_next(&s, from, to));
}

/* Memory goes only where nothing is left. */
static void trim(unsigned int i, u16 port)
{
	unsigned int first = port - port % XTCP_PORTSET_CHUNK, p;

	xtcp_portset_trim(&set[i], port);
	if (set[i].chunks[port / XTCP_PORTSET_CHUNK])
		return;
	for (p = first; p < first + XTCP_PORTSET_CHUNK; p++)
		CHECK(!model[i][p]);
}

static void step(struct pure_in *in)
{
	unsigned int what = pure_below(in, 8), i = pure_below(in, SETS);
	u16 port = a_port(in);

	switch (what) {
	case 0:
		add(i, port, pure_below(in, 4) == 1);
		break;
	case 1:
		del(i, port);
		break;
	case 2:
		trim(i, port);
		break;
	case 3:
		reserve(port);
		break;
	case 4:
	case 5:
		fill(in, i, port);
		break;
	default:
		check_next(in);
	}
	CHECK(xtcp_portset_has(&set[i], port) == model[i][port]);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };
	unsigned int i;

	memset(model, 0, sizeof(model));
	memset(reserved, 0, sizeof(reserved));
	for (i = 0; i < STEPS && in.left; i++)
		step(&in);
	for (i = 0; i < SETS; i++)
		xtcp_portset_free(&set[i]);
	return 0;
}
