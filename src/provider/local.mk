# The OpenSSL provider: a PKCS#11 client, so it is linked with the lower rings alone. The PKCS#11
# module has the same name, and stands in another folder here as it does when installed.
osslmodule_LTLIBRARIES = src/provider/signet.la
src_provider_signet_la_SOURCES = \
	src/provider/decode.h src/provider/decode_pem.c src/provider/decode_uri.c \
	src/provider/ecdsa.c \
	src/provider/ed25519.c \
	src/provider/encode_text.c \
	src/provider/key.c src/provider/key.h src/provider/key_sign.c \
	src/provider/keymgmt.c \
	src/provider/link.c src/provider/link.h \
	src/provider/object_read.c src/provider/object_read.h \
	src/provider/objects.c src/provider/objects.h \
	src/provider/operation.c src/provider/operation.h \
	src/provider/pem_block.c src/provider/pem_block.h \
	src/provider/point.c src/provider/point.h \
	src/provider/provider.c src/provider/provider.h \
	src/provider/reason.c src/provider/reason.h \
	src/provider/section.c src/provider/section.h \
	src/provider/signature.c \
	src/provider/store.c \
	src/provider/uri.c src/provider/uri.h
src_provider_signet_la_CPPFLAGS = $(AM_CPPFLAGS) -DP11MODULEDIR='"$(p11moduledir)"'
src_provider_signet_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -no-undefined \
	-Wl,--version-script=$(top_srcdir)/src/provider/provider.map -Wl,-z,nodelete -Wl,-Bsymbolic
src_provider_signet_la_LIBADD = libsignet-client.la libsignet-crypto.la
EXTRA_src_provider_signet_la_DEPENDENCIES = src/provider/provider.map
EXTRA_DIST += src/provider/provider.map
