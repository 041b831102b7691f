# Rules about the sources themselves.
TESTS += \
	tests/lint/docs.sh \
	tests/lint/rings.sh \
	tests/lint/style.sh
EXTRA_DIST += \
	tests/lint/docs.sh \
	tests/lint/rings.sh \
	tests/lint/style.sh
