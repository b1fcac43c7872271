// SPDX-License-Identifier: GPL-2.0-only
/*
 * Urgent data: where its byte is, and the byte itself, which is not in line
 * unless SO_OOBINLINE says so (RFC 9293 3.8.5 and 3.10.7.4 step 6, H-74).
 */
#include "xtcp.h"
#include "parts/urgent.h"

/* The peer points at @seq. */
static void urgent_pointer(struct sock *sk, u32 seq)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	/* Old news: read already, or not newer than what is known. */
	if (seq_after(xs->copied_seq, seq) || seq_before(seq, xs->rcv_nxt))
		return;
	if (xs->urg_data && !seq_after(seq, xs->urg_seq))
		return;
	sk_send_sigurg(sk);
	/* The byte of a mark that nobody read becomes ordinary data. */
	if (xs->urg_seq == xs->copied_seq && xs->urg_data &&
	    !sock_flag(sk, SOCK_URGINLINE) && xs->copied_seq != xs->rcv_nxt) {
		struct sk_buff *skb = skb_peek(&sk->sk_receive_queue);

		xs->copied_seq++;
		if (skb && !seq_before(xs->copied_seq, XTCP_CB(skb)->end_seq)) {
			__skb_unlink(skb, &sk->sk_receive_queue);
			__kfree_skb(skb);
		}
	}
	WRITE_ONCE(xs->urg_data, XTCP_URG_NOTYET);
	WRITE_ONCE(xs->urg_seq, seq);
}

/**
 * xtcp_urgent_take() - step 6: where the urgent byte is
 * @sk: locked
 * @skb: an acceptable segment, from its TCP header on
 *
 * Context: softirq.
 */
void xtcp_urgent_take(struct sock *sk, const struct sk_buff *skb)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 ptr = cb->urg;
	u32 doff = tcp_hdr(skb)->doff * 4;
	u8 byte;

	sock_owned_by_me(sk);
	if (cb->flags & XTCP_URG) {
		if (ptr && !READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_stdurg))
			ptr--;
		urgent_pointer(sk, cb->seq + ptr);
	}
	if (xs->urg_data != XTCP_URG_NOTYET ||
	    seq_before(xs->urg_seq, cb->seq))
		return;
	ptr = xs->urg_seq - cb->seq + doff - !!(cb->flags & XTCP_SYN);
	if (ptr >= skb->len || skb_copy_bits(skb, ptr, &byte, 1))
		return;
	WRITE_ONCE(xs->urg_data, XTCP_URG_VALID | byte);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
}
