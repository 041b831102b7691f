# Programs of others against the built module, on a token sealed by a TPM.
interop_scripts = \
	tests/interop/curl_tls.sh \
	tests/interop/install.sh \
	tests/interop/nginx.sh \
	tests/interop/node.sh \
	tests/interop/nss.sh \
	tests/interop/openssh.sh \
	tests/interop/openssl.sh \
	tests/interop/openssl_provider.sh \
	tests/interop/openssl_proxy.sh \
	tests/interop/p11_kit.sh \
	tests/interop/p11tool.sh \
	tests/interop/pkcs11_tool.sh \
	tests/interop/pykcs11.sh \
	tests/interop/sdk_register.sh \
	tests/interop/sunpkcs11.sh \
	tests/interop/systemd.sh \
	tests/interop/vault.sh

TESTS += $(interop_scripts)
EXTRA_DIST += tests/interop/common.sh tests/interop/ossl.sh tests/lib/hardware.sh tests/lib/softhsm.sh tests/lib/tap.sh $(interop_scripts) \
	tests/interop/SunPkcs11.java tests/interop/fork_sign.c tests/interop/node.js tests/interop/provider.sh tests/interop/pykcs11.py \
	tests/interop/sdk_register.js tests/interop/sdk_register.py

# A helper of systemd.sh and no test, so it is not in check_PROGRAMS.
EXTRA_PROGRAMS += tests/interop/confine
tests_interop_confine_LDADD =
check_DATA += tests/interop/confine$(EXEEXT)
CLEANFILES += tests/interop/confine$(EXEEXT)

# A vault's client, for vault.sh. It has nothing of ours but a header.
EXTRA_PROGRAMS += tests/interop/vault_seal
tests_interop_vault_seal_SOURCES = tests/interop/vault_seal.c \
	tests/interop/vault_client.c tests/interop/vault_client.h \
	tests/interop/vault_config.c tests/interop/vault_config.h tests/interop/vault_key.c
tests_interop_vault_seal_LDADD =
check_DATA += tests/interop/vault_seal$(EXEEXT)
CLEANFILES += tests/interop/vault_seal$(EXEEXT)

# Debian 12 has no pkcs11-provider.
if PKCS11_PROVIDER
TESTS += tests/interop/provider.sh
endif
