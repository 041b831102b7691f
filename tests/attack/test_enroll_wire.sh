#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Attacks on enrolments while their messages are on the way: sent again, to another machine, changed, by
# two who race, to somebody who stands in the registrar's place. Machines are real ones, each with a
# TPM of its own.
#
# The functions are called by their names:
# shellcheck disable=SC2317

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"
# shellcheck source=tests/lib/maker.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/maker.sh"
# shellcheck source=tests/lib/registrar.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/registrar.sh"

end() {
	registrar_stop > /dev/null
	maker_stop
	tool_end
}
trap end EXIT

REGISTRAR_FOLDER=$FOLDER/registrar
registrar_prepare && registrar_certificate && maker_prepare && maker_tpm one && maker_tpm two && maker_tpm three || exit 1
TLS=(--tls-cert "$REGISTRAR_FOLDER/cert.pem" --tls-key "$REGISTRAR_FOLDER/key.pem" --failures 1000 --rate 6000)
registrar_token uses=100 level=asserted > "$FOLDER/token"
registrar_start "${TLS[@]}" --ek-ca "$MAKER_CA" || exit 1

machine() {
	maker_use "$1"
	export SIGNET_STATE=$FOLDER/state-$1
}

members() {
	sqlite3 "$REGISTRAR" 'SELECT (SELECT count(*) FROM machine) + (SELECT count(*) FROM agent)'
}

# post PLACE FILE ANSWER: send a message; print the status.
post() {
	curl -sS --max-time 20 --cacert "$REGISTRAR_FOLDER/ca.pem" -w '%{http_code}' -H 'Content-Type: application/json' \
		--data-binary "@$2" -o "$3" "$REGISTRAR_URL/v1/signet/enroll/$1"
}

# hello NAME TOKEN [ORIGIN]: this machine's first message, anew.
hello() {
	machine "$1"
	signet enroll begin --again --token-file "$FOLDER/$2" --origin "${3:-host}" | tr -d '\n' > "$FOLDER/$1.hello"
}

# challenge NAME: send it, and keep what comes.
challenge() {
	[ "$(post begin "$FOLDER/$1.hello" "$FOLDER/$1.challenge")" = 200 ] || { cat "$FOLDER/$1.challenge"; return 1; }
}

# evidence NAME TOKEN [ORIGIN]: all up to the evidence, which is not sent.
evidence() {
	hello "$@" && challenge "$1" && signet enroll answer < "$FOLDER/$1.challenge" | tr -d '\n' > "$FOLDER/$1.evidence"
}

# refused STATUS REASON ANSWER...
refused() {
	[ "$1" != 200 ] && [ "$1" != 500 ] && grep -qE "\"reason\": *\"($2)\"" "$3" || { echo "status $1:"; cat "$3"; return 1; }
}

# change FILE MEMBER: change a member of a message: another bit in what is base64, another word.
change='import base64, json, sys
message = json.load(open(sys.argv[1]))
name = sys.argv[2]

def change(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return value[1:] if value else [value]
    if isinstance(value, dict):
        key = sorted(value)[0]
        return dict(value, **{key: change(value[key])})
    try:
        raw = bytearray(base64.b64decode(value, validate=True))
        raw[len(raw) // 2] ^= 1
        return base64.b64encode(raw).decode()
    except Exception:
        return {"host": "tpm", "tpm": "host"}.get(value, value + "x")

message[name] = change(message[name])
print(json.dumps(message), end="")'

names_of() {
	python3 -c 'import json, sys; print(*json.load(open(sys.argv[1])), sep="\n")' "$1"
}

changed_evidence() {
	local name before status n=0

	before=$(members)
	evidence one token || return 1
	for name in $(names_of "$FOLDER/one.evidence"); do
		evidence one token && python3 -c "$change" "$FOLDER/one.evidence" "$name" > "$FOLDER/changed" || { echo "$name"; return 1; }
		cmp -s "$FOLDER/changed" "$FOLDER/one.evidence" && return 1
		status=$(post finish "$FOLDER/changed" "$FOLDER/answer")
		refused "$status" '[a-z-]*' "$FOLDER/answer" || { echo "$name"; return 1; }
		n=$((n + 1))
	done
	[ "$n" -ge 8 ] && [ "$(members)" = "$before" ]
}

# What the machine hashes is what it sent, and not what somebody made of it.
changed_hello() {
	local name status n=0

	for name in host nonce origin software; do
		hello two token && python3 -c "$change" "$FOLDER/two.hello" "$name" > "$FOLDER/changed" && cp "$FOLDER/changed" "$FOLDER/sent" || return 1
		status=$(post begin "$FOLDER/sent" "$FOLDER/two.challenge")
		[ "$status" = 200 ] || continue
		signet enroll answer < "$FOLDER/two.challenge" > "$FOLDER/two.evidence" 2> "$FOLDER/err" || continue
		status=$(post finish "$FOLDER/two.evidence" "$FOLDER/answer")
		refused "$status" '[a-z-]*' "$FOLDER/answer" || { echo "$name"; return 1; }
		n=$((n + 1))
	done
	[ "$n" -ge 1 ]
}

sent_again() {
	local before

	before=$(members)
	evidence one token && cp "$FOLDER/one.evidence" "$FOLDER/kept" && [ "$(post finish "$FOLDER/kept" "$FOLDER/answer")" = 200 ] &&
		[ "$(post finish "$FOLDER/kept" "$FOLDER/answer2")" = 200 ] && cmp "$FOLDER/answer" "$FOLDER/answer2" && [ "$(members)" = $((before + 1)) ] &&
		python3 -m json.tool "$FOLDER/kept" "$FOLDER/changed" && refused "$(post finish "$FOLDER/changed" "$FOLDER/answer")" session-used "$FOLDER/answer" &&
		[ "$(members)" = $((before + 1)) ]
}

another_machine() {
	hello one token && challenge one && hello two token && machine two || return 1
	! signet enroll answer < "$FOLDER/one.challenge" > "$FOLDER/out" 2> "$FOLDER/err" && [ ! -s "$FOLDER/out" ]
}

# The challenge of one session, with the evidence to another.
another_session() {
	evidence one token && evidence two token || return 1
	python3 -c 'import json, sys
one, two = (json.load(open(f)) for f in sys.argv[1:3])
print(json.dumps(dict(two, session=one["session"])), end="")' "$FOLDER/one.evidence" "$FOLDER/two.evidence" > "$FOLDER/changed" &&
		refused "$(post finish "$FOLDER/changed" "$FOLDER/answer")" '[a-z-]*' "$FOLDER/answer"
}

racers() {
	local before name won=0 status pids=()

	before=$(members)
	registrar_token level=asserted > "$FOLDER/single"
	for name in one two three; do
		evidence "$name" single || return 1
	done
	for name in one two three; do
		post finish "$FOLDER/$name.evidence" "$FOLDER/$name.answer" > "$FOLDER/$name.status" &
		pids+=($!)
	done
	wait "${pids[@]}"
	for name in one two three; do
		status=$(cat "$FOLDER/$name.status")
		if [ "$status" = 200 ]; then
			won=$((won + 1))
		else
			refused "$status" token-used "$FOLDER/$name.answer" || return 1
		fi
	done
	[ "$won" = 1 ] && [ "$(members)" = $((before + 1)) ] || { echo "$won won"; return 1; }
}

old_tokens() {
	local id

	registrar_token level=asserted ends=-5 > "$FOLDER/ended"
	"$SIGNET_TEST_BUILDDIR/tests/tool/make_token" "$REGISTRAR" level=asserted > "$FOLDER/both"
	head -n 1 "$FOLDER/both" > "$FOLDER/revoked" && id=$(tail -n 1 "$FOLDER/both")
	hello one ended && refused "$(post begin "$FOLDER/one.hello" "$FOLDER/answer")" token-ended "$FOLDER/answer" &&
		evidence two revoked && signet registrar token revoke --registrar "$REGISTRAR" --id "$id" > "$FOLDER/out" &&
		refused "$(post finish "$FOLDER/two.evidence" "$FOLDER/answer")" token-revoked "$FOLDER/answer" &&
		hello one revoked && refused "$(post begin "$FOLDER/one.hello" "$FOLDER/answer")" token-revoked "$FOLDER/answer"
}

# Its certificate is by an authority that the machine does not know.
impostor() {
	local good=$REGISTRAR_FOLDER/ca.pem before

	cp "$good" "$FOLDER/good.pem" && registrar_stop && registrar_certificate && registrar_start "${TLS[@]}" --ek-ca "$MAKER_CA" || return 1
	before=$(grep -c ' begin ' "$REGISTRAR_FOLDER/log")
	machine two
	exits 13 enroll "$REGISTRAR_URL/" --again --token-file "$FOLDER/token" --ca "$FOLDER/good.pem" --identity "$FOLDER/id" && says certificate &&
		post begin "$FOLDER/one.hello" "$FOLDER/answer" > /dev/null && registrar_stop &&
		[ "$(grep -c ' begin ' "$REGISTRAR_FOLDER/log")" = $((before + 1)) ]
}

other_maker() {
	registrar_stop && registrar_start "${TLS[@]}" --ek-ca "$REGISTRAR_FOLDER/ca.pem" && hello one token &&
		refused "$(post begin "$FOLDER/one.hello" "$FOLDER/answer")" ek-chain "$FOLDER/answer"
}

# ask ADDRESS ARGUMENT...: send what is no message, from an address of this machine.
ask() {
	curl -sS --max-time 20 --interface "$1" "${@:2}" --cacert "$REGISTRAR_FOLDER/ca.pem" -w '%{http_code}' -o "$FOLDER/answer" -d '{}' \
		"$REGISTRAR_URL/v1/signet/enroll/begin"
}

turned_away() {
	registrar_stop && registrar_start "${TLS[@]:0:4}" --failures 3 || return 1
	[ "$(ask 127.0.0.2)$(ask 127.0.0.2)$(ask 127.0.0.2)" = 400400400 ] && refused "$(ask 127.0.0.2)" locked-out "$FOLDER/answer" &&
		[ "$(ask 127.0.0.1)" = 400 ]
}

# Who is no proxy that is trusted is himself, and behind one he is whom it heard, whatever he wrote before.
as_somebody_else() {
	local own='X-Forwarded-For: 192.0.2'

	registrar_stop && registrar_start "${TLS[@]:0:4}" --failures 3 --trust-proxy 127.0.0.3 || return 1
	[ "$(ask 127.0.0.2 -H "$own.1")$(ask 127.0.0.2 -H "$own.2")$(ask 127.0.0.2 -H "$own.3")" = 400400400 ] &&
		refused "$(ask 127.0.0.2 -H "$own.4")" locked-out "$FOLDER/answer" || return 1
	[ "$(ask 127.0.0.3 -H "$own.1, 198.51.100.7")$(ask 127.0.0.3 -H "$own.2, 198.51.100.7")$(ask 127.0.0.3 -H "$own.3, 198.51.100.7")" = 400400400 ] &&
		refused "$(ask 127.0.0.3 -H "$own.4, 198.51.100.7")" locked-out "$FOLDER/answer" && [ "$(ask 127.0.0.3 -H "$own.1")" = 400 ]
}

no_token_there() {
	local token

	token=$(sed s/^sgt_// "$FOLDER/token")
	[ -n "$token" ] && ! grep -raqF -e "$token" "$REGISTRAR_FOLDER" && grep -qF -e "$token" "$FOLDER/one.hello"
}

check 'evidence that is sent again makes no second machine' sent_again
check 'a token is worth one machine, whoever else races for it' racers
check 'no member of evidence can be changed on its way' changed_evidence
check 'a hello that was changed on its way leads nowhere' changed_hello
check 'the challenge of one machine is of no use to another' another_machine
check 'the evidence of one enrolment is none for another' another_session
check 'a token that ended or was revoked lets nobody in, not even half-way' old_tokens
check 'who stands in the place of the registrar gets no token' impostor
check 'a TPM of another maker is not taken in' other_maker
check 'who tries tokens is locked out with his address, and nobody else is' turned_away
check 'nobody is somebody else by a field for proxies' as_somebody_else
check 'no token lies where the registrar writes' no_token_there
finish
