#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Signing requests and verifying them by the command.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

url=https://vault.example.org/v1/secrets
form=--form

# The key of the known answers: its seed is 32 times 0x42.
known_key() {
	{ printf '302e020100300506032b657004220420'; printf '42%.0s' {1..32}; } | xxd -r -p
}

# field NAME: print the value of a field that was printed.
field() {
	sed -n "s/^$1: //p" "$FOLDER/out"
}

first_known_answer() {
	exits 0 request sign --label known --id m --url /v1/secret/sk_a1b2c3d4e5 \
		--timestamp 1711468800 --nonce dGhpcyBpcyBhIG5vbmNl &&
		[ "$(field X-Signature)" = '7w5XDeS8Qch8+a9WPU6spClNx0kGmtvXYRGsWhgBJfwgk5gZQOD22JRtf+gqGWcZHwUKYtRlyOUjVoYAOLMdCA==' ] &&
		[ "$(field X-Machine-Id)" = m ] && [ "$(field X-Timestamp)" = 1711468800 ] &&
		[ "$(field X-Nonce)" = dGhpcyBpcyBhIG5vbmNl ] && [ "$(wc -l < "$FOLDER/out")" = 4 ]
}

second_known_answer() {
	printf '{"projectId": "proj_a"}' > "$FOLDER/body"
	exits 0 request sign --label known --id m --method POST --url https://vault.example.org/v1/secrets/list \
		--body "$FOLDER/body" --timestamp 1711468800 --nonce AAAAAAAAAAAAAAAAAAAAAA== &&
		[ "$(field X-Signature)" = 'cQKegzPgo1BfTOgF4aSMg5sI2ETJM51B/92zG/rvKf8vsn9nTpVjEfU7rO6dN56ahEMfkrNdD41GI1j+RtpyAQ==' ] &&
		exits 0 request sign --label known --id m --method POST --url https://vault.example.org/v1/secrets/list \
			--body - --timestamp 1711468800 --nonce AAAAAAAAAAAAAAAAAAAAAA== < "$FOLDER/body" &&
		[ "$(field X-Signature)" = 'cQKegzPgo1BfTOgF4aSMg5sI2ETJM51B/92zG/rvKf8vsn9nTpVjEfU7rO6dN56ahEMfkrNdD41GI1j+RtpyAQ==' ]
}

# OpenSSL takes the signature over the text that --json shows.
json_is_what_was_signed() {
	exits 0 request sign --label machine --id m-1 --url $url --json && json vault form && json GET method &&
		json /v1/secrets target && json m-1 id && json X-Signature fields 3 name &&
		printf %s "$("$JSON" signed < "$FOLDER/out")" > "$FOLDER/signed" &&
		"$JSON" fields 3 value < "$FOLDER/out" | base64 -d > "$FOLDER/sig" &&
		signet pubkey --label machine > "$FOLDER/pem" &&
		openssl pkeyutl -verify -pubin -inkey "$FOLDER/pem" -rawin -in "$FOLDER/signed" -sigfile "$FOLDER/sig" &&
		grep -qE '^GET:/v1/secrets:[0-9]{10}:[A-Za-z0-9+/]{22}==:e3b0c442' "$FOLDER/signed"
}

nonces_are_new() {
	local one

	exits 0 request sign --label machine --id m --url $url && one=$(field X-Nonce) &&
		[ "$(base64 -d <<< "$one" | wc -c)" = 16 ] &&
		exits 0 request sign --label machine --id m --url $url && [ "$one" != "$(field X-Nonce)" ]
}

rfc9421_has_its_fields() {
	exits 0 request sign --label machine $form rfc9421 --id key-1 --url "$url?a=%20b" --timestamp 1618884473 --nonce n \
		--tag t --sig-label mine --lifetime 60 &&
		[ "$(field Signature-Input)" = 'mine=("@method" "@target-uri");created=1618884473;expires=1618884533;nonce="n";keyid="key-1";alg="ed25519";tag="t"' ] ||
		{ cat "$FOLDER/out"; return 1; }
	grep -qE '^Signature: mine=:[A-Za-z0-9+/]{86}==:$' "$FOLDER/out"
}

rfc9421_signs_a_body() {
	exits 0 request sign --label machine $form rfc9421 --method PUT --url $url --body - < <(printf '{"hello": "world"}') &&
		[ "$(field Content-Digest)" = 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:' ] &&
		field Signature-Input | grep -qF '"content-digest"'
}

components_can_be_written_both_ways() {
	local one

	exits 0 request sign --label machine $form rfc9421 --url "$url?q=1" --header 'Date: today' --timestamp 5 --nonce n \
		--components '@method, @query,date' && one=$(field Signature-Input) &&
		exits 0 request sign --label machine $form rfc9421 --url "$url?q=1" --header 'Date: today' --timestamp 5 --nonce n \
			--components '"@method" "@query" "date"' && [ "$one" = "$(field Signature-Input)" ] &&
		exits 0 request sign --label machine $form rfc9421 --url "$url?q=1" --components '"@query-param";name="q"' &&
		field Signature-Input | grep -qF '("@query-param";name="q")'
}

curl_form_is_quoted() {
	exits 0 request sign --label machine $form rfc9421 --id 'a"b\c' --url $url --curl || return 1
	[ "$(grep -c '^header = "' "$FOLDER/out")" = 2 ] && [ "$(wc -l < "$FOLDER/out")" = 2 ] &&
		grep -qF 'keyid=\"a\\\"b\\\\c\"' "$FOLDER/out"
}

identity_names_machine_and_vault() {
	exits 0 request sign --label machine --identity "$FOLDER/identity.json" --url /v1/secrets --json &&
		json 8b2f4c1e-5a0d-4e57-9c3b-2d1f6a7e8c90 id && json /v1/secrets target &&
		exits 0 request sign --label machine --identity "$FOLDER/identity.json" --url https://VAULT.example.org:443/v1/secrets &&
		exits 0 request sign --label machine --identity "$FOLDER/identity.json" --id other --url /v1 &&
		[ "$(field X-Machine-Id)" = other ]
}

# Who gets a signed request could send it to the vault himself.
another_server_gets_nothing() {
	local bad

	for bad in https://evil.example/v1 http://vault.example.org/v1 https://vault.example.org:444/v1 \
		https://vault.example.org.evil.example/v1 https://vault.example.org@evil.example/v1 \
		'https://evil.example\@vault.example.org/v1'; do
		exits 2 request sign --label machine --identity "$FOLDER/identity.json" --url "$bad" && [ ! -s "$FOLDER/out" ] ||
			{ echo "$bad"; return 1; }
	done
}

identities_are_strict() {
	local bad

	for bad in '' 'x' '[]' '{}' '{"machineId":1}' '{"machineId":"a\u0000b"}' '{"machineId":"a","machineId":"b"}' \
		'{"machineId":"a","apiUrl":"ftp://x"}' '{"machineId":"a","apiUrl":"https://x/prefix"}' \
		'{"machineId":"a","apiUrl":"https://u@x"}' '{"machineId":"a","apiUrl":7}'; do
		printf %s "$bad" > "$FOLDER/bad.json"
		! exits 0 request sign --label machine --identity "$FOLDER/bad.json" --url /v1 && [ ! -s "$FOLDER/out" ] ||
			{ echo "$bad"; return 1; }
	done
}

other_identities() {
	printf '{"agentId":"ag","apiUrl":"https://x"}' > "$FOLDER/agent.json"
	printf '{"tunnelId":"tu","tunnelUrl":"https://x/"}' > "$FOLDER/tunnel.json"
	exits 0 request sign --label machine --identity "$FOLDER/agent.json" --url /v1 && [ "$(field X-Machine-Id)" = ag ] &&
		exits 0 request sign --label machine --identity "$FOLDER/agent.json" --as agent --url /v1 && [ "$(field X-Agent-Id)" = ag ] &&
		exits 0 request sign --label machine --identity "$FOLDER/tunnel.json" --url /v1 && [ "$(field X-Tunnel-Id)" = tu ]
}

# A key of Bella's: what is signed is the text that --json shows, by the bytes of the digits.
hmac_is_signed() {
	local secret=00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210

	printf 'bax-key7-%s\n' $secret | exits 0 import --type hmac --label bella --json && json 'generic secret' type &&
		json false extractable && printf %s $secret | exits 0 import --type hmac --label same || return 1
	exits 0 request sign --form hmac --label bella --id key7 --url 'https://h/api/v1/x?b=2&a=1' --method POST --body <(printf '{}') \
		--timestamp 1764000000 --json && printf %s "$("$JSON" signed < "$FOLDER/out")" > "$FOLDER/signed" &&
		json X-Bella-Signature fields 2 name &&
		[ "$("$JSON" fields 2 value < "$FOLDER/out")" = "$(openssl dgst -sha256 -mac HMAC -macopt hexkey:$secret -r < "$FOLDER/signed" | cut -d' ' -f1)" ] &&
		[ "$(head -3 "$FOLDER/signed" | tail -1)" = 'a=1&b=2' ] || return 1
	local fields=() line

	exits 0 request sign --form hmac --label same --id key7 --url https://h/api?b=1 && mapfile -t lines < "$FOLDER/out" || return 1
	for line in "${lines[@]}"; do
		fields+=(--header "$line")
	done
	exits 0 request verify --label bella --url https://h/api?b=1 "${fields[@]}" && exits 8 request verify --label bella --url https://h/api?b=2 "${fields[@]}" &&
		exits 8 request verify --label bella --url https://h/api?b=1 --method PUT "${fields[@]}"
}

hmac_keys_are_strict() {
	local bad

	for bad in '' x 00 0011223344556677 'bax-' 'bax-a' 'bax-a-' 'bax-a-zz' 0011223344556677889900112233445 \
		'00112233445566778899aabbccddeeff 00'; do
		! exits 0 import --type hmac --label bad < <(printf %s "$bad") && says 'no key for HMAC' || return 1
	done
	head -c 2000 /dev/zero | tr '\0' 0 | fails 1 'no key for HMAC' import --type hmac --label bad &&
		fails 2 'ed25519 or hmac' import --type p256 --label bad < /dev/null
}

# The only key need not be named.
only_key_signs() {
	SIGNET_STATE=$FOLDER/one signet init --label one --machine > /dev/null &&
		SIGNET_STATE=$FOLDER/one signet keygen --label k > /dev/null &&
		SIGNET_STATE=$FOLDER/one exits 0 request sign --id m --url /v1 &&
		SIGNET_STATE=$FOLDER/one signet keygen --label p --type p256 > /dev/null &&
		SIGNET_STATE=$FOLDER/one exits 0 request sign --id m --url /v1 &&
		SIGNET_STATE=$FOLDER/one signet keygen --label l > /dev/null &&
		SIGNET_STATE=$FOLDER/one fails 2 'which' request sign --id m --url /v1
}

# Memory does not grow with the body: 1 GiB goes through 64 MiB of address space for data.
a_body_is_a_stream() {
	head -c 1G /dev/zero | (ulimit -d 65536; exits 0 request sign --label machine --id m --method PUT --url /v1 --body - --json) &&
		"$JSON" signed < "$FOLDER/out" | grep -q ':49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14$'
}

garbage_is_refused() {
	local bad

	for bad in '' x 'ftp://a/b' 'https://' 'https:///x' 'https://h/a b' 'https://h/a#b' 'https://h/é' $'https://h/a\nb' \
		'https://h h/a' 'https://u:p@h/a' 'h/a'; do
		! exits 0 request sign --label machine --id m --url "$bad" && [ ! -s "$FOLDER/out" ] || { echo "$bad"; return 1; }
		! says ':p@' > /dev/null || return 1
	done
	for bad in '' 'G T' $'GET\r' 'GÉT'; do
		exits 2 request sign --label machine --id m --url /a --method "$bad" && [ ! -s "$FOLDER/out" ] || return 1
	done
	for bad in '' $'a\nb' 'a b' 'é'; do
		exits 2 request sign --label machine --id "$bad" --url /a && [ ! -s "$FOLDER/out" ] || { echo "id $bad"; return 1; }
	done
	for bad in x -1 +1 1.5 '' 0 1234567890123456; do
		exits 2 request sign --label machine --id m --timestamp "$bad" --url /a && [ ! -s "$FOLDER/out" ] || { echo "time $bad"; return 1; }
	done
	fails 2 '--lifetime' request sign --label machine --form rfc9421 --lifetime 0 --url https://h/a || return 1
	for bad in '' 'a b' A '"a"' 1a; do
		fails 2 '--sig-label takes' request sign --label machine --form rfc9421 --sig-label "$bad" --url https://h/a || { echo "label $bad"; return 1; }
	done
	for bad in nocolon ': v' 'a b: c' $'A: b\r\nX: y'; do
		exits 2 request sign --label machine --id m --header "$bad" --url /a && [ ! -s "$FOLDER/out" ] || { echo "field $bad"; return 1; }
	done
}

a_locked_key_asks_its_pin() {
	printf 7531 > "$FOLDER/key-pin"
	exits 0 keygen --label guarded --key-pin-file "$FOLDER/key-pin" &&
		fails 2 'the PIN of key' request sign --label guarded --id m --url /v1 &&
		exits 0 request sign --label guarded --id m --url /v1 --key-pin-file "$FOLDER/key-pin"
}

without_the_tpm_nothing_is_signed() {
	tpm_kill
	fails 6 'TPM' request sign --label machine --id m --url /v1
	local told=$?
	tpm_resume && return $told
}

tpm_start || exit 1
signet init --label test --machine > /dev/null || exit 1
known_key | signet import --label known > /dev/null || exit 1
signet keygen --label machine > /dev/null || exit 1
printf '{"machineId":"8b2f4c1e-5a0d-4e57-9c3b-2d1f6a7e8c90","machineName":"m","vaultId":"vault_x","apiUrl":"https://vault.example.org","privateKeyPath":"/nowhere"}' > "$FOLDER/identity.json"

check 'the known answer without a body' first_known_answer
check 'the known answer with a body, of a file and of a pipe' second_known_answer
check 'what --json shows is what was signed' json_is_what_was_signed
check 'each request has a nonce of its own' nonces_are_new
check 'RFC 9421 has its fields and parameters' rfc9421_has_its_fields
check 'RFC 9421 signs a body by its digest' rfc9421_signs_a_body
check 'components are written with quotes or without' components_can_be_written_both_ways
check 'what curl reads is quoted' curl_form_is_quoted
check 'an identity names the machine and its vault' identity_names_machine_and_vault
check 'with an identity no other server gets a signed request' another_server_gets_nothing
check 'what is no identity is refused' identities_are_strict
check 'agents and tunnels have identities too' other_identities
check 'a key for HMAC signs, and verifies' hmac_is_signed
check 'what is no key for HMAC is refused' hmac_keys_are_strict
check 'the only key of a token need not be named' only_key_signs
check 'a body of 1 GiB takes no memory' a_body_is_a_stream
check 'garbage is refused and nothing is printed' garbage_is_refused
check 'a query string is refused' fails 2 'query' request sign --label machine --id m --url '/v1?a=b'
check 'and signed where that is meant' eval 'exits 0 request sign --label machine --id m --url "/v1?a=b" --allow-query --json && json "/v1?a=b" target'
check 'an option of another form is refused' fails 2 'has no --components' request sign --label machine --id m --url /v1 --components @method
check 'an unknown form is refused' fails 2 'vault, rfc9421 or hmac' request sign --label machine --id m --url /v1 --form x
check 'an identifier is needed' fails 2 '--identity' request sign --label machine --url /v1
check 'but not in RFC 9421' exits 0 request sign --label machine --form rfc9421 --url https://a/v1
check 'a field that carries a signature is refused' fails 2 'signature' request sign --label machine --id m --url /v1 --header 'X-Signature: x'
check 'a key that is not there is named' fails 3 '"nobody"' request sign --label nobody --id m --url /v1
check 'a body that is not there is named' fails 3 'nowhere' request sign --label machine --id m --url /v1 --body "$FOLDER/nowhere"
check '--json and --curl exclude each other' fails 2 'two answers' request sign --label machine --id m --url /v1 --json --curl
check 'a key with a PIN of its own wants it' a_locked_key_asks_its_pin
check 'without the TPM nothing is signed' without_the_tpm_nothing_is_signed
finish
