# One program a source file of rings 0 to 3, from the file of the same name.
unit_tests = \
	tests/unit/test_access \
	tests/unit/test_aes \
	tests/unit/test_aes_cbc \
	tests/unit/test_aes_gcm \
	tests/unit/test_anchor \
	tests/unit/test_alarm \
	tests/unit/test_any \
	tests/unit/test_any_ask \
	tests/unit/test_any_list \
	tests/unit/test_any_verdict \
	tests/unit/test_array \
	tests/unit/test_attr_table \
	tests/unit/test_attr_value \
	tests/unit/test_attrs \
	tests/unit/test_bech32 \
	tests/unit/test_boot \
	tests/unit/test_builtin \
	tests/unit/test_bytes \
	tests/unit/test_certificate \
	tests/unit/test_client_calling \
	tests/unit/test_client_known \
	tests/unit/test_client_pin \
	tests/unit/test_client_place \
	tests/unit/test_client_rc \
	tests/unit/test_config \
	tests/unit/test_crypto \
	tests/unit/test_copy_try \
	tests/unit/test_cursor \
	tests/unit/test_digest \
	tests/unit/test_ed25519 \
	tests/unit/test_ed25519_dom \
	tests/unit/test_curve \
	tests/unit/test_date \
	tests/unit/test_encode_text \
	tests/unit/test_enroll_binding \
	tests/unit/test_enroll_box \
	tests/unit/test_enroll_challenge \
	tests/unit/test_enroll_eventlog \
	tests/unit/test_enroll_guard \
	tests/unit/test_enroll_judge_ek \
	tests/unit/test_enroll_judge_object \
	tests/unit/test_enroll_judge_policy \
	tests/unit/test_enroll_message \
	tests/unit/test_enroll_naming \
	tests/unit/test_enroll_net \
	tests/unit/test_enroll_reason \
	tests/unit/test_enroll_registrar \
	tests/unit/test_enroll_request \
	tests/unit/test_enroll_state \
	tests/unit/test_enroll_steps \
	tests/unit/test_enroll_token \
	tests/unit/test_enroll_verify \
	tests/unit/test_enroll_zone \
	tests/unit/test_err \
	tests/unit/test_errand \
	tests/unit/test_file \
	tests/unit/test_file_replace \
	tests/unit/test_fork \
	tests/unit/test_gate \
	tests/unit/test_hex \
	tests/unit/test_hsm_blob \
	tests/unit/test_hsm_kept \
	tests/unit/test_iv \
	tests/unit/test_iv_source \
	tests/unit/test_kdf \
	tests/unit/test_keyset \
	tests/unit/test_keywrap \
	tests/unit/test_key_template \
	tests/unit/test_leave \
	tests/unit/test_log \
	tests/unit/test_login_cache \
	tests/unit/test_mac \
	tests/unit/test_map \
	tests/unit/test_mech \
	tests/unit/test_object \
	tests/unit/test_object_table \
	tests/unit/test_op \
	tests/unit/test_op_message \
	tests/unit/test_p256 \
	tests/unit/test_p256_agree \
	tests/unit/test_pin_index \
	tests/unit/test_pkcs8 \
	tests/unit/test_parcel \
	tests/unit/test_pcrs \
	tests/unit/test_policy \
	tests/unit/test_policy_signature \
	tests/unit/test_protect \
	tests/unit/test_provider_point \
	tests/unit/test_proquint \
	tests/unit/test_random \
	tests/unit/test_root \
	tests/unit/test_record \
	tests/unit/test_recovery \
	tests/unit/test_request_body \
	tests/unit/test_request_component \
	tests/unit/test_request_hmac \
	tests/unit/test_request_lockout \
	tests/unit/test_request_machine \
	tests/unit/test_request_parse \
	tests/unit/test_request_rfc9421 \
	tests/unit/test_request_rfc9421_examples \
	tests/unit/test_request_sf \
	tests/unit/test_request_vault \
	tests/unit/test_request_verifier \
	tests/unit/test_rsa_oaep \
	tests/unit/test_rv \
	tests/unit/test_seal \
	tests/unit/test_seal_boot \
	tests/unit/test_seal_key \
	tests/unit/test_seal_rc \
	tests/unit/test_seal_sealed \
	tests/unit/test_seal_soft \
	tests/unit/test_seal_tcti \
	tests/unit/test_seal_waiter \
	tests/unit/test_sealed_box \
	tests/unit/test_secret \
	tests/unit/test_sent_key \
	tests/unit/test_session \
	tests/unit/test_shamir \
	tests/unit/test_share \
	tests/unit/test_share_text \
	tests/unit/test_signal \
	tests/unit/test_siphash \
	tests/unit/test_slab \
	tests/unit/test_spki \
	tests/unit/test_ssh_line \
	tests/unit/test_ssl \
	tests/unit/test_state \
	tests/unit/test_store \
	tests/unit/test_store_chain \
	tests/unit/test_store_crash \
	tests/unit/test_store_create \
	tests/unit/test_store_db \
	tests/unit/test_store_fleet \
	tests/unit/test_store_fleet_open \
	tests/unit/test_store_nonce \
	tests/unit/test_store_nonce_clock \
	tests/unit/test_store_nonce_files \
	tests/unit/test_store_nonce_processes \
	tests/unit/test_store_path \
	tests/unit/test_store_row \
	tests/unit/test_store_schema \
	tests/unit/test_store_stamp \
	tests/unit/test_store_statement \
	tests/unit/test_store_sync \
	tests/unit/test_sum \
	tests/unit/test_template \
	tests/unit/test_token \
	tests/unit/test_token_anchor \
	tests/unit/test_token_migrate \
	tests/unit/test_token_migrate_crash \
	tests/unit/test_token_move \
	tests/unit/test_token_proof \
	tests/unit/test_token_record \
	tests/unit/test_token_refresh \
	tests/unit/test_token_tripwire \
	tests/unit/test_tpm_kdf \
	tests/unit/test_tripwire \
	tests/unit/test_uri_pem \
	tests/unit/test_utf8 \
	tests/unit/test_walk \
	tests/unit/test_witness \
	tests/unit/test_x25519

check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
THREAD_TESTS += \
	tests/unit/test_alarm \
	tests/unit/test_any_ask \
	tests/unit/test_enroll_registrar \
	tests/unit/test_enroll_verify \
	tests/unit/test_errand \
	tests/unit/test_gate \
	tests/unit/test_request_verifier \
	tests/unit/test_seal_waiter \
	tests/unit/test_signal \
	tests/unit/test_slab \
	tests/unit/test_store \
	tests/unit/test_store_fleet \
	tests/unit/test_store_nonce

# They say which boot this is, and one dies in the middle.
tests_unit_test_store_nonce_clock_SOURCES = tests/unit/test_store_nonce_clock.c \
	tests/unit/nonces.c tests/unit/nonces.h
tests_unit_test_store_nonce_clock_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sg_boot_moment_read
tests_unit_test_store_nonce_files_SOURCES = tests/unit/test_store_nonce_files.c \
	tests/unit/nonces.c tests/unit/nonces.h
tests_unit_test_store_nonce_files_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sg_boot_moment_read
tests_unit_test_store_nonce_processes_SOURCES = tests/unit/test_store_nonce_processes.c \
	tests/unit/nonces.c tests/unit/nonces.h
tests_unit_test_store_nonce_processes_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sg_boot_moment_read \
	-Wl,--wrap=sg_nonce_db_write

# It counts who opens the store, and comes in between where a thread takes a lock.
tests_unit_test_token_refresh_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=sg_store_begin -Wl,--wrap=sg_store_abort -Wl,--wrap=sg_store_object_each \
	-Wl,--wrap=pthread_rwlock_wrlock

# It has a clock of its own.
tests_unit_test_alarm_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_gettime

# It lets no thread be made.
tests_unit_test_errand_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pthread_create

# It has a clock of its own, and counts how often a PIN is stretched.
tests_unit_test_login_cache_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_gettime -Wl,--wrap=sg_argon2id

# It counts steps through the table.
tests_unit_test_session_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sg_map_next

# It says which boot it is.
tests_unit_test_token_tripwire_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sg_boot_moment_read \
	-Wl,--wrap=sg_file_replace_private

# It dies at each change of a file.
tests_unit_test_root_SOURCES = tests/unit/test_root.c $(points_sources)

# It is about what PINs are made to.
tests_unit_test_kdf_LDADD = $(real_pins)

# Their sealers are fakes.
tests_unit_test_token_migrate_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sg_sealer_open
tests_unit_test_token_migrate_crash_SOURCES = tests/unit/test_token_migrate_crash.c $(points_sources)
tests_unit_test_token_migrate_crash_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sg_sealer_open \
	-Wl,--wrap=nanosleep
tests_unit_test_token_move_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sg_sealer_open

EXTRA_DIST += tests/lib/shamir_vectors.h
tests_unit_test_encode_text_SOURCES = tests/unit/test_encode_text.c src/provider/encode_text.c src/provider/key.c
tests_unit_test_provider_point_SOURCES = tests/unit/test_provider_point.c src/provider/key.c src/provider/point.c
tests_unit_test_enroll_registrar_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_enroll_message_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
