dist_man_MANS = doc/signet.1 doc/signet.conf.5
EXTRA_DIST += doc/formats.md
