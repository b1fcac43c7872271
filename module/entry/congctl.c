// SPDX-License-Identifier: GPL-2.0-only
/* net.xtcp.*congestion_control: which a namespace has, which there are (J-33). */
#include <linux/slab.h>
#include <linux/sysctl.h>

#include "xtcp.h"
#include "cong/cong.h"
#include "entry/congctl.h"

/* Names in a list, as many as anybody will ever load */
#define LIST_BYTES	(128 * XTCP_CONG_NAME_MAX)

/* Reads from, or writes to, @text, whose size is @size. */
static int pass_text(char *text, size_t size, int write, void *buffer, size_t *lenp,
		     loff_t *ppos)
{
	struct ctl_table shown = { .data = text, .maxlen = size };

	return proc_dostring(&shown, write, buffer, lenp, ppos);
}

/**
 * xtcp_congctl_default() - net.xtcp.congestion_control
 * @table: its data is the namespace
 * @write: or read
 * @buffer: text
 * @lenp: its length
 * @ppos: position
 *
 * Shows what new sockets have; empty, or "default", that is what TCP's have.
 *
 * Context: process.
 * Return: 0, -ENOENT, -EPERM for what only the host may choose, -EBUSY.
 */
int xtcp_congctl_default(XTCP_CTL_CONST struct ctl_table *table, int write,
			 void *buffer, size_t *lenp, loff_t *ppos)
{
	char name[XTCP_CONG_NAME_MAX];
	int err;

	xtcp_cong_default_name(table->data, name);
	err = pass_text(name, sizeof(name), write, buffer, lenp, ppos);
	return err || !write ? err : xtcp_cong_set_default(table->data, name);
}

/**
 * xtcp_congctl_available() - net.xtcp.available_congestion_control
 * @table: never written
 * @write: or read
 * @buffer: text
 * @lenp: its length
 * @ppos: position
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int xtcp_congctl_available(XTCP_CTL_CONST struct ctl_table *table, int write,
			   void *buffer, size_t *lenp, loff_t *ppos)
{
	char *names = kmalloc(LIST_BYTES, GFP_USER);
	int err;

	if (!names)
		return -ENOMEM;
	xtcp_cong_names(names, LIST_BYTES, false);
	err = pass_text(names, LIST_BYTES, write, buffer, lenp, ppos);
	kfree(names);
	return err;
}

/**
 * xtcp_congctl_allowed() - net.xtcp.allowed_congestion_control
 * @table: written by the host alone
 * @write: or read
 * @buffer: text
 * @lenp: its length
 * @ppos: position
 *
 * Context: process.
 * Return: 0, -ENOMEM, or -ENOENT.
 */
int xtcp_congctl_allowed(XTCP_CTL_CONST struct ctl_table *table, int write,
			 void *buffer, size_t *lenp, loff_t *ppos)
{
	char *names = kmalloc(LIST_BYTES, GFP_USER);
	int err;

	if (!names)
		return -ENOMEM;
	xtcp_cong_names(names, LIST_BYTES, true);
	err = pass_text(names, LIST_BYTES, write, buffer, lenp, ppos);
	if (!err && write)
		err = xtcp_cong_allow_only(names);
	kfree(names);
	return err;
}
