// SPDX-License-Identifier: GPL-2.0-only
/* Our side of a connection ends: the state that follows, and the FIN (I.1). */
#include "xtcp.h"
#include "life/shutdown.h"
#include "life/sock.h"
#include "life/write.h"

/**
 * xtcp_shutdown_state() - next state when our side ends (I-19, I-20)
 * @sk: locked
 *
 * Counterpart of the kernel's tcp_close_state().
 *
 * Return: true if a FIN goes with it.
 */
bool xtcp_shutdown_state(struct sock *sk)
{
	sock_owned_by_me(sk);
	switch (sk->sk_state) {
	case TCP_SYN_RECV:
	case TCP_ESTABLISHED:
		xtcp_sock_set_state(sk, TCP_FIN_WAIT1);
		return true;
	case TCP_CLOSE_WAIT:
		xtcp_sock_set_state(sk, TCP_LAST_ACK);
		return true;
	case TCP_SYN_SENT:
		xtcp_sock_set_state(sk, TCP_CLOSE);
		return false;
	default:
		return false;
	}
}

/**
 * xtcp_shutdown() - the program ends its sending side (proto.shutdown)
 * @sk: locked
 * @how: RCV_SHUTDOWN and SEND_SHUTDOWN
 *
 * Counterpart of the kernel's tcp_shutdown().
 */
void xtcp_shutdown(struct sock *sk, int how)
{
	sock_owned_by_me(sk);
	if (!(how & SEND_SHUTDOWN))
		return;
	if (XTCP_STATE_IN(sk, TCPF_ESTABLISHED | TCPF_SYN_SENT |
			      TCPF_CLOSE_WAIT) && xtcp_shutdown_state(sk))
		xtcp_write_fin(sk);
}
