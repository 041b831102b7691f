# Our own code with secrets that memcheck watches. The program is nothing without valgrind, so
# it is not in check_PROGRAMS: tests/attack/test_timing.sh runs it.
EXTRA_PROGRAMS += tests/ct/secrets
check_DATA += tests/ct/secrets$(EXEEXT)
CLEANFILES += tests/ct/secrets$(EXEEXT)
tests_ct_secrets_SOURCES = \
	tests/ct/border.c \
	tests/ct/cases.h \
	tests/ct/control.c \
	tests/ct/crypto.c \
	tests/ct/files.c \
	tests/ct/main.c \
	tests/ct/mark.c tests/ct/mark.h \
	tests/ct/module.c \
	tests/ct/records.c \
	tests/ct/sealers.c \
	tests/ct/sent.c \
	tests/ct/shares.c
tests_ct_secrets_LDADD = tests/lib/one_context.lo $(real_pins)
tests_ct_secrets_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=sg_secret_reveal -Wl,--wrap=sg_random_secret -Wl,--wrap=sg_secret_read_fd \
	-Wl,--wrap=Esys_NV_Read -Wl,--wrap=sg_token_resident_ecdh \
	-Wl,--wrap=sodium_memcmp -Wl,--wrap=crypto_pwhash \
	-Wl,--wrap=crypto_sign_seed_keypair -Wl,--wrap=crypto_sign_detached \
	-Wl,--wrap=crypto_scalarmult_ed25519_base_noclamp \
	-Wl,--wrap=crypto_scalarmult_curve25519 -Wl,--wrap=crypto_scalarmult_curve25519_base \
	-Wl,--wrap=sg_gcm_encrypt -Wl,--wrap=sg_pkcs8_parse -Wl,--wrap=sg_attrs_parse \
	-Wl,--wrap=sg_set_add -Wl,--wrap=sg_set_remove -Wl,--wrap=sg_set_sign \
	-Wl,--wrap=sg_witness_add -Wl,--wrap=sg_witness_remove \
	-Wl,--wrap=sg_anchor_sign -Wl,--wrap=sg_token_record_write

EXTRA_DIST += tests/ct/libraries.supp
