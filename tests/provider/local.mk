# Programs that use the OpenSSL provider by OpenSSL's own functions.
provider_tests = \
	tests/provider/test_key_files \
	tests/provider/test_keys

provider_scripts = \
	tests/provider/exports.sh

check_PROGRAMS += $(provider_tests)
TESTS += $(provider_tests) $(provider_scripts)
EXTRA_DIST += $(provider_scripts)

# They share a fixture.
provider_world = tests/provider/world.c tests/provider/world.h
tests_provider_test_keys_SOURCES = tests/provider/test_keys.c $(provider_world)
tests_provider_test_key_files_SOURCES = tests/provider/test_key_files.c $(provider_world)
tests_provider_test_key_files_LDADD = $(LDADD) -lssl
