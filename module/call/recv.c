// SPDX-License-Identifier: GPL-2.0-only
/* From the receive queue to the program (RFC 9293 3.10.3, G.2). */
#include <linux/errqueue.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "xtcp.h"
#include "call/recv.h"
#include "life/rcvqueue.h"
#include "parts/rcvspace.h"
#include "parts/skb.h"
#include "parts/urgent.h"

/**
 * struct recv_state - one call of recvmsg
 * @seq: next byte to copy; the socket's own unless peeking
 * @peek_seq: what @seq points to then
 * @peek_offset: how far from the first unread byte it began (SO_PEEK_OFF)
 * @copied: bytes so far
 * @target: return once there are so many
 * @timeo: jiffies left to wait
 * @flags: of the call
 * @urg_hole: urgent bytes skipped while peeking
 */
struct recv_state {
	u32 *seq;
	u32 peek_seq;
	u32 peek_offset;
	int copied;
	int target;
	long timeo;
	int flags;
	u32 urg_hole;
};

/* The buffer that holds @seq; @offset: where in it. */
static struct sk_buff *find_buffer(struct sock *sk, u32 seq, u32 *offset)
{
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		if (WARN_ON_ONCE(seq_before(seq, XTCP_CB(skb)->seq)))
			return NULL;
		*offset = seq - XTCP_CB(skb)->seq;
		if (*offset < skb->len ||
		    (*offset == skb->len && XTCP_CB(skb)->flags & XTCP_FIN))
			return skb;
	}
	return NULL;
}

/* G-25: with nothing to read, why not? Positive: wait. */
static int nothing_there(struct sock *sk, const struct recv_state *r)
{
	if (r->copied) {
		if (!r->timeo || sk->sk_err || sk->sk_state == TCP_CLOSE ||
		    sk->sk_shutdown & RCV_SHUTDOWN || signal_pending(current))
			return 0;
		return 1;
	}
	if (sock_flag(sk, SOCK_DONE))
		return 0;
	if (sk->sk_err)
		return sock_error(sk);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return 0;
	if (sk->sk_state == TCP_CLOSE)
		return -ENOTCONN;
	if (!r->timeo)
		return -EAGAIN;
	if (signal_pending(current))
		return sock_intr_errno(r->timeo);
	return 1;
}

/* G-39: how much before or at the urgent byte? 0 and *skip: leave it out. */
static u32 limit_by_urgent(struct sock *sk, struct recv_state *r, u32 used)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u32 ahead = xs->urg_seq - *r->seq;

	if (!READ_ONCE(xs->urg_data) || ahead >= used)
		return used;
	if (ahead)
		return ahead;
	if (sock_flag(sk, SOCK_URGINLINE))
		return used;
	/* Not in line: step over it. */
	WRITE_ONCE(*r->seq, *r->seq + 1);
	r->urg_hole++;
	return 0;
}

static void eat_buffer(struct sock *sk, struct sk_buff *skb)
{
	__skb_unlink(skb, &sk->sk_receive_queue);
	__kfree_skb(skb);
}

/* SO_PEEK_OFF goes forward by what is peeked, back by what is read. */
static void move_peek_offset(struct sock *sk, bool peek, u32 used)
{
	if (peek)
		sk_peek_offset_fwd(sk, used);
	else
		sk_peek_offset_bwd(sk, used);
}

/* Copies from one buffer; 1: go on, 0: stop, or -EFAULT. */
static int copy_some(struct sock *sk, struct msghdr *msg, size_t *len,
		     struct recv_state *r, struct sk_buff *skb, u32 offset)
{
	bool peek = r->flags & MSG_PEEK;
	u32 used = min_t(size_t, skb->len - offset, *len);
	u32 allowed;

	if (used) {
		allowed = limit_by_urgent(sk, r, used);
		if (!allowed) {
			/* The urgent byte was skipped. */
			offset++;
			allowed = min_t(size_t, skb->len - offset, *len);
		}
		used = allowed;
		if (used && !(r->flags & MSG_TRUNC) &&
		    skb_copy_datagram_msg(skb, offset, msg, used))
			return -EFAULT;
		WRITE_ONCE(*r->seq, *r->seq + used);
		r->copied += used;
		*len -= used;
		offset += used;
		move_peek_offset(sk, peek, used);
	}
	if (!peek) {
		xtcp_urgent_passed(xtcp_sk(sk));
		xtcp_rcvspace_tune(sk);
	}
	if (offset < skb->len)
		return 1;
	if (XTCP_CB(skb)->flags & XTCP_FIN) {
		WRITE_ONCE(*r->seq, *r->seq + 1);
		if (!peek)
			eat_buffer(sk, skb);
		return 0;
	}
	if (!peek)
		eat_buffer(sk, skb);
	return 1;
}

/* While we slept another reader may have moved on: peek from there. */
static void resync_peek(struct sock *sk, struct recv_state *r)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	if (r->flags & MSG_PEEK &&
	    r->peek_seq - r->peek_offset - r->copied - r->urg_hole !=
	    xs->copied_seq)
		r->peek_seq = xs->copied_seq + r->peek_offset;
}

/* Is the urgent byte just here, with something read before it? (G-39) */
static bool at_mark(const struct sock *sk, const struct recv_state *r)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	return READ_ONCE(xs->urg_data) && xs->urg_seq == *r->seq && r->copied;
}

static int recv_wait(struct sock *sk, struct recv_state *r)
{
	int err;

	xtcp_rcvqueue_read(sk, r->copied);
	err = sk_wait_data(sk, &r->timeo, skb_peek_tail(&sk->sk_receive_queue));
	return err < 0 ? err : 0;
}

static int recv_loop(struct sock *sk, struct msghdr *msg, size_t len,
		     struct recv_state *r)
{
	struct sk_buff *skb;
	u32 offset;
	int err;

	do {
		if (at_mark(sk, r))
			break;
		/* Urgent data ends a wait too. */
		if (READ_ONCE(xtcp_sk(sk)->urg_data) &&
		    xtcp_sk(sk)->urg_seq == *r->seq && signal_pending(current)) {
			if (!r->copied)
				r->copied = r->timeo ?
					    sock_intr_errno(r->timeo) : -EAGAIN;
			break;
		}
		skb = find_buffer(sk, *r->seq, &offset);
		if (skb) {
			err = copy_some(sk, msg, &len, r, skb, offset);
			if (err == -EFAULT && !r->copied)
				r->copied = -EFAULT;
			if (err <= 0)
				break;
			continue;
		}
		if (r->copied >= r->target &&
		    !READ_ONCE(sk->sk_backlog.tail))
			break;
		err = nothing_there(sk, r);
		if (err <= 0) {
			if (!r->copied)
				r->copied = err;
			break;
		}
		if (r->copied >= r->target) {
			/* Let the backlog in. */
			release_sock(sk);
			lock_sock(sk);
			resync_peek(sk, r);
			continue;
		}
		err = recv_wait(sk, r);
		if (err) {
			if (!r->copied)
				r->copied = err;
			break;
		}
		resync_peek(sk, r);
	} while (len > 0);
	return r->copied;
}

/* MSG_OOB: -EINVAL if none is announced (G-37), -EAGAIN if it isn't here yet (G-38). */
static int recv_urgent_byte(struct sock *sk, struct msghdr *msg, int len,
			    int flags)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u8 byte = xs->urg_data;

	if (sock_flag(sk, SOCK_URGINLINE) || !xs->urg_data ||
	    xs->urg_data == XTCP_URG_READ)
		return -EINVAL;
	if (sk->sk_state == TCP_CLOSE && !sock_flag(sk, SOCK_DONE))
		return -ENOTCONN;
	if (xs->urg_data & XTCP_URG_VALID) {
		if (!(flags & MSG_PEEK))
			xtcp_urgent_read(xs);
		msg->msg_flags |= MSG_OOB;
		if (len <= 0) {
			msg->msg_flags |= MSG_TRUNC;
			return 0;
		}
		if (!(flags & MSG_TRUNC) && memcpy_to_msg(msg, &byte, 1))
			return -EFAULT;
		return 1;
	}
	if (sk->sk_state == TCP_CLOSE || sk->sk_shutdown & RCV_SHUTDOWN)
		return 0;
	return -EAGAIN;
}

static void put_inq(struct sock *sk, struct msghdr *msg)
{
	int inq = xtcp_recv_inq(sk);

	/* A FIN counts as something to come for. */
	if (!inq && sock_flag(sk, SOCK_DONE))
		inq = 1;
	put_cmsg(msg, SOL_TCP, TCP_CM_INQ, sizeof(inq), &inq);
}

static int recv_locked(struct sock *sk, struct msghdr *msg, size_t len,
		       int flags)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct recv_state r = {
		.seq = &xs->copied_seq,
		.flags = flags,
		.timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT),
		.target = sock_rcvlowat(sk, flags & MSG_WAITALL, len),
	};
	int ret;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	if (flags & MSG_OOB)
		return recv_urgent_byte(sk, msg, len, flags);
	if (flags & MSG_PEEK) {
		/* Beyond all that can be there, yet not behind it (2^31). */
		r.peek_offset = clamp(sk_peek_offset(sk, flags), 0, SZ_1G);
		r.peek_seq = xs->copied_seq + r.peek_offset;
		r.seq = &r.peek_seq;
	}
	ret = recv_loop(sk, msg, len, &r);
	xtcp_rcvqueue_read(sk, flags & MSG_PEEK ? 0 : ret);
	return ret;
}

/**
 * xtcp_recv() - recvmsg (G.2)
 * @sk: socket
 * @msg: where to; msg_name is the error queue's alone (G-36)
 * @len: bytes wanted
 * @flags: MSG_*
 *
 * Counterpart of the kernel's tcp_recvmsg().
 *
 * Context: process.
 * Return: bytes, 0 at the end, or an error.
 */
int xtcp_recv(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	int ret;

	if (unlikely(flags & MSG_ERRQUEUE))
		return xtcp_error_queue(sk, msg, len);
	lock_sock(sk);
	ret = recv_locked(sk, msg, len, flags);
	if (xtcp_sk(sk)->recvmsg_inq && ret >= 0 && !(flags & MSG_OOB))
		put_inq(sk, msg);
	release_sock(sk);
	return ret;
}

/**
 * xtcp_recv_inq() - bytes that a read would return now (G-63)
 * @sk: locked
 *
 * Up to an urgent byte that isn't in line; a FIN is not counted.
 */
int xtcp_recv_inq(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 end = READ_ONCE(xs->rcv_nxt);
	u32 read = READ_ONCE(xs->copied_seq);
	int inq;

	sock_owned_by_me(sk);
	if (XTCP_STATE_IN(sk, TCPF_SYN_SENT | TCPF_SYN_RECV))
		return 0;
	if (!sock_flag(sk, SOCK_URGINLINE) && xs->urg_data &&
	    !seq_before(xs->urg_seq, read) && seq_before(xs->urg_seq, end))
		return xs->urg_seq - read;
	inq = end - read;
	if (inq && sock_flag(sk, SOCK_DONE))
		inq--;
	return inq;
}
