// SPDX-License-Identifier: GPL-2.0
/*
 * Programs attached to a cgroup: what they refuse and rewrite, on AF_INET and
 * on the family under test alike (B-05, B-11).
 */
#include <linux/bpf.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>

#include "harness.h"

#define OTHER_LOCAL	"127.0.0.2"

/* offsets of what the programs read and write */
#define CTX_IP4		offsetof(struct bpf_sock_addr, user_ip4)
#define CTX_PORT	offsetof(struct bpf_sock_addr, user_port)

/* The instructions that it takes */
#define KEEP_CONTEXT()		{ BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0 }
#define LOAD(reg, off)		{ BPF_LDX | BPF_MEM | BPF_W, reg, 6, off, 0 }
#define STORE(off, reg)		{ BPF_STX | BPF_MEM | BPF_W, 6, reg, off, 0 }
#define SET(reg, val)		{ BPF_ALU | BPF_MOV | BPF_K, reg, 0, 0, val }
#define SKIP_UNLESS(reg, val, n) { BPF_JMP32 | BPF_JNE | BPF_K, reg, 0, n, val }
#define EXIT			{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 }

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int program_load(enum bpf_prog_type type, enum bpf_attach_type where,
			const struct bpf_insn *insns, size_t count)
{
	static char log[4096];
	union bpf_attr attr = {
		.prog_type = type,
		.expected_attach_type = where,
		.insns = (uintptr_t)insns,
		.insn_cnt = count,
		.license = (uintptr_t)"GPL",
		.log_buf = (uintptr_t)log,
		.log_size = sizeof(log),
		.log_level = 1,
	};
	int fd = bpf(BPF_PROG_LOAD, &attr);

	if (fd < 0)
		printf("# %s\n", log);
	return fd;
}

/* Replaces what was attached there before: one test, one program per hook. */
static int attach(int cgroup, enum bpf_attach_type where,
		  const struct bpf_insn *insns, size_t count)
{
	enum bpf_prog_type type = where == BPF_CGROUP_INET4_POST_BIND ?
				  BPF_PROG_TYPE_CGROUP_SOCK :
				  where == BPF_CGROUP_INET_INGRESS ?
				  BPF_PROG_TYPE_CGROUP_SKB :
				  BPF_PROG_TYPE_CGROUP_SOCK_ADDR;
	union bpf_attr attr = { .target_fd = cgroup, .attach_type = where };

	attr.attach_bpf_fd = program_load(type, where, insns, count);
	if ((int)attr.attach_bpf_fd < 0)
		return -1;
	return bpf(BPF_PROG_ATTACH, &attr);
}

static int detach(int cgroup, enum bpf_attach_type where)
{
	union bpf_attr attr = { .target_fd = cgroup, .attach_type = where };

	return bpf(BPF_PROG_DETACH, &attr);
}

#define ATTACH(where, ...)						\
({									\
	const struct bpf_insn insns_[] = { __VA_ARGS__ };		\
									\
	attach(self->cgroup, where, insns_, ARRAY_SIZE(insns_));	\
})

/* Two families, the same expectations. */
FIXTURE(hooks) {
	int cgroup;
	char dir[32];
};

FIXTURE_VARIANT(hooks) {
	bool reference;
};

FIXTURE_VARIANT_ADD(hooks, kernel_tcp) {
	.reference = true,
};

FIXTURE_VARIANT_ADD(hooks, tested) {
	.reference = false,
};

/*
 * A cgroup of this process's own, in a mount of its own.  A socket belongs to
 * the cgroup that made it: the test's sockets come later.
 */
static int cgroup_enter(const char *dir)
{
	char path[64];
	int fd, procs;

	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", dir, "cgroup2", 0, NULL))
		return -1;
	snprintf(path, sizeof(path), "%s/xtcp.%d", dir, getpid());
	if (mkdir(path, 0755))
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	procs = openat(fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (write(procs, "0", 1) != 1)
		return -1;
	close(procs);
	return fd;
}

static int cgroup_leave(const char *dir)
{
	char path[64];
	int procs;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	procs = open(path, O_WRONLY | O_CLOEXEC);
	if (write(procs, "0", 1) != 1)
		return -1;
	close(procs);
	snprintf(path, sizeof(path), "%s/xtcp.%d", dir, getpid());
	return rmdir(path);
}

FIXTURE_SETUP(hooks)
{
	if (variant->reference)
		family = AF_INET;
	ASSERT_EQ(0, fresh_netns());
	strcpy(self->dir, "/tmp/xtcp.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	self->cgroup = cgroup_enter(self->dir);
	ASSERT_LE(0, self->cgroup) {
		TH_LOG("no cgroup: %s", strerror(errno));
	}
}

/* The cgroup goes, and its programs with it, once nobody is in it. */
FIXTURE_TEARDOWN(hooks)
{
	EXPECT_EQ(0, cgroup_leave(self->dir));
	EXPECT_EQ(0, umount2(self->dir, MNT_DETACH));
	EXPECT_EQ(0, rmdir(self->dir));
}

static in_addr_t local_ip(int fd)
{
	struct sockaddr_in sin = { };
	socklen_t len = sizeof(sin);

	getsockname(fd, (struct sockaddr *)&sin, &len);
	return sin.sin_addr.s_addr;
}

static in_addr_t peer_ip(int fd)
{
	struct sockaddr_in sin = { };
	socklen_t len = sizeof(sin);

	getpeername(fd, (struct sockaddr *)&sin, &len);
	return sin.sin_addr.s_addr;
}

static int as_user(int (*call)(int fd, const char *ip, unsigned int port),
		   int fd, const char *ip, unsigned int port)
{
	int ret;

	if (seteuid(1000))
		return -1;
	ret = err(call(fd, ip, port));
	if (seteuid(0))
		return -1;
	errno = ret;
	return ret ? -1 : 0;
}

/* B-05, B-12 */
TEST_F(hooks, bind_refused)
{
	unsigned int port = own_port();
	int fd = sock(0);

	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_BIND, SET(0, 0), EXIT));
	EXPECT_EQ(EPERM, err(bind_to(fd, LOCALHOST, port)));
	EXPECT_EQ(EPERM, err(bind_to(fd, "0.0.0.0", 0)));
	/* the program decides before address and privilege do (B-07, B-08) */
	EXPECT_EQ(EPERM, err(bind_to(fd, "192.0.2.1", port)));
	EXPECT_EQ(EPERM, err(as_user(bind_to, fd, LOCALHOST, 80)));
	EXPECT_EQ(0, port_of(fd));
	/* what needs no bind() is not asked about (B-19) */
	EXPECT_EQ(0, listen(fd, 1));
	ASSERT_EQ(0, detach(self->cgroup, BPF_CGROUP_INET4_BIND));
	fd = bound(LOCALHOST, port);
	EXPECT_LE(0, fd);
	/* an address that is too short never reaches the program (B-04) */
	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_BIND, SET(0, 0), EXIT));
	EXPECT_EQ(EINVAL, err(bind(fd, (void *)&(struct sockaddr_in){ }, 15)));
	/* but a bind() that comes too late does (B-09) */
	EXPECT_EQ(EPERM, err(bind_to(fd, LOCALHOST, 0)));
}

/* B-05: address and port are the program's */
TEST_F(hooks, bind_rewritten)
{
	unsigned int port = own_port();
	int fd = sock(0);

	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_BIND,
			    KEEP_CONTEXT(),
			    SET(1, inet_addr(OTHER_LOCAL)), STORE(CTX_IP4, 1),
			    SET(1, htons(port)), STORE(CTX_PORT, 1),
			    SET(0, 1), EXIT));
	ASSERT_EQ(0, bind_to(fd, LOCALHOST, 7));
	EXPECT_EQ(inet_addr(OTHER_LOCAL), local_ip(fd));
	EXPECT_EQ(port, port_of(fd));
	/* the conflict is one of the new address */
	EXPECT_EQ(EADDRINUSE, err(bind_to(sock(0), LOCALHOST, own_port())));
	ASSERT_EQ(0, listen(fd, 1));
	ASSERT_EQ(0, detach(self->cgroup, BPF_CGROUP_INET4_BIND));
	EXPECT_EQ(0, connect_to(sock(0), OTHER_LOCAL, port));
	EXPECT_LE(0, bound(LOCALHOST, port));
}

/* B-05, B-07: the rules are those of what the program made of it. */
TEST_F(hooks, bind_rewritten_badly)
{
	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_BIND,
			    KEEP_CONTEXT(),
			    SET(1, inet_addr("192.0.2.1")), STORE(CTX_IP4, 1),
			    SET(0, 1), EXIT));
	EXPECT_EQ(EADDRNOTAVAIL, err(bind_to(sock(0), LOCALHOST, 0)));
	/* B-08: and the privilege that of the new port */
	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_BIND,
			    KEEP_CONTEXT(),
			    SET(1, htons(80)), STORE(CTX_PORT, 1),
			    SET(0, 1), EXIT));
	EXPECT_EQ(EACCES, err(as_user(bind_to, sock(0), LOCALHOST, own_port())));
	EXPECT_EQ(0, bind_to(sock(0), LOCALHOST, own_port()));
}

/* B-05: a program that reads lets all pass but one port. */
TEST_F(hooks, bind_refused_by_port)
{
	unsigned int port = own_port();

	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_BIND,
			    KEEP_CONTEXT(),
			    LOAD(1, CTX_PORT),
			    SKIP_UNLESS(1, htons(port), 2),
			    SET(0, 0), EXIT,
			    SET(0, 1), EXIT));
	EXPECT_EQ(EPERM, err(bound(LOCALHOST, port)));
	EXPECT_LE(0, bound(LOCALHOST, own_port()));
	EXPECT_LE(0, bound(LOCALHOST, 0));
}

/* B-05, B-08: 3 waives the test of privileged ports, and nothing else. */
TEST_F(hooks, bind_privilege_waived)
{
	int fd = sock(0);

	EXPECT_EQ(EACCES, err(as_user(bind_to, fd, LOCALHOST, 80)));
	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_BIND, SET(0, 1), EXIT));
	EXPECT_EQ(EACCES, err(as_user(bind_to, fd, LOCALHOST, 80)));
	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_BIND, SET(0, 3), EXIT));
	EXPECT_EQ(0, as_user(bind_to, fd, LOCALHOST, 80));
	EXPECT_EQ(80, port_of(fd));
	EXPECT_EQ(EADDRINUSE, err(as_user(bind_to, sock(0), LOCALHOST, 80)));
	EXPECT_EQ(EADDRNOTAVAIL,
		  err(as_user(bind_to, sock(0), "192.0.2.1", 80)));
}

/* B-11, B-12: port and address are free again, and the socket is fresh. */
TEST_F(hooks, post_bind_refused)
{
	unsigned int port = own_port();
	int fd = sock(0), other = sock(0);

	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_POST_BIND, SET(0, 0), EXIT));
	EXPECT_EQ(EPERM, err(bind_to(fd, OTHER_LOCAL, port)));
	EXPECT_EQ(0, port_of(fd));
	EXPECT_EQ(0, local_ip(fd));
	EXPECT_EQ(EPERM, err(bind_to(fd, OTHER_LOCAL, 0)));
	EXPECT_EQ(0, local_ip(fd));
	/* B-10 comes first */
	ASSERT_EQ(0, detach(self->cgroup, BPF_CGROUP_INET4_POST_BIND));
	ASSERT_EQ(0, bind_to(other, OTHER_LOCAL, port));
	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_POST_BIND, SET(0, 0), EXIT));
	EXPECT_EQ(EADDRINUSE, err(bind_to(fd, OTHER_LOCAL, port)));
	/* B-77: no port, nothing to ask about */
	EXPECT_EQ(0, set_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1));
	EXPECT_EQ(0, bind_to(fd, OTHER_LOCAL, 0));
	close(other);
	ASSERT_EQ(0, detach(self->cgroup, BPF_CGROUP_INET4_POST_BIND));
	EXPECT_LE(0, listener_on(OTHER_LOCAL, port, 1));
}

/* B-11: the program sees what was bound; B-19: autobind asks nobody. */
TEST_F(hooks, post_bind_refused_by_port)
{
	unsigned int port = own_port();
	int lfd = listener(4);

	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_POST_BIND,
			    KEEP_CONTEXT(),
			    LOAD(1, offsetof(struct bpf_sock, src_port)),
			    SKIP_UNLESS(1, port, 2),
			    SET(0, 0), EXIT,
			    SET(0, 1), EXIT));
	EXPECT_EQ(EPERM, err(bound(LOCALHOST, port)));
	EXPECT_LE(0, bound(LOCALHOST, own_port()));
	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_POST_BIND,
			    KEEP_CONTEXT(),
			    LOAD(1, offsetof(struct bpf_sock, src_ip4)),
			    SKIP_UNLESS(1, inet_addr(OTHER_LOCAL), 2),
			    SET(0, 0), EXIT,
			    SET(0, 1), EXIT));
	EXPECT_EQ(EPERM, err(bound(OTHER_LOCAL, port)));
	EXPECT_LE(0, bound(LOCALHOST, port));
	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_POST_BIND, SET(0, 0), EXIT));
	EXPECT_EQ(0, listen(sock(0), 1));
	EXPECT_LE(0, connected(port_of(lfd)));
}

TEST_F(hooks, connect_refused)
{
	int lfd = listener(4);
	int fd = sock(0);

	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_CONNECT, SET(0, 0), EXIT));
	EXPECT_EQ(EPERM, err(connect_to(fd, LOCALHOST, port_of(lfd))));
	/* D-31: no port, no address, no state */
	EXPECT_EQ(0, port_of(fd));
	EXPECT_EQ(P_FRESH, mask_of(fd));
	EXPECT_EQ(0, sock_error(fd));
	EXPECT_EQ(0, mask_of(lfd));
	/* D-19: asked before the route; D-02: not for a disconnect */
	EXPECT_EQ(EPERM, err(connect_to(fd, "192.0.2.1", 7)));
	EXPECT_EQ(0, unspec(fd));
	nonblock(fd, true);
	EXPECT_EQ(EPERM, err(connect_to(fd, LOCALHOST, port_of(lfd))));
	nonblock(fd, false);
	ASSERT_EQ(0, detach(self->cgroup, BPF_CGROUP_INET4_CONNECT));
	EXPECT_EQ(0, connect_to(fd, LOCALHOST, port_of(lfd)));
	/* D-03: the state decides first */
	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_CONNECT, SET(0, 0), EXIT));
	EXPECT_EQ(EISCONN, err(connect_to(fd, LOCALHOST, port_of(lfd))));
}

TEST_F(hooks, connect_rewritten)
{
	int lfd = listener_on(OTHER_LOCAL, 0, 4);
	int fd = sock(0);

	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_CONNECT,
			    KEEP_CONTEXT(),
			    SET(1, inet_addr(OTHER_LOCAL)), STORE(CTX_IP4, 1),
			    SET(1, htons(port_of(lfd))), STORE(CTX_PORT, 1),
			    SET(0, 1), EXIT));
	ASSERT_EQ(0, connect_to(fd, "192.0.2.1", 7));
	EXPECT_EQ(inet_addr(OTHER_LOCAL), peer_ip(fd));
	EXPECT_EQ(port_of(lfd), peer_port_of(fd));
	EXPECT_LE(0, accept(lfd, NULL, NULL));
	/* D-16: a short address is none that a program makes good */
	EXPECT_EQ(EINVAL, err(connect(sock(0), (void *)&(struct sockaddr_in){
				      .sin_family = AF_INET }, 15)));
}

/* What a connection's ends are called; the connection does not change. */
TEST_F(hooks, names_rewritten)
{
	int lfd = listener(4);
	unsigned int port = port_of(lfd);
	struct sockaddr_in sin = { };
	socklen_t len = sizeof(sin);
	int fd[2];

	ASSERT_EQ(0, pair_via(lfd, fd));
	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_GETSOCKNAME,
			    KEEP_CONTEXT(),
			    SET(1, inet_addr("192.0.2.7")), STORE(CTX_IP4, 1),
			    SET(1, htons(7)), STORE(CTX_PORT, 1),
			    SET(0, 1), EXIT));
	EXPECT_EQ(inet_addr("192.0.2.7"), local_ip(fd[0]));
	EXPECT_EQ(7, port_of(fd[0]));
	EXPECT_EQ(7, port_of(sock(0)));
	EXPECT_EQ(inet_addr(LOCALHOST), peer_ip(fd[0]));
	EXPECT_EQ(port, peer_port_of(fd[0]));
	ASSERT_EQ(0, detach(self->cgroup, BPF_CGROUP_INET4_GETSOCKNAME));
	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET4_GETPEERNAME,
			    KEEP_CONTEXT(),
			    SET(1, inet_addr("192.0.2.9")), STORE(CTX_IP4, 1),
			    SET(1, htons(9)), STORE(CTX_PORT, 1),
			    SET(0, 1), EXIT));
	EXPECT_EQ(inet_addr("192.0.2.9"), peer_ip(fd[0]));
	EXPECT_EQ(9, peer_port_of(fd[0]));
	EXPECT_EQ(port, port_of(fd[1]));
	EXPECT_EQ(inet_addr(LOCALHOST), local_ip(fd[1]));
	EXPECT_EQ(ENOTCONN, err(getpeername(lfd, (struct sockaddr *)&sin, &len)));
	/* F-22: accept() names the peer by the same way */
	ASSERT_LE(0, connected(port));
	ASSERT_LE(0, accept(lfd, (struct sockaddr *)&sin, &len));
	EXPECT_EQ(inet_addr("192.0.2.9"), sin.sin_addr.s_addr);
	EXPECT_EQ(htons(9), sin.sin_port);
}

/* What a listener must not receive does not connect. */
TEST_F(hooks, ingress_refused)
{
	int lfd = listener(4), fd = sock(SOCK_NONBLOCK);
	long before = counter("TCPSynRetrans");

	ASSERT_EQ(0, ATTACH(BPF_CGROUP_INET_INGRESS, SET(0, 0), EXIT));
	EXPECT_EQ(EINPROGRESS,
		  err(connect_to(fd, LOCALHOST, port_of(lfd))));
	EXPECT_TRUE(WAIT_FOR(counter("TCPSynRetrans") > before));
	EXPECT_EQ(ST_SYN_SENT, state_of(port_of(fd), port_of(lfd)));
	ASSERT_EQ(0, detach(self->cgroup, BPF_CGROUP_INET_INGRESS));
	EXPECT_EQ(POLLOUT, wait_for(fd, POLLOUT));
	EXPECT_EQ(0, sock_error(fd));
}

#include "nothing_left.h"
