// SPDX-License-Identifier: GPL-2.0
/*
 * Every number that comes from outside, at its ends and beyond them: metrics of
 * routes, sysctls, limits of devices, socket options.  Whatever is accepted,
 * connections over xtcp0 and over a wire, by either end, come up, carry data
 * both ways, and end.  HERE has the odd number; PEER speaks TCP, or the same
 * protocol as HERE.
 */
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "wire_fixtures.h"

#define BYTES	4000
/* Where TCP gets nothing through, or byte by byte: just try, with a few. */
#define TRY	(150 * SLOW)
#define FEW	8

/* Is @word among those of @list? */
static bool listed(const char *list, const char *word)
{
	size_t len = strlen(word);
	const char *at = list;

	while (at && (at = strstr(at, word))) {
		if ((at == list || at[-1] == ' ') &&
		    (!at[len] || at[len] == ' '))
			return true;
		at += len;
	}
	return false;
}

/* ---- a conversation -------------------------------------------------------- */

struct option {
	int level, name, value;
};

static void option_set(int fd, const struct option *o)
{
	if (o)
		set_int(fd, o->level, o->name, o->value);
}

/* Both ways at once, each to its end */
static bool talk(int a, int b, int patience)
{
	size_t size = patience == TRY ? FEW : BYTES;
	struct flow flows[] = {
		{ .from = a, .to = b, .size = size, .half_close = true },
		{ .from = b, .to = a, .size = size, .half_close = true },
	};

	return !flows_run(flows, ARRAY_SIZE(flows), patience);
}

static int accept_within(int lfd, int patience)
{
	struct pollfd p = { .fd = lfd, .events = POLLIN };

	if (poll(&p, 1, patience) != 1)
		return -1;
	return accept4(lfd, NULL, NULL, SOCK_NONBLOCK);
}

/* What came of it: true if all of it went as it should. */
static bool converse(const struct world *w, int client, int server,
		     const struct option *o, int patience)
{
	int lfd = world_listener(w, server, 0, 1), sfd = -1;
	int cfd = world_sock(w, client, SOCK_NONBLOCK);
	bool good = false;

	set_int(lfd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(cfd, SOL_SOCKET, SO_KEEPALIVE, 1);
	option_set(lfd, o);
	option_set(cfd, o);
	if (!connect_to(cfd, world_ip(server), port_of(lfd)) ||
	    errno == EINPROGRESS)
		sfd = accept_within(lfd, patience);
	if (sfd >= 0) {
		option_set(cfd, o);
		option_set(sfd, o);
		good = talk(cfd, sfd, patience);
		reset_by(sfd);
	}
	reset_by(cfd);
	close(lfd);
	return good;
}

static bool try(const struct world *w, int client, int server, int patience)
{
	if (converse(w, client, server, NULL, patience))
		return true;
	if (patience != TRY)
		printf("# fails from %s to %s\n", world_ip(client),
		       world_ip(server));
	return false;
}

/*
 * Over xtcp0, and over the wire, where the ends take turns to be the client;
 * how many of them failed.
 */
static int converse_all(const struct world *w, int patience)
{
	static int turn;
	int client = turn++ & 1 ? PEER : HERE;

	return !try(w, HERE, HERE, patience) +
	       !try(w, client, client == HERE ? PEER : HERE, patience);
}

FIXTURE(bounds) {
	struct world w;
};

FIXTURE_VARIANT(bounds) {
	bool alike;		/* PEER and HERE */
};

FIXTURE_VARIANT_ADD(bounds, tcp) {
	.alike = false,
};

FIXTURE_VARIANT_ADD(bounds, alike) {
	.alike = true,
};

FIXTURE_SETUP(bounds)
{
	ASSERT_EQ(0, world_make(&self->w, family,
				variant->alike ? family : AF_INET, false));
}

FIXTURE_TEARDOWN(bounds)
{
	world_end(&self->w);
}

/* Many short conversations */
#define TEST_DRIVEN(name)	TEST_F_TIMEOUT(bounds, name, 3 * TEST_SECONDS)

/* What was set is set back: nothing is broken for good. */
#define EXPECT_USUAL()	EXPECT_EQ(0, converse_all(&self->w, PATIENCE))

/* ---- sysctls ----------------------------------------------------------------- */

struct setting {
	const char *name;
	const char *deaf;	/* values with which TCP, too, gets nothing through */
	bool host;		/* it is not the namespace's */
};

static const char *const texts[] = {
	"0", "1", "-1", "255", "65536", "2147483647", "2147483648",
	"-2147483648",
};

/* A vector gets as many of it as it has numbers. */
static void repeat(char *buf, size_t size, const char *text, const char *old)
{
	size_t n = snprintf(buf, size, "%s", text);

	while ((old = strpbrk(old, "\t ")) && n < size) {
		n += snprintf(buf + n, size - n, " %s", text);
		old++;
	}
}

static int setting_set(const struct setting *s, const char *text)
{
	return s->host ? host_sysctl_set(s->name, text) :
			 sysctl_set(s->name, text);
}

static int setting_get(const struct setting *s, char *text, size_t size)
{
	char path[128];

	if (s->host)
		return host_sysctl_get(s->name, text, size);
	snprintf(path, sizeof(path), "/proc/sys/net/%s", s->name);
	return read_text(path, text, size);
}

/* With each value that it takes; how many conversations failed. */
static int setting_drive(const struct world *w, const struct setting *s)
{
	char old[256], text[256];
	int i, failed = 0;

	if (setting_get(s, old, sizeof(old)))
		return 0;	/* another kernel's */
	for (i = 0; i < ARRAY_SIZE(texts); i += stride(2)) {
		bool deaf = listed(s->deaf, texts[i]);
		int bad;

		repeat(text, sizeof(text), texts[i], old);
		if (setting_set(s, text))
			continue;
		bad = converse_all(w, deaf ? TRY : PATIENCE);
		if (bad && !deaf) {
			printf("# %s = %s\n", s->name, text);
			failed += bad;
		}
	}
	return setting_set(s, old) ? -1 : failed;
}

static const struct setting tcp_settings[] = {
	{ "ipv4/tcp_abort_on_overflow" },
	{ "ipv4/tcp_adv_win_scale" },
	{ "ipv4/tcp_app_win" },
	{ "ipv4/tcp_challenge_ack_limit" },
	{ "ipv4/tcp_ecn" },
	{ "ipv4/tcp_ecn_fallback" },
	{ "ipv4/tcp_fin_timeout" },
	{ "ipv4/tcp_fwmark_accept" },
	{ "ipv4/tcp_invalid_ratelimit" },
	{ "ipv4/tcp_keepalive_intvl" },
	{ "ipv4/tcp_keepalive_probes" },
	{ "ipv4/tcp_keepalive_time" },
	{ "ipv4/tcp_max_syn_backlog" },
	{ "ipv4/tcp_max_tw_buckets" },
	{ "ipv4/tcp_migrate_req" },
	{ "ipv4/tcp_min_snd_mss" },
	{ "ipv4/tcp_moderate_rcvbuf" },
	{ "ipv4/tcp_notsent_lowat", "0" },
	{ "ipv4/tcp_orphan_retries" },
};

static const struct setting more_tcp_settings[] = {
	{ "ipv4/tcp_reflect_tos" },
	{ "ipv4/tcp_reordering" },
	{ "ipv4/tcp_retries1" },
	{ "ipv4/tcp_retries2" },
	{ "ipv4/tcp_rfc1337" },
	{ "ipv4/tcp_rmem" },
	{ "ipv4/tcp_sack" },
	{ "ipv4/tcp_slow_start_after_idle" },
	{ "ipv4/tcp_stdurg" },
	{ "ipv4/tcp_syn_linear_timeouts" },
	{ "ipv4/tcp_syn_retries" },
	{ "ipv4/tcp_synack_retries" },
	{ "ipv4/tcp_syncookies" },
	{ "ipv4/tcp_timestamps" },
	{ "ipv4/tcp_tw_reuse" },
	{ "ipv4/tcp_window_scaling" },
	{ "ipv4/tcp_wmem" },
};

static const struct setting other_settings[] = {
	{ "ipv4/fwmark_reflect" },
	{ "ipv4/ip_autobind_reuse" },
	{ "ipv4/ip_default_ttl" },
	{ "ipv4/ip_local_port_range", "0 1 255 65536" },
	{ "ipv4/ip_no_pmtu_disc" },
	{ "ipv4/ip_nonlocal_bind" },
	{ "ipv4/route/min_adv_mss" },
	{ "ipv4/route/min_pmtu" },
	{ "ipv4/route/mtu_expires" },
	{ "core/somaxconn", "0" },
	{ "core/txrehash" },
	{ "core/rmem_default", NULL, true },
	{ "core/rmem_max", NULL, true },
	{ "core/wmem_default", NULL, true },
	{ "core/wmem_max", NULL, true },
	{ "core/optmem_max", NULL, true },
	{ "xtcp/timewait_msecs" },
	{ "xtcp/max_orphans" },
};

static int settings_drive(const struct world *w, const struct setting *s,
			  size_t n)
{
	int failed = 0;

	for (; n; n--, s++)
		failed += setting_drive(w, s);
	return failed;
}

TEST_DRIVEN(tcp_sysctls)
{
	EXPECT_EQ(0, settings_drive(&self->w, tcp_settings,
				    ARRAY_SIZE(tcp_settings)));
	EXPECT_USUAL();
}

TEST_DRIVEN(more_tcp_sysctls)
{
	EXPECT_EQ(0, settings_drive(&self->w, more_tcp_settings,
				    ARRAY_SIZE(more_tcp_settings)));
	EXPECT_USUAL();
}

TEST_DRIVEN(other_sysctls)
{
	EXPECT_EQ(0, settings_drive(&self->w, other_settings,
				    ARRAY_SIZE(other_settings)));
	EXPECT_USUAL();
}

/* ---- routes and devices ------------------------------------------------------- */

static const __u32 numbers[] = {
	0, 1, 11, 12, 13, 87, 88, 255, 256, 65535, 65536, 0x7fffffff,
	0x80000000, 0xffffffff,
};

static const struct metric {
	const char *name;
	int type;
	const char *deaf;	/* values with which nobody gets anything through */
	const char *tcp_deaf;	/* and those with which TCP does not */
} metrics[] = {
	{ "mtu", RTAX_MTU, "1 11 12 13", "87 88 255 256" },
	{ "window", RTAX_WINDOW, "1 11 12 13 87 88 255" },
	{ "rtt", RTAX_RTT },
	{ "rttvar", RTAX_RTTVAR },
	{ "ssthresh", RTAX_SSTHRESH },
	{ "cwnd", RTAX_CWND },
	{ "advmss", RTAX_ADVMSS },
	{ "reordering", RTAX_REORDERING },
	{ "hoplimit", RTAX_HOPLIMIT },
	{ "initcwnd", RTAX_INITCWND },
	{ "features", RTAX_FEATURES },
	{ "rto_min", RTAX_RTO_MIN },
	/* times the MSS it is 0 */
	{ "initrwnd", RTAX_INITRWND, NULL, "2147483648" },
	{ "quickack", RTAX_QUICKACK },
	{ "fastopen_no_cookie", RTAX_FASTOPEN_NO_COOKIE },
};

/* On the route over the wire, and the one within the host */
static int metric_set(int type, __u32 value)
{
	return route_metric(HERE_IP, "a0", false, type, value) ?:
	       route_metric(HERE_IP, "a0", true, type, value);
}

static bool metric_deaf(const struct metric *m, __u32 number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	return listed(m->deaf, text) || (native() && listed(m->tcp_deaf, text));
}

static int metric_drive(const struct world *w, const struct metric *m)
{
	int i, bad, failed = 0;

	for (i = 0; i < ARRAY_SIZE(numbers); i += stride(2)) {
		bool deaf = metric_deaf(m, numbers[i]);

		if (metric_set(m->type, numbers[i]))
			continue;
		bad = converse_all(w, deaf ? TRY : PATIENCE);
		if (bad && !deaf) {
			printf("# %s %u\n", m->name, numbers[i]);
			failed += bad;
		}
	}
	/* no metric at all */
	return metric_set(RTAX_UNSPEC, 0) ? -1 : failed;
}

/* advmss 12 and a SYN with timestamps: there was nothing left to divide by. */
TEST_DRIVEN(route_metrics)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(metrics); i++)
		EXPECT_EQ(0, metric_drive(&self->w, &metrics[i]));
	EXPECT_USUAL();
}

static const struct limit {
	const char *name;
	int attribute;
	__u32 usual;
	__u32 values[7];
	int n;
} limits[] = {
	{ "mtu", IFLA_MTU, 1500,
	  { 576, 1279, 1280, 9000, 65535, 65536, 0xffffffff }, 7 },
	{ "gso_max_size", IFLA_GSO_MAX_SIZE, 65536,
	  { 0, 1, 255, 65535, 65536, 524280, 0xffffffff }, 7 },
	{ "gso_max_segs", IFLA_GSO_MAX_SEGS, 65535,
	  { 0, 1, 2, 65534, 65535, 65536, 0xffffffff }, 7 },
	{ "gro_max_size", IFLA_GRO_MAX_SIZE, 65536,
	  { 0, 1, 255, 65535, 65536, 524280, 0xffffffff }, 7 },
	{ "txqlen", IFLA_TXQLEN, 1000,
	  { 0, 1, 2, 65535, 0x7fffffff, 0xffffffff }, 6 },
};

static int limit_drive(const struct world *w, const char *dev,
		       const struct limit *l)
{
	int i, bad, failed = 0;

	for (i = 0; i < l->n; i++) {
		if (link_number(dev, l->attribute, l->values[i]))
			continue;
		bad = converse_all(w, PATIENCE);
		if (bad)
			printf("# %s of %s %u\n", l->name, dev, l->values[i]);
		failed += bad;
	}
	/* xtcp0 had others, which the device's own limits tell. */
	if (link_number(dev, l->attribute, l->usual))
		return -1;
	return failed;
}

TEST_DRIVEN(device_limits)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		EXPECT_EQ(0, limit_drive(&self->w, "a0", &limits[i]));
		EXPECT_EQ(0, limit_drive(&self->w, loop_dev(), &limits[i]));
	}
	EXPECT_USUAL();
}

/*
 * The smallest MTU, at both ends: larger segments than a device takes are lost
 * on the wire.
 */
TEST_DRIVEN(small_mtu)
{
	static const int mtus[] = { 68, 69, 88, 127, 256, 551, 552, 553 };
	struct world *w = &self->w;
	int i, bad;

	for (i = 0; i < ARRAY_SIZE(mtus); i++) {
		ASSERT_EQ(0, world_enter(w, PEER));
		ASSERT_EQ(0, link_mtu("b0", mtus[i]));
		ASSERT_EQ(0, world_enter(w, HERE));
		ASSERT_EQ(0, link_mtu("a0", mtus[i]));
		ASSERT_EQ(0, link_mtu(loop_dev(), mtus[i]));
		/* TCP within the host has no path for its least segment. */
		if (native() && mtus[i] < 552)
			bad = !try(w, HERE, PEER, PATIENCE) +
			      !try(w, PEER, HERE, PATIENCE);
		else
			bad = converse_all(w, PATIENCE);
		EXPECT_EQ(0, bad) {
			TH_LOG("MTU %d", mtus[i]);
		}
	}
}

static const int offloads[] = {
	ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM, ETHTOOL_SSG, ETHTOOL_STSO,
	ETHTOOL_SGSO, ETHTOOL_SGRO,
};

TEST_DRIVEN(offloads)
{
	const char *const devs[] = { "a0", loop_dev() };
	int i, d, on;

	/* off one after the other, and on again in that order */
	for (on = 0; on <= 1; on++) {
		for (i = 0; i < 2 * ARRAY_SIZE(offloads); i++) {
			d = i / ARRAY_SIZE(offloads);
			world_ethtool(&self->w, HERE, devs[d],
				      offloads[i % ARRAY_SIZE(offloads)], on);
			EXPECT_EQ(0, converse_all(&self->w, PATIENCE));
		}
	}
}

/* ---- socket options ------------------------------------------------------------ */

/*
 * Every option that there is or may be, on all of its sockets before and after
 * the connection is made.  Some stop it, as they should; the next goes on.
 */
static void options_drive(const struct world *w, int level, int names)
{
	static const int values[] = { 0, 1, -1, 255, 65536, 0x7fffffff };
	struct option o = { .level = level };
	int i;

	for (o.name = 1; o.name < names; o.name++) {
		for (i = 0; i < ARRAY_SIZE(values); i++) {
			o.value = values[i];
			converse(w, HERE, i & 1 ? PEER : HERE, &o, TRY);
		}
	}
}

TEST_DRIVEN(socket_options)
{
	options_drive(&self->w, SOL_SOCKET, 84);
	EXPECT_USUAL();
}

TEST_DRIVEN(ip_options)
{
	options_drive(&self->w, IPPROTO_IP, 52);
	EXPECT_USUAL();
}

TEST_DRIVEN(tcp_options)
{
	options_drive(&self->w, IPPROTO_TCP, 46);
	EXPECT_USUAL();
}

/* ---- what the numbers do --------------------------------------------------------- */

/* net.xtcp.* take what makes sense, and keep what they had. */
TEST(xtcp_ranges)
{
	static const struct {
		const char *name, *largest, *beyond[4];
	} ranges[] = {
		{ "xtcp/timewait_msecs", "86400000",
		  { "86400001", "2147483648", "4294967295", "-1" } },
		{ "xtcp/max_orphans", "2147483647",
		  { "2147483648", "4294967295", "4294967296", "-1" } },
	};
	int i, j;

	if (native())
		return;
	ASSERT_EQ(0, fresh_netns());
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		EXPECT_EQ(0, sysctl_set(ranges[i].name, "0"));
		EXPECT_EQ(0, sysctl_get(ranges[i].name));
		EXPECT_EQ(0, sysctl_set(ranges[i].name, ranges[i].largest));
		for (j = 0; j < ARRAY_SIZE(ranges[i].beyond); j++) {
			EXPECT_EQ(EINVAL, err(sysctl_set(ranges[i].name,
							 ranges[i].beyond[j])))
				TH_LOG("%s", ranges[i].beyond[j]);
			EXPECT_EQ(atol(ranges[i].largest),
				  sysctl_get(ranges[i].name));
		}
	}
}

/* Who closed first is in TIME_WAIT, or over; its ports. */
static int closed_state(unsigned int *lport, unsigned int *rport)
{
	int fd[2];

	if (pair(fd))
		return -1;
	*lport = port_of(fd[0]);
	*rport = port_of(fd[1]);
	shutdown(fd[0], SHUT_WR);
	if (wait_for(fd[1], POLLIN) <= 0)
		return -1;
	shutdown(fd[1], SHUT_WR);
	if (wait_for(fd[0], POLLIN) <= 0)
		return -1;
	close(fd[0]);
	close(fd[1]);
	return state_of(*lport, *rport);
}

TEST(xtcp_timewait)
{
	unsigned int lport, rport, lport2, rport2;

	if (native())
		return;
	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("xtcp/timewait_msecs", "86400000"));
	EXPECT_EQ(ST_TIME_WAIT, closed_state(&lport, &rport));
	ASSERT_EQ(0, sysctl_set("xtcp/timewait_msecs", "0"));
	ASSERT_LE(0, closed_state(&lport2, &rport2));
	EXPECT_TRUE(WAIT_FOR(state_of(lport2, rport2) == ST_NONE));
	EXPECT_EQ(ST_TIME_WAIT, state_of(lport, rport));
}

/* A probe is due at once; or, by a negative time, never. */
TEST(keepalive)
{
	long sent;
	int fd[2];

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_keepalive_time", "0"));
	ASSERT_EQ(0, pair(fd));
	EXPECT_EQ(0, get_int(fd[0], IPPROTO_TCP, TCP_KEEPIDLE));
	sent = counter("TCPKeepAlive");
	ASSERT_EQ(0, set_int(fd[0], SOL_SOCKET, SO_KEEPALIVE, 1));
	EXPECT_TRUE(WAIT_FOR(counter("TCPKeepAlive") > sent));
	EXPECT_EQ(0, sock_error(fd[0]));
	ASSERT_EQ(0, reset_by(fd[0]));
	ASSERT_EQ(0, close(fd[1]));
}

TEST(keepalive_negative)
{
	struct row row;
	long sent;
	int fd[2];

	ASSERT_EQ(0, fresh_netns());
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_keepalive_time", "-1"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_keepalive_intvl", "-1"));
	ASSERT_EQ(0, sysctl_set("ipv4/tcp_keepalive_probes", "0"));
	ASSERT_EQ(0, pair(fd));
	EXPECT_EQ(-1, get_int(fd[0], IPPROTO_TCP, TCP_KEEPIDLE));
	sent = counter("TCPKeepAlive");
	ASSERT_EQ(0, set_int(fd[0], SOL_SOCKET, SO_KEEPALIVE, 1));
	/* Its timer has fired once, and has been set to a day far away. */
	WAIT_FOR(row_find(port_of(fd[0]), port_of(fd[1]), &row) == 1 &&
		 row.timer == 2 && row.when > 1000000);
	EXPECT_LT(1000000, row.when);
	EXPECT_EQ(sent, counter("TCPKeepAlive"));
	EXPECT_EQ(0, send_all(fd[0], "x", 1));
	EXPECT_EQ(0, recv_all(fd[1], scratch, 1));
	ASSERT_EQ(0, reset_by(fd[0]));
	ASSERT_EQ(0, close(fd[1]));
}

/* What tcp_reordering says, a connection believes. */
TEST(reordering)
{
	static const char *const values[] = { "0", "1", "255", "256", "-1" };
	struct tcp_info info;
	socklen_t len;
	int fd[2], i;

	ASSERT_EQ(0, fresh_netns());
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		/* Newer kernels have a range. */
		if (sysctl_set("ipv4/tcp_reordering", values[i]))
			continue;
		len = sizeof(info);
		ASSERT_EQ(0, pair(fd));
		ASSERT_EQ(0, getsockopt(fd[0], IPPROTO_TCP, TCP_INFO, &info,
					&len));
		EXPECT_EQ((__u32)atol(values[i]), info.tcpi_reordering);
		/* A loss is repaired whatever it says. */
		ASSERT_EQ(0, plug());
		ASSERT_EQ(0, send_all(fd[0], "x", 1));
		ASSERT_EQ(0, unplug_drop());
		ASSERT_EQ(0, send_all(fd[0], "y", 1));
		EXPECT_EQ(0, recv_all(fd[1], scratch, 2));
		ASSERT_EQ(0, reset_by(fd[0]));
		ASSERT_EQ(0, close(fd[1]));
	}
}

#include "nothing_left.h"
