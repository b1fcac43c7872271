/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the module offer each other, file by file from the bottom
 * floor up.  Described where they are defined.
 */
#ifndef _XTCP_PROTO_H
#define _XTCP_PROTO_H

struct file;
struct poll_table_struct;

/* sock.c */
u32 xtcp_sock_max_rcvbuf(const struct sock *sk);
void xtcp_sock_init_conn(struct sock *sk);
int xtcp_sock_init(struct sock *sk);
void xtcp_sock_init_child(struct sock *sk);
void xtcp_sock_set_state(struct sock *sk, int state);
void xtcp_sock_done(struct sock *sk);
void xtcp_sock_destroy(struct sock *sk);
void xtcp_sock_kill_all(void);
void xtcp_sock_wait_gone(void);
int xtcp_sock_register(void);
void xtcp_sock_unregister(void);
extern struct proto xtcp_prot;

/* memory.c */
extern atomic_long_t xtcp_memory_allocated;
DECLARE_PER_CPU(int, xtcp_memory_fw_alloc);
extern unsigned long xtcp_memory_pressure;
void xtcp_memory_enter_pressure(struct sock *sk);
void xtcp_memory_leave_pressure(struct sock *sk);
void xtcp_memory_force(struct sock *sk, int size);
long xtcp_memory_left(void);

/* family.c */
int xtcp_family_ioctl(XTCP_IOCTL_ARGS);
int xtcp_family_register(void);
void xtcp_family_unregister(void);

/* hash.c */
struct sock *xtcp_hash_find(struct net *net, const struct xtcp_tuple *t,
			    struct xtcp_mini **mini);
int xtcp_hash_connect(struct sock *sk, u16 lport, struct xtcp_mini **dead,
		      bool auto_port);
bool xtcp_hash_add_request(struct xtcp_request *req, u32 delay);
bool xtcp_hash_del_mini(struct xtcp_mini *mini);
void xtcp_mini_rearm(struct xtcp_mini *mini, u32 delay);
bool xtcp_hash_promote(struct sock *child, struct xtcp_request *req);
void xtcp_hash_retire(struct sock *sk, struct xtcp_mini *mini, u32 delay);
int xtcp_hash_listen(struct sock *sk);
void xtcp_hash_del(struct sock *sk);
struct sock *xtcp_hash_find_listener(struct net *net,
				     const struct xtcp_tuple *t,
				     struct sk_buff *skb);
struct xtcp_ehash_bucket *xtcp_hash_ehash(unsigned int index);
struct xtcp_listen_head *xtcp_hash_lhash(unsigned int index);
int xtcp_hash_init(void);
void xtcp_hash_exit(void);

/* mini.c */
struct xtcp_mini *xtcp_mini_alloc(struct net *net, enum xtcp_mini_kind kind,
				  bool extended);
void xtcp_mini_put(struct xtcp_mini *mini);
u32 xtcp_mini_rcv_nxt(const struct xtcp_mini *mini);
void xtcp_mini_forget(struct xtcp_mini *mini);
bool xtcp_mini_kill(struct xtcp_mini *mini);
int xtcp_mini_init(void);
void xtcp_mini_exit(void);

/* wheel.c */
void xtcp_wheel_add(struct xtcp_mini *mini, u32 delay);
bool xtcp_wheel_del(struct xtcp_mini *mini);
void xtcp_wheel_purge(struct xtcp_wheel *wheel);
int xtcp_wheel_start(struct xtcp_wheel *wheel);
void xtcp_wheel_stop(struct xtcp_wheel *wheel);
int xtcp_wheel_init(void);
void xtcp_wheel_exit(void);

/* portset.c */
int xtcp_portset_add(struct xtcp_portset *set, u16 port);
void xtcp_portset_del(struct xtcp_portset *set, u16 port);
void xtcp_portset_trim(struct xtcp_portset *set, u16 port);
void xtcp_portset_free(struct xtcp_portset *set);
bool xtcp_portset_has(const struct xtcp_portset *set, u16 port);
int xtcp_portset_next(const struct xtcp_port_search *s, int from, int to);

/* dest.c */
int xtcp_dest_claim_next(struct sock *sk, struct xtcp_port_search *s, int from,
			 int to);
void xtcp_dest_claim(struct sock *sk, u16 port);
void xtcp_dest_release(struct sock *sk, u16 port);
void xtcp_dest_to_timewait(struct sock *sk, struct xtcp_timewait *tw);
void xtcp_dest_queue(struct xtcp_timewait *tw);
void xtcp_dest_put_timewait(struct xtcp_timewait *tw);
struct xtcp_timewait *xtcp_dest_take(struct sock *sk,
				     const struct xtcp_port_search *s,
				     int low, int high);
void xtcp_dest_taken(struct sock *sk, struct xtcp_timewait *tw, bool ok);
int xtcp_dest_init(void);
void xtcp_dest_exit(void);

/* port.c; owners.c and ephemeral.c are its own: port.h */
int xtcp_port_bind(struct sock *sk, unsigned short port);
int xtcp_port_connect(struct sock *sk);
int xtcp_port_update(struct sock *sk);
void xtcp_port_noticed(struct sock *sk);
bool xtcp_port_inherit(struct sock *child, const struct sock *listener);
void xtcp_port_put(struct sock *sk);
void xtcp_port_to_timewait(struct sock *sk, struct xtcp_timewait *tw);
void xtcp_port_put_timewait(struct xtcp_timewait *tw);
int xtcp_port_init(void);
void xtcp_port_exit(void);

/* reuseport.c */
int xtcp_reuseport_join(struct sock *sk, struct sock *member);
void xtcp_reuseport_leave(struct sock *sk);
void xtcp_reuseport_forget(struct sock *sk);
struct sock *xtcp_reuseport_select(struct sock *sk, u32 hash,
				   struct sk_buff *skb);
void xtcp_reuseport_note_flood(struct sock *sk);
bool xtcp_reuseport_flooded(const struct sock *sk, u32 time);
struct sock *xtcp_reuseport_heir(const struct sock *listener, u32 hash);

/* isn.c */
u32 xtcp_isn(__be32 laddr, __be32 raddr, __be16 lport, __be16 rport);
u32 xtcp_ts_offset(struct net *net, __be32 laddr, __be32 raddr);

/* ipopt.c */
void xtcp_ipopt_write(struct sk_buff *skb, const struct xtcp_flow *flow);
bool xtcp_ipopt_receive(struct net *net, struct sk_buff *skb);
bool xtcp_ipopt_echo(struct net *net, const struct sk_buff *skb,
		     union xtcp_ipopt *data);

/* route.c */
bool xtcp_route_by_ports(struct sock *sk);
struct dst_entry *xtcp_route_find(struct sock *sk, __be32 *saddr,
				  __be32 *daddr);
struct dst_entry *xtcp_route_flow(struct net *net,
				  const struct xtcp_flow *flow,
				  struct sock *sk);
bool xtcp_route_loop_up(const struct net *net);
bool xtcp_route_on_wire(const struct net *net, struct net_device *dev);
struct dst_entry *xtcp_route_check(struct sock *sk);
unsigned int xtcp_route_mtu(struct sock *sk);
unsigned int xtcp_route_optlen(const struct sock *sk);
u32 xtcp_route_gso_max(struct sock *sk, u32 mss);
u16 xtcp_route_advmss(struct net *net, const struct dst_entry *dst);
bool xtcp_route_peer_on_wire(struct net *net, __be32 peer);
int xtcp_route_loop_xmit(struct net *net, struct sk_buff *skb);
bool xtcp_route_filtered(const struct net *net, const struct xtcp_flow *flow,
			 const struct dst_entry *dst);
bool xtcp_route_strays(const struct xtcp_flow *flow,
		       const struct dst_entry *dst);
int xtcp_route_send(struct net *net, struct sk_buff *skb,
		    const struct xtcp_flow *flow, struct dst_entry *dst);
int xtcp_route_send_sk(struct sock *sk, struct sk_buff *skb,
		       struct xtcp_flow *flow);

/* ecn.c */
u8 xtcp_ecn_syn(struct sock *sk);
u8 xtcp_ecn_syn_again(const struct sock *sk, u8 flags);
void xtcp_ecn_answered(struct xtcp_sock *xs, u8 flags);
u8 xtcp_ecn_crossing(const struct xtcp_sock *xs, u8 flags);
bool xtcp_ecn_granted(const struct net *net, const struct dst_entry *dst);
bool xtcp_ecn_request(const struct net *net, const struct dst_entry *dst,
		      const struct sk_buff *skb);
u8 xtcp_ecn_send(struct sock *sk, bool new_data);
void xtcp_ecn_reduced(struct xtcp_sock *xs);
bool xtcp_ecn_input(struct xtcp_sock *xs, const struct sk_buff *skb);
void xtcp_ecn_data(struct sock *sk, const struct sk_buff *skb);

/* options.c */
void xtcp_options_parse(const struct sk_buff *skb, struct xtcp_options *o);
unsigned int xtcp_options_write_syn(__be32 *p, const struct xtcp_options *o);
unsigned int xtcp_options_write(__be32 *p, bool tstamp_ok, u32 tsval,
				u32 tsecr);

/* rtt.c */
void xtcp_rtt_sample(struct sock *sk, u32 rtt_us);
void xtcp_rtt_echo(struct sock *sk, u32 tsecr);
void xtcp_rtt_set_rto(struct sock *sk);
void xtcp_rtt_receiver(struct sock *sk, const struct sk_buff *skb);

/* cong.c */
int xtcp_cong_register(struct xtcp_cong_ops *ops);
void xtcp_cong_unregister(struct xtcp_cong_ops *ops);
void xtcp_cong_assign(struct sock *sk, const struct sock *parent);
void xtcp_cong_start(struct sock *sk);
void xtcp_cong_release(struct sock *sk);
int xtcp_cong_set(struct sock *sk, const char *name);
u32 xtcp_cong_slow_start(struct xtcp_sock *xs, u32 acked);
void xtcp_cong_grow(struct xtcp_sock *xs, u32 w, u32 acked);
void xtcp_cong_validate(struct sock *sk);
void xtcp_cong_acked(struct sock *sk, u32 acked);
void xtcp_cong_restart(struct sock *sk);
extern struct xtcp_cong_ops xtcp_cong_reno;
extern struct xtcp_cong_ops xtcp_cong_cubic;

/* window.c */
int xtcp_window_from_space(const struct sock *sk, int space);
void xtcp_window_initial(int space, u32 mss, bool wscale_ok, u32 *clamp,
			 u32 max_space, u32 *rcv_wnd, u8 *wscale);
u32 xtcp_window_limit(const struct sock *sk, u32 clamp);
u32 xtcp_window_offer(struct sock *sk);
u16 xtcp_window_select(struct sock *sk);
void xtcp_window_start(struct sock *sk);
void xtcp_window_grow(struct sock *sk, const struct sk_buff *skb);
void xtcp_window_clamp(struct sock *sk);
void xtcp_window_tune(struct sock *sk);

/* output.c */
u32 xtcp_output_mss(struct sock *sk);
void xtcp_output_set_segs(struct sk_buff *skb, u32 mss);
void xtcp_output_header(struct sk_buff *skb, const struct xtcp_flow *flow,
			const struct xtcp_header *h);
struct sk_buff *xtcp_output_alloc(struct sock *sk, gfp_t gfp);
void xtcp_output_charge(struct sock *sk, struct sk_buff *skb);
void xtcp_output_free(struct sock *sk, struct sk_buff *skb);
void xtcp_output_purge(struct sock *sk);
int xtcp_output_split(struct sock *sk, struct sk_buff *skb,
		      struct sk_buff_head *queue, u32 len, u32 mss);
int xtcp_output_trim(struct sock *sk, struct sk_buff *skb, u32 len);
void xtcp_output_push(struct sock *sk, enum xtcp_push push);
int xtcp_output_retransmit(struct sock *sk, struct sk_buff *skb, u32 segs);
void xtcp_output_ack(struct sock *sk);
void xtcp_output_reset(struct sock *sk, gfp_t gfp);
int xtcp_output_probe(struct sock *sk, bool urgent);
int xtcp_output_wakeup(struct sock *sk);
void xtcp_output_fin(struct sock *sk);
int xtcp_output_syn(struct sock *sk);
void xtcp_output_simultaneous(struct sock *sk);

/* reply.c */
int xtcp_reply_init(void);
void xtcp_reply_exit(void);
void xtcp_reply_reset(struct net *net, struct sock *sk,
		      const struct sk_buff *skb);
void xtcp_reply_reset_timewait(const struct xtcp_mini *mini,
			       const struct sk_buff *skb);
void xtcp_reply_ack(const struct xtcp_mini *mini, struct sock *listener,
		    const struct sk_buff *skb, u32 seq, u32 ack, u16 window,
		    u8 tos);
struct dst_entry *xtcp_reply_route(const struct sock *listener,
				   const struct xtcp_request *req);
int xtcp_reply_synack(struct sock *listener, const struct xtcp_request *req,
		      struct dst_entry *dst, u32 tsval);

/* recovery.c */
void xtcp_recovery_forget(struct xtcp_sock *xs, const struct sk_buff *skb);
void xtcp_recovery_resegment(struct sock *sk, struct sk_buff *skb, u32 old);
void xtcp_recovery_recount(struct sock *sk, struct sk_buff *skb, u32 mss);
void xtcp_recovery_trimmed(struct sock *sk, struct sk_buff *skb);
void xtcp_recovery_syn(struct xtcp_sock *xs);
void xtcp_recovery_timeout(struct sock *sk);
int xtcp_recovery_head(struct sock *sk);
bool xtcp_recovery_ack(struct sock *sk, u32 acked, bool advanced,
		       bool duplicate, bool echo);
void xtcp_recovery_repair(struct sock *sk);
void xtcp_recovery_too_long(struct sock *sk);
void xtcp_recovery_reduce(struct sock *sk);
void xtcp_recovery_reset(struct xtcp_sock *xs);

/* pmtu.c */
void xtcp_pmtu_reduced(struct sock *sk);

/* icmp.c */
void xtcp_icmp_input(struct net *net, struct sk_buff *skb);

/* ack.c */
void xtcp_ack_grow_sndbuf(struct sock *sk);
void xtcp_ack_space(struct sock *sk);
bool xtcp_ack_moves_window(const struct xtcp_sock *xs,
			   const struct sk_buff *skb);
int xtcp_ack_process(struct sock *sk, const struct sk_buff *skb);

/* request.c */
void xtcp_request_fill(struct xtcp_request *req, const struct sock *listener,
		       const struct sk_buff *skb, const struct xtcp_options *o);
void xtcp_request_window(struct xtcp_request *req, const struct sock *listener,
			 const struct dst_entry *dst);
struct sock *xtcp_request_listener(struct xtcp_mini *mini);
void xtcp_request_syn(struct sock *listener, struct sk_buff *skb, u32 isn);
enum xtcp_verdict xtcp_request_input(struct xtcp_mini *mini,
				     struct sk_buff *skb);
void xtcp_request_error(struct xtcp_mini *mini, u32 seq, bool fatal);
u32 xtcp_request_timeout(struct xtcp_mini *mini);
void xtcp_request_forget(struct xtcp_mini *mini);
void xtcp_request_release(struct xtcp_mini *mini);

/* lsm.c */
bool xtcp_lsm_refuses(const struct sock *listener, struct sk_buff *skb,
		      const struct xtcp_request *req);

/* cookie.c */
bool xtcp_cookie_synack(struct sock *listener, struct sk_buff *skb,
			const struct xtcp_options *o);
enum xtcp_verdict xtcp_cookie_ack(struct sock *listener, struct sk_buff *skb);

/* child.c */
struct sock *xtcp_child_create(struct sock *listener,
			       const struct xtcp_request *req);
void xtcp_child_discard(struct sock *child);
void xtcp_child_deliver(struct sock *listener, struct sock *child,
			struct sk_buff *skb, const struct xtcp_request *req);

/* timewait.c */
void xtcp_timewait_enter(struct sock *sk, u8 state, u32 delay);
void xtcp_timewait_linger(struct sock *sk);
void xtcp_timewait_fin_wait2(struct sock *sk);
bool xtcp_timewait_reusable(const struct xtcp_mini *mini, bool auto_port);
void xtcp_timewait_inherit(const struct xtcp_mini *mini, struct sock *sk);
void xtcp_timewait_ack(struct xtcp_mini *mini, const struct sk_buff *skb);
enum xtcp_verdict xtcp_timewait_input(struct xtcp_mini *mini,
				      const struct sk_buff *skb);
u32 xtcp_timewait_isn(const struct xtcp_mini *mini);
u32 xtcp_timewait_timeout(struct xtcp_mini *mini);
void xtcp_timewait_forget(struct xtcp_mini *mini);

/* ofo.c */
void xtcp_ofo_insert(struct sock *sk, struct sk_buff *skb);
bool xtcp_ofo_merge(struct sock *sk);
bool xtcp_ofo_prune(struct sock *sk, u32 seq);
void xtcp_ofo_purge(struct sock *sk);

/* rcvqueue.c */
void xtcp_rcvqueue_quick(struct sock *sk, u32 max);
void xtcp_rcvqueue_append(struct sock *sk, struct sk_buff *skb);
void xtcp_rcvqueue_ready(struct sock *sk);
void xtcp_rcvqueue_add(struct sock *sk, struct sk_buff *skb);
void xtcp_rcvqueue_ack(struct sock *sk);
void xtcp_rcvqueue_read(struct sock *sk, int copied);

/* timer.c */
void xtcp_timer_clear_xmit(struct sock *sk);
void xtcp_timer_rearm(struct sock *sk);
void xtcp_timer_arm_probe(struct sock *sk);
void xtcp_timer_restart_probe(struct sock *sk);
void xtcp_timer_retry_soon(struct sock *sk);
void xtcp_timer_revert_backoff(struct sock *sk, u32 seq);
void xtcp_timer_arm_delack(struct sock *sk);
void xtcp_timer_delack_retry(struct sock *sk);
void xtcp_timer_arm_keepalive(struct sock *sk, unsigned long delay);
void xtcp_timer_keepalive(struct sock *sk, int on);
void xtcp_timer_keepalive_start(struct sock *sk);
void xtcp_timer_keepalive_changed(struct sock *sk);
void xtcp_timer_release_cb(struct sock *sk);
void xtcp_timer_init(struct sock *sk);
void xtcp_timer_stop(struct sock *sk);

/* connect.c */
int xtcp_connect(struct sock *sk, const struct sockaddr_in *usin, int len);

/* bind.c */
int xtcp_bind(struct sock *sk, struct sockaddr_in *sin, int len);

/* listen.c */
int xtcp_listen_start(struct sock *sk);
bool xtcp_listen_enqueue(struct sock *listener, struct sock *child);
bool xtcp_listen_readable(const struct sock *sk);
void xtcp_listen_stop(struct sock *sk);
struct sock *xtcp_listen_accept(struct sock *sk, int flags, int *err);

/* send.c */
int xtcp_send(struct sock *sk, struct msghdr *msg, size_t len);
void xtcp_send_splice_eof(struct socket *sock);

/* recv.c */
int xtcp_recv(struct sock *sk, struct msghdr *msg, size_t len, int flags);
int xtcp_recv_inq(const struct sock *sk);
void xtcp_recv_urgent(struct sock *sk, u32 seq);

/* poll.c */
bool xtcp_poll_readable(const struct sock *sk, int target);
__poll_t xtcp_poll(struct file *file, struct socket *sock,
		   struct poll_table_struct *wait);

/* input.c */
void xtcp_input(struct net *net, struct sk_buff *skb, int dif, int sdif,
		int alias);
bool xtcp_input_in_window(u32 seq, u32 end_seq, u32 start, u32 end);
bool xtcp_input_paws_reject(u32 ts_recent, u32 stamp, u32 tsval, bool rst);
bool xtcp_input_too_soon(struct net *net, u32 *last);
bool xtcp_input_limited(struct net *net, const struct sk_buff *skb, u32 *last);
bool xtcp_input_challenge_allowed(struct net *net);

/* state.c */
void xtcp_input_challenge(struct sock *sk, bool syn);
void xtcp_input_fin(struct sock *sk);
void xtcp_input_state(struct sock *sk, struct sk_buff *skb);

/* close.c */
bool xtcp_close_needs_reset(int state);
u32 xtcp_close_fin_time(const struct sock *sk);
bool xtcp_close_too_many_orphans(const struct sock *sk, int shift);
void xtcp_close_uncount_orphan(struct sock *sk);
void xtcp_close_shutdown(struct sock *sk, int how);
void xtcp_close(struct sock *sk, long timeout);
void xtcp_close_child(struct sock *sk);
int xtcp_close_disconnect(struct sock *sk, int flags);

/* sockopt.c */
int xtcp_sockopt_set(struct sock *sk, int level, int optname,
		     sockptr_t optval, unsigned int optlen);
int xtcp_sockopt_get(struct sock *sk, int level, int optname,
		     char __user *optval, int __user *optlen);
int xtcp_sockopt_rcvlowat(struct sock *sk, int val);

/* nat.c */
void xtcp_nat_mark(struct sk_buff *skb);
bool xtcp_nat_applied(const struct sk_buff *skb);
int xtcp_nat_original(struct sock *sk, struct sockaddr_in *sin);
extern const struct nf_hook_ops xtcp_nat_ops;

/* wire.c */
unsigned int xtcp_wire_rest(nf_hookfn *self, struct sk_buff *skb,
			    const struct nf_hook_state *state);
int xtcp_wire_add(struct net_device *loop, struct net_device *dev,
		  struct netlink_ext_ack *extack);
int xtcp_wire_del(struct net_device *loop, struct net_device *dev);
void xtcp_wire_release_all(struct net_device *loop);
int xtcp_wire_register(void);
void xtcp_wire_unregister(void);

/* netdev.c */
bool xtcp_netdev_is_loop(const struct net_device *dev);
int xtcp_netdev_register(void);
void xtcp_netdev_unregister(void);

/* netns.c */
bool xtcp_net_is_owned(const struct net *net);
int xtcp_netns_register(void);
void xtcp_netns_unregister(void);

/* proc.c */
int xtcp_proc_start(struct net *net);
void xtcp_proc_stop(struct net *net);

#endif /* _XTCP_PROTO_H */
