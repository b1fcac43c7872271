// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <xtcp.h>

#include "common.h"

/* The module parameter can move the family, so ask the loaded module first. */
int xtcp_family(void)
{
	FILE *f = fopen("/sys/module/xtcp/parameters/family", "re");
	int family = AF_XTCP;

	if (!f)
		return AF_XTCP;
	if (fscanf(f, "%d", &family) != 1)
		family = AF_XTCP;
	fclose(f);
	return family;
}

const char *net_strerror(int err, int family)
{
	if (family == AF_INET)
		return strerror(err);

	switch (err) {
	case EAFNOSUPPORT:
		return "AF_XTCP is not registered: load xtcp.ko first (insmod xtcp.ko)";
	case ENETUNREACH:
		return "Network is unreachable (is xtcp0 there, and up? see: ip link show xtcp0)";
	default:
		return strerror(err);
	}
}

bool want_colour(int fd)
{
	const char *term = getenv("TERM");

	if (getenv("NO_COLOR") || !term || !strcmp(term, "dumb"))
		return false;
	return isatty(fd);
}
