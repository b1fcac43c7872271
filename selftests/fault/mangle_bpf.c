// SPDX-License-Identifier: GPL-2.0
/*
 * BPF on a packet: each program calls one helper that changes the packet, or does
 * and undoes it, and lets it pass.  XDP programs, on what was no driver's buffer.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <net/if.h>

#include "mangle.h"

#define PIN	"/sys/fs/bpf/mangle"

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

#define SET(reg, imm_)							\
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = reg, .imm = imm_ }
#define COPY(to, from)							\
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = to, .src_reg = from }
#define CALL(func)	{ .code = BPF_JMP | BPF_CALL, .imm = func }
#define EXIT		{ .code = BPF_JMP | BPF_EXIT }

/* The first argument, the packet, is there already; then @verdict is given. */
static int program(int type, const struct mangling *row)
{
	struct bpf_insn insns[] = {
		COPY(6, 1),
		SET(2, row->args[0]), SET(3, row->args[1]),
		SET(4, row->args[2]), SET(5, row->args[3]),
		CALL(row->helper),
		/* What was refused needs no way back. */
		{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 0, .off = 6 },
		COPY(1, 6),
		SET(2, -row->args[0]), SET(3, row->args[1]),
		SET(4, row->args[2]), SET(5, row->args[3]),
		CALL(row->and_back ? row->helper : BPF_FUNC_get_smp_processor_id),
		SET(0, row->verdict), EXIT,
	};
	union bpf_attr attr = {
		.prog_type = type,
		.insns = (uintptr_t)insns,
		.insn_cnt = ARRAY_SIZE(insns),
		.license = (uintptr_t)"GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

/* Where a tool finds it: each row has a process of its own. */
static int pin(int fd, char *path, size_t len)
{
	union bpf_attr attr = { .pathname = (uintptr_t)path, .bpf_fd = fd };
	int ret;

	snprintf(path, len, PIN "-%d", getpid());
	ret = fd < 0 ? -1 : bpf(BPF_OBJ_PIN, &attr);
	close(fd);
	return ret;
}

static int attach(const struct mangling *row, const struct place *p)
{
	char path[60], lines[300];
	int ret;

	if (pin(program(BPF_PROG_TYPE_SCHED_CLS, row), path, sizeof(path)))
		return -1;
	snprintf(lines, sizeof(lines),
		 "qdisc add dev @ clsact\n"
		 "filter add dev @ %s bpf da object-pinned %s\n",
		 p->where & IN ? "ingress" : "egress", path);
	ret = place_run(p, "tc -b -", lines);
	unlink(path);
	return ret;
}

static int detach(const struct mangling *row, const struct place *p)
{
	return place_run(p, "tc -b -", "qdisc del dev @ clsact\n");
}

/* Super-segments, that is: what is long by itself gets no more room. */
static int attach_narrow(const struct mangling *row, const struct place *p)
{
	return place_run(p, "ip -b -", "link set dev @ mtu 1500\n") ?:
	       attach(row, p);
}

static int attach_xdp(const struct mangling *row, const struct place *p)
{
	char path[60], lines[300];
	int ret;

	if (pin(program(BPF_PROG_TYPE_XDP, row), path, sizeof(path)))
		return -1;
	snprintf(lines, sizeof(lines),
		 "link set dev @ xdpgeneric pinned %s\n", path);
	ret = place_run(p, "ip -b -", lines);
	unlink(path);
	return ret;
}

static int detach_xdp(const struct mangling *row, const struct place *p)
{
	return place_run(p, "ip -b -", "link set dev @ xdpgeneric off\n");
}

const struct mangling bpf_rows[] = {
	{
		.name = "BPF reads all", .begin = attach, .end = detach,
		.helper = BPF_FUNC_skb_pull_data, .args = { 52 },
		.hope = EVERYWHERE(INTACT),
	},
	{
		.name = "BPF forgets the hash", .begin = attach, .end = detach,
		.helper = BPF_FUNC_set_hash_invalid,
		.hope = EVERYWHERE(INTACT),
	},
	{
		.name = "BPF cuts the header", .begin = attach, .end = detach,
		.helper = BPF_FUNC_skb_change_tail, .args = { 34 },
		.hope = EVERYWHERE(EITHER),
	},
	{
		.name = "BPF cuts data", .begin = attach, .end = detach,
		.helper = BPF_FUNC_skb_change_tail, .args = { 600 },
		.hope = EVERYWHERE(EITHER),
	},
	{
		.name = "BPF appends", .begin = attach, .end = detach,
		.helper = BPF_FUNC_skb_change_tail, .args = { 3000 },
		.hope = EVERYWHERE(EITHER),
	},
	{
		.name = "BPF prepends", .begin = attach, .end = detach,
		.helper = BPF_FUNC_skb_change_head, .args = { 64 },
		.hope = EVERYWHERE(EITHER),
	},
	{
		.name = "BPF makes it IPv6", .begin = attach, .end = detach,
		.helper = BPF_FUNC_skb_change_proto, .args = { 0xdd86 /* as it is on the wire */ },
		.hope = EVERYWHERE(DAMAGED),
	},
	{
		.name = "BPF makes it nothing", .begin = attach, .end = detach,
		.helper = BPF_FUNC_skb_change_proto, .args = { ETH_P_IPV6 },
		.hope = EVERYWHERE(EITHER),
	},
	{
		.name = "BPF makes room", .begin = attach, .end = detach,
		.helper = BPF_FUNC_skb_adjust_room, .args = { 20, BPF_ADJ_ROOM_NET },
		.hope = EVERYWHERE(DAMAGED),
	},
	{
		.name = "BPF makes room, same GSO size", .begin = attach, .end = detach,
		.helper = BPF_FUNC_skb_adjust_room,
		.args = { 20, BPF_ADJ_ROOM_NET, BPF_F_ADJ_ROOM_FIXED_GSO },
		.hope = EVERYWHERE(DAMAGED),
	},
	{
		.name = "BPF makes room for a tunnel", .begin = attach, .end = detach,
		.helper = BPF_FUNC_skb_adjust_room,
		.args = { 20, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 },
		.hope = EVERYWHERE(DAMAGED),
	},
	/* All that stays is a larger head.  The kernel's TCP warns of it. */
	{
		.name = "BPF makes room and takes it", .begin = attach_narrow, .end = detach,
		.helper = BPF_FUNC_skb_adjust_room,
		.args = { 1000, BPF_ADJ_ROOM_NET, BPF_F_ADJ_ROOM_FIXED_GSO },
		.and_back = true,
		.hope = { [OUT] = INTACT, [IN] = INTACT },
	},
	{
		.name = "BPF takes room", .begin = attach, .end = detach,
		.helper = BPF_FUNC_skb_adjust_room, .args = { -16, BPF_ADJ_ROOM_NET },
		.hope = EVERYWHERE(DAMAGED),
	},
	{
		.name = "BPF says for this host", .begin = attach, .end = detach,
		.helper = BPF_FUNC_skb_change_type, .args = { 0 },
		.hope = EVERYWHERE(INTACT),
	},
	{
		.name = "BPF copies to lo", .begin = attach, .end = detach,
		.helper = BPF_FUNC_clone_redirect, .args = { 1, 0 },
		.hope = EVERYWHERE(EITHER),
	},
	{
		.name = "XDP passes", .begin = attach_xdp, .end = detach_xdp,
		.helper = BPF_FUNC_get_smp_processor_id, .verdict = XDP_PASS,
		.way = INWARDS, .hope = EVERYWHERE(INTACT),
	},
	{
		.name = "XDP drops", .begin = attach_xdp, .end = detach_xdp,
		.helper = BPF_FUNC_get_smp_processor_id, .verdict = XDP_DROP,
		.way = INWARDS, .hope = EVERYWHERE(REFUSED),
	},
	{
		.name = "XDP prepends", .begin = attach_xdp, .end = detach_xdp,
		.helper = BPF_FUNC_xdp_adjust_head, .args = { -20 }, .verdict = XDP_PASS,
		.way = INWARDS, .hope = EVERYWHERE(DAMAGED),
	},
	{
		.name = "XDP takes the header", .begin = attach_xdp, .end = detach_xdp,
		.helper = BPF_FUNC_xdp_adjust_head, .args = { 20 }, .verdict = XDP_PASS,
		.way = INWARDS, .hope = EVERYWHERE(DAMAGED),
	},
	{
		.name = "XDP cuts", .begin = attach_xdp, .end = detach_xdp,
		.helper = BPF_FUNC_xdp_adjust_tail, .args = { -30 }, .verdict = XDP_PASS,
		.way = INWARDS, .hope = EVERYWHERE(DAMAGED),
	},
	{
		.name = "XDP appends", .begin = attach_xdp, .end = detach_xdp,
		.helper = BPF_FUNC_xdp_adjust_tail, .args = { 64 }, .verdict = XDP_PASS,
		.way = INWARDS, .hope = EVERYWHERE(DAMAGED),
	},
	{ }
};
