# The `signet` command: main.c and what the verbs share, then one file a verb.
bin_PROGRAMS += signet
signet_SOURCES = \
	tools/chain.c tools/chain.h \
	tools/curl_args.c tools/curl_args.h \
	tools/curl_body.c tools/curl_body.h \
	tools/curl_table.c tools/curl_table.h \
	tools/curl_url.c tools/curl_url.h \
	tools/deliver.c tools/deliver.h \
	tools/enroll.c tools/enroll.h \
	tools/enroll_before.c \
	tools/enroll_ek.c \
	tools/enroll_files.c \
	tools/enroll_finish.c \
	tools/enroll_folder.c \
	tools/enroll_state.c \
	tools/enroll_steps.c \
	tools/exit.c tools/exit.h \
	tools/fail.c tools/fail.h \
	tools/guard.c tools/guard.h \
	tools/identity.c tools/identity.h \
	tools/io.c tools/io.h \
	tools/json.c tools/json.h \
	tools/kind.c tools/kind.h \
	tools/lines.c tools/lines.h \
	tools/main.c \
	tools/machines.c tools/machines.h \
	tools/members.c tools/members.h \
	tools/message.c tools/message.h \
	tools/node.c tools/node.h \
	tools/object.c tools/object.h \
	tools/offline_key.c tools/offline_key.h \
	tools/options.c tools/options.h \
	tools/out_file.c tools/out_file.h \
	tools/pin.c tools/pin.h \
	tools/policy.c tools/policy.h \
	tools/policy_sign.c \
	tools/progress.c tools/progress.h \
	tools/raw_request.c tools/raw_request.h \
	tools/recovery.c tools/recovery.h \
	tools/root.c tools/root.h \
	tools/root_replace.c tools/root_replace.h \
	tools/registrar.c tools/registrar.h \
	tools/rewrap.c tools/rewrap.h \
	tools/rewrap_file.c tools/rewrap_file.h \
	tools/rewrap_key.c tools/rewrap_key.h \
	tools/rewrap_state.c tools/rewrap_state.h \
	tools/sealed.c tools/sealed.h \
	tools/sender.c tools/sender.h \
	tools/serve_crowd.c tools/serve_crowd.h \
	tools/serve_framing.c tools/serve_framing.h \
	tools/serve_http.c tools/serve_http.h \
	tools/serve_key.c tools/serve_key.h \
	tools/serve_log.c tools/serve_log.h \
	tools/serve_proxy.c tools/serve_proxy.h \
	tools/serve_route.c tools/serve_route.h \
	tools/serve_socket.c tools/serve_socket.h \
	tools/share_box.c tools/share_box.h \
	tools/share_typed.c tools/share_typed.h \
	tools/shares_in.c tools/shares_in.h \
	tools/shares_out.c tools/shares_out.h \
	tools/show.c tools/show.h \
	tools/signer_key.c tools/signer_key.h \
	tools/signing.c tools/signing.h \
	tools/terminal.c tools/terminal.h \
	tools/text.c tools/text.h \
	tools/time.c tools/time.h \
	tools/timeout.c tools/timeout.h \
	tools/token.c tools/token.h \
	tools/tool.h \
	tools/uri.c tools/uri.h \
	tools/url.c tools/url.h \
	tools/versions.c tools/versions.h \
	tools/wrapped_line.c tools/wrapped_line.h \
	\
	tools/audit.c \
	tools/curl.c \
	tools/decrypt.c \
	tools/delete.c \
	tools/destroy.c \
	tools/doctor.c tools/doctor.h \
	tools/doctor_access.c \
	tools/doctor_aside.c \
	tools/doctor_crypto.c \
	tools/doctor_hsm.c tools/doctor_kept.c tools/doctor_stray.c \
	tools/doctor_keys.c \
	tools/doctor_roots.c \
	tools/doctor_token.c \
	tools/doctor_tpm.c \
	tools/encrypt.c \
	tools/fleet.c tools/fleet.h \
	tools/hsm.c tools/hsm.h \
	tools/import.c tools/import.h \
	tools/import_hmac.c \
	tools/init.c \
	tools/kept.c tools/kept.h \
	tools/key_file.c \
	tools/keygen.c \
	tools/list.c \
	tools/migrate.c \
	tools/pin_verbs.c \
	tools/pubkey.c \
	tools/registrar_files.c \
	tools/registrar_member.c tools/registrar_member.h \
	tools/registrar_serve.c \
	tools/registrar_token.c \
	tools/request_sign.c \
	tools/request_verify.c \
	tools/reseal.c \
	tools/reseal_key.c tools/reseal_key.h \
	tools/rollback.c \
	tools/recovery_key.c \
	tools/root_create.c \
	tools/root_import.c \
	tools/root_list.c \
	tools/root_recover.c \
	tools/root_rehearse.c \
	tools/root_share.c \
	tools/root_node.c \
	tools/root_receive.c \
	tools/root_retire.c \
	tools/root_rewrap.c \
	tools/root_rotate.c \
	tools/root_send.c \
	tools/sign.c \
	tools/status.c \
	tools/status_keys.c tools/status_keys.h \
	tools/status_slot.c tools/status_slot.h \
	tools/tries.c tools/tries.h \
	tools/tripwire.c tools/tripwire.h \
	tools/unseal_answer.c tools/unseal_answer.h \
	tools/unseal_check.c \
	tools/unseal_client.c tools/unseal_client.h \
	tools/unseal_credential.c \
	tools/unseal_exec.c \
	tools/unseal_keep.c \
	tools/unseal_node.c tools/unseal_node.h \
	tools/unseal_pcrs.c tools/unseal_pcrs.h \
	tools/unseal_share.c tools/unseal_share.h \
	tools/unseal_units.c tools/unseal_units.h \
	tools/unseal_vault.c \
	tools/unwrap.c \
	tools/verify.c \
	tools/wrap.c
signet_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir) \
	-DP11MODULEDIR='"$(p11moduledir)"' -DP11CONFIGDIR='"$(p11configdir)"'
signet_LDADD = libenroll.la librequest.la libsignet.la $(JANSSON_LIBS) $(CURL_LIBS) $(MICROHTTPD_LIBS) \
	$(GNUTLS_LIBS)

# The file has the name of the command where bash looks for it.
EXTRA_DIST += tools/completion.bash
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(bashcompletiondir)'
	$(INSTALL_DATA) '$(srcdir)/tools/completion.bash' '$(DESTDIR)$(bashcompletiondir)/signet'
uninstall-local:
	rm -f '$(DESTDIR)$(bashcompletiondir)/signet'
