#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Each defence in tests/attack/mutations can still be taken out of the source, and the test that
# notices it is there. Nothing is built: that is "make mutate". Prints TAP.
set -euo pipefail

root=${SIGNET_TEST_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib/tap.sh
. "$root/tests/lib/tap.sh"
planted=$(mktemp)
trap 'rm -f "$planted"' EXIT

# violation SENTENCE FILE EDIT TEST: a list with this one mutation is not accepted.
violation() {
	printf 'defence: planted\nfile: %s\nedit: %s\nnotices: %s\n' "$2" "$3" "$4" > "$planted"
	report "$1" "$([ -n "$(MUTATIONS=$planted "$root/tests/attack/mutate.sh" --check)" ] || echo "it did not notice $3, $4")"
}

report 'every defence can be taken out, and has a test' "$("$root/tests/attack/mutate.sh" --check)"
violation 'a line that is not there any more is noticed' src/util/slab.c 's/no such line//' \
	'attack/test_bus.c: a_forged_name_does_not_help'
violation 'a test that is not there any more is noticed' src/util/slab.c 's/mmap/nmap/' \
	'attack/test_bus.c: no_such_test'

done_testing
