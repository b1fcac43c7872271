// SPDX-License-Identifier: GPL-2.0-only
/* A namespace's state: counters, wheel, sysctls, /proc files. */
#include <linux/slab.h>

#include "xtcp.h"
#include "cong/cong.h"
#include "entry/congctl.h"
#include "entry/netns.h"
#include "entry/proc.h"
#include "life/orphan.h"
#include "port/portset.h"
#include "table/hash.h"
#include "table/metrics.h"
#include "table/wheel.h"

unsigned int xtcp_net_id __read_mostly;

/* A day: the wheel tells times apart that are less than 2^31 jiffies away. */
static unsigned int timewait_max = 24 * 60 * 60 * MSEC_PER_SEC;
/* TCP's: what a container has so many of as it likes takes no longer. */
static unsigned int timewait_max_owned = 60 * MSEC_PER_SEC;
static unsigned int orphans_max = INT_MAX;

/* net.xtcp.metrics_flush: whatever is written */
static int flush_metrics(XTCP_CTL_CONST struct ctl_table *table, int write,
			 void *buffer, size_t *lenp, loff_t *ppos)
{
	if (write)
		xtcp_metrics_flush(table->data);
	return 0;
}

static const struct ctl_table sysctls[] = {
	{
		.procname = "timewait_msecs",
		.maxlen = sizeof(unsigned int),
		.mode = 0644,
		.proc_handler = proc_douintvec_minmax,
		.extra1 = SYSCTL_ZERO,
		.extra2 = &timewait_max,
	},
	{
		.procname = "max_orphans",
		.maxlen = sizeof(unsigned int),
		.mode = 0644,
		.proc_handler = proc_douintvec_minmax,
		.extra1 = SYSCTL_ZERO,
		.extra2 = &orphans_max,
	},
	{
		.procname = "congestion_control",
		.maxlen = XTCP_CONG_NAME_MAX,
		.mode = 0644,
		.proc_handler = xtcp_congctl_default,
	},
	{
		.procname = "allowed_congestion_control",
		.mode = 0644,
		.proc_handler = xtcp_congctl_allowed,
	},
	{
		.procname = "available_congestion_control",
		.mode = 0444,
		.proc_handler = xtcp_congctl_available,
	},
	{
		.procname = "metrics_flush",
		.mode = 0200,
		.proc_handler = flush_metrics,
	},
	{ }
};

static int sysctl_start(struct xtcp_net *xn)
{
	struct ctl_table *table = kmemdup(sysctls, sizeof(sysctls),
					  GFP_KERNEL_ACCOUNT);

	if (!table)
		return -ENOMEM;
	table[0].data = &xn->timewait_msecs;
	table[1].data = &xn->max_orphans;
	table[2].data = xn->net;
	table[5].data = xn->net;
	/* Limits of the host's, which the root of a container can't lift. */
	if (xtcp_net_is_owned(xn->net)) {
		table[0].extra2 = &timewait_max_owned;
		table[1].mode = 0444;
	}
	/* One list for all, which is the host's. */
	if (!net_eq(xn->net, &init_net))
		table[3].mode = 0444;
	xn->sysctl = register_net_sysctl_sz(xn->net, "net/xtcp", table,
					    ARRAY_SIZE(sysctls) - 1);
	if (xn->sysctl)
		return 0;
	kfree(table);
	return -ENOMEM;
}

static void sysctl_stop(struct xtcp_net *xn)
{
	const struct ctl_table *table = xn->sysctl->ctl_table_arg;

	unregister_net_sysctl_table(xn->sysctl);
	kfree(table);
}

static int __net_init net_start(struct net *net)
{
	struct xtcp_net *xn = xtcp_pernet(net);
	int err;

	xn->net = net;
	xn->timewait_msecs = jiffies_to_msecs(XTCP_TIMEWAIT_LEN);
	xn->max_orphans = XTCP_EHASH_BUCKETS / 2;
	atomic_set(&xn->tw_count, 0);
	atomic_set(&xn->orphans, 0);
	atomic_set(&xn->vrf_ports, 0);
	xn->mib = alloc_percpu(struct xtcp_mib);
	if (!xn->mib)
		return -ENOMEM;
	err = xtcp_wheel_start(&xn->wheel);
	if (err)
		goto free_mib;
	xn->loop_mtu = IP_MAX_MTU;
	xtcp_cong_net_start(net);
	err = sysctl_start(xn);
	if (err)
		goto stop_wheel;
	err = xtcp_proc_start(net);
	if (err)
		goto stop_sysctl;
	return 0;

stop_sysctl:
	sysctl_stop(xn);
stop_wheel:
	xtcp_cong_net_stop(net);
	xtcp_wheel_stop(&xn->wheel);
free_mib:
	free_percpu(xn->mib);
	return err;
}

/*
 * Its devices are gone, and with them whoever could look something up; no
 * socket is left: only mini objects.
 */
static void __net_exit net_stop(struct net *net)
{
	struct xtcp_net *xn = xtcp_pernet(net);

	xtcp_proc_stop(net);
	sysctl_stop(xn);
	xtcp_hash_purge(&xn->wheel);
	xtcp_wheel_stop(&xn->wheel);
	xtcp_metrics_flush(net);
	xtcp_cong_net_stop(net);
	WARN_ON_ONCE(atomic_read(&xn->orphans));
	WARN_ON_ONCE(atomic_read(&xn->tw_count));
	xtcp_portset_free(&xn->used_ports);
	xtcp_portset_free(&xn->bound_ports);
	free_percpu(xn->mib);
}

static struct pernet_operations net_ops = {
	.init = net_start,
	.exit = net_stop,
	.id = &xtcp_net_id,
	.size = sizeof(struct xtcp_net),
};

/**
 * xtcp_netns_register() - set up every namespace, now and later
 *
 * Return: 0 or a negative error.
 */
int xtcp_netns_register(void)
{
	return register_pernet_subsys(&net_ops);
}

/** xtcp_netns_unregister() - drop TIME_WAIT and requests everywhere */
void xtcp_netns_unregister(void)
{
	unregister_pernet_subsys(&net_ops);
}
