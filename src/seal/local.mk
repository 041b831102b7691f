libsignet_la_SOURCES += \
	src/seal/sealer.c src/seal/sealer.h
