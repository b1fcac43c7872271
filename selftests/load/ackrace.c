// SPDX-License-Identifier: GPL-2.0
/*
 * Two processors complete the same handshake at the same moment: one child
 * comes of it, once (E-35), and what the other brings, or what comes while the
 * program holds the child, reaches that child (E-38).
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "harness.h"
#include "rawpeer.h"

const unsigned int widened = 200;

#define ROUNDS	300

static void __attribute__((constructor(102))) set_up_peer(void)
{
	if (raw_netns()) {
		printf("Bail out! no raw peer: %s\n", strerror(errno));
		exit(1);
	}
}

/* What each of the two sends, and when: both have come to the same round. */
static struct race {
	struct raw *raw;
	struct segment first, second;
	atomic_int round, done, arrived;
	atomic_bool over;
} race;

static void *runner(void *arg)
{
	int me = (intptr_t)arg, round = 0;

	pin_to(me);
	for (;;) {
		while (atomic_load(&race.round) == round) {
			if (atomic_load(&race.over))
				return NULL;
			sched_yield();
		}
		round++;
		/* Neither goes before the other is on its processor. */
		atomic_fetch_add(&race.arrived, 1);
		while (atomic_load(&race.arrived) < 2 * round)
			;
		raw_send(race.raw, &race.first);
		raw_send(race.raw, &race.second);
		atomic_fetch_add(&race.done, 1);
	}
}

/* Half a handshake; the ACK that completes it, with a byte, and the next one */
static int half_open(struct raw *raw, unsigned int port)
{
	struct segment s = {
		.sport = raw->port, .dport = port, .flags = SYN, .seq = 1000,
		.window = 30000,
	};

	if (raw_send(raw, &s) || raw_recv(raw, &s, PATIENCE) ||
	    s.flags != (SYN | ACK))
		return -1;
	race.first = (struct segment){
		.sport = raw->port, .dport = port, .flags = ACK | PSH,
		.seq = 1001, .ack = s.seq + 1, .window = 30000,
		.data = "a", .len = 1,
	};
	race.second = race.first;
	race.second.seq++;
	race.second.data[0] = 'b';
	return 0;
}

static void reset(struct raw *raw)
{
	struct segment s = race.second;

	s.flags = RST;
	s.seq++;
	s.len = 0;
	raw_send(raw, &s);
}

TEST(one_child)
{
	int lfd = listener_on(SOCKET_IP, 0, 8), fd, i;
	unsigned int port = port_of(lfd);
	long repeated = counter("DelayedACKLost");
	long opened = counter("PassiveOpens");
	pthread_t thread[2];
	struct raw raw;
	char got[3];

	ASSERT_EQ(0, raw_open(&raw));
	race.raw = &raw;
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, runner,
					    (void *)(intptr_t)i));
	for (i = 0; i < ROUNDS; i++) {
		raw.port = own_port();
		ASSERT_EQ(0, half_open(&raw, port));
		atomic_fetch_add(&race.round, 1);
		/* The program is at the child while segments still come. */
		fd = accept(lfd, NULL, NULL);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, recv_all(fd, got, 2));
		ASSERT_EQ(0, memcmp(got, "ab", 2));
		while (atomic_load(&race.done) < 2 * (i + 1))
			sched_yield();
		ASSERT_EQ(0, nonblock(lfd, true));
		ASSERT_EQ(EAGAIN, err(accept(lfd, NULL, NULL)));
		ASSERT_EQ(0, nonblock(lfd, false));
		ASSERT_EQ(0, nonblock(fd, true));
		ASSERT_EQ(EAGAIN, err(recv(fd, got, 3, 0)));
		reset(&raw);
		close(fd);
	}
	atomic_store(&race.over, true);
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	/* TCP counts those, too, that came too late: some 10 % do meet. */
	EXPECT_LE(opened + ROUNDS, counter("PassiveOpens"));
	EXPECT_TRUE(native() || counter("PassiveOpens") == opened + ROUNDS);
	/* The second byte twice before the first counts as early, not as old. */
	EXPECT_LE(repeated + ROUNDS, counter("DelayedACKLost"));
	close(lfd);
	close(raw.fd);
}

#include "nothing_left.h"
