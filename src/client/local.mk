libsignet_client_la_SOURCES += \
	src/client/calling.c src/client/calling.h \
	src/client/ending.c src/client/ending.h \
	src/client/find.c \
	src/client/known.c src/client/known.h \
	src/client/login.c src/client/login.h \
	src/client/manner.c src/client/manner.h \
	src/client/pin.c src/client/pin.h \
	src/client/place.c src/client/place.h \
	src/client/pool.c src/client/pool.h \
	src/client/rc.c src/client/rc.h \
	src/client/refusal.c src/client/refusal.h \
	src/client/rv.c src/client/rv.h \
	src/client/share.c src/client/share.h \
	src/client/slots.c src/client/slots.h \
	src/client/tokens.c src/client/tokens.h \
	src/client/visit.c src/client/visit.h
