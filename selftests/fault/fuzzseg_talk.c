// SPDX-License-Identifier: GPL-2.0
/* The fuzzer of segments: what it says in a conversation. */
#include "fuzzseg.h"

#define HELD		4
#define HELD_BYTES	4096
#define MSS		1400

/* Segments that will come late */
static struct held {
	struct way *way;
	unsigned int len;
	unsigned char bytes[HELD_BYTES];
} held[HELD];

/* ---- one segment on its way -------------------------------------------- */

/* What comes next if nothing is wrong */
static void next(struct worker *w, const struct talk *t, struct packet *p,
		 unsigned int flags, unsigned int len)
{
	memset(p, 0, sizeof(*p));
	p->saddr = t->peer;
	p->daddr = t->way->here;
	p->sport = t->port;
	p->dport = t->xport;
	p->seq = t->snd_nxt;
	p->ack = flags & ACK ? t->rcv_nxt : 0;
	p->flags = flags;
	p->window = 65535;
	p->len = len;
	p->ttl = 64;
	p->id = w->ids++ & 0xffff;
	p->frag = 0x4000;
	p->ihl = -1;
	p->doff = -1;
	p->total = -1;
	if (!t->tstamps)
		return;
	memcpy(p->opt, "\1\1\10\12", 4);
	put32(p->opt + 4, t->tsval);
	put32(p->opt + 8, flags & ACK ? t->tsecr : 0);
	p->opt_len = 12;
}

static void remember(__u32 *list, unsigned int *n, __u32 number)
{
	unsigned int i;

	for (i = 0; i < *n && i < ISNS; i++)
		if (list[i] == number)
			return;
	list[(*n)++ % ISNS] = number;
}

/* What may have consequences for what the program reads */
static void record(struct talk *t, const struct packet *p,
		   const unsigned char *buf, size_t len)
{
	const unsigned char *tcp = packet_tcp(buf, len);

	if (!tcp)
		return;
	if (tcp[13] & SYN)
		remember(t->isns, &t->n_isns, get32(tcp + 4));
	if (tcp[13] & URG)
		t->urgs++;
	/* Who trusts such a header may change bytes in the middle. */
	if ((p->gso_type && (p->sum == SUM_ODD || p->bent || p->flip)) ||
	    (p->sum >= SUM_PARTIAL && p->frag & 0x3fff))
		t->tainted = true;
}

static void fill_vnet(const struct packet *p, const unsigned char *buf,
		      struct fuzz_in *in, struct virtio_net_hdr *v)
{
	unsigned int ihl = 20 + (p->ipopt_len + 3) / 4 * 4;

	*v = (struct virtio_net_hdr){
		.gso_type = p->gso_type, .gso_size = p->gso_size,
	};
	if (p->gso_type)
		v->hdr_len = fuzz_draw(in, 4) ?
			     ihl + (buf[ihl + 12] >> 4) * 4 :
			     fuzz_draw(in, 65536);
	if (p->sum == SUM_PARTIAL || p->sum == SUM_ODD) {
		v->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		v->csum_start = ihl;
		v->csum_offset = 16;
	}
	if (p->sum == SUM_ODD) {
		v->csum_start = fuzz_draw(in, 4) ? fuzz_draw(in, 80) :
						   fuzz_draw(in, 65536);
		if (fuzz_draw(in, 2))
			v->csum_offset = fuzz_draw(in, 64);
	}
}

static void count(const struct packet *p, bool mutated)
{
	if (p->gso_type)
		fuzz_count(SEG_SUPER);
	else if (p->flags & SYN)
		fuzz_count(SEG_SYN);
	else if (p->flags & RST)
		fuzz_count(SEG_RST);
	else
		fuzz_count(mutated ? SEG_MUTATED : SEG_EXPECTED);
}

/* Fragments of @buf: some twice, some overlapping, in any order */
static void send_fragments(struct worker *w, struct talk *t,
			   struct fuzz_in *in, const unsigned char *buf,
			   size_t len)
{
	unsigned int ihl = (buf[0] & 15) * 4, n = 2 + fuzz_draw(in, 4), i;
	unsigned int size = (len - ihl) / n / 8 * 8, order, at, bytes;
	unsigned char piece[4096];

	if (ihl < 20 || len < ihl + 16 || len > sizeof(piece))
		return;
	size = size ?: 8;
	order = fuzz_draw(in, 8);
	for (i = 0; i < n; i++) {
		at = (order & 1 ? n - 1 - i : i) * size;
		if (order == 6 && i == 1)
			continue;
		bytes = i == n - 1 || at + size > len - ihl ? len - ihl - at :
							       size;
		if (at >= len - ihl)
			continue;
		if (order & 1 && !i)
			bytes = len - ihl - at;
		else if (order & 1)
			bytes = size;
		if (order >= 4 && at + bytes + 8 <= len - ihl &&
		    fuzz_draw(in, 4) == 0)
			bytes += 8;
		memcpy(piece, buf, ihl);
		memcpy(piece + ihl, buf + ihl + at, bytes);
		put16(piece + 2, ihl + bytes);
		put16(piece + 6, at / 8 | (at + bytes < len - ihl) << 13);
		put16(piece + 10, 0);
		put16(piece + 10, ~ip_sum(piece, ihl, 0));
		fuzz_count(SEG_FRAGMENT);
		way_send(w, t->way, NULL, piece, ihl + bytes);
	}
}

static void hold(struct talk *t, struct fuzz_in *in, const unsigned char *buf,
		 size_t len)
{
	struct held *h = &held[fuzz_draw(in, HELD)];

	if (len > HELD_BYTES)
		return;
	h->way = t->way;
	h->len = len;
	memcpy(h->bytes, buf, len);
}

static void release(struct worker *w, struct fuzz_in *in)
{
	struct held *h = &held[fuzz_draw(in, HELD)];

	if (!h->len)
		return;
	fuzz_count(SEG_REPEATED);
	way_send(w, h->way, NULL, h->bytes, h->len);
	if (fuzz_draw(in, 2))
		h->len = 0;
}

/* Once, or twice, or late, or in pieces */
static void emit(struct worker *w, struct talk *t, const struct packet *p,
		 struct fuzz_in *in, bool mutated)
{
	size_t len = packet_build(p, w->buf);
	struct virtio_net_hdr vnet;
	unsigned int how;
	bool plain;

	record(t, p, w->buf, len);
	fill_vnet(p, w->buf, in, &vnet);
	how = fuzz_draw(in, 32);
	plain = !vnet.gso_type && !vnet.flags;
	if (how == 0 && plain) {
		hold(t, in, w->buf, len);
		return;
	}
	if (how == 1 && plain && t->way->kind != WAY_LOOP) {
		send_fragments(w, t, in, w->buf, len);
		return;
	}
	count(p, mutated);
	way_send(w, t->way, plain && how & 4 ? NULL : &vnet, w->buf, len);
	if (how == 2) {
		fuzz_count(SEG_REPEATED);
		way_send(w, t->way, &vnet, w->buf, len);
	}
	if (how == 3)
		release(w, in);
}

/* Mostly what is expected: then it counts as taken. */
static void say(struct worker *w, struct talk *t, struct packet *p,
		struct fuzz_in *in)
{
	unsigned int changes = fuzz_draw(in, 8);
	__u32 end = p->seq + p->len + !!(p->flags & SYN) + !!(p->flags & FIN);
	unsigned int i;

	t->tsval += fuzz_draw(in, 3);
	changes = changes < 5 ? 0 : changes - 4;
	for (i = 0; i < changes; i++)
		packet_mutate(p, in);
	if (!changes && (__s32)(end - t->snd_nxt) > 0)
		t->snd_nxt = end;
	if (!changes && p->flags & ACK)
		t->told = p->ack;
	emit(w, t, p, in, changes);
}

/* ---- what it may say --------------------------------------------------- */

static const unsigned short lengths[] = {
	1, 1, 2, 10, 100, 536, 1000, MSS, MSS, 1448, 1460, 3000,
};

static unsigned int some_length(struct fuzz_in *in)
{
	return lengths[fuzz_draw(in, ARRAY_SIZE(lengths))];
}

static void say_data(struct worker *w, struct talk *t, struct fuzz_in *in,
		     unsigned int flags)
{
	struct packet p;

	next(w, t, &p, flags, some_length(in));
	if (flags & URG)
		p.urgent = fuzz_draw(in, 2) ? p.len : fuzz_draw(in, 3 * p.len);
	say(w, t, &p, in);
}

/* Before what is expected, after it, or over it */
static void say_out_of_place(struct worker *w, struct talk *t,
			     struct fuzz_in *in, bool ahead)
{
	unsigned int len = some_length(in);
	struct packet p;

	next(w, t, &p, ACK, len);
	if (ahead)
		p.seq += fuzz_draw(in, 2) ? len : fuzz_draw(in, 60000);
	else
		p.seq -= fuzz_draw(in, 2) ? len / 2 : fuzz_draw(in, 5000);
	if (fuzz_draw(in, 8) == 0)
		p.flags |= FIN;
	emit(w, t, &p, in, true);
}

/* Many small pieces, none of which fits the one before */
static void say_splinters(struct worker *w, struct talk *t, struct fuzz_in *in)
{
	unsigned int n = 2 + fuzz_draw(in, 30), step = 1 + fuzz_draw(in, 40);
	__u32 from = t->snd_nxt + 1 + fuzz_draw(in, 100);
	bool back = fuzz_draw(in, 2);
	struct packet p;

	while (n--) {
		next(w, t, &p, ACK, 1 + fuzz_draw(in, step + 2));
		p.seq = from + (back ? n * step : fuzz_draw(in, 32) * step);
		emit(w, t, &p, in, true);
	}
}

static void say_reset(struct worker *w, struct talk *t, struct fuzz_in *in)
{
	struct packet p;

	next(w, t, &p, fuzz_draw(in, 2) ? RST : RST | ACK, 0);
	switch (fuzz_draw(in, 8)) {
	case 0:
		break;
	case 1 ... 3:
		p.seq += fuzz_draw(in, 60000);
		break;
	case 4:
		p.seq -= 1 + fuzz_draw(in, 60000);
		break;
	case 5:
		p.len = fuzz_draw(in, 100);
		break;
	case 6:
		p.flags = RST | SYN;
		break;
	default:
		p.seq += fuzz_number(in);
		break;
	}
	emit(w, t, &p, in, false);
}

static void sack_blocks(struct packet *p, const struct talk *t,
			struct fuzz_in *in)
{
	unsigned int n = 1 + fuzz_draw(in, 4), i, at = p->opt_len;
	__u32 from;

	if (at + 2 + 8 * n > 40)
		n = (40 - at - 2) / 8;
	p->opt[at] = 5;
	p->opt[at + 1] = 2 + 8 * n;
	for (i = 0; i < n; i++) {
		from = t->told + fuzz_draw(in, 10000) - 1000;
		put32(p->opt + at + 2 + 8 * i, from);
		put32(p->opt + at + 6 + 8 * i, from + fuzz_draw(in, 3000));
	}
	p->opt_len += 2 + 8 * n;
}

static void say_ack(struct worker *w, struct talk *t, struct fuzz_in *in)
{
	unsigned int times = 1;
	struct packet p;

	next(w, t, &p, ACK, 0);
	switch (fuzz_draw(in, 12)) {
	case 0 ... 3:
		break;
	case 4:		/* duplicates */
		p.ack = t->told;
		times = 1 + fuzz_draw(in, 6);
		if (fuzz_draw(in, 2))
			sack_blocks(&p, t, in);
		break;
	case 5:		/* a part */
		p.ack = t->told + fuzz_draw(in, t->rcv_nxt - t->told + 1);
		break;
	case 6:		/* what was never sent */
		p.ack += 1 + fuzz_draw(in, 100000);
		break;
	case 7:		/* long ago */
		p.ack -= fuzz_draw(in, 2) ? fuzz_draw(in, 100000) :
					    1 + fuzz_draw(in, 10);
		break;
	case 8:
		p.window = 0;
		break;
	case 9:
		p.window = fuzz_draw(in, 4000);
		break;
	case 10:	/* keepalive */
		p.seq--;
		p.len = fuzz_draw(in, 2);
		break;
	case 11:
		p.flags |= fuzz_draw(in, 4) << 6;
		break;
	}
	while (times--)
		say(w, t, &p, in);
}

static void say_super(struct worker *w, struct talk *t, struct fuzz_in *in)
{
	static const unsigned short sizes[] = {
		MSS, MSS, MSS, MSS, 1, 8, 100, 536, 0, 65535, 40000,
	};
	struct packet p;

	next(w, t, &p, ACK | PSH, fuzz_draw(in, 4) ? 1 + fuzz_draw(in, 12000) :
						     fuzz_draw(in, 65536));
	p.gso_type = fuzz_draw(in, 8) ? VIRTIO_NET_HDR_GSO_TCPV4 :
					fuzz_draw(in, 8);
	if (fuzz_draw(in, 8) == 0)
		p.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	p.gso_size = sizes[fuzz_draw(in, ARRAY_SIZE(sizes))];
	p.sum = fuzz_draw(in, 4) ? SUM_PARTIAL : fuzz_draw(in, 5);
	if (fuzz_draw(in, 8) == 0)
		p.flags |= 1 << fuzz_draw(in, 8);
	if (fuzz_draw(in, 4) == 0)
		p.seq += fuzz_draw(in, 4000) - 2000;
	say(w, t, &p, in);
}

/* ---- beginnings -------------------------------------------------------- */

static void syn_options(struct talk *t, struct packet *p, struct fuzz_in *in)
{
	static const unsigned short sizes[] = {
		1460, 1400, 536, 88, 40, 12, 1, 0, 65535, 9000,
	};
	unsigned int which = fuzz_draw(in, 16);
	unsigned char *o = p->opt;

	p->opt_len = 0;
	t->tstamps = which & 1;
	if (which & 2) {
		*o++ = 2;
		*o++ = 4;
		put16(o, sizes[fuzz_draw(in, ARRAY_SIZE(sizes))]);
		o += 2;
	}
	if (which & 4) {
		*o++ = 4;
		*o++ = 2;
	}
	if (which & 1) {
		*o++ = 8;
		*o++ = 10;
		put32(o, t->tsval);
		put32(o + 4, p->flags & ACK ? t->tsecr : 0);
		o += 8;
	}
	if (which & 8) {
		*o++ = 1;
		*o++ = 3;
		*o++ = 3;
		*o++ = fuzz_draw(in, 4) ? 7 : fuzz_draw(in, 256);
	}
	p->opt_len = o - p->opt;
}

static void say_syn(struct worker *w, struct talk *t, struct fuzz_in *in,
		    unsigned int flags)
{
	struct packet p;

	next(w, t, &p, flags, 0);
	p.seq = t->isn;
	syn_options(t, &p, in);
	switch (fuzz_draw(in, 16)) {
	case 0:
		p.len = fuzz_draw(in, 1000);
		break;
	case 1:
		p.flags |= FIN;
		break;
	case 2:
		p.flags |= ECE | CWR;
		break;
	case 3:
		packet_option(&p, in);
		break;
	case 4:
		packet_mutate(&p, in);
		break;
	}
	t->snd_nxt = t->isn + 1;
	emit(w, t, &p, in, false);
}

static void fresh_numbers(struct talk *t, struct fuzz_in *in)
{
	t->isn = fuzz_draw(in, 2) ? 0xfffff000u + fuzz_draw(in, 8192) :
				    fuzz_draw(in, UINT32_MAX);
	t->snd_nxt = t->isn;
	t->acked = t->isn;
}

void talk_open(struct worker *w, struct talk *t, struct fuzz_in *in)
{
	bool again = t->way && fuzz_draw(in, 4) == 0;
	struct way *way = &w->ways[fuzz_draw(in, WAYS)];
	struct talk before = *t;

	*t = (struct talk){
		.way = way, .peer = way->peer,
		.port = 1024 + w->ports++ % 30000,
		.listens = fuzz_draw(in, 3), .tstamps = true,
		.tsval = before.tsval + 1000,
	};
	if (way->kind != WAY_LOOP)
		t->peer += fuzz_draw(in, 64);
	/* What is left of another one may be in its way. */
	if (again) {
		t->way = before.way;
		t->peer = before.peer;
		t->port = before.port;
		memcpy(t->isns, before.isns, sizeof(t->isns));
		memcpy(t->isss, before.isss, sizeof(t->isss));
		t->n_isns = before.n_isns;
		t->n_isss = before.n_isss;
		t->urgs = before.urgs;
	}
	t->xport = t->listens ? FUZZ_PORT + fuzz_draw(in, 2) : 0;
	fresh_numbers(t, in);
}

/* Of what XTCP has said by now */
static void answer(struct worker *w, struct talk *t, struct fuzz_in *in)
{
	struct packet p;

	if (!t->heard)
		return;
	next(w, t, &p, ACK, fuzz_draw(in, 4) ? 0 : fuzz_draw(in, 1000));
	if (fuzz_draw(in, 8) == 0)
		p.ack += fuzz_draw(in, 5) - 2;
	say(w, t, &p, in);
}

/* The whole of it, in whichever way round */
void talk_handshake(struct worker *w, struct talk *t, struct fuzz_in *in)
{
	unsigned int how = fuzz_draw(in, 8);

	if (t->listens) {
		say_syn(w, t, in, SYN);
		way_drain(w, t->way);
		answer(w, t, in);
		return;
	}
	way_drain(w, t->way);
	if (!t->heard)
		return;
	if (how == 0)	/* they cross */
		say_syn(w, t, in, SYN);
	if (how != 1)
		say_syn(w, t, in, SYN | ACK);
	way_drain(w, t->way);
}

/* ---- ICMP -------------------------------------------------------------- */

static void icmp_header(unsigned char *icmp, struct fuzz_in *in)
{
	static const unsigned char types[] = { 3, 3, 3, 3, 4, 5, 11, 12, 12 };
	static const unsigned short mtus[] = {
		0, 1, 67, 68, 88, 551, 552, 600, 1280, 1499, 1500, 65535,
	};

	icmp[0] = fuzz_draw(in, 8) ? types[fuzz_draw(in, sizeof(types))] :
				     fuzz_draw(in, 256);
	icmp[1] = fuzz_draw(in, 3) ? fuzz_draw(in, 16) : 4;
	put32(icmp + 4, fuzz_draw(in, 8) ?
	      mtus[fuzz_draw(in, ARRAY_SIZE(mtus))] : fuzz_draw(in, UINT32_MAX));
	if (icmp[0] == 5)
		put32(icmp + 4, 0x0a080001 + fuzz_draw(in, 255));
}

static void say_icmp(struct worker *w, struct talk *t, struct fuzz_in *in)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(t->way->here) };
	unsigned char ip[20 + 8 + sizeof(t->last)] = { 0x45 };
	unsigned int quote = t->last_len;

	if (!quote)
		return;
	icmp_header(ip + 20, in);
	memcpy(ip + 28, t->last, quote);
	switch (fuzz_draw(in, 8)) {
	case 0:
		ip[28 + fuzz_draw(in, quote)] ^= 1 << fuzz_draw(in, 8);
		break;
	case 1:
		put32(ip + 28 + 24, t->told + fuzz_draw(in, 20000) - 10000);
		break;
	case 2:
		quote = fuzz_draw(in, quote + 1);
		break;
	case 3:
		quote = 28;
		break;
	case 4:		/* the oldest that is out */
		put32(ip + 28 + 24, t->told);
		break;
	}
	put16(ip + 2, 28 + quote);
	put16(ip + 4, w->ids++);
	ip[8] = 60;
	ip[9] = IPPROTO_ICMP;
	put32(ip + 12, t->peer);
	put32(ip + 16, t->way->here);
	put16(ip + 10, ~ip_sum(ip, 20, 0));
	put16(ip + 22, ~ip_sum(ip + 20, 8 + quote, 0));
	fuzz_count(SEG_ICMP);
	if (t->way->kind != WAY_LOOP)
		way_send(w, t->way, NULL, ip, 28 + quote);
	else if (sendto(w->icmp, ip, 28 + quote, MSG_DONTWAIT,
			(struct sockaddr *)&to, sizeof(to)) < 0)
		note(NOTE_REFUSED, 1);
}

/* ---- floods ------------------------------------------------------------ */

/* From hosts that don't exist, whose answers may come all the same */
void talk_flood(struct worker *w, struct way *way, struct fuzz_in *in)
{
	unsigned int n = 4 + fuzz_draw(in, 60);
	struct talk t = { .way = way, .xport = FUZZ_PORT + fuzz_draw(in, 2) };
	struct packet p;
	size_t len;

	w->cookie = fuzz_draw(in, 8);
	t.tsval = fuzz_draw(in, UINT32_MAX);
	while (n--) {
		t.peer = way->peer;
		if (way->kind != WAY_LOOP)
			t.peer += fuzz_draw(in, 65536) & 0xff0f;
		t.port = FLOOD_PORT + fuzz_draw(in, 20000);
		next(w, &t, &p, SYN, 0);
		p.seq = w->ids * 2654435761u;
		syn_options(&t, &p, in);
		len = packet_build(&p, w->buf);
		fuzz_count(SEG_FLOOD);
		way_send(w, way, NULL, w->buf, len);
	}
	way_drain(w, way);
}

/* The ACK of a SYN-ACK that may be a cookie: right, wrong, or with data */
static void answer_flood(struct worker *w, struct way *way,
			 const unsigned char *ip, const unsigned char *tcp)
{
	struct talk t = {
		.way = way, .peer = get32(ip + 16), .port = get16(tcp + 2),
		.xport = get16(tcp), .snd_nxt = get32(tcp + 8),
		.rcv_nxt = get32(tcp + 4) + 1,
	};
	struct packet p;
	size_t len;

	if (w->cookie > 5)
		return;
	next(w, &t, &p, ACK, w->cookie == 3 ? 100 : 0);
	if (w->cookie == 4)
		p.ack += w->ids % 5;
	if (w->cookie == 5)
		p.seq += w->ids % 3;
	/* the timestamps that it sent carry what was agreed */
	if (tcp[12] >> 4 >= 8 && tcp[20] == 2 && tcp[24] == 4 && tcp[26] == 8) {
		memcpy(p.opt, "\1\1\10\12", 4);
		memcpy(p.opt + 4, tcp + 32, 4);
		memcpy(p.opt + 8, tcp + 28, 4);
		if (w->cookie == 2)
			p.opt[11] ^= w->ids;
		p.opt_len = 12;
	}
	len = packet_build(&p, w->buf);
	fuzz_count(SEG_COOKIE);
	way_send(w, way, NULL, w->buf, len);
}

/* ---- steps ------------------------------------------------------------- */

void talk_step(struct worker *w, struct talk *t, struct fuzz_in *in)
{
	switch (fuzz_draw(in, 32)) {
	case 0 ... 8:
		say_data(w, t, in, ACK | PSH);
		break;
	case 9 ... 13:
		say_ack(w, t, in);
		break;
	case 14 ... 15:
		say_out_of_place(w, t, in, true);
		break;
	case 16 ... 17:
		say_out_of_place(w, t, in, false);
		break;
	case 18:
		if (fuzz_draw(in, 4) == 0)
			say_data(w, t, in, ACK | FIN);
		break;
	case 19:
		if (fuzz_draw(in, 4) == 0)
			say_reset(w, t, in);
		break;
	case 20:
		say_syn(w, t, in, SYN);
		break;
	case 21:
		say_syn(w, t, in, SYN | ACK);
		break;
	case 22:
		say_data(w, t, in, ACK | URG);
		break;
	case 23 ... 24:
		say_super(w, t, in);
		break;
	case 25:
		say_icmp(w, t, in);
		break;
	case 26:
		say_splinters(w, t, in);
		break;
	case 27:
		release(w, in);
		break;
	case 28:	/* what it lacks, once more */
		way_drain(w, t->way);
		t->snd_nxt = t->acked;
		say_data(w, t, in, ACK);
		break;
	case 29:
		if (fuzz_draw(in, 8) == 0) {
			fresh_numbers(t, in);
			talk_handshake(w, t, in);
		}
		break;
	default:
		way_drain(w, t->way);
		break;
	}
}

void talk_kill(struct worker *w, struct talk *t)
{
	struct packet p;

	if (!t->way || !t->xport)
		return;
	next(w, t, &p, RST | ACK, 0);
	p.seq = t->acked;
	fuzz_count(SEG_RST);
	way_send(w, t->way, NULL, w->buf, packet_build(&p, w->buf));
}

/* ---- what XTCP says ---------------------------------------------------- */

static struct talk *find(struct worker *w, const unsigned char *ip,
			 const unsigned char *tcp)
{
	struct talk *t;

	for (t = w->talks; t < w->talks + w->n_talks; t++)
		if (t->way && t->peer == get32(ip + 16) &&
		    t->port == get16(tcp + 2) &&
		    (!t->xport || t->xport == get16(tcp)))
			return t;
	return NULL;
}

/* Kinds that XTCP knows, with the length that they have; the rest is padding. */
static bool options_good(struct talk *t, const unsigned char *tcp,
			 unsigned int end)
{
	static const unsigned char known[9] = { [2] = 4, [3] = 3, [4] = 2, [8] = 10 };
	unsigned int at = 20, kind;

	while (at < end) {
		kind = tcp[at];
		if (kind == 1) {
			at++;
			continue;
		}
		if (!kind)
			break;
		if (at + 1 >= end || kind > 8 ||
		    (kind == 5 ? tcp[at + 1] % 8 != 2 : tcp[at + 1] != known[kind]) ||
		    at + tcp[at + 1] > end)
			return false;
		if (kind == 8 && t)
			t->tsecr = get32(tcp + at + 2);
		at += tcp[at + 1];
	}
	for (; at < end; at++)
		if (tcp[at])
			return false;
	return true;
}

/*
 * Are they the program's, counted from one of the numbers that XTCP began with?
 * A cookie is as good with a number beside it, which is another MSS.
 */
static bool is_programs(const struct talk *t, __u32 seq,
			const unsigned char *data, unsigned int len)
{
	unsigned int i;
	int off;

	for (i = 0; i < t->n_isss && i < ISNS; i++)
		for (off = -3; off <= 3; off++)
			if (!memcmp(data, pattern_program(seq - t->isss[i] - 1 + off),
				    len))
				return true;
	return false;
}

/*
 * A cookie is as good if both sides' numbers have moved by the same: segments
 * of a connection that is gone can make a new one in their midst, in TCP as here.
 * Its first few bytes may have come one by one: any number could explain these.
 */
static bool is_revived(struct talk *t, __u32 seq, const unsigned char *data,
		       unsigned int len)
{
	unsigned int at;

	if (!t->listens)
		return false;
	for (at = 0; at < 16; at++) {
		if (memcmp(data, pattern_program(at), len))
			continue;
		note(NOTE_REVIVED, 1);
		remember(t->isss, &t->n_isss, seq - at - 1);
		return true;
	}
	return false;
}

/* The program's bytes, and no others */
static void check_payload(struct talk *t, __u32 seq, const unsigned char *data,
			  unsigned int len)
{
	unsigned int i;

	note(NOTE_PAYLOAD, len);
	if (t && t->n_isss && t->n_isss <= ISNS) {
		if (!is_programs(t, seq, data, len) &&
		    !is_revived(t, seq, data, len))
			violated("%u bytes to %u over %s at %u: not the program's, which are %ld on (%u)",
				 len, t->port, t->way->dev,
				 seq - t->isss[0] - 1,
				 pattern_find(pattern_program(seq - t->isss[0] - 1),
					      data, len < 6 ? len : 6),
				 t->n_isss);
		return;
	}
	for (i = 0; i < len; i++) {
		if (!(data[i] & 0x80)) {
			violated("byte %02x at %u of %u: no program's", data[i],
				 i, len);
			return;
		}
	}
}

static bool sums_good(const struct virtio_net_hdr *vnet,
		      const unsigned char *ip, size_t ihl, size_t len)
{
	if (ip_sum(ip, ihl, 0) != 0xffff)
		return false;
	if (vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM || vnet->gso_type)
		return true;
	return ip_sum(ip + ihl, len - ihl,
		      ip_sum(ip + 12, 8, IPPROTO_TCP + len - ihl)) == 0xffff;
}

static void check_header(const struct virtio_net_hdr *vnet,
			 const unsigned char *ip, size_t ihl, size_t len)
{
	const unsigned char *tcp = ip + ihl;

	if (!sums_good(vnet, ip, ihl, len))
		violated("a checksum is wrong");
	if (tcp[12] & 15)
		violated("reserved bits %x", tcp[12] & 15);
	if (!(tcp[13] & URG) && get16(tcp + 18))
		violated("urgent pointer %u without URG", get16(tcp + 18));
	if (!(tcp[13] & ACK) && get32(tcp + 8))
		violated("acknowledgment number %u without ACK", get32(tcp + 8));
}

static void heard(struct talk *t, const unsigned char *tcp, unsigned int len)
{
	__u32 seq = get32(tcp + 4), ack = get32(tcp + 8);
	__u32 end = seq + len + !!(tcp[13] & SYN) + !!(tcp[13] & FIN);

	if (tcp[13] & RST)
		return;
	if (!t->xport)
		t->xport = get16(tcp);
	if (tcp[13] & SYN) {
		remember(t->isss, &t->n_isss, seq);
		t->iss = seq;
		t->rcv_nxt = end;
		t->told = seq;
		t->heard = true;
	} else if ((__s32)(end - t->rcv_nxt) > 0) {
		t->rcv_nxt = end;
	}
	t->fin_heard |= !!(tcp[13] & FIN);
	if (!(tcp[13] & ACK))
		return;
	t->acked = ack;
	if ((__s32)(ack - t->snd_nxt) > 0)
		t->snd_nxt = ack;
}

static void acknowledge(struct worker *w, struct talk *t)
{
	struct packet p;

	next(w, t, &p, ACK, 0);
	t->told = t->rcv_nxt;
	fuzz_count(SEG_EXPECTED);
	way_send(w, t->way, NULL, w->buf, packet_build(&p, w->buf));
}

static void note_flags(unsigned int flags)
{
	if (flags & RST)
		note(NOTE_RESETS, 1);
	else if (flags & SYN)
		note(NOTE_SYNACKS, 1);
	note(NOTE_REPLIES, 1);
}

void talk_reply(struct worker *w, struct way *way,
		const struct virtio_net_hdr *vnet, const unsigned char *ip,
		size_t len)
{
	size_t ihl = (ip[0] & 15) * 4, header;
	const unsigned char *tcp = ip + ihl;
	struct talk *t;

	if (ip[0] >> 4 != 4 || ip[9] != IPPROTO_TCP || get16(ip + 6) & 0x3fff) {
		note(NOTE_OTHERS, 1);
		return;
	}
	header = ihl + 20 <= len ? (tcp[12] >> 4) * 4 : 0;
	if (ihl < 20 || header < 20 || ihl + header > len || get16(ip + 2) != len) {
		violated("over %s a header of %zu and %zu in %zu bytes: %08x %08x %08x %08x %08x",
			 way->dev, ihl, header, len, get32(ip), get32(ip + 8),
			 get32(ip + 12), get32(ip + 16), get32(tcp));
		return;
	}
	t = find(w, ip, tcp);
	note_flags(tcp[13]);
	check_header(vnet, ip, ihl, len);
	if (!options_good(t, tcp, header))
		violated("over %s from %08x to %08x, flags %x: options of %zu bytes: %08x %08x",
			 way->dev, get32(ip + 12), get32(ip + 16), tcp[13],
			 header - 20, get32(tcp + 20), get32(tcp + header - 4));
	if (t)
		heard(t, tcp, len - ihl - header);
	if (len > ihl + header)
		check_payload(t, get32(tcp + 4), tcp + header,
			      len - ihl - header);
	if (!t && (tcp[13] & (SYN | ACK | RST)) == (SYN | ACK) &&
	    get16(tcp + 2) >= FLOOD_PORT)
		answer_flood(w, way, ip, tcp);
	if (!t || tcp[13] & RST)
		return;
	t->last_len = len < sizeof(t->last) ? len : sizeof(t->last);
	memcpy(t->last, ip, t->last_len);
	if (w->polite && !(tcp[13] & SYN) && t->rcv_nxt != t->told)
		acknowledge(w, t);
}
