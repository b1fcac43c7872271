// SPDX-License-Identifier: GPL-2.0
/* What the XTCP selftests share: namespaces, links, addresses, plug. */
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>

#include "xtcp_test.h"

#define PLUG_LIMIT	(64 << 20)

struct request {
	struct nlmsghdr nlh;
	union {
		struct ifinfomsg ifi;
		struct tcmsg tcm;
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
	info->rta_len = (void *)&req + req.nlh.nlmsg_len - (void *)info;
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

static int plug_request(int type, int flags, int action)
{
	struct request req = {
		.nlh.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)),
		.nlh.nlmsg_type = type,
		.nlh.nlmsg_flags = flags,
		.tcm.tcm_ifindex = if_nametoindex(loop_dev()),
		.tcm.tcm_parent = TC_H_ROOT,
	};
	struct tc_plug_qopt opt = { .action = action, .limit = PLUG_LIMIT };

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
			    TCQ_PLUG_BUFFER);
}

int unplug(void)
{
	return plug_request(RTM_NEWQDISC, 0, TCQ_PLUG_RELEASE_INDEFINITE);
}

int unplug_drop(void)
{
	return plug_request(RTM_DELQDISC, 0, 0);
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
