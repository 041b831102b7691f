#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Machines enrol with a registrar that runs: each has a TPM of its own with a certificate from
# swtpm's own authority, and their keys come from each of the three origins. What they sign then is
# taken by a server that knows the registrar's machines; it ends when their time does.
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
registrar_prepare && registrar_certificate && maker_prepare && maker_tpm shared || exit 1
TLS=(--tls-cert "$REGISTRAR_FOLDER/cert.pem" --tls-key "$REGISTRAR_FOLDER/key.pem" --ek-ca "$MAKER_CA")
registrar_token uses=100 level=asserted > "$FOLDER/token"
registrar_token level=minted > "$FOLDER/minted"
registrar_token class=agent > "$FOLDER/agent"
registrar_token machine=7200 by-clock origin=tpm level=asserted > "$FOLDER/lent"
registrar_token sources=192.0.2.0/24 > "$FOLDER/elsewhere"
registrar_token guard=from=192.0.2.0/24 > "$FOLDER/guarded"
registrar_start "${TLS[@]}" || exit 1

# machine NAME [TPM]: go on as this machine, which has its folder, and a TPM of its own or that one.
machine() {
	local tpm=${2:-$1}

	[[ -n ${MAKER_PID[$tpm]:-} ]] || maker_tpm "$tpm" || return 1
	maker_use "$tpm"
	export SIGNET_STATE=$FOLDER/state-$1 ID=$FOLDER/id-$1
}

# enrolls CODE TOKEN ARGUMENT...
enrolls() {
	exits "$1" enroll "$REGISTRAR_URL/" --token-file "$FOLDER/$2" --ca "$REGISTRAR_FOLDER/ca.pem" --identity "$ID" "${@:3}"
}

members() {
	sqlite3 "$REGISTRAR" "SELECT count(*) FROM ${1:-machine}"
}

# request ARGUMENT...: sign one as this machine, and have it judged.
request() {
	signet request sign --url /v1/secrets --identity "$ID/identity.json" > "$FOLDER/fields" || return 1
	{ printf 'GET /v1/secrets HTTP/1.1\r\nHost: vault.example.org\r\n' && sed 's/$/\r/' "$FOLDER/fields" && printf '\r\n'; } > "$FOLDER/request"
	judged 0 "$@"
}

# judged CODE ARGUMENT...: what a server says of the request.
judged() {
	local status=0

	signet request verify --registrar "$REGISTRAR" "${@:2}" < "$FOLDER/request" > "$FOLDER/out" 2> "$FOLDER/err" || status=$?
	[ "$status" -eq "$1" ] || { echo "exit code $status instead of $1"; cat "$FOLDER/err"; return 1; }
}

# from ORIGIN LEVEL
from() {
	machine "$1" && enrolls 0 token --origin "$1" && prints "Level: $2." && request && prints "signed by the machine $("$JSON" machineId < "$ID/identity.json" | tr -d '"')"
}

stays() {
	machine "$1" && tpm2_shutdown --clear && maker_end "$1" && maker_power "$1" && request
}

again() {
	local before

	machine host && before=$(members) && enrolls 0 token && prints 'enrolled already' && [ "$(members)" = "$before" ]
}

# With the disk of one machine and the TPM of another.
beside() {
	machine host && cp -R "$FOLDER/state-host" "$FOLDER/copied" && maker_use tpm || return 1
	SIGNET_STATE=$FOLDER/copied exits 11 request sign --url /v1/secrets --identity "$ID/identity.json" && [ ! -s "$FOLDER/out" ] &&
		maker_use host && request
}

too_little() {
	machine low shared && enrolls 13 minted --origin host && says '(level)'
}

minted_by_demand() {
	machine low shared && enrolls 0 minted && prints 'Level: minted.' && request
}

agent() {
	machine robot shared && enrolls 0 agent --class agent && [ "$(members agent)" = 1 ] && request --class agent --json && json agent class &&
		request --class agent && prints "signed by the agent $("$JSON" agentId < "$ID/identity.json" | tr -d '"')" && judged 8 && says '(unknown-machine)' &&
		judged 8 --class machine && machine host && request --class machine && judged 8 --class agent && judged 2 --class robot
}

not_another_class() {
	machine other shared && enrolls 13 token --class agent && says '(class)'
}

used_up() {
	machine other shared && enrolls 13 agent --class agent && says '(token-used)'
}

not_from_here() {
	machine other shared && enrolls 13 elsewhere && says '(source)'
}

offline() {
	local who=("${REGISTRAR_WHO[@]}" --ek-ca "$MAKER_CA")

	machine island shared || return 1
	signet enroll begin --token-file "$FOLDER/token" --origin "$1" > "$FOLDER/hello" &&
		signet registrar begin "${who[@]}" < "$FOLDER/hello" > "$FOLDER/challenge" &&
		signet enroll answer < "$FOLDER/challenge" > "$FOLDER/evidence" &&
		signet registrar finish "${who[@]}" < "$FOLDER/evidence" > "$FOLDER/identity" &&
		signet enroll finish --identity "$ID" < "$FOLDER/identity" && request
}

offline_refused() {
	machine other shared && signet enroll begin --again --token-file "$FOLDER/elsewhere" > "$FOLDER/hello" &&
		! signet registrar begin "${REGISTRAR_WHO[@]}" --ek-ca "$MAKER_CA" < "$FOLDER/hello" > "$FOLDER/out" 2> "$FOLDER/err" &&
		says '(source)' && [ ! -s "$FOLDER/out" ]
}

# What was asked for one TPM is answered by another.
not_for_it() {
	machine other shared && signet enroll begin --again --token-file "$FOLDER/token" > "$FOLDER/hello" &&
		signet registrar begin "${REGISTRAR_WHO[@]}" --ek-ca "$MAKER_CA" < "$FOLDER/hello" > "$FOLDER/challenge" || return 1
	machine host && signet enroll begin --again --token-file "$FOLDER/token" > "$FOLDER/hello" &&
		fails 11 'the challenge is for another TPM' enroll answer < "$FOLDER/challenge"
}

# The registrar goes, and comes again at another port; the key stays the one of before.
away() {
	local url=$REGISTRAR_URL before

	machine away shared && before=$(members) && registrar_stop && enrolls 13 token --timeout 1 && registrar_start "${TLS[@]}" && [ "$REGISTRAR_URL" != "$url" ] &&
		enrolls 0 token && [ "$(members)" = $((before + 1)) ] && request
}

not_trusted() {
	machine doubt shared && exits 13 enroll "$REGISTRAR_URL/" --token-file "$FOLDER/token" --identity "$ID" && says 'certificate'
}

lent() {
	machine lent vault && enrolls 0 lent && prints 'Level: born.' && request
}

lent_by_registrar() {
	machine lent vault && request --timestamp "$(date +%s)" && judged 8 --timestamp $(($(date +%s) + 7201)) --skew 86400 && says '(ended)'
}

lent_by_tpm() {
	local clock

	machine lent vault && clock=$(tpm2_readclock | sed -n 's/^ *clock: *//p') && request || return 1
	tpm2_setclock $((clock + 7200000 + 600000)) && ! signet request sign --url /v1/secrets --identity "$ID/identity.json" > "$FOLDER/out" 2> "$FOLDER/err" &&
		says 'lease ended' && says 'signet enroll --again' && [ ! -s "$FOLDER/out" ]
}

guarded() {
	machine guarded shared && enrolls 0 guarded && request --source 192.0.2.7 && judged 8 --source 198.51.100.7 && judged 8
}

# What it signs is refused until somebody approves it.
by_hand() {
	local id

	exits 0 registrar token create --registrar "$REGISTRAR" --level asserted --approve-by-hand --output "$FOLDER/hand" &&
		machine low shared && SIGNET_STATE=$FOLDER/state-waits ID=$FOLDER/id-waits && enrolls 0 hand && prints 'Somebody must approve it' && id=$("$JSON" machineId < "$ID/identity.json" | tr -d '"') || return 1
	! request > /dev/null && says '(disabled)' && exits 0 registrar machine list --registrar "$REGISTRAR" && grep -F "$id" "$FOLDER/out" | grep -qw pending &&
		exits 0 registrar machine approve --registrar "$REGISTRAR" --id "$id" && request && prints "signed by the machine $id"
}

check 'a machine enrols with a key that it made itself' from host asserted
check 'with one that comes of its TPM' from tpm born
check 'with one that the registrar made for its TPM' from vault minted
check 'each signs after its TPM was restarted: host' stays host
check 'each signs after its TPM was restarted: tpm' stays tpm
check 'each signs after its TPM was restarted: vault' stays vault
check 'who is enrolled is told so, and is no second machine' again
check 'what lies on its disk is of no use beside another TPM' beside
check 'who shows less than the token demands is refused' too_little
check 'the registrar may choose the origin' minted_by_demand
check 'an agent is one, and no machine' agent
check 'a token for machines makes no agent' not_another_class
check 'a token that is used up is refused' used_up
check 'a token is for its addresses' not_from_here
check 'an enrolment goes over files, too' offline tpm
check 'a challenge for another TPM is said to be one' not_for_it
check 'where no address is known, none is taken for one' offline_refused
check 'one whose registrar goes away goes on, too' away
check 'a registrar that nobody vouches for gets no token' not_trusted
check 'a machine is taken in for a time' lent
check 'which ends by the clock of who verifies' lent_by_registrar
check 'and by the clock of the TPM' lent_by_tpm
check 'and may ask from where its token says' guarded
check 'a machine that somebody approves signs from then on' by_hand
check 'the registrar ends well' registrar_stop
finish
