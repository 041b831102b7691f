#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# pkcs11-provider: the openssl command with keys that stay in the token. Debian 12 has no
# package of it. Prints TAP.
#
# The functions are called by their names:
# shellcheck disable=SC2317
set -uo pipefail

# shellcheck source=tests/interop/common.sh
. "$(dirname "$0")/common.sh"
provider=$(openssl version -m | sed 's/.*"\(.*\)"/\1/')/pkcs11.so
interop_start

cat > provider.cnf << END
openssl_conf = init
[init]
providers = providers
[providers]
default = openssl_itself
pkcs11 = pkcs11_provider
[openssl_itself]
activate = 1
[pkcs11_provider]
module = $provider
pkcs11-module-path = $module
pkcs11-module-token-pin = file:$work/pin
activate = 1
END
printf '%s' "$pin" > pin
head -c 1000 /dev/urandom > data

make_token first 0
make_key machine 01
prepare public_pem 01 machine.pem
private='pkcs11:token=first;object=machine;type=private'
public='pkcs11:token=first;object=machine;type=public'

# Openssl with the provider; without it openssl verifies.
through() { "${limit[@]}" env "OPENSSL_CONF=$work/provider.cnf" openssl "$@"; }

echo "# $(openssl version)"

it 'the provider loads the module'
succeeds through list -providers
quiet
says 'name: PKCS#11 Provider' 'status: active'

it 'both halves of a key are found by their label'
succeeds through storeutl -noout -text 'pkcs11:token=first;object=machine'
says 'ED25519 Public-Key' 'PKCS11 ED25519 Private Key' 'Total found: 2'

it 'the public key is given out, of either half'
succeeds through pkey -in "$private" -pubout -out public.pem
same public.pem machine.pem
succeeds through pkey -pubin -in "$public" -out public.pem
same public.pem machine.pem

it 'a signature is made, and openssl verifies it without the provider and with it'
succeeds through pkeyutl -sign -inkey "$private" -rawin -in data -out signature
size signature 64
verifies machine.pem data signature
succeeds through pkeyutl -verify -pubin -inkey "$public" -rawin -in data -sigfile signature
says 'Signature Verified Successfully'

it 'a signature over something else is refused'
printf x >> data
fails through pkeyutl -verify -pubin -inkey "$public" -rawin -in data -sigfile signature
says 'Signature Verification Failure'

it 'a certificate and a request are signed by the key'
succeeds through req -new -x509 -key "$private" -subj /CN=machine -days 3 -out certificate.pem
succeeds openssl verify -check_ss_sig -CAfile certificate.pem certificate.pem
says 'certificate.pem: OK'
succeeds through req -new -key "$private" -subj /CN=machine -out request.pem
succeeds openssl req -in request.pem -verify -noout
says 'verify OK'

it 'a wrong PIN opens no key'
printf 000000 > pin
fails through pkeyutl -sign -inkey "$private" -rawin -in data -out none
[ ! -s none ] || wrong 'something was written'
printf '%s' "$pin" > pin

it 'without a TPM there is no signature, and with it again there is'
tpm_kill
fails through pkeyutl -sign -inkey "$private" -rawin -in data -out none
[ ! -s none ] || wrong 'something was written'
succeeds tpm_resume
succeeds through pkeyutl -sign -inkey "$private" -rawin -in data -out signature
verifies machine.pem data signature

done_testing
