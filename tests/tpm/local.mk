# The TPM sealer against swtpm, which each test starts for itself.
tpm_tests = \
	tests/tpm/test_attest \
	tests/tpm/test_boot \
	tests/tpm/test_commands \
	tests/tpm/test_conformance \
	tests/tpm/test_counter \
	tests/tpm/test_derived \
	tests/tpm/test_enrolled_key \
	tests/tpm/test_evidence \
	tests/tpm/test_enroll_machine \
	tests/tpm/test_faults \
	tests/tpm/test_fork \
	tests/tpm/test_import \
	tests/tpm/test_key_policy \
	tests/tpm/test_lockout \
	tests/tpm/test_migrate \
	tests/tpm/test_pin_fail \
	tests/tpm/test_policy \
	tests/tpm/test_power \
	tests/tpm/test_refusals \
	tests/tpm/test_residue \
	tests/tpm/test_resident \
	tests/tpm/test_srk \
	tests/tpm/test_token_create \
	tests/tpm/test_token_index

check_PROGRAMS += $(tpm_tests)
TESTS += $(tpm_tests)
THREAD_TESTS += \
	tests/tpm/test_fork \
	tests/tpm/test_power

tpm_scripts = \
	tests/tpm/test_shell.sh

TESTS += $(tpm_scripts)
EXTRA_DIST += tests/lib/tpm.sh $(tpm_scripts)

# They look through their memory.
tests_tpm_test_faults_LDADD = $(real_contexts)
tests_tpm_test_residue_LDADD = $(real_contexts)

# Pauses need take no time where it says so.
tests_tpm_test_faults_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=nanosleep

# Folders can't be synced and stores not be written where it says so.
tests_tpm_test_token_create_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=fsync -Wl,--wrap=sg_store_commit_more

# A TCTI that test_power has tpm2-tss load.
check_LTLIBRARIES += broken_tcti.la
broken_tcti_la_SOURCES = tests/tpm/broken_tcti.c
broken_tcti_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
