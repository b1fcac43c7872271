/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What a program needs to use XTCP beside the C library's own headers.
 *
 * socket(AF_XTCP, SOCK_STREAM, 0) gives a TCP socket; every address passed in
 * or out is a plain struct sockaddr_in with sin_family AF_INET, and every
 * option of SOL_SOCKET, IPPROTO_IP and IPPROTO_TCP keeps its number.
 */
#ifndef _UAPI_XTCP_H
#define _UAPI_XTCP_H

/**
 * AF_XTCP - default address family number
 *
 * The slot of AF_ASH, which no kernel ever implemented.  The module parameter
 * "family" moves it; /sys/module/xtcp/parameters/family tells the one in use.
 */
#define AF_XTCP		18
#define PF_XTCP		AF_XTCP

/**
 * IPPROTO_XTCP - what SO_PROTOCOL reads on an XTCP socket
 *
 * Never seen on the wire: there the protocol byte is 6.  Generic kernel code
 * takes an inet stream socket of protocol 6 for its own struct tcp_sock.
 */
#define IPPROTO_XTCP	253

#endif /* _UAPI_XTCP_H */
