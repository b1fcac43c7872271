/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Congestion control as a plug: what an algorithm is, for those of this tree and
 * of other modules alike.  examples/xtcp_aimd/ is a complete one.
 *
 * An algorithm is a struct xtcp_cong_ops.  Its module registers it when it is
 * loaded and takes it back when it goes, whatever sockets do meanwhile.  Each
 * socket that has it, and each namespace whose default it is, holds a reference on
 * its module, which can't be removed until then.
 *
 * All hooks run under the socket lock, in softirq or in a system call: they must
 * not sleep, and may read the whole of struct xtcp_sock.  They change their private
 * state (xtcp_cong_priv()), sk_pacing_rate, and the rest by the verbs below.  All
 * that they are told has come from a peer or a clock: a number may be 0, or huge.
 */
#ifndef _XTCP_CONG_OPS_H
#define _XTCP_CONG_OPS_H

#include <linux/inet_diag.h>

#include "xtcp.h"
#include "parts/rate.h"

#define XTCP_CONG_NAME_MAX	16

/**
 * enum xtcp_cong_flags - what holds of an algorithm (xtcp_cong_ops.flags)
 * @XTCP_CONG_NON_RESTRICTED: any program may choose it; else who has CAP_NET_ADMIN,
 *			      until net.xtcp.allowed_congestion_control lists it
 * @XTCP_CONG_NEEDS_ECN: SYNs ask for ECN, and all segments are sent as capable of
 *			 it, not new data alone; it hears of marks by @cwnd_event
 */
enum xtcp_cong_flags {
	XTCP_CONG_NON_RESTRICTED	= BIT(0),
	XTCP_CONG_NEEDS_ECN		= BIT(1),
};

/**
 * enum xtcp_ca_event - what happens to a connection (xtcp_cong_ops.cwnd_event)
 * @XTCP_CA_EVENT_TX_START: data leaves, and none was in flight; xtcp_sock.lsndtime is
 *			    still when some last did
 * @XTCP_CA_EVENT_CWND_RESTART: cwnd is about to be cut after an idle time (RFC 2861)
 * @XTCP_CA_EVENT_COMPLETE_CWR: a reduction is complete
 * @XTCP_CA_EVENT_LOSS: a timeout, once for each loss event, after @ssthresh
 * @XTCP_CA_EVENT_ECN_NO_CE: data came without a mark, capable of ECN
 * @XTCP_CA_EVENT_ECN_IS_CE: data came with a mark (RFC 3168)
 *
 * The last two come only to who needs ECN; the segment is in xtcp_sock.rcv_nxt by
 * then, if it is in order.
 */
enum xtcp_ca_event {
	XTCP_CA_EVENT_TX_START,
	XTCP_CA_EVENT_CWND_RESTART,
	XTCP_CA_EVENT_COMPLETE_CWR,
	XTCP_CA_EVENT_LOSS,
	XTCP_CA_EVENT_ECN_NO_CE,
	XTCP_CA_EVENT_ECN_IS_CE,
};

/**
 * enum xtcp_cong_ack - what an acknowledgment did
 * @XTCP_CONG_ACK_DATA: it acknowledged new data in order
 * @XTCP_CONG_ACK_SACKED: it told of data that arrived out of order
 * @XTCP_CONG_ACK_RETRANS: of what it acknowledged, some had been sent again
 * @XTCP_CONG_ACK_WINDOW: it changed the peer's window
 * @XTCP_CONG_ACK_ECE: it tells of an ECN mark
 */
enum xtcp_cong_ack {
	XTCP_CONG_ACK_DATA	= BIT(0),
	XTCP_CONG_ACK_SACKED	= BIT(1),
	XTCP_CONG_ACK_RETRANS	= BIT(2),
	XTCP_CONG_ACK_WINDOW	= BIT(3),
	XTCP_CONG_ACK_ECE	= BIT(4),
};

/**
 * struct xtcp_cong_sample - what an acknowledgment tells of the path
 * @pkts_acked: segments newly acknowledged or SACKed
 * @rtt_us: its round trip (RFC 6298, by Karn's rule), negative: not known
 * @in_flight: bytes delivered since the segment was sent, it included: what was in
 *	       flight then; 0: not known
 */
struct xtcp_cong_sample {
	u32 pkts_acked;
	s32 rtt_us;
	u32 in_flight;
};

/**
 * struct xtcp_cong_ops - a congestion control algorithm
 * @name: as in TCP_CONGESTION, 1 to 15 characters
 * @owner: THIS_MODULE
 * @flags: &enum xtcp_cong_flags
 * @init: a connection is established, or changes to this algorithm when it has
 *	  been; private state is all 0.  Optional
 * @release: the connection that saw @init ends, or changes away.  Optional
 * @ssthresh: congestion: the new threshold in segments, while xtcp_sock.snd_cwnd is
 *	      still what it was.  Before @init, too, when a SYN is lost.  Required
 * @cong_avoid: @acked segments were acknowledged, up to @ack, and cwnd was what held
 *		the connection back: it may grow; not while it is reduced.  Required,
 *		unless there is @cong_control
 * @cong_control: takes the place of @cong_avoid, of the reduction in recovery
 *		  (RFC 6937) and of pacing: cwnd and sk_pacing_rate are its affair, with
 *		  every ACK that acknowledged, SACKed or lost something.  @flags:
 *		  &enum xtcp_cong_ack.  cwnd is not cut after an idle time either.
 *		  Optional
 * @undo_cwnd: a reduction was needless (RFC 4015): what cwnd shall be.  Required
 * @set_state: recovery enters @state, &enum xtcp_ca_state; xtcp_sock.ca_state is
 *	       still the old one.  Before @init, too.  Optional
 * @cwnd_event: something happens, &enum xtcp_ca_event.  Before @init only
 *		%XTCP_CA_EVENT_LOSS.  Optional
 * @in_ack_event: an ACK came, @flags &enum xtcp_cong_ack; xtcp_sock.snd_una,
 *		  delivered and delivered_ce tell of it already, recovery has not
 *		  looked at it.  Optional
 * @pkts_acked: an ACK acknowledged or SACKed something; after @in_ack_event, before
 *		recovery looks at it.  Optional
 * @get_info: TCP_CC_INFO: fill in @info and @attr (INET_DIAG_VEGASINFO and so on)
 *	      if @ext, of INET_DIAG_*, wants it.  Return: its size, or 0.  Optional
 * @min_tso_segs: least segments of a super-segment, however slow the connection is
 *		  (tcp_min_tso_segs).  Optional
 * @sndbuf_expand: the send buffer shall hold so many windows (2).  Optional
 * @key: of the name, as routes have it (RTAX_CC_ALGO); set at registration
 * @list: of all algorithms; set at registration
 *
 * Counterpart of the kernel's struct tcp_congestion_ops.
 */
struct xtcp_cong_ops {
	char name[XTCP_CONG_NAME_MAX];
	struct module *owner;
	unsigned long flags;
	void (*init)(struct sock *sk);
	void (*release)(struct sock *sk);
	u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked);
	void (*cong_control)(struct sock *sk, u32 ack, u32 flags,
			     const struct xtcp_rate_sample *rs);
	u32 (*undo_cwnd)(struct sock *sk);
	void (*set_state)(struct sock *sk, u8 state);
	void (*cwnd_event)(struct sock *sk, enum xtcp_ca_event event);
	void (*in_ack_event)(struct sock *sk, u32 flags);
	void (*pkts_acked)(struct sock *sk, const struct xtcp_cong_sample *sample);
	size_t (*get_info)(struct sock *sk, u32 ext, int *attr,
			   union tcp_cc_info *info);
	u32 (*min_tso_segs)(struct sock *sk);
	u32 (*sndbuf_expand)(struct sock *sk);
	u32 key;
	struct list_head list;
};

/* Private state of a connection: sizeof(struct xtcp_sock.ca_priv) bytes */
static inline void *xtcp_cong_priv(const struct sock *sk)
{
	return xtcp_sk(sk)->ca_priv;
}

/* In an algorithm's module, once: its private state fits. */
#define XTCP_CONG_PRIV(type)						\
	static_assert(sizeof(type) <= sizeof_field(struct xtcp_sock, ca_priv) && \
		      __alignof__(type) <= __alignof__(u64))

static inline bool xtcp_in_slow_start(const struct xtcp_sock *xs)
{
	return xs->snd_cwnd < xs->snd_ssthresh;
}

/* registry.c */
int xtcp_cong_register(struct xtcp_cong_ops *ops);
void xtcp_cong_unregister(struct xtcp_cong_ops *ops);

/* choice.c */
void xtcp_cong_become(struct sock *sk, const struct xtcp_cong_ops *ops);

/* cong.c */
void xtcp_cong_set_cwnd(struct xtcp_sock *xs, u32 cwnd);
void xtcp_cong_set_ssthresh(struct xtcp_sock *xs, u32 ssthresh);
u32 xtcp_cong_slow_start(struct xtcp_sock *xs, u32 acked);
void xtcp_cong_grow(struct xtcp_sock *xs, u32 w, u32 acked);
void xtcp_cong_echo(struct xtcp_sock *xs, bool marked);
void xtcp_cong_ack_first(struct sock *sk, u32 rcv_nxt);

/* cong_reno.c */
u32 xtcp_cong_reno_ssthresh(struct sock *sk);
void xtcp_cong_reno_avoid(struct sock *sk, u32 ack, u32 acked);
u32 xtcp_cong_reno_undo(struct sock *sk);

#endif /* _XTCP_CONG_OPS_H */
