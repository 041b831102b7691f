libsignet_la_SOURCES += \
	src/core/access.c src/core/access.h \
	src/core/anchor.c src/core/anchor.h \
	src/core/attr_table.c src/core/attr_table.h \
	src/core/attr_value.c src/core/attr_value.h \
	src/core/attrs.c src/core/attrs.h \
	src/core/builtin.c src/core/builtin.h \
	src/core/copy_try.c src/core/copy_try.h \
	src/core/curve.c src/core/curve.h \
	src/core/date.c src/core/date.h \
	src/core/door.c src/core/door.h \
	src/core/enrolled_key.c src/core/enrolled_key.h \
	src/core/iv.c src/core/iv.h \
	src/core/iv_source.c src/core/iv_source.h \
	src/core/key_derive.c \
	src/core/key_generate.c \
	src/core/key_guard.c src/core/key_guard.h \
	src/core/key_ops.h \
	src/core/key_reseal.c src/core/key_reseal.h \
	src/core/key_template.c src/core/key_template.h \
	src/core/key_wrap.c \
	src/core/keyset.c src/core/keyset.h \
	src/core/leave.c src/core/leave.h \
	src/core/login.c \
	src/core/login_cache.c src/core/login_cache.h \
	src/core/mech.c src/core/mech.h \
	src/core/mech_aes.c \
	src/core/mech_aes_cbc.c \
	src/core/mech_aes_ctr.c \
	src/core/mech_curve.c src/core/mech_curve.h \
	src/core/mech_ecdh.c \
	src/core/mech_ecdsa.c \
	src/core/mech_eddsa.c \
	src/core/mech_gcm.h \
	src/core/mech_gcm_message.c \
	src/core/mech_generate.c \
	src/core/mech_hkdf.c \
	src/core/mech_keywrap.c \
	src/core/mech_mac.c \
	src/core/mech_sha2.c \
	src/core/module.c src/core/module.h \
	src/core/object.c src/core/object.h \
	src/core/object_ops.c src/core/object_ops.h \
	src/core/object_table.c src/core/object_table.h \
	src/core/op.c src/core/op.h \
	src/core/op_message.c src/core/op_message.h \
	src/core/pkcs11.h \
	src/core/record.c src/core/record.h \
	src/core/root.c src/core/root.h \
	src/core/recovery.c src/core/recovery.h \
	src/core/sent_key.c src/core/sent_key.h \
	src/core/session.c src/core/session.h \
	src/core/share.c src/core/share.h \
	src/core/share_text.c src/core/share_text.h \
	src/core/slot_event.c src/core/slot_event.h \
	src/core/state.c src/core/state.h \
	src/core/sum.c src/core/sum.h \
	src/core/template.c src/core/template.h \
	src/core/token.c src/core/token.h \
	src/core/token_accept.c src/core/token_accept.h \
	src/core/token_anchor.c src/core/token_anchor.h \
	src/core/token_aside.c src/core/token_aside.h \
	src/core/token_build.c src/core/token_build.h \
	src/core/token_create.c \
	src/core/token_import.c src/core/token_import.h \
	src/core/token_index.c src/core/token_index.h \
	src/core/token_kept.c src/core/token_kept.h \
	src/core/token_material.c src/core/token_material.h \
	src/core/token_migrate.c src/core/token_migrate.h \
	src/core/token_move.c src/core/token_move.h \
	src/core/token_objects.c src/core/token_objects.h \
	src/core/token_pin.c \
	src/core/token_policy.c src/core/token_policy.h \
	src/core/token_proof.c src/core/token_proof.h \
	src/core/token_reading.c src/core/token_reading.h \
	src/core/token_record.c src/core/token_record.h \
	src/core/token_refresh.c \
	src/core/token_remove.c src/core/token_remove.h \
	src/core/token_reseal.c src/core/token_reseal.h \
	src/core/token_resident.c src/core/token_resident.h \
	src/core/token_status.c \
	src/core/token_succeed.c src/core/token_succeed.h \
	src/core/token_tries.c src/core/token_tries.h \
	src/core/token_tripwire.c src/core/token_tripwire.h \
	src/core/token_write.c src/core/token_write.h \
	src/core/tripwire.c src/core/tripwire.h \
	src/core/witness.c src/core/witness.h
