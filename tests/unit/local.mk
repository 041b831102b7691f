check_PROGRAMS += tests/unit/test-bytes
check_PROGRAMS += tests/unit/test-config
check_PROGRAMS += tests/unit/test-cursor
check_PROGRAMS += tests/unit/test-err
check_PROGRAMS += tests/unit/test-file
check_PROGRAMS += tests/unit/test-fork
check_PROGRAMS += tests/unit/test-log
check_PROGRAMS += tests/unit/test-map
check_PROGRAMS += tests/unit/test-secret
check_PROGRAMS += tests/unit/test-slab

TESTS += tests/unit/test-bytes
TESTS += tests/unit/test-config
TESTS += tests/unit/test-cursor
TESTS += tests/unit/test-err
TESTS += tests/unit/test-file
TESTS += tests/unit/test-fork
TESTS += tests/unit/test-log
TESTS += tests/unit/test-map
TESTS += tests/unit/test-secret
TESTS += tests/unit/test-slab

tests_unit_test_bytes_SOURCES = tests/unit/test_bytes.c
tests_unit_test_bytes_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_bytes_LDADD = $(TEST_LDADD)

tests_unit_test_config_SOURCES = tests/unit/test_config.c
tests_unit_test_config_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_config_LDADD = $(TEST_LDADD)

tests_unit_test_cursor_SOURCES = tests/unit/test_cursor.c
tests_unit_test_cursor_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_cursor_LDADD = $(TEST_LDADD)

tests_unit_test_err_SOURCES = tests/unit/test_err.c
tests_unit_test_err_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_err_LDADD = $(TEST_LDADD)

tests_unit_test_file_SOURCES = tests/unit/test_file.c
tests_unit_test_file_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_file_LDADD = $(TEST_LDADD)

tests_unit_test_fork_SOURCES = tests/unit/test_fork.c
tests_unit_test_fork_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_fork_LDADD = $(TEST_LDADD)

tests_unit_test_log_SOURCES = tests/unit/test_log.c
tests_unit_test_log_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_log_LDADD = $(TEST_LDADD)

tests_unit_test_map_SOURCES = tests/unit/test_map.c
tests_unit_test_map_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_map_LDADD = $(TEST_LDADD)

tests_unit_test_secret_SOURCES = tests/unit/test_secret.c
tests_unit_test_secret_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_secret_LDADD = $(TEST_LDADD)

tests_unit_test_slab_SOURCES = tests/unit/test_slab.c
tests_unit_test_slab_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_slab_LDADD = $(TEST_LDADD)
