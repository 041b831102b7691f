# Programs that load the built module with dlopen.
api_tests = \
	tests/api/test_module \
	tests/api/test_pin \
	tests/api/test_session

api_scripts = \
	tests/api/exports.sh

check_PROGRAMS += $(api_tests)
TESTS += $(api_tests) $(api_scripts)
EXTRA_DIST += $(api_scripts)
