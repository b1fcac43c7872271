// SPDX-License-Identifier: GPL-2.0
/* send() and recv() in all their forms. */
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "harness.h"

#define BULK	(4 << 20)

FIXTURE(connection) {
	int a, b;		/* the two ends */
};

FIXTURE_SETUP(connection)
{
	int fd[2];

	ASSERT_EQ(0, pair(fd));
	self->a = fd[0];
	self->b = fd[1];
}

FIXTURE_TEARDOWN(connection)
{
	close(self->a);
	close(self->b);
}

/* Byte @i of a stream that shows lost, doubled and moved bytes. */
static unsigned char pattern(size_t i)
{
	return (i * 2654435761u) >> 21 ^ i;
}

static unsigned char *pattern_new(size_t len)
{
	unsigned char *buf = malloc(len);
	size_t i;

	for (i = 0; buf && i < len; i++)
		buf[i] = pattern(i);
	return buf;
}

static int input(int fd)
{
	int val = -1;

	return ioctl(fd, SIOCINQ, &val) ? -1 : val;
}

/* Read @n bytes and forget them. */
static int discard(int fd, ssize_t n)
{
	char buf[65536];
	ssize_t got;

	for (; n > 0; n -= got) {
		got = recv(fd, buf, n < sizeof(buf) ? n : sizeof(buf), 0);
		if (got <= 0)
			return -1;
	}
	return 0;
}

/* Wait until exactly @n bytes can be read. */
static bool arrived(int fd, int n)
{
	return WAIT_FOR(input(fd) == n);
}

struct stream {
	int fd;
	size_t chunk;
	size_t len;
};

static void *send_pattern(void *arg)
{
	struct stream *s = arg;
	unsigned char *buf = pattern_new(s->len);
	size_t done, n;
	int ret = buf ? 0 : -1;

	for (done = 0; !ret && done < s->len; done += n) {
		n = s->len - done < s->chunk ? s->len - done : s->chunk;
		ret = send_all(s->fd, buf + done, n);
	}
	free(buf);
	shutdown(s->fd, SHUT_WR);
	return (void *)(long)ret;
}

/* The length of the stream that @fd delivers; -1 if a byte is wrong. */
static ssize_t check_pattern(int fd, size_t chunk)
{
	unsigned char *buf = malloc(chunk);
	ssize_t n, sum = 0;
	ssize_t i;

	while (buf && (n = recv(fd, buf, chunk, 0)) > 0) {
		for (i = 0; i < n; i++) {
			if (buf[i] != pattern(sum + i))
				goto wrong;
		}
		sum += n;
	}
	if (buf && !n) {
		free(buf);
		return sum;
	}
wrong:
	free(buf);
	return -1;
}

FIXTURE(bulk) {
	int a, b;
};

FIXTURE_VARIANT(bulk) {
	size_t send_chunk, recv_chunk, len;
};

FIXTURE_VARIANT_ADD(bulk, large_writes) {
	.send_chunk = 1 << 20, .recv_chunk = 65536, .len = BULK,
};

FIXTURE_VARIANT_ADD(bulk, small_writes) {
	.send_chunk = 97, .recv_chunk = 4096, .len = 200000,
};

FIXTURE_VARIANT_ADD(bulk, small_reads) {
	.send_chunk = 65536, .recv_chunk = 61, .len = 200000,
};

FIXTURE_SETUP(bulk)
{
	int fd[2];

	ASSERT_EQ(0, pair(fd));
	self->a = fd[0];
	self->b = fd[1];
}

FIXTURE_TEARDOWN(bulk)
{
	close(self->a);
	close(self->b);
}

/* G-07, G-24: both directions at once, and every byte is right. */
TEST_F(bulk, both_ways)
{
	struct stream there = { self->a, variant->send_chunk, variant->len };
	struct stream back = { self->b, variant->send_chunk, variant->len };
	pthread_t ta, tb;
	void *ret;

	ASSERT_EQ(0, pthread_create(&ta, NULL, send_pattern, &there));
	ASSERT_EQ(0, pthread_create(&tb, NULL, send_pattern, &back));
	EXPECT_EQ(variant->len, check_pattern(self->b, variant->recv_chunk));
	EXPECT_EQ(variant->len, check_pattern(self->a, variant->recv_chunk));
	pthread_join(ta, &ret);
	EXPECT_EQ(NULL, ret);
	pthread_join(tb, &ret);
	EXPECT_EQ(NULL, ret);
}

/* G-01 */
TEST(send_without_a_connection)
{
	int fds[] = { sock(0), bound(LOCALHOST, 0), listener(1) };
	size_t i;

	ASSERT_EQ(0, count_signal(SIGPIPE, 0));
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		EXPECT_EQ(EPIPE, err(send(fds[i], "x", 1, 0)));
		EXPECT_EQ(i + 1, signals_seen());
		EXPECT_EQ(EPIPE, err(send(fds[i], "x", 1, MSG_NOSIGNAL)));
		EXPECT_EQ(i + 1, signals_seen());
	}
}

/* G-02, G-03, G-27 */
TEST(send_and_receive_in_syn_sent)
{
	struct silent silent;
	int fd = sock(SOCK_NONBLOCK);
	struct job job;
	char byte;
	int child;

	ASSERT_EQ(0, silent_open(&silent));
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, silent.port)));
	EXPECT_EQ(EAGAIN, err(send(fd, "x", 1, MSG_NOSIGNAL)));
	EXPECT_EQ(EAGAIN, err(recv(fd, &byte, 1, 0)));
	EXPECT_EQ(0, input(fd));
	nonblock(fd, false);
	ASSERT_EQ(0, job_start(&job, call_recv, fd, &byte));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_LE(0, accept(silent.lfd, NULL, NULL));
	/* G-02: waits for the handshake, then sends */
	ASSERT_EQ(1, send(fd, "x", 1, MSG_NOSIGNAL));
	child = accept(silent.lfd, NULL, NULL);
	ASSERT_EQ(1, recv(child, &byte, 1, 0));
	ASSERT_EQ(1, send(child, "y", 1, 0));
	job_join(&job);
	EXPECT_EQ(1, job.ret);
	EXPECT_EQ('y', byte);
}

/* G-02: the attempt fails while send() waits. */
TEST(send_waits_for_a_failure)
{
	struct silent silent;
	int fd = sock(SOCK_NONBLOCK);

	ASSERT_EQ(0, silent_open(&silent));
	ASSERT_EQ(0, set_int(fd, IPPROTO_TCP, TCP_SYNCNT, 1));
	EXPECT_EQ(EINPROGRESS, err(connect_to(fd, LOCALHOST, silent.port)));
	nonblock(fd, false);
	EXPECT_EQ(ETIMEDOUT, err(send(fd, "x", 1, MSG_NOSIGNAL)));
	EXPECT_EQ(EPIPE, err(send(fd, "x", 1, MSG_NOSIGNAL)));
}

/* G-04, I-46 */
TEST_F(connection, send_after_shutdown)
{
	ASSERT_EQ(0, count_signal(SIGPIPE, 0));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_EQ(EPIPE, err(send(self->a, "x", 1, 0)));
	EXPECT_EQ(1, signals_seen());
	EXPECT_EQ(EPIPE, err(write(self->a, "x", 1)));
	EXPECT_EQ(2, signals_seen());
	/* the other direction is not touched */
	EXPECT_EQ(1, send(self->b, "x", 1, 0));
	EXPECT_TRUE(arrived(self->a, 1));
}

/* G-05, I-41, I-52 */
TEST_F(connection, send_after_reset)
{
	ASSERT_EQ(0, count_signal(SIGPIPE, 0));
	ASSERT_EQ(0, reset_by(self->b));
	ASSERT_NE(0, wait_for(self->a, POLLERR));
	EXPECT_EQ(ECONNRESET, err(send(self->a, "x", 1, 0)));
	EXPECT_EQ(0, signals_seen());
	EXPECT_EQ(EPIPE, err(send(self->a, "x", 1, 0)));
	EXPECT_EQ(1, signals_seen());
	/* G-06 */
	EXPECT_EQ(EPIPE, err(send(self->a, "x", 1, MSG_NOSIGNAL)));
	EXPECT_EQ(1, signals_seen());
}

/* G-05, I-42: in CLOSE_WAIT the error is EPIPE, with its signal. */
TEST_F(connection, send_after_reset_in_close_wait)
{
	unsigned int pa = port_of(self->a), pb = port_of(self->b);
	char byte;

	ASSERT_EQ(0, count_signal(SIGPIPE, 0));
	ASSERT_EQ(0, shutdown(self->b, SHUT_WR));
	ASSERT_TRUE(WAIT_FOR(state_of(pa, pb) == ST_CLOSE_WAIT));
	ASSERT_EQ(0, reset_by(self->b));
	ASSERT_TRUE(WAIT_FOR(state_of(pa, pb) == ST_NONE));
	EXPECT_EQ(P_DEAD | POLLERR, mask_of(self->a));
	EXPECT_EQ(0, recv(self->a, &byte, 1, 0));
	EXPECT_EQ(EPIPE, err(send(self->a, "x", 1, 0)));
	EXPECT_EQ(1, signals_seen());
}

/* G-07 */
TEST_F(connection, send_until_full)
{
	ssize_t queued = fill(self->a);
	struct job job;

	ASSERT_LT(0, queued);
	EXPECT_EQ(EAGAIN, err(send(self->a, "x", 1, MSG_DONTWAIT)));
	EXPECT_EQ(0, mask_of(self->a) & POLLOUT);
	nonblock(self->a, true);
	EXPECT_EQ(EAGAIN, err(send(self->a, "x", 1, 0)));
	nonblock(self->a, false);
	ASSERT_EQ(0, job_start(&job, call_send, self->a, NULL));
	ASSERT_TRUE(job_blocked(&job));
	/* as much as was queued comes out, and wakes the sender */
	ASSERT_EQ(0, count_signal(SIGUSR1, 0));
	ASSERT_EQ(0, discard(self->b, queued));
	/* G-07: a signal ends it with the partial count */
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, pthread_kill(job.thread, SIGUSR1));
	job_join(&job);
	EXPECT_LT(0, job.ret);
}

static int set_timeout(int fd, int opt, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	return setsockopt(fd, SOL_SOCKET, opt, &tv, sizeof(tv));
}

/* G-07 */
TEST_F(connection, send_timeout)
{
	ASSERT_LT(0, fill(self->a));
	ASSERT_EQ(0, set_timeout(self->a, SO_SNDTIMEO, 50));
	EXPECT_EQ(EAGAIN, err(send(self->a, "x", 1, MSG_NOSIGNAL)));
}

/* G-07 */
TEST_F(connection, send_interrupted)
{
	struct job job;

	ASSERT_LT(0, fill(self->a));
	ASSERT_EQ(0, count_signal(SIGUSR1, 0));
	ASSERT_EQ(0, job_start(&job, call_send, self->a, NULL));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, pthread_kill(job.thread, SIGUSR1));
	job_join(&job);
	EXPECT_EQ(-1, job.ret);
	EXPECT_EQ(EINTR, job.err);
}

/* G-08, I-51: the reset of a sender that sleeps */
TEST_F(connection, send_interrupted_by_reset)
{
	struct job job;

	ASSERT_LT(0, fill(self->a));
	ASSERT_EQ(0, job_start(&job, call_send, self->a, NULL));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, reset_by(self->b));
	job_join(&job);
	EXPECT_EQ(-1, job.ret);
	EXPECT_EQ(ECONNRESET, job.err);
}

/* I-51 */
TEST_F(connection, send_interrupted_by_shutdown)
{
	struct job job;

	ASSERT_LT(0, fill(self->a));
	ASSERT_EQ(0, job_start(&job, call_send, self->a, NULL));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	job_join(&job);
	EXPECT_EQ(-1, job.ret);
	EXPECT_EQ(EPIPE, job.err);
}

/* D-51, G-05: the disconnect leaves ECONNRESET, which the sender collects. */
TEST_F(connection, send_interrupted_by_disconnect)
{
	struct job job;

	ASSERT_LT(0, fill(self->a));
	ASSERT_EQ(0, job_start(&job, call_send, self->a, NULL));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, unspec(self->a));
	job_join(&job);
	EXPECT_EQ(-1, job.ret);
	EXPECT_EQ(ECONNRESET, job.err);
}

/* G-10 */
TEST_F(connection, address_is_ignored)
{
	struct sockaddr_in sin = addr_of("192.0.2.1", 7);

	EXPECT_EQ(1, sendto(self->a, "x", 1, 0, (struct sockaddr *)&sin,
			    sizeof(sin)));
	EXPECT_TRUE(arrived(self->b, 1));
}

/* G-11 */
TEST_F(connection, nothing_to_send)
{
	EXPECT_EQ(0, send(self->a, "", 0, 0));
	EXPECT_EQ(0, write(self->a, "", 0));
	EXPECT_EQ(1, send(self->a, "x", 1, 0));
	EXPECT_TRUE(arrived(self->b, 1));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_EQ(EPIPE, err(send(self->a, "", 0, MSG_NOSIGNAL)));
}

/* G-12, G-43 */
TEST_F(connection, bad_pointers)
{
	long page = sysconf(_SC_PAGESIZE);
	char *two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, two);
	EXPECT_EQ(EFAULT, err(send(self->a, (void *)8, 10, 0)));
	EXPECT_EQ(1, send(self->a, "x", 1, 0));
	ASSERT_TRUE(arrived(self->b, 1));
	EXPECT_EQ(EFAULT, err(recv(self->b, (void *)8, 10, 0)));
	/* the byte is still there */
	EXPECT_EQ(1, recv(self->b, two, 1, 0));
	ASSERT_EQ(0, munmap(two + page, page));
	/* one readable byte, then a hole: a count or EFAULT, never more */
	EXPECT_GE(1, send(self->a, two + page - 1, 2, 0));
}

/* G-16 */
TEST_F(connection, flags_without_effect)
{
	EXPECT_EQ(1, send(self->a, "a", 1, MSG_DONTROUTE));
	EXPECT_EQ(1, send(self->a, "b", 1, MSG_CONFIRM));
	EXPECT_EQ(1, send(self->a, "c", 1, 0x02000000));
	EXPECT_TRUE(arrived(self->b, 3));
}

/* G-21 */
TEST_F(connection, vectors)
{
	struct iovec iov[3] = {
		{ "ab", 2 }, { "", 0 }, { "cde", 3 },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 3 };
	char one[2], two[3];

	EXPECT_EQ(5, sendmsg(self->a, &msg, 0));
	ASSERT_TRUE(arrived(self->b, 5));
	iov[0] = (struct iovec){ one, 2 };
	iov[1] = (struct iovec){ two, 3 };
	msg.msg_iovlen = 2;
	EXPECT_EQ(5, recvmsg(self->b, &msg, 0));
	EXPECT_EQ(0, memcmp(one, "ab", 2));
	EXPECT_EQ(0, memcmp(two, "cde", 3));
	msg.msg_iovlen = 1025;
	EXPECT_EQ(EMSGSIZE, err(sendmsg(self->a, &msg, 0)));
}

/* G-21, G-45 */
TEST_F(connection, many_messages)
{
	char x = 'x', buf[2];
	struct iovec iov = { &x, 1 }, in = { buf, 1 };
	struct mmsghdr out[3] = {
		{ .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } },
	};
	struct mmsghdr got[2] = {
		{ .msg_hdr = { .msg_iov = &in, .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_iov = &in, .msg_iovlen = 1 } },
	};

	EXPECT_EQ(3, sendmmsg(self->a, out, 3, 0));
	ASSERT_TRUE(arrived(self->b, 3));
	EXPECT_EQ(2, recvmmsg(self->b, got, 2, MSG_WAITFORONE, NULL));
	EXPECT_EQ(1, input(self->b));
}

/* G-22, G-46 */
TEST_F(connection, no_offsets)
{
	char byte = 0;

	EXPECT_EQ(ESPIPE, err(pwrite(self->a, &byte, 1, 1)));
	EXPECT_EQ(ESPIPE, err(pread(self->a, &byte, 1, 1)));
	EXPECT_EQ(ESPIPE, err(lseek(self->a, 0, SEEK_SET)));
}

static int pattern_file(size_t len)
{
	unsigned char *buf = pattern_new(len);
	int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	if (!buf || file < 0 || write(file, buf, len) != len)
		return -1;
	free(buf);
	return lseek(file, 0, SEEK_SET) ? -1 : file;
}

static long call_sendfile(struct job *job)
{
	long n, sum = 0;

	while ((n = sendfile(job->fd, *(int *)job->arg, NULL, 50000)) > 0)
		sum += n;
	shutdown(job->fd, SHUT_WR);
	return n ? n : sum;
}

static long call_splice(struct job *job)
{
	long n, sum = 0;
	int p[2];

	if (pipe(p))
		return -1;
	while ((n = splice(*(int *)job->arg, NULL, p[1], NULL, 30000, 0)) > 0) {
		n = splice(p[0], NULL, job->fd, NULL, n, SPLICE_F_MORE);
		if (n <= 0)
			return -1;
		sum += n;
	}
	shutdown(job->fd, SHUT_WR);
	return n ? n : sum;
}

/* G-23 */
TEST_F(connection, sendfile)
{
	int file = pattern_file(300000);
	struct job job;

	ASSERT_LE(0, file);
	ASSERT_EQ(0, job_start(&job, call_sendfile, self->a, &file));
	EXPECT_EQ(300000, check_pattern(self->b, 7000));
	job_join(&job);
	EXPECT_EQ(300000, job.ret);
}

/* G-23 */
TEST_F(connection, splice)
{
	int file = pattern_file(300000);
	struct job job;

	ASSERT_LE(0, file);
	ASSERT_EQ(0, job_start(&job, call_splice, self->a, &file));
	EXPECT_EQ(300000, check_pattern(self->b, 7000));
	job_join(&job);
	EXPECT_EQ(300000, job.ret);
}

/* G-44 */
TEST_F(connection, splice_from_the_socket)
{
	char buf[8];
	int p[2];

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, send_all(self->a, "spliced", 7));
	ASSERT_TRUE(arrived(self->b, 7));
	EXPECT_EQ(7, splice(self->b, NULL, p[1], NULL, 100, 0));
	EXPECT_EQ(7, read(p[0], buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "spliced", 7));
	nonblock(self->b, true);
	EXPECT_EQ(EAGAIN, err(splice(self->b, NULL, p[1], NULL, 100, 0)));
	nonblock(self->b, false);
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_EQ(0, splice(self->b, NULL, p[1], NULL, 100, 0));
}

/* G-24 */
TEST_F(connection, read_across_segments)
{
	char buf[16];

	ASSERT_EQ(0, set_int(self->a, IPPROTO_TCP, TCP_NODELAY, 1));
	ASSERT_EQ(0, send_all(self->a, "abc", 3));
	ASSERT_EQ(0, send_all(self->a, "def", 3));
	ASSERT_TRUE(arrived(self->b, 6));
	EXPECT_EQ(2, recv(self->b, buf, 2, 0));
	EXPECT_EQ(4, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "cdef", 4));
}

/* G-25, I-45 */
TEST_F(connection, end_of_file)
{
	char byte;
	int i;

	ASSERT_EQ(0, send_all(self->a, "x", 1));
	ASSERT_EQ(0, close(self->a));
	EXPECT_EQ(1, recv(self->b, &byte, 1, 0));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, recv(self->b, &byte, 1, i ? MSG_DONTWAIT : 0));
	EXPECT_EQ(0, sock_error(self->b));
}

/* G-25, G-33 */
TEST_F(connection, nothing_to_read)
{
	char byte;

	EXPECT_EQ(EAGAIN, err(recv(self->b, &byte, 1, MSG_DONTWAIT)));
	nonblock(self->b, true);
	EXPECT_EQ(EAGAIN, err(recv(self->b, &byte, 1, 0)));
	EXPECT_EQ(EAGAIN, err(read(self->b, &byte, 1)));
}

/* G-26 */
TEST(receive_without_a_connection)
{
	char byte;

	EXPECT_EQ(ENOTCONN, err(recv(listener(1), &byte, 1, 0)));
	EXPECT_EQ(ENOTCONN, err(recv(sock(0), &byte, 1, 0)));
	EXPECT_EQ(ENOTCONN, err(read(sock(SOCK_NONBLOCK), &byte, 1)));
}

/* G-28, I-41: queued data first, then the error once, then end of file */
TEST_F(connection, data_before_the_reset)
{
	unsigned int pa = port_of(self->a), pb = port_of(self->b);
	char buf[8];

	ASSERT_EQ(0, send_all(self->a, "data", 4));
	ASSERT_TRUE(arrived(self->b, 4));
	ASSERT_EQ(0, reset_by(self->a));
	ASSERT_TRUE(WAIT_FOR(state_of(pb, pa) == ST_NONE));
	EXPECT_EQ(4, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(ECONNRESET, err(recv(self->b, buf, sizeof(buf), 0)));
	EXPECT_EQ(0, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(0, sock_error(self->b));
}

/* G-29, I-10, I-47 */
TEST_F(connection, receive_after_shutdown)
{
	char buf[8];

	ASSERT_EQ(0, send_all(self->a, "old", 3));
	ASSERT_TRUE(arrived(self->b, 3));
	ASSERT_EQ(0, shutdown(self->b, SHUT_RD));
	EXPECT_EQ(3, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(0, recv(self->b, buf, sizeof(buf), 0));
	/* new data is accepted all the same */
	ASSERT_EQ(0, send_all(self->a, "newer", 5));
	ASSERT_TRUE(arrived(self->b, 5));
	EXPECT_EQ(5, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(1, send(self->b, "x", 1, 0));
}

/* G-30 */
TEST_F(connection, low_water_mark)
{
	struct job job;
	char buf[8];

	ASSERT_EQ(0, set_int(self->b, SOL_SOCKET, SO_RCVLOWAT, 5));
	ASSERT_EQ(0, send_all(self->a, "abc", 3));
	ASSERT_TRUE(arrived(self->b, 3));
	EXPECT_EQ(0, mask_of(self->b) & POLLIN);
	/* what is there comes at once when no more is asked for */
	EXPECT_EQ(1, recv(self->b, buf, 1, 0));
	/* nonblocking: a short count */
	EXPECT_EQ(2, recv(self->b, buf, sizeof(buf), MSG_DONTWAIT));
	ASSERT_EQ(0, job_start(&job, call_poll, self->b, (void *)POLLIN));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, send_all(self->a, "abcd", 4));
	ASSERT_TRUE(arrived(self->b, 4));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, send_all(self->a, "e", 1));
	job_join(&job);
	EXPECT_EQ(POLLIN, job.ret);
	EXPECT_EQ(5, recv(self->b, buf, sizeof(buf), 0));
}

/* What a blocking read of 8 bytes with MSG_WAITALL returned */
static long call_recv_all(struct job *job)
{
	__atomic_store_n(&job->nr, SYS_recvfrom, __ATOMIC_RELEASE);
	return recv(job->fd, job->arg, 8, MSG_WAITALL);
}

/* G-30 */
TEST_F(connection, wait_for_all)
{
	char buf[8];
	struct job job;

	ASSERT_EQ(0, send_all(self->a, "abcd", 4));
	ASSERT_EQ(0, job_start(&job, call_recv_all, self->b, buf));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, send_all(self->a, "efgh", 4));
	job_join(&job);
	EXPECT_EQ(8, job.ret);
	EXPECT_EQ(0, memcmp(buf, "abcdefgh", 8));
}

/* G-30: what ends it early */
TEST_F(connection, wait_for_all_ends_early)
{
	char buf[8];
	struct job job;

	ASSERT_EQ(0, count_signal(SIGUSR1, 0));
	ASSERT_EQ(0, send_all(self->a, "abcd", 4));
	ASSERT_EQ(0, job_start(&job, call_recv_all, self->b, buf));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, pthread_kill(job.thread, SIGUSR1));
	job_join(&job);
	EXPECT_EQ(4, job.ret);

	ASSERT_EQ(0, send_all(self->a, "efg", 3));
	ASSERT_EQ(0, job_start(&job, call_recv_all, self->b, buf));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	job_join(&job);
	EXPECT_EQ(3, job.ret);
}

/* G-31 */
TEST_F(connection, peek)
{
	char buf[8];
	int i;

	ASSERT_EQ(0, send_all(self->a, "abcdef", 6));
	ASSERT_TRUE(arrived(self->b, 6));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(3, recv(self->b, buf, 3, MSG_PEEK));
		EXPECT_EQ(0, memcmp(buf, "abc", 3));
	}
	EXPECT_EQ(6, recv(self->b, buf, 6, MSG_PEEK | MSG_WAITALL));
	EXPECT_EQ(6, input(self->b));
	EXPECT_EQ(6, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(EAGAIN, err(recv(self->b, buf, 1, MSG_PEEK | MSG_DONTWAIT)));
}

/* G-85: TCP's answer, too, is that of the kernel's version. */
TEST_F(connection, peek_offset)
{
	char buf[8];

	if (set_int(self->b, SOL_SOCKET, SO_PEEK_OFF, 1)) {
		EXPECT_EQ(EOPNOTSUPP, errno);
		return;
	}
	ASSERT_EQ(0, send_all(self->a, "abcdef", 6));
	ASSERT_TRUE(arrived(self->b, 6));
	EXPECT_EQ(2, recv(self->b, buf, 2, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "bc", 2));
	EXPECT_EQ(3, get_int(self->b, SOL_SOCKET, SO_PEEK_OFF));
	EXPECT_EQ(2, recv(self->b, buf, 2, 0));
	EXPECT_EQ(0, memcmp(buf, "ab", 2));
	EXPECT_EQ(3, recv(self->b, buf, 8, MSG_PEEK));
	EXPECT_EQ(0, memcmp(buf, "def", 3));
	EXPECT_EQ(4, get_int(self->b, SOL_SOCKET, SO_PEEK_OFF));
	EXPECT_EQ(4, input(self->b));
}

/* G-32 */
TEST_F(connection, discarding_read)
{
	char buf[8] = "";

	ASSERT_EQ(0, send_all(self->a, "abcdef", 6));
	ASSERT_TRUE(arrived(self->b, 6));
	EXPECT_EQ(4, recv(self->b, buf, 4, MSG_TRUNC | MSG_PEEK));
	EXPECT_EQ(6, input(self->b));
	EXPECT_EQ(4, recv(self->b, buf, 4, MSG_TRUNC));
	EXPECT_EQ(0, buf[0]);
	EXPECT_EQ(2, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "ef", 2));
	ASSERT_EQ(0, send_all(self->a, "gh", 2));
	EXPECT_EQ(2, recv(self->b, NULL, 100, MSG_TRUNC));
}

/* G-34 */
TEST_F(connection, receive_timeout)
{
	char buf[8];
	struct job job;

	ASSERT_EQ(0, set_timeout(self->b, SO_RCVTIMEO, 50));
	EXPECT_EQ(EAGAIN, err(recv(self->b, buf, 1, 0)));
	ASSERT_EQ(0, send_all(self->a, "ab", 2));
	ASSERT_TRUE(arrived(self->b, 2));
	EXPECT_EQ(2, recv(self->b, buf, 8, MSG_WAITALL));
	/* never restarted */
	ASSERT_EQ(0, set_timeout(self->b, SO_RCVTIMEO, 1000000));
	ASSERT_EQ(0, count_signal(SIGUSR1, SA_RESTART));
	ASSERT_EQ(0, job_start(&job, call_recv, self->b, NULL));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, pthread_kill(job.thread, SIGUSR1));
	job_join(&job);
	EXPECT_EQ(EINTR, job.err);
}

/* G-25: a signal, with and without SA_RESTART */
TEST_F(connection, receive_interrupted)
{
	struct job job;
	char byte = 0;

	ASSERT_EQ(0, count_signal(SIGUSR1, 0));
	ASSERT_EQ(0, job_start(&job, call_recv, self->b, NULL));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, pthread_kill(job.thread, SIGUSR1));
	job_join(&job);
	EXPECT_EQ(EINTR, job.err);

	ASSERT_EQ(0, count_signal(SIGUSR1, SA_RESTART));
	ASSERT_EQ(0, job_start(&job, call_recv, self->b, &byte));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, pthread_kill(job.thread, SIGUSR1));
	ASSERT_TRUE(WAIT_FOR(signals_seen() == 1));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, send_all(self->a, "z", 1));
	job_join(&job);
	EXPECT_EQ(1, job.ret);
	EXPECT_EQ('z', byte);
}

/* G-62, I-51: what wakes a reader */
TEST_F(connection, reader_is_woken)
{
	struct job job;

	ASSERT_EQ(0, job_start(&job, call_recv, self->b, NULL));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, shutdown(self->b, SHUT_RD));
	job_join(&job);
	EXPECT_EQ(0, job.ret);

	ASSERT_EQ(0, job_start(&job, call_recv, self->a, NULL));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, shutdown(self->b, SHUT_WR));
	job_join(&job);
	EXPECT_EQ(0, job.ret);
}

TEST_F(connection, reader_is_woken_by_reset)
{
	struct job job;

	ASSERT_EQ(0, job_start(&job, call_recv, self->b, NULL));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, reset_by(self->a));
	job_join(&job);
	EXPECT_EQ(ECONNRESET, job.err);
}

/* G-42 */
TEST_F(connection, reader_is_woken_by_disconnect)
{
	struct job job;

	ASSERT_EQ(0, job_start(&job, call_recv, self->b, NULL));
	ASSERT_TRUE(job_blocked(&job));
	ASSERT_EQ(0, unspec(self->b));
	job_join(&job);
	EXPECT_EQ(-1, job.ret);
}

/* G-35 */
TEST_F(connection, zero_length_read)
{
	char byte;

	EXPECT_EQ(0, read(self->b, &byte, 0));
	ASSERT_EQ(0, send_all(self->a, "x", 1));
	ASSERT_TRUE(arrived(self->b, 1));
	EXPECT_EQ(0, recv(self->b, &byte, 0, 0));
	EXPECT_EQ(1, input(self->b));
}

/* G-36 */
TEST_F(connection, no_source_address)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	char byte;

	memset(&sin, 0xaa, sizeof(sin));
	ASSERT_EQ(0, send_all(self->a, "x", 1));
	EXPECT_EQ(1, recvfrom(self->b, &byte, 1, 0, (struct sockaddr *)&sin,
			      &len));
	EXPECT_EQ(0, len);
	EXPECT_EQ(0xaaaaaaaa, sin.sin_addr.s_addr);
}

/* G-13, G-37 to G-39, G-57, G-66 */
TEST_F(connection, urgent_byte)
{
	char buf[8];
	int mark;

	EXPECT_EQ(EINVAL, err(recv(self->b, buf, 1, MSG_OOB)));
	ASSERT_EQ(0, send_all(self->a, "ab", 2));
	ASSERT_EQ(1, send(self->a, "!", 1, MSG_OOB));
	ASSERT_EQ(0, send_all(self->a, "cd", 2));
	ASSERT_NE(0, wait_for(self->b, POLLPRI));
	ASSERT_TRUE(WAIT_FOR(recv(self->b, buf, 8, MSG_PEEK) == 2));
	ASSERT_EQ(0, ioctl(self->b, SIOCATMARK, &mark));
	EXPECT_EQ(0, mark);
	/* a read stops before the mark */
	EXPECT_EQ(2, input(self->b));
	EXPECT_EQ(2, recv(self->b, buf, sizeof(buf), 0));
	ASSERT_EQ(0, ioctl(self->b, SIOCATMARK, &mark));
	EXPECT_EQ(1, mark);
	EXPECT_EQ(1, recv(self->b, buf, sizeof(buf), MSG_OOB));
	EXPECT_EQ('!', buf[0]);
	EXPECT_EQ(EINVAL, err(recv(self->b, buf, 1, MSG_OOB)));
	/* and the next one skips the byte */
	EXPECT_EQ(2, recv(self->b, buf, 2, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "cd", 2));
	EXPECT_EQ(0, mask_of(self->b) & POLLPRI);
}

/* G-39, G-77 */
TEST_F(connection, urgent_byte_inline)
{
	char buf[8];
	int mark;

	ASSERT_EQ(0, set_int(self->b, SOL_SOCKET, SO_OOBINLINE, 1));
	ASSERT_EQ(0, send_all(self->a, "ab", 2));
	ASSERT_EQ(1, send(self->a, "!", 1, MSG_OOB));
	ASSERT_NE(0, wait_for(self->b, POLLPRI));
	ASSERT_TRUE(arrived(self->b, 3));
	EXPECT_EQ(EINVAL, err(recv(self->b, buf, 1, MSG_OOB)));
	EXPECT_EQ(2, recv(self->b, buf, sizeof(buf), 0));
	ASSERT_EQ(0, ioctl(self->b, SIOCATMARK, &mark));
	EXPECT_EQ(1, mark);
	EXPECT_EQ(1, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ('!', buf[0]);
}

/* G-63, G-64, G-65 */
TEST_F(connection, queue_lengths)
{
	int val = -1;

	ASSERT_EQ(0, send_all(self->a, "abc", 3));
	EXPECT_TRUE(arrived(self->b, 3));
	EXPECT_TRUE(WAIT_FOR(!ioctl(self->a, SIOCOUTQ, &val) && val == 0));
	EXPECT_EQ(0, ioctl(self->a, SIOCOUTQNSD, &val));
	EXPECT_EQ(0, val);
	ASSERT_EQ(0, ioctl(self->b, FIONREAD, &val));
	EXPECT_EQ(3, val);
	/* a FIN that was received is not counted */
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_NE(0, wait_for(self->b, POLLRDHUP));
	EXPECT_EQ(3, input(self->b));
}

/* G-64: what nobody acknowledged is in the queue. */
TEST(output_queue)
{
	int fd[2], val = -1;

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(0, plug());
	ASSERT_EQ(0, send_all(fd[0], "abc", 3));
	ASSERT_EQ(0, ioctl(fd[0], SIOCOUTQ, &val));
	EXPECT_EQ(3, val);
	/* an unacknowledged FIN counts */
	ASSERT_EQ(0, shutdown(fd[0], SHUT_WR));
	ASSERT_EQ(0, ioctl(fd[0], SIOCOUTQ, &val));
	EXPECT_EQ(4, val);
	ASSERT_EQ(0, unplug());
	EXPECT_TRUE(WAIT_FOR(!ioctl(fd[0], SIOCOUTQ, &val) && val == 0));
}

#define MANY	150000

/*
 * H-74: who cuts super-segments copies their urgent pointer, which would mean
 * another byte in each part.
 */
TEST(urgent_byte_of_many_segments)
{
	unsigned char *sent = pattern_new(MANY), *got = pattern_new(MANY), c = 0;
	int fd[2];

	ASSERT_TRUE(sent && got);
	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, link_mtu(loop_dev(), 1500));
	ASSERT_EQ(0, run_tool("tc qdisc add dev %s root tbf rate 1gbit burst 4k limit 10m",
			      loop_dev()));
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(0, set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 200000));
	/* More than its window: what waits is in large buffers when the byte comes. */
	ASSERT_EQ(0, send_all(fd[0], sent, MANY - 1));
	ASSERT_EQ(1, send(fd[0], sent + MANY - 1, 1, MSG_OOB));
	ASSERT_EQ(0, send_all(fd[0], sent, 20000));
	ASSERT_EQ(0, recv_all(fd[1], got, MANY - 1));
	ASSERT_NE(0, wait_for(fd[1], POLLPRI));
	EXPECT_EQ(1, recv(fd[1], &c, 1, MSG_OOB));
	EXPECT_EQ(sent[MANY - 1], c);
	EXPECT_EQ(0, memcmp(got, sent, MANY - 1));
	ASSERT_EQ(0, recv_all(fd[1], got, 20000));
	EXPECT_EQ(0, memcmp(got, sent, 20000));
	free(sent);
	free(got);
}

/* J-65: queues as /proc shows them */
TEST_F(connection, queues_in_proc)
{
	unsigned int pa = port_of(self->a), pb = port_of(self->b);
	struct row row;
	struct stat st;

	ASSERT_EQ(0, send_all(self->a, "abcde", 5));
	ASSERT_TRUE(arrived(self->b, 5));
	ASSERT_EQ(1, row_find(pb, pa, &row));
	EXPECT_EQ(5, row.rxq);
	EXPECT_EQ(0, row.txq);
	EXPECT_EQ(ST_ESTABLISHED, row.state);
	EXPECT_EQ(inet_addr(LOCALHOST), row.laddr.s_addr);
	EXPECT_EQ(inet_addr(LOCALHOST), row.raddr.s_addr);
	ASSERT_EQ(0, fstat(self->b, &st));
	EXPECT_EQ(st.st_ino, row.inode);
}

/* G-14: MSG_MORE holds a partial segment back until something follows. */
TEST_F(connection, more_to_come)
{
	char buf[8];

	ASSERT_EQ(2, send(self->a, "ab", 2, MSG_MORE));
	ASSERT_EQ(2, send(self->a, "cd", 2, 0));
	ASSERT_EQ(0, recv_all(self->b, buf, 4));
	EXPECT_EQ(0, memcmp(buf, "abcd", 4));
	/* FIN flushes too */
	ASSERT_EQ(2, send(self->a, "ef", 2, MSG_MORE));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_EQ(2, drain(self->b));
}

/* G-87, G-89: un-corking pushes. */
TEST_F(connection, cork)
{
	char buf[8];

	ASSERT_EQ(0, set_int(self->a, IPPROTO_TCP, TCP_CORK, 1));
	ASSERT_EQ(0, send_all(self->a, "ab", 2));
	ASSERT_EQ(0, set_int(self->a, IPPROTO_TCP, TCP_CORK, 0));
	ASSERT_EQ(0, recv_all(self->b, buf, 2));
	ASSERT_EQ(0, set_int(self->a, IPPROTO_TCP, TCP_CORK, 1));
	ASSERT_EQ(0, send_all(self->a, "ab", 2));
	ASSERT_EQ(0, set_int(self->a, IPPROTO_TCP, TCP_NODELAY, 1));
	EXPECT_EQ(0, recv_all(self->b, buf, 2));
}

/* G-126, H-69: a reader that sleeps for long loses nothing. */
TEST_F(connection, closed_window_opens_again)
{
	ssize_t queued, got;

	queued = fill(self->a);
	ASSERT_LT(0, queued);
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	got = drain(self->b);
	EXPECT_EQ(queued, got);
}

/* J-84 */
TEST(memory_is_given_back)
{
	int fd[4][2], i;

	/* Each processor may keep up to a megabyte to itself: this is more. */
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, pair(fd[i]));
		ASSERT_LT(0, fill(fd[i][0]));
	}
	EXPECT_LT(0, proto_memory());
	for (i = 0; i < 4; i++) {
		close(fd[i][0]);
		close(fd[i][1]);
	}
	EXPECT_TRUE(native() ||
		    WAIT_FOR(proto_memory() <=
			     256 * sysconf(_SC_NPROCESSORS_CONF)));
}

#include "nothing_left.h"
