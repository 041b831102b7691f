# `make bench` measures; nothing here passes or fails by time.
EXTRA_PROGRAMS += tests/bench/bench
tests_bench_bench_SOURCES = \
	tests/bench/bench.c \
	tests/bench/cold.c tests/bench/cold.h \
	tests/bench/measure.c tests/bench/measure.h \
	tests/bench/scale.c tests/bench/scale.h
tests_bench_bench_LDADD = $(LDADD) -ldl

.PHONY: bench
bench: tests/bench/bench$(EXEEXT) signet.la
	$(AM_TESTS_ENVIRONMENT) tests/bench/bench$(EXEEXT)
CLEANFILES += tests/bench/bench$(EXEEXT)
