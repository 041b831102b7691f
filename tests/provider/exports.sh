#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What leaves the OpenSSL provider, and what it brings with it: it is loaded into any program that
# uses OpenSSL. Prints TAP.
set -euo pipefail

# shellcheck source=tests/lib/tap.sh
. "${SIGNET_TEST_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
provider=${SIGNET_TEST_BUILDDIR:-.}/src/provider/.libs/signet.so
symbols=$(readelf --dyn-syms --wide "$provider" |
	awk '$5 != "LOCAL" && $7 != "UND" && $8 != "" && $4 != "Type" { sub(/@.*/, "", $8); print $8 }')
dynamic=$(readelf --dynamic --wide "$provider")
segments=$(readelf --program-headers --wide "$provider")
report 'the entry of a provider leaves it and nothing else' \
	"$([ "$symbols" = OSSL_provider_init ] || echo "these do: $symbols")"
report 'it needs no library of TPMs, databases or networks' \
	"$(grep -E 'NEEDED.*(tss2|sqlite|jansson|curl|libcheck)' <<< "$dynamic" || true)"
report 'it stays where it is when it is closed' \
	"$(grep -q NODELETE <<< "$dynamic" || echo 'there is no NODELETE flag')"
report 'no relocation touches code' "$(grep TEXTREL <<< "$dynamic" || true)"
report 'no segment is writable and executable' "$(grep -E ' LOAD .* RWE ' <<< "$segments" || true)"
report 'the stack is not executable' \
	"$(grep -Eq 'GNU_STACK .* RW ' <<< "$segments" || echo 'GNU_STACK is not RW')"
done_testing
