#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What `make bench` does, each piece of it once: what it measures must work. How fast it was
# is of no interest here. Prints TAP.
set -uo pipefail

# shellcheck source=tests/lib/tap.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/lib/tap.sh"

if [ -n "${SIGNET_TEST_SANITIZER:-}" ]; then
	echo '1..0 # SKIP a sanitizer would have to be loaded before the module'
	exit 0
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
tap_start "$folder"

it 'make bench measures all its rows'
succeeds "${SIGNET_TEST_BUILDDIR:?}/tests/bench/bench" --quick
says 'C_SignInit \+ C_Sign, Ed25519, 64 bytes'
says 'EVP_DigestSignInit \+ EVP_DigestSign, 64 bytes'
says 'root -> project -> data key -> 1 KiB'
says 'create and destroy one more than 100,000 keys'
says 'cold start: dlopen to first signature'
says 'verify a signed request, RFC 9421'
says 'verify a whole enrolment'
says 'and kept in the registrar.s store'
says 'look up one of 100,000 machines'
done_testing
