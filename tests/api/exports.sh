#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What leaves the module: the entry points of PKCS#11 and nothing else. Prints TAP.
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
report 'the module stays where it is when it is closed' \
	"$(grep -q NODELETE <<< "$dynamic" || echo 'there is no NODELETE flag')"
report 'no relocation touches code' "$(grep TEXTREL <<< "$dynamic" || true)"
report 'no segment is writable and executable' "$(grep -E ' LOAD .* RWE ' <<< "$segments" || true)"
report 'the stack is not executable' \
	"$(grep -Eq 'GNU_STACK .* RW ' <<< "$segments" || echo 'GNU_STACK is not RW')"
done_testing
