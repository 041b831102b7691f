#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Attack: somebody who measures how long things take, or shares the caches. What he could see
# is a branch or an address that depends on a secret, and memcheck finds both where secrets are
# marked as not initialised: the tests of tests/ct run under it, each reported by its name.
set -uo pipefail

program=${SIGNET_TEST_BUILDDIR:?}/tests/ct/secrets
# shellcheck source=tests/lib/tap.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/lib/tap.sh"

if [ -n "${SIGNET_TEST_SANITIZER:-}" ]; then
	echo '1..0 # SKIP programs of a sanitizer do not run under valgrind'
	exit 0
fi
need valgrind valgrind
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

# results PATTERN: the lines of TAP that match.
results() { grep -E -e "$1" "$folder/tap"; }

# The functions of ct/control.c let a secret out: were they not found, nothing would be said.
controls() {
	sed -nE 's/^START_TEST\(([a-z0-9_]+)\)$/\1/p' "$SIGNET_TEST_SRCDIR/tests/ct/control.c"
}

status=0
valgrind -q --vgdb=no --log-file="$folder/memcheck" --error-limit=no --num-callers=25 --track-origins=no \
	--leak-check=no --suppressions="$SIGNET_TEST_SRCDIR/tests/ct/libraries.supp" \
	"$program" > "$folder/tap" 2> "$folder/err" || status=$?

while read -r line; do
	report "${line#* - }" "$([[ $line == ok* ]] || results '^#')"
done < <(results '^(not )?ok ')

it 'secrets that are let out on purpose are found'
for control in $(controls); do
	[ -n "$(results "^ok .*$control")" ] || wrong "$control did not pass"
done

it 'no branch and no address depends on a secret'
[ "$status" -eq 0 ] || wrong "$(grep '^==' "$folder/memcheck" | head -n 400)"
[ -z "$(results '^not ok')" ] || wrong "$(results '^not ok')"
[ "$(results '^ok' | wc -l)" -gt 30 ] || wrong "only so many tests were run: $(cat "$folder/tap" "$folder/err")"

done_testing
