# Attacks, really carried out: one for each line of the threat model's table.
attack_tests = \
	tests/attack/test_tripwire

attack_scripts = \
	tests/attack/test_other_user.sh \
	tests/attack/test_reset.sh

check_PROGRAMS += $(attack_tests)
TESTS += $(attack_tests) $(attack_scripts)
THREAD_TESTS += tests/attack/test_tripwire
EXTRA_DIST += $(attack_scripts)
