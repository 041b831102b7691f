#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# curl that proves itself with a key in the token, by a key file. The server is nginx with files
# of its own, and knows nothing of the token. Prints TAP.
#
# The functions are called by their names:
# shellcheck disable=SC2317
set -uo pipefail

# shellcheck source=tests/interop/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=tests/interop/ossl.sh
. "$SIGNET_TEST_SRCDIR/tests/interop/ossl.sh"
PATH=$PATH:/usr/sbin:/sbin
need nginx nginx
need curl curl
provider_start
echo "# $(curl --version | head -n 1)"

snippet service.cnf
authority
certify_file web
make_token first 0
make_key machine 01
prepare public_pem 01 machine.pub
certify machine machine.pub
prepare user --keypairgen --key-type EC:prime256v1 --label chip --id 60 --usage-sign
prepare public_pem 60 chip.pub
certify chip chip.pub
prepare key_file machine machine.pem
prepare key_file chip chip.pem
plain_server web

# Curl with the provider, and with a key of the token.
fetch() { "${limit[@]}" env "OPENSSL_CONF=$work/service.cnf" curl --silent --show-error --cacert authority.crt --unix-socket web "$@" https://web/; }

it 'the server takes who has a certificate, and nobody else'
succeeds fetch
says '400 No required SSL certificate'

for key in machine chip; do
	for version in 1.3 1.2; do
		it "curl proves itself with $key over TLS $version"
		succeeds fetch --cert "$key.crt" --key "$key.pem" "--tlsv$version" --tls-max "$version"
		says "client SUCCESS CN=$key, TLSv$version"
	done
done

it 'the key file may stand in one file with the certificate'
cat machine.crt machine.pem > both.pem
succeeds fetch --cert both.pem
says 'client SUCCESS CN=machine'

it 'a key in an ordinary file is taken as ever'
certify_file plain
succeeds fetch --cert plain.crt --key plain.key
says 'client SUCCESS CN=plain'

it 'without the provider the key file is no key'
fails "${limit[@]}" curl --silent --show-error --cacert authority.crt --unix-socket web --cert machine.crt --key machine.pem https://web/
says 'unable to set private key file|could not load PEM client'

it 'a key that does not fit the certificate is refused'
fails fetch --cert chip.crt --key machine.pem

it 'with a wrong PIN nothing is sent'
printf 000000 > pin
fails fetch --cert machine.crt --key machine.pem
says 'private key'
omits 'SUCCESS'
printf '%s' "$pin" > pin

it 'with a key file that was cut short nothing is sent'
head -c 100 machine.pem > short.pem
fails fetch --cert machine.crt --key short.pem
omits 'SUCCESS'

it 'with the URI of another token nothing is sent'
"$signet" key-file --show machine.pem | sed 's/token=first/token=second/' > uri
prepare uri_file "$(cat uri)" other.pem
fails fetch --cert machine.crt --key other.pem
omits 'SUCCESS'

it 'without the hardware nothing is sent, and with it again it works'
hardware_away
fails fetch --cert chip.crt --key chip.pem
succeeds hardware_back
succeeds fetch --cert chip.crt --key chip.pem
says 'client SUCCESS CN=chip'

it 'with the token gone nothing is sent'
mv state state.away
fails fetch --cert machine.crt --key machine.pem
mv state.away state
succeeds fetch --cert machine.crt --key machine.pem
says 'client SUCCESS CN=machine'

done_testing
