/* SPDX-License-Identifier: GPL-2.0 */
/* The tables of packet scripts; each ends with an empty name. */
#ifndef XTCP_SCRIPT_TABLES_H
#define XTCP_SCRIPT_TABLES_H

#include "script_play.h"

/* A connection, accepted; the second has timestamps. */
#define PASSIVE							\
	"listen 4",						\
	"< S 0 <mss 1460>",					\
	"> S. 0 ack 1 <mss 1460>",				\
	"< . 1 ack 1",						\
	"accept"
#define PASSIVE_TS						\
	"listen 4",						\
	"< S 0 <mss 1460,nop,nop,ts 100 0>",			\
	"> S. 0 ack 1 <mss 1460,nop,nop,ts * 100>",		\
	"< . 1 ack 1 <nop,nop,ts 101 @>",			\
	"accept"
/* Half of one */
#define REQUEST							\
	"listen 4",						\
	"< S 0 <mss 1460>",					\
	"> S. 0 ack 1 <mss 1460>"
#define REQUEST_TS						\
	"listen 4",						\
	"< S 0 <mss 1460,nop,nop,ts 100 0>",			\
	"> S. 0 ack 1 <mss 1460,nop,nop,ts * 100>"
/* Rate limits last longer than any script, or there are none. */
#define LIMITED		"net tcp_invalid_ratelimit 1000000"
#define UNLIMITED	"net tcp_invalid_ratelimit 0"

extern const struct script listen_scripts[];
extern const struct script option_scripts[];
/* made from all combinations of options */
const struct script *matrix_scripts(void);
extern const struct script request_scripts[];
extern const struct script queue_scripts[];
extern const struct script cookie_scripts[];
extern const struct script child_scripts[];
extern const struct script active_scripts[];
extern const struct script synced_scripts[];
extern const struct script timewait_scripts[];
extern const struct script icmp_scripts[];
extern const struct script ecn_scripts[];
extern const struct script cong_scripts[];
extern const struct script window_scripts[];
extern const struct script timeout_scripts[];
extern const struct script sack_scripts[];
extern const struct script recovery_scripts[];
extern const struct script time_scripts[];
extern const struct script output_scripts[];
extern const struct script route_scripts[];
extern const struct script remember_scripts[];
extern const struct script mtup_scripts[];
extern const struct script backoff_scripts[];

#endif /* XTCP_SCRIPT_TABLES_H */
