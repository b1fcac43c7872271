# SPDX-License-Identifier: GPL-2.0
#
# The module is built in build/RELEASE/ for each kernel RELEASE, so that one
# tree serves several kernels; ./xtcp.ko and ./xtcp_bbr.ko point to those built last.

# The guest's kernel: empty for the distribution's own, a series (6.12), or sid;
# arm64 or i386 to compile only.
KVER ?=
export KVER

# Kernel headers: the running kernel's where they are installed, else those
# that scripts/setup has installed for the guest.
RUNNING := $(wildcard /lib/modules/$(shell uname -r)/build/Makefile)
GUEST = $(shell KVER='$(KVER)' scripts/setup --print kdir 2>/dev/null)
ifndef KDIR
KDIR := $(if $(KVER),$(GUEST),$(or $(RUNNING:/Makefile=),$(GUEST)))
endif

# What `make vm' runs (empty: a shell), and the one test of `make test'.
CMD ?=
T ?=
# Groups of `make bench', parts of `make interop', rows of `make matrix';
# empty: all.
B ?=
I ?=
M ?=

ROOT := $(CURDIR)
RELEASE := $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' '$(KDIR)/include/generated/utsrelease.h' 2>/dev/null)
BUILD = $(ROOT)/build/$(RELEASE)$(if $(XTCP_COVERAGE),-coverage)

# Every processor is used, unless -j says otherwise.
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-print-directory

# BTF needs pahole and the kernel's vmlinux, which older header packages leave
# out: without this, each build says so, or fails.
BTF = $(if $(and $(wildcard $(KDIR)/vmlinux),$(shell command -v pahole)),,CONFIG_DEBUG_INFO_BTF_MODULES=)

# On an instrumented kernel tests may open race windows (module/widen.h).
WIDEN = $(if $(filter debug kcsan,$(KVER)),XTCP_WIDEN=y)

module: ## build xtcp.ko and xtcp_bbr.ko (KDIR=headers, W=1 for more warnings)
	@[ -n '$(RELEASE)' ] || { echo 'No kernel headers$(if $(KDIR), in $(KDIR)): run $(if $(KVER),KVER=$(KVER) )scripts/setup, or name them with KDIR=.' >&2; exit 1; }
	@mkdir -p '$(BUILD)'
	@scripts/link-tree '$(BUILD)'
	+@flock '$(BUILD)' scripts/kbuild '$(KDIR)' M='$(BUILD)' $(BTF) \
		$(if $(XTCP_COVERAGE),GCOV_PROFILE=y) $(WIDEN) modules
	@ln -sfn '$(BUILD:$(ROOT)/%=%)/xtcp.ko' xtcp.ko
	@ln -sfn '$(BUILD:$(ROOT)/%=%)/xtcp_bbr.ko' xtcp_bbr.ko

tools: ## build the programs (build/tools)
	+@mkdir -p build/tools && $(MAKE) -C tools OUT='$(ROOT)/build/tools' OUTPUT='$(ROOT)/build/tools' all

selftests: ## build the tests (build/selftests)
	@mkdir -p build/selftests
	+@source=$$(scripts/setup --print source) && \
	$(MAKE) -C selftests OUTPUT='$(ROOT)/build/selftests' \
		KSELFTEST="$$source/tools/testing/selftests" all

setup: ## install what is needed, prepare the guest's kernel
	@scripts/setup

# What runs in the guest is built for the guest, whatever runs here.
guest: setup
	+@$(MAKE) module KDIR="$$(scripts/setup --print kdir)"
	+@$(MAKE) tools

vm: guest ## boot the guest with the module: a shell, or CMD='...'
	@scripts/vm $(if $(CMD),'$(subst ','\'',$(CMD))')

demo: guest ## show XTCP at work in the guest
	@scripts/demo

test: guest ## run the tests in the guest; T=NAME runs one
	@scripts/test $(T)

# Where the clock counts instructions nothing but XTCP makes a timer late.
test-time: guest ## packet scripts that say when, to the millisecond; T=NAME another program
	@XTCP_TEST_ICOUNT=1 scripts/test $(or $(T),script)

test-debug: ## the same on an instrumented kernel, built once (15 minutes)
	+@$(MAKE) test KVER=debug

# Programs in which several processors work on the same objects.
CONCURRENT = races stress portstress prefork ackrace reuseport wireload netns

test-races: ## those of concurrency where data races are noticed (KCSAN)
	+@$(MAKE) test KVER=kcsan T='$(or $(T),$(CONCURRENT))'

# Parts (calls segments pure), seconds of each, where to start; what to repeat.
F ?=
TIME ?= 600
SEED ?=
REPLAY ?=
ROUNDS ?=
HOURS ?= 2
fuzz soak: export F := $(F)
fuzz soak: export TIME := $(TIME)
fuzz soak: export SEED := $(SEED)
fuzz soak: export REPLAY := $(REPLAY)
fuzz soak: export ROUNDS := $(ROUNDS)
fuzz soak: export HOURS := $(HOURS)

# Instrumented, unless KVER says otherwise: empty is the distribution's own.
FUZZ_KVER = $(if $(filter file,$(origin KVER)),debug,$(KVER))

fuzz: ## look for what breaks it; TIME=SECONDS SEED=N F='calls segments pure' REPLAY=FILE
	@scripts/fuzz --check
	+@$(if $(filter-out pure,$(or $(F),all)),$(MAKE) guest KVER='$(FUZZ_KVER)',scripts/setup --fuzz)
	@KVER='$(FUZZ_KVER)' scripts/fuzz

soak: ## all of it at once for HOURS=2, on the instrumented kernel
	+@$(MAKE) guest KVER=debug
	@scripts/soak

planted: ## plant bugs in a copy: do the tests on that kernel find them?
	+@scripts/plant

matrix: ## build and test on every supported kernel; M='6.12 arm64' chooses
	@scripts/matrix $(M)

coverage: ## lines of each file that the tests reach, on that kernel
	+@scripts/coverage $(T)

interop: guest selftests ## XTCP and TCP over bad links, timed and judged, and captured
	@scripts/setup --interop
	@scripts/interop $(I)

bench: guest ## count instructions beside TCP's; B='GROUP...' chooses
	@scripts/setup --bench
	@scripts/bench $(B)

U ?=
unit: export U := $(U)

unit: ## test what is pure in user space, under sanitizers, in seconds; U=NAME chooses
	@scripts/setup --fuzz
	@scripts/fuzz-pure 20000x 1

graph: module ## draw which file calls which (docs/graph.svg)
	@scripts/setup --graph
	@scripts/layers --graph '$(BUILD)'

check: setup ## static checks: sparse, warnings, checkpatch, kernel-doc, shellcheck
	@scripts/setup --fuzz
	+@scripts/check

clean: ## remove what was built
	rm -rf build xtcp.ko xtcp_bbr.ko

.DEFAULT:
	@echo "There is no target '$@': make help lists them." >&2; exit 1

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 20

.DEFAULT_GOAL := module
.PHONY: module tools selftests setup guest vm demo test test-time test-debug test-races
.PHONY: fuzz soak planted interop matrix coverage bench unit graph check clean help
