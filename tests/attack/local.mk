# Attacks, really carried out: one for each line of the threat model's table.
attack_tests = \
	tests/attack/test_audit \
	tests/attack/test_bus \
	tests/attack/test_bus_sender \
	tests/attack/test_either \
	tests/attack/test_enroll \
	tests/attack/test_enrolled \
	tests/attack/test_fleet \
	tests/attack/test_hsm \
	tests/attack/test_hsm_keys \
	tests/attack/test_insider \
	tests/attack/test_key_guard \
	tests/attack/test_login_cache \
	tests/attack/test_malicious_tpm \
	tests/attack/test_memory \
	tests/attack/test_memory_reader \
	tests/attack/test_migrated \
	tests/attack/test_pin_index \
	tests/attack/test_provider \
	tests/attack/test_public_rows \
	tests/attack/test_record \
	tests/attack/test_request_form \
	tests/attack/test_request_server \
	tests/attack/test_rollback \
	tests/attack/test_rollback_anew \
	tests/attack/test_sent \
	tests/attack/test_tamper \
	tests/attack/test_tripwire \
	tests/attack/test_uncounted

attack_scripts = \
	tests/attack/test_delivered.sh \
	tests/attack/test_disk.sh \
	tests/attack/test_enroll_wire.sh \
	tests/attack/test_other_user.sh \
	tests/attack/test_recovery.sh \
	tests/attack/test_request_tool.sh \
	tests/attack/test_reset.sh \
	tests/attack/test_rotated.sh \
	tests/attack/test_timing.sh \
	tests/attack/test_unseal.sh

check_PROGRAMS += $(attack_tests)
TESTS += $(attack_tests) $(attack_scripts)
THREAD_TESTS += tests/attack/test_fleet tests/attack/test_request_server tests/attack/test_tripwire
EXTRA_DIST += $(attack_scripts) tests/attack/mutate.sh tests/attack/mutations

# It counts how often a signature is checked.
tests_attack_test_request_server_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sg_ed25519_verify

# Take the defences out, one at a time, and look whether the tests notice: an hour's work.
.PHONY: mutate
mutate:
	$(top_srcdir)/tests/attack/mutate.sh

# What PINs leave behind, and what they are made to.
tests_attack_test_login_cache_LDADD = $(real_pins)
tests_attack_test_malicious_tpm_LDADD = $(real_pins)
tests_attack_test_memory_LDADD = $(real_pins)
tests_attack_test_memory_reader_LDADD = $(real_pins)

# It looks through its memory.
tests_attack_test_provider_LDADD = $(real_contexts)

# A process with secrets, and what they are.
attack_victim = tests/attack/victim.c tests/attack/victim.h
tests_attack_test_login_cache_SOURCES = tests/attack/test_login_cache.c $(attack_victim)
tests_attack_test_malicious_tpm_SOURCES = tests/attack/test_malicious_tpm.c $(attack_victim)
tests_attack_test_memory_SOURCES = tests/attack/test_memory.c $(attack_victim)
tests_attack_test_memory_reader_SOURCES = tests/attack/test_memory_reader.c $(attack_victim)

# The module asks this program for the time.
tests_attack_test_tripwire_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic-symbol=clock_gettime
tests_attack_test_provider_SOURCES = tests/attack/test_provider.c tests/provider/world.c tests/provider/world.h
