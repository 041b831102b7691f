#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What leaves the module: the entry points of PKCS#11 and nothing else. And what nobody gets into it
# or into the command: a place for the faults of tests. Prints TAP.
set -euo pipefail

# shellcheck source=tests/lib/tap.sh
. "${SIGNET_TEST_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
module=${SIGNET_TEST_BUILDDIR:-.}/.libs/signet.so
symbols=$(readelf --dyn-syms --wide "$module" |
	awk '$5 != "LOCAL" && $7 != "UND" && $8 != "" && $4 != "Type" { sub(/@.*/, "", $8); print $8 }')
dynamic=$(readelf --dynamic --wide "$module")
segments=$(readelf --program-headers --wide "$module")
report 'only C_ functions leave the module' "$(grep -v '^C_[A-Z][A-Za-z]*$' <<< "$symbols" || true)"
report 'all 104 functions of PKCS#11 3.2 do' \
	"$([ "$(grep -c '^C_' <<< "$symbols")" -eq 104 ] || echo "these do: $symbols")"
report 'the module needs no libcheck' "$(grep -E 'libcheck' <<< "$dynamic" || true)"
report 'the module needs no libcurl, which only the command talks to vaults with' \
	"$(grep -E 'libcurl' <<< "$dynamic" || true
	readelf --dynamic --wide "${SIGNET_TEST_BUILDDIR:-.}/signet" | grep -q 'NEEDED.*libcurl' ||
		echo 'the command does not, either')"

# The library for tests looks for a function of theirs; were it called otherwise, it would be found
# nowhere, and nothing be shown. What is resolved when the program starts can be
# given by whoever loads a library before.
fault=sg_tcti_fault_at
report 'what tests are linked with asks their function for faults' \
	"$(nm "$(dirname "$module")/libsignet.a" 2> /dev/null | grep " w $fault\$" > /dev/null ||
		echo "$fault is not weak there")"
# faults_of FILE: what of it is there, or looked for elsewhere.
faults_of() {
	readelf --symbols --wide "$1" | grep -w "$fault" || true
	readelf --dyn-syms --wide "$1" | awk '$7 == "UND" && $8 ~ /^sg_/'
}
report 'the module has no such function, and looks for none of ours in other libraries' \
	"$(faults_of "$module")"
report 'nor does the command' "$(faults_of "${SIGNET_TEST_BUILDDIR:-.}/signet")"
report 'the module stays where it is when it is closed' \
	"$(grep -q NODELETE <<< "$dynamic" || echo 'there is no NODELETE flag')"
report 'no relocation touches code' "$(grep TEXTREL <<< "$dynamic" || true)"
report 'no segment is writable and executable' "$(grep -E ' LOAD .* RWE ' <<< "$segments" || true)"
report 'the stack is not executable' \
	"$(grep -Eq 'GNU_STACK .* RW ' <<< "$segments" || echo 'GNU_STACK is not RW')"
done_testing
