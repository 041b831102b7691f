# The command, from outside: its output, its messages and its exit codes.
tool_scripts = \
	tests/tool/test_boot.sh \
	tests/tool/test_doctor.sh \
	tests/tool/test_either.sh \
	tests/tool/test_enroll.sh \
	tests/tool/test_enroll_again.sh \
	tests/tool/test_enroll_machine.sh \
	tests/tool/test_envelope.sh \
	tests/tool/test_files.sh \
	tests/tool/test_fleet.sh \
	tests/tool/test_help.sh \
	tests/tool/test_in_hsm.sh \
	tests/tool/test_key_file.sh \
	tests/tool/test_key_policies.sh \
	tests/tool/test_keys.sh \
	tests/tool/test_migrate.sh \
	tests/tool/test_output.sh \
	tests/tool/test_p256.sh \
	tests/tool/test_pin_tries.sh \
	tests/tool/test_pins.sh \
	tests/tool/test_policies.sh \
	tests/tool/test_registrar_serve.sh \
	tests/tool/test_request.sh \
	tests/tool/test_request_verify.sh \
	tests/tool/test_rollback.sh \
	tests/tool/test_root_recovery.sh \
	tests/tool/test_roots.sh \
	tests/tool/test_send.sh \
	tests/tool/test_signet_curl.sh \
	tests/tool/test_tokens.sh \
	tests/tool/test_trouble.sh \
	tests/tool/test_versions.sh \
	tests/tool/test_unseal.sh \
	tests/tool/test_unseal_check.sh \
	tests/tool/test_unseal_exec.sh

check_PROGRAMS += tests/tool/test_text
tests_tool_test_text_SOURCES = \
	tests/tool/test_text.c \
	tools/exit.c \
	tools/fail.c \
	tools/io.c \
	tools/sealed.c \
	tools/text.c \
	tools/time.c
tests_tool_test_text_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)

# What lines become needs no token; files are killed at each change.
check_PROGRAMS += tests/tool/test_rewrap tests/tool/test_rewrap_key tests/tool/test_wrapped_line
TESTS += tests/tool/test_rewrap tests/tool/test_rewrap_key tests/tool/test_wrapped_line
tool_line_sources = \
	tools/exit.c \
	tools/fail.c \
	tools/io.c \
	tools/lines.c \
	tools/text.c \
	tools/wrapped_line.c
tests_tool_test_wrapped_line_SOURCES = tests/tool/test_wrapped_line.c $(tool_line_sources)
tests_tool_test_wrapped_line_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_tool_test_wrapped_line_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_tool_test_wrapped_line_LDADD = $(LDADD) $(JANSSON_LIBS)
tests_tool_test_rewrap_SOURCES = \
	tests/tool/test_rewrap.c \
	tools/rewrap.c \
	tools/rewrap_file.c \
	tools/rewrap_state.c \
	$(tool_line_sources) \
	$(points_sources)
tests_tool_test_rewrap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_tool_test_rewrap_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_tool_test_rewrap_LDADD = $(LDADD) $(JANSSON_LIBS)

check_PROGRAMS += tests/tool/test_handed_out
TESTS += tests/tool/test_handed_out
tests_tool_test_handed_out_SOURCES = \
	tests/tool/test_handed_out.c \
	tools/exit.c \
	tools/fail.c \
	tools/io.c \
	tools/json.c \
	tools/offline_key.c \
	tools/out_file.c \
	tools/recovery.c \
	tools/shares_out.c \
	tools/terminal.c \
	tools/text.c
tests_tool_test_handed_out_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_tool_test_handed_out_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_tool_test_handed_out_LDADD = $(LDADD) $(JANSSON_LIBS)

# It has a token of its own.
tests_tool_test_rewrap_key_SOURCES = \
	tests/tool/test_rewrap_key.c \
	tools/exit.c \
	tools/fail.c \
	tools/io.c \
	tools/rewrap_key.c \
	tools/text.c
tests_tool_test_rewrap_key_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)

check_PROGRAMS += tests/tool/test_faults
tests_tool_test_faults_LDADD = $(real_pins)
tests_tool_test_faults_SOURCES = tests/tool/test_faults.c tools/exit.c
tests_tool_test_faults_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)

check_PROGRAMS += tests/tool/test_kept
tests_tool_test_kept_LDADD = $(real_pins)
tests_tool_test_kept_SOURCES = tests/tool/test_kept.c tools/exit.c
tests_tool_test_kept_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)

check_PROGRAMS += tests/tool/test_unseal_answer
tests_tool_test_unseal_answer_SOURCES = tests/tool/test_unseal_answer.c tools/unseal_answer.c
tests_tool_test_unseal_answer_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)

check_PROGRAMS += tests/tool/test_unseal_boot
tests_tool_test_unseal_boot_SOURCES = \
	tests/tool/test_unseal_boot.c \
	tools/exit.c \
	tools/fail.c \
	tools/io.c \
	tools/text.c \
	tools/unseal_pcrs.c \
	tools/unseal_units.c
tests_tool_test_unseal_boot_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)

TESTS += tests/tool/test_unseal_answer tests/tool/test_unseal_boot
TESTS += tests/tool/test_faults tests/tool/test_kept tests/tool/test_text $(tool_scripts)
EXTRA_DIST += tests/lib/machine.sh tests/lib/maker.sh tests/lib/registrar.sh tests/lib/vault.sh tests/tool/credential.sh tests/tool/lib.sh $(tool_scripts)

# Helpers of the scripts and no tests, so they are not in check_PROGRAMS.
EXTRA_PROGRAMS += tests/tool/json tests/tool/load_credential tests/tool/plant_key tests/tool/reopen_key
tests_tool_json_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_tool_json_LDADD = $(JANSSON_LIBS)
tests_tool_load_credential_LDADD =
tests_tool_plant_key_LDADD =
tests_tool_reopen_key_LDADD =
check_DATA += tests/tool/json$(EXEEXT) tests/tool/load_credential$(EXEEXT) tests/tool/plant_key$(EXEEXT) \
	tests/tool/reopen_key$(EXEEXT)
CLEANFILES += tests/tool/json$(EXEEXT) tests/tool/load_credential$(EXEEXT) tests/tool/plant_key$(EXEEXT) \
	tests/tool/reopen_key$(EXEEXT)

# A vault's unseal API, which the scripts start.
EXTRA_PROGRAMS += tests/tool/vault
tests_tool_vault_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(MICROHTTPD_CFLAGS)
tests_tool_vault_LDADD = $(JANSSON_LIBS) $(MICROHTTPD_LIBS)
check_DATA += tests/tool/vault$(EXEEXT)
CLEANFILES += tests/tool/vault$(EXEEXT)

# The example of doc/examples, which has nothing of ours, not even a header; beside it stands what
# watches the names of its files.
EXTRA_PROGRAMS += tests/tool/envelope
tests_tool_envelope_SOURCES = doc/examples/envelope.c tests/tool/envelope_disk.c
tests_tool_envelope_CPPFLAGS = $(P11_KIT_CFLAGS)
tests_tool_envelope_LDADD =
check_DATA += tests/tool/envelope$(EXEEXT)
CLEANFILES += tests/tool/envelope$(EXEEXT)

# The command, made to die where it is told to.
EXTRA_PROGRAMS += tests/tool/dying
tests_tool_dying_LDADD = $(signet_OBJECTS) $(signet_LDADD)
check_DATA += tests/tool/dying$(EXEEXT)
CLEANFILES += tests/tool/dying$(EXEEXT)

# A server that takes signed requests, which the scripts start.
EXTRA_PROGRAMS += tests/tool/signed_server
check_DATA += tests/tool/signed_server$(EXEEXT)
CLEANFILES += tests/tool/signed_server$(EXEEXT)

# The reader of curl's command lines, and its table against the help of the curl that is there.
check_PROGRAMS += tests/tool/test_curl_args
TESTS += tests/tool/test_curl_args
tests_tool_test_curl_args_SOURCES = \
	tests/tool/test_curl_args.c \
	tools/curl_args.c \
	tools/curl_table.c \
	tools/exit.c \
	tools/fail.c \
	tools/io.c \
	tools/text.c \
	tools/url.c
tests_tool_test_curl_args_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)

# Who is connected to it.
check_PROGRAMS += tests/tool/test_serve_crowd
TESTS += tests/tool/test_serve_crowd
tests_tool_test_serve_crowd_SOURCES = \
	tests/tool/test_serve_crowd.c \
	tools/exit.c \
	tools/fail.c \
	tools/io.c \
	tools/serve_crowd.c \
	tools/serve_socket.c \
	tools/text.c
tests_tool_test_serve_crowd_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)

# The server of HTTP, with a handler of the tests' own.
served = \
	tests/lib/served.c tests/lib/served.h \
	tools/exit.c \
	tools/fail.c \
	tools/io.c \
	tools/serve_crowd.c \
	tools/serve_framing.c \
	tools/serve_http.c \
	tools/serve_log.c \
	tools/serve_proxy.c \
	tools/serve_socket.c \
	tools/text.c
check_PROGRAMS += tests/tool/test_serve_http tests/tool/test_serve_limits
TESTS += tests/tool/test_serve_http tests/tool/test_serve_limits
tests_tool_test_serve_http_SOURCES = tests/tool/test_serve_http.c $(served)
tests_tool_test_serve_http_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_tool_test_serve_http_CFLAGS = $(AM_CFLAGS) $(MICROHTTPD_CFLAGS)
tests_tool_test_serve_http_LDADD = libenroll.la $(LDADD) $(MICROHTTPD_LIBS)
tests_tool_test_serve_limits_SOURCES = tests/tool/test_serve_limits.c $(served)
tests_tool_test_serve_limits_CPPFLAGS = $(tests_tool_test_serve_http_CPPFLAGS)
tests_tool_test_serve_limits_CFLAGS = $(tests_tool_test_serve_http_CFLAGS)
tests_tool_test_serve_limits_LDADD = $(tests_tool_test_serve_http_LDADD)

# Who sent what a proxy passed on.
check_PROGRAMS += tests/tool/test_serve_proxy
TESTS += tests/tool/test_serve_proxy
tests_tool_test_serve_proxy_SOURCES = \
	tests/tool/test_serve_proxy.c \
	tools/exit.c \
	tools/fail.c \
	tools/io.c \
	tools/serve_proxy.c \
	tools/serve_socket.c \
	tools/text.c
tests_tool_test_serve_proxy_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_tool_test_serve_proxy_LDADD = libenroll.la $(LDADD)

# What is at which address of a registrar, which the test plays.
check_PROGRAMS += tests/tool/test_serve_route
TESTS += tests/tool/test_serve_route
tests_tool_test_serve_route_SOURCES = tests/tool/test_serve_route.c tools/serve_route.c
tests_tool_test_serve_route_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)

# Where a server listens.
check_PROGRAMS += tests/tool/test_serve_socket
TESTS += tests/tool/test_serve_socket
tests_tool_test_serve_socket_SOURCES = \
	tests/tool/test_serve_socket.c \
	tools/exit.c \
	tools/fail.c \
	tools/io.c \
	tools/serve_socket.c \
	tools/text.c
tests_tool_test_serve_socket_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)

# Makes enrolment tokens for the scripts.
EXTRA_PROGRAMS += tests/tool/make_token
check_DATA += tests/tool/make_token$(EXEEXT)
CLEANFILES += tests/tool/make_token$(EXEEXT)
