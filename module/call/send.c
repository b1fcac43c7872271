// SPDX-License-Identifier: GPL-2.0-only
/* From the program's bytes to the write queue (RFC 9293 3.10.2, G.1). */
#include <linux/sched/signal.h>

#include "xtcp.h"
#include "call/send.h"
#include "cong/cong.h"
#include "ip/route.h"
#include "life/output.h"
#include "life/write.h"
#include "parts/chrono.h"
#include "parts/memory.h"
#include "parts/rate.h"
#include "parts/skb.h"
#include "parts/sndqueue.h"
#include "parts/tsq.h"
#include "parts/urgent.h"

static void mark_push(struct xtcp_sock *xs, struct sk_buff *skb)
{
	XTCP_CB(skb)->flags |= XTCP_PSH;
	xtcp_sndqueue_pushed(xs);
}

/* H-48: more than half of the largest window was written since the last PSH. */
static bool push_due(const struct xtcp_sock *xs)
{
	return seq_after(xs->write_seq, xs->pushed_seq + (xs->max_window >> 1));
}

/* An empty buffer at the end of the queue, or NULL without memory. */
static struct sk_buff *new_buffer(struct sock *sk)
{
	struct sk_buff *skb = xtcp_sndqueue_alloc(sk, sk->sk_allocation);
	struct xtcp_skb_cb *cb;

	if (!skb)
		return NULL;
	/* What has nothing in flight would wait for ever. */
	if (!xtcp_has_unsent(sk) && !xtcp_rtx_head(xtcp_sk(sk))) {
		xtcp_memory_force(sk, skb->truesize);
	} else if (!sk_wmem_schedule(sk, skb->truesize)) {
		__kfree_skb(skb);
		return NULL;
	}
	cb = XTCP_CB(skb);
	cb->seq = xtcp_sk(sk)->write_seq;
	cb->end_seq = cb->seq;
	cb->flags = XTCP_ACK;
	xtcp_write_begun(xtcp_sk(sk));
	xtcp_sndqueue_charge(sk, skb);
	if (!xtcp_has_unsent(sk))
		xtcp_chrono_start(xtcp_sk(sk), XTCP_CHRONO_BUSY);
	__skb_queue_tail(&sk->sk_write_queue, skb);
	return skb;
}

/**
 * struct send_size - in which sizes data leaves, as the path is now
 * @mss: bytes of a segment
 * @goal: of a buffer
 */
struct send_size {
	u32 mss;
	u32 goal;
};

/*
 * How much one buffer may hold: a multiple of the MSS, and at most half of the
 * largest window, so that the peer always has room for the next one.  An urgent
 * byte's is one segment.
 */
static __always_inline struct send_size size_now(struct sock *sk, struct msghdr *msg)
{
	const struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);
	struct send_size size = { .mss = xtcp_output_sync_mss(sk) };
	u32 goal = xtcp_sk(sk)->max_window;

	size.goal = size.mss;
	/* What fits into a segment is spared the question. */
	if (msg->msg_flags & MSG_OOB ||
	    msg_data_left(msg) + (tail ? tail->len : 0) <= size.mss)
		return size;
	if (goal > XTCP_MSS_DEFAULT)
		goal >>= 1;
	goal = min(goal, xtcp_route_gso_max(sk, size.mss));
	if (goal > size.mss)
		size.goal = rounddown(goal, size.mss);
	return size;
}

/*
 * How many of @want bytes may be charged: where memory is short, as many as a
 * socket may always have (tcp_wmem[0]).
 */
static int schedule_bytes(struct sock *sk, int want)
{
	int left;

	if (likely(sk_wmem_schedule(sk, want)))
		return want;
	left = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_wmem[0]) -
	       sk->sk_wmem_queued;
	if (left > 0)
		xtcp_memory_force(sk, min(left, want));
	return clamp(sk->sk_forward_alloc, 0, want);
}

/* Copies into a page of the buffer; 0: the buffer is full, or an error. */
static int copy_chunk(struct sock *sk, struct sk_buff *skb,
		      struct msghdr *msg, int want)
{
	struct page_frag *frag = sk_page_frag(sk);
	int i = skb_shinfo(skb)->nr_frags;
	bool merge;
	int copy, err;

	if (!sk_page_frag_refill(sk, frag))
		return -ENOMEM;
	merge = skb_can_coalesce(skb, i, frag->page, frag->offset);
	if (!merge && i >= MAX_SKB_FRAGS)
		return 0;
	copy = schedule_bytes(sk, min_t(int, want, frag->size - frag->offset));
	if (!copy)
		return -ENOMEM;
	err = skb_copy_to_page_nocache(sk, &msg->msg_iter, skb, frag->page,
				       frag->offset, copy);
	if (err)
		return err;
	if (merge) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], copy);
	} else {
		skb_fill_page_desc(skb, i, frag->page, frag->offset, copy);
		page_ref_inc(frag->page);
	}
	frag->offset += copy;
	return copy;
}

static void drop_empty(struct sock *sk, struct sk_buff *skb)
{
	if (!skb || skb->len || XTCP_CB(skb)->flags & XTCP_FIN)
		return;
	__skb_unlink(skb, &sk->sk_write_queue);
	xtcp_sndqueue_free(sk, skb);
	xtcp_chrono_stop(sk, XTCP_CHRONO_BUSY);
}

/*
 * What was written so far may leave, by @push unless more follows at once.
 * Counterpart of the kernel's tcp_push().
 */
static void push_written(struct sock *sk, int flags, enum xtcp_push push,
			 const struct send_size *size)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);

	if (!tail)
		return;
	if (!(flags & MSG_MORE) || push_due(xs))
		mark_push(xs, tail);
	if (flags & MSG_OOB)
		xtcp_urgent_mark(xs);
	if (xtcp_tsq_autocork(sk, tail, size->goal))
		return;
	xtcp_write_push_by(sk, size->mss, flags & MSG_MORE ? XTCP_PUSH_MORE : push);
}

/* Appends up to one buffer's worth; bytes, or a negative error. */
static int append_data(struct sock *sk, struct msghdr *msg, u32 goal, bool first)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);
	int copied;

	/* Who has a copy of one that did not leave reads how long it is. */
	if (!skb || skb->len >= goal || XTCP_CB(skb)->flags & XTCP_FIN ||
	    XTCP_CB(skb)->eor || skb_cloned(skb)) {
new_segment:
		if (!sk_stream_memory_free(sk))
			return -EAGAIN;
		skb = new_buffer(sk);
		if (!skb)
			return -ENOMEM;
		xtcp_cong_restart(sk);
	}
	copied = copy_chunk(sk, skb, msg, min_t(u32, goal - skb->len,
						msg_data_left(msg)));
	if (!copied)
		goto new_segment;
	if (copied < 0) {
		drop_empty(sk, skb);
		return copied;
	}
	/* What an earlier call ended with goes on. */
	if (first)
		XTCP_CB(skb)->flags &= ~XTCP_PSH;
	xtcp_sndqueue_wrote(xs, copied);
	XTCP_CB(skb)->end_seq += copied;
	return copied;
}

/* A handshake that is on its way is waited for (G-02), or -EAGAIN (G-03). */
static int send_wait_connected(struct sock *sk, long *timeo)
{
	if (!XTCP_STATE_IN(sk, ~(TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)))
		return 0;
	return sk_stream_wait_connect(sk, timeo);
}

/* G-07: space, or an error of it. */
static int wait_memory(struct sock *sk, int flags, int copied,
		       const struct send_size *size, long *timeo)
{
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	if (copied)
		push_written(sk, flags & ~MSG_MORE, XTCP_PUSH_NOW, size);
	return sk_stream_wait_memory(sk, timeo);
}

/* A full buffer may leave while more is being written (H-48). */
static void push_full(struct sock *sk, const struct send_size *size)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);

	if (tail->len < size->goal)
		return;
	if (push_due(xtcp_sk(sk))) {
		mark_push(xtcp_sk(sk), tail);
		xtcp_write_push_by(sk, size->mss, XTCP_PUSH_NOW);
	} else if (skb_queue_is_first(&sk->sk_write_queue, tail)) {
		xtcp_write_push_by(sk, size->mss, XTCP_PUSH_ONE);
	}
}

static int send_locked(struct sock *sk, struct msghdr *msg, int *copied,
		       struct send_size *size)
{
	int flags = msg->msg_flags;
	long timeo = sock_sndtimeo(sk, flags & MSG_DONTWAIT);
	int err;

	xtcp_rate_check_app_limited(sk);
	err = send_wait_connected(sk, &timeo);
	if (err)
		return err;
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	*size = size_now(sk, msg);
	if (sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN))
		return -EPIPE;
	while (msg_data_left(msg)) {
		err = append_data(sk, msg, size->goal, !*copied);
		if (err > 0) {
			*copied += err;
			if (!(flags & MSG_OOB) && msg_data_left(msg))
				push_full(sk, size);
			continue;
		}
		if (err != -EAGAIN && err != -ENOMEM)
			return err;
		err = wait_memory(sk, flags, *copied, size, &timeo);
		if (err)
			return err;
		*size = size_now(sk, msg);
	}
	if (flags & MSG_EOR && skb_peek_tail(&sk->sk_write_queue))
		XTCP_CB(skb_peek_tail(&sk->sk_write_queue))->eor = true;
	return 0;
}

/**
 * xtcp_send() - sendmsg (G.1)
 * @sk: socket
 * @msg: what, as long as its iterator says, and how; an address in it is ignored
 *	 (G-10)
 *
 * Counterpart of the kernel's tcp_sendmsg().
 *
 * Context: process.
 * Return: bytes queued, or an error if none.
 */
int xtcp_send(struct sock *sk, struct msghdr *msg)
{
	int copied = 0;
	struct send_size size;
	int err = 0;

	lock_sock(sk);
	if (msg->msg_controllen) {
		struct sockcm_cookie sockc = {};

		/* G-20: whatever is wrong with it is EINVAL. */
		if (sock_cmsg_send(sk, msg, &sockc))
			err = -EINVAL;
	}
	if (!err)
		err = send_locked(sk, msg, &copied, &size);
	if (copied) {
		push_written(sk, msg->msg_flags, XTCP_PUSH_NORMAL, &size);
		err = 0;
	}
	if (err) {
		err = sk_stream_error(sk, msg->msg_flags, err);
		/* Whoever polls for space must learn that none will come. */
		if (skb_queue_empty(&sk->sk_write_queue) && err == -EAGAIN) {
			sk->sk_write_space(sk);
			xtcp_chrono_stop(sk, XTCP_CHRONO_BUFFER);
		}
	}
	release_sock(sk);
	return copied ?: err;
}

/**
 * xtcp_send_splice_eof() - sendfile() came to its end early (G-23)
 * @sock: socket
 *
 * The tail was sent with MSG_MORE in mind, and nothing more comes.
 *
 * Context: process.
 */
void xtcp_send_splice_eof(struct socket *sock)
{
	struct sock *sk = sock->sk;
	struct msghdr nothing = { };
	struct send_size size;

	if (skb_queue_empty_lockless(&sk->sk_write_queue))
		return;
	lock_sock(sk);
	size = size_now(sk, &nothing);
	push_written(sk, 0, XTCP_PUSH_NORMAL, &size);
	release_sock(sk);
}
