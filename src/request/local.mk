# Signed requests: linked into the command and the tests, and a library of its own for programs.
noinst_LTLIBRARIES += librequest.la
librequest_la_SOURCES = \
	src/request/answer.c src/request/answer.h \
	src/request/body.c src/request/body.h \
	src/request/component.c src/request/component.h \
	src/request/covered.c src/request/covered.h \
	src/request/derived.c \
	src/request/digest.c src/request/digest.h \
	src/request/field.c src/request/field.h \
	src/request/form.c src/request/form.h \
	src/request/hmac.c \
	src/request/keep.c src/request/keep.h \
	src/request/lockout.c src/request/lockout.h \
	src/request/machine.c src/request/machine.h \
	src/request/parse.c \
	src/request/query.c src/request/query.h \
	src/request/read.c \
	src/request/reason.c \
	src/request/rfc9421.c src/request/rfc9421.h \
	src/request/rfc9421_read.c \
	src/request/rfc9421_sign.c \
	src/request/sf.c src/request/sf.h \
	src/request/sf_value.c \
	src/request/sign.c \
	src/request/source.c \
	src/request/target.c src/request/target.h \
	src/request/text.c src/request/text.h \
	src/request/vault.c \
	src/request/verdict.c src/request/verdict.h \
	src/request/verifier.c

# It takes the lower rings with it and nothing of a token or a TPM. It stays when it is closed: it
# watches forks.
lib_LTLIBRARIES += libsignet-request.la
libsignet_request_la_SOURCES =
libsignet_request_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -no-undefined \
	-Wl,--version-script=$(top_srcdir)/src/request/request.map -Wl,-z,nodelete \
	-Wl,-Bsymbolic
libsignet_request_la_LIBADD = librequest.la libsignet-store.la libsignet-crypto.la
EXTRA_libsignet_request_la_DEPENDENCIES = src/request/request.map
EXTRA_DIST += src/request/request.map

# libtool's description of it would name where it was built.
install-exec-hook:
	rm -f $(DESTDIR)$(libdir)/libsignet-request.la
