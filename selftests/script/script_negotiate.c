// SPDX-License-Identifier: GPL-2.0
/*
 * Option negotiation (E-12 to E-17): all combinations of what the namespace
 * allows and what the peer offers, passive and active.
 */
#include <stdarg.h>

#include "script_tables.h"
#include "xtcp_test.h"

#define WSCALE	1
#define SACK	2
#define TS	4
#define ALL	8

static struct script scripts[2 * ALL + 1];

static void __attribute__((format(printf, 2, 3)))
add(struct script *s, const char *format, ...)
{
	char line[200];
	va_list args;
	int i = 0;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	while (s->lines[i])
		i++;
	s->lines[i] = strdup(line);
}

/* The options of a SYN or SYN-ACK with these in it */
static const char *offer(int set, int mss, int wscale, const char *ts)
{
	static char text[2][120];
	static int turn;
	char *at = text[turn ^= 1];

	at += sprintf(at, "<mss %d", mss);
	if (set & TS)
		at += sprintf(at, ",%s,ts %s", set & SACK ? "sackOK" : "nop,nop",
			      ts);
	else if (set & SACK)
		at += sprintf(at, ",nop,nop,sackOK");
	if (set & WSCALE)
		at += sprintf(at, ",nop,wscale %d", wscale);
	strcpy(at, ">");
	return text[turn];
}

static void begin(struct script *s, int allowed, const char *side)
{
	char name[80];

	snprintf(name, sizeof(name), "all options, %s, %swscale %ssack %sts",
		 side, allowed & WSCALE ? "" : "no ", allowed & SACK ? "" : "no ",
		 allowed & TS ? "" : "no ");
	s->rows = "E-12 E-14 E-15 E-16 E-17";
	s->name = strdup(name);
	add(s, "net tcp_window_scaling %d", !!(allowed & WSCALE));
	add(s, "net tcp_sack %d", !!(allowed & SACK));
	add(s, "net tcp_timestamps %d", !!(allowed & TS));
}

/* What came of it, as the program sees it */
static void result(struct script *s, int agreed)
{
	add(s, "info timestamps %d", !!(agreed & TS));
	add(s, "info sack %d", !!(agreed & SACK));
	add(s, "info wscale %d", !!(agreed & WSCALE));
	add(s, "option? maxseg %d", agreed & TS ? 1388 : 1400);
	add(s, "abort");
	add(s, "> R. 1 ack 1 <*>");
}

static void passive(struct script *s, int allowed)
{
	int offered;

	begin(s, allowed, "passive");
	add(s, "listen 4");
	for (offered = 0; offered < ALL; offered++) {
		int agreed = offered & allowed;

		add(s, "peer %d", offered);
		add(s, "< S 0 %s", offer(offered, 1400, 3, "100 0"));
		add(s, "> S. 0 ack 1 win %d %s", agreed & TS ? 65160 : 64240,
		    offer(agreed, 1460, 7, "* 100"));
		add(s, "< . 1 ack 1 %s", agreed & TS ? "<nop,nop,ts 101 @>" : "");
		add(s, "accept");
		result(s, agreed);
	}
}

static void active(struct script *s, int allowed)
{
	int offered;

	begin(s, allowed, "active");
	for (offered = 0; offered < ALL; offered++) {
		int agreed = offered & allowed;

		add(s, "port");
		add(s, "peer %d", offered);
		add(s, "connect");
		add(s, "> S 0 win 64240 %s", offer(allowed, 1460, 7, "* 0"));
		add(s, "< S. 0 ack 1 %s",
		    offer(offered, 1400, 3, allowed & TS ? "100 @" : "100 5"));
		add(s, "> . 1 ack 1 %s",
		    agreed & TS ? "<nop,nop,ts * 100>" : "");
		result(s, agreed);
	}
}

const struct script *matrix_scripts(void)
{
	int allowed;

	for (allowed = 0; allowed < ALL; allowed++) {
		passive(&scripts[2 * allowed], allowed);
		active(&scripts[2 * allowed + 1], allowed);
	}
	return scripts;
}
