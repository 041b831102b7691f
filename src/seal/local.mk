libsignet_la_SOURCES += \
	src/seal/any/ask.c src/seal/any/ask.h \
	src/seal/any/list.c src/seal/any/list.h \
	src/seal/any/sealer.c src/seal/any/sealer.h \
	src/seal/any/verdict.c src/seal/any/verdict.h \
	src/seal/attest.c src/seal/attest.h \
	src/seal/counter.h \
	src/seal/hsm/blob.c src/seal/hsm/blob.h \
	src/seal/hsm/kept.c src/seal/hsm/kept.h \
	src/seal/hsm/kept_find.c src/seal/hsm/kept_find.h \
	src/seal/hsm/kept_make.c src/seal/hsm/kept_make.h \
	src/seal/hsm/kept_use.c src/seal/hsm/kept_use.h \
	src/seal/hsm/parent.c src/seal/hsm/parent.h \
	src/seal/hsm/profile.c src/seal/hsm/profile.h \
	src/seal/hsm/public.c src/seal/hsm/public.h \
	src/seal/hsm/resident.c \
	src/seal/hsm/seal_key.c src/seal/hsm/seal_key.h \
	src/seal/hsm/sealer.c src/seal/hsm/sealer.h \
	src/seal/hsm/trust.c src/seal/hsm/trust.h \
	src/seal/hsm/way.c src/seal/hsm/way.h \
	src/seal/import.h \
	src/seal/node.c src/seal/node.h \
	src/seal/parcel.c src/seal/parcel.h \
	src/seal/pcrs.c src/seal/pcrs.h \
	src/seal/pin_index.c src/seal/pin_index.h \
	src/seal/policy.c src/seal/policy.h \
	src/seal/policy_signature.c src/seal/policy_signature.h \
	src/seal/policy_text.c \
	src/seal/resident.h \
	src/seal/sealer.c src/seal/sealer.h \
	src/seal/soft/sealer.c src/seal/soft/sealer.h \
	src/seal/tpm/ak.c src/seal/tpm/ak.h \
	src/seal/tpm/area.c src/seal/tpm/area.h \
	src/seal/tpm/attest.c src/seal/tpm/attest.h \
	src/seal/tpm/attest_object.c \
	src/seal/tpm/attest_sign.c \
	src/seal/tpm/auth.c src/seal/tpm/auth.h \
	src/seal/tpm/blob.c src/seal/tpm/blob.h \
	src/seal/tpm/boot.c src/seal/tpm/boot.h \
	src/seal/tpm/context.c src/seal/tpm/context.h \
	src/seal/tpm/counter.c \
	src/seal/tpm/credential.c src/seal/tpm/credential.h \
	src/seal/tpm/creation.c src/seal/tpm/creation.h \
	src/seal/tpm/derived.c src/seal/tpm/derived.h \
	src/seal/tpm/distant.c src/seal/tpm/distant.h \
	src/seal/tpm/duplicate.c src/seal/tpm/duplicate.h \
	src/seal/tpm/ek.c src/seal/tpm/ek.h \
	src/seal/tpm/ek_certificate.c \
	src/seal/tpm/exchange.c src/seal/tpm/exchange.h \
	src/seal/tpm/import.c \
	src/seal/tpm/key.c src/seal/tpm/key.h \
	src/seal/tpm/nv.c src/seal/tpm/nv.h \
	src/seal/tpm/pcr.c src/seal/tpm/pcr.h \
	src/seal/tpm/pin_index.c src/seal/tpm/pin_index.h \
	src/seal/tpm/policy.c src/seal/tpm/policy.h \
	src/seal/tpm/protect.c src/seal/tpm/protect.h \
	src/seal/tpm/rc.c src/seal/tpm/rc.h \
	src/seal/tpm/resident.c \
	src/seal/tpm/sealed.c src/seal/tpm/sealed.h \
	src/seal/tpm/sealer.c src/seal/tpm/sealer.h \
	src/seal/tpm/send.c src/seal/tpm/send.h \
	src/seal/tpm/session.c src/seal/tpm/session.h \
	src/seal/tpm/srk.c src/seal/tpm/srk.h \
	src/seal/tpm/tcti.c src/seal/tpm/tcti.h \
	src/seal/tpm/tcti_fault.c src/seal/tpm/tcti_fault.h \
	src/seal/tpm/tries.c \
	src/seal/tpm/waiter.c src/seal/tpm/waiter.h \
	src/seal/tripwire.c src/seal/tripwire.h
