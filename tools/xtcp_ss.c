// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp_ss: what ss and nstat show of TCP, for XTCP: the socket table of
 * /proc/net/xtcp and the counters of /proc/net/xtcp_snmp and _netstat.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fnmatch.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

static const char usage[] =
"usage: xtcp_ss [-a | -l] [-e] [-n] [-p] [-H] [-4] list sockets\n"
"       xtcp_ss -s [-4]                            summary\n"
"       xtcp_ss -c [-z] [-4] [PATTERN...]          list counters\n"
"       xtcp_ss -D FILE [-4] [PATTERN...]          what has changed since\n"
"\n"
"  -a       all sockets, not only connected ones\n"
"  -l       listening sockets only\n"
"  -e       the owner and the inode too\n"
"  -n       numbers instead of service names\n"
"  -p       the processes that hold each socket\n"
"  -H       no header\n"
"  -s       sockets by state, and the counters that tell most\n"
"  -c       counters that are not zero; PATTERN as in a shell: '*Retrans*'\n"
"  -z       with -c: those that are zero too\n"
"  -D FILE  counters that differ from FILE, the output of an earlier -c\n"
"  -4       the kernel's own TCP instead (IPv4)\n";

enum { ESTABLISHED = 1, SYN_RECV = 3, TIME_WAIT = 6, CLOSE = 7, LISTEN = 10 };

static const char * const state_names[] = {
	"?", "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2",
	"TIME-WAIT", "UNCONN", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING",
	"SYN-RECV",
};

#define NUM_STATES	ARRAY_SIZE(state_names)

static const char * const timer_names[] = {
	"", "on", "keepalive", "timewait", "persist",
};

#define NUM_TIMERS	ARRAY_SIZE(timer_names)

struct files {
	const char *sockets;
	const char *snmp;
	const char *netstat;
};

static const struct files xtcp_files = {
	"/proc/net/xtcp", "/proc/net/xtcp_snmp", "/proc/net/xtcp_netstat",
};

static const struct files inet_files = {
	"/proc/net/tcp", "/proc/net/snmp", "/proc/net/netstat",
};

struct options {
	bool all;
	bool listening;
	bool extended;
	bool numeric;
	bool processes;
	bool no_header;
	bool zeros;
	const char *earlier;	/* a file written by -c */
	const struct files *files;
	char **patterns;
};

static FILE *open_proc(const char *path)
{
	FILE *f = fopen(path, "re");

	if (!f && errno == ENOENT)
		errx(1, "%s is not there: load xtcp.ko first (insmod xtcp.ko)", path);
	if (!f)
		err(1, "%s", path);
	return f;
}

/* The socket table */

struct sock_row {
	unsigned int state;
	unsigned int local_addr, local_port;
	unsigned int peer_addr, peer_port;
	unsigned int tx_queue, rx_queue;
	unsigned int timer;
	unsigned long ticks;
	unsigned int retrans;
	unsigned int uid;
	unsigned long inode;
	int cwnd;	/* -1: this row has none */
};

/*
 * The format is that of /proc/net/tcp; rows without a full socket behind them
 * (TIME_WAIT, half open) end after the pointer.
 */
static bool parse_row(const char *line, struct sock_row *row)
{
	int fields = sscanf(line,
			    "%*d: %x:%x %x:%x %x %x:%x %x:%lx %x %u %*u %lu %*d %*s %*u %*u %*u %d",
			    &row->local_addr, &row->local_port,
			    &row->peer_addr, &row->peer_port, &row->state,
			    &row->tx_queue, &row->rx_queue, &row->timer,
			    &row->ticks, &row->retrans, &row->uid, &row->inode,
			    &row->cwnd);

	if (fields == 12)
		row->cwnd = -1;
	return fields >= 12;
}

static bool state_wanted(const struct options *opt, unsigned int state)
{
	if (opt->listening)
		return state == LISTEN;
	if (opt->all)
		return true;
	return state != LISTEN && state != CLOSE && state != TIME_WAIT &&
	       state != SYN_RECV;
}

/* A table of text whose columns are as wide as their widest cell. */

enum { COL_STATE, COL_RECVQ, COL_SENDQ, COL_LOCAL, COL_PEER, COL_TIMER,
	COL_RETRANS, COL_CWND, COL_UID, COL_INODE, COL_PROCESS, NUM_COLS };

#define CELL_SIZE	64

struct table_row {
	char cell[NUM_COLS][CELL_SIZE];
	char *processes;
};

struct table {
	struct table_row *rows;
	size_t num;
	size_t room;
	int width[NUM_COLS];
};

static const char * const column_names[NUM_COLS] = {
	"State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port",
	"Timer", "Retrans", "Cwnd", "Uid", "Inode", "Process",
};

static const bool column_right[NUM_COLS] = {
	[COL_RECVQ] = true, [COL_SENDQ] = true, [COL_RETRANS] = true,
	[COL_CWND] = true, [COL_UID] = true, [COL_INODE] = true,
};

static struct table_row *table_add(struct table *t)
{
	if (t->num == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		t->rows = realloc(t->rows, t->room * sizeof(*t->rows));
		if (!t->rows)
			err(1, "memory");
	}
	memset(&t->rows[t->num], 0, sizeof(*t->rows));
	return &t->rows[t->num++];
}

static void table_measure(struct table *t)
{
	for (int col = 0; col < NUM_COLS; col++) {
		t->width[col] = strlen(column_names[col]);
		for (size_t i = 0; i < t->num; i++) {
			int len = strlen(t->rows[i].cell[col]);

			if (len > t->width[col])
				t->width[col] = len;
		}
	}
}

static void print_cell(const struct table *t, const struct options *opt,
		       int col, const char *text)
{
	int width = column_right[col] ? t->width[col] : -t->width[col];

	if ((col == COL_UID || col == COL_INODE) && !opt->extended)
		return;
	printf("%s%*s", col ? "  " : "", width, text);
}

static void table_print(struct table *t, const struct options *opt)
{
	int cols = COL_PROCESS;

	table_measure(t);
	if (!opt->no_header) {
		for (int col = 0; col < cols; col++)
			print_cell(t, opt, col, column_names[col]);
		puts(opt->processes ? "  Process" : "");
	}
	for (size_t i = 0; i < t->num; i++) {
		for (int col = 0; col < cols; col++)
			print_cell(t, opt, col, t->rows[i].cell[col]);
		printf("%s%s\n", t->rows[i].processes ? "  " : "",
		       t->rows[i].processes ? t->rows[i].processes : "");
	}
}

static void put_addr(char *cell, const struct options *opt, unsigned int addr,
		     unsigned int port)
{
	struct in_addr in = { .s_addr = addr };
	struct servent *service = NULL;
	char ip[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &in, ip, sizeof(ip));
	if (!opt->numeric && port)
		service = getservbyport(htons(port), "tcp");
	if (service)
		snprintf(cell, CELL_SIZE, "%s:%s", ip, service->s_name);
	else if (port)
		snprintf(cell, CELL_SIZE, "%s:%u", ip, port);
	else
		snprintf(cell, CELL_SIZE, "%s:*", ip);
}

static void put_timer(char *cell, const struct sock_row *row)
{
	double seconds = (double)row->ticks / sysconf(_SC_CLK_TCK);
	const char *name = row->timer < NUM_TIMERS ? timer_names[row->timer] : "?";

	if (row->timer)
		snprintf(cell, CELL_SIZE, "%s,%.2fs", name, seconds);
}

static void fill_row(struct table_row *out, const struct options *opt,
		     const struct sock_row *row)
{
	const char *name = row->state < NUM_STATES ? state_names[row->state] : "?";

	snprintf(out->cell[COL_STATE], CELL_SIZE, "%s", name);
	snprintf(out->cell[COL_RECVQ], CELL_SIZE, "%u", row->rx_queue);
	snprintf(out->cell[COL_SENDQ], CELL_SIZE, "%u", row->tx_queue);
	put_addr(out->cell[COL_LOCAL], opt, row->local_addr, row->local_port);
	put_addr(out->cell[COL_PEER], opt, row->peer_addr, row->peer_port);
	put_timer(out->cell[COL_TIMER], row);
	snprintf(out->cell[COL_RETRANS], CELL_SIZE, "%u", row->retrans);
	if (row->cwnd >= 0 && row->state != LISTEN)
		snprintf(out->cell[COL_CWND], CELL_SIZE, "%d", row->cwnd);
	snprintf(out->cell[COL_UID], CELL_SIZE, "%u", row->uid);
	snprintf(out->cell[COL_INODE], CELL_SIZE, "%lu", row->inode);
}

/* Processes: who holds a descriptor whose link reads "socket:[inode]" */

static void read_name(const char *pid, char *name, size_t size)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	snprintf(name, size, "?");
	f = fopen(path, "re");
	if (!f)
		return;
	if (fgets(name, size, f))
		name[strcspn(name, "\n")] = '\0';
	fclose(f);
}

static void note_process(struct table *t, const char *pid, const char *fd,
			 unsigned long inode)
{
	char name[32], number[24];
	char *old, *text;

	snprintf(number, sizeof(number), "%lu", inode);
	for (size_t i = 0; i < t->num; i++) {
		if (strcmp(t->rows[i].cell[COL_INODE], number))
			continue;
		read_name(pid, name, sizeof(name));
		old = t->rows[i].processes;
		if (asprintf(&text, "%s%s%s(pid %s, fd %s)", old ? old : "",
			     old ? " " : "", name, pid, fd) < 0)
			err(1, "memory");
		free(old);
		t->rows[i].processes = text;
	}
}

static void scan_descriptors(struct table *t, const char *pid)
{
	char dirname[64], path[128], link[64];
	unsigned long inode;
	struct dirent *fd;
	ssize_t len;
	DIR *dir;

	snprintf(dirname, sizeof(dirname), "/proc/%.20s/fd", pid);
	dir = opendir(dirname);
	if (!dir)
		return;
	while ((fd = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%.20s", dirname, fd->d_name);
		len = readlink(path, link, sizeof(link) - 1);
		if (len < 0)
			continue;
		link[len] = '\0';
		if (!strncmp(link, "socket:[", 8)) {
			inode = strtoul(link + 8, NULL, 10);
			note_process(t, pid, fd->d_name, inode);
		}
	}
	closedir(dir);
}

static void find_processes(struct table *t)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc)
		err(1, "/proc");
	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			scan_descriptors(t, entry->d_name);
	closedir(proc);
}

static void show_sockets(const struct options *opt)
{
	FILE *f = open_proc(opt->files->sockets);
	struct table table = { 0 };
	struct sock_row row;
	char line[256];

	while (fgets(line, sizeof(line), f))
		if (parse_row(line, &row) && state_wanted(opt, row.state))
			fill_row(table_add(&table), opt, &row);
	fclose(f);
	if (opt->processes)
		find_processes(&table);
	table_print(&table, opt);
}

/* Counters */

struct counter {
	char name[48];		/* as nstat spells it: TcpInSegs, TcpExtTW */
	long long value;
};

struct counters {
	struct counter *list;
	size_t num;
	size_t room;
};

static void counters_add(struct counters *c, const char *prefix,
			 const char *name, const char *value)
{
	struct counter *entry;

	if (c->num == c->room) {
		c->room = c->room ? 2 * c->room : 256;
		c->list = realloc(c->list, c->room * sizeof(*c->list));
		if (!c->list)
			err(1, "memory");
	}
	entry = &c->list[c->num++];
	snprintf(entry->name, sizeof(entry->name), "%s%s", prefix, name);
	entry->value = strtoll(value, NULL, 10);
}

/* A line of names, then a line of values, both beginning with "Prefix:". */
static void counters_parse(struct counters *c, char *names, char *values)
{
	char *name_rest, *value_rest;
	char *prefix = strtok_r(names, ":\n ", &name_rest);
	char *name, *value;

	strtok_r(values, ":\n ", &value_rest);
	while ((name = strtok_r(NULL, "\n ", &name_rest)) &&
	       (value = strtok_r(NULL, "\n ", &value_rest)))
		counters_add(c, prefix, name, value);
}

static void counters_read(struct counters *c, const char *path, const char *prefix)
{
	size_t names_size = 0, values_size = 0;
	char *names = NULL, *values = NULL;
	FILE *f = open_proc(path);

	while (getline(&names, &names_size, f) > 0 &&
	       getline(&values, &values_size, f) > 0)
		if (!strncmp(names, prefix, strlen(prefix)))
			counters_parse(c, names, values);
	free(names);
	free(values);
	fclose(f);
}

static void counters_load(struct counters *c, const struct options *opt)
{
	counters_read(c, opt->files->snmp, "Tcp:");
	counters_read(c, opt->files->netstat, "TcpExt:");
}

static long long counter_get(const struct counters *c, const char *name)
{
	for (size_t i = 0; i < c->num; i++)
		if (!strcmp(c->list[i].name, name))
			return c->list[i].value;
	return 0;
}

static bool name_wanted(const struct options *opt, const char *name)
{
	if (!*opt->patterns)
		return true;
	for (char **pattern = opt->patterns; *pattern; pattern++)
		if (!fnmatch(*pattern, name, 0))
			return true;
	return false;
}

static void show_counters(const struct options *opt)
{
	struct counters now = { 0 };

	counters_load(&now, opt);
	for (size_t i = 0; i < now.num; i++) {
		const struct counter *c = &now.list[i];

		if (name_wanted(opt, c->name) && (c->value || opt->zeros))
			printf("%-32s %12lld\n", c->name, c->value);
	}
}

/* What -c printed: a name and a value in each line. */
static void counters_read_list(struct counters *c, const char *path)
{
	FILE *f = fopen(path, "re");
	char name[48], value[24];

	if (!f)
		err(1, "%s", path);
	while (fscanf(f, "%47s %23s", name, value) == 2)
		counters_add(c, "", name, value);
	fclose(f);
}

static void show_changes(const struct options *opt)
{
	struct counters before = { 0 }, now = { 0 };

	counters_read_list(&before, opt->earlier);
	counters_load(&now, opt);
	if (!opt->no_header)
		printf("%-32s %12s %12s %12s\n", "Counter", "before", "now", "change");
	for (size_t i = 0; i < now.num; i++) {
		const struct counter *c = &now.list[i];
		long long old = counter_get(&before, c->name);

		if (name_wanted(opt, c->name) && c->value != old)
			printf("%-32s %12lld %12lld %+12lld\n", c->name, old,
			       c->value, c->value - old);
	}
}

/* Summary */

struct interest {
	const char *name;
	const char *meaning;
	bool always;	/* show it when it is zero too */
};

static const struct interest interests[] = {
	{ "TcpActiveOpens", "connections opened by connect()", true },
	{ "TcpPassiveOpens", "connections opened by a peer", true },
	{ "TcpAttemptFails", "connections that failed to open", false },
	{ "TcpEstabResets", "open connections ended by a reset", false },
	{ "TcpInSegs", "segments received", true },
	{ "TcpOutSegs", "segments sent (retransmissions not counted)", true },
	{ "TcpRetransSegs", "segments sent again", true },
	{ "TcpInErrs", "bad segments received", false },
	{ "TcpInCsumErrors", "of these, with a wrong checksum", false },
	{ "TcpOutRsts", "resets sent", false },
	{ "TcpExtTCPOrigDataSent", "segments with new data sent", false },
	{ "TcpExtTCPHPHits", "data received on the fast path", false },
	{ "TcpExtTCPPureAcks", "acknowledgements without data received", false },
	{ "TcpExtTCPRcvCoalesce", "segments joined in the receive queue", false },
	{ "TcpExtDelayedACKs", "acknowledgements sent by the delay timer", false },
	{ "TcpExtTCPOFOQueue", "segments that came out of order", false },
	{ "TcpExtTCPTimeouts", "retransmission timer ran out", false },
	{ "TcpExtTCPFastRetrans", "fast retransmissions", false },
	{ "TcpExtTCPSynRetrans", "SYNs and SYN-ACKs sent again", false },
	{ "TcpExtTCPSlowStartRetrans", "retransmissions in slow start", false },
	{ "TcpExtTCPRenoRecovery", "recoveries from loss without SACK", false },
	{ "TcpExtTCPSackRecovery", "recoveries from loss with SACK", false },
	{ "TcpExtTCPLossProbes", "tail loss probes", false },
	{ "TcpExtTW", "connections that ended their TIME_WAIT", false },
	{ "TcpExtListenOverflows", "accept queue found full", false },
	{ "TcpExtListenDrops", "requests dropped by listeners", false },
	{ "TcpExtTCPAbortOnData", "aborted: closed with data unread", false },
	{ "TcpExtTCPAbortOnTimeout", "aborted: the peer did not answer", false },
	{ "TcpExtTCPBacklogDrop", "segments dropped: backlog full", false },
	{ "TcpExtTCPRcvQDrop", "segments dropped: receive queue full", false },
};

#define NUM_INTERESTS	ARRAY_SIZE(interests)

static void show_states(const struct options *opt)
{
	FILE *f = open_proc(opt->files->sockets);
	unsigned int count[NUM_STATES] = { 0 };
	unsigned int total = 0;
	struct sock_row row;
	char line[256];

	while (fgets(line, sizeof(line), f)) {
		if (!parse_row(line, &row) || row.state >= NUM_STATES)
			continue;
		count[row.state]++;
		total++;
	}
	fclose(f);

	printf("Sockets: %u", total);
	for (size_t i = 0; i < NUM_STATES; i++)
		if (count[i])
			printf(", %s %u", state_names[i], count[i]);
	putchar('\n');
}

static void show_summary(const struct options *opt)
{
	struct counters now = { 0 };

	show_states(opt);
	counters_load(&now, opt);
	printf("\n%-26s %12s  %s\n", "Counter", "value", "meaning");
	for (size_t i = 0; i < NUM_INTERESTS; i++) {
		long long value = counter_get(&now, interests[i].name);

		if (value || interests[i].always)
			printf("%-26s %12lld  %s\n", interests[i].name, value,
			       interests[i].meaning);
	}
}

static void bad_usage(void)
{
	fputs(usage, stderr);
	exit(2);
}

/* Returns what to show: 0 sockets, else the letter of the option. */
static char parse_options(struct options *opt, int argc, char **argv)
{
	char mode = 0;
	int c;

	while ((c = getopt(argc, argv, "alenpHszcD:4th")) != -1) {
		switch (c) {
		case 'a':
			opt->all = true;
			break;
		case 'l':
			opt->listening = true;
			break;
		case 'e':
			opt->extended = true;
			break;
		case 'n':
			opt->numeric = true;
			break;
		case 'p':
			opt->processes = true;
			break;
		case 'H':
			opt->no_header = true;
			break;
		case 'z':
			opt->zeros = true;
			break;
		case '4':
			opt->files = &inet_files;
			break;
		case 't':	/* typed by habit; all sockets here are streams */
			break;
		case 'D':
			opt->earlier = optarg;
			mode = c;
			break;
		case 's':
		case 'c':
			mode = c;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			bad_usage();
		}
	}
	opt->patterns = argv + optind;
	if (*opt->patterns && mode != 'c' && mode != 'D')
		bad_usage();
	return mode;
}

int main(int argc, char **argv)
{
	struct options opt = { .files = &xtcp_files };

	switch (parse_options(&opt, argc, argv)) {
	case 's':
		show_summary(&opt);
		break;
	case 'c':
		show_counters(&opt);
		break;
	case 'D':
		show_changes(&opt);
		break;
	default:
		show_sockets(&opt);
	}
	return 0;
}
