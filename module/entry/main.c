// SPDX-License-Identifier: GPL-2.0-only
/* Load and unload, in one visible order. */
#include <linux/init.h>
#include <linux/module.h>

#include "xtcp.h"
#include "call/close.h"
#include "cong/cong.h"
#include "entry/family.h"
#include "entry/netdev.h"
#include "entry/netns.h"
#include "entry/proto.h"
#include "entry/timeout.h"
#include "entry/wire.h"
#include "life/handshake.h"
#include "life/output.h"
#include "life/reply.h"
#include "life/sock.h"
#include "life/timewait.h"
#include "parts/tsq.h"
#include "port/dest.h"
#include "port/ephemeral.h"
#include "port/owners.h"
#include "port/port.h"
#include "table/hash.h"
#include "table/metrics.h"
#include "table/mini.h"
#include "table/wheel.h"

/* CHANGELOG.md */
#define XTCP_VERSION	"0.2"

#ifdef XTCP_WIDEN
unsigned int xtcp_widen;
module_param_named(widen, xtcp_widen, uint, 0644);
MODULE_PARM_DESC(widen, "let one of so many race windows stand open (default 0: none)");
unsigned int xtcp_widen_usecs = 100;
module_param_named(widen_usecs, xtcp_widen_usecs, uint, 0644);
MODULE_PARM_DESC(widen_usecs, "for so long at most (default 100, at most 10000)");
unsigned int xtcp_widen_child_msecs;
module_param_named(widen_child_msecs, xtcp_widen_child_msecs, uint, 0644);
MODULE_PARM_DESC(widen_child_msecs, "for so long the next child waits to be made (default 0, at most 100)");
#endif

static int wheel_init(void)
{
	return xtcp_wheel_init(xtcp_hash_expire);
}

static struct xtcp_cong_ops *const cong[] = {
	&xtcp_cong_reno,
	&xtcp_cong_cubic,
	&xtcp_cong_dctcp,
};

static void cong_exit(void)
{
	unsigned int i = ARRAY_SIZE(cong);

	while (i--)
		xtcp_cong_unregister(cong[i]);
}

/* Nobody else has registered yet: names are free. */
static int cong_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(cong); i++) {
		err = xtcp_cong_register(cong[i]);
		if (WARN_ON(err))
			return err;
	}
	return 0;
}

/* What nobody outside can reach: set up in this order, taken down in the other. */
static const struct {
	int (*init)(void);
	void (*exit)(void);
} inner[] = {
	{ xtcp_tsq_init, xtcp_tsq_exit },
	{ wheel_init, xtcp_wheel_exit },
	{ xtcp_mini_init, xtcp_mini_exit },
	{ xtcp_owners_init, xtcp_owners_exit },
	{ xtcp_dest_init, xtcp_dest_exit },
	{ xtcp_port_init, xtcp_port_exit },
	{ xtcp_ephemeral_init, xtcp_ephemeral_exit },
	{ xtcp_hash_init, xtcp_hash_exit },
	{ xtcp_metrics_init, xtcp_metrics_exit },
	{ cong_init, cong_exit },
	{ xtcp_proto_register, xtcp_proto_unregister },
	{ xtcp_reply_init, xtcp_reply_exit },
};

static void inner_exit(unsigned int n)
{
	while (n--)
		inner[n].exit();
}

static int inner_init(void)
{
	unsigned int i;
	int err;

	/* Who is called from below */
	xtcp_handshake_init();
	xtcp_timewait_init();
	xtcp_timeout_init();
	xtcp_cong_init(xtcp_output_ack_of);
	xtcp_sock_init_lists();
	for (i = 0; i < ARRAY_SIZE(inner); i++) {
		err = inner[i].init();
		if (err) {
			inner_exit(i);
			return err;
		}
	}
	return 0;
}

/* What can be reached from outside comes last, and goes first. */
static int __init xtcp_load(void)
{
	int err = inner_init();

	if (err)
		return err;
	err = xtcp_netns_register();
	if (err)
		goto exit_inner;
	err = xtcp_wire_register();
	if (err)
		goto exit_netns;
	err = xtcp_netdev_register();
	if (err)
		goto exit_wire;
	err = xtcp_family_register();
	if (err)
		goto exit_netdev;
	pr_info("xtcp: version " XTCP_VERSION "\n");
	return 0;

exit_netdev:
	xtcp_netdev_unregister();
exit_wire:
	xtcp_wire_unregister();
exit_netns:
	xtcp_netns_unregister();
exit_inner:
	inner_exit(ARRAY_SIZE(inner));
	return err;
}

/*
 * No program holds a socket (each pins the module).  Orphans are reset while
 * there still is a way to tell their peers; then the links go, and with them
 * what could deliver more; then TIME_WAIT and requests; and when the last
 * segment has left foreign queues, the memory.
 */
static void __exit xtcp_unload(void)
{
	xtcp_family_unregister();
	xtcp_close_kill_all();
	xtcp_netdev_unregister();
	xtcp_wire_unregister();
	synchronize_net();
	xtcp_netns_unregister();
	xtcp_sock_wait_gone();
	inner_exit(ARRAY_SIZE(inner));
}

module_init(xtcp_load);
module_exit(xtcp_unload);

MODULE_DESCRIPTION("TCP as a loadable module: the address family AF_XTCP");
MODULE_VERSION(XTCP_VERSION);
MODULE_LICENSE("GPL");
MODULE_ALIAS_NETPROTO(PF_XTCP);
MODULE_ALIAS("rtnl-link-xtcp");
