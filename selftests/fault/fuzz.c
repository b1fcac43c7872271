// SPDX-License-Identifier: GPL-2.0
/* Inputs, their mutation, and what they reach: see fuzz.h. */
#include <glob.h>
#include <sched.h>
#include <sys/mman.h>

#include <linux/kcov.h>

#include <kselftest.h>

#include "fuzz.h"
#include "xtcp_test.h"

#define TRACE		0x10000	/* entries of a thread's trace */
#define TEXT		0x400000	/* bytes of the module's code, at most */
#define EDGES		0x100000
#define CORPUS		1024
#define LAST		4		/* inputs of a player that are told */
#define SECTIONS	8
#define LINE		(2 * FUZZ_BYTES + 64)

struct kept {
	unsigned int kind, len;
	unsigned char bytes[FUZZ_BYTES];
};

/* What all players share */
static struct shared {
	unsigned long inputs, counts[FUZZ_COUNTS];
	unsigned long kept, pcs, edges;
	unsigned int corpus_lock, trace_lock, log_lock;
	unsigned int turn;	/* of a replay: the line that starts next */
	unsigned int corpus_len;
	struct kept corpus[CORPUS];
	struct fuzz_in last[FUZZ_PLAYERS][LAST];
	unsigned long last_nr[FUZZ_PLAYERS];
	__u64 reached[TEXT / 64], edge[EDGES / 64];
} *shared;

/* Set before the players are made, and the same in each process */
static struct fuzz_setup setup;
static __u64 seed;
static long long end_ms;
static int log_fd = -1;
static __u64 *remote;	/* the trace of softirqs */
static unsigned long text;	/* where the module's code begins */
static struct section {
	char name[32];
	unsigned long start;
} sections[SECTIONS];
static unsigned int n_sections;

/* A replay: the lines of the file, in order */
static struct line {
	unsigned int player, len;
	unsigned char *bytes;
} *lines;
static unsigned int n_lines, rounds;

/* ---- drawing ---------------------------------------------------------------- */

static __u64 draw_bytes(struct fuzz_in *in, unsigned int n)
{
	__u64 val = 0;

	while (n--)
		val = val << 8 | (in->at < in->len ? in->bytes[in->at++] : 0);
	return val;
}

unsigned int fuzz_draw(struct fuzz_in *in, unsigned int sides)
{
	if (sides < 2)
		return 0;
	if (sides <= 256)
		return draw_bytes(in, 1) % sides;
	return draw_bytes(in, sides <= 65536 ? 2 : 4) % sides;
}

__s64 fuzz_number(struct fuzz_in *in)
{
	static const __s64 edges[] = {
		0, 1, -1, 2, 3, 4, 7, 8, 11, 12, 13, 15, 16, 20, 40, 52, 60,
		64, 87, 88, 89, 127, 128, 255, 256, 536, 1000, 1460, 1500,
		4095, 4096, 16384, 32767, 32768, 65535, 65536, 100000,
		1000000, 0x3fffffff, 0x7ffffffe, 0x7fffffff, 0x80000000,
		0xfffffffe, 0xffffffff, 0x100000000, INT64_MAX, INT64_MIN,
		-2, -4096, INT32_MIN,
	};

	switch (fuzz_draw(in, 8)) {
	case 0 ... 3:
		return edges[fuzz_draw(in, ARRAY_SIZE(edges))];
	case 4:
		return fuzz_draw(in, 256);
	case 5:
		return fuzz_draw(in, 65536);
	case 6:
		return (1LL << fuzz_draw(in, 64)) + fuzz_draw(in, 3) - 1;
	default:
		return draw_bytes(in, 1 << fuzz_draw(in, 4));
	}
}

/* A few drawn bytes, repeated: what is sent is rarely what matters. */
void fuzz_fill(struct fuzz_in *in, void *buf, size_t len)
{
	unsigned char *p = buf;
	size_t i, drawn = len < 16 ? len : 16;

	for (i = 0; i < len; i++)
		p[i] = i < drawn ? draw_bytes(in, 1) : p[i - drawn];
}

bool fuzz_dry(const struct fuzz_in *in)
{
	return in->at >= in->len;
}

/* ---- making inputs ----------------------------------------------------------- */

/* splitmix64 */
static __u64 generate(struct fuzz_player *p)
{
	__u64 z = p->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static unsigned int below(struct fuzz_player *p, unsigned int n)
{
	return n ? generate(p) % n : 0;
}

static void lock(unsigned int *word)
{
	while (__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE))
		sched_yield();
}

static bool try_lock(unsigned int *word)
{
	return !__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE);
}

static void unlock(unsigned int *word)
{
	__atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

static void make_fresh(struct fuzz_player *p)
{
	unsigned int i;

	p->in.len = 1 + below(p, setup.length);
	for (i = 0; i < p->in.len; i++)
		p->in.bytes[i] = generate(p);
}

/* One of the corpus, of the player's kind; false: none was found soon */
static bool take_kept(struct fuzz_player *p, struct fuzz_in *in)
{
	bool found = false;
	struct kept *k;
	int tries;

	lock(&shared->corpus_lock);
	for (tries = 0; shared->corpus_len && !found && tries < 20; tries++) {
		k = &shared->corpus[below(p, shared->corpus_len)];
		found = k->kind == p->kind;
		if (found) {
			in->len = k->len;
			memcpy(in->bytes, k->bytes, k->len);
		}
	}
	unlock(&shared->corpus_lock);
	return found;
}

static void keep(struct fuzz_player *p)
{
	struct kept *k;

	lock(&shared->corpus_lock);
	if (shared->corpus_len < CORPUS)
		k = &shared->corpus[shared->corpus_len++];
	else
		k = &shared->corpus[below(p, CORPUS)];
	k->kind = p->kind;
	/* What was not drawn had no part in it. */
	k->len = p->in.at ?: 1;
	memcpy(k->bytes, p->in.bytes, k->len);
	shared->kept++;
	unlock(&shared->corpus_lock);
}

/* Put @len bytes (NULL: generated ones) at @at in place of @old bytes. */
static void replace(struct fuzz_player *p, unsigned int at, unsigned int old,
		    const unsigned char *bytes, unsigned int len)
{
	struct fuzz_in *in = &p->in;
	unsigned int tail, i;

	if (at > in->len)
		at = in->len;
	if (old > in->len - at)
		old = in->len - at;
	if (len > FUZZ_BYTES - at)
		len = FUZZ_BYTES - at;
	tail = in->len - at - old;
	if (tail > FUZZ_BYTES - at - len)
		tail = FUZZ_BYTES - at - len;
	memmove(in->bytes + at + len, in->bytes + at + old, tail);
	for (i = 0; i < len; i++)
		in->bytes[at + i] = bytes ? bytes[i] : generate(p);
	in->len = at + len + tail;
}

static void mutate_once(struct fuzz_player *p, const struct fuzz_in *other)
{
	struct fuzz_in *in = &p->in;
	unsigned int at = below(p, in->len), n = 1 + below(p, 16), from;
	unsigned char copy[64];

	switch (below(p, 8)) {
	case 0:
		in->bytes[at] ^= 1 << below(p, 8);
		break;
	case 1:
		in->bytes[at] = generate(p);
		break;
	case 2:
		in->bytes[at] += below(p, 2) ? 1 : -1;
		break;
	case 3:
		replace(p, at, n, NULL, 0);
		break;
	case 4:
		replace(p, at, 0, NULL, n);
		break;
	case 5:
		replace(p, at, n, NULL, n);
		break;
	case 6:		/* something twice */
		n = 1 + below(p, sizeof(copy));
		if (n > in->len - at)
			n = in->len - at;
		memcpy(copy, in->bytes + at, n);
		replace(p, below(p, in->len), 0, copy, n);
		break;
	case 7:		/* a part of another one */
		from = below(p, other->len);
		replace(p, at, below(p, 2) ? FUZZ_BYTES : 0,
			other->bytes + from, other->len - from);
		break;
	}
	if (!in->len)
		make_fresh(p);
}

static void make_input(struct fuzz_player *p)
{
	struct fuzz_in other;
	int n;

	/* With KCOV most of them are children of those that found something. */
	if (below(p, 4) == 0 || !take_kept(p, &p->in) || !take_kept(p, &other)) {
		make_fresh(p);
		return;
	}
	for (n = 1 + below(p, 6); n; n--)
		mutate_once(p, &other);
}

/* ---- what was reached -------------------------------------------------------- */

static bool set_bit(__u64 *map, unsigned int nr)
{
	__u64 bit = 1ULL << nr % 64;

	if (__atomic_load_n(&map[nr / 64], __ATOMIC_RELAXED) & bit)
		return false;
	return !(__atomic_fetch_or(&map[nr / 64], bit, __ATOMIC_RELAXED) & bit);
}

/* How much of a trace was new; the trace is emptied. */
static unsigned int look_at(__u64 *trace)
{
	__u64 n = __atomic_load_n(&trace[0], __ATOMIC_ACQUIRE), i;
	unsigned int pcs = 0, edges = 0;
	__u64 at, before = 0;

	for (i = 1; i <= n && i < TRACE; i++) {
		at = __atomic_load_n(&trace[i], __ATOMIC_RELAXED) - text;
		if (at >= TEXT)
			continue;
		pcs += set_bit(shared->reached, at);
		edges += set_bit(shared->edge,
				 (before * 0x9e3779b1 ^ at) % EDGES);
		before = at;
	}
	__atomic_store_n(&trace[0], 0, __ATOMIC_RELEASE);
	__atomic_fetch_add(&shared->pcs, pcs, __ATOMIC_RELAXED);
	__atomic_fetch_add(&shared->edges, edges, __ATOMIC_RELAXED);
	return pcs + edges;
}

void fuzz_look(struct fuzz_player *p)
{
	if (p->trace)
		p->fresh_pcs += look_at(p->trace);
	/* What softirqs did is anybody's: it goes to whoever looks first. */
	if (remote && __atomic_load_n(&remote[0], __ATOMIC_RELAXED) &&
	    try_lock(&shared->trace_lock)) {
		p->fresh_pcs += look_at(remote);
		unlock(&shared->trace_lock);
	}
}

/* A trace of the calling thread, or of what is done on its behalf */
static __u64 *trace_open(int *fd, bool from_afar)
{
	struct kcov_remote_arg arg = {
		.trace_mode = KCOV_TRACE_PC,
		.area_size = TRACE,
		.common_handle = kcov_remote_handle(KCOV_SUBSYSTEM_COMMON,
						    getpid()),
	};
	__u64 *trace;

	*fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (*fd < 0)
		return NULL;
	if (!ioctl(*fd, KCOV_INIT_TRACE, TRACE)) {
		trace = mmap(NULL, TRACE * sizeof(*trace),
			     PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
		if (trace != MAP_FAILED &&
		    !(from_afar ? ioctl(*fd, KCOV_REMOTE_ENABLE, &arg) :
				  ioctl(*fd, KCOV_ENABLE, KCOV_TRACE_PC)))
			return trace;
	}
	printf("# fuzz: KCOV: %s\n", strerror(errno));
	close(*fd);
	*fd = -1;
	return NULL;
}

static void find_sections(void)
{
	static const char *const names[] = {
		".text", ".text.unlikely", ".noinstr.text", ".text.hot",
	};
	char path[128];
	unsigned int i;
	FILE *f;

	text = 0;
	n_sections = 0;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct section *s = &sections[n_sections];

		snprintf(path, sizeof(path), "/sys/module/xtcp/sections/%s",
			 names[i]);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%lx", &s->start) == 1 && s->start) {
			strcpy(s->name, names[i]);
			if (!text || s->start < text)
				text = s->start;
			n_sections++;
		}
		fclose(f);
	}
}

static const struct section *section_of(unsigned long pc)
{
	const struct section *found = NULL;
	unsigned int i;

	for (i = 0; i < n_sections; i++)
		if (sections[i].start <= pc &&
		    (!found || sections[i].start > found->start))
			found = &sections[i];
	return found;
}

/* ---- the log, and its replay -------------------------------------------------- */

static void write_out(const struct fuzz_player *p)
{
	static const char digits[] = "0123456789abcdef";
	char line[LINE];
	unsigned int i;
	int n;

	if (log_fd < 0)
		return;
	n = sprintf(line, "%u %lu ", p->nr, p->number);
	for (i = 0; i < p->in.len; i++) {
		line[n++] = digits[p->in.bytes[i] >> 4];
		line[n++] = digits[p->in.bytes[i] & 15];
	}
	line[n++] = '\n';
	lock(&shared->log_lock);
	if (write(log_fd, line, n) != n)
		log_fd = -1;
	unlock(&shared->log_lock);
}

static bool line_parse(char *text_, struct line *l)
{
	unsigned int byte;
	int at = 0;

	if (sscanf(text_, "%u %*u %n", &l->player, &at) != 1 || !at)
		return false;
	text_ += at;
	l->bytes = malloc(strlen(text_) / 2 + 1);
	l->len = 0;
	while (l->bytes && l->len < FUZZ_BYTES &&
	       sscanf(text_, "%2x", &byte) == 1) {
		l->bytes[l->len++] = byte;
		text_ += 2;
	}
	return l->bytes && l->player < setup.players;
}

static int replay_read(const char *path)
{
	static char text_[LINE];
	FILE *f = fopen(path, "re");
	struct line *more;

	if (!f)
		return -1;
	while (fgets(text_, sizeof(text_), f)) {
		more = realloc(lines, (n_lines + 1) * sizeof(*lines));
		if (!more)
			break;
		lines = more;
		n_lines += line_parse(text_, &lines[n_lines]);
	}
	fclose(f);
	return n_lines ? 0 : -1;
}

/* They start in their order, whoever runs them. */
static bool replay_next(struct fuzz_player *p)
{
	unsigned int i = p->number;
	const struct line *l;

	while (i < n_lines * rounds && lines[i % n_lines].player != p->nr)
		i++;
	if (i >= n_lines * rounds)
		return false;
	while (__atomic_load_n(&shared->turn, __ATOMIC_ACQUIRE) < i)
		usleep(200);
	l = &lines[i % n_lines];
	p->in.len = l->len;
	memcpy(p->in.bytes, l->bytes, p->in.len);
	p->number = i + 1;
	__atomic_store_n(&shared->turn, i + 1, __ATOMIC_RELEASE);
	return true;
}

/* ---- players ------------------------------------------------------------------- */

static unsigned long env_number(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoul(value, NULL, 0) : otherwise;
}

/* A port of the guest has a name that is known but in part. */
static int log_open(const char *pattern)
{
	glob_t found;
	int fd = -1;

	if (glob(pattern, GLOB_NOCHECK, NULL, &found))
		return -1;
	if (found.gl_pathc)
		fd = open(found.gl_pathv[0], O_WRONLY | O_APPEND | O_CLOEXEC);
	globfree(&found);
	if (fd < 0)
		printf("# fuzz: %s: %s\n", pattern, strerror(errno));
	return fd;
}

int fuzz_start(const struct fuzz_setup *s)
{
	const char *path = getenv("XTCP_FUZZ_REPLAY");
	int fd;

	setup = *s;
	if (getenv("XTCP_FUZZ_SECONDS"))
		setup.inputs = 0;
	if (setup.players > FUZZ_PLAYERS || setup.length > FUZZ_BYTES)
		return -1;
	seed = env_number("XTCP_FUZZ_SEED", 1);
	end_ms = now_ms() + 1000LL * env_number("XTCP_FUZZ_SECONDS",
						setup.seconds / stride(2));
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || (path && *path && replay_read(path)))
		return -1;
	path = getenv("XTCP_FUZZ_LOG");
	if (path && *path)
		log_fd = log_open(path);
	rounds = env_number("XTCP_FUZZ_ROUNDS", 1);
	find_sections();
	if (text)
		remote = trace_open(&fd, true);
	printf("# fuzz: %s seed %llu%s\n", setup.name,
	       (unsigned long long)seed, remote ? "" : ", blind");
	return 0;
}

void fuzz_join(struct fuzz_player *p, unsigned int nr, unsigned int kind)
{
	memset(p, 0, sizeof(*p));
	p->nr = nr;
	p->kind = kind;
	p->state = seed * 0x2545f4914f6cdd1d + nr;
	p->kcov = -1;
	generate(p);
	if (remote)
		p->trace = trace_open(&p->kcov, false);
}

static void finish(struct fuzz_player *p)
{
	if (!p->running)
		return;
	p->running = false;
	fuzz_look(p);
	if (p->fresh_pcs)
		keep(p);
	p->fresh_pcs = 0;
}

bool fuzz_next(struct fuzz_player *p)
{
	finish(p);
	if (fuzz_replays()) {
		if (!replay_next(p))
			return false;
		__atomic_fetch_add(&shared->inputs, 1, __ATOMIC_RELAXED);
	} else {
		if (fuzz_over())
			return false;
		make_input(p);
		p->number = __atomic_add_fetch(&shared->inputs, 1,
					       __ATOMIC_RELAXED);
	}
	p->in.at = 0;
	p->running = true;
	shared->last[p->nr][shared->last_nr[p->nr]++ % LAST] = p->in;
	write_out(p);
	if (p->trace)
		__atomic_store_n(&p->trace[0], 0, __ATOMIC_RELAXED);
	return true;
}

/* Not KCOV_DISABLE: the thread would lose what ties softirqs to it. */
void fuzz_leave(struct fuzz_player *p)
{
	finish(p);
}

void fuzz_count(unsigned int what)
{
	__atomic_fetch_add(&shared->counts[what % FUZZ_COUNTS], 1,
			   __ATOMIC_RELAXED);
}

unsigned long fuzz_counted(unsigned int what)
{
	return __atomic_load_n(&shared->counts[what % FUZZ_COUNTS],
			       __ATOMIC_RELAXED);
}

bool fuzz_over(void)
{
	if (fuzz_replays())
		return __atomic_load_n(&shared->turn, __ATOMIC_RELAXED) >=
		       n_lines * rounds;
	return now_ms() >= end_ms &&
	       __atomic_load_n(&shared->inputs, __ATOMIC_RELAXED) >= setup.inputs;
}

bool fuzz_replays(void)
{
	return n_lines;
}

/* ---- what is told ---------------------------------------------------------------- */

void fuzz_tell(unsigned int nr)
{
	unsigned long last = shared->last_nr[nr], i, at;

	for (i = last > LAST ? last - LAST : 0; i < last; i++) {
		const struct fuzz_in *in = &shared->last[nr][i % LAST];

		printf("# fuzz input: %u %lu ", nr, i);
		for (at = 0; at < in->len; at++)
			printf("%02x", in->bytes[at]);
		printf("\n");
	}
}

static void tell_counts(void)
{
	unsigned int i;

	printf("# fuzz count:");
	for (i = 0; setup.counts && setup.counts[i] && i < FUZZ_COUNTS; i++)
		printf(" %s %lu", setup.counts[i], fuzz_counted(i));
	printf("\n");
}

static void tell_reached(void)
{
	const struct section *s, *before = NULL;
	unsigned int at, column = 0;

	for (at = 0; at < TEXT; at++) {
		if (!(shared->reached[at / 64] >> at % 64 & 1))
			continue;
		s = section_of(text + at);
		if (s != before || column++ % 100 == 0)
			printf("%s# fuzz pcs: %s", before ? "\n" : "", s->name);
		before = s;
		/* one less lies within the call that KCOV returned from */
		printf(" %lx", text + at - s->start - 1);
	}
	if (before)
		printf("\n");
}

void fuzz_report(void)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < FUZZ_COUNTS; i++)
		sum += fuzz_counted(i);
	tell_counts();
	tell_reached();
	printf("# fuzz: %s inputs %lu %s %lu kept %lu pcs %lu edges %lu seed %llu\n",
	       setup.name, shared->inputs, setup.name, sum, shared->kept,
	       shared->pcs, shared->edges, (unsigned long long)seed);
}
