# Rules about the sources themselves.
TESTS += \
	tests/lint/rings.sh \
	tests/lint/style.sh
EXTRA_DIST += \
	tests/lint/rings.sh \
	tests/lint/style.sh
