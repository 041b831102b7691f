# Every test speaks TAP: programs through tests/lib/runner.c, scripts by themselves.
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
TEST_EXTENSIONS = .sh
SH_LOG_DRIVER = $(LOG_DRIVER)
LOG_COMPILER = bash $(top_srcdir)/tests/bounded.sh
SH_LOG_COMPILER = $(LOG_COMPILER) bash
AM_TESTS_ENVIRONMENT = \
	SIGNET_TEST_SRCDIR='$(abs_top_srcdir)'; export SIGNET_TEST_SRCDIR; \
	SIGNET_TEST_BUILDDIR='$(abs_top_builddir)'; export SIGNET_TEST_BUILDDIR; \
	SIGNET_TEST_SANITIZER='$(SANITIZER_RUNTIME)'; export SIGNET_TEST_SANITIZER;

# Fixtures shared by all test programs.
check_LTLIBRARIES += libtesting.la
libtesting_la_SOURCES = \
	tests/lib/authority.c tests/lib/authority.h \
	tests/lib/command.c tests/lib/command.h \
	tests/lib/conformance.c tests/lib/conformance.h \
	tests/lib/device.c tests/lib/device.h \
	tests/lib/either.c tests/lib/either.h \
	tests/lib/enrolled.c tests/lib/enrolled.h \
	tests/lib/enroller.c tests/lib/enroller.h \
	tests/lib/fault.c tests/lib/fault.h \
	tests/lib/faulty.c tests/lib/faulty.h \
	tests/lib/faulty/control.c tests/lib/faulty/control.h \
	tests/lib/faulty/functions.c tests/lib/faulty/functions.h \
	tests/lib/file.c tests/lib/file.h \
	tests/lib/hex.c tests/lib/hex.h \
	tests/lib/hsm.c tests/lib/hsm.h \
	tests/lib/hwkeys.c tests/lib/hwkeys.h \
	tests/lib/judging.c tests/lib/judging.h \
	tests/lib/keys.c tests/lib/keys.h \
	tests/lib/memory.c tests/lib/memory.h \
	tests/lib/moving.c tests/lib/moving.h \
	tests/lib/one_context.c \
	tests/lib/p11.c tests/lib/p11.h \
	tests/lib/p11server.c tests/lib/p11server.h \
	tests/lib/quick_pins.c \
	tests/lib/request.c tests/lib/request.h \
	tests/lib/runner.c tests/lib/runner.h \
	tests/lib/scratch.c tests/lib/scratch.h \
	tests/lib/server.c tests/lib/server.h \
	tests/lib/softhsm.c tests/lib/softhsm.h \
	tests/lib/soft_tpm.c tests/lib/soft_tpm.h \
	tests/lib/stamp.c tests/lib/stamp.h \
	tests/lib/store.c tests/lib/store.h \
	tests/lib/tpm.c tests/lib/tpm.h
libtesting_la_LIBADD = $(CHECK_LIBS)

# Not in the library: whoever links it would get its functions in the place of those of C.
points_sources = tests/lib/points.c tests/lib/points.h

# What every test program links; its source is the file of its name. Its PINs cost nothing, or they would
# be half of the time that all tests compute. Where what Argon2id does matters, or where
# other processes open the same tokens, a program says that it takes the real one. Nor does it cost
# anything that tpm2-tss computes, but where memory is looked through for what that leaves.
LDADD = tests/lib/one_context.lo $(real_contexts)
real_contexts = tests/lib/quick_pins.lo $(real_pins)
real_pins = libtesting.la libenroll.la librequest.la libsignet.la $(JANSSON_LIBS) $(CHECK_LIBS)

# The same for the command, which scripts start.
check_LTLIBRARIES += one_context.la
one_context_la_SOURCES = tests/lib/one_context.c
one_context_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere

# What tests/run repeats in its sanitizer builds: the test programs but a few, and in
# the build with ThreadSanitizer those that use threads. Scripts are not among them, because they
# load the module into programs of others; so check_PROGRAMS holds nothing but tests.
SANITIZED_TESTS = $(check_PROGRAMS)
THREAD_TESTS =

EXTRA_DIST += scripts/packages.sh tests/bounded.sh tests/debian_root.sh tests/installed tests/run tests/tsan.supp tests/valgrind.supp

# In this order they run: what waits for hardware that does not answer first, and what takes
# milliseconds last, so that no processor is idle in the end.
include tests/lint/local.mk
include tests/tool/local.mk
include tests/attack/local.mk
include tests/tpm/local.mk
include tests/hsm/local.mk
include tests/interop/local.mk
include tests/ct/local.mk
include tests/bench/local.mk
include tests/api/local.mk
include tests/provider/local.mk
include tests/fuzz/local.mk
include tests/unit/local.mk

# The fuzzers, built with clang, each for a while.
.PHONY: fuzz
fuzz:
	$(top_srcdir)/tests/run fuzz
