# What systemd needs to know: the user of services, the folder of tokens, examples of units.
sysusers_DATA = data/sysusers.d/signet.conf
tmpfiles_DATA = data/tmpfiles.d/signet.conf
examplesdir = $(docdir)/examples
examples_DATA = data/examples/signet-example.service
dist_examples_DATA = data/examples/openbao.conf
systemdunit_DATA = data/systemd/signet-registrar.service data/systemd/signet-root@.service \
	data/systemd/signet-unseal.service
dist_systemdunit_DATA = data/systemd/signet-registrar.socket data/systemd/signet-root@.socket

units_made = $(sysusers_DATA) $(tmpfiles_DATA) $(examples_DATA) $(systemdunit_DATA)
CLEANFILES += $(units_made)
EXTRA_DIST += \
	data/examples/signet-example.service.in \
	data/systemd/signet-registrar.service.in \
	data/systemd/signet-root@.service.in \
	data/systemd/signet-unseal.service.in \
	data/sysusers.d/signet.conf.in \
	data/tmpfiles.d/signet.conf.in

$(units_made): Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's,@bindir[@],$(bindir),g' -e 's,@localstatedir[@],$(localstatedir),g' \
		-e 's,@sysconfdir[@],$(sysconfdir),g' \
		'$(srcdir)/$@.in' > $@.tmp && mv $@.tmp $@
data/sysusers.d/signet.conf: data/sysusers.d/signet.conf.in
data/tmpfiles.d/signet.conf: data/tmpfiles.d/signet.conf.in
data/examples/signet-example.service: data/examples/signet-example.service.in
data/systemd/signet-registrar.service: data/systemd/signet-registrar.service.in
data/systemd/signet-root@.service: data/systemd/signet-root@.service.in
data/systemd/signet-unseal.service: data/systemd/signet-unseal.service.in
