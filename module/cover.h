/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For fuzzers: what segments reach is counted for whoever sent them.  Nothing
 * without CONFIG_KCOV, which only instrumented kernels have.
 */
#ifndef _XTCP_COVER_H
#define _XTCP_COVER_H

#include <linux/kcov.h>
#include <linux/preempt.h>
#include <linux/skbuff.h>

/**
 * xtcp_cover_start() - a segment comes in
 * @skb: the segment
 *
 * Where a task handles it itself, it is that task's already.
 *
 * Return: what xtcp_cover_stop() is to be told.
 */
static inline bool xtcp_cover_start(const struct sk_buff *skb)
{
	if (!IS_ENABLED(CONFIG_KCOV) || !in_serving_softirq())
		return false;
	kcov_remote_start_common(skb_get_kcov_handle((struct sk_buff *)skb));
	return true;
}

/**
 * xtcp_cover_stop() - all was done with it
 * @started: as xtcp_cover_start() said
 */
static inline void xtcp_cover_stop(bool started)
{
	if (started)
		kcov_remote_stop();
}

#endif /* _XTCP_COVER_H */
