// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proportional rate reduction (RFC 6937 and its successor): while a loss is repaired
 * or a mark obeyed, cwnd follows what is delivered, so that it is ssthresh in the end
 * and segments leave evenly until then.
 */
#include "xtcp.h"
#include "cong/cong.h"
#include "cong/prr.h"
#include "cong/undo.h"
#include "parts/ecn.h"
#include "parts/scoreboard.h"
#include "parts/tlp.h"

/**
 * xtcp_prr_start() - less may be in flight from here on
 * @sk: locked, in none of the two states yet
 *
 * Counterpart of the kernel's tcp_init_cwnd_reduction().
 */
void xtcp_prr_start(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xtcp_cong_mark_point(xs);
	xtcp_tlp_end(xs);
	xtcp_cong_no_count(xs);
	xs->prr_delivered = 0;
	xs->prr_out = 0;
	xtcp_cong_reduce(sk);
	xtcp_ecn_reduced(xs);
}

/**
 * xtcp_prr_acked() - an ACK came: how much may be in flight now
 * @sk: locked
 * @delivered: segments that it tells have arrived
 * @lost: segments that it tells are lost
 * @advanced: it moved SND.UNA
 *
 * RFC 6937 3: proportionally while there is too much in flight; then up to ssthresh
 * as slow start does, but by a segment for each delivered where losses go on.
 *
 * Counterpart of the kernel's tcp_cwnd_reduction().
 */
void xtcp_prr_acked(struct sock *sk, u32 delivered, u32 lost, bool advanced)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	int flight = xtcp_in_flight(xs);
	int below = (int)xs->snd_ssthresh - flight;
	s64 send;

	sock_owned_by_me(sk);
	if (!delivered || !xs->prior_cwnd)
		return;
	xs->prr_delivered += delivered;
	if (below < 0) {
		send = div_u64((u64)xs->snd_ssthresh * xs->prr_delivered +
			       xs->prior_cwnd - 1, xs->prior_cwnd);
		send -= xs->prr_out;
	} else {
		send = max_t(s64, (s64)xs->prr_delivered - xs->prr_out, delivered);
		if (advanced && !lost)
			send++;
		send = min_t(s64, below, send);
	}
	/* The first retransmission leaves at once, whatever is in flight. */
	send = max_t(s64, send, !xs->prr_out);
	xtcp_cong_set_cwnd(xs, flight + send);
}

/**
 * xtcp_prr_end() - what was reduced stays so
 * @sk: locked
 *
 * Counterpart of the kernel's tcp_end_cwnd_reduction().
 */
void xtcp_prr_end(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (xs->ca->cong_control)
		return;
	if (xs->snd_ssthresh < XTCP_INFINITE_SSTHRESH &&
	    (xs->ca_state == XTCP_CA_CWR || xs->undo_marker)) {
		xtcp_cong_set_cwnd(xs, xs->snd_ssthresh);
		xtcp_cong_stamp(xs);
	}
	xtcp_cong_event(sk, XTCP_CA_EVENT_COMPLETE_CWR);
}

/**
 * xtcp_prr_enter_cwr() - congestion, but nothing is lost
 * @sk: locked, in a synchronised state
 *
 * Once per window (RFC 3168 6.1.2), and not on top of a loss.
 *
 * Counterpart of the kernel's tcp_enter_cwr().
 */
void xtcp_prr_enter_cwr(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	xtcp_undo_not_cwnd(xs);
	if (xs->ca_state >= XTCP_CA_CWR)
		return;
	xtcp_undo_forbid(xs);
	xtcp_prr_start(sk);
	xtcp_cong_set_state(sk, XTCP_CA_CWR);
}
