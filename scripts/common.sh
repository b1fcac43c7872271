# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Paths and small helpers that the scripts here share. Sourced, never run.

XTCP_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Which kernel the guest runs: empty for the distribution's own, or a series
# such as 6.12 that has linux-image-6.12-amd64 and its headers in the archive,
# or sid, Debian's newest. For arm64 and i386 the module is compiled only.
KVER=${KVER:-}

# Under sudo the cache is still that of the user who called: everything but
# the package installation belongs to that user.
invoking_home() {
	if [ "$(id -u)" = 0 ] && [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
		getent passwd "$SUDO_USER" | cut -d: -f6
	else
		printf '%s\n' "${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}"
	fi
}

XTCP_CACHE=${XTCP_CACHE:-${XDG_CACHE_HOME:-$(invoking_home)/.cache}/xtcp}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# The file in which scripts/setup leaves what it found out about the guest.
guest_file() {
	printf '%s/guest%s.env\n' "$XTCP_CACHE" "${KVER:+-$KVER}"
}

# Set the GUEST_* variables:
#   GUEST_RELEASE   as uname -r prints it in the guest
#   GUEST_VERSION   Debian's version of the kernel packages
#   GUEST_KDIR      the headers a module is built against
#   GUEST_VMLINUX   the unpacked kernel, booted through its PVH entry; empty
#                   for another architecture
#   GUEST_MODULES   its modules: a directory that ends in /$GUEST_RELEASE
#   GUEST_SOURCE    files taken from linux-source (selftests, checkpatch, ...)
#   GUEST_STATE     a directory for what else is derived from this kernel
#   GUEST_TOOLS     a root directory whose compiler builds the module; empty
#                   where this machine's does
#   GUEST_MAKE      what make must be told to compile for that architecture
# shellcheck disable=SC2034 # used by those who call it
guest_load() {
	local file
	GUEST_TOOLS=
	GUEST_MAKE=
	file=$(guest_file)
	# The series of the distribution's own kernel may be named, too.
	if [ ! -r "$file" ] && grep -qs "^GUEST_RELEASE='$KVER\." "$XTCP_CACHE/guest.env"; then
		file=$XTCP_CACHE/guest.env
	fi
	[ -r "$file" ] || die "the guest is not prepared: run ${KVER:+KVER=$KVER }scripts/setup first"
	# shellcheck source=/dev/null
	. "$file"
}

# Where the module built for a kernel release lies; one that counts which
# lines are reached (scripts/coverage) lies apart.
module_dir() {
	printf '%s/build/%s%s\n' "$XTCP_ROOT" "$1" "${XTCP_COVERAGE:+-coverage}"
}

# The source of a test program, C or shell, in whatever room of selftests/ it
# lies; nothing if there is none.
test_source() {
	find "$XTCP_ROOT"/selftests/{api,oracle,script,wire,load,fault} -name "$1.c" -o -name "$1.sh"
}
