libsignet_crypto_la_SOURCES += \
	src/util/alarm.c src/util/alarm.h \
	src/util/array.c src/util/array.h \
	src/util/bech32.c src/util/bech32.h \
	src/util/boot.c src/util/boot.h \
	src/util/bytes.c src/util/bytes.h \
	src/util/config.c src/util/config.h \
	src/util/cursor.c src/util/cursor.h \
	src/util/err.c src/util/err.h \
	src/util/errand.c src/util/errand.h \
	src/util/file.c src/util/file.h src/util/file_replace.c \
	src/util/fork.c src/util/fork.h \
	src/util/gate.c src/util/gate.h \
	src/util/locked.c src/util/locked.h \
	src/util/log.c src/util/log.h \
	src/util/map.c src/util/map.h \
	src/util/private.c src/util/private.h \
	src/util/proquint.c src/util/proquint.h \
	src/util/secret.c src/util/secret.h \
	src/util/signal.c src/util/signal.h \
	src/util/slab.c src/util/slab.h \
	src/util/utf8.c src/util/utf8.h \
	src/util/walk.c src/util/walk.h
