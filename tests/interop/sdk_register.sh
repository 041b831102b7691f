#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The enrolment of clients in the field, against a registrar of ours: node's fetch, Python's
# urllib and a script with openssl and curl register, and the requests that node signs then are
# those of a machine that the registrar knows. Prints TAP.
#
# The functions are called by their names:
# shellcheck disable=SC2317
set -uo pipefail

# shellcheck source=tests/lib/tap.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/lib/tap.sh"
# shellcheck source=tests/lib/registrar.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/registrar.sh"
umask 077
folder=$(mktemp -d "${TMPDIR:-/tmp}/sgsdk.XXXXXX") || bail 'no folder'
trap 'registrar_stop > /dev/null; rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
tap_start "$folder"
need node nodejs
need python3 python3
need curl curl
need openssl openssl
signet=${SIGNET_TEST_BUILDDIR:?}/signet
limit=(timeout --kill-after=5 60)

REGISTRAR_FOLDER=$folder/registrar
registrar_prepare
token=$(registrar_token uses=4 machine=3600 'name=worker-{uuid8}')
agents=$(registrar_token class=agent)
[ -n "$token" ] && [ -n "$agents" ] || bail 'no token'
registrar_start --allow-http > /dev/null || bail 'no registrar'
# Clients take http:// for this name alone.
base=http://localhost:${REGISTRAR_URL##*:}
uuid='[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

# public FILE: make a key, and print the public half as base64 of its 32 bytes.
public() {
	openssl genpkey -algorithm Ed25519 -out "$1" 2> /dev/null
	openssl pkey -in "$1" -pubout -outform DER | tail -c 32 | base64 -w 0
}

# verify REQUEST ARGUMENT...: as a server would.
verify() {
	"${limit[@]}" "$signet" request verify --registrar "$REGISTRAR" "${@:2}" < "$folder/requests/$1"
}

# judged STATUS REQUEST ARGUMENT...
judged() {
	local status=0

	verify "${@:2}" || status=$?
	[ "$status" -eq "$1" ]
}

mkdir "$folder/requests"
it 'node registers with the call of its SDK'
succeeds "${limit[@]}" node "$SIGNET_TEST_SRCDIR/tests/interop/sdk_register.js" "$base" vault_test "$token" web-1 "$folder/requests"
says "^200 .*\"machineId\":\"$uuid\"" '"machineName":"worker-[0-9a-f]{8}"' '"vaultId":"vault_test"' '"expiresAt":[0-9]{13}[,}]' \
	'"apiUrl":"https://vault.example.org"'

it 'requests that it signs then are taken, once each'
succeeds judged 0 get --nonces "$folder/nonces"
says "signed by the machine $(cat "$folder/requests/id")"
succeeds judged 0 post --nonces "$folder/nonces" --json
says '"class": *"machine"'
succeeds judged 8 post --nonces "$folder/nonces"

it 'and no longer when the time of the machine is over'
succeeds judged 8 get --timestamp $(($(date +%s) + 3601)) --skew 86400
says 'ended'

it 'Python registers, with a name of its own that the token replaces'
succeeds "${limit[@]}" python3 "$SIGNET_TEST_SRCDIR/tests/interop/sdk_register.py" "$base" /v1/vault_test/enroll/register \
	"token=$token" "publicKey=$(public "$folder/python.pem")" hostname=web-2 name=mine
says '^200 ' '"machineName": *"worker-[0-9a-f]{8}"'

it 'a script registers with openssl and curl'
succeeds "${limit[@]}" curl -sSf "$base/v1/vault_test/enroll/register" -H 'Content-Type: application/json' \
	-d "{\"token\":\"$token\",\"publicKey\":\"$(public "$folder/script.pem")\",\"hostname\":\"web-3\"}"
says "\"machineId\": *\"$uuid\""

it 'an agent registers at its own address, and is none of the machines'
agent_key=$(public "$folder/agent.pem")
succeeds "${limit[@]}" python3 "$SIGNET_TEST_SRCDIR/tests/interop/sdk_register.py" "$base" /v1/ai-bootstrap/register \
	"token=$agents" "publicKey=$agent_key" name=bot
says "^200 .*\"agentId\": *\"$uuid\"" '"vaultId": *"vault_test"' '"name": *"bot"'
omits machineId

it 'the same key does not register twice, not even as another class'
fails "${limit[@]}" python3 "$SIGNET_TEST_SRCDIR/tests/interop/sdk_register.py" "$base" /v1/vault_test/enroll/register \
	"token=$token" "publicKey=$agent_key" hostname=web-4
says '^409 ' '"reason": *"key-known"'

it 'a token of machines makes no agent'
fails "${limit[@]}" python3 "$SIGNET_TEST_SRCDIR/tests/interop/sdk_register.py" "$base" /v1/ai-bootstrap/register \
	"token=$token" "publicKey=$(public "$folder/other.pem")" name=bot
says '^403 ' '"reason": *"class"'

it 'the fourth use is the last'
succeeds "${limit[@]}" python3 "$SIGNET_TEST_SRCDIR/tests/interop/sdk_register.py" "$base" /v1/vault_test/enroll/register \
	"token=$token" "publicKey=$(public "$folder/four.pem")" hostname=web-4
fails "${limit[@]}" python3 "$SIGNET_TEST_SRCDIR/tests/interop/sdk_register.py" "$base" /v1/vault_test/enroll/register \
	"token=$token" "publicKey=$(public "$folder/five.pem")" hostname=web-5
says '^403 ' '"error": *"[A-Z]' '"reason": *"token-used"'

it 'no token lies in the store or the log'
fails grep -raqF -e "${token#sgt_}" -e "${agents#sgt_}" "$REGISTRAR_FOLDER"

it 'the registrar ends well'
succeeds registrar_stop
done_testing
