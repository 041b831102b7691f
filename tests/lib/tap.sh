# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Tests. TAP for scripts that drive programs. A test is a sentence, followed by commands
# and by what is expected of them; it passes if all of that holds.
#
#   . "$SIGNET_TEST_SRCDIR/tests/lib/tap.sh"
#   tap_start FOLDER
#   it 'an empty slot is shown as uninitialized'
#   succeeds pkcs11-tool -L
#   says 'token state: +uninitialized'
#   done_testing
#
# What a test's commands said is shown where it fails. FOLDER keeps out and err, what the
# last command printed.

# A pattern that no command may ever print.
TAP_FORBIDDEN=

TAP_FOLDER=
TAP_NUMBER=0
TAP_FAILED=0
TAP_NAME=
TAP_WHY=
TAP_LOG=
TAP_STATUS=0

tap_start() {
	TAP_FOLDER=$1
	: > "$TAP_FOLDER/out"
	: > "$TAP_FOLDER/err"
}

# Give up: what follows would make no sense.
bail() {
	echo "Bail out! $*"
	exit 1
}

# need PROGRAM PACKAGE
need() {
	command -v "$1" > /dev/null || bail "$1 is missing; on Debian: apt-get install $2"
}

# Report the test that ends here.
tap_report() {
	[ -n "$TAP_NAME" ] || return 0
	TAP_NUMBER=$((TAP_NUMBER + 1))
	if [ -z "$TAP_WHY" ]; then
		echo "ok $TAP_NUMBER - $TAP_NAME"
	else
		echo "not ok $TAP_NUMBER - $TAP_NAME"
		printf '%s%s' "$TAP_LOG" "$TAP_WHY" | sed 's/^/# /'
		TAP_FAILED=1
	fi
	TAP_NAME=
	TAP_WHY=
	TAP_LOG=
}

# it SENTENCE: begin a test.
it() {
	tap_report
	TAP_NAME=$1
}

done_testing() {
	tap_report
	echo "1..$TAP_NUMBER"
	exit "$TAP_FAILED"
}

# wrong SENTENCE: the test fails, and this is why.
wrong() {
	TAP_WHY+="! $*"$'\n'
}

# report SENTENCE FAILURE: a whole test, which fails if there is something to say.
report() {
	it "$1"
	[ -z "$2" ] || wrong "$2"
}

# Run a command without input; keep its output, its errors and its status.
tap_run() {
	TAP_STATUS=0
	"$@" < /dev/null > "$TAP_FOLDER/out" 2> "$TAP_FOLDER/err" || TAP_STATUS=$?
	TAP_LOG+="\$ $*"$'\n'$(head -c 6000 "$TAP_FOLDER/out" "$TAP_FOLDER/err" | cat -v)$'\n'"=> $TAP_STATUS"$'\n'
	if [ -n "$TAP_FORBIDDEN" ] && grep -aqE -e "$TAP_FORBIDDEN" "$TAP_FOLDER/out" "$TAP_FOLDER/err"; then
		wrong "something that matches $TAP_FORBIDDEN was printed"
	fi
}

# succeeds COMMAND...
succeeds() {
	tap_run "$@"
	[ "$TAP_STATUS" -eq 0 ] || wrong "the exit status of $1 is $TAP_STATUS"
}

# fails COMMAND...: fail in good order, not by a time limit, a missing program or a signal.
fails() {
	tap_run "$@"
	case $TAP_STATUS in
	0) wrong "$1 succeeded" ;;
	12[4-9] | 1[3-8]? | 19[0-2]) wrong "the exit status of $1 is $TAP_STATUS" ;;
	esac
}

# says PATTERN...: the last command printed lines that match each of these.
says() {
	local pattern

	for pattern in "$@"; do
		grep -aqE -e "$pattern" "$TAP_FOLDER/out" "$TAP_FOLDER/err" || wrong "nothing matches $pattern"
	done
}

# omits PATTERN...
omits() {
	local pattern

	for pattern in "$@"; do
		! grep -aqE -e "$pattern" "$TAP_FOLDER/out" "$TAP_FOLDER/err" || wrong "something matches $pattern"
	done
}

# counts NUMBER PATTERN: so many lines of the output match.
counts() {
	local n

	n=$(grep -acE -e "$2" "$TAP_FOLDER/out") || true
	[ "$n" -eq "$1" ] || wrong "$n lines match $2, not $1"
}

# The last command printed nothing on standard error.
quiet() {
	[ ! -s "$TAP_FOLDER/err" ] || wrong 'there is output on standard error'
}

# same FILE FILE
same() {
	cmp -s "$1" "$2" || wrong "$1 and $2 differ"
}

# differ FILE FILE
differ() {
	if [ ! -s "$1" ] || [ ! -s "$2" ]; then
		wrong "$1 or $2 is empty or missing"
	elif cmp -s "$1" "$2"; then
		wrong "$1 and $2 are the same"
	fi
}

# equal STRING STRING
equal() {
	[ "$1" = "$2" ] || wrong "\"$1\" is not \"$2\""
}

# size FILE BYTES
size() {
	[ "$(stat -c %s "$1" 2> /dev/null)" = "$2" ] || wrong "$1 has not $2 bytes"
}

# eventually COMMAND...: run it until it succeeds, for ten seconds at most.
eventually() {
	local i

	for ((i = 0; i < 500; i++)); do
		"$@" && return 0
		sleep 0.02
	done
	return 1
}

# soon COMMAND...: the same for a command that may itself take long: for twenty seconds.
soon() {
	local end=$((SECONDS + 20))

	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}
