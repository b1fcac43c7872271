// SPDX-License-Identifier: GPL-2.0
/*
 * Loading the module while allocations fail, one after the other: it says so,
 * and leaves nothing behind.  For the instrumented kernel.  XTCP_KO names the
 * module's file.
 *
 * Allocations come in the kernel's loader first, in the module's own start
 * last: of the last OWN each one fails (one in three in the short form), of those
 * before one in STRIDE.
 */
#include <sched.h>

#include "harness.h"
#include "failnth.h"

#define OWN	300
#define STRIDE	40

static void *image;
static size_t size;

static int read_image(const char *path)
{
	struct stat st;
	int fd = open(path ?: "", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st))
		return -1;
	size = st.st_size;
	image = malloc(size);
	if (!image || read(fd, image, size) != (ssize_t)size)
		return -1;
	close(fd);
	return 0;
}

static int load(void)
{
	return syscall(SYS_init_module, image, size, "");
}

static int unload(void)
{
	return syscall(SYS_delete_module, "xtcp", O_NONBLOCK);
}

static bool found(const char *path, const char *text)
{
	char line[512];
	FILE *f = fopen(path, "re");
	bool is = false;

	while (f && !is && fgets(line, sizeof(line), f))
		is = strcasestr(line, text);
	if (f)
		fclose(f);
	return is;
}

/* Nothing of the module may be seen any more. */
static bool gone(void)
{
	return access("/sys/module/xtcp", F_OK) &&
	       access("/proc/net/xtcp", F_OK) &&
	       access("/proc/sys/net/xtcp", F_OK) &&
	       access("/sys/kernel/slab/XTCP", F_OK) &&
	       !found("/proc/net/protocols", "XTCP ") &&
	       !found("/proc/slabinfo", "xtcp") && sock(0) < 0;
}

/* In a process of its own, which the kernel may kill. */
static int try_load(unsigned int n, unsigned int *left)
{
	int nth = nth_open();
	int ret, error;

	nth_arm(nth, n);
	ret = load();
	error = errno;
	*left = nth_disarm(nth);
	close(nth);
	errno = error;
	return ret;
}

/* The first namespace gets its device back, whatever became of the test. */
static int restore(void)
{
	int ns = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);

	if (load() && errno != EEXIST)
		return -1;
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		return -1;
	if (link_add("xtcp", "xtcp0") && errno != EEXIST)
		return -1;
	return link_up("xtcp0", true);
}

/* What an allocation that fails is called; ENFILE where it is a socket's. */
static bool no_memory(int error)
{
	return error == ENOMEM || error == ENOBUFS || error == EFAULT ||
	       error == ENFILE;
}

FIXTURE(module) {
};

FIXTURE_SETUP(module)
{
	ASSERT_EQ(0, read_image(getenv("XTCP_KO")));
	ASSERT_EQ(0, fail_prepare());
	/* namespaces of earlier tests may still hold sockets */
	ASSERT_TRUE(WAIT_FOR(!unload()));
}

FIXTURE_TEARDOWN(module)
{
	fail_prepare();
	EXPECT_EQ(0, restore());
}

TEST_F_TIMEOUT(module, load, 3600)
{
	unsigned int total, left, n, failures = 0;
	int ret;

	ASSERT_TRUE(gone());
	ASSERT_EQ(0, try_load(NTH_NEVER, &left));
	ASSERT_EQ(0, unload());
	total = NTH_NEVER - left;
	for (n = total + 1; n > 0 && n <= total + 1;
	     n -= n + OWN > total ? stride(3) : STRIDE) {
		ret = try_load(n, &left);
		EXPECT_TRUE(!ret || (!left && no_memory(errno))) {
			TH_LOG("attempt %u of %u: %d %s", n, total, ret,
			       strerror(errno));
		}
		failures += !left;
		if (!ret)
			ASSERT_EQ(0, unload());
		EXPECT_TRUE(gone()) {
			TH_LOG("attempt %u of %u left something", n, total);
		}
	}
	printf("# %u of %u failures\n", failures, total);
	EXPECT_LT(OWN / 2 / stride(3), failures);
}

TEST_HARNESS_MAIN
