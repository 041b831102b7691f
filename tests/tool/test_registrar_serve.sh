#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. signet registrar serve as a server: TLS, where it listens, its log, how it begins and ends.
# What it enrols is in test_enroll.sh.
#
# The functions are called by their names:
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"
# shellcheck source=tests/lib/registrar.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/registrar.sh"

end() {
	registrar_stop > /dev/null
	tool_end
}
trap end EXIT

REGISTRAR_FOLDER=$FOLDER/registrar
registrar_prepare && registrar_certificate || exit 1
registrar_token > "$FOLDER/token" || exit 1
TLS=(--tls-cert "$REGISTRAR_FOLDER/cert.pem" --tls-key "$REGISTRAR_FOLDER/key.pem")

# ask PATH ARGUMENT...: what curl gets: the status on the last line.
ask() {
	local path=$1

	shift
	curl -sS --max-time 20 --cacert "$REGISTRAR_FOLDER/ca.pem" -w '\n%{http_code}\n' "$@" "$REGISTRAR_URL$path" > "$FOLDER/answer"
}

# answers STATUS [TEXT]
answers() {
	[ "$(tail -n 1 "$FOLDER/answer")" = "$1" ] && grep -qF -- "${2-}" "$FOLDER/answer" || { cat "$FOLDER/answer"; return 1; }
}

it_serves() {
	registrar_start "${TLS[@]}" && [[ $REGISTRAR_URL == https://127.0.0.1:* ]] &&
		ask /v1/signet/enroll/begin -d '{}' && answers 400 '"reason":"format"'
}

as_json() {
	ask /v1/signet/enroll/begin -d '{}' -D "$FOLDER/head" &&
		"$JSON" error < <(head -n 1 "$FOLDER/answer") | grep -q . && grep -qi '^content-type: application/json' "$FOLDER/head" &&
		grep -qi '^cache-control: no-store' "$FOLDER/head"
}

old_tls() {
	ask / --tls-max 1.2 && ! ask / --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0
}

other_authority() {
	! curl -sS --max-time 20 "$REGISTRAR_URL/" 2> /dev/null
}

no_tls() {
	! curl -sS --max-time 20 "http${REGISTRAR_URL#https}/" 2> /dev/null
}

# All lines are there when the server has ended.
a_line_each() {
	registrar_stop && : > "$REGISTRAR_FOLDER/log" && registrar_start "${TLS[@]}" &&
		ask $'/a\\x0aForged%0aForged' && ask /v1/vault_test/enroll/register -d '{}' -A 'Forged' && registrar_stop || return 1
	[ "$(wc -l < "$REGISTRAR_FOLDER/log")" -eq 2 ] && ! grep -q Forged "$REGISTRAR_FOLDER/log" &&
		grep -qE '^20[0-9T:-]+Z 127\.0\.0\.1 register 400 format [0-9]+ms$' "$REGISTRAR_FOLDER/log" &&
		grep -qE '^20[0-9T:-]+Z 127\.0\.0\.1 - 404 not-found [0-9]+ms$' "$REGISTRAR_FOLDER/log" &&
		registrar_start "${TLS[@]}" || { cat "$REGISTRAR_FOLDER/log"; return 1; }
}

# Without a host libmicrohttpd answers itself. The line comes after it was counted.
no_request() {
	registrar_stop && : > "$REGISTRAR_FOLDER/log" && registrar_start "${TLS[@]}" --rate 2 && ask / -H Host: && answers 400 &&
		! curl -sS --max-time 20 "http${REGISTRAR_URL#https}/" 2> /dev/null &&
		registrar_lines 2 '^20[0-9T:-]+Z 127\.0\.0\.1 - 0 no-request [0-9]+ms$' && ask / && answers 503 '"reason":"busy"'
}

too_long() {
	registrar_stop && registrar_start "${TLS[@]}" && head -c 524289 /dev/zero > "$FOLDER/long" && ask /v1/signet/enroll/begin -H 'Expect: 100-continue' --expect100-timeout 15 --data-binary "@$FOLDER/long" && answers 413 '"reason":"too-long"'
}

locked_out() {
	local i

	registrar_stop && registrar_start "${TLS[@]}" --failures 2 || return 1
	for i in 1 2; do
		ask /v1/signet/enroll/begin -d "{$i" && answers 400 || return 1
	done
	ask /v1/signet/enroll/begin -d '{}' -D "$FOLDER/head" && answers 429 '"reason":"locked-out"' && grep -qiE '^retry-after: [1-9][0-9]*' "$FOLDER/head"
}

waits() {
	registrar_stop && registrar_start "${TLS[@]}" --rate 2 && ask / && ask / && ask / && answers 503 '"reason":"busy"'
}

# Each client of a proxy is counted and locked out for itself; without the option the proxy is.
through_a_proxy() {
	local from=(-H 'X-Forwarded-For: 203.0.113.1, 192.0.2.7')

	registrar_stop && : > "$REGISTRAR_FOLDER/log" && registrar_start "${TLS[@]}" --failures 2 --trust-proxy 127.0.0.0/8 &&
		ask /v1/signet/enroll/begin -d '{1' "${from[@]}" && ask /v1/signet/enroll/begin -d '{2' "${from[@]}" &&
		ask /v1/signet/enroll/begin -d '{' "${from[@]}" && answers 429 locked-out &&
		ask /v1/signet/enroll/begin -d '{' -H 'X-Forwarded-For: 203.0.113.1' && answers 400 &&
		ask /v1/signet/enroll/begin -d '{' -H 'Forwarded: for="' && answers 400 '"reason":"forwarded"' && registrar_stop &&
		grep -qF ' 192.0.2.7 begin 429 locked-out ' "$REGISTRAR_FOLDER/log" && grep -qF ' 127.0.0.1 begin 400 forwarded ' "$REGISTRAR_FOLDER/log" &&
		registrar_start "${TLS[@]}" && ask / "${from[@]}" && registrar_stop && grep -qF ' 127.0.0.1 - 404 not-found ' "$REGISTRAR_FOLDER/log" &&
		registrar_start "${TLS[@]}" || { cat "$REGISTRAR_FOLDER/log"; return 1; }
}

ends_well() {
	registrar_stop && ! curl -sS --max-time 20 -k "$REGISTRAR_URL/" 2> /dev/null
}

plain_here() {
	registrar_start --allow-http && [[ $REGISTRAR_URL == http://127.0.0.1:* ]] && ask /v1/signet/enroll/begin -d '{}' && answers 400 && registrar_stop
}

# Looks for a text in all that a process may write to, until it is gone, and for ten seconds at most.
in_memory='import sys, time
def has(pid, what):
    with open("/proc/%s/maps" % pid) as maps, open("/proc/%s/mem" % pid, "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            start, end = (int(x, 16) for x in span.split("-"))
            if not rights.startswith("rw"):
                continue
            try:
                memory.seek(start)
                if what in memory.read(end - start):
                    return True
            except OSError:
                pass
    return False
end = time.monotonic() + 10
while has(sys.argv[1], sys.argv[2].encode()):
    if time.monotonic() > end:
        sys.exit(1)'

# The end of a long one is looked for: memory that is freed is taken again soon, where it is small.
forgets_tokens() {
	local end status=0

	end=$(openssl rand -hex 100) && registrar_start --allow-http &&
		ask /v1/signet/enroll/begin -d "{\"version\":1,\"message\":\"hello\",\"token\":\"sgt_0123456789abcdef0123456789abcdef$end\"}" &&
		answers 400 || return 1
	[ ! -r "/proc/$REGISTRAR_PID/maps" ] || ! head -c 0 "/proc/$REGISTRAR_PID/mem" 2> /dev/null ||
		python3 -c "$in_memory" "$REGISTRAR_PID" "${end: -40}" || status=1
	registrar_stop && return "$status"
}

# What should be refused would serve otherwise, and never end.
signet() {
	timeout 30 setsid -w "$SIGNET" "$@"
}

# refuses CODE TEXT ARGUMENT...
refuses() {
	fails "$1" "$2" registrar serve "${REGISTRAR_WHO[@]}" "${@:3}"
}

# tells VAULT ADDRESS TEXT: what machines could not use is refused before anything is opened.
tells() {
	fails 2 "$3" registrar serve --registrar "$REGISTRAR" --vault "$1" --api-url "$2" --listen 127.0.0.1:0 --allow-http
}

bad_names() {
	local name

	for name in a/b .. 'a b' $'a\e[m' 'a%2fb' "$(printf '%0256d' 0)"; do
		tells "$name" https://vault.example.org 'no name of a vault' || return 1
	done
	tells '' https://vault.example.org 'and is empty'
}

bad_addresses() {
	local address

	for address in x ftp://vault.example.org $'https://vault\e[m.example.org' http://vault.example.org https://a:b@vault.example.org \
		'https://vault.example.org/?a' https://vault.example.org/path '' file:///etc/passwd; do
		tells vault_test "$address" '' || { echo "$address"; return 1; }
		! grep -q $'\e' "$FOLDER/err" || return 1
	done
}

no_makers() {
	: > "$FOLDER/empty.pem" && echo text > "$FOLDER/text.pem" &&
		refuses 10 'no certificate in /dev/null' --listen 127.0.0.1:0 --allow-http --ek-ca /dev/null &&
		refuses 10 'no certificate in' --listen 127.0.0.1:0 --allow-http --ek-ca "$FOLDER/empty.pem" &&
		refuses 10 "no certificate in $FOLDER/text.pem" --listen 127.0.0.1:0 --allow-http --ek-ca "$FOLDER/text.pem"
}

open_key() {
	cp "$REGISTRAR_FOLDER/key.pem" "$FOLDER/open.pem" && chmod 644 "$FOLDER/open.pem" &&
		refuses 7 'open.pem' --listen 127.0.0.1:0 --tls-cert "$REGISTRAR_FOLDER/cert.pem" --tls-key "$FOLDER/open.pem"
}

# Runs the command as systemd does: with a socket that listens, as descriptor 3.
activated='import os, socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(8)
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = "1"
print(s.getsockname()[1], file=open(sys.argv[1], "w"), flush=True)
os.execv(sys.argv[2], sys.argv[2:])'

by_systemd() {
	: > "$REGISTRAR_FOLDER/out"
	python3 -c "$activated" "$FOLDER/port" "$SIGNET" registrar serve "${REGISTRAR_WHO[@]}" "${TLS[@]}" \
		< /dev/null > "$REGISTRAR_FOLDER/out" 2>> "$REGISTRAR_FOLDER/log" &
	REGISTRAR_PID=$!
	registrar_await && [ "$REGISTRAR_URL" = "https://127.0.0.1:$(cat "$FOLDER/port")" ] && ask / && answers 404 && registrar_stop
}

# The key of a token signs the log's head at the end, and a file elsewhere has it.
signed_log() {
	tpm_start && signet init --label machine --machine > /dev/null && signet keygen --label audit > /dev/null &&
		signet pubkey --label audit --format pem > "$FOLDER/audit.pem" && registrar_start "${TLS[@]}" --sign-with audit --heads "$FOLDER/heads" &&
		ask /v1/signet/enroll/begin -d '{}' && registrar_stop && [ -s "$FOLDER/heads" ] &&
		exits 0 audit verify --registrar "$REGISTRAR" --heads "$FOLDER/heads" --public-key "$FOLDER/audit.pem"
}

# A disk elsewhere that is not there is told at the start, not when a head is due.
no_heads() {
	local heads

	for heads in "$FOLDER/none/heads" "$FOLDER" /dev/null; do
		refuses 7 "can't keep heads of the log in $heads" --listen 127.0.0.1:0 --allow-http --sign-with audit --heads "$heads" || return 1
	done
}

# tls_in_token LABEL TYPE: the server's own key lies in the token, and no file has it.
tls_in_token() {
	signet keygen --label "$1" --type "$2" > /dev/null && signet pubkey --label "$1" --format pem > "$FOLDER/$1.pub" &&
		openssl x509 -new -force_pubkey "$FOLDER/$1.pub" -subj /CN=registrar -days 30 -CA "$REGISTRAR_FOLDER/ca.pem" -CAkey "$REGISTRAR_FOLDER/ca.key" \
			-extfile <(echo subjectAltName=IP:127.0.0.1) -out "$FOLDER/$1.pem" 2> /dev/null || return 1
	registrar_start --tls-cert "$FOLDER/$1.pem" --tls-key "pkcs11:token=machine;object=$1" --sign-with audit &&
		ask /v1/signet/enroll/begin -d '{}' && answers 400 && ask / --tls-max 1.2 && answers 404 && ask / --tls-max 1.3 --tlsv1.3 && answers 404 &&
		asks_at_once && registrar_stop
}

# Several threads sign with the key.
asks_at_once() {
	local i pids=()

	for i in 1 2 3 4 5 6 7 8; do
		curl -sS --max-time 20 --cacert "$REGISTRAR_FOLDER/ca.pem" "$REGISTRAR_URL/" > "$FOLDER/answer$i" &
		pids+=($!)
	done
	for i in 1 2 3 4 5 6 7 8; do
		wait "${pids[i - 1]}" && grep -q not-found "$FOLDER/answer$i" || return 1
	done
}

other_token_key() {
	refuses 1 'Does the key belong' --listen 127.0.0.1:0 --tls-cert "$REGISTRAR_FOLDER/cert.pem" --tls-key 'pkcs11:token=machine;object=audit' &&
		refuses 3 'no private key' --listen 127.0.0.1:0 --tls-cert "$FOLDER/ed.pem" --tls-key 'pkcs11:token=machine;object=none' &&
		refuses 2 'PIN in a URI' --listen 127.0.0.1:0 --tls-cert "$FOLDER/ed.pem" --tls-key 'pkcs11:token=machine;object=ed?pin-value=12345678'
}

check 'it serves over TLS, and says where' it_serves
check 'a refusal is JSON that nobody keeps' as_json
check 'TLS is 1.2 at least' old_tls
check 'who does not know its authority does not trust it' other_authority
check 'nothing goes without TLS' no_tls
check 'each request is a line in which nothing is the client'\''s' a_line_each
check 'and so is a connection without a request, and counts as one' no_request
check 'a message that is too long is refused by its length' too_long
check 'who fails too often is locked out, and told for how long' locked_out
check 'who asks too often waits' waits
check 'a proxy that is trusted says who asks, and no other' through_a_proxy
check 'SIGTERM ends it well' ends_well
check 'without TLS it serves this machine alone' plain_here
check 'a token that came stands nowhere in its memory afterwards' forgets_tokens
check 'a socket of systemd is taken' by_systemd
check 'a key of a token signs the log, for who keeps the signatures' signed_log
check 'where they can'\''t be kept it does not start' no_heads
check 'the key of TLS may lie in a token: Ed25519' tls_in_token ed ed25519
check 'the key of TLS may lie in a token: P-256 in the TPM' tls_in_token p256 p256
check 'but not that of another certificate, nor with its PIN in the URI' other_token_key
check 'without TLS nobody else is served' refuses 2 'Tokens would go over the network in plain text' --listen 0.0.0.0:0 --allow-http
check 'TLS or not must be said' refuses 2 '--allow-http' --listen 127.0.0.1:0
check 'and not both' refuses 2 '--allow-http' --listen 127.0.0.1:0 --allow-http "${TLS[@]}"
check 'a certificate without a key is refused' refuses 2 'go together' --listen 127.0.0.1:0 --tls-cert "$REGISTRAR_FOLDER/cert.pem"
check 'a key of another certificate is refused' refuses 1 'Does the key belong' --listen 127.0.0.1:0 --tls-cert "$REGISTRAR_FOLDER/cert.pem" --tls-key "$REGISTRAR_FOLDER/ca.key"
check 'a key that others can read is refused' open_key
check 'where to listen must be said' refuses 2 '--listen says where' --allow-http
check 'an address needs a port' refuses 2 'no address and port' --listen 127.0.0.1 --allow-http
check 'a rate is a number' refuses 2 '--rate takes 1 to 6000' --listen 127.0.0.1:0 --allow-http --rate 0
check 'a range of proxies is one' refuses 2 '--trust-proxy takes' --listen 127.0.0.1:0 --allow-http --trust-proxy 10.0.0.1/8
check 'a store that is not there is none' fails 7 'there is no registrar' registrar serve --registrar "$FOLDER/none.db" --vault v --api-url https://a.example --listen 127.0.0.1:0 --allow-http
check 'what can be no part of an address is no name of a vault' bad_names
check 'machines get the address of a server alone' bad_addresses
check 'makers of TPMs that are none are refused' no_makers
check 'heads need a key that signs them' refuses 2 '--heads needs --sign-with' --listen 127.0.0.1:0 --allow-http --heads "$FOLDER/heads"
finish
