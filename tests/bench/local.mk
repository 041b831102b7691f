# `make bench` measures; nothing here passes or fails by time.
# tests/bench/run.sh only looks whether it comes to its end.
EXTRA_PROGRAMS += tests/bench/bench
check_DATA += tests/bench/bench$(EXEEXT)
TESTS += tests/bench/run.sh
EXTRA_DIST += tests/bench/run.sh tests/bench/tpms.sh
tests_bench_bench_SOURCES = \
	tests/bench/bench.c \
	tests/bench/cold.c tests/bench/cold.h \
	tests/bench/enroll.c tests/bench/enroll.h \
	tests/bench/enrollees.c tests/bench/enrollees.h \
	tests/bench/fleet.c tests/bench/fleet.h \
	tests/bench/hsm.c tests/bench/hsm.h \
	tests/bench/measure.c tests/bench/measure.h \
	tests/bench/provider.c tests/bench/provider.h \
	tests/bench/request.c tests/bench/request.h \
	tests/bench/scale.c tests/bench/scale.h
tests_bench_bench_LDADD = $(real_pins) -ldl

.PHONY: bench
bench: tests/bench/bench$(EXEEXT) signet.la src/provider/signet.la
	$(AM_TESTS_ENVIRONMENT) tests/bench/bench$(EXEEXT)
CLEANFILES += tests/bench/bench$(EXEEXT)
