# Tokens over an HSM, and what stands in for one in tests.
hsm_tests = \
	tests/hsm/test_p11server \
	tests/hsm/test_softhsm

check_PROGRAMS += $(hsm_tests)
TESTS += $(hsm_tests)
