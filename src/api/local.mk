libsignet_la_SOURCES += \
	src/api/call.c src/api/call.h \
	src/api/digest.c \
	src/api/encrypt.c \
	src/api/entry.h \
	src/api/general.c \
	src/api/interface.c \
	src/api/key.c \
	src/api/message.c \
	src/api/object.c \
	src/api/session.c \
	src/api/sign.c \
	src/api/slot.c \
	src/api/slot_event.c \
	src/api/text.c src/api/text.h \
	src/api/unsupported.c

# The module is libsignet with a list of what leaves it. Its own C_GetFunctionList is meant, not
# that of another module in the program, such as libp11-kit's.
p11module_LTLIBRARIES = signet.la
signet_la_SOURCES =
signet_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -no-undefined \
	-Wl,--version-script=$(top_srcdir)/src/api/signet.map -Wl,-z,nodelete \
	-Wl,-Bsymbolic
signet_la_LIBADD = libsignet.la
EXTRA_signet_la_DEPENDENCIES = src/api/signet.map

# The module and the provider are opened by name: libtool's descriptions of them would be more
# files in the folders where p11-kit and OpenSSL look.
install-data-hook:
	rm -f $(DESTDIR)$(p11moduledir)/signet.la $(DESTDIR)$(osslmoduledir)/signet.la
uninstall-hook:
	rm -f $(DESTDIR)$(p11moduledir)/signet.so $(DESTDIR)$(osslmoduledir)/signet.so \
		$(DESTDIR)$(libdir)/libsignet-request.so*

p11config_DATA = src/api/signet.module
CLEANFILES += src/api/signet.module
EXTRA_DIST += src/api/signet.map src/api/signet.module.in
src/api/signet.module: src/api/signet.module.in
	$(AM_V_GEN)$(MKDIR_P) $(@D) && cp $< $@
