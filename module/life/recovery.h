/* SPDX-License-Identifier: GPL-2.0-only */
/* What recovery.c is asked; described there. */
#ifndef _XTCP_RECOVERY_H
#define _XTCP_RECOVERY_H

#include "xtcp.h"
#include "parts/rate.h"

/**
 * struct xtcp_ack - what one acknowledgment did
 * @ack: its number
 * @prior_una: SND.UNA before it
 * @prior_high_sack: end of the highest SACKed segment before it
 * @prior_delivered: xtcp_sock.delivered before it
 * @prior_lost: xtcp_sock.lost before it
 * @reord: lowest sequence number that arrived behind a later one
 * @dupacks: duplicate ACKs in the sense of RFC 5681 that it stands for
 * @told: segments that its SACK blocks newly tell of
 * @segs: whole segments that it newly acknowledged
 * @delivered: segments that it newly tells have arrived
 * @first_us: when the oldest that it acknowledged had left, of those that were sent
 *	      once, 0: none
 * @last_us: when the newest of them had
 * @first_sack_us: when the first that it SACKed had left, likewise
 * @last_sack_us: when the last of them had
 * @data: it has data, or takes sequence numbers
 * @whole: it acknowledged a whole segment, or the SYN
 * @syn: it acknowledged our SYN
 * @advanced: it moved SND.UNA, if only inside a segment
 * @new_window: it brought a window that counts
 * @retrans: of what it acknowledged, some had been sent again
 * @orig: it tells of what was sent before recovery began, and never again
 * @sacked: it SACKed something new
 * @dsack: it has a D-SACK
 * @dsack_tlp: which tells that a loss probe was needless
 * @echo: it tells of an ECN mark
 * @reneging: the head of the queue is SACKed, and yet not acknowledged
 * @lost_retrans: it tells that a retransmission was lost
 * @set_timer: the retransmission timer begins anew
 * @rs: the delivery rate, as it tells it
 *
 * Filled in ack.c and sack.c, once, and handed down.
 */
struct xtcp_ack {
	u32 ack;
	u32 prior_una;
	u32 prior_high_sack;
	u32 prior_delivered;
	u32 prior_lost;
	u32 reord;
	u32 dupacks;
	u32 told;
	u32 segs;
	u32 delivered;
	u64 first_us;
	u64 last_us;
	u64 first_sack_us;
	u64 last_sack_us;
	bool data;
	bool whole;
	bool syn;
	bool advanced;
	bool new_window;
	bool retrans;
	bool orig;
	bool sacked;
	bool dsack;
	bool dsack_tlp;
	bool echo;
	bool reneging;
	bool lost_retrans;
	bool set_timer;
	struct xtcp_rate_sample rs;
};

/**
 * enum xtcp_resend - what may leave once cwnd is known
 * @XTCP_RESEND_NONE: nothing but what always may
 * @XTCP_RESEND_LOST: what is lost
 * @XTCP_RESEND_NEW: new data first, to find out whether anything is (RFC 5682)
 */
enum xtcp_resend {
	XTCP_RESEND_NONE,
	XTCP_RESEND_LOST,
	XTCP_RESEND_NEW,
};

enum xtcp_resend xtcp_recovery_dubious(struct sock *sk, struct xtcp_ack *a);

/* What an acknowledgment means for loss: mostly nothing */
static inline enum xtcp_resend xtcp_recovery_ack(struct sock *sk, struct xtcp_ack *a)
{
	if (likely(xtcp_sk(sk)->ca_state == XTCP_CA_OPEN) && !a->sacked && !a->echo &&
	    !a->dsack && (a->data || a->new_window || a->whole))
		return XTCP_RESEND_NONE;
	return xtcp_recovery_dubious(sk, a);
}

void xtcp_recovery_send(struct sock *sk, enum xtcp_resend what);
void xtcp_recovery_timeout(struct sock *sk);
void xtcp_recovery_reorder_timeout(struct sock *sk);
void xtcp_recovery_probe_lost(struct sock *sk);
void xtcp_recovery_syn(struct xtcp_sock *xs);
void xtcp_recovery_too_long(struct sock *sk);

#endif /* _XTCP_RECOVERY_H */
