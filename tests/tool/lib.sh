# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. What the tests of the command share: a folder and a TPM of the script's own,
# running the command without a terminal, and TAP.

# shellcheck source=tests/lib/tpm.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/lib/tpm.sh"

SIGNET=${SIGNET_TEST_BUILDDIR:?}/signet
JSON=$SIGNET_TEST_BUILDDIR/tests/tool/json
FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/sgtool.XXXXXX") || exit 1
COUNT=0

tool_end() {
	tpm_stop
	rm -rf "$FOLDER"
}
trap tool_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

umask 077
export SIGNET_STATE=$FOLDER/state SIGNET_CONF=$FOLDER/conf
: > "$SIGNET_CONF"

# What tpm2-tss computes costs the command less with it (tests/lib/one_context.c).
ONE_CONTEXT=$SIGNET_TEST_BUILDDIR/.libs/one_context.so
[ -f "$ONE_CONTEXT" ] || ONE_CONTEXT=

# signet ARGUMENT...: run the command in a session of its own, where there is no terminal.
signet() {
	setsid -w env ${ONE_CONTEXT:+"LD_PRELOAD=$ONE_CONTEXT"} "$SIGNET" "$@"
}

# exits CODE ARGUMENT...: run the command; tell whether it exits so. What it writes is
# in $FOLDER/out and $FOLDER/err, for prints and says.
exits() {
	local code=$1 status=0

	shift
	signet "$@" > "$FOLDER/out" 2> "$FOLDER/err" || status=$?
	[ "$status" -eq "$code" ] || { echo "exit code $status instead of $code"; cat "$FOLDER/err"; return 1; }
}

# says TEXT: tell whether standard error has it.
says() {
	grep -qF -- "$1" "$FOLDER/err" || { echo "this does not say \"$1\":"; cat "$FOLDER/err"; return 1; }
}

# prints TEXT: tell whether standard output has it.
prints() {
	grep -qF -- "$1" "$FOLDER/out" || { echo "this does not print \"$1\":"; cat "$FOLDER/out"; return 1; }
}

# fails CODE TEXT ARGUMENT...: an error of that code, in which standard error has the
# text and standard output nothing.
fails() {
	local code=$1 text=$2

	shift 2
	exits "$code" "$@" && says "$text" && [ ! -s "$FOLDER/out" ]
}

# json VALUE KEY...: tell whether the output is JSON that has the value there.
json() {
	local value=$1 found

	shift
	found=$("$JSON" "$@" < "$FOLDER/out") || { echo "no JSON, or no $*"; cat "$FOLDER/out"; return 1; }
	[ "$found" = "$value" ] || { echo "$* is $found instead of $value"; return 1; }
}

# check NAME COMMAND...: one test. It runs in this very shell, so that it can restart the TPM.
check() {
	local name=$1 result=ok

	shift
	"$@" > "$FOLDER/log" 2>&1 || result='not ok'
	COUNT=$((COUNT + 1))
	echo "$result $COUNT - $name"
	# The last line may have no end.
	[ "$result" = ok ] || sed -e 's/^/# /' -e '$a\' "$FOLDER/log"
}

# skip NAME REASON: a test that can't be made here.
skip() {
	COUNT=$((COUNT + 1))
	echo "ok $COUNT - $1 # SKIP $2"
}

finish() {
	echo "1..$COUNT"
}
