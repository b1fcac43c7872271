// SPDX-License-Identifier: GPL-2.0
/* What the XTCP selftests share: namespaces, links, addresses, plug. */
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_gact.h>
#include <net/if.h>
#include <sched.h>

#include "xtcp_test.h"

#define PLUG_LIMIT	(64 << 20)

struct request {
	struct nlmsghdr nlh;
	union {
		struct ifinfomsg ifi;
		struct tcmsg tcm;
		struct rtmsg rtm;
	};
	char attrs[256];
};

static struct rtattr *attr_put(struct request *req, int type, const void *data,
			       size_t len)
{
	struct rtattr *rta = (void *)req + NLMSG_ALIGN(req->nlh.nlmsg_len);

	rta->rta_type = type;
	rta->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(rta), data, len);
	req->nlh.nlmsg_len = NLMSG_ALIGN(req->nlh.nlmsg_len) +
			     RTA_SPACE(len);
	return rta;
}

/* End the nest that began with @rta. */
static void attr_end(struct request *req, struct rtattr *rta)
{
	rta->rta_len = (void *)req + req->nlh.nlmsg_len - (void *)rta;
}

/* Send one request; 0, or -1 with the errno the kernel answered. */
static int request(struct request *req)
{
	struct sockaddr_nl snl = { .nl_family = AF_NETLINK };
	struct {
		struct nlmsghdr nlh;
		struct nlmsgerr e;
		char rest[1024];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int ret = -1;

	if (fd < 0)
		return -1;
	req->nlh.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (sendto(fd, req, req->nlh.nlmsg_len, 0, (struct sockaddr *)&snl,
		   sizeof(snl)) > 0 &&
	    recv(fd, &answer, sizeof(answer), 0) > 0) {
		ret = answer.e.error ? -1 : 0;
		errno = -answer.e.error;
	}
	close(fd);
	return ret;
}

int link_add(const char *kind, const char *name)
{
	struct request req = {
		.nlh.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
		.nlh.nlmsg_type = RTM_NEWLINK,
		.nlh.nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL,
	};
	struct rtattr *info;

	attr_put(&req, IFLA_IFNAME, name, strlen(name) + 1);
	info = attr_put(&req, IFLA_LINKINFO, NULL, 0);
	attr_put(&req, IFLA_INFO_KIND, kind, strlen(kind));
	attr_end(&req, info);
	return request(&req);
}

/* ip link set @name master @master */
int link_master(const char *name, const char *master)
{
	struct request req = {
		.nlh.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
		.nlh.nlmsg_type = RTM_SETLINK,
		.ifi.ifi_index = if_nametoindex(name),
	};
	unsigned int index = if_nametoindex(master);

	attr_put(&req, IFLA_MASTER, &index, sizeof(index));
	return request(&req);
}

/* Set a limit of a device by its number, IFLA_GSO_MAX_SIZE say. */
int link_number(const char *name, int attribute, __u32 value)
{
	struct request req = {
		.nlh.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
		.nlh.nlmsg_type = RTM_SETLINK,
		.ifi.ifi_index = if_nametoindex(name),
	};

	attr_put(&req, attribute, &value, sizeof(value));
	return request(&req);
}

/*
 * Have the kernel's route to the network of @ip, or the one to @ip itself where
 * that is local, replaced by one with a metric (RTAX_MTU say).
 */
int route_metric(const char *ip, const char *dev, bool local, int metric,
		 __u32 value)
{
	struct request req = {
		.nlh.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
		.nlh.nlmsg_type = RTM_NEWROUTE,
		.nlh.nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE,
		.rtm.rtm_family = AF_INET,
		.rtm.rtm_dst_len = local ? 32 : 16,
		.rtm.rtm_table = local ? RT_TABLE_LOCAL : RT_TABLE_MAIN,
		.rtm.rtm_protocol = RTPROT_KERNEL,
		.rtm.rtm_scope = local ? RT_SCOPE_HOST : RT_SCOPE_LINK,
		.rtm.rtm_type = local ? RTN_LOCAL : RTN_UNICAST,
	};
	struct in_addr addr = addr_of(ip, 0).sin_addr, dst = addr;
	unsigned int index = if_nametoindex(dev);
	struct rtattr *metrics;

	if (!local)
		dst.s_addr &= htonl(0xffff0000);
	attr_put(&req, RTA_DST, &dst, sizeof(dst));
	attr_put(&req, RTA_PREFSRC, &addr, sizeof(addr));
	attr_put(&req, RTA_OIF, &index, sizeof(index));
	metrics = attr_put(&req, RTA_METRICS, NULL, 0);
	attr_put(&req, metric, &value, sizeof(value));
	attr_end(&req, metrics);
	return request(&req);
}

int link_del(const char *name)
{
	struct request req = {
		.nlh.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
		.nlh.nlmsg_type = RTM_DELLINK,
	};

	attr_put(&req, IFLA_IFNAME, name, strlen(name) + 1);
	return request(&req);
}

static int plug_request(int type, int flags, int action, __u32 limit)
{
	struct request req = {
		.nlh.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)),
		.nlh.nlmsg_type = type,
		.nlh.nlmsg_flags = flags,
		.tcm.tcm_ifindex = if_nametoindex(loop_dev()),
		.tcm.tcm_parent = TC_H_ROOT,
	};
	struct tc_plug_qopt opt = { .action = action, .limit = limit };

	if (type == RTM_NEWQDISC) {
		attr_put(&req, TCA_KIND, "plug", sizeof("plug"));
		attr_put(&req, TCA_OPTIONS, &opt, sizeof(opt));
	}
	return request(&req);
}

/*
 * A segment in the queue holds its socket, the socket its namespace, and this
 * the device with its queue, in TCP as here: whoever plugs must unplug before
 * the namespace is left to itself.
 */
int plug(void)
{
	return plug_request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE,
			    TCQ_PLUG_BUFFER, PLUG_LIMIT);
}

int unplug(void)
{
	return plug_request(RTM_NEWQDISC, 0, TCQ_PLUG_RELEASE_INDEFINITE, 0);
}

int unplug_drop(void)
{
	return plug_request(RTM_DELQDISC, 0, 0, 0);
}

/* Every segment that leaves meets a queue without room; until plug_room(). */
int plug_full(void)
{
	return plug_request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE,
			    TCQ_PLUG_BUFFER, 0);
}

/*
 * The queue stays: while one takes another's place there is none, and what is
 * dropped then counts as sent.
 */
int plug_room(void)
{
	return plug_request(RTM_NEWQDISC, 0, TCQ_PLUG_LIMIT, PLUG_LIMIT) ?:
	       unplug();
}

int qdisc_fair(void)
{
	struct request req = {
		.nlh.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)),
		.nlh.nlmsg_type = RTM_NEWQDISC,
		.nlh.nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE,
		.tcm.tcm_ifindex = if_nametoindex(loop_dev()),
		.tcm.tcm_parent = TC_H_ROOT,
	};

	attr_put(&req, TCA_KIND, "fq", sizeof("fq"));
	return request(&req);
}

int drop_incoming(const char *dev, const char *ip)
{
	struct request req = {
		.nlh.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)),
		.nlh.nlmsg_type = RTM_NEWQDISC,
		.nlh.nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL,
		.tcm.tcm_ifindex = if_nametoindex(dev),
		.tcm.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0),
		.tcm.tcm_parent = TC_H_CLSACT,
	};
	struct {
		struct tc_u32_sel sel;
		struct tc_u32_key key;
	} match = {
		.sel = { .flags = TC_U32_TERMINAL, .nkeys = 1 },
		.key = { .mask = 0xffffffff, .off = 16,	/* destination */
			 .val = addr_of(ip, 0).sin_addr.s_addr },
	};
	struct tc_gact shot = { .action = TC_ACT_SHOT };
	struct rtattr *options, *acts, *act, *parms;

	attr_put(&req, TCA_KIND, "clsact", sizeof("clsact"));
	if (request(&req))
		return -1;
	req.nlh.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg));
	req.nlh.nlmsg_type = RTM_NEWTFILTER;
	req.tcm.tcm_handle = 0;
	req.tcm.tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
	req.tcm.tcm_info = TC_H_MAKE(1 << 16, htons(ETH_P_IP));
	attr_put(&req, TCA_KIND, "u32", sizeof("u32"));
	options = attr_put(&req, TCA_OPTIONS, NULL, 0);
	attr_put(&req, TCA_U32_SEL, &match, sizeof(match));
	acts = attr_put(&req, TCA_U32_ACT, NULL, 0);
	act = attr_put(&req, 1, NULL, 0);
	attr_put(&req, TCA_ACT_KIND, "gact", sizeof("gact"));
	parms = attr_put(&req, TCA_ACT_OPTIONS, NULL, 0);
	attr_put(&req, TCA_GACT_PARMS, &shot, sizeof(shot));
	attr_end(&req, parms);
	attr_end(&req, act);
	attr_end(&req, acts);
	attr_end(&req, options);
	return request(&req);
}

/* An interface ioctl on whatever socket takes it. */
static int if_ioctl(int cmd, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret, saved;

	if (fd < 0)
		return -1;
	ret = ioctl(fd, cmd, ifr);
	saved = errno;
	close(fd);
	errno = saved;
	return ret;
}

int link_up(const char *name, bool up)
{
	struct ifreq ifr = { };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (if_ioctl(SIOCGIFFLAGS, &ifr))
		return -1;
	ifr.ifr_flags = up ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~IFF_UP;
	return if_ioctl(SIOCSIFFLAGS, &ifr);
}

int link_mtu(const char *name, int mtu)
{
	struct ifreq ifr = { .ifr_mtu = mtu };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return if_ioctl(SIOCSIFMTU, &ifr);
}

/* Give @label, say lo:1, the address @ip/32. */
int addr_add(const char *label, const char *ip)
{
	struct sockaddr_in sin = addr_of(ip, 0);
	struct ifreq ifr = { };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", label);
	memcpy(&ifr.ifr_addr, &sin, sizeof(sin));
	if (if_ioctl(SIOCSIFADDR, &ifr))
		return -1;
	sin = addr_of("255.255.255.255", 0);
	memcpy(&ifr.ifr_netmask, &sin, sizeof(sin));
	return if_ioctl(SIOCSIFNETMASK, &ifr);
}

int addr_del(const char *label)
{
	struct ifreq ifr = { };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", label);
	ifr.ifr_flags = 0;
	return if_ioctl(SIOCSIFFLAGS, &ifr);
}

/*
 * Move into a new network namespace that is ready for traffic.  Nobody else
 * sees its ports, counters and sysctls, and nothing needs to be set back.
 */
int fresh_netns(void)
{
	if (unshare(CLONE_NEWNET) || link_up("lo", true))
		return -1;
	/* What a test leaves unacknowledged keeps its namespace for seconds. */
	if (sysctl_set("ipv4/tcp_orphan_retries", "3"))
		return -1;
	if (native())
		return 0;
	if (link_add("xtcp", "xtcp0") || link_up("xtcp0", true))
		return -1;
	return sysctl_set("xtcp/timewait_msecs", "200");
}
