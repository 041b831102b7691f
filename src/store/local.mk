libsignet_la_SOURCES += \
	src/store/store.c src/store/store.h
