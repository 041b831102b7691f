<<<<<<< HEAD
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
tests_unit_test_bytes_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_bytes_LDADD = $(TESTING_LIBS)

tests_unit_test_config_SOURCES = tests/unit/test_config.c
tests_unit_test_config_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_config_LDADD = $(TESTING_LIBS)

tests_unit_test_cursor_SOURCES = tests/unit/test_cursor.c
tests_unit_test_cursor_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_cursor_LDADD = $(TESTING_LIBS)

tests_unit_test_err_SOURCES = tests/unit/test_err.c
tests_unit_test_err_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_err_LDADD = $(TESTING_LIBS)

tests_unit_test_file_SOURCES = tests/unit/test_file.c
tests_unit_test_file_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_file_LDADD = $(TESTING_LIBS)

tests_unit_test_fork_SOURCES = tests/unit/test_fork.c
tests_unit_test_fork_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_fork_LDADD = $(TESTING_LIBS)

tests_unit_test_log_SOURCES = tests/unit/test_log.c
tests_unit_test_log_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_log_LDADD = $(TESTING_LIBS)

tests_unit_test_map_SOURCES = tests/unit/test_map.c
tests_unit_test_map_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_map_LDADD = $(TESTING_LIBS)

tests_unit_test_secret_SOURCES = tests/unit/test_secret.c
tests_unit_test_secret_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_secret_LDADD = $(TESTING_LIBS)

tests_unit_test_slab_SOURCES = tests/unit/test_slab.c
tests_unit_test_slab_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_slab_LDADD = $(TESTING_LIBS)
=======
check_PROGRAMS += tests/unit/test-store
check_PROGRAMS += tests/unit/test-store-crash
check_PROGRAMS += tests/unit/test-store-create
check_PROGRAMS += tests/unit/test-store-db
check_PROGRAMS += tests/unit/test-store-path
check_PROGRAMS += tests/unit/test-store-row
check_PROGRAMS += tests/unit/test-store-schema
TESTS += tests/unit/test-store
TESTS += tests/unit/test-store-crash
TESTS += tests/unit/test-store-create
TESTS += tests/unit/test-store-db
TESTS += tests/unit/test-store-path
TESTS += tests/unit/test-store-row
TESTS += tests/unit/test-store-schema

tests_unit_test_store_SOURCES = tests/unit/test_store.c
tests_unit_test_store_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_store_LDADD = $(TESTING_LIBS)

tests_unit_test_store_crash_SOURCES = tests/unit/test_store_crash.c
tests_unit_test_store_crash_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_store_crash_LDADD = $(TESTING_LIBS)

tests_unit_test_store_create_SOURCES = tests/unit/test_store_create.c
tests_unit_test_store_create_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_store_create_LDADD = $(TESTING_LIBS)

tests_unit_test_store_db_SOURCES = tests/unit/test_store_db.c
tests_unit_test_store_db_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_store_db_LDADD = $(TESTING_LIBS)

tests_unit_test_store_path_SOURCES = tests/unit/test_store_path.c
tests_unit_test_store_path_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_store_path_LDADD = $(TESTING_LIBS)

tests_unit_test_store_row_SOURCES = tests/unit/test_store_row.c
tests_unit_test_store_row_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_store_row_LDADD = $(TESTING_LIBS)

tests_unit_test_store_schema_SOURCES = tests/unit/test_store_schema.c
tests_unit_test_store_schema_CFLAGS = $(TESTING_CFLAGS)
tests_unit_test_store_schema_LDADD = $(TESTING_LIBS)
>>>>>>> store
