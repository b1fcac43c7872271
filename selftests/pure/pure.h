/* SPDX-License-Identifier: GPL-2.0 */
/* What the fuzz targets share: decisions drawn from an input, checks, a world. */
#ifndef _PURE_H
#define _PURE_H

#define CHECK(condition) do {						\
	if (!(condition)) {						\
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__,	\
			__LINE__, #condition);				\
		abort();						\
	}								\
} while (0)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* The bytes that are left; when none is, 0 is drawn. */
struct pure_in {
	const u8 *data;
	size_t left;
};

static inline u8 pure_byte(struct pure_in *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static inline u32 pure_raw(struct pure_in *in)
{
	u32 value = pure_byte(in);

	value = value << 8 | pure_byte(in);
	value = value << 8 | pure_byte(in);
	return value << 8 | pure_byte(in);
}

/* Of any magnitude alike: small numbers are as likely as large ones. */
static inline u32 pure_u32(struct pure_in *in)
{
	unsigned int bits = pure_byte(in) % 33;

	return bits ? pure_raw(in) & ~0U >> (32 - bits) : 0;
}

/* 0 to @sides - 1, which are at most 256 */
static inline unsigned int pure_below(struct pure_in *in, unsigned int sides)
{
	return pure_byte(in) % sides;
}

/* A copy that ends where it ends, so that a byte too far is noticed */
static inline void *pure_bytes(struct pure_in *in, size_t size)
{
	u8 *copy = malloc(size);
	size_t i;

	for (i = 0; i < size; i++)
		copy[i] = pure_byte(in);
	return copy;
}

/* Bytes that are options more often than not: a kind, and a length that fits. */
static inline void pure_options(struct pure_in *in, u8 *p, size_t size,
				const u8 *kinds, unsigned int n)
{
	size_t len;

	for (; size > 1; p += len, size -= len) {
		p[0] = kinds[pure_below(in, n)];
		if (p[0] > 1)
			p[1] = pure_below(in, 8) ? pure_below(in, 44) : p[1];
		len = p[0] > 1 && p[1] > 1 ? p[1] : 1;
		if (len > size)
			return;
	}
}

#ifdef _XTCP_H
unsigned int xtcp_net_id;

/* A namespace as it comes up, and a socket in it */
struct pure_world {
	struct net net;
	struct net_generic gen;
	struct xtcp_net xn;
	struct xtcp_mib mib;
	struct xtcp_sock xs;
};

static inline struct sock *pure_sock(struct pure_world *w)
{
	memset(w, 0, sizeof(*w));
	w->gen.ptr[0] = &w->xn;
	w->xn.mib = &w->mib;
	w->net.gen = &w->gen;
	w->net.ipv4.sysctl_tcp_adv_win_scale = 1;
	w->net.ipv4.sysctl_tcp_app_win = 31;
	w->net.ipv4.sysctl_tcp_rmem[2] = 6291456;
	w->net.ipv4.sysctl_tcp_moderate_rcvbuf = 1;
	w->net.ipv4.sysctl_tcp_slow_start_after_idle = 1;
	w->net.ipv4.sysctl_tcp_min_rtt_wlen = 300;
	w->net.ipv4.sysctl_tcp_recovery = 1;
	w->xs.inet.sk.net = &w->net;
	w->xs.rack_reo_wnd_steps = 1;
	w->xs.rto = XTCP_RTO_INIT;
	w->xs.rto_min = XTCP_RTO_MIN;
	w->xs.snd_cwnd = XTCP_INIT_CWND;
	w->xs.snd_ssthresh = XTCP_INFINITE_SSTHRESH;
	w->xs.snd_cwnd_clamp = U16_MAX * 64U;
	return &w->xs.inet.sk;
}
#endif

#endif /* _PURE_H */
