// SPDX-License-Identifier: GPL-2.0-only
/*
 * Undo: a reduction of the congestion window is taken back where it shows that
 * nothing was lost: by timestamps (RFC 3522), by D-SACK (RFC 3708), by F-RTO
 * (RFC 5682; recovery.c).  The response is that of RFC 4015.
 */
#include "xtcp.h"
#include "cong/cong.h"
#include "cong/undo.h"
#include "parts/rack.h"
#include "parts/tstamp.h"

/**
 * xtcp_undo_start() - a loss is about to be repaired: what could be undone
 * @sk: locked
 * @cwnd: the reduction, too
 *
 * Counterpart of the kernel's tcp_init_undo().
 */
void xtcp_undo_start(struct sock *sk, bool cwnd)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xtcp_cong_keep_ssthresh(xs, cwnd ? xtcp_cong_current_ssthresh(xs) : 0);
	xs->undo_marker = xs->snd_una;
	/* -1: none was sent again yet, so that none can have come twice. */
	xs->undo_retrans = xs->retrans_out ?: -1;
	if (XTCP_UNDO_COUNTS_PROBE && xs->tlp_high_seq && xs->tlp_retrans)
		xs->undo_retrans = xs->retrans_out + 1;
}

/**
 * xtcp_undo_delayed() - was it the original that arrived?
 * @xs: locked
 *
 * RFC 3522, Eifel: the echoed timestamp is older than the first retransmission.  Or
 * there was none yet, as this host's queues or the pace forbade it; but a SYN's is
 * forgotten when it is acknowledged, and without SACK that of all when all is.
 *
 * Counterpart of the kernel's tcp_packet_delayed().
 */
bool xtcp_undo_delayed(const struct xtcp_sock *xs)
{
	if (xs->retrans_stamp)
		return xtcp_tstamp_echoes_before(xs, xs->retrans_stamp);
	if (!xs->sack_ok && !seq_before(xs->snd_una, xs->high_seq))
		return false;
	return xs->inet.sk.sk_state != TCP_SYN_SENT;
}

/**
 * xtcp_undo_proven() - was it all for nothing?
 * @xs: locked
 */
bool xtcp_undo_proven(const struct xtcp_sock *xs)
{
	return xs->undo_marker && (!xs->undo_retrans || xtcp_undo_delayed(xs));
}

/**
 * xtcp_undo_reduction() - cwnd and ssthresh are what they were
 * @sk: locked
 *
 * Counterpart of the kernel's tcp_undo_cwnd_reduction().
 */
void xtcp_undo_reduction(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xtcp_cong_undo(sk);
	xs->undo_marker = 0;
	xtcp_rack_again(xs);
}
