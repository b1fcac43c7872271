// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel code that takes every TCP socket for its own struct tcp_sock must not
 * take one of XTCP for it (A.3), and that which any socket meets must cope.
 */
#include "harness.h"

#include <sys/mount.h>
#include <linux/bpf.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/kcm.h>
#include <linux/nbd.h>
#include <linux/net_tstamp.h>

#define TRACING		"/sys/kernel/tracing/"

#ifndef AF_KCM
#define AF_KCM		41
#endif
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif
#ifndef SOL_TLS
#define SOL_TLS		282
#endif
#ifndef SOL_MPTCP
#define SOL_MPTCP	284
#endif

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* BPF does not redirect between XTCP sockets. */
TEST(no_sockmap)
{
	union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_SOCKMAP,
		.key_size = 4, .value_size = 4, .max_entries = 4,
	};
	union bpf_attr update = { };
	int fd[2], key = 0;

	ASSERT_EQ(0, pair(fd));
	update.map_fd = bpf(BPF_MAP_CREATE, &map);
	ASSERT_LE(0, (int)update.map_fd);
	update.key = (uintptr_t)&key;
	update.value = (uintptr_t)&fd[0];
	EXPECT_EQ(native() ? 0 : EOPNOTSUPP,
		  err(bpf(BPF_MAP_UPDATE_ELEM, &update)));
}

static int program(void)
{
	static const struct bpf_insn insns[] = {
		{ BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0 },
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)insns, .insn_cnt = 2,
		.license = (uintptr_t)"GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

/* message framing on top of TCP */
TEST(no_kcm)
{
	struct kcm_attach attach;
	int fd[2], kcm;

	run_tool("modprobe -q kcm");
	kcm = socket(AF_KCM, SOCK_DGRAM, KCMPROTO_CONNECTED);
	if (kcm < 0)
		SKIP(return, "this kernel has no KCM");
	ASSERT_EQ(0, pair(fd));
	attach.fd = fd[0];
	attach.bpf_fd = program();
	EXPECT_EQ(native() ? 0 : EOPNOTSUPP,
		  err(ioctl(kcm, SIOCKCMATTACH, &attach)));
}

/* a block device that sends by the socket it is given */
TEST(no_block_device)
{
	int fd[2], nbd;

	run_tool("modprobe -q nbd nbds_max=1");
	nbd = open("/dev/nbd0", O_RDWR);
	if (nbd < 0)
		SKIP(return, "this kernel has no NBD");
	ASSERT_EQ(0, pair(fd));
	EXPECT_EQ(native() ? 0 : EINVAL, err(ioctl(nbd, NBD_SET_SOCK, fd[0])));
	ioctl(nbd, NBD_CLEAR_SOCK);
}

/* A server that is given its listeners by a file */
TEST(no_nfs_server)
{
	char dir[] = "/tmp/nfsd.XXXXXX", path[64];
	int lfd, file;

	if (native())
		return;
	run_tool("modprobe -q nfsd");
	ASSERT_NE(NULL, mkdtemp(dir));
	if (mount("nfsd", dir, "nfsd", 0, NULL)) {
		rmdir(dir);
		SKIP(return, "this kernel has no NFS server");
	}
	snprintf(path, sizeof(path), "%s/portlist", dir);
	file = open(path, O_WRONLY);
	lfd = listener(1);
	ASSERT_LE(0, lfd);
	EXPECT_EQ(EPROTONOSUPPORT, err(dprintf(file, "%d\n", lfd)));
	close(file);
	close(lfd);
	EXPECT_EQ(0, umount(dir));
	rmdir(dir);
}

/* G-106: nothing is put on top, so that nothing answers for it. */
TEST(no_upper_protocol)
{
	static const char *const names[] = {
		"tls", "mptcp", "smc", "espintcp", "nonsense",
	};
	int fd[2], i;

	ASSERT_EQ(0, pair(fd));
	for (i = native() ? 4 : 0; i < ARRAY_SIZE(names); i++)
		EXPECT_EQ(ENOENT, err(setsockopt(fd[0], IPPROTO_TCP, TCP_ULP,
						 names[i], strlen(names[i]))))
			TH_LOG("name %d", i);
	EXPECT_EQ(ENOPROTOOPT, err(set_int(fd[0], SOL_TLS, 1, 1)));
	EXPECT_EQ(-EOPNOTSUPP, get_int(fd[0], SOL_MPTCP, 1));
	ASSERT_EQ(0, send_all(fd[0], "x", 1));
	ASSERT_EQ(0, recv_all(fd[1], scratch, 1));
	close(fd[0]);
	close(fd[1]);
}

/* Several connections as one are TCP's, and meet TCP's listeners. */
TEST(no_multipath)
{
	unsigned int port = own_port();
	int lfd;

	if (native())
		return;
	EXPECT_EQ(EPROTONOSUPPORT, err(socket(family, SOCK_STREAM, IPPROTO_MPTCP)));
	lfd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	if (lfd < 0)
		SKIP(return, "this kernel has no MPTCP");
	ASSERT_EQ(0, bind_to(lfd, LOCALHOST, port));
	ASSERT_EQ(0, listen(lfd, 1));
	EXPECT_EQ(ECONNREFUSED, err(connected(port)));
	EXPECT_EQ(0, mask_of(lfd));
	close(lfd);
}

/* What is set of TCP's own structure */
TEST(no_option_of_its_own)
{
	static const int options[] = {
		TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ, TCP_REPAIR_OPTIONS,
		TCP_REPAIR_WINDOW, TCP_MD5SIG, TCP_MD5SIG_EXT, TCP_FASTOPEN,
		TCP_FASTOPEN_CONNECT, TCP_FASTOPEN_KEY, TCP_ZEROCOPY_RECEIVE,
		TCP_TX_DELAY, TCP_SAVE_SYN,
	};
	char buf[256] = "";
	int fd[2], i;

	if (native())
		return;
	ASSERT_EQ(0, pair(fd));
	for (i = 0; i < ARRAY_SIZE(options); i++)
		EXPECT_EQ(ENOPROTOOPT,
			  err(setsockopt(fd[0], IPPROTO_TCP, options[i], buf,
					 sizeof(buf))))
			TH_LOG("option %d", options[i]);
	EXPECT_EQ(-ENOPROTOOPT, get_int(fd[0], IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE));
	EXPECT_EQ(-ENOPROTOOPT, get_int(fd[0], IPPROTO_TCP, TCP_SAVED_SYN));
	close(fd[0]);
	close(fd[1]);
}

/* */
TEST(no_zerocopy)
{
	int fd = sock(0);

	EXPECT_EQ(native() ? 0 : EOPNOTSUPP,
		  err(set_int(fd, SOL_SOCKET, SO_ZEROCOPY, 1)));
}

/* What comes by the error queue is counted from the first byte sent. */
static int drain_error_queue(int fd, unsigned int bytes)
{
	char control[512];
	struct msghdr msg;
	struct cmsghdr *c;
	int n;

	for (n = 0; ; n++) {
		msg = (struct msghdr){
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return errno == EAGAIN ? n : -1;
		for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
			struct sock_extended_err *e = (void *)CMSG_DATA(c);

			if (c->cmsg_level == IPPROTO_IP &&
			    c->cmsg_type == IP_RECVERR && e->ee_data >= bytes)
				return -1;
		}
	}
}

/* no byte of the socket leaks as a number or as statistics. */
TEST(timestamps)
{
	int flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE |
		    SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_ACK |
		    SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY |
		    SOF_TIMESTAMPING_OPT_STATS;
	int fd[2], fresh = sock(0);

	EXPECT_EQ(native() ? EINVAL : 0,
		  err(set_int(fresh, SOL_SOCKET, SO_TIMESTAMPING, flags)));
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(0, set_int(fd[0], SOL_SOCKET, SO_TIMESTAMPING, flags));
	ASSERT_EQ(0, send_all(fd[0], "0123456789", 10));
	ASSERT_EQ(0, recv_all(fd[1], scratch, 10));
	EXPECT_LE(0, drain_error_queue(fd[0], 10));
	ASSERT_EQ(0, send_all(fd[0], "0123456789", 10));
	ASSERT_EQ(0, recv_all(fd[1], scratch, 10));
	EXPECT_LE(0, drain_error_queue(fd[0], 20));
}

/* a user may filter what reaches his own socket; TCP wants privilege. */
TEST(filter_of_a_user)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffff);
	struct sock_fprog prog = { 1, &all };
	int fd = sock(0);

	ASSERT_EQ(0, seteuid(1000));
	EXPECT_EQ(native() ? EPERM : 0,
		  err(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
				 sizeof(prog))));
	ASSERT_EQ(0, seteuid(0));
}

/* The Tcp lines of the kernel's own counters */
static int native_counters(char *text, size_t len)
{
	char line[512];
	FILE *f = fopen("/proc/net/snmp", "re");

	*text = 0;
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "Tcp:", 4) && strlen(text) + strlen(line) < len)
			strcat(text, line);
	}
	fclose(f);
	return *text ? 0 : -1;
}

/* the host's TCP sees nothing of all this, nor answers. */
TEST(native_tcp_sees_nothing)
{
	char before[1024], after[1024];
	int fd[2];

	if (native())
		return;
	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, native_counters(before, sizeof(before)));
	EXPECT_EQ(ECONNREFUSED, err(connected(own_port())));
	ASSERT_EQ(0, pair(fd));
	ASSERT_EQ(0, send_all(fd[0], "x", 1));
	ASSERT_EQ(0, recv_all(fd[1], scratch, 1));
	EXPECT_EQ(0, reset_by(fd[0]));
	EXPECT_NE(0, wait_for(fd[1], POLLERR));
	ASSERT_EQ(0, native_counters(after, sizeof(after)));
	EXPECT_STREQ(before, after);
}

static int write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	int ret = fd < 0 || write(fd, text, strlen(text)) < 0 ? -1 : 0;

	close(fd);
	return ret;
}

/* Does a line of the trace have all three? */
static bool traced(const char *a, const char *b, const char *c)
{
	FILE *f = fopen(TRACING "trace", "re");
	bool found = false;
	char line[512];

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, a) && strstr(line, b) && strstr(line, c);
	if (f)
		fclose(f);
	return found;
}

/* trace events of sockets show addresses and ports. */
TEST(trace_events)
{
	unsigned int port = own_port();
	char text[32];

	if (write_to(TRACING "events/sock/inet_sock_set_state/enable", "1") ||
	    write_to(TRACING "events/sock/inet_sk_error_report/enable", "1"))
		SKIP(return, "this kernel does not trace");
	EXPECT_EQ(ECONNREFUSED, err(connected(port)));
	snprintf(text, sizeof(text), "dport=%u ", port);
	EXPECT_TRUE(traced("inet_sock_set_state", text, "newstate=TCP_SYN_SENT"));
	EXPECT_TRUE(traced("inet_sk_error_report", text, "daddr=127.0.0.1"));
	EXPECT_EQ(0, write_to(TRACING "events/sock/enable", "0"));
	EXPECT_EQ(0, write_to(TRACING "trace", ""));
}

#include "nothing_left.h"
