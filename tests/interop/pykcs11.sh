#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# PyKCS11, which carries PKCS#11 to Python: all of it that has a meaning here, in one
# process of Python (pykcs11.py), whose answers are looked at one by one. Prints TAP.
set -uo pipefail

# shellcheck source=tests/interop/common.sh
. "$(dirname "$0")/common.sh"
# Debian's own, whatever other Python comes first.
python=/usr/bin/python3
need "$python" python3-pykcs11
"$python" -c 'import PyKCS11' 2> /dev/null || bail 'PyKCS11 is missing; on Debian: apt-get install python3-pykcs11'
interop_start
echo "# $("$python" --version)"

program=$SIGNET_TEST_SRCDIR/tests/interop/pykcs11.py
head -c 1024 /dev/urandom > message

# answers NAME PATTERN: the program has said this of that step.
answers() { says "^$1: $2\$"; }

it 'the program runs to its end'
succeeds "${limit[@]}" env PYTHONDONTWRITEBYTECODE=1 "$python" "$program" "$module" "$pin" "$so_pin"
quiet
answers library 'signet 2\.40'

it 'a token is made, with both PINs'
answers 'new token' snake
answers 'wrong PIN' 'raised CKR_PIN_INCORRECT .*'
answers 'another PIN' CKS_RW_USER_FUNCTIONS

it 'a private key is not made without a login'
answers 'without login' 'raised CKR_USER_NOT_LOGGED_IN .*'

it 'mechanisms are listed by name'
answers mechanisms '.*CKM_EDDSA.*'
answers mechanism '255 255 .*CKF_SIGN.*CKF_VERIFY.*'

it 'random bytes and digests are given out'
answers random 10
sum=$(sha256sum < message | cut -d ' ' -f 1)
answers digest "$sum"
answers 'digest in parts' "$sum"

it 'an Ed25519 key pair is made, signs and verifies'
answers 'key pair' 2
answers signature True
answers 'signature of something else' '(False|raised CKR_SIGNATURE_INVALID.*)'

it 'all attributes of a private key are asked for, and it stays closed'
answers 'attributes of the private key' 'True None machine'

it 'AES keys are made, imported and read where they may be'
value=$(printf '%02x' {0..31})
answers 'secret key' "$value"
# It gives None for what the token does not give out.
answers 'value of a sensitive key' None

it 'AES-GCM encrypts and decrypts, with additional data'
answers AES-GCM '1040 True'
answers 'AES-GCM with another header' 'raised CKR_ENCRYPTED_DATA_INVALID .*'

it 'a key is wrapped and unwrapped'
answers 'wrapped key' "40 $value"

it 'an HMAC is that of openssl'
answers HMAC "$(openssl mac -digest SHA256 -macopt "hexkey:$value" -in message HMAC | tr A-F a-f) True"

it 'data objects are made, changed and deleted'
answers data 'letter True 0'

it 'eight threads sign in sessions of their own'
answers threads '160 signatures, 1 different'

it 'a forked child sees no key, initializes and signs, and so does its parent'
answers fork 'CKR_CRYPTOKI_NOT_INITIALIZED .*, then 64 bytes'
answers 'parent of the fork' 64

it 'nothing private is left after a logout, and no session after the end'
answers 'after logout' 0
answers 'after the end' 'raised CKR_SESSION_HANDLE_INVALID .*'

it 'openssl verifies what PyKCS11 signed'
succeeds public_pem 01 machine.pem
verifies machine.pem message signature

done_testing
