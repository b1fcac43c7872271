// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp_cat: copy a file, or standard input and output, over one XTCP
 * connection, in both directions at once, as netcat does for TCP.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

#define CHUNK		(64 * 1024)
#define MIB		(1024.0 * 1024.0)
#define REDRAW_SECONDS	0.2
#define PLAIN_STEPS	5	/* lines of progress when they can't be redrawn */

static const char usage[] =
"usage: xtcp_cat [options] HOST PORT            connect\n"
"       xtcp_cat [options] -l [[HOST] PORT]     wait for one connection\n"
"\n"
"  -l       listen; PORT 0, or none, means any free port (see -v)\n"
"  -p PORT  local port\n"
"  -f FILE  send FILE instead of standard input (\"-\": standard input)\n"
"  -o FILE  write what arrives to FILE instead of standard output;\n"
"           without -f nothing is sent (as -d)\n"
"  -d       send nothing; close once the peer has closed\n"
"  -4       use the kernel's own TCP (AF_INET), for comparison\n"
"  -P       show progress and throughput on standard error\n"
"  -s       at the end, show what the connection knew (TCP_INFO)\n"
"  -v       say what happens: listening, connected\n"
"\n"
"Exit status: 0 all was transferred, 1 something failed, 2 wrong usage.\n";

struct options {
	bool listen;
	bool mute;
	bool progress;
	bool summary;
	bool verbose;
	int family;
	const char *host;
	const char *port;
	const char *local_port;
	const char *input;
	const char *output;
};

/* One direction: bytes [head, tail) of buf are read but not yet written. */
struct flow {
	int from;
	int to;
	size_t head;
	size_t tail;
	bool eof;	/* nothing more will come from @from */
	bool done;	/* and @to has been told */
	unsigned long long bytes;
	char buf[CHUNK];
};

struct progress {
	bool wanted;
	bool redraw;
	unsigned long long total;		/* bytes to send, 0: not known */
	double start;
	double shown;		/* time of the last line */
	unsigned long long next;		/* plain lines: byte count of the next one */
	unsigned long long step;
};

static struct flow up = { .from = -1, .to = -1 };
static struct flow down = { .from = -1, .to = -1 };
static struct progress progress;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static double rate(unsigned long long bytes, double seconds)
{
	return seconds > 0 ? bytes / MIB / seconds : 0;
}

/* Progress */

static void progress_start(const struct options *opt)
{
	const char *term = getenv("TERM");
	struct stat st;

	progress.wanted = opt->progress;
	progress.start = now();
	progress.shown = progress.start;
	progress.redraw = isatty(STDERR_FILENO) && term && strcmp(term, "dumb");
	if (up.from >= 0 && !fstat(up.from, &st) && S_ISREG(st.st_mode))
		progress.total = st.st_size;
	progress.step = progress.total ? progress.total / PLAIN_STEPS : 64 << 20;
	progress.next = progress.step;
}

static bool progress_due(unsigned long long bytes, double t)
{
	if (progress.redraw)
		return t - progress.shown >= REDRAW_SECONDS;
	return progress.step && bytes >= progress.next;
}

static void print_bar(unsigned long long bytes, int cells)
{
	int full = (double)bytes / progress.total * cells;

	fputc('[', stderr);
	for (int i = 0; i < cells; i++)
		fputc(i < full ? '#' : '.', stderr);
	fprintf(stderr, "] %3.0f %%  ", 100.0 * bytes / progress.total);
}

static void progress_show(void)
{
	unsigned long long bytes = up.bytes > down.bytes ? up.bytes : down.bytes;
	double t = now();

	if (!progress.wanted || !progress_due(bytes, t))
		return;
	fputs(progress.redraw ? "\r  " : "  ", stderr);
	if (progress.total)
		print_bar(up.bytes, 40);
	fprintf(stderr, "%8.1f MiB  %7.1f MiB/s", bytes / MIB,
		rate(bytes, t - progress.start));
	fputs(progress.redraw ? "\033[K" : "\n", stderr);
	progress.shown = t;
	while (progress.step && progress.next <= bytes)
		progress.next += progress.step;
}

static void progress_end(void)
{
	double seconds = now() - progress.start;
	unsigned long long bytes = up.bytes + down.bytes;

	if (!progress.wanted)
		return;
	if (progress.redraw)
		fputs("\r\033[K", stderr);
	fprintf(stderr,
		"  sent %llu bytes, received %llu bytes in %.2f s: %.1f MiB/s\n",
		up.bytes, down.bytes, seconds, rate(bytes, seconds));
}

/* Connection */

static struct sockaddr_in resolve(const char *host, const char *port)
{
	struct addrinfo hints = {
		.ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = host ? 0 : AI_PASSIVE,
	};
	struct addrinfo *list;
	struct sockaddr_in addr;
	int ret = getaddrinfo(host, port, &hints, &list);

	if (ret)
		errx(1, "%s port %s: %s", host ? host : "*", port, gai_strerror(ret));
	memcpy(&addr, list->ai_addr, sizeof(addr));
	freeaddrinfo(list);
	return addr;
}

static const char *addr_text(const struct sockaddr_in *addr)
{
	static char text[INET_ADDRSTRLEN + sizeof(":65535")];
	char ip[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &addr->sin_addr, ip, sizeof(ip));
	snprintf(text, sizeof(text), "%s:%u", ip, ntohs(addr->sin_port));
	return text;
}

static int open_socket(const struct options *opt)
{
	int fd = socket(opt->family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		errx(1, "socket: %s", net_strerror(errno, opt->family));
	return fd;
}

static void bind_local(int fd, const struct options *opt, const char *host,
		       const char *port)
{
	struct sockaddr_in addr = resolve(host, port);
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		errx(1, "bind %s: %s", addr_text(&addr),
		     net_strerror(errno, opt->family));
}

static int accept_one(const struct options *opt)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);
	int fd = open_socket(opt);
	int conn;

	bind_local(fd, opt, opt->host, opt->port);
	if (listen(fd, 1))
		errx(1, "listen: %s", net_strerror(errno, opt->family));
	getsockname(fd, (struct sockaddr *)&addr, &len);
	if (opt->verbose)
		fprintf(stderr, "listening on %s\n", addr_text(&addr));

	len = sizeof(addr);
	conn = accept4(fd, (struct sockaddr *)&addr, &len, SOCK_CLOEXEC);
	if (conn < 0)
		errx(1, "accept: %s", net_strerror(errno, opt->family));
	if (opt->verbose)
		fprintf(stderr, "connection from %s\n", addr_text(&addr));
	close(fd);
	return conn;
}

static int connect_one(const struct options *opt)
{
	struct sockaddr_in addr = resolve(opt->host, opt->port);
	int fd = open_socket(opt);

	if (opt->local_port)
		bind_local(fd, opt, NULL, opt->local_port);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		errx(1, "connect %s: %s", addr_text(&addr),
		     net_strerror(errno, opt->family));
	if (opt->verbose)
		fprintf(stderr, "connected to %s\n", addr_text(&addr));
	return fd;
}

static void set_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		err(1, "fcntl");
}

static void print_info(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len)) {
		fprintf(stderr, "  TCP_INFO: %s\n", strerror(errno));
		return;
	}
	fprintf(stderr, "  segments    %u out (%u with data), %u in (%u with data)\n",
		info.tcpi_segs_out, info.tcpi_data_segs_out,
		info.tcpi_segs_in, info.tcpi_data_segs_in);
	fprintf(stderr, "  resent      %u segments, %llu bytes\n",
		info.tcpi_total_retrans,
		(unsigned long long)info.tcpi_bytes_retrans);
	fprintf(stderr, "  round trip  %.2f ms (variation %.2f, least %.2f)\n",
		info.tcpi_rtt / 1e3, info.tcpi_rttvar / 1e3,
		info.tcpi_min_rtt / 1e3);
	fprintf(stderr, "  window      %u segments of %u bytes\n",
		info.tcpi_snd_cwnd, info.tcpi_snd_mss);
}

/* Files */

static int open_input(const struct options *opt)
{
	int fd;

	if (opt->mute)
		return -1;
	if (!opt->input || !strcmp(opt->input, "-"))
		return STDIN_FILENO;
	fd = open(opt->input, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", opt->input);
	return fd;
}

/*
 * A full pipe would block the other direction too. Reopening it gives a
 * description of our own, so that O_NONBLOCK doesn't reach those who share it.
 */
static int own_pipe(int fd)
{
	struct stat st;
	int own;

	if (fstat(fd, &st) || !S_ISFIFO(st.st_mode))
		return fd;
	own = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (own < 0)
		return fd;
	/* Keep the pipe's life ours alone: its reader must see our close. */
	close(fd);
	return own;
}

static int open_output(const struct options *opt)
{
	int fd;

	if (!opt->output)
		return own_pipe(STDOUT_FILENO);
	fd = open(opt->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		err(1, "%s", opt->output);
	return fd;
}

/* Copying */

static bool is_transient(int err)
{
	return err == EAGAIN || err == EINTR;
}

static void flow_read(struct flow *f, int family)
{
	ssize_t n = read(f->from, f->buf, sizeof(f->buf));

	if (n < 0 && is_transient(errno))
		return;
	if (n < 0)
		errx(1, "read: %s", net_strerror(errno, family));
	if (!n)
		f->eof = true;
	f->head = 0;
	f->tail = n;
}

static void flow_write(struct flow *f, int family)
{
	ssize_t n = write(f->to, f->buf + f->head, f->tail - f->head);

	if (n < 0 && is_transient(errno))
		return;
	if (n < 0)
		errx(1, "write: %s", net_strerror(errno, family));
	f->head += n;
	f->bytes += n;
}

static bool flow_empty(const struct flow *f)
{
	return f->head == f->tail;
}

/*
 * An uninteresting end gets fd -1: poll() reports POLLHUP even when nothing
 * was asked, and a loop that ignores it would spin.
 */
static void flow_ask(const struct flow *f, struct pollfd *in, struct pollfd *out)
{
	in->events = POLLIN;
	in->fd = !f->eof && flow_empty(f) ? f->from : -1;
	out->events = POLLOUT;
	out->fd = flow_empty(f) ? -1 : f->to;
}

static void flow_move(struct flow *f, const struct pollfd *in,
		      const struct pollfd *out, int family)
{
	if (in->fd >= 0 && in->revents)
		flow_read(f, family);
	if (out->fd >= 0 && out->revents)
		flow_write(f, family);
}

/* A person at the keyboard, or no input at all, ends with the peer. */
static void follow_peer(void)
{
	if (down.eof && flow_empty(&up) && (up.from < 0 || isatty(up.from)))
		up.eof = true;
}

static void finish_flows(int sock, int family)
{
	follow_peer();
	if (!up.done && up.eof && flow_empty(&up)) {
		if (shutdown(sock, SHUT_WR) && errno != ENOTCONN)
			errx(1, "shutdown: %s", net_strerror(errno, family));
		up.done = true;
	}
	if (!down.done && down.eof && flow_empty(&down)) {
		if (down.to != STDOUT_FILENO && close(down.to))
			err(1, "close");
		down.done = true;
	}
}

static void transfer(int sock, int family)
{
	struct pollfd fds[4];

	while (!up.done || !down.done) {
		flow_ask(&up, &fds[0], &fds[1]);
		flow_ask(&down, &fds[2], &fds[3]);
		if (poll(fds, 4, -1) < 0) {
			if (errno == EINTR)
				continue;
			err(1, "poll");
		}
		flow_move(&up, &fds[0], &fds[1], family);
		flow_move(&down, &fds[2], &fds[3], family);
		finish_flows(sock, family);
		progress_show();
	}
}

/* Command line */

static void bad_usage(void)
{
	fputs(usage, stderr);
	exit(2);
}

static void parse_place(struct options *opt, int argc, char **argv)
{
	int n = argc - optind;

	if (n > 2 || (!opt->listen && n != 2))
		bad_usage();
	if (n == 2)
		opt->host = argv[optind];
	if (n)
		opt->port = argv[argc - 1];
	else
		opt->port = opt->local_port ? opt->local_port : "0";
}

static void parse_options(struct options *opt, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "lp:f:o:d4Psvh")) != -1) {
		switch (c) {
		case 'l':
			opt->listen = true;
			break;
		case 'p':
			opt->local_port = optarg;
			break;
		case 'f':
			opt->input = optarg;
			break;
		case 'o':
			opt->output = optarg;
			break;
		case 'd':
			opt->mute = true;
			break;
		case '4':
			opt->family = AF_INET;
			break;
		case 'P':
			opt->progress = true;
			break;
		case 's':
			opt->summary = true;
			break;
		case 'v':
			opt->verbose = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			bad_usage();
		}
	}
	if (opt->output && !opt->input)
		opt->mute = true;
}

int main(int argc, char **argv)
{
	struct options opt = { .family = xtcp_family() };
	int sock;

	parse_options(&opt, argc, argv);
	parse_place(&opt, argc, argv);
	signal(SIGPIPE, SIG_IGN);

	up.from = open_input(&opt);
	down.to = open_output(&opt);
	sock = opt.listen ? accept_one(&opt) : connect_one(&opt);
	set_nonblock(sock);
	up.to = sock;
	down.from = sock;

	progress_start(&opt);
	transfer(sock, opt.family);
	progress_end();
	if (opt.summary)
		print_info(sock);
	return 0;
}
