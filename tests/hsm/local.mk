# Tokens over an HSM, and what stands in for one in tests.
hsm_tests = \
	tests/hsm/test_either \
	tests/hsm/test_exit \
	tests/hsm/test_faulty \
	tests/hsm/test_faulty_answers \
	tests/hsm/test_hsm_fork \
	tests/hsm/test_hsm_login \
	tests/hsm/test_hsm_resident \
	tests/hsm/test_kept_find \
	tests/hsm/test_migrate \
	tests/hsm/test_neighbours \
	tests/hsm/test_p11server \
	tests/hsm/test_pool \
	tests/hsm/test_resident \
	tests/hsm/test_sealer \
	tests/hsm/test_sealer_key \
	tests/hsm/test_softhsm \
	tests/hsm/test_tokens \
	tests/hsm/test_trust \
	tests/hsm/test_vague \
	tests/hsm/test_way

check_PROGRAMS += $(hsm_tests)
TESTS += $(hsm_tests)
THREAD_TESTS += \
	tests/hsm/test_faulty \
	tests/hsm/test_hsm_resident \
	tests/hsm/test_neighbours \
	tests/hsm/test_pool

tests_hsm_test_p11server_LDADD = $(real_pins)
tests_hsm_test_migrate_SOURCES = tests/hsm/test_migrate.c $(points_sources)

# A module that stands between signet and an HSM, with faults.
check_LTLIBRARIES += faulty.la
faulty_la_SOURCES = \
	tests/lib/faulty/answers.c tests/lib/faulty/call.h \
	tests/lib/faulty/control.c tests/lib/faulty/control.h \
	tests/lib/faulty/functions.c tests/lib/faulty/functions.h \
	tests/lib/faulty/gcm.c \
	tests/lib/faulty/mechanisms.c \
	tests/lib/faulty/module.c \
	tests/lib/faulty/sessions.c
faulty_la_CFLAGS = $(AM_CFLAGS) $(FFI_CFLAGS)
faulty_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
faulty_la_LIBADD = $(FFI_LIBS)
