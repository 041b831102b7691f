#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# node with a key in the token, by a key file: signatures, and HTTPS on both sides. node may be linked
# with the system's OpenSSL, or bring one of its own. Prints TAP.
#
# The functions are called by their names:
# shellcheck disable=SC2317
set -uo pipefail

# shellcheck source=tests/interop/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=tests/interop/ossl.sh
. "$SIGNET_TEST_SRCDIR/tests/interop/ossl.sh"
PATH=$PATH:/usr/sbin:/sbin
need node nodejs
need nginx nginx
need curl curl
provider_start
echo "# node $(node --version), OpenSSL $(node -p 'process.versions.openssl')"

snippet service.cnf
snippet all.cnf
grep -v '^nodejs_conf' service.cnf > shared.cnf
grep -v '^openssl_conf' service.cnf > own.cnf
authority
certify_file web
certify_file plain
make_token first 0
make_key machine 01
prepare public_pem 01 machine.pub
certify machine machine.pub
prepare user --keypairgen --key-type EC:prime256v1 --label chip --id 60 --usage-sign
prepare public_pem 60 chip.pub
certify chip chip.pub
prepare key_file machine machine.pem
prepare key_file chip chip.pem
printf 'GET:/v1/secrets' > data
plain_server web

# Node with the provider, and without it.
node_js() { "${limit[@]}" env "OPENSSL_CONF=$work/service.cnf" node "$SIGNET_TEST_SRCDIR/tests/interop/node.js" "$@"; }
node_plain() { "${limit[@]}" node "$SIGNET_TEST_SRCDIR/tests/interop/node.js" "$@"; }

# The public half in the lines that were printed.
printed() { sed -n '/BEGIN/,/END/p' "$TAP_FOLDER/out"; }

it 'a key file is a private Ed25519 key, whose public half is the right one'
succeeds node_js show machine.pem
quiet
says '^private ed25519$'
equal "$(printed)" "$(cat machine.pub)"

it 'a key file is a private P-256 key, whose public half is the right one'
succeeds node_js show chip.pem
quiet
says '^private ec$'
equal "$(printed)" "$(cat chip.pub)"

it 'node signs with Ed25519, and openssl verifies it'
succeeds node_js sign machine.pem data signature
quiet
size signature 64
verifies machine.pub data signature

it 'node signs with P-256, and openssl verifies it'
succeeds node_js sign chip.pem data signature
quiet
succeeds plain dgst -sha256 -verify chip.pub -signature signature data
says 'Verified OK'

it 'many signatures are made at the same time'
succeeds node_js many machine.pem 500
says '^500 good$'
succeeds node_js many chip.pem 20
says '^20 good$'

it 'the private half is not given out'
succeeds node_js keep machine.pem
says 'nothing was exported'
succeeds node_js keep chip.pem
says 'nothing was exported'

it 'an ordinary key is used as ever'
succeeds node_js sign plain.key data signature
verifies plain.pub data signature

# --- the ways to configure it ---

# signs COMMAND...: node, started so, signs.
signs() {
	rm -f signature
	succeeds "${limit[@]}" "$@" "$SIGNET_TEST_SRCDIR/tests/interop/node.js" sign machine.pem data signature
	verifies machine.pub data signature
}

it 'the configuration for all programs is one for node too'
signs env "OPENSSL_CONF=$work/all.cnf" node

it 'its options name a configuration too'
signs node "--openssl-config=$work/own.cnf"
signs env "NODE_OPTIONS=--openssl-config=$work/own.cnf" node

it 'the section of all programs is read with the option that says so'
signs env "OPENSSL_CONF=$work/shared.cnf" node --openssl-shared-config
fails "${limit[@]}" env "OPENSSL_CONF=$work/shared.cnf" node "$SIGNET_TEST_SRCDIR/tests/interop/node.js" sign machine.pem data signature

it 'without the provider the key file is no key'
fails node_plain sign machine.pem data signature

# --- HTTPS ---

for key in machine chip; do
	it "a client of HTTPS proves itself with $key"
	succeeds node_js fetch web web authority.crt "$key.crt" "$key.pem"
	says "client SUCCESS CN=$key, TLSv1.3"

	it "a server of HTTPS proves itself with $key, and knows its client"
	rm -f served
	start served env "OPENSSL_CONF=$work/service.cnf" node "$SIGNET_TEST_SRCDIR/tests/interop/node.js" serve served \
		authority.crt "$key.crt" "$key.pem"
	eventually test -S served || wrong "it does not answer: $(cat served.log)"
	succeeds answers served "$key" --cert plain.crt --key plain.key
	says 'client true plain, TLSv1.3'
	succeeds answers served "$key"
	says 'client false nobody'
	end served
done

# --- what goes wrong ---

# no_signature KEY PATTERN
no_signature() {
	rm -f signature
	fails node_js sign "$1" data signature
	says "$2"
	[ ! -s signature ] || wrong 'something was written'
}

it 'a wrong PIN opens no key, and node says so'
printf 000000 > pin
no_signature machine.pem 'PIN of the token is wrong'
printf '%s' "$pin" > pin

it 'a damaged key file opens nothing, and node says so'
head -n 2 machine.pem > short.pem
no_signature short.pem 'is damaged'
sed '2s/./*/' machine.pem > short.pem
no_signature short.pem 'is damaged'

it 'the URI of another token opens nothing, and node says so'
"$signet" key-file --show machine.pem | sed 's/token=first/token=second/' > uri
prepare uri_file "$(cat uri)" other.pem
no_signature other.pem 'no token fits the URI'

it 'without the hardware there is no signature, and with it again there is'
hardware_away
no_signature machine.pem .
succeeds hardware_back
succeeds node_js sign machine.pem data signature
verifies machine.pub data signature

it 'a process that has the key goes on when the hardware comes back'
rm -f served
start served env "OPENSSL_CONF=$work/service.cnf" node "$SIGNET_TEST_SRCDIR/tests/interop/node.js" serve served \
	authority.crt chip.crt chip.pem
soon answers served chip > answer 2>&1 || wrong "it does not answer: $(cat answer)"
hardware_away
fails answers served chip
succeeds hardware_back
soon answers served chip > answer 2>&1 || wrong "it does not answer: $(cat answer)"
end served

it 'with the token gone there is no signature'
mv state state.away
no_signature machine.pem .
mv state.away state

done_testing
