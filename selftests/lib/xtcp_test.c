// SPDX-License-Identifier: GPL-2.0
/* What the XTCP selftests share: sockets, waiting, /proc, threads, signals. */
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include <linux/version.h>

#include "xtcp_test.h"

#define BLANKS	"\n\t "

int family = AF_XTCP;
char scratch[64] __attribute__((aligned));

static int signals;
static unsigned int *next_port;		/* shared by all tests of a program */

long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

void nap(void)
{
	struct timespec ts = { .tv_nsec = 2000000 };

	nanosleep(&ts, NULL);
}

/* close() that keeps the errno of the step that failed before it */
static int give_up(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

unsigned int kernel_version(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	if (!uname(&name))
		sscanf(name.release, "%u.%u", &major, &minor);
	return KERNEL_VERSION(major, minor, 0);
}

struct sockaddr_in addr_of(const char *ip, unsigned int port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};

	inet_pton(AF_INET, ip, &sin.sin_addr);
	return sin;
}

/* A port that no other test was given, and that port 0 never gives. */
unsigned int own_port(void)
{
	return __atomic_fetch_add(next_port, 1, __ATOMIC_RELAXED);
}

int sock(int flags)
{
	return socket(family, SOCK_STREAM | flags, 0);
}

/* A socket whose inode belongs to @uid (B-40 to B-55 compare uids). */
int sock_as(unsigned int uid)
{
	int fd;

	setfsuid(uid);
	fd = sock(0);
	setfsuid(0);
	return fd;
}

int set_int(int fd, int level, int opt, int val)
{
	return setsockopt(fd, level, opt, &val, sizeof(val));
}

/* The value of an int option, or -errno. */
int get_int(int fd, int level, int opt)
{
	int val = 0;
	socklen_t len = sizeof(val);

	if (getsockopt(fd, level, opt, &val, &len))
		return -errno;
	return val;
}

int bind_to(int fd, const char *ip, unsigned int port)
{
	struct sockaddr_in sin = addr_of(ip, port);

	return bind(fd, (struct sockaddr *)&sin, sizeof(sin));
}

int connect_to(int fd, const char *ip, unsigned int port)
{
	struct sockaddr_in sin = addr_of(ip, port);

	return connect(fd, (struct sockaddr *)&sin, sizeof(sin));
}

int bound(const char *ip, unsigned int port)
{
	int fd = sock(0);

	if (fd < 0 || bind_to(fd, ip, port))
		return give_up(fd);
	return fd;
}

int listener_on(const char *ip, unsigned int port, int backlog)
{
	int fd = bound(ip, port);

	if (fd < 0 || listen(fd, backlog))
		return give_up(fd);
	return fd;
}

int listener(int backlog)
{
	return listener_on(LOCALHOST, 0, backlog);
}

int connected(unsigned int port)
{
	int fd = sock(0);

	if (fd < 0 || connect_to(fd, LOCALHOST, port))
		return give_up(fd);
	return fd;
}

/* Connect through @lfd: fd[0] is the client, fd[1] what accept() gave. */
int pair_via(int lfd, int fd[2])
{
	fd[0] = connected(port_of(lfd));
	if (fd[0] < 0)
		return -1;
	fd[1] = accept(lfd, NULL, NULL);
	if (fd[1] < 0)
		return give_up(fd[0]);
	return 0;
}

int pair(int fd[2])
{
	int lfd = listener(1);
	int ret;

	if (lfd < 0)
		return -1;
	ret = pair_via(lfd, fd);
	give_up(lfd);
	return ret;
}

/* connect(AF_UNSPEC): dissolve the association (D-02) */
int unspec(int fd)
{
	struct sockaddr sa = { .sa_family = AF_UNSPEC };

	return connect(fd, &sa, sizeof(sa));
}

/* Close so that the peer gets an RST (I-17). */
int reset_by(int fd)
{
	struct linger lin = { .l_onoff = 1, .l_linger = 0 };

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &lin, sizeof(lin)))
		return give_up(fd);
	return close(fd);
}

unsigned int port_of(int fd)
{
	struct sockaddr_in sin = { };
	socklen_t len = sizeof(sin);

	if (getsockname(fd, (struct sockaddr *)&sin, &len))
		return 0;
	return ntohs(sin.sin_port);
}

unsigned int peer_port_of(int fd)
{
	struct sockaddr_in sin = { };
	socklen_t len = sizeof(sin);

	if (getpeername(fd, (struct sockaddr *)&sin, &len))
		return 0;
	return ntohs(sin.sin_port);
}

int sock_error(int fd)
{
	return get_int(fd, SOL_SOCKET, SO_ERROR);
}

int nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -1;
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags);
}

int send_all(int fd, const void *buf, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = send(fd, buf + done, len - done, MSG_NOSIGNAL);
		if (n < 0)
			return -1;
		done += n;
	}
	return 0;
}

/* Exactly @len bytes, or -1: errno 0 then means an early end of file. */
int recv_all(int fd, void *buf, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = recv(fd, buf + done, len - done, 0);
		if (n == 0)
			errno = 0;
		if (n <= 0)
			return -1;
		done += n;
	}
	return 0;
}

/* Read until end of file; the number of bytes, or -1. */
ssize_t drain(int fd)
{
	char buf[16384];
	ssize_t sum = 0;
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		sum += n;
	return n < 0 ? -1 : sum;
}

/* Nothing is in flight, and the peer has no room for more. */
static bool window_shut(int fd)
{
	struct tcp_info info = { .tcpi_snd_wnd = 1 };
	socklen_t len = sizeof(info);
	int queued = -1, unsent = -2;

	ioctl(fd, SIOCOUTQ, &queued);
	ioctl(fd, SIOCOUTQNSD, &unsent);
	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return queued == unsent && !info.tcpi_snd_wnd;
}

/* Send until the buffers of both ends are full; the number of bytes, or -1. */
ssize_t fill(int fd)
{
	static const char buf[16384];
	bool shut = false;
	ssize_t sum = 0;
	ssize_t n;

	for (;;) {
		n = send(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			sum += n;
			continue;
		}
		if (n == 0 || errno != EAGAIN)
			return -1;
		if (shut)
			return sum;
		if (!WAIT_FOR(window_shut(fd) || mask_of(fd) & POLLOUT))
			return -1;
		shut = window_shut(fd);
	}
}

int silent_open(struct silent *s)
{
	s->cfd = -1;
	s->lfd = listener(0);
	if (s->lfd < 0)
		return -1;
	s->port = port_of(s->lfd);
	s->cfd = connected(s->port);
	if (s->cfd < 0)
		return give_up(s->lfd);
	if (wait_for(s->lfd, POLLIN) == POLLIN)
		return 0;
	silent_close(s);
	return -1;
}

void silent_close(struct silent *s)
{
	close(s->cfd);
	close(s->lfd);
}

/* Everything that poll() reports at once. */
int mask_of(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = P_ALL };

	if (poll(&pfd, 1, 0) < 0)
		return -1;
	return pfd.revents;
}

/* Wait for one of @events; the returned events, 0 when none ever came. */
int wait_for(int fd, int events)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	if (poll(&pfd, 1, PATIENCE) < 0)
		return -1;
	return pfd.revents;
}

/* What stands behind the inode is told of connections only. */
static bool row_parse(const char *line, struct row *row)
{
	row->ato = 0;
	row->ack = 0;
	return sscanf(line,
		      " %*d: %x:%x %x:%x %x %x:%x %x:%x %x %u %*d %lu %*d %*s %*u %u %u",
		      &row->laddr.s_addr, &row->lport, &row->raddr.s_addr,
		      &row->rport, &row->state, &row->txq, &row->rxq,
		      &row->timer, &row->when, &row->retrans, &row->uid,
		      &row->inode, &row->ato, &row->ack) >= 12;
}

/* All rows of /proc/net/xtcp; their number, -1 if there is no such file. */
int rows_read(struct row *rows, int max)
{
	FILE *f = fopen(native() ? "/proc/net/tcp" : "/proc/net/xtcp", "re");
	char line[512];
	struct row row;
	int n = 0;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (!row_parse(line, &row))
			continue;
		if (n < max)
			rows[n] = row;
		n++;
	}
	fclose(f);
	return n;
}

/* The row of a connection; a listener or bound socket has @rport 0. */
int row_find(unsigned int lport, unsigned int rport, struct row *row)
{
	FILE *f = fopen(native() ? "/proc/net/tcp" : "/proc/net/xtcp", "re");
	char line[512];
	int found = 0;

	if (!f)
		return -1;
	while (!found && fgets(line, sizeof(line), f))
		found = row_parse(line, row) && row->lport == lport &&
			row->rport == rport;
	fclose(f);
	return found;
}

int state_of(unsigned int lport, unsigned int rport)
{
	struct row row;

	return row_find(lport, rport, &row) == 1 ? (int)row.state : ST_NONE;
}

/* Rows that a process or a protocol timer still holds. */
int rows_alive(void)
{
	struct row *rows = calloc(8192, sizeof(*rows));
	int n = rows ? rows_read(rows, 8192) : -1;
	int alive = n;
	int i;

	/* TCP's TIME_WAIT lasts 60 s, whatever a test does */
	for (i = 0; native() && i < n && i < 8192; i++)
		alive -= rows[i].state == ST_TIME_WAIT;
	free(rows);
	return alive;
}

/* The value below @name in a file of title and value lines, or -1. */
static long title_value(const char *path, const char *prefix, const char *name)
{
	char titles[8192], values[8192];
	char *title, *value, *t = NULL, *v = NULL;
	FILE *f = fopen(path, "re");
	long ret = -1;

	if (!f)
		return -1;
	while (ret < 0 && fgets(titles, sizeof(titles), f) &&
	       fgets(values, sizeof(values), f)) {
		if (strncmp(titles, prefix, strlen(prefix)))
			continue;
		title = strtok_r(titles, BLANKS, &t);
		value = strtok_r(values, BLANKS, &v);
		while (title && value && strcmp(title, name)) {
			title = strtok_r(NULL, BLANKS, &t);
			value = strtok_r(NULL, BLANKS, &v);
		}
		if (title && value)
			ret = strtol(value, NULL, 10);
	}
	fclose(f);
	return ret;
}

/* One of the family's own counters (J-53 to J-61), -1 if it has no such. */
long counter(const char *name)
{
	long val;

	val = title_value(native() ? "/proc/net/snmp" : "/proc/net/xtcp_snmp",
			  "Tcp:", name);
	if (val >= 0)
		return val;
	return title_value(native() ? "/proc/net/netstat" :
				      "/proc/net/xtcp_netstat",
			   "TcpExt:", name);
}

long sockets_used(void)
{
	FILE *f = fopen("/proc/net/sockstat", "re");
	long used = -1;

	if (!f)
		return -1;
	if (fscanf(f, "sockets: used %ld", &used) != 1)
		used = -1;
	fclose(f);
	return used;
}

static bool proto_row(long *sockets, long *memory)
{
	const char *name = native() ? "TCP" : "XTCP";
	FILE *f = fopen("/proc/net/protocols", "re");
	char line[512], proto[32];
	bool found = false;

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%31s %*u %ld %ld", proto, sockets,
			       memory) == 3 && !strcmp(proto, name);
	fclose(f);
	return found;
}

/* The columns of /proc/net/protocols (J-69) */
long proto_sockets(void)
{
	long sockets, memory;

	return proto_row(&sockets, &memory) ? sockets : -1;
}

long proto_memory(void)
{
	long sockets, memory;

	return proto_row(&sockets, &memory) ? memory : -1;
}

/* From /proc: /sys shows the namespace that it was mounted in. */
long dev_stat(const char *dev, const char *name)
{
	static const char * const names[] = {
		"rx_bytes", "rx_packets", "rx_errors", "rx_dropped",
		"rx_fifo", "rx_frame", "rx_compressed", "multicast",
		"tx_bytes", "tx_packets", "tx_errors", "tx_dropped", NULL
	};
	char line[512], label[64];
	FILE *f = fopen("/proc/net/dev", "re");
	long val = -1;
	int skip;
	size_t i;

	while (f && fgets(line, sizeof(line), f)) {
		char *at = line;

		if (sscanf(line, " %63[^:]:%n", label, &skip) != 1 ||
		    strcmp(label, dev))
			continue;
		at += skip;
		for (i = 0; names[i]; i++) {
			long one = strtol(at, &at, 10);

			if (!strcmp(names[i], name))
				val = one;
		}
	}
	if (f)
		fclose(f);
	return val;
}

int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

int read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, size - 1);
	close(fd);
	if (n < 0)
		return -1;
	text[n] = 0;
	return 0;
}

static void host_path(char *path, size_t size, const char *name)
{
	snprintf(path, size, "/proc/sys/net/%s", name);
}

/* Some are the host's, in the first namespace only.  In a process apart. */
int host_sysctl_set(const char *name, const char *text)
{
	int status, ns = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);
	char path[128];
	pid_t pid;

	host_path(path, sizeof(path), name);
	pid = fork();
	if (!pid)
		_exit(setns(ns, CLONE_NEWNET) || write_text(path, text));
	close(ns);
	return pid < 0 || waitpid(pid, &status, 0) != pid || status ? -1 : 0;
}

int host_sysctl_get(const char *name, char *text, size_t size)
{
	int status, ns = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);
	int result[2];
	ssize_t n = -1;
	char path[128];
	pid_t pid;

	host_path(path, sizeof(path), name);
	if (pipe(result))
		return -1;
	pid = fork();
	if (!pid)
		_exit(setns(ns, CLONE_NEWNET) || read_text(path, text, size) ||
		      write(result[1], text, strlen(text)) < 0);
	close(ns);
	close(result[1]);
	if (pid > 0 && waitpid(pid, &status, 0) == pid && !status)
		n = read(result[0], text, size - 1);
	close(result[0]);
	if (n <= 0)
		return -1;
	text[n] = 0;
	return 0;
}

int sysctl_set(const char *name, const char *value)
{
	char path[128];
	int fd, ret;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = write(fd, value, strlen(value)) < 0 ? -1 : 0;
	give_up(fd);
	return ret;
}

long sysctl_get(const char *name)
{
	char path[128];
	long val = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	f = fopen(path, "re");
	if (!f)
		return -1;
	if (fscanf(f, "%ld", &val) != 1)
		val = -1;
	fclose(f);
	return val;
}

static void *job_run(void *arg)
{
	struct job *job = arg;

	__atomic_store_n(&job->tid, gettid(), __ATOMIC_RELEASE);
	errno = 0;
	job->ret = job->call(job);
	job->err = err(job->ret);
	return NULL;
}

/* Make @call in a second thread. */
int job_start(struct job *job, long (*call)(struct job *job), int fd, void *arg)
{
	memset(job, 0, sizeof(*job));
	job->call = call;
	job->fd = fd;
	job->arg = arg;
	errno = pthread_create(&job->thread, NULL, job_run, job);
	return errno ? -1 : 0;
}

bool job_sleeps(struct job *job)
{
	pid_t tid = __atomic_load_n(&job->tid, __ATOMIC_ACQUIRE);
	char path[64], state = 0;
	int nr = -1;
	FILE *f;

	if (!tid)
		return false;
	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fscanf(f, "%d", &nr) != 1)
		nr = -1;
	fclose(f);
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(f);
	return state == 'S' && nr == __atomic_load_n(&job->nr, __ATOMIC_ACQUIRE);
}

/* Wait until the job sleeps inside its system call. */
bool job_blocked(struct job *job)
{
	return WAIT_FOR(job_sleeps(job));
}

void job_join(struct job *job)
{
	pthread_join(job->thread, NULL);
	errno = job->err;
}

static void job_enters(struct job *job, int nr)
{
	__atomic_store_n(&job->nr, nr, __ATOMIC_RELEASE);
}

/* @arg points to the destination */
long call_connect(struct job *job)
{
	job_enters(job, SYS_connect);
	return connect(job->fd, job->arg, sizeof(struct sockaddr_in));
}

long call_accept(struct job *job)
{
	job_enters(job, SYS_accept);
	return accept(job->fd, NULL, NULL);
}

/* @arg, if any, takes one byte */
long call_recv(struct job *job)
{
	char byte;

	job_enters(job, SYS_recvfrom);
	return recv(job->fd, job->arg ?: &byte, 1, 0);
}

/* More than any buffer of a test holds */
long call_send(struct job *job)
{
	static const char buf[1 << 20];
	long sum = 0;
	ssize_t n;

	job_enters(job, SYS_sendto);
	do {
		n = send(job->fd, buf, sizeof(buf), MSG_NOSIGNAL);
		sum += n > 0 ? n : 0;
	} while (n == sizeof(buf));
	return n < 0 && !sum ? n : sum;
}

/* @arg is the set of events; the result what poll() reported */
long call_poll(struct job *job)
{
	struct pollfd pfd = { .fd = job->fd, .events = (long)job->arg };

	job_enters(job, SYS_poll);
	if (poll(&pfd, 1, -1) < 0)
		return -1;
	return pfd.revents;
}

void tell_stack(pid_t pid, pid_t tid)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "sed 's/^/# /' /proc/%d/task/%d/syscall /proc/%d/task/%d/stack",
		 pid, tid, pid, tid);
	printf("# thread %d hangs\n", tid);
	if (system(command))
		printf("# and cannot be looked at\n");
}

static void on_signal(int signo)
{
	__atomic_fetch_add(&signals, 1, __ATOMIC_RELAXED);
}

/* Count @signo from now on; sa_flags tells what becomes of the call. */
int count_signal(int signo, int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };

	signals = 0;
	return sigaction(signo, &sa, NULL);
}

int signals_seen(void)
{
	return __atomic_load_n(&signals, __ATOMIC_RELAXED);
}

/* Before main(): a network namespace of this program's own. */
const unsigned int __attribute__((weak)) widened;

void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

#define PARAMETERS "/sys/module/xtcp/parameters/"

static bool set_parameter(const char *name, unsigned int value)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	f = fopen(path, "we");
	if (!f)
		return false;
	fprintf(f, "%u", value);
	return !fclose(f);
}

bool widen_child(unsigned int msecs)
{
	return set_parameter("widen_child_msecs", msecs);
}

bool child_waits(void)
{
	unsigned int msecs = 1;
	FILE *f = fopen(PARAMETERS "widen_child_msecs", "re");

	if (f) {
		if (fscanf(f, "%u", &msecs) != 1)
			msecs = 1;
		fclose(f);
	}
	return !msecs;
}

void widen_races(unsigned int one_of, unsigned int usecs)
{
	set_parameter("widen", one_of);
	set_parameter("widen_usecs", usecs);
}

static void __attribute__((constructor(101))) set_up(void)
{
	const char *env = getenv("XTCP_TEST_FAMILY");

	if (env)
		family = atoi(env);
	setvbuf(stdout, NULL, _IOLBF, 0);
	next_port = mmap(NULL, sizeof(*next_port), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (next_port == MAP_FAILED)
		exit(1);
	*next_port = 20000;
	widen_races(widened, 100);
	if (fresh_netns()) {
		printf("Bail out! no network namespace to test in: %s\n",
		       strerror(errno));
		exit(1);
	}
}
