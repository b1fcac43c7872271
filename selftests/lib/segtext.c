// SPDX-License-Identifier: GPL-2.0
/* Segments as text: see segtext.h. */
#include "segtext.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BLANKS	" ,\t"
#define LETTERS	"FSRP.UEW"	/* in the order of the bits */
#define SACK	5		/* its kind (RFC 2018 3), and how long a block is */
#define BLOCK	8
#define BLOCKS	4

static __u32 get32(const unsigned char *p)
{
	return (__u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void put32(unsigned char *p, __u32 v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static int parse_flags(const char *word, unsigned int *flags)
{
	const char *bit;

	*flags = 0;
	if (!strcmp(word, "-"))
		return 0;
	for (; *word; word++) {
		bit = strchr(LETTERS, *word);
		if (!bit)
			return -1;
		*flags |= 1 << (bit - LETTERS);
	}
	return 0;
}

static int parse_number(const char *word, __u32 base, __u32 *val)
{
	bool absolute = *word == '=';
	char *end;
	long n = strtol(word + absolute, &end, 0);

	if (end == word + absolute || *end)
		return -1;
	*val = absolute ? (__u32)n : base + (__u32)n;
	return 0;
}

static int parse_field(struct segtext *st, const char *name, char *word,
		       const struct origin *from)
{
	struct segment *s = &st->s;

	if (!strcmp(name, "ack"))
		return parse_number(word, from->other, &s->ack);
	if (!strcmp(name, "win")) {
		st->window = true;
		return parse_number(word, 0, &s->window);
	}
	if (!strcmp(name, "tos")) {
		st->tos = true;
		return parse_number(word, 0, &s->tos);
	}
	if (!strcmp(name, "ttl")) {
		st->ttl = true;
		return parse_number(word, 0, &s->ttl);
	}
	if (!strcmp(name, "urg"))
		return parse_number(word, 0, &s->urgent);
	if (!strcmp(name, "len"))
		return parse_number(word, 0, &s->len);
	if (!strcmp(name, "res"))
		return parse_number(word, 0, &s->reserved);
	if (strcmp(name, "to"))
		return -1;
	s->to = strdup(word);
	return 0;
}

/* Take what stands between @open and @close out of @text. */
static int cut(char *text, char open, char close, char *to, size_t size,
	       bool *found)
{
	char *a = strchr(text, open);
	char *b = a ? strchr(a + 1, close) : NULL;

	*found = b;
	if (!a)
		return 0;
	if (!b || b - a - 1 >= (long)size)
		return -1;
	memcpy(to, a + 1, b - a - 1);
	to[b - a - 1] = 0;
	memset(a, ' ', b - a + 1);
	return 0;
}

int segtext_parse(const char *text, const struct origin *from,
		  struct segtext *st)
{
	char buf[300], payload[128], *flags, *seq, *name, *word;
	bool found;

	memset(st, 0, sizeof(*st));
	snprintf(buf, sizeof(buf), "%s", text);
	if (cut(buf, '<', '>', st->options, sizeof(st->options), &found) ||
	    cut(buf, '"', '"', payload, sizeof(payload), &st->payload))
		return -1;
	flags = strtok(buf, BLANKS);
	seq = strtok(NULL, BLANKS);
	if (!seq || parse_flags(flags, &st->s.flags) ||
	    parse_number(seq, from->own, &st->s.seq))
		return -1;
	while ((name = strtok(NULL, BLANKS))) {
		word = strtok(NULL, BLANKS);
		if (!word || parse_field(st, name, word, from))
			return -1;
	}
	if (st->payload) {
		st->s.len = strlen(payload);
		memcpy(st->s.data, payload, st->s.len);
	}
	return st->s.len > sizeof(st->s.data) ? -1 : 0;
}

static const struct {
	const char *name;
	int args;		/* words that follow; of blocks, the most */
	unsigned char kind, len;
} kinds[] = {
	{ "eol", 0, 0, 1 },
	{ "nop", 0, 1, 1 },
	{ "mss", 1, 2, 4 },
	{ "wscale", 1, 3, 3 },
	{ "sackOK", 0, 4, 2 },
	{ "sack", BLOCKS, SACK, 2 },
	{ "ts", 2, 8, 10 },
	{ "raw", 1, 0, 0 },
};

static int kind_of(const char *word)
{
	int i = ARRAY_SIZE(kinds);

	while (--i >= 0 && strcmp(kinds[i].name, word))
		;
	return i;
}

static __u32 echo_of(const char *word, const struct origin *from)
{
	if (!strcmp(word, "@first"))
		return from->first;
	return *word == '@' ? from->tsval : strtoul(word, NULL, 0);
}

/* Is the next word of @text a block, START:END? */
static bool is_block(const char *text)
{
	text += strspn(text, BLANKS);
	return strcspn(text, ":") < strcspn(text, BLANKS);
}

/* The length of the option, 0: a block is not understood. */
static unsigned int encode_blocks(unsigned char *p, char **arg, int args,
				  const struct origin *from)
{
	__u32 start, end;
	char *colon;
	int i;

	for (i = 0; i < args; i++) {
		colon = strchr(arg[i], ':');
		*colon = 0;
		if (parse_number(arg[i], from->other, &start) ||
		    parse_number(colon + 1, from->other, &end))
			return 0;
		put32(p + 2 + BLOCK * i, start);
		put32(p + 6 + BLOCK * i, end);
	}
	p[1] = 2 + BLOCK * args;
	return p[1];
}

/* An option that is sent, with its words; its length, 0: not understood. */
static unsigned int encode(unsigned char *p, unsigned int room, int i,
			   char **arg, int args, const struct origin *from)
{
	unsigned int byte, n = 0;

	p[0] = kinds[i].kind;
	if (kinds[i].len > 1)
		p[1] = kinds[i].len;
	switch (p[0]) {
	case SACK:
		return encode_blocks(p, arg, args, from);
	case 2:
		p[2] = atoi(arg[0]) >> 8;
		p[3] = atoi(arg[0]);
		break;
	case 3:
		p[2] = atoi(arg[0]);
		break;
	case 8:
		put32(p + 2, strtoul(arg[0], NULL, 0));
		put32(p + 6, echo_of(arg[1], from));
		break;
	}
	if (kinds[i].len)
		return kinds[i].len;
	for (; n < room && sscanf(arg[0], "%2x", &byte) == 1; arg[0] += 2)
		p[n++] = byte;
	return n;
}

int segtext_options(struct segtext *st, const struct origin *from)
{
	unsigned int most = sizeof(st->s.options);
	unsigned char buf[sizeof(st->s.options) + 2 + BLOCKS * BLOCK];
	char text[OPTION_TEXT], *save, *word, *arg[BLOCKS];
	unsigned int n = 0, len;
	int i, j;

	strcpy(text, st->options);
	for (word = strtok_r(text, BLANKS, &save); word;
	     word = strtok_r(NULL, BLANKS, &save)) {
		i = kind_of(word);
		for (j = 0; i >= 0 && j < kinds[i].args; j++) {
			if (kinds[i].kind == SACK && !is_block(save))
				break;
			arg[j] = strtok_r(NULL, BLANKS, &save);
			if (!arg[j])
				return -1;
		}
		if (i < 0 || n >= most)
			return -1;
		len = encode(buf + n, most - n, i, arg, j, from);
		if (!len)
			return -1;
		n += len;
	}
	if (n > most)
		return -1;
	memcpy(st->s.options, buf, n);
	st->s.option_len = n;
	return 0;
}

bool segtext_timestamp(const struct segment *s, __u32 *val, __u32 *echo)
{
	const unsigned char *o = s->options;
	unsigned int i = 0;

	while (i + 1 < s->option_len && o[i]) {
		if (o[i] == 8 && o[i + 1] == 10 && i + 10 <= s->option_len) {
			*val = get32(o + i + 2);
			*echo = get32(o + i + 6);
			return true;
		}
		i += o[i] == 1 ? 1 : o[i + 1] < 2 ? 40 : o[i + 1];
	}
	return false;
}

static void decode_blocks(const unsigned char *o, char *text, size_t size,
			  const struct origin *from)
{
	size_t n = snprintf(text, size, "sack");
	unsigned int i;

	for (i = 2; i < o[1] && n < size; i += BLOCK)
		n += snprintf(text + n, size - n, " %d:%d",
			      (int)(get32(o + i) - from->other),
			      (int)(get32(o + i + 4) - from->other));
}

/* One option from @o on as text; its length */
static unsigned int decode(const unsigned char *o, unsigned int left,
			   char *text, size_t size, const struct origin *from)
{
	unsigned int len = left > 1 ? o[1] : 0;

	if (o[0] < 2) {
		snprintf(text, size, "%s", o[0] ? "nop" : "eol");
		return o[0] ? 1 : left;
	}
	if (len < 2 || len > left) {
		snprintf(text, size, "bad");
		return left;
	}
	if (o[0] == 2 && len == 4)
		snprintf(text, size, "mss %u", o[2] << 8 | o[3]);
	else if (o[0] == 3 && len == 3)
		snprintf(text, size, "wscale %u", o[2]);
	else if (o[0] == 4 && len == 2)
		snprintf(text, size, "sackOK");
	else if (o[0] == SACK && len > 2 && len % BLOCK == 2)
		decode_blocks(o, text, size, from);
	else if (o[0] == 8 && len == 10)
		snprintf(text, size, "ts %u %u", get32(o + 2), get32(o + 6));
	else
		snprintf(text, size, "opt %u %u", o[0], len);
	return len;
}

static void options_of(const struct segment *s, char *text, size_t size,
		       const struct origin *from)
{
	unsigned int i = 0;
	size_t n = 0;

	text[0] = 0;
	while (i < s->option_len && n < size) {
		if (n)
			text[n++] = ' ';
		i += decode(s->options + i, s->option_len - i, text + n,
			    size - n, from);
		n += strlen(text + n);
	}
}

/* Are both the same words, * in @want being any? */
static bool words_fit(const char *want, const char *got)
{
	char a[OPTION_TEXT], b[OPTION_TEXT], *sa, *sb, *wa, *wb;

	strcpy(a, want);
	strcpy(b, got);
	wa = strtok_r(a, BLANKS, &sa);
	wb = strtok_r(b, BLANKS, &sb);
	while (wa && wb && (!strcmp(wa, "*") || !strcmp(wa, wb))) {
		wa = strtok_r(NULL, BLANKS, &sa);
		wb = strtok_r(NULL, BLANKS, &sb);
	}
	return !wa && !wb;
}

const char *segtext_differs(const struct segtext *want,
			    const struct segment *got,
			    const struct origin *from)
{
	const struct segment *s = &want->s;
	char options[OPTION_TEXT];

	options_of(got, options, sizeof(options), from);
	if (!got->good)
		return "checksums";
	if (s->flags != got->flags || s->reserved != got->reserved)
		return "flags";
	if (s->seq != got->seq)
		return "sequence number";
	if (s->ack != got->ack)
		return "acknowledgment";
	if (s->len != got->len)
		return "length";
	if (want->payload && memcmp(s->data, got->data, s->len))
		return "payload";
	if (want->window && s->window != got->window)
		return "window";
	if (s->urgent != got->urgent)
		return "urgent pointer";
	if (want->tos && s->tos != got->tos)
		return "tos";
	if (want->ttl && s->ttl != got->ttl)
		return "ttl";
	if (strcmp(want->options, "*") && !words_fit(want->options, options))
		return "options";
	return NULL;
}

const char *segtext_of(const struct segment *s, const struct origin *from)
{
	static char text[400];
	char options[OPTION_TEXT], flags[16] = "";
	size_t n = 0;
	int bit;

	for (bit = 0; bit < 8; bit++) {
		if (s->flags & 1 << bit)
			flags[n++] = LETTERS[bit];
	}
	options_of(s, options, sizeof(options), from);
	snprintf(text, sizeof(text),
		 "%s %d ack %d win %u len %u tos %#x ttl %u res %u <%s>%s",
		 n ? flags : "-", (int)(s->seq - from->own),
		 s->flags & ACK ? (int)(s->ack - from->other) : (int)s->ack,
		 s->window, s->len, s->tos, s->ttl, s->reserved, options,
		 s->good ? "" : " with a wrong checksum");
	return text;
}
