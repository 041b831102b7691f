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

# looked_at: what is wrong with the list in MUTATIONS, or with the one of the source.
looked_at() {
	"$root/tests/attack/mutate.sh" --check 2>&1 || echo "exit status $?"
}

# violation SENTENCE LINE...: a list of these lines is not accepted.
violation() {
	local sentence=$1

	shift
	printf '%s\n' "$@" > "$planted"
	report "$sentence" "$([ -n "$(MUTATIONS=$planted looked_at)" ] || echo "it did not notice $*")"
}

name='defence: planted' file='file: src/util/slab.c' edit='edit: s/mmap/nmap/'
notices='notices: attack/test_bus.c: a_forged_name_does_not_help'

report 'every defence can be taken out, and has a test' "$(looked_at)"
printf '%s\n' "$name" "$file" "$edit" "$notices" > "$planted"
report 'a list that is in order is accepted' "$(MUTATIONS=$planted looked_at)"
violation 'a line that is not there any more is noticed' "$name" "$file" 'edit: s/no such line//' "$notices"
violation 'a test that is not there any more is noticed' "$name" "$file" "$edit" \
	'notices: attack/test_bus.c: no_such_test'
violation 'an edit that is none is noticed' "$name" "$file" 'edit: s/(mmap/nmap/' "$notices"
violation 'a line of no known kind is noticed' "$name" "$file" "$edit" "$notices" '' 'notizes: oops'
violation 'a list without a defence is noticed' '# none'
violation 'a defence without a file of its own is noticed' "$name" "$file" "$edit" "$notices" '' \
	"$name" "$edit" "$notices"

done_testing
