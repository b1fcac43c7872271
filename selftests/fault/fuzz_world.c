// SPDX-License-Identifier: GPL-2.0
/*
 * What changes below the sockets of the fuzzer: devices, queues, actions, rules,
 * settings, routes, processors, the module itself.  Tools take most of the
 * time, so each is run once for all that a change asks of it.
 */
#include <dirent.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include <kselftest.h>

#include "fuzz_calls.h"

#define MODULES								\
	"modprobe -a -q nfnetlink_queue nft_queue nft_tproxy "		\
	"nft_socket nft_synproxy nft_limit nft_fib_ipv4 nft_reject_inet " \
	"act_mirred act_tunnel_key act_vlan act_skbedit act_nat act_csum " \
	"act_ct act_skbmod act_bpf cls_matchall sch_tbf sch_prio sch_sfq " \
	"sch_netem sch_plug sch_fq veth dummy tcp_bbr"

#define TEXT		4096
#define SETTINGS	300

int places[PLACES] = { -1, -1, -1 };
unsigned int *world_faults;

static pid_t maker;		/* whose descriptors places[] are */
static int first_netns;

/* There may be queues and actions, or rules, that world_heal() takes away. */
static bool queued[PLACES], ruled[PLACES];

/* ---- lines for a tool --------------------------------------------------------- */

struct text {
	char bytes[TEXT];
	size_t len;
};

static void say(struct text *t, const char *format, ...)
	__attribute__((__format__(printf, 2, 3)));

static void say(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->bytes + t->len, TEXT - t->len, format, args);
	va_end(args);
	if (n > 0 && n < TEXT - t->len)
		t->len += n;
	else
		t->bytes[t->len] = 0;
}

/* What a tool has to say does not matter. */
static void run_at(int place, const char *line, const struct text *t)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int errors = fcntl(2, F_DUPFD_CLOEXEC, 3);

	dup2(null, 2);
	if (place != AT_HOME)
		setns(places[place], CLONE_NEWNET);
	run_line(line, t->bytes);
	if (place != AT_HOME)
		setns(places[AT_HOME], CLONE_NEWNET);
	dup2(errors, 2);
	close(errors);
	close(null);
}

#define IP_LINES	"ip -force -batch -"
#define TC_LINES	"tc -force -batch -"
#define NFT_LINES	"nft -f -"

/* A device of HOME, or b0 of PEER */
static const char *const devices[] = { "lo", "xtcp0", "a0", "b0" };

static int place_of(unsigned int device)
{
	return device == 3 ? AT_PEER : AT_HOME;
}

static unsigned int any_number(struct fuzz_in *in)
{
	return fuzz_number(in);
}

/* ---- devices -------------------------------------------------------------------- */

static void say_veth(struct text *t)
{
	say(t, "link add a0 type veth peer name b0 netns /proc/%d/fd/%d\n",
	    maker, places[AT_PEER]);
}

static void say_home(struct text *t)
{
	say(t, "link add xtcp0 type xtcp\nlink set xtcp0 up\n"
	    "link set lo up\nlink add d0 type dummy\nlink set d0 up\n"
	    "link set a0 master xtcp0\nlink set a0 up mtu 1500\n"
	    "addr replace 10.0.1.1/16 dev a0\n"
	    "addr replace 127.0.0.1/8 dev lo\n");
}

/* The other end is TCP's, or XTCP's too. */
static void say_peer(struct text *t, bool wire)
{
	say(t, "link set lo up\nlink add xtcp0 type xtcp\nlink set xtcp0 up\n"
	    "link set b0 %s\nlink set b0 up mtu 1500\n"
	    "addr replace 10.0.2.1/16 dev b0\n",
	    wire ? "master xtcp0" : "nomaster");
}

static void change_up(struct fuzz_in *in)
{
	unsigned int device = fuzz_draw(in, ARRAY_SIZE(devices));
	int place = place_of(device);

	setns(places[place], CLONE_NEWNET);
	link_up(devices[device], false);
	if (fuzz_draw(in, 4))
		usleep(fuzz_draw(in, 65536));
	if (fuzz_draw(in, 4))
		link_up(devices[device], true);
	setns(places[AT_HOME], CLONE_NEWNET);
}

static void change_xtcp(struct fuzz_in *in)
{
	int place = fuzz_draw(in, 3) ? AT_HOME : AT_PEER;
	const char *wire = place == AT_HOME ? "a0" : "b0";

	setns(places[place], CLONE_NEWNET);
	link_del("xtcp0");
	usleep(fuzz_draw(in, 20000));
	if (fuzz_draw(in, 4)) {
		link_add("xtcp", "xtcp0");
		link_up("xtcp0", true);
		if (fuzz_draw(in, 4))
			link_master(wire, "xtcp0");
	}
	setns(places[AT_HOME], CLONE_NEWNET);
}

static void change_wire(struct fuzz_in *in)
{
	static const char *const lines[] = {
		"link set %s nomaster\n", "link set %s master xtcp0\n",
		"link set %s nomaster\nlink set %s master xtcp0\n",
		"link set %s type veth\n",
	};
	const char *line = lines[fuzz_draw(in, ARRAY_SIZE(lines))];
	int place = fuzz_draw(in, 2) ? AT_HOME : AT_PEER;
	const char *wire = place == AT_HOME ? "a0" : "b0";
	struct text t = { };

	say(&t, line, wire, wire);
	run_at(place, IP_LINES, &t);
}

/* Deleted, and made again if it was not already */
static void change_veth(struct fuzz_in *in)
{
	struct text t = { };

	link_del("a0");
	usleep(fuzz_draw(in, 20000));
	say_veth(&t);
	say_home(&t);
	run_at(AT_HOME, IP_LINES, &t);
	t.len = 0;
	say_peer(&t, fuzz_draw(in, 2));
	run_at(AT_PEER, IP_LINES, &t);
}

/* To another namespace, where it is a wire, too, and back */
static void change_namespace(struct fuzz_in *in)
{
	const char *device = fuzz_draw(in, 4) ? "a0" : "xtcp0";
	struct text t = { };

	say(&t, "link set %s netns /proc/%d/fd/%d\n", device, maker,
	    places[AT_OTHER]);
	run_at(AT_HOME, IP_LINES, &t);
	t.len = 0;
	say(&t, "link add xtcp0 type xtcp\nlink set xtcp0 up\n");
	say(&t, "link set %s up master xtcp0\naddr add 10.0.1.1/16 dev %s\n",
	    device, device);
	say(&t, "link set %s netns /proc/%d/fd/%d\nlink del xtcp0\n", device,
	    maker, places[AT_HOME]);
	run_at(AT_OTHER, IP_LINES, &t);
	t.len = 0;
	say_home(&t);
	run_at(AT_HOME, IP_LINES, &t);
}

static void change_mtu(struct fuzz_in *in)
{
	static const int mtus[] = {
		68, 69, 88, 100, 296, 552, 576, 1280, 1499, 1500, 9000, 65521,
		65535, 67, 0, 65536,
	};
	unsigned int device = fuzz_draw(in, ARRAY_SIZE(devices));
	int mtu = fuzz_draw(in, 8) ? mtus[fuzz_draw(in, ARRAY_SIZE(mtus))] :
				     (int)any_number(in);

	setns(places[place_of(device)], CLONE_NEWNET);
	link_mtu(devices[device], mtu);
	setns(places[AT_HOME], CLONE_NEWNET);
}

static void change_address(struct fuzz_in *in)
{
	static const char *const lines[] = {
		"addr del 10.0.1.1/16 dev a0\n", "addr add 10.0.1.1/16 dev a0\n",
		"addr del 127.0.0.1/8 dev lo\n", "addr add 127.0.0.1/8 dev lo\n",
		"addr add 10.0.2.99/32 dev lo\n", "addr del 10.0.2.99/32 dev lo\n",
		"neigh flush dev a0\n", "neigh add 10.0.2.1 lladdr 2:0:0:0:0:9 dev a0\n",
		"neigh del 10.0.2.1 dev a0\n", "route add blackhole 10.0.2.1\n",
		"route add unreachable 10.0.2.1\n", "route del 10.0.2.1\n",
		"route add local 10.9.0.0/16 dev lo\n",
		"rule add fwmark 1 lookup 100\n", "rule del fwmark 1 lookup 100\n",
		"route add local 0.0.0.0/0 dev lo table 100\n",
	};
	struct text t = { };
	int n;

	for (n = 1 + fuzz_draw(in, 3); n; n--)
		say(&t, "%s", lines[fuzz_draw(in, ARRAY_SIZE(lines))]);
	run_at(AT_HOME, IP_LINES, &t);
}

/* Checksums and segmentation by the device, or not */
static void change_offload(struct fuzz_in *in)
{
	static const unsigned int commands[] = {
		ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM, ETHTOOL_SSG, ETHTOOL_STSO,
		ETHTOOL_SGSO, ETHTOOL_SGRO,
	};
	unsigned int device = fuzz_draw(in, ARRAY_SIZE(devices));
	struct ethtool_value value = {
		.cmd = commands[fuzz_draw(in, ARRAY_SIZE(commands))],
		.data = fuzz_draw(in, 2),
	};
	struct ifreq ifr = { .ifr_data = (void *)&value };
	int fd;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", devices[device]);
	setns(places[place_of(device)], CLONE_NEWNET);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ioctl(fd, SIOCETHTOOL, &ifr);
	close(fd);
	setns(places[AT_HOME], CLONE_NEWNET);
}

/* ---- queues and actions ----------------------------------------------------------- */

static void change_qdisc(struct fuzz_in *in)
{
	unsigned int device = fuzz_draw(in, ARRAY_SIZE(devices));
	const char *name = devices[device];
	struct text t = { };

	say(&t, "qdisc %s dev %s root ", fuzz_draw(in, 8) ? "replace" : "del", name);
	switch (fuzz_draw(in, 8)) {
	case 0:
		say(&t, "netem loss %u%% duplicate %u%% corrupt %u%% delay %ums reorder %u%%\n",
		    fuzz_draw(in, 50), fuzz_draw(in, 50), fuzz_draw(in, 20),
		    1 + fuzz_draw(in, 20), fuzz_draw(in, 100));
		break;
	case 1:
		say(&t, "netem delay %ums %ums limit %u\n", fuzz_draw(in, 50),
		    fuzz_draw(in, 20), 1 + fuzz_draw(in, 100));
		break;
	case 2:
		say(&t, "tbf rate %ukbit burst %u limit %u\n",
		    100 + fuzz_draw(in, 65536), 100 + fuzz_draw(in, 65536),
		    fuzz_draw(in, 65536));
		break;
	case 3:
		say(&t, "plug limit 100000\n");
		break;
	case 4:
		say(&t, "fq limit %u flow_limit %u maxrate %ukbit\n",
		    1 + fuzz_draw(in, 100), 1 + fuzz_draw(in, 20),
		    1000 + fuzz_draw(in, 65536));
		break;
	case 5:
		say(&t, "prio bands %u\n", 2 + fuzz_draw(in, 15));
		break;
	case 6:
		say(&t, "pfifo limit %u\n", fuzz_draw(in, 10));
		break;
	default:
		say(&t, "sfq perturb 1 limit %u\n", 2 + fuzz_draw(in, 100));
	}
	run_at(place_of(device), TC_LINES, &t);
	queued[place_of(device)] = true;
}

/* Where to, from devices[@device]: never back, or it would go in circles. */
static const char *further(struct fuzz_in *in, unsigned int device)
{
	static const char *const order[] = { "lo", "xtcp0", "a0", "d0" };

	return device == 3 ? "lo" : order[device + 1 + fuzz_draw(in, 3 - device)];
}

static void say_action(struct text *t, struct fuzz_in *in, unsigned int device,
		       bool egress)
{
	static const char *const plain[] = {
		"vlan pop", "csum ip tcp", "csum ip tcp", "ct", "ct commit",
		"ct clear", "ct nat", "skbedit ptype host",
		"skbedit ptype otherhost", "skbedit ptype broadcast",
		"gact drop", "gact reclassify", "tunnel_key unset",
		"nat egress 127.0.0.1/32 127.0.0.2",
		"nat ingress 127.0.0.1/32 127.0.0.2",
		"nat egress 10.0.2.1/32 10.0.1.1",
		"nat ingress 10.0.1.1/32 10.0.2.99",
		"skbmod swap mac", "skbmod ecn",
		"bpf bytecode \"1,6 0 0 4294967295\"",
		"bpf bytecode \"1,6 0 0 2\"",
	};
	static const char *const ways[] = {
		"egress redirect", "egress mirror", "ingress redirect",
		"ingress mirror",
	};
	const char *name;

	switch (fuzz_draw(in, 8)) {
	case 0:
		say(t, "tunnel_key set src_ip 192.0.2.1 dst_ip 192.0.2.2 id %u dst_port %u",
		    fuzz_draw(in, 65536), fuzz_draw(in, 65536));
		break;
	case 1:
		say(t, "mirred %s dev %s", ways[fuzz_draw(in, ARRAY_SIZE(ways))],
		    further(in, device));
		break;
	case 2:
		say(t, "pedit munge offset %u u8 set %u", fuzz_draw(in, 64),
		    fuzz_draw(in, 256));
		if (fuzz_draw(in, 2))
			say(t, " pipe action csum ip tcp");
		break;
	case 3:
		say(t, "pedit munge offset %u u32 set %u", fuzz_draw(in, 16) * 4,
		    any_number(in));
		if (fuzz_draw(in, 2))
			say(t, " pipe action csum ip tcp");
		break;
	case 4:
		say(t, "vlan push id %u", fuzz_draw(in, 4096));
		break;
	case 5:
		say(t, "skbedit mark %u priority %u", any_number(in), fuzz_draw(in, 16));
		break;
	default:
		name = plain[fuzz_draw(in, ARRAY_SIZE(plain))];
		/* Linux 6.1 goes on with a fragment that act_ct has taken there. */
		if (egress && !strncmp(name, "ct", 2))
			name = "ct clear";
		say(t, "%s", name);
	}
}

/* For some packets only, as with all of them no connection would come to be */
static void say_match(struct text *t, struct fuzz_in *in)
{
	switch (fuzz_draw(in, 4)) {
	case 0:
		say(t, "matchall");
		break;
	case 1:
		say(t, "u32 match ip dport %u 0xffff", FUZZ_PORT + fuzz_draw(in, FUZZ_PORTS));
		break;
	case 2:
		say(t, "u32 match u8 0x%x 0x%x at 33", 1 << fuzz_draw(in, 5),
		    1 << fuzz_draw(in, 5));
		break;
	default:
		say(t, "u32 match u16 0 0x%x at 4", 1 << fuzz_draw(in, 4));
	}
}

static void change_action(struct fuzz_in *in)
{
	unsigned int device = fuzz_draw(in, ARRAY_SIZE(devices)), n;
	const char *name = devices[device], *way;
	struct text t = { };

	say(&t, "qdisc replace dev %s clsact\n", name);
	for (n = 1 + fuzz_draw(in, 3); n; n--) {
		way = fuzz_draw(in, 2) ? "egress" : "ingress";
		if (fuzz_draw(in, 4) == 0)
			say(&t, "filter del dev %s %s\n", name, way);
		say(&t, "filter add dev %s %s protocol %s pref %u ", name, way,
		    fuzz_draw(in, 4) ? "ip" : "all", 1 + fuzz_draw(in, 4));
		say_match(&t, in);
		say(&t, " action ");
		say_action(&t, in, device, way[0] == 'e');
		say(&t, "\n");
	}
	run_at(place_of(device), TC_LINES, &t);
	queued[place_of(device)] = true;
}

/* ---- rules -------------------------------------------------------------------------- */

static void say_statement(struct text *t, struct fuzz_in *in, bool nat)
{
	static const char *const filters[] = {
		"reject with tcp reset", "reject with tcp reset", "reject",
		"reject with icmp type admin-prohibited", "drop",
		"queue num 0", "queue num 0", "queue num 0 bypass",
		"limit rate 20/second drop", "notrack", "ct state new drop",
		"ct state invalid drop", "synproxy mss 1460 wscale 7 timestamp sack-perm",
		"meta mark set 1", "tproxy to 127.0.0.1:20501 meta mark set 1 accept",
		"socket transparent 1 meta mark set 1", "ip ttl set 1",
		"ip dscp set cs1", "tcp dport set 20501", "tcp window set 0",
		"tcp option maxseg size set 12", "meta skuid 0 drop",
		"ct mark set 1", "fib saddr type local drop", "meta priority set 1:1",
	};
	static const char *const nats[] = {
		"redirect to :20501", "redirect to :20502", "dnat to 127.0.0.2:20501",
		"dnat to 10.0.1.1:20501", "dnat to 10.0.2.1", "snat to 10.0.1.1",
		"masquerade", "masquerade random", "dnat to 127.0.0.1:20503",
	};

	if (nat)
		say(t, "%s", nats[fuzz_draw(in, ARRAY_SIZE(nats))]);
	else
		say(t, "%s", filters[fuzz_draw(in, ARRAY_SIZE(filters))]);
}

static void change_rules(struct fuzz_in *in)
{
	static const char *const hooks[] = {
		"prerouting", "input", "output", "postrouting", "forward",
	};
	static const char *const flags[] = {
		"", "tcp flags syn / syn,ack", "tcp flags syn,ack / syn,ack",
		"tcp flags rst / rst", "tcp flags fin / fin", "ip length > 52",
		"meta length 40-60",
	};
	unsigned int hook = fuzz_draw(in, ARRAY_SIZE(hooks));
	bool nat = fuzz_draw(in, 3) == 0 && hook < 4;
	int place = fuzz_draw(in, 4) ? AT_HOME : AT_PEER;
	struct text t = { };

	if (fuzz_draw(in, 2))
		say(&t, "flush ruleset\n");
	say(&t, "table ip t%u { chain c { type %s hook %s priority %d;\n",
	    fuzz_draw(in, 3), nat ? "nat" : fuzz_draw(in, 4) ? "filter" : "filter",
	    hooks[hook], (int)fuzz_draw(in, 5) * 100 - 300);
	say(&t, "%s ", flags[fuzz_draw(in, ARRAY_SIZE(flags))]);
	if (fuzz_draw(in, 2))
		say(&t, "tcp dport %u ", FUZZ_PORT + fuzz_draw(in, FUZZ_PORTS));
	else
		say(&t, "meta l4proto tcp ");
	say_statement(&t, in, nat);
	say(&t, "\n} }\n");
	run_at(place, NFT_LINES, &t);
	ruled[place] = true;
}

/* ---- settings ------------------------------------------------------------------------ */

static struct setting {
	char name[80], value[80];	/* as it was */
} settings[SETTINGS];
static unsigned int n_settings;

static void setting_read(const char *name)
{
	struct setting *s = &settings[n_settings];
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, s->value, sizeof(s->value) - 1);
	close(fd);
	if (n <= 0 || n_settings == SETTINGS - 1)
		return;
	s->value[n] = 0;
	snprintf(s->name, sizeof(s->name), "%s", name);
	n_settings++;
}

static void settings_below(const char *dir, const char *prefix)
{
	struct dirent **entries;
	char path[128], name[400];
	int n, i;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", dir);
	n = scandir(path, &entries, NULL, alphasort);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/%s", dir, entries[i]->d_name);
		if (!strncmp(entries[i]->d_name, prefix, strlen(prefix)) &&
		    entries[i]->d_type != DT_DIR)
			setting_read(name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

/* How long what nobody holds any more may live: not long, or all would wait. */
static bool is_patience(const char *name)
{
	return strstr(name, "timewait_msecs") || strstr(name, "fin_timeout") ||
	       strstr(name, "orphan_retries") || strstr(name, "retries2") ||
	       strstr(name, "rto_max");
}

static void settings_patience(void)
{
	sysctl_set("ipv4/tcp_fin_timeout", "1");
	sysctl_set("ipv4/tcp_orphan_retries", "1");
	sysctl_set("ipv4/tcp_retries2", "3");
	sysctl_set("ipv4/tcp_rto_max_ms", "2000");
	sysctl_set("xtcp/timewait_msecs", "200");
}

static void change_setting(struct fuzz_in *in)
{
	static const char *const words[] = {
		"reno", "cubic", "bbr", "nothing", "", "1 2 3 4 5", "-", "x",
	};
	int place = fuzz_draw(in, 4) ? AT_HOME : AT_PEER, n;
	struct setting *s;
	char text[100];

	setns(places[place], CLONE_NEWNET);
	for (n = 1 + fuzz_draw(in, 4); n && n_settings; n--) {
		s = &settings[fuzz_draw(in, n_settings)];
		if (fuzz_draw(in, 16) == 0)
			snprintf(text, sizeof(text), "%s",
				 words[fuzz_draw(in, ARRAY_SIZE(words))]);
		else if (strchr(s->value, '\t'))
			snprintf(text, sizeof(text), "%lld %lld %lld", fuzz_number(in),
				 fuzz_number(in), fuzz_number(in));
		else if (fuzz_draw(in, 2))
			snprintf(text, sizeof(text), "%u", fuzz_draw(in, 4));
		else
			snprintf(text, sizeof(text), "%lld", fuzz_number(in));
		sysctl_set(s->name, text);
		if (is_patience(s->name))
			settings_patience();
	}
	setns(places[AT_HOME], CLONE_NEWNET);
}

static void settings_back(int place)
{
	unsigned int i;

	setns(places[place], CLONE_NEWNET);
	for (i = 0; i < n_settings; i++)
		sysctl_set(settings[i].name, settings[i].value);
	settings_patience();
	setns(places[AT_HOME], CLONE_NEWNET);
}

/* The machine's memory for TCP: less than it has, for a moment */
static void change_memory(struct fuzz_in *in)
{
	static char before[100];
	const char *beside = getenv("XTCP_FUZZ_BESIDE");
	char text[100];
	int fd;

	/* Other programs would not have what they rely on. */
	if (beside && *beside)
		return;
	setns(first_netns, CLONE_NEWNET);
	fd = open("/proc/sys/net/ipv4/tcp_mem", O_RDWR | O_CLOEXEC);
	if (fd >= 0 && (before[0] || read(fd, before, sizeof(before) - 1) > 0)) {
		snprintf(text, sizeof(text), "%u %u %u", fuzz_draw(in, 256),
			 fuzz_draw(in, 1024), fuzz_draw(in, 2048));
		pwrite(fd, text, strlen(text), 0);
		usleep(fuzz_draw(in, 65536));
		pwrite(fd, before, strlen(before), 0);
	}
	close(fd);
	setns(places[AT_HOME], CLONE_NEWNET);
}

/* ---- routes ----------------------------------------------------------------------------- */

static void change_route(struct fuzz_in *in)
{
	static const char *const metrics[] = {
		"mtu", "advmss", "window", "hoplimit", "initcwnd", "initrwnd",
		"rto_min", "quickack", "cwnd", "ssthresh", "rtt", "rttvar",
		"reordering", "mtu lock",
	};
	static const char *const routes[] = {
		"local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1",
		"local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1",
		"10.0.0.0/16 dev a0 proto kernel scope link src 10.0.1.1",
		"10.0.2.1 dev a0",
	};
	struct text t = { };
	__u32 value;
	int n;

	say(&t, "route replace %s", routes[fuzz_draw(in, ARRAY_SIZE(routes))]);
	for (n = fuzz_draw(in, 4); n; n--) {
		const char *metric = metrics[fuzz_draw(in, ARRAY_SIZE(metrics))];

		value = fuzz_draw(in, 2) ? fuzz_draw(in, 256) : any_number(in);
		/* the kernel's own TCP warns of more (bounds: XTCP's does not) */
		if (strcmp(metric, "initcwnd") == 0)
			value &= INT_MAX;
		say(&t, " %s %u", metric, value);
	}
	if (fuzz_draw(in, 8) == 0)
		say(&t, " features ecn");
	if (fuzz_draw(in, 8) == 0)
		say(&t, " congctl reno");
	say(&t, "\n");
	run_at(AT_HOME, IP_LINES, &t);
}

/* ---- the machine ---------------------------------------------------------------------------- */

static bool processor(bool on)
{
	bool done;
	int fd = open("/sys/devices/system/cpu/cpu1/online", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	done = write(fd, on ? "1" : "0", 1) == 1;
	close(fd);
	return done;
}

static void change_processor(struct fuzz_in *in)
{
	if (processor(false))
		fuzz_count(CALL_PROCESSOR);
	usleep(fuzz_draw(in, 65536));
	processor(true);
}

/* There is always a socket of ours: it must fail, and at once. */
static void change_module(struct fuzz_in *in)
{
	if (native())
		return;
	if (!syscall(SYS_delete_module, "xtcp", O_NONBLOCK))
		__atomic_fetch_add(world_faults, 1, __ATOMIC_RELAXED);
	else if (errno != EWOULDBLOCK)
		__atomic_fetch_add(world_faults, 0x10000, __ATOMIC_RELAXED);
}

static void change_nothing(struct fuzz_in *in)
{
	usleep(fuzz_draw(in, 65536));
}

static void heal_rules(int place)
{
	struct text t = { };

	if (!ruled[place])
		return;
	ruled[place] = false;
	say(&t, "flush ruleset\n");
	run_at(place, NFT_LINES, &t);
}

static void heal_queues(int place)
{
	struct text t = { };
	unsigned int i;

	if (!queued[place])
		return;
	queued[place] = false;
	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (place_of(i) == place)
			say(&t, "qdisc del dev %s root\nqdisc del dev %s clsact\n",
			    devices[i], devices[i]);
	run_at(place, TC_LINES, &t);
}

static void heal_links(void)
{
	struct text t = { };

	if (!if_nametoindex("a0")) {
		/* Gone astray: the other end goes, too, and both are made again. */
		setns(places[AT_PEER], CLONE_NEWNET);
		link_del("b0");
		setns(places[AT_HOME], CLONE_NEWNET);
		say_veth(&t);
	}
	say_home(&t);
	say(&t, "link set lo mtu 65536\nlink set xtcp0 mtu 65535\n"
	    "route del 10.0.2.1\nroute del 127.0.0.1 table local\nneigh flush dev a0\n"
	    "route replace local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1\n"
	    "route replace 10.0.0.0/16 dev a0 proto kernel scope link src 10.0.1.1\n"
	    "rule del fwmark 1\naddr del 10.0.2.99/32 dev lo\n");
	run_at(AT_HOME, IP_LINES, &t);
	t.len = 0;
	say_peer(&t, true);
	run_at(AT_PEER, IP_LINES, &t);
}

void world_heal(void)
{
	int place;

	processor(true);
	for (place = AT_HOME; place <= AT_PEER; place++) {
		heal_rules(place);
		heal_queues(place);
		settings_back(place);
	}
	heal_links();
}

static void change_heal(struct fuzz_in *in)
{
	world_heal();
}

/* What takes little time stands more than once. */
static void (*const changes[])(struct fuzz_in *in) = {
	change_heal, change_heal, change_heal, change_up, change_up, change_up, change_xtcp,
	change_xtcp, change_wire, change_veth, change_namespace, change_mtu, change_mtu,
	change_address, change_offload, change_offload, change_qdisc,
	change_qdisc, change_action, change_action, change_action,
	change_action, change_rules, change_rules, change_rules, change_rules,
	change_setting, change_setting, change_setting, change_setting,
	change_route, change_route, change_module, change_memory,
	change_nothing, change_nothing,
};

void world_change(struct fuzz_in *in)
{
	unsigned int i = fuzz_draw(in, ARRAY_SIZE(changes) * 4 + 1);

	if (i == ARRAY_SIZE(changes) * 4)
		change_processor(in);
	else
		changes[i / 4](in);
	fuzz_count(CALL_WORLD);
}

/* A namespace of its own; the caller stays in it. */
static int place_make(int place)
{
	if (unshare(CLONE_NEWNET) || link_up("lo", true))
		return -1;
	places[place] = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return places[place] < 0 ? -1 : 0;
}

/* Leaves the caller at HOME. */
int world_init(void)
{
	first_netns = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);
	maker = getpid();
	if (first_netns < 0 || place_make(AT_OTHER) || place_make(AT_PEER) ||
	    place_make(AT_HOME))
		return -1;
	/* The kernel was told not to look for modules when it needs them. */
	run_at(AT_HOME, MODULES, &(struct text){ });
	settings_below("ipv4", "tcp_");
	settings_below("ipv4", "ip_");
	settings_below("ipv4", "fwmark_reflect");
	settings_below("ipv4", "icmp_rate");
	settings_below("ipv4/route", "");
	settings_below("xtcp", "");
	setting_read("core/somaxconn");
	world_heal();
	return if_nametoindex("a0") ? 0 : -1;
}
