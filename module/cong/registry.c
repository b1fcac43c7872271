// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which congestion control algorithms there are, and which of them any program may
 * choose (inventory H-38).  They come and go while sockets run.
 */
#include <linux/capability.h>
#include <linux/jhash.h>
#include <linux/kmod.h>
#include <linux/rculist.h>
#include <linux/string.h>

#include "xtcp.h"
#include "cong/cong.h"

static DEFINE_SPINLOCK(cong_lock);
static LIST_HEAD(cong_list);

/**
 * xtcp_cong_find() - an algorithm by its name
 * @name: as in TCP_CONGESTION
 *
 * Context: RCU; it may go when that ends, unless xtcp_cong_get() holds it.
 * Return: the algorithm or NULL.
 */
struct xtcp_cong_ops *xtcp_cong_find(const char *name)
{
	struct xtcp_cong_ops *ops;

	list_for_each_entry_rcu(ops, &cong_list, list,
				lockdep_is_held(&cong_lock))
		if (!strcmp(ops->name, name))
			return ops;
	return NULL;
}

/**
 * xtcp_cong_find_key() - an algorithm as a route names it
 * @key: RTAX_CC_ALGO
 *
 * Context: RCU, as xtcp_cong_find().
 * Return: the algorithm or NULL.
 */
struct xtcp_cong_ops *xtcp_cong_find_key(u32 key)
{
	struct xtcp_cong_ops *ops;

	list_for_each_entry_rcu(ops, &cong_list, list,
				lockdep_is_held(&cong_lock))
		if (ops->key == key)
			return ops;
	return NULL;
}

/* Names stand in lists with spaces between; "default" has a meaning there. */
static bool name_is_good(const char *name)
{
	size_t len = strnlen(name, XTCP_CONG_NAME_MAX);

	return len && len < XTCP_CONG_NAME_MAX && !strpbrk(name, " \t\n/") &&
	       strcmp(name, "default");
}

/* As the kernel makes it of its own: a route's congctl has no more than this. */
static u32 name_key(const char *name)
{
	char padded[XTCP_CONG_NAME_MAX] = { };

	strscpy(padded, name, sizeof(padded));
	return jhash(padded, sizeof(padded), strlen(padded));
}

/**
 * xtcp_cong_register() - add an algorithm
 * @ops: static, and complete as &struct xtcp_cong_ops says
 *
 * Counterpart of the kernel's tcp_register_congestion_control().
 *
 * Context: process.
 * Return: 0; -EINVAL if it is not complete, -EEXIST if the name is taken.
 */
int xtcp_cong_register(struct xtcp_cong_ops *ops)
{
	int err = 0;

	if (!ops->ssthresh || !ops->undo_cwnd ||
	    !(ops->cong_avoid || ops->cong_control) || !name_is_good(ops->name))
		return -EINVAL;
	ops->key = name_key(ops->name);
	spin_lock(&cong_lock);
	/* A key of 0 would mean none. */
	if (xtcp_cong_find(ops->name) || !ops->key || xtcp_cong_find_key(ops->key))
		err = -EEXIST;
	else
		list_add_tail_rcu(&ops->list, &cong_list);
	spin_unlock(&cong_lock);
	return err;
}
EXPORT_SYMBOL_GPL(xtcp_cong_register);

/**
 * xtcp_cong_unregister() - remove an algorithm
 * @ops: registered; its module is unused, as each user holds a reference
 *
 * Counterpart of the kernel's tcp_unregister_congestion_control().
 *
 * Context: process, sleeps until nobody looks at it any more.
 */
void xtcp_cong_unregister(struct xtcp_cong_ops *ops)
{
	spin_lock(&cong_lock);
	list_del_rcu(&ops->list);
	spin_unlock(&cong_lock);
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(xtcp_cong_unregister);

/**
 * xtcp_cong_get() - hold an algorithm
 * @ops: found under RCU
 *
 * Those of this module live as long as any socket does.
 *
 * Return: false if it is going.
 */
bool xtcp_cong_get(const struct xtcp_cong_ops *ops)
{
	return ops->owner == THIS_MODULE || try_module_get(ops->owner);
}

/**
 * xtcp_cong_put() - and no longer
 * @ops: held
 */
void xtcp_cong_put(const struct xtcp_cong_ops *ops)
{
	if (ops->owner != THIS_MODULE)
		module_put(ops->owner);
}

/**
 * xtcp_cong_load() - have modprobe look for an algorithm that is not here
 * @name: which
 *
 * Only for who has CAP_NET_ADMIN.
 *
 * Context: process, sleeps.
 */
void xtcp_cong_load(const char *name)
{
	bool here;

	rcu_read_lock();
	here = xtcp_cong_find(name);
	rcu_read_unlock();
	if (!here && name_is_good(name) && capable(CAP_NET_ADMIN))
		request_module("xtcp_cong_%s", name);
}

/* Any program may choose it, or none without CAP_NET_ADMIN; under cong_lock. */
static void set_allowed(struct xtcp_cong_ops *ops, bool allowed)
{
	unsigned long others = ops->flags & ~XTCP_CONG_NON_RESTRICTED;

	WRITE_ONCE(ops->flags, others | (allowed ? XTCP_CONG_NON_RESTRICTED : 0));
}

/**
 * xtcp_cong_allow() - any program may choose it from here on
 * @ops: held
 */
void xtcp_cong_allow(struct xtcp_cong_ops *ops)
{
	spin_lock(&cong_lock);
	set_allowed(ops, true);
	spin_unlock(&cong_lock);
}

/* Calls @set for each name in @names; under cong_lock. */
static int each_name(const char *names, void (*set)(struct xtcp_cong_ops *ops,
						    bool allowed))
{
	char name[XTCP_CONG_NAME_MAX];
	struct xtcp_cong_ops *ops;
	size_t len;

	for (names += strspn(names, " \t"); *names;
	     names += len, names += strspn(names, " \t")) {
		len = strcspn(names, " \t");
		if (len >= sizeof(name))
			return -ENOENT;
		memcpy(name, names, len);
		name[len] = 0;
		ops = xtcp_cong_find(name);
		if (!ops)
			return -ENOENT;
		if (set)
			set(ops, true);
	}
	return 0;
}

/**
 * xtcp_cong_allow_only() - net.xtcp.allowed_congestion_control is written
 * @names: with spaces between
 *
 * Counterpart of the kernel's tcp_set_allowed_congestion_control().
 *
 * Return: 0; -ENOENT if one is not there, and nothing has changed.
 */
int xtcp_cong_allow_only(const char *names)
{
	struct xtcp_cong_ops *ops;
	int err;

	spin_lock(&cong_lock);
	err = each_name(names, NULL);
	if (!err) {
		list_for_each_entry(ops, &cong_list, list)
			set_allowed(ops, false);
		each_name(names, set_allowed);
	}
	spin_unlock(&cong_lock);
	return err;
}

/**
 * xtcp_cong_names() - the names of all algorithms, or of those allowed
 * @buf: for them, with spaces between
 * @size: its size
 * @allowed: only those that any program may choose
 */
void xtcp_cong_names(char *buf, size_t size, bool allowed)
{
	struct xtcp_cong_ops *ops;
	size_t len = 0;

	*buf = 0;
	rcu_read_lock();
	list_for_each_entry_rcu(ops, &cong_list, list) {
		if (allowed && !(READ_ONCE(ops->flags) & XTCP_CONG_NON_RESTRICTED))
			continue;
		len += scnprintf(buf + len, size - len, "%s%s", len ? " " : "",
				 ops->name);
	}
	rcu_read_unlock();
}
