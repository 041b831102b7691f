# Programs that use the OpenSSL provider by OpenSSL's own functions.
provider_tests = \
	tests/provider/test_beside \
	tests/provider/test_key_file_damage \
	tests/provider/test_key_files \
	tests/provider/test_keys \
	tests/provider/test_life \
	tests/provider/test_pin \
	tests/provider/test_reasons

provider_scripts = \
	tests/provider/exports.sh

check_PROGRAMS += $(provider_tests)
TESTS += $(provider_tests) $(provider_scripts)
THREAD_TESTS += \
	tests/provider/test_life
EXTRA_DIST += $(provider_scripts)

# They share a fixture.
provider_world = tests/provider/world.c tests/provider/world.h
tests_provider_test_keys_SOURCES = tests/provider/test_keys.c $(provider_world)
tests_provider_test_key_file_damage_SOURCES = tests/provider/test_key_file_damage.c $(provider_world)
tests_provider_test_key_files_SOURCES = tests/provider/test_key_files.c $(provider_world)
tests_provider_test_key_files_LDADD = $(LDADD) -lssl
tests_provider_test_life_SOURCES = tests/provider/test_life.c $(provider_world)
tests_provider_test_pin_SOURCES = tests/provider/test_pin.c $(provider_world)
tests_provider_test_reasons_SOURCES = tests/provider/test_reasons.c $(provider_world)
tests_provider_test_beside_SOURCES = tests/provider/test_beside.c $(provider_world)
tests_provider_test_beside_CPPFLAGS = $(AM_CPPFLAGS) $(provider_beside)
if PKCS11_PROVIDER
provider_beside = -DPKCS11_PROVIDER='"$(ossl_modules)/pkcs11.so"'
endif
