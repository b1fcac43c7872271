/* SPDX-License-Identifier: GPL-2.0-only */
/* What cong.c, registry.c and choice.c are asked by XTCP; described there. */
#ifndef _XTCP_CONG_H
#define _XTCP_CONG_H

#include "xtcp.h"
#include "cong/xtcp_cong.h"

/* A window scaled by 14 has 2^30 bytes: more than so many segments never help. */
#define XTCP_CWND_MAX	(U16_MAX * 64U)

/* What cwnd is, it is known to be of use */
static inline void xtcp_cong_stamp(struct xtcp_sock *xs)
{
	xs->snd_cwnd_stamp = xtcp_jiffies32();
}

/* What ssthresh becomes, should a reduction be undone; 0: it is not to be */
static inline void xtcp_cong_keep_ssthresh(struct xtcp_sock *xs, u32 ssthresh)
{
	xs->prior_ssthresh = ssthresh;
}

/* A route's word that no window is larger (ip route ... cwnd lock N) */
static inline void xtcp_cong_bound(struct xtcp_sock *xs, u32 cwnd)
{
	xs->snd_cwnd_clamp = clamp(cwnd, 1U, XTCP_CWND_MAX);
}

/* Where earlier connections found that slow start should end */
static inline void xtcp_cong_known(struct xtcp_sock *xs, u32 ssthresh)
{
	xs->snd_ssthresh = min(ssthresh, xs->snd_cwnd_clamp);
}

/* A connection, or another algorithm, begins: nothing is there to be undone. */
static inline void xtcp_cong_begin(struct xtcp_sock *xs)
{
	xtcp_cong_stamp(xs);
	xs->prior_ssthresh = 0;
}

/* Is cwnd on its way down to ssthresh? (RFC 6937) */
static inline bool xtcp_cong_reducing(const struct xtcp_sock *xs)
{
	return xs->ca_state == XTCP_CA_CWR || xs->ca_state == XTCP_CA_RECOVERY;
}

/* What is known to fit, should cwnd be given up now, for want of use or by mistake */
static inline u32 xtcp_cong_current_ssthresh(const struct xtcp_sock *xs)
{
	if (xtcp_cong_reducing(xs))
		return xs->snd_ssthresh;
	return max(xs->snd_ssthresh, (xs->snd_cwnd >> 1) + (xs->snd_cwnd >> 2));
}

/* The phase lasts until what is in flight now has been acknowledged. */
static inline void xtcp_cong_mark_point(struct xtcp_sock *xs)
{
	xs->high_seq = xs->snd_nxt;
}

/* Growth in congestion avoidance begins anew. */
static inline void xtcp_cong_no_count(struct xtcp_sock *xs)
{
	xs->snd_cwnd_cnt = 0;
}

/* E-40: two SYNs lost tell of a narrow path. */
static inline void xtcp_cong_narrow(struct xtcp_sock *xs)
{
	xs->snd_cwnd = 1;
}

/* A path MTU probe counts as two, nearly; */
static inline void xtcp_cong_probe_sent(struct xtcp_sock *xs)
{
	xs->snd_cwnd = max(xs->snd_cwnd, 2U) - 1;
}

/* which is taken back if it was too large. */
static inline void xtcp_cong_probe_lost(struct xtcp_sock *xs)
{
	xs->snd_cwnd++;
}

/* Our SYN was, at last (E-40): of a loss in the handshake nothing else is kept. */
static inline void xtcp_cong_syn_acked(struct xtcp_sock *xs, bool narrow)
{
	xs->ca_state = XTCP_CA_OPEN;
	xs->snd_ssthresh = XTCP_INFINITE_SSTHRESH;
	xs->snd_cwnd = XTCP_INIT_CWND;
	if (narrow)
		xtcp_cong_narrow(xs);
}

/* Something happens that algorithms may want to know of. */
static inline void xtcp_cong_event(struct sock *sk, enum xtcp_ca_event event)
{
	const struct xtcp_cong_ops *ca = xtcp_sk(sk)->ca;

	if (ca->cwnd_event)
		ca->cwnd_event(sk, event);
}

/* An ACK came; snd_una and what is delivered are as it says.  @flags: enum xtcp_cong_ack */
static inline void xtcp_cong_in_ack(struct sock *sk, u32 flags)
{
	const struct xtcp_cong_ops *ca = xtcp_sk(sk)->ca;

	if (unlikely(ca->in_ack_event))
		ca->in_ack_event(sk, flags);
}

/* How much it acknowledged, and how long that took */
static inline void xtcp_cong_pkts_acked(struct sock *sk,
					const struct xtcp_cong_sample *sample)
{
	const struct xtcp_cong_ops *ca = xtcp_sk(sk)->ca;

	if (ca->pkts_acked)
		ca->pkts_acked(sk, sample);
}

/* Least segments of a super-segment, however slow the connection is (H-53) */
static inline u32 xtcp_cong_min_tso_segs(struct sock *sk)
{
	const struct xtcp_cong_ops *ca = xtcp_sk(sk)->ca;

	return ca->min_tso_segs ? ca->min_tso_segs(sk) :
	       READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_min_tso_segs);
}

/* So many windows the send buffer holds: one in flight, and its repair (G-124) */
static inline u32 xtcp_cong_sndbuf_windows(struct sock *sk)
{
	const struct xtcp_cong_ops *ca = xtcp_sk(sk)->ca;

	return ca->sndbuf_expand ? ca->sndbuf_expand(sk) : 2;
}

/* registry.c */
struct xtcp_cong_ops *xtcp_cong_find(const char *name);
struct xtcp_cong_ops *xtcp_cong_find_key(u32 key);
bool xtcp_cong_get(const struct xtcp_cong_ops *ops);
void xtcp_cong_put(const struct xtcp_cong_ops *ops);
void xtcp_cong_load(const char *name);
void xtcp_cong_allow(struct xtcp_cong_ops *ops);
int xtcp_cong_allow_only(const char *names);
void xtcp_cong_names(char *buf, size_t size, bool allowed);

/* choice.c */
void xtcp_cong_assign(struct sock *sk, const struct sock *parent);
void xtcp_cong_route(struct sock *sk, const struct dst_entry *dst);
bool xtcp_cong_asks_ecn(const struct sock *listener, const struct dst_entry *dst);
void xtcp_cong_start(struct sock *sk);
void xtcp_cong_stop(struct sock *sk);
void xtcp_cong_release(struct sock *sk);
int xtcp_cong_set(struct sock *sk, const char *name, bool admin);
void xtcp_cong_default_name(struct net *net, char *name);
int xtcp_cong_set_default(struct net *net, const char *name);
void xtcp_cong_net_start(struct net *net);
void xtcp_cong_net_stop(struct net *net);

/* cong.c */
void xtcp_cong_init(void (*send_ack)(struct sock *sk, u32 rcv_nxt));
void xtcp_cong_open(struct sock *sk);
void xtcp_cong_set_state(struct sock *sk, enum xtcp_ca_state state);
void xtcp_cong_validate(struct sock *sk, bool limited);
void xtcp_cong_acked(struct sock *sk, u32 acked);
bool xtcp_cong_control(struct sock *sk, u32 ack, u32 acked_sacked, u32 flags,
		       const struct xtcp_rate_sample *rs);
size_t xtcp_cong_info(struct sock *sk, u32 ext, int *attr, union tcp_cc_info *info);
void xtcp_cong_resized(struct xtcp_sock *xs, u32 old, u32 new);
void xtcp_cong_decay(struct sock *sk, s32 idle);

/* Data to be sent: was there a pause? */
static inline void xtcp_cong_restart(struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	s32 idle = xtcp_jiffies32() - xs->lsndtime;

	if (!xs->packets_out && idle > (s32)xs->rto && xs->lsndtime)
		xtcp_cong_decay(sk, idle);
}

void xtcp_cong_reduce(struct sock *sk);
void xtcp_cong_undo(struct sock *sk);

extern struct xtcp_cong_ops xtcp_cong_reno;
extern struct xtcp_cong_ops xtcp_cong_cubic;
extern struct xtcp_cong_ops xtcp_cong_dctcp;

#endif /* _XTCP_CONG_H */
