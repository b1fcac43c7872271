/* SPDX-License-Identifier: GPL-2.0 */
/* Types, arithmetic, memory, time, random numbers. */
#ifndef _PURE_BASE_H
#define _PURE_BASE_H

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef unsigned int gfp_t;
typedef unsigned int __poll_t;
typedef s64 ktime_t;

#define S32_MAX		INT32_MAX
#define U8_MAX		UINT8_MAX
#define U16_MAX		UINT16_MAX
#define S16_MAX		INT16_MAX
#define U32_MAX		UINT32_MAX
#define U64_MAX		UINT64_MAX

/* ---- the compiler ---- */

#undef static_assert
#define static_assert(condition)	_Static_assert(condition, #condition)
#define struct_group(name, ...) \
	union { struct { __VA_ARGS__ }; struct { __VA_ARGS__ } name; }
#define __force
#define __user
#define __rcu
#define __percpu
#define __init
#define __exit
#define __read_mostly
#undef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#define noinline	__attribute__((noinline))
#define likely(x)	(x)
#define unlikely(x)	(x)
#define fallthrough	__attribute__((fallthrough))
#define READ_ONCE(x)	(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))
#define cmpxchg(p, old, new) ({					\
	typeof(*(p)) was = *(p);				\
	if (was == (old))					\
		*(p) = (new);					\
	was; })
#define BUILD_BUG_ON(c)	_Static_assert(!(c), #c)
#define WARN_ON_ONCE(c)	({ if (c) abort(); false; })
#define container_of(p, type, field)				\
	((type *)((char *)(p) - offsetof(type, field)))
#define sizeof_field(type, field) sizeof(((type *)0)->field)
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

struct module;
#define xchg(p, new) ({						\
	typeof(*(p)) was = *(p);				\
	*(p) = (new);						\
	was; })
#define module_init(f)
#define module_exit(f)
#define MODULE_DESCRIPTION(text)
#define MODULE_LICENSE(text)
#define MODULE_ALIAS(text)
#define THIS_MODULE	((struct module *)1)
#define EXPORT_SYMBOL_GPL(name)
#define IS_ENABLED(option)	0
#define try_module_get(m) true
#define module_put(m)	((void)(m))

/* ---- arithmetic ---- */

#define min(a, b)	({ typeof(a) x = (a); typeof(b) y = (b); x < y ? x : y; })
#define max(a, b)	({ typeof(a) x = (a); typeof(b) y = (b); x > y ? x : y; })
#define min3(a, b, c)	min(min(a, b), c)
#define max3(a, b, c)	max(max(a, b), c)
#define min_t(t, a, b)	({ t x = (a); t y = (b); x < y ? x : y; })
#define max_t(t, a, b)	({ t x = (a); t y = (b); x > y ? x : y; })
#define clamp_t(t, v, lo, hi) min_t(t, max_t(t, v, lo), hi)
#define clamp(v, lo, hi) min(max(v, lo), hi)
#define ALIGN(x, a)	(((x) + (typeof(x))(a) - 1) & ~((typeof(x))(a) - 1))
#define round_up(x, a)	ALIGN(x, a)
#define round_down(x, a) ((x) & ~((typeof(x))(a) - 1))
#define rounddown(x, n)	({ typeof(x) v = (x); v - v % (n); })
#define ilog2(x)	(63 - __builtin_clzll(x))
#define roundup_pow_of_two(n) (1UL << (ilog2((n) - 1) + 1))
#define BIT(n)		(1UL << (n))
#define BIT_ULL(n)	(1ULL << (n))
#define GENMASK_ULL(h, l) ((~0ULL << (l)) & (~0ULL >> (63 - (h))))
#define BITS_PER_LONG	64
#define BITS_PER_TYPE(t)	(8 * sizeof(t))
#define check_mul_overflow(a, b, p)	__builtin_mul_overflow(a, b, p)
#define BIT_WORD(n)	((n) / BITS_PER_LONG)
#define __ffs64(x)	((unsigned int)__builtin_ctzll(x))
#define cpu_to_be32(x)	__builtin_bswap32(x)

static inline u64 div_u64_rem(u64 a, u32 b, u32 *rest)
{
	*rest = a % b;
	return a / b;
}

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

static inline u64 mul_u64_u64_shr(u64 a, u64 b, unsigned int shift)
{
	return (__uint128_t)a * b >> shift;
}

static inline u64 div64_ul(u64 a, unsigned long b)
{
	return a / b;
}

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}

static inline u32 hash_64(u64 value, unsigned int bits)
{
	return value * 0x61c8864680b583ebULL >> (64 - bits);
}

static inline u32 hash_32(u32 value, unsigned int bits)
{
	return value * 0x61c88647U >> (32 - bits);
}

static inline u32 reciprocal_scale(u32 value, u32 sides)
{
	return (u64)value * sides >> 32;
}

#define get_unaligned(p) ({					\
	struct { typeof(*(p)) v; } __attribute__((packed)) const *at =	\
		(const void *)(p);				\
	at->v; })

static inline u16 get_unaligned_be16(const void *p)
{
	return ntohs(get_unaligned((const u16 *)p));
}

static inline u32 get_unaligned_be32(const void *p)
{
	return ntohl(get_unaligned((const u32 *)p));
}

/* ---- memory: what shall fail is counted down to ---- */

#define PAGE_SIZE	4096
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define DIV_ROUND_UP_ULL(n, d)	DIV_ROUND_UP((u64)(n), d)
#define GFP_ATOMIC	0
#define GFP_KERNEL	0
#define __GFP_NOWARN	0
#define __GFP_ACCOUNT	0
#define SLAB_ACCOUNT	0

extern unsigned int pure_fail_nth;	/* 1: the next allocation fails */

struct kmem_cache {
	size_t size;
};

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	if (pure_fail_nth && !--pure_fail_nth)
		return NULL;
	return calloc(1, size);
}

static inline void *kmemdup(const void *from, size_t size, gfp_t gfp)
{
	void *p = kzalloc(size, gfp);

	return p ? memcpy(p, from, size) : NULL;
}

#define kfree(p)	free(p)
#define kvcalloc(n, size, gfp)	calloc(n, size)
#define kvfree(p)	free(p)

static inline struct kmem_cache *kmem_cache_create(const char *name,
						   size_t size, size_t align,
						   unsigned int flags,
						   void (*ctor)(void *))
{
	struct kmem_cache *cache = malloc(sizeof(*cache));

	cache->size = size;
	return cache;
}

#define kmem_cache_destroy(c)		free(c)
#define kmem_cache_zalloc(c, gfp)	kzalloc((c)->size, gfp)
#define kmem_cache_free(c, p)		free(p)

/* ---- time ---- */

#define HZ		250
#define USEC_PER_SEC	1000000L
#define MSEC_PER_SEC	1000L
#define USEC_PER_MSEC	1000L
#define NSEC_PER_USEC	1000L
#define NSEC_PER_MSEC	1000000L
#define NSEC_PER_SEC	1000000000L

extern u64 pure_ns;
extern unsigned long jiffies;

struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};

#define ns_to_ktime(ns)		((ktime_t)(ns))
#define ktime_get_ns()		(pure_ns)
#define ktime_get_real_ns()	(pure_ns)
#define ktime_get_seconds()	((s64)(pure_ns / NSEC_PER_SEC))
#define msecs_to_jiffies(ms)	((unsigned long)DIV_ROUND_UP((u64)(ms), 1000U / HZ))
#define jiffies_to_msecs(j)	((unsigned int)(j) * (1000U / HZ))
#define get_jiffies_64()	((u64)jiffies)
#define time_before(a, b)	((long)((a) - (b)) < 0)
#define usecs_to_jiffies(us)						\
	((unsigned long)(((us) + USEC_PER_SEC / HZ - 1) / (USEC_PER_SEC / HZ)))

static inline void ktime_get_real_ts64(struct timespec64 *ts)
{
	ts->tv_sec = pure_ns / NSEC_PER_SEC;
	ts->tv_nsec = pure_ns % NSEC_PER_SEC;
}

/* ---- random numbers: a mixer in SipHash's place, keys are the test's ---- */

typedef struct {
	u64 key[2];
} siphash_key_t, siphash_aligned_key_t;

static inline u64 pure_mix(u64 x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static inline u64 siphash_4u32(u32 a, u32 b, u32 c, u32 d,
			       const siphash_key_t *key)
{
	u64 x = pure_mix(key->key[0] ^ a);

	x = pure_mix(x ^ b);
	x = pure_mix(x ^ c);
	return pure_mix(pure_mix(x ^ d) ^ key->key[1]);
}

typedef siphash_key_t hsiphash_key_t;

#define hsiphash_2u32(a, b, key)	((u32)siphash_4u32(a, b, 0, 0, key))
#define hsiphash_3u32(a, b, c, key)	((u32)siphash_4u32(a, b, c, 0, key))
#define siphash_2u32(a, b, key)		siphash_4u32(a, b, 0, 0, key)
#define siphash_3u32(a, b, c, key)	siphash_4u32(a, b, c, 0, key)
#define net_get_random_once(p, size)	((void)(p))

static inline u32 jhash(const void *key, u32 len, u32 init)
{
	const u8 *p = key;
	u64 x = init;

	while (len--)
		x = pure_mix(x ^ *p++);
	return x;
}

u32 get_random_u32(void);
#define get_random_bytes(p, n)	memset(p, (int)get_random_u32(), n)

#define strscpy(to, from, size)	((void)snprintf(to, size, "%s", from))
#define CAP_NET_ADMIN		12
#define capable(cap)		false
#define request_module(...)	0

static inline int scnprintf(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(buf, size, format, args);
	va_end(args);
	return size ? min_t(size_t, len, size - 1) : 0;
}

#define pr_info(...)			((void)0)
#define net_info_ratelimited(...)	((void)0)

#define jiffies_to_usecs(j)	((u32)((j) * (1000000 / HZ)))

/* lib/win_minmax: of one sample in three thirds of a window the largest counts. */
struct minmax_sample {
	u32 t;
	u32 v;
};

struct minmax {
	struct minmax_sample s[3];
};

#define minmax_get(m)	((m)->s[0].v)

static inline u32 minmax_reset(struct minmax *m, u32 t, u32 meas)
{
	m->s[2] = (struct minmax_sample){ t, meas };
	m->s[1] = m->s[2];
	m->s[0] = m->s[2];
	return meas;
}

static inline u32 minmax_running_max(struct minmax *m, u32 win, u32 t, u32 meas)
{
	const struct minmax_sample now = { t, meas };

	bool first = meas >= m->s[0].v || t - m->s[2].t > win;

	if (first)
		m->s[0] = now;
	if (first || meas >= m->s[1].v)
		m->s[1] = now;
	if (first || meas >= m->s[2].v)
		m->s[2] = now;
	if (t - m->s[0].t > win) {
		m->s[0] = m->s[1];
		m->s[1] = m->s[2];
		m->s[2] = now;
	}
	return m->s[0].v;
}

#endif /* _PURE_BASE_H */
