#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# signet's own OpenSSL provider: the openssl command with keys that stay in the token, by URI and
# by key file, and TLS on both sides. What it makes is verified by openssl without the provider.
# Prints TAP.
#
# The functions are called by their names:
# shellcheck disable=SC2317
set -uo pipefail

# shellcheck source=tests/interop/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=tests/interop/ossl.sh
. "$SIGNET_TEST_SRCDIR/tests/interop/ossl.sh"
provider_start

snippet service.cnf
snippet all.cnf
head -c 1000 /dev/urandom > data

make_token first 0
make_key machine 01
prepare public_pem 01 machine.pub
prepare user --keypairgen --key-type EC:prime256v1 --label chip --id 60 --usage-sign
prepare public_pem 60 chip.pub
prepare key_file machine machine.pem
prepare key_file chip chip.pem
private='pkcs11:token=first;object=machine;type=private'
public='pkcs11:token=first;object=machine;type=public'

echo "# $(openssl version)"

# --- the configuration files of doc/openssl ---

it 'the configuration for one service loads the provider, beside the default one'
succeeds through list -providers
quiet
says 'name: signet' 'name: OpenSSL Default Provider'
counts 2 'status: active'

it 'the configuration for all programs loads it too, and what Debian configures stays'
succeeds env "OPENSSL_CONF=$work/all.cnf" openssl list -providers
quiet
says 'name: signet' 'name: OpenSSL Default Provider'
succeeds env "OPENSSL_CONF=$work/all.cnf" openssl req -new -newkey ed25519 -nodes -keyout other.key -subj /CN=other -out other.csr
succeeds plain req -in other.csr -verify -noout

it 'loading it asks the hardware nothing, and no token need be there'
succeeds env "OPENSSL_CONF=$work/service.cnf" SIGNET_STATE="$work/nowhere" SIGNET_TCTI=swtpm:path=/nowhere openssl dgst -sha256 data
quiet
[ ! -e nowhere ] || wrong 'a state folder was made'

# --- URIs, and key files that hold them ---

it 'a URI that names a key pair shows both halves'
succeeds through storeutl -noout -text 'pkcs11:token=first;object=machine'
says 'Total found: 2'

it 'storeutl finds keys alone, or public ones alone'
succeeds through storeutl -noout -keys 'pkcs11:token=first'
says 'Total found: 2'
succeeds through storeutl -noout -keys machine.pem
says 'Total found: 1'

for key in machine chip; do
	it "the public half of $key is given out by its URI, and by its key file"
	succeeds through pkey -in "pkcs11:token=first;object=$key;type=private" -pubout -out public.pem
	same public.pem "$key.pub"
	succeeds through pkey -in "$key.pem" -pubout -out public.pem
	same public.pem "$key.pub"
done

it 'a public key is found by its URI'
succeeds through pkey -pubin -in "$public" -pubout -out public.pem
same public.pem machine.pub

it 'a key file of an ordinary key is read as ever'
prepare openssl genpkey -algorithm ed25519 -out plain.key
prepare openssl pkey -in plain.key -pubout -out plain.pub
succeeds through pkey -in plain.key -pubout -out public.pem
quiet
same public.pem plain.pub
succeeds through pkey -in plain.key -text -noout
says 'priv:'
prepare openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes128 -pass pass:secret -out locked.key
succeeds through pkey -in locked.key -passin pass:secret -pubout -out public.pem
succeeds through pkeyutl -sign -inkey plain.key -rawin -in data -out signature
verifies plain.pub data signature

it 'a key file may stand behind a certificate in one file'
prepare openssl req -x509 -key plain.key -subj /CN=plain -days 3 -out plain.crt
cat plain.crt machine.pem plain.key > bundle.pem
succeeds through pkey -in bundle.pem -pubout -out public.pem
same public.pem machine.pub
cat plain.crt plain.key machine.pem > bundle.pem
succeeds through pkey -in bundle.pem -pubout -out public.pem
same public.pem plain.pub
succeeds through storeutl -noout bundle.pem
says 'Total found: 3'

it 'a key file is shown in words'
succeeds through pkey -in machine.pem -noout -text
says '^ED25519 Private-Key, in a token:$'
says '^uri: pkcs11:.*object=machine;type=private$'
omits '^priv:'
succeeds through pkey -in chip.pem -noout -text
says '^NIST CURVE: P-256$'

it 'no private half is written'
fails through pkey -in machine.pem -out none.pem
[ ! -s none.pem ] || wrong 'something was written'
fails through pkey -in chip.pem -out none.pem
[ ! -s none.pem ] || wrong 'something was written'

# --- signatures ---

for inkey in "$private" machine.pem; do
	it "pkeyutl signs with Ed25519: $inkey"
	succeeds through pkeyutl -sign -inkey "$inkey" -rawin -in data -out signature
	size signature 64
	verifies machine.pub data signature
	succeeds through pkeyutl -verify -inkey "$inkey" -rawin -in data -sigfile signature
	says 'Signature Verified Successfully'
done

it 'a signature over something else is refused'
printf x > else
fails through pkeyutl -verify -inkey machine.pem -rawin -in else -sigfile signature
says 'Signature Verification Failure'

it 'dgst signs with P-256, with each digest'
for digest in sha256 sha384 sha512; do
	succeeds through dgst "-$digest" -sign chip.pem -out signature data
	succeeds plain dgst "-$digest" -verify chip.pub -signature signature data
	says 'Verified OK'
done

it 'pkeyutl signs a digest with P-256'
prepare openssl dgst -sha256 -binary -out digest data
succeeds through pkeyutl -sign -inkey chip.pem -in digest -out signature -pkeyopt digest:sha256
succeeds plain pkeyutl -verify -pubin -inkey chip.pub -in digest -sigfile signature -pkeyopt digest:sha256
says 'Signature Verified Successfully'

for key in machine chip; do
	it "$key signs a request"
	succeeds through req -new -key "$key.pem" -subj "/CN=$key" -out "$key.csr"
	succeeds plain req -in "$key.csr" -verify -noout
	says 'verify OK'

	it "$key signs a certificate of its own"
	succeeds through req -new -x509 -key "$key.pem" -subj "/CN=$key" -days 3 \
		-addext basicConstraints=critical,CA:TRUE -out "$key.ca.crt"
	succeeds plain verify -check_ss_sig -CAfile "$key.ca.crt" "$key.ca.crt"
	says "$key.ca.crt: OK"

	it "$key signs the certificate of somebody else, as an authority"
	succeeds through x509 -req -in other.csr -CA "$key.ca.crt" -CAkey "$key.pem" -days 3 -out issued.crt
	succeeds plain verify -CAfile "$key.ca.crt" issued.crt
	says 'issued.crt: OK'
done

it 'cms signs with P-256'
succeeds through cms -sign -binary -nodetach -in data -signer chip.ca.crt -inkey chip.pem -outform PEM -out signed.cms
succeeds plain cms -verify -binary -inform PEM -in signed.cms -CAfile chip.ca.crt -purpose any -out back
same back data

# OpenSSL up to 3.5 wants a digest of every signer of CMS, and Ed25519 has none.
if plain cms -sign -in data -signer plain.crt -inkey plain.key -out ordinary.cms 2> /dev/null; then
	it 'cms signs with Ed25519'
	succeeds through cms -sign -binary -nodetach -in data -signer machine.ca.crt -inkey machine.pem -outform PEM -out signed.cms
	succeeds plain cms -verify -binary -inform PEM -in signed.cms -CAfile machine.ca.crt -purpose any -out back
	same back data
else
	it 'this openssl signs no CMS with Ed25519, with the key in the token as little as with one in a file'
	fails through cms -sign -binary -nodetach -in data -signer machine.ca.crt -inkey machine.pem -outform PEM -out signed.cms
fi

# --- TLS 1.3, over a socket of this folder ---

# offer COMMAND ARGUMENT...: a server for one client that proves itself; it turns lines around.
offer() {
	end server
	rm -f tls
	start server "$1" s_server -unix tls -tls1_3 -rev -naccept 1 -Verify 1 -verify_return_error -CAfile trusted "${@:2}"
	eventually test -S tls || wrong "the server does not answer: $(cat server.log)"
}

# ask COMMAND ARGUMENT...: a client that sends a line, waits for the answer and ends.
ask() {
	printf 'hello\nCLOSE\n' |
		"$1" s_client -unix tls -tls1_3 -quiet -ign_eof -verify_return_error -CAfile trusted "${@:2}"
}

# met PATTERN: the server has ended and says this.
met() {
	wait "${running[server]}"
	unset 'running[server]'
	grep -qE -e "$1" server.log || wrong "the server does not say $1: $(cat server.log)"
}

prepare openssl req -x509 -newkey ed25519 -keyout stranger.key -nodes -subj /CN=stranger -days 3 -out stranger.crt
cat plain.crt machine.ca.crt chip.ca.crt > trusted

for key in machine chip; do
	it "a client of TLS 1.3 proves itself with $key"
	offer plain -cert plain.crt -key plain.key
	succeeds ask through -cert "$key.ca.crt" -key "$key.pem"
	says '^olleh$'
	met "^Peer certificate: CN ?= ?$key\$"

	it "a server of TLS 1.3 proves itself with $key"
	offer through -cert "$key.ca.crt" -key "$key.pem"
	succeeds ask plain -cert plain.crt -key plain.key
	says '^olleh$'
	met '^Verification: OK$'
done

it 'both sides have their key in the token'
offer through -cert chip.ca.crt -key chip.pem
succeeds ask through -cert machine.ca.crt -key "$private"
says '^olleh$'
met '^Peer certificate: CN ?= ?machine$'

it 'a client with another key is not served'
offer through -cert machine.ca.crt -key machine.pem
fails ask plain -cert stranger.crt -key stranger.key
met 'certificate verify failed'

it 'a key that does not fit its certificate is refused before anything is sent'
offer plain -cert plain.crt -key plain.key
fails ask through -cert chip.ca.crt -key machine.pem
end server

# --- what goes wrong ---

# no_signature KEY: nothing is signed with it.
no_signature() {
	rm -f none
	fails through pkeyutl -sign -inkey "$1" -rawin -in data -out none
	[ ! -s none ] || wrong 'something was written'
}

# Of a key file the openssl command says no more than that it can't read it; of a URI it says why.
it 'a wrong PIN opens no key'
printf 000000 > pin
no_signature machine.pem
no_signature "$private"
says 'PIN of the token is wrong'
printf '%s' "$pin" > pin

it 'without a file of the PIN there is no signature'
mv pin pin.away
no_signature machine.pem
no_signature "$private"
says "there is no file $work/pin with the PIN"
mv pin.away pin

it 'a key file that was cut short anywhere opens nothing'
for bytes in 0 20 40 80 120; do
	head -c "$bytes" machine.pem > short.pem
	no_signature short.pem
done

it 'a damaged key file is called that'
sed '2s/./*/' machine.pem > broken.pem
no_signature broken.pem
says 'should hold a pkcs11: URI is damaged'

it 'the URI of another token opens nothing, and says so'
no_signature 'pkcs11:token=second;object=machine;type=private'
says 'no token fits the URI'

it 'the URI of a key that is not there opens nothing, and says so'
no_signature 'pkcs11:token=first;object=nobody;type=private'
says 'nothing that fits the URI'

it 'a URI does not choose another module'
no_signature "pkcs11:token=first;object=machine;type=private?module-path=/usr/lib/x86_64-linux-gnu/pkcs11/other.so"
says 'another PKCS#11 module'

it 'without its hardware there is no signature, and with it again there is'
hardware_away
no_signature machine.pem
succeeds hardware_back
succeeds through pkeyutl -sign -inkey machine.pem -rawin -in data -out signature
verifies machine.pub data signature

it 'with the token gone there is no signature, and what needs no token works'
mv state state.away
no_signature machine.pem
succeeds through dgst -sha256 data
mv state.away state

done_testing
