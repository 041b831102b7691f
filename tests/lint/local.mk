# Rules about the sources themselves.
TESTS += \
	tests/lint/docs.sh \
	tests/lint/mutations.sh \
	tests/lint/rings.sh \
	tests/lint/style.sh \
	tests/lint/tables.sh
EXTRA_DIST += \
	tests/lint/docs.sh \
	tests/lint/mutations.sh \
	tests/lint/rings.sh \
	tests/lint/style.sh \
	tests/lint/tables.sh

# A helper of tables.sh and no test, so it is not in check_PROGRAMS.
EXTRA_PROGRAMS += tests/lint/tables
check_DATA += tests/lint/tables$(EXEEXT)
CLEANFILES += tests/lint/tables$(EXEEXT)

# Put the tables of the code into doc/pkcs11.md of the source folder.
.PHONY: doc-tables
doc-tables: tests/lint/tables$(EXEEXT) signet.la
	$(AM_V_GEN)$(AM_TESTS_ENVIRONMENT) bash $(srcdir)/tests/lint/tables.sh --write
