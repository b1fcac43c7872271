/* SPDX-License-Identifier: GPL-2.0-only */
/* What sock.c is asked; described there. */
#ifndef _XTCP_SOCK_H
#define _XTCP_SOCK_H

#include "xtcp.h"

u32 xtcp_sock_max_rcvbuf(const struct sock *sk);
void xtcp_sock_init_conn(struct sock *sk);
void xtcp_sock_end_conn(struct sock *sk);
void xtcp_sock_start_send(struct xtcp_sock *xs, u32 iss, u32 next);
void xtcp_sock_start_recv(struct xtcp_sock *xs, u32 irs);
void xtcp_sock_init(struct sock *sk);
void xtcp_sock_init_child(struct sock *sk);
void xtcp_sock_set_state(struct sock *sk, int state);
bool xtcp_sock_needs_reset(int state);
void xtcp_sock_done(struct sock *sk);
void xtcp_sock_abort(struct sock *sk, int err);
void xtcp_sock_destroy(struct sock *sk);
void xtcp_sock_wait_gone(void);
void xtcp_sock_init_lists(void);

#endif /* _XTCP_SOCK_H */
