// SPDX-License-Identifier: GPL-2.0-only
/* Netfilter's hooks behind ours. */
#include <linux/netfilter.h>

#include "xtcp.h"
#include "ip/hook.h"

/**
 * xtcp_hook_rest() - what the hooks behind ours have to say
 * @self: a hook of the last priority
 * @skb: a packet that it is about to take
 * @state: as the hook was given it
 *
 * Connection tracking confirms new entries at the very end, and has its helpers
 * and what translates sequence numbers there; depending on who came first, that
 * is behind us.
 *
 * Context: rcu_read_lock().
 * Return: NF_ACCEPT, or what the caller shall return.
 */
unsigned int xtcp_hook_rest(nf_hookfn *self, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	const struct nf_hook_entries *e;
	unsigned int i = 0, verdict = NF_ACCEPT;

	e = rcu_dereference(state->net->nf.hooks_ipv4[state->hook]);
	while (e && i < e->num_hook_entries && e->hooks[i].hook != self)
		i++;
	for (i++; e && i < e->num_hook_entries && verdict == NF_ACCEPT; i++)
		verdict = e->hooks[i].hook(e->hooks[i].priv, skb, state);
	/* Nobody queues behind all others; it would come out at the host's TCP. */
	if ((verdict & NF_VERDICT_MASK) == NF_QUEUE)
		return NF_DROP;
	return verdict;
}
