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
tests_unit_test_store_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_store_LDADD = $(TEST_LDADD)

tests_unit_test_store_crash_SOURCES = tests/unit/test_store_crash.c
tests_unit_test_store_crash_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_store_crash_LDADD = $(TEST_LDADD)

tests_unit_test_store_create_SOURCES = tests/unit/test_store_create.c
tests_unit_test_store_create_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_store_create_LDADD = $(TEST_LDADD)

tests_unit_test_store_db_SOURCES = tests/unit/test_store_db.c
tests_unit_test_store_db_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_store_db_LDADD = $(TEST_LDADD)

tests_unit_test_store_path_SOURCES = tests/unit/test_store_path.c
tests_unit_test_store_path_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_store_path_LDADD = $(TEST_LDADD)

tests_unit_test_store_row_SOURCES = tests/unit/test_store_row.c
tests_unit_test_store_row_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_store_row_LDADD = $(TEST_LDADD)

tests_unit_test_store_schema_SOURCES = tests/unit/test_store_schema.c
tests_unit_test_store_schema_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_store_schema_LDADD = $(TEST_LDADD)
