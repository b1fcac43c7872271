// SPDX-License-Identifier: GPL-2.0
/* The fuzzer's calls through io_uring, by system calls alone. */
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <sys/mman.h>

#include <kselftest.h>

#include "fuzz_calls.h"

#define ENTRIES		16
#define BUF		(32 << 10)
#define ADDRESSES	16

struct uring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	void *ring;
	size_t ring_size;
};

/* What a request uses lasts longer than the call that made it. */
static char data[BUF];
static struct sockaddr_storage addresses[ADDRESSES];
static socklen_t lengths[ADDRESSES];
static struct __kernel_timespec soon = { .tv_nsec = 2000000 };
static struct iovec vec = { data, sizeof(data) };
static struct msghdr message = { .msg_iov = &vec, .msg_iovlen = 1 };

static struct uring *uring_open(void)
{
	struct io_uring_params params = { };
	struct uring *u = calloc(1, sizeof(*u));
	size_t cq_size;
	char *ring;

	if (!u)
		return NULL;
	u->fd = syscall(__NR_io_uring_setup, ENTRIES, &params);
	if (u->fd < 0)
		goto failed;
	fcntl(u->fd, F_SETFD, FD_CLOEXEC);
	u->ring_size = params.sq_off.array + params.sq_entries * sizeof(unsigned int);
	cq_size = params.cq_off.cqes + params.cq_entries * sizeof(*u->cqes);
	if (cq_size > u->ring_size)
		u->ring_size = cq_size;
	ring = mmap(NULL, u->ring_size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_POPULATE, u->fd, IORING_OFF_SQ_RING);
	u->sqes = mmap(NULL, params.sq_entries * sizeof(*u->sqes),
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		       u->fd, IORING_OFF_SQES);
	if (ring == MAP_FAILED || u->sqes == MAP_FAILED)
		goto failed;
	u->ring = ring;
	u->sq_tail = (unsigned int *)(ring + params.sq_off.tail);
	u->sq_mask = (unsigned int *)(ring + params.sq_off.ring_mask);
	u->sq_array = (unsigned int *)(ring + params.sq_off.array);
	u->cq_head = (unsigned int *)(ring + params.cq_off.head);
	u->cq_tail = (unsigned int *)(ring + params.cq_off.tail);
	u->cq_mask = (unsigned int *)(ring + params.cq_off.ring_mask);
	u->cqes = (struct io_uring_cqe *)(ring + params.cq_off.cqes);
	return u;
failed:
	if (u->fd >= 0)
		close(u->fd);
	free(u);
	return NULL;
}

void uring_close(struct actor *a)
{
	struct uring *u = a->uring;

	if (!u)
		return;
	a->uring = NULL;
	munmap(u->ring, u->ring_size);
	munmap(u->sqes, ENTRIES * sizeof(*u->sqes));
	close(u->fd);
	free(u);
}

static void use_data(struct fuzz_in *in, struct io_uring_sqe *sqe)
{
	sqe->addr = (unsigned long)data;
	sqe->len = fuzz_draw(in, 4) ? fuzz_draw(in, 2000) : fuzz_draw(in, BUF + 1);
	sqe->msg_flags = any_flags(in);
}

static void use_message(struct fuzz_in *in, struct io_uring_sqe *sqe)
{
	sqe->addr = (unsigned long)&message;
	sqe->len = 1;
	sqe->msg_flags = any_flags(in);
}

static void use_address(struct fuzz_in *in, struct io_uring_sqe *sqe)
{
	unsigned int i = fuzz_draw(in, ADDRESSES);

	lengths[i] = any_address(in, &addresses[i]);
	sqe->addr = (unsigned long)&addresses[i];
	if (sqe->opcode == IORING_OP_CONNECT)
		sqe->off = lengths[i];
	else
		sqe->addr2 = (unsigned long)&lengths[i];
}

static void use_time(struct io_uring_sqe *sqe)
{
	sqe->fd = -1;
	sqe->addr = (unsigned long)&soon;
	sqe->len = 1;
}

/*
 * Not IORING_OP_POLL_REMOVE: on 6.1, done by a worker, it may leave what it removed
 * among the completions that nobody looks for any more, and the file held for good.
 */
static void fill_request(struct fuzz_in *in, struct io_uring_sqe *sqe)
{
	static const unsigned char opcodes[] = {
		IORING_OP_ACCEPT, IORING_OP_ACCEPT, IORING_OP_CONNECT,
		IORING_OP_CONNECT, IORING_OP_SEND, IORING_OP_SEND,
		IORING_OP_RECV, IORING_OP_RECV, IORING_OP_SENDMSG,
		IORING_OP_RECVMSG, IORING_OP_POLL_ADD, IORING_OP_READ,
		IORING_OP_WRITE, IORING_OP_ASYNC_CANCEL, IORING_OP_TIMEOUT,
		IORING_OP_LINK_TIMEOUT, IORING_OP_CLOSE, IORING_OP_SHUTDOWN,
		IORING_OP_SEND_ZC, IORING_OP_SENDMSG_ZC, IORING_OP_NOP,
	};

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = opcodes[fuzz_draw(in, ARRAY_SIZE(opcodes))];
	/* linked, linked hard, by another thread, without a result */
	sqe->flags = fuzz_draw(in, 2) ? (fuzz_draw(in, 8) << 2) : 0;
	sqe->user_data = sqe->opcode;
	sqe->fd = any_fd(in);
	switch (sqe->opcode) {
	case IORING_OP_ACCEPT:
		sqe->ioprio = fuzz_draw(in, 4) == 0;	/* more than one */
		if (fuzz_draw(in, 2) && !sqe->ioprio)
			use_address(in, sqe);
		sqe->accept_flags = fuzz_draw(in, 2) ? SOCK_NONBLOCK : 0;
		break;
	case IORING_OP_CONNECT:
		use_address(in, sqe);
		break;
	case IORING_OP_SENDMSG:
	case IORING_OP_SENDMSG_ZC:
	case IORING_OP_RECVMSG:
		use_message(in, sqe);
		break;
	case IORING_OP_POLL_ADD:
		sqe->poll32_events = fuzz_draw(in, 65536);
		sqe->len = fuzz_draw(in, 4) ? 0 : IORING_POLL_ADD_MULTI;
		break;
	case IORING_OP_ASYNC_CANCEL:
		sqe->addr = opcodes[fuzz_draw(in, ARRAY_SIZE(opcodes))];
		sqe->cancel_flags = fuzz_draw(in, 8);
		break;
	case IORING_OP_TIMEOUT:
	case IORING_OP_LINK_TIMEOUT:
		use_time(sqe);
		break;
	case IORING_OP_CLOSE:
		sqe->fd = __atomic_exchange_n(any_slot(in), -1, __ATOMIC_RELAXED);
		break;
	case IORING_OP_SHUTDOWN:
		sqe->len = fuzz_draw(in, 3);
		break;
	case IORING_OP_NOP:
		break;
	default:
		use_data(in, sqe);
	}
}

/* Connections that were accepted are for all. */
static void reap(struct fuzz_in *in, struct uring *u)
{
	unsigned int head = *u->cq_head;
	const struct io_uring_cqe *cqe;

	while (head != __atomic_load_n(u->cq_tail, __ATOMIC_ACQUIRE)) {
		cqe = &u->cqes[head & *u->cq_mask];
		if (cqe->user_data == IORING_OP_ACCEPT && cqe->res >= 0)
			put_fd(in, cqe->res);
		__atomic_store_n(u->cq_head, ++head, __ATOMIC_RELEASE);
	}
}

void uring_call(struct actor *a)
{
	struct fuzz_in *in = &a->player.in;
	unsigned int n = 1 + fuzz_draw(in, 4), tail, i;
	struct uring *u;

	if (!a->uring)
		a->uring = uring_open();
	u = a->uring;
	if (!u)
		return;
	tail = *u->sq_tail;
	for (i = 0; i < n; i++, tail++) {
		fill_request(in, &u->sqes[tail & *u->sq_mask]);
		u->sq_array[tail & *u->sq_mask] = tail & *u->sq_mask;
	}
	__atomic_store_n(u->sq_tail, tail, __ATOMIC_RELEASE);
	/* To wait for one may take until a signal comes. */
	syscall(__NR_io_uring_enter, u->fd, n, fuzz_draw(in, 8) == 0,
		IORING_ENTER_GETEVENTS, NULL, 0);
	reap(in, u);
	if (fuzz_draw(in, 32) == 0)
		uring_close(a);
}
