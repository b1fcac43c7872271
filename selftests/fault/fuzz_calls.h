/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the fuzzer of system calls know of each other. */
#ifndef XTCP_FUZZ_CALLS_H
#define XTCP_FUZZ_CALLS_H

#include <sched.h>

#include "fuzz.h"
#include "xtcp_test.h"

#define PROCESSES	3	/* that make calls; one more changes the world */
#define THREADS		3	/* of each */
#define WORLD		(PROCESSES * THREADS)	/* the player after them */

#define FUZZ_PORT	20500
#define FUZZ_PORTS	4

/*
 * HOME has xtcp0 and the wire a0; b0, at PEER, is its other end, where both
 * XTCP and TCP may be at home.  OTHER is where devices are moved to.
 */
enum { AT_HOME, AT_PEER, AT_OTHER, PLACES };
extern int places[PLACES];

struct uring;

/* A player that makes calls */
struct actor {
	struct fuzz_player player;
	pthread_t thread;
	pid_t tid;
	long long since;	/* when its call began; 0: it makes none */
	int nth;		/* failing allocations, or -1 */
	int pipe[2];
	struct uring *uring;
	bool arming;		/* lock: no failure is armed while it is sent a signal */
};

/* Without calls of the kernel that wake somebody, and may fail themselves */
static inline void actor_lock(struct actor *a)
{
	while (__atomic_exchange_n(&a->arming, true, __ATOMIC_ACQUIRE))
		sched_yield();
}

static inline void actor_unlock(struct actor *a)
{
	__atomic_store_n(&a->arming, false, __ATOMIC_RELEASE);
}

enum {
	CALL_SOCKET, CALL_SERVER, CALL_PAIR, CALL_BIND, CALL_LISTEN,
	CALL_CONNECT, CALL_ACCEPT, CALL_SHUTDOWN, CALL_CLOSE, CALL_RESET,
	CALL_DUP, CALL_SEND, CALL_SENDMSG, CALL_SENDMMSG, CALL_RECV,
	CALL_RECVMSG, CALL_RECVMMSG, CALL_SPLICE, CALL_SENDFILE, CALL_POLL,
	CALL_EPOLL, CALL_IOCTL, CALL_GETSOCKOPT, CALL_SETSOCKOPT, CALL_NAMES,
	CALL_FCNTL, CALL_FILTER, CALL_MMAP, CALL_PROC, CALL_PASS, CALL_FORK,
	CALL_NETNS, CALL_URING, CALLS,
	CALL_WORLD = CALLS, CALL_VERDICT, CALL_PROCESSOR, CALL_KINDS,
};

extern const char *const call_names[];

/* fuzz_play.c: the calls */
int play_prepare(void);			/* before the processes are made */
int play_init(void);			/* in each of them */
void play_call(struct actor *a);	/* one call, drawn from its input */
void play_end(void);
void play_over(void);			/* when none of them is left */
int *any_slot(struct fuzz_in *in);
int any_fd(struct fuzz_in *in);
void put_fd(struct fuzz_in *in, int fd);	/* where other calls find it */
socklen_t any_address(struct fuzz_in *in, struct sockaddr_storage *ss);
int any_flags(struct fuzz_in *in);
extern int live_children;

/* fuzz_uring.c */
void uring_call(struct actor *a);
void uring_close(struct actor *a);

/* fuzz_world.c */
int world_init(void);
void world_change(struct fuzz_in *in);
void world_heal(void);			/* all is as in the beginning */
extern unsigned int *world_faults;	/* what it saw that must not be */

/* fuzz_queue.c: packets of HOME that wait for a verdict; until fuzz_over() */
int queue_start(pthread_t *thread);

#endif /* XTCP_FUZZ_CALLS_H */
