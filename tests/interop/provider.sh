#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# pkcs11-provider: the openssl command, TLS on both sides, and a program that forks, with
# keys that stay in the token. Debian 12 has no package of it. Prints TAP.
#
# The functions are called by their names:
# shellcheck disable=SC2317
set -uo pipefail

# shellcheck source=tests/interop/common.sh
. "$(dirname "$0")/common.sh"
provider=$(openssl version -m | sed 's/.*"\(.*\)"/\1/')/pkcs11.so
need gcc gcc
interop_start

server=
interop_stop() {
	[ -z "$server" ] || kill "$server" 2> /dev/null
	[ -z "$server" ] || wait "$server" 2> /dev/null
	server=
}

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

# The key file that our own provider reads has the same form.
it 'a key file that signet writes is opened'
prepare eval '"$SIGNET_TEST_BUILDDIR/signet" key-file --label machine --pin-source "file:$work/pin" > key.pem'
succeeds through pkey -in key.pem -pubout -out public.pem
same public.pem machine.pem
succeeds through pkeyutl -sign -inkey key.pem -rawin -in data -out signature
verifies machine.pem data signature

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

# --- TLS 1.3, over a socket of this folder ---

# Openssl without the provider, under the same limit.
plain() { "${limit[@]}" openssl "$@"; }

# offer COMMAND ARGUMENT...: a server for one client that proves itself; it turns lines around.
offer() {
	rm -f tls
	"$1" s_server -unix tls -tls1_3 -rev -naccept 1 -Verify 1 -verify_return_error -CAfile authority \
		"${@:2}" > server.log 2>&1 < /dev/null &
	server=$!
	eventually test -S tls || wrong "the server does not answer: $(cat server.log)"
}

# ask COMMAND ARGUMENT...: a client that sends a line, waits for the answer and ends.
ask() {
	printf 'hello\nCLOSE\n' |
		"$1" s_client -unix tls -tls1_3 -quiet -ign_eof -verify_return_error -CAfile authority "${@:2}"
}

# met PATTERN: the server has ended and says this.
met() {
	wait "$server"
	server=
	grep -qE -e "$1" server.log || wrong "the server does not say $1: $(cat server.log)"
}

for name in server other; do
	prepare openssl req -x509 -newkey ed25519 -keyout "$name.pem" -nodes -subj "/CN=$name" -days 3 -out "$name.crt"
done
cat server.crt certificate.pem > authority

it 'a client proves itself with the key in the token'
offer plain -cert server.crt -key server.pem
succeeds ask through -cert certificate.pem -key "$private"
says '^olleh$'
met '^Peer certificate: CN ?= ?machine$'

it 'a client with another key, or with none, is not served'
offer plain -cert server.crt -key server.pem
fails ask plain -cert other.crt -key other.pem
met 'certificate verify failed'
offer plain -cert server.crt -key server.pem
fails ask plain
met 'peer did not return a certificate'

it 'a server proves itself with the key in the token'
offer through -cert certificate.pem -key "$private"
succeeds ask plain -cert server.crt -key server.pem
says '^olleh$'
met '^Verification: OK$'

# --- P-256, in the hardware ---

prepare user --keypairgen --key-type EC:prime256v1 --label chip --id 60 --usage-sign
prepare public_pem 60 chip.pem
chip='pkcs11:token=first;object=chip;type=private'

it 'a key in the hardware signs, and openssl verifies it'
succeeds through dgst -sha256 -sign "$chip" -out signature data
succeeds openssl dgst -sha256 -verify chip.pem -signature signature data
says 'Verified OK'
succeeds through req -new -key "$chip" -subj /CN=chip -out request.pem
succeeds openssl req -in request.pem -verify -noout
says 'verify OK'

it 'a client proves itself with a key in the hardware'
succeeds through req -new -x509 -key "$chip" -subj /CN=chip -days 3 -out chip.crt
cat server.crt chip.crt > authority
offer plain -cert server.crt -key server.pem
succeeds ask through -cert chip.crt -key "$chip"
says '^olleh$'
met '^Peer certificate: CN ?= ?chip$'

# --- a fork ---

it 'a key that was loaded before a fork signs in the child, and in the parent after it'
succeeds gcc -O1 -Wall -Werror -o fork_sign "$SIGNET_TEST_SRCDIR/tests/interop/fork_sign.c" -lcrypto
printf 'a message of the fork' > message
succeeds "${limit[@]}" env "OPENSSL_CONF=$work/provider.cnf" ./fork_sign "$private"
for name in before child parent; do
	verifies machine.pem message "$name"
done

# --- without the PIN, without the hardware ---

it 'a wrong PIN opens no key'
printf 000000 > pin
fails through pkeyutl -sign -inkey "$private" -rawin -in data -out none
[ ! -s none ] || wrong 'something was written'
printf '%s' "$pin" > pin

it 'without its hardware there is no signature, and with it again there is'
hardware_away
fails through pkeyutl -sign -inkey "$private" -rawin -in data -out none
[ ! -s none ] || wrong 'something was written'
succeeds hardware_back
succeeds through pkeyutl -sign -inkey "$private" -rawin -in data -out signature
verifies machine.pem data signature

done_testing
