# Attacks, really carried out: one for each line of the threat model's table.
attack_scripts = \
	tests/attack/test_other_user.sh

TESTS += $(attack_scripts)
EXTRA_DIST += $(attack_scripts)
