#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs the tests of constant time under valgrind's memcheck, with secrets marked as not
# initialised: a branch or an address that depends on one is a finding. Prints the TAP of
# the program, and what memcheck said where a test failed.
set -uo pipefail

program=${SIGNET_TEST_BUILDDIR:?}/tests/ct/secrets
# shellcheck source=tests/lib/tap.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/lib/tap.sh"

if [ -n "${SIGNET_TEST_SANITIZER:-}" ]; then
	echo '1..0 # SKIP programs of a sanitizer do not run under valgrind'
	exit 0
fi
need valgrind valgrind
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

status=0
valgrind -q --vgdb=no --log-file="$log" --error-limit=no --num-callers=25 --track-origins=no \
	--leak-check=no --suppressions="$SIGNET_TEST_SRCDIR/tests/ct/libraries.supp" \
	"$program" || status=$?
[ "$status" -eq 0 ] || grep '^==' "$log" | head -n 400 | sed 's/^/# /'
exit "$status"
