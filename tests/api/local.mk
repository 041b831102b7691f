# Programs that load the built module with dlopen.
api_tests = \
	tests/api/test_attributes \
	tests/api/test_builtin \
	tests/api/test_agree \
	tests/api/test_cancel \
	tests/api/test_copy \
	tests/api/test_cipher \
	tests/api/test_derive \
	tests/api/test_device_faults \
	tests/api/test_crowd \
	tests/api/test_digest \
	tests/api/test_eddsa \
	tests/api/test_either \
	tests/api/test_encrypt \
	tests/api/test_hammer \
	tests/api/test_hardware \
	tests/api/test_interface \
	tests/api/test_key_guard \
	tests/api/test_leave \
	tests/api/test_limits \
	tests/api/test_login_cache \
	tests/api/test_mac \
	tests/api/test_memory \
	tests/api/test_message \
	tests/api/test_module \
	tests/api/test_object \
	tests/api/test_order \
	tests/api/test_peers \
	tests/api/test_pin \
	tests/api/test_pin_tries \
	tests/api/test_processes \
	tests/api/test_reauth \
	tests/api/test_recursion \
	tests/api/test_resident \
	tests/api/test_scale \
	tests/api/test_secrets \
	tests/api/test_semantics \
	tests/api/test_session \
	tests/api/test_sign \
	tests/api/test_slot_event \
	tests/api/test_threads \
	tests/api/test_threadless \
	tests/api/test_tokens \
	tests/api/test_tpm \
	tests/api/test_verify_signature \
	tests/api/test_waiting \
	tests/api/test_wrap \
	tests/api/test_wrap_authenticated \
	tests/api/test_wrap_private

api_scripts = \
	tests/api/exports.sh

check_PROGRAMS += $(api_tests)
TESTS += $(api_tests) $(api_scripts)
THREAD_TESTS += \
	tests/api/test_crowd \
	tests/api/test_hammer \
	tests/api/test_hardware \
	tests/api/test_login_cache \
	tests/api/test_pin_tries \
	tests/api/test_processes \
	tests/api/test_slot_event \
	tests/api/test_threads \
	tests/api/test_waiting
EXTRA_DIST += $(api_scripts)

# A provider that test_recursion has OpenSSL load.
check_LTLIBRARIES += recursing_provider.la
recursing_provider_la_SOURCES = tests/api/recursing_provider.c
recursing_provider_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere

# They look through their memory.
tests_api_test_memory_LDADD = $(real_pins)
tests_api_test_secrets_LDADD = $(real_contexts)

# Their nanosleep stands before that of the C library for all that they load.
tests_api_test_device_faults_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic-symbol=nanosleep
tests_api_test_waiting_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic-symbol=nanosleep
