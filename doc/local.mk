dist_man_MANS = doc/signet.1 doc/signet.conf.5
EXTRA_DIST += doc/architecture.md doc/formats.md doc/pkcs11.md doc/threat-model.md \
	doc/examples/production.env
