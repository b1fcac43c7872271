// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/net/xtcp, with the columns of /proc/net/tcp (J.3), the counters in the
 * two-line formats of /proc/net/snmp and /proc/net/netstat (J.2), and what is
 * remembered of destinations, in the words of ip(8) (ip tcp_metrics).
 */
#include <linux/proc_fs.h>
#include <linux/rcupdate_wait.h>
#include <linux/seq_file.h>

#include "xtcp.h"
#include "entry/proc.h"
#include "parts/timer.h"
#include "table/hash.h"
#include "table/metrics.h"
#include "table/mini.h"

#define ROW_WIDTH 149
/* So many rows of a chain are shown at once; all listeners of a port share one. */
#define PART_ROWS 256
#define PART_BITS 16

/**
 * struct proc_state - of one reader
 * @p: what seq_file_net() needs
 * @row: number of the next row
 * @chain: the one that is shown
 * @first: the row of it that this part begins with
 * @seen: rows of it that were looked at
 */
struct proc_state {
	struct seq_net_private p;
	unsigned int row;
	unsigned int chain;
	unsigned int first;
	unsigned int seen;
};

static clock_t rows_left(unsigned long expires)
{
	long delta = expires - jiffies;

	return jiffies_delta_to_clock_t(delta);
}

static void show_start(struct seq_file *m, struct proc_state *st,
		       const struct xtcp_tuple *t)
{
	seq_setwidth(m, ROW_WIDTH);
	seq_printf(m, "%4u: " XTCP_ADDR_FMT ":%04X " XTCP_ADDR_FMT ":%04X ",
		   st->row++, xtcp_addr_arg(t->laddr), ntohs(t->lport),
		   xtcp_addr_arg(t->raddr), ntohs(t->rport));
}

/* J-66: which timer runs, as a code, and until when */
static int sock_timer(const struct sock *sk, unsigned long *expires)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u8 event = READ_ONCE(xs->event);

	*expires = jiffies;
	if (event != XTCP_EVENT_NONE) {
		*expires = xs->timeout;
		return event == XTCP_EVENT_PROBE ? 4 : 1;
	}
	if (timer_pending(&sk->sk_timer)) {
		*expires = sk->sk_timer.expires;
		return 2;
	}
	return 0;
}

static void show_sock(struct seq_file *m, struct proc_state *st,
		      struct sock *sk)
{
	const struct xtcp_tuple t = xtcp_tuple_of(sk);
	const struct xtcp_sock *xs = xtcp_sk(sk);
	int state = READ_ONCE(sk->sk_state);
	unsigned long expires;
	int timer = sock_timer(sk, &expires);
	int rx;

	if (state == TCP_LISTEN)
		rx = READ_ONCE(sk->sk_ack_backlog);
	else
		rx = max_t(int, READ_ONCE(xs->rcv_nxt) -
				READ_ONCE(xs->copied_seq), 0);
	show_start(m, st, &t);
	seq_printf(m, "%02X %08X:%08X %02X:%08lX %08X %5u %8d %lu %d %pK %lu %lu %u %u %d",
		   state, READ_ONCE(xs->write_seq) - READ_ONCE(xs->snd_una), rx,
		   timer, rows_left(expires), xs->retransmits,
		   from_kuid_munged(seq_user_ns(m), xtcp_sk_uid(sk)),
		   xs->probes_out, xtcp_sk_ino(sk),
		   refcount_read(&sk->sk_refcnt), sk,
		   jiffies_to_clock_t(xs->rto),
		   jiffies_to_clock_t(xs->ack.ato),
		   xs->ack.quick << 1 | xs->ack.pingpong, xs->snd_cwnd,
		   state == TCP_LISTEN ? 0 :
		   xs->snd_ssthresh >= XTCP_INFINITE_SSTHRESH ? -1 :
		   (int)xs->snd_ssthresh);
	seq_pad(m, '\n');
}

/* J-67: half-open: the SYN-ACK's timer and its rounds, the listener's user */
static void show_request(struct seq_file *m, const struct xtcp_mini *mini)
{
	const struct xtcp_request *req = (const struct xtcp_request *)mini;
	kuid_t uid = xtcp_sk_uid(READ_ONCE(req->listener));

	seq_printf(m, "%02X %08X:%08X %02X:%08lX %08X %5u %8d %d %d %pK",
		   TCP_SYN_RECV, 0, 0, 1,
		   jiffies_delta_to_clock_t((s32)(mini->expires -
						  xtcp_jiffies32())),
		   req->num_timeout, from_kuid_munged(seq_user_ns(m), uid),
		   0, 0, refcount_read(&mini->refcnt), mini);
}

/* J-68: TIME_WAIT, or FIN_WAIT2 of an orphan: timer 3, nobody's */
static void show_timewait(struct seq_file *m, const struct xtcp_mini *mini)
{
	seq_printf(m, "%02X %08X:%08X %02X:%08lX %08X %5d %8d %d %d %pK",
		   mini->state, 0, 0, 3,
		   jiffies_delta_to_clock_t((s32)(mini->expires -
						  xtcp_jiffies32())),
		   0, 0, 0, 0, refcount_read(&mini->refcnt), mini);
}

static void show_mini(struct seq_file *m, struct proc_state *st,
		      struct xtcp_mini *mini)
{
	/* A request's listener is only there while we hold the request. */
	if (!refcount_inc_not_zero(&mini->refcnt))
		return;
	show_start(m, st, &mini->tuple);
	if (mini->kind == XTCP_MINI_REQUEST)
		show_request(m, mini);
	else
		show_timewait(m, mini);
	seq_pad(m, '\n');
	xtcp_mini_put(mini);
}

/* Are there rows behind this part? */
static bool part_ends(const struct proc_state *st)
{
	return st->seen > st->first && st->seen - st->first > PART_ROWS;
}

/* Is this row of the reader's, and of this part? */
static bool row_due(struct seq_file *m, struct proc_state *st,
		    const struct net *net)
{
	return net_eq(net, seq_file_net(m)) &&
	       st->seen++ - st->first < PART_ROWS;
}

static void show_chain(struct seq_file *m, struct proc_state *st)
{
	struct xtcp_listen_head *lhead = xtcp_hash_lhash(st->chain);
	struct xtcp_ehash_bucket *b;
	struct xtcp_mini *mini;
	struct sock *sk;

	st->seen = 0;
	if (lhead) {
		hlist_for_each_entry_rcu(sk, &lhead->chain, sk_node) {
			if (row_due(m, st, sock_net(sk)))
				show_sock(m, st, sk);
			else if (part_ends(st))
				return;
		}
		return;
	}
	b = xtcp_hash_ehash(st->chain - XTCP_LHASH_CHAINS);
	hlist_for_each_entry_rcu(sk, &b->socks, sk_node) {
		if (row_due(m, st, sock_net(sk)))
			show_sock(m, st, sk);
		else if (part_ends(st))
			return;
	}
	hlist_for_each_entry_rcu(mini, &b->minis, hash_node) {
		if (row_due(m, st, mini->net))
			show_mini(m, st, mini);
		else if (part_ends(st))
			return;
	}
}

/*
 * An element of the sequence is a part of a table's chain: position 0 is the
 * header, then the listeners' chains, then the connections'.  So a reader that
 * comes back finds its place whatever has happened meanwhile; but for a chain of
 * several parts, where rows are counted, as the kernel's TCP does it (J-64).
 */
static void *proc_at(struct seq_file *m, loff_t pos)
{
	struct proc_state *st = m->private;

	if (!pos)
		return SEQ_START_TOKEN;
	st->chain = (pos - 1) >> PART_BITS;
	st->first = ((pos - 1) & (BIT(PART_BITS) - 1)) * PART_ROWS;
	if (st->chain < XTCP_LHASH_CHAINS ||
	    xtcp_hash_ehash(st->chain - XTCP_LHASH_CHAINS))
		return st;
	return NULL;
}

static void *proc_seq_start(struct seq_file *m, loff_t *pos)
	__acquires(RCU)
{
	rcu_read_lock();
	return proc_at(m, *pos);
}

static void *proc_seq_next(struct seq_file *m, void *v, loff_t *pos)
{
	/* Nothing is held from one part to the next, and there are many. */
	cond_resched_rcu();
	if (!*pos || part_ends(m->private))
		++*pos;
	else
		*pos = round_up(*pos, BIT_ULL(PART_BITS)) + 1;
	return proc_at(m, *pos);
}

static void proc_seq_stop(struct seq_file *m, void *v)
	__releases(RCU)
{
	rcu_read_unlock();
}

static int proc_seq_show(struct seq_file *m, void *v)
{
	struct proc_state *st = m->private;
	unsigned int row = st->row;

	xtcp_entry_rcu();
	if (v == SEQ_START_TOKEN) {
		st->row = 0;
		seq_setwidth(m, ROW_WIDTH);
		seq_puts(m, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode");
		seq_pad(m, '\n');
		return 0;
	}
	show_chain(m, st);
	/* It comes again, with a larger buffer. */
	if (seq_has_overflowed(m))
		st->row = row;
	return 0;
}

static const struct seq_operations proc_seq_ops = {
	.start = proc_seq_start,
	.next = proc_seq_next,
	.stop = proc_seq_stop,
	.show = proc_seq_show,
};

#define XTCP_MIB_NAME(id, name) name,
static const char * const mib_names[] = {
	XTCP_MIB_SNMP(XTCP_MIB_NAME)
	XTCP_MIB_EXT(XTCP_MIB_NAME)
};

static unsigned long mib_sum(const struct net *net, int id)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(xtcp_pernet(net)->mib, cpu)->val[id];
	return sum;
}

static void show_mib(struct seq_file *m, const char *prefix, int from, int to)
{
	int i;

	for (i = from; i < to; i++)
		seq_printf(m, " %s", mib_names[i]);
	seq_printf(m, "\n%s", prefix);
}

static void show_mib_values(struct seq_file *m, int from, int to)
{
	const struct net *net = m->private;
	int i;

	for (i = from; i < to; i++)
		seq_printf(m, " %lu", mib_sum(net, i));
	seq_putc(m, '\n');
}

static int snmp_show(struct seq_file *m, void *v)
{
	seq_puts(m, "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn");
	show_mib(m, "Tcp:", 0, XTCP_MIB_EXT_FIRST);
	/* RFC 4022: 1 is "other"; times in ms; -1: no limit. */
	seq_printf(m, " 1 %u %u -1", jiffies_to_msecs(XTCP_RTO_MIN),
		   jiffies_to_msecs(XTCP_RTO_MAX));
	show_mib_values(m, 0, XTCP_MIB_EXT_FIRST);
	return 0;
}

static int netstat_show(struct seq_file *m, void *v)
{
	seq_puts(m, "TcpExt:");
	show_mib(m, "TcpExt:", XTCP_MIB_EXT_FIRST, XTCP_MIB_COUNT);
	show_mib_values(m, XTCP_MIB_EXT_FIRST, XTCP_MIB_COUNT);
	return 0;
}

static void *metrics_seq_start(struct seq_file *m, loff_t *pos)
{
	return *pos < XTCP_METRICS_CHAINS ? pos : NULL;
}

static void *metrics_seq_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return metrics_seq_start(m, pos);
}

static void metrics_seq_stop(struct seq_file *m, void *v)
{
}

static int metrics_seq_show(struct seq_file *m, void *v)
{
	xtcp_metrics_show(m, seq_file_net(m), *(loff_t *)v);
	return 0;
}

static const struct seq_operations metrics_seq_ops = {
	.start = metrics_seq_start,
	.next = metrics_seq_next,
	.stop = metrics_seq_stop,
	.show = metrics_seq_show,
};

/**
 * xtcp_proc_start() - create a namespace's files
 * @net: namespace
 *
 * Return: 0 or -ENOMEM.
 */
int __net_init xtcp_proc_start(struct net *net)
{
	if (!proc_create_net("xtcp", 0444, net->proc_net, &proc_seq_ops,
			     sizeof(struct proc_state)))
		return -ENOMEM;
	if (!proc_create_net_single("xtcp_snmp", 0444, net->proc_net,
				    snmp_show, NULL))
		goto no_snmp;
	if (!proc_create_net_single("xtcp_netstat", 0444, net->proc_net,
				    netstat_show, NULL))
		goto no_netstat;
	if (!proc_create_net("xtcp_metrics", 0444, net->proc_net, &metrics_seq_ops,
			     sizeof(struct seq_net_private)))
		goto no_metrics;
	return 0;

no_metrics:
	remove_proc_entry("xtcp_netstat", net->proc_net);
no_netstat:
	remove_proc_entry("xtcp_snmp", net->proc_net);
no_snmp:
	remove_proc_entry("xtcp", net->proc_net);
	return -ENOMEM;
}

/**
 * xtcp_proc_stop() - remove them
 * @net: namespace
 */
void __net_exit xtcp_proc_stop(struct net *net)
{
	remove_proc_entry("xtcp_metrics", net->proc_net);
	remove_proc_entry("xtcp_netstat", net->proc_net);
	remove_proc_entry("xtcp_snmp", net->proc_net);
	remove_proc_entry("xtcp", net->proc_net);
}
