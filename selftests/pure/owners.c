// SPDX-License-Identifier: GPL-2.0
/*
 * Owners of a port: whether one more goes with them, asked of the counts, and of
 * a walk over all owners in which each is judged as the kernel's TCP does.
 */
#include "module/port/owners.c"
#include "pure.h"

#define MOST	24
#define STEPS	96

struct owner {
	struct xtcp_owner_key key;
	unsigned int class;
	bool timewait;
	struct xtcp_bind_group *group;
};

static struct xtcp_bind_bucket bucket;
static struct owner owner[MOST];
static unsigned int owners;

static struct xtcp_owner_key a_key(struct pure_in *in, unsigned int class)
{
	static const __be32 addr[] = { 0, 0x0100007f, 0x0200007f, 0xffffffff };
	u8 choice = pure_byte(in);

	return (struct xtcp_owner_key){
		.addr.v4 = addr[choice % 4],
		.dev = choice / 4 % 3,
		.uid.val = class & XTCP_OWNER_REUSEPORT ? choice / 16 % 3 : 0,
	};
}

static bool plain_object(const struct owner *o, const struct xtcp_owner_key *key,
			 const struct xtcp_bind_rules *r)
{
	bool reuse = r->reuse && o->class & XTCP_OWNER_REUSABLE;
	bool reuseport = r->reuseport && o->class & XTCP_OWNER_REUSEPORT &&
			 (o->timewait || o->key.uid.val == r->uid.val);

	if (key->addr.v4 && o->key.addr.v4 &&
	    key->addr.v4 != o->key.addr.v4)
		return false;
	if (key->dev && o->key.dev && key->dev != o->key.dev)
		return false;
	if (reuse)
		return !r->relax || (r->port_zero && reuseport);
	return r->port_zero || !reuseport;
}

/* @self: an owner that asks for itself, or NULL */
static void ask(struct pure_in *in, const struct owner *self)
{
	struct xtcp_owner_key key = a_key(in, 0);
	u8 choice = pure_byte(in);
	struct xtcp_bind_rules r = {
		.uid.val = choice % 3,
		.reuse = choice / 3 % 2,
		.reuseport = choice / 6 % 2,
		.port_zero = choice / 12 % 2,
		.relax = !(choice / 12 % 2) || choice / 24 % 2,
	};
	bool plain = false;
	unsigned int i;

	for (i = 0; i < owners; i++)
		plain |= &owner[i] != self && plain_object(&owner[i], &key, &r);
	CHECK(xtcp_owners_conflict(&bucket, &key, &r) == plain);
}

static void join(struct pure_in *in)
{
	struct owner o = { .class = pure_below(in, XTCP_OWNER_CLASSES) };

	if (owners == MOST)
		return;
	o.key = a_key(in, o.class);
	pure_fail_nth = pure_below(in, 8) == 1;
	o.group = xtcp_owners_join(&bucket, &o.key, o.class);
	CHECK(o.group || bucket.owners);
	pure_fail_nth = 0;
	if (o.group)
		owner[owners++] = o;
}

static void forget(unsigned int i)
{
	owner[i] = owner[--owners];
	if (!owners)
		memset(&bucket, 0, sizeof(bucket));
}

static void leave(unsigned int i)
{
	struct owner *o = &owner[i];

	if (o->timewait)
		xtcp_owners_leave_timewait(o->group, o->class);
	else
		xtcp_owners_leave(o->group, o->class);
	CHECK(bucket.owners == owners - 1);
	forget(i);
}

static void to_timewait(unsigned int i)
{
	struct owner *o = &owner[i];

	if (o->timewait)
		return;
	xtcp_owners_join_timewait(o->group, o->class);
	xtcp_owners_leave(o->group, o->class);
	o->timewait = true;
}

/* As port.c: the owner looks at the others, and may have changed meanwhile. */
static void ask_for_itself(struct pure_in *in, struct owner *o)
{
	if (o->timewait)
		return;
	xtcp_owners_pause(o->group, o->class);
	ask(in, o);
	o->class ^= pure_below(in, 2) ? XTCP_OWNER_REUSABLE : 0;
	xtcp_owners_resume(o->group, o->class);
}

static void step(struct pure_in *in)
{
	u8 what = pure_below(in, 6);
	unsigned int i = pure_byte(in);

	if (what < 2 || !owners)
		join(in);
	else if (what == 2)
		leave(i % owners);
	else if (what == 3)
		to_timewait(i % owners);
	else if (what == 4)
		ask_for_itself(in, &owner[i % owners]);
	ask(in, NULL);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pure_in in = { data, size };
	unsigned int i;

	if (!group_cache)
		CHECK(!xtcp_owners_init());
	for (i = 0; i < STEPS && in.left; i++)
		step(&in);
	while (owners)
		leave(owners - 1);
	CHECK(!bucket.groups.rb_node);
	return 0;
}
