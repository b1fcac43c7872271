/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XTCP: TCP as a loadable module.  The structures, and who guards them.
 *
 * Locks, in the order in which they nest
 * --------------------------------------
 *  1. socket lock (lock_sock from system calls, bh_lock_sock from softirq;
 *     what arrives while a system call holds it waits in the backlog).  Guards
 *     every field of struct xtcp_sock that no other line here names.  A child is
 *     locked from its creation until it is queued.  Two are held only when a
 *     listener stops: within its own, xtcp_acceptq_stop() takes that of each child
 *     that it resets (bh_lock_sock_nested).
 *     While a system call holds it, softirq still changes segs_in, mtu_info,
 *     deferred, ack.blocked and sk_err_soft, under its spinlock, and tsq, which is
 *     atomic, without.  Options of a listener (user_mss, window_clamp, defer_accept,
 *     syn_retries, ca, ca_needs_ecn) are read by its handshakes without it.
 *  2. xtcp_bind_head.lock: one chain of the port table; the buckets on it,
 *     their groups and counts of owners, and what sockets and TIME_WAIT
 *     entries note of them (bind, bind_group, bind_class).
 *     dest_chain.lock: one chain of the table of destinations; the ports in
 *     use towards each, and the queue of TIME_WAIT entries.  Never both.
 *  3. xtcp_ehash_bucket.lock: one chain of the table of connections; both its
 *     lists.  xtcp_listen_head.lock: one chain of the table of listeners, and
 *     xtcp_heirs.member of the groups on it.  Never both.
 *     Within the latter the kernel takes its reuseport_lock: a listener enters
 *     and leaves its SO_REUSEPORT group and its chain at once.
 *  4. xtcp_accept_queue.lock: list, length and "open" of one accept queue.
 *     xtcp_mini.lock: whose a request is and how it is counted there (listener,
 *     young), when a mini object answered last (last_oow_ack), what TIME_WAIT
 *     learns (state, rcv_nxt, ts_recent and its stamp).  Who only reads does
 *     without.  What else of a request changes has no lock: num_timeout is the
 *     wheel's; num_retrans and snt_synack_us are written by whoever sends the
 *     SYN-ACK, of whom two at a time may count as one; acked is set, and stays.
 *  5. xtcp_wheel_slot.lock: one slot of a namespace's wheel.
 *     xtcp_port_chunk.lock: 4096 ports of a set; a search reads without it.
 *     sock_list.lock: sockets that one processor made.
 *     tsq_queue.lock: sockets that it shall resume, xtcp_sock.tsq_node.
 *     metrics_chain.lock: what is remembered of some destinations.
 * All but the first are spinlocks taken with bottom halves off, the last with
 * interrupts off.  The SYN path and the accept queue are used without the listener's
 * socket lock.
 *
 * cong_lock, which no softirq takes, guards changes of the list of congestion
 * controls; no other lock is taken within it.  RTNL comes before all of these: xtcp0,
 * wires and the hooks of a namespace change under it.  No lock: perturb[] of
 * ephemeral.c, and the budget of challenge ACKs (xtcp_net).
 *
 * RCU
 * ---
 * Both lookup tables, xtcp_accept_queue.heirs and the list of congestion controls
 * are read under rcu_read_lock.  Sockets (SOCK_RCU_FREE) and mini objects
 * (call_rcu) live for a grace period after their last reference; so a lookup need
 * only take a reference that is not zero.  A
 * connection changes its form request -> socket -> TIME_WAIT by adding the new
 * object before removing the old one under one bucket lock; xtcp_hash_find()
 * scans in an order that never misses both.  xtcp_net.loop is RCU-managed too;
 * whether a device is a wire is asked of its master under RCU (the hook of
 * wire.c runs so), and changed under RTNL.  A route is the socket's as long as
 * the socket lock is held, as nothing resets sk_dst_cache without it; the device
 * behind a route is looked at under RCU, and segments leave under it.
 *
 * References on a socket
 * ----------------------
 *  - life: from sk_alloc or sk_clone to xtcp_sock_destroy().  The tables and
 *    the accept queue own none: a socket leaves them before it loses this one.
 *  - one per pending timer (timer.c arms them), one per piece of deferred work
 *    (xtcp_sock.deferred), one while it waits to be resumed (tsq.c), one per
 *    request on its listener, one per lookup that leaves RCU, sk_wmem_alloc for
 *    segments in foreign queues, SYN-ACKs of its requests and replies in its name
 *    among them.  As one of these is freed sock_wfree() calls sk_write_space, and
 *    holds a byte of that charge meanwhile.
 * No socket holds another for longer than a request lives: a closed listener
 * asks a struct xtcp_heirs (reuseport.c), which holds none, for who takes over.
 * A destination (dest.c) lives while a port is claimed with it: by the socket
 * that got it from connect(), then by its TIME_WAIT entry, or by the socket
 * that takes the port over from there.  Exactly one of them releases it.
 * References on a mini object: one for the table and wheel together, dropped
 * by whoever unhashes it (xtcp_hash_kill() tells), one per lookup.
 * Mini objects never stand in skb->sk.
 *
 * How a socket dies
 * -----------------
 *  CLOSE and closed by the user (SOCK_DEAD): xtcp_sock_destroy(), at once.
 *  Any other state and SOCK_DEAD: an orphan, counted; its timers or the peer
 *  bring it to CLOSE.  TIME_WAIT and orphaned FIN_WAIT2: the mini object takes
 *  the place, the socket goes to CLOSE.  Unaccepted children: with their
 *  listener, unless another of its group takes them.  Module unload:
 *  xtcp_close_kill_all() resets what is left, and xtcp_sock_wait_gone() waits for
 *  the last to be destructed; after a while it tells whom it waits for.
 */
#ifndef _XTCP_H
#define _XTCP_H

#include <linux/hash.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/refcount.h>
#include <linux/siphash.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/win_minmax.h>
#include <linux/workqueue.h>
#include <net/inet_sock.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "compat.h"
#include "cover.h"
#include "entry.h"
#include "ip/addr.h"
#include "mib.h"
#include "parts/segment.h"
#include "port/portset.h"
#include "quirks.h"
#include "table/wheel.h"
#include "uapi/xtcp.h"

/* RFC 6298 and RFC 9293 3.8, Linux's values: RTO H-01, TIME_WAIT E-55, delayed ACK H-60 */
#define XTCP_RTO_INIT		((unsigned int)HZ)
#define XTCP_RTO_MIN		((unsigned int)(HZ / 5))
#define XTCP_RTO_MAX		((unsigned int)(120 * HZ))
#define XTCP_RTO_FALLBACK	((unsigned int)(3 * HZ))	/* SYN was lost: H-06 */
#define XTCP_DELACK_MIN		((unsigned int)(HZ / 25))
#define XTCP_DELACK_MAX		((unsigned int)(HZ / 5))
#define XTCP_TIMEWAIT_LEN	((unsigned int)(60 * HZ))
#define XTCP_FIN_TIMEOUT_MAX	((unsigned int)(120 * HZ))	/* largest TCP_LINGER2: G-92 */
#define XTCP_RESOURCE_PROBE	((unsigned int)(HZ / 2))	/* own queue full: H-14 */
/* RFC 8985: how much later than due a loss probe or a reordering timer is at least, us */
#define XTCP_TIMEOUT_MIN_US	(2U * (unsigned int)USEC_PER_MSEC)
#define XTCP_QUICKACKS		16U
#define XTCP_DUPACKS		3U	/* tell of a loss (RFC 5681 3.2) */
#define XTCP_INIT_CWND		10U				/* RFC 6928 */
#define XTCP_INFINITE_SSTHRESH	0x7fffffffU
#define XTCP_PAWS_24DAYS	(60 * 60 * 24 * 24)		/* RFC 7323 5.5 */
#define XTCP_PAWS_MSL		60
#define XTCP_MAX_HEADER		(MAX_HEADER + 128)
/* Of a segment without payload: what the smallest buffer has room for. */
#define XTCP_BARE_HEADER	SKB_WITH_OVERHEAD(512)
#define XTCP_GSO_LEGACY_MAX	65535U	/* what tot_len can say */
#define XTCP_GSO_MAX		(XTCP_GSO_LEGACY_MAX - 60 - 60)

struct xtcp_bind_bucket;
struct xtcp_bind_group;
struct xtcp_cong_ops;
struct xtcp_dest;
struct xtcp_heirs;

/**
 * struct xtcp_accept_queue - finished connections waiting for accept()
 * @lock: guards the rest, taken without the listener's socket lock
 * @children: struct xtcp_sock linked by accept_node, in order of completion;
 *	      sock.sk_ack_backlog counts them
 * @open: false once the listener has stopped: nothing may be added
 * @half_open: requests of this listener in the table
 * @young: those whose SYN-ACK was never sent again (C-22)
 * @cookie_stamp: jiffies when a SYN cookie was last sent; cookies are only
 *		  believed for two minutes after
 * @heirs: who takes over when this listener has closed (C-34); of a group,
 *	   changed under the lock of its chain, or while it is not listed
 * @flood_warned: the warning about SYN cookies was given (C-16)
 */
struct xtcp_accept_queue {
	spinlock_t lock;	/* see above */
	struct list_head children;
	bool open;
	bool flood_warned;
	unsigned long cookie_stamp;
	atomic_t half_open;
	atomic_t young;
	struct xtcp_heirs __rcu *heirs;
};

/**
 * enum xtcp_ca_state - phase of loss recovery
 * @XTCP_CA_OPEN: nothing suspicious
 * @XTCP_CA_DISORDER: something is missing, perhaps only late
 * @XTCP_CA_CWR: reduced by an ECN mark or a full queue of this host
 * @XTCP_CA_RECOVERY: fast retransmit, RFC 6582, RFC 6675
 * @XTCP_CA_LOSS: after a retransmission timeout
 *
 * Numbers as in TCP_INFO.
 */
enum xtcp_ca_state {
	XTCP_CA_OPEN,
	XTCP_CA_DISORDER,
	XTCP_CA_CWR,
	XTCP_CA_RECOVERY,
	XTCP_CA_LOSS,
};

/* Bits of xtcp_sock.ecn. */
#define XTCP_ECN_OK		0x01	/* agreed, or asked for in our SYN */
#define XTCP_ECN_QUEUE_CWR	0x02	/* we reduced: tell the peer */
#define XTCP_ECN_DEMAND_CWR	0x04	/* a mark came: echo it until CWR */
#define XTCP_ECN_SEEN		0x08	/* the peer has sent ECN-capable data */

/* Bits of xtcp_sock.deferred: work that found the socket lock taken. */
enum {
	XTCP_DEFER_RETRANS,
	XTCP_DEFER_DELACK,
	XTCP_DEFER_KEEPALIVE,
	XTCP_DEFER_COMPRESSED,
	XTCP_DEFER_PMTU,
	XTCP_DEFER_RESUME,
};

/**
 * struct xtcp_ack_state - when to acknowledge (RFC 9293 3.8.6.3, H.4)
 * @scheduled: an acknowledgment is owed
 * @now: it can't wait
 * @timer: the delayed-ACK timer runs
 * @blocked: that timer found the socket lock taken
 * @no_memory: it shuts the window, as there was none for data (H-69)
 * @quick: immediate ACKs left
 * @pingpong: interactive: the program answers what it reads
 * @ato: present delay, jiffies
 * @timeout: when the timer fires
 * @lrcvtime: arrival of the last data, jiffies32
 * @patience: a longer pause of the peer is a long one, jiffies; 0: than the timeout
 * @rcv_mss: the peer's segment size as observed
 * @last_len: length of the last segment that was smaller
 * @pushed: ends of writes that came since the last ACK, as it seems; 2: more
 * @compressed: ACKs of what is ahead of a gap that wait, to be one (H-65)
 * @at_once: of the same gap, those that did not
 * @gap: where it is
 */
struct xtcp_ack_state {
	bool scheduled;
	bool now;
	bool timer;
	bool blocked;
	bool no_memory;
	u8 quick;
	bool pingpong;
	u32 ato;
	unsigned long timeout;
	u32 lrcvtime;
	u32 patience;
	u16 rcv_mss;
	u16 last_len;
	u8 pushed;
	u8 compressed;
	u8 at_once;
	u32 gap;
};

/**
 * struct xtcp_sack_block - data that has come, in sequence numbers
 * @start: its first
 * @end: the one after its last
 */
struct xtcp_sack_block {
	u32 start;
	u32 end;
};

/**
 * struct xtcp_sackblocks - what acknowledgments tell beyond RCV.NXT
 * @block: data ahead of a gap, what changed last first (RFC 2018)
 * @num: how many of them there are
 * @duplicate: what came twice (RFC 2883)
 * @twice: that is yet to be told
 */
struct xtcp_sackblocks {
	struct xtcp_sack_block block[XTCP_MAX_SACKS];
	struct xtcp_sack_block duplicate;
	u8 num;
	bool twice;
};

/**
 * struct xtcp_sock - an XTCP socket
 * @inet: first, kept truthful: generic code casts to it; is_icsk is 0
 * @bind: bucket of the local port; bind head's lock
 * @bind_group: owners of it that this one is counted with; bind head's lock
 * @bind_class: as what it is counted there; bind head's lock
 * @dest: where it claims its port as connect()'s choice; set and cleared by
 *	  whoever holds the socket, its contents under their chain's lock
 * @accept_queue: of a listener; has its own lock
 * @accept_node: in its listener's queue; the queue's lock
 * @snd_una: oldest sequence number not acknowledged (RFC 9293 3.3.1)
 * @snd_nxt: next to be sent
 * @snd_wnd: window that the peer offers, bytes
 * @snd_wl1: sequence number of the segment that last changed @snd_wnd
 * @snd_up: urgent pointer
 * @iss: initial send sequence number
 * @write_seq: end of what the program wrote
 * @pushed_seq: end of what was last marked PSH
 * @snd_sml: end of the last small segment sent (Minshall)
 * @max_window: largest window that the peer ever offered
 * @urg_mode: @snd_up lies ahead of @snd_una
 * @rcv_nxt: next sequence number expected
 * @rcv_wnd: window as last offered, bytes
 * @rcv_wup: @rcv_nxt when it was offered
 * @rcv_mwnd_seq: end of the furthest window that was ever offered; kernels from 7.2 on
 * @copied_seq: the program has read up to here
 * @rcv_ssthresh: largest window to offer now (H-73)
 * @window_clamp: largest window ever (TCP_WINDOW_CLAMP), 0: none yet
 * @scaling_ratio: payload to what it weighs in memory, 256ths; kernels from 6.6 on
 * @urg_data: XTCP_URG_* and the urgent byte
 * @urg_seq: sequence number of that byte
 * @mss_clamp: peer's MSS option
 * @user_mss: TCP_MAXSEG, 0: none
 * @advmss: MSS that we announce
 * @mss_cache: payload per segment, options taken off
 * @mss_mtu: size of packets that it was worked out for, 0: it has to be anew
 * @pmtu: largest packet on the way to the peer, 0: not known yet
 * @mtup_on: the largest packet that passes is searched for (RFC 4821)
 * @mtup_held: segments are no larger than what is known to pass, @mtup_low
 * @mtup_low: largest packet that passes, or is likely to
 * @mtup_high: largest that may
 * @mtup_size: size of a probe that is under way, 0: none is
 * @mtup_start_seq: first sequence number in it
 * @mtup_end_seq: the one after its last
 * @mtup_stamp: when the search began, jiffies32
 * @mtu_info: what the last ICMP error said of that; written with the spinlock alone
 * @snd_wscale: peer's window shift
 * @rcv_wscale: ours
 * @wscale_ok: window scaling was agreed
 * @tstamp_ok: timestamps were agreed
 * @sack_ok: selective acknowledgments were agreed (RFC 2018)
 * @ecn: XTCP_ECN_* (RFC 3168)
 * @ts_recent: peer's timestamp to echo (RFC 7323 TS.Recent)
 * @ts_recent_stamp: when it was taken, seconds; 0: never
 * @ts_off: offset of our timestamp clock, ms
 * @syn_tsval: timestamp of our first SYN, 0: none was sent
 * @rcv_tsval: timestamp of the segment in hand
 * @rcv_tsecr: its echo
 * @saw_tstamp: it has them
 * @srtt_us: smoothed round-trip time, us << 3 (RFC 6298)
 * @mdev_us: mean deviation, us << 2
 * @mdev_max_us: largest of it in this round trip
 * @rttvar_us: what the timeout adds, us
 * @rtt_seq: end of this round trip
 * @rtt_min: least of late, complement of us (H-07); xtcp_min_rtt()
 * @rto: retransmission timeout with back-off, jiffies
 * @backoff: times that it was doubled, or the probe interval was
 * @clock_us: xtcp_clock_us() as read for the segment in hand, 0: not read
 * @rcv_rtt_us: round trip as the receiver sees it, us << 3
 * @rcv_rtt_seq: end of the window that measures it
 * @rcv_rtt_time: when that window began, us
 * @rcv_rtt_tsecr: the last echoed timestamp that did
 * @ca: congestion control; a reference on its module is held
 * @ca_priv: its private state
 * @ca_started: its init was called
 * @ca_locked: its route says that no program may change it
 * @ca_needs_ecn: all segments are to be sent as capable of ECN (XTCP_CONG_NEEDS_ECN)
 * @snd_cwnd: congestion window, segments, like all that follows
 * @snd_cwnd_cnt: acknowledged since it last grew in congestion avoidance
 * @snd_ssthresh: slow-start threshold
 * @snd_cwnd_clamp: largest that @snd_cwnd grows to
 * @snd_cwnd_stamp: when it was last known to be of use, jiffies32
 * @snd_cwnd_used: largest flight since then
 * @prior_cwnd: snd_cwnd before it was reduced, for who undoes that
 * @prior_ssthresh: what snd_ssthresh was, or could have been, then; 0: nothing is to
 *		    be undone
 * @cwnd_limited: cwnd was the limit in the window ending at @max_packets_seq
 * @max_packets_out: largest flight in that window
 * @max_packets_seq: its end
 * @packets_out: sent and not acknowledged
 * @sacked_out: SACKed of these; without SACK, duplicate ACKs believed
 * @lost_out: believed lost
 * @retrans_out: of these, sent again
 * @lost: ever believed lost
 * @highest_sack: end of the highest that was SACKed, if any is
 * @dupthresh_seq: all before is SACKed or lost, by number (RFC 6675)
 * @high_seq: @snd_nxt when recovery began
 * @ca_state: &enum xtcp_ca_state
 * @frto: a timeout is being examined (RFC 5682)
 * @sack_reneged: at the last timeout the peer had forgotten what it SACKed
 * @retransmits: timeouts in a row
 * @retrans_stamp: first retransmission that was not acknowledged yet, ms; 0: none
 * @total_retrans: segments sent again, ever
 * @timeout_rehash: timeouts after which another of several paths was taken
 * @reordering: duplicate ACKs that tell of a loss (tcp_reordering)
 * @reord_seen: times that reordering was seen
 * @undo_marker: @snd_una when a reduction began that may be undone, 0: none
 * @undo_retrans: retransmissions that no D-SACK told of yet; -1: none was made
 * @dsack_dups: segments that D-SACKs told of, ever
 * @prr_delivered: delivered since a reduction began (RFC 6937)
 * @prr_out: sent since
 * @tlp_high_seq: @snd_nxt when a loss probe left, 0: none is out (RFC 8985 7)
 * @tlp_retrans: it was sent before
 * @rack_mstamp: when the latest one that was delivered had left, us (RFC 8985 5.3)
 * @rack_end_seq: its end
 * @rack_rtt_us: its round trip
 * @rack_last_delivered: @delivered when the reordering window last grew
 * @rack_reo_wnd_steps: that window, in quarters of the least round trip
 * @rack_reo_wnd_persist: recoveries until it is 1 again
 * @rack_dsack_seen: a D-SACK came since
 * @rack_advanced: something was delivered since losses were looked for
 * @delivered: segments acknowledged, ever
 * @delivered_ce: of these, by an ACK that told of an ECN mark
 * @first_tx_us: when the flight left whose rate is measured
 * @delivered_us: when @delivered last grew
 * @app_limited: until so many are delivered the program is what limits; 0: it is not
 * @rate_delivered: of the last sample of the delivery rate that counts: segments
 * @rate_interval_us: and the time that they took
 * @rate_app_limited: and whether the program was what limited it
 * @retrans_timer: retransmission and window probe
 * @delack_timer: delayed ACK
 * @pacing_timer: the next segment is due
 * @tsq: a segment of it that is freed resumes it; atomic, tsq.c
 * @tsq_node: among the sockets to be resumed; tsq_queue.lock
 * @compress_timer: ACKs that are merged into one
 * @event: &enum xtcp_timer_event of @retrans_timer
 * @timeout: when it is due, jiffies
 * @deferred: XTCP_DEFER_* bits, atomic; each that is set holds a reference
 * @probes_out: window or keepalive probes unanswered
 * @probes_stamp: first window probe of these, ms
 * @lsndtime: last data sent, jiffies32
 * @rcv_tstamp: last segment with an acceptable ACK, jiffies32
 * @ack: when to acknowledge
 * @sacks: what to tell then of data ahead of a gap, or that came twice
 * @keepalive_time: TCP_KEEPIDLE, jiffies, 0: sysctl
 * @keepalive_intvl: TCP_KEEPINTVL, jiffies, 0: sysctl
 * @keepalive_probes: TCP_KEEPCNT, 0: sysctl
 * @syn_retries: TCP_SYNCNT, 0: sysctl
 * @rto_min: what a timeout adds at least, jiffies, unless a route says otherwise
 * @defer_accept: TCP_DEFER_ACCEPT, rounds of the SYN-ACK timer
 * @nodelay: TCP_NODELAY
 * @fin_owed: no memory for our FIN yet (I-27)
 * @cork: TCP_CORK
 * @push_tail: the last unsent buffer leaves as soon as it may, whatever Nagle says
 * @recvmsg_inq: TCP_INQ
 * @thin_linear: TCP_THIN_LINEAR_TIMEOUTS
 * @ca_setsockopt: TCP_CONGESTION was set: children inherit it
 * @linger2: TCP_LINGER2, jiffies, 0: sysctl, -1: none
 * @user_timeout: TCP_USER_TIMEOUT, ms, 0: none
 * @notsent_lowat: TCP_NOTSENT_LOWAT, bytes, 0: sysctl
 * @out_of_order_queue: data ahead of a gap, by sequence number
 * @ooo_last_skb: the last of it
 * @rtx_queue: sent and not acknowledged; sk_write_queue holds the unsent
 * @tsorted_sent_queue: of these, whose fate is open, by the time of sending
 * @retransmit_hint: of it; nothing before waits to be sent again; NULL: begin at
 *		     the head
 * @rcvq_space: most that was read in a round trip, bytes
 * @rcvq_seq: @copied_seq when this one began
 * @rcvq_time: when, us
 * @wstamp_ns: when the last segment was to leave, or the next is, ns
 * @chrono_time: where time went, jiffies, by &enum xtcp_chrono
 * @chrono_start: since when it goes where it goes now, jiffies32
 * @chrono: where that is
 * @last_oow_ack: last challenge ACK, or answer to a segment out of place,
 *		  jiffies32 (E-49)
 * @orphan_counted: is in xtcp_net.orphans
 * @nat: its segments to this host pass netfilter (nat.c)
 * @live_cpu: processor whose list of sockets it is on
 * @live_node: there, until it is destructed; the list's lock
 * @bytes_acked: TCP_INFO
 * @bytes_received: TCP_INFO
 * @bytes_sent: TCP_INFO
 * @bytes_retrans: TCP_INFO
 * @segs_in: TCP_INFO
 * @segs_out: TCP_INFO
 * @data_segs_in: TCP_INFO
 * @data_segs_out: TCP_INFO
 * @rcv_ooopack: TCP_INFO
 *
 * The socket lock guards whatever names no other lock.  jiffies32 is the low
 * half of jiffies; sequence numbers wrap.
 */
struct xtcp_sock {
	struct inet_sock inet;

	/* port.c: under the bind head's lock */
	struct xtcp_bind_bucket *bind;
	struct xtcp_bind_group *bind_group;
	u8 bind_class;
	struct xtcp_dest *dest;

	/* acceptq.c */
	struct xtcp_accept_queue accept_queue;
	struct list_head accept_node;

	/* Options of the program (0: the namespace's). */
	unsigned int keepalive_time;
	unsigned int keepalive_intvl;
	u8 keepalive_probes;
	u8 syn_retries;
	u8 defer_accept;
	bool nodelay;
	bool cork;
	bool push_tail;
	bool recvmsg_inq;
	bool thin_linear;
	bool ca_setsockopt;
	u16 user_mss;
	int linger2;
	u32 user_timeout;
	u32 notsent_lowat;
	u32 window_clamp;
	u32 rto_min;
	u8 scaling_ratio;

	/* sock.c: which sockets there are */
	unsigned int live_cpu;
	struct list_head live_node;
	bool orphan_counted;
	bool nat;

	/* timer.c */
	struct timer_list retrans_timer;
	struct timer_list delack_timer;
	struct hrtimer pacing_timer;
	struct hrtimer compress_timer;
	unsigned long timeout;
	unsigned long deferred;
	u32 mtu_info;
	u8 event;

	/* tsq.c */
	atomic_long_t tsq;
	struct list_head tsq_node;

	/* scoreboard.c: sent and not yet acknowledged; sk_write_queue holds the unsent. */
	struct rb_root_cached rtx_queue;
	struct list_head tsorted_sent_queue;
	/* ofo.c */
	struct rb_root out_of_order_queue;
	struct sk_buff *ooo_last_skb;

	/* choice.c */
	const struct xtcp_cong_ops *ca;
	u64 ca_priv[13];
	bool ca_started;
	bool ca_locked;
	bool ca_needs_ecn;

	/*
	 * Sequence numbers, RFC 9293 3.3.1: poll() compares them without the lock, and
	 * after disconnect() ours go on.  xtcp_sock_start_send(), _recv()
	 */
	u32 snd_una;
	u32 snd_nxt;
	u32 snd_wl1;
	u32 snd_up;
	u32 iss;
	u32 write_seq;
	u32 pushed_seq;
	u32 snd_sml;
	u32 rcv_nxt;
	u32 rcv_wup;
	u32 copied_seq;
	u32 urg_seq;

	/* All else of one connection: xtcp_sock_init_conn() clears it. */
	struct_group(conn,
		u32 snd_wnd;
		u32 max_window;
		u32 rcv_wnd;
		u32 rcv_mwnd_seq;
		u32 rcv_ssthresh;
		u16 urg_data;		/* XTCP_URG_* | the byte */
		bool urg_mode;
		bool fin_owed;

		/* What the handshake agreed, and the path allows. */
		u32 pmtu;
		u32 mtup_low;
		u32 mtup_high;
		u32 mtup_size;
		u32 mtup_start_seq;
		u32 mtup_end_seq;
		u32 mtup_stamp;
		bool mtup_on;
		bool mtup_held;
		u16 mss_clamp;
		u16 advmss;
		u16 mss_cache;
		u32 mss_mtu;
		u8 snd_wscale;
		u8 rcv_wscale;
		bool wscale_ok;
		bool tstamp_ok;
		bool sack_ok;
		u8 ecn;

		/* RFC 7323 */
		bool saw_tstamp;
		u32 ts_recent;
		u32 ts_recent_stamp;
		u32 ts_off;
		u32 syn_tsval;
		u32 rcv_tsval;
		u32 rcv_tsecr;

		/* rtt.c: RFC 6298, microseconds and jiffies */
		u32 srtt_us;
		u32 mdev_us;
		u32 mdev_max_us;
		u32 rttvar_us;
		u32 rtt_seq;
		struct minmax rtt_min;
		u32 rto;
		u8 backoff;
		u64 clock_us;
		u32 rcv_rtt_us;
		u32 rcv_rtt_seq;
		u64 rcv_rtt_time;
		u32 rcv_rtt_tsecr;

		/* cong.c, recovery.c, sndqueue.c: counted in segments */
		u32 snd_cwnd;
		u32 snd_cwnd_cnt;
		u32 snd_ssthresh;
		u32 snd_cwnd_clamp;
		u32 snd_cwnd_stamp;
		u32 snd_cwnd_used;
		u32 prior_cwnd;
		u32 prior_ssthresh;
		u32 max_packets_out;
		u32 max_packets_seq;
		u32 packets_out;
		u32 sacked_out;
		u32 lost_out;
		u32 retrans_out;
		u32 lost;
		u32 highest_sack;
		u32 dupthresh_seq;
		u32 high_seq;
		bool cwnd_limited;
		u8 ca_state;
		u8 retransmits;
		u8 probes_out;
		bool frto;
		bool sack_reneged;
		u32 retrans_stamp;
		u32 total_retrans;
		u32 timeout_rehash;
		u32 reordering;
		u32 delivered;
		u32 delivered_ce;
		struct sk_buff *retransmit_hint;

		/* reordering.c, undo.c, prr.c, tlp.c */
		u32 reord_seen;
		u32 undo_marker;
		int undo_retrans;
		u32 dsack_dups;
		u32 prr_delivered;
		u32 prr_out;
		u32 tlp_high_seq;
		bool tlp_retrans;

		/* rack.c */
		bool rack_dsack_seen;
		bool rack_advanced;
		u8 rack_reo_wnd_steps;
		u8 rack_reo_wnd_persist;
		u32 rack_end_seq;
		u32 rack_rtt_us;
		u32 rack_last_delivered;
		u64 rack_mstamp;

		/* rate.c */
		u64 first_tx_us;
		u64 delivered_us;
		u32 app_limited;
		u32 rate_delivered;
		u32 rate_interval_us;
		bool rate_app_limited;

		/* timeout.c, delack.c */
		u32 probes_stamp;
		u32 lsndtime;
		u32 rcv_tstamp;
		struct xtcp_ack_state ack;
		struct xtcp_sackblocks sacks;

		/* pacing.c, chrono.c */
		u64 wstamp_ns;
		u32 chrono_time[3];
		u32 chrono_start;
		u8 chrono;

		/* Receive buffer tuning, rcvspace.c */
		u32 rcvq_space;
		u32 rcvq_seq;
		u64 rcvq_time;

		/* Rate limit of challenge ACKs (E-49) and duplicate ones (E-43) */
		u32 last_oow_ack;

		/* TCP_INFO */
		u32 segs_in;
		u64 bytes_acked;
		u64 bytes_received;
		u64 bytes_sent;
		u64 bytes_retrans;
		u32 segs_out;
		u32 data_segs_in;
		u32 data_segs_out;
		u32 rcv_ooopack;
	);
};

static inline struct xtcp_sock *xtcp_sk(const struct sock *sk)
{
	return (struct xtcp_sock *)sk;
}

/**
 * struct xtcp_net - a namespace's state
 * @net: the namespace
 * @loop: xtcp0, RCU
 * @loop_mtu: its largest packet; without it that of IP
 * @wires: devices enslaved to it; changed under RTNL
 * @mib: counters
 * @wheel: timers of requests and TIME_WAIT
 * @tw_count: TIME_WAIT entries (tcp_max_tw_buckets)
 * @orphans: sockets that no program holds and that have not ended yet
 * @timewait_msecs: net.xtcp.timewait_msecs, length of TIME_WAIT
 * @max_orphans: net.xtcp.max_orphans (tcp_max_orphans isn't exported)
 * @used_ports: that have an owner; written under the port's head lock
 * @bound_ports: of these, that connect() doesn't choose (D-62); likewise
 * @vrf_ports: port buckets of VRFs: while there are any, both tell less
 * @challenge_stamp: second of the per-namespace challenge budget, E-49
 * @challenge_count: what is left of it
 * @cong: net.xtcp.congestion_control, RCU, a reference on its module is held; NULL:
 *	  as for TCP
 * @sysctl: registered table
 */
struct xtcp_net {
	struct net *net;
	struct net_device __rcu *loop;
	unsigned int loop_mtu;
	unsigned int wires;
	struct xtcp_mib __percpu *mib;
	struct xtcp_wheel wheel;
	atomic_t tw_count;
	atomic_t orphans;
	unsigned int timewait_msecs;
	unsigned int max_orphans;
	struct xtcp_portset used_ports;
	struct xtcp_portset bound_ports;
	atomic_t vrf_ports;
	u32 challenge_stamp;
	u32 challenge_count;
	const struct xtcp_cong_ops __rcu *cong;
	struct ctl_table_header *sysctl;
};

extern unsigned int xtcp_net_id;

/*
 * As net_generic(), without the calls of rcu_read_lock(): every segment comes
 * here a dozen times.  To RCU a section without preemption is a reader too.
 */
static inline struct xtcp_net *xtcp_pernet(const struct net *net)
{
	struct xtcp_net *xn;

	preempt_disable();
	xn = rcu_dereference_sched(net->gen)->ptr[xtcp_net_id];
	preempt_enable();
	return xn;
}

#define XTCP_INC(net, id) \
	this_cpu_inc(xtcp_pernet(net)->mib->val[XTCP_MIB_##id])
#define XTCP_DEC(net, id) \
	this_cpu_dec(xtcp_pernet(net)->mib->val[XTCP_MIB_##id])
#define XTCP_ADD(net, id, n) \
	this_cpu_add(xtcp_pernet(net)->mib->val[XTCP_MIB_##id], n)

static inline u32 xtcp_jiffies32(void)
{
	return (u32)jiffies;
}

static inline u64 xtcp_clock_us(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_USEC);
}

/* RFC 7323 5.4: the timestamp clock ticks once a millisecond (H-08). */
static inline u32 xtcp_clock_ms(void)
{
	return (u32)div_u64(ktime_get_ns(), NSEC_PER_MSEC);
}

/* The same, but no more than once for a segment that came in. */
static inline u64 xtcp_clock_of(const struct xtcp_sock *xs)
{
	return xs->clock_us ?: xtcp_clock_us();
}

static inline u32 xtcp_clock_to_ms(u64 us)
{
	return (u32)div_u64(us, USEC_PER_MSEC);
}

#define XTCP_STATE_IN(sk, mask) ((1 << (sk)->sk_state) & (mask))

#include "widen.h"

#endif /* _XTCP_H */
