/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters, named as the kernel names its own (inventory J.2), one set per
 * network namespace.
 */
#ifndef _XTCP_MIB_H
#define _XTCP_MIB_H

#include <linux/percpu.h>
#include <net/netns/generic.h>

/* RFC 4022: the "Tcp:" lines; RtoAlgorithm to MaxConn are constants. */
#define XTCP_MIB_SNMP(X)				\
	X(ACTIVEOPENS, "ActiveOpens")			\
	X(PASSIVEOPENS, "PassiveOpens")			\
	X(ATTEMPTFAILS, "AttemptFails")			\
	X(ESTABRESETS, "EstabResets")			\
	X(CURRESTAB, "CurrEstab")			\
	X(INSEGS, "InSegs")				\
	X(OUTSEGS, "OutSegs")				\
	X(RETRANSSEGS, "RetransSegs")			\
	X(INERRS, "InErrs")				\
	X(OUTRSTS, "OutRsts")				\
	X(INCSUMERRORS, "InCsumErrors")

/* The "TcpExt:" lines: those that this stack counts. */
#define XTCP_MIB_EXT(X)					\
	X(SYNCOOKIESSENT, "SyncookiesSent")		\
	X(SYNCOOKIESRECV, "SyncookiesRecv")		\
	X(SYNCOOKIESFAILED, "SyncookiesFailed")		\
	X(EMBRYONICRSTS, "EmbryonicRsts")		\
	X(PRUNECALLED, "PruneCalled")			\
	X(RCVPRUNED, "RcvPruned")			\
	X(OFOPRUNED, "OfoPruned")			\
	X(OUTOFWINDOWICMPS, "OutOfWindowIcmps")		\
	X(LOCKDROPPEDICMPS, "LockDroppedIcmps")		\
	X(TW, "TW")					\
	X(TWRECYCLED, "TWRecycled")			\
	X(PAWSACTIVE, "PAWSActive")			\
	X(PAWSESTAB, "PAWSEstab")			\
	X(PAWSTIMEWAIT, "PAWSTimewait")			\
	X(DELAYEDACKS, "DelayedACKs")			\
	X(DELAYEDACKLOCKED, "DelayedACKLocked")		\
	X(DELAYEDACKLOST, "DelayedACKLost")		\
	X(LISTENOVERFLOWS, "ListenOverflows")		\
	X(LISTENDROPS, "ListenDrops")			\
	X(PUREACKS, "TCPPureAcks")			\
	X(RENORECOVERY, "TCPRenoRecovery")		\
	X(SACKRECOVERY, "TCPSackRecovery")		\
	X(SACKRENEGING, "TCPSACKReneging")		\
	X(SACKREORDER, "TCPSACKReorder")		\
	X(RENOREORDER, "TCPRenoReorder")		\
	X(TSREORDER, "TCPTSReorder")			\
	X(FULLUNDO, "TCPFullUndo")			\
	X(PARTIALUNDO, "TCPPartialUndo")		\
	X(DSACKUNDO, "TCPDSACKUndo")			\
	X(LOSSUNDO, "TCPLossUndo")			\
	X(LOSTRETRANSMIT, "TCPLostRetransmit")		\
	X(RENOFAILURES, "TCPRenoFailures")		\
	X(SACKFAILURES, "TCPSackFailures")		\
	X(RENORECOVERYFAIL, "TCPRenoRecoveryFail")	\
	X(SACKRECOVERYFAIL, "TCPSackRecoveryFail")	\
	X(LOSSFAILURES, "TCPLossFailures")		\
	X(FASTRETRANS, "TCPFastRetrans")		\
	X(SLOWSTARTRETRANS, "TCPSlowStartRetrans")	\
	X(TIMEOUTS, "TCPTimeouts")			\
	X(LOSSPROBES, "TCPLossProbes")			\
	X(LOSSPROBERECOVERY, "TCPLossProbeRecovery")	\
	X(RETRANSFAIL, "TCPRetransFail")		\
	X(SYNRETRANS, "TCPSynRetrans")			\
	X(DSACKRECV, "TCPDSACKRecv")			\
	X(DSACKOFORECV, "TCPDSACKOfoRecv")		\
	X(RCVCOLLAPSED, "TCPRcvCollapsed")		\
	X(DSACKOLDSENT, "TCPDSACKOldSent")		\
	X(DSACKOFOSENT, "TCPDSACKOfoSent")		\
	X(ABORTONDATA, "TCPAbortOnData")		\
	X(ABORTONCLOSE, "TCPAbortOnClose")		\
	X(ABORTONMEMORY, "TCPAbortOnMemory")		\
	X(ABORTONTIMEOUT, "TCPAbortOnTimeout")		\
	X(ABORTONLINGER, "TCPAbortOnLinger")		\
	X(ABORTFAILED, "TCPAbortFailed")		\
	X(MEMORYPRESSURES, "TCPMemoryPressures")	\
	X(SACKDISCARD, "TCPSACKDiscard")		\
	X(DSACKIGNOREDOLD, "TCPDSACKIgnoredOld")	\
	X(DSACKIGNOREDNOUNDO, "TCPDSACKIgnoredNoUndo")	\
	X(SPURIOUSRTOS, "TCPSpuriousRTOs")		\
	X(BACKLOGDROP, "TCPBacklogDrop")		\
	X(TIMEWAITOVERFLOW, "TCPTimeWaitOverflow")	\
	X(DEFERACCEPTDROP, "TCPDeferAcceptDrop")	\
	X(REQQFULLDOCOOKIES, "TCPReqQFullDoCookies")	\
	X(REQQFULLDROP, "TCPReqQFullDrop")		\
	X(RCVCOALESCE, "TCPRcvCoalesce")		\
	X(OFOQUEUE, "TCPOFOQueue")			\
	X(OFODROP, "TCPOFODrop")			\
	X(OFOMERGE, "TCPOFOMerge")			\
	X(CHALLENGEACK, "TCPChallengeACK")		\
	X(SYNCHALLENGE, "TCPSYNChallenge")		\
	X(FROMZEROWINDOWADV, "TCPFromZeroWindowAdv")	\
	X(TOZEROWINDOWADV, "TCPToZeroWindowAdv")	\
	X(WANTZEROWINDOWADV, "TCPWantZeroWindowAdv")	\
	X(AUTOCORKING, "TCPAutoCorking")		\
	X(SPURIOUSRTXHOSTQUEUES, "TCPSpuriousRtxHostQueues") \
	X(ORIGDATASENT, "TCPOrigDataSent")		\
	X(ACKSKIPPEDSYNRECV, "TCPACKSkippedSynRecv")	\
	X(ACKSKIPPEDPAWS, "TCPACKSkippedPAWS")		\
	X(ACKSKIPPEDSEQ, "TCPACKSkippedSeq")		\
	X(ACKSKIPPEDFINWAIT2, "TCPACKSkippedFinWait2")	\
	X(ACKSKIPPEDTIMEWAIT, "TCPACKSkippedTimeWait")	\
	X(ACKSKIPPEDCHALLENGE, "TCPACKSkippedChallenge")\
	X(WINPROBE, "TCPWinProbe")			\
	X(TIMEOUTREHASH, "TcpTimeoutRehash")		\
	X(DUPLICATEDATAREHASH, "TcpDuplicateDataRehash")\
	X(KEEPALIVE, "TCPKeepAlive")			\
	X(MTUPFAIL, "TCPMTUPFail")			\
	X(MTUPSUCCESS, "TCPMTUPSuccess")		\
	X(ACKCOMPRESSED, "TCPAckCompressed")		\
	X(DELIVERED, "TCPDelivered")			\
	X(DELIVEREDCE, "TCPDeliveredCE")		\
	X(HYSTARTDELAYDETECT, "TCPHystartDelayDetect")	\
	X(HYSTARTDELAYCWND, "TCPHystartDelayCwnd")	\
	X(MIGRATEREQSUCCESS, "TCPMigrateReqSuccess")	\
	X(MIGRATEREQFAILURE, "TCPMigrateReqFailure")	\
	X(DSACKRECVSEGS, "TCPDSACKRecvSegs")		\
	X(DSACKIGNOREDDUBIOUS, "TCPDSACKIgnoredDubious")	\
	X(ZEROWINDOWDROP, "TCPZeroWindowDrop")		\
	X(BEYONDWINDOW, "BeyondWindow")			\
	X(RCVQDROP, "TCPRcvQDrop")			\
	X(MINTTLDROP, "TCPMinTTLDrop")			\
	X(OUTNOROUTES, "OutNoRoutes")

#define XTCP_MIB_ENUM(id, name) XTCP_MIB_##id,
enum xtcp_mib_id {
	XTCP_MIB_SNMP(XTCP_MIB_ENUM)
	XTCP_MIB_EXT(XTCP_MIB_ENUM)
	XTCP_MIB_COUNT
};

#define XTCP_MIB_EXT_FIRST	XTCP_MIB_SYNCOOKIESSENT

/**
 * struct xtcp_mib - one CPU's share of a namespace's counters
 * @val: indexed by &enum xtcp_mib_id
 */
struct xtcp_mib {
	unsigned long val[XTCP_MIB_COUNT];
};

#endif /* _XTCP_MIB_H */
