#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. curl with requests that are signed, against a server that verifies what arrives.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"
# shellcheck source=tests/lib/vault.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/vault.sh"

SERVER_PID=

server_start() {
	mkfifo "$FOLDER/server-in" && : > "$FOLDER/server-log" || return 1
	"$SIGNET_TEST_BUILDDIR/tests/tool/signed_server" "$1" < "$FOLDER/server-in" > "$FOLDER/server-log" &
	SERVER_PID=$!
	exec 9> "$FOLDER/server-in"
	vault_await "$FOLDER/server-log" 1 "$SERVER_PID" || return 1
	BASE=http://127.0.0.1:$(head -n 1 "$FOLDER/server-log")
}

server_stop() {
	exec 9>&-
	# A TPM that was restarted holds the other end too.
	kill "$SERVER_PID" && wait "$SERVER_PID" 2> /dev/null
	SERVER_PID=
}

script_end() {
	[ -z "$SERVER_PID" ] || server_stop
	tool_end
}
trap script_end EXIT

# log: print the last request that the server saw, or nothing.
log() {
	tail -n +2 "$FOLDER/server-log" | tail -n 1
}

seen() {
	tail -n +2 "$FOLDER/server-log" | wc -l
}

# sends TEXT ARGUMENT...: curl sends a request that is good, and of which the server says this.
sends() {
	local text=$1

	shift
	exits 0 curl --label machine --id m-1 "$@" && [[ $(log) == "ok $text"* ]] || { log; return 1; }
}

# refuses TEXT ARGUMENT...: nothing is sent.
refuses() {
	local before text=$1

	shift
	before=$(seen)
	fails 2 "$text" curl --label machine --id m-1 "$@" && says signet: && [ "$(seen)" = "$before" ]
}

methods_are_found() {
	sends "vault m-1 GET /v1/secrets 0 - " $BASE/v1/secrets && prints good &&
		sends "vault m-1 DELETE /v1 0" -X DELETE $BASE/v1 &&
		sends "vault m-1 PATCH /v1 1" -sSXPATCH $BASE/v1 -dx &&
		sends "vault m-1 HEAD /v1 0" -I $BASE/v1 &&
		sends "vault m-1 POST /v1 0 application/x-www-form-urlencoded" $BASE/v1 -d '' &&
		sends "vault m-1 PUT /v1 3 -" -T <(printf abc) $BASE/v1 &&
		sends "vault m-1 OPTIONS /v2 0" -X OPTIONS --request-target /v2 $BASE/v1 &&
		sends "vault m-1 GET / 0" $BASE
}

bodies_are_signed() {
	printf 'one\r\ntwo\n' > "$FOLDER/body"
	sends "vault m-1 POST /v1 3 application/x-www-form-urlencoded" $BASE/v1 -d a=b &&
		sends "vault m-1 POST /v1 6" $BASE/v1 -d @"$FOLDER/body" &&
		sends "vault m-1 POST /v1 9" $BASE/v1 --data-binary @"$FOLDER/body" &&
		sends "vault m-1 POST /v1 $((${#FOLDER} + 6))" $BASE/v1 --data-raw @"$FOLDER/body" &&
		sends "vault m-1 POST /v1 5" $BASE/v1 -d a -d b --data c &&
		sends "vault m-1 POST /v1 7 application/json application/json" $BASE/v1 --json '{"a":1}' &&
		sends "vault m-1 POST /v1 7 application/json application/json" $BASE/v1 --json '{"a":' --json '1}' &&
		sends "vault m-1 POST /v1 7 text/plain" $BASE/v1 -H 'content-type: text/plain' --json '{"a":1}' &&
		sends "vault m-1 POST /v1 16" $BASE/v1 --data-urlencode 'a=b c&d é' &&
		sends "vault m-1 POST /v1 2" $BASE/v1 --data-urlencode '=x ' &&
		sends "vault m-1 POST /v1 17" $BASE/v1 --data-urlencode n@"$FOLDER/body" &&
		sends "vault m-1 PUT /v1 9" -T "$FOLDER/body" $BASE/v1 &&
		sends "vault m-1 POST /v1 9" -X POST -T "$FOLDER/body" $BASE/v1
}

# curl without signet makes the same of the same words, so ours are read as curl reads them.
curl_makes_the_same_body() {
	local words

	printf 'ab\r\nc\n' > "$FOLDER/body"
	while read -ra words; do
		exits 0 curl --label machine --id m --allow-query "${words[@]}" $BASE/same || return 1
		log | cut -d' ' -f4-8 > "$FOLDER/ours"
		curl -q -s "${words[@]}" $BASE/same > /dev/null || return 1
		log | cut -d' ' -f4-8 > "$FOLDER/curls"
		diff "$FOLDER/ours" "$FOLDER/curls" || { echo "${words[*]}"; return 1; }
	done <<- END
		-d a=b&c
		-d a -d b
		--data-ascii @$FOLDER/body
		--data-binary @$FOLDER/body --data-raw @x
		--data-urlencode @$FOLDER/body
		--data-urlencode x@$FOLDER/body --data-urlencode ~._-é/=
		--json [1] --json [2]
		-d x --json [2] -d y
		-X QUERY --data-raw ==
		-T $FOLDER/body
		-G -d a=b -d c=d
		-G --data-urlencode a=&
		-I -G -d a=b
		-GI
	END
}

streams_are_read_once() {
	printf 'from a pipe' | sends "vault m-1 PUT /v1 11" -T - $BASE/v1 &&
		printf 'from a pipe' | sends "vault m-1 PUT /v1 11" -T . $BASE/v1 &&
		printf 'from a pipe' | sends "vault m-1 POST /v1 11" --data-binary @- $BASE/v1 &&
		: | sends "vault m-1 POST /v1 0" --data-binary @- $BASE/v1 &&
		: | sends "vault m-1 PUT /v1 0" -T - $BASE/v1
}

# A file of 1 GiB is read in pieces, by signet and by curl.
a_file_may_be_huge() {
	truncate -s 1G "$FOLDER/huge" &&
		(ulimit -d 131072; sends "vault m-1 PUT /v1 1073741824" -sS -T "$FOLDER/huge" $BASE/v1) &&
		rm "$FOLDER/huge"
}

a_stream_is_bounded() {
	head -c $((64 << 20)) /dev/zero | sends "vault m-1 POST /v1 67108864" -sS --data-binary @- $BASE/v1 &&
		head -c $(((64 << 20) + 1)) /dev/zero | fails 1 'MiB' curl --label machine --id m --data-binary @- $BASE/v1
}

addresses_are_what_curl_sends() {
	local query=--allow-query

	sends "vault m-1 GET /b/c" $BASE/a/.././b/./c && sends "vault m-1 GET /a/../b" --path-as-is $BASE/a/../b &&
		sends "vault m-1 GET /a%20b%2f%2F%c3%a9" "$BASE/a%20b%2f%2F%c3%a9" &&
		sends "vault m-1 GET /%C3%A9" "$BASE/é" || sends "vault m-1 GET /%c3%a9" "$BASE/é" || return 1
	sends "vault m-1 GET /a[1]{b}" -g "$BASE/a[1]{b}" && sends "vault m-1 GET /a" "$BASE/a#fragment" &&
		sends "vault m-1 GET //a//b" "$BASE//a//b" && sends "vault m-1 GET /a" "${BASE#http://}/a" &&
		sends "vault m-1 GET /a" --proto-default http "${BASE#http://}/a" &&
		sends "vault m-1 GET /a?b=c" $query "$BASE/a?b=c" && sends "vault m-1 GET /?b" $query "$BASE?b" &&
		sends "vault m-1 GET /a 0" $query "$BASE/a?" &&
		sends "vault m-1 GET /a?b=c&d=e&f 0" $query -G "$BASE/a?b=c" -d d=e -d f &&
		sends "vault m-1 GET /a?q=a+%26 0" $query "$BASE/a" -G --data-urlencode 'q=a &' &&
		sends "vault m-1 GET /b?x=%2e 0" $query --request-target '/b?x=%2e' $BASE/a &&
		refuses 'query' "$BASE/a?b=c" && refuses 'query' -G -d a=b $BASE/a
}

rfc9421_is_verified_too() {
	sends "rfc9421 m-1 GET /a?b=c%20d 0" --form rfc9421 "$BASE/a?b=c%20d" &&
		sends "rfc9421 m-1 POST /a 3" --form rfc9421 "$BASE/a" -d abc &&
		sends "rfc9421 m-1 POST /a 0" --form rfc9421 "$BASE/a" -d '' &&
		sends "rfc9421 m-1 POST /a 2" --form rfc9421 --components '@method,@target-uri,content-digest,content-type,content-length,accept,x-a' \
			--lifetime 60 --tag t -- "$BASE/a" --json '{}' -H 'X-A: 1' -H 'X-A:   2 ' &&
		sends "rfc9421 m-1 GET /a 0" --form rfc9421 --components '@method,@target-uri,x-e' "$BASE/a" -H 'X-E;' &&
		sends "rfc9421 m-1 GET /a 0" --form rfc9421 --components '@method,@authority,@path,@query' "$BASE/a" -H 'Host: Vault.example:80'
}

fields_of_curl_are_passed_on() {
	sends "vault m-1 GET /a 0 - text/x agent" -H 'Accept: text/x' -A agent $BASE/a &&
		sends "vault m-1 POST /a 1 - " -H Content-Type: $BASE/a -d x &&
		sends "vault m-1 GET /a 0" -o "$FOLDER/got" -w '%{http_code}' $BASE/a && prints 200 && grep -q good "$FOLDER/got"
}

exit_codes_are_curls() {
	exits 7 curl --label machine --id m -s http://127.0.0.1:1/a && exits 0 curl --label machine --id m -s $BASE/redirect &&
		[ ! -s "$FOLDER/out" ] && exits 22 curl --label stranger --id m -sf $BASE/a && [[ $(log) == signature* ]]
}

what_changes_a_request_is_refused() {
	refuses 'redirects' -L $BASE/a && refuses 'redirects' -sSL $BASE/a && refuses 'curl makes the body' -F a=b $BASE/a &&
		refuses 'command line' -K /dev/null $BASE/a && refuses 'one request' $BASE/a --next $BASE/b &&
		refuses 'one request' $BASE/a $BASE/b && refuses 'good once' --retry 3 $BASE/a && refuses 'command line' -H @/dev/null $BASE/a &&
		refuses 'several addresses' "$BASE/[1-2]" && refuses 'several addresses' "$BASE/{a,b}" &&
		refuses 'several addresses' "$BASE/a?x=[1-2]" && refuses 'behind this address' -T "$FOLDER/body" $BASE/ &&
		refuses 'does not know --frobnicate' --frobnicate $BASE/a && refuses 'does not know --reques' --reques POST $BASE/a &&
		refuses 'https:// or http://' ftp://127.0.0.1/a && refuses 'https:// or http://' file:///etc/passwd &&
		refuses '-u' "http://u:geheim@127.0.0.1:1/a" && refuses 'needs the address' -s &&
		refuses 'signature' $BASE/a -H 'X-Signature: x' && refuses 'not sent as they are' --allow-query -G -d 'a b' $BASE/a
}

curlrc_is_not_read() {
	mkdir -p "$FOLDER/home" && printf 'request = DELETE\nheader = "X-Nonce: mine"\n' > "$FOLDER/home/.curlrc" &&
		HOME=$FOLDER/home CURL_HOME=$FOLDER/home sends "vault m-1 GET /a" $BASE/a
}

identity_gives_the_address() {
	printf '{"machineId":"ident","apiUrl":"%s"}' "$BASE" > "$FOLDER/identity.json"
	exits 0 curl --label machine --identity "$FOLDER/identity.json" /v1/secrets -d @"$FOLDER/body" &&
		[[ $(log) == "ok vault ident POST /v1/secrets "* ]] || { log; return 1; }
	exits 0 curl --label machine --identity "$FOLDER/identity.json" "$BASE/v1" && [[ $(log) == "ok vault ident GET /v1"* ]] &&
		exits 2 curl --label machine --identity "$FOLDER/identity.json" "http://localhost:${BASE##*:}/v1" && says 'is not of' &&
		exits 2 curl --label machine --identity "$FOLDER/identity.json" -H 'Host: x' "https://127.0.0.1/v1" && says 'is not of'
}

# A curl of our own shows what the real one would be given.
nothing_is_in_the_arguments() {
	mkdir -p "$FOLDER/bin"
	printf '#!/bin/sh\necho "$@" > "%s/argv"\ncat /proc/$$/cmdline | tr "\\0" " " >> "%s/argv"\nenv >> "%s/argv"\n' \
		"$FOLDER" "$FOLDER" "$FOLDER" > "$FOLDER/bin/curl"
	chmod 755 "$FOLDER/bin/curl"
	printf 'secret-body' | PATH=$FOLDER/bin:$PATH exits 0 curl --label machine --id m -v $BASE/v1 -d @- -d shown &&
		grep -q -- '-H @/dev/fd/' "$FOLDER/argv" && grep -q -- '--data-binary @/dev/fd/' "$FOLDER/argv" &&
		! grep -qi -e secret-body -e X-Signature -e X-Nonce -e shown "$FOLDER/argv"
}

no_curl_is_said() {
	mkdir -p "$FOLDER/empty"
	local status=0

	PATH=$FOLDER/empty "$SIGNET" curl --label machine --id m http://127.0.0.1:1/ 2> "$FOLDER/err" || status=$?
	[ "$status" = 127 ] && says "can't run curl"
}

words_of_signet_come_first() {
	exits 0 curl --help && prints 'Usage: signet curl' && exits 0 curl --label machine -h || return 1
	sends "vault m-1 POST /a 6" -- $BASE/a -d --help && sends "vault m-1 GET /a" -- -s $BASE/a &&
		refuses 'ask curl itself' -s --help && fails 2 'arguments of curl' curl --label machine --id m
}

pins_are_asked_for() {
	printf 7531 > "$FOLDER/key-pin"
	exits 0 keygen --label guarded --key-pin-file "$FOLDER/key-pin" &&
		exits 2 curl --label guarded --id m $BASE/a && says 'the PIN of key' &&
		exits 22 curl --label guarded --id m --key-pin-file "$FOLDER/key-pin" -sf $BASE/a && [[ $(log) == signature* ]] &&
		printf x | refuses 'both be read' --key-pin-file - -d @- $BASE/a
}

without_the_tpm_nothing_is_sent() {
	local before told

	before=$(seen)
	tpm_kill
	fails 6 'TPM' curl --label machine --id m-1 $BASE/a && [ "$(seen)" = "$before" ]
	told=$?
	tpm_resume && return $told
}

if ! command -v curl > /dev/null; then
	skip 'signet curl' 'there is no curl'
	finish
	exit 0
fi
tpm_start || exit 1
signet init --label test --machine > /dev/null || exit 1
signet keygen --label machine > /dev/null || exit 1
signet keygen --label stranger > /dev/null || exit 1
server_start "$(signet pubkey --label machine --format raw)" || exit 1
unset http_proxy all_proxy HTTP_PROXY ALL_PROXY

check 'the method is the one that curl sends' methods_are_found
check 'the body is the one that curl sends' bodies_are_signed
check 'curl alone makes the same request of the same words' curl_makes_the_same_body
check 'a pipe is read once' streams_are_read_once
check 'a file of 1 GiB takes no memory' a_file_may_be_huge
check 'a stream is held in memory, up to a bound' a_stream_is_bounded
check 'the address is the one that curl sends' addresses_are_what_curl_sends
check 'RFC 9421 signs what curl sends' rfc9421_is_verified_too
check 'other fields are passed on' fields_of_curl_are_passed_on
check 'exit codes are those of curl' exit_codes_are_curls
check 'what changes a request afterwards is refused' what_changes_a_request_is_refused
check '.curlrc changes nothing' curlrc_is_not_read
check 'an identity gives the address and bounds it' identity_gives_the_address
check 'neither fields nor body are arguments' nothing_is_in_the_arguments
check 'where there is no curl that is said' no_curl_is_said
check 'the words of signet come first' words_of_signet_come_first
check 'a PIN is asked for' pins_are_asked_for
check 'without the TPM nothing is sent' without_the_tpm_nothing_is_sent
server_stop
finish
