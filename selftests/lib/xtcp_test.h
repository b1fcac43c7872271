/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the XTCP selftests share.
 *
 * Every program runs in a network namespace of its own, made before main(),
 * with lo up and, for AF_XTCP, an xtcp0 that is up.  XTCP_TEST_FAMILY=2 runs the
 * same program on AF_INET over lo: TCP is the reference, so a test of plain
 * socket behaviour that fails there is wrong itself.
 *
 * Row ids such as B-09 name rows of the project's behaviour inventory.
 */
#ifndef XTCP_TEST_H
#define XTCP_TEST_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/sockios.h>
#include <linux/tcp.h>
#include "uapi/xtcp.h"

/* How long an event may take, in ms, before a test gives up on it. */
#define PATIENCE	(30000 * SLOW)

/* Harness timeout of one test; its own default is too short for emulation. */
#define TEST_SECONDS	(100 * SLOW)

#define LOCALHOST	"127.0.0.1"

/* sk_state as /proc/net/xtcp and tcp_info print it */
enum {
	ST_NONE,		/* not listed: CLOSE, or gone */
	ST_ESTABLISHED,
	ST_SYN_SENT,
	ST_SYN_RECV,
	ST_FIN_WAIT1,
	ST_FIN_WAIT2,
	ST_TIME_WAIT,
	ST_CLOSE,
	ST_CLOSE_WAIT,
	ST_LAST_ACK,
	ST_LISTEN,
	ST_CLOSING,
};

/* poll masks of G-47 to G-55 */
#define P_ALL	(POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLRDBAND | \
		 POLLWRNORM | POLLWRBAND | POLLRDHUP)
#define P_IN	(POLLIN | POLLRDNORM)
#define P_OUT	(POLLOUT | POLLWRNORM)
#define P_EOF	(P_IN | POLLRDHUP)
#define P_FRESH	(P_OUT | POLLHUP)
#define P_DEAD	(P_EOF | P_OUT | POLLHUP)

extern int family;			/* AF_XTCP or AF_INET */
extern char scratch[64];		/* for bytes nobody looks at */

static inline bool native(void)
{
	return family == AF_INET;
}

/*
 * The step through what is tried one by one: 1, but in the short form of the tests
 * (XTCP_TEST_SHORT) as given.
 */
static inline unsigned int stride(unsigned int in_short)
{
	return getenv("XTCP_TEST_SHORT") ? in_short : 1;
}

/*
 * Where the module is built for it (module/widen.h), one of so many of its race
 * windows stands open while the program runs; 0, unless it says more: none.
 */
extern const unsigned int widened;
/* The calling thread stays on a processor. */
void pin_to(int cpu);

/* Of one program's own, from now on */
void widen_races(unsigned int one_of, unsigned int usecs);
/* Have the next child wait; when that is so; false: this module can't. */
bool widen_child(unsigned int msecs);
bool child_waits(void);

/* The device that local traffic of the family crosses. */
static inline const char *loop_dev(void)
{
	return native() ? "lo" : "xtcp0";
}

/* 0, or the errno of a call that returned @ret. */
static inline int err(long ret)
{
	return ret < 0 ? errno : 0;
}

/* Wait until @cond holds; the value says whether it came to hold. */
#define WAIT_FOR(cond)							\
({									\
	long long deadline_ = now_ms() + PATIENCE;			\
	bool held_;							\
									\
	while (!(held_ = !!(cond)) && now_ms() < deadline_)		\
		nap();							\
	held_;								\
})

long long now_ms(void);
void nap(void);

/* Version of the running kernel, as KERNEL_VERSION() has it, point release 0 */
unsigned int kernel_version(void);

/* sockets: every helper returns -1 with errno set when a step fails */
struct sockaddr_in addr_of(const char *ip, unsigned int port);
unsigned int own_port(void);
int sock(int flags);
int sock_as(unsigned int uid);
int set_int(int fd, int level, int opt, int val);
int get_int(int fd, int level, int opt);
int bind_to(int fd, const char *ip, unsigned int port);
int connect_to(int fd, const char *ip, unsigned int port);
int bound(const char *ip, unsigned int port);
int listener_on(const char *ip, unsigned int port, int backlog);
int listener(int backlog);
int connected(unsigned int port);
int pair_via(int lfd, int fd[2]);
int pair(int fd[2]);
int unspec(int fd);
int reset_by(int fd);
unsigned int port_of(int fd);
unsigned int peer_port_of(int fd);
int sock_error(int fd);
int nonblock(int fd, bool on);
int send_all(int fd, const void *buf, size_t len);
int recv_all(int fd, void *buf, size_t len);
ssize_t drain(int fd);
ssize_t fill(int fd);

/*
 * A port that answers no SYN: a listener of backlog 0 whose queue is full
 * (C-13, C-14).  Accepting from it, or closing it, ends the silence.
 */
struct silent {
	int lfd;
	int cfd;
	unsigned int port;
};

int silent_open(struct silent *s);
void silent_close(struct silent *s);

/* poll */
int mask_of(int fd);
int wait_for(int fd, int events);

/* /proc */
struct row {
	struct in_addr laddr, raddr;
	unsigned int lport, rport;
	unsigned int state;
	unsigned int txq, rxq;
	unsigned int timer;
	unsigned int when;	/* it fires, in ticks of 10 ms from now */
	unsigned int retrans;
	unsigned int uid;
	unsigned long inode;
	unsigned int ato, ack;	/* quick ACKs left times 2, and pingpong */
};

int rows_read(struct row *rows, int max);
int row_find(unsigned int lport, unsigned int rport, struct row *row);
int state_of(unsigned int lport, unsigned int rport);
int rows_alive(void);
long counter(const char *name);
long sockets_used(void);
long proto_sockets(void);
long proto_memory(void);
long dev_stat(const char *dev, const char *name);

/* files that hold a line of text */
int write_text(const char *path, const char *text);
int read_text(const char *path, char *text, size_t size);

/* settings of the network namespace */
int sysctl_set(const char *name, const char *value);
long sysctl_get(const char *name);
/* of the whole host, so whoever sets it sets it back */
int host_sysctl_set(const char *name, const char *text);
int host_sysctl_get(const char *name, char *text, size_t size);
int fresh_netns(void);
int link_add(const char *kind, const char *name);
int link_del(const char *name);
int link_master(const char *name, const char *master);
int link_up(const char *name, bool up);
int link_mtu(const char *name, int mtu);
int link_number(const char *name, int attribute, __u32 value);
int route_metric(const char *ip, const char *dev, bool local, int metric,
		 __u32 value);
int addr_add(const char *label, const char *ip);
int addr_del(const char *label);
/*
 * A line of shell; one that is words alone is run without a shell, and may have
 * @input.  The status, as of system().
 */
int run_line(const char *line, const char *input);
int run_tool(const char *command, ...)
	__attribute__((__format__(printf, 1, 2)));

/* Drop what arrives on @dev for @ip. */
int drop_incoming(const char *dev, const char *ip);

/*
 * Hold everything sent on loop_dev() back (plug), let it go (unplug), or throw
 * it away (unplug_drop).  These make states like SYN_SENT or CLOSING last.
 */
int plug(void);
int unplug(void);
int unplug_drop(void);
int plug_full(void);
int plug_room(void);
/* fq, which keeps to the times that segments carry */
int qdisc_fair(void);

/* a call in a second thread */
struct job {
	pthread_t thread;
	pid_t tid;
	long (*call)(struct job *job);
	int nr;			/* the system call that @call sleeps in */
	int fd;
	void *arg;
	long ret;
	int err;
};

int job_start(struct job *job, long (*call)(struct job *job), int fd, void *arg);
bool job_sleeps(struct job *job);
bool job_blocked(struct job *job);
void job_join(struct job *job);

long call_connect(struct job *job);
long call_accept(struct job *job);
long call_recv(struct job *job);
long call_send(struct job *job);
long call_poll(struct job *job);

/* Print where a thread sleeps that should have come to its end. */
void tell_stack(pid_t pid, pid_t tid);

/* signals: count them */
int count_signal(int signo, int flags);
int signals_seen(void);

#endif /* XTCP_TEST_H */
