#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Verifying signed requests by the command, without a token and without a TPM.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

# raw METHOD TARGET BODY [FIELD]...: write a request as it comes over a connection.
raw() {
	local method=$1 target=$2 body=$3 field

	shift 3
	printf '%s %s HTTP/1.1\r\nHost: vault.example.org\r\n' "$method" "$target"
	for field in "$@"; do
		printf '%s\r\n' "$field"
	done
	[ -z "$body" ] || printf 'Content-Length: %d\r\n' "$(printf %s "$body" | wc -c)"
	printf '\r\n%s' "$body"
}

# signed METHOD TARGET BODY [OPTION]...: the same with the fields of a signature, in $FOLDER/request.
signed() {
	local method=$1 target=$2 body=$3 fields

	shift 3
	printf %s "$body" > "$FOLDER/body"
	signet request sign --label "${KEY:-machine}" --method "$method" --url "https://vault.example.org$target" \
		${body:+--body "$FOLDER/body"} "$@" > "$FOLDER/fields" || return 1
	mapfile -t fields < "$FOLDER/fields"
	raw "$method" "$target" "$body" "${fields[@]}" > "$FOLDER/request"
}

# verify ARGUMENT...: verify $FOLDER/request. There is no token and no TPM.
verify() {
	local code=$1

	shift
	SIGNET_STATE=/nowhere SIGNET_TCTI=none exits "$code" request verify "$@" < "$FOLDER/request"
}

# refused REASON ARGUMENT...
refused() {
	local reason=$1

	shift
	verify 8 "$@" --json && json false good && json "$reason" reason
}

a_good_request_is_good() {
	signed GET /v1/secrets '' --id m-1 && verify 0 --public-key "$FOLDER/pem" && prints 'signed by m-1' && prints '--nonces' &&
		verify 0 --public-key "$FOLDER/pem" --json && json true good && json ok reason && json 200 status && json vault form &&
		json m-1 id && json false replay_checked &&
		signed POST /v1/secrets '{"a": 1}' --id m-1 && verify 0 --public-key "$FOLDER/pem" &&
		signed POST '/v1?b=c' 'x' --form rfc9421 && verify 0 --public-key "$FOLDER/pem" && verify 0 --public-key "$FOLDER/pem" --json &&
		json rfc9421 form && json '"@target-uri"' components 1
}

keys_come_in_many_forms() {
	signed GET /v1 '' --id m-1
	signet pubkey --label machine --format raw > "$FOLDER/raw64" && base64 -d < "$FOLDER/raw64" > "$FOLDER/raw" &&
		signet pubkey --label machine --format ssh > "$FOLDER/ssh" && openssl pkey -pubin -in "$FOLDER/pem" -outform DER > "$FOLDER/der" || return 1
	local form

	for form in raw64 raw ssh der pem; do
		verify 0 --public-key "$FOLDER/$form" || { echo "$form"; return 1; }
	done
	printf 'nonsense' > "$FOLDER/bad" && verify 2 --public-key "$FOLDER/bad" && : > "$FOLDER/bad" && verify 2 --public-key "$FOLDER/bad" &&
		verify 3 --public-key "$FOLDER/nowhere"
}

every_change_is_noticed() {
	signed POST /v1/secrets 'body' --id m-1 && cp "$FOLDER/request" "$FOLDER/good" || return 1
	local edit

	for edit in 's/^POST/PUT/' 's,/v1/secrets,/v1/secretz,' 's/^body$/bodY/' 's/^\(X-Timestamp: .*\)[0-9]\r/\1x\r/' 's/^X-Nonce: ./X-Nonce: -/'; do
		sed "$edit" "$FOLDER/good" > "$FOLDER/request"
		! cmp -s "$FOLDER/good" "$FOLDER/request" && verify 8 --public-key "$FOLDER/pem" && says 'refused' || { echo "$edit"; return 1; }
	done
	cp "$FOLDER/good" "$FOLDER/request" && refused signature --public-key "$FOLDER/stranger.pem" && verify 0 --public-key "$FOLDER/pem"
}

a_request_is_taken_once() {
	signed GET /v1 '' --id m-1 && verify 0 --public-key "$FOLDER/pem" --nonces "$FOLDER/nonces" --json && json true replay_checked &&
		refused replayed --public-key "$FOLDER/pem" --nonces "$FOLDER/nonces" &&
		verify 8 --public-key "$FOLDER/pem" --nonces "$FOLDER/nonces" && says '(replayed)' &&
		signed GET /v1 '' --id m-1 && verify 0 --public-key "$FOLDER/pem" --nonces "$FOLDER/nonces" &&
		prints 'signed by' && ! prints '--nonces' > /dev/null
}

a_forgery_uses_no_nonce_up() {
	signed GET /v1 '' --id m-1 && cp "$FOLDER/request" "$FOLDER/good" && sed -i 's,GET /v1,GET /v2,' "$FOLDER/request" &&
		refused signature --public-key "$FOLDER/pem" --nonces "$FOLDER/nonces" && cp "$FOLDER/good" "$FOLDER/request" &&
		verify 0 --public-key "$FOLDER/pem" --nonces "$FOLDER/nonces"
}

an_unusable_store_refuses() {
	signed GET /v1 '' --id m-1 && verify 7 --public-key "$FOLDER/pem" --nonces "$FOLDER/nowhere/nonces" && says 'folder is missing' &&
		printf garbage > "$FOLDER/broken" && chmod 600 "$FOLDER/broken" && verify 7 --public-key "$FOLDER/pem" --nonces "$FOLDER/broken"
}

times_are_near() {
	signed GET /v1 '' --id m-1 --timestamp 1711468800 && refused late --public-key "$FOLDER/pem" &&
		verify 0 --public-key "$FOLDER/pem" --timestamp 1711469100 && refused late --public-key "$FOLDER/pem" --timestamp 1711469101 &&
		verify 0 --public-key "$FOLDER/pem" --timestamp 1711468500 && refused early --public-key "$FOLDER/pem" --timestamp 1711468499 &&
		refused late --public-key "$FOLDER/pem" --timestamp 1711468820 --skew 10 &&
		verify 2 --public-key "$FOLDER/pem" --skew 0 && verify 2 --public-key "$FOLDER/pem" --skew x
}

# A store that was asked in a year to come would refuse everything until then.
another_time_goes_without_nonces() {
	signed GET /v1 '' --id m-1 --timestamp 1711468800 &&
		verify 2 --public-key "$FOLDER/pem" --timestamp 1711468800 --nonces "$FOLDER/never" && says 'goes without --nonces' &&
		[ ! -e "$FOLDER/never" ]
}

a_label_that_cant_be_one_is_said_to_be() {
	signed GET /v1 '' --id m-1 && verify 2 --public-key "$FOLDER/pem" --sig-label 'a b' && says '--sig-label takes'
}

# Who gives a Host sends it.
the_host_is_that_of_the_request() {
	local field=(--header 'Host: other.example')

	signet request sign --label machine --form rfc9421 --url https://one.example/v1 "${field[@]}" > "$FOLDER/fields" &&
		mapfile -t lines < "$FOLDER/fields" || return 1
	for line in "${lines[@]}"; do field+=(--header "$line"); done
	printf 'GET /v1 HTTP/1.1\r\nHost: other.example\r\n%s\r\n%s\r\n\r\n' "${lines[@]}" > "$FOLDER/request" &&
		verify 0 --public-key "$FOLDER/pem" &&
		verify 0 --public-key "$FOLDER/pem" --url https://one.example/v1 "${field[@]}" &&
		verify 8 --public-key "$FOLDER/pem" --url https://one.example/v1 "${field[@]:2}"
}

machines_are_known() {
	local raw

	raw=$(signet pubkey --label machine --format raw)
	cat > "$FOLDER/machines.json" <<- END
		{"machines": [
		  {"id": "8b2f4c1e-5a0d-4e57-9c3b-2d1f6a7e8c90", "publicKey": "$raw", "name": "one"},
		  {"id": "agent", "publicKey": ["$(signet pubkey --label stranger --format raw)", "$raw"], "class": "agent"},
		  {"id": "revoked", "publicKey": "$raw", "revoked": true},
		  {"id": "off", "publicKey": "$raw", "enabled": false},
		  {"id": "ended", "publicKey": "$raw", "expires": 1700000000},
		  {"id": "later", "publicKey": "$raw", "notBefore": 4102444800},
		  {"id": "other", "publicKey": "$(signet pubkey --label stranger --format raw)"}
		]}
	END
	signed GET /v1 '' --id 8B2F4C1E-5A0D-4E57-9C3B-2D1F6A7E8C90 && verify 0 --machines "$FOLDER/machines.json" --json && json machine class &&
		signed GET /v1 '' --id agent && verify 0 --machines "$FOLDER/machines.json" --json && json agent class || return 1
	local pair

	for pair in revoked:revoked off:disabled ended:ended later:not-yet other:signature nobody:unknown-machine; do
		signed GET /v1 '' --id "${pair%:*}" && refused "${pair#*:}" --machines "$FOLDER/machines.json" || { cat "$FOLDER/out"; return 1; }
	done
}

lists_of_machines_are_strict() {
	local bad raw

	raw=$(signet pubkey --label machine --format raw)
	signed GET /v1 '' --id m
	for bad in '' x '[]' '{}' '{"machines":{}}' '{"machines":[7]}' '{"machines":[{}]}' '{"machines":[{"id":"m"}]}' \
		"{\"machines\":[{\"publicKey\":\"$raw\"}]}" '{"machines":[{"id":"m","publicKey":"x"}]}' \
		"{\"machines\":[{\"id\":\"m\",\"publicKey\":\"$raw\",\"allowedFrom\":\"10.0.0.0/8\"}]}" \
		"{\"machines\":[{\"id\":\"m\",\"publicKey\":\"$raw\",\"revoked\":\"no\"}]}" \
		"{\"machines\":[{\"id\":\"m\",\"publicKey\":\"$raw\",\"expires\":\"tomorrow\"}]}" \
		"{\"machines\":[{\"id\":\"m\",\"publicKey\":\"$raw\",\"expires\":0}]}" \
		"{\"machines\":[{\"id\":\"m\",\"publicKey\":[\"$raw\",\"$raw\",\"$raw\"]}]}" \
		"{\"machines\":[{\"id\":\"m\",\"publicKey\":[]}]}" \
		"{\"machines\":[{\"id\":\"m\",\"publicKey\":\"$raw\"},{\"id\":\"M\",\"publicKey\":\"$raw\"}]}" \
		"{\"machines\":[{\"id\":\"m\",\"id\":\"n\",\"publicKey\":\"$raw\"}]}"; do
		printf %s "$bad" > "$FOLDER/bad.json"
		verify 1 --machines "$FOLDER/bad.json" || { echo "$bad"; return 1; }
	done
}

what_must_be_covered() {
	signed POST /v1 'x' --form rfc9421 --components '@method,@path' && refused uncovered --public-key "$FOLDER/pem" &&
		verify 0 --public-key "$FOLDER/pem" --require '@method' && refused uncovered --public-key "$FOLDER/pem" --require '@method,content-digest' &&
		signed POST /v1 'x' --form rfc9421 && sed -i 's/^x$/y/' "$FOLDER/request" && refused digest --public-key "$FOLDER/pem" &&
		signed GET /v1 '' --form rfc9421 && verify 8 --public-key "$FOLDER/pem" --scheme http && verify 0 --public-key "$FOLDER/pem" --scheme https &&
		refused uncovered --public-key "$FOLDER/pem" --require '@method,date' && verify 8 --public-key "$FOLDER/pem" --form vault
}

bodies_come_in_chunks() {
	signed POST /v1 'hello world' --id m-1 &&
		{ sed '/^Content-Length/d; /^hello world$/d' "$FOLDER/request" | sed '$d' && printf 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'; } > "$FOLDER/chunked" &&
		cp "$FOLDER/chunked" "$FOLDER/request" && verify 0 --public-key "$FOLDER/pem" &&
		sed 's/^6\r/7\r/' "$FOLDER/chunked" > "$FOLDER/request" && verify 8 --public-key "$FOLDER/pem" &&
		sed 's/^5\r/5;a=b\r/' "$FOLDER/chunked" > "$FOLDER/request" && refused transfer-coding --public-key "$FOLDER/pem"
}

a_body_is_a_stream() {
	signet request sign --label machine --id m --method PUT --url /v1 --body <(head -c 1G /dev/zero) > "$FOLDER/fields" || return 1
	{
		printf 'PUT /v1 HTTP/1.1\r\nHost: v\r\nContent-Length: 1073741824\r\n'
		sed 's/$/\r/' "$FOLDER/fields"
		printf '\r\n'
		head -c 1G /dev/zero
	} | (ulimit -d 65536; exits 0 request verify --public-key "$FOLDER/pem")
}

garbage_is_refused() {
	local bad

	signed POST /v1 'body' --id m-1 && cp "$FOLDER/request" "$FOLDER/good" || return 1
	for bad in '' 'x' 'GET / HTTP/1.1\n\n' 'GET / HTTP/1.1\r\nHost: a\r\n' 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' 'GET / HTTP/9\r\n\r\n' \
		'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello' \
		'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello'; do
		# shellcheck disable=SC2059
		printf "$bad" > "$FOLDER/request"
		verify 8 --public-key "$FOLDER/pem" && says refused && verify 8 --public-key "$FOLDER/pem" --json && json false good || return 1
	done
	head -c 5000000 /dev/urandom > "$FOLDER/request" && verify 8 --public-key "$FOLDER/pem" &&
		head -c -1 "$FOLDER/good" > "$FOLDER/request" && refused incomplete --public-key "$FOLDER/pem" &&
		{ cat "$FOLDER/good" && printf x; } > "$FOLDER/request" && refused framing --public-key "$FOLDER/pem"
}

a_request_may_be_described() {
	local fields=() field

	signed POST /v1 'body' --id m-1 || return 1
	while read -r field; do
		fields+=(--header "$field")
	done < "$FOLDER/fields"
	exits 0 request verify --public-key "$FOLDER/pem" --method POST --url https://vault.example.org/v1 --body "$FOLDER/body" "${fields[@]}" &&
		exits 0 request verify --public-key "$FOLDER/pem" --method POST --url /v1 --body - "${fields[@]}" < "$FOLDER/body" &&
		exits 8 request verify --public-key "$FOLDER/pem" --method POST --url /v1 "${fields[@]}" &&
		fails 2 'go with --url' request verify --public-key "$FOLDER/pem" --method POST
}

signers_must_be_named() {
	signed GET /v1 '' --id m && verify 2 && verify 2 --public-key "$FOLDER/pem" --machines "$FOLDER/machines.json" &&
		verify 2 --public-key - && says 'both be read' &&
		verify 2 --registrar "$FOLDER/none" --source elsewhere && says '--source takes an address'
}

tpm_start || exit 1
signet init --label test --machine > /dev/null || exit 1
signet keygen --label machine > /dev/null || exit 1
signet keygen --label stranger > /dev/null || exit 1
signet pubkey --label machine > "$FOLDER/pem" || exit 1
signet pubkey --label stranger > "$FOLDER/stranger.pem" || exit 1

check 'what was signed is good' a_good_request_is_good
check 'a public key comes in any form' keys_come_in_many_forms
check 'every change is noticed' every_change_is_noticed
check 'with --nonces a request is taken once' a_request_is_taken_once
check 'a forgery uses no nonce up' a_forgery_uses_no_nonce_up
check 'a store of nonces that cannot be used refuses' an_unusable_store_refuses
check 'the time must be near' times_are_near
check 'another time goes without --nonces' another_time_goes_without_nonces
check 'a label that cannot be one is said to be' a_label_that_cant_be_one_is_said_to_be
check 'the host is that of the request' the_host_is_that_of_the_request
check 'a list says which machines may sign' machines_are_known
check 'a list that is not understood is refused' lists_of_machines_are_strict
check 'what must be signed can be demanded' what_must_be_covered
check 'a body comes in chunks too' bodies_come_in_chunks
check 'a body of 1 GiB takes no memory' a_body_is_a_stream
check 'garbage is refused' garbage_is_refused
check 'a request may be described by options' a_request_may_be_described
check 'who may sign must be said, once' signers_must_be_named
finish
