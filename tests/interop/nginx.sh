#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# nginx whose key is in the token: the master reads a key file that names it, and the workers sign.
# Clients are curl and openssl without the provider. Prints TAP.
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
echo "# $(nginx -v 2>&1), $(openssl version)"

snippet service.cnf
authority
make_token first 0
make_key server 01
make_key second 02
prepare public_pem 01 server.pub
certify server server.pub
prepare user --keypairgen --key-type EC:prime256v1 --label chip --id 60 --usage-sign
prepare public_pem 60 chip.pub
certify chip chip.pub
certify_file client
prepare openssl req -x509 -newkey ed25519 -nodes -keyout stranger.key -subj /CN=stranger -days 3 -out stranger.crt
prepare key_file server server.key.pem
prepare key_file chip chip.key.pem

# The lines of doc/openssl/nginx.conf, for a key.
lines() {
	sed -e "s,/etc/signet/server,$work/$1," "$SIGNET_TEST_SRCDIR/doc/openssl/nginx.conf" |
		grep '^ssl_certificate'
}

# The lines that it wants at the top; here neither the TPM nor an HSM is where it would be.
variables() {
	sed -n 's/^# *\(env .*;\)$/\1/p' "$SIGNET_TEST_SRCDIR/doc/openssl/nginx.conf"
	echo "env SIGNET_TCTI; env SIGNET_CONF; env SOFTHSM2_CONF;"
}

# configure KEY LINE...: nginx.conf for the key.
configure() {
	local all

	mapfile -t all < <(lines "$1")
	nginx_conf new.conf web "${all[@]}" "${@:2}"
	{
		variables
		cat new.conf
	} > nginx.conf
}

# Nginx with the provider.
with_provider() { exec env "OPENSSL_CONF=$work/service.cnf" nginx -p "$work/" -e stderr -c "$work/nginx.conf"; }

serve() {
	end web
	rm -f web
	start web with_provider
	soon answers web "$1" > /dev/null 2>&1 || wrong "nginx does not answer: $(tail -n 5 web.log)"
}

# Which workers have answered by now.
workers() { sed -n 's/^worker \([0-9]*\),.*/\1/p' seen | sort -u; }

# Ask until as many workers as that have answered.
ask_all() {
	: > seen
	# shellcheck disable=SC2016
	soon eval 'answers web '"$2"' >> seen 2>> web.ask; [ "$(workers | wc -l)" -ge '"$1"' ]' ||
		wrong "only $(workers | wc -l) workers answered: $(tail -n 2 web.ask)"
}

it 'the configuration is accepted'
configure server
succeeds "${limit[@]}" env "OPENSSL_CONF=$work/service.cnf" nginx -t -p "$work/" -e stderr -c "$work/nginx.conf"
says 'test is successful'

it 'both workers serve with an Ed25519 key of the token'
serve server
ask_all 2 server
succeeds answers web server
says '^worker [0-9]+, client NONE , TLSv1.3$'

it 'TLS 1.2 is served too'
succeeds answers web server --tls-max 1.2
says 'TLSv1.2$'

it 'a client that trusts somebody else does not take it'
fails "${limit[@]}" curl --silent --show-error --cacert stranger.crt --unix-socket web https://server/
says 'certificate'

it 'after a reload new workers serve'
before=$(workers)
kill -HUP "${running[web]}"
# shellcheck disable=SC2016
soon eval ': > seen; answers web server >> seen 2> /dev/null; [ -n "$(workers)" ] && ! grep -qxF -e "$(workers)" <<< "$before"' ||
	wrong 'the old workers still answer'
ask_all 2 server

it 'a worker that was killed is replaced, and the new one signs'
kill -KILL "$(workers | head -n 1)"
ask_all 2 server

it 'clients must prove themselves, where that is configured'
configure server 'ssl_client_certificate authority.crt;' 'ssl_verify_client on;'
sed -i "s,ssl_client_certificate ,&$work/," nginx.conf
serve_with_client() {
	end web
	rm -f web
	start web with_provider
	eventually test -S web
}
serve_with_client
succeeds answers web server --cert client.crt --key client.key
says 'client SUCCESS CN=client'
succeeds answers web server
says '400 No required SSL certificate'
succeeds answers web server --cert stranger.crt --key stranger.key
says '400 The SSL certificate error'

it 'with an Ed25519 key it goes on serving while the hardware is away'
configure server
serve server
ask_all 2 server
hardware_away
ask_all 2 server
succeeds hardware_back
ask_all 2 server

it 'workers serve with a P-256 key that stays in the hardware'
configure chip
serve chip
ask_all 2 chip
succeeds answers web chip --tls-max 1.2
says 'TLSv1.2$'

it 'without the hardware it serves nobody, and with it again it does'
hardware_away
fails answers web chip
succeeds hardware_back
soon answers web chip > answer 2>&1 || wrong "nobody is served: $(cat answer; tail -n 5 web.log)"
ask_all 2 chip

it 'many clients at a time are served'
busy() {
	local i pids=() failed=0

	for i in 1 2 3 4 5 6 7 8; do
		answers web chip --no-keepalive "https://chip/$i" "https://chip/again" > "busy.$i" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || failed=1
	done
	return "$failed"
}
succeeds busy

# refused KEY PATTERN: nginx does not start with the key.
refused() {
	configure "$1"
	fails "${limit[@]}" env "OPENSSL_CONF=$work/service.cnf" nginx -t -p "$work/" -e stderr -c "$work/nginx.conf"
	says 'cannot load certificate key' "$2"
}

it 'a reload with a key that does not open changes nothing for who is served'
cp nginx.conf good.conf
cp chip.crt bad.crt
sed '2s/./*/' chip.key.pem > bad.key.pem
configure bad
kill -HUP "${running[web]}"
soon grep -q 'cannot load certificate key' web.log || wrong 'it was not said'
ask_all 2 chip
cp good.conf nginx.conf
kill -HUP "${running[web]}"
ask_all 2 chip
end web

it 'with a wrong PIN it does not start, and says so'
cp chip.key.pem bad.key.pem
printf 000000 > pin
refused bad 'PIN of the token is wrong'
printf '%s' "$pin" > pin

it 'with a damaged key file it does not start, and says so'
sed '2s/./*/' chip.key.pem > bad.key.pem
refused bad 'is damaged'
head -n 2 chip.key.pem > bad.key.pem
refused bad 'is damaged'

it 'with the URI of another token it does not start, and says so'
"$signet" key-file --show chip.key.pem > uri
sed 's/token=first/token=second/' uri > other.uri
prepare uri_file "$(cat other.uri)" bad.key.pem
refused bad 'no token fits the URI'

it 'with a key that does not fit the certificate it does not start'
prepare key_file second bad.key.pem
cp server.crt bad.crt
configure bad
fails "${limit[@]}" env "OPENSSL_CONF=$work/service.cnf" nginx -t -p "$work/" -e stderr -c "$work/nginx.conf"
says 'key values mismatch|different key'

it 'with the token gone it does not start'
cp server.key.pem bad.key.pem
mv state state.away
refused bad 'no token fits the URI'
mv state.away state

done_testing
