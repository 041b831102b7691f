# Fuzzers with libFuzzer, built where configure was given --enable-fuzzing, and the same
# code with a main of our own, which runs the kept inputs in every "make check".
fuzz_answer_sources = tests/fuzz/answer.c tests/fuzz/input.c tests/fuzz/input.h \
	tools/unseal_answer.c tools/unseal_answer.h
fuzz_api_sources = \
	tests/fuzz/api.c \
	tests/fuzz/calls.h \
	tests/fuzz/calls_key.c \
	tests/fuzz/calls_later.c \
	tests/fuzz/calls_message.c \
	tests/fuzz/calls_object.c \
	tests/fuzz/calls_session.c \
	tests/fuzz/calls_slot.c \
	tests/fuzz/data.c tests/fuzz/data.h \
	tests/fuzz/input.c tests/fuzz/input.h \
	tests/fuzz/layout.h \
	tests/fuzz/mechanism.c tests/fuzz/mechanism.h \
	tests/fuzz/model.c tests/fuzz/model.h \
	tests/fuzz/pin.h \
	tests/fuzz/template.c tests/fuzz/template.h \
	tests/fuzz/world.c tests/fuzz/world.h
fuzz_attrs_sources = tests/fuzz/attrs.c tests/fuzz/input.c tests/fuzz/input.h
fuzz_config_sources = tests/fuzz/config.c tests/fuzz/input.c tests/fuzz/input.h
fuzz_endpoint_sources = tests/fuzz/endpoint.c tests/fuzz/input.c tests/fuzz/input.h \
	tools/exit.c tools/fail.c tools/io.c tools/serve_proxy.c tools/serve_proxy.h \
	tools/serve_route.c tools/serve_route.h tools/serve_socket.c tools/text.c
fuzz_enroll_sources = tests/fuzz/enroll.c tests/fuzz/input.c tests/fuzz/input.h
fuzz_evidence_sources = tests/fuzz/evidence.c tests/fuzz/input.c tests/fuzz/input.h
fuzz_fleet_sources = tests/fuzz/fleet.c tests/fuzz/input.c tests/fuzz/input.h
fuzz_machines_sources = \
	tests/fuzz/machines.c \
	tests/fuzz/input.c \
	tests/fuzz/input.h \
	tools/exit.c \
	tools/fail.c \
	tools/io.c \
	tools/machines.c \
	tools/signer_key.c \
	tools/text.c
fuzz_nonce_sources = tests/fuzz/nonce.c tests/fuzz/input.c tests/fuzz/input.h
fuzz_pkcs8_sources = tests/fuzz/pkcs8.c tests/fuzz/input.c tests/fuzz/input.h
fuzz_policy_sources = tests/fuzz/policy.c tests/fuzz/input.c tests/fuzz/input.h
fuzz_provider_sources = \
	tests/fuzz/hostile.c tests/fuzz/hostile.h \
	tests/fuzz/input.c tests/fuzz/input.h \
	tests/fuzz/provider.c \
	$(src_provider_signet_la_SOURCES)
fuzz_raw_sources = \
	tests/fuzz/raw.c \
	tests/fuzz/input.c \
	tests/fuzz/input.h \
	tools/exit.c \
	tools/fail.c \
	tools/io.c \
	tools/raw_request.c \
	tools/text.c
fuzz_record_sources = tests/fuzz/record.c tests/fuzz/input.c tests/fuzz/input.h
fuzz_request_sources = \
	tests/fuzz/input.c tests/fuzz/input.h \
	tests/fuzz/request.c tests/fuzz/request.h \
	tests/fuzz/request_change.c \
	tests/fuzz/request_sign.c \
	tests/fuzz/request_verify.c
fuzz_sealed_sources = tests/fuzz/sealed.c tests/fuzz/input.c tests/fuzz/input.h
fuzz_share_sources = tests/fuzz/share.c tests/fuzz/input.c tests/fuzz/input.h
fuzz_sent_sources = tests/fuzz/sent.c tests/fuzz/input.c tests/fuzz/input.h
fuzz_structured_sources = tests/fuzz/structured.c tests/fuzz/input.c tests/fuzz/input.h
fuzz_tcti_sources = tests/fuzz/tcti.c tests/fuzz/input.c tests/fuzz/input.h
fuzz_token_sources = tests/fuzz/token.c tests/fuzz/input.c tests/fuzz/input.h
fuzz_tripwire_sources = tests/fuzz/tripwire.c tests/fuzz/input.c tests/fuzz/input.h

replays = \
	tests/fuzz/replay_answer \
	tests/fuzz/replay_api \
	tests/fuzz/replay_attrs \
	tests/fuzz/replay_config \
	tests/fuzz/replay_endpoint \
	tests/fuzz/replay_enroll \
	tests/fuzz/replay_evidence \
	tests/fuzz/replay_fleet \
	tests/fuzz/replay_machines \
	tests/fuzz/replay_nonce \
	tests/fuzz/replay_pkcs8 \
	tests/fuzz/replay_policy \
	tests/fuzz/replay_provider \
	tests/fuzz/replay_raw \
	tests/fuzz/replay_record \
	tests/fuzz/replay_request \
	tests/fuzz/replay_sealed \
	tests/fuzz/replay_share \
	tests/fuzz/replay_sent \
	tests/fuzz/replay_structured \
	tests/fuzz/replay_tcti \
	tests/fuzz/replay_token \
	tests/fuzz/replay_tripwire
check_PROGRAMS += $(replays)
TESTS += $(replays)
tests_fuzz_replay_answer_SOURCES = tests/fuzz/replay.c $(fuzz_answer_sources)
tests_fuzz_replay_api_SOURCES = tests/fuzz/replay.c $(fuzz_api_sources)
tests_fuzz_replay_attrs_SOURCES = tests/fuzz/replay.c $(fuzz_attrs_sources)
tests_fuzz_replay_config_SOURCES = tests/fuzz/replay.c $(fuzz_config_sources)
tests_fuzz_replay_endpoint_SOURCES = tests/fuzz/replay.c $(fuzz_endpoint_sources)
tests_fuzz_replay_enroll_SOURCES = tests/fuzz/replay.c $(fuzz_enroll_sources)
tests_fuzz_replay_fleet_SOURCES = tests/fuzz/replay.c $(fuzz_fleet_sources)
tests_fuzz_replay_evidence_SOURCES = tests/fuzz/replay.c $(fuzz_evidence_sources)
tests_fuzz_replay_machines_SOURCES = tests/fuzz/replay.c $(fuzz_machines_sources)
tests_fuzz_replay_nonce_SOURCES = tests/fuzz/replay.c $(fuzz_nonce_sources)
tests_fuzz_replay_pkcs8_SOURCES = tests/fuzz/replay.c $(fuzz_pkcs8_sources)
tests_fuzz_replay_policy_SOURCES = tests/fuzz/replay.c $(fuzz_policy_sources)
tests_fuzz_replay_provider_SOURCES = tests/fuzz/replay.c $(fuzz_provider_sources)
tests_fuzz_replay_raw_SOURCES = tests/fuzz/replay.c $(fuzz_raw_sources)
tests_fuzz_replay_record_SOURCES = tests/fuzz/replay.c $(fuzz_record_sources)
tests_fuzz_replay_request_SOURCES = tests/fuzz/replay.c $(fuzz_request_sources)
tests_fuzz_replay_sealed_SOURCES = tests/fuzz/replay.c $(fuzz_sealed_sources)
tests_fuzz_replay_share_SOURCES = tests/fuzz/replay.c $(fuzz_share_sources)
tests_fuzz_replay_sent_SOURCES = tests/fuzz/replay.c $(fuzz_sent_sources)
tests_fuzz_replay_structured_SOURCES = tests/fuzz/replay.c $(fuzz_structured_sources)
tests_fuzz_replay_tcti_SOURCES = tests/fuzz/replay.c $(fuzz_tcti_sources)
tests_fuzz_replay_token_SOURCES = tests/fuzz/replay.c $(fuzz_token_sources)
tests_fuzz_replay_tripwire_SOURCES = tests/fuzz/replay.c $(fuzz_tripwire_sources)

fuzzers = \
	tests/fuzz/fuzz_answer \
	tests/fuzz/fuzz_api \
	tests/fuzz/fuzz_attrs \
	tests/fuzz/fuzz_config \
	tests/fuzz/fuzz_endpoint \
	tests/fuzz/fuzz_enroll \
	tests/fuzz/fuzz_evidence \
	tests/fuzz/fuzz_fleet \
	tests/fuzz/fuzz_machines \
	tests/fuzz/fuzz_nonce \
	tests/fuzz/fuzz_pkcs8 \
	tests/fuzz/fuzz_policy \
	tests/fuzz/fuzz_provider \
	tests/fuzz/fuzz_raw \
	tests/fuzz/fuzz_record \
	tests/fuzz/fuzz_request \
	tests/fuzz/fuzz_sealed \
	tests/fuzz/fuzz_share \
	tests/fuzz/fuzz_sent \
	tests/fuzz/fuzz_structured \
	tests/fuzz/fuzz_tcti \
	tests/fuzz/fuzz_token \
	tests/fuzz/fuzz_tripwire
EXTRA_PROGRAMS += $(fuzzers)
tests_fuzz_fuzz_answer_SOURCES = $(fuzz_answer_sources)
tests_fuzz_fuzz_api_SOURCES = tests/fuzz/mutate.c $(fuzz_api_sources)
tests_fuzz_fuzz_attrs_SOURCES = $(fuzz_attrs_sources)
tests_fuzz_fuzz_config_SOURCES = $(fuzz_config_sources)
tests_fuzz_fuzz_endpoint_SOURCES = $(fuzz_endpoint_sources)
tests_fuzz_fuzz_enroll_SOURCES = $(fuzz_enroll_sources)
tests_fuzz_fuzz_fleet_SOURCES = $(fuzz_fleet_sources)
tests_fuzz_fuzz_evidence_SOURCES = $(fuzz_evidence_sources)
tests_fuzz_fuzz_machines_SOURCES = $(fuzz_machines_sources)
tests_fuzz_fuzz_nonce_SOURCES = $(fuzz_nonce_sources)
tests_fuzz_fuzz_pkcs8_SOURCES = $(fuzz_pkcs8_sources)
tests_fuzz_fuzz_policy_SOURCES = $(fuzz_policy_sources)
tests_fuzz_fuzz_provider_SOURCES = $(fuzz_provider_sources)
tests_fuzz_fuzz_raw_SOURCES = $(fuzz_raw_sources)
tests_fuzz_fuzz_record_SOURCES = $(fuzz_record_sources)
tests_fuzz_fuzz_request_SOURCES = $(fuzz_request_sources)
tests_fuzz_fuzz_sealed_SOURCES = $(fuzz_sealed_sources)
tests_fuzz_fuzz_share_SOURCES = $(fuzz_share_sources)
tests_fuzz_fuzz_sent_SOURCES = $(fuzz_sent_sources)
tests_fuzz_fuzz_structured_SOURCES = $(fuzz_structured_sources)
tests_fuzz_fuzz_tcti_SOURCES = $(fuzz_tcti_sources)
tests_fuzz_fuzz_token_SOURCES = $(fuzz_token_sources)
tests_fuzz_fuzz_tripwire_SOURCES = $(fuzz_tripwire_sources)
tests_fuzz_fuzz_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_api_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_attrs_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_config_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_endpoint_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_enroll_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_fleet_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_evidence_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS) $(evidence_wraps)
tests_fuzz_fuzz_machines_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_nonce_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_pkcs8_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_policy_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_provider_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS) $(hostile_wraps)
tests_fuzz_fuzz_raw_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_record_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_sealed_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_share_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_sent_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_structured_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_tcti_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_token_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_tripwire_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

.PHONY: fuzzers
fuzzers: $(fuzzers)
if FUZZING
noinst_PROGRAMS += $(fuzzers)
endif

EXTRA_DIST += tests/fuzz/corpus

tests_fuzz_replay_answer_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_fuzz_fuzz_answer_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
# It uses what helps tests, in none.
evidence_wraps = -Wl,--wrap=_mark_point -Wl,--wrap=_ck_assert_failed
tests_fuzz_replay_evidence_LDFLAGS = $(AM_LDFLAGS) $(evidence_wraps)

tests_fuzz_replay_endpoint_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_fuzz_fuzz_endpoint_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_fuzz_replay_endpoint_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_endpoint_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_replay_machines_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_fuzz_fuzz_machines_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_fuzz_replay_machines_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_machines_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_replay_machines_LDADD = $(LDADD) $(JANSSON_LIBS)
tests_fuzz_fuzz_machines_LDADD = $(LDADD) $(JANSSON_LIBS)
tests_fuzz_replay_raw_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_fuzz_fuzz_raw_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)

# The provider is built into its fuzzer, and the module that it would load as well.
hostile_wraps = \
	-Wl,--wrap=p11_kit_module_load -Wl,--wrap=p11_kit_module_release \
	-Wl,--wrap=p11_kit_module_initialize -Wl,--wrap=p11_kit_module_finalize \
	-Wl,--wrap=nanosleep -Wl,--wrap=sg_client_refusal_note
tests_fuzz_replay_provider_CPPFLAGS = $(AM_CPPFLAGS) -DP11MODULEDIR='"$(p11moduledir)"'
tests_fuzz_fuzz_provider_CPPFLAGS = $(AM_CPPFLAGS) -DP11MODULEDIR='"$(p11moduledir)"'
tests_fuzz_replay_provider_LDFLAGS = $(AM_LDFLAGS) $(hostile_wraps)
