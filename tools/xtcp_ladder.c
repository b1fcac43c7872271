// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp_ladder: draw a TCP connection out of a capture as a ladder: a line for
 * each side, an arrow for each segment. Long stretches of data become one
 * line, so that handshake, first data and close are seen together.
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common.h"
#include "ladder_capture.h"

#define FIN	0x01
#define SYN	0x02
#define RST	0x04
#define PSH	0x08
#define ACK	0x10
#define URG	0x20
#define ECE	0x40
#define CWR	0x80

#define TIME_COLUMNS	11
#define MIN_WIDTH	70
#define MAX_WIDTH	110
#define DEFAULT_WIDTH	92

static const char usage[] =
"usage: xtcp_ladder [options] [FILE]\n"
"\n"
"Draw the first TCP connection in FILE, which tcpdump -w wrote, as a ladder.\n"
"Without FILE, or with \"-\", read standard input. Sequence numbers count from\n"
"0 on each side; windows are shown scaled.\n"
"\n"
"  -l         list the connections in FILE\n"
"  -n NUMBER  draw this connection of the list (1)\n"
"  -k LINES   segments drawn at the beginning of a long stretch (7)\n"
"  -t LINES   segments drawn at its end (3)\n"
"  -e         draw everything\n"
"  -w WIDTH   columns (the terminal's, or 92)\n"
"  -a         ASCII only\n"
"  -c         colours also when standard output is not a terminal\n";

struct options {
	const char *path;
	bool list;
	size_t number;
	size_t head;
	size_t tail;
	bool everything;
	int width;
	bool ascii;
	bool colour;
};

/* What is drawn with: UTF-8 by default. */
struct glyphs {
	const char *bar, *gap_bar, *line, *heavy, *left, *right;
	const char *dots, *sep, *to, *from;
};

static const struct glyphs utf8_glyphs = {
	"│", "┊", "─", "═", "◀", "▶", "…", "·", "→", "←",
};

static const struct glyphs ascii_glyphs = {
	"|", ":", "-", "=", "<", ">", "...", "/", "->", "<-",
};

/* What is known of one side of the connection. */
struct side {
	bool seen;
	bool syn_seen;
	uint32_t base;		/* sequence number that is shown as 0 */
	uint32_t end;		/* highest sent so far */
	int wscale;
};

struct step {
	const struct segment *seg;
	bool to_right;
	bool again;		/* carries what was already sent */
};

struct ladder {
	const struct options *opt;
	const struct glyphs *glyphs;
	const struct connection *conn;
	struct step *steps;
	size_t num;
	struct side side[2];	/* sender: 0 left, 1 right */
	int inner;		/* columns between the two lines */
};

/* Text */

static int columns(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static void repeat(const char *glyph, int times)
{
	while (times-- > 0)
		fputs(glyph, stdout);
}

static const char *endpoint_text(const struct endpoint *ep, char *text, size_t size)
{
	char ip[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &ep->addr, ip, sizeof(ip));
	snprintf(text, size, "%s:%u", ip, ntohs(ep->port));
	return text;
}

static const char *bytes_text(unsigned long long bytes, char *text, size_t size)
{
	if (bytes < 10000)
		snprintf(text, size, "%llu B", bytes);
	else if (bytes < 10000000)
		snprintf(text, size, "%.1f kB", bytes / 1e3);
	else
		snprintf(text, size, "%.1f MB", bytes / 1e6);
	return text;
}

/* A stream that writes a string, which is complete after fclose(). */
static FILE *open_text(char *text, size_t size)
{
	FILE *out;

	memset(text, 0, size);
	out = fmemopen(text, size - 1, "w");
	if (!out)
		err(1, "memory");
	return out;
}

/* Understanding */

static bool seq_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static void note_sender(struct side *side, const struct segment *seg,
			struct step *step)
{
	uint32_t end = seg->seq + seg->len + !!(seg->flags & SYN) +
		       !!(seg->flags & FIN);

	if (!side->seen) {
		/* Begun in the middle: count as if a SYN had come before. */
		side->base = seg->flags & SYN ? seg->seq : seg->seq - 1;
		side->end = end;
		side->seen = true;
	} else if (end != seg->seq && !seq_after(end, side->end)) {
		step->again = true;
	} else if (seq_after(end, side->end)) {
		side->end = end;
	}
	if (seg->flags & SYN) {
		side->syn_seen = true;
		side->wscale = seg->wscale;
	}
}

static bool is_left(const struct ladder *l, const struct segment *seg)
{
	return seg->src.addr == l->conn->left.addr &&
	       seg->src.port == l->conn->left.port;
}

static void ladder_collect(struct ladder *l, const struct capture *cap,
			   size_t index)
{
	l->conn = &cap->connections[index];
	l->steps = calloc(l->conn->num, sizeof(*l->steps));
	if (!l->steps)
		err(1, "memory");
	for (size_t i = 0; i < cap->num; i++) {
		struct step *step = &l->steps[l->num];

		if (cap->owner[i] != index)
			continue;
		step->seg = &cap->segments[i];
		step->to_right = is_left(l, step->seg);
		note_sender(&l->side[!step->to_right], step->seg, step);
		l->num++;
	}
}

/* Scaling holds when both SYNs offered it, and never in a SYN itself. */
static unsigned int window_of(const struct ladder *l, const struct step *step)
{
	const struct side *from = &l->side[!step->to_right];
	const struct side *to = &l->side[step->to_right];

	if (step->seg->flags & SYN || !from->syn_seen || !to->syn_seen ||
	    from->wscale < 0 || to->wscale < 0)
		return step->seg->window;
	return (unsigned int)step->seg->window << from->wscale;
}

static bool is_plain(const struct step *step)
{
	return !(step->seg->flags & (SYN | FIN | RST));
}

/* One segment */

static void label_flags(FILE *out, uint8_t flags)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} names[] = {
		{ SYN, "SYN " }, { FIN, "FIN " }, { RST, "RST " },
		{ URG, "URG " }, { PSH, "PSH " }, { CWR, "CWR " },
		{ ECE, "ECE " }, { ACK, "ACK " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].bit)
			fprintf(out, "%s", names[i].name);
}

static void label_options(FILE *out, const struct segment *seg)
{
	if (seg->flags & SYN) {
		if (seg->mss)
			fprintf(out, " mss %u", seg->mss);
		if (seg->sack_ok)
			fprintf(out, " sack");
		if (seg->timestamps)
			fprintf(out, " ts");
		if (seg->wscale >= 0)
			fprintf(out, " wscale %d", seg->wscale);
	}
	if (seg->sack_blocks)
		fprintf(out, " sack blocks %u", seg->sack_blocks);
}

static void label(FILE *out, const struct ladder *l, const struct step *step)
{
	const struct segment *seg = step->seg;
	const struct side *from = &l->side[!step->to_right];
	const struct side *to = &l->side[step->to_right];

	label_flags(out, seg->flags);
	if (seg->len || !is_plain(step))
		fprintf(out, " seq %u", seg->seq - from->base);
	if (seg->flags & ACK)
		fprintf(out, " ack %u", to->seen ? seg->ack - to->base : seg->ack);
	if (seg->len)
		fprintf(out, " len %u", seg->len);
	if (!(seg->flags & RST))
		fprintf(out, " win %u", window_of(l, step));
	label_options(out, seg);
	if (step->again)
		fprintf(out, " (again)");
}

static const char *colour_of(const struct step *step)
{
	const struct segment *seg = step->seg;

	if (seg->flags & RST)
		return "\033[31m";
	if (step->again)
		return "\033[35m";
	if (seg->flags & SYN)
		return "\033[32m";
	if (seg->flags & FIN)
		return "\033[33m";
	return seg->len ? "\033[36m" : "\033[90m";
}

static void draw_step(const struct ladder *l, const struct step *step)
{
	const struct glyphs *g = l->glyphs;
	const char *line = step->seg->len ? g->heavy : g->line;
	char text[160];
	FILE *out = open_text(text, sizeof(text));
	int rest;

	label(out, l, step);
	fclose(out);
	/* Two of the line before the text, two blanks, one for the head. */
	rest = l->inner - columns(text) - 5;
	printf("%*.6f %s", TIME_COLUMNS, step->seg->time - l->conn->start, g->bar);
	if (l->opt->colour)
		fputs(colour_of(step), stdout);
	if (!step->to_right)
		fputs(g->left, stdout);
	repeat(line, 2);
	printf(" %s ", text);
	repeat(line, rest);
	if (step->to_right)
		fputs(g->right, stdout);
	if (l->opt->colour)
		fputs("\033[0m", stdout);
	puts(g->bar);
}

/* A stretch of segments drawn as one line */

struct sum {
	size_t data;
	size_t acks;
	size_t again;
	unsigned long long bytes;
};

static void sum_up(const struct ladder *l, size_t from, size_t to,
		   struct sum *sum)
{
	for (size_t i = from; i < to; i++) {
		const struct step *step = &l->steps[i];
		struct sum *s = &sum[!step->to_right];

		if (step->seg->len)
			s->data++;
		else
			s->acks++;
		s->again += step->again;
		s->bytes += step->seg->len;
	}
}

static void gap_part(FILE *out, const struct sum *s, const char *arrow,
		     const char *sep)
{
	char bytes[32];

	if (s->data)
		fprintf(out, " %zu segments, %s %s %s", s->data,
			bytes_text(s->bytes, bytes, sizeof(bytes)), arrow, sep);
	if (s->again)
		fprintf(out, " %zu of them again %s", s->again, sep);
	if (s->acks)
		fprintf(out, " %zu ACKs %s %s", s->acks, arrow, sep);
}

static void draw_gap(const struct ladder *l, size_t from, size_t to)
{
	const struct glyphs *g = l->glyphs;
	double seconds = l->steps[to].seg->time - l->steps[from].seg->time;
	struct sum sum[2] = { 0 };
	char text[256];
	FILE *out = open_text(text, sizeof(text));
	int blanks;

	sum_up(l, from, to, sum);
	fprintf(out, "%s", g->dots);
	gap_part(out, &sum[0], g->to, g->sep);
	gap_part(out, &sum[1], g->from, g->sep);
	fprintf(out, " %.3f s %s", seconds, g->dots);
	fclose(out);

	blanks = l->inner - columns(text);
	printf("%*s %s", TIME_COLUMNS, "", g->gap_bar);
	repeat(" ", blanks / 2);
	fputs(text, stdout);
	repeat(" ", blanks - blanks / 2);
	puts(g->gap_bar);
}

/* The whole */

static size_t plain_run(const struct ladder *l, size_t from)
{
	size_t i = from;

	while (i < l->num && is_plain(&l->steps[i]))
		i++;
	return i - from;
}

static void draw_steps(const struct ladder *l, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		draw_step(l, &l->steps[i]);
}

static void draw_run(const struct ladder *l, size_t from, size_t len)
{
	const struct options *opt = l->opt;
	size_t to = from + len;

	/* A gap of one or two would save nothing. */
	if (opt->everything || len < opt->head + opt->tail + 3) {
		draw_steps(l, from, to);
		return;
	}
	draw_steps(l, from, from + opt->head);
	draw_gap(l, from + opt->head, to - opt->tail);
	draw_steps(l, to - opt->tail, to);
}

static void draw_names(const struct ladder *l)
{
	char left[32], right[32];

	endpoint_text(&l->conn->left, left, sizeof(left));
	endpoint_text(&l->conn->right, right, sizeof(right));
	printf("%*s %-*s%s\n", TIME_COLUMNS, "seconds",
	       l->inner + 2 - columns(right), left, right);
}

static void ladder_draw(const struct ladder *l)
{
	draw_names(l);
	for (size_t i = 0; i < l->num;) {
		size_t len = plain_run(l, i);

		if (len)
			draw_run(l, i, len);
		else
			draw_step(l, &l->steps[i++]);
		i += len;
	}
}

static const char *connection_state(const struct connection *conn)
{
	if (conn->reset)
		return "reset";
	return connection_closed(conn) ? "closed" : "open";
}

static void list_connections(const struct capture *cap)
{
	char left[32], right[32], bytes[32];

	printf("%4s  %-21s  %-21s  %9s  %9s  %s\n", "No.", "from", "to",
	       "segments", "data", "state");
	for (size_t i = 0; i < cap->num_connections; i++) {
		const struct connection *c = &cap->connections[i];

		printf("%4zu  %-21s  %-21s  %9zu  %9s  %s\n", i + 1,
		       endpoint_text(&c->left, left, sizeof(left)),
		       endpoint_text(&c->right, right, sizeof(right)),
		       c->num, bytes_text(c->bytes, bytes, sizeof(bytes)),
		       connection_state(c));
	}
}

static int terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col < MIN_WIDTH)
		return DEFAULT_WIDTH;
	return size.ws_col > MAX_WIDTH ? MAX_WIDTH : size.ws_col;
}

static void bad_usage(void)
{
	fputs(usage, stderr);
	exit(2);
}

static unsigned int number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text || value > 1000000)
		bad_usage();
	return value;
}

static void parse_options(struct options *opt, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "ln:k:t:ew:ach")) != -1) {
		switch (c) {
		case 'l':
			opt->list = true;
			break;
		case 'n':
			opt->number = number(optarg);
			break;
		case 'k':
			opt->head = number(optarg);
			break;
		case 't':
			opt->tail = number(optarg);
			break;
		case 'e':
			opt->everything = true;
			break;
		case 'w':
			opt->width = number(optarg);
			break;
		case 'a':
			opt->ascii = true;
			break;
		case 'c':
			opt->colour = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			bad_usage();
		}
	}
	if (argc - optind > 1)
		bad_usage();
	if (optind < argc)
		opt->path = argv[optind];
}

int main(int argc, char **argv)
{
	struct options opt = {
		.path = "-",
		.number = 1,
		.head = 7,
		.tail = 3,
		.width = terminal_width(),
		.colour = want_colour(STDOUT_FILENO),
	};
	struct ladder ladder = { .opt = &opt };
	struct capture cap = { 0 };

	parse_options(&opt, argc, argv);
	capture_read(&cap, opt.path);
	if (opt.list) {
		list_connections(&cap);
		return 0;
	}
	if (!cap.num)
		errx(1, "%s: no TCP segment over IPv4 in it", opt.path);
	if (opt.number < 1 || opt.number > cap.num_connections)
		errx(1, "%s: no connection %zu: it holds %zu", opt.path,
		     opt.number, cap.num_connections);

	ladder.glyphs = opt.ascii ? &ascii_glyphs : &utf8_glyphs;
	ladder.inner = opt.width - TIME_COLUMNS - 3;
	ladder_collect(&ladder, &cap, opt.number - 1);
	ladder_draw(&ladder);
	return 0;
}
