libsignet_store_la_SOURCES += \
	src/store/aside.c src/store/aside.h \
	src/store/chain.c src/store/chain.h \
	src/store/create.c \
	src/store/db.c src/store/db.h \
	src/store/fleet.c src/store/fleet.h src/store/fleet_db.h \
	src/store/fleet_due.c \
	src/store/fleet_log.c \
	src/store/fleet_member.c \
	src/store/fleet_schema.c src/store/fleet_schema.h \
	src/store/fleet_session.c \
	src/store/fleet_token.c \
	src/store/kind.c src/store/kind.h \
	src/store/nonce.c src/store/nonce.h \
	src/store/nonce_db.c src/store/nonce_db.h \
	src/store/nonce_files.c src/store/nonce_files.h \
	src/store/nonce_front.c src/store/nonce_front.h \
	src/store/nonce_schema.c src/store/nonce_schema.h \
	src/store/path.c src/store/path.h \
	src/store/row.c src/store/row.h \
	src/store/schema.c src/store/schema.h \
	src/store/stamp.c src/store/stamp.h \
	src/store/statement.c src/store/statement.h \
	src/store/store.c src/store/store.h
