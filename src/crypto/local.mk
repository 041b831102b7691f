libsignet_crypto_la_SOURCES += \
	src/crypto/aes.c src/crypto/aes.h \
	src/crypto/aes_cbc.c src/crypto/aes_cbc.h \
	src/crypto/aes_gcm.c src/crypto/aes_gcm.h \
	src/crypto/authorities.c \
	src/crypto/base64.c src/crypto/base64.h \
	src/crypto/certificate.c src/crypto/certificate.h \
	src/crypto/cmac.c \
	src/crypto/crypto.c src/crypto/crypto.h \
	src/crypto/der.c src/crypto/der.h \
	src/crypto/der_write.c \
	src/crypto/digest.c src/crypto/digest.h \
	src/crypto/ed25519.c src/crypto/ed25519.h \
	src/crypto/ed25519_dom.c src/crypto/ed25519_dom.h \
	src/crypto/hex.c src/crypto/hex.h \
	src/crypto/hmac.c \
	src/crypto/kdf.c src/crypto/kdf.h \
	src/crypto/keywrap.c src/crypto/keywrap.h \
	src/crypto/mac.c src/crypto/mac.h \
	src/crypto/p256.c src/crypto/p256.h \
	src/crypto/p256_agree.c src/crypto/p256_agree.h \
	src/crypto/pem.c src/crypto/pem.h \
	src/crypto/pkcs8.c src/crypto/pkcs8.h \
	src/crypto/pkcs8_write.c \
	src/crypto/random.c src/crypto/random.h \
	src/crypto/revocations.c \
	src/crypto/rsa_oaep.c src/crypto/rsa_oaep.h \
	src/crypto/sealed_box.c src/crypto/sealed_box.h \
	src/crypto/shamir.c src/crypto/shamir.h \
	src/crypto/siphash.c src/crypto/siphash.h \
	src/crypto/spki.c src/crypto/spki.h \
	src/crypto/ssh_line.c src/crypto/ssh_line.h \
	src/crypto/ssl.c src/crypto/ssl.h \
	src/crypto/stack.h \
	src/crypto/tpm_kdf.c src/crypto/tpm_kdf.h \
	src/crypto/uri_pem.c src/crypto/uri_pem.h \
	src/crypto/x25519.c src/crypto/x25519.h \
	src/crypto/x509.h

if LIB25519
libsignet_crypto_la_SOURCES += src/crypto/curve25519.c src/crypto/curve25519.h
endif
